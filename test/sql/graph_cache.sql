-- When the graph that a session keeps is used again, and when it is loaded: graph_loads() tells.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\set SHOW_CONTEXT never
CREATE SCHEMA graph_test;
\set size 'SELECT portfolio.impact_size(''system:GC_A'') AS suffer, portfolio.graph_loads() AS loads;'
SET pg_portfolio.reason = 'graph_cache';
INSERT INTO portfolio.system (code, name) VALUES ('GC_A', 'A'), ('GC_B', 'B'), ('GC_C', 'C'), ('GC_D', 'D');
SELECT portfolio.relate('system:GC_A', 'flow', 'system:GC_B') IS NOT NULL AS related;
:size
:size
-- another day, another question: the same graph
SET pg_portfolio.as_of = '2018-04-01';
:size
SELECT code, depth FROM portfolio.dependencies_of('system:GC_B');
RESET pg_portfolio.as_of;
-- what is written is seen, once
SELECT portfolio.relate('system:GC_B', 'flow', 'system:GC_C') IS NOT NULL AS related;
:size
:size
-- what is written elsewhere loads nothing
INSERT INTO portfolio.element_alias (element, scheme, value) VALUES (portfolio.element_id('system', 'GC_A'), 'gc', 'alpha');
:size

-- inside a transaction: own writes, and what a savepoint takes back
BEGIN;
:size
DELETE FROM portfolio.relationship WHERE source = portfolio.element_id('system', 'GC_B');
:size
:size
SAVEPOINT s;
INSERT INTO portfolio.relationship (source, kind, target) VALUES (portfolio.element_id('system', 'GC_B'), 'flow', portfolio.element_id('system', 'GC_D')),
  (portfolio.element_id('system', 'GC_D'), 'flow', portfolio.element_id('system', 'GC_C'));
:size
ROLLBACK TO s;
:size
SAVEPOINT t;
UPDATE portfolio.system SET valid = '(,2000-01-01)' WHERE code = 'GC_B';
RELEASE t;
:size
ROLLBACK;
:size
:size
-- a cursor's snapshot is older than what is written after it was opened
BEGIN;
DELETE FROM portfolio.relationship WHERE source = portfolio.element_id('system', 'GC_B');
DECLARE c CURSOR FOR SELECT portfolio.impact_size('system:GC_A') AS suffer FROM generate_series(1, 2);
FETCH 1 FROM c;
DELETE FROM portfolio.relationship WHERE source = portfolio.element_id('system', 'GC_A');
FETCH 1 FROM c;
:size
ROLLBACK;
RESET client_min_messages;

-- A statement that is still writing, asked from a trigger row by row: each time it sees the rows before
CREATE FUNCTION graph_test.ask() RETURNS trigger LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  RAISE NOTICE '% %: % suffer', TG_WHEN, NEW.code, portfolio.impact_size('system:GC_A');
  RETURN NEW;
END
$$;
CREATE TRIGGER aaa_before BEFORE INSERT ON portfolio.relationship FOR EACH ROW WHEN (NEW.code LIKE 'gc%') EXECUTE FUNCTION graph_test.ask();
CREATE TRIGGER "00_after" AFTER INSERT ON portfolio.relationship FOR EACH ROW WHEN (NEW.code LIKE 'gc%') EXECUTE FUNCTION graph_test.ask();
BEGIN;
INSERT INTO portfolio.relationship (source, kind, target, code)
SELECT portfolio.element_id('system', 'GC_A'), 'flow', portfolio.element_id('system', x.code), 'gc' || x.n
  FROM (VALUES (1, 'GC_D'), (2, 'GC_C'), (3, 'GC_D')) x (n, code);
:size
ROLLBACK;
DROP TRIGGER aaa_before ON portfolio.relationship;
DROP TRIGGER "00_after" ON portfolio.relationship;

-- Rights: looked at each time; what is not plainly readable is never answered from memory
CREATE ROLE gc_reader;
GRANT USAGE ON SCHEMA portfolio TO gc_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA portfolio TO gc_reader;
REVOKE SELECT ON portfolio.contract FROM gc_reader;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA portfolio TO gc_reader;
:size
SET ROLE gc_reader;
:size
RESET ROLE;
GRANT SELECT ON portfolio.contract TO gc_reader;
:size
SET ROLE gc_reader;
:size
:size
RESET ROLE;
-- row security hides an element: loaded each time, and nothing shows through it
ALTER TABLE portfolio.element ENABLE ROW LEVEL SECURITY;
CREATE POLICY gc ON portfolio.element FOR SELECT USING (code <> 'GC_B' OR current_setting('graph_test.see', true) = 'on');
:size
:size
SET ROLE gc_reader;
:size
:size
SET graph_test.see = 'on';
:size
RESET graph_test.see;
SELECT code, path FROM portfolio.impact_of('system:GC_A');
SELECT code FROM portfolio.dependencies_of('system:GC_C');
RESET ROLE;
DROP POLICY gc ON portfolio.element;
ALTER TABLE portfolio.element DISABLE ROW LEVEL SECURITY;
:size
:size
-- a trigger that is off leaves nothing to go by
ALTER TABLE portfolio.relationship DISABLE TRIGGER graph_change;
:size
:size
ALTER TABLE portfolio.relationship ENABLE TRIGGER graph_change;
:size
:size
ALTER TABLE portfolio.relationship ENABLE ALWAYS TRIGGER graph_change;
:size
:size
-- what a restore does: triggers of ours see it
RESET client_min_messages;
BEGIN;
SET LOCAL session_replication_role = replica;
DELETE FROM portfolio.relationship WHERE source = portfolio.element_id('system', 'GC_B');
:size
SET LOCAL client_min_messages = warning;
TRUNCATE portfolio.relationship CASCADE;
:size
ROLLBACK;
:size
-- purging what nobody compares any more
SELECT portfolio.purge_graph_changes() > 0 AS purged;
SELECT part FROM portfolio.graph_change;
:size
:size
-- bounded
SET pg_portfolio.graph_mem = '64kB';
:size
RESET client_min_messages;
INSERT INTO portfolio.element (kind, code, name) SELECT 'capability', 'GC_' || n, 'Capability ' || n FROM generate_series(1, 2500) n;
SELECT portfolio.impact_size('system:GC_A');
RESET pg_portfolio.graph_mem;
:size
-- not a trigger
SELECT portfolio.graph_changed();
SELECT portfolio.impact_size('system:GC_A', -1);
SELECT portfolio.impact_size('system:GC_A', options => '{"depth": 1}');
SELECT portfolio.impact_size(NULL) IS NULL AS nothing, (SELECT count(*) FROM portfolio.impact_of(NULL)) AS rows;

DELETE FROM portfolio.element WHERE code LIKE 'GC\_%' AND kind = 'capability';
DELETE FROM portfolio.relationship r USING portfolio.system s WHERE s.id IN (r.source, r.target) AND s.code LIKE 'GC\_%';
DELETE FROM portfolio.system WHERE code LIKE 'GC\_%';
DROP SCHEMA graph_test CASCADE;
DROP OWNED BY gc_reader;
DROP ROLE gc_reader;
