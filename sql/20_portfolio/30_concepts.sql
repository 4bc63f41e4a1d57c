-- The concept tables. Each has the columns that every element has (id, kind, code, name, description, owner, valid,
-- source) and its own. References run downwards only (element, organisation and site, supplier, programme, service and
-- system, the rest), so that a dump can be loaded table by table.
CREATE TABLE portfolio.organisation (
  id          bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind        text NOT NULL GENERATED ALWAYS AS ('organisation') STORED,
  code        text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name        text NOT NULL CHECK (btrim(name) <> ''),
  description text,
  owner       bigint REFERENCES portfolio.element,
  valid       daterange NOT NULL DEFAULT '(,)',
  source      text,
  ods_code    text UNIQUE CHECK (btrim(ods_code) <> ''),
  role        text,
  parent      bigint REFERENCES portfolio.organisation,
  region      bigint REFERENCES portfolio.organisation,
  CHECK (parent <> id),
  CHECK (region <> id)
);
COMMENT ON TABLE portfolio.organisation IS
  'Bodies: the organisation itself, its boards, regulators, commissioners, providers, customers. Class: user rows.';
COMMENT ON COLUMN portfolio.organisation.ods_code IS 'Code of the Organisation Data Service; NULL when it has none.';
COMMENT ON COLUMN portfolio.organisation.role IS 'What it is in the system: board, regulator, commissioner, provider, customer…';
COMMENT ON COLUMN portfolio.organisation.parent IS 'Organisation that it is part of.';
COMMENT ON COLUMN portfolio.organisation.region IS 'Organisation in whose area it is: a region, an integrated care board; NULL for national bodies.';

CREATE TABLE portfolio.site (
  id           bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind         text NOT NULL GENERATED ALWAYS AS ('site') STORED,
  code         text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name         text NOT NULL CHECK (btrim(name) <> ''),
  description  text,
  owner        bigint REFERENCES portfolio.element,
  valid        daterange NOT NULL DEFAULT '(,)',
  source       text,
  address      text,
  postcode     text,
  organisation bigint REFERENCES portfolio.organisation
);
COMMENT ON TABLE portfolio.site IS 'Places where people and equipment are. Class: user rows.';
COMMENT ON COLUMN portfolio.site.address IS 'Address without the postcode.';
COMMENT ON COLUMN portfolio.site.postcode IS 'Postcode as written.';
COMMENT ON COLUMN portfolio.site.organisation IS 'Organisation that runs the site.';

CREATE TABLE portfolio.supplier (
  id             bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind           text NOT NULL GENERATED ALWAYS AS ('supplier') STORED,
  code           text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name           text NOT NULL CHECK (btrim(name) <> ''),
  description    text,
  owner          bigint REFERENCES portfolio.element,
  valid          daterange NOT NULL DEFAULT '(,)',
  source         text,
  company_number text UNIQUE CHECK (btrim(company_number) <> ''),
  tier           text CHECK (tier IN ('gold', 'silver', 'bronze')),
  sponsor        bigint REFERENCES portfolio.element
);
COMMENT ON TABLE portfolio.supplier IS 'Those who sell to the organisation. Class: user rows.';
COMMENT ON COLUMN portfolio.supplier.company_number IS 'Number at the registrar of companies; NULL when unknown.';
COMMENT ON COLUMN portfolio.supplier.tier IS 'gold, silver or bronze: how closely it is managed.';
COMMENT ON COLUMN portfolio.supplier.sponsor IS 'Element (a role, a team) that keeps up the relationship at the top.';

