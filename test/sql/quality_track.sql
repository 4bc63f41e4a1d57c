-- A score that stays current: what is refused, what is noticed, and who may do what.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\set SHOW_CONTEXT never
\pset null -
CREATE SCHEMA track;
CREATE ROLE track_owner; CREATE ROLE track_writer; CREATE ROLE track_reader;
GRANT ALL ON SCHEMA track TO track_owner;
GRANT USAGE ON SCHEMA track TO track_writer, track_reader;
SELECT portfolio.grant_profile('track_owner', 'analyst'), portfolio.grant_profile('track_reader', 'analyst') \g /dev/null

SET ROLE track_owner;
CREATE TABLE track.visit (id int PRIMARY KEY, ward text, age int, provider text);
INSERT INTO track.visit SELECT i, 'W' || i % 12, i % 50, 'R' || i % 2 FROM generate_series(1, 100) i;
SELECT portfolio.register_data_set('TRACK', 'track.visit', '{id}', provider => 'provider') IS NOT NULL AS registered;
SELECT portfolio.add_rule('TRACK', 'ward', $$ward ~ '^W[0-9]$'$$, item => 'ward');
SELECT portfolio.add_rule('TRACK', 'divides', '100 / age > 1', item => 'age');

-- what a tracked score says, and what a full scan says
CREATE FUNCTION track.both() RETURNS TABLE (provider text, item text, records bigint, valid bigint, state text, same boolean) LANGUAGE sql
BEGIN ATOMIC
  SELECT c.provider, c.item, c.records, c.valid_and_complete, c.state,
         EXISTS (SELECT FROM portfolio.tally_data_set('TRACK') t, portfolio.tally_counts(t.tally) n
                  WHERE t.provider = c.provider AND n.level = 'item' AND n.name = c.item AND n.passed = c.valid_and_complete AND n.records - n.not_applicable = c.records)
    FROM portfolio.current_score('TRACK') c ORDER BY 1, 2;
END;

SELECT * FROM portfolio.current_score('TRACK');
SELECT portfolio.track_quality('TRACK');
SELECT * FROM track.both();
RESET ROLE;
SELECT tgname ~ '^portfolio_track_[0-9]+(_truncate)?$' AS named, tgenabled FROM pg_trigger WHERE tgrelid = 'track.visit'::regclass ORDER BY tgname;

-- A writer needs no right on anything of ours; an error in a rule counts as an error and stops nobody.
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON track.visit TO track_writer;
SET ROLE track_writer;
SELECT count(*) FROM portfolio.tracked_tally;
INSERT INTO track.visit VALUES (101, 'W1', 0, 'R0'), (102, '?', 20, 'R9');
UPDATE track.visit SET ward = '!' WHERE id = 1;
DELETE FROM track.visit WHERE id = 2;
RESET ROLE;
SET ROLE track_owner;
SELECT * FROM track.both();
SELECT n.errors FROM portfolio.current_tally('TRACK', false) t, portfolio.tally_counts(t.tally) n WHERE n.level = 'rule' AND n.name = 'divides' AND t.provider = 'R0';

-- Only what counts is written: nothing for a change that changes no count.
SELECT count(*) AS before FROM portfolio.tracked_tally \gset
UPDATE track.visit SET ward = 'W2' WHERE id = 3;
UPDATE track.visit SET age = age WHERE id = 3;
SELECT count(*) - :before AS written FROM portfolio.tracked_tally;

-- Savepoints: exactly what is rolled back goes; the transaction sees its own changes.
BEGIN;
UPDATE track.visit SET ward = '?' WHERE id BETWEEN 10 AND 15;
SAVEPOINT a;
DELETE FROM track.visit WHERE id BETWEEN 10 AND 12;
SAVEPOINT b;
TRUNCATE track.visit;
SELECT count(*) FROM track.both();
INSERT INTO track.visit VALUES (500, 'W5', 5, 'R0');
SELECT * FROM track.both();
TRUNCATE track.visit;
SELECT count(*) FROM track.both();
ROLLBACK TO b;
SELECT * FROM track.both() WHERE item = 'ward';
RELEASE a;
SELECT * FROM track.both() WHERE item = 'ward';
COMMIT;
SELECT * FROM track.both() WHERE item = 'ward';

