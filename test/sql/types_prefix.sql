-- Search by prefix: x ^@ 'LS1' and starts_with(x, 'LS1') are a range of a btree, for constants, parameters and joins.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
SET search_path = "$user", public, portfolio;
SET enable_seqscan = off;
SET enable_bitmapscan = off;
SET enable_indexonlyscan = off;
SET jit = off;

CREATE TABLE types_prefix_org (c ods_code, t text COLLATE "C");
INSERT INTO types_prefix_org
  SELECT v::ods_code, upper(v) FROM (SELECT translate(substr(md5(i::text), 1, 3 + i % 6), '01234567', 'zyxwvu01') FROM generate_series(1, 20000) i) x (v);
INSERT INTO types_prefix_org SELECT v::ods_code, v FROM unnest('{RH8,RH80,RH802,RH8ZZZZZ,RH9,RGZ,RGZZZZZZ,ZZZ,ZZZZZZZZ,000,00000000}'::text[]) v;
INSERT INTO types_prefix_org VALUES (NULL, NULL);
CREATE INDEX types_prefix_org_c ON types_prefix_org (c);
ANALYZE types_prefix_org;

-- The plan, by operator and by function
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_org WHERE c ^@ 'rh8';
SELECT c FROM types_prefix_org WHERE c ^@ 'rh8' ORDER BY c;
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_org WHERE starts_with(c, 'ZZ');
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_org WHERE c ^@ 'RH9' ORDER BY c DESC;
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_org WHERE NOT c ^@ 'RH9' AND c = 'RH9';

-- A prefix that nothing begins with, or everything
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_org WHERE c ^@ 'RH8000000';
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_org WHERE c ^@ '';
SELECT p, (SELECT count(*) FROM types_prefix_org WHERE c ^@ p) AS rows
  FROM unnest(ARRAY['', 'RH8ZZZZZ', 'RH8ZZZZZZ', 'RH8 ', '&', 'é', '~', E'\x01', NULL]) p;
SELECT count(*) FROM types_prefix_org WHERE c ^@ NULL;

-- Parameters and joins, which core's prefix search leaves to a filter
SET plan_cache_mode = force_generic_plan;
PREPARE types_prefix_find (text) AS SELECT c FROM types_prefix_org WHERE c ^@ $1 ORDER BY c;
EXPLAIN (COSTS OFF) EXECUTE types_prefix_find('rh8');
EXECUTE types_prefix_find('rh8');
EXECUTE types_prefix_find('rh8000000');
EXECUTE types_prefix_find(NULL);
DEALLOCATE types_prefix_find;
RESET plan_cache_mode;
CREATE TABLE types_prefix_wanted (p text);
INSERT INTO types_prefix_wanted VALUES ('RH8'), ('rgz'), ('zzz'), ('QQQQQQQ'), (NULL);
EXPLAIN (COSTS OFF) SELECT p, c FROM types_prefix_wanted JOIN types_prefix_org ON c ^@ p;
SELECT p, c FROM types_prefix_wanted JOIN types_prefix_org ON c ^@ p ORDER BY p, c;
EXPLAIN (COSTS OFF) SELECT a.c FROM types_prefix_org a JOIN types_prefix_org b ON a.c ^@ b.c::text WHERE b.c = 'RH8';

-- Index and filter agree with text on every prefix of every length
SELECT count(*) AS prefixes, count(*) FILTER (WHERE by_index IS DISTINCT FROM by_text) AS index_differs, count(*) FILTER (WHERE by_filter IS DISTINCT FROM by_text) AS filter_differs
  FROM (SELECT p, (SELECT count(*) FROM types_prefix_org WHERE c ^@ p) AS by_index,
               (SELECT count(*) FROM types_prefix_org WHERE t ^@ p) AS by_text,
               (SELECT count(*) FROM types_prefix_org WHERE starts_with(c, p) IS TRUE OR c IS NULL AND starts_with(c, p)) AS by_filter
          FROM (SELECT DISTINCT left(t, n) AS p FROM types_prefix_org CROSS JOIN generate_series(0, 8) n WHERE hashtext(t) % 500 = 0) x) y;

