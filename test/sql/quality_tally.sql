-- Tallies: what is counted, that they add, and that nothing hostile gets in.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\set SHOW_CONTEXT never
SET search_path = public, portfolio;

-- Two tables with equal counts per rule, but other rows: the items tell them apart
CREATE TABLE qt_a (nhs text);
CREATE TABLE qt_b (nhs text);
INSERT INTO qt_a VALUES ('ab'), ('ab'), ('12345'), ('67890');
INSERT INTO qt_b VALUES ('ab'), ('abcde'), ('12'), ('67890');
SELECT t, c.level, c.name, c.records, c.passed, c.failed
  FROM unnest('{qt_a,qt_b}'::regclass[]) t,
       make_rule_set(t, '{"rules": [{"code": "short", "expression": "length(nhs) <= 2", "item": "nhs"}, {"code": "letters", "expression": "nhs ~ ''^[a-z]+$''", "item": "nhs"}]}') rules,
       tally_relation(t, rules) g, tally_counts(g.tally, rules) c ORDER BY t, c.level DESC, c.name;

-- Items: missing values, defaults, when they apply; on_null; dimensions; clean rows
CREATE TABLE qt (id int, sex text, ward text, born date, due date);
INSERT INTO qt VALUES (1, '1', 'W1', '1950-01-01', NULL), (2, '2', ' - ', '1980-05-01', '2001-01-01'), (3, '9', NULL, '1800-01-01', '2001-01-02'),
  (4, 'x', 'W22', NULL, '1800-01-01'), (5, NULL, '', '2001-01-01', NULL), (6, '2', 'Q1', '1990-01-01', NULL);
CREATE FUNCTION qt_rules() RETURNS rule_set LANGUAGE sql STABLE RETURN make_rule_set('qt', '{
  "items": [{"name": "sex", "column": "sex", "default_codes": ["9"], "mandatory": true},
            {"name": "ward", "column": "ward", "missing_values": ["-", ""]},
            {"name": "birth", "column": "born", "missing_values": ["1800-01-01"]},
            {"name": "due", "column": "due", "missing_values": ["1800-01-01"], "applies_when": "sex = ''2''"}],
  "rules": [{"code": "sex is there", "expression": "sex IS NOT NULL", "item": "sex", "dimension": "completeness"},
            {"code": "sex code", "expression": "sex IN (''1'', ''2'', ''9'')", "item": "sex"},
            {"code": "sex or fail", "expression": "sex IN (''1'', ''2'', ''9'')", "item": "sex", "on_null": "fail"},
            {"code": "sex or pass", "expression": "sex IN (''1'', ''2'', ''9'')", "item": "sex", "on_null": "pass"},
            {"code": "ward code", "expression": "ward ~ ''^W\\d+$''", "item": "ward"},
            {"code": "ward is there", "expression": "ward IS NOT NULL", "item": "ward", "dimension": "completeness"},
            {"code": "born", "expression": "born < ''2000-01-01''", "item": "birth"},
            {"code": "due is there", "expression": "due IS NOT NULL", "item": "due", "dimension": "completeness"},
            {"code": "due after birth", "expression": "due > born", "item": "due", "dimension": "consistency"}]}');
SELECT c.* FROM tally_relation('qt', qt_rules()) g, tally_counts(g.tally, qt_rules()) c;
SELECT id, failed_rules(qt_rules(), qt) FROM qt ORDER BY id;
SELECT rule, records, passed, missing, records - passed - failed - missing - errors AS not_applicable, passed_pct, complete_pct, valid_and_complete_pct FROM score_rules('qt', qt_rules()) WHERE rule LIKE 'due%';
SELECT name, column_name, missing_values, default_codes, applies_when, mandatory FROM rule_set_items(qt_rules());
-- the plain SELECT agrees
CREATE TABLE qt_plain (rule text, records bigint, passed bigint, failed bigint, missing bigint, not_applicable bigint);
SELECT 'INSERT INTO qt_plain ' || rule_set_sql(qt_rules(), 'qt') \gexec
SELECT count(*) AS equal FROM qt_plain p JOIN (SELECT *, records - passed - failed - missing - errors AS not_applicable FROM score_rules('qt', qt_rules())) s USING (rule, records, passed, failed, missing, not_applicable);

