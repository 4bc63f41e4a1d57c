-- Numbers and the plain SQL behind them, failing rows, why a score is what it is, and what is published.
BEGIN;
SELECT plan(50);

CREATE SCHEMA qs;
CREATE TABLE qs.visit (pf text, "Row" int, t text, month text, hospital text, ward text, sex text, seen date, practice text, born date);
INSERT INTO qs.visit
SELECT 'x', i, 't', '2023-0' || 1 + i % 2, 'H' || i % 3, CASE WHEN i % 7 = 0 THEN NULL WHEN i % 11 = 0 THEN ' - ' WHEN i % 5 = 0 THEN 'bad' ELSE 'W' || i % 4 END,
       (ARRAY['1', '2', 'X'])[1 + i % 3], date '2023-01-01' + i % 50, CASE WHEN i % 4 = 0 THEN 'V81999' ELSE 'T1' END, date '1990-01-01' + i
  FROM generate_series(1, 1000) i;
INSERT INTO portfolio.reporting_period (code, kind, during) VALUES ('2023-01', 'month', '[2023-01-01,2023-02-01)'), ('2023-02', 'month', '[2023-02-01,2023-03-01)');
SELECT portfolio.register_data_set('QS', 'qs.visit', '{Row,born}', period => 'month', provider => 'hospital', filter => '"Row" <= 900') AS id \gset
UPDATE portfolio.data_item SET missing_values = '{-}', default_codes = '{W3}', default_threshold = 5 WHERE data_set = :id AND name = 'ward';
UPDATE portfolio.data_item SET default_codes = '{V81999}', default_threshold = 10 WHERE data_set = :id AND name = 'practice';
UPDATE portfolio.data_item SET applies_when = 'sex <> ''X''' WHERE data_set = :id AND name = 'seen';
SELECT count(portfolio.add_rule('QS', code, expression, item, dimension, on_null => on_null)) FROM (VALUES
  ('ward', $$ward ~ '^W[0-9]$'$$, 'ward', 'validity', 'missing'), ('ward is there', 'ward IS NOT NULL', 'ward', 'completeness', 'missing'),
  ('ward short', 'length(ward) <= 3', 'ward', 'validity', 'pass'), ('sex', $$sex IN ('1', '2')$$, 'sex', 'validity', 'fail'),
  ('seen', $$seen BETWEEN '2023-01-01' AND '2023-02-10'$$, 'seen', 'timeliness', 'missing'), ('practice', $$practice <> ''$$, 'practice', 'validity', 'missing')) r (code, expression, item, dimension, on_null) \gset
SELECT portfolio.add_rule('QS', 'try out', $$hospital <> 'H1'$$, 'practice', status => 'experimental'), portfolio.add_rule('QS', 'not yet', 'false', 'practice', status => 'draft') \gset

-- A number and the SELECT behind it
SELECT is((SELECT sum(records) FROM portfolio.score_data_set('QS') WHERE item = 'practice'), 900::numeric, 'the filter says which rows belong to the data set');
CREATE FUNCTION qs.behind() RETURNS TABLE (rule text, records bigint, passed bigint, failed bigint, missing bigint, not_applicable bigint)
  LANGUAGE plpgsql AS $$BEGIN RETURN QUERY EXECUTE portfolio.tally_sql('QS'); END$$;
SELECT results_eq('SELECT * FROM qs.behind() ORDER BY rule',
  format('SELECT name, records, passed, failed, missing, not_applicable FROM portfolio.latest_count WHERE data_set = %s AND level = ''rule'' ORDER BY name', :id),
  'tally_sql() gives what was counted: filter, missing values, on_null and applies_when included');
SELECT results_eq($$SELECT records, passed, failed, missing FROM qs.behind() WHERE rule = 'ward'$$,
  $$SELECT count(*), count(*) FILTER (WHERE w ~ '^W[0-9]$'), count(*) FILTER (WHERE w !~ '^W[0-9]$'), count(*) FILTER (WHERE w IS NULL)
      FROM (SELECT nullif(btrim(ward), '-') AS w FROM qs.visit WHERE "Row" <= 900) v$$, 'and what one would count by hand');
