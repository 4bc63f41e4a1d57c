-- Type icd10, first as every session meets it: schema portfolio is not in search_path.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/types_icd10.bin'

-- Layout
SELECT typlen, typbyval, typalign, typstorage, typtype, typcategory, typisdefined
  FROM pg_type WHERE oid = 'portfolio.icd10'::regtype;

-- Input: the dot, X, - and the signs for dagger and asterisk are the writer's choice; one canonical output
SELECT quote_literal(v) AS written, v::portfolio.icd10 AS stored
  FROM (VALUES ('I210'), ('i21.0'), (' I21.0 '), ('I10'), ('I10X'), ('I10.X'), ('i10x '), ('R69X'), ('M45.07'), ('M45X7'), ('S0200'), ('A17.0D'), ('A170-D'), ('A17.0+'), ('G01*'), ('G01XA'), ('G01X-A'), ('G01.X*'), ('M01.16*'),
               ('A170-'), ('U07.1')) AS x (v);

-- Refusal, word for word
SELECT ''::portfolio.icd10;
\echo :LAST_ERROR_SQLSTATE
SELECT 'I21,0'::portfolio.icd10;
SELECT 'A17.0†'::portfolio.icd10;
SELECT 'I2'::portfolio.icd10;
SELECT 'M45X700'::portfolio.icd10;
SELECT 'I2.10'::portfolio.icd10;
SELECT 'II1'::portfolio.icd10;
SELECT 'I20.-'::portfolio.icd10;
SELECT 'M4507B'::portfolio.icd10;
SELECT '9434765919'::portfolio.icd10;
SET pg_portfolio.mask_identifiers = off;
SELECT '9434765919'::portfolio.icd10;
RESET pg_portfolio.mask_identifiers;

-- Judging text: never an error
SELECT quote_nullable(v) AS v, portfolio.is_icd10(v), portfolio.try_icd10(v), portfolio.icd10_problem(v)
  FROM (VALUES (NULL), ('I210'), (''), (' '), ('-   '), ('&'), ('I'), ('I21.'), ('.I21'), ('I21..0'), ('I.210'), ('I210.'), ('I21 0'), ('210'), ('I2I0'), ('I21Y'), ('I21.0B'), ('I21-D'), ('I21.0DA'), ('I21.0DD'), ('I210DDDD'), ('I21.00B'), ('999'), ('I21.０')) AS x (v);

-- Every code there can be, 943,800: what is printed is read back, and no two are one
CREATE TABLE types_icd10 AS
SELECT t COLLATE "C" AS t, portfolio.try_icd10(t) AS c
  FROM (SELECT l || lpad(n::text, 2, '0') || s || f AS t FROM (SELECT chr(i) AS l FROM generate_series(65, 90) i) l, generate_series(0, 99) n,
       (SELECT unnest('{0,1,2,3,4,5,6,7,8,9,X}'::text[]) AS s) s,
       (SELECT '' AS f UNION ALL SELECT '-D' UNION ALL SELECT '-A' UNION ALL SELECT i || m FROM generate_series(0, 9) i, unnest('{"",D,A}'::text[]) m) f) x;
ANALYZE types_icd10;
SELECT count(*) AS codes, count(c) AS taken, count(*) FILTER (WHERE c::text <> t) AS changed, count(DISTINCT c) = count(*) AS all_distinct FROM types_icd10;
SELECT count(*) AS out_of_order FROM (SELECT row_number() OVER (ORDER BY c) AS a, row_number() OVER (ORDER BY t) AS b FROM types_icd10) x WHERE a <> b;

