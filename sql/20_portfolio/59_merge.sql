-- Two elements that are one.
-- The days on which nothing of the element that is kept stands in the way of a row that is to become its own.
CREATE FUNCTION portfolio.free_days(table_id regclass, column_name name, keep bigint, line jsonb) RETURNS datemultirange
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  key_columns text[] := coalesce(portfolio.link_key(portfolio.table_label(table_id)),
    (SELECT array_agg(a.attname) FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
      WHERE i.indrelid = table_id AND i.indisprimary AND a.attname <> 'valid'));
  free datemultirange;
BEGIN
  IF NOT line ? 'valid' OR NOT column_name = ANY (key_columns) THEN
    RETURN NULL;
  END IF;
  EXECUTE format('SELECT datemultirange(r.valid) - coalesce(range_agg(t.valid), ''{}'')
                    FROM jsonb_populate_record(NULL::%1$s, $1) r LEFT JOIN %1$s t ON %2$s GROUP BY r.valid', table_id,
                 (SELECT string_agg(format('t.%1$I IS NOT DISTINCT FROM r.%1$I', k), ' AND ') FROM unnest(key_columns) k))
    INTO free USING line || jsonb_build_object(column_name, keep);
  RETURN free;
END
$$;
COMMENT ON FUNCTION portfolio.free_days(regclass, name, bigint, jsonb) IS
  'Part of merge_elements(): the days of a dated row on which the element that is kept has no row of the same key; none when it has one on all of them. NULL where the table has no days, or the element is not in its key.';

-- What stands in the way of a row that moves: it is cut to the days that are free, or it is a second copy, or people must decide.
CREATE FUNCTION portfolio.move_what_is_free(table_id regclass, column_name name, keep bigint, line jsonb, at tid, free datemultirange, OUT action text)
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  -- an organisation has one role that is its primary one; that of the one which is kept stays
  is_second boolean := table_id = 'portfolio.organisation_role'::regclass
    AND EXISTS (SELECT FROM portfolio.organisation_role x WHERE x.organisation = keep AND x.is_primary AND x.valid && (line ->> 'valid')::daterange);
  days daterange;
  new_id bigint;
BEGIN
  action := CASE WHEN free = '{}' THEN 'dropped' WHEN free = datemultirange((line ->> 'valid')::daterange) THEN 'moved' ELSE 'shortened' END;
  IF free = '{}' THEN
    EXECUTE format('DELETE FROM %s t WHERE t.ctid = $1', table_id) USING at;
    RETURN;
  END IF;
  FOR days IN SELECT u FROM unnest(free) u ORDER BY u OFFSET 1 LOOP
    EXECUTE format('INSERT INTO %1$s AS t (%2$s) SELECT %2$s FROM jsonb_populate_record(NULL::%1$s, $1) RETURNING (to_jsonb(t) ->> ''id'')::bigint', table_id,
                   (SELECT string_agg(quote_ident(a.attname), ', ') FROM pg_attribute a
                     WHERE a.attrelid = table_id AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attname <> 'id'))
      INTO new_id USING line || jsonb_build_object(column_name, keep, 'valid', days) || CASE WHEN is_second THEN '{"is_primary": false}' ELSE '{}' END::jsonb;
    IF table_id = 'portfolio.relationship'::regclass THEN
      INSERT INTO portfolio.relationship_property (relationship, key, value)
      SELECT new_id, p.key, p.value FROM portfolio.relationship_property p WHERE p.relationship = (line ->> 'id')::bigint;
    END IF;
  END LOOP;
  EXECUTE format('UPDATE %s t SET %I = $1, valid = $2%s WHERE t.ctid = $3', table_id, column_name, CASE WHEN is_second THEN ', is_primary = false' ELSE '' END) USING keep, (SELECT u FROM unnest(free) u ORDER BY u LIMIT 1), at;
END
$$;
COMMENT ON FUNCTION portfolio.move_what_is_free(regclass, name, bigint, jsonb, tid, datemultirange) IS
  'Part of merge_elements(): moves a row for which the element that is kept has something already, on the days that are free (free_days()), as no primary role where that has one, and tells what became of it: moved, shortened, or dropped when none is.';

