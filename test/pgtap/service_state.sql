-- The states of a service: what each demands and what may follow what, refused to an editor's direct SQL; since when.
BEGIN;
SELECT plan(44);
CREATE ROLE pf_service_editor;
SELECT portfolio.grant_profile('pf_service_editor', 'editor');
INSERT INTO portfolio.team (code, name) VALUES ('SS_OPS', 'Operations');

-- Every demand is a CHECK: without the trigger that explains it, each row of service_demand is refused by the constraint itself.
CREATE TEMP TABLE tried (state text, demand name, refused_by text);
ALTER TABLE portfolio.service DISABLE TRIGGER guard_service;
DO $$
DECLARE
  d record;
  row jsonb;
  name text;
BEGIN
  FOR d IN SELECT s.state, a.attname FROM portfolio.service_state s
            CROSS JOIN pg_attribute a WHERE a.attrelid = 'portfolio.service'::regclass AND a.attnum > 0 AND NOT a.attnotnull AND a.attgenerated = '' LOOP
    BEGIN
      row := jsonb_build_object('code', 'SS_X', 'name', 'x', 'state', d.state, 'valid', '(,)', 'scope', 'national', 'adopted_locally', false, 'id', nextval('portfolio.element_id_seq'),
        'owner', portfolio.element_ref('SS_OPS'), 'support_tier', 'gold', 'service_level', 'availability', 'roadmap_item', 'R1', 'early_life_ends', '2018-01-01',
        'live_on', '2018-01-01', 'retired_on', '2020-01-01') - d.attname::text;
      INSERT INTO portfolio.service (id, code, name, state, owner, valid, scope, adopted_locally, support_tier, service_level, roadmap_item, early_life_ends, live_on, retired_on)
        SELECT r.id, r.code, r.name, r.state, r.owner, r.valid, r.scope, r.adopted_locally, r.support_tier, r.service_level, r.roadmap_item, r.early_life_ends, r.live_on, r.retired_on
          FROM jsonb_populate_record(NULL::portfolio.service, row) r;
      RAISE EXCEPTION USING ERRCODE = 'PF000';
    EXCEPTION
      WHEN check_violation THEN
        GET STACKED DIAGNOSTICS name = CONSTRAINT_NAME;
        INSERT INTO tried VALUES (d.state, d.attname, name);
      WHEN SQLSTATE 'PF000' THEN NULL;
    END;
  END LOOP;
END
$$;
ALTER TABLE portfolio.service ENABLE TRIGGER guard_service;
SELECT results_eq('SELECT state, demand::text COLLATE "default" FROM tried WHERE demand NOT IN (''live_on'', ''retired_on'') ORDER BY 1, 2', 'SELECT state, demand::text COLLATE "default" FROM portfolio.service_demand ORDER BY 1, 2',
  'service_demand says what the CHECK constraints demand, no more and no less');
SELECT results_eq('SELECT state, demand::text COLLATE "default", refused_by FROM tried WHERE demand IN (''live_on'', ''retired_on'') ORDER BY 1',
  $$VALUES ('live', 'live_on', 'service_live_check'), ('retired', 'retired_on', 'service_retired_check')$$, 'and the days that the database fills must be there');

SET LOCAL ROLE pf_service_editor;
SELECT lives_ok($$INSERT INTO portfolio.service (code, name, description) VALUES ('SS_A', 'Service A', 'x')$$, 'a service begins in the pipeline');
SELECT throws_ok($$UPDATE portfolio.service SET state = 'live' WHERE code = 'SS_A'$$, '23514', 'service "SS_A" cannot become live from pipeline', 'no state is skipped');
SELECT throws_ok($$UPDATE portfolio.service SET state = 'sunk' WHERE code = 'SS_A'$$, '23503', 'state "sunk" of service "SS_A" is not known', 'an unknown state is refused by name');
SELECT throws_ok($$INSERT INTO portfolio.service (code, name, state) VALUES ('SS_B', 'b', 'live')$$, '23514',
  'service "SS_B" cannot be live: it lacks an accountable owner, a support tier, a service level, a roadmap', 'a new live service needs all of it');
SELECT lives_ok($$UPDATE portfolio.service SET state = 'in_transition' WHERE code = 'SS_A'$$, 'a transfer begins');
SELECT throws_ok($$UPDATE portfolio.service SET state = 'early_life_support', owner = portfolio.element_ref('SS_OPS') WHERE code = 'SS_A'$$, '23514',
  'service "SS_A" cannot be early_life_support: it lacks a support tier, a last day of early life support', 'early life has an end');
