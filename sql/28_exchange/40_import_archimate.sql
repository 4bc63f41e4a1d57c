-- Taking an exchange file over into the portfolio.
CREATE TYPE portfolio.archimate_count AS (what text, taken bigint, refused bigint);
COMMENT ON TYPE portfolio.archimate_count IS 'A row of import_archimate(): how many of what were taken over, and how many refused.';
COMMENT ON COLUMN portfolio.archimate_count.what IS 'matches (of what is taken, how much was here already), elements, relationships, properties, folders, views, extensions.';
COMMENT ON COLUMN portfolio.archimate_count.taken IS 'Taken over, new or matched.';
COMMENT ON COLUMN portfolio.archimate_count.refused IS 'Refused; preview_archimate() names each with its problem.';

-- The head of a model: its row, definitions and views.
CREATE FUNCTION portfolio.import_archimate_model(document xml, concepts portfolio.archimate_concept[], plan portfolio.archimate_verdict[]) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  said portfolio.archimate_model;
BEGIN
  SELECT c.identifier, c.attributes ->> 'version', c.names, c.documentation, c.properties
    INTO said.identifier, said.version, said.names, said.documentation, said.properties
    FROM unnest(concepts) c WHERE c.what = 'model';
  SELECT x.metadata, x.viewpoints INTO said.metadata, said.viewpoints
    FROM XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a), '/a:model' PASSING (document)
                  COLUMNS metadata xml PATH 'a:metadata', viewpoints xml PATH 'a:views/a:viewpoints') x;
  SELECT coalesce(array_agg(x.tree ORDER BY x.nth), '{}') INTO said.organizations
    FROM XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a), '/a:model/a:organizations' PASSING (document)
                  COLUMNS nth FOR ORDINALITY, tree xml PATH '.') x;
  INSERT INTO portfolio.archimate_model AS m (identifier, version, names, documentation, properties, metadata, organizations, viewpoints)
  VALUES (said.identifier, said.version, said.names, said.documentation, said.properties, said.metadata, said.organizations, said.viewpoints)
  ON CONFLICT (identifier) DO UPDATE
     SET (version, names, documentation, properties, metadata, organizations, viewpoints)
       = (excluded.version, excluded.names, excluded.documentation, excluded.properties, excluded.metadata, excluded.organizations, excluded.viewpoints)
   WHERE (m.version, m.names, m.documentation, m.properties, m.metadata::text, m.organizations::text, m.viewpoints::text)
         IS DISTINCT FROM (excluded.version, excluded.names, excluded.documentation, excluded.properties, excluded.metadata::text, excluded.organizations::text, excluded.viewpoints::text);
  SELECT m.id INTO said.id FROM portfolio.archimate_model m WHERE m.identifier = said.identifier;

  DELETE FROM portfolio.archimate_property p
   WHERE p.model = said.id AND NOT EXISTS (SELECT FROM unnest(concepts) c WHERE c.what = 'propertyDefinition' AND c.identifier = p.identifier);
  INSERT INTO portfolio.archimate_property AS p (model, identifier, position, type, names)
  SELECT DISTINCT ON (c.identifier) said.id, c.identifier, row_number() OVER (ORDER BY c.position), coalesce(c.archimate_type, 'string'), c.names
    FROM unnest(concepts) c WHERE c.what = 'propertyDefinition' AND btrim(c.identifier) <> '' ORDER BY c.identifier, c.position
  ON CONFLICT (model, identifier) DO UPDATE SET position = excluded.position, type = excluded.type, names = excluded.names
   WHERE (p.position, p.type, p.names) IS DISTINCT FROM (excluded.position, excluded.type, excluded.names);

  WITH view AS (
    SELECT x.* FROM XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a), '/a:model/a:views/a:diagrams/a:view' PASSING (document)
      COLUMNS nth FOR ORDINALITY, identifier text PATH '@identifier', name text PATH 'a:name[1]', content xml PATH '.') x
     WHERE btrim(x.identifier) <> ''
  ), gone AS (
    DELETE FROM portfolio.archimate_view v WHERE v.model = said.id AND NOT EXISTS (SELECT FROM view x WHERE x.identifier = v.identifier)
  )
  INSERT INTO portfolio.archimate_view AS v (model, identifier, position, name, content)
  SELECT said.id, x.identifier, x.nth, x.name, x.content
    FROM view x JOIN unnest(plan) p ON p.what = 'view' AND p.identifier = x.identifier AND p.problem IS NULL
  ON CONFLICT (model, identifier) DO UPDATE SET position = excluded.position, name = excluded.name, content = excluded.content
   WHERE (v.position, v.name, v.content::text) IS DISTINCT FROM (excluded.position, excluded.name, excluded.content::text);
  RETURN said.id;
