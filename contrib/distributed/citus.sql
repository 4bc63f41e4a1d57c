-- On Citus, once, on the coordinator: tallies of a distributed table, counted where its shards lie.
-- psql -f citus.sql; SELECT group_label, tally FROM citus_tally('visit', (SELECT …rule_set…), '{provider}')
-- Without it Citus gathers every row on the coordinator, since it does not know that tallies can be merged.
\set ON_ERROR_STOP on
CREATE FUNCTION citus_tally(relation regclass, rules portfolio.rule_set, by text[] DEFAULT '{}') RETURNS TABLE (group_label text, tally portfolio.tally)
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  -- Citus puts the name of the shard wherever it finds %s, so that the rules, which may hold one, travel in hexadecimal
  command text := format($sql$SELECT coalesce(jsonb_agg(jsonb_build_array(g.group_label, g.tally::text)), '[]')
                                FROM portfolio.tally_relation('%%s', convert_from(decode(%L, 'hex'), 'UTF8')::portfolio.rule_set, %L) g$sql$,
                         encode(convert_to(rules::text, 'UTF8'), 'hex'), by);
  shards jsonb;
  failed text;
BEGIN
  IF portfolio.rule_set_volatility(rules) <> 'immutable' THEN
    RAISE EXCEPTION 'rules that depend on the session cannot be counted on other servers' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = 'Each server has a time zone and a path of its own.';
  END IF;
  EXECUTE format('SELECT jsonb_agg(s.result) FILTER (WHERE s.success), min(s.result) FILTER (WHERE NOT s.success) FROM %I.run_command_on_shards($1, $2) s',
                 (SELECT n.nspname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proname = 'run_command_on_shards'))
    INTO shards, failed USING relation, command;
  IF failed IS NOT NULL THEN
    RAISE EXCEPTION 'a shard of % could not be counted', relation USING ERRCODE = 'external_routine_exception', DETAIL = failed;
  END IF;
  RETURN QUERY SELECT t.g ->> 0, portfolio.merge((t.g ->> 1)::portfolio.tally)
                 FROM jsonb_array_elements_text(shards) s (result), jsonb_array_elements(s.result::jsonb) t (g) GROUP BY 1;
END
$$;
COMMENT ON FUNCTION citus_tally(regclass, portfolio.rule_set, text[]) IS
  'One tally a group of a table that Citus has distributed, as tally_relation() gives it of a table that lies in one place. The caller''s rights hold on every worker.';
