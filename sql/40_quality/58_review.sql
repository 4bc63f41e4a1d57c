-- Looking at the rules themselves: which of them say nothing, or say it twice, or cannot both be right.
CREATE TYPE portfolio.rule_review AS (
  rule       text,
  problem    text,
  other_rule text,
  evidence   text,
  records    bigint,
  passed     bigint,
  failed     bigint,
  missing    bigint,
  errors     bigint
);
COMMENT ON TYPE portfolio.rule_review IS 'A row of review_rules(): something about a rule that somebody should look at.';
COMMENT ON COLUMN portfolio.rule_review.rule IS 'Code of the rule.';
COMMENT ON COLUMN portfolio.rule_review.problem IS
  'broken: it can no longer run; never_passes: it fails every record that it judges; contradicts: no record passes it and other_rule; equal: it has the same expression, or the same verdict on every record, as other_rule; judges_nothing: it is NULL for every record; raises: it raises an error on some; never_fails: it passes every record that it judges; needs_period: it speaks of a period and option period was not given.';
COMMENT ON COLUMN portfolio.rule_review.other_rule IS 'The other rule, for equal and contradicts; NULL otherwise.';
COMMENT ON COLUMN portfolio.rule_review.evidence IS 'Why this is said, with counts.';
COMMENT ON COLUMN portfolio.rule_review.records IS 'Records that were looked at.';
COMMENT ON COLUMN portfolio.rule_review.passed IS 'Those that pass the rule.';
COMMENT ON COLUMN portfolio.rule_review.failed IS 'Those that fail it.';
COMMENT ON COLUMN portfolio.rule_review.missing IS 'Those for which it is NULL, whatever its on_null says.';
COMMENT ON COLUMN portfolio.rule_review.errors IS 'Those on which it raises an error.';

