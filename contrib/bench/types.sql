-- Types against text: reading, judging, sorting and indexing, one process, everything in memory.
-- Rivals do the same work: a regular expression (form only), a SQL function and a PL/pgSQL function (form and check digit).
-- psql [-v rows=2000000] [-v repetitions=3] -f types.sql
\set ON_ERROR_STOP on
\pset footer off
SELECT :{?rows} AS given \gset
\if :given
\else
  \set rows 2000000
\endif
SELECT :{?repetitions} AS given \gset
\if :given
\else
  \set repetitions 3
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
SET search_path = "$user", public, portfolio;
SET max_parallel_workers_per_gather = 0;
SET max_parallel_maintenance_workers = 0;
SET jit = off;
SET synchronize_seqscans = off;
SET work_mem = '1GB';
SET maintenance_work_mem = '1GB';

-- One in eleven of these has the check digit that its other nine ask for; the rest are the errors that people make.
CREATE TEMP TABLE landing (v text);
INSERT INTO landing SELECT lpad((i::bigint * 7919 * 104729 % 10000000000)::text, 10, '0') FROM generate_series(1, :rows) i;
CREATE TEMP TABLE clean AS
  SELECT try_nhs_number(v) AS n, v AS t FROM (SELECT lpad((i * 7919 * 1299709 % 10000000000)::text, 10, '0') AS v FROM generate_series(1, (:rows * 11.2)::bigint) i) x
   WHERE is_nhs_number(v) LIMIT :rows;
VACUUM ANALYZE landing; VACUUM ANALYZE clean;

