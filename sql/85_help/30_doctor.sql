-- What is not as it should be, and the command that mends it.
CREATE TYPE portfolio.diagnosis AS (area text, state text, what text, mend text);
COMMENT ON TYPE portfolio.diagnosis IS
  'A row of doctor(): what was looked at, ok, notice (works, but know it) or problem (does not work), what was found, and the command that mends it (NULL when nothing is to be done).';
COMMENT ON COLUMN portfolio.diagnosis.area IS 'What was looked at.';
COMMENT ON COLUMN portfolio.diagnosis.state IS 'ok, notice (works, but know it) or problem (does not work).';
COMMENT ON COLUMN portfolio.diagnosis.what IS 'What was found.';
COMMENT ON COLUMN portfolio.diagnosis.mend IS 'The command that mends it; NULL when nothing is to be done.';

CREATE FUNCTION portfolio.doctor_server() RETURNS SETOF portfolio.diagnosis
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  preload text := (SELECT s.setting FROM pg_settings s WHERE s.name = 'shared_preload_libraries');
  preloaded boolean := preload ~ '(^|[\s,"''/])pg_portfolio(["''\s,]|$)';
  installed text := (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'pg_portfolio');
BEGIN
  IF preload IS NULL THEN
    RETURN QUERY VALUES ('preload', 'notice', 'This role may not see shared_preload_libraries.', 'GRANT pg_read_all_settings TO ' || quote_ident(CURRENT_USER));
  ELSIF preloaded THEN
    RETURN QUERY VALUES ('preload', 'ok', 'The library is preloaded.', NULL);
  ELSE
    RETURN QUERY VALUES ('preload', 'notice', 'The library is not preloaded: everything works but scheduled jobs, and DROP EXTENSION does not ask.',
      format('ALTER SYSTEM SET shared_preload_libraries = %s; -- then restart the server',
             (SELECT string_agg(quote_literal(btrim(l)), ', ') FROM unnest(string_to_array(preload, ',') || 'pg_portfolio'::text) l WHERE btrim(l) <> '')));
  END IF;

  IF portfolio.library_version() IS DISTINCT FROM installed THEN
    RETURN QUERY VALUES ('version', 'problem', format('The library is %s, the SQL objects are %s.', portfolio.library_version(), installed),
                 'ALTER EXTENSION pg_portfolio UPDATE; -- or restart the server, where the library is the older one');
  ELSE
    RETURN QUERY VALUES ('version', 'ok', format('Library and SQL objects are %s.', installed), NULL);
  END IF;

  IF preloaded AND pg_has_role('pg_read_all_stats', 'USAGE') THEN
    IF EXISTS (SELECT FROM pg_stat_activity a WHERE a.backend_type = 'portfolio launcher') THEN
      RETURN QUERY VALUES ('scheduler', 'ok', 'The launcher runs.', NULL);
    ELSE
      RETURN QUERY VALUES ('scheduler', 'problem', 'The launcher does not run; the server log tells why.', 'ALTER SYSTEM SET max_worker_processes = '
                   || current_setting('max_worker_processes')::int + 8 || '; -- when the log speaks of too many workers; then restart the server');
    END IF;
  END IF;
  IF current_setting('max_worker_processes')::int < current_setting('pg_portfolio.max_workers')::int + 2 THEN
    RETURN QUERY VALUES ('workers', 'problem', format('max_worker_processes is %s; launcher, scheduler and %s job workers need %s.', current_setting('max_worker_processes'),
                                              current_setting('pg_portfolio.max_workers'), current_setting('pg_portfolio.max_workers')::int + 2),
                 format('ALTER SYSTEM SET max_worker_processes = %s; -- then restart the server', current_setting('pg_portfolio.max_workers')::int + 10));
  ELSE
    RETURN QUERY VALUES ('workers', 'ok', format('max_worker_processes is %s, enough for %s job workers.', current_setting('max_worker_processes'), current_setting('pg_portfolio.max_workers')), NULL);
  END IF;
  IF NOT current_setting('pg_portfolio.run_jobs')::boolean THEN
    RETURN QUERY VALUES ('scheduler', 'notice', 'pg_portfolio.run_jobs is off: no job runs.', 'ALTER SYSTEM SET pg_portfolio.run_jobs = on; SELECT pg_reload_conf();');
  END IF;
  IF NOT current_setting('pg_portfolio.mask_identifiers')::boolean THEN
    RETURN QUERY VALUES ('settings', 'notice', 'pg_portfolio.mask_identifiers is off: messages and failing rows may show patient identifiers.', 'RESET pg_portfolio.mask_identifiers;');
  END IF;
  IF current_setting('pg_portfolio.allow_drop')::boolean THEN
    RETURN QUERY VALUES ('settings', 'notice', 'pg_portfolio.allow_drop is on: DROP EXTENSION takes every row.', 'RESET pg_portfolio.allow_drop;');
  END IF;
  IF current_setting('pg_portfolio.as_of') <> '' THEN
    RETURN QUERY VALUES ('as_of', 'notice', format('Views show the portfolio of %s.', current_setting('pg_portfolio.as_of')), 'RESET pg_portfolio.as_of;');
  END IF;
  IF EXISTS (SELECT FROM pg_db_role_setting s, unnest(s.setconfig) c
              WHERE s.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())) AND c ~ '^search_path=.*portfolio') THEN
    RETURN QUERY VALUES ('search_path', 'ok', 'Operators of the types resolve without a schema.', NULL);
  ELSE
    RETURN QUERY VALUES ('search_path', 'notice', 'Operators of the types need OPERATOR(portfolio.=) in ordinary sessions.', 'SELECT portfolio.use_types(); -- prints the line to run');
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.doctor_server() IS 'Part of doctor(): preload, version, scheduler, workers and settings.';

