-- Profiles: five sets of plain GRANTs. What each holds is a table, so that it can be read and tested.
CREATE TABLE portfolio.profile (
  code text PRIMARY KEY,
  description text NOT NULL
);
COMMENT ON TABLE portfolio.profile IS 'The five profiles of rights that grant_profile() gives to a role. Class: reference.';
COMMENT ON COLUMN portfolio.profile.code IS 'Name of the profile: reader, analyst, editor, operator or auditor.';
COMMENT ON COLUMN portfolio.profile.description IS 'What a holder may do, in one sentence.';

INSERT INTO portfolio.profile (code, description) VALUES
  ('reader',   'Reads the views of schema portfolio_bi: the portfolio, published scores and counts of findings. No table.'),
  ('analyst',  'Reads the portfolio and all scores, scores data of his own, declares data sets and writes rules.'),
  ('editor',   'Reads the portfolio and all scores, and writes the portfolio, its processes, evidence and decisions.'),
  ('operator', 'Reads the portfolio and all scores, writes and runs checks and jobs, and works on every finding.'),
  ('auditor',  'Reads everything, changes nothing.');

CREATE TABLE portfolio.profile_privilege (
  profile text NOT NULL REFERENCES portfolio.profile,
  object_kind text NOT NULL CHECK (object_kind IN ('schema', 'table', 'sequence', 'function')),
  object text NOT NULL,
  privilege text NOT NULL,
  columns name[] CHECK (cardinality(columns) > 0),
  PRIMARY KEY (profile, object_kind, object, privilege),
  CHECK (CASE object_kind WHEN 'schema' THEN privilege = 'USAGE'
                          WHEN 'sequence' THEN privilege = 'USAGE'
                          WHEN 'function' THEN privilege = 'EXECUTE'
                          ELSE privilege IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') END),
  CHECK (columns IS NULL OR (object_kind = 'table' AND privilege <> 'DELETE'))
);
COMMENT ON TABLE portfolio.profile_privilege IS
  'What each profile holds, one privilege on one object a row; grant_profile() grants exactly these rows. TRIGGER, TRUNCATE and REFERENCES are in no profile. Class: reference.';
COMMENT ON COLUMN portfolio.profile_privilege.profile IS 'The profile that holds the privilege.';
COMMENT ON COLUMN portfolio.profile_privilege.object_kind IS 'schema, table (views too), sequence or function (procedures and aggregates too).';
COMMENT ON COLUMN portfolio.profile_privilege.object IS 'Name of the object with its schema; a function without arguments, since each name is one signature.';
COMMENT ON COLUMN portfolio.profile_privilege.privilege IS 'The privilege as GRANT names it.';
COMMENT ON COLUMN portfolio.profile_privilege.columns IS
  'Columns it is limited to, NULL for the whole object. Columns that tell who wrote a row, when, or how it ended are in no list.';

CREATE TABLE portfolio.profile_grant (
  role name NOT NULL,
  profile text NOT NULL REFERENCES portfolio.profile,
  granted_by name NOT NULL DEFAULT CURRENT_USER,
  granted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (role, profile)
);
COMMENT ON TABLE portfolio.profile_grant IS
  'Which role was given which profile. Policies ask it through has_profile(); the rights themselves are ordinary grants. Class: user rows.';
COMMENT ON COLUMN portfolio.profile_grant.role IS 'Name of the role.';
COMMENT ON COLUMN portfolio.profile_grant.profile IS 'The profile it was given.';
COMMENT ON COLUMN portfolio.profile_grant.granted_by IS 'Who gave it.';
COMMENT ON COLUMN portfolio.profile_grant.granted_at IS 'When it was given.';
SELECT pg_catalog.pg_extension_config_dump('portfolio.profile_grant', '');

CREATE FUNCTION portfolio.has_profile(profile text) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT EXISTS (SELECT FROM portfolio.profile_grant g JOIN pg_catalog.pg_roles r ON r.rolname = g.role
                  WHERE g.profile = has_profile.profile AND pg_catalog.pg_has_role(r.oid, 'USAGE'));
END;
COMMENT ON FUNCTION portfolio.has_profile(text) IS
  'Whether the current user holds the profile, itself or through a role whose rights it has. NULL for NULL. A superuser holds every profile that any role was given.';

CREATE FUNCTION portfolio.profile_statements(role name, profile text, revoke boolean DEFAULT false) RETURNS text[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  statements text[];
BEGIN
  IF NOT EXISTS (SELECT FROM portfolio.profile p WHERE p.code = profile_statements.profile) THEN
    RAISE EXCEPTION 'profile "%" does not exist', profile
      USING ERRCODE = 'undefined_object',
            HINT = format('Profiles: %s.', (SELECT string_agg(code, ', ' ORDER BY code) FROM portfolio.profile));
  END IF;
  SELECT array_agg(format(CASE WHEN revoke THEN 'REVOKE %s ON %s FROM %I' ELSE 'GRANT %s ON %s TO %I' END,
                          pp.privilege || coalesce(' (' || (SELECT string_agg(quote_ident(c), ', ') FROM unnest(pp.columns) c) || ')', ''),
                          target.object, role)
                   ORDER BY array_position(ARRAY['schema', 'sequence', 'function', 'table'], pp.object_kind), target.object, pp.privilege)
    INTO statements
    FROM portfolio.profile_privilege pp
    CROSS JOIN LATERAL (
      SELECT 'ROUTINE ' || p.oid::regprocedure::text AS object
        FROM pg_proc p
       WHERE pp.object_kind = 'function'
         AND p.pronamespace = split_part(pp.object, '.', 1)::regnamespace AND p.proname = split_part(pp.object, '.', 2)
      UNION ALL
      SELECT upper(pp.object_kind) || ' ' || pp.object WHERE pp.object_kind <> 'function') target
   WHERE pp.profile = profile_statements.profile;
  RETURN statements;
END
$$;
COMMENT ON FUNCTION portfolio.profile_statements(name, text, boolean) IS
  'The GRANT (or REVOKE) statements behind a profile, in the order in which grant_profile() runs them; for reading before giving. Raises 42704 for an unknown profile.';

CREATE FUNCTION portfolio.grant_profile(role name, profile text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  statement text;
BEGIN
  IF role IS NULL OR profile IS NULL THEN
    RAISE EXCEPTION 'role and profile must not be null' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
    RAISE EXCEPTION 'role "%" does not exist', role
      USING ERRCODE = 'undefined_object',
            HINT = format('Create it first: CREATE ROLE %I LOGIN;', role);
  END IF;
  FOREACH statement IN ARRAY portfolio.profile_statements(role, profile) LOOP
    EXECUTE statement;
  END LOOP;
  INSERT INTO portfolio.profile_grant (role, profile) VALUES (grant_profile.role, grant_profile.profile)
    ON CONFLICT ON CONSTRAINT profile_grant_pkey DO NOTHING;
END
$$;
COMMENT ON FUNCTION portfolio.grant_profile(name, text) IS
  'Gives an existing role one of the five profiles, as plain grants that the caller must be able to give. May be repeated; after an upgrade it adds what is new. Raises 42704 for an unknown role or profile.';

CREATE FUNCTION portfolio.revoke_profile(role name, profile text) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  statement text;
  kept text;
BEGIN
  IF role IS NULL OR profile IS NULL THEN
    RAISE EXCEPTION 'role and profile must not be null' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
    FOREACH statement IN ARRAY portfolio.profile_statements(role, profile, true) LOOP
      EXECUTE statement;
    END LOOP;
  END IF;
  DELETE FROM portfolio.profile_grant g WHERE g.role = revoke_profile.role AND g.profile = revoke_profile.profile;
  -- What another profile of the role also gives has just gone with it: give that back.
  FOR kept IN SELECT g.profile FROM portfolio.profile_grant g WHERE g.role = revoke_profile.role ORDER BY 1 LOOP
    PERFORM portfolio.grant_profile(role, kept);
  END LOOP;
END
$$;
COMMENT ON FUNCTION portfolio.revoke_profile(name, text) IS
  'Takes a profile back from a role and leaves what its other profiles give. A role that no longer exists is only forgotten. Raises 42704 for an unknown profile.';

CREATE FUNCTION portfolio.create_roles(prefix text DEFAULT 'portfolio_') RETURNS name[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  code text;
  made name[] := '{}';
BEGIN
  IF coalesce(btrim(prefix), '') = '' OR octet_length(prefix) > 50 THEN
    RAISE EXCEPTION 'prefix "%" cannot begin the names of roles', prefix
      USING ERRCODE = 'invalid_parameter_value',
            DETAIL = 'It must have 1 to 50 bytes.',
            HINT = 'SELECT portfolio.create_roles(''portfolio_'');';
  END IF;
  FOR code IN SELECT p.code FROM portfolio.profile p ORDER BY 1 LOOP
    -- Roles belong to the server, the extension to one database: another database may have made them.
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = prefix || code) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', prefix || code);
      EXECUTE format('COMMENT ON ROLE %I IS %L', prefix || code, 'pg_portfolio: profile ' || code);
    ELSIF shobj_description((SELECT oid FROM pg_roles WHERE rolname = prefix || code), 'pg_authid')
          IS DISTINCT FROM 'pg_portfolio: profile ' || code THEN
      RAISE EXCEPTION 'role "%" already exists', prefix || code
        USING ERRCODE = 'duplicate_object',
              DETAIL = 'It was not made by create_roles().',
              HINT = format('Choose another prefix, or give the role its profile: SELECT portfolio.grant_profile(%L, %L);', prefix || code, code);
    END IF;
    PERFORM portfolio.grant_profile(prefix || code, code);
    made := made || (prefix || code)::name;
  END LOOP;
  RETURN made;
END
$$;
COMMENT ON FUNCTION portfolio.create_roles(text) IS
  'Makes five NOLOGIN roles, one a profile, named prefix and profile, and returns their names; people become members. Roles that another database made with it are taken as they are. Raises 42710 where a role of that name is not ours.';

CREATE FUNCTION portfolio.drop_roles(prefix text DEFAULT 'portfolio_') RETURNS name[]
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  code text;
  gone name[] := '{}';
BEGIN
  IF coalesce(btrim(prefix), '') = '' THEN
    RAISE EXCEPTION 'prefix "%" cannot begin the names of roles', prefix
      USING ERRCODE = 'invalid_parameter_value',
            HINT = 'SELECT portfolio.drop_roles(''portfolio_'');';
  END IF;
  FOR code IN SELECT p.code FROM portfolio.profile p ORDER BY 1 LOOP
    CONTINUE WHEN shobj_description((SELECT oid FROM pg_roles WHERE rolname = prefix || code), 'pg_authid')
                  IS DISTINCT FROM 'pg_portfolio: profile ' || code;
    PERFORM portfolio.revoke_profile(prefix || code, code);
    EXECUTE format('DROP ROLE %I', prefix || code);
    gone := gone || (prefix || code)::name;
  END LOOP;
  RETURN gone;
END
$$;
COMMENT ON FUNCTION portfolio.drop_roles(text) IS
  'Drops the roles that create_roles() made with this prefix and returns their names; others are left alone. PostgreSQL refuses where a role still owns or may use something, here or in another database.';
