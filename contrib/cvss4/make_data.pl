#!/usr/bin/perl
# Makes src/types/cvss_v4_data.h from FIRST's tables beside this script:
#   perl contrib/cvss4/make_data.pl > src/types/cvss_v4_data.h
# What the tables mean is said in src/types/cvss_v4.c and src/types/cvss_pack.c, where they are used.
use strict;
use warnings;
use FindBin;
use List::Util qw(max min sum);

sub read_table
{
	my ($name) = @_;
	open(my $in, '<', "$FindBin::Bin/$name") or die "$name: $!";
	my @lines = grep { !/^#/ } <$in>;
	shift @lines;
	chomp @lines;
	return map { [split /\t/] } @lines;
}

my @class36 = qw(00 01 10 11 21);
my %class36 = map { $class36[$_] => $_ } 0 .. $#class36;
my %tenths = map { $_->[0] => sprintf('%.0f', $_->[1] * 10) } read_table('cvss4_macrovector.tsv');
my %depth = map { ("$_->[0] $_->[1]" => $_->[2]) } read_table('cvss4_max_severity.tsv');
my %highest;
push @{ $highest{"$_->[0] $_->[1]"} }, { map { split /:/ } split m{/}, $_->[3] } for read_table('cvss4_max_composed.tsv');

# Effective values, most severe first. CR, IR and AR are kept as written, for X and H are one severity.
my %values = (AV => 'NALP', PR => 'NLH', UI => 'NPA', AC => 'LH', AT => 'NP', VC => 'HLN', VI => 'HLN', VA => 'HLN',
	SC => 'HLN', SI => 'SHLN', SA => 'SHLN', CR => 'XHML', IR => 'XHML', AR => 'XHML');
sub severity
{
	my ($metric, $value) = @_;
	return max(0, index($values{$metric}, $value) - 1) if $metric =~ /^[CIA]R$/;
	return index($values{$metric}, $value);
}

sub steps_below_highest
{
	my ($key, $v) = @_;
	for my $top (@{ $highest{$key} })
	{
		my @steps = map { severity($_, $v->{$_}) - severity($_, $top->{$_}) } keys %$top;
		return sum(@steps) if min(@steps) >= 0;
	}
	die "nothing above in $key";
}

sub level36
{
	my ($v) = @_;
	my $eq3 = $v->{VC} eq 'H' && $v->{VI} eq 'H' ? 0 : ($v->{VC} . $v->{VI} . $v->{VA}) =~ /H/ ? 1 : 2;
	my $eq6 = (grep { $v->{"V$_"} eq 'H' && $v->{"${_}R"} =~ /[XH]/ } qw(C I A)) ? 0 : 1;
	return "$eq3$eq6";
}
# name, metrics (the last changes fastest), level of a combination
my @classes = (
	['eq1', [qw(AV PR UI)], sub { my $v = shift; my $n = () = "$v->{AV}$v->{PR}$v->{UI}" =~ /N/g; $n == 3 ? 0 : $n > 0 && $v->{AV} ne 'P' ? 1 : 2 }],
	['eq2', [qw(AC AT)], sub { my $v = shift; $v->{AC} eq 'L' && $v->{AT} eq 'N' ? 0 : 1 }],
	['eq3eq6', [qw(VC VI VA CR IR AR)], \&level36],
	['eq4', [qw(SC SI SA)], sub { my $v = shift; "$v->{SI}$v->{SA}" =~ /S/ ? 0 : "$v->{SC}$v->{SI}$v->{SA}" =~ /H/ ? 1 : 2 }]);

my (%member, %per_level);
sub print_numbers
{
	my ($declaration, @numbers) = @_;
	print "static const $declaration = {";
	my $width = 120;
	for my $i (0 .. $#numbers)
	{
		my $text = " $numbers[$i]" . ($i < $#numbers ? ',' : '');
		if ($width + length $text > 112) { print "\n\t"; $width = 4; $text =~ s/^ //; }
		print $text;
		$width += length $text;
	}
	print "\n};\n\n";
}

print <<'END';
/*
 * cvss_v4_data.h
 *		Tables of CVSS v4.0. Made by contrib/cvss4/make_data.pl; do not edit.
 *
 * Scores, highest vectors and depths are FIRST's numbers: Copyright (c) 2023 FIRST.ORG, Inc., Red
 * Hat, and contributors; BSD-2-Clause, the notice is in contrib/cvss4/LICENSE.
 */
END
for my $class (@classes)
{
	my ($name, $metrics, $level) = @$class;
	my @combinations = ({});
	for my $metric (@$metrics)
	{
		@combinations = map { my $c = $_; map { +{ %$c, $metric => $_ } } split //, $values{$metric} } @combinations;
	}
	my (@rows, @of_level);
	for my $i (0 .. $#combinations)
	{
		my $l = $level->($combinations[$i]);
		my $number = $name eq 'eq3eq6' ? $class36{$l} : $l;
		my $steps = steps_below_highest("$name $l", $combinations[$i]);
		push @rows, [$number, $steps, scalar @{ $of_level[$number] // [] }];
		push @{ $of_level[$number] }, $i;
		my $none = $name eq 'eq3eq6' ? "$combinations[$i]{VC}$combinations[$i]{VI}$combinations[$i]{VA}" eq 'NNN'
			: $name eq 'eq4' ? "$combinations[$i]{SC}$combinations[$i]{SI}$combinations[$i]{SA}" eq 'NNN' : 0;
		$member{$name}[$number]{$none}{$steps} = 1;
	}
	$per_level{$name} = [map { scalar @$_ } @of_level];
	my @first = (0);
	push @first, $first[-1] + $_ for @{ $per_level{$name} };
	print "/* " . join(', ', @$metrics) . ": level, steps below the highest vector, place among those of the level */\n";
	print_numbers("PfCvss4Member ${name}_member[" . @rows . ']', map { "{$_->[0], $_->[1], $_->[2]}" } @rows);
	print "/* The same, by level */\n";
	print_numbers("uint16 ${name}_of_level[" . @rows . ']', map { @$_ } @of_level);
	print_numbers("uint16 ${name}_first[" . @first . ']', @first);
}
$per_level{eq5} = [2, 1, 1];

# Macrovectors, in the order EQ1, EQ2, EQ3 and EQ6, EQ4, EQ5
my @macro;
for my $eq1 (0 .. 2) { for my $eq2 (0 .. 1) { for my $eq36 (0 .. 4) { for my $eq4 (0 .. 2) { for my $eq5 (0 .. 2)
{
	push @macro, [$eq1, $eq2, $eq36, $eq4, $eq5];
}}}}}
sub score_of
{
	my ($eq1, $eq2, $eq36, $eq4, $eq5) = @_;
	return undef if $eq36 < 0 || $eq36 > 4;
	my ($eq3, $eq6) = split //, $class36[$eq36];
	return $tenths{"$eq1$eq2$eq3$eq4$eq5$eq6"};
}
my @next36 = ([1, 2], [3], [3], [4], []);
my (@rows, @low, @high);
for my $m (@macro)
{
	my ($eq1, $eq2, $eq36, $eq4, $eq5) = @$m;
	my $score = score_of(@$m);
	my @lower = (
		score_of($eq1 + 1, $eq2, $eq36, $eq4, $eq5), score_of($eq1, $eq2 + 1, $eq36, $eq4, $eq5),
		(max grep { defined } map { score_of($eq1, $eq2, $_, $eq4, $eq5) } @{ $next36[$eq36] }) // undef,
		score_of($eq1, $eq2, $eq36, $eq4 + 1, $eq5), score_of($eq1, $eq2, $eq36, $eq4, $eq5 + 1));
	my $n = grep { defined } @lower;
	my @drop = map { defined $lower[$_] ? $score - $lower[$_] : 0 } 0 .. 3;
	push @rows, "{$score, $n, {" . join(', ', @drop) . '}}';

	# The scores that its vectors reach: from the furthest below the highest, or 0.0 if it holds vectors without impact
	my @depths = map { $depth{$_} } "eq1 $eq1", "eq2 $eq2", "eq3eq6 $class36[$eq36]", "eq4 $eq4";
	my @name = qw(eq1 eq2 eq3eq6 eq4);
	my $furthest = sum map { my $of = $member{ $name[$_] }[$m->[$_]]; $drop[$_] * (max map { keys %$_ } values %$of) * 840 / $depths[$_] } 0 .. 3;
	my $bottom = $n == 0 ? $score : int((2 * ($score * 840 * $n - $furthest) + 840 * $n) / (1680 * $n));
	push @low, $member{eq3eq6}[$eq36]{1} && $member{eq4}[$eq4]{1} ? 0 : $bottom;
	push @high, $score;
}
print "/* Macrovectors: score in tenths, classes with a lower neighbour, what is lost towards it in EQ1, EQ2, EQ3 and EQ6, EQ4 */\n";
print_numbers('PfCvss4Macro macrovector[' . @macro . ']', @rows);
print "/* Steps between a level's highest vector and the next level, for EQ1, EQ2, EQ3 and EQ6, EQ4 */\n";
print_numbers("uint8 eq1_depth[3]", map { $depth{"eq1 $_"} } 0 .. 2);
print_numbers("uint8 eq2_depth[2]", map { $depth{"eq2 $_"} } 0 .. 1);
print_numbers("uint8 eq3eq6_depth[5]", map { $depth{"eq3eq6 $_"} } @class36);
print_numbers("uint8 eq4_depth[3]", map { $depth{"eq4 $_"} } 0 .. 2);

# Cells: a score and a macrovector that reaches it, in that order, each with room for all vectors of the macrovector
my $below = 720 * 4096 * 2160;
my (@start, @cell_macro, @score_first, @cell_of, @macro_first);
$macro_first[0] = 0;
$macro_first[$_ + 1] = $macro_first[$_] + $high[$_] - $low[$_] + 1 for 0 .. $#macro;
for my $score (0 .. 100)
{
	push @score_first, scalar @start;
	my $room = 0;
	for my $i (grep { $low[$_] <= $score && $score <= $high[$_] } 0 .. $#macro)
	{
		my ($eq1, $eq2, $eq36, $eq4, $eq5) = @{ $macro[$i] };
		$cell_of[$macro_first[$i] + $score - $low[$i]] = @start;
		push @start, $room;
		push @cell_macro, $i;
		$room += $per_level{eq1}[$eq1] * $per_level{eq2}[$eq2] * $per_level{eq3eq6}[$eq36] * $per_level{eq4}[$eq4] * $per_level{eq5}[$eq5] * $below;
	}
	die "score $score does not fit" if $room > 2**56 - 2**41;
}
push @score_first, scalar @start;
print "/* Cells, one a score and macrovector that reaches it: cells before each score; macrovector; where its vectors begin */\n";
print_numbers('uint16 score_first[' . @score_first . ']', @score_first);
print_numbers('uint16 cell_macro[' . @cell_macro . ']', @cell_macro);
print_numbers('uint64 cell_start[' . @start . ']', map { "UINT64CONST($_)" } @start);
print "/* The cell of a macrovector and score: cell_of[macro_first[macrovector] + score - macro_low[macrovector]] */\n";
print_numbers('uint8 macro_low[' . @low . ']', @low);
print_numbers('uint16 macro_first[' . @macro . ']', @macro_first[0 .. $#macro]);
print_numbers('uint16 cell_of[' . @cell_of . ']', @cell_of);
