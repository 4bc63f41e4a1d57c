-- Value sets: lists of codes in versions, and in_value_set(), whose answer is always that of the statement's snapshot.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\pset null (null)
\set SHOW_CONTEXT never
SET datestyle = ISO;

-- What is shipped
SELECT s.code, s.version, s.valid, count(c.code) AS codes, count(*) FILTER (WHERE c.is_default) AS defaults
  FROM portfolio.value_set s LEFT JOIN portfolio.value_set_code c ON c.set = s.code AND c.version = s.version
 WHERE s.builtin GROUP BY s.code, s.version, s.valid ORDER BY s.code, s.version;

-- The newest version, or the one in force on a day
SELECT v, portfolio.in_value_set(v, 'ethnic_category') AS newest, portfolio.in_value_set(v, 'ethnic_category', '2001-03-31') AS before,
       portfolio.in_value_set(v, 'ethnic_category', '2001-04-01') AS after, portfolio.in_value_set(v, 'ethnic_category', '1995-03-31') AS too_early
  FROM (VALUES ('A'), ('0'), ('99'), ('X'), ('a'), ('A '), (''), (NULL)) AS x (v);
SELECT portfolio.in_value_set('A', 'ethnic_category', 'infinity'), portfolio.in_value_set('A', 'ethnic_category', '-infinity'), portfolio.in_value_set('100', 'treatment_function', '-infinity');
SELECT portfolio.in_value_set('108', 'treatment_function') AS newest, portfolio.in_value_set('108', 'treatment_function', '2013-03-31') AS not_yet, portfolio.in_value_set('108', 'treatment_function', '2013-04-01') AS from_now_on;
SELECT portfolio.in_value_set('A', 'no_such_set');
\echo :LAST_ERROR_SQLSTATE
SELECT portfolio.in_value_set('A', NULL), portfolio.in_value_set('A', 'ethnic_category', NULL);

-- One's own: versions that overlap (the higher wins), a code that was closed and issued again, a version without codes
BEGIN;
INSERT INTO portfolio.value_set (code, version, name, valid) VALUES
  ('types_ward', 1, 'Wards', '[2010-01-01,)'), ('types_ward', 2, 'Wards', '[2015-01-01,2020-01-01)'), ('types_empty', 7, 'None', '(,)');
INSERT INTO portfolio.value_set_code (set, version, code, label, valid) VALUES
  ('types_ward', 1, 'W1', 'one', '(,)'), ('types_ward', 1, 'W2', 'two', '[2012-01-01,2013-01-01)'), ('types_ward', 1, 'W2', 'two again', '[2014-01-01,)'),
  ('types_ward', 2, 'W1', 'one', '(,)'), ('types_ward', 2, 'W3', 'three', '(,)');
SELECT d, array_agg(c ORDER BY c) FILTER (WHERE portfolio.in_value_set(c, 'types_ward', d)) AS codes
  FROM unnest('{2009-12-31,2010-01-01,2012-06-01,2013-06-01,2014-06-01,2015-01-01,2019-12-31,2020-01-01}'::date[]) d, unnest('{W1,W2,W3,W4}'::text[]) c GROUP BY d ORDER BY d;
SELECT c, portfolio.in_value_set(c, 'types_ward') FROM unnest('{W1,W2,W3,W4}'::text[]) c;
SELECT portfolio.in_value_set('A', 'types_empty'), portfolio.in_value_set('A', 'types_empty', '2020-01-01');
-- sets by the row
SELECT s, portfolio.in_value_set(c, s) FROM (VALUES ('types_ward', 'W3'), ('types_empty', 'W3'), ('ethnic_category', 'A'), ('types_ward', 'A'), ('ethnic_category', 'W3'), ('types_ward', 'W3')) x (s, c);
-- against plain SQL, with many codes and versions
INSERT INTO portfolio.value_set (code, version, name, valid) SELECT 'types_many', v, 'Many', daterange(date '2000-01-01' + v * 100, date '2000-01-01' + v * 150) FROM generate_series(1, 6) v;
INSERT INTO portfolio.value_set_code (set, version, code, label, valid)
  SELECT 'types_many', v, left('x' || i * i, 6), 'a label', CASE WHEN i % 3 = 0 THEN daterange(NULL, '2001-01-01') WHEN i % 3 = 1 THEN daterange('2000-09-01', NULL) ELSE '(,)' END
    FROM generate_series(1, 6) v, generate_series(1, 2000) i WHERE i % 7 <> v ON CONFLICT DO NOTHING;
