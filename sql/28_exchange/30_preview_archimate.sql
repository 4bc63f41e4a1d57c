-- What becomes of an exchange file: what is here already, what is new, what is refused and why.
CREATE TYPE portfolio.archimate_verdict AS (
  verdict text, what text, identifier text, archimate_type text, name text, element bigint, relationship bigint, kind text, code text,
  matched_by text, problem text, position int, source text, target text, attributes jsonb, detail jsonb
);
COMMENT ON TYPE portfolio.archimate_verdict IS 'A row of preview_archimate(): one item of an exchange file and what becomes of it.';
COMMENT ON COLUMN portfolio.archimate_verdict.verdict IS 'matched (it is here already), refused, new, or missing (this model had it, the file does not; it stays as it is).';
COMMENT ON COLUMN portfolio.archimate_verdict.what IS 'element, relationship, property, view or extension.';
COMMENT ON COLUMN portfolio.archimate_verdict.identifier IS 'Its identifier in the file; of a property or extension, that of the item that has it.';
COMMENT ON COLUMN portfolio.archimate_verdict.archimate_type IS 'Its type in the file.';
COMMENT ON COLUMN portfolio.archimate_verdict.name IS 'Its first name.';
COMMENT ON COLUMN portfolio.archimate_verdict.element IS 'The element that it is here; NULL when new or no element.';
COMMENT ON COLUMN portfolio.archimate_verdict.relationship IS 'The relationship that it is here; NULL when new or no relationship.';
COMMENT ON COLUMN portfolio.archimate_verdict.kind IS 'Kind of the element or relationship, here or to be.';
COMMENT ON COLUMN portfolio.archimate_verdict.code IS 'Code of the element or relationship, here or to be.';
COMMENT ON COLUMN portfolio.archimate_verdict.matched_by IS 'identifier, name (of an element: no other of its type has that name or alias, here or in the file) or ends (of a relationship).';
COMMENT ON COLUMN portfolio.archimate_verdict.problem IS 'Why it is refused; NULL otherwise.';
COMMENT ON COLUMN portfolio.archimate_verdict.position IS 'Its place in the file.';
COMMENT ON COLUMN portfolio.archimate_verdict.source IS 'Identifier of the source of a relationship.';
COMMENT ON COLUMN portfolio.archimate_verdict.target IS 'Identifier of the target of a relationship.';
COMMENT ON COLUMN portfolio.archimate_verdict.attributes IS 'Access, influence and direction, as relationship.attributes holds them.';
COMMENT ON COLUMN portfolio.archimate_verdict.detail IS 'names, documentation and properties as the file has them.';

CREATE FUNCTION portfolio.check_archimate_kinds(kinds jsonb) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wrong record;
BEGIN
  IF kinds IS NULL THEN
    RETURN NULL;
  END IF;
  IF jsonb_typeof(kinds) <> 'object' THEN
    RAISE EXCEPTION 'option "kinds" must be a JSON object'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Such as {"BusinessActor": "team"}.';
  END IF;
  SELECT o.key, o.value INTO wrong FROM jsonb_each_text(kinds) o
   WHERE NOT EXISTS (SELECT FROM portfolio.element_kind k WHERE k.kind = o.value AND k.archimate_type = o.key) ORDER BY 1 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '"%" is no kind of ArchiMate type "%"', wrong.value, wrong.key
      USING ERRCODE = 'invalid_parameter_value',
            HINT = format('SELECT kind FROM portfolio.element_kind WHERE archimate_type = %L lists them.', wrong.key);
  END IF;
  SELECT o.value, string_agg(f.field, ', ' ORDER BY f.ord) AS fields INTO wrong
    FROM jsonb_each_text(kinds) o CROSS JOIN LATERAL portfolio.sheet_fields(o.value) f
   WHERE f.blank = 'refused' AND f.field NOT IN ('code', 'name') GROUP BY 1 ORDER BY 1 LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'a % cannot be made of an exchange file', wrong.value
      USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It needs %s, of which a file says nothing.', wrong.fields),
            HINT = format('Make them first, by portfolio.import(%L, ...): elements that are here are matched by name.', wrong.value);
  END IF;
  RETURN kinds;
