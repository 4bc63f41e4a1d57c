-- Renaming, joining, retiring and deleting, with all that hangs on an element; and no circles.
BEGIN;
SELECT plan(61);
CREATE FUNCTION pg_temp.e(kind text, code text) RETURNS bigint LANGUAGE sql AS $$SELECT portfolio.element_id($1, $2)$$;
CREATE FUNCTION pg_temp.detail(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE d text;
BEGIN
  EXECUTE statement;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL; RETURN d;
END
$$;
INSERT INTO portfolio.organisation (code, name) VALUES ('K_O1', 'One'), ('K_O2', 'Two'), ('K_O3', 'Three');
INSERT INTO portfolio.service (code, name, state) VALUES ('K_S1', 'Service one', 'pipeline'), ('K_S2', 'Service two', 'retiring');
INSERT INTO portfolio.system (code, name) VALUES ('K_Y1', 'System one'), ('K_Y2', 'System two');
INSERT INTO portfolio.standard (code, name) VALUES ('K_D1', 'Standard one'), ('K_D2', 'Standard two');

-- circles
SELECT throws_ok($$UPDATE portfolio.service SET owner = id WHERE code = 'K_S1'$$, '23514', 'column "owner" of "portfolio.element" leads back to the row itself', 'nothing owns itself');
UPDATE portfolio.organisation SET owner = pg_temp.e('organisation', 'K_O2') WHERE code = 'K_O1';
UPDATE portfolio.organisation SET owner = pg_temp.e('organisation', 'K_O3') WHERE code = 'K_O2';
SELECT is(pg_temp.detail($$UPDATE portfolio.organisation SET owner = pg_temp.e('organisation', 'K_O1') WHERE code = 'K_O3'$$), 'The way is K_O3 > K_O1 > K_O2 > K_O3.', 'by however many steps');
SELECT lives_ok($$UPDATE portfolio.organisation SET owner = pg_temp.e('organisation', 'K_O3') WHERE code = 'K_O1'$$, 'another owner above is no circle');
INSERT INTO portfolio.element (kind, code, name) VALUES ('capability', 'K_C1', 'C1'), ('capability', 'K_C2', 'C2');
UPDATE portfolio.element SET owner = pg_temp.e('capability', 'K_C2') WHERE code = 'K_C1';
SELECT throws_ok($$UPDATE portfolio.element SET owner = pg_temp.e('capability', 'K_C1') WHERE code = 'K_C2'$$, '23514', NULL, 'elements without a table of their own too');
SELECT throws_ok($$UPDATE portfolio.organisation SET parent = CASE code WHEN 'K_O1' THEN pg_temp.e('organisation', 'K_O2') ELSE pg_temp.e('organisation', 'K_O1') END WHERE code IN ('K_O1', 'K_O2')$$,
  '23514', NULL, 'nor is anything part of itself, in one statement');
UPDATE portfolio.standard SET replaced_by = pg_temp.e('standard', 'K_D2') WHERE code = 'K_D1';
SELECT throws_ok($$UPDATE portfolio.standard SET replaced_by = pg_temp.e('standard', 'K_D1') WHERE code = 'K_D2'$$, '23514', NULL, 'or replaces what replaces it');

-- renaming
SELECT portfolio.relate('system:K_Y1', 'realization', 'service:K_S1');
SELECT is(portfolio.rename_element('service:K_S1', 'K_NEW', 'New name'), 'service:K_NEW', 'an element is renamed while related');
SELECT is(portfolio.element_ref('service:K_S1'), pg_temp.e('service', 'K_NEW'), 'its old code still leads to it');
SELECT is(portfolio.element_ref('Service one'), pg_temp.e('service', 'K_NEW'), 'and its old name');
SELECT is((SELECT count(*) FROM portfolio.relationship WHERE target = pg_temp.e('service', 'K_NEW')), 1::bigint, 'what refers to it stays');
SELECT throws_ok($$SELECT portfolio.rename_element('service:K_S2', 'K_S1')$$, '23505', 'code "K_S1" was that of service:K_NEW', 'a former code is not given to another');
SELECT throws_ok($$SELECT portfolio.rename_element('service:K_S2', 'K_NEW')$$, '23505', 'service:K_NEW is there already', 'nor a code that is taken');
SELECT throws_ok($$SELECT portfolio.rename_element('service:K_S2', ' ')$$, '22004', NULL, 'nor none');
SELECT is(portfolio.rename_element('service:K_NEW', 'K_S1', 'Service one'), 'service:K_S1', 'it may get its old code back');
SELECT results_eq($$SELECT scheme, value FROM portfolio.element_alias WHERE element = pg_temp.e('service', 'K_S1') ORDER BY 1$$, $$VALUES ('code', 'K_NEW'), ('name', 'New name')$$, 'and answers to the other');
SELECT is((SELECT to_jsonb(s) FROM portfolio.service s WHERE code = 'K_S1'), portfolio.element_at('service:K_S1', now()), 'the journal has it as it is');

-- what holds an element as kind:code
CREATE TEMP TABLE code_holder AS SELECT pg_temp.e('system', 'K_Y1') AS id;
SELECT portfolio.define_property('system', 'k_runner', 'element', 'Run by');
INSERT INTO portfolio.element_property (element, key, value) SELECT id, 'k_runner', 'organisation:K_O3' FROM code_holder;
INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) SELECT id, 'owner', 'organisation:K_O3', '[2030-01-01,)' FROM code_holder;
CREATE FUNCTION pg_temp.held() RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(r.value, ', ' ORDER BY r.value) FROM (SELECT p.value FROM portfolio.element_property p JOIN code_holder h ON p.element = h.id AND p.key = 'k_runner'
    UNION ALL SELECT p.value FROM portfolio.planned_attribute p JOIN code_holder h ON p.element = h.id) r
