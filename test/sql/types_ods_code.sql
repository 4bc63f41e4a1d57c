-- Type ods_code, first as every session meets it: schema portfolio is not in search_path.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/types_ods_code.bin'

-- Layout
SELECT typlen, typbyval, typalign, typstorage, typtype, typcategory, typisdefined
  FROM pg_type WHERE oid = 'portfolio.ods_code'::regtype;

-- Input: any case, white space around; one canonical output
SELECT quote_literal(v) AS written, v::portfolio.ods_code AS stored
  FROM (VALUES ('A81001'), ('a81001'), ('  rh8 '), (E'rh802\n'), ('8HA03'), ('EE134290'), ('Q99'), ('000'), ('0000'), ('ZZZZZZZZ'), ('X99998')) AS x (v);
SELECT portfolio.ods_code 'v81999', NULL::portfolio.ods_code;

-- Refusal, word for word; what is longer than a code may be anything, and is masked
SELECT ''::portfolio.ods_code;
\echo :LAST_ERROR_SQLSTATE
SELECT ' '::portfolio.ods_code;
SELECT 'RH'::portfolio.ods_code;
SELECT '&'::portfolio.ods_code;
SELECT 'A81 001'::portfolio.ods_code;
SELECT '  É81001'::portfolio.ods_code;
SELECT 'A81001234'::portfolio.ods_code;
SELECT '9434765919'::portfolio.ods_code;
SELECT 'not a code at all'::portfolio.ods_code;
SELECT v::portfolio.ods_code FROM (VALUES (text 'A8100-')) AS x (v);
SET pg_portfolio.mask_identifiers = off;
SELECT '9434765919'::portfolio.ods_code;
RESET pg_portfolio.mask_identifiers;

-- Judging text: never an error
SELECT quote_nullable(v) AS v, portfolio.is_ods_code(v), portfolio.try_ods_code(v), portfolio.ods_code_problem(v)
  FROM (VALUES (NULL), ('A81001'), ('rh8'), (''), ('  '), ('&  '), ('-   '), ('RH'), ('A'), ('A81001234'), ('A8100 234'), ('A8/01'), ('A81001  ')) AS x (v);
WITH candidate AS (
  SELECT translate(substr(md5(i::text), 1, i % 11), '0123', '&zQ ') AS v FROM generate_series(1, 100000) i
)
SELECT count(*) AS candidates, count(*) FILTER (WHERE portfolio.is_ods_code(v)) > 1000 AS some_valid,
       count(*) FILTER (WHERE portfolio.is_ods_code(v) <> (btrim(v) ~ '^[A-Za-z0-9]{3,8}$')) AS sql_disagrees,
       count(*) FILTER (WHERE portfolio.is_ods_code(v) <> (portfolio.try_ods_code(v) IS NOT NULL)) AS try_disagrees,
       count(*) FILTER (WHERE portfolio.is_ods_code(v) <> (portfolio.ods_code_problem(v) IS NULL)) AS problem_disagrees,
       count(*) FILTER (WHERE portfolio.try_ods_code(v)::text <> upper(btrim(v))) AS text_differs
  FROM candidate;

-- The order is that of the text
CREATE TABLE types_org (c portfolio.ods_code PRIMARY KEY, t text COLLATE "C" NOT NULL);
INSERT INTO types_org SELECT DISTINCT portfolio.try_ods_code(v), upper(v) COLLATE "C"
  FROM (SELECT translate(substr(md5(i::text), 1, 3 + i % 6), '01234567', 'zyxwvu01') AS v FROM generate_series(1, 20000) i) x;
INSERT INTO types_org VALUES ('000', '000'), ('0000', '0000'), ('00000000', '00000000'), ('00A', '00A'), ('009', '009'), ('ZZZ', 'ZZZ'), ('ZZZZZZZZ', 'ZZZZZZZZ'), ('RH8', 'RH8'), ('RH80', 'RH80'), ('RH802', 'RH802') ON CONFLICT DO NOTHING;
ANALYZE types_org;
SELECT count(*) AS out_of_order FROM (SELECT row_number() OVER (ORDER BY c) AS a, row_number() OVER (ORDER BY t) AS b FROM types_org) x WHERE a <> b;
SELECT c FROM types_org ORDER BY c LIMIT 4;
SELECT c FROM types_org ORDER BY c DESC LIMIT 2;
SELECT count(*) AS changed FROM types_org WHERE c::text <> t;

-- Without the search_path operators are not found; keys, sorting and grouping are
SELECT count(*) FROM types_org WHERE c = 'rh8';
SELECT count(*) FROM types_org WHERE c OPERATOR(portfolio.=) 'rh8';
SELECT count(DISTINCT c) = count(*) AS all_distinct FROM types_org;
INSERT INTO types_org VALUES ('rh8', 'RH8');

-- With it
SET search_path = "$user", public, portfolio;
SELECT a < b, a <= b, a = b, a <> b, a >= b, a > b FROM (VALUES ('RH8'::ods_code, 'RH802'::ods_code)) AS x (a, b);
SELECT count(*) FROM types_org WHERE c IN ('rh8', 'RH802') AND c IS DISTINCT FROM 'RH8';
SELECT count(*) FROM types_org a JOIN types_org b USING (c) WHERE c = 'zzz';
SELECT c::text || '!' FROM types_org WHERE c = 'rh802';
SELECT count(*) FROM types_org WHERE c = t;