SELECT results_eq(format($$SELECT records, valid_and_complete, missing, defaults, defaults_in_excess, data_item_score FROM portfolio.data_item_quality WHERE data_set = %s AND item = 'ward'$$, :id),
  $$SELECT n, v, m, d, greatest(0, d - 0.05 * n), 100 * (v - greatest(0, d - 0.05 * n)) / n
      FROM (SELECT count(*) AS n, count(*) FILTER (WHERE w ~ '^W[0-9]$') AS v, count(*) FILTER (WHERE w IS NULL) AS m, count(*) FILTER (WHERE w = 'W3') AS d
              FROM (SELECT nullif(btrim(ward), '-') AS w FROM qs.visit WHERE "Row" <= 900) v) c$$, 'the item score, by hand');
SELECT is((SELECT records FROM portfolio.data_item_quality WHERE data_set = :id AND item = 'seen'), 600::bigint, 'an item counts where it applies');
SELECT bag_eq(format('SELECT item FROM portfolio.data_item_quality WHERE data_set = %s', :id), ARRAY['ward', 'sex', 'seen', 'practice'], 'experimental and draft rules make no item');
SELECT bag_eq(format('SELECT rule FROM portfolio.rule_quality WHERE data_set = %s', :id), ARRAY['ward', 'ward is there', 'ward short', 'sex', 'seen', 'practice', 'try out'],
  'an experimental rule is counted, a draft is not');
SELECT bag_eq(format('SELECT dimension FROM portfolio.dimension_quality WHERE data_set = %s', :id), ARRAY['completeness', 'validity', 'timeliness'], 'and speaks of no dimension');

-- One period only, and the newest score of each period
SELECT is((SELECT sum(records) FROM portfolio.score_data_set('QS', '2023-02') WHERE item = 'practice'), 450::numeric, 'one period is scored');
SELECT is((SELECT sum(records) FROM portfolio.latest_score WHERE data_set = :id), 900::numeric, 'the other keeps its score');
SELECT is((SELECT count(DISTINCT run) FROM portfolio.latest_score WHERE data_set = :id), 2::bigint, 'of an older run');
SELECT throws_ok($$SELECT * FROM portfolio.score_data_set('QS', options => '{"deep": true}')$$, '22023', 'option "deep" is not known', 'unknown options are refused');
UPDATE portfolio.data_set SET period = NULL WHERE id = :id;
SELECT throws_ok($$SELECT * FROM portfolio.score_data_set('QS', '2023-02')$$, '55000', 'data set "QS" has no periods', 'a period of a data set without periods is an error');
UPDATE portfolio.data_set SET period = 'month' WHERE id = :id;

-- Rules that speak of the period
SELECT is(portfolio.alter_rule('QS', 'seen', expression => 'seen < :period_end + 1', reason => 'the period decides'), 2, 'a rule speaks of the period');
SELECT isnt((SELECT count(*) FROM portfolio.score_data_set('QS')), 0::bigint, 'all periods are scored, each with its days');
SELECT results_eq(format($$SELECT s.period, sum(c.failed)::bigint FROM portfolio.latest_score s, portfolio.tally_counts(s.tally) c
    WHERE s.data_set = %s AND c.level = 'rule' AND c.name = 'seen' GROUP BY 1 ORDER BY 1$$, :id),
  $$SELECT month, count(*) FILTER (WHERE NOT seen < (month || '-01')::date + interval '1 month') FROM qs.visit WHERE "Row" <= 900 AND sex <> 'X' GROUP BY 1 ORDER BY 1$$,
  'with the days of each period');
