-- The two triggers of every table of the portfolio, and the journal.
CREATE SEQUENCE portfolio.change_id_seq;
COMMENT ON SEQUENCE portfolio.change_id_seq IS 'Numbers journal entries.';
SELECT pg_extension_config_dump('portfolio.change_id_seq', '');

CREATE TABLE portfolio.change (
  id         bigint PRIMARY KEY DEFAULT nextval('portfolio.change_id_seq'),
  table_name name NOT NULL,
  element    bigint,
  at         timestamptz NOT NULL DEFAULT now(),
  by         name NOT NULL DEFAULT CURRENT_USER,
  reason     text,
  operation  text NOT NULL CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE')),
  old        jsonb,
  new        jsonb,
  CHECK ((operation = 'INSERT') = (old IS NULL) AND (operation = 'DELETE') = (new IS NULL))
);
CREATE INDEX change_element_idx ON portfolio.change (element, id) WHERE table_name <> 'relationship';
-- Relationships come by the hundred thousand, so what is new is found by its own number, which rises; by its ends only what is no longer there.
CREATE INDEX change_relationship_idx ON portfolio.change (((coalesce(new, old) ->> 'id')::bigint)) WHERE table_name = 'relationship';
CREATE INDEX change_source_idx ON portfolio.change (((old ->> 'source')::bigint)) WHERE table_name = 'relationship' AND old IS NOT NULL;
CREATE INDEX change_target_idx ON portfolio.change (((old ->> 'target')::bigint)) WHERE table_name = 'relationship' AND old IS NOT NULL;
-- What is said of a relationship (its properties, its place in a file) goes by the number of that.
CREATE INDEX change_of_relationship_idx ON portfolio.change (((coalesce(new, old) ->> 'relationship')::bigint)) WHERE table_name IN ('relationship_property', 'archimate_item');
COMMENT ON TABLE portfolio.change IS
  'The journal: who changed which row, when and why, with the row before and after. Append-only: the trigger record_change() writes it, nobody updates it. Reading: element_history(). Class: user rows.';
COMMENT ON COLUMN portfolio.change.id IS 'Rises with time inside a session; the order of changes to one row.';
COMMENT ON COLUMN portfolio.change.table_name IS 'Table of this schema.';
COMMENT ON COLUMN portfolio.change.element IS 'Element that the row is about (the source of a relationship); NULL for tables without one.';
COMMENT ON COLUMN portfolio.change.at IS 'Start of the transaction that made the change.';
COMMENT ON COLUMN portfolio.change.by IS 'Role in whose name the statement ran (after SET ROLE).';
COMMENT ON COLUMN portfolio.change.reason IS 'pg_portfolio.reason of that transaction; NULL when none was given.';
COMMENT ON COLUMN portfolio.change.operation IS 'INSERT, UPDATE or DELETE.';
COMMENT ON COLUMN portfolio.change.old IS 'The row before, NULL for INSERT. Dates are ISO whatever the session''s DateStyle.';
COMMENT ON COLUMN portfolio.change.new IS 'The row after, NULL for DELETE.';
SELECT pg_extension_config_dump('portfolio.change', '');

CREATE FUNCTION portfolio.register_element() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'pf_register_element';
COMMENT ON FUNCTION portfolio.register_element() IS
  'Trigger 00_register of concept tables: keeps the row of element in step with the row of the concept''s own table.';
CREATE FUNCTION portfolio.guard_element() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'pf_guard_element';
COMMENT ON FUNCTION portfolio.guard_element() IS
  'Trigger of element: kinds that have a table of their own are written through that table only (55000 otherwise).';
CREATE FUNCTION portfolio.record_change() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'pf_record_change';
COMMENT ON FUNCTION portfolio.record_change() IS
  'Trigger that journals a row''s change in portfolio.change. Its argument names the column that holds the element (left out: none). With a second trigger FOR EACH STATEMENT the rows of a statement are written together when it ends, otherwise one by one. Rows that a restore loads are not changes and are not journalled.';
CREATE FUNCTION portfolio.guard_change() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'pf_guard_change';
COMMENT ON FUNCTION portfolio.guard_change() IS
  'Trigger of the journal: refuses UPDATE and TRUNCATE to everybody, DELETE to all but the owner of the table, who may purge.';

CREATE FUNCTION portfolio.refuse_truncate() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'pf_refuse_truncate';
COMMENT ON FUNCTION portfolio.refuse_truncate() IS
  'Trigger of what is journalled row by row: refuses TRUNCATE (0A000), which would leave no entry.';

CREATE TRIGGER guard_element BEFORE INSERT OR UPDATE OR DELETE ON portfolio.element
  FOR EACH ROW EXECUTE FUNCTION portfolio.guard_element();
CREATE TRIGGER guard_change BEFORE UPDATE OR DELETE ON portfolio.change
  FOR EACH ROW EXECUTE FUNCTION portfolio.guard_change();
CREATE TRIGGER no_truncate BEFORE TRUNCATE ON portfolio.change
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.guard_change();

CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.element
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('id');
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.element_property
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('element');
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.element_alias
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('element');
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.relationship
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('source');
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.relationship_property
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.element_kind
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
-- These are loaded by the hundred thousand, as the tables of concepts are: their rows are written together when the statement ends.
CREATE TRIGGER record_changes AFTER INSERT OR UPDATE OR DELETE ON portfolio.element
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_changes AFTER INSERT OR UPDATE OR DELETE ON portfolio.element_property
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_changes AFTER INSERT OR UPDATE OR DELETE ON portfolio.element_alias
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_changes AFTER INSERT OR UPDATE OR DELETE ON portfolio.relationship
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_changes AFTER INSERT OR UPDATE OR DELETE ON portfolio.relationship_property
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.record_change();

-- Shipped rows belong to releases: a dump leaves them out, so a change of theirs would not survive a restore.
CREATE FUNCTION portfolio.guard_builtin_kind() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  RAISE EXCEPTION '% "%" belongs to the release and cannot be changed', coalesce(TG_ARGV[1], TG_ARGV[0]), to_jsonb(OLD) ->> TG_ARGV[0]
    USING ERRCODE = 'object_not_in_prerequisite_state',
          HINT = format('Insert a %s of your own into portfolio.%I.', coalesce(TG_ARGV[1], TG_ARGV[0]), TG_TABLE_NAME);
END
$$;
COMMENT ON FUNCTION portfolio.guard_builtin_kind() IS
  'Trigger of tables of kinds: refuses to change or delete a shipped row (55000). Its arguments are the column that names the row, and what a row is called where that is another word.';
CREATE TRIGGER guard_builtin_kind BEFORE UPDATE OR DELETE ON portfolio.element_kind
  FOR EACH ROW WHEN (OLD.builtin) EXECUTE FUNCTION portfolio.guard_builtin_kind('kind');

CREATE FUNCTION portfolio.restoring(relation regclass) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT NOT current_setting('check_function_bodies')::boolean
         AND pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = relation), 'USAGE');
END;
COMMENT ON FUNCTION portfolio.restoring(regclass) IS
  'True while the owner of a table loads it with check_function_bodies = off, as the output of pg_dump does. What cannot be checked then (a stored expression, the value of a property) was checked when it was written.';
