-- Jobs: what users write. Where a job was written is kept with it, so that a copy does not run it.
CREATE FUNCTION portfolio.current_role_oid() RETURNS oid
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_current_role_oid';
COMMENT ON FUNCTION portfolio.current_role_oid() IS 'The object id of current_user.';
CREATE FUNCTION portfolio.current_database_oid() RETURNS oid
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_current_database_oid';
COMMENT ON FUNCTION portfolio.current_database_oid() IS 'The object id of the database of this session.';
CREATE FUNCTION portfolio.current_system_identifier() RETURNS bigint
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_current_system_identifier';
COMMENT ON FUNCTION portfolio.current_system_identifier() IS
  'The identifier that initdb gave this cluster, as pg_control_system() shows it; everybody may read it here, since job rows carry it by default.';

CREATE SEQUENCE portfolio.job_id_seq;
COMMENT ON SEQUENCE portfolio.job_id_seq IS 'Numbers of jobs.';

CREATE TABLE portfolio.job (
  job_id bigint PRIMARY KEY DEFAULT nextval('portfolio.job_id_seq'),
  name text NOT NULL CONSTRAINT job_name_is_not_blank CHECK (btrim(name) <> ''),
  schedule portfolio.schedule NOT NULL,
  command text NOT NULL CONSTRAINT job_command_is_not_blank CHECK (btrim(command) <> ''),
  time_zone text NOT NULL DEFAULT current_setting('TimeZone'),
  calendar text REFERENCES portfolio.calendar (code) ON UPDATE CASCADE,
  run_as name,
  overlap text NOT NULL DEFAULT 'skip'
    CONSTRAINT job_overlap_is_known CHECK (overlap IN ('skip', 'queue', 'replace') OR overlap ~ '^parallel ([2-9]|[1-9][0-9])$'),
  queue_limit integer NOT NULL DEFAULT 1 CONSTRAINT job_queue_limit_in_range CHECK (queue_limit BETWEEN 1 AND 1000),
  misfire text NOT NULL DEFAULT 'once' CONSTRAINT job_misfire_is_known CHECK (misfire IN ('once', 'skip', 'all')),
  misfire_limit integer NOT NULL DEFAULT 100 CONSTRAINT job_misfire_limit_in_range CHECK (misfire_limit BETWEEN 1 AND 10000),
  misfire_window interval NOT NULL DEFAULT '1 day'
    CONSTRAINT job_misfire_window_in_range CHECK (misfire_window > '0' AND misfire_window <= '1 year'),
  on_unknown text NOT NULL DEFAULT 'leave' CONSTRAINT job_on_unknown_is_known CHECK (on_unknown IN ('leave', 'rerun')),
  retry_limit integer NOT NULL DEFAULT 0 CONSTRAINT job_retry_limit_in_range CHECK (retry_limit BETWEEN 0 AND 100),
  retry_delay interval NOT NULL DEFAULT '1 minute'
    CONSTRAINT job_retry_delay_in_range CHECK (retry_delay > '0' AND retry_delay <= '1 day'),
  retry_factor numeric NOT NULL DEFAULT 2 CONSTRAINT job_retry_factor_in_range CHECK (retry_factor BETWEEN 1 AND 10),
  retry_cap interval NOT NULL DEFAULT '1 hour'
    CONSTRAINT job_retry_cap_in_range CHECK (retry_cap > '0' AND retry_cap <= '7 days'),
  retry_jitter numeric NOT NULL DEFAULT 0.125 CONSTRAINT job_retry_jitter_in_range CHECK (retry_jitter BETWEEN 0 AND 1),
  retry_on text[] CONSTRAINT job_retry_on_names_sqlstates
    CHECK (array_to_string(retry_on, ' ', '?') ~ '^(([0-9A-Z]{2}|[0-9A-Z]{5})( |$))+$'),
  statement_timeout interval NOT NULL DEFAULT '1 hour'
    CONSTRAINT job_statement_timeout_in_range CHECK (statement_timeout >= '1 millisecond' AND statement_timeout <= '20 days'),
  total_timeout interval NOT NULL DEFAULT '4 hours'
    CONSTRAINT job_total_timeout_in_range CHECK (total_timeout >= '1 millisecond' AND total_timeout <= '20 days'),
  priority integer NOT NULL DEFAULT 0 CONSTRAINT job_priority_in_range CHECK (priority BETWEEN -100 AND 100),
  valid_from timestamptz,
  valid_until timestamptz,
  comment text,
  state text NOT NULL DEFAULT 'active' CONSTRAINT job_state_is_known CHECK (state IN ('active', 'paused', 'broken', 'ended')),
  state_reason text,
  state_since timestamptz NOT NULL DEFAULT now(),
  account_from timestamptz NOT NULL DEFAULT now(),
  account_begun boolean NOT NULL DEFAULT true,
  owner name NOT NULL DEFAULT CURRENT_USER,
  owner_oid oid NOT NULL DEFAULT portfolio.current_role_oid(),
  database_oid oid NOT NULL DEFAULT portfolio.current_database_oid(),
  system_identifier bigint NOT NULL DEFAULT portfolio.current_system_identifier(),
  created_at timestamptz NOT NULL DEFAULT now(),
  changed_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT job_is_valid_for_some_time CHECK (valid_from < valid_until),
  CONSTRAINT job_owner_name_key UNIQUE (owner, name)
);
ALTER SEQUENCE portfolio.job_id_seq OWNED BY portfolio.job.job_id;
COMMENT ON TABLE portfolio.job IS
  'Commands that run on a schedule as the role that owns them. A job runs only where it was scheduled: a restored or cloned copy holds it until adopt_jobs(). Class: user rows.';
