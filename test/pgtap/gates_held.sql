-- What holds a gate shut holds whatever role, time zone or version one comes with, and runs follow what becomes of their element.
BEGIN;
SELECT plan(26);
SET LOCAL client_min_messages = warning;
CREATE ROLE pf_held_alice;
CREATE ROLE pf_held_bob;
CREATE ROLE pf_held_board;
SELECT portfolio.grant_profile(r, 'editor') FROM unnest('{pf_held_alice,pf_held_bob,pf_held_board}'::name[]) r;
GRANT pf_held_board TO pf_held_alice, pf_held_bob;
INSERT INTO portfolio.team (code, name) VALUES ('GH_OPS', 'Operations');
INSERT INTO portfolio.service (code, name) VALUES ('GH_A', 'A'), ('GH_B', 'B'), ('GH_C', 'C');
INSERT INTO portfolio.process (code, name, separation_of_duty) VALUES ('gh', 'Two gates', true);
INSERT INTO portfolio.stage (process, code, ord, name) VALUES ('gh', 'one', 1, 'One'), ('gh', 'two', 2, 'Two');
INSERT INTO portfolio.gate (process, code, stage, name, decided_by) VALUES ('gh', 'first', 'one', 'First', 'pf_held_board'), ('gh', 'last', 'two', 'Last', NULL);
INSERT INTO portfolio.criterion (process, code, gate, title) VALUES ('gh', 'plan', 'first', 'There is a plan'), ('gh', 'done', 'last', 'It is done');
INSERT INTO portfolio.gate_setting (process, gate, decided_by, reason) VALUES ('gh', 'last', 'pf_held_board', 'terms of reference');
SELECT portfolio.publish_process('gh');

-- four eyes are those of two people, not of two roles of one
SET LOCAL SESSION AUTHORIZATION pf_held_alice;
SELECT portfolio.start_process('service:GH_A', 'gh') AS run \gset
SELECT portfolio.record_evidence(:run, 'plan', 'met') > 0 AS recorded;
SELECT throws_ok(format($$SELECT portfolio.decide(%s, 'first', 'proceed')$$, :run), '42501', NULL, 'who gave the evidence does not decide alone');
SET LOCAL ROLE pf_held_board;
SELECT throws_ok(format($$SELECT portfolio.decide(%s, 'first', 'proceed')$$, :run), '42501', 'role "pf_held_alice" gave evidence for criterion "plan" and cannot be the only one to decide at gate "first"', 'nor as the board');
SELECT throws_ok(format($$SELECT portfolio.approve_gate(%s, 'first')$$, :run), '42501', 'role "pf_held_alice" gave evidence for gate "first" and cannot approve it as "pf_held_board"', 'nor approves as the board');
RESET ROLE;
SELECT throws_ok(format($$SELECT portfolio.end_process(%s, 'completed', 'because')$$, :run), '23514', format('run %s is not completed: its last gate is not passed', :run), 'a run is completed at its last gate only');
SELECT throws_ok(format($$UPDATE portfolio.process_run SET ended_as = 'completed' WHERE id = %s$$, :run), '23514', NULL, 'by whatever way');
RESET SESSION AUTHORIZATION;
SET LOCAL SESSION AUTHORIZATION pf_held_bob;
SET LOCAL ROLE pf_held_board;
SELECT lives_ok(format($$SELECT portfolio.decide(%s, 'first', 'proceed')$$, :run), 'another member of the board decides');
RESET ROLE;
RESET SESSION AUTHORIZATION;

-- the next version has the board of this one
SELECT is(portfolio.copy_process('gh', 'gh'), 2, 'the next version');
SELECT results_eq($$SELECT code, decided_by FROM portfolio.gate WHERE (process, version) = ('gh', 2) ORDER BY 1$$, $$VALUES ('first', 'pf_held_board'::name), ('last', 'pf_held_board')$$, 'is decided by whom this site has named');

-- days are those of the law
SET LOCAL timezone = '<X>+160';
SELECT is(portfolio.law_day(), (now() AT TIME ZONE 'UTC')::date, 'a session has no days of its own');
SELECT portfolio.start_process('service:GH_B', 'gh') AS run_b \gset
SELECT throws_ok(format($$INSERT INTO portfolio.condition (run, criterion, owner, due_on) VALUES (%s, 'plan', portfolio.element_ref('team:GH_OPS'), portfolio.law_day() - 1)$$, :run_b), '23514', NULL, 'a condition is not due before that');
INSERT INTO portfolio.condition (run, criterion, owner, due_on) VALUES (:run_b, 'plan', portfolio.element_ref('team:GH_OPS'), portfolio.law_day());
SELECT is(portfolio.meet_condition((SELECT max(id) FROM portfolio.condition)), 'condition on "plan" met in time', 'and is met on it');
SELECT is((SELECT met_on FROM portfolio.condition ORDER BY id DESC LIMIT 1), portfolio.law_day(), 'by the same calendar');
UPDATE portfolio.service SET description = 'a week ago, by the clock of the session' WHERE code = 'GH_C';
UPDATE portfolio.service SET state = 'in_transition' WHERE code = 'GH_C';
SELECT is((SELECT lower(during) FROM portfolio.service_state_period p JOIN portfolio.service s ON s.id = p.service WHERE s.code = 'GH_C' AND p.state = 'in_transition' AND upper_inf(during)), portfolio.law_day(), 'states of services too');
RESET timezone;
SELECT throws_ok($$SELECT portfolio.process_burnup('gh', '-infinity')$$, '22023', '-infinity is not a day', 'a chart has a first day');
SELECT throws_ok($$SELECT portfolio.process_burnup('gh', NULL, 'infinity')$$, '22023', NULL, 'and a last one');

