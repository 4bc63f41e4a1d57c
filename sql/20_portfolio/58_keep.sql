-- Renaming, joining, retiring and deleting elements, with all that hangs on them.
CREATE TYPE portfolio.element_effect AS (
  table_name text, column_name text, action text, rows bigint, detail text
);
COMMENT ON TYPE portfolio.element_effect IS 'A row of merge_elements(), retire() and delete_element(): what is done, or would be, to rows that refer to the element.';
COMMENT ON COLUMN portfolio.element_effect.table_name IS 'Table of the rows, with its schema where that is not portfolio.';
COMMENT ON COLUMN portfolio.element_effect.column_name IS 'Column by which they refer to the element; NULL for the element itself.';
COMMENT ON COLUMN portfolio.element_effect.action IS
  'moved (to the element that is kept), shortened (moved for the days on which that one has none of its own), filled (what it had left empty), ended, made, deleted, cleared (set to NULL), dropped (the one that is kept has its own), refuses (so nothing is done), or warns.';
COMMENT ON COLUMN portfolio.element_effect.rows IS 'How many rows.';
COMMENT ON COLUMN portfolio.element_effect.detail IS 'Which ones; of the rows of a table at most five. NULL where they have no name.';

CREATE FUNCTION portfolio.element_at(element text, at timestamptz) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED STRICT
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
  wanted bigint := portfolio.element_once(element);
  own_table regclass := portfolio.kind_table(coalesce((SELECT e.kind FROM portfolio.element e WHERE e.id = wanted), split_part(element, ':', 1)));
  entry portfolio.change;
  shown jsonb;
BEGIN
  -- the last change by then; else the first one after it, which knows what was there before; else nothing ever changed
  SELECT c.* INTO entry FROM portfolio.change c
   WHERE c.element = wanted AND c.table_name <> 'relationship' AND format('portfolio.%I', c.table_name)::regclass = own_table AND c.at <= element_at.at
   ORDER BY c.id DESC LIMIT 1;
  IF FOUND THEN
    RETURN entry.new;
  END IF;
  SELECT c.* INTO entry FROM portfolio.change c
   WHERE c.element = wanted AND c.table_name <> 'relationship' AND format('portfolio.%I', c.table_name)::regclass = own_table ORDER BY c.id LIMIT 1;
  IF FOUND THEN
    RETURN entry.old;
  END IF;
  EXECUTE format('SELECT to_jsonb(t) FROM %s t WHERE t.id = $1', own_table) INTO shown USING wanted;
  RETURN shown;
END
$$;
COMMENT ON FUNCTION portfolio.element_at(text, timestamptz) IS
  'The row of an element as it was recorded at an instant, from the journal: the same as to_jsonb() of the row gave then; NULL before it was recorded, or once it was deleted (given as kind:code). References are numbers of elements. A change counts from the start of its transaction, as the journal dates it. Raises as element_ref() does. Example: SELECT portfolio.element_at(''service:EPS'', now() - interval ''1 day'') ->> ''state'';';

