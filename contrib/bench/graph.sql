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
CREATE TEMP TABLE timing (graph text, question text, contender text, ms numeric, processor_ms numeric);
-- What this session has had of a processor: on a machine that does other things only that says much
CREATE FUNCTION pg_temp.processor_ms() RETURNS numeric LANGUAGE sql VOLATILE AS
  $$SELECT split_part(pg_read_file('/proc/self/schedstat', 0, 1000, true), ' ', 1)::numeric / 1000000$$;
-- The least of some repetitions by the clock, and their mean by the processor. What has to happen before each is not timed.
CREATE FUNCTION pg_temp.clock(graph text, question text, contender text, command text, repetitions int, beforehand text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  began timestamptz;
  had numeric;
  best numeric;
  processor numeric := 0;
BEGIN
  FOR i IN 1..repetitions LOOP
    IF beforehand IS NOT NULL THEN
      EXECUTE beforehand;
    END IF;
    had := pg_temp.processor_ms();
    began := clock_timestamp();
    EXECUTE command;
    best := least(best, extract(epoch FROM clock_timestamp() - began) * 1000);
    processor := processor + pg_temp.processor_ms() - had;
  END LOOP;
  INSERT INTO timing VALUES (graph, question, contender, best, processor / repetitions);
END
$$;
CREATE FUNCTION pg_temp.expect(met boolean, otherwise text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF met IS NOT TRUE THEN
    RAISE EXCEPTION '%', otherwise;
  END IF;
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
-- The floor: a table made by hand with the same constraints and indexes, but no trigger, journal or graph; with GiST where that has a
-- hash index, which served look-ups by source too; and without the dates
CREATE SCHEMA bench;
CREATE UNLOGGED TABLE bench.loading AS
SELECT row_number() OVER () AS n, s.id AS source, t.id AS target FROM pg_temp.pairs(:rows, 3 * :rows) p
  JOIN portfolio.element s ON s.code = 'G' || p.tail JOIN portfolio.element t ON t.code = 'G' || p.head;
ANALYZE bench.loading;
CREATE TABLE bench.by_hand (LIKE portfolio.relationship INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES);
CREATE TABLE bench.by_gist (LIKE bench.by_hand INCLUDING ALL);
CREATE TABLE bench.undated (LIKE bench.by_hand INCLUDING ALL);
SELECT format('ALTER TABLE bench.%I ADD %s', t, pg_get_constraintdef(c.oid))
  FROM pg_constraint c, unnest('{by_hand,by_gist,undated}'::name[]) t WHERE c.conrelid = 'portfolio.relationship'::regclass AND c.contype = 'f' \gexec
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname)
  FROM pg_constraint WHERE conrelid IN ('bench.by_gist'::regclass, 'bench.undated'::regclass) AND contype = 'x' \gexec
ALTER TABLE bench.by_gist ADD EXCLUDE USING gist (source WITH =, target WITH =, kind WITH =, code WITH =, valid WITH &&);
DROP INDEX bench.by_gist_source_idx;
SELECT pg_temp.expect(count(*) = 2, 'the tables by hand do not have the constraints') FROM pg_constraint WHERE connamespace = 'bench'::regnamespace AND contype = 'x' \g /dev/null
CREATE FUNCTION pg_temp.load(relation text, part text) RETURNS text LANGUAGE sql AS $$
  SELECT format('INSERT INTO %s (source, source_type, kind, target, target_type)
                 SELECT source, ''ApplicationComponent'', ''flow'', target, ''ApplicationComponent'' FROM bench.loading WHERE %s', relation, part)
$$;
SELECT pg_temp.clock(format('%s / %s', :rows, (SELECT count(*) FROM bench.loading)), 'loading, a second', contender, pg_temp.load(relation, 'true'), 1)
  FROM (VALUES ('relationship, every constraint and the journal', 'portfolio.relationship'), ('by hand, the same constraints', 'bench.by_hand'),
               ('by hand, GiST for that on dates', 'bench.by_gist'), ('by hand, without that on dates', 'bench.undated')) v (contender, relation) \g /dev/null
SELECT pg_temp.expect(min(n) = max(n), 'not every relationship is there, or not in the journal') FROM (SELECT count(*) AS n FROM portfolio.relationship UNION ALL SELECT count(*) FROM bench.by_hand UNION ALL SELECT count(*) FROM bench.by_gist UNION ALL SELECT count(*) FROM bench.undated
  UNION ALL SELECT count(*) FROM portfolio.change WHERE table_name = 'relationship') c \g /dev/null

-- Again by two sessions at once, as whoever has so many loads them: half of the rows each
CREATE EXTENSION IF NOT EXISTS dblink;
CREATE FUNCTION pg_temp.load_by_two(relation text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM dblink_send_query('half' || h, pg_temp.load(relation, 'n % 2 = ' || h)) FROM generate_series(0, 1) h;
  PERFORM FROM generate_series(0, 1) h, LATERAL dblink_get_result('half' || h) AS result (status text);
  PERFORM FROM generate_series(0, 1) h, LATERAL dblink_get_result('half' || h) AS result (status text);
END
$$;
SELECT dblink_connect('half' || h, format('host=%s port=%s dbname=%s', current_setting('unix_socket_directories'), current_setting('port'), current_database()))
  FROM generate_series(0, 1) h \g /dev/null
SET session_replication_role = replica;
TRUNCATE portfolio.relationship, portfolio.change, bench.by_hand CASCADE;
RESET session_replication_role;
SELECT pg_temp.clock(format('%s / %s', :rows, (SELECT count(*) FROM bench.loading)), 'loading, a second', contender, format('SELECT pg_temp.load_by_two(%L)', relation), 1)
  FROM (VALUES ('relationship, by two sessions', 'portfolio.relationship'), ('by hand, by two sessions', 'bench.by_hand')) v (contender, relation) \g /dev/null
SELECT dblink_disconnect('half' || h) FROM generate_series(0, 1) h \g /dev/null
SELECT pg_temp.expect(min(n) = max(n), 'two sessions have not loaded everything') FROM (SELECT count(*) AS n FROM portfolio.relationship UNION ALL SELECT count(*) FROM bench.by_hand UNION ALL SELECT count(*) FROM bench.loading
  UNION ALL SELECT count(*) FROM portfolio.change WHERE table_name = 'relationship') c \g /dev/null
-- What others have had of a processor is not known here.
UPDATE timing SET ms = (SELECT count(*) FROM bench.loading) / ms * 1000,
                  processor_ms = CASE WHEN contender NOT LIKE '%two sessions' THEN (SELECT count(*) FROM bench.loading) / processor_ms * 1000 END;
DROP SCHEMA bench CASCADE;

-- Of a portfolio of so many elements, loaded as a restore loads: what is timed here is asking. The pages of the one before are free by then.
CREATE PROCEDURE pg_temp.clear_portfolio() LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL session_replication_role = replica;
  TRUNCATE portfolio.relationship CASCADE;
  DELETE FROM portfolio.element WHERE kind = 'application_component';
END
$$;
CREATE PROCEDURE pg_temp.make_portfolio(elements int) LANGUAGE plpgsql AS $$
BEGIN
  SET LOCAL session_replication_role = replica;
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
-- The floor of loading by ordinary queries: PostgreSQL's own SELECT of the columns that are needed, with nobody to take the rows
CREATE FUNCTION pg_temp.read_columns() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  elements NO SCROLL CURSOR FOR SELECT id, valid FROM portfolio.element;
  relationships NO SCROLL CURSOR FOR SELECT id, source, source_type, kind, target, target_type, attributes, weight, valid FROM portfolio.relationship;
  n bigint;
  total bigint;
BEGIN
  OPEN elements;
  MOVE FORWARD ALL FROM elements;
  GET DIAGNOSTICS total = ROW_COUNT;
  CLOSE elements;
  OPEN relationships;
  MOVE FORWARD ALL FROM relationships;
  GET DIAGNOSTICS n = ROW_COUNT;
  CLOSE relationships;
  RETURN total + n;
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
  strong text := 'SELECT count(*) FROM (SELECT FROM pgr_strongComponents(''SELECT id, source, target, cost, -1::float8 AS reverse_cost FROM pg_temp.edge'') GROUP BY component HAVING count(*) > 1) c';
  points text := 'SELECT count(*) FROM pgr_articulationPoints(''SELECT id, source, target, cost, cost AS reverse_cost FROM pg_temp.edge'')';
  compared boolean := pgrouting AND elements <= 100000; -- more takes minutes
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
  IF pg_temp.read_columns() <> (SELECT count(*) FROM portfolio.element) + (SELECT count(*) FROM portfolio.relationship) THEN
    RAISE EXCEPTION 'not every row is read';
  END IF;
  IF compared THEN
    EXECUTE strong INTO n;
    counts := ARRAY[(SELECT count(*) FROM portfolio.cycles() WHERE size > 1), n];
    EXECUTE points INTO n;
    counts := counts || ARRAY[(SELECT count(*) FROM portfolio.articulation_points()), n];
    RAISE NOTICE 'components with a cycle, articulation points: %', counts;
    IF counts[1] <> counts[2] OR counts[3] <> counts[4] THEN
      RAISE EXCEPTION 'the counts differ';
    END IF;
  END IF;
  PERFORM pg_temp.clock(graph, 'reach of the hub', 'impact_size(), the graph kept', ours, 10 * repetitions);
  COMMIT;
  PERFORM pg_temp.clock(graph, 'reach of the hub', 'impact_size(), the graph to be loaded', ours, repetitions, 'UPDATE portfolio.element SET name = name WHERE id = 0');
  PERFORM pg_temp.clock(graph, 'reach of the hub', 'PostgreSQL reading what is to be loaded', 'SELECT pg_temp.read_columns()', repetitions);
  PERFORM pg_temp.clock(graph, 'reach of the hub', 'impact_of(), every row with its path', format('SELECT count(path) FROM portfolio.impact_of(%L)', hub), 1);
  PERFORM pg_temp.clock(graph, 'reach of the hub', 'recursive query', recursion, 1);
  IF pgrouting THEN
    PERFORM pg_temp.clock(graph, 'reach of the hub', 'pgRouting', routing, 1);
  END IF;
  PERFORM pg_temp.clock(graph, 'components', 'cycles()', 'SELECT count(*), max(size) FROM portfolio.cycles()', 2);
  IF compared THEN
    PERFORM pg_temp.clock(graph, 'components', 'pgRouting', strong, 1);
  END IF;
  PERFORM pg_temp.clock(graph, 'articulation points', 'articulation_points()', 'SELECT count(*) FROM portfolio.articulation_points()', 2);
  IF compared THEN
    PERFORM pg_temp.clock(graph, 'articulation points', 'pgRouting', points, 1);
  END IF;
  PERFORM pg_temp.clock(graph, 'layers', 'layers()', 'SELECT max(layer) FROM portfolio.layers()', 1);
END
$$;

\echo Asking about :rows elements ...
SELECT :rows * 10 AS ten_times, :rows / 10 AS tenth \gset
CALL pg_temp.clear_portfolio();
VACUUM portfolio.element;
CALL pg_temp.make_portfolio(:rows);
VACUUM ANALYZE portfolio.element, portfolio.relationship;
ANALYZE pg_temp.edge;
SET client_min_messages = notice;
CALL pg_temp.time_reach(:rows, :repetitions, :'pgrouting');
SET client_min_messages = warning;

\echo Betweenness of :tenth elements ...
CALL pg_temp.clear_portfolio();
VACUUM portfolio.element;
CALL pg_temp.make_portfolio(:tenth);
VACUUM ANALYZE portfolio.element, portfolio.relationship;
SELECT pg_temp.clock(format('%s / %s', :tenth, (SELECT count(*) FROM portfolio.relationship)), 'betweenness', 'centrality(''betweenness'')', 'SELECT max(value) FROM portfolio.centrality(''betweenness'')', 2) \g /dev/null

\echo Asking about :ten_times elements ...
CALL pg_temp.clear_portfolio();
VACUUM portfolio.element;
CALL pg_temp.make_portfolio(:ten_times);
VACUUM ANALYZE portfolio.element, portfolio.relationship;
ANALYZE pg_temp.edge;
SET client_min_messages = notice;
CALL pg_temp.time_reach(:ten_times, 3, :'pgrouting');
SET client_min_messages = warning;

-- Of loading, relationships a second
SELECT graph AS "elements / relationships", question, contender, round(ms, 1) AS "ms", round(processor_ms, 1) AS "processor ms",
       round(processor_ms / nullif(first_value(processor_ms) OVER (PARTITION BY graph, question ORDER BY ordinality), 0), 2) AS "times the first"
  FROM (SELECT *, row_number() OVER () AS ordinality FROM timing) t
 ORDER BY min(ordinality) OVER (PARTITION BY graph), question, ordinality;