CREATE TABLE portfolio.programme (
  id                   bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind                 text NOT NULL GENERATED ALWAYS AS ('programme') STORED,
  code                 text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name                 text NOT NULL CHECK (btrim(name) <> ''),
  description          text,
  owner                bigint REFERENCES portfolio.element,
  valid                daterange NOT NULL DEFAULT '(,)',
  source               text,
  state                text NOT NULL DEFAULT 'in_delivery' CHECK (state IN ('proposed', 'in_delivery', 'closed', 'stopped')),
  closed_on            date CHECK (isfinite(closed_on)),
  gmpp_id              text UNIQUE CHECK (btrim(gmpp_id) <> ''),
  department           text,
  category             text,
  dca                  portfolio.dca,
  start_date           date CHECK (isfinite(start_date)),
  end_date             date CHECK (isfinite(end_date)),
  fy_baseline_gbp_m    numeric,
  fy_forecast_gbp_m    numeric,
  whole_life_cost_gbp_m numeric,
  snapshot_date        date CHECK (isfinite(snapshot_date)),
  CONSTRAINT programme_dates_check CHECK (start_date <= end_date),
  CONSTRAINT programme_closed_check CHECK (closed_on IS NULL OR state IN ('closed', 'stopped'))
);
COMMENT ON TABLE portfolio.programme IS
  'Programmes and projects, with what is published of them. A programme whose end date has passed is still run as one until its state is closed or stopped. Class: user rows.';
COMMENT ON COLUMN portfolio.programme.state IS 'proposed, in_delivery, closed (handed over) or stopped (given up).';
COMMENT ON COLUMN portfolio.programme.closed_on IS 'Day on which programme governance ended.';
COMMENT ON COLUMN portfolio.programme.gmpp_id IS 'Whole identifier in the Government Major Projects Portfolio, as DH_0008_1112-Q1.';
COMMENT ON COLUMN portfolio.programme.department IS 'Department that reports it.';
COMMENT ON COLUMN portfolio.programme.category IS 'Category of the Government Major Projects Portfolio.';
COMMENT ON COLUMN portfolio.programme.dca IS 'Delivery confidence as published, with its scale: Amber is of five points, Amber (3) of three; NULL: none.';
COMMENT ON COLUMN portfolio.programme.start_date IS 'Approved start.';
COMMENT ON COLUMN portfolio.programme.end_date IS 'Latest approved end, the last day.';
COMMENT ON COLUMN portfolio.programme.fy_baseline_gbp_m IS 'Budget of the financial year, millions of pounds.';
COMMENT ON COLUMN portfolio.programme.fy_forecast_gbp_m IS 'Forecast of the financial year, millions of pounds.';
COMMENT ON COLUMN portfolio.programme.whole_life_cost_gbp_m IS 'Budgeted cost over its whole life, millions of pounds.';
COMMENT ON COLUMN portfolio.programme.snapshot_date IS 'Day to which the published figures refer.';

CREATE TABLE portfolio.service (
  id                   bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind                 text NOT NULL GENERATED ALWAYS AS ('service') STORED,
  code                 text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name                 text NOT NULL CHECK (btrim(name) <> ''),
  description          text,
  owner                bigint REFERENCES portfolio.element,
  valid                daterange NOT NULL DEFAULT '(,)',
  source               text,
  state                text NOT NULL DEFAULT 'pipeline',
  scope                text NOT NULL DEFAULT 'national' CHECK (scope IN ('national', 'local')),
  adopted_locally      boolean NOT NULL DEFAULT false,
  governed_by          bigint REFERENCES portfolio.programme,
  support_tier         text CHECK (btrim(support_tier) <> ''),
  service_level        text CHECK (btrim(service_level) <> ''),
  roadmap_item         text CHECK (btrim(roadmap_item) <> ''),
  early_life_ends      date CHECK (isfinite(early_life_ends)),
  accepted_on          date CHECK (isfinite(accepted_on)),
  go_live_on           date CHECK (isfinite(go_live_on)),
  live_on              date CHECK (isfinite(live_on)),
  retired_on           date CHECK (isfinite(retired_on)),
  recovery_tested_on   date CHECK (isfinite(recovery_tested_on)),
  run_cost_gbp         numeric CHECK (run_cost_gbp >= 0),
  run_cost_budgeted_to date CHECK (isfinite(run_cost_budgeted_to)),
  evidence             text,
  CONSTRAINT service_early_life_check
    CHECK (state <> 'early_life_support' OR num_nulls(owner, support_tier, early_life_ends) = 0),
  CONSTRAINT service_live_check
    CHECK (state <> 'live' OR num_nulls(owner, support_tier, service_level, roadmap_item, live_on) = 0),
  CONSTRAINT service_retired_check CHECK (state <> 'retired' OR retired_on IS NOT NULL)
);
COMMENT ON TABLE portfolio.service IS
  'What is offered to users. A live service has an owner, a support tier, a service level and a roadmap, one in early life support an owner, a support tier and a last day of it. Class: user rows.';
