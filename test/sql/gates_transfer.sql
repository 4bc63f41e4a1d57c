-- Who should move into service operations, why, and the shipped process.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE; RESET client_min_messages;
\set SHOW_CONTEXT never
SET datestyle = 'ISO';
SELECT count(*) > 0 AS loaded FROM portfolio.load_example();
SELECT code, name, end_date, days_late, reasons FROM portfolio.transfer_candidates('2017-06-01') WHERE element IN (SELECT id FROM portfolio.element WHERE source = 'example') ORDER BY reasons, code;
SELECT evidence FROM portfolio.transfer_evidence('service:NHSMAIL2', '2017-06-01');
SELECT evidence, source FROM portfolio.transfer_evidence('programme:GPSOC', '2017-06-01');
-- Another day, other candidates; a programme that has been closed is none from that day on.
SELECT code, days_late FROM portfolio.transfer_candidates('2015-04-01') WHERE element IN (SELECT id FROM portfolio.element WHERE source = 'example') AND reasons = '{past_end_date}' ORDER BY code;
BEGIN;
UPDATE portfolio.programme SET state = 'closed', closed_on = '2017-03-31' WHERE code = 'GPSOC';
SELECT count(*) FILTER (WHERE code = 'GPSOC') FROM portfolio.transfer_candidates('2017-06-01');
SELECT count(*) FILTER (WHERE code = 'GPSOC') FROM portfolio.transfer_candidates('2017-03-01');
ROLLBACK;
SELECT count(*) FROM portfolio.transfer_candidates(NULL);
SELECT * FROM portfolio.transfer_candidates('2017-06-01', '{"top": 3}');

-- The process that is shipped.
SELECT gate, count(*) AS criteria, count(*) FILTER (WHERE evidence_kind = 'query') AS by_query, bool_and(guidance <> '') AS guided
  FROM portfolio.criterion WHERE process = 'transfer-to-service-operations' GROUP BY gate ORDER BY gate;
-- Every query of it answers, and follows the data.
BEGIN;
SELECT portfolio.start_process('service:EPS', 'transfer-to-service-operations') AS run \gset
SELECT criterion, status, value, note FROM portfolio.evaluate(:run) WHERE criterion <> 'data-quality' ORDER BY criterion;
UPDATE portfolio.service SET owner = portfolio.element_ref('team:SERVICE_OPERATIONS'), support_tier = 'gold', go_live_on = current_date + 30,
       recovery_tested_on = current_date - 365, run_cost_gbp = 1000000, run_cost_budgeted_to = current_date + 400 WHERE code = 'EPS';
INSERT INTO portfolio.supplier (code, name) VALUES ('GT_S', 'Supplier of the transfer test');
INSERT INTO portfolio.contract (code, name, supplier, service, valid)
  SELECT 'GT_C', 'Contract of the transfer test', u.id, s.id, daterange(current_date - 800, (current_date + 30 + interval '12 months')::date + 3)
    FROM portfolio.supplier u, portfolio.service s WHERE u.code = 'GT_S' AND s.code = 'EPS';
INSERT INTO portfolio.finding (check_code, subject, severity, element) VALUES ('hba-trust', 'planted by the transfer test', 'critical', portfolio.element_ref('service:EPS'));
SELECT criterion, status, value FROM portfolio.evaluate(:run) WHERE criterion <> 'data-quality' ORDER BY criterion;
UPDATE portfolio.finding SET status = 'risk_accepted', reason = 'test', accepted_until = current_date WHERE subject = 'planted by the transfer test';
UPDATE portfolio.service SET recovery_tested_on = current_date - 366, run_cost_budgeted_to = current_date - 1, support_tier = NULL WHERE code = 'EPS';
UPDATE portfolio.contract SET valid = daterange(current_date - 800, (current_date + 30 + interval '12 months')::date - 3) WHERE code = 'GT_C';
SELECT criterion, status, value FROM portfolio.evaluate(:run) WHERE criterion <> 'data-quality' ORDER BY criterion;
-- A programme takes its services with it; the weakest counts.
SELECT portfolio.start_process('programme:EPS_R2', 'transfer-to-service-operations') AS run \gset
SELECT criterion, status, value FROM portfolio.evaluate(:run) WHERE criterion <> 'data-quality' ORDER BY criterion;
ROLLBACK;
SELECT count(*) > 0 AS unloaded FROM portfolio.unload_example();
