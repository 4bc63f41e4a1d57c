-- What an exchange file says, as rows.
CREATE TYPE portfolio.archimate_concept AS (
  position int, what text, identifier text, archimate_type text, source text, target text, attributes jsonb,
  names jsonb, documentation jsonb, properties jsonb, strange int
);
COMMENT ON TYPE portfolio.archimate_concept IS 'A row of read_archimate(): one model, element, relationship, property definition or view of an exchange file.';
COMMENT ON COLUMN portfolio.archimate_concept.position IS 'Its place in the document.';
COMMENT ON COLUMN portfolio.archimate_concept.what IS 'model, element, relationship, propertyDefinition or view.';
COMMENT ON COLUMN portfolio.archimate_concept.identifier IS 'Its identifier; NULL when it has none.';
COMMENT ON COLUMN portfolio.archimate_concept.archimate_type IS 'xsi:type of an element or relationship without a prefix, data type of a property definition.';
COMMENT ON COLUMN portfolio.archimate_concept.source IS 'Identifier of the source of a relationship.';
COMMENT ON COLUMN portfolio.archimate_concept.target IS 'Identifier of the target of a relationship.';
COMMENT ON COLUMN portfolio.archimate_concept.attributes IS 'access, influence and directed of a relationship, as relationship.attributes holds them; version of a model.';
COMMENT ON COLUMN portfolio.archimate_concept.names IS 'Names by language: [{"lang", "text"}].';
COMMENT ON COLUMN portfolio.archimate_concept.documentation IS 'Documentation by language.';
COMMENT ON COLUMN portfolio.archimate_concept.properties IS 'Properties in their order: [{"definition", "values": [{"lang", "text"}]}].';
COMMENT ON COLUMN portfolio.archimate_concept.strange IS 'Number of its elements and attributes of other namespaces, which are not taken.';

-- One pass over the document in its own order: what is a concept begins a new one, what is not belongs to the last.
CREATE FUNCTION portfolio.read_archimate(document xml) RETURNS SETOF portfolio.archimate_concept
LANGUAGE sql STABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  WITH node AS MATERIALIZED (
    SELECT x.*, x.what NOT IN ('name', 'documentation', 'property', 'value') AS is_concept,
           count(*) FILTER (WHERE x.what NOT IN ('name', 'documentation', 'property', 'value')) OVER (ORDER BY x.position) AS concept,
           count(*) FILTER (WHERE x.what = 'property') OVER (ORDER BY x.position) AS property
      FROM XMLTABLE(
        XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a, 'http://www.w3.org/2001/XMLSchema-instance' AS xsi),
        '/a:model/descendant-or-self::a:*[self::a:model
            or parent::a:elements and self::a:element or parent::a:relationships and self::a:relationship
            or parent::a:propertyDefinitions and self::a:propertyDefinition or parent::a:diagrams and self::a:view
            or (self::a:name or self::a:documentation) and (parent::a:model or parent::a:element or parent::a:relationship or parent::a:propertyDefinition or parent::a:view)
            or self::a:property and (../parent::a:model or ../parent::a:element or ../parent::a:relationship or ../parent::a:view)
            or self::a:value and parent::a:property and (../../parent::a:model or ../../parent::a:element or ../../parent::a:relationship or ../../parent::a:view)]'
        PASSING ($1)
        COLUMNS position FOR ORDINALITY, what text PATH 'local-name()', identifier text PATH '@identifier',
                type text PATH '@xsi:type', data_type text PATH '@type', source text PATH '@source', target text PATH '@target',
                access text PATH '@accessType', influence text PATH '@modifier', directed text PATH '@isDirected', version text PATH '@version',
                definition text PATH '@propertyDefinitionRef', lang text PATH '@xml:lang',
                value text PATH 'self::a:name | self::a:documentation | self::a:value',
                strange int PATH 'count(*[namespace-uri() != "http://www.opengroup.org/xsd/archimate/3.0/"]) + count(@*[namespace-uri() != "" and namespace-uri() != "http://www.w3.org/2001/XMLSchema-instance" and namespace-uri() != "http://www.w3.org/XML/1998/namespace"])') x
  ), said AS (
    SELECT n.concept,
           jsonb_agg(jsonb_strip_nulls(jsonb_build_object('lang', n.lang, 'text', n.value)) ORDER BY n.position) FILTER (WHERE n.what = 'name') AS names,
           jsonb_agg(jsonb_strip_nulls(jsonb_build_object('lang', n.lang, 'text', n.value)) ORDER BY n.position) FILTER (WHERE n.what = 'documentation') AS documentation
      FROM node n WHERE n.what IN ('name', 'documentation') GROUP BY n.concept
  ), property AS (
    SELECT n.concept, n.property,
           jsonb_build_object('definition', max(n.definition) FILTER (WHERE n.what = 'property'), 'values',
             coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('lang', n.lang, 'text', n.value)) ORDER BY n.position) FILTER (WHERE n.what = 'value'), '[]')) AS said
      FROM node n WHERE n.what IN ('property', 'value') GROUP BY n.concept, n.property
  ), properties AS (
    SELECT p.concept, jsonb_agg(p.said ORDER BY p.property) AS properties FROM property p GROUP BY p.concept
  )
  SELECT n.concept::int, n.what, n.identifier, coalesce(regexp_replace(n.type, '^.*:', ''), n.data_type), n.source, n.target,
         jsonb_strip_nulls(jsonb_build_object('access', lower(n.access COLLATE "C"), 'influence', n.influence,
                                              'directed', CASE WHEN n.directed IN ('true', '1') THEN true END, 'version', n.version)),
         coalesce(s.names, '[]'), coalesce(s.documentation, '[]'), coalesce(p.properties, '[]'), n.strange
    FROM node n
    LEFT JOIN said s USING (concept)
    LEFT JOIN properties p USING (concept)
   WHERE n.is_concept
   ORDER BY n.concept;
