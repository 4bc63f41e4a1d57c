-- Findings for BI tools: counts for everybody, single findings for whoever works on them.
CREATE VIEW portfolio_bi.finding WITH (security_barrier = true) AS
  SELECT f.check_code, c.area, c.title,
         f.severity, r.label AS severity_label, r.sort_order AS severity_sort_order, r.colour AS severity_colour,
         f.status, upper(left(f.status, 1)) || replace(substr(f.status, 2), '_', ' ') AS status_label,
         e.id AS element_id, e.kind AS element_kind, e.code AS element_code, e.name AS element_name,
         count(*) AS findings, count(*) FILTER (WHERE f.owner IS NULL) AS without_owner,
         count(*) FILTER (WHERE f.status = 'open' AND f.due_on < current_date) AS overdue,
         min(f.opened_at) AS oldest_opened_at, to_char(min(f.opened_at), 'YYYYMMDD')::int AS oldest_opened_at_date_key,
         max(f.last_seen) AS last_seen, to_char(max(f.last_seen), 'YYYYMMDD')::int AS last_seen_date_key
    FROM (SELECT x.check_code, x.severity, x.element, x.owner, x.due_on, x.opened_at, x.last_seen,
                 CASE WHEN x.status = 'risk_accepted' AND x.accepted_until < current_date THEN 'open' ELSE x.status END AS status
            FROM portfolio.finding x) f
    JOIN portfolio.check_definition c ON c.code = f.check_code
    LEFT JOIN portfolio.rating r ON r.scheme = 'severity' AND r.code = f.severity
    LEFT JOIN portfolio.element e ON e.id = f.element
   GROUP BY f.check_code, c.area, c.title, f.severity, r.label, r.sort_order, r.colour, f.status, e.id;
COMMENT ON VIEW portfolio_bi.finding IS
  'Findings by number: one row a check, severity, status and element. What exactly was found is in finding_detail, for those who work on it.';
COMMENT ON COLUMN portfolio_bi.finding.check_code IS 'The check.';
COMMENT ON COLUMN portfolio_bi.finding.area IS 'What the check belongs to: security, transfer, quality and so on.';
COMMENT ON COLUMN portfolio_bi.finding.title IS 'What is wrong.';
COMMENT ON COLUMN portfolio_bi.finding.severity IS 'Severity as held: critical, high, medium or low.';
COMMENT ON COLUMN portfolio_bi.finding.severity_label IS 'Severity as people read it.';
COMMENT ON COLUMN portfolio_bi.finding.severity_sort_order IS 'Severity as a number, 1 is critical: sort by it.';
COMMENT ON COLUMN portfolio_bi.finding.severity_colour IS 'Fill colour of the severity, #rrggbb.';
COMMENT ON COLUMN portfolio_bi.finding.status IS 'Status today: open (a risk whose acceptance has run out is open again), risk_accepted or resolved.';
COMMENT ON COLUMN portfolio_bi.finding.status_label IS 'Status as people read it.';
COMMENT ON COLUMN portfolio_bi.finding.element_id IS 'Key of the element that they concern, as in the view of its kind; NULL: none.';
COMMENT ON COLUMN portfolio_bi.finding.element_kind IS 'Kind of that element.';
COMMENT ON COLUMN portfolio_bi.finding.element_code IS 'Code of that element.';
COMMENT ON COLUMN portfolio_bi.finding.element_name IS 'Name of that element.';
COMMENT ON COLUMN portfolio_bi.finding.findings IS 'Number of findings.';
COMMENT ON COLUMN portfolio_bi.finding.without_owner IS 'Those that nobody deals with.';
COMMENT ON COLUMN portfolio_bi.finding.overdue IS 'Open ones whose due day has passed.';
COMMENT ON COLUMN portfolio_bi.finding.oldest_opened_at IS 'When the oldest of them was opened.';
COMMENT ON COLUMN portfolio_bi.finding.oldest_opened_at_date_key IS 'Day of oldest_opened_at, for view date, in the time zone of the session.';
COMMENT ON COLUMN portfolio_bi.finding.last_seen IS 'When a run last found one of them.';
COMMENT ON COLUMN portfolio_bi.finding.last_seen_date_key IS 'Day of last_seen, for view date, in the time zone of the session.';
