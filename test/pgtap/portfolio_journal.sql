-- The journal of statements that write many rows: each row once, in order, whatever aborts around it.
BEGIN;
SELECT plan(22);
SET LOCAL client_min_messages = warning;
SET LOCAL pg_portfolio.reason = 'many at once';
INSERT INTO portfolio.element (kind, code, name) SELECT 'application_component', 'PJ' || n, 'Component ' || n FROM generate_series(1, 2500) n;
CREATE FUNCTION pg_temp.entries(of name, how text) RETURNS bigint LANGUAGE sql AS $$
  SELECT count(*) FROM portfolio.change c WHERE c.table_name = of AND c.operation = how AND c.by = session_user AND c.reason = 'many at once'
$$;
SELECT is(pg_temp.entries('element', 'INSERT'), 2500::bigint, 'more rows than are written together are all there');
SELECT is((SELECT count(*) FROM (SELECT c.element, lag(c.element) OVER (ORDER BY c.id) AS before FROM portfolio.change c WHERE c.reason = 'many at once') x
            WHERE x.element <= x.before), 0::bigint, 'and in the order in which they were written');

CREATE TEMP TABLE related AS
  SELECT s.id AS source, t.id AS target
    FROM generate_series(1, 1500) n JOIN portfolio.element s ON s.code = 'PJ' || n JOIN portfolio.element t ON t.code = 'PJ' || n + 1;
-- A row trigger that writes in a subtransaction of its own, which aborts, and in another that does not
CREATE FUNCTION pg_temp.nested() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    UPDATE portfolio.element SET description = 'gone' WHERE id = NEW.source;
    RAISE EXCEPTION 'back';
  EXCEPTION WHEN raise_exception THEN
  END;
  BEGIN
    UPDATE portfolio.element SET description = 'kept' WHERE id = NEW.target;
  EXCEPTION WHEN raise_exception THEN
  END;
  RETURN NULL;
END
$$;
CREATE TRIGGER zz_nested AFTER INSERT ON portfolio.relationship FOR EACH ROW WHEN (NEW.code = 'nested') EXECUTE FUNCTION pg_temp.nested();
INSERT INTO portfolio.relationship (source, kind, target, code) SELECT r.source, 'flow', r.target, 'nested' FROM related r LIMIT 20;
SELECT is(pg_temp.entries('relationship', 'INSERT'), 20::bigint, 'an abort inside a statement takes none of the statement''s own rows');
SELECT is((SELECT array_agg(DISTINCT c.new ->> 'description') FROM portfolio.change c WHERE c.table_name = 'element' AND c.operation = 'UPDATE' AND c.reason = 'many at once'),
          ARRAY['kept'], 'and leaves nothing of what it undid');
SELECT is((SELECT count(*) FROM portfolio.change r JOIN portfolio.change e ON e.table_name = 'element' AND e.operation = 'UPDATE' AND e.element = (r.new ->> 'target')::bigint
            WHERE r.table_name = 'relationship' AND r.reason = 'many at once' AND e.reason = 'many at once' AND e.id < r.id), 0::bigint, 'a row''s own entry comes before those of what it set off');
DROP TRIGGER zz_nested ON portfolio.relationship;

SAVEPOINT before;
INSERT INTO portfolio.relationship (source, kind, target) SELECT r.source, 'flow', r.target FROM related r;
SELECT is(pg_temp.entries('relationship', 'INSERT'), 1520::bigint, 'relationships');
ROLLBACK TO before;
SELECT is(pg_temp.entries('relationship', 'INSERT'), 20::bigint, 'nothing is left of a savepoint that was rolled back');

-- A statement that fails in its middle, its rows being written together or not
SELECT throws_ok($$INSERT INTO portfolio.relationship (source, kind, target, code)
                   SELECT r.source, CASE WHEN row_number() OVER () = 1400 THEN 'no such kind' ELSE 'flow' END, r.target, 'failing' FROM related r$$, '23503', NULL, 'a statement may fail with rows waiting');
