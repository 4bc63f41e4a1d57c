-- The shipped checks of transfer and quality find what is planted, and what waits for whom.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE; RESET client_min_messages;
\set SHOW_CONTEXT never
BEGIN;
CREATE VIEW pg_temp.found AS
  SELECT check_code, subject, severity, detail - '{expires,next_step}'::text[] AS detail FROM portfolio.open_finding
   WHERE subject LIKE '%CT\_%' OR element_code LIKE 'CT\_%';
INSERT INTO portfolio.team (code, name) VALUES ('CT_OPS', 'Operations of the checks test');
INSERT INTO portfolio.team (code, name, valid) VALUES ('CT_OLD', 'A team that has ended', '(,2020-01-01)');
INSERT INTO portfolio.programme (code, name, end_date) VALUES ('CT_LATE', 'Late', '2020-03-31'), ('CT_AHEAD', 'Ahead', '2999-03-31');
INSERT INTO portfolio.service (code, name, state, adopted_locally, governed_by, owner, support_tier, service_level, roadmap_item)
  SELECT 'CT_USED', 'Used', 'live', true, p.id, t.id, 'gold', 'availability', 'R1' FROM portfolio.programme p, portfolio.team t WHERE p.code = 'CT_AHEAD' AND t.code = 'CT_OLD';
INSERT INTO portfolio.service (code, name, state, owner, support_tier, service_level, roadmap_item)
  SELECT 'CT_FINE', 'Fine', 'live', t.id, 'gold', 'availability', 'R1' FROM portfolio.team t WHERE t.code = 'CT_OPS';
INSERT INTO portfolio.service_level (service, measure, target) SELECT s.id, 'availability', 99.9 FROM portfolio.service s WHERE s.code LIKE 'CT\_%';
INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on) SELECT s.id, 'R1', 'release', 'Release 1', '2999-01-01' FROM portfolio.service s WHERE s.code LIKE 'CT\_%';
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO portfolio.data_set (code, name, schema_name, relation_name, quality_threshold) VALUES ('CT_GONE', 'Gone', 'nowhere', 'gone', 90);
-- live without an owner cannot be written at all
SAVEPOINT s;
\set VERBOSITY terse
INSERT INTO portfolio.service (code, name, state, support_tier, service_level, roadmap_item) VALUES ('CT_NONE', 'None', 'live', 'gold', 'availability', 'R1');
\set VERBOSITY default
ROLLBACK TO s;
SELECT outcome, count(*) FROM portfolio.run_checks('transfer') GROUP BY outcome;
SELECT outcome, count(*) > 0 AS some FROM portfolio.run_checks('quality') GROUP BY outcome;
SELECT * FROM found ORDER BY check_code, subject;

-- A transfer with a waiver about to lapse and an overdue condition (its dates as a restore brings them).
SELECT portfolio.start_process('CT_USED', 'transfer-to-service-operations') AS run \gset
SELECT portfolio.waive(:run, 'benefits-owner', 'CT_OPS', 'soon', current_date + 10) > 0 AS waived;
INSERT INTO portfolio.condition (run, criterion, owner, due_on, what, at)
  VALUES (:run, 'run-cost-funded', portfolio.element_ref('CT_OPS'), '2020-01-31', 'find the money', '2020-01-01');
UPDATE portfolio.finding SET owner = portfolio.element_ref('CT_OPS'), next_step = 'ask the programme', due_on = '2999-01-01' WHERE subject = 'programme:CT_LATE';
SELECT outcome, count(*) FROM portfolio.run_checks('transfer') GROUP BY outcome;
SELECT check_code, regexp_replace(subject, '\d+', 'N') AS subject, detail FROM found WHERE subject NOT LIKE 'programme:%' AND check_code <> 'relation-gone' AND check_code <> 'score-stale' ORDER BY check_code;
SELECT kind, party_name, element_label, what, due_on IS NOT NULL AS due, overdue, severity, next_step ~ '^(Meet|ask)' AS has_step FROM portfolio.my_work('team:CT_OPS');
-- Without a party: what waits for elements that stand for a role of mine.
SELECT count(*) FROM portfolio.my_work() WHERE party_name = 'Operations of the checks test';
INSERT INTO portfolio.element_alias (element, scheme, value) VALUES (portfolio.element_ref('team:CT_OPS'), 'role', current_user);
SELECT count(*) FROM portfolio.my_work() WHERE party_name = 'Operations of the checks test';

-- Mended: resolved. The programme is on its way, so its service is no longer reported.
UPDATE portfolio.programme SET state = 'closed', closed_on = current_date WHERE code = 'CT_LATE';
UPDATE portfolio.service SET owner = portfolio.element_ref('team:CT_OPS') WHERE code = 'CT_USED';
SELECT portfolio.meet_condition(id) FROM portfolio.condition WHERE run = :run;
SELECT outcome, count(*) FROM portfolio.run_checks('transfer') GROUP BY outcome;
SELECT check_code FROM found WHERE check_code NOT IN ('relation-gone', 'score-stale') ORDER BY check_code;
-- What people did with a finding is in the journal, what runs did is not.
SELECT operation, new->>'next_step' AS next_step FROM portfolio.change WHERE new->>'subject' = 'programme:CT_LATE' ORDER BY id;
ROLLBACK;
