# Jobs run as their owner, as psql would run them, and effect and record commit together.
use strict;
use warnings;
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('runs', "pg_portfolio.max_workers = 3\n");
new_operator($node, 'work', 'ann');
new_operator($node, 'work', 'bea');
sub ann { my ($sql) = @_; return $node->safe_psql('work', $sql, extra_params => [ '-U', 'ann' ]); }
sub ann_fails
{
	my ($sql, $expected, $title) = @_;
	my ($rc, $out, $err) = $node->psql('work', $sql, extra_params => [ '-U', 'ann' ]);
	isnt($rc, 0, "$title: refused");
	like($err, $expected, $title);
	return;
}

# wait => true runs at once and gives the number of the run
sub run_now
{
	my ($job) = @_;
	my $run = ann("SELECT portfolio.run_job('$job', wait => true)");
	return ann("SELECT outcome, sqlstate, message FROM portfolio.job_run WHERE job_name = '$job' AND run_id = $run");
}
# a job that is only ever asked for
sub job
{
	my ($name, $command, $more) = @_;
	ann("SELECT portfolio.schedule_job('$name', '0 0 29 2 *', \$job\$$command\$job\$" . ($more ? ", $more" : '') . ')');
	return;
}

# every second, as the owner
ann('CREATE TABLE tick (at timestamptz DEFAULT clock_timestamp(), is_user name DEFAULT current_user, is_session name DEFAULT session_user)');
ann(q{SELECT portfolio.schedule_job('tick', 'every 1 second', 'INSERT INTO ann.tick DEFAULT VALUES')});
$node->safe_psql('work', q{CREATE TABLE bea.tick AS SELECT current_user AS is_user WHERE false; ALTER TABLE bea.tick OWNER TO bea;
SET ROLE bea; SELECT portfolio.schedule_job('tick', 'every 1 second', 'INSERT INTO bea.tick VALUES (current_user)')});
wait_for($node, 'work', 'SELECT count(*) >= 3 FROM ann.tick', 'a job every second runs');
wait_for($node, 'work', 'SELECT count(*) >= 1 FROM bea.tick', 'and that of another role');
is(ann('SELECT DISTINCT is_user, is_session FROM tick'), 'ann|ann', 'as its owner, whom SET ROLE has not touched');
is($node->safe_psql('work', 'SELECT DISTINCT is_user FROM bea.tick'), 'bea', 'each as its own');
is($node->safe_psql('work', 'SELECT count(DISTINCT worker_pid) FROM (SELECT owner, worker_pid FROM portfolio.job_run GROUP BY 1, 2 HAVING count(*) > 0) x JOIN (SELECT worker_pid AS p FROM portfolio.job_run GROUP BY 1 HAVING count(DISTINCT owner) > 1) y ON p = worker_pid'),
	'0', 'no worker serves two roles');
is($node->safe_psql('work', q{SELECT DISTINCT owner, outcome, message, attempt FROM portfolio.job_run WHERE job_name = 'tick' AND owner = 'ann' AND outcome <> 'started'}),
	'ann|succeeded|INSERT 1|1', 'and is recorded');
ann("SELECT portfolio.pause_job('tick')");
$node->safe_psql('work', "SET ROLE bea; SELECT portfolio.pause_job('tick')");
wait_for($node, 'work', q{SELECT NOT EXISTS (SELECT FROM portfolio.worker_status() WHERE state = 'running')}, 'paused');
is(ann('SELECT count(*) = (SELECT count(*) FROM portfolio.job_run WHERE job_name = \'tick\' AND owner = \'ann\') FROM tick'), 't', 'as many records as effects');
settled($node, 'work', 'every slot is accounted for');

# who asks while the scheduler reads what was committed before is told of the job that he has committed meanwhile
{
	my $keeper = session($node, 'work', 'postgres');
	tell($keeper, 'BEGIN; LOCK TABLE portfolio.job_run');
	job('met', 'SELECT 1');
	ok($node->poll_query_until('work', q{SELECT count(*) = 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE relation = 'portfolio.job_run'::regclass AND NOT granted AND backend_type = 'portfolio scheduler'}), 'the scheduler has read the one job, and not yet its history');
	job('meanwhile', 'SELECT 1');
	my $asker = session($node, 'work', 'ann');
	$asker->{in} .= q{SELECT portfolio.run_job('meanwhile', wait => true) > 0;} . "\n";
	$asker->{h}->pump_nb;
	ok($node->poll_query_until('work', q{SELECT wait_event = 'Extension' FROM pg_stat_activity WHERE query LIKE '%run_job(''meanwhile''%' AND usename = 'ann'}), 'somebody asks for the other');
	tell($keeper, 'COMMIT');
	like(tell($asker, 'SELECT 1'), qr/\At\n/, 'it runs');
	is($asker->{err}, '', 'and nobody says that it is not committed');
	$_->{h}->finish for $keeper, $asker;
}

