-- Type dca: delivery confidence on two scales, first as every session meets it: schema portfolio is not in search_path.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/types_dca.bin'

-- Layout
SELECT typlen, typbyval, typalign, typstorage, typtype, typcategory, typisdefined
  FROM pg_type WHERE oid = 'portfolio.dca'::regtype;

-- Input: forgiving where people write it so, one canonical output
SELECT v AS written, v::portfolio.dca AS stored
  FROM (VALUES ('Green'), ('G'), ('Amber/Green'), ('Amber/green'), ('AMBER-GREEN'), ('amber / green'), ('Amber  Green'), ('AG'), ('a/g'), ('Amber'), ('A'),
               ('Amber/red'), ('AR'), ('A/R'), ('A-R'), ('Red'), (' r '), ('Reset'), ('EXEMPT'), ('Not rated'), ('not-rated'),
               ('Green (3)'), ('G(3)'), ('amber (3-point)'), ('Red ( 3 point )'), ('Red (5)'), ('A/G (5-point)')) AS x (v);

-- Refusal, word for word
SELECT 'Amberish'::portfolio.dca;
\echo :LAST_ERROR_SQLSTATE
SELECT ''::portfolio.dca;
SELECT 'Amber/Green (3)'::portfolio.dca;
\echo :LAST_ERROR_SQLSTATE
SELECT 'Exempt (3)'::portfolio.dca;
SELECT 'Green (4)'::portfolio.dca;
SELECT 'Green (3'::portfolio.dca;
SELECT 'Green (9434765919)'::portfolio.dca;
SELECT 'Green/Amber'::portfolio.dca;
SELECT 'Amber//Green'::portfolio.dca;
SELECT repeat('Amber ', 1000)::portfolio.dca;
-- what may be somebody's number or name is masked
SELECT '9434765919'::portfolio.dca;
SELECT 'Zoë Archibald Smith'::portfolio.dca;
SELECT v::portfolio.dca FROM (VALUES (text 'green!')) AS x (v);

-- Judging text: never an error
SELECT v, portfolio.is_dca(v), portfolio.try_dca(v), portfolio.dca_problem(v)
  FROM (VALUES (NULL), ('Green'), ('green (3)'), (''), (' '), ('x'), ('Amber/Red (3)'), ('Red (2)'), ('Red ()'), ('Red)'), ('(3)'), ('Grün'), ('Not'), ('/'), ('Ａmber'),
               ('Exempt under section 43'), ('Amber Red Green'), ('AmberRed'), ('A/R)')) AS x (v);

-- Published words do not say their scale: the caller does
SELECT word, portfolio.dca(word, 5) AS five, portfolio.dca(word, 3) AS three FROM (VALUES ('Green'), ('Amber'), ('RED'), ('Exempt'), ('Not rated')) AS x (word);
SELECT portfolio.dca('Green (5)', 3) AS says_itself, portfolio.dca(NULL, 3), portfolio.dca('Green', NULL);
SELECT portfolio.dca('Amber/Red', 3);
SELECT portfolio.dca('Amber', 4);
\echo :LAST_ERROR_SQLSTATE
SELECT v, portfolio.dca_scale(v::portfolio.dca), portfolio.dca_place(v::portfolio.dca) FROM (VALUES ('Red'), ('Green'), ('R (3)'), ('G (3)'), ('AR'), ('A'), ('A (3)'), ('Reset'), ('Exempt'), ('Not rated'), (NULL)) AS x (v);

-- The order is total: a column of mixed scales is analysed, sorted, grouped and indexed
CREATE TABLE types_rating (no int, d portfolio.dca);
INSERT INTO types_rating
  SELECT i, (ARRAY['Green', 'Red (3)', 'Amber', 'Reset', 'Amber/Red', 'Green (3)', 'Not rated', 'Red', 'Exempt', 'Amber/Green', 'Amber (3)', NULL])[1 + i % 12]::portfolio.dca
    FROM generate_series(0, 1199) i;
ANALYZE types_rating;
SELECT d, count(*) FROM types_rating GROUP BY d ORDER BY d;
SELECT DISTINCT d FROM types_rating ORDER BY d DESC NULLS LAST LIMIT 3;
CREATE INDEX types_rating_d ON types_rating (d);
CREATE UNIQUE INDEX types_rating_both ON types_rating (d, no);
SELECT count(*) FROM types_rating WHERE d = 'Amber';

SET search_path = "$user", public, portfolio;
SELECT a, b, a < b AS lt, a <= b AS le, a = b AS eq, a <> b AS ne, a >= b AS ge, a > b AS gt
  FROM (VALUES (dca 'Red', dca 'Green'), ('Green', 'Red (3)'), ('Green', 'Green (3)'), ('Not rated', 'Not rated'), ('Reset', 'Red')) AS x (a, b);
