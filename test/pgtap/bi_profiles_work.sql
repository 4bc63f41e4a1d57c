-- Each profile is enough for its work, and not for another's: the main job of each, as a role that holds nothing else.
BEGIN;
SELECT plan(48);
SET LOCAL client_min_messages = error;
CREATE ROLE pf_analyst LOGIN;
CREATE ROLE pf_editor LOGIN;
CREATE ROLE pf_operator LOGIN;
CREATE ROLE pf_auditor LOGIN;
SELECT portfolio.grant_profile('pf_analyst', 'analyst');
SELECT portfolio.grant_profile('pf_editor', 'editor');
SELECT portfolio.grant_profile('pf_operator', 'operator');
SELECT portfolio.grant_profile('pf_auditor', 'auditor');
GRANT CREATE ON SCHEMA public TO pf_analyst;
INSERT INTO portfolio.reporting_period (code, kind, during) VALUES ('W-2016-01', 'month', '[2016-01-01,2016-02-01)');

-- editor
SET LOCAL ROLE pf_editor;
SELECT lives_ok($$INSERT INTO portfolio.organisation (code, name) VALUES ('W_ORG', 'An organisation')$$, 'editor: inserts an organisation');
SELECT lives_ok($$INSERT INTO portfolio.service (code, name, owner) VALUES ('W_SRV', 'A service', portfolio.element_id('organisation', 'W_ORG'))$$, 'editor: and a service with an owner');
SELECT lives_ok($$INSERT INTO portfolio.service (code, name) VALUES ('W_SRV', 'Again') ON CONFLICT (code) DO UPDATE SET name = 'A service, renamed'$$, 'editor: upserts');
SELECT lives_ok($$INSERT INTO portfolio.element (kind, code, name) VALUES ('capability', 'W_CAP', 'A capability')$$, 'editor: inserts an element of a kind without a table');
SELECT lives_ok($$INSERT INTO portfolio.element_alias (element, scheme, value) VALUES (portfolio.element_id('service', 'W_SRV'), 'local', 'W1')$$, 'editor: gives an alias');
SELECT lives_ok($$SELECT portfolio.relate('service:W_SRV', 'serving', 'organisation:W_ORG')$$, 'editor: relates');
SELECT is((SELECT count(*) FROM portfolio.impact_of('service:W_SRV')), 1::bigint, 'editor: asks what suffers');
SELECT ok(portfolio.describe('service:W_SRV') LIKE '%A service, renamed%', 'editor: describes');
SELECT is((SELECT count(*) FROM portfolio.find('renamed')), 1::bigint, 'editor: finds');
SELECT is((SELECT DISTINCT by FROM portfolio.element_history('service:W_SRV')), 'pf_editor', 'editor: the journal names him');
SELECT portfolio.start_process('service:W_SRV', 'transfer-to-service-operations') AS run \gset
SELECT ok(:run > 0, 'editor: starts a process');
SELECT is((SELECT count(*) FROM portfolio.evaluate(:run) WHERE status IS NULL), 0::bigint, 'editor: evaluates the criteria with a query');
SELECT isnt((SELECT status FROM portfolio.evidence WHERE run = :run AND criterion = 'no-critical-finding'), 'unknown', 'editor: also the one that reads findings');
SELECT lives_ok(format('SELECT portfolio.record_evidence(%s, ''runbook'', ''met'')', :run), 'editor: records evidence');
SELECT lives_ok(format('SELECT portfolio.waive(%s, ''benefits-owner'', ''organisation:W_ORG'', ''later'', current_date + 10)', :run), 'editor: waives');
SELECT throws_like(format('SELECT portfolio.decide(%s, ''assessment'', ''proceed'')', :run), 'gate "assessment" cannot be passed: mandatory criterion "contract-outlives-go-live" is neither met nor waived', 'editor: is refused to proceed, and told why');
SELECT is((SELECT count(*) FROM portfolio.readiness('service:W_SRV')), 3::bigint, 'editor: asks for readiness');
SELECT throws_ok(format('INSERT INTO portfolio.evidence (run, criterion, status, by) VALUES (%s, ''runbook'', ''met'', ''postgres'')', :run), '42501', 'permission denied for table evidence', 'editor: signs as nobody else');
SELECT throws_ok($$INSERT INTO portfolio.change (table_name, operation, new) VALUES ('x', 'INSERT', '{}')$$, '42501', 'permission denied for table change', 'editor: does not write the journal');
SELECT throws_ok($$INSERT INTO portfolio.data_set (code, name, author) VALUES ('W_X', 'X', 'postgres')$$, '42501', 'permission denied for table data_set', 'editor: does not choose an author');
SELECT throws_ok($$SELECT portfolio.grant_profile('pf_editor', 'operator')$$, '42501', 'permission denied for function grant_profile', 'editor: gives himself no profile');
SELECT throws_ok($$INSERT INTO portfolio.profile_grant (role, profile) VALUES ('pf_editor', 'operator')$$, '42501', 'permission denied for table profile_grant', 'editor: nor behind the function');
SELECT throws_ok($$CREATE TRIGGER t AFTER INSERT ON portfolio.service EXECUTE FUNCTION suppress_redundant_updates_trigger()$$, '42501', 'permission denied for table service', 'editor: puts no trigger on a table');

