-- Every shipped check of area transfer, out of the table of checks: quiet while all is well, it fires on a planted fault, says what to
-- do next, and is quiet again once the fault is mended. Run by somebody who holds profile operator and nothing else.
SELECT * FROM no_plan();
SET client_min_messages = error;
CREATE ROLE tc_operator LOGIN;
SELECT portfolio.grant_profile('tc_operator', 'operator') \g /dev/null

-- All is well: a service live, one in early life, one on its way under a programme; a process that another run has passed in an hour.
INSERT INTO portfolio.team (code, name) VALUES ('TC_OPS', 'Operations'), ('TC_OWN', 'Owner');
INSERT INTO portfolio.programme (code, name, end_date) VALUES ('TC_P', 'Programme', current_date + 100);
INSERT INTO portfolio.service (code, name, description) SELECT c, c, 'What it is for' FROM unnest('{TC_LIVE,TC_EARLY,TC_WAY,TC_DONE}'::text[]) c;
INSERT INTO portfolio.service_level (service, measure, target) SELECT id, 'availability', 99.9 FROM portfolio.service;
INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on, ends_on) SELECT id, 'R1', 'maintenance', 'Window', current_date - 1, current_date FROM portfolio.service;
UPDATE portfolio.service SET state = 'in_transition', owner = portfolio.element_ref('TC_OWN'), support_tier = 'gold';
UPDATE portfolio.service SET owner = portfolio.element_ref('TC_OPS') WHERE code = 'TC_EARLY';
UPDATE portfolio.service SET state = 'early_life_support', early_life_ends = current_date WHERE code IN ('TC_LIVE', 'TC_EARLY');
UPDATE portfolio.service SET state = 'live' WHERE code = 'TC_LIVE';
UPDATE portfolio.service SET governed_by = portfolio.element_ref('TC_P') WHERE code = 'TC_WAY';
INSERT INTO portfolio.process (code, name, separation_of_duty) VALUES ('tc', 'Process of this test', false);
INSERT INTO portfolio.stage (process, code, ord, name) VALUES ('tc', 'one', 1, 'One'), ('tc', 'two', 2, 'Two');
INSERT INTO portfolio.gate (process, code, stage, name) VALUES ('tc', 'first', 'one', 'First'), ('tc', 'last', 'two', 'Last');
INSERT INTO portfolio.criterion (process, code, gate, title) VALUES ('tc', 'plan', 'first', 'Plan'), ('tc', 'cost', 'last', 'Cost'), ('tc', 'test', 'last', 'Test');
INSERT INTO portfolio.criterion (process, code, gate, title, evidence_kind, query, threshold) VALUES
  ('tc', 'described', 'first', 'It is described', 'query', 'SELECT s.id AS element, coalesce(length(s.description), 0) AS value FROM portfolio.service s', 5);
SELECT portfolio.publish_process('tc') \g /dev/null
INSERT INTO portfolio.process_run (element, process, version, during) SELECT id, 'tc', 1, tstzrange(now() - interval '2 hours', NULL) FROM portfolio.service WHERE code IN ('TC_WAY', 'TC_DONE');
SELECT id AS run FROM portfolio.process_run WHERE element = portfolio.element_ref('TC_WAY') \gset
SELECT id AS done FROM portfolio.process_run WHERE element = portfolio.element_ref('TC_DONE') \gset
INSERT INTO portfolio.evidence (run, criterion, status, value, at) SELECT :done, c, 'met', CASE c WHEN 'described' THEN 14 END, now() - interval '100 minutes' FROM unnest('{plan,described}'::text[]) c;
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (:done, 'first', 'proceed', now() - interval '90 minutes');
SELECT portfolio.record_evidence(:run, 'plan', 'met') \g /dev/null
SELECT portfolio.decide(:run, 'first', 'proceed') \g /dev/null
SELECT portfolio.record_evidence(:done, 'cost', 'met'), portfolio.record_evidence(:done, 'test', 'met') \g /dev/null
SELECT portfolio.decide(:done, 'last', 'proceed') \g /dev/null

