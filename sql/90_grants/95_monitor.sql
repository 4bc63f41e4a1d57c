-- pg_monitor, as in PostgreSQL itself, sees how everything goes and nothing of what it is about: all jobs with their
-- schedules, states, times and counts, and neither commands nor messages, which may quote data.
GRANT SELECT ON portfolio.pg_stat_portfolio_jobs, portfolio.pg_stat_portfolio_workers, portfolio.pg_stat_portfolio_scheduler,
  portfolio.pg_stat_portfolio_progress, portfolio.job_account, portfolio.slot_account, portfolio.job_overview,
  portfolio.job_slot_range, portfolio.job_alert, portfolio.calendar, portfolio.calendar_day TO pg_monitor;

-- What these views read, as their caller: all columns but one.
DO $$
DECLARE
  kept record;
BEGIN
  FOR kept IN SELECT * FROM (VALUES ('job', 'command'), ('job_run', 'message')) k (table_name, column_name) LOOP
    EXECUTE pg_catalog.format('GRANT SELECT (%s) ON portfolio.%I TO pg_monitor',
      (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = ('portfolio.' || kept.table_name)::pg_catalog.regclass AND a.attnum > 0 AND a.attname <> kept.column_name),
      kept.table_name);
  END LOOP;
END
$$;

GRANT EXECUTE ON FUNCTION portfolio.health(jsonb), portfolio.doctor_jobs(), portfolio.check_options(jsonb, text[]),
  portfolio.scheduler_status(), portfolio.worker_status(), portfolio.score_progress(),
  portfolio.current_role_oid(), portfolio.current_database_oid(),
  portfolio.job_held_reason(name, oid, oid, bigint), portfolio.job_next_run(portfolio.schedule, text, text, timestamptz, timestamptz),
  portfolio.job_command(bigint), portfolio.run_message(bigint, bigint, smallint),
  portfolio.count_slots(portfolio.schedule, timestamptz, timestamptz, text, text) TO pg_monitor;
