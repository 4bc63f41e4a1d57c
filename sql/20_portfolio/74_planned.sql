-- Attributes planned ahead: what a column or property of an element is to be from a day on.
CREATE TABLE portfolio.planned_attribute (
  element   bigint NOT NULL REFERENCES portfolio.element ON DELETE CASCADE,
  attribute text NOT NULL CHECK (btrim(attribute) <> ''),
  value     text,
  valid     daterange NOT NULL,
  reason    text CHECK (btrim(reason) <> ''),
  PRIMARY KEY (element, attribute, valid),
  CONSTRAINT planned_attribute_valid_check CHECK (NOT isempty(valid) AND NOT lower_inf(valid) AND isfinite(lower(valid)) AND isfinite(upper(valid))),
  CONSTRAINT planned_attribute_valid_excl EXCLUDE USING gist (element WITH =, attribute WITH =, valid WITH &&)
);
COMMENT ON TABLE portfolio.planned_attribute IS
  'What an attribute of an element is to be from a day on: a later owner, state or version. At most one value a day. attributes_on() shows it; the element''s own row is changed when the day has come and it is so. Class: user rows.';
COMMENT ON COLUMN portfolio.planned_attribute.element IS 'The element; its plans go with it.';
COMMENT ON COLUMN portfolio.planned_attribute.attribute IS 'A field of sheet_fields() of its kind: a column or a defined property, not its code nor its period.';
COMMENT ON COLUMN portfolio.planned_attribute.value IS 'The value as text, a reference as kind:code; NULL: none.';
COMMENT ON COLUMN portfolio.planned_attribute.valid IS 'Days on which it is to have this value; the first is never open.';
COMMENT ON COLUMN portfolio.planned_attribute.reason IS 'Why, or under what plan.';
SELECT pg_extension_config_dump('portfolio.planned_attribute', '');
CREATE INDEX planned_attribute_label_idx ON portfolio.planned_attribute (left(value, 100)) WHERE value LIKE '%:%';

CREATE FUNCTION portfolio.unfit_value(own_table regclass, column_name name, said jsonb) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c record;
  fits boolean;
BEGIN
  FOR c IN
    SELECT pg_get_expr(k.conbin, k.conrelid) AS condition, pg_get_constraintdef(k.oid) AS definition
      FROM pg_attribute a
      LEFT JOIN pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'c' AND k.conkey = ARRAY[a.attnum]
     WHERE a.attrelid = own_table AND a.attname = column_name AND NOT a.attisdropped
  LOOP
    EXECUTE format('SELECT %s FROM jsonb_populate_record(NULL::%s, $1) t', coalesce(c.condition, 'true'), own_table) INTO fits USING jsonb_build_object(column_name, said);
    IF NOT fits THEN
      RETURN format('It does not fit %s.', c.definition);
    END IF;
  END LOOP;
  RETURN NULL;
EXCEPTION WHEN data_exception THEN
  RETURN upper(left(SQLERRM, 1)) || substr(SQLERRM, 2) || '.';
END
$$;
COMMENT ON FUNCTION portfolio.unfit_value(regclass, name, jsonb) IS
  'Why a column of a table cannot hold a value: its type, or a constraint that is about this column alone; NULL when it can.';

CREATE FUNCTION portfolio.check_planned_attribute() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kind text;
  f portfolio.sheet_field;
  said record;
  problem text;
  referred bigint;