CREATE FUNCTION portfolio.doctor_rows() RETURNS SETOF portfolio.diagnosis
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  line record;
  differing bigint;
  found boolean := false;
BEGIN
  FOR line IN
    SELECT c.oid::regclass AS table_id, t.tgname, how.always
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
      JOIN pg_namespace n ON n.oid = c.relnamespace
      -- How it is enabled: those of the graph also, or only, for what is replicated
     CROSS JOIN LATERAL (SELECT CASE WHEN t.tgfoid <> 'portfolio.graph_changed()'::regprocedure THEN ''
                                     WHEN t.tgtype & 1 = 0 THEN 'ALWAYS ' ELSE 'REPLICA ' END) how (always)
     WHERE n.nspname = 'portfolio' AND NOT t.tgisinternal
       AND t.tgenabled = ANY (CASE how.always WHEN '' THEN '{D,R}' WHEN 'ALWAYS ' THEN '{D,O,R}' ELSE '{D}' END::"char"[]) ORDER BY 1, 2
  LOOP
    RETURN QUERY VALUES ('triggers', 'problem', format('Trigger %I of %s is disabled.', line.tgname, line.table_id),
                 format('ALTER TABLE %s ENABLE %sTRIGGER %I;', line.table_id, line.always, line.tgname));
    found := true;
  END LOOP;
  IF NOT found THEN
    RETURN QUERY VALUES ('triggers', 'ok', 'Every trigger of the portfolio is enabled.', NULL);
  END IF;

  -- Every column of the release has a comment. CREATE EXTENSION makes no other, so that its table does not restore.
  FOR line IN
    SELECT a.attrelid::regclass AS table_id, a.attname
      FROM pg_extension e
      JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = 'pg_class'::regclass
      JOIN pg_class c ON c.oid = d.objid AND c.relkind IN ('r', 'p')
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE e.extname = 'pg_portfolio' AND col_description(a.attrelid, a.attnum) IS NULL ORDER BY c.relname, a.attnum
  LOOP
    RETURN QUERY VALUES ('columns', 'problem', format('Column %I of %s is not of the release: a dump of this database does not restore that table.', line.attname, line.table_id),
                 format('ALTER TABLE %s DROP COLUMN %I; -- once its values are in a property (define_property()) or a table of yours', line.table_id, line.attname));
  END LOOP;

  found := false;
  FOR line IN SELECT k.kind, k.table_name FROM portfolio.element_kind k WHERE k.table_name IS NOT NULL ORDER BY 1 LOOP
    EXECUTE format('WITH c AS (SELECT id, kind, code, name, description, owner, valid, source FROM portfolio.%I),
                         e AS (SELECT id, kind, code, name, description, owner, valid, source FROM portfolio.element WHERE kind = $1)
                    SELECT count(DISTINCT id) FROM ((TABLE c EXCEPT TABLE e) UNION ALL (TABLE e EXCEPT TABLE c)) d', line.table_name)
      INTO differing USING line.kind;
    IF differing > 0 THEN
      RETURN QUERY VALUES ('elements', 'problem', format('%s rows of portfolio.%I and portfolio.element differ.', differing, line.table_name),
        format('WITH gone AS (DELETE FROM portfolio.element e WHERE e.kind = %L AND NOT EXISTS (SELECT FROM portfolio.%I c WHERE c.id = e.id)) '
               'UPDATE portfolio.element e SET code = c.code, name = c.name, description = c.description, owner = c.owner, valid = c.valid, source = c.source '
               'FROM portfolio.%I c WHERE c.id = e.id;', line.kind, line.table_name, line.table_name));
      found := true;
    END IF;
  END LOOP;
  IF NOT found THEN
    RETURN QUERY VALUES ('elements', 'ok', format('%s elements, in step with their own tables.', (SELECT count(*) FROM portfolio.element)), NULL);
  END IF;

  FOR line IN
    SELECT d.code, d.schema_name, d.relation_name, d.author,
           d.relation_name IS NOT NULL AND portfolio.relation_named(d.schema_name, d.relation_name) IS NULL AS gone,
           NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = d.author) AS orphan
      FROM portfolio.data_set d ORDER BY d.code
  LOOP
    IF line.gone THEN
      RETURN QUERY VALUES ('data sets', 'problem', format('Data set %s: relation %I.%I does not exist.', line.code, line.schema_name, line.relation_name),
                   format('UPDATE portfolio.data_set SET schema_name = ..., relation_name = ... WHERE code = %L;', line.code));
    END IF;
    IF line.orphan AND line.relation_name IS NOT NULL THEN
      RETURN QUERY VALUES ('data sets', 'problem', format('Data set %s: its author %I is no role any more.', line.code, line.author),
                   format('CREATE ROLE %I; -- or register the data set again', line.author));
    END IF;
  END LOOP;

  FOR line IN SELECT p.code, p.snapshot_date FROM portfolio.programme p
               WHERE p.state = 'in_delivery' AND p.snapshot_date < current_date - 365 AND p.source IS DISTINCT FROM 'example' ORDER BY 1 LOOP
    RETURN QUERY VALUES ('facts', 'notice', format('Programme %s: its figures are those of %s.', line.code, line.snapshot_date),
                 format('UPDATE portfolio.programme SET dca = ..., end_date = ..., snapshot_date = ... WHERE code = %L;', line.code));
  END LOOP;
  FOR line IN SELECT d.calendar, make_date(extract(year FROM max(d.day))::int, 12, 31) AS known_upto FROM portfolio.calendar_day d
               WHERE EXISTS (SELECT FROM portfolio.calendar c WHERE c.code = d.calendar AND c.builtin)
               GROUP BY d.calendar HAVING make_date(extract(year FROM max(d.day))::int, 12, 31) < current_date + 365 ORDER BY 1 LOOP
    RETURN QUERY VALUES ('calendar', CASE WHEN line.known_upto < current_date THEN 'problem' ELSE 'notice' END, format('Calendar %s ends on %s.', line.calendar, line.known_upto),
                 format('ALTER EXTENSION pg_portfolio UPDATE; -- or INSERT INTO portfolio.calendar_day (calendar, day, name) VALUES (%L, ...);', line.calendar));
  END LOOP;
  IF (SELECT max(d.date) FROM portfolio_bi.date d) < current_date + 365 THEN
    RETURN QUERY VALUES ('calendar', 'notice', format('The date dimension ends on %s.', (SELECT max(d.date) FROM portfolio_bi.date d)), 'ALTER EXTENSION pg_portfolio UPDATE; -- to a release that has more days');
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.doctor_rows() IS 'Part of doctor(): triggers, elements, data sets, facts and calendars.';

