-- Service levels met and missed.
CREATE TYPE portfolio.service_level_row AS (service bigint, code text, measure text, measure_name text, unit text, "window" text, window_from date,
  window_ends_on date, target numeric, better text, value numeric, verdict text, observations bigint, observed_pct numeric);
COMMENT ON TYPE portfolio.service_level_row IS 'A service level in one window.';
COMMENT ON COLUMN portfolio.service_level_row.service IS 'The service.';
COMMENT ON COLUMN portfolio.service_level_row.code IS 'Its code.';
COMMENT ON COLUMN portfolio.service_level_row.measure IS 'What is measured.';
COMMENT ON COLUMN portfolio.service_level_row.measure_name IS 'Name of the measure.';
COMMENT ON COLUMN portfolio.service_level_row.unit IS 'Unit of target and value.';
COMMENT ON COLUMN portfolio.service_level_row."window" IS 'month, quarter, year or financial_year.';
COMMENT ON COLUMN portfolio.service_level_row.window_from IS 'First day of the window.';
COMMENT ON COLUMN portfolio.service_level_row.window_ends_on IS 'Its last day, inclusive.';
COMMENT ON COLUMN portfolio.service_level_row.target IS 'The target.';
COMMENT ON COLUMN portfolio.service_level_row.better IS 'higher: met from the target upwards; lower: met up to the target.';
COMMENT ON COLUMN portfolio.service_level_row.value IS 'What was observed over the window; NULL where nothing was.';
COMMENT ON COLUMN portfolio.service_level_row.verdict IS 'met, missed or not_observed.';
COMMENT ON COLUMN portfolio.service_level_row.observations IS 'Observations that lie within the window.';
COMMENT ON COLUMN portfolio.service_level_row.observed_pct IS 'Share of the days of the window to which these apply, percent: below 100 the verdict is of what there is.';

CREATE FUNCTION portfolio.service_levels(period text DEFAULT NULL, service text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.service_level_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 100
BEGIN ATOMIC
  WITH asked AS MATERIALIZED (
    SELECT coalesce(portfolio.period_range($1), portfolio.financial_year_range(portfolio.as_of())) AS days, portfolio.element_ref($2) AS service
     WHERE portfolio.check_options($3, '{}') IS NOT NULL)
  SELECT s.id, s.code, l.measure, m.name, m.unit, l."window", lower(w.days), upper(w.days) - 1, l.target, m.better, o.value,
         CASE WHEN o.value IS NULL THEN 'not_observed'
              WHEN CASE m.better WHEN 'lower' THEN o.value <= l.target WHEN 'higher' THEN o.value >= l.target ELSE o.value = l.target END THEN 'met'
              ELSE 'missed' END,
         o.observations, round(100.0 * o.days / (upper(w.days) - lower(w.days)), 1)
    FROM asked a
    JOIN portfolio.service s ON a.service IS NULL OR s.id = a.service
    JOIN portfolio.service_level l ON l.service = s.id
    JOIN portfolio.measure m ON m.code = l.measure
    CROSS JOIN LATERAL portfolio.period_windows(l."window", a.days) w (days)
    CROSS JOIN LATERAL portfolio.observed_over(s.id, l.measure, w.days) o
   WHERE a.days @> (upper(w.days) - 1) AND lower(w.days) <= portfolio.as_of()
   ORDER BY s.code, l.measure, w.days;
END;
COMMENT ON FUNCTION portfolio.service_levels(text, text, jsonb) IS
  'Each service level in each of its windows whose last day lies in a period (period_range() reads its name; left out, the financial year of the day shown): met, missed or not_observed, by the observations of the service as a whole that lie within the window. All services, or one. Windows that begin after the day in pg_portfolio.as_of are left out. A level whose measure is better neither higher nor lower is met at its target alone. Raises 22023 for an unknown period, 42704 for an unknown service. Example: SELECT code, measure, window_from, target, value, verdict FROM portfolio.service_levels(''2017/18'', ''service:EPS'');';
