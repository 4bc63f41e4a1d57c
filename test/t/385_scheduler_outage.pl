# What becomes of slots that fall due while the server is down: misfire once, skip and all, with its limit and its window;
# and of a slot whose next attempt does.
use strict;
use warnings;
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('outage', "shared_preload_libraries = 'pg_portfolio," . shifted_clock() . "'\n");
new_operator($node, 'work', 'ann');
sub ann { my ($sql) = @_; return $node->safe_psql('work', $sql, extra_params => [ '-U', 'ann' ]); }

# Down, and up again when the server's clock shows so many hours, and seconds, more than at the beginning of this hour.
my $hour = int(time / 3600);
sub outage
{
	my ($until, $past) = @_;
	$node->stop;
	set_clock(undef, 1_000_000 * (($hour + $until) * 3600 + $past - time));
	$node->start;
	wait_for($node, 'work', "SELECT bool_and(accounted_upto = to_timestamp(($hour + $until) * 3600) AND running = 0) FROM portfolio.job_account", 'the scheduler has looked at every slot of every job');
	wait_for($node, 'work', q{SELECT count(*) = 0 FROM portfolio.worker_status() WHERE state <> 'idle'}, 'and what is to run has run');
	return;
}
# slots that ran, as hours before the last one that was due, in the order in which they ran
sub ran
{
	my ($job) = @_;
	return $node->safe_psql('work', "SELECT coalesce(string_agg((extract(epoch FROM (SELECT accounted_upto FROM portfolio.job_account WHERE name = '$job') - due_at)::int / 3600)::text, ' ' ORDER BY started_at, run_id), '-') FROM portfolio.job_run WHERE job_name = '$job' AND outcome = 'succeeded'");
}

sub account
{
	my ($job, $is, $title) = @_;
	is($node->safe_psql('work', "SELECT $is AND unknown = 0 AND balanced FROM portfolio.job_account WHERE name = '$job'"), 't', $title)
	  or diag($node->safe_psql('work', "SELECT * FROM portfolio.job_account WHERE name = '$job'"));
	return;
}

ann(q{CREATE TABLE seen (job text);
SELECT portfolio.schedule_job('once', 'every 1 hour', $$INSERT INTO ann.seen VALUES ('once')$$);
SELECT portfolio.schedule_job('skip', 'every 1 hour', $$INSERT INTO ann.seen VALUES ('skip')$$, misfire => 'skip');
SELECT portfolio.schedule_job('all', 'every 1 hour', $$INSERT INTO ann.seen VALUES ('all')$$, misfire => 'all');
SELECT portfolio.schedule_job('limit', '0 * * * *', $$INSERT INTO ann.seen VALUES ('limit')$$, misfire => 'all', misfire_limit => 3);
SELECT portfolio.schedule_job('window', '0 * * * *', $$INSERT INTO ann.seen VALUES ('window')$$, misfire => 'all', misfire_window => '5 hours');
SELECT portfolio.schedule_job('both', '0 * * * *', $$INSERT INTO ann.seen VALUES ('both')$$, misfire => 'all', misfire_limit => 3, misfire_window => '90 minutes');
SELECT portfolio.schedule_job('too_old', '0 * * * *', $$INSERT INTO ann.seen VALUES ('too_old')$$, misfire => 'all', misfire_window => '10 minutes')});

outage(12, 20 * 60);
my $all = join(' ', reverse 0 .. ann(q{SELECT due - 1 FROM portfolio.job_account WHERE name = 'all'}));
is(ran('once'), '0', 'once: the last slot runs');
account('once', 'due > 10 AND ran = 1 AND coalesced = due - 1', 'once: and stands for all others');
is(ran('skip'), '-', 'skip: what is late does not run');
account('skip', 'missed = due AND due > 10', 'skip: it is missed');
is(ran('all'), $all, 'all: each slot runs, one after the other');
account('all', 'ran = due AND due > 10', 'all: and none stands for another');
is(ran('limit'), '2 1 0', 'all with a limit: the last three');
account('limit', 'ran = 3 AND missed = due - 3', 'all with a limit: the others are missed');
is(ran('window'), '4 3 2 1 0', 'all with a window: what is no later than that');
account('window', 'ran = 5 AND missed = due - 5', 'all with a window: the others are missed');
is(ran('both'), '1 0', 'all with both: whichever is shorter');
is(ran('too_old'), '-', 'all with a window shorter than the delay: nothing');
account('too_old', 'missed = due', 'all with a window shorter than the delay: all are missed');

outage(24, 5);
is(ran('skip'), '0', 'skip: a slot of this minute is not late');
account('skip', 'ran = 1 AND missed = due - 1', 'skip: those before it are missed');
is(ran('once'), '12 0', 'once: one run for each outage');
is(ran('limit'), '14 13 12 2 1 0', 'all with a limit: three for each');
is(ran('too_old'), '0', 'all with a window: what is within it');
is(ann('SELECT count(*) FROM seen'), ann(q{SELECT count(*) FROM portfolio.job_run WHERE outcome = 'succeeded'}), 'as many effects as records');
is(ann(q{SELECT count(*) FROM portfolio.job_run WHERE outcome <> 'succeeded' OR attempt > 1}), '0', 'and nothing else');
is($node->safe_psql('work', q{SELECT string_agg(DISTINCT outcome || ' ' || reason, ', ') FROM portfolio.job_slot_range}), 'coalesced misfire, missed misfire', 'what did not run tells why');

# Attempts are not forgotten, whether the server ends well or badly. The one slot is yet to come by either clock: now() is
# not shifted, so a job of every hour would be a day late as soon as it is made.
ann('SELECT portfolio.pause_all()');
my (undef, undef, $at, $day, $month) = gmtime(($hour + 26) * 3600);
my $slot = "0 $at $day " . ($month + 1) . ' *';
$node->safe_psql('work', "SET ROLE ann; SELECT portfolio.schedule_job('tries', '$slot', time_zone => 'UTC', command => 'SELECT 1 / (count(*) / 2) FROM portfolio.job_run WHERE job_name = ''tries''', retry_limit => 2, retry_delay => '10 minutes', retry_jitter => 0);
	SELECT portfolio.schedule_job('grieves', '\@after', 'SELECT 1', after => '{\"tries\": \"failure\"}')");
my @tried;
for ([ 5, 'fast', '1 failed' ], [ 11 * 60, 'immediate', '2 failed' ], [ 32 * 60, 'fast', '3 succeeded' ])
{
	my ($past, $how, $last) = @$_;
	$node->stop($how);
	set_clock(undef, 1_000_000 * (($hour + 26) * 3600 + $past - time));
	$node->start;
	push @tried, $last;
	wait_for($node, 'work', "SELECT string_agg(attempt || ' ' || outcome, ', ' ORDER BY run_id) = '" . join(', ', @tried) . "' AND count(DISTINCT due_at) = 1 FROM portfolio.job_run WHERE job_name = 'tries'", "attempt $last");
}
account('tries', 'due = 1 AND ran = 1', 'all of them are one slot');
is(ann(q{SELECT count(*) FROM portfolio.job_run WHERE job_name = 'grieves'}), '0', 'which has not failed');
$node->stop;
unlike(slurp_file($node->logfile), qr/portfolio (scheduler|launcher) ERROR|PANIC/, 'scheduler and launcher met no error');
done_testing();
