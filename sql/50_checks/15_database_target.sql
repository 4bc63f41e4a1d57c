-- Databases elsewhere that are checked from here.

CREATE TABLE portfolio.database_target (
  service text PRIMARY KEY CHECK (service ~ '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$'),
  element bigint REFERENCES portfolio.element ON DELETE SET NULL,
  enabled boolean NOT NULL DEFAULT true,
  description text
);
CREATE INDEX database_target_element ON portfolio.database_target (element) WHERE element IS NOT NULL;
COMMENT ON TABLE portfolio.database_target IS
  'The estate: databases that check_estate() checks, each by the name of a libpq service and nothing else. Where a service leads, and its password, stand in files of the server''s user (pg_service.conf, .pgpass), never here. Only the owner of this table writes it: whoever adds a row makes the server connect there. Class: user rows.';
COMMENT ON COLUMN portfolio.database_target.service IS
  'Key: a section of the service file. Letters, digits, underscore, dot and dash, at most 63, so that it can name a service and can smuggle nothing else.';
COMMENT ON COLUMN portfolio.database_target.element IS 'The system, or another element, that the database belongs to: its findings are about it. NULL: none.';
COMMENT ON COLUMN portfolio.database_target.enabled IS 'False: check_estate() leaves it out. Its findings stay; deleting the row takes them along.';
COMMENT ON COLUMN portfolio.database_target.description IS 'What it is, in words.';
SELECT pg_extension_config_dump('portfolio.database_target', '');
