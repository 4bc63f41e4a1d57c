#!/usr/bin/env perl
# What may not stand in an install or upgrade script: whatever would take over, or be led astray by, what somebody put into the
# database before. Reads comments, strings and dollar quotes as PostgreSQL does, and looks into function bodies, DO blocks and the
# text of EXECUTE.
#   contrib/ci/script_lint.pl FILE...     prints file:line: what is wrong, and ends with 1 where there is something
use strict;
use warnings;

my $bad = 0;
my $file;
my %transition;    # names of transition tables, REFERENCING NEW TABLE AS name, of the file

# Tokens as [kind, text, line]: w word (lower case unless quoted), q quoted identifier, s string, d dollar-quoted text, n number, p anything else
sub tokens
{
	my ($text, $line) = @_;
	my @tokens;
	pos($text) = 0;
	while (pos($text) < length $text)
	{
		my ($kind, $value) = ('');
		if    ($text =~ /\G\s+/gc || $text =~ /\G--[^\n]*/gc) { }
		elsif ($text =~ m{\G/\*}gc)
		{
			my $depth = 1;
			my $start = pos($text) - 2;
			while ($depth && $text =~ m{\G.*?(/\*|\*/)}gcs) { $depth += $1 eq '/*' ? 1 : -1; }
			pos($text) = length $text if $depth;
			$line += substr($text, $start, pos($text) - $start) =~ tr/\n//;
			next;
		}
		elsif ($text =~ /\G[eE]'((?:[^'\\]|''|\\.)*)'/gcs) { ($kind, $value) = ('s', $1); }
		elsif ($text =~ /\G(?:[uU]&|[bBxXnN])?'((?:[^']|'')*)'/gc) { ($kind, $value) = ('s', $1); }
		elsif ($text =~ /\G\$([A-Za-z_]\w*)?\$(.*?)\$(??{ quotemeta($1 \/\/ '') })\$/gcs) { ($kind, $value) = ('d', $2); }
		elsif ($text =~ /\G"((?:[^"]|"")*)"/gc) { ($kind, $value) = ('q', $1); }
		elsif ($text =~ /\G([A-Za-z_\x80-\xff][\w\$\x80-\xff]*)/gc) { ($kind, $value) = ('w', lc $1); }
		elsif ($text =~ /\G(\d[\w.]*)/gc) { ($kind, $value) = ('n', $1); }
		elsif ($text =~ /\G(%(?:\d+\$)?[IsL]|::|:=|=>|\|\||<>|.)/gcs) { ($kind, $value) = ('p', $1); }
		my $matched = defined $& ? $& : '';
		push @tokens, [ $kind, $value, $line ] if $kind;
		$line += $matched =~ tr/\n//;
	}
	return @tokens;
}

sub report
{
	my ($token, $what) = @_;
	print "$file:$token->[2]: $what\n";
	$bad = 1;
	return;
}

my $made = qr/^(?:table|view|function|procedure|aggregate|type|domain|sequence|collation|operator|statistics)$/;
my %relation_kind = map { $_ => 1 } qw(table view sequence);
my %no_relation = map { $_ => 1 } qw(select lateral only values rows unnest generate_series);
my %statement_start = map { $_ => 1 } (';', '(', ')', 'begin', 'as', 'then', 'else', 'loop', 'atomic', '');
my %from_ends = map { $_ => 1 } qw(where group order having limit union except intersect select returning set window offset fetch for loop values);
my %takes_from = map { $_ => 1 } qw(extract substring trim overlay position);

# The text of a token as it is compared with a key word: a quoted identifier is none
sub word { my ($t) = @_; return defined $t && $t->[0] =~ /^[wp]$/ ? $t->[1] : ''; }

# Does a qualified name, or what stands for one (%I.%I, %s), begin at i?
sub is_qualified
{
	my ($t, $i) = @_;
	return 1 if word($t->[$i]) =~ /^%/;
	return word($t->[ $i + 1 ]) eq '.';
}

