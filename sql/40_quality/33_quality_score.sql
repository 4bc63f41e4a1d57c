-- What the engine finds and keeps: a tally for each period and provider of a run, and for each period their sum.
-- The sums answer questions about whole data sets without opening the tally of every provider.
CREATE SEQUENCE portfolio.score_total_id_seq;
COMMENT ON SEQUENCE portfolio.score_total_id_seq IS 'Numbers totals of scores.';
SELECT pg_extension_config_dump('portfolio.score_total_id_seq', '');

CREATE TABLE portfolio.score_total (
  id             bigint PRIMARY KEY DEFAULT nextval('portfolio.score_total_id_seq'),
  run            bigint NOT NULL REFERENCES portfolio.score_run (id),
  data_set       bigint NOT NULL REFERENCES portfolio.data_set (id),
  period         text,
  scored_at      timestamptz NOT NULL,
  rule_set       bigint NOT NULL REFERENCES portfolio.rule_set_version (fingerprint),
  providers      int NOT NULL CHECK (providers > 0),
  records        bigint NOT NULL CHECK (records >= 0),
  clean_records  bigint NOT NULL CHECK (clean_records BETWEEN 0 AND records),
  items          int NOT NULL CHECK (items >= 0),
  item_score_sum numeric NOT NULL CHECK (item_score_sum BETWEEN 0 AND 100 * items),
  tally          portfolio.tally NOT NULL,
  latest         boolean NOT NULL,
  UNIQUE NULLS NOT DISTINCT (run, period)
);
CREATE UNIQUE INDEX score_total_latest_idx ON portfolio.score_total (data_set, period) NULLS NOT DISTINCT WHERE latest;
COMMENT ON TABLE portfolio.score_total IS
  'Sum of the tallies of all providers for each period of a run, and whether it is the one that counts today: a later run that covers the period takes its place. Written by the engine with quality_score. Class: user rows.';
COMMENT ON COLUMN portfolio.score_total.id IS 'The total.';
COMMENT ON COLUMN portfolio.score_total.run IS 'The run it belongs to.';
COMMENT ON COLUMN portfolio.score_total.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.score_total.period IS 'The period; NULL when the data set has none, or where its expression gave NULL.';
COMMENT ON COLUMN portfolio.score_total.scored_at IS 'When the data was read, as in its run.';
COMMENT ON COLUMN portfolio.score_total.rule_set IS 'Fingerprint of the rule set, a row of rule_set_version.';
COMMENT ON COLUMN portfolio.score_total.providers IS 'Providers that have records in the period; 1 when the data set has no providers.';
COMMENT ON COLUMN portfolio.score_total.records IS 'Records counted.';
COMMENT ON COLUMN portfolio.score_total.clean_records IS 'Records that fail nothing.';
COMMENT ON COLUMN portfolio.score_total.items IS 'Items that have a score.';
COMMENT ON COLUMN portfolio.score_total.item_score_sum IS 'Sum of their data item scores, with the thresholds of the run.';
COMMENT ON COLUMN portfolio.score_total.tally IS 'The counts of all providers together.';
COMMENT ON COLUMN portfolio.score_total.latest IS 'Whether no later run covers the period.';
SELECT pg_extension_config_dump('portfolio.score_total', '');

CREATE SEQUENCE portfolio.quality_score_id_seq;
COMMENT ON SEQUENCE portfolio.quality_score_id_seq IS 'Numbers stored tallies.';
SELECT pg_extension_config_dump('portfolio.quality_score_id_seq', '');

CREATE TABLE portfolio.quality_score (
  id             bigint PRIMARY KEY DEFAULT nextval('portfolio.quality_score_id_seq'),
  run            bigint NOT NULL,
  total          bigint NOT NULL REFERENCES portfolio.score_total (id),
  data_set       bigint NOT NULL REFERENCES portfolio.data_set (id),
  period         text,
  provider       text,
  scored_at      timestamptz NOT NULL,
  rule_set       bigint NOT NULL REFERENCES portfolio.rule_set_version (fingerprint),
  records        bigint NOT NULL CHECK (records >= 0),
  clean_records  bigint NOT NULL CHECK (clean_records BETWEEN 0 AND records),
  items          int NOT NULL CHECK (items >= 0),
  item_score_sum numeric NOT NULL CHECK (item_score_sum BETWEEN 0 AND 100 * items),
  tally          portfolio.tally NOT NULL,
  UNIQUE NULLS NOT DISTINCT (total, provider) INCLUDE (records, clean_records, items, item_score_sum)
);
-- Overviews are answered from these two alone
CREATE INDEX quality_score_provider_idx ON portfolio.quality_score (provider, total) INCLUDE (records, clean_records, items, item_score_sum);
CREATE INDEX quality_score_data_set_idx ON portfolio.quality_score (data_set, period);
COMMENT ON TABLE portfolio.quality_score IS
  'History of scores: one tally for each period and provider of a run. It holds counts, never a value of a record. Open a tally with tally_counts(tally); latest_score has those that count today. purge_scores() forgets old ones. Class: user rows.';
COMMENT ON COLUMN portfolio.quality_score.id IS 'The stored tally.';
COMMENT ON COLUMN portfolio.quality_score.run IS 'The run it belongs to, as in its total.';
COMMENT ON COLUMN portfolio.quality_score.total IS 'The total of its run and period, which tells whether it counts today.';
COMMENT ON COLUMN portfolio.quality_score.data_set IS 'The data set, as in its total.';
COMMENT ON COLUMN portfolio.quality_score.period IS 'Period as the period expression gave it; NULL when the data set has none, or where it gave NULL.';
COMMENT ON COLUMN portfolio.quality_score.provider IS 'Provider as the provider expression gave it; NULL when the data set has none, or where it gave NULL.';
COMMENT ON COLUMN portfolio.quality_score.scored_at IS 'When the data was read, as in its run.';
COMMENT ON COLUMN portfolio.quality_score.rule_set IS 'Fingerprint of the rule set, a row of rule_set_version.';
COMMENT ON COLUMN portfolio.quality_score.records IS 'Records that the tally counts.';
COMMENT ON COLUMN portfolio.quality_score.clean_records IS 'Records that fail nothing.';
COMMENT ON COLUMN portfolio.quality_score.items IS 'Items that have a score.';
COMMENT ON COLUMN portfolio.quality_score.item_score_sum IS 'Sum of their data item scores, with the thresholds of the run.';
COMMENT ON COLUMN portfolio.quality_score.tally IS 'Counts by rule, item and dimension, and of rows that fail nothing.';
SELECT pg_extension_config_dump('portfolio.quality_score', '');
