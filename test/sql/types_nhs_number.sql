-- Type nhs_number, first as every session meets it: schema portfolio is not in search_path.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/types_nhs_number.bin'

-- Layout
SELECT typlen, typbyval, typalign, typstorage, typtype, typcategory, typisdefined
  FROM pg_type WHERE oid = 'portfolio.nhs_number'::regtype;

-- Input: forgiving where people write it so, one canonical output
SELECT v AS written, v::portfolio.nhs_number AS stored
  FROM (VALUES ('9434765919'), ('943 476 5919'), ('943-476-5919'), ('  9434765919 '), (E'\t943 476 5919\r\n'), ('0123456789'), ('4010232137')) AS x (v)
 WHERE portfolio.is_nhs_number(v);
SELECT '943 476 5919'::portfolio.nhs_number, portfolio.nhs_number '9434765919', CAST('9434765919' AS portfolio.nhs_number), NULL::portfolio.nhs_number;

-- Refusal, word for word: the value is masked
SELECT '9434765918'::portfolio.nhs_number;
\echo :LAST_ERROR_SQLSTATE
SELECT '943 476 5918'::portfolio.nhs_number;
SELECT ''::portfolio.nhs_number;
\echo :LAST_ERROR_SQLSTATE
SELECT '   '::portfolio.nhs_number;
SELECT '943476591'::portfolio.nhs_number;
SELECT '94347659190'::portfolio.nhs_number;
SELECT '9434 765919'::portfolio.nhs_number;
SELECT '943-476 5919'::portfolio.nhs_number;
SELECT '943  476 5919'::portfolio.nhs_number;
SELECT '94347O5919'::portfolio.nhs_number;
SELECT '  Zoë Smith, 943 476 5919'::portfolio.nhs_number;
SELECT '٩٤٣٤٧٦٥٩١٩'::portfolio.nhs_number;
SELECT '0000000000'::portfolio.nhs_number;
\echo :LAST_ERROR_SQLSTATE
SELECT '1234567890'::portfolio.nhs_number;
SELECT repeat('943476591', 1000)::portfolio.nhs_number;
-- the cast from text says the same
SELECT v::portfolio.nhs_number FROM (VALUES (text '943 476 5918')) AS x (v);
-- unmasked only by a superuser's setting
SET pg_portfolio.mask_identifiers = off;
SELECT '9434765918'::portfolio.nhs_number;
SELECT repeat('943476591', 1000)::portfolio.nhs_number;
RESET pg_portfolio.mask_identifiers;

-- Judging text: never an error
SELECT v, portfolio.is_nhs_number(v), portfolio.try_nhs_number(v), portfolio.nhs_number_problem(v)
  FROM (VALUES (NULL), ('9434765919'), ('943 476 5919'), (''), (' '), ('x'), ('943476591x'), ('123'), ('12345678901'), ('---'),
               ('94 34765919'), ('0000000000'), ('000 000 0000'), ('1234567890'), ('9434765918'), ('-434765919'), ('+9434765919'), ('943.476.5919')) AS x (v);
-- is_, try_ and problem agree with each other and with a plain SQL modulus 11
WITH candidate AS (
  SELECT lpad((abs(hashint8extended(i, 42) % 10000000000))::text, 10, '0') AS v FROM generate_series(1, 100000) i
), judged AS (
  SELECT v, 11 - (SELECT sum(substr(v, k, 1)::int * (11 - k)) FROM generate_series(1, 9) k) % 11 AS c FROM candidate
)
SELECT count(*) AS candidates, count(*) FILTER (WHERE portfolio.is_nhs_number(v)) BETWEEN 8000 AND 10000 AS about_one_in_eleven,
       count(*) FILTER (WHERE portfolio.is_nhs_number(v) IS DISTINCT FROM (c <> 10 AND c % 11 = right(v, 1)::int AND v <> '0000000000')) AS sql_disagrees,
       count(*) FILTER (WHERE portfolio.is_nhs_number(v) <> (portfolio.try_nhs_number(v) IS NOT NULL)) AS try_disagrees,
       count(*) FILTER (WHERE portfolio.is_nhs_number(v) <> (portfolio.nhs_number_problem(v) IS NULL)) AS problem_disagrees,
       count(*) FILTER (WHERE portfolio.nhs_number_problem(v) = 'no_check_digit' AND c <> 10) AS wrongly_unissued,
       count(*) FILTER (WHERE portfolio.try_nhs_number(v)::text <> v) AS text_differs
  FROM judged;
