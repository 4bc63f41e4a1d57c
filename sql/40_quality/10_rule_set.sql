-- Rules: what may be in them, and the rule set that carries them to the engine.
CREATE TABLE portfolio.trusted_function (
  signature text PRIMARY KEY CHECK (signature LIKE '%.%(%)'),
  author name NOT NULL DEFAULT CURRENT_USER,
  reason text
);
COMMENT ON TABLE portfolio.trusted_function IS
  'Functions outside pg_catalog and pg_portfolio that rules may call. Only a superuser writes it: a rule runs with the rights of whoever scores. Class: user rows.';
COMMENT ON COLUMN portfolio.trusted_function.signature IS 'The function, schema-qualified, with its argument types: clinic.is_ward(text).';
COMMENT ON COLUMN portfolio.trusted_function.author IS 'Who trusted it.';
COMMENT ON COLUMN portfolio.trusted_function.reason IS 'Why it is trusted.';
SELECT pg_catalog.pg_extension_config_dump('portfolio.trusted_function', '');

CREATE FUNCTION portfolio.check_rule(relation regclass, expression text) RETURNS text
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_check_rule';
COMMENT ON FUNCTION portfolio.check_rule(regclass, text) IS
  'Gives a rule over the relation as it is stored: fully qualified and independent of any setting. Raises, with the position in the text, on whatever may not stand in a rule. The result is boolean; :period_start, :period_end and :scored_on may be used. NULL for NULL.';
CREATE FUNCTION portfolio.check_expression(relation regclass, expression text, result regtype) RETURNS text
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_check_expression';
COMMENT ON FUNCTION portfolio.check_expression(regclass, text, regtype) IS
  'As check_rule, for an expression of another type (the period or provider of a row); it is assigned to that type. No :period_start here.';

CREATE TYPE portfolio.rule_set;
CREATE FUNCTION portfolio.rule_set_in(cstring) RETURNS portfolio.rule_set
LANGUAGE C STABLE STRICT PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'pf_rule_set_in';
CREATE FUNCTION portfolio.rule_set_out(portfolio.rule_set) RETURNS cstring
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_rule_set_out';
CREATE FUNCTION portfolio.rule_set_recv(internal) RETURNS portfolio.rule_set
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_rule_set_recv';
CREATE FUNCTION portfolio.rule_set_send(portfolio.rule_set) RETURNS bytea
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_rule_set_send';
CREATE TYPE portfolio.rule_set (
  INPUT = portfolio.rule_set_in, OUTPUT = portfolio.rule_set_out,
  RECEIVE = portfolio.rule_set_recv, SEND = portfolio.rule_set_send,
  INTERNALLENGTH = VARIABLE, ALIGNMENT = double, STORAGE = extended
);
COMMENT ON TYPE portfolio.rule_set IS
  'Rules ready to be counted: columns with type and collation, rules, items and dimensions, all by name, with a fingerprint that tallies carry. Text form: JSON; the code of a data set is read as its rule set of this moment.';
COMMENT ON FUNCTION portfolio.rule_set_in(cstring) IS 'Reads a rule set from its JSON, or makes that of the data set whose code is given, so that rule_set(''CODE'') works. Raises 22023 or 22P02 where the JSON is not whole, 42704 for a data set that does not exist.';
COMMENT ON FUNCTION portfolio.rule_set_out(portfolio.rule_set) IS 'Writes a rule set as JSON.';
COMMENT ON FUNCTION portfolio.rule_set_recv(internal) IS 'Reads a rule set from its binary form. Raises 22P03 where it is not whole.';
COMMENT ON FUNCTION portfolio.rule_set_send(portfolio.rule_set) IS 'Writes a rule set in binary form.';

