-- Readiness of 10,000 runs with 30 criteria each, and the queries of their criteria asked for all at once or run by run.
-- psql [-v rows=10000] [-v repetitions=3] -f gates.sql
\set ON_ERROR_STOP on
\pset footer off
SELECT :{?rows} AS given \gset
\if :given
\else
  \set rows 10000
\endif
SELECT :{?repetitions} AS given \gset
\if :given
\else
  \set repetitions 3
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
SET jit = off;
SET pg_portfolio.reason = 'bench';
\echo Starting :rows runs of 30 criteria, with evidence, waivers and decisions ...
BEGIN;
INSERT INTO portfolio.team (code, name) VALUES ('BENCH_OPS', 'Operations');
INSERT INTO portfolio.service (code, name, run_cost_gbp) SELECT 'BENCH_' || n, 'Service ' || n, n FROM generate_series(1, :rows) n;
INSERT INTO portfolio.process (code, name) VALUES ('bench', 'Bench');
INSERT INTO portfolio.stage (process, code, ord, name) SELECT 'bench', 's' || n, n, 'Stage ' || n FROM generate_series(1, 3) n;
INSERT INTO portfolio.gate (process, code, stage, name) SELECT 'bench', 'g' || n, 's' || n, 'Gate ' || n FROM generate_series(1, 3) n;
INSERT INTO portfolio.criterion (process, code, gate, title, guidance, mandatory, weight)
  SELECT 'bench', 'c' || n, 'g' || 1 + n % 3, 'Criterion ' || n, 'How to get there, in a sentence or two.', n % 4 > 0, 1 + n % 5 FROM generate_series(1, 24) n;
INSERT INTO portfolio.criterion (process, code, gate, title, evidence_kind, query, threshold, partly_threshold)
  SELECT 'bench', 'q' || n, 'g' || 1 + n % 3, 'Query ' || n, 'query',
         format('SELECT s.id AS element, (s.run_cost_gbp %% %s)::numeric AS value FROM portfolio.service s', n + 3), 2, 1 FROM generate_series(1, 6) n;
SELECT portfolio.publish_process('bench') \g /dev/null
INSERT INTO portfolio.process_run (element, process, version, during)
  SELECT s.id, 'bench', 1, tstzrange(now() - interval '90 days', NULL) FROM portfolio.service s WHERE s.code LIKE 'BENCH%';
INSERT INTO portfolio.evidence (run, criterion, status, at, expires)
  SELECT r.id, 'c' || c, (ARRAY['met', 'met', 'met', 'partly', 'not_met'])[1 + (r.id + c * 7) % 5], now() - make_interval(days => (1 + (r.id + c) % 80)::int),
         CASE WHEN (r.id + c) % 11 = 0 THEN now() - interval '1 hour' ELSE 'infinity' END
    FROM portfolio.process_run r, generate_series(1, 24) c WHERE r.process = 'bench' AND (r.id + c) % 9 > 0;
INSERT INTO portfolio.waiver (run, criterion, owner, reason, at, expires)
  SELECT r.id, 'c' || c, portfolio.element_ref('BENCH_OPS'), 'bench', now() - interval '10 days', now() + interval '20 days'
    FROM portfolio.process_run r, generate_series(1, 24) c WHERE r.process = 'bench' AND (r.id + c) % 20 = 0;
COMMIT;
SELECT count(*) FROM portfolio.evaluate() \g /dev/null
INSERT INTO portfolio.gate_decision (run, gate, outcome) SELECT r.id, 'g1', 'defer' FROM portfolio.process_run r WHERE r.process = 'bench' AND r.id % 2 = 0;
VACUUM ANALYZE;

\echo Checking that all elements at once and one after the other are equally ready ...
CREATE TEMP TABLE one_by_one AS
  SELECT s.code, r.* FROM portfolio.service s CROSS JOIN LATERAL portfolio.readiness('service:' || s.code, 'bench') r WHERE s.code LIKE 'BENCH%' AND s.run_cost_gbp <= 500;
SELECT count(*) AS rows, count(*) FILTER (WHERE (o.percent, o.met, o.partly, o.waived, o.blockers, o.next_steps) IS DISTINCT FROM (g.percent, g.met, g.partly, g.waived, g.blockers, g.next_steps)) AS different
  FROM one_by_one o JOIN portfolio.gate_status g ON g.element = portfolio.element_ref('service:' || o.code) AND g.gate = o.gate;

\echo Timing, :repetitions repetitions, by the clock ...
CREATE TEMP TABLE timing (contender text, ms numeric);
CREATE FUNCTION pg_temp.clock(contender text, command text, repetitions int, parts numeric DEFAULT 1) RETURNS void LANGUAGE plpgsql AS $$
DECLARE began timestamptz;
BEGIN
  FOR i IN 1..repetitions LOOP
    began := clock_timestamp();
    EXECUTE command;
    INSERT INTO timing VALUES (contender, extract(epoch FROM clock_timestamp() - began) * 1000 / parts);
  END LOOP;
END
$$;
SELECT pg_temp.clock('readiness of all, percent and counts', 'SELECT count(*), sum(percent), sum(met), sum(waived) FROM portfolio.gate_status', :repetitions) \g /dev/null
SELECT pg_temp.clock('readiness of all, blockers and next steps too', 'SELECT count(g.*) FROM portfolio.gate_status g', :repetitions) \g /dev/null
SELECT pg_temp.clock('readiness() of one element', $$SELECT count(*) FROM generate_series(1, 100) n CROSS JOIN LATERAL portfolio.readiness('service:BENCH_' || n * 7) r$$, :repetitions, 100) \g /dev/null
SELECT pg_temp.clock('evaluate() of all', 'SELECT count(*) FROM portfolio.evaluate()', :repetitions) \g /dev/null
SELECT pg_temp.clock('evaluate(run), for each run', $$SELECT count(*) FROM (SELECT r.id FROM portfolio.process_run r WHERE r.process = 'bench' ORDER BY r.id LIMIT 20) r CROSS JOIN LATERAL portfolio.evaluate(r.id) e$$, :repetitions, 20.0 / :rows) \g /dev/null
SELECT contender, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY ms)::numeric, 1) AS "median ms" FROM timing GROUP BY contender ORDER BY min(ctid);