-- One column's rows from drop to keep. What keep has already goes; nothing else does.
CREATE FUNCTION portfolio.move_references(table_id regclass, column_name name, keep bigint, drop bigint) RETURNS SETOF portfolio.element_effect
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  line record;
  action text;
  actions text[] := '{}';
  lines jsonb[] := '{}';
  holds_elements boolean := EXISTS (SELECT FROM portfolio.element_kind k WHERE portfolio.kind_table(k.kind) = table_id);
  free datemultirange;
  in_the_way text;
  problem text;
BEGIN
  FOR line IN EXECUTE format('SELECT t.ctid AS at, (SELECT to_jsonb(pf_row) FROM (SELECT %s) pf_row) AS r FROM %s t WHERE t.%I = $1%s', portfolio.plain_columns(table_id), table_id, column_name,
    -- what has a table of its own is written there
    CASE WHEN table_id = 'portfolio.element'::regclass THEN ' AND t.kind IN (SELECT k.kind FROM portfolio.element_kind k WHERE k.table_name IS NULL)' ELSE '' END
    || CASE WHEN has_column_privilege(table_id, column_name, 'UPDATE') THEN ' FOR UPDATE OF t' ELSE '' END) USING drop
  LOOP
    action := CASE WHEN holds_elements AND (line.r ->> 'id')::bigint IN (keep, drop) THEN 'cleared' ELSE 'moved' END;
    BEGIN
      EXECUTE format('UPDATE %s t SET %I = $1 WHERE t.ctid = $2', table_id, column_name) USING CASE action WHEN 'moved' THEN keep END, line.at;
    EXCEPTION WHEN unique_violation OR exclusion_violation OR check_violation THEN
      IF holds_elements THEN
        RAISE;                              -- an element is never dropped by the way
      END IF;
      GET STACKED DIAGNOSTICS in_the_way = PG_EXCEPTION_DETAIL, problem = MESSAGE_TEXT;
      free := portfolio.free_days(table_id, column_name, keep, line.r);
      IF free IS NOT NULL AND SQLSTATE <> '23514' THEN
        action := portfolio.move_what_is_free(table_id, column_name, keep, line.r, line.at, free);
      ELSIF (CASE SQLSTATE
              WHEN '23505' THEN true        -- keep has its own under that key
              WHEN '23514' THEN             -- it would refer to itself
                EXISTS (SELECT FROM portfolio.element_references(split_part(portfolio.element_label(keep), ':', 1)) r
                         WHERE r.table_id = table_id AND r.column_name <> column_name AND (line.r ->> r.column_name)::bigint = keep)
              WHEN '23P01' THEN             -- keep has been observed over the same days
                table_id = 'portfolio.observation'::regclass
                AND EXISTS (SELECT FROM portfolio.observation o, jsonb_populate_record(NULL::portfolio.observation, line.r || jsonb_build_object(column_name, keep)) r
                             WHERE (o.element, o.measure, o.during) = (r.element, r.measure, r.during) AND o.organisation IS NOT DISTINCT FROM r.organisation) END) THEN
        EXECUTE format('DELETE FROM %s t WHERE t.ctid = $1', table_id) USING line.at;
        action := 'dropped';
      ELSE
        RAISE EXCEPTION '% and % cannot be made one while both have rows of % for the same days', portfolio.element_label(keep), portfolio.element_label(drop), portfolio.table_label(table_id)
          USING ERRCODE = SQLSTATE, DETAIL = format('%s: %s', coalesce(portfolio.name_rows(table_id, ARRAY[line.r]), problem), coalesce(nullif(in_the_way, ''), problem)),
                HINT = 'Change or delete one of the two rows first.';
      END IF;
    END;
    actions := actions || action;
    lines := lines || line.r;
  END LOOP;
  RETURN QUERY SELECT portfolio.table_label(table_id), column_name::text, a.action, count(*), portfolio.name_rows(table_id, array_agg(a.line ORDER BY a.place))
    FROM unnest(actions, lines) WITH ORDINALITY a (action, line, place) GROUP BY a.action ORDER BY a.action;
