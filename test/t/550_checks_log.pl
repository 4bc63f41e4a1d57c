# What pg_portfolio.log_findings writes for a SIEM: one line of JSON for each finding that is opened, accepted or resolved.
use strict;
use warnings;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('checks_log');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nlog_statement = none\ndatestyle = 'SQL, DMY'");
$node->start;
$node->safe_psql('postgres', <<'EOT');
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE TABLE wrong (subject text, element bigint);
INSERT INTO portfolio.system (code, name) VALUES ('SYS', 'System');
INSERT INTO portfolio.deadline_setting (area, severity, days, reason) VALUES ('own', 'high', 1, 'a test');
INSERT INTO portfolio.check_definition (code, area, title, severity, query)
  VALUES ('own.check', 'own', 'Found', 'high', 'SELECT w.subject, w.element, jsonb_build_object(''secret'', ''kept'') AS detail FROM public.wrong w');
EOT

# The events that a session logs
sub events
{
	my ($sql) = @_;
	my $offset = -s $node->logfile;
	$node->safe_psql('postgres', $sql);
	return map { decode_json($_) } slurp_file($node->logfile, $offset) =~ /LOG:  pg_portfolio finding: (.*)$/mg;
}
my $run = q{SELECT count(*) FROM portfolio.run_checks('own');};

is(scalar(events("INSERT INTO wrong VALUES ('a'); $run DELETE FROM wrong; $run")), 0, 'nothing while the setting is off');
$node->append_conf('postgresql.conf', 'pg_portfolio.log_findings = on');
$node->reload;
my $element = $node->safe_psql('postgres', q{SELECT portfolio.element_ref('system:SYS')});
my @events = events("INSERT INTO wrong VALUES ('patient 943 476 5919 on \"line\"', $element), ('b', NULL); $run");
my ($id, $due) = split /\|/, $node->safe_psql('postgres', q{SELECT id, to_char(current_date + 1, 'YYYY-MM-DD') FROM portfolio.finding WHERE subject LIKE 'patient%'});
is(scalar(@events), 2, 'one line for each finding that is opened');
is_deeply([ grep { $_->{finding} == $id } @events ],
	[ { event => 'opened', finding => $id, check => 'own.check', severity => 'high', subject => 'patient ... on "line"',
		element => $element, times_opened => 1, due_on => $due } ],
	'with all that is told, the number in the subject masked, days as ISO 8601 has them');
is(scalar(events($run)), 0, 'a finding that is still there is no event');
is_deeply([ map { [ @$_{qw(event accepted_by accepted_until)} ] } events("SELECT portfolio.accept_risk($id, 'secret reason', current_date + 1)") ],
	[ [ 'accepted', 'postgres', $due ] ], 'accepting a risk is');
is_deeply([ map { $_->{event} } events("DELETE FROM wrong; $run") ], [ 'resolved', 'resolved' ], 'so is its end');
is_deeply([ map { "$_->{event} $_->{times_opened}" } events("INSERT INTO wrong VALUES ('b'); $run") ], ['opened 2'], 'and when it comes back');
is(scalar(events("BEGIN; DELETE FROM wrong; $run ROLLBACK;")), 0, 'a transaction that fails has said nothing');
unlike(slurp_file($node->logfile), qr/secret|5919/, 'neither detail nor reason nor the number is in the log');
my ($code, $out, $err) = $node->psql('postgres', q{CREATE ROLE plain; SET ROLE plain; SET pg_portfolio.log_findings = off});
like($err, qr/permission denied to set parameter/, 'only a superuser switches it');

# A restore is no event.
$node->safe_psql('postgres', 'CREATE DATABASE copy');
my $dump = PostgreSQL::Test::Utils::tempdir() . '/dump.sql';
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('postgres') ], 'dumped');
my $offset = -s $node->logfile;
$node->command_ok([ 'psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-f', $dump, $node->connstr('copy') ], 'restored');
is($node->safe_psql('copy', q{SELECT count(*) FROM portfolio.finding WHERE check_code = 'own.check'}), '3', 'the findings are there');
unlike(slurp_file($node->logfile, $offset), qr/pg_portfolio finding/, 'and nothing was logged');
$node->stop;
done_testing();
