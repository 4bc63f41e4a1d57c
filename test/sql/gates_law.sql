-- What the database refuses at a gate, word for word.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE; RESET client_min_messages;
\set SHOW_CONTEXT never
SET datestyle = 'ISO';
SELECT setval('portfolio.process_run_id_seq', 700000) AS runs_begin_here;
CREATE ROLE regress_gates_editor;
CREATE ROLE regress_gates_board;
SELECT portfolio.grant_profile('regress_gates_editor', 'editor');
INSERT INTO portfolio.team (code, name) VALUES ('RG_OPS', 'Operations of the gates test');
INSERT INTO portfolio.service (code, name) VALUES ('RG_PIPE', 'Service of the gates test'), ('RG_TWO', 'Another service of the gates test');

-- A process of one's own: two gates, one criterion by query.
SET ROLE regress_gates_editor;
INSERT INTO portfolio.process (code, name, max_waiver_days, separation_of_duty) VALUES ('rg', 'Test process', 30, false);
INSERT INTO portfolio.stage (process, code, ord, name) VALUES ('rg', 'one', 1, 'One'), ('rg', 'two', 2, 'Two');
INSERT INTO portfolio.gate (process, code, stage, name) VALUES ('rg', 'first', 'one', 'First'), ('rg', 'last', 'two', 'Last');
INSERT INTO portfolio.criterion (process, code, gate, title, mandatory, weight) VALUES
  ('rg', 'plan', 'first', 'There is a plan', true, 2), ('rg', 'wish', 'first', 'Somebody wants it', false, 1), ('rg', 'done', 'last', 'It is done', true, 1);
INSERT INTO portfolio.criterion (process, code, gate, title, evidence_kind, query, threshold, partly_threshold) VALUES
  ('rg', 'described', 'first', 'It is described', 'query',
   'SELECT s.id AS element, length(s.description)::numeric AS value FROM portfolio.service s WHERE s.description IS NOT NULL', 10, 5);

-- Refused when written.
INSERT INTO portfolio.criterion (process, code, gate, title, evidence_kind, query, threshold) VALUES ('rg', 'bad', 'first', 't', 'query', 'DROP TABLE x', 1);
INSERT INTO portfolio.criterion (process, code, gate, title, evidence_kind, query) VALUES ('rg', 'bad', 'first', 't', 'query', 'SELECT 1');
INSERT INTO portfolio.criterion (process, code, gate, title, threshold, partly_threshold) VALUES ('rg', 'bad', 'first', 't', 1, 2);
INSERT INTO portfolio.gate (process, code, stage, name) VALUES ('rg', 'third', 'one', 'A second gate of one stage');
INSERT INTO portfolio.gate (process, code, stage, name) VALUES ('rg', 'third', 'three', 'Of no stage');
UPDATE portfolio.criterion SET mandatory = false WHERE process = 'transfer-to-service-operations' AND code = 'runbook';
INSERT INTO portfolio.criterion (process, code, gate, title) VALUES ('transfer-to-service-operations', 'mine', 'assessment', 't');
SELECT portfolio.start_process('RG_PIPE', 'no-such-process');
SELECT portfolio.start_process('RG_NOWHERE', 'rg');

SELECT portfolio.start_process('service:RG_PIPE', 'rg') AS run \gset
SELECT portfolio.start_process('RG_PIPE', 'rg');
-- A version that runs stays as it is.
INSERT INTO portfolio.criterion (process, code, gate, title) VALUES ('rg', 'late', 'first', 't');
UPDATE portfolio.criterion SET mandatory = false WHERE process = 'rg' AND code = 'plan';
UPDATE portfolio.process SET max_waiver_days = 3000 WHERE code = 'rg';
UPDATE portfolio.process SET purpose = 'words may change' WHERE code = 'rg';
SELECT portfolio.copy_process('rg', 'rg') AS next_version;
SELECT count(*) FROM portfolio.criterion WHERE process = 'rg' AND version = 2 AND author = 'regress_gates_editor';
UPDATE portfolio.process SET valid = daterange(NULL, '2000-01-01') WHERE (code, version) = ('rg', 2);

