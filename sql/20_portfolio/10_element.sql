-- The index of everything in the portfolio, and what hangs on it.
CREATE SEQUENCE portfolio.element_id_seq;
COMMENT ON SEQUENCE portfolio.element_id_seq IS 'Numbers every element, whatever its table: one number names one thing.';
SELECT pg_extension_config_dump('portfolio.element_id_seq', '');

CREATE TABLE portfolio.element (
  id             bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind           text NOT NULL,
  archimate_type text NOT NULL,
  code           text NOT NULL CHECK (btrim(code) <> ''),
  name           text NOT NULL CHECK (btrim(name) <> ''),
  description    text,
  owner          bigint,
  valid          daterange NOT NULL DEFAULT '(,)',
  source         text,
  UNIQUE (kind, code),
  UNIQUE (id, kind),
  UNIQUE (id, archimate_type),
  FOREIGN KEY (kind, archimate_type) REFERENCES portfolio.element_kind (kind, archimate_type) ON UPDATE CASCADE,
  -- Deferred, because one statement may delete an owner together with what it owns.
  CONSTRAINT element_owner_fkey FOREIGN KEY (owner) REFERENCES portfolio.element DEFERRABLE INITIALLY DEFERRED,
  CONSTRAINT element_valid_check CHECK (NOT isempty(valid) AND isfinite(lower(valid)) AND isfinite(upper(valid)))
);
CREATE INDEX element_code_idx ON portfolio.element (code);
CREATE INDEX element_name_idx ON portfolio.element (lower(name));
CREATE INDEX element_owner_idx ON portfolio.element (owner) WHERE owner IS NOT NULL;
COMMENT ON TABLE portfolio.element IS
  'Everything in the portfolio, one row each. Kinds with a table of their own are written through that table, which keeps the row here in step; other kinds (a capability, a business process) are plain rows of this table. Class: user rows.';
COMMENT ON COLUMN portfolio.element.id IS 'The element, the same number in its own table.';
COMMENT ON COLUMN portfolio.element.kind IS 'What it is; a row of element_kind.';
COMMENT ON COLUMN portfolio.element.archimate_type IS 'ArchiMate type of its kind; filled from element_kind when left out.';
COMMENT ON COLUMN portfolio.element.code IS 'Short code, unique in its kind.';
COMMENT ON COLUMN portfolio.element.name IS 'Name that people use; never empty.';
COMMENT ON COLUMN portfolio.element.description IS 'What it is in a sentence or more.';
COMMENT ON COLUMN portfolio.element.owner IS 'Element (organisation, team, role) that answers for it; NULL when nobody does yet.';
COMMENT ON COLUMN portfolio.element.valid IS 'Days on which it exists, [from, to): open ends are unbounded, never infinity.';
COMMENT ON COLUMN portfolio.element.source IS 'Where the row comes from: a document, a file, ''example''; NULL when entered here.';
SELECT pg_extension_config_dump('portfolio.element', '');

CREATE TABLE portfolio.element_property (
  element bigint NOT NULL REFERENCES portfolio.element ON DELETE CASCADE,
  key     text NOT NULL CHECK (btrim(key) <> ''),
  value   text NOT NULL,
  valid   daterange NOT NULL DEFAULT '(,)',
  PRIMARY KEY (element, key, valid),
  CONSTRAINT element_property_valid_check CHECK (NOT isempty(valid) AND isfinite(lower(valid)) AND isfinite(upper(valid))),
  CONSTRAINT element_property_valid_excl EXCLUDE USING gist (element WITH =, key WITH =, valid WITH &&)
);
-- What may hold an element as kind:code, found by it however long other values are.
CREATE INDEX element_property_label_idx ON portfolio.element_property (left(value, 100)) WHERE value LIKE '%:%';
COMMENT ON TABLE portfolio.element_property IS
  'Properties of any element that no column holds, dated: at most one value a key and day. Class: user rows.';
COMMENT ON COLUMN portfolio.element_property.element IS 'The element; its properties go with it.';
COMMENT ON COLUMN portfolio.element_property.key IS 'Name of the property.';
COMMENT ON COLUMN portfolio.element_property.value IS 'Its value as text.';
COMMENT ON COLUMN portfolio.element_property.valid IS 'Days on which it has this value.';
SELECT pg_extension_config_dump('portfolio.element_property', '');