SELECT lives_ok($$UPDATE portfolio.service SET state = 'early_life_support', owner = portfolio.element_ref('SS_OPS'), support_tier = 'gold', early_life_ends = current_date + 30
                   WHERE code = 'SS_A'$$, 'early life begins');
SELECT throws_ok($$UPDATE portfolio.service SET state = 'live' WHERE code = 'SS_A'$$, '23514', 'service "SS_A" cannot be live: it lacks a service level, a roadmap', 'not live without levels and roadmap');
-- What is told with it
CREATE FUNCTION pg_temp.told(command text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE law text; detail text; hint text; about text;
BEGIN
  EXECUTE command;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS law = CONSTRAINT_NAME, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, about = TABLE_NAME;
  RETURN ARRAY[law, detail, hint, about];
END
$$;
SELECT is(pg_temp.told($$UPDATE portfolio.service SET state = 'retired' WHERE code = 'SS_A'$$),
  ARRAY['service_transition', 'What is early_life_support may become in_transition or live or retiring.', 'SELECT * FROM portfolio.service_transition; lists what may follow what.', 'service'],
  'a refused change says what may follow');
SELECT is(pg_temp.told($$UPDATE portfolio.service SET support_tier = NULL WHERE code = 'SS_A'$$),
  ARRAY['service_early_life_check', 'In state early_life_support it needs an accountable owner, a support tier, a last day of early life support.',
        'UPDATE portfolio.service SET support_tier = ''...'' WHERE code = ''SS_A'';', 'service'],
  'a refused state says what it needs and what to do');
SELECT is((pg_temp.told($$INSERT INTO portfolio.service (code, name, state) VALUES ('SS_B', 'b', 'live')$$))[3],
  'Give it in the INSERT. The service level and the roadmap that it names may follow in the same transaction.', 'and how a service is written that has long been live');
SELECT throws_ok($$INSERT INTO portfolio.service_level (service, measure, target) VALUES (portfolio.element_ref('SS_A'), 'cheerfulness', 9)$$, '23503', NULL, 'an unknown measure is refused');
SELECT throws_ok($$INSERT INTO portfolio.service_level (service, measure, target) VALUES (portfolio.element_ref('SS_OPS'), 'availability', 99.9)$$, '23503', NULL, 'a team has no service level');
SELECT throws_ok($$INSERT INTO portfolio.service_level (service, measure, target, "window") VALUES (portfolio.element_ref('SS_A'), 'availability', 99.9, 'fortnight')$$, '23514', NULL, 'an unknown window is refused');
SELECT lives_ok($$INSERT INTO portfolio.service_level (service, measure, target) VALUES (portfolio.element_ref('SS_A'), 'availability', 99.9), (portfolio.element_ref('SS_A'), 'restore-time', 240)$$, 'levels are agreed');
SELECT throws_ok($$INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on, ends_on) VALUES (portfolio.element_ref('SS_A'), 'R1', 'release', 'x', '2030-01-02', '2030-01-01')$$,
  '23514', NULL, 'nothing ends before it begins');
SELECT throws_ok($$INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on, time_zone) VALUES (portfolio.element_ref('SS_A'), 'R1', 'release', 'x', '2030-01-02', 'Europe/Atlantis')$$,
  '22023', 'time zone "Europe/Atlantis" not recognized', 'an unknown time zone is refused');
SELECT throws_ok($$INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on, starts_at) VALUES (portfolio.element_ref('SS_A'), 'R1', 'release', 'x', '2030-01-02', '10:00')$$,
  '23514', NULL, 'hours have both ends');
SELECT throws_ok($$INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on, revision) VALUES (portfolio.element_ref('SS_A'), 'R1', 'release', 'x', '2030-01-02', 7)$$,
  '42501', NULL, 'nobody writes revisions');
SELECT lives_ok($$INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on) VALUES (portfolio.element_ref('SS_A'), 'R1', 'release', 'Release 1', '2030-01-02')$$, 'a roadmap is made');
SELECT lives_ok($$UPDATE portfolio.service SET state = 'live' WHERE code = 'SS_A'$$, 'and the service goes live');
SELECT results_eq($$SELECT service_level, roadmap_item, live_on FROM portfolio.service WHERE code = 'SS_A'$$, $$VALUES ('availability', 'R1', current_date)$$, 'its keys and its day are filled');
SET CONSTRAINTS ALL IMMEDIATE;

