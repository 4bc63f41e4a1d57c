-- What became of every slot: runs, and ranges of slots that did not run. Written by the engine only.
CREATE FUNCTION portfolio.week_slot(at timestamptz) RETURNS smallint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_week_slot';
COMMENT ON FUNCTION portfolio.week_slot(timestamptz) IS
  'The partition of job_run for an instant: its week since 1970 modulo 64. NULL for NULL.';

CREATE SEQUENCE portfolio.job_run_id_seq;
COMMENT ON SEQUENCE portfolio.job_run_id_seq IS 'Numbers of runs.';

CREATE TABLE portfolio.job_run (
  run_id bigint NOT NULL DEFAULT nextval('portfolio.job_run_id_seq'),
  job_id bigint NOT NULL,
  job_name text NOT NULL,
  owner name NOT NULL,
  week_slot smallint NOT NULL,
  due_at timestamptz,
  queued_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  attempt integer NOT NULL DEFAULT 1 CONSTRAINT job_run_attempt_is_positive CHECK (attempt > 0),
  outcome text NOT NULL
    CONSTRAINT job_run_outcome_is_known CHECK (outcome IN ('queued', 'started', 'succeeded', 'failed', 'unknown', 'withdrawn')),
  sqlstate text,
  message text,
  worker_pid integer,
  timeline integer,
  CONSTRAINT job_run_week_slot_is_of_its_week CHECK (week_slot = portfolio.week_slot(coalesce(due_at, queued_at))),
  CONSTRAINT job_run_ends_after_its_start CHECK (finished_at >= started_at),
  PRIMARY KEY (job_id, run_id, week_slot),
  CONSTRAINT job_run_attempt_key UNIQUE (job_id, due_at, attempt, week_slot)
) PARTITION BY LIST (week_slot);
ALTER SEQUENCE portfolio.job_run_id_seq OWNED BY portfolio.job_run.run_id;
CREATE INDEX job_run_open ON portfolio.job_run (outcome) WHERE outcome IN ('queued', 'started');
COMMENT ON TABLE portfolio.job_run IS
  'One row a run of a job. The row is written in the transaction of the command itself, so that effect and record commit together. Class: operation.';
COMMENT ON COLUMN portfolio.job_run.run_id IS 'Number of the run.';
COMMENT ON COLUMN portfolio.job_run.job_id IS 'The job; it may be gone by now.';
COMMENT ON COLUMN portfolio.job_run.job_name IS 'Name of the job when it ran.';
COMMENT ON COLUMN portfolio.job_run.owner IS 'The role that it ran as.';
COMMENT ON COLUMN portfolio.job_run.week_slot IS 'Week of due_at (or of queued_at) since 1970 modulo 64: the partition.';
COMMENT ON COLUMN portfolio.job_run.due_at IS 'The slot of the schedule; NULL for a run that run_job() asked for.';
COMMENT ON COLUMN portfolio.job_run.queued_at IS 'When the run was ready to be given to a worker.';
COMMENT ON COLUMN portfolio.job_run.started_at IS 'When a worker began; NULL while queued.';
COMMENT ON COLUMN portfolio.job_run.finished_at IS 'When the command ended; NULL before, and when that is unknown.';
COMMENT ON COLUMN portfolio.job_run.attempt IS '1 for the first run of a slot, more for retries and reruns.';
COMMENT ON COLUMN portfolio.job_run.outcome IS
  'queued, started, then succeeded, failed, or unknown (started, and not closed when its worker or the server died); withdrawn: the job was gone before its turn.';
COMMENT ON COLUMN portfolio.job_run.sqlstate IS 'SQLSTATE of the failure; NULL otherwise.';
COMMENT ON COLUMN portfolio.job_run.message IS 'Command tag of the last statement, or the error message.';
COMMENT ON COLUMN portfolio.job_run.worker_pid IS 'Process that ran it.';
COMMENT ON COLUMN portfolio.job_run.timeline IS 'Timeline of the server that ran it: it changes when a standby is promoted.';

-- All partitions exist from the start: no DDL at run time, and no dump ever sees them.
DO $$
DECLARE
  part text;
  a record;
