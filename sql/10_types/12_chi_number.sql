-- Type chi_number: the Community Health Index number of a patient in Scotland (src/types/chi_number.c), as 10_nhs_number.sql.
CREATE TYPE portfolio.chi_number;

CREATE FUNCTION portfolio.chi_number_in(cstring) RETURNS portfolio.chi_number
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_chi_number_in';
COMMENT ON FUNCTION portfolio.chi_number_in(cstring) IS 'I/O';

CREATE FUNCTION portfolio.chi_number_out(portfolio.chi_number) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_chi_number_out';
COMMENT ON FUNCTION portfolio.chi_number_out(portfolio.chi_number) IS 'I/O';

CREATE FUNCTION portfolio.chi_number_recv(internal) RETURNS portfolio.chi_number
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_chi_number_recv';
COMMENT ON FUNCTION portfolio.chi_number_recv(internal) IS 'I/O';

CREATE FUNCTION portfolio.chi_number_send(portfolio.chi_number) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_chi_number_send';
COMMENT ON FUNCTION portfolio.chi_number_send(portfolio.chi_number) IS 'I/O';

CREATE TYPE portfolio.chi_number (
  INPUT = portfolio.chi_number_in,
  OUTPUT = portfolio.chi_number_out,
  RECEIVE = portfolio.chi_number_recv,
  SEND = portfolio.chi_number_send,
  LIKE = pg_catalog.int8
);
COMMENT ON TYPE portfolio.chi_number IS
  'CHI number of a patient in Scotland: ten digits, the first six a day of birth DDMMYY, the ninth odd for men, the last a check digit by modulus 11 or, where those have run out, modulus 10 (chi_modulus() tells). Input: 0101011237, 010 101 1237 or 010-101-1237, white space around ignored; output: ten digits. Ordered as a number. Source: NHS Scotland data dictionary; Public Health Scotland, chi_check.';

