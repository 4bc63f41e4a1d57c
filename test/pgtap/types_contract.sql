-- Every type of values has the whole contract: a later type is covered as soon as it exists.
\unset ECHO
SET client_min_messages = warning;
-- The types with an order that stand alone are those that have is_x; rule sets, tallies and schedules have none.
CREATE TEMP TABLE typ AS
  SELECT t.oid, t.typname::text AS name
    FROM pg_type t
   WHERE t.typnamespace = 'portfolio'::regnamespace AND t.typtype = 'b' AND t.typcategory <> 'A'
     AND to_regproc(format('portfolio.is_%s', t.typname)) IS NOT NULL;
-- What a type has beyond the contract is listed here, and nothing else.
CREATE TEMP TABLE extra_cast (name text, target regtype, context "char");
INSERT INTO extra_cast VALUES ('nhs_number', 'bigint', 'e'), ('sctid', 'bigint', 'e');
CREATE TEMP TABLE function_of AS
  SELECT DISTINCT typ.name, p.*
    FROM typ JOIN pg_proc p ON p.pronamespace = 'portfolio'::regnamespace
     AND p.prokind = 'f' AND p.prolang IN (SELECT oid FROM pg_language WHERE lanname IN ('c', 'internal'))
     AND (p.prorettype = typ.oid OR typ.oid = ANY (p.proargtypes::oid[]) OR p.proname IN ('is_' || typ.name, 'try_' || typ.name, typ.name || '_problem'));
CREATE TEMP TABLE operator_of AS
  SELECT typ.name, o.* FROM typ JOIN pg_operator o ON o.oprleft = typ.oid AND o.oprright = typ.oid AND o.oprnamespace = 'portfolio'::regnamespace;
CREATE TEMP TABLE opclass_of AS
  SELECT typ.name, c.*, a.amname FROM typ JOIN pg_opclass c ON c.opcintype = typ.oid JOIN pg_am a ON a.oid = c.opcmethod;

SELECT plan((11 + 17 * count(*))::int) FROM typ;

SELECT is_empty($$ SELECT unnest('{nhs_number,chi_number,ods_code,sctid}'::text[]) EXCEPT SELECT name FROM typ $$, 'the types of the contract are there');
SELECT is_empty($$ SELECT opcname FROM pg_opclass WHERE opcnamespace = 'portfolio'::regnamespace AND NOT amvalidate(oid) $$, 'every operator class of ours validates');
SELECT is_empty($$ SELECT oid::regprocedure FROM function_of WHERE provolatile <> 'i' OR proparallel <> 's' OR NOT proisstrict OR prosecdef OR proconfig IS NOT NULL $$,
  'functions of the types are immutable, strict, parallel safe, nobody''s definer, and pin nothing');
SELECT is_empty($$ SELECT f.oid::regprocedure FROM function_of f WHERE proleakproof AND (
    EXISTS (SELECT FROM pg_cast c JOIN typ ON typ.oid = c.casttarget WHERE c.castfunc = f.oid)
    OR EXISTS (SELECT FROM pg_type t WHERE f.oid IN (t.typinput, t.typreceive))) $$,
  'nothing that raises an error over a value is LEAKPROOF');
SELECT is_empty($$ SELECT oid::regprocedure FROM function_of WHERE NOT has_function_privilege('public', oid, 'EXECUTE') $$, 'PUBLIC may execute every function of the types');
SELECT ok(has_schema_privilege('public', 'portfolio', 'USAGE'), 'PUBLIC may use the schema');
SELECT is_empty($$
  SELECT pg_describe_object(o.classid, o.objid, 0) FROM (
    SELECT 'pg_type'::regclass AS classid, oid AS objid FROM typ
    UNION ALL SELECT 'pg_proc'::regclass, oid FROM function_of
    UNION ALL SELECT 'pg_operator'::regclass, oid FROM operator_of
    UNION ALL SELECT 'pg_opclass'::regclass, oid FROM opclass_of
    UNION ALL SELECT 'pg_opfamily'::regclass, opcfamily FROM opclass_of
    UNION ALL SELECT 'pg_cast'::regclass, c.oid FROM pg_cast c JOIN typ ON typ.oid IN (c.castsource, c.casttarget)) o
   WHERE obj_description(o.objid, o.classid::regclass::name) IS NULL
$$, 'every object of the types has a comment');
SELECT is_empty($$ SELECT oid::regoperator FROM pg_operator WHERE oprnamespace = 'portfolio'::regnamespace AND oprcode = 0 $$, 'no operator is a shell');
SELECT is_empty($$ SELECT c.castsource::regtype, c.casttarget::regtype FROM pg_cast c JOIN typ ON typ.oid IN (c.castsource, c.casttarget) WHERE c.castcontext = 'i' $$,
  'no cast is implicit');
