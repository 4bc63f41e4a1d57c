-- Judging rules about whole sets. What a constraint proves is not read again; statistics prove nothing.

-- A unique index proves unique() over its columns or more: none of its keys occurs twice, now and in this transaction.
CREATE FUNCTION portfolio.proof_of_unique(relation regclass, columns text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN c.conname IS NOT NULL THEN format('proved by constraint %I', c.conname) ELSE format('proved by unique index %I', i.relname) END
    FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid
    JOIN pg_class t ON t.oid = x.indrelid
    LEFT JOIN pg_constraint c ON c.conindid = x.indexrelid AND c.conrelid = x.indrelid AND c.contype IN ('p', 'u')
   WHERE x.indrelid = relation AND x.indisunique AND x.indisvalid AND x.indisready AND x.indislive AND x.indimmediate
     AND x.indpred IS NULL AND x.indexprs IS NULL AND NOT (t.relkind = 'r' AND t.relhassubclass)
     AND NOT EXISTS (
           SELECT FROM unnest(x.indkey::int2[], x.indclass::oid[], x.indcollation::oid[]) WITH ORDINALITY k (attnum, opclass, coll, n)
             JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
             JOIN pg_opclass o ON o.oid = k.opclass
            WHERE k.n <= x.indnkeyatts AND (a.attname::text <> ALL (columns) OR NOT o.opcdefault OR k.coll <> a.attcollation))
   ORDER BY c.contype NULLS LAST, i.relname LIMIT 1;
END;
COMMENT ON FUNCTION portfolio.proof_of_unique(regclass, text[]) IS
  'Which constraint or unique index proves that no two rows have the same non-null values in these columns, as evidence; NULL when none does. It must be valid, immediate, whole, over these columns or fewer, by the default comparison of their types, and the table must have no inheritance children.';

CREATE FUNCTION portfolio.proof_of_no_overlap(relation regclass, columns text[], during text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT format('proved by constraint %I', c.conname)
    FROM pg_constraint c
    JOIN pg_index x ON x.indexrelid = c.conindid
    JOIN pg_class t ON t.oid = x.indrelid
   WHERE c.conrelid = relation AND c.contype = 'x' AND NOT c.condeferrable AND x.indisvalid AND x.indisready AND x.indpred IS NULL AND x.indexprs IS NULL
     AND NOT (t.relkind = 'r' AND t.relhassubclass)
     AND NOT EXISTS (
           SELECT FROM unnest(c.conkey, c.conexclop) k (attnum, operator)
             JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
             JOIN pg_operator o ON o.oid = k.operator AND o.oprnamespace = 'pg_catalog'::regnamespace
            WHERE CASE WHEN a.attname::text = during THEN o.oprname <> '&&' ELSE o.oprname <> '=' OR a.attname::text <> ALL (columns) END)
     AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attname::text = during AND a.attnum = ANY (c.conkey))
     AND NOT EXISTS (SELECT FROM unnest(c.conexclop) e (o) WHERE NOT EXISTS (SELECT FROM pg_operator p WHERE p.oid = e.o AND p.oprnamespace = 'pg_catalog'::regnamespace))
   ORDER BY c.conname LIMIT 1;
END;
COMMENT ON FUNCTION portfolio.proof_of_no_overlap(regclass, text[], text) IS
  'Which exclusion constraint proves that no two rows with the same values in these columns have overlapping ranges in column during, as evidence; NULL when none does.';

-- A foreign key may have been switched off: its triggers must be enabled.
CREATE FUNCTION portfolio.proof_of_reference(relation regclass, columns text[], target regclass, target_columns text[]) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT format('proved by foreign key %I', c.conname)
    FROM pg_constraint c
    JOIN pg_class t ON t.oid = c.conrelid
   WHERE c.conrelid = relation AND c.confrelid = target AND c.contype = 'f' AND c.convalidated AND NOT c.condeferrable
     AND coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true)
     AND NOT (t.relkind = 'r' AND t.relhassubclass) AND cardinality(c.conkey) = cardinality(columns)
     AND NOT EXISTS (
           SELECT FROM unnest(columns, target_columns) w (c, t)
            WHERE NOT EXISTS (
                    SELECT FROM unnest(c.conkey, c.confkey) k (attnum, target_attnum)
                      JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
                      JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.target_attnum
                     WHERE a.attname::text = w.c AND b.attname::text = w.t))
     AND NOT EXISTS (SELECT FROM pg_trigger g WHERE g.tgconstraint = c.oid AND g.tgenabled NOT IN ('O', 'A'))
   ORDER BY c.conname LIMIT 1;
