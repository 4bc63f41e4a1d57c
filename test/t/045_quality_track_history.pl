# Random histories of tracked data: the tracked score equals a full scan under the same snapshot, or is in doubt.
# Four writers at once with savepoints, rollbacks, prepared transactions and all isolation levels; a fifth session
# attaches, detaches, rewrites and disables triggers; a sixth compares, all the time. PF_TRACK_STATEMENTS (default
# 10000) is the number of statements in all, PF_TRACK_SEED the seed (default 45: what is made up is the same each time).
use strict;
use warnings;

use IPC::Run qw(start finish);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $statements = $ENV{PF_TRACK_STATEMENTS} || 10000;
my $seed = $ENV{PF_TRACK_SEED} || 45;
my $writers = 4;
srand($seed);
note "PF_TRACK_SEED=$seed";

my $node = PostgreSQL::Test::Cluster->new('history');
$node->init;
$node->append_conf('postgresql.conf', q{
shared_preload_libraries = 'pg_portfolio'
max_prepared_transactions = 20
deadlock_timeout = '20ms'
fsync = off
log_min_messages = fatal
autovacuum_naptime = '1s'
});
$node->start;
$node->safe_psql('postgres', q{
CREATE EXTENSION pg_portfolio CASCADE;
CREATE SCHEMA h;
CREATE TABLE h.visit (id int NOT NULL, month text NOT NULL, provider text, nhs_number text, ward text, age int, seen date,
                      note text, PRIMARY KEY (id, month)) PARTITION BY LIST (month);
CREATE TABLE h.m4 PARTITION OF h.visit FOR VALUES IN ('04');
CREATE TABLE h.m5 PARTITION OF h.visit FOR VALUES IN ('05');
CREATE TABLE h.m6 (note text, ward text, gone int, age int, seen date, id int NOT NULL, month text NOT NULL, provider text, nhs_number text);
ALTER TABLE h.m6 DROP COLUMN gone;
ALTER TABLE h.visit ATTACH PARTITION h.m6 FOR VALUES IN ('06');
CREATE TABLE h.rest PARTITION OF h.visit DEFAULT PARTITION BY HASH (id);
CREATE TABLE h.r0 PARTITION OF h.rest FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE h.r1 PARTITION OF h.rest FOR VALUES WITH (MODULUS 2, REMAINDER 1);
SELECT portfolio.register_data_set('H', 'h.visit', '{id,month}', period => 'month', provider => 'provider', filter => 'age IS DISTINCT FROM 99');
UPDATE portfolio.data_item SET missing_values = '{-}', default_codes = '{W9}' WHERE name = 'ward';
UPDATE portfolio.data_item SET applies_when = 'age >= 18', mandatory = true WHERE name = 'note';
SELECT portfolio.add_rule('H', 'nhs', 'is_nhs_number(nhs_number)', 'nhs_number');
SELECT portfolio.add_rule('H', 'ward', $$ward ~ '^W[0-9]$'$$, 'ward');
SELECT portfolio.add_rule('H', 'raises', '100 / age > 1', 'age');
SELECT portfolio.add_rule('H', 'both', $$seen > date '2024-04-15' OR ward = 'W1'$$, 'seen', 'consistency');
SELECT portfolio.add_rule('H', 'on_null', 'length(note) < 2200', 'note', on_null => 'fail');
INSERT INTO h.visit SELECT i, '0' || 4 + i % 5, 'R' || i % 3, '9990000018', 'W1', 30, '2024-05-01' FROM generate_series(1, 1000) i;
SELECT portfolio.track_quality('H');
-- The same rows and rules, told apart only by who answers: the scan that score_data_set() does, and current_score().
CREATE FUNCTION h.differences(OUT differs bigint, OUT state text) LANGUAGE sql VOLATILE BEGIN ATOMIC
  WITH tracked AS MATERIALIZED (SELECT * FROM portfolio.current_tally('H', false)),
       scanned AS MATERIALIZED (SELECT g.group_key ->> 'period' AS period, g.group_key ->> 'provider' AS provider, g.tally
                                  FROM portfolio.tally_relation('h.visit', portfolio.rule_set('H'), '{period,provider}', 'age IS DISTINCT FROM 99', '{month,provider}') g)
  SELECT count(*) FILTER (WHERE t.tally::text IS DISTINCT FROM s.tally::text), (SELECT min(x.state) FROM tracked x)
    FROM (SELECT * FROM tracked WHERE tally IS NOT NULL) t FULL JOIN scanned s
      ON t.period = s.period AND t.provider IS NOT DISTINCT FROM s.provider;
END;
});

