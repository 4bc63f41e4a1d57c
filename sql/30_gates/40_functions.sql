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
  IF NOT EXISTS (SELECT FROM portfolio.process_publication p WHERE p.process = start_process.process)
     AND EXISTS (SELECT FROM portfolio.process p WHERE p.code = start_process.process AND p.valid @> current_date) THEN
    PERFORM portfolio.publish_process(process);
  END IF;
  SELECT max(p.version) INTO its_version
    FROM portfolio.process p JOIN portfolio.process_publication u ON (u.process, u.version) = (p.code, p.version)
   WHERE p.code = start_process.process AND p.valid @> current_date;
  IF its_version IS NULL THEN
    RAISE EXCEPTION 'process "%" does not exist or is not valid today', process
      USING ERRCODE = 'undefined_object', HINT = 'SELECT code, version, name, valid FROM portfolio.process lists them.';
  END IF;
  SELECT r.id INTO live FROM portfolio.process_run r
   WHERE r.element = its_element AND r.process = start_process.process AND upper_inf(r.during);
  IF live IS NOT NULL THEN
    RAISE EXCEPTION '% is on its way through process "%" already', portfolio.element_label(its_element), process
      USING ERRCODE = 'exclusion_violation', DETAIL = format('It is run %s.', live),
            HINT = format('SELECT * FROM portfolio.readiness(%L);', portfolio.element_label(its_element));
  END IF;
  INSERT INTO portfolio.process_run (element, process, version) VALUES (its_element, start_process.process, its_version)
  RETURNING id INTO started;
  PERFORM portfolio.evaluate(started);
  RETURN started;
END
$$;
COMMENT ON FUNCTION portfolio.start_process(text, text) IS
  'Starts an element, named as element_ref() reads it, on the newest version of a process that is published and valid; asks the queries of its criteria and returns the run. A process of which nothing is published yet is published by its first run. Raises 42704 for an unknown element or process and 23P01 when it is on its way already. Example: SELECT portfolio.start_process(''service:EPS'', ''transfer-to-service-operations'');';

CREATE TYPE portfolio.evaluation AS (run bigint, criterion text, status text, value numeric, note text);
COMMENT ON TYPE portfolio.evaluation IS 'What the query of a criterion said of a run.';
COMMENT ON COLUMN portfolio.evaluation.run IS 'The run.';
COMMENT ON COLUMN portfolio.evaluation.criterion IS 'The criterion.';
COMMENT ON COLUMN portfolio.evaluation.status IS 'met, partly, not_met or unknown; not_applicable where applies_when leaves the element out.';
COMMENT ON COLUMN portfolio.evaluation.value IS 'The value that the query gave; NULL when unknown.';
COMMENT ON COLUMN portfolio.evaluation.note IS 'Why it is unknown, where the query did not run well.';

CREATE FUNCTION portfolio.evaluate(run bigint DEFAULT NULL) RETURNS SETOF portfolio.evaluation
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 20
AS 'MODULE_PATHNAME', 'pf_evaluate_run';
COMMENT ON FUNCTION portfolio.evaluate(bigint) IS
  'Asks the queries of a run''s criteria, or of all live runs, and records the answers as evidence: each query once for all elements, read-only and as its author, within the limits of stored queries. Evidence is added where it says something new. A query that fails makes its criterion unknown and stops no other. applies_when is asked the same way: not_applicable where it leaves the element out, unknown again where it takes it back. Example: SELECT * FROM portfolio.evaluate(1);';

CREATE FUNCTION portfolio.ask_criteria(run bigint DEFAULT NULL) RETURNS SETOF portfolio.evaluation
LANGUAGE c STABLE PARALLEL UNSAFE ROWS 20
AS 'MODULE_PATHNAME', 'pf_ask_criteria';
COMMENT ON FUNCTION portfolio.ask_criteria(bigint) IS
  'What evaluate() would answer now, and records nothing: of a run, or of all that are live and of the newest run of each element and process where that is completed. The query of a check may call it. Example: SELECT run, criterion, status, value FROM portfolio.ask_criteria();';

