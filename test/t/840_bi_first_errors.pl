# The first errors that a newcomer meets are those of docs/errors.md, word for word.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# messages(SECTION): the messages that the page shows in a section, in order
my $page = slurp_file("$ENV{PF_STAGE}/docs/errors.md");
my %section = $page =~ /^## ([^\n]+)\n(.*?)(?=^## |\z)/msg;
my %shown;
sub messages
{
	my ($section) = @_;
	return grep { /\A(ERROR|WARNING|NOTICE):/ } $section{$section} =~ /^```\n(.*?)^```$/msg;
}

# says(NODE, DB, USER, SQL, SECTION, N): SQL says exactly the Nth message of the section
sub says
{
	my ($node, $db, $user, $sql, $section, $n) = @_;
	my ($status, undef, $err) = $node->psql($db, "\\set SHOW_CONTEXT never\n$sql", extra_params => [ '-U', $user ], on_error_stop => 1);
	$err =~ s/^psql:<stdin>:\d+: //mg;
	# What CASCADE tells on its way is not the error.
	$err =~ s/\ANOTICE:  (installing required|drop cascades).*\n(?=ERROR)//;
	$err =~ s/^LINE \d+:.*\n.*\n//mg;
	$shown{$section}++;
	is("$err\n", (messages($section))[ $n // 0 ], $section . ($n ? " ($n)" : ''));
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->start;
$node->safe_psql('postgres', 'CREATE ROLE newcomer LOGIN; CREATE ROLE owner LOGIN CREATEDB; CREATE DATABASE owned OWNER owner');

says($node, 'postgres', 'newcomer', 'CREATE EXTENSION pg_portfolio CASCADE', 'Not a superuser', 0);
$node->safe_psql('owned', 'CREATE EXTENSION btree_gist', extra_params => [ '-U', 'owner' ]);
says($node, 'owned', 'owner', 'CREATE EXTENSION pg_portfolio CASCADE', 'Not a superuser', 1);
says($node, 'postgres', 'postgres', 'CREATE EXTENSION pg_portfolio', 'btree_gist is missing');

$node->safe_psql('postgres', 'CREATE DATABASE taken');
$node->safe_psql('taken', 'CREATE SCHEMA portfolio; CREATE EXTENSION btree_gist');
says($node, 'taken', 'postgres', 'CREATE EXTENSION pg_portfolio', 'Schema taken');
is($node->safe_psql('taken', q{SELECT count(*) FROM pg_extension WHERE extname = 'pg_portfolio'}), '0', 'and nothing of it is left');

$node->safe_psql('postgres', 'SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE');
says($node, 'postgres', 'newcomer', 'SELECT * FROM portfolio.service', 'No rights');
$node->safe_psql('postgres', q{SELECT portfolio.grant_profile('newcomer', 'reader')});
says($node, 'postgres', 'newcomer', 'SELECT * FROM portfolio.service', 'No rights');
$node->safe_psql('postgres', q{SELECT portfolio.revoke_profile('newcomer', 'reader')});

$node->safe_psql('postgres', 'CREATE TABLE patient (n portfolio.nhs_number)');
says($node, 'postgres', 'postgres', q{SELECT * FROM patient WHERE n = '9990000018'}, 'An operator is not found');
my $line = $node->safe_psql('postgres', 'SELECT portfolio.use_types()');
$node->safe_psql('postgres', $line);
is($node->safe_psql('postgres', q{SELECT count(*) FROM patient WHERE n = '9990000018'}), '0', 'and the line of use_types() mends it');

# The catalog is set to what an installation of that version would have left.
for my $case ([ '0.0.9', 0 ], [ '0.2.0', 1 ])
{
	my ($version, $n) = @$case;
	$node->safe_psql('postgres', "UPDATE pg_extension SET extversion = '$version' WHERE extname = 'pg_portfolio'");
	says($node, 'postgres', 'postgres', q{
BEGIN;
INSERT INTO portfolio.site (code, name) VALUES ('A', 'First write: warned');
INSERT INTO portfolio.site (code, name) VALUES ('B', 'Second write of the session: not again');
ROLLBACK;}, 'Library newer than the SQL', $n);
}
my $now = $node->safe_psql('postgres', 'SELECT portfolio.library_version()');
$node->safe_psql('postgres', "UPDATE pg_extension SET extversion = '$now' WHERE extname = 'pg_portfolio'");
my ($status, undef, $err) = $node->psql('postgres', q{INSERT INTO portfolio.site (code, name) VALUES ('A', 'A site')});
is($err, '', 'equal versions say nothing');

says($node, 'postgres', 'postgres', 'DROP EXTENSION pg_portfolio CASCADE', 'It holds user rows');

# Jobs
my $schedule = q{SELECT portfolio.schedule_job('nightly', '@daily', 'VACUUM')};
$node->safe_psql('postgres', q{CREATE ROLE batch; SELECT portfolio.grant_profile('batch', 'operator');
CREATE ROLE night LOGIN; SELECT portfolio.grant_profile('night', 'operator')});
says($node, 'postgres', 'postgres', $schedule, 'A job of a superuser');
says($node, 'postgres', 'postgres', "SET ROLE batch; $schedule", 'A job role without LOGIN');
is($node->safe_psql('postgres', 'SELECT count(*) FROM portfolio.job'), '0', 'and no job was made');

# The same server without preload
$node->append_conf('postgresql.conf', "shared_preload_libraries = ''");
$node->restart;
says($node, 'postgres', 'night', $schedule, 'No preload');
is($node->safe_psql('postgres', 'SELECT name FROM portfolio.job'), 'nightly', 'the job is kept');

is_deeply([ sort keys %shown ], [ sort keys %section ], 'every section of the page was tested');

$node->stop;
done_testing();
