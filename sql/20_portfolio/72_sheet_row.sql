-- What a row of a sheet says, and what it is about.
CREATE FUNCTION portfolio.read_reference(cell text, refers_to text, OUT value bigint, OUT problem text, OUT is_unknown boolean)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  said text := portfolio.cell_text(cell);
  candidates text;
BEGIN
  is_unknown := false;
  IF said IS NULL THEN
    RETURN;
  END IF;
  value := portfolio.element_ref(CASE WHEN refers_to IS NULL OR starts_with(said, refers_to || ':') THEN said ELSE refers_to || ':' || said END);
  IF refers_to IS NOT NULL AND NOT EXISTS (SELECT FROM portfolio.element e WHERE e.id = value AND e.kind = refers_to) THEN
    problem := format('"%s" is %s, not a %s', said, portfolio.element_label(value), refers_to);
    value := NULL;
  END IF;
EXCEPTION
  WHEN undefined_object THEN
    problem := format('"%s" is no %s', said, coalesce(refers_to, 'element'));
    is_unknown := true;
  WHEN cardinality_violation THEN
    GET STACKED DIAGNOSTICS candidates = PG_EXCEPTION_DETAIL;
    problem := format('"%s" names more than one: %s', said, lower(left(candidates, 1)) || substr(rtrim(candidates, '.'), 2));
END
$$;
COMMENT ON FUNCTION portfolio.read_reference(text, text) IS
  'The element that a cell names by code, alias or name, as element_ref() reads it, among those of one kind first when refers_to gives it. value is NULL for an empty cell; otherwise one of value and problem is; is_unknown tells that there is none (yet). Example: SELECT * FROM portfolio.read_reference(''Spine'', ''system'');';

CREATE FUNCTION portfolio.read_cell(field portfolio.sheet_field, cell text, OUT value jsonb, OUT problem text, OUT is_unknown boolean)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
  -- a dash is an influence, however little a dash says elsewhere
  -- and a word that a field may hold is that word, even where it says nothing elsewhere
  said text := CASE WHEN field.field = 'influence' AND btrim(cell) = '-' THEN '-'
                    WHEN lower(btrim(cell)) IN (SELECT lower(c) FROM unnest(field.choices) c) THEN btrim(cell)
                    ELSE portfolio.cell_text(cell) END;
  canonical text;
BEGIN
  is_unknown := false;
  IF said IS NULL THEN
    RETURN;
  END IF;
  CASE field.type
    WHEN 'date' THEN
      SELECT to_jsonb(r.value), r.problem INTO value, problem FROM portfolio.read_date(said) r;
    WHEN 'number' THEN
      SELECT to_jsonb(r.value), r.problem INTO value, problem FROM portfolio.read_number(said, field.unit) r;
    WHEN 'integer' THEN
      SELECT to_jsonb(trunc(r.value)), coalesce(r.problem, CASE WHEN r.value <> trunc(r.value) THEN format('"%s" is not a whole number', said) END)
        INTO value, problem FROM portfolio.read_number(said, field.unit) r;
    WHEN 'boolean' THEN
      SELECT to_jsonb(r.value), r.problem INTO value, problem FROM portfolio.read_boolean(said) r;
    WHEN 'reference' THEN
      -- a property keeps a reference as it is written, a column the number
      SELECT CASE WHEN field.origin = 'property' THEN to_jsonb(portfolio.element_label(r.value)) ELSE to_jsonb(r.value) END, r.problem, r.is_unknown
        INTO value, problem, is_unknown FROM portfolio.read_reference(said, field.refers_to) r;
    WHEN 'text' THEN
      IF field.choices IS NULL THEN
        value := to_jsonb(said);
      ELSE
        SELECT to_jsonb(c.word) INTO value FROM unnest(field.choices) c (word)
         WHERE portfolio.fold_heading(said) IN (portfolio.fold_heading(c.word), CASE field.field WHEN 'kind' THEN c.word || 'relationship' END)
         ORDER BY c.word = said DESC, lower(c.word) = lower(said) DESC LIMIT 1;
        IF NOT FOUND THEN
          problem := format('"%s" is none of %s', said, array_to_string(field.choices, ', '));
        END IF;
      END IF;
    WHEN 'jsonb' THEN
      value := said::jsonb;
    ELSE
      -- a type of its own reads it, and writes it as it is kept
      EXECUTE format('SELECT %L::%s::text', said, field.type) INTO canonical;
      value := to_jsonb(canonical);
  END CASE;
