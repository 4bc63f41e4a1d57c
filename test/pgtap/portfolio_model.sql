-- What the tables of the architecture refuse by themselves, and what they work out.
BEGIN;
SELECT plan(71);
CREATE FUNCTION pg_temp.e(kind text, code text) RETURNS bigint LANGUAGE sql AS $$SELECT portfolio.element_id($1, $2)$$;
INSERT INTO portfolio.organisation (code, name, role) VALUES ('M_EAB', 'Architecture board', 'board'), ('M_REG', 'Region', NULL), ('M_TRUST', 'Trust', 'provider');
INSERT INTO portfolio.supplier (code, name) VALUES ('M_SUP', 'Supplier');
INSERT INTO portfolio.programme (code, name) VALUES ('M_PRG', 'Programme');
INSERT INTO portfolio.system (code, name) VALUES ('M_SYS', 'System'), ('M_TO', 'Other system');
INSERT INTO portfolio.standard (code, name, effective_on) VALUES ('M_STD', 'Standard', '2016-04-01'), ('M_NEXT', 'Next standard', '2018-04-01');
INSERT INTO portfolio.interface (code, name, system, provider, access_rule) VALUES ('M_IF', 'Interface', pg_temp.e('system', 'M_SYS'), pg_temp.e('organisation', 'M_TRUST'), 'agreement');
INSERT INTO portfolio.element (kind, code, name) VALUES ('business_role', 'M_ANN', 'Ann'), ('business_role', 'M_BOB', 'Bob');

-- the TIME quadrant
SELECT results_eq($$WITH u AS (UPDATE portfolio.system SET functional_fit = f, technical_fit = t FROM (VALUES ('M_SYS', 3, 4), ('M_TO', 2, 1)) v (c, f, t) WHERE code = c RETURNING code, time_quadrant) SELECT * FROM u ORDER BY 1$$,
  $$VALUES ('M_SYS', 'invest'), ('M_TO', 'eliminate')$$, 'both fits high: invest; both low: eliminate');
SELECT results_eq($$WITH u AS (UPDATE portfolio.system SET functional_fit = f, technical_fit = t FROM (VALUES ('M_SYS', 4, 2), ('M_TO', 2, 3)) v (c, f, t) WHERE code = c RETURNING code, time_quadrant) SELECT * FROM u ORDER BY 1$$,
  $$VALUES ('M_SYS', 'migrate'), ('M_TO', 'tolerate')$$, 'functional fit alone: migrate; technical fit alone: tolerate');
UPDATE portfolio.system SET technical_fit = NULL WHERE code = 'M_TO';
SELECT is((SELECT time_quadrant FROM portfolio.system WHERE code = 'M_TO'), NULL, 'no quadrant until both are judged');
SELECT throws_ok($$UPDATE portfolio.system SET functional_fit = 5 WHERE code = 'M_TO'$$, '23514', NULL, 'a fit is 1 to 4');
SELECT throws_ok($$UPDATE portfolio.system SET time_quadrant = 'invest' WHERE code = 'M_TO'$$, '428C9', NULL, 'nobody writes the quadrant');
SELECT throws_ok($$UPDATE portfolio.system SET hosting = 'basement' WHERE code = 'M_TO'$$, '23514', NULL, 'hosting is one of a few words');

