-- Periods: financial years and quarters, and the days that the name of a period stands for.
CREATE FUNCTION portfolio.financial_year(day date) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT y || '/' || to_char((y + 1) % 100, 'FM00')
    FROM (SELECT extract(year FROM financial_year.day)::int - CASE WHEN extract(month FROM financial_year.day) < 4 THEN 1 ELSE 0 END AS y) x;
END;
COMMENT ON FUNCTION portfolio.financial_year(date) IS
  'The financial year of the public sector in the United Kingdom (1 April to 31 March) that a day lies in, as 2026/27. NULL for NULL.';
CREATE FUNCTION portfolio.financial_quarter(day date) RETURNS integer
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT ((extract(month FROM financial_quarter.day)::int + 8) % 12) / 3 + 1;
END;
COMMENT ON FUNCTION portfolio.financial_quarter(date) IS
  'The quarter of the financial year that a day lies in: 1 is April to June, 4 is January to March. NULL for NULL.';
CREATE FUNCTION portfolio.financial_year_range(day date) RETURNS daterange
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT daterange(make_date(y, 4, 1), make_date(y + 1, 4, 1))
    FROM (SELECT extract(year FROM financial_year_range.day)::int - CASE WHEN extract(month FROM financial_year_range.day) < 4 THEN 1 ELSE 0 END AS y) x;
END;
COMMENT ON FUNCTION portfolio.financial_year_range(date) IS
  'The days of the financial year that a day lies in, from 1 April to 31 March. NULL for NULL.';
CREATE FUNCTION portfolio.quarter_range(day date) RETURNS daterange
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT daterange(q, (q + interval '3 months')::date)
    FROM (SELECT make_date(extract(year FROM quarter_range.day)::int, (extract(month FROM quarter_range.day)::int - 1) / 3 * 3 + 1, 1) AS q) x;
END;
COMMENT ON FUNCTION portfolio.quarter_range(date) IS
  'The days of the quarter that a day lies in; quarters of calendar and financial year are the same three months. NULL for NULL.';

CREATE TABLE portfolio.reporting_period (
  code   text PRIMARY KEY CHECK (btrim(code) <> ''),
  kind   text NOT NULL CHECK (kind IN ('day', 'week', 'month', 'quarter', 'year', 'financial_quarter', 'financial_year', 'other')),
  during daterange NOT NULL,
  CONSTRAINT reporting_period_during_check CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during) AND isfinite(lower(during)) AND isfinite(upper(during))),
  CONSTRAINT reporting_period_during_excl EXCLUDE USING gist (kind WITH =, during WITH &&) WHERE (kind <> 'other')
);
COMMENT ON TABLE portfolio.reporting_period IS
  'Periods that data sets report for. The code is what the period expression of a data set gives, as 2024-04; the days let periods sort, count and lie within longer ones. Periods of one kind do not overlap (other excepted). Class: user rows.';
COMMENT ON COLUMN portfolio.reporting_period.code IS 'Code of the period.';
COMMENT ON COLUMN portfolio.reporting_period.kind IS 'How long it is: day, week, month, quarter, year, financial_quarter, financial_year, other.';
COMMENT ON COLUMN portfolio.reporting_period.during IS 'Its days, [from, to).';
SELECT pg_extension_config_dump('portfolio.reporting_period', '');

CREATE FUNCTION portfolio.period_range(period text) RETURNS daterange
LANGUAGE plpgsql STABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  days daterange := (SELECT p.during FROM portfolio.reporting_period p WHERE p.code = period);
  part text[];
BEGIN
  IF days IS NOT NULL THEN
    RETURN days;
  END IF;
  part := regexp_match(period, '^(\d{4})(?:-(0[1-9]|1[0-2])|-Q([1-4])|/(\d{2})(?: Q([1-4]))?)?$');
  IF part IS NULL OR part[1] = '0000' OR part[4]::integer <> (part[1]::integer + 1) % 100 THEN
    RAISE EXCEPTION 'period "%" is not known', period
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Write a year 2017, a month 2017-06, a quarter 2017-Q2, a financial year 2017/18, a quarter of it 2017/18 Q1, or the code of a row of portfolio.reporting_period.';
  END IF;
  RETURN CASE
    WHEN part[2] IS NOT NULL THEN daterange(make_date(part[1]::integer, part[2]::integer, 1), (make_date(part[1]::integer, part[2]::integer, 1) + interval '1 month')::date)
    WHEN part[3] IS NOT NULL THEN portfolio.quarter_range(make_date(part[1]::integer, part[3]::integer * 3, 1))
    WHEN part[5] IS NOT NULL THEN portfolio.quarter_range((make_date(part[1]::integer, 4, 1) + make_interval(months => 3 * (part[5]::integer - 1)))::date)
    WHEN part[4] IS NOT NULL THEN portfolio.financial_year_range(make_date(part[1]::integer, 4, 1))
    ELSE daterange(make_date(part[1]::integer, 1, 1), make_date(part[1]::integer + 1, 1, 1)) END;
END
$$;
COMMENT ON FUNCTION portfolio.period_range(text) IS
  'The days of a period by its name: the code of a reporting period, a year 2017, a month 2017-06, a quarter of the calendar year 2017-Q2, a financial year 2017/18 or a quarter of that, 2017/18 Q1. NULL for NULL; raises 22023 for anything else. Example: SELECT portfolio.period_range(''2017/18'');';

CREATE FUNCTION portfolio.period_windows("window" text, days daterange) RETURNS SETOF daterange
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT ROWS 12
BEGIN ATOMIC
  SELECT daterange(b.begins::date, (b.begins + u.step)::date)
    FROM (SELECT CASE $1 WHEN 'financial_year' THEN interval '3 months' ELSE interval '0' END AS shift,
                 CASE $1 WHEN 'month' THEN interval '1 month' WHEN 'quarter' THEN interval '3 months' ELSE interval '1 year' END AS step,
                 CASE $1 WHEN 'financial_year' THEN 'year' ELSE $1 END AS unit
           WHERE $1 IN ('month', 'quarter', 'year', 'financial_year') AND isfinite(lower($2)) AND isfinite(upper($2))) u
   CROSS JOIN LATERAL generate_series(date_trunc(u.unit, lower($2)::timestamp - u.shift) + u.shift, (upper($2) - 1)::timestamp, u.step) b (begins)
   ORDER BY b.begins;
END;
COMMENT ON FUNCTION portfolio.period_windows(text, daterange) IS
  'The calendar windows (month, quarter, year or financial_year) that some days touch, in their order. No rows for another window, or where the days have no beginning or no end. NULL for NULL.';

CREATE FUNCTION portfolio.check_day(day date) RETURNS date
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT isfinite(day) THEN
    RAISE EXCEPTION '% is not a day', day USING ERRCODE = 'invalid_parameter_value', HINT = 'Write a day as YYYY-MM-DD.';
  END IF;
  RETURN day;
END
$$;
COMMENT ON FUNCTION portfolio.check_day(date) IS 'Gives back the day, or raises 22023 for infinity and -infinity. NULL for NULL.';