CREATE FUNCTION portfolio.record_evidence(run bigint, criterion text, status text, value numeric DEFAULT NULL, note text DEFAULT NULL, expires date DEFAULT NULL,
  attachment text DEFAULT NULL)
RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  INSERT INTO portfolio.evidence (run, criterion, status, value, note, expires, attachment)
  VALUES ($1, $2, $3, $4, $5, coalesce(($6 + 1)::timestamptz, 'infinity'), $7)
  RETURNING id;
END;
COMMENT ON FUNCTION portfolio.record_evidence(bigint, text, text, numeric, text, date, text) IS
  'Records evidence for a criterion: met, partly, not_met, not_applicable or unknown, with a value, a note, a last day and where it lies if it has them; returns its id. Nothing is overwritten, the newest counts. Raises 23503 for an unknown run or criterion, 23514 for a status that does not exist, for not_applicable on a mandatory criterion and for a criterion that a query answers. Example: SELECT portfolio.record_evidence(1, ''runbook'', ''met'', note => ''reviewed'', attachment => ''https://wiki.example/eps/runbook'');';

CREATE FUNCTION portfolio.waive(run bigint, criterion text, owner text, reason text, expires date) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  INSERT INTO portfolio.waiver (run, criterion, owner, reason, expires)
  VALUES ($1, $2, portfolio.element_ref($3), $4, ($5 + 1)::timestamptz)
  RETURNING id;
END;
COMMENT ON FUNCTION portfolio.waive(bigint, text, text, text, date) IS
  'Waives a criterion until a day, inclusive: who answers for it (an element) and why; returns the waiver. It unblocks the gate and counts not as met. Raises 42501 for who does not decide at the gate and 23514 for longer than process.max_waiver_days. Example: SELECT portfolio.waive(1, ''known-errors'', ''SERVICE_OPERATIONS'', ''list follows from the supplier'', current_date + 30);';

CREATE FUNCTION portfolio.request_waiver(run bigint, criterion text, owner text, reason text, expires date) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  INSERT INTO portfolio.waiver_request (run, criterion, owner, reason, expires)
  VALUES ($1, $2, portfolio.element_ref($3), $4, ($5 + 1)::timestamptz)
  RETURNING id;
END;
COMMENT ON FUNCTION portfolio.request_waiver(bigint, text, text, text, date) IS
  'Asks who decides at the gate to waive a criterion until a day, inclusive: who would answer for it (an element) and why; returns the request. Raises 23503 for an unknown run or criterion and 23514 for longer than process.max_waiver_days. Example: SELECT portfolio.request_waiver(1, ''capacity'', ''SERVICE_OPERATIONS'', ''the load test is booked'', current_date + 20);';

