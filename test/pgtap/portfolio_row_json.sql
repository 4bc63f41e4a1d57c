-- What the journal keeps of a row is, to the byte, what to_jsonb() makes of it: of any type, whatever the session's settings.
BEGIN;
SELECT plan(5);
SET LOCAL client_min_messages = warning;
CREATE SCHEMA row_json;
CREATE TYPE row_json.pair AS (a integer, b text);
CREATE TYPE row_json.mood AS ENUM ('low', 'high');
CREATE TYPE row_json.tone AS ENUM ('warm', 'cold');
CREATE FUNCTION row_json.tone_json(row_json.tone) RETURNS json LANGUAGE sql IMMUTABLE AS $$SELECT json_build_object('is warm', $1 = 'warm')$$;
CREATE CAST (row_json.tone AS json) WITH FUNCTION row_json.tone_json(row_json.tone);
CREATE TYPE row_json.span AS RANGE (subtype = double precision);
CREATE DOMAIN row_json.short AS varchar(20);
CREATE DOMAIN row_json.shorter AS row_json.short;
CREATE DOMAIN row_json.amount AS integer;

-- A column of each type, under names of all lengths, and the values that it takes in turn
CREATE TEMP TABLE sort (type text, vals text[]);
INSERT INTO sort VALUES
  ('bigint', '{0,-1,10000,9223372036854775807,-9223372036854775808}'), ('integer', '{7,0,2147483647,-2147483648,20000}'), ('smallint', '{0,32767,-32768,100}'),
  ('real', '{0,-0,0.1,1e10,3.4028235e38,1e-40,NaN,Infinity,-Infinity,123456.78}'), ('double precision', '{0,-0,0.1,1e300,NaN,-Infinity,0.30000000000000004}'),
  ('numeric', '{0,0.00,-1.50,1e20,NaN,Infinity,123456789.123456789}'), ('boolean', '{t,f}'),
  ('text', ARRAY['', 'x', E'line\n"\\\t\u0001', 'ä€😀', repeat('long ', 3000)]), ('character varying', '{a,"b "}'), ('character(5)', '{a,"b c"}'), ('name', '{n,N}'),
  ('jsonb', '{"{}","[]","null","1.50","\"s\"","true","{\"b\": 1, \"aa\": [1, {\"c\": null}, []], \"a\": {}}","[[], {}, [1, [2]]]"}'),
  ('json', '{"null","\"s\""," {\"b\": 1, \"a\" : [ 1.0 ], \"b\": 2}"}'),
  ('date', '{2016-04-01,infinity,-infinity,0044-03-15 BC}'), ('timestamp', '{2016-04-01 12:30:00.5,infinity}'), ('timestamptz', '{2016-07-01 12:30:00+00,-infinity}'),
  ('time', '{23:59:59.999}'), ('timetz', '{12:00+01}'), ('interval', '{1 year 2 mons -3 days 04:05:06,-00:00:01}'),
  ('daterange', '{"(,)",empty,"[2016-04-01,2018-04-01)","(,2016-04-01)","[2016-04-01,)","[2016-04-01,infinity)"}'), ('int4range', '{"[1,5)",empty}'),
  ('numrange', '{"(1.50,2]"}'), ('tstzrange', '{"[2016-07-01 12:00+00,)"}'), ('datemultirange', '{"{[2016-04-01,2017-04-01),[2018-04-01,)}"}'), ('row_json.span', '{"[0.1,2)"}'),
  ('uuid', '{6ba7b810-9dad-11d1-80b4-00c04fd430c8}'), ('bytea', '{"\\x00ff"}'), ('inet', '{10.0.0.1/8}'), ('xml', ARRAY['<a b="c"/>']), ('xml[]', ARRAY['{<a/>,NULL}']),
  ('text[]', ARRAY['{}', '{NULL,a,"b c"}', '{{1,2},{3,4}}']), ('date[]', ARRAY['{2016-04-01,infinity}']), ('daterange[]', ARRAY['{"[2016-04-01,2018-04-01)"}']),
  ('portfolio.dca', '{green,amber/red}'), ('portfolio.cvss', '{CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H}'), ('portfolio.nhs_number', '{9434765919}'),
  ('row_json.pair', '{"(1,x)","(,)"}'), ('row_json.mood', '{low,high}'), ('row_json.tone', '{warm,cold}'), ('row_json.short', '{s}'), ('row_json.shorter', '{t}'), ('row_json.amount', '{5}');
ALTER TABLE sort ADD n serial, ADD name text;
UPDATE sort SET name = CASE n % 5 WHEN 0 THEN 'Ü' WHEN 1 THEN '"' WHEN 2 THEN repeat('long', 12) WHEN 3 THEN '' ELSE 'b ' END || n;
SELECT format('CREATE TABLE row_json.kept (n integer PRIMARY KEY, gone text DEFAULT ''gone'', %s)', string_agg(format('%I %s', name, type), ', ' ORDER BY n)) FROM sort \gexec
ALTER TABLE row_json.kept DROP COLUMN gone;
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON row_json.kept FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_changes AFTER INSERT OR UPDATE OR DELETE ON row_json.kept FOR EACH STATEMENT EXECUTE FUNCTION portfolio.record_change();
SELECT is_empty($$
  SELECT DISTINCT format_type(a.atttypid, NULL) FROM pg_trigger t JOIN pg_attribute a ON a.attrelid = t.tgrelid AND a.attnum > 0 AND NOT a.attisdropped
   WHERE t.tgfoid = 'portfolio.record_change'::regproc
  EXCEPT SELECT format_type(a.atttypid, NULL) FROM pg_attribute a WHERE a.attrelid = 'row_json.kept'::regclass$$, 'every type of a journalled table is tried');