END
$$;
COMMENT ON FUNCTION portfolio.import_archimate_model(xml, portfolio.archimate_concept[], portfolio.archimate_verdict[]) IS
  'Takes over of an exchange file what is neither element nor relationship: the model, its definitions of properties, folders, and the views that a plan of preview_archimate() does not refuse. Gives the model. import_archimate() calls it.';

CREATE FUNCTION portfolio.import_archimate_elements(model bigint, plan portfolio.archimate_verdict[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  origin text := 'archimate: ' || (SELECT m.identifier FROM portfolio.archimate_model m WHERE m.id = model);
  wanted record;
BEGIN
  FOR wanted IN SELECT DISTINCT k.kind, k.table_name FROM unnest(plan) p JOIN portfolio.element_kind k USING (kind)
                 WHERE p.what = 'element' AND p.problem IS NULL ORDER BY 1 LOOP
    EXECUTE format('INSERT INTO portfolio.%I (%s code, name, description, source)
                    SELECT %s p.code, p.name, nullif(p.detail -> ''documentation'' -> 0 ->> ''text'', ''''), $2
                      FROM unnest($1) p WHERE p.what = ''element'' AND p.verdict = ''new'' AND p.kind = $3 ORDER BY p.position',
                   coalesce(wanted.table_name, 'element'), CASE WHEN wanted.table_name IS NULL THEN 'kind,' END, CASE WHEN wanted.table_name IS NULL THEN 'p.kind,' END)
      USING plan, origin, wanted.kind;
    -- What the file says replaces what is here, but a name that only led here stays. Of two that were merged the one counts that is called so.
    EXECUTE format('UPDATE portfolio.%I t SET name = n.name, description = n.description
                      FROM (SELECT DISTINCT ON (e.id) e.id, CASE WHEN p.matched_by = ''identifier'' AND btrim(p.detail -> ''names'' -> 0 ->> ''text'') <> '''' THEN p.name ELSE e.name END AS name,
                                   coalesce(nullif(p.detail -> ''documentation'' -> 0 ->> ''text'', ''''), e.description) AS description
                              FROM unnest($1) p JOIN portfolio.element e ON e.id = p.element
                             WHERE p.what = ''element'' AND p.verdict = ''matched'' AND p.kind = $2
                             ORDER BY e.id, p.name <> e.name, p.position) n
                     WHERE t.id = n.id AND (t.name, t.description) IS DISTINCT FROM (n.name, n.description)',
                   coalesce(wanted.table_name, 'element'))
      USING plan, wanted.kind;
  END LOOP;
  INSERT INTO portfolio.archimate_item AS i (model, identifier, position, element, detail)
  SELECT import_archimate_elements.model, p.identifier, p.position, e.id, p.detail
    FROM unnest(plan) p JOIN portfolio.element e ON (e.kind, e.code) = (p.kind, p.code)
   WHERE p.what = 'element' AND p.problem IS NULL
  ON CONFLICT ON CONSTRAINT archimate_item_pkey DO UPDATE SET position = excluded.position, element = excluded.element, relationship = NULL, detail = excluded.detail
   WHERE (i.position, i.element, i.relationship, i.detail) IS DISTINCT FROM (excluded.position, excluded.element, NULL, excluded.detail);
END
$$;
COMMENT ON FUNCTION portfolio.import_archimate_elements(bigint, portfolio.archimate_verdict[]) IS
  'Writes the elements of a plan of preview_archimate() and says which item of the model each is. import_archimate() calls it.';

CREATE FUNCTION portfolio.import_archimate_relationships(model bigint, plan portfolio.archimate_verdict[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE STRICT
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off   -- how many items a document has is unknown to the planner, and it guesses a few
SET jit = off
AS $$
DECLARE
  origin text := 'archimate: ' || (SELECT m.identifier FROM portfolio.archimate_model m WHERE m.id = model);
BEGIN
  -- A relationship that another one ends at is an element too, of kind relationship.
  WITH met AS (
    SELECT r.* FROM unnest(plan) r
     WHERE r.what = 'relationship' AND r.problem IS NULL
       AND r.identifier IN (SELECT e.identifier FROM unnest(plan) p CROSS JOIN LATERAL (VALUES (p.source), (p.target)) e (identifier)
                             WHERE p.what = 'relationship' AND p.problem IS NULL)
       AND NOT EXISTS (SELECT FROM portfolio.archimate_item i WHERE i.model = import_archimate_relationships.model AND i.identifier = r.identifier AND i.element IS NOT NULL)
  )
  INSERT INTO portfolio.element (kind, code, name, description, source)
  SELECT 'relationship', r.identifier || '_' || left(md5(origin), 8), coalesce(r.name, r.archimate_type), nullif(r.detail -> 'documentation' -> 0 ->> 'text', ''), origin
    FROM met r
  ON CONFLICT (kind, code) DO NOTHING;

  WITH ending AS (
    SELECT p.identifier, e.id, e.archimate_type AS type FROM unnest(plan) p JOIN portfolio.element e ON (e.kind, e.code) = (p.kind, p.code)
     WHERE p.what = 'element' AND p.problem IS NULL
    UNION ALL
    SELECT p.identifier, coalesce(i.element, s.id), 'Relationship' FROM unnest(plan) p
      LEFT JOIN portfolio.archimate_item i ON i.model = import_archimate_relationships.model AND i.identifier = p.identifier
      LEFT JOIN portfolio.element s ON s.kind = 'relationship' AND s.code = p.identifier || '_' || left(md5(origin), 8)
     WHERE p.what = 'relationship' AND p.problem IS NULL AND coalesce(i.element, s.id) IS NOT NULL
  ), wanted AS (
    SELECT p.*, f.id AS source_id, f.type AS source_type, t.id AS target_id, t.type AS target_type, own.id AS stands_for,
           nullif(p.detail -> 'names' -> 0 ->> 'text', '') AS label, nullif(p.detail -> 'documentation' -> 0 ->> 'text', '') AS description
      FROM unnest(plan) p
      JOIN ending f ON f.identifier = p.source
      JOIN ending t ON t.identifier = p.target
      LEFT JOIN ending own ON own.identifier = p.identifier
     WHERE p.what = 'relationship' AND p.problem IS NULL
  ), updated AS (
    UPDATE portfolio.relationship r
       SET source = w.source_id, source_type = w.source_type, kind = w.kind, target = w.target_id, target_type = w.target_type, name = coalesce(w.label, CASE WHEN w.matched_by = 'ends' THEN r.name END),
           description = coalesce(w.description, r.description), attributes = (r.attributes - '{access,influence,directed}'::text[]) || w.attributes
      FROM wanted w
     WHERE r.id = w.relationship
       AND (r.source, r.kind, r.target, r.name, r.description, r.attributes)
           IS DISTINCT FROM (w.source_id, w.kind, w.target_id, coalesce(w.label, CASE WHEN w.matched_by = 'ends' THEN r.name END), coalesce(w.description, r.description),
                             (r.attributes - '{access,influence,directed}'::text[]) || w.attributes)
  ), inserted AS (
    INSERT INTO portfolio.relationship (source, source_type, kind, target, target_type, code, name, description, attributes, origin)
    SELECT w.source_id, w.source_type, w.kind, w.target_id, w.target_type, w.code, w.label, w.description, w.attributes, origin
      FROM wanted w WHERE w.verdict = 'new' ORDER BY w.position
    RETURNING id, source, kind, target, code
  )
  INSERT INTO portfolio.archimate_item AS i (model, identifier, position, element, relationship, detail)
  SELECT import_archimate_relationships.model, w.identifier, w.position, w.stands_for, coalesce(w.relationship, n.id), w.detail
    FROM wanted w LEFT JOIN inserted n ON (n.source, n.kind, n.target, n.code) = (w.source_id, w.kind, w.target_id, w.code) AND w.verdict = 'new'
  ON CONFLICT ON CONSTRAINT archimate_item_pkey DO UPDATE
     SET position = excluded.position, element = excluded.element, relationship = excluded.relationship, detail = excluded.detail
   WHERE (i.position, i.element, i.relationship, i.detail) IS DISTINCT FROM (excluded.position, excluded.element, excluded.relationship, excluded.detail);
END
$$;
COMMENT ON FUNCTION portfolio.import_archimate_relationships(bigint, portfolio.archimate_verdict[]) IS
  'Writes the relationships of a plan of preview_archimate() and says which item of the model each is. import_archimate() calls it.';

-- Further values of the same key stay in archimate_item.detail.
CREATE FUNCTION portfolio.import_archimate_properties(model bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE STRICT
SET search_path = pg_catalog, pg_temp
SET enable_nestloop = off   -- how many items a document has is unknown to the planner, and it guesses a few
SET jit = off
AS $$
DECLARE
  definitions jsonb := (SELECT jsonb_object_agg(p.identifier, p.names) FROM portfolio.archimate_property p WHERE p.model = import_archimate_properties.model);
BEGIN
  WITH said AS (
    -- of two elements that were merged the one counts that says what is there
    SELECT DISTINCT ON (i.element, p.key) i.element, p.key, p.value, o.value AS now
      FROM portfolio.archimate_item i CROSS JOIN LATERAL portfolio.archimate_first_values(i.detail -> 'properties', definitions) p
      JOIN portfolio.element e ON e.id = i.element
      LEFT JOIN portfolio.property_definition d ON d.kind = e.kind AND d.key = p.key
      LEFT JOIN portfolio.element_property o ON o.element = i.element AND o.key = p.key AND o.valid @> current_date
     WHERE i.model = import_archimate_properties.model AND i.relationship IS NULL AND portfolio.property_problem(d.type, d.choices, p.value) IS NULL
     ORDER BY i.element, p.key, p.value IS DISTINCT FROM o.value, i.position
  ), updated AS (
    UPDATE portfolio.element_property e SET value = s.value FROM said s
     WHERE (e.element, e.key) = (s.element, s.key) AND e.valid @> current_date AND s.now <> s.value
  )
  INSERT INTO portfolio.element_property (element, key, value, valid)
  SELECT s.element, s.key, s.value, d.days
    FROM said s
   CROSS JOIN LATERAL (   -- what is over begins again, until the next period
     SELECT CASE WHEN count(*) = 0 THEN '(,)' ELSE daterange(current_date, min(lower(e.valid)) FILTER (WHERE lower(e.valid) > current_date)) END
       FROM portfolio.element_property e WHERE (e.element, e.key) = (s.element, s.key)) d (days)
   WHERE s.now IS NULL;
  INSERT INTO portfolio.relationship_property AS r (relationship, key, value)
  SELECT i.relationship, p.key, p.value
    FROM portfolio.archimate_item i CROSS JOIN LATERAL portfolio.archimate_first_values(i.detail -> 'properties', definitions) p
   WHERE i.model = import_archimate_properties.model AND i.relationship IS NOT NULL
  ON CONFLICT (relationship, key) DO UPDATE SET value = excluded.value WHERE r.value <> excluded.value;
END
$$;
COMMENT ON FUNCTION portfolio.import_archimate_properties(bigint) IS
  'Writes the properties of the items of a model to element_property and relationship_property: the value of today is replaced; where there is none today but one on other days, it begins today and ends where the next begins. import_archimate() calls it.';

CREATE FUNCTION portfolio.import_archimate(document xml, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.archimate_count
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  concepts portfolio.archimate_concept[];
  plan portfolio.archimate_verdict[];
  model bigint;
BEGIN
  PERFORM portfolio.check_options(options, '{kinds,dry_run}'), portfolio.check_archimate_kinds(options -> 'kinds'), portfolio.one_import();
  concepts := ARRAY(SELECT c FROM portfolio.read_archimate(portfolio.check_archimate(document)) c);
  plan := ARRAY(SELECT v FROM portfolio.preview_archimate_concepts(concepts, options) v);
  IF document IS NOT NULL AND NOT portfolio.boolean_option(options, 'dry_run') THEN
    model := portfolio.import_archimate_model(document, concepts, plan);
    PERFORM portfolio.import_archimate_elements(model, plan);
    PERFORM portfolio.import_archimate_relationships(model, plan);
    PERFORM portfolio.import_archimate_properties(model);
  END IF;
  RETURN QUERY
    WITH counted (nth, what, taken, refused) AS (
      SELECT 1, 'matches', count(*) FILTER (WHERE p.verdict = 'matched' AND p.what IN ('element', 'relationship')), 0
        FROM unnest(plan) p
      UNION ALL
      SELECT 4, 'properties', (SELECT coalesce(sum(jsonb_array_length(c.properties)), 0) FROM unnest(concepts) c)
               - count(*) FILTER (WHERE p.what = 'property'), count(*) FILTER (WHERE p.what = 'property')
        FROM unnest(plan) p
      UNION ALL
      SELECT 5, 'folders', count(*), 0
        FROM XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a), '/a:model/a:organizations//a:item[a:label]' PASSING (document)
                      COLUMNS nth FOR ORDINALITY) x
      UNION ALL
      SELECT w.nth, w.what || 's', count(*) FILTER (WHERE p.position IS NOT NULL AND p.problem IS NULL), count(p.problem)
        FROM (VALUES (2, 'element'), (3, 'relationship'), (6, 'view'), (7, 'extension')) w (nth, what) LEFT JOIN unnest(plan) p USING (what)
       GROUP BY w.nth, w.what)
    SELECT c.what, c.taken::bigint, c.refused::bigint FROM counted c WHERE document IS NOT NULL ORDER BY c.nth;
END
$$;
COMMENT ON FUNCTION portfolio.import_archimate(xml, jsonb) IS
  'Takes an ArchiMate exchange file (3.x) over: elements into the concept tables that stand for their types, relationships as far as ArchiMate allows them, properties, folders and views; the first row tells how much of it was here already. What is refused is counted, and named by preview_archimate(); it stops nothing else. Taking the same file again changes nothing. Options: dry_run counts only; kinds chooses the kind for a type, as {"BusinessActor": "team"}. Raises 2200M for another document or one with a document type declaration, 22023 for a wrong option. Nothing for NULL. Example: SELECT * FROM portfolio.import_archimate(portfolio.export_archimate());';
