-- The questions that an architecture function asks, each with what is planted and what it finds.
\set data `echo "$PF_DATA"`
SELECT :'data' = '' AS no_data \gset
BEGIN;
SELECT plan(31);
CREATE FUNCTION pg_temp.e(kind text, code text) RETURNS bigint LANGUAGE sql AS $$SELECT portfolio.element_id($1, $2)$$;

-- names of interfaces
SELECT results_eq($$SELECT portfolio.interface_purpose(n), portfolio.interface_technology(n) FROM (VALUES ('Personal Demographics Service - FHIR API'), ('Personal Demographics Service MESH'), ('e-Referral Service - FHIR API (HSCN)'),
    ('e-Referral Service Patient Care – FHIR API'), ('Directory of Services - Urgent and Emergency Care - SOAP API'), ('Pathology Messaging - HL7 V3'), ('NHSmail APIs'), ('Message Exchange for Social Care (MESH) API'),
    ('FHIR Converter API'), ('Web feature — WFS'), ('FHIR API')) v (n)$$,
  $$VALUES ('Personal Demographics Service', 'FHIR'), ('Personal Demographics Service', 'MESH'), ('e-Referral Service', 'FHIR'), ('e-Referral Service Patient Care', 'FHIR'),
           ('Directory of Services - Urgent and Emergency Care', 'SOAP'), ('Pathology Messaging', 'HL7 V3'), ('NHSmail', NULL), ('Message Exchange for Social Care', 'MESH'), ('FHIR Converter', 'FHIR'),
           ('Web feature', NULL), (NULL, 'FHIR')$$, 'what an interface is for, and in what technology');

-- the API catalogue
\if :no_data
SELECT skip('the API catalogue is not here', 5);
\else
CREATE TEMP TABLE catalogue (added text, updated text, url text, name text, description text, documentation text, license text, maintainer text, area text, starts text, ends text, provider text);
\set copy '\\copy catalogue FROM ''' :data '/architecture/api_catalogue.csv'' (FORMAT csv, HEADER)'
\o /dev/null
:copy
\o
SAVEPOINT catalogue;
INSERT INTO portfolio.interface (code, name, description) SELECT 'Q_' || row_number() OVER (), name, description FROM catalogue;
SELECT results_eq($$SELECT function, interfaces, technologies FROM portfolio.reuse() LIMIT 1$$, $$VALUES ('personal demographics service', 5::bigint, '{FHIR,HL7 V3,MESH,SMSP}'::text[])$$, 'one function in most technologies: the Personal Demographics Service, five interfaces in four');
SELECT results_eq($$SELECT unnest(reasons) FROM portfolio.reuse() WHERE function = 'personal demographics service' ORDER BY 1$$,
  $$VALUES ('its name begins with "personal demographics service"'), ('its name without the technology is "personal demographics service"'), ('its name without the technology is "personal demographics service"'),
           ('its name without the technology is "personal demographics service"'), ('its name without the technology is "personal demographics service"')$$, 'with the reasons');
SELECT results_eq($$SELECT function, interfaces FROM portfolio.reuse() WHERE function IN ('summary care record', 'electronic prescription service', 'e-referral service', 'pathology messaging') ORDER BY 1$$,
  $$VALUES ('e-referral service', 4::bigint), ('electronic prescription service', 4), ('pathology messaging', 3), ('summary care record', 2)$$, 'others as the catalogue has them');
SELECT is((SELECT max(interfaces) FROM portfolio.reuse() WHERE function LIKE 'gp connect%'), 1::bigint, 'interfaces of one name before the dash and several functions stay apart');
SELECT ok((SELECT count(*) = 6 AND min(score) = 0.8 FROM portfolio.duplicates(0.5) WHERE reasons = '{"same purpose: personal demographics service"}'), 'and the four of one purpose are pairs of duplicates()');
ROLLBACK TO catalogue;
\endif

