-- A chain of 20,000 elements, which would be too deep for recursion; cancelling; and comparing two days.
BEGIN;
SELECT plan(18);
SET LOCAL session_replication_role = replica;
INSERT INTO portfolio.element (id, kind, archimate_type, code, name)
SELECT 1000000 + n, 'application_component', 'ApplicationComponent', 'L' || n, 'Link ' || n FROM generate_series(1, 20000) n;
INSERT INTO portfolio.relationship (source, source_type, kind, target, target_type)
SELECT 1000000 + n, 'ApplicationComponent', 'flow', 1000001 + n, 'ApplicationComponent' FROM generate_series(1, 19999) n;
SET LOCAL session_replication_role = origin;
SET LOCAL pg_portfolio.graph_mem = '2560kB';
SELECT is(portfolio.impact_size('L1'), 19999::bigint, 'impact reaches the end of the chain where memory is short');
RESET pg_portfolio.graph_mem;
SELECT portfolio.relate('L1', 'flow', 'L3') \g /dev/null
SELECT is(portfolio.impact_size('L1'), 19999::bigint, 'and where it is not');
DELETE FROM portfolio.relationship WHERE source = 1000001 AND target = 1000003;
SELECT is((SELECT depth FROM portfolio.impact_of('L1') ORDER BY depth DESC LIMIT 1), 19999, 'step by step');
SELECT matches((SELECT path FROM portfolio.impact_of('L1') WHERE code = 'L20000'),
  '^application_component:L1 > .*:L80 > \(19900 more\) > application_component:L19981 > .* > application_component:L20000$', 'a long path is told by its beginning and its end');
SELECT is((SELECT cardinality(string_to_array(path, ' > ')) FROM portfolio.impact_of('L1') WHERE code = 'L100'), 100, 'one of 100 elements in full');
SELECT is((SELECT count(*) FROM portfolio.path('L1', 'L20000')), 20000::bigint, 'path() has every step');
SELECT is((SELECT path FROM portfolio.path('L1', 'L20000') WHERE code = 'L20000'), (SELECT path FROM portfolio.impact_of('L1') WHERE code = 'L20000'), 'and shortens in the same way');
SELECT is_empty('SELECT * FROM portfolio.cycles()', 'a chain has no cycle');
SELECT is((SELECT max(layer) FROM portfolio.layers()), 19999, 'but as many layers');
SELECT results_eq($$SELECT count(*), max(cut_off), max(parts) FROM portfolio.articulation_points()$$, 'VALUES (19998::bigint, 9999, 2)', 'all but its ends are articulation points');
SELECT is((SELECT count(*) FROM portfolio.bridges()), 19999::bigint, 'and all of its relationships bridges');
SELECT portfolio.relate('L20000', 'flow', 'L1') \g /dev/null
SELECT results_eq('SELECT size, steps, cardinality(elements), cardinality(relationships) FROM portfolio.cycles()', 'VALUES (20000, 20000, 20000, 20000)', 'closed, it is one cycle');
SELECT is_empty('SELECT FROM portfolio.bridges() UNION ALL SELECT FROM portfolio.articulation_points()', 'and nothing cuts it');
SELECT is((SELECT max(layer) FROM portfolio.layers()), 0, 'one layer');
-- betweenness of the ring takes 20,000 searches over 20,000 elements
CREATE FUNCTION pg_temp.is_cancelled(query text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE query;
  RETURN false;
EXCEPTION WHEN query_canceled THEN
  RETURN true;
END
$$;
SET LOCAL statement_timeout = '20ms';
SELECT pg_temp.is_cancelled($$SELECT count(*) FROM portfolio.centrality('betweenness')$$) AS cancelled \gset
SET LOCAL statement_timeout = 0;
SELECT ok(:'cancelled', 'a long computation can be cancelled');
SELECT throws_ok($$SELECT * FROM portfolio.centrality('fame')$$, '22023', 'measure "fame" is not known', 'an unknown measure is refused');
SELECT throws_ok($$SELECT * FROM portfolio.cycles('{"along": "down"}')$$, '22023', 'option "along" must be "impact" or "arrows", not "down"', 'an unknown way is refused');

-- Two days
INSERT INTO portfolio.system (code, name, valid) VALUES ('C_STAYS', 'Stays', '(,)'), ('C_GOES', 'Goes', '(,2020-06-01)'), ('C_COMES', 'Comes', '[2020-06-01,)');
INSERT INTO portfolio.service (code, name, valid) VALUES ('C_SVC', 'Service', '(,)');
INSERT INTO portfolio.element_property (element, key, value, valid)
SELECT portfolio.element_ref('C_STAYS'), * FROM (VALUES ('version', '1', '(,2020-06-01)'::daterange), ('version', '2', '[2020-06-01,)'), ('colour', 'blue', '[2020-06-01,)'), ('size', 'big', '(,)')) p;
INSERT INTO portfolio.relationship (source, kind, target, valid, name, attributes)
SELECT portfolio.element_ref(s), k, portfolio.element_ref(t), v::daterange, n, a::jsonb
  FROM (VALUES ('C_STAYS', 'realization', 'C_SVC', '(,2020-06-01)', NULL, '{}'), ('C_STAYS', 'realization', 'C_SVC', '[2020-06-01,)', 'runs', '{"note": "new"}'),
               ('C_GOES', 'flow', 'C_STAYS', '(,2020-06-01)', NULL, '{}'), ('C_COMES', 'flow', 'C_STAYS', '[2020-06-01,)', NULL, '{}'), ('C_STAYS', 'serving', 'C_SVC', '(,)', NULL, '{}')) r (s, k, t, v, n, a);
SELECT results_eq($$SELECT change, what, reference, name, detail FROM portfolio.compare('2020-01-01', '2020-12-31')$$, $$VALUES
  ('added', 'element', 'system:C_COMES', 'Comes', '{}'::jsonb),
  ('changed', 'element', 'system:C_STAYS', 'Stays', '{"colour": [null, "blue"], "version": ["1", "2"]}'),
  ('removed', 'element', 'system:C_GOES', 'Goes', '{}'),
  ('added', 'relationship', 'system:C_COMES flow system:C_STAYS', NULL, '{}'),
  ('changed', 'relationship', 'system:C_STAYS realization service:C_SVC', 'runs', '{"name": [null, "runs"], "note": [null, "new"]}'),
  ('removed', 'relationship', 'system:C_GOES flow system:C_STAYS', NULL, '{}')$$, 'compare() tells what was added, changed and removed');
SELECT * FROM finish();
ROLLBACK;
