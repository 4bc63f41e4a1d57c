# As a login with only the reader profile, through psqlODBC and pgjdbc: every view of portfolio_bi reads, every column is
# of a plain type, and everything in schema portfolio is refused.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use IPC::Run ();

my ($odbc) = glob('/usr/lib/*/odbc/psqlodbcw.so /usr/lib64/psqlodbcw.so');
my ($jdbc) = grep { -e } qw(/usr/share/java/postgresql.jar /usr/share/java/postgresql-jdbc.jar);
my %has = map { my $p = $_; $p => scalar(grep { -x "$_/$p" } split /:/, $ENV{PATH}) } qw(isql java);

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
# pgjdbc speaks TCP only: loopback, on the free port of this cluster.
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nlisten_addresses = '127.0.0.1'");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE bi');
$node->safe_psql('bi', <<'EOT');
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE ROLE dashboard LOGIN;
SELECT portfolio.grant_profile('dashboard', 'reader');
SELECT count(*) FROM portfolio.load_example();
EOT
my $port = $node->port;

my @views = split /\n/, $node->safe_psql('bi',
	q{SELECT oid::regclass FROM pg_class WHERE relnamespace = 'portfolio_bi'::regnamespace AND relkind = 'v' ORDER BY 1});
my @refused = split /\n/, $node->safe_psql('bi',
	q{SELECT oid::regclass FROM pg_class WHERE relnamespace = 'portfolio'::regnamespace AND relkind IN ('r', 'p', 'v', 'm') ORDER BY 1});
cmp_ok(scalar(@views), '>=', 13, 'there are views to read');
cmp_ok(scalar(@refused), '>=', 20, 'and tables to refuse');

# What the driver must give: rows of each view as the same login sees them through libpq, 42501 for the rest
my $expected = join('', map {
	my $rows = $node->safe_psql('bi', "SELECT count(*) FROM $_", extra_params => [ '-U', 'dashboard' ]);
	"$_\trows $rows\n" } @views)
  . join('', map { "$_\trefused 42501\n" } @refused);
my $published = $node->safe_psql('bi', 'SELECT count(*) FROM portfolio_bi.programme WHERE gmpp_id IS NOT NULL', extra_params => [ '-U', 'dashboard' ]);
is($published, '18', 'the reader sees the 18 published programmes');

SKIP:
{
	skip 'psqlODBC is not here: apt-get install unixodbc odbc-postgresql', 1 unless $odbc && $has{isql};
	my $dir = PostgreSQL::Test::Utils::tempdir();
	append_to_file("$dir/odbcinst.ini", "[PostgreSQL]\nDriver = $odbc\n");
	append_to_file("$dir/odbc.ini",
		"[bi]\nDriver = PostgreSQL\nServername = " . $node->host . "\nPort = $port\nDatabase = bi\nUsername = dashboard\nReadOnly = Yes\n");
	local $ENV{ODBCSYSINI} = $dir;
	local $ENV{ODBCINI} = "$dir/odbc.ini";
	my $got = '';
	for my $relation (@views, @refused)
	{
		my $query = "SELECT * FROM $relation\n";
		my ($out, $err) = ('', '');
		IPC::Run::run([ 'isql', 'bi', '-v' ], '<', \$query, '>', \$out, '2>', \$err);
		my $all = "$out$err";
		$got .= "$relation\t" . ($all =~ /\[(42\w{3})\]/ ? "refused $1" : $all =~ /SQLRowCount returns (\d+)/ ? "rows $1" : $all) . "\n";
	}
	is($got, $expected, 'psqlODBC reads every view and is refused every table');
}

SKIP:
{
	skip 'pgjdbc is not here: apt-get install libpostgresql-jdbc-java default-jdk-headless', 1 unless $jdbc && $has{java};
	my ($out, $err) = ('', '');
	my $names = join("\n", @views, @refused) . "\n";
	IPC::Run::run([ 'java', '-cp', $jdbc, "$ENV{PF_STAGE}/test/java/ReadViews.java", "jdbc:postgresql://127.0.0.1:$port/bi", 'dashboard' ],
		'<', \$names, '>', \$out, '2>', \$err);
	is($out, $expected, 'pgjdbc reads every view, finds only plain types, and is refused every table') or diag($err);
}

# What else a reader might try
for my $try ('INSERT INTO portfolio_bi.site (code, name) VALUES (1, 2)', 'UPDATE portfolio_bi.service SET name = name',
	'DELETE FROM portfolio_bi.service', 'SELECT portfolio.grant_profile(CURRENT_USER, $$auditor$$)')
{
	my ($status, undef, $stderr) = $node->psql('bi', $try, extra_params => [ '-U', 'dashboard' ]);
	like($stderr, qr/permission denied for function grant_profile|cannot (insert into|update|delete from) view/, "refused: $try");
}
$node->stop;
done_testing();
