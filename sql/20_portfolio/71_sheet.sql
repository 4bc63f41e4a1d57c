-- What the columns of a sheet can be: the columns of a table, its period, and the defined properties of a kind.
CREATE TYPE portfolio.sheet_field AS (
  ord int, field text, label text, type text, unit text, blank text, choices text[], refers_to text, origin text
);
COMMENT ON TYPE portfolio.sheet_field IS 'A row of sheet_fields(): one column that a sheet of a kind may have.';
COMMENT ON COLUMN portfolio.sheet_field.ord IS 'Its place in what export() writes.';
COMMENT ON COLUMN portfolio.sheet_field.field IS 'Name of the column or property; valid_from and ends_on (inclusive) are the two ends of valid.';
COMMENT ON COLUMN portfolio.sheet_field.label IS 'What people read.';
COMMENT ON COLUMN portfolio.sheet_field.type IS 'text, date, number, integer, boolean, reference, or the type of the column when none of these.';
COMMENT ON COLUMN portfolio.sheet_field.unit IS 'gbp (pounds), gbp_m (millions of pounds), percent, or measure: the unit of the measure that the row names; NULL for other numbers.';
COMMENT ON COLUMN portfolio.sheet_field.blank IS 'What an empty cell means: refused, default (of a new row; an old one keeps what it has) or null.';
COMMENT ON COLUMN portfolio.sheet_field.choices IS 'The words that it may hold; NULL for any.';
COMMENT ON COLUMN portfolio.sheet_field.refers_to IS 'Kind of the element that a reference names; NULL for any kind.';
COMMENT ON COLUMN portfolio.sheet_field.origin IS 'column, period, property, or attribute: a key of relationship.attributes.';

CREATE TABLE portfolio.import_heading (
  kind    text NOT NULL,
  heading text NOT NULL CHECK (btrim(heading) <> ''),
  field   text NOT NULL,
  builtin boolean NOT NULL DEFAULT false,
  PRIMARY KEY (kind, heading)
);
COMMENT ON TABLE portfolio.import_heading IS
  'Other headings that sheets have for a field, beside its name and its label. Class: user rows (those not builtin).';
COMMENT ON COLUMN portfolio.import_heading.kind IS 'Kind whose sheets have it; * for all.';
COMMENT ON COLUMN portfolio.import_heading.heading IS 'The heading; capitals, blanks and punctuation do not matter.';
COMMENT ON COLUMN portfolio.import_heading.field IS 'The field of sheet_fields() that it means, where the kind has it.';
COMMENT ON COLUMN portfolio.import_heading.builtin IS 'True for headings that belong to the release; they are not dumped.';
SELECT pg_extension_config_dump('portfolio.import_heading', 'WHERE NOT builtin');
INSERT INTO portfolio.import_heading (kind, heading, field, builtin)
SELECT v.kind, h.heading, v.field, true
  FROM (VALUES
    ('*', 'code', '{id,ref,reference,identifier,short code}'::text[]),
    ('*', 'name', '{title}'),
    ('*', 'description', '{details,summary,notes}'),
    ('*', 'owner', '{owned by,owner name,responsible}'),
    ('*', 'valid_from', '{from,start,starts on,start date}'),
    ('*', 'ends_on', '{to,until,valid to,valid until,end,ends,end date,expires,expiry date}'),
    ('*', 'supplier', '{vendor}'),
    ('*', 'parent', '{part of}'),
    ('*', 'lifecycle', '{life cycle,life cycle status}'),
    ('organisation', 'ods_code', '{ods}'),
    ('programme', 'name', '{project name,project,programme title}'),
    ('programme', 'gmpp_id', '{gmpp id number,gmpp}'),
    ('programme', 'start_date', '{start,starts on}'),
    ('programme', 'end_date', '{end,ends}'),
    ('programme', 'dca', '{delivery confidence,delivery confidence assessment,rag,rag rating}'),
    ('programme', 'whole_life_cost_gbp_m', '{whole life cost,wlc}'),
    ('programme', 'state', '{status}'),
    ('service', 'state', '{status}'),
    ('service', 'service_level', '{sla,service level agreement}'),
    ('service', 'support_tier', '{support,support level}'),
    ('service', 'run_cost_gbp', '{run cost,annual cost}'),
    ('system', 'site', '{location,hosted at}'),
    ('system', 'lifecycle', '{status}'),
    ('standard', 'status', '{state}'),
    ('technology', 'support_ends_on', '{end of support,end of life,eol}'),
    ('technology', 'extended_support_ends_on', '{end of extended support}'),
    ('data_flow', 'sender', '{from,source system}'),
    ('data_flow', 'receiver', '{to,target system,destination}'),
    ('relationship', 'source', '{from,from element,source element}'),
    ('relationship', 'kind', '{type,relation,relation type,relationship,relationship type}'),
    ('relationship', 'target', '{to,to element,target element}'),
    ('relationship', 'access', '{access type}'),
    ('relationship', 'influence', '{influence strength,strength}'),
    ('role_holder', 'party', '{holder,held by,role holder}'),
    ('conformance', 'status', '{state,conformance}'),
    ('observation', 'value', '{observed,result}'),
    ('contract', 'value_gbp', '{value,contract value,amount}'),
    ('contract', 'spend_gbp', '{spend,spent}'),
    ('contract', 'notice_days', '{notice,notice period}')) v (kind, field, headings),
    unnest(v.headings) h (heading);
