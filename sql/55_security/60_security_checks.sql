-- Security checks, first part: versions, configuration files, pg_hba.conf. Subjects are stable: a rule is named by its
-- words, never by its line. $1 is the threshold.

INSERT INTO portfolio.check_definition (code, area, title, severity, question, description, query, threshold, remediation, refs, needs, author, builtin)
SELECT code, 'security', title, severity, question, description, query, threshold, remediation, refs, needs::text[], NULL, true
  FROM (VALUES
  ('minor-release-behind', 'A newer minor release of PostgreSQL is out', 'critical',
   'Is the newest minor release running?',
   'Minor releases carry security fixes. The newest one known stands in portfolio.effective_fact, topic postgresql-newest-minor.',
   $$SELECT 'PostgreSQL ' || f.key AS subject,
            jsonb_build_object('running', current_setting('server_version'), 'newest', f.key || '.' || f.value, 'known_on', f.known_on, 'source', f.source) AS detail
       FROM portfolio.effective_fact f
      WHERE f.topic = 'postgresql-newest-minor' AND f.key = (current_setting('server_version_num')::integer / 10000)::text
        AND current_setting('server_version_num')::integer % 10000 < f.value::integer$$,
   NULL::numeric, 'Install the newest minor release and restart the server.', '{"iso": "A.8.8", "ndg": 9}'::jsonb, '{}'),

  ('major-out-of-support', 'This major release of PostgreSQL is no longer supported', 'critical',
   'Is this major release still supported?',
   'No fixes come after the end of life. The threshold is the number of days before it from which the check finds it.',
   $$SELECT 'PostgreSQL ' || f.key AS subject,
            jsonb_build_object('running', current_setting('server_version'), 'end_of_life', f.value, 'known_on', f.known_on) AS detail
       FROM portfolio.effective_fact f
      WHERE f.topic = 'postgresql-end-of-life' AND f.key = (current_setting('server_version_num')::integer / 10000)::text
        AND f.value::date <= current_date + $1::integer$$,
   0, 'Upgrade to a supported major release with pg_upgrade or by dump and restore.', '{"iso": "A.8.8", "ndg": 8}', '{}'),

  ('extension-behind', 'An installed extension is older than its files on disk', 'medium',
   'Is every installed extension as new as its files on disk?',
   'The package was updated and the database was not.',
   $$SELECT x.name::text AS subject, jsonb_build_object('installed', x.installed_version, 'available', x.default_version) AS detail
       FROM pg_available_extensions x
      WHERE x.installed_version IS NOT NULL AND x.installed_version <> x.default_version$$,
   NULL, 'ALTER EXTENSION name UPDATE;', '{"iso": "A.8.8", "ndg": 9}', '{}'),

  ('extension-vulnerable', 'An installed extension has a known vulnerability', 'critical',
   'Is any installed extension older than the release that closed a known hole?',
   'First versions without the hole stand in portfolio.effective_fact, topic extension-fixed-in.',
   $$SELECT e.extname::text AS subject,
            jsonb_build_object('installed', e.extversion, 'fixed_in', f.value, 'source', f.source) AS detail
       FROM pg_extension e JOIN portfolio.effective_fact f ON f.topic = 'extension-fixed-in' AND f.key = e.extname
      CROSS JOIN LATERAL (SELECT regexp_replace(substring(e.extversion FROM '^[0-9]{1,8}(?:[.][0-9]{1,8})*'), '([.]0+)+$', '') AS installed,
                                 regexp_replace(f.value, '([.]0+)+$', '') AS fixed) v
      WHERE string_to_array(v.installed, '.')::integer[] < string_to_array(v.fixed, '.')::integer[]$$,
   NULL, 'Install the fixed package, then ALTER EXTENSION name UPDATE;', '{"iso": "A.8.8", "ndg": 9}', '{}'),

  ('restart-pending', 'A changed setting waits for a restart', 'low',
   'Does a changed setting wait for a restart?',
   'The file says one thing and the server does another until it is restarted.',
   $$SELECT s.name AS subject, jsonb_build_object('file', s.sourcefile) AS detail FROM pg_settings s WHERE s.pending_restart$$,
   NULL, 'Restart the server in the next maintenance window.', '{"iso": "A.8.9", "ndg": 9}', '{}'),

  ('configuration-error', 'A configuration file has an entry that the server cannot apply', 'medium',
   'Can the server apply every entry of its configuration files?',
   'An entry that is wrong is ignored, or stops the whole reload.',
   $$SELECT coalesce(f.name, f.error) || ' in ' || f.file AS subject,
            jsonb_build_object('lines', jsonb_agg(f.line ORDER BY f.line), 'error', min(f.error)) AS detail
       FROM portfolio.setting_file_lines() f WHERE f.error IS NOT NULL GROUP BY 1$$,
   NULL, 'Correct the entry, then SELECT pg_reload_conf();', '{"iso": "A.8.9", "ndg": 9}', '{}'),

  ('hba-trust', 'pg_hba.conf lets somebody in without any proof', 'critical',
   'Does pg_hba.conf let somebody in without any proof?',
   'Method trust asks for nothing: who reaches the port or socket is whoever he says he is.',
   $$SELECT h.rule AS subject, jsonb_build_object('lines', jsonb_agg(h.line_number ORDER BY h.line_number)) AS detail
       FROM portfolio.hba_rule h WHERE h.auth_method = 'trust' GROUP BY h.rule$$,
   NULL, 'Use scram-sha-256 or cert (peer for local sockets), then SELECT pg_reload_conf();', '{"iso": "A.8.5", "ndg": 9}', '{}'),

  ('hba-clear-text-password', 'pg_hba.conf asks for the password in clear text', 'high',
   'Does pg_hba.conf ask for a password in clear text?',
   'Method password sends it as it is; without TLS anybody on the way reads it, with TLS the server does.',
   $$SELECT h.rule AS subject, jsonb_build_object('lines', jsonb_agg(h.line_number ORDER BY h.line_number)) AS detail
       FROM portfolio.hba_rule h WHERE h.auth_method = 'password' GROUP BY h.rule$$,
   NULL, 'Use scram-sha-256, then SELECT pg_reload_conf();', '{"iso": "A.8.5", "ndg": 9}', '{}'),

  ('hba-weak-method', 'pg_hba.conf uses md5 or ident', 'high',
   'Does pg_hba.conf use md5 or ident?',
   'md5 verifiers can be replayed and broken; ident believes what the client''s machine says.',
   $$SELECT h.rule AS subject, jsonb_build_object('lines', jsonb_agg(h.line_number ORDER BY h.line_number)) AS detail
       FROM portfolio.hba_rule h WHERE h.auth_method IN ('md5', 'ident') GROUP BY h.rule$$,
   NULL, 'Set the passwords again under password_encryption = scram-sha-256 and use that method.', '{"iso": "A.8.5", "ndg": 9}', '{}'),

  ('hba-open-to-all', 'pg_hba.conf admits every address', 'high',
   'Does pg_hba.conf admit every address?',
   'Rules for address all, 0.0.0.0/0 or ::/0.',
   $$SELECT h.rule AS subject, jsonb_build_object('lines', jsonb_agg(h.line_number ORDER BY h.line_number)) AS detail
       FROM portfolio.hba_rule h WHERE h.admits_remote AND (h.address = 'all' OR h.bits = 0) GROUP BY h.rule$$,
   NULL, 'Name the networks that need it.', '{"iso": "A.8.20", "ndg": 9}', '{}'),

  ('hba-wide-network', 'pg_hba.conf admits a very wide network', 'medium',
   'Does pg_hba.conf admit a very wide network?',
   'IPv4 networks wider than /16 and IPv6 networks wider than /32. The threshold is the shortest IPv4 prefix that is fine.',
   $$SELECT h.rule AS subject, jsonb_build_object('lines', jsonb_agg(h.line_number ORDER BY h.line_number)) AS detail
       FROM portfolio.hba_rule h
      WHERE h.admits_remote AND h.bits > 0 AND h.bits < CASE family(h.network) WHEN 4 THEN $1 ELSE 2 * $1 END GROUP BY h.rule$$,
   16, 'Name the networks that need it.', '{"iso": "A.8.20", "ndg": 9}', '{}'),

  ('hba-everybody-everywhere', 'pg_hba.conf admits all users to all databases from other machines', 'high',
   'Does one rule of pg_hba.conf open every database to every role?',
   'One rule opens every database to every role.',
   $$SELECT h.rule AS subject, jsonb_build_object('lines', jsonb_agg(h.line_number ORDER BY h.line_number)) AS detail
       FROM portfolio.hba_rule h WHERE h.admits_remote AND 'all' = ANY (h.database) AND 'all' = ANY (h.user_name) GROUP BY h.rule$$,
   NULL, 'Write one rule for each database and the roles that use it.', '{"iso": "A.5.15", "ndg": 4}', '{}'),

  ('hba-remote-superuser', 'A superuser may log in from another machine', 'high',
   'Can a superuser log in from another machine?',
   'By name, by all, or as a member of a +group, for addresses that no earlier line takes. Lines are followed as the server follows them.',
   $$SELECT m.role || ': ' || m.rule AS subject, jsonb_build_object('lines', jsonb_agg(DISTINCT m.line_number), 'from', min(m.example)) AS detail
       FROM portfolio.hba_matrix() m JOIN pg_roles r ON r.rolname = m.role JOIN portfolio.hba_rule h ON h.line_number = m.line_number
      WHERE r.rolsuper AND h.admits_remote GROUP BY 1$$,
   NULL, 'Put a reject rule for superusers above the others: host all postgres all reject', '{"iso": "A.8.2", "ndg": 4}', '{}'),

  ('hba-without-encryption', 'pg_hba.conf admits other machines without encryption', 'high',
   'Does pg_hba.conf admit other machines without encryption?',
   'Types host, hostnossl and hostnogssenc let a session in that nothing encrypts.',
   $$SELECT h.rule AS subject, jsonb_build_object('lines', jsonb_agg(h.line_number ORDER BY h.line_number)) AS detail
       FROM portfolio.hba_rule h WHERE h.admits_remote AND h.type IN ('host', 'hostnossl', 'hostnogssenc') GROUP BY h.rule$$,
   NULL, 'Use hostssl (or hostgssenc), with ssl = on.', '{"iso": "A.8.24", "ndg": 1}', '{}'),

  ('hba-unreadable-line', 'pg_hba.conf has a line that the server cannot read', 'medium',
   'Can the server read every line of pg_hba.conf?',
   'With such a line no reload takes effect, and the server does not start again.',
   $$SELECT h.error AS subject, jsonb_build_object('lines', jsonb_agg(h.line_number ORDER BY h.line_number)) AS detail
       FROM portfolio.hba_rule h WHERE h.error IS NOT NULL AND h.type IS NULL GROUP BY h.error$$,
   NULL, 'Correct the line, then SELECT pg_reload_conf();', '{"iso": "A.8.9", "ndg": 9}', '{}'),

  ('hba-ldap-without-tls', 'pg_hba.conf sends passwords to a directory in clear text', 'medium',
   'Does pg_hba.conf send passwords to a directory in clear text?',
   'Method ldap without ldaptls=1 and without ldapscheme=ldaps. Minor releases that do not show ldapscheme are judged by port 636.',
   $$SELECT h.rule AS subject, jsonb_build_object('lines', jsonb_agg(h.line_number ORDER BY h.line_number)) AS detail
       FROM portfolio.hba_rule h
      WHERE h.auth_method = 'ldap' AND NOT coalesce(h.options, '{}') && ARRAY['ldaptls=1', 'ldaptls=true', 'ldapscheme=ldaps', 'ldapport=636']
      GROUP BY h.rule$$,
   NULL, 'Add ldaptls=1, or ldapscheme=ldaps.', '{"iso": "A.8.5", "ndg": 9}', '{}'),

  ('hba-replication-without-certificate', 'Replication from another machine needs no client certificate', 'medium',
   'May another machine replicate without a client certificate?',
   'A replication connection reads everything; it deserves more than a password.',
   $$SELECT h.rule AS subject, jsonb_build_object('lines', jsonb_agg(h.line_number ORDER BY h.line_number)) AS detail
       FROM portfolio.hba_rule h
      WHERE h.admits_remote AND 'replication' = ANY (h.database) AND h.auth_method NOT IN ('cert', 'gss', 'sspi')
        AND NOT coalesce(h.options, '{}') && ARRAY['clientcert=verify-full', 'clientcert=verify-ca'] GROUP BY h.rule$$,
   NULL, 'hostssl replication role address scram-sha-256 clientcert=verify-full', '{"iso": "A.8.24", "ndg": 9}', '{}'),

  ('hba-shadowed-rule', 'pg_hba.conf has a rule that nobody can meet', 'low',
   'Do earlier lines of pg_hba.conf take every connection from a later one?',
   'For every database and login role that the rule names, lines before it have taken all of its addresses and kinds of connection.',
   $$SELECT l.rule AS subject, jsonb_build_object('lines', jsonb_agg(l.line_number ORDER BY l.line_number), 'behind_lines', max(l.shadowed_by)) AS detail
       FROM portfolio.hba_line_use() l WHERE l.use = 'shadowed' GROUP BY l.rule$$,
   NULL, 'Delete the rule, or put it before those that hide it.', '{"iso": "A.8.9", "ndg": 9}', '{}'),

  ('hba-rule-for-nobody', 'pg_hba.conf has a rule for a database or role that is not there', 'low',
   'Is every line of pg_hba.conf for some database and login role that there are?',
   'What is made one day under such a name finds the door open. hostssl with ssl = off counts as well.',
   $$SELECT l.rule AS subject, jsonb_build_object('lines', jsonb_agg(l.line_number ORDER BY l.line_number)) AS detail
       FROM portfolio.hba_line_use() l WHERE l.use = 'never met' GROUP BY l.rule$$,
   NULL, 'Delete the rule.', '{"iso": "A.8.9", "ndg": 9}', '{}'),

  ('ident-map-catches-all', 'pg_ident.conf maps any operating-system user', 'medium',
   'Does pg_ident.conf map any operating-system user?',
   'A regular expression that takes names nobody has lets everybody through the map.',
   $$SELECT m.map_name || ' ' || m.sys_name || ' ' || m.pg_username AS subject,
            jsonb_build_object('lines', jsonb_agg(m.line_number ORDER BY m.line_number)) AS detail
       FROM portfolio.ident_file_lines() m
      WHERE m.error IS NULL AND m.sys_name LIKE '/%'
        AND CASE WHEN m.sys_name LIKE '/%' THEN 'qx7zzq' ~ substr(m.sys_name, 2) OR 'qx7zzq@nobody.invalid' ~ substr(m.sys_name, 2) END
      GROUP BY 1$$,
   NULL, 'Name the users, or anchor the expression to your own domain: /^(.*)@example\.nhs\.uk$', '{"iso": "A.8.5", "ndg": 4}', '{}'),

  ('password-encryption', 'New passwords are not stored as SCRAM verifiers', 'high',
   'Are new passwords stored as SCRAM verifiers, for every role and database?',
   'password_encryption of the server, or of a role or database that sets its own.',
   $$SELECT 'server' AS subject, jsonb_build_object('setting', s.reset_val) AS detail
       FROM pg_settings s
      WHERE s.name = 'password_encryption' AND s.reset_val <> 'scram-sha-256' AND s.source NOT IN ('user', 'database', 'database user')
     UNION ALL
     SELECT concat_ws(' ', 'role ' || r.rolname, 'database ' || d.datname), jsonb_build_object('setting', c.setting)
       FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
      CROSS JOIN LATERAL unnest(s.setconfig) c (setting)
      WHERE c.setting LIKE 'password_encryption=%' AND c.setting <> 'password_encryption=scram-sha-256'$$,
   NULL, 'ALTER SYSTEM SET password_encryption = ''scram-sha-256''; SELECT pg_reload_conf(); and let people set their passwords again.', '{"iso": "A.5.17", "ndg": 4}', '{}'),

  ('escalation-path', 'A role that is no superuser can become one', 'critical',
   'Does any login role have a way to superuser?',
   'The shortest way of each role, step by step, is in the detail; the subject "public" means everybody who can connect to this database.',
   $$SELECT e.role AS subject, jsonb_build_object('path', e.path, 'techniques', e.techniques, 'objects', e.objects, 'statements', e.statements) AS detail
       FROM portfolio.escalation_paths() e$$,
   NULL, 'Take away what a step needs: the grant, the ownership, or the unpinned search_path that it names.', '{"iso": "A.8.2", "ndg": 4}', '{}'),

  ('facts-stale', 'Facts about releases and vulnerabilities are old', 'medium',
   'Is what the checks know of releases and vulnerabilities recent?',
   'Checks that compare with the world are as good as what they know of it. The threshold is in days; minor releases come every quarter.',
   $$SELECT f.topic || ' ' || f.key AS subject, jsonb_build_object('known_on', f.known_on, 'source', f.source) AS detail
       FROM portfolio.effective_fact f
      WHERE f.known_on < current_date - $1::integer
        AND (f.topic NOT LIKE 'postgresql-%' OR f.key = (current_setting('server_version_num')::integer / 10000)::text)
        AND (f.topic <> 'extension-fixed-in' OR EXISTS (SELECT FROM pg_extension e WHERE e.extname = f.key))
        AND f.topic <> 'postgresql-end-of-life'
     UNION ALL
     SELECT t.topic || ' ' || current_setting('server_version_num')::integer / 10000, '{"known_on": null}'
       FROM (VALUES ('postgresql-newest-minor'), ('postgresql-end-of-life')) t (topic)
      WHERE NOT EXISTS (SELECT FROM portfolio.effective_fact f
                         WHERE f.topic = t.topic AND f.key = (current_setting('server_version_num')::integer / 10000)::text)$$,
   120, 'INSERT INTO portfolio.fact (topic, key, value, source) VALUES (''postgresql-newest-minor'', ''15'', ''...'', ''...''); or update the extension.', '{"iso": "A.5.7", "ndg": 9}', '{}')
  ) AS c (code, title, severity, question, description, query, threshold, remediation, refs, needs);
