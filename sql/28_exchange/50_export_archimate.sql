-- The portfolio as an ArchiMate exchange file.
CREATE FUNCTION portfolio.xml_escape(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  -- what XML 1.0 cannot hold at all becomes a question mark; a carriage return would be lost without its reference
  SELECT replace(replace(replace(replace(replace(regexp_replace($1, '[\u0001-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]', '?', 'g'),
                 '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), E'\r', '&#13;');
END;
COMMENT ON FUNCTION portfolio.xml_escape(text) IS
  'A text as it stands in XML, between tags or in an attribute with double quotes. Characters that XML 1.0 cannot hold become question marks. NULL for NULL. Example: SELECT portfolio.xml_escape(''a < b & c'');';

CREATE FUNCTION portfolio.xml_attribute(name text, value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce(' ' || $1 || '="' || replace(replace(portfolio.xml_escape($2), E'\n', '&#10;'), E'\t', '&#9;') || '"', '');
END;
COMMENT ON FUNCTION portfolio.xml_attribute(text, text) IS
  'An attribute with a blank before it; nothing when value is NULL. Example: SELECT portfolio.xml_attribute(''id'', ''a'');';

CREATE FUNCTION portfolio.archimate_texts(tag text, said jsonb, now text, same boolean) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce(string_agg('<' || $1 || portfolio.xml_attribute('xml:lang', t.said ->> 'lang') || '>'
                             || portfolio.xml_escape(CASE WHEN t.nth = 1 AND NOT $4 THEN $3 ELSE t.said ->> 'text' END) || '</' || $1 || '>', '' ORDER BY t.nth), '')
    FROM jsonb_array_elements(CASE WHEN NOT $4 AND $3 IS NULL THEN '[]' WHEN $2 = '[]' AND $3 IS NOT NULL THEN '[{}]' ELSE $2 END) WITH ORDINALITY t (said, nth);
END;
COMMENT ON FUNCTION portfolio.archimate_texts(text, jsonb, text, boolean) IS
  'Names or documentation in XML: what the file said when the text of now is still the same, else now in the language of the first, and the other languages after it.';

CREATE TYPE portfolio.archimate_export_row AS (
  identifier text, model bigint, position int, element bigint, relationship bigint, archimate_type text, name text, description text,
  source text, target text, attributes jsonb, detail jsonb
);
COMMENT ON TYPE portfolio.archimate_export_row IS 'A row of archimate_export_rows(): an element or relationship as the exchange file names it.';
COMMENT ON COLUMN portfolio.archimate_export_row.identifier IS 'Identifier in the file.';
COMMENT ON COLUMN portfolio.archimate_export_row.model IS 'Model from which it has the identifier; NULL when it came from none.';
COMMENT ON COLUMN portfolio.archimate_export_row.position IS 'Its place in that model.';
COMMENT ON COLUMN portfolio.archimate_export_row.element IS 'The element.';
COMMENT ON COLUMN portfolio.archimate_export_row.relationship IS 'The relationship; NULL for an element.';
COMMENT ON COLUMN portfolio.archimate_export_row.archimate_type IS 'Type as the file writes it.';
COMMENT ON COLUMN portfolio.archimate_export_row.name IS 'Its name now.';
COMMENT ON COLUMN portfolio.archimate_export_row.description IS 'Its description now.';
COMMENT ON COLUMN portfolio.archimate_export_row.source IS 'Identifier of the source of a relationship.';
COMMENT ON COLUMN portfolio.archimate_export_row.target IS 'Identifier of the target of a relationship.';
COMMENT ON COLUMN portfolio.archimate_export_row.attributes IS 'Attributes of a relationship.';
COMMENT ON COLUMN portfolio.archimate_export_row.detail IS 'What its file said, as archimate_item.detail.';

-- $1: the one model, or NULL for everything. An identifier that two models use for two things stays with the first, and what is made
-- of kind and code is told apart by the number where something else came with it.
CREATE FUNCTION portfolio.archimate_export_rows(model bigint) RETURNS SETOF portfolio.archimate_export_row
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET enable_nestloop = off   -- how many items a document has is unknown to the planner, and it guesses a few
SET jit = off
BEGIN ATOMIC
  WITH item AS MATERIALIZED (
    SELECT DISTINCT ON (i.relationship IS NULL, coalesce(i.relationship, i.element)) i.*
      FROM (SELECT i.*, row_number() OVER (PARTITION BY i.identifier ORDER BY i.model) AS nth FROM portfolio.archimate_item i WHERE $1 IS NULL OR i.model = $1) i
     ORDER BY i.relationship IS NULL, coalesce(i.relationship, i.element), i.nth > 1, i.model, i.position
  ), element AS MATERIALIZED (
    SELECT CASE WHEN i.nth = 1 THEN i.identifier WHEN o.identifier IS NULL THEN g.identifier ELSE portfolio.archimate_identifier(g.identifier, e.id::text) END AS identifier, i.model, i.position, e.id, e.description,
           -- without a name in its file it has the label of its kind
           CASE WHEN btrim(i.detail -> 'names' -> 0 ->> 'text') = '' AND e.name = k.label THEN '' ELSE e.name END AS name,
           CASE WHEN e.archimate_type = 'Junction' THEN coalesce(i.detail ->> 'type', 'AndJunction') ELSE e.archimate_type END AS type, i.detail
      FROM portfolio.element e JOIN portfolio.element_kind k USING (kind) LEFT JOIN item i ON i.element = e.id AND i.relationship IS NULL
     CROSS JOIN LATERAL (SELECT portfolio.archimate_identifier(e.kind, e.code)) g (identifier) LEFT JOIN item o ON o.identifier = g.identifier AND o.nth = 1
     WHERE e.valid @> (SELECT portfolio.as_of()) AND e.archimate_type <> 'Relationship' AND ($1 IS NULL OR i.model IS NOT NULL)
  ), relation AS MATERIALIZED (
    SELECT CASE WHEN i.nth = 1 THEN i.identifier WHEN o.identifier IS NULL THEN g.identifier ELSE portfolio.archimate_identifier(g.identifier, r.id::text) END AS identifier, i.model, i.position, r.*, i.detail, i.element AS stands_for
      FROM portfolio.relationship r
      JOIN portfolio.element s ON s.id = r.source
      JOIN portfolio.element t ON t.id = r.target
      LEFT JOIN item i ON i.relationship = r.id
     CROSS JOIN LATERAL (SELECT portfolio.archimate_identifier(s.kind, s.code, r.kind, t.kind, t.code, r.code)) g (identifier)
      LEFT JOIN item o ON o.identifier = g.identifier AND o.nth = 1
     WHERE r.valid @> (SELECT portfolio.as_of()) AND ($1 IS NULL OR i.model IS NOT NULL)
  ), ending AS (
    SELECT e.id, e.identifier FROM element e
    UNION ALL SELECT r.stands_for, r.identifier FROM relation r WHERE r.stands_for IS NOT NULL
  )
  SELECT e.identifier, e.model, e.position, e.id, NULL::bigint, e.type, e.name, e.description, NULL::text, NULL::text, '{}'::jsonb, coalesce(e.detail, '{}') FROM element e
  UNION ALL
  SELECT r.identifier, r.model, r.position, NULL, r.id, initcap(r.kind COLLATE "C"), r.name, r.description, s.identifier, t.identifier, r.attributes, coalesce(r.detail, '{}')
    FROM relation r JOIN ending s ON s.id = r.source JOIN ending t ON t.id = r.target;
END;
COMMENT ON FUNCTION portfolio.archimate_export_rows(bigint) IS
  'The elements and relationships of the day of pg_portfolio.as_of with the identifiers that export_archimate() gives them: those of one model, or all for NULL. Example: SELECT count(*) FROM portfolio.archimate_export_rows(NULL);';

-- One identifier names one thing in a document, whatever models came with it: elements and relationships keep theirs, then definitions
-- of properties, then what is drawn, each of the earlier model first.
CREATE FUNCTION portfolio.archimate_renamed(export portfolio.archimate_export_row[], of_model bigint) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET enable_nestloop = off   -- how many items a document has is unknown to the planner, and it guesses a few
SET jit = off
BEGIN ATOMIC
  WITH model AS (
    SELECT m.* FROM portfolio.archimate_model m WHERE $2 IS NULL OR m.id = $2
  ), part AS (
    SELECT v.model, v.content FROM portfolio.archimate_view v JOIN model m ON m.id = v.model
    UNION ALL SELECT m.id, m.viewpoints FROM model m WHERE m.viewpoints IS NOT NULL
    UNION ALL SELECT m.id, t.tree FROM model m CROSS JOIN LATERAL unnest(m.organizations) t (tree)
  ), given AS MATERIALIZED (
    SELECT NULL::bigint AS model, NULL AS what, x.identifier FROM unnest($1) x
    UNION ALL SELECT NULL, NULL, i.identifier
      FROM (SELECT CASE WHEN count(*) = 1 THEN min(m.identifier) ELSE portfolio.archimate_identifier('portfolio') END AS identifier FROM model m) i
    UNION ALL SELECT p.model, 'definitions', p.identifier FROM portfolio.archimate_property p JOIN model m ON m.id = p.model
    UNION ALL SELECT DISTINCT p.model, 'drawn', x.identifier
      FROM part p CROSS JOIN LATERAL XMLTABLE('//@identifier' PASSING (p.content) COLUMNS identifier text PATH '.') x
  ), renamed AS (
    SELECT g.model, g.what, jsonb_object_agg(g.identifier, f.identifier) AS identifiers
      FROM (SELECT g.*, row_number() OVER (PARTITION BY g.identifier ORDER BY g.what DESC NULLS FIRST, g.model NULLS FIRST) AS nth FROM given g) g
      JOIN model m ON m.id = g.model
     CROSS JOIN LATERAL (   -- a file that went out from here may have come back with the first of these
       SELECT c.identifier FROM generate_series(1, 100) n (n) CROSS JOIN LATERAL portfolio.archimate_identifier(m.identifier, g.what, g.identifier, n.n::text) c (identifier)
        WHERE NOT EXISTS (SELECT FROM given o WHERE o.identifier = c.identifier) ORDER BY n.n LIMIT 1) f
     WHERE g.nth > 1
     GROUP BY g.model, g.what
  )
  SELECT coalesce(jsonb_object_agg(r.model, r.parts), '{}') FROM (SELECT r.model, jsonb_object_agg(r.what, r.identifiers) AS parts FROM renamed r GROUP BY r.model) r;
END;
COMMENT ON FUNCTION portfolio.archimate_renamed(portfolio.archimate_export_row[], bigint) IS
  'What export_archimate() writes under another identifier, for another thing of the document has it: {model: {"definitions": {old: new}, "drawn": {old: new}}}, drawn being views, viewpoints, boxes, connections and folders. {} when nothing is.';

CREATE FUNCTION portfolio.archimate_definitions(renamed jsonb, of_model bigint, OUT model bigint, OUT identifier text, OUT written text, OUT key text, OUT type text, OUT names jsonb, OUT nth_of_key bigint)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT p.model, p.identifier, coalesce($1 -> p.model::text -> 'definitions' ->> p.identifier, p.identifier),
         nullif(btrim(p.names -> 0 ->> 'text'), ''), p.type, p.names,
         row_number() OVER (PARTITION BY btrim(p.names -> 0 ->> 'text') ORDER BY p.model, p.position)
    FROM portfolio.archimate_property p
   WHERE $2 IS NULL OR p.model = $2
   ORDER BY p.model, p.position;
END;
COMMENT ON FUNCTION portfolio.archimate_definitions(jsonb, bigint) IS
  'Definitions of properties of one model, or of all for NULL, with the identifier under which export_archimate() writes each, as archimate_renamed() says, and the key that it stands for.';

-- What the file said as far as it still holds, then what has come since.
CREATE FUNCTION portfolio.archimate_export_properties(export portfolio.archimate_export_row[], renamed jsonb, of_model bigint,
                                                      OUT owner text, OUT nth bigint, OUT definition text, OUT new_key text, OUT said jsonb)
RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET enable_nestloop = off   -- how many items a document has is unknown to the planner, and it guesses a few
SET jit = off
BEGIN ATOMIC
  WITH definition AS MATERIALIZED (
    SELECT d.* FROM portfolio.archimate_definitions($2, $3) d
  ), said AS MATERIALIZED (
    SELECT x.identifier, p.nth, d.written, d.key, p.said -> 'values' AS said, row_number() OVER (PARTITION BY x.identifier, d.key ORDER BY p.nth) AS nth_of_key
      FROM unnest($1) x CROSS JOIN LATERAL jsonb_array_elements(x.detail -> 'properties') WITH ORDINALITY p (said, nth)
      JOIN definition d ON d.model = x.model AND d.identifier = p.said ->> 'definition'
  ), now AS MATERIALIZED (
    SELECT x.identifier, e.key, e.value FROM unnest($1) x JOIN portfolio.element_property e ON e.element = x.element AND e.valid @> (SELECT portfolio.as_of())
    UNION ALL
    SELECT x.identifier, r.key, r.value FROM unnest($1) x JOIN portfolio.relationship_property r ON r.relationship = x.relationship
  )
  SELECT s.identifier, s.nth, s.written, NULL::text,
         CASE WHEN s.nth_of_key = 1 AND n.value <> coalesce(s.said -> 0 ->> 'text', '')
              THEN jsonb_build_array(coalesce(s.said -> 0, '{}') || jsonb_build_object('text', n.value)) || (s.said - 0)
              ELSE s.said END
    FROM said s LEFT JOIN now n ON n.identifier = s.identifier AND n.key = s.key
   WHERE s.key IS NULL OR n.key IS NOT NULL
  UNION ALL
  SELECT n.identifier, (SELECT coalesce(max(s.nth), 0) FROM said s) + row_number() OVER (PARTITION BY n.identifier ORDER BY n.key),
         coalesce(d.written, portfolio.archimate_identifier('property', n.key)), CASE WHEN d.written IS NULL THEN n.key END,
         jsonb_build_array(jsonb_build_object('text', n.value))
    FROM now n LEFT JOIN definition d ON d.key = n.key AND d.nth_of_key = 1
   WHERE NOT EXISTS (SELECT FROM said s WHERE s.identifier = n.identifier AND s.key = n.key);
END;
COMMENT ON FUNCTION portfolio.archimate_export_properties(portfolio.archimate_export_row[], jsonb, bigint) IS
  'The properties that export_archimate() writes for these rows: owner is the identifier of the element or relationship, definition that of the definition, new_key its key where no file has brought one. In the order of their file, with the values of today; then by key those that have come since.';

CREATE FUNCTION portfolio.archimate_property_list(properties jsonb) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT '<properties>' || string_agg('<property' || portfolio.xml_attribute('propertyDefinitionRef', p.said ->> 'definition') || '>'
           || coalesce(nullif(portfolio.archimate_texts('value', p.said -> 'values', NULL, true), ''), '<value/>') || '</property>', '' ORDER BY p.nth) || '</properties>'
    FROM jsonb_array_elements($1) WITH ORDINALITY p (said, nth);
END;
COMMENT ON FUNCTION portfolio.archimate_property_list(jsonb) IS
  'Properties, [{"definition", "values": [{"lang", "text"}]}], in XML; NULL when there are none.';

-- Folders and views stand as they came, but for what they refer to: identifiers that are written differently, and what is
-- gone. A box whose element is gone stays as a plain box, a connection as a line; a place in a folder and a property go.
CREATE FUNCTION portfolio.archimate_rewrite(content text, identifiers jsonb, drawn jsonb DEFAULT '{}') RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- what may hold anything that looks like a tag; {1,1}? makes each end at its first end
  verbatim text := '(?:<!\[CDATA\[.*?\]\]>|<!--.*?-->|<\?.*?\?>){1,1}?';
  kept text[] := ARRAY(SELECT m[1] FROM regexp_matches(content, '(' || verbatim || ')', 'g') m);
  -- Only inside a tag: between tags the next angle opens, and libxml writes no bare angle in an attribute.
  reference text := format('\s(elementRef|relationshipRef|conceptRef|identifierRef|propertyDefinitionRef%s)="([^"<>]*)"(?=[^<>]*>)',
                           CASE WHEN drawn <> '{}' THEN '|identifier|source|target|viewpointRef|ref' ELSE '' END);
BEGIN
  -- \x02 is a character that XML does not have
  IF kept <> '{}' THEN
    SELECT string_agg(p.part || CASE WHEN p.nth <= cardinality(kept) THEN E'\x02' || p.nth || E'\x02' ELSE '' END, '' ORDER BY p.nth) INTO content
      FROM regexp_split_to_table(content, verbatim) WITH ORDINALITY p (part, nth);
  END IF;
  SELECT string_agg(p.part || CASE WHEN p.m IS NULL THEN ''
                                   WHEN p.m[1] IN ('identifier', 'source', 'target', 'viewpointRef', 'ref') THEN format(' %s="%s"', p.m[1], coalesce(drawn ->> p.m[2], p.m[2]))
                                   WHEN identifiers ->> p.m[2] IS NULL THEN ' portfolio-gone=""'
                                   ELSE format(' %s="%s"', p.m[1], identifiers ->> p.m[2]) END, '' ORDER BY p.nth) INTO content
    FROM ROWS FROM (regexp_split_to_table(content, reference), regexp_matches(content, reference, 'g')) WITH ORDINALITY p (part, m, nth);
  IF strpos(content, 'portfolio-gone=""') > 0 OR content ~ '<(\w+:)?property\s*/?>' THEN
    content := regexp_replace(content, '<(\w+:)?item\s+portfolio-gone=""\s*/>', '', 'g');
    content := regexp_replace(content, '<(?:\w+:)?property(?:\s+portfolio-gone="")?\s*(?:/>|>(?:(?!</(?:\w+:)?property>).)*</(?:\w+:)?property>)', '', 'g');
    content := regexp_replace(content, '<(?:\w+:)?properties>\s*</(?:\w+:)?properties>', '', 'g');
    content := regexp_replace(content, '(<[^<>]*:type=")Element("[^<>]*) portfolio-gone=""', '\1Container\2', 'g');
    content := regexp_replace(content, '(<[^<>]*) portfolio-gone=""([^<>]*:type=")Element"', '\1\2Container"', 'g');
    content := regexp_replace(content, '(<[^<>]*:type=")Relationship("[^<>]*) portfolio-gone=""', '\1Line\2', 'g');
    content := regexp_replace(content, '(<[^<>]*) portfolio-gone=""([^<>]*:type=")Relationship"', '\1\2Line"', 'g');
    content := regexp_replace(content, '(<[^<>]*) portfolio-gone=""', '\1', 'g');
  END IF;
  IF kept <> '{}' THEN
    SELECT string_agg(CASE WHEN p.nth % 2 = 0 THEN kept[p.part::int] ELSE p.part END, '' ORDER BY p.nth) INTO content
      FROM string_to_table(content, E'\x02') WITH ORDINALITY p (part, nth);
  END IF;
  RETURN content;
END
$$;
COMMENT ON FUNCTION portfolio.archimate_rewrite(text, jsonb, jsonb) IS
  'A part of an exchange file with its references to what is no part of it as identifiers says, {old: new}; what is not there is gone: its box becomes a container, its connection a line, its place in a folder and its property nothing. drawn says the same of identifiers that such parts give (views, viewpoints, boxes, connections); what is not there stays. CDATA sections and comments stay as they are. NULL for NULL.';

CREATE FUNCTION portfolio.archimate_fragment(content xml, identifiers jsonb, drawn jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  -- the root of the document declares both namespaces
  SELECT regexp_replace(regexp_replace(portfolio.archimate_rewrite($1::text, coalesce($2, '{}'), coalesce($3, '{}')),
           '^(<[^<>]*) xmlns="http://www\.opengroup\.org/xsd/archimate/3\.0/"', '\1'), '^(<[^<>]*) xmlns:xsi="http://www\.w3\.org/2001/XMLSchema-instance"', '\1');
END;
COMMENT ON FUNCTION portfolio.archimate_fragment(xml, jsonb, jsonb) IS
  'A stored part of a file as export_archimate() writes it: by archimate_rewrite(), without the namespaces that the root declares.';

-- Elements, relationships and definitions of properties.
CREATE FUNCTION portfolio.archimate_export_concepts(export portfolio.archimate_export_row[], renamed jsonb, of_model bigint,
                                                    OUT elements text, OUT relationships text, OUT definitions text)
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET enable_nestloop = off   -- how many items a document has is unknown to the planner, and it guesses a few
SET jit = off
BEGIN ATOMIC
  WITH property AS MATERIALIZED (
    SELECT p.* FROM portfolio.archimate_export_properties($1, $2, $3) p
  ), owned AS (
    SELECT p.owner, portfolio.archimate_property_list(jsonb_agg(jsonb_build_object('definition', p.definition, 'values', p.said) ORDER BY p.nth)) AS list
      FROM property p GROUP BY p.owner
  ), concept AS (
    SELECT x.element, x.model, x.position, x.identifier,
           CASE WHEN x.element IS NOT NULL THEN '<element' || portfolio.xml_attribute('identifier', x.identifier) || portfolio.xml_attribute('xsi:type', x.archimate_type)
                ELSE '<relationship' || portfolio.xml_attribute('identifier', x.identifier) || portfolio.xml_attribute('source', x.source) || portfolio.xml_attribute('target', x.target)
                     || portfolio.xml_attribute('xsi:type', x.archimate_type)
                     || CASE x.archimate_type
                          WHEN 'Access' THEN portfolio.xml_attribute('accessType', CASE x.attributes ->> 'access' WHEN 'access' THEN 'Access' WHEN 'read' THEN 'Read' WHEN 'write' THEN 'Write' WHEN 'readwrite' THEN 'ReadWrite' END)
                          WHEN 'Influence' THEN portfolio.xml_attribute('modifier', x.attributes ->> 'influence')
                          WHEN 'Association' THEN portfolio.xml_attribute('isDirected', CASE WHEN x.attributes ->> 'directed' = 'true' THEN 'true' END)
                          ELSE '' END
           END || '>'
           || portfolio.archimate_texts('name', coalesce(x.detail -> 'names', '[]'), x.name,
                                       coalesce(x.name, '') = CASE WHEN x.element IS NOT NULL THEN btrim(s.name) ELSE s.name END)
           || portfolio.archimate_texts('documentation', coalesce(x.detail -> 'documentation', '[]'), x.description, coalesce(x.detail -> 'documentation' -> 0 ->> 'text', '') = coalesce(x.description, ''))
           || coalesce(o.list, '') || CASE WHEN x.element IS NOT NULL THEN '</element>' ELSE '</relationship>' END AS content
      FROM unnest($1) x
     CROSS JOIN LATERAL (SELECT coalesce(x.detail -> 'names' -> 0 ->> 'text', '')) s (name)   -- of an element import_archimate() takes it without outer blanks
      LEFT JOIN owned o ON o.owner = x.identifier
  ), definition AS (
    SELECT d.written AS identifier, d.type, d.names, row_number() OVER () AS nth FROM portfolio.archimate_definitions($2, $3) d
    UNION ALL
    SELECT DISTINCT ON (p.definition) p.definition, 'string', jsonb_build_array(jsonb_build_object('text', p.new_key)), NULL::bigint FROM property p WHERE p.new_key IS NOT NULL
  )
  SELECT string_agg(c.content, E'\n    ' ORDER BY c.model, c.position, c.identifier) FILTER (WHERE c.element IS NOT NULL),
         string_agg(c.content, E'\n    ' ORDER BY c.model, c.position, c.identifier) FILTER (WHERE c.element IS NULL),
         (SELECT string_agg('<propertyDefinition' || portfolio.xml_attribute('identifier', d.identifier) || portfolio.xml_attribute('type', d.type) || '>'
                            || portfolio.archimate_texts('name', d.names, NULL, true) || '</propertyDefinition>', E'\n    ' ORDER BY d.nth, d.names -> 0 ->> 'text') FROM definition d)
    FROM concept c;
END;
COMMENT ON FUNCTION portfolio.archimate_export_concepts(portfolio.archimate_export_row[], jsonb, bigint) IS
  'What stands inside elements, relationships and propertyDefinitions of an exchange file; NULL for what is empty.';

-- Folders, viewpoints and views, of one model or of all.
CREATE FUNCTION portfolio.archimate_export_views(export portfolio.archimate_export_row[], renamed jsonb, of_model bigint, OUT organizations text, OUT viewpoints text, OUT views text)
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET enable_nestloop = off   -- how many items a document has is unknown to the planner, and it guesses a few
SET jit = off
BEGIN ATOMIC
  WITH known AS (
    SELECT i.model, i.identifier AS old, x.identifier AS written FROM portfolio.archimate_item i JOIN unnest($1) x ON x.element = i.element WHERE i.relationship IS NULL
    UNION ALL SELECT i.model, i.identifier, x.identifier FROM portfolio.archimate_item i JOIN unnest($1) x ON x.relationship = i.relationship
    UNION ALL SELECT v.model, v.identifier, coalesce($2 -> v.model::text -> 'drawn' ->> v.identifier, v.identifier) FROM portfolio.archimate_view v
    UNION ALL SELECT d.model, d.identifier, d.written FROM portfolio.archimate_definitions($2, $3) d
  ), reference AS (
    SELECT m.id AS model, m.organizations, m.viewpoints, (SELECT jsonb_object_agg(k.old, k.written) FROM known k WHERE k.model = m.id) AS identifiers, $2 -> m.id::text -> 'drawn' AS drawn
      FROM portfolio.archimate_model m WHERE $3 IS NULL OR m.id = $3
  )
  SELECT (SELECT string_agg(portfolio.archimate_fragment(t.tree, r.identifiers, r.drawn), E'\n  ' ORDER BY r.model, t.nth)
            FROM reference r CROSS JOIN LATERAL unnest(r.organizations) WITH ORDINALITY t (tree, nth)),
         (SELECT string_agg(portfolio.archimate_fragment(x.content, r.identifiers, r.drawn), E'\n      ' ORDER BY r.model, x.nth)
            FROM reference r CROSS JOIN XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a), '/*/a:viewpoint' PASSING (r.viewpoints)
                                                 COLUMNS nth FOR ORDINALITY, content xml PATH '.') x
           WHERE r.viewpoints IS NOT NULL),
         (SELECT string_agg(portfolio.archimate_fragment(v.content, r.identifiers, r.drawn), E'\n      ' ORDER BY v.model, v.position)
            FROM portfolio.archimate_view v JOIN reference r USING (model));
END;
COMMENT ON FUNCTION portfolio.archimate_export_views(portfolio.archimate_export_row[], jsonb, bigint) IS
  'The organizations of an exchange file, and what stands inside its viewpoints and diagrams; NULL for what there is none of.';

CREATE FUNCTION portfolio.export_archimate(options jsonb DEFAULT '{}') RETURNS xml
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  head portfolio.archimate_model;    -- the one model, or NULL
  of_model bigint;                   -- the model that was asked for
  export portfolio.archimate_export_row[];
  renamed jsonb;
  properties jsonb;                  -- of the model, as far as they are defined
  concepts record;
  views record;
BEGIN
  PERFORM portfolio.check_options(options, '{model}');
  SELECT m.* INTO head FROM portfolio.archimate_model m
   WHERE CASE WHEN options ? 'model' THEN m.identifier = options ->> 'model' ELSE (SELECT count(*) FROM portfolio.archimate_model) = 1 END;
  IF options ? 'model' THEN
    IF head.id IS NULL THEN
      RAISE EXCEPTION 'model "%" does not exist', options ->> 'model'
        USING ERRCODE = 'undefined_object', HINT = 'SELECT identifier, names FROM portfolio.archimate_model lists the models.';
    END IF;
    of_model := head.id;
  END IF;
  export := ARRAY(SELECT r FROM portfolio.archimate_export_rows(of_model) r);
  renamed := portfolio.archimate_renamed(export, of_model);
  concepts := portfolio.archimate_export_concepts(export, renamed, of_model);
  views := portfolio.archimate_export_views(export, renamed, of_model);
  SELECT coalesce(jsonb_agg(p.said || jsonb_build_object('definition', d.written) ORDER BY p.nth), '[]') INTO properties
    FROM jsonb_array_elements(head.properties) WITH ORDINALITY p (said, nth)
    JOIN portfolio.archimate_definitions(renamed, head.id) d ON d.identifier = p.said ->> 'definition';
  RETURN XMLPARSE(DOCUMENT concat(
    E'<?xml version="1.0" encoding="UTF-8"?>\n<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
    ' xsi:schemaLocation="http://www.opengroup.org/xsd/archimate/3.0/ http://www.opengroup.org/xsd/archimate/3.1/archimate3_Diagram.xsd"',
    portfolio.xml_attribute('identifier', coalesce(head.identifier, portfolio.archimate_identifier('portfolio'))), portfolio.xml_attribute('version', head.version), E'>\n  ',
    portfolio.archimate_texts('name', coalesce(head.names, '[{"text": "Portfolio"}]'), NULL, true),
    portfolio.archimate_texts('documentation', coalesce(head.documentation, '[]'), NULL, true),
    portfolio.archimate_property_list(properties),
    portfolio.archimate_fragment(head.metadata, NULL, NULL),
    E'\n  <elements>\n    ' || concepts.elements || E'\n  </elements>',
    E'\n  <relationships>\n    ' || concepts.relationships || E'\n  </relationships>',
    E'\n  ' || views.organizations,
    E'\n  <propertyDefinitions>\n    ' || concepts.definitions || E'\n  </propertyDefinitions>',
    CASE WHEN coalesce(views.viewpoints, views.views) IS NOT NULL THEN
      concat(E'\n  <views>', E'\n    <viewpoints>\n      ' || views.viewpoints || E'\n    </viewpoints>', E'\n    <diagrams>\n      ' || views.views || E'\n    </diagrams>', E'\n  </views>') END,
    E'\n</model>'));
END
$$;
COMMENT ON FUNCTION portfolio.export_archimate(jsonb) IS
  'The portfolio of the day of pg_portfolio.as_of as a document of the ArchiMate Model Exchange File Format 3.1: elements, relationships, properties, and the folders and views of the models that were taken over. What came from a file keeps its identifier; what did not has one that is made of its kind and code. With one model taken over, the document is that model with what has come to it; option model, an identifier, leaves out what is not of that model (42704 when there is none). References between concept tables are no relationships and not in it. Example: SELECT portfolio.export_archimate();';
