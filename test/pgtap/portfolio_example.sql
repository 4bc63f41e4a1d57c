-- The example: everything the paper names, the published programmes, and a way back.
\set data `echo "$PF_DATA"`
SELECT :'data' = '' AS no_data \gset
BEGIN;
SELECT plan(20);
CREATE TEMP TABLE before AS SELECT id, kind, code FROM portfolio.element;
SELECT is((SELECT count(*) FROM portfolio.load_example()), 12::bigint, 'load_example() tells what it holds');
CREATE TEMP TABLE first_load AS SELECT * FROM portfolio.element;
CREATE TEMP TABLE first_relationships AS SELECT * FROM portfolio.relationship;
SELECT is_empty($$SELECT kind, code FROM portfolio.element WHERE source IS DISTINCT FROM 'example' EXCEPT SELECT kind, code FROM before$$, 'every element says that it is of the example');
SELECT is_empty($$SELECT id FROM portfolio.relationship WHERE origin IS DISTINCT FROM 'example'$$, 'and so does every relationship');
SELECT lives_ok('SELECT portfolio.load_example()', 'it may be loaded again');
SELECT is_empty('(SELECT id FROM portfolio.element EXCEPT SELECT id FROM first_load) UNION ALL (SELECT id FROM portfolio.relationship EXCEPT SELECT id FROM first_relationships)',
  'the second time adds nothing');

-- Every thing that the paper names can be found by that name
CREATE TEMP TABLE named (name) AS VALUES
  ('Electronic Prescribing Service'), ('Summary Care Record'), ('NHSMail2'), ('New referrals capability'), ('cervical screening'), ('bowel screening'), ('breast screening'),
  ('patient management systems'), ('Choices'), ('NHS.UK'), ('Spine'), ('PDS'), ('SUS'), ('NHS 111'), ('access permissions'), ('personal records'), ('Business Intelligence tool-set'),
  ('Data Access Release Service'), ('online facilities'), ('Data Services Platform'), ('data sets and collections'), ('cyber knowledge service'), ('threat library'), ('e-learning modules'),
  ('engagement campaign'), ('development and programme management tools'), ('commercial technology platform'),
  ('Systems and Service Delivery'), ('SSD'), ('NHS.UK team'), ('Digital Delivery Centre'), ('IT Development'), ('NHS 111 team'), ('smaller development teams'), ('programme teams'),
  ('Service Operations'), ('Leeds digital delivery centre'), ('enterprise architecture'), ('commercial'), ('data services'), ('analytical services'), ('statistical services'),
  ('Leeds'), ('London'), ('Exeter'), ('Southampton'),
  ('NHS Digital'), ('NHS Digital Board'), ('Enterprise Architecture Board'), ('Digital Delivery Board'), ('National Cyber Security Centre'), ('National Data Guardian'),
  ('National Security Operations Centre'), ('external consultants'), ('commissioners'), ('providers'), ('arms-length bodies'), ('researchers'), ('intermediary market'), ('hospitals'), ('pharmacy'),
  ('community settings'), ('suppliers'),
  ('Personalised Health and Care 2020'), ('Domain H'), ('sustainability and transformation plans'), ('Cyber Security Programme'), ('Capability Review'), ('NHS Digital Data Strategy'), ('commercial strategy'),
  ('interoperability standards'), ('ISO27001'), ('Data Security Standards'),
  ('market engagement'), ('supplier relationship management'), ('category management');
SELECT is_empty($$SELECT name FROM named n WHERE NOT EXISTS (SELECT FROM portfolio.find(n.name) f WHERE f.rank <= 6)$$, 'everything that the paper names is found by name');
SELECT is((SELECT count(*) FROM named), 76::bigint, 'all 76 of them');

SELECT results_eq(
  $$SELECT t.code, s.code FROM portfolio.team t JOIN portfolio.site s ON s.id = t.site ORDER BY 1$$,
  $$VALUES ('DDC', 'LEEDS'), ('IT_DEVELOPMENT', 'LEEDS'), ('NHS111_TEAM', 'SOUTHAMPTON'), ('NHSUK_TEAM', 'LONDON'), ('SSD', 'EXETER')$$, 'the teams are where the paper says');
