# A database that somebody has prepared: before a superuser creates the extension there, mallory, who may create objects in it, has put
# her own under every name that the script might look up. What is installed is the same as in a clean database, or nothing is.
use strict;
use warnings;
use PfTraps;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('hostile_install');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nfsync = off\nmax_locks_per_transaction = 512\n");
$node->start;
my $boss = $node->safe_psql('postgres', 'SELECT current_user');
$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN');
my $create = 'SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE;';

sub database
{
	my ($name, $prepared) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $name; GRANT CREATE, TEMPORARY ON DATABASE $name TO mallory");
	$node->safe_psql($name, 'GRANT CREATE, USAGE ON SCHEMA public TO mallory');
	$node->safe_psql($name, $prepared, extra_params => [ '-U', 'mallory' ]) if $prepared;
	return;
}

sub is_harmless
{
	my ($name) = @_;
	is($node->safe_psql('postgres', q{SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'}), 'f', "$name: mallory is what she was");
	return;
}

# What the extension is, in full: every definition, owner and right of its members, written under an empty search_path
my $is = <<'EOT';
SET search_path = '';
SELECT pg_catalog.md5(pg_catalog.string_agg(x.line, E'\n' ORDER BY x.line COLLATE pg_catalog."C"))
  FROM (SELECT pg_catalog.concat_ws(' ', 'function', CASE WHEN p.prokind IN ('f', 'p') THEN pg_catalog.pg_get_functiondef(p.oid) ELSE p.oid::pg_catalog.regprocedure::text END, p.proacl, p.proowner) AS line
          FROM pg_catalog.pg_proc p WHERE p.pronamespace::pg_catalog.regnamespace::text LIKE 'portfolio%'
        UNION ALL
        SELECT pg_catalog.concat_ws(' ', 'relation', c.oid::pg_catalog.regclass, c.relkind, CASE WHEN c.relkind = 'v' THEN pg_catalog.pg_get_viewdef(c.oid) END, c.relacl, c.reloptions, c.relowner)
          FROM pg_catalog.pg_class c WHERE c.relnamespace::pg_catalog.regnamespace::text LIKE 'portfolio%'
        UNION ALL
        SELECT pg_catalog.concat_ws(' ', 'column', a.attrelid::pg_catalog.regclass, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attacl, pg_catalog.pg_get_expr(d.adbin, d.adrelid))
          FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_class c ON c.oid = a.attrelid LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE c.relnamespace::pg_catalog.regnamespace::text LIKE 'portfolio%' AND a.attnum > 0
        UNION ALL
        SELECT pg_catalog.concat_ws(' ', 'constraint', o.conrelid::pg_catalog.regclass, o.contypid::pg_catalog.regtype, o.conname, pg_catalog.pg_get_constraintdef(o.oid))
          FROM pg_catalog.pg_constraint o WHERE o.connamespace::pg_catalog.regnamespace::text LIKE 'portfolio%'
        UNION ALL
        SELECT pg_catalog.concat_ws(' ', 'index', pg_catalog.pg_get_indexdef(i.indexrelid)) FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
         WHERE c.relnamespace::pg_catalog.regnamespace::text LIKE 'portfolio%'
        UNION ALL
        SELECT pg_catalog.concat_ws(' ', 'trigger', pg_catalog.pg_get_triggerdef(t.oid)) FROM pg_catalog.pg_trigger t JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
         WHERE c.relnamespace::pg_catalog.regnamespace::text LIKE 'portfolio%' AND NOT t.tgisinternal
        UNION ALL
        SELECT pg_catalog.concat_ws(' ', 'operator', o.oid::pg_catalog.regoperator, o.oprcode, o.oprrest, o.oprjoin) FROM pg_catalog.pg_operator o
         WHERE o.oprnamespace::pg_catalog.regnamespace::text LIKE 'portfolio%'
        UNION ALL
        SELECT pg_catalog.concat_ws(' ', 'cast', t.castsource::pg_catalog.regtype, t.casttarget::pg_catalog.regtype, t.castfunc::pg_catalog.regprocedure, t.castcontext) FROM pg_catalog.pg_cast t
          JOIN pg_catalog.pg_proc p ON p.oid = t.castfunc WHERE p.pronamespace::pg_catalog.regnamespace::text LIKE 'portfolio%'
        UNION ALL
        SELECT pg_catalog.concat_ws(' ', 'check', d.code, d.severity, d.query) FROM portfolio.check_definition d
        UNION ALL
        SELECT pg_catalog.concat_ws(' ', 'privilege', p.profile, p.object, p.privilege, p.columns) FROM portfolio.profile_privilege p) x
EOT
database('clean');
$node->safe_psql('clean', $create);
my $clean = $node->safe_psql('clean', $is);
like($clean, qr/^[0-9a-f]{32}$/, 'a clean database has the extension');
my @relations = split /\n/, $node->safe_psql('clean', q{SELECT DISTINCT relname FROM pg_class WHERE relnamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace) AND relkind IN ('r', 'v', 'S', 'p') AND NOT relispartition});
my @catalog = split /\n/, $node->safe_psql('clean', q{SELECT relname FROM pg_class WHERE relnamespace = 'pg_catalog'::regnamespace AND relkind IN ('r', 'v')});
my ($rc, $out, $err);

# Settings that say how things are written
database('settings');
$node->safe_psql('settings', "SET quote_all_identifiers = on; SET DateStyle = 'SQL, DMY'; SET IntervalStyle = iso_8601; SET TimeZone = 'Asia/Tokyo';"
	  . "SET bytea_output = escape; SET extra_float_digits = -5; SET transform_null_equals = on; SET xmloption = document; $create");
is($node->safe_psql('settings', $is), $clean, 'settings that say how things are written change nothing');

# Its schemas
for my $schema ('portfolio', 'portfolio_bi')
{
	database("has_$schema", "CREATE SCHEMA $schema; CREATE TABLE $schema.element (id bigint); CREATE FUNCTION $schema.score() RETURNS int LANGUAGE sql AS 'SELECT 1'");
	($rc, $out, $err) = $node->psql("has_$schema", $create);
	like($err, qr/ERROR:  schema "$schema" already exists\nDETAIL:  pg_portfolio makes this schema itself.*\nHINT:  Rename the schema/, "a schema $schema that is there is refused");
	is($node->safe_psql("has_$schema", q{SELECT count(*) FROM pg_extension WHERE extname = 'pg_portfolio'}), 0, 'and nothing is installed');
	$node->safe_psql("has_$schema", "ALTER SCHEMA $schema RENAME TO hers");
	$node->safe_psql("has_$schema", $create);
	is($node->safe_psql("has_$schema", $is), $clean, 'renamed, it is in nobody\'s way');
}

# The extension that it needs, which any role with CREATE on the database may create
database('has_gist', 'CREATE EXTENSION btree_gist SCHEMA public');
($rc, $out, $err) = $node->psql('has_gist', $create);
like($err, qr/ERROR:  extension "btree_gist" or its schema belongs to role "mallory"\nDETAIL:  .*\nHINT:  DROP EXTENSION btree_gist/, 'btree_gist of mallory, who could drop it with all that needs it, is refused');
$node->safe_psql('has_gist', "REASSIGN OWNED BY mallory TO $boss; $create");
is($node->safe_psql('has_gist', $is), $clean, 'given to a superuser it serves');
database('has_gist_schema', 'CREATE SCHEMA gist');
$node->safe_psql('has_gist_schema', 'CREATE EXTENSION btree_gist SCHEMA gist');
($rc, $out, $err) = $node->psql('has_gist_schema', $create);
like($err, qr/ERROR:  extension "btree_gist" or its schema belongs to role "mallory"/, 'so is btree_gist in a schema of hers');
$node->safe_psql('has_gist_schema', "DROP EXTENSION btree_gist; $create");
is($node->safe_psql('has_gist_schema', $is), $clean, 'dropped, as the hint says, it is made anew');

# Every name of pg_catalog and every name of ours, before pg_catalog on the path of whoever installs
database('traps');
set_traps($node, 'traps', 'trap', @relations);
cmp_ok($node->safe_psql('traps', q{SELECT count(*) FROM pg_proc WHERE pronamespace = 'trap'::regnamespace}), '>', 2000, 'traps under every name of a function');
cmp_ok($node->safe_psql('traps', q{SELECT count(*) FROM pg_operator WHERE oprnamespace = 'trap'::regnamespace}), '>', 500, 'and of an operator');
$node->safe_psql('postgres', "ALTER ROLE $boss IN DATABASE traps SET search_path = trap, public, pg_catalog");
($rc, $out, $err) = $node->psql('traps', 'SELECT 1 = 1');
like(sprung($err), qr/^trap function int4eq as $boss$/, 'they do spring');
$node->safe_psql('postgres', 'ALTER ROLE mallory NOSUPERUSER');
($rc, $out, $err) = $node->psql('traps', $create);
like($err, qr/ERROR:  extension "btree_gist" or its schema belongs to role "mallory"/, 'such a path would put btree_gist into her schema');
is(sprung($err), '', 'and no trap is sprung by CASCADE');
$node->safe_psql('traps', 'SET search_path = public; CREATE EXTENSION btree_gist');
($rc, $out, $err) = $node->psql('traps', 'CREATE EXTENSION pg_portfolio');
is($rc, 0, 'where it is, the extension is created') or diag($err);
is(sprung($err), '', 'and none is sprung by CREATE EXTENSION');
$node->safe_psql('postgres', "ALTER ROLE $boss IN DATABASE traps RESET search_path");
is($node->safe_psql('traps', $is), $clean, 'nor is anything bound to one');
is_harmless('names on the path');

# In the temporary schema of the very session
database('temporary');
$node->safe_psql('temporary', q{SET ROLE mallory; CREATE FUNCTION public.sprung(what text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE WARNING 'trap % as %', what, current_user; RETURN true; END $$});
($rc, $out, $err) = $node->psql('temporary', "SET client_min_messages = error;\n" . set_temporary_traps('public', @relations, @catalog) . "SET client_min_messages = warning;\nCREATE EXTENSION pg_portfolio CASCADE;");
is($rc, 0, 'created in a session full of temporary views') or diag($err);
is(sprung($err), '', 'and none of them is looked at');
is($node->safe_psql('temporary', $is), $clean, 'nor is anything bound to one');

# Types and casts of hers
database('types', q{
CREATE TYPE public.mood AS ENUM ('good');
CREATE FUNCTION public.trick(public.mood) RETURNS text LANGUAGE plpgsql AS 'BEGIN ALTER ROLE mallory SUPERUSER; RETURN 1; END';
CREATE CAST (public.mood AS text) WITH FUNCTION public.trick(public.mood) AS IMPLICIT;
CREATE FUNCTION public.trick(text) RETURNS public.mood LANGUAGE plpgsql AS $$ BEGIN ALTER ROLE mallory SUPERUSER; RETURN 'good'; END $$;
CREATE CAST (text AS public.mood) WITH FUNCTION public.trick(text) AS IMPLICIT;
CREATE FUNCTION public.trick(public.mood, text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN ALTER ROLE mallory SUPERUSER; RETURN true; END';
CREATE OPERATOR public.= (FUNCTION = public.trick, LEFTARG = public.mood, RIGHTARG = text);
ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO PUBLIC;
});
$node->safe_psql('types', $create);
is($node->safe_psql('types', $is), $clean, 'types, casts, operators and default privileges of hers change nothing');
is_harmless('types');

# What a superuser gives to everybody by default is not given here; to whom he gives by name keeps it, and a check says so
database('defaults');
$node->safe_psql('defaults', 'ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT ALL ON FUNCTIONS TO PUBLIC; ALTER DEFAULT PRIVILEGES GRANT ALL ON SCHEMAS TO PUBLIC');
$node->safe_psql('defaults', $create);
is($node->safe_psql('defaults', q{SELECT count(*) FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace::regnamespace::text LIKE 'portfolio%' AND a.grantee = 0}), 0, 'default privileges for PUBLIC reach no table');
is($node->safe_psql('defaults', q{SELECT string_agg(DISTINCT a.privilege_type, ',') FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname LIKE 'portfolio%' AND a.grantee = 0}), 'USAGE', 'and no schema');
is($node->safe_psql('defaults', q{SELECT count(*) FROM pg_proc p, aclexplode(p.proacl) a WHERE p.pronamespace = 'portfolio'::regnamespace AND a.grantee = 0 AND NOT portfolio.is_public_function(p.oid)}), 0, 'and no function but those of types');
database('named');
$node->safe_psql('named', 'ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO mallory');
$node->safe_psql('named', $create);
is($node->safe_psql('named', q{SELECT findings > 100 FROM portfolio.run_checks(codes => '{self-table-granted}')}), 't', 'what a default gives to a role by name is found by self-table-granted');

# A locale in which the small letter of I is another: nothing of what is installed depends on it
SKIP:
{
	skip 'PostgreSQL was built without ICU', 1 if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) eq '0';
	my $kinds = q{SELECT md5(string_agg(kind || label, ',' ORDER BY kind COLLATE "C")) FROM portfolio.element_kind};
	$node->safe_psql('postgres', q{CREATE DATABASE turkish TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'});
	$node->safe_psql('turkish', $create);
	is($node->safe_psql('turkish', $kinds), $node->safe_psql('named', $kinds), 'the kinds of elements are the same in a Turkish database');
}

# An encoding that lacks signs of the texts: nothing is installed rather than something else than was written
$node->safe_psql('postgres', q{CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'});
($rc, $out, $err) = $node->psql('latin', $create);
like($err, qr/in encoding "UTF8" has no equivalent in encoding "LATIN1"/, 'a database in LATIN1 is refused');
is($node->safe_psql('latin', q{SELECT count(*) FROM pg_extension WHERE extname <> 'plpgsql'}), 0, 'and left as it was');
$node->safe_psql('postgres', q{CREATE DATABASE bytes TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'});
($rc, $out, $err) = $node->psql('bytes', $create);
like($err, qr/ERROR:  pg_portfolio needs a database in UTF8\nDETAIL:  Database "bytes" has encoding "SQL_ASCII"\.\nHINT:  Create a database/, 'so is one in SQL_ASCII, which knows no characters');

# Nobody else installs it
database('mallorys');
($rc, $out, $err) = $node->psql('mallorys', 'CREATE EXTENSION pg_portfolio CASCADE', extra_params => [ '-U', 'mallory' ]);
like($err, qr/ERROR:  permission denied to create extension "pg_portfolio"/, 'only a superuser creates it');
is_harmless('all of it');
$node->stop;
done_testing();