END
$$;
COMMENT ON FUNCTION portfolio.move_references(regclass, name, bigint, bigint) IS
  'Part of merge_elements(): moves the rows of a column from one element to another. A dated row for which keep has one of the same key is shortened to the days that are left, an undated one is dropped, and what would refer to itself is cleared or dropped. Raises 23505 or 23P01 where two rows overlap that people must decide about (observations).';

CREATE FUNCTION portfolio.fill_columns(own_table regclass, columns text[], said jsonb, keep bigint) RETURNS text[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  filled text[] := '{}';
  c text;
BEGIN
  IF columns IS NULL THEN
    RETURN '{}';
  END IF;
  BEGIN
    EXECUTE format('UPDATE %1$s t SET (%2$s) = ROW (%3$s) FROM jsonb_populate_record(NULL::%1$s, $1) r WHERE t.id = $2', own_table,
                   array_to_string(columns, ', '), (SELECT string_agg('r.' || u, ', ') FROM unnest(columns) u)) USING said, keep;
    RETURN columns;
  EXCEPTION WHEN integrity_constraint_violation OR object_not_in_prerequisite_state THEN
    NULL;                                   -- not all of it fits: one by one, then
  END;
  FOREACH c IN ARRAY columns LOOP
    BEGIN
      EXECUTE format('UPDATE %1$s t SET %2$s = r.%2$s FROM jsonb_populate_record(NULL::%1$s, $1) r WHERE t.id = $2', own_table, c) USING said, keep;
      filled := filled || c;
    EXCEPTION WHEN integrity_constraint_violation OR object_not_in_prerequisite_state THEN
      NULL;                                 -- the day on which drop was closed says nothing of one that goes on
    END;
  END LOOP;
  RETURN filled;
END
$$;
COMMENT ON FUNCTION portfolio.fill_columns(regclass, text[], jsonb, bigint) IS
  'Part of merge_elements(): gives an element what it had left empty, as far as it fits the rest of its row, and tells which columns that were.';

CREATE FUNCTION portfolio.delete_moved(own_table regclass, keep bigint, drop bigint, tables regclass[], columns name[]) RETURNS bigint[]
LANGUAGE c VOLATILE PARALLEL UNSAFE STRICT AS 'MODULE_PATHNAME', 'pf_delete_moved';
COMMENT ON FUNCTION portfolio.delete_moved(regclass, bigint, bigint, regclass[], name[]) IS
  'Part of merge_elements(): moves what the engine or another profile keeps of an element (findings, vulnerabilities, runs of processes) and deletes the element with the caller''s own rights, both or neither; gives how many rows each column had. Raises 42501 where the element stays, 22023 for a column that does not refer to elements, 55000 for a run that is live or completed.';

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
  tables regclass[] := '{}';           -- what the caller does not write
  columns name[] := '{}';
  effects portfolio.element_effect[] := '{}';
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF keep_id IS NULL OR drop_id IS NULL OR keep_id = drop_id THEN
    RAISE EXCEPTION 'two different elements are needed to make one of them' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  own_table := portfolio.kind_table((SELECT e.kind FROM portfolio.element e WHERE e.id = keep_id));
  -- nobody refers anew to one of the two meanwhile, nor calls it something else; the order is that of whoever writes a row of the kind
  EXECUTE format('SELECT FROM %s t WHERE t.id IN ($1, $2) ORDER BY t.id FOR UPDATE', own_table) USING keep_id, drop_id;
  PERFORM FROM portfolio.element e WHERE e.id IN (keep_id, drop_id) ORDER BY e.id FOR UPDATE;
  SELECT e.* INTO kept FROM portfolio.element e WHERE e.id = keep_id;
  SELECT e.* INTO dropped FROM portfolio.element e WHERE e.id = drop_id;
  IF kept.id IS NULL OR dropped.id IS NULL THEN
    RAISE EXCEPTION '% is no longer there', CASE WHEN kept.id IS NULL THEN keep ELSE drop END USING ERRCODE = 'undefined_object';
  END IF;
  IF kept.kind <> dropped.kind THEN
    RAISE EXCEPTION '% and % are not of one kind', portfolio.element_label(keep_id), portfolio.element_label(drop_id)
      USING ERRCODE = 'wrong_object_type';
  END IF;
  EXECUTE format('SELECT to_jsonb(t) FROM %s t WHERE t.id = $1', own_table) INTO old USING drop_id;
  IF old IS NULL THEN
    RAISE EXCEPTION '% is no longer there', dropped.kind || ':' || dropped.code USING ERRCODE = 'undefined_object';
  END IF;

  BEGIN
    -- a relationship between the two would become one of the element with itself
    WITH gone AS (
      DELETE FROM portfolio.relationship r WHERE (r.source, r.target) IN ((keep_id, drop_id), (drop_id, keep_id)) RETURNING to_jsonb(r) AS r
    )
    SELECT effects || ROW('relationship', NULL, 'dropped', count(*), portfolio.name_rows('portfolio.relationship', array_agg(g.r)))::portfolio.element_effect INTO effects
      FROM gone g HAVING count(*) > 0;
    FOR reference IN SELECT r.* FROM portfolio.element_references(kept.kind) r LOOP
      CONTINUE WHEN reference.table_id = 'portfolio.service_state_period'::regclass;  -- each has the states that it was in
      IF (EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = reference.table_id AND starts_with(t.tgname, 'guard_'))
          AND reference.table_id NOT IN (SELECT portfolio.kind_table(k.kind) FROM portfolio.element_kind k))   -- what nobody changes by hand
         OR (reference.table_id IN (SELECT c.oid FROM pg_class c WHERE c.relnamespace = 'portfolio'::regnamespace)
             AND NOT (has_table_privilege(reference.table_id, 'SELECT') AND has_column_privilege(reference.table_id, reference.column_name, 'UPDATE'))) THEN
        tables := tables || reference.table_id;
        columns := columns || reference.column_name;
        CONTINUE;
      END IF;
      effects := coalesce(effects, '{}') || ARRAY(SELECT m FROM portfolio.move_references(reference.table_id, reference.column_name, keep_id, drop_id) m);
    END LOOP;
    effects := coalesce(effects, '{}') || ARRAY(SELECT m FROM portfolio.follow_code(dropped.kind || ':' || dropped.code, kept.kind || ':' || kept.code) m);
    effects := effects || ARRAY(SELECT ROW(portfolio.table_label(m.table_id), m.column_name, 'moved', m.n, NULL)::portfolio.element_effect
                                  FROM unnest(tables, columns, portfolio.delete_moved(own_table, keep_id, drop_id, tables, columns)) m (table_id, column_name, n) WHERE m.n > 0);
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
    filled := portfolio.fill_columns(own_table, filled, old, keep_id);
    IF cardinality(filled) > 0 THEN
      effects := effects || ROW(portfolio.table_label(own_table), NULL, 'filled', 1, array_to_string(filled, '; '))::portfolio.element_effect;
    END IF;
    effects := effects || ROW(portfolio.table_label(own_table), NULL, 'deleted', 1, dropped.kind || ':' || dropped.code)::portfolio.element_effect;
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
  'Makes one of two elements of a kind: all that refers to drop refers to keep, drop is deleted, and its code and name become aliases of keep, which also takes over what it had left empty. Where both have a relationship, property, role, standard or technology of one key, keep''s own stays, and that of drop is shortened to the days that are left, or dropped when there are none. Tells what is done; dry_run (the default) tries it and takes it back. Raises 42809 when the two are not of one kind, 23P01 where both have something for the same days that people must decide about (observations over other periods), 55000 where drop has a run that is live or completed, and what a constraint says that the two together break: nothing is done then. Example: SELECT * FROM portfolio.merge_elements(''organisation:NHS_DIGITAL'', ''organisation:HSCIC'');';
