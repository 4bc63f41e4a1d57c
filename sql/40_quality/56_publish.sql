-- Publishing: what leaves the house is suppressed, rounded and frozen.
CREATE FUNCTION portfolio.publish_scores(data_set text, period text, options jsonb DEFAULT '{}') RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  d portfolio.data_set := portfolio.get_data_set(publish_scores.data_set);
  profile text := coalesce(portfolio.check_options(publish_scores.options, '{profile}')->>'profile', '1-7');
  low int;
  high int;
  next_edition int;
  written bigint;
BEGIN
  IF profile !~ '^[0-9]{1,3}-[0-9]{1,3}$' OR split_part(profile, '-', 1)::int > split_part(profile, '-', 2)::int THEN
    RAISE EXCEPTION 'suppression profile "%" is not known', profile
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name the counts that are withheld: 1-7 (admitted care, outpatients, emergency care), 1-2 (imaging), 0-4 (community, mental health, talking therapies, maternity).';
  END IF;
  low := split_part(profile, '-', 1)::int;
  high := split_part(profile, '-', 2)::int;
  PERFORM pg_advisory_xact_lock(hashtextextended(format('pg_portfolio publish %s %s', d.id, publish_scores.period), 0));
  SELECT coalesce(max(p.edition), 0) + 1 INTO next_edition FROM portfolio.published_score p WHERE p.data_set = d.id AND p.period = publish_scores.period;

  INSERT INTO portfolio.published_score (data_set, period, edition, provider, item, records, valid_and_complete, defaults, defaults_in_excess,
                                         data_item_score, suppressed, method, scored_at)
  SELECT d.id, publish_scores.period, next_edition, coalesce(q.provider, ''), q.item,
         CASE WHEN NOT s.records THEN r.records END, CASE WHEN NOT s.valid THEN r.valid END,
         CASE WHEN NOT (s.defaults OR s.excess) THEN r.defaults END, CASE WHEN NOT s.excess THEN r.excess END,
         -- recomputed from what is shown; a suppressed excess counts as valid
         CASE WHEN NOT s.records AND NOT s.valid AND r.records > 0
              THEN greatest(0, least(100, 100.0 * (r.valid - CASE WHEN s.excess THEN 0 ELSE r.excess END) / r.records)) END,
         array_remove(ARRAY[CASE WHEN s.records THEN 'records' END, CASE WHEN s.valid THEN 'valid_and_complete' END,
                            CASE WHEN s.defaults OR s.excess THEN 'defaults' END, CASE WHEN s.excess THEN 'defaults_in_excess' END], NULL),
         'DQMI ' || profile, q.scored_at
    FROM portfolio.provider_item_quality q
   CROSS JOIN LATERAL (SELECT q.records BETWEEN low AND high AS records, q.valid_and_complete BETWEEN low AND high AS valid,
                              q.defaults BETWEEN low AND high AS defaults, round(q.defaults_in_excess) BETWEEN low AND high AS excess) s
   CROSS JOIN LATERAL (SELECT (round(q.records / 5.0) * 5)::bigint AS records, (round(q.valid_and_complete / 5.0) * 5)::bigint AS valid,
                              (round(q.defaults / 5.0) * 5)::bigint AS defaults, (round(q.defaults_in_excess / 5.0) * 5)::bigint AS excess) r
   WHERE q.data_set = d.id AND q.period = publish_scores.period
     -- fewer than 25 records say nothing about an organisation
     AND q.records >= 25;
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written = 0 THEN
    RAISE EXCEPTION 'there is no score of data set "%" for period "%" to publish', publish_scores.data_set, publish_scores.period
      USING ERRCODE = 'no_data_found',
            DETAIL = 'Items with fewer than 25 records of a provider are not published.',
            HINT = format('SELECT * FROM portfolio.score_data_set(%L); scores it.', publish_scores.data_set);
  END IF;
  RETURN next_edition;
END
$$;
COMMENT ON FUNCTION portfolio.publish_scores(text, text, jsonb) IS
  'Writes the latest item scores of a data set and period to published_score as a new edition, and gives its number: items with fewer than 25 records of a provider are dropped, small counts withheld, the others rounded to the nearest 5, and the score is computed from the numbers shown; a withheld excess of defaults hides the defaults too and counts as valid. Options: profile, the counts that are withheld (default 1-7). Needs INSERT on published_score. Raises P0002 when there is nothing to publish. Source: Data Quality Maturity Index, suppression rules.';
