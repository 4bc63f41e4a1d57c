# While a database is copied its scheduler stays away. A session that is terminated in the middle of CREATE DATABASE must
# not keep it away for good.
use strict;
use warnings;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('scheduler_blocked');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nmax_worker_processes = 16\n");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE source');
$node->safe_psql('source', q{
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE ROLE ann LOGIN;
SELECT portfolio.grant_profile('ann', 'operator');
SET ROLE ann;
SELECT portfolio.schedule_job('tick', 'every 1 second', 'SELECT 1');
});
my $last = q{SELECT coalesce(max(run_id), 0) FROM portfolio.job_run WHERE outcome = 'succeeded'};
ok($node->poll_query_until('source', q{SELECT count(*) > 0 FROM portfolio.job_run WHERE outcome = 'succeeded'}), 'the job runs');

# Somebody in the source makes CREATE DATABASE wait, so that it can be met in the middle.
my ($in, $out, $err) = ('', '', '');
my $visitor = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('source') ], '<', \$in, '>', \$out, '2>', \$err);
$in .= "SELECT 'there';\n";
IPC::Run::pump($visitor) until $out =~ /there/;

my ($copy_out, $copy_err) = ('', '');
my $copy = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', 'CREATE DATABASE copied TEMPLATE source' ],
	'<', \undef, '>', \$copy_out, '2>', \$copy_err);
ok($node->poll_query_until('postgres', q{
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE copied%' AND state = 'active' AND wait_event IS DISTINCT FROM 'Extension')
   AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = 'source' AND backend_type LIKE 'pg_portfolio%')}),
	'CREATE DATABASE has ended the processes of the scheduler and waits for the visitor');
is($node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'CREATE DATABASE copied%' AND pid <> pg_backend_pid()}),
	't', 'it is terminated');
$copy->finish;
like($copy_err, qr/terminating connection due to administrator command/, 'in the middle of its work');

$in .= "\\q\n";
$visitor->finish;
my $before = $node->safe_psql('source', $last);
ok($node->poll_query_until('source', qq{SELECT max(run_id) > $before FROM portfolio.job_run WHERE outcome = 'succeeded'}),
	'the job runs again');
$node->stop;
done_testing();
