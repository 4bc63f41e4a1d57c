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

  ('relation-gone', 'The relation of a data set does not exist', 'high',
   'Data sets keep schema and relation by name; here the relation was renamed, dropped or not restored.',
   $$SELECT d.code AS subject, d.id AS element,
            jsonb_build_object('relation', format('%I.%I', d.schema_name, d.relation_name),
                               'same_name_in', (SELECT jsonb_agg(n.nspname ORDER BY n.nspname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                                 WHERE c.relname = d.relation_name AND c.relkind IN ('r', 'p', 'v', 'm', 'f'))) AS detail
       FROM portfolio.data_set d
      WHERE d.relation_name IS NOT NULL AND to_regclass(format('%I.%I', d.schema_name, d.relation_name)) IS NULL$$,
   NULL, 'UPDATE portfolio.data_set SET schema_name = ''...'', relation_name = ''...'' WHERE code = ''...'';', '{}')
  ) AS c (code, title, severity, description, query, threshold, remediation, refs);
