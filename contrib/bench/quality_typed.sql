-- A typed table of 18 columns and 20 mixed rules: the hand-written pass with FILTER, the engine alone, by groups and with a
-- parallel worker. quality_typed.sh adds DuckDB. psql [-v rows=4000000] [-v repetitions=3] [-v csv=FILE] -f quality_typed.sql
\set ON_ERROR_STOP on
\pset footer off
SELECT :{?rows} AS given \gset
\if :given
\else
  \set rows 4000000
\endif
SELECT :{?repetitions} AS given \gset
\if :given
\else
  \set repetitions 3
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
SET jit = off;
SET synchronize_seqscans = off;

\echo Making :rows rows of 18 columns ...
SELECT setseed(0.42) \g /dev/null
DROP TABLE IF EXISTS spell;
CREATE UNLOGGED TABLE spell AS
SELECT g::bigint AS id, (random() * 900000)::int AS patient, 'R' || chr(65 + p / 20) || chr(65 + p % 20) AS provider, NULLIF('W' || (random() * 60)::int, 'W7') AS ward,
       (ARRAY['1', '2', '9', 'x', NULL])[1 + floor(random() * 4.2)::int] AS sex, (random() * 125)::smallint AS age, d AS admitted, d + (random() * 30)::int - 1 AS discharged,
       d - (random() * 36000)::int AS born, (ARRAY['11', '12', '13', '21', '22', '28', '31', '81', '99', 'XX'])[1 + floor(random() * 10)::int] AS method,
       chr(65 + floor(random() * 26)::int) || lpad(floor(random() * 100)::int::text, 2, '0') || CASE WHEN random() < 0.5 THEN floor(random() * 10)::int::text ELSE '' END AS diagnosis,
       CASE WHEN random() < 0.6 THEN chr(65 + floor(random() * 26)::int) || lpad(floor(random() * 1000)::int::text, 3, '0') END AS operation,
       (random() * 12)::smallint AS episodes, round((random() * 9000)::numeric, 2) AS cost, random() * 180 - 5 AS weight,
       'LS' || (random() * 30)::int || ' ' || (random() * 9)::int || 'AB' AS postcode, chr(65 + floor(random() * 26)::int) || (80000 + random() * 7000)::int AS practice, random() < 0.3 AS emergency
  FROM (SELECT g, floor(random() * 400)::int AS p, date '2024-01-01' + floor(random() * 366)::int AS d FROM generate_series(1, :rows) g OFFSET 0) x;
VACUUM ANALYZE spell;

CREATE TEMP TABLE typed_rule (no int GENERATED ALWAYS AS IDENTITY, expression text, duckdb text);
INSERT INTO typed_rule (expression, duckdb) VALUES
 ('patient IS NOT NULL', NULL), ('ward IS NOT NULL', NULL), ('provider ~ ''^R[A-Z]{2}$''', 'regexp_matches(provider, ''^R[A-Z]{2}$'')'), ('ward ~ ''^W[0-9]{1,2}$''', 'regexp_matches(ward, ''^W[0-9]{1,2}$'')'),
 ('sex IN (''1'', ''2'', ''9'')', NULL), ('sex <> ''9''', NULL), ('age BETWEEN 0 AND 120', NULL), ('admitted >= date ''2024-02-01''', NULL), ('discharged >= admitted', NULL),
 ('born <= admitted', NULL), ('born >= date ''1920-01-01''', NULL), ('method IN (''11'', ''12'', ''13'', ''21'', ''22'', ''28'', ''31'', ''81'')', NULL), ('diagnosis ~ ''^[A-Z][0-9]{2}[0-9]?$''', 'regexp_matches(diagnosis, ''^[A-Z][0-9]{2}[0-9]?$'')'),
 ('diagnosis NOT LIKE ''U%''', NULL), ('operation IS NULL OR length(operation) = 4', NULL), ('episodes > 0', NULL), ('cost BETWEEN 1 AND 8000', NULL), ('weight > 0 AND weight < 170', NULL),
 ('length(postcode) >= 7', NULL), ('practice LIKE ''A8%''', NULL);
SELECT array_agg(expression ORDER BY no)::text AS rules,
       'SELECT ARRAY[' || string_agg(format('count(*) FILTER (WHERE %s)', expression), ', ' ORDER BY no) || '] FROM spell' AS pass,
       'SELECT ' || string_agg(format('count(*) FILTER (WHERE %s)', coalesce(duckdb, expression)), ', ' ORDER BY no) || ' FROM spell' AS duckdb_pass
  FROM typed_rule \gset
