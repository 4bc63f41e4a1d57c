# The scheduler and the life of databases: dropping, renaming, copying, restoring; idle ends; life without preload.
use strict;
use warnings;
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('databases');
new_operator($node, 'work', 'ann');
sub ann { my ($sql, $db) = @_; return $node->safe_psql($db // 'work', $sql, extra_params => [ '-U', 'ann' ]); }
sub ticks_on
{
	my ($db, $title) = @_;
	my $before = $node->safe_psql($db, 'SELECT count(*) FROM portfolio.job_run');
	wait_for($node, $db, "SELECT count(*) > $before + 1 FROM portfolio.job_run WHERE outcome = 'succeeded'", $title);
	return;
}
ann('CREATE TABLE tick (at timestamptz DEFAULT clock_timestamp())');
ann(q{SELECT portfolio.schedule_job('tick', 'every 200 ms', 'INSERT INTO ann.tick DEFAULT VALUES')});
ticks_on('work', 'a job runs');

# CREATE DATABASE ... TEMPLATE: the copy holds its jobs
$node->safe_psql('postgres', 'CREATE DATABASE copy TEMPLATE work');
pass('a database with running jobs can be a template');
ticks_on('work', 'the original goes on');
is($node->safe_psql('copy', 'SELECT held FROM portfolio.job_overview'), 'scheduled in another database', 'the copy holds the job');
# ALTER DATABASE ... RENAME
$node->safe_psql('postgres', 'ALTER DATABASE work RENAME TO renamed');
ticks_on('renamed', 'a renamed database goes on');
$node->safe_psql('postgres', 'ALTER DATABASE renamed RENAME TO work');
ticks_on('work', 'and back');

# a restored copy runs nothing until adopt_jobs()
my $dump = $node->backup_dir . '.sql';
$node->command_ok([ 'pg_dump', '-d', $node->connstr('work'), '-f', $dump ], 'pg_dump');
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('restored'), '-f', $dump ], 'restore');
my $other = new_server('other');
$other->safe_psql('postgres', 'CREATE ROLE ann LOGIN; CREATE DATABASE restored');
$other->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $other->connstr('restored'), '-f', $dump ], 'restore in another cluster');
is($other->safe_psql('restored', 'SELECT held FROM portfolio.job_overview'), 'scheduled in another cluster', 'another cluster holds the job');
# the scheduler of the copy has looked (its log line says so) and has run nothing
for my $pair ([ $node, 'restored' ], [ $node, 'copy' ], [ $other, 'restored' ])
{
	my ($on, $db) = @$pair;
	$on->safe_psql($db, q{INSERT INTO portfolio.job (name, schedule, command) SELECT 'probe', '@yearly', 'SELECT 1'});
	wait_for($on, $db, q{SELECT count(*) = 0 OR bool_or(s.counted_since IS NOT NULL) FROM portfolio.pg_stat_portfolio_scheduler s WHERE s.database = current_database()}, "the scheduler of $db has looked");
	is($on->safe_psql($db, 'SELECT count(*) FROM portfolio.job_run'), $db eq 'copy' ? $on->safe_psql($db, 'SELECT count(*) FROM ann.tick') : '0', "$db runs nothing");
	is($on->safe_psql($db, 'SELECT portfolio.adopt_jobs()'), '1', 'until its jobs are adopted');
	wait_for($on, $db, q{SELECT count(*) > 2 FROM portfolio.job_run r JOIN portfolio.job j USING (job_id) WHERE r.due_at > j.account_from AND r.outcome = 'succeeded'}, "then $db runs them");
	settled($on, $db, "and its account begins there");
}
like(slurp_file($other->logfile), qr/1 jobs of this database are held/, 'the log says that jobs are held');
$other->stop;

# DROP EXTENSION: its processes end, the server stays
$node->safe_psql('restored', 'SET pg_portfolio.allow_drop = on; SET client_min_messages = warning; DROP EXTENSION pg_portfolio CASCADE');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'restored' AND backend_type LIKE 'portfolio%'}), 'DROP EXTENSION ends scheduler and workers');

# DROP DATABASE while jobs run
$node->safe_psql('postgres', 'DROP DATABASE copy');
pass('DROP DATABASE works while jobs run');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_database WHERE datname = 'copy'}), '0', 'and it is gone');
# even in the middle of a run
ann(q{SELECT portfolio.schedule_job('long', '0 0 29 2 *', 'SELECT pg_sleep(600)'); SELECT portfolio.run_job('long')});
wait_for($node, 'work', q{SELECT count(*) = 1 FROM portfolio.worker_status() w JOIN portfolio.job j USING (job_id) WHERE j.name = 'long' AND w.state = 'running'}, 'a long run is under way');
# somebody without the right to drop a database ends nothing
$node->safe_psql('postgres', 'CREATE ROLE mallory LOGIN');
my ($rc, $out, $err) = $node->psql('postgres', 'DROP DATABASE work', extra_params => [ '-U', 'mallory' ]);
like($err, qr/must be owner of database work/, 'who may not drop a database');
is($node->safe_psql('work', q{SELECT count(*) FROM portfolio.worker_status() w JOIN portfolio.job j USING (job_id) WHERE j.name = 'long' AND w.state = 'running'}), '1', 'ends no job');
$node->safe_psql('postgres', 'DROP DATABASE work');
pass('a run under way does not stop DROP DATABASE');

