# What is killed comes back, and no slot is lost or counted twice.
use strict;
use warnings;
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('survives');
new_operator($node, 'work', 'ann');
sub ann { my ($sql) = @_; return $node->safe_psql('work', $sql, extra_params => [ '-U', 'ann' ]); }
# more_runs(TITLE): the ticking job runs again, later than everything so far
my $seen = 0;
sub more_runs
{
	my ($title) = @_;
	wait_for($node, 'work', "SELECT count(*) > $seen + 2 FROM portfolio.job_run WHERE job_name = 'tick' AND outcome = 'succeeded'", $title);
	$seen = runs($node, 'work', 'tick', "outcome = 'succeeded'");
	is($node->safe_psql('work', q{SELECT (SELECT count(*) FROM ann.tick) = (SELECT count(*) FROM portfolio.job_run WHERE job_name = 'tick' AND outcome = 'succeeded')}),
		't', "$title: as many effects as records");
	settled($node, 'work', "$title: every slot is accounted for");
	return;
}

ann('CREATE TABLE tick (at timestamptz DEFAULT clock_timestamp())');
ann(q{SELECT portfolio.schedule_job('tick', 'every 1 second', 'INSERT INTO ann.tick DEFAULT VALUES')});
more_runs('at first');

# a worker that is terminated
my $worker = $node->safe_psql('work', 'SELECT pid FROM portfolio.worker_status() LIMIT 1');
$node->safe_psql('work', "SELECT pg_terminate_backend($worker)");
more_runs('after its worker was terminated');
isnt($node->safe_psql('work', 'SELECT pid FROM portfolio.worker_status() LIMIT 1'), $worker, 'by another worker');

# a worker that is terminated while it runs: nothing of the command is kept, and that is recorded
ann(q{SELECT portfolio.schedule_job('long', '0 0 29 2 *', 'CREATE TABLE ann.half AS SELECT 1; SELECT pg_sleep(600)'); SELECT portfolio.run_job('long')});
wait_for($node, 'work', q{SELECT pg_terminate_backend(pid) FROM portfolio.worker_status() w JOIN portfolio.job j USING (job_id) WHERE w.state = 'running' AND j.name = 'long'}, 'a busy worker is terminated');
wait_for($node, 'work', q{SELECT outcome = 'failed' AND sqlstate = '57P01' FROM portfolio.job_run WHERE job_name = 'long'}, 'its run has failed');
is(ann(q{SELECT to_regclass('ann.half')}), '', 'and left nothing');

# the scheduler
my $scheduler = $node->safe_psql('work', q{SELECT scheduler_pid FROM portfolio.pg_stat_portfolio_scheduler WHERE database = 'work'});
$node->safe_psql('work', "SELECT pg_terminate_backend($scheduler)");
more_runs('after the scheduler was terminated');
# the launcher, then the scheduler: the postmaster restarts the one, and that the other
my $launcher = $node->safe_psql('work', q{SELECT DISTINCT launcher_pid FROM portfolio.pg_stat_portfolio_scheduler});
$node->safe_psql('work', "SELECT pg_terminate_backend($launcher)");
$node->safe_psql('work', q{SELECT pg_terminate_backend(scheduler_pid) FROM portfolio.pg_stat_portfolio_scheduler WHERE database = 'work'});
more_runs('after launcher and scheduler were terminated');

# a run that has committed its start: nobody knows how it ended
ann(q{CREATE PROCEDURE committing() LANGUAGE plpgsql AS $$ BEGIN CREATE TABLE IF NOT EXISTS ann.step (a int); INSERT INTO ann.step VALUES (1); COMMIT; PERFORM pg_sleep(600); END $$});
ann(q{SELECT portfolio.schedule_job('committing', '0 0 29 2 *', 'CALL ann.committing()'); SELECT portfolio.run_job('committing')});
wait_for($node, 'work', q{SELECT to_regclass('ann.step') IS NOT NULL}, 'a procedure has committed its first step');
wait_for($node, 'work', q{SELECT count(*) > 0 FROM portfolio.worker_status() w JOIN portfolio.job j USING (job_id) WHERE name = 'committing'}, 'and runs');

