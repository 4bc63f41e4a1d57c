-- Reaching against a recursive query, on random graphs with cycles, loops and parts that hang together with nothing.
BEGIN;
SELECT plan(9);
SELECT setseed(0.42);
CREATE TEMP TABLE edge AS
SELECT g.graph, 1 + floor(random() * g.nodes)::bigint AS tail, 1 + floor(random() * g.nodes)::bigint AS head
  FROM (SELECT n AS graph, 2 + n % 30 AS nodes FROM generate_series(1, 150) n) g, generate_series(1, 1 + g.graph % 70);
CREATE TEMP TABLE reached AS
SELECT g.graph, g.start, r.*
  FROM (SELECT graph, array_agg(tail) AS tails, array_agg(head) AS heads, min(tail) AS start FROM edge GROUP BY graph) g,
       LATERAL portfolio.breadth_first(g.tails, g.heads, g.start, NULL) r;
CREATE TEMP TABLE expected AS
WITH RECURSIVE walk AS (
  SELECT graph, min(tail) AS start, min(tail) AS element, 0 AS depth FROM edge GROUP BY graph
  UNION
  SELECT w.graph, w.start, e.head, w.depth + 1 FROM walk w JOIN edge e ON e.graph = w.graph AND e.tail = w.element WHERE w.depth < 32
) SELECT graph, start, element, min(depth) AS depth FROM walk WHERE element <> start GROUP BY 1, 2, 3;
SELECT cmp_ok((SELECT count(*) FROM expected), '>', 1000::bigint, 'the graphs are worth it');
SELECT results_eq('SELECT graph, start, element, depth FROM reached ORDER BY 1, 3', 'SELECT graph, start, element, depth FROM expected ORDER BY 1, 3',
  'the same elements at the same distance, 150 graphs');
SELECT is_empty($$SELECT * FROM reached WHERE cardinality(path) <> depth + 1 OR path[1] <> start OR path[depth + 1] <> element OR path[depth] <> via$$, 'every path goes from the start to the element, by via');
SELECT is_empty($$SELECT r.graph, r.path FROM reached r, generate_series(1, r.depth) i
                   WHERE NOT EXISTS (SELECT FROM edge e WHERE e.graph = r.graph AND e.tail = r.path[i] AND e.head = r.path[i + 1])$$, 'every step of a path is an edge');
SELECT is_empty($$SELECT graph, element FROM reached GROUP BY 1, 2 HAVING count(*) > 1$$, 'every element once');
SELECT results_eq($$SELECT element, depth FROM portfolio.breadth_first('{1,2,3}', '{2,3,4}', 1, 2)$$, $$VALUES (2::bigint, 1), (3, 2)$$, 'max_depth stops');
SELECT is_empty($$SELECT * FROM portfolio.breadth_first('{1}', '{2}', 1, 0)$$, 'max_depth 0 goes nowhere');
SELECT is_empty($$SELECT * FROM portfolio.breadth_first('{}', '{}', 1, NULL) UNION ALL SELECT * FROM portfolio.breadth_first(NULL, '{1}', 1, NULL) UNION ALL SELECT * FROM portfolio.breadth_first('{1}', '{1}', NULL, NULL)$$, 'no edges and no start reach nothing');
SELECT throws_ok($$SELECT * FROM portfolio.breadth_first('{1,2}', '{2}', 1, NULL)$$, '2202E', 'tails and heads must have the same number of elements', 'edges have two ends');
SELECT * FROM finish();
ROLLBACK;
