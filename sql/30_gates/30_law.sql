-- How a run stands, and the law of decisions.

CREATE TYPE portfolio.criterion_standing AS (
  run bigint, process text, version integer, gate text, criterion text, title text, guidance text, mandatory boolean, weight numeric,
  status text, evidence bigint, evidence_status text, evidence_at timestamptz, evidence_expires timestamptz,
  waiver bigint, waiver_at timestamptz, waiver_expires timestamptz, condition bigint);
COMMENT ON TYPE portfolio.criterion_standing IS 'How one criterion of a run stands at one moment.';
COMMENT ON COLUMN portfolio.criterion_standing.run IS 'The run.';
COMMENT ON COLUMN portfolio.criterion_standing.process IS 'Its process.';
COMMENT ON COLUMN portfolio.criterion_standing.version IS 'The process''s version.';
COMMENT ON COLUMN portfolio.criterion_standing.gate IS 'The gate at which the criterion is judged.';
COMMENT ON COLUMN portfolio.criterion_standing.criterion IS 'The criterion.';
COMMENT ON COLUMN portfolio.criterion_standing.title IS 'What must be so.';
COMMENT ON COLUMN portfolio.criterion_standing.guidance IS 'How to get there.';
COMMENT ON COLUMN portfolio.criterion_standing.mandatory IS 'Does the gate stay shut without it?';
COMMENT ON COLUMN portfolio.criterion_standing.weight IS 'Its weight.';
COMMENT ON COLUMN portfolio.criterion_standing.status IS 'met, partly, not_met, waived, not_applicable or unknown (no evidence, or none that still holds).';
COMMENT ON COLUMN portfolio.criterion_standing.evidence IS 'The newest evidence, where it still holds.';
COMMENT ON COLUMN portfolio.criterion_standing.evidence_status IS 'What it says.';
COMMENT ON COLUMN portfolio.criterion_standing.evidence_at IS 'When it was recorded.';
COMMENT ON COLUMN portfolio.criterion_standing.evidence_expires IS 'When it expires.';
COMMENT ON COLUMN portfolio.criterion_standing.waiver IS 'The live waiver that counts.';
COMMENT ON COLUMN portfolio.criterion_standing.waiver_at IS 'When it was given.';
COMMENT ON COLUMN portfolio.criterion_standing.waiver_expires IS 'When it expires.';
COMMENT ON COLUMN portfolio.criterion_standing.condition IS 'The open condition that names the criterion.';

-- The law has one calendar: whoever sets another time zone in a session gains no day by it.
CREATE FUNCTION portfolio.law_day(at timestamptz DEFAULT now()) RETURNS date
LANGUAGE sql STABLE PARALLEL SAFE
RETURN ($1 AT TIME ZONE 'UTC')::date;
COMMENT ON FUNCTION portfolio.law_day(timestamptz) IS
  'The day on which something is, as gates and the states of services count days: that of UTC, whatever the session''s time zone. NULL for NULL. Example: SELECT portfolio.law_day();';

CREATE FUNCTION portfolio.run_standing(run bigint, at timestamptz DEFAULT now()) RETURNS SETOF portfolio.criterion_standing
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT r.id, r.process, r.version, c.gate, c.code, c.title, c.guidance, c.mandatory, c.weight,
         CASE WHEN e.status IN ('met', 'not_applicable') THEN e.status
              WHEN w.id IS NOT NULL THEN 'waived'
              ELSE coalesce(e.status, 'unknown') END,
         e.id, e.status, e.at, e.expires,
         CASE WHEN e.status IN ('met', 'not_applicable') THEN NULL ELSE w.id END,
         CASE WHEN e.status IN ('met', 'not_applicable') THEN NULL ELSE w.at END,
         CASE WHEN e.status IN ('met', 'not_applicable') THEN NULL ELSE w.expires END,
         CASE WHEN e.status IN ('met', 'not_applicable') OR w.id IS NOT NULL THEN NULL ELSE d.id END
    FROM portfolio.process_run r
    JOIN portfolio.criterion c ON c.process = r.process AND c.version = r.version
    LEFT JOIN (SELECT DISTINCT ON (v.criterion) v.criterion, v.id, v.status, v.at, v.expires FROM portfolio.evidence v
                WHERE v.run = $1 AND v.at <= $2 ORDER BY v.criterion, v.at DESC, v.id DESC) e ON e.criterion = c.code AND e.expires > $2
    LEFT JOIN (SELECT DISTINCT ON (v.criterion) v.criterion, v.id, v.at, v.expires FROM portfolio.waiver v
                WHERE v.run = $1 AND v.at <= $2 AND v.expires > $2 ORDER BY v.criterion, v.expires DESC, v.id DESC) w ON w.criterion = c.code
    LEFT JOIN (SELECT DISTINCT ON (v.criterion) v.criterion, v.id FROM portfolio.condition v
                WHERE v.run = $1 AND v.at <= $2 AND (v.met_at IS NULL OR v.met_at > $2) AND v.due_on >= portfolio.law_day($2)
                ORDER BY v.criterion, v.at DESC, v.id DESC) d ON d.criterion = c.code
   WHERE r.id = $1;
