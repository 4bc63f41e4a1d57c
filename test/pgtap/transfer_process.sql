-- A transfer from start to end and back, by people who hold profile editor and nothing else: the team shows, the board decides.
SELECT * FROM no_plan();
SET client_min_messages = error;
CREATE ROLE tp_team;
CREATE ROLE tp_board;
SELECT portfolio.grant_profile(r, 'editor') FROM unnest('{tp_team,tp_board}'::name[]) r \g /dev/null
INSERT INTO portfolio.gate_setting (process, gate, decided_by, reason)
  SELECT process, code, 'tp_board', 'test' FROM portfolio.gate WHERE process = 'transfer-to-service-operations';
INSERT INTO portfolio.team (code, name) VALUES ('TP_OPS', 'Operations');
INSERT INTO portfolio.programme (code, name, end_date) VALUES ('TP_P', 'Programme', '2017-01-31');
INSERT INTO portfolio.service (code, name, governed_by, adopted_locally) SELECT c, c, id, true FROM portfolio.programme, unnest('{TP_A,TP_B}'::text[]) c WHERE code = 'TP_P';
INSERT INTO portfolio.system (code, name) VALUES ('TP_SYS', 'System');
INSERT INTO portfolio.interface (code, name, system, protocol) SELECT 'TP_I', 'Interface', id, 'FHIR' FROM portfolio.system WHERE code = 'TP_SYS';
INSERT INTO portfolio.data_set (code, name, service) VALUES ('TP_D', 'Data set', portfolio.element_ref('TP_A'));
INSERT INTO portfolio.service_level (service, measure, target) SELECT id, 'availability', 99.9 FROM portfolio.service;
INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on) SELECT id, 'R1', 'release', 'Release 1', '2018-06-01' FROM portfolio.service;
SELECT portfolio.relate('system:TP_SYS', 'serving', 'service:TP_A') \g /dev/null

SET ROLE tp_team;
SELECT is(portfolio.plan_transfers('2017-06-01', '2017-09-30', 1), 1::bigint, 'the programme is planned, and its services go with it');
SELECT results_eq($$SELECT portfolio.element_label(element), planned_on, wave, planned_by FROM portfolio.transfer_plan$$, $$VALUES ('programme:TP_P', date '2017-06-30', 1, name 'tp_team')$$, 'for the end of its wave');
SELECT is(portfolio.plan_transfers('2017-06-01', '2017-09-30', 1, '{"capacities": [0]}'), 1::bigint, 'planned again');
SELECT is(planned_on, date '2017-07-31', 'the newest plan is the plan') FROM portfolio.transfer_plan;
SELECT results_eq($$SELECT month, candidates, in_transition, transferred, cumulative, planned_cumulative, ahead FROM portfolio.transfer_burnup('2017/18') WHERE month IN ('2017-06-01', '2017-07-01')$$,
  $$VALUES (date '2017-06-01', 1::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint, 0::bigint), ('2017-07-01', 1, 0, 0, 0, 1, -1)$$, 'behind the plan');