BEGIN
  IF portfolio.restoring(TG_RELID) THEN
    RETURN NEW;
  END IF;
  SELECT e.kind INTO kind FROM portfolio.element e WHERE e.id = NEW.element;
  IF NOT FOUND THEN
    RETURN NEW;                              -- the foreign key tells
  END IF;
  SELECT s.* INTO f FROM portfolio.table_fields(portfolio.kind_table(kind), kind) s WHERE s.field = NEW.attribute AND s.field <> 'code' AND s.origin <> 'period';
  IF NOT FOUND THEN
    RAISE EXCEPTION 'attribute "%" of a % cannot be planned', NEW.attribute, kind
      USING ERRCODE = 'undefined_column', HINT = format('SELECT field FROM portfolio.sheet_fields(%L) lists those that can, but for code, valid_from and ends_on.', kind);
  END IF;
  SELECT r.* INTO said FROM portfolio.read_cell(f, NEW.value) r;
  IF said.problem IS NOT NULL OR (said.value IS NULL AND f.blank <> 'null') THEN
    RAISE EXCEPTION 'attribute "%" of a % cannot be planned as "%"', NEW.attribute, kind, coalesce(NEW.value, '')
      USING ERRCODE = 'check_violation', DETAIL = coalesce(said.problem, 'It cannot be empty') || '.';
  END IF;
  IF f.origin = 'column' AND f.type <> 'reference' THEN
    problem := portfolio.unfit_value(portfolio.kind_table(kind), NEW.attribute, said.value);
    IF problem IS NOT NULL THEN
      RAISE EXCEPTION 'attribute "%" of a % cannot be planned as "%"', NEW.attribute, kind, NEW.value
        USING ERRCODE = 'check_violation', DETAIL = problem;
    END IF;
  END IF;
  NEW.value := said.value #>> '{}';
  IF f.type = 'reference' AND said.value IS NOT NULL THEN
    referred := CASE WHEN f.origin = 'column' THEN NEW.value::bigint ELSE portfolio.labelled_element(NEW.value) END;
    PERFORM portfolio.hold_element(referred);
    NEW.value := portfolio.element_label(referred);  -- as it is called by now
    IF NEW.value IS NULL THEN
      RAISE EXCEPTION 'attribute "%" of a % cannot be planned as an element that is no longer there', NEW.attribute, kind
        USING ERRCODE = 'check_violation';
    END IF;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.check_planned_attribute() IS
  'Trigger of planned_attribute: the attribute is one of the element''s kind (42703) and the value one that it can have (23514); it is kept in one form.';
CREATE TRIGGER check_planned_attribute BEFORE INSERT OR UPDATE ON portfolio.planned_attribute
  FOR EACH ROW EXECUTE FUNCTION portfolio.check_planned_attribute();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.planned_attribute
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('element');

CREATE TYPE portfolio.attribute_value AS (attribute text, label text, value text, planned boolean, valid_from date, ends_on date);
COMMENT ON TYPE portfolio.attribute_value IS 'A row of attributes_on(): one attribute of an element on a day.';
COMMENT ON COLUMN portfolio.attribute_value.attribute IS 'Column or property.';
COMMENT ON COLUMN portfolio.attribute_value.label IS 'What people read.';
COMMENT ON COLUMN portfolio.attribute_value.value IS 'Its value as text, a reference as kind:code; NULL: none.';
COMMENT ON COLUMN portfolio.attribute_value.planned IS 'True where a planned value stands for the one that is recorded.';
COMMENT ON COLUMN portfolio.attribute_value.valid_from IS 'First day of the planned value or of a dated property; NULL otherwise.';
COMMENT ON COLUMN portfolio.attribute_value.ends_on IS 'Last day of it, inclusive; NULL when open.';

