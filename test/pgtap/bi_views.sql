-- What the views of portfolio_bi show, and to whom.
BEGIN;
SELECT plan(39);
SET LOCAL TimeZone = 'Europe/London';

-- date
SELECT results_eq($$SELECT count(*), min(date), max(date), count(DISTINCT date_key) FROM portfolio_bi.date$$,
  $$VALUES (18628::bigint, '2000-01-01'::date, '2050-12-31'::date, 18628::bigint)$$, 'every day from 2000 to 2050 once');
SELECT results_eq($$SELECT date, financial_year, financial_quarter, financial_month, iso_week, iso_year, day_name, is_weekend FROM portfolio_bi.date
   WHERE date IN ('2016-03-31', '2016-04-01', '2017-01-01', '1999-12-31', '2000-01-01') ORDER BY 1$$,
  $$VALUES ('2000-01-01'::date, '1999/00', 4, 10, 52, 1999, 'Saturday', true),
           ('2016-03-31', '2015/16', 4, 12, 13, 2016, 'Thursday', false),
           ('2016-04-01', '2016/17', 1, 1, 13, 2016, 'Friday', false),
           ('2017-01-01', '2016/17', 4, 10, 52, 2016, 'Sunday', true)$$, 'financial years run from April to March, ISO weeks belong to ISO years');

-- the portfolio
INSERT INTO portfolio.organisation (code, name) VALUES ('BI_ORG', 'An organisation');
INSERT INTO portfolio.programme (code, name, dca, end_date, fy_baseline_gbp_m, fy_forecast_gbp_m, owner)
  SELECT 'BI_PRG', 'A programme', 'Amber/Red', '2016-12-31', 10, 12.5, id FROM portfolio.organisation WHERE code = 'BI_ORG';
INSERT INTO portfolio.programme (code, name, state, closed_on, end_date) VALUES ('BI_OLD', 'A closed programme', 'closed', '2016-12-01', '2016-06-30');
INSERT INTO portfolio.service (code, name, state, owner, support_tier, early_life_ends, governed_by, valid)
  SELECT 'BI_SRV', 'A service', 'early_life_support', owner, 'gold', '2018-03-31', id, '[2015-04-01,2018-04-01)' FROM portfolio.programme WHERE code = 'BI_PRG';
SET LOCAL pg_portfolio.as_of = '2017-01-10';
SELECT results_eq($$SELECT dca, dca_label, dca_sort_order, dca_colour, days_past_end_date, fy_variance_gbp_m, owner_code, state_label FROM portfolio_bi.programme WHERE code = 'BI_PRG'$$,
  $$VALUES ('Amber/Red', 'Amber/Red', 2, '#f47738', 10, 2.5, 'BI_ORG', 'In delivery')$$, 'a rating is label, sort order and colour; days run to the day shown');
SELECT results_eq($$SELECT days_past_end_date FROM portfolio_bi.programme WHERE code = 'BI_OLD'$$, 'VALUES (NULL::int)', 'a closed programme does not run late');
SELECT results_eq($$SELECT state_label, state_sort_order, governed_by_code, valid_from, ends_on, is_current FROM portfolio_bi.service WHERE code = 'BI_SRV'$$,
  $$VALUES ('Early life support', 3, 'BI_PRG', '2015-04-01'::date, '2018-03-31'::date, true)$$, 'the last day is inclusive');
SET LOCAL pg_portfolio.as_of = '2018-04-01';
SELECT results_eq($$SELECT is_current FROM portfolio_bi.service WHERE code = 'BI_SRV'$$, 'VALUES (false)', 'is_current follows pg_portfolio.as_of, and the row stays');
INSERT INTO portfolio.planned_attribute (element, attribute, value, valid, reason)
  SELECT portfolio.element_id('service', 'BI_SRV'), v.attribute, v.value, v.valid, 'a plan' FROM (VALUES ('support_tier', 'silver', '[2018-04-01,)'::daterange), ('owner', 'BI_ORG', '[2017-01-01,2018-01-01)')) v (attribute, value, valid);
SELECT results_eq($$SELECT element_kind, attribute, attribute_label, value, reason, valid_from, ends_on, is_current FROM portfolio_bi.planned_attribute WHERE element_code = 'BI_SRV' ORDER BY 2$$,
  $$VALUES ('service', 'owner', 'Owner', 'organisation:BI_ORG', 'a plan', '2017-01-01'::date, '2017-12-31'::date, false), ('service', 'support_tier', 'Support tier', 'silver', 'a plan', '2018-04-01', NULL, true)$$,
  'planned attributes, those of the day shown marked');
RESET pg_portfolio.as_of;

