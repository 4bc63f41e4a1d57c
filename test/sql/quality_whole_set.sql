-- Rules about the whole set: what they say, what proves them, and what is refused.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\set SHOW_CONTEXT never
CREATE SCHEMA ws;
CREATE TABLE ws.practice (code text PRIMARY KEY, opened date, closed date, during daterange);
INSERT INTO ws.practice VALUES ('A1', '2020-01-01', NULL, '[2020-01-01,)'), ('A2', '2020-01-01', '2022-12-31', '[2020-01-01,2023-01-01)');
CREATE TABLE ws.stay (id int, patient text, practice text, starts date, ends date, month text, cost numeric, nhs_number text, practice_name text);
INSERT INTO ws.stay VALUES
  (1, 'a', 'A1', '2024-01-01', '2024-01-05', '2024-01', 10, '9990000018', 'One'),
  (2, 'a', 'A1', '2024-01-05', '2024-01-06', '2024-01', 20, '9990000018', 'One'),
  (3, 'a', 'A2', '2024-02-01', '2024-02-02', '2024-02', 30, '9990000018', 'Two'),
  (4, 'b', 'A2', '2022-06-01', '2022-06-02', '2022-06', 40, '9990000026', 'Tow'),
  (5, 'b', 'ZZ', '2024-02-09', '2024-02-01', '2024-02', 50, '9990000026', NULL),
  (6, NULL, NULL, '2024-02-09', NULL, '2024-02', 60, NULL, 'Three');
INSERT INTO portfolio.reporting_period (code, kind, during) VALUES ('2024-01', 'month', '[2024-01-01,2024-02-01)'), ('2024-02', 'month', '[2024-02-01,2024-03-01)');
SELECT portfolio.register_data_set('WS', 'ws.stay', '{id}', period => 'month', name => 'Stays') IS NOT NULL AS registered;

-- How they are kept: by kind, with names in full
SELECT portfolio.add_rule('WS', 'u', 'unique( patient )', dimension => 'uniqueness');
SELECT portfolio.add_rule('WS', 'u2', 'UNIQUE (upper(patient), practice)', dimension => 'uniqueness');
SELECT portfolio.add_rule('WS', 'u3', 'unique(patient, during => (starts, ends))', dimension => 'uniqueness');
SELECT portfolio.add_rule('WS', 'ref', 'references(practice, practice(code))', 'practice', 'consistency');
SELECT portfolio.add_rule('WS', 'ref_at', 'references(practice, ws.practice(code), at => starts, valid => (opened, closed))', 'practice', 'consistency');
SELECT portfolio.add_rule('WS', 'ref_range', 'references(practice, ws.practice(code), at => starts, valid => during)', 'practice', 'consistency');
SELECT portfolio.add_rule('WS', 'name', 'determines(practice, practice_name)', dimension => 'consistency');
SELECT portfolio.add_rule('WS', 'fresh', $$fresh(starts, '1 year')$$, dimension => 'timeliness');
SELECT portfolio.add_rule('WS', 'fresh_by', $$fresh(starts, interval '1 year', by => practice)$$, dimension => 'timeliness');
SELECT portfolio.add_rule('WS', 'rows', 'rows(1, 5)', dimension => 'completeness');
SELECT portfolio.add_rule('WS', 'rows_by', 'rows(2, by => (practice, month))', dimension => 'completeness');
SELECT portfolio.add_rule('WS', 'volume', 'volume_change(20)', dimension => 'completeness');
SELECT portfolio.add_rule('WS', 'total', 'reconciles(sum(cost), 210)', dimension => 'accuracy');
SELECT portfolio.add_rule('WS', 'count', 'reconciles(count(*), practice(count(DISTINCT code)), by => practice, matching => code, tolerance => 50)', dimension => 'accuracy');
SELECT code, kind, expression FROM portfolio.current_rule WHERE data_set_code = 'WS' ORDER BY code;

-- What they say
SELECT rule, outcome, unit, records, passed, failed, missing, evidence FROM portfolio.check_whole_set('WS') ORDER BY rule;
SELECT rule, measures - '{newest,age}'::text[] AS measures FROM portfolio.latest_whole_set WHERE data_set_code = 'WS' ORDER BY rule;
SELECT key, records, failed, detail FROM portfolio.whole_set_failures('WS', 'ref_at') ORDER BY key;
SELECT key, records, failed, detail FROM portfolio.whole_set_failures('WS', 'u3');
SELECT key, detail FROM portfolio.whole_set_failures('WS', 'rows_by', max_rows => 2);
SELECT portfolio.whole_set_failures('WS', 'none');
SELECT portfolio.whole_set_failures('WS', 'u3', max_rows => -1);
SELECT portfolio.failing_rows('WS', 'u3');
-- of one period
SELECT rule, outcome, failed, measures FROM portfolio.check_whole_set('WS', '2024-01') WHERE rule IN ('u', 'rows', 'volume') ORDER BY rule;
SELECT rule, period, outcome FROM portfolio.latest_whole_set WHERE data_set_code = 'WS' AND rule IN ('u', 'rows') ORDER BY rule, period NULLS FIRST;