-- Asked from within a statement that changes the table, it counts: triggers may not have fired yet.
CREATE FUNCTION track.ask() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE NOTICE '%', (SELECT string_agg(DISTINCT c.state || ', ' || c.same, ';') FROM track.both() c);
  RETURN NULL;
END $$;
CREATE TRIGGER ask AFTER UPDATE ON track.visit FOR EACH ROW EXECUTE FUNCTION track.ask();
UPDATE track.visit SET ward = 'W1' WHERE id IN (20, 21);
DROP TRIGGER ask ON track.visit;

-- What no trigger sees is noticed.
CREATE FUNCTION track.notice(code text DEFAULT 'TRACK') RETURNS TABLE (state text, reason text, told text) LANGUAGE sql
BEGIN ATOMIC
  SELECT DISTINCT c.state, c.reason, s.state FROM portfolio.current_score(code) c, portfolio.current_score(code, '{"rescan": false}') s;
END;
ALTER TABLE track.visit DISABLE TRIGGER USER;
SELECT * FROM track.notice();
UPDATE track.visit SET ward = '?' WHERE id = 30;
ALTER TABLE track.visit ENABLE TRIGGER USER;
SELECT * FROM track.notice();
SELECT * FROM portfolio.verify_tracking('TRACK');
SELECT portfolio.track_quality('TRACK');
SELECT * FROM track.notice();
BEGIN;
ALTER TABLE track.visit DISABLE TRIGGER USER;
UPDATE track.visit SET ward = '?' WHERE id = 31;
DO $$ BEGIN EXECUTE (SELECT format('ALTER TABLE track.visit ENABLE ALWAYS TRIGGER %I', tgname) FROM pg_trigger WHERE tgrelid = 'track.visit'::regclass AND tgname !~ 'truncate'); END $$;
COMMIT;
SELECT * FROM track.notice();
SELECT * FROM portfolio.verify_tracking('TRACK', '{"only_doubtful": true}');
SELECT * FROM portfolio.verify_tracking('TRACK', '{"only_doubtful": true}');
VACUUM FULL track.visit;
SELECT * FROM track.notice();
SELECT * FROM portfolio.verify_tracking('TRACK', '{"keep": false}');
SELECT * FROM portfolio.verify_tracking('TRACK');
ALTER TABLE track.visit ALTER ward TYPE text COLLATE "POSIX";
SELECT * FROM track.notice();
SELECT * FROM portfolio.verify_tracking('TRACK');
SELECT portfolio.track_quality('TRACK');
ALTER TABLE track.visit ADD COLUMN other text, ALTER provider SET NOT NULL;
SELECT * FROM track.notice();
ALTER TABLE track.visit DROP COLUMN age;
ALTER TABLE track.visit ADD COLUMN age int;
SELECT * FROM track.notice();
SELECT portfolio.track_quality('TRACK');
INSERT INTO track.visit (id, ward, age, provider) VALUES (600, 'W1', 7, 'R0');
SELECT * FROM track.both();
SELECT portfolio.register_data_set('TRACK', 'track.visit', '{id}', provider => 'provider') IS NOT NULL AS registered;
SELECT * FROM track.notice();
SELECT portfolio.add_rule('TRACK', 'other', 'length(other) < 5', item => 'other');
SELECT * FROM track.notice();
SELECT * FROM portfolio.verify_tracking('TRACK');
SELECT portfolio.track_quality('TRACK');
UPDATE portfolio.data_item SET missing_values = '{W1}' WHERE name = 'ward' AND data_set = (SELECT id FROM portfolio.data_set WHERE code = 'TRACK');
SELECT * FROM track.notice();
SELECT portfolio.track_quality('TRACK');
SELECT count(*), bool_and(same) FROM track.both();
DO $$ BEGIN EXECUTE (SELECT format('ALTER TRIGGER %I ON track.visit RENAME TO mine', tgname) FROM pg_trigger WHERE tgrelid = 'track.visit'::regclass AND tgname !~ 'truncate'); END $$;
DELETE FROM track.visit WHERE id = 40;
SELECT * FROM track.notice();
DROP TRIGGER mine ON track.visit;
SELECT portfolio.track_quality('TRACK');
SELECT * FROM track.notice();