# idle: nothing due soon, so scheduler and workers end; the launcher knows when to come back
$node->safe_psql('postgres', q{ALTER SYSTEM SET pg_portfolio.idle_timeout = '100 ms'});
$node->reload;
$node->safe_psql('postgres', 'CREATE DATABASE work');
$node->safe_psql('work', 'SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE');
$node->safe_psql('work', q{SELECT portfolio.grant_profile('ann', 'operator'); CREATE SCHEMA ann AUTHORIZATION ann});
ann(q{SELECT portfolio.schedule_job('now_and_then', 'every 3 seconds', 'SELECT 1')});
wait_for($node, 'work', q{SELECT count(*) >= 1 FROM portfolio.job_run WHERE outcome = 'succeeded'}, 'a job runs now and then');
wait_for($node, 'work', q{SELECT scheduler_pid IS NULL AND workers = 0 AND next_due IS NOT NULL FROM portfolio.pg_stat_portfolio_scheduler WHERE database = 'work'}, 'in between no process is left, and the next instant is known');
wait_for($node, 'work', q{SELECT count(*) >= 2 FROM portfolio.job_run WHERE outcome = 'succeeded'}, 'and it is kept');
is(ann(q{SELECT count(*) FROM portfolio.job_run WHERE portfolio.run_job('now_and_then', wait => true) > 0 LIMIT 1}) > 0, 1, 'run_job wakes a scheduler that had ended');
ann(q{SELECT portfolio.unschedule_job('now_and_then');
BEGIN;
SELECT portfolio.schedule_at(now() + interval '1 second', 'SELECT 1 / count(*) FROM portfolio.job_run WHERE job_name = ''once''', 'once');
SELECT portfolio.alter_job('once', retry_limit => 1, retry_delay => '2 seconds');
COMMIT});
wait_for($node, 'work', q{SELECT string_agg(attempt || ' ' || outcome, ', ' ORDER BY run_id) = '1 failed, 2 succeeded' FROM portfolio.job_run WHERE job_name = 'once'}, 'a scheduler stays for the next attempt of a slot');
settled($node, 'work', 'no slot was lost');
$node->stop;
unlike(slurp_file($node->logfile), qr/portfolio (scheduler|launcher) ERROR|PANIC|terminated by signal/, 'scheduler and launcher met no error');

# without preload
my $plain = new_server('plain', "shared_preload_libraries = ''\n");
new_operator($plain, 'work', 'ann');
($rc, $out, $err) = $plain->psql('work', q{SELECT portfolio.schedule_job('tick', 'every 1 second', 'SELECT 1')}, extra_params => [ '-U', 'ann' ]);
$err =~ s/^psql:<stdin>:\d+: //;
is($err, "NOTICE:  no scheduler runs in this database, so the job waits\nHINT:  Add pg_portfolio to shared_preload_libraries and restart the server, or SELECT portfolio.start_scheduler() after this transaction for the time until the next restart.", 'schedule_job says that nobody will run it');
($rc, $out, $err) = $plain->psql('work', q{SELECT portfolio.run_job('tick', wait => true)}, extra_params => [ '-U', 'ann' ]);
like($err, qr/ERROR:  no scheduler runs in this database/, 'run_job(wait) refuses');
like($plain->safe_psql('work', 'SELECT portfolio.start_scheduler()', extra_params => [ '-U', 'ann' ]), qr/^\d+$/, 'start_scheduler() starts one');
wait_for($plain, 'work', q{SELECT count(*) >= 2 FROM portfolio.job_run WHERE outcome = 'succeeded'}, 'and the job runs');
is($plain->safe_psql('work', 'SELECT portfolio.start_scheduler() = scheduler_pid FROM portfolio.pg_stat_portfolio_scheduler'), 't', 'a second call gives the same process');
$plain->safe_psql('work', q{SET ROLE ann; SELECT portfolio.schedule_job('second', 'every 1 second', 'SELECT 2')});
wait_for($plain, 'work', q{SELECT count(*) >= 1 FROM portfolio.job_run WHERE job_name = 'second' AND outcome = 'succeeded'}, 'it follows changes');
$plain->stop;
done_testing();
