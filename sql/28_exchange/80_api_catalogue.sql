-- A catalogue of interfaces in the layout of the United Kingdom government's API catalogue.
CREATE TYPE portfolio.catalogue_verdict AS (
  code text, name text, verdict text, problem text, protocol text, system text, provider text, interface bigint, said jsonb, changes jsonb
);
COMMENT ON TYPE portfolio.catalogue_verdict IS 'A row of import_api_catalogue(): one row of the sheet and what becomes of it.';
COMMENT ON COLUMN portfolio.catalogue_verdict.code IS 'Code of the interface.';
COMMENT ON COLUMN portfolio.catalogue_verdict.name IS 'Its name.';
COMMENT ON COLUMN portfolio.catalogue_verdict.verdict IS 'new, changed, same or refused.';
COMMENT ON COLUMN portfolio.catalogue_verdict.problem IS 'Why it is refused, or what of it is left out; NULL when all is taken.';
COMMENT ON COLUMN portfolio.catalogue_verdict.protocol IS 'Technology that its name tells; NULL when it tells none.';
COMMENT ON COLUMN portfolio.catalogue_verdict.system IS 'What it is an interface of, by the name without the technology.';
COMMENT ON COLUMN portfolio.catalogue_verdict.provider IS 'Provider as the sheet names it.';
COMMENT ON COLUMN portfolio.catalogue_verdict.interface IS 'The interface that it is here; NULL when new.';
COMMENT ON COLUMN portfolio.catalogue_verdict.said IS 'The row of the sheet by folded heading, as fold_heading() gives it, without blanks.';
COMMENT ON COLUMN portfolio.catalogue_verdict.changes IS 'When changed: an object of field or property to [before, after]; NULL otherwise.';

