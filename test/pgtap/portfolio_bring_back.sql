-- What was deleted comes back, row by row, for whoever may write: as it was, number and all.
BEGIN;
SELECT plan(24);
SET LOCAL client_min_messages = warning;
CREATE FUNCTION pg_temp.last_of(t name) RETURNS bigint LANGUAGE sql AS $$SELECT max(id) FROM portfolio.change WHERE table_name = $1$$;
INSERT INTO portfolio.service (code, name) VALUES ('B_S', 'Service');
INSERT INTO portfolio.standard (code, name) VALUES ('B_STD', 'Standard');
SELECT portfolio.define_property('system', 'b_size', 'integer', 'Size');
CREATE ROLE pf_bring_back_editor;
SELECT portfolio.grant_profile('pf_bring_back_editor', 'editor');
CREATE ROLE pf_bring_back_analyst;
SELECT portfolio.grant_profile('pf_bring_back_analyst', 'analyst');
SET LOCAL ROLE pf_bring_back_editor;
INSERT INTO portfolio.system (code, name) VALUES ('B_Y', 'System');
INSERT INTO portfolio.element_property (element, key, value) VALUES (portfolio.element_ref('system:B_Y'), 'b_size', '4');
INSERT INTO portfolio.element_alias (element, scheme, value) VALUES (portfolio.element_ref('system:B_Y'), 'code', 'B_OLD');
INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) VALUES (portfolio.element_ref('system:B_Y'), 'b_size', '5', '[2030-01-01,)');
INSERT INTO portfolio.conformance (system, standard, status) VALUES (portfolio.element_ref('system:B_Y'), portfolio.element_ref('standard:B_STD'), 'declared');
SELECT portfolio.relate('system:B_Y', 'serving', 'service:B_S') AS served \gset
SELECT portfolio.element_ref('system:B_Y') AS id \gset
CREATE TEMP TABLE before_it AS SELECT * FROM portfolio.export('system') UNION ALL SELECT * FROM portfolio.export('relationship') UNION ALL SELECT * FROM portfolio.export('conformance') UNION ALL SELECT * FROM portfolio.export('element_alias');
SELECT isnt_empty($$SELECT * FROM portfolio.delete_element('system:B_Y', false)$$, 'an editor deletes an element with all that hangs on it');
CREATE TEMP TABLE gone AS SELECT DISTINCT change, table_name FROM portfolio.element_history('system:B_Y') WHERE operation = 'DELETE';
SELECT is((SELECT count(*) FROM gone), 6::bigint, 'six rows');
SELECT throws_ok(format('SELECT portfolio.undo_change(%s)', (SELECT change FROM gone WHERE table_name = 'conformance')), '23503', NULL, 'what refers to it does not come back before it');
SELECT lives_ok('SELECT portfolio.undo_change(change) FROM (SELECT change FROM gone ORDER BY change DESC) newest_first', 'from the newest on all of them come back');
SELECT is(portfolio.element_ref('system:B_Y'), :id::bigint, 'with its number');
SELECT bag_eq($$SELECT * FROM portfolio.export('system') UNION ALL SELECT * FROM portfolio.export('relationship') UNION ALL SELECT * FROM portfolio.export('conformance') UNION ALL SELECT * FROM portfolio.export('element_alias')$$, 'TABLE before_it', 'and everything is as before');
SELECT is((SELECT id FROM portfolio.relationship WHERE source = :id), :served::bigint, 'the relationship has its number too');
SELECT is((SELECT DISTINCT by FROM portfolio.change WHERE reason LIKE 'undo of change%'), 'pf_bring_back_editor'::name, 'the journal names the editor');
SELECT throws_ok('SELECT portfolio.bring_back(-1)', 'P0002', 'change -1 does not exist', 'no such entry');
SELECT throws_ok(format('SELECT portfolio.bring_back(%s)', (SELECT min(id) FROM portfolio.change)), '55000', NULL, 'an entry that deleted nothing');
SELECT throws_ok(format('SELECT portfolio.bring_back(%s)', (SELECT change FROM gone WHERE table_name = 'system')), '23505', NULL, 'what is there does not come back again');
-- numbers that the database gives always, and counts that it keeps
INSERT INTO portfolio.service_request (service, title, requested_on) VALUES (portfolio.element_ref('service:B_S'), 'Request', '2016-04-01');
DELETE FROM portfolio.service_request WHERE title = 'Request';
SELECT lives_ok($$SELECT portfolio.undo_change(pg_temp.last_of('service_request'))$$, 'an identity column is no obstacle');
INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on) SELECT portfolio.element_ref('service:B_S'), 'R1', 'review', 'First', '2030-01-01';
UPDATE portfolio.roadmap_item SET title = 'Second' WHERE code = 'R1';
SELECT lives_ok($$SELECT portfolio.undo_change(pg_temp.last_of('roadmap_item'))$$, 'nor what counts the writes of a row');
SELECT results_eq($$SELECT title, revision FROM portfolio.roadmap_item WHERE code = 'R1'$$, $$VALUES ('First', 2)$$, 'which counts this one too');
RESET ROLE;
SET LOCAL ROLE pf_bring_back_analyst;
SELECT throws_ok('SELECT portfolio.bring_back(1)', '42501', NULL, 'an analyst brings nothing back');
RESET ROLE;
-- a live service, whose row points to its service level and its roadmap
INSERT INTO portfolio.organisation (code, name) VALUES ('B_O', 'Organisation');
INSERT INTO portfolio.service (code, name, state, owner, support_tier, service_level, roadmap_item, live_on)
SELECT 'B_L', 'Live', 'live', portfolio.element_ref('organisation:B_O'), 'gold', min(m.code), 'R1', '2009-04-01' FROM portfolio.measure m;
INSERT INTO portfolio.service_level (service, measure, target) SELECT s.id, s.service_level, 95 FROM portfolio.service s WHERE s.code = 'B_L';
INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on) VALUES (portfolio.element_ref('service:B_L'), 'R1', 'review', 'Review', '2030-01-01');
SELECT isnt_empty($$SELECT * FROM portfolio.delete_element('service:B_L', false)$$, 'is deleted');
SELECT lives_ok($$SELECT portfolio.undo_change(change) FROM (SELECT DISTINCT change, about IS NOT NULL AS hangs_on_it FROM portfolio.element_history('service:B_L') WHERE operation = 'DELETE' ORDER BY hangs_on_it, change DESC) deleted$$, 'and comes back, its own row first');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT results_eq($$SELECT s.state, s.service_level = l.measure, s.roadmap_item FROM portfolio.service s JOIN portfolio.service_level l ON l.service = s.id WHERE s.code = 'B_L'$$, $$VALUES ('live', true, 'R1')$$, 'live and whole');
-- the states that it was in come back with it, on their days
ALTER TABLE portfolio.change DISABLE TRIGGER guard_change;
INSERT INTO portfolio.service (code, name, valid) VALUES ('B_P', 'States', '[2015-04-01,)');
UPDATE portfolio.change SET at = '2015-01-15 12:00Z' WHERE table_name = 'service' AND element = portfolio.element_ref('service:B_P');
UPDATE portfolio.service SET state = 'in_transition' WHERE code = 'B_P';
UPDATE portfolio.change SET at = '2016-06-30 23:59Z' WHERE table_name = 'service' AND element = portfolio.element_ref('service:B_P') AND new ->> 'state' = 'in_transition';
UPDATE portfolio.service SET state = 'retiring' WHERE code = 'B_P';
ALTER TABLE portfolio.change ENABLE TRIGGER guard_change;
SELECT portfolio.delete_element('service:B_P', false);
SELECT portfolio.undo_change(pg_temp.last_of('service'));
SELECT results_eq($$SELECT state, during FROM portfolio.service_state_period WHERE service = portfolio.element_ref('service:B_P') ORDER BY during$$,
  $$SELECT v.state, daterange(v.since, v.until) FROM (VALUES ('pipeline', '2015-04-01'::date, '2016-06-30'::date), ('in_transition', '2016-06-30', portfolio.law_day()), ('retiring', portfolio.law_day(), NULL)) v (state, since, until)$$,
  'a service comes back with the states that it was in');