-- Five readings of "duplicate", on {a, a, a, b}: groups (dbt) 1, rows in them (Great Expectations, OpenMetadata) 3,
-- rows too many (Soda) 2, distinct values of rows and values seen once of rows (Deequ) 1/2 and 1/4; nulls are missing
CREATE TABLE ws.four (v text COLLATE "C", w int);
INSERT INTO ws.four VALUES ('a', 1), ('a', 2), ('a', 3), ('b', 4);
SELECT portfolio.register_data_set('WS4', 'ws.four', '{v}') IS NOT NULL AS registered;
SELECT * FROM portfolio.try_rule('WS4', 'unique(v)');
INSERT INTO ws.four VALUES (NULL, 5), (NULL, 6);
SELECT outcome, value, records FROM portfolio.try_rule('WS4', 'unique(v)') WHERE outcome IN ('records', 'failed', 'missing', 'surplus_rows', 'uniqueness');

-- whatever the columns of the other table are called
CREATE TABLE ws.other (k1 text, n date, id date, given text, pf_at date);
INSERT INTO ws.other VALUES ('a', '2024-01-01', NULL), ('a', '2020-01-01', '2020-02-01');
SELECT outcome, value, records FROM portfolio.try_rule('WS', 'references(patient, other(k1), at => starts, valid => (n, id))');

-- on_null decides what a missing key is
SELECT portfolio.add_rule('WS4', 'strict', 'unique(v)', on_null => 'fail', dimension => 'uniqueness');
SELECT portfolio.add_rule('WS4', 'lenient', 'unique(w)', on_null => 'pass', dimension => 'uniqueness');
SELECT rule, outcome, records, passed, failed, missing FROM portfolio.check_whole_set('WS4') ORDER BY rule;

-- What a constraint proves is not read; what only looks like a proof is
CREATE TABLE ws.proof (a int NOT NULL, b text NOT NULL, c int, d text, r daterange, e int);
INSERT INTO ws.proof SELECT i, 'b' || i, i, 'A1', daterange('2024-01-01', '2024-02-01'), i FROM generate_series(1, 3) i;
SELECT portfolio.register_data_set('WSP', 'ws.proof', '{a}') IS NOT NULL AS registered;
SELECT portfolio.add_rule('WSP', 'a', 'unique(a)'), portfolio.add_rule('WSP', 'ab', 'unique(a, b)'), portfolio.add_rule('WSP', 'b', 'unique(b)'),
       portfolio.add_rule('WSP', 'c', 'unique(c)'), portfolio.add_rule('WSP', 'cr', 'unique(c, during => r)'), portfolio.add_rule('WSP', 'd', 'references(d, practice(code))'),
       portfolio.add_rule('WSP', 'e', 'unique(e)'), portfolio.add_rule('WSP', 'adet', 'determines(a, d)');
SELECT rule, outcome, records, evidence FROM portfolio.check_whole_set('WSP') ORDER BY rule;
ALTER TABLE ws.proof ADD CONSTRAINT proof_pk PRIMARY KEY (a), ADD CONSTRAINT proof_c UNIQUE (c) DEFERRABLE INITIALLY IMMEDIATE,
  ADD CONSTRAINT proof_cr EXCLUDE USING gist (c WITH =, r WITH &&), ADD CONSTRAINT proof_d FOREIGN KEY (d) REFERENCES ws.practice;