-- Punctuation and blanks tell no names apart; every other character that a code cannot hold does.
CREATE FUNCTION portfolio.code_of_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT CASE WHEN f.slug = f.name_in_full THEN nullif(f.slug, '')
              ELSE concat_ws('_', nullif(btrim(left(f.slug, 51), '_'), ''), upper(left(md5(regexp_replace(lower(f.plain), '[\s!-"$-*,-/:-@\[-`{-~]+', '', 'g')), 8))) END
    FROM (SELECT t.plain, s.slug, CASE WHEN t.plain ~ '[^\x01-\x7F]|[+#]' THEN NULL ELSE left(s.slug, 60) END AS name_in_full
            FROM (SELECT translate($1, '–—‘’“”…', '--''''"".') AS plain) t
           CROSS JOIN LATERAL (SELECT btrim(upper(regexp_replace(t.plain, '[^A-Za-z0-9]+', '_', 'g') COLLATE "C"), '_') AS slug) s) f;
END;
COMMENT ON FUNCTION portfolio.code_of_name(text) IS
  'A code made of a name: capitals, digits and underscores, at most 60. Where letters or signs of the name (but punctuation) have no place in it, or it is longer, eight digits made of the whole name follow, so that other names have other codes. The same for names that differ in case, blanks and punctuation; NULL when nothing else is in the name. Example: SELECT portfolio.code_of_name(''Summary Care Record - FHIR API'');';

CREATE FUNCTION portfolio.elements_called(kind text, words text[]) RETURNS TABLE (word text, element bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH wanted AS (
    SELECT DISTINCT w.word, portfolio.fold_heading(w.word) AS folded FROM unnest($2) w (word) WHERE portfolio.fold_heading(w.word) <> ''
  ), called AS MATERIALIZED (
    SELECT e.id, portfolio.fold_heading(v.value) AS folded
      FROM portfolio.element e CROSS JOIN LATERAL (VALUES (e.code), (e.name)) v (value) WHERE e.kind = $1
    UNION
    SELECT e.id, portfolio.fold_heading(a.value) FROM portfolio.element e JOIN portfolio.element_alias a ON a.element = e.id WHERE e.kind = $1
  )
  SELECT w.word, min(c.id) FROM wanted w JOIN called c ON c.folded = w.folded GROUP BY w.word HAVING count(*) = 1;
END;
COMMENT ON FUNCTION portfolio.elements_called(text, text[]) IS
  'Of each word the element of this kind whose code, name or alias it is but for case, blanks and punctuation; no row where there is none or several. Example: SELECT word, element FROM portfolio.elements_called(''organisation'', ''{nhs-digital}'');';

CREATE FUNCTION portfolio.catalogue_properties() RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT '{documentation,license,maintainer,areaserved,dateadded,dateupdated}'::text[];
END;
COMMENT ON FUNCTION portfolio.catalogue_properties() IS
  'The folded headings of the API catalogue that become properties of the interface, each under its own name. Example: SELECT portfolio.catalogue_properties();';

CREATE FUNCTION portfolio.preview_api_catalogue(rows jsonb) RETURNS SETOF portfolio.catalogue_verdict
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH said AS MATERIALIZED (
    SELECT r.nth, c.cells, c.headings, c.cells ->> 'name' AS name, c.cells ->> 'provider' AS provider,
           s.value AS starts, s.problem AS bad_start, e.value AS ends, e.problem AS bad_end
      FROM jsonb_array_elements($1) WITH ORDINALITY r (said, nth)
     CROSS JOIN LATERAL (SELECT coalesce(jsonb_object_agg(portfolio.fold_heading(x.key), portfolio.cell_text(replace(x.value, '\n', E'\n'))) FILTER (WHERE portfolio.cell_text(x.value) IS NOT NULL), '{}'),
                                array_agg(portfolio.fold_heading(x.key))
                           FROM jsonb_each_text(r.said) x) c (cells, headings)
     CROSS JOIN LATERAL portfolio.read_date(c.cells ->> 'startdate') s
     CROSS JOIN LATERAL portfolio.read_date(c.cells ->> 'enddate') e
  ), named AS MATERIALIZED (
    SELECT s.*, portfolio.code_of_name(s.name) AS slug, portfolio.interface_technology(s.name) AS protocol,
           CASE WHEN portfolio.code_of_name(portfolio.interface_purpose(s.name)) IS NULL THEN s.name ELSE portfolio.interface_purpose(s.name) END AS function
      FROM said s
  ), known AS (
    SELECT n.nth, coalesce(i.id, c.element) AS id, coalesce(o.element, portfolio.element_id('organisation', portfolio.code_of_name(n.provider))) AS provider_id
      FROM named n
      LEFT JOIN portfolio.interface i ON i.code = n.slug
      LEFT JOIN portfolio.elements_called('interface', ARRAY(SELECT x.name FROM named x)) c ON c.word = n.name
      LEFT JOIN portfolio.elements_called('organisation', ARRAY(SELECT x.provider FROM named x)) o ON o.word = n.provider
  ), meant AS (
    -- what the sheet has no column for stays, as do a day that cannot be read and a name to which only an alias or a code led
    SELECT n.*, i.id, i.code, i.name AS old_name, i.description AS old_description, i.url AS old_url, i.protocol AS old_protocol, lower(i.valid) AS old_first, upper(i.valid) - 1 AS old_last,
           portfolio.element_label(i.provider) AS old_provider, k.provider_id IS NOT DISTINCT FROM i.provider AND i.provider IS NOT NULL AS same_provider,
           row_number() OVER (PARTITION BY coalesce('id ' || i.id, n.slug) ORDER BY n.nth) AS namesake,
           CASE WHEN i.code = n.slug OR portfolio.fold_heading(i.name) = portfolio.fold_heading(n.name) THEN n.name ELSE i.name END AS new_name,
           CASE WHEN 'startdate' = ANY (n.headings) AND n.bad_start IS NULL THEN n.starts ELSE lower(i.valid) END AS first_day,
           CASE WHEN 'enddate' = ANY (n.headings) AND n.bad_end IS NULL THEN n.ends ELSE upper(i.valid) - 1 END AS last_day
      FROM named n JOIN known k USING (nth) LEFT JOIN portfolio.interface i ON i.id = k.id
  ), judged AS (
    SELECT m.*, CASE WHEN m.name IS NULL THEN 'it has no name' WHEN m.slug IS NULL THEN 'its name has no letter or digit'
                     WHEN portfolio.too_long(m.name) IS NOT NULL THEN 'its name ' || portfolio.too_long(m.name)
                     WHEN m.provider IS NULL THEN 'it has no provider' WHEN portfolio.code_of_name(m.provider) IS NULL THEN 'its provider has no letter or digit'
                     WHEN portfolio.too_long(m.provider) IS NOT NULL THEN 'its provider ' || portfolio.too_long(m.provider)
                     WHEN m.namesake > 1 THEN 'its name is there more than once'
                     WHEN m.last_day < m.first_day THEN format('it ends on %s, before it starts on %s', to_char(m.last_day, 'YYYY-MM-DD'), to_char(m.first_day, 'YYYY-MM-DD'))
                     ELSE (SELECT string_agg(format('%s "%s" %s', d.key, m.cells ->> d.key, portfolio.property_problem(d.type, d.choices, m.cells ->> d.key)), '; ' ORDER BY d.key)
                             FROM portfolio.property_definition d
                            WHERE d.kind = 'interface' AND d.key = ANY (portfolio.catalogue_properties()) AND m.cells ? d.key
                              AND portfolio.property_problem(d.type, d.choices, m.cells ->> d.key) IS NOT NULL) END AS problem,
           -- what continues the name of another function of the provider is part of that
           (SELECT f.function FROM named f
             WHERE f.provider = m.provider AND char_length(f.function) >= 5
               AND (lower(m.function) = lower(f.function) OR starts_with(lower(m.function), lower(f.function) || ' '))
             ORDER BY char_length(f.function), f.nth LIMIT 1) AS root,
           (SELECT jsonb_object_agg(c.field, jsonb_build_array(c.before, c.after))
              FROM (VALUES ('name', to_jsonb(m.old_name), to_jsonb(m.new_name)),
                           ('description', to_jsonb(m.old_description), CASE WHEN 'description' = ANY (m.headings) THEN m.cells -> 'description' ELSE to_jsonb(m.old_description) END),
                           ('url', to_jsonb(m.old_url), CASE WHEN 'url' = ANY (m.headings) THEN m.cells -> 'url' ELSE to_jsonb(m.old_url) END),
                           ('protocol', to_jsonb(m.old_protocol), to_jsonb(coalesce(m.protocol, m.old_protocol))),
                           ('valid_from', to_jsonb(m.old_first), to_jsonb(m.first_day)),
                           ('ends_on', to_jsonb(m.old_last), to_jsonb(m.last_day)),
                           ('provider', to_jsonb(m.old_provider), to_jsonb(CASE WHEN m.same_provider THEN m.old_provider ELSE m.provider END))
                    UNION ALL
                    SELECT h.heading, to_jsonb(e.value), m.cells -> h.heading
                      FROM unnest(m.headings) h (heading) LEFT JOIN portfolio.element_property e ON e.element = m.id AND e.key = h.heading AND e.valid @> current_date
                     WHERE h.heading = ANY (portfolio.catalogue_properties())) c (field, before, after)
             WHERE m.id IS NOT NULL AND c.before IS DISTINCT FROM c.after) AS changes
      FROM meant m
  )
  SELECT coalesce(j.code, j.slug), j.name, v.verdict,
         coalesce(j.problem, nullif(concat_ws('; ', 'its start is left out: ' || j.bad_start, 'its end is left out: ' || j.bad_end), '')),
         j.protocol, coalesce(j.root, j.function), j.provider, j.id, j.cells, CASE WHEN v.verdict = 'changed' THEN j.changes END
    FROM judged j
   CROSS JOIN LATERAL (SELECT CASE WHEN j.problem IS NOT NULL THEN 'refused' WHEN j.id IS NULL THEN 'new' WHEN j.changes IS NOT NULL THEN 'changed' ELSE 'same' END) v (verdict)
   ORDER BY j.nth;
END;
COMMENT ON FUNCTION portfolio.preview_api_catalogue(jsonb) IS
  'What import_api_catalogue() makes of rows of a sheet, [{heading: cell}]. A heading that a row does not have says nothing, a blank cell that there is no value.';

-- Each heading of the layout once, and those that are needed
CREATE FUNCTION portfolio.check_api_catalogue(source regclass) RETURNS void
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  fields text[] := '{name,provider,url,description,startdate,enddate}' || portfolio.catalogue_properties();
  headings jsonb;
BEGIN
  IF source IS NULL THEN
    RAISE EXCEPTION 'the relation must not be null' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT jsonb_agg(jsonb_build_object('heading', a.attname, 'field', portfolio.fold_heading(a.attname)) ORDER BY a.attnum) INTO headings
    FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND portfolio.fold_heading(a.attname) = ANY (fields);
  PERFORM portfolio.check_headings(source, headings);
  IF NOT coalesce(headings @> '[{"field": "name"}, {"field": "provider"}]', false) THEN
    RAISE EXCEPTION 'relation "%" does not have the layout of the API catalogue', source
      USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It needs the columns "name" and "provider"; the others of the layout may be left out.';
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.check_api_catalogue(regclass) IS
  'Part of import_api_catalogue(): raises 42701 where several headings mean one field, with all of them, 22023 without the columns name and provider, 22004 without a relation.';

CREATE FUNCTION portfolio.import_api_catalogue(source regclass, dry_run boolean DEFAULT false, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.catalogue_verdict
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
  origin text := 'api catalogue';
  rows jsonb;
  plan portfolio.catalogue_verdict[];
BEGIN
  PERFORM portfolio.check_options(options, '{}'), portfolio.one_import();
  PERFORM portfolio.check_api_catalogue(source);
  EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(pf_row)), ''[]'') FROM (SELECT %s FROM %s) pf_row', portfolio.plain_columns(source), source) INTO rows;
  plan := ARRAY(SELECT v FROM portfolio.preview_api_catalogue(rows) v);

  IF NOT coalesce(dry_run, false) THEN
    INSERT INTO portfolio.organisation (code, name, role, source)
    SELECT DISTINCT ON (portfolio.code_of_name(p.provider)) portfolio.code_of_name(p.provider), CASE WHEN p.provider ~ '^[ -~]*$' THEN initcap(replace(p.provider, '-', ' ') COLLATE "C") ELSE replace(p.provider, '-', ' ') END, 'provider', origin
      FROM unnest(plan) p LEFT JOIN portfolio.elements_called('organisation', ARRAY(SELECT x.provider FROM unnest(plan) x)) c ON c.word = p.provider
     WHERE (p.verdict = 'new' OR p.changes ? 'provider') AND c.element IS NULL
     ORDER BY portfolio.code_of_name(p.provider), p.provider
    ON CONFLICT (code) DO NOTHING;
    INSERT INTO portfolio.system (code, name, source)
    SELECT DISTINCT ON (portfolio.code_of_name(p.system)) portfolio.code_of_name(p.system), p.system, origin
      FROM unnest(plan) p LEFT JOIN portfolio.elements_called('system', ARRAY(SELECT x.system FROM unnest(plan) x)) c ON c.word = p.system
     WHERE p.verdict = 'new' AND c.element IS NULL
     ORDER BY portfolio.code_of_name(p.system), p.system
    ON CONFLICT (code) DO NOTHING;
    INSERT INTO portfolio.standard (code, name, source)
    SELECT DISTINCT portfolio.code_of_name(p.protocol), p.protocol, origin
      FROM unnest(plan) p LEFT JOIN portfolio.elements_called('standard', ARRAY(SELECT x.protocol FROM unnest(plan) x)) c ON c.word = p.protocol
     WHERE p.verdict = 'new' AND p.protocol IS NOT NULL AND c.element IS NULL
    ON CONFLICT (code) DO NOTHING;
    INSERT INTO portfolio.interface (code, name, description, url, protocol, valid, provider, system, standard, source)
    SELECT p.code, p.name, p.said ->> 'description', p.said ->> 'url', p.protocol,
           daterange((portfolio.read_date(p.said ->> 'startdate')).value, (portfolio.read_date(p.said ->> 'enddate')).value + 1),
           coalesce(o.element, portfolio.element_id('organisation', portfolio.code_of_name(p.provider))),
           coalesce(y.element, portfolio.element_id('system', portfolio.code_of_name(p.system))),
           coalesce(t.element, portfolio.element_id('standard', portfolio.code_of_name(p.protocol))), origin
      FROM unnest(plan) p
      LEFT JOIN portfolio.elements_called('organisation', ARRAY(SELECT x.provider FROM unnest(plan) x)) o ON o.word = p.provider
      LEFT JOIN portfolio.elements_called('system', ARRAY(SELECT x.system FROM unnest(plan) x)) y ON y.word = p.system
      LEFT JOIN portfolio.elements_called('standard', ARRAY(SELECT x.protocol FROM unnest(plan) x)) t ON t.word = p.protocol
     WHERE p.verdict = 'new';
    INSERT INTO portfolio.element_property (element, key, value)
    SELECT portfolio.element_id('interface', p.code), s.key, s.value
      FROM unnest(plan) p CROSS JOIN LATERAL jsonb_each_text(p.said) s WHERE p.verdict = 'new' AND s.key = ANY (portfolio.catalogue_properties());

    UPDATE portfolio.interface i
       SET name = CASE WHEN p.changes ? 'name' THEN p.changes #>> '{name,1}' ELSE i.name END,
           description = CASE WHEN p.changes ? 'description' THEN p.changes #>> '{description,1}' ELSE i.description END,
           url = CASE WHEN p.changes ? 'url' THEN p.changes #>> '{url,1}' ELSE i.url END,
           protocol = CASE WHEN p.changes ? 'protocol' THEN p.changes #>> '{protocol,1}' ELSE i.protocol END,
           valid = daterange(CASE WHEN p.changes ? 'valid_from' THEN (p.changes #>> '{valid_from,1}')::date ELSE lower(i.valid) END,
                             CASE WHEN p.changes ? 'ends_on' THEN (p.changes #>> '{ends_on,1}')::date + 1 ELSE upper(i.valid) END),
           provider = CASE WHEN p.changes ? 'provider' THEN coalesce(o.element, portfolio.element_id('organisation', portfolio.code_of_name(p.provider))) ELSE i.provider END
      FROM unnest(plan) p
      LEFT JOIN portfolio.elements_called('organisation', ARRAY(SELECT x.provider FROM unnest(plan) x)) o ON o.word = p.provider
     WHERE i.id = p.interface AND p.changes - portfolio.catalogue_properties() <> '{}';
    PERFORM portfolio.set_property(p.interface, c.key, c.value ->> 1)
       FROM unnest(plan) p CROSS JOIN LATERAL jsonb_each(p.changes) c WHERE c.key = ANY (portfolio.catalogue_properties());
  END IF;
  RETURN QUERY SELECT p.code, p.name, p.verdict, p.problem, p.protocol, p.system, p.provider, coalesce(p.interface, portfolio.element_id('interface', p.code)), p.said, p.changes
    FROM unnest(plan) WITH ORDINALITY p ORDER BY array_position('{refused,changed,new,same}', p.verdict), p.ordinality;
END
$$;
COMMENT ON FUNCTION portfolio.import_api_catalogue(regclass, boolean, jsonb) IS
  'Takes over a catalogue of interfaces in the layout of the government''s API catalogue: name, description, url, provider, startDate and endDate (both inclusive) as columns of interface, dateAdded, dateUpdated, documentation, license, maintainer and areaServed as properties. A row is about the interface with the code that code_of_name() makes of its name, else with its name or alias. A new one gets the technology that its name tells as protocol and standard, and the system that it is an interface of (the name without the technology; what continues another of the same provider is part of it), each found by code, name or alias or made, as is the provider. Of one that is here only what the sheet says changes: a column that is not there says nothing, a blank cell that there is no value, a name that tells no technology leaves the protocol; its system and standard stay. One row an interface, refused ones first with the reason. dry_run only says what would become of them. The same sheet again changes nothing. Raises 42701 for duplicated headings, 22023 without the columns name and provider, 22004 without a relation. Example: SELECT verdict, name, changes FROM portfolio.import_api_catalogue(''api_catalogue'');';
