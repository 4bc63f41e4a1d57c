-- Options of jobs: what is stored, what is refused with the field named
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
SET timezone = 'Europe/London';
CREATE ROLE regress_pf_opt LOGIN;
CREATE ROLE regress_pf_other LOGIN;
CREATE ROLE regress_pf_mart NOLOGIN;
GRANT regress_pf_mart TO regress_pf_opt;
SELECT count(portfolio.grant_profile(r, 'operator')) FROM unnest('{regress_pf_opt,regress_pf_other}'::name[]) r;
SET ROLE regress_pf_opt;

-- bad input
SELECT portfolio.schedule_job('bad', '0 0 31 feb *', 'SELECT 1');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', time_zone => 'Mars/Olympus');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', calendar => 'martian');
SELECT portfolio.schedule_job('bad', '@daily except on calendar martian', 'SELECT 1');
SELECT portfolio.schedule_job('bad', 'at 2020-01-01 00:00Z', 'SELECT 1');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', run_as => 'nobody_of_this_name');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', run_as => 'regress_pf_other');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', total_timeout => '-1 hour');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', statement_timeout => '0');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', overlap => 'parallel 1');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', overlap => 'parallel 100');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', queue_limit => 0);
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', misfire => 'often');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', misfire_limit => 0);
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', misfire_window => '-1 day');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', retry_factor => 0.5);
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', retry_jitter => 2);
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', retry_cap => '0');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', retry_on => '{40001,deadlock}');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', retry_on => '{NULL}');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', valid_from => '2100-01-01', valid_until => '2099-01-01');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', after => '{"no such job": "success"}');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', after => '{"x": "often"}');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', after => '["x"]');
SELECT portfolio.schedule_job('bad', '@after', 'SELECT 1');
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', resources => '{"warehouse": 1}');
SELECT portfolio.schedule_at('2020-01-01', 'SELECT 1');
SELECT portfolio.schedule_at('infinity', 'SELECT 1');
SELECT portfolio.schedule_at(NULL, 'SELECT 1');
CALL portfolio.drain(NULL);
CALL portfolio.drain(pattern => NULL);
CALL portfolio.run_due_jobs(NULL);
SELECT count(*) FROM portfolio.job WHERE owner = current_user;

-- what is stored
INSERT INTO portfolio.job_resource (name, units) VALUES ('warehouse', 2);
SELECT portfolio.schedule_job('load', '0 5 * * *', 'SELECT 1', resources => '{"warehouse": 2}') > 0 AS load;
SELECT portfolio.schedule_job('bad', '@daily', 'SELECT 1', resources => '{"warehouse": 3}');
SELECT portfolio.schedule_job('report', '0 6 * * mon-fri', 'SELECT 1', after => '{"load": "success"}', calendar => 'england-and-wales', run_as => 'regress_pf_mart',
  overlap => 'parallel 3', misfire => 'all', misfire_limit => 5, misfire_window => '2 days', retry_limit => 3, retry_factor => 1.5, retry_cap => '10 minutes',
  retry_jitter => 0, retry_on => '{40,57P01}', valid_from => '2030-01-01', valid_until => '2030-06-01', queue_limit => 4, comment => 'the report') > 0 AS report;
SELECT overlap, misfire, misfire_limit, misfire_window, retry_factor, retry_cap, retry_jitter, retry_on, calendar, run_as, queue_limit, valid_from, valid_until
  FROM portfolio.job WHERE name = 'report';
SELECT j.name, p.name AS after, d.on_outcome FROM portfolio.job_dependency d JOIN portfolio.job j USING (job_id) JOIN portfolio.job p ON p.job_id = d.after_job;
SELECT next_run FROM portfolio.job_overview WHERE name = 'report';
-- alter: NULL leaves, reset empties, links are replaced
SELECT portfolio.alter_job('report', retry_limit => 4, options => '{"reset": ["calendar", "run_as", "retry_on", "valid_from", "valid_until", "comment"]}') > 0 AS altered;
SELECT retry_limit, retry_factor, retry_on, calendar, run_as, valid_from, valid_until, comment FROM portfolio.job WHERE name = 'report';
SELECT portfolio.alter_job('report', options => '{"reset": ["command"]}');
SELECT portfolio.alter_job('report', options => '{"colour": 1}');
SELECT portfolio.alter_job('report', after => '{"load": "any"}', resources => '{"warehouse": 1}') > 0 AS altered;
SELECT on_outcome, (SELECT units FROM portfolio.job_resource_need n WHERE n.job_id = d.job_id) FROM portfolio.job_dependency d;
SELECT portfolio.alter_job(job_id, priority => 7) = job_id AS altered FROM portfolio.job WHERE name = 'report';
-- circles, and a job that others wait for
SELECT portfolio.alter_job('load', after => '{"report": "success"}');
SELECT portfolio.alter_job('load', after => '{"load": "success"}');
SELECT portfolio.unschedule_job('load');
SELECT portfolio.alter_job('report', after => '{}') > 0 AS alone;
-- the jobs of others
SET ROLE regress_pf_other;
SELECT portfolio.schedule_job('mine', '@daily', 'SELECT 1', after => '{"load": "success"}');
SELECT portfolio.schedule_job('mine', '@daily', 'SELECT 1') > 0 AS mine;
INSERT INTO portfolio.job_dependency (job_id, after_job) SELECT m.job_id, l.job_id FROM portfolio.job m, portfolio.job l WHERE m.name = 'mine' AND l.name = 'load';
INSERT INTO portfolio.job_resource_need (job_id, resource) SELECT job_id, 'warehouse' FROM portfolio.job WHERE name = 'report';
SET ROLE regress_pf_opt;

