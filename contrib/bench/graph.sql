-- Reach from the biggest hub, beside the recursive query and pgRouting; components, articulation points, betweenness; loading.
-- psql [-v rows=100000] [-v repetitions=5] -f graph.sql; graph.sql takes `rows` elements and ten times as many, three relationships an element.
\set ON_ERROR_STOP on
\pset footer off
SELECT :{?rows} AS given \gset
\if :given
\else
  \set rows 100000
\endif
SELECT :{?repetitions} AS given \gset
\if :given
\else
  \set repetitions 5
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pgrouting') AS pgrouting \gset
\if :pgrouting
  CREATE EXTENSION IF NOT EXISTS pgrouting CASCADE;
\else
  \echo pgRouting is left out: it is not installed
\endif
SET jit = off;
SET work_mem = '256MB';
SET pg_portfolio.graph_mem = '2GB';
SET pg_portfolio.reason = 'bench';
CREATE TEMP TABLE timing (graph text, question text, contender text, ms numeric);
-- The smallest of some repetitions, by the clock: the least disturbed. What has to happen before each is not timed.
CREATE FUNCTION pg_temp.clock(graph text, question text, contender text, command text, repetitions int, beforehand text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz;
  best numeric;
BEGIN
  FOR i IN 1..repetitions LOOP
    IF beforehand IS NOT NULL THEN
      EXECUTE beforehand;
    END IF;
    began := clock_timestamp();
    EXECUTE command;
    best := least(best, extract(epoch FROM clock_timestamp() - began) * 1000);
  END LOOP;
  INSERT INTO timing VALUES (graph, question, contender, best);
END
$$;
-- Random numbers from a seed, heads preferring old elements, so that there are hubs; one arc in twenty points back.
CREATE FUNCTION pg_temp.pairs(elements int, arcs int) RETURNS TABLE (tail int, head int) LANGUAGE sql VOLATILE AS $$
  SELECT setseed(0.42);
  SELECT DISTINCT CASE WHEN back THEN young ELSE old END, CASE WHEN back THEN old ELSE young END
    FROM (SELECT 1 + floor((i % elements) * power(random(), 3))::int AS old, 1 + i % elements AS young, random() < 0.05 AS back FROM generate_series(0, arcs - 1) i) x
   WHERE old <> young
$$;

\echo Loading relationships with every constraint and trigger on, :rows elements ...
INSERT INTO portfolio.element (kind, code, name) SELECT 'application_component', 'G' || n, 'Component ' || n FROM generate_series(1, :rows) n;
ANALYZE portfolio.element;
CREATE TEMP TABLE loading AS
SELECT s.id AS source, t.id AS target FROM pg_temp.pairs(:rows, 3 * :rows) p
  JOIN portfolio.element s ON s.code = 'G' || p.tail JOIN portfolio.element t ON t.code = 'G' || p.head;
SELECT pg_temp.clock(format('%s / %s', :rows, count(*)), 'loading', 'relationships a second, every constraint on',
  $$INSERT INTO portfolio.relationship (source, source_type, kind, target, target_type)
    SELECT source, 'ApplicationComponent', 'flow', target, 'ApplicationComponent' FROM pg_temp.loading$$, 1) FROM loading \g /dev/null
UPDATE timing SET ms = (SELECT count(*) FROM loading) / ms * 1000 WHERE question = 'loading';
DROP TABLE loading;

-- Of a portfolio of so many elements, loaded as a restore loads: what is timed here is asking
CREATE PROCEDURE pg_temp.make_portfolio(elements int) LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL session_replication_role = replica;
  TRUNCATE portfolio.relationship CASCADE;
  DELETE FROM portfolio.element WHERE kind = 'application_component';
  INSERT INTO portfolio.element (id, kind, archimate_type, code, name)
    SELECT 1000000 + n, 'application_component', 'ApplicationComponent', 'G' || n, 'Component ' || n FROM generate_series(1, elements) n;
  ALTER TABLE portfolio.relationship DROP CONSTRAINT IF EXISTS relationship_valid_excl;
  INSERT INTO portfolio.relationship (source, source_type, kind, target, target_type)
    SELECT 1000000 + tail, 'ApplicationComponent', 'flow', 1000000 + head, 'ApplicationComponent' FROM pg_temp.pairs(elements, 3 * elements);
  DROP TABLE IF EXISTS pg_temp.edge;
  CREATE TEMP TABLE edge AS SELECT id, source, target, 1::float8 AS cost FROM portfolio.relationship;
  CREATE INDEX ON pg_temp.edge (source);
END
$$;
CREATE PROCEDURE pg_temp.time_reach(elements int, repetitions int, pgrouting boolean) LANGUAGE plpgsql AS $$
DECLARE
  graph text := format('%s / %s', elements, (SELECT count(*) FROM portfolio.relationship));
  hub text := (SELECT 'application_component:' || e.code FROM portfolio.element e JOIN (SELECT source FROM pg_temp.edge GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1) h ON h.source = e.id);
  start bigint := portfolio.element_ref(hub);
  ours text := format('SELECT portfolio.impact_size(%L)', hub);
  recursion text := format('WITH RECURSIVE reached AS (SELECT %s::bigint AS element UNION SELECT e.target FROM reached r JOIN pg_temp.edge e ON e.source = r.element) SELECT count(*) - 1 FROM reached', start);
  routing text := format('SELECT count(*) - 1 FROM pgr_breadthFirstSearch(''SELECT id, source, target, cost, -1::float8 AS reverse_cost FROM pg_temp.edge'', %s)', start);
  counts bigint[];
  n bigint;
BEGIN
  EXECUTE ours INTO n;
  counts := ARRAY[n];
  EXECUTE recursion INTO n;
  counts := counts || n;
  IF pgrouting THEN
    EXECUTE routing INTO n;
    counts := counts || n;
  END IF;
  RAISE NOTICE 'elements reached from %: %', hub, counts;
  IF counts[1] <> ALL (counts) THEN
    RAISE EXCEPTION 'the counts differ';
  END IF;
  PERFORM pg_temp.clock(graph, 'reach of the hub', 'impact_size(), the graph kept', ours, repetitions);
  COMMIT;
  PERFORM pg_temp.clock(graph, 'reach of the hub', 'impact_size(), the graph to be loaded', ours, repetitions, 'UPDATE portfolio.element SET name = name WHERE id = 0');
  PERFORM pg_temp.clock(graph, 'reach of the hub', 'impact_of(), every row with its path', format('SELECT count(path) FROM portfolio.impact_of(%L)', hub), 1);
  PERFORM pg_temp.clock(graph, 'reach of the hub', 'recursive query', recursion, least(repetitions, 2));
  IF pgrouting THEN
    PERFORM pg_temp.clock(graph, 'reach of the hub', 'pgRouting', routing, 1);
  END IF;
  PERFORM pg_temp.clock(graph, 'components', 'cycles()', 'SELECT count(*), max(size) FROM portfolio.cycles()', 2);
  IF pgrouting AND elements <= 100000 THEN
    PERFORM pg_temp.clock(graph, 'components', 'pgRouting', 'SELECT count(DISTINCT component) FROM pgr_strongComponents(''SELECT id, source, target, cost, -1::float8 AS reverse_cost FROM pg_temp.edge'')', 1);
  END IF;
  PERFORM pg_temp.clock(graph, 'articulation points', 'articulation_points()', 'SELECT count(*) FROM portfolio.articulation_points()', 2);
  PERFORM pg_temp.clock(graph, 'layers', 'layers()', 'SELECT max(layer) FROM portfolio.layers()', 1);
END
$$;

\echo Asking about :rows elements ...
SELECT :rows * 10 AS ten_times, :rows / 10 AS tenth \gset
CALL pg_temp.make_portfolio(:rows);
VACUUM ANALYZE portfolio.element, portfolio.relationship;
ANALYZE pg_temp.edge;
SET client_min_messages = notice;
CALL pg_temp.time_reach(:rows, :repetitions, :'pgrouting');
SET client_min_messages = warning;

\echo Betweenness of :tenth elements ...
CALL pg_temp.make_portfolio(:tenth);
VACUUM ANALYZE portfolio.element, portfolio.relationship;
SELECT pg_temp.clock(format('%s / %s', :tenth, (SELECT count(*) FROM portfolio.relationship)), 'betweenness', 'centrality(''betweenness'')', 'SELECT max(value) FROM portfolio.centrality(''betweenness'')', 2) \g /dev/null

\echo Asking about :ten_times elements ...
CALL pg_temp.make_portfolio(:ten_times);
VACUUM ANALYZE portfolio.element, portfolio.relationship;
ANALYZE pg_temp.edge;
SET client_min_messages = notice;
CALL pg_temp.time_reach(:ten_times, 3, :'pgrouting');
SET client_min_messages = warning;

SELECT graph AS "elements / relationships", question, contender, round(ms, 1) AS "ms, or a second",
       round(ms / first_value(ms) OVER (PARTITION BY graph, question ORDER BY ordinality), 1) AS "times the first"
  FROM (SELECT *, row_number() OVER () AS ordinality FROM timing) t
 ORDER BY min(ordinality) OVER (PARTITION BY graph), question, ordinality;
