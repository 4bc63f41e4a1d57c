# Everything that can happen to a running server happens to it, in a random order that a seed repeats: its processes are
# killed, it is restarted, its standby is promoted, its clock jumps, its jobs and roles change. After each group of events
# every effect has its record and every record its effect, every slot of every job has one end, and every job goes on.
#
# make test-faults runs 1,000 events, others every day (EVENTS=n SEED=n to say which); the ordinary tests run two short
# lists, always the same.
use strict;
use warnings;
use File::Path qw(rmtree);
use Time::HiRes qw(time usleep);
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $group = 5;
my $library = shifted_clock();
my ($node, $standby, $servers, %count, %job, %role, %held_open);

# The clock: microseconds by which the server is ahead of the real time, and the most it ever was.
my ($ahead, $most) = (0, 0);
sub jump
{
	($ahead) = @_;
	$most = $ahead if $ahead > $most;
	return set_clock($node, $ahead);
}

# What jobs do: each leaves its transaction, or its run and the step, in faults.effect.
my %plain = (
	second    => q{'every 1 second', 'SELECT faults.act(''second'', 0.1)'},
	tenth     => q{'every 100 ms', 'SELECT faults.act(''tenth'', 0)'},
	retrying  => q{'every 1 second', 'SELECT faults.act(''retrying'', 0); SELECT faults.fail(0.5)', retry_limit => 3, retry_delay => '50 ms'},
	chained   => q{'@after', 'SELECT faults.act(''chained'', 0)', after => '{"second": "any"}'},
	waiting   => q{'every 500 ms', 'SELECT faults.act(''waiting'', 0)', after => '{"tenth": "success"}'},
	queueing  => q{'every 200 ms', 'SELECT faults.act(''queueing'', 0.4)', overlap => 'queue', queue_limit => 5},
	parallel  => q{'every 100 ms', 'SELECT faults.act(''parallel'', 0.5)', overlap => 'parallel 3'},
	replacing => q{'every 500 ms', 'SELECT faults.act(''replacing'', 1)', overlap => 'replace'},
	as_mart   => q{'every 1 second', 'SELECT faults.act(''as_mart'', 0)', run_as => 'mart'},
	drifting  => q{'every 300 ms after each run', 'SELECT faults.act(''drifting'', 0.1)'},
	all_late  => q{'* * * * * *', 'SELECT faults.act(''all_late'', 0)', misfire => 'all', misfire_limit => 20},
	in_time   => q{'*/2 * * * * *', 'SELECT faults.act(''in_time'', 0.1)', misfire => 'skip'},
	steps     => q{'every 1 second', 'CALL faults.two_steps(''steps'', 0.5)'},
	steps_again => q{'every 1 second', 'CALL faults.two_steps(''steps_again'', 0.5)', on_unknown => 'rerun'});
my @schedules = ('every 100 ms', 'every 200 ms', 'every 700 ms', 'every 1 second', '* * * * * *', '*/2 * * * * *', 'every 200 ms after each run');
my @of_bea = qw(parallel drifting in_time steps);
my @may_go = grep { !/^(second|tenth)$/ } sort keys %plain;    # nobody waits for these

sub owner_of { my ($name) = @_; return $name =~ /^(?:cid|dan|eve)$/ ? $name : (grep { $_ eq $name } @of_bea) ? 'bea' : 'ann'; }
sub as
{
	my ($role, $sql, $may_fail) = @_;
	my ($rc, $out, $err) = $node->psql('work', $sql, extra_params => [ '-U', $role, '-v', 'VERBOSITY=verbose' ]);
	if ($rc != 0 && !($may_fail && $err =~ /ERROR:  $may_fail:/)) { fail("as $role: $sql"); diag($err); }
	return $out;
}
sub ask { my ($sql) = @_; return $node->safe_psql('work', $sql); }
sub one_of { return $_[ int(rand(@_)) ]; }
sub schedule
{
	my ($name) = @_;
	as(owner_of($name), "SELECT portfolio.schedule_job('$name', $plain{$name})");
	$job{$name} = 1;
	return;
}
sub back { $node->poll_query_until('work', 'SELECT true') or BAIL_OUT('the server does not come back'); return; }

