# Scores of type cvss against a slow implementation in Perl (test/perl/PfCvss.pm), vector by vector: all base vectors of every
# version, all temporal and environmental ones that differ in their formulas, and with PF_CVSS_ALL=1 (make cvss) all
# 15,116,544 effective vectors of version 4.0. And every vector comes back as it was written.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use PfCvss;

my $tables = "$ENV{PF_STAGE}/contrib/cvss4";
is(PfCvss::load4($tables), 270, 'FIRST has 270 macrovectors');

my $node = PostgreSQL::Test::Cluster->new('types_cvss');
$node->init;
$node->append_conf('postgresql.conf', "fsync = off\nmax_wal_size = '4GB'\n");
$node->start;
$node->safe_psql('postgres', 'SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE; CREATE UNLOGGED TABLE judged (v text, tenths int)');

my $file = "$ENV{TESTDIR}/vectors";
my ($out, $lines);
sub start { open($out, '>', $file) or die $!; $lines = 0; }
sub vector
{
	my ($version, $v, $tenths, @metrics) = @_;
	my $text = join '/', ($version eq '2.0' ? () : "CVSS:$version"), map { exists $v->{$_} ? "$_:$v->{$_}" : () } @metrics;
	print $out "$text\t$tenths\n";
	$lines++;
}
# judges what was written since start()
sub judge
{
	my ($wanted, $what) = @_;
	close $out;
	is($lines, $wanted, "$what: $wanted vectors");
	my $result = $node->safe_psql('postgres', qq{
		TRUNCATE judged; COPY judged FROM '$file';
		SELECT count(*), count(*) FILTER (WHERE portfolio.cvss_score(x) * 10 <> tenths), count(*) FILTER (WHERE x::text <> v), count(DISTINCT x) FROM (SELECT v, tenths, v::portfolio.cvss AS x FROM judged) j});
	is($result, "$wanted|0|0|$wanted", "$what: same score, text comes back, one value a vector")
		or diag($node->safe_psql('postgres', 'SELECT v, tenths, portfolio.cvss_score(v::portfolio.cvss) FROM judged WHERE portfolio.cvss_score(v::portfolio.cvss) * 10 <> tenths OR v::portfolio.cvss::text <> v LIMIT 10'));
}
# every combination of values; each is metric => [values], '' leaves the metric out
sub combinations
{
	my ($sub, @rest) = @_;
	my $walk;
	my %v;
	$walk = sub {
		my ($metric, $values, @left) = @_;
		return $sub->(\%v) unless defined $metric;
		for my $value (@$values)
		{
			if ($value eq '') { delete $v{$metric} } else { $v{$metric} = $value }
			$walk->(@left);
		}
	};
	$walk->(@rest);
}

# Version 2.0
my @order2 = qw(AV AC Au C I A E RL RC CDP TD CR IR AR);
my @base2 = (AV => [qw(N A L)], AC => [qw(L M H)], Au => [qw(N S M)], C => [qw(C P N)], I => [qw(C P N)], A => [qw(C P N)]);
my @temporal2 = (E => [qw(H F POC U ND)], RL => [qw(U W TF OF ND)], RC => [qw(C UR UC ND)]);
start();
combinations(sub { vector('2.0', $_[0], PfCvss::score2($_[0]), @order2) }, @base2);
judge(729, '2.0 base');
start();
combinations(sub { my $v = $_[0]; vector('2.0', $v, PfCvss::score2($v), @order2) if "$v->{E}$v->{RL}$v->{RC}" ne 'NDNDND' }, @temporal2, @base2);
judge(729 * 99, '2.0 temporal');
start();
combinations(sub { my $v = $_[0]; vector('2.0', $v, PfCvss::score2($v), @order2) },
	@base2, CR => [qw(H M L)], IR => [qw(H M L)], AR => [qw(H M L)], CDP => [qw(H ND)], TD => [qw(M H)]);
judge(729 * 27 * 4, '2.0 environmental, by requirements');
start();
combinations(sub { my $v = $_[0]; vector('2.0', $v, PfCvss::score2($v), @order2) if "$v->{E}$v->{RL}$v->{RC}" ne 'NDNDND' },
	AV => ['L'], AC => [qw(L H)], Au => ['S'], C => ['P'], I => [qw(C P)], A => [qw(P N)], @temporal2, CDP => [qw(H MH LM L N ND)], TD => [qw(H M L N)], CR => ['L'], IR => ['ND'], AR => ['H']);
judge(8 * 99 * 24, '2.0 environmental, by damage and distribution');

