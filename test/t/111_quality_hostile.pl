# Binary values from a hostile client: refused or read, never a crash.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->start;
my $folder = PostgreSQL::Test::Utils::tempdir();
chmod 0777, $folder;
$node->safe_psql(
	'postgres', qq{
CREATE EXTENSION pg_portfolio CASCADE;
CREATE TABLE t (a int, b text);
INSERT INTO t SELECT g, g::text FROM generate_series(1, 100) g;
CREATE TABLE rules (rules portfolio.rule_set);
CREATE TABLE tallies (tally portfolio.tally);
INSERT INTO rules SELECT portfolio.make_rule_set('t', '{"items": [{"name": "b", "column": "b", "missing_values": ["7"], "default_codes": ["8"], "applies_when": "a > 3"}], "rules": [{"code": "x", "expression": "a > 50"}, {"code": "y", "expression": "b::int > 20", "item": "b"}]}');
INSERT INTO tallies SELECT tally FROM rules, portfolio.tally_relation('t', rules);
COPY rules TO '$folder/rules' WITH (FORMAT binary);
COPY tallies TO '$folder/tallies' WITH (FORMAT binary);
});

# A file of binary COPY is 19 bytes of header, 2 of a count, 4 of a length, the value, and -1.
srand(42);
for my $table ('rules', 'tallies')
{
	my $file = slurp_file("$folder/$table");
	my $value = substr($file, 25, length($file) - 27);
	my $script = "CREATE TEMP TABLE seen (LIKE $table);\n";
	my $tries = 1500;

	for my $try (1 .. $tries)
	{
		my $mutant = $value;

		for (0 .. int(rand(3)))
		{
			my $at = int(rand(length($mutant)));
			my $kind = int(rand(4));

			if    ($kind == 0) { substr($mutant, $at, 1) = chr(int(rand(256))); }
			elsif ($kind == 1) { substr($mutant, $at, 1 + int(rand(8))) = ''; }
			elsif ($kind == 2) { substr($mutant, $at, 0) = join('', map { chr(int(rand(256))) } 0 .. int(rand(8))); }
			else               { $mutant = substr($mutant, 0, $at); }
			last if $mutant eq '';
		}
		open(my $out, '>:raw', "$folder/$table.$try") or die $!;
		print $out substr($file, 0, 21) . pack('N', length($mutant)) . $mutant . pack('n', 0xffff);
		close $out;
		$script .= "COPY seen FROM '$folder/$table.$try' WITH (FORMAT binary);\n";
	}
	$script .= $table eq 'rules'
	  ? "SELECT count(portfolio.rule_set_sql(rules, 't')), count(rules::text) FROM seen;\n"
	  : "SELECT count(tally::text), count(portfolio.tally_records(tally)) FROM seen;\n";
	$script .= "SELECT 'alive';\n";
	my ($stdout, $stderr);
	$node->psql('postgres', $script, stdout => \$stdout, stderr => \$stderr, on_error_stop => 0);
	like($stdout, qr/alive/, "$tries mutations of $table leave the server standing");
	unlike($stderr, qr/XX000|server closed|terminat/, "and none is an internal error: $table");
	my $refused = () = $stderr =~ /ERROR:/g;
	cmp_ok($refused, '>', $tries / 2, "most are refused: $table");
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM portfolio.tally_counts((SELECT tally FROM tallies), (SELECT rules FROM rules))'), '6', 'what is whole is read');
$node->stop;
done_testing();
