-- Why a score is no longer what it was. The parts make the whole: each is the difference of two states of one chain
--   period a  →  coverage of b  →  providers in the proportions of b  →  items as in b  →  rules and thresholds of b
-- of the score of the data set, 100 * coverage * mean of the item scores. States are rounded to ten decimal places and
-- parts are their differences, so the sum is exact.
CREATE TYPE portfolio.score_change AS (
  part         text,
  name         text,
  records_a    bigint,
  records_b    bigint,
  score_a      numeric,
  score_b      numeric,
  change       numeric,
  contribution numeric,
  edited_rules text[]
);
COMMENT ON TYPE portfolio.score_change IS 'A row of compare_scores(): the whole, or a part of the difference of two periods.';
COMMENT ON COLUMN portfolio.score_change.part IS
  'whole: the score of the data set, that is coverage * mean of its item scores; coverage: submissions received of those expected; provider_mix: providers with other shares of the records, new ones and those that left; rules: other rules or thresholds, and items that are scored in one of the periods only; item or provider: what changed within providers, by what was asked.';
COMMENT ON COLUMN portfolio.score_change.name IS 'The item or provider; NULL for the other parts.';
COMMENT ON COLUMN portfolio.score_change.records_a IS 'Records in the first period: of the data set, the item or the provider. NULL where a part has none.';
COMMENT ON COLUMN portfolio.score_change.records_b IS 'Records in the second period.';
COMMENT ON COLUMN portfolio.score_change.score_a IS 'Whole: score in the first period; coverage: in percent; item: data item score of all providers together; provider: mean of its item scores.';
COMMENT ON COLUMN portfolio.score_change.score_b IS 'The same in the second period.';
COMMENT ON COLUMN portfolio.score_change.change IS 'score_b - score_a.';
COMMENT ON COLUMN portfolio.score_change.contribution IS 'What the part adds to the change of the whole, in points. The contributions add up to it exactly; NULL in the row of the whole.';
COMMENT ON COLUMN portfolio.score_change.edited_rules IS 'Rules that are other in the two periods: all in the rows of the whole and of rules, its own in the row of an item.';

-- Counts of items by provider, as compare_scores() wants them.
CREATE TYPE portfolio.score_cell AS (
  item      text,
  provider  text,
  records   bigint,
  valid     bigint,
  defaults  bigint,
  threshold numeric
);
COMMENT ON TYPE portfolio.score_cell IS 'A row of score_cells(): one item of one provider.';
COMMENT ON COLUMN portfolio.score_cell.item IS 'The data item.';
COMMENT ON COLUMN portfolio.score_cell.provider IS 'The provider; empty when there is none.';
COMMENT ON COLUMN portfolio.score_cell.records IS 'Records to which the item applies; more than 0.';
COMMENT ON COLUMN portfolio.score_cell.valid IS 'Records that are valid and complete.';
COMMENT ON COLUMN portfolio.score_cell.defaults IS 'Records with a default code.';
COMMENT ON COLUMN portfolio.score_cell.threshold IS 'Percent of defaults that is acceptable.';

CREATE FUNCTION portfolio.score_cells(total bigint, thresholds jsonb) RETURNS SETOF portfolio.score_cell
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT c.name, coalesce(s.provider, ''), n.records, c.passed, c.defaults, (thresholds->>c.name)::numeric
    FROM portfolio.quality_score s
   CROSS JOIN LATERAL portfolio.tally_counts(s.tally) c
   CROSS JOIN LATERAL (SELECT c.passed + c.failed + c.missing + c.errors AS records) n
   WHERE s.total = score_cells.total AND c.level = 'item' AND thresholds ? c.name AND n.records > 0;
END;
COMMENT ON FUNCTION portfolio.score_cells(bigint, jsonb) IS
  'Item counts of the providers of a total of scores, with thresholds as score_run.thresholds has them. Part of compare_scores().';