sub pick { return $_[ int(rand(@_)) ]; }
sub value
{
	return sprintf(q{%s, '%s', '%s', %s, %s}, pick("'9990000018'", "'9990000026'", "'9990000017'", 'NULL'),
		pick('W1', 'W2', '?', '-', 'W9', ''), pick('R0', 'R1', 'R2', 'R3'), pick(0, 5, 17, 30, 99, 'NULL::int'), pick("date '2024-04-10'", "date '2024-06-01'", 'NULL::date'));
}

# Rows for COPY, in a file of their own: where COPY is refused, psql would take rows in the script for commands
my $dir = PostgreSQL::Test::Utils::tempdir();
my $copies = 0;
sub copy
{
	my $file = "$dir/copy_" . ++$copies;
	my $month = '0' . (4 + int(rand(5)));
	append_to_file($file, join('', map { (100000 + int(rand(1_000_000))) . "\t$month\tW" . ($_ % 11) . "\n" } 1 .. 1 + int(rand(20))));
	return "\\copy h.visit (id, month, ward) FROM '$file'\n";
}

# One statement that changes rows
sub change { my $sql = statement(); return $sql eq 'COPY' ? copy() : "$sql;\n"; }
sub statement
{
	my ($id, $n, $month) = (1 + int(rand(1500)), 1 + int(rand(20)), '0' . (4 + int(rand(5))));
	return pick(
		"INSERT INTO h.visit (id, month, nhs_number, ward, provider, age, seen) SELECT i, '$month', n, w, p, a, s FROM generate_series($id, $id + $n) i, (SELECT " . value() . ") v (n, w, p, a, s) ON CONFLICT (id, month) DO UPDATE SET ward = EXCLUDED.ward, age = EXCLUDED.age",
		"INSERT INTO h.visit (id, month, nhs_number, ward, provider, age, seen) SELECT i, '$month', n, w, p, a, s FROM generate_series($id, $id + $n) i, (SELECT " . value() . ") v (n, w, p, a, s) ON CONFLICT DO NOTHING",
		"UPDATE h.visit SET ward = '" . pick('W3', '!', '-') . "', note = " . pick('NULL', "'x'", "repeat('long ', 600)", 'note') . " WHERE id BETWEEN $id AND $id + $n",
		"UPDATE h.visit SET provider = " . pick("'R7'", 'NULL', 'provider') . ", age = " . pick('age + 1', '0', 'NULL', '99') . " WHERE id BETWEEN $id AND $id + $n AND month = '$month'",
		"UPDATE h.visit SET month = '$month' WHERE id = $id AND month <> '$month'",
		"DELETE FROM h.visit WHERE id BETWEEN $id AND $id + $n",
		"MERGE INTO h.visit v USING (SELECT i, '$month' AS m FROM generate_series($id, $id + $n) i) s ON v.id = s.i AND v.month = s.m"
		  . " WHEN MATCHED AND v.id % 3 = 0 THEN DELETE WHEN MATCHED THEN UPDATE SET nhs_number = '9990000026' WHEN NOT MATCHED THEN INSERT (id, month, ward) VALUES (s.i, s.m, 'W4')",
		'COPY',
		"WITH gone AS (DELETE FROM h.visit WHERE id BETWEEN $id AND $id + 3 RETURNING *) UPDATE h.visit v SET ward = 'W5' FROM gone g WHERE v.id = g.id + 10",
		"DO \$\$ BEGIN FOR i IN $id .. $id + 4 LOOP BEGIN UPDATE h.visit SET age = 7 WHERE id = i; DELETE FROM h.visit WHERE id = i + 1; IF i % 2 = 0 THEN RAISE 'no'; END IF; EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END \$\$",
		"DELETE FROM h.visit WHERE id > 100000 AND id % 7 = " . int(rand(7)));
}