-- As the journal does: dates, intervals and numbers in one form, all other settings those of the session
CREATE FUNCTION row_json.plain(r row_json.kept) RETURNS jsonb LANGUAGE plpgsql SET DateStyle = 'ISO, YMD' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 AS $$BEGIN RETURN to_jsonb(r); END$$;
CREATE TEMP TABLE compared (settings text, operation text, same boolean);
-- The 30th row and the last are NULL but for the number
DO $$
DECLARE
  settings text;
  columns text := (SELECT string_agg(format('CASE WHEN i %% 30 <> 0 THEN (%L::text[])[1 + i %% %s]::%s END', s.vals, cardinality(s.vals), s.type), ', ' ORDER BY s.n) FROM sort s);
BEGIN
  FOREACH settings IN ARRAY ARRAY['SET DateStyle = ''ISO, YMD''; SET IntervalStyle = postgres; SET extra_float_digits = 1; SET bytea_output = hex; SET TimeZone = ''UTC''',
                                  'SET DateStyle = ''SQL, DMY''', 'SET DateStyle = ''German''; SET IntervalStyle = iso_8601; SET TimeZone = ''Europe/London''',
                                  'SET DateStyle = ''Postgres, MDY''; SET IntervalStyle = sql_standard', 'SET extra_float_digits = 0; SET bytea_output = escape', 'SET DateStyle = ''ISO, DMY''; SET IntervalStyle = postgres_verbose'] LOOP
    EXECUTE settings;
    EXECUTE format('INSERT INTO row_json.kept SELECT i, %s FROM generate_series(1, 60) i', columns);
    CREATE TEMP TABLE old_row ON COMMIT DROP AS SELECT k.n, row_json.plain(k) AS r FROM row_json.kept k;
    INSERT INTO compared SELECT settings, 'INSERT', record_image_eq(ROW(c.new), ROW(o.r)) FROM old_row o LEFT JOIN portfolio.change c ON c.table_name = 'kept' AND c.operation = 'INSERT' AND (c.new ->> 'n')::int = o.n;
    UPDATE row_json.kept SET n = n + 1000;
    INSERT INTO compared SELECT settings, 'UPDATE', record_image_eq(ROW(c.old, c.new), ROW(o.r, row_json.plain(k)))
      FROM old_row o JOIN row_json.kept k ON k.n = o.n + 1000 LEFT JOIN portfolio.change c ON c.table_name = 'kept' AND c.operation = 'UPDATE' AND (c.new ->> 'n')::int = k.n;
    -- A column that is gone, and one that the rows do not have themselves
    ALTER TABLE row_json.kept ADD COLUMN added date DEFAULT '2016-04-01', ADD COLUMN "no value" text;
    DROP TABLE old_row;
    CREATE TEMP TABLE old_row ON COMMIT DROP AS SELECT k.n, row_json.plain(k) AS r FROM row_json.kept k;
    DELETE FROM row_json.kept;
    INSERT INTO compared SELECT settings, 'DELETE', record_image_eq(ROW(c.old), ROW(o.r)) FROM old_row o LEFT JOIN portfolio.change c ON c.table_name = 'kept' AND c.operation = 'DELETE' AND (c.old ->> 'n')::int = o.n;
    DROP TABLE old_row;
    ALTER TABLE row_json.kept DROP COLUMN added, DROP COLUMN "no value";
    DELETE FROM portfolio.change WHERE table_name = 'kept';
  END LOOP;
END
$$;
RESET DateStyle;
RESET IntervalStyle;
RESET extra_float_digits;
RESET bytea_output;
RESET TimeZone;
SELECT is_empty('SELECT settings, operation, count(*) FROM compared WHERE same IS NOT TRUE GROUP BY 1, 2', 'the journal holds what to_jsonb() makes, before and after');
SELECT results_eq('SELECT operation, count(*) FROM compared WHERE same GROUP BY 1 ORDER BY 1', $$VALUES ('DELETE', 360::bigint), ('INSERT', 360), ('UPDATE', 360)$$, 'of every row under every setting');

-- An update that changes nothing is none, whatever form the row is stored in
SELECT format('INSERT INTO row_json.kept (n, %I, %I) VALUES (1, repeat(''x'', 5000), ''[1, {"a": []}]'')', (SELECT name FROM sort WHERE type = 'text'), (SELECT name FROM sort WHERE type = 'jsonb')) \gexec
SELECT format('UPDATE row_json.kept SET %1$I = %1$I || '''', %2$I = %2$I', (SELECT name FROM sort WHERE type = 'text'), (SELECT name FROM sort WHERE type = 'jsonb')) \gexec
SELECT is((SELECT count(*) FROM portfolio.change WHERE table_name = 'kept'), 1::bigint, 'a row that stays as it is leaves no entry');
SELECT is((SELECT count(*) FROM portfolio.change WHERE table_name = 'kept' AND operation = 'INSERT'), 1::bigint, 'beside that of its making');
SELECT * FROM finish();
ROLLBACK;