END;
COMMENT ON FUNCTION portfolio.run_standing(bigint, timestamptz) IS
  'How each criterion of a run stands, now or at another moment: the newest evidence that holds, else a live waiver, else unknown. No rows for an unknown run. Example: SELECT criterion, status FROM portfolio.run_standing(1) WHERE mandatory;';

CREATE TYPE portfolio.gate_standing_row AS (gate text, ord integer, gate_name text, decision bigint, standing text, before text, before_standing text);
COMMENT ON TYPE portfolio.gate_standing_row IS 'How one gate of a run stands at one moment.';
COMMENT ON COLUMN portfolio.gate_standing_row.gate IS 'The gate.';
COMMENT ON COLUMN portfolio.gate_standing_row.ord IS 'Order of the gates.';
COMMENT ON COLUMN portfolio.gate_standing_row.gate_name IS 'Name of the gate for people.';
COMMENT ON COLUMN portfolio.gate_standing_row.decision IS 'Its newest decision; NULL where there is none.';
COMMENT ON COLUMN portfolio.gate_standing_row.standing IS
  'undecided, proceed, conditions_open, conditions_met, lapsed (a condition is overdue or was met too late), stop or defer. The next gate opens after proceed and conditions_met.';
COMMENT ON COLUMN portfolio.gate_standing_row.before IS 'The gate before it; NULL for the first.';
COMMENT ON COLUMN portfolio.gate_standing_row.before_standing IS 'How that one stands.';

CREATE FUNCTION portfolio.run_gates(run bigint, at timestamptz DEFAULT now()) RETURNS SETOF portfolio.gate_standing_row
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT g.code, s.ord, g.name, d.id, n.standing, lag(g.code) OVER by_order, lag(n.standing) OVER by_order
    FROM portfolio.process_run r
    JOIN portfolio.gate g ON g.process = r.process AND g.version = r.version
    JOIN portfolio.stage s ON s.process = g.process AND s.version = g.version AND s.code = g.stage
    LEFT JOIN (SELECT DISTINCT ON (v.gate) v.gate, v.id, v.outcome FROM portfolio.gate_decision v
                WHERE v.run = $1 AND v.at <= $2 ORDER BY v.gate, v.at DESC, v.id DESC) d ON d.gate = g.code
    LEFT JOIN LATERAL (
      SELECT coalesce(bool_or(k.met_on > k.due_on OR (k.met_at IS NULL OR k.met_at > $2) AND k.due_on < portfolio.law_day($2)), false) AS too_late,
             coalesce(bool_or(k.met_at IS NULL OR k.met_at > $2), false) AS open
        FROM portfolio.gate_decision_evidence b JOIN portfolio.condition k ON k.id = b.condition
       WHERE b.decision = d.id) c ON d.outcome = 'proceed_with_conditions'
    CROSS JOIN LATERAL (
      SELECT CASE WHEN d.id IS NULL THEN 'undecided' WHEN d.outcome <> 'proceed_with_conditions' THEN d.outcome
                  WHEN c.too_late THEN 'lapsed' WHEN c.open THEN 'conditions_open' ELSE 'conditions_met' END AS standing) n
   WHERE r.id = $1
  WINDOW by_order AS (ORDER BY s.ord);
END;
COMMENT ON FUNCTION portfolio.run_gates(bigint, timestamptz) IS
  'How each gate of a run stands by its newest decision, now or at another moment, and the gate before it. No rows for an unknown run. Example: SELECT gate, standing FROM portfolio.run_gates(1) ORDER BY ord;';

CREATE FUNCTION portfolio.gate_standing(run bigint, gate text, at timestamptz DEFAULT now()) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN coalesce((SELECT g.standing FROM portfolio.run_gates($1, $3) g WHERE g.gate = $2), 'undecided');
COMMENT ON FUNCTION portfolio.gate_standing(bigint, text, timestamptz) IS
  'How one gate of a run stands, as run_gates() says; undecided for an unknown gate or run.';

