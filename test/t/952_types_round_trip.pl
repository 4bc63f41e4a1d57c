# A million random valid values of every type: text to type to text, by COPY in text and in binary both ways. What comes
# back is the value that went. PF_ROUND_TRIPS changes the number, PF_FUZZ_START draws others.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $values = $ENV{PF_ROUND_TRIPS} || 1_000_000;
my $start = $ENV{PF_FUZZ_START} || 1;
my $library = "$ENV{TESTDIR}/random_value.so";
chomp(my $include = `pg_config --includedir-server`);
system('gcc', '-shared', '-fPIC', '-O1', '-Wall', '-Werror', '-D_GNU_SOURCE', "-I$include", '-o', $library, "$ENV{PF_STAGE}/test/fuzz/random_value.c") == 0
	or BAIL_OUT('the generator does not compile');
my %templates;
for (split /\n/, slurp_file("$ENV{PF_STAGE}/test/fuzz/templates.tsv"))
{
	my ($type, $template) = split /\t/;
	push @{ $templates{$type} }, $template;
}

my $node = PostgreSQL::Test::Cluster->new('types_round_trip');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nfsync = off\nautovacuum = off\nmax_wal_size = 2GB\nwork_mem = 128MB\n");
$node->start;
$node->safe_psql('postgres', qq{
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE FUNCTION random_value(oid, text[], bigint) RETURNS text LANGUAGE c STRICT AS '$library', 'random_value';
});
# every type of the contract, as test/pgtap/types_contract.sql finds them
my @types = split /\n/, $node->safe_psql('postgres', q{
SELECT typname FROM pg_type t
 WHERE typnamespace = 'portfolio'::regnamespace AND typtype = 'b' AND typcategory <> 'A' AND to_regproc(format('portfolio.is_%s', typname)) IS NOT NULL
 ORDER BY typname});
cmp_ok(scalar(@types), '>=', 4, "types: @types");

my $folder = PostgreSQL::Test::Utils::tempdir();
for my $type (@types)
{
	ok($templates{$type}, "$type has templates") or next;
	my $list = join ', ', map { "'$_'" } @{ $templates{$type} };
	my $result = $node->safe_psql('postgres', qq{
CREATE UNLOGGED TABLE went AS
  SELECT i AS id, random_value('portfolio.is_$type(text)'::regprocedure, ARRAY[$list], i + $start * 1000000000)::portfolio.$type AS v FROM generate_series(1, CAST($values AS bigint)) i;
CREATE UNLOGGED TABLE by_text (LIKE went);
CREATE UNLOGGED TABLE by_binary (LIKE went);
COPY went TO '$folder/text';
COPY by_text FROM '$folder/text';
COPY went TO '$folder/binary' (FORMAT binary);
COPY by_binary FROM '$folder/binary' (FORMAT binary);
SELECT count(*) FILTER (WHERE t.v OPERATOR(portfolio.=) w.v), count(*) FILTER (WHERE b.v OPERATOR(portfolio.=) w.v),
       count(*) FILTER (WHERE w.v::text::portfolio.$type OPERATOR(portfolio.=) w.v AND w.v::text = t.v::text AND w.v::text = b.v::text),
       least(count(DISTINCT w.v), 10)
  FROM went w LEFT JOIN by_text t USING (id) LEFT JOIN by_binary b USING (id);
DROP TABLE went, by_text, by_binary;
});
	is($result, "$values|$values|$values|10", "$type: $values values by COPY in text, in binary, and by cast; many differ");
}
$node->stop;
done_testing();
