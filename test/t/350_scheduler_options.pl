# Options of jobs at work: overlap, dependencies, resources, run_as, retries by SQLSTATE, alerts, single runs, draining.
use strict;
use warnings;
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('options', "pg_portfolio.max_workers = 6\n");
new_operator($node, 'work', 'ann');
sub ann { my ($sql) = @_; return $node->safe_psql('work', $sql, extra_params => [ '-U', 'ann' ]); }
# a job waits at a lock until the test lets it go on
sub gate { my ($n) = @_; return "SELECT pg_advisory_lock_shared($n)"; }
my $keeper = session($node, 'work', 'postgres');
sub keep { my ($sql) = @_; return tell($keeper, $sql); }

# @reboot jobs made now wait for the next start
ann(q{SELECT portfolio.schedule_job('at_start', '@reboot', 'CREATE TABLE IF NOT EXISTS ann.started AS SELECT 1')});

# parallel: three runs at a time, no fourth; the account knows
keep('SELECT pg_advisory_lock(1)');
ann("SELECT portfolio.schedule_job('parallel', 'every 200 ms', '" . gate(1) . "', overlap => 'parallel 3')");
wait_for($node, 'work', q{SELECT count(*) = 3 FROM portfolio.worker_status() w JOIN portfolio.job j USING (job_id) WHERE j.name = 'parallel' AND w.state = 'running'}, 'three runs of one job at a time');
ann("SELECT portfolio.pause_job('parallel')");
keep('SELECT pg_advisory_unlock(1)');
wait_for($node, 'work', q{SELECT count(*) = 3 AND bool_and(outcome = 'succeeded') FROM portfolio.job_run WHERE job_name = 'parallel'}, 'and no fourth');
settled($node, 'work', 'no slot is lost');

# replace: a later slot ends the run under way
ann(q{CREATE TABLE once (at timestamptz)});
ann(q{SELECT portfolio.schedule_job('replace', 'every 1 second', 'SELECT pg_sleep(600)', overlap => 'replace')});
wait_for($node, 'work', q{SELECT count(*) >= 2 FROM portfolio.job_run WHERE job_name = 'replace' AND sqlstate = '57014'}, 'runs are replaced');
ann("SELECT portfolio.unschedule_job('replace')");
wait_for($node, 'work', q{SELECT count(*) = 0 OR bool_and(portfolio.cancel_run(run_id)) FROM portfolio.worker_status() WHERE state = 'running'}, 'a run whose job is gone goes on, and can be cancelled');
is(ann("SELECT count(*) FROM portfolio.job_alert WHERE job_name = 'replace'"), '0', 'which is nobody\'s failure');

# queue: so many slots wait, each gets its run
keep('SELECT pg_advisory_lock(2)');
ann("SELECT portfolio.schedule_job('queue', 'every 100 ms', '" . gate(2) . "', overlap => 'queue', queue_limit => 3)");
wait_for($node, 'work', q{SELECT count(*) = 1 AND bool_and(clock_timestamp() > due_at + interval '1 s') FROM portfolio.worker_status() w JOIN portfolio.job j USING (job_id) WHERE j.name = 'queue' AND w.state = 'running'}, 'slots pass while the first run waits');
keep('SELECT pg_advisory_unlock(2)');
wait_for($node, 'work', q{SELECT count(*) >= 8 FROM portfolio.job_run WHERE job_name = 'queue' AND outcome = 'succeeded'}, 'the queue goes on');
is(ann(q{SELECT count(*) > 0, bool_and(outcome = 'coalesced' AND reason IN ('overlap', 'waiting')) FROM portfolio.job_slot_range s JOIN portfolio.job j USING (job_id) WHERE j.name = 'queue'}), 't|t', 'slots beyond the limit were coalesced');
ann("SELECT portfolio.pause_job('queue')");

