-- Security checks of extensions, libraries and connections to other servers.
INSERT INTO portfolio.check_definition (code, area, title, severity, question, description, query, remediation, refs, needs, author, builtin)
SELECT code, 'security', title, severity, question, description, query, remediation, refs, needs::text[], NULL, true
  FROM (VALUES
  ('extension-in-public', 'An extension is installed in schema public', 'medium',
   'Has every extension a schema of its own?',
   'Its functions and operators stand in everybody''s search_path, beside tables of applications.',
   $$SELECT e.extname::text AS subject, jsonb_build_object('version', e.extversion) AS detail
       FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE n.nspname = 'public'$$,
   'ALTER EXTENSION … SET SCHEMA …;', '{"iso": "A.8.19", "ndg": 9, "peer": "splinter 0014"}'::jsonb, '{}'),

  ('extension-risky', 'An extension that reaches files, pages or other servers is installed', 'medium',
   'Is no extension installed that reaches files, pages or other servers?',
   'adminpack, dblink, file_fdw, lo, old_snapshot, pageinspect, pg_surgery, plperlu, plpython3u, pltclu, refint and xml2. Accept the risk where one is needed.',
   $$SELECT e.extname::text AS subject, jsonb_build_object('version', e.extversion, 'owner', e.extowner::regrole) AS detail
       FROM pg_extension e
      WHERE e.extname IN ('adminpack', 'dblink', 'file_fdw', 'lo', 'old_snapshot', 'pageinspect', 'pg_surgery', 'plperlu', 'plpython3u', 'pltclu', 'refint', 'xml2')$$,
   'DROP EXTENSION …;', '{"iso": "A.8.19", "ndg": 9, "cis": "1.8"}', '{}'),

  ('extension-not-approved', 'An extension is installed that this site has not approved', 'medium',
   'Is every installed extension approved?',
   'Asked where the site keeps a list: rows of portfolio.fact with topic extension-approved and the extension as key. plpgsql and this extension need no row.',
   $$SELECT e.extname::text AS subject, jsonb_build_object('version', e.extversion) AS detail
       FROM pg_extension e
      WHERE e.extname NOT IN ('plpgsql', 'pg_portfolio')
        AND EXISTS (SELECT FROM portfolio.effective_fact f WHERE f.topic = 'extension-approved')
        AND NOT EXISTS (SELECT FROM portfolio.effective_fact f WHERE f.topic = 'extension-approved' AND f.key = e.extname)$$,
   'INSERT INTO portfolio.fact (topic, key, value, source) VALUES (''extension-approved'', ''…'', ''yes'', ''…''); or DROP EXTENSION …;', '{"iso": "A.8.19", "ndg": 9, "cis": "1.8"}', '{}'),

  ('extension-owner-can-log-in', 'An extension is owned by a role that logs in', 'medium',
   'Is every extension owned by a superuser or a role that cannot log in?',
   'The owner updates and drops it.',
   $$SELECT e.extname::text AS subject, jsonb_build_object('owner', r.rolname) AS detail
       FROM pg_extension e JOIN pg_roles r ON r.oid = e.extowner WHERE r.rolcanlogin AND NOT r.rolsuper$$,
   'Drop it and create it again as a role that cannot log in.', '{"iso": "A.8.2", "ndg": 4}', '{}'),

  ('extension-member-changed-hands', 'A function or table of an extension belongs to somebody else', 'high',
   'Does everything in an extension belong to the owner of the extension or a superuser?',
   'Whoever owns a member may replace it; updates of the extension then run what he put there.',
   $$SELECT e.extname || ': ' || x.name AS subject, jsonb_build_object('owner', o.rolname) AS detail
       FROM pg_extension e
       JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
       JOIN LATERAL (SELECT p.proowner AS owner, p.oid::regprocedure::text AS name FROM pg_proc p WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid
                      UNION ALL
                     SELECT c.relowner, c.oid::regclass::text FROM pg_class c WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid) x ON x.owner <> e.extowner
       JOIN pg_roles o ON o.oid = x.owner AND NOT o.rolsuper$$,
   'ALTER FUNCTION … OWNER TO owner_of_the_extension; after reading it', '{"iso": "A.8.9", "ndg": 9}', '{}'),

  ('extension-opened-to-everybody', 'Everybody holds more on a member of an extension than it came with', 'high',
   'Does PUBLIC hold no more on extensions than they came with?',
   'Functions and relations of extensions that PUBLIC was given later, by pg_init_privs.',
   $$SELECT e.extname || ': ' || x.name AS subject, jsonb_build_object('privileges', jsonb_agg(a.privilege_type ORDER BY a.privilege_type)) AS detail
       FROM pg_extension e
       JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
       JOIN LATERAL (SELECT p.proacl AS acl, acldefault('f', p.proowner) AS usual, p.oid::regprocedure::text AS name FROM pg_proc p
                      WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND p.proacl IS NOT NULL
                      UNION ALL
                     SELECT c.relacl, acldefault('r', c.relowner), c.oid::regclass::text FROM pg_class c
                      WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relacl IS NOT NULL) x ON true
       LEFT JOIN pg_init_privs i ON i.classoid = d.classid AND i.objoid = d.objid AND i.objsubid = 0
      CROSS JOIN LATERAL aclexplode(x.acl) a
      WHERE a.grantee = 0
        AND NOT EXISTS (SELECT FROM aclexplode(coalesce(i.initprivs, x.usual)) b WHERE b.grantee = 0 AND b.privilege_type = a.privilege_type)
      GROUP BY 1$$,
   'REVOKE … FROM PUBLIC;', '{"iso": "A.8.3", "ndg": 4}', '{}'),

  ('library-outside-directory', 'A library is loaded from outside the directory of PostgreSQL', 'high',
   'Do all libraries that are loaded at the start come from the directory of PostgreSQL?',
   'Names with a path, other than $libdir, in shared_preload_libraries, session_preload_libraries and local_preload_libraries of the server, a role or a database.',
   $$SELECT x.subject || ': ' || l.library AS subject, '{}'::jsonb AS detail
       FROM (SELECT s.name AS subject, s.reset_val AS libraries FROM pg_settings s
              WHERE s.name IN ('shared_preload_libraries', 'session_preload_libraries', 'local_preload_libraries') AND s.source NOT IN ('user', 'database', 'database user')
              UNION ALL
             SELECT concat_ws(' ', 'role ' || r.rolname, 'database ' || d.datname), split_part(c.setting, '=', 2)
               FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
              CROSS JOIN LATERAL unnest(s.setconfig) c (setting)
              WHERE c.setting ~ '^(session|local)_preload_libraries=') x
      CROSS JOIN LATERAL regexp_split_to_table(x.libraries, '[ ,"]+') l (library)
      WHERE l.library LIKE '%/%' AND l.library !~ '^[$]libdir/(plugins/)?[^/]+$'$$,
   'Take it out, or install it with the packages of PostgreSQL; then restart.', '{"iso": "A.8.19", "ndg": 9, "cis": "6.3"}', '{pg_monitor}'),

  ('library-not-approved', 'A library is loaded that this site has not approved', 'medium',
   'Is every library that is loaded at the start approved?',
   'Asked where the site keeps a list: rows of portfolio.fact with topic library-approved and the library as key, without its path. Libraries in shared_preload_libraries, session_preload_libraries and local_preload_libraries of the server, a role or a database. This extension needs no row.',
   $$SELECT x.subject || ': ' || b.name AS subject, '{}'::jsonb AS detail
       FROM (SELECT s.name AS subject, s.reset_val AS libraries FROM pg_settings s
              WHERE s.name IN ('shared_preload_libraries', 'session_preload_libraries', 'local_preload_libraries') AND s.source NOT IN ('user', 'database', 'database user')
              UNION ALL
             SELECT concat_ws(' ', 'role ' || r.rolname, 'database ' || d.datname), split_part(c.setting, '=', 2)
               FROM pg_db_role_setting s LEFT JOIN pg_roles r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
              CROSS JOIN LATERAL unnest(s.setconfig) c (setting)
              WHERE c.setting ~ '^(session|local)_preload_libraries=') x
      CROSS JOIN LATERAL regexp_split_to_table(x.libraries, '[ ,"]+') l (library)
      CROSS JOIN LATERAL (SELECT regexp_replace(regexp_replace(l.library, '^.*/', ''), '[.](so|dll|dylib)$', '') AS name) b
      WHERE b.name NOT IN ('', 'pg_portfolio')
        AND EXISTS (SELECT FROM portfolio.effective_fact f WHERE f.topic = 'library-approved')
        AND NOT EXISTS (SELECT FROM portfolio.effective_fact f WHERE f.topic = 'library-approved' AND f.key = b.name)
      GROUP BY 1$$,
   'INSERT INTO portfolio.fact (topic, key, value, source) VALUES (''library-approved'', ''…'', ''yes'', ''…''); or take it out and restart', '{"iso": "A.8.19", "ndg": 9, "cis": "6.3"}', '{pg_monitor}'),

  ('foreign-server-unverified', 'A foreign server is reached without proof of who it is', 'high',
   'Is every foreign server reached with sslmode = verify-full?',
   'Without it anybody on the way can be the other server and take the password. Servers of postgres_fdw and dblink_fdw that are reached by a socket are left out.',
   $$SELECT s.srvname::text AS subject, jsonb_build_object('wrapper', w.fdwname) AS detail
       FROM pg_foreign_server s JOIN pg_foreign_data_wrapper w ON w.oid = s.srvfdw
      WHERE w.fdwname IN ('postgres_fdw', 'dblink_fdw')
        AND NOT EXISTS (SELECT FROM pg_options_to_table(s.srvoptions) o WHERE o.option_name = 'sslmode' AND o.option_value = 'verify-full')
        AND EXISTS (SELECT FROM pg_options_to_table(s.srvoptions) o WHERE o.option_name IN ('host', 'hostaddr') AND o.option_value !~ '^/' OR o.option_name = 'service')$$,
   'ALTER SERVER … OPTIONS (ADD sslmode ''verify-full'', ADD sslrootcert ''…'');', '{"iso": "A.8.24", "ndg": 9}', '{}'),

  ('user-mapping-with-password', 'A password for another server stands in the catalog', 'high',
   'Is no password kept in a user mapping?',
   'It is there in clear text, and in every dump.',
   $$SELECT m.server || ' for ' || coalesce(m.role, 'PUBLIC') AS subject, '{}'::jsonb AS detail
       FROM portfolio.user_mapping_options() m WHERE m.has_password$$,
   'ALTER USER MAPPING … OPTIONS (DROP password); and use a password file, a certificate or GSSAPI.', '{"iso": "A.5.17", "ndg": 4}', '{}'),

  ('user-mapping-without-password-required', 'A foreign server is reached with the rights of this one', 'high',
   'Do user mappings ask for a password of the user''s own?',
   'With password_required false the connection is made as the operating-system account of the server: peer and trust of the other side let it in.',
   $$SELECT m.server || ' for ' || coalesce(m.role, 'PUBLIC') AS subject, '{}'::jsonb AS detail
       FROM portfolio.user_mapping_options() m WHERE NOT m.password_required$$,
   'ALTER USER MAPPING … OPTIONS (SET password_required ''true'');', '{"iso": "A.8.5", "ndg": 4}', '{}'),

  ('user-mapping-for-everybody', 'Everybody reaches another server with one account', 'medium',
   'Has every user mapping a role?',
   'A mapping FOR PUBLIC gives one account on the other side to all; its log does not tell who it was.',
   $$SELECT m.srvname::text AS subject, '{}'::jsonb AS detail FROM pg_user_mappings m WHERE m.umuser = 0$$,
   'DROP USER MAPPING FOR PUBLIC SERVER …; and one for each role that needs it.', '{"iso": "A.5.16", "ndg": 4}', '{}'),

  ('subscription-unverified', 'A publisher is reached without proof of who it is', 'high',
   'Is every publisher reached with sslmode = verify-full?',
   'What the other side sends is written into our tables. Subscriptions by a socket are left out.',
   $$SELECT s.subscription::text AS subject, '{}'::jsonb AS detail
       FROM portfolio.subscription_options() s WHERE NOT s.verified AND NOT s.by_socket$$,
   'ALTER SUBSCRIPTION … CONNECTION ''… sslmode=verify-full'';', '{"iso": "A.8.24", "ndg": 9}', '{}'),

  ('subscription-with-password', 'A password for the publisher stands in the catalog', 'high',
   'Is no password kept in a subscription?',
   'It is there in clear text, and in every dump.',
   $$SELECT s.subscription::text AS subject, '{}'::jsonb AS detail FROM portfolio.subscription_options() s WHERE s.has_password$$,
   'ALTER SUBSCRIPTION … CONNECTION ''… passfile=…'';', '{"iso": "A.5.17", "ndg": 4}', '{}'),

  ('subscription-switched-off', 'A subscription receives nothing', 'medium',
   'Does every subscription receive?',
   'A subscription that is switched off keeps WAL on the publisher until its disk is full. Subscriptions without a slot are left out.',
   $$SELECT s.subname::text AS subject, '{}'::jsonb AS detail FROM pg_subscription s WHERE NOT s.subenabled AND s.subslotname IS NOT NULL$$,
   'ALTER SUBSCRIPTION … ENABLE; or DROP SUBSCRIPTION …;', '{"iso": "A.8.6", "ndg": 7}', '{}'),

  -- The table is there where pg_cron is; the one that the extension made is asked, and no other of its name.
  ('cron-job-of-superuser', 'A job of pg_cron runs as a superuser', 'high',
   'Does no job of pg_cron run as a superuser, or as a role that is gone?',
   'Whoever may change what such a job calls is superuser. Asked in the database where pg_cron is installed. A role that sees its own jobs only cannot answer: an owner of the table can, or BYPASSRLS.',
   $$SELECT format('job %s of %s', j.job ->> 'jobid', j.job ->> 'username') AS subject,
            jsonb_build_object('name', j.job ->> 'jobname', 'database', j.job ->> 'database', 'role_exists', r.oid IS NOT NULL) AS detail
       FROM pg_extension e
       JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = 'pg_class'::regclass
       JOIN pg_class c ON c.oid = d.objid AND c.relname = 'job' AND c.relkind = 'r'
      CROSS JOIN LATERAL query_to_xml(format('SELECT to_jsonb(j) AS job FROM %s j WHERE j.active', c.oid::regclass), false, false, '') x (doc)
      CROSS JOIN LATERAL xmltable('/table/row' PASSING x.doc COLUMNS job jsonb) j
       LEFT JOIN pg_roles r ON r.rolname = j.job ->> 'username'
      WHERE e.extname = 'pg_cron' AND coalesce(r.rolsuper, true)$$,
   'SELECT cron.unschedule(…); and schedule it as a role with the rights that it needs.', '{"iso": "A.8.18", "ndg": 4}', '{}')
  ) AS c (code, title, severity, question, description, query, remediation, refs, needs);