END
$$;
COMMENT ON FUNCTION portfolio.check_archimate_kinds(jsonb) IS
  'The option kinds of import_archimate(). Raises 22023 where it is no object of ArchiMate types and kinds of theirs, or a kind needs more than a file says. NULL is fine.';

-- What a property is here: the first value of each key. A key is the first name of the property's definition.
CREATE FUNCTION portfolio.archimate_first_values(properties jsonb, definitions jsonb, OUT key text, OUT value text) RETURNS SETOF record
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT DISTINCT ON (k.key) k.key, coalesce(p.said -> 'values' -> 0 ->> 'text', '')
    FROM jsonb_array_elements($1) WITH ORDINALITY p (said, nth)
   CROSS JOIN LATERAL (SELECT nullif(btrim($2 -> (p.said ->> 'definition') -> 0 ->> 'text'), '')) k (key)
   WHERE k.key IS NOT NULL
   ORDER BY k.key, p.nth;
END;
COMMENT ON FUNCTION portfolio.archimate_first_values(jsonb, jsonb) IS
  'Keys and values of properties as the portfolio holds them: of each key the first value, in the first language. definitions are {identifier: names}.';

-- Elements of the file, each with the element that it is here.
CREATE FUNCTION portfolio.preview_archimate_elements(concepts portfolio.archimate_concept[], options jsonb DEFAULT '{}') RETURNS SETOF portfolio.archimate_verdict
LANGUAGE sql STABLE PARALLEL SAFE
SET enable_nestloop = off   -- how many items a document has is unknown to the planner, and it guesses a few
SET jit = off
BEGIN ATOMIC
  WITH said AS MATERIALIZED (
    SELECT c.*, count(*) OVER (PARTITION BY c.identifier) AS namesakes FROM unnest($1) c
  ), model AS (
    SELECT c.identifier, m.id FROM said c LEFT JOIN portfolio.archimate_model m USING (identifier) WHERE c.what = 'model'
  ), concept AS MATERIALIZED (
    SELECT s.position, s.identifier, s.archimate_type, t.type, s.namesakes, nullif(btrim(s.names -> 0 ->> 'text'), '') AS name,
           coalesce($2 -> 'kinds' ->> t.type, portfolio.archimate_kind(t.type)) AS kind,
           jsonb_build_object('names', s.names, 'documentation', s.documentation, 'properties', s.properties)
             || CASE WHEN t.type = 'Junction' THEN jsonb_build_object('type', s.archimate_type) ELSE '{}' END AS detail,
           CASE WHEN coalesce(btrim(s.identifier), '') = '' THEN 'it has no identifier'
                WHEN s.namesakes > 1 THEN 'its identifier is used more than once'
                WHEN t.type = 'Relationship' OR NOT EXISTS (SELECT FROM portfolio.relationship_rule r WHERE r.source_type = t.type)
                THEN format('"%s" is no element of ArchiMate 3.2', coalesce(s.archimate_type, '')) END AS problem
      FROM said s, LATERAL (SELECT CASE WHEN s.archimate_type IN ('AndJunction', 'OrJunction') THEN 'Junction' ELSE s.archimate_type END) t (type)
     WHERE s.what = 'element'
  ), named AS (
    SELECT e.id, e.archimate_type, lower(btrim(e.name)) AS name FROM portfolio.element e WHERE e.valid @> current_date
    UNION SELECT e.id, e.archimate_type, lower(btrim(a.value))
      FROM portfolio.element_alias a JOIN portfolio.element e ON e.id = a.element WHERE e.valid @> current_date
  ), before AS MATERIALIZED (
    SELECT i.identifier, e.id, e.archimate_type AS type
      FROM model m JOIN portfolio.archimate_item i ON i.model = m.id JOIN portfolio.element e ON e.id = i.element WHERE i.relationship IS NULL
  ), known AS (   -- by what identifies it: this model before, what went out from here, another model
    SELECT c.position, b.id, 1 AS rank FROM concept c JOIN before b USING (identifier, type)
    UNION ALL
    SELECT c.position, e.id, 2 FROM concept c JOIN portfolio.element e ON e.archimate_type = c.type
     WHERE c.identifier = portfolio.archimate_identifier(e.kind, e.code)
    UNION ALL
    SELECT c.position, e.id, 3
      FROM concept c JOIN portfolio.archimate_item i ON i.identifier = c.identifier AND i.relationship IS NULL
      JOIN portfolio.element e ON e.id = i.element AND e.archimate_type = c.type
     WHERE char_length(c.identifier) >= 32   -- shorter ones may mean something else in each model
  ), identified AS (
    -- an element is one of the file; that it was two of this model before, merge_elements() has made so
    SELECT k.position, k.id
      FROM (SELECT k.*, row_number() OVER (PARTITION BY k.id ORDER BY k.rank, k.position) AS nth
              FROM (SELECT DISTINCT ON (k.position) k.* FROM known k JOIN concept c USING (position) WHERE c.problem IS NULL ORDER BY k.position, k.rank, k.id) k) k
     WHERE k.rank = 1 OR k.nth = 1
  ), alike AS (
    SELECT c.position, n.id, count(*) OVER (PARTITION BY c.position) AS here, count(*) OVER (PARTITION BY n.id) AS there
      FROM concept c JOIN named n ON n.archimate_type = c.type AND n.name = lower(c.name)
     WHERE c.problem IS NULL
  ), matched AS (
    SELECT i.position, i.id, 'identifier' AS matched_by FROM identified i
    UNION ALL
    SELECT a.position, a.id, 'name' FROM alike a
     WHERE a.here = 1 AND a.there = 1
       AND NOT EXISTS (SELECT FROM identified i WHERE i.position = a.position OR i.id = a.id)
       AND NOT EXISTS (SELECT FROM portfolio.archimate_item i JOIN model m ON i.model = m.id WHERE i.element = a.id)
  ), fresh AS (
    SELECT c.position, c.kind, coalesce(nullif(left(btrim(upper(regexp_replace(c.name COLLATE "C", '[^A-Za-z0-9]+', '_', 'g')), '_'), 60), ''), c.identifier) AS code
      FROM concept c WHERE c.problem IS NULL AND NOT EXISTS (SELECT FROM matched m WHERE m.position = c.position)
  ), coded AS (   -- the name in capitals, told apart by the identifier where it is taken
    SELECT f.position, f.code || CASE WHEN row_number() OVER (PARTITION BY f.kind, f.code ORDER BY f.position) > 1 OR e.id IS NOT NULL
                                      THEN '_' || left(md5(m.identifier || ' ' || c.identifier), 8) ELSE '' END AS code
      FROM fresh f JOIN concept c USING (position) CROSS JOIN model m LEFT JOIN portfolio.element e ON e.kind = f.kind AND e.code = f.code
  )
  SELECT CASE WHEN c.problem IS NOT NULL THEN 'refused' WHEN m.id IS NOT NULL THEN 'matched' ELSE 'new' END,
         'element', c.identifier, c.archimate_type, coalesce(c.name, e.name, k.label), m.id, NULL::bigint, coalesce(e.kind, c.kind), coalesce(e.code, d.code),
         m.matched_by, c.problem, c.position, NULL::text, NULL::text, '{}'::jsonb, c.detail
    FROM concept c
    LEFT JOIN matched m USING (position)
    LEFT JOIN portfolio.element e ON e.id = m.id
    LEFT JOIN coded d USING (position)
    LEFT JOIN portfolio.element_kind k ON k.kind = c.kind
   ORDER BY c.position;
