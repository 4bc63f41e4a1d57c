-- Questions about the architecture on other days: what was not there yet, is no more, or was not yet retired.
BEGIN;
SELECT plan(36);
CREATE FUNCTION pg_temp.e(kind text, code text) RETURNS bigint LANGUAGE sql AS $$SELECT portfolio.element_id($1, $2)$$;

-- how a standard stands on a day
SELECT results_eq($$SELECT portfolio.standard_status(v.status, v.effective_on, v.retired_on, v.valid, v.day) FROM (VALUES
    ('retired', NULL::date, '2020-01-01'::date, '(,)'::daterange, '2018-06-01'::date), ('retired', NULL, '2020-01-01', '(,)', '2020-01-01'), ('retired', '2019-01-01', '2020-01-01', '(,)', '2018-06-01'),
    ('retired', NULL, NULL, '(,)', '2018-06-01'), ('retired', '2019-01-01', NULL, '(,)', '2018-06-01'), ('retired', NULL, NULL, '(,2020-01-01)', '2018-06-01'), ('effective', NULL, NULL, '(,2018-01-01)', '2018-06-01'),
    ('deprecated', NULL, '2020-01-01', '(,)', '2018-06-01'), ('deprecated', NULL, '2020-01-01', '(,)', '2020-06-01'), ('effective', '2019-01-01', NULL, '(,)', '2018-06-01'), ('draft', '2018-01-01', NULL, '(,)', '2018-06-01'),
    ('draft', NULL, NULL, '(,)', '2018-06-01'), ('effective', NULL, NULL, '[2019-01-01,)', '2018-06-01'), ('effective', NULL, NULL, '(,)', NULL)) v (status, effective_on, retired_on, valid, day)$$,
  $$VALUES ('effective'), ('retired'), ('draft'), ('retired'), ('draft'), ('effective'), ('retired'), ('deprecated'), ('retired'), ('draft'), ('effective'), ('draft'), ('draft'), (NULL)$$, 'the dates of a standard tell its status on a day, its status where there are none');
SELECT results_eq($$SELECT portfolio.lifecycle_on(v.lifecycle, v.valid, v.day) FROM (VALUES ('live', '(,)'::daterange, '2018-06-01'::date), ('live', '(,2018-01-01)', '2018-06-01'), ('live', '[2019-01-01,)', '2018-06-01'),
    ('retired', '(,)', '2018-06-01'), ('retired', '(,2019-01-01)', '2018-06-01'), ('retired', '(,9999-01-01)', '2018-06-01'), ('retiring', '(,2019-01-01)', '2018-06-01'), ('live', '(,)', NULL)) v (lifecycle, valid, day)$$,
  $$VALUES ('live'), ('retired'), ('planned'), ('retired'), ('live'), ('retired'), ('retiring'), (NULL)$$, 'as the days of a system or interface tell its lifecycle');

-- a standard that was retired in 2020, and one that was drafted in 2017
INSERT INTO portfolio.system (code, name) VALUES ('D_A', 'System A'), ('D_B', 'System B');
INSERT INTO portfolio.standard (code, name, status, effective_on, retired_on) VALUES ('D_STD', 'Standard', 'retired', NULL, '2020-01-01'), ('D_NEW', 'New standard', 'effective', '2018-01-01', NULL);
INSERT INTO portfolio.interface (code, name, system, standard, access_rule) VALUES ('D_I1', 'Interface one', pg_temp.e('system', 'D_A'), pg_temp.e('standard', 'D_STD'), 'open'),
  ('D_I2', 'Interface two', pg_temp.e('system', 'D_A'), pg_temp.e('standard', 'D_STD'), 'open');
SET LOCAL pg_portfolio.as_of = '2018-06-01';
SELECT results_eq($$SELECT code, status, interfaces FROM portfolio.standards_register WHERE code LIKE 'D\_%' ORDER BY 1$$, $$VALUES ('D_NEW', 'effective', 0::bigint), ('D_STD', 'effective', 2)$$, 'in 2018 it was effective');
SELECT is_empty($$SELECT * FROM portfolio.interoperability_gaps() WHERE gap = 'retired_standard' AND element_ref ~ ':D_'$$, 'and no gap');
SET LOCAL pg_portfolio.as_of = '2017-06-01';
SELECT results_eq($$SELECT code, status FROM portfolio.standards_register WHERE code LIKE 'D\_%' ORDER BY 1$$, $$VALUES ('D_NEW', 'draft'), ('D_STD', 'effective')$$, 'before it applies a standard is a draft');
RESET pg_portfolio.as_of;
SELECT results_eq($$SELECT code, status, interfaces FROM portfolio.standards_register WHERE code = 'D_STD'$$, $$VALUES ('D_STD', 'retired', 2::bigint)$$, 'today it is retired, and in use');
SELECT results_eq($$SELECT element_ref, detail FROM portfolio.interoperability_gaps() WHERE gap = 'retired_standard' AND element_ref ~ ':D_'$$,
  $$VALUES ('interface:D_I1', 'standard:D_STD is retired since 2020-01-01'), ('interface:D_I2', 'standard:D_STD is retired since 2020-01-01')$$, 'which is a gap');
