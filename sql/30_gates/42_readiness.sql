-- How far everything is. Read as of a moment: now, or the end of the day in pg_portfolio.as_of.

CREATE FUNCTION portfolio.as_of_moment() RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE WHEN portfolio.as_of() = CURRENT_DATE THEN now() ELSE (portfolio.as_of() + 1)::timestamptz - interval '1 microsecond' END;
COMMENT ON FUNCTION portfolio.as_of_moment() IS
  'The moment as of which gates are shown: now, or the end of the day in pg_portfolio.as_of, past or to come. Raises 22023 when the setting is not a day.';

CREATE VIEW portfolio.gate_status WITH (security_invoker = true) AS
  SELECT r.id AS run, r.element, r.process, r.version, g.gate, g.ord, g.gate_name, g.standing,
         round(100 * (k.weight_met + k.weight_partly / 2) / nullif(k.weight_applicable, 0), 1) AS percent,
         coalesce(k.met, 0) AS met, coalesce(k.partly, 0) AS partly, coalesce(k.waived, 0) AS waived, coalesce(k.applicable, 0) AS applicable,
         CASE WHEN g.before_standing NOT IN ('proceed', 'conditions_met')
              THEN ARRAY['gate ' || g.before || ' stands at: ' || g.before_standing] ELSE '{}' END || coalesce(k.blockers, '{}') AS blockers,
         coalesce(k.next_steps, '{}') AS next_steps
    FROM portfolio.process_run r
    JOIN (SELECT portfolio.as_of_moment() AS moment) m ON r.during @> m.moment
    CROSS JOIN LATERAL portfolio.run_gates(r.id, m.moment) g
    LEFT JOIN LATERAL (
      SELECT c.gate,
             coalesce(sum(c.weight) FILTER (WHERE c.status = 'met'), 0) AS weight_met,
             coalesce(sum(c.weight) FILTER (WHERE c.status = 'partly'), 0) AS weight_partly,
             coalesce(sum(c.weight) FILTER (WHERE c.status <> 'not_applicable'), 0) AS weight_applicable,
             (count(*) FILTER (WHERE c.status = 'met'))::integer AS met,
             (count(*) FILTER (WHERE c.status = 'partly'))::integer AS partly,
             (count(*) FILTER (WHERE c.status = 'waived'))::integer AS waived,
             (count(*) FILTER (WHERE c.status <> 'not_applicable'))::integer AS applicable,
             array_agg(format('%s: %s (%s)', c.criterion, c.title, c.status) ORDER BY c.criterion)
               FILTER (WHERE c.mandatory AND c.status NOT IN ('met', 'waived', 'not_applicable')) AS blockers,
             array_agg(format('%s: %s', c.criterion, coalesce(c.guidance, c.title)) ORDER BY c.mandatory DESC, c.criterion)
               FILTER (WHERE c.status NOT IN ('met', 'not_applicable')) AS next_steps
        FROM portfolio.run_standing(r.id, m.moment) c GROUP BY c.gate) k ON k.gate = g.gate;
COMMENT ON VIEW portfolio.gate_status IS 'Every gate of every run that is live now, or was on the day in pg_portfolio.as_of: how far it is, how it stands, what keeps it shut and what to do next. By evidence as recorded.';
COMMENT ON COLUMN portfolio.gate_status.run IS 'The run.';
COMMENT ON COLUMN portfolio.gate_status.element IS 'What goes through the process.';
COMMENT ON COLUMN portfolio.gate_status.process IS 'The process.';
COMMENT ON COLUMN portfolio.gate_status.version IS 'Its version.';
COMMENT ON COLUMN portfolio.gate_status.gate IS 'The gate.';
COMMENT ON COLUMN portfolio.gate_status.ord IS 'Order of the gates.';
COMMENT ON COLUMN portfolio.gate_status.gate_name IS 'Name of the gate for people.';
COMMENT ON COLUMN portfolio.gate_status.standing IS 'How it stands by its newest decision; see run_gates().';
COMMENT ON COLUMN portfolio.gate_status.percent IS '100 x (weights met + half of the weights partly met) / weights applicable, to one digit; NULL for a gate without criteria.';
COMMENT ON COLUMN portfolio.gate_status.met IS 'Criteria that are met.';
COMMENT ON COLUMN portfolio.gate_status.partly IS 'Criteria that are partly met.';
COMMENT ON COLUMN portfolio.gate_status.waived IS 'Criteria that are waived now.';
COMMENT ON COLUMN portfolio.gate_status.applicable IS 'Criteria that apply.';
COMMENT ON COLUMN portfolio.gate_status.blockers IS 'What keeps the gate shut.';
COMMENT ON COLUMN portfolio.gate_status.next_steps IS 'What to do about each criterion that is not met, mandatory ones first.';

CREATE TYPE portfolio.readiness_row AS (process text, gate text, percent numeric, met integer, partly integer, waived integer, applicable integer,
  blockers text[], next_steps text[]);
