-- pg_monitor sees how all jobs go, and neither what they run nor what they said.
BEGIN;
SELECT plan(28);

CREATE ROLE pf_monitor_owner LOGIN;
SELECT portfolio.grant_profile('pf_monitor_owner', 'operator');
CREATE ROLE pf_monitor_only;
GRANT pg_monitor TO pf_monitor_only;
SET LOCAL ROLE pf_monitor_owner;
SELECT portfolio.schedule_job('monitored', '0 3 * * *', $$SELECT 'open sesame'$$);
SELECT portfolio.schedule_job('monitored too', '0 4 * * *', $$SELECT 'open sesame'$$);
RESET ROLE;
UPDATE portfolio.job SET state = 'broken', state_reason = 'No key.' WHERE name = 'monitored too';
INSERT INTO portfolio.job_run (job_id, job_name, owner, week_slot, due_at, queued_at, started_at, finished_at, outcome, sqlstate, message)
SELECT j.job_id, j.name, j.owner, portfolio.week_slot('2026-01-01 03:00+00'), '2026-01-01 03:00+00', '2026-01-01 03:00+00', '2026-01-01 03:00:01+00', '2026-01-01 03:00:02+00', 'failed', '22012', 'open sesame'
  FROM portfolio.job j WHERE j.name = 'monitored';
INSERT INTO portfolio.job_failure (run_id, job_id, job_name, owner, attempt, outcome, message)
SELECT 0, j.job_id, j.name, j.owner, 1, 'failed', 'open sesame' FROM portfolio.job j WHERE j.name = 'monitored';
INSERT INTO portfolio.job_alert (job_id, job_name, owner, state, at) SELECT j.job_id, j.name, j.owner, 'failing', now() FROM portfolio.job j WHERE j.name = 'monitored';

SET LOCAL ROLE pf_monitor_only;
SELECT results_eq($$SELECT name, owner::text COLLATE "default", schedule, state, last_outcome, last_duration, command, last_message FROM portfolio.job_overview WHERE owner = 'pf_monitor_owner' ORDER BY name$$,
  $$VALUES ('monitored', 'pf_monitor_owner', '0 3 * * *', 'active', 'failed', interval '1 second', NULL::text, NULL::text),
           ('monitored too', 'pf_monitor_owner', '0 4 * * *', 'broken', NULL, NULL, NULL, NULL)$$, 'job_overview shows the jobs of others, without command and message');
SELECT isnt((SELECT next_run FROM portfolio.job_overview WHERE name = 'monitored'), NULL, 'and when they run next');
SELECT isnt((SELECT failing_since FROM portfolio.job_overview WHERE name = 'monitored'), NULL, 'and since when they fail');
SELECT is((SELECT failed FROM portfolio.pg_stat_portfolio_jobs WHERE name = 'monitored'), 0::bigint, 'pg_stat_portfolio_jobs: since the server started');
SELECT is((SELECT jobs >= 2 FROM portfolio.slot_account), true, 'slot_account');
SELECT is((SELECT count(*) FROM portfolio.job_account WHERE owner = 'pf_monitor_owner'), 2::bigint, 'job_account');
SELECT lives_ok('SELECT * FROM portfolio.pg_stat_portfolio_workers', 'pg_stat_portfolio_workers');
SELECT lives_ok('SELECT * FROM portfolio.pg_stat_portfolio_scheduler', 'pg_stat_portfolio_scheduler');
SELECT lives_ok('SELECT * FROM portfolio.pg_stat_portfolio_progress', 'pg_stat_portfolio_progress');
SELECT is((SELECT state FROM portfolio.health()), 'problem', 'health() tells that a job is broken');
SELECT matches((SELECT first_problem FROM portfolio.health()), '^Job monitored too of pf_monitor_owner is broken: No key\.$', 'and which');
SELECT results_eq('SELECT elements, open_findings, jobs >= 2, jobs_failing >= 1 FROM portfolio.health()', 'VALUES (NULL::bigint, NULL::bigint, true, true)', 'and of what is not about jobs nothing');
SELECT is_empty($$SELECT o FROM portfolio.job_overview o WHERE o::text LIKE '%sesame%'$$, 'no secret in job_overview');
SELECT is_empty($$SELECT h FROM portfolio.health() h WHERE h::text LIKE '%sesame%'$$, 'nor in health()');
SELECT is_empty($$SELECT a FROM portfolio.job_alert a WHERE a::text LIKE '%sesame%'$$, 'nor in job_alert');
SELECT is(portfolio.job_command((SELECT job_id FROM portfolio.job WHERE name = 'monitored')), NULL, 'nor by the function below the view');
SELECT throws_ok($$SELECT command FROM portfolio.job$$, '42501', 'permission denied for table job', 'the column itself is refused');
SELECT throws_ok($$SELECT * FROM portfolio.job$$, '42501', 'permission denied for table job', 'and the whole row');
SELECT throws_ok($$SELECT j FROM portfolio.job j$$, '42501', 'permission denied for table job', 'also as one value');
SELECT throws_ok($$SELECT message FROM portfolio.job_run$$, '42501', 'permission denied for table job_run', 'messages of runs');
SELECT throws_ok($$SELECT count(*) FROM portfolio.job_failure$$, '42501', 'permission denied for table job_failure', 'kept failures');
SELECT throws_ok($$UPDATE portfolio.job SET state = 'paused'$$, '42501', 'permission denied for table job', 'it changes nothing');
SELECT throws_ok($$DELETE FROM portfolio.job$$, '42501', 'permission denied for table job', 'removes nothing');
SELECT throws_ok($$SELECT portfolio.pause_job('monitored')$$, '42501', NULL, 'and calls nothing that would');
SELECT throws_ok($$SELECT * FROM portfolio.doctor()$$, '42501', 'permission denied for function doctor', 'doctor() is for profiles');
RESET ROLE;

-- who has both sees what the profile sees
SELECT portfolio.grant_profile('pf_monitor_only', 'auditor');
SET LOCAL ROLE pf_monitor_only;
SELECT is((SELECT command FROM portfolio.job_overview WHERE name = 'monitored'), $$SELECT 'open sesame'$$, 'an auditor in pg_monitor sees the command');
RESET ROLE;

-- all that pg_monitor holds, so that whoever adds to it decides it here
SELECT set_eq($$
  SELECT c.relname::text FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace) AND a.grantee = 'pg_monitor'::regrole
$$, $$SELECT unnest('{pg_stat_portfolio_jobs,pg_stat_portfolio_workers,pg_stat_portfolio_scheduler,pg_stat_portfolio_progress,job_account,slot_account,job_overview,job_slot_range,job_alert,calendar,calendar_day}'::text[])$$,
  'whole tables and views of pg_monitor');
SELECT set_eq($$
  SELECT a.attrelid::regclass::text || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
   WHERE c.relnamespace = 'portfolio'::regnamespace AND c.relname IN ('job', 'job_run') AND a.attnum > 0 AND NOT has_column_privilege('pg_monitor', c.oid, a.attnum, 'SELECT')
$$, $$VALUES ('portfolio.job.command'), ('portfolio.job_run.message')$$, 'and the two columns that it does not see');
SELECT * FROM finish();
ROLLBACK;
