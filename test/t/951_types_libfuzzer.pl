# The libFuzzer targets of every type build and find nothing in a short run, under AddressSanitizer and
# UndefinedBehaviorSanitizer. `make fuzz SECONDS=60` is the long one.
use strict;
use warnings;
use PostgreSQL::Test::Utils;
use Test::More;

my $runs = $ENV{PF_FUZZ_RUNS} || 20000;
my $out = qx{PF_FUZZ_RUNS=$runs "$ENV{PF_STAGE}/test/fuzz/fuzz.sh" "$ENV{PF_STAGE}" "$ENV{TESTDIR}/fuzz" 2>&1};
plan(skip_all => $out) if $? >> 8 == 77;
is($?, 0, 'no report') or diag($out);
my %targets = map { $_ => 1 } $out =~ /^(\w+)_(?:in|recv) +\d+ executions/mg;
cmp_ok(scalar(keys %targets), '>=', 4, 'for the types ' . join(' ', sort keys %targets));
for my $type (sort keys %targets)
{
	my @executions = $out =~ /^\Q$type\E_(?:in|recv) +(\d+) executions/mg;
	is(scalar(grep { $_ >= $runs } @executions), 2, "$type: input and receive, $runs times each");
}
done_testing();
