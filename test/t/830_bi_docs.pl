# The examples of the documentation run: every ```sql block of every page, in the order of the page, in a database of the
# page's own that has the extension and the example. Where a ```text block with a table follows, the
# block prints that table.
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

# The pages are UTF-8, and psql lays tables out by what it takes the client's encoding to be, whatever the locale is.
$ENV{PGCLIENTENCODING} = 'UTF8';
my $folder = PostgreSQL::Test::Utils::tempdir();
for my $path (sort glob("$ENV{PF_STAGE}/docs/*.md"))
{
	my ($page) = $path =~ /([^\/]+)\.md$/;
	my $text = slurp_file($path);
	my @blocks;
	my %shown;
	while ($text =~ /^```sql\n(.*?)^```$/msg)
	{
		my ($block, $line, $after) = ($1, 1 + (substr($text, 0, $-[1]) =~ tr/\n//), substr($text, $+[0], 20000));
		push @blocks, "\\echo block at line $line\n$block";
		# the second line of psql's tables
		if ($after =~ /\A\n```text\n([^\n]*\n[-+]+ *\n.*?)^```$/ms) { $shown{$line} = $1; }
	}
	# an example in another kind of fence would run nowhere
	my @fences = grep { !/\A(|sql|text|sh|ini|yaml|c|diff|markdown|json|conf|dockerfile|python|perl|xml|csv|mermaid)\z/ } $text =~ /^ *```([^\n`]*)$/mg;
	is("@fences", '', "$page.md: fences are of known kinds");
	is(scalar(() = $text =~ /^[ \t]+```sql/mg), 0, "$page.md: no example is indented");
	next unless @blocks;
	append_to_file("$folder/$page.sql", join("\n", @blocks));
	$node->safe_psql('postgres', "CREATE DATABASE docs_$page TEMPLATE template_docs");
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run([ 'psql', '-qX', '-P', 'footer=off', '-P', 'pager=off', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr("docs_$page"), '-f', "$folder/$page.sql" ],
		'>', \$out, '2>', \$err);
	my ($at) = ($out =~ /.*^block at (line \d+)$/ms);
	ok($ok, "$page.md: " . scalar(@blocks) . ' examples') or diag('in the block at ' . ($at // '?') . ": $err");
	my %printed = $out =~ /^block at line (\d+)\n(.*?)(?=^block at line |\z)/msg;
	for my $line (sort { $a <=> $b } keys %shown)
	{
		# blanks at the end say nothing, and the token of a masked value is another in every session
		my ($want, $have) = map { join('', map { s/\s+$//r =~ s/\*[0-9a-f]{16}/*token/gr . "\n" } split(/\n/, $_ // '')) } $shown{$line}, $printed{$line};
		# a line of dots leaves lines out
		my $parts = join('.*^', map { quotemeta } split(/^ *\.\.\.\n/m, $want));
		like($have, qr/^$parts/ms, "$page.md: what the block at line $line prints");
	}
}

$node->stop;
done_testing();
