-- Drift: what the posture of the server was, snapshot by snapshot, as a chain of hashes.

CREATE TABLE portfolio.posture_record (
  record bigint PRIMARY KEY,
  snapshot bigint NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  value text,
  hash bytea NOT NULL,
  UNIQUE (kind, name, snapshot)
);
COMMENT ON TABLE portfolio.posture_record IS
  'What posture_snapshot() found changed, one record a thing, in a chain of SHA-256: nobody but posture_snapshot() writes here, and a row that is changed, added or taken away afterwards breaks the chain. Nothing is ever deleted: it grows by what is changed on the server and by one record a snapshot. Class: user rows.';
COMMENT ON COLUMN portfolio.posture_record.record IS 'Place in the chain: 1, 2, 3 and so on without a gap.';
COMMENT ON COLUMN portfolio.posture_record.snapshot IS 'The snapshot that found it: 1, 2, 3 and so on.';
COMMENT ON COLUMN portfolio.posture_record.kind IS
  'setting, hba, ident, parameter, role, membership, role setting, database, tablespace, schema, relation, column, type, function, language, extension, default privileges, trigger, event trigger, rule, policy, foreign data wrapper, foreign server, user mapping or subscription; snapshot: the last record of each snapshot.';
COMMENT ON COLUMN portfolio.posture_record.name IS 'Which one: unique within its kind.';
COMMENT ON COLUMN portfolio.posture_record.value IS
  'What it is from this snapshot on; NULL: it is gone. Bodies of functions and rules are hashes, verifiers of passwords are nowhere, and whatever may hold a secret is a keyed hash (see posture_value()).';
COMMENT ON COLUMN portfolio.posture_record.hash IS 'SHA-256 over the hash of the record before and all other columns of this one: see posture_hash().';
SELECT pg_extension_config_dump('portfolio.posture_record', '');

CREATE FUNCTION portfolio.keyed_fingerprint(purpose text, value text) RETURNS text
LANGUAGE c STABLE PARALLEL SAFE STRICT AS 'MODULE_PATHNAME', 'pf_keyed_fingerprint';
COMMENT ON FUNCTION portfolio.keyed_fingerprint(text, text) IS
  'HMAC-SHA-256 of the value in hexadecimal, under a key that this cluster made for itself and keeps in pg_control, where no SQL reaches it: whoever has only the result cannot try guesses. The same value under another purpose, or in another cluster, gives another. NULL for NULL. No profile may call it, since it would try guesses for its caller.';

