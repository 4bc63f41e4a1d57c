# What a job, or the scheduler, meets and outlives: changes of a job that runs, limits, no process to be had, a full disk,
# an extension that is changed or dropped. Each is a state with a name, and none is an end.
use strict;
use warnings;
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(usleep);

my $full = "$ENV{TESTDIR}/disk_is_full";
$ENV{PF_DISK_FULL} = $full;
$ENV{LD_PRELOAD} = test_library('full_disk');
my $node = new_server('states', "pg_portfolio.max_workers = 6\nmax_logical_replication_workers = 0\nautovacuum = off\n");
delete $ENV{LD_PRELOAD};
new_operator($node, 'work', $_) for qw(ann bea cid);
sub ann { my ($sql) = @_; return $node->safe_psql('work', $sql, extra_params => [ '-U', 'ann' ]); }
sub bea { my ($sql) = @_; return $node->safe_psql('work', $sql, extra_params => [ '-U', 'bea' ]); }
sub set { my ($to) = @_; $node->safe_psql('work', "ALTER SYSTEM $to"); $node->reload; return; }
# a run waits where the test closes a gate, until it opens it
my $keeper = session($node, 'work', 'postgres');
sub close_gate { my ($n) = @_; return tell($keeper, "SELECT pg_advisory_lock($n)"); }
sub open_gate { my ($n) = @_; return tell($keeper, "SELECT pg_advisory_unlock($n)"); }
sub gate { my ($n) = @_; return "SELECT pg_advisory_xact_lock_shared($n)"; }
sub running { my ($count, $where, $title) = @_; return wait_for($node, 'work', "SELECT count(*) = $count FROM portfolio.worker_status() w JOIN pg_roles r ON r.oid = w.owner_oid WHERE w.state = 'running' AND $where", $title); }
my $never = '0 0 29 2 *';
ann('CREATE TABLE seen (what text)');

# Editing a job that runs
close_gate(1);
ann("SELECT portfolio.schedule_job('edited', '$never', \$\$INSERT INTO ann.seen VALUES ('old'); " . gate(1) . "\$\$); SELECT portfolio.run_job('edited')");
running(1, 'true', 'a run is under way');
ann(q{SELECT portfolio.alter_job('edited', command => $$INSERT INTO ann.seen VALUES ('new'); SELECT pg_sleep(600)$$, statement_timeout => '50 ms', new_name => 'other')});
ann(q{SELECT portfolio.pause_job('other')});
open_gate(1);
wait_for($node, 'work', q{SELECT outcome = 'succeeded' FROM portfolio.job_run WHERE job_name = 'edited'}, 'it goes on with the command, the limits and the name that it began with, also when the job is paused');
ann(q{SELECT portfolio.resume_job('other'); SELECT portfolio.run_job('other', wait => true)});
is(ann(q{SELECT outcome, message FROM portfolio.job_run WHERE job_name = 'other'}), 'failed|canceling statement due to statement timeout', 'the next run has those of now');
is(ann('SELECT string_agg(what, \' \') FROM seen'), 'old', 'and of each the effects');

# Dropping one
close_gate(2);
ann("SELECT portfolio.schedule_job('dropped', '$never', '" . gate(2) . "; SELECT 1/0', retry_limit => 5, retry_delay => '1 ms'); SELECT portfolio.run_job('dropped')");
ann("SELECT portfolio.schedule_job('due', 'every 1 second', '" . gate(2) . "; SELECT 1/0', retry_limit => 5, retry_delay => '1 ms')");
running(2, 'true', 'two runs are under way, one of them of a slot');
ann(q{SELECT portfolio.unschedule_job('dropped'), portfolio.unschedule_job('due')});
open_gate(2);
wait_for($node, 'work', q{SELECT count(*) = 2 AND bool_and(sqlstate = '22012') FROM portfolio.job_run WHERE job_name IN ('dropped', 'due')}, 'they end as they would have, and leave their rows');
running(0, 'true', 'nothing of them is left');
is(ann(q{SELECT max(attempt), count(*) FROM portfolio.job_run WHERE job_name IN ('dropped', 'due')}), '1|2', 'and what failed is not tried again');