# The script of a writer: transactions of a few statements. Statements that fail abort theirs, as they would anywhere.
sub history
{
	my ($writer, $n) = @_;
	my ($script, $count, $prepared) = ("SET lock_timeout = '300ms';\n", 0, 0);

	while ($count < $n)
	{
		my @open;
		if (rand() < 0.3)
		{
			$script .= change();
			$count++;
			next;
		}
		$script .= 'BEGIN' . pick('', '', ' ISOLATION LEVEL REPEATABLE READ', ' ISOLATION LEVEL SERIALIZABLE') . ";\n";
		for (1 .. 1 + int(rand(12)))
		{
			my $what = rand();
			if ($what < 0.6) { $script .= change(); }
			elsif ($what < 0.72) { push @open, "s$count"; $script .= "SAVEPOINT s$count;\n"; }
			elsif ($what < 0.84 && @open) { $script .= 'ROLLBACK TO ' . pick(@open) . ";\n"; }
			elsif ($what < 0.88 && @open) { my $s = pop @open; $script .= "RELEASE $s;\n"; }
			elsif ($what < 0.90) { $script .= 'TRUNCATE ' . pick('h.m4', 'h.r1', 'h.m6') . ";\n"; }
			elsif ($what < 0.94) { $script .= "SELECT 'inside', * FROM h.differences();\n"; }
			else { $script .= change(); }
			$count++;
		}
		if (rand() < 0.1) { $prepared++; $script .= "PREPARE TRANSACTION 'w${writer}_$prepared';\n" . pick('COMMIT', 'ROLLBACK') . " PREPARED 'w${writer}_$prepared';\n"; }
		else { $script .= pick('COMMIT', 'COMMIT', 'COMMIT', 'ROLLBACK') . ";\n"; }
		$count += 2;
	}
	return $script;
}

# What no trigger sees, again and again; each statement gives up when it does not get its lock.
sub alterations
{
	my $n = shift;
	my $script = "SET lock_timeout = '200ms';\nSET client_min_messages = error;\n";
	for (1 .. $n)
	{
		$script .= pick(
			"ALTER TABLE h.visit DETACH PARTITION h.m5;\nINSERT INTO h.m5 (id, month, ward) SELECT 200000 + (random() * 1000000)::int, '05', 'W1';\nDELETE FROM h.visit WHERE month = '05';\nALTER TABLE h.visit ATTACH PARTITION h.m5 FOR VALUES IN ('05');\n",
			"BEGIN;\nALTER TABLE h.m4 DISABLE TRIGGER ALL;\nUPDATE h.m4 SET ward = 'W8' WHERE id % 17 = 0;\nALTER TABLE h.m4 ENABLE TRIGGER ALL;\nCOMMIT;\n",
			"ALTER TABLE h.m4 DISABLE TRIGGER ALL;\nDELETE FROM h.m4 WHERE id % 19 = 0;\nALTER TABLE h.m4 ENABLE TRIGGER ALL;\n",
			"VACUUM FULL h.r0;\n", "CLUSTER h.m4 USING m4_pkey;\n", "ANALYZE h.visit;\n", "VACUUM FREEZE pg_trigger;\n",
			"BEGIN;\nTRUNCATE h.r1;\nINSERT INTO h.visit (id, month) SELECT i, '07' FROM generate_series(1, 50) i ON CONFLICT DO NOTHING;\nTRUNCATE h.r1;\nINSERT INTO h.visit (id, month) SELECT i, '08' FROM generate_series(1, 20) i ON CONFLICT DO NOTHING;\nCOMMIT;\n",
			"BEGIN;\nSAVEPOINT a;\nTRUNCATE h.m6;\nINSERT INTO h.visit (id, month) VALUES (5, '06');\nROLLBACK TO a;\nDELETE FROM h.m6 WHERE id % 5 = 0;\nCOMMIT;\n",
			"SELECT portfolio.track_quality('H');\n", "SELECT portfolio.compact_tracking('H');\n");
		$script .= "SELECT portfolio.track_quality('H');\nSELECT 'kept', outcome FROM portfolio.verify_tracking('H');\n" if rand() < 0.5;
	}
	return $script;
}

