-- What all concept tables share: the key to element, sane dates, the triggers, comments, and that they are dumped.
DO $$
DECLARE
  t name;
  reference name;
BEGIN
  FOR t IN SELECT k.table_name FROM portfolio.element_kind k WHERE k.builtin AND k.table_name IS NOT NULL ORDER BY 1
  LOOP
    EXECUTE format('ALTER TABLE portfolio.%I
        ADD CONSTRAINT %I FOREIGN KEY (id, kind) REFERENCES portfolio.element (id, kind),
        ADD CONSTRAINT %I CHECK (NOT isempty(valid) AND isfinite(lower(valid)) AND isfinite(upper(valid)))',
      t, t || '_element_fkey', t || '_valid_check');
    -- Deleting an element looks for what refers to it.
    FOR reference IN SELECT a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
                      WHERE c.conrelid = format('portfolio.%I', t)::regclass AND c.contype = 'f' ORDER BY a.attnum
    LOOP
      EXECUTE format('CREATE INDEX %I ON portfolio.%I (%I) WHERE %I IS NOT NULL', t || '_' || reference || '_idx', t, reference, reference);
    END LOOP;
    EXECUTE format('CREATE TRIGGER "00_register" AFTER INSERT OR UPDATE OR DELETE ON portfolio.%I
        FOR EACH ROW EXECUTE FUNCTION portfolio.register_element()', t);
    EXECUTE format('CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.%I
        FOR EACH ROW EXECUTE FUNCTION portfolio.record_change(''id'')', t);
    EXECUTE format('CREATE TRIGGER record_changes AFTER INSERT OR UPDATE OR DELETE ON portfolio.%I
        FOR EACH STATEMENT EXECUTE FUNCTION portfolio.record_change()', t);
    EXECUTE format('COMMENT ON COLUMN portfolio.%I.id IS ''The element; filled by default and never changed.''', t);
    EXECUTE format('COMMENT ON COLUMN portfolio.%I.kind IS ''Always %s.''', t, t);
    EXECUTE format('COMMENT ON COLUMN portfolio.%I.code IS ''Short code, unique in this table.''', t);
    EXECUTE format('COMMENT ON COLUMN portfolio.%I.name IS ''Name that people use; never empty.''', t);
    EXECUTE format('COMMENT ON COLUMN portfolio.%I.description IS ''What it is in a sentence or more.''', t);
    EXECUTE format('COMMENT ON COLUMN portfolio.%I.owner IS ''Element (organisation, team, role) that answers for it; NULL when nobody does yet.''', t);
    EXECUTE format('COMMENT ON COLUMN portfolio.%I.valid IS ''Days on which it exists, [from, to): open ends are unbounded, never infinity.''', t);
    EXECUTE format('COMMENT ON COLUMN portfolio.%I.source IS ''Where the row comes from: a document, a file; NULL when entered here.''', t);
    PERFORM pg_extension_config_dump(format('portfolio.%I', t)::regclass, '');
  END LOOP;
END
$$;
