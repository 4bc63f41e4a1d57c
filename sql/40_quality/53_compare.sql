-- Why a score is what it is, and why it is no longer what it was. Counts add, so the parts make the whole.
CREATE TYPE portfolio.score_part AS (
  item    text,
  reason  text,
  records bigint,
  points  numeric,
  rules   text[]
);
COMMENT ON TYPE portfolio.score_part IS 'A row of explain_score(): what one item loses for one reason.';
COMMENT ON COLUMN portfolio.score_part.item IS 'The data item.';
COMMENT ON COLUMN portfolio.score_part.reason IS 'missing: no value; failed: a rule is false; errors: a rule raised an error; defaults: more default codes than the threshold allows.';
COMMENT ON COLUMN portfolio.score_part.records IS 'Records concerned; for defaults those in excess, rounded.';
COMMENT ON COLUMN portfolio.score_part.points IS 'Points that the item loses by it, of 100; over the reasons of an item they add up to 100 - data item score.';
COMMENT ON COLUMN portfolio.score_part.rules IS 'Rules of the item with such records, worst first; empty for defaults.';

CREATE FUNCTION portfolio.explain_score(data_set text, provider text, period text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.score_part
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF NOT EXISTS (SELECT FROM portfolio.latest_score s WHERE s.data_set = d.id AND (provider IS NULL OR s.provider = provider) AND (period IS NULL OR s.period = period)) THEN
    RAISE EXCEPTION 'there is no score of data set "%" for this provider and period', data_set
      USING ERRCODE = 'no_data_found',
            HINT = 'SELECT DISTINCT provider, period FROM portfolio.latest_score lists what was scored; score_data_set() scores.';
  END IF;
  RETURN QUERY
  WITH opened AS (
    SELECT s.rule_set, c.* FROM portfolio.latest_score s CROSS JOIN LATERAL portfolio.tally_counts(s.tally) c
     WHERE s.data_set = d.id AND (provider IS NULL OR s.provider = provider) AND (period IS NULL OR s.period = period)
  ), item AS (
    SELECT o.name, sum(o.passed + o.failed + o.missing + o.errors)::bigint AS n, sum(o.passed)::bigint AS passed, sum(o.failed)::bigint AS failed,
           sum(o.missing)::bigint AS missing, sum(o.errors)::bigint AS errors, sum(o.defaults)::bigint AS defaults
      FROM opened o WHERE o.level = 'item' GROUP BY o.name
  ), rule AS (
    SELECT r.item, o.name, sum(o.failed) AS failed, sum(o.missing) AS missing, sum(o.errors) AS errors
      FROM opened o JOIN portfolio.current_rule r ON r.data_set = d.id AND r.code = o.name
     WHERE o.level = 'rule' AND r.status = 'standard' GROUP BY r.item, o.name
  ), part AS (
    SELECT i.name, i.n, m.ord, i.ord AS item_ord, x.ord AS reason_ord, x.reason, x.records, x.rules
      FROM (SELECT item.*, j.ord, portfolio.defaults_in_excess(item.n, item.defaults, j.default_threshold) AS excess
              FROM item JOIN portfolio.data_item j ON j.data_set = d.id AND j.name = item.name WHERE item.n > 0) i
     CROSS JOIN LATERAL (SELECT i.ord) m
     CROSS JOIN LATERAL (VALUES
       (1, 'missing', i.missing::numeric, ARRAY(SELECT r.name FROM rule r WHERE r.item = i.name AND r.missing > 0 ORDER BY r.missing DESC, r.name)),
       (2, 'failed', i.failed, ARRAY(SELECT r.name FROM rule r WHERE r.item = i.name AND r.failed > 0 ORDER BY r.failed DESC, r.name)),
       (3, 'errors', i.errors, ARRAY(SELECT r.name FROM rule r WHERE r.item = i.name AND r.errors > 0 ORDER BY r.errors DESC, r.name)),
       -- a score does not go below 0
       (4, 'defaults', least(i.excess, i.passed), '{}'::text[])) x (ord, reason, records, rules)
     WHERE x.records > 0
  )
  SELECT p.name, p.reason, round(p.records)::bigint, trim_scale(100 * p.records / p.n), p.rules
    FROM part p ORDER BY 100 * sum(p.records) OVER (PARTITION BY p.name) / p.n DESC, p.item_ord, p.reason_ord;
END
$$;
COMMENT ON FUNCTION portfolio.explain_score(text, text, text, jsonb) IS
  'Why the latest scores of a provider (NULL: of all) in a period (NULL: in all) are not 100: for each item what it loses by missing values, failing rules, errors and defaults above the threshold, the item that loses most first. The points of an item add up to 100 - its score exactly. P0002 when there is no score. No options yet.';

CREATE TYPE portfolio.score_change AS (
  name         text,
  records_a    bigint,
  records_b    bigint,
  score_a      numeric,
  score_b      numeric,
  change       numeric,
  contribution numeric,
  edited_rules text[]
);
COMMENT ON TYPE portfolio.score_change IS 'A row of compare_scores(): one item or provider in two periods.';
COMMENT ON COLUMN portfolio.score_change.name IS 'The item or the provider; of a provider that is NULL: (none).';
COMMENT ON COLUMN portfolio.score_change.records_a IS 'Records in the first period; 0 when it was not there.';
COMMENT ON COLUMN portfolio.score_change.records_b IS 'Records in the second period; 0 when it was not there.';
COMMENT ON COLUMN portfolio.score_change.score_a IS 'Percent in the first period: data item score, or of a provider the records that fail nothing; NULL when it was not there.';
COMMENT ON COLUMN portfolio.score_change.score_b IS 'The same in the second period.';
COMMENT ON COLUMN portfolio.score_change.change IS 'score_b - score_a; NULL where one is.';
COMMENT ON COLUMN portfolio.score_change.contribution IS
  'What it adds to the change of the whole, in points: by item of the mean item score, by provider of the percent of clean records. The contributions add up to that change.';
COMMENT ON COLUMN portfolio.score_change.edited_rules IS 'Rules whose text is not the same in the rule sets of the two periods; by provider of the whole data set. A change may be theirs.';

-- The latest scores of one period as names, records and two sums that add: what passed, and of what.
CREATE FUNCTION portfolio.score_shares(data_set bigint, period text, by text)
RETURNS TABLE (name text, records bigint, score numeric, share numeric)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT q.name, q.records, q.score,
         CASE by WHEN 'item' THEN q.score / count(q.score) OVER () ELSE q.score * q.records / nullif(sum(q.records) OVER (), 0) END
    FROM (SELECT CASE by WHEN 'item' THEN c.name ELSE coalesce(s.provider, '(none)') END AS name,
                 sum(c.passed + c.failed + c.missing + c.errors)::bigint AS records,
                 CASE by WHEN 'item' THEN portfolio.data_item_score(sum(c.passed + c.failed + c.missing + c.errors)::bigint, sum(c.passed)::bigint,
                                                                    sum(c.defaults)::bigint, max(i.default_threshold))
                         ELSE 100 * sum(c.passed) / nullif(sum(c.passed + c.failed + c.missing + c.errors), 0) END AS score
            FROM portfolio.latest_score s
           CROSS JOIN LATERAL portfolio.tally_counts(s.tally) c
            LEFT JOIN portfolio.data_item i ON i.data_set = s.data_set AND i.name = c.name AND c.level = 'item'
           WHERE s.data_set = score_shares.data_set AND s.period = score_shares.period
             AND CASE by WHEN 'item' THEN c.level = 'item' AND i.name IS NOT NULL ELSE c.level = 'clean' END
           GROUP BY 1) q;
END;
COMMENT ON FUNCTION portfolio.score_shares(bigint, text, text) IS
  'The latest scores of a period by item or provider, with the share of each in the whole: shares add up to the mean item score, or to the percent of clean records.';

CREATE FUNCTION portfolio.compare_scores(data_set text, period_a text, period_b text, by text DEFAULT 'item', options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.score_change
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  missing text;
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF by IS NULL OR by NOT IN ('item', 'provider') THEN
    RAISE EXCEPTION 'scores cannot be compared by "%"', by
      USING ERRCODE = 'invalid_parameter_value', HINT = 'By item or by provider.';
  END IF;
  SELECT p INTO missing FROM unnest(ARRAY[period_a, period_b]) p
   WHERE NOT EXISTS (SELECT FROM portfolio.latest_score s WHERE s.data_set = d.id AND s.period = p) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'there is no score of data set "%" for period "%"', data_set, missing
      USING ERRCODE = 'no_data_found', HINT = format('SELECT * FROM portfolio.score_data_set(%L); scores it.', data_set);
  END IF;
  RETURN QUERY
  WITH rule AS (
    SELECT s.period, r.code, r.item, r.expression FROM (SELECT DISTINCT l.period, l.rule_set FROM portfolio.latest_score l
                                                        WHERE l.data_set = d.id AND l.period IN (period_a, period_b)) s
      JOIN portfolio.rule_set_version v ON v.fingerprint = s.rule_set CROSS JOIN LATERAL portfolio.rule_set_rules(v.rules) r
  ), edited AS (
    SELECT coalesce(a.code, b.code) AS code, coalesce(b.item, a.item) AS item
      FROM (SELECT * FROM rule WHERE rule.period = period_a) a FULL JOIN (SELECT * FROM rule WHERE rule.period = period_b) b ON b.code = a.code
     WHERE a.expression IS DISTINCT FROM b.expression
  )
  SELECT coalesce(a.name, b.name), coalesce(a.records, 0), coalesce(b.records, 0), a.score, b.score, trim_scale(b.score - a.score),
         coalesce(b.share, 0) - coalesce(a.share, 0),
         ARRAY(SELECT e.code FROM edited e WHERE by = 'provider' OR e.item = coalesce(a.name, b.name) ORDER BY e.code)
    FROM portfolio.score_shares(d.id, period_a, by) a FULL JOIN portfolio.score_shares(d.id, period_b, by) b ON b.name = a.name
   ORDER BY abs(coalesce(b.share, 0) - coalesce(a.share, 0)) DESC, 1;
END
$$;
COMMENT ON FUNCTION portfolio.compare_scores(text, text, text, text, jsonb) IS
  'How the latest scores of two periods differ, by item (of the mean item score) or by provider (of the percent of records that fail nothing), what weighs most first. The contributions add up to the change of the whole, and rules whose text was changed between the two are named. P0002 when a period was not scored. No options yet.';
