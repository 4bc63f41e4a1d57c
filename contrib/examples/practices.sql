-- Every general practice of England, Wales and the islands, and whose they are: the files epraccur.csv and epcmem.csv
-- of the Organisation Data Service, judged by rules that a data manager would write.
--   psql -d mydb -v data=/where/the/files/are -f contrib/examples/practices.sql
\set ON_ERROR_STOP on
SET client_min_messages = warning;
BEGIN;
DROP SCHEMA IF EXISTS ods CASCADE;
CREATE SCHEMA ods;
CREATE TABLE ods.practice (
  code text, name text, region text, icb text, address_1 text, address_2 text, address_3 text, address_4 text, address_5 text,
  postcode text, opened date, closed date, status text, organisation_type text, commissioner text, joined date, left_on date,
  telephone text, spare_1 text, spare_2 text, spare_3 text, amended text, spare_4 text, provider_purchaser text, spare_5 text,
  setting text, spare_6 text);
CREATE TABLE ods.membership (practice text, commissioner text, organisation_type text, starts date, ends date, amended text);
\set load '\\copy ods.practice FROM ''' :data '/epraccur.csv'' (FORMAT csv, FORCE_NULL (region, postcode, opened, closed, commissioner, joined, left_on, telephone))'
:load
\set load '\\copy ods.membership FROM ''' :data '/epcmem.csv'' (FORMAT csv, FORCE_NULL (starts, ends))'
:load
ANALYZE ods.practice, ods.membership;

SELECT portfolio.register_data_set('PRACTICE', 'ods.practice', '{code}', name => 'General practices') AS practice,
       portfolio.register_data_set('MEMBERSHIP', 'ods.membership', '{practice,commissioner,starts}', name => 'Practices and their commissioners') AS membership \gset
-- The address of a surgery is public; the day the service was reorganised stands for "before we kept dates"
UPDATE portfolio.data_item SET sensitivity = 'none', sensitivity_confirmed = true WHERE data_set IN (:practice, :membership);
UPDATE portfolio.data_item SET default_codes = '{1974-04-01}', default_threshold = 10, mandatory = true WHERE data_set = :practice AND name = 'opened';
UPDATE portfolio.data_item SET applies_when = $$status = 'C'$$ WHERE data_set = :practice AND name = 'closed';
UPDATE portfolio.data_item SET applies_when = $$status = 'C' AND joined IS NOT NULL$$ WHERE data_set = :practice AND name = 'left_on';

CREATE TEMP TABLE rule_book (data_set text, code text, item text, dimension text, severity text, expression text);
INSERT INTO rule_book VALUES
  ('PRACTICE', 'code is an ODS code', 'code', 'validity', 'high', 'is_ods_code(code)'),
  ('PRACTICE', 'code is a letter and five digits', 'code', 'validity', 'low', $$code ~ '^[A-Z]\d{5}$'$$),
  ('PRACTICE', 'one row a practice', 'code', 'uniqueness', 'critical', 'unique(code)'),
  ('PRACTICE', 'postcode is there', 'postcode', 'completeness', 'medium', 'postcode IS NOT NULL'),
  ('PRACTICE', 'postcode can exist', 'postcode', 'validity', 'medium', 'is_postcode(postcode)'),
  ('PRACTICE', 'region is there', 'region', 'completeness', 'medium', 'region IS NOT NULL'),
  ('PRACTICE', 'an ICB is in one region', 'icb', 'consistency', 'medium', 'determines(icb, region)'),
  ('PRACTICE', 'status is known', 'status', 'validity', 'high', $$status IN ('A', 'C', 'D', 'P')$$),
  ('PRACTICE', 'closed ones have a day, others none', NULL, 'consistency', 'high', $$(status = 'C') = (closed IS NOT NULL)$$),
  ('PRACTICE', 'closed after it opened', 'closed', 'consistency', 'high', 'closed >= opened'),
  ('PRACTICE', 'left after it joined', 'left_on', 'consistency', 'high', 'left_on >= joined'),
  ('PRACTICE', 'active ones have a telephone', 'telephone', 'completeness', 'medium', $$status <> 'A' OR telephone IS NOT NULL$$),
  ('PRACTICE', 'telephone begins with 0', 'telephone', 'validity', 'low', $$telephone ~ '^0[\d ]{9,12}$'$$),
  ('PRACTICE', 'its commissioner has it as a member', 'commissioner', 'consistency', 'high', 'references(code, commissioner, membership(practice, commissioner))'),
  ('PRACTICE', 'active ones belong to someone on 1 October 2019', 'commissioner', 'consistency', 'high',
   $$references(CASE WHEN status = 'A' THEN code END, membership(practice), at => date '2019-10-01', valid => (starts, ends))$$),
  ('MEMBERSHIP', 'one row a membership', NULL, 'uniqueness', 'high', 'unique(practice, commissioner, starts)'),
  ('MEMBERSHIP', 'ends after it begins', 'ends', 'consistency', 'high', 'ends >= starts'),
  ('MEMBERSHIP', 'no overlapping memberships', NULL, 'uniqueness', 'high', 'unique(practice, during => (starts, ends))'),
  ('MEMBERSHIP', 'the practice exists', 'practice', 'consistency', 'high', 'references(practice, practice(code))'),
  ('MEMBERSHIP', 'the practice is open when it begins', 'starts', 'consistency', 'medium', 'references(practice, practice(code), at => starts, valid => (opened, closed))'),
  ('MEMBERSHIP', 'current ones are of a practice that exists', 'practice', 'consistency', 'critical', 'references(CASE WHEN ends IS NULL THEN practice END, practice(code))');
DO $$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT * FROM rule_book LOOP
    PERFORM portfolio.add_rule(r.data_set, r.code, r.expression, r.item, r.dimension, r.severity);
  END LOOP;
END
$$;
SELECT count(*) FROM portfolio.score_data_set('PRACTICE') \g /dev/null
SELECT count(*) FROM portfolio.score_data_set('MEMBERSHIP') \g /dev/null
COMMIT;

\echo What the rules found
SELECT code AS data_set, rule, failed, missing FROM portfolio.rule_quality WHERE code IN ('PRACTICE', 'MEMBERSHIP') AND failed > 0
UNION ALL
SELECT data_set_code, rule, failed, missing FROM portfolio.latest_whole_set WHERE data_set_code IN ('PRACTICE', 'MEMBERSHIP') AND failed > 0
 ORDER BY 1, 2;
