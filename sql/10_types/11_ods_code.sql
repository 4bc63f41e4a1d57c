-- Type ods_code: the code of an organisation or site (src/types/ods_code.c), as 10_nhs_number.sql.
CREATE TYPE portfolio.ods_code;

CREATE FUNCTION portfolio.ods_code_in(cstring) RETURNS portfolio.ods_code
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_ods_code_in';
COMMENT ON FUNCTION portfolio.ods_code_in(cstring) IS 'I/O';

CREATE FUNCTION portfolio.ods_code_out(portfolio.ods_code) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_ods_code_out';
COMMENT ON FUNCTION portfolio.ods_code_out(portfolio.ods_code) IS 'I/O';

CREATE FUNCTION portfolio.ods_code_recv(internal) RETURNS portfolio.ods_code
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_ods_code_recv';
COMMENT ON FUNCTION portfolio.ods_code_recv(internal) IS 'I/O';

CREATE FUNCTION portfolio.ods_code_send(portfolio.ods_code) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_ods_code_send';
COMMENT ON FUNCTION portfolio.ods_code_send(portfolio.ods_code) IS 'I/O';

CREATE TYPE portfolio.ods_code (
  INPUT = portfolio.ods_code_in,
  OUTPUT = portfolio.ods_code_out,
  RECEIVE = portfolio.ods_code_recv,
  SEND = portfolio.ods_code_send,
  LIKE = pg_catalog.int8
);
COMMENT ON TYPE portfolio.ods_code IS
  'ODS code of an organisation or site: three to eight letters and digits. Input in any case, white space around ignored; output in upper case. Ordered as text COLLATE "C". Only the form is judged: which codes exist is reference data. Source: NHS Data Dictionary, organisation coding frames.';