CREATE FUNCTION portfolio.rule_set_eq(portfolio.rule_set, portfolio.rule_set) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_rule_set_eq';
CREATE FUNCTION portfolio.rule_set_ne(portfolio.rule_set, portfolio.rule_set) RETURNS boolean
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_rule_set_ne';
CREATE FUNCTION portfolio.rule_set_hash(portfolio.rule_set) RETURNS integer
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_rule_set_hash';
COMMENT ON FUNCTION portfolio.rule_set_eq(portfolio.rule_set, portfolio.rule_set) IS 'Same rules over the same columns, with the same dates?';
COMMENT ON FUNCTION portfolio.rule_set_ne(portfolio.rule_set, portfolio.rule_set) IS 'Different rules, columns or dates?';
COMMENT ON FUNCTION portfolio.rule_set_hash(portfolio.rule_set) IS 'Hash of a rule set, from its fingerprint.';
CREATE OPERATOR portfolio.= (
  LEFTARG = portfolio.rule_set, RIGHTARG = portfolio.rule_set, FUNCTION = portfolio.rule_set_eq,
  COMMUTATOR = OPERATOR(portfolio.=), NEGATOR = OPERATOR(portfolio.<>), RESTRICT = eqsel, JOIN = eqjoinsel, HASHES
);
CREATE OPERATOR portfolio.<> (
  LEFTARG = portfolio.rule_set, RIGHTARG = portfolio.rule_set, FUNCTION = portfolio.rule_set_ne,
  COMMUTATOR = OPERATOR(portfolio.<>), NEGATOR = OPERATOR(portfolio.=), RESTRICT = neqsel, JOIN = neqjoinsel
);
COMMENT ON OPERATOR portfolio.= (portfolio.rule_set, portfolio.rule_set) IS 'same rules, columns and dates';
COMMENT ON OPERATOR portfolio.<> (portfolio.rule_set, portfolio.rule_set) IS 'different rules, columns or dates';
CREATE OPERATOR FAMILY portfolio.rule_set_ops USING hash;
COMMENT ON OPERATOR FAMILY portfolio.rule_set_ops USING hash IS 'equality of rule sets';
CREATE OPERATOR CLASS portfolio.rule_set_ops DEFAULT FOR TYPE portfolio.rule_set USING hash FAMILY portfolio.rule_set_ops AS
  OPERATOR 1 portfolio.= (portfolio.rule_set, portfolio.rule_set),
  FUNCTION 1 portfolio.rule_set_hash(portfolio.rule_set);
COMMENT ON OPERATOR CLASS portfolio.rule_set_ops USING hash IS 'equality of rule sets';

CREATE FUNCTION portfolio.rule_set(relation regclass, rules text[]) RETURNS portfolio.rule_set
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_rule_set';
COMMENT ON FUNCTION portfolio.rule_set(regclass, text[]) IS
  'Makes a rule set from the texts of rules over a relation. A rule is called by its text; its item is the one column it looks at, or itself; its dimension is completeness for IS NOT NULL and validity otherwise. Raises on the first rule that may not be one.';
CREATE FUNCTION portfolio.compile_rule_set(relation regclass, definition jsonb, report boolean) RETURNS portfolio.rule_set
LANGUAGE C STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_compile_rule_set';
COMMENT ON FUNCTION portfolio.compile_rule_set(regclass, jsonb, boolean) IS
  'What make_rule_set does; with report, a rule that does not compile becomes a problem of the set instead of an error.';
CREATE FUNCTION portfolio.make_rule_set(relation regclass, definition jsonb, options jsonb DEFAULT '{}') RETURNS portfolio.rule_set
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT portfolio.compile_rule_set(relation, definition,
           portfolio.boolean_option(portfolio.check_options(options, ARRAY['report_broken']), 'report_broken'));
