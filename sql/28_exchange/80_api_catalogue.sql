-- A catalogue of interfaces in the layout of the United Kingdom government's API catalogue.
CREATE TYPE portfolio.catalogue_verdict AS (
  code text, name text, verdict text, problem text, protocol text, system text, provider text, interface bigint, said jsonb
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

CREATE FUNCTION portfolio.code_of_name(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT nullif(btrim(left(btrim(upper(regexp_replace($1, '[^A-Za-z0-9]+', '_', 'g')), '_'), 60), '_'), '');
END;
COMMENT ON FUNCTION portfolio.code_of_name(text) IS
  'A code made of a name: capitals, digits and underscores, at most 60; NULL when nothing of the name is left. Example: SELECT portfolio.code_of_name(''Summary Care Record - FHIR API'');';

-- The one element of a kind that a word names: by code, name or alias, folded; NULL when none or several do.
CREATE FUNCTION portfolio.element_called(kind text, word text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT CASE WHEN count(*) = 1 THEN min(e.id) END
    FROM portfolio.element e
   WHERE e.kind = $1
     AND (portfolio.fold_heading(e.name) = portfolio.fold_heading($2) OR portfolio.fold_heading(e.code) = portfolio.fold_heading($2)
          OR EXISTS (SELECT FROM portfolio.element_alias a WHERE a.element = e.id AND portfolio.fold_heading(a.value) = portfolio.fold_heading($2)));
END;
COMMENT ON FUNCTION portfolio.element_called(text, text) IS
  'The element of this kind whose code, name or alias is this word but for case, blanks and punctuation; NULL when there is none or several. Example: SELECT portfolio.element_called(''organisation'', ''nhs-digital'');';

CREATE FUNCTION portfolio.preview_api_catalogue(rows jsonb) RETURNS SETOF portfolio.catalogue_verdict
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH said AS (
    SELECT r.nth, c.cells, c.cells ->> 'name' AS name, c.cells ->> 'provider' AS provider, d.value AS starts, d.problem AS starts_problem
      FROM jsonb_array_elements($1) WITH ORDINALITY r (said, nth)
     CROSS JOIN LATERAL (SELECT coalesce(jsonb_object_agg(portfolio.fold_heading(x.key), portfolio.cell_text(replace(x.value, '\n', E'\n'))) FILTER (WHERE portfolio.cell_text(x.value) IS NOT NULL), '{}')
                           FROM jsonb_each_text(r.said) x) c (cells)
     CROSS JOIN LATERAL portfolio.read_date(c.cells ->> 'startdate') d
  ), named AS MATERIALIZED (
    SELECT s.*, coalesce(portfolio.interface_purpose(s.name), s.name) AS function, portfolio.code_of_name(s.name) AS slug, portfolio.interface_technology(s.name) AS protocol,
           row_number() OVER (PARTITION BY portfolio.code_of_name(s.name) ORDER BY s.nth) AS namesake
      FROM said s
  ), judged AS (
    SELECT n.*, CASE WHEN n.name IS NULL THEN 'it has no name' WHEN n.slug IS NULL THEN 'its name has no letter or digit' WHEN n.provider IS NULL THEN 'it has no provider'
                     WHEN n.namesake > 1 THEN 'its name is there more than once' END AS problem,
           -- what continues the name of another function of the provider is part of that
           (SELECT f.function FROM named f
             WHERE f.provider = n.provider AND char_length(f.function) >= 5
               AND (lower(n.function) = lower(f.function) OR starts_with(lower(n.function), lower(f.function) || ' '))
             ORDER BY char_length(f.function), f.nth LIMIT 1) AS root
      FROM named n
  )
  SELECT j.slug, j.name,
         CASE WHEN j.problem IS NOT NULL THEN 'refused' WHEN i.id IS NULL THEN 'new'
              WHEN (i.name, i.description, i.url, i.protocol) IS DISTINCT FROM (j.name, j.cells ->> 'description', j.cells ->> 'url', j.protocol) THEN 'changed' ELSE 'same' END,
         coalesce(j.problem, 'its start is left out: ' || j.starts_problem), j.protocol, coalesce(j.root, j.function), j.provider, i.id, j.cells
    FROM judged j LEFT JOIN portfolio.interface i ON i.code = j.slug
   ORDER BY j.nth;
END;
COMMENT ON FUNCTION portfolio.preview_api_catalogue(jsonb) IS
  'What import_api_catalogue() makes of rows of a sheet, [{heading: cell}].';

CREATE FUNCTION portfolio.import_api_catalogue(source regclass, dry_run boolean DEFAULT false, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.catalogue_verdict
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  origin text := 'api catalogue';
  rows jsonb;
  plan portfolio.catalogue_verdict[];
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF source IS NULL THEN
    RAISE EXCEPTION 'the relation must not be null' USING ERRCODE = 'null_value_not_allowed';
  ELSIF (SELECT count(*) FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped AND portfolio.fold_heading(a.attname) IN ('name', 'provider')) <> 2 THEN
    RAISE EXCEPTION 'relation "%" does not have the layout of the API catalogue', source
      USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It needs the columns "name" and "provider"; the others of the layout may be left out.';
  END IF;
  EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(pf_row)), ''[]'') FROM (SELECT %s FROM %s) pf_row', portfolio.plain_columns(source), source) INTO rows;
  plan := ARRAY(SELECT v FROM portfolio.preview_api_catalogue(rows) v);

  IF NOT coalesce(dry_run, false) THEN
    INSERT INTO portfolio.organisation (code, name, role, source)
    SELECT DISTINCT portfolio.code_of_name(p.provider), initcap(replace(p.provider, '-', ' ')), 'provider', origin FROM unnest(plan) p
     WHERE p.verdict <> 'refused' AND portfolio.element_called('organisation', p.provider) IS NULL
    ON CONFLICT (code) DO NOTHING;
    INSERT INTO portfolio.system (code, name, source)
    SELECT DISTINCT ON (portfolio.code_of_name(p.system)) portfolio.code_of_name(p.system), p.system, origin FROM unnest(plan) p
     WHERE p.verdict <> 'refused' AND portfolio.element_called('system', p.system) IS NULL
     ORDER BY portfolio.code_of_name(p.system)
    ON CONFLICT (code) DO NOTHING;
    INSERT INTO portfolio.standard (code, name, source)
    SELECT DISTINCT portfolio.code_of_name(p.protocol), p.protocol, origin FROM unnest(plan) p
     WHERE p.verdict <> 'refused' AND p.protocol IS NOT NULL AND portfolio.element_called('standard', p.protocol) IS NULL
    ON CONFLICT (code) DO NOTHING;
    INSERT INTO portfolio.interface AS i (code, name, description, url, protocol, valid, provider, system, standard, source)
    SELECT p.code, p.name, p.said ->> 'description', p.said ->> 'url', p.protocol, daterange((portfolio.read_date(p.said ->> 'startdate')).value, NULL),
           coalesce(portfolio.element_called('organisation', p.provider), portfolio.element_id('organisation', portfolio.code_of_name(p.provider))),
           coalesce(portfolio.element_called('system', p.system), portfolio.element_id('system', portfolio.code_of_name(p.system))),
           coalesce(portfolio.element_called('standard', p.protocol), portfolio.element_id('standard', portfolio.code_of_name(p.protocol))), origin
      FROM unnest(plan) p WHERE p.verdict IN ('new', 'changed')
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, description = excluded.description, url = excluded.url, protocol = excluded.protocol;
    -- What the sheet says beside: where it is documented, under which licence, for which area
    WITH said AS (
      SELECT i.id, k.key, p.said ->> k.key AS value
        FROM unnest(plan) p JOIN portfolio.interface i ON i.code = p.code
       CROSS JOIN unnest('{documentation,license,maintainer,areaserved,dateadded,dateupdated}'::text[]) k (key)
       WHERE p.verdict <> 'refused' AND p.said ? k.key
    ), changed AS (
      UPDATE portfolio.element_property e SET value = s.value FROM said s WHERE (e.element, e.key) = (s.id, s.key) AND e.valid @> current_date AND e.value <> s.value
    )
    INSERT INTO portfolio.element_property (element, key, value)
    SELECT s.id, s.key, s.value FROM said s WHERE NOT EXISTS (SELECT FROM portfolio.element_property e WHERE (e.element, e.key) = (s.id, s.key));
  END IF;
  RETURN QUERY SELECT p.code, p.name, p.verdict, p.problem, p.protocol, p.system, p.provider, coalesce(p.interface, portfolio.element_id('interface', p.code)), p.said
    FROM unnest(plan) WITH ORDINALITY p ORDER BY array_position('{refused,changed,new,same}', p.verdict), p.ordinality;
END
$$;
COMMENT ON FUNCTION portfolio.import_api_catalogue(regclass, boolean, jsonb) IS
  'Takes over a catalogue of interfaces in the layout of the government''s API catalogue (dateAdded, dateUpdated, url, name, description, documentation, license, maintainer, areaServed, startDate, endDate, provider): interfaces with the technology that their name tells as protocol and standard, the system that they are interfaces of (the name without the technology; what continues another of the same provider is part of it), and the provider, each found by code, name or alias or made. One row an interface, refused ones first with the reason. dry_run only says what would become of them. The same sheet again changes nothing. Raises 22023 without the columns name and provider. Example: SELECT verdict, count(*) FROM portfolio.import_api_catalogue(''api_catalogue'') GROUP BY 1;';
