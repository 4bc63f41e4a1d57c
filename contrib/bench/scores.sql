-- Score views over 100 data sets, 500 providers and 36 months: what each question takes.
-- One month of every data set is scored from rows; the other months are made from its tallies, set-wise.
-- psql [-v data_sets=100] [-v providers=500] [-v months=36] [-v published_months=6] [-v repetitions=5] -f scores.sql
\set ON_ERROR_STOP on
\pset footer off
\if :{?data_sets} \else \set data_sets 100 \endif
\if :{?providers} \else \set providers 500 \endif
\if :{?months} \else \set months 36 \endif
\if :{?published_months} \else \set published_months 6 \endif
\if :{?repetitions} \else \set repetitions 5 \endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
SET jit = off;
SET synchronous_commit = off;
DROP SCHEMA IF EXISTS score_bench CASCADE;
CREATE SCHEMA score_bench;

\echo Scoring :data_sets data sets of :providers providers, one month each ...
CREATE TABLE score_bench.row AS
SELECT i AS id, 'P' || lpad((1 + i % :providers)::text, 4, '0') AS provider, '2022-01' AS month,
       CASE WHEN i * 7 % 53 > 0 THEN '9990000018' END AS nhs_number, (ARRAY['1', '2', 'X', '?'])[1 + i * 11 % 37 % 4] AS sex,
       (ARRAY['A', 'B', 'Z', '99', 'bad'])[1 + i * 13 % 41 % 5] AS ethnic, CASE WHEN i * 17 % 29 = 0 THEN 'V81999' ELSE 'T1' || i % 900 END AS practice,
       'W' || i * 19 % 31 AS ward, date '2022-01-01' + i % 31 AS admitted, date '2022-01-03' + i * 23 % 43 AS discharged,
       (i * 29 % 47)::text AS tretspef, 'I' || i * 31 % 97 AS diagnosis, i * 37 % 120 AS age
  FROM generate_series(1, 25 * :providers) i;
INSERT INTO portfolio.reporting_period (code, kind, during)
SELECT to_char(m, 'YYYY-MM'), 'month', daterange(m::date, (m + interval '1 month')::date)
  FROM generate_series(timestamp '2022-01-01', timestamp '2022-01-01' + (:months - 1) * interval '1 month', '1 month') m
    ON CONFLICT DO NOTHING;
INSERT INTO portfolio.reporting_period (code, kind, during) VALUES ('2022-Q1', 'quarter', '[2022-01-01,2022-04-01)') ON CONFLICT DO NOTHING;
SELECT portfolio.register_data_set('B' || lpad(n::text, 3, '0'), 'score_bench.row', '{id}', period => 'month', provider => 'provider') AS id
  FROM generate_series(1, :data_sets) n \g /dev/null
UPDATE portfolio.data_item i SET default_codes = CASE i.name WHEN 'ethnic' THEN '{99}' ELSE '{V81999}' END::text[], default_threshold = 10
  FROM portfolio.data_set d WHERE d.id = i.data_set AND d.code ~ '^B[0-9]+$' AND i.name IN ('ethnic', 'practice');
-- one rule is other in each data set, so that each has a rule set of its own
SELECT portfolio.add_rule(d.code, r.item || ' ' || r.dimension, r.expression, r.item, r.dimension)
  FROM portfolio.data_set d, (VALUES
    ('nhs_number', 'completeness', 'nhs_number IS NOT NULL'), ('nhs_number', 'validity', 'is_nhs_number(nhs_number)'), ('sex', 'validity', $$sex IN ('1', '2', '9', 'X')$$),
    ('ethnic', 'validity', $$ethnic ~ '^([A-Z]|99)$'$$), ('ethnic', 'completeness', 'ethnic IS NOT NULL'), ('practice', 'validity', $$practice ~ '^[A-Z][0-9]+$'$$),
    ('ward', 'validity', $$ward ~ '^W[0-9]+$'$$), ('admitted', 'consistency', 'admitted <= discharged'), ('discharged', 'consistency', 'discharged >= admitted'),
    ('discharged', 'accuracy', 'discharged - admitted < 40'), ('tretspef', 'validity', $$tretspef ~ '^[0-9]{1,2}$'$$), ('diagnosis', 'validity', $$diagnosis ~ '^[A-Z][0-9]{2}$'$$),
    ('diagnosis', 'completeness', 'diagnosis IS NOT NULL'), ('age', 'accuracy', 'age < 116'), ('age', 'completeness', 'age IS NOT NULL')) r (item, dimension, expression)
 WHERE d.code ~ '^B[0-9]+$' \g /dev/null
