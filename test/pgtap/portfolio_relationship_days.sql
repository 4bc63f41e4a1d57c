-- The exclusion constraint of relationship refuses exactly what one of five columns and GiST refuses.
BEGIN;
SELECT plan(21);
CREATE FUNCTION pg_temp.e(code text) RETURNS bigint LANGUAGE sql AS $$SELECT portfolio.element_id('system', code)$$;
CREATE FUNCTION pg_temp.days(a bigint, b bigint, kind text, code text, valid daterange) RETURNS portfolio.relationship_days LANGUAGE sql AS $$SELECT ROW(a, b, kind, code, valid)::portfolio.relationship_days$$;
INSERT INTO portfolio.system (code, name) SELECT 'RD_' || n, 'System ' || n FROM generate_series(1, 3) n;
CREATE TEMP TABLE twin (
  id bigint PRIMARY KEY, source bigint, target bigint, kind text, code text, valid daterange,
  EXCLUDE USING gist (source WITH =, target WITH =, kind WITH =, code WITH =, valid WITH &&));

-- Days of all sorts: open on either side or both, single, adjacent, the same again
CREATE FUNCTION pg_temp.random_days() RETURNS daterange LANGUAGE sql VOLATILE AS $$
  SELECT daterange(CASE WHEN open < 0.3 THEN NULL ELSE start END, CASE WHEN open BETWEEN 0.2 AND 0.5 THEN NULL ELSE start + length END)
    FROM (SELECT random() AS open, date '2016-04-01' + floor(random() * 60)::int AS start, 1 + floor(random() * random() * 12)::int AS length) r
$$;
-- Codes: none, a few that differ in little, one that is stored compressed and two that are stored outside the row
CREATE TEMP TABLE code AS
SELECT row_number() OVER () AS n, c.code FROM (
  SELECT unnest(ARRAY['', '', '', 'a', 'A', 'a ', 'ä', repeat('x', 3000)]) UNION ALL
  SELECT string_agg(encode(sha256(n::text::bytea), 'hex'), '' ORDER BY n) || ending FROM generate_series(1, 40) n, unnest('{1,2}'::text[]) ending GROUP BY ending) c (code);
-- The same statement to both tables, and what came of it
CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  n bigint;
BEGIN
  EXECUTE statement;
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END
$$;
CREATE TEMP TABLE tried (what text, ours text, twin text);
SELECT setseed(0.4711);
DO $$
DECLARE
  statement text;
  added text;
  what text;
  link record;
  codes text[] := ARRAY(SELECT c.code FROM code c ORDER BY c.n);
BEGIN
  FOR i IN 1..2500 LOOP
    SELECT pg_temp.e('RD_' || 1 + floor(random() * 2)::int) AS source, pg_temp.e('RD_' || 2 + floor(random() * 2)::int) AS target,
           (ARRAY['flow', 'serving'])[1 + floor(random() * 2)] AS kind, codes[1 + floor(random() * cardinality(codes))] AS code,
           pg_temp.random_days() AS valid, 1000000000 + floor(random() * i)::bigint AS id, random() AS doing INTO link;
    IF link.doing < 0.6 THEN
      what := CASE WHEN link.doing < 0.5 THEN 'insert' ELSE 'do nothing' END;
      statement := format('(id, source, kind, target, code, valid) VALUES (%s, %s, %L, %s, %L, %L)', 1000000000 + i, link.source, link.kind, link.target, link.code, link.valid)
                   || CASE WHEN what = 'do nothing' THEN ' ON CONFLICT DO NOTHING' ELSE '' END;
      INSERT INTO tried SELECT what, pg_temp.outcome('INSERT INTO portfolio.relationship ' || statement), pg_temp.outcome('INSERT INTO twin ' || statement);
    ELSE
      what := CASE WHEN link.doing < 0.9 THEN 'update' ELSE 'delete' END;
      statement := CASE WHEN what = 'update' THEN format('SET valid = %L, code = %L', link.valid, link.code) ELSE '' END || format(' WHERE id = %s', link.id);
      added := CASE WHEN what = 'update' THEN 'UPDATE %s ' ELSE 'DELETE FROM %s ' END;
      INSERT INTO tried SELECT what, pg_temp.outcome(format(added, 'portfolio.relationship') || statement), pg_temp.outcome(format(added, 'twin') || statement);
    END IF;
  END LOOP;
END
$$;
SELECT is_empty($$SELECT * FROM tried WHERE ours <> twin$$, 'each of 2,500 random statements fares as on the twin');
SELECT set_eq($$SELECT DISTINCT what, ours FROM tried$$,
  $$VALUES ('insert', '1'), ('insert', '23P01'), ('do nothing', '1'), ('do nothing', '0'), ('update', '1'), ('update', '0'), ('update', '23P01'), ('delete', '1'), ('delete', '0')$$, 'with every outcome that there is');
SELECT results_eq($$SELECT id, source, target, kind, code, valid FROM portfolio.relationship WHERE id > 1000000000 ORDER BY id$$, 'SELECT * FROM twin ORDER BY id', 'and both hold the same rows');
SELECT cmp_ok((SELECT count(*) FROM twin), '>', 50::bigint, 'which are some');