-- technology
INSERT INTO portfolio.technology (code, name, product, version, supplier, support_ends_on, extended_support_ends_on)
VALUES ('M_OS', 'Windows Server 2008', 'Windows Server', '2008', pg_temp.e('supplier', 'M_SUP'), '2015-01-13', '2020-01-14');
SELECT throws_ok($$UPDATE portfolio.technology SET extended_support_ends_on = '2014-01-01' WHERE code = 'M_OS'$$, '23514', NULL, 'extended support does not end before the ordinary one');
INSERT INTO portfolio.system_technology (system, technology, valid) VALUES (pg_temp.e('system', 'M_SYS'), pg_temp.e('technology', 'M_OS'), '[2010-01-01,2019-01-01)');
SELECT throws_ok($$INSERT INTO portfolio.system_technology (system, technology, valid) VALUES (pg_temp.e('system', 'M_SYS'), pg_temp.e('technology', 'M_OS'), '[2018-12-31,)')$$, '23P01', NULL, 'not twice on one day');
SELECT throws_ok($$DELETE FROM portfolio.technology WHERE code = 'M_OS'$$, '23503', NULL, 'a technology that a system runs on stays');
SELECT throws_ok($$INSERT INTO portfolio.system_technology (system, technology, valid) VALUES (pg_temp.e('system', 'M_TO'), pg_temp.e('technology', 'M_OS'), 'empty')$$, '23514', NULL, 'no empty period');
SET LOCAL pg_portfolio.as_of = '2018-06-01';
SELECT results_eq($$SELECT kind, code, depth FROM portfolio.impact_of('supplier:M_SUP') ORDER BY depth, kind$$,
  $$VALUES ('technology', 'M_OS', 1), ('system', 'M_SYS', 2), ('interface', 'M_IF', 3)$$, 'a supplier''s failure travels through its technology to the systems on it');
SET LOCAL pg_portfolio.as_of = '2019-01-01';
SELECT is_empty($$SELECT * FROM portfolio.impact_of('technology:M_OS')$$, 'and no further once they have left it');
RESET pg_portfolio.as_of;

-- data flows
INSERT INTO portfolio.data_set (code, name) VALUES ('M_DS', 'Data set');
SELECT throws_ok($$INSERT INTO portfolio.data_flow (code, name, sender) VALUES ('M_F', 'Flow', pg_temp.e('system', 'M_SYS'))$$, '23502', NULL, 'a flow has two ends');
SELECT throws_ok($$INSERT INTO portfolio.data_flow (code, name, sender, receiver) VALUES ('M_F', 'Flow', pg_temp.e('system', 'M_SYS'), pg_temp.e('system', 'M_SYS'))$$, '23514', NULL, 'that are not the same');
INSERT INTO portfolio.data_flow (code, name, sender, receiver, interface, data_set, standard, legal_basis)
VALUES ('M_F', 'Flow', pg_temp.e('system', 'M_SYS'), pg_temp.e('organisation', 'M_TRUST'), pg_temp.e('interface', 'M_IF'), pg_temp.e('data_set', 'M_DS'), pg_temp.e('standard', 'M_STD'), 'direct care');
SELECT results_eq($$SELECT portfolio.element_label(source), kind, portfolio.element_label(target), propagates FROM portfolio.dependency WHERE origin LIKE 'data\_flow.%' ORDER BY origin$$,
  $$VALUES ('data_set:M_DS', 'fills', 'data_flow:M_F', 'fwd'), ('interface:M_IF', 'carries', 'data_flow:M_F', 'fwd'), ('data_flow:M_F', 'feeds', 'organisation:M_TRUST', 'fwd'),
           ('system:M_SYS', 'sends', 'data_flow:M_F', 'fwd'), ('data_flow:M_F', 'conforms_to', 'standard:M_STD', 'rev')$$, 'all that it hangs on is in dependency');
SELECT throws_ok($$DELETE FROM portfolio.system WHERE code = 'M_SYS'$$, '23503', NULL, 'a system that sends stays');
SELECT results_eq($$SELECT sender_code, receiver_code, standard_code, legal_basis FROM portfolio_bi.data_flow WHERE code = 'M_F'$$, $$VALUES ('M_SYS', 'M_TRUST', 'M_STD', 'direct care')$$, 'BI tools read it by code');

-- standards
SELECT throws_ok($$UPDATE portfolio.standard SET retired_on = '2016-03-31' WHERE code = 'M_STD'$$, '23514', NULL, 'a standard is not retired before it applies');
SELECT throws_ok($$UPDATE portfolio.standard SET replaced_by = id WHERE code = 'M_STD'$$, '23514', NULL, 'nor replaced by itself');
UPDATE portfolio.standard SET retired_on = '2018-04-01', replaced_by = pg_temp.e('standard', 'M_NEXT'), status = 'deprecated' WHERE code = 'M_STD';

