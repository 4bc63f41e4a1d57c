-- The portfolio for BI tools: one flat view a concept, of built-in types. Every row is shown, past and planned
-- too, with valid_from and ends_on to slice by; is_current says what holds on the day shown (pg_portfolio.as_of, or
-- today). The views run with their owner's rights, so that a reader needs no right on any table: see docs/security.md.

CREATE VIEW portfolio_bi.organisation WITH (security_barrier = true) AS
  SELECT t.id AS organisation_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         t.ods_code,
         t.role,
         p.code AS parent_code,
         p.name AS parent_name,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source,
         r.code AS region_code,
         r.name AS region_name
    FROM portfolio.organisation t
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    LEFT JOIN portfolio.organisation p ON p.id = t.parent
    LEFT JOIN portfolio.organisation r ON r.id = t.region;
COMMENT ON VIEW portfolio_bi.organisation IS 'Bodies of the portfolio: the organisation itself, boards, regulators, commissioners, providers, customers.';
COMMENT ON COLUMN portfolio_bi.organisation.organisation_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.organisation.ods_code IS 'Code of the Organisation Data Service; NULL where it has none.';
COMMENT ON COLUMN portfolio_bi.organisation.role IS 'What it does for the portfolio.';
COMMENT ON COLUMN portfolio_bi.organisation.parent_code IS 'Code of the organisation above it; NULL at the top.';
COMMENT ON COLUMN portfolio_bi.organisation.parent_name IS 'Name of the organisation above it.';
COMMENT ON COLUMN portfolio_bi.organisation.region_code IS 'Code of the organisation in whose area it is; NULL for national bodies.';
COMMENT ON COLUMN portfolio_bi.organisation.region_name IS 'Name of the organisation in whose area it is.';

CREATE VIEW portfolio_bi.site WITH (security_barrier = true) AS
  SELECT t.id AS site_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         t.address,
         t.postcode,
         g.code AS organisation_code,
         g.name AS organisation_name,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source
    FROM portfolio.site t
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    LEFT JOIN portfolio.organisation g ON g.id = t.organisation;
COMMENT ON VIEW portfolio_bi.site IS 'Places from which services run or are used.';
COMMENT ON COLUMN portfolio_bi.site.site_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.site.address IS 'Postal address.';
COMMENT ON COLUMN portfolio_bi.site.postcode IS 'Postcode.';
COMMENT ON COLUMN portfolio_bi.site.organisation_code IS 'Code of the organisation whose site it is.';
COMMENT ON COLUMN portfolio_bi.site.organisation_name IS 'Name of the organisation whose site it is.';

CREATE VIEW portfolio_bi.supplier WITH (security_barrier = true) AS
  SELECT t.id AS supplier_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         t.company_number,
         t.tier,
         s.name AS sponsor_name,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source
    FROM portfolio.supplier t
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    LEFT JOIN portfolio.element s ON s.id = t.sponsor;
COMMENT ON VIEW portfolio_bi.supplier IS 'Suppliers.';
COMMENT ON COLUMN portfolio_bi.supplier.supplier_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.supplier.company_number IS 'Number at the companies register.';
COMMENT ON COLUMN portfolio_bi.supplier.tier IS 'Tier as held: gold, silver or bronze; NULL: none.';
COMMENT ON COLUMN portfolio_bi.supplier.sponsor_name IS 'Who speaks with it at the top level.';

