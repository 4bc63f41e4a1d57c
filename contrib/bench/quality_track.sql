-- What it costs to keep a score current: COPY of a million rows and updates of one row, beside the same table bare and
-- with an AFTER ROW trigger in C that does nothing; then the score itself, after a hundredth of the rows has changed.
-- psql -v empty_trigger=FILE.so [-v rows=1000000] [-v repetitions=3] -f quality_track.sql
\set ON_ERROR_STOP on
\pset footer off
SELECT :{?rows} AS given \gset
\if :given
\else
  \set rows 1000000
\endif
SELECT :{?repetitions} AS given \gset
\if :given
\else
  \set repetitions 3
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET synchronous_commit = off;
DROP SCHEMA IF EXISTS track CASCADE;
CREATE SCHEMA track;
CREATE FUNCTION track.empty_trigger() RETURNS trigger LANGUAGE C AS :'empty_trigger', 'empty_trigger';
SELECT setseed(0.42) \g /dev/null
CREATE TABLE track.bare (
  id int PRIMARY KEY, nhs_number text, postcode text, provider text, ward text, sex text, age int, admitted date, discharged date);
INSERT INTO track.bare
SELECT i, (9990000000 + i)::text, (ARRAY['LS1 4AP', 'M1 1AE', 'B33 8TH', 'CR2 6XH', 'bad', NULL])[1 + i % 6], 'R' || lpad((i % 150)::text, 2, '0'),
       'W' || i % 40, (ARRAY['1', '2', '9', 'X', NULL])[1 + (random() * 4)::int], (random() * 120)::int - 5,
       date '2023-04-01' + (random() * 365)::int, date '2023-04-05' + (random() * 365)::int
  FROM generate_series(1, :rows) i;
SELECT current_setting('data_directory') || '/track.copy' AS file \gset
COPY track.bare TO :'file';
CREATE TABLE track.empty (LIKE track.bare INCLUDING ALL);
CREATE TRIGGER empty AFTER INSERT OR UPDATE OR DELETE ON track.empty FOR EACH ROW EXECUTE FUNCTION track.empty_trigger();
CREATE TABLE track.tracked (LIKE track.bare INCLUDING ALL);
SELECT portfolio.register_data_set('TRACKED', 'track.tracked', '{id}') \g /dev/null
SELECT portfolio.add_rule('TRACKED', 'r' || n, e, item => i) FROM (VALUES
  (1, 'is_nhs_number(nhs_number)', 'nhs_number'), (2, 'nhs_number IS NOT NULL', 'nhs_number'), (3, 'length(nhs_number) = 10', 'nhs_number'),
  (4, $$postcode ~ '^[A-Z]{1,2}[0-9][0-9A-Z]? [0-9][A-Z]{2}$'$$, 'postcode'), (5, 'postcode IS NOT NULL', 'postcode'), (6, $$provider LIKE 'R%'$$, 'provider'),
  (7, 'length(provider) BETWEEN 3 AND 5', 'provider'), (8, 'provider IS NOT NULL', 'provider'), (9, $$ward ~ '^W[0-9]+$'$$, 'ward'),
  (10, $$ward <> 'W13'$$, 'ward'), (11, $$sex IN ('1', '2', '9')$$, 'sex'), (12, 'sex IS NOT NULL', 'sex'), (13, 'age BETWEEN 0 AND 120', 'age'),
  (14, 'age IS NOT NULL', 'age'), (15, 'age <> 99', 'age'), (16, $$admitted >= date '2023-04-01'$$, 'admitted'), (17, 'admitted IS NOT NULL', 'admitted'),
  (18, $$admitted < date '2024-04-01'$$, 'admitted'), (19, 'discharged >= admitted', 'discharged'), (20, 'discharged IS NOT NULL', 'discharged')) r (n, e, i) ORDER BY n \g /dev/null
