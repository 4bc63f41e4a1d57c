# The demo's script from end to end: every section prints figures, and they are those of the database. The README's questions are answered there.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('demo');
$node->init;
$node->append_conf('postgresql.conf', slurp_file("$ENV{PF_STAGE}/contrib/examples/demo.conf"));
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE portfolio');

my @psql = ('psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-v', "data=$ENV{PF_DATA}", '-d', $node->connstr('portfolio') . ' user=postgres');
# The test cluster's superuser is whoever runs it; the demo's is called postgres.
$node->safe_psql('portfolio', 'CREATE ROLE postgres SUPERUSER LOGIN') unless $node->safe_psql('portfolio', "SELECT to_regrole('postgres') IS NOT NULL") eq 't';
my ($out, $err) = ('', '');
my $ok = IPC::Run::run([ @psql, '-f', "$ENV{PF_STAGE}/contrib/examples/demo.sql" ], '>', \$out, '2>', \$err);
ok($ok, 'the demo runs to its end') or diag($err);

like($out, qr/== The portfolio at a glance.*== Data quality.*== Transfer into service operations.*== Security findings.*== Jobs/s,
	'it has all its sections');
my @errors = $err =~ /ERROR:  (.*)/g;
is_deeply(\@errors, ['gate "assessment" cannot be passed: mandatory criterion "contract-outlives-go-live" is neither met nor waived'],
	'the one error is the refusal that it shows');

# What it prints beside each other is equal because it was counted, not because it was typed.
my $planted = $node->safe_psql('portfolio', q{SELECT count(*), count(*) FILTER (WHERE planted > 0), count(*) FILTER (WHERE planted = found) FROM hospital.planted_and_found});
my ($rows, $some, $equal) = split /\|/, $planted;
ok($rows >= 20 && $some == $rows && $equal == $rows, "all $rows planted defects were found to the last record");
my ($failed) = $out =~ /^ nhs_valid\s+│ validity\s+│ high\s+│\s+(\d+)/m;
is($failed, $node->safe_psql('portfolio', q{SELECT count(*) FROM hospital.episode WHERE NOT portfolio.is_nhs_number(nhs_number)}),
	'the failures printed for a rule are those of plain SQL');
unlike($out, qr/999\d{7}/, 'no NHS number is printed');

is($node->safe_psql('portfolio', q{SELECT string_agg(DISTINCT owner || ' ' || outcome, ',') FROM portfolio.job_run WHERE outcome <> 'started'}),
	'demo_operator succeeded', 'every job ran as its owner and succeeded');

# The questions of the README, asked of the demo as its reader is told to: each has an answer.
my $readme = slurp_file("$ENV{PF_STAGE}/README.md");
my ($block) = $readme =~ /^```sql\n(.*?)^```/ms;
my @questions = (split(/;\n/, $block =~ s/^--.*\n//mgr), $readme =~ /`(SELECT [^`]*);`/g);
is(scalar(@questions), 6, 'the README asks six questions');
isnt($node->safe_psql('portfolio', "SELECT count(*) FROM ($_) question"), '0', 'README: ' . s/\s+/ /gr =~ s/^ //r) for @questions;

SKIP: {
	skip 'real files are not here', 2 unless $ENV{PF_DATA};
	like($out, qr/^\s*313 │\s+91 │/m, '91 of the 313 published rules judge nothing, as is known of them');
	like($out, qr/^ A\s+│ is_ods_code\(c1\) │\s+11482 │\s+11482 │/m, 'every active practice has an ODS code');
}
$node->stop;
done_testing();
