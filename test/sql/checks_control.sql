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
SELECT organisation_code, control, part_of, applicable, why, status, review_overdue, open_findings, score_pct FROM portfolio.statement_of_applicability WHERE organisation_code = 'RCC' ORDER BY control;

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