SELECT portfolio.track_quality('TRACKED') \g /dev/null
-- What this session has had of a processor: a machine that is busy with other things takes longer, but does not count more.
CREATE FUNCTION track.cpu_ms() RETURNS numeric LANGUAGE sql VOLATILE AS $$
  SELECT split_part(pg_read_file('/proc/' || pg_backend_pid() || '/schedstat'), ' ', 1)::numeric / 1000000 $$;
CREATE TEMP TABLE timing (no serial, what text, contender text, ms numeric, cpu numeric);
CREATE TEMP TABLE mark (at timestamptz, cpu numeric);

\echo COPY of :rows rows, :repetitions repetitions ...
-- A statement each, so that what is done at commit is counted.
SELECT s.sql
  FROM generate_series(1, :repetitions) r, (VALUES (1, 'bare'), (2, 'empty'), (3, 'tracked')) v (no, t),
       LATERAL (VALUES (1, format('TRUNCATE track.%I', t)), (2, 'CHECKPOINT'), (3, 'TRUNCATE mark'), (4, 'INSERT INTO mark VALUES (clock_timestamp(), track.cpu_ms())'),
                       (5, format('COPY track.%I FROM %L', t, :'file')),
                       (6, format('INSERT INTO timing (what, contender, ms, cpu) SELECT %L, %L, extract(epoch FROM clock_timestamp() - at) * 1000, track.cpu_ms() - cpu FROM mark', 'copy', t))) s (step, sql)
 ORDER BY r, no, step \gexec
VACUUM ANALYZE track.bare, track.empty, track.tracked;

\echo Updates of one row, each a transaction ...
CREATE PROCEDURE track.update_rows(relation text, n int) LANGUAGE plpgsql AS $$
DECLARE
  started timestamptz := clock_timestamp();
  cpu numeric := track.cpu_ms();
BEGIN
  FOR i IN 1 .. n LOOP
    IF relation = 'bare' THEN UPDATE track.bare SET ward = CASE WHEN ward = '?' THEN 'W1' ELSE '?' END WHERE id = 100 * i;
    ELSIF relation = 'empty' THEN UPDATE track.empty SET ward = CASE WHEN ward = '?' THEN 'W1' ELSE '?' END WHERE id = 100 * i;
    ELSE UPDATE track.tracked SET ward = CASE WHEN ward = '?' THEN 'W1' ELSE '?' END WHERE id = 100 * i;
    END IF;
    COMMIT;
  END LOOP;
  INSERT INTO timing (what, contender, ms, cpu) VALUES ('update', relation, extract(epoch FROM clock_timestamp() - started) * 1000 / n, (track.cpu_ms() - cpu) / n);
END
$$;
SELECT format('CALL track.update_rows(%L, %s)', t, :rows / 400) FROM generate_series(1, 2 * :repetitions) r, (VALUES (1, 'bare'), (2, 'empty'), (3, 'tracked')) v (no, t) ORDER BY r, no \gexec
DELETE FROM timing WHERE what = 'update' AND no <= (SELECT min(no) + 2 FROM timing WHERE what = 'update');
SELECT portfolio.compact_tracking('TRACKED') > 0 AS compacted;

\echo A hundredth of the rows changes ...
TRUNCATE mark;
INSERT INTO mark VALUES (clock_timestamp(), track.cpu_ms());
UPDATE track.bare SET sex = 'X' WHERE id % 100 = 7;
INSERT INTO timing (what, contender, ms, cpu) SELECT 'hundredth', 'bare', extract(epoch FROM clock_timestamp() - at) * 1000, track.cpu_ms() - cpu FROM mark;
TRUNCATE mark;
INSERT INTO mark VALUES (clock_timestamp(), track.cpu_ms());
UPDATE track.tracked SET sex = 'X' WHERE id % 100 = 7;
INSERT INTO timing (what, contender, ms, cpu) SELECT 'hundredth', 'tracked', extract(epoch FROM clock_timestamp() - at) * 1000, track.cpu_ms() - cpu FROM mark;
DO $$
DECLARE
  started timestamptz;
  cpu numeric;