-- The same rules, read as a pattern: every beginning of three letters and digits, every end of up to three characters
\set pattern '^[A-Z][0-9][0-9](?:[.]?(?:[0-9X][0-9-]?[AD*+]?|[AD*+]))?$'
WITH sign AS (SELECT substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', i, 1) AS c FROM generate_series(1, 36) i), head AS (SELECT x.c || y.c || z.c AS v FROM sign x, sign y, sign z)
SELECT count(*) AS beginnings, count(*) FILTER (WHERE portfolio.is_icd10(v)) AS valid, count(*) FILTER (WHERE portfolio.is_icd10(v) <> (v ~ :'pattern')) AS pattern_disagrees FROM head;
WITH sign AS (SELECT unnest('{0,1,5,9,X,A,D,B,Z,x,d,-,*,+,.,&," ",é}'::text[]) AS c),
     tail AS (SELECT '' AS t UNION ALL SELECT c FROM sign UNION ALL SELECT x.c || y.c FROM sign x, sign y UNION ALL SELECT x.c || y.c || z.c FROM sign x, sign y, sign z
              UNION ALL SELECT '.' || x.c || y.c || z.c FROM sign x, sign y, sign z UNION ALL SELECT x.c || y.c || z.c || '0' FROM sign x, sign y, sign z)
SELECT count(*) AS ends, count(*) FILTER (WHERE portfolio.is_icd10('I21' || t)) AS valid,
       count(*) FILTER (WHERE portfolio.is_icd10('I21' || t) <> (upper(rtrim('I21' || t) COLLATE "C") ~ :'pattern')) AS pattern_disagrees,
       count(*) FILTER (WHERE portfolio.is_icd10('I21' || t) <> (portfolio.try_icd10('I21' || t) IS NOT NULL)) AS try_disagrees,
       count(*) FILTER (WHERE portfolio.is_icd10('I21' || t) <> (portfolio.icd10_problem('I21' || t) IS NULL)) AS problem_disagrees
  FROM tail;

-- Chapters and blocks of every category, to be compared with the book: what is in none is told too
CREATE TABLE types_icd10_category AS
  SELECT c AS category, portfolio.icd10_chapter(c::portfolio.icd10) AS chapter, portfolio.icd10_block(c::portfolio.icd10) AS block
    FROM (SELECT DISTINCT left(t, 3) AS c FROM types_icd10) x;
SELECT to_char(chapter, 'FMRN') AS chapter, min(category), max(category), count(*) AS categories, count(DISTINCT block) AS blocks, count(*) FILTER (WHERE block IS NULL) AS in_no_block
  FROM types_icd10_category WHERE chapter IS NOT NULL GROUP BY types_icd10_category.chapter ORDER BY types_icd10_category.chapter;
SELECT string_agg(category, ' ' ORDER BY category) AS in_no_chapter FROM types_icd10_category WHERE chapter IS NULL;
SELECT count(DISTINCT block) AS blocks,
       count(*) FILTER (WHERE category < left(block, 3) OR category > right(block, 3)) AS outside_its_block,
       count(*) FILTER (WHERE block IS NOT NULL AND chapter IS NULL) AS block_without_chapter FROM types_icd10_category;
SELECT string_agg(block, ' ' ORDER BY block) AS blocks FROM (SELECT DISTINCT chapter, block FROM types_icd10_category WHERE chapter IS NOT NULL) x GROUP BY chapter ORDER BY chapter;
-- a block has all the categories that its name promises
SELECT block, count(*) AS categories, right(block, 2)::int - substr(block, 2, 2)::int + 1 AS expected FROM types_icd10_category
 WHERE block IS NOT NULL AND left(block, 1) = substr(block || '-' || block, 5, 1) GROUP BY block HAVING count(*) <> right(block, 2)::int - substr(block, 2, 2)::int + 1;
SELECT block, count(DISTINCT chapter) FROM types_icd10_category GROUP BY block HAVING block IS NOT NULL AND count(DISTINCT chapter) <> 1;
SELECT string_agg(category, ' ' ORDER BY category) AS in_no_block FROM types_icd10_category WHERE block IS NULL AND chapter IN (1, 9, 20);

-- Without the search_path operators are not found; keys, sorting and grouping are
CREATE TABLE types_icd10_key (c portfolio.icd10 PRIMARY KEY);
INSERT INTO types_icd10_key SELECT c FROM types_icd10 WHERE hashtext(t) % 20 = 0 OR c::text IN ('I200', 'I210', 'I10X', 'A170', 'A170-D');
ANALYZE types_icd10_key;
SELECT count(*) FROM types_icd10_key WHERE c = 'I21.0';
SELECT count(*) FROM types_icd10_key WHERE c OPERATOR(portfolio.=) 'I21.0';
INSERT INTO types_icd10_key VALUES ('i21.0');

-- With it
SET search_path = "$user", public, portfolio;
SELECT a < b, a <= b, a = b, a <> b, a >= b, a > b FROM (VALUES ('A17.0'::icd10, 'A17.0D'::icd10)) AS x (a, b);
SELECT c, icd10_chapter(c), icd10_block(c) FROM types_icd10_key WHERE c IN ('I21.0', 'i10', 'A17.0+') ORDER BY c;
SELECT icd10_chapter('D49'), icd10_block('A10'), icd10_block('B99'), icd10_block(NULL);
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT c FROM types_icd10_key WHERE c = 'i21.0';
EXPLAIN (COSTS OFF) SELECT c FROM types_icd10_key WHERE c BETWEEN 'I20.0' AND 'I25.9' ORDER BY c;
EXPLAIN (COSTS OFF) SELECT c FROM types_icd10_key WHERE c ^@ 'I2' AND icd10_block(c) = 'I20-I25';
EXPLAIN (COSTS OFF) SELECT c FROM types_icd10_key WHERE c ^@ 'i21.0';
SELECT count(*) > 100 AS some, count(*) FILTER (WHERE left(c::text, 2) <> 'I2') AS others, count(*) = (SELECT count(*) FROM types_icd10_key WHERE c::text LIKE 'I2%') AS all_there FROM types_icd10_key WHERE c ^@ 'I2';
SET enable_hashjoin = off;
SET enable_nestloop = off;
SET enable_sort = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM types_icd10_key a JOIN types_icd10_key b USING (c);
SELECT count(*) = (SELECT count(*) FROM types_icd10_key) AS all_joined FROM types_icd10_key a JOIN types_icd10_key b USING (c);
RESET enable_sort;
RESET enable_nestloop;
RESET enable_hashjoin;
RESET enable_bitmapscan;
CREATE TABLE types_icd10_indexed (c icd10);
INSERT INTO types_icd10_indexed SELECT c FROM types_icd10_key ORDER BY c;
ANALYZE types_icd10_indexed;
CREATE INDEX types_icd10_hash ON types_icd10_indexed USING hash (c);
EXPLAIN (COSTS OFF) SELECT * FROM types_icd10_indexed WHERE c = 'I21.0';
SELECT * FROM types_icd10_indexed WHERE c = 'I21.0';
DROP INDEX types_icd10_hash;
CREATE INDEX types_icd10_brin ON types_icd10_indexed USING brin (c) WITH (pages_per_range = 1);
EXPLAIN (COSTS OFF) SELECT * FROM types_icd10_indexed WHERE c ^@ 'I21.';
SELECT count(*) = (SELECT count(*) FROM types_icd10_key WHERE c::text LIKE 'I21%') AS all_there FROM types_icd10_indexed WHERE c ^@ 'I21.';
DROP INDEX types_icd10_brin;
CREATE INDEX types_icd10_multi ON types_icd10_indexed USING brin (c icd10_minmax_multi_ops) WITH (pages_per_range = 1);
SELECT * FROM types_icd10_indexed WHERE c = 'I21.0';
RESET enable_seqscan;

-- Binary: the characters themselves, and nothing but the canonical form comes in
COPY types_icd10_key (c) TO :'file' (FORMAT binary);
CREATE TEMP TABLE types_icd10_back (c icd10);
COPY types_icd10_back FROM :'file' (FORMAT binary);
SELECT count(*) AS lost FROM (SELECT c FROM types_icd10_key EXCEPT SELECT c FROM types_icd10_back) x;
SELECT icd10_send('a17.0+') = bytea 'A170-D' AS characters;
\set SHOW_CONTEXT never
COPY (SELECT text 'I21.0') TO :'file' (FORMAT binary);
COPY types_icd10_back FROM :'file' (FORMAT binary);
\echo :LAST_ERROR_SQLSTATE
COPY (SELECT text 'I10') TO :'file' (FORMAT binary);
COPY types_icd10_back FROM :'file' (FORMAT binary);
COPY (SELECT '\x4932313000'::bytea) TO :'file' (FORMAT binary);
COPY types_icd10_back FROM :'file' (FORMAT binary);

RESET search_path;
DROP TABLE types_icd10, types_icd10_category, types_icd10_key, types_icd10_indexed, types_icd10_back;