$$;
SELECT max(id) AS before FROM portfolio.change \gset
SELECT portfolio.rename_element('organisation:K_O3', 'K_O4', 'Fourth');
SELECT is(pg_temp.held(), 'organisation:K_O4, organisation:K_O4', 'what holds a code holds the new one');
SELECT results_eq(format($$SELECT portfolio.undo_change(id) IS NULL FROM portfolio.change WHERE id > %s ORDER BY id DESC$$, :before), 'VALUES (false), (false), (false), (true), (true)', 'a renaming is undone from its end, what follows with what it follows');
SELECT is(pg_temp.held(), 'organisation:K_O3, organisation:K_O3', 'and holds the old one again');
SELECT is_empty($$SELECT FROM portfolio.element_alias WHERE element = pg_temp.e('organisation', 'K_O3')$$, 'which has no other name');
UPDATE portfolio.organisation SET code = 'K_O5' WHERE code = 'K_O3';
SELECT is(pg_temp.held(), 'organisation:K_O5, organisation:K_O5', 'a plain UPDATE takes along what holds the code');
SELECT portfolio.undo_change(max(id)) FROM portfolio.change WHERE table_name = 'organisation';
SELECT is(pg_temp.held(), 'organisation:K_O3, organisation:K_O3', 'and so does taking it back');
DELETE FROM portfolio.planned_attribute p USING code_holder h WHERE p.element = h.id;

-- deleting
INSERT INTO portfolio.supplier (code, name) VALUES ('K_SUP', 'Supplier');
INSERT INTO portfolio.contract (code, name, supplier) VALUES ('K_CON', 'Contract', pg_temp.e('supplier', 'K_SUP'));
INSERT INTO portfolio.element_property (element, key, value) VALUES (pg_temp.e('supplier', 'K_SUP'), 'k', 'v');
SELECT relation FROM (SELECT portfolio.relate('supplier:K_SUP', 'association', 'system:K_Y1')) r (relation);
SELECT results_eq($$SELECT table_name, column_name, action, rows, detail FROM portfolio.delete_element('supplier:K_SUP') ORDER BY 3, 1$$,
  $$VALUES ('element_property', 'element', 'deleted', 1::bigint, 'k'), ('relationship', 'source', 'deleted', 1, 'supplier:K_SUP association system:K_Y1'), ('contract', 'supplier', 'refuses', 1, 'contract:K_CON')$$, 'a dry run tells what goes and what refuses');
