-- Controls and vulnerabilities for BI tools: what organisations say of the controls of standards, and which systems run on what
-- is known to be vulnerable. Which check found what is in finding and finding_detail.
CREATE VIEW portfolio_bi.control WITH (security_barrier = true) AS
  SELECT o.id AS organisation_id, o.code AS organisation_code, o.name AS organisation_name,
         k.standard, k.code AS control_code, k.title AS control_title, coalesce(t.code, k.code) AS top_code, coalesce(t.title, k.title) AS top_title,
         k.mandatory AS is_mandatory, EXISTS (SELECT FROM portfolio.control b WHERE b.standard = k.standard AND b.part_of = k.code) AS has_assertions,
         array_to_string(k.formerly, ', ') AS formerly,
         x.state, r.label AS state_label, r.sort_order AS state_sort_order, r.colour AS state_colour,
         s.status, s.why, s.evidence, s.evidence_on, s.review_by, s.action, s.action_due, s.action_agreed_on, e.name AS owner_name
    FROM (SELECT DISTINCT c.organisation, c.standard FROM portfolio.control_status c) b
    JOIN portfolio.organisation o ON o.id = b.organisation
    JOIN portfolio.control k ON k.standard = b.standard
    LEFT JOIN LATERAL (
      WITH RECURSIVE above AS (
        SELECT p.code, p.title, p.part_of FROM portfolio.control p WHERE p.standard = k.standard AND p.code = k.part_of
        UNION
        SELECT p.code, p.title, p.part_of FROM portfolio.control p JOIN above a ON p.standard = k.standard AND p.code = a.part_of)
      SELECT a.code, a.title FROM above a WHERE a.part_of IS NULL) t ON k.part_of IS NOT NULL
    LEFT JOIN portfolio.control_status s ON s.organisation = b.organisation AND s.standard = k.standard AND s.control = k.code
    CROSS JOIN LATERAL (SELECT portfolio.control_state(s.applicable, s.status, s.review_by, s.owner, s.action_due, s.action_agreed_on, current_date) AS state) x
    LEFT JOIN portfolio.rating r ON r.scheme = 'control' AND r.code = x.state
    LEFT JOIN portfolio.element e ON e.id = s.owner;
COMMENT ON VIEW portfolio_bi.control IS
  'Statement of applicability and assurance: one row an organisation and control, of each standard of which it has said anything. Count those without has_assertions by top_code to see a standard of the National Data Guardian.';
COMMENT ON COLUMN portfolio_bi.control.organisation_id IS 'Key of the organisation.';
COMMENT ON COLUMN portfolio_bi.control.organisation_code IS 'Code of the organisation.';
COMMENT ON COLUMN portfolio_bi.control.organisation_name IS 'Name of the organisation.';
COMMENT ON COLUMN portfolio_bi.control.standard IS 'Standard: iso27001, ndg or one of your own.';
COMMENT ON COLUMN portfolio_bi.control.control_code IS 'Number of the control or assertion in its standard.';
COMMENT ON COLUMN portfolio_bi.control.control_title IS 'What it demands.';
COMMENT ON COLUMN portfolio_bi.control.top_code IS 'The control at the top that it belongs to: itself, where it is part of no other.';
COMMENT ON COLUMN portfolio_bi.control.top_title IS 'What that one demands.';
COMMENT ON COLUMN portfolio_bi.control.is_mandatory IS 'Is it needed for the standard to be met?';
COMMENT ON COLUMN portfolio_bi.control.has_assertions IS 'Are there assertions below it, which are asked in its place?';
COMMENT ON COLUMN portfolio_bi.control.formerly IS 'Controls of the edition before that went into it, by commas.';
COMMENT ON COLUMN portfolio_bi.control.state IS 'How it counts today: met, planned, partly_met, not_met, lapsed, not_applicable or not_said.';
COMMENT ON COLUMN portfolio_bi.control.state_label IS 'State as people read it.';
COMMENT ON COLUMN portfolio_bi.control.state_sort_order IS 'State as a number, 1 is not met: sort by it.';
COMMENT ON COLUMN portfolio_bi.control.state_colour IS 'Fill colour of the state, #rrggbb.';
COMMENT ON COLUMN portfolio_bi.control.status IS 'Status as it was said: met, partly_met or not_met; NULL where it does not apply, or nothing is said.';
COMMENT ON COLUMN portfolio_bi.control.why IS 'Why it applies, or why it is left out.';
COMMENT ON COLUMN portfolio_bi.control.evidence IS 'What shows it.';
COMMENT ON COLUMN portfolio_bi.control.evidence_on IS 'Day that the evidence is of.';
COMMENT ON COLUMN portfolio_bi.control.review_by IS 'Day by which it is looked at again.';
COMMENT ON COLUMN portfolio_bi.control.action IS 'What will be done where it is not fully met.';
COMMENT ON COLUMN portfolio_bi.control.action_due IS 'Last day by which that is done.';
COMMENT ON COLUMN portfolio_bi.control.action_agreed_on IS 'Day on which that was agreed.';
COMMENT ON COLUMN portfolio_bi.control.owner_name IS 'Who answers for it.';

