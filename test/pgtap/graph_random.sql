-- Reach against a recursive query on 10,000 random graphs: cycles, self-loops, parallel edges, dates, depth limits, hidden rows.
-- They lie side by side in one portfolio, so one graph in memory answers for all of them; names say which is whose.
BEGIN;
SELECT plan(14);
SELECT setseed(0.42);
CREATE TEMP TABLE graph AS
SELECT g, 2 + g % 7 AS nodes, 1 + g % 13 AS edges, nullif(g % 9, 0) - 1 AS max_depth FROM generate_series(1, 10000) g;
CREATE TEMP TABLE day AS SELECT n, date '2020-01-01' + n AS day FROM generate_series(1, 4) n;
CREATE FUNCTION pg_temp.dates(dated float) RETURNS daterange LANGUAGE sql VOLATILE AS $$
  SELECT CASE WHEN random() > dated THEN daterange(NULL, NULL)
              WHEN random() < 0.5 THEN daterange(NULL, date '2020-01-01' + ceil(random() * 5)::int)
              WHEN random() < 0.5 THEN daterange(date '2020-01-01' + floor(random() * 5)::int, NULL)
              ELSE daterange(date '2020-01-01' + floor(random() * 3)::int, date '2020-01-04' + floor(random() * 3)::int) END
$$;
-- Loaded as a restore loads: no journal, but every constraint that is not a trigger
SET LOCAL session_replication_role = replica;
INSERT INTO portfolio.element (kind, archimate_type, code, name, valid, source)
SELECT CASE WHEN random() < 0.8 THEN 'application_component' ELSE 'data_object' END, '', format('%s_%s', g, n), 'Node', pg_temp.dates(0.1),
       CASE WHEN random() < 0.1 AND n > 1 THEN 'hidden' ELSE 'random' END
  FROM graph, generate_series(1, nodes) n;
UPDATE portfolio.element e SET archimate_type = k.archimate_type FROM portfolio.element_kind k WHERE k.kind = e.kind AND e.archimate_type = '';
CREATE TEMP TABLE node AS
SELECT split_part(code, '_', 1)::int AS g, split_part(code, '_', 2)::int AS n, id, archimate_type, kind || ':' || code AS label
  FROM portfolio.element WHERE source IN ('random', 'hidden');
CREATE UNIQUE INDEX ON node (g, n);
CREATE UNIQUE INDEX ON node (id);
ANALYZE node;
CREATE TEMP TABLE pair AS
SELECT g, 1 + floor(random() * nodes)::int AS s, 1 + floor(random() * nodes)::int AS t, random() AS pick, random() AS hide
  FROM graph, generate_series(1, edges);
INSERT INTO portfolio.relationship (source, source_type, kind, target, target_type, code, attributes, valid, origin)
SELECT s.id, s.archimate_type, k.kind, t.id, t.archimate_type, row_number() OVER (),
       CASE WHEN k.kind <> 'access' THEN '{}'::jsonb ELSE (ARRAY['{}', '{"access": "read"}', '{"access": "write"}', '{"access": "readwrite"}']::jsonb[])[1 + floor(random() * 4)] END,
       pg_temp.dates(0.3), CASE WHEN p.hide < 0.1 THEN 'hidden' ELSE 'random' END
  FROM pair p JOIN node s ON s.g = p.g AND s.n = p.s JOIN node t ON t.g = p.g AND t.n = p.t
  JOIN (SELECT source_type, target_type, array_agg(kind ORDER BY kind) AS kinds FROM portfolio.relationship_rule
         WHERE source_type IN ('ApplicationComponent', 'DataObject') AND target_type IN ('ApplicationComponent', 'DataObject') GROUP BY 1, 2) r
    ON r.source_type = s.archimate_type AND r.target_type = t.archimate_type
 CROSS JOIN LATERAL (SELECT r.kinds[1 + floor(p.pick * cardinality(r.kinds))] AS kind) k;
-- One element that leads to each graph and one that each leads to, for those who ask once
INSERT INTO portfolio.element (kind, archimate_type, code, name) VALUES ('application_component', 'ApplicationComponent', 'ROOT', 'Root'), ('application_component', 'ApplicationComponent', 'LEAF', 'Leaf');
INSERT INTO portfolio.relationship (source, source_type, kind, target, target_type)
SELECT portfolio.element_ref('ROOT'), 'ApplicationComponent', 'flow', id, archimate_type FROM node WHERE n = 1 AND archimate_type = 'ApplicationComponent'
UNION ALL SELECT id, archimate_type, 'flow', portfolio.element_ref('LEAF'), 'ApplicationComponent' FROM node WHERE n = 2 AND archimate_type = 'ApplicationComponent';
SET LOCAL session_replication_role = origin;
ANALYZE portfolio.element, portfolio.relationship;

