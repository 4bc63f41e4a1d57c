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
  'The element that a text names: a kind with a code, an alias or a name, as in ''service:EPS'', or a code, an alias or a name alone. Raises 42704 when there is none and 21000, with the candidates in DETAIL, when there are several. NULL for NULL. Example: SELECT portfolio.element_ref(''Spine'');';

CREATE FUNCTION portfolio.element_label(element bigint) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT e.kind || ':' || e.code FROM portfolio.element e WHERE e.id = $1;
END;
COMMENT ON FUNCTION portfolio.element_label(bigint) IS
  'An element as people write it, ''service:EPS''; element_ref() reads it back. NULL when it does not exist. Example: SELECT portfolio.element_label(portfolio.element_ref(''Spine''));';

CREATE FUNCTION portfolio.labelled_element(label text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE STRICT
RETURN portfolio.element_id(split_part($1, ':', 1), substr($1, strpos($1, ':') + 1));
COMMENT ON FUNCTION portfolio.labelled_element(text) IS
  'The element with this element_label(), by its code alone: no alias or name leads to it. NULL when there is none, and for NULL. Example: SELECT portfolio.labelled_element(''service:EPS'');';

CREATE FUNCTION portfolio.hold_element(element bigint) RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE STRICT AS 'MODULE_PATHNAME', 'pf_hold_element';
COMMENT ON FUNCTION portfolio.hold_element(bigint) IS
  'Part of what keeps an element as kind:code: nobody gives it another code, or deletes it, until this transaction ends; waits for whoever does so now. Nothing for NULL or what is not there. Raises 40001 in a repeatable read transaction that does not see the new code.';

CREATE FUNCTION portfolio.label_or_number(element text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE STRICT
RETURN coalesce(portfolio.element_label($1::bigint), '#' || $1);
COMMENT ON FUNCTION portfolio.label_or_number(text) IS
  'element_label() of an element by its number as text, as a row in JSON has it, or #number where it is no longer there. NULL for NULL; raises 22P02 for what is no number. Example: SELECT portfolio.label_or_number(''1'');';

CREATE FUNCTION portfolio.table_label(table_id regclass) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT regexp_replace($1::text, '^portfolio\.', '');
END;
COMMENT ON FUNCTION portfolio.table_label(regclass) IS 'The name of a table, with its schema where that is not portfolio. NULL for NULL. Example: SELECT portfolio.table_label(''portfolio.service'');';

-- The keys of relationship refuse what is wrong; what people write by hand is refused in words before.
CREATE FUNCTION portfolio.relate(source text, kind text, target text) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  from_id bigint := portfolio.element_ref(source);
  to_id bigint := portfolio.element_ref(target);
  legal text[] := portfolio.legal_kinds(source, target);
  there record;
  made bigint;
BEGIN
  IF from_id IS NOT NULL AND to_id IS NOT NULL AND relate.kind <> ALL (legal) THEN
    RAISE EXCEPTION 'ArchiMate does not allow "%" from % to %', relate.kind, portfolio.element_label(from_id), portfolio.element_label(to_id)
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'relationship_rule_fkey', TABLE = 'relationship', SCHEMA = 'portfolio',
            HINT = format('It allows %s.', coalesce(nullif(array_to_string(legal, ', '), ''), 'nothing from the one to the other'));
  END IF;
  SELECT r.id, r.valid INTO there FROM portfolio.relationship r
   WHERE r.source = from_id AND r.target = to_id AND r.kind = relate.kind AND r.code = '' LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '% is in relation "%" to % already', portfolio.element_label(from_id), relate.kind, portfolio.element_label(to_id)
      USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'relationship_valid_excl', TABLE = 'relationship', SCHEMA = 'portfolio',
            DETAIL = format('It is relationship %s, which holds on days %s.', there.id, there.valid),
            HINT = 'INSERT INTO portfolio.relationship (..., valid) makes one for other days, (..., code) another beside it.';
  END IF;
  INSERT INTO portfolio.relationship (source, kind, target) VALUES (from_id, relate.kind, to_id) RETURNING id INTO made;
  RETURN made;
END
$$;
COMMENT ON FUNCTION portfolio.relate(text, text, text) IS
  'Makes a relationship between two elements, named as element_ref() reads them, and gives its id. Raises 23503 when ArchiMate does not allow it (legal_kinds() tells what it allows) and 23P01 when it exists, 42704 or 21000 as element_ref() does, 23502 where something is NULL. Example: SELECT portfolio.relate(''system:SPINE'', ''realization'', ''service:EPS'');';

CREATE FUNCTION portfolio.legal_kinds(source text, target text) RETURNS text[]
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT coalesce(array_agg(r.kind ORDER BY r.kind), '{}')
    FROM portfolio.relationship_rule r
    JOIN portfolio.element s ON s.id = portfolio.element_ref($1) AND s.archimate_type = r.source_type
    JOIN portfolio.element t ON t.id = portfolio.element_ref($2) AND t.archimate_type = r.target_type;
END;
COMMENT ON FUNCTION portfolio.legal_kinds(text, text) IS
  'The kinds of relationship that ArchiMate allows from one element to another, empty where there is none or for NULL. Example: SELECT portfolio.legal_kinds(''system:SPINE'', ''service:EPS'');';

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
