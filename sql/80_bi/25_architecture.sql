-- The architecture for BI tools, in the manner of 20_portfolio.sql: technology, data flows, and what is said about
-- elements in dated rows of their own.
CREATE VIEW portfolio_bi.technology WITH (security_barrier = true) AS
  SELECT t.id AS technology_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         t.product,
         t.version,
         t.category,
         s.code AS supplier_code,
         s.name AS supplier_name,
         t.support_ends_on,
         t.extended_support_ends_on,
         greatest(t.support_ends_on, t.extended_support_ends_on) - today.day AS days_of_support_left,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source
    FROM portfolio.technology t
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    LEFT JOIN portfolio.supplier s ON s.id = t.supplier;
COMMENT ON VIEW portfolio_bi.technology IS 'What systems are built and run on, with the days to which it is supported.';
COMMENT ON COLUMN portfolio_bi.technology.technology_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.technology.product IS 'Product without its version.';
COMMENT ON COLUMN portfolio_bi.technology.version IS 'Version.';
COMMENT ON COLUMN portfolio_bi.technology.category IS 'What it is: database, operating system and so on.';
COMMENT ON COLUMN portfolio_bi.technology.supplier_code IS 'Code of its supplier.';
COMMENT ON COLUMN portfolio_bi.technology.supplier_name IS 'Name of its supplier.';
COMMENT ON COLUMN portfolio_bi.technology.support_ends_on IS 'Last day of ordinary support; NULL when unknown.';
COMMENT ON COLUMN portfolio_bi.technology.extended_support_ends_on IS 'Last day of support that is paid for beside; NULL when none or unknown.';
COMMENT ON COLUMN portfolio_bi.technology.days_of_support_left IS 'Days to the end of all support, as of the day shown; below 0 when it is over, NULL when unknown.';

CREATE VIEW portfolio_bi.system_technology WITH (security_barrier = true) AS
  SELECT y.id AS system_id, y.code AS system_code, y.name AS system_name,
         t.id AS technology_id, t.code AS technology_code, t.name AS technology_name,
         u.purpose,
         lower(u.valid) AS valid_from, upper(u.valid) - 1 AS ends_on, u.valid @> today.day AS is_current
    FROM portfolio.system_technology u
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    JOIN portfolio.system y ON y.id = u.system
    JOIN portfolio.technology t ON t.id = u.technology;
COMMENT ON VIEW portfolio_bi.system_technology IS 'Which system runs on which technology, and when.';
COMMENT ON COLUMN portfolio_bi.system_technology.system_id IS 'Key of the system.';
COMMENT ON COLUMN portfolio_bi.system_technology.system_code IS 'Code of the system.';
COMMENT ON COLUMN portfolio_bi.system_technology.system_name IS 'Name of the system.';
COMMENT ON COLUMN portfolio_bi.system_technology.technology_id IS 'Key of the technology.';
COMMENT ON COLUMN portfolio_bi.system_technology.technology_code IS 'Code of the technology.';
COMMENT ON COLUMN portfolio_bi.system_technology.technology_name IS 'Name of the technology.';
COMMENT ON COLUMN portfolio_bi.system_technology.purpose IS 'What it is used for there.';

CREATE VIEW portfolio_bi.data_flow WITH (security_barrier = true) AS
  SELECT t.id AS data_flow_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         s.kind AS sender_kind, s.code AS sender_code, s.name AS sender_name,
         r.kind AS receiver_kind, r.code AS receiver_code, r.name AS receiver_name,
         i.code AS interface_code,
         i.name AS interface_name,
         d.code AS data_set_code,
         d.name AS data_set_name,
         coalesce(f.code, g.code) AS standard_code,
         coalesce(f.name, g.name) AS standard_name,
         a.code AS agreement_code,
         a.name AS agreement_name,
         t.legal_basis,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source
    FROM portfolio.data_flow t
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    JOIN portfolio.element s ON s.id = t.sender
    JOIN portfolio.element r ON r.id = t.receiver
    LEFT JOIN portfolio.interface i ON i.id = t.interface
    LEFT JOIN portfolio.data_set d ON d.id = t.data_set
    LEFT JOIN portfolio.standard f ON f.id = t.standard
    LEFT JOIN portfolio.standard g ON g.id = i.standard
    LEFT JOIN portfolio.element a ON a.id = t.agreement;
