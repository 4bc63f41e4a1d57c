-- What is in a relation, column by column, before anybody writes a rule: one scan, bounded memory.
CREATE FUNCTION portfolio.profile_values_add(internal, "any") RETURNS internal
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_profile_values_add';
COMMENT ON FUNCTION portfolio.profile_values_add(internal, "any") IS 'Transition function of profile_values(any).';
CREATE FUNCTION portfolio.profile_values_final(internal) RETURNS jsonb
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_profile_values_final';
COMMENT ON FUNCTION portfolio.profile_values_final(internal) IS 'Final function of profile_values(any).';
CREATE AGGREGATE portfolio.profile_values("any") (
  SFUNC = portfolio.profile_values_add, STYPE = internal, SSPACE = 131072, FINALFUNC = portfolio.profile_values_final, PARALLEL = SAFE
);
COMMENT ON AGGREGATE portfolio.profile_values("any") IS
  'What values look like, as JSON: rows, nulls, distinct (exact up to 512 different values, else HyperLogLog, error about 2 percent), exact, min, max, the up to 100 commonest values with counts (exact when exact; otherwise at least so many), shapes (A capital, a other letter, 9 digit) with counts, other_shapes, shortest, longest and characters (lengths in characters), blank (nothing but blanks). Values are not masked. At most some 130 kB of memory.';

CREATE FUNCTION portfolio.profile_columns(relation regclass, wanted text) RETURNS SETOF jsonb
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET intervalstyle = 'postgres'
SET quote_all_identifiers = off
AS $$
DECLARE
  columns text := (SELECT string_agg(format('portfolio.profile_values(pf_row.%I)', a.attname), ', ' ORDER BY a.attnum)
                     FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
                      AND has_column_privilege(relation, a.attnum, 'SELECT'));
  profiles jsonb[];
BEGIN
  IF columns IS NULL THEN
    RETURN;
  END IF;
  EXECUTE format('SELECT ARRAY[%s] FROM %s AS pf_row WHERE (%s)', columns, relation, wanted) INTO profiles;
  RETURN QUERY
    SELECT profiles[c.n] || jsonb_build_object('ord', c.attnum, 'column', c.attname, 'type', format_type(c.atttypid, c.atttypmod), 'sensitivity',
             coalesce((SELECT i.sensitivity FROM portfolio.data_item i JOIN portfolio.data_set d ON d.id = i.data_set
                        WHERE d.relation_name = r.relname AND d.schema_name = r.nspname AND i.column_name = c.attname
                        ORDER BY array_position('{identifying,special,none}', i.sensitivity) LIMIT 1),
                      portfolio.guess_sensitivity(c.attname)))
      FROM (SELECT a.*, row_number() OVER (ORDER BY a.attnum) AS n FROM pg_attribute a
             WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(relation, a.attnum, 'SELECT')) c,
           (SELECT t.relname, s.nspname FROM pg_class t JOIN pg_namespace s ON s.oid = t.relnamespace WHERE t.oid = relation) r
     ORDER BY c.n;
END
$$;
COMMENT ON FUNCTION portfolio.profile_columns(regclass, text) IS
  'The profile_values() of every column of a relation that the caller may read, over the rows wanted, with ord, column, type and sensitivity (as items of data sets on the relation say, the strictest; else guessed from the name). Dates are written as ISO 8601 has them. Not masked: profile() is.';