SELECT throws_ok($$SELECT portfolio.delete_element('supplier:K_SUP', false)$$, '23503', 'supplier:K_SUP cannot be deleted while it is referred to', 'what is referred to is not deleted');
SELECT is(pg_temp.detail($$SELECT portfolio.delete_element('supplier:K_SUP', false)$$), 'By contract.supplier: 1 (contract:K_CON).', 'and all that refers to it is named');
SELECT is((SELECT count(*) FROM portfolio.element_property WHERE element = pg_temp.e('supplier', 'K_SUP')) + (SELECT count(*) FROM portfolio.relationship WHERE source = pg_temp.e('supplier', 'K_SUP')), 2::bigint, 'nothing went');
DELETE FROM portfolio.contract WHERE code = 'K_CON';
SELECT is((SELECT count(*) FROM portfolio.delete_element('supplier:K_SUP')), 3::bigint, 'a dry run once nothing refuses');
SELECT isnt(pg_temp.e('supplier', 'K_SUP'), NULL, 'leaves it there');
SELECT lives_ok($$SELECT portfolio.delete_element('supplier:K_SUP', false)$$, 'then it goes');
SELECT is(pg_temp.e('supplier', 'K_SUP'), NULL, 'with all of it');
SELECT lives_ok($$SELECT portfolio.undo_change((SELECT max(id) FROM portfolio.change WHERE table_name = 'supplier' AND operation = 'DELETE'))$$, 'and can be brought back');

-- retiring
INSERT INTO portfolio.role_holder (element, role, party, valid) VALUES (pg_temp.e('system', 'K_Y1'), 'information_asset_owner', pg_temp.e('organisation', 'K_O1'), '[2016-01-01,)'), (pg_temp.e('system', 'K_Y1'), 'siro', pg_temp.e('organisation', 'K_O1'), '[2019-01-01,)');
INSERT INTO portfolio.interface (code, name, system) VALUES ('K_I1', 'Interface', pg_temp.e('system', 'K_Y1'));
SELECT set_eq($$SELECT table_name, column_name, action, rows FROM portfolio.retire('system:K_Y1', '2018-10-01', 'system:K_Y2')$$,
  $$VALUES ('system', NULL, 'ended', 1::bigint), ('relationship', 'source', 'ended', 1), ('role_holder', 'element', 'ended', 1), ('role_holder', 'element', 'deleted', 1),
           ('relationship', 'source', 'made', 1), ('interface', 'system', 'warns', 1)$$, 'what ends with a system, and what is left for people');
SELECT results_eq($$SELECT s.lifecycle, s.valid, e.valid FROM portfolio.system s JOIN portfolio.element e USING (id) WHERE s.code = 'K_Y1'$$, $$VALUES ('retired', '(,2018-10-01)'::daterange, '(,2018-10-01)'::daterange)$$, 'its last day is the day before');
SELECT results_eq($$SELECT name, valid FROM portfolio.relationship WHERE source = pg_temp.e('system', 'K_Y1') AND target = pg_temp.e('system', 'K_Y2')$$, $$VALUES ('succeeded by', '[2018-10-01,)'::daterange)$$, 'its successor is named');
SELECT throws_ok($$SELECT portfolio.retire('system:K_Y1', '2019-01-01')$$, '22023', 'system:K_Y1 cannot be retired on 2019-01-01', 'what has ended cannot end later');
SELECT throws_ok($$SELECT portfolio.retire('system:K_Y2', '2019-01-01', 'system:K_Y2')$$, '22023', NULL, 'nothing succeeds itself');
SELECT throws_ok($$SELECT portfolio.retire('system:K_Y2', 'infinity')$$, '22023', 'infinity is not a day', 'the end of time is no day');
SELECT is(portfolio.table_label('portfolio.service') || ', ' || portfolio.table_label('pg_catalog.pg_class'), 'service, pg_class', 'a table is told by its name');
SELECT is_empty($$SELECT t.from_state, t.to_state FROM portfolio.service_transition t WHERE t.to_state IN ('retiring', 'retired')
  AND NOT EXISTS (SELECT FROM portfolio.service_transition b WHERE (b.from_state, b.to_state) = (t.to_state, t.from_state))$$, 'every step of the withdrawal of a service can be taken back');
CREATE FUNCTION pg_temp.with_relationships(code text) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_array(to_jsonb(s), (SELECT jsonb_agg(to_jsonb(r) ORDER BY r.id) FROM portfolio.relationship r WHERE s.id IN (r.source, r.target))) FROM portfolio.service s WHERE s.code = $1
$$;
CREATE FUNCTION pg_temp.undo_since(entry bigint) RETURNS bigint LANGUAGE sql AS $$
  SELECT count(portfolio.undo_change(c.id)) FROM (SELECT id FROM portfolio.change WHERE id > entry ORDER BY id DESC) c
