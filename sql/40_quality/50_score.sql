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

-- What a score keeps beside its tally, so that trends and overviews need not open it.
CREATE TYPE portfolio.tally_summary AS (
  clean_records  bigint,
  items          int,
  item_score_sum numeric
);
COMMENT ON TYPE portfolio.tally_summary IS 'Result of summarise_tally().';
COMMENT ON COLUMN portfolio.tally_summary.clean_records IS 'Records that fail nothing.';
COMMENT ON COLUMN portfolio.tally_summary.items IS 'Items that have a score.';
COMMENT ON COLUMN portfolio.tally_summary.item_score_sum IS 'Sum of their data item scores; 0 for none.';

CREATE FUNCTION portfolio.summarise_tally(tally portfolio.tally, thresholds jsonb) RETURNS portfolio.tally_summary
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT ROW(max(c.passed) FILTER (WHERE c.level = 'clean'), count(s.score)::int, coalesce(sum(s.score), 0))::portfolio.tally_summary
    FROM portfolio.tally_counts(summarise_tally.tally) c
   CROSS JOIN LATERAL (SELECT c.passed + c.failed + c.missing + c.errors AS records) n
   CROSS JOIN LATERAL (SELECT CASE WHEN c.level = 'item' AND thresholds ? c.name
                                   THEN portfolio.data_item_score(n.records, c.passed, c.defaults, (thresholds->>c.name)::numeric) END AS score) s;
END;
COMMENT ON FUNCTION portfolio.summarise_tally(portfolio.tally, jsonb) IS
  'Clean records of a tally and the sum of its data item scores, with thresholds as score_run.thresholds has them; what is no item there (experimental rules) is left out.';

CREATE FUNCTION portfolio.item_thresholds(data_set bigint) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce(jsonb_object_agg(i.name, i.default_threshold), '{}') FROM portfolio.data_item i WHERE i.data_set = item_thresholds.data_set;
END;
COMMENT ON FUNCTION portfolio.item_thresholds(bigint) IS 'Default threshold of every item of a data set as it is now, by name; null where defaults do not apply.';

CREATE FUNCTION portfolio.store_score(data_set text, period text) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_store_score';
COMMENT ON FUNCTION portfolio.store_score(text, text) IS
  'Scores a data set, of one period or (NULL) of all, with the rights of the caller and row_security = off, and stores the tallies as the engine. Gives the run. score_data_set() calls it and shows the scores.';

CREATE VIEW portfolio.latest_score WITH (security_invoker = true) AS
SELECT d.code AS data_set_code, t.data_set, t.period, s.provider, t.scored_at, t.rule_set, s.records, s.tally, t.run,
       s.clean_records, s.items, s.item_score_sum
  FROM portfolio.quality_score s
  JOIN portfolio.score_total t ON t.id = s.total
  JOIN portfolio.data_set d ON d.id = t.data_set
 WHERE t.latest;
COMMENT ON VIEW portfolio.latest_score IS 'The newest tally of each data set, period and provider: those that no later run of the period has replaced. Older ones stay in quality_score.';
COMMENT ON COLUMN portfolio.latest_score.data_set_code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.latest_score.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.latest_score.period IS 'The period; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.latest_score.provider IS 'The provider; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.latest_score.scored_at IS 'When the data was read.';
COMMENT ON COLUMN portfolio.latest_score.rule_set IS 'Fingerprint of the rule set.';
COMMENT ON COLUMN portfolio.latest_score.records IS 'Records counted.';
COMMENT ON COLUMN portfolio.latest_score.tally IS 'The counts; open them with tally_counts(tally).';
COMMENT ON COLUMN portfolio.latest_score.run IS 'The run that made it.';
COMMENT ON COLUMN portfolio.latest_score.clean_records IS 'Records that fail nothing.';
COMMENT ON COLUMN portfolio.latest_score.items IS 'Items that have a score.';
COMMENT ON COLUMN portfolio.latest_score.item_score_sum IS 'Sum of their data item scores.';

