-- min() and max() of every ordered identifier and code, by scan, in parallel, and from the ends of an index.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
SET search_path = "$user", public, portfolio;
CREATE TABLE types_min_max (nhs nhs_number, chi chi_number, sct sctid, ods ods_code, home postcode, diagnosis icd10, operation opcs4, flaw cvss);
SELECT min(nhs), max(home) FROM types_min_max;
INSERT INTO types_min_max VALUES
  ('9990000018', '0101011237', '22298006', 'RH802', 'LS10 1AA', 'I21.0', 'W38.1', 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H'), ('4505577104', NULL, '100022', 'A81001', 'LS1 9ZZ', 'A17.0D', 'A01.1', 'AV:N/AC:L/Au:N/C:C/I:C/A:C'),
  (NULL, NULL, '999000011000000103', 'ZZZ', 'ZZ99 3VZ', 'I10', 'X999', 'CVSS:4.0/AV:P/AC:H/AT:P/PR:H/UI:A/VC:N/VI:N/VA:N/SC:N/SI:N/SA:N'), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT min(nhs), max(nhs), min(chi), max(chi), min(sct), max(sct) FROM types_min_max;
SELECT min(ods), max(ods), min(home), max(home), min(diagnosis), max(diagnosis), min(operation), max(operation) FROM types_min_max;
SELECT min(flaw), max(flaw) FROM types_min_max;
SELECT postcode_area(home) AS area, min(home), max(home) FROM types_min_max GROUP BY 1 ORDER BY 1;
CREATE INDEX types_min_max_home ON types_min_max (home);
SET enable_seqscan = off;
SET enable_indexonlyscan = off;
EXPLAIN (COSTS OFF) SELECT min(home), max(home) FROM types_min_max;
SELECT min(home), max(home) FROM types_min_max;
CREATE INDEX types_min_max_flaw ON types_min_max (flaw);
EXPLAIN (COSTS OFF) SELECT max(flaw) FROM types_min_max;
SELECT cvss_score(max(flaw)) FROM types_min_max;
-- Ratings have an order that mixes scales: worst() is for them
SELECT max(d) FROM (VALUES (dca 'Red')) AS x (d);
RESET enable_indexonlyscan;
RESET enable_seqscan;
CREATE TABLE types_min_max_many AS SELECT ('A' || lpad((i * 7919 % 100003)::text, 6, '0'))::ods_code AS c FROM generate_series(1, 50000) i;
ALTER TABLE types_min_max_many SET (parallel_workers = 2);
SET max_parallel_workers_per_gather = 2;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT min(c), max(c) FROM types_min_max_many;
SELECT min(c), max(c), min(c)::text = min(c::text COLLATE "C") AND max(c)::text = max(c::text COLLATE "C") AS as_text FROM types_min_max_many;
RESET min_parallel_table_scan_size;
RESET parallel_tuple_cost;
RESET parallel_setup_cost;
RESET max_parallel_workers_per_gather;
RESET search_path;
DROP TABLE types_min_max, types_min_max_many;
