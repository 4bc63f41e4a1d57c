-- The jobs that watch over transfers.
CREATE FUNCTION portfolio.schedule_transfer_checks(options jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT portfolio.check_options(options, '{}');
  SELECT count(portfolio.schedule_job(w.name, w.schedule, w.command, comment => w.comment))
    FROM (VALUES
      ('evaluate_criteria', '43 5 * * *', 'SELECT count(*) FROM portfolio.evaluate()', 'Asks the queries of the criteria of all live runs and records what they say'),
      ('transfer_checks', '13 6 * * *', 'SELECT * FROM portfolio.run_checks(''transfer'')', 'Brings the findings of transfers and service operations up to date')
    ) w (name, schedule, command, comment)
   WHERE NOT EXISTS (SELECT FROM portfolio.job j WHERE j.owner = current_user AND j.name = w.name);
END;
COMMENT ON FUNCTION portfolio.schedule_transfer_checks(jsonb) IS
  'Makes the jobs that watch over transfers, every morning in the caller''s time zone: evaluate_criteria asks the queries of criteria again, transfer_checks runs the checks of area transfer. They run as the caller, who needs the profile operator and may alter, pause or drop them as any job. Gives how many were made: jobs of these names that he has stay as they are. Refused as schedule_job() refuses. No options yet. Example: SELECT portfolio.schedule_transfer_checks();';
