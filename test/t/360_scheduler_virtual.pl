# A month of 50 jobs in seconds: run_due_jobs() under a virtual clock, with retries, dependencies, holidays and changes
# of the clocks. What ran is what the schedules say, to the last slot.
use strict;
use warnings;
use Time::HiRes qw(time);
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $library = clock_module();
my $node = new_server('virtual', "shared_preload_libraries = ''\n");
new_operator($node, 'work', 'ann');
sub ann { my ($sql) = @_; return $node->safe_psql('work', $sql, extra_params => [ '-U', 'ann' ]); }
sub ann_err { my ($sql) = @_; my ($rc, $out, $err) = $node->psql('work', $sql, extra_params => [ '-U', 'ann' ]); return $err; }
$node->safe_psql('work', qq{LOAD 'pg_portfolio'; CREATE FUNCTION set_virtual_clock(timestamptz) RETURNS void LANGUAGE c AS '$library', 'set_virtual_clock'});
ann(q{SET client_min_messages = error;
CREATE TABLE seen (job text, n bigint DEFAULT 1);
CREATE SEQUENCE tries;
CREATE FUNCTION every_third_time() RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF nextval('ann.tries') % 3 <> 0 THEN RAISE EXCEPTION 'not yet' USING ERRCODE = '40001'; END IF; RETURN 1; END $$;
INSERT INTO portfolio.calendar (code, name) VALUES ('closed', 'Days on which nothing runs');
INSERT INTO portfolio.calendar_day (calendar, day, name) SELECT 'closed', current_date + n, 'closed' FROM unnest('{3,4,10,17,400,-400}'::int[]) n;
SELECT portfolio.schedule_job('daily_' || n, n || ' ' || n || ' * * *', 'INSERT INTO ann.seen VALUES (''daily'')', time_zone => 'Europe/London') FROM generate_series(1, 15) n;
SELECT portfolio.schedule_job('weekday_' || n, n || ' 6 * * mon-fri', 'INSERT INTO ann.seen VALUES (''weekday'')', calendar => 'closed') FROM generate_series(1, 10) n;
SELECT portfolio.schedule_job('special_' || n, '0 ' || n || ' LW,10,20W * mon#2', 'INSERT INTO ann.seen VALUES (''special'')', time_zone => 'Australia/Lord_Howe') FROM generate_series(1, 5) n;
SELECT portfolio.schedule_job('often_' || n, 'every ' || n || ' hours', 'INSERT INTO ann.seen VALUES (''often'')') FROM generate_series(4, 8) n;
SELECT portfolio.schedule_job('flaky_' || n, '30 ' || n || ' * * *', 'SELECT ann.every_third_time()', retry_limit => 2, retry_on => '{40}') FROM generate_series(1, 5) n;
SELECT portfolio.schedule_job('hopeless', '15 3 * * *', 'SELECT 1/0', retry_limit => 2, retry_delay => '10 minutes');
SELECT portfolio.schedule_job('report_' || n, '@after', 'INSERT INTO ann.seen VALUES (''report'')', after => jsonb_build_object('daily_' || n, 'success')) FROM generate_series(1, 5) n;
SELECT portfolio.schedule_job('mourn', '@after', 'INSERT INTO ann.seen VALUES (''mourn'')', after => '{"hopeless": "failure"}');
SELECT portfolio.schedule_job('rejoice', '@after', 'INSERT INTO ann.seen VALUES (''rejoice'')', after => '{"hopeless": "success"}');
SELECT portfolio.schedule_job('pause', 'every 12 hours after each run', 'INSERT INTO ann.seen VALUES (''pause'')');
SELECT portfolio.schedule_at(now() + interval '5 days', 'INSERT INTO ann.seen VALUES (''once'')', 'once')});
is(ann('SELECT count(*) FROM portfolio.job'), '50', 'fifty jobs');
# in one session: from now, a month passes, and ends at an hour at which nothing is due or waits for its next attempt
ann(q{CREATE TABLE month AS SELECT date_trunc('day', now(), 'UTC') + interval '31 days 12:40' AS ends});
my $begin = time;
ann(q{SELECT portfolio.next_run('@daily', now(), 'UTC'); -- loads the library, whose clock is to be replaced
SELECT set_virtual_clock(now());
SELECT format('CALL portfolio.run_due_jobs(%L)', ends - now()) FROM month \gexec
SELECT set_virtual_clock(NULL)});
note(sprintf('%.1f seconds for %s runs', time - $begin, ann('SELECT count(*) FROM portfolio.job_run')));
settled($node, 'work', 'every slot of the month is accounted for');
is(ann(q{SELECT count(*) FROM portfolio.job_run WHERE job_name LIKE 'daily_%' AND outcome = 'succeeded'}), ann(q{
	SELECT sum(portfolio.count_slots(schedule, account_from, ends, time_zone, calendar)) FROM portfolio.job, ann.month WHERE name LIKE 'daily_%'}), 'daily jobs ran on every day');
