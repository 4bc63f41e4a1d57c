-- From the rows that people wrote to the rule set that the engine runs.
CREATE TYPE portfolio.expression_problem AS (
  sql_state  text,
  problem    text,
  detail     text,
  hint       text,
  cursor_pos int
);
COMMENT ON TYPE portfolio.expression_problem IS 'Why an expression cannot be a rule.';
COMMENT ON COLUMN portfolio.expression_problem.sql_state IS 'SQLSTATE.';
COMMENT ON COLUMN portfolio.expression_problem.problem IS 'Message.';
COMMENT ON COLUMN portfolio.expression_problem.detail IS 'Detail, if any.';
COMMENT ON COLUMN portfolio.expression_problem.hint IS 'What to do about it, if known.';
COMMENT ON COLUMN portfolio.expression_problem.cursor_pos IS 'Character of the expression at which it goes wrong, from 1; NULL when it is not one place.';

CREATE FUNCTION portfolio.expression_problem(relation regclass, expression text) RETURNS portfolio.expression_problem
LANGUAGE c STABLE PARALLEL UNSAFE STRICT AS 'MODULE_PATHNAME', 'pf_expression_problem';
COMMENT ON FUNCTION portfolio.expression_problem(regclass, text) IS
  'Why an expression cannot be a rule over a relation, as check_rule() would raise it, with the character at which it goes wrong; NULL when it can.';

CREATE FUNCTION portfolio.raise_on_a_row(data_set text, sql_state text) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION 'an expression of data set "%" raised an error on a row', data_set
    USING ERRCODE = sql_state,
          DETAIL = 'It is the period, provider or filter expression. The message is not shown because it may hold a value.',
          HINT = 'Write the expression so that it holds for every row, for example with CASE.';
END
$$;
COMMENT ON FUNCTION portfolio.raise_on_a_row(text, text) IS
  'Raises sql_state for a data set without the message of the error, which would show a value of a row to whoever reads the server''s log.';

CREATE TYPE portfolio.broken_rule AS (
  data_set   text,
  kind       text,
  rule       text,
  version    int,
  expression text,
  sql_state  text,
  problem    text
);
COMMENT ON TYPE portfolio.broken_rule IS 'A rule, or the condition of an item, that can no longer run.';
COMMENT ON COLUMN portfolio.broken_rule.data_set IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.broken_rule.kind IS 'rule (about rows or about the whole set), or item: the column, the codes or the condition of an item that is scored.';
COMMENT ON COLUMN portfolio.broken_rule.rule IS 'Code of the rule, or name of the item.';
COMMENT ON COLUMN portfolio.broken_rule.version IS 'Version of the rule; NULL for an item.';
COMMENT ON COLUMN portfolio.broken_rule.expression IS 'The expression as it is stored.';
COMMENT ON COLUMN portfolio.broken_rule.sql_state IS 'SQLSTATE of what is wrong.';
COMMENT ON COLUMN portfolio.broken_rule.problem IS 'What is wrong.';

CREATE FUNCTION portfolio.broken_rules(data_set text DEFAULT NULL) RETURNS SETOF portfolio.broken_rule
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_variable
DECLARE
  r record;
  relation regclass;
  state text;
  message text;
BEGIN
  IF data_set IS NOT NULL THEN
    PERFORM portfolio.get_data_set(data_set);
  END IF;
  FOR r IN
    SELECT c.data_set_code AS code, d.schema_name, d.relation_name, 'rule' AS kind, c.code AS name, c.version, c.expression
      FROM portfolio.current_rule c JOIN portfolio.data_set d ON d.id = c.data_set
     WHERE c.status IN ('standard', 'experimental') AND d.relation_name IS NOT NULL AND (data_set IS NULL OR d.code = data_set)
    UNION ALL
    SELECT d.code, d.schema_name, d.relation_name, 'item', i.name, NULL, portfolio.item_condition(i)
      FROM portfolio.data_item i JOIN portfolio.data_set d ON d.id = i.data_set
     WHERE portfolio.item_condition(i) <> '' AND d.relation_name IS NOT NULL AND (data_set IS NULL OR d.code = data_set)
       AND (i.mandatory OR i.default_codes <> '{}'
            OR EXISTS (SELECT FROM portfolio.current_rule c WHERE c.data_set = i.data_set AND c.status = 'standard' AND c.kind = 'row'
                          AND (c.item = i.name OR c.item IS NULL AND (i.missing_values <> '{}' OR i.applies_when IS NOT NULL))))
     ORDER BY 1, 4 DESC, 5
  LOOP
    relation := portfolio.relation_named(r.schema_name, r.relation_name);
    state := NULL;
    IF relation IS NULL THEN
      state := '42P01';
      message := format('relation "%s.%s" does not exist', r.schema_name, r.relation_name);
    ELSE
      SELECT p.sql_state, p.problem INTO state, message FROM portfolio.expression_problem(relation, r.expression) p;
    END IF;
    IF state IS NOT NULL THEN
      RETURN NEXT ROW (r.code, r.kind, r.name, r.version, r.expression, state, message)::portfolio.broken_rule;
    END IF;
  END LOOP;
