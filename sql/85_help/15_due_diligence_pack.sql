-- What a board reads before it decides: one Markdown document about an element and its gates.
CREATE FUNCTION portfolio.pack_cell(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(replace(regexp_replace(value, '[\r\n]+', ' ', 'g'), '|', '\|'), '–');
COMMENT ON FUNCTION portfolio.pack_cell(text) IS 'A value as a cell of a Markdown table: on one line, bars escaped, a dash for NULL.';

CREATE FUNCTION portfolio.due_diligence_pack(element text, process text DEFAULT NULL) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
  wanted bigint := portfolio.element_ref(element);
  moment timestamptz := portfolio.as_of_moment();
  its record;
  its_run record;
  its_gate record;
  pack text;
  section text;
BEGIN
  IF wanted IS NULL THEN
    RETURN NULL;
  END IF;
  IF process IS NOT NULL THEN
    PERFORM portfolio.known_process(process);
  END IF;
  SELECT x.name, x.kind, x.code, x.description, portfolio.element_label(x.owner) AS owner, k.label INTO its
    FROM portfolio.element x JOIN portfolio.element_kind k USING (kind) WHERE x.id = wanted;
  pack := format(E'# Due diligence: %s\n\n`%s:%s` · as of %s\n', its.name, its.kind, its.code, moment::date)
          || coalesce(E'\n' || its.description || E'\n', '');

  -- Summary
  SELECT string_agg(format(E'| %s %s | %s | %s | %s %% | %s |\n', x.process, x.version, portfolio.pack_cell(s.gate_name), s.standing,
                           coalesce(s.percent::text, '–'), cardinality(s.blockers)), '' ORDER BY x.process, s.ord) INTO section
    FROM portfolio.process_run x JOIN portfolio.gate_status s ON s.run = x.id
   WHERE x.element = wanted AND (due_diligence_pack.process IS NULL OR x.process = due_diligence_pack.process);
  pack := pack || E'\n## Summary\n\n' || format(E'Owner: %s.\n', coalesce(its.owner, 'nobody'))
    || coalesce(E'\n| process | gate | stands at | ready | blockers |\n|---|---|---|---:|---:|\n' || section,
                E'\nIt is in no process' || coalesce(' "' || process || '"', '') || E'.\n');

  -- Each gate with its criteria
  FOR its_run IN SELECT x.id, x.process, x.version, x.started_by, lower(x.during) AS since FROM portfolio.process_run x
            WHERE x.element = wanted AND x.during @> moment AND (due_diligence_pack.process IS NULL OR x.process = due_diligence_pack.process) ORDER BY x.process
  LOOP
    FOR its_gate IN SELECT s.* FROM portfolio.gate_status s WHERE s.run = its_run.id ORDER BY s.ord LOOP
      SELECT string_agg(format(E'| %s | %s | %s | %s | %s | %s | %s |\n', s.criterion, CASE WHEN s.mandatory THEN 'yes' ELSE 'no' END, s.status,
               portfolio.pack_cell(coalesce(nullif(concat_ws(' · ', e.note, 'value ' || e.value, e.attachment), ''), 'waived: ' || w.reason)),
               portfolio.pack_cell(coalesce(e.by, w.by)),
               coalesce((moment::date - coalesce(e.at, w.at)::date)::text, '–'),
               coalesce(CASE WHEN s.status = 'waived' THEN w.expires::date::text WHEN e.expires < 'infinity' THEN e.expires::date::text END, '–')),
             '' ORDER BY s.mandatory DESC, s.criterion) INTO section
        FROM portfolio.run_standing(its_run.id, moment) s
        LEFT JOIN portfolio.evidence e ON e.id = s.evidence AND s.status <> 'waived'
        LEFT JOIN portfolio.waiver w ON w.id = s.waiver
       WHERE s.gate = its_gate.gate;
      pack := pack || format(E'\n## Gate: %s\n\n%s\n', its_gate.gate_name,
          CASE WHEN its_gate.standing IN ('proceed', 'conditions_met') THEN 'Passed.'
               WHEN its_gate.blockers = '{}' THEN 'Nothing keeps it shut.'
               ELSE 'It is shut:' || E'\n\n- ' || array_to_string(its_gate.blockers, E'\n- ') END)
        || coalesce(E'\n| criterion | mandatory | status | evidence | by | age in days | expires |\n|---|---|---|---|---|---:|---|\n' || section, E'\nIt has no criteria.\n');
    END LOOP;

    SELECT string_agg(format(E'| %s | %s | %s | %s | %s |\n', c.criterion, portfolio.pack_cell(coalesce(c.what, '')), portfolio.pack_cell(portfolio.element_label(c.owner)),
                             c.due_on, CASE WHEN c.met_at <= moment THEN 'met ' || c.met_on WHEN c.due_on < moment::date THEN 'overdue' ELSE 'open' END), '' ORDER BY c.due_on, c.id) INTO section
      FROM portfolio.condition c WHERE c.run = its_run.id AND c.at <= moment;
    pack := pack || coalesce(E'\n## Conditions\n\n| criterion | what | owner | due | stands at |\n|---|---|---|---|---|\n' || section, '');

    SELECT string_agg(format(E'| %s | %s | %s | %s | %s | %s |\n', d.at::date, d.gate, d.outcome, d.by, portfolio.pack_cell(a.by), portfolio.pack_cell(d.note)), '' ORDER BY d.at, d.id) INTO section
      FROM portfolio.gate_decision d LEFT JOIN portfolio.gate_approval a ON a.id = d.approval WHERE d.run = its_run.id AND d.at <= moment;
    pack := pack || E'\n## Decisions\n\n' || coalesce(E'| on | gate | outcome | by | approved by | why |\n|---|---|---|---|---|---|\n' || section, E'None yet.\n');
  END LOOP;

  -- What other parts know of it, as far as the reader may see it.
  IF has_table_privilege('portfolio.finding', 'SELECT') OR has_column_privilege('portfolio.finding', 'check_code', 'SELECT') THEN
    SELECT string_agg(format(E'| %s | %s | %s | %s | %s |\n', f.severity, portfolio.pack_cell(d.title), f.first_seen::date, coalesce(f.due_on::text, '–'),
                             portfolio.pack_cell(coalesce(f.next_step, d.remediation))), '' ORDER BY portfolio.severity_rank(f.severity), f.first_seen, f.id) INTO section
      FROM portfolio.finding f JOIN portfolio.check_definition d ON d.code = f.check_code
     WHERE f.element IN (SELECT wanted UNION SELECT t.service FROM portfolio.transfer_scope t WHERE t.element = wanted
                         UNION SELECT s.id FROM portfolio.transfer_scope t JOIN portfolio.data_set s ON s.service = t.service WHERE t.element = wanted)
       AND (f.status = 'open' OR f.status = 'risk_accepted' AND f.accepted_until < current_date);
    pack := pack || E'\n## Open findings\n\n' || coalesce(E'| severity | finding | since | due | next step |\n|---|---|---|---|---|\n' || section, E'None.\n');
  END IF;
  IF has_table_privilege('portfolio.data_set_quality', 'SELECT') THEN
    SELECT string_agg(format(E'| %s | %s | %s | %s | %s | %s |\n', portfolio.pack_cell(d.name), coalesce(q.scored_at::date::text, 'never'), coalesce(q.records::text, '–'),
                             coalesce(round(q.mean_item_score, 1)::text, '–'), coalesce(d.quality_threshold::text, '–'),
                             CASE WHEN d.quality_threshold IS NULL THEN '–' WHEN q.meets_threshold THEN 'yes' ELSE 'no' END), '' ORDER BY d.code) INTO section
      FROM portfolio.transfer_scope t JOIN portfolio.data_set d ON d.service = t.service LEFT JOIN portfolio.data_set_quality q ON q.data_set = d.id
     WHERE t.element = wanted;
    pack := pack || E'\n## Data quality\n\n' || coalesce(E'| data set | scored | records | mean item score | threshold | reaches it |\n|---|---|---:|---:|---:|---|\n' || section, E'It has no data sets.\n');
  END IF;

  SELECT string_agg(format(E'| %s:%s | %s | %s | %s |\n', d.kind, d.code, portfolio.pack_cell(d.name), d.what, d.depth), '' ORDER BY d.ord, d.depth, d.kind, d.code) INTO section
    FROM (SELECT 1 AS ord, x.kind, x.code, x.name, 'it needs this' AS what, x.depth FROM portfolio.dependencies_of(its.kind || ':' || its.code, 2) x
          UNION ALL
          SELECT 2, x.kind, x.code, x.name, 'suffers if it fails', x.depth FROM portfolio.impact_of(its.kind || ':' || its.code, 2) x) d;
  pack := pack || E'\n## Dependencies\n\n' || coalesce(E'| element | name | what | steps away |\n|---|---|---|---:|\n' || section, E'None are recorded.\n');
  RETURN pack;
END
$$;
COMMENT ON FUNCTION portfolio.due_diligence_pack(text, text) IS
  'What a board reads before it decides, as one Markdown document: how each gate of an element stands, each criterion with its evidence and how old that is, waivers, conditions, decisions, open findings, data quality, and what it needs and what suffers if it fails. Of all processes that it is in, or of one; as of the day in pg_portfolio.as_of; as far as the caller may see. Raises as element_ref() does, and 42704 for an unknown process; NULL for no element. Example: SELECT portfolio.due_diligence_pack(''service:EPS'');';
