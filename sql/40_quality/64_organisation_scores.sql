-- Scores by organisation: providers as they submitted or as they are now, and rolled up the tree of organisations.
-- Providers merge; the scores that they had stay theirs, and are read under whatever name is asked for.
CREATE VIEW portfolio.organisation_successor WITH (security_invoker = true) AS
SELECT r.source AS organisation, s.code, coalesce(s.ods_code, s.code) AS provider, r.target AS successor, t.code AS successor_code,
       coalesce(t.ods_code, t.code) AS successor_provider, lower(r.valid) AS since, r.valid, r.id AS relationship
  FROM portfolio.relationship r
  JOIN portfolio.organisation s ON s.id = r.source
  JOIN portfolio.organisation t ON t.id = r.target
 WHERE r.kind = 'association' AND r.name = 'succeeded by';
COMMENT ON VIEW portfolio.organisation_successor IS
  'Which organisation took over from which, and since when: relationships of kind association that are named "succeeded by". succeed_organisation() makes one.';
COMMENT ON COLUMN portfolio.organisation_successor.organisation IS 'Organisation that came to an end.';
COMMENT ON COLUMN portfolio.organisation_successor.code IS 'Its code.';
COMMENT ON COLUMN portfolio.organisation_successor.provider IS 'Its code as a provider of data: that of the Organisation Data Service, or its own.';
COMMENT ON COLUMN portfolio.organisation_successor.successor IS 'Organisation that took over.';
COMMENT ON COLUMN portfolio.organisation_successor.successor_code IS 'Its code.';
COMMENT ON COLUMN portfolio.organisation_successor.successor_provider IS 'Its code as a provider of data.';
COMMENT ON COLUMN portfolio.organisation_successor.since IS 'First day on which it had taken over; NULL: always.';
COMMENT ON COLUMN portfolio.organisation_successor.valid IS 'Days on which it holds.';
COMMENT ON COLUMN portfolio.organisation_successor.relationship IS 'The relationship.';

CREATE FUNCTION portfolio.succeed_organisation(predecessor text, successor text, since date) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  old_id bigint := portfolio.element_ref(predecessor);
  new_id bigint := portfolio.element_ref(successor);
  other text;
  made bigint;
BEGIN
  IF old_id IS NULL OR new_id IS NULL OR since IS NULL THEN
    RAISE EXCEPTION 'a succession needs two organisations and a day' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT x INTO other FROM (VALUES (old_id, predecessor), (new_id, successor)) v (id, x)
   WHERE NOT EXISTS (SELECT FROM portfolio.organisation o WHERE o.id = v.id) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION '"%" is not an organisation', other USING ERRCODE = 'wrong_object_type';
  END IF;
  SELECT s.successor_code INTO other FROM portfolio.organisation_successor s WHERE s.organisation = old_id AND s.valid && daterange(since, NULL) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'organisation "%" is succeeded by "%" already', predecessor, other
      USING ERRCODE = 'unique_violation', HINT = 'A provider has one successor at a time. End that relationship first: UPDATE portfolio.relationship SET valid = ….';
  END IF;
  IF EXISTS (
    WITH RECURSIVE later AS (
      SELECT new_id AS id UNION SELECT s.successor FROM later l JOIN portfolio.organisation_successor s ON s.organisation = l.id
    ) SELECT FROM later l WHERE l.id = old_id) THEN
    RAISE EXCEPTION 'organisation "%" cannot be its own successor', predecessor
      USING ERRCODE = 'invalid_parameter_value', DETAIL = format('"%s" is succeeded by it, or by one that is.', successor);
  END IF;
  INSERT INTO portfolio.relationship (source, kind, target, name, valid)
  VALUES (old_id, 'association', new_id, 'succeeded by', daterange(since, NULL)) RETURNING id INTO made;
  RETURN made;
END
$$;
COMMENT ON FUNCTION portfolio.succeed_organisation(text, text, date) IS
  'Says that one organisation, named as element_ref() reads it, is succeeded by another since a day, and gives the relationship. Raises 42809 for what is no organisation, 23505 when it has a successor already, 22023 where a circle would arise. Example: SELECT portfolio.succeed_organisation(''organisation:RQ6'', ''organisation:REM'', ''2019-10-01'');';

