-- Counting a data set by period and provider, nothing stored.
CREATE TYPE portfolio.data_set_tally AS (
  period   text,
  provider text,
  rule_set bigint,
  records  bigint,
  tally    portfolio.tally
);
COMMENT ON TYPE portfolio.data_set_tally IS 'A row of tally_data_set(): the tally of one provider in one period.';
COMMENT ON COLUMN portfolio.data_set_tally.period IS 'The period; NULL when the data set has none, or its expression gives NULL.';
COMMENT ON COLUMN portfolio.data_set_tally.provider IS 'The provider; NULL when the data set has none, or its expression gives NULL.';
COMMENT ON COLUMN portfolio.data_set_tally.rule_set IS 'Fingerprint of the rule set, kept in rule_set_version.';
COMMENT ON COLUMN portfolio.data_set_tally.records IS 'Records counted.';
COMMENT ON COLUMN portfolio.data_set_tally.tally IS 'The counts.';

-- One scan, unless rules speak of the period: then one for each period, with its dates.
CREATE FUNCTION portfolio.tally_data_set(data_set text, period text DEFAULT NULL) RETURNS SETOF portfolio.data_set_tally
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  relation regclass := portfolio.data_set_relation(data_set);
  rules portfolio.rule_set := portfolio.rule_set(data_set);
  wanted text := portfolio.check_expression(relation, d.filter, 'boolean');
  period_of text := portfolio.check_expression(relation, d.period, 'text');
  provider_of text := portfolio.check_expression(relation, d.provider, 'text');
  names text[] := array_remove(ARRAY[CASE WHEN period_of IS NOT NULL THEN 'period' END, CASE WHEN provider_of IS NOT NULL THEN 'provider' END], NULL);
  days daterange;
  one text;
  state text;
BEGIN
  IF period IS NOT NULL AND period_of IS NULL THEN
    RAISE EXCEPTION 'data set "%" has no periods', data_set
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'register_data_set(…, period => …) names the expression that gives the period of a row.';
  END IF;
  IF period IS NULL AND period_of IS NOT NULL
     AND EXISTS (SELECT FROM portfolio.rule_set_rules(rules) r WHERE r.expression ~ ':period_(start|end)\M') THEN
    FOR one IN EXECUTE format('SELECT DISTINCT %s AS p FROM %s AS pf_row WHERE %s ORDER BY p', period_of, relation, coalesce(wanted, 'true')) LOOP
      IF one IS NULL OR NOT EXISTS (SELECT FROM portfolio.reporting_period r WHERE r.code = one) THEN
        RAISE EXCEPTION 'reporting period "%" is not known', coalesce(one, '(null)')
          USING ERRCODE = 'undefined_object',
                DETAIL = format('Rules of data set "%s" speak of :period_start or :period_end, which are the days of the reporting period.', data_set),
                HINT = 'INSERT INTO portfolio.reporting_period (code, kind, during) VALUES (…);';
      END IF;
      RETURN QUERY SELECT * FROM portfolio.tally_data_set(data_set, one);
    END LOOP;
    RETURN;
  END IF;

  SELECT r.during INTO days FROM portfolio.reporting_period r WHERE r.code = period;
  IF period IS NOT NULL THEN
    wanted := concat_ws(' AND ', '(' || wanted || ')', format('(%s) = %L', period_of, period));
  END IF;
  PERFORM portfolio.keep_rule_set(rules);
  BEGIN
    RETURN QUERY
      SELECT g.group_key->>'period', g.group_key->>'provider', portfolio.tally_fingerprint(g.tally), portfolio.tally_records(g.tally), g.tally
        FROM portfolio.tally_relation(relation, portfolio.dated_rules(rules, lower(days), upper(days) - 1, current_date), names, wanted,
                                      array_remove(ARRAY[period_of, provider_of], NULL)) g
       WHERE portfolio.tally_records(g.tally) > 0;
  EXCEPTION WHEN data_exception THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
    PERFORM portfolio.raise_on_a_row(data_set, state);
  END;
END
$$;
COMMENT ON FUNCTION portfolio.tally_data_set(text, text) IS
  'Counts the rules in force of a data set, of one period or (NULL) of all: a tally for each period and provider that has records, read with the rights of the caller in one scan (one for each period when rules use :period_start or :period_end). The rule set is kept so that the tallies can be opened later.';
