-- A sheet into the portfolio, with a verdict for each row, and back out.
CREATE TYPE portfolio.import_verdict AS (
  "row" bigint, code text, verdict text, field text, problem text, changes jsonb
);
COMMENT ON TYPE portfolio.import_verdict IS 'A row of import(): what becomes of one row of the sheet.';
COMMENT ON COLUMN portfolio.import_verdict."row" IS 'Number of the row in the source, from 1, without the headings.';
COMMENT ON COLUMN portfolio.import_verdict.code IS 'Code of the element, as the portfolio has it.';
COMMENT ON COLUMN portfolio.import_verdict.verdict IS 'new, changed, same or refused.';
COMMENT ON COLUMN portfolio.import_verdict.field IS 'Fields that are wrong, when refused, or that change, separated by commas.';
COMMENT ON COLUMN portfolio.import_verdict.problem IS 'Why it is refused, each field with its reason; NULL otherwise.';
COMMENT ON COLUMN portfolio.import_verdict.changes IS 'When changed: an object of field to [before, after]; NULL otherwise.';

CREATE FUNCTION portfolio.read_reference(cell text, refers_to text, OUT value bigint, OUT problem text, OUT is_unknown boolean)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
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
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
  said text := portfolio.cell_text(cell);
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
      SELECT to_jsonb(r.value), coalesce(r.problem, CASE WHEN r.value <> trunc(r.value) THEN format('"%s" is not a whole number', said) END)
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
         WHERE portfolio.fold_heading(c.word) = portfolio.fold_heading(said);
        IF NOT FOUND THEN
          problem := format('"%s" is none of %s', said, array_to_string(field.choices, ', '));
        END IF;
      END IF;
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
CREATE FUNCTION portfolio.sheet_element(kind text, code text, name text, OUT value bigint, OUT problem text)
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found_ids bigint[];
BEGIN
  IF code IS NOT NULL THEN
    value := portfolio.element_id(kind, code);
    IF value IS NOT NULL THEN
      RETURN;
    END IF;
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
COMMENT ON FUNCTION portfolio.sheet_element(text, text, text) IS
  'The element of a kind that a row of a sheet is about: by its code, by an alias that the code is, or by its name when the row has no code. Both NULL when it is a new one.';

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

-- Properties of a row: what differs from those of today is written; {key: [before, after]}.
CREATE FUNCTION portfolio.import_properties(element bigint, said jsonb) RETURNS jsonb
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
      LEFT JOIN portfolio.element_property o ON o.element = import_properties.element AND o.key = n.key AND o.valid @> current_date
     WHERE n.value IS DISTINCT FROM o.value
  LOOP
    changed := changed || jsonb_build_object(p.key, jsonb_build_array(p.old_value, p.value));
    IF p.value IS NULL THEN
      DELETE FROM portfolio.element_property x WHERE x.element = import_properties.element AND x.key = p.key AND x.valid @> current_date;
    ELSIF p.old_value IS NULL THEN
      INSERT INTO portfolio.element_property (element, key, value) VALUES (import_properties.element, p.key, p.value);
    ELSE
      UPDATE portfolio.element_property x SET value = p.value WHERE x.element = import_properties.element AND x.key = p.key AND x.valid @> current_date;
    END IF;
  END LOOP;
  RETURN changed;
END
$$;
COMMENT ON FUNCTION portfolio.import_properties(bigint, jsonb) IS
  'Part of import(): writes the properties of one element that differ from those of today, and gives each with its value before and after.';

-- What all cells of a row say: said holds the values by field, problems what cannot be read.
CREATE FUNCTION portfolio.read_cells(fields portfolio.sheet_field[], cells jsonb, OUT said jsonb, OUT problems jsonb, OUT unknown text[])
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT jsonb_object_agg(f.field, coalesce(r.value, 'null')),
         coalesce(jsonb_object_agg(f.field, r.problem) FILTER (WHERE r.problem IS NOT NULL), '{}'),
         coalesce(array_agg(portfolio.cell_text($2 ->> f.field)) FILTER (WHERE r.is_unknown), '{}')
    FROM unnest($1) f
   CROSS JOIN LATERAL portfolio.read_cell(f, $2 ->> f.field) r
   WHERE $2 ? f.field;