BEGIN
  FOR week IN 0 .. 63 LOOP
    part := pg_catalog.format('job_run_%s', pg_catalog.to_char(week, 'FM00'));
    EXECUTE pg_catalog.format('CREATE TABLE portfolio.%I PARTITION OF portfolio.job_run FOR VALUES IN (%s)', part, week);
    EXECUTE pg_catalog.format('COMMENT ON TABLE portfolio.%I IS %L', part,
      pg_catalog.format('Runs of the weeks whose number modulo 64 is %s. Class: operation.', week));
    FOR a IN SELECT attname, pg_catalog.col_description(attrelid, attnum) AS description FROM pg_catalog.pg_attribute
              WHERE attrelid = 'portfolio.job_run'::pg_catalog.regclass AND attnum > 0 LOOP
      EXECUTE pg_catalog.format('COMMENT ON COLUMN portfolio.%I.%I IS %L', part, a.attname, a.description);
    END LOOP;
    EXECUTE pg_catalog.format('ALTER TABLE portfolio.%I ENABLE ROW LEVEL SECURITY', part);
  END LOOP;
END
$$;

CREATE TABLE portfolio.job_slot_range (
  job_id bigint NOT NULL,
  owner name NOT NULL,
  first_due timestamptz NOT NULL,
  last_due timestamptz NOT NULL,
  slots bigint NOT NULL CONSTRAINT job_slot_range_is_not_empty CHECK (slots > 0),
  outcome text NOT NULL CONSTRAINT job_slot_range_outcome_is_known CHECK (outcome IN ('skipped', 'coalesced', 'missed')),
  reason text NOT NULL CONSTRAINT job_slot_range_reason_is_known
    CHECK (reason IN ('overlap', 'waiting', 'misfire', 'not active', 'broken')),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT job_slot_range_ends_after_its_start CHECK (last_due >= first_due),
  CONSTRAINT job_slot_range_one_outcome_a_slot EXCLUDE USING gist (job_id WITH =, tstzrange(first_due, last_due, '[]') WITH &&)
);
CREATE INDEX job_slot_range_last ON portfolio.job_slot_range (job_id, last_due);
COMMENT ON TABLE portfolio.job_slot_range IS
  'Consecutive slots of a job that did not run, and why. No slot can be in two ranges. Class: operation.';
COMMENT ON COLUMN portfolio.job_slot_range.job_id IS 'The job.';
COMMENT ON COLUMN portfolio.job_slot_range.owner IS 'Owner of the job.';
COMMENT ON COLUMN portfolio.job_slot_range.first_due IS 'First slot of the range.';
COMMENT ON COLUMN portfolio.job_slot_range.last_due IS 'Last slot of the range.';
COMMENT ON COLUMN portfolio.job_slot_range.slots IS 'How many slots lie in it.';
COMMENT ON COLUMN portfolio.job_slot_range.outcome IS
  'skipped: by the overlap policy or while not active; coalesced: one later or earlier run stands for them; missed: nothing stands for them.';
COMMENT ON COLUMN portfolio.job_slot_range.reason IS
  'overlap: the job still ran; waiting: all workers were busy; misfire: the server or the scheduler was not there; not active: paused; broken: it could not run.';
COMMENT ON COLUMN portfolio.job_slot_range.recorded_at IS 'When the range was written.';

-- Partitions are emptied by TRUNCATE; failures outlive them.
CREATE TABLE portfolio.job_failure (
  run_id bigint PRIMARY KEY,
  job_id bigint NOT NULL,
  job_name text NOT NULL,
  owner name NOT NULL,
  due_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  attempt integer NOT NULL,
  outcome text NOT NULL CONSTRAINT job_failure_outcome_is_known CHECK (outcome IN ('failed', 'unknown')),
  sqlstate text,
  message text
);
CREATE INDEX job_failure_job ON portfolio.job_failure (job_id, run_id);
COMMENT ON TABLE portfolio.job_failure IS
  'Runs that failed, or whose end is unknown, and that purge_job_runs() has taken out of job_run. Class: operation.';