CREATE TABLE portfolio.element_alias (
  element bigint NOT NULL REFERENCES portfolio.element ON DELETE CASCADE,
  scheme  text NOT NULL CHECK (btrim(scheme) <> ''),
  value   text NOT NULL CHECK (btrim(value) <> ''),
  PRIMARY KEY (scheme, value, element)
);
CREATE INDEX element_alias_element_idx ON portfolio.element_alias (element);
CREATE INDEX element_alias_value_idx ON portfolio.element_alias (lower(value));
COMMENT ON TABLE portfolio.element_alias IS
  'Other names and outside identifiers of elements: GMPP id, ODS code, ocid, Archi id, abbreviations. Class: user rows.';
COMMENT ON COLUMN portfolio.element_alias.element IS 'The element; its aliases go with it.';
COMMENT ON COLUMN portfolio.element_alias.scheme IS 'Whose identifier it is: ''gmpp'', ''ods'', ''ocid'', ''archi'', ''name''.';
COMMENT ON COLUMN portfolio.element_alias.value IS 'The identifier; two elements may share one, which makes a reference by it ambiguous.';
SELECT pg_extension_config_dump('portfolio.element_alias', '');

CREATE SEQUENCE portfolio.relationship_id_seq;
COMMENT ON SEQUENCE portfolio.relationship_id_seq IS 'Numbers relationships.';
SELECT pg_extension_config_dump('portfolio.relationship_id_seq', '');

CREATE TABLE portfolio.relationship (
  -- The first nine, in this order, are what the graph reads from the pages: src/graph/graph_scan.c.
  id          bigint PRIMARY KEY DEFAULT nextval('portfolio.relationship_id_seq'),
  source      bigint NOT NULL,
  target      bigint NOT NULL,
  weight      real NOT NULL DEFAULT 1 CHECK (weight > 0 AND weight < 'Infinity'),
  source_type text NOT NULL,
  kind        text NOT NULL,
  target_type text NOT NULL,
  valid       daterange NOT NULL DEFAULT '(,)',
  attributes  jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(attributes) = 'object')
    CONSTRAINT relationship_access_check CHECK (coalesce(attributes ->> 'access', 'access') IN ('access', 'read', 'write', 'readwrite')),
  code        text NOT NULL DEFAULT '',
  name        text,
  origin      text,
  description text,
  CONSTRAINT relationship_source_fkey FOREIGN KEY (source, source_type) REFERENCES portfolio.element (id, archimate_type) ON UPDATE CASCADE,
  CONSTRAINT relationship_target_fkey FOREIGN KEY (target, target_type) REFERENCES portfolio.element (id, archimate_type) ON UPDATE CASCADE,
  CONSTRAINT relationship_rule_fkey FOREIGN KEY (source_type, kind, target_type) REFERENCES portfolio.relationship_rule,
  CONSTRAINT relationship_valid_check CHECK (NOT isempty(valid) AND isfinite(lower(valid)) AND isfinite(upper(valid))),
  -- That is: source WITH =, target WITH =, kind WITH =, code WITH =, valid WITH &&. Rows come by the hundred thousand, and a hash index costs a fraction of one with GiST.
  CONSTRAINT relationship_valid_excl EXCLUDE USING hash ((ROW(source, target, kind, code, valid)::portfolio.relationship_days) portfolio.relationship_days_ops WITH OPERATOR(portfolio.&&))
);
-- Nobody asks by this expression, so what ANALYZE would gather of it is of no use.
ALTER INDEX portfolio.relationship_valid_excl ALTER COLUMN 1 SET STATISTICS 0;
CREATE INDEX relationship_source_idx ON portfolio.relationship (source);
CREATE INDEX relationship_target_idx ON portfolio.relationship (target);
COMMENT ON TABLE portfolio.relationship IS
  'How elements hang together, in the words of ArchiMate. An illegal triple fails with 23503, a second row of the same relationship on the same day with 23P01. Use relate() or insert; the two types are filled when left out. Class: user rows.';