CREATE FUNCTION portfolio.rename_element(element text, code text, name text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  wanted bigint := portfolio.element_ref(element);
  own_table regclass;
  old record;
  other text;
BEGIN
  IF wanted IS NULL OR code IS NULL OR btrim(code) = '' THEN
    RAISE EXCEPTION 'an element to rename and its new code are needed' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT portfolio.kind_table(e.kind) INTO own_table FROM portfolio.element e WHERE e.id = wanted;
  -- whoever renames it at the same time waits here, and then knows the other's code as the old one
  EXECUTE format('SELECT t.kind, t.code, t.name FROM %s t WHERE t.id = $1 FOR UPDATE', own_table) INTO old USING wanted;
  IF code <> old.code AND portfolio.element_id(old.kind, code) IS NOT NULL THEN
    RAISE EXCEPTION '%:% is there already', old.kind, code
      USING ERRCODE = 'unique_violation', HINT = format('SELECT * FROM portfolio.merge_elements(%L, %L); tells what making one of the two would do.', old.kind || ':' || code, old.kind || ':' || old.code);
  END IF;
  SELECT portfolio.element_label(a.element) INTO other
    FROM portfolio.element_alias a JOIN portfolio.element e ON e.id = a.element
   WHERE a.scheme = 'code' AND a.value = code AND e.kind = old.kind AND a.element <> wanted;
  IF FOUND THEN
    RAISE EXCEPTION 'code "%" was that of %', code, other
      USING ERRCODE = 'unique_violation', HINT = 'Whoever still writes the old code would reach another element. Delete that alias first if nobody does.';
  END IF;
  EXECUTE format('UPDATE %s SET code = $1, name = $2 WHERE id = $3', own_table) USING code, coalesce(name, old.name), wanted;
  DELETE FROM portfolio.element_alias a WHERE a.element = wanted AND (a.scheme, a.value) IN (('code', code), ('name', coalesce(name, old.name)));
  INSERT INTO portfolio.element_alias (element, scheme, value)
  SELECT wanted, v.scheme, v.value
    FROM (VALUES ('code', old.code, code), ('name', old.name, coalesce(name, old.name))) v (scheme, value, now_called)
   WHERE v.value <> v.now_called
  ON CONFLICT DO NOTHING;
  RETURN portfolio.element_label(wanted);
END
$$;
COMMENT ON FUNCTION portfolio.rename_element(text, text, text) IS
  'Gives an element another code, and another name unless left out, and returns it as kind:code. What refers to it stays; the old code and name become aliases, so that whoever still writes them reaches it. Raises 23505 when the code is taken, or was that of another element of the kind. Example: SELECT portfolio.rename_element(''service:NHSMAIL2'', ''NHSMAIL'');';

-- Every column, of whatever table, that refers to elements of a kind.
CREATE FUNCTION portfolio.element_references(kind text, OUT table_id regclass, OUT column_name name, OUT on_delete "char") RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT DISTINCT c.conrelid::regclass, a.attname, c.confdeltype
    FROM pg_constraint c
   CROSS JOIN LATERAL unnest(c.conkey, c.confkey) k (here, there)
    JOIN pg_attribute t ON t.attrelid = c.confrelid AND t.attnum = k.there AND t.attname = 'id'
    JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.here
   WHERE c.contype = 'f' AND c.conparentid = 0
     AND c.confrelid IN ('portfolio.element'::regclass, portfolio.kind_table($1))
     -- the key of a concept table to its own element
     AND NOT (a.attname = 'id' AND c.confrelid = 'portfolio.element'::regclass)
   ORDER BY 1, 2;
END;
COMMENT ON FUNCTION portfolio.element_references(text) IS
  'The columns with a foreign key to elements of this kind, in any schema, and what deleting the element does to their rows: a (refused), c (deleted), n (set to NULL), as pg_constraint.confdeltype.';

-- Rows of a table by name, for people: at most five.
CREATE FUNCTION portfolio.name_rows(table_id regclass, rows jsonb[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT string_agg(n.name, '; ' ORDER BY n.place) || CASE WHEN cardinality($2) > 5 THEN '; …' ELSE '' END
    FROM (SELECT u.place,
                 portfolio.row_label(portfolio.table_label($1), u.r)
                 || CASE WHEN (u.r ->> 'valid')::daterange <> '(,)' THEN ' ' || (u.r ->> 'valid') ELSE '' END AS name
            FROM unnest($2[1:5]) WITH ORDINALITY u (r, place)) n;
END;
COMMENT ON FUNCTION portfolio.name_rows(regclass, jsonb[]) IS 'Part of merge_elements() and delete_element(): rows of a table as people call them, at most five; NULL where they have no name.';

CREATE FUNCTION portfolio.delete_element(element text, dry_run boolean DEFAULT true, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.element_effect
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  wanted bigint := portfolio.element_ref(element);
  label text;
  own_kind text;
  own_table regclass;
  reference record;
  found_rows jsonb[];
  effect portfolio.element_effect;
  effects portfolio.element_effect[] := '{}';
  refusing text;
  gone bigint;
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF wanted IS NULL THEN
    RAISE EXCEPTION 'an element to delete is needed' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT portfolio.kind_table(e.kind) INTO own_table FROM portfolio.element e WHERE e.id = wanted;
  IF NOT dry_run THEN
    -- whoever refers to it anew, or calls it something else, has done so by now or waits
    EXECUTE format('SELECT FROM %s t WHERE t.id = $1 FOR UPDATE', own_table) USING wanted;
    PERFORM FROM portfolio.element e WHERE e.id = wanted FOR UPDATE;
  END IF;
  SELECT e.kind, e.kind || ':' || e.code INTO own_kind, label FROM portfolio.element e WHERE e.id = wanted;
  IF NOT FOUND THEN
    RAISE EXCEPTION '% is no longer there', element USING ERRCODE = 'undefined_object';
  END IF;
  FOR reference IN SELECT r.* FROM portfolio.element_references(own_kind) r LOOP
    -- what the caller may not read is not told of; the foreign key does the same as ever
    CONTINUE WHEN NOT has_table_privilege(reference.table_id, 'SELECT');
    EXECUTE format('SELECT array_agg(to_jsonb(pf_row)) FROM (SELECT %s FROM %s WHERE %I = $1) pf_row', portfolio.plain_columns(reference.table_id), reference.table_id, reference.column_name) INTO found_rows USING wanted;
    -- a concept row's columns are those of element too; what owns itself goes with itself
    CONTINUE WHEN found_rows IS NULL OR (reference.table_id = 'portfolio.element'::regclass
      AND NOT EXISTS (SELECT FROM unnest(found_rows) f JOIN portfolio.element_kind k ON k.kind = f ->> 'kind' WHERE k.table_name IS NULL));
    effect := (portfolio.table_label(reference.table_id), reference.column_name,
               CASE WHEN reference.table_id = 'portfolio.relationship'::regclass THEN 'deleted'
                    WHEN reference.on_delete = 'c' THEN 'deleted' WHEN reference.on_delete = 'n' THEN 'cleared' ELSE 'refuses' END,
               cardinality(found_rows), portfolio.name_rows(reference.table_id, found_rows))::portfolio.element_effect;
    effects := effects || effect;
  END LOOP;
  effects := effects || ARRAY(
    SELECT ROW(r.table_name, 'value', 'refuses', count(*), string_agg(portfolio.element_label(r.element) || ' ' || r.field, '; '))::portfolio.element_effect
      FROM portfolio.named_references(label) r WHERE r.element <> wanted GROUP BY r.table_name);
  IF NOT dry_run THEN
    SELECT string_agg(format('%s.%s: %s%s', e.table_name, e.column_name, e.rows, ' (' || e.detail || ')'), '; ') INTO refusing
      FROM unnest(effects) e WHERE e.action = 'refuses';
    IF refusing IS NOT NULL THEN
      RAISE EXCEPTION '% cannot be deleted while it is referred to', label
        USING ERRCODE = 'foreign_key_violation', DETAIL = format('By %s.', refusing),
              HINT = 'Change those rows first, or retire() the element, which keeps them.';
    END IF;
    -- what hangs on it goes before it, so that the journal can be undone from its end, but for what its own row points to: a live service has its level
    FOR reference IN SELECT c.conrelid::regclass AS table_id, a.attname AS column_name FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
      WHERE c.contype = 'f' AND c.confrelid = 'portfolio.relationship'::regclass AND c.confdeltype = 'c' AND has_table_privilege(c.conrelid, 'SELECT') AND has_table_privilege(c.conrelid, 'DELETE') LOOP
      EXECUTE format('DELETE FROM %s t USING portfolio.relationship r WHERE t.%I = r.id AND $1 IN (r.source, r.target)', reference.table_id, reference.column_name) USING wanted;
    END LOOP;
    DELETE FROM portfolio.relationship r WHERE wanted IN (r.source, r.target);
    FOR reference IN SELECT r.* FROM portfolio.element_references(own_kind) r WHERE r.on_delete = 'c' AND has_table_privilege(r.table_id, 'SELECT') AND has_table_privilege(r.table_id, 'DELETE')
      AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.contype = 'f' AND c.conrelid = own_table AND c.confrelid = r.table_id) LOOP
      EXECUTE format('DELETE FROM %s WHERE %I = $1', reference.table_id, reference.column_name) USING wanted;
    END LOOP;
    EXECUTE format('DELETE FROM %s WHERE id = $1', own_table) USING wanted;
    GET DIAGNOSTICS gone = ROW_COUNT;
    IF gone = 0 THEN
      RAISE EXCEPTION '% is not in %', label, own_table
        USING ERRCODE = 'object_not_in_prerequisite_state',
              HINT = format('Its row of portfolio.element was written without one in the table of its kind, which only the owner of the table can do: DELETE FROM portfolio.element WHERE id = %s;', wanted);
    END IF;
  END IF;
  RETURN QUERY SELECT e.* FROM unnest(effects) e
     UNION ALL SELECT portfolio.table_label(own_table), NULL, 'deleted', 1::bigint, label
      WHERE NOT EXISTS (SELECT FROM unnest(effects) e WHERE e.action = 'refuses');
END
$$;
COMMENT ON FUNCTION portfolio.delete_element(text, boolean, jsonb) IS
  'Deletes an element with its properties, aliases, roles and relationships, and tells what goes; dry_run (the default) only tells. Rows of other kinds that refer to it (a contract''s supplier, a team''s parent) refuse: 23503 with all of them in DETAIL, and nothing is deleted. What refers to it as kind:code (a property of type element, a plan) refuses too. What is deleted is in the journal, and undo_change() brings it back: its own row first, then the rest. Example: SELECT * FROM portfolio.delete_element(''service:CHOICES'');';

-- What the state of a kind becomes when its element ends.
CREATE FUNCTION portfolio.retire_state(kind text, element bigint, "on" date, successor bigint) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  is_over boolean := "on" <= current_date;
BEGIN
  CASE kind
    WHEN 'service' THEN
      -- a service that somebody uses is first withdrawn
      UPDATE portfolio.service s SET state = 'retiring', retired_on = "on" WHERE s.id = element AND s.state NOT IN ('pipeline', 'retiring', 'retired');
      UPDATE portfolio.service s SET state = CASE WHEN is_over THEN 'retired' ELSE s.state END, retired_on = "on" WHERE s.id = element;
    WHEN 'system' THEN
      UPDATE portfolio.system s SET lifecycle = CASE WHEN is_over THEN 'retired' ELSE 'retiring' END WHERE s.id = element;
    WHEN 'interface' THEN
      UPDATE portfolio.interface i SET lifecycle = CASE WHEN is_over THEN 'retired' ELSE 'retiring' END WHERE i.id = element;
    WHEN 'standard' THEN
      UPDATE portfolio.standard s SET status = CASE WHEN is_over THEN 'retired' ELSE 'deprecated' END, retired_on = "on",
             replaced_by = coalesce((SELECT n.id FROM portfolio.standard n WHERE n.id = successor), s.replaced_by)
       WHERE s.id = element;
    WHEN 'programme' THEN
      UPDATE portfolio.programme p SET state = 'closed', closed_on = "on" WHERE p.id = element AND is_over AND p.state IN ('proposed', 'in_delivery');
    ELSE
      NULL;
  END CASE;
END
$$;
COMMENT ON FUNCTION portfolio.retire_state(text, bigint, date, bigint) IS 'Part of retire(): the state of a service, system, interface, standard or programme that ends on a day.';

CREATE FUNCTION portfolio.retire(element text, "on" date, successor text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.element_effect
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wanted bigint := portfolio.element_ref(element);
  next_one bigint := portfolio.element_ref(successor);
  old portfolio.element;
  own_table regclass;
  dated record;
  touched bigint;
  gone bigint;
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF wanted IS NULL OR portfolio.check_day("on") IS NULL THEN
    RAISE EXCEPTION 'an element to retire and a day are needed' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF next_one = wanted THEN
    RAISE EXCEPTION '% cannot be its own successor', portfolio.element_label(wanted) USING ERRCODE = 'invalid_parameter_value';
  END IF;
  SELECT e.* INTO old FROM portfolio.element e WHERE e.id = wanted;
  own_table := portfolio.kind_table(old.kind);
  IF lower(old.valid) >= "on" OR upper(old.valid) < "on" THEN
    RAISE EXCEPTION '% cannot be retired on %', portfolio.element_label(wanted), to_char("on", 'YYYY-MM-DD')
      USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It exists %s.', concat_ws(' ', 'from ' || to_char(lower(old.valid), 'YYYY-MM-DD'), 'to ' || to_char(upper(old.valid) - 1, 'YYYY-MM-DD')));
  END IF;
  EXECUTE format('UPDATE %s SET valid = daterange(lower(valid), $1) WHERE id = $2', own_table) USING "on", wanted;
  PERFORM portfolio.retire_state(old.kind, wanted, "on", next_one);
  RETURN NEXT (portfolio.table_label(own_table), NULL, 'ended', 1, portfolio.element_label(wanted))::portfolio.element_effect;

  -- What would go on beyond that day ends with it; what would only begin then is not to be.
  FOR dated IN SELECT * FROM (VALUES ('relationship', 'source'), ('relationship', 'target'), ('role_holder', 'element'), ('role_holder', 'party'),
                                     ('system_technology', 'system'), ('system_technology', 'technology'), ('organisation_role', 'organisation'),
                                     ('conformance', 'interface'), ('conformance', 'system'), ('conformance', 'standard')) v (t, col)
  LOOP
    EXECUTE format('DELETE FROM portfolio.%I WHERE %I = $1 AND lower(valid) >= $2', dated.t, dated.col) USING wanted, "on";
    GET DIAGNOSTICS gone = ROW_COUNT;
    EXECUTE format('UPDATE portfolio.%I SET valid = daterange(lower(valid), $2) WHERE %I = $1 AND (upper_inf(valid) OR upper(valid) > $2)', dated.t, dated.col)
      USING wanted, "on";
    GET DIAGNOSTICS touched = ROW_COUNT;
    RETURN QUERY SELECT dated.t, dated.col, v.action, v.n, NULL::text FROM (VALUES ('ended', touched), ('deleted', gone)) v (action, n) WHERE v.n > 0;
  END LOOP;
  IF next_one IS NOT NULL THEN
    INSERT INTO portfolio.relationship (source, kind, target, name, valid) VALUES (wanted, 'association', next_one, 'succeeded by', daterange("on", NULL));
    RETURN NEXT ('relationship', 'source', 'made', 1, portfolio.element_label(wanted) || ' succeeded by ' || portfolio.element_label(next_one))::portfolio.element_effect;
  END IF;
  -- What refers to it by a column of its own and goes on is for people to look at.
  RETURN QUERY
    SELECT split_part(d.origin, '.', 1), split_part(d.origin, '.', 2), 'warns', count(*),
           string_agg(portfolio.element_label(CASE WHEN d.source = wanted THEN d.target ELSE d.source END), '; ')
      FROM portfolio.dependency d
     WHERE wanted IN (d.source, d.target) AND d.relationship IS NULL AND (upper_inf(d.valid) OR upper(d.valid) > "on")
     GROUP BY d.origin;
END
$$;
COMMENT ON FUNCTION portfolio.retire(text, date, text, jsonb) IS
  'Ends an element: from the day on it is no longer there, its last day is the one before. Its state follows (a service, system, interface, standard or programme), its relationships, roles, technologies and statements of conformance end with it, and a successor gets an association "succeeded by". Tells what it did, and warns of what still refers to it beyond that day. Raises 22023 when it does not exist on the day before. Example: SELECT * FROM portfolio.retire(''service:CHOICES'', ''2018-10-01'', ''service:NHSUK'');';
