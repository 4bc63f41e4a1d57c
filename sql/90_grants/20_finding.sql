-- Whose findings: operators and auditors all of them; editors those about an element, analysts those of area quality.
-- Not by row security: shipped criteria of gates run with row_security = off, because a gate that judges by the part
-- that its caller may see would open too early. So editors and analysts may read which findings there are (check,
-- severity, status, element) and not their subject or detail; a view shows them those of their own, and a trigger lets
-- them plan only those.
CREATE FUNCTION portfolio.may_work_on_finding(area text, element bigint) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT portfolio.has_profile('operator')
      OR (may_work_on_finding.element IS NOT NULL AND portfolio.has_profile('editor'))
      OR (may_work_on_finding.area = 'quality' AND portfolio.has_profile('analyst'));
END;
COMMENT ON FUNCTION portfolio.may_work_on_finding(text, bigint) IS
  'Whether the current user''s profiles let him plan a finding of this area about this element (NULL: none): operators any, editors those about an element, analysts those of area quality.';

CREATE FUNCTION portfolio.guard_finding_work() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'USAGE')
     AND NOT portfolio.may_work_on_finding((SELECT c.area FROM portfolio.check_definition c WHERE c.code = OLD.check_code), OLD.element) THEN
    RAISE EXCEPTION 'permission denied for finding %', OLD.id
      USING ERRCODE = 'insufficient_privilege',
            DETAIL = 'An editor works on findings about an element, an analyst on those of area "quality", an operator on all.';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.guard_finding_work() IS
  'Trigger on finding: whoever holds the columns may change only the findings that may_work_on_finding() gives him (42501). Fires on UPDATE only, so a restore never meets it.';
-- a run touches every finding that is still there, and none of these columns
CREATE TRIGGER guard_finding_work BEFORE UPDATE ON portfolio.finding
  FOR EACH ROW WHEN ((OLD.owner, OLD.due_on, OLD.next_step, OLD.status, OLD.accepted_until, OLD.reason)
                     IS DISTINCT FROM (NEW.owner, NEW.due_on, NEW.next_step, NEW.status, NEW.accepted_until, NEW.reason))
  EXECUTE FUNCTION portfolio.guard_finding_work();

-- Here and not beside the other views, because it asks for profiles.
CREATE VIEW portfolio_bi.finding_detail WITH (security_barrier = true) AS
  SELECT f.id AS finding_id, f.check_code, c.area, coalesce(f.detail->>'title', c.title) AS title, f.subject, f.detail::text AS detail, coalesce(f.detail->>'remediation', c.remediation) AS remediation,
         f.severity, r.label AS severity_label, r.sort_order AS severity_sort_order, r.colour AS severity_colour,
         s.status, upper(left(s.status, 1)) || replace(substr(s.status, 2), '_', ' ') AS status_label,
         e.id AS element_id, e.kind AS element_kind, e.code AS element_code, e.name AS element_name,
         o.name AS owner_name, f.due_on, s.status = 'open' AND f.due_on < current_date AS is_overdue, f.next_step,
         f.accepted_by::text AS accepted_by, f.accepted_until, f.reason,
         f.opened_at, to_char(f.opened_at, 'YYYYMMDD')::int AS opened_at_date_key,
         f.last_seen, to_char(f.last_seen, 'YYYYMMDD')::int AS last_seen_date_key,
         f.resolved_at, to_char(f.resolved_at, 'YYYYMMDD')::int AS resolved_at_date_key,
         f.times_opened, current_date - f.opened_at::date AS age_days, f.target
    FROM portfolio.finding f
    CROSS JOIN LATERAL (SELECT CASE WHEN f.status = 'risk_accepted' AND f.accepted_until < current_date THEN 'open' ELSE f.status END AS status) s
    JOIN portfolio.check_definition c ON c.code = f.check_code
    LEFT JOIN portfolio.rating r ON r.scheme = 'severity' AND r.code = f.severity
    LEFT JOIN portfolio.element e ON e.id = f.element
    LEFT JOIN portfolio.element o ON o.id = f.owner
    -- asked once a query, not once a finding
    CROSS JOIN (SELECT has_table_privilege('portfolio.finding', 'SELECT') AS every,
                       EXISTS (SELECT FROM portfolio.profile_grant g JOIN pg_roles h ON h.rolname = g.role
                                WHERE g.profile = 'editor' AND pg_has_role(h.oid, 'USAGE')) AS of_elements,
                       EXISTS (SELECT FROM portfolio.profile_grant g JOIN pg_roles h ON h.rolname = g.role
                                WHERE g.profile = 'analyst' AND pg_has_role(h.oid, 'USAGE')) AS of_quality) sees
   WHERE sees.every OR (sees.of_elements AND f.element IS NOT NULL) OR (sees.of_quality AND c.area = 'quality');
