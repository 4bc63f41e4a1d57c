-- Sheets of links: relationships, and what is said about elements in dated rows of their own.
BEGIN;
SELECT plan(44);
CREATE FUNCTION pg_temp.e(kind text, code text) RETURNS bigint LANGUAGE sql AS $$SELECT portfolio.element_id($1, $2)$$;
INSERT INTO portfolio.organisation (code, name) VALUES ('L_ORG', 'Link organisation'), ('L_ORG2', 'Second link organisation');
INSERT INTO portfolio.service (code, name) VALUES ('L_S1', 'Link service one'), ('L_S2', 'Link service two');
INSERT INTO portfolio.system (code, name) VALUES ('L_Y1', 'Link system one'), ('L_Y2', 'Link system two'), ('L_TWIN1', 'Link twin'), ('L_TWIN2', 'Link twin');
INSERT INTO portfolio.data_set (code, name) VALUES ('L_D', 'Link data');
INSERT INTO portfolio.interface (code, name, system) VALUES ('L_I', 'Link interface', pg_temp.e('system', 'L_Y1'));
INSERT INTO portfolio.standard (code, name) VALUES ('L_ST', 'Link standard');
INSERT INTO portfolio.technology (code, name) VALUES ('L_T', 'Link technology');
INSERT INTO portfolio.element (kind, code, name) VALUES ('goal', 'L_G', 'Link goal');
INSERT INTO portfolio.element_alias (element, scheme, value) VALUES (pg_temp.e('system', 'L_Y1'), 'name', 'The old machine');

-- relationships as an analyst keeps them
CREATE TEMP TABLE rel ("From" text, "To" text, "Relationship type" text, "Access" text, "Influence" text, "Valid from" text, "Valid to" text, "Attributes" text, "Comment" text);
SET LOCAL client_min_messages = error;
SELECT is(portfolio.match_headings('relationship', 'rel', '{"Comment": "description"}'),
  '{"source": "From", "target": "To", "kind": "Relationship type", "access": "Access", "influence": "Influence", "valid_from": "Valid from", "ends_on": "Valid to", "attributes": "Attributes", "description": "Comment"}'::jsonb,
  'from, to, relationship type, access, influence, valid from and to');
INSERT INTO rel VALUES
  ('system:L_Y1', 'service:L_S1', 'Realization', '', '', '01/04/2016', '31 Mar 2018', '{"by": "team"}', 'first'),
  ('The old machine', 'Link data', 'access', 'Read/write', '', '', '', '', ''),
  ('l_y2', 'L_D', 'Access', 'READWRITE', '', '', '', '', ''),
  ('Link system two', 'L_G', 'influence', '', '-', '', '', '', ''),
  ('service:L_S1', 'organisation:L_ORG', 'composition', '', '', '', '', '', ''),
  ('Link twin', 'L_D', 'access', '', '', '', '', '', ''),
  ('nobody', 'nothing', 'marriage', '', '', '31/02/2016', '', '{', ''),
  ('L_Y1', 'L_S1', 'realization', '', '', '2017-01-01', '', '', ''),
  ('L_Y1', 'L_S1', 'realization', '', '', '2018-04-01', '', '', 'again'),
  ('', ' ', '-', 'n/a', '', '', '', '', NULL),
  ('L_S2', '', 'serving', '', '', '', '', '', ''),
  ('L_Y1', 'L_Y2', 'flow', '', '', '2016-01-01', '2015-01-01', '', ''),
  ('L_Y1', 'L_Y2', 'flow', '', '', '', '', '["a"]', '');
