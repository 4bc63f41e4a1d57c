-- The engine counts exactly what plain SQL counts, whatever path a rule takes.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
CREATE COLLATION qe_ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
RESET client_min_messages;
SET timezone = 'Europe/London';
CREATE DOMAIN qe_short AS text;

-- Random values: NULLs, blanks, other alphabets, long and compressible ones, edges of every type
SELECT setseed(0.5) \g /dev/null
CREATE TABLE qe (id int, t text, v varchar(20), b char(4), c text COLLATE "C", n text COLLATE qe_ci, d qe_short,
                 i int, l bigint, s smallint, m numeric, f float8, day date, at timestamptz, flag boolean, list int[]);
INSERT INTO qe
SELECT g,
       CASE WHEN random() < 0.9 THEN (ARRAY['', ' ', 'a', 'A', 'ab', 'abc', 'a1', '12', '123', '12.5', '1.', '.', '2001-09-27', '2001-13-41',
         '1999/01/31', 'é', 'éa1', '１２', E'a\nb', 'a b', 'Z99', 'V81997', 'TESTWn4Rt4ww00zIOJ8rYBMf5fgC4tvI', repeat('x', 5000), repeat(md5(g::text), 200),
         '9990000018', '9990000019', 'RTA', 'zz-top', 'A-Z'])[1 + floor(random() * 30)] END,
       CASE WHEN random() < 0.9 THEN (ARRAY['', 'a', 'ab', 'é', 'RTA', 'M84031', '0102', '20 chars are the most'])[1 + floor(random() * 7)] END,
       CASE WHEN random() < 0.9 THEN (ARRAY['', 'a', 'ab  ', 'abcd', ' x'])[1 + floor(random() * 5)] END,
       CASE WHEN random() < 0.9 THEN (ARRAY['a', 'B', 'b', 'é', 'z', ''])[1 + floor(random() * 6)] END,
       CASE WHEN random() < 0.9 THEN (ARRAY['a', 'A', 'b', 'B', 'é', 'É', ''])[1 + floor(random() * 7)] END,
       CASE WHEN random() < 0.9 THEN (ARRAY['a', 'bb', ''])[1 + floor(random() * 3)] END,
       CASE WHEN random() < 0.9 THEN (ARRAY[0, 1, -1, 7, 120, 121, 2147483647, -2147483648])[1 + floor(random() * 8)] END,
       CASE WHEN random() < 0.9 THEN (ARRAY[0, 1, -1, 2147483648, 9223372036854775807, -9223372036854775808])[1 + floor(random() * 6)] END,
       CASE WHEN random() < 0.9 THEN floor(random() * 5)::smallint END,
       CASE WHEN random() < 0.9 THEN (ARRAY[0, 1.0, 1.00, -2.5, 'NaN'])[1 + floor(random() * 5)] END,
       CASE WHEN random() < 0.9 THEN (ARRAY[0, '-0', 1.5, 'NaN', 'Infinity'])[1 + floor(random() * 5)]::float8 END,
       CASE WHEN random() < 0.9 THEN (ARRAY['2024-02-29', '1800-01-01', 'infinity', '-infinity', '2001-09-27'])[1 + floor(random() * 5)]::date END,
       CASE WHEN random() < 0.9 THEN '2024-03-30 23:30+00'::timestamptz + g * interval '1 hour' END,
       CASE WHEN random() < 0.9 THEN random() < 0.5 END,
       CASE WHEN random() < 0.9 THEN ARRAY[g % 3, NULL, g % 5] END
  FROM generate_series(1, 3000) g;
ALTER TABLE qe DROP COLUMN id;
ANALYZE qe;

