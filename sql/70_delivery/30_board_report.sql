-- What a board reads each quarter: one line a programme, with the same columns whatever the method.

CREATE FUNCTION portfolio.quarter_days(quarter text) RETURNS daterange
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  days constant daterange := portfolio.period_range(quarter);
BEGIN
  IF days <> portfolio.quarter_range(lower(days)) THEN
    RAISE EXCEPTION 'period "%" is not a quarter', quarter USING ERRCODE = 'invalid_parameter_value',
      HINT = 'Write a quarter of a financial year, 2017/18 Q1, or of a calendar year, 2017-Q2.';
  END IF;
  RETURN days;
END
$$;
COMMENT ON FUNCTION portfolio.quarter_days(text) IS
  'The days of a quarter by its name, as period_range() reads it. NULL for NULL; raises 22023 for anything else.';

CREATE TYPE portfolio.board_report_row AS (quarter text, element bigint, code text, name text, department text, state text, method text, stage text, gate text, ready_pct numeric, blockers integer,
  dca text, dca_before text, trend text, rated_on date, end_date date, days_late integer, fy_baseline_gbp_m numeric, fy_forecast_gbp_m numeric, fy_variance_pct numeric, whole_life_cost_gbp_m numeric,
  decisions integer, open_conditions integer, overdue_conditions integer, live_waivers integer);
COMMENT ON TYPE portfolio.board_report_row IS 'A programme in the report of a quarter, as it stood at the end of the quarter.';
COMMENT ON COLUMN portfolio.board_report_row.quarter IS 'The quarter, as of a financial year: 2017/18 Q1.';
COMMENT ON COLUMN portfolio.board_report_row.element IS 'The programme.';
COMMENT ON COLUMN portfolio.board_report_row.code IS 'Its code.';
COMMENT ON COLUMN portfolio.board_report_row.name IS 'Its name.';
COMMENT ON COLUMN portfolio.board_report_row.department IS 'Department that reports it.';
COMMENT ON COLUMN portfolio.board_report_row.state IS 'in_delivery, or closed or stopped in the quarter; proposed.';
COMMENT ON COLUMN portfolio.board_report_row.method IS 'The process that it is in, the one begun last where there are several; NULL: none. All methods are processes with gates, so all report the same.';
COMMENT ON COLUMN portfolio.board_report_row.stage IS 'The stage that it is in: that of its first gate which is not passed.';
COMMENT ON COLUMN portfolio.board_report_row.gate IS 'That gate.';
COMMENT ON COLUMN portfolio.board_report_row.ready_pct IS 'How ready it is for that gate, as readiness() says; NULL without a gate.';
COMMENT ON COLUMN portfolio.board_report_row.blockers IS 'Mandatory criteria of that gate that are neither met nor waived.';
COMMENT ON COLUMN portfolio.board_report_row.dca IS 'Delivery confidence, the newest rating by the end of the quarter.';
COMMENT ON COLUMN portfolio.board_report_row.dca_before IS 'The rating before that one.';
COMMENT ON COLUMN portfolio.board_report_row.trend IS 'better, same or worse than the rating before; NULL where there is none, or one of another scale, which does not compare.';
COMMENT ON COLUMN portfolio.board_report_row.rated_on IS 'Day to which the newest rating refers.';
COMMENT ON COLUMN portfolio.board_report_row.end_date IS 'Approved end date, as published with the newest rating, or else as recorded now.';
COMMENT ON COLUMN portfolio.board_report_row.days_late IS 'Days since that date while it is not closed; NULL where it lies ahead.';
COMMENT ON COLUMN portfolio.board_report_row.fy_baseline_gbp_m IS 'Budget of the financial year as published with the newest rating, millions of pounds.';
COMMENT ON COLUMN portfolio.board_report_row.fy_forecast_gbp_m IS 'Forecast of the financial year as published with it, millions of pounds.';
COMMENT ON COLUMN portfolio.board_report_row.fy_variance_pct IS '100 x (forecast - budget) / budget, to one digit; NULL without a budget.';
COMMENT ON COLUMN portfolio.board_report_row.whole_life_cost_gbp_m IS 'Budgeted cost over its whole life as published with it, millions of pounds.';
COMMENT ON COLUMN portfolio.board_report_row.decisions IS 'Decisions at its gates in the quarter.';
COMMENT ON COLUMN portfolio.board_report_row.open_conditions IS 'Conditions not met at the end of the quarter.';
COMMENT ON COLUMN portfolio.board_report_row.overdue_conditions IS 'Those of them whose day had passed.';
COMMENT ON COLUMN portfolio.board_report_row.live_waivers IS 'Waivers that counted at the end of the quarter.';

