-- What people declare about a data set: its items, its rules, when it is expected, and when it came.
CREATE TABLE portfolio.data_item (
  data_set              bigint NOT NULL REFERENCES portfolio.data_set (id),
  name                  text NOT NULL CHECK (btrim(name) <> ''),
  ord                   int,
  column_name           name,
  description           text,
  mandatory             boolean NOT NULL DEFAULT false,
  missing_values        text[] NOT NULL DEFAULT '{}' CHECK (array_position(missing_values, NULL) IS NULL),
  applies_when          text CHECK (btrim(applies_when) <> ''),
  default_codes         text[] NOT NULL DEFAULT '{}' CHECK (array_position(default_codes, NULL) IS NULL),
  default_threshold     numeric CHECK (default_threshold BETWEEN 0 AND 100),
  sensitivity           text NOT NULL DEFAULT 'none' CHECK (sensitivity IN ('none', 'identifying', 'special')),
  sensitivity_confirmed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (data_set, name)
);
COMMENT ON TABLE portfolio.data_item IS
  'The items of a data set, usually one for each column: what counts as missing, which codes are defaults, and who may be recognised by it. register_data_set() makes them; complete them with UPDATE. Class: user rows.';
COMMENT ON COLUMN portfolio.data_item.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.data_item.name IS 'Name of the item, unique in its data set; at registration that of its column.';
COMMENT ON COLUMN portfolio.data_item.ord IS 'Order in which reports show it; at registration that of the columns.';
COMMENT ON COLUMN portfolio.data_item.column_name IS 'The column it stands for; NULL for an item that no single column holds.';
COMMENT ON COLUMN portfolio.data_item.description IS 'What the item means.';
COMMENT ON COLUMN portfolio.data_item.mandatory IS 'True when a value must be there in every record to which the item applies; a mandatory item is scored even before it has a rule.';
COMMENT ON COLUMN portfolio.data_item.missing_values IS
  'Values that mean missing beside NULL, compared as text after trimming blanks: {""}, {-}, {1800-01-01}. The value counts as NULL, for the rules over its column as for the item.';
COMMENT ON COLUMN portfolio.data_item.applies_when IS
  'Boolean SQL over the columns of the data set: the item is expected only in records where it is true; NULL: in all. Checked as rules are.';
COMMENT ON COLUMN portfolio.data_item.default_codes IS 'Values that stand for not known, as V81999 for a general practice; they are counted apart.';
COMMENT ON COLUMN portfolio.data_item.default_threshold IS
  'Percent of records in which a default is acceptable, 0 to 100: 100 when every default has a meaning, 0 when none has. Defaults above it are taken from the score. NULL: defaults do not apply. Source: Data Quality Maturity Index methodology.';
COMMENT ON COLUMN portfolio.data_item.sensitivity IS
  'none; identifying: a person can be recognised by it (masked wherever rows are shown); special: special category data as health or ethnicity (shown only where many records share the value). Registration guesses from the name.';
COMMENT ON COLUMN portfolio.data_item.sensitivity_confirmed IS 'True when a person has looked at the guess: UPDATE portfolio.data_item SET sensitivity = …, sensitivity_confirmed = true.';
SELECT pg_extension_config_dump('portfolio.data_item', '');

CREATE TABLE portfolio.quality_rule (
  data_set   bigint NOT NULL REFERENCES portfolio.data_set (id),
  code       text NOT NULL CHECK (btrim(code) <> ''),
  version    int NOT NULL DEFAULT 1 CHECK (version > 0),
  name       text,
  item       text,
  dimension  text NOT NULL DEFAULT 'validity' REFERENCES portfolio.dimension (name),
  expression text NOT NULL CHECK (btrim(expression) <> ''),
  severity   text NOT NULL DEFAULT 'medium' CHECK (severity IN ('critical', 'high', 'medium', 'low', 'info')),
  on_null    text NOT NULL DEFAULT 'missing' CHECK (on_null IN ('missing', 'pass', 'fail')),
  status     text NOT NULL DEFAULT 'standard' CHECK (status IN ('draft', 'standard', 'experimental', 'retired')),
  reason     text,
  source     text,
  author     name NOT NULL DEFAULT CURRENT_USER,
  written_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
  kind       text NOT NULL DEFAULT 'row' CHECK (kind IN ('row', 'unique', 'determines', 'references', 'fresh', 'rows', 'volume_change', 'reconciles')),
  PRIMARY KEY (data_set, code, version),
  FOREIGN KEY (data_set, item) REFERENCES portfolio.data_item (data_set, name) ON UPDATE CASCADE,
  CONSTRAINT quality_rule_retired_check CHECK (status <> 'retired' OR reason IS NOT NULL)
);
CREATE INDEX quality_rule_item_idx ON portfolio.quality_rule (data_set, item);
COMMENT ON TABLE portfolio.quality_rule IS
  'Every version of every rule: an alteration is a new row with the next version, retirement is a version of status retired, and no row is ever changed. The highest version is the rule (view current_rule). Write through add_rule(), alter_rule() and retire_rule(), or insert: a trigger checks the expression in either case. Class: user rows.';
