-- How scores moved. Every trend has the last twelve values as a line of text beside the last of them. OFFSET 0 has each
-- score computed once, and not again in each of the windows over it.
CREATE VIEW portfolio.provider_quality WITH (security_invoker = true) AS
SELECT s.data_set, s.data_set_code AS code, s.period, s.provider, s.records, s.clean_records,
       100.0 * s.clean_records / nullif(s.records, 0) AS clean_pct, s.items, s.item_score_sum / nullif(s.items, 0) AS mean_item_score, s.scored_at
  FROM portfolio.latest_score s;
COMMENT ON VIEW portfolio.provider_quality IS
  'How good the data of each provider is in each period, by its latest scores. Name a period, a data set or a provider.';
COMMENT ON COLUMN portfolio.provider_quality.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.provider_quality.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.provider_quality.period IS 'The period; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.provider_quality.provider IS 'The provider as it submitted; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.provider_quality.records IS 'Records counted.';
COMMENT ON COLUMN portfolio.provider_quality.clean_records IS 'Records that fail nothing.';
COMMENT ON COLUMN portfolio.provider_quality.clean_pct IS '100 * clean_records / records.';
COMMENT ON COLUMN portfolio.provider_quality.items IS 'Items that have a score.';
COMMENT ON COLUMN portfolio.provider_quality.mean_item_score IS 'Mean of their data item scores, percent; NULL when there is none.';
COMMENT ON COLUMN portfolio.provider_quality.scored_at IS 'When the data was read.';

CREATE VIEW portfolio.provider_dimension_quality WITH (security_invoker = true) AS
SELECT s.data_set, s.data_set_code AS code, s.period, s.provider, c.name AS dimension, m.ord, c.records, c.passed, c.failed, c.missing, c.errors,
       100.0 * c.passed / nullif(c.passed + c.failed, 0) AS passed_pct, 100.0 * c.passed / nullif(c.records, 0) AS valid_and_complete_pct, s.scored_at
  FROM portfolio.latest_score s
 CROSS JOIN LATERAL portfolio.tally_counts(s.tally) c
  JOIN portfolio.dimension m ON m.name = c.name
 WHERE c.level = 'dimension';
COMMENT ON VIEW portfolio.provider_dimension_quality IS
  'The latest counts of each dimension by period and provider: records in which every rule of the dimension is true. Name a period, a data set or a provider.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.period IS 'The period; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.provider IS 'The provider as it submitted; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.dimension IS 'The dimension; those of which no rule speaks are not here.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.ord IS 'Order in which reports show it.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.records IS 'Records counted.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.passed IS 'Records in which every rule of the dimension is true.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.failed IS 'Records in which one is false.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.missing IS 'Records in which there was nothing to judge for one, and none is false.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.errors IS 'Records in which one raised an error.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.passed_pct IS '100 * passed / (passed + failed); NULL: not judged.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.valid_and_complete_pct IS '100 * passed / records.';
COMMENT ON COLUMN portfolio.provider_dimension_quality.scored_at IS 'When the data was read.';

CREATE VIEW portfolio.data_set_trend WITH (security_invoker = true) AS
SELECT d.id AS data_set, d.code, t.period, lower(p.during) AS period_from, t.providers, t.records,
       100.0 * t.clean_records / nullif(t.records, 0) AS clean_pct, t.items, q.mean_item_score,
       q.mean_item_score - lag(q.mean_item_score) OVER w AS change,
       portfolio.sparkline(array_agg(q.mean_item_score) OVER (w ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)) AS trend,
       t.rule_set <> lag(t.rule_set) OVER w AS rules_changed, t.scored_at
  FROM portfolio.score_total t
  JOIN portfolio.data_set d ON d.id = t.data_set
  LEFT JOIN portfolio.reporting_period p ON p.code = t.period
 CROSS JOIN LATERAL (SELECT t.item_score_sum / nullif(t.items, 0) AS mean_item_score OFFSET 0) q
 WHERE t.latest
WINDOW w AS (PARTITION BY d.code ORDER BY lower(p.during), t.period);
COMMENT ON VIEW portfolio.data_set_trend IS 'Each data set through its periods: the records of all providers together, by the latest scores.';
COMMENT ON COLUMN portfolio.data_set_trend.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.data_set_trend.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.data_set_trend.period IS 'The period; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.data_set_trend.period_from IS 'First day of the period; NULL when it is no reporting period, which then comes last.';
COMMENT ON COLUMN portfolio.data_set_trend.providers IS 'Providers that have records.';
COMMENT ON COLUMN portfolio.data_set_trend.records IS 'Records counted.';
COMMENT ON COLUMN portfolio.data_set_trend.clean_pct IS 'Percent of records that fail nothing.';
COMMENT ON COLUMN portfolio.data_set_trend.items IS 'Items that have a score.';
COMMENT ON COLUMN portfolio.data_set_trend.mean_item_score IS 'Mean of their data item scores, percent, from the counts of all providers together.';
COMMENT ON COLUMN portfolio.data_set_trend.change IS 'mean_item_score less that of the period before, in points; NULL in the first.';
COMMENT ON COLUMN portfolio.data_set_trend.trend IS 'mean_item_score of this and up to eleven periods before, as sparkline() draws it.';
COMMENT ON COLUMN portfolio.data_set_trend.rules_changed IS 'Whether it was scored with other rules than the period before, so that the two cannot simply be compared: compare_scores() tells them apart.';
COMMENT ON COLUMN portfolio.data_set_trend.scored_at IS 'When the data was read.';