END;
COMMENT ON FUNCTION portfolio.preview_archimate_elements(portfolio.archimate_concept[], jsonb) IS
  'The elements of what read_archimate() has read with the elements that they are here; the first half of preview_archimate_concepts().';

CREATE FUNCTION portfolio.preview_archimate_concepts(concepts portfolio.archimate_concept[], options jsonb DEFAULT '{}') RETURNS SETOF portfolio.archimate_verdict
LANGUAGE sql STABLE PARALLEL SAFE
SET enable_nestloop = off   -- how many items a document has is unknown to the planner, and it guesses a few
SET jit = off
BEGIN ATOMIC
  WITH RECURSIVE said AS MATERIALIZED (
    SELECT c.*, count(*) OVER (PARTITION BY c.identifier) AS namesakes FROM unnest($1) c
  ), model AS (
    SELECT c.identifier, m.id FROM said c LEFT JOIN portfolio.archimate_model m USING (identifier) WHERE c.what = 'model'
  ), element AS MATERIALIZED (
    SELECT e.* FROM portfolio.preview_archimate_elements($1, $2) e
  ), ending AS (   -- what a relationship may end at
    SELECT e.identifier, k.archimate_type AS type, e.element
      FROM element e JOIN portfolio.element_kind k USING (kind) WHERE e.problem IS NULL
    UNION ALL
    SELECT s.identifier, 'Relationship', i.element
      FROM said s LEFT JOIN model m ON true LEFT JOIN portfolio.archimate_item i ON i.model = m.id AND i.identifier = s.identifier
     WHERE s.what = 'relationship' AND s.namesakes = 1
  ), relation AS MATERIALIZED (
    SELECT s.*, k.kind, f.type AS source_type, t.type AS target_type, f.element AS source_element, t.element AS target_element,
           CASE WHEN coalesce(btrim(s.identifier), '') = '' THEN 'it has no identifier'
                WHEN s.namesakes > 1 THEN 'its identifier is used more than once'
                WHEN k.kind IS NULL OR k.kind NOT IN (SELECT r.kind FROM portfolio.relationship_rule r)
                THEN format('"%s" is no relationship of ArchiMate 3.2', coalesce(s.archimate_type, ''))
                WHEN s.attributes ->> 'access' NOT IN ('access', 'read', 'write', 'readwrite') THEN format('"%s" is no way of access', s.attributes ->> 'access')
                WHEN f.type IS NULL THEN format('its source "%s" is not in the document or was refused', coalesce(s.source, ''))
                WHEN t.type IS NULL THEN format('its target "%s" is not in the document or was refused', coalesce(s.target, ''))
                WHEN s.source <> s.target AND f.element = t.element
                     AND NOT EXISTS (SELECT FROM portfolio.archimate_item i JOIN model m ON i.model = m.id WHERE i.identifier = s.identifier AND i.relationship IS NOT NULL)
                THEN 'its source and its target are one element here'
                WHEN NOT EXISTS (SELECT FROM portfolio.relationship_rule r WHERE (r.source_type, r.kind, r.target_type) = (f.type, k.kind, t.type))
                THEN format('ArchiMate allows no %s from %s to %s', k.kind, f.type, t.type) END AS problem
      FROM said s CROSS JOIN LATERAL (SELECT lower(s.archimate_type COLLATE "C")) k (kind)
      LEFT JOIN ending f ON f.identifier = s.source
      LEFT JOIN ending t ON t.identifier = s.target
     WHERE s.what = 'relationship'
  ), on_relation AS (
    SELECT r.position, r.identifier, CASE WHEN r.source_type = 'Relationship' THEN r.source ELSE r.target END AS ends_at
      FROM relation r WHERE r.problem IS NULL AND 'Relationship' IN (r.source_type, r.target_type)
  ), reached AS (   -- at least one end is an element, so a chain of relationships begins at one whose ends both are
    SELECT r.position, r.identifier FROM relation r
     WHERE r.problem IS NULL AND r.source_type <> 'Relationship' AND r.target_type <> 'Relationship'
    UNION
    SELECT r.position, r.identifier FROM reached b JOIN on_relation r ON r.ends_at = b.identifier
  ), candidate AS (
    SELECT r.position, i.relationship AS id, 1 AS rank, 'identifier' AS matched_by
      FROM relation r, model m, portfolio.archimate_item i WHERE i.model = m.id AND i.identifier = r.identifier AND i.relationship IS NOT NULL
    UNION ALL
    SELECT r.position, h.id, CASE WHEN known THEN 2 ELSE 3 END, CASE WHEN known THEN 'identifier' ELSE 'ends' END
      FROM relation r
      JOIN portfolio.relationship h ON (h.source, h.kind, h.target) = (r.source_element, r.kind, r.target_element) AND h.valid @> current_date
      JOIN portfolio.element s ON s.id = h.source JOIN portfolio.element t ON t.id = h.target
     CROSS JOIN LATERAL (SELECT r.identifier IN (h.code, portfolio.archimate_identifier(s.kind, s.code, h.kind, t.kind, t.code, h.code))) k (known)
     WHERE (known OR h.code = '')
       AND NOT EXISTS (SELECT FROM portfolio.archimate_item i JOIN model m ON i.model = m.id WHERE i.relationship = h.id)
  ), paired AS (   -- each is taken for at most one other, the surest pairs first
    SELECT c.*, row_number() OVER (PARTITION BY c.position ORDER BY c.rank, c.id) AS nth_here, row_number() OVER (PARTITION BY c.id ORDER BY c.rank, c.position) AS nth_there
      FROM candidate c
  ), judged AS (
    SELECT s.position, 'relationship' AS what, s.identifier, s.archimate_type, nullif(btrim(s.names -> 0 ->> 'text'), '') AS name, NULL::bigint AS element, p.id AS relationship,
           s.kind, coalesce(h.code, s.identifier) AS code, p.matched_by, coalesce(s.problem, CASE WHEN b.position IS NULL THEN 'the relationship at its end is refused' END) AS problem,
           s.source, s.target, s.attributes, jsonb_build_object('names', s.names, 'documentation', s.documentation, 'properties', s.properties) AS detail
      FROM relation s
      LEFT JOIN reached b USING (position)
      LEFT JOIN paired p ON p.position = s.position AND p.nth_here = 1 AND p.nth_there = 1 AND s.problem IS NULL
      LEFT JOIN portfolio.relationship h ON h.id = p.id
    UNION ALL
    SELECT e.position, e.what, e.identifier, e.archimate_type, e.name, e.element, NULL, e.kind, e.code, e.matched_by, e.problem, NULL, NULL, e.attributes, e.detail
      FROM element e
    UNION ALL
    SELECT s.position, 'view', s.identifier, s.archimate_type, s.names -> 0 ->> 'text', NULL, NULL, NULL, NULL, CASE WHEN v.identifier IS NOT NULL THEN 'identifier' END,
           CASE WHEN coalesce(btrim(s.identifier), '') = '' THEN 'it has no identifier' WHEN s.namesakes > 1 THEN 'its identifier is used more than once' END,
           NULL, NULL, '{}', '{}'
      FROM said s LEFT JOIN model m ON true LEFT JOIN portfolio.archimate_view v ON v.model = m.id AND v.identifier = s.identifier
     WHERE s.what = 'view'
    UNION ALL
    SELECT s.position, 'property', s.identifier, s.archimate_type, p.said ->> 'definition', NULL, NULL, NULL, NULL, NULL,
           format('its definition "%s" is not in the document', coalesce(p.said ->> 'definition', '')), NULL, NULL, '{}', p.said
      FROM said s CROSS JOIN LATERAL jsonb_array_elements(s.properties) p (said)
     WHERE NOT EXISTS (SELECT FROM said d WHERE d.what = 'propertyDefinition' AND d.identifier = p.said ->> 'definition')
    UNION ALL
    SELECT e.position, 'property', e.identifier, e.archimate_type, p.key, e.element, NULL, e.kind, e.code, NULL,
           format('"%s" %s', p.value, portfolio.property_problem(d.type, d.choices, p.value)), NULL, NULL, '{}', '{}'
      FROM element e CROSS JOIN LATERAL portfolio.archimate_first_values(e.detail -> 'properties', (SELECT jsonb_object_agg(s.identifier, s.names) FROM said s WHERE s.what = 'propertyDefinition' AND s.identifier IS NOT NULL)) p
      JOIN portfolio.property_definition d ON d.kind = e.kind AND d.key = p.key
     WHERE e.problem IS NULL AND portfolio.property_problem(d.type, d.choices, p.value) IS NOT NULL
    UNION ALL
    SELECT s.position, 'extension', s.identifier, s.archimate_type, s.names -> 0 ->> 'text', NULL, NULL, NULL, NULL, NULL,
           format('%s of its elements and attributes are of other namespaces', s.strange), NULL, NULL, '{}', '{}'
      FROM said s WHERE s.strange > 0 AND s.what IN ('model', 'element', 'relationship')
  )
  SELECT v.verdict, j.what, j.identifier, j.archimate_type, j.name, j.element, j.relationship, j.kind, j.code,
         CASE WHEN v.verdict = 'matched' THEN j.matched_by END, j.problem, j.position, j.source, j.target, j.attributes, j.detail
    FROM judged j, LATERAL (SELECT CASE WHEN j.problem IS NOT NULL THEN 'refused' WHEN j.matched_by IS NOT NULL THEN 'matched' ELSE 'new' END) v (verdict)
   ORDER BY array_position('{matched,refused,new}', v.verdict), array_position('{element,relationship,property,view,extension}', j.what), j.position;
