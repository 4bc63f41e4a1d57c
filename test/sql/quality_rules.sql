-- Writing rules: what is refused, what stays, versions, and the doors beside the functions.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\set SHOW_CONTEXT never
CREATE SCHEMA qr;
CREATE TABLE qr.visit (id int PRIMARY KEY, ward text, nhs_number text, family_name text, age int, seen date, ethnic text);
INSERT INTO qr.visit SELECT i, CASE WHEN i % 4 = 0 THEN '?' ELSE 'W' || i % 3 END, '9990000018', 'TEST-' || i, i, '2024-01-01', 'A' FROM generate_series(1, 100) i;

-- Declaring
SELECT portfolio.register_data_set('QR', 'qr.visit', '{id}', provider => 'ward', name => 'Visits') IS NOT NULL AS registered;
SELECT i.name, i.column_name, i.ord, i.mandatory, i.sensitivity, i.sensitivity_confirmed
  FROM portfolio.data_item i JOIN portfolio.data_set d ON d.id = i.data_set WHERE d.code = 'QR' ORDER BY i.ord;
SELECT portfolio.register_data_set('QR2', 'qr.visit', '{nummer}');
SELECT portfolio.register_data_set('QR2', 'qr.visit', '{id}', provider => 'wrad');
SELECT portfolio.register_data_set('QR2', 'qr.visit', '{id}', filter => 'age');
SELECT portfolio.register_data_set('QR2', 'qr.visit_pkey', '{id}');
SELECT portfolio.register_data_set(' ', 'qr.visit', '{id}');
SELECT * FROM portfolio.spc('QR');
SELECT * FROM portfolio.spc('QR', 'age', 'W1');
SELECT count(*) FROM portfolio.data_set WHERE code = 'QR2';

-- Rules
SELECT portfolio.add_rule('QR', 'ward', $$ward IN ('W0', 'W1', 'W2')$$, 'ward');
SELECT portfolio.add_rule('QR', 'age', 'age between 0 and 120', 'age', 'accuracy', 'high');
SELECT portfolio.add_rule('QR', 'nhs', 'is_nhs_number(nhs_number)', 'nhs_number');
SELECT code, version, item, dimension, expression, severity, on_null, status, author = current_user AS mine FROM portfolio.current_rule WHERE data_set_code = 'QR' ORDER BY code;

-- Refused, with the place, and nothing is stored
SELECT portfolio.add_rule('QR', 'bad', 'age between 0');
SELECT portfolio.add_rule('QR', 'bad', 'aeg > 0');
SELECT portfolio.add_rule('QR', 'bad', 'age + 1');
SELECT portfolio.add_rule('QR', 'bad', 'age > 0 FROM qr.visit; DROP TABLE qr.visit');
SELECT portfolio.add_rule('QR', 'bad', 'age > (SELECT max(age) FROM qr.visit)');
SELECT portfolio.add_rule('QR', 'bad', 'seen <= current_date');
SELECT portfolio.add_rule('QR', 'bad', 'age > 0', 'alter');
SELECT portfolio.add_rule('QR', 'bad', 'age > 0', 'age', 'beauty');
SELECT portfolio.add_rule('QR', 'bad', 'age > 0', 'age', status => 'final');
SELECT portfolio.add_rule('QR', 'age', 'age > 1');
SELECT portfolio.add_rule('QR9', 'age', 'age > 1');
SELECT portfolio.alter_rule('QR', 'age', expression => 'age >');
SELECT portfolio.alter_rule('QR', 'agge', expression => 'age > 1');
SELECT portfolio.retire_rule('QR', 'age', ' ');
SELECT code, version, status FROM portfolio.current_rule WHERE data_set_code = 'QR' ORDER BY code;

-- Versions: nothing is lost
SELECT portfolio.alter_rule('QR', 'age', expression => 'age between 0 and 90', reason => 'nobody here is older');
SELECT portfolio.retire_rule('QR', 'nhs', 'judged elsewhere');
SELECT portfolio.retire_rule('QR', 'nhs', 'again');
SELECT portfolio.add_rule('QR', 'nhs', 'true');
SELECT portfolio.add_rule('QR', ' ', 'true');
SELECT r.code, r.version, r.expression, r.status, r.reason FROM portfolio.quality_rule r JOIN portfolio.data_set d ON d.id = r.data_set WHERE d.code = 'QR' ORDER BY 1, 2;
SELECT item, records, valid_and_complete, data_item_score FROM portfolio.score_data_set('QR') WHERE provider = 'W1' ORDER BY item;

