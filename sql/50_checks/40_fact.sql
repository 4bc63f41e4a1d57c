-- Facts with a date: what the world says and a release can only quote. Shipped rows age; a site adds newer ones.

CREATE TABLE portfolio.shipped_fact (
  topic text NOT NULL,
  key text NOT NULL,
  value text NOT NULL,
  known_on date NOT NULL,
  source text NOT NULL,
  PRIMARY KEY (topic, key)
);
COMMENT ON TABLE portfolio.shipped_fact IS 'Facts as known when this release was made. Class: reference.';
COMMENT ON COLUMN portfolio.shipped_fact.topic IS 'What the fact is about; see fact.';
COMMENT ON COLUMN portfolio.shipped_fact.key IS 'Which one: a major version, the name of an extension.';
COMMENT ON COLUMN portfolio.shipped_fact.value IS 'What is so.';
COMMENT ON COLUMN portfolio.shipped_fact.known_on IS 'The day on which it was known to be so.';
COMMENT ON COLUMN portfolio.shipped_fact.source IS 'Where it stands.';

CREATE TABLE portfolio.fact (
  topic text NOT NULL CHECK (topic ~ '^[a-z0-9]+(-[a-z0-9]+)*$'),
  key text NOT NULL CHECK (btrim(key) <> ''),
  value text NOT NULL,
  known_on date NOT NULL DEFAULT CURRENT_DATE CHECK (isfinite(known_on)),
  source text NOT NULL CHECK (btrim(source) <> ''),
  noted_by name NOT NULL DEFAULT CURRENT_USER,
  PRIMARY KEY (topic, key),
  CONSTRAINT fact_value_check CHECK (CASE topic
    WHEN 'postgresql-newest-minor' THEN key ~ '^[0-9]+$' AND value ~ '^[0-9]{1,4}$'
    WHEN 'postgresql-end-of-life' THEN key ~ '^[0-9]+$' AND value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
    WHEN 'extension-fixed-in' THEN value ~ '^[0-9]{1,8}([.][0-9]{1,8})*$'
    ELSE true END)
);
COMMENT ON TABLE portfolio.fact IS
  'Facts that this site knows better than the release: where known_on is not older, a row here stands before the shipped one. Class: user rows.';
COMMENT ON COLUMN portfolio.fact.topic IS
  'postgresql-newest-minor (key: major, value: minor), postgresql-end-of-life (key: major, value: yyyy-mm-dd), extension-fixed-in (key: extension, value: first version without a known hole), or one of your own.';
COMMENT ON COLUMN portfolio.fact.key IS 'Which one: a major version, the name of an extension.';
COMMENT ON COLUMN portfolio.fact.value IS 'What is so.';
COMMENT ON COLUMN portfolio.fact.known_on IS 'The day on which it was known to be so.';
COMMENT ON COLUMN portfolio.fact.source IS 'Where it stands.';
COMMENT ON COLUMN portfolio.fact.noted_by IS 'Who wrote the row.';
SELECT pg_extension_config_dump('portfolio.fact', '');

CREATE VIEW portfolio.effective_fact WITH (security_invoker = true) AS
  SELECT DISTINCT ON (f.topic, f.key) f.topic, f.key, f.value, f.known_on, f.source, f.shipped
    FROM (SELECT topic, key, value, known_on, source, false AS shipped FROM portfolio.fact
          UNION ALL
          SELECT topic, key, value, known_on, source, true FROM portfolio.shipped_fact) f
   ORDER BY f.topic, f.key, f.known_on DESC, f.shipped;
COMMENT ON VIEW portfolio.effective_fact IS 'Facts as known here: the newer of the shipped row and the site''s own.';
COMMENT ON COLUMN portfolio.effective_fact.topic IS 'What the fact is about.';
COMMENT ON COLUMN portfolio.effective_fact.key IS 'Which one.';
COMMENT ON COLUMN portfolio.effective_fact.value IS 'What is so.';
COMMENT ON COLUMN portfolio.effective_fact.known_on IS 'The day on which it was known to be so.';
COMMENT ON COLUMN portfolio.effective_fact.source IS 'Where it stands.';
COMMENT ON COLUMN portfolio.effective_fact.shipped IS 'True where the release''s row stands.';

INSERT INTO portfolio.shipped_fact (topic, key, value, known_on, source) VALUES
  ('postgresql-newest-minor', '14', '23', '2026-05-14', 'https://www.postgresql.org/support/versioning/'),
  ('postgresql-newest-minor', '15', '20', '2026-11-13', 'Debian 12 security archive, package postgresql-15'),
  ('postgresql-newest-minor', '16', '14', '2026-05-14', 'https://www.postgresql.org/support/versioning/'),
  ('postgresql-newest-minor', '17', '10', '2026-05-14', 'https://www.postgresql.org/support/versioning/'),
  ('postgresql-newest-minor', '18', '4', '2026-05-14', 'https://www.postgresql.org/support/versioning/'),
  ('postgresql-end-of-life', '13', '2025-11-13', '2026-05-14', 'https://www.postgresql.org/support/versioning/'),
  ('postgresql-end-of-life', '14', '2026-11-12', '2026-05-14', 'https://www.postgresql.org/support/versioning/'),
  ('postgresql-end-of-life', '15', '2027-11-11', '2026-05-14', 'https://www.postgresql.org/support/versioning/'),
  ('postgresql-end-of-life', '16', '2028-11-09', '2026-05-14', 'https://www.postgresql.org/support/versioning/'),
  ('postgresql-end-of-life', '17', '2029-11-08', '2026-05-14', 'https://www.postgresql.org/support/versioning/'),
  ('postgresql-end-of-life', '18', '2030-11-14', '2026-05-14', 'https://www.postgresql.org/support/versioning/'),
  ('extension-fixed-in', 'vector', '0.8.2', '2026-05-14', 'CVE-2026-3172'),
  ('extension-fixed-in', 'pg_partman', '4.5.1', '2026-05-14', 'CVE-2021-33204'),
  ('extension-fixed-in', 'pg_ivm', '1.5.1', '2026-05-14', 'CVE-2023-23554'),
  ('extension-fixed-in', 'timescaledb', '2.25.2', '2026-05-14', 'CVE-2026-29089'),
  ('extension-fixed-in', 'pglogical', '2.3.4', '2026-05-14', 'CVE-2021-3515'),
  ('extension-fixed-in', 'pg_background', '2.0.3', '2026-05-14', 'https://github.com/vibhorkum/pg_background/issues/115');
