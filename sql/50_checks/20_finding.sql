-- Findings: what checks found, and what people do about it.

CREATE TABLE portfolio.finding (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  check_code text NOT NULL REFERENCES portfolio.check_definition ON UPDATE CASCADE,
  subject text NOT NULL CHECK (subject <> ''),
  element bigint REFERENCES portfolio.element ON DELETE SET NULL,
  severity text NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low')),
  detail jsonb NOT NULL DEFAULT '{}',
  first_seen timestamptz NOT NULL DEFAULT now(),
  opened_at timestamptz NOT NULL DEFAULT now(),
  last_seen timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz,
  owner bigint REFERENCES portfolio.element ON DELETE SET NULL,
  due_on date,
  next_step text,
  status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'risk_accepted', 'resolved')),
  accepted_by name,
  accepted_until date,
  reason text,
  CONSTRAINT finding_key UNIQUE (check_code, subject),
  CONSTRAINT finding_resolved CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
  CONSTRAINT finding_risk_accepted CHECK (status <> 'risk_accepted' OR
    (accepted_by IS NOT NULL AND accepted_until IS NOT NULL AND btrim(reason) <> '' AND reason IS NOT NULL))
);
CREATE INDEX finding_element ON portfolio.finding (element) WHERE element IS NOT NULL;
CREATE INDEX finding_owner ON portfolio.finding (owner) WHERE owner IS NOT NULL;
COMMENT ON TABLE portfolio.finding IS
  'Findings: one row for each subject that a check ever named. run_checks() opens, touches and resolves them; people give them owner, due day and next step, or accept the risk for a time. Class: user rows.';
COMMENT ON COLUMN portfolio.finding.id IS 'Key.';
COMMENT ON COLUMN portfolio.finding.check_code IS 'The check that found it.';
COMMENT ON COLUMN portfolio.finding.subject IS 'What it is about, as the check names it: stable, unique within the check. "(check)" is the check itself, which did not run well.';
COMMENT ON COLUMN portfolio.finding.element IS 'The element of the portfolio that it concerns; NULL where it concerns none.';
COMMENT ON COLUMN portfolio.finding.severity IS 'critical, high, medium or low, as the check (or check_setting) said at the last run.';
COMMENT ON COLUMN portfolio.finding.detail IS 'What the check knows about it; values of patients never.';
COMMENT ON COLUMN portfolio.finding.first_seen IS 'When it was found for the first time.';
COMMENT ON COLUMN portfolio.finding.opened_at IS 'When it was found for the first time since it was last resolved.';
COMMENT ON COLUMN portfolio.finding.last_seen IS 'When a run last found it.';
COMMENT ON COLUMN portfolio.finding.resolved_at IS 'When a run no longer found it; NULL while it is there.';
COMMENT ON COLUMN portfolio.finding.owner IS 'The team, organisation or other element that deals with it.';
COMMENT ON COLUMN portfolio.finding.due_on IS 'The day by which it is to be mended.';
COMMENT ON COLUMN portfolio.finding.next_step IS 'What happens next.';
COMMENT ON COLUMN portfolio.finding.status IS 'open, risk_accepted (until accepted_until) or resolved (by the check that found it, never by hand).';
COMMENT ON COLUMN portfolio.finding.accepted_by IS 'Who accepted the risk last.';
COMMENT ON COLUMN portfolio.finding.accepted_until IS 'Last day of the accepted risk; from the day after it is open again.';
COMMENT ON COLUMN portfolio.finding.reason IS 'Why the risk was accepted.';
SELECT pg_extension_config_dump('portfolio.finding', '');
SELECT pg_extension_config_dump('portfolio.finding_id_seq', '');

CREATE FUNCTION portfolio.guard_finding() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NEW.status = 'resolved' AND OLD.status <> 'resolved'
     AND NOT pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE') THEN
    RAISE EXCEPTION 'finding % is resolved by the check that found it, not by hand', OLD.id
      USING ERRCODE = 'check_violation',
            HINT = format('Mend it and run the check again, SELECT * FROM portfolio.run_checks(codes => ARRAY[%L]), or accept the risk with portfolio.accept_risk().', OLD.check_code);
  END IF;
  IF NEW.accepted_until IS DISTINCT FROM OLD.accepted_until OR NEW.reason IS DISTINCT FROM OLD.reason THEN
    IF NEW.status = 'risk_accepted' AND NEW.accepted_until < current_date THEN
      RAISE EXCEPTION 'a risk cannot be accepted for the past'
        USING ERRCODE = 'check_violation',
              DETAIL = format('accepted_until is %s, a day that has passed.', NEW.accepted_until);
    END IF;
    NEW.accepted_by := current_user;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.guard_finding() IS
  'Trigger on finding: nobody but a run resolves a finding, a risk is not accepted for the past, and accepted_by is who did it. Fires on UPDATE only, so a restore never meets it.';
CREATE TRIGGER guard_finding BEFORE UPDATE ON portfolio.finding
  FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.accepted_until IS DISTINCT FROM NEW.accepted_until
                     OR OLD.reason IS DISTINCT FROM NEW.reason)
  EXECUTE FUNCTION portfolio.guard_finding();