END;
COMMENT ON FUNCTION portfolio.preview_archimate_concepts(portfolio.archimate_concept[], jsonb) IS
  'What preview_archimate() says of what read_archimate() has read, so that a file is read once.';

-- What an earlier edition of the model had.
CREATE FUNCTION portfolio.missing_archimate(concepts portfolio.archimate_concept[]) RETURNS SETOF portfolio.archimate_verdict
LANGUAGE sql STABLE PARALLEL SAFE
SET enable_nestloop = off   -- how many items a document has is unknown to the planner, and it guesses a few
SET jit = off
BEGIN ATOMIC
  SELECT 'missing', CASE WHEN r.id IS NULL THEN 'element' ELSE 'relationship' END, i.identifier, CASE WHEN r.id IS NULL THEN e.archimate_type ELSE initcap(r.kind COLLATE "C") END,
         CASE WHEN r.id IS NULL THEN e.name ELSE r.name END, CASE WHEN r.id IS NULL THEN e.id END, r.id, coalesce(r.kind, e.kind), CASE WHEN r.id IS NULL THEN e.code ELSE r.code END,
         NULL::text, NULL::text, i.position, NULL::text, NULL::text, coalesce(r.attributes, '{}'), i.detail
    FROM unnest($1) c
    JOIN portfolio.archimate_model m ON m.identifier = c.identifier
    JOIN portfolio.archimate_item i ON i.model = m.id
    LEFT JOIN portfolio.element e ON e.id = i.element
    LEFT JOIN portfolio.relationship r ON r.id = i.relationship
   WHERE c.what = 'model' AND NOT EXISTS (SELECT FROM unnest($1) o WHERE o.what IN ('element', 'relationship') AND o.identifier = i.identifier)
   ORDER BY i.position;