SELECT portfolio.add_rule(d.code, 'age plausible', 'age > -' || d.id, 'age') FROM portfolio.data_set d WHERE d.code ~ '^B[0-9]+$' \g /dev/null
SELECT count(*) FROM portfolio.data_set d, portfolio.store_score(d.code, NULL) WHERE d.code ~ '^B[0-9]+$' \g /dev/null

\echo Making :months months of them, and what was expected ...
CREATE TABLE score_bench.month AS
SELECT r.code, row_number() OVER (ORDER BY lower(r.during)) - 1 AS no, upper(r.during) AS after FROM portfolio.reporting_period r
 WHERE r.kind = 'month' AND r.code BETWEEN '2022-01' AND to_char(timestamp '2022-01-01' + (:months - 1) * interval '1 month', 'YYYY-MM');
INSERT INTO portfolio.score_run (data_set, period, scored_at, scored_by, rule_set, records, thresholds)
SELECT r.data_set, m.code, m.after + interval '40 days', r.scored_by, r.rule_set, r.records, r.thresholds
  FROM portfolio.score_run r JOIN portfolio.data_set d ON d.id = r.data_set AND d.code ~ '^B[0-9]+$', score_bench.month m WHERE m.no > 0;
INSERT INTO portfolio.score_total (run, data_set, period, scored_at, rule_set, providers, records, clean_records, items, item_score_sum, tally, latest)
SELECT r.id, r.data_set, r.period, r.scored_at, t.rule_set, t.providers, t.records, t.clean_records, t.items, t.item_score_sum, t.tally, true
  FROM portfolio.score_run r JOIN portfolio.score_total t ON t.data_set = r.data_set AND t.period = '2022-01' WHERE r.period > '2022-01';
-- the tallies move on by some providers each month
INSERT INTO portfolio.quality_score (run, total, data_set, period, provider, scored_at, rule_set, records, clean_records, items, item_score_sum, tally)
SELECT t.run, t.id, t.data_set, t.period, 'P' || lpad((1 + (substr(s.provider, 2)::int + m.no * 7) % :providers)::text, 4, '0'), t.scored_at,
       s.rule_set, s.records, s.clean_records, s.items, s.item_score_sum, s.tally
  FROM portfolio.score_total t JOIN score_bench.month m ON m.code = t.period
  JOIN portfolio.quality_score s ON s.data_set = t.data_set AND s.period = '2022-01'
 WHERE t.period > '2022-01';
INSERT INTO portfolio.submission (data_set, provider, period, due_on, received_at)
SELECT d.id, 'P' || lpad(p::text, 4, '0'), m.code, m.after + 20, CASE WHEN (p + m.no) % 40 > 0 THEN m.after + 5 + ((p * 7 + m.no) % 19)::int END
  FROM portfolio.data_set d, score_bench.month m, generate_series(1, :providers) p WHERE d.code ~ '^B[0-9]+$';
VACUUM ANALYZE portfolio.quality_score, portfolio.score_total, portfolio.score_run, portfolio.submission;