CREATE TABLE qe_rule (no int GENERATED ALWAYS AS IDENTITY, expression text);
INSERT INTO qe_rule (expression) VALUES
 ('t IS NULL'), ('t IS NOT NULL'), ('t = ''a'''), ('t <> ''a'''), ('t IN (''a'', ''é'', ''V81997'')'), ('t IN (''a'', NULL)'), ('t NOT IN (''a'', ''12'')'),
 ('t NOT IN (''a'', NULL)'), ('NOT (t IN (''a'', ''b'') OR t IS NULL)'), ('length(t) <= 2'), ('length(t) = 1'), ('length(t) <> 1'), ('length(t) BETWEEN 2 AND 10'),
 ('char_length(t) > 30'), ('octet_length(t) <= 2'), ('t ~ ''^\d{2}$'''), ('t ~ ''^\d*\.?\d*$'''), ('t !~ ''^[a-zA-Z0-9]+$'''),
 ('t ~ ''^((?:19|20)\d\d)[- /.](0[1-9]|1[012])[- /.](0[1-9]|[12][0-9]|3[01])$'''), ('t ~ ''^[a-zA-Z0-9]{32}$'''), ('t ~ ''^a.b$'''), ('t ~ ''^\w+$'''), ('t ~ ''^\s*$'''),
 ('t ~ ''^[^0-9]*$'''), ('t ~ ''^(a|b|c)+$'''), ('t ~ ''^a{0,2}b?$'''), ('t ~ ''^[]a-]+$'''), ('t ~ ''^(a|ab)(c|bcd)?$'''), ('t ~ ''a|b$'''), ('t ~ ''^[[:alpha:]]+$'''),
 ('t ~* ''^A'''), ('t ~ ''(?i)^A$'''), ('t ~ ''^(a+)+$'''), ('t ~ ''^\.$'''), ('t ~ ''^A-Z$'''), ('t LIKE ''a%'''), ('upper(t) = t'), ('t < ''b'''), ('t BETWEEN ''a'' AND ''b'''),
 ('t COLLATE "C" < ''a'''), ('btrim(t) <> '''''), ('is_nhs_number(t)'), ('portfolio.is_ods_code(t)'), ('NOT is_nhs_number(t) OR length(t) = 10'), ('nhs_number_problem(t) IS NULL'),
 ('v = ''a'''), ('v IN (''RTA'', ''0102'')'), ('length(v) <= 3'), ('v ~ ''^[A-Z]{3}$'''), ('v::text ~ ''^\d+$'''), ('b = ''a'''), ('b IN (''ab'', ''a'')'), ('length(b) = 2'), ('b ~ ''^a'''),
 ('c < ''b'''), ('c >= ''B'' AND c <= ''b'''), ('n = ''a'''), ('n IN (''A'', ''é'')'), ('n <> ''B'''), ('n COLLATE "C" = ''a'''), ('d = ''a'''), ('d IN (''a'', ''x'')'), ('length(d) > 1'),
 ('i > 0'), ('i BETWEEN 0 AND 120'), ('i IN (0, 7, NULL)'), ('i <> 7'), ('NOT i = 7'), ('i = 2147483648'), ('i < -2147483648'), ('i > 0 AND i < 121 OR i IS NULL'), ('i::bigint IN (1, 2)'),
 ('l >= 9223372036854775807'), ('l > 9223372036854775807'), ('l < -9223372036854775808'), ('l <= 5'), ('s = ANY (''{1,2}'')'), ('s < i'), ('s IN (1, 70000)'), ('m = 1'), ('m > 0'), ('f = 0'), ('f > 1'),
 ('day > ''2000-01-01'''), ('day IN (''infinity'', ''1800-01-01'')'), ('day <= at'), ('day = ''2001-09-27'''), ('at::date = ''2024-03-31'''), ('extract(hour FROM at) < 12'), ('isfinite(day)'),
 ('flag'), ('NOT flag'), ('flag IS NOT TRUE'), ('flag IS NOT UNKNOWN'), ('flag AND i > 0'), ('list[1] = 0'), ('list @> ''{1}'''), ('list IS NULL'), ('1 = ANY (list)'), ('t = v'), ('coalesce(t, v, c) = ''a'''),
 ('CASE WHEN i > 0 THEN t IS NOT NULL ELSE s > 2 END'), ('(t, v) = (''a'', ''a'')'), ('i IS DISTINCT FROM s'), ('nullif(t, '''') IS NOT NULL'), ('greatest(i, s) > 5'), ('true'), ('NULL::boolean'), ('1 = 2'),
 ('t || v = ''aa'''), ('to_char(day, ''YYYY'') = ''2024'''), ('(i, s) < (7, 2)'), ('concat(t, v) <> ''''');

CREATE FUNCTION qe_differences(relation regclass, rules text[]) RETURNS TABLE (rule text, engine bigint[], plain bigint[]) LANGUAGE plpgsql AS $$
BEGIN
  FOR rule, engine IN SELECT s.rule, ARRAY[s.passed, s.failed, s.missing] FROM portfolio.score(relation, rules) s LOOP
    EXECUTE format('SET LOCAL search_path = pg_catalog, portfolio, public; SELECT 1');
    EXECUTE format('SELECT ARRAY[count(*) FILTER (WHERE (%1$s)), count(*) FILTER (WHERE NOT (%1$s)), count(*) FILTER (WHERE (%1$s) IS NULL)] FROM %2$s',
                   rule, relation) INTO plain;
    IF engine <> plain THEN
      RETURN NEXT;
    END IF;
  END LOOP;
END
$$;
SELECT count(*) FROM qe_rule;
SELECT * FROM qe_differences('qe', ARRAY(SELECT expression FROM qe_rule ORDER BY no));
-- each rule by itself, where no other decides how its column is looked at
SELECT d.* FROM qe_rule r, qe_differences('qe', ARRAY[r.expression]) d;
-- values that never come again, so that memos are given up
CREATE TABLE qe_unique AS SELECT md5(g::text) AS t, g AS i, NULLIF(g % 7, 0)::text || md5(g::text) AS v FROM generate_series(1, 40000) g;
SELECT * FROM qe_differences('qe_unique', '{"t ~ ''^[0-9a-f]{32}$''",t < ''8'',upper(t) = t,"i % 7 = 0",i > 500,"length(v) = 33","i > 10 and t > ''f''"}');

-- The same set by every form of the aggregate, in parallel, by groups and by plain SQL
CREATE FUNCTION qe_rules() RETURNS portfolio.rule_set LANGUAGE sql STABLE
  RETURN portfolio.rule_set('qe', ARRAY(SELECT expression FROM qe_rule WHERE expression !~ '\|\||greatest|\(i, s\) <|extract|to_char|isfinite|list\[|::' ORDER BY no));
CREATE TEMP TABLE one AS SELECT tally FROM portfolio.tally_relation('qe', qe_rules());
SELECT portfolio.rule_set_volatility(qe_rules()), bool_or(may_raise) AS may_raise, count(*) FROM portfolio.rule_set_rules(qe_rules());
SELECT portfolio.tally_row((SELECT qe_rules()), qe) OPERATOR(portfolio.=) (SELECT tally FROM one) AS by_row FROM qe;
SELECT portfolio.tally_row((SELECT qe_rules()), x) OPERATOR(portfolio.=) (SELECT tally FROM one) AS by_name
  FROM (SELECT list, flag, at, day, f, m, s, l, i, d, n, c, b, v, t FROM qe) x;
SELECT portfolio.merge(tally) OPERATOR(portfolio.=) (SELECT tally FROM one) AS by_groups, count(*)
  FROM portfolio.tally_relation('qe', qe_rules(), '{s,flag}');
SELECT portfolio.merge(tally) OPERATOR(portfolio.=) (SELECT tally FROM one) AS by_many_groups, count(*) > 2000 AS many
  FROM portfolio.tally_relation('qe', qe_rules(), '{at}');
SET enable_hashagg = off;
SELECT portfolio.merge(tally) OPERATOR(portfolio.=) (SELECT tally FROM one) AS by_sorted_groups, count(*)
  FROM portfolio.tally_relation('qe', qe_rules(), '{s,flag}');
RESET enable_hashagg;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'debug_parallel_query' ELSE 'force_parallel_mode' END AS parallel_mode \gset
SET :parallel_mode = regress;
SELECT tally OPERATOR(portfolio.=) (SELECT tally FROM one) AS parallel FROM portfolio.tally_relation('qe', qe_rules());
CREATE TABLE qe_wide AS SELECT * FROM qe;
ALTER TABLE qe_wide SET (parallel_workers = 2);
CREATE FUNCTION qe_total() RETURNS portfolio.rule_set LANGUAGE sql STABLE
  RETURN portfolio.rule_set('qe_wide', ARRAY(SELECT code FROM portfolio.rule_set_rules(qe_rules()) WHERE NOT may_raise ORDER BY ord));
SELECT count(*) > 60 AS enough FROM portfolio.rule_set_rules(qe_total());
CREATE TEMP TABLE parallel AS SELECT tally FROM portfolio.tally_relation('qe_wide', qe_total());
SET max_parallel_workers_per_gather = 0;
SELECT tally OPERATOR(portfolio.=) (SELECT tally FROM parallel) AS parallel_is_serial FROM portfolio.tally_relation('qe_wide', qe_total());
RESET max_parallel_workers_per_gather;
-- a set that may raise, in a parallel plan all the same: refused before 17
\set SHOW_CONTEXT never
\set VERBOSITY terse
SELECT portfolio.tally_row((SELECT portfolio.rule_set('qe_wide', '{100 / i > 3}')), qe_wide) IS NOT NULL FROM qe_wide;
\set VERBOSITY default
EXPLAIN (COSTS OFF) SELECT portfolio.tally_row(NULL::portfolio.rule_set, qe_wide) FROM qe_wide;
EXPLAIN (COSTS OFF) SELECT portfolio.tally_row(portfolio.serial_rules(NULL), qe_wide) FROM qe_wide;
RESET :parallel_mode;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;

-- The plain SELECT behind the numbers gives the same
CREATE TABLE qe_plain (rule text, records bigint, passed bigint, failed bigint, missing bigint, not_applicable bigint);
SELECT 'SET search_path = pg_catalog, portfolio, public; INSERT INTO public.qe_plain ' || portfolio.rule_set_sql(qe_rules(), 'qe') \gexec
RESET search_path;
SELECT count(*), count(*) FILTER (WHERE p IS DISTINCT FROM (SELECT ROW(s.rule, s.records, s.passed, s.failed, s.missing, s.records - s.passed - s.failed - s.missing - s.errors)::qe_plain)) AS different
  FROM qe_plain p JOIN portfolio.score_rules('qe', qe_rules()) s USING (rule);

-- Rules that raise an error are counted, once per value, and spoil nothing
SET client_min_messages = warning;
CREATE TABLE qe_raise (a int, t text);
INSERT INTO qe_raise SELECT g % 4, CASE g % 5 WHEN 0 THEN 'x' WHEN 1 THEN NULL ELSE (g % 3)::text END FROM generate_series(1, 600) g;
SELECT rule, records, passed, failed, missing, errors, passed_pct, complete_pct, valid_and_complete_pct
  FROM portfolio.score('qe_raise', '{100 / a > 30,t::int < 2,"t::int / a = 0",a >= 0,"substr(t, 1, a - 2) = ''''","t::int < 2 and a > 1"}');
