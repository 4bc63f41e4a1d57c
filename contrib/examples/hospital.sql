-- A hospital data set to score: synthetic episodes of 20 providers over 12 months, with defects
-- planted at stated rates, so that what a score finds can be laid beside what was planted.
--
--   psql -d mydb -f contrib/examples/hospital.sql
--   psql -d mydb -v rows=20000 -v nhs_bad_rate=0.05 -f contrib/examples/hospital.sql
--   SELECT * FROM hospital.planted_and_found;
--
-- Run it again at any time: it starts afresh. Nobody in it is real: every NHS number is valid and of
-- the range 999, which is kept for tests; no postcode area and no practice code in it is in use.
-- The same variables give the same rows on every machine: everything is drawn by hash, not by random().
\set ON_ERROR_STOP on
\if :{?rows} \else \set rows 100000 \endif
\if :{?nhs_missing_rate} \else \set nhs_missing_rate 0.03 \endif
\if :{?nhs_bad_rate} \else \set nhs_bad_rate 0.02 \endif
\if :{?postcode_bad_rate} \else \set postcode_bad_rate 0.01 \endif
\if :{?ethnic_default_rate} \else \set ethnic_default_rate 0.05 \endif
-- The bad month: ethnic category defaulted this often. The bad upload: postcode and practice swapped.
\if :{?bad_month} \else \set bad_month '2024-11' \endif
\if :{?bad_month_default_rate} \else \set bad_month_default_rate 0.45 \endif
\if :{?bad_upload_provider} \else \set bad_upload_provider 'ZT007' \endif
\if :{?bad_upload_month} \else \set bad_upload_month '2024-07' \endif

BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL search_path = pg_catalog, pg_temp;
DROP SCHEMA IF EXISTS hospital CASCADE;
DELETE FROM portfolio.submission USING portfolio.data_set d WHERE submission.data_set = d.id AND d.code = 'HOSPITAL-APC';
DELETE FROM portfolio.quality_score USING portfolio.data_set d WHERE quality_score.data_set = d.id AND d.code = 'HOSPITAL-APC';
DELETE FROM portfolio.score_total USING portfolio.data_set d WHERE score_total.data_set = d.id AND d.code = 'HOSPITAL-APC';
DELETE FROM portfolio.score_run USING portfolio.data_set d WHERE score_run.data_set = d.id AND d.code = 'HOSPITAL-APC';
DELETE FROM portfolio.published_score USING portfolio.data_set d WHERE published_score.data_set = d.id AND d.code = 'HOSPITAL-APC';
DELETE FROM portfolio.score_edition USING portfolio.data_set d WHERE score_edition.data_set = d.id AND d.code = 'HOSPITAL-APC';
DELETE FROM portfolio.quality_rule USING portfolio.data_set d WHERE quality_rule.data_set = d.id AND d.code = 'HOSPITAL-APC';
DELETE FROM portfolio.data_item USING portfolio.data_set d WHERE data_item.data_set = d.id AND d.code = 'HOSPITAL-APC';
DELETE FROM portfolio.data_set WHERE code = 'HOSPITAL-APC';

CREATE SCHEMA hospital;
COMMENT ON SCHEMA hospital IS 'pg_portfolio example: synthetic episodes with planted defects';