\echo Publishing the first month, and making :published_months months of it ...
SELECT count(portfolio.publish_scores(d.code, '2022-01')) FROM portfolio.data_set d WHERE d.code ~ '^B[0-9]+$' \g /dev/null
INSERT INTO portfolio.score_edition (data_set, period, edition, method, scored_at, published_at)
SELECT e.data_set, m.code, 1, e.method, e.scored_at, m.after + interval '60 days' FROM portfolio.score_edition e, score_bench.month m WHERE m.no BETWEEN 1 AND :published_months - 1;
INSERT INTO portfolio.published_score
SELECT p.data_set, m.code, 1, p.provider, p.item, p.records, p.valid_and_complete, p.defaults, p.defaults_in_excess, p.data_item_score, p.coverage, p.national_average, p.suppressed
  FROM portfolio.published_score p, score_bench.month m WHERE m.no BETWEEN 1 AND :published_months - 1;
VACUUM ANALYZE portfolio.published_score, portfolio.score_edition;
SELECT (SELECT count(*) FROM portfolio.quality_score) AS tallies, (SELECT count(*) FROM portfolio.score_total) AS totals,
       (SELECT count(*) FROM portfolio.submission) AS submissions, (SELECT count(*) FROM portfolio.published_score) AS published,
       (SELECT count(DISTINCT rule_set) FROM portfolio.score_total) AS rule_sets,
       pg_size_pretty(pg_total_relation_size('portfolio.quality_score') + pg_total_relation_size('portfolio.score_total')) AS score_tables;

-- Totals are the sum of their parts, and what the views say is what the tallies say
SELECT bool_and(t.records = s.records AND t.clean_records = s.clean AND t.tally OPERATOR(portfolio.=) s.tally) AS same
  FROM portfolio.score_total t
  JOIN (SELECT total, sum(records) AS records, sum(clean_records) AS clean, portfolio.merge(tally) AS tally FROM portfolio.quality_score
         WHERE data_set IN (SELECT id FROM portfolio.data_set WHERE code IN ('B001', 'B002')) GROUP BY total) s ON s.total = t.id \gset
\if :same
  \echo Totals equal the sum of their parts.
\else
  DO $$BEGIN RAISE EXCEPTION 'totals differ from the sum of their parts'; END$$;
\endif

