-- Type sctid: an identifier of SNOMED CT (src/types/sctid.c), as 10_nhs_number.sql.
CREATE TYPE portfolio.sctid;

CREATE FUNCTION portfolio.sctid_in(cstring) RETURNS portfolio.sctid
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_sctid_in';
COMMENT ON FUNCTION portfolio.sctid_in(cstring) IS 'I/O';

CREATE FUNCTION portfolio.sctid_out(portfolio.sctid) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_sctid_out';
COMMENT ON FUNCTION portfolio.sctid_out(portfolio.sctid) IS 'I/O';

CREATE FUNCTION portfolio.sctid_recv(internal) RETURNS portfolio.sctid
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_sctid_recv';
COMMENT ON FUNCTION portfolio.sctid_recv(internal) IS 'I/O';

CREATE FUNCTION portfolio.sctid_send(portfolio.sctid) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_sctid_send';
COMMENT ON FUNCTION portfolio.sctid_send(portfolio.sctid) IS 'I/O';

CREATE TYPE portfolio.sctid (
  INPUT = portfolio.sctid_in,
  OUTPUT = portfolio.sctid_out,
  RECEIVE = portfolio.sctid_recv,
  SEND = portfolio.sctid_send,
  LIKE = pg_catalog.int8
);
COMMENT ON TYPE portfolio.sctid IS
  'SNOMED CT identifier: 6 to 18 digits; from the right a check digit (Verhoeff), two digits of partition, in extensions seven of namespace, and the item. White space around is ignored. Ordered as a number. Only the form is judged: which components exist is a release of SNOMED CT. Source: SNOMED CT Release File Specification, SNOMED CT identifiers.';

