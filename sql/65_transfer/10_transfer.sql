-- The transfer itself: into early life support, out of it, and back to the programme where it must be. The gates decide
-- (30_gates); these functions decide and move the services with it, in one transaction and with the caller's own rights.

CREATE TABLE portfolio.transfer_return (
  id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  element     bigint NOT NULL REFERENCES portfolio.element ON DELETE CASCADE,
  accepted_on date CHECK (isfinite(accepted_on)),
  reason      text NOT NULL CHECK (btrim(reason) <> ''),
  by          name NOT NULL DEFAULT CURRENT_USER,
  at          timestamptz NOT NULL DEFAULT now() CHECK (isfinite(at))
);
CREATE INDEX transfer_return_element ON portfolio.transfer_return (element);
COMMENT ON TABLE portfolio.transfer_return IS 'Programmes and services that were returned to programme governance: a transfer completed before that no longer counts. Class: user rows.';
COMMENT ON COLUMN portfolio.transfer_return.id IS 'Key.';
COMMENT ON COLUMN portfolio.transfer_return.element IS 'The programme or service.';
COMMENT ON COLUMN portfolio.transfer_return.accepted_on IS 'Day as of which service operations had accepted it; NULL: it never had.';
COMMENT ON COLUMN portfolio.transfer_return.reason IS 'Why.';
COMMENT ON COLUMN portfolio.transfer_return.by IS 'Who returned it.';
COMMENT ON COLUMN portfolio.transfer_return.at IS 'When.';
SELECT pg_extension_config_dump('portfolio.transfer_return', '');
SELECT pg_extension_config_dump('portfolio.transfer_return_id_seq', '');

CREATE FUNCTION portfolio.transfer_run(run bigint) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM portfolio.process_run r WHERE r.id = run AND r.process = 'transfer-to-service-operations' AND upper_inf(r.during)) THEN
    RAISE EXCEPTION 'run % is no transfer that is under way', coalesce(run::text, 'NULL')
      USING ERRCODE = 'undefined_object', HINT = 'SELECT portfolio.start_process(''service:CODE'', ''transfer-to-service-operations''); starts one.';
  END IF;
  RETURN (SELECT r.element FROM portfolio.process_run r WHERE r.id = run);
END
$$;
COMMENT ON FUNCTION portfolio.transfer_run(bigint) IS 'The element of a transfer that is under way; raises 42704 for any other run.';