sub make_world
{
	$servers = 0;
	$node = new_server('server_0', "shared_preload_libraries = 'pg_portfolio,$library'\npg_portfolio.max_workers = 10\nwal_keep_size = 64MB\nmax_wal_size = 4GB\nshared_buffers = 64MB\nmax_connections = 40\nmax_locks_per_transaction = 256\nlog_statement = none\n", allows_streaming => 1);
	new_operator($node, 'work', $_) for qw(ann bea cid dan eve);
	ask(q{
CREATE ROLE mart NOLOGIN; GRANT mart TO ann;
CREATE SCHEMA faults;
CREATE TABLE faults.effect (job text NOT NULL, xid xid NOT NULL DEFAULT pg_current_xact_id()::xid, run_id bigint, step int);
CREATE FUNCTION faults.act(job text, longest float) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN INSERT INTO faults.effect VALUES (job); PERFORM pg_sleep(random() * longest); END $$;
CREATE FUNCTION faults.fail(chance float) RETURNS void LANGUAGE plpgsql AS
  $$ BEGIN IF random() < chance THEN RAISE EXCEPTION 'as chance has it'; END IF; END $$;
CREATE PROCEDURE faults.two_steps(job text, longest float) LANGUAGE plpgsql AS $$
BEGIN
  FOR step IN 1 .. 2 LOOP
    INSERT INTO faults.effect (job, run_id, step)
    SELECT two_steps.job, (SELECT w.run_id FROM portfolio.worker_status() w WHERE w.pid = pg_backend_pid()), step;
    COMMIT;
    PERFORM pg_sleep(random() * longest);
  END LOOP;
END $$;
GRANT USAGE ON SCHEMA faults TO PUBLIC;
GRANT INSERT ON faults.effect TO PUBLIC});
	schedule($_) for sort { ($a =~ /chained|waiting/) <=> ($b =~ /chained|waiting/) || $a cmp $b } keys %plain;
	as($_, "SELECT portfolio.schedule_job('$_', 'every 300 ms', 'SELECT faults.act(''$_'', 0.1)')") for qw(cid dan eve);
	make_standby();
	return;
}
sub make_standby
{
	$servers++;
	$node->backup('for_standby');
	$standby = PostgreSQL::Test::Cluster->new("server_$servers");
	$standby->init_from_backup($node, 'for_standby', has_streaming => 1);
	rmtree($node->backup_dir . '/for_standby');
	$standby->start;
	return;
}

# The processes
sub process_id
{
	my ($which) = @_;
	return ask($which eq 'worker' ? q{SELECT pid FROM portfolio.worker_status() WHERE pid IS NOT NULL ORDER BY state DESC, random() LIMIT 1}
		: "SELECT ${which}_pid FROM portfolio.pg_stat_portfolio_scheduler WHERE database = 'work'");
}
# The server starts anew when it finds a process killed; some session has to be there to see that it does.
sub crash
{
	my ($pid) = @_;
	my $witness = session($node, 'work', 'postgres');
	tell($witness, 'SELECT 1');
	if (kill 'KILL', $pid) { $witness->{in} .= "SELECT pg_sleep(600);\n"; }
	else { $witness->{in} .= "\\q\n"; }    # ended by itself meanwhile
	$witness->{h}->finish;
	return back();
}
sub kill_process
{
	my ($signal, $which) = @_;
	my $pid = process_id($which);
	return if $pid eq '';
	if ($signal eq 'KILL') { crash($pid); } else { kill $signal, $pid; }
	return;
}
sub start_again
{
	# its children may take a moment to see that the old server is gone
	for (1 .. 100)
	{
		return back() if $node->start(fail_ok => 1);
		$node->stop('fast', fail_ok => 1);
		usleep(100_000);
	}
	BAIL_OUT('the server does not start again');
	return;
}
sub promote
{
	my ($how) = @_;
	if ($how eq 'kill9') { $node->kill9; } else { $node->stop($how); }
	$standby->promote;
	my $old = $node;
	$node = $standby;
	back();
	$old->clean_node;
	make_standby();
	return;
}

