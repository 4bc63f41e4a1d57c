-- Statistical process control: is a movement of a score news, or the way it always moves?
-- XmR charts as the NHS draws them (NHS England, Making Data Count; NHS-R Community, NHSRplotthedots 0.2.2).
CREATE TYPE portfolio.xmr_point AS (
  n             int,
  value         numeric,
  mean          numeric,
  lower_limit   numeric,
  upper_limit   numeric,
  moving_range  numeric,
  special_cause text,
  direction     text,
  signal        text
);
COMMENT ON TYPE portfolio.xmr_point IS 'A row of xmr(): one point of the chart.';
COMMENT ON COLUMN portfolio.xmr_point.n IS 'Position of the value in the series, from 1.';
COMMENT ON COLUMN portfolio.xmr_point.value IS 'The value.';
COMMENT ON COLUMN portfolio.xmr_point.mean IS 'Mean of the values on which the limits rest.';
COMMENT ON COLUMN portfolio.xmr_point.lower_limit IS 'Lower process limit: mean - 2.66 * mean moving range. NULL for a single value.';
COMMENT ON COLUMN portfolio.xmr_point.upper_limit IS 'Upper process limit: mean + 2.66 * mean moving range. NULL for a single value.';
COMMENT ON COLUMN portfolio.xmr_point.moving_range IS 'Distance from the value before; NULL for the first.';
COMMENT ON COLUMN portfolio.xmr_point.special_cause IS
  'Why the point is special: outside_limits; trend (one of seven values that rise or fall without a break); two_of_three (one of two out of three values in a row on one side of the mean that are in the outer third, near the same limit); shift (one of seven in a row on one side of the mean). Where several hold, the first of these. NULL: common cause.';
COMMENT ON COLUMN portfolio.xmr_point.direction IS 'up or down: on which side of the mean the special point is, or where the trend goes. NULL: common cause.';
COMMENT ON COLUMN portfolio.xmr_point.signal IS 'improvement or concern, by the direction that option improvement names; neutral where it names none. NULL: common cause.';

CREATE FUNCTION portfolio.xmr("values" numeric[], options jsonb DEFAULT '{}') RETURNS SETOF portfolio.xmr_point
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 36
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  given jsonb := portfolio.check_options(options, '{baseline,rebase,screen,improvement}');
  baseline int := coalesce((given->>'baseline')::int, 2147483647);
  screen boolean := coalesce((given->>'screen')::boolean, true);
  improvement text := coalesce(given->>'improvement', 'up');
  rebase int[] := ARRAY(SELECT r::int FROM jsonb_array_elements_text(coalesce(given->'rebase', '[]')) r);
