-- Graph functions against recursive queries on 10,000 random graphs: cycles, self-loops, parallel edges, dates, depth limits, hidden rows.
-- They lie side by side in one portfolio, so one graph in memory answers for all of them; names say which is whose.
BEGIN;
SELECT plan(33);
SELECT setseed(0.42);
SET LOCAL jit = off;
CREATE TEMP TABLE graph AS
SELECT g, 2 + g % 7 AS nodes, 1 + g % 13 AS edges, nullif(g % 9, 0) - 1 AS max_depth FROM generate_series(1, 10000) g;
CREATE TEMP TABLE day AS SELECT n, date '2020-01-01' + n AS day FROM generate_series(1, 4, 2) n;
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
INSERT INTO portfolio.relationship (source, source_type, kind, target, target_type, code, attributes, valid, origin, weight)
SELECT s.id, s.archimate_type, k.kind, t.id, t.archimate_type, row_number() OVER (),
       CASE WHEN k.kind <> 'access' THEN '{}'::jsonb ELSE (ARRAY['{}', '{"access": "read"}', '{"access": "write"}', '{"access": "readwrite"}']::jsonb[])[1 + floor(random() * 4)] END,
       pg_temp.dates(0.3), CASE WHEN p.hide < 0.1 THEN 'hidden' ELSE 'random' END, (1 + floor(p.hide * 5)) / 2
  FROM pair p JOIN node s ON s.g = p.g AND s.n = p.s JOIN node t ON t.g = p.g AND t.n = p.t
  JOIN (SELECT source_type, target_type, array_agg(kind ORDER BY kind) AS kinds FROM portfolio.relationship_rule
         WHERE source_type IN ('ApplicationComponent', 'DataObject') AND target_type IN ('ApplicationComponent', 'DataObject') GROUP BY 1, 2) r
    ON r.source_type = s.archimate_type AND r.target_type = t.archimate_type
 CROSS JOIN LATERAL (SELECT r.kinds[1 + floor(p.pick * cardinality(r.kinds))] AS kind) k;
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
    INSERT INTO reached SELECT d, true, n.g, n.id, r.element, r.depth, r.via, r.path, r.relationship, r.relationship_kind
      FROM node n JOIN graph USING (g), LATERAL portfolio.impact_of(n.label, graph.max_depth) r WHERE n.n = 1;
    INSERT INTO reached SELECT d, false, n.g, n.id, r.element, r.depth, r.via, r.path, r.relationship, r.relationship_kind
      FROM node n JOIN graph USING (g), LATERAL portfolio.dependencies_of(n.label, graph.max_depth) r WHERE n.n = 1;
    INSERT INTO expected SELECT d, true, e.* FROM pg_temp.expected(true) e;
    INSERT INTO expected SELECT d, false, e.* FROM pg_temp.expected(false) e;
    INSERT INTO edge SELECT d, failing, suffering, relationship, kind FROM portfolio.impact_edge;
  END LOOP;
END
$$;
SELECT cmp_ok((SELECT count(*) FROM expected), '>', 20000::bigint, 'there is much to reach');
SELECT is_empty($$(SELECT day, forward, g, element, depth FROM reached EXCEPT ALL TABLE expected) UNION ALL (TABLE expected EXCEPT ALL SELECT day, forward, g, element, depth FROM reached)$$,
  'the same elements at the same distance, 10,000 graphs, two days, both ways');
CREATE INDEX ON edge (day, failing, suffering);
ANALYZE edge, reached;
SELECT is_empty($$SELECT * FROM reached r WHERE NOT EXISTS (SELECT FROM edge e WHERE e.day = r.day AND e.relationship = r.relationship AND e.kind = r.relationship_kind
                     AND (e.failing, e.suffering) = (CASE WHEN r.forward THEN r.via ELSE r.element END, CASE WHEN r.forward THEN r.element ELSE r.via END))$$,
  'every step goes over a relationship of that day, from via');
