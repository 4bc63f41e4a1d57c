-- A sheet that is exported and taken in again changes nothing, whatever people have called things; and what a row may say.
BEGIN;
SELECT plan(37);
SET LOCAL client_min_messages = warning;
CREATE FUNCTION pg_temp.e(kind text, code text) RETURNS bigint LANGUAGE sql AS $$SELECT portfolio.element_id($1, $2)$$;
INSERT INTO portfolio.supplier (code, name) VALUES ('R_SUP', 'Supplier');
INSERT INTO portfolio.system (code, name) VALUES ('R_Y', 'System'), (' lead', 'n1'), ('trail ', 'n2'), ('nb' || chr(160) || 'sp', 'n3'), (U&'\00C2\00A35', 'n4'), (E'cr\rx', 'n5'), ('r_y', '-'), ('R_U', 'unknown'), ('-', 'n/a');
-- values as they are, not as a cell would say them
SELECT portfolio.define_property('system', 'r_pii', 'choice', 'Holds PII', '{yes,no,unknown,-}'), portfolio.define_property('system', 'r_note'), portfolio.define_property('system', 'r_n', 'number'),
       portfolio.define_property('system', 'a_vendor', 'text', 'Supplier'), portfolio.define_property('system', 'life cycle');
INSERT INTO portfolio.element_property (element, key, value) VALUES
  (pg_temp.e('system', 'R_Y'), 'r_pii', 'unknown'), (pg_temp.e('system', 'R_Y'), 'r_note', '-'), (pg_temp.e('system', 'R_Y'), 'r_n', '.5'), (pg_temp.e('system', 'R_U'), 'r_note', ' two '), (pg_temp.e('system', 'R_U'), 'r_pii', '-');
CREATE TEMP TABLE sheet AS
  SELECT s.code, s.name, s.lifecycle, (SELECT u.code FROM portfolio.supplier u WHERE u.id = s.supplier) AS supplier, p.value AS r_pii, n.value AS r_note, v.value AS r_n, NULL::text AS "life cycle"
    FROM portfolio.system s
    LEFT JOIN portfolio.element_property p ON p.element = s.id AND p.key = 'r_pii' LEFT JOIN portfolio.element_property n ON n.element = s.id AND n.key = 'r_note' LEFT JOIN portfolio.element_property v ON v.element = s.id AND v.key = 'r_n';
SELECT results_eq($$SELECT verdict, count(*) FROM portfolio.import('system', 'sheet', dry_run => false) GROUP BY 1$$, $$VALUES ('same', 9::bigint)$$, 'the same again');
SELECT results_eq($$SELECT value FROM portfolio.element_property WHERE key IN ('r_pii', 'r_note', 'r_n') ORDER BY value COLLATE "C"$$, $$VALUES (' two '), ('-'), ('-'), ('.5'), ('unknown')$$, 'and nothing is rewritten');
UPDATE sheet SET r_pii = 'NO', r_note = 'n/a', supplier = 'R_SUP', "life cycle" = 'round' WHERE code = 'R_Y';
SELECT results_eq($$SELECT changes FROM portfolio.import('system', 'sheet', dry_run => false) WHERE verdict = 'changed'$$,
  $$VALUES ('{"r_pii": ["unknown", "no"], "supplier": [null, "supplier:R_SUP"], "life cycle": [null, "round"]}'::jsonb)$$, 'a column has its heading before a property that is called like it, and what said nothing still says nothing');

-- two rows about one element
SELECT portfolio.rename_element('system:R_U', 'R_V', 'Known');
CREATE TEMP TABLE twice (code text, name text);
INSERT INTO twice VALUES ('R_U', 'Known'), ('R_V', 'Known too'), (NULL, 'Known'), ('R_NEW', 'New'), ('r_new', 'New');
SELECT results_eq($$SELECT "row", code, verdict, problem FROM portfolio.import('system', 'twice')$$, $$VALUES (1::bigint, 'R_V', 'same', NULL), (2, 'R_V', 'refused', 'code: is in row 1 too'), (3, NULL, 'refused', 'name: is in row 2 too'),
  (4, 'R_NEW', 'new', NULL), (5, 'r_new', 'refused', 'code: is in row 4 too')$$, 'the second is refused, whichever of its names it has');

