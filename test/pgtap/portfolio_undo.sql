-- One change is taken back by the opposite change; later ones are not thrown away with it.
BEGIN;
SELECT plan(19);
CREATE FUNCTION pg_temp.last_change(code text) RETURNS bigint LANGUAGE sql AS $$SELECT max(id) FROM portfolio.change c WHERE coalesce(c.new, c.old) ->> 'code' = $1$$;
INSERT INTO portfolio.service (code, name, valid) VALUES ('U_A', 'First', '[2016-04-01,)');
UPDATE portfolio.service SET name = 'Second', run_cost_gbp = 10 WHERE code = 'U_A';
SELECT lives_ok($$SELECT portfolio.undo_change(pg_temp.last_change('U_A'))$$, 'an UPDATE is undone');
SELECT results_eq($$SELECT s.name, s.run_cost_gbp, e.name FROM portfolio.service s JOIN portfolio.element e USING (id) WHERE s.code = 'U_A'$$, $$VALUES ('First', NULL::numeric, 'First')$$, 'in both copies');
SELECT matches((SELECT reason FROM portfolio.change WHERE id = pg_temp.last_change('U_A')), '^undo of change \d+$', 'the journal says that it was undone');
SELECT is(current_setting('pg_portfolio.reason'), '', 'the reason of the transaction is left as it was');

-- Another column may have changed since, the same one may not
UPDATE portfolio.service SET name = 'Third' WHERE code = 'U_A';
SELECT pg_temp.last_change('U_A') AS third \gset
UPDATE portfolio.service SET description = 'later' WHERE code = 'U_A';
SELECT lives_ok(format('SELECT portfolio.undo_change(%s)', :third), 'a later change of another column does not matter');
SELECT results_eq($$SELECT name, description FROM portfolio.service WHERE code = 'U_A'$$, $$VALUES ('First', 'later')$$, 'and stays');
SELECT throws_ok(format('SELECT portfolio.undo_change(%s)', :third), '55000', format('change %s cannot be undone', :third), 'it cannot be undone twice');
UPDATE portfolio.service SET name = 'Fourth' WHERE code = 'U_A';
SELECT pg_temp.last_change('U_A') AS fourth \gset
UPDATE portfolio.service SET name = 'First' WHERE code = 'U_A';
SELECT throws_ok(format('SELECT portfolio.undo_change(%s)', :fourth), '55000', format('change %s cannot be undone', :fourth), 'nor what somebody has taken back by hand');

-- DELETE comes back under its id, INSERT goes
SELECT id AS id FROM portfolio.service WHERE code = 'U_A' \gset
DELETE FROM portfolio.service WHERE code = 'U_A';
SELECT lives_ok($$SELECT portfolio.undo_change(pg_temp.last_change('U_A'))$$, 'a DELETE is undone');
SELECT results_eq($$SELECT s.id, e.id, s.valid, s.description FROM portfolio.service s JOIN portfolio.element e USING (id, kind, code, name, valid) WHERE s.code = 'U_A'$$,
  format($$VALUES (%s::bigint, %1$s::bigint, '[2016-04-01,)'::daterange, 'later')$$, :id), 'with its id, in both tables');
INSERT INTO portfolio.system (code, name) VALUES ('U_S', 'System');
SELECT portfolio.relate('system:U_S', 'realization', 'service:U_A') AS relation \gset
SELECT throws_ok($$SELECT portfolio.undo_change(pg_temp.last_change('U_S'))$$, '23503', NULL, 'what is related cannot be undone away');
-- what leads elsewhere is led back, and the entry of that is given, whatever else was written about its ends
INSERT INTO portfolio.system (code, name) VALUES ('U_S2', 'Second system');
UPDATE portfolio.relationship SET source = portfolio.element_ref('system:U_S2'), source_type = NULL WHERE id = :relation;
SELECT max(id) AS led FROM portfolio.change WHERE table_name = 'relationship' \gset
INSERT INTO portfolio.relationship (source, kind, target) SELECT portfolio.element_ref('system:U_S'), 'serving', portfolio.element_ref('service:U_A');
SELECT portfolio.undo_change(:led) AS undone \gset
SELECT is(:undone::bigint, (SELECT max(id) FROM portfolio.change), 'the new entry is given');
SELECT is((SELECT (new ->> 'id')::bigint FROM portfolio.change WHERE id = :undone), :relation::bigint, 'which is that of the relationship');
DELETE FROM portfolio.relationship WHERE source = portfolio.element_ref('system:U_S') AND kind = 'serving';
SELECT lives_ok($$SELECT portfolio.undo_change((SELECT min(id) FROM portfolio.change WHERE table_name = 'relationship' AND operation = 'INSERT' AND new ->> 'id' = '$$ || :relation || $$'))$$, 'an INSERT is undone');
SELECT is((SELECT count(*) FROM portfolio.relationship WHERE id = :relation), 0::bigint, 'the relationship is gone');
SELECT lives_ok($$SELECT portfolio.undo_change(pg_temp.last_change('U_S'))$$, 'and then the system');
-- A table whose key is not the element, and a change of the key
INSERT INTO portfolio.element_property (element, key, value) VALUES (:id, 'k', 'v');
UPDATE portfolio.element_property SET valid = '[2017-01-01,)', value = 'w' WHERE element = :id;
SELECT lives_ok($$SELECT portfolio.undo_change((SELECT max(id) FROM portfolio.change WHERE table_name = 'element_property'))$$, 'a change of the key is undone');
SELECT results_eq('SELECT value, valid FROM portfolio.element_property', $$VALUES ('v', '(,)'::daterange)$$, 'the old row is back');
SELECT throws_ok('SELECT portfolio.undo_change(0)', 'P0002', 'change 0 does not exist', 'no such change');
SELECT * FROM finish();
ROLLBACK;
