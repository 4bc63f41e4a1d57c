# A score while it runs: what pg_stat_portfolio_progress says of it, that it can be cancelled anywhere, what memory it
# takes; and sets of more rules and columns than a function has arguments.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nshared_buffers = '16MB'\nautovacuum = off\nfsync = off\njit = off\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_portfolio CASCADE;
CREATE TABLE visit AS SELECT g AS id, 'W' || g % 100 AS ward FROM generate_series(1, 200000) g;
ANALYZE visit;
-- Stops whoever reads behind row 150,000 until the test lets go
CREATE FUNCTION wait_here(id int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1 AS $$
BEGIN
  IF id > 150000 THEN
    PERFORM pg_advisory_lock_shared(7), pg_advisory_unlock_shared(7);
  END IF;
  RETURN true;
END
$$;
CREATE VIEW slow_visit AS SELECT * FROM visit WHERE wait_here(id);
CREATE ROLE curious;
GRANT USAGE ON SCHEMA portfolio TO curious;
GRANT SELECT ON portfolio.pg_stat_portfolio_progress TO curious;
GRANT EXECUTE ON FUNCTION portfolio.score_progress() TO curious;
CREATE ROLE watcher IN ROLE curious, pg_read_all_stats;
SQL

# Start statements in a session of their own; what they say is there when it is finished.
sub start
{
	my (@statements) = @_;
	my %session = (out => '', err => '');

	$session{run} = IPC::Run::start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-v', 'VERBOSITY=verbose', '-d', $node->connstr('postgres'), map { ('-c', $_) } @statements ],
		'<', '/dev/null', '>', \$session{out}, '2>', \$session{err});
	return \%session;
}

sub finish { my ($session) = @_; IPC::Run::finish($session->{run}); return $session->{out} . $session->{err}; }

my ($lock_in, $lock_out, $lock_err) = ('', '', '');
my $holder = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres') ], '<', \$lock_in, '>', \$lock_out, '2>', \$lock_err);
sub hold { $lock_in .= "SELECT pg_advisory_lock(7), 'held';\n"; $holder->pump until $lock_out =~ /held/; $lock_out = ''; }
sub let_go { $lock_in .= "SELECT pg_advisory_unlock(7), 'gone';\n"; $holder->pump until $lock_out =~ /gone/; $lock_out = ''; }

my $score = "SELECT rule, records, passed FROM portfolio.score('slow_visit', ARRAY['ward ~ ''^W[0-9]\$''', 'id > 10']);";
is($node->safe_psql('postgres', 'SELECT count(*) FROM portfolio.pg_stat_portfolio_progress'), '0', 'nothing runs, nothing is shown');

hold();
my $running = start('SET max_parallel_workers_per_gather = 0', $score);
$node->poll_query_until('postgres', "SELECT rows_done >= 149000 FROM portfolio.pg_stat_portfolio_progress") or die 'no progress';
is( $node->safe_psql(
		'postgres',
		"SELECT usename = current_user, schema_name, relation_name, rows_done, rows_estimated BETWEEN 60000 AND 200000, done_pct BETWEEN 70 AND 100, rows_per_second > 0, time_left >= '0', started_at <= now() FROM portfolio.pg_stat_portfolio_progress"),
	't|public|slow_visit|149504|t|t|t|t|t',
	'a running score: what, how far, how fast, how long');
is($node->safe_psql('postgres', 'SET ROLE curious; SELECT count(*) FROM portfolio.pg_stat_portfolio_progress'), '0', 'but not to everybody');
is($node->safe_psql('postgres', 'SET ROLE watcher; SELECT count(*) FROM portfolio.pg_stat_portfolio_progress'), '1', 'only to whoever may read all statistics');
let_go();
is(finish($running), "ward ~ '^W[0-9]\$'|200000|20000\nid > 10|200000|199990\n", 'it goes on and ends');
is($node->safe_psql('postgres', 'SELECT count(*) FROM portfolio.pg_stat_portfolio_progress'), '0', 'and is gone from the view');

# Leader and two workers, each of which stops at the first row that it must not read
hold();
$running = start('ALTER TABLE visit SET (parallel_workers = 2)', 'SET max_parallel_workers_per_gather = 2', 'SET parallel_setup_cost = 0', 'SET parallel_tuple_cost = 0', 'SET min_parallel_table_scan_size = 0', $score);
$node->poll_query_until('postgres', "SELECT count(*) = 3 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") or die 'no workers';
is($node->safe_psql('postgres', 'SELECT rows_done BETWEEN 150000 - 3 * 1024 AND 150000 FROM portfolio.pg_stat_portfolio_progress'), 't', 'workers report their rows too');
$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM portfolio.pg_stat_portfolio_progress");
like(finish($running), qr/57014/, 'a score in parallel is cancelled');
is($node->safe_psql('postgres', 'SELECT count(*) FROM portfolio.pg_stat_portfolio_progress'), '0', 'one that was cancelled is gone from the view');
$running = start('SET max_parallel_workers_per_gather = 0', $score);
$node->poll_query_until('postgres', 'SELECT count(*) = 1 FROM portfolio.pg_stat_portfolio_progress WHERE rows_done > 0') or die 'no progress';
$node->safe_psql('postgres', "SELECT pg_terminate_backend(pid) FROM portfolio.pg_stat_portfolio_progress");
like(finish($running), qr/57P01|server closed/, 'a backend is ended while it scores');
is($node->safe_psql('postgres', 'SELECT count(*) FROM portfolio.pg_stat_portfolio_progress'), '0', 'and has left its slot');
let_go();
$lock_in .= "\\q\n";
$holder->finish;

