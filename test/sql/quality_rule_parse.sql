-- What may stand in a rule. A rule runs with the rights of whoever scores, so the refusals are the point.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
CREATE ROLE qp_editor;
CREATE SCHEMA qp_ed AUTHORIZATION qp_editor;
RESET client_min_messages;
\set SHOW_CONTEXT never
CREATE TABLE qp (a int, b text, c date, "Größe" int, d timestamptz);

-- Accepted, qualified, free of settings
SELECT portfolio.check_rule('qp', 'a > 0');
SELECT portfolio.check_rule('qp', 'qp.a > 0 AND "Größe" IS NOT NULL -- a comment');
SELECT portfolio.check_rule('qp', 'is_nhs_number(b)');
SELECT portfolio.check_rule('qp', 'b::nhs_number > ''9990000018''::nhs_number');
SELECT portfolio.check_rule('qp', 'c BETWEEN :period_start AND :period_end AND b <> '':scored_on'' AND c <= :scored_on');
SET datestyle = 'SQL, DMY';
SELECT portfolio.check_rule('qp', 'c < ''03/02/2001''');
SET timezone = 'Europe/London';
SELECT portfolio.check_rule('qp', 'd < ''2001-07-01 12:00''');
RESET datestyle;
RESET timezone;
SET quote_all_identifiers = on;
SET standard_conforming_strings = off;
SELECT portfolio.check_rule('qp', 'b ~ ''^\d$''');
RESET quote_all_identifiers;
RESET standard_conforming_strings;
SELECT portfolio.check_expression('qp', 'to_char(c, ''YYYY-MM'')', 'text'), portfolio.check_expression('qp', 'c', 'text'), portfolio.check_expression('qp', 'a', 'bigint');
SELECT portfolio.check_expression('qp', 'c > :period_start', 'boolean');
SELECT portfolio.check_expression('qp', 'b', 'integer');

-- One expression and nothing else
SELECT portfolio.check_rule('qp', '');
SELECT portfolio.check_rule('qp', 'a > 0; DROP TABLE qp');
SELECT portfolio.check_rule('qp', 'true FROM pg_class LIMIT 1');
SELECT portfolio.check_rule('qp', 'a > 0 WHERE true');
SELECT portfolio.check_rule('qp', 'a > 0 AS b');
SELECT portfolio.check_rule('qp', 'a > 0, b = ''x''');
SELECT portfolio.check_rule('qp', 'true UNION SELECT false');
SELECT portfolio.check_rule('qp', 'a > 0) OR (true');
SELECT portfolio.check_rule('qp', 'a > 0 ORDER BY 1');
SELECT portfolio.check_rule('qp', '*');
-- Positions are those of the text
SELECT portfolio.check_rule('qp', 'a > 0 AND bb = ''x''');
SELECT portfolio.check_rule('qp', '"Größe" > 0 AND größ > 0');
SELECT portfolio.check_rule('qp', 'a >');
SELECT portfolio.check_rule('qp', 'a > ''x''');
SELECT portfolio.check_rule('qp', 'a + 1');
SELECT portfolio.check_rule('qp', 'a > 1 / 0');
SELECT portfolio.check_rule('qp', 'b ~ ''(''');
-- One row by itself
SELECT portfolio.check_rule('qp', 'a > (SELECT 1)');
SELECT portfolio.check_rule('qp', 'EXISTS (SELECT FROM pg_authid)');
SELECT portfolio.check_rule('qp', 'a IN (SELECT 1)');
SELECT portfolio.check_rule('qp', 'count(*) > 0');
SELECT portfolio.check_rule('qp', 'max(a) > 0');
SELECT portfolio.check_rule('qp', 'row_number() OVER () > 1');
SELECT portfolio.check_rule('qp', 'generate_series(1, 2) > 1');
SELECT portfolio.check_rule('qp', 'qp IS NULL');
SELECT portfolio.check_rule('qp', 'qp.* IS NULL');
SELECT portfolio.check_rule('qp', 'tableoid = 1');
SELECT portfolio.check_rule('qp', 'pg_class.oid = 1');
SELECT portfolio.check_rule('qp', 'a > $1');
SELECT portfolio.check_rule('qp', 'ROW(a, b) IS NULL');
-- The same answer tomorrow
SELECT portfolio.check_rule('qp', 'c < current_date');
SELECT portfolio.check_rule('qp', 'd < now()');
SELECT portfolio.check_rule('qp', 'age(d) < ''1 year''');
SELECT portfolio.check_rule('qp', 'b = current_user');
SELECT portfolio.check_rule('qp', 'random() < 0.5');
SELECT portfolio.check_rule('qp', 'd < clock_timestamp()');