-- duplicates
INSERT INTO portfolio.system (code, name) VALUES ('Q_A', 'Patient Index'), ('Q_B', 'patient index '), ('Q_C', 'Master record'), ('Q_D', 'Tranche 1'), ('Q_E', 'Tranche 3');
INSERT INTO portfolio.element_alias (element, scheme, value) VALUES (pg_temp.e('system', 'Q_C'), 'name', 'Patient-Index');
INSERT INTO portfolio.element (kind, code, name) SELECT 'capability', 'Q_K' || g, 'Capability ' || g FROM generate_series(1, 4) g;
INSERT INTO portfolio.relationship (source, kind, target) SELECT pg_temp.e('system', s), 'realization', pg_temp.e('capability', k)
  FROM (VALUES ('Q_D', 'Q_K1'), ('Q_D', 'Q_K2'), ('Q_D', 'Q_K3'), ('Q_E', 'Q_K1'), ('Q_E', 'Q_K2'), ('Q_E', 'Q_K4')) v (s, k);
INSERT INTO portfolio.relationship (source, kind, target, code, name) SELECT pg_temp.e('system', 'Q_A'), 'flow', pg_temp.e('system', 'Q_D'), c, n FROM (VALUES ('1', 'Self referral'), ('2', 'self Referral'), ('3', 'Routine')) v (c, n);
SELECT results_eq($$SELECT score, a_ref, b_ref, reasons FROM portfolio.duplicates(0.4) WHERE a_ref LIKE 'system:Q\_%'$$,
  $$VALUES (1.0, 'system:Q_A > system:Q_D', 'system:Q_A > system:Q_D', ARRAY['same flow between the same two, both called "Self referral"']),
           (1.0, 'system:Q_A', 'system:Q_B', ARRAY['same name']), (1.0, 'system:Q_A', 'system:Q_C', ARRAY['the name or alias "patientindex" is that of both']),
           (1.0, 'system:Q_B', 'system:Q_C', ARRAY['the name or alias "patientindex" is that of both']), (0.450, 'system:Q_D', 'system:Q_E', ARRAY['2 of 4 capabilities shared'])$$,
  'the same name, an alias, capabilities in common, a relationship twice; not the first and third of a series by name');
SELECT is((SELECT count(*) FROM portfolio.duplicates(0.5) WHERE a_ref = 'system:Q_D'), 0::bigint, 'the threshold holds');
SET LOCAL pg_portfolio.as_of = '2015-01-01';
UPDATE portfolio.system SET valid = '[2016-01-01,)' WHERE code = 'Q_B';
SELECT is((SELECT count(*) FROM portfolio.duplicates() WHERE b_ref = 'system:Q_B'), 0::bigint, 'on the day of as_of');
RESET pg_portfolio.as_of;
SELECT throws_ok($$SELECT portfolio.duplicates(options => '{"x": 1}')$$, '22023', NULL, 'unknown options are refused');

-- unsupported technology
INSERT INTO portfolio.technology (code, name, product, version, support_ends_on, extended_support_ends_on) VALUES ('Q_W08', 'Windows 2008', 'Windows Server', '2008', '2015-01-13', '2020-01-14'), ('Q_PG', 'PostgreSQL 9.2', NULL, NULL, '2017-11-09', NULL), ('Q_NO', 'Unknown', NULL, NULL, NULL, NULL);
INSERT INTO portfolio.system_technology (system, technology, valid) VALUES (pg_temp.e('system', 'Q_A'), pg_temp.e('technology', 'Q_W08'), '(,)'), (pg_temp.e('system', 'Q_C'), pg_temp.e('technology', 'Q_PG'), '[2012-01-01,2018-01-01)'),
  (pg_temp.e('system', 'Q_C'), pg_temp.e('technology', 'Q_NO'), '(,)');
