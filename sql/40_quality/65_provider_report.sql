-- What a provider is told: one page of Markdown.
CREATE FUNCTION portfolio.markdown_cell(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(replace(replace(replace(replace(replace(value, '&', '&amp;'), '<', '&lt;'), '\', '\\'), '|', '\|'), E'\n', ' '), '');
COMMENT ON FUNCTION portfolio.markdown_cell(text) IS 'A text as it may stand in a cell of a Markdown table: no cell or line ends in it, and no HTML begins. Empty for NULL.';

CREATE FUNCTION portfolio.provider_report(provider text, period text, data_sets text[] DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  max_values int := coalesce((portfolio.check_options(options, '{max_values}')->>'max_values')::int, 3);
  unknown text;
  days daterange;
  q portfolio.dqmi_score;
  s record;
  page text;
BEGIN
  SELECT c INTO unknown FROM unnest(data_sets) c WHERE NOT EXISTS (SELECT FROM portfolio.data_set d WHERE d.code = c) LIMIT 1;
  IF unknown IS NOT NULL THEN
    PERFORM portfolio.get_data_set(unknown);
  END IF;
  SELECT r.during INTO days FROM portfolio.reporting_period r WHERE r.code = period;
  page := format(E'# Data quality of %s, %s\n', portfolio.markdown_cell(coalesce(
            (SELECT o.name || ' (' || provider || ')' FROM portfolio.organisation o WHERE coalesce(o.ods_code, o.code) = provider), provider)), portfolio.markdown_cell(period));
  IF days IS NOT NULL THEN
    page := page || format(E'\n%s to %s.\n', lower(days), upper(days) - 1);
    SELECT x.* INTO q FROM portfolio.dqmi(provider, period, data_sets) x;
    IF FOUND THEN
      page := page || format(E'\nData Quality Maturity Index: **%s** = %s (mean of %s items) × %s (coverage).\n',
                             round(q.dqmi, 1), round(q.data_item_mean, 1), q.items, round(q.coverage, 3));
    END IF;
  END IF;

  FOR s IN
    SELECT d.code, d.name, c.expected, c.received, c.in_time, t.records, t.clean_pct, t.mean_item_score, t.change, t.trend
      FROM portfolio.data_set d
      LEFT JOIN portfolio.provider_coverage c ON c.data_set = d.id AND c.provider = provider AND c.period = period
      LEFT JOIN portfolio.provider_trend t ON t.code = d.code AND t.provider = provider AND t.period = period
     WHERE (data_sets IS NULL OR d.code = ANY (data_sets)) AND (c.expected > 0 OR t.records IS NOT NULL)
     ORDER BY d.code
  LOOP
    page := page || format(E'\n## %s (%s)\n\n', portfolio.markdown_cell(s.name), portfolio.markdown_cell(s.code));
    IF s.expected > 0 THEN
      page := page || format(E'Submissions: %s of %s expected, %s in time.\n', s.received, s.expected, s.in_time);
    END IF;
    IF s.records IS NULL THEN
      page := page || E'No records of this period were scored.\n';
      CONTINUE;
    END IF;
    page := page || format(E'Records: %s, of which %s %% fail nothing. Mean item score: %s%s. `%s`\n',
                           s.records, round(s.clean_pct, 1), round(s.mean_item_score, 1),
                           coalesce(' (' || to_char(round(s.change, 1), 'FMSG990.0') || ' since the period before)', ''), s.trend)
         || E'\n| item | records | valid and complete | defaults in excess | score | national | rank | would bring | lost to | failing values |\n'
         || E'|---|--:|--:|--:|--:|--:|--:|--:|---|---|\n'
         || (SELECT string_agg(format('| %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |', portfolio.markdown_cell(e.item), e.records, e.valid_and_complete,
                                      round(e.defaults_in_excess), round(e.data_item_score, 1), round(e.national_average, 1), e.rank, e.gain,
                                      portfolio.markdown_cell(e.reasons), portfolio.markdown_cell(e.failing_values)), E'\n' ORDER BY e.no)
               FROM portfolio.explain_score(s.code, provider, period, jsonb_build_object('max_values', max_values))
                    WITH ORDINALITY AS e (item, records, valid_and_complete, defaults, defaults_in_excess, data_item_score, points_lost, gain, national_average,
                                          rank, reasons, failing_values, no))
         || E'\n';
    -- the rules that it fails, in words
    page := page || coalesce(E'\nRules that fail:\n\n' || (
      SELECT string_agg(format('- **%s** (%s)%s: `%s`', portfolio.markdown_cell(r.code), r.severity, CASE WHEN r.name IS NOT NULL THEN ' ' || portfolio.markdown_cell(r.name) ELSE '' END,
                               replace(replace(r.expression, '`', ''''), E'\n', ' ')), E'\n' ORDER BY f.failed DESC, r.code)
        FROM (SELECT c.name, sum(c.failed + c.errors) AS failed
                FROM portfolio.latest_score l CROSS JOIN LATERAL portfolio.tally_counts(l.tally) c
               WHERE l.data_set_code = s.code AND l.provider = provider AND l.period = period AND c.level = 'rule' GROUP BY c.name) f
        JOIN portfolio.current_rule r ON r.data_set_code = s.code AND r.code = f.name
       WHERE f.failed > 0 AND r.status = 'standard') || E'\n', '');
  END LOOP;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is nothing to report of provider "%" in period "%"', provider, period
      USING ERRCODE = 'no_data_found',
            HINT = 'SELECT DISTINCT provider, period FROM portfolio.latest_score lists what was scored; submission says what is expected.';
  END IF;
  RETURN page;
END
$$;
COMMENT ON FUNCTION portfolio.provider_report(text, text, text[], jsonb) IS
  'A page of Markdown for a provider and a period, over data sets (NULL: all in which it has records or was expected): the index, submissions, trend, and what explain_score() tells of every item, the rules that fail in full. Failing values as there: masked, never rare, and only where the caller may read the relation. Option: max_values (default 3; 0 reads no row). Raises P0002 when there is nothing to report, 42704 for an unknown data set.';
