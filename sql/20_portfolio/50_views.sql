-- What depends on what, and the portfolio as of a day.
CREATE FUNCTION portfolio.access_propagates(kind text, attributes jsonb) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_access_propagates';
COMMENT ON FUNCTION portfolio.access_propagates(text, jsonb) IS
  'The way in which impact travels along an access, by the relationship''s own attribute: rev where it reads, fwd where it writes. NULL where it tells neither, and for other kinds: relationship_rule decides then. Example: SELECT portfolio.access_propagates(''access'', ''{"access": "read"}'');';

CREATE VIEW portfolio.dependency WITH (security_invoker = true) AS
  SELECT r.source, r.target, r.kind,
         coalesce(portfolio.access_propagates(r.kind, r.attributes), u.propagates) AS propagates,
         r.weight, r.valid, 'relationship' AS origin, r.id AS relationship
    FROM portfolio.relationship r
    JOIN portfolio.relationship_rule u USING (source_type, kind, target_type)
  UNION ALL SELECT o.parent, o.id, 'contains', 'none', 1, o.valid, 'organisation.parent', NULL
    FROM portfolio.organisation o WHERE o.parent IS NOT NULL
  UNION ALL SELECT o.region, o.id, 'contains', 'none', 1, o.valid, 'organisation.region', NULL
    FROM portfolio.organisation o WHERE o.region IS NOT NULL
  UNION ALL SELECT s.organisation, s.id, 'runs', 'none', 1, s.valid, 'site.organisation', NULL
    FROM portfolio.site s WHERE s.organisation IS NOT NULL
  UNION ALL SELECT s.governed_by, s.id, 'governs', 'fwd', 1, s.valid, 'service.governed_by', NULL
    FROM portfolio.service s WHERE s.governed_by IS NOT NULL
  UNION ALL SELECT s.site, s.id, 'hosts', 'fwd', 1, s.valid, 'system.site', NULL
    FROM portfolio.system s WHERE s.site IS NOT NULL
  UNION ALL SELECT s.supplier, s.id, 'supplies', 'fwd', 1, s.valid, 'system.supplier', NULL
    FROM portfolio.system s WHERE s.supplier IS NOT NULL
  UNION ALL SELECT t.supplier, t.id, 'supplies', 'fwd', 1, t.valid, 'technology.supplier', NULL
    FROM portfolio.technology t WHERE t.supplier IS NOT NULL
  UNION ALL SELECT u.technology, u.system, 'runs', 'fwd', 1, u.valid, 'system_technology.technology', NULL
    FROM portfolio.system_technology u
  UNION ALL SELECT i.system, i.id, 'exposes', 'fwd', 1, i.valid, 'interface.system', NULL
    FROM portfolio.interface i WHERE i.system IS NOT NULL
  UNION ALL SELECT i.id, i.standard, 'conforms_to', 'rev', 1, i.valid, 'interface.standard', NULL
    FROM portfolio.interface i WHERE i.standard IS NOT NULL
  UNION ALL SELECT i.provider, i.id, 'provides', 'fwd', 1, i.valid, 'interface.provider', NULL
    FROM portfolio.interface i WHERE i.provider IS NOT NULL
  UNION ALL SELECT s.replaced_by, s.id, 'replaces', 'none', 1, s.valid, 'standard.replaced_by', NULL
    FROM portfolio.standard s WHERE s.replaced_by IS NOT NULL
  UNION ALL SELECT f.sender, f.id, 'sends', 'fwd', 1, f.valid, 'data_flow.sender', NULL
    FROM portfolio.data_flow f
  UNION ALL SELECT f.id, f.receiver, 'feeds', 'fwd', 1, f.valid, 'data_flow.receiver', NULL
    FROM portfolio.data_flow f
  UNION ALL SELECT f.interface, f.id, 'carries', 'fwd', 1, f.valid, 'data_flow.interface', NULL
    FROM portfolio.data_flow f WHERE f.interface IS NOT NULL
  UNION ALL SELECT f.data_set, f.id, 'fills', 'fwd', 1, f.valid, 'data_flow.data_set', NULL
    FROM portfolio.data_flow f WHERE f.data_set IS NOT NULL
  UNION ALL SELECT f.id, f.standard, 'conforms_to', 'rev', 1, f.valid, 'data_flow.standard', NULL
    FROM portfolio.data_flow f WHERE f.standard IS NOT NULL
  UNION ALL SELECT f.agreement, f.id, 'permits', 'fwd', 1, f.valid, 'data_flow.agreement', NULL
    FROM portfolio.data_flow f WHERE f.agreement IS NOT NULL
  UNION ALL SELECT d.service, d.id, 'produces', 'fwd', 1, d.valid, 'data_set.service', NULL
    FROM portfolio.data_set d WHERE d.service IS NOT NULL
  UNION ALL SELECT t.organisation, t.id, 'employs', 'fwd', 1, t.valid, 'team.organisation', NULL
    FROM portfolio.team t WHERE t.organisation IS NOT NULL
  UNION ALL SELECT t.site, t.id, 'hosts', 'fwd', 1, t.valid, 'team.site', NULL
    FROM portfolio.team t WHERE t.site IS NOT NULL
  UNION ALL SELECT t.parent, t.id, 'contains', 'rev', 1, t.valid, 'team.parent', NULL
    FROM portfolio.team t WHERE t.parent IS NOT NULL
  UNION ALL SELECT c.supplier, c.id, 'supplies', 'fwd', 1, c.valid, 'contract.supplier', NULL
    FROM portfolio.contract c
  UNION ALL SELECT c.id, c.service, 'covers', 'fwd', 1, c.valid, 'contract.service', NULL
    FROM portfolio.contract c WHERE c.service IS NOT NULL
  UNION ALL SELECT c.id, c.system, 'covers', 'fwd', 1, c.valid, 'contract.system', NULL
    FROM portfolio.contract c WHERE c.system IS NOT NULL
  UNION ALL SELECT c.framework, c.id, 'frames', 'fwd', 1, c.valid, 'contract.framework', NULL
    FROM portfolio.contract c WHERE c.framework IS NOT NULL;
