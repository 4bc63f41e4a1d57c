-- Before anything else: can this server hold the extension, and are its schemas free?
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
  SELECT nspname INTO taken FROM pg_catalog.pg_namespace WHERE nspname IN ('portfolio', 'portfolio_bi') ORDER BY 1 LIMIT 1;
  IF taken IS NOT NULL THEN
    RAISE EXCEPTION 'schema "%" already exists', taken
      USING ERRCODE = 'duplicate_schema',
            DETAIL = 'pg_portfolio makes this schema itself, so that nobody can have prepared it.',
            HINT = pg_catalog.format('Rename the schema (ALTER SCHEMA %I RENAME TO ...) or drop it, then run CREATE EXTENSION again.', taken);
  END IF;
END
$$;

CREATE SCHEMA portfolio;
COMMENT ON SCHEMA portfolio IS 'pg_portfolio: the portfolio, its gates, data quality, checks and jobs. Start with SELECT * FROM portfolio.help().';
CREATE SCHEMA portfolio_bi;
COMMENT ON SCHEMA portfolio_bi IS 'pg_portfolio: read-only views of built-in types for BI tools.';
GRANT USAGE ON SCHEMA portfolio TO PUBLIC;