CREATE TEMP TABLE expected (n bigint, code text, verdict text, field text, problem text);
INSERT INTO expected VALUES
  (1, 'system:L_Y1 realization service:L_S1', 'new', NULL, NULL),
  (2, 'system:L_Y1 access data_set:L_D', 'new', NULL, NULL),
  (3, 'l_y2 access data_set:L_D', 'refused', 'source', 'source: "l_y2" is no element'),
  (4, 'system:L_Y2 influence goal:L_G', 'new', NULL, NULL),
  (5, 'service:L_S1 composition organisation:L_ORG', 'refused', 'source, kind, target',
   'source, kind, target: ArchiMate allows no composition from ApplicationService to BusinessActor, only association, flow, serving, triggering'),
  (6, 'Link twin access data_set:L_D', 'refused', 'source', 'source: "Link twin" names more than one: it may be system:L_TWIN1 (Link twin), system:L_TWIN2 (Link twin)'),
  (7, 'nobody marriage nothing', 'refused', 'source, kind, target, attributes, valid_from',
   'source: "nobody" is no element; kind: "marriage" is none of access, aggregation, assignment, association, composition, flow, influence, realization, serving, specialization, triggering; target: "nothing" is no element; attributes: invalid input syntax for type json; valid_from: "31/02/2016" is a day that no calendar has'),
  (8, 'system:L_Y1 realization service:L_S1', 'refused', 'source, kind, target', 'source, kind, target: is in row 1 too'),
  (9, 'system:L_Y1 realization service:L_S1', 'refused', 'source, kind, target', 'source, kind, target: is in row 8 too'),
  (11, 'service:L_S2 serving', 'refused', 'target', 'target: is needed'),
  (12, 'system:L_Y1 flow system:L_Y2', 'refused', 'ends_on', 'ends_on: 2015-01-01 is before 2016-01-01, where it begins'),
  (13, 'system:L_Y1 flow system:L_Y2', 'refused', 'attributes', 'attributes: does not fit CHECK ((jsonb_typeof(attributes) = ''object''::text))');
CREATE TEMP TABLE tried AS SELECT * FROM portfolio.import('relationship', 'rel', '{"Comment": "description"}');
SELECT is((SELECT count(*) FROM portfolio.relationship WHERE source = pg_temp.e('system', 'L_Y1')), 0::bigint, 'a dry run leaves nothing behind');
CREATE TEMP TABLE done AS SELECT * FROM portfolio.import('relationship', 'rel', '{"Comment": "description"}', false);
SELECT results_eq('TABLE tried', 'TABLE done', 'and tells what the import then does');
SELECT results_eq($$SELECT "row", code, verdict, field, problem FROM done$$, 'TABLE expected', 'one verdict a row that says something, with every fault of it');
SELECT results_eq($$SELECT portfolio.element_label(source), kind, portfolio.element_label(target), valid, attributes, description FROM portfolio.relationship
    WHERE source IN (pg_temp.e('system', 'L_Y1'), pg_temp.e('system', 'L_Y2')) ORDER BY id$$,
  $$VALUES ('system:L_Y1', 'realization', 'service:L_S1', '[2016-04-01,2018-04-01)'::daterange, '{"by": "team"}'::jsonb, 'first'),
           ('system:L_Y1', 'access', 'data_set:L_D', '(,)', '{"access": "readwrite"}', NULL), ('system:L_Y2', 'influence', 'goal:L_G', '(,)', '{"influence": "-"}', NULL)$$,
  'what was taken is as it was meant, a dash too where it is an influence');
CREATE TEMP TABLE journal AS SELECT count(*) AS rows FROM portfolio.change;
SELECT results_eq($$SELECT verdict, count(*) FROM portfolio.import('relationship', 'rel', '{"Comment": "description"}', false) GROUP BY 1 ORDER BY 1$$, $$VALUES ('refused', 9::bigint), ('same', 3)$$, 'the same sheet again');
SELECT is((SELECT count(*) FROM portfolio.change), (SELECT rows FROM journal), 'changes nothing');
TRUNCATE rel;
INSERT INTO rel VALUES ('L_Y1', 'L_S1', 'realization', '', '', '2016-04-01', '2017-03-31', '{"by": "team", "of": 2}', 'first'), ('L_Y1', 'L_D', 'Access', 'Read', '', '', '', '', NULL);
SELECT results_eq($$SELECT verdict, field, changes FROM portfolio.import('relationship', 'rel', '{"Comment": "description"}', false)$$,
  $$VALUES ('changed', 'attributes, ends_on', '{"ends_on": ["2018-03-31", "2017-03-31"], "attributes": [{"by": "team"}, {"by": "team", "of": 2}]}'::jsonb),
           ('changed', 'attributes', '{"attributes": [{"access": "readwrite"}, {"access": "read"}]}')$$, 'what has changed is told with its value before');