-- analyst
SET LOCAL ROLE pf_analyst;
CREATE TABLE public.w_record AS
  SELECT g AS id, 'W' || g % 2 AS provider, 'W-2016-01'::text AS period, CASE WHEN g % 10 > 0 THEN 'F' END AS sex FROM generate_series(1, 200) g;
SELECT is((SELECT passed FROM portfolio.score('public.w_record', '{sex IS NOT NULL}')), 180::bigint, 'analyst: scores a table of his own');
SELECT lives_ok($$SELECT portfolio.register_data_set('W_DS', 'public.w_record', '{id}', 'period', 'provider')$$, 'analyst: registers it');
SELECT lives_ok($$SELECT portfolio.add_rule('W_DS', 'sex_there', 'sex IS NOT NULL', 'sex')$$, 'analyst: adds a rule');
SELECT isnt_empty($$SELECT * FROM portfolio.try_rule('W_DS', 'id > 4')$$, 'analyst: tries another');
SELECT lives_ok($$SELECT portfolio.alter_rule('W_DS', 'sex_there', severity => 'high')$$, 'analyst: alters it');
SELECT isnt_empty($$SELECT * FROM portfolio.score_data_set('W_DS')$$, 'analyst: scores the data set');
SELECT is((SELECT author FROM portfolio.quality_rule WHERE code = 'sex_there' AND version = 2), 'pf_analyst', 'analyst: is the author of the rule');
SELECT is((SELECT count(*) FROM portfolio.failing_rows('W_DS', max_rows => 5)), 5::bigint, 'analyst: sees failing rows');
SELECT throws_ok($$SELECT * FROM portfolio.failing_rows('W_DS', identify => true)$$, '42501', 'permission denied for function log_access', 'analyst: does not see who they are about');
SELECT isnt_empty($$SELECT * FROM portfolio.provider_item_quality WHERE data_set = (SELECT id FROM portfolio.data_set WHERE code = 'W_DS')$$, 'analyst: reads the scores');
SELECT throws_ok($$SELECT portfolio.publish_scores('W_DS', 'W-2016-01')$$, '42501', 'permission denied for function publish_scores', 'analyst: does not publish');
SELECT throws_ok($$UPDATE portfolio.quality_rule SET expression = 'true'$$, '42501', 'permission denied for table quality_rule', 'analyst: rewrites no rule');
SELECT throws_ok($$UPDATE portfolio.service SET name = 'x'$$, '42501', 'permission denied for table service', 'analyst: does not write the portfolio');

-- operator
SET LOCAL ROLE pf_operator;
SELECT is(portfolio.publish_scores('W_DS', 'W-2016-01'), 1, 'operator: publishes the scores');
SELECT lives_ok($$SELECT portfolio.schedule_job('w_job', '@daily', 'SELECT 1')$$, 'operator: schedules a job');
SELECT lives_ok($$SELECT portfolio.alter_job('w_job', schedule => '@hourly'), portfolio.pause_job('w_job'), portfolio.resume_job('w_job')$$, 'operator: alters, pauses, resumes it');
SELECT is((SELECT owner FROM portfolio.job_overview WHERE name = 'w_job'), 'pf_operator', 'operator: sees it, and owns it');
SELECT throws_ok($$UPDATE portfolio.job SET owner = 'postgres'$$, '42501', 'permission denied for table job', 'operator: gives it to nobody');
SELECT lives_ok($$INSERT INTO portfolio.check_definition (code, area, title, query) VALUES ('w-check', 'w', 'W', 'SELECT ''here'' AS subject')$$, 'operator: writes a check');
SELECT is((SELECT findings FROM portfolio.run_checks('w')), 1::bigint, 'operator: runs it');
SELECT lives_ok($$SELECT portfolio.accept_risk(id, 'known', current_date + 30) FROM portfolio.finding WHERE check_code = 'w-check'$$, 'operator: accepts the risk for a time');
SELECT lives_ok($$SELECT portfolio.unschedule_job('w_job')$$, 'operator: removes the job');

-- auditor
SET LOCAL ROLE pf_auditor;
SELECT is((SELECT accepted_by FROM portfolio.finding WHERE check_code = 'w-check'), 'pf_operator', 'auditor: reads who accepted what');
SELECT isnt_empty($$SELECT * FROM portfolio.doctor()$$, 'auditor: asks the doctor');
SELECT throws_ok($$UPDATE portfolio.finding SET next_step = 'x'$$, '42501', 'permission denied for table finding', 'auditor: changes nothing');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