BEGIN
  -- The kernel adds up processor time now and then, so short calls are measured a hundred at a time.
  FOR r IN 0 .. 3 LOOP
    started := clock_timestamp();
    cpu := track.cpu_ms();
    FOR i IN 1 .. 100 LOOP
      PERFORM count(*) FROM portfolio.current_score('TRACKED');
    END LOOP;
    IF r > 0 THEN INSERT INTO timing (what, contender, ms, cpu) VALUES ('score', 'current_score()', extract(epoch FROM clock_timestamp() - started) * 10, (track.cpu_ms() - cpu) / 100); END IF;
  END LOOP;
  FOR r IN 0 .. 3 LOOP
    started := clock_timestamp();
    cpu := track.cpu_ms();
    PERFORM count(*) FROM portfolio.score_data_set('TRACKED');
    IF r > 0 THEN INSERT INTO timing (what, contender, ms, cpu) VALUES ('score', 'full scan', extract(epoch FROM clock_timestamp() - started) * 1000, track.cpu_ms() - cpu); END IF;
  END LOOP;
END
$$;
\echo Checking that both score the same ...
SELECT count(*) = 0 AS same FROM (
  (SELECT item, records, valid_and_complete, data_item_score FROM portfolio.current_score('TRACKED') EXCEPT ALL SELECT item, records, valid_and_complete, data_item_score FROM portfolio.score_data_set('TRACKED'))
  UNION ALL
  (SELECT item, records, valid_and_complete, data_item_score FROM portfolio.score_data_set('TRACKED') EXCEPT ALL SELECT item, records, valid_and_complete, data_item_score FROM portfolio.current_score('TRACKED'))) d \gset
SELECT count(*) AS items, min(state) AS state, max(records) AS records FROM portfolio.current_score('TRACKED') \gset
\if :same
  \echo All :items items of :records records score the same, :state .
\else
  DO $$BEGIN RAISE EXCEPTION 'the scores differ'; END$$;
\endif

CREATE TEMP TABLE median AS
SELECT what, contender, percentile_disc(0.5) WITHIN GROUP (ORDER BY ms) AS ms, percentile_disc(0.5) WITHIN GROUP (ORDER BY cpu) AS cpu FROM timing GROUP BY what, contender;
SELECT m.contender AS "COPY into", round(m.ms) AS "median ms", round(m.ms - b.ms) AS "more than bare", round((m.ms - b.ms) / nullif(e.ms - b.ms, 0), 2) AS "times the empty trigger's cost",
       round(m.cpu) AS "processor ms", round((m.cpu - b.cpu) / nullif(e.cpu - b.cpu, 0), 2) AS "times the empty trigger's"
  FROM median m, median b, median e WHERE m.what = 'copy' AND b.what = 'copy' AND b.contender = 'bare' AND e.what = 'copy' AND e.contender = 'empty' ORDER BY m.contender;
SELECT m.contender AS "UPDATE of one row", round(m.ms * 1000, 1) AS "median microseconds", round((m.ms - b.ms) * 1000, 1) AS "more than bare",
       round(m.cpu * 1000, 1) AS "processor microseconds", round((m.cpu - b.cpu) * 1000, 1) AS "more"
  FROM median m, median b WHERE m.what = 'update' AND b.what = 'update' AND b.contender = 'bare' ORDER BY m.contender;
SELECT m.contender AS "score", round(m.ms, 2) AS "median ms", round(100 * m.ms / f.ms, 2) AS "percent of a full scan", round(m.cpu, 2) AS "processor ms", round(100 * m.cpu / f.cpu, 2) AS "percent"
  FROM median m, median f WHERE m.what = 'score' AND f.what = 'score' AND f.contender = 'full scan' ORDER BY m.contender;
SELECT m.contender AS "UPDATE of a hundredth", round(m.ms, 1) AS ms, round(m.cpu, 1) AS "processor ms" FROM median m WHERE m.what = 'hundredth' ORDER BY m.contender;
SELECT portfolio.untrack_quality('TRACKED') AS untracked \g /dev/null
DROP SCHEMA track CASCADE;