-- What goes wrong, and how it is mended.
CREATE TABLE public.fault (check_code text, subject text, plant text, mend text);
INSERT INTO fault VALUES
  ('programme-past-end-date', 'programme:TC_P', $$UPDATE portfolio.programme SET end_date = current_date - 1$$, $$UPDATE portfolio.programme SET end_date = current_date$$),
  ('service-still-governed', 'service:TC_WAY', $$UPDATE portfolio.service SET adopted_locally = true WHERE code = 'TC_WAY'$$, $$UPDATE portfolio.service SET adopted_locally = false WHERE code = 'TC_WAY'$$),
  ('live-without-owner', 'service:TC_LIVE', $$UPDATE portfolio.team SET valid = daterange(NULL, current_date) WHERE code = 'TC_OWN'$$, $$UPDATE portfolio.team SET valid = '(,)' WHERE code = 'TC_OWN'$$),
  ('live-without-roadmap', 'service:TC_LIVE', $$UPDATE portfolio.roadmap_item SET ends_on = current_date - 1$$, $$UPDATE portfolio.roadmap_item SET ends_on = current_date$$),
  ('live-without-roadmap', 'service:TC_LIVE', $$UPDATE portfolio.roadmap_item SET status = 'cancelled'$$, $$UPDATE portfolio.roadmap_item SET status = 'confirmed'$$),
  ('early-life-overdue', 'service:TC_EARLY', $$UPDATE portfolio.service SET early_life_ends = current_date - 1 WHERE code = 'TC_EARLY'$$, $$UPDATE portfolio.service SET early_life_ends = current_date WHERE code = 'TC_EARLY'$$),
  ('condition-overdue', 'condition %', format($$INSERT INTO portfolio.condition (run, criterion, owner, due_on, at) VALUES (%s, 'cost', portfolio.element_ref('TC_OPS'), current_date - 1, now() - interval '9 days')$$, :run),
     $$SELECT portfolio.meet_condition(id) FROM portfolio.condition WHERE met_on IS NULL$$),
  ('waiver-expiring', 'waiver %', format($$SELECT portfolio.waive(%s, 'cost', 'TC_OPS', 'later', current_date + 10)$$, :run), format($$SELECT portfolio.waive(%s, 'cost', 'TC_OPS', 'still later', current_date + 60)$$, :run)),
  ('waiver-lapsed', 'waiver %', format($$INSERT INTO portfolio.waiver (run, criterion, owner, reason, at, expires) VALUES (%s, 'test', portfolio.element_ref('TC_OPS'), 'later', now() - interval '9 days', now() - interval '1 day')$$, :run),
     format($$SELECT portfolio.waive(%s, 'test', 'TC_OPS', 'again', current_date + 60)$$, :run)),
  ('evidence-expiring', 'run % test', format($$SELECT portfolio.record_evidence(%s, 'test', 'met', expires => current_date + 20)$$, :run), format($$SELECT portfolio.record_evidence(%s, 'test', 'met')$$, :run)),
  ('decided-on-red', 'run % described', $$UPDATE portfolio.service SET description = 'x' WHERE code = 'TC_WAY'$$, $$UPDATE portfolio.service SET description = 'What it is for' WHERE code = 'TC_WAY'$$),
  ('decided-on-red', 'run % described', $$UPDATE portfolio.service SET description = NULL WHERE code = 'TC_DONE'$$, $$UPDATE portfolio.service SET description = 'What it is for' WHERE code = 'TC_DONE'$$),
  ('decided-on-red', 'run % plan', format($$SELECT portfolio.record_evidence(%s, 'plan', 'not_met')$$, :run), format($$SELECT portfolio.decide(%s, 'first', 'defer')$$, :run)),
  ('run-stuck', 'run % one', format($$INSERT INTO portfolio.process_run (element, process, version, during) VALUES (portfolio.element_ref('TC_LIVE'), 'tc', 1, tstzrange(now() - interval '30 days', NULL))$$, :run),
     $$SELECT portfolio.end_process(id, 'abandoned') FROM portfolio.process_run WHERE element = portfolio.element_ref('TC_LIVE')$$);

