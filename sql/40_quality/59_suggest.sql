-- Rules that the data itself suggests. What a profile makes likely is a candidate; candidates about rows are all counted in
-- one scan of the engine, those about the whole set one by one; what holds, or nearly holds, is suggested with its counts.
CREATE TYPE portfolio.suggested_rule AS (
  kind       text,
  item       text,
  dimension  text,
  expression text,
  code       text,
  evidence   text,
  judged     bigint,
  passed     bigint,
  passed_pct numeric
);
COMMENT ON TYPE portfolio.suggested_rule IS 'A row of suggest_rules(): a rule ready for add_rule(), and why.';
COMMENT ON COLUMN portfolio.suggested_rule.kind IS
  'not_null, not_blank, unique, in_list, in_value_set, range, not_negative, whole_number, length, shape, format, text_date, text_number, trimmed, upper_case, placeholder, constant, not_in_future, order, equal_columns, together, determines, references, fresh, rows.';
COMMENT ON COLUMN portfolio.suggested_rule.item IS 'The column; NULL for a rule about several, or about the record.';
COMMENT ON COLUMN portfolio.suggested_rule.dimension IS 'Dimension of quality that the rule speaks of.';
COMMENT ON COLUMN portfolio.suggested_rule.expression IS 'The rule, as add_rule() and try_rule() take it.';
COMMENT ON COLUMN portfolio.suggested_rule.code IS 'A code for it, unique among the suggestions.';
COMMENT ON COLUMN portfolio.suggested_rule.evidence IS 'What in the data suggests it, with counts. No value that fewer than 10 records share is shown, and none of an identifying column.';
COMMENT ON COLUMN portfolio.suggested_rule.judged IS 'Records that it judges; for fresh and rows 1; NULL where a constraint proves it.';
COMMENT ON COLUMN portfolio.suggested_rule.passed IS 'Records that pass, as try_rule() counts them; of unique and determines, where it fails whole groups, those that would stay if the fewest were mended. NULL where a constraint proves it.';
COMMENT ON COLUMN portfolio.suggested_rule.passed_pct IS '100 * passed / judged, to two decimals; what fails it are the likely errors.';

CREATE TYPE portfolio.rule_candidate AS (
  kind       text,
  item       text,
  dimension  text,
  expression text,
  note       text,
  rank       int
);
COMMENT ON TYPE portfolio.rule_candidate IS 'A rule that may be suggested, before it is counted.';
COMMENT ON COLUMN portfolio.rule_candidate.kind IS 'Kind of suggestion.';
COMMENT ON COLUMN portfolio.rule_candidate.item IS 'The column; NULL for several.';
COMMENT ON COLUMN portfolio.rule_candidate.dimension IS 'Dimension of quality.';
COMMENT ON COLUMN portfolio.rule_candidate.expression IS 'The rule.';
COMMENT ON COLUMN portfolio.rule_candidate.note IS 'Why it is a candidate.';
COMMENT ON COLUMN portfolio.rule_candidate.rank IS 'Of the candidates of one column that say what its values look like (rank not NULL) the lowest that holds is suggested.';

