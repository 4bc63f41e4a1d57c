-- Type dca: the delivery confidence assessment of a programme, with its scale (src/types/dca.c). Pattern: 10_nhs_number.sql.
CREATE TYPE portfolio.dca;

CREATE FUNCTION portfolio.dca_in(cstring) RETURNS portfolio.dca
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_dca_in';
COMMENT ON FUNCTION portfolio.dca_in(cstring) IS 'I/O';

CREATE FUNCTION portfolio.dca_out(portfolio.dca) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_dca_out';
COMMENT ON FUNCTION portfolio.dca_out(portfolio.dca) IS 'I/O';

CREATE FUNCTION portfolio.dca_recv(internal) RETURNS portfolio.dca
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_dca_recv';
COMMENT ON FUNCTION portfolio.dca_recv(internal) IS 'I/O';

CREATE FUNCTION portfolio.dca_send(portfolio.dca) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_dca_send';
COMMENT ON FUNCTION portfolio.dca_send(portfolio.dca) IS 'I/O';

CREATE TYPE portfolio.dca (
  INPUT = portfolio.dca_in,
  OUTPUT = portfolio.dca_out,
  RECEIVE = portfolio.dca_recv,
  SEND = portfolio.dca_send,
  LIKE = pg_catalog.int2
);
COMMENT ON TYPE portfolio.dca IS
  'Delivery confidence assessment: Red, Amber/Red, Amber, Amber/Green, Green of the five-point scale (published to March 2021); Red (3), Amber (3), Green (3) of the three-point scale (from March 2022); Reset, Exempt, Not rated of neither. Input in any case, also as AR, A/R or amber-red, white space around ignored; without brackets it is of five points. Ordered by scale, five points first, then worst first, values without a rating last; the order does not say which of two ratings on different scales is the better. Source: GMPP data of the Infrastructure and Projects Authority.';

