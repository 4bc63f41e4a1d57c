-- Profiles: what grant_profile() gives is what the table says, no more; and it can be taken back.
BEGIN;
SELECT plan(23);
CREATE ROLE pf_person;

SELECT set_eq('SELECT code FROM portfolio.profile', ARRAY['reader', 'analyst', 'editor', 'operator', 'auditor'], 'there are five profiles');

SELECT is_empty($$
  SELECT p.profile, p.object FROM portfolio.profile_privilege p
   WHERE CASE p.object_kind
           WHEN 'schema' THEN to_regnamespace(p.object) IS NULL
           WHEN 'function' THEN NOT EXISTS (SELECT FROM pg_proc f WHERE f.pronamespace::regnamespace::text = split_part(p.object, '.', 1) AND f.proname = split_part(p.object, '.', 2))
           ELSE to_regclass(p.object) IS NULL END
$$, 'every object of profile_privilege exists');

SELECT is_empty($$
  SELECT p.profile, p.object, c.col FROM portfolio.profile_privilege p, unnest(p.columns) c (col)
   WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = p.object::regclass AND a.attname = c.col AND a.attnum > 0 AND NOT a.attisdropped)
$$, 'and so does every column');

SELECT is_empty($$
  SELECT p.profile, p.object, p.privilege FROM portfolio.profile_privilege p
   WHERE p.object_kind = 'table' AND p.privilege IN ('INSERT', 'UPDATE') AND p.columns IS NULL
$$, 'nobody may insert or update whole rows: columns are named');

SELECT is_empty($$
  SELECT p.profile, p.object, p.privilege, a.attname
    FROM portfolio.profile_privilege p JOIN pg_attribute a ON a.attrelid = p.object::regclass AND a.attname = ANY (p.columns)
    LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
   WHERE p.object_kind = 'table' AND p.privilege <> 'SELECT'
     -- who decides at a gate of one's own process, and what one or a board decides, are what a person writes
     AND (p.object, a.attname) NOT IN (('portfolio.gate', 'decided_by'), ('portfolio.gate_decision', 'outcome'), ('portfolio.board_decision', 'outcome'))
     AND (a.attname IN ('author', 'by', 'granted_by', 'decided_by', 'created_by', 'builtin', 'written_at', 'outcome')
          OR pg_get_expr(d.adbin, d.adrelid) ~* '(current_user|session_user|now\(\)|_timestamp)')
$$, 'no profile writes a column that tells who wrote a row, when, or how it ended');

SELECT is_empty($$
  SELECT p.profile, p.object, p.privilege FROM portfolio.profile_privilege p
   WHERE p.profile IN ('reader', 'auditor') AND p.privilege IN ('INSERT', 'UPDATE', 'DELETE')
$$, 'reader and auditor write nothing');

SELECT is_empty($$
  SELECT p.object FROM portfolio.profile_privilege p
   WHERE p.profile = 'reader' AND p.object_kind = 'table' AND p.object NOT LIKE 'portfolio\_bi.%'
$$, 'the reader reads no table and no view outside portfolio_bi');

SELECT is_empty($$
  SELECT c.oid::regclass FROM pg_class c
   WHERE c.relnamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace) AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
     AND NOT EXISTS (SELECT FROM portfolio.profile_privilege p WHERE p.profile = 'auditor' AND p.privilege = 'SELECT' AND p.object::regclass = c.oid)
$$, 'the auditor reads every table and view');

-- A decision for each function and table: PUBLIC's, a profile's, or in this list of what only the owner runs.
SELECT is_empty($$
  SELECT p.oid::regprocedure FROM pg_proc p
   WHERE p.pronamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace) AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
     AND NOT portfolio.is_public_function(p.oid)
     AND NOT EXISTS (SELECT FROM portfolio.profile_privilege x WHERE x.object_kind = 'function' AND x.object = format('portfolio.%I', p.proname))
     -- support of aggregates and what only executes inside the engine
     AND 'internal'::regtype <> ALL (p.proargtypes::oid[])
     AND NOT EXISTS (SELECT FROM pg_aggregate a WHERE p.oid IN (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn))
     AND p.proname NOT IN ('grant_profile', 'revoke_profile', 'create_roles', 'drop_roles', 'is_public_function', 'set_public_rights',
                           'load_example', 'unload_example', 'example_bodies', 'example_programmes', 'example_services', 'example_relationships',
                           'archimate_matrix', 'check_estate', 'log_access', 'purge_access_log', 'week_slot',
                           'posture_server_items', 'posture_database_items', 'posture_options', 'posture_value', 'posture_chain', 'keyed_fingerprint',
                           'hba_file_lines_asked', 'ident_file_lines_asked', 'setting_file_lines_asked', 'user_mapping_options_asked', 'subscription_options_asked', 'sequence_positions_asked')
$$, 'somebody decided who may run each function');
SELECT is_empty($$
  SELECT c.oid::regclass FROM pg_class c
   WHERE c.relnamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace) AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
     AND NOT EXISTS (SELECT FROM portfolio.profile_privilege x WHERE x.object_kind = 'table' AND x.object::regclass = c.oid AND x.profile <> 'auditor')
$$, 'and who may read each table and view');

-- Whoever may read a view can read it: rights below a security_invoker view are the reader's own.
CREATE FUNCTION pg_temp.unreadable() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT p.profile, p.object FROM portfolio.profile_privilege p WHERE p.object_kind = 'table' AND p.privilege = 'SELECT' AND p.columns IS NULL LOOP
    BEGIN
      EXECUTE format('SET LOCAL ROLE %I', 'pf_has_' || r.profile);
      EXECUTE format('SELECT * FROM %s LIMIT 0', r.object);
      RESET ROLE;
    EXCEPTION WHEN insufficient_privilege THEN
      RETURN NEXT format('%s %s: %s', r.profile, r.object, SQLERRM);
    END;
  END LOOP;
