-- Every type of values in use: keys, index scans, joins, grouping, deduplication. A later type is covered as soon as it has
-- seeds for fuzzing. The layer runs this file twice, with schema portfolio on the search_path and without.
\unset ECHO
SET client_min_messages = warning;
CREATE TEMP TABLE seed (type text, v text);
\copy seed FROM 'fuzz/seeds.tsv'
CREATE TEMP TABLE typ AS
  SELECT t.typname::text AS name
    FROM pg_type t
   WHERE t.typnamespace = 'portfolio'::regnamespace AND t.typtype = 'b' AND to_regproc(format('portfolio.is_%s', t.typname)) IS NOT NULL;
SELECT 'portfolio' = ANY (current_schemas(false)) AS on_path \gset
-- op('='): as people write it where the schema is on the path
SELECT CASE WHEN :'on_path' THEN '%s' ELSE 'OPERATOR(portfolio.%s)' END AS form \gset
SELECT set_config('types.form', :'form', false) \g /dev/null
CREATE FUNCTION pg_temp.op(name text) RETURNS text LANGUAGE sql AS $$ SELECT format(current_setting('types.form'), name) $$;
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  line text;
  whole text := '';
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
    whole := whole || btrim(line) || E'\n';
  END LOOP;
  RETURN whole;
END
$$;

SELECT plan((2 + 13 * count(*))::int) FROM typ;
SELECT is(:'on_path'::boolean, current_setting('search_path') ~ 'portfolio', CASE WHEN :'on_path' THEN 'with portfolio on the search_path' ELSE 'without portfolio on the search_path' END);
SELECT is_empty('SELECT name FROM typ EXCEPT SELECT type FROM seed', 'every type has seeds');

-- 500 rows of each seed, so that there is something to deduplicate; the smallest value and the largest
SELECT format('CREATE TABLE public.used_%1$s (v portfolio.%1$s, t text COLLATE "C");
  INSERT INTO public.used_%1$s SELECT c, c::text FROM (SELECT v::portfolio.%1$s AS c FROM seed WHERE type = %1$L) s, generate_series(1, 500);
  CREATE INDEX ON public.used_%1$s (v);
  CREATE INDEX used_%1$s_plain ON public.used_%1$s (v) WITH (deduplicate_items = off);
  CREATE TEMP TABLE size_%1$s AS SELECT pg_relation_size(''used_%1$s_v_idx'') AS dense, pg_relation_size(''used_%1$s_plain'') AS plain;
  DROP INDEX used_%1$s_plain;
  CREATE TABLE public.key_%1$s (v portfolio.%1$s PRIMARY KEY);
  INSERT INTO public.key_%1$s SELECT DISTINCT v FROM public.used_%1$s;
  ANALYZE public.used_%1$s; ANALYZE public.key_%1$s', name) FROM typ ORDER BY name \gexec
CREATE TEMP TABLE edge (name text, least text, most text, one text);
SELECT format('INSERT INTO edge SELECT %1$L, (array_agg(v ORDER BY v))[1], (array_agg(v ORDER BY v DESC))[1], (array_agg(v ORDER BY v))[1 + count(*) / 2] FROM public.key_%1$s', name) FROM typ \gexec

SET enable_seqscan = off; SET enable_bitmapscan = off;
SELECT matches(pg_temp.plan_of(format('SELECT * FROM public.used_%s WHERE v %s %L', name, pg_temp.op('='), one)), 'Index .*Scan using used_\w+_v_idx.*Index Cond: \(v ', name || ': equality by the index') FROM edge ORDER BY name;
SELECT matches(pg_temp.plan_of(format('SELECT * FROM public.used_%s WHERE v %s %L AND v %s %L', name, pg_temp.op('>'), least, pg_temp.op('<='), most)), 'Index .*Scan using used_\w+_v_idx.*Index Cond: \(\(v ', name || ': a range by the index') FROM edge ORDER BY name;
SELECT matches(pg_temp.plan_of(format('SELECT v FROM public.used_%s ORDER BY v DESC LIMIT 1', name)), 'Index Only Scan Backward', name || ': the largest by the index') FROM edge ORDER BY name;
SELECT matches(pg_temp.plan_of(format('SELECT * FROM public.used_%s WHERE v %s ANY (%L)', name, pg_temp.op('='), ARRAY[least, most])), 'Index .*Scan using used_\w+_v_idx.*Index Cond: \(v .*ANY', name || ': a list by the index') FROM edge ORDER BY name;
SET enable_hashjoin = off; SET enable_nestloop = off;
SELECT matches(pg_temp.plan_of(format('SELECT count(*) FROM public.used_%1$s a JOIN public.key_%1$s b ON a.v %2$s b.v', name, pg_temp.op('='))), '^(?!.*Sort).*Merge Join', name || ': a merge join without a sort') FROM edge ORDER BY name;
SELECT results_eq(format('SELECT count(*) FROM public.used_%1$s a JOIN public.key_%1$s b ON a.v %2$s b.v', name, pg_temp.op('=')), format('SELECT count(*) FROM public.used_%s', name), name || ': which finds every row') FROM edge ORDER BY name;
RESET enable_hashjoin; SET enable_mergejoin = off; RESET enable_seqscan; RESET enable_bitmapscan;
SELECT matches(pg_temp.plan_of(format('SELECT count(*) FROM public.used_%1$s a JOIN public.key_%1$s b ON a.v %2$s b.v', name, pg_temp.op('='))), 'Hash Join', name || ': a hash join') FROM edge ORDER BY name;
SELECT results_eq(format('SELECT count(*) FROM public.used_%1$s a JOIN public.key_%1$s b ON a.v %2$s b.v', name, pg_temp.op('=')), format('SELECT count(*) FROM public.used_%s', name), name || ': which finds every row too') FROM edge ORDER BY name;
RESET enable_mergejoin; RESET enable_nestloop;
SELECT results_eq(format('SELECT v::text, count(*) FROM public.used_%s GROUP BY v ORDER BY v::text COLLATE "C"', name), format('SELECT t COLLATE "default", count(*) FROM public.used_%s GROUP BY t ORDER BY t', name), name || ': groups are those of its text') FROM edge ORDER BY name;
SELECT throws_ok(format('INSERT INTO public.key_%s VALUES (%L)', name, one), '23505', NULL, name || ': a key') FROM edge ORDER BY name;
SELECT is_empty(format('SELECT FROM public.used_%1$s WHERE (v %2$s %3$L) IS DISTINCT FROM NOT (v %4$s %3$L) OR (v %5$s %3$L) IS DISTINCT FROM NOT (v %6$s %3$L) OR (v %7$s %3$L) IS DISTINCT FROM NOT (v %8$s %3$L)',
    name, pg_temp.op('='), one, pg_temp.op('<>'), pg_temp.op('<'), pg_temp.op('>='), pg_temp.op('>'), pg_temp.op('<=')), name || ': each comparison is the other''s negation') FROM edge ORDER BY name;
SELECT throws_ok(format('SELECT count(*) FROM public.used_%s WHERE v %s t', name, pg_temp.op('=')), '42883', NULL, name || ': never compared with text by itself') FROM edge ORDER BY name;
SELECT format('SELECT cmp_ok(plain, ''>'', dense * 3 / 2, %L) FROM size_%s', name || ': a btree stores a value once', name) FROM edge ORDER BY name \gexec
SELECT format('DROP TABLE public.used_%1$s, public.key_%1$s', name) FROM typ \gexec
SELECT * FROM finish();
