-- Real inputs: artificial Hospital Episode Statistics with 313 published rules, and the register of GP practices.
\set hes_file :data '/hes/artificial_hes_apc_0102.csv'
\set rules_file :data '/hes/apc_rules.tsv'
\set ods_file :data '/ods/epraccur.csv'
DROP SCHEMA IF EXISTS real CASCADE;
CREATE SCHEMA real;

\echo 'Loading 2,075 artificial hospital episodes of 193 columns and their 313 published rules ...'
SELECT format('CREATE TABLE real.apc (%s)', string_agg(format('%I text', btrim(c, E'"\r')), ', ' ORDER BY n))
  FROM regexp_split_to_table(split_part(pg_read_file(:'hes_file', 0, 20000), E'\n', 1), ',') WITH ORDINALITY AS h (c, n) \gexec
COPY real.apc FROM :'hes_file' (FORMAT csv, HEADER);
CREATE TABLE real.apc_rule AS
SELECT split_part(line, E'\t', 1) AS item, split_part(line, E'\t', 2) AS dimension,
       split_part(line, E'\t', 3) AS expression, split_part(line, E'\t', 4) AS name
  FROM regexp_split_to_table(pg_read_file(:'rules_file'), E'\r?\n') WITH ORDINALITY AS l (line, n)
 WHERE n > 1 AND line <> '';
SELECT portfolio.register_data_set('HES-APC', 'real.apc', row_key => '{SUSRECID}', provider => '"PROCODET"', name => 'HES admitted patient care 2001-02') \g /dev/null
SELECT verdict, count(*) AS rules, min(problem) AS first_problem
  FROM portfolio.import_rules('HES-APC', 'real.apc_rule', dry_run => false) GROUP BY verdict;
SELECT count(*) FROM portfolio.score_data_set('HES-APC') \g /dev/null

\echo 'Its dimensions, and how many rules judge nothing:'
SELECT dimension, records, passed, failed, missing, round(passed_pct, 1) AS passed_pct FROM portfolio.dimension_quality WHERE code = 'HES-APC' ORDER BY ord;
SELECT count(*) AS rules, count(*) FILTER (WHERE passed + failed = 0) AS judge_nothing, count(*) FILTER (WHERE passed = 0 AND failed > 0) AS fail_whatever_they_judge
  FROM portfolio.rule_quality WHERE code = 'HES-APC';

\echo 'Every GP practice of England and Wales, scored in place with two rules by status:'
SELECT format('CREATE TABLE real.practice (%s)', string_agg(format('c%s text', n), ', ' ORDER BY n)) FROM generate_series(1, 27) n \gexec
COPY real.practice FROM :'ods_file' (FORMAT csv);
SELECT group_label AS status, rule, records, passed, failed, missing, passed_pct
  FROM portfolio.score('real.practice', '{is_ods_code(c1),c10 IS NOT NULL}', '{c13}');
