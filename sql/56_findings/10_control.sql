-- Controls of standards, what a body does about each, and how they fare by what checks find.
CREATE TABLE portfolio.control (
  standard text CHECK (standard ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  code text CHECK (code ~ '^[A-Za-z0-9]+([.-][A-Za-z0-9]+)*$'),
  title text NOT NULL CHECK (btrim(title) <> ''),
  part_of text,
  mandatory boolean NOT NULL DEFAULT true,
  formerly text[] NOT NULL DEFAULT '{}',
  builtin boolean NOT NULL DEFAULT false,
  PRIMARY KEY (standard, code),
  CONSTRAINT control_part_of FOREIGN KEY (standard, part_of) REFERENCES portfolio.control,
  CONSTRAINT control_part_of_itself CHECK (part_of <> code)
);
CREATE INDEX control_part_of ON portfolio.control (standard, part_of) WHERE part_of IS NOT NULL;
COMMENT ON TABLE portfolio.control IS
  'What standards demand, in words of our own: the 93 controls of ISO/IEC 27001:2022 Annex A and the ten standards of the National Data Guardian are shipped; assertions below those, and other standards, are a site''s rows. Class: user rows (those not builtin).';
COMMENT ON COLUMN portfolio.control.standard IS 'iso27001, ndg, or a word of your own.';
COMMENT ON COLUMN portfolio.control.code IS 'Number of the control within its standard: A.5.1, 4, 4.2.1.';
COMMENT ON COLUMN portfolio.control.title IS 'What it demands, in short.';
COMMENT ON COLUMN portfolio.control.part_of IS 'The control of the same standard that an assertion belongs to.';
COMMENT ON COLUMN portfolio.control.mandatory IS 'Is it needed for the standard to be met? Meeting what is not needed as well exceeds it. Of a control with assertions below it those are asked.';
COMMENT ON COLUMN portfolio.control.formerly IS 'Controls of the edition before (ISO/IEC 27001:2013) that went into it; empty where it is new.';
COMMENT ON COLUMN portfolio.control.builtin IS 'True in rows that come with the extension; they are not dumped.';
SELECT pg_extension_config_dump('portfolio.control', 'WHERE NOT builtin');
CREATE TRIGGER guard_builtin_kind BEFORE UPDATE OR DELETE ON portfolio.control
  FOR EACH ROW WHEN (OLD.builtin) EXECUTE FUNCTION portfolio.guard_builtin_kind('code', 'control');
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.control FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
INSERT INTO portfolio.control (standard, code, title, formerly, builtin) VALUES
  ('iso27001', 'A.5.1', 'written security rules, approved and reviewed', '{A.5.1.1,A.5.1.2}', true),
  ('iso27001', 'A.5.2', 'who is responsible for what', '{A.6.1.1}', true),
  ('iso27001', 'A.5.3', 'no one person holds conflicting duties', '{A.6.1.2}', true),
  ('iso27001', 'A.5.4', 'managers require staff to follow the rules', '{A.7.2.1}', true),
  ('iso27001', 'A.5.5', 'known contacts at regulators and police', '{A.6.1.3}', true),
  ('iso27001', 'A.5.6', 'membership of security communities', '{A.6.1.4}', true),
  ('iso27001', 'A.5.7', 'collect and use threat intelligence', '{}', true),
  ('iso27001', 'A.5.8', 'security inside every project', '{A.6.1.5,A.14.1.1}', true),
  ('iso27001', 'A.5.9', 'register of information and assets with owners', '{A.8.1.1,A.8.1.2}', true),
  ('iso27001', 'A.5.10', 'rules for using and handling assets', '{A.8.1.3,A.8.2.3}', true),
  ('iso27001', 'A.5.11', 'assets handed back on leaving', '{A.8.1.4}', true),
  ('iso27001', 'A.5.12', 'classify information by sensitivity', '{A.8.2.1}', true),
  ('iso27001', 'A.5.13', 'label information by its class', '{A.8.2.2}', true),
  ('iso27001', 'A.5.14', 'rules and agreements for moving information', '{A.13.2.1,A.13.2.2,A.13.2.3}', true),
  ('iso27001', 'A.5.15', 'access rules by business need', '{A.9.1.1,A.9.1.2}', true),
  ('iso27001', 'A.5.16', 'identity life cycle', '{A.9.2.1}', true),
  ('iso27001', 'A.5.17', 'passwords and other authenticators handled safely', '{A.9.2.4,A.9.3.1,A.9.4.3}', true),
  ('iso27001', 'A.5.18', 'grant, review and remove access rights', '{A.9.2.2,A.9.2.5,A.9.2.6}', true),
  ('iso27001', 'A.5.19', 'manage risk from suppliers', '{A.15.1.1}', true),
  ('iso27001', 'A.5.20', 'security terms in supplier contracts', '{A.15.1.2}', true),
  ('iso27001', 'A.5.21', 'security along the ICT supply chain', '{A.15.1.3}', true),
  ('iso27001', 'A.5.22', 'watch and review supplier services and changes', '{A.15.2.1,A.15.2.2}', true),
  ('iso27001', 'A.5.23', 'security of cloud services from buying to leaving', '{}', true),
  ('iso27001', 'A.5.24', 'be ready for incidents: plan, roles, procedure', '{A.16.1.1}', true),
  ('iso27001', 'A.5.25', 'decide which events are incidents', '{A.16.1.4}', true),
  ('iso27001', 'A.5.26', 'respond to incidents by procedure', '{A.16.1.5}', true),
  ('iso27001', 'A.5.27', 'learn from incidents', '{A.16.1.6}', true),
  ('iso27001', 'A.5.28', 'gather and keep evidence properly', '{A.16.1.7}', true),
  ('iso27001', 'A.5.29', 'keep security during disruption', '{A.17.1.1,A.17.1.2,A.17.1.3}', true),
  ('iso27001', 'A.5.30', 'ICT can meet continuity targets', '{}', true),
  ('iso27001', 'A.5.31', 'legal, regulatory and contract duties known and met', '{A.18.1.1,A.18.1.5}', true),
  ('iso27001', 'A.5.32', 'respect intellectual property', '{A.18.1.2}', true),
  ('iso27001', 'A.5.33', 'protect records for their life', '{A.18.1.3}', true),
  ('iso27001', 'A.5.34', 'privacy and personal data protected', '{A.18.1.4}', true),
  ('iso27001', 'A.5.35', 'independent review of security', '{A.18.2.1}', true),
  ('iso27001', 'A.5.36', 'check conformity with own rules and standards', '{A.18.2.2,A.18.2.3}', true),
  ('iso27001', 'A.5.37', 'operating procedures written and available', '{A.12.1.1}', true),
  ('iso27001', 'A.6.1', 'background checks', '{A.7.1.1}', true),
  ('iso27001', 'A.6.2', 'security duties in employment terms', '{A.7.1.2}', true),
  ('iso27001', 'A.6.3', 'awareness and training', '{A.7.2.2}', true),
  ('iso27001', 'A.6.4', 'disciplinary route for breaches', '{A.7.2.3}', true),
  ('iso27001', 'A.6.5', 'duties that last after leaving or moving', '{A.7.3.1}', true),
  ('iso27001', 'A.6.6', 'confidentiality agreements', '{A.13.2.4}', true),
  ('iso27001', 'A.6.7', 'safe remote work', '{A.6.2.2}', true),
  ('iso27001', 'A.6.8', 'easy, prompt reporting of events', '{A.16.1.2,A.16.1.3}', true),
  ('iso27001', 'A.7.1', 'defined physical perimeters', '{A.11.1.1}', true),
  ('iso27001', 'A.7.2', 'controlled entry points', '{A.11.1.2,A.11.1.6}', true),
  ('iso27001', 'A.7.3', 'secure offices and rooms', '{A.11.1.3}', true),
  ('iso27001', 'A.7.4', 'continuous physical monitoring', '{}', true),
  ('iso27001', 'A.7.5', 'protect against environmental threats', '{A.11.1.4}', true),
  ('iso27001', 'A.7.6', 'rules for work in secure areas', '{A.11.1.5}', true),
  ('iso27001', 'A.7.7', 'clear desks and screens', '{A.11.2.9}', true),
  ('iso27001', 'A.7.8', 'place and protect equipment', '{A.11.2.1}', true),
  ('iso27001', 'A.7.9', 'protect assets off site', '{A.11.2.6}', true),
  ('iso27001', 'A.7.10', 'storage media through their life', '{A.8.3.1,A.8.3.2,A.8.3.3,A.11.2.5}', true),
  ('iso27001', 'A.7.11', 'power and utilities resilient', '{A.11.2.2}', true),
  ('iso27001', 'A.7.12', 'protect cabling', '{A.11.2.3}', true),
  ('iso27001', 'A.7.13', 'maintain equipment', '{A.11.2.4}', true),
  ('iso27001', 'A.7.14', 'wipe or destroy before disposal or reuse', '{A.11.2.7}', true),
  ('iso27001', 'A.8.1', 'protect user end-point devices', '{A.6.2.1,A.11.2.8}', true),
  ('iso27001', 'A.8.2', 'restrict and manage privileged access', '{A.9.2.3}', true),
  ('iso27001', 'A.8.3', 'restrict access to information', '{A.9.4.1}', true),
  ('iso27001', 'A.8.4', 'control access to source code', '{A.9.4.5}', true),
  ('iso27001', 'A.8.5', 'strong authentication', '{A.9.4.2}', true),
  ('iso27001', 'A.8.6', 'watch and adjust capacity', '{A.12.1.3}', true),
  ('iso27001', 'A.8.7', 'malware protection plus awareness', '{A.12.2.1}', true),
  ('iso27001', 'A.8.8', 'find, assess and fix technical vulnerabilities', '{A.12.6.1,A.18.2.3}', true),
  ('iso27001', 'A.8.9', 'configurations defined, applied, monitored', '{}', true),
  ('iso27001', 'A.8.10', 'delete information when no longer needed', '{}', true),
  ('iso27001', 'A.8.11', 'mask data', '{}', true),
  ('iso27001', 'A.8.12', 'prevent data leakage', '{}', true),
  ('iso27001', 'A.8.13', 'backups made and tested', '{A.12.3.1}', true),
  ('iso27001', 'A.8.14', 'redundant processing facilities', '{A.17.2.1}', true),
  ('iso27001', 'A.8.15', 'logs produced, protected, analysed', '{A.12.4.1,A.12.4.2,A.12.4.3}', true),
  ('iso27001', 'A.8.16', 'monitor for anomalous behaviour', '{}', true),
  ('iso27001', 'A.8.17', 'clocks synchronised', '{A.12.4.4}', true),
  ('iso27001', 'A.8.18', 'restrict powerful utility programs', '{A.9.4.4}', true),
  ('iso27001', 'A.8.19', 'control software installation on live systems', '{A.12.5.1,A.12.6.2}', true),
  ('iso27001', 'A.8.20', 'secure and manage networks', '{A.13.1.1}', true),
  ('iso27001', 'A.8.21', 'security of network services', '{A.13.1.2}', true),
  ('iso27001', 'A.8.22', 'segregate networks', '{A.13.1.3}', true),
  ('iso27001', 'A.8.23', 'filter web access', '{}', true),
  ('iso27001', 'A.8.24', 'rules for cryptography and keys', '{A.10.1.1,A.10.1.2}', true),
  ('iso27001', 'A.8.25', 'secure development life cycle', '{A.14.2.1}', true),
  ('iso27001', 'A.8.26', 'security requirements for applications', '{A.14.1.2,A.14.1.3}', true),
  ('iso27001', 'A.8.27', 'secure architecture and engineering principles', '{A.14.2.5}', true),
  ('iso27001', 'A.8.28', 'secure coding', '{}', true),
  ('iso27001', 'A.8.29', 'security testing in development and acceptance', '{A.14.2.8,A.14.2.9}', true),
  ('iso27001', 'A.8.30', 'oversee outsourced development', '{A.14.2.7}', true),
  ('iso27001', 'A.8.31', 'separate development, test and live', '{A.12.1.4,A.14.2.6}', true),
  ('iso27001', 'A.8.32', 'manage changes', '{A.12.1.2,A.14.2.2,A.14.2.3,A.14.2.4}', true),
  ('iso27001', 'A.8.33', 'protect test information', '{A.14.3.1}', true),
  ('iso27001', 'A.8.34', 'protect systems during audit tests', '{A.12.7.1}', true),
  ('ndg', '1', 'Confidential data is handled, kept and sent safely, and shared only lawfully', '{}', true),
  ('ndg', '2', 'Staff know their duties and what they answer for', '{}', true),
  ('ndg', '3', 'Everybody is trained every year, with a test', '{}', true),
  ('ndg', '4', 'Access for those who need it only, taken away when not, and every use attributable', '{}', true),
  ('ndg', '5', 'Processes are reviewed at least yearly in the light of breaches and near misses', '{}', true),
  ('ndg', '6', 'Attacks are detected, answered and reported, and cyber alerts acted on', '{}', true),
  ('ndg', '7', 'A continuity plan is there and tested yearly', '{}', true),
  ('ndg', '8', 'No system is unsupported', '{}', true),
  ('ndg', '9', 'A strategy on a proven framework protects systems, reviewed yearly', '{}', true),
  ('ndg', '10', 'Suppliers are bound by contract to these standards', '{}', true);

CREATE TABLE portfolio.control_status (
  organisation bigint REFERENCES portfolio.organisation ON DELETE CASCADE,
  standard text,
  control text,
  applicable boolean NOT NULL,
  why text NOT NULL CHECK (btrim(why) <> ''),
  status text CHECK (status IN ('met', 'partly_met', 'not_met')),
  evidence text CHECK (btrim(evidence) <> ''),
  evidence_on date CHECK (isfinite(evidence_on)),
  review_by date CHECK (isfinite(review_by)),
  owner bigint REFERENCES portfolio.element ON DELETE SET NULL,
  action text CHECK (btrim(action) <> ''),
  action_due date CHECK (isfinite(action_due)),
  action_agreed_on date CHECK (isfinite(action_agreed_on)),
  said_by name NOT NULL DEFAULT CURRENT_USER,
  PRIMARY KEY (organisation, standard, control),
  CONSTRAINT control_status_control FOREIGN KEY (standard, control) REFERENCES portfolio.control ON UPDATE CASCADE,
  CONSTRAINT control_status_applicable CHECK (applicable = (status IS NOT NULL)),
  CONSTRAINT control_status_met CHECK (status IS DISTINCT FROM 'met' OR (evidence IS NOT NULL AND evidence_on IS NOT NULL)),
  CONSTRAINT control_status_action CHECK (num_nonnulls(action, action_due) = 0 OR (num_nulls(action, action_due) = 0 AND coalesce(status, 'met') <> 'met')),
  CONSTRAINT control_status_agreed CHECK (action_agreed_on IS NULL OR (action_due IS NOT NULL AND action_due <= action_agreed_on + interval '6 months'))
);
CREATE INDEX control_status_of_control ON portfolio.control_status (standard, control);
CREATE INDEX control_status_owner ON portfolio.control_status (owner) WHERE owner IS NOT NULL;
COMMENT ON TABLE portfolio.control_status IS
  'What an organisation says about a control: whether it applies, why, and how it stands. A control that applies has a status, and one that is met has evidence with its day. Class: user rows.';
COMMENT ON COLUMN portfolio.control_status.organisation IS 'The organisation that says so.';
COMMENT ON COLUMN portfolio.control_status.standard IS 'Standard of the control.';
COMMENT ON COLUMN portfolio.control_status.control IS 'Code of the control or assertion.';
COMMENT ON COLUMN portfolio.control_status.applicable IS 'Does it apply here?';
COMMENT ON COLUMN portfolio.control_status.why IS 'Why it applies, or why it is left out.';
COMMENT ON COLUMN portfolio.control_status.status IS 'met, partly_met or not_met; NULL exactly where it does not apply.';
COMMENT ON COLUMN portfolio.control_status.evidence IS 'What shows it: a document, a record. Needed where it is met.';
COMMENT ON COLUMN portfolio.control_status.evidence_on IS 'Day that the evidence is of, not the day of writing.';
COMMENT ON COLUMN portfolio.control_status.review_by IS 'Day by which it is looked at again; NULL: no such day.';
COMMENT ON COLUMN portfolio.control_status.owner IS 'Who answers for the control.';
COMMENT ON COLUMN portfolio.control_status.action IS 'What will be done where it is not fully met; together with action_due.';
COMMENT ON COLUMN portfolio.control_status.action_due IS 'Last day by which that is done.';
COMMENT ON COLUMN portfolio.control_status.action_agreed_on IS 'Day on which the action was agreed, as part of an improvement plan; it is due within six months from there. NULL: not agreed.';
COMMENT ON COLUMN portfolio.control_status.said_by IS 'Who wrote the row.';
SELECT pg_extension_config_dump('portfolio.control_status', '');
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.control_status FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('organisation');

-- Over the tables and not over effective_check: those who answer for controls may not read the queries of checks.
CREATE VIEW portfolio.control_check WITH (security_invoker = true) AS
  SELECT k.standard, k.code AS control, c.code AS check_code
    FROM portfolio.control k
    JOIN portfolio.check_definition c
      ON k.code = ANY (regexp_split_to_array(btrim(c.refs ->> CASE k.standard WHEN 'iso27001' THEN 'iso' ELSE k.standard END, '[]" '), '[ ,;"]+'))
    LEFT JOIN portfolio.check_setting s ON s.check_code = c.code
   WHERE coalesce(s.enabled, true)
     AND current_setting('server_version_num')::integer / 10000 BETWEEN coalesce(c.min_version, 0) AND coalesce(c.max_version, 2147483647);
COMMENT ON VIEW portfolio.control_check IS
  'Which checks that run here watch which control, by their refs: key iso for standard iso27001, and the name of the standard for any other. One code, several parted by blanks or commas, or an array.';
COMMENT ON COLUMN portfolio.control_check.standard IS 'Standard of the control.';
COMMENT ON COLUMN portfolio.control_check.control IS 'Code of the control.';
COMMENT ON COLUMN portfolio.control_check.check_code IS 'The check.';

CREATE VIEW portfolio.security_score WITH (security_invoker = true) AS
  WITH ran AS MATERIALIZED (
    SELECT DISTINCT x.result ->> 'check' AS code FROM portfolio.check_run r CROSS JOIN LATERAL jsonb_array_elements(r.results) x (result)
     WHERE x.result ->> 'outcome' = 'ok'
  ), found AS MATERIALIZED (
    SELECT f.check_code AS code,
           count(*) FILTER (WHERE s.is_open) AS open_findings, count(*) FILTER (WHERE s.is_open AND f.severity IN ('critical', 'high')) AS grave,
           count(*) FILTER (WHERE s.is_open AND f.due_on < current_date) AS overdue,
           count(*) FILTER (WHERE f.status <> 'resolved' AND NOT s.is_open) AS accepted
      FROM portfolio.finding f
      CROSS JOIN LATERAL (SELECT f.status = 'open' OR f.status = 'risk_accepted' AND f.accepted_until < current_date AS is_open) s
     GROUP BY f.check_code
  ), watched AS (
    SELECT k.standard, k.code AS control, k.title, cc.check_code, r.code IS NOT NULL OR coalesce(f.open_findings, 0) > 0 AS known,
           CASE d.severity WHEN 'critical' THEN 8 WHEN 'high' THEN 4 WHEN 'medium' THEN 2 ELSE 1 END AS weight,
           coalesce(f.open_findings, 0) AS open_findings, coalesce(f.grave, 0) AS grave, coalesce(f.overdue, 0) AS overdue, coalesce(f.accepted, 0) AS accepted
      FROM portfolio.control k
      LEFT JOIN portfolio.control_check cc ON cc.standard = k.standard AND cc.control = k.code
      LEFT JOIN portfolio.effective_check d ON d.code = cc.check_code
      LEFT JOIN ran r ON r.code = cc.check_code
      LEFT JOIN found f ON f.code = cc.check_code
  ), once AS (
    -- a check that watches several controls counts once in the row of the standard
    SELECT w.*, w.check_code IS NULL OR row_number() OVER (PARTITION BY w.standard, w.check_code ORDER BY w.control) = 1 AS first_of_standard FROM watched w
  )
  SELECT o.standard, o.control, o.title, count(o.check_code) AS checks, count(*) FILTER (WHERE o.known) AS checks_known,
         sum(o.open_findings)::bigint AS open_findings, sum(o.grave)::bigint AS open_grave, sum(o.overdue)::bigint AS overdue, sum(o.accepted)::bigint AS accepted,
         round(100.0 * sum(o.weight) FILTER (WHERE o.known AND o.open_findings = 0) / nullif(sum(o.weight) FILTER (WHERE o.known), 0), 1) AS score_pct
    FROM once o GROUP BY o.standard, o.control, o.title
  UNION ALL
  SELECT o.standard, NULL, NULL, count(o.check_code), count(*) FILTER (WHERE o.known),
         sum(o.open_findings)::bigint, sum(o.grave)::bigint, sum(o.overdue)::bigint, sum(o.accepted)::bigint,
         round(100.0 * sum(o.weight) FILTER (WHERE o.known AND o.open_findings = 0) / nullif(sum(o.weight) FILTER (WHERE o.known), 0), 1)
    FROM once o WHERE o.first_of_standard GROUP BY o.standard;
COMMENT ON VIEW portfolio.security_score IS
  'How each control stands by the checks that watch it, and each standard (control NULL). It tells what checks can see, not whether a control is met: that is said in control_status.';
COMMENT ON COLUMN portfolio.security_score.standard IS 'Standard.';
COMMENT ON COLUMN portfolio.security_score.control IS 'Code of the control; NULL: the whole standard, each check once.';
COMMENT ON COLUMN portfolio.security_score.title IS 'What the control demands.';
COMMENT ON COLUMN portfolio.security_score.checks IS 'Checks that run here and watch it.';
COMMENT ON COLUMN portfolio.security_score.checks_known IS 'Those of which an answer is known: a kept run in which they ran well, or an open finding.';
COMMENT ON COLUMN portfolio.security_score.open_findings IS 'Open findings of these checks.';
COMMENT ON COLUMN portfolio.security_score.open_grave IS 'Those that are critical or high.';
COMMENT ON COLUMN portfolio.security_score.overdue IS 'Open ones whose due day has passed.';
COMMENT ON COLUMN portfolio.security_score.accepted IS 'Findings whose risk is accepted today.';
COMMENT ON COLUMN portfolio.security_score.score_pct IS
  'Share of the checks of which an answer is known that have no open finding, in per cent, weighted by severity: critical 8, high 4, medium 2, low 1. An accepted risk counts as no open finding. NULL where nothing is known.';

CREATE FUNCTION portfolio.control_state(applicable boolean, status text, review_by date, owner bigint, action_due date, action_agreed_on date, day date) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN applicable IS NULL THEN 'not_said'
              WHEN NOT applicable THEN 'not_applicable'
              WHEN status = 'met' THEN CASE WHEN review_by < day THEN 'lapsed' ELSE 'met' END
              WHEN owner IS NOT NULL AND action_agreed_on <= day AND action_due >= day THEN 'planned'
              ELSE status END;
END;
COMMENT ON FUNCTION portfolio.control_state(boolean, text, date, bigint, date, date, date) IS
  'How what control_status says of a control counts on a day: met, lapsed (met, and its review is overdue), planned (not fully met, with an agreed action that has an owner and is not overdue), partly_met, not_met, not_applicable, not_said (applicable is NULL).';

CREATE VIEW portfolio.statement_of_applicability WITH (security_invoker = true) AS
  WITH found AS MATERIALIZED (
    SELECT c.standard, c.control, count(*) AS findings
      FROM portfolio.control_check c
      JOIN portfolio.finding f ON f.check_code = c.check_code AND (f.status = 'open' OR f.status = 'risk_accepted' AND f.accepted_until < current_date)
     GROUP BY c.standard, c.control
  )
  SELECT b.organisation, o.code AS organisation_code, o.name AS organisation_name, k.standard, k.code AS control, k.title, k.part_of, k.formerly,
         s.applicable, s.why, s.status, s.evidence, s.evidence_on, s.review_by, coalesce(s.review_by < current_date, false) AS review_overdue,
         p.name AS owner_name, coalesce(w.findings, 0) AS open_findings, k.mandatory, s.action, s.action_due, s.action_agreed_on,
         portfolio.control_state(s.applicable, s.status, s.review_by, s.owner, s.action_due, s.action_agreed_on, current_date) AS state
    FROM (SELECT DISTINCT c.organisation, c.standard FROM portfolio.control_status c) b
    JOIN portfolio.organisation o ON o.id = b.organisation
    JOIN portfolio.control k ON k.standard = b.standard
    LEFT JOIN portfolio.control_status s ON s.organisation = b.organisation AND s.standard = k.standard AND s.control = k.code
    LEFT JOIN portfolio.element p ON p.id = s.owner
    LEFT JOIN found w ON w.standard = k.standard AND w.control = k.code;
COMMENT ON VIEW portfolio.statement_of_applicability IS
  'Statement of applicability: every control of each standard of which an organisation has said anything, one row a control, with what checks find beside it. Where applicable is NULL nothing is said yet. assurance adds it up.';
COMMENT ON COLUMN portfolio.statement_of_applicability.organisation IS 'The organisation.';
COMMENT ON COLUMN portfolio.statement_of_applicability.organisation_code IS 'Its code.';
COMMENT ON COLUMN portfolio.statement_of_applicability.organisation_name IS 'Its name.';
COMMENT ON COLUMN portfolio.statement_of_applicability.standard IS 'Standard.';
COMMENT ON COLUMN portfolio.statement_of_applicability.control IS 'Code of the control or assertion.';
COMMENT ON COLUMN portfolio.statement_of_applicability.title IS 'What it demands.';
COMMENT ON COLUMN portfolio.statement_of_applicability.part_of IS 'The control that an assertion belongs to.';
COMMENT ON COLUMN portfolio.statement_of_applicability.formerly IS 'Controls of the edition before that went into it.';
COMMENT ON COLUMN portfolio.statement_of_applicability.applicable IS 'Does it apply? NULL: not said yet.';
COMMENT ON COLUMN portfolio.statement_of_applicability.why IS 'Why it applies, or why it is left out.';
COMMENT ON COLUMN portfolio.statement_of_applicability.status IS 'met, partly_met or not_met.';
COMMENT ON COLUMN portfolio.statement_of_applicability.evidence IS 'What shows it.';
COMMENT ON COLUMN portfolio.statement_of_applicability.evidence_on IS 'Day that the evidence is of.';
COMMENT ON COLUMN portfolio.statement_of_applicability.review_by IS 'Day by which it is looked at again.';
COMMENT ON COLUMN portfolio.statement_of_applicability.review_overdue IS 'Has that day passed? False without one.';
COMMENT ON COLUMN portfolio.statement_of_applicability.owner_name IS 'Who answers for it.';
COMMENT ON COLUMN portfolio.statement_of_applicability.open_findings IS 'Open findings of the checks that watch it, of the whole database.';
COMMENT ON COLUMN portfolio.statement_of_applicability.mandatory IS 'Is it needed for the standard to be met?';
COMMENT ON COLUMN portfolio.statement_of_applicability.action IS 'What will be done where it is not fully met.';
COMMENT ON COLUMN portfolio.statement_of_applicability.action_due IS 'Last day by which that is done.';
COMMENT ON COLUMN portfolio.statement_of_applicability.action_agreed_on IS 'Day on which that was agreed.';
COMMENT ON COLUMN portfolio.statement_of_applicability.state IS 'How it counts today, see control_state().';

-- The Data Security and Protection Toolkit's words for an organisation: derived, never typed.
CREATE VIEW portfolio.assurance WITH (security_invoker = true) AS
  WITH RECURSIVE tree AS (
    SELECT k.standard, k.code, k.code AS top, k.mandatory FROM portfolio.control k WHERE k.part_of IS NULL
    UNION ALL
    SELECT k.standard, k.code, t.top, k.mandatory FROM portfolio.control k JOIN tree t ON t.standard = k.standard AND t.code = k.part_of
  ), item AS (
    -- what has assertions below it is as these are
    SELECT b.organisation, t.standard, t.top, t.mandatory, s.review_by, s.action_due, portfolio.control_state(s.applicable, s.status, s.review_by, s.owner, s.action_due, s.action_agreed_on, current_date) AS state
      FROM (SELECT DISTINCT c.organisation, c.standard FROM portfolio.control_status c) b
      JOIN tree t ON t.standard = b.standard
      LEFT JOIN portfolio.control_status s ON s.organisation = b.organisation AND s.standard = t.standard AND s.control = t.code
     WHERE NOT EXISTS (SELECT FROM portfolio.control p WHERE p.standard = t.standard AND p.part_of = t.code)
  ), counted AS (
    SELECT i.organisation, i.standard, i.top AS control, count(*) AS assertions, count(*) FILTER (WHERE i.mandatory) AS mandatory,
           count(*) FILTER (WHERE i.state = 'met') AS met, count(*) FILTER (WHERE i.state = 'planned') AS planned,
           count(*) FILTER (WHERE i.state = 'partly_met') AS partly_met, count(*) FILTER (WHERE i.state = 'not_met') AS not_met,
           count(*) FILTER (WHERE i.state = 'lapsed') AS lapsed, count(*) FILTER (WHERE i.state = 'not_applicable') AS not_applicable,
           count(*) FILTER (WHERE i.state = 'not_said') AS not_said,
           count(*) FILTER (WHERE i.mandatory AND i.state NOT IN ('met', 'not_applicable')) AS missing,
           count(*) FILTER (WHERE i.mandatory AND i.state NOT IN ('met', 'not_applicable', 'planned')) AS not_even_planned,
           min(i.review_by) FILTER (WHERE i.state = 'met') AS next_review, min(i.action_due) FILTER (WHERE i.state = 'planned') AS next_action
      FROM item i GROUP BY GROUPING SETS ((i.organisation, i.standard, i.top), (i.organisation, i.standard))
  )
  SELECT c.organisation, o.code AS organisation_code, o.name AS organisation_name, c.standard, c.control, k.title,
         CASE WHEN c.not_even_planned > 0 THEN 'standards_not_met' WHEN c.missing > 0 THEN 'plan_agreed'
              WHEN c.assertions > c.mandatory AND c.met + c.not_applicable = c.assertions THEN 'standards_exceeded' ELSE 'standards_met' END AS standing,
         c.assertions, c.mandatory, c.met, c.planned, c.partly_met, c.not_met, c.lapsed, c.not_applicable, c.not_said, c.next_review, c.next_action
    FROM counted c
    JOIN portfolio.organisation o ON o.id = c.organisation
    LEFT JOIN portfolio.control k ON k.standard = c.standard AND k.code = c.control;
COMMENT ON VIEW portfolio.assurance IS
  'How organisations stand by a standard of which they have said anything, one row a control at the top with the assertions below it, and one for the whole standard (control NULL). Derived from control_status as of today.';
COMMENT ON COLUMN portfolio.assurance.organisation IS 'The organisation.';
COMMENT ON COLUMN portfolio.assurance.organisation_code IS 'Its code.';
COMMENT ON COLUMN portfolio.assurance.organisation_name IS 'Its name.';
COMMENT ON COLUMN portfolio.assurance.standard IS 'Standard.';
COMMENT ON COLUMN portfolio.assurance.control IS 'A control that is part of no other; for ndg one of the ten standards. NULL: the whole standard.';
COMMENT ON COLUMN portfolio.assurance.title IS 'What it demands.';
COMMENT ON COLUMN portfolio.assurance.standing IS
  'standards_exceeded: all is met, and some of it was not mandatory; standards_met: all that is mandatory is met or does not apply; plan_agreed (not fully met, plan agreed): what is missing has an agreed action with an owner, not overdue; standards_not_met: the rest.';
COMMENT ON COLUMN portfolio.assurance.assertions IS 'Assertions without further ones below them; a control that has none counts itself.';
COMMENT ON COLUMN portfolio.assurance.mandatory IS 'Those that are mandatory.';
COMMENT ON COLUMN portfolio.assurance.met IS 'Those that are met, and not due for review.';
COMMENT ON COLUMN portfolio.assurance.planned IS 'Not fully met, with an agreed action that is not overdue.';
COMMENT ON COLUMN portfolio.assurance.partly_met IS 'Partly met, without such an action.';
COMMENT ON COLUMN portfolio.assurance.not_met IS 'Not met, without such an action.';
COMMENT ON COLUMN portfolio.assurance.lapsed IS 'Said to be met, and the day by which it was to be looked at again has passed.';
COMMENT ON COLUMN portfolio.assurance.not_applicable IS 'Said not to apply.';
COMMENT ON COLUMN portfolio.assurance.not_said IS 'Of which nothing is said yet.';
COMMENT ON COLUMN portfolio.assurance.next_review IS 'The first day by which something met is to be looked at again.';
COMMENT ON COLUMN portfolio.assurance.next_action IS 'The first day on which a planned action is due.';
