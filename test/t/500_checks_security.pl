# Each shipped security check is silent on a server where its condition is not, and finds it when it is planted. The files
# of pg_hba.conf and pg_ident.conf are judged as they lie on disk, so they can be rewritten without a reload.
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

# Nothing planted: every check is silent.
my $clean = "local all app scram-sha-256\nhost postgres app samehost scram-sha-256\n";
unlink $hba;
append_to_file($hba, $clean);
is( $node->safe_psql('postgres', q{SELECT check_code, findings, outcome FROM portfolio.run_checks('security') WHERE findings > 0 OR outcome <> 'ok'}),
	'', 'a server without faults has no finding');
my $checks = $node->safe_psql('postgres', q{SELECT count(*) FROM portfolio.check_definition WHERE area = 'security' AND builtin});
cmp_ok($checks, '>=', 20, "all $checks of them ran");

hba_is('hba-trust', $clean . "local all all trust\nhost all app 10.1.2.0/24 trust\n", "host all app 10.1.2.0/24 trust\nlocal all all trust", 'both lines');
hba_is('hba-clear-text-password', $clean . "hostssl all app 10.1.2.0/24 password\n", 'hostssl all app 10.1.2.0/24 password', 'the line');
hba_is('hba-weak-method', $clean . "hostssl all app 10.1.2.0/24 md5\nhost all app 10.1.3.0 255.255.255.0 ident\nlocal all all peer\n",
	"host all app 10.1.3.0/24 ident\nhostssl all app 10.1.2.0/24 md5", 'both methods, not peer');
hba_is('hba-open-to-all', "hostssl db app all scram-sha-256\nhostssl db app 0.0.0.0/0 scram-sha-256\nhostssl db app ::/0 scram-sha-256\nhostssl db app ::/0 reject\nhostssl db app samehost scram-sha-256\n",
	"hostssl db app 0.0.0.0/0 scram-sha-256\nhostssl db app ::/0 scram-sha-256\nhostssl db app all scram-sha-256", 'three ways to say everybody');
hba_is('hba-wide-network', "hostssl db app 128.0.0.0/1 scram-sha-256\nhostssl db app 10.0.0.0/8 scram-sha-256\nhostssl db app 172.16.0.0/16 scram-sha-256\nhostssl db app 127.0.0.0/8 scram-sha-256\nhostssl db app fd00::/8 scram-sha-256\nhostssl db app fd00::/48 scram-sha-256\n",
	"hostssl db app 10.0.0.0/8 scram-sha-256\nhostssl db app 128.0.0.0/1 scram-sha-256\nhostssl db app fd00::/8 scram-sha-256", 'wide ones, not /16, not loopback');
hba_is('hba-everybody-everywhere', $clean . "hostssl all all 10.1.2.0/24 scram-sha-256\nhostssl all all 127.0.0.1/32 scram-sha-256\nhostssl all app 10.1.2.0/24 scram-sha-256\n",
	'hostssl all all 10.1.2.0/24 scram-sha-256', 'the remote one');
hba_is('hba-remote-superuser', "hostssl db +admins 10.1.2.0/24 scram-sha-256\nhostssl db app 10.1.2.0/24 scram-sha-256\n",
	'boss: hostssl db +admins 10.1.2.0/24 scram-sha-256', 'through a group');
hba_is('hba-remote-superuser', "host all +admins all reject\nhostssl db boss 10.1.2.0/24 scram-sha-256\n", '', 'silent behind a reject rule');
hba_is('hba-remote-superuser', "hostnossl all +admins all reject\nhostssl db boss 10.1.2.0/24 scram-sha-256\n",
	'boss: hostssl db boss 10.1.2.0/24 scram-sha-256', 'a reject rule of another type does not help');
hba_is('hba-without-encryption', $clean . "host db app 10.1.2.0/24 scram-sha-256\nhostnossl db app 10.1.3.0/24 scram-sha-256\nhost db app ::1/128 scram-sha-256\n",
	"host db app 10.1.2.0/24 scram-sha-256\nhostnossl db app 10.1.3.0/24 scram-sha-256", 'host and hostnossl, not loopback');
hba_is('hba-unreadable-line', $clean . "host db app 10.1.2.0/24 no-such-method\n", 'invalid authentication method "no-such-method"', 'the error');
hba_is('hba-ldap-without-tls', "hostssl db a 10.1.2.0/24 ldap ldapserver=d ldapprefix=x\nhostssl db b 10.1.2.0/24 ldap ldapserver=d ldapprefix=x ldaptls=1\nhostssl db c 10.1.2.0/24 ldap ldapserver=d ldapprefix=x ldapscheme=ldaps\n",
	'hostssl db a 10.1.2.0/24 ldap', 'the one without TLS') if check_pg_config('#define USE_LDAP 1');
hba_is('hba-replication-without-certificate', "hostssl replication app 10.1.2.0/24 scram-sha-256\nhostssl replication app 10.1.3.0/24 scram-sha-256 clientcert=verify-full\nhostssl all app 10.1.2.0/24 scram-sha-256\n",
	'hostssl replication app 10.1.2.0/24 scram-sha-256', 'the one without a certificate');
