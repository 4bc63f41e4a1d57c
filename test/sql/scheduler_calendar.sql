-- Calendars: bank holidays as published, days of the site, schedules that ask them
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
SET timezone = 'Europe/London';

-- the bank holidays of single years, as www.gov.uk/bank-holidays lists them
SELECT calendar, extract(year FROM day) AS year, string_agg(to_char(day, 'DD Mon'), ', ' ORDER BY day) AS days
  FROM portfolio.effective_calendar_day
 WHERE calendar IN ('england-and-wales', 'scotland', 'northern-ireland') AND extract(year FROM day) IN (2016, 2017, 2020, 2021, 2022, 2023, 2024, 2025, 2026)
 GROUP BY 1, 2 ORDER BY 2, 1;
SELECT day, name FROM portfolio.effective_calendar_day WHERE calendar = 'scotland' AND extract(year FROM day) IN (2017, 2022) ORDER BY day;
-- all of them: weekdays only, eight a year and what was proclaimed
SELECT calendar, count(*), min(day), max(day), bool_and(extract(isodow FROM day) < 6) AS weekdays FROM portfolio.calendar_day WHERE builtin GROUP BY 1 ORDER BY 1;
-- Easter, against the tables of the Book of Common Prayer
SELECT y, portfolio.easter_sunday(y) FROM unnest(ARRAY[1818, 1943, 1954, 2000, 2008, 2011, 2016, 2019, 2024, 2025, 2026, 2027, 2030, 2038, 2285]) y;
SELECT portfolio.financial_year(d), portfolio.financial_quarter(d), portfolio.financial_year_range(d), portfolio.quarter_range(d)
  FROM unnest(ARRAY['2026-03-31', '2026-04-01', '2026-12-31', '1999-12-31', '2000-01-01', NULL]::date[]) d;

-- schedules ask them
SELECT n, due_at, local_time FROM portfolio.upcoming_runs('0 6 * * mon-fri except on calendar england-and-wales', '2026-12-23 12:00', 4);
SELECT n, local_time FROM portfolio.upcoming_runs('0 6 * * *', '2026-06-12 12:00', 4, 'Europe/London', 'scotland');
SELECT n, local_time FROM portfolio.upcoming_runs('0 9 * * * on calendar scotland except on calendar england-and-wales', '2026-01-01', 5);
SELECT n, local_time FROM portfolio.upcoming_runs('every 8 hours except on calendar england-and-wales', '2026-12-24 12:00', 5);
SELECT n, local_time FROM portfolio.upcoming_runs('every 5 hours after each run except on calendar england-and-wales', '2026-12-24 18:00', 3);
-- the day is that of the zone: in Auckland it begins thirteen hours earlier
SELECT portfolio.next_run('every 1 hour except on calendar england-and-wales', '2026-12-24 10:30+00', 'Pacific/Auckland') AT TIME ZONE 'UTC' AS auckland,
       portfolio.next_run('every 1 hour except on calendar england-and-wales', '2026-12-24 23:30+00', 'Europe/London') AT TIME ZONE 'UTC' AS london;
SELECT portfolio.count_slots('0 6 * * mon-fri', '2026-01-01', '2027-01-01', 'Europe/London') AS weekdays,
       portfolio.count_slots('0 6 * * mon-fri', '2026-01-01', '2027-01-01', 'Europe/London', 'england-and-wales') AS working_days,
       portfolio.count_slots('0 6 * * * on calendar england-and-wales', '2030-01-01', '2030-12-31 23:59', 'Europe/London') AS to_the_last_day;

-- what is not known is refused
SELECT portfolio.next_run('0 6 * * * except on calendar england-and-wales', '2030-12-31 12:00', 'Europe/London');
SELECT portfolio.next_run('0 6 * * * on calendar england-and-wales', '2030-12-31 12:00', 'Europe/London');
SELECT portfolio.next_run('0 6 * * * except on calendar england-and-wales', '2014-12-31 05:00', 'Europe/London');
SELECT portfolio.next_run('0 6 * * *', '2026-01-01', 'Europe/London', 'wales');
SELECT portfolio.next_run('0 6 * * *', '2026-01-01', 'Europe/London', 'No such calendar!');
SELECT portfolio.count_slots('@daily except on calendar scotland', '2030-12-30', '2031-01-02', 'Europe/London');
SELECT count(*) FROM portfolio.upcoming_runs('@daily', '2026-01-01', -1);
SELECT count(*) FROM portfolio.upcoming_runs('@daily', '2026-01-01', 5, options => '{"colour": 1}');
SELECT * FROM portfolio.upcoming_runs('at 2027-03-01 09:00Z', '2026-01-01', 5, 'UTC');
SELECT portfolio.next_run('at 2027-03-01 09:00Z', '2027-03-01 09:00Z', 'UTC') AS never;

-- a site's own days
INSERT INTO portfolio.calendar (code, name) VALUES ('regress-freeze', 'Change freeze');
SELECT portfolio.next_run('@daily on calendar regress-freeze', '2026-01-01', 'Europe/London');
INSERT INTO portfolio.calendar_day (calendar, day, name) VALUES ('regress-freeze', '2026-12-21', 'freeze begins'), ('regress-freeze', '2026-12-22', 'freeze');
SELECT portfolio.next_run('@daily on calendar regress-freeze', '2026-01-01', 'Europe/London');
SELECT portfolio.next_run('@daily on calendar regress-freeze', '2026-12-23', 'Europe/London');
BEGIN;
INSERT INTO portfolio.calendar_day (calendar, day, name, counts) VALUES ('england-and-wales', '2026-12-25', 'we work', false), ('england-and-wales', '2026-12-29', 'we do not', true);
SELECT local_time FROM portfolio.upcoming_runs('0 6 * * * except on calendar england-and-wales', '2026-12-24', 5);
-- one row of the site makes a further year known
INSERT INTO portfolio.calendar_day (calendar, day, name) VALUES ('england-and-wales', '2031-12-25', 'Christmas Day');
SELECT portfolio.next_run('0 6 * * * on calendar england-and-wales', '2030-12-31 12:00', 'Europe/London');
ROLLBACK;
INSERT INTO portfolio.calendar (code, name) VALUES ('Bad Code', 'x');
INSERT INTO portfolio.calendar_day (calendar, day, counts, builtin) VALUES ('regress-freeze', '2026-01-01', false, true);

-- shipped rows are the release's
CREATE ROLE regress_calendar LOGIN;
SELECT portfolio.grant_profile('regress_calendar', 'operator');
SET ROLE regress_calendar;
DELETE FROM portfolio.calendar_day WHERE calendar = 'scotland' AND day = '2026-06-15';
UPDATE portfolio.calendar SET name = 'x' WHERE code = 'scotland';
INSERT INTO portfolio.calendar_day (calendar, day, builtin) VALUES ('scotland', '2027-06-15', true);
INSERT INTO portfolio.calendar_day (calendar, day, name) VALUES ('regress-freeze', '2026-12-24', 'freeze ends');
DELETE FROM portfolio.calendar WHERE code = 'regress-freeze';
RESET ROLE;
SELECT count(*) FROM portfolio.calendar_day WHERE calendar = 'regress-freeze';
SELECT portfolio.revoke_profile('regress_calendar', 'operator');
DROP ROLE regress_calendar;
