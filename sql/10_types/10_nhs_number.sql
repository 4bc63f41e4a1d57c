-- Type nhs_number: the ten-digit number of a patient (src/types/nhs_number.c). The pattern for every
-- fixed-size type: borrow bigint's layout, order and hash, add what makes it a type of its own.
CREATE TYPE portfolio.nhs_number;

CREATE FUNCTION portfolio.nhs_number_in(cstring) RETURNS portfolio.nhs_number
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_nhs_number_in';
COMMENT ON FUNCTION portfolio.nhs_number_in(cstring) IS 'I/O';

CREATE FUNCTION portfolio.nhs_number_out(portfolio.nhs_number) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_nhs_number_out';
COMMENT ON FUNCTION portfolio.nhs_number_out(portfolio.nhs_number) IS 'I/O';

CREATE FUNCTION portfolio.nhs_number_recv(internal) RETURNS portfolio.nhs_number
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_nhs_number_recv';
COMMENT ON FUNCTION portfolio.nhs_number_recv(internal) IS 'I/O';

CREATE FUNCTION portfolio.nhs_number_send(portfolio.nhs_number) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_nhs_number_send';
COMMENT ON FUNCTION portfolio.nhs_number_send(portfolio.nhs_number) IS 'I/O';

CREATE TYPE portfolio.nhs_number (
  INPUT = portfolio.nhs_number_in,
  OUTPUT = portfolio.nhs_number_out,
  RECEIVE = portfolio.nhs_number_recv,
  SEND = portfolio.nhs_number_send,
  LIKE = pg_catalog.int8
);
COMMENT ON TYPE portfolio.nhs_number IS
  'NHS number: ten digits, the last a modulus 11 check digit. Input: 9990000018, 999 000 0018 or 999-000-0018, white space around ignored; output: ten digits. Ordered as a number. Source: NHS Data Dictionary, NHS NUMBER.';