EXCEPTION WHEN data_exception THEN
  problem := SQLERRM;
END
$$;
COMMENT ON FUNCTION portfolio.read_cell(portfolio.sheet_field, text) IS
  'What a cell says for a field, as the JSON value that its column takes. value is NULL for an empty cell; otherwise one of value and problem is.';

-- Which element of a kind a row is about: by code, else by alias, else (a row without a code) by name.
CREATE FUNCTION portfolio.sheet_element(kind text, cell text, code text, name text, OUT value bigint, OUT problem text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found_ids bigint[];
BEGIN
  -- as it is written, be it a dash, and as it is read
  value := coalesce(portfolio.element_id(kind, cell), portfolio.element_id(kind, code));
  IF value IS NOT NULL THEN
    RETURN;
  END IF;
  IF code IS NOT NULL THEN
    SELECT array_agg(DISTINCT a.element) INTO found_ids
      FROM portfolio.element_alias a JOIN portfolio.element e ON e.id = a.element
     WHERE e.kind = sheet_element.kind AND lower(a.value) = lower(sheet_element.code);
  ELSE
    SELECT array_agg(DISTINCT e.id) INTO found_ids
      FROM portfolio.element e WHERE e.kind = sheet_element.kind AND lower(e.name) = lower(sheet_element.name);
  END IF;
  IF cardinality(found_ids) > 1 THEN
    problem := format('"%s" names more than one: %s', coalesce(code, name),
                      (SELECT string_agg(portfolio.element_label(i), ', ' ORDER BY i) FROM unnest(found_ids) i));
  ELSE
    value := found_ids[1];
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.sheet_element(text, text, text, text) IS
  'The element of a kind that a row of a sheet is about: by its code, in so many letters as the cell has or as it is read, by an alias that the code is, or by its name when the row has no code. Both NULL when it is a new one.';

-- The period of a row: an end that the sheet does not have stays as it is.
CREATE FUNCTION portfolio.sheet_period(said jsonb, cells jsonb, before daterange, OUT value daterange, OUT problem text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
  first_day date := CASE WHEN cells ? 'valid_from' THEN (said ->> 'valid_from')::date ELSE lower(before) END;
  last_day date := CASE WHEN cells ? 'ends_on' THEN (said ->> 'ends_on')::date ELSE upper(before) - 1 END;
BEGIN
  IF last_day < first_day THEN
    problem := format('%s is before %s, where it begins', last_day, first_day);
  ELSE
    value := daterange(first_day, last_day, '[]');
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.sheet_period(jsonb, jsonb, daterange) IS
  'The period that valid_from and ends_on (inclusive) of a row give, with what was there before for a heading that the sheet does not have.';

-- The link that a row of a sheet is about: of those with the same key the one with the same days, else with the same first
-- day, else the one whose days it shares. Of several alike it is that of today.
CREATE FUNCTION portfolio.sheet_link(kind text, said jsonb, cells jsonb, OUT before jsonb, OUT problem text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  target regclass := portfolio.sheet_table(kind);
  period text := portfolio.period_column(target);
  days daterange := (portfolio.sheet_period(said, cells, '(,)')).value;
  periods text;
BEGIN
  EXECUTE format($sql$
    WITH candidate AS (
      SELECT to_jsonb(t) AS link, d.days, d.days @> current_date AS is_current,
             CASE WHEN (NOT $3 ? 'valid_from' OR lower(d.days) IS NOT DISTINCT FROM lower($2)) AND (NOT $3 ? 'ends_on' OR upper(d.days) IS NOT DISTINCT FROM upper($2)) THEN 1
                  WHEN $3 ? 'valid_from' AND lower(d.days) IS NOT DISTINCT FROM lower($2) THEN 2
                  ELSE 3 END AS rank
        FROM jsonb_populate_record(NULL::%1$s, $1) s
        JOIN %1$s t ON %2$s
       CROSS JOIN LATERAL (SELECT %3$s) d (days)
       WHERE d.days && $2
    ), best AS (
      SELECT c.*, rank() OVER (ORDER BY c.rank, c.is_current DESC) AS place FROM candidate c
    )
    SELECT (array_agg(b.link))[1], CASE WHEN count(*) > 1 THEN string_agg(b.days::text, ', ' ORDER BY b.days) END FROM best b WHERE b.place = 1$sql$,
    target,
    -- what says nothing is NULL, or empty where it cannot be NULL
    (SELECT string_agg(format(CASE WHEN coalesce(said -> k, 'null') = 'null' THEN 'coalesce(t.%1$I::text, '''') = ''''' ELSE 't.%1$I = s.%1$I' END, k), ' AND ')
       FROM unnest(portfolio.link_key(kind)) k),
    coalesce('t.' || quote_ident(period), '''(,)''::daterange'))
    INTO before, periods USING said, days, cells;
  IF periods IS NOT NULL THEN
    before := NULL;
    problem := 'it may be any of those of ' || periods;
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.sheet_link(text, jsonb, jsonb) IS
  'Part of import(): the row of a table of links that a row of a sheet is about, as jsonb. Both NULL when it is a new one; problem when several are meant as much.';

-- What makes two rows of a sheet say the same: the element that they are about, a code or name that is none yet, the ends of a link as they are read.
CREATE FUNCTION portfolio.sheet_key(kind text, fields portfolio.sheet_field[], cells jsonb, OUT key jsonb, OUT word text, OUT days daterange)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  said jsonb;
  problems jsonb;
BEGIN
  days := '(,)';
  IF portfolio.link_key(kind) IS NULL THEN
    key := to_jsonb((portfolio.sheet_element(kind, cells ->> 'code', portfolio.cell_text(cells ->> 'code'), portfolio.cell_text(cells ->> 'name'))).value);
    word := lower(coalesce(portfolio.cell_text(cells ->> 'code'), 'name ' || portfolio.cell_text(cells ->> 'name')));
    RETURN;
  END IF;
  SELECT r.said, r.problems INTO said, problems FROM portfolio.read_cells(fields, cells) r;
  IF problems = '{}' THEN
    key := (SELECT jsonb_object_agg(k, said -> k) FROM unnest(portfolio.link_key(kind)) k);
    days := (portfolio.sheet_period(said, cells, '(,)')).value;
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.sheet_key(text, portfolio.sheet_field[], jsonb) IS
  'Part of import(): two rows of a sheet say the same when their keys are equal and they have days in common, or their words where one of them is about no element that is there yet. key is NULL where a row does not say what it is about.';

-- Access, influence and direction have columns of their own in a sheet; attributes holds the rest.
CREATE FUNCTION portfolio.sheet_attributes(fields portfolio.sheet_field[], said jsonb, before jsonb) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH own AS (
    SELECT coalesce(array_agg(f.field), '{}') AS keys, coalesce(jsonb_object_agg(f.field, $2 -> f.field) FILTER (WHERE $2 -> f.field <> 'null'), '{}') AS said
      FROM unnest($1) f WHERE f.origin = 'attribute'
  )
  SELECT (CASE WHEN $2 ? 'attributes'
               THEN (SELECT coalesce(jsonb_object_agg(b.key, b.value), '{}') FROM jsonb_each($3) b WHERE b.key IN ('access', 'influence', 'directed')) || ($2 -> 'attributes')
               ELSE coalesce($3, '{}') END - o.keys) || o.said
    FROM own o;
END;
COMMENT ON FUNCTION portfolio.sheet_attributes(portfolio.sheet_field[], jsonb, jsonb) IS
  'Part of import(): relationship.attributes as a row of a sheet says it, before being what was there: what the sheet has no column for stays.';

-- One property from today on. What is dated ends the day before, so that the days gone by keep what they had.
CREATE FUNCTION portfolio.set_property(element bigint, key text, value text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  old portfolio.element_property;
  days daterange;
BEGIN
  SELECT p.* INTO old FROM portfolio.element_property p WHERE p.element = set_property.element AND p.key = set_property.key AND p.valid @> current_date FOR UPDATE;
  IF NOT FOUND THEN
    SELECT CASE WHEN count(*) = 0 THEN '(,)' ELSE daterange(current_date, min(lower(p.valid)) FILTER (WHERE lower(p.valid) > current_date)) END INTO days
      FROM portfolio.element_property p WHERE p.element = set_property.element AND p.key = set_property.key;
  ELSIF lower(old.valid) < current_date THEN
    days := daterange(current_date, upper(old.valid));
    UPDATE portfolio.element_property p SET valid = daterange(lower(old.valid), current_date) WHERE (p.element, p.key, p.valid) = (old.element, old.key, old.valid);
  ELSIF value IS NULL THEN
    DELETE FROM portfolio.element_property p WHERE (p.element, p.key, p.valid) = (old.element, old.key, old.valid);
  ELSE
    UPDATE portfolio.element_property p SET value = set_property.value WHERE (p.element, p.key, p.valid) = (old.element, old.key, old.valid);
  END IF;
  IF days IS NOT NULL AND value IS NOT NULL THEN
    INSERT INTO portfolio.element_property (element, key, value, valid) VALUES (set_property.element, set_property.key, set_property.value, days);
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.set_property(bigint, text, text) IS
  'Part of import(): the value of a property from today on; NULL takes it away. Where the one of today has a first day that is past it ends yesterday and stays on record, otherwise it is replaced; the first value of all holds for ever.';

-- Properties of a row: what differs from those of today is written; {key: [before, after]}.
CREATE FUNCTION portfolio.import_properties(element bigint, fields portfolio.sheet_field[], said jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  p record;
  changed jsonb := '{}';
BEGIN
  FOR p IN
    SELECT n.key, n.value, o.value AS old_value
      FROM jsonb_each_text(said) n
      JOIN unnest(fields) f ON f.field = n.key
      LEFT JOIN portfolio.element_property o ON o.element = import_properties.element AND o.key = n.key AND o.valid @> current_date
     -- what is there may be written in another way than the cell is read
     WHERE n.value IS DISTINCT FROM o.value AND n.value IS DISTINCT FROM (portfolio.read_cell(f, o.value)).value #>> '{}'
  LOOP
    changed := changed || jsonb_build_object(p.key, jsonb_build_array(p.old_value, p.value));
    PERFORM portfolio.set_property(element, p.key, p.value);
  END LOOP;
  RETURN changed;
END
$$;
COMMENT ON FUNCTION portfolio.import_properties(bigint, portfolio.sheet_field[], jsonb) IS
  'Part of import(): writes the properties of one element that differ from those of today, and gives each with its value before and after.';

-- What all cells of a row say: said holds the values by field, problems what cannot be read.
CREATE FUNCTION portfolio.read_cells(fields portfolio.sheet_field[], cells jsonb, OUT said jsonb, OUT problems jsonb, OUT unknown text[])
LANGUAGE sql STABLE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT jsonb_object_agg(f.field, coalesce(r.value, 'null')),
         coalesce(jsonb_object_agg(f.field, r.problem) FILTER (WHERE r.problem IS NOT NULL), '{}'),
         coalesce(array_agg(portfolio.cell_text($2 ->> f.field)) FILTER (WHERE r.is_unknown), '{}')
    FROM unnest($1) f
   CROSS JOIN LATERAL (SELECT CASE f.unit WHEN 'measure' THEN (SELECT CASE m.unit WHEN 'percent' THEN 'percent' WHEN 'pounds' THEN 'gbp' END
                                                                 FROM portfolio.measure m WHERE portfolio.fold_heading(m.code) = portfolio.fold_heading($2 ->> 'measure') LIMIT 1)
                                          ELSE f.unit END) u (unit)
   CROSS JOIN LATERAL portfolio.read_cell(ROW (f.ord, f.field, f.label, f.type, u.unit, f.blank, f.choices, f.refers_to, f.origin)::portfolio.sheet_field, $2 ->> f.field) r
   WHERE $2 ? f.field;
END;
COMMENT ON FUNCTION portfolio.read_cells(portfolio.sheet_field[], jsonb) IS
  'Part of import(): the values that the cells of a row give, the problems by field, and the references that name nothing (yet).';

-- The field whose value its column cannot take.
CREATE FUNCTION portfolio.unfit_field(target regclass, said jsonb) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  field record;
BEGIN
  FOR field IN SELECT s.key, s.value FROM jsonb_each(said) s LOOP
    BEGIN
      EXECUTE format('SELECT jsonb_populate_record(NULL::%s, $1)', target) USING jsonb_build_object(field.key, field.value);
    EXCEPTION WHEN data_exception THEN
      RETURN field.key;
    END;
  END LOOP;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION portfolio.unfit_field(regclass, jsonb) IS
  'Part of import(): the first field of a row whose value is none of its column''s type, as a number that is too large; NULL when all are.';

-- What a constraint has refused, in the words of the sheet.
CREATE FUNCTION portfolio.refused_by(target regclass, constraint_name text, column_name text, state text, message text, detail text, OUT field text, OUT problem text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  SELECT coalesce(nullif(column_name, ''), string_agg(CASE a.atttypid WHEN 'daterange'::regtype THEN 'valid_from, ends_on' ELSE a.attname END, ', ' ORDER BY a.attnum)) INTO field
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
   WHERE c.conrelid = target AND c.conname = constraint_name AND a.attname <> 'id';
  IF state = '23P01' AND field IS NULL THEN    -- over an expression, which names no columns
    field := array_to_string(portfolio.link_key(portfolio.table_label(target)) || '{valid_from,ends_on}', ', ');
    message := 'there is one for the days ' || coalesce(substring(detail FROM '([[(][0-9-]*,[0-9-]*[])])"\)\)[^"]*$'), 'of this row');
    detail := '';
  END IF;
  IF state = '23502' THEN
    -- what the database makes of other columns is needed when one of them is
    field := coalesce((SELECT string_agg(a.attname, ', ' ORDER BY a.attnum)
                         FROM pg_attribute g
                         JOIN pg_attrdef v ON v.adrelid = g.attrelid AND v.adnum = g.attnum
                         JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = v.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = target AND d.refobjsubid <> g.attnum
                         JOIN pg_attribute a ON a.attrelid = target AND a.attnum = d.refobjsubid
                        WHERE g.attrelid = target AND g.attname = field AND g.attgenerated <> ''), field);
  END IF;
  problem := CASE
    WHEN state = '23502' THEN CASE WHEN field LIKE '%,%' THEN 'one of them is needed' ELSE 'is needed' END
    WHEN state = '23514' AND constraint_name <> '' THEN
      coalesce((SELECT 'does not fit ' || pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conrelid = target AND c.conname = constraint_name), message)
    WHEN state = '23503' AND detail <> '' THEN detail
    WHEN detail <> '' THEN message || ': ' || detail
    ELSE message END;
  problem := concat_ws(': ', field, problem);
END
$$;
COMMENT ON FUNCTION portfolio.refused_by(regclass, text, text, text, text, text) IS
  'Part of import(): the fields that a constraint is about, and why it refused a row.';

