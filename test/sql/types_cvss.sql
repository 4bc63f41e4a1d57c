-- Type cvss: vectors of four versions, first as every session meets it: schema portfolio is not in search_path.
-- Every score is compared with an independent implementation in test/t/960_types_cvss.pl.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/types_cvss.bin'

-- Layout
SELECT typlen, typbyval, typalign, typstorage, typtype, typcategory, typisdefined
  FROM pg_type WHERE oid = 'portfolio.cvss'::regtype;

-- Examples that FIRST publishes with their scores
CREATE TABLE types_published (source text, vector text, published numeric);
INSERT INTO types_published VALUES
  ('2.0 guide, 3.3.1', 'AV:N/AC:L/Au:N/C:N/I:N/A:C', 7.8),
  ('2.0 guide, 3.3.1', 'AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C', 6.4),
  ('2.0 guide, 3.3.1', 'AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:H', 9.2),
  ('2.0 guide, 3.3.1', 'AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C/CDP:N/TD:N/CR:M/IR:M/AR:H', 0.0),
  ('2.0 guide, 3.3.2', 'AV:N/AC:L/Au:N/C:C/I:C/A:C', 10.0),
  ('2.0 guide, 3.3.2', 'AV:N/AC:L/Au:N/C:C/I:C/A:C/E:F/RL:OF/RC:C', 8.3),
  ('2.0 guide, 3.3.2', 'AV:N/AC:L/Au:N/C:C/I:C/A:C/E:F/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:L', 9.0),
  ('2.0 guide, 3.3.3', 'AV:L/AC:H/Au:N/C:C/I:C/A:C', 6.2),
  ('2.0 guide, 3.3.3', 'AV:L/AC:H/Au:N/C:C/I:C/A:C/E:POC/RL:OF/RC:C', 4.9),
  ('2.0 guide, 3.3.3', 'AV:L/AC:H/Au:N/C:C/I:C/A:C/E:POC/RL:OF/RC:C/CDP:H/TD:H/CR:M/IR:M/AR:M', 7.5),
  ('3.1 examples', 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N', 6.4),
  ('3.1 examples', 'CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:L/I:N/A:N', 3.1),
  ('3.1 examples', 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:H/I:H/A:H', 9.9),
  ('3.1 examples', 'CVSS:3.1/AV:L/AC:L/PR:H/UI:N/S:U/C:L/I:L/A:L', 4.2),
  ('3.1 examples', 'CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', 8.8),
  ('3.1 examples', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N', 7.5),
  ('3.1 examples', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 9.8),
  ('3.1 examples', 'CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:C/C:N/I:H/A:N', 6.8),
  ('3.1 examples', 'CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 6.8),
  ('3.1 examples', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N', 6.1),
  ('4.0 examples', 'CVSS:4.0/AV:L/AC:L/AT:P/PR:L/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 7.3),
  ('4.0 examples', 'CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:P/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 7.7),
  ('4.0 examples', 'CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:L/VA:L/SC:N/SI:N/SA:N', 8.3),
  ('4.0 examples', 'CVSS:4.0/AV:L/AC:L/AT:N/PR:N/UI:A/VC:L/VI:N/VA:N/SC:N/SI:N/SA:N', 4.6),
  ('4.0 examples', 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:A/VC:N/VI:N/VA:N/SC:L/SI:L/SA:N', 5.1),
  ('4.0 examples', 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N', 8.7),
  ('4.0 examples', 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H', 10.0),
  ('4.0 examples', 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 9.3);
SELECT count(*) AS published, count(*) FILTER (WHERE portfolio.cvss_score(vector::portfolio.cvss) <> published) AS scored_otherwise,
       count(*) FILTER (WHERE vector::portfolio.cvss::text <> vector) AS printed_otherwise FROM types_published;
SELECT source, vector, published, portfolio.cvss_score(vector::portfolio.cvss) FROM types_published WHERE portfolio.cvss_score(vector::portfolio.cvss) <> published;

-- A half is rounded up, where floating point gives 8.5
SELECT portfolio.cvss_score('CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:P/VC:H/VI:L/VA:N/SC:H/SI:H/SA:H');
-- 3.0 and 3.1 have the same base scores; the environmental impact of a changed scope differs
SELECT portfolio.cvss_score('CVSS:3.0/AV:N/AC:H/PR:H/UI:R/S:C/C:H/I:H/A:H/CR:H') AS three_0, portfolio.cvss_score('CVSS:3.1/AV:N/AC:H/PR:H/UI:R/S:C/C:H/I:H/A:H/CR:H') AS three_1;
-- Low requirements would take version 2.0 below zero
SELECT portfolio.cvss_score('AV:L/AC:H/Au:M/C:P/I:N/A:N/CR:L');

-- Input and canonical output
SELECT v AS written, v::portfolio.cvss AS stored
  FROM (VALUES ('AV:N/AC:L/Au:N/C:N/I:N/A:C'), ('(AV:N/AC:L/Au:N/C:N/I:N/A:C)'), ('CVSS:2.0/AV:N/AC:L/Au:N/C:N/I:N/A:C'), ('AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F'), ('AV:N/AC:L/Au:N/C:N/I:N/A:C/E:ND/RL:ND/RC:ND/TD:H'),
               (E' \tCVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N\n'), ('CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:X/MAV:L/RL:O/MS:X'),
               ('CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/E:X/CR:X/MSI:S/S:P/AU:Y/R:I/V:C/RE:H/U:Clear')) AS x (v);
-- the longest there is
SELECT length(v::portfolio.cvss::text), v::portfolio.cvss::text = v AS as_written, portfolio.cvss_score(v::portfolio.cvss)
  FROM (VALUES ('CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N/E:U/CR:L/IR:L/AR:L/MAV:N/MAC:L/MAT:N/MPR:N/MUI:N/MVC:H/MVI:H/MVA:H/MSC:H/MSI:S/MSA:S/S:P/AU:Y/R:I/V:C/RE:H/U:Green')) AS x (v);

-- Refusal, word for word
SELECT ''::portfolio.cvss;
\echo :LAST_ERROR_SQLSTATE
SELECT 'CVSS:5.0/AV:N'::portfolio.cvss;
\echo :LAST_ERROR_SQLSTATE
SELECT 'CVSS:3.1'::portfolio.cvss;
SELECT 'CVSS:3.1/'::portfolio.cvss;
SELECT 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H'::portfolio.cvss;
SELECT 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/'::portfolio.cvss;
SELECT 'CVSS:3.1/AV:N//AC:L'::portfolio.cvss;
SELECT 'CVSS:3.1/AV:N/AC'::portfolio.cvss;
SELECT 'CVSS:3.1/AV:N:L'::portfolio.cvss;
SELECT 'CVSS:3.1/AV:N/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'::portfolio.cvss;
SELECT 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/AT:N'::portfolio.cvss;
SELECT 'CVSS:3.1/AV:N/AC:L/PR:N/UI:A/S:U/C:H/I:H/A:H'::portfolio.cvss;
SELECT 'CVSS:3.1/av:n/ac:l'::portfolio.cvss;
SELECT 'AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'::portfolio.cvss;
SELECT 'AV:N/Au:N/AC:L/C:N/I:N/A:C'::portfolio.cvss;
SELECT 'CVSS:4.0/AV:N/AC:L/PR:N/AT:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H'::portfolio.cvss;
SELECT 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:S/SA:H'::portfolio.cvss;
SELECT 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H/U:Purple'::portfolio.cvss;
SELECT 'CVSS:4.0/AV:Ñ'::portfolio.cvss;
SELECT ('CVSS:3.1/' || repeat('AV:N/AC:L/', 10000))::portfolio.cvss;
-- what may be somebody's number is masked
SELECT '9434765919'::portfolio.cvss;
SELECT 'CVSS:3.1/AV:9434765919'::portfolio.cvss;
SELECT 'Zoë Smith'::portfolio.cvss;
SELECT v::portfolio.cvss FROM (VALUES (text 'AV:N')) AS x (v);

-- Judging text: never an error
SELECT v, portfolio.is_cvss(v), portfolio.try_cvss(v), portfolio.cvss_problem(v)
  FROM (VALUES (NULL), ('AV:N/AC:L/Au:N/C:P/I:P/A:P'), (''), (' '), ('x'), ('CVSS:'), ('CVSS:3'), ('CVSS:3.2/AV:N'), ('CVSS:3.1AV:N'), ('cvss:3.1/AV:N'), (':'), ('/'), ('AV:'), (':N'), ('()'), ('(AV:N'),
               ('AV:N/AC:L/Au:N/C:P/I:P/A:P)'), ('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:ND'), ('AV:N/AC:L/Au:N/C:P/I:P/A:P/E:X'), ('CVSS:3.1/AVX:N'), ('CVSS:3.1/AV:NN'), ('CVSS:3.1/ AV:N')) AS x (v);

-- What a vector says
SET search_path = "$user", public, portfolio;
SELECT v, cvss_version(v), cvss_score(v), cvss_severity(v), cvss_score(cvss_base(v)) AS base, cvss_metric(v, 'AV') AS av, cvss_metric(v, 'E') AS e, cvss_metric(v, 'VC') AS vc
  FROM (VALUES (cvss 'AV:N/AC:L/Au:N/C:N/I:N/A:C/E:F/RL:OF/RC:C'), ('AV:L/AC:H/Au:M/C:N/I:N/A:N'), ('CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U'), ('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N'),
               ('CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N/E:U/CR:L/MVA:N/U:Red'), (NULL)) AS x (v);
SELECT cvss_severity(v), min(cvss_score(v)), max(cvss_score(v)), count(*) FROM (SELECT vector::cvss AS v FROM types_published WHERE source LIKE '2.0%') x GROUP BY 1 ORDER BY 2;
SELECT cvss_metric('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', 'Av');
SELECT cvss_metric('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', '');

-- Partial vectors: of every version that has them, or of one
SELECT partial, count(*) FILTER (WHERE cvss_has(vector::cvss, partial)) AS vectors, array_agg(DISTINCT cvss_version(vector::cvss)) FILTER (WHERE cvss_has(vector::cvss, partial)) AS versions
  FROM types_published, (VALUES ('AV:N'), ('AV:N/PR:N'), ('PR:N/AV:N'), ('PR:N/AC:L/UI:P'), ('CVSS:4.0/AV:N'), ('CVSS:4.0'), ('E:F'), ('E:X'), ('E:ND'), ('CVSS:2.0/AC:L/Au:N'), (' S:C '), ('S:N')) AS p (partial)
 GROUP BY partial ORDER BY partial;
SELECT cvss_has('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N', p) FROM (VALUES ('AV:N/PR:N'), ('AV:L'), ('AV:N/PR:N'), (NULL)) AS x (p);
SELECT cvss_has(v, 'XX:N') FROM (SELECT vector::cvss FROM types_published) AS x (v);
\echo :LAST_ERROR_SQLSTATE
SELECT cvss_has(v, 'AV:Q') FROM (SELECT vector::cvss FROM types_published) AS x (v);
SELECT cvss_has(v, 'AV:N/') FROM (SELECT vector::cvss FROM types_published) AS x (v);
SELECT cvss_has(v, 'AV:N/AV:L') FROM (SELECT vector::cvss FROM types_published) AS x (v);
SELECT cvss_has(v, '') FROM (SELECT vector::cvss FROM types_published) AS x (v);
SELECT cvss_has(v, 'CVSS:9.9/AV:N') FROM (SELECT vector::cvss FROM types_published) AS x (v);

-- The vulnerability as one system has it
SELECT cvss_with(v, p), cvss_score(cvss_with(v, p)) FROM (VALUES (cvss 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'CR:L/MAV:L'), ('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:U', 'E:X'),
  ('CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N', 'MSI:S/MSA:S/E:U')) AS x (v, p);
SELECT cvss_with('AV:N/AC:L/Au:N/C:N/I:N/A:C', 'VC:H');
\echo :LAST_ERROR_SQLSTATE

-- Order: score, then version, then vector
SELECT cvss_score(v), v FROM (SELECT vector::cvss FROM types_published) AS x (v) WHERE cvss_score(v) IN (6.4, 6.8, 10.0) ORDER BY v;
SELECT a < b, a <= b, a = b, a <> b, a >= b, a > b FROM (VALUES (cvss 'AV:N/AC:L/Au:N/C:N/I:N/A:C', cvss 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H')) AS x (a, b);
CREATE TABLE types_vector AS
  SELECT no, cvss_with(cvss_with(v, (ARRAY['E:X', 'E:A', 'E:P', 'E:U'])[1 + no % 4]), (ARRAY['CR:X', 'CR:H', 'CR:M', 'CR:L'])[1 + no / 4 % 4]) AS v
    FROM generate_series(1, 4000) no,
         LATERAL (SELECT format('CVSS:4.0/AV:%s/AC:%s/AT:N/PR:%s/UI:N/VC:%s/VI:%s/VA:%s/SC:N/SI:N/SA:N', substr('NALP', 1 + no % 4, 1), substr('LH', 1 + no % 2, 1), substr('NLH', 1 + no % 3, 1),
                         substr('HLN', 1 + no / 3 % 3, 1), substr('HLN', 1 + no / 9 % 3, 1), substr('HLN', 1 + no / 27 % 3, 1))::cvss) x (v);
INSERT INTO types_vector SELECT -row_number() OVER (), vector::cvss FROM types_published;
ANALYZE types_vector;
SELECT count(*) AS pairs, count(*) FILTER (WHERE (s, x) > (lead_s, lead_x)) AS out_of_order
  FROM (SELECT cvss_score(v) AS s, cvss_version(v) COLLATE "C" AS x, lead(cvss_score(v)) OVER w AS lead_s, lead(cvss_version(v) COLLATE "C") OVER w AS lead_x FROM types_vector WINDOW w AS (ORDER BY v)) y;
SELECT count(*) AS vectors, count(DISTINCT v) = count(DISTINCT v::text) AS one_value_a_vector, count(*) FILTER (WHERE v::text::cvss <> v) AS changed FROM types_vector;

-- Index kinds
CREATE INDEX types_vector_v ON types_vector (v);
SET enable_seqscan = off; SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT no FROM types_vector WHERE v = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
SELECT no FROM types_vector WHERE v = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
EXPLAIN (COSTS OFF) SELECT v FROM types_vector WHERE v > 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' ORDER BY v;
RESET enable_bitmapscan;
CREATE INDEX types_vector_hash ON types_vector USING hash (v);
CREATE INDEX types_vector_brin ON types_vector USING brin (v) WITH (pages_per_range = 1);
CREATE INDEX types_vector_brin_multi ON types_vector USING brin (v cvss_minmax_multi_ops) WITH (pages_per_range = 1);
DROP INDEX types_vector_v;
EXPLAIN (COSTS OFF) SELECT no FROM types_vector WHERE v = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
SELECT no FROM types_vector WHERE v = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H';
DROP INDEX types_vector_hash;
SELECT count(*) FROM types_vector WHERE v >= 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H';
DROP INDEX types_vector_brin, types_vector_brin_multi;
INSERT INTO types_vector SELECT 0, 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' FROM generate_series(1, 5000);
CREATE INDEX types_vector_v ON types_vector (v);
CREATE INDEX types_vector_plain ON types_vector (v) WITH (deduplicate_items = off);
SELECT pg_relation_size('types_vector_v') < 0.6 * pg_relation_size('types_vector_plain') AS deduplicated;
CREATE INDEX types_vector_remote ON types_vector (v) WHERE cvss_has(v, 'AV:N/PR:N/UI:N');
EXPLAIN (COSTS OFF) SELECT no FROM types_vector WHERE cvss_has(v, 'AV:N/PR:N/UI:N') AND v = 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:H/SI:H/SA:H';
RESET enable_seqscan;
SET enable_hashjoin = off; SET enable_nestloop = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM types_vector a JOIN types_published p ON a.v = p.vector::cvss;
SELECT count(*) FROM types_vector a JOIN types_published p ON a.v = p.vector::cvss;
RESET enable_hashjoin; RESET enable_nestloop;
CREATE TABLE types_vector_part (v cvss) PARTITION BY HASH (v);
CREATE TABLE types_vector_part_0 PARTITION OF types_vector_part FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE types_vector_part_1 PARTITION OF types_vector_part FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO types_vector_part SELECT v FROM types_vector;
SELECT (SELECT count(*) FROM types_vector_part) = (SELECT count(*) FROM types_vector) AS all_there, (SELECT count(*) FROM types_vector_part_0) > 100 AND (SELECT count(*) FROM types_vector_part_1) > 100 AS spread;

-- Binary: out and in again; a hostile sender gets nothing in
COPY types_vector (v) TO :'file' (FORMAT binary);
CREATE TEMP TABLE types_vector_back (v cvss);
COPY types_vector_back FROM :'file' (FORMAT binary);
SELECT (SELECT count(*) FROM types_vector_back) = (SELECT count(*) FROM types_vector) AS all_back, (SELECT count(*) FROM (SELECT v FROM types_vector EXCEPT SELECT v FROM types_vector_back) x) AS lost;
SELECT convert_from(cvss_send('CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N'), 'UTF8');
\set SHOW_CONTEXT never
COPY (SELECT text 'CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N') TO :'file' (FORMAT binary);
COPY types_vector_back FROM :'file' (FORMAT binary);
\echo :LAST_ERROR_SQLSTATE
COPY (SELECT bigint '7061644215716937728') TO :'file' (FORMAT binary);
COPY types_vector_back FROM :'file' (FORMAT binary);
COPY (SELECT text '') TO :'file' (FORMAT binary);
COPY types_vector_back FROM :'file' (FORMAT binary);
COPY (SELECT convert_to('CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 'UTF8') || '\x00'::bytea) TO :'file' (FORMAT binary);
COPY types_vector_back FROM :'file' (FORMAT binary);

COPY (SELECT convert_to('CVSS:4.0/AV', 'UTF8') || '\x0000'::bytea || convert_to(':N', 'UTF8')) TO :'file' (FORMAT binary);
COPY types_vector_back FROM :'file' (FORMAT binary);

-- A role with no grants of ours uses the type as its own
RESET search_path;
CREATE ROLE regress_types_cvss;
CREATE SCHEMA types_cvss_user AUTHORIZATION regress_types_cvss;
SET SESSION AUTHORIZATION regress_types_cvss;
SET search_path = types_cvss_user, portfolio;
CREATE TABLE vulnerability (cve text PRIMARY KEY, vector cvss NOT NULL, score numeric GENERATED ALWAYS AS (cvss_score(vector)) STORED, CHECK (cvss_version(vector) <> '2.0'));
INSERT INTO vulnerability VALUES ('CVE-2014-0160', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N');
SELECT cve, score, cvss_severity(vector), cvss_has(vector, 'AV:N') FROM vulnerability;
RESET SESSION AUTHORIZATION;
RESET search_path;
DROP SCHEMA types_cvss_user CASCADE;
DROP ROLE regress_types_cvss;
DROP TABLE types_published, types_vector, types_vector_part;
