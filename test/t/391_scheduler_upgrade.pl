# pg_upgrade: jobs, their history and their account come along, and nothing runs before somebody says so.
use strict;
use warnings;
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $old = new_server('old');
new_operator($old, 'work', 'ann');
$old->safe_psql('work', q{CREATE TABLE tick (n int); SELECT portfolio.schedule_job('tick', 'every 200 ms', 'INSERT INTO ann.tick VALUES (1)'); SELECT portfolio.schedule_job('after', '@after', 'SELECT 1', after => '{"tick": "any"}')},
	extra_params => [ '-U', 'ann' ]);
wait_for($old, 'work', q{SELECT count(*) >= 3 FROM portfolio.job_run WHERE outcome = 'succeeded'}, 'jobs run');
$old->stop;

my $new = PostgreSQL::Test::Cluster->new('new');
$new->init;
$new->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nmax_worker_processes = 24\nlog_line_prefix = '%m [%p] %b '\ntimezone = 'UTC'");
chomp(my $bin = `pg_config --bindir`);
chdir $ENV{TESTDIR} or die "cannot go to $ENV{TESTDIR}: $!";
$new->command_ok([ 'pg_upgrade', '--no-sync', '-b', $bin, '-B', $bin, '-d', $old->data_dir, '-D', $new->data_dir, '-s', $new->host, '-p', $old->port, '-P', $new->port ], 'pg_upgrade');
$new->start;
is($new->safe_psql('work', q{SELECT string_agg(name || ': ' || held, ', ' ORDER BY name) FROM portfolio.job_overview}), 'after: scheduled in another cluster, tick: scheduled in another cluster', 'jobs are held');
my $before = $new->safe_psql('work', q{SELECT count(*) FROM ann.tick});
cmp_ok($before, '>', 0, 'with their effects');
is($new->safe_psql('work', q{SELECT count(*) FROM portfolio.job_run WHERE job_name = 'tick' AND outcome = 'succeeded'}), $before, 'and their history');
wait_for($new, 'work', q{SELECT count(*) > 0 FROM portfolio.pg_stat_portfolio_scheduler WHERE launcher_pid IS NOT NULL}, 'the launcher has looked for work');
is($new->safe_psql('work', q{SELECT count(*) FROM ann.tick}), $before, 'nothing has run');
is($new->safe_psql('work', 'SELECT portfolio.adopt_jobs()'), '2', 'until they are adopted');
wait_for($new, 'work', qq{SELECT count(*) > $before + 1 FROM ann.tick}, 'then they run');
wait_for($new, 'work', q{SELECT bool_and(account_begun) FROM portfolio.job}, 'their accounts begin here');
settled($new, 'work', 'and balance');
$new->stop;
done_testing();