COMMENT ON COLUMN portfolio.service.state IS
  'A row of service_state: pipeline, in_transition, early_life_support, live, retiring or retired. service_transition says what may follow what; service_state_period tells since when.';
COMMENT ON COLUMN portfolio.service.scope IS 'national or local.';
COMMENT ON COLUMN portfolio.service.adopted_locally IS 'True when it is delivered and used in local settings, whatever its state here.';
COMMENT ON COLUMN portfolio.service.governed_by IS 'Programme under whose governance it still is; NULL once service operations run it.';
COMMENT ON COLUMN portfolio.service.support_tier IS 'Level of support agreed, such as gold, silver, bronze or tier 1.';
COMMENT ON COLUMN portfolio.service.service_level IS
  'The measure of one of its rows of service_level, the one to show first and the proof that it has one. Filled by the database where it is left out of a live service; NULL is enough in other states.';
COMMENT ON COLUMN portfolio.service.roadmap_item IS
  'The code of one of its rows of roadmap_item, the proof that it has a roadmap. Filled by the database where it is left out of a live service; NULL is enough in other states.';
COMMENT ON COLUMN portfolio.service.early_life_ends IS 'Last day planned for early life support, inclusive; NULL where none is planned.';
COMMENT ON COLUMN portfolio.service.accepted_on IS 'Day on which service operations accepted it; NULL until then, and where it never came by a transfer.';
COMMENT ON COLUMN portfolio.service.go_live_on IS 'Day on which service operations are to take it over, as planned; live_on is the day on which they did.';
COMMENT ON COLUMN portfolio.service.live_on IS 'Day since which it is live under service operations; today where it is left out when the state becomes live.';
COMMENT ON COLUMN portfolio.service.retired_on IS 'Day since which it is retired, or is to be; today where it is left out when the state becomes retired.';
COMMENT ON COLUMN portfolio.service.recovery_tested_on IS 'Day of the last successful recovery test.';
COMMENT ON COLUMN portfolio.service.run_cost_gbp IS 'Cost of running it for a year, pounds.';
COMMENT ON COLUMN portfolio.service.run_cost_budgeted_to IS 'Last day for which an approved budget covers the run cost.';
COMMENT ON COLUMN portfolio.service.evidence IS 'Sentence or document on which state and adoption rest.';

