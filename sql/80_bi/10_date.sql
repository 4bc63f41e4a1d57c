-- The date dimension. A view over generate_series: no rows to load, to dump or to run out of in a year.
CREATE VIEW portfolio_bi.date WITH (security_barrier = true) AS
  SELECT to_char(d.day, 'YYYYMMDD')::int AS date_key,
         d.day AS date,
         extract(isodow FROM d.day)::int AS day_of_week,
         to_char(d.day, 'FMDay') AS day_name,
         extract(isodow FROM d.day) >= 6 AS is_weekend,
         extract(isoyear FROM d.day)::int AS iso_year,
         extract(week FROM d.day)::int AS iso_week,
         extract(month FROM d.day)::int AS month,
         to_char(d.day, 'FMMonth') AS month_name,
         to_char(d.day, 'YYYY-MM') AS year_month,
         date_trunc('month', d.day)::date AS month_start,
         extract(quarter FROM d.day)::int AS quarter,
         extract(year FROM d.day)::int AS year,
         f.year AS financial_year_start,
         f.year || '/' || to_char((f.year + 1) % 100, 'FM00') AS financial_year,
         extract(quarter FROM d.day - interval '3 months')::int AS financial_quarter,
         (extract(month FROM d.day)::int + 8) % 12 + 1 AS financial_month,
         d.day = current_date AS is_today
    FROM (SELECT '2000-01-01'::date + n AS day FROM generate_series(0, '2050-12-31'::date - '2000-01-01'::date) n) d
   CROSS JOIN LATERAL (SELECT extract(year FROM d.day)::int - CASE WHEN extract(month FROM d.day) < 4 THEN 1 ELSE 0 END AS year) f;
COMMENT ON VIEW portfolio_bi.date IS
  'Days from 2000-01-01 to 2050-12-31, one row each: join date to any date column, date_key to any column that ends in _date_key.';
COMMENT ON COLUMN portfolio_bi.date.date_key IS 'The day as a number, yyyymmdd.';
COMMENT ON COLUMN portfolio_bi.date.date IS 'The day.';
COMMENT ON COLUMN portfolio_bi.date.day_of_week IS '1 (Monday) to 7 (Sunday).';
COMMENT ON COLUMN portfolio_bi.date.day_name IS 'Name of the day of the week, in English.';
COMMENT ON COLUMN portfolio_bi.date.is_weekend IS 'Saturday or Sunday.';
COMMENT ON COLUMN portfolio_bi.date.iso_year IS 'Year to which the ISO 8601 week belongs.';
COMMENT ON COLUMN portfolio_bi.date.iso_week IS 'Week of iso_year, 1 to 53, ISO 8601.';
COMMENT ON COLUMN portfolio_bi.date.month IS 'Month of the year, 1 to 12.';
COMMENT ON COLUMN portfolio_bi.date.month_name IS 'Name of the month, in English.';
COMMENT ON COLUMN portfolio_bi.date.year_month IS 'Year and month, yyyy-mm: sorts as it reads.';
COMMENT ON COLUMN portfolio_bi.date.month_start IS 'First day of the month.';
COMMENT ON COLUMN portfolio_bi.date.quarter IS 'Quarter of the calendar year, 1 to 4.';
COMMENT ON COLUMN portfolio_bi.date.year IS 'Calendar year.';
COMMENT ON COLUMN portfolio_bi.date.financial_year_start IS 'Calendar year in which the financial year (1 April to 31 March) begins: the number to sort financial_year by.';
COMMENT ON COLUMN portfolio_bi.date.financial_year IS 'Financial year of the public sector in the United Kingdom, as 2016/17.';
COMMENT ON COLUMN portfolio_bi.date.financial_quarter IS 'Quarter of the financial year: 1 is April to June.';
COMMENT ON COLUMN portfolio_bi.date.financial_month IS 'Month of the financial year: 1 is April, 12 is March.';
COMMENT ON COLUMN portfolio_bi.date.is_today IS 'Whether it is today, in the time zone of the session.';