CREATE FUNCTION pg_temp.is_nhs_sql(v text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN
  v ~ '^\d{10}$' AND v <> '0000000000' AND
  (substr(v, 1, 1)::int * 10 + substr(v, 2, 1)::int * 9 + substr(v, 3, 1)::int * 8 + substr(v, 4, 1)::int * 7 + substr(v, 5, 1)::int * 6
   + substr(v, 6, 1)::int * 5 + substr(v, 7, 1)::int * 4 + substr(v, 8, 1)::int * 3 + substr(v, 9, 1)::int * 2 + substr(v, 10, 1)::int) % 11 = 0;
CREATE FUNCTION pg_temp.is_nhs_plpgsql(v text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  total int := 0;
BEGIN
  IF v !~ '^\d{10}$' OR v = '0000000000' THEN
    RETURN false;
  END IF;
  FOR k IN 1..10 LOOP
    total := total + substr(v, k, 1)::int * (11 - k);
  END LOOP;
  RETURN total % 11 = 0;
END
$$;

\echo Checking that all judge and order the same ...
SELECT count(*) FILTER (WHERE is_nhs_number(v) IS DISTINCT FROM pg_temp.is_nhs_sql(v) OR is_nhs_number(v) IS DISTINCT FROM pg_temp.is_nhs_plpgsql(v)) = 0
   AND count(*) FILTER (WHERE is_nhs_number(v)) > 1000 AS same FROM (SELECT v FROM landing LIMIT 100000) x \gset
SELECT :'same' AND (SELECT count(*) FROM (SELECT row_number() OVER (ORDER BY n) AS a, row_number() OVER (ORDER BY t COLLATE "C") AS b FROM clean) x WHERE a <> b) = 0
   AND (SELECT count(*) FROM clean) = :rows AS same \gset
\if :same
  \echo They do.
\else
  DO $$BEGIN RAISE EXCEPTION 'they do not'; END$$;
\endif

-- Processor time of this process, which other processes disturb less than the clock; the clock where /proc has none.
CREATE FUNCTION pg_temp.now_ms() RETURNS numeric LANGUAGE sql AS $$
  SELECT coalesce(nullif(split_part(pg_read_file('/proc/self/schedstat', 0, 200, true), ' ', 1), '')::numeric / 1e6, extract(epoch FROM clock_timestamp()) * 1000)
$$;
CREATE FUNCTION pg_temp.milliseconds(query text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  started numeric := pg_temp.now_ms();
BEGIN
  EXECUTE query;
  RETURN pg_temp.now_ms() - started;
END
$$;
CREATE TEMP TABLE contender (no int GENERATED ALWAYS AS IDENTITY, topic text, name text, query text);
CREATE TEMP TABLE timing (no int, ms numeric);

SELECT current_setting('data_directory') || '/types_bench' AS file \gset
COPY (SELECT t FROM clean) TO :'file';
CREATE TEMP TABLE as_type (v nhs_number);
CREATE TEMP TABLE as_text (v text);
-- WHERE false: reading a line, input of the value, and no row to store
INSERT INTO contender (topic, name, query) VALUES
  ('read', 'text', format('COPY as_text FROM %L WHERE false', :'file')),
  ('read', 'nhs_number', format('COPY as_type FROM %L WHERE false', :'file')),
  ('read', 'text, regular expression', format('COPY as_text FROM %L WHERE v !~ ''^\d{10}$''', :'file')),
  ('read', 'text, SQL function', format('COPY as_text FROM %L WHERE NOT pg_temp.is_nhs_sql(v)', :'file')),
  ('read', 'text, PL/pgSQL function', format('COPY as_text FROM %L WHERE NOT pg_temp.is_nhs_plpgsql(v)', :'file')),
  ('judge', 'scan', 'SELECT count(v) FROM landing'),
  ('judge', 'is_nhs_number(v)', 'SELECT count(*) FILTER (WHERE is_nhs_number(v)) FROM landing'),
  ('judge', 'regular expression', 'SELECT count(*) FILTER (WHERE v ~ ''^\d{10}$'') FROM landing'),
  ('judge', 'SQL function', 'SELECT count(*) FILTER (WHERE pg_temp.is_nhs_sql(v)) FROM landing'),
  ('judge', 'PL/pgSQL function', 'SELECT count(*) FILTER (WHERE pg_temp.is_nhs_plpgsql(v)) FROM landing'),
  ('sort', 'scan', 'SELECT count(n) FROM clean'),
  ('sort', 'nhs_number', format('SELECT n FROM clean ORDER BY n OFFSET %s', :rows)),
  ('sort', 'text, of this database', format('SELECT t FROM clean ORDER BY t OFFSET %s', :rows)),
  ('sort', 'text COLLATE "C"', format('SELECT t FROM clean ORDER BY t COLLATE "C" OFFSET %s', :rows)),
  ('sort', 'text COLLATE "en-x-icu"', format('SELECT t FROM clean ORDER BY t COLLATE "en-x-icu" OFFSET %s', :rows)),
  ('look up', 'scan', 'SELECT count(code) FROM codes'),
  ('look up', 'in_value_set(code, set)', 'SELECT count(*) FILTER (WHERE in_value_set(code, ''treatment_function'')) FROM codes'),
  ('look up', 'in_value_set(code, set, day)', 'SELECT count(*) FILTER (WHERE in_value_set(code, ''treatment_function'', day)) FROM codes'),
  ('look up', 'IN (180 constants)', (SELECT format('SELECT count(*) FILTER (WHERE code IN (%s)) FROM codes', string_agg(quote_literal(code), ',')) FROM value_set_code WHERE set = 'treatment_function')),
  ('look up', 'IN (SELECT code ...)', 'SELECT count(*) FILTER (WHERE code IN (SELECT c.code FROM value_set_code c WHERE c.set = ''treatment_function'')) FROM codes');
CREATE TEMP TABLE codes AS SELECT (100 + i % 900)::text AS code, date '2000-01-01' + i % 8000 AS day FROM generate_series(1, :rows) i;
VACUUM ANALYZE codes;

\echo Processor time, :repetitions repetitions, the shortest counts ...
SELECT format('INSERT INTO timing VALUES (%s, pg_temp.milliseconds(%L))', no, query) FROM contender, generate_series(1, :repetitions) r ORDER BY r, no \gexec

CREATE TEMP VIEW best AS SELECT c.no, c.topic, c.name, min(t.ms) AS ms FROM contender c JOIN timing t USING (no) GROUP BY c.no, c.topic, c.name;
\echo
\echo Reading :rows numbers by COPY, none stored: of the time of text, and of the type
SELECT b.name, round(b.ms) AS ms, round(:rows / b.ms / 1000, 1) AS "million a second", round(b.ms / f.ms, 2) AS "of text", round(b.ms / n.ms, 1) AS "of nhs_number"
  FROM best b, best f, best n WHERE b.topic = 'read' AND f.topic = 'read' AND f.name = 'text' AND n.topic = 'read' AND n.name = 'nhs_number' ORDER BY b.no;
\echo Judging and looking up: nanoseconds a value above the scan
SELECT b.topic, b.name, round(b.ms) AS ms, round((b.ms - f.ms) * 1e6 / :rows) AS "ns above the scan"
  FROM best b JOIN best f ON f.topic = b.topic AND f.name = 'scan' WHERE b.topic IN ('judge', 'look up') ORDER BY b.no;
\echo Sorting :rows numbers: of the time of the type
SELECT b.name, round(b.ms) AS ms, round((b.ms - f.ms) / (n.ms - f.ms), 1) AS "of nhs_number"
  FROM best b, best f, best n WHERE b.topic = 'sort' AND f.topic = 'sort' AND f.name = 'scan' AND n.topic = 'sort' AND n.name = 'nhs_number' ORDER BY b.no;

CREATE INDEX clean_n ON clean (n);
CREATE INDEX clean_t ON clean (t);
CREATE TEMP TABLE repeated AS SELECT n, t FROM (SELECT n, t FROM clean LIMIT :rows / 100) c, generate_series(1, 100);
CREATE INDEX repeated_n ON repeated (n);
CREATE INDEX repeated_t ON repeated (t);
\echo Bytes an entry of a btree, and of the column
SELECT x.what, round(pg_relation_size(x.n)::numeric / :rows, 1) AS nhs_number, round(pg_relation_size(x.t)::numeric / :rows, 1) AS text,
       round(pg_relation_size(x.t)::numeric / pg_relation_size(x.n), 2) AS "text of nhs_number"
  FROM (VALUES ('index, each value once', 'clean_n'::regclass, 'clean_t'::regclass), ('index, each value 100 times', 'repeated_n', 'repeated_t')) x (what, n, t)
UNION ALL SELECT 'column', avg(pg_column_size(n))::numeric(4, 1), avg(pg_column_size(t))::numeric(4, 1), round(avg(pg_column_size(t)) / avg(pg_column_size(n)), 2) FROM clean;

-- Every type that judges text, against a regular expression for its form alone
CREATE TEMP TABLE form (name text PRIMARY KEY, pattern text, examples text[]);
INSERT INTO form VALUES
  ('nhs_number', '^\d{10}$', '{9990000018,9434765919,9434765918,4505577104}'),
  ('chi_number', '^\d{10}$', '{0101011237,0211165794,3101011237,0101011238}'),
  ('sctid', '^[1-9]\d{5,17}$', '{22298006,138875005,999000011000000103,22298007}'),
  ('ods_code', '^[A-Z0-9]{3,8}$', '{RX1,A81001,RJ122,RH8021,N8}'),
  ('postcode', '^([A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}|GIR ?0A{2})$', '{LS1 4AP,SW1A 1AA,DN55 1PT,B33 8TH,LS1 4A}'),
  ('icd10', '^[A-Z]\d\d(\.?[\dX]([\d-]?[AD])?)?$', '{I10X,I21.0,R69X,A170D,I2}'),
  ('opcs4', '^[A-Z]\d\d\.?\d$', '{W381,W38.1,X999,O181,W38}'),
  ('cvss', '^CVSS:3\.[01]/AV:[NALP]/AC:[LH]/PR:[NLH]/UI:[NR]/S:[UC]/C:[HLN]/I:[HLN]/A:[HLN]$', '{CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H,CVSS:3.0/AV:L/AC:H/PR:L/UI:R/S:C/C:L/I:N/A:N}'),
  ('dca', '^(Green|Amber/Green|Amber|Amber/Red|Red)$', '{Green,Amber/Green,Amber,Amber/Red,Red,Blue}');
CREATE TEMP TABLE judged (name text, ns numeric, regex_ns numeric);
SELECT format('CREATE TEMP TABLE form_%1$s AS SELECT (%2$L::text[])[1 + i %% %3$s] AS v FROM generate_series(1, %4$s) i;
               ANALYZE form_%1$s;
               INSERT INTO judged SELECT %1$L, (min(a) - min(f)) * 1e6 / %4$s, (min(b) - min(f)) * 1e6 / %4$s FROM (
                 SELECT pg_temp.milliseconds(''SELECT count(v) FROM form_%1$s'') AS f, pg_temp.milliseconds(''SELECT count(*) FILTER (WHERE is_%1$s(v)) FROM form_%1$s'') AS a,
                        pg_temp.milliseconds(''SELECT count(*) FILTER (WHERE v ~ '' || quote_literal(%5$L) || '') FROM form_%1$s'') AS b FROM generate_series(1, %6$s)) x',
              name, examples, cardinality(examples), (:rows) / 2, pattern, :repetitions)
  FROM form WHERE to_regproc('portfolio.is_' || name) IS NOT NULL \gexec
\echo Every type: is_x(text) and a regular expression of its form, nanoseconds a value above the scan
SELECT name AS type, round(ns) AS is_x, round(regex_ns) AS "regular expression", round(regex_ns / nullif(ns, 0), 1) AS times FROM judged;