SELECT is((SELECT count(*) FROM graph), 10000::bigint, '10,000 graphs');
SELECT cmp_ok((SELECT count(*) FROM portfolio.dependency WHERE source = target), '>', 3000::bigint, 'with self-loops');
SELECT cmp_ok((SELECT count(*) FROM (SELECT FROM portfolio.dependency GROUP BY source, target HAVING count(*) > 1) d), '>', 3000::bigint, 'with parallel edges');
SELECT ok((SELECT count(DISTINCT propagates) = 4 AND count(DISTINCT valid) > 10 FROM portfolio.dependency), 'in every direction and with many dates');

-- The answer by recursion over impact_edge, from every graph's first element, on the day shown
CREATE FUNCTION pg_temp.expected(forward boolean) RETURNS TABLE (g int, element bigint, depth int) LANGUAGE sql VOLATILE AS $$
  WITH RECURSIVE edge AS MATERIALIZED (
    SELECT DISTINCT CASE WHEN forward THEN failing ELSE suffering END AS tail, CASE WHEN forward THEN suffering ELSE failing END AS head FROM portfolio.impact_edge
  ), walk AS (
    SELECT n.g, n.id AS start, n.id AS element, 0 AS depth, coalesce(graph.max_depth, 9) AS max_depth FROM node n JOIN graph USING (g) WHERE n.n = 1
    UNION
    SELECT w.g, w.start, e.head, w.depth + 1, w.max_depth FROM walk w JOIN edge e ON e.tail = w.element JOIN node n ON n.id = e.head WHERE w.depth < w.max_depth
  ) SELECT w.g, w.element, min(w.depth) FROM walk w WHERE w.element <> w.start GROUP BY 1, 2
$$;
CREATE TEMP TABLE reached (day date, forward boolean, g int, start bigint, element bigint, depth int, via bigint, path text, relationship bigint, relationship_kind text);
CREATE TEMP TABLE expected (day date, forward boolean, g int, element bigint, depth int);
CREATE TEMP TABLE edge (day date, failing bigint, suffering bigint, relationship bigint, kind text);
DO $$
DECLARE
  d date;
BEGIN
  FOR d IN SELECT day FROM day LOOP
    PERFORM set_config('pg_portfolio.as_of', d::text, true);
    -- the root and the leaf join the graphs, so what lies behind them is left out on both sides
    INSERT INTO reached SELECT d, true, n.g, n.id, r.element, r.depth, r.via, r.path, r.relationship, r.relationship_kind
      FROM node n JOIN graph USING (g), LATERAL portfolio.impact_of(n.label, graph.max_depth) r WHERE n.n = 1 AND r.code <> 'LEAF';
    INSERT INTO reached SELECT d, false, n.g, n.id, r.element, r.depth, r.via, r.path, r.relationship, r.relationship_kind
      FROM node n JOIN graph USING (g), LATERAL portfolio.dependencies_of(n.label, graph.max_depth) r WHERE n.n = 1 AND r.code <> 'ROOT';
    INSERT INTO expected SELECT d, true, e.* FROM pg_temp.expected(true) e;
    INSERT INTO expected SELECT d, false, e.* FROM pg_temp.expected(false) e;
    INSERT INTO edge SELECT d, failing, suffering, relationship, kind FROM portfolio.impact_edge;
  END LOOP;
END
$$;
SELECT cmp_ok((SELECT count(*) FROM expected), '>', 40000::bigint, 'there is much to reach');
SELECT is_empty($$(SELECT day, forward, g, element, depth FROM reached EXCEPT ALL TABLE expected) UNION ALL (TABLE expected EXCEPT ALL SELECT day, forward, g, element, depth FROM reached)$$,
  'the same elements at the same distance, 10,000 graphs, four days, both ways');