-- The operator by itself, over every pair of some rows
CREATE TEMP TABLE sample AS
  SELECT pg_temp.days(s, t, k, c.code, v) AS days, s, t, k, c.code, v
    FROM generate_series(1, 2) s, generate_series(1, 2) t, unnest('{flow,serving}'::text[]) k, code c, unnest('{"(,)","(,2017-01-01)","[2017-01-01,)","[2016-12-31,2017-01-01)","[2016-06-01,2016-07-01)"}'::daterange[]) v
   WHERE c.n > 2;
SELECT is_empty($$SELECT FROM sample a, sample b WHERE (a.days OPERATOR(portfolio.&&) b.days) IS DISTINCT FROM ((a.s, a.t, a.k, a.code) = (b.s, b.t, b.k, b.code) AND a.v && b.v)$$,
  'the operator is true of the same relationship with a day in common');
SELECT is_empty($$SELECT FROM sample GROUP BY s, t, k, code HAVING count(DISTINCT portfolio.relationship_days_hash(days)) > 1$$, 'what is the same relationship has one hash');
SELECT is((SELECT count(DISTINCT portfolio.relationship_days_hash(days)) FROM sample), (SELECT count(DISTINCT (s, t, k, code)) FROM sample), 'and what is not has others');
SELECT is(pg_temp.days(1, 2, 'flow', NULL, '(,)') OPERATOR(portfolio.&&) pg_temp.days(1, 2, 'flow', NULL, '(,)'), false, 'what is not known is nothing''s like');
SELECT isnt(portfolio.relationship_days_hash(ROW(NULL, NULL, NULL, NULL, NULL)::portfolio.relationship_days), NULL, 'but has a hash');
SELECT is((NULL::portfolio.relationship_days) OPERATOR(portfolio.&&) pg_temp.days(1, 2, 'flow', '', '(,)'), NULL, 'and nothing at all is NULL');

-- What the constraint is for PostgreSQL
SELECT results_eq($$SELECT a.amname, o.oprcom = o.oid, o.oprcanhash, o.oprcanmerge, c.opcdefault, amvalidate(c.oid)
    FROM pg_operator o JOIN pg_amop s ON s.amopopr = o.oid JOIN pg_opclass c ON c.opcfamily = s.amopfamily JOIN pg_am a ON a.oid = c.opcmethod
   WHERE o.oprcode = 'portfolio.relationship_days_overlap'::regproc$$, $$VALUES ('hash'::name, true, false, false, false, true)$$, 'the operator class is nobody''s default, and its operator joins nothing');
SELECT lives_ok('REINDEX INDEX portfolio.relationship_valid_excl', 'the index is built again');
SELECT throws_ok($$INSERT INTO portfolio.relationship (source, kind, target, code, valid) SELECT source, kind, target, code, valid FROM twin LIMIT 1$$, '23P01', 'conflicting key value violates exclusion constraint "relationship_valid_excl"', 'and refuses as before');
CREATE TABLE pg_temp.built (LIKE portfolio.relationship INCLUDING DEFAULTS);
INSERT INTO built TABLE portfolio.relationship;
SELECT lives_ok(format('ALTER TABLE pg_temp.built ADD %s', pg_get_constraintdef(oid)), 'it can be added to a table with rows') FROM pg_constraint WHERE conname = 'relationship_valid_excl';
ALTER TABLE pg_temp.built DROP CONSTRAINT built_row_excl;
INSERT INTO built (source, source_type, kind, target, target_type, code, valid) SELECT source, source_type, kind, target, target_type, code, valid FROM built WHERE id = (SELECT min(id) FROM twin);
SELECT throws_ok(format('ALTER TABLE pg_temp.built ADD %s', pg_get_constraintdef(oid)), '23P01', 'could not create exclusion constraint "built_row_excl"', 'but not where two overlap') FROM pg_constraint WHERE conname = 'relationship_valid_excl';
CREATE TABLE pg_temp.liked (LIKE portfolio.relationship INCLUDING INDEXES);
SELECT results_eq($$SELECT am.amname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam WHERE i.indrelid = 'liked'::regclass AND i.indisexclusion$$, $$VALUES ('hash'::name)$$, 'LIKE takes it along');

-- Rows that make room for each other, in one statement and one transaction
SELECT lives_ok(format($$INSERT INTO portfolio.relationship (source, kind, target, code, valid) VALUES (%1$s, 'association', %2$s, 'room', '(,2017-01-01)'), (%1$s, 'association', %2$s, 'room', '[2017-01-01,)')$$, pg_temp.e('RD_1'), pg_temp.e('RD_3')), 'adjacent days');
SELECT throws_ok($$UPDATE portfolio.relationship SET valid = '(,2017-01-02)' WHERE code = 'room' AND lower_inf(valid)$$, '23P01', NULL, 'a day too many');
SELECT lives_ok($$DELETE FROM portfolio.relationship WHERE code = 'room' AND upper_inf(valid); UPDATE portfolio.relationship SET valid = '(,)' WHERE code = 'room'$$, 'what was deleted just now is in nobody''s way');
SELECT throws_ok(format($$INSERT INTO portfolio.relationship (source, kind, target, code, valid) VALUES (%1$s, 'association', %2$s, 'twice', '[2017-01-01,)'), (%1$s, 'association', %2$s, 'twice', '[2018-01-01,)')$$, pg_temp.e('RD_1'), pg_temp.e('RD_3')), '23P01', NULL, 'two rows of one statement');
SELECT is((SELECT count(*) FROM portfolio.relationship WHERE code = 'twice'), 0::bigint, 'leave nothing behind');
SELECT * FROM finish();
ROLLBACK;