COMMENT ON VIEW portfolio_bi.data_flow IS 'Which data go from where to where, by what way and on what ground. One row a flow.';
COMMENT ON COLUMN portfolio_bi.data_flow.data_flow_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.data_flow.sender_kind IS 'Kind of the element that sends.';
COMMENT ON COLUMN portfolio_bi.data_flow.sender_code IS 'Code of the element that sends.';
COMMENT ON COLUMN portfolio_bi.data_flow.sender_name IS 'Name of the element that sends.';
COMMENT ON COLUMN portfolio_bi.data_flow.receiver_kind IS 'Kind of the element that receives.';
COMMENT ON COLUMN portfolio_bi.data_flow.receiver_code IS 'Code of the element that receives.';
COMMENT ON COLUMN portfolio_bi.data_flow.receiver_name IS 'Name of the element that receives.';
COMMENT ON COLUMN portfolio_bi.data_flow.interface_code IS 'Code of the interface by which the data go.';
COMMENT ON COLUMN portfolio_bi.data_flow.interface_name IS 'Name of the interface by which the data go.';
COMMENT ON COLUMN portfolio_bi.data_flow.data_set_code IS 'Code of the data set that flows.';
COMMENT ON COLUMN portfolio_bi.data_flow.data_set_name IS 'Name of the data set that flows.';
COMMENT ON COLUMN portfolio_bi.data_flow.standard_code IS 'Code of its standard, or of that of its interface; NULL when neither has one.';
COMMENT ON COLUMN portfolio_bi.data_flow.standard_name IS 'Name of its standard, or of that of its interface.';
COMMENT ON COLUMN portfolio_bi.data_flow.agreement_code IS 'Code of the agreement or contract under whose terms the data flow.';
COMMENT ON COLUMN portfolio_bi.data_flow.agreement_name IS 'Name of the agreement or contract.';
COMMENT ON COLUMN portfolio_bi.data_flow.legal_basis IS 'Law or duty on which the sharing rests.';

CREATE VIEW portfolio_bi.conformance WITH (security_barrier = true) AS
  SELECT e.kind AS element_kind, e.code AS element_code, e.name AS element_name,
         s.code AS standard_code, s.name AS standard_name,
         CASE WHEN upper(c.valid) <= today.day THEN 'expired' ELSE c.status END AS status,
         c.status AS stated_status,
         upper(left(c.status, 1)) || replace(substr(c.status, 2), '_', ' ') AS stated_status_label,
         c.assessed_on,
         a.name AS assessed_by_name,
         c.evidence,
         lower(c.valid) AS valid_from, upper(c.valid) - 1 AS ends_on, c.valid @> today.day AS is_current
    FROM portfolio.conformance c
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    JOIN portfolio.element e ON e.id = c.element
    JOIN portfolio.standard s ON s.id = c.standard
    LEFT JOIN portfolio.element a ON a.id = c.assessed_by;
COMMENT ON VIEW portfolio_bi.conformance IS 'Every statement of how far an interface or system conforms to a standard, past and planned ones too.';
COMMENT ON COLUMN portfolio_bi.conformance.element_kind IS 'interface or system.';
COMMENT ON COLUMN portfolio_bi.conformance.element_code IS 'Code of the interface or system.';
COMMENT ON COLUMN portfolio_bi.conformance.element_name IS 'Name of the interface or system.';
COMMENT ON COLUMN portfolio_bi.conformance.standard_code IS 'Code of the standard.';
COMMENT ON COLUMN portfolio_bi.conformance.standard_name IS 'Name of the standard.';
COMMENT ON COLUMN portfolio_bi.conformance.status IS 'What was stated, or expired when its days are over on the day shown.';
COMMENT ON COLUMN portfolio_bi.conformance.stated_status IS 'What was stated: declared, self_assessed, assured, failed, waived or expired.';
COMMENT ON COLUMN portfolio_bi.conformance.stated_status_label IS 'What was stated, as people read it.';
COMMENT ON COLUMN portfolio_bi.conformance.assessed_on IS 'Day of the assessment or the decision.';
COMMENT ON COLUMN portfolio_bi.conformance.assessed_by_name IS 'Who assessed or waived it.';
COMMENT ON COLUMN portfolio_bi.conformance.evidence IS 'Certificate, report or test on which it rests.';

CREATE VIEW portfolio_bi.role_holder WITH (security_barrier = true) AS
  SELECT e.kind AS element_kind, e.code AS element_code, e.name AS element_name,
         h.role, k.label AS role_label,
         p.kind AS party_kind, p.code AS party_code, p.name AS party_name,
         lower(h.valid) AS valid_from, upper(h.valid) - 1 AS ends_on, h.valid @> today.day AS is_current
    FROM portfolio.role_holder h
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    JOIN portfolio.role_kind k ON k.role = h.role
    JOIN portfolio.element e ON e.id = h.element
    JOIN portfolio.element p ON p.id = h.party;
