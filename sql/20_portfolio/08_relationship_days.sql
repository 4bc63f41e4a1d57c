-- What the exclusion constraint of relationship compares. Why it is so: src/portfolio/relationship_days.c.
CREATE TYPE portfolio.relationship_days AS (source bigint, target bigint, kind text, code text, valid daterange);
COMMENT ON TYPE portfolio.relationship_days IS
  'What makes two rows of relationship the same relationship, and the days on which it holds.';
COMMENT ON COLUMN portfolio.relationship_days.source IS 'Element it starts from.';
COMMENT ON COLUMN portfolio.relationship_days.target IS 'Element it points to.';
COMMENT ON COLUMN portfolio.relationship_days.kind IS 'Kind of relationship_rule.';
COMMENT ON COLUMN portfolio.relationship_days.code IS 'Its identifier elsewhere, empty when made here.';
COMMENT ON COLUMN portfolio.relationship_days.valid IS 'Days on which it holds.';

CREATE FUNCTION portfolio.relationship_days_overlap(a portfolio.relationship_days, b portfolio.relationship_days) RETURNS boolean
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_relationship_days_overlap';
COMMENT ON FUNCTION portfolio.relationship_days_overlap(portfolio.relationship_days, portfolio.relationship_days) IS
  'Whether both are the same relationship and have a day in common. False where any attribute is NULL.';
CREATE FUNCTION portfolio.relationship_days_hash(a portfolio.relationship_days) RETURNS integer
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_relationship_days_hash';
COMMENT ON FUNCTION portfolio.relationship_days_hash(portfolio.relationship_days) IS
  'Hash of everything but the days, so that rows of the same relationship have the same.';

CREATE OPERATOR portfolio.&& (
  LEFTARG = portfolio.relationship_days, RIGHTARG = portfolio.relationship_days,
  FUNCTION = portfolio.relationship_days_overlap, COMMUTATOR = OPERATOR(portfolio.&&));
COMMENT ON OPERATOR portfolio.&& (portfolio.relationship_days, portfolio.relationship_days) IS 'The same relationship with a day in common.';

CREATE OPERATOR FAMILY portfolio.relationship_days_ops USING hash;
COMMENT ON OPERATOR FAMILY portfolio.relationship_days_ops USING hash IS 'For the exclusion constraint of relationship.';
CREATE OPERATOR CLASS portfolio.relationship_days_ops FOR TYPE portfolio.relationship_days USING hash FAMILY portfolio.relationship_days_ops AS
  OPERATOR 1 portfolio.&&,
  FUNCTION 1 portfolio.relationship_days_hash(portfolio.relationship_days);
COMMENT ON OPERATOR CLASS portfolio.relationship_days_ops USING hash IS
  'For the exclusion constraint of relationship and nothing else: its operator is no equality.';