CREATE TYPE portfolio.column_profile AS (
  column_name     text,
  type            text,
  sensitivity     text,
  records         bigint,
  missing         bigint,
  missing_pct     numeric,
  blank           bigint,
  distinct_values bigint,
  distinct_exact  boolean,
  min_value       text,
  max_value       text,
  shortest        int,
  longest         int,
  mean_length     numeric,
  common_values   jsonb,
  shapes          jsonb
);
COMMENT ON TYPE portfolio.column_profile IS 'A row of profile(): what a column looks like.';
COMMENT ON COLUMN portfolio.column_profile.column_name IS 'The column.';
COMMENT ON COLUMN portfolio.column_profile.type IS 'Its type.';
COMMENT ON COLUMN portfolio.column_profile.sensitivity IS 'none, identifying or special: as the items of data sets on this relation say, else guessed from the name.';
COMMENT ON COLUMN portfolio.column_profile.records IS 'Rows that were looked at.';
COMMENT ON COLUMN portfolio.column_profile.missing IS 'Rows in which it is NULL.';
COMMENT ON COLUMN portfolio.column_profile.missing_pct IS '100 * missing / records, to one decimal; NULL when there are no records.';
COMMENT ON COLUMN portfolio.column_profile.blank IS 'Rows in which it is empty or nothing but blanks, and not NULL.';
COMMENT ON COLUMN portfolio.column_profile.distinct_values IS 'Different values; NULL is none.';
COMMENT ON COLUMN portfolio.column_profile.distinct_exact IS 'True when distinct_values and the counts of common_values are exact; false when HyperLogLog estimated (about 2 percent off) and counts of common values are at least so many.';
COMMENT ON COLUMN portfolio.column_profile.min_value IS 'The least value in the order of the type; NULL for identifying and special columns, as it is the value of one record.';
COMMENT ON COLUMN portfolio.column_profile.max_value IS 'The greatest value; NULL for identifying and special columns.';
COMMENT ON COLUMN portfolio.column_profile.shortest IS 'Length of the shortest value in characters of its text.';
COMMENT ON COLUMN portfolio.column_profile.longest IS 'Length of the longest value in characters of its text.';
COMMENT ON COLUMN portfolio.column_profile.mean_length IS 'Mean length in characters, to one decimal.';
COMMENT ON COLUMN portfolio.column_profile.common_values IS 'Array of {"value", "count"}, most first; only values that at least 10 records share; of identifying columns masked.';
COMMENT ON COLUMN portfolio.column_profile.shapes IS 'Array of {"shape", "count"}, most first: A for a capital letter, a for another letter, 9 for a digit, the rest as it is; only shapes that at least 10 records share.';

CREATE FUNCTION portfolio.profile(relation regclass, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.column_profile
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  shown int := coalesce((portfolio.check_options(options, '{filter,max_values}') ->> 'max_values')::int, 5);
  wanted text := coalesce(portfolio.check_expression(relation, options ->> 'filter', 'boolean'), 'true');
BEGIN
  RETURN QUERY
    SELECT p ->> 'column', p ->> 'type', p ->> 'sensitivity', (p ->> 'rows')::bigint, (p ->> 'nulls')::bigint,
           round(100 * (p ->> 'nulls')::numeric / nullif((p ->> 'rows')::numeric, 0), 1), (p ->> 'blank')::bigint,
           (p ->> 'distinct')::bigint, (p ->> 'exact')::boolean,
           CASE WHEN p ->> 'sensitivity' = 'none' THEN p ->> 'min' END, CASE WHEN p ->> 'sensitivity' = 'none' THEN p ->> 'max' END,
           (p ->> 'shortest')::int, (p ->> 'longest')::int,
           round((p ->> 'characters')::numeric / nullif((p ->> 'rows')::numeric - (p ->> 'nulls')::numeric, 0), 1),
           (SELECT coalesce(jsonb_agg(CASE WHEN p ->> 'sensitivity' = 'identifying' THEN jsonb_build_object('value', portfolio.mask_value(v ->> 'value'), 'count', v -> 'count') ELSE v END ORDER BY n), '[]')
              FROM jsonb_array_elements(p -> 'common') WITH ORDINALITY x (v, n) WHERE n <= shown AND (v ->> 'count')::bigint >= 10),
           (SELECT coalesce(jsonb_agg(v ORDER BY n), '[]') FROM jsonb_array_elements(p -> 'shapes') WITH ORDINALITY x (v, n) WHERE n <= shown AND (v ->> 'count')::bigint >= 10)
      FROM portfolio.profile_columns(relation, wanted) p;
END
$$;
COMMENT ON FUNCTION portfolio.profile(regclass, jsonb) IS
  'What each column of a relation that the caller may read looks like, a row a column, from one scan with his rights and row security: nulls, blanks, different values, ends, lengths, common values and shapes. Nothing is stored. Options: filter (a boolean expression: look at these rows only), max_values (how many common values and shapes, default 5, at most 100).';
