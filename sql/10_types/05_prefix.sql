-- What the planner knows of searches by prefix, for all types of codes (src/types/prefix_support.c).
CREATE FUNCTION portfolio.prefix_support(internal) RETURNS internal
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_prefix_support';
COMMENT ON FUNCTION portfolio.prefix_support(internal) IS
  'Planner support of starts_with(code, prefix) and of operator ^@: the range of values to look up in an index, and how many rows it may hold.';

CREATE FUNCTION portfolio.prefix_selectivity(internal, oid, internal, integer) RETURNS double precision
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_prefix_selectivity';
COMMENT ON FUNCTION portfolio.prefix_selectivity(internal, oid, internal, integer) IS
  'Restriction estimator of operator ^@ on codes, from the statistics of the column.';
