-- Before anything else: can this server and this database hold the extension, and are its schemas free?
DO $$
DECLARE
  taken text;
BEGIN
  IF pg_catalog.current_setting('server_version_num')::int < 150000 THEN
    RAISE EXCEPTION 'pg_portfolio needs PostgreSQL 15 or later'
      USING ERRCODE = 'feature_not_supported',
            DETAIL = pg_catalog.format('This server is PostgreSQL %s.', pg_catalog.current_setting('server_version')),
            HINT = 'Upgrade the server, then run CREATE EXTENSION again.';
  END IF;
  IF pg_catalog.getdatabaseencoding() <> 'UTF8' THEN
    RAISE EXCEPTION 'pg_portfolio needs a database in UTF8'
      USING ERRCODE = 'feature_not_supported',
            DETAIL = pg_catalog.format('Database "%s" has encoding "%s".', pg_catalog.current_database(), pg_catalog.getdatabaseencoding()),
            HINT = 'Create a database with CREATE DATABASE ... TEMPLATE template0 ENCODING ''UTF8'', then run CREATE EXTENSION there.';
  END IF;
  SELECT nspname INTO taken FROM pg_catalog.pg_namespace WHERE nspname IN ('portfolio', 'portfolio_bi') ORDER BY 1 LIMIT 1;
  IF taken IS NOT NULL THEN
    RAISE EXCEPTION 'schema "%" already exists', taken
      USING ERRCODE = 'duplicate_schema',
            DETAIL = 'pg_portfolio makes this schema itself, so that nobody can have prepared it.',
            HINT = pg_catalog.format('Rename the schema (ALTER SCHEMA %I RENAME TO ...) or drop it, then run CREATE EXTENSION again.', taken);
  END IF;
END
$$;

-- Whoever owns an extension, or the schema that it is in, may drop it, and with CASCADE all that needs it.
DO $$
DECLARE
  weak text;
BEGIN
  SELECT r.rolname INTO weak
    FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    JOIN pg_catalog.pg_roles r ON r.oid IN (e.extowner, n.nspowner)
   WHERE e.extname = 'btree_gist' AND NOT r.rolsuper AND r.rolname <> 'pg_database_owner'
     AND r.oid <> (SELECT d.datdba FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
   LIMIT 1;
  IF weak IS NOT NULL THEN
    RAISE EXCEPTION 'extension "btree_gist" or its schema belongs to role "%"', weak
      USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'That role could drop it, and with it pg_portfolio and all its data.',
            HINT = 'DROP EXTENSION btree_gist, then run CREATE EXTENSION pg_portfolio CASCADE again; or give both to a superuser with REASSIGN OWNED and ALTER SCHEMA.';
  END IF;
END
$$;

CREATE SCHEMA portfolio;
COMMENT ON SCHEMA portfolio IS 'pg_portfolio: the portfolio, its gates, data quality, checks and jobs. Start with SELECT * FROM portfolio.help().';
CREATE SCHEMA portfolio_bi;
COMMENT ON SCHEMA portfolio_bi IS 'pg_portfolio: read-only views of built-in types for BI tools.';
GRANT USAGE ON SCHEMA portfolio TO PUBLIC;
