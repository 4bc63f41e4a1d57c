-- pg_hba.conf as checks need it: a stable name for each rule, and its network as a value.

CREATE VIEW portfolio.hba_rule WITH (security_invoker = true) AS
  SELECT concat_ws(' ', h.type, array_to_string(h.database, ','), array_to_string(h.user_name, ','),
                   h.address || coalesce('/' || n.bits, ''), h.auth_method) AS rule,
         h.line_number, h.type, h.database, h.user_name, h.address, n.bits, n.network, h.auth_method, h.options, h.error,
         coalesce(h.type LIKE 'host%' AND h.auth_method <> 'reject' AND h.address <> 'samehost'
                  AND NOT coalesce(n.network <<= '127.0.0.0/8' OR n.network <<= '::1/128', false), false) AS admits_remote
    FROM portfolio.hba_file_lines() h
    -- of the netmask: four bytes of header, then the address; what follows the last 1 is host part
    CROSS JOIN LATERAL (SELECT length(rtrim((('x' || substr(encode(inet_send(h.netmask::inet), 'hex'), 9))::bit(128))::text, '0')) AS length) m
    CROSS JOIN LATERAL (SELECT m.length AS bits,
                               CASE WHEN m.length IS NOT NULL THEN network(set_masklen(h.address::inet, m.length)) END AS network) n;
COMMENT ON VIEW portfolio.hba_rule IS
  'Rules of the pg_hba.conf on disk, which is what the next reload takes.';
COMMENT ON COLUMN portfolio.hba_rule.rule IS 'The rule in one line without its line number and options: the name that a finding keeps when lines move.';
COMMENT ON COLUMN portfolio.hba_rule.line_number IS 'Line in the file.';
COMMENT ON COLUMN portfolio.hba_rule.type IS 'local, host, hostssl, hostnossl, hostgssenc or hostnogssenc.';
COMMENT ON COLUMN portfolio.hba_rule.database IS 'Databases it is for.';
COMMENT ON COLUMN portfolio.hba_rule.user_name IS 'Users and +groups it is for.';
COMMENT ON COLUMN portfolio.hba_rule.address IS 'Address, host name, all, samehost or samenet.';
COMMENT ON COLUMN portfolio.hba_rule.bits IS 'Network bits of a numeric address.';
COMMENT ON COLUMN portfolio.hba_rule.network IS 'The network of a numeric address.';
COMMENT ON COLUMN portfolio.hba_rule.auth_method IS 'Authentication method.';
COMMENT ON COLUMN portfolio.hba_rule.options IS 'Options of the method, with passwords hidden.';
COMMENT ON COLUMN portfolio.hba_rule.error IS 'Why the server cannot read the line (type is NULL then), or why the rule cannot match (hostssl with ssl = off); NULL when all is well.';
COMMENT ON COLUMN portfolio.hba_rule.admits_remote IS 'Does the rule let sessions from another machine in?';
