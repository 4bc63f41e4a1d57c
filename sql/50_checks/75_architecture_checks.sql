-- The architecture: each question about it is a check.
INSERT INTO portfolio.check_definition (code, area, title, question, severity, description, query, threshold, remediation, refs, author, builtin)
SELECT code, 'architecture', title, question, severity, description, query, threshold, remediation, '{}', NULL, true
  FROM (VALUES
  ('duplicate-elements', 'Two elements may be one', 'What is recorded twice?', 'low',
   'Pairs of duplicates() that score the threshold or more.',
   $$SELECT d.a_ref || ' = ' || d.b_ref || ' #' || d.a || '-' || d.b AS subject, CASE WHEN d.kind <> 'relationship' THEN d.a END AS element,
            jsonb_build_object('score', d.score, 'names', jsonb_build_array(d.a_name, d.b_name), 'reasons', d.reasons) AS detail
       FROM portfolio.duplicates($1) d$$,
   1.0, 'SELECT * FROM portfolio.merge_elements(''keep'', ''drop''); for elements, DELETE FROM portfolio.relationship for relationships.'),
  ('function-built-twice', 'One function is reached through several technologies', 'What is built several times over?', 'low',
   'Functions of reuse() that are reached through at least as many technologies as the threshold.',
   $$SELECT 'function ' || r.function AS subject, NULL::bigint AS element,
            jsonb_build_object('interfaces', r.interface_names, 'technologies', r.technologies) AS detail
       FROM portfolio.reuse() r WHERE cardinality(r.technologies) >= $1$$,
   3, 'Choose one interface, and retire() the others once nobody uses them.'),
  ('interoperability-gap', 'Information cannot flow as it should', 'Where is a standard, conformance or governed access missing?', 'medium',
   'Rows of interoperability_gaps().',
   $$SELECT g.gap || ' ' || g.element_ref || coalesce(' ' || min(g.name), '') AS subject, min(g.element) AS element, jsonb_build_object('why', jsonb_agg(DISTINCT g.detail)) AS detail
       FROM portfolio.interoperability_gaps() g GROUP BY g.gap, g.element_ref$$,
   NULL, 'Name a standard, move off a retired one, have conformance assessed, or say who may use the interface and under what governance.'),
  ('postcode-lottery', 'A measure differs from place to place by more than chance', 'Where is the postcode lottery?', 'medium',
   'Regions that are outliers of variation() beyond the 99.8 % limits of the funnel.',
   $$SELECT m.code || ' of ' || v.element_ref || ' in ' || v.area_code AS subject, v.area AS element,
            jsonb_build_object('value', round(v.value, 2), 'outlier', v.outlier, 'z', round(v.z, 2)) AS detail
       FROM portfolio.measure m CROSS JOIN LATERAL portfolio.variation(m.code, 'region') v
      WHERE v.outlier IN ('high', 'low')$$,
   NULL, 'SELECT * FROM portfolio.variation(measure, ''region''); ask what the others do differently.'),
  ('national-local-gap', 'A national and a local service meet without what that takes', 'Is the interface between national and local services governed?', 'medium',
   'Crossings of national_local_interface() that have a gap.',
   $$SELECT n.national_ref || ' - ' || n.local_ref || ' (' || n.crossing || ')' AS subject, min(portfolio.element_ref(n.national_ref)) AS element, jsonb_build_object('why', min(n.why)) AS detail
       FROM portfolio.national_local_interface() n WHERE n.verdict = 'gap' GROUP BY n.national_ref, n.local_ref, n.crossing$$,
   NULL, 'Give the crossing an interface with a standard, governed access and conformance, and the flow an agreement.'),
  ('unsupported-technology', 'A system runs on technology that nobody supports', 'What runs on unsupported technology, now or soon?', 'high',
   'Rows of unsupported_technology() the threshold of days from now.',
   $$SELECT 'system:' || u.system_code || ' on technology:' || u.technology_code AS subject, u.system AS element,
            jsonb_build_object('product', u.product, 'version', u.version, 'support_ended_on', greatest(u.support_ends_on, u.extended_support_ends_on)) AS detail
       FROM portfolio.unsupported_technology(current_date + $1::integer) u$$,
   0, 'Move the system to a supported version, or buy extended support and record its last day.'),
  ('orphan-element', 'An element hangs on nothing', 'What is joined to nothing?', 'low',
   'Systems, services, interfaces, data sets and components that no relationship and no reference joins to anything.',
   $$SELECT o.kind || ':' || o.code AS subject, o.element, jsonb_build_object('name', o.name) AS detail
       FROM portfolio.orphans() o
      WHERE o.kind IN (SELECT k.kind FROM portfolio.element_kind k
                        WHERE k.archimate_type IN ('ApplicationComponent', 'ApplicationService', 'ApplicationInterface', 'DataObject', 'SystemSoftware'))$$,
   NULL, 'relate() it to what it serves or needs, or retire() it.'),
  ('retired-standard-in-use', 'A standard that is retired is still in use', 'Which retired standards are still followed?', 'medium',
   'Standards that are retired and that interfaces or data flows of standard_use still follow.',
   $$SELECT 'standard:' || s.code AS subject, s.id AS element,
            jsonb_build_object('interfaces', count(*) FILTER (WHERE u.kind = 'interface'), 'data_flows', count(*) FILTER (WHERE u.kind = 'data_flow'),
                               'replaced_by', portfolio.element_label(s.replaced_by)) AS detail
       FROM portfolio.standard_use u JOIN portfolio.standard s ON s.id = u.standard WHERE u.status = 'retired' GROUP BY s.id$$,
   NULL, 'Move what follows it to the standard that replaces it.')
  ) AS c (code, title, question, severity, description, query, threshold, remediation);
