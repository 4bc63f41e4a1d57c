-- How good the data is, as of the latest scores: by data set, item, dimension and rule.
-- Tallies of one rule set are merged; across rule sets the counts are summed by name.
CREATE VIEW portfolio.latest_count WITH (security_invoker = true) AS
SELECT m.data_set, c.level, c.name, sum(c.records)::bigint AS records, sum(c.passed)::bigint AS passed, sum(c.failed)::bigint AS failed,
       sum(c.missing)::bigint AS missing, sum(c.errors)::bigint AS errors, sum(c.not_applicable)::bigint AS not_applicable,
       sum(c.defaults)::bigint AS defaults, max(m.scored_at) AS scored_at
  FROM (SELECT t.data_set, t.rule_set, portfolio.merge(t.tally) AS tally, max(t.scored_at) AS scored_at
          FROM portfolio.score_total t WHERE t.latest GROUP BY t.data_set, t.rule_set) m
 CROSS JOIN LATERAL portfolio.tally_counts(m.tally) c
 GROUP BY m.data_set, c.level, c.name;
COMMENT ON VIEW portfolio.latest_count IS
  'The latest tallies of each data set added up over periods and providers, opened by rule, item, dimension and clean rows. A rule whose text changed between two runs is summed under its code.';
COMMENT ON COLUMN portfolio.latest_count.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.latest_count.level IS 'rule, item, dimension or clean.';
COMMENT ON COLUMN portfolio.latest_count.name IS 'Code of the rule, name of the item or dimension; clean.';
COMMENT ON COLUMN portfolio.latest_count.records IS 'Records counted.';
COMMENT ON COLUMN portfolio.latest_count.passed IS 'Rule: true. Item, dimension: present and every rule true. Clean: rows that fail nothing.';
COMMENT ON COLUMN portfolio.latest_count.failed IS 'Records that fail.';
COMMENT ON COLUMN portfolio.latest_count.missing IS 'Records in which the value, or the result of the rule, is missing.';
COMMENT ON COLUMN portfolio.latest_count.errors IS 'Records in which the rule raised an error.';
COMMENT ON COLUMN portfolio.latest_count.not_applicable IS 'Records to which the item does not apply.';
COMMENT ON COLUMN portfolio.latest_count.defaults IS 'Records with a default code of the item.';
COMMENT ON COLUMN portfolio.latest_count.scored_at IS 'When the newest of the data was read.';

CREATE VIEW portfolio.rule_quality WITH (security_invoker = true) AS
SELECT d.id AS data_set, d.code, c.name AS rule, r.item, r.dimension, r.severity, r.status, c.records, c.passed, c.failed, c.missing, c.errors,
       100.0 * c.passed / nullif(c.passed + c.failed, 0) AS passed_pct,
       100.0 * (c.records - c.missing) / nullif(c.records, 0) AS complete_pct,
       100.0 * c.passed / nullif(c.records, 0) AS valid_and_complete_pct, c.scored_at
  FROM portfolio.latest_count c JOIN portfolio.data_set d ON d.id = c.data_set
  LEFT JOIN portfolio.current_rule r ON r.data_set = c.data_set AND r.code = c.name
 WHERE c.level = 'rule';
