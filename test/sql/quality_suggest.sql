-- Rules that the data suggests: every kind, its evidence, and that each can be tried and added as it is.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\set SHOW_CONTEXT never
CREATE SCHEMA sg;
CREATE TABLE sg.ward (code text PRIMARY KEY, name text);
INSERT INTO sg.ward SELECT 'W' || i, 'Ward ' || i FROM generate_series(1, 6) i;
CREATE TABLE sg.stay (
  stay_id int PRIMARY KEY, ref text, nhs_number text, postcode text, ward text, ward_name text, sex text, site text, reason text, code_1 text, born text, score text, title text, place text,
  age int, cost numeric, pounds numeric(10,2), admitted date, discharged date, seen_on date, left_on date, copied date, surname text, ethnic_category text, remark text, updated timestamp, batch text, hash text);
INSERT INTO sg.stay
SELECT i, 'R' || lpad((i % 996)::text, 6, '0'),
       (SELECT lpad((900000000 + i)::text, 9, '0') || CASE 11 - s % 11 WHEN 11 THEN '0' WHEN 10 THEN '-' ELSE (11 - s % 11)::text END FROM (SELECT sum(substr((900000000 + i)::text, k, 1)::int * (11 - k))::int AS s FROM generate_series(1, 9) k) x),
       'LS' || 1 + i % 9 || ' ' || 1 + i % 9 || 'AB', 'W' || 1 + i % 6, 'Ward ' || 1 + i % 6, CASE WHEN i % 500 = 0 THEN 'x' ELSE (ARRAY['1', '2', '9'])[1 + i % 3] END, 'RXA',
       CASE WHEN i % 12 = 0 THEN 'UNKNOWN' ELSE 'reason ' || i % 70 || repeat('x', i % 5) END, chr(65 + i % 26) || (i % 90 + 10) || chr(65 + i % 7),
       to_char(date '1940-01-01' + i * 20, 'YYYY-MM-DD'), (i * 7 % 300)::text || CASE WHEN i % 2 = 0 THEN '.5' ELSE '' END, upper(md5((i % 400)::text)) || repeat('Z', i % 7), CASE WHEN i = 77 THEN ' Leeds' ELSE 'Town ' || repeat('e', i % 12) END,
       i % 90, (i % 200)::numeric, (i % 300) + 0.25, date '2024-01-01' + i % 90, CASE WHEN i % 10 > 0 THEN date '2024-01-02' + i % 90 + i % 5 END,
       CASE WHEN i % 4 > 0 THEN date '2024-01-01' + i % 60 END, CASE WHEN i % 4 > 0 THEN date '2024-02-01' + i % 61 END, date '2024-01-01' + i % 90,
       'NAME-' || chr(65 + i % 26) || chr(65 + i / 26 % 26), (ARRAY['A', 'B', 'C', 'D', 'Z'])[1 + i % 5], CASE WHEN i % 400 = 0 THEN ' ' ELSE 'Free text of ' || md5(i::text) END,
       now()::timestamp - make_interval(hours => i % 100), NULL, substr(md5((i / 2)::text), 1, 12)
  FROM generate_series(1, 1000) i;
UPDATE sg.stay SET nhs_number = '9990000018' WHERE nhs_number LIKE '%-';
ANALYZE sg.stay;

CREATE TABLE sg.suggested AS SELECT * FROM portfolio.suggest_rules('sg.stay');
SELECT kind, count(*) > 0 AS some, min(expression COLLATE "C") FILTER (WHERE kind NOT IN ('fresh', 'determines')) AS first FROM sg.suggested GROUP BY kind ORDER BY kind;
SELECT kind, item, dimension, evidence, judged, passed, passed_pct FROM sg.suggested WHERE item IN ('stay_id', 'sex', 'ward', 'reason', 'remark', 'place', 'site', 'cost') AND NOT (kind = 'unique' AND item = 'remark') ORDER BY item, kind;
SELECT count(*) = count(DISTINCT code) AS codes_differ, count(*) FILTER (WHERE dimension NOT IN (SELECT name FROM portfolio.dimension)) AS other_dimensions FROM sg.suggested;

-- No value of an identifying column, and none that few records share, is anywhere in them
SELECT count(*) FROM sg.suggested s, sg.stay t WHERE strpos(s.expression || s.evidence, t.nhs_number) > 0 OR strpos(s.expression || s.evidence, t.surname) > 0 OR strpos(s.expression || s.evidence, t.born) > 0;
SELECT expression FROM sg.suggested WHERE kind = 'in_list' AND item = 'sex';

-- Each can be tried, with the same counts, and added
SELECT portfolio.register_data_set('SG', 'sg.stay', '{stay_id}') IS NOT NULL AS registered;
SELECT s.kind, s.expression, s.judged, s.passed, t.passed AS tried
  FROM sg.suggested s CROSS JOIN LATERAL (SELECT max(records) FILTER (WHERE outcome = 'passed') AS passed, max(records) FILTER (WHERE outcome = 'failed') AS failed FROM portfolio.try_rule('SG', s.expression)) t
 WHERE (s.judged, s.passed) IS DISTINCT FROM (t.passed + t.failed, t.passed) AND s.kind NOT IN ('unique', 'determines') AND s.judged IS NOT NULL;
SELECT count(portfolio.add_rule('SG', s.code, s.expression, item => s.item, dimension => s.dimension)) = count(*) AS all_added FROM sg.suggested s;
SELECT count(*) > 10 AS scored FROM portfolio.score_data_set('SG');
SELECT count(*) AS broken FROM portfolio.broken_rules('SG');

-- Options, and tables with nothing to say
SELECT kind, expression, passed_pct FROM portfolio.suggest_rules('sg.stay', '{"min_passed_pct": 100}') WHERE item = 'sex';
SELECT kind, expression FROM portfolio.suggest_rules('sg.stay', '{"filter": "stay_id <= 30", "max_pairs": 0}') WHERE item IN ('cost', 'age');
SELECT * FROM portfolio.suggest_rules('sg.stay', '{"least": 1}');
CREATE TABLE sg.nothing (a int, b text[], c json, d point);
SELECT * FROM portfolio.suggest_rules('sg.nothing');
INSERT INTO sg.nothing SELECT i, ARRAY['x'], '{}', point(1, 2) FROM generate_series(1, 50) i;
SELECT kind, expression, passed FROM portfolio.suggest_rules('sg.nothing');
SELECT shape, portfolio.shape_pattern(shape) FROM unnest(ARRAY['A99999', 'AA9 9AA', '(99) 9.9', 'aA-9', '']) shape;
SELECT count(*) FILTER (WHERE code !~ ('^' || portfolio.shape_pattern('A99A') || '$')) FROM (SELECT code_1 AS code FROM sg.stay) s;

SET client_min_messages = warning;
DROP SCHEMA sg CASCADE;