-- How it stands.
SELECT gate, percent, met, partly, waived, applicable, blockers, next_steps FROM portfolio.readiness('RG_PIPE');
SELECT portfolio.decide(:run, 'first', 'proceed');
UPDATE portfolio.service SET description = 'Some words' WHERE code = 'RG_PIPE';
SELECT criterion, status, value FROM portfolio.evaluate(:run);
SELECT portfolio.record_evidence(:run, 'wish', 'partly', note => 'three letters') > 0 AS recorded;
SELECT gate, percent, met, partly, waived, applicable, blockers FROM portfolio.readiness('RG_PIPE');
-- 100 * (1 + 0.5) / 4
SELECT gate, percent = 100 * (1 + 1 / 2.0) / (2 + 1 + 1) AS by_hand FROM portfolio.readiness('RG_PIPE') WHERE gate = 'first';
SELECT portfolio.decide(:run, 'first', 'proceed');
-- The same by direct INSERT; and what a person may not write.
INSERT INTO portfolio.gate_decision (run, gate, outcome) VALUES (:run, 'first', 'proceed');
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (:run, 'first', 'proceed', '2001-01-01');
INSERT INTO portfolio.gate_decision_evidence (decision, criterion) VALUES (1, 'plan');
INSERT INTO portfolio.evidence (run, criterion, status) VALUES (:run, 'described', 'met');
INSERT INTO portfolio.evidence (run, criterion, status, by) VALUES (:run, 'plan', 'met', 'postgres');
SELECT portfolio.record_evidence(:run, 'plan', 'not_applicable');
SELECT portfolio.record_evidence(:run, 'plan', 'perhaps');
SELECT portfolio.record_evidence(:run, 'nothing', 'met');
SELECT portfolio.record_evidence(-1, 'plan', 'met');
SELECT portfolio.waive(:run, 'plan', 'RG_OPS', 'because', current_date + 365);
SELECT portfolio.waive(:run, 'plan', 'RG_OPS', ' ', current_date + 5);
SELECT portfolio.decide(:run, 'third', 'proceed');
SELECT portfolio.decide(:run, 'first', 'perhaps');

-- Proceed with conditions: every unmet mandatory criterion is named, with owner and due day.
SELECT portfolio.decide(:run, 'first', 'proceed_with_conditions');
SELECT portfolio.decide(:run, 'first', 'proceed_with_conditions', conditions => '[{"criterion": "wish", "owner": "RG_OPS", "due_on": "2999-01-01"}]');
SELECT portfolio.decide(:run, 'first', 'proceed_with_conditions', conditions => '[{"criterion": "plan", "due_on": "2999-01-01"}]');
SELECT portfolio.decide(:run, 'first', 'proceed_with_conditions', conditions => '[{"criterion": "plan", "owner": "RG_OPS", "due_on": "2001-01-01"}]');
SELECT portfolio.decide(:run, 'first', 'proceed', conditions => '[{"criterion": "plan", "owner": "RG_OPS", "due_on": "2999-01-01"}]');
SELECT portfolio.decide(:run, 'first', 'proceed_with_conditions', conditions => '{"criterion": "plan"}');
SELECT portfolio.decide(:run, 'first', 'proceed_with_conditions',
  conditions => '[{"criterion": "plan", "owner": "RG_OPS", "due_on": "2999-01-01", "what": "write it"}]') > 0 AS decided;
SELECT criterion, mandatory, status, evidence IS NOT NULL AS evidence, waiver, condition IS NOT NULL AS condition
  FROM portfolio.gate_decision_evidence WHERE run = :run ORDER BY criterion;
