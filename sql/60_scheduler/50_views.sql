-- What there is to see.
CREATE TYPE portfolio.scheduler_status AS (
  database_oid oid, scheduler_pid integer, launcher_pid integer, next_due timestamptz, workers integer, running integer, counted_since timestamptz,
  due bigint, ran bigint, failed bigint, retried bigint, coalesced bigint, skipped bigint, missed bigint, unknown bigint
);
COMMENT ON TYPE portfolio.scheduler_status IS 'One database as the scheduler sees it, and what it has counted since the server started.';
COMMENT ON COLUMN portfolio.scheduler_status.database_oid IS 'Object id of the database.';
COMMENT ON COLUMN portfolio.scheduler_status.scheduler_pid IS 'Process of the scheduler; NULL while none is needed.';
COMMENT ON COLUMN portfolio.scheduler_status.launcher_pid IS 'Process of the launcher; NULL where the library is not preloaded.';
COMMENT ON COLUMN portfolio.scheduler_status.next_due IS 'When the scheduler has something to do next; NULL for never.';
COMMENT ON COLUMN portfolio.scheduler_status.workers IS 'Worker processes in the database.';
COMMENT ON COLUMN portfolio.scheduler_status.running IS 'Those of them that run a job now.';
COMMENT ON COLUMN portfolio.scheduler_status.counted_since IS 'When counting began.';
COMMENT ON COLUMN portfolio.scheduler_status.due IS 'Slots that fell due.';
COMMENT ON COLUMN portfolio.scheduler_status.ran IS 'Slots that ran, failed ones too.';
COMMENT ON COLUMN portfolio.scheduler_status.failed IS 'Runs that failed, attempts counted one by one.';
COMMENT ON COLUMN portfolio.scheduler_status.retried IS 'Attempts after the first.';
COMMENT ON COLUMN portfolio.scheduler_status.coalesced IS 'Slots that another run stands for.';
COMMENT ON COLUMN portfolio.scheduler_status.skipped IS 'Slots left out by the overlap policy or while paused.';
COMMENT ON COLUMN portfolio.scheduler_status.missed IS 'Slots that nothing stands for.';
COMMENT ON COLUMN portfolio.scheduler_status.unknown IS 'Slots whose run began and whose end nobody recorded.';
CREATE TYPE portfolio.worker_status AS (
  pid integer, database_oid oid, owner_oid oid, state text, job_id bigint, run_id bigint, due_at timestamptz, attempt integer, started_at timestamptz
);
COMMENT ON TYPE portfolio.worker_status IS 'One worker process of the scheduler.';
COMMENT ON COLUMN portfolio.worker_status.pid IS 'Process id; NULL while it starts.';
COMMENT ON COLUMN portfolio.worker_status.database_oid IS 'Object id of its database.';
COMMENT ON COLUMN portfolio.worker_status.owner_oid IS 'Object id of the role it is connected as.';
COMMENT ON COLUMN portfolio.worker_status.state IS 'starting, running or idle.';
COMMENT ON COLUMN portfolio.worker_status.job_id IS 'The job it runs; NULL when idle.';
COMMENT ON COLUMN portfolio.worker_status.run_id IS 'The run; NULL when idle.';
COMMENT ON COLUMN portfolio.worker_status.due_at IS 'The slot; NULL when idle or for a run that run_job() asked for.';
COMMENT ON COLUMN portfolio.worker_status.attempt IS 'Attempt number of the run; NULL when idle.';
COMMENT ON COLUMN portfolio.worker_status.started_at IS 'When the run began; NULL when idle.';
CREATE FUNCTION portfolio.scheduler_status() RETURNS SETOF portfolio.scheduler_status
LANGUAGE c VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'pf_scheduler_status';
COMMENT ON FUNCTION portfolio.scheduler_status() IS 'One row for each database that has or had jobs since the server started.';
CREATE FUNCTION portfolio.worker_status() RETURNS SETOF portfolio.worker_status
LANGUAGE c VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'pf_worker_status';
COMMENT ON FUNCTION portfolio.worker_status() IS 'One row for each worker process of the server.';
CREATE FUNCTION portfolio.job_next_run(schedule portfolio.schedule, time_zone text, calendar text, valid_from timestamptz, valid_until timestamptz) RETURNS timestamptz
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_job_next_run';
COMMENT ON FUNCTION portfolio.job_next_run(portfolio.schedule, text, text, timestamptz, timestamptz) IS
  'The next slot after now of a job with this schedule, time zone, calendar and validity (the last three may be NULL); NULL if there is none, or if the time zone or a calendar is not known here.';