-- Judging text: nothing here raises an error or reads anything.
CREATE FUNCTION portfolio.is_chi_number(value text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_is_chi_number';
COMMENT ON FUNCTION portfolio.is_chi_number(text) IS
  'True if the text is taken by type chi_number, false if not, NULL for NULL. Never raises an error.';

CREATE FUNCTION portfolio.try_chi_number(value text) RETURNS portfolio.chi_number
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_try_chi_number';
COMMENT ON FUNCTION portfolio.try_chi_number(text) IS
  'The text as chi_number, or NULL if it is not one (portfolio.chi_number_problem says why). Never raises an error.';

CREATE FUNCTION portfolio.chi_number_problem(value text) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_chi_number_problem_code';
COMMENT ON FUNCTION portfolio.chi_number_problem(text) IS
  'Why the text is not a CHI number: empty, invalid_character, wrong_length, misplaced_separator, not_a_date or wrong_check_digit, the first that applies; NULL if it is one, and for NULL. Never raises an error.';

CREATE FUNCTION portfolio.chi_birth_date(value portfolio.chi_number, born_by date) RETURNS date
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_chi_birth_date';
COMMENT ON FUNCTION portfolio.chi_birth_date(portfolio.chi_number, date) IS
  'The day of birth that the number begins with. Its year has two digits: taken is the latest such day in the hundred years that end on born_by, a day by which the person was certainly born (an admission, or current_date). So somebody older than a hundred comes out a century too young. NULL if there is no such day (29 February 00 before 2000-02-29) and for infinity.';

CREATE FUNCTION portfolio.chi_sex(value portfolio.chi_number) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_chi_sex';
COMMENT ON FUNCTION portfolio.chi_sex(portfolio.chi_number) IS
  'male or female, as the number was issued: its ninth digit is odd or even.';

CREATE FUNCTION portfolio.chi_modulus(value portfolio.chi_number) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_chi_modulus';
COMMENT ON FUNCTION portfolio.chi_modulus(portfolio.chi_number) IS
  'Which rule the check digit satisfies: 11, 10 or both. Modulus 10 is issued only for days of birth whose modulus 11 numbers have run out; whoever wants none of these asks for <> ''10''.';

-- Casts. None is implicit: through text, = would seem to work and lose the index.
CREATE FUNCTION portfolio.chi_number(value text) RETURNS portfolio.chi_number
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_chi_number_from_text';
COMMENT ON FUNCTION portfolio.chi_number(text) IS 'The text as chi_number; raises the error of the type''s input if it is not one.';
CREATE CAST (text AS portfolio.chi_number) WITH FUNCTION portfolio.chi_number(text);
COMMENT ON CAST (text AS portfolio.chi_number) IS 'Explicit; refuses what the type''s input refuses. portfolio.try_chi_number(text) gives NULL instead.';

CREATE FUNCTION portfolio.text(portfolio.chi_number) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_chi_number_to_text';
COMMENT ON FUNCTION portfolio.text(portfolio.chi_number) IS 'The number as ten digits, leading zeros kept.';
CREATE CAST (portfolio.chi_number AS text) WITH FUNCTION portfolio.text(portfolio.chi_number) AS ASSIGNMENT;
COMMENT ON CAST (portfolio.chi_number AS text) IS 'The canonical form; also applied on assignment.';

-- Comparison is that of the bigint underneath, which cannot fail: hence LEAKPROOF.
CREATE FUNCTION portfolio.chi_number_lt(portfolio.chi_number, portfolio.chi_number) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8lt';
COMMENT ON FUNCTION portfolio.chi_number_lt(portfolio.chi_number, portfolio.chi_number) IS 'implementation of < operator';
CREATE FUNCTION portfolio.chi_number_le(portfolio.chi_number, portfolio.chi_number) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8le';
COMMENT ON FUNCTION portfolio.chi_number_le(portfolio.chi_number, portfolio.chi_number) IS 'implementation of <= operator';
CREATE FUNCTION portfolio.chi_number_eq(portfolio.chi_number, portfolio.chi_number) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8eq';
COMMENT ON FUNCTION portfolio.chi_number_eq(portfolio.chi_number, portfolio.chi_number) IS 'implementation of = operator';
CREATE FUNCTION portfolio.chi_number_ne(portfolio.chi_number, portfolio.chi_number) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ne';
COMMENT ON FUNCTION portfolio.chi_number_ne(portfolio.chi_number, portfolio.chi_number) IS 'implementation of <> operator';
CREATE FUNCTION portfolio.chi_number_ge(portfolio.chi_number, portfolio.chi_number) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ge';
COMMENT ON FUNCTION portfolio.chi_number_ge(portfolio.chi_number, portfolio.chi_number) IS 'implementation of >= operator';
CREATE FUNCTION portfolio.chi_number_gt(portfolio.chi_number, portfolio.chi_number) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8gt';
COMMENT ON FUNCTION portfolio.chi_number_gt(portfolio.chi_number, portfolio.chi_number) IS 'implementation of > operator';
CREATE FUNCTION portfolio.chi_number_cmp(portfolio.chi_number, portfolio.chi_number) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'btint8cmp';
COMMENT ON FUNCTION portfolio.chi_number_cmp(portfolio.chi_number, portfolio.chi_number) IS 'less-equal-greater';
CREATE FUNCTION portfolio.chi_number_hash(portfolio.chi_number) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8';
COMMENT ON FUNCTION portfolio.chi_number_hash(portfolio.chi_number) IS 'hash';
CREATE FUNCTION portfolio.chi_number_hash_extended(portfolio.chi_number, bigint) RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8extended';
COMMENT ON FUNCTION portfolio.chi_number_hash_extended(portfolio.chi_number, bigint) IS 'hash with a seed';

CREATE OPERATOR portfolio.< (
  FUNCTION = portfolio.chi_number_lt, LEFTARG = portfolio.chi_number, RIGHTARG = portfolio.chi_number,
  COMMUTATOR = OPERATOR(portfolio.>), NEGATOR = OPERATOR(portfolio.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR portfolio.< (portfolio.chi_number, portfolio.chi_number) IS 'less than';
CREATE OPERATOR portfolio.<= (
  FUNCTION = portfolio.chi_number_le, LEFTARG = portfolio.chi_number, RIGHTARG = portfolio.chi_number,
  COMMUTATOR = OPERATOR(portfolio.>=), NEGATOR = OPERATOR(portfolio.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR portfolio.<= (portfolio.chi_number, portfolio.chi_number) IS 'less than or equal';
CREATE OPERATOR portfolio.= (
  FUNCTION = portfolio.chi_number_eq, LEFTARG = portfolio.chi_number, RIGHTARG = portfolio.chi_number,
  HASHES, MERGES,
  COMMUTATOR = OPERATOR(portfolio.=), NEGATOR = OPERATOR(portfolio.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR portfolio.= (portfolio.chi_number, portfolio.chi_number) IS 'equal';
CREATE OPERATOR portfolio.<> (
  FUNCTION = portfolio.chi_number_ne, LEFTARG = portfolio.chi_number, RIGHTARG = portfolio.chi_number,
  COMMUTATOR = OPERATOR(portfolio.<>), NEGATOR = OPERATOR(portfolio.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR portfolio.<> (portfolio.chi_number, portfolio.chi_number) IS 'not equal';
CREATE OPERATOR portfolio.>= (
  FUNCTION = portfolio.chi_number_ge, LEFTARG = portfolio.chi_number, RIGHTARG = portfolio.chi_number,
  COMMUTATOR = OPERATOR(portfolio.<=), NEGATOR = OPERATOR(portfolio.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR portfolio.>= (portfolio.chi_number, portfolio.chi_number) IS 'greater than or equal';
CREATE OPERATOR portfolio.> (
  FUNCTION = portfolio.chi_number_gt, LEFTARG = portfolio.chi_number, RIGHTARG = portfolio.chi_number,
  COMMUTATOR = OPERATOR(portfolio.<), NEGATOR = OPERATOR(portfolio.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR portfolio.> (portfolio.chi_number, portfolio.chi_number) IS 'greater than';

-- Operator classes, all DEFAULT: CREATE INDEX, ORDER BY and PARTITION BY HASH need no search_path.
CREATE OPERATOR FAMILY portfolio.chi_number_ops USING btree;
COMMENT ON OPERATOR FAMILY portfolio.chi_number_ops USING btree IS 'Numeric order of chi_number, which is also that of its ten digits.';
CREATE OPERATOR CLASS portfolio.chi_number_ops DEFAULT FOR TYPE portfolio.chi_number USING btree FAMILY portfolio.chi_number_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 portfolio.chi_number_cmp(portfolio.chi_number, portfolio.chi_number),
  FUNCTION 2 (portfolio.chi_number, portfolio.chi_number) pg_catalog.btint8sortsupport(internal),
  FUNCTION 4 (portfolio.chi_number, portfolio.chi_number) pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS portfolio.chi_number_ops USING btree IS 'Numeric order of chi_number, which is also that of its ten digits.';

CREATE OPERATOR FAMILY portfolio.chi_number_ops USING hash;
COMMENT ON OPERATOR FAMILY portfolio.chi_number_ops USING hash IS 'Equality of chi_number by hash.';
CREATE OPERATOR CLASS portfolio.chi_number_ops DEFAULT FOR TYPE portfolio.chi_number USING hash FAMILY portfolio.chi_number_ops AS
  OPERATOR 1 portfolio.=,
  FUNCTION 1 portfolio.chi_number_hash(portfolio.chi_number),
  FUNCTION 2 (portfolio.chi_number, portfolio.chi_number) portfolio.chi_number_hash_extended(portfolio.chi_number, bigint);
COMMENT ON OPERATOR CLASS portfolio.chi_number_ops USING hash IS 'Equality of chi_number by hash; extended, so it serves hash partitioning.';

CREATE OPERATOR FAMILY portfolio.chi_number_minmax_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.chi_number_minmax_ops USING brin IS 'Smallest and largest chi_number of a block range.';
CREATE OPERATOR CLASS portfolio.chi_number_minmax_ops DEFAULT FOR TYPE portfolio.chi_number USING brin FAMILY portfolio.chi_number_minmax_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
  FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
  FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
  FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS portfolio.chi_number_minmax_ops USING brin IS 'Smallest and largest chi_number of a block range.';

CREATE OPERATOR FAMILY portfolio.chi_number_minmax_multi_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.chi_number_minmax_multi_ops USING brin IS 'Several intervals of chi_number of a block range.';
CREATE OPERATOR CLASS portfolio.chi_number_minmax_multi_ops FOR TYPE portfolio.chi_number USING brin FAMILY portfolio.chi_number_minmax_multi_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 pg_catalog.brin_minmax_multi_opcinfo(internal),
  FUNCTION 2 pg_catalog.brin_minmax_multi_add_value(internal, internal, internal, internal),
  FUNCTION 3 pg_catalog.brin_minmax_multi_consistent(internal, internal, internal, integer),
  FUNCTION 4 pg_catalog.brin_minmax_multi_union(internal, internal, internal),
  FUNCTION 5 pg_catalog.brin_minmax_multi_options(internal),
  FUNCTION 11 (portfolio.chi_number, portfolio.chi_number) pg_catalog.brin_minmax_multi_distance_int8(internal, internal);
COMMENT ON OPERATOR CLASS portfolio.chi_number_minmax_multi_ops USING brin IS 'Several intervals of chi_number of a block range; for columns with outliers.';