COMMENT ON VIEW portfolio.rule_quality IS 'The latest counts of every rule, over all periods and providers. A rule that judged nothing has passed_pct NULL: not judged.';
COMMENT ON COLUMN portfolio.rule_quality.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.rule_quality.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.rule_quality.rule IS 'Code of the rule.';
COMMENT ON COLUMN portfolio.rule_quality.item IS 'The item it judges.';
COMMENT ON COLUMN portfolio.rule_quality.dimension IS 'Dimension it speaks of.';
COMMENT ON COLUMN portfolio.rule_quality.severity IS 'How bad a failure is.';
COMMENT ON COLUMN portfolio.rule_quality.status IS 'Its status today.';
COMMENT ON COLUMN portfolio.rule_quality.records IS 'Records counted: passed + failed + missing + errors.';
COMMENT ON COLUMN portfolio.rule_quality.passed IS 'Records in which it is true.';
COMMENT ON COLUMN portfolio.rule_quality.failed IS 'Records in which it is false.';
COMMENT ON COLUMN portfolio.rule_quality.missing IS 'Records in which it is NULL.';
COMMENT ON COLUMN portfolio.rule_quality.errors IS 'Records in which it raised an error.';
COMMENT ON COLUMN portfolio.rule_quality.passed_pct IS '100 * passed / (passed + failed); NULL: not judged.';
COMMENT ON COLUMN portfolio.rule_quality.complete_pct IS '100 * (records - missing) / records.';
COMMENT ON COLUMN portfolio.rule_quality.valid_and_complete_pct IS '100 * passed / records.';
COMMENT ON COLUMN portfolio.rule_quality.scored_at IS 'When the newest of the data was read.';

CREATE VIEW portfolio.data_item_quality WITH (security_invoker = true) AS
SELECT d.id AS data_set, d.code, c.name AS item, i.ord, i.sensitivity, n.records, c.passed AS valid_and_complete, c.missing, c.defaults,
       n.threshold AS default_threshold,
       portfolio.defaults_in_excess(n.records, c.defaults, n.threshold) AS defaults_in_excess,
       portfolio.data_item_score(n.records, c.passed, c.defaults, n.threshold) AS data_item_score, c.scored_at
  FROM portfolio.latest_count c JOIN portfolio.data_set d ON d.id = c.data_set
  JOIN (SELECT DISTINCT ON (r.data_set) r.data_set, r.thresholds FROM portfolio.score_run r ORDER BY r.data_set, r.scored_at DESC) t ON t.data_set = c.data_set
 CROSS JOIN LATERAL (SELECT c.passed + c.failed + c.missing + c.errors AS records, (t.thresholds->>c.name)::numeric AS threshold) n
  JOIN portfolio.data_item i ON i.data_set = c.data_set AND i.name = c.name
 WHERE c.level = 'item';
COMMENT ON VIEW portfolio.data_item_quality IS 'The latest score of every item, from its counts over all periods and providers, with the threshold of the newest run.';
COMMENT ON COLUMN portfolio.data_item_quality.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.data_item_quality.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.data_item_quality.item IS 'The data item.';
COMMENT ON COLUMN portfolio.data_item_quality.ord IS 'Its order in the data set.';
COMMENT ON COLUMN portfolio.data_item_quality.sensitivity IS 'none, identifying or special.';
COMMENT ON COLUMN portfolio.data_item_quality.records IS 'Records to which it applies.';
COMMENT ON COLUMN portfolio.data_item_quality.valid_and_complete IS 'Records in which the value is there and every rule of the item is true; default codes included.';
COMMENT ON COLUMN portfolio.data_item_quality.missing IS 'Records in which the value is missing.';
COMMENT ON COLUMN portfolio.data_item_quality.defaults IS 'Records with a default code.';
COMMENT ON COLUMN portfolio.data_item_quality.default_threshold IS 'Percent of defaults that was acceptable in the newest run; NULL: defaults do not apply.';
COMMENT ON COLUMN portfolio.data_item_quality.defaults_in_excess IS 'Defaults above the threshold.';
COMMENT ON COLUMN portfolio.data_item_quality.data_item_score IS 'Data item score in percent, 0 to 100; NULL when there was no record.';
COMMENT ON COLUMN portfolio.data_item_quality.scored_at IS 'When the newest of the data was read.';

CREATE VIEW portfolio.dimension_quality WITH (security_invoker = true) AS
SELECT d.id AS data_set, d.code, c.name AS dimension, m.ord, c.records, c.passed, c.failed, c.missing, c.errors,
       100.0 * c.passed / nullif(c.passed + c.failed, 0) AS passed_pct,
       100.0 * c.passed / nullif(c.records, 0) AS valid_and_complete_pct, c.scored_at
  FROM portfolio.latest_count c JOIN portfolio.data_set d ON d.id = c.data_set
  JOIN portfolio.dimension m ON m.name = c.name
 WHERE c.level = 'dimension';
