# Mutated text and binary input of every type: what is taken survives a round trip, what is refused is refused as bad
# data, and the server stays up. PF_FUZZ_ROUNDS (make fuzz) makes it long, PF_FUZZ_START draws other numbers.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $rounds = $ENV{PF_FUZZ_ROUNDS} || 20000;
my $start = $ENV{PF_FUZZ_START} || 1;
my $source = "$ENV{PF_STAGE}/test/fuzz/fuzz_type.c";
my $library = "$ENV{TESTDIR}/fuzz_type.so";
chomp(my $include = `pg_config --includedir-server`);
system('gcc', '-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-D_GNU_SOURCE', "-I$include", '-o', $library, $source) == 0
	or BAIL_OUT('the harness does not compile');

my $node = PostgreSQL::Test::Cluster->new('types_fuzz');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nfsync = off\nlog_min_messages = error\n");
$node->start;
$node->safe_psql('postgres', qq{
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE FUNCTION fuzz_type(regtype, text[], integer, bigint) RETURNS text LANGUAGE c STRICT AS '$library', 'fuzz_type';
CREATE TABLE t (id int, ward text, seen date);
INSERT INTO t SELECT i, CASE WHEN i % 3 > 0 THEN 'W' || i END, date '2024-01-01' + i FROM generate_series(1, 50) i;
CREATE TABLE kept AS SELECT portfolio.rule_set('t', '{"id > 3", "ward ~ ''^W[0-9]\$'' AND seen <= :period_end", "100 / (id - 7) > 2"}') AS rules;
});

# seeds.tsv has those of the types that libFuzzer tries too, as far as this server has them
my %seeds;
for my $line (split /\n/, slurp_file("$ENV{PF_STAGE}/test/fuzz/seeds.tsv"))
{
	my ($type, $seed) = split /\t/, $line;
	push @{ $seeds{$type} }, "'$seed'";
}
$_ = 'ARRAY[' . join(', ', @$_) . ']' for values %seeds;
my @types = split /\n/, $node->safe_psql('postgres', q{
SELECT typname FROM pg_type
 WHERE typnamespace = 'portfolio'::regnamespace AND typtype = 'b' AND to_regproc(format('portfolio.is_%s', typname)) IS NOT NULL});
is(join(' ', grep { !$seeds{$_} } sort @types), '', 'every type of values has seeds');
%seeds = map { $_ => $seeds{$_} } grep { $seeds{$_} } @types;
%seeds = (%seeds,
	schedule => q{ARRAY['* * * * *', '*/5 0-23 1,15 jan-mar mon-fri', '0 6 * * 7', '30 1 */2 * */3', '@daily', 'every 10 seconds', 'every 168 hours', '5/15 2 31 1-12/2 *', '0 0 0 L-3,LW,15W * friL,mon#2 on calendar a except on calendar b', 'at 2027-03-01 09:00 Europe/London', 'PT1H30M after each run', '@reboot']},
	rule_set => q{ARRAY(SELECT rules::text FROM kept) || ARRAY[portfolio.rule_set('t', '{true}')::text]},
	tally => q{ARRAY(SELECT c.tally::text FROM kept, portfolio.tally_relation('t', portfolio.dated_rules(rules, '2024-01-01', '2024-12-31', '2025-01-01')) c)
	  || ARRAY(SELECT tally::text FROM portfolio.tally_relation('t', portfolio.rule_set('t', '{true}')))});
for my $type (sort keys %seeds)
{
	my ($rc, $out, $err) = $node->psql('postgres', "SELECT fuzz_type('portfolio.$type', $seeds{$type}, $rounds, $start)");
	is($rc, 0, "$type: $out") or diag($err);
	like($out, qr/^taken [1-9]\d* refused [1-9]/, "$type takes some and refuses some");
}
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'the server is there');
$node->stop;
unlike(slurp_file($node->logfile), qr/terminated by signal|PANIC|runtime error/, 'and has been all the time');
done_testing();
