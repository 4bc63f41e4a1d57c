-- Type icd10: a diagnosis coded in ICD-10 (src/types/icd10.c), as 11_ods_code.sql.
CREATE TYPE portfolio.icd10;

CREATE FUNCTION portfolio.icd10_in(cstring) RETURNS portfolio.icd10
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_icd10_in';
COMMENT ON FUNCTION portfolio.icd10_in(cstring) IS 'I/O';

CREATE FUNCTION portfolio.icd10_out(portfolio.icd10) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_icd10_out';
COMMENT ON FUNCTION portfolio.icd10_out(portfolio.icd10) IS 'I/O';

CREATE FUNCTION portfolio.icd10_recv(internal) RETURNS portfolio.icd10
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_icd10_recv';
COMMENT ON FUNCTION portfolio.icd10_recv(internal) IS 'I/O';

CREATE FUNCTION portfolio.icd10_send(portfolio.icd10) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_icd10_send';
COMMENT ON FUNCTION portfolio.icd10_send(portfolio.icd10) IS 'I/O';

CREATE TYPE portfolio.icd10 (
  INPUT = portfolio.icd10_in,
  OUTPUT = portfolio.icd10_out,
  RECEIVE = portfolio.icd10_recv,
  SEND = portfolio.icd10_send,
  LIKE = pg_catalog.int8
);
COMMENT ON TYPE portfolio.icd10 IS
  'ICD-10 code in the form of the NHS: category, subcategory or X, a supplementary digit, and D (dagger) or A (asterisk) in the sixth place: I210, I10X, M4507, A170-D. Input in any case, with or without the dot, X and -, with + and * for D and A, white space around ignored; output without the dot. Ordered as text COLLATE "C": X stands behind the digits, so I20, read as I20X, is above I200 to I209. Only the form is judged: which codes exist is reference data. Source: NHS Data Dictionary, ICD-10 CODE.';

