-- Diagrams as text: any set of elements with what holds between them on the day of pg_portfolio.as_of.
-- One signature for elements named as people write them and for their numbers: '{A,B}' is text.
CREATE FUNCTION portfolio.diagram_elements(elements anycompatiblearray) RETURNS bigint[]
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF pg_typeof(elements) = ANY ('{bigint[],integer[]}'::regtype[]) THEN
    RETURN elements::bigint[];
  END IF;
  RETURN (SELECT coalesce(array_agg(portfolio.element_ref(e)), '{}') FROM unnest(elements::text[]) e);
END
$$;
COMMENT ON FUNCTION portfolio.diagram_elements(anycompatiblearray) IS
  'The elements that an array names: by number, or as element_ref() reads a text. Raises as element_ref() does. Example: SELECT portfolio.diagram_elements(''{service:EPS,Spine}'');';

CREATE FUNCTION portfolio.diagram_nodes(elements bigint[], OUT id bigint, OUT kind text, OUT code text, OUT name text) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT e.id, e.kind, e.code, e.name FROM portfolio.element e
   WHERE e.id = ANY ($1) AND e.valid @> (SELECT portfolio.as_of()) ORDER BY e.kind, e.code;
END;
COMMENT ON FUNCTION portfolio.diagram_nodes(bigint[]) IS
  'Those of the elements that exist on the day of pg_portfolio.as_of, by kind and code.';

CREATE FUNCTION portfolio.diagram_edges(elements bigint[], OUT source bigint, OUT target bigint, OUT kind text, OUT name text, OUT nth bigint) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
SET enable_nestloop = off  -- the planner does not see how many are asked for, and would look through all of dependency for each
BEGIN ATOMIC
  WITH node AS MATERIALIZED (SELECT n.* FROM portfolio.diagram_nodes($1) n)
  SELECT d.source, d.target, d.kind, r.name, row_number() OVER (ORDER BY s.kind, s.code, d.kind, t.kind, t.code, r.name, d.relationship)
    FROM portfolio.dependency d
    JOIN node s ON s.id = d.source
    JOIN node t ON t.id = d.target
    LEFT JOIN portfolio.relationship r ON r.id = d.relationship
   WHERE d.valid @> (SELECT portfolio.as_of())
   ORDER BY 5;
END;
COMMENT ON FUNCTION portfolio.diagram_edges(bigint[]) IS
  'What holds between the elements on the day of pg_portfolio.as_of: relationships and references between concept tables, with the name that is on the arrow, numbered.';

CREATE FUNCTION portfolio.diagram_direction(options jsonb) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM portfolio.check_options(options, '{direction}');
  IF options ->> 'direction' NOT IN ('LR', 'RL', 'TB', 'BT') THEN
    RAISE EXCEPTION 'direction "%" is not known', options ->> 'direction'
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Known directions: LR, RL, TB, BT.';
  END IF;
  RETURN coalesce(options ->> 'direction', 'LR');
END
$$;
COMMENT ON FUNCTION portfolio.diagram_direction(jsonb) IS
  'Option direction of to_mermaid() and to_dot(): LR (left to right, also when left out), RL, TB or BT; 22023 for another.';

CREATE FUNCTION portfolio.mermaid_escape(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  -- Mermaid reads #...; as the entity of that name or number, so its own # goes first; %% begins a directive or a comment,
  -- and it takes the last entity apart where a line has style or classDef before it
  SELECT regexp_replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace($1, '#', '#35;'), '&', '#38;'), '"', '#34;'), '<', '#60;'), '>', '#62;'),
                        '`', '#96;'), '\', '#92;'), '%', '#37;'), 'style', 'st#121;le'), 'classDef', 'class#68;ef'), '[[:space:][:cntrl:]]+', ' ', 'g');
END;
COMMENT ON FUNCTION portfolio.mermaid_escape(text) IS
  'A text as it stands between double quotes in Mermaid; line ends become blanks. NULL for NULL. Example: SELECT portfolio.mermaid_escape(''a "b"'');';