CREATE TABLE portfolio.system (
  id                 bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind               text NOT NULL GENERATED ALWAYS AS ('system') STORED,
  code               text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name               text NOT NULL CHECK (btrim(name) <> ''),
  description        text,
  owner              bigint REFERENCES portfolio.element,
  valid              daterange NOT NULL DEFAULT '(,)',
  source             text,
  scope              text NOT NULL DEFAULT 'national' CHECK (scope IN ('national', 'local')),
  lifecycle          text NOT NULL DEFAULT 'live' CHECK (lifecycle IN ('planned', 'live', 'retiring', 'retired')),
  site               bigint REFERENCES portfolio.site,
  recovery_tested_on date CHECK (isfinite(recovery_tested_on)),
  supplier           bigint REFERENCES portfolio.supplier,
  functional_fit     smallint CHECK (functional_fit BETWEEN 1 AND 4),
  technical_fit      smallint CHECK (technical_fit BETWEEN 1 AND 4),
  time_quadrant      text GENERATED ALWAYS AS (
    CASE WHEN functional_fit >= 3 AND technical_fit >= 3 THEN 'invest'
         WHEN functional_fit >= 3 AND technical_fit < 3 THEN 'migrate'
         WHEN functional_fit < 3 AND technical_fit >= 3 THEN 'tolerate'
         WHEN functional_fit < 3 AND technical_fit < 3 THEN 'eliminate' END) STORED,
  hosting            text CHECK (hosting IN ('own_data_centre', 'supplier', 'private_cloud', 'public_cloud', 'hybrid', 'end_user_device')),
  data_location      text CHECK (btrim(data_location) <> '')
);
COMMENT ON TABLE portfolio.system IS 'Applications and platforms that realise services. Class: user rows.';
COMMENT ON COLUMN portfolio.system.scope IS 'national or local.';
COMMENT ON COLUMN portfolio.system.lifecycle IS 'planned, live, retiring or retired.';
COMMENT ON COLUMN portfolio.system.site IS 'Site that hosts it; NULL when unknown or in a cloud.';
COMMENT ON COLUMN portfolio.system.recovery_tested_on IS 'Day of the last successful recovery test.';
COMMENT ON COLUMN portfolio.system.supplier IS 'Who makes or runs it; NULL when it is built and run in-house.';
COMMENT ON COLUMN portfolio.system.functional_fit IS 'How well it does what its users need, 1 (unreasonable) to 4 (perfect); NULL when not judged.';
COMMENT ON COLUMN portfolio.system.technical_fit IS 'How sound it is to run and to change, 1 (inappropriate) to 4 (fully appropriate); NULL when not judged.';
COMMENT ON COLUMN portfolio.system.time_quadrant IS
  'tolerate, invest, migrate or eliminate, from the two fits (3 and 4 are high): both high invest, only functional migrate, only technical tolerate, neither eliminate; NULL until both are judged.';
COMMENT ON COLUMN portfolio.system.hosting IS 'own_data_centre, supplier, private_cloud, public_cloud, hybrid or end_user_device; NULL when unknown.';
COMMENT ON COLUMN portfolio.system.data_location IS 'Country or region in which its data lie, such as GB or EEA; NULL when unknown or without data.';

CREATE TABLE portfolio.standard (
  id           bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind         text NOT NULL GENERATED ALWAYS AS ('standard') STORED,
  code         text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name         text NOT NULL CHECK (btrim(name) <> ''),
  description  text,
  owner        bigint REFERENCES portfolio.element,
  valid        daterange NOT NULL DEFAULT '(,)',
  source       text,
  publisher    text,
  version      text,
  status       text NOT NULL DEFAULT 'effective' CHECK (status IN ('draft', 'effective', 'deprecated', 'retired')),
  effective_on date CHECK (isfinite(effective_on)),
  url          text,
  retired_on   date CHECK (isfinite(retired_on)),
  replaced_by  bigint REFERENCES portfolio.standard,
  CHECK (replaced_by <> id),
  CONSTRAINT standard_dates_check CHECK (effective_on <= retired_on)
);
COMMENT ON TABLE portfolio.standard IS 'Standards that systems, interfaces and organisations are held to. Class: user rows.';
COMMENT ON COLUMN portfolio.standard.publisher IS 'Who issues it.';
COMMENT ON COLUMN portfolio.standard.version IS 'Version, as its publisher writes it.';
COMMENT ON COLUMN portfolio.standard.status IS 'draft, effective, deprecated or retired.';
COMMENT ON COLUMN portfolio.standard.effective_on IS 'Day from which it applies.';
COMMENT ON COLUMN portfolio.standard.url IS 'Where it is published.';
COMMENT ON COLUMN portfolio.standard.retired_on IS 'First day on which it no longer applies, planned or past; NULL while none is set.';
COMMENT ON COLUMN portfolio.standard.replaced_by IS 'Standard or version that takes its place.';