CREATE TEMP TABLE seen (n int, what text, ok boolean, detail text);
GRANT ALL ON seen TO tc_operator;
CREATE FUNCTION pg_temp.found(code text) RETURNS TABLE (subject text, detail jsonb, outcome text) LANGUAGE plpgsql AS $$
DECLARE
  said text;
BEGIN
  SET LOCAL ROLE tc_operator;
  SELECT r.outcome INTO said FROM portfolio.run_checks(codes => ARRAY[code]) r;
  RETURN QUERY SELECT f.subject, f.detail, said FROM (SELECT) x LEFT JOIN portfolio.finding f ON f.check_code = code AND f.status = 'open';
  RESET ROLE;
END
$$;
DO $$
DECLARE
  f record;
  n int := 0;
BEGIN
  FOR f IN SELECT * FROM fault LOOP
    n := n + 1;
    INSERT INTO seen SELECT n, f.check_code || ' is quiet while all is well', bool_and(outcome = 'ok' AND subject IS NULL), string_agg(subject, ',') FROM pg_temp.found(f.check_code);
    EXECUTE f.plant;
    INSERT INTO seen SELECT n, f.check_code || ' finds ' || f.subject, bool_and(outcome = 'ok' AND subject LIKE f.subject AND detail ->> 'next_step' ~ '^(SELECT|UPDATE|INSERT) .*;$'), string_agg(concat_ws(' ', outcome, subject, detail), ',') FROM pg_temp.found(f.check_code);
    EXECUTE f.mend;
    INSERT INTO seen SELECT n, f.check_code || ' is quiet once it is mended', bool_and(outcome = 'ok' AND subject IS NULL), string_agg(subject, ',') FROM pg_temp.found(f.check_code);
  END LOOP;
END
$$;
SELECT ok(ok, what || CASE WHEN ok THEN '' ELSE ': ' || coalesce(detail, 'nothing') END) FROM seen ORDER BY n, what ~ 'mended', what ~ 'finds';
SELECT bag_eq('SELECT DISTINCT check_code FROM fault', $$SELECT code FROM portfolio.check_definition WHERE area = 'transfer' AND builtin$$, 'every check of the area has a planted fault');
SELECT is_empty($$SELECT code FROM portfolio.check_definition WHERE area = 'transfer' AND builtin AND coalesce(btrim(remediation), '') = ''$$, 'and says in words what to do');
SET ROLE tc_operator;
SELECT results_eq($$SELECT outcome, count(*) FROM portfolio.run_checks('transfer') GROUP BY outcome$$, $$SELECT 'ok', count(*) FROM portfolio.check_definition WHERE area = 'transfer'$$, 'all of them run well');

-- What asks criteria records nothing, asks completed runs too, and is the only thing that a stored query may ask.
RESET ROLE;
UPDATE portfolio.service SET description = 'x';
SELECT count(*) AS before FROM portfolio.evidence \gset
SELECT bag_eq(format($$SELECT run, criterion, status, value FROM portfolio.ask_criteria() WHERE run IN (%1$s, %2$s)$$, :run, :done),
  format($$VALUES (%s::bigint, 'described', 'not_met', 1::numeric), (%s, 'described', 'not_met', 1)$$, :run, :done), 'live and completed runs are asked');
SELECT results_eq(format('SELECT criterion, status FROM portfolio.ask_criteria(%s)', :done), $$VALUES ('described', 'not_met')$$, 'or one of them');
SELECT is(count(*), :before::bigint, 'nothing is recorded') FROM portfolio.evidence;
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES
  ('tc-evaluates', 'tc', 'Evaluates', $$SELECT 'run ' || e.run AS subject FROM portfolio.evaluate() e$$),
  ('tc-asks', 'tc', 'Asks', $$SELECT 'run ' || a.run AS subject FROM portfolio.ask_criteria() a WHERE a.criterion = 'described'$$);
