-- A role made anew under the name of a dropped one does not inherit what its namesake's jobs run.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
\set SHOW_CONTEXT never
CREATE ROLE regress_again LOGIN;
SELECT portfolio.grant_profile('regress_again', 'operator');
SET ROLE regress_again;
SELECT portfolio.schedule_job('nightly', '@daily', 'SELECT 1') > 0 AS scheduled;
SELECT portfolio.alter_job('nightly', command => 'SELECT 2') > 0 AS altered;
RESET ROLE;
SELECT portfolio.revoke_profile('regress_again', 'operator');
DROP ROLE regress_again;
CREATE ROLE regress_again LOGIN;
SELECT portfolio.grant_profile('regress_again', 'operator');
SET ROLE regress_again;
SELECT portfolio.alter_job('nightly', command => 'SELECT 3');
SELECT portfolio.alter_job('nightly', schedule => 'every 1 second');
UPDATE portfolio.job SET command = 'SELECT 3' WHERE owner = current_user;
SELECT portfolio.pause_job('nightly');
SELECT command, state, held FROM portfolio.job_overview JOIN portfolio.job USING (job_id, command, state) WHERE job.owner = current_user;
-- as an operator he sees everybody's jobs, and may pause and remove them by number
SELECT portfolio.pause_job(job_id) FROM portfolio.job WHERE owner = current_user;
SELECT state FROM portfolio.job WHERE owner = current_user;
-- the name is taken until then
SELECT portfolio.schedule_job('nightly', '@daily', 'SELECT 4');
RESET ROLE;
SELECT portfolio.revoke_profile('regress_again', 'operator');
-- without that right he sees nothing of his namesake's
GRANT SELECT (job_id, name, owner, owner_oid), UPDATE (state), DELETE ON portfolio.job TO regress_again;
GRANT EXECUTE ON FUNCTION portfolio.current_role_oid() TO regress_again;
SET ROLE regress_again;
SELECT count(*) FROM portfolio.job;
UPDATE portfolio.job SET state = 'active';
DELETE FROM portfolio.job WHERE owner = current_user;
RESET ROLE;
DROP OWNED BY regress_again;
SELECT portfolio.grant_profile('regress_again', 'operator');
SET ROLE regress_again;
SELECT portfolio.unschedule_job(job_id) FROM portfolio.job WHERE owner = current_user;
RESET ROLE;
SELECT count(*) FROM portfolio.job WHERE owner = 'regress_again';
SELECT portfolio.revoke_profile('regress_again', 'operator');
DROP ROLE regress_again;

-- Long words are cut between characters.
SELECT '@äöüäöüäöüäöüäöü'::portfolio.schedule;
SELECT ('1:' || repeat('ä', 40))::portfolio.tally;
SELECT ('1:x' || repeat('ä', 40))::portfolio.tally;