# Work that would take for ever (jit is off above: nobody can cancel PostgreSQL while it compiles): in one regular expression, in one that may raise besides, in a long scan
$node->safe_psql('postgres', "CREATE TABLE long_text AS SELECT repeat('a', 3000) || 'b' || repeat('a', 2999) AS t, 1 AS i; CREATE VIEW endless AS SELECT a.id, a.ward FROM visit a, visit b");
my %endless = (
	'a regular expression' => "portfolio.score('long_text', ARRAY['t ~ ''^(a+)(a+)(a+)b\\1\\2\\3\$'''])",
	'a rule that may raise an error' => "portfolio.score('long_text', ARRAY['100 / i > 3 AND t ~ ''^(a+)(a+)(a+)b\\1\\2\\3\$'''])",
	'a scan' => "portfolio.score('endless', ARRAY['id > 5', 'ward ~ ''^W'''])",
	'a scan by groups' => "portfolio.score('endless', ARRAY['id > 5', 'ward ~ ''^W'''], '{ward}')",
	'a scan of rules over two columns' => "portfolio.score('endless', ARRAY['id::text < ward'])");
for my $what (sort keys %endless)
{
	my $session = start("SET application_name = 'endless'", "SELECT count(*) FROM $endless{$what}");

	$node->poll_query_until('postgres', "SELECT count(*) = 1 FROM pg_stat_activity a, portfolio.pg_stat_portfolio_progress p WHERE a.pid = p.pid AND a.application_name = 'endless' AND clock_timestamp() > p.started_at + interval '200 ms'")
	  or die "$what does not run";
	my $asked = time();
	$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE application_name = 'endless' AND state = 'active'");
	like(finish($session), qr/57014/, "$what is cancelled");
	note(sprintf('after %.0f ms, two sessions of psql included', 1000 * (time() - $asked)));
}

# 1,600 columns and 3,200 rules
my $columns = join(', ', map { "c$_ smallint" } 1 .. 1600);
my $values = join(', ', map { "NULLIF((g * $_) % 11, 3)" } 1 .. 1600);
my $counts = join(', ', map { "count(*) FILTER (WHERE c$_ > 4), count(*) FILTER (WHERE c$_ IS NOT NULL)" } 1 .. 800);
my $more = join(', ', map { "count(*) FILTER (WHERE c$_ > 4), count(*) FILTER (WHERE c$_ IS NOT NULL)" } 801 .. 1600);
is( $node->safe_psql(
		'postgres',
		"CREATE TABLE wide ($columns);
INSERT INTO wide SELECT $values FROM generate_series(1, 60) g;
SELECT count(*), count(*) FILTER (WHERE s.passed = p.passed)
  FROM portfolio.score('wide', (SELECT array_agg(r ORDER BY c, r) FROM generate_series(1, 1600) c, unnest(ARRAY[format('c%s > 4', c), format('c%s IS NOT NULL', c)]) r)) WITH ORDINALITY s (k, l, r, records, passed, f, m, e, p1, p2, p3, no)
  JOIN unnest((SELECT ARRAY[$counts] FROM wide) || (SELECT ARRAY[$more] FROM wide)) WITH ORDINALITY p (passed, no) USING (no)"),
	'3200|3200',
	'3,200 rules over 1,600 columns count what plain SQL counts');
is($node->safe_psql('postgres', "SELECT count(*), sum(records) FROM portfolio.score('wide', (SELECT array_agg(format('c%s > 4', c) ORDER BY c) FROM generate_series(1, 1600) c), '{c1600}')"), '17600|96000', 'and by groups');

# Memory: whatever the values are, a column's memo is bounded, and so are groups
SKIP:
{
	skip 'no /proc here', 3 unless -r '/proc/self/status';
	$node->safe_psql('postgres', "CREATE TABLE texts AS SELECT " . join(', ', map { "repeat(md5((g * $_)::text), 8) AS t$_" } 1 .. 6) . " FROM generate_series(1, 30000) g; ANALYZE texts");
	my $high = "pg_read_file('/proc/' || pg_backend_pid() || '/status') FROM 'VmHWM:\\s+(\\d+) kB'";
	my $rules = "ARRAY[" . join(', ', map { "'upper(t$_) < ''8'''" } 1 .. 6) . "]";
	my $used = sub {
		my ($statement, $settings) = @_;
		my ($before, $after) = split /\n/, $node->safe_psql('postgres', "SET max_parallel_workers_per_gather = 0; $settings
SELECT count(t1) FROM texts \\g /dev/null
SELECT count(*) FROM portfolio.score('visit', '{id > 0}') \\g /dev/null
SELECT substring($high);
$statement \\g /dev/null
SELECT substring($high);");
		return ($after - $before) / 1024;
	};
	my $memos = $used->("SELECT count(*) FROM portfolio.score('texts', $rules)", '');
	cmp_ok($memos, '<', 6 * 8 + 8, sprintf('six columns of 256-byte values that never repeat take %.1f MB, less than 8 a column', $memos));
	my $small = $used->("SELECT count(*) FROM portfolio.score('texts', $rules, '{t1}')", "SET pg_portfolio.score_mem = '4MB'; SET work_mem = '1MB';");
	my $large = $used->("SELECT count(*) FROM portfolio.score('texts', $rules, '{t1}')", "SET pg_portfolio.score_mem = '1GB'; SET work_mem = '1MB';");
	note(sprintf('30,000 groups take %.0f MB with 4 MB of score_mem, %.0f MB with 1 GB', $small, $large));
	cmp_ok($large, '>', 1.2 * $small, 'groups take what score_mem allows');
}
$node->stop;
done_testing();