COMMENT ON COLUMN portfolio.relationship.id IS 'The relationship.';
COMMENT ON COLUMN portfolio.relationship.source IS 'Element it starts from.';
COMMENT ON COLUMN portfolio.relationship.source_type IS 'ArchiMate type of the source; filled when left out.';
COMMENT ON COLUMN portfolio.relationship.kind IS 'serving, flow, realization…: a kind of relationship_rule.';
COMMENT ON COLUMN portfolio.relationship.target IS 'Element it points to.';
COMMENT ON COLUMN portfolio.relationship.target_type IS 'ArchiMate type of the target; filled when left out.';
COMMENT ON COLUMN portfolio.relationship.code IS 'Its identifier elsewhere, so that two flows between one pair can both be kept; empty when made here.';
COMMENT ON COLUMN portfolio.relationship.name IS 'What is said on the arrow.';
COMMENT ON COLUMN portfolio.relationship.attributes IS 'Object of further attributes: access (access, read, write or readwrite) narrows how impact travels, influence gives its strength.';
COMMENT ON COLUMN portfolio.relationship.weight IS 'Weight for paths and centrality, above 0.';
COMMENT ON COLUMN portfolio.relationship.valid IS 'Days on which it holds.';
COMMENT ON COLUMN portfolio.relationship.origin IS 'Where the row comes from, as element.source; NULL when entered here.';
COMMENT ON COLUMN portfolio.relationship.description IS 'What it is about, in a sentence or more.';
SELECT pg_extension_config_dump('portfolio.relationship', '');

CREATE TABLE portfolio.relationship_property (
  relationship bigint NOT NULL REFERENCES portfolio.relationship ON DELETE CASCADE,
  key          text NOT NULL CHECK (btrim(key) <> ''),
  value        text NOT NULL,
  PRIMARY KEY (relationship, key)
);
COMMENT ON TABLE portfolio.relationship_property IS
  'Properties of any relationship that no column holds, as it has them while it holds. Class: user rows.';
COMMENT ON COLUMN portfolio.relationship_property.relationship IS 'The relationship; its properties go with it.';
COMMENT ON COLUMN portfolio.relationship_property.key IS 'Name of the property.';
COMMENT ON COLUMN portfolio.relationship_property.value IS 'Its value as text.';
SELECT pg_extension_config_dump('portfolio.relationship_property', '');

CREATE FUNCTION portfolio.fill_types() RETURNS trigger
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  missing text;
BEGIN
  IF TG_TABLE_NAME = 'element' THEN
    SELECT k.archimate_type INTO NEW.archimate_type FROM portfolio.element_kind k WHERE k.kind = NEW.kind;
    IF NOT FOUND THEN
      RAISE EXCEPTION 'kind "%" is not known', NEW.kind
        USING ERRCODE = 'foreign_key_violation',
              HINT = 'SELECT kind, label FROM portfolio.element_kind lists the kinds; add_kind() adds one.';
    END IF;
  ELSE
    IF NEW.source_type IS NULL THEN
      SELECT e.archimate_type INTO NEW.source_type FROM portfolio.element e WHERE e.id = NEW.source;
    END IF;
    IF NEW.target_type IS NULL THEN
      SELECT e.archimate_type INTO NEW.target_type FROM portfolio.element e WHERE e.id = NEW.target;
    END IF;
    missing := CASE WHEN NEW.source_type IS NULL AND NEW.source IS NOT NULL THEN 'source' WHEN NEW.target_type IS NULL AND NEW.target IS NOT NULL THEN 'target' END;
    IF missing IS NOT NULL THEN
      RAISE EXCEPTION '% % of a relationship does not exist', missing, CASE missing WHEN 'source' THEN NEW.source ELSE NEW.target END
        USING ERRCODE = 'foreign_key_violation', CONSTRAINT = format('relationship_%s_fkey', missing), TABLE = 'relationship', SCHEMA = 'portfolio',
              HINT = 'It is the id of a row of portfolio.element; element_ref() finds it by code or name.';
    END IF;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.fill_types() IS
  'Trigger: fills archimate_type of an element, source_type and target_type of a relationship, when they are left out. Raises 23503 for a kind or an end that does not exist.';
CREATE TRIGGER fill_types BEFORE INSERT ON portfolio.element
  FOR EACH ROW WHEN (NEW.archimate_type IS NULL) EXECUTE FUNCTION portfolio.fill_types();
-- Another kind of another type: the type follows, and with it the relationships, as far as they stay legal.
CREATE TRIGGER fill_types_again BEFORE UPDATE ON portfolio.element
  FOR EACH ROW WHEN (NEW.archimate_type IS NULL OR (NEW.kind <> OLD.kind AND NEW.archimate_type = OLD.archimate_type))
  EXECUTE FUNCTION portfolio.fill_types();
CREATE TRIGGER fill_types BEFORE INSERT OR UPDATE ON portfolio.relationship
  FOR EACH ROW WHEN (NEW.source_type IS NULL OR NEW.target_type IS NULL) EXECUTE FUNCTION portfolio.fill_types();