-- They add, subtract and merge; an empty one is nothing
CREATE TABLE qt_tally AS SELECT id, tally_row(qt_rules(), qt) AS t FROM qt GROUP BY id;
CREATE TABLE qt_all AS SELECT tally FROM tally_relation('qt', qt_rules());
SELECT merge(t) = (SELECT tally FROM qt_all) AS merged, merge(t) - (SELECT tally FROM qt_all) = empty_tally(qt_rules()) AS nothing,
       merge(t) FILTER (WHERE id <= 3) + merge(t) FILTER (WHERE id > 3) = (SELECT tally FROM qt_all) AS added,
       (SELECT tally FROM qt_all) - merge(t) FILTER (WHERE id = 6) = merge(t) FILTER (WHERE id < 6) AS taken_away,
       merge(t) FILTER (WHERE id < 0) IS NULL AS none FROM qt_tally;
SELECT tally_records(a.t - b.t), (a.t - b.t)::text LIKE '%-1%' AS negative FROM qt_tally a, qt_tally b WHERE a.id = 1 AND b.id = 4;
SELECT (a.t - b.t) + b.t = a.t AS back FROM qt_tally a, qt_tally b WHERE a.id = 1 AND b.id = 4;
SELECT t + empty_tally(rule_set('qt', '{id > 0}')) FROM qt_tally WHERE id = 1;
SELECT merge(x) FROM (SELECT t FROM qt_tally WHERE id = 1 UNION ALL SELECT empty_tally(rule_set('qt', '{id > 0}'))) y(x);
SELECT tally_row(CASE WHEN id < 3 THEN rule_set('qt', '{id > 0}') ELSE rule_set('qt', '{id > 1}') END, qt) FROM qt;
-- stored, sent, kept: nothing is lost
SELECT count(*) FROM qt_tally WHERE t::text::tally = t;
SELECT count(*) FROM tally_counts((SELECT tally FROM qt_all));
SELECT keep_rule_set(qt_rules()) = tally_fingerprint(tally) FROM qt_all;
SELECT keep_rule_set(qt_rules()) = rule_set_fingerprint(qt_rules());
SELECT name, passed FROM tally_counts((SELECT tally FROM qt_all)) WHERE level = 'item';
SELECT rules = qt_rules() AS kept, rules::text::rule_set = rules AS text FROM rule_set_version WHERE fingerprint = rule_set_fingerprint(qt_rules());
SELECT dated_rules(qt_rules(), '2001-01-01', NULL, NULL) = qt_rules() AS same, rule_set_fingerprint(dated_rules(qt_rules(), '2001-01-01')) = rule_set_fingerprint(qt_rules()) AS fingerprint,
       dated_rules(qt_rules(), '2001-01-01')::text::rule_set = dated_rules(qt_rules(), '2001-01-01') AS text;
SELECT count(*) FROM (SELECT DISTINCT rules FROM (VALUES (qt_rules()), (qt_rules()), (rule_set('qt', '{id > 0}'))) v(rules)) x;
\getenv folder PG_ABS_BUILDDIR
\set file :folder '/qt_tally.copy'
COPY (SELECT t, qt_rules() FROM qt_tally) TO :'file' WITH (FORMAT binary);
CREATE TABLE qt_copy (t tally, rules rule_set);
COPY qt_copy FROM :'file' WITH (FORMAT binary);
SELECT count(*) FROM qt_copy c JOIN qt_tally t ON c.t = t.t AND c.rules = qt_rules();
-- as a window function: rows that were returned do not change
SELECT id, tally_records(merge(t) OVER w) AS running, tally_records(merge(t) OVER (ORDER BY id ROWS 1 PRECEDING)) AS two FROM qt_tally WINDOW w AS (ORDER BY id);
SELECT array_agg(tally_records(r) ORDER BY id) FROM (SELECT id, tally_row((SELECT rule_set('qt', '{id > 0}')), qt) OVER (ORDER BY id) AS r FROM qt) x;