COMMENT ON VIEW portfolio.dependency IS
  'Every way in which one element hangs on another: relationships and the foreign keys between concept tables, of all dates, as the caller may see them. Example: SELECT * FROM portfolio.dependency WHERE valid @> portfolio.as_of();';
COMMENT ON COLUMN portfolio.dependency.source IS 'Element it starts from.';
COMMENT ON COLUMN portfolio.dependency.target IS 'Element it points to.';
COMMENT ON COLUMN portfolio.dependency.kind IS 'Kind of the relationship, or a verb for a foreign key.';
COMMENT ON COLUMN portfolio.dependency.propagates IS
  'The way in which impact travels: fwd from source to target, rev from target to source, both, or none. Access is narrowed by the relationship''s own access attribute.';
COMMENT ON COLUMN portfolio.dependency.weight IS 'Weight for paths and centrality.';
COMMENT ON COLUMN portfolio.dependency.valid IS 'Days on which it holds.';
COMMENT ON COLUMN portfolio.dependency.origin IS 'relationship, or table and column of the foreign key.';
COMMENT ON COLUMN portfolio.dependency.relationship IS 'The relationship; NULL for a foreign key.';

CREATE VIEW portfolio.current_element WITH (security_invoker = true) AS
  SELECT e.id, e.kind, e.code, e.name, e.description, e.archimate_type, e.owner, o.kind || ':' || o.code AS owner_ref,
         lower(e.valid) AS valid_from, upper(e.valid) - 1 AS ends_on, e.source, (SELECT portfolio.as_of()) AS as_of
    FROM portfolio.element e
    LEFT JOIN portfolio.element o ON o.id = e.owner
   WHERE e.valid @> (SELECT portfolio.as_of());
COMMENT ON VIEW portfolio.current_element IS
  'Everything that exists on the day of pg_portfolio.as_of (today unless set). Example: SELECT kind, count(*) FROM portfolio.current_element GROUP BY kind;';
COMMENT ON COLUMN portfolio.current_element.id IS 'The element.';
COMMENT ON COLUMN portfolio.current_element.kind IS 'What it is.';
COMMENT ON COLUMN portfolio.current_element.code IS 'Short code, unique in its kind.';
COMMENT ON COLUMN portfolio.current_element.name IS 'Name that people use.';
COMMENT ON COLUMN portfolio.current_element.description IS 'What it is in a sentence or more.';
COMMENT ON COLUMN portfolio.current_element.archimate_type IS 'ArchiMate type of its kind.';
COMMENT ON COLUMN portfolio.current_element.owner IS 'Element that answers for it.';
COMMENT ON COLUMN portfolio.current_element.owner_ref IS 'The owner as kind:code.';
COMMENT ON COLUMN portfolio.current_element.valid_from IS 'First day; NULL when open.';
COMMENT ON COLUMN portfolio.current_element.ends_on IS 'Last day, inclusive; NULL when open.';
COMMENT ON COLUMN portfolio.current_element.source IS 'Where the row comes from.';
COMMENT ON COLUMN portfolio.current_element.as_of IS 'The day shown.';

CREATE VIEW portfolio.current_relationship WITH (security_invoker = true) AS
  SELECT r.id, s.kind || ':' || s.code AS source_ref, s.name AS source_name, r.kind,
         t.kind || ':' || t.code AS target_ref, t.name AS target_name, r.name,
         r.source, r.target, lower(r.valid) AS valid_from, upper(r.valid) - 1 AS ends_on,
         (SELECT portfolio.as_of()) AS as_of
    FROM portfolio.relationship r
    JOIN portfolio.element s ON s.id = r.source AND s.valid @> (SELECT portfolio.as_of())
    JOIN portfolio.element t ON t.id = r.target AND t.valid @> (SELECT portfolio.as_of())
   WHERE r.valid @> (SELECT portfolio.as_of());
COMMENT ON VIEW portfolio.current_relationship IS
  'The relationships that hold on the day of pg_portfolio.as_of between elements that exist on it, with both ends named. Example: SELECT source_ref, kind, target_ref FROM portfolio.current_relationship;';
COMMENT ON COLUMN portfolio.current_relationship.id IS 'The relationship.';
COMMENT ON COLUMN portfolio.current_relationship.source_ref IS 'Source as kind:code.';
COMMENT ON COLUMN portfolio.current_relationship.source_name IS 'Name of the source.';
COMMENT ON COLUMN portfolio.current_relationship.kind IS 'Kind of the relationship.';
COMMENT ON COLUMN portfolio.current_relationship.target_ref IS 'Target as kind:code.';
COMMENT ON COLUMN portfolio.current_relationship.target_name IS 'Name of the target.';
COMMENT ON COLUMN portfolio.current_relationship.name IS 'What is said on the arrow.';
COMMENT ON COLUMN portfolio.current_relationship.source IS 'Source element.';
COMMENT ON COLUMN portfolio.current_relationship.target IS 'Target element.';
COMMENT ON COLUMN portfolio.current_relationship.valid_from IS 'First day; NULL when open.';
COMMENT ON COLUMN portfolio.current_relationship.ends_on IS 'Last day, inclusive; NULL when open.';
COMMENT ON COLUMN portfolio.current_relationship.as_of IS 'The day shown.';