UPDATE portfolio.relationship SET weight = 2 WHERE code = 'nested' AND source IN (SELECT source FROM related LIMIT 1);
SELECT is(ARRAY[pg_temp.entries('relationship', 'INSERT'), pg_temp.entries('relationship', 'UPDATE')], ARRAY[20, 1]::bigint[], 'a failed statement leaves nothing to the next');

-- Without the statement trigger the row trigger writes each row itself
ALTER TABLE portfolio.relationship DISABLE TRIGGER record_changes;
UPDATE portfolio.relationship SET weight = 3 WHERE code = 'nested';
SELECT is(pg_temp.entries('relationship', 'UPDATE'), 21::bigint, 'a disabled statement trigger loses nothing');
ALTER TABLE portfolio.relationship ENABLE TRIGGER record_changes;

-- One that fires on a replica has nobody to wait for
ALTER TABLE portfolio.relationship ENABLE ALWAYS TRIGGER record_change, ENABLE ALWAYS TRIGGER record_changes;
SET LOCAL session_replication_role = replica;
DELETE FROM portfolio.relationship WHERE code = 'nested';
SET LOCAL session_replication_role = origin;
SELECT is(pg_temp.entries('relationship', 'DELETE'), 20::bigint, 'nor does a replica');

-- A concept's rows wait for their own statement, not for those that keep element in step
SET LOCAL DateStyle = 'German';
SET LOCAL pg_portfolio.reason = 'concepts';
INSERT INTO portfolio.system (code, name, valid) SELECT 'PJ' || n, 'System ' || n, daterange(date '2020-01-01' + n, NULL) FROM generate_series(1, 1200) n;
SET LOCAL DateStyle = 'ISO';
SELECT is((SELECT jsonb_object_agg(x.what, x.n) FROM (SELECT concat_ws(' ', c.table_name, c.operation) AS what, count(*) AS n FROM portfolio.change c WHERE c.reason = 'concepts' GROUP BY 1) x),
  '{"system INSERT": 1200}', 'concepts are journalled once, by their own table');
SELECT is((SELECT count(*) FROM portfolio.change c JOIN portfolio.system s ON s.id = c.element WHERE c.reason = 'concepts' AND c.old IS NULL AND c.new = to_jsonb(s)),
  1200::bigint, 'as they are, in ISO dates whatever the session''s style');
SET LOCAL pg_portfolio.reason = 'concepts away';
DELETE FROM portfolio.system WHERE code LIKE 'PJ%';
SELECT is((SELECT count(*) FROM portfolio.change a JOIN portfolio.change b ON b.reason = 'concepts away' AND b.element = a.element AND b.old = a.new AND b.new IS NULL
            WHERE a.reason = 'concepts'), 1200::bigint, 'and go as they came');
SELECT is_empty($$SELECT k.table_name FROM portfolio.element_kind k
                   WHERE k.builtin AND k.table_name IS NOT NULL
                     AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = format('portfolio.%I', k.table_name)::regclass AND t.tgname = 'record_changes')$$,
  'every concept''s table writes the rows of a statement together');