-- tally(): columns by order, number and type checked; over 98 columns in carriers
SELECT rule_set_columns(qt_rules());
SELECT tally((SELECT qt_rules()), sex, ward, born, due) = (SELECT tally FROM qt_all) AS direct,
       tally((SELECT qt_rules()), row_columns(sex, ward), born, row_columns(due)) = (SELECT tally FROM qt_all) AS carried FROM qt;
SELECT tally(qt_rules(), sex, ward, born) FROM qt;
SELECT tally(qt_rules(), sex, ward, born, id) FROM qt;
SELECT tally(NULL::rule_set, id) FROM qt;
SELECT tally_row(qt_rules(), ROW(sex, ward, born, due)) = (SELECT tally FROM qt_all) FROM qt;
SELECT tally_row(qt_rules(), ROW(sex, ward)) FROM qt;
SELECT tally(rule_set('qt', '{id > 0}'), x) FROM (SELECT row_columns(id) AS x FROM qt OFFSET 0) y;
SELECT tally(rule_set('qt', '{id > 0}'), (SELECT row_columns(id) FROM qt LIMIT 1)) FROM qt;
SELECT tally(rule_set('qt', '{id > 0}'), row_columns(id) ORDER BY id) FROM qt;
SELECT tally(rule_set('qt', '{id > 0}'), row_columns(id)) OVER () FROM qt;
-- columns read where the row stands, where they are columns of it; groups that spill, and sorted ones
SELECT tally(qt_rules(), COALESCE(row_in_place(), row_columns(sex, ward)), COALESCE(row_in_place(), row_columns(born, due))) = (SELECT tally FROM qt_all) AS in_place,
       tally(qt_rules(), COALESCE(row_in_place(), row_columns(sex, ward)), born, row_columns(due)) = (SELECT tally FROM qt_all) AS mixed,
       tally(qt_rules(), COALESCE(row_in_place(), row_columns(sex || '', ward, born, due))) = (SELECT tally FROM qt_all) AS expressions FROM qt;
SELECT tally(qt_rules(), COALESCE(row_in_place(), row_columns(sex, ward, born, due))) FILTER (WHERE id % 2 = 0) + tally(qt_rules(), COALESCE(row_in_place(), row_columns(sex, ward, born, due))) FILTER (WHERE id % 2 = 1)
       = (SELECT tally FROM qt_all) AS filtered FROM qt;
CREATE TABLE qt_many AS SELECT qt.*, g AS part FROM qt, generate_series(1, 400) g;
SET work_mem = '64kB';
SET enable_sort = off;
SELECT bool_and(t = (SELECT tally FROM qt_all)) AS spilled, count(*) FROM (SELECT part, tally(qt_rules(), COALESCE(row_in_place(), row_columns(sex, ward)), COALESCE(row_in_place(), row_columns(born, due))) AS t FROM qt_many GROUP BY part) x;
RESET enable_sort;
SET enable_hashagg = off;
SELECT bool_and(t = (SELECT tally FROM qt_all)) AS sorted, count(*) FROM (SELECT part, tally(qt_rules(), COALESCE(row_in_place(), row_columns(sex, ward, born, due))) AS t FROM qt_many GROUP BY GROUPING SETS (part)) x;
RESET enable_hashagg;
RESET work_mem;
DROP TABLE qt_many;
SELECT row_in_place() IS NULL AS nothing FROM qt LIMIT 1;
SELECT tally(rule_set('qt', '{id > 0}'), row_in_place()) FROM qt;
SELECT tally(rule_set('qt', '{id > 0}'), COALESCE(row_columns(id), row_columns(born))) FROM qt;
SELECT tally(rule_set('qt', '{id > 0}'), COALESCE(row_in_place(), row_columns(id)) ORDER BY id) FROM qt;
CREATE TABLE qt_ticket AS SELECT row_columns(id) AS x FROM qt;
SELECT tally(rule_set('qt', '{id > 0}'), x) FROM qt_ticket;
SELECT x FROM qt_ticket LIMIT 1;
SELECT '1'::column_values;
SELECT 'CREATE TABLE qt_wide (' || string_agg(format('c%s int', g), ', ') || ')' FROM generate_series(1, 250) g \gexec
SELECT 'INSERT INTO qt_wide SELECT ' || string_agg(format('(r + %s) %% 7', g), ', ') || ' FROM generate_series(1, 50) r' FROM generate_series(1, 250) g \gexec
SELECT count(*), sum(passed), sum(failed) FROM score('qt_wide', ARRAY(SELECT format('c%s > 2', g) FROM generate_series(1, 250) g));
SELECT level, passed, failed FROM tally_relation('qt_wide', rule_set('qt_wide', ARRAY(SELECT format('c%s >= 0', g) FROM generate_series(1, 250) g))) g,
  tally_counts(g.tally, rule_set('qt_wide', ARRAY(SELECT format('c%s >= 0', g) FROM generate_series(1, 250) g))) WHERE level = 'clean';