COMMENT ON COLUMN portfolio.job.job_id IS 'Number of the job.';
COMMENT ON COLUMN portfolio.job.name IS 'Name of the job, unique among the jobs of its owner.';
COMMENT ON COLUMN portfolio.job.schedule IS 'When the job is due, in local time of time_zone.';
COMMENT ON COLUMN portfolio.job.command IS 'One or several SQL statements, run as one simple-query message would be.';
COMMENT ON COLUMN portfolio.job.time_zone IS 'Time zone of the schedule; by default that of the session that made the job.';
COMMENT ON COLUMN portfolio.job.overlap IS
  'What happens to a slot that falls due while the job still runs: skip leaves it out; queue runs it afterwards (queue_limit of them at most wait, earlier ones are coalesced); replace cancels the run under way; "parallel 3" lets three runs go on at a time and leaves out the fourth.';
COMMENT ON COLUMN portfolio.job.queue_limit IS 'With overlap queue: how many slots may wait, 1 to 1000.';
COMMENT ON COLUMN portfolio.job.calendar IS 'On days of this calendar (in time_zone) the job is not due; NULL for none.';
COMMENT ON COLUMN portfolio.job.run_as IS
  'Role that the command runs as, by SET ROLE inside the owner''s own connection: RESET ROLE leads back to the owner. NULL for the owner.';
COMMENT ON COLUMN portfolio.job.valid_from IS 'Slots before it do not exist; NULL for no limit.';
COMMENT ON COLUMN portfolio.job.valid_until IS 'Slots after it do not exist, and the job ends; NULL for no limit.';
COMMENT ON COLUMN portfolio.job.misfire IS
  'What happens to slots that passed while nothing could run: once runs the last of them, which is never older than one interval, and counts the others as coalesced; skip counts all that are more than a minute late as missed; all runs each of them, one after the other, as far as misfire_limit and misfire_window go, and counts the earlier ones as missed.';
COMMENT ON COLUMN portfolio.job.misfire_limit IS 'With misfire all: how many late slots run, 1 to 10000.';
COMMENT ON COLUMN portfolio.job.misfire_window IS 'With misfire all: how late a slot may be and still run; at most a year.';
COMMENT ON COLUMN portfolio.job.on_unknown IS
  'What follows when the server died after the command had begun to commit and before its end was recorded: leave, or rerun the slot.';
COMMENT ON COLUMN portfolio.job.retry_limit IS 'How many times a failed run of a slot is tried again; 0 for never.';
COMMENT ON COLUMN portfolio.job.retry_delay IS 'Time before the first new attempt; at most a day.';
COMMENT ON COLUMN portfolio.job.retry_factor IS 'Each further attempt waits so many times as long as the one before, 1 to 10.';
COMMENT ON COLUMN portfolio.job.retry_cap IS 'The longest wait, unless retry_delay itself is longer; at most 7 days.';
COMMENT ON COLUMN portfolio.job.retry_jitter IS 'Part of the wait by which it differs at random, either way, so that jobs that failed together do not come back together: 0 to 1.';
COMMENT ON COLUMN portfolio.job.retry_on IS 'SQLSTATEs (40001) and classes (08) of errors that are worth another attempt; NULL for all.';
COMMENT ON COLUMN portfolio.job.statement_timeout IS
  'Time after which a message of the job is cancelled; a shorter statement_timeout of the role or database wins.';
COMMENT ON COLUMN portfolio.job.total_timeout IS 'Time after which the whole run is cancelled, whatever its transactions.';
COMMENT ON COLUMN portfolio.job.priority IS 'Of two runs that wait for a worker that of the job with the higher number goes first; a minute of waiting is worth one point, so that nobody waits for ever. -100 to 100.';
COMMENT ON COLUMN portfolio.job.comment IS 'What the job is for.';
COMMENT ON COLUMN portfolio.job.state IS
  'active; paused by a person; broken: the scheduler found that it cannot run (state_reason says why), resume_job() tries again; ended: no slot will come any more.';
