\echo 'Programmes and services that were due for transfer on 1 June 2017:'
SELECT code, name, end_date, days_late, reasons FROM portfolio.transfer_candidates('2017-06-01');

\echo 'An editor begins the transfer of the Electronic Prescribing Service and records what the team has ...'
\c - demo_editor
SET client_min_messages = warning;
UPDATE portfolio.service SET support_tier = 'gold', go_live_on = '2026-12-01', recovery_tested_on = CURRENT_DATE - 30,
       run_cost_gbp = 2400000, run_cost_budgeted_to = CURRENT_DATE + 500 WHERE code = 'EPS';
SELECT portfolio.start_process('service:EPS', 'transfer-to-service-operations') AS run \gset
SELECT portfolio.record_evidence(:run, criterion, status, note => note)
  FROM (VALUES ('benefits-owner', 'met', 'Named and agreed.'),
               ('support-model', 'met', 'Signed by both sides.'),
               ('service-levels', 'partly', 'Users agreed; two suppliers have not.'),
               ('runbook', 'not_met', 'Fail-over was never followed from the runbook.'),
               ('monitoring', 'met', 'One alert of each kind reached the person on call.')) e (criterion, status, note) \g /dev/null

\echo 'Readiness, gate by gate (percent; a query answers six of the criteria):'
SELECT gate, percent, met, partly, waived, applicable, cardinality(blockers) AS blockers FROM portfolio.readiness('service:EPS');

\echo 'What blocks the first gate, and what to do next:'
SELECT b.blocker, n.next_step
  FROM (SELECT * FROM portfolio.readiness('service:EPS') LIMIT 1) r,
       LATERAL unnest(r.blockers) WITH ORDINALITY b (blocker, n) LEFT JOIN LATERAL unnest(r.next_steps) WITH ORDINALITY n (next_step, n) USING (n);

\echo 'The board cannot let it proceed; the database says why:'
\set ON_ERROR_STOP off
SELECT portfolio.decide(:run, 'assessment', 'proceed');
\set ON_ERROR_STOP on
\c - postgres
SET client_min_messages = warning;