COMMENT ON COLUMN portfolio.quality_rule.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.quality_rule.code IS 'Code of the rule, unique in its data set.';
COMMENT ON COLUMN portfolio.quality_rule.version IS 'Version of the rule, from 1.';
COMMENT ON COLUMN portfolio.quality_rule.name IS 'What people read; NULL when the code says it.';
COMMENT ON COLUMN portfolio.quality_rule.item IS 'The item it judges; NULL for a rule about the record, which counts for the item of its column where it reads only one.';
COMMENT ON COLUMN portfolio.quality_rule.dimension IS 'Dimension of quality it speaks of.';
COMMENT ON COLUMN portfolio.quality_rule.expression IS
  'Boolean SQL over the columns of the data set, or a rule about the whole set such as unique(code), stored with names written in full. It may call functions of pg_catalog, of pg_portfolio, and those named in trusted_function.';
COMMENT ON COLUMN portfolio.quality_rule.severity IS 'How bad a failure is: critical, high, medium, low, info.';
COMMENT ON COLUMN portfolio.quality_rule.on_null IS 'What a NULL result means: missing (counted apart), pass or fail.';
COMMENT ON COLUMN portfolio.quality_rule.status IS
  'draft: not scored; standard: scored; experimental: scored and shown, outside items, dimensions and published scores; retired: no longer scored.';
COMMENT ON COLUMN portfolio.quality_rule.reason IS 'Why this version was written; a retirement must say it.';
COMMENT ON COLUMN portfolio.quality_rule.source IS 'Where the rule is from: a dictionary, a specification, a meeting.';
COMMENT ON COLUMN portfolio.quality_rule.author IS 'Role that wrote this version.';
COMMENT ON COLUMN portfolio.quality_rule.written_at IS 'When this version was written.';
COMMENT ON COLUMN portfolio.quality_rule.kind IS
  'row: a condition on each row, scored; otherwise a rule about the whole set, judged by check_whole_set(): unique, determines, references, fresh, rows, volume_change, reconciles. The trigger reads it from the expression.';
SELECT pg_extension_config_dump('portfolio.quality_rule', '');

CREATE VIEW portfolio.current_rule WITH (security_invoker = true) AS
SELECT DISTINCT ON (r.data_set, r.code)
       d.code AS data_set_code, r.data_set, r.code, r.version, r.name, r.item, r.dimension, r.expression, r.severity, r.on_null, r.status,
       r.reason, r.source, r.author, r.written_at, r.kind
  FROM portfolio.quality_rule r JOIN portfolio.data_set d ON d.id = r.data_set
 ORDER BY r.data_set, r.code, r.version DESC;
COMMENT ON VIEW portfolio.current_rule IS 'The rules as they stand: the highest version of each, retired ones included (status).';
COMMENT ON COLUMN portfolio.current_rule.data_set_code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.current_rule.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.current_rule.code IS 'Code of the rule.';
COMMENT ON COLUMN portfolio.current_rule.version IS 'Its highest version.';
COMMENT ON COLUMN portfolio.current_rule.name IS 'What people read.';
COMMENT ON COLUMN portfolio.current_rule.item IS 'The item it judges; NULL for a rule about the record, which counts for the item of its column where it reads only one.';
COMMENT ON COLUMN portfolio.current_rule.dimension IS 'Dimension of quality it speaks of.';
COMMENT ON COLUMN portfolio.current_rule.expression IS 'Boolean SQL over the columns of the data set.';
COMMENT ON COLUMN portfolio.current_rule.severity IS 'How bad a failure is.';
COMMENT ON COLUMN portfolio.current_rule.on_null IS 'What a NULL result means.';
COMMENT ON COLUMN portfolio.current_rule.status IS 'draft, standard, experimental or retired.';
COMMENT ON COLUMN portfolio.current_rule.reason IS 'Why this version was written.';
COMMENT ON COLUMN portfolio.current_rule.source IS 'Where the rule is from.';
COMMENT ON COLUMN portfolio.current_rule.author IS 'Role that wrote this version.';
COMMENT ON COLUMN portfolio.current_rule.written_at IS 'When this version was written.';
COMMENT ON COLUMN portfolio.current_rule.kind IS 'row, or the kind of a rule about the whole set.';

CREATE TABLE portfolio.submission (
  data_set    bigint NOT NULL REFERENCES portfolio.data_set (id),
  provider    text NOT NULL,
  period      text NOT NULL REFERENCES portfolio.reporting_period (code) ON UPDATE CASCADE,
  due_on      date NOT NULL CHECK (isfinite(due_on)),
  received_at timestamptz,
  PRIMARY KEY (data_set, provider, period)
);
CREATE INDEX submission_period_idx ON portfolio.submission (period, data_set) INCLUDE (provider, due_on, received_at);
COMMENT ON TABLE portfolio.submission IS
  'What is expected from whom: a row says that a provider is to submit a data set for a period, and when it came. Coverage is submissions received by submissions expected; a provider that is not expected has no row. Class: user rows.';
COMMENT ON COLUMN portfolio.submission.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.submission.provider IS 'Provider as the provider expression of the data set gives it.';
COMMENT ON COLUMN portfolio.submission.period IS 'Period it is for.';
COMMENT ON COLUMN portfolio.submission.due_on IS 'Last day on which it is in time.';
COMMENT ON COLUMN portfolio.submission.received_at IS 'When it came; NULL: not received.';
SELECT pg_extension_config_dump('portfolio.submission', '');
