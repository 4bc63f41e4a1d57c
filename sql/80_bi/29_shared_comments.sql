-- Columns that mean the same everywhere
DO $$
DECLARE
  c record;
BEGIN
  FOR c IN
    SELECT a.attrelid::regclass AS view, a.attname AS col, m.meaning
      FROM pg_attribute a JOIN pg_class v ON v.oid = a.attrelid AND v.relnamespace = 'portfolio_bi'::regnamespace AND v.relkind = 'v'
      JOIN (VALUES ('code', 'Short code, unique in the view.'),
                   ('name', 'Name that people use.'),
                   ('description', 'What it is, in a sentence or more.'),
                   ('owner_kind', 'Kind of the element that answers for it: organisation, team and so on.'),
                   ('owner_code', 'Code of the element that answers for it; NULL when nobody does yet.'),
                   ('owner_name', 'Name of the element that answers for it; NULL when nobody does yet.'),
                   ('valid_from', 'First day on which it exists; NULL when open.'),
                   ('ends_on', 'Last day on which it exists, inclusive; NULL when open.'),
                   ('is_current', 'Whether it exists on the day shown: pg_portfolio.as_of, or today.'),
                   ('source', 'Where the row comes from: a document, a file; NULL when entered by hand.')) m (col, meaning) ON m.col = a.attname
     WHERE col_description(a.attrelid, a.attnum) IS NULL
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', c.view, c.col, c.meaning);
  END LOOP;
END
$$;