-- every single wrong digit and every swap of neighbours is caught
WITH n AS (SELECT v::text FROM (SELECT portfolio.try_nhs_number(lpad(i::text, 10, '0')) FROM generate_series(4505577000, 4505577999) i) AS x (v) WHERE v IS NOT NULL)
SELECT count(*) AS changed, count(*) FILTER (WHERE portfolio.is_nhs_number(overlay(v placing d::text from k for 1))) AS missed
  FROM n, generate_series(1, 10) k, generate_series(0, 9) d WHERE substr(v, k, 1) <> d::text;
WITH n AS (SELECT v::text FROM (SELECT portfolio.try_nhs_number(lpad(i::text, 10, '0')) FROM generate_series(4505577000, 4505577999) i) AS x (v) WHERE v IS NOT NULL)
SELECT count(*) AS swapped, count(*) FILTER (WHERE portfolio.is_nhs_number(overlay(v placing reverse(substr(v, k, 2)) from k for 2))) AS missed
  FROM n, generate_series(1, 9) k WHERE substr(v, k, 1) <> substr(v, k + 1, 1);

-- Ranges, at every border: the first and the last valid number on each side
WITH border (b) AS (VALUES (0::bigint), (100000000), (3113000000), (3200000000), (4000000000), (5000000000), (6000000000), (8000000000), (8600000000), (9000000000), (10000000000)),
near AS (SELECT b, b + d AS n, d >= 0 AS above FROM border, generate_series(-30, 29) d WHERE b + d BETWEEN 0 AND 9999999999),
valid AS (SELECT b, above, portfolio.try_nhs_number(lpad(n::text, 10, '0')) AS v FROM near)
SELECT DISTINCT ON (b, above) b, above, v, portfolio.nhs_number_range(v) FROM valid WHERE v IS NOT NULL
 ORDER BY b, above, CASE WHEN above THEN 1 ELSE -1 END * v::bigint;

-- Without the search_path: operators are not found, keys, indexes, sorting and grouping are
CREATE TABLE types_patient (n portfolio.nhs_number PRIMARY KEY, t text COLLATE "C");
INSERT INTO types_patient
  SELECT v, v::text FROM (SELECT portfolio.try_nhs_number(lpad(((i * 7919) % 100000 + 9990000000)::text, 10, '0')) FROM generate_series(1, 30000) i) AS x (v)
   WHERE v IS NOT NULL;
INSERT INTO types_patient VALUES ('9434765919', '9434765919'), ('0123456789', '0123456789');
ANALYZE types_patient;
SELECT count(*) FROM types_patient WHERE n = '943 476 5919';
SELECT count(*) FROM types_patient WHERE n OPERATOR(portfolio.=) '943 476 5919';
SELECT count(*), count(DISTINCT n), min(t), max(t) FROM types_patient;
SELECT n FROM types_patient ORDER BY n LIMIT 2;
SELECT n FROM types_patient ORDER BY n DESC LIMIT 1;
SELECT count(*) AS out_of_order FROM (SELECT row_number() OVER (ORDER BY n) AS a, row_number() OVER (ORDER BY t) AS b FROM types_patient) x WHERE a <> b;
INSERT INTO types_patient VALUES ('943 476 5919');

