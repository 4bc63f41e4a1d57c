-- A btree stores each value once and not once a row: every type by value deduplicates.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
SET search_path = "$user", public, portfolio;
CREATE TABLE types_dedup AS
  SELECT ('A' || lpad((i % 100)::text, 5, '0'))::ods_code AS ods_code, ('LS' || 1 + i % 9 || ' ' || i % 10 || 'AP')::postcode AS postcode,
         ('I' || lpad((i % 100)::text, 2, '0'))::icd10 AS icd10, ('W' || lpad((i % 100)::text, 3, '0'))::opcs4 AS opcs4
    FROM generate_series(1, 20000) i;
CREATE FUNCTION types_dedup_ratio(type text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE ratio numeric;
BEGIN
  EXECUTE format('CREATE INDEX types_dedup_on ON types_dedup (%I)', type);
  EXECUTE format('CREATE INDEX types_dedup_off ON types_dedup (%I) WITH (deduplicate_items = off)', type);
  ratio := pg_relation_size('types_dedup_off')::numeric / pg_relation_size('types_dedup_on');
  DROP INDEX types_dedup_on, types_dedup_off;
  RETURN ratio;
END $$;
SELECT a.attname AS type, types_dedup_ratio(a.attname) > 2.5 AS deduplicates
  FROM pg_attribute a WHERE a.attrelid = 'types_dedup'::regclass AND a.attnum > 0 ORDER BY a.attnum;
DROP TABLE types_dedup;
DROP FUNCTION types_dedup_ratio;