-- Judging text: nothing here raises an error or reads anything.
CREATE FUNCTION portfolio.is_ods_code(value text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_is_ods_code';
COMMENT ON FUNCTION portfolio.is_ods_code(text) IS
  'True if the text is taken by type ods_code, false if not, NULL for NULL. Never raises an error.';

CREATE FUNCTION portfolio.try_ods_code(value text) RETURNS portfolio.ods_code
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_try_ods_code';
COMMENT ON FUNCTION portfolio.try_ods_code(text) IS
  'The text as ods_code, or NULL if it is not one (portfolio.ods_code_problem says why). Never raises an error.';

CREATE FUNCTION portfolio.ods_code_problem(value text) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_ods_code_problem_code';
COMMENT ON FUNCTION portfolio.ods_code_problem(text) IS
  'Why the text is not an ODS code: empty, invalid_character, too_short or too_long, the first that applies; NULL if it is one, and for NULL. Never raises an error.';

-- Casts. None is implicit: through text, = would seem to work and lose the index.
CREATE FUNCTION portfolio.ods_code(value text) RETURNS portfolio.ods_code
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_ods_code_from_text';
COMMENT ON FUNCTION portfolio.ods_code(text) IS 'The text as ods_code; raises the error of the type''s input if it is not one.';
CREATE CAST (text AS portfolio.ods_code) WITH FUNCTION portfolio.ods_code(text);
COMMENT ON CAST (text AS portfolio.ods_code) IS 'Explicit; refuses what the type''s input refuses. portfolio.try_ods_code(text) gives NULL instead.';

CREATE FUNCTION portfolio.text(portfolio.ods_code) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_ods_code_to_text';
COMMENT ON FUNCTION portfolio.text(portfolio.ods_code) IS 'The code in upper case.';
CREATE CAST (portfolio.ods_code AS text) WITH FUNCTION portfolio.text(portfolio.ods_code) AS ASSIGNMENT;
COMMENT ON CAST (portfolio.ods_code AS text) IS 'The canonical form; also applied on assignment.';

-- Comparison is that of the bigint underneath, which cannot fail: hence LEAKPROOF.
CREATE FUNCTION portfolio.ods_code_lt(portfolio.ods_code, portfolio.ods_code) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8lt';
COMMENT ON FUNCTION portfolio.ods_code_lt(portfolio.ods_code, portfolio.ods_code) IS 'implementation of < operator';
CREATE FUNCTION portfolio.ods_code_le(portfolio.ods_code, portfolio.ods_code) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8le';
COMMENT ON FUNCTION portfolio.ods_code_le(portfolio.ods_code, portfolio.ods_code) IS 'implementation of <= operator';
CREATE FUNCTION portfolio.ods_code_eq(portfolio.ods_code, portfolio.ods_code) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8eq';
COMMENT ON FUNCTION portfolio.ods_code_eq(portfolio.ods_code, portfolio.ods_code) IS 'implementation of = operator';
CREATE FUNCTION portfolio.ods_code_ne(portfolio.ods_code, portfolio.ods_code) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ne';
COMMENT ON FUNCTION portfolio.ods_code_ne(portfolio.ods_code, portfolio.ods_code) IS 'implementation of <> operator';
CREATE FUNCTION portfolio.ods_code_ge(portfolio.ods_code, portfolio.ods_code) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ge';
COMMENT ON FUNCTION portfolio.ods_code_ge(portfolio.ods_code, portfolio.ods_code) IS 'implementation of >= operator';
CREATE FUNCTION portfolio.ods_code_gt(portfolio.ods_code, portfolio.ods_code) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8gt';
COMMENT ON FUNCTION portfolio.ods_code_gt(portfolio.ods_code, portfolio.ods_code) IS 'implementation of > operator';
CREATE FUNCTION portfolio.ods_code_cmp(portfolio.ods_code, portfolio.ods_code) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'btint8cmp';
COMMENT ON FUNCTION portfolio.ods_code_cmp(portfolio.ods_code, portfolio.ods_code) IS 'less-equal-greater';
CREATE FUNCTION portfolio.ods_code_hash(portfolio.ods_code) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8';
COMMENT ON FUNCTION portfolio.ods_code_hash(portfolio.ods_code) IS 'hash';
CREATE FUNCTION portfolio.ods_code_hash_extended(portfolio.ods_code, bigint) RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8extended';
COMMENT ON FUNCTION portfolio.ods_code_hash_extended(portfolio.ods_code, bigint) IS 'hash with a seed';

CREATE OPERATOR portfolio.< (
  FUNCTION = portfolio.ods_code_lt, LEFTARG = portfolio.ods_code, RIGHTARG = portfolio.ods_code,
  COMMUTATOR = OPERATOR(portfolio.>), NEGATOR = OPERATOR(portfolio.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR portfolio.< (portfolio.ods_code, portfolio.ods_code) IS 'less than';
CREATE OPERATOR portfolio.<= (
  FUNCTION = portfolio.ods_code_le, LEFTARG = portfolio.ods_code, RIGHTARG = portfolio.ods_code,
  COMMUTATOR = OPERATOR(portfolio.>=), NEGATOR = OPERATOR(portfolio.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR portfolio.<= (portfolio.ods_code, portfolio.ods_code) IS 'less than or equal';
CREATE OPERATOR portfolio.= (
  FUNCTION = portfolio.ods_code_eq, LEFTARG = portfolio.ods_code, RIGHTARG = portfolio.ods_code,
  HASHES, MERGES,
  COMMUTATOR = OPERATOR(portfolio.=), NEGATOR = OPERATOR(portfolio.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR portfolio.= (portfolio.ods_code, portfolio.ods_code) IS 'equal';
CREATE OPERATOR portfolio.<> (
  FUNCTION = portfolio.ods_code_ne, LEFTARG = portfolio.ods_code, RIGHTARG = portfolio.ods_code,
  COMMUTATOR = OPERATOR(portfolio.<>), NEGATOR = OPERATOR(portfolio.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR portfolio.<> (portfolio.ods_code, portfolio.ods_code) IS 'not equal';
CREATE OPERATOR portfolio.>= (
  FUNCTION = portfolio.ods_code_ge, LEFTARG = portfolio.ods_code, RIGHTARG = portfolio.ods_code,
  COMMUTATOR = OPERATOR(portfolio.<=), NEGATOR = OPERATOR(portfolio.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR portfolio.>= (portfolio.ods_code, portfolio.ods_code) IS 'greater than or equal';
CREATE OPERATOR portfolio.> (
  FUNCTION = portfolio.ods_code_gt, LEFTARG = portfolio.ods_code, RIGHTARG = portfolio.ods_code,
  COMMUTATOR = OPERATOR(portfolio.<), NEGATOR = OPERATOR(portfolio.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR portfolio.> (portfolio.ods_code, portfolio.ods_code) IS 'greater than';

-- Search by prefix: a range of the btree (05_prefix.sql).
CREATE FUNCTION portfolio.ods_code_prefix_low(prefix text) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_ods_code_prefix_low';
COMMENT ON FUNCTION portfolio.ods_code_prefix_low(text) IS
  'For the planner: where in the index the codes that begin with the prefix start.';
CREATE FUNCTION portfolio.ods_code_prefix_high(prefix text) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_ods_code_prefix_high';
COMMENT ON FUNCTION portfolio.ods_code_prefix_high(text) IS
  'For the planner: where in the index the codes that begin with the prefix have ended.';
CREATE FUNCTION portfolio.starts_with(value portfolio.ods_code, prefix text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT portfolio.prefix_support
AS 'MODULE_PATHNAME', 'pf_ods_code_starts_with';
COMMENT ON FUNCTION portfolio.starts_with(portfolio.ods_code, text) IS
  'True if the code begins with the prefix, written in any case: starts_with(code, ''RH8''). Uses a btree or BRIN index on the column. Every code begins with an empty prefix. NULL for NULL; never raises an error.';
CREATE OPERATOR portfolio.^@ (
  FUNCTION = portfolio.starts_with, LEFTARG = portfolio.ods_code, RIGHTARG = pg_catalog.text,
  RESTRICT = portfolio.prefix_selectivity, JOIN = pg_catalog.prefixjoinsel
);
COMMENT ON OPERATOR portfolio.^@ (portfolio.ods_code, pg_catalog.text) IS 'begins with';

-- Operator classes, all DEFAULT: CREATE INDEX, ORDER BY and PARTITION BY HASH need no search_path.
CREATE OPERATOR FAMILY portfolio.ods_code_ops USING btree;
COMMENT ON OPERATOR FAMILY portfolio.ods_code_ops USING btree IS 'Order of ods_code, that of its text under COLLATE "C".';
CREATE OPERATOR CLASS portfolio.ods_code_ops DEFAULT FOR TYPE portfolio.ods_code USING btree FAMILY portfolio.ods_code_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 portfolio.ods_code_cmp(portfolio.ods_code, portfolio.ods_code),
  FUNCTION 2 (portfolio.ods_code, portfolio.ods_code) pg_catalog.btint8sortsupport(internal),
  FUNCTION 4 (portfolio.ods_code, portfolio.ods_code) pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS portfolio.ods_code_ops USING btree IS 'Order of ods_code, that of its text under COLLATE "C".';

CREATE OPERATOR FAMILY portfolio.ods_code_ops USING hash;
COMMENT ON OPERATOR FAMILY portfolio.ods_code_ops USING hash IS 'Equality of ods_code by hash.';
CREATE OPERATOR CLASS portfolio.ods_code_ops DEFAULT FOR TYPE portfolio.ods_code USING hash FAMILY portfolio.ods_code_ops AS
  OPERATOR 1 portfolio.=,
  FUNCTION 1 portfolio.ods_code_hash(portfolio.ods_code),
  FUNCTION 2 (portfolio.ods_code, portfolio.ods_code) portfolio.ods_code_hash_extended(portfolio.ods_code, bigint);
COMMENT ON OPERATOR CLASS portfolio.ods_code_ops USING hash IS 'Equality of ods_code by hash; extended, so it serves hash partitioning.';

CREATE OPERATOR FAMILY portfolio.ods_code_minmax_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.ods_code_minmax_ops USING brin IS 'Smallest and largest ods_code of a block range.';
CREATE OPERATOR CLASS portfolio.ods_code_minmax_ops DEFAULT FOR TYPE portfolio.ods_code USING brin FAMILY portfolio.ods_code_minmax_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
  FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
  FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
  FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS portfolio.ods_code_minmax_ops USING brin IS 'Smallest and largest ods_code of a block range.';

CREATE OPERATOR FAMILY portfolio.ods_code_minmax_multi_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.ods_code_minmax_multi_ops USING brin IS 'Several intervals of ods_code of a block range.';
CREATE OPERATOR CLASS portfolio.ods_code_minmax_multi_ops FOR TYPE portfolio.ods_code USING brin FAMILY portfolio.ods_code_minmax_multi_ops AS
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
  FUNCTION 11 (portfolio.ods_code, portfolio.ods_code) pg_catalog.brin_minmax_multi_distance_int8(internal, internal);
COMMENT ON OPERATOR CLASS portfolio.ods_code_minmax_multi_ops USING brin IS 'Several intervals of ods_code of a block range; for columns with outliers.';
