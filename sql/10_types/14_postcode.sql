-- Type postcode: a full postcode of the United Kingdom (src/types/postcode.c), as 11_ods_code.sql.
CREATE TYPE portfolio.postcode;

CREATE FUNCTION portfolio.postcode_in(cstring) RETURNS portfolio.postcode
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_in';
COMMENT ON FUNCTION portfolio.postcode_in(cstring) IS 'I/O';

CREATE FUNCTION portfolio.postcode_out(portfolio.postcode) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_out';
COMMENT ON FUNCTION portfolio.postcode_out(portfolio.postcode) IS 'I/O';

CREATE FUNCTION portfolio.postcode_recv(internal) RETURNS portfolio.postcode
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_recv';
COMMENT ON FUNCTION portfolio.postcode_recv(internal) IS 'I/O';

CREATE FUNCTION portfolio.postcode_send(portfolio.postcode) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_send';
COMMENT ON FUNCTION portfolio.postcode_send(portfolio.postcode) IS 'I/O';

CREATE TYPE portfolio.postcode (
  INPUT = portfolio.postcode_in,
  OUTPUT = portfolio.postcode_out,
  RECEIVE = portfolio.postcode_recv,
  SEND = portfolio.postcode_send,
  LIKE = pg_catalog.int8
);
COMMENT ON TYPE portfolio.postcode IS
  'Full postcode of the United Kingdom and the Crown dependencies, with BF1 (forces), GIR 0AA and the pseudo postcodes of the NHS (ZZ99 3VZ). Input in any case, with one space or more before the last three characters or none, white space around ignored; output in upper case with one space. Ordered as text COLLATE "C": LS1 9ZZ before LS10 1AA. The area must exist; which postcodes of it exist is reference data. Source: Royal Mail, PAF programmers'' guide; NHS Data Dictionary, POSTCODE.';