# Versions 3.0 and 3.1
my @order3 = qw(AV AC PR UI S C I A E RL RC CR IR AR MAV MAC MPR MUI MS MC MI MA);
my @base3 = (AV => [qw(N A L P)], AC => [qw(L H)], PR => [qw(N L H)], UI => [qw(N R)], S => [qw(C U)], C => [qw(H L N)], I => [qw(H L N)], A => [qw(H L N)]);
for my $version ('3.0', '3.1')
{
	$PfCvss::nearest = 0;
	start();
	combinations(sub { vector($version, $_[0], PfCvss::score3($version, $_[0]), @order3) }, @base3);
	judge(2592, "$version base");
	start();
	combinations(sub { my $v = $_[0]; vector($version, $v, PfCvss::score3($version, $v), @order3) if exists $v->{E} || exists $v->{RL} || exists $v->{RC} },
		E => [qw(H F P U), ''], RL => [qw(U W T O), ''], RC => [qw(C R U), ''], @base3);
	judge(2592 * 99, "$version temporal");
	# environmental: whatever the base metrics say, modified metrics and requirements decide
	start();
	combinations(sub { my $v = $_[0]; vector($version, $v, PfCvss::score3($version, $v), @order3) },
		AV => ['P'], AC => ['H'], PR => ['H'], UI => ['R'], S => ['U'], C => ['N'], I => ['N'], A => ['N'], (map { $_ % 2 ? $base3[$_] : "M$base3[$_]" } 0 .. $#base3),
		CR => [qw(H M L)], IR => [qw(H M L)], AR => [qw(H M L)]);
	judge(2592 * 27, "$version environmental, all modified");
	start();
	combinations(sub { my $v = $_[0]; vector($version, $v, PfCvss::score3($version, $v), @order3) }, CR => [qw(H L)], MAV => ['L', ''], MS => ['C', ''], MA => ['H', ''], E => ['F', ''], @base3);
	judge(2592 * 32, "$version environmental, some modified");
	cmp_ok($PfCvss::nearest, '>', -8, "$version: no score lies within 1e-7 of a place where Roundup jumps, unless upon it (1e$PfCvss::nearest)");
}
like($node->safe_psql('postgres', q{
	SELECT count(*) FROM judged j, LATERAL (SELECT v::portfolio.cvss AS one, replace(v, '3.1', '3.0')::portfolio.cvss AS nought) x
	 WHERE portfolio.cvss_score(nought) <> portfolio.cvss_score(one)}), qr/^[1-9]/, '3.0 and 3.1 differ where they should');

# Version 4.0
my @order4 = qw(AV AC AT PR UI VC VI VA SC SI SA E CR IR AR MAV MAC MAT MPR MUI MVC MVI MVA MSC MSI MSA S AU R V RE U);
my @base4 = (AV => [qw(N A L P)], AC => [qw(L H)], AT => [qw(N P)], PR => [qw(N L H)], UI => [qw(N P A)], map { $_ => [qw(H L N)] } qw(VC VI VA SC SI SA));
my $different = 0;
start();
combinations(sub {
	my $v = $_[0];
	my $score = PfCvss::score4($v);
	$different++ if $score != PfCvss::score4($v, 1);
	vector('4.0', $v, $score, @order4);
}, @base4);
judge(104976, '4.0 base');
is($different, 0, 'searching class by class gives the same');
# whatever the base metrics say, modified metrics decide
my $seed = 1;
my $draw = sub { $seed = ($seed * 1103515245 + 12345) % 2147483648; return $_[int(($seed >> 8) % @_)] };
start();
my %seen;
while (keys %seen < 20000)
{
	my %v = ((map { my ($m, $n) = @base4[2 * $_, 2 * $_ + 1]; ($m => $draw->(@$n)) } 0 .. 10), map { $_->[0] => $draw->(@$_[1 .. $#$_], '', '') } ['E', qw(A P U)], (map { [$_, qw(H M L)] } qw(CR IR AR)),
		['MAV', qw(N A L P)], ['MAC', qw(L H)], ['MAT', qw(N P)], ['MPR', qw(N L H)], ['MUI', qw(N P A)], (map { [$_, qw(H L N)] } qw(MVC MVI MVA MSC)), ['MSI', qw(S H L N)], ['MSA', qw(S H L N)],
		['S', qw(P N)], ['AU', qw(Y N)], ['R', qw(I U A)], ['V', qw(C D)], ['RE', qw(H M L)], ['U', qw(Red Amber Green Clear)]);
	delete @v{ grep { $v{$_} eq '' } keys %v };
	next if $seen{ join '/', map { $v{$_} // '' } @order4 }++;
	vector('4.0', \%v, PfCvss::score4(\%v), @order4);
}
judge(20000, '4.0 with everything');
SKIP:
{
	skip 'all effective vectors of 4.0 take minutes: make cvss', 1 unless $ENV{PF_CVSS_ALL};
	my $all = 0;
	for my $e ('', 'P', 'U')
	{
		for my $cr ('', 'M', 'L')
		{
			for my $ir ('', 'M', 'L')
			{
				start();
				combinations(sub {
					my %v = %{ $_[0] };
					for (qw(SI SA)) { if ($v{$_} eq 'S') { $v{"M$_"} = 'S'; $v{$_} = 'L'; } }
					vector('4.0', \%v, PfCvss::score4(\%v, 1), @order4);
				}, E => [$e], CR => [$cr], IR => [$ir], AR => ['', 'M', 'L'], @base4[0 .. 17], SI => [qw(S H L N)], SA => [qw(S H L N)]);
				judge(144 * 81 * 16 * 3, "4.0 effective, E:$e CR:$cr IR:$ir");
				$all += $lines;
			}
		}
	}
	is($all, 15116544, 'all effective vectors of 4.0');
}
$node->stop;
done_testing();