SELECT results_eq($$SELECT check_code, outcome, findings FROM portfolio.run_checks('tc') ORDER BY 1$$, $$VALUES ('tc-asks', 'ok', 2::bigint), ('tc-evaluates', 'error', 0)$$, 'a check asks and does not evaluate');
SELECT is(detail ->> 'message', 'a stored query cannot run stored queries', 'and is told so') FROM portfolio.open_finding WHERE check_code = 'tc-evaluates';
-- The time is that of the check, and whatever a criterion does ends with it.
INSERT INTO portfolio.process (code, name) VALUES ('tc-slow', 'Slow');
INSERT INTO portfolio.stage (process, code, ord, name) VALUES ('tc-slow', 'one', 1, 'One');
INSERT INTO portfolio.gate (process, code, stage, name) VALUES ('tc-slow', 'first', 'one', 'First');
INSERT INTO portfolio.criterion (process, code, gate, title, evidence_kind, query, threshold) VALUES
  ('tc-slow', 'fails', 'first', 'Fails', 'query', 'SELECT s.id AS element, 1 / (s.id - s.id) AS value FROM portfolio.service s', 1),
  ('tc-slow', 'sleeps', 'first', 'Sleeps', 'query', 'SELECT s.id AS element, 1 AS value FROM portfolio.service s, pg_sleep(600)', 1);
SELECT portfolio.publish_process('tc-slow') \g /dev/null
INSERT INTO portfolio.process_run (element, process, version) VALUES (portfolio.element_ref('TC_LIVE'), 'tc-slow', 1);
SET pg_portfolio.stored_query_timeout = '200ms';
SELECT results_eq($$SELECT check_code, outcome FROM portfolio.run_checks(codes => '{tc-asks}')$$, $$VALUES ('tc-asks', 'timed_out')$$, 'a criterion that takes too long ends the check that asks it');
SELECT results_eq($$SELECT criterion, status, note FROM portfolio.ask_criteria() WHERE criterion IN ('fails', 'sleeps') ORDER BY 1$$,
  $$VALUES ('fails', 'unknown', 'the query did not run well (error): division by zero'), ('sleeps', 'unknown', 'the query did not run well (timed_out): the query ran longer than pg_portfolio.stored_query_timeout (200 ms)')$$,
  'asked alone each has its own time');
RESET pg_portfolio.stored_query_timeout;

-- The jobs.
SET ROLE tc_operator;
SELECT is(portfolio.schedule_transfer_checks(), 2::bigint, 'an operator makes the jobs');
SELECT is(portfolio.schedule_transfer_checks(), 0::bigint, 'once');
SELECT lives_ok($$SELECT portfolio.alter_job('transfer_checks', schedule => '@weekly')$$, 'and they are his to alter');
SELECT is(portfolio.schedule_transfer_checks(), 0::bigint, 'what he altered stays');
SELECT results_eq($$SELECT format('%s: %s, %s', name, schedule, owner) COLLATE "default" FROM portfolio.job ORDER BY 1$$, $$VALUES ('evaluate_criteria: 43 5 * * *, tc_operator'), ('transfer_checks: 0 0 * * 0, tc_operator')$$, 'they run as him');
SELECT lives_ok(command, 'as he would: ' || command) FROM portfolio.job WHERE name = 'transfer_checks';
SELECT throws_ok($$SELECT portfolio.schedule_transfer_checks('{"hourly": true}')$$, '22023', 'option "hourly" is not known', 'an unknown option');
RESET ROLE;
SELECT is(has_function_privilege('tc_operator', 'portfolio.schedule_transfer_checks(jsonb)', 'EXECUTE'), true, 'operators may call it');
SELECT is((SELECT count(*) FROM portfolio.profile_privilege WHERE object = 'portfolio.schedule_transfer_checks' AND profile <> 'operator'), 0::bigint, 'and nobody else');
SELECT * FROM finish();