CREATE VIEW portfolio_bi.vulnerability WITH (security_barrier = true) AS
  SELECT s.id AS system_id, s.code AS system_code, s.name AS system_name, t.id AS technology_id, t.code AS technology_code, t.name AS technology_name,
         v.cve, v.title, portfolio.cvss_score(v.cvss) AS cvss_score, v.cvss::text AS cvss_vector,
         x.severity, r.label AS severity_label, r.sort_order AS severity_sort_order, r.colour AS severity_colour, v.exploited AS is_exploited,
         v.published AS published_on, to_char(v.published, 'YYYYMMDD')::int AS published_on_date_key,
         v.published + d.days AS due_on, to_char(v.published + d.days, 'YYYYMMDD')::int AS due_on_date_key,
         coalesce(v.published + d.days < current_date, false) AS is_overdue, v.remediation
    FROM portfolio.technology_vulnerability tv
    JOIN portfolio.vulnerability v ON v.cve = tv.cve
    JOIN portfolio.technology t ON t.id = tv.technology
    JOIN portfolio.system_technology st ON st.technology = t.id AND st.valid @> current_date
    JOIN portfolio.system s ON s.id = st.system AND s.valid @> current_date
    CROSS JOIN LATERAL (SELECT portfolio.vulnerability_severity(portfolio.cvss_score(v.cvss), v.exploited) AS severity) x
    LEFT JOIN portfolio.rating r ON r.scheme = 'severity' AND r.code = x.severity
    LEFT JOIN LATERAL (SELECT CASE WHEN g.area IS NULL THEN h.days ELSE g.days END AS days
                         FROM portfolio.shipped_deadline h FULL JOIN portfolio.deadline_setting g USING (area, severity)
                        WHERE area = 'vulnerability' AND severity = x.severity) d ON true
   WHERE has_table_privilege('portfolio.technology_vulnerability', 'SELECT');
COMMENT ON VIEW portfolio_bi.vulnerability IS
  'Which systems have which known vulnerability today, through the technology that they run on now: one row a system, technology and vulnerability. For those who may read portfolio.technology_vulnerability (analyst, editor, operator, auditor); a reader sees none.';
COMMENT ON COLUMN portfolio_bi.vulnerability.system_id IS 'Key of the system.';
COMMENT ON COLUMN portfolio_bi.vulnerability.system_code IS 'Code of the system.';
COMMENT ON COLUMN portfolio_bi.vulnerability.system_name IS 'Name of the system.';
COMMENT ON COLUMN portfolio_bi.vulnerability.technology_id IS 'Key of the technology that has it.';
COMMENT ON COLUMN portfolio_bi.vulnerability.technology_code IS 'Code of the technology.';
COMMENT ON COLUMN portfolio_bi.vulnerability.technology_name IS 'Name of the technology.';
COMMENT ON COLUMN portfolio_bi.vulnerability.cve IS 'CVE number.';
COMMENT ON COLUMN portfolio_bi.vulnerability.title IS 'What it is, in short.';
COMMENT ON COLUMN portfolio_bi.vulnerability.cvss_score IS 'CVSS score, 0 to 10; NULL: not rated yet.';
COMMENT ON COLUMN portfolio_bi.vulnerability.cvss_vector IS 'CVSS vector.';
COMMENT ON COLUMN portfolio_bi.vulnerability.severity IS 'Severity as held: critical, high, medium or low; high at least where it is exploited or not rated.';
COMMENT ON COLUMN portfolio_bi.vulnerability.severity_label IS 'Severity as people read it.';
COMMENT ON COLUMN portfolio_bi.vulnerability.severity_sort_order IS 'Severity as a number, 1 is critical: sort by it.';
COMMENT ON COLUMN portfolio_bi.vulnerability.severity_colour IS 'Fill colour of the severity, #rrggbb.';
COMMENT ON COLUMN portfolio_bi.vulnerability.is_exploited IS 'Is it known to be exploited?';
COMMENT ON COLUMN portfolio_bi.vulnerability.published_on IS 'Day on which the fix came out.';
COMMENT ON COLUMN portfolio_bi.vulnerability.published_on_date_key IS 'The same day as yyyymmdd, to join with date.';
COMMENT ON COLUMN portfolio_bi.vulnerability.due_on IS 'Day by which it is to be mended; NULL: no deadline.';
COMMENT ON COLUMN portfolio_bi.vulnerability.due_on_date_key IS 'The same day as yyyymmdd, to join with date.';
COMMENT ON COLUMN portfolio_bi.vulnerability.is_overdue IS 'Has that day passed?';
COMMENT ON COLUMN portfolio_bi.vulnerability.remediation IS 'What to do.';