CREATE VIEW portfolio.pg_stat_portfolio_scheduler WITH (security_invoker = true) AS
SELECT d.datname AS database, s.due, s.ran, s.coalesced, s.skipped, s.missed, s.unknown, s.failed, s.retried,
       s.scheduler_pid, s.launcher_pid, s.next_due, s.workers, s.running, s.counted_since
  FROM portfolio.scheduler_status() s
  JOIN pg_catalog.pg_database d ON d.oid = s.database_oid;
COMMENT ON VIEW portfolio.pg_stat_portfolio_scheduler IS
  'The scheduler of each database: is it awake, when is it needed next, and what has it counted since the server started. The account that survives restarts is job_account.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.database IS 'Database.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.due IS 'Slots that fell due.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.ran IS 'Slots that ran, failed ones too.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.coalesced IS 'Slots that another run stands for.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.skipped IS 'Slots left out by the overlap policy or while the job was paused.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.missed IS 'Slots that nothing stands for.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.unknown IS 'Slots whose run began and whose end nobody recorded.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.failed IS 'Runs that failed, attempts counted one by one.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.retried IS 'Attempts after the first.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.scheduler_pid IS 'Process of the scheduler; NULL while none is needed.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.launcher_pid IS 'Process of the launcher; NULL where the library is not preloaded.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.next_due IS 'When the scheduler has something to do next; NULL for never.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.workers IS 'Worker processes in this database.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.running IS 'Those of them that run a job now.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_scheduler.counted_since IS 'When counting began.';

CREATE FUNCTION portfolio.job_command(job_id bigint) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF has_column_privilege('portfolio.job', 'command', 'SELECT') THEN
    RETURN (SELECT j.command FROM portfolio.job j WHERE j.job_id = job_command.job_id);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION portfolio.job_command(bigint) IS 'The command of a job that the caller can see; NULL where he may see jobs, and not what they run (pg_monitor).';
CREATE FUNCTION portfolio.run_message(job_id bigint, run_id bigint, week_slot smallint) RETURNS text
LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF has_column_privilege('portfolio.job_run', 'message', 'SELECT') THEN
    RETURN (SELECT r.message FROM portfolio.job_run r WHERE r.job_id = run_message.job_id AND r.run_id = run_message.run_id AND r.week_slot = run_message.week_slot);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION portfolio.run_message(bigint, bigint, smallint) IS 'The message of a run that the caller can see; NULL where he may see runs, and not their messages (pg_monitor).';