CREATE VIEW portfolio_bi.programme WITH (security_barrier = true) AS
  SELECT t.id AS programme_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         t.state,
         upper(left(t.state, 1)) || replace(substr(t.state, 2), '_', ' ') AS state_label,
         t.closed_on,
         t.gmpp_id,
         t.department,
         t.category,
         t.dca::text AS dca,
         r.label AS dca_label,
         r.sort_order AS dca_sort_order,
         r.colour AS dca_colour,
         t.start_date,
         t.end_date,
         CASE WHEN t.state IN ('proposed', 'in_delivery') AND t.end_date < today.day THEN today.day - t.end_date END AS days_past_end_date,
         t.fy_baseline_gbp_m,
         t.fy_forecast_gbp_m,
         t.fy_forecast_gbp_m - t.fy_baseline_gbp_m AS fy_variance_gbp_m,
         t.whole_life_cost_gbp_m,
         t.snapshot_date,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source
    FROM portfolio.programme t
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    LEFT JOIN portfolio.rating r ON r.scheme = 'dca' AND r.code = t.dca::text;
COMMENT ON VIEW portfolio_bi.programme IS 'Programmes and projects, with delivery confidence as label, sort order and colour. One row a programme.';
COMMENT ON COLUMN portfolio_bi.programme.programme_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.programme.state IS 'State as held: proposed, in_delivery, closed or stopped.';
COMMENT ON COLUMN portfolio_bi.programme.state_label IS 'State as people read it.';
COMMENT ON COLUMN portfolio_bi.programme.closed_on IS 'Day on which it was closed or stopped; NULL before.';
COMMENT ON COLUMN portfolio_bi.programme.gmpp_id IS 'Identifier in the Government Major Projects Portfolio; NULL where it is not in it.';
COMMENT ON COLUMN portfolio_bi.programme.department IS 'Department as published.';
COMMENT ON COLUMN portfolio_bi.programme.category IS 'Category as published.';
COMMENT ON COLUMN portfolio_bi.programme.dca IS 'Delivery confidence as portfolio.programme holds it: Amber is of five points, Amber (3) of three; NULL: none.';
COMMENT ON COLUMN portfolio_bi.programme.dca_label IS 'Delivery confidence as people read it.';
COMMENT ON COLUMN portfolio_bi.programme.dca_sort_order IS 'Delivery confidence as a number: five points (1 is Red), then three, then what is not rated. Sort by it; numbers of different scales do not compare.';
COMMENT ON COLUMN portfolio_bi.programme.dca_colour IS 'Fill colour of the delivery confidence, #rrggbb.';
COMMENT ON COLUMN portfolio_bi.programme.start_date IS 'Planned or actual start.';
COMMENT ON COLUMN portfolio_bi.programme.end_date IS 'Planned end.';
COMMENT ON COLUMN portfolio_bi.programme.days_past_end_date IS 'Days by which it has outrun its end date, as of the day shown; NULL while it has not, or when it is closed.';
COMMENT ON COLUMN portfolio_bi.programme.fy_baseline_gbp_m IS 'Budget of the financial year, millions of pounds.';
COMMENT ON COLUMN portfolio_bi.programme.fy_forecast_gbp_m IS 'Forecast of the financial year, millions of pounds.';
COMMENT ON COLUMN portfolio_bi.programme.fy_variance_gbp_m IS 'Forecast less budget, millions of pounds; above 0 is overspent.';
COMMENT ON COLUMN portfolio_bi.programme.whole_life_cost_gbp_m IS 'Whole-life cost, millions of pounds.';
COMMENT ON COLUMN portfolio_bi.programme.snapshot_date IS 'Day for which the figures were published.';

CREATE VIEW portfolio_bi.service WITH (security_barrier = true) AS
  SELECT t.id AS service_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         t.state,
         s.label AS state_label,
         s.ord AS state_sort_order,
         t.scope,
         t.adopted_locally,
         p.code AS governed_by_code,
         p.name AS governed_by_name,
         t.support_tier,
         t.service_level,
         t.go_live_on,
         t.recovery_tested_on,
         t.run_cost_gbp,
         t.run_cost_budgeted_to,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source,
         t.early_life_ends, t.accepted_on, t.live_on, t.retired_on,
         d.state AS state_on_day, n.title AS next_title, n.kind AS next_kind, n.starts_on AS next_on
    FROM portfolio.service t
    JOIN portfolio.service_state s ON s.state = t.state
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    LEFT JOIN portfolio.programme p ON p.id = t.governed_by
    LEFT JOIN portfolio.service_state_period d ON d.service = t.id AND d.during @> today.day
    LEFT JOIN LATERAL (
      SELECT i.title, i.kind, i.starts_on FROM portfolio.roadmap_item i
       WHERE i.service = t.id AND i.status IN ('planned', 'confirmed') AND coalesce(i.ends_on, i.starts_on) >= today.day
       ORDER BY i.starts_on, i.starts_at NULLS FIRST, i.code LIMIT 1) n ON true;