CREATE FUNCTION portfolio.doctor_people() RETURNS SETOF portfolio.diagnosis
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  line record;
BEGIN
  IF NOT EXISTS (SELECT FROM portfolio.profile_grant g JOIN pg_roles r ON r.rolname = g.role) THEN
    RETURN QUERY VALUES ('roles', 'notice', 'No role has a profile: only superusers can work.', 'SELECT portfolio.create_roles(); -- or grant_profile(role, profile)');
  ELSE
    RETURN QUERY VALUES ('roles', 'ok', format('%s roles have a profile.', (SELECT count(DISTINCT g.role) FROM portfolio.profile_grant g JOIN pg_roles r ON r.rolname = g.role)), NULL);
  END IF;
  FOR line IN SELECT g.role, g.profile FROM portfolio.profile_grant g WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = g.role) ORDER BY 1, 2 LOOP
    RETURN QUERY VALUES ('roles', 'notice', format('Role %I had profile %s and does not exist here.', line.role, line.profile),
                 format('SELECT portfolio.revoke_profile(%L, %L); -- or CREATE ROLE and grant_profile() again', line.role, line.profile));
  END LOOP;
END
$$;
COMMENT ON FUNCTION portfolio.doctor_people() IS 'Part of doctor(): profiles.';

CREATE FUNCTION portfolio.doctor_jobs() RETURNS SETOF portfolio.diagnosis
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  line record;
BEGIN
  IF NOT has_table_privilege('portfolio.job_overview', 'SELECT') THEN
    RETURN;
  END IF;
  FOR line IN SELECT j.held, count(*) AS jobs FROM portfolio.job_overview j WHERE j.held IS NOT NULL GROUP BY j.held ORDER BY 1 LOOP
    RETURN QUERY VALUES ('jobs', 'problem', format('%s jobs are held: %s.', line.jobs, rtrim(line.held, '.')), 'SELECT portfolio.adopt_jobs();');
  END LOOP;
  FOR line IN SELECT d.calendar, make_date(extract(year FROM max(d.day))::int, 12, 31) AS known_upto
                FROM portfolio.calendar_day d JOIN portfolio.calendar c ON c.code = d.calendar AND NOT c.builtin
               WHERE EXISTS (SELECT FROM portfolio.job j WHERE j.calendar = d.calendar OR (j.schedule::text || ' ') LIKE '%on calendar ' || d.calendar || ' %')
               GROUP BY d.calendar HAVING make_date(extract(year FROM max(d.day))::int, 12, 31) < current_date + 365 ORDER BY 1 LOOP
    RETURN QUERY VALUES ('calendar', CASE WHEN line.known_upto < current_date THEN 'problem' ELSE 'notice' END,
                 format('Calendar %s, which jobs name, ends on %s.', line.calendar, line.known_upto),
                 format('INSERT INTO portfolio.calendar_day (calendar, day, name) VALUES (%L, ...);', line.calendar));
  END LOOP;
  FOR line IN SELECT j.job_id, j.name, j.owner, j.state_reason FROM portfolio.job_overview j WHERE j.state = 'broken' ORDER BY 1 LOOP
    RETURN QUERY VALUES ('jobs', 'problem', format('Job %s of %I is broken: %s', line.name, line.owner, coalesce(line.state_reason, 'no reason is known')),
                 format('SELECT portfolio.resume_job(%L); -- as %I, once the reason is gone', line.name, line.owner));
  END LOOP;
  FOR line IN SELECT j.name, j.owner, j.last_outcome, j.last_message FROM portfolio.job_overview j WHERE j.last_outcome IN ('failed', 'unknown') AND j.state = 'active' ORDER BY 1 LOOP
    RETURN QUERY VALUES ('jobs', 'notice', format('The last run of job %s of %I failed: %s', line.name, line.owner,
                        coalesce(line.last_message, CASE line.last_outcome WHEN 'unknown' THEN 'how it ended is unknown' ELSE 'its owner can see why' END)),
                 format('SELECT * FROM portfolio.job_run WHERE job_name = %L ORDER BY run_id DESC LIMIT 5; -- tells more', line.name));
  END LOOP;
  RETURN QUERY VALUES ('jobs', 'ok', format('%s jobs are scheduled.', (SELECT count(*) FROM portfolio.job_overview j WHERE j.state = 'active' AND j.held IS NULL)), NULL);
