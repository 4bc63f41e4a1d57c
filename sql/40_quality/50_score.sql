-- Scores of data sets: what is counted, stored and shown. The arithmetic is that of the Data Quality Maturity Index.
CREATE FUNCTION portfolio.defaults_in_excess(records bigint, defaults bigint, default_threshold numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN trim_scale(greatest(0, defaults - coalesce(default_threshold, 100) / 100 * records));
COMMENT ON FUNCTION portfolio.defaults_in_excess(bigint, bigint, numeric) IS
  'Defaults above the threshold: max(0, defaults - threshold% of records). A threshold of NULL means that defaults do not apply: 0. Source: Data Quality Maturity Index, appendix 1.';

CREATE FUNCTION portfolio.data_item_score(records bigint, valid_and_complete bigint, defaults bigint, default_threshold numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN trim_scale(greatest(0, 100 * (valid_and_complete - portfolio.defaults_in_excess(records, defaults, default_threshold)) / nullif(records, 0)));
COMMENT ON FUNCTION portfolio.data_item_score(bigint, bigint, bigint, numeric) IS
  'Data item score in percent, 0 to 100: 100 * (valid and complete - defaults in excess) / records; NULL when there is no record. Source: Data Quality Maturity Index, appendix 1.';

CREATE FUNCTION portfolio.store_score(data_set text, period text) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_store_score';
COMMENT ON FUNCTION portfolio.store_score(text, text) IS
  'Scores a data set, of one period or (NULL) of all, with the rights of the caller and row_security = off, and stores the tallies as the engine. Gives the run. score_data_set() calls it and shows the scores.';

-- The tallies that count today: a stored tally is superseded by a newer run that covers its period.
CREATE VIEW portfolio.latest_score WITH (security_invoker = true) AS
SELECT d.code AS data_set_code, s.data_set, s.period, s.provider, s.scored_at, s.rule_set, s.records, s.tally, s.run
  FROM portfolio.quality_score s JOIN portfolio.data_set d ON d.id = s.data_set
 WHERE NOT EXISTS (SELECT FROM portfolio.score_run newer
                    WHERE newer.data_set = s.data_set AND newer.id > s.run AND (newer.period IS NULL OR newer.period = s.period));
COMMENT ON VIEW portfolio.latest_score IS 'The newest tally of each data set, period and provider; older ones stay in quality_score.';
COMMENT ON COLUMN portfolio.latest_score.data_set_code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.latest_score.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.latest_score.period IS 'The period; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.latest_score.provider IS 'The provider; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.latest_score.scored_at IS 'When the data was read.';
COMMENT ON COLUMN portfolio.latest_score.rule_set IS 'Fingerprint of the rule set.';
COMMENT ON COLUMN portfolio.latest_score.records IS 'Records counted.';
COMMENT ON COLUMN portfolio.latest_score.tally IS 'The counts; open them with tally_counts(tally).';
COMMENT ON COLUMN portfolio.latest_score.run IS 'The run that made it.';

CREATE VIEW portfolio.provider_item_quality WITH (security_invoker = true) AS
SELECT s.data_set, s.data_set_code AS code, s.period, s.provider, c.name AS item, c.passed + c.failed + c.missing + c.errors AS records,
       c.passed AS valid_and_complete, c.defaults, i.default_threshold,
       portfolio.defaults_in_excess(c.passed + c.failed + c.missing + c.errors, c.defaults, i.default_threshold) AS defaults_in_excess,
       portfolio.data_item_score(c.passed + c.failed + c.missing + c.errors, c.passed, c.defaults, i.default_threshold) AS data_item_score,
       s.scored_at, i.ord
  FROM portfolio.latest_score s
 CROSS JOIN LATERAL portfolio.tally_counts(s.tally) c
  JOIN portfolio.data_item i ON i.data_set = s.data_set AND i.name = c.name
 WHERE c.level = 'item';
COMMENT ON VIEW portfolio.provider_item_quality IS 'The latest score of every item by period and provider, as the Data Quality Maturity Index counts it.';
COMMENT ON COLUMN portfolio.provider_item_quality.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.provider_item_quality.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.provider_item_quality.period IS 'The period; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.provider_item_quality.provider IS 'The provider; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.provider_item_quality.item IS 'The data item.';
COMMENT ON COLUMN portfolio.provider_item_quality.records IS 'Records to which the item applies.';
COMMENT ON COLUMN portfolio.provider_item_quality.valid_and_complete IS 'Records in which the value is there and every rule of the item is true; default codes included.';
COMMENT ON COLUMN portfolio.provider_item_quality.defaults IS 'Records with a default code.';
COMMENT ON COLUMN portfolio.provider_item_quality.default_threshold IS 'Percent of defaults that is acceptable today; NULL: defaults do not apply.';
COMMENT ON COLUMN portfolio.provider_item_quality.defaults_in_excess IS 'Defaults above the threshold.';
COMMENT ON COLUMN portfolio.provider_item_quality.data_item_score IS 'Data item score in percent, 0 to 100; NULL when there was no record.';
COMMENT ON COLUMN portfolio.provider_item_quality.scored_at IS 'When the data was read.';
COMMENT ON COLUMN portfolio.provider_item_quality.ord IS 'Order of the item in its data set.';

CREATE TYPE portfolio.item_score AS (
  period             text,
  provider           text,
  item               text,
  records            bigint,
  valid_and_complete bigint,
  defaults           bigint,
  default_threshold  numeric,
  defaults_in_excess numeric,
  data_item_score    numeric
);
COMMENT ON TYPE portfolio.item_score IS 'A row of score_data_set(): the score of one item of one provider in one period.';
COMMENT ON COLUMN portfolio.item_score.period IS 'The period; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.item_score.provider IS 'The provider; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.item_score.item IS 'The data item.';
COMMENT ON COLUMN portfolio.item_score.records IS 'Records to which the item applies.';
COMMENT ON COLUMN portfolio.item_score.valid_and_complete IS 'Records in which the value is there and every rule of the item is true; default codes included.';
COMMENT ON COLUMN portfolio.item_score.defaults IS 'Records with a default code.';
COMMENT ON COLUMN portfolio.item_score.default_threshold IS 'Percent of defaults that is acceptable; NULL: defaults do not apply.';
COMMENT ON COLUMN portfolio.item_score.defaults_in_excess IS 'Defaults above the threshold.';
COMMENT ON COLUMN portfolio.item_score.data_item_score IS 'Data item score in percent, 0 to 100, not rounded; NULL when there was no record.';

CREATE FUNCTION portfolio.score_data_set(code text, period text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.item_score
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  stored bigint;
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  stored := portfolio.store_score(code, period);
  PERFORM FROM portfolio.check_whole_set(code, period);
  RETURN QUERY
    SELECT s.period, s.provider, c.name, c.passed + c.failed + c.missing + c.errors, c.passed, c.defaults, i.default_threshold,
           portfolio.defaults_in_excess(c.passed + c.failed + c.missing + c.errors, c.defaults, i.default_threshold),
           portfolio.data_item_score(c.passed + c.failed + c.missing + c.errors, c.passed, c.defaults, i.default_threshold)
      FROM portfolio.quality_score s
     CROSS JOIN LATERAL portfolio.tally_counts(s.tally) c
      JOIN portfolio.data_item i ON i.data_set = s.data_set AND i.name = c.name
     WHERE s.run = stored AND c.level = 'item'
     ORDER BY s.period, s.provider, i.ord, c.name;
END
$$;
COMMENT ON FUNCTION portfolio.score_data_set(text, text, jsonb) IS
  'Scores a data set in one scan, of one period or (NULL) of all, keeps the tallies in quality_score, and gives the score of every item by period and provider with the arithmetic of the Data Quality Maturity Index. What is kept is scored with row_security = off: where a policy would hide rows from the caller it raises 42501. A rule that can no longer run is named in a WARNING and in score_run.broken_rules, and the others still score. No options yet.';
