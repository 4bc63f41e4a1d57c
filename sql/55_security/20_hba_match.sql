-- Which line of pg_hba.conf a connection meets, who can connect how, and which lines nobody meets.
CREATE TYPE portfolio.hba_verdict AS (
  line_number integer, rule text, auth_method text, admits boolean, certain boolean, reason text
);
COMMENT ON TYPE portfolio.hba_verdict IS 'A line of pg_hba.conf that a connection meets: a row of hba_match().';
COMMENT ON COLUMN portfolio.hba_verdict.line_number IS 'Line of the file; NULL: no line is for the connection.';
COMMENT ON COLUMN portfolio.hba_verdict.rule IS 'The line in one row of words, without its options: as in view hba_rule.';
COMMENT ON COLUMN portfolio.hba_verdict.auth_method IS 'What it asks for: trust, reject, scram-sha-256 …; NULL: no line is for the connection.';
COMMENT ON COLUMN portfolio.hba_verdict.admits IS 'Whether the connection may come in, given the proof that the method asks for. Nothing is said of CONNECT, LOGIN or VALID UNTIL.';
COMMENT ON COLUMN portfolio.hba_verdict.certain IS 'False where the line wins only if the address has a host name that nobody asked for; the row after it tells what happens otherwise.';
COMMENT ON COLUMN portfolio.hba_verdict.reason IS 'The same in words.';

CREATE FUNCTION portfolio.hba_lookup(database text, role text, address inet, ssl boolean, gss boolean, replication boolean, resolve boolean)
RETURNS SETOF portfolio.hba_verdict
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 1 COST 100 AS 'MODULE_PATHNAME', 'pf_hba_match';
COMMENT ON FUNCTION portfolio.hba_lookup(text, text, inet, boolean, boolean, boolean, boolean) IS 'What hba_match() does, with its options as arguments. The file is read once for each place in a query.';

CREATE FUNCTION portfolio.hba_match(database text, role text, address inet, ssl boolean, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.hba_verdict
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 1
BEGIN ATOMIC
  SELECT m.* FROM portfolio.check_options(options, '{gss,replication,resolve}') o,
       LATERAL portfolio.hba_lookup(database, role, address, ssl, coalesce((o ->> 'gss')::boolean, false),
                                    coalesce((o ->> 'replication')::boolean, false), coalesce((o ->> 'resolve')::boolean, false)) m;
END;
COMMENT ON FUNCTION portfolio.hba_match(text, text, inet, boolean, jsonb) IS
  'The first line of the pg_hba.conf on disk that takes a connection: to a database, as a role (which need not be there), from an address (NULL: the Unix socket; a host, its netmask is not looked at), with TLS or without (NULL: without). Read and understood by the server''s own parser; the next reload decides so. Options: gss (default false) for a connection that GSSAPI encrypts; replication (default false) for physical replication, where the database does not count; resolve (default false) asks the name server where a line has a host name, which may take seconds — without it such a line is a row of its own with certain = false. No row when database or role is NULL. F0000, with the line, when the server could not load the file.';

CREATE TYPE portfolio.hba_way AS (
  database text, role text, connections text[], auth_method text, line_number integer, rule text, whole boolean, example inet, certain boolean
);
COMMENT ON TYPE portfolio.hba_way IS 'A way in: a row of hba_matrix().';
COMMENT ON COLUMN portfolio.hba_way.database IS 'A database that takes connections; NULL: physical replication.';
COMMENT ON COLUMN portfolio.hba_way.role IS 'A role that may log in.';
COMMENT ON COLUMN portfolio.hba_way.connections IS 'local (Unix socket), plain, ssl, gss: the connections that meet the line.';
COMMENT ON COLUMN portfolio.hba_way.auth_method IS 'What the line asks for.';
COMMENT ON COLUMN portfolio.hba_way.line_number IS 'Line of pg_hba.conf.';
COMMENT ON COLUMN portfolio.hba_way.rule IS 'The line in words, without its options.';
COMMENT ON COLUMN portfolio.hba_way.whole IS 'Whether no line before it takes any of its connections and addresses away.';
COMMENT ON COLUMN portfolio.hba_way.example IS 'An address from which the line is met; NULL for the Unix socket and for host names.';
COMMENT ON COLUMN portfolio.hba_way.certain IS 'False where the addresses of the line are a host name or a mask with holes.';

CREATE FUNCTION portfolio.hba_matrix() RETURNS SETOF portfolio.hba_way
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 1000 COST 10000 AS 'MODULE_PATHNAME', 'pf_hba_matrix';
COMMENT ON FUNCTION portfolio.hba_matrix() IS
  'Who can connect how: every line of the pg_hba.conf on disk that lets a role in to a database, each with the connections that meet it after the lines before. Lines that reject are left out, and what they take away is not there. F0000 when the server could not load the file.';

CREATE TYPE portfolio.hba_line AS (
  line_number integer, rule text, auth_method text, use text, shadowed_by integer[]
);
COMMENT ON TYPE portfolio.hba_line IS 'A line of pg_hba.conf: a row of hba_line_use().';
COMMENT ON COLUMN portfolio.hba_line.line_number IS 'Line of the file.';
COMMENT ON COLUMN portfolio.hba_line.rule IS 'The line in words, without its options.';
COMMENT ON COLUMN portfolio.hba_line.auth_method IS 'What it asks for.';
COMMENT ON COLUMN portfolio.hba_line.use IS 'met: some role meets it on the way to some database; shadowed: lines before it take everybody; never met: no database and login role that there are fit it, or TLS is off.';
COMMENT ON COLUMN portfolio.hba_line.shadowed_by IS 'The lines that take its connections; NULL unless shadowed.';

CREATE FUNCTION portfolio.hba_line_use() RETURNS SETOF portfolio.hba_line
LANGUAGE c STABLE PARALLEL RESTRICTED ROWS 100 COST 10000 AS 'MODULE_PATHNAME', 'pf_hba_line_use';
COMMENT ON FUNCTION portfolio.hba_line_use() IS
  'Every line of the pg_hba.conf on disk and whether anybody can meet it: databases and roles as they are now, addresses as ranges, one line after the other. A line with a host name or a mask with holes takes nothing away from those after it. F0000 when the server could not load the file.';
