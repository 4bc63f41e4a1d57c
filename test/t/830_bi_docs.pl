# The examples of the documentation run: every ```sql block of every page, in the order of the page, in a database of the
# page's own that has the extension and the example.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nclient_min_messages = warning");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE template_docs');
$node->safe_psql('template_docs', 'CREATE EXTENSION pg_portfolio CASCADE; SELECT count(*) FROM portfolio.load_example()');

my $folder = PostgreSQL::Test::Utils::tempdir();
for my $path (sort glob("$ENV{PF_STAGE}/docs/*.md"))
{
	my ($page) = $path =~ /([^\/]+)\.md$/;
	my $text = slurp_file($path);
	my @blocks;
	while ($text =~ /^```sql\n(.*?)^```$/msg)
	{
		my ($block, $line) = ($1, 1 + (substr($text, 0, $-[1]) =~ tr/\n//));
		push @blocks, "\\echo block at line $line\n$block";
	}
	next unless @blocks;
	append_to_file("$folder/$page.sql", join("\n", @blocks));
	$node->safe_psql('postgres', "CREATE DATABASE docs_$page TEMPLATE template_docs");
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run([ 'psql', '-qXA', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr("docs_$page"), '-f', "$folder/$page.sql" ],
		'>', \$out, '2>', \$err);
	my ($at) = ($out =~ /.*^block at (line \d+)$/ms);
	ok($ok, "$page.md: " . scalar(@blocks) . ' examples') or diag('in the block at ' . ($at // '?') . ": $err");
}

$node->stop;
done_testing();
