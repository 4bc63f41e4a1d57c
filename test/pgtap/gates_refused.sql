-- What cannot be done at a gate is refused to direct SQL as well, to an editor and, where it is law, to the owner of the tables.
BEGIN;
SELECT plan(41);
CREATE ROLE pf_gate_editor;
SELECT portfolio.grant_profile('pf_gate_editor', 'editor');
INSERT INTO portfolio.team (code, name) VALUES ('GR_OPS', 'Operations');
INSERT INTO portfolio.service (code, name) VALUES ('GR_A', 'Service A'), ('GR_B', 'Service B');
INSERT INTO portfolio.process (code, name) VALUES ('gr', 'Two gates');
INSERT INTO portfolio.stage (process, code, ord, name) VALUES ('gr', 'one', 1, 'One'), ('gr', 'two', 2, 'Two');
INSERT INTO portfolio.gate (process, code, stage, name) VALUES ('gr', 'first', 'one', 'First'), ('gr', 'last', 'two', 'Last');
INSERT INTO portfolio.criterion (process, code, gate, title) VALUES ('gr', 'plan', 'first', 'There is a plan'), ('gr', 'done', 'last', 'It is done');
SELECT portfolio.publish_process('gr');
SELECT lives_ok($$INSERT INTO portfolio.process (code, name) VALUES ('GR-2.a_B', 'Capitals')$$, 'a code is of words');
SELECT throws_ok($$INSERT INTO portfolio.process (code, name) VALUES ('two words', 'x')$$, '23514', NULL, 'joined by something');

SET LOCAL ROLE pf_gate_editor;
SELECT lives_ok($$INSERT INTO portfolio.process_run (element, process, version) VALUES (portfolio.element_ref('GR_A'), 'gr', 1)$$, 'a run begins');
SELECT throws_ok($$INSERT INTO portfolio.process_run (element, process, version) VALUES (portfolio.element_ref('GR_A'), 'gr', 1)$$, '23P01',
  'conflicting key value violates exclusion constraint "process_run_live"', 'two live runs: not of one element and process');
SELECT throws_ok($$SELECT portfolio.start_process('GR_A', 'gr')$$, '23P01', 'service:GR_A is on its way through process "gr" already', 'nor by the function');
SELECT lives_ok($$INSERT INTO portfolio.process_run (element, process, version) VALUES (portfolio.element_ref('GR_B'), 'gr', 1)$$, 'of another element');
SELECT set_config('gr.run', (SELECT id FROM portfolio.process_run WHERE element = portfolio.element_ref('GR_A'))::text, true);
CREATE FUNCTION pg_temp.run() RETURNS bigint LANGUAGE sql AS $$SELECT current_setting('gr.run')::bigint$$;

SELECT throws_ok('INSERT INTO portfolio.gate_decision (run, gate, outcome) VALUES (pg_temp.run(), ''first'', ''proceed'')', '23514',
  'gate "first" cannot be passed: mandatory criterion "plan" is neither met nor waived', 'proceed with unmet criteria');
SELECT throws_ok('INSERT INTO portfolio.gate_decision (run, gate, outcome) VALUES (pg_temp.run(), ''first'', ''proceed_with_conditions'')', '23514',
  'gate "first" cannot be passed with conditions: none names mandatory criterion "plan"', 'nor with conditions that name none of it');
SELECT throws_ok('INSERT INTO portfolio.gate_decision (run, gate, outcome) VALUES (pg_temp.run(), ''last'', ''proceed'')', '23514', 'gate "last" is shut until gate "first" is passed', 'skip a gate');
SELECT throws_ok('INSERT INTO portfolio.gate_decision (run, gate, outcome) VALUES (pg_temp.run(), ''first'', ''maybe'')', '23514', NULL, 'an unknown outcome');
SELECT throws_ok('INSERT INTO portfolio.gate_decision (run, gate, outcome) VALUES (pg_temp.run(), ''third'', ''proceed'')', '23503', NULL, 'an unknown gate');
SELECT throws_ok('INSERT INTO portfolio.gate_decision (run, gate, outcome) VALUES (-1, ''first'', ''proceed'')', '23503', 'run -1 does not exist', 'an unknown run');
SELECT throws_ok('INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (pg_temp.run(), ''first'', ''proceed'', now() - interval ''1 day'')', '42501', NULL, 'a decision of another day');
SELECT throws_ok('INSERT INTO portfolio.gate_decision (run, gate, outcome, by) VALUES (pg_temp.run(), ''first'', ''proceed'', ''somebody'')', '42501', NULL, 'a decision of somebody else');
SELECT throws_ok('SELECT portfolio.decide(pg_temp.run(), ''first'', ''maybe'')', '23514', 'outcome "maybe" of a decision is not known', 'which the function names');
SELECT throws_ok('INSERT INTO portfolio.evidence (run, criterion, status) VALUES (pg_temp.run(), ''plan'', ''rosy'')', '23514', 'status "rosy" of evidence is not known', 'an unknown status');
SELECT throws_ok('SELECT portfolio.record_evidence(NULL, ''plan'', ''met'')', '23502', NULL, 'evidence for no run');
SELECT throws_ok('SELECT * FROM portfolio.evaluate(-1)', '42704', 'run -1 does not exist', 'and no run is evaluated');
SELECT throws_ok('SELECT portfolio.record_evidence(pg_temp.run(), ''plan'', ''waived'')', '23514', 'status "waived" of evidence is not known', 'a waiver is no evidence');
SELECT throws_ok('SELECT portfolio.record_evidence(pg_temp.run(), ''plan'', ''met'', expires => current_date - 1)', '23514',
  'evidence for criterion "plan" has expired already', 'evidence that has expired');