-- runs, and what people do not write, follow the element that is kept
INSERT INTO portfolio.service (code, name) VALUES ('GH_D', 'D');
SELECT portfolio.start_process('service:GH_D', 'gh') AS run_d \gset
SELECT portfolio.end_process(:run_d, 'abandoned', 'because');
INSERT INTO portfolio.transfer_return (element, reason) VALUES (portfolio.element_ref('service:GH_D'), 'because');
SET LOCAL ROLE pf_held_alice;
SELECT results_eq($$SELECT table_name, column_name, action, rows FROM portfolio.merge_elements('service:GH_C', 'service:GH_D', false) ORDER BY 1$$,
  $$VALUES ('process_run', 'element', 'moved', 1::bigint), ('service', NULL, 'deleted', 1), ('transfer_return', 'element', 'moved', 1)$$, 'an editor makes one of two services');
INSERT INTO portfolio.team (code, name) VALUES ('GH_T1', 'T1'), ('GH_T2', 'T2');
SELECT portfolio.waive(:run_b, 'done', 'team:GH_T1', 'because', law_day + 60), portfolio.request_waiver(:run_b, 'plan', 'team:GH_T1', 'because', law_day + 20) FROM portfolio.law_day();
INSERT INTO portfolio.condition (run, criterion, owner, due_on) VALUES (:run_b, 'done', portfolio.element_ref('team:GH_T1'), portfolio.law_day() + 10);
SELECT throws_ok($$UPDATE portfolio.condition SET owner = portfolio.element_ref('team:GH_T2') WHERE owner = portfolio.element_ref('team:GH_T1')$$, '55000', NULL, 'nobody gives a condition another owner');
SELECT results_eq($$SELECT table_name, column_name, action, rows FROM portfolio.merge_elements('team:GH_T2', 'team:GH_T1', false) ORDER BY 1$$,
  $$VALUES ('condition', 'owner', 'moved', 1::bigint), ('team', NULL, 'deleted', 1), ('waiver', 'owner', 'moved', 1), ('waiver_request', 'owner', 'moved', 1)$$, 'but a team that becomes another has what it answers for');
SELECT throws_ok($$SELECT portfolio.delete_moved('portfolio.service', portfolio.element_ref('service:GH_A'), portfolio.element_ref('service:GH_B'), '{portfolio.relationship}', '{kind}')$$, '22023', 'column "kind" does not refer to elements', 'nothing else is moved');
SELECT throws_ok($$SELECT portfolio.delete_moved(1::regclass, 1, 2, '{}', '{}')$$, '42P01', 'relation with OID 1 does not exist', 'nor where there is no table');
SELECT throws_ok($$SELECT portfolio.delete_moved('portfolio.team', portfolio.element_ref('service:GH_A'), portfolio.element_ref('service:GH_C'), '{portfolio.transfer_return}', '{element}')$$, '42501', NULL, 'nor anything of an element that stays');
SELECT throws_ok(format($$UPDATE portfolio.process_run SET element = portfolio.element_ref('service:GH_A') WHERE id = %s$$, :run_d), '55000', NULL, 'nor moves an editor a run');
RESET ROLE;
SELECT is((SELECT portfolio.element_label(element) FROM portfolio.process_run WHERE id = :run_d), 'service:GH_C', 'the run is that of the service that is kept');
SELECT is((SELECT portfolio.element_label(element) FROM portfolio.transfer_return ORDER BY id DESC LIMIT 1), 'service:GH_C', 'so is the return');
SELECT throws_ok($$SELECT portfolio.merge_elements('service:GH_C', 'service:GH_B')$$, '55000', format('run %s is live, and stays with service:GH_B', :run_b), 'a live run is for people to end');

-- hours that a clock leaves out
INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on, starts_at, ends_at) VALUES (portfolio.element_ref('service:GH_A'), 'night', 'maintenance', 'Night', '2030-03-31', '01:45', '02:15');
SELECT matches(portfolio.roadmap_icalendar('service:GH_A'), 'DTSTART:20300331T014500Z\r?\nDTEND:20300331T021500Z', 'a calendar shows no event that ends before it begins');
SELECT * FROM finish();
ROLLBACK;
