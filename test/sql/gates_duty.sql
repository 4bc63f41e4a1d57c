-- Publication, separation of duty, requested waivers, criteria that do not apply, attachments, and readiness as of a day.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE; RESET client_min_messages;
\set SHOW_CONTEXT never
SET datestyle = 'ISO';
SELECT setval('portfolio.process_run_id_seq', 710000) AS runs_begin_here;
SELECT setval('portfolio.waiver_request_id_seq', 710000) AS requests_begin_here;
CREATE ROLE regress_duty_team;
CREATE ROLE regress_duty_chair;
CREATE ROLE regress_duty_member;
CREATE ROLE regress_duty_board;
GRANT regress_duty_board TO regress_duty_chair, regress_duty_member;
SELECT portfolio.grant_profile(r, 'editor') FROM unnest('{regress_duty_team,regress_duty_chair,regress_duty_member}'::name[]) r;
INSERT INTO portfolio.team (code, name) VALUES ('RD_OPS', 'Operations of the duty test');
INSERT INTO portfolio.service (code, name, description) VALUES ('RD_ONE', 'One service of the duty test', 'clinical'), ('RD_TWO', 'Another', 'office');

INSERT INTO portfolio.process (code, name) VALUES ('rd', 'Duty');
SELECT portfolio.publish_process('rd');
INSERT INTO portfolio.stage (process, code, ord, name) VALUES ('rd', 'one', 1, 'One'), ('rd', 'two', 2, 'Two');
INSERT INTO portfolio.gate (process, code, stage, name, decided_by) VALUES
  ('rd', 'first', 'one', 'First', 'regress_duty_board'), ('rd', 'last', 'two', 'Last', 'regress_duty_board');
SELECT portfolio.publish_process('rd');
INSERT INTO portfolio.criterion (process, code, gate, title, applies_when) VALUES ('rd', 'safety', 'first', 'Clinical safety case', 'DELETE FROM x');
INSERT INTO portfolio.criterion (process, code, gate, title, applies_when) VALUES
  ('rd', 'plan', 'first', 'There is a plan', NULL),
  ('rd', 'safety', 'first', 'Clinical safety case', $$SELECT s.id AS element FROM portfolio.service s WHERE s.description = 'clinical'$$),
  ('rd', 'done', 'last', 'It is done', NULL);
-- A version is run once it is published, and then stays as it is; the first run publishes the first version.
INSERT INTO portfolio.process_run (element, process, version) VALUES (portfolio.element_ref('RD_ONE'), 'rd', 1);
SELECT portfolio.publish_process('nothing');
SELECT portfolio.publish_process('rd', 7);
SELECT portfolio.publish_process('rd'), portfolio.publish_process('rd', 1) AS again;
INSERT INTO portfolio.criterion (process, code, gate, title) VALUES ('rd', 'late', 'first', 't');
DELETE FROM portfolio.stage WHERE process = 'rd';
SELECT portfolio.copy_process('rd', 'rd') AS draft;
UPDATE portfolio.criterion SET applies_when = NULL WHERE process = 'rd' AND version = 2 AND code = 'safety';
SELECT portfolio.start_process('RD_ONE', 'rd') AS one \gset
SELECT portfolio.start_process('RD_TWO', 'rd') AS two \gset
SELECT version FROM portfolio.process_run WHERE id IN (:one, :two);
-- A draft can be taken away, and so can a published version that nobody has run; one that was run can not.
DELETE FROM portfolio.process WHERE (code, version) = ('rd', 2);
DELETE FROM portfolio.process WHERE code = 'rd';

-- What does not apply leaves the percentage, also where it is mandatory.
SELECT r.element = portfolio.element_ref('RD_ONE') AS clinical, s.criterion, s.status, e.note
  FROM portfolio.process_run r CROSS JOIN LATERAL portfolio.run_standing(r.id) s LEFT JOIN portfolio.evidence e ON e.id = s.evidence
 WHERE r.id IN (:one, :two) ORDER BY r.id, s.criterion;