-- data quality: published rows only
INSERT INTO portfolio.data_set (code, name, quality_threshold) VALUES ('BI_DS', 'A data set', 95);
INSERT INTO portfolio.reporting_period (code, kind, during) VALUES ('BI-2016-12', 'month', '[2016-12-01,2017-01-01)');
INSERT INTO portfolio.score_edition (data_set, period, edition, method, reason, scored_at)
  SELECT d.id, 'BI-2016-12', e, 'DQMI 1-7', 'a late file', '2017-01-05 23:30+00' FROM portfolio.data_set d, generate_series(1, 2) e WHERE d.code = 'BI_DS';
INSERT INTO portfolio.published_score (data_set, period, edition, provider, item, records, valid_and_complete, data_item_score, suppressed)
  SELECT d.id, 'BI-2016-12', e.edition, 'RXX', 'sex', 100, 90 + (e.edition - 1) * 5, 90 + e.edition * 4, e.hidden
    FROM portfolio.data_set d, (VALUES (1, '{}'::text[]), (2, '{defaults,defaults_in_excess}')) e (edition, hidden) WHERE d.code = 'BI_DS';
SELECT results_eq($$SELECT edition, is_latest_edition, data_item_score, is_below_threshold, suppressed, period_from, period_ends_on, scored_at_date_key
    FROM portfolio_bi.data_quality WHERE data_set_code = 'BI_DS' ORDER BY edition$$,
  $$VALUES (1, false, 94::numeric, true, NULL, '2016-12-01'::date, '2016-12-31'::date, 20170105),
           (2, true, 98, false, 'defaults, defaults_in_excess', '2016-12-01', '2016-12-31', 20170105)$$, 'every edition is there, and the latest is told');
SET LOCAL TimeZone = 'Europe/Athens';
SELECT results_eq($$SELECT DISTINCT scored_at_date_key FROM portfolio_bi.data_quality WHERE data_set_code = 'BI_DS'$$, 'VALUES (20170106)', 'a date key is of the session''s time zone');
SET LOCAL TimeZone = 'Europe/London';

-- as reader, as owner of a job, as operator
CREATE ROLE pf_bi_reader LOGIN;
CREATE ROLE pf_bi_operator LOGIN;
CREATE ROLE pf_bi_other LOGIN;
SELECT portfolio.grant_profile('pf_bi_reader', 'reader');
SELECT portfolio.grant_profile('pf_bi_operator', 'operator');
SELECT portfolio.grant_profile('pf_bi_other', 'operator');
GRANT CREATE ON SCHEMA public TO pf_bi_reader;
SET LOCAL client_min_messages = error;
SET LOCAL ROLE pf_bi_operator;
SELECT portfolio.schedule_job('bi_nightly', '@daily', 'SELECT 1');
SET LOCAL ROLE pf_bi_other;
SELECT results_eq($$SELECT name, owner COLLATE "default", schedule, state_label, last_outcome, failed_in_30_days FROM portfolio_bi.job WHERE name LIKE 'bi\_%'$$,
  $$VALUES ('bi_nightly', 'pf_bi_operator', '0 0 * * *', 'Active', NULL, 0::bigint)$$, 'an operator sees every job');
