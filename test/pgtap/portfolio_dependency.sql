-- No foreign key between elements is forgotten by dependency, and the view says what the tables say.
BEGIN;
SELECT plan(8);
-- A link that is a row of its own counts as one of the concept tables.
CREATE TEMP TABLE concept AS SELECT format('portfolio.%I', table_name)::regclass AS table_id FROM portfolio.element_kind WHERE table_name IS NOT NULL
 UNION ALL SELECT 'portfolio.system_technology';
-- Who answers for a thing is accountability, not dependency: nothing fails when its owner does.
CREATE TEMP TABLE exception (column_name) AS VALUES ('owner'), ('steward'), ('sponsor'), ('system_technology.system');
CREATE TEMP TABLE structural AS
SELECT c.conrelid::regclass AS table_id, r.relname || '.' || a.attname AS origin, a.attname AS column_name
  FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
 WHERE c.contype = 'f' AND c.conrelid IN (SELECT table_id FROM concept)
   AND c.confrelid IN (SELECT table_id FROM concept UNION SELECT 'portfolio.element'::regclass) AND cardinality(c.conkey) = 1;
SELECT cmp_ok((SELECT count(*) FROM structural), '>', 20::bigint, 'there are foreign keys between elements');
SELECT is_empty(
  $$SELECT origin FROM structural s WHERE NOT EXISTS (SELECT FROM exception e WHERE e.column_name IN (s.column_name, s.origin))
       AND strpos(pg_get_viewdef('portfolio.dependency'::regclass), quote_literal(origin)) = 0$$,
  'every foreign key between elements has an arm or is a listed exception');
SELECT is_empty(
  $$SELECT m[1] FROM regexp_matches(pg_get_viewdef('portfolio.dependency'::regclass), '''(\w+\.\w+)''', 'g') m EXCEPT SELECT origin FROM structural$$,
  'every arm has its foreign key');
SELECT is((SELECT reloptions FROM pg_class WHERE oid = 'portfolio.dependency'::regclass), '{security_invoker=true}', 'seen with the caller''s own rights');

INSERT INTO portfolio.supplier (code, name) VALUES ('D_SUP', 'Supplier');
INSERT INTO portfolio.service (code, name) VALUES ('D_SVC', 'Service');
INSERT INTO portfolio.system (code, name) VALUES ('D_SYS', 'System'), ('D_NEXT', 'Next');
INSERT INTO portfolio.data_set (code, name, service) VALUES ('D_SET', 'Set', portfolio.element_id('service', 'D_SVC'));
INSERT INTO portfolio.contract (code, name, supplier, system, valid)
VALUES ('D_CON', 'Contract', portfolio.element_id('supplier', 'D_SUP'), portfolio.element_id('system', 'D_SYS'), '[2016-04-01,2018-03-31]');
SELECT portfolio.relate('system:D_SYS', 'realization', 'service:D_SVC'), portfolio.relate('system:D_SYS', 'access', 'data_set:D_SET'),
       portfolio.relate('system:D_SYS', 'flow', 'system:D_NEXT'), portfolio.relate('system:D_NEXT', 'flow', 'system:D_SYS');
UPDATE portfolio.relationship SET attributes = '{"access": "write"}' WHERE kind = 'access' AND source = portfolio.element_id('system', 'D_SYS');
SELECT results_eq(
  $$SELECT portfolio.element_label(source), kind, portfolio.element_label(target), propagates, origin FROM portfolio.dependency
     WHERE portfolio.element_label(source) LIKE '%:D\_%' ORDER BY origin, kind, 1$$,
  $$VALUES ('supplier:D_SUP', 'supplies', 'contract:D_CON', 'fwd', 'contract.supplier'),
           ('contract:D_CON', 'covers', 'system:D_SYS', 'fwd', 'contract.system'),
           ('service:D_SVC', 'produces', 'data_set:D_SET', 'fwd', 'data_set.service'),
           ('system:D_SYS', 'access', 'data_set:D_SET', 'fwd', 'relationship'),
           ('system:D_NEXT', 'flow', 'system:D_SYS', 'fwd', 'relationship'),
           ('system:D_SYS', 'flow', 'system:D_NEXT', 'fwd', 'relationship'),
           ('system:D_SYS', 'realization', 'service:D_SVC', 'fwd', 'relationship')$$,
  'relationships and foreign keys, with the way in which impact travels');
SET LOCAL pg_portfolio.as_of = '2017-06-01';
SELECT results_eq(
  $$SELECT kind, code, depth, portfolio.element_label(via), path FROM portfolio.impact_of('supplier:D_SUP')$$,
  $$VALUES ('contract', 'D_CON', 1, 'supplier:D_SUP', 'supplier:D_SUP > contract:D_CON'),
           ('system', 'D_SYS', 2, 'contract:D_CON', 'supplier:D_SUP > contract:D_CON > system:D_SYS'),
           ('data_set', 'D_SET', 3, 'system:D_SYS', 'supplier:D_SUP > contract:D_CON > system:D_SYS > data_set:D_SET'),
           ('service', 'D_SVC', 3, 'system:D_SYS', 'supplier:D_SUP > contract:D_CON > system:D_SYS > service:D_SVC'),
           ('system', 'D_NEXT', 3, 'system:D_SYS', 'supplier:D_SUP > contract:D_CON > system:D_SYS > system:D_NEXT')$$,
  'a supplier''s failure travels through contracts and systems, and round a cycle once');
SELECT results_eq(
  $$SELECT kind || ':' || code, depth FROM portfolio.dependencies_of('data_set:D_SET', 2)$$,
  $$VALUES ('service:D_SVC', 1), ('system:D_SYS', 1), ('contract:D_CON', 2), ('system:D_NEXT', 2)$$,
  'dependencies_of looks the other way and stops at max_depth');
SET LOCAL pg_portfolio.as_of = '2018-04-01';
SELECT is_empty($$SELECT * FROM portfolio.impact_of('supplier:D_SUP')$$, 'the day after its term the contract carries nothing');
SELECT * FROM finish();
ROLLBACK;