COMMENT ON VIEW portfolio_bi.service IS 'What is offered to users. One row a service.';
COMMENT ON COLUMN portfolio_bi.service.service_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.service.state IS 'State as held: pipeline, in_transition, early_life_support, live, retiring or retired.';
COMMENT ON COLUMN portfolio_bi.service.state_label IS 'State as people read it.';
COMMENT ON COLUMN portfolio_bi.service.state_sort_order IS 'State as a number in the order of a service''s life, 1 to 6.';
COMMENT ON COLUMN portfolio_bi.service.scope IS 'national or local.';
COMMENT ON COLUMN portfolio_bi.service.adopted_locally IS 'Whether local bodies have adopted it.';
COMMENT ON COLUMN portfolio_bi.service.governed_by_code IS 'Code of the programme that still governs it; NULL when service operations do.';
COMMENT ON COLUMN portfolio_bi.service.governed_by_name IS 'Name of the programme that still governs it.';
COMMENT ON COLUMN portfolio_bi.service.support_tier IS 'Support tier.';
COMMENT ON COLUMN portfolio_bi.service.service_level IS 'Measure of the service level to show first.';
COMMENT ON COLUMN portfolio_bi.service.go_live_on IS 'Day planned for going live.';
COMMENT ON COLUMN portfolio_bi.service.early_life_ends IS 'Last day planned for early life support.';
COMMENT ON COLUMN portfolio_bi.service.accepted_on IS 'Day on which service operations accepted it.';
COMMENT ON COLUMN portfolio_bi.service.live_on IS 'Day since which it is live.';
COMMENT ON COLUMN portfolio_bi.service.retired_on IS 'Day since which it is retired, or is to be.';
COMMENT ON COLUMN portfolio_bi.service.state_on_day IS 'Its state on the day shown; NULL where it was not there.';
COMMENT ON COLUMN portfolio_bi.service.next_title IS 'What comes next on its roadmap; NULL where nothing is ahead.';
COMMENT ON COLUMN portfolio_bi.service.next_kind IS 'What kind of thing that is: release, maintenance, milestone, review or retirement.';
COMMENT ON COLUMN portfolio_bi.service.next_on IS 'Its first day.';
COMMENT ON COLUMN portfolio_bi.service.recovery_tested_on IS 'Day of the last recovery test; NULL: never.';
COMMENT ON COLUMN portfolio_bi.service.run_cost_gbp IS 'Cost of running it, pounds a year.';
COMMENT ON COLUMN portfolio_bi.service.run_cost_budgeted_to IS 'Last day to which its run cost is in the budget.';

CREATE VIEW portfolio_bi.system WITH (security_barrier = true) AS
  SELECT t.id AS system_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         t.scope,
         t.lifecycle,
         upper(left(t.lifecycle, 1)) || replace(substr(t.lifecycle, 2), '_', ' ') AS lifecycle_label,
         s.name AS site_name,
         t.recovery_tested_on,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source,
         u.code AS supplier_code,
         u.name AS supplier_name,
         t.functional_fit,
         t.technical_fit,
         t.time_quadrant,
         upper(left(t.time_quadrant, 1)) || substr(t.time_quadrant, 2) AS time_quadrant_label,
         t.hosting,
         upper(left(t.hosting, 1)) || replace(substr(t.hosting, 2), '_', ' ') AS hosting_label,
         t.data_location
    FROM portfolio.system t
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    LEFT JOIN portfolio.site s ON s.id = t.site
    LEFT JOIN portfolio.supplier u ON u.id = t.supplier;