# One session that leaves a change open for a while
sub close_open
{
	my ($end) = @_;
	return if !%held_open;
	my $s = $held_open{session};
	$s->{in} .= "$end;\n\\q\n";
	eval { $s->{h}->finish; 1 } or $s->{h}->kill_kill;    # the server may have gone away meanwhile
	%held_open = ();
	return;
}
sub leave_open
{
	my ($name, $sql) = @_;
	%held_open = (job => $name, session => session($node, 'work', owner_of($name)));
	tell($held_open{session}, "BEGIN; $sql");
	return;
}
sub free_job
{
	my ($name) = @_;
	close_open('COMMIT') if %held_open && $held_open{job} eq $name;
	return $name;
}
sub edited { return free_job(one_of(grep { $job{$_} } sort keys %plain)); }

# run_due_jobs() is for servers where nobody else runs jobs
sub without_preload
{
	my ($kill) = @_;
	close_open('COMMIT');
	ask('ALTER SYSTEM RESET pg_portfolio.run_jobs');    # it would be refused
	$node->append_conf('postgresql.conf', "shared_preload_libraries = ''\nsession_preload_libraries = 'pg_portfolio,$library'");
	$node->restart;
	my ($in, $out, $err) = ('', '', '');
	my $h = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('work') . ' user=ann', '-c', "CALL portfolio.run_due_jobs('" . ($kill ? '1 hour' : '1 second') . "')" ],
		'<', \$in, '>', \$out, '2>', \$err);
	if ($kill)
	{
		$node->poll_query_until('work', q{SELECT count(*) > 0 FROM portfolio.pg_stat_portfolio_scheduler WHERE scheduler_pid IS NOT NULL});
		my $pid = process_id('scheduler');
		crash($pid) if $pid ne '';
	}
	$h->finish;
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio,$library'\nsession_preload_libraries = ''");
	$node->restart;
	return;
}

