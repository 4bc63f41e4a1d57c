-- What happened to an element, column by column.
CREATE TYPE portfolio.element_change AS (
  change bigint, at timestamptz, by name, reason text, table_name name, about text, operation text,
  column_name text, old_value text, new_value text
);
COMMENT ON TYPE portfolio.element_change IS
  'A row of element_history(): the journal entry, when, who and why, the table, which relationship, property or alias it is about (NULL for the element itself), the operation, and the column with its value before and after.';
COMMENT ON COLUMN portfolio.element_change.change IS 'The journal entry, a row of change.';
COMMENT ON COLUMN portfolio.element_change.at IS 'Start of the transaction that made the change.';
COMMENT ON COLUMN portfolio.element_change.by IS 'Role in whose name it was made.';
COMMENT ON COLUMN portfolio.element_change.reason IS 'pg_portfolio.reason of that transaction; NULL when none was given.';
COMMENT ON COLUMN portfolio.element_change.table_name IS 'Table of this schema that was changed.';
COMMENT ON COLUMN portfolio.element_change.about IS 'Which relationship, property or alias; NULL for the element itself.';
COMMENT ON COLUMN portfolio.element_change.operation IS 'INSERT, UPDATE or DELETE.';
COMMENT ON COLUMN portfolio.element_change.column_name IS 'Column that was touched.';
COMMENT ON COLUMN portfolio.element_change.old_value IS 'Its value before as text; NULL for INSERT.';
COMMENT ON COLUMN portfolio.element_change.new_value IS 'Its value after as text; NULL for DELETE.';

CREATE FUNCTION portfolio.element_history(element text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.element_change
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  WITH wanted AS MATERIALIZED (  -- the planner would evaluate element_ref() to estimate
    SELECT coalesce(
      portfolio.element_id(split_part($1, ':', 1), substr($1, strpos($1, ':') + 1)),
      (SELECT c.element FROM portfolio.change c
        WHERE c.operation = 'DELETE' AND c.old ->> 'kind' = split_part($1, ':', 1)
          AND c.old ->> 'code' = substr($1, strpos($1, ':') + 1)
          AND c.table_name NOT IN ('relationship', 'element_property', 'element_alias')
        ORDER BY c.id DESC LIMIT 1),
      portfolio.element_ref($1)) AS id
     WHERE portfolio.check_options($2, '{}') IS NOT NULL
  ), entry AS (
    SELECT c.*, coalesce(c.new, c.old) AS r FROM portfolio.change c, wanted w
     WHERE c.element = w.id
        OR (c.table_name = 'relationship' AND (coalesce(c.new, c.old) ->> 'target')::bigint = w.id)
  )
  SELECT e.id, e.at, e.by, e.reason, e.table_name,
         CASE e.table_name
           WHEN 'relationship' THEN format('%s %s %s', coalesce(portfolio.element_label((e.r ->> 'source')::bigint), '#' || (e.r ->> 'source')),
                                           e.r ->> 'kind', coalesce(portfolio.element_label((e.r ->> 'target')::bigint), '#' || (e.r ->> 'target')))
           WHEN 'element_property' THEN e.r ->> 'key'
           WHEN 'element_alias' THEN e.r ->> 'scheme'
         END,
         e.operation, k.column_name, e.old ->> k.column_name, e.new ->> k.column_name
    FROM entry e, LATERAL jsonb_object_keys(e.r) k (column_name)
   WHERE (e.old ->> k.column_name) IS DISTINCT FROM (e.new ->> k.column_name)
     AND k.column_name NOT IN ('id', 'kind', 'element', 'source_type', 'target_type', 'archimate_type')
   ORDER BY e.id, k.column_name;
END;
COMMENT ON FUNCTION portfolio.element_history(text, jsonb) IS
  'What happened to an element, its properties, aliases and relationships: one row for each column that a change touched, oldest first. Also tells of deleted elements when given as kind:code. Example: SELECT at, by, reason, column_name, old_value, new_value FROM portfolio.element_history(''service:EPS'');';
