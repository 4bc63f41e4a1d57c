-- Findings: what checks found, and what people do about it.

CREATE TABLE portfolio.shipped_deadline (
  area text,
  severity text CHECK (severity IN ('critical', 'high', 'medium', 'low')),
  days integer NOT NULL CHECK (days BETWEEN 0 AND 3650),
  source text NOT NULL,
  PRIMARY KEY (area, severity)
);
COMMENT ON TABLE portfolio.shipped_deadline IS 'Within how many days a finding is mended, as shipped; a site says otherwise in deadline_setting. Class: reference.';
COMMENT ON COLUMN portfolio.shipped_deadline.area IS 'Area of the check.';
COMMENT ON COLUMN portfolio.shipped_deadline.severity IS 'critical, high, medium or low.';
COMMENT ON COLUMN portfolio.shipped_deadline.days IS 'Days from the opening of the finding, or from the day that its check gives as since.';
COMMENT ON COLUMN portfolio.shipped_deadline.source IS 'Where the rule comes from.';
INSERT INTO portfolio.shipped_deadline (area, severity, days, source)
SELECT a.area, d.severity, d.days, d.source
  FROM unnest('{security,imported}'::text[]) a (area),
       (VALUES ('critical', 14, 'Cyber Essentials: critical, high or CVSS 7.0 and more within 14 days'),
               ('high',     14, 'Cyber Essentials: critical, high or CVSS 7.0 and more within 14 days'),
               ('medium',   90, 'proposal of this release'),
               ('low',     180, 'proposal of this release')) d (severity, days, source);

CREATE TABLE portfolio.deadline_setting (
  area text CHECK (area ~ '^[a-z0-9]+([._-][a-z0-9]+)*$'),
  severity text CHECK (severity IN ('critical', 'high', 'medium', 'low')),
  days integer CHECK (days BETWEEN 0 AND 3650),
  reason text NOT NULL CHECK (btrim(reason) <> ''),
  set_by name NOT NULL DEFAULT CURRENT_USER,
  PRIMARY KEY (area, severity)
);
COMMENT ON TABLE portfolio.deadline_setting IS 'Within how many days this site mends findings of an area and severity; stands before shipped_deadline. It counts for findings that are opened, or that grow worse, from then on. Class: user rows.';
COMMENT ON COLUMN portfolio.deadline_setting.area IS 'Area of the check, as in check_definition.';
COMMENT ON COLUMN portfolio.deadline_setting.severity IS 'critical, high, medium or low.';
COMMENT ON COLUMN portfolio.deadline_setting.days IS 'Days, 0 to 3650; NULL: no deadline.';
COMMENT ON COLUMN portfolio.deadline_setting.reason IS 'Why this site decides so.';
COMMENT ON COLUMN portfolio.deadline_setting.set_by IS 'Who wrote the row.';
SELECT pg_extension_config_dump('portfolio.deadline_setting', '');

CREATE VIEW portfolio.effective_deadline WITH (security_invoker = true) AS
  SELECT area, severity, CASE WHEN s.area IS NULL THEN d.days ELSE s.days END AS days,
         coalesce(s.reason, d.source) AS reason, s.area IS NULL AS shipped
    FROM portfolio.shipped_deadline d FULL JOIN portfolio.deadline_setting s USING (area, severity);
COMMENT ON VIEW portfolio.effective_deadline IS 'Within how many days findings are mended here: the site''s own rule, or the shipped one.';
COMMENT ON COLUMN portfolio.effective_deadline.area IS 'Area of the check.';
COMMENT ON COLUMN portfolio.effective_deadline.severity IS 'critical, high, medium or low.';
COMMENT ON COLUMN portfolio.effective_deadline.days IS 'Days; NULL: no deadline.';
COMMENT ON COLUMN portfolio.effective_deadline.reason IS 'Where the rule comes from, or why this site has another.';
COMMENT ON COLUMN portfolio.effective_deadline.shipped IS 'True where the release''s rule stands.';