CREATE VIEW portfolio.job_overview WITH (security_invoker = true) AS
SELECT j.job_id, j.name, j.owner, j.schedule::text AS schedule, j.time_zone, j.state, j.state_reason,
       portfolio.job_held_reason(j.owner, j.owner_oid, j.database_oid, j.system_identifier) AS held,
       CASE WHEN j.state = 'active' AND portfolio.job_held_reason(j.owner, j.owner_oid, j.database_oid, j.system_identifier) IS NULL
            THEN portfolio.job_next_run(j.schedule, j.time_zone, j.calendar, j.valid_from, j.valid_until) END AS next_run,
       r.run_id AS last_run, r.due_at AS last_due, r.started_at AS last_started, r.finished_at - r.started_at AS last_duration,
       r.outcome AS last_outcome, portfolio.run_message(j.job_id, r.run_id, r.week_slot) AS last_message,
       w.pid AS running_pid, w.started_at AS running_since,
       j.priority, j.comment, portfolio.job_command(j.job_id) AS command,
       r.started_at - r.due_at AS last_lateness, coalesce(w.running, 0) AS running,
       h.runs, h.success_rate, h.run_p50, h.run_p95, h.run_p99, h.lateness_p50, h.lateness_p99,
       CASE a.state WHEN 'failing' THEN a.at END AS failing_since
  FROM portfolio.job j
  LEFT JOIN LATERAL (SELECT x.run_id, x.week_slot, x.due_at, x.started_at, x.finished_at, x.outcome FROM portfolio.job_run x WHERE x.job_id = j.job_id ORDER BY x.run_id DESC LIMIT 1) r ON true
  LEFT JOIN (SELECT w.job_id, min(w.pid) AS pid, min(w.started_at) AS started_at, count(*) AS running FROM portfolio.worker_status() w
              WHERE w.state = 'running' AND w.database_oid = portfolio.current_database_oid() GROUP BY w.job_id) w ON w.job_id = j.job_id
  LEFT JOIN LATERAL (SELECT x.state, x.at FROM portfolio.job_alert x WHERE x.job_id = j.job_id ORDER BY x.alert_id DESC LIMIT 1) a ON true
  LEFT JOIN LATERAL (
    SELECT count(*) AS runs,
           round(100.0 * count(*) FILTER (WHERE x.outcome = 'succeeded') / nullif(count(*), 0), 1) AS success_rate,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY x.finished_at - x.started_at) AS run_p50,
           percentile_cont(0.95) WITHIN GROUP (ORDER BY x.finished_at - x.started_at) AS run_p95,
           percentile_cont(0.99) WITHIN GROUP (ORDER BY x.finished_at - x.started_at) AS run_p99,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY x.started_at - x.due_at) AS lateness_p50,
           percentile_cont(0.99) WITHIN GROUP (ORDER BY x.started_at - x.due_at) AS lateness_p99
      FROM (SELECT y.outcome, y.started_at, y.finished_at, CASE y.attempt WHEN 1 THEN y.due_at END AS due_at FROM portfolio.job_run y
             WHERE y.job_id = j.job_id AND y.outcome IN ('succeeded', 'failed', 'unknown') ORDER BY y.run_id DESC LIMIT 1000) x) h ON true;
