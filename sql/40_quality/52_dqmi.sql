-- The Data Quality Maturity Index, as NHS Digital publishes it: one figure over several data sets of a provider.
CREATE TYPE portfolio.dqmi_score AS (
  provider       text,
  period         text,
  items          bigint,
  data_item_mean numeric,
  coverage       numeric,
  dqmi           numeric
);
COMMENT ON TYPE portfolio.dqmi_score IS 'A row of dqmi(): the index of one provider in one period.';
COMMENT ON COLUMN portfolio.dqmi_score.provider IS 'The provider.';
COMMENT ON COLUMN portfolio.dqmi_score.period IS 'The reporting period.';
COMMENT ON COLUMN portfolio.dqmi_score.items IS 'Data items that were submitted.';
COMMENT ON COLUMN portfolio.dqmi_score.data_item_mean IS 'Mean of the data item scores, percent.';
COMMENT ON COLUMN portfolio.dqmi_score.coverage IS 'Mean over the items of periods submitted by periods expected, 0 to 1.';
COMMENT ON COLUMN portfolio.dqmi_score.dqmi IS 'data_item_mean * coverage: percent, not rounded.';

CREATE FUNCTION portfolio.dqmi(provider text DEFAULT NULL, period text DEFAULT NULL, data_sets text[] DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.dqmi_score
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  unknown text;
BEGIN
  PERFORM portfolio.check_options(dqmi.options, '{}');
  IF dqmi.period IS NOT NULL AND NOT EXISTS (SELECT FROM portfolio.reporting_period r WHERE r.code = dqmi.period) THEN
    RAISE EXCEPTION 'reporting period "%" is not known', dqmi.period
      USING ERRCODE = 'undefined_object',
            HINT = 'SELECT code, kind, during FROM portfolio.reporting_period lists the periods; insert a row there to add one.';
  END IF;
  SELECT c INTO unknown FROM unnest(dqmi.data_sets) c WHERE NOT EXISTS (SELECT FROM portfolio.data_set d WHERE d.code = c) LIMIT 1;
  IF unknown IS NOT NULL THEN
    PERFORM portfolio.get_data_set(unknown);
  END IF;

  RETURN QUERY
  WITH asked AS (
    -- the periods to report: the one asked for, or each one for which something is expected
    SELECT r.code, r.during FROM portfolio.reporting_period r
     WHERE CASE WHEN dqmi.period IS NOT NULL THEN r.code = dqmi.period
                ELSE EXISTS (SELECT FROM portfolio.submission s WHERE s.period = r.code) END
  ), expected AS (
    SELECT s.data_set, s.provider, a.code AS period, s.period AS part, a.during, s.received_at IS NOT NULL AS received
      FROM portfolio.submission s
      JOIN portfolio.reporting_period p ON p.code = s.period
      JOIN asked a ON p.during <@ a.during
      JOIN portfolio.data_set d ON d.id = s.data_set
     WHERE (dqmi.provider IS NULL OR s.provider = dqmi.provider) AND (dqmi.data_sets IS NULL OR d.code = ANY (dqmi.data_sets))
  ), coverage AS (
    SELECT e.data_set, e.provider, e.period, count(*) FILTER (WHERE e.received)::numeric / count(*) AS c
      FROM expected e GROUP BY e.data_set, e.provider, e.period
  ), item AS (
    SELECT e.data_set, e.provider, e.period, q.item, q.default_threshold,
           sum(q.records)::bigint AS records, sum(q.valid_and_complete)::bigint AS valid_and_complete, sum(q.defaults)::bigint AS defaults
      FROM expected e
      JOIN portfolio.provider_item_quality q ON q.data_set = e.data_set AND q.provider = e.provider AND q.period = e.part
     GROUP BY e.data_set, e.provider, e.period, q.item, q.default_threshold
    HAVING sum(q.records) > 0
  )
  SELECT i.provider, i.period, count(*),
         avg(portfolio.data_item_score(i.records, i.valid_and_complete, i.defaults, i.default_threshold)),
         avg(c.c),
         avg(portfolio.data_item_score(i.records, i.valid_and_complete, i.defaults, i.default_threshold)) * avg(c.c)
    FROM item i JOIN coverage c ON c.data_set = i.data_set AND c.provider = i.provider AND c.period = i.period
    JOIN asked a ON a.code = i.period
   GROUP BY i.provider, i.period, a.during
   ORDER BY a.during, i.provider;
END
$$;
COMMENT ON FUNCTION portfolio.dqmi(text, text, text[], jsonb) IS
  'The Data Quality Maturity Index of a provider (NULL: of each) in a reporting period (NULL: in each that expects something) over data sets (NULL: all), from the latest scores: 100 * mean of (valid and complete - defaults in excess) / records over the items submitted * mean of their coverage. A period that contains others, as a quarter its months, sums their counts. Coverage is submissions received by submissions expected (table submission), once an item, so that a data set weighs by its number of items. Unknown periods and data sets raise 42704. No options yet. Source: Data Quality Maturity Index methodology, appendix 1.';