CREATE FUNCTION portfolio.may_decide(process text, version integer, gate text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce((
    SELECT a.role IS NULL OR coalesce(pg_has_role(p.oid, 'USAGE'), false)
        OR pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = 'portfolio.gate_decision'::regclass), 'USAGE')
      FROM (SELECT coalesce(s.decided_by, g.decided_by) AS role
              FROM portfolio.gate g LEFT JOIN portfolio.gate_setting s ON (s.process, s.version, s.gate) = (g.process, g.version, g.code)
             WHERE (g.process, g.version, g.code) = ($1, $2, $3)) a
      LEFT JOIN pg_roles p ON p.rolname = a.role), true);
END;
COMMENT ON FUNCTION portfolio.may_decide(text, integer, text) IS
  'May the current user decide at this gate and waive its criteria? Who has the role named by gate_setting or gate, anybody where neither names one, and the owner of the tables.';

CREATE FUNCTION portfolio.refuse_future(what text, at timestamptz) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF at > transaction_timestamp() + interval '5 minutes' THEN
    RAISE EXCEPTION 'a row of % cannot be dated in the future', what
      USING ERRCODE = 'datetime_field_overflow', DETAIL = format('It is dated %s.', at);
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.refuse_future(text, timestamptz) IS
  'Raises 22008 for a moment more than five minutes ahead, which is as far as the clock of the server that was dumped may have been ahead of this one.';

-- A row is of the moment at which its transaction began. What others have written since, while it waited for the run, was not
-- known to it, and would stand before it in time.
CREATE FUNCTION portfolio.refuse_stale(run bigint, at timestamptz, criterion text DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM portfolio.evidence e WHERE e.run = refuse_stale.run AND e.at > refuse_stale.at AND (refuse_stale.criterion IS NULL OR e.criterion = refuse_stale.criterion))
     OR (criterion IS NULL
         AND (EXISTS (SELECT FROM portfolio.waiver w WHERE w.run = refuse_stale.run AND w.at > refuse_stale.at)
              OR EXISTS (SELECT FROM portfolio.condition c WHERE c.run = refuse_stale.run AND greatest(c.at, c.met_at) > refuse_stale.at)
              OR EXISTS (SELECT FROM portfolio.gate_decision d WHERE d.run = refuse_stale.run AND d.at > refuse_stale.at))) THEN
    RAISE EXCEPTION 'run % has been changed since this transaction began', run
      USING ERRCODE = 'serialization_failure', HINT = 'Look at it again, and repeat the transaction.';
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.refuse_stale(bigint, timestamptz, text) IS
  'Raises 40001 where a run has evidence, a waiver, a condition or a decision of a later moment than this one; with a criterion, where that has later evidence.';

-- What is refused of new evidence, waivers and conditions. Rows of another moment than this transaction's come from a restore:
-- they were judged when they were written.
CREATE FUNCTION portfolio.guard_gate_row() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c portfolio.criterion;
  is_owner boolean := pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE');
  days integer;