END;
COMMENT ON FUNCTION portfolio.proof_of_reference(regclass, text[], regclass, text[]) IS
  'Which foreign key proves that the values of these columns occur in the columns of the target, as evidence; NULL when none does. It must be validated, enforced, not deferrable and not disabled.';

CREATE FUNCTION portfolio.whole_set_proof(relation regclass, definition jsonb) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE
    WHEN k.more_than_columns THEN NULL
    WHEN definition ->> 'kind' = 'unique' AND definition ? 'during' AND definition -> 'during' ->> 'column' IS NOT NULL
      THEN coalesce(portfolio.proof_of_unique(relation, k.columns), portfolio.proof_of_no_overlap(relation, k.columns, definition -> 'during' ->> 'column'))
    WHEN definition ->> 'kind' IN ('unique', 'determines') THEN portfolio.proof_of_unique(relation, k.columns)
    WHEN definition ->> 'kind' = 'references' AND NOT definition ? 'at'
      THEN portfolio.proof_of_reference(relation, k.columns, to_regclass(definition ->> 'relation'),
                                        ARRAY(SELECT t ->> 'column' FROM jsonb_array_elements(definition -> 'target') WITH ORDINALITY x (t, n) ORDER BY n))
    END
    FROM (SELECT ARRAY(SELECT x ->> 'column' FROM jsonb_array_elements(definition -> 'keys') WITH ORDINALITY e (x, n) ORDER BY n) AS columns,
                 coalesce((SELECT bool_or(x ->> 'column' IS NULL) FROM jsonb_array_elements(definition -> 'keys') x), true) AS more_than_columns) k;
END;
COMMENT ON FUNCTION portfolio.whole_set_proof(regclass, jsonb) IS
  'Which constraint or index of the relation proves a rule (as whole_set_definition() gives it), as evidence; NULL when none does and the rows must be read.';

