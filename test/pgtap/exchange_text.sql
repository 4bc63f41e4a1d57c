-- What people have written stays text in a diagram, and an exchange file makes only what it tells all of.
BEGIN;
SELECT plan(9);
SET LOCAL client_min_messages = warning;
SELECT is(portfolio.mermaid_escape('%%{init: {"theme": "forest"}}%% a'), '#37;#37;{init: {#34;theme#34;: #34;forest#34;}}#37;#37; a', 'no name is a directive of Mermaid');
SELECT is(portfolio.mermaid_escape('lifestyle:"Healthy" classDef a'), 'lifest#121;le:#34;Healthy#34; class#68;ef a', 'nor a style');
INSERT INTO portfolio.element (kind, code, name) VALUES ('capability', 'T_A', '%% comment'), ('capability', 'T_B', 'B');
INSERT INTO portfolio.relationship (source, kind, target, name) VALUES (portfolio.element_id('capability', 'T_A'), 'association', portfolio.element_id('capability', 'T_B'), '%%{init: {}}%%');
SELECT unalike(portfolio.to_mermaid('{T_A,T_B}'::text[]), '%\%\%%', 'wherever it stands');
SELECT is((SELECT count(*) FROM portfolio.diagram_edges(ARRAY(SELECT id FROM portfolio.element WHERE code LIKE 'T\_%'))), 1::bigint, 'one arrow');
CREATE TEMP TABLE file AS SELECT portfolio.export_archimate() AS document;
SELECT throws_ok($$SELECT portfolio.import_archimate(document, '{"kinds": {"Contract": "contract"}}') FROM file$$, '22023', 'a contract cannot be made of an exchange file', 'a contract has a supplier, which a file does not name');
SELECT throws_ok($$SELECT portfolio.preview_archimate(document, '{"kinds": {"Contract": "contract"}}') FROM file$$, '22023', 'a contract cannot be made of an exchange file', 'which the preview tells too');
SELECT throws_ok($$SELECT portfolio.preview_archimate(document, '{"kinds": {"Contract": "team"}}') FROM file$$, '22023', NULL, 'as it does of kinds of another type');
SELECT lives_ok($$SELECT portfolio.preview_archimate(document, '{"kinds": {"BusinessActor": "team"}}') FROM file$$, 'other kinds are fine');
-- two models that call the same two things by each other's identifiers
SELECT is(portfolio.archimate_rewrite('<a elementRef="id-1"/><b elementRef="id-2"/><c elementRef="id-3"/>', '{"id-1": "id-2", "id-2": "id-1", "id-3": "id-1"}'),
  '<a elementRef="id-2"/><b elementRef="id-1"/><c elementRef="id-1"/>', 'a reference is written anew once, whatever the others become');
SELECT * FROM finish();
ROLLBACK;