CREATE FUNCTION portfolio.severity_rank(severity text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT CASE severity WHEN 'critical' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 WHEN 'low' THEN 4 END;
END;
COMMENT ON FUNCTION portfolio.severity_rank(text) IS 'Sort order of a severity: critical 1, high 2, medium 3, low 4; NULL for anything else.';

CREATE VIEW portfolio.open_finding WITH (security_invoker = true) AS
  SELECT f.id, f.severity, portfolio.severity_rank(f.severity) AS severity_rank, c.area, f.check_code,
         CASE WHEN f.subject = '(check)' THEN 'The check did not run well: ' || c.title ELSE c.title END AS title,
         f.subject, f.element, e.kind AS element_kind, e.code AS element_code, e.name AS element_name, f.detail,
         CASE WHEN f.subject = '(check)' THEN 'Mend the check''s query, its author or the rights that it needs.' ELSE c.remediation END AS remediation,
         c.refs, f.first_seen, f.opened_at, f.last_seen, f.owner, o.name AS owner_name, f.due_on, f.next_step,
         f.accepted_until AS risk_was_accepted_until
    FROM portfolio.finding f
    JOIN portfolio.check_definition c ON c.code = f.check_code
    LEFT JOIN portfolio.element e ON e.id = f.element
    LEFT JOIN portfolio.element o ON o.id = f.owner
   WHERE f.status = 'open' OR (f.status = 'risk_accepted' AND f.accepted_until < current_date);
COMMENT ON VIEW portfolio.open_finding IS
  'What is wrong now, with what to do about it: findings that are open, or whose accepted risk has run out. ORDER BY severity_rank, opened_at.';
COMMENT ON COLUMN portfolio.open_finding.id IS 'The finding, for accept_risk().';
COMMENT ON COLUMN portfolio.open_finding.severity IS 'critical, high, medium or low.';
COMMENT ON COLUMN portfolio.open_finding.severity_rank IS 'Sort order of severity, 1 is critical.';
COMMENT ON COLUMN portfolio.open_finding.area IS 'Area of the check.';
COMMENT ON COLUMN portfolio.open_finding.check_code IS 'The check that found it.';
COMMENT ON COLUMN portfolio.open_finding.title IS 'What is wrong.';
COMMENT ON COLUMN portfolio.open_finding.subject IS 'What it is about.';
COMMENT ON COLUMN portfolio.open_finding.element IS 'The element that it concerns.';
COMMENT ON COLUMN portfolio.open_finding.element_kind IS 'Kind of the element.';
COMMENT ON COLUMN portfolio.open_finding.element_code IS 'Code of the element.';
COMMENT ON COLUMN portfolio.open_finding.element_name IS 'Name of the element.';
COMMENT ON COLUMN portfolio.open_finding.detail IS 'What the check knows about it.';
COMMENT ON COLUMN portfolio.open_finding.remediation IS 'What to do about it.';
COMMENT ON COLUMN portfolio.open_finding.refs IS 'Where the demand comes from.';
COMMENT ON COLUMN portfolio.open_finding.first_seen IS 'When it was found for the first time.';
COMMENT ON COLUMN portfolio.open_finding.opened_at IS 'Since when it is there.';
COMMENT ON COLUMN portfolio.open_finding.last_seen IS 'When a run last found it.';
COMMENT ON COLUMN portfolio.open_finding.owner IS 'Who deals with it.';
COMMENT ON COLUMN portfolio.open_finding.owner_name IS 'Name of the owner.';
COMMENT ON COLUMN portfolio.open_finding.due_on IS 'The day by which it is to be mended.';
COMMENT ON COLUMN portfolio.open_finding.next_step IS 'What happens next.';
COMMENT ON COLUMN portfolio.open_finding.risk_was_accepted_until IS 'Last day of a risk that was accepted and has run out; NULL where there was none.';

CREATE FUNCTION portfolio.accept_risk(finding bigint, reason text, accepted_until date) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  result text;
BEGIN
  IF coalesce(btrim(reason), '') = '' OR accepted_until IS NULL THEN
    RAISE EXCEPTION 'a risk is accepted with a reason and until a day'
      USING ERRCODE = 'check_violation', HINT = 'SELECT portfolio.accept_risk(finding, ''why'', current_date + 90);';
  END IF;
  UPDATE portfolio.finding f
     SET status = 'risk_accepted', reason = accept_risk.reason, accepted_until = accept_risk.accepted_until
   WHERE f.id = accept_risk.finding AND f.status <> 'resolved'
  RETURNING format('risk of %s "%s" accepted by %s until %s', f.check_code, f.subject, f.accepted_by, f.accepted_until) INTO result;
  IF result IS NULL THEN
    RAISE EXCEPTION 'there is no open finding %', finding
      USING ERRCODE = 'no_data_found', HINT = 'SELECT id, title, subject FROM portfolio.open_finding lists them.';
  END IF;
  RETURN result;
END
$$;
COMMENT ON FUNCTION portfolio.accept_risk(bigint, text, date) IS
  'Accepts the risk of an open finding until a day, with a reason; says what it did. Raises P0002 when there is no such open finding, 23514 without a reason or for a day that is past. The finding stays in sight: it is open again the day after, and resolved when the check no longer finds it.';