-- What it lives by cannot be taken away.
SELECT throws_ok($$UPDATE portfolio.service SET owner = NULL WHERE code = 'SS_A'$$, '23514', 'service "SS_A" cannot be live: it lacks an accountable owner', 'a live service keeps its owner');
SELECT throws_ok($$UPDATE portfolio.service SET service_level = 'incidents' WHERE code = 'SS_A'$$, '23503', NULL, 'it cannot point to a level that it does not have');
SELECT lives_ok($$DELETE FROM portfolio.service_level WHERE service = portfolio.element_ref('SS_A') AND measure = 'availability'$$, 'one of two levels may go');
SELECT is((SELECT service_level FROM portfolio.service WHERE code = 'SS_A'), 'restore-time', 'the other takes its place');
SELECT throws_ok($$DELETE FROM portfolio.service_level WHERE service = portfolio.element_ref('SS_A')$$, '23514', 'service "SS_A" cannot be live: it lacks a service level', 'the last level may not');
SELECT throws_ok($$DELETE FROM portfolio.roadmap_item WHERE service = portfolio.element_ref('SS_A')$$, '23514', 'service "SS_A" cannot be live: it lacks a roadmap', 'nor the last of the roadmap');
SELECT throws_ok($$DELETE FROM portfolio.team WHERE code = 'SS_OPS'$$, '23503', NULL, 'nor the owner');
-- In one transaction a live service comes with its level and roadmap, in any order.
SET CONSTRAINTS ALL DEFERRED;
SELECT lives_ok($$INSERT INTO portfolio.service (code, name, state, owner, support_tier, service_level, roadmap_item, live_on)
  VALUES ('SS_C', 'Long live', 'live', portfolio.element_ref('SS_OPS'), 'gold', 'availability', 'R1', '2009-04-01')$$, 'a service that has long been live');
SELECT throws_ok('SET CONSTRAINTS ALL IMMEDIATE', '23503', NULL, 'comes with its level and roadmap');
INSERT INTO portfolio.service_level (service, measure, target) VALUES (portfolio.element_ref('SS_C'), 'availability', 99);
INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on) VALUES (portfolio.element_ref('SS_C'), 'R1', 'review', 'Review', '2030-01-02');
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'in the same transaction');
SELECT is((SELECT live_on FROM portfolio.service WHERE code = 'SS_C'), '2009-04-01'::date, 'the day that is given stays');

-- Since when: nobody writes it, and the owner of the table may correct it.
SELECT throws_ok($$INSERT INTO portfolio.service_state_period (service, state, during) VALUES (portfolio.element_ref('SS_C'), 'retired', '[2030-01-01,)')$$, '42501', NULL, 'nobody writes states round the back');
SELECT throws_ok($$UPDATE portfolio.service_state SET label = 'x'$$, '42501', NULL, 'states belong to releases');
SELECT results_eq($$SELECT state, during FROM portfolio.service_state_period WHERE service = portfolio.element_ref('SS_A') ORDER BY during$$,
  $$VALUES ('pipeline', daterange(NULL, current_date)), ('live', daterange(current_date, NULL))$$, 'of several changes on one day the last counts');
RESET ROLE;
UPDATE portfolio.service_state_period SET during = daterange(NULL, '2017-04-01') WHERE service = portfolio.element_ref('SS_A') AND state = 'pipeline';
INSERT INTO portfolio.service_state_period (service, state, during) VALUES (portfolio.element_ref('SS_A'), 'in_transition', daterange('2017-04-01', current_date));
SELECT throws_ok($$INSERT INTO portfolio.service_state_period (service, state, during) VALUES (portfolio.element_ref('SS_A'), 'live', '[2018-01-01,2018-02-01)')$$, '23P01', NULL, 'one state a day');
SET LOCAL ROLE pf_service_editor;
SELECT lives_ok($$UPDATE portfolio.service SET state = 'retiring' WHERE code = 'SS_A'; UPDATE portfolio.service SET state = 'retired' WHERE code = 'SS_A'$$, 'it is withdrawn');
SELECT is((SELECT retired_on FROM portfolio.service WHERE code = 'SS_A'), current_date, 'and its last day is filled');
UPDATE portfolio.roadmap_item SET kind = 'milestone' WHERE service = portfolio.element_ref('SS_A');
SELECT results_eq($$SELECT table_name::text COLLATE "default", about, old_value, new_value FROM portfolio.element_history('service:SS_A') WHERE column_name = 'kind' OR column_name = 'state' AND new_value = 'live'$$,
  $$VALUES ('roadmap_item', 'R1', NULL, 'release'), ('service', NULL, 'early_life_support', 'live'), ('roadmap_item', 'R1', 'release', 'milestone')$$, 'the journal tells of levels and roadmaps as well');
SELECT lives_ok($$DELETE FROM portfolio.service WHERE code IN ('SS_A', 'SS_C')$$, 'a service goes with its levels, roadmap and states');
SELECT throws_ok($$SELECT * FROM portfolio.element_history('milestone:R1')$$, '42704', NULL, 'the code of an item is not that of an element');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