-- The editor's code: nothing of his runs, neither now nor when a superuser scores
SET ROLE qp_editor;
CREATE FUNCTION qp_ed.boom() RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'code of % ran as %', 'qp_editor', current_user; END$$;
CREATE FUNCTION qp_ed.f(int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT qp_ed.boom()';
CREATE FUNCTION qp_ed.same(int, int) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT qp_ed.boom()';
CREATE OPERATOR qp_ed.= (LEFTARG = int, RIGHTARG = int, FUNCTION = qp_ed.same);
CREATE VIEW qp_ed.v AS SELECT qp_ed.boom();
CREATE DOMAIN qp_ed.d AS int CHECK (qp_ed.boom());
CREATE TYPE qp_ed.pair AS (x qp_ed.d);
CREATE TYPE qp_ed.span AS RANGE (SUBTYPE = qp_ed.d);
CREATE TYPE qp_ed.mood AS ENUM ('good', 'bad');
CREATE FUNCTION qp_ed.to_json(qp_ed.mood) RETURNS json LANGUAGE sql IMMUTABLE AS $$SELECT CASE WHEN qp_ed.boom() THEN '1'::json END$$;
CREATE CAST (qp_ed.mood AS json) WITH FUNCTION qp_ed.to_json(qp_ed.mood);
CREATE FUNCTION qp_ed.length(text) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT CASE WHEN qp_ed.boom() THEN 1 END';
CREATE FUNCTION qp_ed.takes(qp_ed.d[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT true';
CREATE TABLE qp_ed.t (a int, m qp_ed.mood, p qp_ed.pair, s qp_ed.span, ds qp_ed.d[]);
RESET ROLE;
SET search_path = qp_ed, public;
SELECT portfolio.check_rule('public.qp', 'qp_ed.f(a)');
SELECT portfolio.check_rule('public.qp', 'f(a)');
SELECT portfolio.check_rule('public.qp', 'a OPERATOR(qp_ed.=) 1');
SELECT portfolio.check_rule('public.qp', 'a = 1'), portfolio.check_rule('public.qp', 'length(b) = 1');
RESET search_path;
SELECT portfolio.check_rule('qp', 'table_to_xml(''qp_ed.v'', true, true, '''') IS NOT NULL');
SELECT portfolio.check_rule('qp', 'pg_catalog.schema_to_xml(''qp_ed'', true, true, '''') IS NOT NULL');
SELECT portfolio.check_rule('qp', 'database_to_xmlschema(true, true, '''') IS NOT NULL');
SELECT portfolio.check_rule('qp', 'query_to_xml(''SELECT qp_ed.boom()'', true, true, '''') IS NOT NULL');
SELECT portfolio.check_rule('qp', 'a::qp_ed.d > 0');
SELECT portfolio.check_rule('qp', 'CAST(''1'' AS qp_ed.d) > 0');
SELECT portfolio.check_rule('qp', 'qp_ed.d(''1'') > 0');
SELECT portfolio.check_rule('qp', '''{1}''::qp_ed.d[] IS NULL');
SELECT portfolio.check_rule('qp', '''(1)''::qp_ed.pair IS NULL');
SELECT portfolio.check_rule('qp', '''[1,2]''::qp_ed.span IS NULL');
SELECT portfolio.check_rule('qp', 'qp_ed.takes(''{1}'')');
\set VERBOSITY sqlstate
SELECT portfolio.check_rule('qp', format('domain_in(''1'', %s, -1) IS NULL', 'qp_ed.d'::regtype::oid));
SELECT portfolio.check_rule('qp', format('array_in(''{1}'', %s, -1) IS NULL', 'qp_ed.d'::regtype::oid));
\set VERBOSITY default
SELECT portfolio.check_rule('qp', 'jsonb_populate_record(NULL::qp_ed.pair, ''{"x": 1}'') IS NULL');
SELECT portfolio.check_rule('qp_ed.t', 'p = ''(1)''');
SELECT portfolio.check_rule('qp_ed.t', 's = ''[1,2]''');
SELECT portfolio.check_rule('qp_ed.t', 'ds = ''{1}''');
SELECT portfolio.check_rule('qp_ed.t', 'm = ''good'' AND m::text <> ''x'' AND m IN (''good'', ''bad'')');
SELECT portfolio.check_rule('qp_ed.t', 'to_json(m) IS NULL');
SELECT portfolio.check_rule('qp_ed.t', 'jsonb_build_array(m) IS NULL');
SELECT portfolio.check_rule('qp_ed.t', 'row_to_json(ROW(m)) IS NULL');
SELECT portfolio.check_rule('qp_ed.t', 'm::json IS NULL');
-- The server's own doors
SELECT portfolio.check_rule('qp', x) FROM unnest('{"pg_read_file(''/etc/passwd'') IS NULL"}'::text[]) x;
SELECT portfolio.check_rule('qp', 'lo_get(1) IS NULL');
SELECT portfolio.check_rule('qp', 'set_config(''x.y'', ''1'', false) IS NULL');
SELECT portfolio.check_rule('qp', 'current_setting(''port'') IS NULL');
SELECT portfolio.check_rule('qp', 'pg_terminate_backend(1)');
SELECT portfolio.check_rule('qp', 'has_table_privilege(''pg_authid'', ''SELECT'')');
SELECT portfolio.check_rule('qp', 'nextval(''s'') > 0');
SELECT portfolio.check_rule('qp', 'xmlelement(name a, b) IS NULL');
-- Also in filter, by, period, and in a rule set that somebody made up
SELECT rule FROM portfolio.score('qp', '{a > 0}', filter => 'qp_ed.f(a)');
SELECT portfolio.check_expression('qp', 'qp_ed.f(a)::text', 'text');
SELECT count(*) FROM portfolio.tally_relation('qp', portfolio.rule_set('qp', '{a > 0}'), '{x}', NULL, '{qp_ed.f(a)}');
INSERT INTO qp (a) VALUES (1);
SELECT portfolio.tally_row(regexp_replace(portfolio.rule_set('qp', '{a > 0}')::text, '"\(a > 0\)"(.*), "fingerprint.*}', '"qp_ed.f(a)"\1}')::portfolio.rule_set, qp) FROM qp;
SELECT portfolio.tally_row(regexp_replace(portfolio.rule_set('qp', '{a > 0}')::text, '"\(a > 0\)"(.*), "fingerprint.*}', '"a::qp_ed.d > 0"\1}')::portfolio.rule_set, qp) FROM qp;
-- and one that says less of its rules than is true
SELECT portfolio.tally_row(regexp_replace(portfolio.rule_set('qp', '{c is null,d is null}')::text, '"\(d IS NULL\)"(.*), "fingerprint.*}', '"d > c"\1}')::portfolio.rule_set, qp) FROM qp;

-- A superuser may trust a function by name
CREATE SCHEMA qp_site;
CREATE FUNCTION qp_site.is_ward(text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$SELECT $1 ~ '^W\d$'$$;
SELECT portfolio.check_rule('qp', 'qp_site.is_ward(b)');
INSERT INTO portfolio.trusted_function (signature, reason) VALUES ('qp_site.is_ward(text)', 'reviewed');
SELECT portfolio.check_rule('qp', 'qp_site.is_ward(b)');
UPDATE qp SET b = 'W1';
SELECT rule, passed FROM portfolio.score('qp', '{qp_site.is_ward(b)}');
INSERT INTO portfolio.trusted_function (signature) VALUES ('is_ward');
SET ROLE qp_editor;
INSERT INTO portfolio.trusted_function (signature) VALUES ('qp_ed.f(int)');
RESET ROLE;
DELETE FROM portfolio.trusted_function WHERE signature = 'qp_site.is_ward(text)';
SELECT rule FROM portfolio.score('qp', '{qp_site.is_ward(b)}');

-- A rule that does not compile does not keep the others from being counted
SELECT code, sqlstate, problem FROM portfolio.rule_set_problems(portfolio.make_rule_set('qp',
  '{"items": [{"name": "gone", "column": "zz"}, {"name": "only", "column": "a", "applies_when": "nothing = 1"}],
    "rules": [{"code": "r1", "expression": "a > 0", "item": "a item"}, {"code": "r2", "expression": "zz > 0"}, {"code": "r3", "expression": "a > 1", "item": "gone"},
              {"code": "r4", "expression": "a > 2", "item": "only"}, {"code": "r5", "expression": "qp_ed.f(a)"}]}', '{"report_broken": true}'));
SELECT portfolio.make_rule_set('qp', '{"rules": [{"code": "r2", "expression": "zz > 0"}]}') IS NULL;
SELECT portfolio.make_rule_set('qp', '{"rules": [{"code": "r", "expression": "a > 0"}, {"code": "r", "expression": "a > 1"}]}') IS NULL;
SELECT portfolio.make_rule_set('qp', '{"rules": [{"code": "r", "expression": "a > 0", "on_null": "ignore"}]}') IS NULL;
SELECT portfolio.make_rule_set('qp', '{"rules": [{"expression": "a > 0"}]}') IS NULL;
SELECT portfolio.make_rule_set('qp', '[]') IS NULL;
SELECT portfolio.rule_set('qp', '{a > 0,NULL}') IS NULL;
SELECT portfolio.rule_set('pg_class_oid_index', '{true}') IS NULL;
SELECT ord, code, expression, item, dimension, may_raise FROM portfolio.rule_set_rules(portfolio.rule_set('qp', '{" a > 0 ",a > 0,b is not null,"a > length(b)",a > 0}'));
SELECT portfolio.rule_set_columns(portfolio.rule_set('qp', '{b is not null,"a > length(b)"}'));
DROP TABLE qp;
SET client_min_messages = warning;
DROP SCHEMA qp_ed, qp_site CASCADE;
DROP ROLE qp_editor;