SELECT is(portfolio.alter_rule('QS', 'ward', expression => $$ward ~ '^(W[0-9]|bad)$'$$, reason => 'bad is a ward'), 2, 'a rule is edited');
SELECT isnt((SELECT count(*) FROM portfolio.score_data_set('QS', '2023-02')), 0::bigint, 'and the second month scored with it');

-- Why, and why no longer: test/pgtap/quality_explain.sql
SELECT results_eq($$SELECT e.item, e.records, e.valid_and_complete, e.data_item_score, e.points_lost FROM portfolio.explain_score('QS', 'H1', '2023-01') e ORDER BY 1$$,
  format($$SELECT item, records, valid_and_complete, round(data_item_score, 2), round(100 - data_item_score, 2)
             FROM portfolio.provider_item_quality WHERE data_set = %s AND provider = 'H1' AND period = '2023-01' ORDER BY 1$$, :id),
  'every item of the score is explained');
SELECT throws_ok($$SELECT * FROM portfolio.explain_score('QS', 'H9', '2023-01')$$, 'P0002', 'there is no score of data set "QS" for this provider and period', 'nothing to explain is an error');
SELECT is((SELECT sum(contribution) FROM portfolio.compare_scores('QS', '2023-01', '2023-02')),
  (SELECT round(b.mean_item_score, 10) - round(a.mean_item_score, 10) FROM portfolio.data_set_trend a, portfolio.data_set_trend b
    WHERE a.data_set = :id AND a.period = '2023-01' AND b.data_set = :id AND b.period = '2023-02'), 'the parts add up to the change of the mean item score');
SELECT is((SELECT sum(contribution) FROM portfolio.compare_scores('QS', '2023-01', '2023-02', 'provider')),
  (SELECT change FROM portfolio.compare_scores('QS', '2023-01', '2023-02') WHERE part = 'whole'), 'by provider as well');
SELECT results_eq($$SELECT part, edited_rules FROM portfolio.compare_scores('QS', '2023-01', '2023-02') WHERE edited_rules <> '{}' ORDER BY 1$$,
  $$VALUES ('item', '{ward}'::text[]), ('rules', '{ward}'), ('whole', '{ward}')$$,
  'the edited rule is named, and its item told apart, for the second month was scored with both versions');
SELECT throws_ok($$SELECT * FROM portfolio.compare_scores('QS', '2023-01', '2023-03')$$, 'P0002', 'there is no score of data set "QS" for period "2023-03"', 'an unscored period is an error');

-- Failing rows
SELECT is((SELECT count(*) FROM portfolio.failing_rows('QS', 'seen', period => '2023-02')),
  (SELECT sum(c.failed)::bigint FROM portfolio.latest_score s, portfolio.tally_counts(s.tally) c WHERE s.data_set = :id AND s.period = '2023-02' AND c.level = 'rule' AND c.name = 'seen'),
  'a rule of the period fails the rows that were counted');
SELECT throws_like($$SELECT * FROM portfolio.failing_rows('QS')$$, '%period_end%', 'without a period it cannot be judged');
SELECT is(portfolio.retire_rule('QS', 'seen', 'has had its day'), 3, 'it is retired');
SELECT results_eq($$SELECT (f.row_key->>'Row')::int, f.rules FROM portfolio.failing_rows('QS') f ORDER BY 1$$,
  $$SELECT v."Row", portfolio.failed_rules('QS', v) FROM qs.visit v WHERE "Row" <= 900 AND portfolio.failed_rules('QS', v) <> '{}' ORDER BY 1$$,
  'failing_rows() has every failing row of the data set, with all its reasons');
SELECT throws_ok($$SELECT * FROM portfolio.failing_rows('QS', 'nowhere')$$, '42704', 'rule "nowhere" is not in force in data set "QS"', 'a rule that is not in force is an error');

SELECT throws_ok($$SELECT * FROM portfolio.failing_rows('QS', max_rows => -1)$$, '22023', 'max_rows must be 0 or more', 'so is a number of rows below 0');
SELECT is_empty($$SELECT * FROM portfolio.failing_rows('QS', max_rows => 0)$$, 'none are none');

