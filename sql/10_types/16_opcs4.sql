-- Type opcs4: a procedure coded in OPCS-4 (src/types/opcs4.c), as 11_ods_code.sql.
CREATE TYPE portfolio.opcs4;

CREATE FUNCTION portfolio.opcs4_in(cstring) RETURNS portfolio.opcs4
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_opcs4_in';
COMMENT ON FUNCTION portfolio.opcs4_in(cstring) IS 'I/O';

CREATE FUNCTION portfolio.opcs4_out(portfolio.opcs4) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_opcs4_out';
COMMENT ON FUNCTION portfolio.opcs4_out(portfolio.opcs4) IS 'I/O';

CREATE FUNCTION portfolio.opcs4_recv(internal) RETURNS portfolio.opcs4
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_opcs4_recv';
COMMENT ON FUNCTION portfolio.opcs4_recv(internal) IS 'I/O';

CREATE FUNCTION portfolio.opcs4_send(portfolio.opcs4) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_opcs4_send';
COMMENT ON FUNCTION portfolio.opcs4_send(portfolio.opcs4) IS 'I/O';

CREATE TYPE portfolio.opcs4 (
  INPUT = portfolio.opcs4_in,
  OUTPUT = portfolio.opcs4_out,
  RECEIVE = portfolio.opcs4_recv,
  SEND = portfolio.opcs4_send,
  LIKE = pg_catalog.int8
);
COMMENT ON TYPE portfolio.opcs4 IS
  'OPCS-4 code of an operation or procedure: a letter other than I and three digits. Input in any case, with or without the dot (W38.1), white space around ignored; output without it: W381. Ordered as text COLLATE "C". Only the form is judged: which codes exist is reference data. Source: NHS Data Dictionary, OPCS-4 CODE.';