CREATE FUNCTION portfolio.grant_waiver(request bigint, expires date DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  granted bigint;
BEGIN
  IF EXISTS (SELECT FROM portfolio.waiver w WHERE w.request = grant_waiver.request) THEN
    RAISE EXCEPTION 'request % for a waiver was granted before', request
      USING ERRCODE = 'unique_violation', HINT = 'Ask again with portfolio.request_waiver().';
  END IF;
  INSERT INTO portfolio.waiver (run, criterion, owner, reason, expires, request)
    SELECT q.run, q.criterion, q.owner, q.reason, least(q.expires, (grant_waiver.expires + 1)::timestamptz), q.id
      FROM portfolio.waiver_request q WHERE q.id = request AND q.refused_at IS NULL
  RETURNING id INTO granted;
  IF granted IS NULL THEN
    RAISE EXCEPTION 'request % for a waiver does not exist or was refused', request
      USING ERRCODE = 'undefined_object', HINT = 'SELECT * FROM portfolio.waiver_request lists them.';
  END IF;
  RETURN granted;
END
$$;
COMMENT ON FUNCTION portfolio.grant_waiver(bigint, date) IS
  'Grants a request for a waiver, until the day that was asked for or an earlier one; returns the waiver. Raises 42704 for an unknown or refused request, 23505 for one that was granted before and 42501 for who does not decide at the gate.';

CREATE FUNCTION portfolio.refuse_waiver(request bigint, because text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  UPDATE portfolio.waiver_request q SET refused_because = because WHERE q.id = request;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'request % for a waiver does not exist', request
      USING ERRCODE = 'undefined_object', HINT = 'SELECT * FROM portfolio.waiver_request lists them.';
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.refuse_waiver(bigint, text) IS
  'Refuses a request for a waiver and says why. Raises 42704 for an unknown request, 55000 for one that has been answered and 42501 for who does not decide at the gate.';

CREATE FUNCTION portfolio.approve_gate(run bigint, gate text, note text DEFAULT NULL) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  INSERT INTO portfolio.gate_approval (run, gate, note) VALUES ($1, $2, $3) RETURNING id;
END;
COMMENT ON FUNCTION portfolio.approve_gate(bigint, text, text) IS
  'Approves that a gate is passed on the evidence that stands now; returns the approval. Where separation of duty is on, who gave evidence decides only after somebody else, who decides there too and gave none, has approved. Raises 23503 for an unknown run or gate and 42501 for who does not decide there. Example: SELECT portfolio.approve_gate(1, ''assessment'');';

CREATE FUNCTION portfolio.end_process(run bigint, ended_as text, reason text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF ended_as NOT IN ('completed', 'stopped', 'abandoned') THEN
    RAISE EXCEPTION 'a run cannot end as "%"', ended_as
      USING ERRCODE = 'check_violation', HINT = 'It is completed, stopped or abandoned.';
  END IF;
  UPDATE portfolio.process_run r SET ended_as = end_process.ended_as, reason = end_process.reason WHERE r.id = run;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'run % does not exist', run USING ERRCODE = 'undefined_object';
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.end_process(bigint, text, text) IS
  'Ends a run now as completed, stopped or abandoned. decide() does it at the last gate and at stop. Raises 23514 for another end, and for completed before the last gate is passed, 42704 for an unknown run and 55000 for one that has ended.';

CREATE FUNCTION portfolio.decide(run bigint, gate text, outcome text, note text DEFAULT NULL, conditions jsonb DEFAULT '[]') RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  decision bigint;
  c jsonb;
  wrong text;
BEGIN
  -- from here on nobody writes evidence, so what the queries take their time over is not overtaken
  PERFORM FROM portfolio.process_run r WHERE r.id = decide.run FOR NO KEY UPDATE;
  IF NOT EXISTS (SELECT FROM portfolio.process_run r JOIN portfolio.gate g ON g.process = r.process AND g.version = r.version
                  WHERE r.id = decide.run AND g.code = decide.gate) THEN
    RAISE EXCEPTION 'run % has no gate "%"', run, gate
      USING ERRCODE = 'undefined_object', HINT = format('SELECT DISTINCT gate FROM portfolio.run_standing(%s) lists them.', run);
  END IF;
  IF outcome NOT IN ('proceed', 'proceed_with_conditions', 'stop', 'defer') THEN
    RAISE EXCEPTION 'outcome "%" of a decision is not known', outcome
      USING ERRCODE = 'check_violation', HINT = 'It is proceed, proceed_with_conditions, stop or defer.';
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
  'Decides at a gate: proceed, proceed_with_conditions, stop or defer; returns the decision. Asks the queries first. conditions is an array of {criterion, owner, due_on, what}. proceed at the last gate completes the run, stop ends it. Raises 23514 for an outcome that does not exist, and naming the criterion when a mandatory one is neither met nor waived (nor, with conditions, named by one) or the gate before is not passed, 42501 for who does not decide there or would be the only one to decide on evidence of his own, under whatever role, 40001 where the run has been changed since the transaction began. Example: SELECT portfolio.decide(1, ''assessment'', ''proceed'');';

CREATE FUNCTION portfolio.meet_condition(condition bigint, note text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  result text;
BEGIN
  UPDATE portfolio.condition c SET met_on = portfolio.law_day(), met_note = note WHERE c.id = meet_condition.condition
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
