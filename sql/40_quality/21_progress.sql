-- What is being scored right now.
CREATE TYPE portfolio.progress_row AS (pid integer, usesysid oid, relid oid, started_at timestamptz, rows_done bigint, rows_estimated bigint);
COMMENT ON TYPE portfolio.progress_row IS 'One running score, as its process announces it.';
COMMENT ON COLUMN portfolio.progress_row.pid IS 'Process ID of the backend that scores.';
COMMENT ON COLUMN portfolio.progress_row.usesysid IS 'OID of the role that scores.';
COMMENT ON COLUMN portfolio.progress_row.relid IS 'OID of the relation.';
COMMENT ON COLUMN portfolio.progress_row.started_at IS 'When the scan began.';
COMMENT ON COLUMN portfolio.progress_row.rows_done IS 'Rows counted so far by all processes, in steps of 1,024.';
COMMENT ON COLUMN portfolio.progress_row.rows_estimated IS 'Rows that the planner expects.';

CREATE FUNCTION portfolio.score_progress() RETURNS SETOF portfolio.progress_row
LANGUAGE C VOLATILE PARALLEL RESTRICTED ROWS 5 AS 'MODULE_PATHNAME', 'pf_score_progress';
COMMENT ON FUNCTION portfolio.score_progress() IS
  'The scores that are running in this database: one''s own, and all with the rights of pg_read_all_stats. No rows where pg_portfolio is not in shared_preload_libraries. pg_stat_portfolio_progress shows them with names, rate and time left.';

CREATE VIEW portfolio.pg_stat_portfolio_progress WITH (security_invoker = true) AS
SELECT p.pid, pg_get_userbyid(p.usesysid) AS usename, n.nspname AS schema_name, c.relname AS relation_name, p.started_at,
       p.rows_done, p.rows_estimated,
       CASE WHEN p.rows_estimated > 0 THEN least(round(100.0 * p.rows_done / p.rows_estimated, 1), 100) END AS done_pct,
       round(p.rows_done / nullif(s.seconds, 0))::bigint AS rows_per_second,
       make_interval(secs => round(greatest(p.rows_estimated - p.rows_done, 0) * s.seconds / nullif(p.rows_done, 0), 1)::float8) AS time_left
  FROM portfolio.score_progress() p
       LEFT JOIN pg_class c ON c.oid = p.relid
       LEFT JOIN pg_namespace n ON n.oid = c.relnamespace,
       LATERAL (SELECT extract(epoch FROM clock_timestamp() - p.started_at) AS seconds) s;
COMMENT ON VIEW portfolio.pg_stat_portfolio_progress IS
  'What is being scored right now in this database: a row a running score, one''s own or, with the rights of pg_read_all_stats, everybody''s. Empty where pg_portfolio is not in shared_preload_libraries.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_progress.pid IS 'Process ID of the backend that scores.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_progress.usename IS 'Role that scores.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_progress.schema_name IS 'Schema of the relation; NULL when it is gone or not committed yet.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_progress.relation_name IS 'The relation that is being scored; NULL when it is gone or not committed yet.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_progress.started_at IS 'When the scan began.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_progress.rows_done IS 'Rows counted so far by all processes, in steps of 1,024.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_progress.rows_estimated IS 'Rows that the planner expects to be counted.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_progress.done_pct IS 'rows_done of rows_estimated in percent, at most 100; NULL where no row is expected.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_progress.rows_per_second IS 'Rows counted a second since the start.';
COMMENT ON COLUMN portfolio.pg_stat_portfolio_progress.time_left IS 'How long the rest takes at that rate; NULL before the first 1,024 rows.';
