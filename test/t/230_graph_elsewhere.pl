# The graph on a logical subscriber that takes everything over: the publisher's transactions have numbers of their own.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my ($publisher, $subscriber) = map {
	my $node = PostgreSQL::Test::Cluster->new($_);
	$node->init(allows_streaming => 'logical');
	$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nmax_locks_per_transaction = 512");
	$node->start;
	$node->safe_psql('postgres', 'SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE');
	$node;
} qw(publisher subscriber);
my $xid = 'SELECT pg_current_xact_id()';

# Bring the next transaction of one to that of the other and so many more.
sub put_ahead
{
	my ($node, $other, $by) = @_;
	my $wanted = $other->safe_psql('postgres', $xid) + $by;
	my $missing = $wanted - $node->safe_psql('postgres', $xid);
	$node->safe_psql('postgres', "DO \$\$BEGIN FOR i IN 1..$missing LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END\$\$") if $missing > 0;
	return;
}

$publisher->safe_psql('postgres', q{INSERT INTO portfolio.element (kind, code, name) SELECT 'capability', 'C' || i, 'Capability ' || i FROM generate_series(1, 60) i; CREATE PUBLICATION p FOR ALL TABLES});
$subscriber->safe_psql('postgres', q{INSERT INTO portfolio.element (id, kind, archimate_type, code, name) SELECT i, 'capability', 'Capability', 'C' || i, 'Capability ' || i FROM generate_series(1, 60) i})
  if $publisher->safe_psql('postgres', 'SELECT min(id) FROM portfolio.element') == 1;
$subscriber->safe_psql('postgres', sprintf("CREATE SUBSCRIPTION s CONNECTION '%s' PUBLICATION p WITH (copy_data = false)", $publisher->connstr('postgres') =~ s/'/''/gr));

my $reader = $subscriber->background_psql('postgres');
my $size = q{SELECT portfolio.impact_size('capability:C1')};
my $next = 2;
for my $case ([ $subscriber, $publisher, 'ahead of' ], [ $publisher, $subscriber, 'behind' ])
{
	my ($first, $second, $how) = @$case;
	put_ahead($first, $second, 8);
	is($reader->query_safe($size), $next - 2, "a session of the subscriber $how the publisher keeps its graph");
	for (1 .. 20)
	{
		$publisher->safe_psql('postgres', "SELECT portfolio.relate('capability:C1', 'serving', 'capability:C$next')");
		$next++;
	}
	$publisher->wait_for_catchup('s');
	is($reader->query_safe($size), $next - 2, 'and sees what is applied');
	is($subscriber->safe_psql('postgres', $size), $next - 2, 'as a new one does');
}
is($subscriber->safe_psql('postgres', 'SELECT count(*) FROM portfolio.graph_change WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())'), '0', 'no row is of a transaction that the subscriber has not had');
$publisher->safe_psql('postgres', 'SELECT portfolio.purge_graph_changes()');
$publisher->wait_for_catchup('s');
isnt($subscriber->safe_psql('postgres', 'SELECT count(*) FROM portfolio.graph_change'), '0', 'a purge of the publisher takes no row of the subscriber away');
$reader->quit;
done_testing();