CREATE INDEX ON edge (day, failing, suffering);
ANALYZE edge, reached;
SELECT is_empty($$SELECT * FROM reached r WHERE NOT EXISTS (SELECT FROM edge e WHERE e.day = r.day AND e.relationship = r.relationship AND e.kind = r.relationship_kind
                     AND (e.failing, e.suffering) = (CASE WHEN r.forward THEN r.via ELSE r.element END, CASE WHEN r.forward THEN r.element ELSE r.via END))$$,
  'every step goes over a relationship of that day, from via');
SELECT is_empty($$SELECT * FROM reached r JOIN node n ON n.id = r.element LEFT JOIN reached v ON (v.day, v.forward, v.g, v.element) = (r.day, r.forward, r.g, r.via) LEFT JOIN node s ON s.id = r.start
                   WHERE r.path IS DISTINCT FROM coalesce(v.path, CASE WHEN r.via = r.start THEN s.label END) || ' > ' || n.label OR r.depth <> coalesce(v.depth, 0) + 1$$,
  'every path is that of via and one step more');
SELECT is_empty($$SELECT g, day FROM reached r WHERE r.relationship > (SELECT min(e.relationship) FROM edge e WHERE e.day = r.day AND r.forward AND (e.failing, e.suffering) = (r.via, r.element))$$,
  'of parallel relationships the oldest is named');
SELECT results_eq($$SELECT sum(portfolio.impact_size(label, max_depth)) FROM node JOIN graph USING (g) WHERE n = 1 AND g <= 500$$,
                  $$SELECT sum((SELECT count(*) FROM portfolio.impact_of(label, max_depth))) FROM node JOIN graph USING (g) WHERE n = 1 AND g <= 500$$, 'impact_size() counts the rows');

-- Hidden rows: a role that policies keep elements and relationships from asks once, about all graphs
CREATE ROLE graph_random_reader;
SELECT portfolio.grant_profile('graph_random_reader', 'analyst') \g /dev/null
GRANT SELECT ON ALL TABLES IN SCHEMA pg_temp TO graph_random_reader;
ALTER TABLE portfolio.element ENABLE ROW LEVEL SECURITY;
ALTER TABLE portfolio.relationship ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON portfolio.element USING (source IS DISTINCT FROM 'hidden');
CREATE POLICY p ON portfolio.relationship USING (origin IS DISTINCT FROM 'hidden');
CREATE FUNCTION pg_temp.from_one(start bigint, forward boolean, max_depth int) RETURNS TABLE (element bigint, depth int) LANGUAGE sql VOLATILE AS $$
  WITH RECURSIVE edge AS MATERIALIZED (
    SELECT DISTINCT CASE WHEN forward THEN failing ELSE suffering END AS tail, CASE WHEN forward THEN suffering ELSE failing END AS head FROM portfolio.impact_edge
  ), walk AS (
    SELECT start AS element, 0 AS depth
    UNION
    SELECT e.head, w.depth + 1 FROM walk w JOIN edge e ON e.tail = w.element WHERE w.depth < max_depth
  ) SELECT w.element, min(w.depth) FROM walk w WHERE w.element <> start GROUP BY 1
$$;
SET LOCAL pg_portfolio.as_of = '2020-01-03';
CREATE TEMP TABLE hidden AS SELECT id FROM portfolio.element WHERE source = 'hidden';
CREATE TEMP TABLE whole AS SELECT element, depth FROM portfolio.impact_of('ROOT', 5);
GRANT SELECT ON whole, hidden TO graph_random_reader;
SET LOCAL ROLE graph_random_reader;
SELECT results_eq($$SELECT element, depth FROM portfolio.impact_of('ROOT', 5) ORDER BY 1$$, $$SELECT * FROM pg_temp.from_one(portfolio.element_ref('ROOT'), true, 5) ORDER BY 1$$, 'with rows hidden, forwards');
SELECT results_eq($$SELECT element, depth FROM portfolio.dependencies_of('LEAF', 6) ORDER BY 1$$, $$SELECT * FROM pg_temp.from_one(portfolio.element_ref('LEAF'), false, 6) ORDER BY 1$$, 'with rows hidden, backwards');
SELECT cmp_ok((SELECT count(*) FROM portfolio.impact_of('ROOT', 5)), '<', (SELECT count(*) FROM whole), 'less is reached than by who sees all');
SELECT is_empty($$SELECT FROM portfolio.impact_of('ROOT', 5) r WHERE r.element IN (SELECT id FROM pg_temp.hidden)$$, 'nothing hidden is shown');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
