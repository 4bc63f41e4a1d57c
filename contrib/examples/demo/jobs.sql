\echo 'The operator schedules three jobs and waits until each has run ...'
SELECT portfolio.grant_profile('demo_operator', 'analyst') \g /dev/null
\c - demo_operator
SET client_min_messages = warning;
SELECT portfolio.schedule_job('score hospital episodes', 'every 10 seconds',
         $$SELECT count(*) FROM portfolio.score_data_set('HOSPITAL-APC', '2025-03')$$),
       portfolio.schedule_job('check transfers', 'every 10 seconds', $$SELECT * FROM portfolio.run_checks('transfer')$$),
       portfolio.schedule_job('check security', 'every 10 seconds', $$SELECT * FROM portfolio.run_checks('security')$$) \g /dev/null
DO $$
BEGIN
  FOR i IN 1..600 LOOP
    EXIT WHEN (SELECT count(DISTINCT r.job_id) FROM portfolio.job_run r WHERE r.finished_at IS NOT NULL) >= 3;
    PERFORM pg_sleep(0.1);
  END LOOP;
END
$$;
\echo 'Jobs, as their owner sees them:'
SELECT name, schedule, owner, state, last_outcome, last_message, date_trunc('milliseconds', last_duration) AS last_duration
  FROM portfolio.job_overview ORDER BY name;

\echo 'The jobs that just ran:'
SELECT job_name, owner, to_char(due_at, 'HH24:MI:SS') AS due, round(1000 * extract(epoch FROM started_at - due_at)) AS late_ms,
       round(1000 * extract(epoch FROM finished_at - started_at)) AS took_ms, outcome
  FROM portfolio.job_run ORDER BY run_id LIMIT 8;
\c - postgres
SET client_min_messages = warning;
