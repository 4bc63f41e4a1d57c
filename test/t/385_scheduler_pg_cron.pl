# import_pg_cron() beside an installed pg_cron: every kind of schedule, whose jobs, which database, and that nothing runs.
use strict;
use warnings;
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($libdir) = run_command([ 'pg_config', '--pkglibdir' ]);
plan skip_all => 'pg_cron is not installed' unless -e "$libdir/pg_cron.so";

# pg_cron waits for its database, and has nobody to connect to: jobs that it starts fail there
my $node = new_server('cron', "shared_preload_libraries = 'pg_portfolio,pg_cron'\ncron.database_name = 'work'\ncron.host = '/nonexistent'\n");
new_operator($node, 'work', $_) foreach ('ann', 'bea');
sub as { my ($role, $sql) = @_; return $node->safe_psql('work', $sql, extra_params => [ '-U', $role ]); }
# what a call tells: result, then notices
sub import_as
{
	my ($role) = @_;
	my ($rc, $out, $err) = $node->psql('work', 'SELECT portfolio.import_pg_cron()', extra_params => [ '-U', $role ]);
	$err =~ s/^psql:<stdin>:\d+: //mg;
	return $rc == 0 ? join("\n", $out, split /\n/, $err) : $err;
}

like(import_as('ann'), qr/ERROR:  pg_cron is not installed in this database\nHINT:  Its jobs are in the database that cron.database_name names/, 'where pg_cron is not installed');
$node->safe_psql('work', 'CREATE EXTENSION pg_cron; GRANT USAGE ON SCHEMA cron TO ann, bea');
is(import_as('ann'), '0', 'no job');

# The way of pg_cron 1.4; later versions also take seconds and the last day of the month, here as their rows have them.
as('ann', q{SELECT cron.schedule('nightly', '0 3 * * *', $$SELECT 'it''s three'$$)});
as('ann', q{SELECT cron.schedule('*/5 8-18 * jan-jun mon-fri', 'SELECT 2')});
as('ann', q{SELECT cron.schedule('either', '0 0 13 * fri', 'SELECT 3')});
as('ann', q{SELECT cron.schedule('sunday', '15,45 */6 1-7 * 7', 'SELECT 4')});
as('ann', qq{SELECT cron.schedule('$_', '\@$_', 'SELECT 5')}) foreach qw(hourly daily midnight weekly monthly yearly annually reboot);
as('bea', q{SELECT cron.schedule('nightly', '30 4 * * 0', 'SELECT 6')});
$node->safe_psql('work', q{
	SELECT cron.schedule_in_database('off', '0 5 * * *', 'SELECT 7', 'work', 'ann', false);
	SELECT cron.schedule_in_database('elsewhere', '0 6 * * *', 'SELECT 8', 'postgres', 'ann');
	SELECT cron.schedule('of postgres', '0 7 * * *', 'SELECT 9');
	INSERT INTO cron.job (jobname, schedule, command, nodeport, username) VALUES
	  ('seconds', '30 seconds', 'SELECT 10', 0, 'ann'), ('last day', '0 8 $ * *', 'SELECT 11', 0, 'ann'),
	  ('never', '0 0 31 2 *', 'SELECT 12', 0, 'ann'), ('copies', '0 9 * * *', 'COPY t FROM STDIN', 0, 'ann')});

my $told = import_as('ann');
is(join("\n", sort split /\n/, $told), join("\n", sort
		'15',
		'NOTICE:  pg_cron job ' . as('ann', q{SELECT jobid FROM cron.job WHERE jobname = 'elsewhere'}) . ' runs in database postgres: call import_pg_cron() there with a copy of its row',
		'NOTICE:  pg_cron job ' . as('ann', q{SELECT jobid FROM cron.job WHERE jobname = 'never'}) . ' cannot be taken over: invalid input syntax for type schedule: "0 0 31 2 *"',
		'DETAIL:  Fields day of month and month: no day of any year matches them, so it would never be due.',
		'NOTICE:  pg_cron job ' . as('ann', q{SELECT jobid FROM cron.job WHERE jobname = 'copies'}) . ' cannot be taken over: COPY FROM STDIN cannot run as a job',
		'DETAIL:  A job has no client to read from, write to or notify.'),
	'one line for each job that is left out, and the number of the others');
is(as('ann', q{SELECT name, schedule, command FROM portfolio.job WHERE owner = 'ann' ORDER BY command, name}), join("\n",
		q{nightly|0 3 * * *|SELECT 'it''s three'}, 'seconds|every 30 seconds|SELECT 10', 'last day|0 8 L * *|SELECT 11',
		'pg_cron 2|*/5 8-18 * 1-6 1-5|SELECT 2', 'either|0 0 13 * 5|SELECT 3', 'sunday|15,45 */6 1-7 * 0|SELECT 4',
		'annually|0 0 1 1 *|SELECT 5', 'daily|0 0 * * *|SELECT 5', 'hourly|0 * * * *|SELECT 5', 'midnight|0 0 * * *|SELECT 5',
		'monthly|0 0 1 * *|SELECT 5', 'reboot|@reboot|SELECT 5', 'weekly|0 0 * * 0|SELECT 5', 'yearly|0 0 1 1 *|SELECT 5',
		'off|0 5 * * *|SELECT 7'),
	'the same schedules and commands');
is(as('ann', q{SELECT DISTINCT state, time_zone, overlap, owner FROM portfolio.job WHERE owner = 'ann'}), 'paused|GMT|queue|ann',
	'all are paused, in the time zone of pg_cron, and a late slot waits as it does there');
is(as('ann', q{SELECT name, substring(comment FROM ', (.*)') FROM portfolio.job WHERE owner = 'ann' AND name IN ('off', 'nightly') ORDER BY 1}),
	"nightly|active there\noff|not active there", 'a comment tells which were active');
is($node->safe_psql('work', q{SELECT count(*) FROM portfolio.job WHERE owner <> 'ann'}), '0', 'nobody else\'s');
is(import_as('bea'), '1', 'each imports his own');
is($node->safe_psql('work', q{SELECT name, schedule, state FROM portfolio.job WHERE owner = 'bea'}), 'nightly|30 4 * * 0|paused', 'of whatever name');
like(import_as('postgres'), qr/^ERROR:  role "postgres" cannot own jobs/m, 'jobs of a superuser are refused');

# again
as('ann', q{SELECT portfolio.alter_job('nightly', schedule => '0 2 * * *'); SELECT portfolio.resume_job('either')});
my $jobs = 'SELECT job_id, name, owner, schedule, command, time_zone, state, comment, created_at FROM portfolio.job ORDER BY job_id';
my $before = $node->safe_psql('work', $jobs);
$told = import_as('ann');
like($told, qr/^0\n/, 'a second time nothing is made');
is(scalar(() = $told =~ /there is a job of this name already/g), 15, 'as each is told');
is($node->safe_psql('work', $jobs), $before, 'and nothing is changed');
is($node->safe_psql('work', 'SELECT count(*) FROM portfolio.job_run'), '0', 'nothing has run');
is($node->safe_psql('work', 'SELECT count(*) FROM cron.job'), '20', 'pg_cron has its jobs as before');
is($node->safe_psql('work', q{SELECT outcome FROM portfolio.run_checks(codes => '{cron-job-of-superuser}');
		SELECT subject FROM portfolio.open_finding WHERE check_code = 'cron-job-of-superuser'}),
	"ok\n" . $node->safe_psql('work', q{SELECT 'job ' || jobid || ' of ' || username FROM cron.job WHERE jobname = 'of postgres'}), 'the security check finds the job of a superuser');
$node->stop;
done_testing();
