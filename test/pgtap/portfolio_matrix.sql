-- relationship_rule against the ArchiMate matrix as published: every one of the 3,844 cells, both ways.
\set data `echo "$PF_DATA"`
SELECT :'data' = '' AS no_data \gset
BEGIN;
SELECT plan(9);
SELECT is((SELECT count(*) FROM portfolio.relationship_rule), 11569::bigint, '11,569 legal triples');
SELECT is((SELECT count(DISTINCT source_type) FROM portfolio.relationship_rule), 62::bigint, '62 concepts');
SELECT results_eq(
  $$SELECT kind, count(*)::int FROM portfolio.relationship_rule GROUP BY kind ORDER BY count(*) DESC, kind$$,
  $$VALUES ('association', 3841), ('flow', 1367), ('triggering', 1367), ('serving', 1349), ('realization', 1155), ('influence', 721),
           ('aggregation', 425), ('composition', 401), ('assignment', 379), ('access', 321), ('specialization', 243)$$,
  'as many of each kind as published');
SELECT results_eq(
  $$SELECT s.t || ' ' || g.t FROM (SELECT DISTINCT source_type t FROM portfolio.relationship_rule) s, (SELECT DISTINCT source_type t FROM portfolio.relationship_rule) g
     WHERE NOT EXISTS (SELECT FROM portfolio.relationship_rule WHERE source_type = s.t AND target_type = g.t) ORDER BY 1$$,
  $$VALUES ('Junction Relationship'), ('Relationship Junction'), ('Relationship Relationship')$$,
  'three cells are empty');
SELECT results_eq(
  $$SELECT DISTINCT kind, propagates FROM portfolio.relationship_rule ORDER BY 1$$,
  $$VALUES ('access', 'both'), ('aggregation', 'rev'), ('assignment', 'fwd'), ('association', 'none'), ('composition', 'rev'), ('flow', 'fwd'),
           ('influence', 'none'), ('realization', 'fwd'), ('serving', 'fwd'), ('specialization', 'none'), ('triggering', 'fwd')$$,
  'impact travels one way for each kind');
SELECT is_empty(
  $$SELECT archimate_type FROM portfolio.element_kind EXCEPT SELECT source_type FROM portfolio.relationship_rule$$,
  'every kind stands for a concept of the matrix');
SELECT is_empty(
  $$SELECT source_type FROM portfolio.relationship_rule EXCEPT SELECT archimate_type FROM portfolio.element_kind$$,
  'every concept of the matrix has a kind');
\if :no_data
SELECT skip('the published matrix is not here', 2);
\else
\set document `cat "$PF_DATA/architecture/archimate_relationships.xml"`
CREATE TEMP TABLE published AS
SELECT x.source, m.kind, x.target
  FROM XMLTABLE('/relationships/source/target' PASSING (:'document'::xml)
                COLUMNS source text PATH '../@concept', target text PATH '@concept', relations text PATH '@relations') x,
       LATERAL regexp_split_to_table(x.relations, '') l (letter)
  JOIN (VALUES ('a', 'access'), ('c', 'composition'), ('f', 'flow'), ('g', 'aggregation'), ('i', 'assignment'), ('n', 'influence'),
               ('o', 'association'), ('r', 'realization'), ('s', 'specialization'), ('t', 'triggering'), ('v', 'serving')) m (letter, kind) USING (letter);
SELECT is_empty(
  'SELECT source, kind, target FROM published EXCEPT SELECT source_type, kind, target_type FROM portfolio.relationship_rule',
  'nothing published is missing');
SELECT is_empty(
  'SELECT source_type, kind, target_type FROM portfolio.relationship_rule EXCEPT SELECT source, kind, target FROM published',
  'nothing is legal that is not published');
\endif
SELECT * FROM finish();
ROLLBACK;