SET LOCAL ROLE pf_bi_reader;
SELECT is_empty('SELECT * FROM portfolio_bi.job', 'a reader sees no job of another');
CREATE TEMP TABLE leaked (name text);
CREATE FUNCTION pg_temp.leak(name text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$BEGIN RAISE WARNING 'leaked %', name; INSERT INTO leaked VALUES (name); RETURN true; END$$;
SELECT is_empty('SELECT * FROM portfolio_bi.job WHERE pg_temp.leak(name)', 'nor with a function that talks');
SELECT is_empty('SELECT * FROM leaked', 'which is never called');
SELECT throws_ok('SELECT * FROM portfolio.programme', '42501', 'permission denied for table programme', 'a reader is refused the table');
SELECT throws_ok('SELECT * FROM portfolio.quality_score', '42501', 'permission denied for table quality_score', 'and the scores below the published ones');
SELECT throws_ok('SELECT * FROM portfolio.current_element', '42501', 'permission denied for view current_element', 'and the views that show what their caller may see');
SELECT results_eq($$SELECT dca_label FROM portfolio_bi.programme WHERE code = 'BI_PRG'$$, $$VALUES ('Amber/Red')$$, 'he reads the programme by the view');
SELECT is((SELECT count(*) FROM portfolio_bi.data_quality WHERE data_set_code = 'BI_DS'), 2::bigint, 'and the published scores');
RESET ROLE;

-- findings: counts for all, single ones for whoever works on them
INSERT INTO portfolio.check_definition (code, area, title, severity, query) VALUES
  ('bi-quality', 'quality', 'Quality is low', 'high', 'SELECT NULL::text AS subject WHERE false'),
  ('bi-server', 'security', 'The server is open', 'critical', 'SELECT NULL::text AS subject WHERE false');
INSERT INTO portfolio.finding (check_code, subject, element, severity, due_on, status, accepted_by, accepted_until, reason, opened_at)
SELECT 'bi-quality', 'item 1', NULL::bigint, 'high', current_date - 1, 'open', NULL, NULL::date, NULL, '2017-01-01 00:00+00'::timestamptz
UNION ALL SELECT 'bi-quality', 'item 2', NULL, 'high', NULL, 'risk_accepted', 'someone', current_date - 1, 'lapsed', now()
UNION ALL SELECT 'bi-quality', 'item 3', NULL, 'high', NULL, 'risk_accepted', 'someone', current_date, 'holds today', now()
UNION ALL SELECT 'bi-server', 'role bob', NULL, 'critical', NULL, 'open', NULL, NULL, NULL, now()
UNION ALL SELECT 'bi-server', 'service', id, 'critical', NULL, 'open', NULL, NULL, NULL, now() FROM portfolio.service WHERE code = 'BI_SRV';
CREATE ROLE pf_bi_editor;
CREATE ROLE pf_bi_analyst;
CREATE ROLE pf_bi_auditor;
SELECT portfolio.grant_profile('pf_bi_editor', 'editor');
SELECT portfolio.grant_profile('pf_bi_analyst', 'analyst');
SELECT portfolio.grant_profile('pf_bi_auditor', 'auditor');
CREATE TEMP TABLE id AS SELECT check_code || ' ' || subject AS what, f.id FROM portfolio.finding f WHERE check_code LIKE 'bi-%';
GRANT SELECT ON id TO PUBLIC;

SET LOCAL ROLE pf_bi_reader;
SELECT results_eq($$SELECT check_code, severity_label, status_label, element_code, findings, overdue, oldest_opened_at_date_key = 20170101 FROM portfolio_bi.finding
    WHERE check_code LIKE 'bi-%' ORDER BY severity_sort_order, status, element_code$$,
  $$VALUES ('bi-server', 'Critical', 'Open', 'BI_SRV', 1::bigint, 0::bigint, false), ('bi-server', 'Critical', 'Open', NULL, 1, 0, false),
           ('bi-quality', 'High', 'Open', NULL, 2, 1, true), ('bi-quality', 'High', 'Risk accepted', NULL, 1, 0, false)$$,
  'a reader sees counts, and a lapsed acceptance as open');
SELECT is_empty('SELECT * FROM portfolio_bi.finding_detail', 'and no single finding');
SET LOCAL ROLE pf_bi_editor;
SELECT results_eq($$SELECT subject FROM portfolio_bi.finding_detail WHERE check_code LIKE 'bi-%'$$, $$VALUES ('service')$$, 'an editor sees those about an element');
SELECT results_eq($$SELECT count(*) FROM portfolio.finding f WHERE check_code LIKE 'bi-%' AND status = 'open' AND severity = 'critical'$$, 'VALUES (2::bigint)',
  'and that there are others, so that a gate does not open for him too early');
SELECT throws_ok('SELECT subject FROM portfolio.finding', '42501', 'permission denied for table finding', 'but not what they are about');
SELECT lives_ok($$UPDATE portfolio.finding SET next_step = 'call the team', due_on = current_date + 7 WHERE id = (SELECT id FROM id WHERE what = 'bi-server service')$$, 'an editor plans a finding about an element');
PREPARE not_mine AS UPDATE portfolio.finding f SET next_step = 'forget it' WHERE f.id = (SELECT i.id FROM id i WHERE i.what = $1);
SELECT throws_like($$EXECUTE not_mine('bi-server role bob')$$, 'permission denied for finding %', 'and no other');
SELECT throws_ok($$UPDATE portfolio.finding SET status = 'resolved'$$, '42501', 'permission denied for table finding', 'nor says that it is over');
SET LOCAL ROLE pf_bi_analyst;
SELECT results_eq($$SELECT DISTINCT area FROM portfolio_bi.finding_detail WHERE check_code LIKE 'bi-%'$$, $$VALUES ('quality')$$, 'an analyst sees those of area quality');
SELECT throws_like($$EXECUTE not_mine('bi-server service')$$, 'permission denied for finding %', 'and plans no other');
SET LOCAL ROLE pf_bi_auditor;
SELECT results_eq($$SELECT count(*) FROM portfolio_bi.finding_detail WHERE check_code LIKE 'bi-%'$$, 'VALUES (5::bigint)', 'an auditor sees all');
SET LOCAL ROLE pf_bi_operator;
SELECT lives_ok($$EXECUTE not_mine('bi-server role bob')$$, 'an operator works on all');
RESET ROLE;

-- vulnerabilities: as system_vulnerability says, for those who may read the table below
INSERT INTO portfolio.technology (code, name, product, version) VALUES ('BI_TEC', 'A product 1', 'A product', '1');
INSERT INTO portfolio.system (code, name) VALUES ('BI_SYS', 'A system');
INSERT INTO portfolio.system_technology (system, technology) SELECT s.id, t.id FROM portfolio.system s, portfolio.technology t WHERE s.code = 'BI_SYS' AND t.code = 'BI_TEC';
INSERT INTO portfolio.vulnerability (cve, title, cvss, published, exploited) VALUES
  ('CVE-2018-11111', 'Rated', 'CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', '2018-03-01', false), ('CVE-2018-22222', 'Not rated', NULL, '2018-03-01', false),
  ('CVE-2018-33333', 'Exploited', 'CVSS:3.0/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N', '2018-03-01', true);
INSERT INTO portfolio.technology_vulnerability (technology, cve) SELECT t.id, v.cve FROM portfolio.technology t, portfolio.vulnerability v WHERE t.code = 'BI_TEC' AND v.cve LIKE 'CVE-2018-%';
SELECT results_eq($$SELECT cve, severity, cvss_score, due_on, is_overdue, remediation FROM portfolio_bi.vulnerability WHERE system_code = 'BI_SYS' ORDER BY cve$$,
  $$SELECT cve, severity, cvss_score, due_on, overdue, remediation FROM portfolio.system_vulnerability WHERE system_code = 'BI_SYS' ORDER BY cve$$, 'vulnerabilities are those of system_vulnerability');
SELECT results_eq($$SELECT cve, severity_label, cvss_score, due_on_date_key FROM portfolio_bi.vulnerability WHERE system_code = 'BI_SYS' ORDER BY cve$$,
  $$VALUES ('CVE-2018-11111', 'High', 8.8, 20180315), ('CVE-2018-22222', 'High', NULL, 20180315), ('CVE-2018-33333', 'High', 1.6, 20180315)$$, 'with label, score and a date key');
SET LOCAL ROLE pf_bi_reader;
SELECT is_empty('SELECT * FROM portfolio_bi.vulnerability', 'a reader sees none');
SET LOCAL ROLE pf_bi_editor;
SELECT is((SELECT count(*) FROM portfolio_bi.vulnerability WHERE system_code = 'BI_SYS'), 3::bigint, 'an editor all');
RESET ROLE;

-- readiness: the view and the function agree, before and after evidence, a waiver and a decision
SELECT portfolio.start_process('service:BI_SRV', 'transfer-to-service-operations') AS run \gset
PREPARE by_view AS SELECT gate_code, percent, met::int, partly::int, waived::int, applicable::int FROM portfolio_bi.readiness WHERE element_code = 'BI_SRV' ORDER BY stage_sort_order;
PREPARE by_function AS SELECT gate, percent, met, partly, waived, applicable FROM portfolio.readiness('service:BI_SRV');
SELECT results_eq('EXECUTE by_view', 'EXECUTE by_function', 'readiness at the start is what readiness() says');
SELECT is((SELECT count(*) FROM portfolio.evaluate(:run)), 6::bigint, 'six criteria are judged by query');
SELECT portfolio.record_evidence(:run, c.code, CASE WHEN c.code < 'm' THEN 'met' ELSE 'partly' END)
  FROM portfolio.criterion c WHERE c.process = 'transfer-to-service-operations' AND c.evidence_kind = 'manual' AND c.gate <> 'acceptance';
SELECT portfolio.waive(:run, c.criterion, 'organisation:BI_ORG', 'for the test', current_date + 30)
  FROM portfolio.run_standing(:run) c WHERE c.gate = 'assessment' AND c.mandatory AND c.status NOT IN ('met', 'not_applicable');
SELECT results_eq('EXECUTE by_view', 'EXECUTE by_function', 'and after evidence and waivers');
SELECT portfolio.decide(:run, 'assessment', 'proceed');
SELECT results_eq($$SELECT state, decision_label, blockers FROM portfolio_bi.readiness WHERE element_code = 'BI_SRV' AND gate_code = 'assessment'$$,
  $$VALUES ('ready', 'Proceed', 0::bigint)$$, 'a waiver unblocks, and the decision is told');
SELECT results_eq($$SELECT state, state_sort_order FROM portfolio_bi.readiness WHERE element_code = 'BI_SRV' AND gate_code = 'acceptance'$$,
  $$VALUES ('in_progress', 2)$$, 'a gate without evidence is in progress');

SELECT * FROM finish();
ROLLBACK;
