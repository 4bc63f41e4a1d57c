-- Type cvss: a vector of the Common Vulnerability Scoring System with its score (src/types/cvss.c). Pattern: 10_nhs_number.sql.
CREATE TYPE portfolio.cvss;

CREATE FUNCTION portfolio.cvss_in(cstring) RETURNS portfolio.cvss
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_in';
COMMENT ON FUNCTION portfolio.cvss_in(cstring) IS 'I/O';

CREATE FUNCTION portfolio.cvss_out(portfolio.cvss) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_out';
COMMENT ON FUNCTION portfolio.cvss_out(portfolio.cvss) IS 'I/O';

CREATE FUNCTION portfolio.cvss_recv(internal) RETURNS portfolio.cvss
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_recv';
COMMENT ON FUNCTION portfolio.cvss_recv(internal) IS 'I/O';

CREATE FUNCTION portfolio.cvss_send(portfolio.cvss) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_send';
COMMENT ON FUNCTION portfolio.cvss_send(portfolio.cvss) IS 'I/O';

CREATE TYPE portfolio.cvss (
  INPUT = portfolio.cvss_in,
  OUTPUT = portfolio.cvss_out,
  RECEIVE = portfolio.cvss_recv,
  SEND = portfolio.cvss_send,
  LIKE = pg_catalog.int8
);
COMMENT ON TYPE portfolio.cvss IS
  'Vector of the Common Vulnerability Scoring System, version 2.0, 3.0, 3.1 or 4.0, with all its metrics and its score. Input as the specifications write it, CVSS:3.1/AV:N/…, version 2.0 without prefix, white space around ignored; metrics in any order in 3.0 and 3.1 only; output with metrics in the order of the specification, those not defined left out. Ordered by score, then version, then vector. Source: FIRST, CVSS specification documents.';

