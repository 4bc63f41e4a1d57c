-- Running checks.

CREATE TABLE portfolio.check_run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  area text,
  codes text[],
  started timestamptz NOT NULL,
  finished timestamptz NOT NULL DEFAULT clock_timestamp(),
  run_by name NOT NULL,
  checks integer NOT NULL,
  failed integer NOT NULL,
  opened bigint NOT NULL,
  resolved bigint NOT NULL,
  results jsonb NOT NULL,
  target text REFERENCES portfolio.database_target ON UPDATE CASCADE ON DELETE CASCADE,
  problem text,
  connection jsonb
);
CREATE INDEX check_run_started ON portfolio.check_run (started);
CREATE INDEX check_run_target ON portfolio.check_run (target, id) WHERE target IS NOT NULL;
COMMENT ON TABLE portfolio.check_run IS 'Runs of run_checks(), and of check_estate() one a target, written when their findings are. purge_check_runs() forgets old ones. Class: operation.';
COMMENT ON COLUMN portfolio.check_run.id IS 'Key; the payload of NOTIFY pg_portfolio_check_run begins with it.';
COMMENT ON COLUMN portfolio.check_run.area IS 'The area asked for; NULL: any.';
COMMENT ON COLUMN portfolio.check_run.codes IS 'The checks asked for by code; NULL: all of the area.';
COMMENT ON COLUMN portfolio.check_run.started IS 'When the run began.';
COMMENT ON COLUMN portfolio.check_run.finished IS 'When its findings were written.';
COMMENT ON COLUMN portfolio.check_run.run_by IS 'Who ran it.';
COMMENT ON COLUMN portfolio.check_run.checks IS 'How many checks it had.';
COMMENT ON COLUMN portfolio.check_run.failed IS 'How many of them did not run well.';
COMMENT ON COLUMN portfolio.check_run.opened IS 'Findings that were opened or opened again.';
COMMENT ON COLUMN portfolio.check_run.resolved IS 'Findings that were resolved.';
COMMENT ON COLUMN portfolio.check_run.results IS 'One object a check: check, outcome, findings, opened, resolved, ms; for a failure sqlstate and message, for a skipped one what its runner lacks.';
COMMENT ON COLUMN portfolio.check_run.target IS 'The database of the estate that was checked; NULL: this one.';
COMMENT ON COLUMN portfolio.check_run.problem IS 'Why the target could not be checked, or not to the end; NULL when all went well.';
COMMENT ON COLUMN portfolio.check_run.connection IS 'How the target was reached: sslmode (socket: by a socket of this machine; none: no TLS), superuser (was the role one there?) and version. NULL here, and where there was no connection.';

CREATE TYPE portfolio.check_result AS (check_code text, findings bigint, outcome text, elapsed interval);
COMMENT ON TYPE portfolio.check_result IS 'What run_checks() says of one check.';
COMMENT ON COLUMN portfolio.check_result.check_code IS 'The check.';
COMMENT ON COLUMN portfolio.check_result.findings IS 'Rows that its query returned.';
COMMENT ON COLUMN portfolio.check_result.outcome IS
  'ok; error, timed_out, too_many_rows or broken (its author is gone): nothing is resolved and the check itself is a finding; skipped (the role as which it would run lacks what the check needs: see lacks in effective_check), busy (somebody else runs it now), disabled or not_applicable: it did not run, and its findings stay as they are.';
COMMENT ON COLUMN portfolio.check_result.elapsed IS 'How long the query ran.';

CREATE FUNCTION portfolio.run_checks(area text DEFAULT NULL, codes text[] DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.check_result
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 100
AS 'MODULE_PATHNAME', 'pf_run_checks';
COMMENT ON FUNCTION portfolio.run_checks(text, text[], jsonb) IS
  'Runs the checks of an area, or those named, or all, and brings the findings up to date: new ones are opened, those still there touched, those gone resolved. Queries run read-only as their authors (shipped ones as the caller) within pg_portfolio.stored_query_timeout and pg_portfolio.stored_query_max_rows. Returns one row a check. Sends NOTIFY pg_portfolio_check_run with the run''s id and a word. Raises 42704 for a check or area that does not exist.';

CREATE FUNCTION portfolio.purge_check_runs(keep interval DEFAULT '400 days') RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  WITH gone AS (DELETE FROM portfolio.check_run r WHERE r.started < now() - keep RETURNING 1)
  SELECT count(*) FROM gone;
END;
COMMENT ON FUNCTION portfolio.purge_check_runs(interval) IS 'Forgets runs that are older than keep (400 days by default); returns how many. Findings stay.';