CREATE UNIQUE INDEX proof_b ON ws.proof (lower(b));
CREATE UNIQUE INDEX proof_e ON ws.proof (e) WHERE e > 0;
SELECT rule, outcome, records, failed, missing, measures, evidence FROM portfolio.check_whole_set('WSP') ORDER BY rule;
CREATE UNIQUE INDEX proof_b2 ON ws.proof (b) INCLUDE (d);
CREATE UNIQUE INDEX proof_e2 ON ws.proof (e);
SELECT rule, evidence FROM portfolio.check_whole_set('WSP') WHERE rule IN ('b', 'e') ORDER BY rule;
-- a switched-off foreign key proves nothing, nor does one that is not validated
ALTER TABLE ws.proof DISABLE TRIGGER ALL;
INSERT INTO ws.proof VALUES (9, 'b9', 9, 'nowhere', NULL, 9);
ALTER TABLE ws.proof ENABLE TRIGGER ALL;
ALTER TABLE ws.proof DISABLE TRIGGER ALL;
SELECT rule, outcome, failed, evidence FROM portfolio.check_whole_set('WSP') WHERE rule = 'd';
ALTER TABLE ws.proof ENABLE TRIGGER ALL;
ALTER TABLE ws.proof DROP CONSTRAINT proof_d, ADD CONSTRAINT proof_d FOREIGN KEY (d) REFERENCES ws.practice NOT VALID;
SELECT rule, outcome, failed, evidence FROM portfolio.check_whole_set('WSP') WHERE rule = 'd';
-- children of inheritance have constraints of their own
CREATE TABLE ws.child () INHERITS (ws.proof);
INSERT INTO ws.child VALUES (1, 'b1', 1, 'A1', NULL, 1);
SELECT rule, outcome, failed, evidence FROM portfolio.check_whole_set('WSP') WHERE rule IN ('a', 'cr') ORDER BY rule;
DROP TABLE ws.child;

-- Refused, with the place
SELECT portfolio.add_rule('WS', 'bad', 'unique(patiend)');
SELECT portfolio.add_rule('WS', 'bad', 'unique()');
SELECT portfolio.add_rule('WS', 'bad', 'unique(patient');
SELECT portfolio.add_rule('WS', 'bad', 'unique(patient) AND cost > 0');
SELECT portfolio.add_rule('WS', 'bad', 'unique(patient, within => month)');
SELECT portfolio.add_rule('WS', 'bad', 'unique(patient, during => (starts, cost))');
SELECT portfolio.add_rule('WS', 'bad', 'unique(patient, (SELECT 1))');
SELECT portfolio.add_rule('WS', 'bad', 'unique(max(patient))');
SELECT portfolio.add_rule('WS', 'bad', 'unique(random())');
SELECT portfolio.add_rule('WS', 'bad', 'references(practice, nowhere(code))');
SELECT portfolio.add_rule('WS', 'bad', 'references(practice, practice(coed))');
SELECT portfolio.add_rule('WS', 'bad', 'references(cost, practice(code))');
SELECT portfolio.add_rule('WS', 'bad', 'references(practice, practice(code, opened))');
SELECT portfolio.add_rule('WS', 'bad', 'references(practice, practice(code), at => starts)');
SELECT portfolio.add_rule('WS', 'bad', 'fresh(cost, ''1 day'')');
SELECT portfolio.add_rule('WS', 'bad', 'fresh(starts, ''soon'')');
SELECT portfolio.add_rule('WS', 'bad', 'fresh(starts, ends - starts)');
SELECT portfolio.add_rule('WS', 'bad', 'rows(5, 1)');
SELECT portfolio.add_rule('WS', 'bad', 'rows(-1)');
SELECT portfolio.add_rule('WS', 'bad', 'rows(''NaN'')');
SELECT portfolio.add_rule('WS', 'bad', 'volume_change(20, by => random())');
SELECT portfolio.add_rule('WS', 'bad', 'reconciles(sum(practice), 3)');
SELECT portfolio.add_rule('WS', 'bad', 'reconciles(string_agg(practice, '',''), 3)');
SELECT portfolio.add_rule('WS', 'bad', 'reconciles(count(*), 3, by => practice)');
CREATE VIEW ws.seen AS SELECT * FROM ws.practice;
SELECT portfolio.add_rule('WS', 'bad', 'references(practice, seen(code))');
SELECT portfolio.check_rule('ws.stay', 'unique(patient)');
SELECT portfolio.score('ws.stay', ARRAY['cost > 0', 'unique(patient)']);
UPDATE portfolio.data_item SET applies_when = 'unique(patient)' WHERE name = 'cost' AND data_set = (SELECT id FROM portfolio.data_set WHERE code = 'WS');
CREATE TABLE ws.book (code text, expression text);
INSERT INTO ws.book VALUES ('ok', 'unique(id)'), ('bad', 'references(practice, practice(coed))'), ('bad2', 'rows(1, by => paractice)');
SELECT line, code, verdict, sql_state, problem, cursor_pos FROM portfolio.import_rules('WS', 'ws.book');

