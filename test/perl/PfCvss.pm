# CVSS scores the slow way, written from the specifications of FIRST: exact big numbers, searches instead of tables.
# Shares nothing with src/types/cvss*.c but the published numbers. A vector is a hash of metric and value.
package PfCvss;
use strict;
use warnings;
use List::Util qw(max min sum);
use Math::BigInt;

# Version 2.0 ---------------------------------------------------------------------------------------------
# A decimal fraction is [integer, decimals].
sub decimal { my ($text) = @_; my ($whole, $part) = split /\./, $text; $part //= ''; return [Math::BigInt->new("$whole$part"), length $part]; }
sub product { my ($n, $d) = (Math::BigInt->new(1), 0); for (@_) { my $x = ref $_ ? $_ : decimal($_); $n = $n * $x->[0]; $d += $x->[1]; } return [$n, $d]; }
sub to_scale { my ($x, $d) = @_; return $x->[0] * Math::BigInt->new(10)->bpow($d - $x->[1]); }
sub plus { my @x = map { ref $_ ? $_ : decimal($_) } @_; my $d = max map { $_->[1] } @x; my $n = Math::BigInt->new(0); $n += to_scale($_, $d) for @x; return [$n, $d]; }
sub minus { my ($x) = @_; $x = decimal($x) unless ref $x; return [-$x->[0], $x->[1]]; }
sub less { my ($a, $b) = @_; return plus($a, minus($b))->[0] < 0; }

# Half up, to tenths
sub round1 { my ($x) = @_; my $s = plus(product($x, '10'), '0.5'); my ($q) = $s->[0]->copy->bdiv(Math::BigInt->new(10)->bpow($s->[1])); return $q->numify; }
sub tenths { my ($t) = @_; return [Math::BigInt->new($t), 1]; }

my %w2 = (AV => { L => '0.395', A => '0.646', N => '1.0' }, AC => { H => '0.35', M => '0.61', L => '0.71' }, Au => { M => '0.45', S => '0.56', N => '0.704' },
	(map { $_ => { N => '0', P => '0.275', C => '0.660' } } qw(C I A)),
	E => { U => '0.85', POC => '0.9', F => '0.95', H => '1', ND => '1' }, RL => { OF => '0.87', TF => '0.9', W => '0.95', U => '1', ND => '1' },
	RC => { UC => '0.9', UR => '0.95', C => '1', ND => '1' }, CDP => { N => '0', L => '0.1', LM => '0.3', MH => '0.4', H => '0.5', ND => '0' },
	TD => { N => '0', L => '0.25', M => '0.75', H => '1', ND => '1' }, (map { $_ => { L => '0.5', M => '1', H => '1.51', ND => '1' } } qw(CR IR AR)));

my (%base2, %impact2, %rounded2);
sub base2
{
	my ($v, $adjusted) = @_;
	# the same answer is not worked out twice
	my $cia = join '/', !!$adjusted, sort map { $v->{$_} eq 'N' || !$adjusted ? $v->{$_} : $v->{$_} . (($v->{"${_}R"} // 'ND') =~ s/ND/M/r) } qw(C I A);
	my $impact = $impact2{$cia} //= do {
		my @left = map { plus('1', minus(product($w2{$_}{ $v->{$_} }, $adjusted ? $w2{"${_}R"}{ $v->{"${_}R"} // 'ND' } : '1'))) } qw(C I A);
		my $impact = product('10.41', plus('1', minus(product(@left))));
		$adjusted && less('10', $impact) ? decimal('10') : $impact;
	};
	return $base2{ join '/', $cia, @$v{qw(AV AC Au)} } //= do {
		my $exploitability = product('20', map { $w2{$_}{ $v->{$_} } } qw(AV AC Au));
		my $sum = plus(product('0.6', $impact), product('0.4', $exploitability), minus('1.5'));
		my $score = $impact->[0] == 0 ? 0 : round1(product($sum, '1.176'));
		max(0, $score) + 0;
	};
}

sub score2
{
	my ($v) = @_;
	my @t = map { $w2{$_}{ $v->{$_} // 'ND' } } qw(E RL RC);
	my $temporal = sub { my ($score) = @_; return $rounded2{"$score @t"} //= round1(product(tenths($score), @t)) };
	if (grep { ($v->{$_} // 'ND') ne 'ND' } qw(CDP TD CR IR AR))
	{
		my $score = $temporal->(base2($v, 1));
		my ($cdp, $td) = ($w2{CDP}{ $v->{CDP} // 'ND' }, $w2{TD}{ $v->{TD} // 'ND' });
		return $rounded2{"environmental $score $cdp $td"} //= do {
			my $adjusted = tenths($score);
			round1(product(plus($adjusted, product(plus('10', minus($adjusted)), $cdp)), $td));
		};
	}
	return (grep { ($v->{$_} // 'ND') ne 'ND' } qw(E RL RC)) ? $temporal->(base2($v, 0)) : base2($v, 0);
}

# Versions 3.0 and 3.1 --------------------------------------------------------------------------------------
my %w3 = (AV => { N => '0.85', A => '0.62', L => '0.55', P => '0.2' }, AC => { L => '0.77', H => '0.44' }, UI => { N => '0.85', R => '0.62' },
	PRU => { N => '0.85', L => '0.62', H => '0.27' }, PRC => { N => '0.85', L => '0.68', H => '0.5' },
	(map { $_ => { H => '0.56', L => '0.22', N => '0' } } qw(C I A)), (map { $_ => { X => '1', M => '1', H => '1.5', L => '0.5' } } qw(CR IR AR)),
	E => { X => '1', H => '1', F => '0.97', P => '0.94', U => '0.91' }, RL => { X => '1', U => '1', W => '0.97', T => '0.96', O => '0.95' },
	RC => { X => '1', C => '1', R => '0.96', U => '0.92' });
# How near a value came to a place where Roundup jumps without being on it, as a power of ten
our $nearest = 0;

sub note_distance
{
	my ($n, $d, $unit) = @_;	# n / 10^d; jumps are multiples of unit / 10^d
	my (undef, $rest) = $n->copy->bdiv($unit);
	my $distance = $rest < $unit - $rest ? $rest : $unit - $rest;
	return if $distance == 0;
	$nearest = min($nearest, length($distance->bstr) - 1 - $d);
}

sub roundup
{
	my ($version, $x) = @_;
	my ($n, $d) = @$x;
	if ($d < 7) { $n = to_scale($x, 7); $d = 7; }
	my $tenth = Math::BigInt->new(10)->bpow($d - 1);
	if ($version eq '3.0')
	{
		note_distance($n, $d, $tenth);
		my ($q, $r) = $n->copy->bdiv($tenth);
		return $q->numify + ($r == 0 ? 0 : 1);
	}
	my $hundred_thousandth = Math::BigInt->new(10)->bpow($d - 5);
	note_distance($n - $hundred_thousandth / 2, $d, $tenth);
	my ($i) = ($n + $hundred_thousandth / 2)->bdiv($hundred_thousandth);
	$i = $i->numify;
	return $i % 10000 == 0 ? $i / 10000 : int($i / 10000) + 1;
}

my (%rounded3, %impact3);
sub score3
{
	my ($version, $v) = @_;
	my $environmental = grep { ($v->{$_} // 'X') ne 'X' } qw(CR IR AR MAV MAC MPR MUI MS MC MI MA);
	my $temporal = grep { ($v->{$_} // 'X') ne 'X' } qw(E RL RC);
	my %m = map { $_ => $environmental && ($v->{"M$_"} // 'X') ne 'X' ? $v->{"M$_"} : $v->{$_} } qw(AV AC PR UI S C I A);
	my @requirement = map { $environmental ? $v->{$_} // 'X' : 'X' } qw(CR IR AR);
	# the same answer is not worked out twice
	my $cia = join '/', $version, !!$environmental, $m{S}, sort map { my $x = $m{ (qw(C I A))[$_] }; $x eq 'N' ? $x : $x . ($requirement[$_] =~ tr/X/M/r) } 0 .. 2;
	my $key = join '/', $cia, @m{qw(AV AC PR UI)};
	my $impact = $impact3{$cia} //= do {
		my @left = map { plus('1', minus(product($w3{ (qw(C I A))[$_] }{ $m{ (qw(C I A))[$_] } }, $w3{CR}{ $requirement[$_] }))) } 0 .. 2;
		my $iss = plus('1', minus(product(@left)));
		$iss = decimal('0.915') if $environmental && less('0.915', $iss);
		my $new = $environmental && $version eq '3.1';
		my $x = plus($new ? product($iss, '0.9731') : $iss, minus('0.02'));
		$m{S} eq 'U' ? product('6.42', $iss) : plus(product('7.52', plus($iss, minus('0.029'))), minus(product('3.25', ($x) x ($new ? 13 : 15))));
	};
	my $score = $rounded3{$key} //= do {
		my $sum = plus($impact, product('8.22', $w3{AV}{ $m{AV} }, $w3{AC}{ $m{AC} }, $w3{"PR$m{S}"}{ $m{PR} }, $w3{UI}{ $m{UI} }));
		$sum = product('1.08', $sum) if $m{S} eq 'C';
		$sum = decimal('10') if less('10', $sum);
		$impact->[0] <= 0 ? 0 : roundup($version, $sum);
	};
	return $score unless $environmental || $temporal;
	my $changed = join '/', $version, $score, my @t = map { $w3{$_}{ $v->{$_} // 'X' } } qw(E RL RC);
	return $rounded3{$changed} //= roundup($version, product(tenths($score), @t));
}

# Version 4.0 -----------------------------------------------------------------------------------------------
my (%tenths, %depth, %highest);
sub load4
{
	my ($folder) = @_;
	my $table = sub { open(my $in, '<', "$folder/$_[0]") or die "$folder/$_[0]: $!"; my @l = grep { !/^#/ } <$in>; shift @l; chomp @l; map { [split /\t/] } @l };
	%tenths = map { $_->[0] => sprintf('%.0f', 10 * $_->[1]) } $table->('cvss4_macrovector.tsv');
	$depth{ $_->[0] }{ $_->[1] } = $_->[2] for $table->('cvss4_max_severity.tsv');
	push @{ $highest{ $_->[0] }{ $_->[1] } }, { map { split /:/ } split m{/}, $_->[3] } for $table->('cvss4_max_composed.tsv');
	return scalar keys %tenths;
}

my %rank = map { my ($m, @v) = split ' '; my $i = 0; ($m => { map { $_ => $i++ } @v }) } 'AV N A L P', 'PR N L H', 'UI N P A', 'AC L H', 'AT N P',
	(map { "$_ H L N" } qw(VC VI VA SC)), 'SI S H L N', 'SA S H L N', (map { "$_ H M L" } qw(CR IR AR));

sub effective4
{
	my ($v) = @_;
	my %e = map { $_ => ($v->{"M$_"} // 'X') ne 'X' ? $v->{"M$_"} : $v->{$_} } qw(AV AC AT PR UI VC VI VA SC SI SA);
	$e{$_} = ($v->{$_} // 'X') eq 'X' ? 'H' : $v->{$_} for qw(CR IR AR);
	$e{E} = ($v->{E} // 'X') eq 'X' ? 'A' : $v->{E};
	return \%e;
}

sub macrovector4
{
	my ($e) = @_;
	my $none = grep { $e->{$_} eq 'N' } qw(AV PR UI);
	return join '',
		$none == 3 ? 0 : $none > 0 && $e->{AV} ne 'P' ? 1 : 2,
		$e->{AC} eq 'L' && $e->{AT} eq 'N' ? 0 : 1,
		$e->{VC} eq 'H' && $e->{VI} eq 'H' ? 0 : (grep { $e->{$_} eq 'H' } qw(VC VI VA)) ? 1 : 2,
		$e->{SI} eq 'S' || $e->{SA} eq 'S' ? 0 : (grep { $e->{$_} eq 'H' } qw(SC SI SA)) ? 1 : 2,
		{ A => 0, P => 1, U => 2 }->{ $e->{E} },
		(grep { $e->{"${_}R"} eq 'H' && $e->{"V$_"} eq 'H' } qw(C I A)) ? 0 : 1;
}

# Steps from a highest vector down to this one, in each class: the first highest vector of the macrovector that is nowhere below it
sub distances4
{
	my ($e, $macro) = @_;
	my @eq = split //, $macro;
	for my $a (@{ $highest{eq1}{ $eq[0] } }) { for my $b (@{ $highest{eq2}{ $eq[1] } }) { for my $c (@{ $highest{eq3eq6}{"$eq[2]$eq[5]"} }) { CANDIDATE: for my $d (@{ $highest{eq4}{ $eq[3] } })
	{
		my @steps;
		for my $top ($a, $b, $c, $d)
		{
			my $steps = 0;
			for my $metric (keys %$top)
			{
				my $below = $rank{$metric}{ $e->{$metric} } - $rank{$metric}{ $top->{$metric} };
				next CANDIDATE if $below < 0;
				$steps += $below;
			}
			push @steps, $steps;
		}
		return @steps;
	}}}}
	die "no highest vector for $macro";
}

# The same class by class, remembered: what the long form of the test uses, after showing that it is the same
my %steps4;
sub distances4_by_class
{
	my ($e, $macro) = @_;
	my @eq = split //, $macro;
	my $of = sub {
		my ($class, $level, @metrics) = @_;
		return $steps4{ join '/', $class, $level, @$e{@metrics} } //= do {
			my @reach = grep { defined } map { my $top = $_; my @s = map { $rank{$_}{ $e->{$_} } - $rank{$_}{ $top->{$_} } } @metrics; min(@s) < 0 ? undef : sum(@s) } @{ $highest{$class}{$level} };
			$reach[0];
		};
	};
	return ($of->('eq1', $eq[0], qw(AV PR UI)), $of->('eq2', $eq[1], qw(AC AT)), $of->('eq3eq6', "$eq[2]$eq[5]", qw(VC VI VA CR IR AR)), $of->('eq4', $eq[3], qw(SC SI SA)));
}

sub score4
{
	my ($v, $by_class) = @_;
	my $e = effective4($v);
	return 0 unless grep { $e->{$_} ne 'N' } qw(VC VI VA SC SI SA);
	my $macro = macrovector4($e);
	my @eq = split //, $macro;
	my $score = $tenths{$macro} // die "no macrovector $macro";
	my @steps = $by_class ? distances4_by_class($e, $macro) : distances4($e, $macro);
	my $lower = sub { my @l = @eq; $l[$_]++ for @_; my $s = $tenths{ join '', @l }; defined $s ? $score - $s : undef };
	my $joint = "$eq[2]$eq[5]";
	my $drop36 = $joint eq '00' ? do { my @d = grep { defined } $lower->(2), $lower->(5); @d ? min(@d) : undef } : $joint eq '01' || $joint eq '11' ? $lower->(2) : $joint eq '10' ? $lower->(5) : undef;
	my @drop = ($lower->(0), $lower->(1), $drop36, $lower->(3), $lower->(4));
	my $n = grep { defined } @drop;
	return $score if $n == 0;
	# score - mean(drop * steps / depth), over the product of the depths; EQ5 has no steps
	my @deep = ($depth{eq1}{ $eq[0] }, $depth{eq2}{ $eq[1] }, $depth{eq3eq6}{$joint}, $depth{eq4}{ $eq[3] });
	my $depths = $deep[0] * $deep[1] * $deep[2] * $deep[3];
	my $lost = sum map { ($drop[$_] // 0) * $steps[$_] * $depths / $deep[$_] } 0 .. 3;
	my ($above, $below) = ($score * $depths * $n - $lost, $depths * $n);
	return max(0, min(100, int((2 * $above + $below) / (2 * $below))));
}

1;