SELECT results_eq(
  $$SELECT code FROM portfolio.programme WHERE state = 'in_delivery' AND end_date < '2017-06-01' ORDER BY 1$$,
  $$VALUES ('EPS_R2'), ('ESR'), ('GPSOC'), ('LIAISON_DIVERSION'), ('PANDEMIC_FLU')$$, 'five programmes were past their end date on 1 June 2017');
SELECT results_eq(
  $$SELECT s.code, p.state, s.evidence ~ 'are good examples of this' FROM portfolio.service s JOIN portfolio.programme p ON p.id = s.governed_by WHERE s.adopted_locally ORDER BY 1$$,
  $$VALUES ('EPS', 'in_delivery', true), ('NHSMAIL2', 'in_delivery', true), ('SCR', 'in_delivery', true)$$, 'three services are used locally and still governed by a programme, in the words of the paper');
SELECT is((SELECT count(*) FROM portfolio.data_set WHERE source = 'example' AND relation_name IS NOT NULL), 0::bigint, 'its data sets are not attached to any relation');
SELECT results_eq($$SELECT dca::text, count(*)::int FROM portfolio.programme WHERE gmpp_id IS NOT NULL GROUP BY 1 ORDER BY 1$$,
  $$VALUES ('Amber', 10), ('Amber/Green', 4), ('Amber/Red', 4)$$, '18 published programmes by delivery confidence');
\if :no_data
SELECT skip('the published programmes are not here', 1);
\else
CREATE TEMP TABLE published (gmpp_id text, name text, department text, category text, dca text, start_date date, end_date date, baseline numeric, forecast numeric, whole_life numeric, snapshot date);
\set copy '\\copy published FROM ''' :data '/gmpp/gmpp_dh_2016-09-30.csv'' (FORMAT csv, HEADER)'
\o /dev/null
:copy
\o
SELECT is_empty(
  $$(SELECT * FROM published EXCEPT SELECT gmpp_id, name, department, category, dca::text, start_date, end_date, fy_baseline_gbp_m, fy_forecast_gbp_m, whole_life_cost_gbp_m, snapshot_date FROM portfolio.programme)
    UNION ALL (SELECT gmpp_id, name, department, category, dca::text, start_date, end_date, fy_baseline_gbp_m, fy_forecast_gbp_m, whole_life_cost_gbp_m, snapshot_date FROM portfolio.programme WHERE gmpp_id IS NOT NULL EXCEPT SELECT * FROM published)$$,
  'every published figure is here, and no other');
\endif

-- The way back: rows of one's own stay, and what still refers to the example keeps all of it
INSERT INTO portfolio.service (code, name) VALUES ('OWN', 'One''s own');
INSERT INTO portfolio.team (code, name, organisation) VALUES ('OWN_TEAM', 'Own team', portfolio.element_id('organisation', 'NHS_DIGITAL'));
SELECT throws_ok('SELECT portfolio.unload_example()', '23503', NULL, 'unloading is refused while something of one''s own refers to the example');
SELECT is((SELECT count(*) FROM portfolio.element WHERE source = 'example'), (SELECT count(*) FROM first_load WHERE source = 'example'), 'and nothing was taken');
DELETE FROM portfolio.team WHERE code = 'OWN_TEAM';
SELECT results_eq('SELECT what, total FROM portfolio.unload_example()', $$VALUES ('relationship', 0::bigint)$$, 'otherwise it goes');
SELECT results_eq($$SELECT kind, code FROM portfolio.element ORDER BY 1, 2$$, $$SELECT kind, code FROM before UNION ALL SELECT 'service', 'OWN' ORDER BY 1, 2$$, 'and only it');
SELECT is((SELECT count(*) FROM portfolio.element_alias) + (SELECT count(*) FROM portfolio.element_property) + (SELECT count(*) FROM portfolio.relationship), 0::bigint, 'aliases, properties and relationships went with it');
-- A code that is taken stays one's own
INSERT INTO portfolio.system (code, name) VALUES ('SPINE', 'Our own backbone');
SELECT lives_ok('SELECT portfolio.load_example()', 'a code that is taken does not stop it');
SELECT results_eq($$SELECT name, source, (SELECT count(*) FROM portfolio.relationship r WHERE e.id IN (r.source, r.target)) FROM portfolio.element e WHERE code = 'SPINE'$$,
  $$VALUES ('Our own backbone', NULL::text, 0::bigint)$$, 'the row is left as it is, and nothing is tied to it');
SELECT * FROM finish();
ROLLBACK;
