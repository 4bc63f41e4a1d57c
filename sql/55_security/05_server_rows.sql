-- What PostgreSQL keeps for superusers and checks need to know: fixed questions, without the secrets beside the answer. Each
-- question is a function of its own, which check_estate() sends to other servers.
CREATE TYPE portfolio.hba_file_line AS (
  line_number integer, type text, database text[], user_name text[], address text, netmask text, auth_method text, options text[], error text
);
COMMENT ON TYPE portfolio.hba_file_line IS 'A line of the pg_hba.conf on disk: a row of hba_file_lines().';
COMMENT ON COLUMN portfolio.hba_file_line.line_number IS 'Line in the file.';
COMMENT ON COLUMN portfolio.hba_file_line.type IS 'local, host, hostssl, hostnossl, hostgssenc or hostnogssenc; NULL for a line that the server cannot read.';
COMMENT ON COLUMN portfolio.hba_file_line.database IS 'Databases it is for.';
COMMENT ON COLUMN portfolio.hba_file_line.user_name IS 'Users and +groups it is for.';
COMMENT ON COLUMN portfolio.hba_file_line.address IS 'Address, host name, all, samehost or samenet.';
COMMENT ON COLUMN portfolio.hba_file_line.netmask IS 'Mask of a numeric address.';
COMMENT ON COLUMN portfolio.hba_file_line.auth_method IS 'Authentication method.';
COMMENT ON COLUMN portfolio.hba_file_line.options IS 'Options of the method, name=value; passwords are hidden.';
COMMENT ON COLUMN portfolio.hba_file_line.error IS 'Why the server cannot read the line, or why it cannot match; NULL when all is well.';
CREATE FUNCTION portfolio.hba_file_lines_asked() RETURNS SETOF portfolio.hba_file_line
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT h.line_number, h.type, h.database, h.user_name, h.address, h.netmask, h.auth_method,
         (SELECT array_agg(regexp_replace(o.option, '^(ldapbindpasswd|radiussecrets)=.*$', '\1=hidden') ORDER BY o.place)
            FROM unnest(h.options) WITH ORDINALITY o (option, place)) AS options, h.error
    FROM pg_hba_file_rules h;
END;
COMMENT ON FUNCTION portfolio.hba_file_lines_asked() IS 'What hba_file_lines() asks as the extension''s owner; no profile may.';
CREATE FUNCTION portfolio.hba_file_lines() RETURNS SETOF portfolio.hba_file_line
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 50 AS 'MODULE_PATHNAME', 'pf_hba_file_lines';
COMMENT ON FUNCTION portfolio.hba_file_lines() IS 'Lines of the pg_hba.conf on disk, as pg_hba_file_rules has them, for roles that may not read that view: passwords in options are hidden.';

CREATE TYPE portfolio.ident_file_line AS (line_number integer, map_name text, sys_name text, pg_username text, error text);
COMMENT ON TYPE portfolio.ident_file_line IS 'A line of the pg_ident.conf on disk: a row of ident_file_lines().';
COMMENT ON COLUMN portfolio.ident_file_line.line_number IS 'Line in the file.';
COMMENT ON COLUMN portfolio.ident_file_line.map_name IS 'Name of the map.';
COMMENT ON COLUMN portfolio.ident_file_line.sys_name IS 'User outside, or an expression that begins with a slash.';
COMMENT ON COLUMN portfolio.ident_file_line.pg_username IS 'Role that he may be.';
COMMENT ON COLUMN portfolio.ident_file_line.error IS 'Why the server cannot read the line; NULL when all is well.';
CREATE FUNCTION portfolio.ident_file_lines_asked() RETURNS SETOF portfolio.ident_file_line
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT m.line_number, m.map_name, m.sys_name, m.pg_username, m.error FROM pg_ident_file_mappings m;
END;
COMMENT ON FUNCTION portfolio.ident_file_lines_asked() IS 'What ident_file_lines() asks as the extension''s owner; no profile may.';
CREATE FUNCTION portfolio.ident_file_lines() RETURNS SETOF portfolio.ident_file_line
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 50 AS 'MODULE_PATHNAME', 'pf_ident_file_lines';
COMMENT ON FUNCTION portfolio.ident_file_lines() IS 'Lines of the pg_ident.conf on disk, as pg_ident_file_mappings has them, for roles that may not read that view. PostgreSQL 15 and later.';

CREATE TYPE portfolio.setting_file_line AS (file text, line integer, name text, is_set boolean, holds_password boolean, applied boolean, error text);
COMMENT ON TYPE portfolio.setting_file_line IS 'A line of the configuration files on disk, without its value: a row of setting_file_lines().';
COMMENT ON COLUMN portfolio.setting_file_line.file IS 'The file.';
COMMENT ON COLUMN portfolio.setting_file_line.line IS 'Line in the file.';
COMMENT ON COLUMN portfolio.setting_file_line.name IS 'The setting.';
COMMENT ON COLUMN portfolio.setting_file_line.is_set IS 'Whether it is given a value that is not empty.';
COMMENT ON COLUMN portfolio.setting_file_line.holds_password IS 'Whether password= is in the value.';
COMMENT ON COLUMN portfolio.setting_file_line.applied IS 'Whether the line would take effect.';
COMMENT ON COLUMN portfolio.setting_file_line.error IS 'Why it could not; NULL when all is well.';
CREATE FUNCTION portfolio.setting_file_lines_asked() RETURNS SETOF portfolio.setting_file_line
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT f.sourcefile AS file, f.sourceline AS line, f.name, f.setting <> '' AS is_set, f.setting ~* 'password\s*=' AS holds_password, f.applied, f.error
    FROM pg_file_settings f;