COMMENT ON VIEW portfolio.dimension_quality IS 'The latest counts of each dimension: records in which every rule of the dimension is true.';
COMMENT ON COLUMN portfolio.dimension_quality.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.dimension_quality.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.dimension_quality.dimension IS 'The dimension.';
COMMENT ON COLUMN portfolio.dimension_quality.ord IS 'Order in which reports show it.';
COMMENT ON COLUMN portfolio.dimension_quality.records IS 'Records counted.';
COMMENT ON COLUMN portfolio.dimension_quality.passed IS 'Records in which every rule of the dimension is true.';
COMMENT ON COLUMN portfolio.dimension_quality.failed IS 'Records in which one of them is false.';
COMMENT ON COLUMN portfolio.dimension_quality.missing IS 'Records in which none is false and one is missing.';
COMMENT ON COLUMN portfolio.dimension_quality.errors IS 'Records in which one of them raised an error.';
COMMENT ON COLUMN portfolio.dimension_quality.passed_pct IS '100 * passed / (passed + failed); NULL: not judged.';
COMMENT ON COLUMN portfolio.dimension_quality.valid_and_complete_pct IS '100 * passed / records.';
COMMENT ON COLUMN portfolio.dimension_quality.scored_at IS 'When the newest of the data was read.';

CREATE VIEW portfolio.data_set_quality WITH (security_invoker = true) AS
SELECT d.id AS data_set, d.code, d.name, clean.scored_at, clean.records, clean.passed AS clean_records,
       100.0 * clean.passed / nullif(clean.records, 0) AS clean_pct,
       item.mean_item_score, item.worst_item, d.quality_threshold AS threshold, item.mean_item_score >= d.quality_threshold AS meets_threshold
  FROM portfolio.data_set d
  LEFT JOIN portfolio.latest_count clean ON clean.data_set = d.id AND clean.level = 'clean'
  LEFT JOIN (SELECT q.data_set, avg(q.data_item_score) AS mean_item_score,
                    (array_agg(q.item ORDER BY q.data_item_score, q.ord, q.item) FILTER (WHERE q.data_item_score IS NOT NULL))[1] AS worst_item
               FROM portfolio.data_item_quality q GROUP BY q.data_set) item ON item.data_set = d.id
 WHERE d.relation_name IS NOT NULL;
COMMENT ON VIEW portfolio.data_set_quality IS
  'How good each registered data set is, by its latest scores over all periods and providers. One that was never scored has NULL in all figures.';
COMMENT ON COLUMN portfolio.data_set_quality.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.data_set_quality.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.data_set_quality.name IS 'Name of the data set.';
COMMENT ON COLUMN portfolio.data_set_quality.scored_at IS 'When the newest of the data was read; NULL: never scored.';
COMMENT ON COLUMN portfolio.data_set_quality.records IS 'Records scored.';
COMMENT ON COLUMN portfolio.data_set_quality.clean_records IS 'Records that fail nothing.';
COMMENT ON COLUMN portfolio.data_set_quality.clean_pct IS '100 * clean_records / records.';
COMMENT ON COLUMN portfolio.data_set_quality.mean_item_score IS 'Mean of the data item scores, percent; every item weighs the same.';
COMMENT ON COLUMN portfolio.data_set_quality.worst_item IS 'The item with the lowest score.';
COMMENT ON COLUMN portfolio.data_set_quality.threshold IS 'Quality that is asked of the data set, percent; NULL: none is.';
COMMENT ON COLUMN portfolio.data_set_quality.meets_threshold IS 'True when mean_item_score is at or above threshold; NULL when it was never scored or no threshold is set.';