-- once; and all at once
SELECT portfolio.schedule_at('2099-03-01 09:00', 'SELECT 1', 'new year') > 0 AS scheduled;
SELECT name, schedule FROM portfolio.job WHERE name = 'new year';
SELECT portfolio.schedule_at('2099-03-01 09:00', 'SELECT 1') > 0 AS scheduled;
SELECT regexp_replace(name, '#\d+', '#n') AS name FROM portfolio.job WHERE owner = current_user AND name LIKE 'at %';
SELECT portfolio.pause_job('load');
SELECT portfolio.pause_all('new y%', 'new disks');
SELECT name, state, state_reason FROM portfolio.job WHERE owner = current_user AND name NOT LIKE 'at %' ORDER BY name;
SELECT portfolio.resume_all();
SELECT name, state, state_reason FROM portfolio.job WHERE owner = current_user AND name NOT LIKE 'at %' ORDER BY name;
CALL portfolio.drain('1 s', 'no such%');
-- a backslash at the end is one
SELECT pattern, portfolio.job_pattern(pattern), 'a\' LIKE portfolio.job_pattern(pattern) AS is_like
  FROM unnest('{"a\\", "a\\\\", "\\", "a%", "%\\\\\\"}'::text[]) pattern;
SELECT portfolio.pause_all('\'), portfolio.resume_all('load\');

-- from pg_cron: a table with the columns of its cron.job stands for it
SELECT portfolio.import_pg_cron();
RESET ROLE;
CREATE SCHEMA cron;
CREATE TABLE cron.job (jobid bigint PRIMARY KEY, schedule text NOT NULL, command text NOT NULL, nodename text NOT NULL DEFAULT 'localhost', nodeport int NOT NULL DEFAULT 5432,
  database text NOT NULL DEFAULT current_database(), username text NOT NULL DEFAULT 'regress_pf_opt', active boolean NOT NULL DEFAULT true, jobname text);
INSERT INTO cron.job (jobid, schedule, command, jobname) VALUES (1, '0 3 * * *', 'VACUUM', 'nightly vacuum'), (2, '30 seconds', 'SELECT 1', NULL), (3, '0 0 $ * *', 'SELECT 2', 'month end'),
  (4, '@fortnightly', 'SELECT 3', 'bad'), (5, '@daily', 'COPY x FROM STDIN', 'copies'), (6, '@daily', 'SELECT 4', 'load');
INSERT INTO cron.job (jobid, schedule, command, database, username, active) VALUES (7, '@daily', 'SELECT 5', 'elsewhere', 'regress_pf_opt', true),
  (8, '@daily', 'SELECT 6', current_database(), 'regress_pf_other', true), (9, '@hourly', 'SELECT 7', current_database(), 'regress_pf_opt', false);
GRANT USAGE ON SCHEMA cron TO regress_pf_opt;
GRANT SELECT ON cron.job TO regress_pf_opt;
SET ROLE regress_pf_opt;
SET client_min_messages = notice;
SELECT portfolio.import_pg_cron();
SET client_min_messages = warning;
SELECT name, schedule, command, time_zone, overlap, state, comment FROM portfolio.job WHERE comment LIKE 'imported%' ORDER BY job_id;
RESET ROLE;
DROP SCHEMA cron CASCADE;
DELETE FROM portfolio.job WHERE owner::text LIKE 'regress_pf%';
DELETE FROM portfolio.job_resource WHERE name = 'warehouse';
SELECT count(portfolio.revoke_profile(r, 'operator')) FROM unnest('{regress_pf_opt,regress_pf_other}'::name[]) r;
DROP OWNED BY regress_pf_opt, regress_pf_other, regress_pf_mart;
DROP ROLE regress_pf_opt, regress_pf_other, regress_pf_mart;
