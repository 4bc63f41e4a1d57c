-- However the rows of the graph lie and whoever reads them, it is the graph that the views tell of: whole rows, named columns, rows of before an
-- ALTER TABLE, values that are kept elsewhere, tables that inherit, rows that are hidden, a load that is cancelled.
BEGIN;
SELECT plan(71);
SELECT setseed(0.42);
SET LOCAL jit = off;
SET LOCAL session_replication_role = replica;
-- Names with short and long headers, descriptions and attributes in place, compressed and out of line, NULL or not
CREATE FUNCTION pg_temp.words(n int) RETURNS text LANGUAGE sql VOLATILE AS $$ SELECT string_agg(md5(random()::text), ' ') FROM generate_series(1, n) $$;
INSERT INTO portfolio.element (id, kind, archimate_type, code, name, description, owner, valid, source)
SELECT 5000000 + n * CASE WHEN n > 50 THEN 3 ELSE 1 END, k.kind, k.archimate_type, 'GL' || n, CASE n % 5 WHEN 0 THEN pg_temp.words(8) ELSE 'Node' END,
       CASE n % 4 WHEN 0 THEN pg_temp.words(300) WHEN 1 THEN repeat('long ', 2000) WHEN 2 THEN 'short' END, CASE WHEN n % 3 = 0 THEN 5000001 END,
       CASE n % 7 WHEN 0 THEN daterange(NULL, '2020-06-01') WHEN 1 THEN daterange('2019-01-01', '2021-01-01') ELSE daterange(NULL, NULL) END,
       CASE WHEN n % 11 = 0 THEN 'hidden' END
  FROM generate_series(1, 80) n JOIN portfolio.element_kind k ON k.kind = CASE WHEN n % 3 = 0 THEN 'data_object' ELSE 'application_component' END;
CREATE TEMP TABLE node AS SELECT id, archimate_type, kind || ':' || code AS label FROM portfolio.element WHERE code LIKE 'GL%';
CREATE TEMP TABLE attribute AS
SELECT row_number() OVER () - 1 AS n, a FROM unnest(ARRAY['{}', '{"access": "read"}', '{"access": "write"}', '{"access": "readwrite"}', '{"access": "access"}', '{"Access": "read"}',
  '{"access": null}', '{"note": "read"}']::jsonb[] || jsonb_build_object('access', 'read', 'note', pg_temp.words(300))
  || jsonb_build_object('access', 'write', 'note', repeat('again ', 2000)) || jsonb_build_object('access', 'write', 'note', pg_temp.words(5))) a;
INSERT INTO portfolio.relationship (source, source_type, kind, target, target_type, code, name, attributes, weight, valid, origin, description)
SELECT s.id, s.archimate_type, u.kind, t.id, t.archimate_type, p.n, CASE p.n % 3 WHEN 0 THEN 'arrow' WHEN 1 THEN pg_temp.words(6) END, (SELECT a FROM attribute a WHERE a.n = p.n % 11),
       1 + p.n % 5, CASE p.n % 6 WHEN 0 THEN daterange('2020-01-01', NULL) WHEN 1 THEN daterange(NULL, '2020-03-01') ELSE daterange(NULL, NULL) END,
       CASE WHEN p.n % 13 = 0 THEN 'hidden' END, CASE p.n % 4 WHEN 0 THEN pg_temp.words(300) END
  FROM (SELECT n, random() AS s, random() AS t, random() AS k FROM generate_series(1, 400) n) p
  JOIN (SELECT *, row_number() OVER (ORDER BY id) AS n FROM node) s ON s.n = 1 + floor(p.s * 80) JOIN (SELECT *, row_number() OVER (ORDER BY id) AS n FROM node) t ON t.n = 1 + floor(p.t * 80)
  JOIN LATERAL (SELECT kind FROM portfolio.relationship_rule WHERE (source_type, target_type) = (s.archimate_type, t.archimate_type)
                 ORDER BY kind <> CASE WHEN p.k < 0.6 THEN 'access' ELSE 'flow' END, md5(kind || p.n) LIMIT 1) u ON true;
SET LOCAL session_replication_role = origin;
SELECT cmp_ok((SELECT count(*) FROM portfolio.relationship WHERE source > 5000000 AND kind = 'access'), '>', 50::bigint, 'there are accesses');
SELECT cmp_ok((SELECT count(DISTINCT propagates) FROM portfolio.dependency WHERE source > 5000000 AND kind = 'access'), '>', 1::bigint, 'which tell of themselves');
SELECT ok((SELECT bool_or(pg_column_size(attributes) > 5000) AND bool_or(pg_column_size(attributes) BETWEEN 130 AND 500) AND bool_or(pg_column_size(attributes) < 10)
             FROM portfolio.relationship WHERE source > 5000000), 'in attributes of every size');