-- Judging text: nothing here raises an error or reads anything.
CREATE FUNCTION portfolio.is_postcode(value text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_is_postcode';
COMMENT ON FUNCTION portfolio.is_postcode(text) IS
  'True if the text is taken by type postcode, false if not, NULL for NULL. Never raises an error.';

CREATE FUNCTION portfolio.try_postcode(value text) RETURNS portfolio.postcode
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_try_postcode';
COMMENT ON FUNCTION portfolio.try_postcode(text) IS
  'The text as postcode, or NULL if it is not one (portfolio.postcode_problem says why). Never raises an error.';

CREATE FUNCTION portfolio.postcode_problem(value text) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_problem_code';
COMMENT ON FUNCTION portfolio.postcode_problem(text) IS
  'Why the text is not a postcode: empty, invalid_character, incomplete, too_long, misplaced_space, wrong_inward_code, unknown_area or wrong_district, the first that applies; NULL if it is one, and for NULL. Never raises an error.';

-- Parts of a postcode
CREATE FUNCTION portfolio.postcode_area(value portfolio.postcode) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_area';
COMMENT ON FUNCTION portfolio.postcode_area(portfolio.postcode) IS
  'The letters at the beginning: LS of LS1 4AP, GIR of GIR 0AA, ZZ of a pseudo postcode.';

CREATE FUNCTION portfolio.postcode_district(value portfolio.postcode) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_outward';
COMMENT ON FUNCTION portfolio.postcode_district(portfolio.postcode) IS
  'The postcode district: LS1 of LS1 4AP, SW1A of SW1A 1AA. What Royal Mail calls a district is the whole outward code; portfolio.postcode_outward(postcode) is the same under its other name.';

CREATE FUNCTION portfolio.postcode_sector(value portfolio.postcode) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_sector';
COMMENT ON FUNCTION portfolio.postcode_sector(portfolio.postcode) IS
  'The postcode sector: LS1 4 of LS1 4AP.';

CREATE FUNCTION portfolio.postcode_outward(value portfolio.postcode) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_outward';
COMMENT ON FUNCTION portfolio.postcode_outward(portfolio.postcode) IS
  'The part before the space: LS1 of LS1 4AP.';

CREATE FUNCTION portfolio.postcode_inward(value portfolio.postcode) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_inward';
COMMENT ON FUNCTION portfolio.postcode_inward(portfolio.postcode) IS
  'The three characters after the space: 4AP of LS1 4AP.';

CREATE FUNCTION portfolio.is_pseudo_postcode(value portfolio.postcode) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_is_pseudo_postcode';
COMMENT ON FUNCTION portfolio.is_pseudo_postcode(portfolio.postcode) IS
  'True for the pseudo postcodes of the NHS, ZZ99: no fixed abode (ZZ99 3VZ), not known (ZZ99 3WZ), countries. They are valid values and no place.';

-- Casts. None is implicit: through text, = would seem to work and lose the index.
CREATE FUNCTION portfolio.postcode(value text) RETURNS portfolio.postcode
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_from_text';
COMMENT ON FUNCTION portfolio.postcode(text) IS 'The text as postcode; raises the error of the type''s input if it is not one.';
CREATE CAST (text AS portfolio.postcode) WITH FUNCTION portfolio.postcode(text);
COMMENT ON CAST (text AS portfolio.postcode) IS 'Explicit; refuses what the type''s input refuses. portfolio.try_postcode(text) gives NULL instead.';

CREATE FUNCTION portfolio.text(portfolio.postcode) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_to_text';
COMMENT ON FUNCTION portfolio.text(portfolio.postcode) IS 'The postcode in upper case with one space.';
CREATE CAST (portfolio.postcode AS text) WITH FUNCTION portfolio.text(portfolio.postcode) AS ASSIGNMENT;
COMMENT ON CAST (portfolio.postcode AS text) IS 'The canonical form; also applied on assignment.';

-- Comparison is that of the bigint underneath, which cannot fail: hence LEAKPROOF.
CREATE FUNCTION portfolio.postcode_lt(portfolio.postcode, portfolio.postcode) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8lt';
COMMENT ON FUNCTION portfolio.postcode_lt(portfolio.postcode, portfolio.postcode) IS 'implementation of < operator';
CREATE FUNCTION portfolio.postcode_le(portfolio.postcode, portfolio.postcode) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8le';
COMMENT ON FUNCTION portfolio.postcode_le(portfolio.postcode, portfolio.postcode) IS 'implementation of <= operator';
CREATE FUNCTION portfolio.postcode_eq(portfolio.postcode, portfolio.postcode) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8eq';
COMMENT ON FUNCTION portfolio.postcode_eq(portfolio.postcode, portfolio.postcode) IS 'implementation of = operator';
CREATE FUNCTION portfolio.postcode_ne(portfolio.postcode, portfolio.postcode) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ne';
COMMENT ON FUNCTION portfolio.postcode_ne(portfolio.postcode, portfolio.postcode) IS 'implementation of <> operator';
CREATE FUNCTION portfolio.postcode_ge(portfolio.postcode, portfolio.postcode) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ge';
COMMENT ON FUNCTION portfolio.postcode_ge(portfolio.postcode, portfolio.postcode) IS 'implementation of >= operator';
CREATE FUNCTION portfolio.postcode_gt(portfolio.postcode, portfolio.postcode) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8gt';
COMMENT ON FUNCTION portfolio.postcode_gt(portfolio.postcode, portfolio.postcode) IS 'implementation of > operator';
CREATE FUNCTION portfolio.postcode_cmp(portfolio.postcode, portfolio.postcode) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'btint8cmp';
COMMENT ON FUNCTION portfolio.postcode_cmp(portfolio.postcode, portfolio.postcode) IS 'less-equal-greater';
CREATE FUNCTION portfolio.postcode_hash(portfolio.postcode) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8';
COMMENT ON FUNCTION portfolio.postcode_hash(portfolio.postcode) IS 'hash';
CREATE FUNCTION portfolio.postcode_hash_extended(portfolio.postcode, bigint) RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8extended';
COMMENT ON FUNCTION portfolio.postcode_hash_extended(portfolio.postcode, bigint) IS 'hash with a seed';

CREATE OPERATOR portfolio.< (
  FUNCTION = portfolio.postcode_lt, LEFTARG = portfolio.postcode, RIGHTARG = portfolio.postcode,
  COMMUTATOR = OPERATOR(portfolio.>), NEGATOR = OPERATOR(portfolio.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR portfolio.< (portfolio.postcode, portfolio.postcode) IS 'less than';
CREATE OPERATOR portfolio.<= (
  FUNCTION = portfolio.postcode_le, LEFTARG = portfolio.postcode, RIGHTARG = portfolio.postcode,
  COMMUTATOR = OPERATOR(portfolio.>=), NEGATOR = OPERATOR(portfolio.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR portfolio.<= (portfolio.postcode, portfolio.postcode) IS 'less than or equal';
CREATE OPERATOR portfolio.= (
  FUNCTION = portfolio.postcode_eq, LEFTARG = portfolio.postcode, RIGHTARG = portfolio.postcode,
  HASHES, MERGES,
  COMMUTATOR = OPERATOR(portfolio.=), NEGATOR = OPERATOR(portfolio.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR portfolio.= (portfolio.postcode, portfolio.postcode) IS 'equal';
CREATE OPERATOR portfolio.<> (
  FUNCTION = portfolio.postcode_ne, LEFTARG = portfolio.postcode, RIGHTARG = portfolio.postcode,
  COMMUTATOR = OPERATOR(portfolio.<>), NEGATOR = OPERATOR(portfolio.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR portfolio.<> (portfolio.postcode, portfolio.postcode) IS 'not equal';
CREATE OPERATOR portfolio.>= (
  FUNCTION = portfolio.postcode_ge, LEFTARG = portfolio.postcode, RIGHTARG = portfolio.postcode,
  COMMUTATOR = OPERATOR(portfolio.<=), NEGATOR = OPERATOR(portfolio.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR portfolio.>= (portfolio.postcode, portfolio.postcode) IS 'greater than or equal';
CREATE OPERATOR portfolio.> (
  FUNCTION = portfolio.postcode_gt, LEFTARG = portfolio.postcode, RIGHTARG = portfolio.postcode,
  COMMUTATOR = OPERATOR(portfolio.<), NEGATOR = OPERATOR(portfolio.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR portfolio.> (portfolio.postcode, portfolio.postcode) IS 'greater than';

-- Search by prefix: a range of the btree (05_prefix.sql).
CREATE FUNCTION portfolio.postcode_prefix_low(prefix text) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_prefix_low';
COMMENT ON FUNCTION portfolio.postcode_prefix_low(text) IS
  'For the planner: where in the index the postcodes that begin with the prefix start.';
CREATE FUNCTION portfolio.postcode_prefix_high(prefix text) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_postcode_prefix_high';
COMMENT ON FUNCTION portfolio.postcode_prefix_high(text) IS
  'For the planner: where in the index the postcodes that begin with the prefix have ended.';
CREATE FUNCTION portfolio.starts_with(value portfolio.postcode, prefix text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT portfolio.prefix_support
AS 'MODULE_PATHNAME', 'pf_postcode_starts_with';
COMMENT ON FUNCTION portfolio.starts_with(portfolio.postcode, text) IS
  'True if the postcode begins with the prefix, written in any case: starts_with(postcode, ''LS1 '') is all of LS1, and starts_with(postcode, ''LS1'') LS10 to LS19 as well. Uses a btree or BRIN index on the column. Every postcode begins with an empty prefix. NULL for NULL; never raises an error.';
CREATE OPERATOR portfolio.^@ (
  FUNCTION = portfolio.starts_with, LEFTARG = portfolio.postcode, RIGHTARG = pg_catalog.text,
  RESTRICT = portfolio.prefix_selectivity, JOIN = pg_catalog.prefixjoinsel
);
COMMENT ON OPERATOR portfolio.^@ (portfolio.postcode, pg_catalog.text) IS 'begins with';

-- Operator classes, all DEFAULT: CREATE INDEX, ORDER BY and PARTITION BY HASH need no search_path.
CREATE OPERATOR FAMILY portfolio.postcode_ops USING btree;
COMMENT ON OPERATOR FAMILY portfolio.postcode_ops USING btree IS 'Order of postcode, that of its text under COLLATE "C".';
CREATE OPERATOR CLASS portfolio.postcode_ops DEFAULT FOR TYPE portfolio.postcode USING btree FAMILY portfolio.postcode_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 portfolio.postcode_cmp(portfolio.postcode, portfolio.postcode),
  FUNCTION 2 (portfolio.postcode, portfolio.postcode) pg_catalog.btint8sortsupport(internal),
  FUNCTION 4 (portfolio.postcode, portfolio.postcode) pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS portfolio.postcode_ops USING btree IS 'Order of postcode, that of its text under COLLATE "C".';

CREATE OPERATOR FAMILY portfolio.postcode_ops USING hash;
COMMENT ON OPERATOR FAMILY portfolio.postcode_ops USING hash IS 'Equality of postcode by hash.';
CREATE OPERATOR CLASS portfolio.postcode_ops DEFAULT FOR TYPE portfolio.postcode USING hash FAMILY portfolio.postcode_ops AS
  OPERATOR 1 portfolio.=,
  FUNCTION 1 portfolio.postcode_hash(portfolio.postcode),
  FUNCTION 2 (portfolio.postcode, portfolio.postcode) portfolio.postcode_hash_extended(portfolio.postcode, bigint);
COMMENT ON OPERATOR CLASS portfolio.postcode_ops USING hash IS 'Equality of postcode by hash; extended, so it serves hash partitioning.';

CREATE OPERATOR FAMILY portfolio.postcode_minmax_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.postcode_minmax_ops USING brin IS 'Smallest and largest postcode of a block range.';
CREATE OPERATOR CLASS portfolio.postcode_minmax_ops DEFAULT FOR TYPE portfolio.postcode USING brin FAMILY portfolio.postcode_minmax_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
  FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
  FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
  FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS portfolio.postcode_minmax_ops USING brin IS 'Smallest and largest postcode of a block range.';

CREATE OPERATOR FAMILY portfolio.postcode_minmax_multi_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.postcode_minmax_multi_ops USING brin IS 'Several intervals of postcode of a block range.';
CREATE OPERATOR CLASS portfolio.postcode_minmax_multi_ops FOR TYPE portfolio.postcode USING brin FAMILY portfolio.postcode_minmax_multi_ops AS
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
  FUNCTION 11 (portfolio.postcode, portfolio.postcode) pg_catalog.brin_minmax_multi_distance_int8(internal, internal);
COMMENT ON OPERATOR CLASS portfolio.postcode_minmax_multi_ops USING brin IS 'Several intervals of postcode of a block range; for columns with outliers.';