is(ann(q{SELECT count(*) FROM portfolio.job_run WHERE job_name ~ '^(weekday|special|often)_' AND outcome = 'succeeded'}), ann(q{
	SELECT sum(portfolio.count_slots(schedule, account_from, ends, time_zone, calendar)) FROM portfolio.job, ann.month WHERE name ~ '^(weekday|special|often)_'}), 'the others as their schedules say');
is(ann(q{SELECT count(*) FROM portfolio.job_run r JOIN portfolio.calendar_day d ON d.calendar = 'closed' AND d.day = (r.due_at AT TIME ZONE 'UTC')::date WHERE job_name LIKE 'weekday_%'}), '0', 'none on a closed day');
is(ann(q{SELECT count(*) FROM ann.seen}), ann(q{SELECT count(*) FROM portfolio.job_run WHERE outcome = 'succeeded' AND job_name NOT LIKE 'flaky_%'}), 'as many effects as records');
is(ann(q{SELECT bool_and(n = 3 AND good) FROM (SELECT count(*) AS n, bool_or(outcome = 'succeeded' AND attempt = 3) AS good FROM portfolio.job_run WHERE job_name LIKE 'flaky_%' GROUP BY job_id, due_at) x}), 't', 'flaky jobs succeed at the third attempt');
is(ann(q{SELECT bool_and(r.queued_at - p.finished_at BETWEEN interval '52 s' AND interval '68 s') FROM portfolio.job_run r JOIN portfolio.job_run p USING (job_id, due_at)
	WHERE r.job_name LIKE 'flaky_%' AND r.attempt = 2 AND p.attempt = 1}), 't', 'a minute later, give or take an eighth');
is(ann(q{SELECT count(*) FROM portfolio.job_run WHERE job_name LIKE 'report_%'}), ann(q{SELECT count(*) FROM portfolio.job_run WHERE job_name ~ '^daily_[1-5]$'}), 'a report follows each of its jobs');
is(ann(q{SELECT count(*) FROM ann.seen WHERE job = 'mourn'}), ann(q{SELECT count(*) FROM portfolio.job_run WHERE job_name = 'hopeless' AND attempt = 3}), 'what follows a failure follows when all attempts have failed');
is(ann(q{SELECT count(*) FROM ann.seen WHERE job = 'rejoice'}), '0', 'and what follows success does not');
is(ann(q{SELECT state FROM portfolio.job_alert WHERE job_name = 'hopeless'}), 'failing', 'one alert for a job that fails for a month');
is(ann(q{SELECT abs((SELECT count(*) FROM ann.seen WHERE job = 'pause') - extract(epoch FROM ends - account_from) / 43200) <= 1
	FROM portfolio.job, ann.month WHERE name = 'pause'}), 't', 'a pause after each run');
is(ann(q{SELECT state || ' ' || (SELECT count(*) FROM ann.seen WHERE job = 'once') FROM portfolio.job WHERE name = 'once'}), 'ended 1', 'what is due once runs once');

# between two calls nothing is forgotten: a slot that failed is tried again by the next one, unless a later slot has come
ann(q{DELETE FROM portfolio.job_dependency; DELETE FROM portfolio.job; TRUNCATE ann.seen; ALTER SEQUENCE tries RESTART;
SELECT portfolio.schedule_job('third', '0 12 * * *', 'SELECT ann.every_third_time()', retry_limit => 2, retry_delay => '3 hours', retry_factor => 1, retry_jitter => 0, time_zone => 'UTC'),
  portfolio.schedule_job('never', '0 12 * * *', 'SELECT 1/0', retry_limit => 1, retry_delay => '1 day', retry_jitter => 0, time_zone => 'UTC'),
  portfolio.schedule_job('grieve', '@after', 'INSERT INTO ann.seen VALUES (''grieve'')', after => '{"third": "failure"}'),
  portfolio.schedule_job('cheer', '@after', 'INSERT INTO ann.seen VALUES (''cheer'')', after => '{"third": "success"}')});
