-- Security checks of what keeps the data whole and the service up: backup, replication, limits. $1 is the threshold.
INSERT INTO portfolio.check_definition (code, area, title, severity, question, description, query, threshold, remediation, refs, needs, cannot_plant, author, builtin)
SELECT code, 'security', title, severity, question, description, query, threshold, remediation, refs, needs::text[], cannot_plant, NULL, true
  FROM (VALUES
  ('checksums-off', 'Pages have no checksums', 'high',
   'Have pages checksums?',
   'Without them a page that a disk has damaged is read as if nothing had happened, and copied into every backup.',
   $$SELECT 'server' AS subject, '{}'::jsonb AS detail FROM pg_settings s WHERE s.name = 'data_checksums' AND s.setting = 'off'$$,
   NULL::numeric, 'Stop the server, pg_checksums --enable, start it.', '{"iso": "A.8.13", "ndg": 7, "cis": "1.4.3"}'::jsonb, '{}',
   'Checksums are switched on and off while the server is stopped.'),

  ('checksum-failures', 'Pages with a wrong checksum were read', 'critical',
   'Has no page a wrong checksum?',
   'PostgreSQL counts them for each database since the statistics were reset.',
   $$SELECT coalesce(s.datname, 'shared catalogs') AS subject, jsonb_build_object('failures', s.checksum_failures, 'last', s.checksum_last_failure) AS detail
       FROM pg_stat_database s WHERE s.checksum_failures > 0$$,
   NULL, 'Fail over to a standby or restore; then look for the disk.', '{"iso": "A.8.13", "ndg": 7, "cis": "1.4.3"}', '{}',
   'A page of the running server would have to be damaged.'),

  ('archive-failing', 'WAL is not archived because the archive fails', 'high',
   'Did the last attempt to archive WAL succeed?',
   'Backups lead no further than the last file that was archived, and the disk fills.',
   $$SELECT 'server' AS subject, jsonb_build_object('file', s.last_failed_wal, 'failed', s.last_failed_time, 'last_archived', s.last_archived_time) AS detail
       FROM pg_stat_archiver s WHERE s.last_failed_time > coalesce(s.last_archived_time, '-infinity')$$,
   NULL, 'Read the server''s log for what archive_command said.', '{"iso": "A.8.13", "ndg": 7, "cis": "7.4"}', '{}', NULL),

  ('slot-inactive', 'A replication slot keeps WAL and nobody reads it', 'medium',
   'Is every replication slot that keeps WAL in use?',
   'It fills the disk until the server stops.',
   $$SELECT s.slot_name::text AS subject, jsonb_build_object('type', s.slot_type, 'wal_status', s.wal_status, 'restart_lsn', s.restart_lsn) AS detail
       FROM pg_replication_slots s WHERE NOT s.active AND s.restart_lsn IS NOT NULL$$,
   NULL, 'SELECT pg_drop_replication_slot(''…''); or start what reads it.', '{"iso": "A.8.6", "ndg": 7}', '{}', NULL),

  ('slots-without-limit', 'Replication slots may fill the disk', 'medium',
   'Is there a limit to the WAL that slots keep?',
   'With max_slot_wal_keep_size = -1 a standby that is gone stops the server.',
   $$SELECT 'server' AS subject, '{}'::jsonb AS detail FROM pg_settings s WHERE s.name = 'max_slot_wal_keep_size' AND s.setting = '-1'$$,
   NULL, 'ALTER SYSTEM SET max_slot_wal_keep_size = ''10GB''; SELECT pg_reload_conf();', '{"iso": "A.8.6", "ndg": 7}', '{}', NULL),

  ('standby-behind', 'A standby is far behind', 'high',
   'Is every standby close behind?',
   'What was committed since is lost if this server is. The threshold is in seconds.',
   $$SELECT coalesce(nullif(s.application_name, ''), host(s.client_addr), 'standby') || ' as ' || s.usename AS subject,
            jsonb_build_object('seconds', round(max(extract(epoch FROM s.replay_lag))), 'state', min(s.state)) AS detail
       FROM pg_stat_replication s WHERE extract(epoch FROM s.replay_lag) > $1 GROUP BY 1$$,
   300, 'Look at the standby and the network between.', '{"iso": "A.8.14", "ndg": 7}', '{pg_monitor}',
   'It needs a second server that replays slowly.'),

  ('synchronous-standby-missing', 'Commits wait for a standby that is not there', 'high',
   'Is a synchronous standby there where one is named?',
   'synchronous_standby_names is set and no standby is sync or quorum: commits hang, or somebody has switched synchronous_commit off.',
   $$SELECT 'server' AS subject, jsonb_build_object('synchronous_standby_names', n.setting) AS detail
       FROM pg_settings n
      WHERE n.name = 'synchronous_standby_names' AND n.setting <> '' AND NOT pg_is_in_recovery()
        AND NOT EXISTS (SELECT FROM pg_stat_replication s WHERE s.sync_state IN ('sync', 'quorum'))$$,
   NULL, 'Start the standby, or change synchronous_standby_names.', '{"iso": "A.8.14", "ndg": 7, "cis": "7.5"}', '{pg_monitor}', NULL),

  ('publication-without-identity', 'Updates of a published table fail', 'medium',
   'Has every published table a replica identity?',
   'UPDATE and DELETE are refused on a table that publishes them and has neither a primary key nor another replica identity.',
   $$SELECT r.name AS subject, jsonb_build_object('publications', jsonb_agg(DISTINCT p.pubname)) AS detail
       FROM pg_publication p
       JOIN LATERAL (SELECT x.prrelid AS relid FROM pg_publication_rel x WHERE x.prpubid = p.oid
                      UNION
                     SELECT c.oid FROM pg_publication_namespace n JOIN pg_class c ON c.relnamespace = n.pnnspid WHERE n.pnpubid = p.oid
                      UNION
                     SELECT c.oid FROM pg_class c WHERE p.puballtables) t ON true
       JOIN portfolio.site_relation r ON r.oid = t.relid AND r.relkind = 'r' AND r.relpersistence = 'p'
      WHERE (p.pubupdate OR p.pubdelete)
        AND (r.relreplident = 'n'
             OR r.relreplident = 'd' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = r.oid AND i.indisprimary)
             OR r.relreplident = 'i' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = r.oid AND i.indisreplident))
      GROUP BY r.name$$,
   NULL, 'ALTER TABLE … ADD PRIMARY KEY …; or ALTER TABLE … REPLICA IDENTITY USING INDEX …;', '{"iso": "A.8.14", "ndg": 7}', '{}', NULL),

  ('replica-identity-full', 'Updates of a table write the whole old row to WAL', 'low',
   'Is every table replicated by a key?',
   'With REPLICA IDENTITY FULL every value that was ever there goes through WAL, archive and network, and a subscriber without an index looks through the whole table for each row.',
   $$SELECT r.name AS subject, jsonb_build_object('has_primary_key', EXISTS (SELECT FROM pg_index i WHERE i.indrelid = r.oid AND i.indisprimary)) AS detail
       FROM portfolio.site_relation r WHERE r.relreplident = 'f' AND r.relkind IN ('r', 'p', 'm')$$,
   NULL, 'ALTER TABLE … REPLICA IDENTITY DEFAULT; or REPLICA IDENTITY USING INDEX …;', '{"iso": "A.8.11", "ndg": 7}', '{}', NULL),

  ('publication-of-everything', 'A publication sends every table there is and will be', 'medium',
   'Does every publication name what it sends?',
   'FOR ALL TABLES sends tables made tomorrow as well, whatever is in them.',
   $$SELECT p.pubname::text AS subject, jsonb_build_object('owner', p.pubowner::regrole) AS detail FROM pg_publication p WHERE p.puballtables$$,
   NULL, 'CREATE PUBLICATION … FOR TABLE …;', '{"iso": "A.5.14", "ndg": 1}', '{}', NULL),

  ('transaction-ids-old', 'Transaction ids run out', 'high',
   'Is every database far from running out of transaction ids?',
   'At two thousand million no more writes are taken. The threshold is the age of the oldest id.',
   $$SELECT d.datname::text AS subject, jsonb_build_object('age', age(d.datfrozenxid)) AS detail FROM pg_database d WHERE age(d.datfrozenxid) > $1$$,
   1500000000, 'VACUUM (FREEZE) as superuser in that database; look for old transactions, slots and prepared transactions.', '{"iso": "A.8.6", "ndg": 7}', '{}', NULL),

  ('multixact-ids-old', 'Multixact ids run out', 'high',
   'Is every database far from running out of multixact ids?',
   'Row locks that several share use them up. The threshold is the age of the oldest one.',
   $$SELECT d.datname::text AS subject, jsonb_build_object('age', mxid_age(d.datminmxid)) AS detail FROM pg_database d WHERE mxid_age(d.datminmxid) > $1$$,
   1500000000, 'VACUUM (FREEZE) as superuser in that database.', '{"iso": "A.8.6", "ndg": 7}', '{}', NULL),

  ('sequence-near-its-end', 'A sequence runs out', 'high',
   'Is every sequence far from its end?',
   'Inserts fail when it is reached. The threshold is per cent used; sequences that cycle are left out.',
   $$SELECT format('%I.%I', s.schema_name, s.sequence_name) AS subject, jsonb_build_object('last_value', s.last_value, 'max_value', s.max_value) AS detail
       FROM portfolio.sequence_positions() s
      WHERE NOT s.cycle AND s.increment_by > 0
        AND s.last_value::numeric - s.min_value > ($1 / 100) * (s.max_value::numeric - s.min_value)$$,
   80, 'ALTER TABLE … ALTER COLUMN … TYPE bigint; ALTER SEQUENCE … AS bigint;', '{"iso": "A.8.6", "ndg": 7}', '{}', NULL),

  ('prepared-transaction-old', 'A prepared transaction was forgotten', 'medium',
   'Is no prepared transaction old?',
   'It holds its locks and keeps vacuum from its work, through restarts. The threshold is in minutes.',
   $$SELECT p.gid AS subject, jsonb_build_object('prepared', p.prepared, 'owner', p.owner, 'database', p.database) AS detail
       FROM pg_prepared_xacts p WHERE p.prepared < now() - make_interval(mins => $1::integer)$$,
   60, 'ROLLBACK PREPARED ''…''; or COMMIT PREPARED, as its coordinator says', '{"iso": "A.8.6", "ndg": 7}', '{}', NULL),

  ('session-idle-in-transaction', 'A transaction is open and nothing happens', 'medium',
   'Is no transaction idle for long?',
   'It holds its locks and keeps vacuum from its work. The threshold is in minutes; the subject is role and database.',
   $$SELECT a.usename || ' in ' || a.datname AS subject,
            jsonb_build_object('sessions', count(*), 'since', min(a.state_change), 'pids', jsonb_agg(a.pid ORDER BY a.pid), 'programs', jsonb_agg(DISTINCT a.application_name)) AS detail
       FROM pg_stat_activity a
      WHERE a.state IN ('idle in transaction', 'idle in transaction (aborted)') AND a.state_change < now() - make_interval(mins => $1::integer) GROUP BY 1$$,
   15, 'SELECT pg_terminate_backend(pid); and a limit: ALTER SYSTEM SET idle_in_transaction_session_timeout = ''15min'';', '{"iso": "A.8.6", "ndg": 6}', '{pg_monitor}', NULL),

  ('statement-running-long', 'A statement runs for very long', 'low',
   'Does no statement run for very long?',
   'It holds its locks, keeps vacuum from its work, and may be somebody who takes everything along. The threshold is in minutes; the subject is role and database. Background workers and replication are left out, the text of the statement too: it may name patients.',
   $$SELECT a.usename || ' in ' || a.datname AS subject,
            jsonb_build_object('sessions', count(*), 'since', min(a.query_start), 'pids', jsonb_agg(a.pid ORDER BY a.pid), 'programs', jsonb_agg(DISTINCT a.application_name)) AS detail
       FROM pg_stat_activity a
      WHERE a.state = 'active' AND a.backend_type = 'client backend' AND a.query_start < now() - make_interval(mins => $1::integer) AND a.pid <> pg_backend_pid() GROUP BY 1$$,
   240, 'SELECT pg_cancel_backend(pid); and a limit for roles that need no more: ALTER ROLE … SET statement_timeout = ''1h'';', '{"iso": "A.8.16", "ndg": 6}', '{pg_monitor}', NULL),

  ('connections-near-limit', 'Nearly all connections are taken', 'high',
   'Are there free connections?',
   'When all are taken nobody gets in. The threshold is per cent of max_connections.',
   $$SELECT 'server' AS subject, jsonb_build_object('connections', count(*), 'max_connections', current_setting('max_connections')) AS detail
       FROM pg_stat_activity a WHERE a.backend_type = 'client backend'
     HAVING count(*) * 100 > $1 * current_setting('max_connections')::integer$$,
   90, 'Use a pooler; limit roles with CONNECTION LIMIT.', '{"iso": "A.8.6", "ndg": 7}', '{pg_monitor}', NULL),

  ('tablespace-inside-data-directory', 'A tablespace lies inside the data directory', 'medium',
   'Does every tablespace lie outside the data directory?',
   'It is copied twice by backups and lost with the directory.',
   $$SELECT t.spcname::text AS subject, jsonb_build_object('location', pg_tablespace_location(t.oid)) AS detail
       FROM pg_tablespace t WHERE starts_with(pg_tablespace_location(t.oid), current_setting('data_directory') || '/')$$,
   NULL, 'CREATE TABLESPACE elsewhere, ALTER TABLE … SET TABLESPACE …;', '{"iso": "A.8.9", "ndg": 7, "cis": "1.9"}', '{pg_monitor}', NULL),

  ('log-directory-inside-data-directory', 'The log lies inside the data directory', 'medium',
   'Does the log lie outside the data directory?',
   'A log that fills the disk stops the database, and whoever may read it needs a way into the data directory. Asked where the server collects its log.',
   $$SELECT 'server' AS subject, jsonb_build_object('log_directory', l.path) AS detail
       FROM (SELECT current_setting('log_directory') AS path, current_setting('data_directory') AS data) l
      WHERE current_setting('logging_collector')::boolean
        AND (l.path !~ '^(/|[A-Za-z]:)' OR starts_with(l.path || '/', rtrim(l.data, '/') || '/'))$$,
   NULL, 'ALTER SYSTEM SET log_directory = ''/var/log/postgresql''; SELECT pg_reload_conf();', '{"iso": "A.8.15", "ndg": 9, "cis": "3.1.27"}', '{pg_monitor}', NULL),

  ('protected-setting-by-alter-system', 'ALTER SYSTEM overrides a setting of the configuration file', 'medium',
   'Do settings that protect the server stand in its configuration file?',
   'postgresql.auto.conf wins over what configuration management writes: ssl, password_encryption, log_statement, shared_preload_libraries, archive_command, row_security, listen_addresses and the paths of pg_hba.conf and pg_ident.conf.',
   $$SELECT f.name AS subject, jsonb_build_object('applied', bool_or(f.applied)) AS detail
       FROM portfolio.setting_file_lines() f
      WHERE f.file LIKE '%/postgresql.auto.conf'
        AND f.name IN ('ssl', 'password_encryption', 'log_statement', 'shared_preload_libraries', 'archive_command', 'row_security', 'listen_addresses', 'hba_file', 'ident_file')
      GROUP BY f.name$$,
   NULL, 'ALTER SYSTEM RESET …; SELECT pg_reload_conf();', '{"iso": "A.8.9", "ndg": 9}', '{}', NULL),

  ('session-of-superuser-from-elsewhere', 'A superuser is logged in from another machine', 'high',
   'Is no superuser logged in from another machine?',
   'Sessions there are now, other than from this machine.',
   $$SELECT a.usename || ' from ' || host(a.client_addr) AS subject, jsonb_build_object('sessions', count(*), 'programs', jsonb_agg(DISTINCT a.application_name)) AS detail
       FROM pg_stat_activity a JOIN pg_roles r ON r.oid = a.usesysid
      WHERE r.rolsuper AND a.client_addr IS NOT NULL AND NOT a.client_addr <<= '127.0.0.0/8' AND a.client_addr <> '::1' GROUP BY 1$$,
   NULL, 'Ask who it is; then a reject rule for superusers in pg_hba.conf.', '{"iso": "A.8.16", "ndg": 6}', '{pg_monitor}',
   'It needs a session from another machine.'),

  ('session-without-encryption', 'A session from another machine is not encrypted', 'high',
   'Is every session from another machine encrypted?',
   'Neither TLS nor GSSAPI encrypts the sessions of this role from there.',
   $$SELECT a.usename || ' from ' || host(a.client_addr) AS subject, jsonb_build_object('sessions', count(*)) AS detail
       FROM pg_stat_activity a JOIN pg_stat_ssl s ON s.pid = a.pid LEFT JOIN pg_stat_gssapi g ON g.pid = a.pid
      WHERE a.client_addr IS NOT NULL AND NOT a.client_addr <<= '127.0.0.0/8' AND a.client_addr <> '::1'
        AND NOT s.ssl AND NOT coalesce(g.encrypted, false) GROUP BY 1$$,
   NULL, 'hostssl in pg_hba.conf', '{"iso": "A.8.24", "ndg": 1}', '{pg_monitor}',
   'It needs a session from another machine.'),

  ('session-with-old-tls', 'A session uses a broken version of TLS', 'medium',
   'Do all sessions use TLS 1.2 or newer?',
   'TLS 1.0 and 1.1 were withdrawn in 2021 (RFC 8996).',
   $$SELECT a.usename || coalesce(' from ' || host(a.client_addr), '') AS subject, jsonb_build_object('version', min(s.version)) AS detail
       FROM pg_stat_ssl s JOIN pg_stat_activity a ON a.pid = s.pid WHERE s.ssl AND s.version IN ('SSLv3', 'TLSv1', 'TLSv1.1') GROUP BY 1$$,
   NULL, 'ALTER SYSTEM SET ssl_min_protocol_version = ''TLSv1.2''; SELECT pg_reload_conf();', '{"iso": "A.8.24", "ndg": 9}', '{pg_monitor}',
   'Libraries of today refuse to make such a session.')
  ) AS c (code, title, severity, question, description, query, threshold, remediation, refs, needs, cannot_plant);