-- Judging text: nothing here raises an error or reads anything.
CREATE FUNCTION portfolio.is_nhs_number(value text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_is_nhs_number';
COMMENT ON FUNCTION portfolio.is_nhs_number(text) IS
  'True if the text is taken by type nhs_number, false if not, NULL for NULL. Never raises an error.';

CREATE FUNCTION portfolio.try_nhs_number(value text) RETURNS portfolio.nhs_number
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_try_nhs_number';
COMMENT ON FUNCTION portfolio.try_nhs_number(text) IS
  'The text as nhs_number, or NULL if it is not one (portfolio.nhs_number_problem says why). Never raises an error.';

CREATE FUNCTION portfolio.nhs_number_problem(value text) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_nhs_number_problem_code';
COMMENT ON FUNCTION portfolio.nhs_number_problem(text) IS
  'Why the text is not an NHS number: empty, invalid_character, wrong_length, misplaced_separator, all_zero, no_check_digit or wrong_check_digit, the first that applies; NULL if it is one, and for NULL. Never raises an error.';

CREATE FUNCTION portfolio.nhs_number_range(value portfolio.nhs_number) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_nhs_number_range';
COMMENT ON FUNCTION portfolio.nhs_number_range(portfolio.nhs_number) IS
  'Who issues numbers of this range: england_wales_iom, scotland_chi, northern_ireland, ireland, test (begins with 9, never a patient) or unassigned. A convention of the issuers, no part of validity.';

-- Casts. None is implicit: through text, = would seem to work and lose the index.
CREATE FUNCTION portfolio.nhs_number(value text) RETURNS portfolio.nhs_number
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_nhs_number_from_text';
COMMENT ON FUNCTION portfolio.nhs_number(text) IS 'The text as nhs_number; raises the error of the type''s input if it is not one.';
CREATE CAST (text AS portfolio.nhs_number) WITH FUNCTION portfolio.nhs_number(text);
COMMENT ON CAST (text AS portfolio.nhs_number) IS 'Explicit; refuses what the type''s input refuses. portfolio.try_nhs_number(text) gives NULL instead.';

CREATE FUNCTION portfolio.text(portfolio.nhs_number) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_nhs_number_to_text';
COMMENT ON FUNCTION portfolio.text(portfolio.nhs_number) IS 'The number as ten digits, leading zeros kept.';
CREATE CAST (portfolio.nhs_number AS text) WITH FUNCTION portfolio.text(portfolio.nhs_number) AS ASSIGNMENT;
COMMENT ON CAST (portfolio.nhs_number AS text) IS 'The canonical form; also applied on assignment.';

CREATE FUNCTION portfolio.int8(portfolio.nhs_number) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_nhs_number_to_int8';
COMMENT ON FUNCTION portfolio.int8(portfolio.nhs_number) IS 'The number as bigint; leading zeros are lost.';
CREATE CAST (portfolio.nhs_number AS bigint) WITH FUNCTION portfolio.int8(portfolio.nhs_number);
COMMENT ON CAST (portfolio.nhs_number AS bigint) IS 'Explicit: the number without its leading zeros.';

-- Comparison is that of the bigint underneath, which cannot fail: hence LEAKPROOF.
CREATE FUNCTION portfolio.nhs_number_lt(portfolio.nhs_number, portfolio.nhs_number) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8lt';
COMMENT ON FUNCTION portfolio.nhs_number_lt(portfolio.nhs_number, portfolio.nhs_number) IS 'implementation of < operator';
CREATE FUNCTION portfolio.nhs_number_le(portfolio.nhs_number, portfolio.nhs_number) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8le';
COMMENT ON FUNCTION portfolio.nhs_number_le(portfolio.nhs_number, portfolio.nhs_number) IS 'implementation of <= operator';
CREATE FUNCTION portfolio.nhs_number_eq(portfolio.nhs_number, portfolio.nhs_number) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8eq';
COMMENT ON FUNCTION portfolio.nhs_number_eq(portfolio.nhs_number, portfolio.nhs_number) IS 'implementation of = operator';
CREATE FUNCTION portfolio.nhs_number_ne(portfolio.nhs_number, portfolio.nhs_number) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ne';
COMMENT ON FUNCTION portfolio.nhs_number_ne(portfolio.nhs_number, portfolio.nhs_number) IS 'implementation of <> operator';
CREATE FUNCTION portfolio.nhs_number_ge(portfolio.nhs_number, portfolio.nhs_number) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ge';
COMMENT ON FUNCTION portfolio.nhs_number_ge(portfolio.nhs_number, portfolio.nhs_number) IS 'implementation of >= operator';
CREATE FUNCTION portfolio.nhs_number_gt(portfolio.nhs_number, portfolio.nhs_number) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8gt';
COMMENT ON FUNCTION portfolio.nhs_number_gt(portfolio.nhs_number, portfolio.nhs_number) IS 'implementation of > operator';
CREATE FUNCTION portfolio.nhs_number_cmp(portfolio.nhs_number, portfolio.nhs_number) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'btint8cmp';
COMMENT ON FUNCTION portfolio.nhs_number_cmp(portfolio.nhs_number, portfolio.nhs_number) IS 'less-equal-greater';
CREATE FUNCTION portfolio.nhs_number_hash(portfolio.nhs_number) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8';
COMMENT ON FUNCTION portfolio.nhs_number_hash(portfolio.nhs_number) IS 'hash';
CREATE FUNCTION portfolio.nhs_number_hash_extended(portfolio.nhs_number, bigint) RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8extended';
COMMENT ON FUNCTION portfolio.nhs_number_hash_extended(portfolio.nhs_number, bigint) IS 'hash with a seed';

CREATE OPERATOR portfolio.< (
  FUNCTION = portfolio.nhs_number_lt, LEFTARG = portfolio.nhs_number, RIGHTARG = portfolio.nhs_number,
  COMMUTATOR = OPERATOR(portfolio.>), NEGATOR = OPERATOR(portfolio.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR portfolio.< (portfolio.nhs_number, portfolio.nhs_number) IS 'less than';
CREATE OPERATOR portfolio.<= (
  FUNCTION = portfolio.nhs_number_le, LEFTARG = portfolio.nhs_number, RIGHTARG = portfolio.nhs_number,
  COMMUTATOR = OPERATOR(portfolio.>=), NEGATOR = OPERATOR(portfolio.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR portfolio.<= (portfolio.nhs_number, portfolio.nhs_number) IS 'less than or equal';
CREATE OPERATOR portfolio.= (
  FUNCTION = portfolio.nhs_number_eq, LEFTARG = portfolio.nhs_number, RIGHTARG = portfolio.nhs_number,
  HASHES, MERGES,
  COMMUTATOR = OPERATOR(portfolio.=), NEGATOR = OPERATOR(portfolio.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR portfolio.= (portfolio.nhs_number, portfolio.nhs_number) IS 'equal';
CREATE OPERATOR portfolio.<> (
  FUNCTION = portfolio.nhs_number_ne, LEFTARG = portfolio.nhs_number, RIGHTARG = portfolio.nhs_number,
  COMMUTATOR = OPERATOR(portfolio.<>), NEGATOR = OPERATOR(portfolio.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR portfolio.<> (portfolio.nhs_number, portfolio.nhs_number) IS 'not equal';
CREATE OPERATOR portfolio.>= (
  FUNCTION = portfolio.nhs_number_ge, LEFTARG = portfolio.nhs_number, RIGHTARG = portfolio.nhs_number,
  COMMUTATOR = OPERATOR(portfolio.<=), NEGATOR = OPERATOR(portfolio.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR portfolio.>= (portfolio.nhs_number, portfolio.nhs_number) IS 'greater than or equal';
CREATE OPERATOR portfolio.> (
  FUNCTION = portfolio.nhs_number_gt, LEFTARG = portfolio.nhs_number, RIGHTARG = portfolio.nhs_number,
  COMMUTATOR = OPERATOR(portfolio.<), NEGATOR = OPERATOR(portfolio.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR portfolio.> (portfolio.nhs_number, portfolio.nhs_number) IS 'greater than';

-- Operator classes, all DEFAULT: CREATE INDEX, ORDER BY and PARTITION BY HASH need no search_path.
CREATE OPERATOR FAMILY portfolio.nhs_number_ops USING btree;
COMMENT ON OPERATOR FAMILY portfolio.nhs_number_ops USING btree IS 'Numeric order of nhs_number, which is also that of its ten digits.';
CREATE OPERATOR CLASS portfolio.nhs_number_ops DEFAULT FOR TYPE portfolio.nhs_number USING btree FAMILY portfolio.nhs_number_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 portfolio.nhs_number_cmp(portfolio.nhs_number, portfolio.nhs_number),
  FUNCTION 2 (portfolio.nhs_number, portfolio.nhs_number) pg_catalog.btint8sortsupport(internal),
  FUNCTION 4 (portfolio.nhs_number, portfolio.nhs_number) pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS portfolio.nhs_number_ops USING btree IS 'Numeric order of nhs_number, which is also that of its ten digits.';

CREATE OPERATOR FAMILY portfolio.nhs_number_ops USING hash;
COMMENT ON OPERATOR FAMILY portfolio.nhs_number_ops USING hash IS 'Equality of nhs_number by hash.';
CREATE OPERATOR CLASS portfolio.nhs_number_ops DEFAULT FOR TYPE portfolio.nhs_number USING hash FAMILY portfolio.nhs_number_ops AS
  OPERATOR 1 portfolio.=,
  FUNCTION 1 portfolio.nhs_number_hash(portfolio.nhs_number),
  FUNCTION 2 (portfolio.nhs_number, portfolio.nhs_number) portfolio.nhs_number_hash_extended(portfolio.nhs_number, bigint);
COMMENT ON OPERATOR CLASS portfolio.nhs_number_ops USING hash IS 'Equality of nhs_number by hash; extended, so it serves hash partitioning.';

CREATE OPERATOR FAMILY portfolio.nhs_number_minmax_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.nhs_number_minmax_ops USING brin IS 'Smallest and largest nhs_number of a block range.';
CREATE OPERATOR CLASS portfolio.nhs_number_minmax_ops DEFAULT FOR TYPE portfolio.nhs_number USING brin FAMILY portfolio.nhs_number_minmax_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
  FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
  FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
  FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS portfolio.nhs_number_minmax_ops USING brin IS 'Smallest and largest nhs_number of a block range.';

CREATE OPERATOR FAMILY portfolio.nhs_number_minmax_multi_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.nhs_number_minmax_multi_ops USING brin IS 'Several intervals of nhs_number of a block range.';
CREATE OPERATOR CLASS portfolio.nhs_number_minmax_multi_ops FOR TYPE portfolio.nhs_number USING brin FAMILY portfolio.nhs_number_minmax_multi_ops AS
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
  FUNCTION 11 (portfolio.nhs_number, portfolio.nhs_number) pg_catalog.brin_minmax_multi_distance_int8(internal, internal);
COMMENT ON OPERATOR CLASS portfolio.nhs_number_minmax_multi_ops USING brin IS 'Several intervals of nhs_number of a block range; for columns with outliers.';