COMMENT ON VIEW portfolio.job_overview IS 'One row a job that the reader may see: when it runs next, how it went last, whether it runs now and why it is held.';
COMMENT ON COLUMN portfolio.job_overview.job_id IS 'Number of the job.';
COMMENT ON COLUMN portfolio.job_overview.name IS 'Name of the job.';
COMMENT ON COLUMN portfolio.job_overview.owner IS 'The role that it runs as.';
COMMENT ON COLUMN portfolio.job_overview.schedule IS 'When it is due, in local time of time_zone.';
COMMENT ON COLUMN portfolio.job_overview.time_zone IS 'Time zone of the schedule.';
COMMENT ON COLUMN portfolio.job_overview.state IS 'active, paused or broken.';
COMMENT ON COLUMN portfolio.job_overview.state_reason IS 'Why it is paused or broken.';
COMMENT ON COLUMN portfolio.job_overview.held IS 'Why it does not run here although it is active; NULL if it does. See adopt_jobs().';
COMMENT ON COLUMN portfolio.job_overview.next_run IS 'Next slot; NULL when not active or held.';
COMMENT ON COLUMN portfolio.job_overview.last_run IS 'Number of the last run.';
COMMENT ON COLUMN portfolio.job_overview.last_due IS 'Slot of the last run; NULL if run_job() asked for it.';
COMMENT ON COLUMN portfolio.job_overview.last_started IS 'When the last run began.';
COMMENT ON COLUMN portfolio.job_overview.last_duration IS 'How long the last run took.';
COMMENT ON COLUMN portfolio.job_overview.last_outcome IS 'Outcome of the last run (see job_run.outcome).';
COMMENT ON COLUMN portfolio.job_overview.last_message IS 'Command tag or error message of the last run; NULL for pg_monitor.';
COMMENT ON COLUMN portfolio.job_overview.running_pid IS 'Process that runs the job now; NULL if none does.';
COMMENT ON COLUMN portfolio.job_overview.running_since IS 'Since when it runs.';
COMMENT ON COLUMN portfolio.job_overview.priority IS 'Higher goes first when workers are scarce.';
COMMENT ON COLUMN portfolio.job_overview.comment IS 'What the job is for.';
COMMENT ON COLUMN portfolio.job_overview.command IS 'What it runs; NULL for pg_monitor.';
COMMENT ON COLUMN portfolio.job_overview.last_lateness IS 'How long after its slot the last run began; NULL if run_job() asked for it.';
COMMENT ON COLUMN portfolio.job_overview.running IS 'Runs of the job that are under way.';
COMMENT ON COLUMN portfolio.job_overview.runs IS 'Ended runs that the following columns rest on: the last 1,000 that history has.';
COMMENT ON COLUMN portfolio.job_overview.success_rate IS 'Percentage of these that succeeded, attempts counted one by one; NULL without a run.';
COMMENT ON COLUMN portfolio.job_overview.run_p50 IS 'Median of their run times.';
COMMENT ON COLUMN portfolio.job_overview.run_p95 IS '95th percentile of their run times.';
COMMENT ON COLUMN portfolio.job_overview.run_p99 IS '99th percentile of their run times.';
COMMENT ON COLUMN portfolio.job_overview.lateness_p50 IS 'Median of how late first attempts began.';
COMMENT ON COLUMN portfolio.job_overview.lateness_p99 IS '99th percentile of how late first attempts began.';
COMMENT ON COLUMN portfolio.job_overview.failing_since IS 'Since when the job fails (job_alert); NULL if it does not.';

CREATE VIEW portfolio.job_account WITH (security_invoker = true) AS
WITH begun AS (
  -- while the scheduler has not seen a new schedule, there is nothing of it to account for
  SELECT j.job_id, j.name, j.owner, j.schedule, j.time_zone, j.calendar, j.valid_from,
         CASE WHEN j.account_begun THEN j.account_from ELSE 'infinity' END AS account_from
    FROM portfolio.job j
), run AS (
  -- the last attempt of a slot says what became of it
  SELECT DISTINCT ON (r.job_id, r.due_at) r.job_id, r.due_at, r.outcome
    FROM portfolio.job_run r JOIN begun j ON j.job_id = r.job_id AND r.due_at > j.account_from
   ORDER BY r.job_id, r.due_at, r.attempt DESC
), slot AS (
  SELECT run.job_id, max(run.due_at) AS upto,
         count(*) FILTER (WHERE run.outcome IN ('succeeded', 'failed')) AS ran,
         count(*) FILTER (WHERE run.outcome = 'unknown') AS unknown,
         count(*) FILTER (WHERE run.outcome IN ('queued', 'started')) AS running,
         0::numeric AS coalesced, 0::numeric AS skipped, 0::numeric AS missed
    FROM run GROUP BY run.job_id
  UNION ALL
  SELECT s.job_id, max(s.last_due), 0, 0, 0,
         coalesce(sum(s.slots) FILTER (WHERE s.outcome = 'coalesced'), 0),
         coalesce(sum(s.slots) FILTER (WHERE s.outcome = 'skipped'), 0),
         coalesce(sum(s.slots) FILTER (WHERE s.outcome = 'missed'), 0)
    FROM portfolio.job_slot_range s JOIN begun j ON j.job_id = s.job_id AND s.first_due > j.account_from
   GROUP BY s.job_id
), total AS (
  SELECT j.job_id, j.name, j.owner, j.account_from, max(slot.upto) AS accounted_upto,
         CASE WHEN max(slot.upto) IS NULL THEN 0
              -- what follows a run, or a start of the server, cannot be told from the schedule
              WHEN j.schedule::text ~ '(after each run|^@reboot|^@after)' THEN sum(slot.ran + slot.unknown + slot.running + slot.coalesced + slot.skipped + slot.missed)
              ELSE portfolio.count_slots(j.schedule, greatest(j.account_from, j.valid_from - interval '1 microsecond'), max(slot.upto), j.time_zone, j.calendar) END AS due,
         coalesce(sum(slot.ran), 0)::bigint AS ran, coalesce(sum(slot.coalesced), 0)::bigint AS coalesced,
         coalesce(sum(slot.skipped), 0)::bigint AS skipped, coalesce(sum(slot.missed), 0)::bigint AS missed,
         coalesce(sum(slot.unknown), 0)::bigint AS unknown, coalesce(sum(slot.running), 0)::bigint AS running
    FROM begun j LEFT JOIN slot ON slot.job_id = j.job_id
   GROUP BY j.job_id, j.name, j.owner, j.schedule, j.time_zone, j.calendar, j.valid_from, j.account_from
)
SELECT t.job_id, t.name, t.owner, t.account_from, t.accounted_upto, t.due, t.ran, t.coalesced, t.skipped, t.missed, t.unknown, t.running,
       t.due = t.ran + t.coalesced + t.skipped + t.missed + t.unknown + t.running AS balanced
  FROM total t;
