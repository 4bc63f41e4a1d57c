-- Tallies: what a rule set counted. They add, subtract and merge.
CREATE TYPE portfolio.tally;
CREATE FUNCTION portfolio.tally_in(cstring) RETURNS portfolio.tally
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_in';
CREATE FUNCTION portfolio.tally_out(portfolio.tally) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_out';
CREATE FUNCTION portfolio.tally_recv(internal) RETURNS portfolio.tally
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_recv';
CREATE FUNCTION portfolio.tally_send(portfolio.tally) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_send';
CREATE TYPE portfolio.tally (
  INPUT = portfolio.tally_in, OUTPUT = portfolio.tally_out,
  RECEIVE = portfolio.tally_recv, SEND = portfolio.tally_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = int4, STORAGE = extended
);
COMMENT ON TYPE portfolio.tally IS
  'Counts of a rule set over some rows: per rule, item and dimension, and of rows that fail nothing. Carries the fingerprint of its rule set; tally_counts() shows it. Text form: version:fingerprint:rules,items,dimensions:records:counts.';
COMMENT ON FUNCTION portfolio.tally_in(cstring) IS 'Reads a tally from text. Raises 22P02 where it is not whole.';
COMMENT ON FUNCTION portfolio.tally_out(portfolio.tally) IS 'Writes a tally as text, without loss.';
COMMENT ON FUNCTION portfolio.tally_recv(internal) IS 'Reads a tally from its binary form. Raises 22P03 where it is not whole.';
COMMENT ON FUNCTION portfolio.tally_send(portfolio.tally) IS 'Writes a tally in binary form.';