SELECT (SELECT count(*) FROM qe_raise WHERE a = 0) AS division, (SELECT count(*) FROM qe_raise WHERE t = 'x') AS cast;
-- what a collation forbids is the rule's error, not the end of the score
SELECT rule, records, passed, failed, missing, errors FROM portfolio.score('qe', ARRAY['n LIKE ''a%''', 'n ~ ''^a''', 'starts_with(n, ''a'')', 'c = n', 'c < n', 'n = ''a''', 'length(n) = 1']);
SELECT count(*) AS n, count(*) FILTER (WHERE c IS NOT NULL) AS both FROM qe WHERE n IS NOT NULL;
-- :period_start has a value or the score says that it has none
SELECT rule, passed, failed FROM portfolio.score_rules('qe', portfolio.dated_rules(portfolio.rule_set('qe', '{day >= :period_start and day < :period_end}'), '2001-01-01', '2002-01-01'));
\set SHOW_CONTEXT never
SELECT rule FROM portfolio.score('qe', '{day >= :period_start}');
-- filter, by, an empty table, no rules
SELECT rule, records, passed FROM portfolio.score('qe_raise', '{a >= 0}', filter => 't is not null and a = 1');
SELECT group_key, group_label, records, passed, passed_pct FROM portfolio.score('qe_raise', '{a > 1}', '{t}');
CREATE TABLE qe_empty ("Odd ""name" text, b int);
SELECT * FROM portfolio.score('qe_empty', '{"\"Odd \"\"name\" is not null"}');
SELECT * FROM portfolio.score('qe_empty', '{b > 0}', '{"Odd \"name"}');
SELECT count(*) FROM portfolio.score('qe', '{}');
SELECT rule FROM portfolio.score('qe', '{a > 0}', '{nothing}');
SELECT rule FROM portfolio.score('qe', '{i > 0}', '{"i; drop table qe"}');
SELECT rule FROM portfolio.score('qe', '{i > 0}', options => '{"fast": true}');
DROP FUNCTION qe_differences, qe_rules, qe_total;
DROP TABLE qe, qe_rule, qe_unique, qe_wide, qe_plain, qe_raise, qe_empty;
DROP DOMAIN qe_short;
DROP COLLATION qe_ci;