$$;
INSERT INTO portfolio.service (code, name, state, owner, support_tier, early_life_ends, service_level, roadmap_item, live_on)
SELECT 'K_' || s.state, s.state, s.state, pg_temp.e('organisation', 'K_O1'), 'gold', '2019-01-01', v.level, v.item, v.live_on
  FROM portfolio.service_state s LEFT JOIN (VALUES ('live', 'availability', 'R1', date '2016-01-01')) v (state, level, item, live_on) USING (state) WHERE s.state <> 'retired';
INSERT INTO portfolio.service_level (service, measure, target) VALUES (pg_temp.e('service', 'K_live'), 'availability', 99.9);
INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on) VALUES (pg_temp.e('service', 'K_live'), 'R1', 'release', 'Release 1', '2018-01-01');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT results_eq($$SELECT state FROM portfolio.service WHERE code = 'K_' || state ORDER BY 1$$, $$SELECT state FROM portfolio.service_state WHERE state <> 'retired' ORDER BY 1$$, 'services in every state before the last');
SELECT count(portfolio.relate('service:' || code, 'association', 'system:K_Y2')) FROM portfolio.service WHERE code = 'K_' || state;
CREATE TEMP TABLE kept AS SELECT s.code, pg_temp.with_relationships(s.code) AS was FROM portfolio.service s WHERE s.code = 'K_' || s.state;
SELECT max(id) AS before FROM portfolio.change \gset
SELECT count(*) FROM kept, LATERAL portfolio.retire('service:' || code, '2018-10-01');
SELECT results_eq($$SELECT DISTINCT s.state FROM portfolio.service s JOIN kept USING (code)$$, $$VALUES ('retired')$$, 'are retired by mistake');
SELECT pg_temp.undo_since(:before);
SELECT results_eq($$SELECT code, pg_temp.with_relationships(code) FROM kept ORDER BY code$$, 'SELECT code, was FROM kept ORDER BY code', 'and are as they were once that is undone');
UPDATE portfolio.service SET state = 'retired' WHERE code = 'K_pipeline';
UPDATE portfolio.service SET state = 'pipeline' WHERE code = 'K_pipeline';
SELECT is((SELECT retired_on FROM portfolio.service WHERE code = 'K_pipeline'), NULL, 'what is taken up again has no last day');
SELECT lives_ok($$SELECT portfolio.retire('service:K_S2', '2018-10-01'), portfolio.retire('standard:K_D1', '2018-10-01', 'standard:K_D2')$$, 'services and standards');
SELECT results_eq($$SELECT s.state, s.retired_on, d.status, d.retired_on, portfolio.element_label(d.replaced_by) FROM portfolio.service s, portfolio.standard d WHERE s.code = 'K_S2' AND d.code = 'K_D1'$$,
  $$VALUES ('retired', '2018-10-01'::date, 'retired', '2018-10-01'::date, 'standard:K_D2')$$, 'have their state follow');

-- joining
INSERT INTO portfolio.organisation (code, name, ods_code, parent) VALUES ('K_KEEP', 'Kept', NULL, NULL), ('K_DROP', 'Dropped', 'X26K', NULL);
UPDATE portfolio.organisation SET parent = pg_temp.e('organisation', 'K_DROP') WHERE code = 'K_KEEP';
INSERT INTO portfolio.team (code, name, organisation, owner) VALUES ('K_T', 'Team', pg_temp.e('organisation', 'K_DROP'), pg_temp.e('organisation', 'K_DROP'));
INSERT INTO portfolio.element_alias (element, scheme, value) VALUES (pg_temp.e('organisation', 'K_KEEP'), 'old', 'both'), (pg_temp.e('organisation', 'K_DROP'), 'old', 'both'), (pg_temp.e('organisation', 'K_DROP'), 'old', 'other');
INSERT INTO portfolio.role_holder (element, role, party, valid) VALUES (pg_temp.e('organisation', 'K_KEEP'), 'siro', pg_temp.e('organisation', 'K_O1'), '(,)'), (pg_temp.e('organisation', 'K_DROP'), 'siro', pg_temp.e('organisation', 'K_O2'), '(,)');
SELECT portfolio.relate('organisation:K_DROP', 'association', 'organisation:K_KEEP'), portfolio.relate('organisation:K_DROP', 'association', 'organisation:K_O1'),
       portfolio.relate('organisation:K_KEEP', 'association', 'organisation:K_O1'), portfolio.relate('organisation:K_O2', 'association', 'organisation:K_DROP');
