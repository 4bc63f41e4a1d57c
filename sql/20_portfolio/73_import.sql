-- A sheet into the portfolio, with a verdict for each row, and back out.
CREATE TYPE portfolio.import_verdict AS (
  "row" bigint, code text, verdict text, field text, problem text, changes jsonb
);
COMMENT ON TYPE portfolio.import_verdict IS 'A row of import(): what becomes of one row of the sheet.';
COMMENT ON COLUMN portfolio.import_verdict."row" IS 'Number of the row in the source, from 1, without the headings.';
COMMENT ON COLUMN portfolio.import_verdict.code IS 'Code of the element, as the portfolio has it; of a link, the fields by which it is known.';
COMMENT ON COLUMN portfolio.import_verdict.verdict IS 'new, changed, same or refused.';
COMMENT ON COLUMN portfolio.import_verdict.field IS 'Fields that are wrong, when refused, or that change, separated by commas.';
COMMENT ON COLUMN portfolio.import_verdict.problem IS 'Why it is refused, each field with its reason; NULL otherwise.';
COMMENT ON COLUMN portfolio.import_verdict.changes IS 'When changed: an object of field to [before, after]; NULL otherwise.';

-- The fields by which a link is known, as people write them.
CREATE FUNCTION portfolio.link_label(key text[], fields portfolio.sheet_field[], said jsonb, cells jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT string_agg(coalesce(CASE f.type WHEN 'reference' THEN portfolio.element_label(($3 ->> k.field)::bigint) ELSE $3 ->> k.field END, portfolio.cell_text($4 ->> k.field)), ' ' ORDER BY k.nth)
    FROM unnest($1) WITH ORDINALITY k (field, nth)
    JOIN unnest($2) f ON f.field = k.field;
END;
COMMENT ON FUNCTION portfolio.link_label(text[], portfolio.sheet_field[], jsonb, jsonb) IS
  'Part of import(): what a row of a sheet links, references as kind:code where they could be read.';

-- What changes, in the words of the sheet: references as kind:code, the two ends of a period.
CREATE FUNCTION portfolio.readable_changes(fields portfolio.sheet_field[], period_column text, changes jsonb) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT jsonb_object_agg(c.key, c.value)
    FROM (SELECT e.key, CASE WHEN f.type = 'reference' AND f.origin = 'column'
                             THEN jsonb_build_array(portfolio.element_label((e.value ->> 0)::bigint), portfolio.element_label((e.value ->> 1)::bigint))
                             ELSE e.value END AS value
            FROM jsonb_each($3) e LEFT JOIN unnest($1) f ON f.field = e.key
           WHERE e.key IS DISTINCT FROM $2
          UNION ALL
          SELECT v.key, jsonb_build_array(v.before, v.after)
            FROM (SELECT ($3 -> $2 ->> 0)::daterange AS before, ($3 -> $2 ->> 1)::daterange AS after) d,
         LATERAL (VALUES ('valid_from', lower(d.before), lower(d.after)), ('ends_on', upper(d.before) - 1, upper(d.after) - 1)) v (key, before, after)
           WHERE v.before IS DISTINCT FROM v.after) c;
END;
COMMENT ON FUNCTION portfolio.readable_changes(portfolio.sheet_field[], text, jsonb) IS
  'Part of import(): the changes of a row with its references as kind:code, and its period as valid_from and ends_on; NULL when there are none.';

-- What the database would not take, in the words of the sheet.
CREATE FUNCTION portfolio.why_refused(target regclass, said jsonb, cells jsonb, state text, at_constraint text, at_column text, message text, detail text, OUT field text, OUT problem text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF at_constraint = 'relationship_rule_fkey' THEN
    field := 'source, kind, target';
    SELECT format('%s: ArchiMate allows no %s from %s to %s, only %s', field, said ->> 'kind', s.archimate_type, t.archimate_type,
                  array_to_string(portfolio.legal_kinds(portfolio.element_label(s.id), portfolio.element_label(t.id)), ', '))
      INTO problem
      FROM portfolio.element s, portfolio.element t WHERE (s.id, t.id) = ((said ->> 'source')::bigint, (said ->> 'target')::bigint);
  ELSIF state = '54000' THEN
    SELECT c.key, format('%s: is too long, it has %s characters', c.key, length(c.value)) INTO field, problem
      FROM jsonb_each_text(cells) c WHERE c.value IS NOT NULL ORDER BY length(c.value) DESC LIMIT 1;
  ELSE
    IF state LIKE '22%' AND at_column = '' THEN
      at_column := coalesce(portfolio.unfit_field(target, said), '');
    END IF;
    SELECT r.field, r.problem INTO field, problem FROM portfolio.refused_by(target, at_constraint, at_column, state, message, detail) r;
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.why_refused(regclass, jsonb, jsonb, text, text, text, text, text) IS
  'Part of import(): the fields of a row that the database would not take, and why, from what it reported.';

-- A key that waits for the end of the transaction would let the whole sheet fail then, with no row named.
CREATE FUNCTION portfolio.check_deferred_keys(target regclass, said jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  keys text := (SELECT string_agg(format('portfolio.%I', c.conname), ', ') FROM pg_constraint c
                 WHERE c.conrelid = target AND c.contype = 'f' AND c.condeferred
                   AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = target AND a.attnum = ANY (c.conkey) AND said ->> a.attname IS NOT NULL AND a.attname <> 'id'));
BEGIN
  IF keys IS NOT NULL THEN
    EXECUTE format('SET CONSTRAINTS %s IMMEDIATE', keys);
    EXECUTE format('SET CONSTRAINTS %s DEFERRED', keys);
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.check_deferred_keys(regclass, jsonb) IS
  'Part of import(): checks now the foreign keys of a table that are checked at the end of the transaction, where a row says something of their columns. Raises 23503.';

CREATE FUNCTION portfolio.sheet_refusal(fields portfolio.sheet_field[], problems jsonb, unknown text[], in_sheet text[], OUT verdict text, OUT field text, OUT problem text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  SELECT string_agg(p.key, ', ' ORDER BY f.ord), string_agg(p.key || ': ' || p.value, '; ' ORDER BY f.ord)
    INTO field, problem
    FROM jsonb_each_text(problems) p LEFT JOIN unnest(fields) f ON f.field = p.key;
  -- what another row of the sheet may bring is waited for, as long as nothing else is wrong
  IF (SELECT count(*) FROM jsonb_object_keys(problems)) = cardinality(unknown) AND NOT EXISTS (SELECT FROM unnest(unknown) u WHERE lower(u) <> ALL (in_sheet)) THEN
    verdict := 'waiting';
    problem := problem || ', and its own row is refused or refers back to this one';
  ELSE
    verdict := 'refused';
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.sheet_refusal(portfolio.sheet_field[], jsonb, text[], text[]) IS
  'Part of import(): the verdict on a row by its problems: waiting when it lacks nothing but what other rows of the sheet bring, else refused.';

CREATE FUNCTION portfolio.sheet_columns(kind text, fields portfolio.sheet_field[], said jsonb, cells jsonb, before jsonb, period daterange) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  target regclass := portfolio.sheet_table(kind);
  columns jsonb;
BEGIN
  IF said ?| '{access,influence,directed,attributes}' AND portfolio.link_key(kind) IS NOT NULL THEN
    said := said || jsonb_build_object('attributes', portfolio.sheet_attributes(fields, said, before -> 'attributes'));
  END IF;
  SELECT coalesce(jsonb_object_agg(s.key, s.value), '{}') INTO columns
    FROM jsonb_each(said) s WHERE s.key = 'attributes' OR EXISTS (SELECT FROM unnest(fields) f WHERE f.field = s.key AND f.origin = 'column');
  IF cells ?| '{valid_from,ends_on}' THEN
    columns := columns || jsonb_build_object(portfolio.period_column(target), period);
  END IF;
  IF before IS NULL AND target = 'portfolio.element'::regclass THEN
    columns := columns || jsonb_build_object('kind', kind);
  END IF;
  RETURN columns;
END
$$;
COMMENT ON FUNCTION portfolio.sheet_columns(text, portfolio.sheet_field[], jsonb, jsonb, jsonb, daterange) IS
  'Part of import(): what a row of the sheet says of the columns of its table.';

CREATE FUNCTION portfolio.insert_sheet_row(target regclass, said jsonb) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  made jsonb;
BEGIN
  EXECUTE (SELECT format('INSERT INTO %s AS t (%s) SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1) RETURNING to_jsonb(t)', target, string_agg(quote_ident(k), ', '))
             FROM jsonb_object_keys(said) k)
    INTO made USING said;
  RETURN made ->> 'id';
END
$$;
COMMENT ON FUNCTION portfolio.insert_sheet_row(regclass, jsonb) IS 'Part of import(): a new row of these columns, and its number where it has one.';

CREATE FUNCTION portfolio.update_sheet_row(target regclass, said jsonb, before jsonb) RETURNS jsonb
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  after jsonb;
  columns text[];
  changes jsonb;
BEGIN
  -- Compared as the table would keep it; what is there may differ from its cell in blanks only.
  EXECUTE format('SELECT to_jsonb(jsonb_populate_record(NULL::%s, $1))', target) INTO after USING said;
  SELECT array_agg(quote_ident(k)), jsonb_object_agg(k, jsonb_build_array(before -> k, after -> k)) INTO columns, changes
    FROM jsonb_object_keys(said) k
   WHERE before -> k IS DISTINCT FROM after -> k
     AND NOT (jsonb_typeof(before -> k) = 'string' AND to_jsonb(portfolio.cell_text(before ->> k)) IS NOT DISTINCT FROM nullif(after -> k, 'null'));
  IF columns IS NOT NULL THEN
    EXECUTE format('UPDATE %1$s t SET (%2$s) = ROW (%3$s) FROM jsonb_populate_record(NULL::%1$s, $1) r, jsonb_populate_record(NULL::%1$s, $2) b WHERE %4$s', target,
                   array_to_string(columns, ', '), (SELECT string_agg('r.' || c, ', ') FROM unnest(columns) c),
                   (SELECT string_agg(format('t.%1$I = b.%1$I', a.attname), ' AND ')
                      FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) WHERE i.indrelid = target AND i.indisprimary))
      USING said, before;
  END IF;
  RETURN changes;
END
$$;
COMMENT ON FUNCTION portfolio.update_sheet_row(regclass, jsonb, jsonb) IS
  'Part of import(): gives the row that was there the columns that differ, and tells them as column: [before, after]; NULL when none does.';

CREATE FUNCTION portfolio.import_row(kind text, fields portfolio.sheet_field[], cells jsonb, in_sheet text[], earlier bigint) RETURNS portfolio.import_verdict
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
#variable_conflict use_variable
DECLARE
  target regclass := portfolio.sheet_table(kind);
  link_key text[] := portfolio.link_key(kind);
  period_column text := portfolio.period_column(target);
  verdict portfolio.import_verdict;
  said jsonb;
  problems jsonb;
  unknown text[];
  period daterange;
  trouble text;
  id bigint;
  before jsonb;
  properties jsonb;
  at_constraint text;
  at_column text;
  message text;
  detail text;
BEGIN
  SELECT r.said, r.problems, r.unknown INTO said, problems, unknown FROM portfolio.read_cells(fields, cells) r;
  verdict.code := CASE WHEN link_key IS NULL THEN portfolio.cell_text(cells ->> 'code') ELSE portfolio.link_label(link_key, fields, said, cells) END;
  IF earlier IS NOT NULL THEN
    verdict.verdict := 'refused';
    verdict.field := CASE WHEN link_key IS NOT NULL THEN (SELECT string_agg(k, ', ') FROM unnest(link_key) k WHERE cells ? k) WHEN verdict.code IS NULL THEN 'name' ELSE 'code' END;
    verdict.problem := format('%s: is in row %s too', verdict.field, earlier);
    RETURN verdict;
  END IF;
  IF link_key IS NULL THEN
    SELECT e.value, e.problem INTO id, trouble FROM portfolio.sheet_element(kind, cells ->> 'code', said ->> 'code', said ->> 'name') e;
    IF trouble IS NOT NULL THEN
      problems := problems || jsonb_build_object('code', trouble);
    END IF;
    IF id IS NOT NULL THEN
      EXECUTE format('SELECT to_jsonb(t) FROM %s t WHERE t.id = $1', target) INTO before USING id;
      said := said - 'code';                   -- a row may be found by an alias or a name; rename_element() changes codes
    END IF;
    verdict.code := coalesce(before ->> 'code', verdict.code);
  ELSIF problems = '{}' THEN
    SELECT l.before, l.problem INTO before, trouble FROM portfolio.sheet_link(kind, said, cells) l;
    IF trouble IS NOT NULL THEN                -- another row may end some of them
      verdict.verdict := 'waiting';
      verdict.field := 'valid_from, ends_on';
      verdict.problem := verdict.field || ': ' || trouble;
      RETURN verdict;
    END IF;
  END IF;
  -- An empty cell: what may be empty becomes so; anything else keeps what it has or its default, or is refused in a new row.
  SELECT problems || coalesce(jsonb_object_agg(f.field, 'is needed') FILTER (WHERE f.blank = 'refused' AND before IS NULL AND NOT problems ? f.field), '{}'),
         said - coalesce(array_agg(f.field) FILTER (WHERE f.blank <> 'null'), '{}')
    INTO problems, said
    FROM unnest(fields) f
   WHERE coalesce(said -> f.field, 'null') = 'null' AND (before IS NULL OR said ? f.field);
  SELECT p.value, p.problem INTO period, trouble FROM portfolio.sheet_period(said, cells, coalesce((before ->> period_column)::daterange, '(,)')) p;
  IF trouble IS NOT NULL THEN
    problems := problems || jsonb_build_object('ends_on', trouble);
  END IF;

  IF problems <> '{}' THEN
    SELECT r.verdict, r.field, r.problem INTO verdict.verdict, verdict.field, verdict.problem FROM portfolio.sheet_refusal(fields, problems, unknown, in_sheet) r;
    RETURN verdict;
  END IF;

  SELECT coalesce(jsonb_object_agg(f.field, said -> f.field), '{}') INTO properties FROM unnest(fields) f WHERE f.origin = 'property' AND said ? f.field;
  said := portfolio.sheet_columns(kind, fields, said, cells, before, period);
  IF before IS NULL THEN
    PERFORM portfolio.import_properties(portfolio.insert_sheet_row(target, said), fields, properties);
    verdict.verdict := 'new';
  ELSE
    verdict.changes := portfolio.update_sheet_row(target, said, before);
    verdict.changes := nullif(coalesce(verdict.changes, '{}') || portfolio.import_properties(id, fields, properties), '{}');
    verdict.changes := portfolio.readable_changes(fields, period_column, verdict.changes);
    verdict.verdict := CASE WHEN verdict.changes IS NULL THEN 'same' ELSE 'changed' END;
    SELECT string_agg(k, ', ' ORDER BY k) INTO verdict.field FROM jsonb_object_keys(verdict.changes) k;
  END IF;
  PERFORM portfolio.check_deferred_keys(target, said);
  RETURN verdict;
EXCEPTION WHEN integrity_constraint_violation OR data_exception OR object_not_in_prerequisite_state OR raise_exception OR program_limit_exceeded THEN
  GET STACKED DIAGNOSTICS at_constraint = CONSTRAINT_NAME, at_column = COLUMN_NAME, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
  SELECT r.field, r.problem INTO verdict.field, verdict.problem FROM portfolio.why_refused(target, said, cells, SQLSTATE, at_constraint, at_column, message, detail) r;
  verdict.code := left(verdict.code, 100);
  -- what is in the way may be another row of the sheet that is yet to change
  verdict.verdict := CASE WHEN SQLSTATE IN ('23505', '23P01') THEN 'waiting' ELSE 'refused' END;
  verdict.changes := NULL;
  RETURN verdict;
END
$$;
COMMENT ON FUNCTION portfolio.import_row(text, portfolio.sheet_field[], jsonb, text[], bigint) IS
  'Part of import(): writes one row, whole or not at all, and tells what became of it. in_sheet are the codes and names of the sheet in lower case: a row that refers to one that is not there yet is waiting, as is one in whose way another row is. earlier is the row that says the same.';

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
  earlier bigint[];                  -- the row before that says the same
  in_sheet text[];
  verdicts portfolio.import_verdict[] := '{}';
  verdict portfolio.import_verdict;
  pending int[];
  waiting int[];
  n int;
  reason text := current_setting('pg_portfolio.reason', true);
  all_or_nothing boolean := portfolio.boolean_option(portfolio.check_options(options, '{all_or_nothing}'), 'all_or_nothing');
BEGIN
  PERFORM portfolio.one_import();
  headings := portfolio.match_headings(kind, source, coalesce(mapping, '{}'));
  SELECT array_agg(f ORDER BY f.ord) INTO fields FROM portfolio.sheet_fields(kind) f WHERE headings ? f.field OR f.blank = 'refused';
  -- The cells by field, without rows in which nothing is said; rows that say the same as one before; codes and names of the sheet.
  EXECUTE format($sql$
    WITH line AS (
      SELECT row_number() OVER () AS n, to_jsonb(pf_row) AS j FROM (SELECT %s FROM %s) pf_row
    ), said AS (
      SELECT l.n, jsonb_object_agg(h.key, l.j ->> h.value) AS cells, bool_or(portfolio.cell_text(l.j ->> h.value) IS NOT NULL) AS says
        FROM line l, jsonb_each_text($1) h GROUP BY l.n
    ), known AS MATERIALIZED (
      SELECT s.n, s.cells, k.key, k.word, k.days FROM said s CROSS JOIN LATERAL portfolio.sheet_key($2, $3, s.cells) k WHERE s.says
    ), again AS (
      SELECT b.n, max(b.earlier) AS earlier
        FROM (SELECT k.n, e.n FROM known k JOIN known e ON e.key = k.key AND e.n < k.n AND e.days && k.days
              UNION ALL
              SELECT k.n, e.n FROM known k JOIN known e ON e.word = k.word AND e.n < k.n WHERE e.key IS NULL OR k.key IS NULL) b (n, earlier)
       GROUP BY b.n
    )
    SELECT array_agg(k.cells ORDER BY k.n), array_agg(k.n ORDER BY k.n), array_agg(a.earlier ORDER BY k.n) FROM known k LEFT JOIN again a USING (n)$sql$, portfolio.plain_columns(source), source)
    INTO sheet, numbers, earlier USING headings, kind, fields;
  IF portfolio.link_key(kind) IS NULL THEN
    SELECT array_remove(array_agg(lower(c.code)) || array_agg(lower(kind || ':' || c.code)) || array_agg(lower(c.name)), NULL) INTO in_sheet
      FROM unnest(sheet) s CROSS JOIN LATERAL (SELECT portfolio.cell_text(s ->> 'code'), portfolio.cell_text(s ->> 'name')) c (code, name);
  ELSE
    in_sheet := '{}';                -- links make no elements
  END IF;
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
    END LOOP;
    IF coalesce(dry_run, true) OR (all_or_nothing AND EXISTS (SELECT FROM unnest(verdicts) v WHERE v.verdict = 'refused')) THEN
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
  'Takes a sheet, loaded into a table of text, over into the elements of one kind or the links of a table of link_key(): one verdict a row (new, changed, same, or refused with each field and its problem). Headings are matched by name, label and import_heading, after mapping ({"heading": "field"}, null leaves one out); references by code, alias or name, also of other rows of the sheet; see read_date() and read_number() for what cells may say. A row of links is about the link with its ends and its days, else its first day, else days in common. A row is written whole or not at all, refused ones are not; with option all_or_nothing true no row is when one is refused. dry_run (the default) tries everything and takes it back. Rows in which nothing is said are left out. Raises 42701 for duplicated headings, 42703 without a heading that says what a row is about, 42704 for an unknown kind. Example: SELECT * FROM portfolio.import(''service'', ''public.sheet'');';

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
  target regclass := portfolio.sheet_table(kind);
  period text := portfolio.period_column(target);
  header text;
  cells text;
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  SELECT string_agg(portfolio.csv_cell(f.field), ',' ORDER BY f.ord),
         string_agg('portfolio.csv_cell((' || CASE
             WHEN f.origin = 'property' THEN format('SELECT p.value FROM portfolio.element_property p WHERE p.element = t.id AND p.key = %L AND p.valid @> portfolio.as_of()', f.field)
             WHEN f.origin = 'attribute' AND f.type = 'boolean' THEN format('CASE t.attributes ->> %L WHEN ''true'' THEN ''yes'' WHEN ''false'' THEN ''no'' END', f.field)
             WHEN f.origin = 'attribute' THEN format('t.attributes ->> %L', f.field)
             WHEN f.type = 'jsonb' THEN format('nullif(t.%I - ''{access,influence,directed}''::text[], ''{}'')::text', f.field)
             WHEN f.field = 'valid_from' THEN format('lower(t.%I)::text', period)
             WHEN f.field = 'ends_on' THEN format('(upper(t.%I) - 1)::text', period)
             WHEN f.type = 'reference' AND f.refers_to IS NOT NULL THEN format('SELECT e.code FROM portfolio.element e WHERE e.id = t.%I', f.field)
             WHEN f.type = 'reference' THEN format('portfolio.element_label(t.%I)', f.field)
             WHEN f.type = 'boolean' THEN format('CASE WHEN t.%1$I THEN ''yes'' WHEN NOT t.%1$I THEN ''no'' END', f.field)
             ELSE format('t.%I::text', f.field) END || '))', ' || '','' || ' ORDER BY f.ord)
    INTO header, cells
    FROM portfolio.sheet_fields(kind) f;
  RETURN NEXT header;
  RETURN QUERY EXECUTE format(CASE WHEN portfolio.link_key(kind) IS NULL THEN 'SELECT %s FROM %s t WHERE $1 = t.kind ORDER BY t.code'
                                   ELSE 'SELECT l.line FROM (SELECT %s FROM %s t) l (line) ORDER BY l.line COLLATE "C"' END, cells, target) USING kind;
END
$$;
COMMENT ON FUNCTION portfolio.export(text, jsonb) IS
  'The elements of a kind, or the links of a table of link_key(), as lines of CSV, the first with the headings: the columns that import() takes, references as codes, days as YYYY-MM-DD, properties of the day of pg_portfolio.as_of. Importing what was written for today changes nothing. Raises 42704 for an unknown kind. Example: SELECT portfolio.export(''service'');';