-- Bad input is refused and harms nothing
SELECT '1:0123456789abcdef:1,1,1:0:0*16'::tally;
SELECT '1:0123456789abcdef:1,1,1:3:0*14'::tally;
SELECT ''::tally;
SELECT '2:0123456789abcdef:1,1,1:0:0*14'::tally;
SELECT '1:0123456789abcdeg:1,1,1:0:0*14'::tally;
SELECT '1:0123456789abcdef:10001,1,1:0:0*15'::tally;
SELECT '1:0123456789abcdef:1,1,1:99999999999999999999:0*15'::tally;
SELECT '1:0123456789abcdef:1,1,1:0:0*9999999999'::tally;
SELECT '1:0123456789abcdef:1,1,1:9223372036854775807:0*15'::tally + '1:0123456789abcdef:1,1,1:1:0*15'::tally;
SELECT count(*) FROM tally_counts('1:0123456789abcdef:1,1,1:0:0*15', rule_set('qt', '{id > 0}'));
SELECT count(*) FROM tally_counts(format('1:%s:3,3,3:0:0*41', lpad(to_hex(rule_set_fingerprint(rule_set('qt', '{id > 0}'))), 16, '0'))::tally, rule_set('qt', '{id > 0}'));
SELECT '[]'::rule_set;
SELECT '{"rules": [{"code": "x", "expression": "true", "item": "none", "dimension": "d"}], "dimensions": ["d"]}'::rule_set;
SELECT regexp_replace(qt_rules()::text, 'W', 'V')::rule_set IS NULL;

-- Some thousand mutations of both forms of both types: refused or read, never a crash
CREATE FUNCTION qt_fuzz(what text, seed text, n int) RETURNS TABLE (read boolean) LANGUAGE plpgsql AS $$
DECLARE
  at int;
BEGIN
  FOR i IN 1 .. n LOOP
    at := floor(random() * length(seed));
    BEGIN
      IF what = 'tally' THEN
        PERFORM tally_counts((overlay(seed PLACING substr('0123456789,:*-abcdef', 1 + floor(random() * 20)::int, floor(random() * 4)::int) FROM at + 1 FOR floor(random() * 4)::int))::tally, qt_rules());
      ELSE
        PERFORM rule_set_sql((overlay(seed PLACING substr('0123456789,:"[]{}-abcdef', 1 + floor(random() * 24)::int, floor(random() * 4)::int) FROM at + 1 FOR floor(random() * 4)::int))::rule_set, 'qt');
      END IF;
      read := true;
    EXCEPTION WHEN OTHERS THEN
      read := false;
      IF SQLSTATE LIKE 'XX%' OR SQLSTATE LIKE '53%' THEN
        RAISE;
      END IF;
    END;
    RETURN NEXT;
  END LOOP;
END
$$;
SELECT setseed(0.1) \g /dev/null
SELECT count(*) FROM qt_fuzz('tally', (SELECT tally::text FROM qt_all), 2000);
SELECT count(*) FROM qt_fuzz('rules', regexp_replace(qt_rules()::text, ', "fingerprint".*}', '}'), 1000);
RESET search_path;
DROP FUNCTION qt_fuzz, qt_rules;
DROP TABLE qt, qt_a, qt_b, qt_tally, qt_all, qt_copy, qt_plain, qt_ticket, qt_wide;
