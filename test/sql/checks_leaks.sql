-- What a stored query may not leave behind: locks of the session, and values in kept messages.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE; RESET client_min_messages;
\set SHOW_CONTEXT never
CREATE ROLE regress_leaks_editor;
CREATE SCHEMA regress_leaks AUTHORIZATION regress_leaks_editor;
GRANT SELECT, INSERT (code, area, title, severity, query, threshold), DELETE ON portfolio.check_definition TO regress_leaks_editor;

SET ROLE regress_leaks_editor;
-- a function hides what it does, one catches the refusal, one is an operator, one stands in FROM
CREATE FUNCTION regress_leaks.hidden() RETURNS text LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_lock(4711); RETURN 's'; END $$;
CREATE FUNCTION regress_leaks.caught() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
  PERFORM pg_catalog.pg_try_advisory_lock_shared(47, 11); RETURN 's';
EXCEPTION WHEN OTHERS THEN RETURN sqlerrm; END $$;
CREATE OPERATOR regress_leaks.!! (FUNCTION = pg_catalog.pg_try_advisory_lock, RIGHTARG = bigint);
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES
  ('rl.caught', 'rl-lock', 't', $$SELECT regress_leaks.caught() AS subject$$),
  ('rl.from',   'rl-lock', 't', $$SELECT 's' AS subject FROM pg_advisory_lock(4711)$$),
  ('rl.hidden', 'rl-lock', 't', $$SELECT regress_leaks.hidden() AS subject$$),
  ('rl.oper',   'rl-lock', 't', $$SELECT (OPERATOR(regress_leaks.!!) 4711::bigint)::text AS subject$$),
  ('rl.unlock', 'rl-lock', 't', $$SELECT 's' AS subject FROM (SELECT pg_advisory_unlock_all()) x$$),
  ('rl.xact',   'rl-lock', 't', $$SELECT 's' AS subject FROM pg_advisory_xact_lock(4711)$$);
RESET ROLE;
SELECT pg_advisory_lock(4712);
SELECT check_code, findings, outcome FROM portfolio.run_checks('rl-lock');
SELECT check_code, subject, detail->>'sqlstate' AS sqlstate, detail->>'message' AS message FROM portfolio.finding WHERE check_code LIKE 'rl.%' ORDER BY check_code;
SELECT objid AS held FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid();
SELECT pg_advisory_unlock(4712), pg_try_advisory_lock(4711), pg_advisory_unlock(4711);

-- no value, however it is written, in the finding or in the record of the run
SET ROLE regress_leaks_editor;
CREATE FUNCTION regress_leaks.raises(message text, code text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING MESSAGE = message, ERRCODE = code; END $$;
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES
  ('rl.m.quote',  'rl-mask', 't', $$SELECT ('x"9434765919'::text)::integer::text AS subject$$),
  ('rl.m.quotes', 'rl-mask', 't', $$SELECT ('Mary "Polly" Baker'::text)::date::text AS subject$$),
  ('rl.m.half',   'rl-mask', 't', $$SELECT regress_leaks.raises('not a date: "Mary Baker', '22007') AS subject$$),
  ('rl.m.raise',  'rl-mask', 't', $$SELECT regress_leaks.raises('bad patient 9434765919', 'P0001') AS subject$$),
  ('rl.m.three',  'rl-mask', 't', $$SELECT regress_leaks.raises('patients 943 476 5919, 943-476-5919 and 943.476.5919 of 2024-01-31 12:30', 'P0001') AS subject$$),
  ('rl.m.own',    'rl-mask', 't', $$SELECT regress_leaks.raises('bad name "Mary Baker"', 'AB123') AS subject$$),
  ('rl.m.german', 'rl-mask', 't', $$SELECT regress_leaks.raises('ungültige Eingabe: »Mary Baker« fehlt', '22P02') AS subject$$),
  ('rl.m.column', 'rl-mask', 't', $$SELECT n943476 AS subject FROM pg_class c$$),
  ('rl.m.short',  'rl-mask', 't', $$SELECT regress_leaks.raises('12345678 rows of 943 4765919 in 3 steps', 'P0001') AS subject$$);
RESET ROLE;
SELECT check_code, outcome FROM portfolio.run_checks('rl-mask');
SELECT check_code, detail->>'sqlstate' AS sqlstate, detail->>'message' AS message FROM portfolio.finding WHERE check_code LIKE 'rl.m.%' ORDER BY check_code COLLATE "C";
SELECT results::text ~ '9434765919|943.476.5919|Baker' AS kept_in_the_run FROM portfolio.check_run ORDER BY id DESC LIMIT 1;
SET pg_portfolio.mask_identifiers = off;
SELECT check_code, outcome FROM portfolio.run_checks(codes => '{rl.m.raise}');
SELECT detail->>'message' AS message FROM portfolio.finding WHERE check_code = 'rl.m.raise';
RESET pg_portfolio.mask_identifiers;

DELETE FROM portfolio.finding WHERE check_code LIKE 'rl.%';
DELETE FROM portfolio.check_definition WHERE code LIKE 'rl.%';
REVOKE ALL ON portfolio.check_definition FROM regress_leaks_editor;
REVOKE ALL (code, area, title, severity, query, threshold) ON portfolio.check_definition FROM regress_leaks_editor;
SET client_min_messages = warning;
DROP SCHEMA regress_leaks CASCADE;
DROP ROLE regress_leaks_editor;