SELECT portfolio.gate_standing(:run, 'first');
-- The next gate stays shut until they are met.
SELECT portfolio.record_evidence(:run, 'done', 'met') > 0 AS recorded;
SELECT portfolio.decide(:run, 'last', 'proceed');
SELECT id AS condition FROM portfolio.condition WHERE run = :run AND met_on IS NULL \gset
UPDATE portfolio.condition SET due_on = '2999-12-31' WHERE id = :condition;
SELECT portfolio.meet_condition(:condition, 'written');
SELECT portfolio.meet_condition(:condition);
SELECT portfolio.meet_condition(-1);
SELECT met_on = portfolio.law_day(), met_by, met_note FROM portfolio.condition WHERE id = :condition;
SELECT portfolio.gate_standing(:run, 'first');
SELECT portfolio.decide(:run, 'last', 'proceed') > 0 AS decided;
SELECT ended_as, upper_inf(during) AS live FROM portfolio.process_run WHERE id = :run;
SELECT portfolio.decide(:run, 'last', 'stop');
SELECT portfolio.record_evidence(:run, 'plan', 'met');
UPDATE portfolio.evidence SET status = 'met';
RESET ROLE;
UPDATE portfolio.evidence SET status = 'met' WHERE run = :run;
UPDATE portfolio.gate_decision SET outcome = 'stop' WHERE run = :run;
UPDATE portfolio.process_run SET element = element WHERE id = :run;

-- A condition that is not met in time lapses the decision (its dates are of the past, as a restore brings them).
SELECT portfolio.start_process('RG_TWO', 'rg') AS run \gset
INSERT INTO portfolio.process_run (element, process, version, during, ended_as)
  SELECT element, process, version, '[2020-01-01, 2020-12-31)', 'stopped' FROM portfolio.process_run WHERE id = :run RETURNING id AS old \gset
INSERT INTO portfolio.condition (run, criterion, owner, due_on, at) VALUES (:old, 'plan', portfolio.element_ref('RG_OPS'), '2020-02-01', '2020-01-02'),
  (:old, 'described', portfolio.element_ref('RG_OPS'), '2020-02-01', '2020-01-02');
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (:old, 'first', 'proceed_with_conditions', '2020-01-03');
SELECT portfolio.gate_standing(:old, 'first', '2020-01-10') AS in_time, portfolio.gate_standing(:old, 'first', '2020-03-01') AS overdue;
UPDATE portfolio.condition SET met_on = current_date WHERE run = :old;
SELECT portfolio.gate_standing(:old, 'first') AS met_too_late;
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (:old, 'last', 'proceed', '2020-04-01');

-- A waiver unblocks while it is live, and a decision is judged by its own moment.
INSERT INTO portfolio.waiver (run, criterion, owner, reason, at, expires)
  SELECT :old, c, portfolio.element_ref('RG_OPS'), 'for January', '2020-01-01', '2020-02-01' FROM unnest('{plan,described}'::text[]) c;
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (:old, 'first', 'proceed', '2020-02-02');
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (:old, 'first', 'proceed', '2020-01-15') RETURNING outcome;
SET ROLE regress_gates_editor;
SELECT portfolio.waive(:run, 'plan', 'RG_OPS', 'the plan comes in spring', current_date + 30) > 0 AS waived;
SELECT portfolio.waive(:run, 'described', 'RG_OPS', 'so does this', current_date + 30) > 0 AS waived;
SELECT gate, percent, met, waived, applicable, blockers FROM portfolio.readiness('RG_TWO');
SELECT portfolio.decide(:run, 'first', 'proceed') > 0 AS decided;
SELECT criterion, status, waiver IS NOT NULL AS waiver FROM portfolio.gate_decision_evidence WHERE run = :run ORDER BY criterion;

-- Who decides: the gate's role, where one is named.
RESET ROLE;
INSERT INTO portfolio.gate_setting (process, gate, decided_by, reason) VALUES ('rg', 'last', 'regress_gates_board', 'the board decides');
SET ROLE regress_gates_editor;
SELECT portfolio.record_evidence(:run, 'done', 'met') > 0 AS recorded;
SELECT portfolio.decide(:run, 'last', 'proceed');
SELECT portfolio.waive(:run, 'done', 'RG_OPS', 'we are in a hurry', current_date + 3);
INSERT INTO portfolio.gate_setting (process, gate, decided_by, reason) VALUES ('rg', 'first', 'regress_gates_editor', 'mine');
RESET ROLE;
GRANT regress_gates_board TO regress_gates_editor;
SET ROLE regress_gates_editor;
SELECT portfolio.decide(:run, 'last', 'stop', 'not now') > 0 AS decided;
RESET ROLE;
SELECT ended_as, reason FROM portfolio.process_run WHERE id = :run;