SELECT is_empty($$SELECT * FROM reached r JOIN node n ON n.id = r.element LEFT JOIN reached v ON (v.day, v.forward, v.g, v.element) = (r.day, r.forward, r.g, r.via) LEFT JOIN node s ON s.id = r.start
                   WHERE r.path IS DISTINCT FROM coalesce(v.path, CASE WHEN r.via = r.start THEN s.label END) || ' > ' || n.label OR r.depth <> coalesce(v.depth, 0) + 1$$,
  'every path is that of via and one step more');
SELECT is_empty($$SELECT g, day FROM reached r WHERE r.relationship > (SELECT min(e.relationship) FROM edge e WHERE e.day = r.day AND (e.failing, e.suffering) = (CASE WHEN r.forward THEN r.via ELSE r.element END, CASE WHEN r.forward THEN r.element ELSE r.via END))$$,
  'of parallel relationships the oldest is named');
SELECT results_eq($$SELECT sum(portfolio.impact_size(label, max_depth)) FROM node JOIN graph USING (g) WHERE n = 1 AND g <= 500$$,
                  $$SELECT sum((SELECT count(*) FROM portfolio.impact_of(label, max_depth))) FROM node JOIN graph USING (g) WHERE n = 1 AND g <= 500$$, 'impact_size() counts the rows');

-- What needs a look at the whole: on one day, against plain slow ways to find the same
SET LOCAL pg_portfolio.as_of = '2020-01-03';
CREATE TEMP TABLE live AS SELECT n.* FROM node n JOIN portfolio.current_element USING (id);
CREATE UNIQUE INDEX ON live (id);
CREATE TEMP TABLE arc AS SELECT f.g, e.failing AS tail, e.suffering AS head, e.relationship, e.kind, r.weight
  FROM portfolio.impact_edge e JOIN live f ON f.id = e.failing JOIN portfolio.relationship r ON r.id = e.relationship;
CREATE TEMP TABLE simple AS SELECT DISTINCT g, tail, head FROM arc;
CREATE INDEX ON simple (tail);
CREATE INDEX ON arc (tail, head);
ANALYZE live, arc, simple;
-- distances and numbers of shortest paths, level by level
CREATE TEMP TABLE far AS SELECT g, id AS s, id AS t, 0 AS d, 1::float8 AS paths FROM live;
CREATE UNIQUE INDEX ON far (s, t);
DO $$
BEGIN
  FOR level IN 1..8 LOOP
    INSERT INTO far SELECT f.g, f.s, e.head, level, sum(f.paths) FROM far f JOIN simple e ON e.tail = f.t
     WHERE f.d = level - 1 AND NOT EXISTS (SELECT FROM far k WHERE k.s = f.s AND k.t = e.head) GROUP BY 1, 2, 3;
    ANALYZE far;
  END LOOP;
END
$$;
CREATE TEMP TABLE component AS
SELECT a.s AS id, min(a.t) AS component FROM far a JOIN far b ON b.s = a.t AND b.t = a.s GROUP BY 1;
CREATE UNIQUE INDEX ON component (id);
ANALYZE component;

CREATE TEMP TABLE cycle AS SELECT * FROM portfolio.cycles();
CREATE TEMP TABLE cycle_expected AS
SELECT c.component, count(*)::int AS size, array_agg(c.id ORDER BY c.id) AS elements FROM component c GROUP BY 1
HAVING count(*) > 1 OR EXISTS (SELECT FROM simple e WHERE e.tail = c.component AND e.head = c.component);
SELECT cmp_ok((SELECT count(*) FROM cycle_expected WHERE size > 1), '>', 2000::bigint, 'there are cycles');
SELECT set_eq('SELECT size, elements FROM cycle', 'SELECT size, elements FROM cycle_expected', 'cycles() finds every component that can reach itself');
SELECT is_empty($$SELECT c.* FROM cycle c WHERE c.steps <> (SELECT min(1 + f.d) FROM simple e JOIN far f ON f.s = e.head AND f.t = e.tail WHERE e.tail = c.elements[1])$$,
  'the cycle shown is a shortest one through its oldest element');