END
$$;
COMMENT ON FUNCTION portfolio.doctor_jobs() IS 'Part of doctor(), and all of it that health() tells pg_monitor: jobs that are held, broken or failing.';

CREATE FUNCTION portfolio.doctor_rules_and_checks() RETURNS SETOF portfolio.diagnosis
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  line record;
  major text := (current_setting('server_version_num')::int / 10000)::text;
BEGIN
  -- A rule of a relation that is gone is told under data sets.
  IF has_function_privilege('portfolio.broken_rules(text)', 'EXECUTE') THEN
    FOR line IN SELECT b.data_set, b.kind, b.rule, b.problem FROM portfolio.broken_rules() b WHERE b.sql_state <> '42P01' ORDER BY 1, 2, 3 LOOP
      RETURN QUERY VALUES ('rules', 'problem', format('%s %s of data set %s can no longer run: %s', initcap(line.kind), line.rule, line.data_set, line.problem),
                           CASE line.kind WHEN 'rule' THEN format('SELECT portfolio.alter_rule(%L, %L, ...); -- or retire_rule()', line.data_set, line.rule)
                                ELSE format('UPDATE portfolio.data_item SET ... WHERE data_set = portfolio.element_id(''data_set'', %L) AND name = %L;', line.data_set, line.rule) END);
    END LOOP;
  END IF;
  IF has_table_privilege('portfolio.check_definition', 'SELECT') THEN
    FOR line IN SELECT c.code, c.author FROM portfolio.check_definition c
                 WHERE c.author IS NOT NULL AND NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = c.author) ORDER BY 1 LOOP
      RETURN QUERY VALUES ('checks', 'problem', format('Check %s: its author %I is no role any more.', line.code, line.author),
                           format('UPDATE portfolio.check_definition SET query = query || '' '' WHERE code = %L; -- makes you its author', line.code));
    END LOOP;
  END IF;
  IF has_table_privilege('portfolio.effective_fact', 'SELECT') THEN
    FOR line IN SELECT f.topic, f.key, f.known_on, f.value FROM portfolio.effective_fact f
                 WHERE f.key = major AND (f.known_on < current_date - 365 OR f.topic = 'postgresql-end-of-life' AND f.value::date < current_date + 365) ORDER BY 1, 2 LOOP
      RETURN QUERY VALUES (CASE line.topic WHEN 'postgresql-end-of-life' THEN 'support' ELSE 'facts' END, 'notice',
        CASE line.topic WHEN 'postgresql-end-of-life' THEN format('PostgreSQL %s is supported until %s.', line.key, line.value)
             ELSE format('What is known of %s %s dates from %s.', line.topic, line.key, line.known_on) END,
        CASE line.topic WHEN 'postgresql-end-of-life' THEN 'pg_upgrade to a newer major version'
             ELSE format('INSERT INTO portfolio.fact (topic, key, value, source) VALUES (%L, %L, ..., ...) ON CONFLICT (topic, key) DO UPDATE SET value = excluded.value, known_on = current_date;', line.topic, line.key) END);
    END LOOP;
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.doctor_rules_and_checks() IS 'Part of doctor(): rules that can no longer run, checks without an author, facts that age.';

