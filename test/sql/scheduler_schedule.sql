-- The type schedule and next_run()
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
SET timezone = 'UTC';

-- canonical output, read back the same
SELECT v AS written, v::portfolio.schedule AS canonical,
       portfolio.schedule_eq(v::portfolio.schedule, v::portfolio.schedule::text::portfolio.schedule) AS same
  FROM unnest(ARRAY[
  '* * * * *', '  5 4  * * *  ', '*/15 * * * *', '0,15,30,45 8-18 * * mon-fri', '0 0 1,15 * WED', '0 6 * * 1-5',
  '0 0 * * 7', '0 0 * * fri-sun', '0 0 * * 5-7', '5/20 * * * *', '0 0 29 2 *', '10-30/10,40 */2 * jan,mar-May *',
  '0 0 */31 * *', '0 0 * * */7', '0 12 */2 * mon', '1,1,1,0 0 * * *', '0 0 31 1-12 *', '0-59 0-23 1-31 1-12 0-6',
  '@hourly', '@daily', '@midnight', '@weekly', '@monthly', '@yearly', '@annually', '@DAILY',
  'every 10 seconds', 'every 100 ms', 'every 5 minutes', 'every 60 seconds', 'every minute', 'Every 90 min', 'every 1500 milliseconds', 'every 1.5 seconds', '0.1 s',
  'every 2h', 'every 168 hours', '10 seconds', 'every 1 hour 30 minutes', 'PT1H30M', 'every PT0.5S', 'every 5 min after each run', 'PT10S after each run',
  '30 0 6 * * mon', '0 0 6 * * mon', '*/10 * * * * *', '0 0 ? * ?', '0 0 L * *', '0 0 $ * *', '0 0 LW,L-3,15W,1 * *', '0 0 * * friL,mon#2,7L', '0 0 L * mon#5',
  '@reboot', '@Reboot ', 'at 2027-03-01 09:00 Europe/London', 'at 2027-07-01T09:00:00.25+01:00', 'at 2027-07-01 09:00 -0330', 'at 2026-10-25 01:30 Europe/London', '2027-03-01 09:00 Europe/London', '2027-03-01T09:00:00Z',
  '0 6 * * 1-5 except on calendar scotland', '@daily  ON  Calendar fiscal Except on calendar x_1', 'every 10 minutes except on calendar scotland']) v;
SELECT v AS written, portfolio.describe_schedule(v::portfolio.schedule) FROM unnest(ARRAY[
  '* * * * *', '0 6 * * mon-fri', '*/15 8-18 * * *', '30 * * * *', '@hourly', '5,35 9,17 * * *', '*/7 * * * *', '0 0 13 * fri', '0 12 */2 * mon', '0 12 */2 * *',
  '0 0 L-3,LW,15W jan-mar *', '0 9 ? * mon#2,friL', '0 0 1,15 * *', '*/10 * * * * *', '30 15 10 * * *', '15 30 */2 * * *', '0-10 8,9 * * *', '@reboot', 'PT1H30M',
  '10 minutes after each run', 'at 2027-03-01 09:00 Europe/London', '0 6 * * 1-5 on calendar a except on calendar b', 'every 10 minutes except on calendar scotland']) v;

-- what is refused, and why
CREATE PROCEDURE pg_temp.refused(VARIADIC texts text[]) LANGUAGE plpgsql AS $$
DECLARE
  v text; message text; detail text; hint text; state text;
BEGIN
  FOREACH v IN ARRAY texts LOOP
    BEGIN
      PERFORM v::portfolio.schedule;
      RAISE NOTICE 'accepted: %', v;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, state = RETURNED_SQLSTATE;
      RAISE NOTICE E'% %\n  DETAIL: %\n  HINT: %', state, message, detail, hint;
    END;
  END LOOP;
END $$;
CALL pg_temp.refused('', '* * * *', '0 0 * * * * *', '60 * * * * *', '60 * * * *', '* 24 * * *', '* * 0 * *', '* * 32 * *', '* * * 13 *', '* * * * 8',
  '* * * foo *', '* mon * * *', '5- * * * *', '30-10 * * * *', '*/0 * * * *', '*/61 * * * *', '* */ * * *', '1, * * * *', '1;2 * * * *',
  '1é * * * *', '0 0 30 2 *', '0 0 31 4,6,9,11 *', '0 0 31 feb *', '99999999999 * * * *', '-5 * * * *',
  '@fortnightly', 'every', 'every 10', 'every 10 parsecs', 'every 99 ms', 'every 0 seconds', 'every day', 'every 2 weeks',
  'every 169 hours', 'every 99999999999999999999 seconds', 'every 1.5 minutes', '0.05 seconds', '1.5', 'every 10 seconds please',
  '0 0 L-31 * *', '0 0 L-0 * *', '0 0 0W * *', '0 0 32W * *', '0 0 LL * *', '0 0 * * L', '0 0 * * mon#6', '0 0 * * mon#', '0 0 1-5W * *', '? * * * *', '0 0 30W feb *', '0 0 */15 * mon#2',
  'every P1D', 'every P1DT1H', 'PT', 'PT5', 'PT1M1H', 'PT0.5M', 'P', 'PT10S after', 'every 5 min after run', 'every 5 min after each run twice', '1 month',
  'at 2027-03-01 09:00', '2027-03-01', '2027-03-01 09:00', '2027 * * * *', 'at 2027-02-29 09:00Z', 'at 2027-03-01 25:00Z', 'at tomorrow', 'at 2027-03-01 9:00Z', 'at 2027-03-28 01:30 Europe/London', 'at 2027-03-01 09:00 Europe/Lndon', 'at 2027-03-01 09:00 +1',
  '@daily on', '@daily on calendar', '@daily on calendar Scotland', '@daily on calendar a on calendar b', '@daily except calendar a', '@daily on calendar a b', '@reboot on calendar a', 'at 2027-03-01 09:00Z except on calendar a');