CREATE VIEW portfolio.data_item_trend WITH (security_invoker = true) AS
SELECT d.id AS data_set, d.code, c.name AS item, t.period, lower(p.during) AS period_from, n.records, c.passed AS valid_and_complete, c.defaults,
       q.data_item_score, q.data_item_score - lag(q.data_item_score) OVER w AS change,
       portfolio.sparkline(array_agg(q.data_item_score) OVER (w ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)) AS trend,
       t.rule_set <> lag(t.rule_set) OVER w AS rules_changed, t.scored_at
  FROM portfolio.score_total t
  JOIN portfolio.score_run r ON r.id = t.run
  JOIN portfolio.data_set d ON d.id = t.data_set
  LEFT JOIN portfolio.reporting_period p ON p.code = t.period
 CROSS JOIN LATERAL portfolio.tally_counts(t.tally) c
 CROSS JOIN LATERAL (SELECT c.passed + c.failed + c.missing + c.errors AS records, (r.thresholds->>c.name)::numeric AS threshold) n
 CROSS JOIN LATERAL (SELECT portfolio.data_item_score(n.records, c.passed, c.defaults, n.threshold) AS data_item_score OFFSET 0) q
 WHERE t.latest AND c.level = 'item' AND r.thresholds ? c.name
WINDOW w AS (PARTITION BY d.code, c.name ORDER BY lower(p.during), t.period);
COMMENT ON VIEW portfolio.data_item_trend IS 'Each item of each data set through its periods: the records of all providers together, by the latest scores. Name a data set.';
COMMENT ON COLUMN portfolio.data_item_trend.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.data_item_trend.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.data_item_trend.item IS 'The data item.';
COMMENT ON COLUMN portfolio.data_item_trend.period IS 'The period; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.data_item_trend.period_from IS 'First day of the period; NULL when it is no reporting period, which then comes last.';
COMMENT ON COLUMN portfolio.data_item_trend.records IS 'Records to which the item applies.';
COMMENT ON COLUMN portfolio.data_item_trend.valid_and_complete IS 'Records in which the value is there and every rule of the item is true.';
COMMENT ON COLUMN portfolio.data_item_trend.defaults IS 'Records with a default code.';
COMMENT ON COLUMN portfolio.data_item_trend.data_item_score IS 'Data item score in percent, with the threshold of its run.';
COMMENT ON COLUMN portfolio.data_item_trend.change IS 'data_item_score less that of the period before, in points; NULL in the first.';
COMMENT ON COLUMN portfolio.data_item_trend.trend IS 'data_item_score of this and up to eleven periods before, as sparkline() draws it.';
COMMENT ON COLUMN portfolio.data_item_trend.rules_changed IS 'Whether it was scored with other rules than the period before.';
COMMENT ON COLUMN portfolio.data_item_trend.scored_at IS 'When the data was read.';

CREATE VIEW portfolio.provider_trend WITH (security_invoker = true) AS
SELECT s.data_set, s.data_set_code AS code, s.provider, s.period, lower(p.during) AS period_from, s.records,
       100.0 * s.clean_records / nullif(s.records, 0) AS clean_pct, s.items, q.mean_item_score,
       q.mean_item_score - lag(q.mean_item_score) OVER w AS change,
       portfolio.sparkline(array_agg(q.mean_item_score) OVER (w ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)) AS trend,
       s.rule_set <> lag(s.rule_set) OVER w AS rules_changed, s.scored_at
  FROM portfolio.latest_score s
  LEFT JOIN portfolio.reporting_period p ON p.code = s.period
 CROSS JOIN LATERAL (SELECT s.item_score_sum / nullif(s.items, 0) AS mean_item_score OFFSET 0) q
WINDOW w AS (PARTITION BY s.data_set_code, s.provider ORDER BY lower(p.during), s.period);
COMMENT ON VIEW portfolio.provider_trend IS 'Each provider of each data set through its periods, by the latest scores. Name a provider.';
COMMENT ON COLUMN portfolio.provider_trend.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.provider_trend.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.provider_trend.provider IS 'The provider as it submitted; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.provider_trend.period IS 'The period; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.provider_trend.period_from IS 'First day of the period; NULL when it is no reporting period, which then comes last.';
COMMENT ON COLUMN portfolio.provider_trend.records IS 'Records counted.';
COMMENT ON COLUMN portfolio.provider_trend.clean_pct IS 'Percent of records that fail nothing.';
COMMENT ON COLUMN portfolio.provider_trend.items IS 'Items that have a score.';
COMMENT ON COLUMN portfolio.provider_trend.mean_item_score IS 'Mean of their data item scores, percent.';
COMMENT ON COLUMN portfolio.provider_trend.change IS 'mean_item_score less that of the period before, in points; NULL in the first.';
COMMENT ON COLUMN portfolio.provider_trend.trend IS 'mean_item_score of this and up to eleven periods before, as sparkline() draws it.';
COMMENT ON COLUMN portfolio.provider_trend.rules_changed IS 'Whether it was scored with other rules than the period before.';
COMMENT ON COLUMN portfolio.provider_trend.scored_at IS 'When the data was read.';