# what is committed reaches the scheduler: more jobs than it is told of one by one, then one of them
ann(q{SELECT count(portfolio.schedule_job('many ' || n, 'every 200 milliseconds', 'SELECT 1')) FROM generate_series(1, 12) n});
wait_for($node, 'work', q{SELECT count(DISTINCT job_name) = 12 FROM portfolio.job_run WHERE job_name LIKE 'many %'}, 'twelve jobs of one transaction run');
ann(q{SELECT portfolio.alter_job('many 1', schedule => '@yearly')});
wait_for($node, 'work', q{SELECT account_begun FROM portfolio.job WHERE name = 'many 1'}, 'the scheduler has read the one that was changed');
my $so_far = runs($node, 'work', 'many 2');
wait_for($node, 'work', "SELECT count(*) >= $so_far + 5 FROM portfolio.job_run WHERE job_name = 'many 2'", 'the others go on');
is(ann(q{SELECT count(*) FROM portfolio.job_run r JOIN portfolio.job j USING (job_id) WHERE j.name = 'many 1' AND r.due_at > j.account_from}), '0', 'that one is due no more');
ann(q{SELECT portfolio.unschedule_job('many ' || n) FROM generate_series(1, 12) n});

# what a simple-query message can do
job('vacuum', 'VACUUM ann.tick');
is(run_now('vacuum'), 'succeeded||VACUUM', 'VACUUM');
job('several', 'CREATE TABLE ann.several (a int); INSERT INTO ann.several VALUES (1), (2); SELECT count(*) FROM ann.several');
is(run_now('several'), 'succeeded||SELECT 1', 'several statements');
is(ann('SELECT count(*) FROM several'), '2', 'have their effect');
is(run_now('several'), 'failed|42P07|relation "several" already exists', 'a failure is recorded');
job('all_or_nothing', 'INSERT INTO ann.several VALUES (3); SELECT 1/0');
is(run_now('all_or_nothing'), 'failed|22012|division by zero', 'a later statement fails');
is(ann('SELECT count(*) FROM several'), '2', 'and takes the earlier with it');
job('commits', 'BEGIN; INSERT INTO ann.several VALUES (4); COMMIT; SELECT 1/0');
is(run_now('commits'), 'failed|22012|division by zero', 'a failure after COMMIT');
is(ann('SELECT count(*) FROM several'), '3', 'leaves what was committed');
job('left_open', 'BEGIN; INSERT INTO ann.several VALUES (5)');
is(run_now('left_open'), 'failed|25001|the command left a transaction open', 'BEGIN without COMMIT');
is(ann('SELECT count(*) FROM several'), '3', 'is rolled back');
ann('CREATE PROCEDURE steps() LANGUAGE plpgsql AS $$ BEGIN FOR i IN 10 .. 12 LOOP INSERT INTO ann.several VALUES (i); COMMIT; END LOOP; RAISE EXCEPTION \'enough\'; END $$');
job('procedure', 'CALL ann.steps()');
is(run_now('procedure'), 'failed|P0001|enough', 'a procedure that commits');
is(ann('SELECT count(*) FROM several'), '6', 'keeps its steps');
job('concurrently', 'CREATE INDEX CONCURRENTLY ON ann.several (a)');
ann("SELECT portfolio.run_job('concurrently')");	# it waits for older transactions, so nobody may wait for it in one
wait_for($node, 'work', q{SELECT outcome = 'succeeded' AND message = 'CREATE INDEX' FROM portfolio.job_run WHERE job_name = 'concurrently'}, 'CREATE INDEX CONCURRENTLY');
ann('CREATE TABLE late (a int UNIQUE DEFERRABLE INITIALLY DEFERRED)');
job('at_commit', 'INSERT INTO ann.late VALUES (1), (1)');
is(run_now('at_commit'), 'failed|23505|duplicate key value violates unique constraint "..."', 'a failure at commit is a failed run, not a recorded success');
job('quotes', q{SELECT ('x"9434765919')::integer});
is(run_now('quotes'), 'failed|22P02|invalid input syntax for type integer: "..."', 'no value of a message is kept');
job('raises', q{DO $do$ BEGIN RAISE EXCEPTION 'bad patient 943 476 5919'; END $do$});
is(run_now('raises'), 'failed|P0001|bad patient ...', 'nor a number that RAISE names');
job('read_only', 'SET TRANSACTION READ ONLY; SELECT 1');
is(run_now('read_only'), 'succeeded||SELECT 1', 'a read-only transaction is recorded in the next');
ann("ALTER ROLE ann SET default_transaction_read_only = on");
is($node->safe_psql('work', q{SET ROLE ann; SET default_transaction_read_only = off; SELECT portfolio.schedule_job('role_read_only', '@yearly', 'INSERT INTO ann.several VALUES (6)') > 0}), 't', 'a job of a role whose transactions are read-only');
my $run = $node->safe_psql('work', q{SET ROLE ann; SET default_transaction_read_only = off; SELECT portfolio.run_job('role_read_only', wait => true)});
is($node->safe_psql('work', "SELECT outcome, sqlstate FROM portfolio.job_run WHERE run_id = $run"), 'failed|25006', 'settings of the role hold: a worker with old settings declined');
ann("SET default_transaction_read_only = off; ALTER ROLE ann RESET default_transaction_read_only");

