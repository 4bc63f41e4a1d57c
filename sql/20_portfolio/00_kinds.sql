-- What ArchiMate 3.2 has and allows, from the packed table in the library, and what an element can be.
CREATE FUNCTION portfolio.archimate_matrix(OUT source_type text, OUT kind text, OUT target_type text, OUT propagates text)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE STRICT AS 'MODULE_PATHNAME', 'pf_archimate_matrix';
COMMENT ON FUNCTION portfolio.archimate_matrix() IS
  'The legal relationships of ArchiMate 3.2, one row for each source type, kind and target type, as the library holds them. relationship_rule is filled from it.';

CREATE TABLE portfolio.relationship_rule (
  source_type text NOT NULL,
  kind        text NOT NULL,
  target_type text NOT NULL,
  propagates  text NOT NULL CHECK (propagates IN ('fwd', 'rev', 'both', 'none')),
  PRIMARY KEY (source_type, kind, target_type),
  -- what a header of one byte can tell the length of: src/graph/graph_rule.c
  CHECK (octet_length(source_type) <= 126 AND octet_length(kind) <= 126 AND octet_length(target_type) <= 126)
);
COMMENT ON TABLE portfolio.relationship_rule IS
  'Which relationships ArchiMate 3.2 allows between which types: 62 concepts, 11,569 rows. A relationship references its row here, so an illegal one cannot exist. Class: reference.';
COMMENT ON COLUMN portfolio.relationship_rule.source_type IS 'ArchiMate type of the source.';
COMMENT ON COLUMN portfolio.relationship_rule.kind IS
  'access, aggregation, assignment, association, composition, flow, influence, realization, serving, specialization or triggering.';
COMMENT ON COLUMN portfolio.relationship_rule.target_type IS 'ArchiMate type of the target.';
COMMENT ON COLUMN portfolio.relationship_rule.propagates IS
  'The way in which impact travels: fwd (the target suffers when the source fails), rev (the source suffers), both, or none.';
INSERT INTO portfolio.relationship_rule SELECT * FROM portfolio.archimate_matrix();

CREATE TABLE portfolio.archimate_type (
  type text PRIMARY KEY
);
COMMENT ON TABLE portfolio.archimate_type IS 'The 62 concepts of ArchiMate 3.2, what its matrix has rows and columns for; a Relationship is one where another points to it. Class: reference.';
COMMENT ON COLUMN portfolio.archimate_type.type IS 'As the Model Exchange File Format writes it, as in ApplicationComponent.';
INSERT INTO portfolio.archimate_type SELECT DISTINCT source_type FROM portfolio.relationship_rule;

CREATE TABLE portfolio.element_kind (
  kind           text PRIMARY KEY CHECK (kind ~ '^[a-z][a-z0-9_]*$'),
  archimate_type text NOT NULL REFERENCES portfolio.archimate_type,
  label          text NOT NULL CHECK (btrim(label) <> ''),
  builtin        boolean NOT NULL DEFAULT false,
  table_name     name,
  UNIQUE (kind, archimate_type)
);
COMMENT ON TABLE portfolio.element_kind IS
  'What an element can be: the ArchiMate 3.2 concepts, the concepts that have a table of their own, and kinds that a site adds. A new kind names its ArchiMate type and needs no rules of its own. Class: user rows (those not builtin).';
COMMENT ON COLUMN portfolio.element_kind.kind IS 'Name of the kind in lower case with underscores, as in ''service:EPS''.';
COMMENT ON COLUMN portfolio.element_kind.archimate_type IS 'The ArchiMate 3.2 concept it stands for, which decides what relationships are legal.';
COMMENT ON COLUMN portfolio.element_kind.label IS 'What people read.';
COMMENT ON COLUMN portfolio.element_kind.builtin IS 'True for kinds that belong to the release; they are not dumped.';
COMMENT ON COLUMN portfolio.element_kind.table_name IS 'Table of this schema that holds its rows; NULL when the row in element is all there is.';
SELECT pg_extension_config_dump('portfolio.element_kind', 'WHERE NOT builtin');

-- Every ArchiMate concept is a kind; the concepts that have a table of their own come beside them and name the type they
-- stand for. One plain kind for each concept, in snake case: ApplicationComponent is application_component.
INSERT INTO portfolio.element_kind (kind, archimate_type, label, builtin)
SELECT lower(regexp_replace(t COLLATE "C", '(?<=[a-z])([A-Z])', '_\1', 'g')), t,
       upper(left(t COLLATE "C", 1)) || lower(substr(regexp_replace(t COLLATE "C", '(?<=[a-z])([A-Z])', ' \1', 'g'), 2)), true
  FROM (SELECT type AS t FROM portfolio.archimate_type) types
 WHERE t <> 'Contract';
INSERT INTO portfolio.element_kind (kind, archimate_type, label, builtin, table_name) VALUES
  ('organisation', 'BusinessActor', 'Organisation', true, 'organisation'),
  ('site', 'Location', 'Site', true, 'site'),
  ('programme', 'WorkPackage', 'Programme', true, 'programme'),
  ('service', 'ApplicationService', 'Service', true, 'service'),
  ('system', 'ApplicationComponent', 'System', true, 'system'),
  ('interface', 'ApplicationInterface', 'Interface', true, 'interface'),
  ('standard', 'Requirement', 'Standard', true, 'standard'),
  ('data_set', 'DataObject', 'Data set', true, 'data_set'),
  ('team', 'BusinessActor', 'Team', true, 'team'),
  ('supplier', 'BusinessActor', 'Supplier', true, 'supplier'),
  ('contract', 'Contract', 'Contract', true, 'contract'),
  ('technology', 'SystemSoftware', 'Technology', true, 'technology'),
  ('data_flow', 'ApplicationInteraction', 'Data flow', true, 'data_flow'),
  -- a contract of a model, of which no supplier and no term is known
  ('business_contract', 'Contract', 'Business contract', true, NULL);