-- All that any of the elements reaches, as the views tell it and as the graph does; weights by the lightest path from one of them
CREATE FUNCTION pg_temp.by_views() RETURNS TABLE (start text, element bigint, depth int) LANGUAGE sql VOLATILE AS $$
  WITH RECURSIVE edge AS MATERIALIZED (
    SELECT DISTINCT failing AS tail, suffering AS head FROM portfolio.impact_edge
  ), walk AS (
    SELECT label AS start, id, id AS element, 0 AS depth FROM pg_temp.node JOIN portfolio.element e USING (id) WHERE e.valid @> portfolio.as_of()
    UNION
    SELECT w.start, w.id, e.head, w.depth + 1 FROM walk w JOIN edge e ON e.tail = w.element WHERE w.depth < 4
  ) SELECT start, element, min(depth) FROM walk WHERE element <> id GROUP BY 1, 2
$$;
CREATE FUNCTION pg_temp.by_graph() RETURNS TABLE (start text, element bigint, depth int) LANGUAGE sql VOLATILE AS $$
  SELECT n.label, r.element, r.depth FROM pg_temp.node n JOIN portfolio.element e USING (id), LATERAL portfolio.impact_of(n.label, 4) r WHERE e.valid @> portfolio.as_of()
$$;
CREATE FUNCTION pg_temp.same(what text) RETURNS SETOF text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  day text;
BEGIN
  FOREACH day IN ARRAY '{2020-02-01,2020-08-01}'::text[] LOOP
    PERFORM set_config('pg_portfolio.as_of', day, true);
    RETURN NEXT is_empty('(SELECT * FROM pg_temp.by_graph() EXCEPT SELECT * FROM pg_temp.by_views()) UNION ALL (SELECT * FROM pg_temp.by_views() EXCEPT SELECT * FROM pg_temp.by_graph())',
                         format('%s, on %s', what, day));
  END LOOP;
  RETURN NEXT is((SELECT cost FROM portfolio.paths('GL_W1', 'GL_W3', 1, '{"weighted": true}') ORDER BY depth DESC LIMIT 1), 2.75::float8, what || ', weights');
END
$$;
INSERT INTO portfolio.element (id, kind, code, name) SELECT 5000900 + n, 'application_component', 'GL_W' || n, 'Weighed' FROM generate_series(1, 3) n;
INSERT INTO portfolio.relationship (source, kind, target, weight) VALUES (5000901, 'flow', 5000902, 0.5), (5000902, 'flow', 5000903, 2.25);
SELECT cmp_ok((SELECT count(*) FROM pg_temp.by_views()), '>', 500::bigint, 'there is much to reach');
SELECT pg_temp.same('by whole rows');
-- Types that no matrix can have: what is longer than any of its words, alone and beside others
SAVEPOINT long_words;
SET LOCAL session_replication_role = replica;
INSERT INTO portfolio.relationship (code, source, source_type, kind, target, target_type)
SELECT format('%s of %s', n, l), 5000901, CASE n WHEN 1 THEN repeat('x', l) ELSE 'ApplicationComponent' END, CASE n WHEN 2 THEN repeat('x', l) ELSE 'flow' END,
       5000902, CASE n WHEN 3 THEN repeat('x', l) ELSE 'ApplicationComponent' END
  FROM generate_series(1, 3) n, unnest(ARRAY[0, 1, 126, 127, 128, 200, 3000, 100000]) l;
SET LOCAL session_replication_role = origin;
SELECT pg_temp.same('by rows of impossible types');
ROLLBACK TO long_words;
SELECT throws_ok(format($$INSERT INTO portfolio.relationship_rule VALUES (%L, 'flow', 'Node', 'fwd')$$, repeat('x', 127)), '23514', NULL, 'the matrix takes no longer words');

-- nothing is pending where tables are altered
SET CONSTRAINTS ALL IMMEDIATE;
-- words of the matrix that a row keeps with a long header, or elsewhere
SAVEPOINT storage;
ALTER TABLE portfolio.relationship ALTER kind SET STORAGE PLAIN, ALTER source_type SET STORAGE PLAIN;
UPDATE portfolio.relationship SET kind = lower(upper(kind)), source_type = source_type || '';
SELECT pg_temp.same('by rows with words of four more bytes');
ROLLBACK TO storage;
ALTER TABLE portfolio.relationship SET (toast_tuple_target = 128);
INSERT INTO portfolio.element (kind, code, name) SELECT 'application_collaboration', 'GL_C' || n, 'Together' FROM generate_series(1, 2) n;
INSERT INTO portfolio.relationship (source, kind, target, description)
SELECT a.id, 'flow', b.id, pg_temp.words(200) FROM portfolio.element a, portfolio.element b WHERE a.code = 'GL_C1' AND b.code = 'GL_C2';
SELECT pg_temp.same('by rows with words in another table');
SELECT is((SELECT count(*) FROM portfolio.impact_of('GL_C1')), 1::bigint, 'those too');
ROLLBACK TO storage;
-- rows without what they need, of before a constraint
ALTER TABLE portfolio.relationship ALTER attributes DROP NOT NULL, ALTER valid DROP NOT NULL, ALTER kind DROP NOT NULL, ALTER source_type DROP NOT NULL, ALTER weight DROP NOT NULL,
  ALTER source DROP NOT NULL, ALTER target DROP NOT NULL;