WITH asked AS (
  SELECT 'x' || i AS c, date '2000-01-01' + (i * 37 % 1000)::int AS d FROM generate_series(1, 40000) i
), slow AS (
  SELECT c, d, (SELECT max(s.version) FROM portfolio.value_set s WHERE s.code = 'types_many' AND s.valid @> d) AS v FROM asked
), both_ways AS (
  SELECT portfolio.in_value_set(c, 'types_many', d) AS fast, portfolio.in_value_set(c, 'types_many') AS fast_newest,
         CASE WHEN v IS NOT NULL THEN EXISTS (SELECT FROM portfolio.value_set_code k WHERE k.set = 'types_many' AND k.version = v AND k.code = c AND k.valid @> d) END AS slow,
         EXISTS (SELECT FROM portfolio.value_set_code k WHERE k.set = 'types_many' AND k.version = 6 AND k.code = c) AS slow_newest FROM slow
)
SELECT count(*) AS asked, count(*) FILTER (WHERE fast) > 50 AS some, count(*) FILTER (WHERE fast IS NULL) > 1000 AS some_unanswered,
       count(*) FILTER (WHERE fast IS DISTINCT FROM slow) AS differ, count(*) FILTER (WHERE fast_newest <> slow_newest) AS newest_differ FROM both_ways;
ROLLBACK;

-- The answer is the snapshot's. In PL/pgSQL one call site serves a whole transaction.
CREATE FUNCTION pg_temp.ask(c text) RETURNS boolean LANGUAGE plpgsql AS $$ DECLARE r boolean; BEGIN r := portfolio.in_value_set(c, 'types_set'); RETURN r; END $$;
INSERT INTO portfolio.value_set (code, version, name) VALUES ('types_set', 1, 'A set');
DO $$
DECLARE
  seen text := '';
BEGIN
  seen := seen || pg_temp.ask('A');
  INSERT INTO portfolio.value_set_code (set, version, code, label) VALUES ('types_set', 1, 'A', 'a');
  seen := seen || ', inserted ' || pg_temp.ask('A');
  DELETE FROM portfolio.value_set_code WHERE set = 'types_set';
  seen := seen || ', deleted ' || pg_temp.ask('A');
  FOR i IN 1..3 LOOP
    BEGIN
      INSERT INTO portfolio.value_set_code (set, version, code, label) VALUES ('types_set', 1, 'A', 'a');
      seen := seen || ', inserted in a subtransaction ' || pg_temp.ask('A');
      RAISE EXCEPTION 'undo';
    EXCEPTION WHEN raise_exception THEN
      seen := seen || ', rolled back ' || pg_temp.ask('A');
    END;
  END LOOP;
  RAISE NOTICE '%', seen;
END
$$;
-- savepoints: the command counter alone would not tell these apart
BEGIN;
SELECT pg_temp.ask('A');
SAVEPOINT s;
INSERT INTO portfolio.value_set_code (set, version, code, label) VALUES ('types_set', 1, 'A', 'a');
SELECT pg_temp.ask('A');
ROLLBACK TO s;
SELECT pg_temp.ask('A');
SAVEPOINT t;
INSERT INTO portfolio.value_set_code (set, version, code, label) VALUES ('types_set', 1, 'A', 'a');
RELEASE t;
SELECT pg_temp.ask('A');
ROLLBACK TO s;
SELECT pg_temp.ask('A');
-- a statement does not see what it does itself; a cursor shows what there was when it was opened
WITH made AS (INSERT INTO portfolio.value_set_code (set, version, code, label) VALUES ('types_set', 1, 'A', 'a') RETURNING code)
SELECT code, portfolio.in_value_set(code, 'types_set') FROM made;
DECLARE c CURSOR FOR SELECT i, portfolio.in_value_set('A', 'types_set') FROM generate_series(1, 3) i;
FETCH 1 FROM c;
DELETE FROM portfolio.value_set_code WHERE set = 'types_set';
FETCH 1 FROM c;
SELECT portfolio.in_value_set('A', 'types_set');
FETCH 1 FROM c;
COMMIT;

