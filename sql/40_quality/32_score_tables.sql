-- Runs of scores, what was published of them, and who looked at identifying values. Users read these tables;
-- only the engine and publish_scores() write them.
CREATE SEQUENCE portfolio.score_run_id_seq;
COMMENT ON SEQUENCE portfolio.score_run_id_seq IS 'Numbers runs of scores.';
SELECT pg_extension_config_dump('portfolio.score_run_id_seq', '');

CREATE TABLE portfolio.score_run (
  id           bigint PRIMARY KEY DEFAULT nextval('portfolio.score_run_id_seq'),
  data_set     bigint NOT NULL REFERENCES portfolio.data_set (id),
  period       text,
  scored_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
  scored_by    name NOT NULL DEFAULT SESSION_USER,
  rule_set     bigint REFERENCES portfolio.rule_set_version (fingerprint),
  records      bigint NOT NULL CHECK (records >= 0),
  broken_rules text[] NOT NULL DEFAULT '{}'
);
CREATE INDEX score_run_latest_idx ON portfolio.score_run (data_set, scored_at DESC);
COMMENT ON TABLE portfolio.score_run IS
  'Every stored score of a data set: when, with which rule set, of how many records, and which rules could not run. Class: user rows.';
COMMENT ON COLUMN portfolio.score_run.id IS 'The run.';
COMMENT ON COLUMN portfolio.score_run.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.score_run.period IS 'The one period that was scored; NULL when all were.';
COMMENT ON COLUMN portfolio.score_run.scored_at IS 'When the data was read.';
COMMENT ON COLUMN portfolio.score_run.scored_by IS 'Login role that asked for it.';
COMMENT ON COLUMN portfolio.score_run.rule_set IS 'Fingerprint of the rule set, a row of rule_set_version; NULL when there was no record to score.';
COMMENT ON COLUMN portfolio.score_run.records IS 'Records scored; 0 when the data set was empty.';
COMMENT ON COLUMN portfolio.score_run.broken_rules IS 'Codes of rules that could no longer run and were left out.';
SELECT pg_extension_config_dump('portfolio.score_run', '');

CREATE TABLE portfolio.published_score (
  data_set           bigint NOT NULL REFERENCES portfolio.data_set (id),
  period             text NOT NULL REFERENCES portfolio.reporting_period (code) ON UPDATE CASCADE,
  edition            int NOT NULL CHECK (edition > 0),
  provider           text NOT NULL,
  item               text NOT NULL,
  records            bigint,
  valid_and_complete bigint,
  defaults           bigint,
  defaults_in_excess bigint,
  data_item_score    numeric CHECK (data_item_score BETWEEN 0 AND 100),
  suppressed         text[] NOT NULL DEFAULT '{}',
  method             text NOT NULL,
  scored_at          timestamptz NOT NULL,
  published_at       timestamptz NOT NULL DEFAULT transaction_timestamp(),
  published_by       name NOT NULL DEFAULT CURRENT_USER,
  PRIMARY KEY (data_set, period, edition, provider, item)
);
COMMENT ON TABLE portfolio.published_score IS
  'Scores as published: small numbers suppressed, the others rounded to the nearest 5, then frozen. A correction is a new edition beside the old one. Readers and BI see only these. Source: Data Quality Maturity Index, suppression rules. Class: user rows.';
COMMENT ON COLUMN portfolio.published_score.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.published_score.period IS 'The period.';
COMMENT ON COLUMN portfolio.published_score.edition IS 'Number of the publication of this data set and period, from 1.';
COMMENT ON COLUMN portfolio.published_score.provider IS 'The provider; empty when the data set has none.';
COMMENT ON COLUMN portfolio.published_score.item IS 'The data item.';
COMMENT ON COLUMN portfolio.published_score.records IS 'Records to which the item applies, rounded to 5; NULL when suppressed.';
COMMENT ON COLUMN portfolio.published_score.valid_and_complete IS 'Records whose value is there and valid, rounded to 5; NULL when suppressed.';
COMMENT ON COLUMN portfolio.published_score.defaults IS 'Records with a default code, rounded to 5; NULL when suppressed.';
COMMENT ON COLUMN portfolio.published_score.defaults_in_excess IS 'Defaults above the threshold, rounded to 5; NULL when suppressed.';
COMMENT ON COLUMN portfolio.published_score.data_item_score IS 'Data item score in percent, from the published numbers; NULL when it cannot be computed from them.';
COMMENT ON COLUMN portfolio.published_score.suppressed IS 'Names of the columns whose small number is withheld.';
COMMENT ON COLUMN portfolio.published_score.method IS 'Suppression profile that was applied.';
COMMENT ON COLUMN portfolio.published_score.scored_at IS 'When the data was read.';
COMMENT ON COLUMN portfolio.published_score.published_at IS 'When it was published.';
COMMENT ON COLUMN portfolio.published_score.published_by IS 'Role that published it.';
SELECT pg_extension_config_dump('portfolio.published_score', '');

CREATE SEQUENCE portfolio.access_log_id_seq;
COMMENT ON SEQUENCE portfolio.access_log_id_seq IS 'Numbers entries of the access log.';
SELECT pg_extension_config_dump('portfolio.access_log_id_seq', '');

CREATE TABLE portfolio.access_log (
  id           bigint PRIMARY KEY DEFAULT nextval('portfolio.access_log_id_seq'),
  at           timestamptz NOT NULL DEFAULT clock_timestamp(),
  role         name NOT NULL,
  login        name NOT NULL DEFAULT SESSION_USER,
  action       text NOT NULL,
  data_set     bigint NOT NULL,
  detail       jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object'),
  reason       text
);
CREATE INDEX access_log_data_set_idx ON portfolio.access_log (data_set, at);
COMMENT ON TABLE portfolio.access_log IS
  'Who looked at identifying values: one row for each time, written by the engine before the rows are shown. It holds what was asked for, never what was seen. Class: user rows.';
COMMENT ON COLUMN portfolio.access_log.id IS 'The entry.';
COMMENT ON COLUMN portfolio.access_log.at IS 'When.';
COMMENT ON COLUMN portfolio.access_log.role IS 'Role whose rights were used.';
COMMENT ON COLUMN portfolio.access_log.login IS 'Role that logged in.';
COMMENT ON COLUMN portfolio.access_log.action IS 'What was done: failing_rows.';
COMMENT ON COLUMN portfolio.access_log.data_set IS 'The data set; kept when the data set is gone.';
COMMENT ON COLUMN portfolio.access_log.detail IS 'What was asked for: rule, provider, period, max_rows.';
COMMENT ON COLUMN portfolio.access_log.reason IS 'Setting pg_portfolio.reason at the time; NULL when it was not set.';
SELECT pg_extension_config_dump('portfolio.access_log', '');