-- A function that rules call, made anew.
RESET ROLE;
CREATE SCHEMA track_code;
GRANT USAGE ON SCHEMA track_code TO track_owner, track_reader;
CREATE FUNCTION track_code.is_ward(text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1 = 'W1';
INSERT INTO portfolio.trusted_function (signature) VALUES ('track_code.is_ward(text)');
SET ROLE track_owner;
SELECT portfolio.alter_rule('TRACK', 'ward', 'track_code.is_ward(ward)', reason => 'a list');
SELECT portfolio.track_quality('TRACK');
SELECT * FROM track.notice();
RESET ROLE;
CREATE OR REPLACE FUNCTION track_code.is_ward(text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1 = 'W2';
SET ROLE track_owner;
SELECT * FROM track.notice();
SELECT portfolio.track_quality('TRACK');

-- A writer for whom the rules do not run is not stopped: what he changes is in doubt.
\connect - -
\set SHOW_CONTEXT never
\pset null -
SET ROLE track_writer;
UPDATE track.visit SET ward = 'W2' WHERE id = 50;
RESET ROLE;
SET ROLE track_owner;
SELECT * FROM track.notice();
SELECT count(*), bool_and(same) FROM track.both();
SELECT * FROM portfolio.verify_tracking('TRACK');

-- Who may not read the rows is told so, and is given what is current.
SET ROLE track_reader;
SELECT DISTINCT state FROM portfolio.current_score('TRACK');
RESET ROLE;
SET ROLE track_owner;
VACUUM FULL track.visit;
SET ROLE track_reader;
SELECT state, reason FROM portfolio.current_score('TRACK');
SELECT * FROM portfolio.verify_tracking('TRACK');
SELECT portfolio.track_quality('TRACK');
SELECT portfolio.untrack_quality('TRACK');
RESET ROLE;
SET ROLE track_writer;
SELECT portfolio.begin_tracking('TRACK');
INSERT INTO portfolio.tracked_tally (tracking, leaf, file, doubt) VALUES (1, 1, 1, '');
RESET ROLE;

-- Period, provider or filter that raise on a row put it in doubt; the score raises as score_data_set() does.
SET ROLE track_owner;
CREATE TABLE track.odd (id int, n text);
INSERT INTO track.odd VALUES (1, '4');
SELECT portfolio.register_data_set('ODD', 'track.odd', '{id}', period => 'n', filter => '10 / id > 0') IS NOT NULL AS registered;
SELECT portfolio.add_rule('ODD', 'n', 'length(n) = 1', item => 'n');
SELECT portfolio.track_quality('ODD');
INSERT INTO track.odd VALUES (2, '5'), (20, '6'), (0, '7');
SELECT period, item, records, valid_and_complete, defaults, defaults_in_excess, data_item_score, state, reason FROM portfolio.current_score('ODD', '{"rescan": false}');
SELECT count(*) FROM portfolio.current_score('ODD');
DELETE FROM track.odd WHERE id = 0;
SELECT * FROM portfolio.verify_tracking('ODD');
SELECT period, records, state FROM portfolio.current_score('ODD');
-- Two data sets on one table
SELECT portfolio.register_data_set('ODD2', 'track.odd', '{id}') IS NOT NULL AS registered;
SELECT portfolio.add_rule('ODD2', 'n', 'n > ''5''', item => 'n');
SELECT portfolio.track_quality('ODD2');
INSERT INTO track.odd VALUES (3, '8');
SELECT period, records, valid_and_complete, state FROM portfolio.current_score('ODD');
SELECT period, records, valid_and_complete, state FROM portfolio.current_score('ODD2');
-- Declared on another table, and a table that is gone
CREATE TABLE track.odd3 (LIKE track.odd);
SELECT portfolio.register_data_set('ODD2', 'track.odd3', '{id}') IS NOT NULL AS registered;
INSERT INTO track.odd3 VALUES (1, '9');
SELECT * FROM track.notice('ODD2');
SELECT portfolio.track_quality('ODD2');
SELECT count(*) FROM pg_trigger WHERE tgrelid = 'track.odd'::regclass;
DROP TABLE track.odd3;
SELECT * FROM portfolio.current_score('ODD2');
SELECT portfolio.untrack_quality('ODD2'), portfolio.untrack_quality('ODD2');

-- What cannot be tracked
CREATE VIEW track.seen AS SELECT * FROM track.odd;
CREATE UNLOGGED TABLE track.fleeting (id int);
CREATE TABLE track.parent (id int); CREATE TABLE track.child () INHERITS (track.parent);
CREATE TABLE track.dated (id int, at timestamptz);
SELECT portfolio.register_data_set('NO1', 'track.seen', '{id}'), portfolio.register_data_set('NO2', 'track.fleeting', '{id}'),
       portfolio.register_data_set('NO3', 'track.parent', '{id}'), portfolio.register_data_set('NO4', 'track.dated', '{id}'),
       portfolio.register_data_set('NO5', 'track.dated', '{id}', period => 'to_char(at, ''YYYY-MM'')'), portfolio.register_data_set('NO6', 'track.dated', '{id}') \g /dev/null
SELECT portfolio.track_quality('NO1');
SELECT portfolio.track_quality('NO2');
SELECT portfolio.track_quality('NO3');
SELECT portfolio.add_rule('NO4', 'at', 'at::date > date ''2024-01-01''', item => 'at');
SELECT portfolio.track_quality('NO4');
SELECT portfolio.track_quality('NO5');
SELECT portfolio.add_rule('NO6', 'at', 'id > 0 AND :scored_on > date ''2024-01-01''', item => 'at');
SELECT portfolio.track_quality('NO6');
SELECT portfolio.alter_rule('NO6', 'at', 'id > 0');
ALTER TABLE track.dated RENAME id TO number;
SELECT portfolio.track_quality('NO6');
SELECT portfolio.track_quality('NOBODY');
SELECT portfolio.track_quality('ODD', '{"often": true}');
SELECT count(*) FROM portfolio.current_score('ODD', '{"recsan": true}');
SELECT portfolio.track_change();
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT portfolio.track_quality('ODD');
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT count(*) FROM portfolio.verify_tracking('ODD');
ROLLBACK;
BEGIN READ ONLY;
SELECT outcome FROM portfolio.verify_tracking('ODD', '{"keep": false}');
SELECT count(*) FROM portfolio.current_score('ODD');
SELECT count(*) FROM portfolio.verify_tracking('ODD');
ROLLBACK;

-- It ends as it began
SELECT portfolio.untrack_quality('TRACK'), portfolio.untrack_quality('ODD');
SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE c.relnamespace = 'track'::regnamespace;
RESET ROLE;
SELECT portfolio.compact_tracking() >= 0 AS compacted;
SELECT count(*) FROM portfolio.tracked_leaf l JOIN pg_class c ON c.oid = l.leaf WHERE c.relnamespace = 'track'::regnamespace;
SET client_min_messages = warning;
DELETE FROM portfolio.quality_rule WHERE data_set IN (SELECT id FROM portfolio.data_set WHERE schema_name = 'track');
DELETE FROM portfolio.data_item WHERE data_set IN (SELECT id FROM portfolio.data_set WHERE schema_name = 'track');
DELETE FROM portfolio.data_set WHERE schema_name = 'track';
DELETE FROM portfolio.trusted_function WHERE signature LIKE 'track_code.%';
DROP SCHEMA track, track_code CASCADE;
DROP OWNED BY track_owner, track_reader, track_writer;
DROP ROLE track_owner, track_reader, track_writer;