-- One rule that raises says so, the others are judged; a column that is gone breaks the rules that name it
SELECT portfolio.add_rule('WS', 'raises', 'unique(1 / (id - 3))', dimension => 'uniqueness');
SELECT rule, outcome, sql_state, problem FROM portfolio.check_whole_set('WS') WHERE outcome = 'error';
ALTER TABLE ws.practice RENAME COLUMN code TO kode;
SELECT rule, kind, sql_state, problem FROM portfolio.broken_rules('WS');
SELECT rule, outcome, sql_state, problem FROM portfolio.check_whole_set('WS') WHERE outcome = 'error' ORDER BY rule;
SELECT count(*) FROM portfolio.score_data_set('WS');
ALTER TABLE ws.practice RENAME COLUMN kode TO code;
SELECT portfolio.retire_rule('WS', 'raises', 'it raises');

-- They are no rules about rows: scores know nothing of them, a score checks them too
SELECT jsonb_array_length(portfolio.rule_set_definition('WS') -> 'rules') AS row_rules;
SELECT count(*) AS before FROM portfolio.whole_set_result r JOIN portfolio.data_set d ON d.id = r.data_set WHERE d.code = 'WS' \gset
SELECT count(*) FROM portfolio.score_data_set('WS');
SELECT count(*) - :before AS results FROM portfolio.whole_set_result r JOIN portfolio.data_set d ON d.id = r.data_set WHERE d.code = 'WS';

-- Nobody writes a result by hand, identifying keys are masked, policies are no way round
CREATE ROLE ws_analyst;
SELECT portfolio.grant_profile('ws_analyst', 'analyst');
GRANT USAGE ON SCHEMA ws TO ws_analyst;
GRANT SELECT ON ALL TABLES IN SCHEMA ws TO ws_analyst;
SELECT portfolio.add_rule('WS', 'nhs', 'unique(nhs_number)', dimension => 'uniqueness');
SET ROLE ws_analyst;
SELECT rule, outcome FROM portfolio.check_whole_set('WS') WHERE rule IN ('u', 'nhs') ORDER BY rule;
SELECT key ->> 'nhs_number' ~ '^\*[0-9a-f]{16}$' AS masked, records FROM portfolio.whole_set_failures('WS', 'nhs') ORDER BY records;
SELECT portfolio.whole_set_failures('WS', 'nhs', identify => true);
INSERT INTO portfolio.whole_set_result (data_set, checked_at, rule, version, kind, outcome) SELECT data_set, now(), code, version, kind, 'passed' FROM portfolio.current_rule LIMIT 1;
RESET ROLE;
ALTER TABLE ws.stay ENABLE ROW LEVEL SECURITY;
CREATE POLICY few ON ws.stay USING (patient = 'a');
SET ROLE ws_analyst;
SELECT rule, outcome, problem FROM portfolio.check_whole_set('WS') WHERE rule = 'u';
RESET ROLE;
REVOKE SELECT ON ws.practice FROM ws_analyst;
ALTER TABLE ws.stay DISABLE ROW LEVEL SECURITY;
SET ROLE ws_analyst;
SELECT rule, outcome, problem FROM portfolio.check_whole_set('WS') WHERE rule IN ('u', 'ref') ORDER BY rule;
RESET ROLE;

-- Findings
SELECT check_code, outcome FROM portfolio.run_checks(codes => '{whole-set-rule-failed,rule-broken}') ORDER BY 1;
SELECT subject, detail ->> 'kind' AS kind, detail ->> 'outcome' AS outcome FROM portfolio.finding WHERE check_code = 'whole-set-rule-failed' AND subject LIKE 'WS:%' AND status = 'open' ORDER BY subject;
ALTER TABLE ws.stay RENAME COLUMN practice_name TO name_of_practice;
SELECT count(*) FROM portfolio.run_checks(codes => '{rule-broken}');
SELECT subject, detail FROM portfolio.finding WHERE check_code = 'rule-broken' AND subject LIKE 'WS%' AND status = 'open';

-- What a later result has replaced may go, the newest stays
SELECT portfolio.purge_whole_set_results('1 day') AS too_young;
SELECT portfolio.purge_whole_set_results('0') > 10 AS forgotten;
SELECT count(*) - count(DISTINCT (r.rule, r.version, r.period)) AS more_than_one FROM portfolio.latest_whole_set l JOIN portfolio.whole_set_result r USING (data_set, rule) WHERE l.data_set_code = 'WS' AND l.period IS NULL AND r.period IS NULL AND r.version = l.version;

-- Clean up
RESET client_min_messages;
SELECT portfolio.revoke_profile('ws_analyst', 'analyst');
DELETE FROM portfolio.finding WHERE subject LIKE 'WS%';
DROP SCHEMA ws CASCADE;
DELETE FROM portfolio.reporting_period WHERE code IN ('2024-01', '2024-02');
DROP OWNED BY ws_analyst;
DROP ROLE ws_analyst;
