-- The example's services, systems, interfaces, data sets and what has no table of its own.
CREATE FUNCTION portfolio.example_services() RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  INSERT INTO portfolio.service (code, name, state, adopted_locally, governed_by, description, evidence, source)
  SELECT v.code, v.name, v.state, v.adopted, portfolio.element_id('programme', v.programme), v.description, v.evidence, 'example'
    FROM (VALUES
      ('EPS', 'Electronic Prescribing Service', 'in_transition', true, 'EPS_R2', 'Prescriptions from prescriber to dispenser.',
       'The Electronic Prescribing Service, the Summary Care Record and NHSMail2 are good examples of this, although it should be noted that Personalised Health and Care 2020 includes a big programme focus on new referrals capability.'),
      ('SCR', 'Summary Care Record', 'in_transition', true, 'SCR_PROGRAMME', 'A summary of a patient''s record wherever care is given.',
       'The Electronic Prescribing Service, the Summary Care Record and NHSMail2 are good examples of this, although it should be noted that Personalised Health and Care 2020 includes a big programme focus on new referrals capability.'),
      ('NHSMAIL2', 'NHSMail2', 'in_transition', true, 'NHSMAIL2_PROGRAMME', 'Secure mail for health and care.',
       'The Electronic Prescribing Service, the Summary Care Record and NHSMail2 are good examples of this, although it should be noted that Personalised Health and Care 2020 includes a big programme focus on new referrals capability.'),
      ('REFERRALS', 'New referrals capability', 'pipeline', false, 'PHC2020', 'A big programme focus of Personalised Health and Care 2020.', NULL),
      ('CHOICES', 'Choices', 'retiring', false, NULL, 'Citizen and patient facing service, to be replaced by NHS.UK.', 'The NHS.UK team has considerable knowledge in citizen and patient facing systems through the delivery of the current Choices service and development of its replacement NHS.UK.'),
      ('NHSUK', 'NHS.UK', 'pipeline', false, 'NHSUK_PROGRAMME', 'The replacement of Choices.', NULL),
      ('NHS111', 'NHS 111', 'in_transition', false, NULL, 'Urgent care by telephone and online.', NULL),
      ('DARS', 'Data Access Release Service', 'in_transition', false, NULL, 'Releases data under agreement; reform continues.', 'Continue to reform our Data Access Release Service for data disseminations, including further development of the existing online facilities.'),
      ('CYBER_KNOWLEDGE', 'Cyber knowledge service', 'in_transition', false, 'CYBER', 'A library of health related cyber security threats with mitigations.', NULL),
      ('CYBER_ELEARNING', 'Cyber e-learning modules', 'in_transition', false, 'CYBER', 'Prepare health and care professionals for managing threats to data.', NULL)
    ) v (code, name, state, adopted, programme, description, evidence)
  ON CONFLICT (code) DO NOTHING;

  INSERT INTO portfolio.system (code, name, lifecycle, description, source)
  VALUES
    ('SPINE', 'Spine', 'live', 'Brought in-house by the Digital Delivery Centre.', 'example'),
    ('PDS', 'PDS', 'live', 'Personal Demographics Service, brought in-house by the Digital Delivery Centre.', 'example'),
    ('SUS', 'SUS', 'live', 'Secondary Uses Service, brought in-house by the Digital Delivery Centre.', 'example'),
    ('CERVICAL_SCREENING', 'Cervical screening system', 'live', NULL, 'example'),
    ('BOWEL_SCREENING', 'Bowel screening system', 'live', NULL, 'example'),
    ('BREAST_SCREENING', 'Breast screening system', 'live', NULL, 'example'),
    ('PATIENT_MANAGEMENT', 'Patient management systems', 'live', NULL, 'example'),
    ('BI_TOOLS', 'Business Intelligence tool-set', 'planned', 'Lets a wide range of users reach the data held, under appropriate controls.', 'example'),
    ('DATA_PLATFORM', 'Data Services Platform', 'planned', 'To change the way data is collected, stored and accessed.', 'example'),
    ('DELIVERY_TOOLS', 'Development and programme management tools', 'planned', 'One consistent enterprise-wide set.', 'example'),
    ('COMMERCIAL_PLATFORM', 'Commercial technology platform', 'planned', 'Integrated platform and tools for data management, procurement and supplier and contract management.', 'example')
  ON CONFLICT (code) DO NOTHING;

  INSERT INTO portfolio.interface (code, name, lifecycle, description, source)
  VALUES ('DARS_ONLINE', 'Data Access Release Service online facilities', 'live', 'The existing online facilities, to be developed further.', 'example')
  ON CONFLICT (code) DO NOTHING;

  INSERT INTO portfolio.data_set (code, name, description, service, source)
  SELECT v.code, v.name, v.description, portfolio.element_id('service', v.service), 'example'
    FROM (VALUES
      ('COLLECTIONS', 'National data sets and collections', 'Over 100 different data sets and collections, made available for wider use.', NULL),
      ('THREAT_LIBRARY', 'Cyber threat library', 'Health related cyber security threats with their mitigations.', 'CYBER_KNOWLEDGE')
    ) v (code, name, description, service)
  ON CONFLICT (code) DO NOTHING;

  INSERT INTO portfolio.element (kind, code, name, description, source)
  VALUES
    ('capability', 'ACCESS_PERMISSIONS', 'Access permissions', 'Key functionality to be built once and used many times by other systems.', 'example'),
    ('capability', 'PERSONAL_RECORDS', 'Personal records', 'Key functionality to be built once and used many times by other systems.', 'example'),
    ('capability', 'MARKET_ENGAGEMENT', 'Pro-active market engagement and development', 'A commercial gap that the strategy addresses.', 'example'),
    ('capability', 'SUPPLIER_MANAGEMENT', 'Supplier relationship management', 'A commercial gap that the strategy addresses.', 'example'),
    ('capability', 'CATEGORY_MANAGEMENT', 'Category management and strategic sourcing', 'A commercial gap that the strategy addresses.', 'example'),
    ('course_of_action', 'STP', 'Sustainability and transformation plans', 'Local plans, already improving interoperability within a local health economy.', 'example'),
    ('course_of_action', 'DATA_STRATEGY', 'NHS Digital Data Strategy', 'Completed, approved by the Board and published.', 'example'),
    ('course_of_action', 'COMMERCIAL_STRATEGY', 'Commercial strategy', 'One centralised function, with skills embedded in programme teams.', 'example'),
    ('course_of_action', 'CYBER_CAMPAIGN', 'Cyber engagement campaign', 'Structured campaign to carry knowledge across the health and care system.', 'example')
  ON CONFLICT (kind, code) DO NOTHING;

  INSERT INTO portfolio.element_alias (element, scheme, value)
  SELECT e.id, 'name', v.value
    FROM (VALUES ('service', 'EPS', 'Electronic Prescription Service'), ('system', 'PDS', 'Personal Demographics Service'),
                 ('system', 'SUS', 'Secondary Uses Service'), ('system', 'DATA_PLATFORM', 'DSP'), ('system', 'BI_TOOLS', 'BI tool-set')) v (kind, code, value)
    JOIN portfolio.element e ON e.kind = v.kind AND e.code = v.code AND e.source = 'example'
  ON CONFLICT DO NOTHING;

  INSERT INTO portfolio.element_property (element, key, value)
  SELECT e.id, 'source_sentence', v.value
    FROM (VALUES
      ('service', 'EPS', 'But many of the services we deliver today are still managed using ''programme management'' governance arrangements although the delivery and implementation work has been largely completed and the services are now being used locally.'),
      ('service', 'SCR', 'But many of the services we deliver today are still managed using ''programme management'' governance arrangements although the delivery and implementation work has been largely completed and the services are now being used locally.'),
      ('service', 'NHSMAIL2', 'But many of the services we deliver today are still managed using ''programme management'' governance arrangements although the delivery and implementation work has been largely completed and the services are now being used locally.'),
      ('team', 'SOFTWARE_TEAMS', 'NHS Digital inherited four major in-house software development and support teams, located over several NHS Digital sites (Leeds, London and Exeter), totalling in excess of 400 permanent and non-permanent staff.'),
      ('data_set', 'COLLECTIONS', 'We manage over 100 different data sets and collections and make the data available for wider use.'),
      ('team', 'SERVICE_OPERATIONS', 'Implement the transfer of programmes into Service Operations during 2017/18')
    ) v (kind, code, value)
    JOIN portfolio.element e ON e.kind = v.kind AND e.code = v.code AND e.source = 'example'
  ON CONFLICT DO NOTHING;
END;
COMMENT ON FUNCTION portfolio.example_services() IS
  'Part of load_example(): services, systems, interfaces, data sets, capabilities and courses of action.';
