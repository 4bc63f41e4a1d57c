-- What counts as missing is missing to rules about the whole set too; no setting of a session changes a count, and operators see what is broken.
BEGIN;
SELECT plan(16);
SET LOCAL client_min_messages = warning;
CREATE SCHEMA settled;
CREATE TABLE settled.m (id int, k text, ward text, code int);
INSERT INTO settled.m VALUES (1, '?', '?', 9), (2, ' ? ', 'W1', 9), (3, 'x', 'W1', 1);
CREATE TABLE settled.w (code text PRIMARY KEY);
INSERT INTO settled.w VALUES ('W1');
SELECT portfolio.register_data_set('SM', 'settled.m', '{id}');
SELECT portfolio.add_rule('SM', 'uk', 'unique(k)', item => 'k'), portfolio.add_rule('SM', 'uc', 'unique(code)', item => 'code'), portfolio.add_rule('SM', 'ref', 'references(ward, settled.w(code))', item => 'ward'),
       portfolio.add_rule('SM', 'det', 'determines(k, ward)'), portfolio.add_rule('SM', 'size', 'rows(3, 3)');
SELECT results_eq($$SELECT rule, outcome, passed, failed, missing FROM portfolio.check_whole_set('SM') WHERE rule <> 'size'$$,
  $$VALUES ('det', 'passed', 3::bigint, 0::bigint, 0::bigint), ('ref', 'failed', 2, 1, 0), ('uc', 'failed', 1, 2, 0), ('uk', 'passed', 3, 0, 0)$$, 'values as they are');
UPDATE portfolio.data_item SET missing_values = CASE name WHEN 'code' THEN '{9}' ELSE '{?}' END::text[] WHERE name IN ('k', 'ward', 'code') AND data_set = (SELECT id FROM portfolio.data_set WHERE code = 'SM');
SELECT results_eq($$SELECT rule, outcome, passed, failed, missing FROM portfolio.check_whole_set('SM')$$,
  $$VALUES ('det', 'passed', 1::bigint, 0::bigint, 2::bigint), ('ref', 'passed', 2, 0, 1), ('size', 'passed', 1, 0, 0), ('uc', 'passed', 1, 0, 2), ('uk', 'passed', 1, 0, 2)$$, 'without those that count as missing');
SELECT is_empty($$SELECT * FROM portfolio.whole_set_failures('SM', 'ref')$$, 'which fail nowhere');
ALTER TABLE settled.m ADD UNIQUE (id);
SELECT portfolio.add_rule('SM', 'ui', 'unique(id)');
UPDATE portfolio.data_item SET missing_values = '{3}' WHERE name = 'id' AND data_set = (SELECT id FROM portfolio.data_set WHERE code = 'SM');
SELECT is((SELECT missing FROM portfolio.check_whole_set('SM') WHERE rule = 'ui'), (SELECT count(*) FROM portfolio.data_item WHERE name = 'id' AND missing_values = '{3}'), 'a constraint proves nothing of them');

CREATE TABLE settled.e (id int, t timestamptz);
INSERT INTO settled.e VALUES (1, 'infinity'), (2, '-infinity'), (3, NULL);
SELECT portfolio.register_data_set('SE', 'settled.e', '{id}'), portfolio.add_rule('SE', 'f', 'fresh(t, ''1 day'')');
SELECT is((SELECT outcome FROM portfolio.check_whole_set('SE')), 'failed', 'what is infinitely old is not fresh');

-- text that extra_float_digits and bytea_output choose
CREATE TABLE settled.f (id int PRIMARY KEY, f double precision, r real, b bytea, p point, n numeric, x text);
SELECT portfolio.register_data_set('SF', 'settled.f', '{id}');
SELECT portfolio.add_rule('SF', 'rule', 'x = ''1''');
SELECT throws_ok(format($$SELECT portfolio.alter_rule('SF', 'rule', expression => 'x = %s::text'), portfolio.track_quality('SF')$$, c), '55000', NULL, c || ' is not tracked as text') FROM unnest('{f,r,b,p}'::text[]) c;
SELECT lives_ok($$SELECT portfolio.alter_rule('SF', 'rule', expression => 'x = n::text')$$, 'a numeric is one text');
SELECT lives_ok($$SELECT portfolio.track_quality('SF')$$, 'and tracked');

-- days of codes are read as the engine reads them
CREATE TABLE settled.d (id int, d date);
SELECT portfolio.register_data_set('SD', 'settled.d', '{id}');
SET LOCAL datestyle = 'ISO, DMY';
SELECT throws_ok($$UPDATE portfolio.data_item SET default_codes = '{10.03.2024}' WHERE name = 'd' AND data_set = (SELECT id FROM portfolio.data_set WHERE code = 'SD')$$, '22008', NULL, 'a day that the engine could not read is refused');
RESET datestyle;

-- an error that is there only under the dates of one period is that rule's, in that period
CREATE TABLE settled.v AS SELECT i AS id, '2124-0' || (1 + i % 3) AS month, i AS a, 'x'::text AS b FROM generate_series(1, 30) i;
INSERT INTO portfolio.reporting_period (code, kind, during) SELECT '2124-0' || m, 'month', daterange(make_date(2124, m, 1), make_date(2124, m + 1, 1)) FROM generate_series(1, 3) m;
SELECT portfolio.register_data_set('SV', 'settled.v', '{id}', 'month'), portfolio.add_rule('SV', 'dated', 'a > 100 / (:period_start - date ''2124-02-01'')'), portfolio.add_rule('SV', 'other', 'b = ''x''');
SELECT results_eq($$SELECT period, item, valid_and_complete FROM portfolio.score_data_set('SV') WHERE item IN ('a', 'b') ORDER BY 1, 2$$,
  $$VALUES ('2124-01', 'a', 10::bigint), ('2124-01', 'b', 10), ('2124-02', 'a', 0), ('2124-02', 'b', 10), ('2124-03', 'a', 9), ('2124-03', 'b', 10)$$, 'and the others are scored');

-- an operator who may not look into the schema
CREATE ROLE pf_settled_operator;
SELECT portfolio.grant_profile('pf_settled_operator', 'operator');
ALTER TABLE settled.m DROP COLUMN ward;
DROP TABLE settled.e;
SET LOCAL ROLE pf_settled_operator;
SELECT results_eq($$SELECT state FROM portfolio.doctor() WHERE area = 'data sets' AND what LIKE '%settled.e%'$$, $$VALUES ('problem')$$, 'is told by doctor() what is gone');
SELECT is_empty($$SELECT check_code FROM portfolio.run_checks('quality') WHERE outcome = 'error'$$, 'and runs the checks of quality');
SELECT isnt_empty($$SELECT subject FROM portfolio.open_finding WHERE check_code IN ('relation-gone', 'rule-broken')$$, 'which find it');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