COMMENT ON VIEW portfolio_bi.system IS 'Systems that services are made of.';
COMMENT ON COLUMN portfolio_bi.system.system_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.system.scope IS 'national or local.';
COMMENT ON COLUMN portfolio_bi.system.lifecycle IS 'Life cycle as held: planned, live, retiring or retired.';
COMMENT ON COLUMN portfolio_bi.system.lifecycle_label IS 'Life cycle as people read it.';
COMMENT ON COLUMN portfolio_bi.system.site_name IS 'Where it runs.';
COMMENT ON COLUMN portfolio_bi.system.recovery_tested_on IS 'Day of the last recovery test; NULL: never.';
COMMENT ON COLUMN portfolio_bi.system.supplier_code IS 'Code of its supplier; NULL when built and run in-house.';
COMMENT ON COLUMN portfolio_bi.system.supplier_name IS 'Name of its supplier.';
COMMENT ON COLUMN portfolio_bi.system.functional_fit IS 'How well it does what users need, 1 to 4; NULL when not judged.';
COMMENT ON COLUMN portfolio_bi.system.technical_fit IS 'How sound it is to run and to change, 1 to 4; NULL when not judged.';
COMMENT ON COLUMN portfolio_bi.system.time_quadrant IS 'What follows from the two: tolerate, invest, migrate or eliminate; NULL until both are judged.';
COMMENT ON COLUMN portfolio_bi.system.time_quadrant_label IS 'The same as people read it.';
COMMENT ON COLUMN portfolio_bi.system.hosting IS 'Where it runs, as held: own_data_centre, supplier, private_cloud, public_cloud, hybrid or end_user_device.';
COMMENT ON COLUMN portfolio_bi.system.hosting_label IS 'Where it runs, as people read it.';
COMMENT ON COLUMN portfolio_bi.system.data_location IS 'Country or region in which its data lie.';

CREATE VIEW portfolio_bi.interface WITH (security_barrier = true) AS
  SELECT t.id AS interface_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         s.code AS system_code,
         s.name AS system_name,
         t.protocol,
         d.code AS standard_code,
         d.name AS standard_name,
         t.lifecycle,
         upper(left(t.lifecycle, 1)) || replace(substr(t.lifecycle, 2), '_', ' ') AS lifecycle_label,
         t.url,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source,
         p.code AS provider_code,
         p.name AS provider_name,
         t.access_rule,
         upper(left(t.access_rule, 1)) || substr(t.access_rule, 2) AS access_rule_label,
         t.access_governance
    FROM portfolio.interface t
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    LEFT JOIN portfolio.system s ON s.id = t.system
    LEFT JOIN portfolio.standard d ON d.id = t.standard
    LEFT JOIN portfolio.organisation p ON p.id = t.provider;
COMMENT ON VIEW portfolio_bi.interface IS 'Interfaces by which systems are reached.';
COMMENT ON COLUMN portfolio_bi.interface.interface_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.interface.system_code IS 'Code of the system that offers it.';
COMMENT ON COLUMN portfolio_bi.interface.system_name IS 'Name of the system that offers it.';
COMMENT ON COLUMN portfolio_bi.interface.protocol IS 'Protocol.';
COMMENT ON COLUMN portfolio_bi.interface.standard_code IS 'Code of the standard that it follows.';
COMMENT ON COLUMN portfolio_bi.interface.standard_name IS 'Name of the standard that it follows.';
COMMENT ON COLUMN portfolio_bi.interface.lifecycle IS 'Life cycle as held: planned, live, retiring or retired.';
COMMENT ON COLUMN portfolio_bi.interface.lifecycle_label IS 'Life cycle as people read it.';
COMMENT ON COLUMN portfolio_bi.interface.url IS 'Where it is described.';
COMMENT ON COLUMN portfolio_bi.interface.provider_code IS 'Code of the organisation that offers it.';
COMMENT ON COLUMN portfolio_bi.interface.provider_name IS 'Name of the organisation that offers it.';
COMMENT ON COLUMN portfolio_bi.interface.access_rule IS 'Who may use it, as held: open, registered, agreement or internal; NULL when nobody has said.';
COMMENT ON COLUMN portfolio_bi.interface.access_rule_label IS 'Who may use it, as people read it.';
COMMENT ON COLUMN portfolio_bi.interface.access_governance IS 'Under what arrangements access is given.';

