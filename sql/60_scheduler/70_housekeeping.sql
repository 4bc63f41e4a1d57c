-- The jobs that keep what grows by itself small.
CREATE FUNCTION portfolio.schedule_housekeeping(options jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT portfolio.check_options(options, '{}');
  SELECT count(portfolio.schedule_job(w.name, w.schedule, format('SELECT portfolio.%I()', w.name), comment => w.comment))
    FROM (VALUES
      ('compact_tracking',        '17 * * * *', 'Sums the tallies of tracked data sets, so that current_score() reads few rows'),
      ('purge_graph_changes',     '13 3 * * 0', 'Forgets which transactions wrote the graph, but for those that still run'),
      ('purge_scores',            '23 3 * * 0', 'Forgets scores of over a year ago that later ones have replaced'),
      ('purge_whole_set_results', '33 3 * * 0', 'Forgets results of whole-set rules of over a year ago that later ones have replaced'),
      ('purge_check_runs',        '43 3 * * 0', 'Forgets check runs of over 400 days ago'),
      ('purge_job_runs',          '53 3 * * 0', 'Forgets job runs of over 28 days ago; failures are kept a year')
    ) w (name, schedule, comment)
   WHERE NOT EXISTS (SELECT FROM portfolio.job j WHERE j.owner = current_user AND j.name = w.name);
END;
COMMENT ON FUNCTION portfolio.schedule_housekeeping(jsonb) IS
  'Makes the jobs that keep the portfolio''s own tables small, each named after the function that it calls: compact_tracking hourly; purge_graph_changes, purge_scores, purge_whole_set_results, purge_check_runs and purge_job_runs in the night to Sunday, in the caller''s time zone. They run as the caller, who needs the profile operator and may alter, pause or drop them as any job. Gives how many were made: jobs of these names that he has stay as they are. Refused as schedule_job() refuses. No options yet.';
