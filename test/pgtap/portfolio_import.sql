-- Sheets: what cells may say, a sheet of 400 rows with 30 faults, and back out again.
BEGIN;
SELECT plan(51);

-- cells
SELECT is_empty($$SELECT said, r.value FROM (VALUES ('2016-09-30'), ('30/09/2016'), ('30.9.16'), ('30-09-2016'), ('30 Sep 2016'), ('30 Sept 16'), ('30-Sep-16'), ('30th September 2016'), ('Friday 30 September 2016'),
    ('Fri, 30 sep 2016'), ('20160930'), ('42643'), ('42643.75'), ('2016-09-30 00:00:00'), ('2016-09-30T09:30:00Z'), ('30/09/2016 09:30'), (E' 30/09/2016\t')) v (said), portfolio.read_date(v.said) r
  WHERE r.value IS DISTINCT FROM '2016-09-30' OR r.problem IS NOT NULL$$, 'a day in every form that people write');
SELECT is_empty($$SELECT said, r FROM unnest('{"",-,n/a,#N/A,TBC,"  ",unknown,–}'::text[]) said, portfolio.read_date(said) r WHERE r IS DISTINCT FROM (NULL::date, NULL::text)$$, 'what says nothing');
SELECT results_eq($$SELECT r.problem FROM unnest('{31/02/2017,29/02/2100,00/01/2016,09/30/2016,30 Foo 2016,2016,next spring,30/09/201}'::text[]) said, portfolio.read_date(said) r$$,
  $$VALUES ('"31/02/2017" is a day that no calendar has'), ('"29/02/2100" is a day that no calendar has'), ('"00/01/2016" is a day that no calendar has'), ('"09/30/2016" is not a day: it is read as day, month, year'),
           ('"30 Foo 2016" is not a day: no month is called "Foo"'), ('"2016" is not a day'), ('"next spring" is not a day'), ('"30/09/201" is not a day')$$, 'and what is no day, with the reason');
SELECT results_eq($$SELECT r.value FROM (VALUES ('£1,234.50', 'gbp'), ('1234.5', NULL), ('(1,234)', 'gbp'), ('-£5', 'gbp'), ('£-5', 'gbp'), ('£2.9m', 'gbp'), ('£2.9m', 'gbp_m'), ('2.9', 'gbp_m'), ('£1.2bn', 'gbp_m'), ('5k', 'gbp'),
    ('12%', 'percent'), ('95', 'percent'), ('1 234', NULL), ('1.5E+3', NULL), ('−3', NULL)) v (said, unit), portfolio.read_number(v.said, v.unit) r$$,
  $$VALUES (1234.5), (1234.5), (-1234), (-5), (-5), (2900000), (2.9), (2.9), (1200), (5000), (12), (95), (1234), (1500), (-3)$$, 'numbers, money and percentages');
SELECT results_eq($$SELECT r.problem FROM (VALUES ('1,5', NULL), ('1,23,456', NULL), ('12%', 'gbp'), ('£5', NULL), ('about 5', 'gbp'), ('$5', 'gbp')) v (said, unit), portfolio.read_number(v.said, v.unit) r$$,
  $$VALUES ('"1,5" is not a number'), ('"1,23,456" is not a number'), ('"12%" is a percentage'), ('"£5" is an amount of money'), ('"about 5" is not a number'), ('"$5" is not a number')$$, 'and what is none');
SELECT results_eq($$SELECT r.value FROM unnest('{Yes,N,TRUE,0,x}'::text[]) said, portfolio.read_boolean(said) r$$, 'VALUES (true), (false), (true), (false), (true)', 'yes and no');
-- encodings
SELECT results_eq($$SELECT portfolio.mend_text(v) FROM (VALUES (U&'\00C2\00A35 \00E2\20AC\201C \00E2\20AC\2122'), (U&'don\0092t \0096 \0080'), (U&'\00EF\00BB\00BFcode'), (U&'\FEFFcode'), (U&'a\00A0b'), (U&'\00C3\201A\00C2\00A3'), ('caf' || U&'\00C3\00A9')) t (v)$$,
  $$VALUES ('£5 – ’'), ('don’t – €'), ('code'), ('code'), ('a b'), ('£'), ('café')$$, 'text that was read in the wrong encoding, once or twice');
