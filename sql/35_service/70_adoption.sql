-- Adoption: in which settings, and in which areas, a service is used by those who could.
CREATE TABLE portfolio.setting (
  code    text PRIMARY KEY CHECK (code ~ '^[a-z][a-z0-9_]*$'),
  name    text NOT NULL CHECK (btrim(name) <> ''),
  ord     integer NOT NULL,
  builtin boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE portfolio.setting IS 'Settings in which care is given: hospital, pharmacy, general practice. Rows with builtin belong to the release. Class: user rows.';
COMMENT ON COLUMN portfolio.setting.code IS 'Short code in small letters, digits and underscores.';
COMMENT ON COLUMN portfolio.setting.name IS 'Name that people use.';
COMMENT ON COLUMN portfolio.setting.ord IS 'Place in lists.';
COMMENT ON COLUMN portfolio.setting.builtin IS 'True in rows that come with the extension; they are not dumped.';
SELECT pg_extension_config_dump('portfolio.setting', 'WHERE NOT builtin');

CREATE TABLE portfolio.setting_role (
  role    text PRIMARY KEY CHECK (btrim(role) <> ''),
  setting text NOT NULL REFERENCES portfolio.setting ON UPDATE CASCADE,
  name    text NOT NULL CHECK (btrim(name) <> ''),
  builtin boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE portfolio.setting_role IS
  'Which role of the Organisation Data Service (or of a site''s own) puts an organisation into which setting. Rows with builtin belong to the release. Class: user rows.';
COMMENT ON COLUMN portfolio.setting_role.role IS 'Id of the role: RO182.';
COMMENT ON COLUMN portfolio.setting_role.setting IS 'The setting.';
COMMENT ON COLUMN portfolio.setting_role.name IS 'Name of the role.';
COMMENT ON COLUMN portfolio.setting_role.builtin IS 'True in rows that come with the extension; they are not dumped.';
SELECT pg_extension_config_dump('portfolio.setting_role', 'WHERE NOT builtin');

INSERT INTO portfolio.setting (code, name, ord, builtin) VALUES
  ('hospital', 'Hospital', 1, true), ('general_practice', 'General practice', 2, true), ('pharmacy', 'Pharmacy', 3, true),
  ('community', 'Community', 4, true), ('dental', 'Dental practice', 5, true), ('care_home', 'Care home', 6, true);
INSERT INTO portfolio.setting_role (role, setting, name, builtin) VALUES
  ('RO197', 'hospital', 'NHS trust', true), ('RO76', 'general_practice', 'GP practice', true), ('RO182', 'pharmacy', 'Pharmacy', true),
  ('RO107', 'community', 'Care trust', true), ('RO110', 'dental', 'General dental practice', true), ('RO101', 'care_home', 'Care home site', true);

CREATE TABLE portfolio.adoption_target (
  service      bigint NOT NULL,
  service_kind text NOT NULL GENERATED ALWAYS AS ('service') STORED,
  setting      text NOT NULL REFERENCES portfolio.setting ON UPDATE CASCADE,
  target_pct   numeric CHECK (target_pct BETWEEN 0 AND 100),
  due_on       date CHECK (isfinite(due_on)),
  PRIMARY KEY (service, setting),
  CONSTRAINT adoption_target_service_fkey FOREIGN KEY (service, service_kind) REFERENCES portfolio.element (id, kind) ON DELETE CASCADE
);
COMMENT ON TABLE portfolio.adoption_target IS
  'For which settings a service is meant, and how many of the organisations in each are to use it by when. A service without rows is meant for all settings. Class: user rows.';
COMMENT ON COLUMN portfolio.adoption_target.service IS 'The service; its targets go with it.';
COMMENT ON COLUMN portfolio.adoption_target.service_kind IS 'Always service: the key proves that it is one.';
COMMENT ON COLUMN portfolio.adoption_target.setting IS 'The setting.';
COMMENT ON COLUMN portfolio.adoption_target.target_pct IS 'Share of its organisations that are to use it, percent; NULL: no target.';
COMMENT ON COLUMN portfolio.adoption_target.due_on IS 'By when; NULL: no day is set.';
SELECT pg_extension_config_dump('portfolio.adoption_target', '');

-- After the shipped rows, which are no change that anybody made.
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.setting FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.setting_role FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.adoption_target FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('service');
CREATE TRIGGER guard_builtin_kind BEFORE UPDATE OR DELETE ON portfolio.setting
  FOR EACH ROW WHEN (OLD.builtin) EXECUTE FUNCTION portfolio.guard_builtin_kind('code', 'setting');
CREATE TRIGGER guard_builtin_kind BEFORE UPDATE OR DELETE ON portfolio.setting_role
  FOR EACH ROW WHEN (OLD.builtin) EXECUTE FUNCTION portfolio.guard_builtin_kind('role');

CREATE TYPE portfolio.adoption_count AS (group_code text, group_name text, ord integer, eligible bigint, used bigint);
COMMENT ON TYPE portfolio.adoption_count IS 'Those who could use a service and those who did, in one setting or area.';
COMMENT ON COLUMN portfolio.adoption_count.group_code IS 'Code of the setting, or of the organisation in whose area they are; empty where there is none.';
COMMENT ON COLUMN portfolio.adoption_count.group_name IS 'Its name.';
COMMENT ON COLUMN portfolio.adoption_count.ord IS 'Place in lists.';
COMMENT ON COLUMN portfolio.adoption_count.eligible IS 'Organisations that could use it, at the end of the days.';
COMMENT ON COLUMN portfolio.adoption_count.used IS 'Those of them that did.';

CREATE FUNCTION portfolio.adoption_over(service bigint, days daterange, "by" text) RETURNS SETOF portfolio.adoption_count
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
BEGIN ATOMIC
  WITH eligible AS (
    SELECT DISTINCT o.id, o.region, CASE WHEN $3 = 'setting' THEN t.setting END AS setting
      FROM portfolio.organisation o
      JOIN portfolio.organisation_role r ON r.organisation = o.id AND r.valid @> (upper($2) - 1)
      JOIN portfolio.setting_role t ON t.role = r.role
     WHERE o.valid @> (upper($2) - 1)
       AND (EXISTS (SELECT FROM portfolio.adoption_target a WHERE a.service = $1 AND a.setting = t.setting)
            OR NOT EXISTS (SELECT FROM portfolio.adoption_target a WHERE a.service = $1))),
  used AS (
    SELECT DISTINCT v.organisation FROM portfolio.observation v
     WHERE v.element = $1 AND v.measure = 'use' AND v.organisation IS NOT NULL AND v.during && $2 AND coalesce(v.value, v.numerator) > 0)
  SELECT coalesce(g.code, ''), CASE WHEN $3 = 'all' THEN 'All' ELSE coalesce(g.name, 'None') END, coalesce(g.ord, 0), count(*), count(u.organisation)
    FROM eligible e
    LEFT JOIN used u ON u.organisation = e.id
    LEFT JOIN LATERAL (
      SELECT s.code, s.name, s.ord FROM portfolio.setting s WHERE s.code = e.setting
      UNION ALL
      SELECT p.code, p.name, 1 FROM portfolio.organisation p WHERE p.id = e.region AND $3 = 'area') g ON true
   GROUP BY g.code, g.name, g.ord;
END;
COMMENT ON FUNCTION portfolio.adoption_over(bigint, daterange, text) IS
  'Organisations that could use a service at the end of some days and those of them that used it on one of these, by setting, by area or all together.';

CREATE TYPE portfolio.adoption_row AS (service bigint, code text, period_from date, period_ends_on date, group_code text, group_name text, eligible bigint, used bigint,
  pct numeric, change numeric, trend text, target_pct numeric, due_on date, verdict text);
COMMENT ON TYPE portfolio.adoption_row IS 'How far a service is taken up in one setting or area.';
COMMENT ON COLUMN portfolio.adoption_row.service IS 'The service.';
COMMENT ON COLUMN portfolio.adoption_row.code IS 'Its code.';
COMMENT ON COLUMN portfolio.adoption_row.period_from IS 'First day of the period.';
COMMENT ON COLUMN portfolio.adoption_row.period_ends_on IS 'Its last day, inclusive.';
COMMENT ON COLUMN portfolio.adoption_row.group_code IS 'Code of the setting, or of the organisation in whose area they are; empty where an organisation is in none.';
COMMENT ON COLUMN portfolio.adoption_row.group_name IS 'Its name.';
COMMENT ON COLUMN portfolio.adoption_row.eligible IS 'Organisations that could use it, at the end of the period.';
COMMENT ON COLUMN portfolio.adoption_row.used IS 'Those of them that used it in the period.';
COMMENT ON COLUMN portfolio.adoption_row.pct IS '100 x used / eligible, to one digit.';
COMMENT ON COLUMN portfolio.adoption_row.change IS 'Points by which the last month of the trend is above the first in which anybody was eligible.';
COMMENT ON COLUMN portfolio.adoption_row.trend IS 'The percentages of the twelve months that end with the period, as sparkline() draws them; blank where nobody was eligible.';
COMMENT ON COLUMN portfolio.adoption_row.target_pct IS 'Target of the setting, percent; NULL by area and where there is none.';
COMMENT ON COLUMN portfolio.adoption_row.due_on IS 'By when.';
COMMENT ON COLUMN portfolio.adoption_row.verdict IS 'reached, missed (its day lies in the period or before it) or below; NULL without a target.';

CREATE FUNCTION portfolio.adoption(service text, period text DEFAULT NULL, "by" text DEFAULT 'setting', options jsonb DEFAULT '{}') RETURNS SETOF portfolio.adoption_row
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED ROWS 10
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  its_id bigint := (SELECT s.id FROM portfolio.service s WHERE s.id = portfolio.element_ref(adoption.service));
  asked_days daterange := coalesce(portfolio.period_range(period), portfolio.period_range(to_char(date_trunc('month', portfolio.as_of()) - interval '1 month', 'YYYY-MM')));
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF its_id IS NULL THEN
    RAISE EXCEPTION '"%" is not a service', service USING ERRCODE = 'wrong_object_type', HINT = 'SELECT code, name FROM portfolio.service_catalogue lists the services.';
  END IF;
  IF "by" IS NULL OR "by" NOT IN ('setting', 'area') THEN
    RAISE EXCEPTION 'adoption by "%" is not known', "by" USING ERRCODE = 'invalid_parameter_value', HINT = 'It is counted by ''setting'' or by ''area''.';
  END IF;
  RETURN QUERY
    WITH month AS (
      SELECT n, daterange((m - interval '1 month' * (n + 1))::date, (m - interval '1 month' * n)::date) AS days
        FROM (SELECT date_trunc('month', (upper(asked_days) - 1)::timestamp) + interval '1 month' AS m) last, generate_series(0, 11) n),
    counted AS MATERIALIZED (
      SELECT m.n, c.group_code, round(100.0 * c.used / c.eligible, 1) AS pct FROM month m CROSS JOIN LATERAL portfolio.adoption_over(its_id, m.days, adoption."by") c)
    SELECT its_id, s.code, lower(asked_days), upper(asked_days) - 1, c.group_code, c.group_name, c.eligible, c.used, round(100.0 * c.used / c.eligible, 1),
           t.change, t.trend, a.target_pct, a.due_on,
           CASE WHEN 100.0 * c.used / c.eligible >= a.target_pct THEN 'reached' WHEN a.target_pct IS NULL THEN NULL WHEN a.due_on < upper(asked_days) THEN 'missed' ELSE 'below' END
      FROM portfolio.service s
      CROSS JOIN LATERAL portfolio.adoption_over(its_id, asked_days, adoption."by") c
      LEFT JOIN portfolio.adoption_target a ON a.service = its_id AND a.setting = c.group_code AND adoption."by" = 'setting'
      CROSS JOIN LATERAL (
        SELECT portfolio.sparkline(array_agg(k.pct ORDER BY m.n DESC)) AS trend,
               (array_agg(k.pct ORDER BY m.n))[1] - (array_agg(k.pct ORDER BY m.n DESC) FILTER (WHERE k.pct IS NOT NULL))[1] AS change
          FROM month m LEFT JOIN counted k ON k.n = m.n AND k.group_code = c.group_code) t
     WHERE s.id = its_id
     ORDER BY c.ord, c.group_code;
END
$$;
COMMENT ON FUNCTION portfolio.adoption(text, text, text, jsonb) IS
  'How far a service is taken up: of the organisations that could use it at the end of a period (by their roles, in the settings of adoption_target), those that did in the period, by setting or by area (organisation.region), with the trend of twelve months and the target. Use is an observation of measure ''use'' above 0 with the organisation. An organisation in two settings counts in each. Without a period, the last whole month before the day in pg_portfolio.as_of. Raises 42704 for an unknown service, 42809 for what is no service, 22023 for an unknown period or another by. Example: SELECT group_name, used, eligible, pct, trend, target_pct FROM portfolio.adoption(''service:EPS'', ''2017-06'', by => ''setting'');';

CREATE TYPE portfolio.adoption_effect_row AS (service bigint, code text, transferred_on date, what text, unit text, before numeric, after numeric, change numeric,
  before_from date, after_ends_on date, months_before integer, months_after integer);
COMMENT ON TYPE portfolio.adoption_effect_row IS 'What changed with the transfer of a service.';
COMMENT ON COLUMN portfolio.adoption_effect_row.service IS 'The service.';
COMMENT ON COLUMN portfolio.adoption_effect_row.code IS 'Its code.';
COMMENT ON COLUMN portfolio.adoption_effect_row.transferred_on IS 'Day since which it is live under service operations.';
COMMENT ON COLUMN portfolio.adoption_effect_row.what IS
  'adoption_mean (mean of the months'' percentages), adoption_last (that of the last month), requests_live, lead_time_median or lead_time_p90.';
COMMENT ON COLUMN portfolio.adoption_effect_row.unit IS 'percent, requests or days.';
COMMENT ON COLUMN portfolio.adoption_effect_row.before IS 'In the twelve months before that day; NULL where there is nothing to count.';
COMMENT ON COLUMN portfolio.adoption_effect_row.after IS 'In the twelve months from that day.';
COMMENT ON COLUMN portfolio.adoption_effect_row.change IS 'after less before.';
COMMENT ON COLUMN portfolio.adoption_effect_row.before_from IS 'First of the days before.';
COMMENT ON COLUMN portfolio.adoption_effect_row.after_ends_on IS 'Last of the days after, inclusive.';
COMMENT ON COLUMN portfolio.adoption_effect_row.months_before IS 'Months before in which anybody could use it.';
COMMENT ON COLUMN portfolio.adoption_effect_row.months_after IS 'Months after that have passed by the day in pg_portfolio.as_of and in which anybody could use it; below 12 the two sides are not of equal length.';

CREATE FUNCTION portfolio.adoption_effect(service text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.adoption_effect_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 5
BEGIN ATOMIC
  WITH asked AS MATERIALIZED (SELECT portfolio.element_ref($1) AS service WHERE portfolio.check_options($2, '{}') IS NOT NULL),
  side AS MATERIALIZED (
    SELECT s.id, s.code, s.live_on, d.later, d.days
      FROM asked a
      JOIN portfolio.service s ON (a.service IS NULL OR s.id = a.service) AND s.live_on <= portfolio.as_of()
      CROSS JOIN LATERAL (
        VALUES (false, daterange((s.live_on - interval '12 months')::date, s.live_on)), (true, daterange(s.live_on, (s.live_on + interval '12 months')::date))) d (later, days)),
  month AS (
    SELECT s.id, s.later, n, 100.0 * c.used / c.eligible AS pct
      FROM side s
      CROSS JOIN generate_series(0, 11) n
      CROSS JOIN LATERAL (SELECT daterange((lower(s.days) + interval '1 month' * n)::date, (lower(s.days) + interval '1 month' * (n + 1))::date) AS days) m
      CROSS JOIN LATERAL portfolio.adoption_over(s.id, m.days, 'all') c
     WHERE upper(m.days) <= portfolio.as_of() + 1),
  found AS (
    SELECT s.*, l.went_live, l.median_days, l.p90_days, k.mean_pct, k.last_pct, k.months
      FROM side s
      CROSS JOIN LATERAL portfolio.lead_time_over(s.id, s.days * daterange(NULL, portfolio.as_of(), '[]')) l
      CROSS JOIN LATERAL (
        SELECT round(avg(m.pct), 1) AS mean_pct, round((array_agg(m.pct ORDER BY m.n DESC))[1], 1) AS last_pct, count(*)::integer AS months
          FROM month m WHERE m.id = s.id AND m.later = s.later) k)
  SELECT b.id, b.code, b.live_on, v.what, v.unit, v.before, v.after, v.after - v.before, lower(b.days), upper(e.days) - 1, b.months, e.months
    FROM found b
    JOIN found e ON e.id = b.id AND e.later AND NOT b.later
    CROSS JOIN LATERAL (
      VALUES (1, 'adoption_mean', 'percent', b.mean_pct, e.mean_pct), (2, 'adoption_last', 'percent', b.last_pct, e.last_pct),
             (3, 'requests_live', 'requests', b.went_live, e.went_live), (4, 'lead_time_median', 'days', b.median_days, e.median_days),
             (5, 'lead_time_p90', 'days', b.p90_days, e.p90_days)) v (ord, what, unit, before, after)
   ORDER BY b.code, v.ord;
END;
COMMENT ON FUNCTION portfolio.adoption_effect(text, jsonb) IS
  'What changed with the transfer of a service into service operations, or of all: adoption (organisations that used it of those that could, month by month) and lead time of requests in the twelve months before service.live_on and in the twelve from it, as far as they have passed by the day in pg_portfolio.as_of. No rows for a service that is not live by then. Raises 42704 for an unknown service. Example: SELECT what, before, after, change FROM portfolio.adoption_effect(''service:EPS'');';
