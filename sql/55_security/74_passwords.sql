-- Passwords: how they are kept, and which of them can be guessed. Neither a verifier nor a guess is ever shown.
CREATE TYPE portfolio.role_password AS (
  role oid, role_name name, method text, iterations integer, login boolean, superuser boolean, valid_until timestamptz, fingerprint text
);
COMMENT ON TYPE portfolio.role_password IS 'How the password of a role is kept: a row of role_passwords().';
COMMENT ON COLUMN portfolio.role_password.role IS 'Object id of the role.';
COMMENT ON COLUMN portfolio.role_password.role_name IS 'Its name.';
COMMENT ON COLUMN portfolio.role_password.method IS 'none, md5 or scram-sha-256.';
COMMENT ON COLUMN portfolio.role_password.iterations IS 'Rounds of hashing that each guess costs; NULL where it is no SCRAM verifier.';
COMMENT ON COLUMN portfolio.role_password.login IS 'Whether the role may log in.';
COMMENT ON COLUMN portfolio.role_password.superuser IS 'Whether the role is a superuser.';
COMMENT ON COLUMN portfolio.role_password.valid_until IS 'Until when the password is valid; NULL or infinity: for ever.';
COMMENT ON COLUMN portfolio.role_password.fingerprint IS
  'Keyed hash of the verifier, as keyed_fingerprint() makes them: it is another one when the password is set anew, and no guess can be tried on it. NULL without a password.';

CREATE FUNCTION portfolio.role_passwords() RETURNS SETOF portfolio.role_password
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 100 AS 'MODULE_PATHNAME', 'pf_role_passwords';
COMMENT ON FUNCTION portfolio.role_passwords() IS
  'How the password of each role is kept, of pg_authid, for roles that may not read it. Example: SELECT method, count(*) FROM portfolio.role_passwords() GROUP BY method;';

CREATE TABLE portfolio.shipped_password_word (
  place integer PRIMARY KEY,
  word text NOT NULL UNIQUE
);
COMMENT ON TABLE portfolio.shipped_password_word IS 'Passwords that are tried first everywhere: dictionary common of weak_passwords(). Class: reference.';
COMMENT ON COLUMN portfolio.shipped_password_word.place IS 'Place in which weak_passwords() tries it.';
COMMENT ON COLUMN portfolio.shipped_password_word.word IS 'The password.';
INSERT INTO portfolio.shipped_password_word (place, word)
SELECT w.place, w.word
  FROM unnest(ARRAY[
    'postgres', 'password', '123456', 'admin', 'secret', 'changeme', '12345678', 'qwerty', '123456789', '12345', 'letmein', 'welcome',
    'Password1', 'password1', 'Passw0rd', 'P@ssw0rd', 'passw0rd', 'Password', 'Password123', 'password123', 'Password1!', 'Welcome1', 'Welcome123', 'Welcome1!',
    'Changeme1', 'ChangeMe', 'changeme123', 'change_me', 'changeit', 'default', 'test', 'test123', 'testing', 'guest', 'user', 'root',
    'toor', 'sa', 'dba', 'database', 'db', 'sql', 'pgsql', 'postgresql', 'postgres1', 'postgres123', 'pgpass', 'pgadmin',
    'replication', 'replicator', 'repl', 'standby', 'backup', 'monitor', 'monitoring', 'service', 'application', 'app', 'web', 'api',
    'admin123', 'admin1', 'administrator', 'Admin123', 'Admin1234', 'root123', 'master', 'manager', 'oracle', 'mysql', 'example', 'demo',
    '1234', '123', '1', '1234567', '1234567890', '111111', '000000', '123123', '654321', 'abc123', 'Abc123', '1q2w3e4r',
    '1qaz2wsx', 'qwerty123', 'Qwerty123', 'qwertyuiop', 'asdfgh', 'zaq12wsx', 'trustno1', 'iloveyou', 'monkey', 'dragon', 'football', 'sunshine',
    'princess', 'superman', 'computer', 'internet', 'server', 'system', 'login', 'access', 'private', 'public', 'temp', 'temporary',
    'Summer2026', 'Winter2026', 'Spring2026', 'Autumn2026', 'hospital', 'patient', 'health', 'nhs', 'nhs123', 'NHS2026', 'doctor', 'nurse'
  ]::text[]) WITH ORDINALITY w (word, place);

CREATE TABLE portfolio.password_word (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  dictionary text NOT NULL DEFAULT 'site'
    CHECK (dictionary ~ '^[a-z0-9]+([._-][a-z0-9]+)*$' AND dictionary NOT IN ('names', 'common')),
  word text NOT NULL CHECK (octet_length(word) BETWEEN 1 AND 1024),
  UNIQUE (dictionary, word)
);
COMMENT ON TABLE portfolio.password_word IS
  'Words of this site that weak_passwords() tries: names of the house, of systems and places, passwords that were once everybody''s. In no profile, since whoever adds words can try guesses on every role. Class: user rows.';
COMMENT ON COLUMN portfolio.password_word.id IS 'Key; a dictionary is tried in its order, so that words added later are tried alone.';
COMMENT ON COLUMN portfolio.password_word.dictionary IS 'The dictionary that it belongs to: small letters and digits in words joined by dash, dot or underscore, and neither names nor common. Dictionaries are tried one after the other, by name.';
COMMENT ON COLUMN portfolio.password_word.word IS 'The guess, as somebody would type it; at most 1024 bytes.';
SELECT pg_extension_config_dump('portfolio.password_word', '');
SELECT pg_extension_config_dump('portfolio.password_word_id_seq', '');