COMMENT ON VIEW portfolio_bi.finding_detail IS
  'Findings one by one, for those who work on them: with SELECT on portfolio.finding (operator, auditor) all; an editor''s are those about an element, an analyst''s those of area quality, a reader has none.';
COMMENT ON COLUMN portfolio_bi.finding_detail.finding_id IS 'Key of the finding.';
COMMENT ON COLUMN portfolio_bi.finding_detail.check_code IS 'The check that found it.';
COMMENT ON COLUMN portfolio_bi.finding_detail.area IS 'What the check belongs to: security, transfer, quality and so on.';
COMMENT ON COLUMN portfolio_bi.finding_detail.title IS 'What is wrong.';
COMMENT ON COLUMN portfolio_bi.finding_detail.subject IS 'What it is about, as the check names it.';
COMMENT ON COLUMN portfolio_bi.finding_detail.detail IS 'What the check knows about it, as JSON text.';
COMMENT ON COLUMN portfolio_bi.finding_detail.remediation IS 'What to do about it.';
COMMENT ON COLUMN portfolio_bi.finding_detail.severity IS 'Severity as held: critical, high, medium or low.';
COMMENT ON COLUMN portfolio_bi.finding_detail.severity_label IS 'Severity as people read it.';
COMMENT ON COLUMN portfolio_bi.finding_detail.severity_sort_order IS 'Severity as a number, 1 is critical: sort by it.';
COMMENT ON COLUMN portfolio_bi.finding_detail.severity_colour IS 'Fill colour of the severity, #rrggbb.';
COMMENT ON COLUMN portfolio_bi.finding_detail.status IS 'Status today: open (a risk whose acceptance has run out is open again), risk_accepted or resolved.';
COMMENT ON COLUMN portfolio_bi.finding_detail.status_label IS 'Status as people read it.';
COMMENT ON COLUMN portfolio_bi.finding_detail.element_id IS 'Key of the element that it concerns, as in the view of its kind; NULL: none.';
COMMENT ON COLUMN portfolio_bi.finding_detail.element_kind IS 'Kind of that element.';
COMMENT ON COLUMN portfolio_bi.finding_detail.element_code IS 'Code of that element.';
COMMENT ON COLUMN portfolio_bi.finding_detail.element_name IS 'Name of that element.';
COMMENT ON COLUMN portfolio_bi.finding_detail.owner_name IS 'Who deals with it; NULL: nobody yet.';
COMMENT ON COLUMN portfolio_bi.finding_detail.due_on IS 'Day by which it is to be mended.';
COMMENT ON COLUMN portfolio_bi.finding_detail.is_overdue IS 'Whether it is open and its due day has passed; NULL without a due day.';
COMMENT ON COLUMN portfolio_bi.finding_detail.next_step IS 'What happens next.';
COMMENT ON COLUMN portfolio_bi.finding_detail.accepted_by IS 'Who accepted the risk last.';
COMMENT ON COLUMN portfolio_bi.finding_detail.accepted_until IS 'Last day of the accepted risk.';
COMMENT ON COLUMN portfolio_bi.finding_detail.reason IS 'Why the risk was accepted.';
COMMENT ON COLUMN portfolio_bi.finding_detail.opened_at IS 'When it was opened, last.';
COMMENT ON COLUMN portfolio_bi.finding_detail.opened_at_date_key IS 'Day of opened_at, for view date, in the time zone of the session.';
COMMENT ON COLUMN portfolio_bi.finding_detail.last_seen IS 'When a run last found it.';
COMMENT ON COLUMN portfolio_bi.finding_detail.last_seen_date_key IS 'Day of last_seen, for view date, in the time zone of the session.';
COMMENT ON COLUMN portfolio_bi.finding_detail.resolved_at IS 'When a run no longer found it; NULL while it is there.';
COMMENT ON COLUMN portfolio_bi.finding_detail.resolved_at_date_key IS 'Day of resolved_at, for view date, in the time zone of the session.';
COMMENT ON COLUMN portfolio_bi.finding_detail.times_opened IS 'How many times it was opened: 2 and more had been resolved and came back.';
COMMENT ON COLUMN portfolio_bi.finding_detail.age_days IS 'Days since it was opened, last.';
COMMENT ON COLUMN portfolio_bi.finding_detail.target IS 'The database of the estate in which it was found; NULL: the one of this portfolio.';