BEGIN
  IF NEW.at <> transaction_timestamp() THEN
    IF NOT is_owner THEN
      RAISE EXCEPTION 'rows of % are of the moment at which they are written', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM portfolio.refuse_future(TG_TABLE_NAME, NEW.at);
    RETURN NEW;
  END IF;
  IF EXISTS (SELECT FROM portfolio.process_run r WHERE r.id = NEW.run AND NOT upper_inf(r.during)) THEN
    RAISE EXCEPTION 'run % has ended', NEW.run
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Start another one with portfolio.start_process().';
  END IF;
  SELECT * INTO c FROM portfolio.criterion k WHERE (k.process, k.version, k.code) = (NEW.process, NEW.version, NEW.criterion);
  IF NEW.run IS NULL THEN
    RETURN NEW;  -- the NOT NULL constraint says so
  ELSIF NOT FOUND THEN
    RAISE EXCEPTION 'process "%" version % has no criterion "%"', NEW.process, NEW.version, NEW.criterion
      USING ERRCODE = 'foreign_key_violation',
            HINT = format('SELECT criterion, title FROM portfolio.run_standing(%s) lists them.', NEW.run);
  END IF;
  CASE TG_TABLE_NAME
    WHEN 'evidence' THEN
      IF c.evidence_kind <> 'query' THEN    -- a query that others have asked since has answered them all
        PERFORM portfolio.refuse_stale(NEW.run, NEW.at, NEW.criterion);
      END IF;
      IF NEW.status NOT IN ('met', 'partly', 'not_met', 'not_applicable', 'unknown') THEN
        RAISE EXCEPTION 'status "%" of evidence is not known', NEW.status
          USING ERRCODE = 'check_violation',
                HINT = CASE NEW.status WHEN 'waived' THEN 'portfolio.waive() waives a criterion.'
                       ELSE 'It is met, partly, not_met, not_applicable or unknown.' END;
      ELSIF NEW.expires <= NEW.at THEN
        RAISE EXCEPTION 'evidence for criterion "%" has expired already', c.code
          USING ERRCODE = 'check_violation', DETAIL = format('It would be good until %s.', NEW.expires);
      END IF;
      IF c.evidence_kind = 'query' AND NOT is_owner THEN
        RAISE EXCEPTION 'criterion "%" is answered by its query', c.code
          USING ERRCODE = 'check_violation', HINT = format('SELECT * FROM portfolio.evaluate(%s); asks it.', NEW.run);
      END IF;
      IF NEW.status = 'not_applicable' AND c.mandatory AND NOT (c.applies_when IS NOT NULL AND is_owner) THEN
        RAISE EXCEPTION 'criterion "%" is mandatory and %', c.code,
            CASE WHEN c.applies_when IS NULL THEN 'always applies' ELSE 'applies where its applies_when says so' END
          USING ERRCODE = 'check_violation',
                HINT = format('Who decides at gate "%s" can waive it for a time with portfolio.waive().', c.gate);
      END IF;
      IF NEW.expires = 'infinity' AND c.valid_days IS NOT NULL THEN
        NEW.expires := NEW.at + make_interval(days => c.valid_days);
      END IF;
    WHEN 'waiver', 'waiver_request' THEN
      IF TG_TABLE_NAME = 'waiver' AND NOT portfolio.may_decide(NEW.process, NEW.version, c.gate) THEN
        RAISE EXCEPTION 'only who decides at gate "%" can waive criterion "%"', c.gate, c.code
          USING ERRCODE = 'insufficient_privilege', HINT = 'Ask for it: SELECT portfolio.request_waiver(...);';
      END IF;
      IF btrim(NEW.reason) = '' THEN
        RAISE EXCEPTION 'a waiver of criterion "%" needs a reason', c.code USING ERRCODE = 'check_violation';
      ELSIF NEW.expires <= NEW.at THEN
        RAISE EXCEPTION 'a waiver of criterion "%" would have ended already', c.code
          USING ERRCODE = 'check_violation', DETAIL = format('It would end at %s.', NEW.expires), HINT = 'Its last day is today or later.';
      END IF;
      SELECT p.max_waiver_days INTO days FROM portfolio.process p WHERE (p.code, p.version) = (NEW.process, NEW.version);
      IF NEW.expires > NEW.at + make_interval(days => days + 1) THEN
        RAISE EXCEPTION 'a waiver in process "%" lasts at most % days', NEW.process, days
          USING ERRCODE = 'check_violation', HINT = 'Waive it for a shorter time, and again if it must be.';
      END IF;
    WHEN 'condition' THEN
      IF NEW.met_on IS NOT NULL OR NEW.due_on < portfolio.law_day() THEN
        RAISE EXCEPTION 'a new condition is open and due today or later'
          USING ERRCODE = 'check_violation', DETAIL = format('The condition on "%s" is due on %s.', NEW.criterion, NEW.due_on);
      END IF;
  END CASE;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.guard_gate_row() IS
  'Trigger on evidence, waiver_request, waiver and condition: judges what is written now (live run, known criterion, right to waive, limits of time) and lets a restore''s rows pass.';

CREATE FUNCTION portfolio.guard_approval() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NEW.at <> transaction_timestamp() AND pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    PERFORM portfolio.refuse_future(TG_TABLE_NAME, NEW.at);
    RETURN NEW;
  END IF;
  PERFORM portfolio.refuse_stale(NEW.run, NEW.at);
  IF NEW.run IS NOT NULL AND NOT EXISTS (SELECT FROM portfolio.gate g WHERE (g.process, g.version, g.code) = (NEW.process, NEW.version, NEW.gate)) THEN
    RAISE EXCEPTION 'process "%" version % has no gate "%"', NEW.process, NEW.version, NEW.gate
      USING ERRCODE = 'foreign_key_violation', HINT = format('SELECT DISTINCT gate FROM portfolio.run_standing(%s) lists them.', NEW.run);
  END IF;
  IF NOT portfolio.may_decide(NEW.process, NEW.version, NEW.gate) THEN
    RAISE EXCEPTION 'role "%" does not decide at gate "%"', current_user, NEW.gate
      USING ERRCODE = 'insufficient_privilege',
            HINT = 'Members of the role in portfolio.gate.decided_by do, or of the one in portfolio.gate_setting.';
  END IF;
  SELECT coalesce(array_agg(s.evidence), '{}') INTO NEW.evidence
    FROM portfolio.run_standing(NEW.run) s WHERE s.gate = NEW.gate AND s.evidence IS NOT NULL;
  IF session_user <> current_user AND NOT pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') AND (SELECT p.separation_of_duty FROM portfolio.process p WHERE (p.code, p.version) = (NEW.process, NEW.version))
     AND EXISTS (SELECT FROM portfolio.evidence e JOIN portfolio.criterion c ON (c.process, c.version, c.code) = (e.process, e.version, e.criterion)
                  WHERE e.id = ANY (NEW.evidence) AND e."by" = session_user AND c.evidence_kind = 'manual' AND e.status <> 'unknown') THEN
    RAISE EXCEPTION 'role "%" gave evidence for gate "%" and cannot approve it as "%"', session_user, NEW.gate, current_user USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.guard_approval() IS
  'Trigger on gate_approval: only who decides at the gate approves, and what he approves is the evidence that stands then. A restore''s rows pass.';

