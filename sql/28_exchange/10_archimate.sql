-- Models of the ArchiMate Model Exchange File Format: what a file holds beyond elements and relationships is kept here,
-- so that the file can be written again with nothing lost. Elements and relationships themselves are the portfolio's.
CREATE SEQUENCE portfolio.archimate_model_id_seq;
COMMENT ON SEQUENCE portfolio.archimate_model_id_seq IS 'Numbers models in the order in which they came.';
SELECT pg_extension_config_dump('portfolio.archimate_model_id_seq', '');

CREATE TABLE portfolio.archimate_model (
  id            bigint PRIMARY KEY DEFAULT nextval('portfolio.archimate_model_id_seq'),
  identifier    text NOT NULL UNIQUE CHECK (btrim(identifier) <> ''),
  version       text,
  names         jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(names) = 'array'),
  documentation jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(documentation) = 'array'),
  properties    jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(properties) = 'array'),
  metadata      xml,
  organizations xml[] NOT NULL DEFAULT '{}',
  viewpoints    xml
);
COMMENT ON TABLE portfolio.archimate_model IS
  'Models taken from ArchiMate exchange files, with what of them is neither element nor relationship. Class: user rows.';
COMMENT ON COLUMN portfolio.archimate_model.id IS 'The model.';
COMMENT ON COLUMN portfolio.archimate_model.identifier IS 'Identifier of the model in its file; taking the same model again brings this row up to date.';
COMMENT ON COLUMN portfolio.archimate_model.version IS 'Version as the file gives it.';
COMMENT ON COLUMN portfolio.archimate_model.names IS 'Names by language: [{"lang": "en", "text": …}], in the order of the file.';
COMMENT ON COLUMN portfolio.archimate_model.documentation IS 'Documentation by language, as names.';
COMMENT ON COLUMN portfolio.archimate_model.properties IS 'Properties of the model: [{"definition": identifier, "values": [{"lang", "text"}]}].';
COMMENT ON COLUMN portfolio.archimate_model.metadata IS 'The metadata element as it came (Dublin Core and the like).';
COMMENT ON COLUMN portfolio.archimate_model.organizations IS 'The trees of folders as they came; archimate_folder reads them.';
COMMENT ON COLUMN portfolio.archimate_model.viewpoints IS 'The viewpoints element as it came.';
SELECT pg_extension_config_dump('portfolio.archimate_model', '');

CREATE TABLE portfolio.archimate_property (
  model      bigint NOT NULL REFERENCES portfolio.archimate_model ON DELETE CASCADE,
  identifier text NOT NULL CHECK (btrim(identifier) <> ''),
  position   int NOT NULL,
  type       text NOT NULL DEFAULT 'string',
  names      jsonb NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(names) = 'array'),
  PRIMARY KEY (model, identifier)
);
COMMENT ON TABLE portfolio.archimate_property IS
  'Property definitions of a model. The first name is the key under which element_property and relationship_property hold the values. Class: user rows.';
COMMENT ON COLUMN portfolio.archimate_property.model IS 'The model.';
COMMENT ON COLUMN portfolio.archimate_property.identifier IS 'Identifier of the definition in the file.';
COMMENT ON COLUMN portfolio.archimate_property.position IS 'Its place in the file, from 1.';
COMMENT ON COLUMN portfolio.archimate_property.type IS 'string, boolean, currency, date, time or number.';
COMMENT ON COLUMN portfolio.archimate_property.names IS 'Names by language, as those of a model.';
SELECT pg_extension_config_dump('portfolio.archimate_property', '');

CREATE TABLE portfolio.archimate_item (
  model        bigint NOT NULL REFERENCES portfolio.archimate_model ON DELETE CASCADE,
  identifier   text NOT NULL CHECK (btrim(identifier) <> ''),
  position     int NOT NULL,
  element      bigint REFERENCES portfolio.element ON DELETE CASCADE,
  relationship bigint REFERENCES portfolio.relationship ON DELETE CASCADE,
  detail       jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object'),
  PRIMARY KEY (model, identifier),
  -- a relationship that another relationship ends at is both
  CHECK (element IS NOT NULL OR relationship IS NOT NULL)
);
CREATE INDEX archimate_item_element_idx ON portfolio.archimate_item (element);
CREATE INDEX archimate_item_relationship_idx ON portfolio.archimate_item (relationship);
COMMENT ON TABLE portfolio.archimate_item IS
  'Which element or relationship an item of a model is, and what of it has no column: names and documentation in further languages, repeated properties. Class: user rows.';
COMMENT ON COLUMN portfolio.archimate_item.model IS 'The model.';
COMMENT ON COLUMN portfolio.archimate_item.identifier IS 'Identifier of the item in the file.';
COMMENT ON COLUMN portfolio.archimate_item.position IS 'Its place in the file, from 1, elements before relationships.';
COMMENT ON COLUMN portfolio.archimate_item.element IS 'The element; for a relationship, the element of kind relationship that stands for it where another relationship ends at it.';
COMMENT ON COLUMN portfolio.archimate_item.relationship IS 'The relationship; NULL for an element.';
COMMENT ON COLUMN portfolio.archimate_item.detail IS
  'names, documentation and properties as the file had them, and type for a junction. The first name, the first documentation and the first value of a property are those of the portfolio when they differ.';
