-- The extension against itself: its schemas, tables and functions, its checks, risks and jobs. $1 is the threshold.
INSERT INTO portfolio.check_definition (code, area, title, severity, question, description, query, threshold, remediation, refs, author, builtin)
SELECT code, 'security', title, severity, question, description, query, threshold, remediation, refs, NULL, true
  FROM (VALUES
  ('self-schema-writable', 'Somebody may create objects in a schema of this extension', 'critical',
   'May only the owner of the extension create objects in its schemas?',
   'CREATE on portfolio or portfolio_bi, or another owner than that of the extension.',
   $$SELECT n.nspname || coalesce(' by ' || r.rolname, ' by PUBLIC') AS subject, '{}'::jsonb AS detail
       FROM pg_extension e JOIN pg_namespace n ON n.nspname IN ('portfolio', 'portfolio_bi')
      CROSS JOIN LATERAL (SELECT a.grantee FROM aclexplode(n.nspacl) a WHERE a.privilege_type = 'CREATE' UNION SELECT n.nspowner) w
       LEFT JOIN pg_roles r ON r.oid = w.grantee
      WHERE e.extname = 'pg_portfolio' AND w.grantee <> e.extowner$$,
   NULL::numeric, 'REVOKE CREATE ON SCHEMA portfolio FROM role;', '{"iso": "A.8.3", "ndg": 4}'::jsonb),

  ('self-table-granted', 'Somebody holds more on a table of this extension than a profile gives', 'critical',
   'Are the tables of this extension written by holders of a profile only?',
   'TRIGGER, TRUNCATE or REFERENCES of anybody, which no profile has, and INSERT, UPDATE or DELETE of PUBLIC or of a role that was given no profile.',
   $$SELECT c.oid::regclass || ' to ' || coalesce(r.rolname, 'PUBLIC') AS subject, jsonb_build_object('privileges', jsonb_agg(a.privilege_type ORDER BY a.privilege_type)) AS detail
       FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      CROSS JOIN LATERAL aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
      WHERE n.nspname IN ('portfolio', 'portfolio_bi') AND c.relkind IN ('r', 'p', 'v', 'm') AND a.grantee <> c.relowner AND a.privilege_type <> 'SELECT'
        AND (a.privilege_type NOT IN ('INSERT', 'UPDATE', 'DELETE') OR a.grantee = 0
             OR NOT EXISTS (SELECT FROM portfolio.profile_grant g WHERE g.role = r.rolname))
      GROUP BY c.oid, r.rolname$$,
   NULL, 'REVOKE ALL ON … FROM role; SELECT portfolio.grant_profile(''role'', ''…'');', '{"iso": "A.8.3", "ndg": 4}'),

  ('self-function-unpinned', 'A function of this extension lost its search_path', 'critical',
   'Have the functions of this extension their search_path?',
   'Every PL/pgSQL and SQL function of the extension that is not BEGIN ATOMIC comes with search_path = pg_catalog, pg_temp, and none is SECURITY DEFINER.',
   $$SELECT p.oid::regprocedure::text AS subject, jsonb_build_object('settings', p.proconfig, 'security_definer', p.prosecdef) AS detail
       FROM pg_extension e
       JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass
       JOIN pg_proc p ON p.oid = d.objid JOIN pg_language l ON l.oid = p.prolang
      WHERE e.extname = 'pg_portfolio'
        AND (p.prosecdef OR l.lanname IN ('sql', 'plpgsql') AND p.prosqlbody IS NULL
                            AND NOT coalesce(p.proconfig, '{}') @> ARRAY['search_path=pg_catalog, pg_temp'])$$,
   NULL, 'ALTER FUNCTION … SET search_path = pg_catalog, pg_temp; and find out who changed it.', '{"iso": "A.8.28", "ndg": 9}'),

  ('self-checks-not-run', 'Checks of an area have not run for long', 'high',
   'Have the checks of every area run lately?',
   'Areas that ran once and have not for longer than the threshold, in days. A finding that nobody looks for is not there.',
   $$SELECT x.area AS subject, jsonb_build_object('last_run', max(x.started)) AS detail
       FROM (SELECT coalesce(r.area, a.area) AS area, r.started
               FROM portfolio.check_run r LEFT JOIN (SELECT DISTINCT d.area FROM portfolio.check_definition d) a ON r.area IS NULL AND r.codes IS NULL
              WHERE r.codes IS NULL AND r.target IS NULL) x
      GROUP BY x.area HAVING max(x.started) < now() - make_interval(days => $1::integer)$$,
   8, 'SELECT * FROM portfolio.run_checks(''area''); and look for the job that should have done it.', '{"iso": "A.8.16", "ndg": 6}'),

  ('self-check-switched-off', 'A security check is switched off here', 'low',
   'Does every security check run?',
   'portfolio.check_setting switches it off, for the reason in the detail. A risk that is accepted has an end; a check that is off has none.',
   $$SELECT s.check_code AS subject, jsonb_build_object('reason', s.reason, 'by', s.set_by, 'since', s.set_at) AS detail
       FROM portfolio.check_setting s JOIN portfolio.check_definition d ON d.code = s.check_code WHERE d.area = 'security' AND NOT s.enabled$$,
   NULL, 'UPDATE portfolio.check_setting SET enabled = true WHERE check_code = ''…''; and accept the risk of what it finds.', '{"iso": "A.8.16", "ndg": 6}'),

  ('self-check-of-superuser', 'A check of this site runs as a superuser', 'medium',
   'Are checks and criteria of this site written by roles that are no superusers?',
   'Stored queries run with the rights of who wrote them last.',
   $$SELECT x.what AS subject, jsonb_build_object('author', x.author) AS detail
       FROM (SELECT 'check ' || d.code AS what, d.author FROM portfolio.check_definition d
              UNION ALL
             SELECT 'criterion ' || concat_ws(' ', c.process, c.version, c.gate, c.code), c.author FROM portfolio.criterion c WHERE c.query IS NOT NULL) x
       JOIN pg_roles r ON r.rolname = x.author WHERE r.rolsuper$$,
   NULL, 'SET ROLE role_that_may_read_it; and write the query again.', '{"iso": "A.8.2", "ndg": 4}'),

  ('self-risk-acceptance-over', 'The acceptance of a risk is over', 'medium',
   'Is every accepted risk still accepted?',
   'Findings whose risk was accepted until a day that has passed: they count as open again.',
   $$SELECT concat_ws(': ', f.check_code, f.target, f.subject) AS subject, jsonb_build_object('accepted_until', f.accepted_until, 'by', f.accepted_by, 'severity', f.severity) AS detail
       FROM portfolio.finding f WHERE f.status = 'risk_accepted' AND f.accepted_until < current_date$$,
   NULL, 'Mend it, or SELECT portfolio.accept_risk(…) anew.', '{"iso": "A.5.36", "ndg": 9}'),

  ('self-risk-accepted-for-long', 'A risk is accepted for very long', 'low',
   'Will every accepted risk be looked at again within a year?',
   'The threshold is in days from today.',
   $$SELECT concat_ws(': ', f.check_code, f.target, f.subject) AS subject, jsonb_build_object('accepted_until', f.accepted_until, 'by', f.accepted_by, 'severity', f.severity) AS detail
       FROM portfolio.finding f WHERE f.status = 'risk_accepted' AND f.accepted_until > current_date + $1::integer$$,
   366, 'Accept the risk until an earlier day.', '{"iso": "A.5.36", "ndg": 9}'),

  ('self-finding-overdue', 'A grave finding is open for long', 'high',
   'Is every critical or high finding mended in time?',
   'Open findings of severity critical or high past their due day, or older than the threshold in days where they have none. Cyber Essentials gives fourteen.',
   $$SELECT concat_ws(': ', f.check_code, f.target, f.subject) AS subject, jsonb_build_object('severity', f.severity, 'opened', f.opened_at, 'due_on', f.due_on) AS detail
       FROM portfolio.finding f
      WHERE f.status = 'open' AND f.severity IN ('critical', 'high') AND f.check_code <> 'self-finding-overdue'
        AND coalesce(f.due_on, f.opened_at::date + $1::integer) < current_date$$,
   14, 'Mend it, or accept the risk for a time.', '{"iso": "A.8.8", "ndg": 9}'),

  ('self-job-broken', 'A job of this extension is broken', 'high',
   'Do all jobs run?',
   'A job is broken when its role or its rights are gone; it does not run until somebody mends it.',
   $$SELECT j.owner || '.' || j.name AS subject, jsonb_build_object('last_due', j.last_due_at) AS detail FROM portfolio_bi.job j WHERE j.state = 'broken'$$,
   NULL, 'SELECT state_reason FROM portfolio.job WHERE state = ''broken''; mend that, then resume the job.', '{"iso": "A.8.16", "ndg": 6}'),

  ('self-superuser-jobs-allowed', 'Jobs may run as superuser', 'high',
   'Do no jobs run as superuser?',
   'pg_portfolio.allow_superuser_jobs is on: whoever may write the command of such a job is superuser.',
   $$SELECT 'server' AS subject, '{}'::jsonb AS detail FROM pg_settings s WHERE s.name = 'pg_portfolio.allow_superuser_jobs' AND s.reset_val = 'on'$$,
   NULL, 'Give the jobs to roles with the rights they need, then ALTER SYSTEM RESET pg_portfolio.allow_superuser_jobs;', '{"iso": "A.8.2", "ndg": 4}')
  ) AS c (code, title, severity, question, description, query, threshold, remediation, refs);