CREATE FUNCTION portfolio.answerable(element bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT h.party FROM portfolio.role_holder h
    JOIN (VALUES ('information_asset_owner', 1), ('service_owner', 2), ('siro', 3), ('sro', 4)) r (role, rank) ON r.role = h.role
   WHERE h.element = answerable.element AND h.valid @> current_date
   ORDER BY r.rank LIMIT 1;
END;
COMMENT ON FUNCTION portfolio.answerable(bigint) IS
  'Who answers for what is wrong with an element today, by role_holder: its information asset owner, else service owner, senior information risk owner, senior responsible owner. NULL where nobody holds such a role.';

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
  times_opened integer NOT NULL DEFAULT 1 CHECK (times_opened > 0),
  target text REFERENCES portfolio.database_target ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT finding_key UNIQUE NULLS NOT DISTINCT (check_code, subject, target),
  CONSTRAINT finding_resolved CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
  CONSTRAINT finding_risk_accepted CHECK (status <> 'risk_accepted' OR
    (accepted_by IS NOT NULL AND accepted_until IS NOT NULL AND btrim(reason) <> '' AND reason IS NOT NULL))
) WITH (fillfactor = 50); -- each run touches what is still there: room for the new version beside the old, or every index grows
CREATE INDEX finding_element ON portfolio.finding (element) WHERE element IS NOT NULL;
CREATE INDEX finding_target ON portfolio.finding (target) WHERE target IS NOT NULL;
CREATE INDEX finding_owner ON portfolio.finding (owner) WHERE owner IS NOT NULL;
COMMENT ON TABLE portfolio.finding IS
  'Findings: one row for each subject that a check ever named, here or in a database of the estate. run_checks() and check_estate() open, touch and resolve them; people give them owner, due day and next step, or accept the risk for a time. Class: user rows.';
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
COMMENT ON COLUMN portfolio.finding.owner IS 'The team, organisation or other element that deals with it; where nobody gave one, who answers for the element (answerable()).';
COMMENT ON COLUMN portfolio.finding.due_on IS 'The day by which it is to be mended: by effective_deadline when it is opened, sooner when it grows worse, or as people say. NULL where no rule is.';
COMMENT ON COLUMN portfolio.finding.next_step IS 'What happens next.';
COMMENT ON COLUMN portfolio.finding.status IS 'open, risk_accepted (until accepted_until) or resolved (by the check that found it, never by hand).';
COMMENT ON COLUMN portfolio.finding.accepted_by IS 'Who accepted the risk last.';
COMMENT ON COLUMN portfolio.finding.accepted_until IS 'Last day of the accepted risk; from the day after it is open again.';
COMMENT ON COLUMN portfolio.finding.reason IS 'Why the risk was accepted.';
COMMENT ON COLUMN portfolio.finding.times_opened IS 'How many times it was opened: 2 and more had been resolved and came back.';
COMMENT ON COLUMN portfolio.finding.target IS 'The database of the estate in which it was found, as in database_target; NULL: this one.';
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
            HINT = format('Mend it and run the check again, SELECT * FROM %s, or accept the risk with portfolio.accept_risk().',
                          CASE WHEN OLD.target IS NULL THEN format('portfolio.run_checks(codes => ARRAY[%L])', OLD.check_code)
                               ELSE format('portfolio.check_estate(NULL, %L)', jsonb_build_object('targets', ARRAY[OLD.target])) END);
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

CREATE FUNCTION portfolio.log_finding() RETURNS trigger
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', 'pf_log_finding';
COMMENT ON FUNCTION portfolio.log_finding() IS
  'Trigger on finding: while pg_portfolio.log_findings is on, writes what was opened, accepted or resolved to the server log as one line of JSON, at the end of the transaction. Subjects lose numbers that may be identifiers, as messages do; detail and reason are not written. A restore writes nothing.';
CREATE CONSTRAINT TRIGGER log_finding_opened AFTER INSERT ON portfolio.finding
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION portfolio.log_finding();
CREATE CONSTRAINT TRIGGER log_finding_changed AFTER UPDATE ON portfolio.finding
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.status <> NEW.status OR NEW.status = 'risk_accepted' AND OLD.accepted_until IS DISTINCT FROM NEW.accepted_until)
  EXECUTE FUNCTION portfolio.log_finding();

CREATE FUNCTION portfolio.notify_critical() RETURNS trigger
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'pf_notify_critical';
COMMENT ON FUNCTION portfolio.notify_critical() IS
  'Trigger on finding: NOTIFY pg_portfolio_critical_finding with {"event": …, "finding": its number}, where event is the argument of the trigger. Anybody can listen, so there is nothing else in it. A restore notifies nobody.';
CREATE TRIGGER notify_critical_new AFTER INSERT ON portfolio.finding
  FOR EACH ROW WHEN (NEW.severity = 'critical' AND NEW.status = 'open') EXECUTE FUNCTION portfolio.notify_critical('opened');