-- What is planted, and how often. A defect is named after the rule that should find it; a default is
-- named after its item. Each is drawn once for every row.
CREATE TABLE hospital.planted (
  kind text NOT NULL CHECK (kind IN ('defect', 'default')),
  name text NOT NULL,
  rate numeric NOT NULL CHECK (rate BETWEEN 0 AND 1),
  what text NOT NULL,
  PRIMARY KEY (kind, name)
);
INSERT INTO hospital.planted (kind, name, rate, what) VALUES
  ('defect', 'nhs_present', :nhs_missing_rate, 'NHS number left out'),
  ('defect', 'nhs_valid', :nhs_bad_rate, 'NHS number with a wrong check digit'),
  ('defect', 'birth_present', 0.004, 'birth date left out'),
  ('defect', 'birth_before_admission', 0.002, 'born after admission'),
  ('defect', 'age_plausible', 0.001, 'older than 116 years'),
  ('defect', 'sex_valid', 0.006, 'sex U, which is no code'),
  ('defect', 'maternity_female', 0.003, 'obstetric episode of a man'),
  ('defect', 'ethnic_present', 0.01, 'ethnic category left out'),
  ('defect', 'ethnic_valid', 0.005, 'ethnic category of the 1991 census'),
  ('defect', 'postcode_present', 0.015, 'postcode left out'),
  ('defect', 'postcode_valid', :postcode_bad_rate, 'postcode cut off; and all of the bad upload'),
  ('defect', 'gp_present', 0.008, 'practice left out'),
  ('defect', 'gp_valid', 0.007, 'practice written as &; and all of the bad upload'),
  ('defect', 'commissioner_valid', 0.004, 'commissioner written as ?'),
  ('defect', 'admission_method_valid', 0.003, 'admission method 99X'),
  ('defect', 'treatment_function_valid', 0.005, 'treatment function 000'),
  ('defect', 'consultant_valid', 0.006, 'consultant with a digit short'),
  ('defect', 'diagnosis_present', 0.02, 'diagnosis left out'),
  ('defect', 'diagnosis_valid', 0.012, 'diagnosis with a lower-case letter'),
  ('defect', 'discharge_after_admission', 0.004, 'discharged before admission'),
  ('defect', 'stay_plausible', 0.001, 'stay of more than a year'),
  ('defect', 'discharge_complete', 0.003, 'discharged, but no discharge method'),
  ('defect', 'submitted_in_time', 0.025, 'submitted later than 51 days after admission'),
  ('default', 'ethnic_category', :ethnic_default_rate, 'ethnic category 99, not known; much more in the bad month'),
  ('default', 'postcode', 0.005, 'postcode ZZ99 3WZ, not known'),
  ('default', 'gp_practice', 0.012, 'practice V81999, not known'),
  ('default', 'consultant', 0.01, 'consultant C9999998, not known'),
  ('default', 'diagnosis', 0.03, 'diagnosis R69X, not known');

CREATE TABLE hospital.provider (
  code text PRIMARY KEY,
  name text NOT NULL,
  weight double precision NOT NULL
);
INSERT INTO hospital.provider
SELECT format('ZT%s', lpad(n::text, 3, '0')), format('Synthetic Hospital %s', n), 0.5 + n % 5 * 0.25 FROM generate_series(1, 20) n;