-- With the search_path that use_types() prints
SET search_path = "$user", public, portfolio;
SELECT a < b, a <= b, a = b, a <> b, a >= b, a > b FROM (VALUES ('0123456789'::nhs_number, '9434765919'::nhs_number)) AS x (a, b);
SELECT count(*) FROM types_patient WHERE n = '943 476 5919';
SELECT count(*) FROM types_patient WHERE n IN ('943 476 5919', '0123456789') AND n IS DISTINCT FROM '0123456789' AND n BETWEEN '9000000009' AND '9999999999';
SELECT count(*) FROM types_patient a JOIN types_patient b USING (n);
SELECT n::text, n::bigint, n::text || '!' FROM types_patient WHERE n = '0123456789';
SELECT n = 123456789 FROM types_patient LIMIT 1;
-- names that we share with core still mean core's
SELECT int8('5'), text('x'), int8(5), text(name 'n');
-- no implicit cast: text against nhs_number is refused, not silently compared as text
SELECT count(*) FROM types_patient WHERE n = t;
-- assignment to text works, from text needs a cast
CREATE TEMP TABLE types_landing (v text);
INSERT INTO types_landing SELECT n FROM types_patient WHERE n = '0123456789';
INSERT INTO types_patient SELECT v FROM types_landing;
SELECT v FROM types_landing;

-- Index kinds
SET enable_seqscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM types_patient WHERE n = '943 476 5919';
EXPLAIN (COSTS OFF) SELECT n FROM types_patient WHERE n > '9434765919' ORDER BY n;
EXPLAIN (COSTS OFF) SELECT * FROM types_patient WHERE n = ANY ('{9434765919,0123456789}');
CREATE TABLE types_indexed (n nhs_number, t text);
INSERT INTO types_indexed SELECT n, t FROM types_patient ORDER BY n;
ANALYZE types_indexed;
CREATE INDEX types_hash ON types_indexed USING hash (n);
EXPLAIN (COSTS OFF) SELECT * FROM types_indexed WHERE n = '9434765919';
SELECT t FROM types_indexed WHERE n = '9434765919';
DROP INDEX types_hash;
CREATE INDEX types_brin ON types_indexed USING brin (n) WITH (pages_per_range = 1);
EXPLAIN (COSTS OFF) SELECT * FROM types_indexed WHERE n BETWEEN '0123456789' AND '9434765919';
SELECT t FROM types_indexed WHERE n BETWEEN '0123456789' AND '9434765919';
DROP INDEX types_brin;
CREATE INDEX types_brin_multi ON types_indexed USING brin (n nhs_number_minmax_multi_ops) WITH (pages_per_range = 1);
EXPLAIN (COSTS OFF) SELECT * FROM types_indexed WHERE n = '9434765919';
SELECT t FROM types_indexed WHERE n = '9434765919';
DROP INDEX types_brin_multi;
-- an equal image: the index may deduplicate
INSERT INTO types_indexed SELECT '9434765919', '' FROM generate_series(1, 5000);
CREATE INDEX types_btree ON types_indexed (n);
CREATE INDEX types_btree_plain ON types_indexed (n) WITH (deduplicate_items = off);
SELECT pg_relation_size('types_btree') < 0.6 * pg_relation_size('types_btree_plain') AS deduplicated;
DROP INDEX types_btree_plain;
RESET enable_seqscan;
SET enable_hashjoin = off; SET enable_nestloop = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM types_indexed a JOIN types_patient b ON a.n = b.n;
SELECT count(*) FROM types_indexed a JOIN types_patient b ON a.n = b.n;
RESET enable_hashjoin; RESET enable_nestloop; SET enable_mergejoin = off; SET enable_nestloop = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM types_indexed a JOIN types_patient b ON a.n = b.n;
SELECT count(*) FROM types_indexed a JOIN types_patient b ON a.n = b.n;
RESET enable_mergejoin; RESET enable_nestloop;

-- Partitions by hash and by range
CREATE TABLE types_part (n nhs_number PRIMARY KEY) PARTITION BY HASH (n);
CREATE TABLE types_part_0 PARTITION OF types_part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE types_part_1 PARTITION OF types_part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO types_part SELECT n FROM types_patient;
SELECT (SELECT count(*) FROM types_part) = (SELECT count(*) FROM types_patient) AS all_there,
       (SELECT count(*) FROM types_part_0) > 1000 AND (SELECT count(*) FROM types_part_1) > 1000 AS spread;