-- binary input checks what text input checks
SELECT encode(portfolio.schedule_send('0 6 * * 1-5'), 'hex');
CREATE TEMP TABLE wire (s portfolio.schedule);
INSERT INTO wire VALUES ('0 6 * * 1-5'), ('every 250 ms'), ('*/5 * 1,31 * *'), ('5 0 0 L,3W * mon#2,friL on calendar a except on calendar b-c'), ('at 2027-03-01 09:00Z'), ('@reboot'), ('every 1 min after each run');
CREATE TEMP TABLE wire_back (LIKE wire);
\set file '/tmp/pf_schedule_wire_' :PORT '.bin'
COPY wire TO :'file' WITH (FORMAT binary);
COPY wire_back FROM :'file' WITH (FORMAT binary);
SELECT s FROM wire_back;
SELECT count(*) FROM wire w JOIN wire_back b ON w.s OPERATOR(portfolio.=) b.s;
\setenv FILE :file
\! rm -f "$FILE"

-- equality and hash, no order
SELECT '@daily'::portfolio.schedule OPERATOR(portfolio.=) '0 0 * * *' AS same,
       'every 1 minute'::portfolio.schedule OPERATOR(portfolio.<>) '* * * * *' AS other;
SET search_path = public, portfolio;
SELECT s, count(*) FROM unnest(ARRAY['@daily', '0 0 * * *', '0 0 * * *', '@hourly']::schedule[]) s GROUP BY s ORDER BY s::text;
SELECT s FROM unnest(ARRAY['@daily']::schedule[]) s ORDER BY s;
RESET search_path;

-- next_run: plain days
SELECT portfolio.next_run('0 6 * * 1-5', '2026-11-20 06:00+00', 'UTC') AS monday,
       portfolio.next_run('0 6 * * 1-5', '2026-11-20 05:59:59.999999+00', 'UTC') AS friday,
       portfolio.next_run('0 0 29 2 *', '2096-03-01', 'UTC') AS leap_day_after_2100,
       portfolio.next_run('0 0 13 * fri', '2026-11-14', 'UTC') AS either_day_field,
       portfolio.next_run('0 0 */2 * fri', '2026-11-14', 'UTC') AS both_day_fields,
       portfolio.next_run('every 10 seconds', '2026-11-20 06:00:00.5+00', 'UTC') AS grid,
       portfolio.next_run('every 100 ms', '1999-12-31 23:59:59.95+00', 'UTC') AS grid_before_2000,
       portfolio.next_run('0 0 1 1 *', '1969-12-31 23:59:59.5+00', 'UTC') AS before_1970;
-- the skipped hour (29 March 2026, 01:00 to 02:00 in London) is made up for once, at its end
SELECT s, portfolio.next_run(s, '2026-03-29 00:50+00', 'Europe/London') AS next,
       portfolio.count_slots(s, '2026-03-29 00:50+00', '2026-03-29 01:10+00', 'Europe/London') AS slots
  FROM unnest(ARRAY['30 1 * * *', '*/10 1 * * *', '0 1,2 * * *', '30 * * * *', '0 3 * * *']::portfolio.schedule[]) s;
-- the repeated hour (25 October 2026, 01:00 to 02:00) counts once, unless the hour field is a star
SELECT s, portfolio.next_run(s, '2026-10-24 23:50+00', 'Europe/London') AS next,
       portfolio.count_slots(s, '2026-10-24 23:50+00', '2026-10-25 02:00+00', 'Europe/London') AS slots
  FROM unnest(ARRAY['30 1 * * *', '*/10 1 * * *', '30 * * * *', '0 */1 * * *', '30 0-23 * * *']::portfolio.schedule[]) s;
-- a day that never was (Samoa, 30 December 2011)
SELECT portfolio.next_run('0 12 30 12 *', '2011-12-29 00:00+00', 'Pacific/Apia') AS made_up_for,
       portfolio.next_run('0 12 31 12 *', '2011-12-29 00:00+00', 'Pacific/Apia') AS next_day;
-- faults
SELECT portfolio.next_run('@daily', now(), 'Europe/Lndon');
SELECT portfolio.next_run('@daily', now(), 'UTC', 'bank_holidays');
SELECT portfolio.next_run('@daily', 'infinity', 'UTC');
SELECT portfolio.next_run('@daily', NULL, 'UTC') IS NULL AS unknown;