CREATE TEMP TABLE bare ("Source" text, "Kind" text, "Target" text, "Strength" text);
INSERT INTO bare VALUES ('L_Y1', 'access', 'L_D', ''), ('L_Y1', 'realization', 'L_S1', '5');
SELECT results_eq($$SELECT verdict, changes -> 'attributes' FROM portfolio.import('relationship', 'bare', dry_run => false)$$,
  $$VALUES ('same', NULL), ('changed', '[{"by": "team", "of": 2}, {"by": "team", "of": 2, "influence": "5"}]'::jsonb)$$, 'what a sheet has no column for stays');
TRUNCATE rel;
INSERT INTO rel VALUES ('L_Y1', 'L_S1', 'realization', '', '', '2016-04-01', '2017-03-31', '', ''), ('nobody', 'L_S1', 'realization', '', '', '', '', '', ''), ('L_Y2', 'L_S2', 'realization', '', '', '', '', '', '');
SELECT is((SELECT count(*) FROM portfolio.import('relationship', 'rel', dry_run => false, options => '{"all_or_nothing": true}') WHERE verdict = 'new'), 1::bigint, 'all or nothing tells what would be new');
SELECT is((SELECT count(*) FROM portfolio.relationship WHERE target = pg_temp.e('service', 'L_S2')), 0::bigint, 'and writes none of it when one row is refused');

-- periods: a link is known by its days, its first day, days in common; rows may move out of each other's way
DELETE FROM portfolio.relationship WHERE source = pg_temp.e('system', 'L_Y1');
INSERT INTO portfolio.relationship (source, kind, target, valid, name) VALUES (pg_temp.e('system', 'L_Y1'), 'flow', pg_temp.e('system', 'L_Y2'), '[2010-01-01,2015-01-01)', 'old'), (pg_temp.e('system', 'L_Y1'), 'flow', pg_temp.e('system', 'L_Y2'), '[2015-01-01,)', 'new');
CREATE TEMP TABLE moved ("source" text, "target" text, "type" text, "from" text, "until" text);
INSERT INTO moved VALUES ('L_Y1', 'L_Y2', 'flow', '2010-01-01', '2015-12-31'), ('L_Y1', 'L_Y2', 'flow', '2016-01-01', '');
SELECT throws_ok($$SELECT portfolio.import('relationship', 'moved')$$, '42701', 'several headings of moved mean the same field', '"from" is an end of a relationship');
SELECT results_eq($$SELECT verdict, changes FROM portfolio.import('relationship', 'moved', '{"from": "valid_from"}', false)$$,
  $$VALUES ('changed', '{"ends_on": ["2014-12-31", "2015-12-31"]}'::jsonb), ('changed', '{"valid_from": ["2015-01-01", "2016-01-01"]}')$$,
  'the first row waits until the second has made room');
SELECT results_eq($$SELECT name, valid FROM portfolio.relationship WHERE source = pg_temp.e('system', 'L_Y1') ORDER BY valid$$, $$VALUES ('old', '[2010-01-01,2016-01-01)'::daterange), ('new', '[2016-01-01,)')$$, 'and each stays itself');
SELECT results_eq($$SELECT verdict FROM portfolio.import('relationship', 'moved', '{"from": "valid_from"}', false)$$, $$VALUES ('same'), ('same')$$, 'again: nothing');
TRUNCATE moved;
INSERT INTO portfolio.relationship (source, kind, target, valid) SELECT pg_temp.e('system', 'L_Y2'), 'serving', pg_temp.e('system', 'L_Y1'), v FROM unnest('{"[2000-01-01,2005-01-01)","[2005-01-01,2010-01-01)"}'::daterange[]) v;
INSERT INTO moved VALUES ('L_Y1', 'L_Y2', 'flow', '2012-01-01', '2017-12-31'), ('L_Y2', 'L_Y1', 'serving', '2002-01-01', '2006-12-31');
SELECT results_eq($$SELECT verdict, problem FROM portfolio.import('relationship', 'moved', '{"from": "valid_from"}', false)$$,
  $$VALUES ('refused', 'source, kind, target, code, valid_from, ends_on: there is one for the days [2010-01-01,2016-01-01)'),
           ('refused', 'valid_from, ends_on: it may be any of those of [2000-01-01,2005-01-01), [2005-01-01,2010-01-01)')$$, 'days that reach into another period are refused, and those that two have in common');