-- A99999 → [A-Z][0-9]{5}
CREATE FUNCTION portfolio.shape_pattern(shape text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT string_agg(CASE c WHEN 'A' THEN '[A-Z]' WHEN 'a' THEN '[a-z]' WHEN '9' THEN '[0-9]'
                         ELSE regexp_replace(c, '([^[:alnum:][:space:]])', '\\\1') END || CASE WHEN n > 1 THEN format('{%s}', n) ELSE '' END, '' ORDER BY at)
    FROM (SELECT c, min(i) AS at, count(*) AS n
            FROM (SELECT c, i, i - row_number() OVER (PARTITION BY c ORDER BY i) AS run FROM unnest(string_to_array(shape, NULL)) WITH ORDINALITY x (c, i)) r
           GROUP BY c, run) g;
END;
COMMENT ON FUNCTION portfolio.shape_pattern(text) IS 'The regular expression, without anchors, that a shape of profile() stands for: A99999 gives [A-Z][0-9]{5}. NULL for NULL.';

CREATE FUNCTION portfolio.suggest_for_column(p jsonb) RETURNS SETOF portfolio.rule_candidate
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH c AS (
    SELECT p ->> 'column' AS name, quote_ident(p ->> 'column') AS q, (p ->> 'rows')::bigint AS rows, (p ->> 'rows')::bigint - (p ->> 'nulls')::bigint AS given,
           (p ->> 'distinct')::bigint AS different, (p ->> 'exact')::boolean AS exact, coalesce((p ->> 'blank')::bigint, 0) AS blank,
           p ->> 'sensitivity' AS sensitivity, (p ->> 'shortest')::int AS shortest, (p ->> 'longest')::int AS longest, p ->> 'min' AS least, p ->> 'max' AS most,
           p ->> 'type' ~ '^(text|character)' AND p ->> 'type' !~ '\]$' AS is_text, p ->> 'type' ~ '^(date|timestamp[^\]]*)$' AS is_time,
           p ->> 'type' ~ '^(smallint|integer|bigint)$' AS is_whole, p ->> 'type' ~ '^(numeric|real|double)[^\]]*$' AS is_fraction
  ), shown AS (
    SELECT v ->> 'value' AS value, (v ->> 'count')::bigint AS n, i FROM c, jsonb_array_elements(p -> 'common') WITH ORDINALITY x (v, i)
     WHERE (v ->> 'count')::bigint >= 10 AND c.sensitivity <> 'identifying' AND length(v ->> 'value') < 60
  ), shapes AS (
    SELECT s ->> 'shape' AS shape, (s ->> 'count')::bigint AS n, i FROM jsonb_array_elements(p -> 'shapes') WITH ORDINALITY x (s, i)
     WHERE (s ->> 'count')::bigint >= 10 AND s ->> 'shape' !~ '^\s*$|\.\.\.$'
  ), best_shapes AS (
    SELECT string_agg(portfolio.shape_pattern(shape), '|' ORDER BY i) AS pattern, string_agg(shape, ', ' ORDER BY i) AS list, sum(n) AS n, count(*) AS shapes FROM (SELECT * FROM shapes ORDER BY i LIMIT 3) s
  )
  SELECT 'not_null', c.name, 'completeness', format('%s IS NOT NULL', c.q), format('missing in %s of %s records', c.rows - c.given, c.rows), NULL::int FROM c WHERE c.given > c.blank
  UNION ALL
  SELECT 'not_blank', c.name, 'completeness', format('btrim(%s) <> %L', c.q, ''), format('blank in %s records, which is not NULL', c.blank), NULL FROM c WHERE c.is_text AND c.blank > 0 AND c.blank < c.given
  UNION ALL
  SELECT 'unique', c.name, 'uniqueness', format('unique(%s)', c.q), format('about %s different values in %s records', c.different, c.given), NULL FROM c WHERE c.given >= 20 AND c.different >= 0.97 * c.given
  UNION ALL
  SELECT 'constant', c.name, 'consistency', format('%s = %L', c.q, s.value), 'it has one value only', 0
    FROM c, shown s WHERE c.different = 1 AND c.exact AND s.i = 1 AND c.given >= 20 AND btrim(s.value) <> '' AND (c.is_text OR c.is_whole OR c.is_time OR c.is_fraction)
  UNION ALL
  SELECT 'in_value_set', c.name, 'validity', format('in_value_set(%s, %L)', c.q, v.set), format('its values are codes of value set %s', v.set), 1
    FROM c CROSS JOIN LATERAL (
      SELECT k.set, sum(s.n) AS n, count(DISTINCT s.value) AS used FROM shown s JOIN portfolio.value_set_code k ON k.code = s.value
       WHERE k.version = (SELECT max(x.version) FROM portfolio.value_set x WHERE x.code = k.set) GROUP BY k.set) v
   WHERE c.is_text AND v.used >= 3 AND v.n >= 0.9 * c.given
     AND v.used * 3 >= (SELECT count(DISTINCT k.code) FROM portfolio.value_set_code k WHERE k.set = v.set)
  UNION ALL
  SELECT 'in_list', c.name, 'validity', format('%s IN (%s)', c.q, l.list), format('%s values make up %s of %s records', l.n, l.records, c.given), 3
    FROM c CROSS JOIN LATERAL (SELECT string_agg(quote_literal(s.value), ', ' ORDER BY s.i) AS list, sum(s.n) AS records, count(*) AS n FROM shown s WHERE btrim(s.value) <> '') l
   WHERE (c.is_text OR c.is_whole) AND c.exact AND l.n BETWEEN 2 AND 40 AND c.different <= 80 AND c.given >= 10 * c.different
  UNION ALL
  SELECT 'format', c.name, 'validity', format('is_%s(%s)', f.name, c.q), format('its values are read as type %s', f.name), 2
    FROM c, (VALUES ('nhs_number', '^9{10}$', NULL, 1), ('sctid', '^9{6,18}$', '(snomed|sct|concept|code)', 2), ('postcode', '^A{1,2}9[9A]? ?9AA$', NULL, 3),
                    ('icd10', '^A99', '(icd|diag|cause|disease)', 4), ('opcs4', '^A9', '(opcs|oper|proc)', 5), ('ods_code', '.', '(prac|org|prov|ods|gp|comm|code|ccg|icb|site)', 6)) f (name, shape, hint, ord)
   WHERE c.is_text AND c.given >= 20 AND c.different > 10 AND (f.hint IS NULL OR c.name ~* f.hint)
     AND (SELECT coalesce(sum(s.n), 0) FROM shapes s WHERE s.shape ~ f.shape) >= 0.9 * (c.given - c.blank)
  UNION ALL
  SELECT 'text_date', c.name, 'validity', format('%s ~ %L', c.q, d.pattern), format('text that is a date as %s', d.how), 2
    FROM c, (VALUES ('9999-99-99', '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$', 'YYYY-MM-DD'), ('99/99/9999', '^(0[1-9]|[12][0-9]|3[01])/(0[1-9]|1[0-2])/[0-9]{4}$', 'DD/MM/YYYY'),
                    ('99999999', '^(1[89]|20)[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])$', 'YYYYMMDD')) d (shape, pattern, how)
   WHERE c.is_text AND c.given >= 20 AND (SELECT coalesce(sum(s.n), 0) FROM shapes s WHERE s.shape = d.shape) >= 0.9 * (c.given - c.blank)
  UNION ALL
  SELECT 'shape', c.name, 'validity', format('%s ~ %L', c.q, format(CASE WHEN b.shapes > 1 THEN '^(%s)$' ELSE '^%s$' END, b.pattern)), format('%s of %s records have the shape %s', b.n, c.given, b.list), 4
    FROM c, best_shapes b WHERE c.is_text AND c.given >= 20 AND c.different > 10 AND b.n >= 0.9 * (c.given - c.blank) AND c.longest <= 40
  UNION ALL
  SELECT 'text_number', c.name, 'validity', format('%s ~ %L', c.q, '^-?[0-9]+(\.[0-9]+)?$'), 'text that is a number', 5
    FROM c WHERE c.is_text AND c.given >= 20 AND c.different > 10 AND (SELECT coalesce(sum(s.n), 0) FROM shapes s WHERE s.shape ~ '^-?9+(\.9+)?$') >= 0.9 * (c.given - c.blank)
  UNION ALL
  SELECT 'length', c.name, 'validity', format('length(%s) = %s', c.q, l.length), format('%s of %s records have %s characters', l.n, c.given, l.length), 6
    FROM c CROSS JOIN LATERAL (
      SELECT length, n FROM (SELECT c.shortest AS length, c.given AS n WHERE c.shortest = c.longest
                             UNION ALL SELECT length(s.shape), sum(s.n) FROM shapes s GROUP BY length(s.shape)) x ORDER BY n DESC, length LIMIT 1) l
   WHERE c.is_text AND c.given >= 20 AND c.different > 10 AND l.n >= 0.9 * (c.given - c.blank)
  UNION ALL
  SELECT 'trimmed', c.name, 'consistency', format('%1$s = btrim(%1$s)', c.q), 'a few values have blanks around them', NULL FROM c WHERE c.is_text AND c.given >= 20 AND c.different > 1
  UNION ALL
  SELECT 'upper_case', c.name, 'consistency', format('%1$s = upper(%1$s)', c.q), 'values are in capitals', 7
    FROM c WHERE c.is_text AND c.given >= 20 AND c.different > 1 AND (SELECT coalesce(sum(s.n), 0) FROM shapes s WHERE s.shape ~ 'A' AND s.shape !~ 'a') > 0
  UNION ALL
  SELECT 'range', c.name, 'validity', CASE WHEN c.is_time THEN format('%s >= %L', c.q, c.least) ELSE format('%s BETWEEN %L AND %L', c.q, c.least, c.most) END,
         format('lies between %s and %s in %s records', c.least, c.most, c.given), NULL
    FROM c WHERE (c.is_time OR c.is_whole OR c.is_fraction) AND c.sensitivity = 'none' AND c.given >= 20 AND c.different > 40 AND c.least IS NOT NULL
     AND c.least !~ '(NaN|infinity|BC)' AND c.most !~ '(NaN|infinity|BC)'
  UNION ALL
  SELECT 'not_negative', c.name, 'validity', format('%s >= 0', c.q), 'no value is negative', NULL
    FROM c WHERE (c.is_whole OR c.is_fraction) AND c.given >= 20 AND c.different > 1
  UNION ALL
  SELECT 'whole_number', c.name, 'validity', format('%1$s = trunc(%1$s)', c.q), 'no value has a fraction', NULL
    FROM c WHERE p ->> 'type' LIKE 'numeric%' AND c.given >= 20 AND c.different > 1
  UNION ALL
  SELECT 'not_in_future', c.name, 'timeliness', format('%s <= :scored_on', c.q), 'no value is later than today', NULL
    FROM c WHERE c.is_time AND c.given >= 20
  UNION ALL
  -- What people write when they do not know; and a day that stands out ten times over all others
  SELECT 'placeholder', c.name, 'accuracy', format('%s <> %L', c.q, s.value), format('%s records have %s, which may stand for not known; if so, it is a default code of the item', s.n, s.value), NULL
    FROM c JOIN shown s ON true
   WHERE c.different > 2 AND s.n <= 0.6 * c.given
     AND CASE WHEN c.is_text THEN upper(btrim(s.value)) IN ('UNKNOWN', 'NOT KNOWN', 'NOT STATED', 'N/A', 'NA', 'NK', 'NULL', 'NONE', 'NIL', 'TEST', 'DUMMY', 'TBC', 'TBD', 'XX', 'XXX', 'XXXX', '-', '--', '?', '??', '.', '&',
                                                              '999', '9999', '99999', '9999999999', '0000000000', '1900-01-01', '1800-01-01', '1801-01-01', '1970-01-01', '9999-12-31') OR btrim(s.value) ~ '^(V8199[789]|X9999[89]?|ZZ99 .*|R69X)$'
              WHEN c.is_time THEN s.value ~ '^(1800|1801|1900|1899|1970|2099|9999)-' OR (s.i = 1 AND s.n >= 0.05 * c.given AND s.n >= 10 * coalesce((SELECT x.n FROM shown x WHERE x.i = 2), 10))
              WHEN c.is_whole OR c.is_fraction THEN s.value ~ '^-?(1|99|999|9999|99999|999999)$' AND (s.value = c.most OR (s.value LIKE '-%' AND s.value = c.least)) AND c.different > 20
              ELSE false END;
END;
COMMENT ON FUNCTION portfolio.suggest_for_column(jsonb) IS 'The rules that a column''s profile, an element of profile_columns(), makes likely.';

CREATE FUNCTION portfolio.suggest_for_pairs(profiles jsonb[], max_pairs int) RETURNS SETOF portfolio.rule_candidate
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH c AS (
    SELECT quote_ident(p ->> 'column') AS q, (p ->> 'ord')::int AS ord, p ->> 'type' AS type, (p ->> 'rows')::bigint AS rows, (p ->> 'nulls')::bigint AS nulls, (p ->> 'distinct')::bigint AS different,
           p ->> 'min' AS least, p ->> 'max' AS most, (p ->> 'blank')::bigint AS blank
      FROM unnest(profiles) p
  ), pairs AS (
    SELECT a.q AS a, b.q AS b, a.type, a.nulls AS a_nulls, b.nulls AS b_nulls, a.rows, a.different AS a_different, b.different AS b_different, a.ord, b.ord AS b_ord, a.blank, a.least, b.least AS b_least, a.most, b.most AS b_most
      FROM c a JOIN c b ON a.ord <> b.ord
  )
  (SELECT 'order', NULL::text, 'consistency', format('%s <= %s', a, b), 'one comes before the other', NULL::int
     FROM pairs WHERE type IN (SELECT x.type FROM c x WHERE x.q = b) AND (type = 'date' OR type LIKE 'timestamp%') AND a_different > 1 AND b_different > 1 ORDER BY ord, b_ord LIMIT max_pairs * 10)
  UNION ALL
  (SELECT 'equal_columns', NULL, 'consistency', format('%s = %s', a, b), 'two columns hold the same', NULL
     FROM pairs WHERE ord < b_ord AND type IN (SELECT x.type FROM c x WHERE x.q = b) AND type NOT IN ('json', 'point', 'xml') AND a_different > 10 AND abs(a_different - b_different) <= 0.05 * a_different
      AND least IS NOT DISTINCT FROM b_least AND most IS NOT DISTINCT FROM b_most ORDER BY ord, b_ord LIMIT max_pairs * 10)
  UNION ALL
  (SELECT 'together', NULL, 'completeness', format('(%s IS NULL) = (%s IS NULL)', a, b), 'both are there, or neither', NULL
     FROM pairs WHERE ord < b_ord AND a_nulls > 0.02 * rows AND a_nulls < 0.98 * rows AND abs(a_nulls - b_nulls) <= 0.02 * rows ORDER BY abs(a_nulls - b_nulls), ord, b_ord LIMIT max_pairs * 10)
  UNION ALL
  (SELECT 'determines', NULL, 'consistency', format('determines(%s, %s)', a, b), 'each value of the one has one value of the other', NULL
     FROM pairs WHERE type NOT IN ('json', 'point', 'xml', 'boolean') AND (SELECT x.type FROM c x WHERE x.q = b) NOT IN ('json', 'point', 'xml') AND a_different BETWEEN 5 AND 0.3 * (rows - a_nulls)
      AND b_different BETWEEN 2 AND a_different AND b_nulls < 0.5 * rows AND type NOT LIKE 'timestamp%' AND type <> 'date' AND type NOT LIKE 'numeric%' AND type NOT LIKE 'double%'
    ORDER BY b_different DESC, ord, b_ord);
END;
COMMENT ON FUNCTION portfolio.suggest_for_pairs(jsonb[], int) IS 'The rules about two columns that their profiles, of profile_columns(), make likely.';

-- Keys of other tables beside this one that a column may refer to: numbers match many keys by chance, so they must be called alike.
CREATE FUNCTION portfolio.suggest_references(relation regclass, profiles jsonb[]) RETURNS SETOF portfolio.rule_candidate
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT 'references', p ->> 'column', 'consistency', format('references(%I, %I.%I(%I))', p ->> 'column', n.nspname, t.relname, k.attname),
         format('its values are keys of %I.%I', n.nspname, t.relname), NULL::int
    FROM unnest(profiles) p
    JOIN pg_attribute a ON a.attrelid = relation AND a.attname = p ->> 'column'
    JOIN pg_class me ON me.oid = relation
    JOIN pg_class t ON t.relnamespace = me.relnamespace AND t.relkind IN ('r', 'p') AND t.relpersistence <> 't' AND NOT t.relispartition
    JOIN pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_index x ON x.indrelid = t.oid AND x.indisunique AND x.indisvalid AND x.indnkeyatts = 1 AND x.indpred IS NULL AND x.indexprs IS NULL
    JOIN pg_attribute k ON k.attrelid = t.oid AND k.attnum = x.indkey[0] AND k.atttypid = a.atttypid
   WHERE t.oid <> relation AND (p ->> 'distinct')::bigint >= 3 AND has_table_privilege(t.oid, 'SELECT')
     AND (a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'uuid'::regtype, 'bpchar'::regtype)
          OR (a.atttypid IN ('int4'::regtype, 'int8'::regtype, 'int2'::regtype) AND (a.attname ~* t.relname::text OR (a.attname = k.attname AND a.attname !~* '^(id|no|nr|number)$'))));