CREATE TABLE portfolio.interface (
  id          bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind        text NOT NULL GENERATED ALWAYS AS ('interface') STORED,
  code        text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name        text NOT NULL CHECK (btrim(name) <> ''),
  description text,
  owner       bigint REFERENCES portfolio.element,
  valid       daterange NOT NULL DEFAULT '(,)',
  source      text,
  system      bigint REFERENCES portfolio.system,
  protocol    text,
  standard    bigint REFERENCES portfolio.standard,
  lifecycle   text NOT NULL DEFAULT 'live' CHECK (lifecycle IN ('planned', 'live', 'retiring', 'retired')),
  url         text,
  provider    bigint REFERENCES portfolio.organisation,
  access_rule text CHECK (access_rule IN ('open', 'registered', 'agreement', 'internal')),
  access_governance text CHECK (btrim(access_governance) <> '')
);
COMMENT ON TABLE portfolio.interface IS 'Ways into a system for other systems. Class: user rows.';
COMMENT ON COLUMN portfolio.interface.system IS 'System that exposes it.';
COMMENT ON COLUMN portfolio.interface.protocol IS 'Protocol family: FHIR, HL7 V3, MESH, REST…';
COMMENT ON COLUMN portfolio.interface.standard IS 'Standard that it conforms to.';
COMMENT ON COLUMN portfolio.interface.lifecycle IS 'planned, live, retiring or retired.';
COMMENT ON COLUMN portfolio.interface.url IS 'Where it is documented.';
COMMENT ON COLUMN portfolio.interface.provider IS 'Organisation that offers it.';
COMMENT ON COLUMN portfolio.interface.access_rule IS 'Who may use it: open (anybody), registered (who is known), agreement (who has signed), internal (own systems only); NULL when nobody has said.';
COMMENT ON COLUMN portfolio.interface.access_governance IS 'Under what arrangements access is given, and by whom; NULL when there are none.';

CREATE TABLE portfolio.data_set (
  id                bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind              text NOT NULL GENERATED ALWAYS AS ('data_set') STORED,
  code              text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name              text NOT NULL CHECK (btrim(name) <> ''),
  description       text,
  owner             bigint REFERENCES portfolio.element,
  valid             daterange NOT NULL DEFAULT '(,)',
  source            text,
  schema_name       name,
  relation_name     name,
  row_key           text[] NOT NULL DEFAULT '{}',
  period            text,
  provider          text,
  filter            text,
  author            name NOT NULL DEFAULT CURRENT_USER,
  quality_threshold numeric CHECK (quality_threshold BETWEEN 0 AND 100),
  steward           bigint REFERENCES portfolio.element,
  service           bigint REFERENCES portfolio.service,
  CONSTRAINT data_set_relation_check CHECK ((schema_name IS NULL) = (relation_name IS NULL))
);
COMMENT ON TABLE portfolio.data_set IS
  'Data sets and collections, and the relation of this database that holds one, by name so that it survives a restore. Class: user rows.';
COMMENT ON COLUMN portfolio.data_set.schema_name IS 'Schema of the relation; NULL when the data are not in this database.';
COMMENT ON COLUMN portfolio.data_set.relation_name IS 'Table, view, partitioned or foreign table that holds the data.';
COMMENT ON COLUMN portfolio.data_set.row_key IS 'Columns that name a row; empty when nothing of a row may be kept.';
COMMENT ON COLUMN portfolio.data_set.period IS 'SQL expression over the relation that gives a row''s reporting period.';
COMMENT ON COLUMN portfolio.data_set.provider IS 'SQL expression over the relation that gives a row''s provider.';
COMMENT ON COLUMN portfolio.data_set.filter IS 'Boolean SQL expression: rows that belong to the data set; NULL means all.';
COMMENT ON COLUMN portfolio.data_set.author IS 'Role that wrote the expressions; never given by hand.';
COMMENT ON COLUMN portfolio.data_set.quality_threshold IS 'Quality that is asked of it, percent.';
COMMENT ON COLUMN portfolio.data_set.steward IS 'Element that looks after the data.';
COMMENT ON COLUMN portfolio.data_set.service IS 'Service that collects or produces the data.';

