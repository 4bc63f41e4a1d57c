\echo 'Generating 100,000 synthetic hospital episodes of 20 providers with planted defects, and scoring them ...'
\ir ../hospital.sql
\set QUIET on
GRANT USAGE ON SCHEMA hospital TO demo_analyst, demo_operator;
GRANT SELECT ON ALL TABLES IN SCHEMA hospital TO demo_analyst, demo_operator;

\echo 'The data set as a whole (percent):'
SELECT code, records, clean_records, round(clean_pct, 1) AS clean_pct, round(mean_item_score, 1) AS mean_item_score, worst_item, threshold
  FROM portfolio.data_set_quality WHERE scored_at IS NOT NULL;

\echo 'By dimension:'
SELECT dimension, records, passed, failed, missing, round(passed_pct, 1) AS passed_pct
  FROM portfolio.dimension_quality WHERE code = 'HOSPITAL-APC' ORDER BY ord;

\echo 'By item, worst first; the score is that of the Data Quality Maturity Index:'
SELECT item, records, valid_and_complete, defaults, round(data_item_score, 1) AS data_item_score
  FROM portfolio.data_item_quality WHERE code = 'HOSPITAL-APC' AND data_item_score IS NOT NULL ORDER BY data_item_score LIMIT 8;

\echo 'The worst rules:'
SELECT rule, dimension, severity, failed, missing, round(passed_pct, 2) AS passed_pct
  FROM portfolio.rule_quality WHERE code = 'HOSPITAL-APC' AND failed > 0 ORDER BY passed_pct LIMIT 8;

\echo 'Failing rows; what identifies a patient is masked:'
SELECT * FROM portfolio.failing_rows('HOSPITAL-APC', rule => 'nhs_valid', max_rows => 5);

\echo 'The bad month and the bad upload, seen in the scores:'
SELECT period, round(avg(data_item_score), 1) AS ethnic_category_score
  FROM portfolio.provider_item_quality WHERE code = 'HOSPITAL-APC' AND item = 'ethnic_category' GROUP BY period ORDER BY 2 LIMIT 3;
SELECT provider, period, item, round(data_item_score, 1) AS data_item_score
  FROM portfolio.provider_item_quality WHERE code = 'HOSPITAL-APC' AND item IN ('postcode', 'gp_practice') ORDER BY data_item_score LIMIT 3;

\echo 'Planted beside found (both figures are counted, none is stated):'
SELECT kind, name, rate, planted, found, what FROM hospital.planted_and_found ORDER BY kind DESC, planted DESC;
