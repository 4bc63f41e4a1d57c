-- Whoever writes a rule, with a function or with plain INSERT, writes only what has been checked.
--
-- A restore must take back every row that was once legal: the relation may not be in the dump, a column may be
-- gone, a trusted function may be listed later. So the triggers stand back, with a WARNING, where the table's owner
-- loads with check_function_bodies = off, as pg_dump's output does, and wherever the relation is not there. Nothing
-- is lost by it: every expression is checked again whenever it is used.

-- A rule is about each row, or about the whole set. The word it begins with tells them apart.
CREATE FUNCTION portfolio.rule_kind(expression text) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_rule_kind_of';
COMMENT ON FUNCTION portfolio.rule_kind(text) IS
  'The kind of a rule by the word before its first parenthesis: unique, determines, references, fresh, rows, volume_change or reconciles; otherwise row. It says nothing about whether the rule is a good one. NULL for NULL.';
CREATE FUNCTION portfolio.whole_set_definition_text(relation regclass, expression text) RETURNS text
LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_whole_set_definition_of';
COMMENT ON FUNCTION portfolio.whole_set_definition_text(regclass, text) IS 'What whole_set_definition() gives, as text.';
CREATE FUNCTION portfolio.whole_set_definition(relation regclass, expression text) RETURNS jsonb
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN portfolio.whole_set_definition_text(relation, expression)::jsonb;
COMMENT ON FUNCTION portfolio.whole_set_definition(regclass, text) IS
  'A rule about the whole set taken apart: kind, text (the rule as it is stored) and its arguments as SQL with names in full. Raises, with the position in the text, on whatever may not stand in it. NULL for NULL.';
CREATE FUNCTION portfolio.checked_rule(relation regclass, expression text) RETURNS text
LANGUAGE sql STABLE STRICT PARALLEL SAFE
RETURN CASE portfolio.rule_kind(expression) WHEN 'row' THEN portfolio.check_rule(relation, expression)
            ELSE portfolio.whole_set_definition(relation, expression) ->> 'text' END;
COMMENT ON FUNCTION portfolio.checked_rule(regclass, text) IS
  'A rule over the relation, about rows or about the whole set, as it is stored. Raises, with the position in the text, on whatever may not be a rule. NULL for NULL.';

CREATE FUNCTION portfolio.check_written_expression(what text, data_set bigint, expression text, lenient boolean, row_only boolean) RETURNS text
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  d record;
  relation regclass;
  checked text;
  message text;
BEGIN
  SELECT s.code, s.schema_name, s.relation_name INTO d FROM portfolio.data_set s WHERE s.id = data_set;
  IF NOT FOUND THEN
    RETURN expression;  -- the foreign key will say it
  END IF;
  IF d.relation_name IS NOT NULL THEN
    relation := to_regclass(format('%I.%I', d.schema_name, d.relation_name));
  END IF;
  IF relation IS NULL THEN
    RAISE WARNING '% of data set "%" is stored unchecked', what, d.code
      USING ERRCODE = 'undefined_table',
            DETAIL = CASE WHEN d.relation_name IS NULL THEN 'The data set names no relation.'
                          ELSE format('Relation "%s.%s" does not exist.', d.schema_name, d.relation_name) END;
    RETURN expression;
  END IF;
  IF NOT lenient THEN
    RETURN CASE WHEN row_only THEN portfolio.check_rule(relation, expression) ELSE portfolio.checked_rule(relation, expression) END;
  END IF;
  BEGIN
    checked := CASE WHEN row_only THEN portfolio.check_rule(relation, expression) ELSE portfolio.checked_rule(relation, expression) END;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
    RAISE WARNING '% of data set "%" is broken', what, d.code USING ERRCODE = SQLSTATE, DETAIL = message || '.';
  END;
  RETURN expression;
END
$$;
COMMENT ON FUNCTION portfolio.check_written_expression(text, bigint, text, boolean, boolean) IS
  'Checks an expression that is about to be stored (row_only: no rule about the whole set) and gives it back with names written in full. Where the relation is not there, or lenient (a restore) and the expression is not good, it gives it back as it is, with a WARNING.';

CREATE FUNCTION portfolio.check_quality_rule() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.expression IS DISTINCT FROM OLD.expression THEN
    NEW.author := current_user;
  END IF;
  NEW.expression := portfolio.check_written_expression(format('rule "%s"', NEW.code), NEW.data_set, NEW.expression,
                                                       portfolio.restoring(TG_RELID::regclass), false);
  NEW.kind := portfolio.rule_kind(NEW.expression);
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.check_quality_rule() IS
  'Trigger: checks the expression of a rule however it is written, and stores it with names in full and with its kind; whoever changes the text becomes its author.';
