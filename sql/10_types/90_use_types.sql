-- Operators are found through search_path. What index, ORDER BY or GROUP BY need is found without.
CREATE FUNCTION portfolio.use_types() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH me AS (
    SELECT d.oid AS database, d.datname FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
  ), setting AS (          -- what is set for this database, for all databases, for this role
    SELECT s.setdatabase, s.setrole, pg_catalog.substr(c.entry, pg_catalog.length('search_path=') + 1) AS path
      FROM pg_catalog.pg_db_role_setting s CROSS JOIN LATERAL pg_catalog.unnest(s.setconfig) AS c (entry)
     WHERE c.entry LIKE 'search\_path=%'
  ), path AS (
    SELECT COALESCE(
             (SELECT s.path FROM setting s JOIN me ON s.setdatabase = me.database WHERE s.setrole = 0),
             (SELECT s.path FROM setting s WHERE s.setdatabase = 0 AND s.setrole = 0),
             (SELECT CASE WHEN EXISTS (SELECT FROM setting s JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
                                        WHERE r.rolname = SESSION_USER)
                          THEN g.boot_val ELSE g.reset_val END
                FROM pg_catalog.pg_settings g WHERE g.name = 'search_path')) AS value
  ), element AS (          -- the names of the path, without quotes
    SELECT e.ord, CASE WHEN e.name[1] LIKE '"%'
                       THEN pg_catalog.replace(pg_catalog.substr(e.name[1], 2, pg_catalog.length(e.name[1]) - 2), '""', '"')
                       ELSE pg_catalog.lower(e.name[1] COLLATE "C") END AS name
      FROM path CROSS JOIN LATERAL pg_catalog.regexp_matches(path.value, '"(?:[^"]|"")*"|[^",\s]+', 'g')
             WITH ORDINALITY AS e (name, ord)
  )
  SELECT pg_catalog.format('ALTER DATABASE %I SET search_path = %s;', me.datname,
           pg_catalog.concat_ws(', ',
             (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(e.name), ', ' ORDER BY e.ord)
                FROM element e WHERE e.name NOT IN ('', 'portfolio')),
             'portfolio'))
    FROM me;
END;
COMMENT ON FUNCTION portfolio.use_types() IS
  'The ALTER DATABASE ... SET search_path statement that makes the operators of our types resolve in this database: schema portfolio last, after whatever path is set for it already. Prints, changes nothing; new sessions follow it.';