CREATE TRIGGER guard_builtin_kind BEFORE UPDATE OR DELETE ON portfolio.import_heading
  FOR EACH ROW WHEN (OLD.builtin) EXECUTE FUNCTION portfolio.guard_builtin_kind('heading');
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.import_heading
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();

CREATE FUNCTION portfolio.letters_of(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  -- Letters are what the database takes for them, and what only scripts have.
  SELECT regexp_replace($1, '[^[:alnum:]\u00C0-\u1FFF\u2C00-\U0010FFFF]', '', 'g');
END;
COMMENT ON FUNCTION portfolio.letters_of(text) IS
  'The letters and digits of a name, of whatever script, without blanks and punctuation. Example: SELECT portfolio.letters_of(''NHS e-Referral Service'');';

CREATE FUNCTION portfolio.fold_heading(heading text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  -- Capitals of ASCII become small as in our words, wherever the database is.
  SELECT portfolio.letters_of(replace(replace(replace(lower(lower(portfolio.mend_text($1) COLLATE "C") COLLATE "default"), '£', 'gbp'), '%', 'pct'), '&', 'and'));
END;
COMMENT ON FUNCTION portfolio.fold_heading(text) IS
  'A heading as it is compared: mended, in lower case, without blanks and punctuation; a pound sign is gbp, % is pct. Example: SELECT portfolio.fold_heading(''Whole-life cost (£m)'');';

-- The words of a small table to which a column of text refers.
CREATE FUNCTION portfolio.lookup_words(constraint_id oid) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  words text[];
BEGIN
  EXECUTE (SELECT format('SELECT array_agg(w) FROM (SELECT %I::text AS w FROM %s LIMIT 101) t', a.attname, c.confrelid::regclass)
             FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = c.confkey[1]
            WHERE c.oid = constraint_id) INTO words;
  RETURN CASE WHEN cardinality(words) <= 100 THEN words END;
END
$$;
COMMENT ON FUNCTION portfolio.lookup_words(oid) IS
  'The values that the table behind a foreign key of one column has, at most 100; NULL when there are more or none.';

-- Links that have sheets of their own. A row is known by these fields and by its days.
CREATE FUNCTION portfolio.link_key(kind text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT CASE $1 WHEN 'relationship' THEN '{source,kind,target,code}'
                 WHEN 'role_holder' THEN '{element,role}'
                 WHEN 'system_technology' THEN '{system,technology}'
                 WHEN 'conformance' THEN '{interface,system,standard}'
                 WHEN 'observation' THEN '{measure,element,organisation}'
                 WHEN 'organisation_role' THEN '{organisation,role}'
                 WHEN 'element_alias' THEN '{element,scheme,value}' END::text[];
END;
COMMENT ON FUNCTION portfolio.link_key(text) IS
  'The fields that tell one row from another in the sheets of a table of links: relationship, role_holder, system_technology, conformance, observation, organisation_role, element_alias. NULL for kinds of elements. Example: SELECT portfolio.link_key(''relationship'');';

CREATE FUNCTION portfolio.sheet_table(kind text) RETURNS regclass
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF portfolio.link_key(kind) IS NOT NULL THEN
    RETURN format('portfolio.%I', kind)::regclass;
  END IF;
  IF NOT EXISTS (SELECT FROM portfolio.element_kind k WHERE k.kind = sheet_table.kind) THEN
    RAISE EXCEPTION 'kind "%" is not known', kind
      USING ERRCODE = 'undefined_object',
            HINT = 'SELECT kind, label FROM portfolio.element_kind lists the kinds of elements; sheets of links are relationship, role_holder, system_technology, conformance, observation, organisation_role and element_alias.';
  END IF;
  RETURN portfolio.kind_table(kind);
END
$$;
COMMENT ON FUNCTION portfolio.sheet_table(text) IS
  'The table that sheets of this kind are about: a table of links of link_key(), else that of a kind of elements. Raises 42704 for a kind that is neither. Example: SELECT portfolio.sheet_table(''role_holder'');';

CREATE FUNCTION portfolio.period_column(target regclass) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT a.attname::text FROM pg_attribute a
   WHERE a.attrelid = $1 AND a.attname IN ('valid', 'during') AND a.atttypid = 'daterange'::regtype AND NOT a.attisdropped;
END;
COMMENT ON FUNCTION portfolio.period_column(regclass) IS
  'The column whose two ends a sheet of this table has as valid_from and ends_on; NULL where there is none. Example: SELECT portfolio.period_column(''portfolio.observation'');';

CREATE FUNCTION portfolio.table_fields(target regclass, kind text) RETURNS SETOF portfolio.sheet_field
LANGUAGE sql STABLE PARALLEL SAFE
SET quote_all_identifiers = off
BEGIN ATOMIC
  WITH kind_column AS (
    SELECT a.attnum, a.attname::text AS field, a.atttypid, a.attnotnull, a.atthasdef, r.refers_to, coalesce(r.is_reference, false) AS is_reference,
           (SELECT array_agg(m.word[1]) FROM pg_constraint c, regexp_matches(pg_get_constraintdef(c.oid), '''([^'']*)''::text', 'g') m (word)
             WHERE c.conrelid = a.attrelid AND c.contype = 'c' AND c.conkey = ARRAY[a.attnum]
               AND pg_get_constraintdef(c.oid) ~ '^CHECK \(\(\w+ = ANY \(ARRAY\[') AS choices,
           CASE WHEN a.attrelid = 'portfolio.relationship'::regclass AND a.attname = 'kind'
                THEN (SELECT array_agg(DISTINCT l.kind) FROM portfolio.relationship_rule l)
                ELSE (SELECT portfolio.lookup_words(c.oid) FROM pg_constraint c
                       WHERE c.conrelid = a.attrelid AND c.contype = 'f' AND c.conkey = ARRAY[a.attnum] AND a.atttypid = 'text'::regtype) END AS words,
           col_description(a.attrelid, a.attnum) ~* '\mpercent' AS is_percent
      FROM pg_attribute a
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      LEFT JOIN LATERAL (   -- a key to an element is that of its number alone, or of its number first
        SELECT true AS is_reference, (SELECT k.kind FROM portfolio.element_kind k WHERE k.table_name IS NOT NULL AND c.confrelid = portfolio.kind_table(k.kind)) AS refers_to
          FROM pg_constraint c
         WHERE c.conrelid = a.attrelid AND c.contype = 'f' AND c.conkey[1] = a.attnum
           AND (c.confrelid = 'portfolio.element'::regclass OR c.confrelid IN (SELECT portfolio.kind_table(k.kind) FROM portfolio.element_kind k WHERE k.table_name IS NOT NULL))
         LIMIT 1) r ON true
     WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = ''
       -- what the database fills is in no sheet
       AND a.attname NOT IN ('id', 'source_type', 'target_type')
       AND NOT (a.attrelid = 'portfolio.element'::regclass AND a.attname IN ('kind', 'archimate_type'))
       AND a.atttypid <> 'daterange'::regtype AND a.atttypid::regtype::text NOT LIKE '%[]'
       AND coalesce(pg_get_expr(d.adbin, d.adrelid), '') !~* '(current_user|now\(\))'
  ), field AS (
    SELECT coalesce(array_position((SELECT portfolio.link_key(t.relname) FROM pg_class t WHERE t.oid = $1 AND t.relnamespace = 'portfolio'::regnamespace), c.field), 10 * c.attnum) AS place, c.field,
           CASE WHEN c.is_reference THEN 'reference'
                WHEN c.atttypid = 'date'::regtype THEN 'date'
                WHEN c.atttypid = 'boolean'::regtype THEN 'boolean'
                WHEN c.atttypid IN ('smallint'::regtype, 'integer'::regtype, 'bigint'::regtype) THEN 'integer'
                WHEN c.atttypid IN ('numeric'::regtype, 'real'::regtype, 'double precision'::regtype) THEN 'number'
                WHEN c.atttypid IN ('text'::regtype, 'name'::regtype) THEN 'text'
                ELSE format_type(c.atttypid, NULL) END AS type,
           CASE WHEN c.field LIKE '%\_gbp\_m' THEN 'gbp_m' WHEN c.field LIKE '%\_gbp' THEN 'gbp' WHEN c.is_percent THEN 'percent'
                WHEN $1 = 'portfolio.observation'::regclass AND c.field = 'value' THEN 'measure' END AS unit,
           CASE WHEN NOT c.attnotnull THEN 'null' WHEN c.atthasdef THEN 'default' ELSE 'refused' END AS blank,
           coalesce(c.choices, c.words) AS choices, c.refers_to, 'column' AS origin, NULL AS label
      FROM kind_column c
    UNION ALL
    SELECT 10 * a.attnum - v.before, v.field, v.type, NULL, 'null', v.choices, NULL, 'attribute', NULL
      FROM pg_attribute a, (VALUES (3, 'access', 'text', '{access,read,write,readwrite}'::text[]), (2, 'influence', 'text', NULL), (1, 'directed', 'boolean', NULL)) v (before, field, type, choices)
     WHERE a.attrelid = $1 AND a.attrelid = 'portfolio.relationship'::regclass AND a.attname = 'attributes'
    UNION ALL
    SELECT 100000 + v.n, v.field, 'date', NULL, CASE WHEN v.n = 1 AND NOT a.atthasdef THEN 'refused' ELSE 'null' END, NULL, NULL, 'period', NULL
      FROM pg_attribute a, (VALUES (1, 'valid_from'), (2, 'ends_on')) v (n, field)
     WHERE a.attrelid = $1 AND a.attname = portfolio.period_column($1)
    UNION ALL
    SELECT 200000 + row_number() OVER (ORDER BY d.key)::int, d.key,
           CASE d.type WHEN 'element' THEN 'reference' WHEN 'choice' THEN 'text' WHEN 'url' THEN 'text' ELSE d.type END,
           NULL, 'null', d.choices, NULL, 'property', d.label
      FROM portfolio.property_definition d
     WHERE d.kind = $2
  )
  SELECT row_number() OVER (ORDER BY f.place)::int, f.field,
         coalesce(f.label, upper(left(f.field, 1) COLLATE "C") ||
                  replace(regexp_replace(regexp_replace(regexp_replace(substr(f.field, 2), '_gbp_m$', ' (£m)'), '_gbp$', ' (£)'), '_pct$', ' (%)'), '_', ' ')),
         f.type, f.unit, f.blank, f.choices, f.refers_to, f.origin
    FROM field f
   ORDER BY f.place;
END;
COMMENT ON FUNCTION portfolio.table_fields(regclass, text) IS
  'What may be written of a table, with the defined properties of a kind where it holds elements (kind is NULL otherwise). Example: SELECT field FROM portfolio.table_fields(''portfolio.system'', ''system'');';

CREATE FUNCTION portfolio.sheet_fields(kind text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.sheet_field
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT f.* FROM portfolio.table_fields(portfolio.sheet_table($1), CASE WHEN portfolio.link_key($1) IS NULL THEN $1 END) f
   WHERE portfolio.check_options($2, '{}') IS NOT NULL
   ORDER BY f.ord;
END;
COMMENT ON FUNCTION portfolio.sheet_fields(text, jsonb) IS
  'The columns that a sheet may have, for import() and export(): of elements of a kind, what may be written of its table, valid_from and ends_on, and its defined properties; of links (relationship, role_holder, system_technology, conformance, observation, organisation_role, element_alias) what may be written of their table. Raises 42704 for a kind that is not known. Example: SELECT field, label, type, choices FROM portfolio.sheet_fields(''system'');';

-- Two imports of the same things would each find them new, or wait for each other's rows in turn.
CREATE FUNCTION portfolio.one_import() RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT pg_advisory_xact_lock(hashtextextended('pg_portfolio import', 0));
END;
COMMENT ON FUNCTION portfolio.one_import() IS
  'Part of the imports, dry runs too: waits until no other transaction of this database imports, and lets none begin before this one ends.';

-- Every import asks it: two columns for one field leave open which is meant.
CREATE FUNCTION portfolio.check_headings(source regclass, headings jsonb, advice text DEFAULT 'Leave one out, as in a view that does not have it.') RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  twice text;
BEGIN
  SELECT string_agg(format('%s: %s', d.field, d.headings), '; ' ORDER BY d.field) INTO twice
    FROM (SELECT h.said ->> 'field' AS field, string_agg(quote_ident(h.said ->> 'heading'), ', ' ORDER BY h.place) AS headings
            FROM jsonb_array_elements(headings) WITH ORDINALITY h (said, place)
           WHERE h.said ->> 'field' IS NOT NULL GROUP BY 1 HAVING count(*) > 1) d;
  IF twice IS NOT NULL THEN
    RAISE EXCEPTION 'several headings of % mean the same field', source
      USING ERRCODE = 'duplicate_column', DETAIL = format('%s.', twice), HINT = advice;
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.check_headings(regclass, jsonb, text) IS
  'Part of the imports: raises 42701 where several of the headings, [{"heading": ..., "field": ...}], mean one field, with all of them and the advice as hint. Headings without a field, and NULL, mean none.';

-- Which field each heading means; {field: heading}.
CREATE FUNCTION portfolio.match_headings(kind text, source regclass, mapping jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  fields portfolio.sheet_field[] := ARRAY(SELECT f FROM portfolio.sheet_fields(kind) f);
  link_key text[] := portfolio.link_key(kind);
  bad text;
  matched jsonb;
BEGIN
  IF source IS NULL THEN
    RAISE EXCEPTION 'the relation must not be null' USING ERRCODE = 'null_value_not_allowed';
  ELSIF jsonb_typeof(mapping) <> 'object' THEN
    RAISE EXCEPTION 'mapping is no object'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Write it as {"heading": "field"}, with null for a heading that means none.';
  END IF;
  SELECT string_agg(quote_ident(m.key), ', ') INTO bad
    FROM jsonb_each(mapping) m
   WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND a.attname = m.key);
  IF bad IS NOT NULL THEN
    RAISE EXCEPTION 'mapping names headings that % does not have: %', source, bad USING ERRCODE = 'undefined_column';
  END IF;
  SELECT string_agg(quote_literal(m.value), ', ') INTO bad
    FROM jsonb_each_text(mapping) m
   WHERE m.value IS NOT NULL AND NOT EXISTS (SELECT FROM unnest(fields) f WHERE f.field = m.value);
  IF bad IS NOT NULL THEN
    RAISE EXCEPTION 'mapping names fields that kind "%" does not have: %', kind, bad
      USING ERRCODE = 'undefined_column', HINT = format('SELECT field, label FROM portfolio.sheet_fields(%L) lists them.', kind);
  END IF;

  -- Name and label first, a column's before a property's but for the exact name; then other headings of the kind, then those of all kinds.
  SELECT jsonb_agg(jsonb_build_object('heading', h.heading, 'field', h.field) ORDER BY h.place) INTO matched
    FROM (
      SELECT a.attnum AS place, a.attname::text AS heading,
             CASE WHEN mapping ? a.attname THEN mapping ->> a.attname
                  ELSE (SELECT c.field
                          FROM (SELECT f.field, CASE WHEN f.field = a.attname THEN 1
                                                     ELSE CASE WHEN portfolio.fold_heading(f.field) = portfolio.fold_heading(a.attname) THEN 2 ELSE 3 END
                                                          + CASE f.origin WHEN 'property' THEN 2 ELSE 0 END END AS rank
                                  FROM unnest(fields) f
                                 WHERE portfolio.fold_heading(a.attname) IN (portfolio.fold_heading(f.field), portfolio.fold_heading(f.label),
                                       CASE WHEN f.field = 'name' AND link_key IS NULL THEN portfolio.fold_heading(kind) END,
                                       CASE WHEN f.field IN ('code', 'name') THEN portfolio.fold_heading(kind || f.field) END)
                                UNION ALL
                                SELECT i.field, CASE i.kind WHEN '*' THEN 8 ELSE 7 END
                                  FROM portfolio.import_heading i JOIN unnest(fields) f ON f.field = i.field
                                 WHERE i.kind IN (kind, '*') AND portfolio.fold_heading(i.heading) = portfolio.fold_heading(a.attname)) c
                         ORDER BY c.rank, c.field LIMIT 1) END AS field
        FROM pg_attribute a
       WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped) h;

  PERFORM portfolio.check_headings(source, matched, 'Leave one out: mapping => ''{"the other heading": null}''.');
  SELECT string_agg(quote_ident(m ->> 'heading'), ', ') INTO bad
    FROM jsonb_array_elements(matched) m
   WHERE m ->> 'field' IS NULL AND NOT mapping ? (m ->> 'heading');
  IF bad IS NOT NULL THEN
    RAISE WARNING 'headings that mean no field of kind "%" are left out: %', kind, bad
      USING HINT = format('SELECT field, label FROM portfolio.sheet_fields(%L) lists the fields; mapping => ''{"heading": "field"}'' says which one is meant, null that none is.', kind);
  END IF;
  SELECT jsonb_object_agg(m ->> 'field', m ->> 'heading') INTO matched FROM jsonb_array_elements(matched) m WHERE m ->> 'field' IS NOT NULL;
  matched := coalesce(matched, '{}');
  IF link_key IS NULL AND NOT matched ?| '{code,name}' THEN
    RAISE EXCEPTION '% has no heading for code or name', source
      USING ERRCODE = 'undefined_column', HINT = 'Each row must say which element it is about: mapping => ''{"heading": "code"}''.';
  END IF;
  SELECT string_agg(f.field, ', ' ORDER BY f.ord) INTO bad
    FROM unnest(fields) f WHERE f.field = ANY (link_key) AND f.blank = 'refused' AND NOT matched ? f.field;
  IF bad IS NOT NULL THEN
    RAISE EXCEPTION '% has no heading for %', source, bad
      USING ERRCODE = 'undefined_column', HINT = format('Each row must say what it links: mapping => ''{"heading": "%s"}''.', split_part(bad, ',', 1));
  END IF;
  RETURN matched;
END
$$;
COMMENT ON FUNCTION portfolio.match_headings(text, regclass, jsonb) IS
  'Which heading of a table means which field of a kind: an object from field to heading. mapping goes before names, labels and import_heading; null leaves a heading out. Raises 42701, with all of them, where several mean one field, 42703 where mapping names what is not there, or no heading says what a row is about, 22023 where mapping is no object, 22004 without a table; warns of headings that mean nothing. Example: SELECT portfolio.match_headings(''service'', ''public.sheet'', ''{}'');';