# name => [ weight, what happens ]
my %events = (
	'kill worker'     => [ 6, sub { kill_process('KILL', 'worker') } ],
	'kill scheduler'  => [ 6, sub { kill_process('KILL', 'scheduler') } ],
	'kill launcher'   => [ 3, sub { kill_process('KILL', 'launcher') } ],
	'kill postmaster' => [ 3, sub { $node->kill9; start_again() } ],
	'end worker'      => [ 8, sub { kill_process('TERM', 'worker') } ],
	'end scheduler'   => [ 8, sub { kill_process('TERM', 'scheduler') } ],
	'end launcher'    => [ 3, sub { kill_process('TERM', 'launcher') } ],
	'restart'         => [ 4, sub { $node->stop(one_of('fast', 'immediate')); $node->start; back() } ],
	'promote'         => [ 2, sub { close_open('COMMIT'); promote(one_of('fast', 'immediate', 'kill9')) } ],
	'clock forward'   => [ 8, sub { jump($ahead + int(10**(4 + rand(5.8)))) } ],    # 10 ms to 100 minutes
	'clock back'      => [ 6, sub { jump($ahead - int(10**(4 + rand(5.8)))) } ],
	'no worker process' => [ 2, sub {
		my ($n) = (int(rand(3)));
		ask("ALTER SYSTEM SET pg_portfolio.max_workers = " . ($n + 1));
		$node->reload;
		ask('ALTER SYSTEM RESET pg_portfolio.max_workers');
	} ],
	'jobs off'    => [ 2, sub { ask('ALTER SYSTEM SET pg_portfolio.run_jobs = off'); $node->reload } ],
	'jobs on'     => [ 2, sub { ask('ALTER SYSTEM RESET pg_portfolio.run_jobs'); $node->reload } ],
	'alter schedule' => [ 8, sub {
		my ($name, $to) = (edited(), one_of(@schedules));
		return if $name eq 'chained' || $name eq 'parallel' && $to =~ /after/;
		as(owner_of($name), "SELECT portfolio.alter_job('$name', schedule => '$to')");
	} ],
	'alter options' => [ 6, sub {
		my ($name, $overlap, $misfire, $retry) = (edited(), one_of('skip', 'queue', 'replace', 'parallel 2', 'parallel 4'), one_of('once', 'skip', 'all'), int(rand(3)));
		as(owner_of($name), "SELECT portfolio.alter_job('$name', overlap => '$overlap', misfire => '$misfire', retry_limit => $retry, retry_delay => '20 ms', queue_limit => 1 + $retry)");
	} ],
	'leave a change open' => [ 5, sub {
		my ($name, $to, $what) = (one_of(grep { $job{$_} && $_ ne 'chained' } sort keys %plain), one_of(@schedules), one_of('alter', 'pause', 'lock'));
		return if %held_open;
		leave_open($name, $what eq 'alter' ? "SELECT portfolio.alter_job('$name', schedule => '$to')"
			: $what eq 'pause' ? "SELECT portfolio.pause_job('$name')" : "SELECT FROM portfolio.job WHERE name = '$name' FOR UPDATE");
	} ],
	'end the change' => [ 5, sub { close_open(one_of('COMMIT', 'ROLLBACK')) } ],
	'pause'  => [ 6, sub { my $name = edited(); as(owner_of($name), "SELECT portfolio.pause_job('$name')") } ],
	'resume' => [ 8, sub { my $name = edited(); as(owner_of($name), "SELECT portfolio.resume_job('$name')") } ],
	'pause all'  => [ 2, sub { close_open('COMMIT'); as('ann', 'SELECT portfolio.pause_all()') } ],
	'resume all' => [ 3, sub { close_open('COMMIT'); as('ann', 'SELECT portfolio.resume_all()') } ],
	'unschedule' => [ 4, sub { my $name = free_job(one_of(@may_go)); as(owner_of($name), "SELECT portfolio.unschedule_job('$name')") if delete $job{$name} } ],
	# one that runs after another needs the row of that, which the open change may hold
	'schedule'   => [ 6, sub { my ($name) = grep { !$job{$_} } sort keys %plain; close_open('COMMIT'); schedule($name) if $name } ],
	'run'        => [ 6, sub { my $name = edited(); as(owner_of($name), "SELECT portfolio.run_job('$name') FROM generate_series(1, 3)") } ],
	# the scheduler may end meanwhile, or jobs be off: refused, or cancelled here
	'run and wait' => [ 3, sub { my $name = edited(); as(owner_of($name), "SET statement_timeout = '2 s'; SELECT portfolio.run_job('$name', wait => true)", '(?:55000|57014)') } ],
	'cancel'     => [ 6, sub { ask('SELECT portfolio.cancel_run(run_id) FROM portfolio.worker_status() WHERE run_id IS NOT NULL ORDER BY random() LIMIT 2') } ],
	'run_due_jobs' => [ 1, sub { without_preload(rand() < 0.5) } ],
	'drop role'  => [ 2, sub { ask('DROP OWNED BY dan; DROP ROLE dan') if !$role{dan}++ } ],
	'make role'  => [ 3, sub { return if !delete $role{dan}; ask(q{CREATE ROLE dan LOGIN; SELECT portfolio.grant_profile('dan', 'operator'); SELECT portfolio.adopt_jobs()}) } ],
	'forbid role' => [ 2, sub { ask('ALTER ROLE cid NOLOGIN') if !$role{cid}++ } ],
	'allow role' => [ 3, sub { delete $role{cid}; ask(q{ALTER ROLE cid LOGIN; SELECT portfolio.resume_job(job_id) FROM portfolio.job WHERE owner = 'cid'}) } ],
	'rename role' => [ 2, sub { ask('ALTER ROLE eve RENAME TO eva') if !$role{eve}++ } ],
	'name role back' => [ 2, sub { ask('ALTER ROLE eva RENAME TO eve') if delete $role{eve} } ],
	'rename database' => [ 2, sub {
		close_open('COMMIT');
		$node->safe_psql('postgres', 'ALTER DATABASE work RENAME TO elsewhere');
		$node->safe_psql('postgres', 'ALTER DATABASE elsewhere RENAME TO work');
	} ]);