-- Judging text: nothing here raises an error or reads anything.
CREATE FUNCTION portfolio.is_sctid(value text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_is_sctid';
COMMENT ON FUNCTION portfolio.is_sctid(text) IS
  'True if the text is taken by type sctid, false if not, NULL for NULL. Never raises an error.';

CREATE FUNCTION portfolio.try_sctid(value text) RETURNS portfolio.sctid
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_try_sctid';
COMMENT ON FUNCTION portfolio.try_sctid(text) IS
  'The text as sctid, or NULL if it is not one (portfolio.sctid_problem says why). Never raises an error.';

CREATE FUNCTION portfolio.sctid_problem(value text) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_sctid_problem_code';
COMMENT ON FUNCTION portfolio.sctid_problem(text) IS
  'Why the text is not an SCTID: empty, invalid_character, too_short, too_long, leading_zero, wrong_check_digit, invalid_partition or no_namespace, the first that applies; NULL if it is one, and for NULL. Never raises an error.';

CREATE FUNCTION portfolio.sctid_component(value portfolio.sctid) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_sctid_component';
COMMENT ON FUNCTION portfolio.sctid_component(portfolio.sctid) IS
  'What the identifier names, by its partition: concept, description or relationship.';

CREATE FUNCTION portfolio.sctid_namespace(value portfolio.sctid) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_sctid_namespace';
COMMENT ON FUNCTION portfolio.sctid_namespace(portfolio.sctid) IS
  'The seven digits of the organisation whose extension the identifier belongs to (1000000 and 1000001 are the United Kingdom''s); NULL in the international core.';

-- Casts. None is implicit: through text, = would seem to work and lose the index.
CREATE FUNCTION portfolio.sctid(value text) RETURNS portfolio.sctid
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_sctid_from_text';
COMMENT ON FUNCTION portfolio.sctid(text) IS 'The text as sctid; raises the error of the type''s input if it is not one.';
CREATE CAST (text AS portfolio.sctid) WITH FUNCTION portfolio.sctid(text);
COMMENT ON CAST (text AS portfolio.sctid) IS 'Explicit; refuses what the type''s input refuses. portfolio.try_sctid(text) gives NULL instead.';

CREATE FUNCTION portfolio.text(portfolio.sctid) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_sctid_to_text';
COMMENT ON FUNCTION portfolio.text(portfolio.sctid) IS 'The identifier as digits.';
CREATE CAST (portfolio.sctid AS text) WITH FUNCTION portfolio.text(portfolio.sctid) AS ASSIGNMENT;
COMMENT ON CAST (portfolio.sctid AS text) IS 'The canonical form; also applied on assignment.';

CREATE FUNCTION portfolio.int8(portfolio.sctid) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_sctid_to_int8';
COMMENT ON FUNCTION portfolio.int8(portfolio.sctid) IS 'The identifier as bigint.';
CREATE CAST (portfolio.sctid AS bigint) WITH FUNCTION portfolio.int8(portfolio.sctid);
COMMENT ON CAST (portfolio.sctid AS bigint) IS 'Explicit: the identifier as a number, as many release files are loaded.';

-- Comparison is that of the bigint underneath, which cannot fail: hence LEAKPROOF.
CREATE FUNCTION portfolio.sctid_lt(portfolio.sctid, portfolio.sctid) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8lt';
COMMENT ON FUNCTION portfolio.sctid_lt(portfolio.sctid, portfolio.sctid) IS 'implementation of < operator';
CREATE FUNCTION portfolio.sctid_le(portfolio.sctid, portfolio.sctid) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8le';
COMMENT ON FUNCTION portfolio.sctid_le(portfolio.sctid, portfolio.sctid) IS 'implementation of <= operator';
CREATE FUNCTION portfolio.sctid_eq(portfolio.sctid, portfolio.sctid) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8eq';
COMMENT ON FUNCTION portfolio.sctid_eq(portfolio.sctid, portfolio.sctid) IS 'implementation of = operator';
CREATE FUNCTION portfolio.sctid_ne(portfolio.sctid, portfolio.sctid) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ne';
COMMENT ON FUNCTION portfolio.sctid_ne(portfolio.sctid, portfolio.sctid) IS 'implementation of <> operator';
CREATE FUNCTION portfolio.sctid_ge(portfolio.sctid, portfolio.sctid) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ge';
COMMENT ON FUNCTION portfolio.sctid_ge(portfolio.sctid, portfolio.sctid) IS 'implementation of >= operator';
CREATE FUNCTION portfolio.sctid_gt(portfolio.sctid, portfolio.sctid) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8gt';
COMMENT ON FUNCTION portfolio.sctid_gt(portfolio.sctid, portfolio.sctid) IS 'implementation of > operator';
CREATE FUNCTION portfolio.sctid_cmp(portfolio.sctid, portfolio.sctid) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'btint8cmp';
COMMENT ON FUNCTION portfolio.sctid_cmp(portfolio.sctid, portfolio.sctid) IS 'less-equal-greater';
CREATE FUNCTION portfolio.sctid_hash(portfolio.sctid) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8';
COMMENT ON FUNCTION portfolio.sctid_hash(portfolio.sctid) IS 'hash';
CREATE FUNCTION portfolio.sctid_hash_extended(portfolio.sctid, bigint) RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8extended';
COMMENT ON FUNCTION portfolio.sctid_hash_extended(portfolio.sctid, bigint) IS 'hash with a seed';

CREATE OPERATOR portfolio.< (
  FUNCTION = portfolio.sctid_lt, LEFTARG = portfolio.sctid, RIGHTARG = portfolio.sctid,
  COMMUTATOR = OPERATOR(portfolio.>), NEGATOR = OPERATOR(portfolio.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR portfolio.< (portfolio.sctid, portfolio.sctid) IS 'less than';
CREATE OPERATOR portfolio.<= (
  FUNCTION = portfolio.sctid_le, LEFTARG = portfolio.sctid, RIGHTARG = portfolio.sctid,
  COMMUTATOR = OPERATOR(portfolio.>=), NEGATOR = OPERATOR(portfolio.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR portfolio.<= (portfolio.sctid, portfolio.sctid) IS 'less than or equal';
CREATE OPERATOR portfolio.= (
  FUNCTION = portfolio.sctid_eq, LEFTARG = portfolio.sctid, RIGHTARG = portfolio.sctid,
  HASHES, MERGES,
  COMMUTATOR = OPERATOR(portfolio.=), NEGATOR = OPERATOR(portfolio.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR portfolio.= (portfolio.sctid, portfolio.sctid) IS 'equal';
CREATE OPERATOR portfolio.<> (
  FUNCTION = portfolio.sctid_ne, LEFTARG = portfolio.sctid, RIGHTARG = portfolio.sctid,
  COMMUTATOR = OPERATOR(portfolio.<>), NEGATOR = OPERATOR(portfolio.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR portfolio.<> (portfolio.sctid, portfolio.sctid) IS 'not equal';
CREATE OPERATOR portfolio.>= (
  FUNCTION = portfolio.sctid_ge, LEFTARG = portfolio.sctid, RIGHTARG = portfolio.sctid,
  COMMUTATOR = OPERATOR(portfolio.<=), NEGATOR = OPERATOR(portfolio.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR portfolio.>= (portfolio.sctid, portfolio.sctid) IS 'greater than or equal';
CREATE OPERATOR portfolio.> (
  FUNCTION = portfolio.sctid_gt, LEFTARG = portfolio.sctid, RIGHTARG = portfolio.sctid,
  COMMUTATOR = OPERATOR(portfolio.<), NEGATOR = OPERATOR(portfolio.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR portfolio.> (portfolio.sctid, portfolio.sctid) IS 'greater than';

-- Operator classes, all DEFAULT: CREATE INDEX, ORDER BY and PARTITION BY HASH need no search_path.
CREATE OPERATOR FAMILY portfolio.sctid_ops USING btree;
COMMENT ON OPERATOR FAMILY portfolio.sctid_ops USING btree IS 'Numeric order of sctid.';
CREATE OPERATOR CLASS portfolio.sctid_ops DEFAULT FOR TYPE portfolio.sctid USING btree FAMILY portfolio.sctid_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 portfolio.sctid_cmp(portfolio.sctid, portfolio.sctid),
  FUNCTION 2 (portfolio.sctid, portfolio.sctid) pg_catalog.btint8sortsupport(internal),
  FUNCTION 4 (portfolio.sctid, portfolio.sctid) pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS portfolio.sctid_ops USING btree IS 'Numeric order of sctid.';

CREATE OPERATOR FAMILY portfolio.sctid_ops USING hash;
COMMENT ON OPERATOR FAMILY portfolio.sctid_ops USING hash IS 'Equality of sctid by hash.';
CREATE OPERATOR CLASS portfolio.sctid_ops DEFAULT FOR TYPE portfolio.sctid USING hash FAMILY portfolio.sctid_ops AS
  OPERATOR 1 portfolio.=,
  FUNCTION 1 portfolio.sctid_hash(portfolio.sctid),
  FUNCTION 2 (portfolio.sctid, portfolio.sctid) portfolio.sctid_hash_extended(portfolio.sctid, bigint);
COMMENT ON OPERATOR CLASS portfolio.sctid_ops USING hash IS 'Equality of sctid by hash; extended, so it serves hash partitioning.';

CREATE OPERATOR FAMILY portfolio.sctid_minmax_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.sctid_minmax_ops USING brin IS 'Smallest and largest sctid of a block range.';
CREATE OPERATOR CLASS portfolio.sctid_minmax_ops DEFAULT FOR TYPE portfolio.sctid USING brin FAMILY portfolio.sctid_minmax_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
  FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
  FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
  FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS portfolio.sctid_minmax_ops USING brin IS 'Smallest and largest sctid of a block range.';

CREATE OPERATOR FAMILY portfolio.sctid_minmax_multi_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.sctid_minmax_multi_ops USING brin IS 'Several intervals of sctid of a block range.';
CREATE OPERATOR CLASS portfolio.sctid_minmax_multi_ops FOR TYPE portfolio.sctid USING brin FAMILY portfolio.sctid_minmax_multi_ops AS
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
  FUNCTION 11 (portfolio.sctid, portfolio.sctid) pg_catalog.brin_minmax_multi_distance_int8(internal, internal);
COMMENT ON OPERATOR CLASS portfolio.sctid_minmax_multi_ops USING brin IS 'Several intervals of sctid of a block range; for columns with outliers.';
