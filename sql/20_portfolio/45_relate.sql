-- Naming elements and relating them.
CREATE FUNCTION portfolio.element_id(kind text, code text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT e.id FROM portfolio.element e WHERE e.kind = $1 AND e.code = $2;
END;
COMMENT ON FUNCTION portfolio.element_id(text, text) IS
  'The element of this kind and code; NULL when there is none. Example: SELECT portfolio.element_id(''service'', ''EPS'');';

CREATE FUNCTION portfolio.element_ref(reference text) RETURNS bigint
LANGUAGE c STABLE PARALLEL RESTRICTED STRICT AS 'MODULE_PATHNAME', 'pf_element_ref';
COMMENT ON FUNCTION portfolio.element_ref(text) IS
  'The element that a text names: ''service:EPS'', a code, an alias or a name. Raises 42704 when there is none and 21000, with the candidates in DETAIL, when there are several. NULL for NULL. Example: SELECT portfolio.element_ref(''Spine'');';

CREATE FUNCTION portfolio.element_label(element bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT e.kind || ':' || e.code FROM portfolio.element e WHERE e.id = $1;
END;
COMMENT ON FUNCTION portfolio.element_label(bigint) IS
  'An element as people write it, ''service:EPS''; element_ref() reads it back. NULL when it does not exist. Example: SELECT portfolio.element_label(portfolio.element_ref(''Spine''));';

CREATE FUNCTION portfolio.relate(source text, kind text, target text) RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  INSERT INTO portfolio.relationship (source, kind, target)
  VALUES (portfolio.element_ref($1), $2, portfolio.element_ref($3))
  RETURNING id;
END;
COMMENT ON FUNCTION portfolio.relate(text, text, text) IS
  'Makes a relationship between two elements, named as element_ref() reads them, and gives its id. Raises 23503 when ArchiMate does not allow it (legal_kinds() tells what it allows) and 23P01 when it exists. Example: SELECT portfolio.relate(''system:SPINE'', ''realization'', ''service:EPS'');';

CREATE FUNCTION portfolio.legal_kinds(source text, target text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT coalesce(array_agg(r.kind ORDER BY r.kind), '{}')
    FROM portfolio.relationship_rule r
    JOIN portfolio.element s ON s.id = portfolio.element_ref($1) AND s.archimate_type = r.source_type
    JOIN portfolio.element t ON t.id = portfolio.element_ref($2) AND t.archimate_type = r.target_type;
END;
COMMENT ON FUNCTION portfolio.legal_kinds(text, text) IS
  'The kinds of relationship that ArchiMate allows from one element to another. Example: SELECT portfolio.legal_kinds(''system:SPINE'', ''service:EPS'');';

-- The table that holds the elements of a kind: its own, or element.
CREATE FUNCTION portfolio.kind_table(kind text) RETURNS regclass
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found_table name;
BEGIN
  SELECT coalesce(k.table_name, 'element') INTO found_table FROM portfolio.element_kind k WHERE k.kind = kind_table.kind;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'kind "%" is not known', kind
      USING ERRCODE = 'undefined_object', HINT = 'SELECT kind, label FROM portfolio.element_kind lists the kinds; add_kind() adds one.';
  END IF;
  RETURN format('portfolio.%I', found_table)::regclass;
END
$$;
COMMENT ON FUNCTION portfolio.kind_table(text) IS
  'The table in which elements of a kind are written: its own, or element. Raises 42704 for a kind that is not known. Example: SELECT portfolio.kind_table(''service'');';