SELECT throws_ok('SELECT portfolio.waive(pg_temp.run(), ''plan'', ''GR_OPS'', '' '', current_date + 9)', '23514', 'a waiver of criterion "plan" needs a reason', 'a waiver without a reason');
SELECT throws_ok('SELECT portfolio.waive(pg_temp.run(), ''plan'', ''GR_OPS'', ''late'', current_date - 1)', '23514', 'a waiver of criterion "plan" would have ended already', 'a waiver that has ended');
SELECT throws_ok('SELECT portfolio.request_waiver(pg_temp.run(), ''plan'', ''GR_OPS'', ''late'', current_date - 1)', '23514', 'a waiver of criterion "plan" would have ended already', 'or the request of one');
SELECT throws_ok('INSERT INTO portfolio.evidence (run, criterion, status) VALUES (pg_temp.run(), ''luck'', ''met'')', '23503', 'process "gr" version 1 has no criterion "luck"', 'an unknown criterion');
SELECT throws_ok('INSERT INTO portfolio.evidence (run, criterion, status, at) VALUES (pg_temp.run(), ''plan'', ''met'', now() + interval ''1 day'')', '42501', NULL, 'evidence dated by hand');
SELECT lives_ok('INSERT INTO portfolio.evidence (run, criterion, status) VALUES (pg_temp.run(), ''plan'', ''not_met'')', 'evidence is given');
SELECT throws_ok('UPDATE portfolio.evidence SET status = ''met''', '42501', 'permission denied for table evidence', 'evidence is not changed in place');
SELECT throws_ok('DELETE FROM portfolio.evidence', '42501', 'permission denied for table evidence', 'nor taken away');
SELECT throws_ok('UPDATE portfolio.gate_decision_evidence SET status = ''met''', '42501', NULL, 'nor is what a decision rested on');
SELECT throws_ok('UPDATE portfolio.process_run SET element = portfolio.element_ref(''GR_B'') WHERE id = pg_temp.run()', '55000', 'a run can only be ended, once', 'a run is not handed over');
SELECT throws_ok('SELECT portfolio.approve_gate(pg_temp.run(), ''third'')', '23503', 'process "gr" version 1 has no gate "third"', 'an unknown gate is not approved');
SELECT throws_ok('SELECT portfolio.end_process(pg_temp.run(), ''finished'')', '23514', 'a run cannot end as "finished"', 'a run has three ends');
SELECT set_config('gr.request', portfolio.request_waiver(pg_temp.run(), 'done', 'GR_OPS', 'later', current_date + 9)::text, true);
SELECT lives_ok('SELECT portfolio.grant_waiver(current_setting(''gr.request'')::bigint)', 'a request is granted');
SELECT throws_ok('SELECT portfolio.grant_waiver(current_setting(''gr.request'')::bigint)', '23505', format('request %s for a waiver was granted before', current_setting('gr.request')), 'once');
RESET ROLE;

-- The owner of the tables loads what was, and is judged by it.
SELECT throws_ok('UPDATE portfolio.evidence SET status = ''met''', '55000', 'what stands in evidence is never changed', 'not even by the owner of the table');
SELECT throws_ok('INSERT INTO portfolio.evidence (run, criterion, status, at) VALUES (pg_temp.run(), ''plan'', ''met'', now() + interval ''1 day'')', '22008',
  'a row of evidence cannot be dated in the future', 'evidence dated in the future');
INSERT INTO portfolio.process_run (element, process, version, during) VALUES (portfolio.element_ref('team:GR_OPS'), 'gr', 1, tstzrange(now() - interval '9 days', NULL));
SELECT set_config('gr.run', (SELECT id FROM portfolio.process_run WHERE element = portfolio.element_ref('team:GR_OPS'))::text, true);
INSERT INTO portfolio.evidence (run, criterion, status, at) VALUES (pg_temp.run(), 'plan', 'met', now() - interval '5 days');
SELECT throws_ok('INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (pg_temp.run(), ''first'', ''proceed'', now() - interval ''6 days'')', '23514',
  'gate "first" cannot be passed: mandatory criterion "plan" is neither met nor waived', 'a decision before its evidence');
SELECT throws_ok('INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (pg_temp.run(), ''first'', ''proceed'', now() - interval ''10 days'')', '55000', NULL, 'a decision before the run');
SELECT throws_ok('INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (pg_temp.run(), ''first'', ''proceed'', now() + interval ''1 day'')', '22008', NULL, 'a decision in the future');
SELECT lives_ok('INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (pg_temp.run(), ''first'', ''proceed'', now() - interval ''4 days'')', 'a decision after its evidence');
SELECT throws_ok('DELETE FROM portfolio.process_publication WHERE process = ''gr''', '23503', NULL, 'a process that was run stays published');
SELECT * FROM finish();
ROLLBACK;
