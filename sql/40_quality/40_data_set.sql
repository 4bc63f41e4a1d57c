-- Declaring a data set on a relation that is there.
-- to_regclass() raises where the caller may not look into the schema.
CREATE FUNCTION portfolio.relation_named(schema_name name, relation_name name) RETURNS regclass
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT c.oid::regclass FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2;
END;
COMMENT ON FUNCTION portfolio.relation_named(name, name) IS
  'The relation of that name in that schema, also for who may not use the schema; NULL where there is none. Example: SELECT portfolio.relation_named(''portfolio'', ''service'');';

CREATE FUNCTION portfolio.get_data_set(code text) RETURNS portfolio.data_set
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found_set portfolio.data_set;
BEGIN
  SELECT d.* INTO found_set FROM portfolio.data_set d WHERE d.code = get_data_set.code;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'data set "%" is not known', get_data_set.code
      USING ERRCODE = 'undefined_object',
            HINT = 'SELECT code, name FROM portfolio.data_set lists the data sets; register_data_set() declares one.';
  END IF;
  RETURN found_set;
END
$$;
COMMENT ON FUNCTION portfolio.get_data_set(text) IS 'The row of a data set by its code; raises 42704 when there is none.';

CREATE FUNCTION portfolio.get_reporting_period(code text) RETURNS portfolio.reporting_period
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found_period portfolio.reporting_period;
BEGIN
  SELECT p.* INTO found_period FROM portfolio.reporting_period p WHERE p.code = get_reporting_period.code;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'reporting period "%" is not known', get_reporting_period.code
      USING ERRCODE = 'undefined_object',
            HINT = 'SELECT code, kind, during FROM portfolio.reporting_period lists the periods; insert a row there to add one.';
  END IF;
  RETURN found_period;
END
$$;
COMMENT ON FUNCTION portfolio.get_reporting_period(text) IS 'The row of a reporting period by its code; raises 42704 when there is none.';

CREATE FUNCTION portfolio.data_set_relation(code text) RETURNS regclass
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  d portfolio.data_set := portfolio.get_data_set(code);
  relation regclass;
BEGIN
  IF d.relation_name IS NULL THEN
    RAISE EXCEPTION 'data set "%" has no relation in this database', code
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = format('SELECT portfolio.register_data_set(%L, ''schema.table'', ''{key column}'') names one.', code);
  END IF;
  relation := to_regclass(format('%I.%I', d.schema_name, d.relation_name));
  IF relation IS NULL THEN
    RAISE EXCEPTION 'relation "%.%" of data set "%" does not exist', d.schema_name, d.relation_name, code
      USING ERRCODE = 'undefined_table',
            HINT = 'Restore the relation, or register the data set again on another one: its items, rules and scores stay.';
  END IF;
  RETURN relation;
END
$$;
COMMENT ON FUNCTION portfolio.data_set_relation(text) IS
  'The relation that holds a data set. Raises 42704 when the data set is not known, 55000 when it names no relation, 42P01 when the relation is gone.';

