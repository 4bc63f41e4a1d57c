-- How long stages take, and how a process gets on. From decisions and runs, as of the day in pg_portfolio.as_of.

CREATE VIEW portfolio.gate_passage WITH (security_invoker = true) AS
  SELECT d.run, d.process, d.version, d.gate, min(p.passed_at) AS passed_at
    FROM portfolio.gate_decision d
    LEFT JOIN LATERAL (
      SELECT max(k.met_at) AS met_at, bool_and(k.met_on <= k.due_on) AS in_time
        FROM portfolio.gate_decision_evidence b JOIN portfolio.condition k ON k.id = b.condition
       WHERE b.decision = d.id) c ON d.outcome = 'proceed_with_conditions'
    CROSS JOIN LATERAL (
      SELECT CASE WHEN d.outcome = 'proceed' THEN d.at WHEN c.in_time THEN greatest(d.at, c.met_at) END AS passed_at) p
   WHERE p.passed_at IS NOT NULL
   GROUP BY d.run, d.process, d.version, d.gate;
COMMENT ON VIEW portfolio.gate_passage IS 'When each gate of a run was first passed: at the decision, or when the last of its conditions was met in time.';
COMMENT ON COLUMN portfolio.gate_passage.run IS 'The run.';
COMMENT ON COLUMN portfolio.gate_passage.process IS 'Its process.';
COMMENT ON COLUMN portfolio.gate_passage.version IS 'The process''s version.';
COMMENT ON COLUMN portfolio.gate_passage.gate IS 'The gate.';
COMMENT ON COLUMN portfolio.gate_passage.passed_at IS 'When it was passed.';

CREATE VIEW portfolio.run_stage WITH (security_invoker = true) AS
  SELECT t.run, t.element, t.process, t.version, t.stage, t.ord, t.stage_name, t.entered_at,
         least(t.passed_at, t.ended_at) AS left_at, t.passed_at IS NOT NULL AS passed
    FROM (SELECT r.id AS run, r.element, r.process, r.version, s.code AS stage, s.ord, s.name AS stage_name, upper(r.during) AS ended_at, p.passed_at,
                 CASE WHEN lag(s.code) OVER by_order IS NULL THEN lower(r.during) ELSE lag(p.passed_at) OVER by_order END AS entered_at
            FROM portfolio.process_run r
            JOIN portfolio.stage s ON s.process = r.process AND s.version = r.version
            LEFT JOIN portfolio.gate g ON g.process = s.process AND g.version = s.version AND g.stage = s.code
            LEFT JOIN portfolio.gate_passage p ON p.run = r.id AND p.gate = g.code
          WINDOW by_order AS (PARTITION BY r.id ORDER BY s.ord)) t
   WHERE t.entered_at IS NOT NULL;
COMMENT ON VIEW portfolio.run_stage IS 'Every stage that a run has entered, with the time that it spent there.';
COMMENT ON COLUMN portfolio.run_stage.run IS 'The run.';
COMMENT ON COLUMN portfolio.run_stage.element IS 'What goes through the process.';
COMMENT ON COLUMN portfolio.run_stage.process IS 'The process.';
COMMENT ON COLUMN portfolio.run_stage.version IS 'Its version.';
COMMENT ON COLUMN portfolio.run_stage.stage IS 'The stage.';
COMMENT ON COLUMN portfolio.run_stage.ord IS 'Its place in the order.';
COMMENT ON COLUMN portfolio.run_stage.stage_name IS 'Its name for people.';
COMMENT ON COLUMN portfolio.run_stage.entered_at IS 'Start of the run, or when the gate before was passed.';
COMMENT ON COLUMN portfolio.run_stage.left_at IS 'When its gate was passed, or the run ended; NULL while the run is in it.';
COMMENT ON COLUMN portfolio.run_stage.passed IS 'Was its gate passed?';

CREATE TYPE portfolio.stage_time AS (stage text, ord integer, stage_name text, passed bigint, median interval, p90 interval, in_stage bigint, longest interval, stuck bigint);
COMMENT ON TYPE portfolio.stage_time IS 'How long one stage of a process takes.';
COMMENT ON COLUMN portfolio.stage_time.stage IS 'The stage.';
COMMENT ON COLUMN portfolio.stage_time.ord IS 'Its place in the order.';
COMMENT ON COLUMN portfolio.stage_time.stage_name IS 'Its name for people.';
COMMENT ON COLUMN portfolio.stage_time.passed IS 'Runs that passed its gate.';
COMMENT ON COLUMN portfolio.stage_time.median IS 'Time that half of these needed at most, interpolated; NULL where none has passed.';
COMMENT ON COLUMN portfolio.stage_time.p90 IS 'Time that nine in ten needed at most, interpolated.';
COMMENT ON COLUMN portfolio.stage_time.in_stage IS 'Runs that are in it.';
COMMENT ON COLUMN portfolio.stage_time.longest IS 'How long the longest of these has been in it.';
COMMENT ON COLUMN portfolio.stage_time.stuck IS 'How many of these have been in it for longer than p90; NULL where none has passed.';

