-- Type opcs4, first as every session meets it: schema portfolio is not in search_path.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/types_opcs4.bin'

-- Layout
SELECT typlen, typbyval, typalign, typstorage, typtype, typcategory, typisdefined
  FROM pg_type WHERE oid = 'portfolio.opcs4'::regtype;

-- Input: with and without the dot; one canonical output
SELECT quote_literal(v) AS written, v::portfolio.opcs4 AS stored
  FROM (VALUES ('W381'), ('W38.1'), ('w38.1'), ('  X999 '), ('O18.1'), ('Z94.2'), ('A011')) AS x (v);

-- Refusal, word for word
SELECT ''::portfolio.opcs4;
\echo :LAST_ERROR_SQLSTATE
SELECT '&'::portfolio.opcs4;
SELECT 'W38'::portfolio.opcs4;
SELECT 'W38.19'::portfolio.opcs4;
SELECT 'W3.81'::portfolio.opcs4;
SELECT 'W3O1'::portfolio.opcs4;
SELECT 'I011'::portfolio.opcs4;
SELECT '9434765919'::portfolio.opcs4;
SET pg_portfolio.mask_identifiers = off;
SELECT '9434765919'::portfolio.opcs4;
RESET pg_portfolio.mask_identifiers;

-- Judging text: never an error
SELECT quote_nullable(v) AS v, portfolio.is_opcs4(v), portfolio.try_opcs4(v), portfolio.opcs4_problem(v)
  FROM (VALUES (NULL), ('W381'), (''), (' '), ('-   '), ('&   '), ('W'), ('W38'), ('W38.'), ('.W381'), ('W381.'), ('W38..1'), ('W38 1'), ('W38-1'), ('0381'), ('WW81'), ('W38A'), ('i01.1'), ('W3811'), ('W38.11'), ('Ｗ381')) AS x (v);

