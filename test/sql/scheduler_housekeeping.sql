-- The jobs of housekeeping: made once, each of them runs as an operator.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;

CREATE ROLE regress_pf_keeper LOGIN;
SELECT portfolio.grant_profile('regress_pf_keeper', 'operator');
SET ROLE regress_pf_keeper;
SELECT portfolio.schedule_housekeeping();
SELECT portfolio.unschedule_job('purge_scores');
SELECT portfolio.alter_job('compact_tracking', schedule => '@daily') IS NOT NULL AS altered;
SELECT portfolio.schedule_housekeeping();
SELECT portfolio.schedule_housekeeping('{"weekly": true}');
SELECT name, schedule, command, comment FROM portfolio.job WHERE owner = 'regress_pf_keeper' ORDER BY name COLLATE "C";
-- the words of each job are run as he would run them
SELECT command FROM portfolio.job WHERE owner = 'regress_pf_keeper' AND name NOT IN ('purge_graph_changes', 'purge_job_runs') ORDER BY name COLLATE "C" \gexec
BEGIN;
SELECT portfolio.purge_job_runs() >= 0 AS weeks_emptied, portfolio.purge_graph_changes() >= 0 AS changes_forgotten;
ROLLBACK;
RESET ROLE;

DELETE FROM portfolio.job WHERE owner = 'regress_pf_keeper';
SELECT portfolio.revoke_profile('regress_pf_keeper', 'operator');
DROP OWNED BY regress_pf_keeper;
DROP ROLE regress_pf_keeper;
