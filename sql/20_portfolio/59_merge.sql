-- Two elements that are one.
-- One column's rows from drop to keep. Where keep has the same already, the second copy goes.
CREATE FUNCTION portfolio.move_references(table_id regclass, column_name name, keep bigint, drop bigint) RETURNS SETOF portfolio.element_effect
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  line record;
  moved jsonb[] := '{}';
  dropped jsonb[] := '{}';
  cleared jsonb[] := '{}';
  holds_elements boolean := EXISTS (SELECT FROM portfolio.element_kind k WHERE portfolio.kind_table(k.kind) = table_id);
  is_own boolean;
BEGIN
  FOR line IN EXECUTE format('SELECT t.ctid AS at, to_jsonb(t) AS r FROM %s t WHERE t.%I = $1%s', table_id, column_name,
    -- what has a table of its own is written there
    CASE WHEN table_id = 'portfolio.element'::regclass THEN ' AND t.kind IN (SELECT k.kind FROM portfolio.element_kind k WHERE k.table_name IS NULL)' ELSE '' END) USING drop
  LOOP
    is_own := holds_elements AND (line.r ->> 'id')::bigint IN (keep, drop);
    BEGIN
      EXECUTE format('UPDATE %s t SET %I = $1 WHERE t.ctid = $2', table_id, column_name) USING CASE WHEN is_own THEN NULL ELSE keep END, line.at;
      IF is_own THEN cleared := cleared || line.r; ELSE moved := moved || line.r; END IF;
    EXCEPTION WHEN unique_violation OR exclusion_violation OR check_violation THEN
      IF holds_elements THEN
        RAISE;                              -- an element is never dropped by the way
      END IF;
      EXECUTE format('DELETE FROM %s t WHERE t.ctid = $1', table_id) USING line.at;
      dropped := dropped || line.r;
    END;
  END LOOP;
  RETURN QUERY SELECT replace(table_id::text, 'portfolio.', ''), column_name::text, v.action, cardinality(v.rows)::bigint, portfolio.name_rows(table_id, v.rows)
    FROM (VALUES ('moved', moved), ('dropped', dropped), ('cleared', cleared)) v (action, rows) WHERE cardinality(v.rows) > 0;
END
$$;
COMMENT ON FUNCTION portfolio.move_references(regclass, name, bigint, bigint) IS
  'Part of merge_elements(): moves the rows of a column from one element to another, drops second copies, and clears what would refer to itself.';

CREATE FUNCTION portfolio.merge_elements(keep text, drop text, dry_run boolean DEFAULT true, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.element_effect
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  keep_id bigint := portfolio.element_ref(keep);
  drop_id bigint := portfolio.element_ref(drop);
  kept portfolio.element;
  dropped portfolio.element;
  own_table regclass;
  reference record;
  old jsonb;
  filled text[];
  effects portfolio.element_effect[] := '{}';
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF keep_id IS NULL OR drop_id IS NULL OR keep_id = drop_id THEN
    RAISE EXCEPTION 'two different elements are needed to make one of them' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT e.* INTO kept FROM portfolio.element e WHERE e.id = keep_id;
  SELECT e.* INTO dropped FROM portfolio.element e WHERE e.id = drop_id;
  IF kept.kind <> dropped.kind THEN
    RAISE EXCEPTION '% and % are not of one kind', portfolio.element_label(keep_id), portfolio.element_label(drop_id)
      USING ERRCODE = 'wrong_object_type';
  END IF;
  own_table := portfolio.kind_table(kept.kind);
  EXECUTE format('SELECT to_jsonb(t) FROM %s t WHERE t.id = $1', own_table) INTO old USING drop_id;

  BEGIN
    -- a relationship between the two would become one of the element with itself
    WITH gone AS (
      DELETE FROM portfolio.relationship r WHERE (r.source, r.target) IN ((keep_id, drop_id), (drop_id, keep_id)) RETURNING to_jsonb(r) AS r
    )
    SELECT effects || ROW('relationship', NULL, 'dropped', count(*), portfolio.name_rows('portfolio.relationship', array_agg(g.r)))::portfolio.element_effect INTO effects
      FROM gone g HAVING count(*) > 0;
    FOR reference IN SELECT r.* FROM portfolio.element_references(kept.kind) r LOOP
      -- what the engine keeps of it (findings, periods of its states) goes with it as the key says, where the caller may not write
      CONTINUE WHEN reference.on_delete IN ('n', 'c')
        AND NOT (has_table_privilege(reference.table_id, 'SELECT') AND has_column_privilege(reference.table_id, reference.column_name, 'UPDATE'));
      effects := coalesce(effects, '{}') || ARRAY(SELECT m FROM portfolio.move_references(reference.table_id, reference.column_name, keep_id, drop_id) m);
    END LOOP;
    EXECUTE format('DELETE FROM %s WHERE id = $1', own_table) USING drop_id;
    -- its names lead to the one that is kept, and what that one does not know it knows now
    INSERT INTO portfolio.element_alias (element, scheme, value)
    SELECT keep_id, v.scheme, v.value FROM (VALUES ('code', dropped.code, kept.code), ('name', dropped.name, kept.name)) v (scheme, value, has)
     WHERE lower(v.value) <> lower(v.has)
    ON CONFLICT DO NOTHING;
    EXECUTE format($sql$SELECT array_agg(quote_ident(a.attname) ORDER BY a.attnum)
        FROM %1$s t, jsonb_each(to_jsonb(t)) c JOIN pg_attribute a ON a.attname = c.key
       WHERE t.id = $1 AND a.attrelid = $2 AND a.attgenerated = '' AND c.value = 'null' AND coalesce($3 -> c.key, 'null') <> 'null'
         AND NOT (a.attname = 'owner' AND ($3 ->> 'owner')::bigint IN ($1, $4))$sql$, own_table)
      INTO filled USING keep_id, own_table, old, drop_id;
    IF filled IS NOT NULL THEN
      EXECUTE format('UPDATE %1$s t SET (%2$s) = ROW (%3$s) FROM jsonb_populate_record(NULL::%1$s, $1) r WHERE t.id = $2', own_table,
                     array_to_string(filled, ', '), (SELECT string_agg('r.' || c, ', ') FROM unnest(filled) c)) USING old, keep_id;
      effects := effects || ROW(replace(own_table::text, 'portfolio.', ''), NULL, 'filled', 1, array_to_string(filled, '; '))::portfolio.element_effect;
    END IF;
    effects := effects || ROW(replace(own_table::text, 'portfolio.', ''), NULL, 'deleted', 1, dropped.kind || ':' || dropped.code)::portfolio.element_effect;
    IF coalesce(dry_run, true) THEN
      RAISE EXCEPTION USING ERRCODE = 'PF001';         -- what was tried is taken back
    END IF;
  EXCEPTION WHEN SQLSTATE 'PF001' THEN
    NULL;
  END;
  RETURN QUERY SELECT e.* FROM unnest(effects) e;
END
$$;
COMMENT ON FUNCTION portfolio.merge_elements(text, text, boolean, jsonb) IS
  'Makes one of two elements of a kind: all that refers to drop refers to keep, drop is deleted, and its code and name become aliases of keep, which also takes over what it had left empty. Second copies (a relationship, a property, a role that both had) are dropped, keep''s own stays. Tells what is done; dry_run (the default) tries it and takes it back. Raises 42809 when the two are not of one kind, and what a constraint says that the two together break: nothing is done then. Example: SELECT * FROM portfolio.merge_elements(''organisation:NHS_DIGITAL'', ''organisation:HSCIC'');';