# Dropping its role
close_gate(3);
$node->safe_psql('work', 'SET ROLE cid; ' . "SELECT portfolio.schedule_job('of_cid', 'every 1 second', '" . gate(3) . "')");
running(1, q{r.rolname = 'cid'}, 'a run of a role');
$node->safe_psql('work', 'DROP OWNED BY cid; DROP ROLE cid');
is($node->safe_psql('work', q{SELECT held FROM portfolio.job_overview WHERE owner = 'cid'}), 'the role does not exist', 'that is dropped holds the job');
open_gate(3);
wait_for($node, 'work', q{SELECT outcome = 'succeeded' FROM portfolio.job_run WHERE job_name = 'of_cid'}, 'the run under way ends as it would have');
wait_for($node, 'work', q{SELECT NOT EXISTS (SELECT FROM portfolio.worker_status() w WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = w.owner_oid))}, 'and its worker with it');
settled($node, 'work', 'every slot has its end');

# One role has so many workers and no more
set('SET pg_portfolio.max_workers_per_owner = 1');
close_gate(4);
ann("SELECT portfolio.schedule_job('many_' || n, '$never', '" . gate(4) . "') FROM generate_series(1, 3) n");
ann("SELECT portfolio.run_job('many_' || n) FROM generate_series(1, 3) n");
running(1, q{r.rolname = 'ann'}, 'max_workers_per_owner: one run of the role');
bea("SELECT portfolio.schedule_job('free', '$never', 'SELECT 1')");
is(bea(q{SELECT portfolio.run_job('free', wait => true) > 0}), 't', 'another role has its own');
is($node->safe_psql('work', q{SELECT count(*) FILTER (WHERE outcome = 'queued'), count(*) FROM portfolio.job_run WHERE job_name LIKE 'many%'}), '3|3', 'the others wait, and none has failed');
open_gate(4);
wait_for($node, 'work', q{SELECT count(*) = 3 AND bool_and(outcome = 'succeeded') FROM portfolio.job_run WHERE job_name LIKE 'many%'}, 'until their turn comes');
set('RESET pg_portfolio.max_workers_per_owner');

# Somebody changes the extension's tables, as ALTER EXTENSION ... UPDATE does, while jobs run
ann(q{CREATE TABLE tick (n int); SELECT portfolio.schedule_job('tick', 'every 100 ms', 'INSERT INTO ann.tick VALUES (1)')});
sub goes_on
{
	my ($title) = @_;
	my $before = $node->safe_psql('work', q{SELECT count(*) FROM portfolio.job_run WHERE job_name = 'tick' AND outcome = 'succeeded'});
	wait_for($node, 'work', "SELECT count(*) > $before FROM portfolio.job_run WHERE job_name = 'tick' AND outcome = 'succeeded'", $title);
	is($node->safe_psql('work', q{SELECT (SELECT count(*) FROM ann.tick) = (SELECT count(*) FROM portfolio.job_run WHERE job_name = 'tick' AND outcome = 'succeeded')}), 't', "$title: as many effects as records");
	settled($node, 'work', "$title: every slot has its end");
	return;
}
goes_on('a job every 100 ms');
for my $end (qw(ROLLBACK COMMIT))
{
	tell($keeper, q{BEGIN; ALTER EXTENSION pg_portfolio UPDATE; ALTER TABLE portfolio.job ADD COLUMN of_next_version int; ALTER TABLE portfolio.job_run ADD COLUMN of_next_version int});
	my $now = $node->safe_psql('postgres', 'SELECT clock_timestamp()');
	ok($node->poll_query_until('postgres', "SELECT clock_timestamp() > '$now'::timestamptz + interval '1 s'"), 'slots fall due while an update holds the tables');
	tell($keeper, $end);
	goes_on("after $end of the update");
}
tell($keeper, 'ALTER TABLE portfolio.job DROP COLUMN of_next_version; ALTER TABLE portfolio.job_run DROP COLUMN of_next_version');
goes_on('after another change');

