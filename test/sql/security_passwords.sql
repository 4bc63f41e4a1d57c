-- Passwords that can be guessed: which are, how a run goes on where the last one ended, and what begins anew.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\pset null '(null)'

SET password_encryption = 'scram-sha-256';
CREATE ROLE regress_pw_own LOGIN PASSWORD 'regress_pw_own';
CREATE ROLE regress_pw_strong LOGIN PASSWORD 'Kestrel-47-umbra' VALID UNTIL '2999-01-01';
CREATE ROLE regress_pw_group PASSWORD 'letmein';
CREATE ROLE regress_pw_none LOGIN;
SET password_encryption = 'md5';
CREATE ROLE regress_pw_md5 LOGIN SUPERUSER PASSWORD 'template1';
CREATE ROLE regress_pw_md5_strong LOGIN PASSWORD 'Kestrel-47-umbra';
RESET password_encryption;
-- a guess at this one would take too long
CREATE ROLE regress_pw_dear LOGIN PASSWORD 'SCRAM-SHA-256$1000001:AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';

SELECT role_name, method, iterations, login, superuser, valid_until = '2999-01-01' AS ends, fingerprint ~ '^[0-9a-f]{64}$' AS has_fingerprint
  FROM portfolio.role_passwords() WHERE role_name LIKE 'regress_pw%' ORDER BY role_name;
SELECT count(*) = count(DISTINCT fingerprint) AS all_differ, count(*) FROM portfolio.role_passwords() WHERE role_name LIKE 'regress_pw%' AND method <> 'none';

-- Nothing is tried before a run, and all that is weak is found by one that has time.
SELECT count(*) FROM portfolio.weak_passwords('0') WHERE role LIKE 'regress_pw%';
SELECT role, method, login, superuser, valid_until IS NULL AS for_ever, found_at = now() AS found_now
  FROM portfolio.weak_passwords('1 hour') WHERE role LIKE 'regress_pw%' ORDER BY role;
SELECT portfolio.guess_passwords('1 hour') AS guesses_left;
-- what is remembered does not tell the guess: all dictionaries look the same
SELECT p.role_name, g.dictionary, g.found_at IS NOT NULL AS found,
       g.tried = CASE g.dictionary WHEN 'names' THEN (SELECT count(*) + 1 FROM pg_database) ELSE (SELECT count(*) FROM portfolio.shipped_password_word) END AS tried_all
  FROM portfolio.password_guess g JOIN portfolio.role_passwords() p USING (role)
 WHERE p.role_name LIKE 'regress_pw%' ORDER BY p.role_name, g.dictionary;

-- New words alone are tried, on the roles that withstood all others.
INSERT INTO portfolio.password_word (word) VALUES ('Osprey-11-lumen'), ('Heron-12-lumen');
CREATE TEMP VIEW tried AS
  SELECT count(*) AS roles FROM portfolio.role_passwords() p
   WHERE p.method <> 'none' AND coalesce(p.iterations, 0) <= 1000000 AND NOT EXISTS (SELECT FROM portfolio.weak_password w WHERE w.role = p.role_name);
SELECT portfolio.guess_passwords('1 hour') = 2 * roles AS two_of_each FROM tried;
INSERT INTO portfolio.password_word (word) VALUES ('Kestrel-47-umbra');
SELECT portfolio.guess_passwords('1 hour') = roles AS one_of_each FROM tried;
SELECT role FROM portfolio.weak_passwords('0') WHERE role LIKE 'regress_pw%strong' ORDER BY role;
-- Other words than those that were tried begin anew: here a word before the end is gone.
ALTER ROLE regress_pw_strong PASSWORD 'Merlin-48-umbra';
SELECT portfolio.guess_passwords('1 hour') = (SELECT count(*) + 1 FROM pg_database) + (SELECT count(*) FROM portfolio.shipped_password_word) + 3 AS all_of_one_role;
DELETE FROM portfolio.password_word WHERE word = 'Osprey-11-lumen';
SELECT portfolio.guess_passwords('1 hour') = 2 * roles AS two_of_each FROM tried;
-- A dictionary that is gone is forgotten, and so is a role.
DELETE FROM portfolio.password_word;
DROP ROLE regress_pw_own;
SELECT portfolio.guess_passwords('1 hour') AS guesses;
SELECT count(*) AS forgotten FROM portfolio.password_guess g WHERE g.dictionary = 'site' OR g.role NOT IN (SELECT oid FROM pg_roles);

