-- Stored SQL runs as its author, read-only and within limits; findings open, stay and go.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE; RESET client_min_messages;
\set SHOW_CONTEXT never
CREATE ROLE regress_checks_editor;
CREATE SCHEMA regress_checks AUTHORIZATION regress_checks_editor;
GRANT SELECT, INSERT (code, area, title, severity, query, threshold), UPDATE (title, query), DELETE ON portfolio.check_definition TO regress_checks_editor;

-- An editor writes checks; a superuser runs them. What the editor's function tries comes back as its text.
SET ROLE regress_checks_editor;
CREATE FUNCTION regress_checks.try(command text) RETURNS jsonb LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE command;
  RETURN to_jsonb('done'::text);
EXCEPTION WHEN OTHERS THEN RETURN to_jsonb(sqlerrm);
END $$;
CREATE FUNCTION regress_checks.stubborn() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_sleep(600);
  RETURN 'slept';
EXCEPTION WHEN query_canceled THEN RETURN 'caught';
END $$;
CREATE FUNCTION regress_checks.superuser() RETURNS text LANGUAGE sql AS $$ SELECT regress_checks.try('ALTER ROLE regress_checks_editor SUPERUSER')::text $$;
CREATE VIEW regress_checks.trap AS SELECT regress_checks.superuser() AS said;
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES
  ('rc.alter',   'rc-attack', 't', $$SELECT 's'::text AS subject, regress_checks.try('ALTER ROLE regress_checks_editor SUPERUSER') AS detail$$),
  ('rc.auth',    'rc-attack', 't', $$SELECT 's'::text AS subject, regress_checks.try('SET SESSION AUTHORIZATION postgres') AS detail$$),
  ('rc.config',  'rc-attack', 't', $$SELECT 's'::text AS subject, regress_checks.try('SELECT set_config(''role'', ''postgres'', false)') AS detail$$),
  ('rc.prepare', 'rc-attack', 't', $$SELECT 's'::text AS subject, regress_checks.try('PREPARE p AS SELECT 1') AS detail$$),
  ('rc.reset',   'rc-attack', 't', $$SELECT 's'::text AS subject, regress_checks.try('RESET ROLE') AS detail$$),
  ('rc.set',     'rc-attack', 't', $$SELECT 's'::text AS subject, regress_checks.try('SET search_path = regress_checks') AS detail$$),
  ('rc.temp',    'rc-attack', 't', $$SELECT 's'::text AS subject, regress_checks.try('CREATE TEMP TABLE t ()') AS detail$$),
  ('rc.who',     'rc-attack', 't', $$SELECT 's'::text AS subject, to_jsonb(concat_ws(' ', current_user, current_setting('search_path'), current_setting('transaction_read_only'))) AS detail$$),
  ('rc.write',   'rc-attack', 't', $$SELECT 's'::text AS subject, regress_checks.try('SET transaction_read_only = off') AS detail$$),
  ('rc.xml',     'rc-attack', 't', $$SELECT 's'::text AS subject, to_jsonb(xmlserialize(CONTENT table_to_xml('regress_checks.trap', false, true, '') AS text) ~ 'read-only transaction') AS detail$$);
RESET ROLE;
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES
  ('rc.nested',  'rc-attack', 't', $$SELECT check_code AS subject FROM portfolio.run_checks(codes => '{rc.who}')$$);
SELECT check_code, findings, outcome FROM portfolio.run_checks('rc-attack');
SELECT check_code, coalesce(detail->'message', detail) AS said FROM portfolio.finding WHERE check_code LIKE 'rc.%' ORDER BY check_code;
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_checks_editor';
SHOW transaction_read_only;
SHOW search_path;

-- What goes wrong is a finding about the check, and stops no other.
SET ROLE regress_checks_editor;
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES
  ('rc.caught',   'rc-wrong', 't', $$SELECT regress_checks.stubborn() AS subject$$),
  ('rc.column',   'rc-wrong', 't', $$SELECT 'a' AS name$$),
  ('rc.data',     'rc-wrong', 't', $$SELECT ('9434765919 is a number'::text)::integer::text AS subject$$),
  ('rc.denied',   'rc-wrong', 't', $$SELECT rolname AS subject FROM pg_authid$$),
  ('rc.gone',     'rc-wrong', 't', $$SELECT subject FROM regress_checks.no_such_table$$),
  ('rc.many',     'rc-wrong', 't', $$SELECT i::text AS subject FROM generate_series(1, 1000000) i$$),
  ('rc.null',     'rc-wrong', 't', $$SELECT NULL::text AS subject$$),
  ('rc.reserved', 'rc-wrong', 't', $$SELECT '(check)' AS subject$$),
  ('rc.slow',     'rc-wrong', 't', $$SELECT 's' AS subject FROM pg_sleep(600)$$),
  ('rc.twice',    'rc-wrong', 't', $$SELECT 's' AS subject FROM generate_series(1, 2)$$),
  ('rc.type',     'rc-wrong', 't', $$SELECT 1 AS subject$$),
  ('rc.ways',     'rc-wrong', 't', $$SELECT i::text AS subject FROM generate_series(1, 3) i WHERE i < $1$$);