CREATE FUNCTION portfolio.posture_value(name text, value text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN value NOT IN ('', '(disabled)') AND name NOT IN ('password_encryption', 'ssl_passphrase_command_supports_reload')
                   AND (name ~* '(passw|passphrase|secret|token|credential|conninfo|command$|apikey|api_key|access_key)'
                        OR value ~* '(passw|pwd|secret|token|credential|access_key)[a-z_]*\s*=|://[^/@]*:[^/@]*@')
              THEN 'hidden, ' || portfolio.keyed_fingerprint('posture ' || name, value)
              ELSE value END;
END;
COMMENT ON FUNCTION portfolio.posture_value(text, text) IS
  'The value of a setting or option as posture_snapshot() keeps it: as it is, or, where name or value looks as if it held a secret (passwords, connection strings, commands), its keyed_fingerprint(), which tells a change and nothing else. NULL for NULL.';

CREATE FUNCTION portfolio.posture_options(options text[]) RETURNS jsonb
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT jsonb_object_agg(o.name, portfolio.posture_value(o.name, o.value))
    FROM (SELECT split_part(u.option, '=', 1) AS name, substr(u.option, strpos(u.option, '=') + 1) AS value FROM unnest(options) u (option)) o;
END;
COMMENT ON FUNCTION portfolio.posture_options(text[]) IS 'Options written name=value, each as posture_value() gives it. NULL for none.';

CREATE TYPE portfolio.posture_item AS (kind text, name text, value text);
COMMENT ON TYPE portfolio.posture_item IS 'One thing of the posture: a row of posture_items() and posture_at().';
COMMENT ON COLUMN portfolio.posture_item.kind IS 'What it is: see posture_record.';
COMMENT ON COLUMN portfolio.posture_item.name IS 'Which one.';
COMMENT ON COLUMN portfolio.posture_item.value IS 'How it is.';

-- The server: settings, files, roles. What a session, role or database sets for itself is no setting of the server, so
-- parameters that a session may set come from the files, and those with a dot (some are known only once a library is loaded) too.
CREATE FUNCTION portfolio.posture_server_items() RETURNS SETOF portfolio.posture_item
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1000
BEGIN ATOMIC
  WITH file AS (
    SELECT DISTINCT ON (lower(f.name)) lower(f.name) AS name, f.setting FROM pg_file_settings f
     WHERE f.error IS NULL ORDER BY lower(f.name), f.seqno DESC)
  SELECT 'setting', s.name,
         portfolio.posture_value(s.name, CASE WHEN s.context IN ('internal', 'postmaster', 'sighup') THEN s.setting
                                              WHEN s.source = 'command line' THEN s.reset_val
                                              ELSE coalesce(f.setting, s.boot_val) END)
    FROM pg_settings s LEFT JOIN file f ON f.name = lower(s.name) WHERE s.name NOT LIKE '%.%'
  UNION ALL
  SELECT 'setting', f.name, portfolio.posture_value(f.name, f.setting) FROM file f WHERE f.name LIKE '%.%'
  UNION ALL
  -- the order of lines counts: each is kept with the one before it, so that a new line is two changes and not hundreds
  SELECT 'hba', h.name, jsonb_build_object('after', lag(h.name) OVER (ORDER BY h.line_number), 'options', portfolio.posture_options(h.options), 'error', h.error)::text
    FROM (SELECT r.line_number, f.options, CASE WHEN r.type IS NULL THEN 'the server cannot read it' END AS error,
                 CASE WHEN r.type IS NULL THEN 'unreadable line ' || r.line_number
                      ELSE r.rule || coalesce(nullif(format(' (%s)', row_number() OVER (PARTITION BY r.type IS NULL, r.rule ORDER BY r.line_number)), ' (1)'), '') END AS name
            FROM portfolio.hba_rule r JOIN pg_hba_file_rules f USING (line_number)) h
  UNION ALL
  SELECT 'ident', i.name, jsonb_build_object('after', lag(i.name) OVER (ORDER BY i.line_number))::text
    FROM (SELECT m.line_number,
                 CASE WHEN m.map_name IS NULL THEN 'unreadable line ' || m.line_number
                      ELSE concat_ws(' ', m.map_name, m.sys_name, m.pg_username)
                           || coalesce(nullif(format(' (%s)', row_number() OVER (PARTITION BY m.map_name, m.sys_name, m.pg_username ORDER BY m.line_number)), ' (1)'), '') END AS name
            FROM pg_ident_file_mappings m) i
  UNION ALL
  SELECT 'parameter', p.parname, p.paracl::text FROM pg_parameter_acl p
  UNION ALL
  SELECT 'role', a.rolname::text,
         jsonb_build_object('superuser', a.rolsuper, 'inherit', a.rolinherit, 'createrole', a.rolcreaterole, 'createdb', a.rolcreatedb,
                            'login', a.rolcanlogin, 'replication', a.rolreplication, 'bypassrls', a.rolbypassrls,
                            'connections', a.rolconnlimit, 'valid until', a.rolvaliduntil::text,
                            'password', CASE WHEN a.rolpassword IS NULL THEN 'none' WHEN a.rolpassword LIKE 'SCRAM-SHA-256$%' THEN 'scram-sha-256' ELSE 'md5' END)::text
    FROM pg_authid a
  UNION ALL
  SELECT 'membership', format('%s in %s granted by %s', m.member::regrole, m.roleid::regrole, m.grantor::regrole),
         (to_jsonb(m) - '{oid,roleid,member,grantor}'::text[])::text
    FROM pg_auth_members m
  UNION ALL
  SELECT 'role setting', format('%s in %s', coalesce(r.rolname, 'every role'), coalesce(d.datname, 'every database')), portfolio.posture_options(s.setconfig)::text
    FROM pg_db_role_setting s LEFT JOIN pg_authid r ON r.oid = s.setrole LEFT JOIN pg_database d ON d.oid = s.setdatabase
  UNION ALL
  SELECT 'database', d.datname::text,
         jsonb_build_object('owner', pg_get_userbyid(d.datdba), 'acl', d.datacl::text, 'connections', d.datallowconn, 'limit', d.datconnlimit, 'template', d.datistemplate)::text
    FROM pg_database d
  UNION ALL
  SELECT 'tablespace', t.spcname::text, jsonb_build_object('owner', pg_get_userbyid(t.spcowner), 'acl', t.spcacl::text, 'location', pg_tablespace_location(t.oid))::text
    FROM pg_tablespace t
  UNION ALL
  SELECT 'subscription', format('%I in %I', s.subname, d.datname),
         jsonb_build_object('owner', pg_get_userbyid(s.subowner), 'enabled', s.subenabled, 'publications', s.subpublications,
                            'connection', portfolio.posture_value('conninfo', s.subconninfo))::text
    FROM pg_subscription s JOIN pg_database d ON d.oid = s.subdbid;
END;
COMMENT ON FUNCTION portfolio.posture_server_items() IS
  'The posture of the server as it is now: settings, pg_hba.conf, pg_ident.conf, roles, databases. For posture_snapshot(), which calls it as the extension''s owner; no profile may.';

-- This database: who owns what, who may what, and what code there is. Of pg_catalog and information_schema only what somebody
-- may have changed: grants, and bodies that are not compiled in.
CREATE FUNCTION portfolio.posture_database_items() RETURNS SETOF portfolio.posture_item
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 10000
BEGIN ATOMIC
  WITH space AS (
    SELECT n.oid, n.nspname, n.nspname IN ('pg_catalog', 'information_schema') AS is_system
      FROM pg_namespace n WHERE n.nspname !~ '^pg_(toast|temp)')
  SELECT 'schema', n.nspname::text, jsonb_build_object('owner', pg_get_userbyid(n.nspowner), 'acl', n.nspacl::text)::text
    FROM pg_namespace n JOIN space s USING (oid)
  UNION ALL
  SELECT 'relation', format('%I.%I', s.nspname, c.relname),
         jsonb_build_object('kind', c.relkind, 'owner', pg_get_userbyid(c.relowner), 'acl', c.relacl::text, 'row security', c.relrowsecurity,
                            'forced', c.relforcerowsecurity, 'options', c.reloptions::text)::text
    FROM pg_class c JOIN space s ON s.oid = c.relnamespace
   WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't' AND (NOT s.is_system OR c.relacl IS NOT NULL)
  UNION ALL
  SELECT 'column', format('%I.%I.%I', s.nspname, c.relname, a.attname), a.attacl::text
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN space s ON s.oid = c.relnamespace
   WHERE a.attacl IS NOT NULL AND NOT a.attisdropped AND c.relpersistence <> 't'
  UNION ALL
  SELECT 'type', format('%I.%I', s.nspname, t.typname), jsonb_build_object('owner', pg_get_userbyid(t.typowner), 'acl', t.typacl::text)::text
    FROM pg_type t JOIN space s ON s.oid = t.typnamespace
   WHERE CASE WHEN s.is_system THEN t.typacl IS NOT NULL ELSE t.typtype <> 'c' AND t.typelem = 0 END
  UNION ALL
  SELECT 'function', format('%I.%I(%s)', s.nspname, p.proname, pg_get_function_identity_arguments(p.oid)),
         jsonb_build_object('kind', p.prokind, 'owner', pg_get_userbyid(p.proowner), 'acl', p.proacl::text, 'language', l.lanname,
                            'runs as owner', p.prosecdef, 'leakproof', p.proleakproof, 'settings', portfolio.posture_options(p.proconfig),
                            'body', encode(sha256(convert_to(jsonb_build_array(p.prosrc, p.probin, pg_get_function_sqlbody(p.oid))::text, 'UTF8')), 'hex'))::text
    FROM pg_proc p JOIN space s ON s.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
   WHERE NOT s.is_system OR p.proacl IS NOT NULL OR l.lanname <> 'internal'
  UNION ALL
  SELECT 'language', l.lanname::text, jsonb_build_object('owner', pg_get_userbyid(l.lanowner), 'acl', l.lanacl::text, 'trusted', l.lanpltrusted)::text
    FROM pg_language l
  UNION ALL
  SELECT 'extension', e.extname::text, jsonb_build_object('owner', pg_get_userbyid(e.extowner), 'version', e.extversion, 'schema', s.nspname)::text
    FROM pg_extension e JOIN pg_namespace s ON s.oid = e.extnamespace
  UNION ALL
  SELECT 'default privileges', format('%s of %I in %s', d.defaclobjtype, pg_get_userbyid(d.defaclrole), coalesce(quote_ident(s.nspname), 'every schema')), d.defaclacl::text
    FROM pg_default_acl d LEFT JOIN pg_namespace s ON s.oid = d.defaclnamespace
  UNION ALL
  SELECT 'trigger', format('%I on %I.%I', t.tgname, s.nspname, c.relname), jsonb_build_object('definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled)::text
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN space s ON s.oid = c.relnamespace WHERE NOT t.tgisinternal
  UNION ALL
  SELECT 'event trigger', e.evtname::text,
         jsonb_build_object('owner', pg_get_userbyid(e.evtowner), 'event', e.evtevent, 'function', e.evtfoid::regprocedure, 'enabled', e.evtenabled, 'tags', e.evttags)::text
    FROM pg_event_trigger e
  UNION ALL
  SELECT 'rule', format('%I on %I.%I', r.rulename, s.nspname, c.relname),
         jsonb_build_object('definition', encode(sha256(convert_to(pg_get_ruledef(r.oid), 'UTF8')), 'hex'), 'enabled', r.ev_enabled)::text
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN space s ON s.oid = c.relnamespace WHERE NOT s.is_system
  UNION ALL
  SELECT 'policy', format('%I on %I.%I', p.policyname, p.schemaname, p.tablename),
         jsonb_build_object('permissive', p.permissive, 'roles', p.roles, 'command', p.cmd, 'using', p.qual, 'check', p.with_check)::text
    FROM pg_policies p
  UNION ALL
  SELECT 'foreign data wrapper', w.fdwname::text,
         jsonb_build_object('owner', pg_get_userbyid(w.fdwowner), 'acl', w.fdwacl::text, 'options', portfolio.posture_options(w.fdwoptions))::text
    FROM pg_foreign_data_wrapper w
  UNION ALL
  SELECT 'foreign server', f.srvname::text,
         jsonb_build_object('owner', pg_get_userbyid(f.srvowner), 'acl', f.srvacl::text, 'options', portfolio.posture_options(f.srvoptions))::text
    FROM pg_foreign_server f
  UNION ALL
  SELECT 'user mapping', format('%I on %I', coalesce(r.rolname, 'public'), f.srvname),
         (SELECT jsonb_object_agg(o.name, CASE WHEN o.name IN ('user', 'username') THEN o.value ELSE 'hidden, ' || portfolio.keyed_fingerprint('user mapping', o.value) END)
            FROM (SELECT split_part(u.option, '=', 1) AS name, substr(u.option, strpos(u.option, '=') + 1) AS value
                    FROM unnest(coalesce(m.umoptions, '{none=}')) u (option)) o)::text
    FROM pg_user_mapping m JOIN pg_foreign_server f ON f.oid = m.umserver LEFT JOIN pg_authid r ON r.oid = m.umuser;
END;
COMMENT ON FUNCTION portfolio.posture_database_items() IS
  'The posture of this database as it is now: owners, privileges, code, policies, connections to elsewhere. For posture_snapshot(), which calls it as the extension''s owner; no profile may.';

CREATE FUNCTION portfolio.posture_at(snapshot bigint) RETURNS SETOF portfolio.posture_item
LANGUAGE sql STABLE PARALLEL SAFE ROWS 10000
BEGIN ATOMIC
  SELECT r.kind, r.name, r.value
    FROM (SELECT DISTINCT ON (p.kind, p.name) p.kind, p.name, p.value
            FROM portfolio.posture_record p
           WHERE p.snapshot <= posture_at.snapshot AND p.kind <> 'snapshot'
           ORDER BY p.kind, p.name, p.snapshot DESC) r
   WHERE r.value IS NOT NULL;
END;
COMMENT ON FUNCTION portfolio.posture_at(bigint) IS 'The whole posture as a snapshot found it. No row for NULL and before the first snapshot; a number past the last gives the last.';

-- The chain.
CREATE FUNCTION portfolio.posture_hash(state bytea, start bytea, record bigint, snapshot bigint, kind text, name text, value text) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT sha256(coalesce(state, start) || convert_to(jsonb_build_array(record, snapshot, kind, name, value)::text, 'UTF8'));
END;
COMMENT ON FUNCTION portfolio.posture_hash(bytea, bytea, bigint, bigint, text, text, text) IS
  'Hash of one record: SHA-256 over the hash before it (state; start where state is NULL) and the JSON array of its columns in UTF-8, which no two records share.';

CREATE AGGREGATE portfolio.posture_chain(start bytea, record bigint, snapshot bigint, kind text, name text, value text) (
  SFUNC = portfolio.posture_hash, STYPE = bytea
);
COMMENT ON AGGREGATE portfolio.posture_chain(bytea, bigint, bigint, text, text, text) IS 'Hash of the last of several records in order, the first of which follows start. As a window function: the hash of each.';

CREATE FUNCTION portfolio.posture_snapshot() RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_posture_snapshot';
COMMENT ON FUNCTION portfolio.posture_snapshot() IS
  'Adds to posture_record what of the server''s and this database''s posture has changed since the last snapshot, and a record that closes the snapshot; returns its number. Writes one line to the server log with the head of the chain: whoever keeps the log can tell a chain that somebody computed anew. One snapshot at a time; a second one waits. The line is written before the transaction ends, so a rolled back snapshot leaves a head that no chain has: take snapshots in transactions of their own.';

CREATE VIEW portfolio.posture WITH (security_invoker = true) AS
  SELECT r.snapshot, (r.value::jsonb ->> 'at')::timestamptz AS taken_at, r.value::jsonb ->> 'by' AS taken_by,
         (r.value::jsonb ->> 'changes')::bigint AS changes, encode(r.hash, 'hex') AS head
    FROM portfolio.posture_record r WHERE r.kind = 'snapshot';
COMMENT ON VIEW portfolio.posture IS 'The snapshots of the posture that were taken.';
COMMENT ON COLUMN portfolio.posture.snapshot IS 'Number of the snapshot.';
COMMENT ON COLUMN portfolio.posture.taken_at IS 'When it was taken.';
COMMENT ON COLUMN portfolio.posture.taken_by IS 'The role that took it.';
COMMENT ON COLUMN portfolio.posture.changes IS 'Number of things that it found new, changed or gone.';
COMMENT ON COLUMN portfolio.posture.head IS 'Head of the chain after it, in hexadecimal, as in the server log.';

CREATE TYPE portfolio.posture_change AS (kind text, name text, change text, before text, after text, snapshot bigint);
COMMENT ON TYPE portfolio.posture_change IS 'What differs between two snapshots: a row of posture_diff().';
COMMENT ON COLUMN portfolio.posture_change.kind IS 'What it is: see posture_record.';
COMMENT ON COLUMN portfolio.posture_change.name IS 'Which one.';
COMMENT ON COLUMN portfolio.posture_change.change IS 'added, changed or removed.';
COMMENT ON COLUMN portfolio.posture_change.before IS 'How it was; NULL: it was not there.';
COMMENT ON COLUMN portfolio.posture_change.after IS 'How it is; NULL: it is gone.';
COMMENT ON COLUMN portfolio.posture_change.snapshot IS 'The latest of the snapshots between the two that found it changed.';

CREATE FUNCTION portfolio.posture_diff(from_snapshot bigint DEFAULT NULL, to_snapshot bigint DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.posture_change
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  last bigint := (SELECT max(p.snapshot) FROM portfolio.posture p);
  missing bigint;
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  to_snapshot := coalesce(to_snapshot, last);
  from_snapshot := coalesce(from_snapshot, to_snapshot - 1);
  SELECT s INTO missing FROM unnest(ARRAY[from_snapshot, to_snapshot]) s
   WHERE s <> 0 AND NOT EXISTS (SELECT FROM portfolio.posture p WHERE p.snapshot = s) LIMIT 1;
  IF missing IS NOT NULL THEN
    RAISE EXCEPTION 'there is no snapshot %', missing
      USING ERRCODE = 'undefined_object', HINT = 'SELECT * FROM portfolio.posture lists the snapshots; 0 is before the first.';
  END IF;
  RETURN QUERY
    WITH touched AS (
      SELECT r.kind, r.name, max(r.snapshot) AS snapshot FROM portfolio.posture_record r
       WHERE r.kind <> 'snapshot' AND r.snapshot > least(from_snapshot, to_snapshot) AND r.snapshot <= greatest(from_snapshot, to_snapshot)
       GROUP BY r.kind, r.name)
    SELECT t.kind, t.name,
           CASE WHEN b.value IS NULL THEN 'added' WHEN a.value IS NULL THEN 'removed' ELSE 'changed' END,
           b.value, a.value, t.snapshot
      FROM touched t
      LEFT JOIN LATERAL (SELECT r.value FROM portfolio.posture_record r
                          WHERE r.kind = t.kind AND r.name = t.name AND r.snapshot <= from_snapshot ORDER BY r.snapshot DESC LIMIT 1) b ON true
      LEFT JOIN LATERAL (SELECT r.value FROM portfolio.posture_record r
                          WHERE r.kind = t.kind AND r.name = t.name AND r.snapshot <= to_snapshot ORDER BY r.snapshot DESC LIMIT 1) a ON true
     WHERE b.value IS DISTINCT FROM a.value
     ORDER BY t.kind, t.name;
END;
$$;
COMMENT ON FUNCTION portfolio.posture_diff(bigint, bigint, jsonb) IS
  'What differs between two snapshots: without arguments the last and the one before it; 0 is before the first. Either order. 42704 for a snapshot that is not there; no row when there is none at all. No options yet.';

CREATE TYPE portfolio.posture_verdict AS (
  intact boolean, snapshots bigint, records bigint, head text, record bigint, snapshot bigint, kind text, name text, problem text
);
COMMENT ON TYPE portfolio.posture_verdict IS 'Whether the chain of posture records holds: the row of verify_posture().';
COMMENT ON COLUMN portfolio.posture_verdict.intact IS 'True when every record follows from the one before it and the head that was given is there.';
COMMENT ON COLUMN portfolio.posture_verdict.snapshots IS 'Number of snapshots in the chain.';
COMMENT ON COLUMN portfolio.posture_verdict.records IS 'Number of records in the chain.';
COMMENT ON COLUMN portfolio.posture_verdict.head IS 'Hash of the last record, in hexadecimal; NULL without a record.';
COMMENT ON COLUMN portfolio.posture_verdict.record IS 'The first broken record; NULL where no record is at fault.';
COMMENT ON COLUMN portfolio.posture_verdict.snapshot IS 'The snapshot of that record.';
COMMENT ON COLUMN portfolio.posture_verdict.kind IS 'Its kind.';
COMMENT ON COLUMN portfolio.posture_verdict.name IS 'Its name.';
COMMENT ON COLUMN portfolio.posture_verdict.problem IS 'What is wrong, in words; NULL when all is well.';

CREATE FUNCTION portfolio.verify_posture(head text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.posture_verdict
LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
BEGIN ATOMIC
  WITH checked AS (
    SELECT r.record, r.snapshot, r.kind, r.name, r.hash,
           CASE WHEN r.record <> row_number() OVER w THEN 'records before it are missing, or it was put here'
                WHEN r.hash <> portfolio.posture_hash(NULL, coalesce(lag(r.hash) OVER w, ''), r.record, r.snapshot, r.kind, r.name, r.value)
                  THEN 'it or its hash was changed'
                WHEN r.kind <> 'snapshot' AND lead(r.record) OVER w IS NULL THEN 'records after it are missing: its snapshot has no end' END AS problem
      FROM portfolio.posture_record r WINDOW w AS (ORDER BY r.record)
  ), total AS (
    SELECT count(*) FILTER (WHERE c.kind = 'snapshot') AS snapshots, count(*) AS records,
           (SELECT encode(l.hash, 'hex') FROM checked l ORDER BY l.record DESC LIMIT 1) AS head,
           coalesce(bool_or(c.kind = 'snapshot' AND encode(c.hash, 'hex') = lower(btrim(verify_posture.head))), false) AS has_head
      FROM checked c
  )
  SELECT b.problem IS NULL AND (verify_posture.head IS NULL OR t.has_head), t.snapshots, t.records, t.head, b.record, b.snapshot, b.kind, b.name,
         coalesce(b.problem, CASE WHEN verify_posture.head IS NOT NULL AND NOT t.has_head
           THEN 'no snapshot has the head that was given: snapshots at the end are missing, or the chain was computed anew' END)
    FROM portfolio.check_options(options, '{}') o
    CROSS JOIN total t
    LEFT JOIN LATERAL (SELECT c.* FROM checked c WHERE c.problem IS NOT NULL ORDER BY c.record LIMIT 1) b ON true;
END;
COMMENT ON FUNCTION portfolio.verify_posture(text, jsonb) IS
  'Whether the chain of posture records holds, in one row that names the first broken record. A chain without a key finds every change that does not compute all later hashes anew, but not snapshots missing at its end: give it a head from the server log (32 bytes in hexadecimal, as posture_snapshot() logs it; NULL: none), and it says whether the chain still has that head. No options yet.';

INSERT INTO portfolio.check_definition (code, area, title, severity, question, description, query, remediation, refs, needs, author, builtin) VALUES
  ('posture-chain-broken', 'security', 'The record of the posture was changed by hand', 'critical',
   'Does the chain of posture records hold?',
   'Nobody but posture_snapshot() writes posture_record; whoever changes a row, adds one or takes one away breaks the chain of hashes from there on.',
   $$SELECT 'posture_record' AS subject, jsonb_build_object('record', v.record, 'snapshot', v.snapshot, 'kind', v.kind, 'name', v.name, 'problem', v.problem) AS detail
       FROM portfolio.verify_posture() v WHERE NOT v.intact$$,
   'Find out who wrote to the table. Compare with a backup and with the heads in the server log: SELECT * FROM portfolio.verify_posture(''head from the log'');',
   '{"iso": "A.8.15", "ndg": 6}', '{}', NULL, true);
