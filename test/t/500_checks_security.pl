# A finding keeps its identity when lines of pg_hba.conf move; a check that needs what its runner lacks is skipped, and pg_monitor
# is enough for all shipped ones; the page of checks in the documentation is what the table says. What the checks find is tested
# by 530_security_plants.
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

# The page is UTF-8 whatever the locale
$ENV{PGCLIENTENCODING} = 'UTF8';
my ($made, $trouble) = ('', '');
IPC::Run::run([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', "$ENV{PF_STAGE}/contrib/ci/check_table.sql" ], '>', \$made, '2>', \$trouble);
is($made, slurp_file("$ENV{PF_STAGE}/docs/security_checks.md"), 'docs/security_checks.md has the checks as they are') or diag("make check-table writes it anew. $trouble");

# What a check needs: an operator runs all that need nothing, the others are skipped and say why, and pg_monitor is enough for all.
my $not_run = q{SET ROLE watcher; SELECT string_agg(concat_ws(' ', r.check_code, r.outcome), ', ' ORDER BY r.check_code)
  FROM portfolio.run_checks('security') r JOIN portfolio.check_definition d ON d.code = r.check_code WHERE r.outcome <> 'ok' AND %s};
$node->safe_psql('postgres', q{CREATE ROLE watcher LOGIN; SELECT portfolio.grant_profile('watcher', 'operator'); DELETE FROM portfolio.finding});
is($node->safe_psql('postgres', sprintf $not_run, q{d.needs = '{}'}), '', 'an operator runs every check that needs nothing');
my @skipped = split /, /, $node->safe_psql('postgres', sprintf $not_run, q{d.needs <> '{}'});
is(scalar(@skipped), $node->safe_psql('postgres', q{SELECT count(*) FROM portfolio.effective_check WHERE area = 'security' AND builtin AND applies AND needs <> '{}'}), 'all others');
is(join(', ', grep { !/ skipped$/ } @skipped), '', 'are skipped');
my ($code, $out, $err) = $node->psql('postgres', q{SET ROLE watcher; SELECT FROM portfolio.run_checks('security')});
like($err, qr/NOTICE:  @{[ scalar @skipped ]} checks were skipped\nDETAIL:  Check "[a-z-]+" needs pg_monitor\.\nHINT:  SELECT code, lacks FROM/, 'and the run says why');
is($node->safe_psql('postgres', q{SELECT count(*) FROM portfolio.finding WHERE subject = '(check)'}), '0', 'that is no finding about a check');
is($node->safe_psql('postgres', q{SELECT failed, (SELECT count(*) FROM jsonb_array_elements(results) r WHERE r->>'outcome' = 'skipped' AND r->>'lacks' = 'pg_monitor')
  FROM portfolio.check_run ORDER BY id DESC LIMIT 1}), '0|' . scalar(@skipped), 'and the run tells what it left out');
# a check that is skipped leaves its findings as they are
my $open = q{SELECT count(*) FROM portfolio.open_finding WHERE check_code = 'connections-near-limit'};
$node->safe_psql('postgres', q{INSERT INTO portfolio.check_setting (check_code, threshold, reason) VALUES ('connections-near-limit', 0, 'found by everybody');
  SELECT FROM portfolio.run_checks(codes => '{connections-near-limit}')});
is($node->safe_psql('postgres', $open), '1', 'somebody else finds something');
$node->safe_psql('postgres', q{DELETE FROM portfolio.check_setting; SET ROLE watcher; SELECT FROM portfolio.run_checks(codes => '{connections-near-limit}')});
is($node->safe_psql('postgres', $open), '1', 'a run that skips the check does not resolve it');
$node->safe_psql('postgres', 'GRANT pg_monitor TO watcher');
is($node->safe_psql('postgres', sprintf $not_run, 'true'), '', 'a member of pg_monitor runs all of them');
is($node->safe_psql('postgres', $open), '0', 'and resolves it');
$node->safe_psql('postgres', 'ALTER ROLE watcher NOINHERIT');
isnt($node->safe_psql('postgres', sprintf $not_run, 'true'), '', 'a member without the rights of pg_monitor does not');
$node->safe_psql('postgres', 'ALTER ROLE watcher INHERIT');

# A check of the site runs as its author, so that his privileges count
$node->safe_psql('postgres', q{CREATE ROLE author LOGIN; SELECT portfolio.grant_profile('author', 'operator'); SET ROLE author;
INSERT INTO portfolio.check_definition (code, area, title, query, needs) VALUES
  ('by-relation', 'needs', 't', 'SELECT rolname::text AS subject FROM pg_authid WHERE rolname = ''boss''', '{pg_authid}'),
  ('by-function', 'needs', 't', 'SELECT f AS subject FROM pg_ls_dir(''.'') f WHERE f = ''PG_VERSION''', '{pg_ls_dir(text)}'),
  ('by-nothing', 'needs', 't', 'SELECT ''n'' AS subject', '{no_such_thing,"(; DROP"}')});
my $needs = q{SELECT check_code, findings, outcome FROM portfolio.run_checks('needs') ORDER BY 1};
my $nothing = 'by-nothing|0|skipped';
is($node->safe_psql('postgres', $needs), "by-function|0|skipped\n$nothing\nby-relation|0|skipped", 'even where a superuser runs it');
is($node->safe_psql('postgres', q{SELECT code, lacks FROM portfolio.effective_check WHERE lacks IS NOT NULL ORDER BY 1}),
	qq{by-function|{pg_ls_dir(text)}\nby-nothing|{no_such_thing,"(; DROP"}\nby-relation|{pg_authid}}, 'which can be seen before');
$node->safe_psql('postgres', 'GRANT SELECT ON pg_authid TO author; GRANT EXECUTE ON FUNCTION pg_ls_dir(text) TO author');
is($node->safe_psql('postgres', $needs), "by-function|1|ok\n$nothing\nby-relation|1|ok", 'until the author holds them');

# What checks ask of views that PostgreSQL keeps for superusers shows no secret
append_to_file($hba, qq{host all app 10.0.0.1/32 ldap ldapserver=ldap.example ldapbasedn="dc=example" ldapbinddn="cn=reader" ldapbindpasswd=Curlew-52-umbra\n});
$node->safe_psql('postgres', $_) for q{CREATE EXTENSION postgres_fdw; CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host 'far.example');
  CREATE USER MAPPING FOR app SERVER far OPTIONS (user 'app', password 'Curlew-52-umbra')},
  q{CREATE SUBSCRIPTION feed CONNECTION 'host=far.example password=Curlew-52-umbra' PUBLICATION p WITH (connect = false)},
  q{ALTER SYSTEM SET primary_conninfo = 'host=far.example password=Curlew-52-umbra'};
my $shown = $node->safe_psql('postgres', 'SET ROLE watcher; ' . join(' UNION ALL ', map { "SELECT x::text FROM portfolio.$_() x" }
	qw(hba_file_lines ident_file_lines setting_file_lines user_mapping_options subscription_options sequence_positions role_passwords)));
like($shown, qr/$_/, "shown: $_") for 'ldapbindpasswd=hidden', 'primary_conninfo,t,t', '\(far,app,t,t\)', '\(feed,f,f,t\)';
unlike($shown, qr/Curlew/, 'and no password');
$node->stop;
done_testing();
