-- Jobs for BI tools. The view has its owner's rights, so it says itself whose rows are shown, as the policies of
-- portfolio.job do: one's own, or all with SELECT on the whole table. No command and no message: both can quote data.
CREATE VIEW portfolio_bi.job WITH (security_barrier = true) AS
  SELECT j.job_id, j.name, j.owner::text AS owner, j.schedule::text AS schedule, j.time_zone,
         j.state, upper(left(j.state, 1)) || substr(j.state, 2) AS state_label,
         r.run_id AS last_run_id, r.due_at AS last_due_at, to_char(r.due_at, 'YYYYMMDD')::int AS last_due_at_date_key,
         r.started_at AS last_started_at, to_char(r.started_at, 'YYYYMMDD')::int AS last_started_at_date_key,
         extract(epoch FROM r.finished_at - r.started_at) AS last_duration_s,
         r.outcome AS last_outcome, o.label AS last_outcome_label, o.sort_order AS last_outcome_sort_order, o.colour AS last_outcome_colour,
         r.sqlstate AS last_sqlstate,
         coalesce(h.succeeded, 0) AS succeeded_in_30_days, coalesce(h.failed, 0) AS failed_in_30_days
    FROM portfolio.job j
    LEFT JOIN LATERAL (SELECT * FROM portfolio.job_run r WHERE r.job_id = j.job_id ORDER BY r.run_id DESC LIMIT 1) r ON true
    LEFT JOIN portfolio.rating o ON o.scheme = 'outcome' AND o.code = r.outcome
    LEFT JOIN (SELECT x.job_id, count(*) FILTER (WHERE x.outcome = 'succeeded') AS succeeded,
                      count(*) FILTER (WHERE x.outcome IN ('failed', 'unknown')) AS failed
                 FROM portfolio.job_run x WHERE x.queued_at >= now() - interval '30 days' GROUP BY x.job_id) h ON h.job_id = j.job_id
   WHERE (j.owner = CURRENT_USER AND j.owner_oid = (SELECT portfolio.current_role_oid())) OR has_table_privilege('portfolio.job', 'SELECT');
COMMENT ON VIEW portfolio_bi.job IS
  'Jobs with what became of their last run: one row a job. Shows one''s own jobs; with SELECT on portfolio.job (operator, auditor) all of them.';
COMMENT ON COLUMN portfolio_bi.job.job_id IS 'Key of the job.';
COMMENT ON COLUMN portfolio_bi.job.name IS 'Name, unique for its owner.';
COMMENT ON COLUMN portfolio_bi.job.owner IS 'Role as which it runs.';
COMMENT ON COLUMN portfolio_bi.job.schedule IS 'When it is due, in canonical form.';
COMMENT ON COLUMN portfolio_bi.job.time_zone IS 'Time zone in which the schedule is read.';
COMMENT ON COLUMN portfolio_bi.job.state IS 'State as held: active, paused or broken.';
COMMENT ON COLUMN portfolio_bi.job.state_label IS 'State as people read it.';
COMMENT ON COLUMN portfolio_bi.job.last_run_id IS 'Number of the last run; NULL: none yet.';
COMMENT ON COLUMN portfolio_bi.job.last_due_at IS 'When the last run was due; NULL for a run out of turn.';
COMMENT ON COLUMN portfolio_bi.job.last_due_at_date_key IS 'Day of last_due_at, for view date, in the time zone of the session.';
COMMENT ON COLUMN portfolio_bi.job.last_started_at IS 'When the last run began.';
COMMENT ON COLUMN portfolio_bi.job.last_started_at_date_key IS 'Day of last_started_at, for view date, in the time zone of the session.';
COMMENT ON COLUMN portfolio_bi.job.last_duration_s IS 'How long the last run took, seconds; NULL while it runs.';
COMMENT ON COLUMN portfolio_bi.job.last_outcome IS 'What became of the last run, as held: queued, started, succeeded, failed, unknown or withdrawn.';
COMMENT ON COLUMN portfolio_bi.job.last_outcome_label IS 'What became of the last run, as people read it.';
COMMENT ON COLUMN portfolio_bi.job.last_outcome_sort_order IS 'What became of the last run as a number, 1 is failed: sort by it.';
COMMENT ON COLUMN portfolio_bi.job.last_outcome_colour IS 'Fill colour of the outcome, #rrggbb.';
COMMENT ON COLUMN portfolio_bi.job.last_sqlstate IS 'SQLSTATE with which the last run failed; NULL: it did not.';
COMMENT ON COLUMN portfolio_bi.job.succeeded_in_30_days IS 'Runs of the last 30 days that succeeded, as far as history goes back.';
COMMENT ON COLUMN portfolio_bi.job.failed_in_30_days IS 'Runs of the last 30 days that failed or whose end is unknown, as far as history goes back.';