TRUNCATE bare;
INSERT INTO bare VALUES ('L_Y1', 'flow', 'L_Y2', '3');
SELECT results_eq($$SELECT verdict FROM portfolio.import('relationship', 'bare', dry_run => false)$$, $$VALUES ('changed')$$, 'a sheet without days');
SELECT is((SELECT valid FROM portfolio.relationship WHERE source = pg_temp.e('system', 'L_Y1') AND attributes ->> 'influence' = '3'), '[2016-01-01,)'::daterange, 'means those of today');

-- two of one kind between one pair are told apart by code
CREATE TEMP TABLE coded (source text, kind text, target text, code text, name text);
INSERT INTO coded VALUES ('L_Y2', 'flow', 'L_Y1', 'a', 'one'), ('L_Y2', 'FlowRelationship', 'L_Y1', 'b', 'two'), ('L_Y2', 'flow', 'L_Y1', '', 'three'), ('L_Y2', 'flow', 'L_Y1', '-', 'four');
SELECT results_eq($$SELECT verdict, problem FROM portfolio.import('relationship', 'coded', dry_run => false)$$,
  $$VALUES ('new', NULL), ('new', NULL), ('new', NULL), ('refused', 'source, kind, target, code: is in row 3 too')$$, 'codes tell two flows between one pair apart');

-- the other links
CREATE TEMP TABLE roles ("Element" text, "Role" text, "Held by" text, "From" text, "To" text);
INSERT INTO roles VALUES ('service:L_S1', 'Service owner', 'L_ORG', '1/4/2016', '31/3/2018'), ('service:L_S1', 'service_owner', 'L_ORG2', '1/4/2018', ''), ('L_S1', 'SRO', 'L_S1', '', ''), ('L_S1', 'jester', 'L_ORG', '', ''), ('L_S1', 'Service Owner', 'L_ORG', '1/1/2017', '');
SELECT results_eq($$SELECT code, verdict, problem FROM portfolio.import('role_holder', 'roles', dry_run => false)$$,
  $$VALUES ('service:L_S1 service_owner', 'new', NULL), ('service:L_S1 service_owner', 'new', NULL), ('service:L_S1 sro', 'refused', 'element, party: does not fit CHECK ((party <> element))'),
           ('service:L_S1 jester', 'refused', 'role: "jester" is none of sro, service_owner, information_asset_owner, siro, caldicott_guardian, contract_manager'),
           ('service:L_S1 service_owner', 'refused', 'element, role: is in row 2 too')$$, 'who answers for what');
TRUNCATE roles;
INSERT INTO roles VALUES ('service:L_S1', 'Service owner', 'Second link organisation', '1/4/2016', '31/3/2018'), ('service:L_S1', 'service_owner', 'L_ORG2', '1/4/2018', '');
SELECT results_eq($$SELECT verdict, changes FROM portfolio.import('role_holder', 'roles', dry_run => false)$$,
  $$VALUES ('changed', '{"party": ["organisation:L_ORG", "organisation:L_ORG2"]}'::jsonb), ('same', NULL)$$, 'another holder of the same days is a change');
CREATE TEMP TABLE uses (system text, technology text, purpose text, valid_from text, ends_on text);
INSERT INTO uses VALUES ('L_Y1', 'Link technology', 'Database', '2015', ''), ('Link system one', 'technology:L_T', 'Database', '2015-01-01', ''), ('L_Y2', 'service:L_S1', '', '', '');
SELECT results_eq($$SELECT verdict, problem FROM portfolio.import('system_technology', 'uses', dry_run => false)$$,
  $$VALUES ('refused', 'valid_from: "2015" is not a day'), ('new', NULL), ('refused', 'technology: "service:L_S1" is no technology')$$, 'what runs on what');