-- Judging text: nothing here raises an error or reads anything.
CREATE FUNCTION portfolio.is_icd10(value text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_is_icd10';
COMMENT ON FUNCTION portfolio.is_icd10(text) IS
  'True if the text is taken by type icd10, false if not, NULL for NULL. Never raises an error.';

CREATE FUNCTION portfolio.try_icd10(value text) RETURNS portfolio.icd10
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_try_icd10';
COMMENT ON FUNCTION portfolio.try_icd10(text) IS
  'The text as icd10, or NULL if it is not one (portfolio.icd10_problem says why). Never raises an error.';

CREATE FUNCTION portfolio.icd10_problem(value text) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_icd10_problem_code';
COMMENT ON FUNCTION portfolio.icd10_problem(text) IS
  'Why the text is not an ICD-10 code: empty, invalid_character, incomplete, too_long, misplaced_dot, wrong_category, wrong_subdivision or wrong_mark, the first that applies; NULL if it is one, and for NULL. Never raises an error.';

-- Where a code stands in the classification
CREATE FUNCTION portfolio.icd10_chapter(value portfolio.icd10) RETURNS integer
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_icd10_chapter';
COMMENT ON FUNCTION portfolio.icd10_chapter(portfolio.icd10) IS
  'The number of the chapter, 1 to 22: 9 for I210. to_char(n, ''FMRN'') is as the books print it. NULL for a category outside all chapters (D49). Source: WHO, ICD-10, fifth edition.';

CREATE FUNCTION portfolio.icd10_block(value portfolio.icd10) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_icd10_block';
COMMENT ON FUNCTION portfolio.icd10_block(portfolio.icd10) IS
  'The innermost block: I20-I25 for I210, B99 for B99X. NULL for a category that no block has. Source: WHO, ICD-10, fifth edition.';

-- Casts. None is implicit: through text, = would seem to work and lose the index.
CREATE FUNCTION portfolio.icd10(value text) RETURNS portfolio.icd10
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_icd10_from_text';
COMMENT ON FUNCTION portfolio.icd10(text) IS 'The text as icd10; raises the error of the type''s input if it is not one.';
CREATE CAST (text AS portfolio.icd10) WITH FUNCTION portfolio.icd10(text);
COMMENT ON CAST (text AS portfolio.icd10) IS 'Explicit; refuses what the type''s input refuses. portfolio.try_icd10(text) gives NULL instead.';

CREATE FUNCTION portfolio.text(portfolio.icd10) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_icd10_to_text';
COMMENT ON FUNCTION portfolio.text(portfolio.icd10) IS 'The code in upper case, without a dot, X and - filled in.';
CREATE CAST (portfolio.icd10 AS text) WITH FUNCTION portfolio.text(portfolio.icd10) AS ASSIGNMENT;
COMMENT ON CAST (portfolio.icd10 AS text) IS 'The canonical form; also applied on assignment.';

-- Comparison is that of the bigint underneath, which cannot fail: hence LEAKPROOF.
CREATE FUNCTION portfolio.icd10_lt(portfolio.icd10, portfolio.icd10) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8lt';
COMMENT ON FUNCTION portfolio.icd10_lt(portfolio.icd10, portfolio.icd10) IS 'implementation of < operator';
CREATE FUNCTION portfolio.icd10_le(portfolio.icd10, portfolio.icd10) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8le';
COMMENT ON FUNCTION portfolio.icd10_le(portfolio.icd10, portfolio.icd10) IS 'implementation of <= operator';
CREATE FUNCTION portfolio.icd10_eq(portfolio.icd10, portfolio.icd10) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8eq';
COMMENT ON FUNCTION portfolio.icd10_eq(portfolio.icd10, portfolio.icd10) IS 'implementation of = operator';
CREATE FUNCTION portfolio.icd10_ne(portfolio.icd10, portfolio.icd10) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ne';
COMMENT ON FUNCTION portfolio.icd10_ne(portfolio.icd10, portfolio.icd10) IS 'implementation of <> operator';
CREATE FUNCTION portfolio.icd10_ge(portfolio.icd10, portfolio.icd10) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ge';
COMMENT ON FUNCTION portfolio.icd10_ge(portfolio.icd10, portfolio.icd10) IS 'implementation of >= operator';
CREATE FUNCTION portfolio.icd10_gt(portfolio.icd10, portfolio.icd10) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8gt';
COMMENT ON FUNCTION portfolio.icd10_gt(portfolio.icd10, portfolio.icd10) IS 'implementation of > operator';
CREATE FUNCTION portfolio.icd10_cmp(portfolio.icd10, portfolio.icd10) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'btint8cmp';
COMMENT ON FUNCTION portfolio.icd10_cmp(portfolio.icd10, portfolio.icd10) IS 'less-equal-greater';
CREATE FUNCTION portfolio.icd10_hash(portfolio.icd10) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8';
COMMENT ON FUNCTION portfolio.icd10_hash(portfolio.icd10) IS 'hash';
CREATE FUNCTION portfolio.icd10_hash_extended(portfolio.icd10, bigint) RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8extended';
COMMENT ON FUNCTION portfolio.icd10_hash_extended(portfolio.icd10, bigint) IS 'hash with a seed';

CREATE OPERATOR portfolio.< (
  FUNCTION = portfolio.icd10_lt, LEFTARG = portfolio.icd10, RIGHTARG = portfolio.icd10,
  COMMUTATOR = OPERATOR(portfolio.>), NEGATOR = OPERATOR(portfolio.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR portfolio.< (portfolio.icd10, portfolio.icd10) IS 'less than';
CREATE OPERATOR portfolio.<= (
  FUNCTION = portfolio.icd10_le, LEFTARG = portfolio.icd10, RIGHTARG = portfolio.icd10,
  COMMUTATOR = OPERATOR(portfolio.>=), NEGATOR = OPERATOR(portfolio.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR portfolio.<= (portfolio.icd10, portfolio.icd10) IS 'less than or equal';
CREATE OPERATOR portfolio.= (
  FUNCTION = portfolio.icd10_eq, LEFTARG = portfolio.icd10, RIGHTARG = portfolio.icd10,
  HASHES, MERGES,
  COMMUTATOR = OPERATOR(portfolio.=), NEGATOR = OPERATOR(portfolio.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR portfolio.= (portfolio.icd10, portfolio.icd10) IS 'equal';
CREATE OPERATOR portfolio.<> (
  FUNCTION = portfolio.icd10_ne, LEFTARG = portfolio.icd10, RIGHTARG = portfolio.icd10,
  COMMUTATOR = OPERATOR(portfolio.<>), NEGATOR = OPERATOR(portfolio.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR portfolio.<> (portfolio.icd10, portfolio.icd10) IS 'not equal';
CREATE OPERATOR portfolio.>= (
  FUNCTION = portfolio.icd10_ge, LEFTARG = portfolio.icd10, RIGHTARG = portfolio.icd10,
  COMMUTATOR = OPERATOR(portfolio.<=), NEGATOR = OPERATOR(portfolio.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR portfolio.>= (portfolio.icd10, portfolio.icd10) IS 'greater than or equal';
CREATE OPERATOR portfolio.> (
  FUNCTION = portfolio.icd10_gt, LEFTARG = portfolio.icd10, RIGHTARG = portfolio.icd10,
  COMMUTATOR = OPERATOR(portfolio.<), NEGATOR = OPERATOR(portfolio.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR portfolio.> (portfolio.icd10, portfolio.icd10) IS 'greater than';

-- Search by prefix: a range of the btree (05_prefix.sql).
CREATE FUNCTION portfolio.icd10_prefix_low(prefix text) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_icd10_prefix_low';
COMMENT ON FUNCTION portfolio.icd10_prefix_low(text) IS
  'For the planner: where in the index the codes that begin with the prefix start.';
CREATE FUNCTION portfolio.icd10_prefix_high(prefix text) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_icd10_prefix_high';
COMMENT ON FUNCTION portfolio.icd10_prefix_high(text) IS
  'For the planner: where in the index the codes that begin with the prefix have ended.';
CREATE FUNCTION portfolio.starts_with(value portfolio.icd10, prefix text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT portfolio.prefix_support
AS 'MODULE_PATHNAME', 'pf_icd10_starts_with';
COMMENT ON FUNCTION portfolio.starts_with(portfolio.icd10, text) IS
  'True if the code begins with the prefix, written in any case and with or without the dot: starts_with(code, ''I20.'') or starts_with(code, ''I2''). Uses a btree or BRIN index on the column. Every code begins with an empty prefix. NULL for NULL; never raises an error.';
CREATE OPERATOR portfolio.^@ (
  FUNCTION = portfolio.starts_with, LEFTARG = portfolio.icd10, RIGHTARG = pg_catalog.text,
  RESTRICT = portfolio.prefix_selectivity, JOIN = pg_catalog.prefixjoinsel
);
COMMENT ON OPERATOR portfolio.^@ (portfolio.icd10, pg_catalog.text) IS 'begins with';

-- Operator classes, all DEFAULT: CREATE INDEX, ORDER BY and PARTITION BY HASH need no search_path.
CREATE OPERATOR FAMILY portfolio.icd10_ops USING btree;
COMMENT ON OPERATOR FAMILY portfolio.icd10_ops USING btree IS 'Order of icd10, that of its text under COLLATE "C".';
CREATE OPERATOR CLASS portfolio.icd10_ops DEFAULT FOR TYPE portfolio.icd10 USING btree FAMILY portfolio.icd10_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 portfolio.icd10_cmp(portfolio.icd10, portfolio.icd10),
  FUNCTION 2 (portfolio.icd10, portfolio.icd10) pg_catalog.btint8sortsupport(internal),
  FUNCTION 4 (portfolio.icd10, portfolio.icd10) pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS portfolio.icd10_ops USING btree IS 'Order of icd10, that of its text under COLLATE "C".';

CREATE OPERATOR FAMILY portfolio.icd10_ops USING hash;
COMMENT ON OPERATOR FAMILY portfolio.icd10_ops USING hash IS 'Equality of icd10 by hash.';
CREATE OPERATOR CLASS portfolio.icd10_ops DEFAULT FOR TYPE portfolio.icd10 USING hash FAMILY portfolio.icd10_ops AS
  OPERATOR 1 portfolio.=,
  FUNCTION 1 portfolio.icd10_hash(portfolio.icd10),
  FUNCTION 2 (portfolio.icd10, portfolio.icd10) portfolio.icd10_hash_extended(portfolio.icd10, bigint);
COMMENT ON OPERATOR CLASS portfolio.icd10_ops USING hash IS 'Equality of icd10 by hash; extended, so it serves hash partitioning.';

CREATE OPERATOR FAMILY portfolio.icd10_minmax_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.icd10_minmax_ops USING brin IS 'Smallest and largest icd10 of a block range.';
CREATE OPERATOR CLASS portfolio.icd10_minmax_ops DEFAULT FOR TYPE portfolio.icd10 USING brin FAMILY portfolio.icd10_minmax_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
  FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
  FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
  FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS portfolio.icd10_minmax_ops USING brin IS 'Smallest and largest icd10 of a block range.';

CREATE OPERATOR FAMILY portfolio.icd10_minmax_multi_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.icd10_minmax_multi_ops USING brin IS 'Several intervals of icd10 of a block range.';
CREATE OPERATOR CLASS portfolio.icd10_minmax_multi_ops FOR TYPE portfolio.icd10 USING brin FAMILY portfolio.icd10_minmax_multi_ops AS
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
  FUNCTION 11 (portfolio.icd10, portfolio.icd10) pg_catalog.brin_minmax_multi_distance_int8(internal, internal);
COMMENT ON OPERATOR CLASS portfolio.icd10_minmax_multi_ops USING brin IS 'Several intervals of icd10 of a block range; for columns with outliers.';