RESET ROLE;
SET pg_portfolio.stored_query_timeout = '500ms';
SET pg_portfolio.stored_query_max_rows = 3;
SELECT check_code, findings, outcome FROM portfolio.run_checks('rc-wrong');
SELECT check_code, subject, f.severity, detail->>'sqlstate' AS sqlstate, detail->>'message' AS message
  FROM portfolio.finding f JOIN portfolio.check_definition ON code = check_code WHERE area = 'rc-wrong' ORDER BY check_code, subject;
SELECT checks, failed, opened, resolved, jsonb_array_length(results) FROM portfolio.check_run ORDER BY id DESC LIMIT 1;

-- A threshold is $1, and a site may set its own; a disabled check does not run.
INSERT INTO portfolio.check_setting (check_code, threshold, severity, reason) VALUES ('rc.ways', 3, 'high', 'we count to two');
SELECT check_code, findings, outcome FROM portfolio.run_checks(codes => '{rc.ways}');
SELECT subject, severity, severity_rank FROM portfolio.open_finding WHERE check_code = 'rc.ways' ORDER BY subject;

-- Open, touched, accepted, resolved, open again.
SELECT portfolio.accept_risk(id, 'known to the board', '2999-12-31') FROM portfolio.open_finding WHERE check_code = 'rc.ways' AND subject = '1';
UPDATE portfolio.check_setting SET threshold = 2 WHERE check_code = 'rc.ways';
SELECT check_code, findings, outcome FROM portfolio.run_checks(codes => '{rc.ways}');
SELECT subject, status, accepted_by, accepted_until, resolved_at IS NULL AS there FROM portfolio.finding WHERE check_code = 'rc.ways' ORDER BY subject;
UPDATE portfolio.check_setting SET threshold = 1 WHERE check_code = 'rc.ways';
SELECT check_code, findings, outcome FROM portfolio.run_checks(codes => '{rc.ways}');
UPDATE portfolio.check_setting SET threshold = 3 WHERE check_code = 'rc.ways';
SELECT check_code, findings, outcome FROM portfolio.run_checks(codes => '{rc.ways}');
SELECT subject, status FROM portfolio.finding WHERE check_code = 'rc.ways' ORDER BY subject;
SELECT opened, resolved FROM portfolio.check_run ORDER BY id DESC LIMIT 3;
UPDATE portfolio.check_setting SET enabled = false WHERE check_code = 'rc.ways';
SELECT check_code, findings, outcome FROM portfolio.run_checks(codes => '{rc.ways}');
SELECT count(*) FROM portfolio.run_checks('rc-wrong') WHERE check_code = 'rc.ways';

RESET pg_portfolio.stored_query_timeout;
RESET pg_portfolio.stored_query_max_rows;

-- More findings than one merge takes: each check has its own, whatever came before it in the run.
INSERT INTO portfolio.check_definition (code, area, title, query, threshold) VALUES
  ('rc.big.1', 'rc-big', 't', $$SELECT i::text AS subject FROM generate_series(1, 6000) i WHERE i > $1$$, 0),
  ('rc.big.2', 'rc-big', 't', $$SELECT 'the same' AS subject$$, NULL),
  ('rc.big.3', 'rc-big', 't', $$SELECT i::text AS subject, 'low' AS severity FROM generate_series(1, 6000) i WHERE i <= $1$$, 5000),
  ('rc.big.4', 'rc-big', 't', $$SELECT 'the same' AS subject WHERE $1 > 0$$, 1);
CREATE FUNCTION regress_checks.said() RETURNS TABLE (code text, findings int, opened int, resolved int) LANGUAGE sql AS $$
  SELECT x.* FROM (SELECT results FROM portfolio.check_run ORDER BY id DESC LIMIT 1) r,
         jsonb_to_recordset(r.results) AS x ("check" text, findings int, opened int, resolved int) ORDER BY 1 $$;
SELECT check_code, findings, outcome FROM portfolio.run_checks('rc-big');
SELECT * FROM regress_checks.said();
SELECT portfolio.accept_risk(id, 'known', '2999-12-31') FROM portfolio.open_finding WHERE check_code = 'rc.big.3' AND subject = '17';
BEGIN;
UPDATE portfolio.check_definition SET threshold = 4500 WHERE code IN ('rc.big.1', 'rc.big.3');
UPDATE portfolio.check_definition SET threshold = 0 WHERE code = 'rc.big.4';
SELECT count(*) FROM portfolio.run_checks('rc-big');
SELECT * FROM regress_checks.said();
UPDATE portfolio.check_definition SET threshold = 6000 WHERE code = 'rc.big.3';
UPDATE portfolio.check_definition SET threshold = 1 WHERE code = 'rc.big.4';
SELECT count(*) FROM portfolio.run_checks('rc-big');
SELECT * FROM regress_checks.said(); -- the last 500 of the third were resolved in this transaction, 1,000 are new
COMMIT;
SELECT check_code, status, severity, times_opened, count(*), min(subject::int), max(subject::int)
  FROM portfolio.finding WHERE check_code IN ('rc.big.1', 'rc.big.3') GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 4;
