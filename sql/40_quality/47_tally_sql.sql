-- The plain SQL behind a number.
CREATE FUNCTION portfolio.tally_sql(data_set text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  relation regclass := portfolio.data_set_relation(data_set);
  wanted text := portfolio.check_expression(relation, d.filter, 'boolean');
  statement text := portfolio.rule_set_sql(portfolio.rule_set(data_set), relation);
  source text := format(E'\n        FROM %I.%I) AS r,\n', d.schema_name, d.relation_name);
  at int := strpos(statement, source);
BEGIN
  IF wanted IS NULL THEN
    RETURN statement;
  END IF;
  RETURN overlay(statement PLACING format(E'\n        FROM %I.%I WHERE %s) AS r,\n', d.schema_name, d.relation_name, wanted) FROM at FOR length(source));
END
$$;
COMMENT ON FUNCTION portfolio.tally_sql(text) IS
  'The plain SELECT, without the engine, that gives the counts of every rule in force of a data set over all its rows: to check a number by hand. A rule that raises an error stops it.';