my @running;
for my $w (1 .. $writers + 2)
{
	my $script = $w <= $writers ? history($w, $statements / $writers)
	  : $w == $writers + 1 ? alterations($statements / 100)
	  : '';
	if ($w == $writers + 2)
	{
		$script .= pick("SELECT 'outside', * FROM h.differences();\n", "SELECT 'checked', outcome, relation, reason FROM portfolio.verify_tracking('H', '{\"keep\": false}');\n",
			"BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT 'outside', * FROM h.differences();\nSELECT 'outside', * FROM h.differences();\nCOMMIT;\n",
			"SELECT 'checked', outcome, relation, reason FROM portfolio.verify_tracking('H');\n", "SELECT portfolio.compact_tracking();\n") for 1 .. $statements / 50;
		$script .= "SELECT 'planted'::portfolio.nhs_number;\n";
	}
	append_to_file("$dir/$w.sql", "\\set VERBOSITY verbose\n$script");
	my ($out, $err) = ('', '');
	push @running, { out => \$out, err => \$err,
		h => start([ 'psql', '-XqAt', '-d', $node->connstr('postgres'), '-f', "$dir/$w.sql" ], '>', \$out, '2>', \$err) };
}
finish($_->{h}) for @running;

# What PostgreSQL itself refuses depends on who meets whom: partitions that come and go alone have a dozen errors. What
# is of interest comes from our files or PL/pgSQL, or tells of something broken.
my %ours = map { m{([^/]+)$} => 1 } glob("$ENV{PF_STAGE}/src/*.c $ENV{PF_STAGE}/src/*/*.c");
my (%states, %outcomes, %errors, $error);
my $wrong = '';
for my $r (@running)
{
	for (split /\n/, ${ $r->{out} })
	{
		my @f = split /\|/;
		if ($f[0] eq 'inside' || $f[0] eq 'outside')
		{
			$states{"$f[0] " . ($f[2] || 'empty')}++;
			$wrong .= "$_\n" if $f[1] ne '0' && ($f[2] // '') ne 'stale';
		}
		elsif ($f[0] eq 'checked' || $f[0] eq 'kept')
		{
			$outcomes{ $f[1] }++;
			$wrong .= "$_\n" if $f[1] eq 'wrong';
		}
	}
	for (split /\n/, ${ $r->{err} })
	{
		$error = $1 if /(?:ERROR|FATAL|PANIC):  (\w{5}: .*)/;
		next unless $error && /^LOCATION:  .*?([^ ]+\.c):\d+$/;
		$errors{"$error ($1)"}++ if $ours{$1} || $1 eq 'pl_exec.c' || $error =~ /^XX/;
		undef $error;
	}
}
is($wrong, '', "no number is wrong (seed $seed)");
cmp_ok($states{'inside current'} || 0, '>', 0, 'and some are current, with the transaction\'s own changes');
cmp_ok($states{'outside current'} || 0, '>', 0, 'or beside writers');
cmp_ok($outcomes{equal} || 0, '>', 0, 'leaves were found equal');
cmp_ok(($outcomes{counted} || 0) + ($outcomes{doubtful} || 0), '>', 0, 'and some in doubt');
note join ', ', map { "$_: $states{$_}" } sort keys %states;
note join ', ', map { "$_: $outcomes{$_}" } sort keys %outcomes;
is(scalar(grep { /^22P02: .*nhs_number/ } keys %errors), 1, 'an error of ours is told from those of PostgreSQL: the planted one');
my @unexpected = grep { !/^22P02: |cannot be tracked|tuple to be|could not access status/ } keys %errors;
is_deeply(\@unexpected, [], "nobody met an error of ours (seed $seed)");

# When all is quiet: no doubt is left after one verify_tracking(), nothing is wrong, and the score is current.
$node->safe_psql('postgres', "SELECT format('ROLLBACK PREPARED %L', gid) FROM pg_prepared_xacts \\gexec");
$node->psql('postgres', "ALTER TABLE h.visit ATTACH PARTITION h.m5 FOR VALUES IN ('05')");
$node->safe_psql('postgres', "SELECT portfolio.track_quality('H')");
is($node->safe_psql('postgres', 'SELECT * FROM h.differences()'), '0|current', 'in the end the score is current and right');
is($node->safe_psql('postgres', "SELECT string_agg(DISTINCT outcome, ',') FROM portfolio.verify_tracking('H')"), 'equal', 'of every leaf');
$node->safe_psql('postgres', "DELETE FROM h.visit WHERE id % 2 = 0; SELECT portfolio.compact_tracking()");
is($node->safe_psql('postgres', 'SELECT * FROM h.differences()'), '0|current', 'and after compacting');
$node->stop;
done_testing();