CREATE TABLE portfolio.password_guess (
  role oid NOT NULL,
  dictionary text NOT NULL,
  fingerprint text NOT NULL,
  tried integer NOT NULL,
  digest bigint NOT NULL,
  found_at timestamptz,
  tried_at timestamptz NOT NULL,
  PRIMARY KEY (role, dictionary)
);
COMMENT ON TABLE portfolio.password_guess IS
  'How far weak_passwords() has come with each role and dictionary; only it writes here. A role whose password was guessed looks in all dictionaries as if every word had been tried, so that no row tells the guess. Class: operation.';
COMMENT ON COLUMN portfolio.password_guess.role IS 'Object id of the role.';
COMMENT ON COLUMN portfolio.password_guess.dictionary IS 'names (its own, and those of databases), common (shipped_password_word), or a dictionary of password_word.';
COMMENT ON COLUMN portfolio.password_guess.fingerprint IS 'Of the verifier that was tried, as in role_passwords(): with another one all begins anew.';
COMMENT ON COLUMN portfolio.password_guess.tried IS 'How many words of the dictionary, in its order, were tried.';
COMMENT ON COLUMN portfolio.password_guess.digest IS 'Of those words: where they are others now, the dictionary begins anew.';
COMMENT ON COLUMN portfolio.password_guess.found_at IS 'When a run found that the password can be guessed: the beginning of its transaction; NULL: it was not.';
COMMENT ON COLUMN portfolio.password_guess.tried_at IS 'When a run last tried any: the beginning of its transaction.';

CREATE VIEW portfolio.weak_password WITH (security_invoker = true) AS
  SELECT p.role_name AS role, p.method, p.login, p.superuser, p.valid_until, g.found_at
    FROM portfolio.role_passwords() p
    JOIN (SELECT f.role, f.fingerprint, min(f.found_at) AS found_at FROM portfolio.password_guess f
           WHERE f.found_at IS NOT NULL GROUP BY f.role, f.fingerprint) g ON g.role = p.role AND g.fingerprint = p.fingerprint;
COMMENT ON VIEW portfolio.weak_password IS 'Roles whose password, as it is now, weak_passwords() has guessed.';
COMMENT ON COLUMN portfolio.weak_password.role IS 'Name of the role.';
COMMENT ON COLUMN portfolio.weak_password.method IS 'How the password is kept: md5 or scram-sha-256.';
COMMENT ON COLUMN portfolio.weak_password.login IS 'Whether the role may log in.';
COMMENT ON COLUMN portfolio.weak_password.superuser IS 'Whether the role is a superuser.';
COMMENT ON COLUMN portfolio.weak_password.valid_until IS 'Until when the password is valid; NULL or infinity: for ever.';
COMMENT ON COLUMN portfolio.weak_password.found_at IS 'When it was found.';

CREATE FUNCTION portfolio.guess_passwords(budget interval) RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE STRICT AS 'MODULE_PATHNAME', 'pf_guess_passwords';
COMMENT ON FUNCTION portfolio.guess_passwords(interval) IS
  'What weak_passwords() does before it shows what is known: tries guesses until the budget is spent or none is left, and remembers how far it came. Gives the number of guesses, 0 where another session tries them now, NULL for NULL.';

CREATE FUNCTION portfolio.weak_passwords(budget interval DEFAULT '1 minute', options jsonb DEFAULT '{}') RETURNS SETOF portfolio.weak_password
LANGUAGE sql VOLATILE PARALLEL UNSAFE ROWS 10
BEGIN ATOMIC
  SELECT portfolio.check_options(weak_passwords.options, '{}'), portfolio.guess_passwords(weak_passwords.budget);
  SELECT w.role, w.method, w.login, w.superuser, w.valid_until, w.found_at FROM portfolio.weak_password w;
END;
COMMENT ON FUNCTION portfolio.weak_passwords(interval, jsonb) IS
  'Roles whose password can be guessed: tries the name of the role, the names of databases, shipped_password_word and password_word on every verifier of pg_authid for as long as the budget says (0 or NULL: not at all), and shows all that are known. The next call goes on where this one ended; a role is tried again when its password or the words are new. Never tells the guess. Verifiers of more than 1,000,000 iterations are left out. What it has tried is kept when its transaction commits. 22023 for a negative budget. No options yet. Example: SELECT role, login FROM portfolio.weak_passwords(''30 seconds'');';

INSERT INTO portfolio.check_definition (code, area, title, severity, question, description, query, remediation, refs, author, builtin) VALUES
  ('password-weak', 'security', 'A password can be guessed', 'high',
   'Has every password withstood the guesses that anybody tries first?',
   'What weak_passwords() has found: a password that is the name of the role or of a database, or a word of a dictionary. Critical where the role is a superuser, low where it may not log in. The check itself tries nothing.',
   $$SELECT w.role::text AS subject, jsonb_build_object('login', w.login, 'superuser', w.superuser, 'method', w.method) AS detail,
            CASE WHEN w.superuser THEN 'critical' WHEN NOT w.login THEN 'low' END AS severity
       FROM portfolio.weak_password w$$,
   'Set another password: \password role; and ALTER ROLE … NOLOGIN; until that is done.', '{"iso": "A.5.17", "ndg": 4}', NULL, true);