-- Other indexes: descending, in a second column, BRIN; a domain; a partial index
CREATE INDEX types_prefix_org_desc ON types_prefix_org (c DESC);
DROP INDEX types_prefix_org_c;
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_org WHERE c ^@ 'RH8';
SELECT count(*) FROM types_prefix_org WHERE c ^@ 'RH8';
DROP INDEX types_prefix_org_desc;
CREATE INDEX types_prefix_org_two ON types_prefix_org (t, c);
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_org WHERE t = 'RH8' AND c ^@ 'RH8';
DROP INDEX types_prefix_org_two;
SET enable_bitmapscan = on;
CREATE INDEX types_prefix_org_brin ON types_prefix_org USING brin (c) WITH (pages_per_range = 1);
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_org WHERE c ^@ 'RH8';
SELECT c FROM types_prefix_org WHERE c ^@ 'RH8' ORDER BY c;
DROP INDEX types_prefix_org_brin;
CREATE INDEX types_prefix_org_hash ON types_prefix_org USING hash (c);
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_org WHERE c ^@ 'RH8';
DROP INDEX types_prefix_org_hash;
-- a class of somebody else's with the order turned round: our range is not what it would find
CREATE OPERATOR CLASS types_prefix_backwards FOR TYPE ods_code USING btree AS
  OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 ods_code_cmp(ods_code, ods_code);
CREATE INDEX types_prefix_org_other ON types_prefix_org (c types_prefix_backwards);
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_org WHERE c ^@ 'RH8';
DROP OPERATOR FAMILY types_prefix_backwards USING btree CASCADE;
CREATE DOMAIN types_prefix_domain AS ods_code;
CREATE TABLE types_prefix_by_domain (c types_prefix_domain PRIMARY KEY);
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_by_domain WHERE c ^@ 'RH8';

-- It can tell nothing of a value but its answer, so behind a security barrier the index still finds the rows
CREATE TABLE types_prefix_ward (c ods_code PRIMARY KEY, ward text);
INSERT INTO types_prefix_ward SELECT c, 'W' || min(length(t)) FROM types_prefix_org WHERE c IS NOT NULL GROUP BY c;
CREATE VIEW types_prefix_mine WITH (security_barrier) AS SELECT c FROM types_prefix_ward WHERE lower(ward) = 'w3';
EXPLAIN (COSTS OFF) SELECT c FROM types_prefix_mine WHERE c ^@ 'RH8';
SELECT c FROM types_prefix_mine WHERE c ^@ 'RH8';
DROP VIEW types_prefix_mine;
DROP TABLE types_prefix_ward;

-- Estimates come from the statistics of the column: most common values and histogram
CREATE FUNCTION types_prefix_rows(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json) ' || query INTO plan;
  RETURN plan->0->'Plan'->'Plan Rows';
END $$;
CREATE TABLE types_prefix_skew AS
  SELECT CASE WHEN i <= 500 THEN 'RH8' ELSE 'A' || lpad((i % 5000)::text, 5, '0') END::ods_code AS c FROM generate_series(1, 10000) i;
ANALYZE types_prefix_skew;
SELECT p, types_prefix_rows(format('SELECT FROM types_prefix_skew WHERE c ^@ %L', p)) BETWEEN low AND high AS near,
       types_prefix_rows(format('SELECT FROM types_prefix_skew WHERE starts_with(c, %L)', p)) BETWEEN low AND high AS near_too
  FROM (VALUES ('RH', 450, 600), ('A', 9000, 9990), ('A01', 1000, 3000), ('A0200', 5, 100), ('Z', 1, 5), ('', 10000, 10000)) x (p, low, high);

CREATE TABLE types_prefix_home AS
  SELECT (area || 1 + i % 40 || ' ' || i % 10 || chr(65 + i % 2) || unit)::postcode AS c
    FROM unnest('{B,BD,CF,LS,M,NW,SE,YO}'::text[]) area, generate_series(1, 400) i, unnest('{A,B,D,E,F,G,H,J}'::text[]) unit;
ANALYZE types_prefix_home;
SELECT p, types_prefix_rows(format('SELECT FROM types_prefix_home WHERE c ^@ %L', p)) BETWEEN low AND high AS near
  FROM (VALUES ('LS', 2400, 4000), ('LS1', 600, 1200), ('LS1 ', 20, 320), ('LS12 ', 10, 320), ('LS9', 10, 320), ('A', 1, 1), ('Z', 1, 1)) x (p, low, high);

RESET enable_seqscan;
RESET enable_bitmapscan;
RESET enable_indexonlyscan;
RESET jit;
DROP TABLE types_prefix_org, types_prefix_wanted, types_prefix_by_domain, types_prefix_skew, types_prefix_home;
DROP DOMAIN types_prefix_domain;
DROP FUNCTION types_prefix_rows;
