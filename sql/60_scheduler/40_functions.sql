-- What users call. Everything here runs with the caller's own rights.
CREATE FUNCTION portfolio.check_job(command text) RETURNS text
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_check_job';
COMMENT ON FUNCTION portfolio.check_job(text) IS
  'Gives back the command if current_user may own a job (42501, 55000) and the scheduler can run the command (42601, 0A000); says so when no scheduler will run it.';
CREATE FUNCTION portfolio.no_such_job(name text) RETURNS bigint
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_no_such_job';
COMMENT ON FUNCTION portfolio.no_such_job(text) IS 'Raises 42704: the caller has no job of this name.';

CREATE FUNCTION portfolio.own_job(name text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce((SELECT j.job_id FROM portfolio.job j WHERE j.owner = CURRENT_USER AND j.name = own_job.name),
                  portfolio.no_such_job(own_job.name));
END;
COMMENT ON FUNCTION portfolio.own_job(text) IS 'The number of the caller''s own job of this name; raises 42704 if there is none.';
CREATE FUNCTION portfolio.visible_job(job_id bigint) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce((SELECT j.job_id FROM portfolio.job j WHERE j.job_id = visible_job.job_id),
                  portfolio.no_such_job(visible_job.job_id::text));
END;
COMMENT ON FUNCTION portfolio.visible_job(bigint) IS 'The number given, if the caller can see that job; raises 42704 otherwise.';

CREATE FUNCTION portfolio.schedule_job(
  name text, schedule text, command text,
  time_zone text DEFAULT NULL,
  overlap text DEFAULT 'skip',
  misfire text DEFAULT 'once',
  retry_limit integer DEFAULT 0,
  retry_delay interval DEFAULT '1 minute',
  statement_timeout interval DEFAULT '1 hour',
  total_timeout interval DEFAULT '4 hours',
  priority integer DEFAULT 0,
  on_unknown text DEFAULT 'leave',
  comment text DEFAULT NULL,
  options jsonb DEFAULT '{}'
) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT portfolio.check_options(schedule_job.options, '{}');
  INSERT INTO portfolio.job (name, schedule, command, time_zone, overlap, misfire, retry_limit, retry_delay,
                             statement_timeout, total_timeout, priority, on_unknown, comment)
  SELECT schedule_job.name,
         portfolio.check_schedule(schedule_job.schedule::portfolio.schedule, clock_timestamp(), coalesce(schedule_job.time_zone, current_setting('TimeZone')), NULL),
         portfolio.check_job(schedule_job.command),
         portfolio.check_time_zone(coalesce(schedule_job.time_zone, current_setting('TimeZone'))),
         schedule_job.overlap, schedule_job.misfire, schedule_job.retry_limit, schedule_job.retry_delay,
         schedule_job.statement_timeout, schedule_job.total_timeout, schedule_job.priority, schedule_job.on_unknown,
         schedule_job.comment
  RETURNING job_id;
END;
COMMENT ON FUNCTION portfolio.schedule_job(text, text, text, text, text, text, integer, interval, interval, interval, integer, text, text, jsonb) IS
  'Makes a job of the caller''s: the command runs as him, in this database, whenever the schedule says. Gives the number of the job. Refused when written: a bad schedule or command, a superuser as owner (unless pg_portfolio.allow_superuser_jobs), a role without LOGIN or CONNECT. 23505 if the caller has a job of that name.';

CREATE FUNCTION portfolio.alter_job(
  name text,
  schedule text DEFAULT NULL,
  command text DEFAULT NULL,
  time_zone text DEFAULT NULL,
  overlap text DEFAULT NULL,
  misfire text DEFAULT NULL,
  retry_limit integer DEFAULT NULL,
  retry_delay interval DEFAULT NULL,
  statement_timeout interval DEFAULT NULL,
  total_timeout interval DEFAULT NULL,
  priority integer DEFAULT NULL,
  on_unknown text DEFAULT NULL,
  comment text DEFAULT NULL,
  new_name text DEFAULT NULL,
  options jsonb DEFAULT '{}'
) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT portfolio.check_options(alter_job.options, '{}');
  UPDATE portfolio.job j SET
    name = coalesce(alter_job.new_name, j.name),
    schedule = coalesce(portfolio.check_schedule(alter_job.schedule::portfolio.schedule, clock_timestamp(), coalesce(alter_job.time_zone, j.time_zone), NULL), j.schedule),
    command = coalesce(portfolio.check_job(alter_job.command), j.command),
    time_zone = coalesce(portfolio.check_time_zone(alter_job.time_zone), j.time_zone),
    overlap = coalesce(alter_job.overlap, j.overlap),
    misfire = coalesce(alter_job.misfire, j.misfire),
    retry_limit = coalesce(alter_job.retry_limit, j.retry_limit),
    retry_delay = coalesce(alter_job.retry_delay, j.retry_delay),
    statement_timeout = coalesce(alter_job.statement_timeout, j.statement_timeout),
    total_timeout = coalesce(alter_job.total_timeout, j.total_timeout),
    priority = coalesce(alter_job.priority, j.priority),
    on_unknown = coalesce(alter_job.on_unknown, j.on_unknown),
    comment = coalesce(alter_job.comment, j.comment)
  WHERE j.job_id = (SELECT portfolio.own_job(alter_job.name))
  RETURNING j.job_id;
END;
COMMENT ON FUNCTION portfolio.alter_job(text, text, text, text, text, text, integer, interval, interval, interval, integer, text, text, text, jsonb) IS
  'Changes a job of the caller''s; what is NULL stays. A new schedule or time zone begins a new account of slots. Gives the number of the job. 42704 if the caller has no such job.';

CREATE FUNCTION portfolio.pause_job(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  UPDATE portfolio.job j SET state = 'paused' WHERE j.job_id = (SELECT portfolio.own_job(pause_job.name)) AND j.state <> 'paused';
END;
COMMENT ON FUNCTION portfolio.pause_job(text) IS
  'Pauses the caller''s own job: no slot runs until resume_job(); a run under way ends as usual. 42704 if there is none.';
CREATE FUNCTION portfolio.pause_job(job_id bigint) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  UPDATE portfolio.job j SET state = 'paused' WHERE j.job_id = (SELECT portfolio.visible_job(pause_job.job_id)) AND j.state <> 'paused';
END;
COMMENT ON FUNCTION portfolio.pause_job(bigint) IS 'Pauses any job that the caller can see: for operators.';
CREATE FUNCTION portfolio.resume_job(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  UPDATE portfolio.job j SET state = 'active' WHERE j.job_id = (SELECT portfolio.own_job(resume_job.name)) AND j.state <> 'active';
END;
COMMENT ON FUNCTION portfolio.resume_job(text) IS
  'Resumes the caller''s own job that is paused or broken. Slots that passed meanwhile count as skipped. 42704 if there is none.';
CREATE FUNCTION portfolio.resume_job(job_id bigint) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  UPDATE portfolio.job j SET state = 'active' WHERE j.job_id = (SELECT portfolio.visible_job(resume_job.job_id)) AND j.state <> 'active';
END;
COMMENT ON FUNCTION portfolio.resume_job(bigint) IS 'Resumes any job that the caller can see: for operators.';
CREATE FUNCTION portfolio.unschedule_job(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  DELETE FROM portfolio.job j WHERE j.job_id = (SELECT portfolio.own_job(unschedule_job.name));
END;
COMMENT ON FUNCTION portfolio.unschedule_job(text) IS
  'Removes the caller''s own job; its history stays. 42704 if there is none.';
CREATE FUNCTION portfolio.unschedule_job(job_id bigint) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  DELETE FROM portfolio.job j WHERE j.job_id = (SELECT portfolio.visible_job(unschedule_job.job_id));
END;
COMMENT ON FUNCTION portfolio.unschedule_job(bigint) IS 'Removes any job that the caller can see: for operators.';

CREATE FUNCTION portfolio.enqueue_run(job_id bigint, wait boolean) RETURNS bigint
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_enqueue_run';
COMMENT ON FUNCTION portfolio.enqueue_run(bigint, boolean) IS
  'What run_job() does once it knows that the caller may: puts a queued row into the caller''s transaction, or hands the request to the scheduler and waits for the end of the run.';
CREATE FUNCTION portfolio.run_job(name text, wait boolean DEFAULT false) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT portfolio.enqueue_run(portfolio.own_job(run_job.name), run_job.wait);
END;
COMMENT ON FUNCTION portfolio.run_job(text, boolean) IS
  'Runs the caller''s own job once more, out of turn. Without wait the run is queued in the caller''s transaction and begins after it commits; with wait it begins at once and the function returns when it has ended. Gives the number of the run. 42704 if there is no such job; 55000 if wait is true and no scheduler runs or the job is held.';
CREATE FUNCTION portfolio.run_job(job_id bigint, wait boolean DEFAULT false) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT portfolio.enqueue_run(portfolio.visible_job(run_job.job_id), run_job.wait);
END;
COMMENT ON FUNCTION portfolio.run_job(bigint, boolean) IS 'Runs any job that the caller can see, as its owner: for operators.';

CREATE FUNCTION portfolio.adopt_jobs() RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_adopt_jobs';
COMMENT ON FUNCTION portfolio.adopt_jobs() IS
  'Makes this database the home of all jobs that are held because they were scheduled elsewhere: a step after a restore, a clone or pg_upgrade. They run from now on; what was due before is no concern. Jobs whose owner does not exist stay held. Gives the number of jobs adopted.';
CREATE FUNCTION portfolio.start_scheduler() RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_start_scheduler';
COMMENT ON FUNCTION portfolio.start_scheduler() IS
  'Starts the scheduler of this database and gives its process id. Only needed where pg_portfolio is not in shared_preload_libraries: the scheduler then stays until the server restarts, and DROP DATABASE has to wait for it to be terminated. 53400 if no worker process is free.';

CREATE FUNCTION portfolio.cancel_run(run_id bigint) RETURNS boolean
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_cancel_run';
COMMENT ON FUNCTION portfolio.cancel_run(bigint) IS
  'Cancels a run that is under way in this database, if the caller can see its job; the run is recorded as failed with 57014. False if no such run is under way.';
CREATE FUNCTION portfolio.purge_job_runs(keep interval DEFAULT '28 days') RETURNS bigint
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_purge_job_runs';
COMMENT ON FUNCTION portfolio.purge_job_runs(interval) IS
  'Empties the weeks of job_run that ended longer ago than keep, after copying failures to job_failure, and the ranges of job_slot_range with them; accounts begin anew behind them. Gives the number of weeks emptied. Fails with 55P03 rather than wait when somebody reads those weeks. 22023 if keep is shorter than one week or longer than 62.';
