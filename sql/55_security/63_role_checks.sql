-- Security checks of roles: who is strong, who holds what PUBLIC or a role was granted, and what passwords are kept as.
INSERT INTO portfolio.check_definition (code, area, title, severity, question, description, query, threshold, remediation, refs, needs, author, builtin)
SELECT code, 'security', title, severity, question, description, query, threshold, remediation, refs, needs::text[], NULL, true
  FROM (VALUES
  ('superusers-many', 'Too many superusers can log in', 'high',
   'Can no more superusers log in than are needed?',
   'Each of them can do everything and undo every trace of it. The threshold is how many are fine: one that works and one for emergencies.',
   $$SELECT 'superusers that can log in' AS subject, jsonb_build_object('count', count(*), 'roles', jsonb_agg(r.rolname ORDER BY r.rolname)) AS detail
       FROM pg_roles r WHERE r.rolsuper AND r.rolcanlogin HAVING count(*) > $1$$,
   2::numeric, 'ALTER ROLE … NOSUPERUSER; and GRANT what the role really needs.', '{"iso": "A.8.2", "ndg": 4, "cis": "4.3"}'::jsonb, '{}'),

  ('superuser-by-membership', 'A login role is a member of a superuser', 'high',
   'Is no login role a member of a superuser, directly or through others?',
   'SET ROLE makes it one. Memberships are followed to the end.',
   $$SELECT l.rolname::text AS subject, jsonb_build_object('superusers', jsonb_agg(s.rolname ORDER BY s.rolname)) AS detail
       FROM pg_roles l JOIN pg_roles s ON s.rolsuper AND pg_has_role(l.oid, s.oid, 'MEMBER') WHERE l.rolcanlogin AND NOT l.rolsuper
      GROUP BY l.rolname$$,
   NULL, 'REVOKE superuser FROM role;', '{"iso": "A.8.2", "ndg": 4, "cis": "4.3"}', '{}'),

  ('role-runs-server-programs', 'A role that is no superuser may run programs on the server', 'critical',
   'May no role but superusers run programs on the server?',
   'Members of pg_execute_server_program, directly or through others, act as the operating-system account of the server.',
   $$SELECT l.rolname::text AS subject, jsonb_build_object('login', l.rolcanlogin) AS detail
       FROM pg_roles l WHERE NOT l.rolsuper AND l.rolname <> 'pg_execute_server_program' AND pg_has_role(l.oid, 'pg_execute_server_program', 'MEMBER')$$,
   NULL, 'REVOKE pg_execute_server_program FROM role;', '{"iso": "A.8.18", "ndg": 4, "cis": "4.9"}', '{}'),

  ('role-writes-server-files', 'A role that is no superuser may write files of the server', 'critical',
   'May no role but superusers write files of the server?',
   'Members of pg_write_server_files, directly or through others, can write the configuration itself.',
   $$SELECT l.rolname::text AS subject, jsonb_build_object('login', l.rolcanlogin) AS detail
       FROM pg_roles l WHERE NOT l.rolsuper AND l.rolname <> 'pg_write_server_files' AND pg_has_role(l.oid, 'pg_write_server_files', 'MEMBER')$$,
   NULL, 'REVOKE pg_write_server_files FROM role;', '{"iso": "A.8.18", "ndg": 4, "cis": "4.9"}', '{}'),

  ('role-reads-server-files', 'A role that is no superuser may read files of the server', 'high',
   'May no role but superusers read files of the server?',
   'Members of pg_read_server_files, directly or through others, read pg_hba.conf, keys, and the tables themselves as files.',
   $$SELECT l.rolname::text AS subject, jsonb_build_object('login', l.rolcanlogin) AS detail
       FROM pg_roles l WHERE NOT l.rolsuper AND l.rolname <> 'pg_read_server_files' AND pg_has_role(l.oid, 'pg_read_server_files', 'MEMBER')$$,
   NULL, 'REVOKE pg_read_server_files FROM role;', '{"iso": "A.8.18", "ndg": 4, "cis": "4.9"}', '{}'),

  ('role-reads-all-data', 'A login role may read every table', 'high',
   'May no login role but superusers read every table?',
   'Members of pg_read_all_data, directly or through others, read what no grant gave them, and what will be made tomorrow.',
   $$SELECT l.rolname::text AS subject, '{}'::jsonb AS detail
       FROM pg_roles l WHERE l.rolcanlogin AND NOT l.rolsuper AND pg_has_role(l.oid, 'pg_read_all_data', 'MEMBER')$$,
   NULL, 'REVOKE pg_read_all_data FROM role; and GRANT SELECT on what it needs. A backup role: accept the risk.', '{"iso": "A.8.3", "ndg": 4}', '{}'),

  ('role-writes-all-data', 'A login role may write every table', 'high',
   'May no login role but superusers write every table?',
   'Members of pg_write_all_data, directly or through others, change and delete rows everywhere.',
   $$SELECT l.rolname::text AS subject, '{}'::jsonb AS detail
       FROM pg_roles l WHERE l.rolcanlogin AND NOT l.rolsuper AND pg_has_role(l.oid, 'pg_write_all_data', 'MEMBER')$$,
   NULL, 'REVOKE pg_write_all_data FROM role; and GRANT what it needs.', '{"iso": "A.8.3", "ndg": 4}', '{}'),

  ('role-creates-roles', 'A login role may create roles', 'high',
   'May no login role but superusers create roles?',
   'Before PostgreSQL 16 CREATEROLE reaches every role but superusers, and through predefined roles the machine; since then, every role it has ADMIN on.',
   $$SELECT r.rolname::text AS subject, '{}'::jsonb AS detail FROM pg_roles r WHERE r.rolcreaterole AND r.rolcanlogin AND NOT r.rolsuper$$,
   NULL, 'ALTER ROLE … NOCREATEROLE; and keep a NOLOGIN role for it, granted to whom it is for.', '{"iso": "A.8.2", "ndg": 4, "cis": "4.3"}', '{}'),

  ('role-creates-databases', 'A login role may create databases', 'medium',
   'May no login role but superusers create databases?',
   'It owns what it creates, beside the data of others and out of sight of their grants and backups.',
   $$SELECT r.rolname::text AS subject, '{}'::jsonb AS detail FROM pg_roles r WHERE r.rolcreatedb AND r.rolcanlogin AND NOT r.rolsuper$$,
   NULL, 'ALTER ROLE … NOCREATEDB;', '{"iso": "A.8.2", "ndg": 4, "cis": "4.3"}', '{}'),

  ('role-bypasses-row-security', 'A role that is no superuser bypasses row security', 'high',
   'Is every role but superusers bound by row security?',
   'BYPASSRLS makes every policy of every table void for the role.',
   $$SELECT r.rolname::text AS subject, jsonb_build_object('login', r.rolcanlogin) AS detail FROM pg_roles r WHERE r.rolbypassrls AND NOT r.rolsuper$$,
   NULL, 'ALTER ROLE … NOBYPASSRLS;', '{"iso": "A.8.3", "ndg": 4, "cis": "4.7"}', '{}'),

  ('replication-role-owns-objects', 'A role for replication owns objects', 'medium',
   'Do roles for replication own nothing?',
   'REPLICATION reads everything there is. A role that also works as an application gives that to whoever breaks into the application. Objects of all databases count.',
   $$SELECT r.rolname::text AS subject, jsonb_build_object('objects', count(*)) AS detail
       FROM pg_roles r JOIN pg_shdepend d ON d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid AND d.deptype = 'o'
      WHERE r.rolreplication AND NOT r.rolsuper GROUP BY r.rolname$$,
   NULL, 'Make a role for replication alone, then ALTER ROLE … NOREPLICATION on the other.', '{"iso": "A.8.2", "ndg": 4, "cis": "7.1"}', '{}'),

  ('membership-with-admin', 'A login role may pass on a membership', 'medium',
   'May no login role but superusers pass a membership on?',
   'WITH ADMIN OPTION makes members of others, without anybody else deciding. What PostgreSQL 16 and later grant to the creator of a role counts as well.',
   $$SELECT l.rolname || ' on ' || g.rolname AS subject, '{}'::jsonb AS detail
       FROM pg_auth_members m JOIN pg_roles l ON l.oid = m.member JOIN pg_roles g ON g.oid = m.roleid
      WHERE m.admin_option AND l.rolcanlogin AND NOT l.rolsuper GROUP BY 1$$,
   NULL, 'REVOKE ADMIN OPTION FOR group FROM role;', '{"iso": "A.5.18", "ndg": 4}', '{}'),

  ('login-role-has-members', 'A login role is used as a group', 'low',
   'Do only roles that cannot log in have members?',
   'Rights that are given to one person are then rights of another, and leave with neither.',
   $$SELECT g.rolname::text AS subject, jsonb_build_object('members', jsonb_agg(DISTINCT l.rolname)) AS detail
       FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid JOIN pg_roles l ON l.oid = m.member
      WHERE g.rolcanlogin GROUP BY g.rolname$$,
   NULL, 'CREATE ROLE group NOLOGIN; GRANT to it what both need, and make both members.', '{"iso": "A.5.16", "ndg": 4}', '{}'),

  ('role-without-rights', 'A login role is there for nothing', 'low',
   'Is every login role there for something?',
   'It owns nothing and was granted nothing in any database, is a member of nothing and has no setting of its own: left over, or not needed yet. It gets in all the same, to all that everybody may do. When a role logged in last PostgreSQL does not keep.',
   $$SELECT r.rolname::text AS subject, '{}'::jsonb AS detail
       FROM pg_roles r
      WHERE r.rolcanlogin AND NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls)
        AND r.oid NOT IN (SELECT d.refobjid FROM pg_shdepend d WHERE d.refclassid = 'pg_authid'::regclass)
        AND r.oid NOT IN (SELECT m.member FROM pg_auth_members m)
        AND r.oid NOT IN (SELECT s.setrole FROM pg_db_role_setting s)$$,
   NULL, 'DROP ROLE …; or ALTER ROLE … NOLOGIN;', '{"iso": "A.5.18", "ndg": 4, "cis": "4.4"}', '{}'),

  ('role-without-connection-limit', 'A login role has no limit of connections', 'low',
   'Has every login role but superusers a limit of connections?',
   'One program in a loop takes all connections, and nobody else gets in.',
   $$SELECT r.rolname::text AS subject, '{}'::jsonb AS detail FROM pg_roles r WHERE r.rolcanlogin AND r.rolconnlimit = -1 AND NOT r.rolsuper$$,
   NULL, 'ALTER ROLE … CONNECTION LIMIT 20;', '{"iso": "A.8.6", "ndg": 7, "cis": "5.5"}', '{}'),

  ('role-expired', 'A role whose password expired long ago can still log in by other means', 'medium',
   'Are roles whose time is over gone?',
   'VALID UNTIL ends the password alone: peer, cert, ldap and gss still let the role in. The threshold is in days since then.',
   $$SELECT r.rolname::text AS subject, jsonb_build_object('valid_until', r.rolvaliduntil) AS detail
       FROM pg_roles r WHERE r.rolcanlogin AND isfinite(r.rolvaliduntil) AND r.rolvaliduntil < now() - make_interval(days => $1::integer)$$,
   90, 'ALTER ROLE … NOLOGIN; and drop it when nothing is its own any more.', '{"iso": "A.5.18", "ndg": 4, "cis": "4.4"}', '{}'),

  ('role-expires-soon', 'A password ends within days', 'low',
   'Does no password end within the next days?',
   'The service that uses it stops then. The threshold is in days.',
   $$SELECT r.rolname::text AS subject, jsonb_build_object('valid_until', r.rolvaliduntil) AS detail
       FROM pg_roles r WHERE r.rolcanlogin AND r.rolvaliduntil BETWEEN now() AND now() + make_interval(days => $1::integer)$$,
   14, 'Set a new password, then ALTER ROLE … VALID UNTIL ''…'';', '{"iso": "A.5.17", "ndg": 7}', '{}'),

  ('password-never-expires', 'A password never ends', 'medium',
   'Has every password an end?',
   'Login roles but superusers that have a password and no VALID UNTIL.',
   $$SELECT r.role_name::text AS subject, '{}'::jsonb AS detail
       FROM portfolio.role_passwords() r
      WHERE r.login AND NOT r.superuser AND r.method <> 'none' AND NOT coalesce(isfinite(r.valid_until), false)$$,
   NULL, 'ALTER ROLE … VALID UNTIL ''…'';', '{"iso": "A.5.17", "ndg": 4, "cis": "5.6"}', '{}'),

  ('superuser-password-never-expires', 'A superuser''s password never ends', 'high',
   'Has every password of a superuser an end?',
   'A superuser is best without a password at all: local, by peer. One that has one needs an end of it.',
   $$SELECT r.role_name::text AS subject, '{}'::jsonb AS detail
       FROM portfolio.role_passwords() r
      WHERE r.login AND r.superuser AND r.method <> 'none' AND NOT coalesce(isfinite(r.valid_until), false)$$,
   NULL, 'ALTER ROLE … PASSWORD NULL; or ALTER ROLE … VALID UNTIL ''…'';', '{"iso": "A.8.2", "ndg": 4, "cis": "5.6"}', '{}'),

  ('password-md5', 'A password is kept as an md5 hash', 'high',
   'Is every password kept as a SCRAM verifier?',
   'Whoever reads an md5 hash can log in with it, and finds the password in hours.',
   $$SELECT r.role_name::text AS subject, jsonb_build_object('login', r.login) AS detail
       FROM portfolio.role_passwords() r WHERE r.method = 'md5'$$,
   NULL, 'SET password_encryption = ''scram-sha-256''; and set the password again: \password role', '{"iso": "A.5.17", "ndg": 4}', '{}'),

  ('password-few-iterations', 'A SCRAM verifier was made with few iterations', 'high',
   'Was every SCRAM verifier made with enough iterations?',
   'Each guess at the password costs as many. The threshold is the smallest number that is fine (RFC 7677: 4096).',
   $$SELECT r.role_name::text AS subject, jsonb_build_object('iterations', r.iterations) AS detail
       FROM portfolio.role_passwords() r WHERE r.iterations < $1$$,
   4096, 'SET scram_iterations = 4096; (PostgreSQL 16 and later) and set the password again.', '{"iso": "A.5.17", "ndg": 4}', '{}'),

  ('password-strength-unchecked', 'Weak passwords are accepted', 'medium',
   'Does the server refuse weak passwords?',
   'No module that looks at new passwords is loaded: passwordcheck or credcheck in shared_preload_libraries.',
   $$SELECT 'shared_preload_libraries' AS subject, '{}'::jsonb AS detail
      WHERE NOT EXISTS (SELECT FROM regexp_split_to_table(current_setting('shared_preload_libraries'), '[ ,"]+') l (library)
                         WHERE regexp_replace(l.library, '^.*/', '') IN ('passwordcheck', 'credcheck'))$$,
   NULL, 'shared_preload_libraries = ''…, passwordcheck'' and restart', '{"iso": "A.5.17", "ndg": 4, "cis": "5.6"}', '{pg_monitor}'),

  ('password-guessing-undelayed', 'Passwords can be guessed at full speed', 'medium',
   'Does a wrong password cost time?',
   'No module that slows down failed logins is loaded: auth_delay or credcheck in shared_preload_libraries.',
   $$SELECT 'shared_preload_libraries' AS subject, '{}'::jsonb AS detail
      WHERE NOT EXISTS (SELECT FROM regexp_split_to_table(current_setting('shared_preload_libraries'), '[ ,"]+') l (library)
                         WHERE regexp_replace(l.library, '^.*/', '') IN ('auth_delay', 'credcheck'))$$,
   NULL, 'shared_preload_libraries = ''…, auth_delay'', auth_delay.milliseconds = 500 and restart', '{"iso": "A.8.5", "ndg": 4, "cis": "5.7"}', '{pg_monitor}'),

  ('writes-not-audited', 'No record is kept of who changed data', 'high',
   'Is there a record of who changed data?',
   'Neither pgaudit with a pgaudit.log that has write, nor log_statement = mod or all.',
   $$SELECT 'server' AS subject, jsonb_build_object('log_statement', s.reset_val) AS detail
       FROM pg_settings s
      WHERE s.name = 'log_statement' AND s.source NOT IN ('user', 'database', 'database user') AND s.reset_val NOT IN ('mod', 'all')
        AND NOT (current_setting('shared_preload_libraries') ~ '(^|[ ,"/])pgaudit([ ,"]|$)'
                 AND coalesce(current_setting('pgaudit.log', true), '') ~* '(^|[ ,])(write|all)([ ,]|$)')$$,
   NULL, 'ALTER SYSTEM SET log_statement = ''mod''; SELECT pg_reload_conf(); or load pgaudit with pgaudit.log = ''ddl, role, write''', '{"iso": "A.8.15", "ndg": 4, "cis": "3.2"}', '{pg_monitor}'),

  ('audit-switched-off-for-role', 'What is logged is less for some role or database', 'high',
   'Is what is logged the same for every role and database?',
   'Settings of roles and databases that switch off pgaudit, slow statements or errors. Those that checks setting-… name are found there.',
   $$SELECT concat_ws(' ', 'role ' || r.rolname, 'database ' || d.datname) || ': ' || split_part(c.setting, '=', 1) AS subject,
            jsonb_build_object('setting', c.setting) AS detail
       FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
      CROSS JOIN LATERAL unnest(s.setconfig) c (setting)
      WHERE c.setting ~* '^(pgaudit[.]log=("?none"?|)$|pgaudit[.]log_(catalog|relation|level)=|session_preload_libraries=|log_min_duration_statement=-1$|log_min_messages=(fatal|panic)$)'$$,
   NULL, 'ALTER ROLE … RESET setting;', '{"iso": "A.8.15", "ndg": 4}', '{}'),

  ('secret-in-settings-of-role', 'A secret stands in the settings of a role or database', 'high',
   'Is there no secret in the settings of roles and databases?',
   'pg_db_role_setting can be read by everybody. Names of settings with password, secret, token, api key or private key, and values that hold password=.',
   $$SELECT concat_ws(' ', 'role ' || r.rolname, 'database ' || d.datname) || ': ' || split_part(c.setting, '=', 1) AS subject, '{}'::jsonb AS detail
       FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
      CROSS JOIN LATERAL unnest(s.setconfig) c (setting)
      WHERE split_part(c.setting, '=', 1) <> 'password_encryption'
        AND (split_part(c.setting, '=', 1) ~* '(passw(or)?d|secret|token|api_?key|private_?key)' OR c.setting ~* '=.*(passw(or)?d|secret)\s*=')$$,
   NULL, 'ALTER ROLE … RESET setting; change the secret, and keep it in a service or password file.', '{"iso": "A.5.17", "ndg": 4}', '{}'),

  ('secret-in-settings-of-server', 'A secret stands in a setting of the server', 'medium',
   'Is there no secret in the settings of the server?',
   'Settings in the configuration files that are not PostgreSQL''s own and are called password, secret, token, api key or private key: SHOW reads them for everybody. primary_conninfo with password= as well.',
   $$SELECT f.name AS subject, jsonb_build_object('files', jsonb_agg(DISTINCT f.file)) AS detail
       FROM portfolio.setting_file_lines() f
      WHERE f.is_set
        AND (f.name LIKE '%.%' AND f.name ~* '(passw(or)?d|secret|token|api_?key|private_?key)' AND f.name !~ '^(credcheck|passwordcheck)[.]'
             OR f.name = 'primary_conninfo' AND f.holds_password)
      GROUP BY f.name$$,
   NULL, 'Take it out of the file, change the secret, and keep it in a password file (0600).', '{"iso": "A.5.17", "ndg": 4}', '{}'),

  ('search-path-writable', 'A session begins with a search_path that others can write into', 'high',
   'Does every session begin with schemas that only their owners write into?',
   'A search_path of the server, a role or a database that names a schema where PUBLIC may create: what somebody puts there is found before what was meant.',
   $$WITH writable AS (
       SELECT n.nspname FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
        WHERE a.grantee = 0 AND a.privilege_type = 'CREATE')
     SELECT x.subject || ': ' || w.nspname AS subject, jsonb_build_object('search_path', x.setting) AS detail
       FROM (SELECT 'server' AS subject, s.reset_val AS setting FROM pg_settings s
              WHERE s.name = 'search_path' AND s.source NOT IN ('user', 'database', 'database user')
              UNION ALL
             SELECT concat_ws(' ', 'role ' || r.rolname, 'database ' || d.datname), substr(c.setting, length('search_path=') + 1)
               FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
              CROSS JOIN LATERAL unnest(s.setconfig) c (setting)
              WHERE c.setting LIKE 'search_path=%') x
       JOIN writable w ON w.nspname = ANY (portfolio.search_path_schemas(x.setting))$$,
   NULL, 'REVOKE CREATE ON SCHEMA … FROM PUBLIC; or ALTER ROLE … SET search_path without it', '{"iso": "A.8.28", "ndg": 4}', '{}'),

  ('public-may-connect', 'Everybody may connect to a database', 'medium',
   'Is CONNECT granted by name, in every database?',
   'CONNECT of PUBLIC is what a new database comes with. Templates and databases that take no connections are left out.',
   $$SELECT d.datname::text AS subject, '{}'::jsonb AS detail
       FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
      WHERE a.grantee = 0 AND a.privilege_type = 'CONNECT' AND d.datallowconn AND NOT d.datistemplate$$,
   NULL, 'REVOKE CONNECT ON DATABASE … FROM PUBLIC; and GRANT it to the roles that work there.', '{"iso": "A.5.15", "ndg": 4, "cis": "4.6"}', '{}'),

  ('public-may-make-temporary-tables', 'Everybody may make temporary tables in a database', 'low',
   'Is TEMPORARY granted by name, in every database?',
   'Temporary tables fill the disk, and stand before others in the search_path of functions that are not pinned.',
   $$SELECT d.datname::text AS subject, '{}'::jsonb AS detail
       FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
      WHERE a.grantee = 0 AND a.privilege_type = 'TEMPORARY' AND d.datallowconn AND NOT d.datistemplate$$,
   NULL, 'REVOKE TEMPORARY ON DATABASE … FROM PUBLIC;', '{"iso": "A.8.3", "ndg": 4}', '{}'),

  ('public-may-create-schemas', 'Everybody may create schemas in a database', 'high',
   'Is CREATE granted by name, in every database?',
   'Whoever creates a schema owns it, and may install trusted extensions.',
   $$SELECT d.datname::text AS subject, '{}'::jsonb AS detail
       FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
      WHERE a.grantee = 0 AND a.privilege_type = 'CREATE'$$,
   NULL, 'REVOKE CREATE ON DATABASE … FROM PUBLIC;', '{"iso": "A.8.3", "ndg": 4}', '{}'),

  ('public-may-create-in-schema', 'Everybody may create objects in a schema', 'high',
   'May only named roles create objects, in every schema?',
   'A function or table of anybody is then found by whoever has the schema in search_path.',
   $$SELECT n.nspname::text AS subject, '{}'::jsonb AS detail
       FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
      WHERE a.grantee = 0 AND a.privilege_type = 'CREATE'$$,
   NULL, 'REVOKE CREATE ON SCHEMA … FROM PUBLIC;', '{"iso": "A.8.3", "ndg": 4, "cis": "4.10"}', '{}'),

  ('public-may-read-table', 'Everybody may read a table or view', 'high',
   'Is reading granted by name, on every table and view?',
   'SELECT of PUBLIC on tables, views, materialised views and foreign tables that belong to no extension.',
   $$SELECT r.name AS subject, jsonb_build_object('kind', r.relkind) AS detail
       FROM portfolio.site_relation r, aclexplode(r.relacl) a
      WHERE r.relacl IS NOT NULL AND a.grantee = 0 AND a.privilege_type = 'SELECT' AND r.relkind <> 'S'$$,
   NULL, 'REVOKE SELECT ON … FROM PUBLIC;', '{"iso": "A.5.15", "ndg": 4, "cis": "4.6"}', '{}'),

  ('public-may-write-table', 'Everybody may change a table', 'critical',
   'Is writing granted by name, on every table?',
   'Any privilege of PUBLIC but SELECT, on tables, views, materialised views and foreign tables that belong to no extension.',
   $$SELECT r.name AS subject, jsonb_build_object('privileges', jsonb_agg(a.privilege_type ORDER BY a.privilege_type)) AS detail
       FROM portfolio.site_relation r, aclexplode(r.relacl) a
      WHERE r.relacl IS NOT NULL AND a.grantee = 0 AND a.privilege_type <> 'SELECT' AND r.relkind <> 'S' GROUP BY r.name$$,
   NULL, 'REVOKE ALL ON … FROM PUBLIC;', '{"iso": "A.5.15", "ndg": 4, "cis": "4.6"}', '{}'),

  ('public-may-use-sequence', 'Everybody may use a sequence', 'low',
   'Is the use of every sequence granted by name?',
   'Whoever may draw numbers can make a sequence run out, and sees how much others write.',
   $$SELECT r.name AS subject, jsonb_build_object('privileges', jsonb_agg(a.privilege_type ORDER BY a.privilege_type)) AS detail
       FROM portfolio.site_relation r, aclexplode(r.relacl) a WHERE r.relacl IS NOT NULL AND a.grantee = 0 AND r.relkind = 'S' GROUP BY r.name$$,
   NULL, 'REVOKE ALL ON SEQUENCE … FROM PUBLIC;', '{"iso": "A.5.15", "ndg": 4}', '{}'),

  ('public-holds-column', 'Everybody holds a privilege on a column', 'high',
   'Is every privilege on a column granted by name?',
   'Grants on columns are easily overlooked: they do not show in the privileges of the table.',
   $$SELECT r.name || '.' || quote_ident(t.attname) AS subject, jsonb_build_object('privileges', jsonb_agg(a.privilege_type ORDER BY a.privilege_type)) AS detail
       FROM pg_attribute t JOIN portfolio.site_relation r ON r.oid = t.attrelid, aclexplode(t.attacl) a
      WHERE t.attacl IS NOT NULL AND NOT t.attisdropped AND a.grantee = 0 GROUP BY 1$$,
   NULL, 'REVOKE ALL (column) ON table FROM PUBLIC;', '{"iso": "A.5.15", "ndg": 4}', '{}'),

  ('public-holds-large-object', 'Everybody may read or write a large object', 'high',
   'Is every privilege on a large object granted by name?',
   'Large objects are found by counting, so that a grant to PUBLIC publishes them.',
   $$SELECT 'large object ' || l.oid AS subject, jsonb_build_object('privileges', jsonb_agg(a.privilege_type ORDER BY a.privilege_type)) AS detail
       FROM pg_largeobject_metadata l, aclexplode(l.lomacl) a WHERE a.grantee = 0 GROUP BY l.oid$$,
   NULL, 'REVOKE ALL ON LARGE OBJECT … FROM PUBLIC;', '{"iso": "A.8.3", "ndg": 4}', '{}'),

  ('public-may-use-foreign-server', 'Everybody may use a foreign server', 'high',
   'Is the use of every foreign server granted by name?',
   'Anybody may then make a user mapping of his own and reach the other machine from this one.',
   $$SELECT s.srvname::text AS subject, '{}'::jsonb AS detail FROM pg_foreign_server s, aclexplode(s.srvacl) a WHERE a.grantee = 0$$,
   NULL, 'REVOKE USAGE ON FOREIGN SERVER … FROM PUBLIC;', '{"iso": "A.8.3", "ndg": 4}', '{}'),

  ('public-may-use-foreign-data-wrapper', 'Everybody may define foreign servers', 'high',
   'Is the use of every foreign-data wrapper granted by name?',
   'With USAGE on a wrapper anybody defines a server and connects from this machine to wherever he likes.',
   $$SELECT w.fdwname::text AS subject, '{}'::jsonb AS detail FROM pg_foreign_data_wrapper w, aclexplode(w.fdwacl) a WHERE a.grantee = 0$$,
   NULL, 'REVOKE USAGE ON FOREIGN DATA WRAPPER … FROM PUBLIC;', '{"iso": "A.8.3", "ndg": 4}', '{}'),

  ('default-privileges-for-public', 'What is made in future is open to everybody', 'medium',
   'Does nothing that is made in future come with grants to everybody?',
   'ALTER DEFAULT PRIVILEGES … TO PUBLIC, other than what PostgreSQL gives by itself: EXECUTE on functions and USAGE on types.',
   $$SELECT concat_ws(' ', r.rolname, 'in ' || n.nspname) || ': ' || CASE d.defaclobjtype WHEN 'r' THEN 'tables' WHEN 'S' THEN 'sequences' WHEN 'n' THEN 'schemas'
                                                                            WHEN 'f' THEN 'functions' WHEN 'T' THEN 'types' ELSE d.defaclobjtype::text END AS subject,
            jsonb_build_object('privileges', jsonb_agg(a.privilege_type ORDER BY a.privilege_type)) AS detail
       FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace, aclexplode(d.defaclacl) a
      WHERE a.grantee = 0 AND d.defaclobjtype NOT IN ('f', 'T') GROUP BY 1$$,
   NULL, 'ALTER DEFAULT PRIVILEGES FOR ROLE … REVOKE ALL ON TABLES FROM PUBLIC;', '{"iso": "A.5.15", "ndg": 4}', '{}'),

  ('system-function-granted', 'A function kept for superusers was granted', 'high',
   'Does nobody hold a function that PostgreSQL keeps for superusers?',
   'Functions of pg_catalog that initdb takes from PUBLIC, executable by a role that initdb did not name; those that only show configuration files, which some checks need, are left out.',
   $$SELECT p.oid::regprocedure || ' to ' || coalesce(r.rolname, 'PUBLIC') AS subject, '{}'::jsonb AS detail
       FROM pg_init_privs i JOIN pg_proc p ON p.oid = i.objoid, aclexplode(p.proacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
      WHERE i.classoid = 'pg_proc'::regclass AND i.privtype = 'i' AND a.grantee <> p.proowner
        AND p.proname NOT IN ('pg_hba_file_rules', 'pg_ident_file_mappings', 'pg_show_all_file_settings')
        AND NOT EXISTS (SELECT FROM aclexplode(i.initprivs) b WHERE b.grantee = a.grantee)
      GROUP BY 1$$,
   NULL, 'REVOKE EXECUTE ON FUNCTION … FROM role;', '{"iso": "A.8.18", "ndg": 4, "cis": "4.5"}', '{}'),

  ('system-catalog-granted', 'A system catalog with secrets was granted', 'high',
   'Does nobody hold a system catalog that PostgreSQL keeps for superusers?',
   'Catalogs and views of pg_catalog on which a role holds what initdb did not give: verifiers of passwords (pg_authid, pg_shadow), values of columns (pg_statistic), connection strings (pg_subscription). Views of configuration files, which some checks need, are left out.',
   $$SELECT c.relname || ' to ' || coalesce(r.rolname, 'PUBLIC') AS subject, jsonb_build_object('privileges', jsonb_agg(a.privilege_type ORDER BY a.privilege_type)) AS detail
       FROM pg_class c JOIN pg_init_privs i ON i.classoid = 'pg_class'::regclass AND i.objoid = c.oid AND i.objsubid = 0 AND i.privtype = 'i',
            aclexplode(c.relacl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
      WHERE c.relnamespace = 'pg_catalog'::regnamespace AND a.grantee <> c.relowner
        AND c.relname NOT IN ('pg_hba_file_rules', 'pg_ident_file_mappings', 'pg_file_settings')
        AND NOT EXISTS (SELECT FROM aclexplode(i.initprivs) b WHERE b.grantee = a.grantee AND b.privilege_type = a.privilege_type)
      GROUP BY c.relname, r.rolname$$,
   NULL, 'REVOKE ALL ON pg_catalog.… FROM role;', '{"iso": "A.8.3", "ndg": 4}', '{}'),

  ('setting-granted', 'A role may change a setting kept for superusers', 'high',
   'May no role change settings that PostgreSQL keeps for superusers?',
   'GRANT SET or ALTER SYSTEM ON PARAMETER: with session_preload_libraries or archive_command that is the operating-system account, with log_statement it is silence.',
   $$SELECT p.parname || ' to ' || coalesce(r.rolname, 'PUBLIC') AS subject, jsonb_build_object('privileges', jsonb_agg(a.privilege_type ORDER BY a.privilege_type)) AS detail
       FROM pg_parameter_acl p, aclexplode(p.paracl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
      WHERE a.grantee <> 10 GROUP BY p.parname, r.rolname$$,
   NULL, 'REVOKE ALL ON PARAMETER … FROM role;', '{"iso": "A.8.18", "ndg": 4}', '{}'),

  ('grant-option', 'A role may pass on a privilege', 'medium',
   'Can only owners grant privileges on tables?',
   'WITH GRANT OPTION on tables, views and sequences: who holds what is then decided by others than the owner.',
   $$SELECT r.name || ' to ' || g.rolname AS subject, jsonb_build_object('privileges', jsonb_agg(a.privilege_type ORDER BY a.privilege_type)) AS detail
       FROM portfolio.site_relation r, aclexplode(r.relacl) a JOIN pg_roles g ON g.oid = a.grantee
      WHERE r.relacl IS NOT NULL AND a.is_grantable AND a.grantee <> r.relowner GROUP BY r.name, g.rolname$$,
   NULL, 'REVOKE GRANT OPTION FOR ALL ON … FROM role;', '{"iso": "A.5.18", "ndg": 4}', '{}'),

  ('owner-can-log-in', 'An application logs in as the owner of its tables', 'medium',
   'Is every table owned by a role that cannot log in?',
   'An owner drops tables and policies, switches triggers off and grants to anybody; an application needs none of that. Superusers are another check''s.',
   $$SELECT o.rolname::text AS subject, jsonb_build_object('relations', count(*), 'first', min(format('%I.%I', n.nspname, r.relname))) AS detail
       FROM portfolio.site_relation r JOIN pg_roles o ON o.oid = r.relowner JOIN pg_namespace n ON n.oid = r.relnamespace
      WHERE o.rolcanlogin AND NOT o.rolsuper GROUP BY o.rolname$$,
   NULL, 'CREATE ROLE owner NOLOGIN; REASSIGN OWNED BY role TO owner; and GRANT to the role what it uses.', '{"iso": "A.8.2", "ndg": 4}', '{}'),

  ('superuser-owns-objects', 'A superuser owns tables of an application', 'medium',
   'Is no table of an application owned by a superuser?',
   'Its triggers, views and defaults then run with all rights there are. The subject is owner and schema.',
   $$SELECT o.rolname || ' in ' || n.nspname AS subject, jsonb_build_object('relations', count(*), 'first', min(quote_ident(r.relname))) AS detail
       FROM portfolio.site_relation r JOIN pg_roles o ON o.oid = r.relowner JOIN pg_namespace n ON n.oid = r.relnamespace
      WHERE o.rolsuper GROUP BY o.rolname, n.nspname$$,
   NULL, 'CREATE ROLE owner NOLOGIN; ALTER TABLE … OWNER TO owner;', '{"iso": "A.8.2", "ndg": 4}', '{}'),

  ('database-owner-can-log-in', 'A database is owned by a role that logs in', 'high',
   'Is every database owned by a role that cannot log in, or a superuser?',
   'The owner creates schemas, installs trusted extensions, changes settings of the database and drops it.',
   $$SELECT d.datname::text AS subject, jsonb_build_object('owner', r.rolname) AS detail
       FROM pg_database d JOIN pg_roles r ON r.oid = d.datdba WHERE r.rolcanlogin AND NOT r.rolsuper$$,
   NULL, 'CREATE ROLE owner NOLOGIN; ALTER DATABASE … OWNER TO owner;', '{"iso": "A.8.2", "ndg": 4}', '{}'),

  ('schema-owner-can-log-in', 'A schema is owned by a role that logs in', 'medium',
   'Is every schema owned by a role that cannot log in, or a superuser?',
   'The owner puts whatever he likes into the search_path of those who use the schema.',
   $$SELECT n.nspname::text AS subject, jsonb_build_object('owner', r.rolname) AS detail
       FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner
      WHERE n.oid >= 16384 AND n.nspname !~ '^pg_' AND r.rolcanlogin AND NOT r.rolsuper$$,
   NULL, 'CREATE ROLE owner NOLOGIN; ALTER SCHEMA … OWNER TO owner;', '{"iso": "A.8.2", "ndg": 4}', '{}')
  ) AS c (code, title, severity, question, description, query, threshold, remediation, refs, needs);
