-- The example: what NHS Digital's paper "Modernising our delivery model" names, with the relationships that it states,
-- and the Department of Health's 18 major programmes of 30 September 2016. Every row says source (or origin) 'example'.
-- Bodies, sites, standards and teams.
CREATE FUNCTION portfolio.example_bodies() RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  INSERT INTO portfolio.organisation (code, name, role, description, source)
  VALUES
    ('NHS_DIGITAL', 'NHS Digital', 'national technology organisation', 'Runs the national systems, data and services of health and care in England.', 'example'),
    ('EA_BOARD', 'Enterprise Architecture Board', 'board', 'System-level governance of the architecture.', 'example'),
    ('DIGITAL_DELIVERY_BOARD', 'Digital Delivery Board', 'board', 'External stakeholder to whom delivery is reported.', 'example'),
    ('NCSC', 'National Cyber Security Centre', 'authority', 'Partner in answering cyber threats.', 'example'),
    ('NDG', 'National Data Guardian', 'authority', 'Oversees the use of health and care data; recommended the Data Security Standards.', 'example'),
    ('NSOC', 'National Security Operations Centre', 'authority', 'To be established, with real-time intelligence on threats.', 'example'),
    ('DH', 'Department of Health', 'department', 'Reports the major programmes.', 'example'),
    ('CONSULTANTS', 'External consultants', 'adviser', 'Brought in to design the architecture service.', 'example'),
    ('COMMISSIONERS', 'Commissioners', 'customer', NULL, 'example'),
    ('PROVIDERS', 'Providers', 'customer', NULL, 'example'),
    ('ALB', 'Arms-length bodies', 'customer', NULL, 'example'),
    ('RESEARCHERS', 'Researchers', 'customer', NULL, 'example'),
    ('INTERMEDIARIES', 'Intermediary market', 'customer', NULL, 'example'),
    ('HOSPITALS', 'Hospitals', 'local setting', NULL, 'example'),
    ('PHARMACY', 'Pharmacy', 'local setting', NULL, 'example'),
    ('COMMUNITY', 'Community settings', 'local setting', NULL, 'example'),
    ('SUPPLIERS', 'Suppliers, new and existing', 'market', 'Those whose offers the commercial strategy wants to understand.', 'example')
  ON CONFLICT (code) DO NOTHING;
  INSERT INTO portfolio.organisation (code, name, role, description, source, parent)
  SELECT 'NHS_DIGITAL_BOARD', 'NHS Digital Board', 'board', 'Approved the data strategy.', 'example', o.id
    FROM portfolio.organisation o WHERE o.code = 'NHS_DIGITAL' AND o.source = 'example'
  ON CONFLICT (code) DO NOTHING;

  INSERT INTO portfolio.site (code, name, source, organisation)
  SELECT v.code, v.name, 'example', portfolio.element_id('organisation', 'NHS_DIGITAL')
    FROM (VALUES ('LEEDS', 'Leeds'), ('LONDON', 'London'), ('EXETER', 'Exeter'), ('SOUTHAMPTON', 'Southampton')) v (code, name)
  ON CONFLICT (code) DO NOTHING;

  INSERT INTO portfolio.standard (code, name, publisher, status, description, source)
  VALUES
    ('INTEROPERABILITY', 'Interoperability standards', 'NHS Digital', 'draft', 'National standards that let information flow between organisations, so that there is no postcode lottery.', 'example'),
    ('ISO27001', 'ISO27001', 'ISO/IEC', 'effective', 'Information security management; the single security operating model is based on it.', 'example'),
    ('DATA_SECURITY', 'Data Security Standards', 'National Data Guardian', 'effective', 'With an assurance function, as the National Data Guardian recommended.', 'example')
  ON CONFLICT (code) DO NOTHING;

  INSERT INTO portfolio.team (code, name, description, source, organisation)
  SELECT v.code, v.name, v.description, 'example', portfolio.element_id('organisation', 'NHS_DIGITAL')
    FROM (VALUES
      ('SOFTWARE_TEAMS', 'In-house software development and support teams', 'Four major teams on several sites, to come under one management structure.'),
      ('SMALLER_TEAMS', 'Smaller development teams', 'A few teams besides the four major ones.'),
      ('LEEDS_CENTRE', 'Leeds digital delivery centre', 'The single centre into which the two Leeds teams are to merge.'),
      ('PROGRAMME_TEAMS', 'Programme teams', 'Deliver the portfolio of Personalised Health and Care 2020.'),
      ('SERVICE_OPERATIONS', 'Service Operations', 'To be responsible for maintenance, development and roadmap of all technology services.'),
      ('ENTERPRISE_ARCHITECTURE', 'Enterprise architecture', 'The architecture function of the national health and care system.'),
      ('COMMERCIAL', 'Commercial', 'Centralised function that works across the organisation.'),
      ('INFORMATION_ANALYSIS', 'Information and Analysis', 'The offer has three components: data, analytical and statistical services.')
    ) v (code, name, description)
  ON CONFLICT (code) DO NOTHING;
  INSERT INTO portfolio.team (code, name, description, source, organisation, site, parent)
  SELECT v.code, v.name, v.description, 'example', portfolio.element_id('organisation', 'NHS_DIGITAL'),
         portfolio.element_id('site', v.site), portfolio.element_id('team', v.parent)
    FROM (VALUES
      ('SSD', 'Systems and Service Delivery', 'Knows screening and patient management systems; delivered the cervical, bowel and breast screening systems.', 'EXETER', 'SOFTWARE_TEAMS'),
      ('NHSUK_TEAM', 'NHS.UK team', 'Knows citizen and patient facing systems. The paper names the sites Leeds, London and Exeter and gives this team none: London is inferred.', 'LONDON', 'SOFTWARE_TEAMS'),
      ('DDC', 'Digital Delivery Centre', 'Brought many major national systems in-house.', 'LEEDS', 'SOFTWARE_TEAMS'),
      ('IT_DEVELOPMENT', 'IT Development', 'Runs extensive data collection and processing functions.', 'LEEDS', 'SOFTWARE_TEAMS'),
      ('NHS111_TEAM', 'NHS 111 team', 'One of the smaller development teams.', 'SOUTHAMPTON', 'SMALLER_TEAMS'),
      ('DATA_SERVICES', 'Data services', 'Makes data on health and care services available to customers for research and analysis.', NULL, 'INFORMATION_ANALYSIS'),
      ('ANALYTICAL_SERVICES', 'Analytical services', 'Standard and bespoke analysis for customers.', NULL, 'INFORMATION_ANALYSIS'),
      ('STATISTICAL_SERVICES', 'Statistical services', 'National, official and other statistical publications.', NULL, 'INFORMATION_ANALYSIS')
    ) v (code, name, description, site, parent)
  ON CONFLICT (code) DO NOTHING;
END;
COMMENT ON FUNCTION portfolio.example_bodies() IS 'Part of load_example(): organisations, sites, standards and teams.';
