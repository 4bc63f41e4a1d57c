-- Service operations for BI tools: levels window by window, roadmaps, adoption month by month. What the functions of
-- schema portfolio say, as plain rows: a view with its owner's rights runs no function that reads tables as the caller.
CREATE VIEW portfolio_bi.service_level WITH (security_barrier = true) AS
  SELECT s.id AS service_id, s.code AS service_code, s.name AS service_name, m.code AS measure_code, m.name AS measure_name, m.unit, m.better,
         l.target, l."window" AS window_kind, lower(w.days) AS window_from, to_char(lower(w.days), 'YYYYMMDD')::int AS window_from_date_key,
         upper(w.days) - 1 AS window_ends_on, o.value,
         CASE WHEN o.value IS NULL THEN 'not_observed'
              WHEN CASE m.better WHEN 'lower' THEN o.value <= l.target WHEN 'higher' THEN o.value >= l.target ELSE o.value = l.target END THEN 'met'
              ELSE 'missed' END AS verdict,
         o.observations, round(100.0 * coalesce(o.days, 0) / (upper(w.days) - lower(w.days)), 1) AS observed_pct
    FROM (SELECT portfolio.as_of() AS day) today
    CROSS JOIN portfolio.service_level l
    JOIN portfolio.service s ON s.id = l.service
    JOIN portfolio.measure m ON m.code = l.measure
    CROSS JOIN LATERAL portfolio.period_windows(l."window", daterange((today.day - interval '24 months')::date, today.day, '[]')) w (days)
    CROSS JOIN LATERAL (
      SELECT CASE WHEN bool_and(v.denominator IS NOT NULL) THEN 100 * sum(v.numerator) / sum(v.denominator)
                  ELSE CASE m.combine WHEN 'mean' THEN sum(v.value * v.days) / sum(v.days) WHEN 'sum' THEN sum(v.value) WHEN 'lowest' THEN min(v.value)
                                      WHEN 'highest' THEN max(v.value) ELSE (array_agg(v.value ORDER BY v.during DESC))[1] END END AS value,
             count(*) AS observations, sum(v.days) AS days
        FROM (SELECT b.during, b.numerator, b.denominator, coalesce(b.value, 100 * b.numerator / b.denominator) AS value, upper(b.during) - lower(b.during) AS days
                FROM portfolio.observation b
               WHERE b.element = s.id AND b.measure = l.measure AND b.organisation IS NULL AND b.during <@ w.days) v) o;
COMMENT ON VIEW portfolio_bi.service_level IS
  'Service levels, one row a service, measure and calendar window of the last 24 months up to the day shown: the target, what was observed and whether that meets it.';
COMMENT ON COLUMN portfolio_bi.service_level.service_id IS 'Key of the service.';
COMMENT ON COLUMN portfolio_bi.service_level.service_code IS 'Code of the service.';
COMMENT ON COLUMN portfolio_bi.service_level.service_name IS 'Name of the service.';
COMMENT ON COLUMN portfolio_bi.service_level.measure_code IS 'Code of the measure.';
COMMENT ON COLUMN portfolio_bi.service_level.measure_name IS 'Name of the measure.';
COMMENT ON COLUMN portfolio_bi.service_level.unit IS 'Unit of target and value.';
COMMENT ON COLUMN portfolio_bi.service_level.better IS 'higher, lower or neither: on which side of the target it is met.';
COMMENT ON COLUMN portfolio_bi.service_level.target IS 'The target.';
COMMENT ON COLUMN portfolio_bi.service_level.window_kind IS 'month, quarter, year or financial_year.';
COMMENT ON COLUMN portfolio_bi.service_level.window_from IS 'First day of the window.';
COMMENT ON COLUMN portfolio_bi.service_level.window_from_date_key IS 'The same day as yyyymmdd, to join with date.';
COMMENT ON COLUMN portfolio_bi.service_level.window_ends_on IS 'Last day of the window, inclusive; the last one may lie ahead.';
COMMENT ON COLUMN portfolio_bi.service_level.value IS 'What was observed over the window; NULL where nothing was.';
COMMENT ON COLUMN portfolio_bi.service_level.verdict IS 'met, missed or not_observed.';
COMMENT ON COLUMN portfolio_bi.service_level.observations IS 'Observations that lie within the window.';
COMMENT ON COLUMN portfolio_bi.service_level.observed_pct IS 'Share of its days to which they apply, percent.';