BEGIN
  IF improvement NOT IN ('up', 'down', 'none') THEN
    RAISE EXCEPTION 'improvement "%" is not known', improvement
      USING ERRCODE = 'invalid_parameter_value', HINT = 'up: higher is better; down: lower is; none: neither.';
  END IF;
  IF baseline < 2 THEN
    RAISE EXCEPTION 'limits cannot rest on % value(s)', baseline USING ERRCODE = 'invalid_parameter_value', HINT = 'A baseline has two values at least.';
  END IF;
  RETURN QUERY
  WITH point AS (
    SELECT o.n::int AS n, o.v, count(*) FILTER (WHERE o.n = ANY (rebase)) OVER (ORDER BY o.n) AS part
      FROM unnest(xmr.values) WITH ORDINALITY AS o (v, n) WHERE o.v IS NOT NULL
  ), ranged AS (
    SELECT p.*, row_number() OVER w AS k, p.v - lag(p.v) OVER w AS step FROM point p WINDOW w AS (PARTITION BY p.part ORDER BY p.n)
  ), based AS (
    SELECT r.part, avg(r.v) AS mean, avg(abs(r.step)) AS range FROM ranged r WHERE r.k <= baseline GROUP BY r.part
  ), limited AS (
    -- A range beyond its own upper limit (3.267 * mean range) would widen the limits with what they are to find
    SELECT b.part, b.mean, coalesce(avg(abs(r.step)) FILTER (WHERE NOT screen OR abs(r.step) < 3.267 * b.range), b.range) AS range
      FROM based b JOIN ranged r ON r.part = b.part AND r.k <= baseline GROUP BY b.part, b.mean, b.range
  ), placed AS (
    SELECT r.n, r.part, r.v, r.step, l.mean, l.range, sign(r.v - l.mean) AS side, abs(r.v - l.mean) > 2.66 * l.range AS outside,
           abs(r.v - l.mean) * 3 > 5.32 * l.range AND NOT abs(r.v - l.mean) > 2.66 * l.range AS near
      FROM ranged r JOIN limited l ON l.part = r.part
  ), ending AS (
    -- where a run of seven, or two of three, is complete
    SELECT p.*,
           abs(sum(p.side) OVER (w ROWS 6 PRECEDING)) = 7 AS shift_ends,
           coalesce(abs(sum(sign(p.step)) OVER (w ROWS 5 PRECEDING)) = 6, false) AS trend_ends,
           count(*) FILTER (WHERE p.near) OVER (w ROWS 2 PRECEDING) >= 2 AND abs(sum(p.side) OVER (w ROWS 2 PRECEDING)) = 3 AS two_end
      FROM placed p WINDOW w AS (PARTITION BY p.part ORDER BY p.n)
  ), flagged AS (
    -- and the points that belong to it
    SELECT e.*, lead(e.step) OVER w AS next_step,
           bool_or(e.shift_ends) OVER (w ROWS BETWEEN CURRENT ROW AND 6 FOLLOWING) AS shift,
           bool_or(e.trend_ends) OVER (w ROWS BETWEEN CURRENT ROW AND 6 FOLLOWING) AS trend,
           e.near AND bool_or(e.two_end) OVER (w ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING) AS two
      FROM ending e WINDOW w AS (PARTITION BY e.part ORDER BY e.n)
  ), named AS (
    SELECT f.*, CASE WHEN f.outside THEN 'outside_limits' WHEN f.trend THEN 'trend' WHEN f.two THEN 'two_of_three' WHEN f.shift THEN 'shift' END AS cause,
           lead(f.trend) OVER (PARTITION BY f.part ORDER BY f.n) AS trend_goes_on
      FROM flagged f
  ), directed AS (
    -- a point at which one trend ends and another begins belongs to the one that begins
    SELECT m.*, CASE WHEN m.cause = 'trend' THEN sign(CASE WHEN m.trend_goes_on THEN m.next_step ELSE m.step END)
                     WHEN m.cause IS NOT NULL THEN m.side END AS way
      FROM named m
  )
  SELECT d.n, d.v, d.mean, d.mean - 2.66 * d.range, d.mean + 2.66 * d.range, abs(d.step), d.cause, CASE d.way WHEN 1 THEN 'up' WHEN -1 THEN 'down' END,
         CASE WHEN d.cause IS NULL THEN NULL WHEN improvement = 'none' THEN 'neutral'
              WHEN (d.way = 1) = (improvement = 'up') THEN 'improvement' ELSE 'concern' END
    FROM directed d ORDER BY d.n;
END
$$;
COMMENT ON FUNCTION portfolio.xmr(numeric[], jsonb) IS
  'An XmR chart of a series, with the special-cause rules of the NHS: limits are mean -/+ 2.66 * mean moving range, after moving ranges beyond 3.267 times their mean were left out. NULLs are left out, their positions kept. Options: baseline, the number of first values on which the limits rest (default all); rebase, positions at which limits begin anew; screen (default true), whether large moving ranges are left out; improvement, up (default), down or none. Limits of fewer than 12 values are provisional. Source: NHS England, Making Data Count; NHS-R Community, NHSRplotthedots.';

CREATE TYPE portfolio.spc_point AS (
  period        text,
  value         numeric,
  mean          numeric,
  lower_limit   numeric,
  upper_limit   numeric,
  special_cause text,
  signal        text,
  rules_changed boolean,
  trend         text
);
COMMENT ON TYPE portfolio.spc_point IS 'A row of spc(): one period.';
COMMENT ON COLUMN portfolio.spc_point.period IS 'The period.';
COMMENT ON COLUMN portfolio.spc_point.value IS 'The measure in the period.';
COMMENT ON COLUMN portfolio.spc_point.mean IS 'Mean of the periods on which the limits rest.';
COMMENT ON COLUMN portfolio.spc_point.lower_limit IS 'Lower process limit; it may lie below what the measure can be.';
COMMENT ON COLUMN portfolio.spc_point.upper_limit IS 'Upper process limit; it may lie above what the measure can be.';
COMMENT ON COLUMN portfolio.spc_point.special_cause IS 'outside_limits, trend, two_of_three or shift, as in xmr(); NULL: common cause.';
COMMENT ON COLUMN portfolio.spc_point.signal IS 'improvement or concern; NULL: common cause.';
COMMENT ON COLUMN portfolio.spc_point.rules_changed IS 'Whether it was scored with other rules than the period before: then begin new limits there (option rebase).';
COMMENT ON COLUMN portfolio.spc_point.trend IS 'This and up to eleven periods before, as sparkline() draws them.';