CREATE TEMP TABLE question (no int GENERATED ALWAYS AS IDENTITY, view text, asked text, query text);
INSERT INTO question (view, asked, query) VALUES
  ('data_set_quality', 'all data sets', 'SELECT * FROM portfolio.data_set_quality'),
  ('data_item_quality', 'all data sets', 'SELECT * FROM portfolio.data_item_quality'),
  ('dimension_quality', 'all data sets', 'SELECT * FROM portfolio.dimension_quality'),
  ('rule_quality', 'all data sets', 'SELECT * FROM portfolio.rule_quality'),
  ('data_set_trend', 'all data sets, all months', 'SELECT * FROM portfolio.data_set_trend'),
  ('data_item_trend', 'a data set', $$SELECT * FROM portfolio.data_item_trend WHERE code = 'B050'$$),
  ('provider_quality', 'a month, all data sets and providers', $$SELECT count(*), avg(mean_item_score) FROM portfolio.provider_quality WHERE period = '2024-06'$$),
  ('provider_quality', 'a data set and month', $$SELECT * FROM portfolio.provider_quality WHERE code = 'B050' AND period = '2024-06'$$),
  ('provider_trend', 'a provider, all data sets and months', $$SELECT * FROM portfolio.provider_trend WHERE provider = 'P0123'$$),
  ('provider_item_quality', 'a data set and month', $$SELECT * FROM portfolio.provider_item_quality WHERE code = 'B050' AND period = '2024-06'$$),
  ('provider_item_quality', 'a provider and month', $$SELECT * FROM portfolio.provider_item_quality WHERE provider = 'P0123' AND period = '2024-06'$$),
  ('provider_item_quality', 'a provider and data set', $$SELECT * FROM portfolio.provider_item_quality WHERE provider = 'P0123' AND code = 'B050'$$),
  ('latest_score', 'a data set and month', $$SELECT * FROM portfolio.latest_score WHERE data_set_code = 'B050' AND period = '2024-06'$$),
  ('provider_coverage', 'a data set and month', $$SELECT * FROM portfolio.provider_coverage WHERE code = 'B050' AND period = '2024-06'$$),
  ('provider_coverage', 'a provider and month', $$SELECT * FROM portfolio.provider_coverage WHERE provider = 'P0123' AND period = '2024-06'$$),
  ('publication_lag', 'a data set', $$SELECT * FROM portfolio.publication_lag WHERE code = 'B050'$$),
  ('dqmi()', 'a provider and month', $$SELECT * FROM portfolio.dqmi('P0123', '2024-06')$$),
  ('dqmi()', 'a provider and quarter', $$SELECT * FROM portfolio.dqmi('P0123', '2022-Q1')$$),
  ('dqmi()', 'a month, all providers of a data set', $$SELECT * FROM portfolio.dqmi(period => '2024-06', data_sets => '{B050}')$$),
  ('explain_score()', 'a data set, provider and month; no values', $$SELECT * FROM portfolio.explain_score('B050', 'P0123', '2024-06', '{"max_values": 0}')$$),
  ('compare_scores()', 'a data set, two months', $$SELECT * FROM portfolio.compare_scores('B050', '2024-05', '2024-06')$$),
  ('spc()', 'a data set', $$SELECT * FROM portfolio.spc('B050')$$),
  ('spc()', 'an item of a provider', $$SELECT * FROM portfolio.spc('B050', 'ward', 'P0123')$$),
  ('portfolio_bi.data_quality', 'a data set and month', $$SELECT * FROM portfolio_bi.data_quality WHERE data_set_code = 'B050' AND period = '2022-02'$$),
  ('portfolio_bi.data_quality', 'a provider, all data sets and months', $$SELECT * FROM portfolio_bi.data_quality WHERE provider = 'P0123' AND is_latest_edition$$);
-- Time by the clock, and that of the processor where Linux tells it: on a machine that does other things only the second says much
CREATE FUNCTION pg_temp.processor_ms() RETURNS numeric LANGUAGE sql AS
  $$SELECT split_part(pg_read_file('/proc/self/schedstat', 0, 1000, true), ' ', 1)::numeric / 1000000$$;
CREATE FUNCTION pg_temp.timed(query text, repetitions int, OUT ms numeric, OUT processor_ms numeric) LANGUAGE plpgsql AS $$
DECLARE
  started timestamptz;
  times numeric[];
BEGIN
  EXECUTE query;
  processor_ms := pg_temp.processor_ms();
  FOR i IN 1 .. repetitions LOOP
    started := clock_timestamp();
    EXECUTE query;
    times := times || (extract(epoch FROM clock_timestamp() - started) * 1000)::numeric;
  END LOOP;
  processor_ms := (pg_temp.processor_ms() - processor_ms) / repetitions;
  SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY t) INTO ms FROM unnest(times) t;
END
$$;
CREATE TEMP TABLE timing (no int, ms numeric, processor_ms numeric);
SELECT format('INSERT INTO timing SELECT %s, t.* FROM pg_temp.timed(%L, %s) t', q.no, q.query, :repetitions) FROM question q ORDER BY q.no \gexec
SELECT q.view, q.asked, round(t.ms, 1) AS "median ms by the clock", round(t.processor_ms, 1) AS "of the processor",
       CASE WHEN t.ms <= 50 THEN 'yes' ELSE 'no' END AS "within 50 ms", CASE WHEN t.processor_ms <= 50 THEN 'yes' ELSE 'no' END AS "of the processor too"
  FROM question q JOIN timing t ON t.no = q.no ORDER BY q.no;
