-- Kinds and properties that a site adds, and what a property may hold.
CREATE FUNCTION portfolio.add_kind(kind text, archimate_type text, label text) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF archimate_type IS NOT NULL AND (archimate_type = 'Relationship' OR NOT EXISTS (SELECT FROM portfolio.archimate_type t WHERE t.type = add_kind.archimate_type)) THEN
    RAISE EXCEPTION 'ArchiMate has no type "%"', archimate_type
      USING ERRCODE = 'invalid_parameter_value',
            HINT = format('Types are %s.', (SELECT string_agg(t.type, ', ' ORDER BY t.type) FROM portfolio.archimate_type t WHERE t.type <> 'Relationship'));
  END IF;
  IF num_nulls(kind, archimate_type, label) > 0 THEN
    RAISE EXCEPTION 'a kind, its ArchiMate type and its label are needed' USING ERRCODE = 'null_value_not_allowed';
  ELSIF kind !~ '^[a-z][a-z0-9_]*$' THEN
    RAISE EXCEPTION '"%" cannot be the name of a kind', kind
      USING ERRCODE = 'check_violation', HINT = 'Write it in lower case with underscores, as in gp_practice; the label is what people read.';
  ELSIF portfolio.link_key(kind) IS NOT NULL THEN
    RAISE EXCEPTION 'sheets called "%" hold links', kind
      USING ERRCODE = 'duplicate_object', HINT = 'Give the kind a name that portfolio.link_key() does not know.';
  END IF;
  INSERT INTO portfolio.element_kind (kind, archimate_type, label) VALUES (add_kind.kind, add_kind.archimate_type, add_kind.label);
  RETURN kind;
END
$$;
COMMENT ON FUNCTION portfolio.add_kind(text, text, text) IS
  'Adds a kind of element and gives its name. The kind is lower case with underscores; the ArchiMate type decides how its elements may relate. Raises 22023 when ArchiMate has no such type, 23505 when the kind is there, 42710 when sheets of links have that name, 23514 when its name is none, 22004 when something is NULL. Example: SELECT portfolio.add_kind(''clinic'', ''Facility'', ''Clinic'');';

CREATE TABLE portfolio.property_definition (
  kind        text NOT NULL REFERENCES portfolio.element_kind ON UPDATE CASCADE,
  key         text NOT NULL CHECK (btrim(key) <> ''),
  type        text NOT NULL DEFAULT 'text' CHECK (type IN ('text', 'integer', 'number', 'boolean', 'date', 'choice', 'element', 'url')),
  label       text NOT NULL CHECK (btrim(label) <> ''),
  choices     text[] CHECK (cardinality(choices) > 0 AND array_position(choices, NULL) IS NULL),
  PRIMARY KEY (kind, key),
  CONSTRAINT property_definition_choice_check CHECK ((type = 'choice') = (choices IS NOT NULL))
);
COMMENT ON TABLE portfolio.property_definition IS
  'Which properties the elements of a kind have beside their columns, and what they may hold. A property that is not defined holds any text. Class: user rows.';
COMMENT ON COLUMN portfolio.property_definition.kind IS 'Kind of the elements.';
COMMENT ON COLUMN portfolio.property_definition.key IS 'Name of the property, as in element_property.';
COMMENT ON COLUMN portfolio.property_definition.type IS
  'text, integer, number, boolean (true, false), date (YYYY-MM-DD), choice (one of choices), element (kind:code of one that exists) or url.';
COMMENT ON COLUMN portfolio.property_definition.label IS 'What people read, and the heading of its column in a sheet.';
COMMENT ON COLUMN portfolio.property_definition.choices IS 'The values that a choice may have, in their order; NULL for other types.';
SELECT pg_extension_config_dump('portfolio.property_definition', '');

