-- Whatever is done to concept tables, element says the same, and the journal can tell how it came about.
BEGIN;
SELECT plan(6);
CREATE TEMP TABLE differing (step int, table_name name, rows bigint);
CREATE FUNCTION pg_temp.differences(t name) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  EXECUTE format('WITH c AS (SELECT id, kind, code, name, description, owner, valid, source FROM portfolio.%I),
                       e AS (SELECT id, kind, code, name, description, owner, valid, source FROM portfolio.element WHERE kind = %L)
                  SELECT count(*) FROM ((TABLE c EXCEPT TABLE e) UNION ALL (TABLE e EXCEPT TABLE c)) d', t, t) INTO n;
  RETURN n;
END
$$;
-- 1,500 random writes over all tables, from a fixed seed
DO $$
DECLARE
  t name;
  tables name[] := (SELECT array_agg(table_name ORDER BY table_name) FROM portfolio.element_kind WHERE table_name IS NOT NULL);
  code text;
  extra text[];
BEGIN
  PERFORM setseed(0.24);
  INSERT INTO portfolio.supplier (code, name) VALUES ('FIXED', 'Fixed supplier'), ('OTHER', 'Other supplier');
  FOR step IN 1..1500 LOOP
    t := tables[1 + floor(random() * cardinality(tables))];
    code := 'R' || floor(random() * 12);
    extra := CASE t WHEN 'contract' THEN ARRAY[', supplier', ', portfolio.element_id(''supplier'', ''FIXED'')']
                     WHEN 'data_flow' THEN ARRAY[', sender, receiver', ', portfolio.element_id(''supplier'', ''FIXED''), portfolio.element_id(''supplier'', ''OTHER'')']
                     ELSE ARRAY['', ''] END;
    BEGIN
      CASE floor(random() * 6)
        WHEN 0 THEN EXECUTE format('INSERT INTO portfolio.%I (code, name%s) VALUES (%L, %L%s)', t, extra[1], code, 'n' || step, extra[2]);
        WHEN 1 THEN EXECUTE format('INSERT INTO portfolio.%I (code, name, valid%s) VALUES (%L, %L, ''[2016-01-01,)''%s), (%L, %L, ''(,)''%s) ON CONFLICT (code) DO UPDATE SET name = excluded.name, valid = excluded.valid',
                                   t, extra[1], code, 'u' || step, extra[2], code || 'b', 'u' || step, extra[2]);
        WHEN 2 THEN EXECUTE format('INSERT INTO portfolio.%I (code, name%s) VALUES (%L, %L%s) ON CONFLICT DO NOTHING', t, extra[1], code, 'x' || step, extra[2]);
        WHEN 3 THEN EXECUTE format('UPDATE portfolio.%I SET description = %L, source = NULLIF(%s, 0), code = code || ''c'' WHERE code = %L', t, 'd' || step, step % 3, code);
        WHEN 4 THEN EXECUTE format('UPDATE portfolio.%I SET owner = (SELECT min(id) FROM portfolio.element WHERE kind = ''supplier'') WHERE code LIKE %L', t, code || '%');
        ELSE EXECUTE format('DELETE FROM portfolio.%I WHERE code LIKE %L', t, code || '%');
      END CASE;
    EXCEPTION WHEN unique_violation OR foreign_key_violation OR string_data_right_truncation THEN
      NULL;  -- refused as a whole, which is one of the things to try
    END;
    IF step % 100 = 0 THEN
      INSERT INTO differing SELECT step, c, pg_temp.differences(c) FROM unnest(tables) c;
    END IF;
  END LOOP;
END
$$;
SELECT cmp_ok((SELECT count(*) FROM portfolio.element), '>', 20::bigint, 'the random writes left elements');
SELECT is((SELECT count(DISTINCT kind) FROM portfolio.element), 13::bigint, 'of all kinds that have a table');
SELECT is_empty('SELECT * FROM differing WHERE rows > 0', 'after every hundred writes both copies agree');
-- The journal replayed is the table: the last entry of each row is the row, or its end
SELECT is_empty(
  $$SELECT e.id FROM portfolio.service e LEFT JOIN LATERAL (SELECT c.new FROM portfolio.change c WHERE c.table_name = 'service' AND c.element = e.id ORDER BY c.id DESC LIMIT 1) j ON true
     WHERE j.new IS DISTINCT FROM to_jsonb(e)$$,
  'the last entry about each row is the row as it is');
SELECT is_empty(
  $$SELECT c.id FROM portfolio.change c JOIN LATERAL (SELECT p.new FROM portfolio.change p WHERE p.table_name = c.table_name AND p.element = c.element AND p.id < c.id ORDER BY p.id DESC LIMIT 1) b ON true
     WHERE b.new IS DISTINCT FROM c.old$$,
  'every entry starts where the one before it ended');
SELECT is_empty($$SELECT id FROM portfolio.change WHERE table_name = 'element'$$, 'the second copy is not journalled again');
SELECT * FROM finish();
ROLLBACK;