CREATE VIEW portfolio_bi.roadmap WITH (security_barrier = true) AS
  SELECT s.id AS service_id, s.code AS service_code, s.name AS service_name, i.code AS item_code, i.kind, i.title, i.description,
         i.status, upper(left(i.status, 1)) || substr(i.status, 2) AS status_label,
         i.starts_on, to_char(i.starts_on, 'YYYYMMDD')::int AS starts_on_date_key, coalesce(i.ends_on, i.starts_on) AS ends_on,
         (i.starts_on + i.starts_at) AT TIME ZONE i.time_zone AS starts_at,
         to_char((i.starts_on + i.starts_at) AT TIME ZONE i.time_zone, 'YYYYMMDD')::int AS starts_at_date_key,
         (coalesce(i.ends_on, i.starts_on) + i.ends_at) AT TIME ZONE i.time_zone AS ends_at,
         to_char((coalesce(i.ends_on, i.starts_on) + i.ends_at) AT TIME ZONE i.time_zone, 'YYYYMMDD')::int AS ends_at_date_key,
         i.starts_on - today.day AS days_ahead, i.url
    FROM portfolio.roadmap_item i
    JOIN portfolio.service s ON s.id = i.service
    CROSS JOIN (SELECT portfolio.as_of() AS day) today;
COMMENT ON VIEW portfolio_bi.roadmap IS 'What is ahead of services, and was: releases, maintenance windows, milestones, reviews, retirements. One row an item.';
COMMENT ON COLUMN portfolio_bi.roadmap.service_id IS 'Key of the service.';
COMMENT ON COLUMN portfolio_bi.roadmap.service_code IS 'Code of the service.';
COMMENT ON COLUMN portfolio_bi.roadmap.service_name IS 'Name of the service.';
COMMENT ON COLUMN portfolio_bi.roadmap.item_code IS 'Code of the item, unique in the service.';
COMMENT ON COLUMN portfolio_bi.roadmap.kind IS 'release, maintenance, milestone, review or retirement.';
COMMENT ON COLUMN portfolio_bi.roadmap.title IS 'What it is.';
COMMENT ON COLUMN portfolio_bi.roadmap.description IS 'What users and operators should know.';
COMMENT ON COLUMN portfolio_bi.roadmap.status IS 'planned, confirmed, done or cancelled.';
COMMENT ON COLUMN portfolio_bi.roadmap.status_label IS 'Status as people read it.';
COMMENT ON COLUMN portfolio_bi.roadmap.starts_on IS 'Its first day.';
COMMENT ON COLUMN portfolio_bi.roadmap.starts_on_date_key IS 'The same day as yyyymmdd, to join with date.';
COMMENT ON COLUMN portfolio_bi.roadmap.ends_on IS 'Its last day, inclusive.';
COMMENT ON COLUMN portfolio_bi.roadmap.starts_at IS 'Moment at which it starts; NULL: whole days.';
COMMENT ON COLUMN portfolio_bi.roadmap.starts_at_date_key IS 'Day of that moment as yyyymmdd.';
COMMENT ON COLUMN portfolio_bi.roadmap.ends_at IS 'Moment at which it ends; NULL: whole days.';
COMMENT ON COLUMN portfolio_bi.roadmap.ends_at_date_key IS 'Day of that moment as yyyymmdd.';
COMMENT ON COLUMN portfolio_bi.roadmap.days_ahead IS 'Days from the day shown to starts_on; below 0 when it has begun.';
COMMENT ON COLUMN portfolio_bi.roadmap.url IS 'Where more is told.';