CREATE TRIGGER check_expression BEFORE INSERT OR UPDATE OF data_set, expression, kind ON portfolio.quality_rule
  FOR EACH ROW EXECUTE FUNCTION portfolio.check_quality_rule();

-- All that an item asks of a row, as one expression: its column is there, its codes are values of the column, its
-- condition holds.
CREATE FUNCTION portfolio.item_condition(item portfolio.data_item) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT concat_ws(' AND ',
    CASE WHEN item.column_name IS NOT NULL THEN format('%I IS NOT NULL', item.column_name) END,
    CASE WHEN item.column_name IS NOT NULL AND item.missing_values || item.default_codes <> '{}'
         THEN format('%I NOT IN (%s)', item.column_name,
                     (SELECT string_agg(quote_literal(btrim(v)), ', ') FROM unnest(item.missing_values || item.default_codes) v)) END,
    CASE WHEN item.applies_when IS NOT NULL THEN '(' || item.applies_when || ')' END);
END;
COMMENT ON FUNCTION portfolio.item_condition(portfolio.data_item) IS
  'What must be a rule over the relation for an item to be scored: its column exists, its codes can be values of the column, its condition is an expression. Empty when it names no column and no condition.';

CREATE FUNCTION portfolio.check_data_item() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'  -- as they are read when the set is scored
AS $$
DECLARE
  lenient boolean := portfolio.restoring(TG_RELID::regclass);
  codes portfolio.data_item := NEW;
BEGIN
  codes.applies_when := NULL;
  PERFORM portfolio.check_written_expression(format('item "%s"', NEW.name), NEW.data_set, portfolio.item_condition(codes), lenient, true)
    WHERE NEW.missing_values || NEW.default_codes <> '{}';
  IF NEW.applies_when IS NOT NULL THEN
    NEW.applies_when := portfolio.check_written_expression(format('condition of item "%s"', NEW.name), NEW.data_set, NEW.applies_when, lenient, true);
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.check_data_item() IS
  'Trigger: checks the condition of an item, and that its codes can be values of its column; days are read as ISO or year, month, day, whatever the session''s DateStyle.';
CREATE TRIGGER check_expression BEFORE INSERT OR UPDATE OF data_set, column_name, missing_values, default_codes, applies_when ON portfolio.data_item
  FOR EACH ROW WHEN (NEW.applies_when IS NOT NULL OR NEW.missing_values <> '{}' OR NEW.default_codes <> '{}')
  EXECUTE FUNCTION portfolio.check_data_item();

CREATE FUNCTION portfolio.check_data_set() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  relation regclass := to_regclass(quote_ident(NEW.schema_name) || '.' || quote_ident(NEW.relation_name));
  lenient boolean := portfolio.restoring(TG_RELID::regclass);
  message text;
BEGIN
  IF TG_OP = 'UPDATE' AND (NEW.period, NEW.provider, NEW.filter) IS DISTINCT FROM (OLD.period, OLD.provider, OLD.filter) THEN
    NEW.author := current_user;
  END IF;
  IF relation IS NULL THEN
    IF NEW.schema_name IS NOT NULL AND NEW.relation_name IS NOT NULL THEN
      RAISE WARNING 'relation "%.%" of data set "%" does not exist', NEW.schema_name, NEW.relation_name, NEW.code USING ERRCODE = 'undefined_table';
    END IF;
    RETURN NEW;
  END IF;
  IF lenient THEN
    BEGIN
      PERFORM portfolio.check_expression(relation, e, t)
         FROM (VALUES (NEW.period, 'text'::regtype), (NEW.provider, 'text'), (NEW.filter, 'boolean')) v(e, t) WHERE e IS NOT NULL;
    EXCEPTION WHEN OTHERS THEN
      GET STACKED DIAGNOSTICS message = MESSAGE_TEXT;
      RAISE WARNING 'an expression of data set "%" is broken', NEW.code USING ERRCODE = SQLSTATE, DETAIL = message || '.';
    END;
  ELSE
    NEW.period := portfolio.check_expression(relation, NEW.period, 'text');
    NEW.provider := portfolio.check_expression(relation, NEW.provider, 'text');
    NEW.filter := portfolio.check_expression(relation, NEW.filter, 'boolean');
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.check_data_set() IS
  'Trigger: checks the period, provider and filter expressions of a data set however they are written; whoever changes one becomes their author.';
CREATE TRIGGER check_expression BEFORE INSERT OR UPDATE OF schema_name, relation_name, period, provider, filter ON portfolio.data_set
  FOR EACH ROW WHEN (NEW.relation_name IS NOT NULL) EXECUTE FUNCTION portfolio.check_data_set();
