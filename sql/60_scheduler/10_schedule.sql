-- The type schedule: when a job is due.
CREATE TYPE portfolio.schedule;

CREATE FUNCTION portfolio.schedule_in(cstring) RETURNS portfolio.schedule
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_schedule_in';
COMMENT ON FUNCTION portfolio.schedule_in(cstring) IS
  'Reads a schedule: five cron fields, @hourly, @daily, @weekly, @monthly, @yearly or "every 10 seconds". Raises 22P02 with the place of the fault.';

CREATE FUNCTION portfolio.schedule_out(portfolio.schedule) RETURNS cstring
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_schedule_out';
COMMENT ON FUNCTION portfolio.schedule_out(portfolio.schedule) IS
  'The canonical text of a schedule: names as numbers, lists in order, ranges joined; reading it gives an equal schedule.';

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
  'When a job is due: five cron fields in the local time of the job''s zone, or a fixed grid of instants ("every 10 seconds", zero at 2000-01-01 00:00 UTC). Has equality and hash, and no order.';

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

CREATE FUNCTION portfolio.next_run(
  schedule portfolio.schedule, after timestamptz, time_zone text, calendar text DEFAULT NULL
) RETURNS timestamptz
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_next_run';
COMMENT ON FUNCTION portfolio.next_run(portfolio.schedule, timestamptz, text, text) IS
  'The first instant strictly after the one given at which the schedule is due in the time zone. An hour that the clocks skip is made up for once, at the change; an hour that they repeat counts once, unless the hour field is a star. NULL if one of the first three arguments is NULL; 22023 for an unknown time zone; 42704 for a calendar that does not exist.';

CREATE FUNCTION portfolio.count_slots(
  schedule portfolio.schedule, after timestamptz, upto timestamptz, time_zone text
) RETURNS bigint
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_count_slots';
COMMENT ON FUNCTION portfolio.count_slots(portfolio.schedule, timestamptz, timestamptz, text) IS
  'How many instants of the schedule are later than after and not later than upto. NULL if an argument is NULL; 22023 for an unknown time zone; 22008 for an infinite instant.';