COMMENT ON VIEW portfolio.job_account IS
  'The proof that no slot is lost: due is counted from the schedule alone, the others from history, and they must be equal. Covers slots after account_from, up to the last that history knows.';
COMMENT ON COLUMN portfolio.job_account.job_id IS 'Number of the job.';
COMMENT ON COLUMN portfolio.job_account.name IS 'Name of the job.';
COMMENT ON COLUMN portfolio.job_account.owner IS 'Owner of the job.';
COMMENT ON COLUMN portfolio.job_account.account_from IS 'Slots later than this are accounted for; infinity while the scheduler has not looked at a new schedule.';
COMMENT ON COLUMN portfolio.job_account.accounted_upto IS 'The last slot that history knows; NULL if none has been due.';
COMMENT ON COLUMN portfolio.job_account.due IS 'Slots between the two, counted from the schedule.';
COMMENT ON COLUMN portfolio.job_account.ran IS 'Slots that ran, successfully or not.';
COMMENT ON COLUMN portfolio.job_account.coalesced IS 'Slots that another run stands for.';
COMMENT ON COLUMN portfolio.job_account.skipped IS 'Slots left out by the overlap policy or while paused.';
COMMENT ON COLUMN portfolio.job_account.missed IS 'Slots that nothing stands for.';
COMMENT ON COLUMN portfolio.job_account.unknown IS 'Slots whose run began and whose end nobody recorded.';
COMMENT ON COLUMN portfolio.job_account.running IS 'Slots under way.';
COMMENT ON COLUMN portfolio.job_account.balanced IS 'True when due equals the sum of the others.';

CREATE VIEW portfolio.slot_account WITH (security_invoker = true) AS
SELECT coalesce(sum(a.due), 0)::bigint AS due, coalesce(sum(a.ran), 0)::bigint AS ran, coalesce(sum(a.coalesced), 0)::bigint AS coalesced,
       coalesce(sum(a.skipped), 0)::bigint AS skipped, coalesce(sum(a.missed), 0)::bigint AS missed, coalesce(sum(a.unknown), 0)::bigint AS unknown,
       coalesce(sum(a.running), 0)::bigint AS running, count(*) AS jobs, count(*) FILTER (WHERE NOT a.balanced) AS jobs_out_of_balance,
       coalesce(bool_and(a.balanced), true) AS balanced
  FROM portfolio.job_account a;
COMMENT ON VIEW portfolio.slot_account IS
  'job_account over all jobs that the reader may see, from the tables alone: due = ran + coalesced + skipped + missed + unknown + running, or something is wrong.';