my @lots = map { ($_) x $events{$_}[0] } sort keys %events;

# One statement, so one snapshot: nothing has to stand still for it. Hash joins, since nobody has analysed these tables.
my $wrong = q{
SET enable_nestloop = off;
WITH r AS MATERIALIZED (SELECT r.*, r.xmin AS xid FROM portfolio.job_run r), step AS (
  SELECT job, run_id, count(*) AS steps FROM faults.effect WHERE step IS NOT NULL GROUP BY job, run_id)
SELECT CASE WHEN r.xid IS NULL THEN 'effect without record' ELSE 'record without effect' END, coalesce(e.job, r.job_name), count(*)
  FROM (SELECT * FROM faults.effect WHERE step IS NULL) e
  FULL JOIN (SELECT * FROM r WHERE outcome = 'succeeded' AND job_name !~ '^steps') r ON r.xid = e.xid AND r.job_name = e.job
 WHERE r.xid IS NULL OR e.xid IS NULL GROUP BY 1, 2
UNION ALL
SELECT CASE WHEN r.run_id IS NULL THEN 'step without record' ELSE 'record without two steps' END, coalesce(e.job, r.job_name), count(*)
  FROM step e FULL JOIN (SELECT * FROM r WHERE outcome IN ('started', 'succeeded', 'failed', 'unknown') AND job_name ~ '^steps') r ON r.run_id = e.run_id AND r.job_name = e.job
 WHERE r.run_id IS NULL OR (r.outcome = 'succeeded' AND e.steps IS DISTINCT FROM 2) GROUP BY 1, 2
UNION ALL
SELECT 'effect of one run twice', job, count(*) FROM (SELECT job FROM faults.effect GROUP BY job, xid HAVING count(*) > 1) x GROUP BY job
UNION ALL
SELECT 'slot that succeeded twice', job_name, count(*) FROM (SELECT job_name FROM r WHERE outcome = 'succeeded' AND due_at IS NOT NULL GROUP BY job_name, job_id, due_at HAVING count(*) > 1) x GROUP BY job_name
UNION ALL
SELECT 'failed with ' || sqlstate || ' ' || message, job_name, count(*) FROM r
 WHERE outcome = 'failed' AND sqlstate <> ALL ('{P0001,57014,57P01,0A000,2D000,42501}') GROUP BY sqlstate, message, job_name
UNION ALL
SELECT format('out of balance: due %s, ran %s, coalesced %s, skipped %s, missed %s, unknown %s, running %s', due, ran, coalesced, skipped, missed, unknown, running), name, 1
  FROM portfolio.job_account WHERE NOT balanced};
my $stuck = q{
SELECT j.name FROM portfolio.job j
 WHERE j.state = 'active' AND portfolio.job_held_reason(j.owner, j.owner_oid, j.database_oid, j.system_identifier) IS NULL
   AND NOT EXISTS (SELECT FROM portfolio.job_dependency d JOIN portfolio.job p ON p.job_id = d.after_job WHERE d.job_id = j.job_id AND p.state <> 'active')
   AND NOT EXISTS (SELECT FROM portfolio.job_run r WHERE r.job_id = j.job_id AND r.run_id > %d AND r.outcome <> 'queued')};