END;
COMMENT ON FUNCTION portfolio.setting_file_lines_asked() IS 'What setting_file_lines() asks as the extension''s owner; no profile may.';
CREATE FUNCTION portfolio.setting_file_lines() RETURNS SETOF portfolio.setting_file_line
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 50 AS 'MODULE_PATHNAME', 'pf_setting_file_lines';
COMMENT ON FUNCTION portfolio.setting_file_lines() IS 'Lines of the configuration files on disk, as pg_file_settings has them, for roles that may not read that view: without values.';

CREATE TYPE portfolio.user_mapping_option AS (server name, role name, has_password boolean, password_required boolean);
COMMENT ON TYPE portfolio.user_mapping_option IS 'A user mapping, without its options: a row of user_mapping_options().';
COMMENT ON COLUMN portfolio.user_mapping_option.server IS 'The foreign server.';
COMMENT ON COLUMN portfolio.user_mapping_option.role IS 'Whose mapping it is; NULL: everybody''s.';
COMMENT ON COLUMN portfolio.user_mapping_option.has_password IS 'Whether it keeps a password.';
COMMENT ON COLUMN portfolio.user_mapping_option.password_required IS 'False where password_required is switched off.';
CREATE FUNCTION portfolio.user_mapping_options_asked() RETURNS SETOF portfolio.user_mapping_option
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT s.srvname AS server, r.rolname AS role,
         EXISTS (SELECT FROM pg_options_to_table(m.umoptions) o WHERE o.option_name = 'password' AND o.option_value <> '') AS has_password,
         NOT EXISTS (SELECT FROM pg_options_to_table(m.umoptions) o
                      WHERE o.option_name = 'password_required' AND o.option_value IN ('false', 'off', 'no', '0')) AS password_required
    FROM pg_user_mapping m JOIN pg_foreign_server s ON s.oid = m.umserver LEFT JOIN pg_roles r ON r.oid = m.umuser;
END;
COMMENT ON FUNCTION portfolio.user_mapping_options_asked() IS 'What user_mapping_options() asks as the extension''s owner; no profile may.';
CREATE FUNCTION portfolio.user_mapping_options() RETURNS SETOF portfolio.user_mapping_option
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 20 AS 'MODULE_PATHNAME', 'pf_user_mapping_options';
COMMENT ON FUNCTION portfolio.user_mapping_options() IS 'What is to be known of the user mappings of this database by whoever may not see their options.';

CREATE TYPE portfolio.subscription_option AS (subscription name, verified boolean, by_socket boolean, has_password boolean);
COMMENT ON TYPE portfolio.subscription_option IS 'A subscription, without its connection string: a row of subscription_options().';
COMMENT ON COLUMN portfolio.subscription_option.subscription IS 'Name of the subscription.';
COMMENT ON COLUMN portfolio.subscription_option.verified IS 'Whether it asks for sslmode=verify-full.';
COMMENT ON COLUMN portfolio.subscription_option.by_socket IS 'Whether it connects by a socket.';
COMMENT ON COLUMN portfolio.subscription_option.has_password IS 'Whether its connection string holds a password.';
CREATE FUNCTION portfolio.subscription_options_asked() RETURNS SETOF portfolio.subscription_option
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT s.subname AS subscription, s.subconninfo ~* 'sslmode\s*=\s*''?verify-full' AS verified, s.subconninfo ~* 'host\s*=\s*''?/' AS by_socket,
         s.subconninfo ~* '(password\s*=|://[^/@]*:[^/@]+@)' AS has_password
    FROM pg_subscription s;
END;
COMMENT ON FUNCTION portfolio.subscription_options_asked() IS 'What subscription_options() asks as the extension''s owner; no profile may.';
CREATE FUNCTION portfolio.subscription_options() RETURNS SETOF portfolio.subscription_option
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 10 AS 'MODULE_PATHNAME', 'pf_subscription_options';
COMMENT ON FUNCTION portfolio.subscription_options() IS 'What is to be known of the subscriptions of the cluster by whoever may not see their connection strings.';

CREATE TYPE portfolio.sequence_position AS (
  schema_name name, sequence_name name, min_value bigint, max_value bigint, increment_by bigint, cycle boolean, last_value bigint
);
COMMENT ON TYPE portfolio.sequence_position IS 'How far a sequence has come: a row of sequence_positions().';
COMMENT ON COLUMN portfolio.sequence_position.schema_name IS 'Schema of the sequence.';
COMMENT ON COLUMN portfolio.sequence_position.sequence_name IS 'Name of the sequence.';
COMMENT ON COLUMN portfolio.sequence_position.min_value IS 'Where it begins.';
COMMENT ON COLUMN portfolio.sequence_position.max_value IS 'Where it ends.';
COMMENT ON COLUMN portfolio.sequence_position.increment_by IS 'Its step.';
COMMENT ON COLUMN portfolio.sequence_position.cycle IS 'Whether it begins anew at its end.';
COMMENT ON COLUMN portfolio.sequence_position.last_value IS 'The last number it gave; NULL while it gave none.';
CREATE FUNCTION portfolio.sequence_positions_asked() RETURNS SETOF portfolio.sequence_position
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT s.schemaname AS schema_name, s.sequencename AS sequence_name, s.min_value, s.max_value, s.increment_by, s.cycle, s.last_value
    FROM pg_sequences s;
END;
COMMENT ON FUNCTION portfolio.sequence_positions_asked() IS 'What sequence_positions() asks as the extension''s owner; no profile may.';
CREATE FUNCTION portfolio.sequence_positions() RETURNS SETOF portfolio.sequence_position
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 1000 AS 'MODULE_PATHNAME', 'pf_sequence_positions';
COMMENT ON FUNCTION portfolio.sequence_positions() IS 'All sequences of this database, as pg_sequences has them, with the positions that it hides from roles that may not read a sequence.';