UPDATE portfolio.service SET state = 'retired' WHERE code = 'B_P';
SELECT results_eq($$SELECT state, during FROM portfolio.service_state_period WHERE service = portfolio.element_ref('service:B_P') AND upper_inf(during)$$,
  $$VALUES ('retired', daterange(portfolio.law_day(), NULL))$$, 'and goes on from there');
-- whatever the settings of the session
SET LOCAL datestyle = 'SQL, DMY';
SET LOCAL timezone = 'Asia/Tokyo';
UPDATE portfolio.service SET valid = '[2016-04-01,2019-04-01)' WHERE code = 'B_S';
SET LOCAL datestyle = 'German';
SET LOCAL timezone = 'UTC';
SELECT lives_ok($$SELECT portfolio.undo_change(pg_temp.last_of('service'))$$, 'days are read as they were meant');
UPDATE portfolio.relationship SET weight = 1 / 3.0 WHERE id = :served;
SET LOCAL extra_float_digits = 0;
UPDATE portfolio.relationship SET weight = 2 / 3.0 WHERE id = :served;
SELECT is((SELECT new ->> 'weight' FROM portfolio.change WHERE id = pg_temp.last_of('relationship')), '0.6666667', 'every digit is journalled');
SELECT lives_ok($$SELECT portfolio.undo_change(pg_temp.last_of('relationship'))$$, 'and undone');
RESET extra_float_digits;
SELECT is((SELECT weight FROM portfolio.relationship WHERE id = :served), (1 / 3.0)::real, 'to what was there');
SELECT * FROM finish();
ROLLBACK;
