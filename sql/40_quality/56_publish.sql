-- Publishing: what leaves the house is suppressed, rounded and frozen.
CREATE FUNCTION portfolio.publish_scores(data_set text, period text, options jsonb DEFAULT '{}') RETURNS int
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  d portfolio.data_set := portfolio.get_data_set(publish_scores.data_set);
  given jsonb := portfolio.check_options(publish_scores.options, '{profile,reason}');
  profile text := given->>'profile';
  reason text := coalesce(given->>'reason', nullif(current_setting('pg_portfolio.reason', true), ''));
  low int;
  high int;
  next_edition int;
  scored boolean;
  written bigint;
BEGIN
  -- Two who publish at once take turns: the second becomes the next edition
  PERFORM pg_advisory_xact_lock(hashtextextended(format('pg_portfolio publish %s %s', d.id, publish_scores.period), 0));
  SELECT coalesce(max(e.edition), 0) + 1 INTO next_edition FROM portfolio.score_edition e WHERE e.data_set = d.id AND e.period = publish_scores.period;
  profile := coalesce(profile, (SELECT substr(e.method, 6) FROM portfolio.score_edition e WHERE e.data_set = d.id
                                 ORDER BY (e.period = publish_scores.period) DESC, e.published_at DESC, e.edition DESC LIMIT 1), '1-7');
  IF profile !~ '^[0-9]{1,2}-[0-9]{1,2}$' OR split_part(profile, '-', 1)::int > split_part(profile, '-', 2)::int THEN
    RAISE EXCEPTION 'suppression profile "%" is not known', profile
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Name the counts that are withheld: 1-7 (admitted care, outpatients, emergency care), 1-2 (imaging), 0-4 (community, mental health, talking therapies, maternity).';
  END IF;
  IF next_edition > 1 AND reason IS NULL THEN
    RAISE EXCEPTION 'a revision of published scores needs a reason'
      USING ERRCODE = 'null_value_not_allowed',
            DETAIL = format('Scores of data set "%s" for period "%s" are published in %s edition(s).', publish_scores.data_set, publish_scores.period, next_edition - 1),
            HINT = format('SELECT portfolio.publish_scores(%L, %L, ''{"reason": "…"}'');', publish_scores.data_set, publish_scores.period);
  END IF;
  low := split_part(profile, '-', 1)::int;
  high := split_part(profile, '-', 2)::int;

  INSERT INTO portfolio.score_edition (data_set, period, edition, method, reason, scored_at)
  SELECT d.id, (portfolio.get_reporting_period(publish_scores.period)).code, next_edition, 'DQMI ' || profile, reason, min(t.scored_at)
    FROM portfolio.score_total t WHERE t.data_set = d.id AND t.period = publish_scores.period AND t.latest
  HAVING count(*) > 0;
  scored := FOUND;

  INSERT INTO portfolio.published_score (data_set, period, edition, provider, item, records, valid_and_complete, defaults, defaults_in_excess,
                                         data_item_score, coverage, national_average, suppressed)
  WITH coverage AS (
    SELECT c.provider, c.coverage FROM portfolio.provider_coverage c WHERE c.data_set = d.id AND c.period = publish_scores.period
  ), shown AS (
    SELECT coalesce(q.provider, '') AS provider, q.item,
           CASE WHEN NOT s.records THEN r.records END AS records, CASE WHEN NOT s.valid THEN r.valid END AS valid_and_complete,
           -- a withheld excess would show in the defaults
           CASE WHEN NOT (s.defaults OR s.excess) THEN r.defaults END AS defaults, CASE WHEN NOT s.excess THEN r.excess END AS defaults_in_excess,
           -- recomputed from what is shown; a withheld excess counts as valid
           CASE WHEN NOT s.records AND NOT s.valid AND r.records > 0
                THEN greatest(0, least(100, 100.0 * (r.valid - CASE WHEN s.excess THEN 0 ELSE r.excess END) / r.records)) END AS data_item_score,
           c.coverage,
           array_remove(ARRAY[CASE WHEN s.records THEN 'records' END, CASE WHEN s.valid THEN 'valid_and_complete' END,
                              CASE WHEN s.defaults OR s.excess THEN 'defaults' END, CASE WHEN s.excess THEN 'defaults_in_excess' END], NULL) AS suppressed
      FROM portfolio.provider_item_quality q
     CROSS JOIN LATERAL (SELECT q.records BETWEEN low AND high AS records, q.valid_and_complete BETWEEN low AND high AS valid,
                                q.defaults BETWEEN low AND high AS defaults, round(q.defaults_in_excess) BETWEEN low AND high AS excess) s
     CROSS JOIN LATERAL (SELECT (round(q.records / 5.0) * 5)::bigint AS records, (round(q.valid_and_complete / 5.0) * 5)::bigint AS valid,
                                (round(q.defaults / 5.0) * 5)::bigint AS defaults, (round(q.defaults_in_excess / 5.0) * 5)::bigint AS excess) r
      LEFT JOIN coverage c ON c.provider = coalesce(q.provider, '')
     WHERE q.data_set = d.id AND q.period = publish_scores.period
       -- fewer than 25 records say nothing about an organisation
       AND q.records >= 25
    UNION ALL
    -- expected, and nothing came: that is told of every item
    SELECT c.provider, i.item, NULL, NULL, NULL, NULL, NULL, c.coverage, '{}'
      FROM coverage c
     CROSS JOIN (SELECT DISTINCT q.item FROM portfolio.provider_item_quality q WHERE q.data_set = d.id AND q.period = publish_scores.period) i
     WHERE c.coverage = 0
       AND NOT EXISTS (SELECT FROM portfolio.latest_score l WHERE l.data_set = d.id AND l.period = publish_scores.period AND coalesce(l.provider, '') = c.provider)
  )
  SELECT d.id, publish_scores.period, next_edition, s.provider, s.item, s.records, s.valid_and_complete, s.defaults, s.defaults_in_excess,
         s.data_item_score, s.coverage, avg(s.data_item_score) OVER (PARTITION BY s.item), s.suppressed
    FROM shown s;
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written = 0 AND scored THEN
    RAISE EXCEPTION 'no provider has the records for which scores of data set "%" for period "%" are published', publish_scores.data_set, publish_scores.period
      USING ERRCODE = 'no_data_found',
            DETAIL = 'Items with fewer than 25 records of a provider are not published.',
            HINT = format('SELECT provider, item, records FROM portfolio.provider_item_quality WHERE code = %L AND period = %L; tells how many there are.',
                          publish_scores.data_set, publish_scores.period);
  ELSIF written = 0 THEN
    RAISE EXCEPTION 'there is no score of data set "%" for period "%" to publish', publish_scores.data_set, publish_scores.period
      USING ERRCODE = 'no_data_found', HINT = format('SELECT * FROM portfolio.score_data_set(%L); scores it.', publish_scores.data_set);
  END IF;
  RETURN next_edition;
END
$$;
COMMENT ON FUNCTION portfolio.publish_scores(text, text, jsonb) IS
  'Writes the latest item scores of a data set and period to published_score as a new edition, and gives its number: items with fewer than 25 records of a provider are dropped, small counts withheld, the others rounded to the nearest 5, and the score is computed from the numbers shown; a withheld excess of defaults hides the defaults too and counts as valid. A provider of whom something was expected and who sent nothing is told with coverage 0. Options: profile, the counts that are withheld (default: those of the last edition of the period, else of the data set, else 1-7); reason, which an edition after the first must have (default: pg_portfolio.reason). Needs INSERT on score_edition and published_score. Raises P0002 when there is nothing to publish, 42704 for scores of a period that is not in reporting_period, 22004 for a revision without a reason. Source: Data Quality Maturity Index, suppression rules.';
