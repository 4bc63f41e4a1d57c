# A table that Citus has distributed over two workers: contrib/distributed/citus.sql gives exactly the tallies of all rows in one place.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my %node;
for my $name ('coordinator', 'north', 'south')
{
	$node{$name} = PostgreSQL::Test::Cluster->new($name);
	$node{$name}->init;
	if ($name eq 'coordinator')
	{
		$node{$name}->start;
		my $there = $node{$name}->safe_psql('postgres', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'citus'});
		$node{$name}->stop;
		plan skip_all => 'Citus is not installed' if $there == 0;
	}
	$node{$name}->append_conf('postgresql.conf', "shared_preload_libraries = 'citus, pg_portfolio'\nfsync = off\nlog_min_duration_statement = 0\nmax_locks_per_transaction = 256\n");
	$node{$name}->start;
	$node{$name}->safe_psql('postgres', 'SET client_min_messages = warning; CREATE EXTENSION citus; CREATE EXTENSION pg_portfolio CASCADE');
}
my $coordinator = $node{coordinator};
$coordinator->safe_psql('postgres', sprintf(q{SELECT citus_set_coordinator_host('%s', %d)}, $coordinator->host, $coordinator->port));
$coordinator->safe_psql('postgres', sprintf(q{SELECT citus_add_node('%s', %d)}, $node{$_}->host, $node{$_}->port)) for 'north', 'south';
my $rows = q{SELECT g, 'P' || g % 20, CASE WHEN g % 7 > 0 THEN 'W' || g % 31 || CASE WHEN g % 11 = 0 THEN '%s\\' ELSE '' END END, g % 140 - 5 FROM generate_series(1, 20000) g};
$coordinator->safe_psql('postgres', "CREATE TABLE whole (id int, provider text, ward text, age int);
INSERT INTO whole $rows;
CREATE TABLE visit (id int, provider text, ward text, age int);
SELECT create_distributed_table('visit', 'id');
INSERT INTO visit $rows");
is($coordinator->safe_psql('postgres', q{SELECT count(DISTINCT nodeport), count(*) > 4 FROM citus_shards WHERE table_name = 'visit'::regclass}), '2|t', 'both workers hold shards');

my ($out, $err) = ('', '');
IPC::Run::run([ 'psql', '-XAtq', '-d', $coordinator->connstr('postgres'), '-f', "$ENV{PF_STAGE}/contrib/distributed/citus.sql" ], '<', '/dev/null', '>', \$out, '2>', \$err);
is($err, '', 'the script of the page runs');
my $rules = q{ARRAY['ward ~ ''^W[0-9]$''', 'age BETWEEN 0 AND 120', 'ward IS NOT NULL', 'ward LIKE ''%\%s\\\\''', '1000 / age > 10']};
my $set = "portfolio.rule_set('whole', $rules)";
is( $coordinator->safe_psql('postgres', "SELECT count(*), bool_and(c.tally OPERATOR(portfolio.=) w.tally), sum(portfolio.tally_records(c.tally))
  FROM citus_tally('visit', $set, '{provider}') c FULL JOIN portfolio.tally_relation('whole', $set, '{provider}') w USING (group_label)"),
	'20|t|20000', 'each group is what it is in one place');
is($coordinator->safe_psql('postgres', "SELECT c.tally OPERATOR(portfolio.=) w.tally FROM citus_tally('visit', $set) c, portfolio.tally_relation('whole', $set) w"),
	't', 'and so is the whole, errors of rules among it');
like($node{$_}->safe_psql('postgres', 'SELECT pg_current_logfile() IS NULL'), qr/^t$/, "$_ logs to its file") for 'north', 'south';
ok(scalar(grep { /portfolio\.tally_relation/ } split /\n/, slurp_file($node{north}->logfile)), 'the workers count');
ok(!(grep { /SELECT id, provider, ward, age|COPY .*visit_\d+.* TO STDOUT/ } split /\n/, slurp_file($node{$_}->logfile)), "no row leaves $_") for 'north', 'south';
my ($rc, $o, $e) = $coordinator->psql('postgres', q{SELECT * FROM portfolio.score('visit', ARRAY['age > 100'])});
is($rc, 3, 'score() of a distributed table is an error, never a wrong number');
($rc, $o, $e) = $coordinator->psql('postgres', q{SELECT * FROM citus_tally('visit', portfolio.rule_set('whole', ARRAY['id::text::timestamptz < ''2025-01-01 00:00+00''']))});
like($e, qr/rules that depend on the session cannot be counted on other servers/, 'rules that depend on the time zone are refused');
$coordinator->safe_psql('postgres', 'CREATE ROLE stranger LOGIN');
$_->safe_psql('postgres', 'GRANT USAGE ON SCHEMA portfolio TO stranger; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA portfolio TO stranger') for values %node;
($rc, $o, $e) = $coordinator->psql('postgres', "SET ROLE stranger; SELECT * FROM citus_tally('visit', '" . ($coordinator->safe_psql('postgres', "SELECT ($set)::text") =~ s/'/''/gr) . "')");
like($e, qr/permission denied for table visit/, 'who may not read the table gets no tally');
$_->stop for values %node;
done_testing();