EXPLAIN (COSTS OFF) SELECT * FROM types_part WHERE n = '9434765919';
CREATE TABLE types_range (n nhs_number) PARTITION BY RANGE (n);
CREATE TABLE types_range_test PARTITION OF types_range FOR VALUES FROM ('9000000009') TO (MAXVALUE);
CREATE TABLE types_range_rest PARTITION OF types_range DEFAULT;
EXPLAIN (COSTS OFF) SELECT * FROM types_range WHERE n > '943 476 5919';

-- Binary: out and in again; a hostile sender gets nothing in
COPY types_patient (n) TO :'file' (FORMAT binary);
CREATE TEMP TABLE types_back (n nhs_number);
COPY types_back FROM :'file' (FORMAT binary);
SELECT count(*) AS lost FROM (SELECT n FROM types_patient EXCEPT SELECT n FROM types_back) x;
SELECT encode(nhs_number_send('9434765919'), 'hex');
\set SHOW_CONTEXT never
COPY (SELECT bigint '9434765918') TO :'file' (FORMAT binary);
COPY types_back FROM :'file' (FORMAT binary);
\echo :LAST_ERROR_SQLSTATE
COPY (SELECT bigint '0') TO :'file' (FORMAT binary);
COPY types_back FROM :'file' (FORMAT binary);
COPY (SELECT bigint '-1') TO :'file' (FORMAT binary);
COPY types_back FROM :'file' (FORMAT binary);
COPY (SELECT bigint '10000000000') TO :'file' (FORMAT binary);
COPY types_back FROM :'file' (FORMAT binary);
COPY (SELECT bigint '9223372036854775807') TO :'file' (FORMAT binary);
COPY types_back FROM :'file' (FORMAT binary);
COPY (SELECT integer '1') TO :'file' (FORMAT binary);
COPY types_back FROM :'file' (FORMAT binary);
COPY (SELECT point '(0,0)') TO :'file' (FORMAT binary);
COPY types_back FROM :'file' (FORMAT binary);
SELECT count(*) FROM types_back;

-- A role with no grants of ours uses the type as its own
RESET search_path;
CREATE ROLE regress_types_nhs;
CREATE SCHEMA types_nhs_user AUTHORIZATION regress_types_nhs;
SET SESSION AUTHORIZATION regress_types_nhs;
SET search_path = types_nhs_user, portfolio;
CREATE TABLE patient (n nhs_number PRIMARY KEY, CHECK (nhs_number_range(n) = 'test'));
CREATE TABLE visit (n nhs_number REFERENCES patient, seen text, CHECK (is_nhs_number(seen) OR nhs_number_problem(seen) = 'empty'));
INSERT INTO patient VALUES ('943 476 5919'), ('9000000009');
INSERT INTO visit VALUES ('9434765919', '9434765919'), ('9000000009', ''), ('9000000009', NULL);
SET pg_portfolio.mask_identifiers = off;
INSERT INTO visit VALUES ('4505577104', '');
SELECT count(*) FROM patient JOIN visit ON patient.n = visit.n;
SELECT count(*) FROM patient JOIN visit USING (n);
SELECT n, count(*) FROM visit WHERE n IN ('9434765919', '9000000009') GROUP BY n ORDER BY n;
SELECT DISTINCT n FROM visit ORDER BY n;
SELECT n::text AS digits, n::bigint AS number, try_nhs_number(seen) = n AS same FROM visit v ORDER BY n, seen;
DELETE FROM patient WHERE n = '9000000009';
RESET SESSION AUTHORIZATION;

RESET search_path;
DROP TABLE types_nhs_user.visit, types_nhs_user.patient;
DROP SCHEMA types_nhs_user;
DROP ROLE regress_types_nhs;
DROP TABLE types_patient, types_indexed, types_part, types_range, types_back, types_landing;