ALTER TABLE portfolio.element ALTER valid DROP NOT NULL;
SET LOCAL session_replication_role = replica;
INSERT INTO portfolio.element (id, kind, archimate_type, code, name, valid) VALUES (0, 'application_component', 'ApplicationComponent', 'GL_ZERO', 'Zero', '(,)'), (4999999, 'application_component', 'ApplicationComponent', 'GL_NEVER', 'Never', NULL);
INSERT INTO portfolio.relationship (source, source_type, kind, target, target_type, weight, valid, attributes, code)
SELECT nullif(5000901, CASE n WHEN 1 THEN 5000901 END), nullif('ApplicationComponent', CASE n WHEN 2 THEN 'ApplicationComponent' END), nullif('flow', CASE n WHEN 3 THEN 'flow' END),
       nullif(5000903, CASE n WHEN 4 THEN 5000903 END), 'ApplicationComponent', nullif(1::real, CASE n WHEN 5 THEN 1 END), nullif('(,)'::daterange, CASE n WHEN 6 THEN '(,)'::daterange END),
       '{}', 'lacks ' || n
  FROM generate_series(1, 6) n;
UPDATE portfolio.relationship SET attributes = NULL WHERE source > 5000000 AND kind = 'access' AND id % 2 = 0;
SET LOCAL session_replication_role = origin;
SELECT is((SELECT count(*) FROM portfolio.impact_of('GL_ZERO')), 0::bigint, 'an end that is not there is no element');
DELETE FROM portfolio.element WHERE code IN ('GL_ZERO', 'GL_NEVER');
SELECT pg_temp.same('by rows that lack what they need');
CREATE TABLE portfolio.graph_load_heir () INHERITS (portfolio.relationship);
SELECT pg_temp.same('and by a query of them');
ROLLBACK TO storage;
-- a table in its place whose rows take what is wanted from the catalog
CREATE TABLE portfolio.other_relationship AS SELECT id, source, target, weight, source_type, kind, target_type FROM portfolio.relationship;
SELECT format('ALTER TABLE portfolio.other_relationship ALTER %I SET NOT NULL', attname) FROM pg_attribute WHERE attrelid = 'portfolio.other_relationship'::regclass AND attnum > 0 \gexec
ALTER TABLE portfolio.other_relationship ADD valid daterange NOT NULL DEFAULT '(,)', ADD attributes jsonb NOT NULL DEFAULT '{}';
ALTER TABLE portfolio.relationship RENAME TO own_relationship;
ALTER TABLE portfolio.other_relationship RENAME TO relationship;
SELECT cmp_ok((SELECT count(*) FROM pg_temp.by_graph()), '>', 300::bigint, 'by rows that have nothing but a default there');
ROLLBACK TO storage;
-- many relationships of one pair, the youngest first on the pages: the oldest leads, as it does elsewhere
SET LOCAL session_replication_role = replica;
INSERT INTO portfolio.relationship (id, source, source_type, kind, target, target_type, code)
SELECT 9000000 - n, 5000903, 'ApplicationComponent', 'flow', 5000901, 'ApplicationComponent', 'many ' || n FROM generate_series(1, 20000) n;
SET LOCAL session_replication_role = origin;
SELECT is((SELECT relationship FROM portfolio.impact_of('GL_W3', 1)), 8980000::bigint, 'of many between one pair the oldest is told');
SELECT pg_temp.same('by many of one pair');
ROLLBACK TO storage;
-- rows of before a column was added; with one that has a value for them; one column less
ALTER TABLE portfolio.relationship ADD COLUMN colour text;
ALTER TABLE portfolio.element ADD COLUMN colour text;
SELECT pg_temp.same('by rows that lack a column');
ALTER TABLE portfolio.relationship ADD COLUMN shade text NOT NULL DEFAULT 'dark';
ALTER TABLE portfolio.element ADD COLUMN shade text NOT NULL DEFAULT 'dark';
SELECT pg_temp.same('by rows that take a value from the catalog');
ALTER TABLE portfolio.relationship DROP COLUMN shade;
ALTER TABLE portfolio.element DROP COLUMN shade;
SELECT pg_temp.same('by rows with a dropped column');
-- relationships in a table that inherits, which has its own idea of the order of columns
CREATE TABLE portfolio.graph_load_child (tone text, LIKE portfolio.relationship INCLUDING DEFAULTS INCLUDING CONSTRAINTS);
ALTER TABLE portfolio.graph_load_child INHERIT portfolio.relationship;
WITH moved AS (DELETE FROM ONLY portfolio.relationship WHERE source > 5000000 AND id % 2 = 0 RETURNING *)
INSERT INTO portfolio.graph_load_child SELECT 'low', moved.* FROM moved;
SELECT cmp_ok((SELECT count(*) FROM portfolio.graph_load_child), '>', 50::bigint, 'half of them in the other table');
SELECT pg_temp.same('by rows of two tables');
INSERT INTO portfolio.relationship SELECT (c::portfolio.relationship).* FROM portfolio.graph_load_child c;
DROP TABLE portfolio.graph_load_child;

