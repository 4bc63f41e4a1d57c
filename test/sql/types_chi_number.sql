-- Type chi_number, first as every session meets it: schema portfolio is not in search_path.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\pset null (null)
SET datestyle = ISO;

-- Input: forgiving where people write it so, one canonical output
SELECT v AS written, v::portfolio.chi_number AS stored
  FROM (VALUES ('0101011237'), ('010 101 1237'), ('010-101-1237'), (E' \t0101011237\r\n'), ('0211165794'), ('2902000014')) AS x (v);

-- Refusal, word for word: the value is masked, and no message names the day of birth
SELECT '0101011238'::portfolio.chi_number;
\echo :LAST_ERROR_SQLSTATE
SELECT '3201201234'::portfolio.chi_number;
\echo :LAST_ERROR_SQLSTATE
SELECT '310 404 1237'::portfolio.chi_number;
SELECT ''::portfolio.chi_number;
SELECT '402070763'::portfolio.chi_number;
SELECT '00402070763'::portfolio.chi_number;
SELECT '01010 11237'::portfolio.chi_number;
SELECT '010101123X'::portfolio.chi_number;
SELECT v::portfolio.chi_number FROM (VALUES (text '0101011238')) AS x (v);
-- no modulus 11 digit fits: only the other is named
SELECT '0101010010'::portfolio.chi_number;
SET pg_portfolio.mask_identifiers = off;
SELECT '0101011238'::portfolio.chi_number;
RESET pg_portfolio.mask_identifiers;

-- Judging text: never an error
SELECT v, portfolio.is_chi_number(v), portfolio.try_chi_number(v), portfolio.chi_number_problem(v)
  FROM (VALUES (NULL), ('0101011237'), ('010 101 1237'), (''), (' '), ('x'), ('010101123x'), ('123'), ('01010112370'), ('0000000000'),
               ('0001011237'), ('0100011237'), ('0113011237'), ('3111011237'), ('3004011237'), ('2902010000'), ('2902040002'), ('9990000018')) AS x (v);

-- The same by a slow second implementation, over every day and month and both moduli
CREATE FUNCTION pg_temp.slow_chi(v text, OUT problem text, OUT modulus text) LANGUAGE plpgsql AS $$
DECLARE
  by_11 int := 0;
  by_10 int := 0;
  d int;
BEGIN
  FOR k IN 1..10 LOOP
    d := substr(v, k, 1)::int;
    by_11 := by_11 + d * (11 - k);
    by_10 := by_10 + CASE WHEN k % 2 = 0 THEN d ELSE d * 2 / 10 + d * 2 % 10 END;
  END LOOP;
  BEGIN
    PERFORM make_date(CASE WHEN substr(v, 5, 2) = '00' THEN 2000 ELSE 1900 + substr(v, 5, 2)::int END, substr(v, 3, 2)::int, substr(v, 1, 2)::int);
  EXCEPTION WHEN datetime_field_overflow THEN
    problem := 'not_a_date';
  END;
  modulus := CASE WHEN by_11 % 11 = 0 AND by_10 % 10 = 0 THEN 'both' WHEN by_11 % 11 = 0 THEN '11' WHEN by_10 % 10 = 0 THEN '10' END;
  IF problem IS NULL AND modulus IS NULL THEN
    problem := 'wrong_check_digit';
  END IF;
END
$$;
WITH candidate AS (
  SELECT format('%s%s%s%s', lpad(d::text, 2, '0'), lpad(m::text, 2, '0'), lpad(y::text, 2, '0'), lpad(((d * 7919 + m * 104729 + y * 1299709 + k) % 10000)::text, 4, '0')) AS v
    FROM generate_series(0, 33) d, generate_series(0, 14) m, unnest('{0,1,4,18,99}'::int[]) y, generate_series(1, 12) k
)
SELECT count(*) AS candidates, count(*) FILTER (WHERE portfolio.is_chi_number(v)) AS valid,
       count(*) FILTER (WHERE portfolio.chi_number_problem(v) IS DISTINCT FROM slow.problem) AS problem_differs,
       count(*) FILTER (WHERE slow.problem IS NULL AND portfolio.chi_modulus(portfolio.try_chi_number(v)) IS DISTINCT FROM slow.modulus) AS modulus_differs,
       count(*) FILTER (WHERE portfolio.is_chi_number(v) <> (portfolio.try_chi_number(v) IS NOT NULL)) AS try_disagrees,
       count(*) FILTER (WHERE portfolio.try_chi_number(v)::text <> v) AS text_differs
  FROM candidate, pg_temp.slow_chi(v) slow;

