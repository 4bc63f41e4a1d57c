-- What the database refuses, word for word, and what every way of writing a concept table does to element.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\set SHOW_CONTEXT never
SET search_path = portfolio, public;
SET DateStyle = 'ISO, YMD';
-- Ids differ from run to run, so messages that show them are cut.
CREATE FUNCTION pg_temp.refusal(command text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE state text; message text; detail text; hint text;
BEGIN
  EXECUTE command;
  RETURN 'done';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN state || ': ' || message || coalesce(E'\n' || nullif(regexp_replace(detail, '\m\d+\M', 'N', 'g'), ''), '') || coalesce(E'\n' || nullif(hint, ''), '');
END
$$;
\pset format unaligned
\pset tuples_only on

INSERT INTO service (code, name) VALUES ('PC_A', 'Constraint service A'), ('PC_B', 'Constraint service B');
INSERT INTO system (code, name) VALUES ('PC_S', 'Constraint system');
INSERT INTO organisation (code, name) VALUES ('PC_O', 'Constraint organisation');
INSERT INTO element (kind, code, name) VALUES ('capability', 'PC_C', 'Constraint capability');

-- Relationships: the matrix, overlap, both ends
SELECT pg_temp.refusal($$SELECT relate('system:PC_S', 'realization', 'service:PC_A')$$);
SELECT pg_temp.refusal($$SELECT relate('system:PC_S', 'composition', 'service:PC_A')$$);
SELECT pg_temp.refusal($$SELECT relate('system:PC_S', 'loves', 'service:PC_A')$$);
SELECT pg_temp.refusal($$SELECT relate('system:PC_S', 'realization', 'service:PC_A')$$);
SELECT split_part(pg_temp.refusal($$SELECT relate('system:PC_S', 'realization', NULL)$$), E'\n', 1);
-- By INSERT the keys themselves refuse, and an end that does not exist is named
SELECT pg_temp.refusal($$INSERT INTO relationship (source, kind, target) VALUES (element_id('system', 'PC_S'), 'composition', element_id('service', 'PC_A'))$$);
SELECT pg_temp.refusal($$INSERT INTO relationship (source, kind, target) VALUES (element_id('system', 'PC_S'), 'realization', element_id('service', 'PC_A'))$$);
SELECT pg_temp.refusal($$INSERT INTO relationship (source, kind, target) VALUES (element_id('system', 'PC_S'), 'realization', -4)$$);
SELECT pg_temp.refusal($$INSERT INTO relationship (source, kind, target) VALUES (-4, 'realization', element_id('service', 'PC_A'))$$);
-- The same relationship on other days, or under a code of its own, is another row
SELECT relate('system:PC_S', 'serving', 'service:PC_A') IS NOT NULL;
UPDATE relationship SET valid = '[2016-01-01,2017-01-01)' WHERE kind = 'serving' AND source = element_id('system', 'PC_S');
INSERT INTO relationship (source, kind, target, valid)
VALUES (element_id('system', 'PC_S'), 'serving', element_id('service', 'PC_A'), '[2017-01-01,)');
INSERT INTO relationship (source, kind, target, code)
VALUES (element_id('system', 'PC_S'), 'serving', element_id('service', 'PC_A'), 'second');
SELECT pg_temp.refusal($$INSERT INTO relationship (source, kind, target, valid)
  VALUES (element_id('system', 'PC_S'), 'serving', element_id('service', 'PC_A'), '[2016-12-31,2016-12-31]')$$) ~ '^23P01';
-- Types that are given must be those of the elements
SELECT pg_temp.refusal($$INSERT INTO relationship (source, source_type, kind, target, target_type, code)
  VALUES (element_id('system', 'PC_S'), 'BusinessActor', 'serving', element_id('service', 'PC_A'), 'ApplicationService', 'x')$$);
SELECT source_type, kind, target_type, valid, code FROM relationship WHERE source = element_id('system', 'PC_S') ORDER BY kind, code, valid;

-- What is still related cannot go
SELECT pg_temp.refusal($$DELETE FROM service WHERE code = 'PC_A'$$);
SELECT code FROM service WHERE code = 'PC_A';

-- Dates: no empty range, no infinity
SELECT v, split_part(pg_temp.refusal(format($$INSERT INTO service (code, name, valid) VALUES ('PC_X', 'x', %L)$$, v)), E'\n', 1)
  FROM unnest(ARRAY['empty', '[-infinity,2017-01-01)', '[2017-01-01,infinity)', '[2017-01-01,infinity]', '(-infinity,infinity)']) v;
INSERT INTO service (code, name, valid) VALUES ('PC_D', 'Dated', '[2016-04-01,2018-03-31]');
SELECT valid FROM element WHERE kind = 'service' AND code = 'PC_D';
SELECT pg_temp.refusal($$INSERT INTO element_property (element, key, value, valid) VALUES (element_id('service', 'PC_D'), 'k', 'v', 'empty')$$) ~ '^23514';
INSERT INTO element_property (element, key, value, valid) VALUES (element_id('service', 'PC_D'), 'k', 'v', '(,2017-01-01)'), (element_id('service', 'PC_D'), 'k', 'w', '[2017-01-01,)');
SELECT pg_temp.refusal($$INSERT INTO element_property (element, key, value) VALUES (element_id('service', 'PC_D'), 'k', 'z')$$) ~ '^23P01';

-- Rows: names are not empty, kinds do not change, ids do not move, nothing is truncated
SELECT pg_temp.refusal($$INSERT INTO service (code, name) VALUES ('PC_X', '  ')$$) ~ '^23514';
SELECT pg_temp.refusal($$UPDATE service SET id = id + 1000000 WHERE code = 'PC_B'$$);
SELECT pg_temp.refusal($$UPDATE service SET kind = 'system' WHERE code = 'PC_B'$$) ~ '^428C9';
SELECT pg_temp.refusal($$TRUNCATE contract CASCADE$$);
SELECT pg_temp.refusal($$TRUNCATE relationship$$) ~ '^0A000';
SELECT pg_temp.refusal($$TRUNCATE change$$);
-- An id that belongs to another kind of element is refused, and that element is left as it is
SELECT pg_temp.refusal($$INSERT INTO service (id, code, name) VALUES (element_id('capability', 'PC_C'), 'PC_X', 'Taken over')$$);
SELECT name FROM element WHERE kind = 'capability' AND code = 'PC_C';
SELECT pg_temp.refusal($$INSERT INTO element (kind, code, name) VALUES ('dragon', 'PC_X', 'x')$$);

-- Shipped kinds are the release's
SELECT pg_temp.refusal($$UPDATE element_kind SET label = 'x' WHERE kind = 'service'$$);
SELECT pg_temp.refusal($$DELETE FROM element_kind WHERE kind = 'capability'$$) ~ '^55000';

-- Another kind brings its ArchiMate type, and relationships that stay legal follow
INSERT INTO element (kind, code, name) VALUES ('business_process', 'PC_K', 'Kind to change');
SELECT relate('PC_K', 'flow', 'PC_S') IS NOT NULL, relate('PC_K', 'triggering', 'PC_S') IS NOT NULL;
UPDATE element SET kind = 'business_function' WHERE code = 'PC_K';
SELECT e.kind, e.archimate_type, r.source_type, r.kind FROM element e JOIN relationship r ON r.source = e.id WHERE e.code = 'PC_K' ORDER BY 4;
SELECT pg_temp.refusal($$UPDATE element SET kind = 'capability' WHERE code = 'PC_K'$$);
DELETE FROM relationship WHERE source = element_ref('PC_K');
UPDATE element SET kind = 'capability' WHERE code = 'PC_K';
SELECT kind, archimate_type FROM element WHERE code = 'PC_K';

-- Naming
SELECT pg_temp.refusal($$SELECT element_ref('PC_NOWHERE')$$);
INSERT INTO system (code, name) VALUES ('PC_A', 'Constraint service A');
SELECT pg_temp.refusal($$SELECT element_ref('PC_A')$$);
SELECT pg_temp.refusal($$SELECT element_ref('constraint SERVICE a')$$);
INSERT INTO element_alias (element, scheme, value) VALUES (element_id('service', 'PC_A'), 'pc', 'Alpha:1');
SELECT element_label(element_ref('service:PC_A')), element_label(element_ref('alpha:1')), element_label(element_ref('service:alpha:1')),
       element_label(element_ref('system:constraint service a')), element_ref(NULL) IS NULL;
SELECT legal_kinds('system:PC_S', 'service:PC_A');

-- Who may write what directly
CREATE ROLE regress_pc_editor;
GRANT USAGE ON SCHEMA portfolio TO regress_pc_editor;
GRANT SELECT, INSERT, UPDATE, DELETE ON element, relationship TO regress_pc_editor;
GRANT SELECT ON element_kind, relationship_rule, service_demand, service_state TO regress_pc_editor;
GRANT SELECT, INSERT (code, name), UPDATE (name), DELETE ON service TO regress_pc_editor;
GRANT USAGE ON SEQUENCE element_id_seq TO regress_pc_editor;
GRANT SELECT ON change TO regress_pc_editor;
SET ROLE regress_pc_editor;
INSERT INTO service (code, name) VALUES ('PC_E', 'By the editor');
UPDATE service SET name = 'By the editor, again' WHERE code = 'PC_E';
SELECT kind, code, name FROM element WHERE code = 'PC_E';
INSERT INTO element (kind, code, name) VALUES ('capability', 'PC_E', 'Plain');
SELECT pg_temp.refusal($$INSERT INTO element (kind, code, name) VALUES ('service', 'PC_F', 'Round the back')$$);
SELECT pg_temp.refusal($$UPDATE element SET name = 'x' WHERE kind = 'service' AND code = 'PC_E'$$) ~ '^55000';
SELECT pg_temp.refusal($$UPDATE element SET kind = 'service', archimate_type = 'ApplicationService' WHERE kind = 'capability' AND code = 'PC_E'$$) ~ '^55000';
SELECT pg_temp.refusal($$DELETE FROM element WHERE kind = 'service' AND code = 'PC_E'$$) ~ '^55000';
SELECT pg_temp.refusal($$UPDATE change SET by = 'me'$$) ~ '^42501';
SELECT pg_temp.refusal($$INSERT INTO change (table_name, operation, new) VALUES ('service', 'INSERT', '{}')$$) ~ '^42501';
DELETE FROM service WHERE code = 'PC_E';
DELETE FROM element WHERE kind = 'capability' AND code = 'PC_E';
RESET ROLE;
-- The journal names the role in whose name the statement ran, not the table's owner
SELECT operation, by, coalesce(new, old) ->> 'name' FROM change WHERE coalesce(new, old) ->> 'code' = 'PC_E' ORDER BY id;
-- Even who owns the journal cannot rewrite it
SELECT pg_temp.refusal($$UPDATE change SET by = 'me'$$);

-- Every concept table: INSERT with ON CONFLICT in all forms, COPY, UPDATE, DELETE; element stays in step
INSERT INTO supplier (code, name) VALUES ('PC_SUPPLIER', 'Constraint supplier'), ('PC_RECEIVER', 'Constraint receiver');
CREATE TEMP TABLE in_step (table_name name, step text, ok boolean);
DO $$
DECLARE
  t name;
  more text;
  vals text;
  elements bigint;
BEGIN
  FOR t IN SELECT table_name FROM portfolio.element_kind WHERE builtin AND table_name IS NOT NULL LOOP
    more := CASE t WHEN 'contract' THEN ', supplier' WHEN 'data_flow' THEN ', sender, receiver' ELSE '' END;
    vals := CASE t WHEN 'contract' THEN ', portfolio.element_id(''supplier'', ''PC_SUPPLIER'')'
                   WHEN 'data_flow' THEN ', portfolio.element_id(''supplier'', ''PC_SUPPLIER''), portfolio.element_id(''supplier'', ''PC_RECEIVER'')' ELSE '' END;
    EXECUTE format('INSERT INTO portfolio.%I (code, name%s) VALUES (''PC_1'', ''One''%s)', t, more, vals);
    SELECT count(*) INTO elements FROM portfolio.element;
    EXECUTE format('INSERT INTO portfolio.%I (code, name%s) VALUES (''PC_1'', ''Other''%s) ON CONFLICT DO NOTHING', t, more, vals);
    EXECUTE format('INSERT INTO portfolio.%I (code, name%s) VALUES (''PC_1'', ''Other''%s) ON CONFLICT (code) DO NOTHING', t, more, vals);
    INSERT INTO in_step SELECT t, 'do nothing', count(*) = elements FROM portfolio.element;
    INSERT INTO in_step SELECT t, 'name kept', e.name = 'One' FROM portfolio.element e WHERE e.kind = t AND e.code = 'PC_1';
    EXECUTE format('INSERT INTO portfolio.%I (code, name%s) VALUES (''PC_1'', ''Upserted''%s), (''PC_2'', ''Two''%s)
                    ON CONFLICT (code) DO UPDATE SET name = excluded.name', t, more, vals, vals);
    INSERT INTO in_step SELECT t, 'do update', array_agg(e.name ORDER BY e.code) = '{Upserted,Two}' FROM portfolio.element e WHERE e.kind = t AND e.code IN ('PC_1', 'PC_2');
    EXECUTE format('UPDATE portfolio.%I SET code = ''PC_3'', description = ''d'', valid = ''[2016-01-01,)'', source = ''s'' WHERE code = ''PC_2''', t);
    INSERT INTO in_step SELECT t, 'update', count(*) = 1 FROM portfolio.element e
     WHERE e.kind = t AND e.code = 'PC_3' AND e.description = 'd' AND e.source = 's' AND e.valid = '[2016-01-01,)';
    EXECUTE format('DELETE FROM portfolio.%I WHERE code IN (''PC_1'', ''PC_3'')', t);
    INSERT INTO in_step SELECT t, 'delete', count(*) = 0 FROM portfolio.element e WHERE e.kind = t AND e.code IN ('PC_1', 'PC_2', 'PC_3');
  END LOOP;
END
$$;
SELECT count(*), count(*) FILTER (WHERE ok), count(DISTINCT table_name) FROM in_step;
SELECT * FROM in_step WHERE ok IS NOT TRUE;
COPY interface (code, name, protocol, lifecycle) FROM stdin;
PC_COPY1	Copied one	FHIR	live
PC_COPY2	Copied two	\N	planned
\.
SELECT i.code, e.name, e.archimate_type FROM interface i JOIN element e USING (id, kind) WHERE i.code LIKE 'PC\_COPY%' ORDER BY 1;
-- One statement may delete an owner together with what it owns
INSERT INTO organisation (code, name, owner) VALUES ('PC_O2', 'Owned', element_id('organisation', 'PC_O'));
SELECT pg_temp.refusal($$DELETE FROM organisation WHERE code = 'PC_O'$$) ~ '^23503';
DELETE FROM relationship WHERE source = element_id('system', 'PC_S');
DELETE FROM service WHERE code LIKE 'PC\_%';
DELETE FROM organisation WHERE code LIKE 'PC\_%';

DELETE FROM interface WHERE code LIKE 'PC\_%';
DELETE FROM system WHERE code LIKE 'PC\_%';
DELETE FROM supplier WHERE code LIKE 'PC\_%';
DELETE FROM element WHERE code LIKE 'PC\_%';
SELECT count(*) FROM element WHERE code LIKE 'PC\_%';
REVOKE ALL ON ALL TABLES IN SCHEMA portfolio FROM regress_pc_editor;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA portfolio FROM regress_pc_editor;
REVOKE ALL ON SCHEMA portfolio FROM regress_pc_editor;
DROP ROLE regress_pc_editor;