SELECT is_empty($$
  SELECT c.path FROM (SELECT c.*, string_to_array(c.path, ' > ') AS label FROM cycle c) c
   WHERE cardinality(label) <> steps + 1 OR label[1] <> label[steps + 1] OR cardinality(relationships) <> steps
      OR (SELECT count(*) FROM generate_series(1, steps) i JOIN live a ON a.label = c.label[i] JOIN live b ON b.label = c.label[i + 1]
            JOIN arc e ON e.tail = a.id AND e.head = b.id AND e.relationship = c.relationships[i]) <> steps$$, 'and goes over the relationships that it names');

CREATE TEMP TABLE layer_expected AS
WITH RECURSIVE above AS (
  SELECT DISTINCT a.component AS lower, b.component AS upper FROM simple e JOIN component a ON a.id = e.tail JOIN component b ON b.id = e.head WHERE a.component <> b.component
), walk AS (
  SELECT DISTINCT component, 0 AS layer FROM component
  UNION SELECT above.upper, w.layer + 1 FROM walk w JOIN above ON above.lower = w.component
) SELECT component, max(layer) AS layer FROM walk GROUP BY 1;
SELECT set_eq($$SELECT element, layer, together FROM portfolio.layers()$$,
  $$SELECT c.id, l.layer, (count(*) OVER (PARTITION BY c.component))::int FROM component c JOIN layer_expected l USING (component)$$, 'layers() are the longest ways over components');

