-- Controls, what an organisation says about them, and how they stand by what checks find.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE; RESET client_min_messages;
\set SHOW_CONTEXT never
-- As the standard has them: 37 + 8 + 14 + 34, eleven of them new, all 114 of 2013 mapped; and the ten of the National Data Guardian.
SELECT standard, coalesce(substring(code from '^A[.][5-8]'), 'all') AS part, count(*), count(*) FILTER (WHERE formerly = '{}') AS new FROM portfolio.control WHERE builtin GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(DISTINCT f) AS of_2013 FROM portfolio.control, unnest(formerly) f WHERE standard = 'iso27001';
SELECT code FROM portfolio.control WHERE 'A.13.2.1' = ANY (formerly);
UPDATE portfolio.control SET title = 'x' WHERE standard = 'ndg' AND code = '1';

INSERT INTO portfolio.organisation (code, name) VALUES ('RCC', 'Trust');
INSERT INTO portfolio.control (standard, code, title, part_of) VALUES ('rcc', '1', 'One', NULL), ('rcc', '1.1', 'One of one', '1'), ('rcc', '2', 'Two', NULL), ('rcc', '3', 'Three', NULL);
INSERT INTO portfolio.control (standard, code, title, part_of) VALUES ('rcc', '9.1', 'Of nothing', '9');
\set org 'portfolio.element_ref(''organisation:RCC'')'
INSERT INTO portfolio.control_status (organisation, standard, control, applicable, why, status, evidence, evidence_on, review_by) VALUES
  (:org, 'rcc', '1', true, 'law', 'met', 'a record', '2020-01-01', '2021-01-01'), (:org, 'rcc', '2', false, 'no such thing here', NULL, NULL, NULL, NULL);
\set VERBOSITY terse
INSERT INTO portfolio.control_status (organisation, standard, control, applicable, why, status) VALUES (:org, 'rcc', '3', true, 'law', 'met');
INSERT INTO portfolio.control_status (organisation, standard, control, applicable, why) VALUES (:org, 'rcc', '3', true, 'law');
INSERT INTO portfolio.control_status (organisation, standard, control, applicable, why, status) VALUES (:org, 'rcc', '3', false, 'law', 'not_met');
INSERT INTO portfolio.control_status (organisation, standard, control, applicable, why) VALUES (:org, 'rcc', '7', false, 'x');
\set VERBOSITY default
SELECT organisation_code, control, part_of, applicable, why, status, review_overdue, open_findings, state FROM portfolio.statement_of_applicability WHERE organisation_code = 'RCC' ORDER BY control;

-- Scores: of what has run; each check once in the standard; an accepted risk is no open finding.
INSERT INTO portfolio.check_definition (code, area, title, severity, query, refs) VALUES
  ('rcc.good', 'rcc', 't', 'high',     $$SELECT 's' AS subject WHERE false$$, '{"rcc": "1"}'),
  ('rcc.bad',  'rcc', 't', 'critical', $$SELECT 's' AS subject$$, '{"rcc": ["1", "2"]}'),
  ('rcc.low',  'rcc', 't', 'low',      $$SELECT 's' AS subject WHERE false$$, '{"rcc": "2, 1.1"}'),
  ('rcc.not',  'rcc2', 't', 'low',     $$SELECT 's' AS subject WHERE false$$, '{"rcc": "3"}');
CREATE VIEW pg_temp.score AS SELECT control, checks, checks_known AS known, open_findings AS open, open_grave AS grave, overdue, accepted, score_pct
  FROM portfolio.security_score WHERE standard = 'rcc' ORDER BY control NULLS FIRST;
TABLE pg_temp.score;
SELECT count(*) FROM portfolio.run_checks('rcc');
TABLE pg_temp.score;
UPDATE portfolio.finding SET due_on = current_date - 1 WHERE check_code = 'rcc.bad';
SELECT control, overdue FROM pg_temp.score WHERE overdue > 0;
SELECT portfolio.accept_risk(id, 'known', current_date + 1) IS NOT NULL AS accepted FROM portfolio.finding WHERE check_code = 'rcc.bad';
TABLE pg_temp.score;
-- What organisations say, added up: assertions stand for the control that they belong to; a plan counts while it is agreed and not overdue.
CREATE VIEW pg_temp.stands AS SELECT control, standing, assertions AS of, mandatory, met, planned, partly_met AS partly, not_met, lapsed, not_applicable AS not_appl, not_said
  FROM portfolio.assurance WHERE organisation_code = 'RCC' AND standard = 'rcc' ORDER BY control NULLS FIRST;