-- conformance
SELECT throws_ok($$INSERT INTO portfolio.conformance (standard, status) VALUES (pg_temp.e('standard', 'M_STD'), 'declared')$$, '23502', NULL, 'somebody has to conform');
SELECT throws_ok($$INSERT INTO portfolio.conformance (interface, system, standard, status) VALUES (pg_temp.e('interface', 'M_IF'), pg_temp.e('system', 'M_SYS'), pg_temp.e('standard', 'M_STD'), 'declared')$$, '23514', NULL, 'and only one');
SELECT throws_ok($$INSERT INTO portfolio.conformance (interface, standard, status) VALUES (pg_temp.e('interface', 'M_IF'), pg_temp.e('standard', 'M_STD'), 'assured')$$, '23514', NULL, 'who is assured has evidence');
SELECT throws_ok($$INSERT INTO portfolio.conformance (interface, standard, status) VALUES (pg_temp.e('interface', 'M_IF'), pg_temp.e('standard', 'M_STD'), 'good')$$, '23514', NULL, 'the words are given');
INSERT INTO portfolio.conformance (interface, standard, status, evidence, valid) VALUES
  (pg_temp.e('interface', 'M_IF'), pg_temp.e('standard', 'M_STD'), 'self_assessed', NULL, '[2016-04-01,2017-04-01)'),
  (pg_temp.e('interface', 'M_IF'), pg_temp.e('standard', 'M_STD'), 'assured', 'Certificate 12', '[2017-04-01,2018-04-01)');
SELECT throws_ok($$INSERT INTO portfolio.conformance (interface, standard, status, valid) VALUES (pg_temp.e('interface', 'M_IF'), pg_temp.e('standard', 'M_STD'), 'waived', '[2018-03-31,)')$$, '23P01', NULL, 'one statement a day');
SET LOCAL pg_portfolio.as_of = '2016-06-01';
SELECT results_eq($$SELECT element_ref, standard_code, status, ends_on FROM portfolio.current_conformance WHERE standard_code = 'M_STD'$$, $$VALUES ('interface:M_IF', 'M_STD', 'self_assessed', '2017-03-31'::date)$$, 'as it was in 2016');
SET LOCAL pg_portfolio.as_of = '2017-06-01';
SELECT results_eq($$SELECT status FROM portfolio.current_conformance WHERE standard_code = 'M_STD'$$, $$VALUES ('assured')$$, 'in 2017');
SET LOCAL pg_portfolio.as_of = '2018-04-01';
SELECT results_eq($$SELECT status, stated_status, evidence FROM portfolio.current_conformance WHERE standard_code = 'M_STD'$$, $$VALUES ('expired', 'assured', 'Certificate 12')$$, 'and expired once its days are over');
SET LOCAL pg_portfolio.as_of = '2015-01-01';
SELECT is_empty($$SELECT * FROM portfolio.current_conformance WHERE standard_code = 'M_STD'$$, 'nothing is stated before the first statement');
RESET pg_portfolio.as_of;

-- who answers
INSERT INTO portfolio.role_holder (element, role, party, valid) VALUES (pg_temp.e('programme', 'M_PRG'), 'sro', pg_temp.e('business_role', 'M_ANN'), '[2016-01-01,2017-01-01)');
SELECT throws_ok($$INSERT INTO portfolio.role_holder (element, role, party, valid) VALUES (pg_temp.e('programme', 'M_PRG'), 'sro', pg_temp.e('business_role', 'M_BOB'), '[2016-12-31,)')$$,
  '23P01', NULL, 'one senior responsible owner at a time');
INSERT INTO portfolio.role_holder (element, role, party, valid) VALUES (pg_temp.e('programme', 'M_PRG'), 'sro', pg_temp.e('business_role', 'M_BOB'), '[2017-01-01,)'),
  (pg_temp.e('programme', 'M_PRG'), 'siro', pg_temp.e('business_role', 'M_ANN'), '(,)');