CREATE TEMP TABLE conf (interface text, system text, standard text, conformance text, evidence text, "assessed on" text, "assessed by" text, "from" text, "to" text);
INSERT INTO conf VALUES ('L_I', '', 'L_ST', 'Self-assessed', '', '1/5/2016', 'L_ORG', '1/5/2016', '30/4/2017'), ('', 'Link system one', 'Link standard', 'Assured', '', '', '', '', ''),
  ('L_I', 'L_Y1', 'L_ST', 'declared', '', '', '', '', ''), ('', 'L_Y1', 'L_ST', 'assured', 'Certificate', '', '', '', '');
SELECT results_eq($$SELECT code, verdict, field FROM portfolio.import('conformance', 'conf', dry_run => false)$$,
  $$VALUES ('interface:L_I standard:L_ST', 'new', NULL), ('system:L_Y1 standard:L_ST', 'refused', 'status, evidence'), ('interface:L_I system:L_Y1 standard:L_ST', 'refused', 'interface, system'),
           ('system:L_Y1 standard:L_ST', 'refused', 'interface, system, standard')$$, 'how far what conforms');
DELETE FROM conf WHERE evidence = '' AND system <> '';
SELECT results_eq($$SELECT verdict, count(*) FROM portfolio.import('conformance', 'conf', dry_run => false) GROUP BY 1 ORDER BY 1$$, $$VALUES ('new', 1::bigint), ('same', 1)$$, 'without the row before it is taken');
CREATE TEMP TABLE seen (measure text, element text, organisation text, value text, numerator text, denominator text, "from" text, "to" text, source text);
INSERT INTO seen VALUES ('Availability', 'service:L_S1', '', '99.5', '', '', '1/4/2016', '30/4/2016', 'report'), ('use', 'service:L_S1', 'L_ORG', '', '5', '10', '1/4/2016', '30/4/2016', ''),
  ('use', 'service:L_S1', 'L_ORG2', '7', '5', '10', '1/4/2016', '30/4/2016', ''), ('use', 'service:L_S1', 'L_ORG2', '7', '', '', '1/4/2016', '', ''), ('use', 'service:L_S1', '', '7', '', '', '', '', ''),
  ('availability', 'service:L_S2', '', '98.5%', '', '', '1/4/2016', '30/4/2016', ''), ('use', 'service:L_S2', '', '98.5%', '', '', '1/4/2016', '30/4/2016', '');
SELECT results_eq($$SELECT code, verdict, field FROM portfolio.import('observation', 'seen', dry_run => false)$$,
  $$VALUES ('availability service:L_S1', 'new', NULL), ('use service:L_S1 organisation:L_ORG', 'new', NULL), ('use service:L_S1 organisation:L_ORG2', 'refused', 'value, numerator, denominator'),
           ('use service:L_S1 organisation:L_ORG2', 'refused', 'measure, element, organisation'), ('use service:L_S1', 'refused', 'valid_from'),
           ('availability service:L_S2', 'new', NULL), ('use service:L_S2', 'refused', 'value')$$, 'what was observed, in the unit of the measure');
SELECT is((SELECT recorded_by FROM portfolio.observation WHERE element = pg_temp.e('service', 'L_S1') AND organisation IS NULL), current_user, 'and by whom is no column of a sheet');
CREATE TEMP TABLE named (element text, scheme text, value text);
INSERT INTO named VALUES ('L_S1', 'name', 'Nickname'), ('L_S1', 'name', 'Nickname'), ('L_S1', '', 'x');
SELECT results_eq($$SELECT verdict, problem FROM portfolio.import('element_alias', 'named', dry_run => false)$$, $$VALUES ('new', NULL), ('refused', 'element, scheme, value: is in row 1 too'), ('refused', 'scheme: is needed')$$, 'other names');
SELECT is((SELECT verdict FROM portfolio.import('element_alias', 'named', dry_run => false) LIMIT 1), 'same', 'which have no days');
CREATE TEMP TABLE org_roles (organisation text, role text, "is primary" text);
INSERT INTO org_roles VALUES ('L_ORG', 'RO177', 'yes'), ('L_ORG', 'RO76', 'yes'), ('L_ORG', 'RO76', 'no');
SELECT results_eq($$SELECT verdict, field FROM portfolio.import('organisation_role', 'org_roles', dry_run => false)$$, $$VALUES ('new', NULL), ('refused', 'organisation, valid_from, ends_on'), ('refused', 'organisation, role')$$, 'and roles of organisations');