END
$$;
COMMENT ON FUNCTION portfolio.broken_rules(text) IS
  'Rules in force, and items, that can no longer run, of one data set or (NULL) of all: a column was dropped or changed its type, a function is gone or no longer trusted, the relation does not exist. They are left out of scores with a WARNING until they are mended with alter_rule().';

-- What goes into the score: the definition that make_rule_set() takes. An item is scored when it is mandatory, has
-- default codes or a rule in force, its own or one over its column alone; only the compiler knows the latter. An experimental rule counts for itself: its item and dimension are its own.
CREATE FUNCTION portfolio.rule_set_definition(data_set text, leave_out text[] DEFAULT '{}', leave_out_items text[] DEFAULT '{}') RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH d AS (
    SELECT (portfolio.get_data_set(data_set)).id
  ), rules AS (
    SELECT c.* FROM portfolio.current_rule c, d
     WHERE c.data_set = d.id AND c.status IN ('standard', 'experimental') AND c.kind = 'row' AND c.code <> ALL (leave_out)
       AND (c.item IS NULL OR c.item <> ALL (leave_out_items))
  ), items AS (
    SELECT i.*, NOT (i.mandatory OR i.default_codes <> '{}' OR EXISTS (SELECT FROM rules r WHERE r.item = i.name AND r.status = 'standard')) AS if_ruled
      FROM portfolio.data_item i, d WHERE i.data_set = d.id AND i.name <> ALL (leave_out_items)
  )
  SELECT jsonb_build_object(
    'rules', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                       'code', r.code, 'expression', r.expression, 'on_null', r.on_null,
                       'item', CASE WHEN r.status = 'standard' THEN r.item ELSE 'experimental rule ' || r.code END,
                       'dimension', CASE WHEN r.status = 'standard' THEN r.dimension ELSE 'experimental' END)) ORDER BY r.code), '[]') FROM rules r),
    'items', (SELECT coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                       'name', i.name, 'column', i.column_name, 'mandatory', i.mandatory,
                       'missing_values', i.missing_values, 'default_codes', i.default_codes, 'applies_when', i.applies_when,
                       'if_ruled', nullif(i.if_ruled, false))) ORDER BY i.ord, i.name), '[]')
                FROM items i WHERE NOT i.if_ruled OR i.missing_values <> '{}' OR i.applies_when IS NOT NULL));
END;
COMMENT ON FUNCTION portfolio.rule_set_definition(text, text[], text[]) IS
  'The rules in force and the scored items of a data set as the definition that make_rule_set() takes, without the rules and items named.';

CREATE FUNCTION portfolio.rule_set(data_set text) RETURNS portfolio.rule_set
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  relation regclass := portfolio.data_set_relation(data_set);
  broken portfolio.broken_rule[];
  b portfolio.broken_rule;
BEGIN
  BEGIN
    RETURN portfolio.make_rule_set(relation, portfolio.rule_set_definition(data_set));
  EXCEPTION WHEN OTHERS THEN
    SELECT array_agg(x) INTO broken FROM portfolio.broken_rules(data_set) x;
    IF broken IS NULL THEN
      RAISE;
    END IF;
  END;
  FOREACH b IN ARRAY broken LOOP
    RAISE WARNING '% "%" of data set "%" can no longer run and is left out', b.kind, b.rule, data_set
      USING ERRCODE = b.sql_state, DETAIL = b.problem || '.',
            HINT = CASE b.kind WHEN 'rule' THEN 'Mend it with alter_rule() or take it out with retire_rule().'
                               ELSE 'Mend column_name, the codes or applies_when of the item in portfolio.data_item.' END;
  END LOOP;
  RETURN portfolio.make_rule_set(relation, portfolio.rule_set_definition(data_set,
           ARRAY(SELECT x.rule FROM unnest(broken) x WHERE x.kind = 'rule'),
           ARRAY(SELECT x.rule FROM unnest(broken) x WHERE x.kind = 'item')));
END
$$;
COMMENT ON FUNCTION portfolio.rule_set(text) IS
  'The rule set of a data set: its rules in force (status standard and experimental) and scored items. What can no longer run is named in a WARNING and left out; broken_rules() lists it.';
