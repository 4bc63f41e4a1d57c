-- Diagnoses and operations of the artificial HES extract: every code is taken and has its place in the classification.
\set data ''
\getenv data PF_DATA
SELECT plan(10);
SELECT :'data' <> '' AS has_data \gset
\if :has_data
\set hes :data '/hes/artificial_hes_apc_0102.csv'
-- 193 columns, some with commas in quotes: a line is read whole and cut here
CREATE TEMP TABLE line (n serial, line text);
COPY line (line) FROM :'hes' (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02', ESCAPE E'\x02');
CREATE TEMP TABLE cell AS
  SELECT l.n, f.ord, btrim(f.m[1], '"') AS v FROM line l CROSS JOIN LATERAL regexp_matches(l.line, '("[^"]*"|[^,]*)(?:,|$)', 'g') WITH ORDINALITY AS f (m, ord);
CREATE TEMP TABLE code AS
  SELECT left(h.v, -3) AS item, c.v, count(*) AS records
    FROM cell h JOIN cell c ON c.ord = h.ord AND c.n > 1 AND c.v <> ''
   WHERE h.n = 1 AND h.v ~ '^(DIAG_4|DIAG_3|OPERTN_4|OPERTN_3)_[0-9][0-9]$' GROUP BY 1, 2;
SELECT cmp_ok(sum(records), '>', 14000::numeric, 'the file was read') FROM code;
SELECT is_empty($$ SELECT v, portfolio.icd10_problem(v) FROM code WHERE item = 'DIAG_4' AND NOT portfolio.is_icd10(v) AND v !~ '^-|^[0-9]' $$, 'every diagnosis is an ICD-10 code');
SELECT is_empty($$ SELECT v FROM code WHERE item = 'DIAG_4' AND portfolio.try_icd10(v)::text <> v $$, 'and comes out as it went in, X and all');
SELECT is_empty($$ SELECT v FROM code WHERE item = 'DIAG_3' AND portfolio.try_icd10(v)::text <> v || 'X' $$, 'a category alone is filled with X');
SELECT set_eq($$ SELECT v, portfolio.icd10_problem(v) FROM code WHERE item = 'DIAG_4' AND NOT portfolio.is_icd10(v) $$,
  $$ SELECT v, CASE v WHEN '-' THEN 'incomplete' ELSE 'wrong_category' END FROM code WHERE item = 'DIAG_4' AND v ~ '^-|^[0-9]' $$, 'what is refused begins with no letter');
SELECT is_empty($$ SELECT v FROM code WHERE item = 'DIAG_4' AND portfolio.is_icd10(v) AND portfolio.icd10_chapter(portfolio.try_icd10(v)) IS NULL $$, 'every diagnosis has a chapter');
SELECT is_empty($$ SELECT v FROM code WHERE item = 'DIAG_4' AND portfolio.is_icd10(v) AND portfolio.icd10_block(portfolio.try_icd10(v)) IS NULL $$, 'and a block');
SELECT set_eq($$ SELECT btrim(v), portfolio.opcs4_problem(v) FROM code WHERE item = 'OPERTN_4' AND NOT portfolio.is_opcs4(v) $$,
  $$ VALUES ('-', 'invalid_character'), ('&', 'invalid_character'), ('8', 'incomplete') $$, 'every operation is an OPCS-4 code, but for what HES puts for none and unknown');
SELECT is_empty($$ SELECT v FROM code WHERE item = 'OPERTN_4' AND portfolio.try_opcs4(v)::text <> v $$, 'and comes out as it went in');
SELECT bag_eq($$ SELECT DISTINCT portfolio.opcs4_problem(v) FROM code WHERE item = 'OPERTN_3' AND v ~ '^[A-Z]' $$, ARRAY['incomplete'], 'a category alone is no operation');
\else
SELECT skip('the HES file is not there', 10);
\endif
SELECT * FROM finish();