# limits
job('too_long', 'SELECT pg_sleep(60)', "statement_timeout => '50 ms'");
is(run_now('too_long'), 'failed|57014|canceling statement due to statement timeout', 'statement_timeout of the job');
job('too_long_in_all', 'SELECT pg_sleep(60)', "total_timeout => '50 ms'");
is(run_now('too_long_in_all'), 'failed|57014|canceling job due to total_timeout', 'total_timeout of the job');
job('role_limit', 'SELECT pg_sleep(60)');
ann("ALTER ROLE ann SET statement_timeout = '50 ms'");
$run = $node->safe_psql('work', q{SET ROLE ann; SELECT portfolio.run_job('role_limit', wait => true)});
is($node->safe_psql('work', "SELECT outcome, sqlstate, message FROM portfolio.job_run WHERE run_id = $run"), 'failed|57014|canceling statement due to statement timeout', 'statement_timeout of the role');
ann('ALTER ROLE ann RESET statement_timeout');
job('cancelled', 'SELECT pg_sleep(60)');
ann("SELECT portfolio.run_job('cancelled')");
wait_for($node, 'work', q{SELECT portfolio.cancel_run(run_id) FROM portfolio.worker_status() w WHERE state = 'running'}, 'a run is cancelled by hand');
wait_for($node, 'work', q{SELECT count(*) = 1 FROM portfolio.job_run WHERE job_name = 'cancelled' AND sqlstate = '57014'}, 'and recorded');