-- One statement, a row a group: key (jsonb, masked), records, failed, missing, surplus, detail (jsonb).
CREATE FUNCTION portfolio.whole_set_key(definition jsonb, field text, data_set bigint, identify boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce('jsonb_build_object(' || string_agg(
           format(CASE WHEN NOT identify AND s.hidden THEN '%L, portfolio.mask_value(portfolio.plain_text(k%s))' ELSE '%L, portfolio.plain_json(k%s)' END, k.x ->> 'sql', k.n), ', ' ORDER BY k.n) || ')', '''{}''::jsonb')
    FROM jsonb_array_elements(definition -> field) WITH ORDINALITY k (x, n)
   CROSS JOIN LATERAL (
     SELECT coalesce(bool_or(i.sensitivity <> 'none') , false)
            OR (k.x ->> 'column' IS NOT NULL AND NOT EXISTS (SELECT FROM portfolio.data_item o WHERE o.data_set = whole_set_key.data_set AND o.column_name::text = k.x ->> 'column')
                AND portfolio.guess_sensitivity(k.x ->> 'column') <> 'none') AS hidden
       FROM portfolio.data_item i
      WHERE i.data_set = whole_set_key.data_set AND strpos(k.x ->> 'sql', i.column_name::text) > 0) s;
END;
COMMENT ON FUNCTION portfolio.whole_set_key(jsonb, text, bigint, boolean) IS
  'The keys of a rule about the whole set as one jsonb expression over k1, k2 and so on; values of identifying and special items are masked unless identify.';

-- What the rules about the whole set read: NULL where a value is one of its item's missing_values, as it is to every rule.
CREATE FUNCTION portfolio.columns_with_missing(relation regclass, data_set bigint) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT array_agg(DISTINCT i.column_name::text) FROM portfolio.data_item i JOIN pg_attribute a ON a.attrelid = $1 AND a.attname = i.column_name AND a.attnum > 0 AND NOT a.attisdropped
   WHERE i.data_set = $2 AND i.missing_values <> '{}';
END;
COMMENT ON FUNCTION portfolio.columns_with_missing(regclass, bigint) IS
  'The columns of a relation for which items of a data set name missing values; NULL where there are none.';

CREATE FUNCTION portfolio.rows_without_missing(relation regclass, data_set bigint, wanted text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN portfolio.columns_with_missing($1, $2) IS NULL THEN format('%s AS pf_row WHERE (%s)', $1, $3)
              ELSE format('(SELECT %s FROM %s AS pf_row WHERE (%s)) AS pf_row WHERE true', string_agg(
                CASE WHEN m.codes IS NULL THEN quote_ident(a.attname)
                     ELSE format(CASE WHEN t.typcategory = 'S' THEN 'CASE WHEN btrim(%1$I) IN (%2$s) THEN NULL ELSE %1$I END AS %1$I' ELSE 'CASE WHEN %1$I IN (%2$s) THEN NULL ELSE %1$I END AS %1$I' END,
                                 a.attname, m.codes) END, ', ' ORDER BY a.attnum), $1, $3) END
    FROM pg_attribute a
    JOIN pg_type t ON t.oid = a.atttypid
    LEFT JOIN LATERAL (SELECT string_agg(DISTINCT quote_literal(btrim(v)), ', ') AS codes FROM portfolio.data_item i, unnest(i.missing_values) v
                        WHERE i.data_set = $2 AND i.column_name = a.attname) m ON true
   WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped;
END;
COMMENT ON FUNCTION portfolio.rows_without_missing(regclass, bigint, text) IS
  'The rows of a relation that are wanted, as text for FROM under the name pf_row, with NULL where an item of the data set counts a value as missing. What is wanted is judged by the values themselves. Without a data set: all as they are.';

CREATE FUNCTION portfolio.whole_set_sql(relation regclass, definition jsonb, wanted text, key text, period_of text DEFAULT NULL, period text DEFAULT NULL,
                                        data_set bigint DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  kind text := definition ->> 'kind';
  field text := CASE WHEN definition ? 'keys' THEN 'keys' ELSE 'by' END;
  keys jsonb := coalesce(definition -> field, '[]');
  n int := jsonb_array_length(keys);
  names text := (SELECT string_agg('k' || i, ', ' ORDER BY i) FROM generate_series(1, n) i);
  given text := coalesce((SELECT string_agg(format('k%s IS NOT NULL', i), ' AND ' ORDER BY i) FROM generate_series(1, n) i), 'true');
  selected text := coalesce((SELECT string_agg(format('(%s) AS k%s', k ->> 'sql', i), ', ' ORDER BY i) || ', ' FROM jsonb_array_elements(keys) WITH ORDINALITY x (k, i)), '');
  grouped text := coalesce(' GROUP BY ' || names, '');
  source text := ' FROM ' || portfolio.rows_without_missing(relation, CASE WHEN kind NOT IN ('rows', 'volume_change') THEN data_set END, wanted);
  matched text;
BEGIN
  IF kind = 'unique' AND definition ? 'during' THEN
    RETURN format($sql$SELECT %s AS key, count(*) AS records, count(*) FILTER (WHERE given AND (earlier OR later)) AS failed, count(*) FILTER (WHERE NOT given) AS missing,
         count(*) FILTER (WHERE given AND earlier) AS surplus, jsonb_build_object('overlapping', count(*) FILTER (WHERE given AND (earlier OR later)), 'reversed', count(*) FILTER (WHERE given AND pf_from >= pf_to)) AS detail
    FROM (SELECT r.*, pf_from < pf_to AND pf_from < coalesce(max(pf_to) OVER before, '-infinity') AS earlier, pf_from < pf_to AND coalesce(lead(pf_from) OVER pf, 'infinity') < pf_to AS later
            FROM (SELECT *, %s AND (pf_given) AS given FROM (SELECT %s(%s) AS pf_from, (%s) AS pf_to, (%s) AS pf_given%s) r) r
          WINDOW pf AS (PARTITION BY %s, given, pf_from < pf_to ORDER BY pf_from, pf_to), before AS (pf ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) r%s$sql$,
      key, given, selected, definition -> 'during' ->> 'from', definition -> 'during' ->> 'to', definition -> 'during' ->> 'given', source, names, grouped);
  ELSIF kind = 'unique' THEN
    RETURN format($sql$SELECT %s AS key, count(*) AS records, CASE WHEN (%s) AND count(*) > 1 THEN count(*) ELSE 0 END AS failed, CASE WHEN %s THEN 0 ELSE count(*) END AS missing,
         CASE WHEN %s THEN count(*) - 1 ELSE 0 END AS surplus, jsonb_build_object('rows', count(*)) AS detail
    FROM (SELECT %s%s) r%s$sql$, key, given, given, given, rtrim(selected, ', '), source, grouped);
  ELSIF kind = 'determines' THEN
    RETURN format($sql$SELECT %1$s AS key, sum(n)::bigint AS records,
         CASE WHEN %2$s AND count(v) > 1 THEN sum(n) FILTER (WHERE v IS NOT NULL)::bigint ELSE 0 END AS failed,
         CASE WHEN %2$s THEN coalesce(sum(n) FILTER (WHERE v IS NULL), 0)::bigint ELSE sum(n)::bigint END AS missing,
         CASE WHEN %2$s AND count(v) > 1 THEN (sum(n) FILTER (WHERE v IS NOT NULL) - max(n) FILTER (WHERE v IS NOT NULL))::bigint ELSE 0 END AS surplus,
         jsonb_build_object('values', count(v)) AS detail
    FROM (SELECT %3$s, v, count(*) AS n FROM (SELECT %4$s(%5$s) AS v%6$s) r GROUP BY %3$s, v) r%7$s$sql$,
      key, given, names, selected, definition -> 'value' -> 0 ->> 'sql', source, grouped);
  ELSIF kind = 'references' THEN
    matched := (SELECT string_agg(format('t.t%s %s r.k%s', i, t ->> 'operator', i), ' AND ' ORDER BY i)
                  FROM jsonb_array_elements(definition -> 'target') WITH ORDINALITY x (t, i));
    -- Each key, and day, once; a join finds those that are there, however large both sides are
    RETURN format($sql$SELECT %1$s AS key, sum(n)::bigint AS records, coalesce(sum(n) FILTER (WHERE given AND NOT coalesce(fits, false)), 0)::bigint AS failed,
         coalesce(sum(n) FILTER (WHERE NOT given), 0)::bigint AS missing, coalesce(sum(n) FILTER (WHERE given AND fits IS NULL), 0)::bigint AS surplus,
         jsonb_build_object('unknown', bool_or(given AND fits IS NULL)) AS detail
    FROM (WITH keys AS MATERIALIZED (
            SELECT row_number() OVER () AS id, %2$s, pf_at, %3$s AS given, count(*) AS n FROM (SELECT %4$s(%5$s) AS pf_at%6$s) r GROUP BY %2$s, pf_at
          ), known AS (
            SELECT r.id, bool_or(%7$s) AS fits FROM keys r JOIN (SELECT %8$s) t ON %9$s GROUP BY r.id
          )
          SELECT r.*, k.fits FROM keys r LEFT JOIN known k ON k.id = r.id) r%10$s$sql$,
      key, names, given || CASE WHEN definition ? 'at' THEN ' AND pf_at IS NOT NULL' ELSE '' END, selected, coalesce(definition ->> 'at', 'NULL::date'), source,
      CASE WHEN definition ? 'at' THEN 'coalesce(r.pf_at >= t.pf_from AND r.pf_at < t.pf_to AND t.pf_given, false)' ELSE 'true' END,
      (SELECT string_agg(format('%I AS t%s', t ->> 'column', i), ', ' ORDER BY i) FROM jsonb_array_elements(definition -> 'target') WITH ORDINALITY x (t, i))
      || CASE WHEN definition ? 'at' THEN format(', (%s) AS pf_from, (%s) AS pf_to, (%s) AS pf_given', definition -> 'valid' ->> 'from', definition -> 'valid' ->> 'to', definition -> 'valid' ->> 'given') ELSE '' END
      || format(' FROM %s AS pf_target', definition ->> 'relation'), matched, grouped);
  ELSIF kind = 'fresh' THEN
    RETURN format($sql$SELECT %1$s AS key, 1::bigint AS records, CASE WHEN newest::timestamptz < now() - %2$L::interval THEN 1 ELSE 0 END::bigint AS failed,
         CASE WHEN newest IS NULL THEN 1 ELSE 0 END::bigint AS missing, 0::bigint AS surplus,
         jsonb_build_object('newest', newest::text, 'age', CASE WHEN isfinite(newest::timestamptz) THEN date_trunc('second', now() - newest::timestamptz)::text END, 'allowed', %2$L, 'in_future', in_future) AS detail
    FROM (SELECT %3$smax(t) FILTER (WHERE t <= now()) AS newest, count(*) FILTER (WHERE t > now()) AS in_future FROM (SELECT %4$s(%5$s) AS t%6$s) r%7$s) r$sql$,
      key, definition ->> 'age', coalesce(names || ', ', ''), selected, definition ->> 'time', source, grouped);
  ELSIF kind = 'rows' THEN
    RETURN format($sql$SELECT %1$s AS key, 1::bigint AS records, CASE WHEN n < %2$s OR n > %3$s THEN 1 ELSE 0 END::bigint AS failed, 0::bigint AS missing, 0::bigint AS surplus,
         jsonb_build_object('rows', n, 'least', %2$s, 'most', %3$s) AS detail
    FROM (SELECT %4$scount(*) AS n FROM (SELECT %5$strue%6$s) r%7$s) r$sql$,
      key, coalesce(definition ->> 'least', 'NULL::numeric'), coalesce(definition ->> 'most', 'NULL::numeric'), coalesce(names || ', ', ''), selected, source, grouped);
  ELSIF kind = 'volume_change' THEN
    RETURN format($sql$SELECT %1$s AS key, 1::bigint AS records, CASE WHEN before > 0 AND abs(100.0 * (now - before) / before) > %2$s THEN 1 ELSE 0 END::bigint AS failed,
         CASE WHEN before > 0 THEN 0 ELSE 1 END::bigint AS missing, 0::bigint AS surplus,
         jsonb_build_object('period', period, 'rows', now, 'rows_before', before, 'change_pct', round(100.0 * (now - before) / nullif(before, 0), 1), 'allowed_pct', %2$s) AS detail
    FROM (WITH counted AS MATERIALIZED (SELECT p%3$s, count(*) AS n FROM (SELECT %4$s(%5$s)::text AS p%6$s) r GROUP BY p%3$s),
               ordered AS (SELECT o.p, row_number() OVER (ORDER BY lower(d.during) DESC NULLS LAST, o.p DESC) AS back
                             FROM (SELECT DISTINCT p FROM counted WHERE p IS NOT NULL) o LEFT JOIN portfolio.reporting_period d ON d.code = o.p),
               pair AS (SELECT o.p AS latest, b.p AS before FROM ordered o LEFT JOIN ordered b ON b.back = o.back + 1 WHERE CASE WHEN %7$L IS NULL THEN o.back = 1 ELSE o.p = %7$L END)
          SELECT max(pair.latest) AS period%3$s, coalesce(sum(n) FILTER (WHERE p = pair.latest), 0) AS now, coalesce(sum(n) FILTER (WHERE p = pair.before), 0) AS before
            FROM counted CROSS JOIN pair WHERE p IN (pair.latest, pair.before)%8$s) r$sql$,
      key, definition ->> 'percent', coalesce(', ' || names, ''), selected, period_of, source, period, grouped);
  END IF;
  -- reconciles
  IF definition ? 'total' THEN
    matched := format('SELECT NULL::numeric AS mine, %s::numeric AS theirs', definition ->> 'total');
  ELSE
    matched := format('SELECT %sNULL::numeric AS mine, (%s)::numeric AS theirs FROM %s AS pf_target%s',
                      coalesce((SELECT string_agg(format('(%s) AS k%s', k ->> 'sql', i), ', ' ORDER BY i) || ', ' FROM jsonb_array_elements(definition -> 'matching') WITH ORDINALITY x (k, i)), ''),
                      definition ->> 'target_aggregate', definition ->> 'relation',
                      coalesce((SELECT ' GROUP BY ' || string_agg(format('(%s)', k ->> 'sql'), ', ' ORDER BY i) FROM jsonb_array_elements(definition -> 'matching') WITH ORDINALITY x (k, i)), ''));
  END IF;
  RETURN format($sql$SELECT %1$s AS key, 1::bigint AS records, CASE WHEN abs(coalesce(mine, 0) - coalesce(theirs, 0)) > abs(coalesce(theirs, 0)) * %2$s / 100 THEN 1 ELSE 0 END::bigint AS failed,
         CASE WHEN mine IS NULL AND theirs IS NULL THEN 1 ELSE 0 END::bigint AS missing, 0::bigint AS surplus,
         jsonb_build_object('ours', mine, 'theirs', theirs, 'difference', coalesce(mine, 0) - coalesce(theirs, 0), 'tolerance_pct', %2$s) AS detail
    FROM (SELECT %3$ssum(mine) AS mine, sum(theirs) AS theirs
            FROM (SELECT %4$s(%5$s)::numeric AS mine, NULL::numeric AS theirs%6$s%7$s UNION ALL %8$s) r%9$s) r$sql$,
    key, definition ->> 'tolerance', coalesce(names || ', ', ''), selected, definition ->> 'aggregate', source,
    coalesce((SELECT ' GROUP BY ' || string_agg(format('(%s)', k ->> 'sql'), ', ' ORDER BY i) FROM jsonb_array_elements(keys) WITH ORDINALITY x (k, i)), ''), matched, grouped);
END
$$;
COMMENT ON FUNCTION portfolio.whole_set_sql(regclass, jsonb, text, text, text, text, bigint) IS
  'The statement behind a rule about the whole set (as whole_set_definition() gives it), over the rows wanted, with what a data set counts as missing being NULL: a row a group with key, records, failed, missing, surplus (of them too many) and detail.';

-- The counts of a statement, and the figures of its kind.
CREATE FUNCTION portfolio.count_whole_set(definition jsonb, statement text) RETURNS portfolio.whole_set_verdict
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  v portfolio.whole_set_verdict;
  c record;
BEGIN
  v.kind := definition ->> 'kind';
  v.unit := CASE WHEN v.kind IN ('unique', 'determines', 'references') THEN 'rows' ELSE 'groups' END;
  EXECUTE format($sql$SELECT coalesce(sum(records), 0)::bigint AS records, coalesce(sum(failed), 0)::bigint AS failed, coalesce(sum(missing), 0)::bigint AS missing,
      coalesce(sum(surplus), 0)::bigint AS surplus, count(*) FILTER (WHERE failed > 0) AS failed_groups, %s AS reversed, %s AS detail FROM (%s) g$sql$,
    CASE WHEN definition ? 'during' THEN 'coalesce(sum((detail ->> ''reversed'')::bigint), 0)::bigint' ELSE 'NULL::bigint' END,
    CASE WHEN v.unit = 'groups' AND NOT definition ? 'by' THEN '(array_agg(detail))[1]' ELSE 'NULL::jsonb' END, statement) INTO c;
  v.records := c.records;
  v.failed := c.failed;
  v.missing := c.missing;
  v.passed := c.records - c.missing - c.failed;
  v.evidence := 'rows were read';
  v.measures := CASE
    WHEN v.kind = 'unique' THEN jsonb_build_object('duplicate_groups', c.failed_groups, 'duplicate_rows', c.failed, 'surplus_rows', c.surplus,
           'distinctness', round((v.records - v.missing - c.surplus)::numeric / nullif(v.records - v.missing, 0), 6),
           'uniqueness', round(v.passed::numeric / nullif(v.records - v.missing, 0), 6))
    WHEN v.kind = 'determines' THEN jsonb_build_object('conflicting_groups', c.failed_groups, 'conflicting_rows', c.failed, 'minority_rows', c.surplus)
    WHEN v.kind = 'references' THEN jsonb_build_object('orphan_keys', c.failed_groups, 'orphan_rows', c.failed)
    WHEN definition ? 'by' THEN jsonb_build_object('groups', c.records, 'failed_groups', c.failed_groups)
    ELSE coalesce(c.detail, '{}') END;
  IF definition ? 'during' THEN
    v.measures := v.measures || jsonb_build_object('reversed_rows', c.reversed);
  ELSIF definition ? 'at' THEN
    v.measures := v.measures || jsonb_build_object('unknown_rows', c.surplus, 'out_of_time_rows', c.failed - c.surplus);
  END IF;
  RETURN v;
END
$$;
COMMENT ON FUNCTION portfolio.count_whole_set(jsonb, text) IS
  'Runs a statement of whole_set_sql() with the rights of the caller and adds it up: counts and measures of the kind.';

CREATE FUNCTION portfolio.judge_whole_set(d portfolio.data_set, expression text, on_null text, period text, code text) RETURNS portfolio.whole_set_verdict
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  relation regclass := portfolio.data_set_relation(d.code);
  definition jsonb := portfolio.whole_set_definition(relation, expression);
  wanted text := coalesce(portfolio.check_expression(relation, d.filter, 'boolean'), 'true');
  period_of text := portfolio.check_expression(relation, d.period, 'text');
  v portfolio.whole_set_verdict;
  before bigint;
BEGIN
  IF period IS NOT NULL AND period_of IS NOT NULL AND definition ->> 'kind' <> 'volume_change' THEN
    wanted := format('(%s) AND (%s) = %L', wanted, period_of, period);
  END IF;
  -- a constraint knows nothing of values that count as missing
  v.evidence := CASE WHEN on_null <> 'fail' AND portfolio.columns_with_missing(relation, d.id) IS NULL THEN portfolio.whole_set_proof(relation, definition) END;
  IF v.evidence IS NOT NULL THEN
    v.kind := definition ->> 'kind';
    v.unit := 'rows';
    v.failed := 0;
    v.measures := CASE v.kind WHEN 'unique' THEN '{"duplicate_groups": 0, "duplicate_rows": 0, "surplus_rows": 0, "distinctness": 1, "uniqueness": 1}'
                              WHEN 'determines' THEN '{"conflicting_groups": 0, "conflicting_rows": 0, "minority_rows": 0}'
                              ELSE '{"orphan_keys": 0, "orphan_rows": 0}' END;
    v.outcome := 'passed';
    RETURN v;
  END IF;
  IF definition ->> 'kind' = 'volume_change' AND period_of IS NULL THEN
    -- No periods: against what was counted last time
    v := portfolio.count_whole_set('{"kind": "rows"}', portfolio.whole_set_sql(relation, '{"kind": "rows"}', wanted, '''{}''::jsonb'));
    v.kind := 'volume_change';
    SELECT (r.measures ->> 'rows')::bigint INTO before FROM portfolio.whole_set_result r
     WHERE r.data_set = d.id AND r.rule = code AND r.kind = 'volume_change' AND r.measures ? 'rows' ORDER BY r.id DESC LIMIT 1;
    v.missing := CASE WHEN before > 0 AND NOT definition ? 'by' THEN 0 ELSE 1 END;
    v.failed := CASE WHEN v.missing = 0 AND abs(100.0 * ((v.measures ->> 'rows')::bigint - before) / before) > (definition ->> 'percent')::numeric THEN 1 ELSE 0 END;
    v.passed := 1 - v.missing - v.failed;
    v.measures := jsonb_build_object('rows', v.measures -> 'rows', 'rows_before', before, 'allowed_pct', (definition ->> 'percent')::numeric,
                                     'change_pct', round(100.0 * ((v.measures ->> 'rows')::bigint - before) / nullif(before, 0), 1));
    v.evidence := CASE WHEN definition ? 'by' THEN 'groups are compared by period, and the data set has none' ELSE 'rows were read, and compared with the last result' END;
  ELSE
    v := portfolio.count_whole_set(definition, portfolio.whole_set_sql(relation, definition, wanted, '''{}''::jsonb', period_of, period, d.id));
  END IF;
  IF on_null = 'pass' THEN
    v.passed := v.passed + v.missing;
    v.missing := 0;
  ELSIF on_null = 'fail' THEN
    v.failed := v.failed + v.missing;
    v.missing := 0;
  END IF;
  v.outcome := CASE WHEN v.failed > 0 THEN 'failed' WHEN v.passed = 0 THEN 'not_judged' ELSE 'passed' END;
  RETURN v;
END
$$;
COMMENT ON FUNCTION portfolio.judge_whole_set(portfolio.data_set, text, text, text, text) IS
  'Judges one rule about the whole of a data set, of one period or (NULL) of all, with the rights of the caller: from a constraint that proves it, else by reading. Stores nothing.';

CREATE FUNCTION portfolio.judge_whole_set_rules(data_set text, period text) RETURNS SETOF portfolio.whole_set_verdict
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  r record;
  v portfolio.whole_set_verdict;
BEGIN
  FOR r IN SELECT c.code, c.version, c.kind, c.expression, c.on_null FROM portfolio.current_rule c
            WHERE c.data_set = d.id AND c.status IN ('standard', 'experimental') AND c.kind <> 'row' ORDER BY c.code LOOP
    BEGIN
      v := portfolio.judge_whole_set(d, r.expression, r.on_null, period, r.code);
    EXCEPTION WHEN OTHERS THEN
      -- A message of class 42 speaks of names, any other may hold a value of a row
      v := NULL;
      v.outcome := 'error';
      v.kind := r.kind;
      v.measures := '{}';
      v.sql_state := SQLSTATE;
      v.problem := CASE WHEN SQLSTATE LIKE '42%' THEN SQLERRM ELSE 'the statement raised an error; its message may hold a value and is not kept' END;
    END;
    v.rule := r.code;
    v.version := r.version;
    RETURN NEXT v;
  END LOOP;
END
$$;
COMMENT ON FUNCTION portfolio.judge_whole_set_rules(text, text) IS
  'Judges every rule in force about the whole of a data set; one that raises an error says so, and the others are judged. check_whole_set() calls it and keeps the results.';

CREATE FUNCTION portfolio.check_whole_set(data_set text, period text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.whole_set_verdict
LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 10 COST 10000 AS 'MODULE_PATHNAME', 'pf_check_whole_set';
COMMENT ON FUNCTION portfolio.check_whole_set(text, text, jsonb) IS
  'Judges the rules in force about the whole of a data set, of one period or (NULL) of all, keeps what they say in whole_set_result and gives it. score_data_set() does it too. It reads with the rights of the caller and row_security = off, as score_data_set(). A rule that raises an error has outcome error, and the others are judged. No options yet.';

CREATE TYPE portfolio.whole_set_failure AS (key jsonb, records bigint, failed bigint, detail jsonb);
COMMENT ON TYPE portfolio.whole_set_failure IS 'A row of whole_set_failures(): one group that fails a rule about the whole set.';
COMMENT ON COLUMN portfolio.whole_set_failure.key IS 'The key, or the group, by the expressions of the rule; values of identifying and special items are masked unless identify was asked for.';
COMMENT ON COLUMN portfolio.whole_set_failure.records IS 'Rows of the group; for rules that judge groups, 1.';
COMMENT ON COLUMN portfolio.whole_set_failure.failed IS 'Those of them that fail.';
COMMENT ON COLUMN portfolio.whole_set_failure.detail IS 'Figures of the group, by name.';

CREATE FUNCTION portfolio.whole_set_failures(data_set text, rule text, period text DEFAULT NULL, identify boolean DEFAULT false, max_rows bigint DEFAULT NULL,
                                             options jsonb DEFAULT '{}') RETURNS SETOF portfolio.whole_set_failure
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  relation regclass := portfolio.data_set_relation(data_set);
  wanted text := coalesce(portfolio.check_expression(relation, d.filter, 'boolean'), 'true');
  period_of text := portfolio.check_expression(relation, d.period, 'text');
  definition jsonb;
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  PERFORM portfolio.check_max_rows(max_rows);
  SELECT portfolio.whole_set_definition(relation, c.expression) INTO definition FROM portfolio.current_rule c
   WHERE c.data_set = d.id AND c.code = rule AND c.kind <> 'row' AND c.status <> 'retired';
  IF definition IS NULL THEN
    RAISE EXCEPTION 'rule "%" of data set "%" is not a rule about the whole set', rule, data_set
      USING ERRCODE = 'undefined_object',
            HINT = format('SELECT code, kind FROM portfolio.current_rule WHERE data_set_code = %L AND kind <> ''row'' lists them; failing_rows() is for rules about rows.', data_set);
  END IF;
  IF identify THEN
    PERFORM portfolio.log_access('whole_set_failures', d.id, jsonb_strip_nulls(jsonb_build_object('rule', rule, 'period', period, 'max_rows', max_rows)));
  END IF;
  IF definition ->> 'kind' = 'volume_change' AND period_of IS NULL THEN
    RAISE EXCEPTION 'data set "%" has no periods to compare', data_set
      USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'register_data_set() takes a period expression.';
  END IF;
  IF period IS NOT NULL AND period_of IS NOT NULL AND definition ->> 'kind' <> 'volume_change' THEN
    wanted := format('(%s) AND (%s) = %L', wanted, period_of, period);
  END IF;
  RETURN QUERY EXECUTE format('SELECT g.key, g.records::bigint, g.failed::bigint, g.detail FROM (%s) g WHERE g.failed > 0 ORDER BY g.failed DESC, g.key LIMIT $1',
    portfolio.whole_set_sql(relation, definition, wanted,
      portfolio.whole_set_key(definition, CASE WHEN definition ? 'keys' THEN 'keys' ELSE 'by' END, d.id, identify), period_of, period, d.id)) USING max_rows;
END
$$;
COMMENT ON FUNCTION portfolio.whole_set_failures(text, text, text, boolean, bigint, jsonb) IS
  'The keys, or groups, that fail a rule about the whole of a data set, most failures first. It reads with the caller''s own rights and row security. Values of identifying and special items are masked; identify => true shows them, needs EXECUTE on log_access() and writes access_log. No options yet.';