-- Items: codes and conditions are checked as well
UPDATE portfolio.data_item i SET missing_values = '{-}' FROM portfolio.data_set d WHERE d.id = i.data_set AND d.code = 'QR' AND i.name = 'seen';
UPDATE portfolio.data_item i SET applies_when = 'age' FROM portfolio.data_set d WHERE d.id = i.data_set AND d.code = 'QR' AND i.name = 'seen';
UPDATE portfolio.data_item i SET applies_when = 'age > 18', missing_values = '{1800-01-01}' FROM portfolio.data_set d WHERE d.id = i.data_set AND d.code = 'QR' AND i.name = 'seen'
RETURNING i.applies_when;

-- Trying first
SELECT outcome, value, records, round(percent, 1) AS percent FROM portfolio.try_rule('QR', $$ward ~ '^W'$$);
SELECT outcome, value, records, round(percent, 1) AS percent FROM portfolio.try_rule('QR', $$family_name <> 'TEST-7'$$);
SELECT outcome, records FROM portfolio.try_rule('QR', '100 / (age - 50) < 3');
SELECT * FROM portfolio.try_rule('QR', 'ward');
SELECT * FROM portfolio.try_rule('QR', 'age > 1', '{"max": 3}');

-- PostgreSQL takes a single literal in parentheses for a constant of the type; it means the same
SELECT portfolio.rule_set('QR') OPERATOR(portfolio.=) portfolio.rule_set(data_set => 'QR') AS same;
SELECT portfolio.rule_set('NO-SUCH');
SELECT code, item FROM portfolio.rule_set_rules(portfolio.rule_set(data_set => 'QR')) ORDER BY code;

-- A rule that can no longer run says so by name, and the others score
ALTER TABLE qr.visit RENAME COLUMN age TO age_at_visit;
SELECT * FROM portfolio.broken_rules('QR');
SELECT item, sum(records) AS records, sum(valid_and_complete) AS valid FROM portfolio.score_data_set('QR') GROUP BY item ORDER BY item;
SELECT r.broken_rules FROM portfolio.score_run r JOIN portfolio.data_set d ON d.id = r.data_set WHERE d.code = 'QR' ORDER BY r.id;
ALTER TABLE qr.visit RENAME COLUMN age_at_visit TO age;
SELECT count(*) FROM portfolio.broken_rules('QR');

-- Importing a rule book: verdicts first
CREATE TABLE qr.book (item text, dimension text, expression text, name text);
INSERT INTO qr.book VALUES ('ward', 'validity', $$ward ~ '^W\d$'$$, 'ward shape'), ('age', 'validity', 'age ~ 3', 'age shape'), ('height', 'validity', 'age > 3', 'height'),
  ('ward', 'validity', $$ward ~ '('$$, 'ward regex'), ('age', 'accuracy', '(age >= 0) AND (age <= 90)', 'age'), ('ward', 'validity', $$ward ~ '^W\d$'$$, 'ward shape'), ('age', 'completeness', NULL, 'none');
SELECT line, code, verdict, sql_state, problem, cursor_pos FROM portfolio.import_rules('QR', 'qr.book');
SELECT count(*) FROM portfolio.current_rule WHERE data_set_code = 'QR';
SELECT * FROM portfolio.import_rules('QR', NULL);
SELECT verdict, count(*) FROM portfolio.import_rules('QR', 'qr.book', dry_run => false) GROUP BY 1 ORDER BY 1;
SELECT verdict, count(*) FROM portfolio.import_rules('QR', 'qr.book') GROUP BY 1 ORDER BY 1;
CREATE TABLE qr.words (code text, expression text, severity text, on_null text, status text);
INSERT INTO qr.words VALUES ('a', 'true', 'urgent', NULL, NULL), ('b', 'true', NULL, 'ignore', NULL), ('c', 'true', NULL, NULL, 'new');
SELECT code, verdict, sql_state, problem FROM portfolio.import_rules('QR', 'qr.words');
SELECT code, version, name, source FROM portfolio.current_rule WHERE data_set_code = 'QR' ORDER BY code;

