-- The example's relationships, and loading and unloading the whole of it.
CREATE FUNCTION portfolio.example_relationships() RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  INSERT INTO portfolio.relationship (source, kind, target, name, attributes, origin)
  SELECT s.id, v.kind, t.id, v.name, v.attributes, 'example'
    FROM (VALUES
      ('team:SSD', 'serving', 'system:CERVICAL_SCREENING', 'delivered', '{}'::jsonb),
      ('team:SSD', 'serving', 'system:BOWEL_SCREENING', 'delivered', '{}'),
      ('team:SSD', 'serving', 'system:BREAST_SCREENING', 'delivered', '{}'),
      ('team:SSD', 'serving', 'system:PATIENT_MANAGEMENT', 'knows', '{}'),
      ('team:NHSUK_TEAM', 'serving', 'service:CHOICES', 'delivers', '{}'),
      ('team:NHSUK_TEAM', 'serving', 'service:NHSUK', 'develops', '{}'),
      ('service:NHSUK', 'association', 'service:CHOICES', 'replaces', '{}'),
      ('programme:NHSUK_PROGRAMME', 'realization', 'service:NHSUK', NULL, '{}'),
      ('team:DDC', 'serving', 'system:SPINE', 'brought in-house', '{}'),
      ('team:DDC', 'serving', 'system:PDS', 'brought in-house', '{}'),
      ('team:DDC', 'serving', 'system:SUS', 'brought in-house', '{}'),
      ('team:IT_DEVELOPMENT', 'access', 'data_set:COLLECTIONS', 'collects and processes', '{"access": "write"}'),
      ('team:NHS111_TEAM', 'serving', 'service:NHS111', NULL, '{}'),
      ('team:LEEDS_CENTRE', 'aggregation', 'team:DDC', 'merges', '{}'),
      ('team:LEEDS_CENTRE', 'aggregation', 'team:IT_DEVELOPMENT', 'merges', '{}'),
      ('team:PROGRAMME_TEAMS', 'assignment', 'programme:PHC2020', 'delivers', '{}'),
      ('team:SOFTWARE_TEAMS', 'serving', 'team:PROGRAMME_TEAMS', 'develops in-house software for', '{}'),
      ('team:SERVICE_OPERATIONS', 'association', 'service:EPS', 'to take over', '{}'),
      ('team:SERVICE_OPERATIONS', 'association', 'service:SCR', 'to take over', '{}'),
      ('team:SERVICE_OPERATIONS', 'association', 'service:NHSMAIL2', 'to take over', '{}'),
      ('service:EPS', 'serving', 'organisation:HOSPITALS', 'wider adoption', '{}'),
      ('service:EPS', 'serving', 'organisation:PHARMACY', 'wider adoption', '{}'),
      ('service:EPS', 'serving', 'organisation:COMMUNITY', 'wider adoption', '{}'),
      ('service:SCR', 'serving', 'organisation:HOSPITALS', 'wider adoption', '{}'),
      ('service:SCR', 'serving', 'organisation:PHARMACY', 'wider adoption', '{}'),
      ('service:SCR', 'serving', 'organisation:COMMUNITY', 'wider adoption', '{}'),
      ('service:NHSMAIL2', 'serving', 'organisation:HOSPITALS', 'wider adoption', '{}'),
      ('service:NHSMAIL2', 'serving', 'organisation:PHARMACY', 'wider adoption', '{}'),
      ('service:NHSMAIL2', 'serving', 'organisation:COMMUNITY', 'wider adoption', '{}'),
      ('programme:EPS_R2', 'realization', 'service:EPS', NULL, '{}'),
      ('programme:SCR_PROGRAMME', 'realization', 'service:SCR', NULL, '{}'),
      ('programme:NHSMAIL2_PROGRAMME', 'realization', 'service:NHSMAIL2', NULL, '{}'),
      ('programme:PHC2020', 'realization', 'service:REFERRALS', 'big programme focus', '{}'),
      ('programme:PHC2020', 'composition', 'programme:PHC2020_H', 'Domain H', '{}'),
      ('organisation:EA_BOARD', 'association', 'team:ENTERPRISE_ARCHITECTURE', 'governs', '{}'),
      ('organisation:CONSULTANTS', 'association', 'team:ENTERPRISE_ARCHITECTURE', 'support the design of', '{}'),
      ('organisation:DIGITAL_DELIVERY_BOARD', 'association', 'organisation:NHS_DIGITAL', 'receives reports of', '{}'),
      ('organisation:NHS_DIGITAL', 'association', 'organisation:NSOC', 'to establish', '{}'),
      ('organisation:NHS_DIGITAL', 'realization', 'standard:ISO27001', 'security operating model', '{}'),
      ('organisation:NHS_DIGITAL', 'realization', 'standard:DATA_SECURITY', 'to incorporate', '{}'),
      ('organisation:NDG', 'influence', 'standard:DATA_SECURITY', 'recommended', '{}'),
      ('organisation:NDG', 'association', 'data_set:COLLECTIONS', 'oversees', '{}'),
      ('course_of_action:STP', 'influence', 'standard:INTEROPERABILITY', 'improves interoperability locally', '{}'),
      ('programme:CYBER', 'association', 'organisation:NCSC', 'works closely with', '{}'),
      ('programme:CYBER', 'realization', 'service:CYBER_KNOWLEDGE', NULL, '{}'),
      ('programme:CYBER', 'realization', 'service:CYBER_ELEARNING', NULL, '{}'),
      ('programme:CYBER', 'realization', 'course_of_action:CYBER_CAMPAIGN', NULL, '{}'),
      ('team:DATA_SERVICES', 'serving', 'organisation:COMMISSIONERS', NULL, '{}'),
      ('team:DATA_SERVICES', 'serving', 'organisation:PROVIDERS', NULL, '{}'),
      ('team:DATA_SERVICES', 'serving', 'organisation:ALB', NULL, '{}'),
      ('team:DATA_SERVICES', 'serving', 'organisation:RESEARCHERS', NULL, '{}'),
      ('team:DATA_SERVICES', 'serving', 'organisation:INTERMEDIARIES', NULL, '{}'),
      ('interface:DARS_ONLINE', 'assignment', 'service:DARS', NULL, '{}'),
      ('service:DARS', 'access', 'data_set:COLLECTIONS', 'releases', '{"access": "read"}'),
      ('system:BI_TOOLS', 'access', 'data_set:COLLECTIONS', 'shows', '{"access": "read"}'),
      ('system:DATA_PLATFORM', 'access', 'data_set:COLLECTIONS', 'collects, stores and gives access to', '{"access": "readwrite"}'),
      ('programme:DATA_SERVICES_DEV', 'realization', 'system:DATA_PLATFORM', NULL, '{}'),
      ('organisation:NHS_DIGITAL_BOARD', 'association', 'course_of_action:DATA_STRATEGY', 'approved', '{}'),
      ('team:COMMERCIAL', 'realization', 'course_of_action:COMMERCIAL_STRATEGY', NULL, '{}'),
      ('team:COMMERCIAL', 'realization', 'capability:MARKET_ENGAGEMENT', NULL, '{}'),
      ('team:COMMERCIAL', 'realization', 'capability:SUPPLIER_MANAGEMENT', NULL, '{}'),
      ('team:COMMERCIAL', 'realization', 'capability:CATEGORY_MANAGEMENT', NULL, '{}'),
      ('system:COMMERCIAL_PLATFORM', 'serving', 'team:COMMERCIAL', NULL, '{}'),
      ('organisation:SUPPLIERS', 'association', 'capability:SUPPLIER_MANAGEMENT', NULL, '{}')
    ) v (source, kind, target, name, attributes)
    JOIN portfolio.element s ON s.kind = split_part(v.source, ':', 1) AND s.code = split_part(v.source, ':', 2) AND s.source = 'example'
    JOIN portfolio.element t ON t.kind = split_part(v.target, ':', 1) AND t.code = split_part(v.target, ':', 2) AND t.source = 'example'
  ON CONFLICT DO NOTHING;