-- Published: suppressed, rounded, frozen
SELECT is(portfolio.publish_scores('QS', '2023-01'), 1, 'the first edition');
SELECT throws_ok($$SELECT portfolio.publish_scores('QS', '2023-01')$$, '22004', 'a revision of published scores needs a reason', 'a revision says why');
SELECT is(portfolio.publish_scores('QS', '2023-01', '{"reason": "a late file"}'), 2, 'a second stands beside it');
SELECT is((SELECT count(*) FROM portfolio.published_score WHERE data_set = :id AND edition = 2
            AND (records % 5 <> 0 OR valid_and_complete % 5 <> 0 OR defaults % 5 <> 0 OR defaults BETWEEN 1 AND 7)), 0::bigint, 'nothing small and nothing exact');
SELECT throws_ok($$SELECT portfolio.rule_set(0::regclass, '{a > 1}')$$, '42P01', 'relation with OID 0 does not exist', 'a number that is of no relation');
SELECT throws_ok($$SELECT portfolio.publish_scores('QS', '2023-03')$$, 'P0002', 'there is no score of data set "QS" for period "2023-03" to publish', 'nothing to publish is an error');
CREATE TABLE qs.few AS SELECT i AS id, 'H' || i % 5 AS provider, '2023-01' AS month FROM generate_series(1, 100) i;
SELECT portfolio.register_data_set('QS_FEW', 'qs.few', '{id}', 'month', 'provider') AS few \gset
SELECT portfolio.add_rule('QS_FEW', 'id', 'id > 0', 'id') AS version, portfolio.store_score('QS_FEW', '2023-01') AS run \gset
SELECT throws_ok($$SELECT portfolio.publish_scores('QS_FEW', '2023-01')$$, 'P0002',
  'no provider has the records for which scores of data set "QS_FEW" for period "2023-01" are published', 'nor is what is of too few records');
DELETE FROM portfolio.reporting_period WHERE code = '2023-02';
SELECT throws_ok($$SELECT portfolio.publish_scores('QS', '2023-02')$$, '42704', 'reporting period "2023-02" is not known', 'what is published has its days');
SELECT throws_ok($$SELECT portfolio.publish_scores('QS', '2023-01', '{"profile": "small"}')$$, '22023', 'suppression profile "small" is not known', 'an unknown profile is an error');
SELECT throws_ok($$INSERT INTO portfolio.reporting_period (code, kind, during) VALUES ('2023-01b', 'month', '[2023-01-10,2023-02-10)')$$, '23P01', NULL, 'months do not overlap');

-- A rule without an item counts for the item of its only column, as that item is declared; what means missing in a column
-- means it in every rule that reads it, whether or not the item of the column is scored.
CREATE TABLE qs.stay (id int PRIMARY KEY, provider text, nhs text, "Began" date, ended date);
INSERT INTO qs.stay SELECT i, 'P1', CASE WHEN i <= 20 THEN ' - ' WHEN i <= 50 THEN '9990000017' ELSE '9990000018' END,
       CASE WHEN i <= 30 THEN date '1800-01-01' ELSE date '2023-01-02' + i % 2 END, CASE WHEN i % 10 > 0 THEN date '2023-01-03' - i % 3 END FROM generate_series(1, 100) i;
SELECT portfolio.register_data_set('QS_STAY', 'qs.stay', '{id}', provider => 'provider') AS stay \gset
UPDATE portfolio.data_item SET missing_values = '{-}' WHERE data_set = :stay AND name = 'nhs';
UPDATE portfolio.data_item SET missing_values = '{1800-01-01}', applies_when = 'id > 10' WHERE data_set = :stay AND name = 'Began';
SELECT portfolio.add_rule('QS_STAY', 'nhs', 'is_nhs_number(nhs)'), portfolio.add_rule('QS_STAY', 'order', 'ended >= "Began"', 'ended') \gset
SELECT results_eq($$SELECT item, records, valid_and_complete FROM portfolio.score_data_set('QS_STAY')$$,
  $$SELECT 'nhs', count(*), count(*) FILTER (WHERE nhs = '9990000018') FROM qs.stay
    UNION ALL SELECT 'ended', count(*), count(*) FILTER (WHERE "Began" > '1800-01-01' AND ended >= "Began") FROM qs.stay$$,
  'an item without a rule is not scored for saying what means missing');
