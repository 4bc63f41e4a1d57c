-- The six dimensions of the Government Data Quality Framework, and where ISO/IEC 25012 has them.
CREATE TABLE portfolio.dimension (
  name     text PRIMARY KEY CHECK (name ~ '^[a-z_]+$'),
  ord      int NOT NULL UNIQUE,
  meaning  text NOT NULL,
  iso25012 text NOT NULL
);
COMMENT ON TABLE portfolio.dimension IS
  'The six dimensions of data quality of DAMA UK, which the Government Data Quality Framework (3 December 2020) recommends. Every rule speaks of one. Class: reference.';
COMMENT ON COLUMN portfolio.dimension.name IS 'The dimension as rules name it.';
COMMENT ON COLUMN portfolio.dimension.ord IS 'Order in which reports show it.';
COMMENT ON COLUMN portfolio.dimension.meaning IS 'What it asks of the data.';
COMMENT ON COLUMN portfolio.dimension.iso25012 IS 'Nearest characteristic of ISO/IEC 25012:2008.';
INSERT INTO portfolio.dimension (name, ord, meaning, iso25012) VALUES
  ('completeness', 1, 'What should be recorded is recorded.', 'completeness'),
  ('validity', 2, 'A value has the form, and is in the range or list, that was agreed for it.', 'accuracy (syntactic)'),
  ('consistency', 3, 'Values do not contradict each other, within a record and between places.', 'consistency'),
  ('accuracy', 4, 'A value is what it is in the world.', 'accuracy (semantic)'),
  ('timeliness', 5, 'The data is there when it is needed and speaks of the right time.', 'currentness'),
  ('uniqueness', 6, 'One thing is recorded once.', 'consistency');
