-- The plan that transfers are measured against, and how they get on.

CREATE TABLE portfolio.transfer_plan (
  element    bigint PRIMARY KEY REFERENCES portfolio.element ON DELETE CASCADE,
  planned_on date NOT NULL CHECK (isfinite(planned_on)),
  wave       integer CHECK (wave > 0),
  why        text,
  planned_by name NOT NULL DEFAULT CURRENT_USER,
  planned_at timestamptz NOT NULL DEFAULT now() CHECK (isfinite(planned_at))
);
COMMENT ON TABLE portfolio.transfer_plan IS 'By which day each programme or service is to be in service operations; plan_transfers() writes it from transfer_waves(). Class: user rows.';
COMMENT ON COLUMN portfolio.transfer_plan.element IS 'The programme or service.';
COMMENT ON COLUMN portfolio.transfer_plan.planned_on IS 'The day by which it is to be accepted.';
COMMENT ON COLUMN portfolio.transfer_plan.wave IS 'Its wave; NULL where it was planned by hand.';
COMMENT ON COLUMN portfolio.transfer_plan.why IS 'Why it stands in this wave.';
COMMENT ON COLUMN portfolio.transfer_plan.planned_by IS 'Who planned it.';
COMMENT ON COLUMN portfolio.transfer_plan.planned_at IS 'When.';
SELECT pg_extension_config_dump('portfolio.transfer_plan', '');
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.transfer_plan
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('element');

