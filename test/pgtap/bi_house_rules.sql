-- What must hold for every object of the extension, enumerated from the catalogs.
BEGIN;
SELECT plan(15);

CREATE TEMP VIEW member AS
SELECT d.classid, d.objid, i.type, i.schema, i.identity
  FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
  CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) i
 WHERE d.deptype = 'e' AND e.extname = 'pg_portfolio';

SELECT cmp_ok((SELECT count(*) FROM member), '>', 50::bigint, 'the extension has its members');

SELECT is_empty($$
  SELECT type, identity FROM member
   WHERE coalesce(schema, '') NOT IN ('portfolio', 'portfolio_bi')
     AND NOT (type = 'schema' AND identity IN ('portfolio', 'portfolio_bi'))
     -- casts, access method entries and event triggers have no schema of their own
     AND type NOT IN ('cast')
$$, 'no member of the extension is outside portfolio and portfolio_bi');

SELECT is_empty($$
  SELECT format('%s %s', c.relkind, c.oid::regclass) FROM pg_class c
   WHERE c.relnamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace) AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
     AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_class'::regclass AND m.objid = c.oid)
     -- sequences of identity columns belong to their table
     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')
  UNION ALL
  SELECT p.oid::regprocedure::text FROM pg_proc p
   WHERE p.pronamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace)
     AND NOT EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
$$, 'everything in the two schemas is a member of the extension');

SELECT is_empty($$
  SELECT m.type, m.identity FROM member m
   WHERE m.type IN ('schema', 'table', 'view', 'materialized view', 'sequence', 'foreign table', 'function', 'procedure', 'aggregate',
                    'type', 'composite type', 'domain', 'operator', 'cast', 'event trigger')
     -- row types of tables and array types are commented by their table and element type
     AND NOT (m.classid = 'pg_type'::regclass AND EXISTS (
           SELECT FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
            WHERE t.oid = m.objid AND (c.relkind <> 'c' OR (t.typcategory = 'A' AND t.typelem <> 0))))
     -- a partition is described by its table
     AND NOT (m.classid = 'pg_class'::regclass AND EXISTS (SELECT FROM pg_class c WHERE c.oid = m.objid AND c.relispartition))
     -- the type carries the comment of a composite type
     AND NOT (m.classid = 'pg_class'::regclass AND m.type = 'composite type')
     -- sequences that a column owns are described by it
     AND NOT (m.type = 'sequence' AND EXISTS (
           SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = m.objid AND d.deptype IN ('a', 'i') AND d.refobjsubid > 0))
     AND coalesce(btrim(obj_description(m.objid, (SELECT relname FROM pg_class WHERE oid = m.classid))), '') = ''
$$, 'every object has a comment');

SELECT is_empty($$
  SELECT c.oid::regclass, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
   WHERE c.relnamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace)
     AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'c') AND NOT c.relispartition
     AND a.attnum > 0 AND NOT a.attisdropped
     AND coalesce(btrim(col_description(c.oid, a.attnum)), '') = ''
$$, 'every column of every table, view and composite type has a comment');

SELECT is_empty($$
  SELECT p.oid::regprocedure FROM pg_proc p JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid WHERE p.prosecdef
$$, 'no function is SECURITY DEFINER');

SELECT is_empty($$
  SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN member m ON m.classid = 'pg_proc'::regclass AND m.objid = p.oid
   WHERE l.lanname NOT IN ('c', 'internal') AND p.prosqlbody IS NULL
     AND NOT coalesce(p.proconfig @> ARRAY['search_path=pg_catalog, pg_temp'], false)
$$, 'every function is C, has a BEGIN ATOMIC body or pins its search_path to pg_catalog, pg_temp');

SELECT is_empty($$
  SELECT c.oid::regclass, a.attname, format_type(a.atttypid, a.atttypmod)
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t ON t.oid = a.atttypid
   WHERE c.relnamespace = 'portfolio_bi'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
     AND (t.typnamespace <> 'pg_catalog'::regnamespace OR t.typtype <> 'b' OR t.typcategory IN ('A', 'R') OR t.typname IN ('json', 'jsonb', 'xml', 'oid') OR t.typname LIKE 'reg%')
$$, 'every column of portfolio_bi is of a plain built-in type: no array, range, document or OID either');

SELECT is_empty($$
  SELECT c.oid::regclass, c.relkind FROM pg_class c WHERE c.relnamespace = 'portfolio_bi'::regnamespace AND c.relkind <> 'v'
$$, 'portfolio_bi holds views and nothing else');

SELECT is_empty($$
  SELECT c.oid::regclass, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
   WHERE c.relnamespace = 'portfolio_bi'::regnamespace AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype)
     AND NOT EXISTS (SELECT FROM pg_attribute k WHERE k.attrelid = c.oid AND k.attname = a.attname || '_date_key' AND k.atttypid = 'int'::regtype)
$$, 'beside every timestamp is its date key');

-- A view that is simple enough can be written through; ours must not be.
SELECT is_empty($$
  SELECT c.oid::regclass FROM pg_class c
   WHERE c.relnamespace = 'portfolio_bi'::regnamespace AND pg_relation_is_updatable(c.oid, true) <> 0
     AND EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') AND a.grantee <> c.relowner)
$$, 'nobody but the owner may write through a view of portfolio_bi');

SELECT is_empty($$
  SELECT c.oid::regclass FROM pg_class c
   WHERE c.relnamespace = 'portfolio'::regnamespace AND c.relkind = 'v'
     AND NOT coalesce(c.reloptions && ARRAY['security_invoker=true', 'security_invoker=on'], false)
$$, 'every view of portfolio is security_invoker');

SELECT is_empty($$
  SELECT c.oid::regclass FROM pg_class c
   WHERE c.relnamespace = 'portfolio_bi'::regnamespace AND c.relkind = 'v'
     AND NOT coalesce(c.reloptions && ARRAY['security_barrier=true', 'security_barrier=on'], false)
$$, 'every view of portfolio_bi is a security barrier');

-- Classes: one a table, and the dump list agrees.
CREATE TEMP VIEW class AS
SELECT c.oid, c.oid::regclass AS name, regexp_matches(obj_description(c.oid, 'pg_class'), 'Class: (user rows|reference|operation)\M', 'g') AS class
  FROM pg_class c WHERE c.relnamespace = 'portfolio'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition;

SELECT is_empty($$
  SELECT c.oid::regclass FROM pg_class c
   WHERE c.relnamespace = 'portfolio'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     AND (SELECT count(*) FROM class k WHERE k.oid = c.oid) <> 1
$$, 'the comment of every table names exactly one class');

SELECT is_empty($$
  SELECT k.name, k.class[1], cfg.oid IS NOT NULL AS dumped
    FROM class k
    LEFT JOIN (SELECT unnest(extconfig) AS oid FROM pg_extension WHERE extname = 'pg_portfolio') cfg ON cfg.oid = k.oid
   WHERE (k.class[1] = 'user rows') <> (cfg.oid IS NOT NULL)
  UNION ALL
  -- The sequence behind a dumped table goes with it, or the first insert after a restore collides.
  SELECT s.oid::regclass, 'sequence of ' || d.refobjid::regclass, false
    FROM pg_class s JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = s.oid AND d.deptype IN ('a', 'i')
                    JOIN class k ON k.oid = d.refobjid AND k.class[1] = 'user rows'
   WHERE s.relkind = 'S' AND s.oid <> ALL (SELECT unnest(extconfig) FROM pg_extension WHERE extname = 'pg_portfolio')
$$, 'exactly the tables of user rows, with their sequences, are dumped');

SELECT * FROM finish();
ROLLBACK;