SELECT throws_ok($$INSERT INTO portfolio.role_holder (element, role, party) VALUES (pg_temp.e('programme', 'M_PRG'), 'king', pg_temp.e('business_role', 'M_BOB'))$$, '23503', NULL, 'a role that nobody knows');
SELECT throws_ok($$UPDATE portfolio.role_kind SET label = 'Boss' WHERE role = 'sro'$$, '55000', 'role "sro" belongs to the release and cannot be changed', 'shipped roles stay as they are');
SELECT results_eq($$SELECT role_label, party_name, valid_from FROM portfolio_bi.role_holder WHERE element_code = 'M_PRG' ORDER BY 1, 3$$,
  $$VALUES ('Senior information risk owner', 'Ann', NULL::date), ('Senior responsible owner', 'Ann', '2016-01-01'), ('Senior responsible owner', 'Bob', '2017-01-01')$$, 'BI tools read who answers');
SELECT isnt_empty($$SELECT * FROM portfolio.element_history('programme:M_PRG') WHERE table_name = 'role_holder' AND about = 'sro'$$, 'and the history of an element tells it');

-- boards and stages
SELECT throws_ok($$INSERT INTO portfolio.board_decision (board, what, why, outcome, decided_on) VALUES (pg_temp.e('organisation', 'M_EAB'), 'x', 'y', 'approved_with_conditions', '2017-01-01')$$, '23514', NULL, 'conditions are named');
SELECT lives_ok($$INSERT INTO portfolio.board_decision (board, element, what, why, outcome, conditions, decided_on, review_on) VALUES (pg_temp.e('organisation', 'M_EAB'), pg_temp.e('system', 'M_SYS'), 'Open the interface', 'Reuse', 'approved_with_conditions', 'Conformance by April', '2017-01-10', '2017-04-10')$$, 'a decision with its conditions');
SELECT throws_ok($$INSERT INTO portfolio.board_decision (board, what, why, outcome, decided_on) VALUES (pg_temp.e('system', 'M_SYS'), 'x', 'y', 'noted', '2017-01-01')$$, '23503', NULL, 'a board is an organisation');
INSERT INTO portfolio.programme_stage (programme, stage, ord, planned, actual) VALUES (pg_temp.e('programme', 'M_PRG'), 'alpha', 1, '[2016-01-01,2016-07-01)', '[2016-01-01,2016-07-11)');
SELECT throws_ok($$INSERT INTO portfolio.programme_stage (programme, stage, ord, planned) VALUES (pg_temp.e('programme', 'M_PRG'), 'beta', 2, '[2016-06-30,2017-01-01)')$$, '23P01', NULL, 'stages do not overlap');
SELECT results_eq($$SELECT stage_order, planned_ends_on, actual_ends_on, days_late FROM portfolio_bi.programme_stage WHERE programme_code = 'M_PRG'$$, $$VALUES (1, '2016-06-30'::date, '2016-07-10'::date, 10)$$, 'BI tools read how late a stage was');
INSERT INTO portfolio.organisation_role (organisation, role, is_primary) VALUES (pg_temp.e('organisation', 'M_TRUST'), 'RO197', true);
SELECT throws_ok($$INSERT INTO portfolio.organisation_role (organisation, role, is_primary) VALUES (pg_temp.e('organisation', 'M_TRUST'), 'RO24', true)$$, '23P01', NULL, 'one primary role at a time');