-- dated properties
SELECT portfolio.define_property('system', 'r_dated');
INSERT INTO portfolio.element_property (element, key, value, valid) VALUES (pg_temp.e('system', 'R_Y'), 'r_dated', 'old', '[2014-01-01,)');
CREATE TEMP TABLE dated AS SELECT 'R_Y'::text AS code, 'new'::text AS r_dated;
SELECT is((SELECT changes FROM portfolio.import('system', 'dated', dry_run => false)), '{"r_dated": ["old", "new"]}', 'a dated property changes from today on');
SELECT results_eq($$SELECT value, valid FROM portfolio.element_property WHERE key = 'r_dated' ORDER BY 2$$, $$VALUES ('old', daterange('2014-01-01', current_date)), ('new', daterange(current_date, NULL))$$, 'and stays what it was before');
SELECT is((SELECT verdict FROM portfolio.import('system', 'dated', dry_run => false)), 'same', 'again: nothing');
UPDATE dated SET r_dated = '';
SELECT is((SELECT changes FROM portfolio.import('system', 'dated', dry_run => false)), '{"r_dated": ["new", null]}', 'nothing from today on');
UPDATE dated SET r_dated = 'later';
INSERT INTO portfolio.element_property (element, key, value, valid) VALUES (pg_temp.e('system', 'R_Y'), 'r_dated', 'planned', daterange(current_date + 100, NULL));
SELECT is((SELECT verdict FROM portfolio.import('system', 'dated', dry_run => false)), 'changed', 'something again');
SELECT results_eq($$SELECT value, valid FROM portfolio.element_property WHERE key = 'r_dated' ORDER BY 2$$,
  $$VALUES ('old', daterange('2014-01-01', current_date)), ('later', daterange(current_date, current_date + 100)), ('planned', daterange(current_date + 100, NULL))$$, 'until what is planned');

-- cells that are wrong: each with its field
CREATE TEMP TABLE wrong (code text, name text, functional_fit text);
INSERT INTO wrong VALUES ('R_Y', '', '3'), ('R_Y2', 'Fit', '99999'), ((SELECT string_agg(md5(i::text), '') FROM generate_series(1, 400) i), 'Long', NULL);
SELECT results_eq($$SELECT verdict, field, problem FROM portfolio.import('system', 'wrong', dry_run => false)$$,
  $$VALUES ('changed', 'functional_fit', NULL), ('refused', 'functional_fit', 'functional_fit: value "99999" is out of range for type smallint'), ('refused', 'code', 'code: is too long, it has 12800 characters')$$, 'a name that is left empty stays; numbers and texts have their bounds');
INSERT INTO portfolio.service (code, name) VALUES ('R_S', 'Service');
CREATE TEMP TABLE state AS SELECT 'R_S'::text AS code, 'retiring'::text AS state;
SELECT is((SELECT field FROM portfolio.import('service', 'state') WHERE verdict = 'refused'), 'state', 'a state that cannot follow');
INSERT INTO portfolio.standard (code, name) VALUES ('R_STD', 'Standard');
CREATE TEMP TABLE conforms AS SELECT 'R_STD'::text AS standard, 'declared'::text AS status;
SELECT is((SELECT problem FROM portfolio.import('conformance', 'conforms')), 'interface, system: one of them is needed', 'what conforms');
SELECT throws_ok($$SELECT portfolio.import('system', 'dated', options => '{"all_or_nothing": "maybe"}')$$, '22023', 'option "all_or_nothing" is neither true nor false', 'options are read before anything else');

-- names that are taken
SELECT throws_ok($$SELECT portfolio.add_kind('observation', 'BusinessObject', 'Observation')$$, '42710', 'sheets called "observation" hold links', 'a kind is not called like a sheet of links');
SELECT throws_ok($$SELECT portfolio.add_kind('r_kind', 'Relationship', 'X')$$, '22023', NULL, 'nor is a relationship an element');
SELECT throws_ok(format('SELECT portfolio.define_property(%L, %L)', v.kind, v.key), '42701', NULL, format('%s of a %s is a column', v.key, v.kind))
  FROM (VALUES ('system', 'time_quadrant'), ('contract', 'starts_on'), ('system', 'id'), ('system', 'valid'), ('capability', 'archimate_type')) v (kind, key);
SELECT portfolio.add_kind('r_clinic', 'Facility', 'Clinic'), portfolio.define_property('r_clinic', 'rooms', 'integer');
INSERT INTO portfolio.element (kind, code, name) VALUES ('r_clinic', 'R_C', 'Clinic');
INSERT INTO portfolio.element_property (element, key, value) VALUES (pg_temp.e('r_clinic', 'R_C'), 'rooms', '3');
SELECT lives_ok($$UPDATE portfolio.element_kind SET kind = 'r_clinic2' WHERE kind = 'r_clinic'$$, 'a kind is renamed with its properties');
SELECT is((SELECT d.kind FROM portfolio.property_definition d WHERE d.key = 'rooms'), 'r_clinic2', 'which follow');