SELECT bag_eq($$ SELECT typ.name, c.casttarget::regtype, c.castcontext FROM pg_cast c JOIN typ ON typ.oid = c.castsource WHERE c.casttarget <> 'text'::regtype $$,
  $$ SELECT * FROM extra_cast $$, 'casts beyond text are those listed here');
SELECT is_empty($$ SELECT oid::regtype FROM pg_type WHERE typnamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace) AND typtype = 'e' $$, 'there are no enum types');

-- One line a type and promise.
SELECT ok(t.typlen > 0, name || ' has a fixed size') FROM typ JOIN pg_type t USING (oid) ORDER BY name;
SELECT ok(t.typreceive <> 0 AND t.typsend <> 0, name || ' has binary input and output') FROM typ JOIN pg_type t USING (oid) ORDER BY name;
SELECT function_returns('portfolio', 'is_' || name, ARRAY['text'], 'boolean') FROM typ ORDER BY name;
SELECT is((SELECT prorettype FROM pg_proc WHERE oid = to_regprocedure(format('portfolio.try_%s(text)', name))), typ.oid, format('try_%s(text) gives %s', name, name)) FROM typ ORDER BY name;
SELECT function_returns('portfolio', name || '_problem', ARRAY['text'], 'text') FROM typ ORDER BY name;
SELECT is((SELECT castcontext FROM pg_cast WHERE castsource = typ.oid AND casttarget = 'text'::regtype), 'a'::"char", name || ' becomes text on assignment') FROM typ ORDER BY name;
SELECT is((SELECT castcontext FROM pg_cast WHERE castsource = 'text'::regtype AND casttarget = typ.oid), 'e'::"char", 'text becomes ' || name || ' when cast') FROM typ ORDER BY name;
SELECT ok((SELECT array_agg(oprname::text) FROM operator_of o WHERE o.name = typ.name) @> ARRAY['<', '<=', '=', '<>', '>=', '>'], name || ' has six comparisons') FROM typ ORDER BY name;
SELECT is_empty(format($$
    SELECT oprname FROM operator_of o JOIN pg_proc p ON p.oid = o.oprcode WHERE name = %L AND oprname IN ('<', '<=', '=', '<>', '>=', '>')
       AND (oprcom = 0 OR oprnegate = 0 OR oprrest = 0 OR oprjoin = 0 OR NOT p.proleakproof) $$, name),
  name || ': comparisons have commutator, negator, estimators and are LEAKPROOF') FROM typ ORDER BY name;
SELECT is((SELECT ROW(oprcanhash, oprcanmerge, oprrest::text, oprjoin::text)::text FROM operator_of o WHERE o.name = typ.name AND oprname = '='), '(t,t,eqsel,eqjoinsel)',
  name || ': = hashes and merges') FROM typ ORDER BY name;
SELECT is((SELECT array_agg(format('%s %s', amname, opcdefault) ORDER BY amname) FROM opclass_of o WHERE o.name = typ.name AND amname IN ('btree', 'hash')), ARRAY['btree t', 'hash t'],
  name || ' has default btree and hash classes') FROM typ ORDER BY name;
SELECT ok((SELECT array_agg(amprocnum::int) FROM pg_amproc p JOIN opclass_of o ON o.opcfamily = p.amprocfamily WHERE o.name = typ.name AND amname = 'btree') @> ARRAY[1, 2, 4],
  name || ': btree has sort support and an equal image') FROM typ ORDER BY name;
SELECT ok((SELECT array_agg(amprocnum::int) FROM pg_amproc p JOIN opclass_of o ON o.opcfamily = p.amprocfamily WHERE o.name = typ.name AND amname = 'hash') @> ARRAY[1, 2],
  name || ': hash takes a seed') FROM typ ORDER BY name;
SELECT is((SELECT array_agg(format('%s %s', opcname, opcdefault) ORDER BY opcname) FROM opclass_of o WHERE o.name = typ.name AND amname = 'brin'),
  ARRAY[name || '_minmax_multi_ops f', name || '_minmax_ops t'], name || ' has both BRIN classes') FROM typ ORDER BY name;
SELECT row_eq(format('SELECT portfolio.is_%1$s(NULL), portfolio.try_%1$s(NULL)::text, portfolio.%1$s_problem(NULL)', name), ROW(NULL::boolean, NULL::text, NULL::text), name || ': NULL is neither good nor bad') FROM typ ORDER BY name;
SELECT row_eq(format('SELECT portfolio.is_%1$s(''''), portfolio.try_%1$s('''')::text, portfolio.%1$s_problem('''')', name), ROW(false, NULL::text, 'empty'::text), name || ': an empty text is empty') FROM typ ORDER BY name;
SELECT throws_like(format('SELECT ''''::portfolio.%s', name), format('invalid input syntax for type %s: ""', name), name || ': and refused by input') FROM typ ORDER BY name;
SELECT * FROM finish();
