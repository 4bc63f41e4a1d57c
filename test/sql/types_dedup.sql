-- A btree stores each value once and not once a row: every type by value deduplicates.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
SET search_path = "$user", public, portfolio;
-- a hundred values of each type out of whatever it takes, two hundred rows a value
CREATE TABLE types_dedup_text AS
  SELECT lpad(i::text, 10, '0') AS v FROM generate_series(1010100000, 1010109999) i
  UNION ALL SELECT '99900' || lpad(i::text, 5, '0') FROM generate_series(1, 9999) i
  UNION ALL SELECT i::text FROM generate_series(22298000, 22308000) i
  UNION ALL SELECT 'LS' || 1 + i % 9 || ' ' || i / 10 || 'A' || chr(64 + i % 2) FROM generate_series(1, 99) i
  UNION ALL SELECT 'LS' || 1 + i % 50 || ' ' || i % 10 || 'AP' FROM generate_series(1, 500) i
  UNION ALL SELECT chr(72 + i / 100) || lpad((i % 100)::text, 2, '0') || '.' || i % 10 FROM generate_series(1, 300) i
  UNION ALL SELECT unnest('{Red,Amber,Green,Amber/Red,Amber/Green}'::text[]) || unnest('{""," (3)"," (5)","",""}'::text[])
  UNION ALL SELECT format('CVSS:3.1/AV:%s/AC:%s/PR:%s/UI:%s/S:%s/C:%s/I:%s/A:%s', av, ac, pr, ui, s, c, c, c)
    FROM unnest('{N,A,L,P}'::text[]) av, unnest('{L,H}'::text[]) ac, unnest('{N,L,H}'::text[]) pr, unnest('{N,R}'::text[]) ui, unnest('{U,C}'::text[]) s, unnest('{H,L,N}'::text[]) c;
CREATE FUNCTION types_dedup_ratio(type text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE ratio numeric;
BEGIN
  EXECUTE format('CREATE TABLE types_dedup AS SELECT v::%1$s AS c FROM (SELECT DISTINCT try_%1$s(v)::text AS v FROM types_dedup_text ORDER BY v LIMIT 100) x, generate_series(1, 200) WHERE v IS NOT NULL', type);
  CREATE INDEX types_dedup_on ON types_dedup (c);
  CREATE INDEX types_dedup_off ON types_dedup (c) WITH (deduplicate_items = off);
  ratio := pg_relation_size('types_dedup_off')::numeric / pg_relation_size('types_dedup_on');
  DROP TABLE types_dedup;
  RETURN ratio;
END $$;
SELECT count(*) >= 8 AS many, string_agg(typname, ' ') FILTER (WHERE (types_dedup_ratio(typname) > 1.5) IS NOT TRUE) AS do_not_deduplicate
  FROM pg_type t WHERE t.typnamespace = 'portfolio'::regnamespace AND t.typbyval AND to_regproc(format('portfolio.is_%s', t.typname)) IS NOT NULL;
DROP TABLE types_dedup_text;
DROP FUNCTION types_dedup_ratio;