-- Parts of an undirected graph of at most 8 elements: bit i of near[j] says that i and j have a dependency
CREATE FUNCTION pg_temp.part(near int[], whole int, first int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  met int := 1 << first;
  before int := 0;
BEGIN
  WHILE met <> before LOOP
    before := met;
    FOR i IN 0..7 LOOP
      IF met & (1 << i) <> 0 THEN met := met | (near[i + 1] & whole); END IF;
    END LOOP;
  END LOOP;
  RETURN met;
END
$$;
CREATE FUNCTION pg_temp.parts(near int[], whole int) RETURNS int[] LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  sizes int[] := '{}';
  met int;
BEGIN
  FOR i IN 0..7 LOOP
    CONTINUE WHEN whole & (1 << i) = 0;
    met := pg_temp.part(near, whole, i);
    sizes := sizes || length(replace(met::bit(8)::text, '0', ''));
    whole := whole & ~met;
  END LOOP;
  RETURN sizes;
END
$$;
CREATE TEMP TABLE undirected AS
SELECT a.g, a.n - 1 AS s, b.n - 1 AS t, d.relationship FROM portfolio.dependency d JOIN live a ON a.id = d.source JOIN live b ON b.id = d.target
 WHERE d.valid @> portfolio.as_of() AND d.propagates <> 'none' AND d.source <> d.target;
CREATE INDEX ON undirected (g, s);
CREATE INDEX ON undirected (g, t);
ANALYZE undirected;
CREATE TEMP TABLE near AS
SELECT g, array_agg(mask ORDER BY i) AS near
  FROM (SELECT x.g, x.i, coalesce(bit_or(1 << o.other), 0) AS mask
          FROM (SELECT DISTINCT g, i FROM undirected, generate_series(0, 7) i) x
          LEFT JOIN (SELECT g, s AS i, t AS other FROM undirected UNION SELECT g, t, s FROM undirected) o USING (g, i) GROUP BY 1, 2) m GROUP BY g;
CREATE UNIQUE INDEX ON near (g);
ANALYZE near;
SELECT set_eq('SELECT element, parts, cut_off FROM portfolio.articulation_points()',
  $$SELECT l.id, cardinality(p.sizes), (SELECT sum(x) - max(x) FROM unnest(p.sizes) x)::int
      FROM near JOIN live l USING (g) CROSS JOIN LATERAL (SELECT pg_temp.parts(near, pg_temp.part(near, 255, l.n - 1) & ~(1 << (l.n - 1)))) p (sizes) WHERE cardinality(p.sizes) > 1$$,
  'articulation_points() are those without which a part falls apart');
SELECT set_eq('SELECT relationship, cut_off FROM portfolio.bridges()',
  $$SELECT u.relationship, least(x.sizes[1], x.sizes[2])
      FROM undirected u JOIN near USING (g)
     CROSS JOIN LATERAL (SELECT array_agg(CASE i WHEN u.s THEN near[i + 1] & ~(1 << u.t) WHEN u.t THEN near[i + 1] & ~(1 << u.s) ELSE near[i + 1] END ORDER BY i) FROM generate_series(0, 7) i) w (without)
     CROSS JOIN LATERAL (SELECT pg_temp.parts(w.without, pg_temp.part(near, 255, u.s)) AS sizes) x
     WHERE cardinality(x.sizes) = 2 AND (SELECT count(*) FROM undirected o WHERE o.g = u.g AND ((o.s, o.t) = (u.s, u.t) OR (o.s, o.t) = (u.t, u.s))) = 1$$,
  'bridges() are those that are alone between two parts');

SELECT is_empty($$
  SELECT c.element, c.value, e.value FROM portfolio.centrality('betweenness') c
    LEFT JOIN (SELECT a.t AS id, sum(a.paths * b.paths / f.paths) AS value FROM far a JOIN far b ON b.s = a.t JOIN far f ON f.s = a.s AND f.t = b.t
                WHERE a.d + b.d = f.d AND a.d > 0 AND b.d > 0 GROUP BY 1) e ON e.id = c.element
   WHERE abs(c.value - coalesce(e.value, 0)) > 1e-9$$, 'betweenness is the sum over all pairs');
SELECT is_empty($$
  SELECT c.element, c.value FROM portfolio.centrality('closeness') c
    LEFT JOIN (SELECT s, count(*) AS reached, sum(d) AS distance FROM far WHERE d > 0 GROUP BY s) f ON f.s = c.element
   WHERE abs(c.value - coalesce(f.reached::float8 / ((SELECT count(*) FROM live) - 1) * f.reached / f.distance, 0)) > 1e-12$$, 'closeness is what is reached by how near it is');
SELECT set_eq($$SELECT element, value FROM portfolio.centrality('out_degree')$$, $$SELECT l.id, (SELECT count(*) FROM arc WHERE tail = l.id)::float8 FROM live l$$, 'out_degree counts dependencies');
SELECT is_empty($$SELECT element FROM portfolio.centrality('degree') d JOIN portfolio.centrality('in_degree') i USING (element) JOIN portfolio.centrality('out_degree') o USING (element) WHERE d.value <> i.value + o.value$$,
  'degree is both');
CREATE TEMP TABLE pagerank AS SELECT element, value FROM portfolio.centrality('pagerank');
SELECT is_empty($$
  WITH degree AS (SELECT tail, count(*) AS n FROM simple WHERE tail <> head GROUP BY tail),
       nowhere AS (SELECT sum(value) AS value FROM pagerank p WHERE NOT EXISTS (SELECT FROM degree WHERE tail = p.element))
  SELECT p.* FROM pagerank p CROSS JOIN nowhere
    LEFT JOIN (SELECT e.head, sum(p.value / d.n) AS value FROM simple e JOIN degree d USING (tail) JOIN pagerank p ON p.element = e.tail WHERE e.tail <> e.head GROUP BY 1) i ON i.head = p.element
   WHERE abs(p.value - (0.15 + 0.85 * nowhere.value) / (SELECT count(*) FROM live) - 0.85 * coalesce(i.value, 0)) > 1e-12$$, 'a walk that begins with pagerank goes on so');
SELECT is((SELECT round(sum(value)::numeric, 9) FROM pagerank), 1.000000000, 'and pageranks add up to 1');

-- Every simple path from the first element to the second, by trying them all
CREATE TEMP TABLE try AS
WITH RECURSIVE lightest AS (SELECT tail, head, min(weight) AS weight FROM arc GROUP BY 1, 2), walk AS (
  SELECT a.g, ARRAY[a.id] AS path, b.id AS goal, 0::real AS weight FROM live a JOIN live b ON b.g = a.g AND b.n = 2 WHERE a.n = 1
  UNION ALL
  SELECT w.g, w.path || e.head, w.goal, w.weight + e.weight FROM walk w JOIN lightest e ON e.tail = w.path[cardinality(w.path)]
   WHERE w.path[cardinality(w.path)] <> w.goal AND e.head <> ALL (w.path)
) SELECT g, path, cardinality(path) - 1 AS steps, weight FROM walk WHERE path[cardinality(path)] = goal;
CREATE TEMP TABLE found AS
SELECT g, weighted, p.rank, p.cost, array_agg(p.element ORDER BY p.depth) AS path, array_agg(p.relationship ORDER BY p.depth) AS relationships
  FROM live a JOIN live b USING (g), unnest('{f,t}'::boolean[]) weighted, LATERAL portfolio.paths(a.label, b.label, 3, jsonb_build_object('weighted', weighted)) p
 WHERE a.n = 1 AND b.n = 2 GROUP BY 1, 2, 3, 4;
SELECT cmp_ok((SELECT count(*) FROM found WHERE rank = 3), '>', 20::bigint, 'sometimes there are three paths');
SELECT set_eq('SELECT g, weighted, rank, cost FROM found', $$
  SELECT * FROM (SELECT g, false, (row_number() OVER (PARTITION BY g ORDER BY steps))::int AS rank, steps::float8 FROM try
                  UNION ALL SELECT g, true, (row_number() OVER (PARTITION BY g ORDER BY weight))::int, weight FROM try) t WHERE rank <= 3$$, 'the three best paths, by steps and by weight');
SELECT is_empty('SELECT g, path FROM found EXCEPT SELECT g, path FROM try', 'all of them simple paths');
SELECT is_empty('SELECT FROM found GROUP BY g, weighted, path HAVING count(*) > 1', 'none twice');
SELECT is_empty($$SELECT * FROM found f, generate_series(2, cardinality(path)) i WHERE NOT EXISTS (SELECT FROM arc e WHERE e.tail = path[i - 1] AND e.head = path[i] AND e.relationship = relationships[i])$$,
  'over relationships that are there');
SELECT is_empty($$SELECT f.g FROM found f JOIN live a ON a.g = f.g AND a.n = 1 JOIN live b ON b.g = f.g AND b.n = 2
                   WHERE f.rank = 1 AND NOT f.weighted AND f.path <> ARRAY(SELECT element FROM portfolio.path(a.label, b.label) ORDER BY depth)$$, 'path() is the first of them');

-- Hidden rows: a role that policies keep elements, relationships and a part of the matrix from asks once, from an element that leads to all graphs
SET LOCAL session_replication_role = replica;
INSERT INTO portfolio.element (kind, archimate_type, code, name) VALUES ('application_component', 'ApplicationComponent', 'ROOT', 'Root'), ('application_component', 'ApplicationComponent', 'LEAF', 'Leaf');
INSERT INTO portfolio.relationship (source, source_type, kind, target, target_type)
SELECT portfolio.element_ref('ROOT'), 'ApplicationComponent', 'flow', id, archimate_type FROM node WHERE n = 1 AND archimate_type = 'ApplicationComponent'
UNION ALL SELECT id, archimate_type, 'flow', portfolio.element_ref('LEAF'), 'ApplicationComponent' FROM node WHERE n = 2 AND archimate_type = 'ApplicationComponent';
SET LOCAL session_replication_role = origin;
CREATE ROLE graph_random_reader;
SELECT portfolio.grant_profile('graph_random_reader', 'analyst') \g /dev/null
GRANT SELECT ON ALL TABLES IN SCHEMA pg_temp TO graph_random_reader;
ALTER TABLE portfolio.element ENABLE ROW LEVEL SECURITY;
ALTER TABLE portfolio.relationship ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON portfolio.element USING (source IS DISTINCT FROM 'hidden');
CREATE POLICY p ON portfolio.relationship USING (origin IS DISTINCT FROM 'hidden');
ALTER TABLE portfolio.relationship_rule ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON portfolio.relationship_rule USING (kind <> 'serving');
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