-- Judging text: nothing here raises an error or reads anything.
CREATE FUNCTION portfolio.is_dca(value text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_is_dca';
COMMENT ON FUNCTION portfolio.is_dca(text) IS
  'True if the text is taken by type dca, false if not, NULL for NULL. Never raises an error.';

CREATE FUNCTION portfolio.try_dca(value text) RETURNS portfolio.dca
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_try_dca';
COMMENT ON FUNCTION portfolio.try_dca(text) IS
  'The text as dca, of five points where it does not say (3), or NULL if it is not one (portfolio.dca_problem says why). Never raises an error.';

CREATE FUNCTION portfolio.dca_problem(value text) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_dca_problem_code';
COMMENT ON FUNCTION portfolio.dca_problem(text) IS
  'Why the text is not a delivery confidence: empty, unknown_rating, unknown_scale or not_on_scale, the first that applies; NULL if it is one, and for NULL. Never raises an error.';

-- Casts. None is implicit: through text, = would seem to work and lose the index.
CREATE FUNCTION portfolio.dca(value text) RETURNS portfolio.dca
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_dca_from_text';
COMMENT ON FUNCTION portfolio.dca(text) IS 'The text as dca, of five points where it does not say (3); raises the error of the type''s input if it is not one.';
CREATE CAST (text AS portfolio.dca) WITH FUNCTION portfolio.dca(text);
COMMENT ON CAST (text AS portfolio.dca) IS 'Explicit; refuses what the type''s input refuses. portfolio.try_dca(text) gives NULL instead.';

CREATE FUNCTION portfolio.dca(value text, scale integer) RETURNS portfolio.dca
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_dca_from_text_scale';
COMMENT ON FUNCTION portfolio.dca(text, integer) IS
  'The text as dca, on the given scale (5 or 3 points) where it does not say itself: for published data, whose words do not say of which scale they are. Raises the error of the type''s input if it is not one, also for Amber/Red on three points.';

CREATE FUNCTION portfolio.text(portfolio.dca) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_dca_to_text';
COMMENT ON FUNCTION portfolio.text(portfolio.dca) IS 'The rating as it is published, with (3) behind those of three points.';
CREATE CAST (portfolio.dca AS text) WITH FUNCTION portfolio.text(portfolio.dca) AS ASSIGNMENT;
COMMENT ON CAST (portfolio.dca AS text) IS 'The canonical form; also applied on assignment.';

CREATE FUNCTION portfolio.dca_scale(value portfolio.dca) RETURNS integer
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_dca_scale';
COMMENT ON FUNCTION portfolio.dca_scale(portfolio.dca) IS 'The scale of the rating: 5 or 3 points; NULL for Reset, Exempt and Not rated, and for NULL.';

CREATE FUNCTION portfolio.dca_place(value portfolio.dca) RETURNS integer
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_dca_place';
COMMENT ON FUNCTION portfolio.dca_place(portfolio.dca) IS 'The place of the rating on its scale, from 1 for Red to 5 or 3 for Green; NULL for Reset, Exempt and Not rated, and for NULL.';

CREATE FUNCTION portfolio.better_than(a portfolio.dca, b portfolio.dca) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_better_than';
COMMENT ON FUNCTION portfolio.better_than(portfolio.dca, portfolio.dca) IS
  'True if delivery confidence a is better than b. NULL if one of them is Reset, Exempt, Not rated or NULL. Raises an error for ratings on different scales: they do not compare.';

CREATE FUNCTION portfolio.worse_of(a portfolio.dca, b portfolio.dca) RETURNS portfolio.dca
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_worse_of';
COMMENT ON FUNCTION portfolio.worse_of(portfolio.dca, portfolio.dca) IS
  'The worse of two delivery confidences; a rating is worse than Reset, Exempt and Not rated. NULL if one is NULL. Raises an error for ratings on different scales.';

CREATE AGGREGATE portfolio.worst(portfolio.dca) (
  SFUNC = portfolio.worse_of,
  STYPE = portfolio.dca,
  COMBINEFUNC = portfolio.worse_of,
  PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.worst(portfolio.dca) IS
  'The worst delivery confidence of a group. Reset, Exempt and Not rated count only where there is no rating; NULLs are left out, NULL for no values. Raises an error where the group mixes scales: GROUP BY portfolio.dca_scale(...) too.';

-- Comparison is that of the smallint underneath, which cannot fail: hence LEAKPROOF.
CREATE FUNCTION portfolio.dca_lt(portfolio.dca, portfolio.dca) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int2lt';
COMMENT ON FUNCTION portfolio.dca_lt(portfolio.dca, portfolio.dca) IS 'implementation of < operator';
CREATE FUNCTION portfolio.dca_le(portfolio.dca, portfolio.dca) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int2le';
COMMENT ON FUNCTION portfolio.dca_le(portfolio.dca, portfolio.dca) IS 'implementation of <= operator';
CREATE FUNCTION portfolio.dca_eq(portfolio.dca, portfolio.dca) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int2eq';
COMMENT ON FUNCTION portfolio.dca_eq(portfolio.dca, portfolio.dca) IS 'implementation of = operator';
CREATE FUNCTION portfolio.dca_ne(portfolio.dca, portfolio.dca) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int2ne';
COMMENT ON FUNCTION portfolio.dca_ne(portfolio.dca, portfolio.dca) IS 'implementation of <> operator';
CREATE FUNCTION portfolio.dca_ge(portfolio.dca, portfolio.dca) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int2ge';
COMMENT ON FUNCTION portfolio.dca_ge(portfolio.dca, portfolio.dca) IS 'implementation of >= operator';
CREATE FUNCTION portfolio.dca_gt(portfolio.dca, portfolio.dca) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int2gt';
COMMENT ON FUNCTION portfolio.dca_gt(portfolio.dca, portfolio.dca) IS 'implementation of > operator';
CREATE FUNCTION portfolio.dca_cmp(portfolio.dca, portfolio.dca) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'btint2cmp';
COMMENT ON FUNCTION portfolio.dca_cmp(portfolio.dca, portfolio.dca) IS 'less-equal-greater';
CREATE FUNCTION portfolio.dca_hash(portfolio.dca) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint2';
COMMENT ON FUNCTION portfolio.dca_hash(portfolio.dca) IS 'hash';
CREATE FUNCTION portfolio.dca_hash_extended(portfolio.dca, bigint) RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint2extended';
COMMENT ON FUNCTION portfolio.dca_hash_extended(portfolio.dca, bigint) IS 'hash with a seed';

CREATE OPERATOR portfolio.< (
  FUNCTION = portfolio.dca_lt, LEFTARG = portfolio.dca, RIGHTARG = portfolio.dca,
  COMMUTATOR = OPERATOR(portfolio.>), NEGATOR = OPERATOR(portfolio.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR portfolio.< (portfolio.dca, portfolio.dca) IS 'less than';
CREATE OPERATOR portfolio.<= (
  FUNCTION = portfolio.dca_le, LEFTARG = portfolio.dca, RIGHTARG = portfolio.dca,
  COMMUTATOR = OPERATOR(portfolio.>=), NEGATOR = OPERATOR(portfolio.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR portfolio.<= (portfolio.dca, portfolio.dca) IS 'less than or equal';
CREATE OPERATOR portfolio.= (
  FUNCTION = portfolio.dca_eq, LEFTARG = portfolio.dca, RIGHTARG = portfolio.dca,
  HASHES, MERGES,
  COMMUTATOR = OPERATOR(portfolio.=), NEGATOR = OPERATOR(portfolio.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR portfolio.= (portfolio.dca, portfolio.dca) IS 'equal';
CREATE OPERATOR portfolio.<> (
  FUNCTION = portfolio.dca_ne, LEFTARG = portfolio.dca, RIGHTARG = portfolio.dca,
  COMMUTATOR = OPERATOR(portfolio.<>), NEGATOR = OPERATOR(portfolio.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR portfolio.<> (portfolio.dca, portfolio.dca) IS 'not equal';
CREATE OPERATOR portfolio.>= (
  FUNCTION = portfolio.dca_ge, LEFTARG = portfolio.dca, RIGHTARG = portfolio.dca,
  COMMUTATOR = OPERATOR(portfolio.<=), NEGATOR = OPERATOR(portfolio.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR portfolio.>= (portfolio.dca, portfolio.dca) IS 'greater than or equal';
CREATE OPERATOR portfolio.> (
  FUNCTION = portfolio.dca_gt, LEFTARG = portfolio.dca, RIGHTARG = portfolio.dca,
  COMMUTATOR = OPERATOR(portfolio.<), NEGATOR = OPERATOR(portfolio.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR portfolio.> (portfolio.dca, portfolio.dca) IS 'greater than';

-- Operator classes, all DEFAULT: CREATE INDEX, ORDER BY and PARTITION BY HASH need no search_path.
CREATE OPERATOR FAMILY portfolio.dca_ops USING btree;
COMMENT ON OPERATOR FAMILY portfolio.dca_ops USING btree IS 'Scale, then worst first; values without a rating last.';
CREATE OPERATOR CLASS portfolio.dca_ops DEFAULT FOR TYPE portfolio.dca USING btree FAMILY portfolio.dca_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 portfolio.dca_cmp(portfolio.dca, portfolio.dca),
  FUNCTION 2 (portfolio.dca, portfolio.dca) pg_catalog.btint2sortsupport(internal),
  FUNCTION 4 (portfolio.dca, portfolio.dca) pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS portfolio.dca_ops USING btree IS 'Scale, then worst first; values without a rating last.';

CREATE OPERATOR FAMILY portfolio.dca_ops USING hash;
COMMENT ON OPERATOR FAMILY portfolio.dca_ops USING hash IS 'Equality of dca by hash.';
CREATE OPERATOR CLASS portfolio.dca_ops DEFAULT FOR TYPE portfolio.dca USING hash FAMILY portfolio.dca_ops AS
  OPERATOR 1 portfolio.=,
  FUNCTION 1 portfolio.dca_hash(portfolio.dca),
  FUNCTION 2 (portfolio.dca, portfolio.dca) portfolio.dca_hash_extended(portfolio.dca, bigint);
COMMENT ON OPERATOR CLASS portfolio.dca_ops USING hash IS 'Equality of dca by hash; extended, so it serves hash partitioning.';

CREATE OPERATOR FAMILY portfolio.dca_minmax_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.dca_minmax_ops USING brin IS 'Smallest and largest dca of a block range.';
CREATE OPERATOR CLASS portfolio.dca_minmax_ops DEFAULT FOR TYPE portfolio.dca USING brin FAMILY portfolio.dca_minmax_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
  FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
  FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
  FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS portfolio.dca_minmax_ops USING brin IS 'Smallest and largest dca of a block range.';

CREATE OPERATOR FAMILY portfolio.dca_minmax_multi_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.dca_minmax_multi_ops USING brin IS 'Several intervals of dca of a block range.';
CREATE OPERATOR CLASS portfolio.dca_minmax_multi_ops FOR TYPE portfolio.dca USING brin FAMILY portfolio.dca_minmax_multi_ops AS
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
  FUNCTION 11 (portfolio.dca, portfolio.dca) pg_catalog.brin_minmax_multi_distance_int2(internal, internal);
COMMENT ON OPERATOR CLASS portfolio.dca_minmax_multi_ops USING brin IS 'Several intervals of dca of a block range; for columns with outliers.';