SELECT results_eq(format('SELECT rule, passed, failed, missing FROM portfolio.rule_quality WHERE data_set = %s ORDER BY rule', :stay),
  $$SELECT 'nhs', count(*) FILTER (WHERE nhs = '9990000018'), count(*) FILTER (WHERE nhs = '9990000017'), count(*) FILTER (WHERE nhs = ' - ') FROM qs.stay
    UNION ALL SELECT 'order', count(*) FILTER (WHERE ended >= b), count(*) FILTER (WHERE ended < b), count(*) FILTER (WHERE (ended >= b) IS NULL)
      FROM (SELECT ended, nullif("Began", '1800-01-01') AS b FROM qs.stay) v$$, 'and it is missing in every rule over the column');
CREATE FUNCTION qs.behind_stay() RETURNS TABLE (rule text, records bigint, passed bigint, failed bigint, missing bigint, not_applicable bigint)
  LANGUAGE plpgsql AS $$BEGIN RETURN QUERY EXECUTE portfolio.tally_sql('QS_STAY'); END$$;
SELECT results_eq('SELECT rule, passed, failed, missing FROM qs.behind_stay() ORDER BY rule',
  format('SELECT rule, passed, failed, missing FROM portfolio.rule_quality WHERE data_set = %s ORDER BY rule', :stay), 'tally_sql() gives the same');
SELECT is((SELECT reasons FROM portfolio.explain_score('QS_STAY', 'P1', NULL) WHERE item = 'nhs'), 'nhs 30, no value 20', 'a rule without an item is a reason too');
SELECT portfolio.add_rule('QS_STAY', 'began', $$"Began" < '2023-01-03'$$) AS version \gset
SELECT results_eq($$SELECT item, records, valid_and_complete FROM portfolio.score_data_set('QS_STAY') WHERE item = 'Began'$$,
  $$SELECT 'Began', count(*), count(*) FILTER (WHERE "Began" BETWEEN '2023-01-01' AND '2023-01-02') FROM qs.stay WHERE id > 10$$,
  'with such a rule the item is scored where it applies');
SELECT count(portfolio.alter_rule('QS_STAY', code, status => 'experimental', reason => 'on trial')) FROM unnest(ARRAY['began', 'nhs']) code \gset
SELECT results_eq($$SELECT item FROM portfolio.score_data_set('QS_STAY')$$, ARRAY['ended'], 'an experimental rule makes no item');
SELECT results_eq('SELECT rule, missing FROM qs.behind_stay() ORDER BY rule', $$VALUES ('began', 30::bigint), ('nhs', 20), ('order', 37)$$, 'and sees what means missing');
SELECT count(portfolio.alter_rule('QS_STAY', code, status => 'standard', reason => 'it is good')) FROM unnest(ARRAY['began', 'nhs']) code \gset
ALTER TABLE qs.stay ALTER nhs TYPE int USING NULL;
SELECT results_eq($$SELECT kind, rule, sql_state FROM portfolio.broken_rules('QS_STAY') ORDER BY 1, 2$$, $$VALUES ('item', 'nhs', '22P02'), ('rule', 'nhs', '42883')$$,
  'where its values can no longer be the item is broken');
SELECT results_eq($$SELECT item FROM portfolio.score_data_set('QS_STAY')$$, ARRAY['Began', 'ended'], 'and the others are scored');

SELECT * FROM finish();
ROLLBACK;
