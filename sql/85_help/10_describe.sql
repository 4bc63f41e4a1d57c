-- One page about one element.
CREATE FUNCTION portfolio.describe(element text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED STRICT
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
  wanted bigint := portfolio.element_ref(element);
  e record;
  line record;
  concept jsonb;
  page text;
  section text;
BEGIN
  SELECT x.*, k.label AS kind_label, k.table_name, portfolio.element_label(x.owner) AS owner_ref
    INTO e
    FROM portfolio.element x JOIN portfolio.element_kind k USING (kind)
   WHERE x.id = wanted;
  page := format(E'%s\n%s:%s · %s · ArchiMate %s\n', e.name, e.kind, e.code, e.kind_label, e.archimate_type);
  IF e.description IS NOT NULL THEN
    page := page || E'\n' || e.description || E'\n';
  END IF;

  section := format(E'  %-22s %s\n', 'owner', coalesce(e.owner_ref, 'nobody'));
  IF lower(e.valid) IS NOT NULL OR upper(e.valid) IS NOT NULL THEN
    section := section || format(E'  %-22s %s to %s%s\n', 'exists', coalesce(lower(e.valid)::text, '…'), coalesce((upper(e.valid) - 1)::text, '…'),
                                 CASE WHEN e.valid @> portfolio.as_of() THEN '' ELSE ' (not on ' || portfolio.as_of() || ')' END);
  END IF;
  -- The concept's own columns, in their order; references as people write them.
  IF e.table_name IS NOT NULL THEN
    EXECUTE format('SELECT to_jsonb(t) FROM portfolio.%I t WHERE t.id = $1', e.table_name) INTO concept USING wanted;
    FOR line IN
      SELECT a.attname, concept ->> a.attname AS value,
             a.atttypid = 'bigint'::regtype AND EXISTS (SELECT FROM pg_constraint c WHERE c.conrelid = a.attrelid AND c.contype = 'f' AND c.conkey = ARRAY[a.attnum]) AS is_reference
        FROM pg_attribute a
       WHERE a.attrelid = format('portfolio.%I', e.table_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped
         AND a.attname <> ALL ('{id,kind,code,name,description,owner,valid,source}')
         AND concept ->> a.attname IS NOT NULL AND concept ->> a.attname NOT IN ('[]', '{}')
       ORDER BY a.attnum
    LOOP
      section := section || format(E'  %-22s %s\n', line.attname,
        CASE WHEN line.is_reference
             THEN (SELECT r.kind || ':' || r.code || ' (' || r.name || ')' FROM portfolio.element r WHERE r.id = line.value::bigint)
             ELSE line.value END);
    END LOOP;
  END IF;
  section := section || CASE WHEN e.source IS NULL THEN '' ELSE format(E'  %-22s %s\n', 'source', e.source) END;
  page := page || E'\nFacts\n' || section;

  SELECT string_agg(format(E'  %-22s %s\n', a.scheme, a.value), '' ORDER BY a.scheme, a.value) INTO section
    FROM portfolio.element_alias a WHERE a.element = wanted;
  page := page || coalesce(E'\nAlso known as\n' || section, '');

  SELECT string_agg(format(E'  %-22s %s\n', p.key, p.value), '' ORDER BY p.key) INTO section
    FROM portfolio.element_property p WHERE p.element = wanted AND p.valid @> portfolio.as_of();
  page := page || coalesce(E'\nProperties\n' || section, '');

  SELECT string_agg(format(E'  %-40s %-15s %s%s\n',
                           CASE WHEN r.source = wanted THEN 'this' ELSE r.source_ref END, r.kind,
                           CASE WHEN r.target = wanted THEN 'this' ELSE r.target_ref END, ' · ' || r.name),
                    '' ORDER BY r.source <> wanted, r.kind, r.target_ref, r.source_ref) INTO section
    FROM portfolio.current_relationship r WHERE wanted IN (r.source, r.target);
  page := page || coalesce(E'\nRelationships\n' || section, '');

  SELECT string_agg(format(E'  %-40s %s\n', r.kind || ':' || r.code, r.name), '' ORDER BY r.depth, r.kind, r.code) INTO section
    FROM portfolio.dependencies_of(e.kind || ':' || e.code, 1) r;
  page := page || coalesce(E'\nNeeds\n' || section, '');
  SELECT string_agg(format(E'  %-40s %s\n', r.kind || ':' || r.code, r.name), '' ORDER BY r.depth, r.kind, r.code) INTO section
    FROM portfolio.impact_of(e.kind || ':' || e.code, 1) r;
  page := page || coalesce(E'\nSuffers if this fails\n' || section, '');

  -- What other parts know of it, as far as the reader may see it.
  IF has_table_privilege('portfolio.finding', 'SELECT') THEN
    SELECT string_agg(format(E'  %-9s %s (%s)\n', f.severity, concat_ws(': ', f.target, f.subject), f.check_code), '' ORDER BY f.check_code, f.subject) INTO section
      FROM portfolio.finding f WHERE f.element = wanted AND f.status = 'open';
    page := page || coalesce(E'\nOpen findings\n' || section, '');
  END IF;
  IF e.kind = 'data_set' AND has_table_privilege('portfolio.data_set_quality', 'SELECT') THEN
    SELECT format(E'\nQuality at %s\n  %s records, %s %% of them fail nothing; mean item score %s %%, worst item %s\n', to_char(q.scored_at, 'YYYY-MM-DD HH24:MI TZ'),
                  q.records, round(q.clean_pct, 1), round(q.mean_item_score, 1), q.worst_item) INTO section
      FROM portfolio.data_set_quality q WHERE q.data_set = wanted AND q.scored_at IS NOT NULL;
    page := page || coalesce(section, '');
  END IF;
  IF has_table_privilege('portfolio.gate_status', 'SELECT') THEN
    SELECT string_agg(format(E'  %s · %s%s%s\n', r.process, r.gate, ': ' || r.percent || ' %', E'\n    blocked by ' || nullif(array_to_string(r.blockers, E'\n    blocked by '), '')), '') INTO section
      FROM portfolio.readiness(e.kind || ':' || e.code) r;
    page := page || coalesce(E'\nGates\n' || section, '');
  END IF;
  IF has_table_privilege('portfolio.change', 'SELECT') AND has_function_privilege('portfolio.changes_of(bigint)', 'EXECUTE') THEN
    SELECT format(E'\nLast changed %s by %s%s\n', to_char(c.at, 'YYYY-MM-DD HH24:MI TZ'), c.by, ' (' || c.reason || ')') INTO section
      FROM portfolio.changes_of(wanted) c ORDER BY c.id DESC LIMIT 1;
    page := page || coalesce(section, '');
  END IF;
  RETURN page;
END
$$;
COMMENT ON FUNCTION portfolio.describe(text) IS
  'One page about one element: facts, aliases, properties, relationships, what it needs, what suffers if it fails, open findings, quality, gates and the last change, on the day of pg_portfolio.as_of and as far as the caller may see. Raises as element_ref() does. Example: SELECT portfolio.describe(''service:EPS'');';