COMMENT ON VIEW portfolio_bi.role_holder IS 'Who answers in which role for which element, and when.';
COMMENT ON COLUMN portfolio_bi.role_holder.element_kind IS 'Kind of what is answered for.';
COMMENT ON COLUMN portfolio_bi.role_holder.element_code IS 'Code of what is answered for.';
COMMENT ON COLUMN portfolio_bi.role_holder.element_name IS 'Name of what is answered for.';
COMMENT ON COLUMN portfolio_bi.role_holder.role IS 'Role as held: sro, service_owner, information_asset_owner and so on.';
COMMENT ON COLUMN portfolio_bi.role_holder.role_label IS 'Role as people read it.';
COMMENT ON COLUMN portfolio_bi.role_holder.party_kind IS 'Kind of the holder.';
COMMENT ON COLUMN portfolio_bi.role_holder.party_code IS 'Code of the holder.';
COMMENT ON COLUMN portfolio_bi.role_holder.party_name IS 'Name of the holder.';

CREATE VIEW portfolio_bi.board_decision WITH (security_barrier = true) AS
  SELECT d.id AS board_decision_id, b.code AS board_code, b.name AS board_name,
         e.kind AS element_kind, e.code AS element_code, e.name AS element_name,
         d.what, d.why, d.outcome,
         upper(left(d.outcome, 1)) || replace(substr(d.outcome, 2), '_', ' ') AS outcome_label,
         d.conditions, d.decided_on, d.review_on, d.reference
    FROM portfolio.board_decision d
    JOIN portfolio.organisation b ON b.id = d.board
    LEFT JOIN portfolio.element e ON e.id = d.element;
COMMENT ON VIEW portfolio_bi.board_decision IS 'What boards decided. One row a decision.';
COMMENT ON COLUMN portfolio_bi.board_decision.board_decision_id IS 'Key of the row.';
COMMENT ON COLUMN portfolio_bi.board_decision.board_code IS 'Code of the board.';
COMMENT ON COLUMN portfolio_bi.board_decision.board_name IS 'Name of the board.';
COMMENT ON COLUMN portfolio_bi.board_decision.element_kind IS 'Kind of what it is about; NULL when about no single element.';
COMMENT ON COLUMN portfolio_bi.board_decision.element_code IS 'Code of what it is about.';
COMMENT ON COLUMN portfolio_bi.board_decision.element_name IS 'Name of what it is about.';
COMMENT ON COLUMN portfolio_bi.board_decision.what IS 'What was put to the board.';
COMMENT ON COLUMN portfolio_bi.board_decision.why IS 'Why it decided so.';
COMMENT ON COLUMN portfolio_bi.board_decision.outcome IS 'Outcome as held: approved, approved_with_conditions, rejected, deferred or noted.';
COMMENT ON COLUMN portfolio_bi.board_decision.outcome_label IS 'Outcome as people read it.';
COMMENT ON COLUMN portfolio_bi.board_decision.conditions IS 'The conditions of an approval.';
COMMENT ON COLUMN portfolio_bi.board_decision.decided_on IS 'Day of the decision.';
COMMENT ON COLUMN portfolio_bi.board_decision.review_on IS 'Day on which the board wants to see it again; NULL: never.';
COMMENT ON COLUMN portfolio_bi.board_decision.reference IS 'Minute or paper in which it stands.';

CREATE VIEW portfolio_bi.programme_stage WITH (security_barrier = true) AS
  SELECT p.code AS programme_code, p.name AS programme_name, s.stage, s.ord AS stage_order,
         lower(s.planned) AS planned_from, upper(s.planned) - 1 AS planned_ends_on,
         lower(s.actual) AS actual_from, upper(s.actual) - 1 AS actual_ends_on,
         upper(s.actual) - upper(s.planned) AS days_late,
         s.budget_gbp_m, s.cost_gbp_m
    FROM portfolio.programme_stage s
    JOIN portfolio.programme p ON p.id = s.programme;