CREATE TEMP TABLE tried AS SELECT * FROM portfolio.merge_elements('organisation:K_KEEP', 'organisation:K_DROP');
SELECT isnt(pg_temp.e('organisation', 'K_DROP'), NULL, 'a dry run joins nothing');
SELECT ok(EXISTS (SELECT FROM portfolio.merge_elements('organisation:K_KEEP', 'organisation:K_DROP', NULL)) AND portfolio.element_id('organisation', 'K_DROP') IS NOT NULL, 'what is not said is a dry run');
SELECT set_eq($$SELECT * FROM portfolio.merge_elements('organisation:K_KEEP', 'organisation:K_DROP', false)$$, 'SELECT * FROM tried', 'and tells what is then done');
SELECT set_eq($$SELECT table_name, column_name, action, rows, detail FROM tried$$,
  $$VALUES ('relationship', NULL, 'dropped', 1::bigint, 'organisation:K_DROP association organisation:K_KEEP'), ('relationship', 'source', 'dropped', 1, 'organisation:K_DROP association organisation:K_O1'),
           ('relationship', 'target', 'moved', 1, 'organisation:K_O2 association organisation:K_DROP'), ('team', 'organisation', 'moved', 1, 'team:K_T'), ('team', 'owner', 'moved', 1, 'team:K_T'),
           ('element_alias', 'element', 'dropped', 1, 'old both'), ('element_alias', 'element', 'moved', 1, 'old other'), ('role_holder', 'element', 'dropped', 1, 'siro'), ('organisation', 'parent', 'cleared', 1, 'organisation:K_KEEP'),
           ('organisation', NULL, 'filled', 1, 'ods_code'), ('organisation', NULL, 'deleted', 1, 'organisation:K_DROP')$$, 'all of it');
SELECT results_eq($$SELECT portfolio.element_label(portfolio.element_ref('K_DROP')), portfolio.element_label(portfolio.element_ref('Dropped')), ods_code, parent FROM portfolio.organisation WHERE code = 'K_KEEP'$$,
  $$VALUES ('organisation:K_KEEP', 'organisation:K_KEEP', 'X26K', NULL::bigint)$$, 'the old code and name lead to the one that is kept');
SELECT is((SELECT organisation FROM portfolio.team WHERE code = 'K_T'), pg_temp.e('organisation', 'K_KEEP'), 'and so does what referred to the other');
SELECT throws_ok($$SELECT portfolio.merge_elements('organisation:K_KEEP', 'team:K_T')$$, '42809', 'organisation:K_KEEP and team:K_T are not of one kind', 'two of different kinds are not one');
SELECT throws_ok($$SELECT portfolio.merge_elements('K_KEEP', 'K_DROP')$$, '22023', NULL, 'nor one with itself');
SELECT throws_ok($$SELECT portfolio.merge_elements('K_KEEP', 'K_O1', options => '{"x": 1}')$$, '22023', NULL, 'unknown options are refused');

-- all of it with an editor's rights
CREATE ROLE pf_keep_editor;
SELECT portfolio.grant_profile('pf_keep_editor', 'editor');
CREATE TEMP TABLE sheet (code text, name text, state text, owner text, "Run cost" text);
INSERT INTO sheet VALUES ('K_E1', 'Edited one', 'Pipeline', 'organisation:K_O1', '£5'), ('K_E2', 'Edited two', 'asleep', NULL, NULL), ('K_E3', 'Edited three', NULL, NULL, NULL);
GRANT SELECT ON sheet TO pf_keep_editor;
SET LOCAL ROLE pf_keep_editor;
SELECT results_eq($$SELECT code, verdict FROM portfolio.import('service', 'sheet', dry_run => false)$$, $$VALUES ('K_E1', 'new'), ('K_E2', 'refused'), ('K_E3', 'new')$$, 'an editor imports');
SELECT is((SELECT count(*) FROM portfolio.export('service') l WHERE l LIKE 'K\_E%'), 2::bigint, 'exports');
SELECT is(portfolio.rename_element('service:K_E1', 'K_E9'), 'service:K_E9', 'renames');
SELECT isnt_empty($$SELECT * FROM portfolio.merge_elements('service:K_E9', 'service:K_E3', false)$$, 'joins');
SELECT isnt_empty($$SELECT * FROM portfolio.retire('service:K_E9', current_date)$$, 'retires');
SELECT isnt_empty($$SELECT * FROM portfolio.delete_element('service:K_E9', false)$$, 'deletes');
SELECT is((SELECT DISTINCT by FROM portfolio.element_history('service:K_E9')), 'pf_keep_editor', 'and is named in the journal');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
