# A tracked score where the data goes: a logical subscriber, a standby, a dump, a crash, and DROP EXTENSION.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $table = q{
CREATE EXTENSION pg_portfolio CASCADE;
CREATE SCHEMA t;
CREATE TABLE t.visit (id int PRIMARY KEY, month text, ward text, age int) PARTITION BY HASH (id);
CREATE TABLE t.v0 PARTITION OF t.visit FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE t.v1 PARTITION OF t.visit FOR VALUES WITH (MODULUS 2, REMAINDER 1);
};
my $rules = q{
SELECT portfolio.register_data_set('T', 't.visit', '{id}', period => 'month');
SELECT portfolio.add_rule('T', 'ward', $$ward ~ '^W[0-9]$'$$, 'ward'), portfolio.add_rule('T', 'age', '100 / age > 1', 'age');
SELECT portfolio.track_quality('T');
};
my $score = "SELECT period, item, records, valid_and_complete, state FROM portfolio.current_score('T')";
my $verify = "SELECT string_agg(DISTINCT outcome, ',') FROM portfolio.verify_tracking('T', '{\"keep\": false}')";

my $publisher = PostgreSQL::Test::Cluster->new('publisher');
$publisher->init(allows_streaming => 'logical');
$publisher->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nmax_prepared_transactions = 5\nmax_locks_per_transaction = 512");
$publisher->start;
$publisher->safe_psql('postgres', $table . $rules);
$publisher->safe_psql('postgres', "INSERT INTO t.visit SELECT i, '0' || i % 3, 'W' || i % 12, i % 7 FROM generate_series(1, 300) i; CREATE PUBLICATION p FOR TABLE t.visit, t.v0, t.v1");