-- Two rules are compared by two more: (a) = (b) tells where they agree, (a) AND (b) where both pass. The engine counts
-- them in the same scan, and pays by column, not by rule.
CREATE FUNCTION portfolio.review_rules(data_set text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.rule_review
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  period text := portfolio.check_options(options, '{period,max_pairs}') ->> 'period';
  max_pairs int := coalesce((options ->> 'max_pairs')::int, 4000);
  d portfolio.data_set := portfolio.get_data_set(data_set);
  relation regclass := portfolio.data_set_relation(data_set);
  wanted text := coalesce(portfolio.check_expression(relation, d.filter, 'boolean'), 'true');
  period_of text := portfolio.check_expression(relation, d.period, 'text');
  days daterange;
  broken portfolio.broken_rule[] := ARRAY(SELECT b FROM portfolio.broken_rules(data_set) b);
  definition jsonb;
  not_null text[];
  pairs jsonb;
  state text;
BEGIN
  definition := portfolio.rule_set_definition(data_set, ARRAY(SELECT (b).rule FROM unnest(broken) b WHERE (b).kind = 'rule'),
                                              ARRAY(SELECT (b).rule FROM unnest(broken) b WHERE (b).kind = 'item'));
  IF period IS NOT NULL THEN
    SELECT r.during INTO days FROM portfolio.reporting_period r WHERE r.code = period;
    IF period_of IS NULL OR days IS NULL THEN
      RAISE EXCEPTION 'period "%" cannot be looked at by itself', period
        USING ERRCODE = 'invalid_parameter_value',
              DETAIL = CASE WHEN days IS NULL THEN 'It is not known in portfolio.reporting_period.' ELSE format('Data set "%s" has no period expression.', data_set) END;
    END IF;
    wanted := format('(%s) AND (%s) = %L', wanted, period_of, period);
  END IF;
  RETURN QUERY SELECT (b).rule, 'broken', NULL::text, (b).problem, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint
                 FROM unnest(broken) b WHERE (b).kind = 'rule';
  IF days IS NULL THEN
    RETURN QUERY SELECT r ->> 'code', 'needs_period', NULL::text, 'it speaks of :period_start or :period_end; give option period', NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint, NULL::bigint
                   FROM jsonb_array_elements(definition -> 'rules') r WHERE r ->> 'expression' ~ ':period_(start|end)';
    definition := jsonb_set(definition, '{rules}', coalesce((SELECT jsonb_agg(r) FROM jsonb_array_elements(definition -> 'rules') r WHERE r ->> 'expression' !~ ':period_(start|end)'), '[]'));
  END IF;

  -- Rules of the same columns in pairs; that a value is there is no contradiction of anything
  not_null := ARRAY(SELECT r ->> 'code' FROM jsonb_array_elements(definition -> 'rules') r WHERE r ->> 'expression' ~ '^\([^()]* IS NOT NULL\)$');
  SELECT coalesce(jsonb_agg(jsonb_build_object('a', p.a ->> 'code', 'b', p.b ->> 'code', 'a_sql', p.a ->> 'expression', 'b_sql', p.b ->> 'expression', 'item', p.item, 'n', p.n)), '[]') INTO pairs
      FROM (WITH rules AS MATERIALIZED (
              SELECT r, n, portfolio.rule_set_columns(portfolio.make_rule_set(relation, jsonb_build_object('rules', jsonb_build_array(r - 'item')))) AS columns
                FROM jsonb_array_elements(definition -> 'rules') WITH ORDINALITY x (r, n))
            SELECT a.r AS a, b.r AS b, CASE WHEN a.r ->> 'item' = b.r ->> 'item' THEN a.r ->> 'item' END AS item, row_number() OVER (ORDER BY a.n, b.n) AS n
              FROM rules a JOIN rules b ON a.n < b.n AND a.columns @> b.columns AND a.columns <@ b.columns AND a.columns <> '{}'
             WHERE (a.r ->> 'code' = ANY (not_null)) = (b.r ->> 'code' = ANY (not_null))
             ORDER BY a.n, b.n LIMIT max_pairs) p;

  definition := jsonb_build_object('items', definition -> 'items', 'rules',
    coalesce((SELECT jsonb_agg(r || '{"on_null": "missing"}') FROM jsonb_array_elements(definition -> 'rules') r), '[]') ||
    coalesce((SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('code', chr(1) || v.what || (p ->> 'n'), 'item', p ->> 'item',
                       'expression', format('(%s) %s (%s)', p ->> 'a_sql', v.operator, p ->> 'b_sql'))))
                FROM jsonb_array_elements(pairs) p, (VALUES ('same', '='), ('both', 'AND')) v (what, operator)), '[]'));
  BEGIN
    RETURN QUERY
      WITH counted AS MATERIALIZED (
        SELECT c.* FROM portfolio.dated_rules(portfolio.make_rule_set(relation, definition), lower(days), upper(days) - 1, current_date) s,
               portfolio.tally_relation(relation, s, '{}', wanted) g CROSS JOIN LATERAL portfolio.tally_counts(g.tally, s) c WHERE c.level = 'rule'
      ), single AS (
        SELECT c.*, c.passed + c.failed AS judged FROM counted c WHERE c.name !~ '^\x01'
      ), compared AS (
        SELECT p, s.passed AS agree, s.failed AS differ, s.missing, s.errors + b.errors AS errors, b.passed AS both
          FROM jsonb_array_elements(pairs) p JOIN counted s ON s.name = chr(1) || 'same' || (p ->> 'n') JOIN counted b ON b.name = chr(1) || 'both' || (p ->> 'n')
      ), found (rule, problem, other_rule, evidence, ord) AS (
        SELECT s.name, 'never_passes', NULL, CASE WHEN s.name = ANY (not_null) THEN format('the value is missing in all %s records', s.judged) ELSE format('fails all %s records that it judges', s.judged) END, 2
          FROM single s WHERE s.judged > 0 AND s.passed = 0
        UNION ALL
        SELECT s.name, 'judges_nothing', NULL, format('is NULL for all %s records', s.missing), 5 FROM single s WHERE s.judged = 0 AND s.missing > 0
        UNION ALL
        SELECT s.name, 'raises', NULL, format('raises an error on %s records', s.errors), 6 FROM single s WHERE s.errors > 0
        UNION ALL
        SELECT s.name, 'never_fails', NULL, format('passes all %s records that it judges', s.judged), 7 FROM single s WHERE s.judged > 0 AND s.failed = 0
        UNION ALL
        SELECT c.p ->> 'a', 'contradicts', c.p ->> 'b', format('of %s records that both judge none passes both; %s pass one of them', c.agree + c.differ, c.differ), 3
          FROM compared c WHERE c.both = 0 AND c.differ > 0
        UNION ALL
        SELECT c.p ->> 'a', 'equal', c.p ->> 'b',
               CASE WHEN c.p ->> 'a_sql' = c.p ->> 'b_sql' THEN 'has the same expression'
                    ELSE format('same verdict on all %s records, of which %s fail', a.judged, a.failed) END, 4
          FROM compared c JOIN single a ON a.name = c.p ->> 'a' JOIN single b ON b.name = c.p ->> 'b'
         WHERE c.p ->> 'a_sql' = c.p ->> 'b_sql' OR (c.differ = 0 AND c.errors = 0 AND a.judged > 0 AND a.missing = c.missing AND b.missing = c.missing)
      )
      SELECT f.rule, f.problem, f.other_rule, f.evidence, s.records, s.passed, s.failed, s.missing, s.errors
        FROM found f JOIN single s ON s.name = f.rule ORDER BY f.ord, f.rule, f.other_rule;
  EXCEPTION WHEN data_exception THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
    PERFORM portfolio.raise_on_a_row(data_set, state);
  END;
END
$$;
COMMENT ON FUNCTION portfolio.review_rules(text, jsonb) IS
  'Looks at the rules in force about rows of a data set on its data, in one scan with the rights of the caller: which can no longer run, never pass, judge nothing, never fail or raise errors, and which of two rules over the same columns are equal or contradict each other. It changes nothing. Options: period (a code: look at that period alone; needed by rules that use :period_start or :period_end), max_pairs (how many pairs of rules are compared, default 4000).';