SELECT results_eq($$SELECT system_code, product, days_unsupported FROM portfolio.unsupported_technology('2017-12-01')$$, $$VALUES ('Q_C', 'PostgreSQL 9.2', 22)$$, 'past its support; extended support counts');
SELECT results_eq($$SELECT system_code, version, days_unsupported FROM portfolio.unsupported_technology('2020-01-15')$$, $$VALUES ('Q_A', '2008', 1)$$, 'until its own end, and who has moved off is not found');
SELECT is_empty($$SELECT * FROM portfolio.unsupported_technology('2017-11-09')$$, 'the last day is a day of support');

-- orphans
SELECT results_eq($$SELECT kind, code FROM portfolio.orphans() WHERE code LIKE 'Q\_%'$$, $$VALUES ('system', 'Q_B'), ('technology', 'Q_PG')$$, 'what hangs on nothing any more');

-- gaps
INSERT INTO portfolio.organisation (code, name, role, region) VALUES ('Q_REG', 'Region', NULL, NULL), ('Q_GP', 'Practice', 'provider', NULL);
INSERT INTO portfolio.standard (code, name, status, effective_on, retired_on) VALUES ('Q_OLD', 'Old standard', 'effective', '2010-01-01', '2016-01-01'), ('Q_NEW', 'New standard', 'effective', '2016-01-01', NULL);
UPDATE portfolio.standard SET replaced_by = pg_temp.e('standard', 'Q_NEW') WHERE code = 'Q_OLD';
INSERT INTO portfolio.service (code, name, state, scope) VALUES ('Q_N1', 'National one', 'in_transition', 'national'), ('Q_N2', 'National two', 'in_transition', 'national'), ('Q_L', 'Local one', 'in_transition', 'local'), ('Q_P', 'Planned', 'pipeline', 'national');
INSERT INTO portfolio.interface (code, name, system, standard, access_rule, access_governance) VALUES ('Q_I1', 'One', pg_temp.e('system', 'Q_A'), pg_temp.e('standard', 'Q_NEW'), 'agreement', 'Data sharing board'),
  ('Q_I2', 'Two', pg_temp.e('system', 'Q_C'), pg_temp.e('standard', 'Q_OLD'), 'agreement', NULL);
INSERT INTO portfolio.conformance (interface, standard, status, evidence, valid) VALUES (pg_temp.e('interface', 'Q_I1'), pg_temp.e('standard', 'Q_NEW'), 'assured', 'Certificate', '[2016-01-01,2018-01-01)');
SELECT portfolio.relate('system:Q_A', 'realization', 'service:Q_N1'), portfolio.relate('system:Q_C', 'realization', 'service:Q_N2'), portfolio.relate('service:Q_N2', 'serving', 'service:Q_L'), portfolio.relate('service:Q_N1', 'serving', 'organisation:Q_GP');
INSERT INTO portfolio.data_flow (code, name, sender, receiver, interface, agreement) VALUES ('Q_F1', 'Good', pg_temp.e('system', 'Q_A'), pg_temp.e('organisation', 'Q_GP'), pg_temp.e('interface', 'Q_I1'), pg_temp.e('organisation', 'Q_REG')),
  ('Q_F2', 'By letter', pg_temp.e('system', 'Q_C'), pg_temp.e('organisation', 'Q_GP'), NULL, NULL);
SET LOCAL pg_portfolio.as_of = '2017-06-01';
SELECT results_eq($$SELECT gap, element_ref, detail FROM portfolio.interoperability_gaps() WHERE element_ref ~ ':Q_' AND element_ref !~ '>'$$,
  $$VALUES ('flow_without_standard', 'data_flow:Q_F2', 'neither the flow nor its interface has a standard'), ('no_governed_access', 'service:Q_N2', 'no interface of it says who may use it and under what governance'),
           ('retired_standard', 'interface:Q_I2', 'standard:Q_OLD is retired since 2016-01-01, replaced by standard:Q_NEW')$$, 'gaps of 2017');