SELECT is_empty($$SELECT t FROM unnest('{"£5 – ’","naïve café","Ærø","Â",ASCII,"“quoted”","日本語","À la carte »"}'::text[]) t WHERE portfolio.mend_text(t) <> t$$, 'and what was read right stays as it is');

-- headings
CREATE TEMP TABLE h1 ("Service name" text, " CODE " text, "Run cost (£)" text, "SLA" text, "Whatever" text);
SET LOCAL client_min_messages = error;
SELECT is(portfolio.match_headings('service', 'h1', '{}'), '{"name": "Service name", "code": " CODE ", "run_cost_gbp": "Run cost (£)", "service_level": "SLA"}'::jsonb, 'headings by name, label and alias');
SELECT is(portfolio.match_headings('service', 'h1', '{"Whatever": "support_tier", "SLA": null}') -> 'support_tier', '"Whatever"'::jsonb, 'the mapping goes before');
CREATE TEMP TABLE h2 ("Code" text, "code" text, "Name" text, "Title" text);
SELECT throws_ok($$SELECT portfolio.import('service', 'h2')$$, '42701', 'several headings of h2 mean the same field', 'duplicated headings are refused');
CREATE TEMP TABLE h3 ("Code" text, "Owned by" text, "owner name" text, "Owner" text);
PREPARE duplicated AS SELECT portfolio.import('service', 'h3');
CREATE FUNCTION pg_temp.detail(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE d text;
BEGIN
  EXECUTE statement;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL; RETURN d;
END
$$;
SELECT is(pg_temp.detail('EXECUTE duplicated'), 'owner: "Owned by", "owner name", "Owner".', 'each named');
SELECT throws_ok($$SELECT portfolio.import('service', 'h1', '{"Cost": "name"}')$$, '42703', NULL, 'a mapping from a heading that is not there');
SELECT throws_ok($$SELECT portfolio.import('service', 'h1', '{"Whatever": "price"}')$$, '42703', NULL, 'or to a field that is not there');
SELECT throws_ok($$SELECT portfolio.import('dragon', 'h1')$$, '42704', 'kind "dragon" is not known', 'a kind that is not there');
SELECT throws_ok($$SELECT portfolio.import('service', 'h1', '{"Service name": null, " CODE ": null}')$$, '42703', NULL, 'a sheet that does not say what its rows are about');
SELECT throws_ok($$SELECT portfolio.import('service', 'h1', options => '{"fast": true}')$$, '22023', NULL, 'an option that is not there');

-- 400 contracts, 30 of them at fault
INSERT INTO portfolio.supplier (code, name) VALUES ('I_S1', 'Sheet supplier one'), ('I_S2', 'Sheet supplier two');
INSERT INTO portfolio.team (code, name) VALUES ('I_T1', 'Sheet team'), ('I_T2', 'Sheet team');
INSERT INTO portfolio.service (code, name) VALUES ('I_SV', 'Sheet service');
INSERT INTO portfolio.element_alias (element, scheme, value) VALUES (portfolio.element_id('supplier', 'I_S1'), 'name', 'Twins'), (portfolio.element_id('supplier', 'I_S2'), 'name', 'Twins'),
  (portfolio.element_id('supplier', 'I_S2'), 'companies house', '01234567');
CREATE TEMP TABLE sheet (n int, "Contract name" text, "Code" text, "Vendor" text, "Service" text, "System" text, "Start date" text, "End date" text, "Contract type" text, "Contract value" text, "Spent" text,
                         "Notice period" text, "Framework" text, "Owned by" text);
INSERT INTO sheet
SELECT g, format('Contract %s – the "%1$s", new', g), 'I_' || g,
       (ARRAY['I_S1', 'sheet supplier ONE', '01234567', 'supplier:I_S2'])[1 + g % 4], CASE WHEN g % 3 = 0 THEN 'Sheet service' END, '-',
       CASE g % 5 WHEN 0 THEN '01/04/2016' WHEN 1 THEN '42461' WHEN 2 THEN '1st April 2016' WHEN 3 THEN '2016-04-01' ELSE '20160401' END, CASE WHEN g % 2 = 0 THEN '31 Mar 2018' ELSE 'TBC' END,
       CASE g % 3 WHEN 0 THEN 'Call off' WHEN 1 THEN 'contract' ELSE '' END, CASE g % 4 WHEN 0 THEN '£1,234.50' WHEN 1 THEN '£2.5m' WHEN 2 THEN '12k' ELSE 'n/a' END, '', CASE WHEN g % 2 = 0 THEN '90' ELSE '' END,
       -- a framework further down the sheet
       CASE WHEN g = 10 THEN 'I_390' WHEN g = 20 THEN 'contract:i_10' END, 'team:I_T1'
  FROM generate_series(1, 400) g;
UPDATE sheet SET "Framework" = 'contract:I_10' WHERE n = 20;
UPDATE sheet SET "Contract name" = U&'Caf\00C3\00A9 \00E2\20AC\201C \00C2\00A35' WHERE n = 30;
CREATE TEMP TABLE fault (n int PRIMARY KEY, col text, said text, field text, problem text);
INSERT INTO fault VALUES
  (11, 'Code', '', 'code', 'code: is needed'),
  (22, 'Contract name', 'n/a', 'name', 'name: is needed'),
  (33, 'Vendor', '', 'supplier', 'supplier: is needed'),
  (44, 'Vendor', 'Nobody Ltd', 'supplier', 'supplier: "Nobody Ltd" is no supplier'),
  (55, 'Vendor', 'Twins', 'supplier', 'supplier: "Twins" names more than one: it may be supplier:I_S1 (Sheet supplier one), supplier:I_S2 (Sheet supplier two)'),
  (66, 'Vendor', 'team:I_T1', 'supplier', 'supplier: "team:I_T1" is no supplier'),
  (77, 'Start date', '31/02/2017', 'valid_from', 'valid_from: "31/02/2017" is a day that no calendar has'),
  (88, 'Start date', '09/30/2016', 'valid_from', 'valid_from: "09/30/2016" is not a day: it is read as day, month, year'),
  (99, 'End date', '31/03/2016', 'ends_on', 'ends_on: 2016-03-31 is before 2016-04-01, where it begins'),
  (101, 'End date', 'next spring', 'ends_on', 'ends_on: "next spring" is not a day'),
  (111, 'Contract value', 'about 5', 'value_gbp', 'value_gbp: "about 5" is not a number'),
  (122, 'Contract value', '12%', 'value_gbp', 'value_gbp: "12%" is a percentage'),
  (133, 'Contract value', '-£5', 'value_gbp', 'value_gbp: does not fit CHECK ((value_gbp >= (0)::numeric))'),
  (144, 'Notice period', '2.5', 'notice_days', 'notice_days: "2.5" is not a whole number'),
  (155, 'Notice period', '£30', 'notice_days', 'notice_days: "£30" is an amount of money'),
  (166, 'Notice period', '-1', 'notice_days', 'notice_days: does not fit CHECK ((notice_days >= 0))'),
  (177, 'Contract type', 'handshake', 'contract_type', 'contract_type: "handshake" is none of contract, framework, call_off, agreement'),
  (188, 'Framework', 'I_188', 'framework', 'framework: "I_188" is no contract, and its own row is refused or refers back to this one'),
  (199, 'Framework', 'I_201', 'framework', 'framework: "I_201" is no contract, and its own row is refused or refers back to this one'),
  (201, 'Framework', 'I_199', 'framework', 'framework: "I_199" is no contract, and its own row is refused or refers back to this one'),
  (211, 'Framework', 'I_44', 'framework', 'framework: "I_44" is no contract, and its own row is refused or refers back to this one'),
  (222, 'Owned by', 'nobody at all', 'owner', 'owner: "nobody at all" is no element'),
  (233, 'Owned by', 'Sheet team', 'owner', 'owner: "Sheet team" names more than one: it may be team:I_T1 (Sheet team), team:I_T2 (Sheet team)'),
  (244, 'Code', 'i_1', 'code', 'code: is in row 1 too'),
  (255, 'Contract value', '1,5', 'value_gbp', 'value_gbp: "1,5" is not a number'),
  (266, 'Spent', 'NaN', 'spend_gbp', 'spend_gbp: "NaN" is not a number'),
  (277, 'Start date', '2016', 'valid_from', 'valid_from: "2016" is not a day'),
  (288, 'System', 'Sheet service', 'system', 'system: "Sheet service" is no system'),
  (299, 'Notice period', '30 days', 'notice_days', 'notice_days: "30 days" is not a number'),
  (311, 'Contract type', 'call.off!?x', 'contract_type', 'contract_type: "call.off!?x" is none of contract, framework, call_off, agreement');
SELECT is((SELECT count(*) FROM fault), 30::bigint, 'thirty faults');
DO $$
DECLARE f record;
BEGIN
  FOR f IN SELECT * FROM fault LOOP
    EXECUTE format('UPDATE sheet SET %I = %L WHERE n = %s', f.col, f.said, f.n);
  END LOOP;
END
$$;
-- rows that an UPDATE has written anew are elsewhere in the table
CREATE TEMP TABLE load AS SELECT * FROM sheet ORDER BY n;
ALTER TABLE load DROP COLUMN n;
CREATE TEMP TABLE tried AS SELECT * FROM portfolio.import('contract', 'load');
SELECT is((SELECT count(*) FROM portfolio.contract WHERE code LIKE 'I\_%'), 0::bigint, 'a dry run leaves nothing behind');
CREATE TEMP TABLE done AS SELECT * FROM portfolio.import('contract', 'load', dry_run => false);
SELECT set_eq('SELECT * FROM tried', 'SELECT * FROM done', 'and tells what the import then does');
SELECT is((SELECT count(*) FROM done), 400::bigint, 'one verdict a row');
SELECT set_eq($$SELECT "row", field, problem FROM done WHERE verdict = 'refused'$$, $$SELECT n, field, problem FROM fault$$, 'each of the 30 faults is named, and nothing else is refused');
SELECT is((SELECT count(*) FROM done WHERE verdict = 'new'), 370::bigint, 'the other 370 rows are new');
SELECT is((SELECT count(*) FROM portfolio.contract WHERE code LIKE 'I\_%'), 370::bigint, 'and there');
SELECT results_eq($$SELECT valid, count(*) FROM portfolio.contract WHERE code LIKE 'I\_%' GROUP BY 1 ORDER BY 1$$,
  $$SELECT CASE WHEN n % 2 = 0 THEN '[2016-04-01,2018-04-01)'::daterange ELSE '[2016-04-01,)' END, count(*) FROM sheet WHERE n NOT IN (SELECT n FROM fault) GROUP BY 1 ORDER BY 1$$, 'with the same days in five forms');
SELECT results_eq($$SELECT value_gbp, contract_type FROM portfolio.contract WHERE code IN ('I_1', 'I_2', 'I_3', 'I_4') ORDER BY code$$, $$VALUES (2500000::numeric, 'contract'), (12000, 'contract'), (NULL, 'call_off'), (1234.5, 'contract')$$, 'money and words as they were meant');
SELECT results_eq($$SELECT portfolio.element_label(framework) FROM portfolio.contract WHERE code IN ('I_10', 'I_20') ORDER BY code$$, $$VALUES ('contract:I_390'), ('contract:I_10')$$, 'rows that refer to rows further down');
SELECT is((SELECT name FROM portfolio.contract WHERE code = 'I_30'), 'Café – £5', 'text that was read in the wrong encoding');
SELECT is((SELECT DISTINCT reason FROM portfolio.element_history('contract:I_1')), 'import of load', 'the journal says where it came from');
SELECT results_eq($$SELECT verdict, count(*) FROM portfolio.import('contract', 'load', dry_run => false) GROUP BY 1 ORDER BY 1$$, $$VALUES ('refused', 30::bigint), ('same', 370)$$, 'the same sheet again changes nothing');
UPDATE load SET "Contract value" = '£7', "End date" = '' WHERE "Code" = 'I_2';
SELECT results_eq($$SELECT code, field, changes FROM portfolio.import('contract', 'load', dry_run => false) WHERE verdict = 'changed'$$,
  $$VALUES ('I_2', 'ends_on, value_gbp', '{"ends_on": ["2018-03-31", null], "value_gbp": [12000, 7]}'::jsonb)$$, 'a cell that was changed is told with its value before');
SELECT is((SELECT count(*) FROM portfolio.import('contract', 'load', dry_run => false, options => '{"all_or_nothing": true}') WHERE verdict = 'refused'), 30::bigint, 'all or nothing tells the same');
DELETE FROM portfolio.contract WHERE code = 'I_5';
SELECT is((SELECT count(*) FROM portfolio.import('contract', 'load', dry_run => false, options => '{"all_or_nothing": true}') WHERE verdict = 'new'), 1::bigint, 'what would be new');
SELECT is((SELECT count(*) FROM portfolio.contract WHERE code = 'I_5'), 0::bigint, 'is not there');

-- several faults in one row, rows that say nothing, rows known by an alias or by name
CREATE TEMP TABLE mixed (code text, name text, lifecycle text, functional_fit text, ends_on text, valid_from text);
INSERT INTO portfolio.system (code, name, description) VALUES ('I_OLD', 'Old system', 'kept');
INSERT INTO portfolio.element_alias (element, scheme, value) VALUES (portfolio.element_id('system', 'I_OLD'), 'code', 'I_OLDER');
INSERT INTO mixed VALUES ('I_BAD', 'Bad', 'lively', '9x', '01/01/2016', '01/01/2017'), ('', ' ', NULL, '-', NULL, NULL), ('I_OLDER', 'Renamed system', 'retiring', '', '', ''), ('', 'renamed SYSTEM', '', '2', '', '');
SELECT results_eq($$SELECT "row", code, verdict, field FROM portfolio.import('system', 'mixed', dry_run => false)$$,
  $$VALUES (1::bigint, 'I_BAD', 'refused', 'lifecycle, functional_fit, ends_on'), (3, 'I_OLD', 'changed', 'lifecycle, name'), (4, 'I_OLD', 'changed', 'functional_fit, name')$$,
  'every fault of a row, no verdict for an empty one, an element by its former code and by its name');
SELECT results_eq($$SELECT code, name, lifecycle, functional_fit::int, description FROM portfolio.system WHERE code = 'I_OLD'$$, $$VALUES ('I_OLD', 'renamed SYSTEM', 'retiring', 2, 'kept')$$,
  'an empty cell leaves what has a default, what the sheet does not have stays');

-- a state whose words are in a table, and a plain kind with properties
CREATE TEMP TABLE services (name text, code text, status text, "Adopted locally?" text);
INSERT INTO services VALUES ('A service', 'I_A', 'In transition', 'Yes'), ('B service', 'I_B', 'Asleep', 'no');
SELECT results_eq($$SELECT verdict, problem FROM portfolio.import('service', 'services', dry_run => false)$$,
  $$VALUES ('new', NULL), ('refused', 'state: "Asleep" is none of pipeline, in_transition, early_life_support, live, retiring, retired')$$, 'words of a look-up table');
SELECT portfolio.define_property('capability', 'i_level', 'integer', 'Maturity level'), portfolio.define_property('capability', 'i_grade', 'choice', 'Grade', '{gold,silver}');
CREATE TEMP TABLE capabilities ("Capability" text, "ID" text, "Maturity-level" text, "Grade" text);
INSERT INTO capabilities VALUES ('Identity', 'I_C1', '3', 'Gold'), ('Consent', 'I_C2', 'high', ''), ('Booking', 'I_C3', '', 'tin');
SELECT results_eq($$SELECT code, verdict, problem FROM portfolio.import('capability', 'capabilities', dry_run => false)$$,
  $$VALUES ('I_C1', 'new', NULL), ('I_C2', 'refused', 'i_level: "high" is not a number'), ('I_C3', 'refused', 'i_grade: "tin" is none of gold, silver')$$, 'defined properties are columns of the sheet');
SELECT results_eq($$SELECT key, value FROM portfolio.element_property WHERE element = portfolio.element_id('capability', 'I_C1') ORDER BY 1$$, $$VALUES ('i_grade', 'gold'), ('i_level', '3')$$, 'and written as such');

SELECT throws_ok($$SELECT portfolio.import('capability', NULL)$$, '22004', 'the relation must not be null', 'a sheet is needed');
SELECT throws_ok($$SELECT portfolio.import('capability', 'capabilities', '["Grade"]')$$, '22023', 'mapping is no object', 'and a mapping from heading to field');
CREATE TEMP TABLE unsaid AS SELECT 'I_C4'::text AS code, 'Unsaid' AS name;
SELECT is((SELECT verdict FROM portfolio.import('capability', 'unsaid', dry_run => NULL)) || portfolio.element_id('capability', 'I_C4'), NULL, 'what is not said is a dry run');

-- the way out; test/t/220_portfolio_sheets.pl goes there and back through files
SELECT count(*) FROM portfolio.load_example();
UPDATE portfolio.service SET description = E'two\nlines, "quoted" ', owner = portfolio.element_id('team', 'SSD'), run_cost_gbp = 1234.50 WHERE code = 'EPS';
SELECT is((SELECT l FROM portfolio.export('service') WITH ORDINALITY e (l, n) WHERE n = 1), (SELECT string_agg(field, ',' ORDER BY ord) FROM portfolio.sheet_fields('service')), 'export() writes the headings that import() reads');
SELECT is((SELECT count(*) FROM portfolio.export('service')), (SELECT count(*) + 1 FROM portfolio.service), 'and a line for each element');
SELECT ok((SELECT l ~ E'^EPS,Electronic Prescribing Service,"two\nlines, ""quoted"" ",team:SSD,example,in_transition,national,yes,EPS_R2,' FROM portfolio.export('service') l WHERE starts_with(l, 'EPS,')), 'quoted as CSV wants it, references by code');
SELECT is(portfolio.csv_cell(NULL) || '|' || portfolio.csv_cell('') || '|' || portfolio.csv_cell('a,b') || '|' || portfolio.csv_cell('a"b') || '|' || portfolio.csv_cell('plain'), '|""|"a,b"|"a""b"|plain', 'cells of CSV');
SELECT throws_ok($$SELECT portfolio.export('dragon')$$, '42704', NULL, 'no export of a kind that is not there');

-- a row that names what is not there is refused by itself, though the key waits for the end of the transaction
CREATE TEMP TABLE roadmaps AS SELECT * FROM (VALUES ('I_R1', 'One', ''), ('I_R2', 'Two', 'RM-1'), ('I_R3', 'Three', '')) v (code, name, "roadmap item");
SELECT results_eq($$SELECT code, verdict, field FROM portfolio.import('service', 'roadmaps')$$, $$VALUES ('I_R1', 'new', NULL), ('I_R2', 'refused', 'roadmap_item'), ('I_R3', 'new', NULL)$$, 'the dry run tells');
SELECT results_eq($$SELECT code, verdict, problem ~ '^roadmap_item: Key .* is not present' FROM portfolio.import('service', 'roadmaps', dry_run => false)$$, $$VALUES ('I_R1', 'new', NULL::boolean), ('I_R2', 'refused', true), ('I_R3', 'new', NULL)$$, 'and the others are written');
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
CREATE TEMP TABLE heads AS SELECT * FROM (VALUES ('I_H1', 'One', '12.0'), ('I_H2', 'Two', '1,200.00'), ('I_H3', 'Three', '1.5')) v ("Team code", "Team", "Head-count");
SELECT results_eq($$SELECT code, verdict, problem FROM portfolio.import('team', 'heads', dry_run => false)$$, $$VALUES ('I_H1', 'new', NULL), ('I_H2', 'new', NULL), ('I_H3', 'refused', 'headcount: "1.5" is not a whole number')$$, 'a whole number may be written with a point');
SELECT results_eq($$SELECT headcount::int FROM portfolio.team WHERE code LIKE 'I\_H%' ORDER BY code$$, '{12,1200}'::int[], 'and is that number');
SELECT * FROM finish();
ROLLBACK;
