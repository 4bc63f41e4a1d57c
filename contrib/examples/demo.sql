-- The main job on example data, printed for a person. make demo runs it; psql -v data=DIRECTORY takes real files too.
\set QUIET on
\set ON_ERROR_STOP on
\pset footer off
\pset linestyle unicode
\pset border 1
\pset null '·'
SET client_min_messages = warning;

\echo
\echo 'Setting up: extension, roles, example portfolio ...'
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
SELECT portfolio.use_types() AS use_types \gset
:use_types
SELECT portfolio.create_roles() \g /dev/null
DO $$
DECLARE
  login text;
BEGIN
  FOREACH login IN ARRAY ARRAY['demo_analyst', 'demo_editor', 'demo_operator'] LOOP
    IF to_regrole(login) IS NULL THEN
      EXECUTE format('CREATE ROLE %I LOGIN', login);
    END IF;
    EXECUTE format('GRANT %I TO %I', replace(login, 'demo_', 'portfolio_'), login);
  END LOOP;
END
$$;
-- Some checks read statistics of others' sessions.
GRANT pg_monitor TO demo_operator;
SELECT * FROM portfolio.load_example() \g /dev/null

\echo
\echo '== The portfolio at a glance'
\ir demo/portfolio.sql

\echo
\echo '== Data quality'
\ir demo/quality.sql

\echo
\echo '== Transfer into service operations'
\ir demo/transfer.sql

\echo
\echo '== Security findings'
\ir demo/security.sql

\echo
\echo '== Jobs'
\ir demo/jobs.sql

SELECT :'data' <> '' AS real_files \gset
\if :real_files
\echo
\echo '== Real files'
\ir demo/real.sql
\endif