# A full disk: a command that finds no space fails; where history finds none, nothing is run that could not be recorded
ann(q{CREATE TABLE much (x text); ALTER TABLE much ALTER x SET STORAGE EXTERNAL});
ann("SELECT portfolio.schedule_job('much', '$never', \$\$INSERT INTO ann.much SELECT repeat('x', 100000) FROM generate_series(1, 10)\$\$)");
append_to_file($full, 'full');
ann(q{SELECT portfolio.run_job('much')});
wait_for($node, 'work', q{SELECT outcome = 'failed' AND sqlstate = '53100' FROM portfolio.job_run WHERE job_name = 'much'}, 'a command that finds no space on disk has failed with 53100');
ann(q{SELECT portfolio.alter_job('tick', schedule => 'every 100 ms', command => 'INSERT INTO ann.tick VALUES (1)')});
my $log = -s $node->logfile;
my $tries = 0;
ok($node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity}), 'the server stays');
until (slurp_file($node->logfile, $log) =~ /portfolio (?:worker|scheduler) ERROR:  could not extend file/ || $tries++ > 1800) { usleep(100_000); }
like(slurp_file($node->logfile, $log), qr/portfolio (?:worker|scheduler) ERROR:  could not extend file/, 'until history finds none, either');
is($node->safe_psql('work', q{SELECT (SELECT count(*) FROM ann.tick) = (SELECT count(*) FROM portfolio.job_run WHERE job_name = 'tick' AND outcome = 'succeeded')}), 't', 'a full disk: as many effects as records');
unlink $full;
goes_on('when there is space again');
ann(q{SELECT portfolio.run_job('much', wait => true)});
is(ann('SELECT count(*) FROM much'), '10', 'also for what needed it');

# DROP EXTENSION while a run is under way
$node->safe_psql('postgres', 'CREATE DATABASE second');
$node->safe_psql('second', q{SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE; SELECT portfolio.grant_profile('bea', 'operator'); SET ROLE bea; SELECT portfolio.schedule_job('long', 'every 1 second', 'SELECT pg_sleep(600)')});
ok($node->poll_query_until('second', q{SELECT count(*) = 1 FROM portfolio.worker_status() WHERE state = 'running' AND database_oid = portfolio.current_database_oid()}), 'a run in another database');
$node->safe_psql('second', 'SET pg_portfolio.allow_drop = on; SET client_min_messages = warning; DROP EXTENSION pg_portfolio CASCADE');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'second' AND backend_type LIKE 'portfolio%'}), 'ends with the extension, as do all processes there');
goes_on('elsewhere');

# No process to be had: for workers, then for the scheduler
$keeper->{in} .= "\\q\n";
$keeper->{h}->finish;
sub restart_with
{
	my ($processes) = @_;
	$node->append_conf('postgresql.conf', "max_worker_processes = $processes");
	my $from = -s $node->logfile;
	$node->restart;
	return $from;
}
for my $short ([ 2, qr/no background worker is free to run jobs\n.*DETAIL:  Jobs wait until one is\.\n.*HINT:  Consider increasing max_worker_processes, or lowering pg_portfolio.max_workers\./ ],
	[ 1, qr/no background worker is free for the portfolio scheduler\n.*HINT:  Consider increasing max_worker_processes\./ ])
{
	my ($processes, $message) = @$short;
	my $from = restart_with($processes);
	my $before = runs($node, 'work', 'tick');
	bea(q{SELECT portfolio.run_job('free')});
	$tries = 0;
	until (slurp_file($node->logfile, $from) =~ $message || $tries++ > 1800) { usleep(100_000); }
	like(slurp_file($node->logfile, $from), $message, "$processes processes: the log says what is missing");
	is($node->safe_psql('work', q{SELECT count(*) FROM portfolio.job_run WHERE outcome = 'queued'}), '1', 'a run waits');
	is(runs($node, 'work', 'tick'), $before, 'and so do slots');
	restart_with(24);
	wait_for($node, 'work', q{SELECT count(*) = 0 FROM portfolio.job_run WHERE outcome = 'queued'}, 'until there are enough');
	goes_on("after $processes processes");
}
is($node->safe_psql('work', q{SELECT count(*) FROM portfolio.job_run WHERE outcome IN ('failed', 'unknown') AND coalesce(sqlstate, '') <> ALL ('{53100,22012,57014,57P01}')}), '0', 'nothing has failed but what was to fail, or ended with its server');
$node->stop;
unlike(slurp_file($node->logfile), qr/portfolio (scheduler|launcher) ERROR:  (?!could not extend file)|PANIC|signal 1?[1-8]:/, 'scheduler and launcher met no other error');
done_testing();
