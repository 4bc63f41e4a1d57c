-- Scores: from a relation and rules to counts and percentages.
CREATE TYPE portfolio.tally_group AS (group_key jsonb, group_label text, tally portfolio.tally);
COMMENT ON TYPE portfolio.tally_group IS 'The tally of one group of rows.';
COMMENT ON COLUMN portfolio.tally_group.group_key IS 'Values that make the group, by name; {} for the whole.';
COMMENT ON COLUMN portfolio.tally_group.group_label IS 'The same to read: values joined by comma, (null) for NULL; all for the whole.';
COMMENT ON COLUMN portfolio.tally_group.tally IS 'What was counted.';
CREATE FUNCTION portfolio.tally_relation(relation regclass, rules portfolio.rule_set, by text[] DEFAULT '{}', filter text DEFAULT NULL,
                                         by_expressions text[] DEFAULT '{}')
RETURNS SETOF portfolio.tally_group
LANGUAGE C STABLE PARALLEL UNSAFE ROWS 100 COST 10000 AS 'MODULE_PATHNAME', 'pf_tally_relation';
COMMENT ON FUNCTION portfolio.tally_relation(regclass, portfolio.rule_set, text[], text, text[]) IS
  'Counts the rules over a relation in one scan, as the caller and under his row security: one tally a group, in the order of the groups. by names columns; with by_expressions, as many, it names those. filter is a rule. One row for the whole, also of an empty relation.';

CREATE FUNCTION portfolio.percentage(part bigint, whole bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN whole > 0 THEN round(100.0 * part / whole, 4) END;
END;
COMMENT ON FUNCTION portfolio.percentage(bigint, bigint) IS 'part of whole in percent, 0 to 100, rounded half away from zero to four decimals. NULL where whole is 0: nothing was judged.';

CREATE TYPE portfolio.score_row AS (
  group_key jsonb, group_label text, rule text, records bigint, passed bigint, failed bigint, missing bigint, errors bigint,
  passed_pct numeric, complete_pct numeric, valid_and_complete_pct numeric
);
COMMENT ON TYPE portfolio.score_row IS 'The score of one rule in one group: records = passed + failed + missing + errors, plus the rows that the item''s applies_when excludes.';
COMMENT ON COLUMN portfolio.score_row.group_key IS 'Values that make the group, by column; {} for the whole.';
COMMENT ON COLUMN portfolio.score_row.group_label IS 'The same to read.';
COMMENT ON COLUMN portfolio.score_row.rule IS 'Code of the rule: its text where it was given as text.';
COMMENT ON COLUMN portfolio.score_row.records IS 'Rows in the group.';
COMMENT ON COLUMN portfolio.score_row.passed IS 'Rows for which the rule is true.';
COMMENT ON COLUMN portfolio.score_row.failed IS 'Rows for which the rule is false.';
COMMENT ON COLUMN portfolio.score_row.missing IS 'Rows for which the rule is NULL.';
COMMENT ON COLUMN portfolio.score_row.errors IS 'Rows on which the rule raised an error.';
COMMENT ON COLUMN portfolio.score_row.passed_pct IS 'passed of passed + failed, in percent; NULL where the rule judged nothing.';
COMMENT ON COLUMN portfolio.score_row.complete_pct IS 'records - missing of records, in percent; rows not applicable are left out of both; NULL where no row applies.';
COMMENT ON COLUMN portfolio.score_row.valid_and_complete_pct IS 'passed of records, in percent; rows not applicable are left out; NULL where no row applies.';

CREATE FUNCTION portfolio.score_rules(relation regclass, rules portfolio.rule_set, by text[] DEFAULT '{}', filter text DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.score_row
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100 COST 10000
BEGIN ATOMIC
  SELECT g.group_key, g.group_label, c.name, c.records, c.passed, c.failed, c.missing, c.errors,
         portfolio.percentage(c.passed, c.passed + c.failed),
         portfolio.percentage(c.records - c.not_applicable - c.missing, c.records - c.not_applicable),
         portfolio.percentage(c.passed, c.records - c.not_applicable)
    FROM (SELECT portfolio.check_options(options, '{}') AS checked) o,
         portfolio.tally_relation(relation, rules, by, filter) WITH ORDINALITY AS g(group_key, group_label, tally, group_ord),
         portfolio.tally_counts(g.tally, rules) WITH ORDINALITY AS c(level, name, records, passed, failed, missing, errors, not_applicable, defaults, ord)
   WHERE c.level = 'rule' AND o.checked IS NOT NULL
   ORDER BY g.group_ord, c.ord;
END;
COMMENT ON FUNCTION portfolio.score_rules(regclass, portfolio.rule_set, text[], text, jsonb) IS
  'Scores a relation by a made rule set: a row a rule and group, rules in the order of the set. As score() otherwise.';
CREATE FUNCTION portfolio.score(relation regclass, rules text[], by text[] DEFAULT '{}', filter text DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.score_row
LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 100 COST 10000
BEGIN ATOMIC
  SELECT s.* FROM portfolio.score_rules(relation, portfolio.rule_set(relation, rules), by, filter, options) s;
END;
COMMENT ON FUNCTION portfolio.score(regclass, text[], text[], text, jsonb) IS
  'Scores a relation by rules, boolean SQL expressions over its columns: a row a rule and group, rules in the order given. by names columns to group by, filter is a rule that rows must pass to be counted. One scan, in parallel where the planner likes; rows that row security hides are not counted. Stores nothing.';

CREATE FUNCTION portfolio.rule_set_sql(rules portfolio.rule_set, relation regclass) RETURNS text
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_rule_set_sql';
COMMENT ON FUNCTION portfolio.rule_set_sql(portfolio.rule_set, regclass) IS
  'The plain SELECT that gives the counts of the rules without the engine: a row a rule. Rules that raise an error stop it.';
