-- Data quality.
INSERT INTO portfolio.check_definition (code, area, title, severity, description, query, threshold, remediation, refs, author, builtin)
SELECT code, 'quality', title, severity, description, query, threshold, remediation, refs, NULL, true
  FROM (VALUES
  ('item-below-threshold', 'A data item scores below the threshold', 'medium',
   'The newest score of each item against data_set.quality_threshold; where a data set has none, against the threshold of this check, if this site sets one.',
   $$SELECT i.code || ': ' || i.item AS subject, i.data_set AS element,
            jsonb_build_object('score', round(i.data_item_score, 1), 'threshold', coalesce(q.threshold, $1), 'records', i.records, 'missing', i.missing) AS detail
       FROM portfolio.data_item_quality i JOIN portfolio.data_set_quality q ON q.data_set = i.data_set
      WHERE i.data_item_score < coalesce(q.threshold, $1)$$,
   NULL::numeric, 'SELECT * FROM portfolio.failing_rows(''data set'') shows rows that fail; mend them where they are made.', '{"ndg": 1}'::jsonb),

  ('data-set-below-threshold', 'A data set scores below its threshold', 'high',
   'The mean of its item scores against data_set.quality_threshold.',
   $$SELECT q.code AS subject, q.data_set AS element,
            jsonb_build_object('score', round(q.mean_item_score, 1), 'threshold', q.threshold, 'worst_item', q.worst_item) AS detail
       FROM portfolio.data_set_quality q WHERE NOT q.meets_threshold$$,
   NULL, 'Begin with the worst item: SELECT * FROM portfolio.data_item_quality WHERE code = ''data set'' ORDER BY data_item_score;', '{"ndg": 1}'),

  ('score-stale', 'A data set has not been scored for long', 'low',
   'Data sets with a relation and a quality threshold whose newest score is older than the threshold of days, or that have none.',
   $$SELECT d.code AS subject, d.id AS element, jsonb_build_object('scored_on', q.scored_at::date) AS detail
       FROM portfolio.data_set d LEFT JOIN portfolio.data_set_quality q ON q.data_set = d.id
      WHERE d.relation_name IS NOT NULL AND d.quality_threshold IS NOT NULL
        AND coalesce(q.scored_at < now() - make_interval(days => $1::integer), true)$$,
   35, 'SELECT count(*) FROM portfolio.score_data_set(''data set''); or schedule it.', '{}'),

  ('score-special-cause', 'A score fell out of its usual range', 'medium',
   'The newest score of a data set, or of one of its items, is a special cause for concern on its XmR chart: outside the limits, in a trend of seven, two of three near a limit, or seven on one side of the mean. The threshold is the number of periods that a chart must have.',
   $$SELECT t.code || coalesce(': ' || t.item, '') AS subject, t.data_set AS element,
            jsonb_build_object('period', t.periods[x.n], 'score', round(x.value, 1), 'mean', round(x.mean, 1), 'lower_limit', round(x.lower_limit, 1),
                               'special_cause', x.special_cause) AS detail
       FROM (SELECT s.code, s.data_set, NULL::text AS item, array_agg(s.mean_item_score ORDER BY s.period_from, s.period) AS series,
                    array_agg(s.period ORDER BY s.period_from, s.period) AS periods, count(s.mean_item_score) AS points
               FROM portfolio.data_set_trend s GROUP BY s.code, s.data_set
              UNION ALL
             SELECT s.code, s.data_set, s.item, array_agg(s.data_item_score ORDER BY s.period_from, s.period),
                    array_agg(s.period ORDER BY s.period_from, s.period), count(s.data_item_score)
               FROM portfolio.data_item_trend s GROUP BY s.code, s.data_set, s.item) t
      CROSS JOIN LATERAL portfolio.xmr(t.series) x
      WHERE t.points >= $1 AND x.n = cardinality(t.series) AND x.signal = 'concern'$$,
   12, 'SELECT * FROM portfolio.spc(''data set'', ''item''); SELECT * FROM portfolio.compare_scores(''data set'', ''period before'', ''period''); say why, or who looks into it.', '{"ndg": 1}'),

  ('relation-gone', 'The relation of a data set does not exist', 'high',
   'Data sets keep schema and relation by name; here the relation was renamed, dropped or not restored.',
   $$SELECT d.code AS subject, d.id AS element,
            jsonb_build_object('relation', format('%I.%I', d.schema_name, d.relation_name),
                               'same_name_in', (SELECT jsonb_agg(n.nspname ORDER BY n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                                 WHERE c.relname = d.relation_name AND c.relkind IN ('r', 'p', 'v', 'm', 'f'))) AS detail
       FROM portfolio.data_set d
      WHERE d.relation_name IS NOT NULL AND portfolio.relation_named(d.schema_name, d.relation_name) IS NULL$$,
   NULL, 'UPDATE portfolio.data_set SET schema_name = ''...'', relation_name = ''...'' WHERE code = ''...'';', '{}'),

  ('rule-broken', 'A rule can no longer run', 'high',
   'Rules in force, and items that are scored, whose expression is no longer good: a column, a function or a relation is gone. They are left out of scores.',
   $$SELECT DISTINCT ON (b.data_set, b.kind, b.rule) b.data_set || ': ' || b.kind || ' ' || b.rule AS subject, d.id AS element,
            jsonb_build_object('kind', b.kind, 'rule', b.rule, 'version', b.version, 'sql_state', b.sql_state, 'problem', b.problem) AS detail
       FROM portfolio.broken_rules() b JOIN portfolio.data_set d ON d.code = b.data_set
      WHERE portfolio.relation_named(d.schema_name, d.relation_name) IS NOT NULL$$,
   NULL, 'Mend the rule: SELECT portfolio.alter_rule(''data set'', ''rule'', expression => ''...'', reason => ''...''); or retire it.', '{}'),

  ('whole-set-rule-failed', 'A rule about a whole data set fails', 'high',
   'The newest result of each rule in force about uniqueness, references, freshness, volume or totals, where it failed or could not be judged because of an error.',
   $$SELECT w.data_set_code || ': ' || w.rule || coalesce(' ' || w.period, '') AS subject, w.data_set AS element,
            jsonb_strip_nulls(jsonb_build_object('rule', w.rule, 'kind', w.kind, 'period', w.period, 'severity', w.severity, 'outcome', w.outcome,
                                                 'unit', w.unit, 'records', w.records, 'failed', w.failed, 'measures', w.measures, 'problem', w.problem)) AS detail
       FROM portfolio.latest_whole_set w WHERE w.outcome IN ('failed', 'error') AND w.status = 'standard'$$,
   NULL, 'SELECT * FROM portfolio.whole_set_failures(''data set'', ''rule'') shows the keys that fail; after mending, SELECT * FROM portfolio.check_whole_set(''data set'');', '{}')
  ) AS c (code, title, severity, description, query, threshold, remediation, refs);
