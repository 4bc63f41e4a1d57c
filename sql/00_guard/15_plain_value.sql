-- Values of other people's tables: a cast of a user's type to text or json is that user's function, and whoever casts runs it.
CREATE FUNCTION portfolio.plain_text(value "any") RETURNS text
LANGUAGE c STABLE PARALLEL SAFE STRICT AS 'MODULE_PATHNAME', 'pf_plain_text';
COMMENT ON FUNCTION portfolio.plain_text("any") IS
  'The text of a value as a cast to text gives it, but never by a cast that somebody made for a type of his own: of those types it is what their output function writes. Whoever looks at somebody else''s table runs no code of his with it. NULL for NULL.';
CREATE FUNCTION portfolio.plain_json(value "any") RETURNS jsonb
LANGUAGE c STABLE PARALLEL SAFE STRICT AS 'MODULE_PATHNAME', 'pf_plain_json';
COMMENT ON FUNCTION portfolio.plain_json("any") IS
  'to_jsonb() of a value whose type, down to its elements, is of pg_catalog or of pg_portfolio; of any other type a string of plain_text(), since to_jsonb() would call its owner''s cast. NULL for NULL.';

CREATE FUNCTION portfolio.plain_columns(relation regclass) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT coalesce(string_agg(format('portfolio.plain_json(%1$I) AS %1$I', a.attname), ', ' ORDER BY a.attnum), '')
    FROM pg_attribute a WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped;
END;
COMMENT ON FUNCTION portfolio.plain_columns(regclass) IS
  'The columns of a relation, each as plain_json(), as a list for SELECT: to_jsonb() of such a row is that of the relation''s own, and calls nobody''s casts. NULL for NULL.';
