-- Taking over a rule book: first a verdict for each line, then the rules.
CREATE TYPE portfolio.rule_verdict AS (
  line       bigint,
  code       text,
  item       text,
  verdict    text,
  sql_state  text,
  problem    text,
  cursor_pos int,
  expression text
);
COMMENT ON TYPE portfolio.rule_verdict IS 'A row of import_rules(): what becomes of one line of a rule book.';
COMMENT ON COLUMN portfolio.rule_verdict.line IS 'Number of the line in the source, from 1.';
COMMENT ON COLUMN portfolio.rule_verdict.code IS 'Code of the rule.';
COMMENT ON COLUMN portfolio.rule_verdict.item IS 'The item it judges.';
COMMENT ON COLUMN portfolio.rule_verdict.verdict IS 'add: a new rule; alter: the next version of one; same: it is there already; refused.';
COMMENT ON COLUMN portfolio.rule_verdict.sql_state IS 'SQLSTATE when refused.';
COMMENT ON COLUMN portfolio.rule_verdict.problem IS 'Why it is refused.';
COMMENT ON COLUMN portfolio.rule_verdict.cursor_pos IS 'Character of the expression at which it goes wrong, from 1; NULL when it is not one place.';
COMMENT ON COLUMN portfolio.rule_verdict.expression IS 'The expression as it will be stored, or as it was given when refused.';

CREATE FUNCTION portfolio.import_rules(data_set text, source regclass, dry_run boolean DEFAULT true, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.rule_verdict
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  relation regclass := portfolio.data_set_relation(data_set);
  wanted record;
  verdict portfolio.rule_verdict;
  old_rule portfolio.quality_rule;
  new_rule portfolio.quality_rule;
  bad portfolio.expression_problem;
  seen text[] := '{}';
  copies int;
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF source IS NULL THEN
    RAISE EXCEPTION 'source must not be null'
      USING ERRCODE = 'null_value_not_allowed', HINT = 'It is a table or view with columns expression and code or name.';
  END IF;
  FOR wanted IN EXECUTE format($sql$
      SELECT row_number() OVER () AS line, j->>'code' AS code, j->>'name' AS name, nullif(j->>'item', '') AS item,
             coalesce(nullif(j->>'dimension', ''), 'validity') AS dimension, j->>'expression' AS expression,
             coalesce(nullif(j->>'severity', ''), 'medium') AS severity, coalesce(nullif(j->>'on_null', ''), 'missing') AS on_null,
             coalesce(nullif(j->>'status', ''), 'standard') AS status, j->>'reason' AS reason, coalesce(j->>'source', %L) AS source
        FROM (SELECT to_jsonb(pf_row) AS j FROM (SELECT %s FROM %s) pf_row) v$sql$, source::text, portfolio.plain_columns(source), source)
  LOOP
    verdict := NULL;
    verdict.line := wanted.line;
    -- A name need not be unique: its second use gets a number. A code must be.
    verdict.code := coalesce(wanted.code, wanted.name);
    copies := 1;
    WHILE wanted.code IS NULL AND verdict.code = ANY (seen) LOOP
      copies := copies + 1;
      verdict.code := format('%s (%s)', wanted.name, copies);
    END LOOP;
    verdict.item := wanted.item;
    verdict.expression := wanted.expression;
    verdict.verdict := 'refused';
    bad := NULL;
    IF verdict.code IS NULL OR wanted.expression IS NULL THEN
      verdict.sql_state := '22004';
      verdict.problem := 'it has no ' || CASE WHEN verdict.code IS NULL THEN 'code and no name' ELSE 'expression' END;
    ELSIF verdict.code = ANY (seen) THEN
      verdict.sql_state := '23505';
      verdict.problem := 'an earlier line has the same code';
    ELSIF wanted.item IS NOT NULL AND NOT EXISTS (SELECT FROM portfolio.data_item i WHERE i.data_set = d.id AND i.name = wanted.item) THEN
      verdict.sql_state := '23503';
      verdict.problem := format('item "%s" is not known', wanted.item);
    ELSIF NOT EXISTS (SELECT FROM portfolio.dimension m WHERE m.name = wanted.dimension) THEN
      verdict.sql_state := '23503';
      verdict.problem := format('dimension "%s" is not known', wanted.dimension);
    ELSIF wanted.severity NOT IN ('critical', 'high', 'medium', 'low', 'info') THEN
      verdict.sql_state := '23514';
      verdict.problem := format('severity "%s" is not known', wanted.severity);
    ELSIF wanted.on_null NOT IN ('missing', 'pass', 'fail') THEN
      verdict.sql_state := '23514';
      verdict.problem := format('on_null "%s" is not known', wanted.on_null);
    ELSIF wanted.status NOT IN ('draft', 'standard', 'experimental', 'retired') THEN
      verdict.sql_state := '23514';
      verdict.problem := format('status "%s" is not known', wanted.status);
    ELSE
      bad := portfolio.expression_problem(relation, wanted.expression);
      verdict.sql_state := bad.sql_state;
      verdict.problem := bad.problem;
      verdict.cursor_pos := bad.cursor_pos;
    END IF;
    IF verdict.sql_state IS NULL THEN
      seen := seen || verdict.code;
      verdict.expression := portfolio.checked_rule(relation, wanted.expression);
      old_rule := portfolio.last_rule(d.id, verdict.code);
      new_rule := old_rule;
      new_rule.data_set := d.id;
      new_rule.code := verdict.code;
      new_rule.version := coalesce(old_rule.version, 0) + 1;
      new_rule.name := wanted.name;
      new_rule.item := wanted.item;
      new_rule.dimension := wanted.dimension;
      new_rule.expression := verdict.expression;
      new_rule.severity := wanted.severity;
      new_rule.on_null := wanted.on_null;
      new_rule.status := wanted.status;
      new_rule.reason := wanted.reason;
      new_rule.source := wanted.source;
      verdict.verdict := CASE
        WHEN old_rule.version IS NULL THEN 'add'
        WHEN (old_rule.name, old_rule.item, old_rule.dimension, old_rule.expression, old_rule.severity, old_rule.on_null, old_rule.status)
             IS NOT DISTINCT FROM
             (new_rule.name, new_rule.item, new_rule.dimension, new_rule.expression, new_rule.severity, new_rule.on_null, new_rule.status) THEN 'same'
        ELSE 'alter' END;
      IF NOT dry_run AND verdict.verdict <> 'same' THEN
        PERFORM portfolio.write_rule(new_rule);
      END IF;
    END IF;
    RETURN NEXT verdict;
  END LOOP;
END
$$;
COMMENT ON FUNCTION portfolio.import_rules(text, regclass, boolean, jsonb) IS
  'Takes over a rule book from a table or view with columns expression and code (unique) or name (a second use gets a number), and, as they are there, item, dimension, severity, on_null, status, reason, source. One verdict a line: add, alter (the rule is there and differs: a new version), same, or refused with the reason and the character at which the expression goes wrong. dry_run (the default) only tells; otherwise all lines but the refused are written. Lines count in the order of the table. No options yet.';
