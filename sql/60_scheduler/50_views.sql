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
CREATE FUNCTION portfolio.job_next_run(job portfolio.job) RETURNS timestamptz
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_job_next_run';
COMMENT ON FUNCTION portfolio.job_next_run(portfolio.job) IS
  'The next slot of a job after now, whether or not the job is active; NULL if its time zone is not known here.';

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

CREATE VIEW portfolio.job_overview WITH (security_invoker = true) AS
SELECT j.job_id, j.name, j.owner, j.schedule::text AS schedule, j.time_zone, j.state, j.state_reason,
       portfolio.job_held_reason(j) AS held,
       CASE WHEN j.state = 'active' AND portfolio.job_held_reason(j) IS NULL THEN portfolio.job_next_run(j) END AS next_run,
       r.run_id AS last_run, r.due_at AS last_due, r.started_at AS last_started, r.finished_at - r.started_at AS last_duration,
       r.outcome AS last_outcome, r.message AS last_message,
       w.pid AS running_pid, w.started_at AS running_since,
       j.priority, j.comment, j.command
  FROM portfolio.job j
  LEFT JOIN LATERAL (SELECT * FROM portfolio.job_run r WHERE r.job_id = j.job_id ORDER BY r.run_id DESC LIMIT 1) r ON true
  LEFT JOIN (SELECT w.job_id, w.pid, w.started_at FROM portfolio.worker_status() w
              WHERE w.state = 'running' AND w.database_oid = portfolio.current_database_oid()) w ON w.job_id = j.job_id;
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
COMMENT ON COLUMN portfolio.job_overview.last_message IS 'Command tag or error message of the last run.';
COMMENT ON COLUMN portfolio.job_overview.running_pid IS 'Process that runs the job now; NULL if none does.';
COMMENT ON COLUMN portfolio.job_overview.running_since IS 'Since when it runs.';
COMMENT ON COLUMN portfolio.job_overview.priority IS 'Higher goes first when workers are scarce.';
COMMENT ON COLUMN portfolio.job_overview.comment IS 'What the job is for.';
COMMENT ON COLUMN portfolio.job_overview.command IS 'What it runs.';

CREATE VIEW portfolio.job_account WITH (security_invoker = true) AS
WITH run AS (
  -- the last attempt of a slot says what became of it
  SELECT DISTINCT ON (r.job_id, r.due_at) r.job_id, r.due_at, r.outcome
    FROM portfolio.job_run r JOIN portfolio.job j ON j.job_id = r.job_id AND r.due_at > j.account_from
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
    FROM portfolio.job_slot_range s JOIN portfolio.job j ON j.job_id = s.job_id AND s.first_due > j.account_from
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
    FROM portfolio.job j LEFT JOIN slot ON slot.job_id = j.job_id
   GROUP BY j.job_id
)
SELECT t.job_id, t.name, t.owner, t.account_from, t.accounted_upto, t.due, t.ran, t.coalesced, t.skipped, t.missed, t.unknown, t.running,
       t.due = t.ran + t.coalesced + t.skipped + t.missed + t.unknown + t.running AS balanced
  FROM total t;
COMMENT ON VIEW portfolio.job_account IS
  'The proof that no slot is lost: due is counted from the schedule alone, the others from history, and they must be equal. Covers slots after account_from, up to the last that history knows.';
COMMENT ON COLUMN portfolio.job_account.job_id IS 'Number of the job.';
COMMENT ON COLUMN portfolio.job_account.name IS 'Name of the job.';
COMMENT ON COLUMN portfolio.job_account.owner IS 'Owner of the job.';
COMMENT ON COLUMN portfolio.job_account.account_from IS 'Slots later than this are accounted for.';
COMMENT ON COLUMN portfolio.job_account.accounted_upto IS 'The last slot that history knows; NULL if none has been due.';
COMMENT ON COLUMN portfolio.job_account.due IS 'Slots between the two, counted from the schedule.';
COMMENT ON COLUMN portfolio.job_account.ran IS 'Slots that ran, successfully or not.';
COMMENT ON COLUMN portfolio.job_account.coalesced IS 'Slots that another run stands for.';
COMMENT ON COLUMN portfolio.job_account.skipped IS 'Slots left out by the overlap policy or while paused.';
COMMENT ON COLUMN portfolio.job_account.missed IS 'Slots that nothing stands for.';
COMMENT ON COLUMN portfolio.job_account.unknown IS 'Slots whose run began and whose end nobody recorded.';
COMMENT ON COLUMN portfolio.job_account.running IS 'Slots under way.';
COMMENT ON COLUMN portfolio.job_account.balanced IS 'True when due equals the sum of the others.';