-- A prepared statement with a generic plan asks again each time
PREPARE ask AS SELECT portfolio.in_value_set('A', 'types_set');
SET plan_cache_mode = force_generic_plan;
EXECUTE ask;
INSERT INTO portfolio.value_set_code (set, version, code, label) VALUES ('types_set', 1, 'A', 'a');
EXECUTE ask;
RESET plan_cache_mode;
DEALLOCATE ask;

-- Parallel workers use the same snapshot: the transaction's own rows too
BEGIN;
CREATE TABLE types_codes AS SELECT CASE i % 4 WHEN 0 THEN 'A' WHEN 1 THEN 'B' WHEN 2 THEN 'C' END AS c, date '2020-01-01' + i % 10 AS d FROM generate_series(1, 20000) i;
INSERT INTO portfolio.value_set_code (set, version, code, label, valid) VALUES ('types_set', 1, 'B', 'b', '[2020-01-05,)');
SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL max_parallel_workers_per_gather = 2;
ANALYZE types_codes;
EXPLAIN (COSTS OFF) SELECT count(*) FROM types_codes WHERE portfolio.in_value_set(c, 'types_set');
SELECT count(*) FROM types_codes WHERE portfolio.in_value_set(c, 'types_set');
SELECT count(*) FILTER (WHERE portfolio.in_value_set(c, 'types_set', d)) AS on_their_day, count(portfolio.in_value_set(c, 'types_set', d)) AS judged FROM types_codes;
-- in a quality rule, next to plain SQL
SELECT rule, records, passed, failed, missing, errors FROM portfolio.score('types_codes',
  ARRAY['portfolio.in_value_set(c, ''types_set'')', 'c IN (''A'', ''B'')', 'portfolio.in_value_set(c, ''types_set'', d)', 'portfolio.in_value_set(c, ''types_nothing'')']);
ROLLBACK;

-- Shipped rows stay as they are; what a site adds to them works
UPDATE portfolio.value_set SET name = 'x' WHERE code = 'ethnic_category' AND version = 2;
DELETE FROM portfolio.value_set_code WHERE set = 'ethnic_category' AND code = 'A';
BEGIN;
INSERT INTO portfolio.value_set_code (set, version, code, label) VALUES ('ethnic_category', 2, 'A1', 'White: British, a local class');
SELECT portfolio.in_value_set('A1', 'ethnic_category');
INSERT INTO portfolio.value_set (code, version, name, valid) VALUES ('ethnic_category', 3, 'Ethnic category of a later census', '[2031-04-01,)');
INSERT INTO portfolio.value_set_code (set, version, code, label) SELECT set, 3, code, label FROM portfolio.value_set_code WHERE set = 'ethnic_category' AND version = 2 AND code <> 'S';
SELECT portfolio.in_value_set('S', 'ethnic_category') AS newest, portfolio.in_value_set('S', 'ethnic_category', '2030-04-01') AS before, portfolio.in_value_set('S', 'ethnic_category', '2031-04-01') AS after;
ROLLBACK;

-- What cannot be
INSERT INTO portfolio.value_set (code, version, name) VALUES ('Types Set', 1, 'x');
INSERT INTO portfolio.value_set (code, version, name) VALUES ('types_other', 0, 'x');
INSERT INTO portfolio.value_set (code, version, name, valid) VALUES ('types_other', 1, 'x', 'empty');
INSERT INTO portfolio.value_set (code, version, name, valid) VALUES ('types_other', 1, 'x', '[2020-01-01,infinity)');
INSERT INTO portfolio.value_set_code (set, version, code, label) VALUES ('types_set', 2, 'A', 'no such version');
INSERT INTO portfolio.value_set_code (set, version, code, label) VALUES ('types_set', 1, '', 'no code');
INSERT INTO portfolio.value_set_code (set, version, code, label, valid) VALUES ('types_set', 1, 'A', 'twice at a time', '[2020-01-01,)');
DELETE FROM portfolio.value_set WHERE code = 'types_set';

-- Rights: who may not read the tables gets no answer
CREATE ROLE regress_types_set;
GRANT EXECUTE ON FUNCTION portfolio.in_value_set(text, text) TO regress_types_set;
SET ROLE regress_types_set;
SELECT portfolio.in_value_set('A', 'types_set');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION portfolio.in_value_set(text, text) FROM regress_types_set;
DROP ROLE regress_types_set;
DELETE FROM portfolio.value_set_code WHERE set = 'types_set';
DELETE FROM portfolio.value_set WHERE code = 'types_set';
