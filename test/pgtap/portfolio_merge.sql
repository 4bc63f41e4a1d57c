-- Two elements become one, and nothing that either of them had is lost by the way.
BEGIN;
SELECT plan(24);
SET LOCAL client_min_messages = warning;
CREATE FUNCTION pg_temp.e(kind text, code text) RETURNS bigint LANGUAGE sql AS $$SELECT portfolio.element_id($1, $2)$$;
INSERT INTO portfolio.organisation (code, name) VALUES ('M_KEEP', 'Keep'), ('M_DROP', 'Drop'), ('M_O', 'Other');
INSERT INTO portfolio.service (code, name) VALUES ('M_S', 'Service');
INSERT INTO portfolio.standard (code, name) VALUES ('M_STD', 'Standard');
INSERT INTO portfolio.system (code, name) VALUES ('M_K', 'Keep'), ('M_D', 'Drop');

-- what is dated is cut to the days that are free
INSERT INTO portfolio.relationship (source, kind, target, valid) VALUES
  (pg_temp.e('system', 'M_K'), 'serving', pg_temp.e('service', 'M_S'), '[2010-01-01,2015-01-01)'), (pg_temp.e('system', 'M_D'), 'serving', pg_temp.e('service', 'M_S'), '[2014-01-01,)');
INSERT INTO portfolio.role_holder (element, role, party, valid) VALUES
  (pg_temp.e('system', 'M_K'), 'service_owner', pg_temp.e('organisation', 'M_O'), '[2010-01-01,2015-01-01)'), (pg_temp.e('system', 'M_D'), 'service_owner', pg_temp.e('organisation', 'M_KEEP'), '[2014-01-01,)');
INSERT INTO portfolio.element_property (element, key, value, valid) VALUES
  (pg_temp.e('system', 'M_K'), 'beds', '5', '[2012-01-01,2013-01-01)'), (pg_temp.e('system', 'M_D'), 'beds', '6', '(,)'), (pg_temp.e('system', 'M_D'), 'seats', '7', '(,)'),
  (pg_temp.e('system', 'M_K'), 'doors', '1', '(,)'), (pg_temp.e('system', 'M_D'), 'doors', '2', '[2016-01-01,)');
INSERT INTO portfolio.conformance (system, standard, status, valid, assessed_on, evidence) VALUES
  (pg_temp.e('system', 'M_K'), pg_temp.e('standard', 'M_STD'), 'declared', '[2016-01-01,2017-01-01)', NULL, NULL),
  (pg_temp.e('system', 'M_D'), pg_temp.e('standard', 'M_STD'), 'failed', '[2016-06-01,)', '2016-06-01', 'report');
INSERT INTO portfolio.relationship_property (relationship, key, value) SELECT r.id, 'k', 'v' FROM portfolio.relationship r WHERE r.source = pg_temp.e('system', 'M_D');
-- what refers to it in words
SELECT portfolio.define_property('service', 'm_runs_on', 'element', 'Runs on');
INSERT INTO portfolio.element_property (element, key, value) VALUES (pg_temp.e('service', 'M_S'), 'm_runs_on', 'system:M_D');
INSERT INTO portfolio.observation (measure, element, during, value) SELECT m.code, pg_temp.e('system', v.code), v.during::daterange, v.value
  FROM (SELECT code FROM portfolio.measure ORDER BY code LIMIT 1) m, (VALUES ('M_K', '[2018-01-01,2018-02-01)', 1), ('M_D', '[2018-01-01,2018-02-01)', 2), ('M_D', '[2018-03-01,2018-04-01)', 3)) v (code, during, value);
CREATE TEMP TABLE tried AS SELECT * FROM portfolio.merge_elements('system:M_K', 'system:M_D');
SELECT set_eq($$SELECT * FROM portfolio.merge_elements('system:M_K', 'system:M_D', false)$$, 'SELECT * FROM tried', 'a dry run tells what is then done');
SELECT set_eq($$SELECT table_name, column_name, action, rows, detail FROM tried WHERE table_name <> 'observation'$$,
  $$VALUES ('relationship', 'source', 'shortened', 1::bigint, 'system:M_D serving service:M_S [2014-01-01,)'), ('role_holder', 'element', 'shortened', 1, 'service_owner [2014-01-01,)'),
           ('element_property', 'element', 'shortened', 1, 'beds'), ('element_property', 'element', 'moved', 1, 'seats'), ('element_property', 'element', 'dropped', 1, 'doors [2016-01-01,)'),
           ('conformance', 'system', 'shortened', 1, 'standard:M_STD [2016-06-01,)'), ('element_property', 'value', 'moved', 1, 'service:M_S m_runs_on'), ('system', NULL, 'deleted', 1, 'system:M_D')$$, 'row by row');
SELECT results_eq($$SELECT valid FROM portfolio.relationship WHERE source = pg_temp.e('system', 'M_K') ORDER BY 1$$, $$VALUES ('[2010-01-01,2015-01-01)'::daterange), ('[2015-01-01,)')$$, 'a relationship goes on after that of the one which is kept');
SELECT is((SELECT count(*) FROM portfolio.relationship_property p JOIN portfolio.relationship r ON r.id = p.relationship WHERE r.source = pg_temp.e('system', 'M_K')), 1::bigint, 'with what was said of it');
SELECT results_eq($$SELECT portfolio.element_label(party), valid FROM portfolio.role_holder WHERE element = pg_temp.e('system', 'M_K') ORDER BY 2$$,
  $$VALUES ('organisation:M_O', '[2010-01-01,2015-01-01)'::daterange), ('organisation:M_KEEP', '[2015-01-01,)')$$, 'a role too');
