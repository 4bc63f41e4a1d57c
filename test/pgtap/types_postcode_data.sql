-- Every postcode of a practice in the ODS file is taken as it stands, but for one that cannot be right.
\set data ''
\getenv data PF_DATA
SELECT plan(6);
SELECT :'data' <> '' AS has_data \gset
\if :has_data
\set practices :data '/ods/epraccur.csv'
-- of 27 columns two matter: a line is read whole
CREATE TEMP TABLE line (line text);
COPY line FROM :'practices' (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02', ESCAPE E'\x02');
CREATE TEMP TABLE practice AS
  SELECT f[1] AS code, f[2] AS address, f[3] AS v
    FROM (SELECT regexp_match(line, '^"([^"]*)",(?:"[^"]*",){3}"([^"]*)",(?:"[^"]*",){4}"([^"]*)"') AS f FROM line) x;
SELECT is(count(*) FILTER (WHERE v <> ''), 14283::bigint, 'the file was read') FROM practice;
-- PAF has no V after the space; the other tenant of the house is at DN15 6QB.
SELECT results_eq($$ SELECT code, address, v, portfolio.postcode_problem(v) FROM practice WHERE NOT portfolio.is_postcode(v) AND v <> '' $$,
  $$ VALUES ('B81696', 'ADDACTION,SHELFORD HOUSE', 'DN15 6QV', 'wrong_inward_code') $$, 'all but one are postcodes');
SELECT is_empty($$ SELECT v FROM practice WHERE portfolio.try_postcode(v)::text <> v $$, 'and come out as they went in');
SELECT is_empty($$ SELECT v FROM practice WHERE portfolio.try_postcode(replace(v, ' ', ''))::text <> v OR portfolio.try_postcode(lower(v))::text <> v $$,
  'written together or small, they are the same');
SELECT is_empty($$
  SELECT v FROM (SELECT v, row_number() OVER (ORDER BY v COLLATE "C") a, row_number() OVER (ORDER BY portfolio.try_postcode(v)) b
                   FROM (SELECT DISTINCT v FROM practice WHERE portfolio.is_postcode(v)) c) x WHERE a <> b $$, 'in the order of their text');
SELECT is(count(DISTINCT portfolio.postcode_area(portfolio.try_postcode(v))), 115::bigint, 'of 115 areas') FROM practice;
\else
SELECT skip('the ODS file is not there', 6);
\endif
SELECT * FROM finish();
