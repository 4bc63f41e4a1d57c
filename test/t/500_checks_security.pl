# A finding keeps its identity when lines of pg_hba.conf move, each security check needs what its column needs says, no more and no
# less, and the page of checks in the documentation is what the table says. What the checks find is tested by 530_security_plants.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('checks_security');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->start;
my $hba = $node->data_dir . '/pg_hba.conf';
my $ident = $node->data_dir . '/pg_ident.conf';
$node->safe_psql('postgres', q{
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE ROLE app LOGIN;
CREATE ROLE admins;
CREATE ROLE boss LOGIN SUPERUSER IN ROLE admins;
INSERT INTO portfolio.fact (topic, key, value, known_on, source)
  SELECT topic, key, CASE topic WHEN 'postgresql-newest-minor' THEN (current_setting('server_version_num')::int % 10000)::text ELSE value END,
         current_date, 'test' FROM portfolio.shipped_fact WHERE topic <> 'postgresql-end-of-life';
});

# The subjects that one check opens now.
sub findings
{
	my ($code) = @_;
	my $outcome = $node->safe_psql('postgres', "SELECT outcome FROM portfolio.run_checks(codes => '{$code}')");
	is($outcome, 'ok', "$code runs") unless $outcome eq 'ok';
	return $node->safe_psql('postgres',
		"SELECT subject FROM portfolio.open_finding WHERE check_code = '$code' ORDER BY subject COLLATE \"C\"");
}

sub hba_is
{
	my ($code, $lines, $expected, $name) = @_;
	unlink $hba;
	append_to_file($hba, $lines);
	is(findings($code), $expected, "$code: $name");
	return;
}

my $clean = "local all app scram-sha-256\nhost postgres app samehost scram-sha-256\n";
# A finding keeps its identity when lines move.
hba_is('hba-trust', "local all all trust\n", 'local all all trust', 'found');
my $id = $node->safe_psql('postgres', q{SELECT id FROM portfolio.open_finding WHERE check_code = 'hba-trust'});
hba_is('hba-trust', "# a comment\n\nlocal all all trust\n", 'local all all trust', 'found two lines below');
is($node->safe_psql('postgres', q{SELECT id, detail->'lines' FROM portfolio.open_finding WHERE check_code = 'hba-trust'}), "$id|[3]", 'as the same finding');
hba_is('hba-trust', $clean, '', 'and resolved');

# What a check needs: an operator runs those that need nothing, and the others one grant after the other
my $failing = q{SET ROLE watcher; SELECT string_agg(r.check_code, ', ' ORDER BY r.check_code) FROM portfolio.run_checks('security') r JOIN portfolio.check_definition d ON d.code = r.check_code WHERE r.outcome <> 'ok' AND %s};
$node->safe_psql('postgres', q{CREATE ROLE watcher LOGIN; SELECT portfolio.grant_profile('watcher', 'operator')});
is($node->safe_psql('postgres', sprintf $failing, q{d.needs = '{}'}), '', 'an operator runs every check that needs nothing');
isnt($node->safe_psql('postgres', sprintf $failing, q{d.needs <> '{}'}), '', 'others fail, and that is a finding about the check');
for my $need (split /\n/, $node->safe_psql('postgres', q{SELECT DISTINCT n FROM portfolio.check_definition, unnest(needs) n WHERE area = 'security' AND builtin}))
{
	my $grant = $need =~ /^pg_\w+$/ && $node->safe_psql('postgres', "SELECT count(*) FROM pg_roles WHERE rolname = '$need'") ? "GRANT $need TO watcher"
		: $need =~ /\(.*\)$/ ? "GRANT EXECUTE ON FUNCTION $need TO watcher" : "GRANT SELECT ON $need TO watcher";
	$node->safe_psql('postgres', $grant);
}
is($node->safe_psql('postgres', sprintf $failing, 'true'), '', 'with every grant that is named all of them run');

# The page is UTF-8 whatever the locale
$ENV{PGCLIENTENCODING} = 'UTF8';
my ($made, $trouble) = ('', '');
IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', "$ENV{PF_STAGE}/contrib/ci/check_table.sql" ], '>', \$made, '2>', \$trouble);
is($made, slurp_file("$ENV{PF_STAGE}/docs/security_checks.md"), 'docs/security_checks.md has the checks as they are') or diag("make check-table writes it anew. $trouble");
$node->stop;
done_testing();