SELECT format('SELECT count(%I) FROM spell', c[cardinality(c)]) AS count_last FROM portfolio.rule_set_columns(portfolio.rule_set('spell', :'rules')) c \gset

SET max_parallel_workers_per_gather = 0;
\echo Checking that all count the same ...
SELECT array_agg(passed ORDER BY no) AS engine_counts FROM portfolio.score('spell', :'rules') WITH ORDINALITY AS s (k, l, r, n, passed, f, m, e, p1, p2, p3, no) \gset
SELECT array_agg(passed ORDER BY no) AS group_counts
  FROM (SELECT no, sum(passed)::bigint AS passed FROM (SELECT passed, (row_number() OVER () - 1) % 20 AS no FROM portfolio.score('spell', :'rules', '{provider}')) s GROUP BY no) s \gset
SELECT x.array::bigint[] = :'engine_counts'::bigint[] AND :'group_counts' = :'engine_counts' AS same FROM (:pass) x \gset
\if :same
  \echo All 20 rules count the same by hand, by the engine and by groups.
\else
  DO $$BEGIN RAISE EXCEPTION 'the counts differ'; END$$;
\endif
\if :{?csv}
COPY spell TO :'csv' WITH (FORMAT csv, HEADER);
\pset format unaligned
\pset tuples_only on
SELECT :'duckdb_pass' \g :csv.sql
SELECT array_to_string(:'engine_counts'::bigint[], ' ') \g :csv.counts
\pset format aligned
\pset tuples_only off
\endif

-- By the clock, and what this process has had of a processor: a machine that is busy with other things takes longer, but does not count more.
CREATE FUNCTION pg_temp.timed(query text, workers int, OUT ms numeric, OUT cpu numeric) LANGUAGE plpgsql AS $$
DECLARE
  started timestamptz;
  had text := '/proc/' || pg_backend_pid() || '/schedstat';
BEGIN
  PERFORM set_config('max_parallel_workers_per_gather', workers::text, false);
  cpu := split_part(pg_read_file(had), ' ', 1)::numeric;
  started := clock_timestamp();
  EXECUTE query;
  ms := extract(epoch FROM clock_timestamp() - started) * 1000;
  cpu := (split_part(pg_read_file(had), ' ', 1)::numeric - cpu) / 1000000;
END
$$;
CREATE TEMP TABLE typed_timing (no int, contender text, repetition int, ms numeric, cpu numeric);
SELECT format('SELECT count(*) FROM portfolio.score(%L, %L)', 'spell', :'rules') AS engine,
       format('SELECT count(*) FROM portfolio.score(%L, %L, ''{provider}'')', 'spell', :'rules') AS grouped \gset
\echo Timing, :repetitions repetitions ...
SELECT format('INSERT INTO typed_timing SELECT %s, %L, %s, ms, cpu FROM pg_temp.timed(%L, %s)', no, contender, r, query, workers)
  FROM generate_series(1, :repetitions) r,
       (VALUES (1, 'count(last ruled column)', :'count_last', 0), (2, 'engine', :'engine', 0), (3, 'engine, by 400 providers', :'grouped', 0), (4, 'one pass by hand', :'pass', 0),
               (5, 'count(last ruled column), leader and worker', :'count_last', 1), (6, 'engine, leader and worker', :'engine', 1), (7, 'one pass by hand, leader and worker', :'pass', 1)) v (no, contender, query, workers)
 ORDER BY r, no \gexec
CREATE TEMP TABLE typed_median AS
SELECT no, contender, percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) AS ms, min(cpu) AS cpu FROM typed_timing GROUP BY no, contender;
SELECT t.contender, round(t.ms) AS "median ms", round(t.ms / f.ms, 2) AS "of the count", round(h.ms / t.ms, 1) AS "faster than by hand, alone", round(e.ms / t.ms, 2) AS "faster than the engine alone"
  FROM typed_median t, typed_median f, typed_median h, typed_median e WHERE f.no = 1 AND h.no = 4 AND e.no = 2 ORDER BY t.no;
SELECT t.contender AS "alone", round(t.cpu) AS "processor ms, best", round(t.cpu / f.cpu, 2) AS "of the count", round(h.cpu / t.cpu, 1) AS "faster than by hand", round(t.cpu / e.cpu, 2) AS "of the engine"
  FROM typed_median t, typed_median f, typed_median h, typed_median e WHERE t.no <= 4 AND f.no = 1 AND h.no = 4 AND e.no = 2 ORDER BY t.no;
\echo No aggregate can be faster than the count: its "faster than by hand" is the most that could be had.