# after other jobs: a chain, a join, a failure
ann(q{CREATE TABLE seen (n serial, what text)});
ann(q{SELECT portfolio.schedule_job('load', '0 0 29 2 *', $$INSERT INTO ann.seen (what) VALUES ('load')$$);
SELECT portfolio.schedule_job('fetch', '0 0 29 2 *', $$INSERT INTO ann.seen (what) VALUES ('fetch')$$);
SELECT portfolio.schedule_job('report', '@after', $$INSERT INTO ann.seen (what) VALUES ('report')$$, after => '{"load": "success", "fetch": "any"}');
SELECT portfolio.schedule_job('mail', '@after', $$INSERT INTO ann.seen (what) VALUES ('mail')$$, after => '{"report": "success"}');
SELECT portfolio.schedule_job('broken_load', '0 0 29 2 *', 'SELECT 1/0');
SELECT portfolio.schedule_job('clean_up', '@after', $$INSERT INTO ann.seen (what) VALUES ('clean up')$$, after => '{"broken_load": "failure"}');
SELECT portfolio.schedule_job('never', '@after', $$INSERT INTO ann.seen (what) VALUES ('never')$$, after => '{"broken_load": "success"}')});
ann(q{SELECT portfolio.run_job('load', wait => true)});
is(ann('SELECT string_agg(what, \' \' ORDER BY n) FROM seen'), 'load', 'a join waits for both');
ann(q{SELECT portfolio.run_job('fetch', wait => true)});
wait_for($node, 'work', q{SELECT string_agg(what, ' ' ORDER BY n) = 'load fetch report mail' FROM ann.seen}, 'then it runs, and the chain goes on');
ann(q{SELECT portfolio.run_job('fetch', wait => true)});
ann(q{SELECT portfolio.run_job('broken_load', wait => true)});
wait_for($node, 'work', q{SELECT string_agg(what, ' ' ORDER BY n) = 'load fetch report mail fetch clean up' FROM ann.seen}, 'a failure has its own followers, and one half of a join is not enough');
# a slot that is due waits for the job it runs after
ann(q{SELECT portfolio.schedule_job('slow_load', '0 0 29 2 *', 'SELECT 1');
SELECT portfolio.schedule_job('every_second', 'every 1 second', 'SELECT 1', after => '{"slow_load": "success"}')});
wait_for($node, 'work', q{SELECT now() > created_at + interval '2 s' FROM portfolio.job WHERE name = 'every_second'}, 'slots pass');
is(runs($node, 'work', 'every_second'), '0', 'a slot waits for the job that it runs after');
ann(q{SELECT portfolio.run_job('slow_load', wait => true)});
wait_for($node, 'work', q{SELECT count(*) = 1 AND bool_and(outcome = 'succeeded') FROM portfolio.job_run WHERE job_name = 'every_second'}, 'and then runs once');
settled($node, 'work', 'the account of waiting slots balances');
ann("SELECT portfolio.unschedule_job('every_second')");

# alerts
is(ann(q{SELECT state, sqlstate FROM portfolio.job_alert WHERE job_name = 'broken_load'}), 'failing|22012', 'a job that fails raises an alert');
ann(q{SELECT portfolio.run_job('broken_load', wait => true)});
keep('LISTEN portfolio_jobs');
ann(q{SELECT portfolio.alter_job('broken_load', command => 'SELECT 1'); });
ann(q{SELECT portfolio.run_job('broken_load', wait => true)});
is(ann(q{SELECT string_agg(state, ' ' ORDER BY alert_id) FROM portfolio.job_alert WHERE job_name = 'broken_load'}), 'failing ok', 'one when it changes, none for a second failure');
my $heard = '';
$heard .= keep('SELECT 1') until $heard =~ /notification/;
my $id = ann(q{SELECT job_id FROM portfolio.job WHERE name = 'broken_load'});
like($heard, qr/Asynchronous notification "portfolio_jobs" with payload "$id ok"/, 'and a notification');

# resources
ann(q{INSERT INTO portfolio.job_resource (name, units) VALUES ('warehouse', 2)});
keep('SELECT pg_advisory_lock(3)');
ann("SELECT portfolio.schedule_job('use_' || n, '0 0 29 2 *', '" . gate(3) . "', resources => '{\"warehouse\": 1}') FROM generate_series(1, 4) n");
ann(q{SELECT portfolio.run_job('use_' || n) FROM generate_series(1, 4) n});
wait_for($node, 'work', q{SELECT count(*) = 2 FROM portfolio.worker_status() WHERE state = 'running'}, 'two units, two runs');
is(ann(q{SELECT portfolio.run_job('load', wait => true) > 0}), 't', 'jobs that need nothing go on');
is($node->safe_psql('work', q{SELECT count(*) FROM portfolio.worker_status() WHERE state = 'running'}), '2', 'the others wait');
keep('SELECT pg_advisory_unlock(3)');
wait_for($node, 'work', q{SELECT count(*) = 4 AND bool_and(outcome = 'succeeded') FROM portfolio.job_run WHERE job_name LIKE 'use_%'}, 'and run in the end');

