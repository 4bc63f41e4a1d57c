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
  SELECT coalesce((SELECT j.job_id FROM portfolio.job j WHERE j.owner = CURRENT_USER AND j.owner_oid = portfolio.current_role_oid() AND j.name = own_job.name),
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

CREATE FUNCTION portfolio.check_run_as(role name) RETURNS name
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_check_run_as';
COMMENT ON FUNCTION portfolio.check_run_as(name) IS
  'Gives back the name of a role if jobs of current_user may run as it: he is a member (42501), and it is no superuser unless pg_portfolio.allow_superuser_jobs is on. 42704 if there is no such role.';
CREATE FUNCTION portfolio.no_such_calendar(code text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'calendar "%" does not exist', code
    USING ERRCODE = 'undefined_object', HINT = 'SELECT code, name FROM portfolio.calendar lists them; INSERT INTO portfolio.calendar makes one.';
END
$$;
COMMENT ON FUNCTION portfolio.no_such_calendar(text) IS 'Raises 42704: there is no calendar of this code.';
CREATE FUNCTION portfolio.check_calendar(code text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN check_calendar.code IS NULL THEN NULL
              ELSE coalesce((SELECT c.code FROM portfolio.calendar c WHERE c.code = check_calendar.code), portfolio.no_such_calendar(check_calendar.code)) END;
END;
COMMENT ON FUNCTION portfolio.check_calendar(text) IS 'Gives back the code of a calendar, or raises 42704 if there is none; NULL for NULL.';
CREATE FUNCTION portfolio.check_links(schedule portfolio.schedule, after jsonb, resources jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  entry record;
  units integer;
BEGIN
  IF schedule::text = '@after' AND (after IS NULL OR after = '{}') THEN
    RAISE EXCEPTION 'after: schedule @after needs a job to run after'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Write after => ''{"name of the other job": "success"}''.';
  END IF;
  IF jsonb_typeof(after) <> 'object' OR jsonb_typeof(resources) <> 'object' THEN
    RAISE EXCEPTION '% must be a JSON object', CASE WHEN jsonb_typeof(after) <> 'object' THEN 'after' ELSE 'resources' END
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Write after => ''{"name of the other job": "success"}'', resources => ''{"name of the resource": 1}''.';
  END IF;
  FOR entry IN SELECT key, value FROM jsonb_each_text(after) LOOP
    IF coalesce(entry.value NOT IN ('success', 'failure', 'any'), true) THEN
      RAISE EXCEPTION 'after: "%" is no way in which job "%" can end', entry.value, entry.key
        USING ERRCODE = 'invalid_parameter_value', HINT = 'Write success, failure or any.';
    END IF;
  END LOOP;
  FOR entry IN SELECT key, value FROM jsonb_each_text(resources) LOOP
    SELECT r.units INTO units FROM portfolio.job_resource r WHERE r.name = entry.key;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'resources: resource "%" does not exist', entry.key
        USING ERRCODE = 'undefined_object', HINT = 'INSERT INTO portfolio.job_resource (name, units) makes one.';
    ELSIF coalesce(entry.value !~ '^[1-9][0-9]{0,8}$', true) OR entry.value::integer > units THEN
      RAISE EXCEPTION 'resources: a run cannot take % units of "%"', coalesce(entry.value, 'NULL'), entry.key
        USING ERRCODE = 'invalid_parameter_value', DETAIL = format('There are %s.', units);
    END IF;
  END LOOP;
  RETURN true;
END
$$;
COMMENT ON FUNCTION portfolio.check_links(portfolio.schedule, jsonb, jsonb) IS
  'True if arguments after and resources of schedule_job() say what can be; raises 22023 or 42704 otherwise, naming the argument.';
CREATE FUNCTION portfolio.write_links(job_id bigint, after jsonb, resources jsonb) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  DELETE FROM portfolio.job_dependency d WHERE d.job_id = write_links.job_id AND write_links.after IS NOT NULL;
  INSERT INTO portfolio.job_dependency (job_id, after_job, on_outcome)
  SELECT write_links.job_id, portfolio.own_job(e.key), e.value FROM jsonb_each_text(write_links.after) e;
  DELETE FROM portfolio.job_resource_need n WHERE n.job_id = write_links.job_id AND write_links.resources IS NOT NULL;
  INSERT INTO portfolio.job_resource_need (job_id, resource, units)
  SELECT write_links.job_id, e.key, e.value::integer FROM jsonb_each_text(write_links.resources) e;
  SELECT write_links.job_id;
END;
COMMENT ON FUNCTION portfolio.write_links(bigint, jsonb, jsonb) IS
  'Writes what a job runs after and what it takes of resources, in place of what was there; NULL leaves it. Gives the number of the job.';

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
  calendar text DEFAULT NULL,
  run_as name DEFAULT NULL,
  queue_limit integer DEFAULT 1,
  misfire_limit integer DEFAULT 100,
  misfire_window interval DEFAULT '1 day',
  retry_factor numeric DEFAULT 2,
  retry_cap interval DEFAULT '1 hour',
  retry_jitter numeric DEFAULT 0.125,
  retry_on text[] DEFAULT NULL,
  valid_from timestamptz DEFAULT NULL,
  valid_until timestamptz DEFAULT NULL,
  after jsonb DEFAULT NULL,
  resources jsonb DEFAULT NULL,
  options jsonb DEFAULT '{}'
) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
-- not in SQL, whose functions are planned anew in each statement: people schedule thousands at a time
DECLARE
  due portfolio.schedule := schedule;
  zone text := coalesce(time_zone, current_setting('TimeZone'));
  made bigint;
BEGIN
  IF options <> '{}' THEN
    PERFORM portfolio.check_options(options, '{}');
  END IF;
  IF after IS NOT NULL OR resources IS NOT NULL OR due::text = '@after' THEN
    PERFORM portfolio.check_links(due, after, resources);
  END IF;
  INSERT INTO portfolio.job (name, schedule, command, time_zone, overlap, misfire, retry_limit, retry_delay, statement_timeout, total_timeout, priority, on_unknown, comment, calendar, run_as, queue_limit, misfire_limit, misfire_window, retry_factor, retry_cap, retry_jitter, retry_on, valid_from, valid_until)
  VALUES (schedule_job.name,
          portfolio.check_schedule(due, greatest(clock_timestamp(), schedule_job.valid_from), zone, schedule_job.calendar),
          portfolio.check_job(schedule_job.command),
          portfolio.check_time_zone(zone),
          schedule_job.overlap,
          schedule_job.misfire,
          schedule_job.retry_limit,
          schedule_job.retry_delay,
          schedule_job.statement_timeout,
          schedule_job.total_timeout,
          schedule_job.priority,
          schedule_job.on_unknown,
          schedule_job.comment,
          CASE WHEN schedule_job.calendar IS NOT NULL THEN portfolio.check_calendar(schedule_job.calendar) END,
          portfolio.check_run_as(schedule_job.run_as),
          schedule_job.queue_limit,
          schedule_job.misfire_limit,
          schedule_job.misfire_window,
          schedule_job.retry_factor,
          schedule_job.retry_cap,
          schedule_job.retry_jitter,
          schedule_job.retry_on,
          schedule_job.valid_from,
          schedule_job.valid_until)
  ON CONFLICT ON CONSTRAINT job_owner_name_key DO NOTHING
  RETURNING job.job_id INTO made;
  IF made IS NULL THEN
    RAISE EXCEPTION 'job "%" exists already', name
      USING ERRCODE = 'unique_violation', HINT = 'alter_job() changes it, unschedule_job() removes it.';
  END IF;
  IF after IS NOT NULL OR resources IS NOT NULL THEN
    PERFORM portfolio.write_links(made, after, resources);
  END IF;
  RETURN made;
END
$$;
COMMENT ON FUNCTION portfolio.schedule_job(text, text, text, text, text, text, integer, interval, interval, interval, integer, text, text, text, name, integer, integer, interval, numeric, interval, numeric, text[], timestamptz, timestamptz, jsonb, jsonb, jsonb) IS
  'Makes a job of the caller''s: the command runs as him, in this database, whenever the schedule says. What the arguments mean is told at the columns of portfolio.job; after names other jobs of his ({"load": "success"}), resources what a run takes ({"warehouse": 1}). Gives the number of the job. Refused when written: a bad schedule or command, a superuser as owner (unless pg_portfolio.allow_superuser_jobs), a role without LOGIN or CONNECT, what does not exist. 23505 if the caller has a job of that name.';

CREATE FUNCTION portfolio.check_alter_options(options jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  can_be text[] := '{calendar,run_as,valid_from,valid_until,retry_on,comment}';
  wrong text;
BEGIN
  PERFORM portfolio.check_options(options, '{reset}');
  SELECT r INTO wrong FROM jsonb_array_elements_text(CASE jsonb_typeof(options -> 'reset') WHEN 'array' THEN options -> 'reset' ELSE '[]' END) r WHERE r <> ALL (can_be);
  IF wrong IS NOT NULL OR jsonb_typeof(options -> 'reset') <> 'array' THEN
    RAISE EXCEPTION 'option "reset" must be a JSON array of columns that can be NULL' USING ERRCODE = 'invalid_parameter_value',
      HINT = format('These are %s.', array_to_string(can_be, ', '));
  END IF;
  RETURN true;
END
$$;
COMMENT ON FUNCTION portfolio.check_alter_options(jsonb) IS 'True if the options of alter_job() are known; raises 22023 otherwise.';
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
  calendar text DEFAULT NULL,
  run_as name DEFAULT NULL,
  queue_limit integer DEFAULT NULL,
  misfire_limit integer DEFAULT NULL,
  misfire_window interval DEFAULT NULL,
  retry_factor numeric DEFAULT NULL,
  retry_cap interval DEFAULT NULL,
  retry_jitter numeric DEFAULT NULL,
  retry_on text[] DEFAULT NULL,
  valid_from timestamptz DEFAULT NULL,
  valid_until timestamptz DEFAULT NULL,
  after jsonb DEFAULT NULL,
  resources jsonb DEFAULT NULL,
  new_name text DEFAULT NULL,
  options jsonb DEFAULT '{}'
) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT portfolio.check_alter_options(alter_job.options),
         portfolio.check_links(CASE WHEN alter_job.after IS NOT NULL THEN alter_job.schedule::portfolio.schedule END, alter_job.after, alter_job.resources),
         portfolio.write_links(portfolio.own_job(alter_job.name), alter_job.after, alter_job.resources);
  UPDATE portfolio.job j SET
    name = coalesce(alter_job.new_name, j.name),
    schedule = coalesce(portfolio.check_schedule(alter_job.schedule::portfolio.schedule, clock_timestamp(), coalesce(alter_job.time_zone, j.time_zone),
                                                 coalesce(alter_job.calendar, j.calendar)), j.schedule),
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
    comment = CASE WHEN alter_job.options -> 'reset' ? 'comment' THEN NULL ELSE coalesce(alter_job.comment, j.comment) END,
    calendar = CASE WHEN alter_job.options -> 'reset' ? 'calendar' THEN NULL ELSE coalesce(portfolio.check_calendar(alter_job.calendar), j.calendar) END,
    run_as = CASE WHEN alter_job.options -> 'reset' ? 'run_as' THEN NULL ELSE coalesce(portfolio.check_run_as(alter_job.run_as), j.run_as) END,
    queue_limit = coalesce(alter_job.queue_limit, j.queue_limit),
    misfire_limit = coalesce(alter_job.misfire_limit, j.misfire_limit),
    misfire_window = coalesce(alter_job.misfire_window, j.misfire_window),
    retry_factor = coalesce(alter_job.retry_factor, j.retry_factor),
    retry_cap = coalesce(alter_job.retry_cap, j.retry_cap),
    retry_jitter = coalesce(alter_job.retry_jitter, j.retry_jitter),
    retry_on = CASE WHEN alter_job.options -> 'reset' ? 'retry_on' THEN NULL ELSE coalesce(alter_job.retry_on, j.retry_on) END,
    valid_from = CASE WHEN alter_job.options -> 'reset' ? 'valid_from' THEN NULL ELSE coalesce(alter_job.valid_from, j.valid_from) END,
    valid_until = CASE WHEN alter_job.options -> 'reset' ? 'valid_until' THEN NULL ELSE coalesce(alter_job.valid_until, j.valid_until) END
  WHERE j.job_id = (SELECT portfolio.own_job(alter_job.name))
  RETURNING j.job_id;
END;
COMMENT ON FUNCTION portfolio.alter_job(text, text, text, text, text, text, integer, interval, interval, interval, integer, text, text, text, name, integer, integer, interval, numeric, interval, numeric, text[], timestamptz, timestamptz, jsonb, jsonb, text, jsonb) IS
  'Changes a job of the caller''s; what is NULL stays, and options => ''{"reset": ["calendar"]}'' empties what can be empty. A new schedule, time zone, calendar or time of validity begins a new account of slots. A run under way goes on with what it began with. Gives the number of the job. 42704 if the caller has no such job.';
CREATE FUNCTION portfolio.alter_job(job_id bigint, priority integer DEFAULT NULL, comment text DEFAULT NULL) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  UPDATE portfolio.job j SET priority = coalesce(alter_job.priority, j.priority), comment = coalesce(alter_job.comment, j.comment)
   WHERE j.job_id = (SELECT portfolio.visible_job(alter_job.job_id)) RETURNING j.job_id;
END;
COMMENT ON FUNCTION portfolio.alter_job(bigint, integer, text) IS
  'Changes what operators may change of any job that they can see: its priority and comment. 42704 if there is none.';

CREATE FUNCTION portfolio.schedule_at(at timestamptz, command text, name text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF isfinite(schedule_at.at) IS NOT TRUE THEN
    RAISE EXCEPTION 'at must be an instant, not %', coalesce(schedule_at.at::text, 'NULL')
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Write now() + interval ''1 hour'', or a day and a time with its zone.';
  END IF;
  RETURN portfolio.schedule_job(
    coalesce(name, to_char(schedule_at.at AT TIME ZONE 'UTC', '"at "YYYY-MM-DD HH24:MI:SS"Z #"') || nextval('portfolio.job_id_seq')),
    to_char(schedule_at.at AT TIME ZONE 'UTC', '"at "YYYY-MM-DD HH24:MI:SS.US"Z"'), command);
END
$$;
COMMENT ON FUNCTION portfolio.schedule_at(timestamptz, text, text, jsonb) IS
  'Runs a command once, at an instant that is not over yet (22023): a job whose schedule is that instant, with a name of its own if none is given; alter_job() gives it what else it needs. Gives the number of the job.';

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
-- A pattern may end in a backslash, as a name may: it has nothing to escape.
CREATE FUNCTION portfolio.job_pattern(pattern text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT regexp_replace($1, '^((?:[^\\]|\\.)*)\\$', '\1\\\\');
END;
COMMENT ON FUNCTION portfolio.job_pattern(text) IS
  'A pattern for LIKE in which a backslash at the end stands for itself. NULL for NULL. Example: SELECT portfolio.job_pattern(''load%'');';
CREATE FUNCTION portfolio.pause_all(pattern text DEFAULT '%', reason text DEFAULT NULL) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  WITH paused AS (
    UPDATE portfolio.job j SET state = 'paused', state_reason = 'pause_all: ' || coalesce(pause_all.reason, 'no reason given')
     WHERE j.state = 'active' AND j.name LIKE portfolio.job_pattern(pause_all.pattern) RETURNING j.job_id)
  SELECT count(*) FROM paused;
END;
COMMENT ON FUNCTION portfolio.pause_all(text, text) IS
  'Pauses all active jobs that the caller can see and whose name is LIKE the pattern, until resume_all(): for maintenance. Runs under way go on; drain() waits for them. Gives the number of jobs.';
CREATE FUNCTION portfolio.resume_all(pattern text DEFAULT '%') RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  WITH resumed AS (
    UPDATE portfolio.job j SET state = 'active'
     WHERE j.state = 'paused' AND j.state_reason LIKE 'pause\_all: %' AND j.name LIKE portfolio.job_pattern(resume_all.pattern) RETURNING j.job_id)
  SELECT count(*) FROM resumed;
END;
COMMENT ON FUNCTION portfolio.resume_all(text) IS
  'Resumes what pause_all() or drain() paused, and nothing that was paused before. Gives the number of jobs.';
CREATE PROCEDURE portfolio.drain(max_time interval DEFAULT '1 hour', pattern text DEFAULT '%')
LANGUAGE c AS 'MODULE_PATHNAME', 'pf_drain';
COMMENT ON PROCEDURE portfolio.drain(interval, text) IS
  'Pauses all jobs as pause_all() does and returns when none of them runs any more; 57014 if that takes longer than max_time. CALL it outside a transaction. resume_all() ends the pause.';

CREATE FUNCTION portfolio.check_nobody_waits(job_id bigint) RETURNS bigint
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  waits text;
BEGIN
  SELECT string_agg(format('"%s"', j.name), ', ' ORDER BY j.name) INTO waits
    FROM portfolio.job_dependency d JOIN portfolio.job j ON j.job_id = d.job_id WHERE d.after_job = check_nobody_waits.job_id;
  IF waits IS NOT NULL THEN
    RAISE EXCEPTION 'job % cannot be removed while others run after it', (SELECT format('"%s"', j.name) FROM portfolio.job j WHERE j.job_id = check_nobody_waits.job_id)
      USING ERRCODE = 'foreign_key_violation', DETAIL = format('These do: %s.', waits), HINT = 'Remove them first, or alter_job() them with after => ''{}''.';
  END IF;
  RETURN job_id;
END
$$;
COMMENT ON FUNCTION portfolio.check_nobody_waits(bigint) IS
  'Gives back the number of a job that no other runs after; raises 23503 and names those that do.';
CREATE FUNCTION portfolio.unschedule_job(name text) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  DELETE FROM portfolio.job j WHERE j.job_id = (SELECT portfolio.check_nobody_waits(portfolio.own_job(unschedule_job.name)));
END;
COMMENT ON FUNCTION portfolio.unschedule_job(text) IS
  'Removes the caller''s own job; its history stays. 42704 if there is none, 23503 while other jobs run after it.';
CREATE FUNCTION portfolio.unschedule_job(job_id bigint) RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  DELETE FROM portfolio.job j WHERE j.job_id = (SELECT portfolio.check_nobody_waits(portfolio.visible_job(unschedule_job.job_id)));
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

CREATE PROCEDURE portfolio.run_due_jobs(max_time interval DEFAULT '0')
LANGUAGE c AS 'MODULE_PATHNAME', 'pf_run_due_jobs';
COMMENT ON PROCEDURE portfolio.run_due_jobs(interval) IS
  'Runs the caller''s own jobs in the caller''s own session: what is due, and what falls due before max_time is over. For servers where no scheduler runs (55006 where one does). Each run is a transaction; a command that controls transactions fails. CALL it outside a transaction (2D000), logged in as the owner (42501).';

CREATE FUNCTION portfolio.cancel_run(run_id bigint) RETURNS boolean
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_cancel_run';
COMMENT ON FUNCTION portfolio.cancel_run(bigint) IS
  'Cancels a run that is under way in this database, if the caller can see its job; the run is recorded as failed with 57014. False if no such run is under way.';
CREATE FUNCTION portfolio.purge_job_runs(keep interval DEFAULT '28 days', keep_failures interval DEFAULT '1 year', runs_of_a_job bigint DEFAULT 100000) RETURNS bigint
LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_purge_job_runs';
COMMENT ON FUNCTION portfolio.purge_job_runs(interval, interval, bigint) IS
  'Empties the weeks of job_run that ended longer ago than keep, after copying failures to job_failure, and the ranges of job_slot_range with them; then leaves no job more than its last runs_of_a_job runs; failures and alerts go after keep_failures. Accounts begin anew behind what is gone. Gives the number of weeks emptied. Fails with 55P03 rather than wait when somebody reads those weeks. 22023 if keep is shorter than one week or longer than 62, keep_failures shorter than keep, or no run is to be kept.';