CREATE FUNCTION portfolio.dot_escape(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  -- Graphviz reads entities in labels
  SELECT regexp_replace(replace(replace(replace($1, '&', '&amp;'), '\', '\\'), '"', '\"'), '[[:space:][:cntrl:]]+', ' ', 'g');
END;
COMMENT ON FUNCTION portfolio.dot_escape(text) IS
  'A text as it stands between double quotes in a label of the DOT language; line ends become blanks. NULL for NULL. Example: SELECT portfolio.dot_escape(''a "b"'');';

CREATE FUNCTION portfolio.to_mermaid(elements anycompatiblearray, options jsonb DEFAULT '{}') RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'flowchart ' || portfolio.diagram_direction($2)
         || coalesce((SELECT string_agg(format(E'\n  e%s["%s<br>%s"]', n.id, portfolio.mermaid_escape(n.name), portfolio.mermaid_escape(n.kind || ':' || n.code)), '' ORDER BY n.kind, n.code)
                        FROM portfolio.diagram_nodes(c.elements) n), '')
         || coalesce((SELECT string_agg(format(E'\n  e%s -- "%s" --> e%s', d.source, portfolio.mermaid_escape(concat_ws(': ', d.kind, d.name)), d.target), '' ORDER BY d.nth)
                        FROM portfolio.diagram_edges(c.elements) d), '') || E'\n'
    FROM (SELECT portfolio.diagram_elements($1) OFFSET 0) c (elements)
   WHERE $1 IS NOT NULL;
$$;
COMMENT ON FUNCTION portfolio.to_mermaid(anycompatiblearray, jsonb) IS
  'A Mermaid flowchart of these elements (numbers, or texts as element_ref() reads them) with what holds between them on the day of pg_portfolio.as_of. Option direction: LR, RL, TB or BT. NULL for NULL. Example: SELECT portfolio.to_mermaid(ARRAY(SELECT element FROM portfolio.impact_of(''team:DDC'')));';

CREATE FUNCTION portfolio.to_dot(elements anycompatiblearray, options jsonb DEFAULT '{}') RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT format(E'digraph portfolio {\n  rankdir=%s;\n  node [shape=box];', portfolio.diagram_direction($2))
         || coalesce((SELECT string_agg(format(E'\n  e%s [label="%s\\n%s"];', n.id, portfolio.dot_escape(n.name), portfolio.dot_escape(n.kind || ':' || n.code)), '' ORDER BY n.kind, n.code)
                        FROM portfolio.diagram_nodes(c.elements) n), '')
         || coalesce((SELECT string_agg(format(E'\n  e%s -> e%s [label="%s"];', d.source, d.target, portfolio.dot_escape(concat_ws(': ', d.kind, d.name))), '' ORDER BY d.nth)
                        FROM portfolio.diagram_edges(c.elements) d), '') || E'\n}\n'
    FROM (SELECT portfolio.diagram_elements($1) OFFSET 0) c (elements)
   WHERE $1 IS NOT NULL;
$$;
COMMENT ON FUNCTION portfolio.to_dot(anycompatiblearray, jsonb) IS
  'A graph in the DOT language of Graphviz of these elements (numbers, or texts as element_ref() reads them) with what holds between them on the day of pg_portfolio.as_of. Option direction: LR, RL, TB or BT. NULL for NULL. Example: SELECT portfolio.to_dot(ARRAY(SELECT element FROM portfolio.impact_of(''team:DDC'')));';

CREATE FUNCTION portfolio.to_graphml(elements anycompatiblearray, options jsonb DEFAULT '{}') RETURNS xml
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
  SELECT XMLPARSE(DOCUMENT E'<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
         || (SELECT string_agg(format(E'\n  <key id="%1$s" for="%2$s" attr.name="%3$s" attr.type="string"/>', k.id, k.of, k.name), '' ORDER BY k.id)
               FROM (VALUES ('n1', 'node', 'kind'), ('n2', 'node', 'code'), ('n3', 'node', 'name'), ('r1', 'edge', 'kind'), ('r2', 'edge', 'name')) k (id, of, name))
         || E'\n  <graph id="portfolio" edgedefault="directed">'
         || coalesce((SELECT string_agg(format(E'\n    <node id="e%s"><data key="n1">%s</data><data key="n2">%s</data><data key="n3">%s</data></node>',
                                               n.id, portfolio.xml_escape(n.kind), portfolio.xml_escape(n.code), portfolio.xml_escape(n.name)), '' ORDER BY n.kind, n.code)
                        FROM portfolio.diagram_nodes(c.elements) n), '')
         || coalesce((SELECT string_agg(format(E'\n    <edge id="r%s" source="e%s" target="e%s"><data key="r1">%s</data>%s</edge>', d.nth, d.source, d.target,
                                               portfolio.xml_escape(d.kind), coalesce('<data key="r2">' || portfolio.xml_escape(d.name) || '</data>', '')), '' ORDER BY d.nth)
                        FROM portfolio.diagram_edges(c.elements) d), '')
         || E'\n  </graph>\n</graphml>\n')
    FROM (SELECT portfolio.diagram_elements($1) OFFSET 0) c (elements)
   WHERE $1 IS NOT NULL AND portfolio.check_options($2, '{}') IS NOT NULL;
$$;
COMMENT ON FUNCTION portfolio.to_graphml(anycompatiblearray, jsonb) IS
  'A GraphML document of these elements (numbers, or texts as element_ref() reads them), each with kind, code and name, with what holds between them (kind, name) on the day of pg_portfolio.as_of. NULL for NULL. Example: SELECT portfolio.to_graphml(ARRAY(SELECT element FROM portfolio.impact_of(''team:DDC'')));';