# run_as
$node->safe_psql('work', q{CREATE ROLE mart NOLOGIN; GRANT mart TO ann; CREATE ROLE top SUPERUSER NOLOGIN; GRANT top TO ann});
ann(q{CREATE TABLE who (is_user name, is_session name); GRANT INSERT ON who TO mart; GRANT USAGE ON SCHEMA ann TO mart});
ann(q{SELECT portfolio.schedule_job('as_mart', '0 0 29 2 *', 'INSERT INTO ann.who VALUES (current_user, session_user)', run_as => 'mart');
SELECT portfolio.schedule_job('as_self', '0 0 29 2 *', 'INSERT INTO ann.who VALUES (current_user, session_user)')});
ann(q{SELECT portfolio.run_job('as_mart', wait => true), portfolio.run_job('as_self', wait => true)});
is(ann('SELECT string_agg(is_user || \' \' || is_session, \', \') FROM who'), 'mart ann, ann ann', 'run_as is SET ROLE in the owner\'s connection, and gone afterwards');
my ($rc, $o, $err) = $node->psql('work', q{SELECT portfolio.schedule_job('as_top', '@daily', 'SELECT 1', run_as => 'top')}, extra_params => [ '-U', 'ann' ]);
like($err, qr/run_as: jobs of role "ann" cannot run as role "top"/, 'a superuser is refused');
$node->safe_psql('work', 'REVOKE mart FROM ann');
ann(q{SELECT portfolio.run_job('as_mart', wait => true)});
is(ann(q{SELECT outcome, sqlstate FROM portfolio.job_run WHERE job_name = 'as_mart' ORDER BY run_id DESC LIMIT 1}), 'failed|42501', 'the membership is checked at each run');

# retry by SQLSTATE
ann(q{SELECT portfolio.schedule_job('retried', 'every 5 seconds', 'SELECT 1/0', retry_limit => 2, retry_delay => '10 ms', retry_on => '{22}', valid_until => now() + interval '6 s');
SELECT portfolio.schedule_job('not_retried', 'every 5 seconds', 'SELECT 1/0', retry_limit => 2, retry_delay => '10 ms', retry_on => '{40001,08}', valid_until => now() + interval '6 s')});
wait_for($node, 'work', q{SELECT count(*) >= 3 FROM portfolio.job_run WHERE job_name = 'retried'}, 'an error of a class that is worth it is retried');
wait_for($node, 'work', q{SELECT bool_and(state = 'ended') FROM portfolio.job WHERE name LIKE '%retried'}, 'jobs end with their validity');
is(ann(q{SELECT max(attempt) FROM portfolio.job_run WHERE job_name = 'not_retried'}), '1', 'another error is not');