-- a role that may read no more columns than the views need, and then not even these
CREATE ROLE graph_load_reader;
SELECT portfolio.grant_profile('graph_load_reader', 'analyst') \g /dev/null
GRANT SELECT ON ALL TABLES IN SCHEMA pg_temp TO graph_load_reader;
REVOKE SELECT ON portfolio.relationship, portfolio.element FROM graph_load_reader;
GRANT SELECT (id, source, source_type, kind, target, target_type, attributes, weight, valid) ON portfolio.relationship TO graph_load_reader;
GRANT SELECT (id, kind, code, name, archimate_type, valid) ON portfolio.element TO graph_load_reader;
SET LOCAL ROLE graph_load_reader;
SELECT pg_temp.same('by columns');
SELECT throws_ok('SELECT description FROM portfolio.relationship', '42501', NULL, 'others are not his to read');
RESET ROLE;
REVOKE SELECT (weight) ON portfolio.relationship FROM graph_load_reader;
SET LOCAL ROLE graph_load_reader;
SELECT throws_ok($$SELECT portfolio.impact_size('GL1')$$, '42501', 'permission denied for table relationship', 'a column that is missing is named by its table');
RESET ROLE;
GRANT SELECT ON portfolio.relationship, portfolio.element TO graph_load_reader;

-- rows that are hidden, by a policy that can also cancel the load in the middle of the table
CREATE FUNCTION pg_temp.visible(id bigint, origin text) RETURNS boolean LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
BEGIN
  IF id = nullif(current_setting('graph_load.cancel_at', true), '')::bigint THEN
    PERFORM pg_cancel_backend(pg_backend_pid());
  END IF;
  RETURN origin IS DISTINCT FROM 'hidden';
END
$$;
ALTER TABLE portfolio.element ENABLE ROW LEVEL SECURITY;
ALTER TABLE portfolio.relationship ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON portfolio.element USING (pg_temp.visible(id, source));
CREATE POLICY p ON portfolio.relationship USING (pg_temp.visible(id, origin));
CREATE FUNCTION pg_temp.cancelled_at(id bigint) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM set_config('graph_load.cancel_at', id::text, true);
  PERFORM portfolio.impact_size('GL1');
  RETURN false;
EXCEPTION WHEN query_canceled THEN
  RETURN true;
END
$$;
SELECT max(id) FILTER (WHERE rank = 100) AS middle FROM (SELECT id, row_number() OVER (ORDER BY ctid) AS rank FROM portfolio.relationship WHERE origin IS NULL) r \gset
SET LOCAL ROLE graph_load_reader;
SELECT pg_temp.same('by rows that a policy lets through');
SELECT ok(pg_temp.cancelled_at(5000040), 'a load is cancelled among the elements');
SELECT ok(pg_temp.cancelled_at(:middle), 'and among the relationships');
SELECT pg_temp.same('after that');
RESET ROLE;

-- a table that is not as it was
ALTER TABLE portfolio.relationship RENAME COLUMN weight TO heaviness;
SELECT throws_ok($$SELECT portfolio.impact_size('GL1')$$, '42703', 'column "weight" does not exist', 'a column that is not there is told');

SELECT is(portfolio.access_propagates(kind, attributes), propagates, format('access_propagates(%L, %L)', kind, left(attributes::text, 40)))
  FROM (VALUES ('access', '{}'::jsonb, NULL), ('access', '{"access": "read"}', 'rev'), ('access', '{"access": "write"}', 'fwd'), ('access', '{"access": "readwrite"}', NULL),
               ('access', '{"access": 1}', NULL), ('access', '{"access": ["read"]}', NULL), ('access', '["access", "read"]', NULL), ('access', '"read"', NULL), ('access', '[]', NULL),
               ('access', '{"Access": "read"}', NULL), ('accessing', '{"access": "read"}', NULL), ('flow', '{"access": "read"}', NULL), ('access', NULL, NULL), (NULL, '{"access": "read"}', NULL)) v (kind, attributes, propagates);
SELECT * FROM finish();
ROLLBACK;