-- Brute force: the instants that next_run steps through are those that a walk over every minute finds.
CREATE FUNCTION pg_temp.field(f text, low int, high int) RETURNS int[] LANGUAGE sql AS $$
  SELECT array_agg(DISTINCT v)
    FROM unnest(string_to_array(f, ',')) item,
         LATERAL (SELECT split_part(item, '/', 1) AS span, coalesce(nullif(split_part(item, '/', 2), '')::int, 1) AS step) a,
         LATERAL (SELECT CASE WHEN span = '*' THEN low ELSE split_part(span, '-', 1)::int END AS lo,
                         CASE WHEN span = '*' THEN high WHEN span LIKE '%-%' THEN split_part(span, '-', 2)::int ELSE split_part(span, '-', 1)::int END AS hi) b,
         generate_series(lo, hi, step) v $$;
CREATE FUNCTION pg_temp.brute(s text, from_day timestamptz, upto timestamptz, zone text) RETURNS SETOF timestamptz LANGUAGE sql AS $$
  WITH f AS MATERIALIZED (SELECT pg_temp.field(split_part(s, ' ', 1), 0, 59) AS mi, pg_temp.field(split_part(s, ' ', 2), 0, 23) AS ho,
                    pg_temp.field(split_part(s, ' ', 3), 1, 31) AS dd, pg_temp.field(split_part(s, ' ', 4), 1, 12) AS mo,
                    pg_temp.field(split_part(s, ' ', 5), 0, 6) AS wd,
                    split_part(s, ' ', 2) LIKE '*%' AS star_hour, split_part(s, ' ', 3) LIKE '*%' OR split_part(s, ' ', 5) LIKE '*%' AS star_day),
  -- every minute with its local time and the local time one minute earlier
  t AS (SELECT g AS at, g AT TIME ZONE zone AS here, (g - interval '1 minute') AT TIME ZONE zone AS before
          FROM generate_series(from_day, upto, interval '1 minute') g),
  -- local minutes of each instant: its own and those skipped just before it
  l AS (SELECT at, here AS minute, false AS skipped, max(here) OVER (ORDER BY at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) >= here AS repeated FROM t
        UNION ALL
        SELECT at, m, true, false FROM t, generate_series(before + interval '1 minute', here - interval '1 minute', interval '1 minute') m
         WHERE here > before + interval '1 minute')
  SELECT DISTINCT at FROM l, f
   WHERE extract(minute FROM minute) = ANY (mi) AND extract(hour FROM minute) = ANY (ho) AND extract(month FROM minute) = ANY (mo)
     AND CASE WHEN star_day THEN extract(day FROM minute) = ANY (dd) AND extract(dow FROM minute) = ANY (wd)
              ELSE extract(day FROM minute) = ANY (dd) OR extract(dow FROM minute) = ANY (wd) END
     AND (star_hour OR NOT repeated) AND (NOT star_hour OR NOT skipped)
     AND at > from_day $$;
CREATE FUNCTION pg_temp.stepped(s portfolio.schedule, from_day timestamptz, upto timestamptz, zone text) RETURNS SETOF timestamptz LANGUAGE sql AS $$
  WITH RECURSIVE r AS (SELECT portfolio.next_run(s, from_day, zone) AS at
                       UNION ALL SELECT portfolio.next_run(s, at, zone) FROM r WHERE at <= upto)
  SELECT at FROM r WHERE at <= upto $$;
WITH cases AS (
  SELECT * FROM unnest(ARRAY['30 1 * * *', '*/7 * * * *', '0 1,2,3 * * *', '59 23 * * 0', '0 0 25,29 * *', '*/20 1-2 * * 0', '15 */2 */2 * 0', '30 0-23 * * *', '5 1 29 3 3']) s,
       (VALUES ('Europe/London', '2026-03-28 00:00+00'::timestamptz), ('Europe/London', '2026-10-24 00:00+00'),
               ('Australia/Lord_Howe', '2026-04-03 12:00+00'), ('Australia/Lord_Howe', '2026-10-02 12:00+00'),
               ('America/St_Johns', '2006-10-28 00:00+00'), ('Pacific/Apia', '2011-12-29 00:00+00'), ('Asia/Kolkata', '2026-02-28 00:00+00')) z (zone, begins))
SELECT count(*) AS cases, sum(n) > 500 AS many_instants, count(*) FILTER (WHERE differ) AS differ
  FROM cases, LATERAL (
    SELECT count(*) AS n, count(*) FILTER (WHERE a.at IS NULL OR b.at IS NULL) > 0
              OR count(b.at) <> portfolio.count_slots(s::portfolio.schedule, begins, begins + interval '2 days', zone) AS differ
      FROM pg_temp.brute(s, begins, begins + interval '2 days', zone) a(at)
      FULL JOIN pg_temp.stepped(s::portfolio.schedule, begins, begins + interval '2 days', zone) b(at) USING (at)) c;
