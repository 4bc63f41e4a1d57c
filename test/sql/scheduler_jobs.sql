-- Jobs: what is written, what is refused, word for word
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
CREATE ROLE regress_pf_job LOGIN;
CREATE ROLE regress_pf_job2 LOGIN;
CREATE ROLE regress_pf_nologin;
CREATE ROLE regress_pf_expired LOGIN VALID UNTIL '2001-01-01';
SELECT count(portfolio.grant_profile(r, 'operator')) FROM unnest('{regress_pf_job,regress_pf_job2,regress_pf_nologin,regress_pf_expired}'::name[]) r;
-- (what is said where no scheduler runs is tested with servers of their own)
SET timezone = 'Europe/London';

-- a superuser, a role that cannot log in, one that has expired, one without CONNECT
SELECT portfolio.schedule_job('by_superuser', '@daily', 'SELECT 1');
SET ROLE regress_pf_nologin;
SELECT portfolio.schedule_job('by_nologin', '@daily', 'SELECT 1');
SET ROLE regress_pf_expired;
SELECT portfolio.schedule_job('by_expired', '@daily', 'SELECT 1');
RESET ROLE;
SELECT current_database() AS db \gset
REVOKE CONNECT ON DATABASE :"db" FROM PUBLIC;
SET ROLE regress_pf_job;
SELECT portfolio.schedule_job('no_connect', '@daily', 'SELECT 1');
RESET ROLE;
GRANT CONNECT ON DATABASE :"db" TO PUBLIC;

-- commands, schedules and choices that cannot be
SET ROLE regress_pf_job;
SELECT portfolio.schedule_job('bad', '@daily', 'SELEC 1');
SELECT portfolio.schedule_job('bad', '@daily', E'SELECT 1;\nSELECT (');
SELECT portfolio.schedule_job('bad', '@daily', ' ; -- nothing');
SELECT portfolio.schedule_job('bad', '@daily', 'COPY t FROM STDIN');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1; COPY t TO STDOUT');
SELECT portfolio.schedule_job('bad', '@daily', 'LISTEN news');
SELECT portfolio.schedule_job('bad', '61 * * * *', 'SELECT 1');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', time_zone => 'Europe/Lndon');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', overlap => 'often');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', statement_timeout => '-1 s');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', options => '{"colour": "red"}');
SELECT portfolio.schedule_job(' ', '@daily', 'SELECT 1');
SELECT portfolio.schedule_job(NULL, '@daily', 'SELECT 1');
SELECT count(*) FROM portfolio.job WHERE owner::text LIKE 'regress_pf%';

-- what is stored; the defaults are visible
SELECT portfolio.schedule_job('nightly', '0 2 * * mon-fri', 'SELECT 1') AS id \gset
SELECT name, schedule, command, time_zone, overlap, misfire, on_unknown, retry_limit, retry_delay, statement_timeout, total_timeout, state, owner
  FROM portfolio.job WHERE job_id = :id;
SELECT owner_oid = 'regress_pf_job'::regrole, database_oid = (SELECT oid FROM pg_database WHERE datname = current_database()), portfolio.job_held_reason(j.owner, j.owner_oid, j.database_oid, j.system_identifier)
  FROM portfolio.job j WHERE job_id = :id;
SELECT name, owner, schedule, state, held, next_run > now() AS later, next_run = portfolio.next_run('0 2 * * 1-5', now(), 'Europe/London') AS next_is_next FROM portfolio.job_overview WHERE job_id = :id;
SELECT portfolio.schedule_job('nightly', '@daily', 'SELECT 1');
-- changes
SELECT portfolio.alter_job('nightly', schedule => '0 3 * * *', comment => 'at three') = :id AS same;
SELECT schedule, command, comment, account_from > created_at AS new_account FROM portfolio.job WHERE job_id = :id;
SELECT portfolio.alter_job('nightly', command => 'SELECT') = :id AS same;
SELECT portfolio.alter_job('nightly', command => 'SELEC');
SELECT portfolio.pause_job('nightly');
SELECT state, next_run FROM portfolio.job_overview WHERE job_id = :id;
SELECT portfolio.resume_job('nightly');
SELECT state, next_run > now() AS later FROM portfolio.job_overview WHERE job_id = :id;
SELECT portfolio.pause_job('nightli');
-- what the engine fills is not the writer's
INSERT INTO portfolio.job (name, schedule, command, owner) VALUES ('x', '@daily', 'SELECT 1', 'postgres');
UPDATE portfolio.job SET owner = 'regress_pf_job2' WHERE job_id = :id;
UPDATE portfolio.job SET system_identifier = 1 WHERE job_id = :id;
INSERT INTO portfolio.job_run (job_id, job_name, owner, week_slot, queued_at, outcome) VALUES (1, 'x', 'x', 0, now(), 'queued');

-- another operator sees it, may pause it, and may not change what it runs
SET ROLE regress_pf_job2;
SELECT name, owner FROM portfolio.job_overview WHERE owner::text LIKE 'regress_pf%';
SELECT portfolio.pause_job('nightly');
SELECT portfolio.pause_job(:id);
UPDATE portfolio.job SET command = 'DROP TABLE x' WHERE job_id = :id;
UPDATE portfolio.job SET schedule = 'every 1 second' WHERE job_id = :id;
UPDATE portfolio.job SET priority = 5, comment = 'mine now' WHERE job_id = :id;
SELECT portfolio.resume_job(:id);
SELECT portfolio.schedule_job('nightly', '@weekly', 'SELECT 2') > 0 AS own_name_space;
-- with privileges on columns only, one sees one's own
RESET ROLE;
REVOKE SELECT ON portfolio.job FROM regress_pf_job2;
GRANT SELECT (job_id, name, owner, command) ON portfolio.job TO regress_pf_job2;
SET ROLE regress_pf_job2;
SELECT name, owner, command FROM portfolio.job;
RESET ROLE;
GRANT SELECT ON portfolio.job TO regress_pf_job2;