CREATE FUNCTION portfolio.spc(data_set text, item text DEFAULT NULL, provider text DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.spc_point
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  d portfolio.data_set := portfolio.get_data_set(spc.data_set);
  given jsonb := portfolio.check_options(options, '{measure,baseline,rebase,screen}');
  measure text := coalesce(given->>'measure', CASE WHEN spc.item IS NULL THEN 'mean_item_score' ELSE 'data_item_score' END);
  periods text[];
  series numeric[];
  changed boolean[];
  unknown text;
BEGIN
  IF measure NOT IN ('mean_item_score', 'clean_pct', 'data_item_score') OR (measure = 'data_item_score') <> (spc.item IS NOT NULL) THEN
    RAISE EXCEPTION 'measure "%" cannot be charted', measure
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'mean_item_score or clean_pct of a data set or provider; data_item_score of an item.';
  END IF;
  SELECT array_agg(s.period ORDER BY lower(r.during), s.period), array_agg(s.value ORDER BY lower(r.during), s.period),
         array_agg(s.rule_set <> s.rule_set_before ORDER BY lower(r.during), s.period)
    INTO periods, series, changed
    FROM (
      SELECT v.period, v.value, v.rule_set, lag(v.rule_set) OVER (ORDER BY lower(p.during), v.period) AS rule_set_before
        FROM (
          SELECT t.period, t.rule_set, CASE measure WHEN 'clean_pct' THEN 100.0 * t.clean_records / nullif(t.records, 0)
                                                   ELSE t.item_score_sum / nullif(t.items, 0) END AS value
            FROM portfolio.score_total t WHERE t.data_set = d.id AND t.latest AND spc.item IS NULL AND spc.provider IS NULL
          UNION ALL
          SELECT s.period, s.rule_set, CASE measure WHEN 'clean_pct' THEN 100.0 * s.clean_records / nullif(s.records, 0)
                                                    ELSE s.item_score_sum / nullif(s.items, 0) END
            FROM portfolio.latest_score s WHERE s.data_set = d.id AND spc.item IS NULL AND s.provider = spc.provider
          UNION ALL
          SELECT t.period, t.rule_set, portfolio.data_item_score(c.passed + c.failed + c.missing + c.errors, c.passed, c.defaults, (u.thresholds->>c.name)::numeric)
            FROM portfolio.score_total t JOIN portfolio.score_run u ON u.id = t.run CROSS JOIN LATERAL portfolio.tally_counts(t.tally) c
           WHERE t.data_set = d.id AND t.latest AND spc.provider IS NULL AND c.level = 'item' AND c.name = spc.item
          UNION ALL
          SELECT s.period, s.rule_set, portfolio.data_item_score(c.passed + c.failed + c.missing + c.errors, c.passed, c.defaults, (u.thresholds->>c.name)::numeric)
            FROM portfolio.latest_score s JOIN portfolio.score_run u ON u.id = s.run CROSS JOIN LATERAL portfolio.tally_counts(s.tally) c
           WHERE s.data_set = d.id AND s.provider = spc.provider AND c.level = 'item' AND c.name = spc.item) v
        LEFT JOIN portfolio.reporting_period p ON p.code = v.period) s
    LEFT JOIN portfolio.reporting_period r ON r.code = s.period;
  IF periods IS NULL THEN
    RAISE EXCEPTION 'there is no score of data set "%" to chart', spc.data_set
      USING ERRCODE = 'no_data_found',
            DETAIL = coalesce('It was asked for ' || nullif(concat_ws(', ', 'item "' || spc.item || '"', 'provider "' || spc.provider || '"'), '') || '.', 'No period of it has been scored.'),
            HINT = 'SELECT DISTINCT provider, period FROM portfolio.latest_score lists what was scored; score_data_set() scores.';
  END IF;
  SELECT r INTO unknown FROM jsonb_array_elements_text(coalesce(given->'rebase', '[]')) r WHERE r <> ALL (periods) LIMIT 1;
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'limits cannot begin anew with period "%"', unknown
      USING ERRCODE = 'undefined_object', DETAIL = format('It has no score of data set "%s".', spc.data_set);
  END IF;
  given := given - 'measure' || jsonb_build_object('rebase', ARRAY(SELECT array_position(periods, r) FROM jsonb_array_elements_text(coalesce(given->'rebase', '[]')) r));
  RETURN QUERY
    SELECT periods[x.n], x.value, x.mean, x.lower_limit, x.upper_limit, x.special_cause, x.signal, coalesce(changed[x.n], false),
           portfolio.sparkline(series[greatest(1, x.n - 11):x.n])
      FROM portfolio.xmr(series, given) x ORDER BY x.n;
END
$$;
COMMENT ON FUNCTION portfolio.spc(text, text, text, jsonb) IS
  'An XmR chart of the latest scores of a data set through its periods, of one item or (NULL) of all, of one provider or (NULL) of all together. Options: measure, mean_item_score (default) or clean_pct, data_item_score (default) for an item; baseline and screen as in xmr(); rebase, periods at which limits begin anew. Higher is better. Raises P0002 when there is no score, 42704 for a period of rebase that has none.';
