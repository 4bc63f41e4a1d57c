-- Readiness for BI tools, from what is on record: evidence, waivers and decisions. It counts as run_standing() does; a
-- criterion with a query stands as it was last recorded, because a view with its owner's rights runs no stored query.
CREATE VIEW portfolio_bi.readiness WITH (security_barrier = true) AS
  WITH standing AS (
    SELECT r.id AS run, r.element, r.process, r.version, lower(r.during) AS started_at, c.gate, c.mandatory, c.weight,
           CASE WHEN e.status IN ('met', 'not_applicable') THEN e.status
                WHEN EXISTS (SELECT FROM portfolio.waiver w
                              WHERE w.run = r.id AND w.criterion = c.code AND w.at <= now() AND w.expires > now()) THEN 'waived'
                ELSE coalesce(e.status, 'unknown') END AS status
      FROM portfolio.process_run r
      JOIN portfolio.criterion c ON c.process = r.process AND c.version = r.version
      LEFT JOIN LATERAL (SELECT n.status FROM (SELECT v.status, v.expires FROM portfolio.evidence v
                                                WHERE v.run = r.id AND v.criterion = c.code AND v.at <= now()
                                                ORDER BY v.at DESC, v.id DESC LIMIT 1) n
                          WHERE n.expires > now()) e ON true
     WHERE upper_inf(r.during)
  ), counted AS (
    SELECT s.run, s.element, s.process, s.version, s.started_at, s.gate,
           round(100 * sum(CASE s.status WHEN 'met' THEN s.weight WHEN 'partly' THEN s.weight / 2 ELSE 0 END)
                 / sum(s.weight) FILTER (WHERE s.status <> 'not_applicable'), 1) AS percent,
           count(*) FILTER (WHERE s.status <> 'not_applicable') AS applicable,
           count(*) FILTER (WHERE s.status = 'met') AS met, count(*) FILTER (WHERE s.status = 'partly') AS partly,
           count(*) FILTER (WHERE s.status = 'not_met') AS not_met, count(*) FILTER (WHERE s.status = 'waived') AS waived,
           count(*) FILTER (WHERE s.status = 'unknown') AS unknown,
           count(*) FILTER (WHERE s.mandatory AND s.status IN ('partly', 'not_met', 'unknown')) AS blockers,
           CASE WHEN count(*) FILTER (WHERE s.mandatory AND s.status IN ('partly', 'not_met', 'unknown')) = 0 THEN 'ready'
                WHEN count(*) FILTER (WHERE s.mandatory AND s.status = 'not_met') > 0 THEN 'blocked'
                ELSE 'in_progress' END AS state
      FROM standing s
     GROUP BY s.run, s.element, s.process, s.version, s.started_at, s.gate
  )
  SELECT c.run AS run_id, e.id AS element_id, e.kind AS element_kind, e.code AS element_code, e.name AS element_name,
         p.code AS process_code, p.name AS process_name, t.ord AS stage_sort_order, t.name AS stage_name,
         g.code AS gate_code, g.name AS gate_name,
         c.state, r.label AS state_label, r.sort_order AS state_sort_order, r.colour AS state_colour,
         c.percent, c.applicable, c.met, c.partly, c.not_met, c.waived, c.unknown, c.blockers,
         d.outcome AS decision, upper(left(d.outcome, 1)) || replace(substr(d.outcome, 2), '_', ' ') AS decision_label,
         d.at AS decided_at, to_char(d.at, 'YYYYMMDD')::int AS decided_at_date_key,
         c.started_at, to_char(c.started_at, 'YYYYMMDD')::int AS started_at_date_key
    FROM counted c
    JOIN portfolio.element e ON e.id = c.element
    JOIN portfolio.process p ON p.code = c.process AND p.version = c.version
    JOIN portfolio.gate g ON g.process = c.process AND g.version = c.version AND g.code = c.gate
    JOIN portfolio.stage t ON t.process = g.process AND t.version = g.version AND t.code = g.stage
    LEFT JOIN portfolio.rating r ON r.scheme = 'readiness' AND r.code = c.state
    LEFT JOIN LATERAL (SELECT x.outcome, x.at FROM portfolio.gate_decision x
                        WHERE x.run = c.run AND x.gate = c.gate ORDER BY x.at DESC, x.id DESC LIMIT 1) d ON true;