hba_is('hba-shadowed-rule', "host all all 10.0.0.0/8 scram-sha-256\nhost db app 10.1.2.0/24 md5\nhost replication app 10.1.2.0/24 scram-sha-256\nhostssl db app 10.9.9.0/24 cert\nlocal all app peer\nlocal all app scram-sha-256\n",
	"host db app 10.1.2.0/24 md5 behind host all all 10.0.0.0/8 scram-sha-256\nhostssl db app 10.9.9.0/24 cert: hostssl record cannot match because SSL is disabled\nlocal all app scram-sha-256 behind local all app peer",
	'what is hidden; replication is not in all');

# A finding keeps its identity when lines move.
hba_is('hba-trust', "local all all trust\n", 'local all all trust', 'found');
my $id = $node->safe_psql('postgres', q{SELECT id FROM portfolio.open_finding WHERE check_code = 'hba-trust'});
hba_is('hba-trust', "# a comment\n\nlocal all all trust\n", 'local all all trust', 'found two lines below');
is($node->safe_psql('postgres', q{SELECT id, detail->'lines' FROM portfolio.open_finding WHERE check_code = 'hba-trust'}), "$id|[3]", 'as the same finding');
hba_is('hba-trust', $clean, '', 'and resolved');

append_to_file($ident, "m /^(.*)\$ app\nm2 /^(.*)\@example\\.nhs\\.uk\$ app\nm3 somebody app\n");
is(findings('ident-map-catches-all'), 'm /^(.*)$ app', 'ident-map-catches-all: the one that takes anybody');

# Settings
$node->append_conf('postgresql.conf', "work_mem = 'much'");
like(findings('configuration-error'), qr/^work_mem in /, 'configuration-error: the entry');
$node->adjust_conf('postgresql.conf', 'work_mem', "'8MB'");
is(findings('configuration-error'), '', 'configuration-error: resolved');
$node->append_conf('postgresql.conf', 'max_connections = 57');
unlink $hba;
append_to_file($hba, "local all all trust\n");
$node->reload;
$node->poll_query_until('postgres', q{SELECT pending_restart FROM pg_settings WHERE name = 'max_connections'}) or die;
is(findings('restart-pending'), 'max_connections', 'restart-pending: the setting');
$node->safe_psql('postgres', q{ALTER ROLE app SET password_encryption = 'md5'});
is(findings('password-encryption'), 'role app', 'password-encryption: a role of its own');

# Versions and facts
$node->safe_psql('postgres', q{UPDATE portfolio.fact SET value = '99' WHERE topic = 'postgresql-newest-minor'});
like(findings('minor-release-behind'), qr/^PostgreSQL \d+$/, 'minor-release-behind: a newer one is known');
$node->safe_psql('postgres', q{INSERT INTO portfolio.fact (topic, key, value, source)
	VALUES ('postgresql-end-of-life', current_setting('server_version_num')::int / 10000, '2020-01-01', 'test')});
like(findings('major-out-of-support'), qr/^PostgreSQL \d+$/, 'major-out-of-support: end of life passed');
$node->safe_psql('postgres', q{INSERT INTO portfolio.fact (topic, key, value, source) VALUES ('extension-fixed-in', 'plpgsql', '1.0.0', 'test')});
is(findings('extension-vulnerable'), '', 'extension-vulnerable: 1.0 is 1.0.0');
$node->safe_psql('postgres', q{UPDATE portfolio.fact SET value = '1.0.1' WHERE key = 'plpgsql'});
is(findings('extension-vulnerable'), 'plpgsql', 'extension-vulnerable: older than the fixed one');
$node->safe_psql('postgres', q{UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'plpgsql'});
is(findings('extension-behind'), 'plpgsql', 'extension-behind: older than its files');
$node->safe_psql('postgres', q{INSERT INTO portfolio.check_setting (check_code, threshold, reason) VALUES ('facts-stale', -1, 'test')});
like(findings('facts-stale'), qr/extension-fixed-in plpgsql.*postgresql-newest-minor \d+/s, 'facts-stale: by a site\'s own threshold');

# A role of pg_monitor runs all of them: what PostgreSQL shows to superusers only is a finding about the check.
$node->safe_psql('postgres', q{CREATE ROLE watcher LOGIN IN ROLE pg_monitor; SELECT portfolio.grant_profile('watcher', 'operator')});
is( $node->safe_psql('postgres', q{SET ROLE watcher; SELECT count(*) FILTER (WHERE outcome <> 'ok' AND check_code !~ '^(hba-|ident-|configuration-error)') FROM portfolio.run_checks('security')}),
	0, 'pg_monitor may run every check that reads no file');
$node->safe_psql('postgres', q{
GRANT SELECT ON pg_hba_file_rules, pg_ident_file_mappings, pg_file_settings TO watcher;
GRANT EXECUTE ON FUNCTION pg_hba_file_rules(), pg_ident_file_mappings(), pg_show_all_file_settings() TO watcher});
is( $node->safe_psql('postgres', q{SET ROLE watcher; SELECT count(*) FILTER (WHERE outcome <> 'ok') FROM portfolio.run_checks('security')}),
	0, 'and with three grants the others too');
$node->stop;
done_testing();
