# Two servers count, a third merges: contrib/distributed gives exactly the tallies of all rows in one place, and only tallies travel.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = "$ENV{PF_STAGE}/contrib/distributed";
my %node;
for my $name ('north', 'south', 'coordinator')
{
	$node{$name} = PostgreSQL::Test::Cluster->new($name);
	$node{$name}->init;
	$node{$name}->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nfsync = off\nlog_min_duration_statement = 0\n");
	$node{$name}->start;
	$node{$name}->safe_psql('postgres', 'SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE; CREATE TABLE visit (id int, provider text, ward text, age int, seen date)');
}
# The whole is on the coordinator for comparison; providers P0 to P9 have rows on both shards
my $rows = "SELECT g, 'P' || g % 20, CASE WHEN g % 7 > 0 THEN 'W' || g % 31 END, g % 140 - 5, date '2024-01-01' + g % 400 FROM generate_series(1, 40000) g";
$node{coordinator}->safe_psql('postgres', "INSERT INTO visit $rows");
$node{north}->safe_psql('postgres', "INSERT INTO visit $rows WHERE g % 20 < 10 AND g % 3 > 0");
$node{south}->safe_psql('postgres', "INSERT INTO visit $rows WHERE NOT (g % 20 < 10 AND g % 3 > 0)");

my $make = q{portfolio.rule_set('visit', ARRAY['ward ~ ''^W[0-9]$''', 'age BETWEEN 0 AND 120', 'ward IS NOT NULL', 'seen < ''2025-01-01''', '1000 / age > 10'])};
my $rules = $node{coordinator}->safe_psql('postgres', "SELECT ($make)::text");

# Run a script of contrib/distributed with variables of psql
sub run_script
{
	my ($on, $script, %variables) = @_;
	my ($out, $err) = ('', '');

	IPC::Run::run([ 'psql', '-XAtq', '-d', $node{$on}->connstr('postgres'), (map { ('-v', "$_=$variables{$_}") } sort keys %variables), '-f', "$folder/$script" ],
		'<', '/dev/null', '>', \$out, '2>', \$err);
	return $err;
}
is(run_script($_, 'shard.sql', shard => $_, relation => 'public.visit', group => 'provider', rules => $rules), '', "$_ is a shard") for 'north', 'south';
my $stable = $node{coordinator}->safe_psql('postgres', q{SELECT portfolio.rule_set('visit', ARRAY['seen::timestamptz < ''2025-01-01 00:00+00'''])::text});
like(run_script('coordinator', 'shard.sql', shard => 'x', relation => 'public.visit', group => 'provider', rules => $stable), qr/violates check constraint "immutable_rules"/,
	'rules that depend on the time zone are refused');

for my $name ('north', 'south')
{
	my ($host, $port) = ($node{$name}->host, $node{$name}->port);

	$node{coordinator}->safe_psql('postgres', "CREATE EXTENSION IF NOT EXISTS postgres_fdw;
CREATE SERVER $name FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$host', port '$port', dbname 'postgres');
CREATE USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS (user 'postgres')");
	$node{coordinator}->safe_psql('postgres', "ALTER USER MAPPING FOR CURRENT_USER SERVER $name OPTIONS (SET user '" . $node{$name}->safe_psql('postgres', 'SELECT current_user') . "')");
}
is(run_script('coordinator', 'coordinator.sql', first => 'north', second => 'south'), '', 'the coordinator has both');

is( $node{coordinator}->safe_psql('postgres', "SELECT count(*), bool_and(m.tally OPERATOR(portfolio.=) w.tally) FROM merged_tally m FULL JOIN portfolio.tally_relation('visit', $make, '{provider}') w USING (group_label)"),
	'20|t', 'each group is what it is in one place');
is( $node{coordinator}->safe_psql('postgres', "SELECT (SELECT portfolio.merge(tally) FROM all_tally) OPERATOR(portfolio.=) w.tally, portfolio.tally_records(w.tally) FROM portfolio.tally_relation('visit', $make) w"),
	't|40000', 'and so is the whole');
is( $node{coordinator}->safe_psql('postgres', "SELECT c.name, c.passed, c.failed, c.missing, c.errors FROM (SELECT portfolio.merge(tally) AS tally FROM all_tally) m, portfolio.tally_counts(m.tally, $make) c WHERE c.level = 'rule'"),
	$node{coordinator}->safe_psql('postgres', "SELECT rule, passed, failed, missing, errors FROM portfolio.score_rules('visit', $make)"),
	'counts, errors of rules among them');
my ($sent, $groups, $raw) = split /\|/, $node{coordinator}->safe_psql('postgres', 'SELECT sum(length(shard) + length(group_label) + length(tally::text)), count(*), (SELECT sum(length(v::text)) FROM visit v) FROM all_tally');
cmp_ok($sent, '<', 300 * $groups, "$groups tallies are $sent bytes; the rows would be $raw");
my @asked = slurp_file($node{north}->logfile) =~ /DECLARE c\d+ CURSOR FOR\s+(.*)/g;
ok(@asked > 0 && !(grep { !/ FROM public\.shard_tally$/ } @asked), 'tallies are all that is asked for');
$node{coordinator}->safe_psql('postgres', 'INSERT INTO visit VALUES (0)');
$node{south}->safe_psql('postgres', 'INSERT INTO visit VALUES (0)');
is($node{coordinator}->safe_psql('postgres', "SELECT (SELECT portfolio.merge(tally) FROM all_tally) OPERATOR(portfolio.=) w.tally FROM portfolio.tally_relation('visit', $make) w"), 't', 'what a shard gets is counted at once');
my $other = $node{coordinator}->safe_psql('postgres', q{SELECT portfolio.rule_set('visit', ARRAY['age > 3'])::text});
$node{south}->safe_psql('postgres', "UPDATE shard_rules SET rules = \$r\$$other\$r\$");
my ($rc, $out, $err) = $node{coordinator}->psql('postgres', 'SELECT portfolio.merge(tally) FROM all_tally');
like($err, qr/rule set/, 'shards that count other rules are an error, never a sum');
$_->stop for values %node;
done_testing();