-- By modulus 11 alone every single wrong digit and every swap of neighbours is caught; by 10 all but 09 for 90
WITH n AS (SELECT v, portfolio.chi_modulus(v) AS modulus FROM (SELECT portfolio.try_chi_number('010101' || lpad(i::text, 4, '0')) FROM generate_series(0, 9999) i) AS x (v) WHERE v IS NOT NULL),
wrong AS (
  SELECT modulus, 'digit' AS kind, v::text AS was, overlay(v::text placing d::text from k for 1) AS v FROM n, generate_series(7, 10) k, generate_series(0, 9) d
  UNION ALL
  SELECT modulus, 'swap', v::text, overlay(v::text placing reverse(substr(v::text, k, 2)) from k for 2) FROM n, generate_series(7, 9) k
), judged AS (
  SELECT w.kind, w.modulus, w.was, w.v, portfolio.try_chi_number(w.v) AS taken FROM wrong w WHERE w.v <> w.was
)
SELECT kind, modulus, count(*) > 100 AS many,
       count(*) FILTER (WHERE modulus IN ('11', 'both') AND portfolio.chi_modulus(taken) IN ('11', 'both')) AS missed_by_11,
       count(*) FILTER (WHERE modulus IN ('10', 'both') AND portfolio.chi_modulus(taken) IN ('10', 'both')
                          AND NOT (kind = 'swap' AND translate(was, '12345678', '') LIKE '%09%' OR translate(was, '12345678', '') LIKE '%90%')) AS missed_by_10
  FROM judged GROUP BY kind, modulus ORDER BY kind, modulus;

-- Day of birth: the latest in the hundred years that end on the day by which the person was born
SELECT v, born_by, portfolio.chi_birth_date(v::portfolio.chi_number, born_by::date)
  FROM (VALUES ('0101011237', '2018-04-01'), ('0101011237', '2001-01-01'), ('0101011237', '2000-12-31'), ('0101011237', '1950-06-30'),
               ('0211165794', '2016-11-02'), ('0211165794', '2016-11-01'), ('2902000014', '2018-04-01'), ('2902000014', '2000-02-29'),
               ('2902000014', '2000-02-28'), ('2902000014', '1999-01-01'), ('2902000014', '2100-02-28'), ('2902000014', '2100-03-01'),
               ('0101011237', 'infinity'), ('0101011237', '-infinity'), ('0101011237', '0001-01-01'), ('0101011237', '4713-01-01 BC'), ('0101011237', '5874897-12-31')) AS x (v, born_by);
-- never later than asked, never a hundred years before, and the same six digits
SELECT count(*) AS asked, count(*) FILTER (WHERE b > born_by OR b <= born_by - interval '100 years') AS out_of_range, count(*) FILTER (WHERE to_char(b, 'DDMMYY') <> left(v::text, 6)) AS other_digits
  FROM (SELECT v, born_by, portfolio.chi_birth_date(v, born_by) AS b
          FROM (SELECT portfolio.try_chi_number(to_char(date '1918-04-02' + (i * 37) % 36500, 'DDMMYY') || lpad((i * 7919 % 10000)::text, 4, '0')) AS v, date '2018-04-01' - i % 50 AS born_by FROM generate_series(1, 30000) i) x
         WHERE v IS NOT NULL) y;
SELECT portfolio.chi_sex('0101011237'), portfolio.chi_sex('0211165794'), portfolio.chi_modulus('0101011237');

-- With the search_path that use_types() prints
SET search_path = "$user", public, portfolio;
SELECT a < b, a <= b, a = b, a <> b, a >= b, a > b FROM (VALUES ('0101011237'::chi_number, '0211165794'::chi_number)) AS x (a, b);
SELECT chi_birth_date('0101011237', '2018-04-01'), is_chi_number('0101011237'), '0101011237'::chi_number::text;
SELECT chi_number '010 101 1237' = '0101011237' AS same;
RESET search_path;
SELECT '0101011237'::portfolio.chi_number = '0101011237';
SELECT '0101011237'::portfolio.chi_number OPERATOR(portfolio.=) '0101011237';