CREATE FUNCTION portfolio.enter_early_life(run bigint, ends_on date, note text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  its_element constant bigint := portfolio.transfer_run(run);
  decision bigint;
BEGIN
  IF ends_on < current_date THEN
    RAISE EXCEPTION 'early life support ends today or later' USING ERRCODE = 'invalid_parameter_value', DETAIL = format('The day given is %s.', ends_on);
  END IF;
  IF portfolio.gate_standing(run, 'due-diligence') IN ('proceed', 'conditions_open', 'conditions_met') THEN
    SELECT max(d.id) INTO decision FROM portfolio.gate_decision d WHERE d.run = enter_early_life.run AND d.gate = 'due-diligence';
  ELSE
    decision := portfolio.decide(run, 'due-diligence', 'proceed', note);
  END IF;
  UPDATE portfolio.service s SET state = 'in_transition'
    FROM portfolio.transfer_scope t WHERE t.element = its_element AND s.id = t.service AND s.state = 'pipeline';
  UPDATE portfolio.service s SET state = 'early_life_support', early_life_ends = ends_on
    FROM portfolio.transfer_scope t WHERE t.element = its_element AND s.id = t.service AND s.state IN ('in_transition', 'early_life_support');
  RETURN decision;
END
$$;
COMMENT ON FUNCTION portfolio.enter_early_life(bigint, date, text) IS
  'Takes a transfer into early life support until a day, inclusive: decides proceed at gate due-diligence, unless it is passed (also under conditions), and moves the services that are transferred. Returns the decision. Raises 42704 for a run that is no transfer under way, 22023 for a day that has gone, what decide() raises, and 23514 naming what a service lacks. Example: SELECT portfolio.enter_early_life(1, current_date + 60);';

CREATE TYPE portfolio.early_life_row AS (service bigint, code text, what text, met boolean, found text, next_step text);
COMMENT ON TYPE portfolio.early_life_row IS 'Something that early life support must have reached before it ends.';
COMMENT ON COLUMN portfolio.early_life_row.service IS 'The service.';
COMMENT ON COLUMN portfolio.early_life_row.code IS 'Its code.';
COMMENT ON COLUMN portfolio.early_life_row.what IS 'What must be so.';
COMMENT ON COLUMN portfolio.early_life_row.met IS 'Is it so?';
COMMENT ON COLUMN portfolio.early_life_row.found IS 'What was found.';
COMMENT ON COLUMN portfolio.early_life_row.next_step IS 'What to do; NULL where nothing is to be done.';

CREATE FUNCTION portfolio.early_life_exit(element text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.early_life_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 10
BEGIN ATOMIC
  SELECT s.id, s.code, x.what, x.met, x.found, CASE WHEN NOT x.met THEN x.next_step END
    FROM portfolio.check_options($2, '{}') o
    JOIN portfolio.transfer_scope t ON t.element = portfolio.element_ref($1)
    JOIN portfolio.service s ON s.id = t.service
    CROSS JOIN LATERAL (
      SELECT 1 AS ord, 0 AS place, 'it is in early life support' AS what, s.state = 'early_life_support' AS met, s.state AS found, 'Take it there: SELECT portfolio.enter_early_life(...);' AS next_step
      UNION ALL
      SELECT 2, 0, 'the days agreed for it are over', coalesce(s.early_life_ends < CURRENT_DATE, false), coalesce('it ends on ' || s.early_life_ends, 'no end is agreed'), 'Wait for it, or agree an earlier end.'
      UNION ALL
      SELECT 3, d.ord, 'it has ' || d.what, v.value IS NOT NULL, coalesce(v.value, 'nothing'), replace(d.next_step, 'CODE', s.code)
        FROM portfolio.service_demand d
        CROSS JOIN LATERAL (
          SELECT CASE d.demand
                   WHEN 'owner' THEN portfolio.element_label(s.owner)
                   WHEN 'service_level' THEN (SELECT string_agg(l.measure, ', ' ORDER BY l.measure) FROM portfolio.service_level l WHERE l.service = s.id)
                   WHEN 'roadmap_item' THEN (SELECT string_agg(i.code, ', ' ORDER BY i.starts_on, i.code) FROM portfolio.roadmap_item i WHERE i.service = s.id)
                   ELSE to_jsonb(s) ->> d.demand END AS value) v
       WHERE d.state = 'live'
      UNION ALL
      SELECT 4, 0, 'no service level was missed of late', count(*) FILTER (WHERE v.verdict = 'missed') = 0,
             format('%s met, %s missed, %s not observed', count(*) FILTER (WHERE v.verdict = 'met'), count(*) FILTER (WHERE v.verdict = 'missed'), count(*) FILTER (WHERE v.verdict = 'not_observed')),
             format('SELECT * FROM portfolio.service_levels(NULL, %L); says by how much.', 'service:' || s.code)
        FROM (SELECT DISTINCT ON (l.measure) l.verdict
                FROM unnest(ARRAY[CURRENT_DATE - 365, CURRENT_DATE]) y (day) CROSS JOIN LATERAL portfolio.service_levels(portfolio.financial_year(y.day), 'service:' || s.code) l
               WHERE l.window_ends_on < CURRENT_DATE ORDER BY l.measure, l.window_from DESC) v
      UNION ALL
      SELECT 5, 0, 'nothing critical or high was found and is open', count(*) = 0, count(*) || ' open',
             'Mend what portfolio.open_finding shows for it.'
        FROM portfolio.finding f
       WHERE f.element = s.id AND f.severity IN ('critical', 'high') AND (f.status = 'open' OR f.status = 'risk_accepted' AND f.accepted_until < CURRENT_DATE)
      UNION ALL
      SELECT 6, 0, 'all conditions of its transfer are met', count(*) = 0, count(*) || ' open', 'Meet them: SELECT * FROM portfolio.blockers(...);'
        FROM portfolio.process_run r JOIN portfolio.condition c ON c.run = r.id AND c.met_on IS NULL
       WHERE r.element = t.element AND r.process = 'transfer-to-service-operations' AND upper_inf(r.during)) x
   ORDER BY s.code, x.ord, x.place;
END;
COMMENT ON FUNCTION portfolio.early_life_exit(text, jsonb) IS
  'What early life support must have reached before a service, or the services of a programme, are accepted: the time agreed, all that a live service needs, no service level missed in its last window, no open critical or high finding, no open condition. It is what evidence for criterion early-life-exit can quote; the gate decides. Example: SELECT code, what, found, next_step FROM portfolio.early_life_exit(''service:EPS'') WHERE NOT met;';

CREATE FUNCTION portfolio.accept_transfer(run bigint, accepted_on date DEFAULT CURRENT_DATE, note text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  its_element constant bigint := portfolio.transfer_run(run);
  decision bigint;
  wrong record;
BEGIN
  IF accepted_on IS NULL OR accepted_on > current_date OR NOT isfinite(accepted_on) THEN
    RAISE EXCEPTION 'a transfer is accepted today or was before' USING ERRCODE = 'invalid_parameter_value', DETAIL = format('The day given is %s.', coalesce(accepted_on::text, 'NULL'));
  END IF;
  SELECT s.code, s.state INTO wrong FROM portfolio.transfer_scope t JOIN portfolio.service s ON s.id = t.service
   WHERE t.element = its_element AND s.state IN ('pipeline', 'in_transition') ORDER BY s.code LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'service "%" cannot be accepted: it is %, not in early life support', wrong.code, wrong.state
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = format('SELECT portfolio.enter_early_life(%s, current_date + 60);', run);
  END IF;
  decision := portfolio.decide(run, 'acceptance', 'proceed', note);
  UPDATE portfolio.service s SET state = 'live', accepted_on = accept_transfer.accepted_on, live_on = accept_transfer.accepted_on, governed_by = NULL
    FROM portfolio.transfer_scope t WHERE t.element = its_element AND s.id = t.service AND s.state = 'early_life_support';
  UPDATE portfolio.service s SET accepted_on = coalesce(s.accepted_on, accept_transfer.accepted_on), governed_by = NULL
    FROM portfolio.transfer_scope t WHERE t.element = its_element AND s.id = t.service AND s.governed_by IS NOT NULL;
  UPDATE portfolio.programme p SET state = 'closed', closed_on = accept_transfer.accepted_on
   WHERE p.id = its_element AND p.state = 'in_delivery';
  RETURN decision;
END
$$;
COMMENT ON FUNCTION portfolio.accept_transfer(bigint, date, text) IS
  'Service operations accepts what was transferred: decides proceed at gate acceptance, which completes the run; its services become live and leave the governance of their programme, and a programme that was transferred is closed, as of the day of acceptance (today, or the earlier day on which the board accepted). Returns the decision. Raises 42704 for a run that is no transfer under way, 55000 for a service that is not in early life support, what decide() raises, and 23514 naming what a live service lacks. Example: SELECT portfolio.accept_transfer(1);';

CREATE FUNCTION portfolio.return_to_programme(element text, reason text, programme text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  its_element constant bigint := portfolio.element_ref(element);
  its_kind constant text := (SELECT e.kind FROM portfolio.element e WHERE e.id = its_element);
  services bigint[];
  back_to bigint;
  live_run bigint;
  was_accepted_on date;
  id bigint;
  its_reason constant text := coalesce(current_setting('pg_portfolio.reason', true), '');
BEGIN
  IF its_kind NOT IN ('service', 'programme') THEN
    RAISE EXCEPTION '% cannot be returned to a programme: it is no service and no programme', portfolio.element_label(its_element) USING ERRCODE = 'wrong_object_type';
  END IF;
  IF coalesce(btrim(reason), '') = '' THEN
    RAISE EXCEPTION 'a return to the programme needs a reason' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  -- What comes back: what it governs, and what it governed when it was accepted, of which the journal tells.
  SELECT array_agg(s.id ORDER BY s.id) INTO services
    FROM portfolio.service s
   WHERE s.id = its_element OR s.governed_by = its_element
      OR s.governed_by IS NULL AND its_element = (SELECT (c.old ->> 'governed_by')::bigint FROM portfolio.change c
            WHERE c.element = s.id AND c.table_name = 'service' AND c.operation = 'UPDATE' AND c.old ->> 'governed_by' IS NOT NULL AND c.new ->> 'governed_by' IS NULL
            ORDER BY c.id DESC LIMIT 1);
  SELECT r.id INTO live_run FROM portfolio.process_run r
   WHERE r.element = its_element AND r.process = 'transfer-to-service-operations' AND upper_inf(r.during);
  IF live_run IS NULL AND NOT EXISTS (SELECT FROM portfolio.service s WHERE s.id = ANY (services) AND s.state IN ('early_life_support', 'live')) THEN
    RAISE EXCEPTION '% is under its programme already', portfolio.element_label(its_element) USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  back_to := CASE WHEN programme IS NOT NULL THEN portfolio.element_ref(programme) WHEN its_kind = 'programme' THEN its_element
                  ELSE coalesce((SELECT s.governed_by FROM portfolio.service s WHERE s.id = its_element),
                                (SELECT (c.old ->> 'governed_by')::bigint FROM portfolio.change c
                                  WHERE c.element = its_element AND c.table_name = 'service' AND c.operation = 'UPDATE' AND c.old ->> 'governed_by' IS NOT NULL
                                  ORDER BY c.id DESC LIMIT 1)) END;
  IF NOT EXISTS (SELECT FROM portfolio.programme p WHERE p.id = back_to) THEN
    RAISE EXCEPTION 'it is not known to which programme % returns', portfolio.element_label(its_element)
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Name it: SELECT portfolio.return_to_programme(..., ..., ''programme:CODE'');';
  END IF;
  was_accepted_on := coalesce((SELECT p.closed_on FROM portfolio.programme p WHERE p.id = its_element),
                          (SELECT s.accepted_on FROM portfolio.service s WHERE s.id = its_element));
  PERFORM set_config('pg_portfolio.reason', reason, true);
  IF live_run IS NOT NULL THEN
    PERFORM portfolio.end_process(live_run, 'abandoned', reason);
  END IF;
  -- a programme that is reopened is returned with its service
  INSERT INTO portfolio.transfer_return (element, accepted_on, reason)
  SELECT p.id, p.closed_on, return_to_programme.reason FROM portfolio.programme p WHERE p.id = back_to AND p.state = 'closed' AND p.id <> its_element;
  UPDATE portfolio.programme p SET state = 'in_delivery', closed_on = NULL WHERE p.id = back_to AND p.state = 'closed';
  UPDATE portfolio.service s
     SET state = CASE WHEN s.state IN ('early_life_support', 'live') THEN 'in_transition' ELSE s.state END,
         governed_by = back_to, accepted_on = NULL, live_on = NULL, early_life_ends = NULL
   WHERE s.id = ANY (services) AND s.state IN ('pipeline', 'in_transition', 'early_life_support', 'live');
  INSERT INTO portfolio.transfer_return (element, accepted_on, reason) VALUES (its_element, was_accepted_on, return_to_programme.reason) RETURNING transfer_return.id INTO id;
  PERFORM set_config('pg_portfolio.reason', its_reason, true);
  RETURN id;
END
$$;
COMMENT ON FUNCTION portfolio.return_to_programme(text, text, text) IS
  'Returns a service, or a programme with its services, to programme governance: a transfer under way ends as abandoned, services in early life support or live are in transition again under the programme that governed them (or another one named), and a programme that was closed is reopened. The reason stands in the journal and in transfer_return, whose row is returned. Raises 42809 for another kind of element, 22023 without a reason or where the programme is not known, 55000 for what is under its programme already. Example: SELECT portfolio.return_to_programme(''service:EPS'', ''incidents doubled in early life'');';
