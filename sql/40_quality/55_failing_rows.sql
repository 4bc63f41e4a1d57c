-- Seeing what fails: every reason of a row as a column, and the keys of failing rows.
CREATE FUNCTION portfolio.failed_rules(data_set text, "row" record) RETURNS text[]
LANGUAGE c STABLE PARALLEL UNSAFE STRICT AS 'MODULE_PATHNAME', 'pf_failed_rules_of';
COMMENT ON FUNCTION portfolio.failed_rules(text, record) IS
  'The codes of the rules of a data set that a row fails, by code; empty when it fails none. SELECT e.*, portfolio.failed_rules(''MY-SET'', e) FROM episode e. The rules are read once a query. NULL when the row is NULL.';

CREATE FUNCTION portfolio.mask_value(value text) RETURNS text
LANGUAGE c STABLE PARALLEL RESTRICTED STRICT AS 'MODULE_PATHNAME', 'pf_mask_value';
COMMENT ON FUNCTION portfolio.mask_value(text) IS
  'A token in place of a value: * and 16 hexadecimal digits of a hash, keyed with a secret that is drawn anew in each session and never shown. Equal values give equal tokens within a session, and nothing can be told from a token later or elsewhere. NULL for NULL.';

CREATE FUNCTION portfolio.log_access(action text, data_set bigint, detail jsonb) RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE STRICT AS 'MODULE_PATHNAME', 'pf_log_access';
COMMENT ON FUNCTION portfolio.log_access(text, bigint, jsonb) IS
  'Writes an entry of access_log for the caller, as the engine. EXECUTE on this function is the privilege to see identifying values (failing_rows(… identify => true)); no profile has it: grant it by name.';

CREATE TYPE portfolio.failing_row AS (
  row_key  jsonb,
  provider text,
  period   text,
  rules    text[],
  items    text[]
);
COMMENT ON TYPE portfolio.failing_row IS 'A row of failing_rows(): where it is and what it fails.';
COMMENT ON COLUMN portfolio.failing_row.row_key IS 'Object of the columns of the row key; values of identifying and special items are masked unless identify was asked for.';
COMMENT ON COLUMN portfolio.failing_row.provider IS 'The provider; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.failing_row.period IS 'The period; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.failing_row.rules IS 'Codes of all rules that it fails.';
COMMENT ON COLUMN portfolio.failing_row.items IS 'Items that these rules judge.';

-- The columns of the row key as one jsonb expression over alias pf_row.
CREATE FUNCTION portfolio.row_key_expression(d portfolio.data_set, identify boolean) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce('jsonb_build_object(' || string_agg(
           CASE WHEN identify OR coalesce(i.sensitivity, portfolio.guess_sensitivity(k.name)) = 'none' THEN format('%L, portfolio.plain_json(pf_row.%I)', k.name, k.name)
                ELSE format('%L, portfolio.mask_value(portfolio.plain_text(pf_row.%I))', k.name, k.name) END, ', ' ORDER BY k.ord) || ')', '''{}''::jsonb')
    FROM unnest(d.row_key) WITH ORDINALITY AS k (name, ord)
    LEFT JOIN portfolio.data_item i ON i.data_set = d.id AND i.column_name = k.name;
END;
COMMENT ON FUNCTION portfolio.row_key_expression(portfolio.data_set, boolean) IS
  'The row key of a data set as a jsonb expression over alias pf_row, masked where an item is identifying or special, or its name says so.';

CREATE FUNCTION portfolio.check_max_rows(max_rows bigint) RETURNS void
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF max_rows < 0 THEN
    RAISE EXCEPTION 'max_rows must be 0 or more' USING ERRCODE = 'invalid_parameter_value', HINT = 'NULL, the default, gives all rows.';
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.check_max_rows(bigint) IS 'Raises 22023 for a limit below 0. Part of failing_rows() and whole_set_failures().';

CREATE FUNCTION portfolio.failing_rows(data_set text, rule text DEFAULT NULL, provider text DEFAULT NULL, period text DEFAULT NULL,
                                       identify boolean DEFAULT false, max_rows bigint DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.failing_row
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  relation regclass := portfolio.data_set_relation(data_set);
  rules portfolio.rule_set := portfolio.rule_set(data_set);
  days daterange;
  state text;
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  PERFORM portfolio.check_max_rows(max_rows);
  SELECT r.during INTO days FROM portfolio.reporting_period r WHERE r.code = period;
  rules := portfolio.dated_rules(rules, lower(days), upper(days) - 1, current_date);
  IF rule IS NOT NULL AND NOT EXISTS (SELECT FROM portfolio.rule_set_rules(rules) r WHERE r.code = rule) THEN
    IF EXISTS (SELECT FROM portfolio.current_rule c WHERE c.data_set = d.id AND c.code = rule AND c.kind <> 'row' AND c.status <> 'retired') THEN
      RAISE EXCEPTION 'rule "%" of data set "%" is a rule about the whole set', rule, data_set
        USING ERRCODE = 'wrong_object_type', HINT = format('SELECT * FROM portfolio.whole_set_failures(%L, %L) has what fails it.', data_set, rule);
    END IF;
    RAISE EXCEPTION 'rule "%" is not in force in data set "%"', rule, data_set
      USING ERRCODE = 'undefined_object',
            HINT = format('SELECT code, status FROM portfolio.current_rule WHERE data_set_code = %L lists the rules.', data_set);
  END IF;
  IF identify THEN
    PERFORM portfolio.log_access('failing_rows', d.id, jsonb_strip_nulls(jsonb_build_object('rule', rule, 'provider', provider, 'period', period, 'max_rows', max_rows)));
  END IF;
  BEGIN
    RETURN QUERY EXECUTE format($sql$
      SELECT f.row_key, f.provider, f.period, f.rules,
             ARRAY(SELECT DISTINCT r.item FROM portfolio.rule_set_rules($1) r JOIN portfolio.data_item i ON i.data_set = $6 AND i.name = r.item
                    WHERE r.code = ANY (f.rules) ORDER BY r.item)
        FROM (SELECT %1$s AS row_key, (%2$s)::text AS provider, (%3$s)::text AS period, portfolio.failed_rules($1, pf_row) AS rules
                FROM %4$s AS pf_row WHERE (%5$s) OFFSET 0) AS f
       WHERE f.rules <> '{}' AND ($2 IS NULL OR $2 = ANY (f.rules)) AND ($3 IS NULL OR f.provider = $3) AND ($4 IS NULL OR f.period = $4)
       LIMIT $5$sql$,
      portfolio.row_key_expression(d, identify), coalesce(portfolio.check_expression(relation, d.provider, 'text'), 'NULL'),
      coalesce(portfolio.check_expression(relation, d.period, 'text'), 'NULL'), relation,
      coalesce(portfolio.check_expression(relation, d.filter, 'boolean'), 'true'))
      USING rules, rule, provider, period, max_rows, d.id;
  EXCEPTION WHEN data_exception THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
    PERFORM portfolio.raise_on_a_row(data_set, state);
  END;
END
$$;
COMMENT ON FUNCTION portfolio.failing_rows(text, text, text, text, boolean, bigint, jsonb) IS
  'The rows of a data set that fail a rule (NULL: any), of a provider and a period (NULL: all), with every rule that they fail. Where rules use :period_start or :period_end, name the period. It reads the relation with the caller''s own rights and row security. Of a row it shows the key only; values of identifying and special items are masked with mask_value(). identify => true shows them: it needs EXECUTE on log_access(), and writes access_log before it reads. No options yet.';