-- changes_of() finds by indexes what a look at the whole journal finds, wherever relationships have been led since
SELECT setseed(0.42);
CREATE TEMP TABLE place AS SELECT e.id FROM portfolio.element e WHERE e.code IN ('PJ1', 'PJ2', 'PJ3', 'PJ4', 'PJ5', 'PJ6');
CREATE FUNCTION pg_temp.anywhere() RETURNS bigint LANGUAGE sql VOLATILE AS $$ SELECT id FROM pg_temp.place ORDER BY random() LIMIT 1 $$;
DO $$
BEGIN
  FOR i IN 1..300 LOOP
    BEGIN
      CASE floor(random() * 4)::int
        WHEN 0 THEN INSERT INTO portfolio.relationship (source, kind, target, code) VALUES (pg_temp.anywhere(), 'flow', pg_temp.anywhere(), 'led' || i);
        WHEN 1 THEN UPDATE portfolio.relationship SET source = pg_temp.anywhere() WHERE id = (SELECT max(id) FROM portfolio.relationship WHERE code LIKE 'led%' AND random() < 0.3);
        WHEN 2 THEN UPDATE portfolio.relationship SET target = pg_temp.anywhere(), weight = 1 + random() WHERE id = (SELECT max(id) FROM portfolio.relationship WHERE code LIKE 'led%' AND random() < 0.3);
        ELSE DELETE FROM portfolio.relationship WHERE id = (SELECT max(id) FROM portfolio.relationship WHERE code LIKE 'led%' AND random() < 0.3);
      END CASE;
      UPDATE portfolio.relationship SET id = id + 1000000, source = pg_temp.anywhere() WHERE id = (SELECT max(id) FROM portfolio.relationship WHERE code LIKE 'led%' AND id < 1000000 AND random() < 0.1);
      UPDATE portfolio.element SET description = i::text WHERE id = pg_temp.anywhere();
    END;
  END LOOP;
END
$$;
CREATE TEMP TABLE by_index AS SELECT p.id AS of, c.* FROM place p, LATERAL portfolio.changes_of(p.id) c;
CREATE TEMP TABLE by_look AS
SELECT p.id AS of, c.* FROM place p JOIN portfolio.change c
    ON CASE c.table_name WHEN 'relationship' THEN p.id::text IN (c.old ->> 'source', c.old ->> 'target', c.new ->> 'source', c.new ->> 'target') ELSE c.element = p.id END;
SELECT cmp_ok((SELECT count(*) FROM by_look WHERE table_name = 'relationship' AND of::text NOT IN (coalesce(new, old) ->> 'source', coalesce(new, old) ->> 'target')), '>', 10::bigint, 'relationships were led away');
SELECT bag_eq('TABLE by_index', 'TABLE by_look', 'changes_of() finds all of them, and nothing else');
SELECT is((SELECT count(*) FROM portfolio.changes_of(NULL)) + (SELECT count(*) FROM portfolio.changes_of(-1)), 0::bigint, 'nothing of nobody');
-- with other indexes and no scans of tables that few rows would suggest
SET LOCAL enable_seqscan = off;
CREATE FUNCTION pg_temp.plan(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS off) ' || query; END $$;
SELECT is((SELECT array_agg(DISTINCT m[1] ORDER BY m[1]) FROM pg_temp.plan((SELECT replace(substring(pg_get_function_sqlbody('portfolio.changes_of(bigint)'::regprocedure) FROM 'BEGIN ATOMIC\s+(.*);\s+END'), 'changes_of.element', '42'))) line,
                         regexp_match(line, 'Index Scan (?:using|on) (change_\w+)') m WHERE m IS NOT NULL),
          '{change_element_idx,change_of_relationship_idx,change_relationship_idx,change_source_idx,change_target_idx}'::text[], 'each of the journal''s ways is taken');
RESET enable_seqscan;
CREATE ROLE journal_reader;
SELECT portfolio.grant_profile('journal_reader', 'analyst') \g /dev/null
GRANT SELECT ON portfolio.change TO journal_reader;
SET LOCAL ROLE journal_reader;
SELECT unalike(portfolio.describe('PJ1'), '%Last changed%', 'an analyst is not told of the last change');
RESET ROLE;
SELECT portfolio.grant_profile('journal_reader', 'auditor') \g /dev/null
SET LOCAL ROLE journal_reader;
SELECT matches(portfolio.describe('PJ1'), 'Last changed', 'an auditor is');
RESET ROLE;
SELECT lives_ok($$SET CONSTRAINTS ALL IMMEDIATE$$, 'no constraint was left open');
SELECT * FROM finish();
ROLLBACK;