SET LOCAL pg_portfolio.as_of = '2018-06-01';
CREATE TEMP TABLE ran AS SELECT * FROM portfolio.run_checks('architecture', '{retired-standard-in-use}');
SELECT results_eq($$SELECT subject, detail ->> 'interfaces' FROM portfolio.finding WHERE check_code = 'retired-standard-in-use' AND subject ~ 'D_' AND resolved_at IS NULL$$, $$VALUES ('standard:D_STD', '2')$$, 'and a finding: checks go by the clock');
RESET pg_portfolio.as_of;

-- what meets by these interfaces
INSERT INTO portfolio.organisation (code, name, role) VALUES ('D_GP', 'Practice', 'provider'), ('D_BOARD', 'Board', NULL);
INSERT INTO portfolio.data_flow (code, name, sender, receiver, interface, agreement) VALUES ('D_F', 'Flow', pg_temp.e('system', 'D_A'), pg_temp.e('organisation', 'D_GP'), pg_temp.e('interface', 'D_I1'), pg_temp.e('organisation', 'D_BOARD'));
INSERT INTO portfolio.conformance (interface, standard, status) VALUES (pg_temp.e('interface', 'D_I1'), pg_temp.e('standard', 'D_STD'), 'declared');
UPDATE portfolio.system SET scope = 'national' WHERE code = 'D_A';
SET LOCAL pg_portfolio.as_of = '2018-06-01';
SELECT results_eq($$SELECT verdict, why FROM portfolio.national_local_interface() WHERE crossing = 'data_flow:D_F'$$, $$VALUES ('ok', '{}'::text[])$$, 'a crossing was ok in 2018');
RESET pg_portfolio.as_of;
SELECT results_eq($$SELECT verdict, why FROM portfolio.national_local_interface() WHERE crossing = 'data_flow:D_F'$$, $$VALUES ('gap', '{standard is retired}'::text[])$$, 'and is not since its standard is retired');

-- interfaces that are retired use nothing, nor do those of a retired system
UPDATE portfolio.interface SET lifecycle = 'retired' WHERE code = 'D_I1';
UPDATE portfolio.standard SET status = 'effective', retired_on = NULL WHERE code = 'D_STD';
SELECT results_eq($$SELECT interface, verdict, why FROM portfolio.national_local_interface() WHERE crossing = 'data_flow:D_F'$$, $$VALUES ('interface:D_I1', 'gap', '{interface is retired}'::text[])$$, 'no crossing by a retired interface is ok');
SELECT results_eq($$SELECT detail FROM portfolio.interoperability_gaps() WHERE element_ref = 'data_flow:D_F'$$, $$VALUES ('the flow has no standard and its interface is retired')$$, 'nor has its flow a standard');
UPDATE portfolio.interface SET lifecycle = 'live', valid = '(,2015-01-01)' WHERE code = 'D_I1';
SELECT results_eq($$SELECT interface, verdict, why FROM portfolio.national_local_interface() WHERE crossing = 'data_flow:D_F'$$, $$VALUES ('interface:D_I1', 'gap', '{interface is retired,conformance is not stated}'::text[])$$, 'nor by one that has ended');
UPDATE portfolio.interface SET lifecycle = 'retired', valid = '(,)' WHERE code = 'D_I1';
UPDATE portfolio.organisation SET valid = '(,2016-01-01)' WHERE code = 'D_BOARD';
SELECT results_eq($$SELECT why FROM portfolio.national_local_interface() WHERE crossing = 'data_flow:D_F'$$, $$VALUES ('{interface is retired,agreement does not hold}'::text[])$$, 'an agreement that has ended is none');
UPDATE portfolio.standard SET status = 'retired', retired_on = '2020-01-01' WHERE code = 'D_STD';
UPDATE portfolio.conformance SET valid = '[2016-01-01,2017-01-01)' WHERE interface = pg_temp.e('interface', 'D_I1');
UPDATE portfolio.system SET lifecycle = 'retired' WHERE code = 'D_A';
SELECT results_eq($$SELECT interfaces, data_flows, conforming, expired FROM portfolio.standards_register WHERE code = 'D_STD'$$, $$VALUES (0::bigint, 0::bigint, 0::bigint, 0::bigint)$$, 'the register counts neither');
SELECT is_empty($$SELECT * FROM portfolio.interoperability_gaps() WHERE element_ref ~ 'interface:D_'$$, 'gaps tell of neither, nor of conformance that has expired');
TRUNCATE ran;
INSERT INTO ran SELECT * FROM portfolio.run_checks('architecture', '{retired-standard-in-use}');
SELECT is_empty($$SELECT * FROM portfolio.finding WHERE check_code = 'retired-standard-in-use' AND subject ~ 'D_' AND resolved_at IS NULL$$, 'and the check finds nothing more');
SELECT results_eq($$SELECT lifecycle FROM portfolio.current_conformance WHERE element_ref = 'interface:D_I1'$$, $$VALUES ('retired')$$, 'conformance tells the lifecycle');

