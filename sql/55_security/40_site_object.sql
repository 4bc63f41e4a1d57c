-- What checks of objects look at: what somebody made in this database, apart from initdb and from extensions.
CREATE VIEW portfolio.site_relation WITH (security_invoker = true) AS
  SELECT c.oid, c.oid::regclass::text AS name, c.relname, c.relnamespace, c.relkind, c.relowner, c.relacl, c.relpersistence, c.relreplident,
         c.relrowsecurity, c.relforcerowsecurity, c.relispartition, c.reloptions
    FROM pg_class c
   WHERE c.oid >= 16384 AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relpersistence <> 't'
     AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid);
COMMENT ON VIEW portfolio.site_relation IS
  'Tables, views, materialised views, foreign tables and sequences of this database that belong to no extension and were not made by initdb; no temporary ones.';
COMMENT ON COLUMN portfolio.site_relation.oid IS 'Number of the relation.';
COMMENT ON COLUMN portfolio.site_relation.name IS 'Its name, with its schema where search_path does not find it.';
COMMENT ON COLUMN portfolio.site_relation.relname IS 'As in pg_class.';
COMMENT ON COLUMN portfolio.site_relation.relnamespace IS 'As in pg_class.';
COMMENT ON COLUMN portfolio.site_relation.relkind IS 'As in pg_class: r, p, v, m, f or S.';
COMMENT ON COLUMN portfolio.site_relation.relowner IS 'As in pg_class.';
COMMENT ON COLUMN portfolio.site_relation.relacl IS 'As in pg_class.';
COMMENT ON COLUMN portfolio.site_relation.relpersistence IS 'As in pg_class: p or u.';
COMMENT ON COLUMN portfolio.site_relation.relreplident IS 'As in pg_class.';
COMMENT ON COLUMN portfolio.site_relation.relrowsecurity IS 'As in pg_class.';
COMMENT ON COLUMN portfolio.site_relation.relforcerowsecurity IS 'As in pg_class.';
COMMENT ON COLUMN portfolio.site_relation.relispartition IS 'As in pg_class.';
COMMENT ON COLUMN portfolio.site_relation.reloptions IS 'As in pg_class.';

CREATE VIEW portfolio.site_function WITH (security_invoker = true) AS
  SELECT p.oid, p.oid::regprocedure::text AS name, p.proname, p.pronamespace, p.pronargs, p.prokind, p.proowner, p.prolang, p.prosecdef, p.proleakproof,
         p.provolatile, p.proacl, p.proconfig, p.prosrc, p.prosqlbody IS NOT NULL AS parsed
    FROM pg_proc p
   WHERE p.oid >= 16384
     AND NOT EXISTS (SELECT FROM pg_depend d
                      WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass AND d.objid = p.oid);
COMMENT ON VIEW portfolio.site_function IS 'Functions and procedures of this database that belong to no extension and were not made by initdb.';
COMMENT ON COLUMN portfolio.site_function.oid IS 'Number of the function.';
COMMENT ON COLUMN portfolio.site_function.name IS 'Its name with the types of its arguments, and its schema where search_path does not find it.';
COMMENT ON COLUMN portfolio.site_function.proname IS 'As in pg_proc.';
COMMENT ON COLUMN portfolio.site_function.pronamespace IS 'As in pg_proc.';
COMMENT ON COLUMN portfolio.site_function.pronargs IS 'As in pg_proc.';
COMMENT ON COLUMN portfolio.site_function.prokind IS 'As in pg_proc.';
COMMENT ON COLUMN portfolio.site_function.proowner IS 'As in pg_proc.';
COMMENT ON COLUMN portfolio.site_function.prolang IS 'As in pg_proc.';
COMMENT ON COLUMN portfolio.site_function.prosecdef IS 'As in pg_proc.';
COMMENT ON COLUMN portfolio.site_function.proleakproof IS 'As in pg_proc.';
COMMENT ON COLUMN portfolio.site_function.provolatile IS 'As in pg_proc.';
COMMENT ON COLUMN portfolio.site_function.proacl IS 'As in pg_proc.';
COMMENT ON COLUMN portfolio.site_function.proconfig IS 'As in pg_proc.';
COMMENT ON COLUMN portfolio.site_function.prosrc IS 'As in pg_proc.';
COMMENT ON COLUMN portfolio.site_function.parsed IS 'Is the body kept parsed (BEGIN ATOMIC), so that no search_path changes what it means?';