-- A criterion of an editor gives him nothing when a superuser asks it, and a broken one stops no other.
CREATE SCHEMA regress_gates AUTHORIZATION regress_gates_editor;
SET ROLE regress_gates_editor;
CREATE FUNCTION regress_gates.gain() RETURNS numeric LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ALTER ROLE regress_gates_editor SUPERUSER'; RETURN 1; END $$;
INSERT INTO portfolio.process (code, name) VALUES ('rg-trap', 'Trap');
INSERT INTO portfolio.stage (process, code, ord, name) VALUES ('rg-trap', 'one', 1, 'One');
INSERT INTO portfolio.gate (process, code, stage, name) VALUES ('rg-trap', 'only', 'one', 'Only');
INSERT INTO portfolio.criterion (process, code, gate, title, evidence_kind, query, threshold) VALUES
  ('rg-trap', 'fine', 'only', 't', 'query', 'SELECT e.id AS element, 1 AS value FROM portfolio.element e', 1),
  ('rg-trap', 'gain', 'only', 't', 'query', 'SELECT e.id AS element, regress_gates.gain() AS value FROM portfolio.element e', 1),
  ('rg-trap', 'nan', 'only', 't', 'query', $$SELECT e.id AS element, 'NaN'::numeric AS value FROM portfolio.element e$$, 1),
  ('rg-trap', 'none', 'only', 't', 'query', $$SELECT e.id AS element, 1 AS value FROM portfolio.element e WHERE e.code = 'RG_PIPE'$$, 1),
  ('rg-trap', 'slow', 'only', 't', 'query', 'SELECT e.id AS element, 1 AS value FROM portfolio.element e, pg_sleep(600)', 1),
  ('rg-trap', 'twice', 'only', 't', 'query', $$SELECT e.id AS element, n AS value FROM portfolio.element e, generate_series(1, 2) n WHERE n = 1 OR e.code = 'RG_TWO'$$, 1);
RESET ROLE;
SET pg_portfolio.stored_query_timeout = '100ms';
SELECT portfolio.start_process('RG_TWO', 'rg-trap') AS run \gset
SELECT criterion, status, value, note FROM portfolio.evaluate(:run);
-- What is unknown is not met, and of the query that answered twice for one element the other answers stand.
SELECT met, applicable, blockers FROM portfolio.readiness('RG_TWO', 'rg-trap');
SELECT portfolio.start_process('RG_PIPE', 'rg-trap') AS other \gset
SELECT criterion, status, value, note FROM portfolio.evaluate() WHERE run = :other AND criterion IN ('none', 'twice');
RESET pg_portfolio.stored_query_timeout;
SELECT count(*) AS written_once FROM portfolio.evidence WHERE run = :run;
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_gates_editor';

SET client_min_messages = warning;
DELETE FROM portfolio.gate_decision WHERE process LIKE 'rg%';
DELETE FROM portfolio.gate_decision_evidence WHERE process LIKE 'rg%';
DELETE FROM portfolio.evidence WHERE process LIKE 'rg%';
DELETE FROM portfolio.waiver WHERE process LIKE 'rg%';
DELETE FROM portfolio.condition WHERE process LIKE 'rg%';
DELETE FROM portfolio.process_run WHERE process LIKE 'rg%';
DELETE FROM portfolio.process WHERE code LIKE 'rg%';
DELETE FROM portfolio.service WHERE code LIKE 'RG\_%';
DELETE FROM portfolio.team WHERE code = 'RG_OPS';
DROP SCHEMA regress_gates CASCADE;
SELECT portfolio.revoke_profile('regress_gates_editor', 'editor');
DROP ROLE regress_gates_editor, regress_gates_board;