-- a standard that ends by retire(), and its interface with it
INSERT INTO portfolio.standard (code, name) VALUES ('D_END', 'Ending');
INSERT INTO portfolio.interface (code, name, standard) VALUES ('D_I3', 'Interface three', pg_temp.e('standard', 'D_END')), ('D_I4', 'Interface four', pg_temp.e('standard', 'D_END'));
SELECT r.reference FROM unnest('{standard:D_END,interface:D_I3}'::text[], '{2019-01-01,2019-06-01}'::date[]) v (element, day), portfolio.retire(v.element, v.day) r (table_name, column_name, action, n, reference);
SELECT results_eq($$SELECT portfolio.element_label(element), status FROM portfolio.standard_use WHERE standard = pg_temp.e('standard', 'D_END')$$, $$VALUES ('interface:D_I4', 'retired')$$, 'today one still follows it');
SET LOCAL pg_portfolio.as_of = '2018-06-01';
SELECT results_eq($$SELECT status, interfaces FROM portfolio.standards_register WHERE code = 'D_END'$$, $$VALUES ('effective', 2::bigint)$$, 'in 2018 both did');
SET LOCAL pg_portfolio.as_of = '2019-05-31';
SELECT results_eq($$SELECT portfolio.element_label(element), status FROM portfolio.standard_use WHERE standard = pg_temp.e('standard', 'D_END') ORDER BY 1$$, $$VALUES ('interface:D_I3', 'retired'), ('interface:D_I4', 'retired')$$, 'and for some months both did when it had ended');
RESET pg_portfolio.as_of;

-- elements that have ended hold nothing
INSERT INTO portfolio.element (kind, code, name, valid) VALUES ('capability', 'D_OLD', 'Old', '[2010-01-01,2012-01-01)'), ('capability', 'D_ALONE', 'Alone', '(,)');
INSERT INTO portfolio.relationship (source, kind, target) VALUES (pg_temp.e('capability', 'D_OLD'), 'association', pg_temp.e('capability', 'D_ALONE'));
SELECT results_eq($$SELECT code FROM portfolio.orphans() WHERE code IN ('D_OLD', 'D_ALONE')$$, $$VALUES ('D_ALONE')$$, 'what hangs on something that has ended hangs on nothing');
SELECT results_eq($$SELECT value FROM portfolio.centrality('degree', '{"along": "arrows"}') WHERE code = 'D_ALONE'$$, $$VALUES (0::float8)$$, 'as in the graph');
SELECT is_empty($$SELECT * FROM portfolio.current_relationship WHERE source_ref = 'capability:D_OLD'$$, 'nor is the relationship there');
SET LOCAL pg_portfolio.as_of = '2011-01-01';
SELECT results_eq($$SELECT target_ref FROM portfolio.current_relationship WHERE source_ref = 'capability:D_OLD'$$, $$VALUES ('capability:D_ALONE')$$, 'on a day of both it is');
SELECT is_empty($$SELECT * FROM portfolio.orphans() WHERE code IN ('D_OLD', 'D_ALONE')$$, 'and neither is an orphan');
RESET pg_portfolio.as_of;
INSERT INTO portfolio.service (code, name, state, valid) VALUES ('D_S1', 'Ended', 'in_transition', '(,2010-01-01)'), ('D_S2', 'There', 'in_transition', '(,)'), ('D_S3', 'By a system that has ended', 'in_transition', '(,)');
INSERT INTO portfolio.system (code, name, valid) VALUES ('D_GONE', 'System that has ended', '(,2012-01-01)');
INSERT INTO portfolio.interface (code, name, system) VALUES ('D_I5', 'Interface five', pg_temp.e('system', 'D_GONE'));
SELECT portfolio.relate('service:D_S1', 'association', 'interface:D_I4'), portfolio.relate('service:D_S2', 'association', 'interface:D_I4'), portfolio.relate('system:D_GONE', 'realization', 'service:D_S3');
SELECT results_eq($$SELECT portfolio.element_label(service), portfolio.element_label(interface) FROM portfolio.service_interface WHERE portfolio.element_label(service) ~ ':D_'$$,
  $$VALUES ('service:D_S2', 'interface:D_I4')$$, 'services and systems that have ended have no interfaces');