-- Judging text: nothing here raises an error or reads anything.
CREATE FUNCTION portfolio.is_cvss(value text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_is_cvss';
COMMENT ON FUNCTION portfolio.is_cvss(text) IS
  'True if the text is taken by type cvss, false if not, NULL for NULL. Never raises an error.';

CREATE FUNCTION portfolio.try_cvss(value text) RETURNS portfolio.cvss
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_try_cvss';
COMMENT ON FUNCTION portfolio.try_cvss(text) IS
  'The text as cvss, or NULL if it is not one (portfolio.cvss_problem says why). Never raises an error.';

CREATE FUNCTION portfolio.cvss_problem(value text) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_problem_code';
COMMENT ON FUNCTION portfolio.cvss_problem(text) IS
  'Why the text is not a CVSS vector: empty, unknown_version, malformed, unknown_metric, unknown_value, repeated_metric, wrong_order or missing_metric, the first that is met from left to right; NULL if it is one, and for NULL. Never raises an error.';

-- What a vector says
CREATE FUNCTION portfolio.cvss_score(value portfolio.cvss) RETURNS numeric
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_score_numeric';
COMMENT ON FUNCTION portfolio.cvss_score(portfolio.cvss) IS
  'The score, 0.0 to 10.0 with one decimal: the environmental score if an environmental metric is defined, else the temporal score if a temporal metric is, else the base score; version 4.0 has one score of all metrics. Exact, rounded as the specification of the version says.';

CREATE FUNCTION portfolio.cvss_severity(value portfolio.cvss) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_severity';
COMMENT ON FUNCTION portfolio.cvss_severity(portfolio.cvss) IS
  'none (0.0), low (to 3.9), medium (to 6.9), high (to 8.9) or critical, by the qualitative scale of versions 3.0 to 4.0. Version 2.0 has no such scale: low (to 3.9), medium (to 6.9) or high, as the National Vulnerability Database rates it.';

CREATE FUNCTION portfolio.cvss_version(value portfolio.cvss) RETURNS text
LANGUAGE C IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_version';
COMMENT ON FUNCTION portfolio.cvss_version(portfolio.cvss) IS 'The version of the vector: 2.0, 3.0, 3.1 or 4.0.';

CREATE FUNCTION portfolio.cvss_base(value portfolio.cvss) RETURNS portfolio.cvss
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_base';
COMMENT ON FUNCTION portfolio.cvss_base(portfolio.cvss) IS 'The vector with its base metrics only; cvss_score(cvss_base(v)) is the base score.';

CREATE FUNCTION portfolio.cvss_metric(value portfolio.cvss, metric text) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_metric';
COMMENT ON FUNCTION portfolio.cvss_metric(portfolio.cvss, text) IS
  'The value of one metric as it is written: cvss_metric(v, ''AV''); X (version 2.0: ND) if it is not defined, NULL if the version has no such metric. A name that no version has is an error.';

CREATE FUNCTION portfolio.cvss_has(value portfolio.cvss, partial text) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_has';
COMMENT ON FUNCTION portfolio.cvss_has(portfolio.cvss, text) IS
  'True if the vector has all metrics of a partial vector with the values given: cvss_has(v, ''AV:N/PR:N''), in any order, with a version in front (CVSS:4.0/AV:N) for that version only. False where the version has no such metric or value; what no version has is an error. Asks for what is written: AV:N is also true where MAV says otherwise.';

CREATE FUNCTION portfolio.cvss_with(value portfolio.cvss, partial text) RETURNS portfolio.cvss
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_with';
COMMENT ON FUNCTION portfolio.cvss_with(portfolio.cvss, text) IS
  'The vector with the metrics of a partial vector in place of its own, scored anew: cvss_with(v, ''CR:H/MAV:L'') is the vulnerability as one system has it. X (version 2.0: ND) takes a metric away. Raises an error if the version has no such metric or value.';

-- Casts. None is implicit: through text, = would seem to work and lose the index.
CREATE FUNCTION portfolio.cvss(value text) RETURNS portfolio.cvss
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_from_text';
COMMENT ON FUNCTION portfolio.cvss(text) IS 'The text as cvss; raises the error of the type''s input if it is not one.';
CREATE CAST (text AS portfolio.cvss) WITH FUNCTION portfolio.cvss(text);
COMMENT ON CAST (text AS portfolio.cvss) IS 'Explicit; refuses what the type''s input refuses. portfolio.try_cvss(text) gives NULL instead.';

CREATE FUNCTION portfolio.text(portfolio.cvss) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_cvss_to_text';
COMMENT ON FUNCTION portfolio.text(portfolio.cvss) IS 'The vector with metrics in the order of the specification, those not defined left out.';
CREATE CAST (portfolio.cvss AS text) WITH FUNCTION portfolio.text(portfolio.cvss) AS ASSIGNMENT;
COMMENT ON CAST (portfolio.cvss AS text) IS 'The canonical form; also applied on assignment.';

-- Comparison is that of the bigint underneath, which cannot fail: hence LEAKPROOF.
CREATE FUNCTION portfolio.cvss_lt(portfolio.cvss, portfolio.cvss) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8lt';
COMMENT ON FUNCTION portfolio.cvss_lt(portfolio.cvss, portfolio.cvss) IS 'implementation of < operator';
CREATE FUNCTION portfolio.cvss_le(portfolio.cvss, portfolio.cvss) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8le';
COMMENT ON FUNCTION portfolio.cvss_le(portfolio.cvss, portfolio.cvss) IS 'implementation of <= operator';
CREATE FUNCTION portfolio.cvss_eq(portfolio.cvss, portfolio.cvss) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8eq';
COMMENT ON FUNCTION portfolio.cvss_eq(portfolio.cvss, portfolio.cvss) IS 'implementation of = operator';
CREATE FUNCTION portfolio.cvss_ne(portfolio.cvss, portfolio.cvss) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ne';
COMMENT ON FUNCTION portfolio.cvss_ne(portfolio.cvss, portfolio.cvss) IS 'implementation of <> operator';
CREATE FUNCTION portfolio.cvss_ge(portfolio.cvss, portfolio.cvss) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8ge';
COMMENT ON FUNCTION portfolio.cvss_ge(portfolio.cvss, portfolio.cvss) IS 'implementation of >= operator';
CREATE FUNCTION portfolio.cvss_gt(portfolio.cvss, portfolio.cvss) RETURNS boolean
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'int8gt';
COMMENT ON FUNCTION portfolio.cvss_gt(portfolio.cvss, portfolio.cvss) IS 'implementation of > operator';
CREATE FUNCTION portfolio.cvss_cmp(portfolio.cvss, portfolio.cvss) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'btint8cmp';
COMMENT ON FUNCTION portfolio.cvss_cmp(portfolio.cvss, portfolio.cvss) IS 'less-equal-greater';
CREATE FUNCTION portfolio.cvss_hash(portfolio.cvss) RETURNS integer
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8';
COMMENT ON FUNCTION portfolio.cvss_hash(portfolio.cvss) IS 'hash';
CREATE FUNCTION portfolio.cvss_hash_extended(portfolio.cvss, bigint) RETURNS bigint
LANGUAGE internal IMMUTABLE STRICT LEAKPROOF PARALLEL SAFE AS 'hashint8extended';
COMMENT ON FUNCTION portfolio.cvss_hash_extended(portfolio.cvss, bigint) IS 'hash with a seed';

CREATE OPERATOR portfolio.< (
  FUNCTION = portfolio.cvss_lt, LEFTARG = portfolio.cvss, RIGHTARG = portfolio.cvss,
  COMMUTATOR = OPERATOR(portfolio.>), NEGATOR = OPERATOR(portfolio.>=),
  RESTRICT = pg_catalog.scalarltsel, JOIN = pg_catalog.scalarltjoinsel
);
COMMENT ON OPERATOR portfolio.< (portfolio.cvss, portfolio.cvss) IS 'less than';
CREATE OPERATOR portfolio.<= (
  FUNCTION = portfolio.cvss_le, LEFTARG = portfolio.cvss, RIGHTARG = portfolio.cvss,
  COMMUTATOR = OPERATOR(portfolio.>=), NEGATOR = OPERATOR(portfolio.>),
  RESTRICT = pg_catalog.scalarlesel, JOIN = pg_catalog.scalarlejoinsel
);
COMMENT ON OPERATOR portfolio.<= (portfolio.cvss, portfolio.cvss) IS 'less than or equal';
CREATE OPERATOR portfolio.= (
  FUNCTION = portfolio.cvss_eq, LEFTARG = portfolio.cvss, RIGHTARG = portfolio.cvss,
  HASHES, MERGES,
  COMMUTATOR = OPERATOR(portfolio.=), NEGATOR = OPERATOR(portfolio.<>),
  RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel
);
COMMENT ON OPERATOR portfolio.= (portfolio.cvss, portfolio.cvss) IS 'equal';
CREATE OPERATOR portfolio.<> (
  FUNCTION = portfolio.cvss_ne, LEFTARG = portfolio.cvss, RIGHTARG = portfolio.cvss,
  COMMUTATOR = OPERATOR(portfolio.<>), NEGATOR = OPERATOR(portfolio.=),
  RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR portfolio.<> (portfolio.cvss, portfolio.cvss) IS 'not equal';
CREATE OPERATOR portfolio.>= (
  FUNCTION = portfolio.cvss_ge, LEFTARG = portfolio.cvss, RIGHTARG = portfolio.cvss,
  COMMUTATOR = OPERATOR(portfolio.<=), NEGATOR = OPERATOR(portfolio.<),
  RESTRICT = pg_catalog.scalargesel, JOIN = pg_catalog.scalargejoinsel
);
COMMENT ON OPERATOR portfolio.>= (portfolio.cvss, portfolio.cvss) IS 'greater than or equal';
CREATE OPERATOR portfolio.> (
  FUNCTION = portfolio.cvss_gt, LEFTARG = portfolio.cvss, RIGHTARG = portfolio.cvss,
  COMMUTATOR = OPERATOR(portfolio.<), NEGATOR = OPERATOR(portfolio.<=),
  RESTRICT = pg_catalog.scalargtsel, JOIN = pg_catalog.scalargtjoinsel
);
COMMENT ON OPERATOR portfolio.> (portfolio.cvss, portfolio.cvss) IS 'greater than';

-- Operator classes, all DEFAULT: CREATE INDEX, ORDER BY and PARTITION BY HASH need no search_path.
CREATE OPERATOR FAMILY portfolio.cvss_ops USING btree;
COMMENT ON OPERATOR FAMILY portfolio.cvss_ops USING btree IS 'Score, then version, then vector.';
CREATE OPERATOR CLASS portfolio.cvss_ops DEFAULT FOR TYPE portfolio.cvss USING btree FAMILY portfolio.cvss_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 portfolio.cvss_cmp(portfolio.cvss, portfolio.cvss),
  FUNCTION 2 (portfolio.cvss, portfolio.cvss) pg_catalog.btint8sortsupport(internal),
  FUNCTION 4 (portfolio.cvss, portfolio.cvss) pg_catalog.btequalimage(oid);
COMMENT ON OPERATOR CLASS portfolio.cvss_ops USING btree IS 'Score, then version, then vector.';

CREATE OPERATOR FAMILY portfolio.cvss_ops USING hash;
COMMENT ON OPERATOR FAMILY portfolio.cvss_ops USING hash IS 'Equality of cvss by hash.';
CREATE OPERATOR CLASS portfolio.cvss_ops DEFAULT FOR TYPE portfolio.cvss USING hash FAMILY portfolio.cvss_ops AS
  OPERATOR 1 portfolio.=,
  FUNCTION 1 portfolio.cvss_hash(portfolio.cvss),
  FUNCTION 2 (portfolio.cvss, portfolio.cvss) portfolio.cvss_hash_extended(portfolio.cvss, bigint);
COMMENT ON OPERATOR CLASS portfolio.cvss_ops USING hash IS 'Equality of cvss by hash; extended, so it serves hash partitioning.';

CREATE OPERATOR FAMILY portfolio.cvss_minmax_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.cvss_minmax_ops USING brin IS 'Smallest and largest cvss of a block range.';
CREATE OPERATOR CLASS portfolio.cvss_minmax_ops DEFAULT FOR TYPE portfolio.cvss USING brin FAMILY portfolio.cvss_minmax_ops AS
  OPERATOR 1 portfolio.<,
  OPERATOR 2 portfolio.<=,
  OPERATOR 3 portfolio.=,
  OPERATOR 4 portfolio.>=,
  OPERATOR 5 portfolio.>,
  FUNCTION 1 pg_catalog.brin_minmax_opcinfo(internal),
  FUNCTION 2 pg_catalog.brin_minmax_add_value(internal, internal, internal, internal),
  FUNCTION 3 pg_catalog.brin_minmax_consistent(internal, internal, internal),
  FUNCTION 4 pg_catalog.brin_minmax_union(internal, internal, internal);
COMMENT ON OPERATOR CLASS portfolio.cvss_minmax_ops USING brin IS 'Smallest and largest cvss of a block range.';

CREATE OPERATOR FAMILY portfolio.cvss_minmax_multi_ops USING brin;
COMMENT ON OPERATOR FAMILY portfolio.cvss_minmax_multi_ops USING brin IS 'Several intervals of cvss of a block range.';
CREATE OPERATOR CLASS portfolio.cvss_minmax_multi_ops FOR TYPE portfolio.cvss USING brin FAMILY portfolio.cvss_minmax_multi_ops AS
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
  FUNCTION 11 (portfolio.cvss, portfolio.cvss) pg_catalog.brin_minmax_multi_distance_int8(internal, internal);
COMMENT ON OPERATOR CLASS portfolio.cvss_minmax_multi_ops USING brin IS 'Several intervals of cvss of a block range; for columns with outliers.';