END;
COMMENT ON FUNCTION portfolio.read_cells(portfolio.sheet_field[], jsonb) IS
  'Part of import(): the values that the cells of a row give, the problems by field, and the references that name nothing (yet).';

-- What a constraint has refused, in the words of the sheet.
CREATE FUNCTION portfolio.refused_by(target regclass, constraint_name text, column_name text, state text, message text, detail text, OUT field text, OUT problem text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  SELECT coalesce(nullif(column_name, ''), string_agg(CASE a.attname WHEN 'valid' THEN 'valid_from, ends_on' ELSE a.attname END, ', ' ORDER BY a.attnum)) INTO field
    FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = ANY (c.conkey)
   WHERE c.conrelid = target AND c.conname = constraint_name;
  problem := CASE
    WHEN state = '23514' AND constraint_name <> '' THEN
      coalesce((SELECT 'does not fit ' || pg_get_constraintdef(c.oid) FROM pg_constraint c WHERE c.conrelid = target AND c.conname = constraint_name), message)
    WHEN detail <> '' THEN message || ': ' || detail
    ELSE message END;
  problem := concat_ws(': ', field, problem);
END
$$;
COMMENT ON FUNCTION portfolio.refused_by(regclass, text, text, text, text, text) IS
  'Part of import(): the fields that a constraint is about, and why it refused a row.';

CREATE FUNCTION portfolio.import_row(kind text, fields portfolio.sheet_field[], cells jsonb, in_sheet text[], earlier bigint) RETURNS portfolio.import_verdict
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_variable
DECLARE
  target regclass := portfolio.kind_table(kind);
  verdict portfolio.import_verdict;
  said jsonb;
  problems jsonb;
  unknown text[];
  period daterange;
  trouble text;
  id bigint;
  before jsonb;
  after jsonb;
  columns text[];
  properties jsonb;
  at_constraint text;
  at_column text;
  message text;
  detail text;
BEGIN
  verdict.code := portfolio.cell_text(cells ->> 'code');
  IF earlier IS NOT NULL THEN
    verdict.verdict := 'refused';
    verdict.field := CASE WHEN verdict.code IS NULL THEN 'name' ELSE 'code' END;
    verdict.problem := format('%s: is in row %s too', verdict.field, earlier);
    RETURN verdict;
  END IF;
  SELECT r.said, r.problems, r.unknown INTO said, problems, unknown FROM portfolio.read_cells(fields, cells) r;
  SELECT e.value, e.problem INTO id, trouble FROM portfolio.sheet_element(kind, said ->> 'code', said ->> 'name') e;
  IF trouble IS NOT NULL THEN
    problems := problems || jsonb_build_object('code', trouble);
  END IF;
  IF id IS NOT NULL THEN
    EXECUTE format('SELECT to_jsonb(t) FROM %s t WHERE t.id = $1', target) INTO before USING id;
    said := said - 'code';                     -- a row may be found by an alias or a name; rename_element() changes codes
  END IF;
  verdict.code := coalesce(before ->> 'code', verdict.code);
  -- An empty cell: what may be empty becomes so, what has a default keeps it, anything else is refused.
  SELECT problems || coalesce(jsonb_object_agg(f.field, 'is needed') FILTER (WHERE f.blank = 'refused' AND NOT problems ? f.field), '{}'),
         said - coalesce(array_agg(f.field) FILTER (WHERE f.blank = 'default'), '{}')
    INTO problems, said
    FROM unnest(fields) f
   WHERE coalesce(said -> f.field, 'null') = 'null' AND (id IS NULL OR said ? f.field);
  SELECT p.value, p.problem INTO period, trouble FROM portfolio.sheet_period(said, cells, coalesce((before ->> 'valid')::daterange, '(,)')) p;
  IF trouble IS NOT NULL THEN
    problems := problems || jsonb_build_object('ends_on', trouble);
  END IF;

  IF problems <> '{}' THEN
    -- what another row of the sheet may bring is waited for, as long as nothing else is wrong
    verdict.verdict := CASE WHEN (SELECT count(*) FROM jsonb_object_keys(problems)) = cardinality(unknown)
                                 AND NOT EXISTS (SELECT FROM unnest(unknown) u WHERE lower(u) <> ALL (in_sheet))
                            THEN 'waiting' ELSE 'refused' END;
    SELECT string_agg(p.key, ', ' ORDER BY f.ord), string_agg(p.key || ': ' || p.value, '; ' ORDER BY f.ord)
      INTO verdict.field, verdict.problem
      FROM jsonb_each_text(problems) p LEFT JOIN unnest(fields) f ON f.field = p.key;
    RETURN verdict;
  END IF;

  SELECT coalesce(jsonb_object_agg(f.field, said -> f.field), '{}') INTO properties FROM unnest(fields) f WHERE f.origin = 'property' AND said ? f.field;
  SELECT coalesce(jsonb_object_agg(f.field, said -> f.field), '{}') INTO said FROM unnest(fields) f WHERE f.origin = 'column' AND said ? f.field;
  IF cells ?| '{valid_from,ends_on}' THEN
    said := said || jsonb_build_object('valid', period);
  END IF;
  IF id IS NULL THEN
    IF target = 'portfolio.element'::regclass THEN
      said := said || jsonb_build_object('kind', kind);
    END IF;
    SELECT array_agg(quote_ident(k)) INTO columns FROM jsonb_object_keys(said) k;
    EXECUTE format('INSERT INTO %s (%s) SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1) RETURNING id', target, array_to_string(columns, ', '))
      INTO id USING said;
    PERFORM portfolio.import_properties(id, properties);
    verdict.verdict := 'new';
  ELSE
    -- Compared as the table would keep it; what is there may differ from its cell in blanks only.
    EXECUTE format('SELECT to_jsonb(jsonb_populate_record(NULL::%s, $1))', target) INTO after USING said;
    SELECT array_agg(quote_ident(k)), jsonb_object_agg(k, jsonb_build_array(before -> k, after -> k)) INTO columns, verdict.changes
      FROM jsonb_object_keys(said) k
     WHERE before -> k IS DISTINCT FROM after -> k
       AND NOT (jsonb_typeof(before -> k) = 'string' AND to_jsonb(portfolio.cell_text(before ->> k)) IS NOT DISTINCT FROM nullif(after -> k, 'null'));
    IF columns IS NOT NULL THEN
      EXECUTE format('UPDATE %1$s t SET (%2$s) = ROW (%3$s) FROM jsonb_populate_record(NULL::%1$s, $1) r WHERE t.id = $2', target,
                     array_to_string(columns, ', '), (SELECT string_agg('r.' || c, ', ') FROM unnest(columns) c))
        USING said, id;
    END IF;
    verdict.changes := nullif(coalesce(verdict.changes, '{}') || portfolio.import_properties(id, properties), '{}');
    verdict.verdict := CASE WHEN verdict.changes IS NULL THEN 'same' ELSE 'changed' END;
    SELECT string_agg(k, ', ' ORDER BY k) INTO verdict.field FROM jsonb_object_keys(verdict.changes) k;
  END IF;
  RETURN verdict;
EXCEPTION WHEN integrity_constraint_violation OR data_exception OR object_not_in_prerequisite_state OR raise_exception THEN
  GET STACKED DIAGNOSTICS at_constraint = CONSTRAINT_NAME, at_column = COLUMN_NAME, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
  SELECT r.field, r.problem INTO verdict.field, verdict.problem FROM portfolio.refused_by(target, at_constraint, at_column, SQLSTATE, message, detail) r;
  verdict.verdict := 'refused';
  verdict.changes := NULL;
  RETURN verdict;
END
$$;
COMMENT ON FUNCTION portfolio.import_row(text, portfolio.sheet_field[], jsonb, text[], bigint) IS
  'Part of import(): writes one row, whole or not at all, and tells what became of it. in_sheet are the codes and names of the sheet in lower case: a row that refers to one that is not there yet is waiting. earlier is the row that has the same code.';

CREATE FUNCTION portfolio.import(kind text, source regclass, mapping jsonb DEFAULT '{}', dry_run boolean DEFAULT true, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.import_verdict
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_variable
DECLARE
  fields portfolio.sheet_field[];
  headings jsonb;
  sheet jsonb[];
  numbers bigint[];
  earlier bigint[];                  -- the row before that has the same code
  in_sheet text[];
  verdicts portfolio.import_verdict[] := '{}';
  verdict portfolio.import_verdict;
  pending int[];
  waiting int[];
  n int;
  reason text := current_setting('pg_portfolio.reason', true);
BEGIN
  PERFORM portfolio.check_options(options, '{all_or_nothing}');
  headings := portfolio.match_headings(kind, source, coalesce(mapping, '{}'));
  SELECT array_agg(f ORDER BY f.ord) INTO fields FROM portfolio.sheet_fields(kind) f WHERE headings ? f.field OR f.blank = 'refused';
  -- The cells by field, without rows in which nothing is said; codes and names of the sheet, and codes that come twice.
  EXECUTE format($sql$
    WITH line AS (
      SELECT row_number() OVER () AS n, to_jsonb(t) AS j FROM %s t
    ), said AS (
      SELECT l.n, jsonb_object_agg(h.key, l.j ->> h.value) AS cells, bool_or(portfolio.cell_text(l.j ->> h.value) IS NOT NULL) AS says
        FROM line l, jsonb_each_text($1) h GROUP BY l.n
    ), known AS (
      SELECT s.n, s.cells, portfolio.cell_text(s.cells ->> 'code') AS code, portfolio.cell_text(s.cells ->> 'name') AS name FROM said s WHERE s.says
    ), dated AS (
      SELECT k.*, lag(k.n) OVER (PARTITION BY lower(coalesce(k.code, 'name ' || k.name)) ORDER BY k.n) AS earlier FROM known k
    )
    SELECT array_agg(d.cells ORDER BY d.n), array_agg(d.n ORDER BY d.n), array_agg(d.earlier ORDER BY d.n),
           array_remove(array_agg(lower(d.code)) || array_agg(lower($2 || ':' || d.code)) || array_agg(lower(d.name)), NULL) FROM dated d$sql$, source)
    INTO sheet, numbers, earlier, in_sheet USING headings, kind;
  pending := ARRAY(SELECT generate_series(1, cardinality(sheet)));
  PERFORM set_config('pg_portfolio.reason', coalesce(nullif(reason, ''), 'import of ' || source), true);

  BEGIN
    LOOP
      waiting := '{}';
      FOREACH n IN ARRAY pending LOOP
        verdict := portfolio.import_row(kind, fields, sheet[n], in_sheet, earlier[n]);
        verdict."row" := numbers[n];
        verdicts[n] := verdict;
        IF verdict.verdict = 'waiting' THEN
          waiting := waiting || n;
        END IF;
      END LOOP;
      EXIT WHEN waiting = '{}' OR cardinality(waiting) = cardinality(pending);
      pending := waiting;
    END LOOP;
    FOREACH n IN ARRAY waiting LOOP
      verdicts[n].verdict := 'refused';
      verdicts[n].problem := verdicts[n].problem || ', and its own row is refused or refers back to this one';
    END LOOP;
    IF dry_run OR ((options ->> 'all_or_nothing')::boolean AND EXISTS (SELECT FROM unnest(verdicts) v WHERE v.verdict = 'refused')) THEN
      RAISE EXCEPTION USING ERRCODE = 'PF001';         -- what was tried is taken back
    END IF;
  EXCEPTION WHEN SQLSTATE 'PF001' THEN
    NULL;
  END;
  PERFORM set_config('pg_portfolio.reason', coalesce(reason, ''), true);
  RETURN QUERY SELECT v.* FROM unnest(verdicts) v ORDER BY v."row";
END
$$;
COMMENT ON FUNCTION portfolio.import(text, regclass, jsonb, boolean, jsonb) IS
  'Takes a sheet, loaded into a table of text, over into the elements of one kind: one verdict a row (new, changed, same, or refused with each field and its problem). Headings are matched by name, label and import_heading, after mapping ({"heading": "field"}, null leaves one out); references by code, alias or name, also of other rows of the sheet; see read_date() and read_number() for what cells may say. A row is written whole or not at all, refused ones are not; with option all_or_nothing true no row is when one is refused. dry_run (the default) tries everything and takes it back. Rows in which nothing is said are left out. Raises 42701 for duplicated headings, 42703 without a heading for code or name, 42704 for an unknown kind. Example: SELECT * FROM portfolio.import(''service'', ''public.sheet'');';

CREATE FUNCTION portfolio.csv_cell(cell text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN $1 IS NULL THEN ''
              WHEN $1 ~ E'[",\n\r]|^\\s|\\s$|^$' OR $1 = '\.' THEN '"' || replace($1, '"', '""') || '"'
              ELSE $1 END;
END;
COMMENT ON FUNCTION portfolio.csv_cell(text) IS
  'A cell as CSV writes it: quoted where it must be, empty for NULL. Example: SELECT portfolio.csv_cell(''a "b", c'');';

CREATE FUNCTION portfolio.export(kind text, options jsonb DEFAULT '{}') RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_variable
DECLARE
  target regclass := portfolio.kind_table(kind);
  header text;
  cells text;
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  SELECT string_agg(portfolio.csv_cell(f.field), ',' ORDER BY f.ord),
         string_agg('portfolio.csv_cell((' || CASE
             WHEN f.origin = 'property' THEN format('SELECT p.value FROM portfolio.element_property p WHERE p.element = t.id AND p.key = %L AND p.valid @> portfolio.as_of()', f.field)
             WHEN f.field = 'valid_from' THEN 'lower(t.valid)::text'
             WHEN f.field = 'ends_on' THEN '(upper(t.valid) - 1)::text'
             WHEN f.type = 'reference' AND f.refers_to IS NOT NULL THEN format('SELECT e.code FROM portfolio.element e WHERE e.id = t.%I', f.field)
             WHEN f.type = 'reference' THEN format('portfolio.element_label(t.%I)', f.field)
             WHEN f.type = 'boolean' THEN format('CASE WHEN t.%1$I THEN ''yes'' WHEN NOT t.%1$I THEN ''no'' END', f.field)
             ELSE format('t.%I::text', f.field) END || '))', ' || '','' || ' ORDER BY f.ord)
    INTO header, cells
    FROM portfolio.sheet_fields(kind) f;
  RETURN NEXT header;
  RETURN QUERY EXECUTE format('SELECT %s FROM %s t WHERE $1 = t.kind ORDER BY t.code', cells, target) USING kind;
END
$$;
COMMENT ON FUNCTION portfolio.export(text, jsonb) IS
  'The elements of a kind as lines of CSV, the first with the headings: the columns that import() takes, references as codes, days as YYYY-MM-DD, properties of the day of pg_portfolio.as_of. Importing it again changes nothing. Raises 42704 for an unknown kind. Example: SELECT portfolio.export(''service'');';