CREATE FUNCTION portfolio.plan_transfers(from_day date, to_day date, capacity integer, options jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  DELETE FROM portfolio.transfer_plan p USING portfolio.transfer_items($1) i WHERE p.element = i.element;
  WITH planned AS (
    INSERT INTO portfolio.transfer_plan (element, planned_on, wave, why)
    SELECT w.element, w.ends_on, w.wave, w.why FROM portfolio.transfer_waves($1, $2, $3, $4) w WHERE w.wave IS NOT NULL
    RETURNING 1)
  SELECT count(*) FROM planned;
END;
COMMENT ON FUNCTION portfolio.plan_transfers(date, date, integer, jsonb) IS
  'Makes the plan of transfer_waves() the plan that transfer_burnup() measures against: each candidate is planned for the last day of its wave, and what finds no place is planned no more. Plans of what is no candidate on the first day stay. Returns how many are planned. Arguments and errors as of transfer_waves(). Example: SELECT portfolio.plan_transfers(''2017-06-01'', ''2018-03-31'', 2);';

CREATE VIEW portfolio.transfer_status WITH (security_invoker = true) AS
  SELECT e.id AS element, r.id AS run, lower(r.during)::date AS started_on, upper(r.during)::date AS ended_on, r.ended_as,
         CASE WHEN r.ended_as = 'completed' THEN
           coalesce(b.accepted_on, CASE WHEN r.newest THEN s.accepted_on END, CASE WHEN r.newest THEN g.closed_on END, upper(r.during)::date) END AS transferred_on,
         b.returned_on, CASE WHEN r.newest IS NOT FALSE THEN coalesce(p.planned_on, s.go_live_on) END AS planned_on,
         CASE WHEN r.newest IS NOT FALSE THEN p.wave END AS wave
    FROM portfolio.element e
    LEFT JOIN portfolio.transfer_plan p ON p.element = e.id
    LEFT JOIN (SELECT x.*, row_number() OVER (PARTITION BY x.element ORDER BY lower(x.during) DESC, x.id DESC) = 1 AS newest
                 FROM portfolio.process_run x WHERE x.process = 'transfer-to-service-operations') r ON r.element = e.id
    LEFT JOIN portfolio.service s ON s.id = e.id
    LEFT JOIN portfolio.programme g ON g.id = e.id AND g.state = 'closed'
    LEFT JOIN LATERAL (
      SELECT t.at::date AS returned_on, t.accepted_on FROM portfolio.transfer_return t
       WHERE t.element = e.id AND r.ended_as = 'completed' AND t.at >= upper(r.during) ORDER BY t.at, t.id LIMIT 1) b ON true
   WHERE r.id IS NOT NULL OR p.element IS NOT NULL;
COMMENT ON VIEW portfolio.transfer_status IS 'Transfers planned, under way and over: a row for each run of the transfer, and one for what is only planned.';
COMMENT ON COLUMN portfolio.transfer_status.element IS 'The programme or service.';
COMMENT ON COLUMN portfolio.transfer_status.run IS 'The run; NULL where it is only planned.';
COMMENT ON COLUMN portfolio.transfer_status.started_on IS 'Day on which it began.';
COMMENT ON COLUMN portfolio.transfer_status.ended_on IS 'Day on which the run ended.';
COMMENT ON COLUMN portfolio.transfer_status.ended_as IS 'completed, stopped or abandoned; NULL while it is under way.';
COMMENT ON COLUMN portfolio.transfer_status.transferred_on IS
  'Day as of which service operations had it: accepted_on of a service and closed_on of a programme, where neither is known the day on which the run was completed. NULL where it was not completed.';
COMMENT ON COLUMN portfolio.transfer_status.returned_on IS 'Day on which it was returned to its programme after that; NULL: it was not.';
COMMENT ON COLUMN portfolio.transfer_status.planned_on IS 'Day by which it is to be in service operations: transfer_plan, or go_live_on of a service. In the newest run only.';
COMMENT ON COLUMN portfolio.transfer_status.wave IS 'Its wave in the plan.';

CREATE TYPE portfolio.transfer_burnup_row AS (month date, candidates bigint, in_transition bigint, transferred bigint, returned bigint, cumulative bigint,
  planned bigint, planned_cumulative bigint, ahead bigint);
COMMENT ON TYPE portfolio.transfer_burnup_row IS 'How far transfers had got at the end of a month.';
COMMENT ON COLUMN portfolio.transfer_burnup_row.month IS 'First day of the month.';
COMMENT ON COLUMN portfolio.transfer_burnup_row.candidates IS 'Programmes and services that should move at its end and were not on their way; NULL in months to come, as are all that follow up to cumulative.';
COMMENT ON COLUMN portfolio.transfer_burnup_row.in_transition IS 'Transfers under way at its end.';
COMMENT ON COLUMN portfolio.transfer_burnup_row.transferred IS 'Transferred in it.';
COMMENT ON COLUMN portfolio.transfer_burnup_row.returned IS 'Returned to their programmes in it after they had been transferred.';
COMMENT ON COLUMN portfolio.transfer_burnup_row.cumulative IS 'Transferred since the year began, less what was returned.';
COMMENT ON COLUMN portfolio.transfer_burnup_row.planned IS 'Planned to be transferred in it.';
COMMENT ON COLUMN portfolio.transfer_burnup_row.planned_cumulative IS 'Planned since the year began.';
COMMENT ON COLUMN portfolio.transfer_burnup_row.ahead IS 'cumulative - planned_cumulative: negative when behind the plan.';

CREATE FUNCTION portfolio.financial_year_days(financial_year text) RETURNS daterange
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  days constant daterange := portfolio.period_range(financial_year);
BEGIN
  IF days <> portfolio.financial_year_range(lower(days)) THEN
    RAISE EXCEPTION 'period "%" is not a financial year', financial_year USING ERRCODE = 'invalid_parameter_value', HINT = 'Write it as 2017/18.';
  END IF;
  RETURN days;
END
$$;
COMMENT ON FUNCTION portfolio.financial_year_days(text) IS
  'The days of a financial year by its name, as period_range() reads it. NULL for NULL; raises 22023 for anything else.';

CREATE FUNCTION portfolio.transfer_burnup(financial_year text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.transfer_burnup_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 12
BEGIN ATOMIC
  WITH year AS MATERIALIZED (
    SELECT lower(y.days) AS first, upper(y.days) AS ends, portfolio.as_of() AS today
      FROM portfolio.check_options($2, '{}') o CROSS JOIN (SELECT portfolio.financial_year_days($1) AS days) y),
  month AS MATERIALIZED (
    SELECT m.month::date AS month, (m.month + interval '1 month')::date AS ends, least((m.month + interval '1 month')::date - 1, y.today) AS day, m.month::date <= y.today AS begun
      FROM year y CROSS JOIN LATERAL generate_series(y.first::timestamp, (y.ends - 1)::timestamp, interval '1 month') m (month)),
  status AS MATERIALIZED (SELECT t.* FROM portfolio.transfer_status t),
  counted AS (
    SELECT m.month, m.begun,
           (SELECT count(*) FROM portfolio.transfer_items(m.day) i
             WHERE m.begun AND NOT EXISTS (
               SELECT FROM status t
                WHERE (t.element = i.element OR t.element = ANY (i.services))
                  AND (t.started_on <= m.day AND coalesce(t.ended_on, m.ends) > m.day
                       OR t.transferred_on <= m.day AND coalesce(t.returned_on, m.ends) > m.day))) AS candidates,
           count(*) FILTER (WHERE t.started_on <= m.day AND coalesce(t.ended_on, m.ends) > m.day) AS in_transition,
           count(*) FILTER (WHERE t.transferred_on >= m.month AND t.transferred_on <= m.day) AS transferred,
           count(*) FILTER (WHERE t.returned_on >= m.month AND t.returned_on <= m.day) AS returned,
           count(*) FILTER (WHERE t.planned_on >= m.month AND t.planned_on < m.ends) AS planned
      FROM month m LEFT JOIN status t ON true
     GROUP BY m.month, m.ends, m.day, m.begun),
  summed AS (
    SELECT c.*, sum(c.transferred - c.returned) OVER by_month AS cumulative, sum(c.planned) OVER by_month AS planned_cumulative
      FROM counted c WINDOW by_month AS (ORDER BY c.month))
  SELECT s.month, CASE WHEN s.begun THEN s.candidates END, CASE WHEN s.begun THEN s.in_transition END, CASE WHEN s.begun THEN s.transferred END,
         CASE WHEN s.begun THEN s.returned END, CASE WHEN s.begun THEN s.cumulative END, s.planned, s.planned_cumulative,
         CASE WHEN s.begun THEN s.cumulative - s.planned_cumulative END
    FROM summed s
   ORDER BY s.month;
END;
COMMENT ON FUNCTION portfolio.transfer_burnup(text, jsonb) IS
  'How transfers get on in a financial year, a row a month: candidates, in transition, transferred, and planned against actual, as of the day in pg_portfolio.as_of. A transfer counts once its run is completed, in the month of its day of acceptance. Months and days are of the session''s time zone. Raises 22023 for what is no financial year. Example: SELECT month, transferred, cumulative, planned_cumulative FROM portfolio.transfer_burnup(''2017/18'');';
