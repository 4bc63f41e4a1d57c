-- The Data Quality Maturity Index, as NHS Digital publishes it: one figure over several data sets of a provider.
CREATE VIEW portfolio.provider_coverage WITH (security_invoker = true) AS
SELECT s.data_set, d.code, s.provider, a.code AS period, count(*) AS expected, count(s.received_at) AS received,
       count(*) FILTER (WHERE s.received_at::date <= s.due_on) AS in_time, count(s.received_at)::numeric / count(*) AS coverage
  FROM portfolio.reporting_period a
  JOIN portfolio.reporting_period p ON p.during <@ a.during
  JOIN portfolio.submission s ON s.period = p.code
  JOIN portfolio.data_set d ON d.id = s.data_set
 GROUP BY s.data_set, d.code, s.provider, a.code;
COMMENT ON VIEW portfolio.provider_coverage IS
  'Submissions received by submissions expected, of each data set, provider and reporting period; a period that contains others, as a quarter its months, has theirs. A provider that is not expected has no row. Source: Data Quality Maturity Index methodology.';
COMMENT ON COLUMN portfolio.provider_coverage.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.provider_coverage.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.provider_coverage.provider IS 'The provider.';
COMMENT ON COLUMN portfolio.provider_coverage.period IS 'The reporting period.';
COMMENT ON COLUMN portfolio.provider_coverage.expected IS 'Submissions that were expected.';
COMMENT ON COLUMN portfolio.provider_coverage.received IS 'Submissions that came.';
COMMENT ON COLUMN portfolio.provider_coverage.in_time IS 'Submissions that came by the day on which they were due, in the time zone of the session.';
COMMENT ON COLUMN portfolio.provider_coverage.coverage IS 'received / expected, 0 to 1.';

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
  IF dqmi.period IS NOT NULL THEN
    PERFORM portfolio.get_reporting_period(dqmi.period);
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
  ), part AS (
    -- what was expected in each of them, and how many parts it has, as a quarter its months
    SELECT s.data_set, s.provider, a.code AS period, s.period AS part, a.during, p.during AS part_during,
           avg((s.received_at IS NOT NULL)::int) OVER w AS coverage, count(*) OVER w AS parts
      FROM asked a
      JOIN portfolio.reporting_period p ON p.during <@ a.during
      JOIN portfolio.submission s ON s.period = p.code
      JOIN portfolio.data_set d ON d.id = s.data_set
     WHERE (dqmi.provider IS NULL OR s.provider = dqmi.provider) AND (dqmi.data_sets IS NULL OR d.code = ANY (dqmi.data_sets))
    WINDOW w AS (PARTITION BY s.data_set, s.provider, a.code)
  ), item AS (
    -- counts of the parts are added up before the score is computed, with the newest of their thresholds
    SELECT e.data_set, e.provider, e.period, e.during, e.coverage,
           portfolio.data_item_score(sum(q.records)::bigint, sum(q.valid_and_complete)::bigint, sum(q.defaults)::bigint,
                                     (array_agg(q.default_threshold ORDER BY lower(e.part_during) DESC))[1]) AS score
      FROM part e
      JOIN portfolio.provider_item_quality q ON q.data_set = e.data_set AND q.provider = e.provider AND q.period = e.part
     WHERE e.parts > 1
     GROUP BY e.data_set, e.provider, e.period, e.during, e.coverage, q.item
  ), scored AS (
    -- of a single part the sum is there already
    SELECT e.provider, e.period, e.during, e.coverage, l.items::bigint AS items, l.item_score_sum
      FROM part e
      JOIN portfolio.latest_score l ON l.data_set = e.data_set AND l.provider = e.provider AND l.period = e.part
     WHERE e.parts = 1
    UNION ALL
    SELECT i.provider, i.period, i.during, i.coverage, count(i.score), sum(i.score)
      FROM item i GROUP BY i.data_set, i.provider, i.period, i.during, i.coverage
  ), provider_score AS (
    SELECT s.provider, s.period, s.during, sum(s.items)::bigint AS items, sum(s.item_score_sum) AS total, sum(s.items * s.coverage) AS covered
      FROM scored s GROUP BY s.provider, s.period, s.during HAVING sum(s.items) > 0
  )
  SELECT s.provider, s.period, s.items, s.total / s.items, s.covered / s.items, (s.total / s.items) * (s.covered / s.items)
    FROM provider_score s
   ORDER BY lower(s.during), upper(s.during), s.provider;
END
$$;
COMMENT ON FUNCTION portfolio.dqmi(text, text, text[], jsonb) IS
  'The Data Quality Maturity Index of a provider (NULL: of each) in a reporting period (NULL: in each that expects something) over data sets (NULL: all), from the latest scores: 100 * mean of (valid and complete - defaults in excess) / records over the items submitted * mean of their coverage. A period that contains others, as a quarter its months, sums their counts. Coverage is submissions received by submissions expected (table submission), once an item, so that a data set weighs by its number of items. Unknown periods and data sets raise 42704. No options yet. Source: Data Quality Maturity Index methodology, appendix 1.';