-- A run that has no time makes one guess; such runs together make those of one long run, and none twice.
ALTER ROLE regress_pw_strong PASSWORD 'Dunlin-51-umbra';
CREATE FUNCTION pg_temp.runs() RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  made bigint;
  guesses bigint := 0;
  runs bigint := 0;
BEGIN
  LOOP
    made := portfolio.guess_passwords('1 microsecond');
    EXIT WHEN made = 0;
    guesses := guesses + made;
    runs := runs + 1;
  END LOOP;
  RETURN ARRAY[guesses, runs];
END
$$;
SELECT r[1] = (SELECT count(*) + 1 FROM pg_database) + (SELECT count(*) FROM portfolio.shipped_password_word) AS none_twice, r[1] = r[2] AS one_a_run
  FROM pg_temp.runs() r;

-- Findings are made by the check, from what is known.
SELECT outcome FROM portfolio.run_checks(codes => '{password-weak}');
SELECT subject, severity, detail FROM portfolio.finding WHERE check_code = 'password-weak' AND subject LIKE 'regress_pw%' AND status = 'open' ORDER BY subject;
ALTER ROLE regress_pw_group PASSWORD 'Plover-49-umbra';
SELECT outcome FROM portfolio.run_checks(codes => '{password-weak}');
SELECT subject, status FROM portfolio.finding WHERE check_code = 'password-weak' AND subject LIKE 'regress_pw%' ORDER BY subject;

-- What is refused
SELECT * FROM portfolio.weak_passwords('-1 second');
SELECT * FROM portfolio.weak_passwords(options => '{"words": []}');
SELECT portfolio.guess_passwords(NULL);
\set VERBOSITY terse
INSERT INTO portfolio.password_word (dictionary, word) VALUES ('names', 'x');
INSERT INTO portfolio.password_word (word) VALUES ('');
\set VERBOSITY default
BEGIN READ ONLY;
SELECT * FROM portfolio.weak_passwords('1 second');
ROLLBACK;

-- An operator tries and sees what is known; neither he nor an auditor sees a verifier, and others see nothing.
CREATE ROLE regress_pw_operator;
CREATE ROLE regress_pw_auditor;
SELECT portfolio.grant_profile('regress_pw_operator', 'operator'), portfolio.grant_profile('regress_pw_auditor', 'auditor');
SET ROLE regress_pw_operator;
SELECT role FROM portfolio.weak_passwords('1 hour') WHERE role LIKE 'regress_pw%' ORDER BY role;
INSERT INTO portfolio.password_word (word) VALUES ('Avocet-50-umbra');
UPDATE portfolio.password_guess SET tried = 0;
SELECT rolpassword FROM pg_authid;
SELECT portfolio.keyed_fingerprint('password of role 10', 'x');
SET ROLE regress_pw_auditor;
SELECT role FROM portfolio.weak_password WHERE role LIKE 'regress_pw%' ORDER BY role;
SELECT portfolio.weak_passwords('1 second');
RESET ROLE;
SET ROLE regress_pw_none;
SELECT * FROM portfolio.role_passwords();
RESET ROLE;

SELECT portfolio.revoke_profile('regress_pw_operator', 'operator'), portfolio.revoke_profile('regress_pw_auditor', 'auditor');
DELETE FROM portfolio.finding WHERE check_code = 'password-weak';
DROP ROLE regress_pw_strong, regress_pw_group, regress_pw_none, regress_pw_md5, regress_pw_md5_strong, regress_pw_dear, regress_pw_operator, regress_pw_auditor;
SELECT portfolio.guess_passwords('1 hour');