TABLE pg_temp.stands;
INSERT INTO portfolio.control_status (organisation, standard, control, applicable, why, status, evidence, evidence_on, review_by) VALUES
  (:org, 'rcc', '1.1', true, 'law', 'met', 'a record', current_date - 10, current_date - 9), (:org, 'rcc', '3', true, 'law', 'partly_met', NULL, NULL, NULL);
TABLE pg_temp.stands;
UPDATE portfolio.control_status SET review_by = current_date + 9 WHERE organisation = :org AND control = '1.1';
\set VERBOSITY terse
UPDATE portfolio.control_status SET action = 'buy it' WHERE organisation = :org AND control = '3';
UPDATE portfolio.control_status SET action = 'buy it', action_due = current_date + 9 WHERE organisation = :org AND control = '1.1';
UPDATE portfolio.control_status SET action = 'buy it', action_due = '2020-07-02', action_agreed_on = '2020-01-01' WHERE organisation = :org AND control = '3';
\set VERBOSITY default
UPDATE portfolio.control_status SET action = 'buy it', action_due = current_date + 9, action_agreed_on = current_date - 9 WHERE organisation = :org AND control = '3';
SELECT standing, planned FROM pg_temp.stands WHERE control IS NULL;      -- nobody answers for the action
UPDATE portfolio.control_status SET owner = :org WHERE organisation = :org AND control = '3';
TABLE pg_temp.stands;
SELECT standing FROM pg_temp.stands WHERE control IS NULL;
UPDATE portfolio.control_status SET action_due = current_date - 2 WHERE organisation = :org AND control = '3';
SELECT standing, partly FROM pg_temp.stands WHERE control IS NULL;
UPDATE portfolio.control SET mandatory = false WHERE standard = 'rcc' AND code = '3';
SELECT standing, mandatory FROM pg_temp.stands WHERE control IS NULL;
UPDATE portfolio.control_status SET status = 'met', action = NULL, action_due = NULL, action_agreed_on = NULL, evidence = 'bought', evidence_on = current_date WHERE organisation = :org AND control = '3';
SELECT standing FROM pg_temp.stands WHERE control IS NULL;
-- The ten standards of the National Data Guardian, once something is said of one
INSERT INTO portfolio.control_status (organisation, standard, control, applicable, why) VALUES (:org, 'ndg', '10', false, 'no suppliers');
SELECT count(*) FILTER (WHERE control IS NOT NULL) AS controls, count(*) FILTER (WHERE standing = 'standards_met') AS met, max(not_said) AS not_said FROM portfolio.assurance WHERE organisation_code = 'RCC' AND standard = 'ndg';
-- as those who answer for controls may see it
CREATE ROLE regress_control_editor;
SELECT portfolio.grant_profile('regress_control_editor', 'editor');
GRANT SELECT ON pg_temp.stands TO regress_control_editor;
SET ROLE regress_control_editor;
SELECT control, state, open_findings FROM portfolio.statement_of_applicability WHERE organisation_code = 'RCC' AND standard = 'rcc' ORDER BY control;
SELECT standing FROM pg_temp.stands WHERE control IS NULL;
SELECT control_code, top_code, has_assertions, state_label, owner_name FROM portfolio_bi.control WHERE organisation_code = 'RCC' AND standard = 'rcc' ORDER BY control_code;
RESET ROLE;
SELECT portfolio.revoke_profile('regress_control_editor', 'editor');
REVOKE ALL ON pg_temp.stands FROM regress_control_editor;
DROP ROLE regress_control_editor;

-- Every reference of a shipped check names a control that is there.
SELECT d.code, r.control FROM portfolio.check_definition d
  CROSS JOIN (VALUES ('iso', 'iso27001'), ('ndg', 'ndg')) k (key, standard)
  CROSS JOIN regexp_split_to_table(btrim(d.refs ->> k.key, '[]" '), '[ ,;"]+') r (control)
 WHERE d.builtin AND NOT EXISTS (SELECT FROM portfolio.control c WHERE c.standard = k.standard AND c.code = r.control);

DELETE FROM portfolio.finding WHERE check_code LIKE 'rcc.%';
DELETE FROM portfolio.check_definition WHERE code LIKE 'rcc.%';
DELETE FROM portfolio.organisation WHERE code = 'RCC';
DELETE FROM portfolio.control WHERE standard = 'rcc' AND part_of IS NOT NULL;
DELETE FROM portfolio.control WHERE standard = 'rcc';
