-- Type sctid, first as every session meets it: schema portfolio is not in search_path.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\pset null (null)

-- Identifiers that are in use: the root, clinical findings, a description, a relationship, the United Kingdom's extensions
SELECT v, portfolio.sctid_component(v::portfolio.sctid), portfolio.sctid_namespace(v::portfolio.sctid), v::portfolio.sctid::bigint
  FROM (VALUES ('138875005'), ('73211009'), ('22298006'), ('404684003'), ('680946014'), ('100022'), ('900000000000207008'), ('999000011000000103'), ('999000011000001104'), (E' 22298006\n')) AS x (v);

-- Refusal, word for word; an SCTID names no patient, but in slipped columns ten digits are an NHS number
SELECT '22298007'::portfolio.sctid;
\echo :LAST_ERROR_SQLSTATE
SELECT ''::portfolio.sctid;
SELECT '22298-006'::portfolio.sctid;
SELECT '10002'::portfolio.sctid;
SELECT '1000000000000000004'::portfolio.sctid;
SELECT '012345'::portfolio.sctid;
SELECT '943 476 5918'::portfolio.sctid;
SELECT '9434765919'::portfolio.sctid;
SELECT v::portfolio.sctid FROM (VALUES (text '22298007')) AS x (v);

-- Judging text: never an error
SELECT v, portfolio.is_sctid(v), portfolio.try_sctid(v), portfolio.sctid_problem(v)
  FROM (VALUES (NULL), ('22298006'), (''), (' '), ('x'), ('2229800x'), ('-22298006'), ('+22298006'), ('0'), ('12345'), ('100005'), ('022298006'), ('22298007'), ('1000000000000000004'), (repeat('9', 100)), ('٢٢٢٩٨٠٠٦')) AS x (v);

-- A second, slow implementation, with Verhoeff's tables made from the dihedral group and his permutation
CREATE FUNCTION pg_temp.slow_sctid(v text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  c int := 0;
  p int;
BEGIN
  FOR k IN 0..length(v) - 1 LOOP
    p := substr(v, length(v) - k, 1)::int;
    FOR again IN 1..k % 8 LOOP
      p := ('{1,5,7,6,2,8,3,0,9,4}'::int[])[p + 1];
    END LOOP;
    -- rotations are 0-4, reflections 5-9
    c := CASE WHEN c < 5 AND p < 5 THEN (c + p) % 5
              WHEN c < 5 THEN 5 + (c + p - 5) % 5
              WHEN p < 5 THEN 5 + (c - 5 - p + 5) % 5
              ELSE (c - p + 5) % 5 END;
  END LOOP;
  RETURN CASE WHEN c <> 0 THEN 'wrong_check_digit'
              WHEN substr(v, length(v) - 2, 2) NOT IN ('00', '01', '02', '10', '11', '12') THEN 'invalid_partition'
              WHEN substr(v, length(v) - 2, 1) = '1' AND length(v) < 11 THEN 'no_namespace' END;
END
$$;
WITH candidate AS (
  SELECT (hashint8extended(i, 42) % 900000000000000000 + 1000000000000000000)::text AS big, i FROM generate_series(1, 60000) i
), one AS (
  SELECT left(translate(left(big, 1), '0', '1') || substr(big, 2), 2 + i % 13) || (ARRAY['00', '01', '02', '10', '11', '12', '03', '20', '99'])[1 + i % 9] || i % 10 AS v FROM candidate
), judged AS (
  SELECT v, portfolio.sctid_problem(v) AS fast, pg_temp.slow_sctid(v) AS slow FROM one WHERE length(v) BETWEEN 6 AND 18 AND v !~ '[^0-9]'
)
SELECT count(*) > 50000 AS many, count(*) FILTER (WHERE fast IS NULL) > 2000 AS many_valid, count(*) FILTER (WHERE fast IS DISTINCT FROM slow) AS differ,
       count(*) FILTER (WHERE fast = 'invalid_partition') > 100 AS other_partitions, count(*) FILTER (WHERE fast = 'no_namespace') > 100 AS without_namespace FROM judged;

-- Verhoeff's promise: every single wrong digit and every swap of neighbours is refused
CREATE TEMP TABLE types_valid AS
  SELECT v FROM (SELECT (100000 + i * 7919)::text || p || d AS v FROM generate_series(1, 120) i, unnest('{00,01,02}'::text[]) p, generate_series(0, 9) d
                 UNION ALL SELECT i * 7919 || '1000000' || p || d FROM generate_series(1, 120) i, unnest('{10,11,12}'::text[]) p, generate_series(0, 9) d
                 UNION ALL VALUES ('138875005'), ('900000000000207008'), ('999000011000000103')) x
   WHERE portfolio.is_sctid(v);
SELECT count(*) AS valid FROM types_valid;
SELECT count(*) AS changed, count(*) FILTER (WHERE portfolio.is_sctid(overlay(v placing d::text from k for 1))) AS missed
  FROM types_valid, LATERAL generate_series(1, length(v)) k, generate_series(0, 9) d WHERE substr(v, k, 1) <> d::text;
SELECT count(*) AS swapped, count(*) FILTER (WHERE portfolio.is_sctid(overlay(v placing reverse(substr(v, k, 2)) from k for 2))) AS missed
  FROM types_valid, LATERAL generate_series(1, length(v) - 1) k WHERE substr(v, k, 1) <> substr(v, k + 1, 1);

-- With the search_path that use_types() prints
SET search_path = "$user", public, portfolio;
SELECT a < b, a <= b, a = b, a <> b, a >= b, a > b FROM (VALUES ('22298006'::sctid, '138875005'::sctid)) AS x (a, b);
SELECT sctid_component('22298006'), sctid '22298006' = '22298006' AS same, '22298006'::sctid::text || '!';
RESET search_path;
SELECT '22298006'::portfolio.sctid = '22298006';
SELECT '22298006'::portfolio.sctid OPERATOR(portfolio.=) '22298006';
DROP TABLE types_valid;