COMMENT ON TYPE portfolio.readiness_row IS 'How ready an element is for one gate.';
COMMENT ON COLUMN portfolio.readiness_row.process IS 'The process.';
COMMENT ON COLUMN portfolio.readiness_row.gate IS 'The gate.';
COMMENT ON COLUMN portfolio.readiness_row.percent IS '100 x (weights met + half of the weights partly met) / weights applicable, to one digit; NULL for a gate without criteria. What is waived counts as applicable and not as met.';
COMMENT ON COLUMN portfolio.readiness_row.met IS 'Criteria that are met.';
COMMENT ON COLUMN portfolio.readiness_row.partly IS 'Criteria that are partly met.';
COMMENT ON COLUMN portfolio.readiness_row.waived IS 'Criteria that are waived now.';
COMMENT ON COLUMN portfolio.readiness_row.applicable IS 'Criteria that apply.';
COMMENT ON COLUMN portfolio.readiness_row.blockers IS 'What keeps the gate shut: mandatory criteria that are neither met nor waived, and a gate before it that is not passed.';
COMMENT ON COLUMN portfolio.readiness_row.next_steps IS 'What to do about each criterion that is not met, mandatory ones first.';

CREATE FUNCTION portfolio.readiness(element text, process text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.readiness_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 5
BEGIN ATOMIC
  SELECT g.process, g.gate, g.percent, g.met, g.partly, g.waived, g.applicable, g.blockers, g.next_steps
    FROM portfolio.check_options($3, '{}') o CROSS JOIN portfolio.gate_status g
   WHERE g.element = portfolio.element_ref($1) AND ($2 IS NULL OR g.process = $2) AND ($2 IS NULL OR portfolio.known_process($2) IS NOT NULL)
   ORDER BY g.process, g.ord;
END;
COMMENT ON FUNCTION portfolio.readiness(text, text, jsonb) IS
  'How ready an element is for each gate of the processes that it is in, or of one of them, in their order: percent = 100 x (weights met + half of the weights partly met) / weights applicable, beside what blocks it and what to do next. By evidence as recorded, so evaluate() first where data have changed; as of the day in pg_portfolio.as_of where it is set. No rows for an element in no process; raises 42704 for an unknown element or process. Example: SELECT gate, percent, blockers FROM portfolio.readiness(''service:EPS'');';

CREATE TYPE portfolio.blocker_row AS (process text, run bigint, gate text, criterion text, title text, status text, why text, next_step text);
COMMENT ON TYPE portfolio.blocker_row IS 'Something that keeps a gate shut.';
COMMENT ON COLUMN portfolio.blocker_row.process IS 'The process.';
COMMENT ON COLUMN portfolio.blocker_row.run IS 'The run.';
COMMENT ON COLUMN portfolio.blocker_row.gate IS 'The gate that is shut.';
COMMENT ON COLUMN portfolio.blocker_row.criterion IS 'The mandatory criterion that is neither met nor waived; NULL where it is a gate before this one.';
COMMENT ON COLUMN portfolio.blocker_row.title IS 'What must be so.';
COMMENT ON COLUMN portfolio.blocker_row.status IS 'How it stands.';
COMMENT ON COLUMN portfolio.blocker_row.why IS 'What the newest evidence says; NULL where there is none.';
COMMENT ON COLUMN portfolio.blocker_row.next_step IS 'What to do.';

CREATE FUNCTION portfolio.blockers(element text, process text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.blocker_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 10
BEGIN ATOMIC
  SELECT b.process, b.run, b.gate, b.criterion, b.title, b.status, b.why, b.next_step
    FROM portfolio.check_options($3, '{}') o
    CROSS JOIN portfolio.process_run r
    JOIN (SELECT portfolio.as_of_moment() AS moment) m ON r.during @> m.moment
    CROSS JOIN LATERAL portfolio.run_gates(r.id, m.moment) g
    CROSS JOIN LATERAL (
      SELECT r.process, r.id AS run, g.gate, s.criterion, s.title, s.status, coalesce(e.note, 'value ' || e.value) AS why,
             coalesce(s.guidance, s.title) AS next_step, 1 AS ord
        FROM portfolio.run_standing(r.id, m.moment) s LEFT JOIN portfolio.evidence e ON e.id = s.evidence
       WHERE s.gate = g.gate AND s.mandatory AND s.status NOT IN ('met', 'waived', 'not_applicable')
      UNION ALL
      SELECT r.process, r.id, g.gate, NULL, 'gate ' || g.before || ' is passed', g.before_standing, NULL,
             CASE g.before_standing WHEN 'conditions_open' THEN 'Meet its conditions.' WHEN 'lapsed' THEN 'Decide at that gate again.' ELSE 'Decide at that gate first.' END, 0
       WHERE g.before_standing NOT IN ('proceed', 'conditions_met')) b
   WHERE r.element = portfolio.element_ref($1) AND ($2 IS NULL OR r.process = $2) AND ($2 IS NULL OR portfolio.known_process($2) IS NOT NULL)
     AND g.standing NOT IN ('proceed', 'conditions_met')
   ORDER BY b.process, g.ord, b.ord, b.criterion;
END;
COMMENT ON FUNCTION portfolio.blockers(text, text, jsonb) IS
  'What keeps the gates of an element shut, one row each, in the order of the gates: mandatory criteria that are neither met nor waived, with what the newest evidence says, and gates before that are not passed. Passed gates are left out. As of the day in pg_portfolio.as_of where it is set. Raises 42704 for an unknown element or process. Example: SELECT gate, criterion, why, next_step FROM portfolio.blockers(''service:EPS'');';