-- What is written never changes, but an owner that becomes another element by merge_elements() is that one from then on.
CREATE FUNCTION portfolio.only_merged(relation oid, old jsonb, new jsonb) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT $2 ->> 'owner' <> $3 ->> 'owner' AND $2 - 'owner' = $3 - 'owner' AND pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = $1), 'USAGE');
END;
COMMENT ON FUNCTION portfolio.only_merged(oid, jsonb, jsonb) IS
  'Whether a row of a table is given another owner, and nothing else, by the owner of the table, as merge_elements() does. NULL where the table has no column owner.';

CREATE FUNCTION portfolio.guard_waiver_request() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  its_gate text := (SELECT c.gate FROM portfolio.criterion c WHERE (c.process, c.version, c.code) = (OLD.process, OLD.version, OLD.criterion));
BEGIN
  IF portfolio.only_merged(TG_RELID, to_jsonb(OLD), to_jsonb(NEW)) THEN
    RETURN NEW;
  END IF;
  PERFORM FROM portfolio.process_run r WHERE r.id = OLD.run FOR NO KEY UPDATE;  -- who grants it at this moment holds the run
  IF OLD.refused_at IS NOT NULL OR NEW.refused_because IS NULL
     OR EXISTS (SELECT FROM portfolio.waiver w WHERE w.request = OLD.id)
     OR to_jsonb(NEW) - '{refused_because,refused_by,refused_at}'::text[] <> to_jsonb(OLD) - '{refused_because,refused_by,refused_at}'::text[] THEN
    RAISE EXCEPTION 'a request for a waiver can only be refused, and only while it is open'
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Ask again with portfolio.request_waiver().';
  END IF;
  IF NOT portfolio.may_decide(OLD.process, OLD.version, its_gate) THEN
    RAISE EXCEPTION 'only who decides at gate "%" can refuse to waive criterion "%"', its_gate, OLD.criterion USING ERRCODE = 'insufficient_privilege';
  END IF;
  NEW.refused_by := current_user;
  NEW.refused_at := transaction_timestamp();
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.guard_waiver_request() IS
  'Trigger on waiver_request: the only change is that it is refused, once, now and by who decides at the gate.';

CREATE FUNCTION portfolio.guard_written() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF TG_OP = 'DELETE' AND pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RETURN OLD;
  ELSIF TG_OP = 'UPDATE' AND portfolio.only_merged(TG_RELID, to_jsonb(OLD), to_jsonb(NEW)) THEN
    RETURN NEW;
  END IF;
  RAISE EXCEPTION 'what stands in % is never changed', TG_TABLE_NAME
    USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Write a new row: the newest counts.';
END
$$;
COMMENT ON FUNCTION portfolio.guard_written() IS
  'Trigger on evidence, waiver, gate_approval, gate_decision and gate_decision_evidence: rows are not updated, but for an owner that merge_elements() changes, and deleted by the tables'' owner only.';

CREATE FUNCTION portfolio.guard_condition() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF portfolio.only_merged(TG_RELID, to_jsonb(OLD), to_jsonb(NEW)) THEN
    RETURN NEW;
  END IF;
  IF OLD.met_on IS NOT NULL OR NEW.met_on IS NULL
     OR to_jsonb(NEW) - '{met_on,met_at,met_by,met_note}'::text[] <> to_jsonb(OLD) - '{met_on,met_at,met_by,met_note}'::text[] THEN
    RAISE EXCEPTION 'a condition can only be met, once'
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'To change what is due, decide at the gate again with other conditions.';
  END IF;
  NEW.met_on := portfolio.law_day();
  NEW.met_at := transaction_timestamp();
  NEW.met_by := current_user;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.guard_condition() IS 'Trigger on condition: the only change is that it is met, today, by the current user.';