SELECT gate, applicable, blockers FROM portfolio.readiness('RD_TWO', 'rd');
SET ROLE regress_duty_team;
SELECT portfolio.record_evidence(:two, 'plan', 'met', attachment => 'https://example.org/plan') > 0 AS recorded;
SELECT portfolio.record_evidence(:one, 'safety', 'not_applicable');
SELECT portfolio.record_evidence(:one, 'safety', 'partly') > 0 AS recorded;
RESET ROLE;
-- The element comes to be clinical: what was left out is open again, and what somebody said elsewhere stands.
UPDATE portfolio.service SET description = 'clinical' WHERE code = 'RD_TWO';
SELECT run = :two AS two, criterion, status FROM portfolio.evaluate() WHERE run IN (:one, :two);
SELECT criterion, status FROM portfolio.run_standing(:two) WHERE gate = 'first' ORDER BY 1;
SELECT criterion, status FROM portfolio.run_standing(:one) WHERE gate = 'first' ORDER BY 1;
UPDATE portfolio.service SET description = 'office' WHERE code = 'RD_TWO';
SELECT criterion, status FROM portfolio.evaluate(:two);

-- Who gave the evidence is not the only one to decide.
SET ROLE regress_duty_chair;
SELECT portfolio.record_evidence(:two, 'plan', 'met', note => 'seen', attachment => 'https://example.org/plan-2') > 0 AS recorded;
SELECT portfolio.decide(:two, 'first', 'proceed');
INSERT INTO portfolio.gate_decision (run, gate, outcome) VALUES (:two, 'first', 'proceed');
SELECT portfolio.approve_gate(:two, 'first') > 0 AS approved_by_himself;
SELECT portfolio.decide(:two, 'first', 'proceed');
SELECT portfolio.decide(:two, 'first', 'defer') > 0 AS deferring_needs_nobody;
SET ROLE regress_duty_team;
SELECT portfolio.approve_gate(:two, 'first');
SET ROLE regress_duty_member;
INSERT INTO portfolio.gate_approval (run, gate, evidence) VALUES (:two, 'first', '{}');
SELECT portfolio.approve_gate(:two, 'first', 'read it') > 0 AS approved;
-- An approval covers what stood then.
SET ROLE regress_duty_chair;
SELECT portfolio.record_evidence(:two, 'plan', 'met', note => 'another one') > 0 AS recorded;
SELECT portfolio.decide(:two, 'first', 'proceed');
SET ROLE regress_duty_member;
SELECT portfolio.approve_gate(:two, 'first', 'read that too') > 0 AS approved;
SET ROLE regress_duty_chair;
SELECT portfolio.decide(:two, 'first', 'proceed') > 0 AS decided;
SELECT d.outcome, d.by, a.by AS approved_by, a.note FROM portfolio.gate_decision d LEFT JOIN portfolio.gate_approval a ON a.id = d.approval
 WHERE d.run = :two ORDER BY d.id;
-- Whoever gave none of it decides alone.
SET ROLE regress_duty_team;
SELECT portfolio.record_evidence(:two, 'done', 'met') > 0 AS recorded;
SET ROLE regress_duty_member;
SELECT portfolio.decide(:two, 'last', 'proceed') > 0 AS decided;