CREATE VIEW portfolio_bi.standard WITH (security_barrier = true) AS
  SELECT t.id AS standard_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         t.publisher,
         t.version,
         t.status,
         upper(left(t.status, 1)) || replace(substr(t.status, 2), '_', ' ') AS status_label,
         t.effective_on,
         t.url,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source,
         t.retired_on,
         n.code AS replaced_by_code,
         n.name AS replaced_by_name
    FROM portfolio.standard t
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    LEFT JOIN portfolio.standard n ON n.id = t.replaced_by;
COMMENT ON VIEW portfolio_bi.standard IS 'Standards that the portfolio follows.';
COMMENT ON COLUMN portfolio_bi.standard.standard_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.standard.publisher IS 'Who publishes it.';
COMMENT ON COLUMN portfolio_bi.standard.version IS 'Version.';
COMMENT ON COLUMN portfolio_bi.standard.status IS 'Status as held: draft, effective, deprecated or retired.';
COMMENT ON COLUMN portfolio_bi.standard.status_label IS 'Status as people read it.';
COMMENT ON COLUMN portfolio_bi.standard.effective_on IS 'Day from which it holds.';
COMMENT ON COLUMN portfolio_bi.standard.url IS 'Where it is published.';
COMMENT ON COLUMN portfolio_bi.standard.retired_on IS 'First day on which it no longer applies; NULL while none is set.';
COMMENT ON COLUMN portfolio_bi.standard.replaced_by_code IS 'Code of the standard that takes its place.';
COMMENT ON COLUMN portfolio_bi.standard.replaced_by_name IS 'Name of the standard that takes its place.';

CREATE VIEW portfolio_bi.data_set WITH (security_barrier = true) AS
  SELECT t.id AS data_set_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         t.quality_threshold,
         s.name AS steward_name,
         v.code AS service_code,
         v.name AS service_name,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source
    FROM portfolio.data_set t
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    LEFT JOIN portfolio.element s ON s.id = t.steward
    LEFT JOIN portfolio.service v ON v.id = t.service;
COMMENT ON VIEW portfolio_bi.data_set IS 'Data sets and collections. Where their rows lie is not shown here.';
COMMENT ON COLUMN portfolio_bi.data_set.data_set_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.data_set.quality_threshold IS 'Percent, 0 to 100, below which an item''s score is a finding; NULL: none set.';
COMMENT ON COLUMN portfolio_bi.data_set.steward_name IS 'Who looks after its quality.';
COMMENT ON COLUMN portfolio_bi.data_set.service_code IS 'Code of the service that it belongs to.';
COMMENT ON COLUMN portfolio_bi.data_set.service_name IS 'Name of the service that it belongs to.';

CREATE VIEW portfolio_bi.team WITH (security_barrier = true) AS
  SELECT t.id AS team_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         g.name AS organisation_name,
         s.name AS site_name,
         p.name AS parent_name,
         t.headcount,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source
    FROM portfolio.team t
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    LEFT JOIN portfolio.organisation g ON g.id = t.organisation
    LEFT JOIN portfolio.site s ON s.id = t.site
    LEFT JOIN portfolio.team p ON p.id = t.parent;
COMMENT ON VIEW portfolio_bi.team IS 'Teams.';
COMMENT ON COLUMN portfolio_bi.team.team_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.team.organisation_name IS 'Organisation that it is part of.';
COMMENT ON COLUMN portfolio_bi.team.site_name IS 'Where it sits.';
COMMENT ON COLUMN portfolio_bi.team.parent_name IS 'Team above it; NULL at the top.';
COMMENT ON COLUMN portfolio_bi.team.headcount IS 'People in it.';