-- technology
INSERT INTO portfolio.technology (code, name, support_ends_on, valid) VALUES ('D_T1', 'Gone in 2016', '2014-01-01', '(,2016-01-01)'), ('D_T2', 'Nobody uses it', '2014-01-01', '(,)'), ('D_T3', 'In use', '2014-01-01', '(,)');
INSERT INTO portfolio.system_technology (system, technology) SELECT pg_temp.e('system', 'D_B'), pg_temp.e('technology', c) FROM unnest('{D_T1,D_T3}'::text[]) c;
SELECT results_eq($$SELECT system_code, technology_code FROM portfolio.unsupported_technology('2018-01-01') WHERE technology_code LIKE 'D\_%'$$, $$VALUES ('D_B', 'D_T3')$$, 'neither technology that has ended nor what no system uses');
SELECT results_eq($$SELECT technology_code FROM portfolio.unsupported_technology('2015-01-01') WHERE technology_code LIKE 'D\_%' ORDER BY 1$$, $$VALUES ('D_T1'), ('D_T3')$$, 'on a day of all it is found');
SELECT count(*) FROM portfolio.retire('system:D_B', '2019-01-01');
SELECT results_eq($$SELECT technology_code FROM portfolio.unsupported_technology('2018-01-01') WHERE technology_code LIKE 'D\_%'$$, $$VALUES ('D_T3')$$, 'so it is when the system has been retired since');
SELECT throws_ok($$SELECT * FROM portfolio.unsupported_technology('infinity')$$, '22023', 'infinity is not a day', 'no day is infinite');
SELECT throws_ok($$SELECT * FROM portfolio.unsupported_technology('-infinity')$$, '22023', '-infinity is not a day', 'either way');

-- no statistics yet: see the comment there
SELECT ok((SELECT 'enable_nestloop=off' = ANY (p.proconfig) FROM pg_proc p WHERE p.oid = 'portfolio.duplicates(numeric, jsonb)'::regprocedure), 'duplicates() does not compare each with each');

-- what is retired meets nobody
INSERT INTO portfolio.system (code, name, scope, lifecycle) VALUES ('D_NAT', 'National', 'national', 'retired'), ('D_LOC', 'Local', 'local', 'live'), ('D_NAT2', 'National two', 'national', 'live');
SELECT portfolio.relate('system:D_NAT', 'flow', 'system:D_LOC'), portfolio.relate('system:D_NAT2', 'flow', 'system:D_LOC');
INSERT INTO portfolio.data_flow (code, name, sender, receiver) VALUES ('D_FLOW', 'Flow', portfolio.element_id('system', 'D_NAT'), portfolio.element_id('system', 'D_LOC'));
SELECT results_eq($$SELECT element_ref FROM portfolio.interoperability_gaps() WHERE gap = 'flow_without_standard' AND element_ref ~ ':D_(NAT|FLOW)'$$, $$VALUES ('system:D_NAT2 > system:D_LOC')$$, 'a system that is retired has no gap');
SELECT results_eq($$SELECT national_ref FROM portfolio.national_local_interface() WHERE local_ref = 'system:D_LOC'$$, $$VALUES ('system:D_NAT2')$$, 'nor a crossing');
SELECT is((SELECT count(*) FROM portfolio.retired_element x JOIN portfolio.system y ON y.id = x.element WHERE y.code LIKE 'D\_NAT%'), 1::bigint, 'one of them is retired');
SELECT * FROM finish();
ROLLBACK;