-- Waivers are requested by the team and granted by who decides.
SET ROLE regress_duty_team;
SELECT portfolio.waive(:one, 'plan', 'RD_OPS', 'soon', current_date + 5);
SELECT portfolio.request_waiver(:one, 'plan', 'RD_OPS', 'soon', current_date + 500);
SELECT portfolio.request_waiver(:one, 'plan', 'RD_OPS', 'soon', current_date + 50) AS asked \gset
SELECT portfolio.request_waiver(:one, 'safety', 'RD_OPS', 'not needed', current_date + 50) AS asked_too \gset
SELECT portfolio.grant_waiver(:asked);
SELECT portfolio.refuse_waiver(:asked, 'me first');
SELECT kind, what, next_step FROM portfolio.my_work('RD_OPS') ORDER BY 1, 2;
SET ROLE regress_duty_member;
SELECT portfolio.grant_waiver(-1);
SELECT portfolio.grant_waiver(:asked, current_date + 10) > 0 AS granted;
\set VERBOSITY terse
SELECT portfolio.grant_waiver(:asked);
\set VERBOSITY default
SELECT portfolio.refuse_waiver(:asked, 'too late');
SELECT portfolio.refuse_waiver(:asked_too, 'safety is never waived');
SELECT portfolio.grant_waiver(:asked_too);
SELECT q.criterion, q.refused_because, q.refused_by, w.expires::date - current_date AS days FROM portfolio.waiver_request q
  LEFT JOIN portfolio.waiver w ON w.request = q.id WHERE q.run = :one ORDER BY 1;
SELECT gate, criterion, title, status, why, next_step FROM portfolio.blockers('RD_ONE');
RESET ROLE;

-- Nothing is dated in the future.
INSERT INTO portfolio.evidence (run, criterion, status, at) VALUES (:one, 'plan', 'met', '2999-01-01');
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (:one, 'first', 'stop', '2999-01-01');
SET ROLE regress_duty_team;
INSERT INTO portfolio.evidence (run, criterion, status, at) VALUES (:one, 'plan', 'met', '2020-01-01');
RESET ROLE;

-- What stood when: by periods, and as of a day (rows of the past, as a restore brings them).
INSERT INTO portfolio.process_run (element, process, version, during, ended_as)
  SELECT element, process, version, '[2020-01-01, 2020-12-31)', 'abandoned' FROM portfolio.process_run WHERE id = :one RETURNING id AS old \gset
INSERT INTO portfolio.evidence (run, criterion, status, at, expires) VALUES
  (:old, 'plan', 'partly', '2020-02-01', 'infinity'), (:old, 'plan', 'met', '2020-03-01', '2020-06-01'), (:old, 'safety', 'met', '2020-03-15', 'infinity');
SELECT criterion, status, lower(during)::date AS since, upper(during)::date AS until FROM portfolio.evidence_history WHERE run = :old ORDER BY criterion, during;
SET pg_portfolio.as_of = '2020-02-15';
SELECT gate, percent, met, partly, blockers FROM portfolio.readiness('RD_ONE') WHERE gate = 'first';
SET pg_portfolio.as_of = '2020-03-20';
SELECT gate, percent, met, partly, blockers FROM portfolio.readiness('RD_ONE') WHERE gate = 'first';
SET pg_portfolio.as_of = '2020-07-01';
SELECT gate, percent, met, partly, blockers FROM portfolio.readiness('RD_ONE') WHERE gate = 'first';
SELECT criterion FROM portfolio.blockers('RD_ONE') WHERE gate = 'first';
SET pg_portfolio.as_of = '2021-07-01';
SELECT count(*) AS no_run_then FROM portfolio.readiness('RD_ONE');
RESET pg_portfolio.as_of;

SET client_min_messages = warning;
DELETE FROM portfolio.gate_decision WHERE process = 'rd';
DELETE FROM portfolio.gate_decision_evidence WHERE process = 'rd';
DELETE FROM portfolio.gate_approval WHERE process = 'rd';
DELETE FROM portfolio.evidence WHERE process = 'rd';
DELETE FROM portfolio.waiver WHERE process = 'rd';
DELETE FROM portfolio.waiver_request WHERE process = 'rd';
DELETE FROM portfolio.process_run WHERE process = 'rd';
DELETE FROM portfolio.process WHERE code = 'rd';
DELETE FROM portfolio.service WHERE code LIKE 'RD\_%';
DELETE FROM portfolio.team WHERE code = 'RD_OPS';
SELECT portfolio.revoke_profile(r, 'editor') FROM unnest('{regress_duty_team,regress_duty_chair,regress_duty_member}'::name[]) r;
DROP ROLE regress_duty_team, regress_duty_chair, regress_duty_member, regress_duty_board;