CREATE TRIGGER notify_critical_again AFTER UPDATE ON portfolio.finding
  FOR EACH ROW WHEN (NEW.severity = 'critical' AND NEW.status = 'open' AND OLD.status = 'resolved') EXECUTE FUNCTION portfolio.notify_critical('opened');
CREATE TRIGGER notify_critical_raised AFTER UPDATE ON portfolio.finding
  FOR EACH ROW WHEN (NEW.severity = 'critical' AND NEW.status = 'open' AND OLD.status <> 'resolved' AND OLD.severity <> 'critical')
  EXECUTE FUNCTION portfolio.notify_critical('raised');

CREATE FUNCTION portfolio.severity_rank(severity text) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE -- not STRICT, or it would not be inlined
BEGIN ATOMIC
  SELECT CASE severity WHEN 'critical' THEN 1 WHEN 'high' THEN 2 WHEN 'medium' THEN 3 WHEN 'low' THEN 4 END;
END;
COMMENT ON FUNCTION portfolio.severity_rank(text) IS 'Sort order of a severity: critical 1, high 2, medium 3, low 4; NULL for anything else.';

CREATE VIEW portfolio.open_finding WITH (security_invoker = true) AS
  SELECT f.id, f.severity, portfolio.severity_rank(f.severity) AS severity_rank, c.area, f.check_code,
         CASE WHEN f.subject = '(check)' THEN 'The check did not run well: ' || c.title ELSE coalesce(f.detail->>'title', c.title) END AS title,
         f.subject, f.element, e.kind AS element_kind, e.code AS element_code, e.name AS element_name, f.detail,
         CASE WHEN f.subject = '(check)' THEN 'Mend the check''s query, its author or the rights that it needs.' ELSE coalesce(f.detail->>'remediation', c.remediation) END AS remediation,
         c.refs, f.first_seen, f.opened_at, f.last_seen, f.owner, o.name AS owner_name, f.due_on, f.next_step,
         f.accepted_until AS risk_was_accepted_until, f.times_opened,
         current_date - f.opened_at::date AS age_days, coalesce(f.due_on < current_date, false) AS overdue, f.target
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
COMMENT ON COLUMN portfolio.open_finding.title IS 'What is wrong: title of detail, or of the check.';
COMMENT ON COLUMN portfolio.open_finding.subject IS 'What it is about.';
COMMENT ON COLUMN portfolio.open_finding.element IS 'The element that it concerns.';
COMMENT ON COLUMN portfolio.open_finding.element_kind IS 'Kind of the element.';
COMMENT ON COLUMN portfolio.open_finding.element_code IS 'Code of the element.';
COMMENT ON COLUMN portfolio.open_finding.element_name IS 'Name of the element.';
COMMENT ON COLUMN portfolio.open_finding.detail IS 'What the check knows about it.';
COMMENT ON COLUMN portfolio.open_finding.remediation IS 'What to do about it: remediation of detail, or of the check.';
COMMENT ON COLUMN portfolio.open_finding.refs IS 'Where the demand comes from.';
COMMENT ON COLUMN portfolio.open_finding.first_seen IS 'When it was found for the first time.';
COMMENT ON COLUMN portfolio.open_finding.opened_at IS 'Since when it is there.';
COMMENT ON COLUMN portfolio.open_finding.last_seen IS 'When a run last found it.';
COMMENT ON COLUMN portfolio.open_finding.owner IS 'Who deals with it.';
COMMENT ON COLUMN portfolio.open_finding.owner_name IS 'Name of the owner.';
COMMENT ON COLUMN portfolio.open_finding.due_on IS 'The day by which it is to be mended.';
COMMENT ON COLUMN portfolio.open_finding.next_step IS 'What happens next.';
COMMENT ON COLUMN portfolio.open_finding.risk_was_accepted_until IS 'Last day of a risk that was accepted and has run out; NULL where there was none.';
COMMENT ON COLUMN portfolio.open_finding.times_opened IS 'How many times it was opened: 2 and more had been resolved and came back.';
COMMENT ON COLUMN portfolio.open_finding.age_days IS 'Days since it was opened, last.';
COMMENT ON COLUMN portfolio.open_finding.overdue IS 'Has its day passed? False without one.';
COMMENT ON COLUMN portfolio.open_finding.target IS 'The database of the estate in which it was found; NULL: this one.';

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