CREATE VIEW portfolio_bi.adoption WITH (security_barrier = true) AS
  WITH month AS MATERIALIZED (
    SELECT daterange(m::date, (m + interval '1 month')::date) AS days
      FROM (SELECT date_trunc('month', portfolio.as_of()::timestamp) AS this) t, generate_series(t.this - interval '23 months', t.this, interval '1 month') m
  ), eligible AS (
    SELECT DISTINCT m.days, t.setting, o.id
      FROM month m
      JOIN portfolio.organisation_role r ON r.valid @> (upper(m.days) - 1)
      JOIN portfolio.organisation o ON o.id = r.organisation AND o.valid @> (upper(m.days) - 1)
      JOIN portfolio.setting_role t ON t.role = r.role
  ), used AS (
    SELECT DISTINCT m.days, v.element, v.organisation
      FROM portfolio.observation v JOIN month m ON v.during && m.days
     WHERE v.measure = 'use' AND v.organisation IS NOT NULL AND coalesce(v.value, v.numerator) > 0
  ), meant AS (
    SELECT s.id, s.code, s.name, EXISTS (SELECT FROM portfolio.adoption_target a WHERE a.service = s.id) AS targeted
      FROM portfolio.service s
     WHERE EXISTS (SELECT FROM portfolio.adoption_target a WHERE a.service = s.id)
        OR EXISTS (SELECT FROM portfolio.observation v WHERE v.element = s.id AND v.measure = 'use' AND v.organisation IS NOT NULL)
  )
  SELECT s.id AS service_id, s.code AS service_code, s.name AS service_name, g.code AS setting_code, g.name AS setting_name, g.ord AS setting_sort_order,
         lower(e.days) AS month, to_char(lower(e.days), 'YYYYMMDD')::int AS month_date_key,
         count(*) AS eligible, count(u.organisation) AS used, round(100.0 * count(u.organisation) / count(*), 1) AS pct, a.target_pct, a.due_on AS target_due_on
    FROM meant s
    CROSS JOIN eligible e
    JOIN portfolio.setting g ON g.code = e.setting
    LEFT JOIN portfolio.adoption_target a ON a.service = s.id AND a.setting = e.setting
    LEFT JOIN used u ON u.element = s.id AND u.organisation = e.id AND u.days = e.days
   WHERE NOT s.targeted OR a.service IS NOT NULL
   GROUP BY s.id, s.code, s.name, g.code, g.name, g.ord, e.days, a.target_pct, a.due_on;
COMMENT ON VIEW portfolio_bi.adoption IS
  'How far services are taken up, one row a service, setting and month of the 24 up to the day shown: organisations that could use it at the end of the month, and those that did in it.';
COMMENT ON COLUMN portfolio_bi.adoption.service_id IS 'Key of the service.';
COMMENT ON COLUMN portfolio_bi.adoption.service_code IS 'Code of the service.';
COMMENT ON COLUMN portfolio_bi.adoption.service_name IS 'Name of the service.';
COMMENT ON COLUMN portfolio_bi.adoption.setting_code IS 'Code of the setting.';
COMMENT ON COLUMN portfolio_bi.adoption.setting_name IS 'Name of the setting.';
COMMENT ON COLUMN portfolio_bi.adoption.setting_sort_order IS 'Place of the setting in lists.';
COMMENT ON COLUMN portfolio_bi.adoption.month IS 'First day of the month.';
COMMENT ON COLUMN portfolio_bi.adoption.month_date_key IS 'The same day as yyyymmdd, to join with date.';
COMMENT ON COLUMN portfolio_bi.adoption.eligible IS 'Organisations that could use it, at the end of the month.';
COMMENT ON COLUMN portfolio_bi.adoption.used IS 'Those of them that used it in the month.';
COMMENT ON COLUMN portfolio_bi.adoption.pct IS '100 x used / eligible, to one digit.';
COMMENT ON COLUMN portfolio_bi.adoption.target_pct IS 'Target of the setting, percent; NULL where there is none.';
COMMENT ON COLUMN portfolio_bi.adoption.target_due_on IS 'By when.';