# once, and pausing all
ann(q{SELECT portfolio.schedule_at(now() + interval '300 ms', $$INSERT INTO ann.seen (what) VALUES ('once')$$, 'just once')});
wait_for($node, 'work', q{SELECT state = 'ended' FROM portfolio.job WHERE name = 'just once'}, 'a single run ends its job');
is(ann(q{SELECT count(*) FROM seen WHERE what = 'once'}), '1', 'having run');
ann(q{SELECT portfolio.schedule_job('drifting', 'every 100 ms after each run', 'SELECT pg_sleep(0.05)')});
wait_for($node, 'work', q{SELECT count(*) >= 3 FROM portfolio.job_run WHERE job_name = 'drifting'}, 'a pause after each run');
is(ann(q{SELECT bool_and(gap >= interval '100 ms') FROM (SELECT due_at - lag(finished_at) OVER (ORDER BY run_id) AS gap FROM portfolio.job_run WHERE job_name = 'drifting') x}), 't', 'counts from the end of the run before');
ann(q{CALL portfolio.drain('30 s')});
is(ann(q{SELECT count(*) FROM portfolio.worker_status() WHERE state = 'running'}), '0', 'drain() returns when nothing runs');
settled($node, 'work', 'every slot of every job is accounted for');
# seeing it
is(ann(q{SELECT runs > 0 AND success_rate = 100 AND run_p50 > '0' AND run_p95 >= run_p50 AND run_p99 >= run_p95 AND lateness_p50 > '0' AND last_lateness > '0' AND running = 0 AND failing_since IS NULL FROM portfolio.job_overview WHERE name = 'drifting'}), 't', 'job_overview tells how a job does');
is(ann(q{SELECT success_rate = 0 AND failing_since IS NOT NULL FROM portfolio.job_overview WHERE name = 'not_retried'}), 't', 'and since when one fails');
is(ann(q{SELECT due = ran + coalesced + skipped + missed + unknown + running AND balanced AND jobs_out_of_balance = 0 AND jobs > 10 FROM portfolio.slot_account}), 't', 'slot_account balances');
is(ann(q{SELECT runs > 0 AND succeeded = runs AND failed = 0 AND total_time >= max_time FROM portfolio.pg_stat_portfolio_jobs WHERE name = 'drifting'}), 't', 'pg_stat_portfolio_jobs counts since the start');
is(ann(q{SELECT string_agg(name, ', ') FROM portfolio.pg_stat_portfolio_jobs s WHERE run_time_histogram <> ARRAY(
	SELECT (SELECT count(*) FROM portfolio.job_run r WHERE r.job_id = s.job_id AND finished_at - started_at >= low AND finished_at - started_at < high)
	FROM (VALUES (1, '0'::interval, '1 ms'::interval), (2, '1 ms', '10 ms'), (3, '10 ms', '100 ms'), (4, '100 ms', '1 s'), (5, '1 s', '10 s'), (6, '10 s', '1 min'), (7, '1 min', '10 min'), (8, '10 min', '1 h'), (9, '1 h', '1 year')) b (n, low, high)
	ORDER BY n)}), '', 'and how many took how long');
is(ann(q{SELECT bool_and((SELECT sum(n) FROM unnest(run_time_histogram) n) = runs - unknown AND (SELECT sum(n) FROM unnest(lateness_histogram) n) <= runs) FROM portfolio.pg_stat_portfolio_jobs}), 't', 'of all that ended');
is(ann(q{SELECT count(*) > 0 AND bool_and(database = 'work') FROM portfolio.pg_stat_portfolio_workers}), 't', 'pg_stat_portfolio_workers shows the pool');
$node->safe_psql('work', q{CREATE ROLE monitor LOGIN; SELECT portfolio.grant_profile('monitor', 'auditor')});
my @queries = slurp_file("$ENV{PF_STAGE}/contrib/monitoring/queries.yaml") =~ /query: "([^"]+)"/g;
is(scalar(@queries), 3, 'queries for an exporter');
like($node->safe_psql('work', $_, extra_params => [ '-U', 'monitor' ]), qr/\d/, 'which a monitoring role can run') for @queries;
ann(q{SELECT portfolio.resume_all()});
is(ann(q{SELECT count(*) FROM portfolio.job WHERE name IN ('drifting', 'load') AND state = 'active'}), '2', 'resume_all() ends the pause');

# a window for maintenance is two jobs, of which the first makes the second
ann(q{SELECT portfolio.schedule_job('window', '0 0 29 2 *', $$SELECT portfolio.pause_all('%', 'maintenance');
	SELECT portfolio.schedule_at(clock_timestamp() + interval '1 second', 'SELECT portfolio.resume_all()')$$, comment => 'opens a window')});
my $active = ann(q{SELECT count(*) FROM portfolio.job WHERE state = 'active'});
ann(q{SELECT portfolio.run_job('window', wait => true)});
wait_for($node, 'work', qq{SELECT count(*) = $active FROM portfolio.job WHERE state = 'active'}, 'all jobs go on when the window closes, that which opens it too');
is(ann(q{SELECT j.state_since > r.finished_at FROM portfolio.job j, portfolio.job_run r WHERE j.name = 'drifting' AND r.job_name = 'window'}), 't', 'and had been paused till then');
is(ann(q{SELECT to_regclass('ann.started')}), '', 'no start yet');
$keeper->{in} .= "\\q\n";
$keeper->{h}->finish;
$node->restart;
wait_for($node, 'work', q{SELECT to_regclass('ann.started') IS NOT NULL}, '@reboot runs after a start');
settled($node, 'work', 'and all is settled');
$node->stop;
unlike(slurp_file($node->logfile), qr/portfolio (scheduler|launcher) ERROR|PANIC|signal 1?[1-8]:/, 'scheduler and launcher met no error');
done_testing();
