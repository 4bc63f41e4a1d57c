# next_run() of 100,000 drawn schedules in drawn zones and years equals stepping through time minute by minute, second
# by second for six fields. PF_BRUTE_CASES makes it longer, PF_BRUTE_START draws other numbers.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $cases = $ENV{PF_BRUTE_CASES} || 100000;
my $start = $ENV{PF_BRUTE_START} || 1;
my $library = "$ENV{TESTDIR}/brute_schedule.so";
chomp(my $include = `pg_config --includedir-server`);
system('gcc', '-shared', '-fPIC', '-O2', '-Wall', '-Werror', '-D_GNU_SOURCE', "-I$include", '-o', $library, "$ENV{PF_STAGE}/test/brute/brute_schedule.c") == 0
	or BAIL_OUT('the module does not compile');

my $node = PostgreSQL::Test::Cluster->new('scheduler_brute');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\ntimezone = 'UTC'\n");
$node->start;
$node->safe_psql('postgres', qq{
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE FUNCTION brute_schedule(text[], integer, bigint) RETURNS text LANGUAGE c STRICT AS '$library', 'brute_schedule';
});
my ($rc, $out, $err) = $node->psql('postgres', qq{
SELECT brute_schedule(ARRAY(SELECT name FROM pg_timezone_names WHERE name !~ '^(right|posix)/' ORDER BY name), $cases, $start)});
is($rc, 0, "no schedule differs: $out") or diag($err);
like($out, qr/^$cases schedules, [1-9]\d{5,} instants$/, 'and many instants were compared');
$node->stop;
done_testing();