END;
COMMENT ON FUNCTION portfolio.suggest_references(regclass, jsonb[]) IS 'The rules references(…) to unique keys of tables in the same schema that types and names make likely.';

CREATE FUNCTION portfolio.suggest_rules(relation regclass, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.suggested_rule
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET quote_all_identifiers = off
AS $$
DECLARE
  least numeric := coalesce((portfolio.check_options(options, '{filter,max_pairs,min_passed_pct}') ->> 'min_passed_pct')::numeric, 98);
  max_pairs int := coalesce((options ->> 'max_pairs')::int, 30);
  wanted text := coalesce(portfolio.check_expression(relation, options ->> 'filter', 'boolean'), 'true');
  profiles jsonb[] := ARRAY(SELECT p FROM portfolio.profile_columns(relation, wanted) p);
  candidates portfolio.rule_candidate[];
  c portfolio.rule_candidate;
  v portfolio.whole_set_verdict;
  definition jsonb;
  kept portfolio.suggested_rule[] := '{}';
  s portfolio.suggested_rule;
  conflicts bigint;
  tried int := 0;
  newest timestamptz;
BEGIN
  -- about rows: all at once
  candidates := ARRAY(SELECT (portfolio.suggest_for_column(p)) FROM unnest(profiles) p) || ARRAY(SELECT x FROM portfolio.suggest_for_pairs(profiles, max_pairs) x);
  kept := ARRAY(
    WITH numbered AS MATERIALIZED (
      SELECT u.* FROM unnest(candidates) WITH ORDINALITY u (kind, item, dimension, expression, note, rank, n) WHERE portfolio.rule_kind(u.expression) = 'row'
    ), counted AS MATERIALIZED (
      SELECT t.name::bigint AS n, t.passed, t.failed
        FROM portfolio.dated_rules(portfolio.make_rule_set(relation, jsonb_build_object('rules', coalesce((SELECT jsonb_agg(jsonb_build_object('code', n::text, 'expression', expression)) FROM numbered), '[]')),
                                                           '{"report_broken": true}'), scored_on => current_date) r,
             portfolio.tally_relation(relation, r, '{}', wanted) g CROSS JOIN LATERAL portfolio.tally_counts(g.tally, r) t WHERE t.level = 'rule'
    ), holding AS (
      SELECT m.*, k.passed, k.passed + k.failed AS judged, 100.0 * k.passed / (k.passed + k.failed) AS pct
        FROM numbered m JOIN counted k USING (n)
       WHERE k.passed + k.failed >= 20
         AND CASE m.kind WHEN 'placeholder' THEN k.failed >= 10
                         WHEN 'trimmed' THEN k.failed > 0 AND 100.0 * k.passed / (k.passed + k.failed) >= least
                         ELSE 100.0 * k.passed / (k.passed + k.failed) >= least END
    ), best AS (
      SELECT h.*, min(h.rank) OVER (PARTITION BY h.item) AS best_rank, row_number() OVER (PARTITION BY h.item, h.rank ORDER BY h.pct DESC, h.n) AS among
        FROM holding h
    )
    SELECT ROW (b.kind, b.item, b.dimension, b.expression, NULL, b.note, b.judged, b.passed, round(b.pct, 2))::portfolio.suggested_rule
      FROM best b
     WHERE (b.rank IS NULL OR (b.rank = b.best_rank AND b.among = 1))
       AND NOT (b.kind = 'not_blank' AND EXISTS (SELECT FROM best o WHERE o.item = b.item AND o.rank = o.best_rank AND o.kind IN ('in_list', 'in_value_set', 'format', 'shape', 'text_date', 'length')))
       -- the stronger of two: a <= b of which b <= a holds less often; none where columns are equal
       AND NOT (b.kind = 'order' AND EXISTS (SELECT FROM best o WHERE o.kind = 'order' AND o.expression = split_part(b.expression, ' <= ', 2) || ' <= ' || split_part(b.expression, ' <= ', 1) AND (o.pct > b.pct OR (o.pct = b.pct AND o.n < b.n))))
       AND NOT (b.kind = 'order' AND EXISTS (SELECT FROM best o WHERE o.kind = 'equal_columns' AND o.expression IN (split_part(b.expression, ' <= ', 1) || ' = ' || split_part(b.expression, ' <= ', 2), split_part(b.expression, ' <= ', 2) || ' = ' || split_part(b.expression, ' <= ', 1))))
     ORDER BY b.n);
  -- about the whole set: one by one, of pairs only those that a beginning of the table does not refute
  FOR c IN SELECT x.* FROM unnest(candidates || ARRAY(SELECT r FROM portfolio.suggest_references(relation, profiles) r)) x WHERE portfolio.rule_kind(x.expression) <> 'row' LOOP
    -- a column of a type that rules do not take
    CONTINUE WHEN (portfolio.expression_problem(relation, c.expression)).sql_state IS NOT NULL;
    definition := portfolio.whole_set_definition(relation, c.expression);
    IF c.kind = 'determines' THEN
      CONTINUE WHEN tried >= max_pairs;
      EXECUTE format('SELECT count(*) FROM (SELECT a FROM (SELECT (%s) AS a, (%s) AS b FROM %s AS pf_row WHERE (%s) LIMIT 5000) s WHERE a IS NOT NULL AND b IS NOT NULL GROUP BY a HAVING count(DISTINCT b) > 1 LIMIT 100) g',
                     definition -> 'keys' -> 0 ->> 'sql', definition -> 'value' -> 0 ->> 'sql', relation, wanted) INTO conflicts;
      CONTINUE WHEN conflicts > 20;
      tried := tried + 1;
    END IF;
    s := NULL;
    s.evidence := portfolio.whole_set_proof(relation, definition);
    IF s.evidence IS NULL THEN
      v := portfolio.count_whole_set(definition, portfolio.whole_set_sql(relation, definition, wanted, '''{}''::jsonb'));
      s.judged := v.passed + v.failed;
      -- of conflicting rows the majority is right
      s.passed := CASE c.kind WHEN 'determines' THEN s.judged - (v.measures ->> 'minority_rows')::bigint WHEN 'unique' THEN s.judged - (v.measures ->> 'surplus_rows')::bigint ELSE v.passed END;
      s.passed_pct := round(100.0 * s.passed / nullif(s.judged, 0), 2);
      CONTINUE WHEN s.judged < 20 OR s.passed_pct < least;
      -- where nearly all rows have one value anything determines it: a tenth of what guessing that value gets wrong is the most
      CONTINUE WHEN c.kind = 'determines' AND s.judged - s.passed > 0.1 * (
        SELECT (p ->> 'rows')::bigint - (p ->> 'nulls')::bigint - coalesce((p #>> '{common,0,count}')::bigint, 0) FROM unnest(profiles) p WHERE p ->> 'column' = definition -> 'value' -> 0 ->> 'column');
      s.evidence := c.note || CASE WHEN s.passed < s.judged THEN format(', but for %s records', s.judged - s.passed) ELSE '' END;
    END IF;
    s.kind := c.kind;
    s.item := c.item;
    s.dimension := c.dimension;
    s.expression := c.expression;
    kept := kept || s;
  END LOOP;
  -- how much, and how new
  IF (profiles[1] ->> 'rows')::bigint >= 100 THEN
    kept := kept || ROW ('rows', NULL, 'completeness', format('rows(%s)', floor(0.8 * (profiles[1] ->> 'rows')::bigint)), NULL, format('there are %s records', profiles[1] ->> 'rows'), 1, 1, 100)::portfolio.suggested_rule;
  END IF;
  FOR c IN SELECT 'fresh', p ->> 'column', 'timeliness', p ->> 'max', NULL, NULL::int FROM unnest(profiles) p
            WHERE (p ->> 'type' = 'date' OR p ->> 'type' LIKE 'timestamp%') AND p ->> 'sensitivity' = 'none' AND p ->> 'max' !~ '(infinity|BC)' ORDER BY (p ->> 'max') DESC LOOP
    newest := c.expression::timestamptz;
    IF newest BETWEEN now() - interval '60 days' AND now() THEN
      kept := kept || ROW ('fresh', c.item, 'timeliness', format('fresh(%I, %L)', c.item, greatest(7, 2 * (current_date - newest::date)) || ' days'), NULL,
                           format('the newest is of %s', newest::date), 1, 1, 100)::portfolio.suggested_rule;
      EXIT;
    END IF;
  END LOOP;
  RETURN QUERY
    SELECT k.kind, k.item, k.dimension, k.expression,
           CASE WHEN count(*) OVER w > 1 THEN format('%s (%s)', d.code, row_number() OVER w) ELSE d.code END, k.evidence || CASE WHEN k.judged > k.passed AND portfolio.rule_kind(k.expression) = 'row' AND k.kind <> 'placeholder' THEN format('; %s records fail', k.judged - k.passed) ELSE '' END,
           k.judged, k.passed, k.passed_pct
      FROM unnest(kept) WITH ORDINALITY AS k (kind, item, dimension, expression, code, evidence, judged, passed, passed_pct, n)
     CROSS JOIN LATERAL (SELECT concat_ws(' ', k.item, replace(k.kind, '_', ' ')) AS code) d
    WINDOW w AS (PARTITION BY d.code ORDER BY k.n ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
     ORDER BY k.n;
END
$$;
COMMENT ON FUNCTION portfolio.suggest_rules(regclass, jsonb) IS
  'Rules that the data of a relation suggests, each with its expression, ready for add_rule(), and the evidence: 25 kinds, from a profile of each column, pairs of columns and keys of tables in the same schema. A suggestion holds for at least min_passed_pct of the records it judges; those that fail it are the likely errors (a placeholder is suggested for the records that have it). It reads with the caller''s rights and row security and writes nothing. Options: filter (look at these rows only), min_passed_pct (default 98), max_pairs (how many functional dependencies are tried, default 30).';