sub all_is_well
{
	my ($when) = @_;
	my $found = ask($wrong);
	is($found, '', "$when: each effect has its record, each record its effect, each slot one end");
	return $found eq '';
}
# The clock is right again, jobs may run: none of them stands still.
sub all_go_on
{
	my ($when) = @_;
	jump($most);
	ask('ALTER SYSTEM RESET pg_portfolio.run_jobs');
	$node->reload;
	my $last = ask('SELECT coalesce(max(run_id), 0) FROM portfolio.job_run');
	my $ok = $node->poll_query_until('work', 'SELECT NOT EXISTS (' . sprintf($stuck, $last) . ')');
	ok($ok, "$when: every job goes on") or diag('stuck: ' . ask(sprintf($stuck, $last)) . "\n" . ask('SELECT * FROM portfolio.worker_status()'));
	return $ok;
}

sub ordeal
{
	my ($name, $seed, $events) = @_;
	my $begin = time;
	srand($seed);
	diag("$name: seed $seed, $events events");
	%count = ();
	my @recent;
	for my $n (1 .. $events)
	{
		my $event = one_of(@lots);
		$count{$event}++;
		push @recent, $event;
		$events{$event}[1]->();
		next if $n % $group != 0 && $n != $events;
		my $when = "$name, event $n (" . join(', ', @recent) . ')';
		@recent = ();
		my $ok = all_is_well($when);
		$ok = all_go_on($when) && $ok;
		if (!$ok) { diag("seed $seed: stopped at event $n"); last; }
		diag(sprintf('%d events, %s runs, %.0f s', $n, ask('SELECT count(*) FROM portfolio.job_run'), time - $begin)) if $n % 50 == 0;
	}
	# everything that may run does so once more, then all comes to rest
	close_open('COMMIT');
	$events{$_}[1]->() for 'make role', 'allow role', 'name role back';
	ask('SELECT portfolio.resume_job(job_id) FROM portfolio.job');
	all_go_on("$name, in the end");
	ask('SELECT portfolio.pause_all()');
	wait_for($node, 'work', q{SELECT NOT EXISTS (SELECT FROM portfolio.worker_status() WHERE state <> 'idle') AND NOT EXISTS (SELECT FROM portfolio.job_run WHERE outcome IN ('queued', 'started'))},
		"$name: in the end nothing is left open");
	all_is_well("$name, in the end");
	is(ask('SELECT due - (ran + coalesced + skipped + missed + unknown), running, balanced FROM portfolio.slot_account'), '0|0|t', "$name: the account balances");
	diag("$name: " . ask(q{SELECT format('%s slots: %s ran, %s coalesced, %s skipped, %s missed, %s unknown', due, ran, coalesced, skipped, missed, unknown) FROM portfolio.slot_account})
		. '; ' . ask(q{SELECT format('%s runs, %s effects, timeline %s', (SELECT count(*) FROM portfolio.job_run), (SELECT count(*) FROM faults.effect), max(timeline)) FROM portfolio.job_run}));
	diag(join(', ', map { "$_ $count{$_}" } sort keys %count));
	ask('SELECT portfolio.resume_all()');
	return;
}

make_world();
all_go_on('at first');
if ($ENV{PF_FAULT_EVENTS}) { ordeal('faults', $ENV{PF_FAULT_SEED}, $ENV{PF_FAULT_EVENTS}); }
else { ordeal('one world', 1, 15); ordeal('another', 2, 15); }
$_->stop('immediate') for $standby, $node;
my @logs = glob("$ENV{TESTDIR}/tmp_check/log/*_server_*.log");
my @errors = map { slurp_file($_) =~ /^(.*portfolio (?:scheduler|launcher|worker) (?:PANIC|ERROR:  (?!.*(?:chance|cancel|terminat)).*)$)/gm } @logs;
is(join("\n", @errors[ 0 .. ($#errors > 20 ? 20 : $#errors) ]), '', 'no process of the scheduler met an error on any of ' . @logs . ' servers');
done_testing();