sub check_name
{
	my ($t, $i, $what) = @_;
	return if !defined $t->[$i] || is_qualified($t, $i);
	report($t->[$i], "$what \"$t->[$i][1]\" has no schema");
	return;
}

# A name after FROM and the like: of a relation, unless it is a function, a sub-query, a name of WITH or of pg_catalog
sub check_relation
{
	my ($t, $i, $known) = @_;
	my $token = $t->[$i];
	$i++, $token = $t->[$i] if word($token) eq 'only';
	return if !defined $token || $token->[0] !~ /^[wq]$/ || $no_relation{ word($token) };
	return if is_qualified($t, $i) || word($t->[ $i + 1 ]) eq '(';
	return if $known->{ $token->[1] } || $token->[1] =~ /^pg_/;
	report($token, "relation \"$token->[1]\" has no schema");
	return;
}

# One statement, or the body of a function: names after the key words that want a relation
sub check_statement
{
	my ($t) = @_;
	my %known = %transition;
	my @open;         # what stood before each open parenthesis
	my @in_from = (0);
	my $revokes = 0;
	for my $i (0 .. $#$t)
	{
		$known{ $t->[$i][1] } = 1
		  if $t->[$i][0] =~ /^[wq]$/ && (word($t->[ $i + 1 ]) eq 'as' || word($t->[ $i + 1 ]) eq '(') && with_name($t, $i);
	}
	for my $i (0 .. $#$t)
	{
		my $w = word($t->[$i]);
		my $before = $i ? word($t->[ $i - 1 ]) : '';
		my $after = word($t->[ $i + 1 ]);
		$revokes = 1 if $w eq 'revoke' && $statement_start{$before};
		$revokes = 0 if $w eq ';';
		if ($w eq '(') { push @open, $before; push @in_from, 0; next; }
		if ($w eq ')') { pop @open; pop @in_from if @in_from > 1; next; }
		$in_from[-1] = 0 if $from_ends{$w} || $w eq ';';
		report($t->[$i], 'CREATE OR REPLACE') if $w eq 'create' && $after eq 'or' && word($t->[ $i + 2 ]) eq 'replace';
		report($t->[$i], 'IF NOT EXISTS') if $w eq 'if' && $after eq 'not' && word($t->[ $i + 2 ]) eq 'exists' && word($t->[ $i + 3 ]) ne '(';
		report($t->[$i], 'SECURITY DEFINER') if $w eq 'security' && $after eq 'definer';
		report($t->[$i], 'GRANT TO PUBLIC') if $w eq 'public' && $before eq 'to' && !public_right($t, $i);
		if ($w eq 'search_path' && $before =~ /^(set|local|session)$/ && !pinned($t, $i))
		{
			report($t->[$i], 'search_path is not pg_catalog, pg_temp');
		}
		if ($w eq 'create' || ($w eq 'on' && $before eq 'comment') || ($w =~ /^(alter|drop)$/ && $statement_start{$before})) { check_made($t, $i + 1, $w); }
		if ($w eq 'from' && !(@open && $takes_from{ $open[-1] }) && $before ne 'distinct' && !$revokes)
		{
			$in_from[-1] = 1;
			check_relation($t, $i + 1, \%known);
		}
		elsif ($w eq ',' && $in_from[-1]) { check_relation($t, $i + 1, \%known); }
		elsif ($w eq 'join' || ($w eq 'into' && $before eq 'insert') || ($w eq 'references' && $t->[$i][0] eq 'w' && $after ne 'on' && $before ne ',')) { check_relation($t, $i + 1, \%known); }
		elsif ($w eq 'using' && word($t->[ $i + 1 ]) ne '(' && deletes($t, $i)) { $in_from[-1] = 1; check_relation($t, $i + 1, \%known); }
		elsif ($w =~ /^(update|table)$/ && $statement_start{$before} && $after !~ /^(set|of|on)$/) { check_relation($t, $i + 1, \%known); }
		elsif ($w eq 'execute' && $before !~ /^(grant|revoke|,)$/) { check_execute($t, $i); }
	}
	return;
}

# name AS [NOT] [MATERIALIZED] ( … or name (columns) AS ( …, after WITH [RECURSIVE] or a comma
sub with_name
{
	my ($t, $i) = @_;
	my $j = $i + 1;
	return 0 unless $i && word($t->[ $i - 1 ]) =~ /^(with|recursive|,)$/;
	if (word($t->[$j]) eq '(')
	{
		$j++ while $j < @$t && word($t->[$j]) ne ')';
		$j++;
	}
	return 0 unless word($t->[$j]) eq 'as';
	$j++;
	$j++ while word($t->[$j]) =~ /^(not|materialized)$/;
	return word($t->[$j]) eq '(';
}

sub deletes
{
	my ($t, $i) = @_;
	while ($i-- && word($t->[$i]) ne ';') { return word($t->[ $i - 1 ]) ne 'on' if word($t->[$i]) eq 'delete'; return 0 if word($t->[$i]) =~ /^(execute|raise|select|create|order|index)$/; }
	return 0;
}

# What types need: USAGE on the schema, and EXECUTE on the functions that set_public_rights() picks
sub public_right
{
	my ($t, $i) = @_;
	return $i >= 5 && join(' ', map { $_->[1] } @$t[ $i - 5 .. $i ]) =~ /^(usage on schema portfolio|execute on function %s) to public$/;
}

sub pinned
{
	my ($t, $i) = @_;
	return join(' ', map { word($_) } @$t[ $i + 1 .. ($i + 4 < $#$t ? $i + 4 : $#$t) ]) =~ /^(=|to) pg_catalog , pg_temp$/;
}

# CREATE, COMMENT ON, ALTER, DROP: what is made or meant
sub check_made
{
	my ($t, $i, $verb) = @_;
	$i++ while word($t->[$i]) =~ /^(or|replace|unlogged|materialized|constraint|unique|global|local)$/;
	my $kind = word($t->[$i]);
	report($t->[$i], 'a temporary object') if $kind =~ /^temp(orary)?$/;
	if ($kind =~ /^(index|trigger|policy)$/ && ($verb eq 'create' || $verb eq 'on' || $verb eq 'drop'))
	{
		return if $kind eq 'index' && $verb ne 'create';
		$i++ until $i > $#$t || word($t->[$i]) =~ /^(on|;)$/;
		check_name($t, $i + 1, 'relation') if word($t->[$i]) eq 'on';
		return;
	}
	if ($kind eq 'operator' && word($t->[ $i + 1 ]) =~ /^(class|family)$/) { $i++; }
	return unless $kind =~ $made || $kind eq 'column';
	$i++;
	$i++, $i++, $i++ if word($t->[$i]) eq 'if';
	if ($kind eq 'column') { report($t->[$i], "relation \"$t->[$i][1]\" has no schema") if word($t->[ $i + 3 ]) ne '.' && word($t->[$i]) !~ /^%/; }
	elsif ($kind ne 'operator' || word($t->[$i]) ne '(') { check_name($t, $i, $kind); }
	return;
}

# EXECUTE text: its statement is looked at too, and text is put into it by format(), not by ||
sub check_execute
{
	my ($t, $i) = @_;
	my $j = $i + 1;
	return if word($t->[$j]) =~ /^(function|procedure|on|'')$/;
	$j++ while word($t->[$j]) =~ /^(format|pg_catalog|\.|\()$/;
	return unless defined $t->[$j] && $t->[$j][0] =~ /^[sd]$/;
	my ($kind, $text, $line) = @{ $t->[$j] };
	$text =~ s/''/'/g if $kind eq 's';
	report($t->[$i], 'EXECUTE of text put together with ||') if word($t->[ $j + 1 ]) eq '||' && $j == $i + 1;
	my @inner = tokens($text, $line);
	check_statement(\@inner) if $kind eq 's';
	return;
}

# CREATE FUNCTION … LANGUAGE sql or plpgsql AS text: with its search_path
sub check_function
{
	my ($t) = @_;
	my @words = map { word($_) } @$t;
	my ($first) = grep { $words[$_] =~ /^(function|procedure)$/ } 0 .. ($#words < 3 ? $#words : 3);
	return unless @words && $words[0] eq 'create' && defined $first;
	my ($language, $body, $pinned) = ('', 0, 0);
	for my $i ($first .. $#words)
	{
		$language = $t->[ $i + 1 ][1] if $words[$i] eq 'language' && defined $t->[ $i + 1 ];
		$body = 1 if $words[$i] eq 'as' && defined $t->[ $i + 1 ] && $t->[ $i + 1 ][0] =~ /^[sd]$/;
		$pinned = 1 if $words[$i] eq 'search_path' && pinned($t, $i);
	}
	report($t->[$first], 'a function without search_path = pg_catalog, pg_temp') if $body && lc $language !~ /^(c|internal)$/ && !$pinned;
	return;
}

sub lint
{
	my ($text) = @_;
	my @statement;
	my $depth = 0;
	my $atomic = 0;
	my @tokens = tokens($text, 1);
	%transition = map { $tokens[$_][1] => 1 } grep { word($tokens[ $_ - 2 ]) eq 'table' && word($tokens[ $_ - 1 ]) eq 'as' } 2 .. $#tokens;
	for my $i (0 .. $#tokens)
	{
		my $token = $tokens[$i];
		report($token, "$token->[1], which the caller's names are put into")
		  if $token->[1] =~ /\@ext(schema|owner)\b/ || ($i && word($tokens[ $i - 1 ]) eq '@' && $token->[1] =~ /^ext(schema|owner)$/);
		push @statement, $token;
		my $w = word($token);
		$depth++ if $w eq '(';
		$depth-- if $w eq ')';
		# BEGIN ATOMIC … END: CASE has an END too
		if ($w eq 'atomic') { $atomic = 1; }
		elsif ($atomic && $w eq 'case') { $atomic++; }
		elsif ($atomic && $w eq 'end') { $atomic--; }
		next unless $w eq ';' && $depth == 0 && !$atomic;
		check_function(\@statement);
		check_statement(\@statement);
		for my $inner (grep { $_->[0] eq 'd' && $_->[1] =~ /\b(select|insert|update|delete|create|begin)\b/i } @statement) { check_body($inner); }
		@statement = ();
	}
	return;
}

# What is dollar-quoted in what is dollar-quoted is looked at too
sub check_body
{
	my ($token) = @_;
	my @inner = tokens($token->[1], $token->[2]);
	check_statement(\@inner);
	check_body($_) for grep { $_->[0] eq 'd' && $_->[1] =~ /\b(select|insert|update|delete|create|begin)\b/i } @inner;
	return;
}

for (@ARGV)
{
	$file = $_;
	open(my $in, '<', $file) or die "$file: $!";
	my $text = do { local $/; <$in> };
	# A script that runs by itself says first where names are looked for, and that the names which it reads back are as it wrote them
	if ($file =~ /--[^\/]*\.sql$/)
	{
		my @first = grep { !/^\s*(--.*|\\echo.*)?$/ } split /\n/, $text;
		for my $set ('SET LOCAL search_path = pg_catalog, pg_temp;', 'SET LOCAL quote_all_identifiers = off;')
		{
			report([ '', '', 1 ], "the script does not begin with $set") unless (shift @first // '') eq $set;
		}
		$text =~ s/^\\.*//mg;
	}
	lint($text);
}
exit $bad;