SELECT is((SELECT count(*) FROM portfolio.interoperability_gaps() WHERE element_ref = 'system:Q_A > system:Q_D'), 3::bigint, 'bare flows have no standard either');
SELECT results_eq($$SELECT national_ref, local_ref, crossing, interface, standard, conformance, verdict, why FROM portfolio.national_local_interface() WHERE national_ref ~ ':Q_'$$,
  $$VALUES ('service:Q_N1', 'organisation:Q_GP', 'serving', 'interface:Q_I1', 'standard:Q_NEW', 'assured', 'ok', '{}'::text[]),
           ('service:Q_N2', 'service:Q_L', 'serving', 'interface:Q_I2', 'standard:Q_OLD', NULL, 'gap', '{standard is retired,access is not governed,conformance is not stated}'),
           ('system:Q_A', 'organisation:Q_GP', 'data_flow:Q_F1', 'interface:Q_I1', 'standard:Q_NEW', 'assured', 'ok', '{}'),
           ('system:Q_C', 'organisation:Q_GP', 'data_flow:Q_F2', 'interface:Q_I2', 'standard:Q_OLD', NULL, 'gap', '{standard is retired,no agreement,access is not governed,conformance is not stated}')$$, 'where national and local meet, ok or why not');
SET LOCAL pg_portfolio.as_of = '2018-06-01';
SELECT results_eq($$SELECT detail FROM portfolio.interoperability_gaps() WHERE gap = 'conformance_lapsed' AND element_ref = 'interface:Q_I1'$$, $$VALUES ('conformance to standard:Q_NEW is expired since 2018-01-01')$$, 'a year later the certificate has run out');
SELECT results_eq($$SELECT verdict, why FROM portfolio.national_local_interface WHERE crossing = 'data_flow:Q_F1'$$, $$VALUES ('gap', '{conformance is expired}'::text[])$$, 'and the crossing has a gap');
SELECT results_eq($$SELECT code, status, replaced_by, interfaces, conforming, expired FROM portfolio.standards_register WHERE code LIKE 'Q\_%' ORDER BY 1$$,
  $$VALUES ('Q_NEW', 'effective', NULL, 1::bigint, 0::bigint, 1::bigint), ('Q_OLD', 'retired', 'standard:Q_NEW', 1, 0, 0)$$, 'the register of standards');
RESET pg_portfolio.as_of;

-- variation: the incomes of the documentation of R's package ineq (0.4620911), and six practices in three regions
SELECT cmp_ok(abs(portfolio.gini('{541,1463,2445,3438,4437,5401,6392,8304,11904,22261}') - 0.462091130267624), '<', 1e-9, 'the published Gini coefficient');
SELECT is(portfolio.gini('{0,0,0}'), NULL, 'none where nobody has anything');
INSERT INTO portfolio.organisation (code, name) VALUES ('Q_RA', 'Region A'), ('Q_RB', 'Region B'), ('Q_RC', 'Region C');
INSERT INTO portfolio.organisation (code, name, region) SELECT 'Q_' || r || n, 'Practice ' || r || n, pg_temp.e('organisation', 'Q_R' || r) FROM unnest('{A,B,C}'::text[]) r, generate_series(1, 2) n;
INSERT INTO portfolio.measure (code, name, unit, better) VALUES ('q-share', 'Share', 'percent', 'higher');
INSERT INTO portfolio.observation (measure, element, organisation, during, numerator, denominator)
SELECT 'q-share', pg_temp.e('service', 'Q_N1'), pg_temp.e('organisation', o), '[2017-04-01,2018-04-01)', n, d
  FROM (VALUES ('Q_A1', 30, 100), ('Q_A2', 45, 150), ('Q_B1', 80, 100), ('Q_B2', 70, 120), ('Q_C1', 20, 80), ('Q_C2', 10, 90)) v (o, n, d);
