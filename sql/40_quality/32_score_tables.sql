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
  broken_rules text[] NOT NULL DEFAULT '{}',
  thresholds   jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(thresholds) = 'object')
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
COMMENT ON COLUMN portfolio.score_run.thresholds IS
  'Default threshold of every item as it was then, by name; null for an item to which defaults do not apply. Scores are computed with these, so that history does not move when a threshold does.';
SELECT pg_extension_config_dump('portfolio.score_run', '');

CREATE TABLE portfolio.score_edition (
  data_set     bigint NOT NULL REFERENCES portfolio.data_set (id),
  period       text NOT NULL REFERENCES portfolio.reporting_period (code) ON UPDATE CASCADE,
  edition      int NOT NULL CHECK (edition > 0),
  method       text NOT NULL,
  reason       text CHECK (btrim(reason) <> ''),
  scored_at    timestamptz NOT NULL,
  published_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
  published_by name NOT NULL DEFAULT CURRENT_USER,
  PRIMARY KEY (data_set, period, edition),
  CONSTRAINT score_edition_revision_check CHECK (edition = 1 OR reason IS NOT NULL)
);
COMMENT ON TABLE portfolio.score_edition IS
  'Publications of scores: the first of a data set and period, and its numbered revisions, each with its reason. No profile may change or delete one. Class: user rows.';
COMMENT ON COLUMN portfolio.score_edition.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.score_edition.period IS 'The period.';
COMMENT ON COLUMN portfolio.score_edition.edition IS 'Number of the publication of this data set and period: 1, then its revisions.';
COMMENT ON COLUMN portfolio.score_edition.method IS 'Suppression that was applied: DQMI and the counts that are withheld, as DQMI 1-7.';
COMMENT ON COLUMN portfolio.score_edition.reason IS 'Why it was revised; may be NULL in the first edition only.';
COMMENT ON COLUMN portfolio.score_edition.scored_at IS 'When the data was read; the oldest where providers were scored at different times.';
COMMENT ON COLUMN portfolio.score_edition.published_at IS 'When it was published.';
COMMENT ON COLUMN portfolio.score_edition.published_by IS 'Role that published it.';
SELECT pg_extension_config_dump('portfolio.score_edition', '');

CREATE TABLE portfolio.published_score (
  data_set           bigint NOT NULL,
  period             text NOT NULL,
  edition            int NOT NULL,
  provider           text NOT NULL,
  item               text NOT NULL,
  records            bigint CHECK (records >= 25 AND records % 5 = 0),
  valid_and_complete bigint CHECK (valid_and_complete >= 0 AND valid_and_complete % 5 = 0),
  defaults           bigint CHECK (defaults >= 0 AND defaults % 5 = 0),
  defaults_in_excess bigint CHECK (defaults_in_excess >= 0 AND defaults_in_excess % 5 = 0),
  data_item_score    numeric CHECK (data_item_score BETWEEN 0 AND 100),
  coverage           numeric CHECK (coverage BETWEEN 0 AND 1),
  national_average   numeric CHECK (national_average BETWEEN 0 AND 100),
  suppressed         text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (data_set, period, edition, provider, item),
  FOREIGN KEY (data_set, period, edition) REFERENCES portfolio.score_edition ON UPDATE CASCADE
);
CREATE INDEX published_score_provider_idx ON portfolio.published_score (provider, period, data_set);
COMMENT ON TABLE portfolio.published_score IS
  'Scores as published: small numbers suppressed, the others rounded to the nearest 5, then frozen. A correction is a new edition beside the old one. Readers and BI see only these. Source: Data Quality Maturity Index, suppression rules. Class: user rows.';
COMMENT ON COLUMN portfolio.published_score.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.published_score.period IS 'The period.';
COMMENT ON COLUMN portfolio.published_score.edition IS 'The publication, a row of score_edition.';
COMMENT ON COLUMN portfolio.published_score.provider IS 'The provider; empty when the data set has none.';
COMMENT ON COLUMN portfolio.published_score.item IS 'The data item.';
COMMENT ON COLUMN portfolio.published_score.records IS 'Records to which the item applies, rounded to 5; NULL when suppressed, and when nothing was submitted (coverage 0).';
COMMENT ON COLUMN portfolio.published_score.valid_and_complete IS 'Records whose value is there and valid, rounded to 5; NULL when suppressed, and when nothing was submitted.';
COMMENT ON COLUMN portfolio.published_score.defaults IS 'Records with a default code, rounded to 5; NULL when suppressed, and when nothing was submitted.';
COMMENT ON COLUMN portfolio.published_score.defaults_in_excess IS 'Defaults above the threshold, rounded to 5; NULL when suppressed, and when nothing was submitted.';
COMMENT ON COLUMN portfolio.published_score.data_item_score IS 'Data item score in percent, computed from the published numbers alone; NULL when it cannot be.';
COMMENT ON COLUMN portfolio.published_score.coverage IS 'Submissions received of those expected from the provider in the period, 0 to 1; NULL when none was expected.';
COMMENT ON COLUMN portfolio.published_score.national_average IS 'Mean of the scores of the item that this edition publishes, over providers; NULL when it publishes none.';
COMMENT ON COLUMN portfolio.published_score.suppressed IS 'Names of the columns whose small number is withheld.';
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
