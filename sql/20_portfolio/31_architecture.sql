-- Two more concept tables: what systems are built on, and which data go from where to where.
CREATE TABLE portfolio.technology (
  id                       bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind                     text NOT NULL GENERATED ALWAYS AS ('technology') STORED,
  code                     text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name                     text NOT NULL CHECK (btrim(name) <> ''),
  description              text,
  owner                    bigint REFERENCES portfolio.element,
  valid                    daterange NOT NULL DEFAULT '(,)',
  source                   text,
  product                  text CHECK (btrim(product) <> ''),
  version                  text CHECK (btrim(version) <> ''),
  category                 text CHECK (btrim(category) <> ''),
  supplier                 bigint REFERENCES portfolio.supplier,
  support_ends_on          date CHECK (isfinite(support_ends_on)),
  extended_support_ends_on date CHECK (isfinite(extended_support_ends_on)),
  CONSTRAINT technology_support_check CHECK (support_ends_on <= extended_support_ends_on)
);
COMMENT ON TABLE portfolio.technology IS
  'What systems are built and run on: a product in one version, with the days to which it is supported. Class: user rows.';
COMMENT ON COLUMN portfolio.technology.product IS 'Product without its version, such as PostgreSQL.';
COMMENT ON COLUMN portfolio.technology.version IS 'Version, as its supplier writes it.';
COMMENT ON COLUMN portfolio.technology.category IS 'What it is: database, operating system, language, middleware, cloud service…';
COMMENT ON COLUMN portfolio.technology.supplier IS 'Who supplies it; NULL when nobody sells it.';
COMMENT ON COLUMN portfolio.technology.support_ends_on IS 'Last day of ordinary support; NULL when unknown.';
COMMENT ON COLUMN portfolio.technology.extended_support_ends_on IS 'Last day of support that is paid for beside; NULL when there is none or it is unknown.';

CREATE TABLE portfolio.data_flow (
  id          bigint PRIMARY KEY DEFAULT nextval('portfolio.element_id_seq'),
  kind        text NOT NULL GENERATED ALWAYS AS ('data_flow') STORED,
  code        text NOT NULL UNIQUE CHECK (btrim(code) <> ''),
  name        text NOT NULL CHECK (btrim(name) <> ''),
  description text,
  owner       bigint REFERENCES portfolio.element,
  valid       daterange NOT NULL DEFAULT '(,)',
  source      text,
  sender      bigint NOT NULL REFERENCES portfolio.element,
  receiver    bigint NOT NULL REFERENCES portfolio.element,
  interface   bigint REFERENCES portfolio.interface,
  data_set    bigint REFERENCES portfolio.data_set,
  standard    bigint REFERENCES portfolio.standard,
  agreement   bigint REFERENCES portfolio.element,
  legal_basis text CHECK (btrim(legal_basis) <> ''),
  CHECK (sender <> receiver)
);
COMMENT ON TABLE portfolio.data_flow IS
  'Which data go from where to where, by what way and on what ground. A bare flow between two systems can stay a relationship of that kind; a row here says what flows. Class: user rows.';
COMMENT ON COLUMN portfolio.data_flow.sender IS 'Element (a system, a service, an organisation) that sends.';
COMMENT ON COLUMN portfolio.data_flow.receiver IS 'Element that receives; never the sender.';
COMMENT ON COLUMN portfolio.data_flow.interface IS 'Interface by which the data go; NULL when by none (a file, a letter) or unknown.';
COMMENT ON COLUMN portfolio.data_flow.data_set IS 'What flows.';
COMMENT ON COLUMN portfolio.data_flow.standard IS 'Standard of what flows, where it is not that of the interface.';
COMMENT ON COLUMN portfolio.data_flow.agreement IS 'Element (an agreement, a contract) under whose terms the data flow; NULL when there is none.';
COMMENT ON COLUMN portfolio.data_flow.legal_basis IS 'Law or duty on which the sharing rests, such as direct care or a direction; NULL when nobody has said.';
