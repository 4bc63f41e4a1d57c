CREATE FUNCTION portfolio.library_version() RETURNS text
AS 'pg_portfolio', 'pf_library_version' LANGUAGE C STABLE PARALLEL SAFE;
COMMENT ON FUNCTION portfolio.library_version() IS
  'Version of the loaded library. Where it differs from extversion of pg_extension, run ALTER EXTENSION pg_portfolio UPDATE or restart the server; the engine''s first write in a session warns of it.';