CREATE FUNCTION portfolio.property_problem(type text, choices text[], value text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  CASE type
    WHEN 'integer' THEN
      RETURN CASE WHEN value !~ '^-?\d{1,18}$' THEN 'is not a whole number' END;
    WHEN 'number' THEN
      RETURN CASE WHEN value !~ '^-?(\d+(\.\d*)?|\.\d+)$' THEN 'is not a number' END;
    WHEN 'boolean' THEN
      RETURN CASE WHEN value NOT IN ('true', 'false') THEN 'is neither true nor false' END;
    WHEN 'date' THEN
      RETURN CASE WHEN value !~ '^\d{4}-\d\d-\d\d$' THEN 'is not a day as YYYY-MM-DD'
                  -- without an exception, which a parallel worker could not catch
                  WHEN left(value, 4) = '0000' OR substr(value, 6, 2) NOT BETWEEN '01' AND '12' OR right(value, 2) < '01'
                       OR right(value, 2)::int > extract(day FROM make_date(left(value, 4)::int, substr(value, 6, 2)::int, 1) + interval '1 month' - interval '1 day')
                  THEN 'is a day that no calendar has' END;
    WHEN 'choice' THEN
      RETURN CASE WHEN value <> ALL (choices) THEN 'is none of ' || array_to_string(choices, ', ') END;
    WHEN 'element' THEN
      RETURN CASE WHEN portfolio.labelled_element(value) IS NULL THEN 'is no element as kind:code' END;
    WHEN 'url' THEN
      RETURN CASE WHEN value !~* '^[a-z][a-z0-9+.-]*://\S+$' THEN 'is not an address as https://…' END;
    ELSE
      RETURN NULL;
  END CASE;
END
$$;
COMMENT ON FUNCTION portfolio.property_problem(text, text[], text) IS
  'Why a value cannot be held by a property of this type, in words that follow the value; NULL when it can. Types and choices as in property_definition. Example: SELECT portfolio.property_problem(''date'', NULL, ''2016-02-30'');';

CREATE FUNCTION portfolio.check_property() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  defined portfolio.property_definition;
  bad record;
  own_table regclass;
BEGIN
  IF portfolio.restoring(TG_RELID) THEN
    RETURN NULL;
  END IF;
  IF TG_TABLE_NAME = 'element_property' THEN
    SELECT d.* INTO defined
      FROM portfolio.element e JOIN portfolio.property_definition d ON d.kind = e.kind AND d.key = NEW.key
     WHERE e.id = NEW.element;
    IF NOT FOUND THEN
      RETURN NULL;
    ELSIF defined.type = 'element' THEN
      PERFORM portfolio.hold_element(portfolio.labelled_element(NEW.value));
    END IF;
    SELECT NEW.value, NEW.key, portfolio.element_label(NEW.element) AS element, portfolio.property_problem(defined.type, defined.choices, NEW.value) AS problem
      INTO bad;
  ELSE
    -- whoever writes a property at this moment does so before or after
    LOCK TABLE portfolio.element_property IN SHARE MODE;
    own_table := portfolio.kind_table(NEW.kind);  -- in a query the planner would ask before a kind's new name is there
    IF EXISTS (SELECT FROM portfolio.table_fields(own_table, NEW.kind) f WHERE f.field = NEW.key AND f.origin <> 'property')
       OR EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = own_table AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = NEW.key) THEN
      RAISE EXCEPTION 'kind "%" has "%" already', NEW.kind, NEW.key
        USING ERRCODE = 'duplicate_column', TABLE = TG_TABLE_NAME,
              DETAIL = 'In a sheet a column and a property of one name could not be told apart.', HINT = 'Give the property another key.';
    END IF;
    SELECT p.value, p.key, portfolio.element_label(p.element) AS element, portfolio.property_problem(NEW.type, NEW.choices, p.value) AS problem
      INTO bad
      FROM portfolio.element_property p JOIN portfolio.element e ON e.id = p.element
     WHERE e.kind = NEW.kind AND p.key = NEW.key AND portfolio.property_problem(NEW.type, NEW.choices, p.value) IS NOT NULL
     ORDER BY e.code LIMIT 1;
  END IF;
  IF bad.problem IS NOT NULL THEN
    RAISE EXCEPTION 'property "%" of % cannot hold "%"', bad.key, bad.element, bad.value
      USING ERRCODE = 'check_violation', DETAIL = format('"%s" %s.', bad.value, bad.problem), TABLE = TG_TABLE_NAME,
            HINT = 'SELECT type, choices FROM portfolio.property_definition tells what it holds; define_property() changes that.';
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION portfolio.check_property() IS
  'Trigger of element_property and property_definition: what a property holds is what its definition allows (23514), whichever was written last, and no property has the name of a column (42701).';
CREATE TRIGGER check_property AFTER INSERT OR UPDATE ON portfolio.element_property
  FOR EACH ROW EXECUTE FUNCTION portfolio.check_property();
CREATE TRIGGER check_property AFTER INSERT OR UPDATE ON portfolio.property_definition
  FOR EACH ROW EXECUTE FUNCTION portfolio.check_property();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.property_definition
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();

CREATE FUNCTION portfolio.define_property(kind text, key text, type text DEFAULT NULL, label text DEFAULT NULL, choices text[] DEFAULT NULL) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  type := coalesce(type, CASE WHEN choices IS NULL THEN 'text' ELSE 'choice' END);
  IF (btrim(key) <> '') IS NOT TRUE THEN
    RAISE EXCEPTION 'a property needs a key'
      USING ERRCODE = 'check_violation', HINT = format('SELECT portfolio.define_property(%L, ''criticality'');', kind);
  ELSIF type <> ALL ('{text,integer,number,boolean,date,choice,element,url}') THEN
    RAISE EXCEPTION 'property type "%" is not known', type
      USING ERRCODE = 'check_violation', HINT = 'Types are text, integer, number, boolean, date, choice, element and url.';
  ELSIF choices IS NOT NULL AND type <> 'choice' THEN
    RAISE EXCEPTION 'a property of type "%" has no choices', type
      USING ERRCODE = 'check_violation', HINT = format('SELECT portfolio.define_property(%L, %L, ''choice'', choices => %L);', kind, key, choices);
  ELSIF choices IS NULL AND type = 'choice' THEN
    RAISE EXCEPTION 'a property of type "choice" needs its choices'
      USING ERRCODE = 'check_violation', HINT = format('SELECT portfolio.define_property(%L, %L, ''choice'', choices => ''{high,low}'');', kind, key);
  END IF;
  PERFORM portfolio.kind_table(kind);
  INSERT INTO portfolio.property_definition (kind, key, type, label, choices)
  VALUES ($1, $2, $3, coalesce($4, upper(left(btrim($2), 1)) || replace(substr(btrim($2), 2), '_', ' ')), $5)
  ON CONFLICT ON CONSTRAINT property_definition_pkey DO UPDATE SET type = excluded.type, label = excluded.label, choices = excluded.choices;
END
$$;
COMMENT ON FUNCTION portfolio.define_property(text, text, text, text, text[]) IS
  'Defines a property of a kind of element, or changes what one may hold; left out, the type is choice when choices are given and text otherwise, and the label is made of the key. Raises 42704 when there is no such kind, 23514 when a value that is there does not fit, or choices and type do not, and 42701 when the kind has a column of that name. Example: SELECT portfolio.define_property(''system'', ''criticality'', ''choice'', ''Criticality'', ''{high,low}'');';
