-- Profiles of tables, and reviews of rules.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\set SHOW_CONTEXT never
CREATE SCHEMA rv;
CREATE TABLE rv.t (id int PRIMARY KEY, code text COLLATE "C", empty text, n int, nhs_number text, born date, j json, p point, long text, name_ä text);
INSERT INTO rv.t SELECT i, (ARRAY['A1', 'A1', 'b-2', ' '])[1 + i % 4], NULL, i % 7 - 1, '9990000018', date '2000-01-01' + i, '{"a": 1}', point(i, i),
  CASE WHEN i = 1 THEN repeat('x', 10000) ELSE 'short' END, 'Zoë' FROM generate_series(1, 100) i;

INSERT INTO portfolio.data_set (code, name) VALUES ('RV0', 'Without a relation');

-- Every figure is that of plain SQL
SELECT column_name, type, sensitivity, records, missing, blank, distinct_values, distinct_exact, min_value, max_value, shortest, longest, mean_length FROM portfolio.profile('rv.t');
SELECT column_name, CASE sensitivity WHEN 'identifying' THEN regexp_replace(common_values::text, '\*[0-9a-f]{16}', '*masked', 'g') ELSE common_values::text END AS common_values, shapes
  FROM portfolio.profile('rv.t', '{"max_values": 2}') WHERE column_name IN ('code', 'nhs_number', 'id', 'born');
SELECT column_name, records, min_value, max_value FROM portfolio.profile('rv.t', '{"filter": "n > 3"}') WHERE column_name = 'n';
SELECT records, distinct_values, min_value, shapes FROM portfolio.profile('rv.t', '{"filter": "n > 300"}') WHERE column_name = 'n';
SELECT portfolio.profile('rv.t', '{"colour": 1}');
SELECT portfolio.profile('rv.t', '{"filter": "m > 3"}');
-- Many values: distinct is an estimate, what is common is still found, and nothing is lost
CREATE TABLE rv.many AS SELECT CASE WHEN i % 5 = 0 THEN 'common' ELSE 'v' || i END AS v, i % 2000 AS n FROM generate_series(1, 50000) i;
SELECT v ->> 'rows' AS rows, (v ->> 'distinct')::int BETWEEN 38000 AND 42000 AS about, v ->> 'exact' AS exact, v #>> '{common,0,value}' AS commonest, (v #>> '{common,0,count}')::int BETWEEN 9000 AND 10000 AS at_least,
       v ->> 'min' AS min, v ->> 'characters' AS characters,
       (SELECT sum((s ->> 'count')::int) FROM jsonb_array_elements(v -> 'shapes') s) + (v ->> 'other_shapes')::int AS shaped
  FROM (SELECT portfolio.profile_values(v COLLATE "C") AS v FROM rv.many) p;
SELECT sum(length(v)) FROM rv.many;
-- Only columns that the caller may read
CREATE ROLE rv_analyst;
SELECT portfolio.grant_profile('rv_analyst', 'analyst');
GRANT USAGE ON SCHEMA rv TO rv_analyst;
GRANT SELECT (id, code) ON rv.t TO rv_analyst;
SET ROLE rv_analyst;
SELECT column_name FROM portfolio.profile('rv.t');
SELECT column_name FROM portfolio.profile('rv.many');
RESET ROLE;

-- Reviewing
SELECT portfolio.register_data_set('RV', 'rv.t', '{id}', period => 'CASE WHEN id > 50 THEN ''2020-02'' ELSE ''2020-01'' END') IS NOT NULL AS registered;
SELECT portfolio.add_rule('RV', 'shape', $$code ~ '^[A-Z]\d$'$$, 'code'), portfolio.add_rule('RV', 'list', $$code = 'A1'$$, 'code'),
       portfolio.add_rule('RV', 'again', $$code ~ '^[A-Z]\d$'$$, 'code'), portfolio.add_rule('RV', 'number', $$code ~ '^\d+$'$$, 'code'),
       portfolio.add_rule('RV', 'other', $$code = 'b-2'$$, 'code'), portfolio.add_rule('RV', 'there', 'code IS NOT NULL', 'code'),
       portfolio.add_rule('RV', 'nothing', $$empty = 'x'$$, 'empty'), portfolio.add_rule('RV', 'never', 'empty IS NOT NULL', 'empty'),
       portfolio.add_rule('RV', 'raises', '10 / n > 1', 'n'), portfolio.add_rule('RV', 'good', 'n < 6', 'n'),
       portfolio.add_rule('RV', 'broken', 'long <> ''''', 'long'), portfolio.add_rule('RV', 'period', 'born <= :period_end', 'born'),
       portfolio.add_rule('RV', 'draft', 'n > 100', status => 'draft'), portfolio.add_rule('RV', 'whole', 'unique(id)'),
       portfolio.add_rule('RV', 'null_passes', $$empty = 'y'$$, 'empty', on_null => 'pass');
ALTER TABLE rv.t DROP COLUMN long;
SELECT * FROM portfolio.review_rules('RV');
-- the evidence is true
SELECT count(*) FILTER (WHERE code ~ '^[A-Z]\d$' AND code = 'b-2') AS both, count(*) FILTER (WHERE (code ~ '^[A-Z]\d$') <> (code = 'b-2')) AS one FROM rv.t;
INSERT INTO portfolio.reporting_period (code, kind, during) VALUES ('2020-01', 'month', '[2020-01-01,2020-02-01)');
SELECT rule, problem, records, passed, failed FROM portfolio.review_rules('RV', '{"period": "2020-01"}') WHERE rule IN ('period', 'good', 'number') ORDER BY 1;
SELECT portfolio.review_rules('RV', '{"period": "2021-01"}');
SELECT count(*) FROM portfolio.review_rules('RV', '{"max_pairs": 0}') WHERE problem IN ('equal', 'contradicts');
-- A value that counts as missing is missing here too
UPDATE portfolio.data_item SET missing_values = '{A1,b-2}' WHERE name = 'code' AND data_set = (SELECT id FROM portfolio.data_set WHERE code = 'RV');
SELECT rule, problem, evidence FROM portfolio.review_rules('RV') WHERE rule IN ('list', 'shape', 'there') AND problem <> 'equal' ORDER BY 1, 2;

-- Clean up
DELETE FROM portfolio.reporting_period WHERE code = '2020-01';
SELECT portfolio.revoke_profile('rv_analyst', 'analyst');
DROP OWNED BY rv_analyst;
DROP ROLE rv_analyst;
SET client_min_messages = warning;
DROP SCHEMA rv CASCADE;