SELECT portfolio.start_process('TP_P', 'transfer-to-service-operations') AS run \gset
SELECT is(in_transition, 1::bigint, 'in transition this month') FROM portfolio.transfer_burnup(portfolio.financial_year(current_date)) WHERE month = date_trunc('month', current_date);
SELECT is(candidates, 0::bigint, 'and no longer a candidate') FROM portfolio.transfer_burnup(portfolio.financial_year(current_date)) WHERE month = date_trunc('month', current_date);
SELECT count(portfolio.record_evidence(:run, code, 'met')) FROM portfolio.criterion WHERE process = 'transfer-to-service-operations' AND evidence_kind = 'manual' \g /dev/null
UPDATE portfolio.service SET owner = portfolio.element_ref('TP_OPS'), support_tier = 'gold', recovery_tested_on = current_date - 20, run_cost_gbp = 1, run_cost_budgeted_to = current_date + 500 WHERE code LIKE 'TP\_%';
SELECT throws_ok(format('SELECT portfolio.enter_early_life(%s, current_date + 30)', :run), '42501', NULL, 'the team does not decide');
SET ROLE tp_board;
SELECT throws_ok(format('SELECT portfolio.enter_early_life(%s, current_date + 30)', :run), '23514', 'gate "due-diligence" is shut until gate "assessment" is passed', 'no early life before the assessment');
SELECT throws_ok(format('SELECT portfolio.decide(%s, ''assessment'', ''proceed'')', :run), '23514', 'gate "assessment" cannot be passed: mandatory criterion "contract-outlives-go-live" is neither met nor waived', 'a refusal names its blocker');
SELECT portfolio.waive(:run, 'contract-outlives-go-live', 'TP_OPS', 'there is no contract', current_date + 60) \g /dev/null
SELECT portfolio.decide(:run, 'assessment', 'proceed') \g /dev/null
SELECT throws_ok(format('SELECT portfolio.accept_transfer(%s)', :run), '55000', 'service "TP_A" cannot be accepted: it is pipeline, not in early life support', 'nothing is accepted before early life');
SELECT lives_ok(format('SELECT portfolio.enter_early_life(%s, current_date + 30, ''ready'')', :run), 'early life');
SELECT results_eq($$SELECT code, state, early_life_ends = current_date + 30 FROM portfolio.service ORDER BY 1$$, $$VALUES ('TP_A', 'early_life_support', true), ('TP_B', 'early_life_support', true)$$, 'both services are in early life support');
SELECT throws_ok(format('SELECT portfolio.enter_early_life(%s, current_date - 1)', :run), '22023', 'early life support ends today or later', 'not of a day that has gone');
SELECT is(portfolio.enter_early_life(:run, current_date + 40), (SELECT max(id) FROM portfolio.gate_decision WHERE gate = 'due-diligence'), 'its end is moved without another decision');
SELECT results_eq($$SELECT code, what, found, next_step FROM portfolio.early_life_exit('TP_P') WHERE NOT met ORDER BY code$$,
  format($$VALUES ('TP_A', 'the days agreed for it are over', %1$L, 'Wait for it, or agree an earlier end.'), ('TP_B', 'the days agreed for it are over', %1$L, 'Wait for it, or agree an earlier end.')$$, 'it ends on ' || current_date + 40), 'what early life has not reached');
RESET ROLE;
INSERT INTO portfolio.finding (check_code, subject, severity, element) VALUES ('hba-trust', 'planted by this test', 'high', portfolio.element_ref('TP_B'));
UPDATE portfolio.service SET early_life_ends = current_date - 1 WHERE code = 'TP_A';
INSERT INTO portfolio.observation (measure, element, during, value)
  SELECT 'availability', portfolio.element_ref(c), daterange((m - interval '1 month')::date, m), v
    FROM date_trunc('month', current_date) d (m0), LATERAL (SELECT m0::date AS m) x, (VALUES ('TP_A', 99.95), ('TP_B', 98)) o (c, v);
SET ROLE tp_team;
SELECT results_eq($$SELECT code, what, found FROM portfolio.early_life_exit('TP_P') WHERE NOT met AND what !~ 'days agreed' ORDER BY what$$,
  $$VALUES ('TP_B', 'no service level was missed of late', '0 met, 1 missed, 0 not observed'), ('TP_B', 'nothing critical or high was found and is open', '1 open')$$, 'a service level missed, and an open finding');
SELECT is(found, '1 met, 0 missed, 0 not observed', 'the other was met') FROM portfolio.early_life_exit('service:TP_A') WHERE what ~ 'service level was';
SELECT is((SELECT count(*) FROM portfolio.early_life_exit('service:TP_A') WHERE NOT met), 0::bigint, 'the other service is ready');
SELECT throws_ok($$SELECT portfolio.transfer_run(-1)$$, '42704', 'run -1 is no transfer that is under way', 'another run');
SET ROLE tp_board;
SELECT throws_ok(format('SELECT portfolio.accept_transfer(%s, current_date + 1)', :run), '22023', 'a transfer is accepted today or was before', 'not in the future');
SELECT lives_ok(format('SELECT portfolio.accept_transfer(%s, ''2017-08-15'', ''board of 15 August'')', :run), 'accepted, as of the day of a board');
SELECT results_eq($$SELECT code, state, accepted_on, live_on, governed_by FROM portfolio.service ORDER BY 1$$,
  $$VALUES ('TP_A', 'live', date '2017-08-15', date '2017-08-15', NULL::bigint), ('TP_B', 'live', '2017-08-15', '2017-08-15', NULL)$$, 'both services are live under service operations');
SELECT results_eq($$SELECT state, closed_on FROM portfolio.programme$$, $$VALUES ('closed', date '2017-08-15')$$, 'the programme is closed');
SELECT results_eq(format('SELECT ended_as FROM portfolio.process_run WHERE id = %s', :run), $$VALUES ('completed')$$, 'the run is completed');
SELECT is_empty($$SELECT * FROM portfolio.transfer_candidates() WHERE code LIKE 'TP\_%'$$, 'nothing of it is a candidate');
SELECT results_eq($$SELECT month, transferred, cumulative, planned_cumulative, ahead FROM portfolio.transfer_burnup('2017/18') WHERE month IN ('2017-07-01', '2017-08-01', '2017-09-01')$$,
  $$VALUES (date '2017-07-01', 0::bigint, 0::bigint, 1::bigint, -1::bigint), ('2017-08-01', 1, 1, 1, 0), ('2017-09-01', 0, 1, 1, 0)$$, 'the burn-up moves in the month of the acceptance');