INSERT INTO portfolio.observation (measure, element, organisation, during, numerator, denominator) VALUES ('q-share', pg_temp.e('service', 'Q_N1'), pg_temp.e('organisation', 'Q_A1'), '[2016-04-01,2017-04-01)', 1, 100);
CREATE TEMP TABLE worked (area text, value float8, p10 float8, p50 float8, p90 float8, cv float8, gini float8, scv float8, expected float8, z float8);
INSERT INTO worked VALUES
  (NULL, 39.84375, 20.11764705882353, 30.0, 60.54545454545455, 0.68233084858388, 0.2908587257617728, 0.28034273871989585, NULL, NULL),
  ('Q_RA', 30.0, 30.0, 30.0, 30.0, 0.0, 0.0, 0.04012302960399846, 99.609375, -3.1791432606376446),
  ('Q_RB', 68.18181818181819, 60.5, 69.16666666666667, 77.83333333333334, 0.22150332904638834, 0.07831325301204818, 0.5925396215130933, 87.65625, 8.585411193824052),
  ('Q_RC', 17.647058823529413, 12.5, 18.055555555555557, 23.61111111111111, 0.5439282932204211, 0.1923076923076923, 0.29978308437875273, 67.734375, -5.911425483124107);
SELECT is_empty($$SELECT v.*, w.* FROM portfolio.variation('q-share', 'region', '{"element": "service:Q_N1"}') v FULL JOIN worked w ON coalesce(w.area, '') = coalesce(v.area_code, '')
   WHERE NOT coalesce(abs(v.value - w.value) < 1e-9 AND abs(v.p10 - w.p10) < 1e-9 AND abs(v.p50 - w.p50) < 1e-9 AND abs(v.p90 - w.p90) < 1e-9 AND abs(v.coefficient_of_variation - w.cv) < 1e-9
     AND abs(v.gini - w.gini) < 1e-9 AND abs(v.systematic_component - w.scv) < 1e-9 AND coalesce(abs(v.expected - w.expected) < 1e-9, w.expected IS NULL AND v.expected IS NULL) AND coalesce(abs(v.z - w.z) < 1e-9, w.z IS NULL AND v.z IS NULL), false)$$,
  'between regions and within each, as worked by hand, to nine places');
SELECT results_eq($$SELECT area_code, units, outlier FROM portfolio.variation('q-share', 'region')$$, $$VALUES (NULL, 3::bigint, NULL), ('Q_RA', 2, 'low'), ('Q_RB', 2, 'high'), ('Q_RC', 2, 'low')$$, 'all three are outside the funnel');
SELECT results_eq($$SELECT count(*), min(units) FROM portfolio.variation('q-share')$$, $$VALUES (7::bigint, 1::bigint)$$, 'organisation by organisation');
SELECT results_eq($$SELECT value FROM portfolio.variation('q-share', options => '{"period": "2016/17"}') WHERE area IS NULL$$, 'VALUES (1::numeric)', 'in a period');
SELECT throws_ok($$SELECT portfolio.variation('nothing')$$, '42704', 'measure "nothing" is not known', 'a measure that is not there');
SELECT throws_ok($$SELECT portfolio.variation('q-share', 'street')$$, '22023', 'level "street" is not known', 'a level that is not there');

-- each is a check
SELECT is((SELECT count(*) FROM portfolio.check_definition WHERE area = 'architecture' AND builtin AND question IS NOT NULL), 8::bigint, 'eight checks');
CREATE TEMP TABLE ran AS SELECT * FROM portfolio.run_checks('architecture');
SELECT is_empty($$SELECT * FROM ran WHERE outcome <> 'ok'$$, 'all of them run');
SELECT set_eq($$SELECT DISTINCT check_code FROM portfolio.finding WHERE subject ~ 'Q_' AND resolved_at IS NULL AND check_code IN (SELECT check_code FROM ran)$$,
  ARRAY['duplicate-elements', 'interoperability-gap', 'postcode-lottery', 'national-local-gap', 'unsupported-technology', 'orphan-element', 'retired-standard-in-use'], 'and find what was planted');
SELECT * FROM finish();
ROLLBACK;