COMMENT ON VIEW portfolio_bi.programme_stage IS 'The stages of programmes, planned and actual.';
COMMENT ON COLUMN portfolio_bi.programme_stage.programme_code IS 'Code of the programme.';
COMMENT ON COLUMN portfolio_bi.programme_stage.programme_name IS 'Name of the programme.';
COMMENT ON COLUMN portfolio_bi.programme_stage.stage IS 'Name of the stage.';
COMMENT ON COLUMN portfolio_bi.programme_stage.stage_order IS 'Its place in the order, from 1.';
COMMENT ON COLUMN portfolio_bi.programme_stage.planned_from IS 'First planned day; NULL when open or not yet known.';
COMMENT ON COLUMN portfolio_bi.programme_stage.planned_ends_on IS 'Last planned day, inclusive; NULL when open or not yet known.';
COMMENT ON COLUMN portfolio_bi.programme_stage.actual_from IS 'First day; NULL before it has begun.';
COMMENT ON COLUMN portfolio_bi.programme_stage.actual_ends_on IS 'Last day, inclusive; NULL while it runs.';
COMMENT ON COLUMN portfolio_bi.programme_stage.days_late IS 'Days by which it ended after its planned end; below 0 when before it, NULL while it runs.';
COMMENT ON COLUMN portfolio_bi.programme_stage.budget_gbp_m IS 'Budget, millions of pounds.';
COMMENT ON COLUMN portfolio_bi.programme_stage.cost_gbp_m IS 'Cost so far, millions of pounds.';

CREATE VIEW portfolio_bi.element_property WITH (security_barrier = true) AS
  SELECT e.kind AS element_kind, e.code AS element_code, e.name AS element_name,
         p.key, coalesce(d.label, p.key) AS key_label, p.value,
         lower(p.valid) AS valid_from, upper(p.valid) - 1 AS ends_on, p.valid @> today.day AS is_current
    FROM portfolio.element_property p
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    JOIN portfolio.element e ON e.id = p.element
    LEFT JOIN portfolio.property_definition d ON d.kind = e.kind AND d.key = p.key;
COMMENT ON VIEW portfolio_bi.element_property IS 'Properties that elements have beside the columns of their own views, one row each.';
COMMENT ON COLUMN portfolio_bi.element_property.element_kind IS 'Kind of the element.';
COMMENT ON COLUMN portfolio_bi.element_property.element_code IS 'Code of the element.';
COMMENT ON COLUMN portfolio_bi.element_property.element_name IS 'Name of the element.';
COMMENT ON COLUMN portfolio_bi.element_property.key IS 'Name of the property as held.';
COMMENT ON COLUMN portfolio_bi.element_property.key_label IS 'Name of the property as people read it.';
COMMENT ON COLUMN portfolio_bi.element_property.value IS 'Its value as text.';

CREATE VIEW portfolio_bi.planned_attribute WITH (security_barrier = true) AS
  SELECT e.kind AS element_kind, e.code AS element_code, e.name AS element_name,
         p.attribute, coalesce(d.label, upper(left(p.attribute, 1)) || replace(substr(p.attribute, 2), '_', ' ')) AS attribute_label,
         p.value, p.reason,
         lower(p.valid) AS valid_from, upper(p.valid) - 1 AS ends_on, p.valid @> today.day AS is_current
    FROM portfolio.planned_attribute p
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    JOIN portfolio.element e ON e.id = p.element
    LEFT JOIN portfolio.property_definition d ON d.kind = e.kind AND d.key = p.attribute;
COMMENT ON VIEW portfolio_bi.planned_attribute IS 'What attributes of elements are to be from a day on: a later owner, state or version. One row a plan.';
COMMENT ON COLUMN portfolio_bi.planned_attribute.element_kind IS 'Kind of the element.';
COMMENT ON COLUMN portfolio_bi.planned_attribute.element_code IS 'Code of the element.';
COMMENT ON COLUMN portfolio_bi.planned_attribute.element_name IS 'Name of the element.';
COMMENT ON COLUMN portfolio_bi.planned_attribute.attribute IS 'Column or property that is planned, as held.';
COMMENT ON COLUMN portfolio_bi.planned_attribute.attribute_label IS 'Column or property as people read it.';
COMMENT ON COLUMN portfolio_bi.planned_attribute.value IS 'What it is to be, a reference as kind:code; NULL: none.';
COMMENT ON COLUMN portfolio_bi.planned_attribute.reason IS 'Why, or under what plan.';
COMMENT ON COLUMN portfolio_bi.planned_attribute.valid_from IS 'First day on which it is to be so.';
COMMENT ON COLUMN portfolio_bi.planned_attribute.ends_on IS 'Last day on which it is to be so, inclusive; NULL when open.';
COMMENT ON COLUMN portfolio_bi.planned_attribute.is_current IS 'Whether it is planned for the day shown: pg_portfolio.as_of, or today.';