SELECT results_eq($$SELECT value, valid FROM portfolio.element_property WHERE element = pg_temp.e('system', 'M_K') AND key = 'beds' ORDER BY 2$$,
  $$VALUES ('6', '(,2012-01-01)'::daterange), ('5', '[2012-01-01,2013-01-01)'), ('6', '[2013-01-01,)')$$, 'a property on both sides of what was there');
SELECT results_eq($$SELECT value FROM portfolio.element_property WHERE element = pg_temp.e('system', 'M_K') AND key = 'doors'$$, $$VALUES ('1')$$, 'where there is no free day the own one stays');
SELECT results_eq($$SELECT status, valid FROM portfolio.conformance WHERE system = pg_temp.e('system', 'M_K') ORDER BY 2$$, $$VALUES ('declared', '[2016-01-01,2017-01-01)'::daterange), ('failed', '[2017-01-01,)')$$, 'a failure is not forgotten');
SELECT results_eq($$SELECT during, value FROM portfolio.observation WHERE element = pg_temp.e('system', 'M_K') ORDER BY 1$$, $$VALUES ('[2018-01-01,2018-02-01)'::daterange, 1::numeric), ('[2018-03-01,2018-04-01)', 3)$$, 'what was observed over the same days is one observation');
SELECT is((SELECT value FROM portfolio.element_property WHERE key = 'm_runs_on'), 'system:M_K', 'what names it by its code names the one that is kept');

-- what people must decide about
INSERT INTO portfolio.system (code, name) VALUES ('M_D2', 'Drop two');
INSERT INTO portfolio.observation (measure, element, during, value) SELECT code, pg_temp.e('system', 'M_D2'), '[2018-01-15,2018-05-01)', 7 FROM portfolio.measure ORDER BY code LIMIT 1;
SELECT throws_ok($$SELECT portfolio.merge_elements('system:M_K', 'system:M_D2')$$, '23P01', 'system:M_K and system:M_D2 cannot be made one while both have rows of observation for the same days', 'observations over other days are not thrown away');
SELECT is((SELECT count(*) FROM portfolio.observation WHERE element = pg_temp.e('system', 'M_D2')), 1::bigint, 'nor is anything done');

-- one primary role; what would not fit what is kept
INSERT INTO portfolio.organisation_role (organisation, role, is_primary) VALUES (pg_temp.e('organisation', 'M_KEEP'), 'RO177', true), (pg_temp.e('organisation', 'M_DROP'), 'RO76', true);
SELECT isnt_empty($$SELECT * FROM portfolio.merge_elements('organisation:M_KEEP', 'organisation:M_DROP', false)$$, 'two organisations');
SELECT results_eq($$SELECT role, is_primary FROM portfolio.organisation_role WHERE organisation = pg_temp.e('organisation', 'M_KEEP') ORDER BY role$$, $$VALUES ('RO177', true), ('RO76', false)$$, 'keep both roles, the one that is kept its primary one');
INSERT INTO portfolio.programme (code, name, state, closed_on, start_date, end_date) VALUES ('M_P1', 'Keep', 'in_delivery', NULL, NULL, NULL), ('M_P2', 'Drop', 'closed', '2015-01-01', '2010-01-01', '2015-01-01');
SELECT is((SELECT detail FROM portfolio.merge_elements('programme:M_P1', 'programme:M_P2', false) WHERE action = 'filled'), 'start_date; end_date', 'what does not fit the rest of the row is not taken over');

-- renamed and deleted, with what names it in words
INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) VALUES (pg_temp.e('service', 'M_S'), 'owner', 'organisation:M_O', '[2030-01-01,)');
SELECT results_eq($$SELECT table_name, column_name, action, rows, detail FROM portfolio.delete_element('organisation:M_O') WHERE column_name = 'value'$$, $$VALUES ('planned_attribute', 'value', 'refuses', 1::bigint, 'service:M_S owner')$$, 'a plan keeps whom it names');
SELECT throws_ok($$SELECT portfolio.delete_element('system:M_K', false)$$, '23503', NULL, 'so does a property');
SELECT portfolio.rename_element('organisation:M_O', 'M_O2'), portfolio.rename_element('system:M_K', 'M_K2');
SELECT is((SELECT value FROM portfolio.planned_attribute WHERE element = pg_temp.e('service', 'M_S')), 'organisation:M_O2', 'and follows a new code');
SELECT is((SELECT value FROM portfolio.element_property WHERE key = 'm_runs_on'), 'system:M_K2', 'as a property does');
SELECT lives_ok($$UPDATE portfolio.element_property SET value = value WHERE key = 'm_runs_on'$$, 'which can be written again');

-- what only the owner of the tables can have written
INSERT INTO portfolio.element (kind, code, name) VALUES ('system', 'M_BACK', 'Round the back');
SELECT throws_ok($$SELECT portfolio.delete_element('system:M_BACK', false)$$, '55000', 'system:M_BACK is not in portfolio.system', 'what is in no table is not said to be deleted');
-- as it was recorded, deleted or not
INSERT INTO portfolio.supplier (code, name) VALUES ('M_GONE', 'Gone');
SELECT isnt_empty($$SELECT * FROM portfolio.delete_element('supplier:M_GONE', false)$$, 'a deleted one');
SELECT is(portfolio.element_at('supplier:M_GONE', clock_timestamp()), NULL, 'is no longer there');
SELECT throws_ok($$SELECT portfolio.element_at('supplier:M_NEVER', clock_timestamp())$$, '42704', NULL, 'as one that never was');
SELECT * FROM finish();
ROLLBACK;