COMMENT ON VIEW portfolio_bi.readiness IS
  'Processes that are under way, one row a run and gate: how far the criteria of the gate are met, from the evidence on record.';
COMMENT ON COLUMN portfolio_bi.readiness.run_id IS 'Key of the run.';
COMMENT ON COLUMN portfolio_bi.readiness.element_id IS 'Key of the element that goes through it, as in the view of its kind.';
COMMENT ON COLUMN portfolio_bi.readiness.element_kind IS 'Kind of that element.';
COMMENT ON COLUMN portfolio_bi.readiness.element_code IS 'Code of that element.';
COMMENT ON COLUMN portfolio_bi.readiness.element_name IS 'Name of that element.';
COMMENT ON COLUMN portfolio_bi.readiness.process_code IS 'Code of the process.';
COMMENT ON COLUMN portfolio_bi.readiness.process_name IS 'Name of the process.';
COMMENT ON COLUMN portfolio_bi.readiness.stage_sort_order IS 'Place of the stage in the process, from 1: sort by it.';
COMMENT ON COLUMN portfolio_bi.readiness.stage_name IS 'Stage that the gate closes.';
COMMENT ON COLUMN portfolio_bi.readiness.gate_code IS 'Code of the gate.';
COMMENT ON COLUMN portfolio_bi.readiness.gate_name IS 'Name of the gate.';
COMMENT ON COLUMN portfolio_bi.readiness.state IS
  'ready: every mandatory criterion is met, waived or not applicable; blocked: one is not met; in_progress: one is partly met or not known yet.';
COMMENT ON COLUMN portfolio_bi.readiness.state_label IS 'State as people read it.';
COMMENT ON COLUMN portfolio_bi.readiness.state_sort_order IS 'State as a number, 1 is blocked: sort by it.';
COMMENT ON COLUMN portfolio_bi.readiness.state_colour IS 'Fill colour of the state, #rrggbb.';
COMMENT ON COLUMN portfolio_bi.readiness.percent IS
  '0 to 100: weight of criteria met, and half the weight of those partly met, of the weight of those applicable. A waiver unblocks and does not count as met. NULL: none applies.';
COMMENT ON COLUMN portfolio_bi.readiness.applicable IS 'Criteria that apply.';
COMMENT ON COLUMN portfolio_bi.readiness.met IS 'Criteria that are met.';
COMMENT ON COLUMN portfolio_bi.readiness.partly IS 'Criteria that are partly met.';
COMMENT ON COLUMN portfolio_bi.readiness.not_met IS 'Criteria that are not met.';
COMMENT ON COLUMN portfolio_bi.readiness.waived IS 'Criteria under a live waiver.';
COMMENT ON COLUMN portfolio_bi.readiness.unknown IS 'Criteria without evidence that still holds.';
COMMENT ON COLUMN portfolio_bi.readiness.blockers IS 'Mandatory criteria that are neither met nor waived nor not applicable.';
COMMENT ON COLUMN portfolio_bi.readiness.decision IS 'Newest decision at the gate, as held: proceed, proceed_with_conditions, stop or defer; NULL: none yet.';
COMMENT ON COLUMN portfolio_bi.readiness.decision_label IS 'Newest decision as people read it.';
COMMENT ON COLUMN portfolio_bi.readiness.decided_at IS 'When it was decided.';
COMMENT ON COLUMN portfolio_bi.readiness.decided_at_date_key IS 'Day of decided_at, for view date, in the time zone of the session.';
COMMENT ON COLUMN portfolio_bi.readiness.started_at IS 'When the run began.';
COMMENT ON COLUMN portfolio_bi.readiness.started_at_date_key IS 'Day of started_at, for view date, in the time zone of the session.';