# a session is clean after each job
job('dirty', q{SET work_mem = '3MB'; CREATE TEMP TABLE leftover (a int); PREPARE p AS SELECT 1; SELECT pg_advisory_lock(42); SET SESSION AUTHORIZATION ann});
is(run_now('dirty'), 'succeeded||SET', 'a job that leaves things behind');
job('clean', q{CREATE TABLE ann.seen AS SELECT current_setting('work_mem') AS mem, to_regclass('pg_temp.leftover') AS temp, (SELECT count(*) FROM pg_prepared_statements) AS prepared,
  (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory') AS locks});
is(run_now('clean'), 'succeeded||SELECT 1', 'the next');
is(ann(q{SELECT mem = (SELECT boot_val || 'kB' FROM pg_settings WHERE name = 'work_mem') OR mem = '4MB', temp, prepared, locks FROM seen}), 't||0|0', 'finds nothing of it');

# run_job without wait follows the transaction
job('asked', 'SELECT 1');
ann("BEGIN; SELECT portfolio.run_job('asked'); ROLLBACK");
ann("BEGIN; SELECT portfolio.run_job('asked'); SELECT portfolio.run_job('asked'); COMMIT");
wait_for($node, 'work', q{SELECT count(*) = 2 FROM portfolio.job_run WHERE job_name = 'asked' AND outcome = 'succeeded' AND due_at IS NULL}, 'two runs that were committed, none that was rolled back');
is(runs($node, 'work', 'asked'), '2', 'and no more');

# retries
ann('CREATE SEQUENCE tries');
ann(q{CREATE FUNCTION third_time() RETURNS int LANGUAGE plpgsql AS $$ BEGIN IF nextval('ann.tries') < 3 THEN RAISE EXCEPTION 'not yet'; END IF; RETURN 1; END $$});
ann(q{SELECT portfolio.schedule_job('flaky', 'every 2 seconds', 'SELECT ann.third_time()', retry_limit => 3, retry_delay => '10 ms')});
wait_for($node, 'work', q{SELECT count(*) >= 1 FROM portfolio.job_run WHERE job_name = 'flaky' AND outcome = 'succeeded'}, 'retried until it works');
is($node->safe_psql('work', q{SELECT string_agg(attempt || outcome, ' ' ORDER BY attempt) FROM portfolio.job_run WHERE job_name = 'flaky' AND due_at = (SELECT min(due_at) FROM portfolio.job_run WHERE job_name = 'flaky')}),
	'1failed 2failed 3succeeded', 'each attempt a row of the same slot');
ann("SELECT portfolio.unschedule_job('flaky')");

# overlap
ann(q{SELECT portfolio.schedule_job('slow_skip', 'every 100 ms', 'SELECT pg_sleep(0.35)')});
ann(q{SELECT portfolio.schedule_job('slow_queue', 'every 100 ms', 'SELECT pg_sleep(0.35)', overlap => 'queue')});
wait_for($node, 'work', q{SELECT count(DISTINCT job_name) = 2 FROM (SELECT job_name FROM portfolio.job_run WHERE job_name LIKE 'slow%' GROUP BY 1 HAVING count(*) >= 3) x}, 'jobs that take longer than their interval');
ann(qq{SELECT portfolio.pause_job('slow_$_')}) for qw(skip queue);
wait_for($node, 'work', q{SELECT NOT EXISTS (SELECT FROM portfolio.worker_status() WHERE state = 'running')}, 'come to rest');
is($node->safe_psql('work', q{SELECT string_agg(DISTINCT j.name || ' ' || s.outcome || ' ' || reason, ', ' ORDER BY j.name || ' ' || s.outcome || ' ' || reason) FROM portfolio.job_slot_range s JOIN portfolio.job j USING (job_id) WHERE j.name LIKE 'slow%' AND reason = 'overlap'}),
	'slow_queue coalesced overlap, slow_skip skipped overlap', 'skip leaves slots out, queue lets one run stand for them');
settled($node, 'work', 'every slot is accounted for, overlaps too');
ann(qq{SELECT portfolio.resume_job('slow_$_')}) for qw(skip queue);
wait_for($node, 'work', q{SELECT count(*) = 2 FROM portfolio.job_slot_range s JOIN portfolio.job j USING (job_id) WHERE reason = 'not active' AND j.name LIKE 'slow%'}, 'slots of the pause are skipped');
ann(qq{SELECT portfolio.pause_job('slow_$_')}) for qw(skip queue);
wait_for($node, 'work', q{SELECT NOT EXISTS (SELECT FROM portfolio.worker_status() WHERE state = 'running')}, 'and come to rest again');
settled($node, 'work', 'and the account still balances');

# roles that may no longer run jobs
new_operator($node, 'work', 'cid');
new_operator($node, 'work', 'dan');
new_operator($node, 'work', 'eve');
for my $role (qw(cid dan eve))
{
	$node->safe_psql('work', "SET ROLE $role; SELECT portfolio.schedule_job('theirs', 'every 200 ms', 'SELECT 1')");
	wait_for($node, 'work', "SELECT count(*) > 1 FROM portfolio.job_run WHERE owner = '$role'", "a job of $role runs");
}
$node->safe_psql('work', 'ALTER ROLE cid NOLOGIN');
wait_for($node, 'work', q{SELECT state_reason = 'Role cid may not log in.' FROM portfolio.job WHERE owner = 'cid' AND state = 'broken'}, 'NOLOGIN breaks the job');
$node->safe_psql('work', "ALTER ROLE dan VALID UNTIL '2001-01-01'");
wait_for($node, 'work', q{SELECT state_reason = 'The validity of role dan has ended.' FROM portfolio.job WHERE owner = 'dan' AND state = 'broken'}, 'VALID UNTIL breaks the job');
$node->safe_psql('work', 'DROP OWNED BY eve; DROP ROLE eve');
wait_for($node, 'work', q{SELECT held = 'the role does not exist' FROM portfolio.job_overview WHERE owner = 'eve'}, 'a dropped role holds its job');
wait_for($node, 'work', q{SELECT NOT EXISTS (SELECT FROM portfolio.worker_status() w WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = w.owner_oid))}, 'and its worker is gone');
$node->safe_psql('work', "ALTER ROLE cid LOGIN; SELECT portfolio.resume_job(job_id) FROM portfolio.job WHERE owner = 'cid'");
wait_for($node, 'work', q{SELECT count(*) > 0 FROM portfolio.job_run r JOIN portfolio.job j USING (job_id) WHERE j.owner = 'cid' AND r.due_at > j.state_since}, 'a mended job runs again');
settled($node, 'work', 'the account balances in the end');

$node->stop;
unlike(slurp_file($node->logfile), qr/portfolio (scheduler|launcher) ERROR|PANIC|terminated by signal/, 'scheduler and launcher met no error');
done_testing();
