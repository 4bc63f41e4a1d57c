-- Files of the server: who may read and write them, and until when its certificates are valid.
CREATE TYPE portfolio.file_permission AS (
  what text, path text, mode text, owner text, trusted_owner boolean, inside boolean, readable_by text, writable_by text
);
COMMENT ON TYPE portfolio.file_permission IS 'A file of the server: a row of file_permissions().';
COMMENT ON COLUMN portfolio.file_permission.what IS
  'data_directory, config_file, hba_file, ident_file, ssl_key_file, ssl_cert_file or ssl_ca_file, as the setting; auto_file: what ALTER SYSTEM writes; password_file, service_file: libpq''s, of the user that the server runs as; unknown_file: an entry of the data directory that PostgreSQL does not put there, no setting names, and whose name does not end in .conf.';
COMMENT ON COLUMN portfolio.file_permission.path IS 'Where it is.';
COMMENT ON COLUMN portfolio.file_permission.mode IS 'Its mode in octal, 0600 say; NULL: the server may not look.';
COMMENT ON COLUMN portfolio.file_permission.owner IS 'Name of the operating system''s user that owns it, or his number where he has no name; NULL as mode.';
COMMENT ON COLUMN portfolio.file_permission.trusted_owner IS 'Whether that is the user that the server runs as, or root; NULL as mode.';
COMMENT ON COLUMN portfolio.file_permission.inside IS 'Whether it lies in the data directory, whose own mode then keeps others out.';
COMMENT ON COLUMN portfolio.file_permission.readable_by IS 'owner, group or everybody, by its own mode; NULL as mode.';
COMMENT ON COLUMN portfolio.file_permission.writable_by IS 'owner, group or everybody, by its own mode; NULL as mode.';

CREATE FUNCTION portfolio.file_permissions() RETURNS SETOF portfolio.file_permission
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 10 AS 'MODULE_PATHNAME', 'pf_file_permissions';
COMMENT ON FUNCTION portfolio.file_permissions() IS
  'Mode and owner of the files that decide who may do what, where they are, and of what else lies at the top of the data directory; links are followed. Nothing is opened and no other path can be asked for. A file that is not there has no row.';

CREATE TYPE portfolio.certificate_validity AS (
  setting text, place integer, subject text, issuer text, not_before timestamptz, not_after timestamptz, problem text
);
COMMENT ON TYPE portfolio.certificate_validity IS 'A certificate of the server: a row of certificate_expiry().';
COMMENT ON COLUMN portfolio.certificate_validity.setting IS 'The setting that names its file: ssl_cert_file or ssl_ca_file.';
COMMENT ON COLUMN portfolio.certificate_validity.place IS 'Its place in the file, 1 for the first; NULL where there is a problem.';
COMMENT ON COLUMN portfolio.certificate_validity.subject IS 'Whom it is for, as RFC 2253 writes it; NULL where there is a problem.';
COMMENT ON COLUMN portfolio.certificate_validity.issuer IS 'Who signed it; NULL where there is a problem.';
COMMENT ON COLUMN portfolio.certificate_validity.not_before IS 'From when it is valid; NULL where there is a problem, or the date is none.';
COMMENT ON COLUMN portfolio.certificate_validity.not_after IS 'Until when it is valid; NULL where there is a problem, or the date is none.';
COMMENT ON COLUMN portfolio.certificate_validity.problem IS 'Why the file, or what is left of it, cannot be read; NULL for a certificate.';

CREATE FUNCTION portfolio.certificate_expiry() RETURNS SETOF portfolio.certificate_validity
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 2 AS 'MODULE_PATHNAME', 'pf_certificate_expiry';
COMMENT ON FUNCTION portfolio.certificate_expiry() IS
  'Every certificate in the files that ssl_cert_file and ssl_ca_file name, as they lie on disk: what the next reload takes. No row for a setting that is empty, for a file that is not there while ssl is off, and in a server built without OpenSSL.';