CREATE VIEW portfolio.provider_item_quality WITH (security_invoker = true) AS
SELECT s.data_set, s.data_set_code AS code, s.period, s.provider, c.name AS item, n.records,
       c.passed AS valid_and_complete, c.defaults, n.threshold AS default_threshold,
       portfolio.defaults_in_excess(n.records, c.defaults, n.threshold) AS defaults_in_excess,
       portfolio.data_item_score(n.records, c.passed, c.defaults, n.threshold) AS data_item_score,
       s.scored_at, (SELECT i.ord FROM portfolio.data_item i WHERE i.data_set = s.data_set AND i.name = c.name) AS ord
  FROM portfolio.latest_score s
  JOIN portfolio.score_run r ON r.id = s.run
 CROSS JOIN LATERAL portfolio.tally_counts(s.tally) c
 CROSS JOIN LATERAL (SELECT c.passed + c.failed + c.missing + c.errors AS records, (r.thresholds->>c.name)::numeric AS threshold) n
 WHERE c.level = 'item' AND r.thresholds ? c.name;
COMMENT ON VIEW portfolio.provider_item_quality IS 'The latest score of every item by period and provider, as the Data Quality Maturity Index counts it.';
COMMENT ON COLUMN portfolio.provider_item_quality.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.provider_item_quality.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.provider_item_quality.period IS 'The period; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.provider_item_quality.provider IS 'The provider; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.provider_item_quality.item IS 'The data item.';
COMMENT ON COLUMN portfolio.provider_item_quality.records IS 'Records to which the item applies.';
COMMENT ON COLUMN portfolio.provider_item_quality.valid_and_complete IS 'Records in which the value is there and every rule of the item is true; default codes included.';
COMMENT ON COLUMN portfolio.provider_item_quality.defaults IS 'Records with a default code.';
COMMENT ON COLUMN portfolio.provider_item_quality.default_threshold IS 'Percent of defaults that was acceptable when it was scored; NULL: defaults do not apply.';
COMMENT ON COLUMN portfolio.provider_item_quality.defaults_in_excess IS 'Defaults above the threshold.';
COMMENT ON COLUMN portfolio.provider_item_quality.data_item_score IS 'Data item score in percent, 0 to 100; NULL when there was no record.';
COMMENT ON COLUMN portfolio.provider_item_quality.scored_at IS 'When the data was read.';
COMMENT ON COLUMN portfolio.provider_item_quality.ord IS 'Order of the item in its data set; NULL when it is no longer declared.';

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
    SELECT s.period, s.provider, c.name, n.records, c.passed, c.defaults, i.default_threshold,
           portfolio.defaults_in_excess(n.records, c.defaults, i.default_threshold),
           portfolio.data_item_score(n.records, c.passed, c.defaults, i.default_threshold)
      FROM portfolio.quality_score s
     CROSS JOIN LATERAL portfolio.tally_counts(s.tally) c
     CROSS JOIN LATERAL (SELECT c.passed + c.failed + c.missing + c.errors AS records) n
      JOIN portfolio.data_item i ON i.data_set = s.data_set AND i.name = c.name
     WHERE s.total IN (SELECT t.id FROM portfolio.score_total t WHERE t.run = stored) AND c.level = 'item'
     ORDER BY s.period, s.provider, i.ord, c.name;
  IF NOT FOUND AND NOT EXISTS (SELECT FROM portfolio.current_rule r JOIN portfolio.data_set d ON d.id = r.data_set
                                WHERE d.code = score_data_set.code AND r.status <> 'draft' AND r.status <> 'retired') THEN
    RAISE NOTICE 'data set "%" has no rule in force', code
      USING HINT = format('SELECT portfolio.add_rule(%L, ''code'', ''expression''); writes one, portfolio.suggest_rules(...) proposes some.', code);
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.score_data_set(text, text, jsonb) IS
  'Scores a data set in one scan, of one period or (NULL) of all, keeps the tallies in quality_score, and gives the score of every item by period and provider with the arithmetic of the Data Quality Maturity Index. What is kept is scored with row_security = off: where a policy would hide rows from the caller it raises 42501. A rule that can no longer run is named in a WARNING and in score_run.broken_rules, and the others still score. No options yet.';