CREATE TABLE portfolio.team (
  id           bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind         text NOT NULL GENERATED ALWAYS AS ('team') STORED,
  code         text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name         text NOT NULL CHECK (btrim(name) <> ''),
  description  text,
  owner        bigint REFERENCES portfolio.element,
  valid        daterange NOT NULL DEFAULT '(,)',
  source       text,
  organisation bigint REFERENCES portfolio.organisation,
  site         bigint REFERENCES portfolio.site,
  parent       bigint REFERENCES portfolio.team,
  headcount    integer CHECK (headcount >= 0),
  CHECK (parent <> id)
);
COMMENT ON TABLE portfolio.team IS 'Teams and functions. Class: user rows.';
COMMENT ON COLUMN portfolio.team.organisation IS 'Organisation it belongs to.';
COMMENT ON COLUMN portfolio.team.site IS 'Site where it sits.';
COMMENT ON COLUMN portfolio.team.parent IS 'Team or function that it is part of.';
COMMENT ON COLUMN portfolio.team.headcount IS 'People in it, permanent or not.';

CREATE TABLE portfolio.contract (
  id            bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind          text NOT NULL GENERATED ALWAYS AS ('contract') STORED,
  code          text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name          text NOT NULL CHECK (btrim(name) <> ''),
  description   text,
  owner         bigint REFERENCES portfolio.element,
  valid         daterange NOT NULL DEFAULT '(,)',
  source        text,
  starts_on     date GENERATED ALWAYS AS (lower(valid)) STORED,
  ends_on       date GENERATED ALWAYS AS (upper(valid) - 1) STORED,
  supplier      bigint NOT NULL REFERENCES portfolio.supplier,
  service       bigint REFERENCES portfolio.service,
  system        bigint REFERENCES portfolio.system,
  framework     bigint REFERENCES portfolio.contract,
  contract_type text NOT NULL DEFAULT 'contract' CHECK (contract_type IN ('contract', 'framework', 'call_off', 'agreement')),
  value_gbp     numeric CHECK (value_gbp >= 0),
  spend_gbp     numeric CHECK (spend_gbp >= 0),
  notice_days   integer CHECK (notice_days >= 0),
  CHECK (framework <> id)
);
COMMENT ON TABLE portfolio.contract IS 'Contracts; valid is the term. Class: user rows.';
COMMENT ON COLUMN portfolio.contract.starts_on IS 'First day of the term, from valid; NULL when open.';
COMMENT ON COLUMN portfolio.contract.ends_on IS 'Last day of the term, inclusive, from valid; NULL when open.';
COMMENT ON COLUMN portfolio.contract.supplier IS 'Who supplies.';
COMMENT ON COLUMN portfolio.contract.service IS 'Service that it keeps running.';
COMMENT ON COLUMN portfolio.contract.system IS 'System that it covers.';
COMMENT ON COLUMN portfolio.contract.framework IS 'Framework under which it was called off.';
COMMENT ON COLUMN portfolio.contract.contract_type IS 'contract, framework, call_off or agreement.';
COMMENT ON COLUMN portfolio.contract.value_gbp IS 'Awarded value, pounds.';
COMMENT ON COLUMN portfolio.contract.spend_gbp IS 'Spent so far, pounds.';
COMMENT ON COLUMN portfolio.contract.notice_days IS 'Days of notice to end it.';
