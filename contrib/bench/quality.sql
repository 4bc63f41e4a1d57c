-- The 313 rules of the admitted patient care file on 498,000 rows of 193 columns, one process:
-- engine, one bundled SELECT, one query a rule, and the scan below which no row store can go. Of the single queries
-- every tenth is timed, once, and the sum taken ten times; each_rule=1 times all 313 (two minutes more).
-- psql -v data=FOLDER [-v copies=240] [-v repetitions=3] [-v each_rule=10] -f quality.sql
\set ON_ERROR_STOP on
\pset footer off
SELECT :{?copies} AS given \gset
\if :given
\else
  \set copies 240
\endif
SELECT :{?repetitions} AS given \gset
\if :given
\else
  \set repetitions 3
\endif
SELECT :{?each_rule} AS given \gset
\if :given
\else
  \set each_rule 10
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET synchronize_seqscans = off;

\set csv :data '/hes/artificial_hes_apc_0102.csv'
\set tsv :data '/hes/apc_rules.tsv'
CREATE TEMP TABLE line (no int GENERATED ALWAYS AS IDENTITY, line text);
COPY line (line) FROM :'csv' WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02');
SELECT format('CREATE TEMP TABLE apc (%s)', string_agg(format('%I text', btrim(name, E'"\r')), ', ' ORDER BY no))
  FROM (SELECT line FROM line WHERE no = 1) h, string_to_table(h.line, ',') WITH ORDINALITY AS c (name, no) \gexec
COPY apc FROM :'csv' WITH (FORMAT csv, HEADER);
CREATE TEMP TABLE rule (no int GENERATED ALWAYS AS IDENTITY, item text, dimension text, expression text, name text);
COPY rule (item, dimension, expression, name) FROM :'tsv' WITH (FORMAT csv, HEADER, DELIMITER E'\t', QUOTE E'\x01');

\echo Repeating the file :copies times in random order ...
SELECT setseed(0.42) \g /dev/null
CREATE UNLOGGED TABLE apc_big AS SELECT apc.* FROM apc, generate_series(1, :copies) ORDER BY random();
VACUUM ANALYZE apc_big;

SELECT array_agg(expression ORDER BY no)::text AS rules,
       'SELECT ARRAY[' || string_agg(format('sum(CASE WHEN %s THEN 1 ELSE 0 END)', expression), ', ' ORDER BY no) || '] FROM apc_big' AS bundle
  FROM rule \gset
SELECT format('SELECT count(%I) FROM apc_big', c[cardinality(c)]) AS floor FROM portfolio.rule_set_columns(portfolio.rule_set('apc_big', :'rules')) c \gset

\echo Checking that both count the same ...
SELECT array_agg(passed ORDER BY no) AS engine_counts
  FROM portfolio.score('apc_big', :'rules') WITH ORDINALITY AS s (k, l, r, n, passed, f, m, e, p1, p2, p3, no) \gset
SELECT x.array::bigint[] = :'engine_counts'::bigint[] AS same, cardinality(x.array) AS checked FROM (:bundle) x \gset
\if :same
  \echo All :checked rules count the same.
\else
  DO $$BEGIN RAISE EXCEPTION 'the counts differ'; END$$;
\endif

-- By the clock, and what this process has had of a processor: a machine that is busy with other things takes longer, but does not count more.
CREATE FUNCTION pg_temp.timed(query text, OUT ms numeric, OUT cpu numeric) LANGUAGE plpgsql AS $$
DECLARE
  had text := '/proc/' || pg_backend_pid() || '/schedstat';
  started timestamptz;
BEGIN
  cpu := split_part(pg_read_file(had), ' ', 1)::numeric;
  started := clock_timestamp();
  EXECUTE query;
  ms := extract(epoch FROM clock_timestamp() - started) * 1000;
  cpu := (split_part(pg_read_file(had), ' ', 1)::numeric - cpu) / 1000000;
END
$$;
-- every rule five times over, under five names
CREATE FUNCTION pg_temp.five_times() RETURNS portfolio.rule_set LANGUAGE sql STABLE AS $$
  SELECT portfolio.make_rule_set('apc_big', jsonb_build_object('rules', jsonb_agg(jsonb_build_object('code', format('%s of %s', copy, no), 'expression', expression))))
    FROM rule, generate_series(1, 5) copy
$$;
SELECT count(*) AS rules_five_times, sum(passed) = 5 * (SELECT sum(c) FROM unnest(:'engine_counts'::bigint[]) c) AS same FROM portfolio.score_rules('apc_big', pg_temp.five_times());
CREATE TEMP TABLE timing (contender text, repetition int, ms numeric, cpu numeric);
SELECT format('SELECT count(*) FROM portfolio.score(%L, %L)', 'apc_big', :'rules') AS engine \gset
\echo Timing, :repetitions repetitions, one process ...
SELECT format('INSERT INTO timing SELECT %L, %s, ms, cpu FROM pg_temp.timed(%L)', contender, r, query)
  FROM generate_series(1, :repetitions) r,
       (VALUES (1, 'count(last ruled column)', :'floor'), (2, 'engine, score()', :'engine'), (3, 'engine, every rule five times', 'SELECT count(*) FROM portfolio.score_rules(''apc_big'', pg_temp.five_times())'), (4, 'one bundled SELECT', :'bundle')) v (no, contender, query)
 ORDER BY r, no \gexec

\echo Timing one query for every rule, or for each of every :each_rule ...
CREATE TEMP TABLE single (no int, ms numeric, cpu numeric);
SELECT format('INSERT INTO single SELECT %s, ms, cpu FROM pg_temp.timed(%L)', no, format('SELECT count(*) FROM apc_big WHERE %s', expression)) FROM rule WHERE no % :each_rule = 0 ORDER BY no \gexec
INSERT INTO timing SELECT CASE WHEN count(*) = r.n THEN 'one query a rule' ELSE format('one query a rule (%s of %s timed)', count(*), r.n) END, 1, sum(ms) * r.n / count(*), sum(cpu) * r.n / count(*)
  FROM single, (SELECT count(*) AS n FROM rule) r GROUP BY r.n;

CREATE TEMP TABLE median AS
SELECT contender, percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) AS ms, min(cpu) AS cpu FROM timing GROUP BY contender;
SELECT t.contender, round(t.ms) AS "median ms", round(t.ms / f.ms, 2) AS "of the count", round(b.ms / t.ms, 1) AS "faster than the bundle", round(s.ms / t.ms, 1) AS "faster than single queries",
       round((SELECT count(*) FROM apc_big) / t.ms) AS "thousand rows a second"
  FROM median t, median f, median b, median s WHERE f.contender LIKE 'count%' AND b.contender LIKE '%SELECT' AND s.contender LIKE 'one query%' ORDER BY t.ms;
SELECT t.contender, round(t.cpu) AS "processor ms, best", round(t.cpu / f.cpu, 2) AS "of the count", round(b.cpu / t.cpu, 1) AS "faster than the bundle", round(s.cpu / t.cpu, 1) AS "faster than single queries"
  FROM median t, median f, median b, median s WHERE f.contender LIKE 'count%' AND b.contender LIKE '%SELECT' AND s.contender LIKE 'one query%' ORDER BY t.cpu;
