-- use_types() prints the one line that makes the operators of our types resolve, and keeps what is set.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
CREATE DATABASE "regress Types ""DB""";
RESET client_min_messages;
\connect "regress Types ""DB"""
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
RESET client_min_messages;

-- nothing set: the server's path, ours last
SELECT portfolio.use_types();
-- what the session has set for itself plays no part
SET search_path = pg_temp;
SELECT portfolio.use_types();
RESET search_path;
-- doing what it says
SELECT portfolio.use_types() \gexec
\connect
SHOW search_path;
SELECT '943 476 5919'::nhs_number = '9434765919' AS resolves;
-- and again: the same line
SELECT portfolio.use_types();
-- whatever is there already stays, in order and quoted as it must be
ALTER DATABASE "regress Types ""DB""" SET search_path = portfolio, "My ""odd"", schema", public, "select", "$user";
SELECT portfolio.use_types() \gexec
\connect
SHOW search_path;
SELECT portfolio.use_types();
ALTER DATABASE "regress Types ""DB""" SET search_path = '';
SELECT portfolio.use_types();
-- a role's own path plays no part: the line is for the database
ALTER DATABASE "regress Types ""DB""" RESET search_path;
CREATE ROLE regress_use_types LOGIN SUPERUSER;
ALTER ROLE regress_use_types SET search_path = elsewhere;
\connect - regress_use_types
SHOW search_path;
SELECT portfolio.use_types();
\connect contrib_regression postgres
DROP DATABASE "regress Types ""DB""";
DROP ROLE regress_use_types;
