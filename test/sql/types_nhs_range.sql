-- All ten million numbers of the NHS test range, each judged and compared with an independent slow implementation: of the
-- ten numbers that share nine digits the one with the check digit of the data dictionary is valid, or none where that is 10.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
CREATE TEMP TABLE types_expected AS
  SELECT nine, 11 - (9 * 10 + 9 * 9 + 9 * 8 + nine / 100000 % 10 * 7 + nine / 10000 % 10 * 6 + nine / 1000 % 10 * 5
                     + nine / 100 % 10 * 4 + nine / 10 % 10 * 3 + nine % 10 * 2) % 11 AS check_digit
    FROM generate_series(999000000, 999999999) nine;
WITH number AS (
  SELECT nine::text || digit AS v, digit = check_digit % 11 AS expected FROM types_expected, generate_series(0, 9) digit
), judged AS (
  SELECT expected, portfolio.is_nhs_number(v) AS valid, portfolio.try_nhs_number(v) AS taken, v FROM number
)
SELECT count(*) AS numbers, count(*) FILTER (WHERE valid) AS valid, count(*) FILTER (WHERE valid <> expected) AS judged_wrongly,
       count(*) FILTER (WHERE valid AND portfolio.int8(taken) <> v::bigint) AS taken_wrongly, count(*) FILTER (WHERE NOT valid AND taken IS NOT NULL) AS wrongly_taken
  FROM judged;
SELECT count(*) AS with_a_check_digit, count(*) FILTER (WHERE check_digit = 10) AS without FROM types_expected WHERE check_digit <= 11;
DROP TABLE types_expected;