END;
COMMENT ON FUNCTION portfolio.make_rule_set(regclass, jsonb, jsonb) IS
  'Makes a rule set from {"rules": [{"code", "expression", "item", "dimension", "on_null"}], "items": [{"name", "column", "missing_values", "applies_when", "default_codes", "mandatory", "if_ruled"}]}. A rule without an item belongs to the item of the only column that it reads. An item with if_ruled = true is there only for such rules; its missing_values hold in every rule over its column. Option report_broken (default false): a rule that does not compile is listed by rule_set_problems() and left out of the counts, instead of an error.';

CREATE TYPE portfolio.rule_set_rule AS (ord integer, code text, expression text, item text, dimension text, on_null text, may_raise boolean);
COMMENT ON TYPE portfolio.rule_set_rule IS 'A rule of a rule set.';
COMMENT ON COLUMN portfolio.rule_set_rule.ord IS 'Position in the set, from 1.';
COMMENT ON COLUMN portfolio.rule_set_rule.code IS 'Name of the rule, unique in the set.';
COMMENT ON COLUMN portfolio.rule_set_rule.expression IS 'Boolean expression, fully qualified.';
COMMENT ON COLUMN portfolio.rule_set_rule.item IS 'Item that the rule judges.';
COMMENT ON COLUMN portfolio.rule_set_rule.dimension IS 'Dimension of quality that the rule speaks to.';
COMMENT ON COLUMN portfolio.rule_set_rule.on_null IS 'What a NULL result counts as: missing, pass or fail.';
COMMENT ON COLUMN portfolio.rule_set_rule.may_raise IS 'May the expression raise an error on some value? Then it runs in a subtransaction, and before PostgreSQL 17 not in parallel.';
CREATE TYPE portfolio.rule_set_item AS (name text, column_name text, missing_values text[], default_codes text[], applies_when text, mandatory boolean);
COMMENT ON TYPE portfolio.rule_set_item IS 'An item of a rule set.';
COMMENT ON COLUMN portfolio.rule_set_item.name IS 'Name of the item, unique in the set.';
COMMENT ON COLUMN portfolio.rule_set_item.column_name IS 'Column that holds its value; NULL where the item is its rules.';
COMMENT ON COLUMN portfolio.rule_set_item.missing_values IS 'Values that mean missing; text is trimmed before it is compared.';
COMMENT ON COLUMN portfolio.rule_set_item.default_codes IS 'Values counted as defaults, such as "not known".';
COMMENT ON COLUMN portfolio.rule_set_item.applies_when IS 'Rows for which this is not true are not applicable; NULL: all rows apply.';
COMMENT ON COLUMN portfolio.rule_set_item.mandatory IS 'Must the item be there in every record?';
CREATE TYPE portfolio.rule_set_problem AS (code text, expression text, item text, sqlstate text, problem text);
COMMENT ON TYPE portfolio.rule_set_problem IS 'A rule that could not be compiled into a rule set.';
COMMENT ON COLUMN portfolio.rule_set_problem.code IS 'Name of the rule.';
COMMENT ON COLUMN portfolio.rule_set_problem.expression IS 'Its expression as it was given.';
COMMENT ON COLUMN portfolio.rule_set_problem.item IS 'Item that it was to judge; NULL where none was named.';
COMMENT ON COLUMN portfolio.rule_set_problem.sqlstate IS 'SQLSTATE of the error.';
COMMENT ON COLUMN portfolio.rule_set_problem.problem IS 'Message of the error.';