-- Every text of four letters and digits, 1.7 million: 25 letters with a thousand numbers are codes
WITH sign AS (SELECT substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', i, 1) AS c FROM generate_series(1, 36) i)
SELECT count(*) AS texts, count(*) FILTER (WHERE valid) AS valid, count(*) FILTER (WHERE valid <> (v ~ '^[A-HJ-Z][0-9]{3}$')) AS pattern_disagrees
  FROM (SELECT v, portfolio.is_opcs4(v) AS valid FROM (SELECT w.c || x.c || y.c || z.c AS v FROM sign w, sign x, sign y, sign z) t OFFSET 0) j;
CREATE TABLE types_opcs4 AS
SELECT l || lpad(n::text, 3, '0') COLLATE "C" AS t FROM (SELECT chr(i) AS l FROM generate_series(65, 90) i WHERE chr(i) <> 'I') l, generate_series(0, 999) n;
ALTER TABLE types_opcs4 ADD c portfolio.opcs4;
UPDATE types_opcs4 SET c = portfolio.try_opcs4(t);
CREATE UNIQUE INDEX types_opcs4_c ON types_opcs4 (c);
ANALYZE types_opcs4;
SELECT count(*) AS codes, count(c) AS taken, count(*) FILTER (WHERE c::text <> t) AS changed,
       count(*) FILTER (WHERE c::text <> portfolio.try_opcs4(lower(left(t, 3) || '.' || right(t, 1)))::text) AS dot_differs FROM types_opcs4;
SELECT count(*) AS out_of_order FROM (SELECT row_number() OVER (ORDER BY c) AS a, row_number() OVER (ORDER BY t) AS b FROM types_opcs4) x WHERE a <> b;
-- every change to a place of both forms
WITH sign AS (SELECT chr(i) AS c FROM generate_series(1, 127) i UNION ALL SELECT unnest('{é,１,😀}'::text[])),
     place AS (SELECT v, i FROM (VALUES ('W381'), ('W38.1')) x (v), generate_series(1, length(v)) i),
     mutant AS (SELECT overlay(v PLACING c FROM i FOR 1) AS m FROM place, sign UNION SELECT overlay(v PLACING c FROM i FOR 0) FROM place, sign
                UNION SELECT overlay(v PLACING '' FROM i FOR 1) FROM place UNION SELECT overlay(v PLACING reverse(substr(v, i, 2)) FROM i FOR 2) FROM place)
SELECT count(*) > 2000 AS many, count(*) FILTER (WHERE portfolio.is_opcs4(m)) AS valid,
       count(*) FILTER (WHERE portfolio.is_opcs4(m) <> (upper(m COLLATE "C") ~ '^\s*[A-HJ-Z][0-9]{2}[.]?[0-9]\s*$')) AS pattern_disagrees,
       count(*) FILTER (WHERE portfolio.is_opcs4(m) <> (portfolio.try_opcs4(m) IS NOT NULL) OR portfolio.is_opcs4(m) <> (portfolio.opcs4_problem(m) IS NULL)) AS others_disagree
  FROM mutant;
SELECT string_agg(DISTINCT portfolio.opcs4_chapter(c), '' ORDER BY portfolio.opcs4_chapter(c)) AS chapters, count(*) FILTER (WHERE portfolio.opcs4_chapter(c) <> left(t, 1)) AS wrong FROM types_opcs4;

-- Without the search_path operators are not found; keys, sorting and grouping are
SELECT count(*) FROM types_opcs4 WHERE c = 'W38.1';
SELECT count(*) FROM types_opcs4 WHERE c OPERATOR(portfolio.=) 'W38.1';
INSERT INTO types_opcs4 VALUES ('W381', 'w38.1');

-- With it
SET search_path = "$user", public, portfolio;
SELECT a < b, a <= b, a = b, a <> b, a >= b, a > b FROM (VALUES ('W38.1'::opcs4, 'W38.2'::opcs4)) AS x (a, b);
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM types_opcs4 WHERE c = 'W38.1';
EXPLAIN (COSTS OFF) SELECT c FROM types_opcs4 WHERE c BETWEEN 'W37.0' AND 'W39.9' ORDER BY c;
EXPLAIN (COSTS OFF) SELECT c FROM types_opcs4 WHERE c ^@ 'w38.' ORDER BY c;
SELECT array_agg(c ORDER BY c) FROM types_opcs4 WHERE c ^@ 'w38.';
SELECT count(*) FROM types_opcs4 WHERE starts_with(c, 'X');
SET enable_hashjoin = off;
SET enable_nestloop = off;
SET enable_sort = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM types_opcs4 a JOIN types_opcs4 b USING (c);
SELECT count(*) FROM types_opcs4 a JOIN types_opcs4 b USING (c);
RESET enable_sort;
RESET enable_nestloop;
RESET enable_hashjoin;
RESET enable_bitmapscan;
CREATE TABLE types_opcs4_indexed (c opcs4);
INSERT INTO types_opcs4_indexed SELECT c FROM types_opcs4 ORDER BY c;
ANALYZE types_opcs4_indexed;
CREATE INDEX types_opcs4_hash ON types_opcs4_indexed USING hash (c);
EXPLAIN (COSTS OFF) SELECT * FROM types_opcs4_indexed WHERE c = 'W38.1';
SELECT * FROM types_opcs4_indexed WHERE c = 'W38.1';
DROP INDEX types_opcs4_hash;
CREATE INDEX types_opcs4_brin ON types_opcs4_indexed USING brin (c) WITH (pages_per_range = 1);
EXPLAIN (COSTS OFF) SELECT * FROM types_opcs4_indexed WHERE c ^@ 'W38';
SELECT count(*) FROM types_opcs4_indexed WHERE c ^@ 'W38';
DROP INDEX types_opcs4_brin;
CREATE INDEX types_opcs4_multi ON types_opcs4_indexed USING brin (c opcs4_minmax_multi_ops) WITH (pages_per_range = 1);
SELECT * FROM types_opcs4_indexed WHERE c = 'W38.1';
RESET enable_seqscan;

-- Binary: the characters themselves, and nothing but the canonical form comes in
COPY types_opcs4 (c) TO :'file' (FORMAT binary);
CREATE TEMP TABLE types_opcs4_back (c opcs4);
COPY types_opcs4_back FROM :'file' (FORMAT binary);
SELECT count(*) AS lost FROM (SELECT c FROM types_opcs4 EXCEPT SELECT c FROM types_opcs4_back) x;
SELECT opcs4_send('w38.1') = bytea 'W381' AS characters;
\set SHOW_CONTEXT never
COPY (SELECT text 'W38.1') TO :'file' (FORMAT binary);
COPY types_opcs4_back FROM :'file' (FORMAT binary);
\echo :LAST_ERROR_SQLSTATE
COPY (SELECT text 'I011') TO :'file' (FORMAT binary);
COPY types_opcs4_back FROM :'file' (FORMAT binary);
COPY (SELECT '\x5733383100'::bytea) TO :'file' (FORMAT binary);
COPY types_opcs4_back FROM :'file' (FORMAT binary);

RESET search_path;
DROP TABLE types_opcs4, types_opcs4_indexed, types_opcs4_back;