CREATE FUNCTION portfolio.guard_run() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  -- merge_elements() moves runs as the owner, but none on which something rests or may yet rest: its gates were asked about another element
  IF NEW.element <> OLD.element AND to_jsonb(NEW) - 'element' = to_jsonb(OLD) - 'element' AND pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    IF OLD.ended_as IN ('stopped', 'abandoned') THEN
      RETURN NEW;
    END IF;
    RAISE EXCEPTION 'run % is %, and stays with %', OLD.id, coalesce(OLD.ended_as, 'live'), portfolio.element_label(OLD.element)
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = CASE WHEN OLD.ended_as IS NULL THEN format('End it first: SELECT portfolio.end_process(%s, ''abandoned'', ...);', OLD.id) ELSE 'Keep that element, and merge the other one into it.' END;
  END IF;
  IF NOT upper_inf(OLD.during) OR NEW.ended_as IS NULL
     OR to_jsonb(NEW) - '{during,ended_as,reason}'::text[] <> to_jsonb(OLD) - '{during,ended_as,reason}'::text[] THEN
    RAISE EXCEPTION 'a run can only be ended, once'
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Start another one with portfolio.start_process().';
  END IF;
  IF NEW.ended_as = 'completed' AND (SELECT g.standing FROM portfolio.run_gates(OLD.id) g ORDER BY g.ord DESC LIMIT 1) NOT IN ('proceed', 'conditions_met') THEN
    RAISE EXCEPTION 'run % is not completed: its last gate is not passed', OLD.id
      USING ERRCODE = 'check_violation', DETAIL = (SELECT format('Gate "%s" stands at: %s.', g.gate, g.standing) FROM portfolio.run_gates(OLD.id) g ORDER BY g.ord DESC LIMIT 1),
            HINT = format('Decide at it with portfolio.decide(), or end the run as stopped or abandoned: SELECT portfolio.end_process(%s, ''abandoned'', ...);', OLD.id);
  END IF;
  NEW.during := tstzrange(lower(OLD.during), greatest(transaction_timestamp(), lower(OLD.during) + interval '1 microsecond'));
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.guard_run() IS 'Trigger on process_run: the only change is that it ends, now; as completed only where its last gate is passed (23514).';

-- The law of decisions.
CREATE FUNCTION portfolio.decision_evidence(decision bigint) RETURNS SETOF portfolio.evidence
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT e.id, e.run, e.process, e.version, e.criterion, e.status, e.value, e.note, e.attachment, e.by, e.at, e.expires
    FROM portfolio.gate_decision_evidence b
    JOIN portfolio.evidence e ON e.id = b.evidence
    JOIN portfolio.criterion c ON c.process = e.process AND c.version = e.version AND c.code = e.criterion
   WHERE b.decision = $1 AND c.evidence_kind = 'manual' AND e.status <> 'unknown';
END;
COMMENT ON FUNCTION portfolio.decision_evidence(bigint) IS
  'The evidence, given by people, on which a decision rests; no rows for an unknown decision or one that rests on queries alone.';

CREATE FUNCTION portfolio.judge_decision() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  before text;
  standing text;
  blocking text;
  named text;
  own text;
