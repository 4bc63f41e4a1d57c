-- What happened to an element, column by column.
CREATE TYPE portfolio.element_change AS (
  change bigint, at timestamptz, by name, reason text, table_name name, about text, operation text,
  column_name text, old_value text, new_value text
);
COMMENT ON TYPE portfolio.element_change IS
  'A row of element_history(): the journal entry, when, who and why, the table, which relationship, property, alias, role or other dated row it is about (NULL for the element itself), the operation, and the column with its value before and after.';
COMMENT ON COLUMN portfolio.element_change.change IS 'The journal entry, a row of change.';
COMMENT ON COLUMN portfolio.element_change.at IS 'Start of the transaction that made the change.';
COMMENT ON COLUMN portfolio.element_change.by IS 'Role in whose name it was made.';
COMMENT ON COLUMN portfolio.element_change.reason IS 'pg_portfolio.reason of that transaction; NULL when none was given.';
COMMENT ON COLUMN portfolio.element_change.table_name IS 'Table of this schema that was changed.';
COMMENT ON COLUMN portfolio.element_change.about IS 'Which relationship, property, alias, role, stage, standard, technology or decision; NULL for the element itself.';
COMMENT ON COLUMN portfolio.element_change.operation IS 'INSERT, UPDATE or DELETE.';
COMMENT ON COLUMN portfolio.element_change.column_name IS 'Column that was touched.';
COMMENT ON COLUMN portfolio.element_change.old_value IS 'Its value before as text; NULL for INSERT.';
COMMENT ON COLUMN portfolio.element_change.new_value IS 'Its value after as text; NULL for DELETE.';

CREATE FUNCTION portfolio.changes_of(element bigint) RETURNS SETOF portfolio.change
LANGUAGE sql STABLE PARALLEL SAFE STRICT ROWS 20
BEGIN ATOMIC
  WITH related AS MATERIALIZED (
    SELECT r.id FROM portfolio.relationship r WHERE r.source = $1
    UNION
    SELECT r.id FROM portfolio.relationship r WHERE r.target = $1
    UNION
    SELECT unnest(ARRAY[c.old ->> 'id', c.new ->> 'id'])::bigint FROM portfolio.change c WHERE c.table_name = 'relationship' AND c.old IS NOT NULL AND (c.old ->> 'source')::bigint = $1
    UNION
    SELECT unnest(ARRAY[c.old ->> 'id', c.new ->> 'id'])::bigint FROM portfolio.change c WHERE c.table_name = 'relationship' AND c.old IS NOT NULL AND (c.old ->> 'target')::bigint = $1
  )
  SELECT c.* FROM portfolio.change c WHERE c.element = $1 AND c.table_name <> 'relationship'
  UNION ALL
  SELECT e.* FROM related r, LATERAL (   -- one look for each, however many the planner expects
    SELECT c.* FROM portfolio.change c WHERE c.table_name = 'relationship' AND (coalesce(c.new, c.old) ->> 'id')::bigint = r.id OFFSET 0) e
   WHERE $1::text IN (e.old ->> 'source', e.old ->> 'target', e.new ->> 'source', e.new ->> 'target')
  UNION ALL
  SELECT e.* FROM (
    SELECT r.id FROM portfolio.relationship r WHERE r.source = $1
    UNION
    SELECT r.id FROM portfolio.relationship r WHERE r.target = $1
    UNION
    SELECT (c.old ->> 'id')::bigint FROM portfolio.change c WHERE c.table_name = 'relationship' AND c.old IS NOT NULL AND c.operation = 'DELETE' AND (c.old ->> 'source')::bigint = $1
    UNION
    SELECT (c.old ->> 'id')::bigint FROM portfolio.change c WHERE c.table_name = 'relationship' AND c.old IS NOT NULL AND c.operation = 'DELETE' AND (c.old ->> 'target')::bigint = $1) r (id),
   LATERAL (SELECT c.* FROM portfolio.change c WHERE c.table_name IN ('relationship_property', 'archimate_item') AND (coalesce(c.new, c.old) ->> 'relationship')::bigint = r.id OFFSET 0) e
   WHERE e.element IS DISTINCT FROM $1;
END;
COMMENT ON FUNCTION portfolio.changes_of(bigint) IS
  'The journal''s entries about an element, in no order: those of its own row, of what belongs to it, of every relationship while it started or ended there, and of what is said of those that start or end there, or did to the last. A relationship that is no longer there is found by the entry of its end: where that was not journalled (a replica''s write) or has been purged, nothing is told of it, nor of one that a policy hides from the caller. Needs SELECT on change and on relationship (42501 otherwise). No rows for an element that never changed, and for NULL. Example: SELECT * FROM portfolio.changes_of(portfolio.element_ref(''service:EPS'')) ORDER BY id DESC LIMIT 1;';

CREATE FUNCTION portfolio.element_once(element text) RETURNS bigint
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT coalesce(
    portfolio.labelled_element($1),
    (SELECT c.element FROM portfolio.change c
      WHERE c.operation = 'DELETE' AND c.old ->> 'kind' = split_part($1, ':', 1)
        AND c.old ->> 'code' = substr($1, strpos($1, ':') + 1)
        AND c.old ->> 'id' = c.element::text AND c.table_name <> 'relationship'
      ORDER BY c.id DESC LIMIT 1),
    portfolio.element_ref($1));