SET enable_seqscan = off; SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT no FROM types_rating WHERE d = 'Amber';
EXPLAIN (COSTS OFF) SELECT d FROM types_rating WHERE d BETWEEN 'Red' AND 'Amber' ORDER BY d;
SELECT count(*) FROM types_rating WHERE d BETWEEN 'Red' AND 'Amber';
RESET enable_bitmapscan;
CREATE INDEX types_rating_hash ON types_rating USING hash (d);
CREATE INDEX types_rating_brin ON types_rating USING brin (d) WITH (pages_per_range = 1);
CREATE INDEX types_rating_brin_multi ON types_rating USING brin (d dca_minmax_multi_ops) WITH (pages_per_range = 1);
DROP INDEX types_rating_d, types_rating_both;
EXPLAIN (COSTS OFF) SELECT no FROM types_rating WHERE d = 'Amber (3)';
SELECT count(*) FROM types_rating WHERE d = 'Amber (3)';
DROP INDEX types_rating_hash, types_rating_brin_multi;
SELECT count(*) FROM types_rating WHERE d > 'Green' AND d < 'Reset';
RESET enable_seqscan;
SET enable_hashjoin = off; SET enable_nestloop = off;
SELECT count(*) FROM types_rating a JOIN types_rating b USING (d) WHERE a.no < 120;
RESET enable_hashjoin; RESET enable_nestloop;
CREATE TABLE types_rating_part (d dca) PARTITION BY HASH (d);
CREATE TABLE types_rating_part_0 PARTITION OF types_rating_part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE types_rating_part_1 PARTITION OF types_rating_part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO types_rating_part SELECT d FROM types_rating WHERE d IS NOT NULL;
SELECT count(*) FROM types_rating_part WHERE d IN ('Red', 'Red (3)');

-- Better, worse and worst refuse to mix scales, and only they do
SELECT a, b, better_than(a, b), better_than(b, a), worse_of(a, b)
  FROM (VALUES (dca 'Amber', dca 'Amber/Red'), ('Green', 'Green'), ('Green (3)', 'Amber (3)'), ('Exempt', 'Red'), ('Reset', 'Not rated'), (NULL, 'Red')) AS x (a, b);
SELECT better_than('Green', 'Amber (3)');
\echo :LAST_ERROR_SQLSTATE
SELECT worst(d) FROM types_rating;
SELECT dca_scale(d), worst(d), min(no) FROM types_rating GROUP BY 1 ORDER BY 1;
SELECT worst(d) FROM types_rating WHERE dca_scale(d) = 3 OR d >= 'Reset';
SELECT worst(d) FROM types_rating WHERE d >= 'Exempt';
SELECT worst(d) FROM types_rating WHERE d IS NULL;
SELECT worst(d) FROM types_rating WHERE d > 'Green' AND d < 'Reset' OR d = 'Exempt';
SELECT no, worst(d) OVER (ORDER BY no) FROM types_rating WHERE no % 12 IN (0, 2, 3, 4) AND no < 12 ORDER BY no;
-- in parallel too
SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT worst(d) FROM types_rating WHERE dca_scale(d) = 5;
SELECT worst(d) FROM types_rating WHERE dca_scale(d) = 5;
RESET parallel_setup_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;

-- Text both ways, binary out and in again; a hostile sender gets nothing in
SELECT count(*) AS changed FROM types_rating WHERE d::text::dca IS DISTINCT FROM d;
COPY types_rating (d) TO :'file' (FORMAT binary);
CREATE TEMP TABLE types_rating_back (d dca);
COPY types_rating_back FROM :'file' (FORMAT binary);
SELECT (SELECT count(*) FROM types_rating_back) AS back, (SELECT count(*) FROM (SELECT d FROM types_rating EXCEPT SELECT d FROM types_rating_back) x) AS lost;
SELECT dca_send('Amber (3)');
\set SHOW_CONTEXT never
COPY (SELECT text 'amber') TO :'file' (FORMAT binary);
COPY types_rating_back FROM :'file' (FORMAT binary);
\echo :LAST_ERROR_SQLSTATE
COPY (SELECT text '') TO :'file' (FORMAT binary);
COPY types_rating_back FROM :'file' (FORMAT binary);
COPY (SELECT '\x416d62657200'::bytea) TO :'file' (FORMAT binary);
COPY types_rating_back FROM :'file' (FORMAT binary);
COPY (SELECT smallint '13') TO :'file' (FORMAT binary);
COPY types_rating_back FROM :'file' (FORMAT binary);

-- A programme carries it, and tools see label, order and colour, the same order as the type's
INSERT INTO programme (code, name, dca) VALUES ('TYPES_DCA', 'A rated programme', 'Amber (3)');
SELECT dca, dca_label, dca_sort_order, dca_colour FROM portfolio_bi.programme WHERE code = 'TYPES_DCA';
INSERT INTO programme (code, name, dca) VALUES ('TYPES_DCA2', 'Another', 'doing fine');
DELETE FROM programme WHERE code = 'TYPES_DCA';
SELECT count(*) AS ratings, count(*) FILTER (WHERE d IS NULL OR d::text <> code) AS not_canonical, bool_and(by_type = sort_order) AS same_order
  FROM (SELECT code, sort_order, try_dca(code) AS d, row_number() OVER (ORDER BY try_dca(code)) AS by_type FROM rating WHERE scheme = 'dca') x;

-- A role with no grants of ours uses all of it
RESET search_path;
CREATE ROLE regress_types_dca;
SET ROLE regress_types_dca;
SELECT portfolio.worst(v::portfolio.dca), portfolio.better_than('Green (3)', portfolio.dca('Red', 3)) FROM (VALUES ('Amber'), ('AR')) AS x (v);
RESET ROLE;
DROP ROLE regress_types_dca;
DROP TABLE types_rating, types_rating_part;
