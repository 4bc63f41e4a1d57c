# What a real scanner writes: clang's static analyser looks at a C file with faults, and its SARIF log is imported. What is imported is
# what it printed for people; the log of a second scan brings the same findings; and what was mended is resolved.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = PostgreSQL::Test::Utils::tempdir();
my $source = <<'EOT';
#include <stdlib.h>
#include <string.h>

int
after_free(int n)
{
	char	   *copy = malloc(n);

	free(copy);
	copy[0] = 1;
	return copy[0];
}

int
of_nothing(int *where)
{
	if (where == NULL)
		return *where;
	return 100 / (where ? 0 : 1);
}

char *
unbounded(char *copy, const char *name)
{
	strcpy(copy, name);
	return copy;
}
EOT

# Scans the file: the SARIF log, and what is printed as "line:rule"
sub scan
{
	my ($text) = @_;
	my ($out, $err) = ('', '');
	unlink "$folder/scanned.c", "$folder/scan.sarif";
	append_to_file("$folder/scanned.c", $text);
	IPC::Run::run([ 'clang', '--analyze', '-Xclang', '-analyzer-output=sarif', '-Xclang', '-analyzer-checker=core,unix,security', '-o', 'scan.sarif', 'scanned.c' ],
		init => sub { chdir $folder or die "$folder: $!"; $ENV{LC_ALL} = 'C'; }, '>', \$out, '2>', \$err) or die "clang failed: $err";
	my @printed = map { /^scanned\.c:(\d+):\d+: warning: .*\[([\w.]+)\]$/ ? "$1:$2" : () } split /\n/, $err;
	return (slurp_file("$folder/scan.sarif"), join("\n", sort @printed));
}
plan skip_all => 'clang is not there to scan' unless grep { -x "$_/clang" } split /:/, $ENV{PATH};
my ($sarif, $printed) = scan($source);
cmp_ok(scalar(() = $printed =~ /^/mg), '>=', 4, 'the scanner finds faults') or diag($printed);

my $node = PostgreSQL::Test::Cluster->new('checks_scanner');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->start;
$node->safe_psql('postgres', q{SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE; INSERT INTO portfolio.system (code, name) VALUES ('SPINE', 'Spine')});

# Imports a log and runs the check that makes findings of it: the verdicts, counted
sub import_log
{
	my ($document) = @_;
	my $verdicts = $node->safe_psql('postgres', "SELECT string_agg(v || ' ' || n, ', ' ORDER BY v) FROM (SELECT verdict, count(*) FROM portfolio.import_findings('clang of spine', \$sarif\$$document\$sarif\$, false, '{\"element\": \"system:SPINE\"}') GROUP BY 1) x (v, n)");
	is($node->safe_psql('postgres', q{SELECT outcome FROM portfolio.run_checks(codes => '{imported-finding}')}), 'ok', 'findings are made of it');
	return $verdicts;
}
my $all = q{SELECT id, subject, severity, element, times_opened, status FROM portfolio.finding WHERE check_code = 'imported-finding' ORDER BY id};
my $said = q{SELECT string_agg(substring(location FROM 'scanned\.c:(\d+)') || ':' || rule, E'\n' ORDER BY (substring(location FROM 'scanned\.c:(\d+)') || ':' || rule) COLLATE "C") FROM portfolio.imported_finding};

my $n = () = $printed =~ /^/mg;
is(import_log($sarif), "new $n", 'each result is a finding');
is($node->safe_psql('postgres', $said), $printed, 'at the line and by the rule that the scanner printed');
my $first = $node->safe_psql('postgres', $all);
is(import_log($sarif), "same $n", 'the same log again brings nothing new');
is($node->safe_psql('postgres', $all), $first, 'and the findings are the same');
is(import_log((scan($source))[0]), "same $n", 'nor does the log of a second scan');
is($node->safe_psql('postgres', $all), $first, 'with which they are still the same');

# Mended in its place
my ($mended) = scan($source =~ s/strcpy\(copy, name\);/copy[0] = name[0];/r);
my $left = $n - 1;
is(import_log($mended), "gone 1, same $left", 'what is mended is gone');
is($node->safe_psql('postgres', q{SELECT count(*) FROM portfolio.finding i WHERE i.check_code = 'imported-finding' AND i.status = 'resolved' AND i.subject LIKE 'clang of spine: security.insecureAPI.strcpy #%'}), 1, 'and resolved');
is(import_log($sarif), "new 1, same $left", 'what comes back');
is($node->safe_psql('postgres', q{SELECT count(*) FROM portfolio.finding WHERE check_code = 'imported-finding' AND times_opened = 2 AND status = 'open'}), 1, 'is the finding that it was');
$node->stop;
done_testing();