-- Through the door beside: an analyst who inserts gains nothing that the functions refuse
CREATE ROLE qr_analyst;
SELECT portfolio.grant_profile('qr_analyst', 'analyst');
GRANT USAGE, CREATE ON SCHEMA qr TO qr_analyst;
GRANT SELECT ON qr.visit TO qr_analyst;
SET ROLE qr_analyst;
CREATE FUNCTION qr.mine(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE NOTICE 'ran as %', current_user; RETURN true; END$$;
SELECT portfolio.add_rule('QR', 'mine', 'qr.mine(ward)');
INSERT INTO portfolio.quality_rule (data_set, code, expression) SELECT id, 'mine', 'qr.mine(ward)' FROM portfolio.data_set WHERE code = 'QR';
INSERT INTO portfolio.quality_rule (data_set, code, expression) SELECT id, 'mine', 'true); DROP TABLE qr.visit; --' FROM portfolio.data_set WHERE code = 'QR';
INSERT INTO portfolio.quality_rule (data_set, code, expression, author) SELECT id, 'mine', 'age > 0', 'postgres' FROM portfolio.data_set WHERE code = 'QR';
UPDATE portfolio.quality_rule SET expression = 'true';
UPDATE portfolio.data_set SET filter = 'qr.mine(ward)' WHERE code = 'QR';
UPDATE portfolio.data_item SET applies_when = 'qr.mine(ward)' WHERE name = 'ward' AND data_set = (SELECT id FROM portfolio.data_set WHERE code = 'QR');
-- not even as a restore would
SET check_function_bodies = off;
INSERT INTO portfolio.quality_rule (data_set, code, expression) SELECT id, 'mine', 'qr.mine(ward)' FROM portfolio.data_set WHERE code = 'QR';
RESET check_function_bodies;
-- a relation that is not there yet: stored unchecked, and checked when it is used
INSERT INTO portfolio.data_set (code, name) VALUES ('QR4', 'Elsewhere');
INSERT INTO portfolio.quality_rule (data_set, code, expression) SELECT id, 'x', 'x > 0' FROM portfolio.data_set WHERE code = 'QR4';
SELECT count(*) FROM portfolio.score_data_set('QR4');
INSERT INTO portfolio.data_set (code, name, schema_name, relation_name) VALUES ('QR3', 'Later', 'qr', 'later');
INSERT INTO portfolio.quality_rule (data_set, code, expression) SELECT id, 'mine', 'qr.mine(ward)' FROM portfolio.data_set WHERE code = 'QR3';
INSERT INTO portfolio.quality_rule (data_set, code, expression) SELECT id, 'ward', $$ward <> '?'$$ FROM portfolio.data_set WHERE code = 'QR3';
UPDATE portfolio.data_set SET filter = 'qr.mine(ward)' WHERE code = 'QR3';
SELECT portfolio.add_rule('QR3', 'late', 'true');
CREATE TABLE qr.later AS SELECT * FROM qr.visit;
SELECT portfolio.add_rule('QR', 'plain', 'age > 0', 'age');
SELECT count(*) FROM portfolio.score_data_set('QR');
INSERT INTO portfolio.quality_score (run, data_set, scored_at, rule_set, records, tally) SELECT run, data_set, scored_at, rule_set, records, tally FROM portfolio.quality_score LIMIT 1;
RESET ROLE;
SELECT * FROM portfolio.score_data_set('QR3');
UPDATE portfolio.data_set SET filter = NULL WHERE code = 'QR3';
SELECT * FROM portfolio.score_data_set('QR3');
SELECT rule, sql_state, problem FROM portfolio.broken_rules('QR3');
SELECT code, version, author FROM portfolio.current_rule WHERE data_set_code = 'QR' AND author = 'qr_analyst';

-- Row security: what is stored speaks of all rows or of none
ALTER TABLE qr.visit ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON qr.visit USING (id <= 10);
SET ROLE qr_analyst;
SELECT * FROM portfolio.score_data_set('QR');
SELECT rule, records, passed FROM portfolio.score('qr.visit', ARRAY['age > 0']);
RESET ROLE;

-- A restore takes back what was once legal
SET check_function_bodies = off;
INSERT INTO portfolio.quality_rule (data_set, code, expression) SELECT id, 'old', 'gone > 3' FROM portfolio.data_set WHERE code = 'QR';
RESET check_function_bodies;
INSERT INTO portfolio.quality_rule (data_set, code, expression) SELECT id, 'old2', 'gone > 3' FROM portfolio.data_set WHERE code = 'QR';

SET client_min_messages = warning;
DELETE FROM portfolio.quality_score WHERE data_set IN (SELECT id FROM portfolio.data_set WHERE code LIKE 'QR%');
DELETE FROM portfolio.score_total WHERE data_set IN (SELECT id FROM portfolio.data_set WHERE code LIKE 'QR%');
DELETE FROM portfolio.score_run WHERE data_set IN (SELECT id FROM portfolio.data_set WHERE code LIKE 'QR%');
DELETE FROM portfolio.quality_rule WHERE data_set IN (SELECT id FROM portfolio.data_set WHERE code LIKE 'QR%');
DELETE FROM portfolio.data_item WHERE data_set IN (SELECT id FROM portfolio.data_set WHERE code LIKE 'QR%');
DELETE FROM portfolio.data_set WHERE code LIKE 'QR%';
SELECT portfolio.revoke_profile('qr_analyst', 'analyst');
DROP SCHEMA qr CASCADE;
DROP ROLE qr_analyst;
