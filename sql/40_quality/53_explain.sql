-- Why a score is what it is: item by item, on one screen.
CREATE TYPE portfolio.item_explanation AS (
  item               text,
  records            bigint,
  valid_and_complete bigint,
  defaults           bigint,
  defaults_in_excess numeric,
  data_item_score    numeric,
  points_lost        numeric,
  gain               numeric,
  national_average   numeric,
  rank               text,
  reasons            text,
  failing_values     text
);
COMMENT ON TYPE portfolio.item_explanation IS 'A row of explain_score(): one item.';
COMMENT ON COLUMN portfolio.item_explanation.item IS 'The data item.';
COMMENT ON COLUMN portfolio.item_explanation.records IS 'Records to which it applies.';
COMMENT ON COLUMN portfolio.item_explanation.valid_and_complete IS 'Records in which the value is there and every rule of the item is true; default codes included.';
COMMENT ON COLUMN portfolio.item_explanation.defaults IS 'Records with a default code.';
COMMENT ON COLUMN portfolio.item_explanation.defaults_in_excess IS 'Defaults above the threshold.';
COMMENT ON COLUMN portfolio.item_explanation.data_item_score IS 'Data item score in percent, rounded to two decimal places.';
COMMENT ON COLUMN portfolio.item_explanation.points_lost IS '100 - data_item_score.';
COMMENT ON COLUMN portfolio.item_explanation.gain IS
  'What the index of the provider for this data set would gain if the item were without fault: points lost / items * coverage, rounded to two decimal places.';
COMMENT ON COLUMN portfolio.item_explanation.national_average IS 'Mean of the data item scores of all providers in the period, rounded to two decimal places.';
COMMENT ON COLUMN portfolio.item_explanation.rank IS 'Place among the providers that have a score of the item, best first: 3/20. NULL when no provider was named.';
COMMENT ON COLUMN portfolio.item_explanation.reasons IS 'What the points are lost for, with the number of records: no value, each rule that fails or raises errors, defaults in excess; most first.';
COMMENT ON COLUMN portfolio.item_explanation.failing_values IS
  'Commonest values that fail, with the number of records; those of identifying items are masked, those that fewer than 10 records share are not shown. NULL when there is none, or when the relation cannot be read.';

-- Values of items that fail, over the rows of a provider and period: one scan for all items.
CREATE FUNCTION portfolio.failing_item_values(data_set text, provider text, period text, items text[])
RETURNS TABLE (item text, value text, records bigint)
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  relation regclass := portfolio.data_set_relation(data_set);
  rules portfolio.rule_set := portfolio.rule_set(data_set);
  days daterange;
  listed text;
  state text;
BEGIN
  SELECT r.during INTO days FROM portfolio.reporting_period r WHERE r.code = period;
  rules := portfolio.dated_rules(rules, lower(days), upper(days) - 1, current_date);
  SELECT string_agg(format('(%L, %L::text[], %s)', i.name, r.codes,
                           format(CASE WHEN i.sensitivity = 'identifying' THEN 'portfolio.mask_value(portfolio.plain_text(pf_row.%I))' ELSE 'portfolio.plain_text(pf_row.%I)' END, i.column_name)), ', ')
    INTO listed
    FROM portfolio.data_item i
   CROSS JOIN LATERAL (SELECT array_agg(s.code) AS codes FROM portfolio.rule_set_rules(rules) s WHERE s.item = i.name) r
   WHERE i.data_set = d.id AND i.name = ANY (items) AND i.column_name IS NOT NULL AND r.codes IS NOT NULL;
  IF listed IS NULL THEN
    RETURN;
  END IF;
  BEGIN
    RETURN QUERY EXECUTE format($sql$
      SELECT v.item, v.value, count(*)
        FROM (SELECT pf_row, portfolio.failed_rules($1, pf_row) AS failed FROM %1$s AS pf_row
               WHERE (%2$s) AND ($2 IS NULL OR (%3$s)::text = $2) AND ($3 IS NULL OR (%4$s)::text = $3) OFFSET 0) AS f
       CROSS JOIN LATERAL (SELECT (f.pf_row).*) AS pf_row
       CROSS JOIN LATERAL (VALUES %5$s) AS v (item, rules, value)
       WHERE f.failed <> '{}' AND f.failed && v.rules AND v.value IS NOT NULL
       GROUP BY v.item, v.value HAVING count(*) >= 10$sql$,
      relation, coalesce(portfolio.check_expression(relation, d.filter, 'boolean'), 'true'),
      coalesce(portfolio.check_expression(relation, d.provider, 'text'), 'NULL'), coalesce(portfolio.check_expression(relation, d.period, 'text'), 'NULL'), listed)
      USING rules, provider, period;
  EXCEPTION WHEN data_exception THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
    PERFORM portfolio.raise_on_a_row(data_set, state);
  END;