CREATE FUNCTION portfolio.stage_times(process text, version integer DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.stage_time
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 5
BEGIN ATOMIC
  WITH spent AS MATERIALIZED (
    SELECT t.stage, t.ord, t.stage_name, t.passed AND t.left_at <= m.moment AS passed,
           t.left_at IS NULL OR t.left_at > m.moment AS is_in, least(t.left_at, m.moment) - t.entered_at AS took
      FROM portfolio.run_stage t CROSS JOIN (SELECT portfolio.as_of_moment() AS moment) m
     WHERE t.process = $1 AND ($2 IS NULL OR t.version = $2) AND t.entered_at <= m.moment),
  known AS (
    SELECT s.stage, min(s.ord) AS ord, min(s.stage_name) AS stage_name, count(*) FILTER (WHERE s.passed) AS passed,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY s.took) FILTER (WHERE s.passed) AS median,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY s.took) FILTER (WHERE s.passed) AS p90
      FROM spent s GROUP BY s.stage)
  SELECT k.stage, k.ord, k.stage_name, k.passed, k.median, k.p90, n.in_stage, n.longest, CASE WHEN k.p90 IS NOT NULL THEN n.stuck END
    FROM portfolio.check_options($3, '{}') o
    CROSS JOIN known k
    CROSS JOIN LATERAL (
      SELECT count(*) AS in_stage, max(s.took) AS longest, count(*) FILTER (WHERE s.took > k.p90) AS stuck
        FROM spent s WHERE s.stage = k.stage AND s.is_in) n
   WHERE portfolio.known_process($1) IS NOT NULL
   ORDER BY k.ord;
END;
COMMENT ON FUNCTION portfolio.stage_times(text, integer, jsonb) IS
  'How long the stages of a process take, by the runs that passed their gates: median and 90th percentile, beside the runs that are in each and those stuck for longer than that. All versions, or one; as of the day in pg_portfolio.as_of. No rows for a process that has not been run; raises 42704 for an unknown one, 22023 for an infinite day. Example: SELECT stage, passed, median, p90, stuck FROM portfolio.stage_times(''transfer-to-service-operations'');';

CREATE TYPE portfolio.burnup_row AS (month date, started bigint, completed bigint, stopped bigint, started_so_far bigint, completed_so_far bigint, under_way bigint, completed_pct numeric);
COMMENT ON TYPE portfolio.burnup_row IS 'How far a process had got at the end of a month.';
COMMENT ON COLUMN portfolio.burnup_row.month IS 'First day of the month.';
COMMENT ON COLUMN portfolio.burnup_row.started IS 'Runs that began in it.';
COMMENT ON COLUMN portfolio.burnup_row.completed IS 'Runs that were completed in it.';
COMMENT ON COLUMN portfolio.burnup_row.stopped IS 'Runs that were stopped or abandoned in it.';
COMMENT ON COLUMN portfolio.burnup_row.started_so_far IS 'Runs begun up to its end, without those stopped or abandoned by then: the scope of the chart.';
COMMENT ON COLUMN portfolio.burnup_row.completed_so_far IS 'Runs completed up to its end.';
COMMENT ON COLUMN portfolio.burnup_row.under_way IS 'Runs that were live at its end.';
COMMENT ON COLUMN portfolio.burnup_row.completed_pct IS '100 x completed_so_far / started_so_far, to one digit; NULL while nothing has begun.';

CREATE FUNCTION portfolio.process_burnup(process text, from_day date DEFAULT NULL, to_day date DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.burnup_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 24
BEGIN ATOMIC
  WITH span AS (
    SELECT date_trunc('month', coalesce(portfolio.check_day($2), (SELECT min(lower(r.during))::date FROM portfolio.process_run r WHERE r.process = $1)))::date AS first,
           coalesce(portfolio.check_day($3), portfolio.as_of()) AS last)
  SELECT m.month::date, n.started, n.completed, n.stopped, n.begun - n.given_up, n.done, n.begun - n.given_up - n.done,
         round(100.0 * n.done / nullif(n.begun - n.given_up, 0), 1)
    FROM portfolio.check_options($4, '{}') o
    CROSS JOIN span s
    CROSS JOIN LATERAL generate_series(s.first::timestamp, s.last::timestamp, interval '1 month') m (month)
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE lower(r.during) >= m.month) AS started,
             count(*) FILTER (WHERE r.ended_as = 'completed' AND upper(r.during) >= m.month AND upper(r.during) < e.ends) AS completed,
             count(*) FILTER (WHERE r.ended_as <> 'completed' AND upper(r.during) >= m.month AND upper(r.during) < e.ends) AS stopped,
             count(*) AS begun,
             count(*) FILTER (WHERE r.ended_as = 'completed' AND upper(r.during) < e.ends) AS done,
             count(*) FILTER (WHERE r.ended_as <> 'completed' AND upper(r.during) < e.ends) AS given_up
        FROM (SELECT least(m.month + interval '1 month', s.last + interval '1 day') AS ends) e
        JOIN portfolio.process_run r ON r.process = $1 AND lower(r.during) < e.ends) n
   WHERE portfolio.known_process($1) IS NOT NULL
   ORDER BY m.month;
END;
COMMENT ON FUNCTION portfolio.process_burnup(text, date, date, jsonb) IS
  'How a process gets on, a row a month from its first run (or a day) to today (or a day): begun, completed and stopped in the month, and the two lines of a burn-up chart. Months are of the session''s time zone. No rows for a process that has not been run; raises 42704 for an unknown one, 22023 for an infinite day. Example: SELECT month, started_so_far, completed_so_far, completed_pct FROM portfolio.process_burnup(''transfer-to-service-operations'');';