-- headings
CREATE TEMP TABLE headless ("From" text, "Type" text);
SELECT throws_ok($$SELECT portfolio.import('relationship', 'headless')$$, '42703', 'headless has no heading for target', 'a sheet that does not say what it links');
CREATE TEMP TABLE twice ("From" text, "Source" text, "To" text, "Type" text);
SELECT throws_ok($$SELECT portfolio.import('relationship', 'twice')$$, '42701', 'several headings of twice mean the same field', 'duplicated headings are refused');
SELECT throws_ok($$SELECT portfolio.export('relationships')$$, '42704', 'kind "relationships" is not known', 'a kind that is neither of elements nor of links');
SELECT throws_ok($$SELECT portfolio.import('relationship', 'rel', '{"Comment": "valid"}')$$, '42703', NULL, 'a mapping to a field that is not there');

-- out and in again: every kind of link
CREATE FUNCTION pg_temp.again(kind text) RETURNS TABLE (verdict text, rows bigint) LANGUAGE plpgsql AS $$
DECLARE
  head text[];
BEGIN
  SELECT cells INTO head FROM portfolio.csv_records((SELECT string_agg(l, E'\n') FROM portfolio.export(again.kind) l)) LIMIT 1;
  DROP TABLE IF EXISTS pg_temp.sheet;
  EXECUTE format('CREATE TEMP TABLE sheet (%s)', (SELECT string_agg(format('%I text', h), ', ') FROM unnest(head) h));
  EXECUTE format('INSERT INTO sheet SELECT %s FROM (SELECT cells FROM portfolio.csv_records((SELECT string_agg(l, E''\n'') FROM portfolio.export(%L) l)) OFFSET 1) r',
                 (SELECT string_agg(format('cells[%s]', n), ', ' ORDER BY n) FROM generate_series(1, cardinality(head)) n), again.kind);
  RETURN QUERY SELECT i.verdict, count(*) FROM portfolio.import(again.kind, 'pg_temp.sheet', dry_run => false) i GROUP BY 1 ORDER BY 1;
END
$$;
SELECT count(*) FROM portfolio.load_example();
UPDATE portfolio.relationship SET attributes = '{"access": "read", "directed": true, "influence": "--", "note": "a, \"b\"\n"}', weight = 0.1, name = E'two\nlines "quoted"', description = '-' WHERE source = pg_temp.e('system', 'L_Y2') AND code = 'a';
UPDATE journal SET rows = (SELECT count(*) FROM portfolio.change);
SELECT results_eq(format('SELECT * FROM pg_temp.again(%L)', k), format($$SELECT 'same', count(*) FROM portfolio.%I$$, k), k || ': out and in again, all the same')
  FROM unnest('{relationship,role_holder,system_technology,conformance,observation,organisation_role,element_alias}'::text[]) k;
SELECT is((SELECT count(*) FROM portfolio.change), (SELECT rows FROM journal), 'and nothing was journalled');
SELECT * FROM pg_temp.again('relationship');
UPDATE portfolio.relationship SET description = NULL WHERE description = '-';
CREATE TEMP TABLE kept AS SELECT source, kind, target, code, name, attributes, weight, valid, origin, description FROM portfolio.relationship;
DELETE FROM portfolio.relationship;
SELECT is((SELECT count(*) FROM portfolio.import('relationship', 'pg_temp.sheet', dry_run => false) WHERE verdict = 'new'), (SELECT count(*) FROM kept), 'into an empty table: all new');
SELECT set_eq('SELECT source, kind, target, code, name, attributes, weight, valid, origin, description FROM portfolio.relationship', 'TABLE kept', 'and every column as it was');
DELETE FROM portfolio.relationship;
SELECT is((SELECT portfolio.export('relationship') LIMIT 1), (SELECT string_agg(field, ',' ORDER BY ord) FROM portfolio.sheet_fields('relationship')), 'the headings of a sheet are its fields, with or without rows');
SELECT * FROM finish();
ROLLBACK;