CREATE VIEW portfolio_bi.contract WITH (security_barrier = true) AS
  SELECT t.id AS contract_id, t.code, t.name, t.description,
         o.kind AS owner_kind, o.code AS owner_code, o.name AS owner_name,
         s.code AS supplier_code,
         s.name AS supplier_name,
         v.name AS service_name,
         y.name AS system_name,
         w.code AS framework_code,
         t.contract_type,
         upper(left(t.contract_type, 1)) || replace(substr(t.contract_type, 2), '_', ' ') AS contract_type_label,
         t.value_gbp,
         t.spend_gbp,
         t.notice_days,
         upper(t.valid) - 1 - today.day AS days_to_end,
         lower(t.valid) AS valid_from, upper(t.valid) - 1 AS ends_on, t.valid @> today.day AS is_current, t.source
    FROM portfolio.contract t
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    LEFT JOIN portfolio.element o ON o.id = t.owner
    JOIN portfolio.supplier s ON s.id = t.supplier
    LEFT JOIN portfolio.service v ON v.id = t.service
    LEFT JOIN portfolio.system y ON y.id = t.system
    LEFT JOIN portfolio.contract w ON w.id = t.framework;
COMMENT ON VIEW portfolio_bi.contract IS 'Contracts; valid_from and ends_on are the term.';
COMMENT ON COLUMN portfolio_bi.contract.contract_id IS 'Key of the row; the same number in every view.';
COMMENT ON COLUMN portfolio_bi.contract.supplier_code IS 'Code of the supplier.';
COMMENT ON COLUMN portfolio_bi.contract.supplier_name IS 'Name of the supplier.';
COMMENT ON COLUMN portfolio_bi.contract.service_name IS 'Service that it keeps running.';
COMMENT ON COLUMN portfolio_bi.contract.system_name IS 'System that it covers.';
COMMENT ON COLUMN portfolio_bi.contract.framework_code IS 'Code of the framework under which it was called off.';
COMMENT ON COLUMN portfolio_bi.contract.contract_type IS 'Type as held: contract, framework, call_off or agreement.';
COMMENT ON COLUMN portfolio_bi.contract.contract_type_label IS 'Type as people read it.';
COMMENT ON COLUMN portfolio_bi.contract.value_gbp IS 'Awarded value, pounds.';
COMMENT ON COLUMN portfolio_bi.contract.spend_gbp IS 'Spent so far, pounds.';
COMMENT ON COLUMN portfolio_bi.contract.notice_days IS 'Days of notice to end it.';
COMMENT ON COLUMN portfolio_bi.contract.days_to_end IS 'Days to the end of the term, as of the day shown; below 0 when it is over, NULL when open.';

CREATE VIEW portfolio_bi.relationship WITH (security_barrier = true) AS
  SELECT r.id AS relationship_id, s.kind AS source_kind, s.code AS source_code, s.name AS source_name,
         r.kind AS relationship, t.kind AS target_kind, t.code AS target_code, t.name AS target_name, r.name,
         lower(r.valid) AS valid_from, upper(r.valid) - 1 AS ends_on, r.valid @> today.day AS is_current
    FROM portfolio.relationship r
    CROSS JOIN (SELECT portfolio.as_of() AS day) today
    JOIN portfolio.element s ON s.id = r.source
    JOIN portfolio.element t ON t.id = r.target;
COMMENT ON VIEW portfolio_bi.relationship IS 'How the portfolio hangs together: one row a relationship, both ends by code and name.';
COMMENT ON COLUMN portfolio_bi.relationship.relationship_id IS 'Key of the row.';
COMMENT ON COLUMN portfolio_bi.relationship.source_kind IS 'Kind of the element that it starts from.';
COMMENT ON COLUMN portfolio_bi.relationship.source_code IS 'Code of the element that it starts from.';
COMMENT ON COLUMN portfolio_bi.relationship.source_name IS 'Name of the element that it starts from.';
COMMENT ON COLUMN portfolio_bi.relationship.relationship IS 'Kind of relationship in ArchiMate''s word: serving, realization, flow and so on.';
COMMENT ON COLUMN portfolio_bi.relationship.target_kind IS 'Kind of the element that it leads to.';
COMMENT ON COLUMN portfolio_bi.relationship.target_code IS 'Code of the element that it leads to.';
COMMENT ON COLUMN portfolio_bi.relationship.target_name IS 'Name of the element that it leads to.';