COMMENT ON COLUMN portfolio.slot_account.due IS 'Slots that were due, counted from the schedules.';
COMMENT ON COLUMN portfolio.slot_account.ran IS 'Slots that ran, successfully or not.';
COMMENT ON COLUMN portfolio.slot_account.coalesced IS 'Slots that another run stands for.';
COMMENT ON COLUMN portfolio.slot_account.skipped IS 'Slots left out by the overlap policy or while paused.';
COMMENT ON COLUMN portfolio.slot_account.missed IS 'Slots that nothing stands for.';
COMMENT ON COLUMN portfolio.slot_account.unknown IS 'Slots whose run began and whose end nobody recorded.';
COMMENT ON COLUMN portfolio.slot_account.running IS 'Slots under way.';
COMMENT ON COLUMN portfolio.slot_account.jobs IS 'Number of jobs.';
COMMENT ON COLUMN portfolio.slot_account.jobs_out_of_balance IS 'Jobs whose own account does not balance: 0, or something is wrong.';
COMMENT ON COLUMN portfolio.slot_account.balanced IS 'True when every job''s account balances.';

CREATE VIEW portfolio.pg_stat_portfolio_workers WITH (security_invoker = true) AS
SELECT w.pid, d.datname AS database, r.rolname AS owner, w.state, w.job_id, w.run_id, w.due_at, w.attempt, w.started_at
  FROM portfolio.worker_status() w
  JOIN pg_catalog.pg_database d ON d.oid = w.database_oid
  LEFT JOIN pg_catalog.pg_roles r ON r.oid = w.owner_oid;
COMMENT ON VIEW portfolio.pg_stat_portfolio_workers IS 'The worker processes of the server, now.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_workers.pid IS 'Process id; NULL while it starts.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_workers.database IS 'Its database.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_workers.owner IS 'The role it is connected as; NULL if that is gone.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_workers.state IS 'starting, running or idle.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_workers.job_id IS 'The job it runs; NULL when idle.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_workers.run_id IS 'The run; NULL when idle.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_workers.due_at IS 'The slot; NULL when idle or for a run that run_job() asked for.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_workers.attempt IS 'Attempt number of the run; NULL when idle.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_workers.started_at IS 'When the run began; NULL when idle.';

CREATE VIEW portfolio.pg_stat_portfolio_jobs WITH (security_invoker = true) AS
WITH run AS (
  SELECT x.job_id, x.outcome, x.attempt, x.started_at, x.finished_at - x.started_at AS took,
         CASE x.attempt WHEN 1 THEN x.started_at - x.due_at END AS late,
         width_bucket(x.finished_at - x.started_at, b.bounds) AS took_in, CASE x.attempt WHEN 1 THEN width_bucket(x.started_at - x.due_at, b.bounds) END AS late_in
    FROM portfolio.job_run x, (VALUES ('{1 ms,10 ms,100 ms,1 s,10 s,1 min,10 min,1 h}'::interval[])) b (bounds)
   WHERE x.outcome IN ('succeeded', 'failed', 'unknown') AND x.started_at >= pg_catalog.pg_postmaster_start_time())
SELECT j.job_id, j.name, j.owner,
       count(r.outcome) AS runs, count(*) FILTER (WHERE r.outcome = 'succeeded') AS succeeded, count(*) FILTER (WHERE r.outcome = 'failed') AS failed,
       count(*) FILTER (WHERE r.outcome = 'unknown') AS unknown, count(*) FILTER (WHERE r.attempt > 1) AS retried,
       sum(r.took) AS total_time, max(r.took) AS max_time, max(r.late) AS max_lateness, max(r.started_at) AS last_started,
       ARRAY[count(*) FILTER (WHERE r.took_in = 0), count(*) FILTER (WHERE r.took_in = 1), count(*) FILTER (WHERE r.took_in = 2), count(*) FILTER (WHERE r.took_in = 3), count(*) FILTER (WHERE r.took_in = 4),
             count(*) FILTER (WHERE r.took_in = 5), count(*) FILTER (WHERE r.took_in = 6), count(*) FILTER (WHERE r.took_in = 7), count(*) FILTER (WHERE r.took_in = 8)] AS run_time_histogram,
       ARRAY[count(*) FILTER (WHERE r.late_in = 0), count(*) FILTER (WHERE r.late_in = 1), count(*) FILTER (WHERE r.late_in = 2), count(*) FILTER (WHERE r.late_in = 3), count(*) FILTER (WHERE r.late_in = 4),
             count(*) FILTER (WHERE r.late_in = 5), count(*) FILTER (WHERE r.late_in = 6), count(*) FILTER (WHERE r.late_in = 7), count(*) FILTER (WHERE r.late_in = 8)] AS lateness_histogram
  FROM portfolio.job j
  LEFT JOIN run r ON r.job_id = j.job_id
 GROUP BY j.job_id;