END;
COMMENT ON FUNCTION portfolio.read_archimate(xml) IS
  'What a document of the ArchiMate Model Exchange File Format 3.x says, in its order. Judges nothing; preview_archimate() does. Nothing for another kind of document. Example: SELECT what, archimate_type, count(*) FROM portfolio.read_archimate(XMLPARSE(DOCUMENT ''<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" identifier="m"/>'')) GROUP BY 1, 2;';

CREATE FUNCTION portfolio.archimate_kind(archimate_type text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT k.kind FROM portfolio.element_kind k
   WHERE k.archimate_type = $1 AND k.builtin
   ORDER BY k.kind <> ALL ('{system,service,interface,data_set,programme,organisation,site,technology,business_contract}'),
            k.kind <> lower(regexp_replace($1 COLLATE "C", '(?<=[a-z])([A-Z])', '_\1', 'g')), k.kind
   LIMIT 1;
END;
COMMENT ON FUNCTION portfolio.archimate_kind(text) IS
  'The kind that an imported element of this ArchiMate type becomes: the concept table that stands for it (ApplicationComponent: system), else the plain kind. NULL for no type of ArchiMate. Example: SELECT portfolio.archimate_kind(''DataObject'');';

CREATE FUNCTION portfolio.archimate_identifier(VARIADIC parts text[]) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT 'id-' || md5(array_to_string($1, ' ', ''));
END;
COMMENT ON FUNCTION portfolio.archimate_identifier(text[]) IS
  'The identifier under which an exchange file names what never came from one: the same for the same kind and code in every database, so that a file that went out is known when it comes back. Example: SELECT portfolio.archimate_identifier(''service'', ''EPS'');';

CREATE FUNCTION portfolio.check_archimate(document xml) RETURNS xml
LANGUAGE plpgsql STABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- A document type declaration stands before the root, where only comments and instructions may stand too.
  prolog text := '^\s*(<\?.*?\?>\s*|<!--.*?-->\s*)*';
  root text;
  namespace text;
  identifier text;
BEGIN
  IF document::text ~ (prolog || '<!DOCTYPE') THEN
    RAISE EXCEPTION 'document type declarations are not taken'
      USING ERRCODE = 'invalid_xml_document',
            DETAIL = 'An exchange file needs none; its entities could read files or grow without bound.',
            HINT = 'Remove <!DOCTYPE ...> from the document.';
  END IF;
  IF NOT document IS DOCUMENT THEN
    RAISE EXCEPTION 'not an XML document'
      USING ERRCODE = 'invalid_xml_document', DETAIL = 'It has no single root element.';
  END IF;
  SELECT x.* INTO root, namespace, identifier
    FROM XMLTABLE('/*' PASSING (document) COLUMNS root text PATH 'local-name()', namespace text PATH 'namespace-uri()', identifier text PATH '@identifier') x;
  IF root <> 'model' OR namespace <> 'http://www.opengroup.org/xsd/archimate/3.0/' THEN
    RAISE EXCEPTION 'not a document of the ArchiMate Model Exchange File Format 3'
      USING ERRCODE = 'invalid_xml_document',
            DETAIL = format('Its root is "%s" of namespace "%s".', root, namespace),
            HINT = CASE WHEN namespace ~ 'archimatetool' THEN 'This is Archi''s own format: export the model as an Open Exchange XML file; contrib/archimate/grafico_to_exchange.py turns a Grafico folder into one.'
                        WHEN namespace ~ 'opengroup.*archimate' THEN 'This is an older version of the format: save the model as version 3.'
                        ELSE 'Export the model from its tool as an ArchiMate Model Exchange File.' END;
  END IF;
  IF coalesce(btrim(identifier), '') = '' THEN
    RAISE EXCEPTION 'the model has no identifier'
      USING ERRCODE = 'invalid_xml_document', HINT = 'Give the root element an attribute "identifier".';
  END IF;
  RETURN document;
END
$$;
COMMENT ON FUNCTION portfolio.check_archimate(xml) IS
  'Gives back a document that may be an exchange file, or raises 2200M: a document type declaration (external entities and entity expansion go with it), several roots, another format, no identifier of the model. NULL for NULL.';
