-- Looking before leaping: what a rule would say of the data, before it is a rule.
CREATE TYPE portfolio.tried_rule AS (
  outcome text,
  value   text,
  records bigint,
  percent numeric
);
COMMENT ON TYPE portfolio.tried_rule IS 'A row of try_rule().';
COMMENT ON COLUMN portfolio.tried_rule.outcome IS
  'records, passed, failed, missing, errors: how many there are; failing value: one value that fails; other failing values: those that too few records share to be shown. A rule about the whole set has evidence and the figures of its kind instead.';
COMMENT ON COLUMN portfolio.tried_rule.value IS 'The failing value, or the values of all columns of the rule; masked where an item is identifying; NULL for counts. Of a rule about the whole set: the evidence or figure.';
COMMENT ON COLUMN portfolio.tried_rule.records IS 'Number of records.';
COMMENT ON COLUMN portfolio.tried_rule.percent IS '100 * records / all records.';

CREATE FUNCTION portfolio.try_whole_set(d portfolio.data_set, expression text, period text) RETURNS SETOF portfolio.tried_rule
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v portfolio.whole_set_verdict := portfolio.judge_whole_set(d, expression, 'missing', period, NULL);
BEGIN
  RETURN QUERY
    SELECT o.outcome, o.value, o.n, 100.0 * o.n / nullif(v.records, 0)
      FROM (VALUES (1, 'records', NULL, v.records), (2, 'passed', NULL, v.passed), (3, 'failed', NULL, v.failed), (4, 'missing', NULL, v.missing),
                   (5, 'evidence', v.evidence, NULL)) o (ord, outcome, value, n)
     ORDER BY o.ord;
  RETURN QUERY SELECT m.key, m.value, NULL::bigint, NULL::numeric FROM jsonb_each_text(v.measures) m ORDER BY m.key;
END
$$;
COMMENT ON FUNCTION portfolio.try_whole_set(portfolio.data_set, text, text) IS
  'What try_rule() gives for a rule about the whole set: its counts, how they are known, and the figures of its kind, one a row.';

CREATE FUNCTION portfolio.try_rule(data_set text, expression text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.tried_rule
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  max_values bigint := coalesce((portfolio.check_options(options, '{max_values,period}')->>'max_values')::bigint, 20);
  d portfolio.data_set := portfolio.get_data_set(data_set);
  relation regclass := portfolio.data_set_relation(data_set);
  wanted text := coalesce(portfolio.check_expression(relation, d.filter, 'boolean'), 'true');
  tried portfolio.rule_set;
  columns text[];
  shown text;
  counts portfolio.tally_count;
  state text;
  period text := options ->> 'period';
  days daterange;
BEGIN
  IF portfolio.rule_kind(expression) <> 'row' THEN
    RETURN QUERY SELECT * FROM portfolio.try_whole_set(d, expression, period);
    RETURN;
  END IF;
  IF period IS NOT NULL THEN
    SELECT r.during INTO days FROM portfolio.reporting_period r WHERE r.code = period;
    wanted := format('(%s) AND (%s) = %L', wanted, coalesce(portfolio.check_expression(relation, d.period, 'text'), 'NULL'), period);
  END IF;
  tried := portfolio.dated_rules(portfolio.make_rule_set(relation, jsonb_build_object('rules', jsonb_build_array(
             jsonb_build_object('code', 'tried', 'expression', portfolio.check_rule(relation, expression))))), lower(days), upper(days) - 1, current_date);
  BEGIN
    SELECT c.* INTO counts FROM portfolio.tally_relation(relation, tried, '{}', wanted) g CROSS JOIN LATERAL portfolio.tally_counts(g.tally, tried) c WHERE c.level = 'rule';
  EXCEPTION WHEN data_exception THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
    PERFORM portfolio.raise_on_a_row(data_set, state);
  END;
  RETURN QUERY
    SELECT o.outcome, NULL::text, coalesce(o.n, 0), 100.0 * o.n / nullif(counts.records, 0)
      FROM (VALUES (1, 'records', counts.records), (2, 'passed', counts.passed), (3, 'failed', counts.failed),
                   (4, 'missing', counts.missing), (5, 'errors', counts.errors)) o (ord, outcome, n)
     ORDER BY o.ord;
  IF coalesce(counts.failed + counts.errors, 0) = 0 THEN
    RETURN;
  END IF;

  -- One column: its value; several: each with its name
  columns := portfolio.rule_set_columns(tried);
  SELECT string_agg(CASE WHEN cardinality(columns) > 1 THEN format('%L || ', k.name || ' = ') ELSE '' END ||
                    format(CASE WHEN coalesce(i.sensitivity, portfolio.guess_sensitivity(k.name)) = 'identifying'
                                THEN 'coalesce(portfolio.mask_value(portfolio.plain_text(pf_row.%I)), ''NULL'')' ELSE 'coalesce(portfolio.plain_text(pf_row.%I), ''NULL'')' END, k.name),
                    ' || '', '' || ' ORDER BY k.ord) INTO shown
    FROM unnest(columns) WITH ORDINALITY AS k (name, ord)
    LEFT JOIN portfolio.data_item i ON i.data_set = d.id AND i.column_name = k.name;
  RETURN QUERY EXECUTE format($sql$
    WITH failing AS (
      SELECT %s AS value, count(*) AS n FROM %s AS pf_row WHERE (%s) AND portfolio.failed_rules($1, pf_row) <> '{}' GROUP BY 1
    ), shown AS (
      SELECT f.value, f.n FROM failing f WHERE f.n >= 10 ORDER BY f.n DESC, f.value LIMIT $2
    ), listed AS (
      SELECT 1 AS ord, 'failing value' AS outcome, s.value, s.n FROM shown s
      UNION ALL
      SELECT 2, 'other failing values', NULL, $3 - coalesce(sum(s.n), 0)::bigint FROM shown s HAVING $3 > coalesce(sum(s.n), 0)
    )
    SELECT l.outcome, l.value, l.n, 100.0 * l.n / $4 FROM listed l ORDER BY l.ord, l.n DESC, l.value$sql$,
    coalesce(shown, quote_literal('')), relation, wanted) USING tried, max_values, counts.failed + counts.errors, counts.records;
END
$$;
COMMENT ON FUNCTION portfolio.try_rule(text, text, jsonb) IS
  'What a rule would say of a data set, before it is written: how many records pass, fail, miss a value or raise an error, then the failing values, most frequent first. Values of identifying items are masked; values that fewer than 10 records share are only counted. It reads with the caller''s own rights. The expression is refused as add_rule() would refuse it. Options: max_values (default 20), period (a code: try it on that period, whose days are :period_start and :period_end; :scored_on is today).';