CREATE FUNCTION portfolio.board_report(quarter text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.board_report_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 50
BEGIN ATOMIC
  WITH span AS MATERIALIZED (
    SELECT lower(q.days) AS first, upper(q.days) - 1 AS last, upper(q.days)::timestamptz - interval '1 microsecond' AS moment,
           portfolio.financial_year(lower(q.days)) || ' Q' || portfolio.financial_quarter(lower(q.days)) AS name
      FROM portfolio.check_options($2, '{}') o CROSS JOIN (SELECT portfolio.quarter_days($1) AS days) q
     WHERE q.days IS NOT NULL),
  rated AS (
    SELECT r.*, row_number() OVER by_day AS nth, lead(r.dca) OVER by_day AS dca_before, lead(r.scale) OVER by_day AS scale_before, lead(r.place) OVER by_day AS place_before
      FROM portfolio.dca_rating r JOIN span s ON r.rated_on <= s.last
    WINDOW by_day AS (PARTITION BY r.programme ORDER BY r.rated_on DESC))
  SELECT s.name, p.id, p.code, p.name, p.department, CASE WHEN p.closed_on > s.last THEN 'in_delivery' ELSE p.state END,
         m.process, g.stage, g.gate, g.percent, g.blockers,
         r.dca::text, r.dca_before::text,
         CASE WHEN r.scale = r.scale_before THEN CASE sign(r.place - r.place_before) WHEN 1 THEN 'better' WHEN 0 THEN 'same' ELSE 'worse' END END,
         r.rated_on, e.end_date, CASE WHEN e.end_date < s.last AND (p.closed_on IS NULL OR p.closed_on > s.last) THEN s.last - e.end_date END,
         r.fy_baseline_gbp_m, r.fy_forecast_gbp_m, round(100 * (r.fy_forecast_gbp_m - r.fy_baseline_gbp_m) / nullif(r.fy_baseline_gbp_m, 0), 1), r.whole_life_cost_gbp_m,
         (SELECT count(*) FROM portfolio.gate_decision d JOIN portfolio.process_run x ON x.id = d.run
           WHERE x.element = p.id AND d.at >= s.first::timestamptz AND d.at <= s.moment)::integer,
         c.open::integer, c.overdue::integer, (SELECT count(*) FROM portfolio.process_run x CROSS JOIN LATERAL portfolio.run_standing(x.id, s.moment) k
                                                WHERE x.element = p.id AND x.during @> s.moment AND k.status = 'waived')::integer
    FROM span s
    JOIN portfolio.programme p ON p.valid && daterange(s.first, s.last, '[]') AND (p.state IN ('proposed', 'in_delivery') OR p.closed_on >= s.first)
    LEFT JOIN rated r ON r.programme = p.id AND r.nth = 1
    CROSS JOIN LATERAL (SELECT coalesce(r.end_date, p.end_date) AS end_date) e
    LEFT JOIN LATERAL (SELECT x.id, x.process FROM portfolio.process_run x WHERE x.element = p.id AND x.during @> s.moment ORDER BY lower(x.during) DESC, x.id DESC LIMIT 1) m ON true
    LEFT JOIN LATERAL (
      SELECT t.code AS stage, n.gate,
             (SELECT round(100 * (coalesce(sum(k.weight) FILTER (WHERE k.status = 'met'), 0) + coalesce(sum(k.weight) FILTER (WHERE k.status = 'partly'), 0) / 2)
                           / nullif(sum(k.weight) FILTER (WHERE k.status <> 'not_applicable'), 0), 1)
                FROM portfolio.run_standing(m.id, s.moment) k WHERE k.gate = n.gate) AS percent,
             (SELECT count(*) FROM portfolio.run_standing(m.id, s.moment) k
               WHERE k.gate = n.gate AND k.mandatory AND k.status NOT IN ('met', 'waived', 'not_applicable'))::integer AS blockers
        FROM portfolio.run_gates(m.id, s.moment) n
        JOIN portfolio.process_run x ON x.id = m.id
        JOIN portfolio.stage t ON (t.process, t.version, t.ord) = (x.process, x.version, n.ord)
       WHERE n.standing NOT IN ('proceed', 'conditions_met')
       ORDER BY n.ord LIMIT 1) g ON true
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE k.id IS NOT NULL) AS open, count(*) FILTER (WHERE k.due_on < s.last) AS overdue
        FROM portfolio.process_run x JOIN portfolio.condition k ON k.run = x.id AND k.at <= s.moment AND (k.met_at IS NULL OR k.met_at > s.moment)
       WHERE x.element = p.id AND x.during @> s.moment) c
   ORDER BY r.scale DESC NULLS LAST, r.place NULLS LAST, p.code;
END;
COMMENT ON FUNCTION portfolio.board_report(text, jsonb) IS
  'What a board reads of a quarter (2017/18 Q1, or 2017-Q2): one line for each programme that was governed in it, as it stood on its last day, the worst ratings first. The same columns for every method, since every method is a process with gates. Ratings and their figures are those of the day; department and state are as recorded now. Raises 22023 for what is no quarter; no rows for NULL. Example: SELECT code, method, gate, ready_pct, dca, trend, days_late FROM portfolio.board_report(''2017/18 Q1'');';