CREATE FUNCTION portfolio.doctor(options jsonb DEFAULT '{}') RETURNS SETOF portfolio.diagnosis
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT d.area, d.state, d.what, d.mend
    FROM (SELECT * FROM portfolio.doctor_server()
          UNION ALL SELECT * FROM portfolio.doctor_rows()
          UNION ALL SELECT * FROM portfolio.doctor_people()
          UNION ALL SELECT * FROM portfolio.doctor_jobs()
          UNION ALL SELECT * FROM portfolio.doctor_rules_and_checks()) d
   WHERE portfolio.check_options($1, '{}') IS NOT NULL
   ORDER BY array_position(ARRAY['problem', 'notice', 'ok'], d.state), d.area, d.what;
END;
COMMENT ON FUNCTION portfolio.doctor(jsonb) IS
  'Looks the installation over, worst first: preload, version, scheduler, workers, settings, search_path, triggers, elements, data sets, rules, checks, facts, calendars, roles and jobs, each with the command that mends it. Changes nothing. Example: SELECT area, state, what, mend FROM portfolio.doctor() WHERE state <> ''ok'';';

CREATE TYPE portfolio.health_status AS (
  state text, checked_at timestamptz, problems int, notices int, first_problem text, elements bigint,
  open_findings bigint, critical_findings bigint, jobs bigint, jobs_held bigint, jobs_failing bigint, last_run_at timestamptz
);
COMMENT ON TYPE portfolio.health_status IS
  'The row of health(): ok, notice or problem as doctor() finds, when, how many of each and the first problem, then counts of elements, open and critical findings, jobs, held jobs, jobs whose last run failed, and the last run. What the caller may not see is NULL.';
