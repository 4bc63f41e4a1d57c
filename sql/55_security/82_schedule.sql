-- The jobs that watch over security.
CREATE TYPE portfolio.scheduled_job AS (job_id bigint, name text, schedule text, command text, comment text);
COMMENT ON TYPE portfolio.scheduled_job IS 'A job that was made: a row of schedule_security_checks().';
COMMENT ON COLUMN portfolio.scheduled_job.job_id IS 'Number of the job.';
COMMENT ON COLUMN portfolio.scheduled_job.name IS 'Name of the job.';
COMMENT ON COLUMN portfolio.scheduled_job.schedule IS 'When it is due, in the time zone of whoever made it.';
COMMENT ON COLUMN portfolio.scheduled_job.command IS 'What it runs.';
COMMENT ON COLUMN portfolio.scheduled_job.comment IS 'What it is for.';

CREATE FUNCTION portfolio.schedule_security_checks(run_as name, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.scheduled_job
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE ROWS 5
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  role_before text := current_setting('role');
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF run_as IS NULL OR NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = run_as) THEN
    RAISE EXCEPTION 'role "%" does not exist', run_as
      USING ERRCODE = 'undefined_object', HINT = format('Create it first: CREATE ROLE %I LOGIN IN ROLE pg_monitor;', coalesce(run_as, 'security_watch'));
  ELSIF (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = run_as) THEN
    RAISE EXCEPTION 'security checks do not run as superuser "%"', run_as
      USING ERRCODE = 'insufficient_privilege', DETAIL = 'They need no more than pg_monitor and the profile operator.',
            HINT = 'Name a role of their own: CREATE ROLE security_watch LOGIN IN ROLE pg_monitor;';
  ELSIF NOT pg_has_role(run_as, 'pg_monitor', 'USAGE') THEN
    RAISE EXCEPTION 'role "%" does not have the rights of pg_monitor', run_as
      USING ERRCODE = 'insufficient_privilege', DETAIL = 'Without them some checks would be skipped.',
            HINT = format('GRANT pg_monitor TO %I;', run_as);
  END IF;
  IF NOT has_function_privilege(run_as, 'portfolio.run_checks(text, text[], jsonb)', 'EXECUTE') THEN
    IF NOT has_function_privilege('portfolio.grant_profile(name, text)', 'EXECUTE') THEN
      RAISE EXCEPTION 'role "%" does not have the profile operator', run_as
        USING ERRCODE = 'insufficient_privilege', HINT = format('Have the owner of the extension run SELECT portfolio.grant_profile(%L, ''operator'');', run_as);
    END IF;
    PERFORM portfolio.grant_profile(run_as, 'operator');
    RAISE NOTICE 'role "%" was given the profile operator, which its jobs need', run_as;
  END IF;

  -- a job belongs to whoever makes it
  PERFORM set_config('role', run_as, true);
  RETURN QUERY
    SELECT portfolio.schedule_job(w.name, w.schedule, w.command, comment => w.comment), w.name, w.schedule, w.command, w.comment
      FROM (VALUES
        ('security_checks', '23 4 * * *', 'SELECT * FROM portfolio.run_checks(''security'')', 'Brings the findings of security up to date'),
        ('vulnerability_checks', '33 4 * * *', 'SELECT * FROM portfolio.run_checks(''vulnerability'')', 'Brings the findings about vulnerable systems up to date'),
        ('posture_snapshot', '3 */6 * * *', 'SELECT portfolio.posture_snapshot()', 'Keeps what has changed of settings, roles, privileges and code'),
        ('estate_checks', '43 3 * * *', 'SELECT * FROM portfolio.check_estate(''security'')', 'Brings the findings of the estate up to date'),
        ('certificate_expiry', '13 */6 * * *', 'SELECT * FROM portfolio.run_checks(codes => ''{certificate-expiring}'')', 'Finds certificates that run out, before and after a renewal'),
        ('weak_passwords', '27 * * * *', 'SELECT count(*) FROM portfolio.weak_passwords(''1 minute''); SELECT * FROM portfolio.run_checks(codes => ''{password-weak}'')',
         'Tries guesses at new passwords, as far as a minute reaches, and brings the findings up to date')
      ) w (name, schedule, command, comment)
     WHERE NOT EXISTS (SELECT FROM portfolio.job j WHERE j.owner = schedule_security_checks.run_as AND j.name = w.name)
       AND (w.name <> 'estate_checks' OR has_function_privilege(schedule_security_checks.run_as, 'portfolio.check_estate(text, jsonb)', 'EXECUTE'));
  IF NOT FOUND THEN
    RAISE NOTICE 'role "%" has all of these jobs already', run_as
      USING HINT = 'SELECT name, schedule, state FROM portfolio.job_overview tells how they stand.';
  END IF;
  PERFORM set_config('role', role_before, true);
END
$$;
COMMENT ON FUNCTION portfolio.schedule_security_checks(name, jsonb) IS
  'Makes the jobs that watch over security, owned by a role that has pg_monitor and is no superuser: security_checks and vulnerability_checks in the early morning, posture_snapshot and certificate_expiry every six hours, weak_passwords hourly with a budget of a minute, and, where the role was granted check_estate(), estate_checks in the night, in the caller''s time zone. Shows the jobs that it made; jobs of these names that the role has stay as they are. Gives the role the profile operator if it lacks that and the caller may. The caller is the role, a member of it or a superuser. 42704, 42501 where the role is not there, is a superuser or lacks pg_monitor; else refused as schedule_job() refuses. No options yet. Example: SELECT name, schedule FROM portfolio.schedule_security_checks(''security_watch'');';