SELECT is(sum(transferred), 0::numeric, 'and in no other year') FROM portfolio.transfer_burnup(portfolio.financial_year(current_date));
SET pg_portfolio.as_of = '2017-07-15';
SELECT results_eq($$SELECT count(*), count(cumulative), max(planned_cumulative) FROM portfolio.transfer_burnup('2017/18')$$, $$VALUES (12::bigint, 4::bigint, 1::bigint)$$, 'as of a day in July nothing is known of the months to come but the plan');
RESET pg_portfolio.as_of;

-- What users keep.
SELECT is_empty($$SELECT * FROM portfolio.transfer_diff('programme:TP_P') WHERE users_notice$$, 'users notice nothing');
SELECT is_empty($$SELECT * FROM portfolio.transfer_diff('programme:TP_P') WHERE aspect = 'interface' AND change <> 'kept'$$, 'no interface changed');
SELECT results_eq($$SELECT aspect, item, before, after FROM portfolio.transfer_diff('service:TP_A') WHERE change = 'kept' ORDER BY 1$$,
  $$VALUES ('adoption', 'service:TP_A', 'adopted locally', 'adopted locally'), ('data_set', 'data_set:TP_D', NULL, NULL), ('interface', 'interface:TP_I', NULL, NULL), ('service_level', 'service:TP_A availability', '99.9 a month', '99.9 a month')$$, 'what they keep');
SELECT results_eq($$SELECT attribute, before, after FROM portfolio.transfer_diff('service:TP_A') WHERE change = 'changed' AND attribute IN ('governed_by', 'state', 'owner', 'accepted_on') ORDER BY 1$$,
  $$VALUES ('accepted_on', NULL, '2017-08-15'), ('governed_by', 'programme:TP_P', NULL), ('owner', NULL, 'team:TP_OPS'), ('state', 'pipeline', 'live')$$, 'what changed is governance');
SET ROLE tp_team;
UPDATE portfolio.interface SET protocol = 'REST' WHERE code = 'TP_I';
UPDATE portfolio.service SET name = 'TP_A renamed', adopted_locally = false WHERE code = 'TP_A';
UPDATE portfolio.service_level SET target = 99 WHERE service = portfolio.element_ref('TP_A');
INSERT INTO portfolio.interface (code, name, system) SELECT 'TP_I2', 'Another', id FROM portfolio.system WHERE code = 'TP_SYS';
DELETE FROM portfolio.data_set WHERE code = 'TP_D';
SELECT portfolio.relate('service:TP_A', 'serving', 'team:TP_OPS') \g /dev/null
SELECT results_eq($$SELECT change, aspect, item, attribute, before, after FROM portfolio.transfer_diff('service:TP_A') WHERE users_notice$$,
  $$VALUES ('changed', 'adoption', 'service:TP_A', 'adopted_locally', 'true', 'false'), ('removed', 'data_set', 'data_set:TP_D', NULL, NULL, NULL), ('changed', 'interface', 'interface:TP_I', 'protocol', 'FHIR', 'REST'),
           ('added', 'interface', 'interface:TP_I2', NULL, NULL, NULL), ('added', 'relationship', 'service:TP_A serving team:TP_OPS', NULL, NULL, NULL), ('changed', 'service', 'service:TP_A', 'name', 'TP_A', 'TP_A renamed'),
           ('changed', 'service_level', 'service:TP_A availability', 'target', '99.9', '99')$$, 'what users would notice is found');
UPDATE portfolio.interface SET protocol = 'FHIR' WHERE code = 'TP_I';
SELECT is_empty($$SELECT * FROM portfolio.transfer_diff('service:TP_A') WHERE item = 'interface:TP_I' AND change <> 'kept'$$, 'what was changed back has not changed');
SELECT is_empty($$SELECT * FROM portfolio.transfer_diff('service:TP_A', jsonb_build_object('since', now())) WHERE change <> 'kept'$$, 'since now nothing has');
RESET ROLE;
SET ROLE tp_team;