-- Index kinds; a prefix is a range
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM types_org WHERE c = 'rh8';
EXPLAIN (COSTS OFF) SELECT c FROM types_org WHERE c >= 'RH8' AND c < 'RH9' ORDER BY c;
SELECT c FROM types_org WHERE c >= 'RH8' AND c < 'RH9' ORDER BY c;
SET enable_hashjoin = off;
SET enable_nestloop = off;
SET enable_sort = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM types_org a JOIN types_org b USING (c);
SELECT count(*) = (SELECT count(*) FROM types_org) AS all_joined FROM types_org a JOIN types_org b USING (c);
RESET enable_sort;
RESET enable_nestloop;
RESET enable_hashjoin;
RESET enable_bitmapscan;
CREATE TABLE types_org_indexed (c ods_code);
INSERT INTO types_org_indexed SELECT c FROM types_org ORDER BY c;
ANALYZE types_org_indexed;
CREATE INDEX types_org_hash ON types_org_indexed USING hash (c);
EXPLAIN (COSTS OFF) SELECT * FROM types_org_indexed WHERE c = 'RH802';
SELECT * FROM types_org_indexed WHERE c = 'RH802';
DROP INDEX types_org_hash;
CREATE INDEX types_org_brin ON types_org_indexed USING brin (c) WITH (pages_per_range = 1);
EXPLAIN (COSTS OFF) SELECT * FROM types_org_indexed WHERE c >= 'RH8' AND c < 'RH9';
SELECT * FROM types_org_indexed WHERE c >= 'RH8' AND c < 'RH9' ORDER BY c;
DROP INDEX types_org_brin;
CREATE INDEX types_org_brin_multi ON types_org_indexed USING brin (c ods_code_minmax_multi_ops) WITH (pages_per_range = 1);
EXPLAIN (COSTS OFF) SELECT * FROM types_org_indexed WHERE c = 'RH802';
SELECT * FROM types_org_indexed WHERE c = 'RH802';
RESET enable_seqscan;

-- Partitions by hash
CREATE TABLE types_org_part (c ods_code PRIMARY KEY) PARTITION BY HASH (c);
CREATE TABLE types_org_part_0 PARTITION OF types_org_part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE types_org_part_1 PARTITION OF types_org_part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO types_org_part SELECT c FROM types_org;
SELECT (SELECT count(*) FROM types_org_part) = (SELECT count(*) FROM types_org) AS all_there,
       (SELECT count(*) FROM types_org_part_0) > 1000 AND (SELECT count(*) FROM types_org_part_1) > 1000 AS spread;
EXPLAIN (COSTS OFF) SELECT * FROM types_org_part WHERE c = 'RH8';

-- Binary: the characters themselves, and nothing but the canonical form comes in
COPY types_org (c) TO :'file' (FORMAT binary);
CREATE TEMP TABLE types_org_back (c ods_code);
COPY types_org_back FROM :'file' (FORMAT binary);
SELECT count(*) AS lost FROM (SELECT c FROM types_org EXCEPT SELECT c FROM types_org_back) x;
SELECT ods_code_send('rh802') = bytea 'RH802' AS characters;
\set SHOW_CONTEXT never
COPY (SELECT text 'rh802') TO :'file' (FORMAT binary);
COPY types_org_back FROM :'file' (FORMAT binary);
\echo :LAST_ERROR_SQLSTATE
COPY (SELECT text ' RH802') TO :'file' (FORMAT binary);
COPY types_org_back FROM :'file' (FORMAT binary);
COPY (SELECT text '') TO :'file' (FORMAT binary);
COPY types_org_back FROM :'file' (FORMAT binary);
COPY (SELECT text 'RH') TO :'file' (FORMAT binary);
COPY types_org_back FROM :'file' (FORMAT binary);
COPY (SELECT text 'RH8020000') TO :'file' (FORMAT binary);
COPY types_org_back FROM :'file' (FORMAT binary);
COPY (SELECT '\x524838003032'::bytea) TO :'file' (FORMAT binary);
COPY types_org_back FROM :'file' (FORMAT binary);
COPY (SELECT '\xffffff'::bytea) TO :'file' (FORMAT binary);
COPY types_org_back FROM :'file' (FORMAT binary);

-- A role with no grants of ours uses the type as its own
RESET search_path;
CREATE ROLE regress_types_ods;
CREATE SCHEMA types_ods_user AUTHORIZATION regress_types_ods;
SET SESSION AUTHORIZATION regress_types_ods;
SET search_path = types_ods_user, portfolio;
CREATE TABLE org (c ods_code PRIMARY KEY);
CREATE TABLE site (c ods_code REFERENCES org, raw text, CHECK (is_ods_code(raw) OR ods_code_problem(raw) = 'empty'));
INSERT INTO org VALUES ('rh8'), ('A81001');
INSERT INTO site VALUES ('RH8', 'rh802'), ('a81001', '');
INSERT INTO site VALUES ('Q99', '');
SELECT count(*) FROM org JOIN site ON org.c = site.c;
SELECT c, count(*) FROM org JOIN site USING (c) WHERE c IN ('rh8') GROUP BY c ORDER BY c;
SELECT DISTINCT c::text, try_ods_code(raw) > c AS below FROM site ORDER BY 1;
RESET SESSION AUTHORIZATION;

RESET search_path;
DROP TABLE types_ods_user.site, types_ods_user.org;
DROP SCHEMA types_ods_user;
DROP ROLE regress_types_ods;
DROP TABLE types_org, types_org_indexed, types_org_part, types_org_back;