END
$$;
COMMENT ON FUNCTION portfolio.failing_item_values(text, text, text, text[]) IS
  'Values of items that fail a rule of theirs, over the rows of a provider and period (NULL: all), with the number of records: those that 10 records share at least, masked where the item is identifying. It reads the relation with the caller''s own rights and row security. Part of explain_score().';

CREATE FUNCTION portfolio.may_read_data_set(data_set text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce(has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), false)
    FROM portfolio.data_set d
    LEFT JOIN pg_namespace n ON n.nspname = d.schema_name
    LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = d.relation_name
   WHERE d.code = may_read_data_set.data_set;
END;
COMMENT ON FUNCTION portfolio.may_read_data_set(text) IS
  'Whether the relation of a data set is there and the caller may SELECT from all of it. NULL when the data set is not known.';

CREATE FUNCTION portfolio.explain_score(data_set text, provider text, period text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.item_explanation
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  max_values int := coalesce((portfolio.check_options(options, '{max_values}')->>'max_values')::int, 3);
  d portfolio.data_set := portfolio.get_data_set(data_set);
  covered numeric;
BEGIN
  IF NOT EXISTS (SELECT FROM portfolio.latest_score s WHERE s.data_set = d.id AND (provider IS NULL OR s.provider = provider) AND (period IS NULL OR s.period = period)) THEN
    RAISE EXCEPTION 'there is no score of data set "%" for this provider and period', data_set
      USING ERRCODE = 'no_data_found',
            HINT = 'SELECT DISTINCT provider, period FROM portfolio.latest_score lists what was scored; score_data_set() scores.';
  END IF;
  SELECT sum(c.received)::numeric / nullif(sum(c.expected), 0) INTO covered FROM portfolio.provider_coverage c
   WHERE c.data_set = d.id AND c.provider = provider AND c.period = period;
  RETURN QUERY
  WITH opened AS MATERIALIZED (
    -- items of all providers, each provider once
    SELECT s.provider AS by, c.name, sum(n.records)::bigint AS n, sum(c.passed)::bigint AS passed, sum(c.missing)::bigint AS missing,
           sum(c.defaults)::bigint AS defaults, max((u.thresholds->>c.name)::numeric) AS threshold
      FROM portfolio.latest_score s
      JOIN portfolio.score_run u ON u.id = s.run
     CROSS JOIN LATERAL portfolio.tally_counts(s.tally) c
     CROSS JOIN LATERAL (SELECT c.passed + c.failed + c.missing + c.errors AS records) n
     WHERE s.data_set = d.id AND (period IS NULL OR s.period = period) AND c.level = 'item' AND u.thresholds ? c.name
     GROUP BY s.provider, c.name
  ), by_provider AS MATERIALIZED (
    SELECT o.*, portfolio.data_item_score(o.n, o.passed, o.defaults, o.threshold) AS score FROM opened o
  ), average AS (
    -- each provider counts once, as in the extract of the index
    SELECT p.name, avg(p.score) AS score FROM by_provider p GROUP BY p.name
  ), together AS (
    SELECT NULL::text AS by, o.name, sum(o.n)::bigint AS n, sum(o.passed)::bigint AS passed, sum(o.missing)::bigint AS missing,
           sum(o.defaults)::bigint AS defaults, max(o.threshold) AS threshold
      FROM opened o WHERE provider IS NULL GROUP BY o.name
  ), placed AS (
    SELECT s.*, rank() OVER (PARTITION BY s.name ORDER BY s.score DESC) AS place, count(*) OVER (PARTITION BY s.name) AS among
      FROM by_provider s WHERE provider IS NOT NULL AND s.score IS NOT NULL
    UNION ALL
    SELECT t.*, portfolio.data_item_score(t.n, t.passed, t.defaults, t.threshold), NULL, NULL FROM together t WHERE t.n > 0
  ), mine AS (
    SELECT p.*, portfolio.defaults_in_excess(p.n, p.defaults, p.threshold) AS excess, count(*) OVER () AS items
      FROM placed p WHERE p.by IS NOT DISTINCT FROM provider
  ), judged AS MATERIALIZED (
    -- rules of the sets that were scored, each with the item that it counted for
    SELECT v.fingerprint, r.code, r.item FROM portfolio.rule_set_version v CROSS JOIN LATERAL portfolio.rule_set_rules(v.rules) r
     WHERE v.fingerprint IN (SELECT s.rule_set FROM portfolio.latest_score s WHERE s.data_set = d.id AND (period IS NULL OR s.period = period))
  ), rule AS (
    SELECT r.item, c.name, sum(c.failed) AS failed, sum(c.errors) AS errors
      FROM portfolio.latest_score s
     CROSS JOIN LATERAL portfolio.tally_counts(s.tally) c
      JOIN judged r ON r.fingerprint = s.rule_set AND r.code = c.name
     WHERE s.data_set = d.id AND (period IS NULL OR s.period = period) AND (provider IS NULL OR s.provider = provider)
       AND c.level = 'rule' GROUP BY r.item, c.name
  ), shown AS (
    SELECT f.item, string_agg(format('%s ×%s', CASE WHEN f.value ~ '^\*[0-9a-f]{16}$' THEN f.value ELSE quote_literal(f.value) END, f.records), ', ' ORDER BY f.records DESC, f.value) AS listed
      FROM (SELECT v.*, row_number() OVER (PARTITION BY v.item ORDER BY v.records DESC, v.value) AS no
              FROM portfolio.failing_item_values(data_set, provider, period, ARRAY(SELECT m.name FROM mine m WHERE m.passed < m.n)) v
             WHERE max_values > 0 AND portfolio.may_read_data_set(data_set)) f
     WHERE f.no <= max_values GROUP BY f.item
  )
  SELECT m.name, m.n, m.passed, m.defaults, m.excess, round(m.score, 2), round(100 - m.score, 2), round((100 - m.score) / m.items * coalesce(covered, 1), 2),
         round(a.score, 2), CASE WHEN provider IS NOT NULL THEN m.place || '/' || m.among END, w.listed, v.listed
    FROM mine m
    JOIN average a ON a.name = m.name
    LEFT JOIN shown v ON v.item = m.name
    LEFT JOIN portfolio.data_item i ON i.data_set = d.id AND i.name = m.name
   CROSS JOIN LATERAL (SELECT string_agg(format('%s %s', e.reason, e.n), ', ' ORDER BY e.n DESC, e.reason) AS listed
                         FROM (SELECT 'no value' AS reason, m.missing::numeric AS n
                               UNION ALL SELECT 'defaults in excess', least(m.excess, m.passed)
                               UNION ALL SELECT r.name, r.failed FROM rule r WHERE r.item = m.name
                               UNION ALL SELECT 'errors in ' || r.name, r.errors FROM rule r WHERE r.item = m.name) e WHERE e.n > 0) w
   ORDER BY m.score, i.ord, m.name;
END
$$;
COMMENT ON FUNCTION portfolio.explain_score(text, text, text, jsonb) IS
  'Why the latest scores of a provider (NULL: of all together) in a period (NULL: in all) are not 100, one row an item, the worst first: counts, points lost and what for, the commonest failing values, what mending it would bring, the national average and the rank. Failing values are read from the relation with the caller''s own rights and row security; without SELECT on it they are left out. A rule of which a row fails two is counted in both, so reasons may add up to more than the points. Exact scores: provider_item_quality. Options: max_values, how many failing values are shown (default 3; 0 reads no row). P0002 when there is no score.';
