-- The type schedule: when a job is due.
CREATE TYPE portfolio.schedule;

CREATE FUNCTION portfolio.schedule_in(cstring) RETURNS portfolio.schedule
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_schedule_in';
COMMENT ON FUNCTION portfolio.schedule_in(cstring) IS
  'Reads a schedule: five or six cron fields, @hourly to @yearly, @reboot, "every 10 seconds", "every 10 minutes after each run", an ISO 8601 duration, or "at" an instant with its zone; then "on calendar x", "except on calendar x". Raises 22P02 with the place of the fault.';

CREATE FUNCTION portfolio.schedule_out(portfolio.schedule) RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_schedule_out';
COMMENT ON FUNCTION portfolio.schedule_out(portfolio.schedule) IS
  'The canonical text of a schedule: names as numbers, lists in order, ranges joined, instants in UTC; reading it gives an equal schedule.';

CREATE FUNCTION portfolio.schedule_recv(internal) RETURNS portfolio.schedule
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_schedule_recv';
COMMENT ON FUNCTION portfolio.schedule_recv(internal) IS
  'Reads the binary form of a schedule. Raises 22P03 for a version or a value that is not legal.';

CREATE FUNCTION portfolio.schedule_send(portfolio.schedule) RETURNS bytea
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_schedule_send';
COMMENT ON FUNCTION portfolio.schedule_send(portfolio.schedule) IS
  'The binary form of a schedule, which begins with a format version.';

CREATE TYPE portfolio.schedule (
  INPUT = portfolio.schedule_in,
  OUTPUT = portfolio.schedule_out,
  RECEIVE = portfolio.schedule_recv,
  SEND = portfolio.schedule_send,
  INTERNALLENGTH = VARIABLE,
  ALIGNMENT = double,
  STORAGE = plain
);
COMMENT ON TYPE portfolio.schedule IS
  'When a job is due: cron fields in the local time of the job''s zone, a fixed grid of instants ("every 10 seconds", zero at 2000-01-01 00:00 UTC), a pause after each run, one instant, or the start of the server; on days of one calendar only, or except on those of another. Has equality and hash, and no order.';

CREATE FUNCTION portfolio.schedule_eq(portfolio.schedule, portfolio.schedule) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_schedule_eq';
COMMENT ON FUNCTION portfolio.schedule_eq(portfolio.schedule, portfolio.schedule) IS
  'Are two schedules written the same, names and order of lists aside? NULL if one is NULL.';
CREATE FUNCTION portfolio.schedule_ne(portfolio.schedule, portfolio.schedule) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_schedule_ne';
COMMENT ON FUNCTION portfolio.schedule_ne(portfolio.schedule, portfolio.schedule) IS
  'Are two schedules not the same? NULL if one is NULL.';
CREATE FUNCTION portfolio.schedule_hash(portfolio.schedule) RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_schedule_hash';
COMMENT ON FUNCTION portfolio.schedule_hash(portfolio.schedule) IS
  'Hash of a schedule for hash joins, hash aggregates and hash indexes.';
CREATE FUNCTION portfolio.schedule_hash_extended(portfolio.schedule, bigint) RETURNS bigint
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_schedule_hash_extended';
COMMENT ON FUNCTION portfolio.schedule_hash_extended(portfolio.schedule, bigint) IS
  'Hash of a schedule with a seed, for hash partitioning.';

CREATE OPERATOR portfolio.= (
  LEFTARG = portfolio.schedule, RIGHTARG = portfolio.schedule, FUNCTION = portfolio.schedule_eq,
  COMMUTATOR = OPERATOR(portfolio.=), NEGATOR = OPERATOR(portfolio.<>),
  RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
COMMENT ON OPERATOR portfolio.= (portfolio.schedule, portfolio.schedule) IS 'The same schedule.';
CREATE OPERATOR portfolio.<> (
  LEFTARG = portfolio.schedule, RIGHTARG = portfolio.schedule, FUNCTION = portfolio.schedule_ne,
  COMMUTATOR = OPERATOR(portfolio.<>), NEGATOR = OPERATOR(portfolio.=),
  RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR portfolio.<> (portfolio.schedule, portfolio.schedule) IS 'Another schedule.';

CREATE OPERATOR FAMILY portfolio.schedule_hash_ops USING hash;
COMMENT ON OPERATOR FAMILY portfolio.schedule_hash_ops USING hash IS 'Equality of schedules for hashing.';
CREATE OPERATOR CLASS portfolio.schedule_hash_ops DEFAULT FOR TYPE portfolio.schedule USING hash
  FAMILY portfolio.schedule_hash_ops AS
  OPERATOR 1 portfolio.=,
  FUNCTION 1 portfolio.schedule_hash(portfolio.schedule),
  FUNCTION 2 portfolio.schedule_hash_extended(portfolio.schedule, bigint);
COMMENT ON OPERATOR CLASS portfolio.schedule_hash_ops USING hash IS 'Equality of schedules for hashing.';

CREATE FUNCTION portfolio.describe_schedule(schedule portfolio.schedule) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_describe_schedule';
COMMENT ON FUNCTION portfolio.describe_schedule(portfolio.schedule) IS
  'A schedule in plain English. Example: SELECT portfolio.describe_schedule(''0 6 * * mon-fri''); NULL for NULL.';
