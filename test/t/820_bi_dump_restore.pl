# pg_dump and restore give the same user rows, by the very commands of docs/install.md.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# blocks(SECTION): the shell blocks of a section of the page
my $page = slurp_file("$ENV{PF_STAGE}/docs/install.md");
sub blocks
{
	my ($section) = @_;
	my ($text) = $page =~ /^## \Q$section\E\n(.*?)(?=^## |\z)/ms;
	return $text =~ /^```sh\n(.*?)^```$/msg;
}
my @backup = blocks('Back up');
my @restore = blocks('Restore');
is(scalar(@backup), 2, 'the page has two ways to back up');
is(scalar(@restore), 2, 'and two to restore');

# run_block(NODE, BLOCK): as a reader of the page would, in a folder of its own
my $folder = PostgreSQL::Test::Utils::tempdir();
sub run_block
{
	my ($on, $block, $title) = @_;
	local %ENV = (%ENV, PGHOST => $on->host, PGPORT => $on->port, PGUSER => 'postgres');
	delete local $ENV{PGDATABASE};
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run([ 'sh', '-ec', "cd '$folder'\n$block" ], '>', \$out, '2>', \$err);
	ok($ok, $title) or diag("$block\n$out$err");
	return $err;
}

# contents(NODE, DB): every table of user rows by count and content, every dumped sequence, every grant
sub contents
{
	my ($on, $db) = @_;
	my $queries = $on->safe_psql($db, q{
SELECT CASE c.relkind
         WHEN 'S' THEN format('SELECT %L, last_value::text || is_called::text, NULL FROM %s', c.oid::regclass, c.oid::regclass)
         ELSE format('SELECT %L, count(*)::text, md5(string_agg(t::text, E''\n'' ORDER BY t::text)) FROM ONLY %s t %s',
                     c.oid::regclass, c.oid::regclass, e.condition) END
  FROM pg_extension x, unnest(x.extconfig, x.extcondition) e (oid, condition) JOIN pg_class c USING (oid)
 WHERE x.extname = 'pg_portfolio' ORDER BY c.oid::regclass::text});
	my $grants = q{SELECT 'grants of ' || rolname, count(*)::text, md5(string_agg(x, ',' ORDER BY x))
  FROM pg_roles r, LATERAL (
    SELECT format('%s %s', c.oid::regclass, a.privilege_type) FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee = r.oid
    UNION ALL SELECT format('%s.%s %s', t.attrelid::regclass, t.attname, a.privilege_type) FROM pg_attribute t, aclexplode(t.attacl) a WHERE a.grantee = r.oid
    UNION ALL SELECT format('%s %s', p.oid::regprocedure, a.privilege_type) FROM pg_proc p, aclexplode(p.proacl) a WHERE a.grantee = r.oid) g (x)
 WHERE rolname LIKE 'portfolio%' GROUP BY rolname ORDER BY rolname};
	return $on->safe_psql($db, join(";\n", split(/\n(?=SELECT)/, $queries), $grants));
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\npg_portfolio.run_jobs = off");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE nto');
$node->safe_psql('nto', <<'EOT');
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
SELECT portfolio.create_roles();
SELECT count(*) FROM portfolio.load_example();
CREATE TABLE public.patient (id int PRIMARY KEY, nhs portfolio.nhs_number, own text);
INSERT INTO public.patient VALUES (1, '9990000018', 'outside the portfolio');
EOT

my $before = contents($node, 'nto');
my @empty = $before =~ /^([\w.]+)\|0\|/mg;
note("tables without a row: @empty");

# The simplest way: pg_dump | psql into a new database
$node->safe_psql('postgres', 'CREATE DATABASE piped');
run_block($node, 'pg_dump nto | psql --quiet --set=ON_ERROR_STOP=1 piped', 'pg_dump | psql');
is(contents($node, 'piped'), $before, 'a dump piped into a new database gives the same user rows, sequences and grants');
is($node->safe_psql('piped', 'SELECT own FROM public.patient'), 'outside the portfolio', 'and the rest of the database');

# And a dump of the copy is the same dump
run_block($node, <<'EOT', 'the copy is dumped too');
pg_dump nto | grep -v '^\\\(un\)\?restrict' > 1.sql
pg_dump piped | grep -v '^\\\(un\)\?restrict' > 2.sql
cmp 1.sql 2.sql
EOT

# The page, on another server
my $other = PostgreSQL::Test::Cluster->new('other');
$other->init;
$other->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\npg_portfolio.run_jobs = off");
$other->start;
run_block($node, $backup[0], 'the first backup of the page runs');
run_block($node, $backup[1], 'the second runs');
my $err = run_block($other, $restore[0], 'the first restore of the page runs');
like($err, qr/\Apsql:roles\.sql:\d+: ERROR:  role "postgres" already exists\n\z/, 'and reports the role that is there already');
is(contents($other, 'nto'), $before, 'the same user rows, sequences and grants are there');
run_block($other, $restore[1], 'the second restore of the page runs');
is(contents($other, 'portfolio_only'), $before, 'the portfolio alone is whole');
is($other->safe_psql('portfolio_only', q{SELECT to_regclass('public.patient') IS NULL}), 't', 'and alone');

# It lives on: the next row takes the next number, constraints and triggers are awake.
is($other->safe_psql('nto', q{
INSERT INTO portfolio.site (code, name) VALUES ('RESTORED', 'Made after the restore');
SELECT e.name, (SELECT count(*) FROM portfolio.change c WHERE c.element = e.id) FROM portfolio.element e WHERE e.code = 'RESTORED'}),
	'Made after the restore|1', 'a row made after the restore is registered and journalled');

$_->stop for $node, $other;
done_testing();