CREATE TYPE portfolio.provider_name AS (
  provider     text,
  provider_now text
);
COMMENT ON TYPE portfolio.provider_name IS 'A row of providers_on(): a provider that has a successor.';
COMMENT ON COLUMN portfolio.provider_name.provider IS 'Code under which it submitted.';
COMMENT ON COLUMN portfolio.provider_name.provider_now IS 'Code of the organisation that has its place on the day.';

CREATE FUNCTION portfolio.providers_on("on" date DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.provider_name
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  day date := coalesce("on", portfolio.as_of());
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  RETURN QUERY
  WITH RECURSIVE chain AS (
    SELECT s.provider AS origin, s.successor AS id, s.successor_provider AS code, 1 AS steps, ARRAY[s.organisation] AS path
      FROM portfolio.organisation_successor s WHERE s.valid @> day
    UNION ALL
    SELECT c.origin, s.successor, s.successor_provider, c.steps + 1, c.path || s.organisation
      FROM chain c JOIN portfolio.organisation_successor s ON s.organisation = c.id AND s.valid @> day
     WHERE s.successor <> ALL (c.path)
  )
  SELECT DISTINCT ON (c.origin) c.origin, c.code FROM chain c ORDER BY c.origin, c.steps DESC, c.code;
END
$$;
COMMENT ON FUNCTION portfolio.providers_on(date, jsonb) IS
  'Providers that have a successor on a day (NULL: that of pg_portfolio.as_of, today unless set), with the one at the end of the chain. A provider without a row is itself. No options yet.';

CREATE TYPE portfolio.provider_history_row AS (
  data_set        text,
  period          text,
  submitted_as    text[],
  records         bigint,
  clean_pct       numeric,
  items           int,
  mean_item_score numeric,
  change          numeric,
  trend           text
);
COMMENT ON TYPE portfolio.provider_history_row IS 'A row of provider_history(): one data set and period.';
COMMENT ON COLUMN portfolio.provider_history_row.data_set IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.provider_history_row.period IS 'The period.';
COMMENT ON COLUMN portfolio.provider_history_row.submitted_as IS 'Codes under which the records were submitted.';
COMMENT ON COLUMN portfolio.provider_history_row.records IS 'Records counted.';
COMMENT ON COLUMN portfolio.provider_history_row.clean_pct IS 'Percent of records that fail nothing.';
COMMENT ON COLUMN portfolio.provider_history_row.items IS 'Items that have a score.';
COMMENT ON COLUMN portfolio.provider_history_row.mean_item_score IS 'Mean of their data item scores, from the counts of all these codes together.';
COMMENT ON COLUMN portfolio.provider_history_row.change IS 'mean_item_score less that of the period before.';
COMMENT ON COLUMN portfolio.provider_history_row.trend IS 'This and up to eleven periods before, as sparkline() draws them.';

CREATE FUNCTION portfolio.provider_history(provider text, data_set text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.provider_history_row
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  day date := (portfolio.check_options(options, '{on}')->>'on')::date;
  codes text[];
BEGIN
  IF data_set IS NOT NULL THEN
    PERFORM portfolio.get_data_set(data_set);
  END IF;
  SELECT array_agg(p.provider) || provider INTO codes FROM portfolio.providers_on(day) p WHERE p.provider_now = provider;
  RETURN QUERY
  WITH merged AS (
    SELECT s.data_set_code AS code, s.period, s.run, array_agg(s.provider ORDER BY s.provider) AS submitted_as, sum(s.records)::bigint AS records,
           sum(s.clean_records) AS clean, portfolio.merge(s.tally) AS tally, max(s.items) AS items, max(s.item_score_sum) AS item_score_sum
      FROM portfolio.latest_score s
     WHERE s.provider = ANY (codes) AND (data_set IS NULL OR s.data_set_code = data_set)
     GROUP BY s.data_set_code, s.period, s.run
  )
  SELECT m.code, m.period, m.submitted_as, m.records, 100.0 * m.clean / nullif(m.records, 0), q.items, q.score, q.score - lag(q.score) OVER w,
         portfolio.sparkline(array_agg(q.score) OVER (w ROWS BETWEEN 11 PRECEDING AND CURRENT ROW))
    FROM merged m
    LEFT JOIN portfolio.reporting_period p ON p.code = m.period
   -- what one code submitted is summed up already
   CROSS JOIN LATERAL (SELECT m.items, m.item_score_sum AS total WHERE cardinality(m.submitted_as) = 1
                       UNION ALL
                       SELECT (y.s).items, (y.s).item_score_sum
                         FROM (SELECT portfolio.summarise_tally(m.tally, r.thresholds) AS s FROM portfolio.score_run r WHERE r.id = m.run OFFSET 0) y
                        WHERE cardinality(m.submitted_as) > 1) z
   CROSS JOIN LATERAL (SELECT z.items, z.total / nullif(z.items, 0) AS score) q
  WINDOW w AS (PARTITION BY m.code ORDER BY lower(p.during), m.period)
   ORDER BY m.code, lower(p.during), m.period;
END
$$;
COMMENT ON FUNCTION portfolio.provider_history(text, text, jsonb) IS
  'The scores of a provider through its periods, in a data set or (NULL) in all, with those of the providers that it took over from: as if they had been one all along. provider_trend has them as submitted. Option: on, the day whose successors count (default that of pg_portfolio.as_of, today unless set).';

CREATE TYPE portfolio.organisation_score AS (
  level        int,
  organisation text,
  name         text,
  providers    bigint,
  records      bigint,
  coverage     numeric,
  mean_score   numeric,
  sum_score    numeric
);
COMMENT ON TYPE portfolio.organisation_score IS 'A row of organisation_scores(): an organisation and all below it.';
COMMENT ON COLUMN portfolio.organisation_score.level IS '0: all providers together; from 1: steps down the tree of organisations.';
COMMENT ON COLUMN portfolio.organisation_score.organisation IS 'Code of the organisation; of a provider that is none, the code of the provider; NULL at level 0.';
COMMENT ON COLUMN portfolio.organisation_score.name IS 'Its name; NULL where the portfolio does not have it.';
COMMENT ON COLUMN portfolio.organisation_score.providers IS 'Providers in it that sent records or were expected to.';
COMMENT ON COLUMN portfolio.organisation_score.records IS 'Records of the providers, each counted once.';
COMMENT ON COLUMN portfolio.organisation_score.coverage IS 'Submissions received of those expected, 0 to 1; NULL when none was expected.';
COMMENT ON COLUMN portfolio.organisation_score.mean_score IS 'Roll-up by mean: mean over providers of their coverage * mean item score, as the Data Quality Maturity Index is rolled up.';
COMMENT ON COLUMN portfolio.organisation_score.sum_score IS 'Roll-up by sum: counts of all providers added up first, as ratio measures are rolled up; times the coverage of all together.';

CREATE FUNCTION portfolio.organisation_scores(data_set text, period text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.organisation_score
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  given jsonb := portfolio.check_options(options, '{as,on}');
  as_what text := coalesce(given->>'as', 'submitted');
  latest record;
BEGIN
  IF as_what NOT IN ('submitted', 'now') THEN
    RAISE EXCEPTION 'providers cannot be shown as "%"', as_what USING ERRCODE = 'invalid_parameter_value', HINT = 'submitted or now.';
  END IF;
  SELECT t.id, r.thresholds INTO latest FROM portfolio.score_total t JOIN portfolio.score_run r ON r.id = t.run
   WHERE t.data_set = d.id AND t.period = period AND t.latest;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no score of data set "%" for period "%"', data_set, period
      USING ERRCODE = 'no_data_found', HINT = format('SELECT * FROM portfolio.score_data_set(%L); scores it.', data_set);
  END IF;
  RETURN QUERY
  WITH RECURSIVE successor AS MATERIALIZED (
    SELECT p.provider, p.provider_now FROM portfolio.providers_on((given->>'on')::date) p WHERE as_what = 'now'
  ), cell AS MATERIALIZED (
    SELECT coalesce(x.provider_now, c.provider) AS provider, c.item, sum(c.records) AS records, sum(c.valid) AS valid, sum(c.defaults) AS defaults, max(c.threshold) AS threshold
      FROM portfolio.score_cells(latest.id, latest.thresholds) c LEFT JOIN successor x ON x.provider = c.provider GROUP BY 1, 2
  ), counted AS (
    SELECT coalesce(x.provider_now, s.provider, '') AS provider, sum(s.records)::bigint AS records
      FROM portfolio.quality_score s LEFT JOIN successor x ON x.provider = s.provider WHERE s.total = latest.id GROUP BY 1
  ), covered AS (
    SELECT coalesce(x.provider_now, c.provider) AS provider, sum(c.expected) AS expected, sum(c.received) AS received
      FROM portfolio.provider_coverage c LEFT JOIN successor x ON x.provider = c.provider WHERE c.data_set = d.id AND c.period = period GROUP BY 1
  ), scored AS (
    SELECT c.provider, avg(portfolio.capped_score(c.records, c.valid, c.defaults, c.threshold)) AS score FROM cell c GROUP BY c.provider
  ), provider AS MATERIALIZED (
    SELECT coalesce(n.provider, v.provider) AS provider, n.records, v.expected, v.received, s.score * coalesce(v.received / v.expected, 1) AS score, o.id AS organisation
      FROM counted n FULL JOIN covered v ON v.provider = n.provider
      LEFT JOIN scored s ON s.provider = n.provider
      LEFT JOIN portfolio.organisation o ON coalesce(o.ods_code, o.code) = coalesce(n.provider, v.provider)
  ), above AS (
    SELECT p.provider, p.organisation FROM provider p WHERE p.organisation IS NOT NULL
    UNION
    SELECT a.provider, o.parent FROM above a JOIN portfolio.organisation o ON o.id = a.organisation WHERE o.parent IS NOT NULL
  ), depth AS (
    -- how far down the tree: organisations above it and itself
    SELECT DISTINCT a.organisation AS start, a.organisation AS id FROM above a
    UNION
    SELECT e.start, o.parent FROM depth e JOIN portfolio.organisation o ON o.id = e.id WHERE o.parent IS NOT NULL
  ), level AS (
    SELECT e.start AS organisation, count(*)::int AS level FROM depth e GROUP BY e.start
  ), member AS (
    SELECT 0 AS level, NULL::text AS code, NULL::text AS name, p.provider FROM provider p
    UNION ALL
    SELECT l.level, o.code, o.name, a.provider FROM above a JOIN level l ON l.organisation = a.organisation JOIN portfolio.organisation o ON o.id = a.organisation
    UNION ALL
    SELECT 1, p.provider, NULL, p.provider FROM provider p WHERE p.organisation IS NULL
  ), pooled AS (
    SELECT i.level, i.code, avg(i.score) AS score
      FROM (SELECT m.level, m.code, c.item, portfolio.capped_score(sum(c.records), sum(c.valid), sum(c.defaults), max(c.threshold)) AS score
              FROM member m JOIN cell c ON c.provider = m.provider GROUP BY m.level, m.code, c.item) i
     GROUP BY i.level, i.code
  ), rolled AS (
    SELECT m.level, m.code, m.name, count(*) AS providers, coalesce(sum(p.records), 0)::bigint AS records,
           sum(p.received) / nullif(sum(p.expected), 0) AS coverage, avg(p.score) AS score
      FROM member m JOIN provider p ON p.provider = m.provider GROUP BY m.level, m.code, m.name
  )
  SELECT r.level, r.code, r.name, r.providers, r.records, r.coverage, r.score, q.score * coalesce(r.coverage, 1)
    FROM rolled r LEFT JOIN pooled q ON q.level = r.level AND q.code IS NOT DISTINCT FROM r.code
   ORDER BY r.level, r.code;
END
$$;
COMMENT ON FUNCTION portfolio.organisation_scores(text, text, jsonb) IS
  'The latest scores of a data set and period for every organisation that has providers in or below it, by mean and by sum. A provider is the organisation whose ODS code (or code, where it has none) the provider expression gives; the tree is organisation.parent. Options: as, submitted (default) or now, where providers that have a successor are added to it first; on, the day whose successors count (default that of pg_portfolio.as_of, today unless set). P0002 when the period was not scored.';