-- A number in [0, 1) drawn from a row and a purpose.
CREATE FUNCTION hospital.draw(id bigint, purpose bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (hashint8extended(id, purpose) & 4503599627370495) / 4503599627370496.0::double precision;

-- Six digits behind 999 with the check digit of an NHS number; NULL where the check digit would be 10.
CREATE FUNCTION hospital.test_nhs_number(n bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN 11 - s % 11 <> 10 THEN format('999%s%s', lpad(n::text, 6, '0'), (11 - s % 11) % 11) END
    FROM (SELECT 9 * 10 + 9 * 9 + 9 * 8 + n / 100000 % 10 * 7 + n / 10000 % 10 * 6 + n / 1000 % 10 * 5
                 + n / 100 % 10 * 4 + n / 10 % 10 * 3 + n % 10 * 2) AS v(s);
END;

CREATE TABLE hospital.patient (
  id bigint PRIMARY KEY,
  nhs_number text NOT NULL UNIQUE,
  family_name text NOT NULL,
  birth_date date NOT NULL,
  sex text NOT NULL,
  ethnic_category text NOT NULL,
  postcode text NOT NULL,
  gp_practice text NOT NULL
);
INSERT INTO hospital.patient
SELECT row_number() OVER (ORDER BY n), nhs,
       (ARRAY['ASHDOWN', 'BRAMBLE', 'COPPERTREE', 'DUNMOOR', 'ELDERFIELD', 'FENWATER', 'GORSEHILL', 'HOLLOWAY-TEST'])[1 + floor(hospital.draw(n, 1) * 8)::int]
         || '-' || n,
       date '2024-03-01' - floor(hospital.draw(n, 2) * 33000)::int,
       CASE WHEN hospital.draw(n, 3) < 0.49 THEN '1' ELSE '2' END,
       (ARRAY['A', 'A', 'A', 'A', 'A', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'J', 'K', 'L', 'M', 'N', 'P', 'R', 'S', 'Z'])[1 + floor(hospital.draw(n, 4) * 22)::int],
       format('%s%s %s%s',
              (ARRAY['AA', 'CC', 'EE', 'HH', 'KK', 'MM', 'NN', 'PP'])[1 + floor(hospital.draw(n, 5) * 8)::int],
              1 + floor(hospital.draw(n, 6) * 29)::int, floor(hospital.draw(n, 7) * 10)::int,
              (ARRAY['AB', 'DE', 'HJ', 'LN', 'PQ', 'RS', 'TU', 'WX', 'YZ'])[1 + floor(hospital.draw(n, 8) * 9)::int]),
       CASE WHEN hospital.draw(n, 9) < 0.03 THEN format('TTT%s', 100 + floor(hospital.draw(n, 10) * 900)::int)
            ELSE format('T%s', 10000 + floor(hospital.draw(n, 10) * 500)::int) END
  FROM (SELECT n, hospital.test_nhs_number(n * 13 % 1000000) AS nhs FROM generate_series(1::bigint, 70000) n) AS g
 WHERE nhs IS NOT NULL;

-- The landing table: what comes in is text, judged and never refused.
CREATE TABLE hospital.episode (
  episode_id bigint PRIMARY KEY,
  upload text NOT NULL,
  provider text NOT NULL,
  activity_month text NOT NULL,
  nhs_number text,
  family_name text,
  birth_date date,
  sex text,
  ethnic_category text,
  postcode text,
  gp_practice text,
  commissioner text,
  admission_date date NOT NULL,
  admission_method text,
  treatment_function text,
  consultant text,
  diagnosis text,
  procedure_code text,
  discharge_date date,
  discharge_method text,
  submitted_on date
);
-- Which defect and which default each row really carries.
CREATE TABLE hospital.planted_row (
  kind text NOT NULL,
  name text NOT NULL,
  episode_id bigint NOT NULL,
  PRIMARY KEY (kind, name, episode_id),
  FOREIGN KEY (kind, name) REFERENCES hospital.planted
);

-- One draw a column decides between its defects, so that no defect hides another.
CREATE TEMP TABLE drawn ON COMMIT DROP AS
WITH rate AS (
  SELECT jsonb_object_agg(kind || '.' || name, rate) AS r FROM hospital.planted
), step AS MATERIALIZED (
  SELECT (r->>'defect.nhs_present')::float8 AS nhs1, (r->>'defect.nhs_valid')::float8 AS nhs2,
         (r->>'defect.birth_present')::float8 AS birth1, (r->>'defect.birth_before_admission')::float8 AS birth2, (r->>'defect.age_plausible')::float8 AS birth3,
         (r->>'defect.sex_valid')::float8 AS sex1, (r->>'defect.maternity_female')::float8 AS sex2, (r->>'defect.treatment_function_valid')::float8 AS sex3,
         (r->>'defect.ethnic_present')::float8 AS ethnic1, (r->>'defect.ethnic_valid')::float8 AS ethnic2, (r->>'default.ethnic_category')::float8 AS ethnic3,
         (r->>'defect.postcode_present')::float8 AS postcode1, (r->>'defect.postcode_valid')::float8 AS postcode2, (r->>'default.postcode')::float8 AS postcode3,
         (r->>'defect.gp_present')::float8 AS gp1, (r->>'defect.gp_valid')::float8 AS gp2, (r->>'default.gp_practice')::float8 AS gp3,
         (r->>'defect.commissioner_valid')::float8 AS commissioner1, (r->>'defect.admission_method_valid')::float8 AS method1,
         (r->>'defect.consultant_valid')::float8 AS consultant1, (r->>'default.consultant')::float8 AS consultant2,
         (r->>'defect.diagnosis_present')::float8 AS diagnosis1, (r->>'defect.diagnosis_valid')::float8 AS diagnosis2, (r->>'default.diagnosis')::float8 AS diagnosis3,
         (r->>'defect.discharge_after_admission')::float8 AS discharge1, (r->>'defect.stay_plausible')::float8 AS discharge2, (r->>'defect.discharge_complete')::float8 AS discharge3,
         (r->>'defect.submitted_in_time')::float8 AS late1
    FROM rate
), range AS (
  SELECT code, (sum(weight) OVER (ORDER BY code) - weight) / sum(weight) OVER () AS low, sum(weight) OVER (ORDER BY code) / sum(weight) OVER () AS high
    FROM hospital.provider
), episode AS (
  SELECT id, p.code AS provider, d.admission_date, to_char(d.admission_date, 'YYYY-MM') AS month,
         1 + floor(hospital.draw(id, 103) * (SELECT count(*) FROM hospital.patient))::bigint AS patient
    FROM generate_series(1::bigint, :rows) id
    JOIN range p ON hospital.draw(id, 101) >= p.low AND hospital.draw(id, 101) < p.high
   -- ZT013 sends nothing for December: those episodes happen a month later
   CROSS JOIN LATERAL (SELECT date '2024-04-01' + floor(hospital.draw(id, 102) * 365)::int AS admission_date) AS a
   CROSS JOIN LATERAL (SELECT CASE WHEN p.code = 'ZT013' AND a.admission_date BETWEEN '2024-12-01' AND '2024-12-31' THEN a.admission_date + 31
                                   ELSE a.admission_date END AS admission_date) AS d
)
SELECT e.*, e.provider = :'bad_upload_provider' AND e.month = :'bad_upload_month' AS bad_upload,
       CASE WHEN u.nhs < nhs1 THEN 'nhs_present' WHEN u.nhs < nhs1 + nhs2 THEN 'nhs_valid' END AS nhs,
       CASE WHEN u.birth < birth1 THEN 'birth_present' WHEN u.birth < birth1 + birth2 THEN 'birth_before_admission'
            WHEN u.birth < birth1 + birth2 + birth3 THEN 'age_plausible' END AS birth,
       CASE WHEN u.sex < sex1 THEN 'sex_valid' WHEN u.sex < sex1 + sex2 THEN 'maternity_female'
            WHEN u.sex < sex1 + sex2 + sex3 THEN 'treatment_function_valid' END AS sex,
       CASE WHEN u.ethnic < ethnic1 THEN 'ethnic_present' WHEN u.ethnic < ethnic1 + ethnic2 THEN 'ethnic_valid'
            WHEN u.ethnic < ethnic1 + ethnic2 + CASE WHEN e.month = :'bad_month' THEN greatest(ethnic3, :bad_month_default_rate) ELSE ethnic3 END THEN 'default' END AS ethnic,
       CASE WHEN e.provider = :'bad_upload_provider' AND e.month = :'bad_upload_month' THEN 'postcode_valid'
            WHEN u.postcode < postcode1 THEN 'postcode_present' WHEN u.postcode < postcode1 + postcode2 THEN 'postcode_valid'
            WHEN u.postcode < postcode1 + postcode2 + postcode3 THEN 'default' END AS postcode,
       CASE WHEN e.provider = :'bad_upload_provider' AND e.month = :'bad_upload_month' THEN 'gp_valid'
            WHEN u.gp < gp1 THEN 'gp_present' WHEN u.gp < gp1 + gp2 THEN 'gp_valid' WHEN u.gp < gp1 + gp2 + gp3 THEN 'default' END AS gp,
       CASE WHEN u.commissioner < commissioner1 THEN 'commissioner_valid' END AS commissioner,
       CASE WHEN u.method < method1 THEN 'admission_method_valid' END AS method,
       CASE WHEN u.consultant < consultant1 THEN 'consultant_valid' WHEN u.consultant < consultant1 + consultant2 THEN 'default' END AS consultant,
       CASE WHEN u.diagnosis < diagnosis1 THEN 'diagnosis_present' WHEN u.diagnosis < diagnosis1 + diagnosis2 THEN 'diagnosis_valid'
            WHEN u.diagnosis < diagnosis1 + diagnosis2 + diagnosis3 THEN 'default' END AS diagnosis,
       CASE WHEN u.discharge < discharge1 THEN 'discharge_after_admission' WHEN u.discharge < discharge1 + discharge2 THEN 'stay_plausible'
            WHEN u.discharge < discharge1 + discharge2 + discharge3 THEN 'discharge_complete' END AS discharge,
       CASE WHEN u.late < late1 THEN 'submitted_in_time' END AS late
  FROM episode e
 CROSS JOIN step
 CROSS JOIN LATERAL (SELECT hospital.draw(e.id, 201) AS nhs, hospital.draw(e.id, 202) AS birth, hospital.draw(e.id, 203) AS sex,
                            hospital.draw(e.id, 204) AS ethnic, hospital.draw(e.id, 205) AS postcode, hospital.draw(e.id, 206) AS gp,
                            hospital.draw(e.id, 207) AS commissioner, hospital.draw(e.id, 208) AS method, hospital.draw(e.id, 209) AS consultant,
                            hospital.draw(e.id, 210) AS diagnosis, hospital.draw(e.id, 211) AS discharge, hospital.draw(e.id, 212) AS late) AS u;
ANALYZE drawn;

INSERT INTO hospital.episode
SELECT d.id, d.provider || '/' || d.month, d.provider, d.month,
       CASE d.nhs WHEN 'nhs_present' THEN NULL
                  WHEN 'nhs_valid' THEN left(p.nhs_number, 9) || (right(p.nhs_number, 1)::int + 1 + floor(hospital.draw(d.id, 301) * 9)::int) % 10
                  ELSE p.nhs_number END,
       p.family_name,
       CASE d.birth WHEN 'birth_present' THEN NULL
                    WHEN 'birth_before_admission' THEN d.admission_date + 1 + floor(hospital.draw(d.id, 302) * 300)::int
                    WHEN 'age_plausible' THEN d.admission_date - 42500 - floor(hospital.draw(d.id, 302) * 3000)::int
                    ELSE p.birth_date END,
       CASE d.sex WHEN 'sex_valid' THEN 'U' WHEN 'maternity_female' THEN '1' ELSE p.sex END,
       CASE d.ethnic WHEN 'ethnic_present' THEN NULL WHEN 'ethnic_valid' THEN '7' WHEN 'default' THEN '99' ELSE p.ethnic_category END,
       CASE WHEN d.bad_upload THEN p.gp_practice
            WHEN d.postcode = 'postcode_present' THEN NULL
            WHEN d.postcode = 'postcode_valid' THEN split_part(p.postcode, ' ', 1)
            WHEN d.postcode = 'default' THEN 'ZZ99 3WZ' ELSE p.postcode END,
       CASE WHEN d.bad_upload THEN p.postcode
            WHEN d.gp = 'gp_present' THEN NULL WHEN d.gp = 'gp_valid' THEN '&' WHEN d.gp = 'default' THEN 'V81999' ELSE p.gp_practice END,
       CASE WHEN d.commissioner IS NOT NULL THEN '?' ELSE format('Z%sC', 10 + d.id % 40) END,
       d.admission_date,
       CASE WHEN d.method IS NOT NULL THEN '99X'
            ELSE (ARRAY['11', '12', '13', '21', '21', '21', '22', '23', '24', '28', '31', '82'])[1 + floor(hospital.draw(d.id, 303) * 12)::int] END,
       CASE WHEN d.sex = 'treatment_function_valid' THEN '000' WHEN d.sex = 'maternity_female' THEN '501'
            WHEN p.sex = '2' AND d.sex IS NULL AND hospital.draw(d.id, 304) < 0.15 THEN '501'
            ELSE (ARRAY['100', '101', '110', '120', '130', '300', '301', '320', '340', '420', '430'])[1 + floor(hospital.draw(d.id, 305) * 11)::int] END,
       CASE d.consultant WHEN 'consultant_valid' THEN format('C%s', 900000 + d.id % 1000) WHEN 'default' THEN 'C9999998'
                         ELSE format('C%s', 9000000 + d.id * 31 % 4000) END,
       CASE d.diagnosis WHEN 'diagnosis_present' THEN NULL WHEN 'diagnosis_valid' THEN 'j189' WHEN 'default' THEN 'R69X'
                        ELSE (ARRAY['I10X', 'J189', 'N390', 'R074', 'K590', 'S720', 'E119', 'O800', 'C509', 'H269', 'M179', 'F329'])[1 + floor(hospital.draw(d.id, 306) * 12)::int] END,
       CASE WHEN hospital.draw(d.id, 307) < 0.6 THEN (ARRAY['H221', 'W401', 'G451', 'J183', 'X292', 'U051'])[1 + floor(hospital.draw(d.id, 308) * 6)::int] END,
       CASE d.discharge WHEN 'discharge_after_admission' THEN d.admission_date - 1 - floor(hospital.draw(d.id, 309) * 20)::int
                        WHEN 'stay_plausible' THEN d.admission_date + 366 + floor(hospital.draw(d.id, 309) * 400)::int
                        WHEN 'discharge_complete' THEN d.admission_date + floor(hospital.draw(d.id, 309) * 10)::int
                        ELSE CASE WHEN hospital.draw(d.id, 310) < 0.97 THEN d.admission_date + floor(power(hospital.draw(d.id, 309), 3) * 60)::int END END,
       CASE WHEN d.discharge = 'discharge_complete' THEN NULL
            WHEN d.discharge IS NOT NULL OR hospital.draw(d.id, 310) < 0.97 THEN (ARRAY['1', '1', '1', '2', '4'])[1 + floor(hospital.draw(d.id, 311) * 5)::int] END,
       d.admission_date + CASE WHEN d.late IS NOT NULL THEN 52 + floor(hospital.draw(d.id, 312) * 60)::int ELSE 5 + floor(hospital.draw(d.id, 312) * 47)::int END
  FROM drawn d JOIN hospital.patient p ON p.id = d.patient;

INSERT INTO hospital.planted_row (kind, name, episode_id)
SELECT CASE WHEN v.defect = 'default' THEN 'default' ELSE 'defect' END, CASE WHEN v.defect = 'default' THEN v.item ELSE v.defect END, d.id
  FROM drawn d
 CROSS JOIN LATERAL (VALUES ('nhs_number', d.nhs), ('birth_date', d.birth), ('sex', d.sex), ('ethnic_category', d.ethnic), ('postcode', d.postcode),
                            ('gp_practice', d.gp), ('commissioner', d.commissioner), ('admission_method', d.method), ('consultant', d.consultant),
                            ('diagnosis', d.diagnosis), ('discharge_date', d.discharge), ('submitted_on', d.late)) AS v(item, defect)
 WHERE v.defect IS NOT NULL;
ANALYZE hospital.episode;
COMMIT;

-- The same data set declared to pg_portfolio.
BEGIN;
SET LOCAL client_min_messages = warning;
SET LOCAL pg_portfolio.reason = 'hospital example';
\set QUIET on
\o /dev/null
SELECT portfolio.register_data_set('HOSPITAL-APC', 'hospital.episode', '{episode_id,nhs_number}', period => 'activity_month', provider => 'provider',
                                   name => 'Hospital episodes (synthetic)');
UPDATE portfolio.data_set
   SET description = 'Synthetic admitted patient care of 20 providers, April 2024 to March 2025, with planted defects.', quality_threshold = 95, source = 'example'
 WHERE code = 'HOSPITAL-APC';
-- Someone has looked at what registration guessed from the names of the columns.
UPDATE portfolio.data_item i SET sensitivity_confirmed = true,
       mandatory = i.name IN ('nhs_number', 'birth_date', 'sex', 'ethnic_category', 'postcode', 'gp_practice', 'admission_method', 'treatment_function', 'diagnosis')
  FROM portfolio.data_set d WHERE d.id = i.data_set AND d.code = 'HOSPITAL-APC';
UPDATE portfolio.data_item i SET default_codes = v.codes, default_threshold = v.threshold
  FROM portfolio.data_set d, (VALUES ('ethnic_category', '{99}'::text[], 5.0), ('postcode', '{ZZ99 3WZ}', 1.0), ('gp_practice', '{V81999}', 2.0),
                                     ('consultant', '{C9999998}', 100.0), ('diagnosis', '{R69X}', 3.0)) v (item, codes, threshold)
 WHERE d.id = i.data_set AND d.code = 'HOSPITAL-APC' AND i.name = v.item;
-- Who has not been discharged has no date and no method of it.
UPDATE portfolio.data_item i SET applies_when = 'discharge_date IS NOT NULL OR discharge_method IS NOT NULL'
  FROM portfolio.data_set d WHERE d.id = i.data_set AND d.code = 'HOSPITAL-APC' AND i.name IN ('discharge_date', 'discharge_method');

SELECT portfolio.add_rule('HOSPITAL-APC', r.code, r.expression, r.item, r.dimension, r.severity)
  FROM (VALUES
  ('nhs_present', 'nhs_number IS NOT NULL', 'nhs_number', 'completeness', 'high'),
  ('nhs_valid', 'is_nhs_number(nhs_number)', 'nhs_number', 'validity', 'high'),
  ('birth_present', 'birth_date IS NOT NULL', 'birth_date', 'completeness', 'high'),
  ('birth_before_admission', 'birth_date <= admission_date', 'birth_date', 'consistency', 'high'),
  ('age_plausible', 'admission_date - birth_date < 42400', 'birth_date', 'accuracy', 'medium'),
  ('sex_valid', $$sex IN ('1', '2', '9', 'X')$$, 'sex', 'validity', 'medium'),
  ('maternity_female', $$NOT (treatment_function = '501' AND sex = '1')$$, 'sex', 'consistency', 'medium'),
  ('ethnic_present', 'ethnic_category IS NOT NULL', 'ethnic_category', 'completeness', 'medium'),
  ('ethnic_valid', $$ethnic_category ~ '^([A-HJ-NPRSZ]|99)$'$$, 'ethnic_category', 'validity', 'medium'),
  ('postcode_present', 'postcode IS NOT NULL', 'postcode', 'completeness', 'medium'),
  ('postcode_valid', $$postcode ~ '^([A-PR-UWYZ][A-HK-Y]?[0-9][0-9A-Z]? [0-9][ABD-HJLNP-UW-Z]{2}|ZZ99 [0-9][A-Z]Z)$'$$, 'postcode', 'validity', 'medium'),
  ('gp_present', 'gp_practice IS NOT NULL', 'gp_practice', 'completeness', 'medium'),
  ('gp_valid', $$gp_practice ~ '^[A-Z][0-9]{5}$'$$, 'gp_practice', 'validity', 'medium'),
  ('commissioner_valid', 'is_ods_code(commissioner)', 'commissioner', 'validity', 'low'),
  ('admission_method_valid', $$admission_method IN ('11', '12', '13', '21', '22', '23', '24', '25', '28', '2A', '2B', '2C', '2D', '31', '32', '81', '82', '83')$$,
   'admission_method', 'validity', 'medium'),
  ('treatment_function_valid', $$treatment_function ~ '^[1-9][0-9]{2}$'$$, 'treatment_function', 'validity', 'medium'),
  ('consultant_valid', $$consultant ~ '^C[0-9]{7}$'$$, 'consultant', 'validity', 'low'),
  ('diagnosis_present', 'diagnosis IS NOT NULL', 'diagnosis', 'completeness', 'high'),
  ('diagnosis_valid', $$diagnosis ~ '^[A-Z][0-9]{2}[0-9X]$'$$, 'diagnosis', 'validity', 'high'),
  ('discharge_after_admission', 'discharge_date >= admission_date', 'discharge_date', 'consistency', 'high'),
  ('stay_plausible', 'discharge_date - admission_date <= 365', 'discharge_date', 'accuracy', 'low'),
  ('discharge_complete', '(discharge_date IS NULL) = (discharge_method IS NULL)', 'discharge_method', 'consistency', 'low'),
  ('submitted_in_time', 'submitted_on - admission_date <= 51', 'submitted_on', 'timeliness', 'medium')
  ) AS r (code, expression, item, dimension, severity);

-- What was expected from whom: ZT013 sent nothing for December.
INSERT INTO portfolio.reporting_period (code, kind, during)
SELECT to_char(m, 'YYYY-MM'), 'month', daterange(m::date, (m + interval '1 month')::date)
  FROM generate_series(timestamp '2024-04-01', '2025-03-01', '1 month') m
UNION ALL SELECT '2024-25', 'financial_year', '[2024-04-01,2025-04-01)'
    ON CONFLICT DO NOTHING;
INSERT INTO portfolio.submission (data_set, provider, period, due_on, received_at)
SELECT d.id, p.code, r.code, upper(r.during) + 20,
       CASE WHEN NOT (p.code = 'ZT013' AND r.code = '2024-12')
            THEN (upper(r.during) + 10 + floor(hospital.draw(hashtext(p.code || r.code), 401) * 12)::int)::timestamp AT TIME ZONE 'Europe/London' END
  FROM portfolio.data_set d, hospital.provider p, portfolio.reporting_period r
 WHERE d.code = 'HOSPITAL-APC' AND r.kind = 'month' AND r.during <@ daterange '[2024-04-01,2025-04-01)';
COMMIT;

-- Half a year is scored with the first version of a rule; then the rule learns of practice codes of
-- three letters and three digits, and the whole year is scored.
SELECT count(*) FROM (VALUES ('2024-04'), ('2024-05'), ('2024-06'), ('2024-07'), ('2024-08'), ('2024-09')) p (code), portfolio.score_data_set('HOSPITAL-APC', p.code);
SELECT portfolio.alter_rule('HOSPITAL-APC', 'gp_valid', expression => $$gp_practice ~ '^([A-Z][0-9]{5}|[A-Z]{3}[0-9]{3})$'$$,
                            reason => 'practice codes of three letters and three digits are in use');
SELECT count(*) FROM portfolio.score_data_set('HOSPITAL-APC');
-- What readers and BI see: suppressed, rounded, frozen.
SELECT portfolio.publish_scores('HOSPITAL-APC', r.code)
  FROM portfolio.reporting_period r WHERE r.kind = 'month' AND r.during <@ daterange '[2024-04-01,2025-04-01)' ORDER BY r.code;

CREATE VIEW hospital.planted_and_found AS
SELECT p.kind, p.name, p.rate, coalesce(r.n, 0) AS planted, CASE p.kind WHEN 'defect' THEN q.failed ELSE i.defaults END AS found, p.what
  FROM hospital.planted p
  LEFT JOIN (SELECT kind, name, count(*) AS n FROM hospital.planted_row GROUP BY kind, name) r ON (r.kind, r.name) = (p.kind, p.name)
  LEFT JOIN portfolio.rule_quality q ON p.kind = 'defect' AND q.code = 'HOSPITAL-APC' AND q.rule = p.name
  LEFT JOIN portfolio.data_item_quality i ON p.kind = 'default' AND i.code = 'HOSPITAL-APC' AND i.item = p.name;
COMMENT ON VIEW hospital.planted_and_found IS 'What was planted in the episodes beside what the latest score found.';
\o
\unset QUIET
