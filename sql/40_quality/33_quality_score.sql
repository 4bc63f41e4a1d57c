-- What the engine finds and keeps: a tally for each period and provider of a run.
CREATE SEQUENCE portfolio.quality_score_id_seq;
COMMENT ON SEQUENCE portfolio.quality_score_id_seq IS 'Numbers stored tallies.';
SELECT pg_extension_config_dump('portfolio.quality_score_id_seq', '');

CREATE TABLE portfolio.quality_score (
  id        bigint PRIMARY KEY DEFAULT nextval('portfolio.quality_score_id_seq'),
  run       bigint NOT NULL REFERENCES portfolio.score_run (id),
  data_set  bigint NOT NULL REFERENCES portfolio.data_set (id),
  period    text,
  provider  text,
  scored_at timestamptz NOT NULL,
  rule_set  bigint NOT NULL REFERENCES portfolio.rule_set_version (fingerprint),
  records   bigint NOT NULL CHECK (records >= 0),
  tally     portfolio.tally NOT NULL,
  UNIQUE NULLS NOT DISTINCT (run, period, provider)
);
CREATE INDEX quality_score_data_set_idx ON portfolio.quality_score (data_set, period, provider, scored_at DESC);
COMMENT ON TABLE portfolio.quality_score IS
  'History of scores: one tally for each period and provider of a run. It holds counts, never a value of a record. Open a tally with tally_counts(tally); latest_score has those that count today. Class: user rows.';
COMMENT ON COLUMN portfolio.quality_score.id IS 'The stored tally.';
COMMENT ON COLUMN portfolio.quality_score.run IS 'The run it belongs to.';
COMMENT ON COLUMN portfolio.quality_score.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.quality_score.period IS 'Period as the period expression gave it; NULL when the data set has none, or where it gave NULL.';
COMMENT ON COLUMN portfolio.quality_score.provider IS 'Provider as the provider expression gave it; NULL when the data set has none, or where it gave NULL.';
COMMENT ON COLUMN portfolio.quality_score.scored_at IS 'When the data was read, as in its run.';
COMMENT ON COLUMN portfolio.quality_score.rule_set IS 'Fingerprint of the rule set, a row of rule_set_version.';
COMMENT ON COLUMN portfolio.quality_score.records IS 'Records that the tally counts.';
COMMENT ON COLUMN portfolio.quality_score.tally IS 'Counts by rule, item and dimension, and of rows that fail nothing.';
SELECT pg_extension_config_dump('portfolio.quality_score', '');
