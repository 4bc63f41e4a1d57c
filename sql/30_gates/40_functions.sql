-- What people call: start, show evidence, waive, evaluate, decide, meet, end, and how far it is.

CREATE FUNCTION portfolio.start_process(element text, process text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  its_version integer;
  live bigint;
  started bigint;
  its_element bigint := portfolio.element_ref(element);
BEGIN
  SELECT max(p.version) INTO its_version
    FROM portfolio.process p WHERE p.code = start_process.process AND p.valid @> current_date;
  IF its_version IS NULL THEN
    RAISE EXCEPTION 'process "%" does not exist or is not valid today', process
      USING ERRCODE = 'undefined_object', HINT = 'SELECT code, version, name, valid FROM portfolio.process lists them.';
  END IF;
  SELECT r.id INTO live FROM portfolio.process_run r
   WHERE r.element = its_element AND r.process = start_process.process AND upper_inf(r.during);
  IF live IS NOT NULL THEN
    RAISE EXCEPTION '% is on its way through process "%" already', portfolio.element_label(its_element), process
      USING ERRCODE = 'unique_violation', DETAIL = format('It is run %s.', live),
            HINT = format('SELECT * FROM portfolio.readiness(%L);', portfolio.element_label(its_element));
  END IF;
  INSERT INTO portfolio.process_run (element, process, version) VALUES (its_element, start_process.process, its_version)
  RETURNING id INTO started;
  PERFORM portfolio.evaluate(started);
  RETURN started;
END
$$;
COMMENT ON FUNCTION portfolio.start_process(text, text) IS
  'Starts an element, named as element_ref() reads it, on the newest valid version of a process; asks the queries of its criteria and returns the run. Raises 42704 for an unknown element or process and 23505 when it is on its way already. Example: SELECT portfolio.start_process(''service:EPS'', ''transfer-to-service-operations'');';

CREATE TYPE portfolio.evaluation AS (run bigint, criterion text, status text, value numeric, note text);
COMMENT ON TYPE portfolio.evaluation IS 'What the query of a criterion said of a run.';
COMMENT ON COLUMN portfolio.evaluation.run IS 'The run.';
COMMENT ON COLUMN portfolio.evaluation.criterion IS 'The criterion.';
COMMENT ON COLUMN portfolio.evaluation.status IS 'met, partly, not_met or unknown.';
COMMENT ON COLUMN portfolio.evaluation.value IS 'The value that the query gave; NULL when unknown.';
COMMENT ON COLUMN portfolio.evaluation.note IS 'Why it is unknown, where the query did not run well.';

CREATE FUNCTION portfolio.evaluate(run bigint DEFAULT NULL) RETURNS SETOF portfolio.evaluation
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 20
AS 'MODULE_PATHNAME', 'pf_evaluate_run';
COMMENT ON FUNCTION portfolio.evaluate(bigint) IS
  'Asks the queries of a run''s criteria, or of all live runs, and records the answers as evidence: each query once for all elements, read-only and as its author, within the limits of stored queries. Evidence is added where it says something new. A query that fails makes its criterion unknown and stops no other. Example: SELECT * FROM portfolio.evaluate(1);';

CREATE FUNCTION portfolio.record_evidence(run bigint, criterion text, status text, value numeric DEFAULT NULL, note text DEFAULT NULL, expires date DEFAULT NULL)
RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  INSERT INTO portfolio.evidence (run, criterion, status, value, note, expires)
  VALUES ($1, $2, $3, $4, $5, coalesce(($6 + 1)::timestamptz, 'infinity'))
  RETURNING id;
END;
COMMENT ON FUNCTION portfolio.record_evidence(bigint, text, text, numeric, text, date) IS
  'Records evidence for a criterion: met, partly, not_met, not_applicable or unknown, with a value, a note and a last day if it has one; returns its id. Nothing is overwritten, the newest counts. Raises 23503 for an unknown run or criterion, 23514 for a status that does not exist, for not_applicable on a mandatory criterion and for a criterion that a query answers. Example: SELECT portfolio.record_evidence(1, ''runbook'', ''met'', note => ''in the library, reviewed'');';

CREATE FUNCTION portfolio.waive(run bigint, criterion text, owner text, reason text, expires date) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  INSERT INTO portfolio.waiver (run, criterion, owner, reason, expires)
  VALUES ($1, $2, portfolio.element_ref($3), $4, ($5 + 1)::timestamptz)
  RETURNING id;
END;
COMMENT ON FUNCTION portfolio.waive(bigint, text, text, text, date) IS
  'Waives a criterion until a day, inclusive: who answers for it (an element) and why; returns the waiver. It unblocks the gate and counts not as met. Raises 42501 for who does not decide at the gate and 23514 for longer than process.max_waiver_days. Example: SELECT portfolio.waive(1, ''known-errors'', ''SERVICE_OPERATIONS'', ''list follows from the supplier'', current_date + 30);';

CREATE FUNCTION portfolio.end_process(run bigint, ended_as text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE portfolio.process_run r SET ended_as = end_process.ended_as, reason = end_process.reason WHERE r.id = run;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'run % does not exist', run USING ERRCODE = 'undefined_object';
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.end_process(bigint, text, text) IS
  'Ends a run now as completed, stopped or abandoned. decide() does it at the last gate and at stop. Raises 42704 for an unknown run and 55000 for one that has ended.';

CREATE FUNCTION portfolio.decide(run bigint, gate text, outcome text, note text DEFAULT NULL, conditions jsonb DEFAULT '[]') RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  decision bigint;
  c jsonb;
  wrong text;
BEGIN
  IF NOT EXISTS (SELECT FROM portfolio.process_run r JOIN portfolio.gate g ON g.process = r.process AND g.version = r.version
                  WHERE r.id = decide.run AND g.code = decide.gate) THEN
    RAISE EXCEPTION 'run % has no gate "%"', run, gate
      USING ERRCODE = 'undefined_object', HINT = format('SELECT DISTINCT gate FROM portfolio.run_standing(%s) lists them.', run);
  END IF;
  IF jsonb_typeof(coalesce(conditions, '[]')) <> 'array' THEN
    RAISE EXCEPTION 'conditions must be a JSON array' USING ERRCODE = 'invalid_parameter_value',
      HINT = '[{"criterion": "known-errors", "owner": "SERVICE_OPERATIONS", "due_on": "2026-12-31", "what": "..."}]';
  END IF;
  IF jsonb_array_length(coalesce(conditions, '[]')) > 0 AND outcome <> 'proceed_with_conditions' THEN
    RAISE EXCEPTION 'only proceed_with_conditions takes conditions' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  FOR c IN SELECT * FROM jsonb_array_elements(coalesce(conditions, '[]')) LOOP
    SELECT k INTO wrong FROM jsonb_object_keys(c) k WHERE k NOT IN ('criterion', 'owner', 'due_on', 'what') LIMIT 1;
    IF wrong IS NOT NULL OR c->>'criterion' IS NULL OR c->>'owner' IS NULL OR c->>'due_on' IS NULL THEN
      RAISE EXCEPTION 'a condition has criterion, owner and due_on, and may have what'
        USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', c);
    END IF;
    INSERT INTO portfolio.condition (run, criterion, owner, due_on, what)
    VALUES (decide.run, c->>'criterion', portfolio.element_ref(c->>'owner'), (c->>'due_on')::date, c->>'what');
  END LOOP;
  PERFORM portfolio.evaluate(decide.run);
  INSERT INTO portfolio.gate_decision (run, gate, outcome, note) VALUES (decide.run, decide.gate, decide.outcome, decide.note)
  RETURNING id INTO decision;
  IF outcome = 'stop' THEN
    PERFORM portfolio.end_process(decide.run, 'stopped', note);
  ELSIF outcome = 'proceed' AND NOT EXISTS (
      SELECT FROM portfolio.process_run r
        JOIN portfolio.gate mine ON (mine.process, mine.version, mine.code) = (r.process, r.version, decide.gate)
        JOIN portfolio.stage here ON (here.process, here.version, here.code) = (mine.process, mine.version, mine.stage)
        JOIN portfolio.stage s ON (s.process, s.version) = (r.process, r.version) AND s.ord > here.ord
        JOIN portfolio.gate later ON (later.process, later.version, later.stage) = (s.process, s.version, s.code)
       WHERE r.id = decide.run) THEN
    PERFORM portfolio.end_process(decide.run, 'completed');
  END IF;
  RETURN decision;
END
$$;
COMMENT ON FUNCTION portfolio.decide(bigint, text, text, text, jsonb) IS
  'Decides at a gate: proceed, proceed_with_conditions, stop or defer; returns the decision. Asks the queries first. conditions is an array of {criterion, owner, due_on, what}. proceed at the last gate completes the run, stop ends it. Raises 23514 naming the criterion when a mandatory one is neither met nor waived (nor, with conditions, named by one) or the gate before is not passed, 42501 for who does not decide there. Example: SELECT portfolio.decide(1, ''assessment'', ''proceed'');';

CREATE FUNCTION portfolio.meet_condition(condition bigint, note text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  result text;
BEGIN
  UPDATE portfolio.condition c SET met_on = current_date, met_note = note WHERE c.id = meet_condition.condition
  RETURNING format('condition on "%s" met %s', c.criterion, CASE WHEN c.met_on > c.due_on THEN 'too late: decide at the gate again' ELSE 'in time' END)
  INTO result;
  IF result IS NULL THEN
    RAISE EXCEPTION 'condition % does not exist', condition
      USING ERRCODE = 'undefined_object', HINT = 'SELECT * FROM portfolio.my_work() lists open ones.';
  END IF;
  RETURN result;
END
$$;
COMMENT ON FUNCTION portfolio.meet_condition(bigint, text) IS
  'Records that a condition is met, today, by the current user, and says whether that was in time. Raises 42704 for an unknown condition and 55000 for one that was met before.';

CREATE VIEW portfolio.gate_status WITH (security_invoker = true) AS
  SELECT r.id AS run, r.element, r.process, r.version, g.code AS gate, s.ord, g.name AS gate_name,
         portfolio.gate_standing(r.id, g.code) AS standing,
         round(100 * (k.weight_met + k.weight_partly / 2) / nullif(k.weight_applicable, 0), 1) AS percent,
         k.met, k.partly, k.waived, k.applicable,
         CASE WHEN before.standing NOT IN ('proceed', 'conditions_met')
              THEN ARRAY['gate ' || before.gate || ' stands at: ' || before.standing] ELSE '{}' END || k.blockers AS blockers,
         k.next_steps
    FROM portfolio.process_run r
    JOIN portfolio.gate g ON g.process = r.process AND g.version = r.version
    JOIN portfolio.stage s ON s.process = g.process AND s.version = g.version AND s.code = g.stage
    LEFT JOIN LATERAL (
      SELECT b.code AS gate, portfolio.gate_standing(r.id, b.code) AS standing
        FROM portfolio.gate b JOIN portfolio.stage t ON t.process = b.process AND t.version = b.version AND t.code = b.stage
       WHERE b.process = r.process AND b.version = r.version AND t.ord < s.ord
       ORDER BY t.ord DESC LIMIT 1) before ON true
    CROSS JOIN LATERAL (
      SELECT coalesce(sum(c.weight) FILTER (WHERE c.status = 'met'), 0) AS weight_met,
             coalesce(sum(c.weight) FILTER (WHERE c.status = 'partly'), 0) AS weight_partly,
             coalesce(sum(c.weight) FILTER (WHERE c.status <> 'not_applicable'), 0) AS weight_applicable,
             count(*) FILTER (WHERE c.status = 'met')::integer AS met,
             count(*) FILTER (WHERE c.status = 'partly')::integer AS partly,
             count(*) FILTER (WHERE c.status = 'waived')::integer AS waived,
             count(*) FILTER (WHERE c.status <> 'not_applicable')::integer AS applicable,
             coalesce(array_agg(format('%s: %s (%s)', c.criterion, c.title, c.status) ORDER BY c.criterion)
                        FILTER (WHERE c.mandatory AND c.status NOT IN ('met', 'waived')), '{}') AS blockers,
             coalesce(array_agg(format('%s: %s', c.criterion, coalesce(c.guidance, c.title)) ORDER BY c.mandatory DESC, c.criterion)
                        FILTER (WHERE c.status NOT IN ('met', 'not_applicable')), '{}') AS next_steps
        FROM portfolio.run_standing(r.id) c WHERE c.gate = g.code) k
   WHERE upper_inf(r.during);
COMMENT ON VIEW portfolio.gate_status IS 'Every gate of every live run: how far it is, how it stands, what keeps it shut and what to do next. By evidence as recorded.';
COMMENT ON COLUMN portfolio.gate_status.run IS 'The run.';
COMMENT ON COLUMN portfolio.gate_status.element IS 'What goes through the process.';
COMMENT ON COLUMN portfolio.gate_status.process IS 'The process.';
COMMENT ON COLUMN portfolio.gate_status.version IS 'Its version.';
COMMENT ON COLUMN portfolio.gate_status.gate IS 'The gate.';
COMMENT ON COLUMN portfolio.gate_status.ord IS 'Order of the gates.';
COMMENT ON COLUMN portfolio.gate_status.gate_name IS 'Name of the gate for people.';
COMMENT ON COLUMN portfolio.gate_status.standing IS 'How it stands by its newest decision; see gate_standing().';
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

CREATE FUNCTION portfolio.readiness(element text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.readiness_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 5
BEGIN ATOMIC
  SELECT g.process, g.gate, g.percent, g.met, g.partly, g.waived, g.applicable, g.blockers, g.next_steps
    FROM portfolio.check_options($2, '{}') o CROSS JOIN portfolio.gate_status g
   WHERE g.element = portfolio.element_ref($1)
   ORDER BY g.process, g.ord;
END;
COMMENT ON FUNCTION portfolio.readiness(text, jsonb) IS
  'How ready an element is for each gate of the processes that it is in, in their order: percent = 100 x (weights met + half of the weights partly met) / weights applicable, beside what blocks it and what to do next. By evidence as recorded, so evaluate() first where data have changed. No rows for an element in no process. Example: SELECT gate, percent, blockers FROM portfolio.readiness(''service:EPS'');';
