-- How long stages take and how a process gets on, by a table worked out by hand; and the pack that a board reads.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE; RESET client_min_messages;
\set SHOW_CONTEXT never
SET datestyle = 'ISO';
SET timezone = 'UTC';
BEGIN;
INSERT INTO portfolio.team (code, name) VALUES ('RP_OPS', 'Operations of the progress test');
INSERT INTO portfolio.service (code, name, description) SELECT 'RP_' || n, 'Service ' || n, 'Does | things' FROM generate_series(1, 5) n;
INSERT INTO portfolio.process (code, name) VALUES ('rp', 'Progress');
INSERT INTO portfolio.stage (process, code, ord, name) VALUES ('rp', 'build', 1, 'Build'), ('rp', 'try', 2, 'Try'), ('rp', 'run', 3, 'Run');
INSERT INTO portfolio.gate (process, code, stage, name) VALUES ('rp', 'built', 'build', 'Built'), ('rp', 'tried', 'try', 'Tried');
INSERT INTO portfolio.criterion (process, code, gate, title) VALUES ('rp', 'whole', 'built', 'It is whole'), ('rp', 'well', 'tried', 'It went well');
SELECT portfolio.publish_process('rp');
-- run  began       built       tried       ended
-- 1    1 January   11 January  31 January  completed 31 January
-- 2    1 January   21 January  –           (in "try")
-- 3    1 February  3 March (with a condition met then)  –   stopped 1 May
-- 4    1 March     –           –           (in "build")
-- 5    1 March     5 March: with a condition that was met too late, so not passed
CREATE TEMP TABLE runs (n int, during tstzrange, ended_as text, id bigint);
INSERT INTO runs VALUES (1, '[2019-01-01, 2019-01-31)', 'completed'), (2, '[2019-01-01,)', NULL), (3, '[2019-02-01, 2019-05-01)', 'stopped'), (4, '[2019-03-01,)', NULL), (5, '[2019-03-01,)', NULL);
WITH new AS (INSERT INTO portfolio.process_run (element, process, version, during, ended_as)
  SELECT portfolio.element_ref('service:RP_' || n), 'rp', 1, during, ended_as FROM runs ORDER BY n RETURNING id, element)
UPDATE runs SET id = new.id FROM new WHERE new.element = portfolio.element_ref('service:RP_' || n);
INSERT INTO portfolio.evidence (run, criterion, status, at, note, by, attachment)
  SELECT id, c, 'met', lower(during), 'seen', 'somebody', 'https://example.org/' || c FROM runs, unnest('{whole,well}'::text[]) c WHERE n <= 2;
INSERT INTO portfolio.condition (run, criterion, owner, due_on, at, met_on, met_at, met_by)
  SELECT id, 'whole', portfolio.element_ref('RP_OPS'), '2019-03-10', lower(during), d, d, 'somebody' FROM runs, LATERAL (SELECT CASE n WHEN 3 THEN '2019-03-03' ELSE '2019-03-20' END::date AS d) m WHERE n IN (3, 5);
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) SELECT id, 'built', outcome, at
  FROM runs JOIN (VALUES (1, 'proceed', '2019-01-11'::timestamptz), (2, 'proceed', '2019-01-21'), (3, 'proceed_with_conditions', '2019-02-11'), (5, 'proceed_with_conditions', '2019-03-05')) d (n, outcome, at) USING (n);
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) SELECT id, 'tried', 'proceed', '2019-01-30 23:59:59.999999' FROM runs WHERE n = 1;

SELECT n, t.stage, t.entered_at::date, t.left_at::date, t.passed FROM runs JOIN portfolio.run_stage t ON t.run = runs.id ORDER BY 1, t.ord;
SET pg_portfolio.as_of = '2019-06-01';
-- build: 10, 20 and 30 days: median 20, p90 20 + 0.8 * 10 = 28; runs 4 and 5 are in it since 1 March (93 days to the end of the day)
SELECT * FROM portfolio.stage_times('rp');
SET pg_portfolio.as_of = '2019-01-25';
SELECT stage, passed, median, in_stage, stuck FROM portfolio.stage_times('rp', 1);
RESET pg_portfolio.as_of;
SELECT * FROM portfolio.process_burnup('rp', to_day => '2019-05-31');
SELECT * FROM portfolio.process_burnup('rp', '2019-04-15', '2019-05-31');
-- A process whose name is misspelt is not one that has nothing to tell.
\set ON_ERROR_ROLLBACK on
SELECT * FROM portfolio.process_burnup('no-such-process');
SELECT * FROM portfolio.stage_times('no-such-process');
SELECT * FROM portfolio.readiness('RP_2', 'no-such-process');
SELECT * FROM portfolio.blockers('RP_2', 'no-such-process');
SELECT * FROM portfolio.blockers('RP_OPS', 'no-such-process');
SELECT portfolio.due_diligence_pack('RP_2', 'no-such-process');
SELECT portfolio.copy_process('no-such-process', 'another');
\set ON_ERROR_ROLLBACK off
SELECT portfolio.due_diligence_pack(NULL) IS NULL AS of_nothing;
-- What a board of January 2019 read, and one of today about what is in no process.
SET pg_portfolio.as_of = '2019-01-15';
SELECT portfolio.due_diligence_pack('RP_2', 'rp') \g (format=unaligned tuples_only=on)
RESET pg_portfolio.as_of;
SELECT replace(portfolio.due_diligence_pack('RP_OPS'), current_date::text, 'TODAY') \g (format=unaligned tuples_only=on)
SELECT portfolio.due_diligence_pack('RP_NOBODY');
ROLLBACK;
