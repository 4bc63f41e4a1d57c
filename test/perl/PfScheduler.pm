# What the tests of the scheduler share: a server that survives crashes, an operator, and waiting for history.
package PfScheduler;
use strict;
use warnings;
use Exporter 'import';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
our @EXPORT = qw(clock_module new_server new_operator wait_for runs settled);

# new_server(NAME, CONF, INIT): preloaded unless CONF says otherwise, with database "work" and the extension in it
sub new_server
{
	my ($name, $conf, %init) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);
	$node->init(%init);
	$node->append_conf('postgresql.conf',
		"shared_preload_libraries = 'pg_portfolio'\nmax_worker_processes = 24\nrestart_after_crash = on\nfsync = off\n"
		  . "log_line_prefix = '%m [%p] %b '\ntimezone = 'UTC'\n" . ($conf // ''));
	$node->start;
	$node->safe_psql('postgres', 'CREATE DATABASE work');
	$node->safe_psql('work', 'SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE');
	return $node;
}

# clock_module(): the library with clocks for tests, built
sub clock_module
{
	my $library = "$ENV{TESTDIR}/virtual_clock.so";
	chomp(my $include = `pg_config --includedir-server`);
	system('gcc', '-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-D_GNU_SOURCE', "-I$include", '-o', $library, "$ENV{PF_STAGE}/test/brute/virtual_clock.c") == 0
		or BAIL_OUT('the module with clocks does not compile');
	return $library;
}

# new_operator(NODE, DATABASE, ROLE): a log-in with the operator profile and a schema of its own
sub new_operator
{
	my ($node, $database, $role) = @_;
	$node->safe_psql($database, "CREATE ROLE $role LOGIN; SELECT portfolio.grant_profile('$role', 'operator'); CREATE SCHEMA $role AUTHORIZATION $role;");
	return "user=$role";
}

# wait_for(NODE, DATABASE, QUERY, TITLE): the query must become true
sub wait_for
{
	my ($node, $database, $query, $title) = @_;
	my $ok = $node->poll_query_until($database, $query);
	ok($ok, $title) or diag($node->safe_psql($database, 'SELECT * FROM portfolio.job_run ORDER BY run_id DESC LIMIT 20'));
	return $ok;
}

# runs(NODE, DATABASE, JOB, WHERE): how many runs of a job history has
sub runs
{
	my ($node, $database, $job, $where) = @_;
	return $node->safe_psql($database, "SELECT count(*) FROM portfolio.job_run WHERE job_name = '$job' AND " . ($where // 'true'));
}

# settled(NODE, DATABASE): no slot of any job is lost or counted twice
sub settled
{
	my ($node, $database, $title) = @_;
	my $off = $node->safe_psql($database, 'SELECT name, due, ran, coalesced, skipped, missed, unknown, running FROM portfolio.job_account WHERE NOT balanced');
	is($off, '', $title);
	return;
}
1;