-- Back to the programme.
SELECT throws_ok($$SELECT portfolio.return_to_programme('TP_P', ' ')$$, '22023', 'a return to the programme needs a reason', 'not without a reason');
SELECT throws_ok($$SELECT portfolio.return_to_programme('team:TP_OPS', 'x')$$, '42809', 'team:TP_OPS cannot be returned to a programme: it is no service and no programme', 'no team');
SELECT lives_ok($$SELECT portfolio.return_to_programme('TP_P', 'incidents doubled')$$, 'the programme takes it back');
SELECT results_eq($$SELECT code, state, portfolio.element_label(governed_by), accepted_on, live_on FROM portfolio.service ORDER BY 1$$,
  $$VALUES ('TP_A', 'in_transition', 'programme:TP_P', NULL::date, NULL::date), ('TP_B', 'in_transition', 'programme:TP_P', NULL, NULL)$$, 'both services are in transition under it');
SELECT results_eq($$SELECT state, closed_on FROM portfolio.programme$$, $$VALUES ('in_delivery', NULL::date)$$, 'it is open again');
SELECT results_eq($$SELECT reason, accepted_on, by FROM portfolio.transfer_return$$, $$VALUES ('incidents doubled', date '2017-08-15', name 'tp_team')$$, 'who returned it, and why');
SELECT is(reason, 'incidents doubled', 'the journal says so too') FROM portfolio.change WHERE table_name = 'programme' AND new ->> 'state' = 'in_delivery' AND old ->> 'state' = 'closed';
SELECT results_eq($$SELECT transferred, returned, cumulative FROM portfolio.transfer_burnup('2017/18') WHERE month = '2017-08-01'$$, $$VALUES (1::bigint, 0::bigint, 1::bigint)$$, 'what was transferred then was transferred then');
SELECT results_eq($$SELECT returned, cumulative FROM portfolio.transfer_burnup(portfolio.financial_year(current_date)) WHERE month = date_trunc('month', current_date)$$, $$VALUES (1::bigint, -1::bigint)$$, 'and came back now');
SELECT is(count(*), 1::bigint, 'it is a candidate again') FROM portfolio.transfer_items(current_date) WHERE code = 'TP_P';
SELECT throws_ok($$SELECT portfolio.return_to_programme('TP_P', 'again')$$, '55000', 'programme:TP_P is under its programme already', 'once');
-- a service alone, on its way, is returned: its run ends
SELECT portfolio.start_process('service:TP_A', 'transfer-to-service-operations') AS run \gset
SELECT lives_ok($$SELECT portfolio.return_to_programme('service:TP_A', 'not ready')$$, 'a transfer under way is returned');
SELECT results_eq(format('SELECT ended_as, reason FROM portfolio.process_run WHERE id = %s', :run), $$VALUES ('abandoned', 'not ready')$$, 'its run is abandoned');
INSERT INTO portfolio.service (code, name, state, owner, support_tier, early_life_ends) VALUES ('TP_C', 'TP_C', 'early_life_support', portfolio.element_ref('TP_OPS'), 'gold', current_date);
SELECT throws_ok($$SELECT portfolio.return_to_programme('TP_C', 'x')$$, '22023', 'it is not known to which programme service:TP_C returns', 'a service that no programme has governed');
SELECT lives_ok($$SELECT portfolio.return_to_programme('TP_C', 'x', 'programme:TP_P')$$, 'unless one is named');
SELECT throws_ok($$SELECT * FROM portfolio.transfer_burnup('2017')$$, '22023', 'period "2017" is not a financial year', 'a year of the calendar is no financial year');
SELECT throws_ok($$SELECT * FROM portfolio.transfer_burnup('2017/18', '{"x": 1}')$$, '22023', 'option "x" is not known', 'an unknown option');
SELECT throws_ok($$UPDATE portfolio.transfer_return SET reason = 'another'$$, '42501', 'permission denied for table transfer_return', 'a return is not rewritten');
RESET ROLE;

-- For BI tools, as a reader sees it.
CREATE ROLE tp_reader;
SELECT portfolio.grant_profile('tp_reader', 'reader') \g /dev/null
INSERT INTO portfolio.transfer_plan (element, planned_on) VALUES (portfolio.element_ref('TP_C'), '2018-01-31');
SET ROLE tp_reader;
SELECT results_eq($$SELECT element_code, state_label, planned_on, transferred_on, transferred_financial_year, days_after_plan FROM portfolio_bi.transfer ORDER BY element_code$$,
  $$VALUES ('TP_A', 'Stopped', NULL::date, NULL::date, NULL, NULL::int), ('TP_C', 'Planned', '2018-01-31', NULL, NULL, NULL), ('TP_P', 'Returned', '2017-07-31', '2017-08-15', '2017/18', 15)$$, 'what burn-up charts are drawn from');
RESET ROLE;
SELECT * FROM finish();