COMMENT ON COLUMN portfolio.job.state_reason IS 'Why the job is broken or paused; NULL while active.';
COMMENT ON COLUMN portfolio.job.state_since IS 'When the state was reached. Slots before an active job''s state_since are not run.';
COMMENT ON COLUMN portfolio.job.account_from IS
  'Every slot later than this is accounted for (view job_account). Moves when schedule, time zone, calendar, time of validity or home of the job change.';
COMMENT ON COLUMN portfolio.job.account_begun IS
  'False from such a change until the scheduler has seen it: then account_from moves behind the last slot of the old schedule that was decided.';
COMMENT ON COLUMN portfolio.job.owner IS 'The role that made the job and that it runs as.';
COMMENT ON COLUMN portfolio.job.owner_oid IS 'Object id of the owner: a role made anew under an old name does not inherit jobs.';
COMMENT ON COLUMN portfolio.job.database_oid IS 'Object id of the database where the job was scheduled.';
COMMENT ON COLUMN portfolio.job.system_identifier IS 'Identifier of the cluster where the job was scheduled.';
COMMENT ON COLUMN portfolio.job.created_at IS 'When the job was made.';
COMMENT ON COLUMN portfolio.job.changed_at IS 'When the job was last changed.';
SELECT pg_catalog.pg_extension_config_dump('portfolio.job', '');
SELECT pg_catalog.pg_extension_config_dump('portfolio.job_id_seq', '');

CREATE FUNCTION portfolio.job_held_reason(owner name, owner_oid oid, database_oid oid, system_identifier bigint) RETURNS text
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_job_held_reason';
COMMENT ON FUNCTION portfolio.job_held_reason(name, oid, oid, bigint) IS
  'Why a job with this home does not run here although it is not paused; NULL if it is at home. adopt_jobs() makes jobs at home.';

CREATE FUNCTION portfolio.guard_job() RETURNS trigger
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'pf_guard_job';
COMMENT ON FUNCTION portfolio.guard_job() IS
  'Trigger: only its owner changes what a job runs and when (42501); keeps state_since, account_from, account_begun and changed_at.';
CREATE TRIGGER guard_job BEFORE UPDATE ON portfolio.job
  FOR EACH ROW EXECUTE FUNCTION portfolio.guard_job();
CREATE FUNCTION portfolio.signal_scheduler() RETURNS trigger
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'pf_signal_scheduler';
COMMENT ON FUNCTION portfolio.signal_scheduler() IS
  'Trigger: wakes the scheduler of this database when the transaction commits, to read one job (fired for a row) or all (for a statement).';
CREATE TRIGGER signal_scheduler AFTER INSERT OR UPDATE ON portfolio.job
  FOR EACH ROW EXECUTE FUNCTION portfolio.signal_scheduler();
CREATE TRIGGER signal_scheduler_of_all AFTER DELETE OR TRUNCATE ON portfolio.job
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.signal_scheduler();

ALTER TABLE portfolio.job ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_read ON portfolio.job FOR SELECT
  USING ((owner = CURRENT_USER AND owner_oid = portfolio.current_role_oid()) OR (SELECT pg_catalog.has_table_privilege('portfolio.job', 'SELECT') OR pg_catalog.pg_has_role('pg_monitor', 'USAGE')));
CREATE POLICY job_insert ON portfolio.job FOR INSERT
  WITH CHECK (owner = CURRENT_USER AND owner_oid = portfolio.current_role_oid());
CREATE POLICY job_update ON portfolio.job FOR UPDATE
  USING ((owner = CURRENT_USER AND owner_oid = portfolio.current_role_oid()) OR (SELECT pg_catalog.has_table_privilege('portfolio.job', 'SELECT')));
CREATE POLICY job_delete ON portfolio.job FOR DELETE
  USING ((owner = CURRENT_USER AND owner_oid = portfolio.current_role_oid()) OR (SELECT pg_catalog.has_table_privilege('portfolio.job', 'SELECT')));
COMMENT ON POLICY job_read ON portfolio.job IS 'One sees one''s own jobs, not those of a role that once had one''s name; who may SELECT the whole table (not only its columns) sees all, and so does pg_monitor, without commands.';
COMMENT ON POLICY job_insert ON portfolio.job IS 'One makes jobs for oneself only.';
COMMENT ON POLICY job_update ON portfolio.job IS 'One''s own, or all with SELECT on the whole table; guard_job() keeps others from changing what a job runs.';
COMMENT ON POLICY job_delete ON portfolio.job IS 'As updating.';

-- A day more or less moves the slots of jobs.
CREATE TRIGGER signal_scheduler AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON portfolio.calendar
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.signal_scheduler();
CREATE TRIGGER signal_scheduler AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON portfolio.calendar_day
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.signal_scheduler();