SELECT pg_extension_config_dump('portfolio.archimate_item', '');

CREATE TABLE portfolio.archimate_view (
  model      bigint NOT NULL REFERENCES portfolio.archimate_model ON DELETE CASCADE,
  identifier text NOT NULL CHECK (btrim(identifier) <> ''),
  position   int NOT NULL,
  name       text,
  content    xml NOT NULL,
  PRIMARY KEY (model, identifier)
);
COMMENT ON TABLE portfolio.archimate_view IS
  'Views (diagrams) of a model with their nodes, connections, geometry and style, as they came; archimate_view_node tells which elements they show. Class: user rows.';
COMMENT ON COLUMN portfolio.archimate_view.model IS 'The model.';
COMMENT ON COLUMN portfolio.archimate_view.identifier IS 'Identifier of the view in the file.';
COMMENT ON COLUMN portfolio.archimate_view.position IS 'Its place in the file, from 1.';
COMMENT ON COLUMN portfolio.archimate_view.name IS 'Its first name.';
COMMENT ON COLUMN portfolio.archimate_view.content IS 'The view element.';
SELECT pg_extension_config_dump('portfolio.archimate_view', '');

CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.archimate_model
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.archimate_view
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.archimate_property
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
-- What a file says of an element goes with it, and comes back with it.
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.archimate_item
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('element');
CREATE TRIGGER record_changes AFTER INSERT OR UPDATE OR DELETE ON portfolio.archimate_item
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.record_change();

-- Folders and nodes, read from the documents above.
CREATE VIEW portfolio.archimate_folder WITH (security_invoker = true) AS
  WITH RECURSIVE item AS (
    SELECT m.id AS model, '{}'::text[] AS folder, NULL::text AS identifier, t.tree AS node
      FROM portfolio.archimate_model m, unnest(m.organizations) t (tree)
    UNION ALL
    SELECT p.model, CASE WHEN x.label IS NULL THEN p.folder ELSE p.folder || x.label END, x.identifier, x.node
      FROM item p,
           XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a), '/*/a:item' PASSING (p.node)
                    COLUMNS label text PATH 'a:label[1]', identifier text PATH '@identifierRef', node xml PATH '.') x
  )
  SELECT i.model, i.folder, i.identifier, t.element, t.relationship
    FROM item i
    LEFT JOIN portfolio.archimate_item t ON t.model = i.model AND t.identifier = i.identifier
   WHERE i.identifier IS NOT NULL;
COMMENT ON VIEW portfolio.archimate_folder IS
  'Which folder of a model holds which item. Example: SELECT array_to_string(folder, '' / '') AS folder, count(*) FROM portfolio.archimate_folder GROUP BY 1;';
COMMENT ON COLUMN portfolio.archimate_folder.model IS 'The model.';
COMMENT ON COLUMN portfolio.archimate_folder.folder IS 'Labels from the outermost folder to that which holds the item.';
COMMENT ON COLUMN portfolio.archimate_folder.identifier IS 'Identifier of the item: an element, a relationship or a view.';
COMMENT ON COLUMN portfolio.archimate_folder.element IS 'The element; NULL for what is none, or was not taken.';
COMMENT ON COLUMN portfolio.archimate_folder.relationship IS 'The relationship; NULL for what is none, or was not taken.';

CREATE VIEW portfolio.archimate_view_node WITH (security_invoker = true) AS
  SELECT v.model, v.identifier AS view, v.name AS view_name, n.node, i.element, n.label, n.x, n.y, n.width, n.height
    FROM portfolio.archimate_view v
   CROSS JOIN XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a), '//a:node' PASSING (v.content)
                  COLUMNS node text PATH '@identifier', element_ref text PATH '@elementRef', label text PATH 'a:label[1]',
                          x numeric PATH '@x', y numeric PATH '@y', width numeric PATH '@w', height numeric PATH '@h') n
    LEFT JOIN portfolio.archimate_item i ON i.model = v.model AND i.identifier = n.element_ref;
COMMENT ON VIEW portfolio.archimate_view_node IS
  'The boxes of every view with their place and the element that they show. Example: SELECT view_name FROM portfolio.archimate_view_node WHERE element = portfolio.element_ref(''Spine'');';
COMMENT ON COLUMN portfolio.archimate_view_node.model IS 'The model.';
COMMENT ON COLUMN portfolio.archimate_view_node.view IS 'Identifier of the view.';
COMMENT ON COLUMN portfolio.archimate_view_node.view_name IS 'Name of the view.';
COMMENT ON COLUMN portfolio.archimate_view_node.node IS 'Identifier of the box.';
COMMENT ON COLUMN portfolio.archimate_view_node.element IS 'Element that it shows; NULL for a group, a note, or an element that is gone.';
COMMENT ON COLUMN portfolio.archimate_view_node.label IS 'Text of a group or note.';
COMMENT ON COLUMN portfolio.archimate_view_node.x IS 'Left edge, from the left of the view.';
COMMENT ON COLUMN portfolio.archimate_view_node.y IS 'Upper edge, from the top of the view.';
COMMENT ON COLUMN portfolio.archimate_view_node.width IS 'Width.';
COMMENT ON COLUMN portfolio.archimate_view_node.height IS 'Height.';