# kill -9 of a worker: the postmaster restarts everything
kill 'KILL', $node->safe_psql('work', q{SELECT pid FROM portfolio.worker_status() w JOIN portfolio.job j USING (job_id) WHERE w.state = 'running' AND name = 'committing'});
ok($node->poll_query_until('work', 'SELECT true'), 'the server comes back after kill -9 of a worker');
more_runs('after kill -9 of a worker');
wait_for($node, 'work', q{SELECT outcome = 'unknown' FROM portfolio.job_run WHERE job_name = 'committing'}, 'the run that was under way is unknown');
is(ann('SELECT count(*) FROM step'), '1', 'with the step that it had committed');

# on_unknown => rerun, and kill -9 of the scheduler itself
ann(q{CREATE TABLE again (at timestamptz)});
ann(q{CREATE PROCEDURE slow_once() LANGUAGE plpgsql AS $$ BEGIN INSERT INTO ann.again VALUES (clock_timestamp()); COMMIT; IF (SELECT count(*) FROM ann.again) = 1 THEN PERFORM pg_sleep(600); END IF; END $$});
ann(q{SELECT portfolio.schedule_job('rerun', 'every 1 second', 'CALL ann.slow_once()', on_unknown => 'rerun')});
wait_for($node, 'work', q{SELECT count(*) = 1 FROM ann.again}, 'a slot has begun');
kill 'KILL', $node->safe_psql('work', q{SELECT scheduler_pid FROM portfolio.pg_stat_portfolio_scheduler WHERE database = 'work'});
ok($node->poll_query_until('work', 'SELECT true'), 'the server comes back after kill -9 of the scheduler');
wait_for($node, 'work', q{SELECT count(*) >= 2 FROM portfolio.job_run WHERE job_name = 'rerun' AND outcome = 'succeeded'}, 'the job goes on');
is($node->safe_psql('work', q{SELECT string_agg(attempt || outcome, ' ' ORDER BY attempt) FROM portfolio.job_run WHERE job_name = 'rerun' AND due_at = (SELECT min(due_at) FROM portfolio.job_run WHERE job_name = 'rerun')}),
	'1unknown 2succeeded', 'and the slot that is unknown was run again');
ann(q{SELECT portfolio.pause_job('rerun')});
more_runs('after kill -9 of the scheduler');

# a queued run survives
$node->safe_psql('work', q{ALTER SYSTEM SET pg_portfolio.run_jobs = off});
$node->reload;
ann(q{SELECT portfolio.schedule_job('queued', '0 0 29 2 *', 'SELECT 1'); SELECT portfolio.run_job('queued')});
$node->restart;
is(runs($node, 'work', 'queued', q{outcome = 'queued'}), '1', 'a queued run survives a restart');
$node->safe_psql('work', q{ALTER SYSTEM RESET pg_portfolio.run_jobs});
$node->reload;
wait_for($node, 'work', q{SELECT outcome = 'succeeded' FROM portfolio.job_run WHERE job_name = 'queued'}, 'and runs when jobs may run again');
more_runs('after a restart');
# misfires: slots that passed while nothing ran
is($node->safe_psql('work', q{SELECT count(*) > 0 FROM portfolio.job_slot_range s JOIN portfolio.job j USING (job_id) WHERE j.name = 'tick' AND s.outcome = 'coalesced' AND s.reason = 'misfire'}), 't', 'slots that passed meanwhile were coalesced into one run');
ann(q{SELECT portfolio.alter_job('tick', misfire => 'skip')});
$node->stop('immediate');
$node->start;
more_runs('after an immediate shutdown');

$node->stop;
unlike(slurp_file($node->logfile), qr/portfolio (scheduler|launcher) ERROR|PANIC|signal 1?[1-8]:/, 'scheduler and launcher met no error');
done_testing();