CREATE FUNCTION portfolio.rule_set_columns(rules portfolio.rule_set) RETURNS text[]
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_rule_set_columns';
COMMENT ON FUNCTION portfolio.rule_set_columns(portfolio.rule_set) IS 'Columns that the rules look at, in the order in which tally() takes them.';
CREATE FUNCTION portfolio.rule_set_rules(rules portfolio.rule_set) RETURNS SETOF portfolio.rule_set_rule
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 100 AS 'MODULE_PATHNAME', 'pf_rule_set_rules';
COMMENT ON FUNCTION portfolio.rule_set_rules(portfolio.rule_set) IS 'Rules that the set counts, in order.';
CREATE FUNCTION portfolio.rule_set_items(rules portfolio.rule_set) RETURNS SETOF portfolio.rule_set_item
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 50 AS 'MODULE_PATHNAME', 'pf_rule_set_items';
COMMENT ON FUNCTION portfolio.rule_set_items(portfolio.rule_set) IS 'Items that the set judges.';
CREATE FUNCTION portfolio.rule_set_problems(rules portfolio.rule_set) RETURNS SETOF portfolio.rule_set_problem
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'pf_rule_set_problems';
COMMENT ON FUNCTION portfolio.rule_set_problems(portfolio.rule_set) IS 'Rules that could not be compiled and are counted nowhere.';
CREATE FUNCTION portfolio.rule_set_fingerprint(rules portfolio.rule_set) RETURNS bigint
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_rule_set_fingerprint';
COMMENT ON FUNCTION portfolio.rule_set_fingerprint(portfolio.rule_set) IS 'The 64 bits by which a tally knows its rule set. It covers columns, rules, items and dimensions, not the dates.';
CREATE FUNCTION portfolio.rule_set_volatility(rules portfolio.rule_set) RETURNS text
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_rule_set_volatility';
COMMENT ON FUNCTION portfolio.rule_set_volatility(portfolio.rule_set) IS 'immutable or stable: the worst of its expressions. Only immutable sets can be tracked.';
CREATE FUNCTION portfolio.stable_rules(rules portfolio.rule_set) RETURNS portfolio.rule_set
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_stable_rules';
COMMENT ON FUNCTION portfolio.stable_rules(portfolio.rule_set) IS
  'Gives back the set. STABLE, so that an aggregate over it is never shipped to another server, whose time zone and search_path are others.';
CREATE FUNCTION portfolio.serial_rules(rules portfolio.rule_set) RETURNS portfolio.rule_set
LANGUAGE C STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_serial_rules';
COMMENT ON FUNCTION portfolio.serial_rules(portfolio.rule_set) IS
  'Gives back the set. PARALLEL UNSAFE, so that the plan stays serial: for rules that may raise (before PostgreSQL 17) or call functions that are not parallel safe.';
CREATE FUNCTION portfolio.dated_rules(rules portfolio.rule_set, period_start date DEFAULT NULL, period_end date DEFAULT NULL, scored_on date DEFAULT NULL)
RETURNS portfolio.rule_set
LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_dated_rules';
COMMENT ON FUNCTION portfolio.dated_rules(portfolio.rule_set, date, date, date) IS
  'Gives the rules values for :period_start, :period_end and :scored_on; NULL leaves one as it is. The fingerprint stays, so tallies of different periods add.';

CREATE TABLE portfolio.rule_set_version (
  fingerprint bigint PRIMARY KEY,
  rules portfolio.rule_set NOT NULL,
  kept_at timestamptz NOT NULL DEFAULT pg_catalog.now()
);
COMMENT ON TABLE portfolio.rule_set_version IS
  'Every rule set whose tally was ever stored, for ever: without it a tally is numbers without names. Written by the engine alone. Class: user rows.';
COMMENT ON COLUMN portfolio.rule_set_version.fingerprint IS 'rule_set_fingerprint(rules), as in the tallies.';
COMMENT ON COLUMN portfolio.rule_set_version.rules IS 'The rule set.';
COMMENT ON COLUMN portfolio.rule_set_version.kept_at IS 'When it was first kept.';
SELECT pg_catalog.pg_extension_config_dump('portfolio.rule_set_version', '');
CREATE FUNCTION portfolio.keep_rule_set(rules portfolio.rule_set) RETURNS bigint
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_keep_rule_set';
COMMENT ON FUNCTION portfolio.keep_rule_set(portfolio.rule_set) IS
  'Keeps a rule set in rule_set_version, so that its tallies can be opened later, and gives its fingerprint. Whatever stores a tally calls it first.';
