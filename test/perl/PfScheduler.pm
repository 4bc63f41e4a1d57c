# What the tests of the scheduler share: a server that survives crashes, an operator, and waiting for history.
package PfScheduler;
use strict;
use warnings;
use Exporter 'import';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
our @EXPORT = qw(test_library clock_module shifted_clock set_clock new_server new_operator session tell wait_for runs settled);

# shifted_clock(): the same library, to be preloaded behind pg_portfolio; then set_clock(NODE, MICROSECONDS) says by how much
# the servers that are started from here on are ahead of the real time. NODE, if it runs, looks at its clock at once.
my $clock;
sub set_clock
{
	my ($node, $ahead) = @_;
	sysseek($clock, 0, 0);
	syswrite($clock, pack('q', $ahead)) == 8 or die "cannot set the clock: $!";
	$node->reload if $node;
	return;
}
sub shifted_clock
{
	$ENV{PF_CLOCK_FILE} = "$ENV{TESTDIR}/clock";
	open($clock, '+>', $ENV{PF_CLOCK_FILE}) or die "cannot make a clock: $!";
	set_clock(undef, 0);
	return clock_module();
}

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

# test_library(NAME): a library of test/brute, built
sub test_library
{
	my ($name) = @_;
	my $library = "$ENV{TESTDIR}/$name.so";
	chomp(my $include = `pg_config --includedir-server`);
	system('gcc', '-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-D_GNU_SOURCE', "-I$include", '-o', $library, "$ENV{PF_STAGE}/test/brute/$name.c") == 0
		or BAIL_OUT("$name.c does not compile");
	return $library;
}
sub clock_module { return test_library('virtual_clock'); }

# new_operator(NODE, DATABASE, ROLE): a log-in with the operator profile and a schema of its own
sub new_operator
{
	my ($node, $database, $role) = @_;
	$node->safe_psql($database, "CREATE ROLE $role LOGIN; SELECT portfolio.grant_profile('$role', 'operator'); CREATE SCHEMA $role AUTHORIZATION $role;");
	return "user=$role";
}

# session(NODE, DATABASE, ROLE): one that stays; tell(SESSION, SQL) waits until it has done so, or has said why not
sub session
{
	my ($node, $database, $role) = @_;
	my %s = (in => '', out => '', err => '');
	$s{h} = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr($database) . " user=$role" ], '<', \$s{in}, '>', \$s{out}, '2>', \$s{err}, IPC::Run::timeout(600));
	return \%s;
}
sub tell
{
	my ($s, $sql) = @_;
	$s->{out} = $s->{err} = '';
	$s->{in} .= "$sql;\nSELECT 'done';\n";
	IPC::Run::pump($s->{h}) until $s->{out} =~ /done/ || $s->{err} =~ /ERROR|FATAL/;
	return $s->{out};
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