CREATE FUNCTION portfolio.tally_plus(portfolio.tally, portfolio.tally) RETURNS portfolio.tally
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_plus_tally';
CREATE FUNCTION portfolio.tally_minus(portfolio.tally, portfolio.tally) RETURNS portfolio.tally
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_minus_tally';
CREATE FUNCTION portfolio.tally_eq(portfolio.tally, portfolio.tally) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_eq';
CREATE FUNCTION portfolio.tally_ne(portfolio.tally, portfolio.tally) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_ne';
COMMENT ON FUNCTION portfolio.tally_plus(portfolio.tally, portfolio.tally) IS 'Sum of two tallies of one rule set. Raises 22023 for two sets, 22003 out of range.';
COMMENT ON FUNCTION portfolio.tally_minus(portfolio.tally, portfolio.tally) IS 'Difference of two tallies of one rule set; counts may become negative. Raises 22023 for two sets, 22003 out of range.';
COMMENT ON FUNCTION portfolio.tally_eq(portfolio.tally, portfolio.tally) IS 'Same rule set and same counts?';
COMMENT ON FUNCTION portfolio.tally_ne(portfolio.tally, portfolio.tally) IS 'Another rule set or other counts?';
CREATE OPERATOR portfolio.+ (LEFTARG = portfolio.tally, RIGHTARG = portfolio.tally, FUNCTION = portfolio.tally_plus, COMMUTATOR = OPERATOR(portfolio.+));
CREATE OPERATOR portfolio.- (LEFTARG = portfolio.tally, RIGHTARG = portfolio.tally, FUNCTION = portfolio.tally_minus);
CREATE OPERATOR portfolio.= (
  LEFTARG = portfolio.tally, RIGHTARG = portfolio.tally, FUNCTION = portfolio.tally_eq,
  COMMUTATOR = OPERATOR(portfolio.=), NEGATOR = OPERATOR(portfolio.<>), RESTRICT = eqsel, JOIN = eqjoinsel
);
CREATE OPERATOR portfolio.<> (
  LEFTARG = portfolio.tally, RIGHTARG = portfolio.tally, FUNCTION = portfolio.tally_ne,
  COMMUTATOR = OPERATOR(portfolio.<>), NEGATOR = OPERATOR(portfolio.=), RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR portfolio.+ (portfolio.tally, portfolio.tally) IS 'sum of two tallies of one rule set';
COMMENT ON OPERATOR portfolio.- (portfolio.tally, portfolio.tally) IS 'difference of two tallies of one rule set';
COMMENT ON OPERATOR portfolio.= (portfolio.tally, portfolio.tally) IS 'same rule set and same counts';
COMMENT ON OPERATOR portfolio.<> (portfolio.tally, portfolio.tally) IS 'another rule set or other counts';

CREATE FUNCTION portfolio.tally_records(tally portfolio.tally) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_records';
COMMENT ON FUNCTION portfolio.tally_records(portfolio.tally) IS 'Rows that were counted.';
CREATE FUNCTION portfolio.tally_fingerprint(tally portfolio.tally) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_fingerprint';
COMMENT ON FUNCTION portfolio.tally_fingerprint(portfolio.tally) IS 'Fingerprint of the rule set that counted.';
CREATE FUNCTION portfolio.empty_tally(rules portfolio.rule_set) RETURNS portfolio.tally
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_empty_tally';
COMMENT ON FUNCTION portfolio.empty_tally(portfolio.rule_set) IS 'The tally of no rows.';

CREATE TYPE portfolio.tally_count AS (
  level text, name text, records bigint, passed bigint, failed bigint, missing bigint, errors bigint, not_applicable bigint, defaults bigint
);
COMMENT ON TYPE portfolio.tally_count IS 'A line of a tally: records = passed + failed + missing + errors + not_applicable.';
COMMENT ON COLUMN portfolio.tally_count.level IS 'rule, item, dimension or clean.';
COMMENT ON COLUMN portfolio.tally_count.name IS 'Code of the rule, name of the item or dimension; clean for the rows that fail nothing.';
COMMENT ON COLUMN portfolio.tally_count.records IS 'Rows that were counted.';
COMMENT ON COLUMN portfolio.tally_count.passed IS 'Rule: the result was true. Item, dimension: the value is there and every rule true (valid and complete). Clean: the row fails nothing.';
COMMENT ON COLUMN portfolio.tally_count.failed IS 'Rule: the result was false. Item, dimension: some rule failed. Clean: the row fails something.';
COMMENT ON COLUMN portfolio.tally_count.missing IS 'Nothing to judge: the result was NULL, or the item has no value.';
COMMENT ON COLUMN portfolio.tally_count.errors IS 'The rule raised an error.';
COMMENT ON COLUMN portfolio.tally_count.not_applicable IS 'The item''s applies_when was not true.';
COMMENT ON COLUMN portfolio.tally_count.defaults IS 'Items: the value is a default code. Otherwise 0.';
CREATE FUNCTION portfolio.tally_counts(tally portfolio.tally, rules portfolio.rule_set DEFAULT NULL) RETURNS SETOF portfolio.tally_count
LANGUAGE C STABLE PARALLEL RESTRICTED ROWS 100 AS 'MODULE_PATHNAME', 'pf_tally_counts';
COMMENT ON FUNCTION portfolio.tally_counts(portfolio.tally, portfolio.rule_set) IS
  'Opens a tally: a row a rule, item and dimension in the order of the set, then one for clean rows. Without rules the set is one that this session has made or counted with, or is looked up in rule_set_version; 42704 where it is in neither. No rows for NULL.';

CREATE TYPE portfolio.column_values;
CREATE FUNCTION portfolio.column_values_in(cstring) RETURNS portfolio.column_values
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_column_values_in';
CREATE FUNCTION portfolio.column_values_out(portfolio.column_values) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_column_values_out';
CREATE TYPE portfolio.column_values (
  INPUT = portfolio.column_values_in, OUTPUT = portfolio.column_values_out,
  INTERNALLENGTH = 8, PASSEDBYVALUE, ALIGNMENT = double, STORAGE = plain
);
COMMENT ON TYPE portfolio.column_values IS 'What row_columns() hands to tally(): good for the row that is being counted and for nothing else.';
COMMENT ON FUNCTION portfolio.column_values_in(cstring) IS 'Always raises: such a value cannot be written down.';
COMMENT ON FUNCTION portfolio.column_values_out(portfolio.column_values) IS 'Says what it is; the values are not in it.';
CREATE FUNCTION portfolio.row_columns(VARIADIC "any") RETURNS portfolio.column_values
LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_row_columns';
COMMENT ON FUNCTION portfolio.row_columns("any") IS
  'Carries up to 98 columns in one argument of tally(), which alone takes 98: tally(rules, row_columns(a, ...), row_columns(x, ...)). Only there; 22023 elsewhere.';
CREATE FUNCTION portfolio.row_in_place() RETURNS portfolio.column_values
LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_row_in_place';
COMMENT ON FUNCTION portfolio.row_in_place() IS
  'Lets tally() read the columns where the row stands: tally(rules, COALESCE(row_in_place(), row_columns(a, ...))). NULL until tally() has seen that each is a plain column of its input, so the columns are handed over where one is not; NULL everywhere else.';

CREATE FUNCTION portfolio.tally_accum(portfolio.tally, portfolio.rule_set, VARIADIC "any") RETURNS portfolio.tally
LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_accum';
CREATE FUNCTION portfolio.tally_row_accum(portfolio.tally, portfolio.rule_set, record) RETURNS portfolio.tally
LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_row_accum';
CREATE FUNCTION portfolio.tally_merge(portfolio.tally, portfolio.tally) RETURNS portfolio.tally
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_merge';
CREATE FUNCTION portfolio.tally_combine(portfolio.tally, portfolio.tally) RETURNS portfolio.tally
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_tally_combine';
COMMENT ON FUNCTION portfolio.tally_accum(portfolio.tally, portfolio.rule_set, "any") IS 'Transition function of tally().';
COMMENT ON FUNCTION portfolio.tally_row_accum(portfolio.tally, portfolio.rule_set, record) IS 'Transition function of tally_row().';
COMMENT ON FUNCTION portfolio.tally_merge(portfolio.tally, portfolio.tally) IS 'Transition function of merge().';
COMMENT ON FUNCTION portfolio.tally_combine(portfolio.tally, portfolio.tally) IS 'Combine function of tally(), tally_row() and merge().';

CREATE AGGREGATE portfolio.tally(portfolio.rule_set, VARIADIC "any") (
  SFUNC = portfolio.tally_accum, STYPE = portfolio.tally, COMBINEFUNC = portfolio.tally_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.tally(portfolio.rule_set, "any") IS
  'Counts the rules over the columns given, in the order of rule_set_columns(): SELECT tally(rules, a, b) FROM t. The fastest form; score() writes it, see row_in_place(). NULL for no rows.';
CREATE AGGREGATE portfolio.tally_row(portfolio.rule_set, record) (
  SFUNC = portfolio.tally_row_accum, STYPE = portfolio.tally, COMBINEFUNC = portfolio.tally_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.tally_row(portfolio.rule_set, record) IS
  'Counts the rules over rows: SELECT tally_row(rules, t) FROM t. Columns are found by name, those of a plain ROW(...) by order. NULL for no rows.';
CREATE AGGREGATE portfolio.merge(portfolio.tally) (
  SFUNC = portfolio.tally_merge, STYPE = portfolio.tally, COMBINEFUNC = portfolio.tally_combine, PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.merge(portfolio.tally) IS
  'Sum of tallies of one rule set. NULLs are passed over; NULL for none. Raises 22023 for tallies of two sets.';

CREATE FUNCTION portfolio.failed_rules(rules portfolio.rule_set, "row" record) RETURNS text[]
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_failed_rules';
COMMENT ON FUNCTION portfolio.failed_rules(portfolio.rule_set, record) IS
  'Codes of the rules that a row fails or that raise an error on it, in the order of the set; {} for a clean row.';