-- kinds and properties of a site's own
SELECT is(portfolio.add_kind('m_clinic', 'Facility', 'Clinic'), 'm_clinic', 'a kind is added');
SELECT throws_ok($$INSERT INTO portfolio.element_kind (kind, archimate_type, label) VALUES ('m_other', 'Castle', 'Castle')$$, '23503', NULL, 'however it is written');
SELECT throws_ok($$SELECT portfolio.add_kind('m_other', 'Castle', 'Castle')$$, '22023', 'ArchiMate has no type "Castle"', 'of an ArchiMate type that there is');
SELECT portfolio.define_property('system', 'm_rank', 'choice', 'Rank', '{high,low}'), portfolio.define_property('system', 'm_since', 'date');
INSERT INTO portfolio.element_property (element, key, value) VALUES (pg_temp.e('system', 'M_SYS'), 'm_rank', 'high'), (pg_temp.e('system', 'M_SYS'), 'm_since', '2016-02-29');
SELECT throws_ok($$UPDATE portfolio.element_property SET value = 'middling' WHERE key = 'm_rank'$$, '23514', 'property "m_rank" of system:M_SYS cannot hold "middling"', 'a property holds what its definition allows');
SELECT throws_ok($$UPDATE portfolio.element_property SET value = '2017-02-29' WHERE key = 'm_since'$$, '23514', NULL, 'a day is a day');
SELECT throws_ok($$SELECT portfolio.define_property('system', 'm_rank', 'choice', 'Rank', '{low}')$$, '23514', 'property "m_rank" of system:M_SYS cannot hold "high"', 'and a definition allows what is held');
SELECT lives_ok($$SELECT portfolio.define_property('system', 'm_rank', 'choice', 'Rank', '{high,middling,low}')$$, 'it may allow more');
SELECT throws_ok($$SELECT portfolio.define_property('system', 'm_rank', 'text', 'Rank', '{high,low}')$$, '23514', 'a property of type "text" has no choices', 'only a choice has choices');
SELECT throws_ok($$SELECT portfolio.define_property('system', 'm_rank', 'choice')$$, '23514', 'a property of type "choice" needs its choices', 'and it has some');
SELECT lives_ok($$SELECT portfolio.define_property('system', 'm_colour', choices => '{red,green}')$$, 'choices make a choice');
SELECT throws_ok($$SELECT portfolio.define_property('system', 'm_rank', 'enum')$$, '23514', 'property type "enum" is not known', 'of a type that there is');
SELECT throws_ok($$SELECT portfolio.define_property('system', ' ')$$, '23514', 'a property needs a key', 'under some name');
SELECT throws_ok(format('SELECT portfolio.define_property(''system'', %L)', k), '42701', format('kind "system" has "%s" already', k), 'but none that a sheet has already: ' || k)
  FROM unnest('{name,lifecycle,valid_from}'::text[]) k;
SELECT throws_ok($$SELECT portfolio.add_kind('M clinic', 'Facility', 'Clinic')$$, '23514', '"M clinic" cannot be the name of a kind', 'a kind has a name that can be written before a code');
SELECT throws_ok($$SELECT portfolio.add_kind('m_other', NULL, 'Other')$$, '22004', NULL, 'and an ArchiMate type');
SELECT throws_ok($$SELECT portfolio.define_property('m_castle', 'm_rank')$$, '42704', 'kind "m_castle" is not known', 'of a kind that there is');

-- planned ahead
INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) VALUES
  (pg_temp.e('system', 'M_SYS'), 'owner', 'Architecture board', '[2018-04-01,2019-04-01)'), (pg_temp.e('system', 'M_SYS'), 'lifecycle', 'Retiring', '[2018-04-01,)'),
  (pg_temp.e('system', 'M_SYS'), 'recovery_tested_on', '31/03/2019', '[2019-04-01,)'), (pg_temp.e('system', 'M_SYS'), 'm_rank', 'low', '[2019-04-01,)');
SELECT results_eq($$SELECT attribute, value, ends_on FROM portfolio.attributes_on('system:M_SYS', '2018-06-01') WHERE planned$$,
  $$VALUES ('owner', 'organisation:M_EAB', '2019-03-31'::date), ('lifecycle', 'retiring', NULL)$$, 'what is planned shows on its days, in one form');
SELECT results_eq($$SELECT attribute, value, planned FROM portfolio.attributes_on('system:M_SYS', '2019-06-01') WHERE attribute IN ('owner', 'lifecycle', 'recovery_tested_on', 'm_rank')$$,
  $$VALUES ('owner', NULL, false), ('lifecycle', 'retiring', true), ('recovery_tested_on', '2019-03-31', true), ('m_rank', 'low', true)$$, 'and what is recorded on others');