END;
COMMENT ON FUNCTION portfolio.missing_archimate(portfolio.archimate_concept[]) IS
  'Part of preview_archimate(): the elements and relationships that the model had when it was taken before and that the file has no more; position is that of then. None for a model that was never taken.';

CREATE FUNCTION portfolio.preview_archimate(document xml, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.archimate_verdict
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH concepts AS MATERIALIZED (
    SELECT ARRAY(SELECT c FROM portfolio.read_archimate(portfolio.check_archimate($1)) c) AS list
  )
  SELECT v.*
    FROM concepts, portfolio.preview_archimate_concepts(concepts.list, portfolio.check_options($2, '{kinds,dry_run}') || jsonb_build_object('kinds', portfolio.check_archimate_kinds($2 -> 'kinds'))) v
  UNION ALL
  SELECT v.* FROM concepts, portfolio.missing_archimate(concepts.list) v;
END;
COMMENT ON FUNCTION portfolio.preview_archimate(xml, jsonb) IS
  'What import_archimate() would make of an exchange file, one row an item: first what is here already and how that is known, then what is refused and why, then what is new, then what this model had and the file has no more (missing), which import_archimate() leaves as it is. Changes nothing. Options and errors as import_archimate(). Example: SELECT verdict, what, name, kind, code, matched_by, problem FROM portfolio.preview_archimate(portfolio.export_archimate());';