-- run_job puts a row into the caller's transaction
SET ROLE regress_pf_job;
SELECT portfolio.pause_job('nightly');
BEGIN;
SELECT portfolio.run_job('nightly') > 0 AS queued;
SELECT job_name, owner, due_at, outcome FROM portfolio.job_run WHERE job_id = :id;
ROLLBACK;
SELECT count(*) FROM portfolio.job_run WHERE job_id = :id;
SELECT portfolio.run_job('no such job');
-- removed
SELECT portfolio.unschedule_job('nightly');
SELECT portfolio.unschedule_job('nightly');
RESET ROLE;

-- the account: every row of history is in the partition of its week, no slot in two ranges
\set VERBOSITY terse
INSERT INTO portfolio.job_run (job_id, job_name, owner, week_slot, queued_at, outcome) VALUES (1, 'x', 'x', 64, now(), 'queued');
INSERT INTO portfolio.job_run (job_id, job_name, owner, week_slot, queued_at, outcome) VALUES (1, 'x', 'x', portfolio.week_slot('2026-01-01 00:00+00'), '2026-01-08 00:00+00', 'queued');
INSERT INTO portfolio.job_slot_range (job_id, owner, first_due, last_due, slots, outcome, reason)
VALUES (-1, 'x', '2026-01-01 00:00+00', '2026-01-01 00:10+00', 11, 'missed', 'misfire'), (-1, 'x', '2026-01-01 00:10+00', '2026-01-01 00:10+00', 1, 'skipped', 'overlap');
SELECT count(*) AS partitions FROM pg_inherits WHERE inhparent = 'portfolio.job_run'::regclass;
SELECT portfolio.week_slot('1970-01-01 00:00+00'), portfolio.week_slot('1969-12-31 23:59+00'), portfolio.week_slot('1971-03-25 00:00+00'), portfolio.week_slot(NULL);

-- the purge: whole weeks, failures kept, accounts moved and still balanced
SET ROLE regress_pf_job;
SELECT portfolio.schedule_job('old', '0 0 * * *', 'SELECT 1', time_zone => 'UTC') AS id \gset
SELECT portfolio.pause_job('old');
RESET ROLE;
UPDATE portfolio.job SET account_from = date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - 70 * interval '24 hours' WHERE job_id = :id;
INSERT INTO portfolio.job_run (job_id, job_name, owner, week_slot, due_at, queued_at, started_at, finished_at, outcome, sqlstate)
SELECT job_id, name, owner, portfolio.week_slot(account_from + n * interval '24 hours'), account_from + n * interval '24 hours', now(), now(), now(),
       CASE WHEN n % 7 = 0 THEN 'failed' ELSE 'succeeded' END, CASE WHEN n % 7 = 0 THEN '22012' END
  FROM portfolio.job, generate_series(1, 60) n WHERE job_id = :id AND n NOT BETWEEN 30 AND 45;
INSERT INTO portfolio.job_slot_range (job_id, owner, first_due, last_due, slots, outcome, reason)
SELECT job_id, owner, account_from + 30 * interval '24 hours', account_from + 45 * interval '24 hours', 16, 'missed', 'misfire' FROM portfolio.job WHERE job_id = :id;
SELECT due, ran, missed, balanced FROM portfolio.job_account WHERE job_id = :id;
SELECT portfolio.purge_job_runs('6 days');
SELECT portfolio.purge_job_runs('28 days') >= 4 AS weeks_emptied;
-- at least the weeks before the range are gone, the range that crosses the line is kept whole
SELECT balanced, due BETWEEN 28 AND 32 AS begins_at_the_range, missed FROM portfolio.job_account WHERE job_id = :id;
SELECT count(*) FILTER (WHERE due_at <= (SELECT account_from FROM portfolio.job WHERE job_id = :id) - interval '7 days') AS too_old, count(*) > 0 AS young FROM portfolio.job_run WHERE job_id = :id;
SELECT count(*) >= 4 AS kept, count(DISTINCT sqlstate) FROM portfolio.job_failure WHERE job_id = :id;
SELECT portfolio.purge_job_runs('28 days', '7 days');
SELECT portfolio.purge_job_runs('28 days', '1 year', 0);
SELECT portfolio.purge_job_runs('28 days', '29 days', 5) >= 0 AS by_count;
SELECT (SELECT count(*) FROM portfolio.job_run WHERE job_id = :id) AS runs, (SELECT due FROM portfolio.job_account WHERE job_id = :id) AS due,
       (SELECT balanced FROM portfolio.job_account WHERE job_id = :id);
DELETE FROM portfolio.job_run WHERE job_id = :id;
DELETE FROM portfolio.job_slot_range WHERE job_id = :id;
DELETE FROM portfolio.job_failure WHERE job_id = :id;
SELECT portfolio.cancel_run(-1);

DELETE FROM portfolio.job WHERE owner::text LIKE 'regress_pf%';
SELECT count(portfolio.revoke_profile(r, 'operator')) FROM unnest('{regress_pf_job,regress_pf_job2,regress_pf_nologin,regress_pf_expired}'::name[]) r;
DROP OWNED BY regress_pf_job, regress_pf_job2, regress_pf_nologin, regress_pf_expired;
DROP ROLE regress_pf_job, regress_pf_job2, regress_pf_nologin, regress_pf_expired;
