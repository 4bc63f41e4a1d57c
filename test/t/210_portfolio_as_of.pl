# A day that the portfolio cannot show is an error, never today, also where it was set before the library was loaded.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', q{CREATE EXTENSION pg_portfolio CASCADE; INSERT INTO portfolio.site (code, name) VALUES ('A', 'A site')});

sub refused
{
	my ($sql, $expected, $name, %params) = @_;
	my ($rc, $out, $err) = $node->psql('postgres', $sql, %params);
	like($err, $expected, $name);
	return;
}

my $message = qr/ERROR:  invalid value for parameter "pg_portfolio.as_of": "yesterday"/;
refused("SET pg_portfolio.as_of = 'yesterday'; SELECT portfolio.as_of()", $message, 'set before the library was loaded');
refused("SET pg_portfolio.as_of = 'yesterday'; SELECT count(*) FROM portfolio.current_element", $message, 'and so are the views');
refused("SELECT portfolio.as_of(); SET pg_portfolio.as_of = 'yesterday'", $message, 'set afterwards');
is($node->safe_psql('postgres', "SET pg_portfolio.as_of = '2017-06-01'; SELECT portfolio.as_of()"), '2017-06-01', 'a day that was set before is shown');
is($node->safe_psql('postgres', "SET pg_portfolio.as_of = 'yesterday'; RESET pg_portfolio.as_of; SELECT portfolio.as_of() = current_date"), 't', 'RESET gives today');
is($node->safe_psql('postgres', "SELECT portfolio.as_of() = current_date; SET pg_portfolio.as_of = '2016-02-29'; SELECT portfolio.as_of(); BEGIN; SET LOCAL pg_portfolio.as_of = '2018-04-01'; SELECT portfolio.as_of(); COMMIT; SELECT portfolio.as_of()"),
	"t\n2016-02-29\n2018-04-01\n2016-02-29", 'SET LOCAL ends with its transaction');

# From a role's settings, with and without the library at log-in
$node->safe_psql('postgres', "CREATE ROLE planner LOGIN SUPERUSER; ALTER ROLE planner SET pg_portfolio.as_of = 'yesterday'");
refused('SELECT portfolio.as_of()', $message, 'from the settings of a role', extra_params => [ '-U', 'planner' ]);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->restart;
refused('SELECT portfolio.as_of()', $message, 'also where the library is preloaded', extra_params => [ '-U', 'planner' ]);
refused("ALTER ROLE planner SET pg_portfolio.as_of = 'tomorrow'", qr/invalid value for parameter "pg_portfolio.as_of": "tomorrow"/, 'where ALTER ROLE refuses it');

# Parallel workers see the same day
$node->safe_psql('postgres', "CREATE TABLE t AS SELECT g AS n FROM generate_series(1, 100000) g; ANALYZE t");
is($node->safe_psql('postgres', "SET pg_portfolio.as_of = '2017-06-01'; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
	SELECT count(*) FROM t WHERE portfolio.as_of() = date '2017-06-01' + (n - n)"), '100000', 'parallel workers see the same day');

$node->stop;
done_testing();
