# The jobs of schedule_security_checks() really run, as a role that has pg_monitor and no more; and who listens hears of new
# critical findings.
use strict;
use warnings;
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('security_schedule');
sub ask { my ($sql) = @_; return $node->safe_psql('work', $sql); }
sub refused { my ($sql) = @_; my ($code, $out, $err) = $node->psql('work', $sql); return $err =~ s/^psql:<stdin>:\d+: |\nCONTEXT:.*//gmsr; }

# -- whom it refuses
is(refused(q{SELECT portfolio.schedule_security_checks('watch')}), qq{ERROR:  role "watch" does not exist\nHINT:  Create it first: CREATE ROLE watch LOGIN IN ROLE pg_monitor;}, 'nobody');
is(refused(q{SELECT portfolio.schedule_security_checks(NULL)}), qq{ERROR:  role "<NULL>" does not exist\nHINT:  Create it first: CREATE ROLE security_watch LOGIN IN ROLE pg_monitor;}, 'NULL');
is(refused(q{SELECT portfolio.schedule_security_checks('postgres')}), qq{ERROR:  security checks do not run as superuser "postgres"
DETAIL:  They need no more than pg_monitor and the profile operator.\nHINT:  Name a role of their own: CREATE ROLE security_watch LOGIN IN ROLE pg_monitor;}, 'a superuser');
ask('CREATE ROLE watch NOLOGIN NOINHERIT IN ROLE pg_monitor');
is(refused(q{SELECT portfolio.schedule_security_checks('watch')}), qq{ERROR:  role "watch" does not have the rights of pg_monitor
DETAIL:  Without them some checks would be skipped.\nHINT:  GRANT pg_monitor TO watch;}, 'a member that does not inherit');
ask('ALTER ROLE watch INHERIT');
like(refused(q{SELECT portfolio.schedule_security_checks('watch')}), qr/ERROR:  role "watch" cannot own jobs\nDETAIL:  Role watch may not log in\./, 'one who may not log in');
is(refused(q{SELECT portfolio.schedule_security_checks('watch', '{"weekly": true}')}), qq{ERROR:  option "weekly" is not known\nHINT:  This function takes no options yet.}, 'an unknown option');
is(ask(q{SELECT count(*) FROM portfolio.job}) . ask(q{SELECT count(*) FROM portfolio.profile_grant}), '00', 'and nothing was made');
ask('ALTER ROLE watch LOGIN');

# -- who may call it
ask(q{CREATE ROLE ann LOGIN; SELECT portfolio.grant_profile('ann', 'operator')});
sub as_ann { my ($sql) = @_; my ($code, $out, $err) = $node->psql('work', $sql, extra_params => [ '-U', 'ann' ]); return $out . ($err =~ s/^psql:<stdin>:\d+: |\nCONTEXT:.*//gmsr); }
is(as_ann(q{SELECT portfolio.schedule_security_checks('watch')}), qq{ERROR:  role "watch" does not have the profile operator
HINT:  Have the owner of the extension run SELECT portfolio.grant_profile('watch', 'operator');}, 'who may not give the profile');
# no job falls due while this runs, whatever time of the day it is
my $never = q{SELECT count(portfolio.alter_job(name, schedule => '0 0 29 2 *')) FROM portfolio.job WHERE owner = 'watch'};
my ($code, $out, $err) = $node->psql('work', qq{BEGIN; SELECT name, command FROM portfolio.schedule_security_checks('watch') ORDER BY 1; SELECT current_user;
  SET LOCAL ROLE watch; $never; COMMIT});
like($err, qr/NOTICE:  role "watch" was given the profile operator, which its jobs need/, 'a superuser gives it the profile');
my @jobs = qw(certificate_expiry posture_snapshot security_checks vulnerability_checks weak_passwords);
is(join(' ', $out =~ /^(\w+)\|/mg), "@jobs", 'what it made');
like($out, qr/\npostgres\n/, 'the caller is himself again');
my $before = ask('SELECT job_id, name, schedule, command, owner, state, comment FROM portfolio.job ORDER BY job_id');
is(ask(q{SELECT string_agg(name, ' ' ORDER BY name) FROM portfolio.job WHERE owner = 'watch' AND state = 'active'}), "@jobs", 'they are the role\'s');
is(ask(q{SELECT count(*) FROM portfolio.schedule_security_checks('watch')}), '0', 'the second time it makes nothing');
is(ask('SELECT job_id, name, schedule, command, owner, state, comment FROM portfolio.job ORDER BY job_id'), $before, 'and changes nothing');
like(as_ann(q{SELECT portfolio.schedule_security_checks('watch')}), qr/^ERROR:  permission denied to set role "watch"/, 'an operator makes no jobs of a role that he is not');
ask('GRANT watch TO ann');
is(as_ann(q{SELECT count(*) FROM portfolio.schedule_security_checks('watch')}), qq{0NOTICE:  role "watch" has all of these jobs already
HINT:  SELECT name, schedule, state FROM portfolio.job_overview tells how they stand.}, 'but those of one that he is a member of');
ask(q{DELETE FROM portfolio.job WHERE name = 'certificate_expiry'});
is(as_ann(qq{BEGIN; SELECT name FROM portfolio.schedule_security_checks('watch'); SET LOCAL ROLE watch; $never; COMMIT}), "certificate_expiry\n5", 'and what is missing is made again');
is(ask(q{SELECT owner FROM portfolio.job WHERE name = 'certificate_expiry'}), 'watch', 'as the role\'s');

# -- every job runs and does what it is for. A session listens.
ask(q{CREATE ROLE feeble SUPERUSER LOGIN PASSWORD 'feeble'});
my $ear = session($node, 'work', 'ann');
tell($ear, 'LISTEN pg_portfolio_critical_finding');
for my $job (@jobs)
{
	ask("SELECT portfolio.run_job(job_id) FROM portfolio.job WHERE name = '$job'");
	wait_for($node, 'work', "SELECT count(*) = 1 FROM portfolio.job_run WHERE job_name = '$job' AND finished_at IS NOT NULL", "$job ran");
	is(ask("SELECT owner, outcome, sqlstate FROM portfolio.job_run WHERE job_name = '$job'"), 'watch|succeeded|', "$job: as the role, and well");
}
is(ask(q{SELECT bool_and(run_by = 'watch'), sum(failed), count(*) FILTER (WHERE area = 'security'), count(*) FILTER (WHERE area = 'vulnerability'),
	count(*) FILTER (WHERE codes = '{certificate-expiring}'), count(*) FILTER (WHERE codes = '{password-weak}') FROM portfolio.check_run}), 't|0|1|1|1|1', 'the runs of checks');
is(ask(q{SELECT string_agg(DISTINCT r->>'check' || ' ' || (r->>'outcome'), ', ') FROM portfolio.check_run, jsonb_array_elements(results) r WHERE r->>'outcome' NOT IN ('ok')}), '', 'every check ran well');
is(ask('SELECT snapshot, taken_by FROM portfolio.posture'), '1|watch', 'the snapshot');
is(ask(q{SELECT subject, severity, status FROM portfolio.finding WHERE check_code = 'password-weak'}), 'feeble|critical|open', 'the weak password');

# -- what was heard
sub heard
{
	# what was told before the first command is printed with the second at the latest
	return sort map { /"pg_portfolio_critical_finding" with payload "(.*)" received/ ? $1 : () } map { split /\n/, tell($ear, 'SELECT 1') } 1 .. 2;
}
sub payloads { my ($event, $where) = @_; return sort map { qq({"event": "$event", "finding": $_}) } split /\n/, ask("SELECT id FROM portfolio.finding WHERE severity = 'critical' AND status = 'open' AND $where"); }
my @critical = payloads('opened', 'true');
cmp_ok(scalar(@critical), '>', 1, 'there are critical findings');
is_deeply([ heard() ], \@critical, 'each was told once, with its number and no more');
ask(q{SELECT FROM portfolio.run_checks('security')});
is_deeply([ heard() ], [], 'one that is still there is not new');
ask(q{ALTER ROLE feeble PASSWORD 'Godwit-54-umbra'; SELECT FROM portfolio.run_checks(codes => '{password-weak}')});
is_deeply([ heard() ], [], 'nor is one that is resolved');
ask(q{ALTER ROLE feeble PASSWORD 'feeble'; SELECT FROM portfolio.weak_passwords('1 hour'); SELECT FROM portfolio.run_checks(codes => '{password-weak}')});
is_deeply([ heard() ], [ payloads('opened', q{check_code = 'password-weak'}) ], 'one that comes back is told again');
ask(q{INSERT INTO portfolio.check_definition (code, area, title, severity, query) VALUES ('growing', 'own', 't', 'high', 'SELECT ''it'' AS subject'); SELECT FROM portfolio.run_checks('own')});
is_deeply([ heard() ], [], 'one that is less than critical is not told');
ask(q{UPDATE portfolio.check_definition SET severity = 'critical' WHERE code = 'growing'; SELECT FROM portfolio.run_checks('own')});
is_deeply([ heard() ], [ payloads('raised', q{check_code = 'growing'}) ], 'until it becomes critical');
ask(q{SELECT portfolio.accept_risk(id, 'known', '2999-12-31') FROM portfolio.open_finding WHERE check_code = 'growing'; SELECT FROM portfolio.run_checks('own')});
ask(q{BEGIN; UPDATE portfolio.check_definition SET query = 'SELECT ''other'' AS subject' WHERE code = 'growing'; SELECT FROM portfolio.run_checks('own'); ROLLBACK});
is_deeply([ heard() ], [], 'nor is an accepted risk, nor what is rolled back');
my $document = '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "scan"}}, "results": [{"ruleId": "R1", "level": "error", "message": {"text": "m"}, "properties": {"security-severity": "9.8"}}]}]}';
ask("SELECT FROM portfolio.import_findings('scan', '$document', false)");
is_deeply([ heard() ], [ payloads('opened', q{subject LIKE '%R1%'}) ], 'what a scanner reports is told as well');
$ear->{in} .= "\\q\n";
$ear->{h}->finish;
$node->stop;
done_testing();