COMMENT ON COLUMN portfolio.job_failure.run_id IS 'Number of the run.';
COMMENT ON COLUMN portfolio.job_failure.job_id IS 'The job; it may be gone by now.';
COMMENT ON COLUMN portfolio.job_failure.job_name IS 'Name of the job when it ran.';
COMMENT ON COLUMN portfolio.job_failure.owner IS 'The role that it ran as.';
COMMENT ON COLUMN portfolio.job_failure.due_at IS 'The slot of the schedule; NULL for a run that run_job() asked for.';
COMMENT ON COLUMN portfolio.job_failure.started_at IS 'When a worker began.';
COMMENT ON COLUMN portfolio.job_failure.finished_at IS 'When the command ended; NULL if that is unknown.';
COMMENT ON COLUMN portfolio.job_failure.attempt IS '1 for the first run of a slot, more for retries and reruns.';
COMMENT ON COLUMN portfolio.job_failure.outcome IS 'failed or unknown.';
COMMENT ON COLUMN portfolio.job_failure.sqlstate IS 'SQLSTATE of the failure; NULL otherwise.';
COMMENT ON COLUMN portfolio.job_failure.message IS 'The error message.';
ALTER TABLE portfolio.job_failure ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_failure_read ON portfolio.job_failure FOR SELECT
  USING (owner = CURRENT_USER OR (SELECT pg_catalog.has_table_privilege('portfolio.job_failure', 'SELECT')));
COMMENT ON POLICY job_failure_read ON portfolio.job_failure IS 'One sees the failures of one''s own jobs; who may SELECT the whole table sees all.';

ALTER TABLE portfolio.job_run ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_run_read ON portfolio.job_run FOR SELECT
  USING (owner = CURRENT_USER OR (SELECT pg_catalog.has_table_privilege('portfolio.job_run', 'SELECT') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE')));
COMMENT ON POLICY job_run_read ON portfolio.job_run IS 'One sees the runs of one''s own jobs; who may SELECT the whole table sees all, and so does pg_monitor, without messages.';
ALTER TABLE portfolio.job_slot_range ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_slot_range_read ON portfolio.job_slot_range FOR SELECT
  USING (owner = CURRENT_USER OR (SELECT pg_catalog.has_table_privilege('portfolio.job_slot_range', 'SELECT') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE')));
COMMENT ON POLICY job_slot_range_read ON portfolio.job_slot_range IS 'One sees the slots of one''s own jobs; who may SELECT the whole table sees all, and so does pg_monitor.';

CREATE TABLE portfolio.job_alert (
  alert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  job_id bigint NOT NULL,
  job_name text NOT NULL,
  owner name NOT NULL,
  state text NOT NULL CONSTRAINT job_alert_state_is_known CHECK (state IN ('failing', 'ok')),
  run_id bigint,
  sqlstate text,
  at timestamptz NOT NULL
);
CREATE INDEX job_alert_job ON portfolio.job_alert (job_id, alert_id);
COMMENT ON TABLE portfolio.job_alert IS
  'When a job began to fail and when it went well again; a NOTIFY on channel portfolio_jobs, "<job_id> failing" or "<job_id> ok", goes with each row. Class: operation.';
COMMENT ON COLUMN portfolio.job_alert.alert_id IS 'Number of the alert.';
COMMENT ON COLUMN portfolio.job_alert.job_id IS 'The job; it may be gone by now.';
COMMENT ON COLUMN portfolio.job_alert.job_name IS 'Name of the job then.';
COMMENT ON COLUMN portfolio.job_alert.owner IS 'Owner of the job then.';
COMMENT ON COLUMN portfolio.job_alert.state IS 'failing: a run has failed with no further attempt, or nobody knows how it ended; ok: one has succeeded again.';
COMMENT ON COLUMN portfolio.job_alert.run_id IS 'The run.';
COMMENT ON COLUMN portfolio.job_alert.sqlstate IS 'SQLSTATE of the failure; NULL with ok.';
COMMENT ON COLUMN portfolio.job_alert.at IS 'When.';
ALTER TABLE portfolio.job_alert ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_alert_read ON portfolio.job_alert FOR SELECT
  USING (owner = CURRENT_USER OR (SELECT pg_catalog.has_table_privilege('portfolio.job_alert', 'SELECT') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE')));
COMMENT ON POLICY job_alert_read ON portfolio.job_alert IS 'One sees the alerts of one''s own jobs; who may SELECT the whole table sees all, and so does pg_monitor.';