END
$$;
DO $$
DECLARE
  profile text;
BEGIN
  FOR profile IN SELECT code FROM portfolio.profile LOOP
    EXECUTE format('CREATE ROLE %I', 'pf_has_' || profile);
    PERFORM portfolio.grant_profile('pf_has_' || profile, profile);
  END LOOP;
END
$$;
SELECT is_empty('SELECT * FROM pg_temp.unreadable()', 'whoever may read a view holds what stands below it');

-- Likewise for functions whose bodies are known: the tables in them.
SELECT is_empty($$
  SELECT DISTINCT x.profile, p.oid::regprocedure, d.refobjid::regclass
    FROM portfolio.profile_privilege x
    JOIN pg_proc p ON x.object_kind = 'function' AND x.object = format('portfolio.%I', p.proname) AND p.pronamespace = 'portfolio'::regnamespace
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'n'
    JOIN pg_class c ON c.oid = d.refobjid AND c.relkind IN ('r', 'p', 'v')
   WHERE NOT has_any_column_privilege('pf_has_' || x.profile, c.oid, 'SELECT, INSERT, UPDATE') AND NOT has_table_privilege('pf_has_' || x.profile, c.oid, 'SELECT, DELETE')
$$, 'whoever may run a function holds rights on the tables in it');

-- Granting
SELECT throws_ok($$SELECT portfolio.grant_profile('pf_person', 'boss')$$, '42704', 'profile "boss" does not exist', 'an unknown profile is refused by name');
SELECT throws_ok($$SELECT portfolio.grant_profile('pf_nobody_at_all', 'reader')$$, '42704', 'role "pf_nobody_at_all" does not exist', 'so is an unknown role');

-- held(): what the role really holds, column by column, read from the access lists
CREATE FUNCTION pg_temp.held(who name) RETURNS TABLE (object_kind text, object text, privilege text, col name) LANGUAGE sql AS $$
  SELECT 'table', c.oid::regclass::text, a.privilege_type, NULL::name FROM pg_class c, aclexplode(c.relacl) a
   WHERE a.grantee = who::regrole AND c.relkind <> 'S'
  UNION ALL
  SELECT 'sequence', c.oid::regclass::text, a.privilege_type, NULL FROM pg_class c, aclexplode(c.relacl) a
   WHERE a.grantee = who::regrole AND c.relkind = 'S'
  UNION ALL
  SELECT 'table', at.attrelid::regclass::text, a.privilege_type, at.attname FROM pg_attribute at, aclexplode(at.attacl) a
   WHERE a.grantee = who::regrole
  UNION ALL
  SELECT 'schema', n.oid::regnamespace::text, a.privilege_type, NULL FROM pg_namespace n, aclexplode(n.nspacl) a
   WHERE a.grantee = who::regrole
  UNION ALL
  SELECT DISTINCT 'function', p.pronamespace::regnamespace || '.' || quote_ident(p.proname), a.privilege_type, NULL::name FROM pg_proc p, aclexplode(p.proacl) a
   WHERE a.grantee = who::regrole
$$;
CREATE FUNCTION pg_temp.promised(which text[]) RETURNS TABLE (object_kind text, object text, privilege text, col name) LANGUAGE sql AS $$
  SELECT DISTINCT p.object_kind, p.object, p.privilege, c.col
    FROM portfolio.profile_privilege p LEFT JOIN LATERAL unnest(p.columns) c (col) ON true WHERE p.profile = ANY (which)
$$;

SELECT lives_ok($$SELECT portfolio.grant_profile('pf_person', code) FROM portfolio.profile$$, 'a role is given all five, one after the other');
SELECT set_eq($$SELECT * FROM pg_temp.held('pf_person')$$, $$SELECT * FROM pg_temp.promised('{reader,analyst,editor,operator,auditor}')$$, 'it holds exactly what the table says');
SELECT lives_ok($$SELECT portfolio.revoke_profile('pf_person', p) FROM unnest(ARRAY['editor', 'operator', 'auditor', 'reader']) p$$, 'four are taken back');
SELECT set_eq($$SELECT * FROM pg_temp.held('pf_person')$$, $$SELECT * FROM pg_temp.promised('{analyst}')$$, 'the fifth is left whole');
SET LOCAL ROLE pf_person;
SELECT portfolio.has_profile('analyst') AND NOT portfolio.has_profile('editor') AS told \gset
RESET ROLE;
SELECT is(:'told'::text, 't', 'has_profile() tells the holder which one is left');
SELECT portfolio.revoke_profile('pf_person', 'analyst');
SELECT is_empty($$SELECT * FROM pg_temp.held('pf_person')$$, 'after the last nothing is held');
SELECT lives_ok('DROP ROLE pf_person', 'so the role can be dropped');

-- The five roles
SELECT is(portfolio.create_roles('pf_test_'), '{pf_test_analyst,pf_test_auditor,pf_test_editor,pf_test_operator,pf_test_reader}'::name[], 'create_roles() makes five');
SELECT is(portfolio.drop_roles('pf_test_'), '{pf_test_analyst,pf_test_auditor,pf_test_editor,pf_test_operator,pf_test_reader}'::name[], 'drop_roles() drops them again');

SELECT * FROM finish();
ROLLBACK;
