-- A rule that is is_x(column) is judged in C: what score() counts is what plain SQL counts, for every type with a validator.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
CREATE TABLE types_native AS
  SELECT v FROM unnest('{"",RH8,A81001,LS1 4AP,ls14ap,ZZ99 3VZ,QQ1 1AA,I21.0,I10,A17.0+,I20.-,W38.1,W38,i011,22298006,22298007,9990000018,999 000 0018,0101011237,"Amber/Red",CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H,é,NULL}'::text[]) v,
       generate_series(1, 3);
INSERT INTO types_native SELECT substr(md5(i::text), 1, i % 9) FROM generate_series(1, 3000) i;
INSERT INTO types_native SELECT chr(65 + i % 26) || lpad((i % 1000)::text, 3, '0') FROM generate_series(1, 3000) i;
CREATE TABLE types_native_rule AS
  SELECT format('%s%s(v)', CASE WHEN negated THEN 'NOT ' ELSE '' END, 'is_' || t.typname) AS rule
    FROM pg_type t, unnest('{false,true}'::boolean[]) negated
   WHERE t.typnamespace = 'portfolio'::regnamespace AND t.typtype = 'b' AND t.typcategory <> 'A' AND to_regproc(format('portfolio.is_%s', t.typname)) IS NOT NULL;
CREATE FUNCTION types_native_count(rule text) RETURNS bigint[] LANGUAGE plpgsql SET search_path = pg_catalog, portfolio, public AS $$
DECLARE counts bigint[];
BEGIN
  EXECUTE format('SELECT ARRAY[count(*) FILTER (WHERE (%1$s)), count(*) FILTER (WHERE NOT (%1$s)), count(*) FILTER (WHERE (%1$s) IS NULL)] FROM types_native', rule) INTO counts;
  RETURN counts;
END $$;
SELECT count(*) >= 10 AS rules, count(*) FILTER (WHERE ARRAY[s.passed, s.failed, s.missing] <> types_native_count(s.rule)) AS counted_otherwise, min(s.passed) > 0 AS all_have_some, min(s.missing) AS missing
  FROM portfolio.score('types_native', ARRAY(SELECT rule FROM types_native_rule)) s;
-- What judges text fails for no value, by what its function promises and not by its name
SELECT ord, may_raise FROM portfolio.rule_set_rules(portfolio.rule_set('types_native', ARRAY['portfolio.is_icd10(v)', 'portfolio.try_postcode(v) IS NULL',
  'portfolio.dca_problem(v) = ''empty''', 'portfolio.is_public_function(ascii(v)::oid)', 'v::portfolio.icd10 IS NOT NULL', 'portfolio.in_value_set(v, ''ethnic_category'')',
  'portfolio.in_value_set(v, ''types_nothing'')'])) ORDER BY ord;
DROP TABLE types_native, types_native_rule;
DROP FUNCTION types_native_count;
