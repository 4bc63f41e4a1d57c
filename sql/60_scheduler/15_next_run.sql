-- When is a schedule due?
CREATE FUNCTION portfolio.next_run(
  schedule portfolio.schedule, after timestamptz, time_zone text, calendar text DEFAULT NULL
) RETURNS timestamptz
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_next_run';
COMMENT ON FUNCTION portfolio.next_run(portfolio.schedule, timestamptz, text, text) IS
  'The first instant strictly after the one given at which the schedule is due in the time zone, and not on a day of the calendar. An hour that the clocks skip is made up for once, at the change; an hour that they repeat counts once, unless the hour field is a star. NULL for never and if one of the first three arguments is NULL; 22023 for an unknown time zone; 42704 for a calendar that does not exist; 22008 where a calendar does not know the year.';

CREATE FUNCTION portfolio.count_slots(
  schedule portfolio.schedule, after timestamptz, upto timestamptz, time_zone text, calendar text DEFAULT NULL
) RETURNS bigint
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_count_slots';
COMMENT ON FUNCTION portfolio.count_slots(portfolio.schedule, timestamptz, timestamptz, text, text) IS
  'How many instants of the schedule are later than after and not later than upto ("after each run": as if runs took no time). NULL if one of the first four arguments is NULL; errors as next_run(); 22008 for an infinite instant.';

CREATE TYPE portfolio.upcoming_run AS (n integer, due_at timestamptz, local_time timestamp);
COMMENT ON TYPE portfolio.upcoming_run IS 'A row of upcoming_runs().';
COMMENT ON COLUMN portfolio.upcoming_run.n IS 'Number, from 1.';
COMMENT ON COLUMN portfolio.upcoming_run.due_at IS 'The instant.';
COMMENT ON COLUMN portfolio.upcoming_run.local_time IS 'What clocks of the time zone show then.';
CREATE FUNCTION portfolio.list_runs(
  schedule portfolio.schedule, after timestamptz, n integer, time_zone text, calendar text
) RETURNS SETOF portfolio.upcoming_run
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_list_runs';
COMMENT ON FUNCTION portfolio.list_runs(portfolio.schedule, timestamptz, integer, text, text) IS
  'What upcoming_runs() does once its options are checked.';
CREATE FUNCTION portfolio.upcoming_runs(
  schedule portfolio.schedule, after timestamptz DEFAULT now(), n integer DEFAULT 10,
  time_zone text DEFAULT current_setting('TimeZone'), calendar text DEFAULT NULL, options jsonb DEFAULT '{}'
) RETURNS SETOF portfolio.upcoming_run
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT r.n, r.due_at, r.local_time
    FROM portfolio.list_runs(upcoming_runs.schedule, upcoming_runs.after, upcoming_runs.n, upcoming_runs.time_zone, upcoming_runs.calendar) r
   WHERE portfolio.check_options(upcoming_runs.options, '{}') IS NOT NULL;
END;
COMMENT ON FUNCTION portfolio.upcoming_runs(portfolio.schedule, timestamptz, integer, text, text, jsonb) IS
  'The next n instants (100,000 at most) at which the schedule is due, after the one given. Fewer where there are no more. Errors as next_run(). Example: SELECT * FROM portfolio.upcoming_runs(''0 6 * * mon-fri except on calendar scotland'');';

CREATE FUNCTION portfolio.check_time_zone(time_zone text) RETURNS text
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_check_time_zone';
COMMENT ON FUNCTION portfolio.check_time_zone(text) IS 'Gives back the name of a time zone, or raises 22023 if there is no such zone.';
CREATE FUNCTION portfolio.check_schedule(
  schedule portfolio.schedule, after timestamptz, time_zone text, calendar text
) RETURNS portfolio.schedule
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_check_schedule';
COMMENT ON FUNCTION portfolio.check_schedule(portfolio.schedule, timestamptz, text, text) IS
  'Gives back a schedule that will be due at some time after the instant; otherwise raises 22023, or what next_run() raises. NULL if one of the first three arguments is NULL.';