sub call_at
{
	my ($at) = @_;
	ann(qq{SELECT portfolio.next_run('\@daily', now(), 'UTC');
SELECT set_virtual_clock(date_trunc('day', now(), 'UTC') + interval '1 day $at');
CALL portfolio.run_due_jobs('1 minute')});
	return ann(q{SELECT coalesce(string_agg(job_name || ' ' || attempt, ', ' ORDER BY run_id), '') FROM portfolio.job_run r JOIN portfolio.job USING (job_id) WHERE r.outcome <> 'withdrawn'});
}
like(call_at('12:00:01'), qr/^(?:third 1, never 1|never 1, third 1)$/, 'two slots fail');
is(scalar(() = call_at('14:00') =~ /third/g), 1, 'it is too early for the next attempt');
like(call_at('15:00:01'), qr/, third 2$/, 'the next attempt, by another call');
is(ann('SELECT count(*) FROM ann.seen'), '0', 'the failure of an attempt is not the end of a slot');
like(call_at('23:00'), qr/, third 2, third 3, cheer 1$/, 'the last attempt succeeds, late, and what waits for that follows');
like(call_at('36:00:01'), qr/never 1.*never 1/, 'a later slot takes the place of an attempt');
unlike(call_at('36:30'), qr/never 2/, 'which is not made');

# the call itself
like(ann_err('BEGIN; CALL portfolio.run_due_jobs()'), qr/run_due_jobs\(\) cannot run inside a transaction block/, 'not inside a transaction');
my ($rc, $out, $err) = $node->psql('work', 'SET ROLE ann; CALL portfolio.run_due_jobs()');
like($err, qr/run_due_jobs\(\) must be called by the role that has logged in/, 'not by SET ROLE: a command could go back');
ann(q{DELETE FROM portfolio.job_dependency; DELETE FROM portfolio.job});
ann(q{SET client_min_messages = error; CREATE TABLE late (a int UNIQUE DEFERRABLE INITIALLY DEFERRED);
SELECT portfolio.schedule_job('sets', '@yearly', 'SET work_mem = ''3MB'''), portfolio.schedule_job('vacuums', '@yearly', 'VACUUM ann.seen'),
  portfolio.schedule_job('commits', '@yearly', 'BEGIN; SELECT 1; COMMIT'), portfolio.schedule_job('at_commit', '@yearly', 'INSERT INTO ann.late VALUES (1), (1)'),
  portfolio.schedule_job('too_long', '@yearly', 'SELECT pg_sleep(600)', total_timeout => '50 ms'), portfolio.schedule_job('climbs', '@yearly', 'SET SESSION AUTHORIZATION postgres');
SELECT portfolio.run_job(name) FROM portfolio.job});
is(ann(q{CALL portfolio.run_due_jobs(); SHOW work_mem}), '4MB', 'what a command sets ends with it');
is(ann(q{SELECT string_agg(job_name || ' ' || coalesce(sqlstate, 'ok'), ', ' ORDER BY job_name) FROM portfolio.job_run WHERE job_name IN ('sets', 'vacuums', 'commits', 'at_commit', 'too_long', 'climbs')}),
	'at_commit 23505, climbs 42501, commits 0A000, sets ok, too_long 57014, vacuums 25001', 'what needs a session of its own fails, and is recorded');
is(ann('SELECT count(*) FROM late'), '0', 'with no effect');
ann(q{SELECT portfolio.schedule_job('temporary', '@yearly', 'CREATE TEMP TABLE passing AS SELECT 1'); SELECT portfolio.run_job('temporary'); CALL portfolio.run_due_jobs(); CALL portfolio.run_due_jobs()});
is(ann(q{SELECT outcome FROM portfolio.job_run WHERE job_name = 'temporary'}), 'succeeded', 'a command may make temporary tables, and the session can run jobs again');
ann('SELECT portfolio.start_scheduler()');
like(ann_err('CALL portfolio.run_due_jobs()'), qr/a scheduler runs the jobs of this database already/, 'not beside a scheduler');
$node->stop;
done_testing();
