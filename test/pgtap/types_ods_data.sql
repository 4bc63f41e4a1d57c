-- Every code that the Organisation Data Service publishes in these files is taken as it stands.
\set data ''
\getenv data PF_DATA
SELECT plan(5);
SELECT :'data' <> '' AS has_data \gset
\if :has_data
\set practices :data '/ods/epraccur.csv'
\set members :data '/ods/epcmem.csv'
-- of 27 columns only the code matters: a line is read whole
CREATE TEMP TABLE practice (line text);
COPY practice FROM :'practices' (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02', ESCAPE E'\x02');
CREATE TEMP TABLE member (practice text, commissioner text, type text, joined text, gone text, flag text);
COPY member FROM :'members' (FORMAT csv);
CREATE TEMP TABLE code AS
  SELECT 'practice' AS what, (regexp_match(line, '^"([^"]*)"'))[1] AS v FROM practice
  UNION SELECT 'member', practice FROM member UNION SELECT 'commissioner', commissioner FROM member;
SELECT cmp_ok(count(*), '>', 14000::bigint, 'the files were read') FROM code;
SELECT is_empty($$ SELECT what, v, portfolio.ods_code_problem(v) FROM code WHERE portfolio.is_ods_code(v) IS NOT TRUE $$, 'every code is an ODS code');
SELECT is_empty($$ SELECT what, v FROM code WHERE v::portfolio.ods_code::text <> v $$, 'and comes out as it went in');
SELECT is_empty($$
  SELECT v FROM (SELECT v, row_number() OVER (ORDER BY v COLLATE "C") a, row_number() OVER (ORDER BY v::portfolio.ods_code) b
                   FROM (SELECT DISTINCT v FROM code) c) x WHERE a <> b $$, 'in the order of its text');
SELECT is(count(DISTINCT v::portfolio.ods_code), count(DISTINCT v), 'and no two become one') FROM code;
\else
SELECT skip('the ODS files are not there', 5);
\endif
SELECT * FROM finish();