SET LOCAL pg_portfolio.as_of = '2018-01-01';
SELECT results_eq($$SELECT attribute, value FROM portfolio.attributes_on('system:M_SYS') WHERE attribute IN ('owner', 'lifecycle', 'm_rank')$$, $$VALUES ('owner', NULL), ('lifecycle', 'live'), ('m_rank', 'high')$$, 'the day of as_of unless another is given');
RESET pg_portfolio.as_of;
SELECT throws_ok($$INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) VALUES (pg_temp.e('system', 'M_SYS'), 'colour', 'red', '[2018-04-01,)')$$, '42703', 'attribute "colour" of a system cannot be planned', 'an attribute that is not there');
SELECT throws_ok($$INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) VALUES (pg_temp.e('system', 'M_TO'), 'lifecycle', 'asleep', '[2018-04-01,)')$$, '23514', 'attribute "lifecycle" of a system cannot be planned as "asleep"', 'a value that it cannot have');
SELECT throws_ok($$INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) VALUES (pg_temp.e('system', 'M_TO'), 'name', NULL, '[2018-04-01,)')$$, '23514', NULL, 'nothing where something must be');
SELECT throws_ok($$INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) VALUES (pg_temp.e('system', 'M_SYS'), 'owner', 'M_TRUST', '[2019-03-31,)')$$, '23P01', NULL, 'two values on one day');
-- Calendar windows of some days
SELECT results_eq($$SELECT period_windows::text FROM portfolio.period_windows('financial_year', '[2025-03-31,2026-04-02)')$$,
  $$VALUES ('[2024-04-01,2025-04-01)'), ('[2025-04-01,2026-04-01)'), ('[2026-04-01,2027-04-01)')$$, 'financial years that some days touch');
SELECT is_empty($$SELECT portfolio.period_windows('week', '[2025-03-31,2026-04-02)')$$, 'a window that is none has no days');
SELECT is((SELECT count(*) FROM unnest('{"(,2026-01-01)","[2026-01-01,)","[-infinity,2026-01-01)","[2026-01-01,infinity)","[-infinity,infinity]",empty}'::daterange[]) d, portfolio.period_windows('month', d)),
  0::bigint, 'days without a beginning or an end have none');
SELECT throws_ok(format($$INSERT INTO portfolio.relationship (source, kind, target, attributes) SELECT s.id, 'access', d.id, '{"access": "%s"}' FROM portfolio.system s, portfolio.data_set d LIMIT 1$$, a), '23514', NULL, 'access is not ' || a) FROM unnest('{Read,bogus}'::text[]) a;
-- whatever refers to elements can be named
SELECT is_empty($$SELECT DISTINCT r.table_id, pg_typeof(portfolio.row_label(portfolio.table_label(r.table_id), (SELECT jsonb_object_agg(a.attname, CASE WHEN y.typcategory = 'N' THEN '1'::jsonb ELSE '"x"' END)
    FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid WHERE a.attrelid = r.table_id AND a.attnum > 0)))
  FROM portfolio.element_kind k CROSS JOIN LATERAL portfolio.element_references(k.kind) r
 WHERE portfolio.row_label(portfolio.table_label(r.table_id), (SELECT jsonb_object_agg(a.attname, CASE WHEN y.typcategory = 'N' THEN '1'::jsonb ELSE '"x"' END)
    FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid WHERE a.attrelid = r.table_id AND a.attnum > 0)) = ''$$, 'a row of any table that refers to elements');
INSERT INTO portfolio.data_set (code, name, schema_name, relation_name) VALUES ('M_CLASS', 'Classes', 'pg_catalog', 'pg_class');
SELECT throws_ok($$UPDATE portfolio.data_set SET schema_name = NULL WHERE code = 'M_CLASS'$$, '23514', NULL, 'a relation has a schema');
SELECT * FROM finish();
ROLLBACK;
