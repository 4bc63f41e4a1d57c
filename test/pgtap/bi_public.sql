-- What PUBLIC holds, enumerated: types, and nothing that reads a table, a setting or a file.
BEGIN;
SELECT plan(8);

SELECT is_empty($$
  SELECT c.oid::regclass, a.privilege_type FROM pg_class c, aclexplode(coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))) a
   WHERE c.relnamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace) AND c.relkind <> 'c' AND a.grantee = 0
  UNION ALL
  SELECT at.attrelid::regclass, at.attname FROM pg_attribute at JOIN pg_class c ON c.oid = at.attrelid, aclexplode(at.attacl) a
   WHERE c.relnamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace) AND a.grantee = 0
$$, 'PUBLIC holds nothing on any table, view, sequence or column');

SELECT results_eq($$
  SELECT n.nspname::text COLLATE "default" AS n, a.privilege_type::text COLLATE "default" FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
   WHERE n.nspname IN ('portfolio', 'portfolio_bi') AND a.grantee = 0 ORDER BY 1, 2
$$, $$VALUES ('portfolio', 'USAGE')$$, 'PUBLIC may use schema portfolio, and portfolio_bi not');

CREATE TEMP VIEW public_function AS
SELECT p.* FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
 WHERE p.pronamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace) AND a.grantee = 0;

SELECT is_empty($$
  SELECT p.oid::regprocedure FROM public_function p
   WHERE p.provolatile <> 'i'
     AND NOT EXISTS (SELECT FROM pg_type t WHERE t.typtype = 'b' AND t.typnamespace = p.pronamespace AND p.oid IN (t.typinput, t.typreceive, t.typoutput, t.typsend))
$$, 'PUBLIC may execute only immutable functions and the input and output of types');

SELECT is_empty($$
  SELECT p.oid::regprocedure, d.refobjid::regclass FROM public_function p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
   WHERE d.refclassid = 'pg_class'::regclass
$$, 'none of them has a body that names a relation');

SELECT is_empty($$
  SELECT p.oid::regprocedure, l.lanname FROM public_function p JOIN pg_language l ON l.oid = p.prolang
   WHERE l.lanname NOT IN ('c', 'internal') AND p.prosqlbody IS NULL
$$, 'none of them runs text that is resolved when it is called');

SELECT is_empty($$
  SELECT p.oid::regprocedure, t.typname FROM public_function p, unnest(p.proargtypes::oid[]) a (type) JOIN pg_type t ON t.oid = a.type
   WHERE (t.typtype <> 'b' OR t.typname LIKE 'reg%') AND t.typname NOT IN ('cstring', 'internal')
$$, 'none of them takes a relation, a row or any type at all');

-- The other way round: what a column of our types needs is there, for every type.
CREATE ROLE pf_nobody;
SELECT is_empty($$
  SELECT t.oid::regtype, f.f::regprocedure FROM pg_type t,
         unnest(ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend]::oid[]) f (f)
   WHERE t.typnamespace = 'portfolio'::regnamespace AND t.typtype = 'b' AND t.typelem = 0 AND f.f <> 0
     AND NOT has_function_privilege('pf_nobody', f.f, 'EXECUTE')
  UNION ALL
  -- that of a row type serves a constraint, which asks nobody
  SELECT o.oprleft::regtype, o.oprcode FROM pg_operator o JOIN pg_type t ON t.oid = o.oprleft AND t.typtype <> 'c'
   WHERE o.oprnamespace = 'portfolio'::regnamespace AND NOT has_function_privilege('pf_nobody', o.oprcode, 'EXECUTE')
  UNION ALL
  SELECT c.castsource::regtype, c.castfunc::regprocedure FROM pg_cast c JOIN pg_proc p ON p.oid = c.castfunc
   WHERE p.pronamespace = 'portfolio'::regnamespace AND NOT has_function_privilege('pf_nobody', c.castfunc, 'EXECUTE')
$$, 'anybody may read, write, compare and cast a value of our types');

SELECT is_empty($$
  SELECT t.typname, n.name FROM pg_type t, unnest(ARRAY['is_' || t.typname, 'try_' || t.typname, t.typname || '_problem']) n (name)
   WHERE t.typnamespace = 'portfolio'::regnamespace AND t.typname IN ('nhs_number', 'ods_code')
     AND NOT EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = t.typnamespace AND p.proname = n.name
                        AND has_function_privilege('pf_nobody', p.oid, 'EXECUTE'))
$$, 'anybody may ask is_x, try_x and x_problem');

SELECT * FROM finish();
ROLLBACK;
