-- The estate: the shipped checks on other servers, by libpq.

CREATE TYPE portfolio.remote_check AS (
  check_code text, severity text, query text, min_version integer, max_version integer, problem text
);
COMMENT ON TYPE portfolio.remote_check IS 'A shipped check as check_estate() sends it: a row of remote_checks().';
COMMENT ON COLUMN portfolio.remote_check.check_code IS 'The check.';
COMMENT ON COLUMN portfolio.remote_check.severity IS 'Severity of its findings, as this site has it.';
COMMENT ON COLUMN portfolio.remote_check.query IS 'What is sent; it names objects of pg_catalog only. NULL where there is a problem.';
COMMENT ON COLUMN portfolio.remote_check.min_version IS 'Oldest major version of PostgreSQL that is asked; NULL: any.';
COMMENT ON COLUMN portfolio.remote_check.max_version IS 'Newest major version that is asked; NULL: any.';
COMMENT ON COLUMN portfolio.remote_check.problem IS 'Why it cannot be asked elsewhere; NULL: it can.';

-- Views over catalogs, questions to them and the facts known here travel inside the query. What else is ours stays at home: on a
-- server without the extension anybody with CREATE on the database could have prepared a schema of our name, and would be run by us.
CREATE FUNCTION portfolio.remote_checks(area text DEFAULT NULL) RETURNS SETOF portfolio.remote_check
LANGUAGE sql STABLE PARALLEL SAFE ROWS 200
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
  WITH RECURSIVE part AS MATERIALIZED (
    -- as replacements of regexp_replace(), where a backslash means something; views first, since they use questions
    SELECT row_number() OVER (ORDER BY x.turn, x.name) AS n, '\mportfolio\.' || x.name AS pattern, replace(x.text, '\', '\\') AS text
      FROM (SELECT 1 AS turn, v.name || '\M' AS name, '(' || rtrim(pg_get_viewdef(('portfolio.' || v.name)::regclass), ';') || ')' AS text
              FROM unnest('{hba_rule,site_relation,site_function}'::text[]) v (name)
            UNION ALL
            SELECT 1, 'effective_fact\M', '(SELECT * FROM (VALUES '
                   || string_agg(format('(%L, %L, %L, date %L, %L, %L::boolean)', f.topic, f.key, f.value, to_char(f.known_on, 'YYYY-MM-DD'), f.source, f.shipped), ', ' ORDER BY f.topic, f.key)
                   || ') f (topic, key, value, known_on, source, shipped))'
              FROM portfolio.effective_fact f
            UNION ALL
            SELECT 2, substring(p.proname::text COLLATE "default" FROM '^(.*)_asked$') || '\(\)', '(' || substring(pg_get_function_sqlbody(p.oid) FROM '^BEGIN ATOMIC\s+(.*);\s+END$') || ')'
              FROM pg_proc p WHERE p.pronamespace = 'portfolio'::regnamespace AND p.proname LIKE '%\_asked'
            UNION ALL
            SELECT 2, 'role_passwords\(\)',
                   $q$(SELECT a.rolname AS role_name, a.rolcanlogin AS login, a.rolsuper AS superuser, a.rolvaliduntil AS valid_until,
                              CASE WHEN a.rolpassword IS NULL THEN 'none' WHEN a.rolpassword LIKE 'SCRAM-SHA-256$%' THEN 'scram-sha-256' ELSE 'md5' END AS method,
                              substring(a.rolpassword FROM '^SCRAM-SHA-256[$]([0-9]{1,10}):')::bigint AS iterations FROM pg_authid a)$q$) x
  ), written AS (
    SELECT c.code, 0::bigint AS n, regexp_replace(c.query, '\$1(?![0-9])', coalesce(quote_literal(c.threshold), 'NULL') || '::numeric', 'g') AS query
      FROM portfolio.effective_check c
     WHERE c.builtin AND c.enabled AND (remote_checks.area IS NULL OR c.area = remote_checks.area)
    UNION ALL
    SELECT w.code, p.n, regexp_replace(w.query, p.pattern, p.text, 'g') FROM written w JOIN part p ON p.n = w.n + 1
  )
  SELECT c.code, c.severity, CASE WHEN x.ours IS NULL THEN w.query END, d.min_version, d.max_version,
         CASE WHEN x.ours IS NOT NULL THEN 'it uses ' || x.ours || ', which another server may not have' END
    FROM written w
    JOIN portfolio.effective_check c ON c.code = w.code
    JOIN portfolio.check_definition d ON d.code = w.code
   CROSS JOIN LATERAL (SELECT substring(w.query FROM '\mportfolio(?:_bi)?\.[a-z_]+') AS ours) x
   WHERE w.n = (SELECT max(p.n) FROM part p)
   ORDER BY c.code COLLATE "C"
$$;
COMMENT ON FUNCTION portfolio.remote_checks(text) IS
  'The shipped checks of an area (NULL: any) that this site has switched on, as check_estate() sends them to other servers: thresholds and facts of this site written in, views of ours written out. A check that needs more of the extension is not sent, and says so. Example: SELECT check_code, problem FROM portfolio.remote_checks(''security'') WHERE problem IS NOT NULL;';

CREATE TYPE portfolio.target_result AS (
  target text, outcome text, checks integer, not_applicable integer, failed integer, findings bigint, problem text, elapsed interval
);
COMMENT ON TYPE portfolio.target_result IS 'What check_estate() says of one target.';
COMMENT ON COLUMN portfolio.target_result.target IS 'The service of the target, as in database_target.';
COMMENT ON COLUMN portfolio.target_result.outcome IS
  'ok: every check that applies was asked; unreachable: no connection; broken: the connection was lost, or what answers is no PostgreSQL; timed_out: it did not answer in time; busy: somebody else checks it now. But for ok, only checks that were answered before count, and nothing else is resolved.';
COMMENT ON COLUMN portfolio.target_result.checks IS 'Checks that were answered, well or not.';
COMMENT ON COLUMN portfolio.target_result.not_applicable IS 'Checks that were not asked: they need this extension, another version of PostgreSQL, or a catalog that a release before 15 has not.';
COMMENT ON COLUMN portfolio.target_result.failed IS 'Checks that did not run well, each of them a finding itself.';
COMMENT ON COLUMN portfolio.target_result.findings IS 'Rows that the checks returned.';
COMMENT ON COLUMN portfolio.target_result.problem IS 'What went wrong; NULL when all went well.';
COMMENT ON COLUMN portfolio.target_result.elapsed IS 'From the beginning of its connection to its last answer.';

CREATE FUNCTION portfolio.check_estate(area text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.target_result
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 50 AS 'MODULE_PATHNAME', 'pf_check_estate';
COMMENT ON FUNCTION portfolio.check_estate(text, jsonb) IS
  'Runs the shipped checks of an area (NULL: any) on every enabled target of database_target, many at once, and brings their findings up to date, each under its target. Options: targets (array of services), connections (at once, 1 to 1000, 64), connect_timeout and timeout (seconds for the connection, 10, and for all of a target, 300). One read-only transaction a check, within pg_portfolio.stored_query_timeout and pg_portfolio.stored_query_max_rows. A target that does not answer is a finding of check target-not-answering. EXECUTE is in no profile: whoever has it makes the server connect with its own credentials. Raises 42704 for an area without checks or a target that is not there.';

INSERT INTO portfolio.check_definition (code, area, title, severity, question, description, query, threshold, remediation, refs, author, builtin)
SELECT code, 'security', title, severity, question, description, query, threshold, remediation, refs, NULL, true
  FROM (VALUES
  ('target-not-answering', 'A database of the estate could not be checked', 'high',
   'Could every database of the estate be checked the last time?',
   'It is down, refuses the connection or its encryption, or did not answer in time. What is wrong there is not known as long as this lasts.',
   $$SELECT t.service AS subject, t.element, jsonb_build_object('problem', r.problem, 'tried', r.started) AS detail
       FROM portfolio.database_target t
      CROSS JOIN LATERAL (SELECT c.problem, c.started FROM portfolio.check_run c WHERE c.target = t.service ORDER BY c.id DESC LIMIT 1) r
      WHERE t.enabled AND r.problem IS NOT NULL$$,
   NULL::numeric, 'Mend what the problem in the detail names, then SELECT * FROM portfolio.check_estate(''security'');', '{"iso": "A.8.16", "ndg": 6}'::jsonb),

  ('target-not-checked', 'A database of the estate was not checked for long', 'medium',
   'Was every database of the estate checked lately?',
   'The threshold is in days. A target that was never checked counts as well.',
   $$SELECT t.service AS subject, t.element, jsonb_build_object('last_checked', max(r.started)) AS detail
       FROM portfolio.database_target t LEFT JOIN portfolio.check_run r ON r.target = t.service AND r.problem IS NULL
      WHERE t.enabled GROUP BY t.service HAVING coalesce(max(r.started), '-infinity') < now() - make_interval(days => $1::integer)$$,
   8, 'SELECT * FROM portfolio.check_estate(''security''); and look for the job that should have done it.', '{"iso": "A.8.16", "ndg": 6}'),

  ('target-connection-weak', 'The connection to a database of the estate is weaker than it should be', 'medium',
   'Does this server know to whom it speaks in the estate, and is it no superuser there?',
   'Without sslmode=verify-full anybody on the way can answer, and be shown the password; a superuser is more than a check needs.',
   $$SELECT t.service AS subject, t.element, r.connection AS detail
       FROM portfolio.database_target t
      CROSS JOIN LATERAL (SELECT c.connection FROM portfolio.check_run c WHERE c.target = t.service AND c.connection IS NOT NULL ORDER BY c.id DESC LIMIT 1) r
      WHERE t.enabled AND (r.connection->>'sslmode' NOT IN ('verify-full', 'socket') OR (r.connection->>'superuser')::boolean)$$,
   NULL, 'Take sslmode out of the service, give it sslrootcert, and a role of its own with pg_monitor.', '{"iso": "A.8.24", "ndg": 9}')
  ) AS c (code, title, severity, question, description, query, threshold, remediation, refs);