-- What a column's name says about the people in it. A guess: data_item.sensitivity_confirmed says whether someone looked.
CREATE FUNCTION portfolio.guess_sensitivity(column_name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE
    WHEN lower(column_name COLLATE "C") ~ '(nhs_?(no|num)|newnhsno|^nhs$|chi_?(no|num)|hcn?_?(no|num)|patient_?(id|no|num)|lopatid|hesid|hospital_?no|mrn|surname|forename|(family|given|first|last|middle|maiden|patient|full|person)_?name|^name$|birth|^m?dob|death_?date|dateofdeath|address|post_?code|telephone|phone|mobile|e_?mail|passport|national_?insurance|^ni_?(no|num)|ip_?addr|nino)'
      THEN 'identifying'
    WHEN lower(column_name COLLATE "C") ~ '(ethnic|ethnos|religio|sexual|gender_?identity|disab|diag|icd|opertn|procedure|genetic|union|offen[cs]e|mental|hiv)'
      THEN 'special'
    ELSE 'none' END;
END;
COMMENT ON FUNCTION portfolio.guess_sensitivity(text) IS
  'Guesses from the name of a column whether it identifies people (identifying), holds special category data (special) or neither (none). NULL gives none.';

CREATE FUNCTION portfolio.register_data_set(code text, relation regclass, row_key text[], period text DEFAULT NULL,
                                            provider text DEFAULT NULL, filter text DEFAULT NULL, name text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  c record;
  missing text;
  id_found bigint;
BEGIN
  SELECT s.nspname, r.relname, r.relkind, r.relpersistence INTO c
    FROM pg_class r JOIN pg_namespace s ON s.oid = r.relnamespace WHERE r.oid = register_data_set.relation;
  IF register_data_set.code IS NULL OR c IS NULL THEN
    RAISE EXCEPTION 'a data set needs a code and a relation' USING ERRCODE = 'null_value_not_allowed';
  ELSIF btrim(register_data_set.code) = '' THEN
    RAISE EXCEPTION 'the code of a data set must not be blank' USING ERRCODE = 'check_violation';
  END IF;
  IF c.relkind NOT IN ('r', 'p', 'v', 'm', 'f') OR c.relpersistence = 't' THEN
    RAISE EXCEPTION '"%.%" cannot hold a data set', c.nspname, c.relname
      USING ERRCODE = 'wrong_object_type',
            DETAIL = CASE WHEN c.relpersistence = 't' THEN 'It is temporary.' ELSE 'It is not a table, view, materialized view or foreign table.' END,
            HINT = 'Register a table, partitioned table, view, materialized view or foreign table that stays.';
  END IF;
  SELECT k INTO missing FROM unnest(row_key) k
   WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = relation AND a.attname = k AND a.attnum > 0 AND NOT a.attisdropped) LIMIT 1;
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'column "%" of the row key does not exist in "%.%"', missing, c.nspname, c.relname
      USING ERRCODE = 'undefined_column',
            HINT = 'The row key names the columns that tell rows apart, as in ARRAY[''episode_id''].';
  END IF;

  INSERT INTO portfolio.data_set AS d (code, name, schema_name, relation_name, row_key, period, provider, filter)
  VALUES (register_data_set.code, coalesce(register_data_set.name, register_data_set.code), c.nspname, c.relname,
          coalesce(register_data_set.row_key, '{}'), register_data_set.period, register_data_set.provider, register_data_set.filter)
  ON CONFLICT (code) DO UPDATE
     SET name = coalesce(register_data_set.name, d.name), schema_name = EXCLUDED.schema_name, relation_name = EXCLUDED.relation_name,
         row_key = EXCLUDED.row_key, period = EXCLUDED.period, provider = EXCLUDED.provider, filter = EXCLUDED.filter
  RETURNING d.id INTO id_found;

  INSERT INTO portfolio.data_item (data_set, name, ord, column_name, sensitivity)
  SELECT id_found, a.attname, a.attnum, a.attname, portfolio.guess_sensitivity(a.attname)
    FROM pg_attribute a WHERE a.attrelid = register_data_set.relation AND a.attnum > 0 AND NOT a.attisdropped
      ON CONFLICT (data_set, name) DO NOTHING;
  RETURN id_found;
END
$$;
COMMENT ON FUNCTION portfolio.register_data_set(text, regclass, text[], text, text, text, text) IS
  'Declares a data set on a table, view, partitioned or foreign table, and an item for each of its columns; done again, it changes the declaration and adds items for new columns. period and provider are SQL expressions over the columns, filter a boolean one that says which rows belong to it; they are checked as rules are. Sensitivity of items is guessed from their names: look at it, then UPDATE portfolio.data_item SET sensitivity = …, sensitivity_confirmed = true. Gives the id of the data set.';