END;
COMMENT ON FUNCTION portfolio.example_relationships() IS
  'Part of load_example(): the relationships that the paper states, between elements of the example only.';

CREATE TYPE portfolio.example_count AS (what text, total bigint);
COMMENT ON TYPE portfolio.example_count IS 'A row of load_example() and unload_example(): a kind of element or relationship, and how many of the example there are.';
COMMENT ON COLUMN portfolio.example_count.what IS 'A kind of element, or relationship.';
COMMENT ON COLUMN portfolio.example_count.total IS 'How many of the example there are.';

CREATE FUNCTION portfolio.load_example() RETURNS SETOF portfolio.example_count
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT portfolio.example_bodies();
  SELECT portfolio.example_programmes();
  SELECT portfolio.example_services();
  SELECT portfolio.example_relationships();
  SELECT e.kind, count(*) FROM portfolio.element e WHERE e.source = 'example' GROUP BY e.kind
  UNION ALL
  SELECT 'relationship', count(*) FROM portfolio.relationship r WHERE r.origin = 'example'
  ORDER BY 1;
END;
COMMENT ON FUNCTION portfolio.load_example() IS
  'Loads the example: what NHS Digital''s paper "Modernising our delivery model" names and the Department of Health''s 18 major programmes of 30 September 2016. May be run again; rows of one''s own with the same code stay as they are. unload_example() takes it back. Example: SELECT * FROM portfolio.load_example();';

CREATE FUNCTION portfolio.unload_example() RETURNS SETOF portfolio.example_count
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  DELETE FROM portfolio.relationship WHERE origin = 'example';
  DELETE FROM portfolio.contract WHERE source = 'example';
  DELETE FROM portfolio.team WHERE source = 'example';
  DELETE FROM portfolio.data_set WHERE source = 'example';
  DELETE FROM portfolio.interface WHERE source = 'example';
  DELETE FROM portfolio.standard WHERE source = 'example';
  DELETE FROM portfolio.system WHERE source = 'example';
  DELETE FROM portfolio.service WHERE source = 'example';
  DELETE FROM portfolio.programme WHERE source = 'example';
  DELETE FROM portfolio.supplier WHERE source = 'example';
  DELETE FROM portfolio.site WHERE source = 'example';
  DELETE FROM portfolio.organisation WHERE source = 'example';
  DELETE FROM portfolio.element e USING portfolio.element_kind k
   WHERE e.source = 'example' AND k.kind = e.kind AND k.table_name IS NULL;
  SELECT e.kind, count(*) FROM portfolio.element e WHERE e.source = 'example' GROUP BY e.kind
  UNION ALL
  SELECT 'relationship', count(*) FROM portfolio.relationship r WHERE r.origin = 'example'
  ORDER BY 1;
END;
COMMENT ON FUNCTION portfolio.unload_example() IS
  'Takes back what load_example() loaded and nothing else; what is left is listed. Raises 23503, and takes nothing back, when something of one''s own still refers to the example. Example: SELECT * FROM portfolio.unload_example();';