SELECT check_code, status, times_opened FROM portfolio.finding WHERE check_code IN ('rc.big.2', 'rc.big.4') ORDER BY 1;

-- Whose check it is: the author of the text, whoever changes it; without him it is broken.
SET ROLE regress_checks_editor;
UPDATE portfolio.check_definition SET title = 'still his' WHERE code = 'rc.ways';
INSERT INTO portfolio.check_definition (code, area, title, query, author) VALUES ('rc.forged', 'rc', 't', 'SELECT 1', 'postgres');
RESET ROLE;
SELECT author = 'regress_checks_editor' AS his FROM portfolio.check_definition WHERE code = 'rc.ways';
UPDATE portfolio.check_definition SET query = $$SELECT current_user::text AS subject$$ WHERE code = 'rc.ways';
SELECT author = current_user AS mine FROM portfolio.check_definition WHERE code = 'rc.ways';
INSERT INTO portfolio.check_definition (code, area, title, query, author) VALUES ('rc.orphan', 'rc-orphan', 't', $$SELECT 's' AS subject$$, 'regress_nobody');
SELECT check_code, findings, outcome FROM portfolio.run_checks('rc-orphan');
SELECT detail->>'message' FROM portfolio.finding WHERE check_code = 'rc.orphan';

-- A caller's own cancel and time limit are not the check's.
SET statement_timeout = '300ms';
SELECT * FROM portfolio.run_checks(codes => '{rc.slow}');
RESET statement_timeout;

-- What is refused when written or asked.
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES ('rc.bad', 'rc', 't', 'DELETE FROM portfolio.finding');
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES ('rc.bad', 'rc', 't', 'SELECT 1; SELECT 2');
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES ('rc.bad', 'rc', 't', '-- nothing');
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES ('rc.bad', 'rc', 't', 'SELECT 1 INTO x');
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES ('rc.bad', 'rc', 't', 'SELECT 1 FROM pg_class FOR UPDATE');
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES ('rc.bad', 'rc', 't', 'WITH d AS (DELETE FROM x RETURNING 1) SELECT 1');
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES ('rc.bad', 'rc', 't', 'SELECT 1 FROM FROM');
SELECT * FROM portfolio.run_checks(codes => '{rc.ways, rc.nope}');
SELECT * FROM portfolio.run_checks(options => '{"fast": true}');
SELECT portfolio.accept_risk(-1, 'why', '2999-12-31');
SELECT portfolio.accept_risk(id, NULL, '2999-12-31') FROM portfolio.open_finding WHERE check_code = 'rc.orphan';
SELECT portfolio.accept_risk(id, 'why', '2001-01-01') FROM portfolio.open_finding WHERE check_code = 'rc.orphan';
-- Shipped checks belong to releases; a site's word about them is a setting.
UPDATE portfolio.check_definition SET severity = 'low' WHERE code = 'hba-trust';
DELETE FROM portfolio.check_definition WHERE code = 'hba-trust';
BEGIN;
INSERT INTO portfolio.check_setting (check_code, severity, threshold, reason) VALUES ('hba-wide-network', 'low', 12, 'our network is one /12');
SELECT severity, threshold, enabled, reason FROM portfolio.effective_check WHERE code = 'hba-wide-network';
ROLLBACK;
-- Where nothing may be written, as on a standby
BEGIN READ ONLY;
SELECT * FROM portfolio.run_checks('rc');
ROLLBACK;
BEGIN READ ONLY;
SELECT portfolio.posture_snapshot();
ROLLBACK;

-- A restore has an empty search_path: what this server cannot parse comes in all the same.
SET search_path = '';
SET check_function_bodies = off;
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES ('rc.old', 'rc', 't', 'SELECT 1 FROM FROM');
RESET search_path;
RESET check_function_bodies;

DELETE FROM portfolio.finding WHERE check_code LIKE 'rc.%';
DELETE FROM portfolio.check_definition WHERE code LIKE 'rc.%';
SET client_min_messages = warning;
DROP SCHEMA regress_checks CASCADE;
RESET client_min_messages;
REVOKE ALL ON portfolio.check_definition FROM regress_checks_editor;
REVOKE ALL (code, area, title, severity, query, threshold) ON portfolio.check_definition FROM regress_checks_editor;
DROP ROLE regress_checks_editor;