-- days and numbers
SELECT results_eq($$SELECT c, (portfolio.read_date(c)).problem FROM unnest(ARRAY['0001-01-01', '01/01/0001 00:00:00', '2016-13-01', '09/30/2016']) c$$,
  $$VALUES ('0001-01-01', '"0001-01-01" is not a day: it is in the year 1, as programs write that there is none'), ('01/01/0001 00:00:00', '"01/01/0001" is not a day: it is in the year 1, as programs write that there is none'),
           ('2016-13-01', '"2016-13-01" is a day that no calendar has'), ('09/30/2016', '"09/30/2016" is not a day: it is read as day, month, year')$$, 'days that are none');
SELECT results_eq($$SELECT c, (portfolio.read_number(c, 'gbp')).value FROM unnest(ARRAY['1 2', '1 234 567', '12 500.5', '(5)', '(-5)', '£ 5', '-£5', '(£-5)', '£1 250']) c$$,
  $$VALUES ('1 2', NULL::numeric), ('1 234 567', 1234567), ('12 500.5', 12500.5), ('(5)', -5), ('(-5)', NULL), ('£ 5', 5), ('-£5', -5), ('(£-5)', NULL), ('£1 250', 1250)$$, 'blanks and signs in numbers');
SELECT is((portfolio.read_number('50m%', 'percent')).problem, '"50m%" is not a number', 'no millions of per cent');

-- plans are what the column could have
SELECT throws_ok(format('INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) VALUES (%s, %L, %L, ''[2030-01-01,)'')', pg_temp.e(v.kind, v.code), v.attribute, v.value), '23514', NULL, v.attribute || ' ' || v.value)
  FROM (VALUES ('service', 'R_S', 'run_cost_gbp', '-5'), ('system', 'R_Y', 'functional_fit', '9'), ('system', 'R_Y', 'technical_fit', '99999')) v (kind, code, attribute, value);
SELECT lives_ok(format($$INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) VALUES (%s, 'technical_fit', '3', '[2030-01-01,)'), (%s, 'state', 'live', '[2030-01-01,)')$$, pg_temp.e('system', 'R_Y'), pg_temp.e('service', 'R_S')), 'what fits is planned');
SELECT throws_ok($$INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) VALUES (-1, 'name', 'x', '[2030-01-01,)')$$, '23503', NULL, 'of an element that is there');
SELECT throws_ok($$INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) VALUES (NULL, 'name', 'x', '[2030-01-01,)')$$, '23502', NULL, 'and is one');

-- nothing that is journalled goes without an entry
SELECT is_empty($$SELECT t.tgrelid::regclass FROM pg_trigger t WHERE t.tgfoid = 'portfolio.record_change'::regproc AND t.tgname = 'record_change'
                  AND NOT EXISTS (SELECT FROM pg_trigger n WHERE n.tgrelid = t.tgrelid AND n.tgtype & 32 > 0)$$, 'every journalled table refuses TRUNCATE');
SELECT throws_ok('TRUNCATE portfolio.dca_history', '0A000', NULL, 'as those of ratings do');

-- circles that other rows close
INSERT INTO portfolio.organisation (code, name) VALUES ('R_A', 'A'), ('R_B', 'B'), ('R_C', 'C');
SELECT throws_ok($$UPDATE portfolio.organisation o SET parent = p.id FROM portfolio.organisation p WHERE (o.code, p.code) IN (('R_A', 'R_B'), ('R_B', 'R_C'), ('R_C', 'R_B'))$$, '23514', NULL, 'a circle above the first row is found');
SET LOCAL session_replication_role = replica;
UPDATE portfolio.organisation o SET parent = p.id FROM portfolio.organisation p WHERE (o.code, p.code) IN (('R_B', 'R_C'), ('R_C', 'R_B'));
SET LOCAL session_replication_role = origin;
SELECT throws_ok($$UPDATE portfolio.organisation SET parent = pg_temp.e('organisation', 'R_B') WHERE code = 'R_A'$$, '23514', 'column "parent" of "portfolio.organisation" leads into a circle', 'and one that was there already');
-- a line through numbers that lie next to each other
SELECT is(portfolio.sparkline(ARRAY[0, 5e-324]), portfolio.sparkline(ARRAY[1, 1]), 'a series that hardly moves');
SELECT * FROM finish();
ROLLBACK;
