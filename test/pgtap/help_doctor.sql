-- doctor() finds what is planted and names the command that mends it; people with a profile can ask.
BEGIN;
SELECT plan(30);
CREATE FUNCTION pg_temp.told(wanted text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(state || ': ' || what || coalesce(' → ' || mend, ''), E'\n' ORDER BY what) FROM portfolio.doctor() WHERE area = $1$$;
SELECT is_empty($$SELECT * FROM portfolio.doctor() WHERE (mend IS NULL) <> (state = 'ok') OR what IS NULL$$, 'whatever is not ok has a command that mends it');
SELECT is(pg_temp.told('triggers'), 'ok: Every trigger of the portfolio is enabled.', 'triggers are enabled');
SELECT is(pg_temp.told('elements'), 'ok: 0 elements, in step with their own tables.', 'elements are in step');
SELECT is(pg_temp.told('preload'), 'ok: The library is preloaded.', 'preloaded here');
SELECT is(pg_temp.told('version'), 'ok: Library and SQL objects are ' || (SELECT extversion FROM pg_extension WHERE extname = 'pg_portfolio') || '.', 'one version');
SELECT is(pg_temp.told('roles'), 'notice: No role has a profile: only superusers can work. → SELECT portfolio.create_roles(); -- or grant_profile(role, profile)', 'nobody has a profile yet');
SELECT matches(pg_temp.told('search_path'), '^notice: .*use_types', 'operators need a schema');
SELECT is(pg_temp.told('as_of'), NULL, 'today is shown');

SELECT is(pg_temp.told('columns'), NULL, 'every column is of the release');
ALTER TABLE portfolio.service ADD COLUMN cost_centre text;
SELECT matches(pg_temp.told('columns'), '^problem: Column cost_centre of portfolio.service is not of the release: .* → ALTER TABLE portfolio.service DROP COLUMN cost_centre;', 'one that a user added is told');
SELECT mend AS mend FROM portfolio.doctor() WHERE area = 'columns' \gset
:mend
SELECT is(pg_temp.told('columns'), NULL, 'its own command mends it');
INSERT INTO portfolio.system (code, name) VALUES ('H_A', 'System A'), ('H_B', 'System B');
UPDATE portfolio.element SET name = 'Drifted' WHERE code = 'H_A';
SELECT matches(pg_temp.told('elements'), '^problem: 1 rows of portfolio.system and portfolio.element differ', 'drift is found');
SELECT mend AS mend FROM portfolio.doctor() WHERE area = 'elements' \gset
:mend
SELECT is(pg_temp.told('elements'), 'ok: 2 elements, in step with their own tables.', 'its own command mends it');
INSERT INTO portfolio.element (kind, code, name) VALUES ('system', 'H_C', 'Round the back');
SELECT matches(pg_temp.told('elements'), '^problem: 1 rows', 'an element that its table does not have is found');
SELECT mend AS mend FROM portfolio.doctor() WHERE area = 'elements' \gset
:mend
SELECT is(pg_temp.told('elements'), 'ok: 2 elements, in step with their own tables.', 'and mended');

ALTER TABLE portfolio.service DISABLE TRIGGER record_change;
SELECT is(pg_temp.told('triggers'), 'problem: Trigger record_change of portfolio.service is disabled. → ALTER TABLE portfolio.service ENABLE TRIGGER record_change;', 'a disabled trigger is found');
ALTER TABLE portfolio.service ENABLE TRIGGER record_change;

INSERT INTO portfolio.data_set (code, name, schema_name, relation_name) VALUES ('H_GONE', 'Gone', 'public', 'no such table'), ('H_HERE', 'Here', 'pg_catalog', 'pg_class');
SELECT matches(pg_temp.told('data sets'), '^problem: Data set H_GONE: relation public."no such table" does not exist\.[^\n]*$', 'a data set whose relation is gone is found, and no other');
CREATE TABLE public.h_table (id int, a text, b text);
SELECT count(*) FROM portfolio.register_data_set('H_SET', 'public.h_table', '{id}');
SELECT portfolio.add_rule('H_SET', 'H_R1', 'a IS NOT NULL'), portfolio.add_rule('H_SET', 'H_R2', 'b IS NOT NULL');
SELECT is(pg_temp.told('rules'), NULL, 'rules that run are not told of');
ALTER TABLE public.h_table DROP COLUMN b;
SELECT matches(pg_temp.told('rules'), '^problem: Rule H_R2 of data set H_SET can no longer run: [^\n]*alter_rule[^\n]*$', 'a rule that can no longer run is found');
INSERT INTO portfolio.check_definition (code, area, title, severity, query, remediation, author)
VALUES ('h-orphan', 'h', 'Orphan', 'low', 'SELECT ''x'' AS subject', 'none', 'h_nobody');
SELECT matches(pg_temp.told('checks'), '^problem: Check h-orphan: its author h_nobody is no role any more', 'a check whose author is gone is found');
INSERT INTO portfolio.programme (code, name, snapshot_date) VALUES ('H_OLD', 'Old', current_date - 400), ('H_NEW', 'New', current_date);
SELECT results_eq($$SELECT state, substring(what FROM 'Programme (\w+): its figures are those of') FROM portfolio.doctor() WHERE area = 'facts' AND what LIKE 'Programme%'$$,
  $$VALUES ('notice', 'H_OLD')$$, 'stale figures are named');
SET LOCAL pg_portfolio.as_of = '2017-06-01';
SELECT is(pg_temp.told('as_of'), 'notice: Views show the portfolio of 2017-06-01. → RESET pg_portfolio.as_of;', 'another day than today is told');
SET LOCAL pg_portfolio.as_of = '';
SELECT results_eq('SELECT state, problems > 0, elements FROM portfolio.health()', $$VALUES ('problem', true, 7::bigint)$$, 'health() sums it up in one row');
SELECT throws_ok($$SELECT * FROM portfolio.health('{"x": 1}')$$, '22023', 'option "x" is not known', 'unknown options are refused');

-- As people with profiles
CREATE ROLE h_analyst; CREATE ROLE h_editor;
SELECT portfolio.grant_profile('h_analyst', 'analyst'), portfolio.grant_profile('h_editor', 'editor');
GRANT USAGE ON SCHEMA public TO h_analyst, h_editor;
SET LOCAL ROLE h_analyst;
SELECT lives_ok($$SELECT portfolio.describe('system:H_A'), (SELECT count(*) FROM portfolio.find('system')), (SELECT count(*) FROM portfolio.impact_of('system:H_A'))$$, 'an analyst asks');
SELECT lives_ok('SELECT * FROM portfolio.doctor()', 'and may call the doctor');
SELECT throws_ok($$INSERT INTO portfolio.system (code, name) VALUES ('H_D', 'System D')$$, '42501', NULL, 'but does not write');
SET LOCAL ROLE h_editor;
SELECT lives_ok($$INSERT INTO portfolio.system (code, name) VALUES ('H_D', 'System D');
  UPDATE portfolio.system SET name = 'System D, renamed' WHERE code = 'H_D';
  SELECT portfolio.relate('H_D', 'serving', 'H_A');
  INSERT INTO portfolio.element (kind, code, name) VALUES ('capability', 'H_CAP', 'Capability');
  DELETE FROM portfolio.relationship WHERE source = portfolio.element_ref('H_D')$$, 'an editor writes');
SELECT results_eq($$SELECT by, operation, new_value FROM portfolio.element_history('system:H_D') WHERE column_name = 'name' AND table_name = 'system'$$,
  $$VALUES ('h_editor'::name, 'INSERT', 'System D'), ('h_editor', 'UPDATE', 'System D, renamed')$$, 'and sees what he wrote, in his name');
SELECT lives_ok($$SELECT portfolio.undo_change((SELECT max(change) FROM portfolio.element_history('system:H_D') WHERE operation = 'UPDATE'))$$, 'and may take it back');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