END;
COMMENT ON FUNCTION portfolio.element_once(text) IS
  'The number of an element, as element_ref() finds it, or of the last deleted one that was this kind:code. NULL for NULL; raises as element_ref() does. Example: SELECT portfolio.element_once(''service:EPS'');';

-- By the columns that the row has; a table of any part of the extension is called by the first of these.
CREATE FUNCTION portfolio.row_label(table_name text, r jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT CASE WHEN $1 = 'relationship' THEN concat_ws(' ', portfolio.label_or_number($2 ->> 'source'), $2 ->> 'kind', portfolio.label_or_number($2 ->> 'target'), nullif($2 ->> 'code', ''))
              WHEN $1 = 'element_alias' THEN concat_ws(' ', $2 ->> 'scheme', $2 ->> 'value')
              WHEN $1 IN ('element_property', 'relationship_property') THEN $2 ->> 'key'
              WHEN $1 = 'observation' THEN concat_ws(' ', $2 ->> 'measure', $2 ->> 'during', $2 ->> 'value')
              WHEN $2 ?& '{kind,code,owner}' THEN concat_ws(':', $2 ->> 'kind', $2 ->> 'code')
              WHEN $2 ? 'control' THEN concat_ws(' ', $2 ->> 'standard', $2 ->> 'control')
              WHEN $2 ? 'standard' THEN portfolio.label_or_number($2 ->> 'standard')
              WHEN $2 ? 'technology' THEN portfolio.label_or_number($2 ->> 'technology')
              ELSE coalesce($2 ->> 'role', $2 ->> 'attribute', $2 ->> 'stage', $2 ->> 'rated_on', $2 ->> 'setting', $2 ->> 'measure',
                            $2 ->> 'process', $2 ->> 'what', $2 ->> 'code', $2 ->> 'title', $2 ->> 'identifier') END;
END;
COMMENT ON FUNCTION portfolio.row_label(text, jsonb) IS
  'A row of a table as people call it: an element as kind:code, a relationship with both ends, a property by its key, and so on. NULL where it has no name, and for NULL. Example: SELECT portfolio.row_label(''service'', to_jsonb(s)) FROM portfolio.service s;';

CREATE FUNCTION portfolio.element_history(element text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.element_change
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  WITH wanted AS MATERIALIZED (  -- the planner would evaluate element_once() to estimate
    SELECT portfolio.element_once($1) AS id WHERE portfolio.check_options($2, '{}') IS NOT NULL
  ), entry AS (
    SELECT c.*, coalesce(c.new, c.old) AS r FROM wanted w, LATERAL portfolio.changes_of(w.id) c
  )
  SELECT e.id, e.at, e.by, e.reason, e.table_name,
         CASE WHEN NOT e.r ?& '{kind,code,owner}' THEN portfolio.row_label(e.table_name, e.r) END,
         e.operation, k.column_name, e.old ->> k.column_name, e.new ->> k.column_name
    FROM entry e, LATERAL jsonb_object_keys(e.r) k (column_name)
   WHERE (e.old ->> k.column_name) IS DISTINCT FROM (e.new ->> k.column_name)
     AND k.column_name NOT IN ('id', 'element', 'service_kind', 'source_type', 'target_type', 'archimate_type')
     AND (k.column_name <> 'kind' OR e.table_name = 'roadmap_item')
   ORDER BY e.id, k.column_name;
END;
COMMENT ON FUNCTION portfolio.element_history(text, jsonb) IS
  'What happened to an element, its properties, aliases and relationships: one row for each column that a change touched, oldest first. Also tells of deleted elements when given as kind:code. Reads what changes_of() does, with the same rights. Example: SELECT at, by, reason, column_name, old_value, new_value FROM portfolio.element_history(''service:EPS'');';

CREATE FUNCTION portfolio.bring_back(change bigint) RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE STRICT AS 'MODULE_PATHNAME', 'pf_bring_back';
COMMENT ON FUNCTION portfolio.bring_back(bigint) IS
  'Part of undo_change(): inserts the row that a journal entry deleted, with the number that it had, which nobody may choose otherwise. Needs SELECT on the journal and INSERT on a column of the table, and no row security that applies to the caller (42501). Raises 55000 when the entry deleted nothing, P0002 when there is none.';

CREATE FUNCTION portfolio.newest_change(table_name text, key jsonb) RETURNS portfolio.change
LANGUAGE sql STABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT c FROM portfolio.change c WHERE c.table_name = $1 AND coalesce(c.new, c.old) @> $2 ORDER BY c.id DESC LIMIT 1;
END;
COMMENT ON FUNCTION portfolio.newest_change(text, jsonb) IS 'Part of undo_change(): the newest entry of the row of a table that has this key; NULL when it has none.';

CREATE FUNCTION portfolio.undo_change(change bigint) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  c record;
  key_columns name[];
  own_columns name[];       -- those that can be written: not generated
  touched name[];
  where_key text;
  key jsonb;                -- of the row as it was before
  now_there jsonb;
  left_there jsonb;
  before jsonb;
  detail text;
  reason text := nullif(current_setting('pg_portfolio.reason', true), '');
BEGIN
  SELECT j.* INTO c FROM portfolio.change j WHERE j.id = undo_change.change;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'change % does not exist', change
      USING ERRCODE = 'no_data_found', HINT = 'SELECT change, column_name FROM portfolio.element_history(...) lists the changes of an element.';
  END IF;
  SELECT array_agg(a.attname) INTO key_columns
    FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) k (attnum)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
   WHERE i.indrelid = format('portfolio.%I', c.table_name)::regclass AND i.indisprimary;
  SELECT array_agg(a.attname ORDER BY a.attnum) INTO own_columns
    FROM pg_attribute a
   WHERE a.attrelid = format('portfolio.%I', c.table_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     AND coalesce(c.old, c.new) ? a.attname;
  SELECT string_agg(format('t.%1$I = r.%1$I', k), ' AND '), jsonb_object_agg(k, coalesce(c.old, c.new) -> k) INTO where_key, key FROM unnest(key_columns) k;
  -- both as this session writes dates and times, whatever that which made the change did
  EXECUTE format('SELECT to_jsonb(t), to_jsonb(r), to_jsonb(jsonb_populate_record(NULL::portfolio.%1$I, $2))
                    FROM jsonb_populate_record(NULL::portfolio.%1$I, $1) r JOIN portfolio.%1$I t ON %2$s FOR UPDATE OF t', c.table_name, where_key)
    INTO now_there, left_there, before USING coalesce(c.new, c.old), c.old;

  -- What the change left must still be there: a later change of the same columns is not thrown away with it.
  SELECT coalesce(array_agg(k), '{}') INTO touched FROM unnest(own_columns) k
   WHERE c.operation <> 'UPDATE' OR ((c.old -> k) IS DISTINCT FROM (c.new -> k)
         -- these count the writes, and count this one too
         AND NOT (c.table_name = 'roadmap_item' AND k IN ('revision', 'changed_at')));
  IF c.operation = 'UPDATE' AND now_there IS NOT NULL AND NOT EXISTS (SELECT FROM unnest(touched) k WHERE (now_there -> k) IS DISTINCT FROM (before -> k))
     AND (portfolio.newest_change(c.table_name, key)).reason ~ format('^undo of change (?!%s(:|$))', change) THEN
    RETURN NULL;                             -- it went back with another row, which it had followed
  END IF;
  IF (now_there IS NULL) <> (c.operation = 'DELETE')
     OR (c.operation <> 'DELETE' AND EXISTS (SELECT FROM unnest(touched) k WHERE (now_there -> k) IS DISTINCT FROM (left_there -> k))) THEN
    RAISE EXCEPTION 'change % cannot be undone', change
      USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('The row of portfolio.%I has been changed again since.', c.table_name),
            HINT = 'Undo the later changes first.';
  END IF;

  PERFORM set_config('pg_portfolio.reason', concat_ws(': ', 'undo of change ' || change, reason), true);
  CASE c.operation
    WHEN 'INSERT' THEN
      EXECUTE format('DELETE FROM portfolio.%1$I t USING jsonb_populate_record(NULL::portfolio.%1$I, $1) r WHERE %2$s', c.table_name, where_key) USING c.new;
    WHEN 'DELETE' THEN
      PERFORM portfolio.bring_back(change);
    ELSE
      -- The row is the one with the new key; it gets the old values back.
      EXECUTE format('UPDATE portfolio.%1$I t SET (%2$s) = (SELECT %3$s FROM jsonb_populate_record(NULL::portfolio.%1$I, $2) o)
                        FROM jsonb_populate_record(NULL::portfolio.%1$I, $1) r WHERE %4$s', c.table_name,
                     (SELECT string_agg(quote_ident(k), ', ') FROM unnest(touched) k), (SELECT string_agg('o.' || quote_ident(k), ', ') FROM unnest(touched) k), where_key)
        USING c.new, c.old;
  END CASE;
  PERFORM set_config('pg_portfolio.reason', coalesce(reason, ''), true);
  RETURN (portfolio.newest_change(c.table_name, key)).id;
EXCEPTION WHEN foreign_key_violation THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RAISE EXCEPTION 'change % cannot be undone', change
    USING ERRCODE = 'foreign_key_violation', DETAIL = detail, HINT = 'Undo first the change that took away what the row refers to, or take away what refers to it.';
END
$$;
COMMENT ON FUNCTION portfolio.undo_change(bigint) IS
  'Takes one change back by making the opposite change, with the caller''s own rights, and gives the new journal entry; NULL when the row went back already with the undoing of another, which it follows. What a deletion took with it is brought back after the row itself. Raises 55000 when the row has been changed again since, 23503 when what it refers to is no longer there, 42501 without the right to make the opposite change, P0002 when there is no such change. Example: SELECT portfolio.undo_change(max(change)) FROM portfolio.element_history(''service:EPS'');';