CREATE FUNCTION portfolio.capped_score(records numeric, valid numeric, defaults numeric, threshold numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN greatest(0, 100 * (valid - greatest(0, defaults - coalesce(threshold, 100) / 100 * records)) / nullif(records, 0));
COMMENT ON FUNCTION portfolio.capped_score(numeric, numeric, numeric, numeric) IS
  'data_item_score() of counts that are not whole, as a mixture of two periods has them.';

-- What of an item is other in two rule sets: codes of its rules, and '' for the item itself.
CREATE FUNCTION portfolio.edited_rules(a bigint, b bigint, thresholds_a jsonb, thresholds_b jsonb)
RETURNS TABLE (item text, rule text)
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  WITH rule AS (
    SELECT v.fingerprint, r.code, r.item, to_jsonb(r) - '{ord,dimension,may_raise}'::text[] AS said
      FROM portfolio.rule_set_version v CROSS JOIN LATERAL portfolio.rule_set_rules(v.rules) r
     WHERE v.fingerprint IN (a, b) AND (thresholds_a || thresholds_b) ? r.item
  ), declared AS (
    SELECT v.fingerprint, i.name, to_jsonb(i) || jsonb_build_object('threshold', CASE v.fingerprint WHEN a THEN thresholds_a ELSE thresholds_b END->i.name) AS said
      FROM portfolio.rule_set_version v CROSS JOIN LATERAL portfolio.rule_set_items(v.rules) i
     WHERE v.fingerprint IN (a, b) AND (thresholds_a || thresholds_b) ? i.name
  )
  SELECT DISTINCT i.item, coalesce(y.code, x.code)
    FROM (SELECT * FROM rule WHERE rule.fingerprint = a) x FULL JOIN (SELECT * FROM rule WHERE rule.fingerprint = b) y ON y.code = x.code
   CROSS JOIN LATERAL (VALUES (x.item), (y.item)) i (item)
   WHERE x.said IS DISTINCT FROM y.said AND i.item IS NOT NULL
  UNION ALL
  SELECT coalesce(y.name, x.name), ''
    FROM (SELECT * FROM declared WHERE declared.fingerprint = a) x FULL JOIN (SELECT * FROM declared WHERE declared.fingerprint = b) y ON y.name = x.name
   WHERE x.said IS DISTINCT FROM y.said
  UNION ALL
  -- one rule set, other thresholds
  SELECT k.name, '' FROM jsonb_object_keys(thresholds_a || thresholds_b) AS k (name)
   WHERE a = b AND thresholds_a->k.name IS DISTINCT FROM thresholds_b->k.name;
END;
COMMENT ON FUNCTION portfolio.edited_rules(bigint, bigint, jsonb, jsonb) IS
  'Rules and items that two rule sets, by their fingerprints, or their thresholds do not have alike: item and code of the rule, an empty code for the item itself.';

CREATE FUNCTION portfolio.compare_scores(data_set text, period_a text, period_b text, by text DEFAULT 'item', options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.score_change
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  missing text;
  a record;
  b record;
  b_by_rules_of_a record;
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  IF by IS NULL OR by NOT IN ('item', 'provider') THEN
    RAISE EXCEPTION 'scores cannot be compared by "%"', by
      USING ERRCODE = 'invalid_parameter_value', HINT = 'By item or by provider.';
  END IF;
  SELECT p INTO missing FROM unnest(ARRAY[period_a, period_b]) p
   WHERE NOT EXISTS (SELECT FROM portfolio.score_total t WHERE t.data_set = d.id AND t.period = p AND t.latest) LIMIT 1;
  IF FOUND THEN
    RAISE EXCEPTION 'there is no score of data set "%" for period "%"', data_set, missing
      USING ERRCODE = 'no_data_found', HINT = format('SELECT * FROM portfolio.score_data_set(%L); scores it.', data_set);
  END IF;
  SELECT t.id, t.rule_set, t.records, r.thresholds, t.item_score_sum / nullif(t.items, 0) AS mean, t.items,
         coalesce((SELECT sum(c.received) / nullif(sum(c.expected), 0) FROM portfolio.provider_coverage c WHERE c.data_set = d.id AND c.period = period_a), 1) AS coverage
    INTO a FROM portfolio.score_total t JOIN portfolio.score_run r ON r.id = t.run WHERE t.data_set = d.id AND t.period = period_a AND t.latest;
  SELECT t.id, t.rule_set, t.records, r.thresholds, t.item_score_sum / nullif(t.items, 0) AS mean, t.items,
         coalesce((SELECT sum(c.received) / nullif(sum(c.expected), 0) FROM portfolio.provider_coverage c WHERE c.data_set = d.id AND c.period = period_b), 1) AS coverage
    INTO b FROM portfolio.score_total t JOIN portfolio.score_run r ON r.id = t.run WHERE t.data_set = d.id AND t.period = period_b AND t.latest;
  -- Were the same records of b ever scored with the rules of a? Then the change of rules can be measured.
  SELECT t.id INTO b_by_rules_of_a FROM portfolio.score_total t
   WHERE t.data_set = d.id AND t.period = period_b AND t.rule_set = a.rule_set AND t.records = b.records AND b.rule_set <> a.rule_set
   ORDER BY t.id DESC LIMIT 1;

  RETURN QUERY
  WITH edited AS (
    SELECT e.item, e.rule FROM portfolio.edited_rules(a.rule_set, b.rule_set, a.thresholds, b.thresholds) e
  ), cell_a AS MATERIALIZED (
    SELECT * FROM portfolio.score_cells(a.id, a.thresholds)
  ), cell_b AS MATERIALIZED (
    -- b as the rules and thresholds of a see it, where that is known
    SELECT c.* FROM portfolio.score_cells(coalesce(b_by_rules_of_a.id, b.id), a.thresholds) c
     WHERE b_by_rules_of_a.id IS NOT NULL OR NOT EXISTS (SELECT FROM edited e WHERE e.item = c.item)
  ), cell AS (
    -- mixed: what the provider would have had in b at the rates of a; a new one at its own
    SELECT y.item, y.provider, y.threshold, y.records, y.valid, y.defaults,
           CASE WHEN x.records > 0 THEN x.valid * y.records::numeric / x.records ELSE y.valid END AS mixed_valid,
           CASE WHEN x.records > 0 THEN x.defaults * y.records::numeric / x.records ELSE y.defaults END AS mixed_defaults
      FROM cell_b y LEFT JOIN cell_a x ON x.item = y.item AND x.provider = y.provider
     WHERE EXISTS (SELECT FROM cell_a z WHERE z.item = y.item)
  ), item_a AS (
    SELECT c.item, sum(c.records)::bigint AS records, portfolio.capped_score(sum(c.records), sum(c.valid), sum(c.defaults), max(c.threshold)) AS score
      FROM cell_a c GROUP BY c.item
  ), item_b AS (
    SELECT c.item, sum(c.records) AS records, portfolio.capped_score(sum(c.records), sum(c.valid), sum(c.defaults), max(c.threshold)) AS score,
           portfolio.capped_score(sum(c.records), sum(c.mixed_valid), sum(c.mixed_defaults), max(c.threshold)) AS mixed,
           greatest(0, sum(c.defaults) - coalesce(max(c.threshold), 100) / 100 * sum(c.records))
             - greatest(0, sum(c.mixed_defaults) - coalesce(max(c.threshold), 100) / 100 * sum(c.records)) AS more_excess,
           sum(c.defaults) - sum(c.mixed_defaults) AS more_defaults, count(*) AS providers
      FROM cell c GROUP BY c.item
  ), mean AS (
    SELECT avg(coalesce(y.mixed, x.score)) AS mixed, avg(coalesce(y.score, x.score)) AS scored FROM item_a x LEFT JOIN item_b y ON y.item = x.item
  ), state AS (
    SELECT round(a.coverage * a.mean, 10) AS s0, round(b.coverage * a.mean, 10) AS s1, round(b.coverage * m.mixed, 10) AS s2,
           round(b.coverage * m.scored, 10) AS s3, round(b.coverage * b.mean, 10) AS s4
      FROM mean m
  ), share AS (
    -- what changed within a provider and item, in points of the whole; excess is shared out as the defaults that made it
    SELECT c.item, c.provider,
           b.coverage / a.items * 100 * (c.valid - c.mixed_valid
             - CASE WHEN i.more_defaults = 0 THEN 0 ELSE i.more_excess * (c.defaults - c.mixed_defaults) / i.more_defaults END) / i.records AS points
      FROM cell c JOIN item_b i ON i.item = c.item
  ), corrected AS (
    -- a score does not go below 0: what that cut off is shared evenly
    SELECT s.item, s.provider, s.points + (b.coverage / a.items * (i.score - i.mixed) - sum(s.points) OVER (PARTITION BY s.item)) / i.providers AS points
      FROM share s JOIN item_b i ON i.item = s.item
  ), summed AS (
    SELECT g.name, sum(g.points) AS points FROM (SELECT CASE by WHEN 'item' THEN c.item ELSE c.provider END AS name, c.points FROM corrected c) g GROUP BY g.name
  ), rounded AS (
    -- the last one takes what rounding left, so that the parts add up to the digit
    SELECT s.name, CASE WHEN row_number() OVER w = count(*) OVER () THEN t.s3 - t.s2 ELSE round(sum(s.points) OVER w, 10) END
                   - CASE WHEN row_number() OVER w = 1 THEN 0 ELSE round(sum(s.points) OVER w - s.points, 10) END AS points
      FROM summed s CROSS JOIN state t WINDOW w AS (ORDER BY abs(s.points), s.name)
  ), told AS (
    SELECT 1 AS ord, 'whole' AS part, NULL::text AS name, a.records AS records_a, b.records AS records_b, t.s0 AS score_a, t.s4 AS score_b,
           NULL::numeric AS contribution, ARRAY(SELECT DISTINCT e.rule FROM edited e WHERE e.rule <> '' ORDER BY e.rule) AS edited_rules FROM state t
    UNION ALL
    SELECT 2, 'coverage', NULL, NULL, NULL, round(100 * a.coverage, 10), round(100 * b.coverage, 10), t.s1 - t.s0, '{}' FROM state t
    UNION ALL
    SELECT 2, 'provider_mix', NULL, NULL, NULL, NULL, NULL, t.s2 - t.s1, '{}' FROM state t
    UNION ALL
    SELECT 2, 'rules', NULL, NULL, NULL, NULL, NULL, t.s4 - t.s3, ARRAY(SELECT DISTINCT e.rule FROM edited e WHERE e.rule <> '' ORDER BY e.rule) FROM state t
    UNION ALL
    SELECT 2, by, r.name, n.records_a, n.records_b, n.score_a, n.score_b, r.points,
           ARRAY(SELECT DISTINCT e.rule FROM edited e WHERE by = 'item' AND e.item = r.name AND e.rule <> '' ORDER BY e.rule)
      FROM rounded r
     CROSS JOIN LATERAL (
       SELECT (SELECT x.records FROM item_a x WHERE x.item = r.name) AS records_a, (SELECT y.records::bigint FROM item_b y WHERE y.item = r.name) AS records_b,
              (SELECT round(x.score, 10) FROM item_a x WHERE x.item = r.name) AS score_a, (SELECT round(y.score, 10) FROM item_b y WHERE y.item = r.name) AS score_b
        WHERE by = 'item'
       UNION ALL
       SELECT x.records, y.records, round(x.item_score_sum / nullif(x.items, 0), 10), round(y.item_score_sum / nullif(y.items, 0), 10)
         FROM (SELECT) one
         LEFT JOIN portfolio.quality_score x ON x.total = a.id AND coalesce(x.provider, '') = r.name
         LEFT JOIN portfolio.quality_score y ON y.total = b.id AND coalesce(y.provider, '') = r.name
        WHERE by = 'provider') n
  )
  SELECT t.part, t.name, t.records_a, t.records_b, t.score_a, t.score_b, t.score_b - t.score_a, t.contribution, t.edited_rules
    FROM told t ORDER BY t.ord, abs(t.contribution) DESC, t.part, t.name;
END
$$;
COMMENT ON FUNCTION portfolio.compare_scores(text, text, text, text, jsonb) IS
  'How the latest score of a data set differs between two periods, and why: the score is coverage * mean of the item scores, from the records of all providers together. The change is split into coverage, provider mix, rules, and what changed within providers, by item or by provider; the parts add up to it exactly. They are taken in this order, each with what came before it already as in the second period. Items whose rules or threshold were changed fall under rules, unless the same records of the second period were once scored with the rules of the first: then the two are told apart. P0002 when a period was not scored. No options yet.';