CREATE FUNCTION portfolio.attributes_on(element text, "on" date DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.attribute_value
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_variable
DECLARE
  wanted bigint := portfolio.element_ref(element);
  own_kind text;
  recorded jsonb;
  day date := coalesce("on", portfolio.as_of());
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  SELECT e.kind INTO own_kind FROM portfolio.element e WHERE e.id = wanted;
  IF own_kind IS NULL THEN
    RETURN;
  END IF;
  EXECUTE format('SELECT to_jsonb(t) FROM %s t WHERE t.id = $1', portfolio.kind_table(own_kind)) INTO recorded USING wanted;
  RETURN QUERY
    SELECT f.field, f.label,
           CASE WHEN p.element IS NOT NULL THEN p.value
                WHEN f.origin = 'property' THEN x.value
                WHEN f.type = 'reference' THEN portfolio.element_label((recorded ->> f.field)::bigint)
                ELSE recorded ->> f.field END,
           p.element IS NOT NULL, lower(coalesce(p.valid, x.valid)), upper(coalesce(p.valid, x.valid)) - 1
      FROM portfolio.table_fields(portfolio.kind_table(own_kind), own_kind) f
      LEFT JOIN portfolio.planned_attribute p ON p.element = wanted AND p.attribute = f.field AND p.valid @> day
      LEFT JOIN portfolio.element_property x ON f.origin = 'property' AND x.element = wanted AND x.key = f.field AND x.valid @> day
     WHERE f.origin <> 'period'
     ORDER BY f.ord;
END
$$;
COMMENT ON FUNCTION portfolio.attributes_on(text, date, jsonb) IS
  'The attributes of an element on a day, that of pg_portfolio.as_of when left out: planned values where there are any, else what is recorded. Nothing for NULL; raises as element_ref() does. Example: SELECT attribute, value FROM portfolio.attributes_on(''service:EPS'', ''2018-04-01'') WHERE planned;';

-- References that are kept as text: properties of type element, and plans of columns that refer to one.
CREATE FUNCTION portfolio.named_references(label text, OUT table_name text, OUT element bigint, OUT field text, OUT valid daterange) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT 'element_property', p.element, p.key, p.valid
    FROM portfolio.element_property p
    JOIN portfolio.element e ON e.id = p.element
    JOIN portfolio.property_definition d ON d.kind = e.kind AND d.key = p.key AND d.type = 'element'
   WHERE p.value = $1 AND left(p.value, 100) = left($1, 100) AND p.value LIKE '%:%'
  UNION ALL
  SELECT 'planned_attribute', p.element, p.attribute, p.valid
    FROM portfolio.planned_attribute p
    JOIN portfolio.element e ON e.id = p.element
   WHERE p.value = $1 AND left(p.value, 100) = left($1, 100) AND p.value LIKE '%:%'
     AND EXISTS (SELECT FROM portfolio.table_fields(portfolio.kind_table(e.kind), e.kind) f WHERE f.field = p.attribute AND f.type = 'reference');
END;
COMMENT ON FUNCTION portfolio.named_references(text) IS
  'The properties and planned attributes that hold an element as kind:code; nothing for NULL. Example: SELECT * FROM portfolio.named_references(''organisation:HSCIC'');';

CREATE FUNCTION portfolio.follow_code(label text, new_label text) RETURNS SETOF portfolio.element_effect
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  reference record;
  effects portfolio.element_effect[] := '{}';
BEGIN
  FOR reference IN SELECT r.* FROM portfolio.named_references(label) r LOOP
    IF reference.table_name = 'element_property' THEN
      UPDATE portfolio.element_property p SET value = new_label WHERE (p.element, p.key, p.valid) = (reference.element, reference.field, reference.valid);
    ELSE
      UPDATE portfolio.planned_attribute p SET value = new_label WHERE (p.element, p.attribute, p.valid) = (reference.element, reference.field, reference.valid);
    END IF;
    effects := effects || ROW(reference.table_name, 'value', 'moved', 1, portfolio.element_label(reference.element) || ' ' || reference.field)::portfolio.element_effect;
  END LOOP;
  RETURN QUERY SELECT e.table_name, e.column_name, e.action, count(*), string_agg(e.detail, '; ') FROM unnest(effects) e GROUP BY 1, 2, 3;
END
$$;
COMMENT ON FUNCTION portfolio.follow_code(text, text) IS
  'Part of merge_elements(): what holds an element as kind:code holds another instead, and tells what that was.';

CREATE FUNCTION portfolio.follow_element() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'pf_follow_element';
COMMENT ON FUNCTION portfolio.follow_element() IS
  'Trigger of element: what holds it as kind:code follows when it gets another code or kind, whoever gave it that.';
CREATE TRIGGER follow_element AFTER UPDATE ON portfolio.element
  FOR EACH ROW WHEN (NEW.code <> OLD.code OR NEW.kind <> OLD.kind) EXECUTE FUNCTION portfolio.follow_element();