INSERT INTO portfolio.check_definition (code, area, title, severity, question, description, query, threshold, remediation, refs, needs, author, builtin)
SELECT code, 'security', title, severity, question, description, query, threshold, remediation, refs, '{}', NULL, true
  FROM (VALUES
  ('data-directory-mode', 'Others may look into the data directory', 'critical',
   'Is the data directory closed to others?',
   'Whoever reads the files of the database needs no privilege in it. Mode 0700, or 0750 where a backup runs as the group.',
   $$SELECT f.path AS subject, jsonb_build_object('mode', f.mode, 'owner', f.owner) AS detail
       FROM portfolio.file_permissions() f WHERE f.what = 'data_directory' AND (f.mode NOT IN ('0700', '0750') OR NOT f.trusted_owner)$$,
   NULL::numeric, 'chmod 0700 on the data directory.', '{"iso": "A.8.3", "ndg": 9, "cis": "2.7"}'::jsonb),

  ('data-directory-unknown-file', 'Something in the data directory is not PostgreSQL''s', 'medium',
   'Is everything in the data directory PostgreSQL''s?',
   'Copies of configuration files and keys, dumps and programs that lie there go into every backup, and some were put there by an intruder. The top of the directory is looked at. Files that end in .conf or that a setting names are fine, and what the site names in portfolio.fact, topic data-directory-file.',
   $$SELECT x.name AS subject, jsonb_build_object('mode', f.mode, 'owner', f.owner) AS detail
       FROM portfolio.file_permissions() f CROSS JOIN LATERAL (SELECT regexp_replace(f.path, '^.*/', '') AS name) x
      WHERE f.what = 'unknown_file' AND NOT EXISTS (SELECT FROM portfolio.effective_fact a WHERE a.topic = 'data-directory-file' AND a.key = x.name)$$,
   NULL, 'Take it away; or INSERT INTO portfolio.fact (topic, key, value, source) VALUES (''data-directory-file'', ''…'', ''yes'', ''…'');', '{"iso": "A.8.9", "ndg": 9, "cis": "2.8"}'),

  ('configuration-file-mode', 'Others may change or read a configuration file', 'high',
   'Are the configuration files closed to others?',
   'Whoever writes pg_hba.conf or postgresql.conf is superuser after the next reload. Reading counts where the file lies outside the data directory.',
   $$SELECT f.what AS subject, jsonb_build_object('path', f.path, 'mode', f.mode, 'owner', f.owner) AS detail
       FROM portfolio.file_permissions() f
      WHERE f.what IN ('config_file', 'hba_file', 'ident_file', 'auto_file', 'ssl_cert_file', 'ssl_ca_file')
        AND (f.writable_by <> 'owner' OR NOT f.trusted_owner OR (f.readable_by = 'everybody' AND NOT f.inside AND f.what NOT LIKE 'ssl%'))$$,
   NULL, 'chmod 0640 on the file, owned by the user that the server runs as.', '{"iso": "A.8.3", "ndg": 9, "cis": "2.5"}'),

  ('key-file-mode', 'Others may read the private key of the server', 'high',
   'Is the private key closed to others?',
   'Whoever has the key can pretend to be the server. The server refuses such a key when it starts, and not while it runs.',
   $$SELECT f.what AS subject, jsonb_build_object('path', f.path, 'mode', f.mode, 'owner', f.owner) AS detail
       FROM portfolio.file_permissions() f
      WHERE f.what = 'ssl_key_file' AND (f.readable_by = 'everybody' OR f.writable_by <> 'owner' OR NOT f.trusted_owner OR (f.readable_by = 'group' AND f.owner <> 'root'))$$,
   NULL, 'chmod 0600 on the file, and a new key, since somebody may have the old one.', '{"iso": "A.8.24", "ndg": 9, "cis": "6.8"}'),

  ('password-file-mode', 'Others may read the passwords with which the server connects elsewhere', 'high',
   'Are the password file and the service file of the server''s user closed to others?',
   'Standbys, foreign servers and check_estate() take their passwords from there.',
   $$SELECT f.what AS subject, jsonb_build_object('path', f.path, 'mode', f.mode, 'owner', f.owner) AS detail
       FROM portfolio.file_permissions() f
      WHERE f.what IN ('password_file', 'service_file') AND (f.readable_by <> 'owner' OR f.writable_by <> 'owner' OR NOT f.trusted_owner)$$,
   NULL, 'chmod 0600 on the file, and new passwords.', '{"iso": "A.5.17", "ndg": 4, "cis": "2.4"}'),

  ('certificate-expiring', 'A certificate of the server runs out or cannot be read', 'high',
   'Are the certificates of the server valid for some time to come?',
   'Clients that verify the server cannot connect after that day. The threshold is the number of days before it from which the check finds it.',
   $$SELECT concat_ws(' ', c.setting, c.subject) AS subject,
            jsonb_agg(jsonb_build_object('not_before', c.not_before, 'not_after', c.not_after, 'problem', c.problem) ORDER BY c.place) AS detail
       FROM portfolio.certificate_expiry() c
      WHERE c.problem IS NOT NULL OR c.not_before > now() OR c.not_after IS NULL OR c.not_after < now() + make_interval(days => $1::integer)
      GROUP BY 1$$,
   30, 'Put a new certificate there, then SELECT pg_reload_conf();', '{"iso": "A.8.24", "ndg": 9, "cis": "6.8"}')
  ) AS c (code, title, severity, question, description, query, threshold, remediation, refs);
