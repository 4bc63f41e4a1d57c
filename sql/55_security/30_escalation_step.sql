CREATE FUNCTION portfolio.search_path_schemas(setting text) RETURNS text[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT array_agg(CASE WHEN s.name LIKE '"%"' THEN replace(substr(s.name, 2, length(s.name) - 2), '""', '"') ELSE lower(s.name COLLATE "C") END ORDER BY s.ord)
    FROM regexp_split_to_table(btrim(setting), '\s*,\s*') WITH ORDINALITY s (name, ord) WHERE s.name NOT IN ('', '"$user"', '""');
END;
COMMENT ON FUNCTION portfolio.search_path_schemas(text) IS
  'The schemas that a search_path names, in order, without quotes; "$user" is left out. A name that itself holds a comma is not understood. NULL for NULL, and where it names none.';

-- Ways in which one role can act as a stronger one: a row is one step, from a role (PUBLIC: anybody) to another or to the
-- operating system account of the server, which is as good as superuser. Steps follow from catalogs alone; a member reaches
-- what his groups reach, so that each grant stands here once, under the role that it names.
CREATE VIEW portfolio.escalation_step WITH (security_invoker = true) AS
WITH
-- who may execute, create in, write to …: each acl entry by its grantee; 0 is PUBLIC
function_grant AS NOT MATERIALIZED (
  SELECT p.oid AS function, a.grantee FROM pg_proc p, LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
   WHERE a.privilege_type = 'EXECUTE'),
schema_writer AS (
  SELECT n.oid AS schema, n.nspname, a.grantee AS writer
    FROM pg_namespace n, LATERAL aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
   WHERE a.privilege_type = 'CREATE' AND a.grantee <> (SELECT r.oid FROM pg_roles r WHERE r.rolname = 'pg_database_owner') AND n.nspname !~ '^pg_'
   UNION
  SELECT n.oid, n.nspname, n.nspowner FROM pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspowner <> (SELECT r.oid FROM pg_roles r WHERE r.rolname = 'pg_database_owner')),
definer AS (
  SELECT p.oid, p.proowner, p.proconfig, p.prosrc, p.prolang,
         (SELECT substr(c.setting, length('search_path=') + 1) FROM unnest(p.proconfig) c (setting) WHERE c.setting LIKE 'search_path=%') AS search_path
    FROM pg_proc p JOIN pg_roles o ON o.oid = p.proowner WHERE p.prosecdef),
-- a function that somebody else's object calls runs as whoever uses that object
caller (function, class, object, owner, what) AS (
  SELECT t.tgfoid, 'pg_trigger', t.oid, c.relowner, format('trigger %I on %s', t.tgname, c.oid::regclass)
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
   UNION ALL
  SELECT e.evtfoid, 'pg_event_trigger', e.oid, e.evtowner, format('event trigger %I', e.evtname) FROM pg_event_trigger e WHERE e.evtenabled <> 'D'
   UNION ALL
  SELECT d.refobjid, d.classid::regclass::text, d.objid,
         CASE d.classid WHEN 'pg_attrdef'::regclass THEN (SELECT c.relowner FROM pg_attrdef a JOIN pg_class c ON c.oid = a.adrelid WHERE a.oid = d.objid)
                        WHEN 'pg_constraint'::regclass THEN (SELECT coalesce(c.relowner, t.typowner) FROM pg_constraint k LEFT JOIN pg_class c ON c.oid = k.conrelid
                                                              LEFT JOIN pg_type t ON t.oid = k.contypid WHERE k.oid = d.objid)
                        WHEN 'pg_class'::regclass THEN (SELECT c.relowner FROM pg_class c WHERE c.oid = d.objid)
                        WHEN 'pg_rewrite'::regclass THEN (SELECT c.relowner FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class WHERE w.oid = d.objid)
                        WHEN 'pg_operator'::regclass THEN (SELECT o.oprowner FROM pg_operator o WHERE o.oid = d.objid)
                        WHEN 'pg_proc'::regclass THEN (SELECT p.proowner FROM pg_proc p WHERE p.oid = d.objid)
                        WHEN 'pg_cast'::regclass THEN (SELECT t.typowner FROM pg_cast k JOIN pg_type t ON t.oid = k.castsource WHERE k.oid = d.objid)
                        WHEN 'pg_statistic_ext'::regclass THEN (SELECT s.stxowner FROM pg_statistic_ext s WHERE s.oid = d.objid)
                        WHEN 'pg_publication_rel'::regclass THEN (SELECT u.pubowner FROM pg_publication_rel r JOIN pg_publication u ON u.oid = r.prpubid WHERE r.oid = d.objid)
         END,
         pg_describe_object(d.classid, d.objid, d.objsubid)
    FROM pg_depend d
   WHERE d.refclassid = 'pg_proc'::regclass AND d.deptype IN ('n', 'a')
     AND d.classid IN ('pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_class'::regclass, 'pg_rewrite'::regclass, 'pg_operator'::regclass,
                       'pg_proc'::regclass, 'pg_cast'::regclass, 'pg_statistic_ext'::regclass, 'pg_publication_rel'::regclass)),
-- a search_path that sessions of a role, of a database, or all begin with
session_path AS (
  SELECT s.setrole AS role, s.setdatabase, substr(c.setting, length('search_path=') + 1) AS search_path
    FROM pg_db_role_setting s, unnest(s.setconfig) c (setting) WHERE c.setting LIKE 'search_path=%'
   UNION ALL
  SELECT 0, 0, g.reset_val FROM pg_settings g WHERE g.name = 'search_path' AND g.source NOT IN ('database', 'user', 'database user')),
superuser AS (SELECT r.oid, r.rolname FROM pg_roles r WHERE r.rolsuper)
SELECT m.member AS from_role, m.roleid AS to_role, 'member' AS technique, m.roleid::regrole::text AS object, format('SET ROLE %s', m.roleid::regrole) AS statement
  FROM pg_auth_members m
 WHERE coalesce((to_jsonb(m) ->> 'set_option')::boolean, true) OR m.admin_option
 UNION ALL
SELECT r.oid, NULL, 'createrole', r.rolname, format('GRANT pg_execute_server_program TO %I', r.rolname)
  FROM pg_roles r WHERE r.rolcreaterole AND NOT r.rolsuper AND current_setting('server_version_num')::integer < 160000
 UNION ALL
SELECT r.oid, NULL, 'server program', r.rolname, $$COPY t FROM PROGRAM 'id'$$ FROM pg_roles r WHERE r.rolname = 'pg_execute_server_program'
 UNION ALL
SELECT r.oid, NULL, 'server file', r.rolname, $$COPY t TO '…/postgresql.auto.conf'$$
  FROM pg_roles r WHERE r.rolname = 'pg_write_server_files'
 UNION ALL
SELECT g.grantee, NULL, 'server function', p.oid::regprocedure::text, format('GRANT EXECUTE ON FUNCTION %s is enough', p.oid::regprocedure)
  FROM pg_proc p JOIN function_grant g ON g.function = p.oid
 WHERE g.grantee NOT IN (SELECT s.oid FROM superuser s)
   AND (p.proname IN ('lo_export', 'pg_file_write') AND p.prolang IN (SELECT l.oid FROM pg_language l WHERE l.lanname IN ('c', 'internal'))
        OR p.proname = 'dblink_connect_u' AND p.prolang IN (SELECT l.oid FROM pg_language l WHERE l.lanname = 'c'))
 UNION ALL
SELECT g.grantee, d.proowner, CASE WHEN d.search_path IS NULL THEN 'definer without path' ELSE 'definer path without pg_temp' END,
       d.oid::regprocedure::text, format('CREATE TEMP TABLE or function that %s takes for its own', d.oid::regprocedure)
  FROM definer d JOIN function_grant g ON g.function = d.oid
 WHERE g.grantee <> d.proowner AND d.prolang NOT IN (SELECT l.oid FROM pg_language l WHERE l.lanname IN ('c', 'internal'))
   AND (d.search_path IS NULL OR d.search_path !~ '(^|,) *"?pg_temp"? *$' AND btrim(d.search_path) NOT IN ('""', ''))
 UNION ALL
SELECT w.writer, d.proowner, 'definer path writable', d.oid::regprocedure::text, format('CREATE FUNCTION %I.… that %s takes for its own', w.nspname, d.oid::regprocedure)
  FROM definer d JOIN schema_writer w ON w.nspname = ANY (portfolio.search_path_schemas(d.search_path)) AND w.writer <> d.proowner
 UNION ALL
SELECT f.proowner, c.owner, 'calls replaceable function', c.what, format('CREATE %s FUNCTION %s …', 'OR REPLACE', f.oid::regprocedure)
  FROM caller c JOIN pg_proc f ON f.oid = c.function
 WHERE c.owner <> f.proowner
 UNION ALL
SELECT a.grantee, c.relowner, 'trigger privilege', c.oid::regclass::text, format('CREATE TRIGGER t BEFORE INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION …', c.oid::regclass)
  FROM pg_class c, LATERAL aclexplode(c.relacl) a WHERE c.relacl IS NOT NULL AND a.privilege_type = 'TRIGGER' AND a.grantee <> c.relowner
 UNION ALL
SELECT k.relowner, p.relowner, CASE WHEN k.relispartition THEN 'partition of another' ELSE 'child of another' END, k.oid::regclass::text,
       format('CREATE TRIGGER t BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION …', k.oid::regclass)
  FROM pg_inherits i JOIN pg_class k ON k.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent WHERE k.relowner <> p.relowner AND k.relkind IN ('r', 'p')
 UNION ALL
SELECT t.typowner, c.relowner, 'domain of another', format('column %s.%I', c.oid::regclass, a.attname), format('ALTER DOMAIN %s ADD CHECK (…) NOT VALID', t.oid::regtype)
  FROM pg_type t JOIN pg_depend d ON d.refclassid = 'pg_type'::regclass AND d.refobjid = t.oid AND d.classid = 'pg_class'::regclass
  JOIN pg_attribute a ON a.attrelid = d.objid AND a.attnum = d.objsubid AND a.atttypid = t.oid JOIN pg_class c ON c.oid = a.attrelid
 WHERE t.typtype = 'd' AND t.typowner <> c.relowner AND c.relkind IN ('r', 'p')
 UNION ALL
SELECT v.relowner, c.relowner, 'view of another', format('%s reads %s', c.oid::regclass, v.oid::regclass), format('CREATE %s VIEW %s AS SELECT …', 'OR REPLACE', v.oid::regclass)
  FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class
  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
  JOIN pg_class v ON v.oid = d.refobjid AND v.relkind = 'v' AND v.oid <> c.oid
 WHERE v.relowner <> c.relowner
 GROUP BY v.relowner, c.relowner, c.oid, v.oid
 UNION ALL
SELECT w.writer, s.oid, 'path of sessions', format('schema %I is on the search_path of %s', w.nspname,
         CASE WHEN p.role <> 0 THEN 'role ' || p.role::regrole::text WHEN p.setdatabase <> 0 THEN 'database ' || (SELECT quote_ident(d.datname) FROM pg_database d WHERE d.oid = p.setdatabase)
              ELSE 'all' END),
       format('CREATE FUNCTION %I.… that a session takes for one of its own', w.nspname)
  FROM session_path p JOIN schema_writer w ON w.nspname = ANY (portfolio.search_path_schemas(p.search_path))
  JOIN pg_roles s ON s.oid = p.role OR p.role = 0 AND s.rolsuper
 WHERE w.writer <> s.oid AND (p.setdatabase = 0 OR p.setdatabase = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
 UNION ALL
SELECT a.grantee, NULL, 'parameter', x.parname, format('ALTER SYSTEM SET %s = …', x.parname)
  FROM pg_parameter_acl x, LATERAL aclexplode(x.paracl) a
 WHERE a.privilege_type = 'ALTER SYSTEM'
   AND x.parname IN ('archive_command', 'archive_library', 'restore_command', 'archive_cleanup_command', 'recovery_end_command', 'ssl_passphrase_command',
                     'shared_preload_libraries', 'session_preload_libraries', 'local_preload_libraries', 'dynamic_library_path', 'jit_provider', 'hba_file', 'ident_file',
                     'config_file', 'data_directory', 'primary_conninfo', 'krb_server_keyfile', 'extension_control_path')
 UNION ALL
SELECT CASE WHEN u.umuser = 0 THEN 0 ELSE u.umuser END, r.oid, 'user mapping', format('user mapping of server %I', f.srvname), format('SELECT … FROM a foreign table of server %I', f.srvname)
  FROM pg_user_mappings u JOIN pg_foreign_server f ON f.oid = u.srvid JOIN pg_foreign_data_wrapper w ON w.oid = f.srvfdw AND w.fdwname ~ '^(postgres_fdw|dblink_fdw)$'
  JOIN pg_roles r ON r.rolname = (SELECT split_part(o, '=', 2) FROM unnest(u.umoptions) o WHERE o LIKE 'user=%')
 WHERE u.umuser IS DISTINCT FROM r.oid
   AND coalesce((SELECT split_part(o, '=', 2) FROM unnest(f.srvoptions) o WHERE o LIKE 'port=%'), current_setting('port')) = current_setting('port')
   AND coalesce((SELECT split_part(o, '=', 2) FROM unnest(f.srvoptions) o WHERE o ~ '^host(addr)?=' LIMIT 1), '/') ~ '^(/|localhost$|127\.|::1$)'
 UNION ALL
SELECT c.relowner, s.subowner, 'table of a subscription', format('subscription %I writes to %s', s.subname, c.oid::regclass),
       format('CREATE TRIGGER t …; ALTER TABLE %s ENABLE ALWAYS TRIGGER t', c.oid::regclass)
  FROM pg_subscription_rel x JOIN pg_subscription s ON s.oid = x.srsubid JOIN pg_class c ON c.oid = x.srrelid
 WHERE c.relowner <> s.subowner AND current_setting('server_version_num')::integer < 160000;

COMMENT ON VIEW portfolio.escalation_step IS
  'One step by which a role can act as a stronger one, as the catalogs of this database have it; escalation_paths() puts them together. CREATE on schema public that comes with owning the database is left out: who owns a database is trusted by those who use it.';
COMMENT ON COLUMN portfolio.escalation_step.from_role IS 'Who takes the step; 0: anybody (PUBLIC).';
COMMENT ON COLUMN portfolio.escalation_step.to_role IS 'As whom he then acts; NULL: as the account that the server runs under, which is as good as superuser.';
COMMENT ON COLUMN portfolio.escalation_step.technique IS
  'member, createrole (before PostgreSQL 16), server program, server file, server function, definer without path, definer path without pg_temp, definer path writable, calls replaceable function, trigger privilege, partition of another, child of another, domain of another, view of another, path of sessions, parameter, user mapping, table of a subscription (before PostgreSQL 16, where the apply worker runs as the owner of the subscription).';
COMMENT ON COLUMN portfolio.escalation_step.object IS 'The object that makes it possible.';
COMMENT ON COLUMN portfolio.escalation_step.statement IS 'The statement that takes the step, or its beginning. Where somebody stronger has to use the object, it works when he does.';

CREATE TYPE portfolio.escalation_path AS (
  role text, steps integer, path text, techniques text[], objects text[], statements text[]
);
COMMENT ON TYPE portfolio.escalation_path IS 'A shortest way from a role to superuser: a row of escalation_paths().';
COMMENT ON COLUMN portfolio.escalation_path.role IS 'A role that may log in and is no superuser; public: anybody who can connect.';
COMMENT ON COLUMN portfolio.escalation_path.steps IS 'Number of steps.';
COMMENT ON COLUMN portfolio.escalation_path.path IS 'The roles on the way, from the role to a superuser or to the server''s account.';
COMMENT ON COLUMN portfolio.escalation_path.techniques IS 'Technique of each step: the words are at escalation_step.technique.';
COMMENT ON COLUMN portfolio.escalation_path.objects IS 'The object that makes each step possible.';
COMMENT ON COLUMN portfolio.escalation_path.statements IS 'The statement that takes each step.';

CREATE FUNCTION portfolio.escalation_paths(options jsonb DEFAULT '{}') RETURNS SETOF portfolio.escalation_path
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10 COST 10000
BEGIN ATOMIC
  WITH RECURSIVE asked AS (SELECT portfolio.check_options(options, '{}') AS checked),
  step AS MATERIALIZED (
    SELECT DISTINCT ON (e.from_role, e.to_role) e.from_role, CASE WHEN s.rolsuper THEN NULL ELSE e.to_role END AS to_role,
           coalesce(s.rolname::text, 'the server''s account') AS to_name, e.technique, e.object, e.statement
      FROM asked, portfolio.escalation_step e LEFT JOIN pg_roles f ON f.oid = e.from_role LEFT JOIN pg_roles s ON s.oid = e.to_role
     WHERE asked.checked IS NOT NULL AND NOT coalesce(f.rolsuper, false) AND e.from_role IS DISTINCT FROM e.to_role
     ORDER BY e.from_role, e.to_role, e.technique, e.object),
  -- backwards from superuser: how many steps it takes from each role; what is open to PUBLIC is open to all
  reach (role, steps) AS (
    SELECT s.from_role, 1 FROM step s WHERE s.to_role IS NULL
     UNION
    SELECT s.from_role, r.steps + 1 FROM reach r JOIN step s ON s.to_role = r.role WHERE r.steps < 20),
  nearest AS (SELECT r.role, min(r.steps) AS steps FROM reach r GROUP BY r.role),
  hop AS (
    SELECT DISTINCT ON (s.from_role) s.*, n.steps
      FROM nearest n JOIN step s ON s.from_role = n.role LEFT JOIN nearest t ON t.role = s.to_role
     WHERE coalesce(t.steps, 0) + 1 = n.steps AND (t.role IS NOT NULL OR s.to_role IS NULL)
     ORDER BY s.from_role, s.technique, s.object),
  way AS (
    SELECT h.from_role AS role, h.steps, h.to_role, 1 AS step, ARRAY[h.to_name] AS names, ARRAY[h.technique] AS techniques, ARRAY[h.object] AS objects, ARRAY[h.statement] AS statements
      FROM hop h
     UNION ALL
    SELECT w.role, w.steps, h.to_role, w.step + 1, w.names || h.to_name, w.techniques || h.technique, w.objects || h.object, w.statements || h.statement
      FROM way w JOIN hop h ON h.from_role = w.to_role)
  SELECT coalesce(r.rolname::text, 'public'), w.steps, concat_ws(' → ', coalesce(r.rolname::text, 'public'), array_to_string(w.names, ' → ')),
         w.techniques, w.objects, w.statements
    FROM way w LEFT JOIN pg_roles r ON r.oid = w.role
   WHERE w.to_role IS NULL AND (w.role = 0 OR r.rolcanlogin)
   ORDER BY w.steps, 1;
END;
COMMENT ON FUNCTION portfolio.escalation_paths(jsonb) IS
  'The shortest way of every login role that is no superuser to superuser, step by step, as the catalogs of this database and the roles of the cluster have it; one row for public where anybody who connects has one, and then only those roles besides that have a way of their own. What stands in it is worth a look each: a step needs somebody stronger to use the object, or code that names no schema. Nothing is executed. Options of user mappings are seen by those whom PostgreSQL shows them. No options yet: any is refused (22023).';