# Logical apply, the first copy of the table included
my $subscriber = PostgreSQL::Test::Cluster->new('subscriber');
$subscriber->init;
$subscriber->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$subscriber->start;
$subscriber->safe_psql('postgres', $table . $rules);
$subscriber->safe_psql('postgres', sprintf("CREATE SUBSCRIPTION s CONNECTION '%s' PUBLICATION p", $publisher->connstr('postgres') =~ s/'/''/gr));
$subscriber->wait_for_subscription_sync($publisher, 's');
is($subscriber->safe_psql('postgres', $score), $publisher->safe_psql('postgres', $score), 'the first copy is counted on the subscriber');
$publisher->safe_psql('postgres', q{
UPDATE t.visit SET ward = '?' WHERE id % 5 = 0;
DELETE FROM t.visit WHERE id % 11 = 0;
BEGIN; INSERT INTO t.visit VALUES (1000, '00', 'W1', 0); SAVEPOINT a; DELETE FROM t.visit; ROLLBACK TO a; COMMIT;
});
$publisher->wait_for_catchup('s');
is($subscriber->safe_psql('postgres', $score), $publisher->safe_psql('postgres', $score), 'and so is what is applied');
like($subscriber->safe_psql('postgres', $score), qr/current/, 'it is current');
is($subscriber->safe_psql('postgres', $verify), 'equal', 'and equals a scan');
$publisher->safe_psql('postgres', 'TRUNCATE t.v0');
$publisher->wait_for_catchup('s');
is($subscriber->safe_psql('postgres', $score), $publisher->safe_psql('postgres', $score), 'after TRUNCATE of a partition too');
is($subscriber->safe_psql('postgres', $verify), 'equal', 'which is noted on the subscriber');
$subscriber->safe_psql('postgres', 'ALTER SUBSCRIPTION s DISABLE; ALTER SUBSCRIPTION s SET (slot_name = NONE); DROP SUBSCRIPTION s');
$publisher->safe_psql('postgres', "SELECT pg_drop_replication_slot('s')");
$subscriber->stop;

# Prepared transactions, a crash, and a standby
$publisher->backup('b');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($publisher, 'b', has_streaming => 1);
$standby->start;
$publisher->safe_psql('postgres', "INSERT INTO t.visit SELECT i, '0' || i % 3, 'W' || i % 12, i % 7 FROM generate_series(2001, 2300) i");
my $before = $publisher->safe_psql('postgres', $score);
$publisher->safe_psql('postgres', "BEGIN; UPDATE t.visit SET ward = '!' WHERE id < 2100; PREPARE TRANSACTION 'p1'");
$publisher->safe_psql('postgres', "BEGIN; DELETE FROM t.visit WHERE id > 2200; PREPARE TRANSACTION 'p2'");
is($publisher->safe_psql('postgres', $score), $before, 'a prepared transaction is not counted');
$publisher->stop('immediate');
$publisher->start;
is($publisher->safe_psql('postgres', $score), $before, 'nor is it after a crash');
$publisher->safe_psql('postgres', "COMMIT PREPARED 'p1'");
$publisher->safe_psql('postgres', "ROLLBACK PREPARED 'p2'");
isnt($publisher->safe_psql('postgres', $score), $before, 'it is once it is committed');
is($publisher->safe_psql('postgres', $verify), 'equal', 'and a scan agrees');
$publisher->wait_for_catchup($standby);
is($standby->safe_psql('postgres', $score), $publisher->safe_psql('postgres', $score), 'a standby says the same');
is($standby->safe_psql('postgres', $verify), 'equal', 'and can verify it');
$publisher->safe_psql('postgres', 'VACUUM FULL t.v1');
$publisher->wait_for_catchup($standby);
like($standby->safe_psql('postgres', $score), qr/rescanned/, 'what is in doubt is counted there as well');

# A dump, restored in one piece, and the data set's table before what is said of it: the triggers are there, and nothing wrong is said until it is tracked again
my $dir = PostgreSQL::Test::Utils::tempdir();
my $sorted = "SELECT * FROM ($score) s ORDER BY 1, 2";
$publisher->safe_psql('postgres', "SELECT portfolio.track_quality('T'); CREATE DATABASE whole; CREATE DATABASE pieces; DROP PUBLICATION p");
command_ok([ 'pg_dump', '-Fc', '-f', "$dir/dump", $publisher->connstr('postgres') ], 'the database is dumped');
command_ok([ 'pg_restore', '-d', $publisher->connstr('whole'), "$dir/dump" ], 'and restored');
for my $piece ([ '--section=pre-data' ], [ '--section=data', '-n', 't' ], [ '--section=post-data', '-n', 't' ], [ '--section=data', '-n', 'portfolio' ])
{
	command_ok([ 'pg_restore', @$piece, '-d', $publisher->connstr('pieces'), "$dir/dump" ], "and in pieces: @$piece");
}
my $expected = $publisher->safe_psql('postgres', $sorted);
for my $db ('whole', 'pieces')
{
	is($publisher->safe_psql($db, $sorted), $expected =~ s/current/rescanned/gr, "$db: the score is counted anew");
	is($publisher->safe_psql($db, "SELECT DISTINCT state, reason FROM portfolio.current_score('T', '{\"rescan\": false}')"),
		'stale|t.v0: it was attached, rewritten or restored since the data set was counted', "$db: or says that it is stale");
	$publisher->safe_psql($db, "UPDATE t.visit SET ward = 'W1' WHERE id = 2001");
	is($publisher->safe_psql($db, "SELECT DISTINCT outcome FROM portfolio.verify_tracking('T')"), 'counted', "$db: verify_tracking() counts it");
	$publisher->safe_psql($db, "UPDATE t.visit SET ward = '?' WHERE id = 2002");
	like($publisher->safe_psql($db, $score), qr/current/, "$db: and from then on it is current");
	is($publisher->safe_psql($db, $verify), 'equal', "$db: and right");
	$publisher->safe_psql($db, "SELECT portfolio.track_quality('T')");
	is($publisher->safe_psql($db, $verify), 'equal', "$db: it can be tracked anew");
}

# Writes and DROP EXTENSION in one transaction; without CASCADE the triggers hold it back
my ($ret, $out, $err) = $publisher->psql('whole', 'SET pg_portfolio.allow_drop = on; DROP EXTENSION pg_portfolio');
like($err, qr/trigger portfolio_track_\d+.* depends on function portfolio.track_change\(\)/, 'DROP EXTENSION names the triggers');
$publisher->safe_psql('whole', "SET pg_portfolio.allow_drop = on; BEGIN; UPDATE t.visit SET ward = '?'; DROP EXTENSION pg_portfolio CASCADE; DELETE FROM t.visit WHERE id = 2003; COMMIT");
is($publisher->safe_psql('whole', "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'portfolio%'"), '0', 'CASCADE takes them away');
$publisher->safe_psql('whole', 'UPDATE t.visit SET age = 1');
pass('and the table is as it was');
$standby->stop;
$publisher->stop;
done_testing();