COMMENT ON VIEW portfolio.pg_stat_portfolio_jobs IS 'What each job that the reader may see has done since the server started.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.job_id IS 'Number of the job.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.name IS 'Name of the job.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.owner IS 'Owner of the job.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.runs IS 'Runs that ended, attempts counted one by one.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.succeeded IS 'Those that succeeded.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.failed IS 'Those that failed.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.unknown IS 'Those whose end nobody recorded.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.retried IS 'Attempts after the first.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.total_time IS 'Time that they took together.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.max_time IS 'Time of the longest.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.max_lateness IS 'How late a first attempt began at most.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.last_started IS 'When the last one began.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.run_time_histogram IS
  'Nine counts: runs that took less than 1 ms, 10 ms, 100 ms, 1 s, 10 s, 1 min, 10 min, 1 h, each without those before it, and longer ones. Runs whose end nobody recorded are in none.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_jobs.lateness_histogram IS
  'How late first attempts began, in the same nine counts. Runs that somebody asked for have no lateness and are in none.';

CREATE FUNCTION portfolio.import_pg_cron() RETURNS bigint
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  line record;
  made bigint := 0;
  new_id bigint;
  why text;
BEGIN
  IF to_regclass('cron.job') IS NULL THEN
    RAISE EXCEPTION 'pg_cron is not installed in this database'
      USING ERRCODE = 'undefined_table', HINT = 'Its jobs are in the database that cron.database_name names.';
  END IF;
  -- whatever of cron.job the caller may see: its row security shows everybody his own
  FOR line IN EXECUTE 'SELECT * FROM cron.job WHERE username = current_user ORDER BY jobid' LOOP
    IF line.database <> current_database() THEN
      RAISE NOTICE 'pg_cron job % runs in database %: call import_pg_cron() there with a copy of its row', line.jobid, line.database;
      CONTINUE;
    END IF;
    BEGIN
      new_id := portfolio.schedule_job(coalesce(nullif(to_jsonb(line) ->> 'jobname', ''), 'pg_cron ' || line.jobid), line.schedule, line.command,
        time_zone => coalesce(nullif(current_setting('cron.timezone', true), ''), 'GMT'), overlap => 'queue',
        comment => format('imported from pg_cron job %s, %s', line.jobid, CASE WHEN line.active THEN 'active there' ELSE 'not active there' END));
      PERFORM portfolio.pause_job(new_id);
      made := made + 1;
    EXCEPTION WHEN unique_violation THEN
      RAISE NOTICE 'pg_cron job %: there is a job of this name already', line.jobid;
    WHEN data_exception OR syntax_error OR feature_not_supported THEN
      GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
      RAISE NOTICE 'pg_cron job % cannot be taken over: %', line.jobid, SQLERRM USING DETAIL = why;
    END;
  END LOOP;
  RETURN made;
END
$$;
COMMENT ON FUNCTION portfolio.import_pg_cron() IS
  'Schedules the caller''s own jobs of pg_cron here as well, paused, for review: same name, schedule and command, in the time zone of pg_cron, and its way with overlap (a slot waits). What cannot be taken over is told in a NOTICE. Gives the number of jobs; 42P01 where pg_cron is not installed. Unschedule a job there before you resume it here.';