-- Judging text: nothing here raises an error or reads anything.
CREATE FUNCTION portfolio.is_opcs4(value text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_is_opcs4';
COMMENT ON FUNCTION portfolio.is_opcs4(text) IS
  'True if the text is taken by type opcs4, false if not, NULL for NULL. Never raises an error.';

CREATE FUNCTION portfolio.try_opcs4(value text) RETURNS portfolio.opcs4
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_try_opcs4';
COMMENT ON FUNCTION portfolio.try_opcs4(text) IS
  'The text as opcs4, or NULL if it is not one (portfolio.opcs4_problem says why). Never raises an error.';

CREATE FUNCTION portfolio.opcs4_problem(value text) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_opcs4_problem_code';
COMMENT ON FUNCTION portfolio.opcs4_problem(text) IS
  'Why the text is not an OPCS-4 code: empty, invalid_character, incomplete, too_long, misplaced_dot, wrong_form or unknown_chapter, the first that applies; NULL if it is one, and for NULL. Never raises an error.';

-- Where a code stands in the classification
CREATE FUNCTION portfolio.opcs4_chapter(value portfolio.opcs4) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_opcs4_chapter';
COMMENT ON FUNCTION portfolio.opcs4_chapter(portfolio.opcs4) IS
  'The letter of the chapter: W for W381. O holds the codes that overflow from other chapters.';

-- Casts. None is implicit: through text, = would seem to work and lose the index.
CREATE FUNCTION portfolio.opcs4(value text) RETURNS portfolio.opcs4
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_opcs4_from_text';
COMMENT ON FUNCTION portfolio.opcs4(text) IS 'The text as opcs4; raises the error of the type''s input if it is not one.';
CREATE CAST (text AS portfolio.opcs4) WITH FUNCTION portfolio.opcs4(text);
COMMENT ON CAST (text AS portfolio.opcs4) IS 'Explicit; refuses what the type''s input refuses. portfolio.try_opcs4(text) gives NULL instead.';

CREATE FUNCTION portfolio.text(portfolio.opcs4) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_opcs4_to_text';
COMMENT ON FUNCTION portfolio.text(portfolio.opcs4) IS 'The code in upper case, without a dot.';
CREATE CAST (portfolio.opcs4 AS text) WITH FUNCTION portfolio.text(portfolio.opcs4) AS ASSIGNMENT;
COMMENT ON CAST (portfolio.opcs4 AS text) IS 'The canonical form; also applied on assignment.';

-- Comparison is that of the bigint underneath, which cannot fail: hence LEAKPROOF.
CREATE FUNCTION portfolio.opcs4_lt(portfolio.opcs4, portfolio.opcs4) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8lt';
COMMENT ON FUNCTION portfolio.opcs4_lt(portfolio.opcs4, portfolio.opcs4) IS 'implementation of < operator';
CREATE FUNCTION portfolio.opcs4_le(portfolio.opcs4, portfolio.opcs4) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8le';
COMMENT ON FUNCTION portfolio.opcs4_le(portfolio.opcs4, portfolio.opcs4) IS 'implementation of <= operator';
CREATE FUNCTION portfolio.opcs4_eq(portfolio.opcs4, portfolio.opcs4) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8eq';
COMMENT ON FUNCTION portfolio.opcs4_eq(portfolio.opcs4, portfolio.opcs4) IS 'implementation of = operator';
CREATE FUNCTION portfolio.opcs4_ne(portfolio.opcs4, portfolio.opcs4) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ne';
COMMENT ON FUNCTION portfolio.opcs4_ne(portfolio.opcs4, portfolio.opcs4) IS 'implementation of <> operator';
CREATE FUNCTION portfolio.opcs4_ge(portfolio.opcs4, portfolio.opcs4) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ge';
COMMENT ON FUNCTION portfolio.opcs4_ge(portfolio.opcs4, portfolio.opcs4) IS 'implementation of >= operator';
CREATE FUNCTION portfolio.opcs4_gt(portfolio.opcs4, portfolio.opcs4) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8gt';
COMMENT ON FUNCTION portfolio.opcs4_gt(portfolio.opcs4, portfolio.opcs4) IS 'implementation of > operator';
CREATE FUNCTION portfolio.opcs4_cmp(portfolio.opcs4, portfolio.opcs4) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'btint8cmp';
COMMENT ON FUNCTION portfolio.opcs4_cmp(portfolio.opcs4, portfolio.opcs4) IS 'less-equal-greater';
CREATE FUNCTION portfolio.opcs4_hash(portfolio.opcs4) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8';
COMMENT ON FUNCTION portfolio.opcs4_hash(portfolio.opcs4) IS 'hash';
CREATE FUNCTION portfolio.opcs4_hash_extended(portfolio.opcs4, bigint) RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8extended';
COMMENT ON FUNCTION portfolio.opcs4_hash_extended(portfolio.opcs4, bigint) IS 'hash with a seed';

CREATE OPERATOR portfolio.< (
  FUNCTION = portfolio.opcs4_lt, LEFTARG = portfolio.opcs4, RIGHTARG = portfolio.opcs4,
  COMMUTATOR = OPERATOR(portfolio.>), NEGATOR = OPERATOR(portfolio.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR portfolio.< (portfolio.opcs4, portfolio.opcs4) IS 'less than';
CREATE OPERATOR portfolio.<= (
  FUNCTION = portfolio.opcs4_le, LEFTARG = portfolio.opcs4, RIGHTARG = portfolio.opcs4,
  COMMUTATOR = OPERATOR(portfolio.>=), NEGATOR = OPERATOR(portfolio.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR portfolio.<= (portfolio.opcs4, portfolio.opcs4) IS 'less than or equal';
CREATE OPERATOR portfolio.= (
  FUNCTION = portfolio.opcs4_eq, LEFTARG = portfolio.opcs4, RIGHTARG = portfolio.opcs4,
  HASHES, MERGES,
  COMMUTATOR = OPERATOR(portfolio.=), NEGATOR = OPERATOR(portfolio.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR portfolio.= (portfolio.opcs4, portfolio.opcs4) IS 'equal';
CREATE OPERATOR portfolio.<> (
  FUNCTION = portfolio.opcs4_ne, LEFTARG = portfolio.opcs4, RIGHTARG = portfolio.opcs4,
  COMMUTATOR = OPERATOR(portfolio.<>), NEGATOR = OPERATOR(portfolio.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR portfolio.<> (portfolio.opcs4, portfolio.opcs4) IS 'not equal';
CREATE OPERATOR portfolio.>= (
  FUNCTION = portfolio.opcs4_ge, LEFTARG = portfolio.opcs4, RIGHTARG = portfolio.opcs4,
  COMMUTATOR = OPERATOR(portfolio.<=), NEGATOR = OPERATOR(portfolio.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR portfolio.>= (portfolio.opcs4, portfolio.opcs4) IS 'greater than or equal';
CREATE OPERATOR portfolio.> (
  FUNCTION = portfolio.opcs4_gt, LEFTARG = portfolio.opcs4, RIGHTARG = portfolio.opcs4,
  COMMUTATOR = OPERATOR(portfolio.<), NEGATOR = OPERATOR(portfolio.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR portfolio.> (portfolio.opcs4, portfolio.opcs4) IS 'greater than';

-- Search by prefix: a range of the btree (05_prefix.sql).
CREATE FUNCTION portfolio.opcs4_prefix_low(prefix text) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_opcs4_prefix_low';
COMMENT ON FUNCTION portfolio.opcs4_prefix_low(text) IS
  'For the planner: where in the index the codes that begin with the prefix start.';
CREATE FUNCTION portfolio.opcs4_prefix_high(prefix text) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_opcs4_prefix_high';
COMMENT ON FUNCTION portfolio.opcs4_prefix_high(text) IS
  'For the planner: where in the index the codes that begin with the prefix have ended.';
CREATE FUNCTION portfolio.starts_with(value portfolio.opcs4, prefix text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT portfolio.prefix_support
AS 'MODULE_PATHNAME', 'pf_opcs4_starts_with';
COMMENT ON FUNCTION portfolio.starts_with(portfolio.opcs4, text) IS
  'True if the code begins with the prefix, written in any case and with or without the dot: starts_with(code, ''W38.'') or starts_with(code, ''W3''). Uses a btree or BRIN index on the column. Every code begins with an empty prefix. NULL for NULL; never raises an error.';
CREATE OPERATOR portfolio.^@ (
  FUNCTION = portfolio.starts_with, LEFTARG = portfolio.opcs4, RIGHTARG = pg_catalog.text,
  RESTRICT = portfolio.prefix_selectivity, JOIN = pg_catalog.prefixjoinsel
);
COMMENT ON OPERATOR portfolio.^@ (portfolio.opcs4, pg_catalog.text) IS 'begins with';

-- Operator classes, all DEFAULT: CREATE INDEX, ORDER BY and PARTITION BY HASH need no search_path.
CREATE OPERATOR FAMILY portfolio.opcs4_ops USING btree;
COMMENT ON OPERATOR FAMILY portfolio.opcs4_ops USING btree IS 'Order of opcs4, that of its text under COLLATE "C".';
CREATE OPERATOR CLASS portfolio.opcs4_ops DEFAULT FOR TYPE portfolio.opcs4 USING btree FAMILY portfolio.opcs4_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 portfolio.opcs4_cmp(portfolio.opcs4, portfolio.opcs4),
  FUNCTION 2 (portfolio.opcs4, portfolio.opcs4) pg_catalog.btint8sortsupport(internal),
  FUNCTION 4 (portfolio.opcs4, portfolio.opcs4) pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS portfolio.opcs4_ops USING btree IS 'Order of opcs4, that of its text under COLLATE "C".';

CREATE OPERATOR FAMILY portfolio.opcs4_ops USING hash;
COMMENT ON OPERATOR FAMILY portfolio.opcs4_ops USING hash IS 'Equality of opcs4 by hash.';
CREATE OPERATOR CLASS portfolio.opcs4_ops DEFAULT FOR TYPE portfolio.opcs4 USING hash FAMILY portfolio.opcs4_ops AS
  OPERATOR 1 portfolio.=,
  FUNCTION 1 portfolio.opcs4_hash(portfolio.opcs4),
  FUNCTION 2 (portfolio.opcs4, portfolio.opcs4) portfolio.opcs4_hash_extended(portfolio.opcs4, bigint);
COMMENT ON OPERATOR CLASS portfolio.opcs4_ops USING hash IS 'Equality of opcs4 by hash; extended, so it serves hash partitioning.';

CREATE OPERATOR FAMILY portfolio.opcs4_minmax_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.opcs4_minmax_ops USING brin IS 'Smallest and largest opcs4 of a block range.';
CREATE OPERATOR CLASS portfolio.opcs4_minmax_ops DEFAULT FOR TYPE portfolio.opcs4 USING brin FAMILY portfolio.opcs4_minmax_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
  FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
  FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
  FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS portfolio.opcs4_minmax_ops USING brin IS 'Smallest and largest opcs4 of a block range.';

CREATE OPERATOR FAMILY portfolio.opcs4_minmax_multi_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.opcs4_minmax_multi_ops USING brin IS 'Several intervals of opcs4 of a block range.';
CREATE OPERATOR CLASS portfolio.opcs4_minmax_multi_ops FOR TYPE portfolio.opcs4 USING brin FAMILY portfolio.opcs4_minmax_multi_ops AS
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
  FUNCTION 11 (portfolio.opcs4, portfolio.opcs4) pg_catalog.brin_minmax_multi_distance_int8(internal, internal);
COMMENT ON OPERATOR CLASS portfolio.opcs4_minmax_multi_ops USING brin IS 'Several intervals of opcs4 of a block range; for columns with outliers.';