BEGIN
  PERFORM portfolio.refuse_future(TG_TABLE_NAME, NEW.at);
  IF NEW.at <> transaction_timestamp() AND NOT pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RAISE EXCEPTION 'a decision is of the moment at which it is written' USING ERRCODE = 'insufficient_privilege';
  END IF;
  IF NEW.at = transaction_timestamp() THEN
    PERFORM portfolio.refuse_stale(NEW.run, NEW.at);
  END IF;
  IF NEW.at = transaction_timestamp() AND NOT portfolio.may_decide(NEW.process, NEW.version, NEW.gate) THEN
    RAISE EXCEPTION 'role "%" does not decide at gate "%"', current_user, NEW.gate
      USING ERRCODE = 'insufficient_privilege',
            HINT = 'Members of the role in portfolio.gate.decided_by do, or of the one in portfolio.gate_setting.';
  END IF;
  IF NOT EXISTS (SELECT FROM portfolio.process_run r
                  WHERE r.id = NEW.run AND NEW.at >= lower(r.during) AND (upper_inf(r.during) OR NEW.at <= upper(r.during))) THEN
    RAISE EXCEPTION 'run % was not live at the moment of the decision', NEW.run USING ERRCODE = 'object_not_in_prerequisite_state';
  END IF;
  IF EXISTS (SELECT FROM portfolio.gate_decision_evidence b
              WHERE b.decision = NEW.id AND (b.run <> NEW.run OR b.decided_at <> NEW.at))
     OR EXISTS (SELECT FROM portfolio.criterion c
                 WHERE (c.process, c.version, c.gate) = (NEW.process, NEW.version, NEW.gate)
                   AND NOT EXISTS (SELECT FROM portfolio.gate_decision_evidence b WHERE b.decision = NEW.id AND b.criterion = c.code)) THEN
    RAISE EXCEPTION 'the basis of decision % is not that of gate "%" of run %', NEW.id, NEW.gate, NEW.run USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.outcome NOT IN ('proceed', 'proceed_with_conditions') THEN
    RETURN NULL;
  END IF;

  -- The gate before stands open.
  SELECT g.before, g.before_standing INTO before, standing FROM portfolio.run_gates(NEW.run, NEW.at) g WHERE g.gate = NEW.gate;
  IF before IS NOT NULL AND standing NOT IN ('proceed', 'conditions_met') THEN
    RAISE EXCEPTION 'gate "%" is shut until gate "%" is passed', NEW.gate, before
      USING ERRCODE = 'check_violation',
            DETAIL = format('Gate "%s" stands at: %s.', before, standing),
            HINT = CASE standing WHEN 'conditions_open' THEN 'Meet its conditions first: portfolio.meet_condition().'
                                 WHEN 'lapsed' THEN 'A condition was not met in time: decide at that gate again.'
                                 ELSE 'Decide at that gate first.' END;
  END IF;

  -- Each mandatory criterion is met or waived, or, with conditions, named by one.
  SELECT string_agg(format('"%s" (%s)', b.criterion, b.status), ', ' ORDER BY b.criterion), min(b.criterion) INTO blocking, named
    FROM portfolio.gate_decision_evidence b
   WHERE b.decision = NEW.id AND b.mandatory AND b.status NOT IN ('met', 'waived', 'not_applicable')
     AND (NEW.outcome = 'proceed' OR b.condition IS NULL);
  IF blocking IS NOT NULL AND NEW.outcome = 'proceed' THEN
    RAISE EXCEPTION 'gate "%" cannot be passed: mandatory criterion "%" is neither met nor waived', NEW.gate, named
      USING ERRCODE = 'check_violation', CONSTRAINT = 'gate_decision_proceed', TABLE = 'gate_decision', SCHEMA = 'portfolio',
            DETAIL = format('Neither met nor under a live waiver: %s.', blocking),
            HINT = 'Record evidence, waive the criterion, or decide proceed_with_conditions with a condition that names it.';
  ELSIF blocking IS NOT NULL THEN
    RAISE EXCEPTION 'gate "%" cannot be passed with conditions: none names mandatory criterion "%"', NEW.gate, named
      USING ERRCODE = 'check_violation', CONSTRAINT = 'gate_decision_conditions', TABLE = 'gate_decision', SCHEMA = 'portfolio',
            DETAIL = format('Unmet and not named: %s.', blocking),
            HINT = 'Give every unmet mandatory criterion a condition with owner and due_on.';
  END IF;
  -- Whoever gave some of the evidence is not the only one to decide.
  IF NEW.at = transaction_timestamp() AND NEW.approval IS NULL
     AND (SELECT p.separation_of_duty FROM portfolio.process p WHERE (p.code, p.version) = (NEW.process, NEW.version))
     AND NOT pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    SELECT min(e.criterion) INTO own FROM portfolio.decision_evidence(NEW.id) e 
     WHERE e.by = NEW."by" OR (e.by = session_user AND NOT pg_has_role(session_user, (SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE'));  -- SET ROLE makes nobody somebody else
    IF own IS NOT NULL THEN
      RAISE EXCEPTION 'role "%" gave evidence for criterion "%" and cannot be the only one to decide at gate "%"',
          CASE WHEN EXISTS (SELECT FROM portfolio.decision_evidence(NEW.id) e WHERE e.by = NEW."by") THEN NEW."by" ELSE session_user END, own, NEW.gate
        USING ERRCODE = 'insufficient_privilege', CONSTRAINT = 'gate_decision_separation', TABLE = 'gate_decision', SCHEMA = 'portfolio',
              DETAIL = format('Separation of duty is on in process "%s" version %s.', NEW.process, NEW.version),
              HINT = format('Let somebody else who decides there decide, or approve first: SELECT portfolio.approve_gate(%s, %L);', NEW.run, NEW.gate);
    END IF;
  END IF;
  IF NEW.outcome = 'proceed_with_conditions'
     AND NOT EXISTS (SELECT FROM portfolio.gate_decision_evidence b WHERE b.decision = NEW.id AND b.condition IS NOT NULL) THEN
    RAISE EXCEPTION 'gate "%" has no open condition to proceed with', NEW.gate
      USING ERRCODE = 'check_violation', HINT = 'Decide proceed, or give conditions on criteria that are not met.';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION portfolio.judge_decision() IS
  'Trigger on gate_decision: the law. Judges by the row''s own moment and by rows that never change, so a decision that was right then restores. After the row and not before it, so that a COPY sees the decisions on earlier gates. Raises 23514 naming the criterion or the gate, 42501 for who does not decide there or decides alone on evidence of his own, 22008 for the future.';

CREATE FUNCTION portfolio.lock_run() RETURNS trigger LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'pf_lock_run';
COMMENT ON FUNCTION portfolio.lock_run() IS 'Trigger on what belongs to a run: locks the run, so that evidence and decision never cross, and fills process and version.';
CREATE FUNCTION portfolio.take_basis() RETURNS trigger LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'pf_take_basis';
COMMENT ON FUNCTION portfolio.take_basis() IS 'Trigger on gate_decision: writes down in gate_decision_evidence how each criterion of the gate stands. In a restore these rows are there already.';

CREATE TRIGGER "00_lock_run" BEFORE INSERT ON portfolio.evidence FOR EACH ROW EXECUTE FUNCTION portfolio.lock_run();
CREATE TRIGGER "00_lock_run" BEFORE INSERT ON portfolio.waiver FOR EACH ROW EXECUTE FUNCTION portfolio.lock_run();
CREATE TRIGGER "00_lock_run" BEFORE INSERT ON portfolio.condition FOR EACH ROW EXECUTE FUNCTION portfolio.lock_run();
CREATE TRIGGER "00_lock_run" BEFORE INSERT ON portfolio.waiver_request FOR EACH ROW EXECUTE FUNCTION portfolio.lock_run();
CREATE TRIGGER "00_lock_run" BEFORE INSERT ON portfolio.gate_approval FOR EACH ROW EXECUTE FUNCTION portfolio.lock_run();
CREATE TRIGGER "00_lock_run" BEFORE INSERT ON portfolio.gate_decision FOR EACH ROW EXECUTE FUNCTION portfolio.lock_run();
CREATE TRIGGER "10_guard" BEFORE INSERT ON portfolio.evidence FOR EACH ROW EXECUTE FUNCTION portfolio.guard_gate_row();
CREATE TRIGGER "10_guard" BEFORE INSERT ON portfolio.waiver FOR EACH ROW EXECUTE FUNCTION portfolio.guard_gate_row();
CREATE TRIGGER "10_guard" BEFORE INSERT ON portfolio.condition FOR EACH ROW EXECUTE FUNCTION portfolio.guard_gate_row();
CREATE TRIGGER "10_guard" BEFORE INSERT ON portfolio.waiver_request FOR EACH ROW EXECUTE FUNCTION portfolio.guard_gate_row();
CREATE TRIGGER "10_guard" BEFORE INSERT ON portfolio.gate_approval FOR EACH ROW EXECUTE FUNCTION portfolio.guard_approval();
CREATE TRIGGER "10_take_basis" BEFORE INSERT ON portfolio.gate_decision FOR EACH ROW EXECUTE FUNCTION portfolio.take_basis();
CREATE TRIGGER judge AFTER INSERT ON portfolio.gate_decision FOR EACH ROW EXECUTE FUNCTION portfolio.judge_decision();
CREATE TRIGGER guard_written BEFORE UPDATE OR DELETE ON portfolio.evidence FOR EACH ROW EXECUTE FUNCTION portfolio.guard_written();
CREATE TRIGGER guard_written BEFORE UPDATE OR DELETE ON portfolio.waiver FOR EACH ROW EXECUTE FUNCTION portfolio.guard_written();
CREATE TRIGGER guard_written BEFORE UPDATE OR DELETE ON portfolio.gate_approval FOR EACH ROW EXECUTE FUNCTION portfolio.guard_written();
CREATE TRIGGER guard_written BEFORE UPDATE OR DELETE ON portfolio.gate_decision FOR EACH ROW EXECUTE FUNCTION portfolio.guard_written();
CREATE TRIGGER guard_written BEFORE UPDATE OR DELETE ON portfolio.gate_decision_evidence FOR EACH ROW EXECUTE FUNCTION portfolio.guard_written();
CREATE TRIGGER guard_waiver_request BEFORE UPDATE ON portfolio.waiver_request FOR EACH ROW EXECUTE FUNCTION portfolio.guard_waiver_request();
CREATE TRIGGER guard_condition BEFORE UPDATE ON portfolio.condition FOR EACH ROW EXECUTE FUNCTION portfolio.guard_condition();
CREATE TRIGGER guard_run BEFORE UPDATE ON portfolio.process_run FOR EACH ROW EXECUTE FUNCTION portfolio.guard_run();