COMMENT ON COLUMN portfolio.health_status.state IS 'ok, notice or problem: the worst that doctor() finds.';
COMMENT ON COLUMN portfolio.health_status.checked_at IS 'When it was looked at.';
COMMENT ON COLUMN portfolio.health_status.problems IS 'Number of problems.';
COMMENT ON COLUMN portfolio.health_status.notices IS 'Number of notices.';
COMMENT ON COLUMN portfolio.health_status.first_problem IS 'The first problem; NULL without one.';
COMMENT ON COLUMN portfolio.health_status.elements IS 'Number of elements; NULL when the caller may not see them.';
COMMENT ON COLUMN portfolio.health_status.open_findings IS 'Number of open findings; NULL when the caller may not see them.';
COMMENT ON COLUMN portfolio.health_status.critical_findings IS 'Those of them that are critical.';
COMMENT ON COLUMN portfolio.health_status.jobs IS 'Number of jobs; NULL when the caller may not see them.';
COMMENT ON COLUMN portfolio.health_status.jobs_held IS 'Jobs that wait for adopt_jobs().';
COMMENT ON COLUMN portfolio.health_status.jobs_failing IS 'Jobs whose last run failed or ended nobody knows how.';
COMMENT ON COLUMN portfolio.health_status.last_run_at IS 'Start of the last run of any job.';

CREATE FUNCTION portfolio.health(options jsonb DEFAULT '{}') RETURNS SETOF portfolio.health_status
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  h portfolio.health_status;
  found portfolio.diagnosis[];
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF has_function_privilege('portfolio.doctor(jsonb)', 'EXECUTE') THEN
    found := ARRAY(SELECT d FROM portfolio.doctor() d);
  ELSE
    found := ARRAY(SELECT d FROM portfolio.doctor_jobs() d);
  END IF;
  SELECT CASE WHEN count(*) FILTER (WHERE d.state = 'problem') > 0 THEN 'problem' WHEN count(*) FILTER (WHERE d.state = 'notice') > 0 THEN 'notice' ELSE 'ok' END,
         clock_timestamp(), count(*) FILTER (WHERE d.state = 'problem'), count(*) FILTER (WHERE d.state = 'notice'),
         (array_agg(d.what) FILTER (WHERE d.state = 'problem'))[1]
    INTO h.state, h.checked_at, h.problems, h.notices, h.first_problem
    FROM unnest(found) d;
  IF has_table_privilege('portfolio.element', 'SELECT') THEN
    SELECT count(*) INTO h.elements FROM portfolio.element;
  END IF;
  IF has_table_privilege('portfolio.finding', 'SELECT') THEN
    SELECT count(*), count(*) FILTER (WHERE f.severity = 'critical') INTO h.open_findings, h.critical_findings
      FROM portfolio.finding f WHERE f.status = 'open';
  END IF;
  IF has_table_privilege('portfolio.job_overview', 'SELECT') THEN
    SELECT count(*), count(*) FILTER (WHERE j.held IS NOT NULL), count(*) FILTER (WHERE j.last_outcome IN ('failed', 'unknown')), max(j.last_started)
      INTO h.jobs, h.jobs_held, h.jobs_failing, h.last_run_at FROM portfolio.job_overview j;
  END IF;
  RETURN NEXT h;
END
$$;
COMMENT ON FUNCTION portfolio.health(jsonb) IS
  'One row for monitoring: the worst state that doctor() finds (for pg_monitor, who may not call that: the state of jobs alone), with counts of elements, findings and jobs. Example: SELECT state, problems, first_problem FROM portfolio.health();';
