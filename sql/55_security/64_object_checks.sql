-- Security checks of what a site made: functions, row security, views, triggers, columns. What belongs to extensions is left out.
INSERT INTO portfolio.check_definition (code, area, title, severity, question, description, query, remediation, refs, author, builtin)
SELECT code, 'security', title, severity, question, description, query, remediation, refs, NULL, true
  FROM (VALUES
  -- functions
  ('definer-without-search-path', 'A SECURITY DEFINER function takes the search_path of its caller', 'critical',
   'Has every SECURITY DEFINER function a search_path of its own?',
   'The caller puts a function or table of his own before those that were meant, and it runs with the owner''s rights.',
   $$SELECT f.name AS subject, jsonb_build_object('owner', f.proowner::regrole) AS detail
       FROM portfolio.site_function f
      WHERE f.prosecdef AND NOT f.parsed AND NOT EXISTS (SELECT FROM unnest(f.proconfig) c (setting) WHERE c.setting LIKE 'search_path=%')$$,
   'ALTER FUNCTION … SET search_path = pg_catalog, pg_temp;', '{"iso": "A.8.28", "ndg": 4, "peer": "splinter 0011, pgspot PS003"}'::jsonb),

  ('definer-finds-temporary-objects', 'A SECURITY DEFINER function looks into pg_temp first', 'high',
   'Is pg_temp the last schema of every SECURITY DEFINER function?',
   'Where search_path does not name it last, PostgreSQL looks for tables and types in the caller''s temporary schema first.',
   $$SELECT f.name AS subject, jsonb_build_object('search_path', x.setting) AS detail
       FROM portfolio.site_function f
      CROSS JOIN LATERAL (SELECT substr(c.setting, length('search_path=') + 1) AS setting FROM unnest(f.proconfig) c (setting) WHERE c.setting LIKE 'search_path=%') x
      WHERE f.prosecdef AND x.setting !~* '(^|,)\s*"?pg_temp"?\s*$'$$,
   'ALTER FUNCTION … SET search_path = …, pg_temp;', '{"iso": "A.8.28", "ndg": 4, "peer": "pgspot PS004"}'),

  ('definer-search-path-writable', 'Others may create objects where a SECURITY DEFINER function looks for them', 'critical',
   'Do SECURITY DEFINER functions look only where nobody else may create objects?',
   'The search_path of the function names a schema where PUBLIC or a role that is neither its owner nor a superuser may create.',
   $$SELECT f.name || ': ' || n.nspname AS subject, jsonb_build_object('writers', jsonb_agg(DISTINCT coalesce(g.rolname, 'PUBLIC'))) AS detail
       FROM portfolio.site_function f
      CROSS JOIN LATERAL (SELECT portfolio.search_path_schemas(substr(c.setting, length('search_path=') + 1)) AS schemas
                            FROM unnest(f.proconfig) c (setting) WHERE c.setting LIKE 'search_path=%') x
       JOIN pg_namespace n ON n.nspname = ANY (x.schemas)
      CROSS JOIN LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
       LEFT JOIN pg_roles g ON g.oid = a.grantee
      WHERE f.prosecdef AND a.privilege_type = 'CREATE' AND a.grantee <> f.proowner
        AND (a.grantee = 0 OR NOT g.rolsuper AND g.rolname <> 'pg_database_owner')
      GROUP BY f.name, n.nspname$$,
   'ALTER FUNCTION … SET search_path = pg_catalog, pg_temp; and write names with their schema.', '{"iso": "A.8.28", "ndg": 4, "peer": "pgspot PS004"}'),

  ('definer-of-superuser-for-everybody', 'Everybody may call a function that runs as superuser', 'high',
   'Is every function that runs as superuser granted by name?',
   'A SECURITY DEFINER function of a superuser that PUBLIC may execute, as PUBLIC may execute every new function.',
   $$SELECT f.name AS subject, jsonb_build_object('owner', o.rolname) AS detail
       FROM portfolio.site_function f JOIN pg_roles o ON o.oid = f.proowner
      WHERE f.prosecdef AND o.rolsuper AND EXISTS (SELECT FROM aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a WHERE a.grantee = 0)$$,
   'REVOKE EXECUTE ON FUNCTION … FROM PUBLIC; better still, give it to an owner that can do less.', '{"iso": "A.8.2", "ndg": 4, "peer": "splinter 0028"}'),

  ('definer-puts-sql-together', 'A SECURITY DEFINER function puts SQL together without quoting', 'high',
   'Does every SECURITY DEFINER function quote what it puts into SQL?',
   'EXECUTE of a text with || in PL/pgSQL, and no quote_ident, quote_literal, quote_nullable, format or USING in the body: the caller may write the rest of the statement.',
   $$SELECT f.name AS subject, jsonb_build_object('owner', f.proowner::regrole) AS detail
       FROM portfolio.site_function f JOIN pg_language l ON l.oid = f.prolang
      WHERE l.lanname = 'plpgsql' AND f.prosecdef AND f.prosrc ~* '\mexecute\s+[^;]*[|][|]'
        AND f.prosrc !~* '\m(quote_ident|quote_literal|quote_nullable|format)\s*[(]'$$,
   'EXECUTE format(''… %I … %L …'', name, value) or EXECUTE … USING value', '{"iso": "A.8.28", "ndg": 4}'),

  ('function-leakproof', 'A function of the site is said not to leak', 'high',
   'Is no function of the site LEAKPROOF?',
   'A LEAKPROOF function sees rows before policies and security barriers have hidden them; only a superuser can say so, and few functions keep it.',
   $$SELECT f.name AS subject, jsonb_build_object('owner', f.proowner::regrole) AS detail FROM portfolio.site_function f WHERE f.proleakproof$$,
   'ALTER FUNCTION … NOT LEAKPROOF;', '{"iso": "A.8.28", "ndg": 4}'),

  ('language-untrusted', 'An untrusted language is installed', 'high',
   'Are all languages that functions are written in trusted?',
   'A function in an untrusted language is a program of the operating-system account of the server.',
   $$SELECT l.lanname::text AS subject, '{}'::jsonb AS detail FROM pg_language l WHERE NOT l.lanpltrusted AND l.lanname NOT IN ('internal', 'c')$$,
   'DROP EXTENSION plpython3u; or the language''s own.', '{"iso": "A.8.19", "ndg": 9}'),

  ('function-untrusted', 'A function in C or an untrusted language belongs to no extension', 'high',
   'Does every function in C or an untrusted language belong to an extension?',
   'Nobody packaged, versioned or updates it; it runs as the operating-system account of the server.',
   $$SELECT f.name AS subject, jsonb_build_object('language', l.lanname, 'owner', f.proowner::regrole) AS detail
       FROM portfolio.site_function f JOIN pg_language l ON l.oid = f.prolang WHERE NOT l.lanpltrusted AND l.lanname <> 'internal'$$,
   'DROP FUNCTION …; or package it as an extension.', '{"iso": "A.8.19", "ndg": 9}'),

  ('function-internal-copied', 'A function of the server has a second name', 'high',
   'Has no function of the server a second name with grants of its own?',
   'LANGUAGE internal reaches everything that is built in, past the grants of pg_catalog.',
   $$SELECT f.name AS subject, jsonb_build_object('builtin', f.prosrc, 'owner', f.proowner::regrole) AS detail
       FROM portfolio.site_function f JOIN pg_language l ON l.oid = f.prolang WHERE l.lanname = 'internal'$$,
   'DROP FUNCTION …;', '{"iso": "A.8.19", "ndg": 9}'),

  ('function-shadows-system', 'A function can be taken for one of PostgreSQL''s', 'medium',
   'Has no function the name and number of arguments of one of PostgreSQL''s?',
   'Where its types fit better than those of pg_catalog, unqualified calls go to it (CVE-2018-1058). Functions of superusers and those with the very same types, which are never found before the server''s, are left out.',
   $$SELECT f.name AS subject, jsonb_build_object('owner', o.rolname) AS detail
       FROM portfolio.site_function f JOIN pg_roles o ON o.oid = f.proowner JOIN pg_proc me ON me.oid = f.oid
      WHERE NOT o.rolsuper AND f.prokind IN ('f', 'a')
        AND EXISTS (SELECT FROM pg_proc s WHERE s.pronamespace = 'pg_catalog'::regnamespace AND s.proname = f.proname AND s.pronargs = f.pronargs)
        AND NOT EXISTS (SELECT FROM pg_proc s WHERE s.pronamespace = 'pg_catalog'::regnamespace AND s.proname = f.proname AND s.proargtypes = me.proargtypes)$$,
   'ALTER FUNCTION … RENAME TO …;', '{"iso": "A.8.28", "ndg": 9}'),

  ('operator-shadows-system', 'An operator can be taken for one of PostgreSQL''s', 'high',
   'Has no operator on built-in types the name of one of PostgreSQL''s?',
   'An expression as harmless as a = b then calls a function of the site. Operators on types of one''s own are left out.',
   $$SELECT o.oid::regoperator::text AS subject, jsonb_build_object('function', o.oprcode::regprocedure, 'owner', o.oprowner::regrole) AS detail
       FROM pg_operator o
      WHERE o.oid >= 16384 AND o.oprleft < 16384 AND o.oprright < 16384
        AND EXISTS (SELECT FROM pg_operator s WHERE s.oprnamespace = 'pg_catalog'::regnamespace AND s.oprname = o.oprname)
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.classid = 'pg_operator'::regclass AND d.objid = o.oid)$$,
   'DROP OPERATOR …;', '{"iso": "A.8.28", "ndg": 9}'),

  ('relation-shadows-system', 'A table or view has the name of a system catalog', 'medium',
   'Has no table or view the name of a system catalog or system view?',
   'Where pg_catalog is not first in search_path, queries of monitors and checks read it instead.',
   $$SELECT r.name AS subject, jsonb_build_object('owner', r.relowner::regrole) AS detail
       FROM portfolio.site_relation r
      WHERE EXISTS (SELECT FROM pg_class s WHERE s.relnamespace = 'pg_catalog'::regnamespace AND s.relname = r.relname)$$,
   'ALTER TABLE … RENAME TO …;', '{"iso": "A.8.28", "ndg": 9}'),

  ('cast-implicit', 'A cast between built-in types works without being asked for', 'medium',
   'Are there only PostgreSQL''s own casts between built-in types?',
   'CREATE CAST … AS IMPLICIT or AS ASSIGNMENT changes what existing queries mean, for everybody.',
   $$SELECT format_type(c.castsource, NULL) || ' to ' || format_type(c.casttarget, NULL) AS subject,
            jsonb_build_object('function', nullif(c.castfunc, 0)::regprocedure, 'context', c.castcontext) AS detail
       FROM pg_cast c
      WHERE c.oid >= 16384 AND c.castsource < 16384 AND c.casttarget < 16384 AND c.castcontext <> 'e'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.classid = 'pg_cast'::regclass AND d.objid = c.oid)$$,
   'DROP CAST (… AS …);', '{"iso": "A.8.28", "ndg": 9}'),

  ('index-function-unpinned', 'An index or constraint calls a function whose meaning depends on search_path', 'medium',
   'Do indexes and constraints call only functions with a search_path of their own?',
   'VACUUM, ANALYZE, REINDEX and restore run it with another search_path than the application: the index goes wrong or the restore fails. SQL and PL/pgSQL functions, unless BEGIN ATOMIC.',
   $$SELECT f.name AS subject, jsonb_build_object('used_by', jsonb_agg(DISTINCT pg_describe_object(d.classid, d.objid, 0))) AS detail
       FROM portfolio.site_function f JOIN pg_language l ON l.oid = f.prolang
       JOIN pg_depend d ON d.refclassid = 'pg_proc'::regclass AND d.refobjid = f.oid
      WHERE l.lanname IN ('sql', 'plpgsql') AND NOT f.parsed
        AND (d.classid = 'pg_constraint'::regclass OR d.classid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = d.objid))
        AND NOT EXISTS (SELECT FROM unnest(f.proconfig) c (setting) WHERE c.setting LIKE 'search_path=%')
      GROUP BY f.name$$,
   'ALTER FUNCTION … SET search_path = pg_catalog, pg_temp;', '{"iso": "A.8.28", "ndg": 7, "peer": "splinter 0011"}'),

  -- row security and views
  ('policy-without-row-security', 'A table has policies that do not apply', 'high',
   'Is row security on for every table that has policies?',
   'Policies filter nothing until ALTER TABLE … ENABLE ROW LEVEL SECURITY.',
   $$SELECT r.name AS subject, jsonb_build_object('policies', jsonb_agg(p.polname ORDER BY p.polname)) AS detail
       FROM pg_policy p JOIN portfolio.site_relation r ON r.oid = p.polrelid WHERE NOT r.relrowsecurity GROUP BY r.name$$,
   'ALTER TABLE … ENABLE ROW LEVEL SECURITY;', '{"iso": "A.8.3", "ndg": 4, "peer": "splinter 0007"}'),

  ('row-security-without-policy', 'A table has row security and no policy', 'medium',
   'Has every table with row security a policy?',
   'Nobody but the owner sees a row; somebody will soon give BYPASSRLS to make it work.',
   $$SELECT r.name AS subject, '{}'::jsonb AS detail
       FROM portfolio.site_relation r WHERE r.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.oid)$$,
   'CREATE POLICY … ON …;', '{"iso": "A.8.3", "ndg": 4, "peer": "splinter 0008"}'),

  ('row-security-not-forced', 'Row security does not bind an owner that logs in', 'high',
   'Does row security bind owners that can log in?',
   'An owner sees every row of his table unless row security is forced.',
   $$SELECT r.name AS subject, jsonb_build_object('owner', o.rolname) AS detail
       FROM portfolio.site_relation r JOIN pg_roles o ON o.oid = r.relowner
      WHERE r.relrowsecurity AND NOT r.relforcerowsecurity AND o.rolcanlogin AND NOT o.rolsuper AND NOT o.rolbypassrls$$,
   'ALTER TABLE … FORCE ROW LEVEL SECURITY; or an owner that cannot log in', '{"iso": "A.8.3", "ndg": 4}'),

  ('policy-lets-write-everything', 'A policy lets every row be written', 'high',
   'Does every policy for writing have a condition?',
   'A permissive policy for ALL, INSERT, UPDATE or DELETE whose USING or WITH CHECK is true: all other permissive policies are void.',
   $$SELECT r.name || ': ' || p.polname AS subject, jsonb_build_object('command', p.polcmd) AS detail
       FROM pg_policy p JOIN portfolio.site_relation r ON r.oid = p.polrelid
      WHERE p.polpermissive AND p.polcmd IN ('*', 'a', 'w', 'd')
        AND CASE WHEN p.polqual::text LIKE '{CONST %' THEN pg_get_expr(p.polqual, p.polrelid) = 'true'
                 ELSE false END IS TRUE
         OR p.polpermissive AND p.polcmd IN ('*', 'a', 'w')
        AND CASE WHEN p.polwithcheck::text LIKE '{CONST %' THEN pg_get_expr(p.polwithcheck, p.polrelid) = 'true' ELSE false END IS TRUE$$,
   'ALTER POLICY … USING (…) WITH CHECK (…);', '{"iso": "A.8.3", "ndg": 4, "peer": "splinter 0024"}'),

  ('policy-calls-volatile-function', 'A policy calls a volatile function', 'medium',
   'Do policies call only stable or immutable functions?',
   'A volatile function is called for each row, may do other things than answer, and may answer otherwise each time.',
   $$SELECT r.name || ': ' || p.polname AS subject, jsonb_build_object('functions', jsonb_agg(DISTINCT f.oid::regprocedure)) AS detail
       FROM pg_policy p JOIN portfolio.site_relation r ON r.oid = p.polrelid
       JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_proc'::regclass
       JOIN pg_proc f ON f.oid = d.refobjid
      WHERE f.provolatile = 'v' GROUP BY 1$$,
   'ALTER FUNCTION … STABLE;', '{"iso": "A.8.28", "ndg": 4}'),

  ('policy-calls-function-of-another', 'Who sees which rows is decided by a function of somebody else', 'high',
   'Do policies call only functions of the owner of the table?',
   'The owner of the function changes it, and with it who sees what. Functions of superusers are fine.',
   $$SELECT r.name || ': ' || p.polname AS subject, jsonb_build_object('functions', jsonb_agg(DISTINCT f.name)) AS detail
       FROM pg_policy p JOIN portfolio.site_relation r ON r.oid = p.polrelid
       JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_proc'::regclass
       JOIN portfolio.site_function f ON f.oid = d.refobjid JOIN pg_roles o ON o.oid = f.proowner
      WHERE f.proowner <> r.relowner AND NOT o.rolsuper GROUP BY 1$$,
   'ALTER FUNCTION … OWNER TO owner_of_the_table;', '{"iso": "A.8.28", "ndg": 4}'),

  ('partition-without-row-security', 'A partition can be read past the row security of its table', 'high',
   'Have partitions and children the row security of their table, or no grants?',
   'Row security of a parent does not hold where a child is queried by name. Children without row security on which somebody but the owner holds a privilege.',
   $$SELECT c.name AS subject, jsonb_build_object('parent', p.oid::regclass) AS detail
       FROM pg_class p JOIN pg_inherits i ON i.inhparent = p.oid JOIN portfolio.site_relation c ON c.oid = i.inhrelid
      WHERE p.relrowsecurity AND NOT c.relrowsecurity AND EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner)$$,
   'ALTER TABLE partition ENABLE ROW LEVEL SECURITY; or REVOKE ALL ON partition FROM role;', '{"iso": "A.8.3", "ndg": 4}'),

  ('view-past-row-security', 'A view shows rows past row security', 'high',
   'Do views over tables with row security ask as their caller?',
   'Without security_invoker the policies are asked about the owner of the view, not about who reads it.',
   $$SELECT v.name AS subject, jsonb_build_object('tables', jsonb_agg(DISTINCT t.oid::regclass)) AS detail
       FROM pg_class t
       JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.classid = 'pg_rewrite'::regclass
       JOIN pg_rewrite w ON w.oid = d.objid JOIN portfolio.site_relation v ON v.oid = w.ev_class
      WHERE t.relrowsecurity AND v.relkind = 'v'
        AND NOT EXISTS (SELECT FROM pg_options_to_table(v.reloptions) o WHERE o.option_name = 'security_invoker' AND o.option_value::boolean)
      GROUP BY v.name$$,
   'ALTER VIEW … SET (security_invoker = true);', '{"iso": "A.8.3", "ndg": 4, "peer": "splinter 0010"}'),

  ('materialized-view-past-row-security', 'A materialised view keeps rows of a table with row security', 'high',
   'Are no rows of tables with row security kept in materialised views?',
   'A materialised view has no row security: whoever may read it reads every row.',
   $$SELECT v.name AS subject, jsonb_build_object('tables', jsonb_agg(DISTINCT t.oid::regclass)) AS detail
       FROM pg_class t
       JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = t.oid AND d.classid = 'pg_rewrite'::regclass
       JOIN pg_rewrite w ON w.oid = d.objid JOIN portfolio.site_relation v ON v.oid = w.ev_class
      WHERE t.relrowsecurity AND v.relkind = 'm' GROUP BY v.name$$,
   'Aggregate what it keeps, or put a view with security_barrier before it and REVOKE SELECT ON it.', '{"iso": "A.8.3", "ndg": 4, "peer": "splinter 0016"}'),

  ('view-without-barrier', 'A view that filters by user has no security barrier', 'high',
   'Has every view that filters by user a security barrier?',
   'A function of the caller in WHERE may see rows before the view has filtered them. Views granted to others whose text asks for the current user, role or a setting.',
   $$WITH granted AS MATERIALIZED ( -- so that the text is asked for of these only
       SELECT v.oid, v.name FROM portfolio.site_relation v
        WHERE v.relkind = 'v' AND v.relacl IS NOT NULL AND EXISTS (SELECT FROM aclexplode(v.relacl) a WHERE a.grantee <> v.relowner)
          AND NOT EXISTS (SELECT FROM pg_options_to_table(v.reloptions) o WHERE o.option_name = 'security_barrier' AND o.option_value::boolean))
     SELECT v.name AS subject, '{}'::jsonb AS detail
       FROM granted v
      WHERE pg_get_viewdef(v.oid) ~* '\mwhere\M.*\m(current_user|session_user|current_role|user|current_setting|pg_has_role)\M'$$,
   'ALTER VIEW … SET (security_barrier = true);', '{"iso": "A.8.3", "ndg": 4}'),

  -- triggers and rules
  ('trigger-function-of-another', 'A trigger runs the function of somebody else', 'high',
   'Do triggers run only functions of the owner of the table?',
   'The owner of the function changes what happens at every write, with the rights of whoever writes. Functions of superusers and extensions are fine.',
   $$SELECT r.name || ': ' || t.tgname AS subject, jsonb_build_object('function', f.name, 'owner', o.rolname) AS detail
       FROM pg_trigger t JOIN portfolio.site_relation r ON r.oid = t.tgrelid JOIN portfolio.site_function f ON f.oid = t.tgfoid
       JOIN pg_roles o ON o.oid = f.proowner
      WHERE NOT t.tgisinternal AND f.proowner <> r.relowner AND NOT o.rolsuper$$,
   'ALTER FUNCTION … OWNER TO owner_of_the_table;', '{"iso": "A.8.2", "ndg": 4}'),

  ('trigger-disabled', 'A trigger is switched off', 'medium',
   'Does every trigger fire?',
   'Triggers keep audits, histories and rules. Switched off for a load and forgotten, or on purpose.',
   $$SELECT r.name || ': ' || t.tgname AS subject, jsonb_build_object('function', t.tgfoid::regprocedure) AS detail
       FROM pg_trigger t JOIN portfolio.site_relation r ON r.oid = t.tgrelid WHERE t.tgenabled = 'D' AND NOT t.tgisinternal$$,
   'ALTER TABLE … ENABLE TRIGGER …;', '{"iso": "A.8.15", "ndg": 6}'),

  ('foreign-key-switched-off', 'A foreign key is not enforced', 'high',
   'Is every foreign key enforced?',
   'ALTER TABLE … DISABLE TRIGGER ALL switches off foreign keys as well, and they stay so although the constraint says that it is valid.',
   $$SELECT r.name || ': ' || k.conname AS subject, '{}'::jsonb AS detail
       FROM pg_trigger t JOIN pg_constraint k ON k.oid = t.tgconstraint JOIN portfolio.site_relation r ON r.oid = k.conrelid
      WHERE t.tgenabled = 'D' AND t.tgisinternal AND k.contype = 'f' GROUP BY 1$$,
   'ALTER TABLE … ENABLE TRIGGER ALL; then look for rows that break it.', '{"iso": "A.8.9", "ndg": 7}'),

  ('rewrite-rule', 'A rule rewrites what is written to a table', 'low',
   'Are there no rewrite rules on tables?',
   'A rule silently turns a statement into others, and evaluates expressions more than once. Rules of views are left out.',
   $$SELECT r.name || ': ' || w.rulename AS subject, jsonb_build_object('enabled', w.ev_enabled) AS detail
       FROM pg_rewrite w JOIN portfolio.site_relation r ON r.oid = w.ev_class WHERE w.rulename <> '_RETURN' AND r.relkind IN ('r', 'p')$$,
   'Use a trigger instead, then DROP RULE … ON …;', '{"iso": "A.8.28", "ndg": 9}'),

  ('event-trigger-function-of-another', 'An event trigger runs the function of a role that is no superuser', 'critical',
   'Do event triggers run only functions of superusers?',
   'It runs at every DDL statement of everybody, superusers too: whoever owns the function owns the server.',
   $$SELECT e.evtname::text AS subject, jsonb_build_object('function', p.oid::regprocedure, 'owner', o.rolname) AS detail
       FROM pg_event_trigger e JOIN pg_proc p ON p.oid = e.evtfoid JOIN pg_roles o ON o.oid = p.proowner WHERE NOT o.rolsuper$$,
   'ALTER FUNCTION … OWNER TO postgres; after reading it', '{"iso": "A.8.18", "ndg": 4}'),

  ('event-trigger-disabled', 'An event trigger is switched off', 'medium',
   'Does every event trigger fire?',
   'Event triggers watch over DDL; one that is switched off watches nothing.',
   $$SELECT e.evtname::text AS subject, '{}'::jsonb AS detail FROM pg_event_trigger e WHERE e.evtenabled = 'D'$$,
   'ALTER EVENT TRIGGER … ENABLE;', '{"iso": "A.8.15", "ndg": 6}'),

  -- columns and what is kept
  ('personal-data-public', 'Columns that look like personal data can be read by everybody', 'critical',
   'Is no column that looks like an identifier of a person readable by everybody?',
   'Columns of type nhs_number or so named, dates of birth, postcodes, names and National Insurance numbers in tables, views and columns that PUBLIC may read.',
   $$WITH readable AS MATERIALIZED (
       SELECT r.oid, r.name, NULL::int2 AS attnum FROM portfolio.site_relation r, aclexplode(r.relacl) a
        WHERE r.relkind <> 'S' AND r.relacl IS NOT NULL AND a.grantee = 0 AND a.privilege_type = 'SELECT'
        UNION
       SELECT r.oid, r.name, t.attnum FROM pg_attribute t JOIN portfolio.site_relation r ON r.oid = t.attrelid, aclexplode(t.attacl) a
        WHERE t.attacl IS NOT NULL AND a.grantee = 0 AND a.privilege_type = 'SELECT')
     SELECT r.name AS subject, jsonb_build_object('columns', jsonb_agg(DISTINCT t.attname)) AS detail
       FROM readable r JOIN pg_attribute t ON t.attrelid = r.oid AND t.attnum = coalesce(r.attnum, t.attnum) AND t.attnum > 0 AND NOT t.attisdropped
      WHERE t.atttypid = 'portfolio.nhs_number'::regtype
         OR t.attname ~* '(nhs_?(no|num)|^nino$|national_insurance|(date_of_birth|birth_?date|^dob$)|post_?code|surname|family_name|forename|given_name|hospital_(no|num))'
      GROUP BY r.name$$,
   'REVOKE SELECT ON … FROM PUBLIC;', '{"iso": "A.8.11", "ndg": 1, "peer": "splinter 0023"}'),

  ('secret-in-column', 'A column seems to keep secrets in plain text', 'medium',
   'Are secrets kept out of plain columns?',
   'Columns of text called password, secret, api key, private key or token, without hash, digest, verifier or the like in the name.',
   $$SELECT r.name || '.' || quote_ident(t.attname) AS subject, jsonb_build_object('type', format_type(t.atttypid, t.atttypmod)) AS detail
       FROM pg_attribute t JOIN portfolio.site_relation r ON r.oid = t.attrelid
      WHERE t.attnum > 0 AND NOT t.attisdropped AND t.attrelid >= 16384 AND t.atttypid IN ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype)
        AND r.relkind IN ('r', 'p', 'm', 'f')
        AND CASE WHEN lower(t.attname) LIKE ANY ('{%passw%,%secret%,%key%,%token%}') -- and the costly question only then
                 THEN t.attname ~* '(^|_)(password|passwd|secret|api_?key|private_?key|access_token|refresh_token)(_|$)'
                  AND t.attname !~* '(hash|digest|verifier|salt|encrypted|_id$|_at$|_on$|_count$)' END$$,
   'Keep a hash, or the secret in a vault; and REVOKE SELECT (column).', '{"iso": "A.8.11", "ndg": 1, "peer": "splinter 0023"}'),

  ('column-blocks-upgrade', 'A column has a type that pg_upgrade refuses', 'medium',
   'Can pg_upgrade take every column along?',
   'Columns of type regproc, regprocedure, regoper, regoperator, regconfig, regdictionary, regnamespace or regcollation hold numbers that change with an upgrade.',
   $$SELECT r.name || '.' || quote_ident(t.attname) AS subject, jsonb_build_object('type', format_type(t.atttypid, NULL)) AS detail
       FROM pg_attribute t JOIN portfolio.site_relation r ON r.oid = t.attrelid
      WHERE r.relkind IN ('r', 'p', 'm') AND NOT t.attisdropped AND t.attnum > 0
        AND t.atttypid IN ('regproc'::regtype, 'regprocedure'::regtype, 'regoper'::regtype, 'regoperator'::regtype, 'regconfig'::regtype,
                           'regdictionary'::regtype, 'regnamespace'::regtype, 'regcollation'::regtype)$$,
   'ALTER TABLE … ALTER COLUMN … TYPE text;', '{"iso": "A.8.32", "ndg": 8, "peer": "splinter 0018"}'),

  ('table-unlogged', 'A table is emptied by a crash', 'medium',
   'Does every table survive a crash?',
   'Unlogged tables are empty after a crash, on a standby and after recovery from a backup.',
   $$SELECT r.name AS subject, '{}'::jsonb AS detail FROM portfolio.site_relation r WHERE r.relpersistence = 'u' AND r.relkind IN ('r', 'p', 'm')$$,
   'ALTER TABLE … SET LOGGED;', '{"iso": "A.8.13", "ndg": 7}'),

  ('constraint-not-validated', 'A constraint was never checked on what was there before', 'medium',
   'Does every constraint hold for all rows?',
   'NOT VALID constraints hold for new rows only.',
   $$SELECT coalesce(r.name, k.contypid::regtype::text) || ': ' || k.conname AS subject, jsonb_build_object('kind', k.contype) AS detail
       FROM pg_constraint k LEFT JOIN portfolio.site_relation r ON r.oid = k.conrelid
      WHERE NOT k.convalidated AND k.oid >= 16384 AND (r.oid IS NOT NULL OR k.contypid <> 0)$$,
   'ALTER TABLE … VALIDATE CONSTRAINT …;', '{"iso": "A.8.9", "ndg": 7}'),

  ('index-invalid', 'An index is not used because it was never finished', 'medium',
   'Is every index finished?',
   'CREATE INDEX CONCURRENTLY left it invalid: a unique one does not keep doubles out of what was there, and every write pays for it. Those being built now are left out.',
   $$SELECT i.indexrelid::regclass::text AS subject, jsonb_build_object('table', r.name, 'unique', i.indisunique) AS detail
       FROM pg_index i JOIN portfolio.site_relation r ON r.oid = i.indrelid
      WHERE NOT i.indisvalid AND NOT EXISTS (SELECT FROM pg_stat_progress_create_index b WHERE b.index_relid = i.indexrelid)$$,
   'REINDEX INDEX CONCURRENTLY …;', '{"iso": "A.8.9", "ndg": 7}')
  ) AS c (code, title, severity, question, description, query, remediation, refs);
