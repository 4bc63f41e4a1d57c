-- What is asked and what is kept are the same whatever a session says of how names and values are written.
BEGIN;
SELECT plan(12);
SET LOCAL client_min_messages = warning;
CREATE SCHEMA written;
CREATE TABLE written."Stay" (id int PRIMARY KEY, "Ward" text, arrived date, left_on date);
INSERT INTO written."Stay" SELECT i, CASE WHEN i % 3 = 0 THEN 'A' ELSE 'B' END, date '2020-01-01' + i, date '2020-01-05' + i FROM generate_series(1, 100) i;
CREATE FUNCTION written.is_ward(text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1 IN ('A', 'B');
CREATE FUNCTION written.due() RETURNS timestamptz LANGUAGE sql RETURN timestamptz '2024-07-01 12:00 UTC' + interval '1 day 2 hours';
CREATE FUNCTION written.definer() RETURNS int LANGUAGE sql SECURITY DEFINER RETURN 1;
INSERT INTO portfolio.trusted_function (signature) VALUES ('written.is_ward(text)');
INSERT INTO portfolio.system (code, name) VALUES ('w1', 'One'), ('w2', 'Two');
SELECT portfolio.relate('w1', 'flow', 'w2');

CREATE TEMP TABLE answer (question text, line text);
CREATE FUNCTION pg_temp.questions() RETURNS TABLE (question text, line text) LANGUAGE sql SET search_path = portfolio, pg_catalog, pg_temp AS $$
  SELECT 'sheet_fields', k.kind || f::text FROM (SELECT kind FROM portfolio.element_kind UNION ALL VALUES ('relationship'), ('observation'), ('role_holder')) k, portfolio.sheet_fields(k.kind) f
  UNION ALL SELECT 'export', e FROM portfolio.export('relationship') e
  UNION ALL SELECT 'suggest_rules', s::text FROM portfolio.suggest_rules('written."Stay"') s
  UNION ALL SELECT 'profile', p::text FROM portfolio.profile_columns('written."Stay"', 'true') p
  UNION ALL SELECT 'remote_checks', c::text FROM portfolio.remote_checks() c
  UNION ALL SELECT 'check_rule', portfolio.check_rule('written."Stay"', 'written.is_ward("Ward") AND arrived < left_on')
$$;
INSERT INTO answer SELECT * FROM pg_temp.questions();
SELECT portfolio.posture_snapshot() AS first \gset
SELECT sum(findings) > 0 AS found FROM portfolio.run_checks('security') \gset
SELECT ok(:'found', 'there are findings');
SELECT portfolio.accept_risk(f.id, 'seen', current_date + 30) FROM portfolio.finding f WHERE f.subject = 'written.definer()' AND f.status = 'open';
SELECT isnt_empty($$SELECT FROM portfolio.finding WHERE subject = 'written.definer()' AND status = 'risk_accepted'$$, 'and risks that were accepted');

SET LOCAL quote_all_identifiers = on;
SET LOCAL DateStyle = 'SQL, DMY';
SET LOCAL IntervalStyle = iso_8601;
SET LOCAL TimeZone = 'Asia/Tokyo';
SET LOCAL bytea_output = escape;
SET LOCAL extra_float_digits = -5;
SELECT set_eq(format('SELECT line FROM pg_temp.questions() WHERE question = %L', q),
              format('SELECT line FROM answer WHERE question = %L', q), q || ' says the same')
  FROM unnest('{sheet_fields,export,suggest_rules,profile,remote_checks,check_rule}'::text[]) q;
SELECT portfolio.posture_snapshot() AS second \gset
SELECT is_empty(format($$SELECT kind, name, before, after FROM portfolio.posture_diff(%s, %s) WHERE kind <> 'snapshot'$$, :first, :second), 'posture_snapshot() finds nothing changed');
CREATE TEMP TABLE known AS SELECT check_code, subject, status FROM portfolio.finding;
SELECT lives_ok($$SELECT portfolio.run_checks('security')$$, 'the checks run again');
SELECT is_empty($$SELECT check_code, subject FROM portfolio.finding EXCEPT SELECT check_code, subject FROM known$$, 'a finding is known again by its subject');
SELECT is_empty($$SELECT check_code, subject, status FROM known EXCEPT SELECT check_code, subject, status FROM portfolio.finding$$, 'and what was accepted stays accepted');
SELECT * FROM finish();
ROLLBACK;
