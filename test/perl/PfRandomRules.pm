# Random columns, values and rules, the same for the same seed: what test/t/120_quality_property.pl draws from.
#
# A column has a type, a pool of literals (values repeat) or a generating expression (they do not), and a share of
# NULLs. A rule is drawn by the family of its column: shapes that native code knows, their near misses, shapes that
# nobody knows, and shapes that raise an error on some values; then combined with others, of the same column more often
# than not.
package PfRandomRules;
use strict;
use warnings;

sub new
{
	my ($class, $seed) = @_;

	srand($seed);
	return bless {}, $class;
}

sub pick { return $_[int(rand(@_))]; }
sub chance { return rand() < $_[0]; }
sub quote { my ($s) = @_; $s =~ s/'/''/g; return "'$s'"; }

my @texts = (
	'', ' ', '  ', 'a', 'A', 'b', 'B', 'ab', 'aB', 'abc', 'abcabc', 'a1', '1', '12', '123', '007', '12.5', '1.', '.5', '-3', '2147483648',
	'2001-09-27', '2001-13-41', '1999/01/31', 'é', 'É', 'éa1', 'ß', 'ss', '１２', '日本', "a\nb", 'a b', "a\tb", 'Z99', 'V81997', 'RTA', 'RJ122', 'A81001',
	'9990000018', '9990000019', '943 476 5919', '9434765919', 'zz-top', 'A-Z', "o'brien", 'x_y', '50%', 'a\b', '\\', '[a]', 'null', 'TESTWn4Rt4ww00zI',
	'TESTWn4Rt4ww00zIO', '12345678', '123456789', 'SW1A 1AA', '99');
my @long = ("repeat('x', 5000)", "repeat('aé', 3000)", "(SELECT string_agg(md5(i::text), '') FROM generate_series(1, 200) i)", "repeat('7', 2100)");
my @words = ('a', 'b', 'ab', 'é', 'RTA', '1', '12', '', ' ', 'x', 'É', 'Z99', '2001-09-27', 'V81997', '日本', 'abc', 'TESTWn4Rt4ww00zI', '9434765919');

# declaration => [family, literals]
my @types = (
	['text', 'text', @texts], ['text', 'text', @texts], ['text', 'text', @texts[ 0 .. 9 ]], ['text COLLATE "C"', 'text', @texts],
	['text COLLATE public.ci', 'ci', qw(a A b B ab aB AB é É e abc ABC), '', ' ', '12', 'ss', 'ß', '9434765919'], ['text COLLATE "en-x-icu"', 'text', @texts], ['varchar', 'text', @texts], ['varchar(17)', 'text', @texts],
	['char(4)', 'bpchar', '', 'a', 'ab  ', 'abcd', ' x', 'é', 'A'], ['public.short', 'text', @texts], ['public.coded', 'text', 'RTA', 'M84031', 'é', 'a', ''],
	['"char"', 'char1', 'a', 'b', '1', 'Z', ''], ['name', 'name', 'a', 'ab', 'é', 'RTA', '12'],
	['smallint', 'int', 0, 1, -1, 7, 32767, -32768], ['int', 'int', 0, 1, -1, 7, 120, 121, 2147483647, -2147483648], ['int', 'int', 0 .. 9],
	['bigint', 'int', 0, 1, -1, 7, 2147483648, '9223372036854775807', '-9223372036854775808'], ['public.age', 'int', 0, 5, 119],
	['numeric', 'num', '0', '1', '1.0', '1.00', '-2.5', 'NaN', 'Infinity', '-Infinity', '1e30'], ['numeric(6,2)', 'num', '0', '1.5', '-99.99', '1234.56', 'NaN'],
	['float8', 'num', '0', '-0', '1.5', '1', 'NaN', 'Infinity', '-Infinity', '1e308', '1e-300'], ['real', 'num', '0', '-0', '1.5', 'NaN', '3e38'],
	['date', 'date', '2024-02-29', '1800-01-01', 'infinity', '-infinity', '2001-09-27', '4713-01-01 BC', '5874897-12-31'],
	['timestamp', 'stamp', '2024-02-29 12:00', 'infinity', '-infinity', '2001-09-27', '2024-03-31 01:30'],
	['timestamptz', 'stamp', '2024-03-31 00:30+00', '2024-10-27 01:30+01', 'infinity', '-infinity', '1800-01-01 00:00+00'],
	['time', 'time', '00:00', '24:00', '12:34:56.789'], ['interval', 'interval', '1 day', '24:00', '1 month', '-3 days', '30 days'],
	['boolean', 'bool', 't', 'f'], ['int[]', 'ints', '{}', '{1,2,3}', '{NULL,1}', '[0:1]={7,8}', '{{1,2},{3,4}}'],
	['text[]', 'texts', '{}', '{a,b}', '{é,NULL}', '{""}'], ['uuid', 'uuid', '00000000-0000-0000-0000-000000000000', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'],
	['bytea', 'bytea', '', '\x00', '\x6100', '\x61'], ['jsonb', 'json', '{}', '{"a": 1}', '{"a": "x", "b": [1, 2]}', '[]', 'null', '7'],
	['inet', 'inet', '10.0.0.1', '10.0.0.0/8', '::1'], ['portfolio.nhs_number', 'nhs', '9434765919', '9990000018'],
	['portfolio.ods_code', 'ods', 'RTA', 'RJ122', 'A81001']);

# What never comes again, by family; the memo must be given up
my %unique = (
	text => "CASE WHEN g % 3 = 0 THEN 'é' ELSE '' END || md5(g::text)", int => 'g % 32000', num => 'g / 7.0', date => "date '2000-01-01' + g",
	stamp => "timestamp '2000-01-01' + g * interval '1 hour'", uuid => 'md5(g::text)::uuid', bytea => "decode(md5(g::text), 'hex')", ints => 'ARRAY[g, NULL, g % 3]');

# A few characters that the regular expressions and LIKE patterns below speak of.
sub scribble { return join('', map { pick('a', 'a', 'b', 'c', 'A', '1', '1', ' ', '-', "\n", 'é', 'x', '.') } 0 .. rand(5)); }

# Columns of one table: each a hash of name, declaration, family, literals, and the SQL of its value in row g.
sub columns
{
	my ($self, $n, $nunique) = @_;
	my @columns;

	for my $no (1 .. $n)
	{
		my ($declaration, $family, @literals) = @{ $types[ int(rand(@types)) ] };
		my $nulls = pick(0, 0.1, 0.1, 0.5, 0.97);
		my $type = $declaration =~ s/ COLLATE.*//r;
		my %base = ('public.short' => 'text', 'public.coded' => 'varchar', 'public.age' => 'int', 'char(4)' => 'bpchar', 'varchar(17)' => 'varchar', 'numeric(6,2)' => 'numeric');
		my $column = { name => "c$no", declaration => $declaration, base => $base{$type} || $type, family => $family, domain => scalar($type =~ /^public/), pool => 'NULL::text[]' };
		my $value;

		@literals = map { pick(@literals) } 1 .. 2 + rand(12);
		if ($unique{$family} && $declaration !~ /\(|short|coded|age/ && ($no <= $nunique || chance(0.1)))
		{
			$value = "($unique{$family})::$type";
		}
		else
		{
			my @values = map { quote($_) } @literals;

			# neighbours of a value, which some comparison takes for the same
			push @values, map { quote(pick(lc $_, uc $_, "$_ ", " $_")) } $family eq 'ci' ? @literals : @literals[0, 1] if $family =~ /^(text|ci)$/ && $declaration !~ /\(/;
			push @values, map { quote(scribble()) } 0 .. rand(6) if $family =~ /^(text|ci)$/ && !$column->{domain} && $declaration !~ /\(/;
			@values = map { "left($_, 17)" } @values if $declaration eq 'varchar(17)';
			push @values, pick(@long) if $family =~ /^(text|ci)$/ && $declaration !~ /\(/ && chance(0.3);
			$value = "(p.c${no}[1 + floor(random() * cardinality(p.c$no))::int])::$type";
			$column->{pool} = 'ARRAY[' . join(', ', map { "($_)::text" } @values) . ']';
		}
		$column->{literals} = \@literals;
		$column->{value} = $nulls ? "CASE WHEN random() >= $nulls THEN $value END" : $value;
		push @columns, $column;
	}
	return @columns;
}

# A literal of a column: one that occurs, or another of its type.
sub literal
{
	my ($c) = @_;

	return quote(pick(@words)) if $c->{family} =~ /^(text|ci|bpchar)$/ && chance(0.5);
	return quote(pick(@{ $c->{literals} })) . "::$c->{base}" if chance(0.3);
	return pick(@{ $c->{literals} }) if $c->{family} eq 'int' && chance(0.7);
	return quote(pick(@{ $c->{literals} }));
}

sub list { my ($c, $n) = @_; return join(', ', map { literal($c) } 1 .. $n || 1 + rand(5)); }

# A regular expression that is valid; most are of the kind that becomes an automaton, some only look like it.
sub regex
{
	my ($depth) = @_;
	my @atoms = (qw(a b c A 1 \d \d \w \s . [a-c] [A-Z] [0-9] [^a] [a-zA-Z0-9] []a] [a-] \. \- é Z x \S [[:alpha:]] [é-ü] \D \w [^[:digit:]]), ' ', '-');
	my $text = '';

	for (1 .. 1 + rand(4))
	{
		my $atom = $depth > 0 && chance(0.25) ? pick('(', '(?:') . regex($depth - 1) . (chance(0.5) ? '|' . regex($depth - 1) : '') . ')' : pick(@atoms);

		$text .= $atom . (chance(0.4) ? pick('*', '+', '?', '{2}', '{1,3}', '{2,}', '{0,1}', '+?', '*?') : '');
	}
	return $text;
}

sub whole_regex
{
	my $body = regex(2);
	my $form = rand();

	return "^$body\$" if $form < 0.45;
	return pick('^.*$', '^.+$', '^a.b$', '^[a-z]*.?$', '^.{2}$', '^\d+$', '^\d{4}-\d\d-\d\d$', '^[A-Z]{1,2}\d+$', '^\s*\S+\s*$', '^[^a-z]+$', '^(a|ab)(c|bc)?$', '^\w*$') if $form < 0.65;
	return pick("^$body", "$body\$", $body, "^$body\$|^b\$", "(^$body\$)", "^(?:$body)\$", "(?i)^$body\$", "^(a|b)\\1\$", "^(?=a)$body\$", "\\A$body\\Z", "***:^$body\$", "^$body\\y", "\\m$body", "^$body|b\$", '^$', '^', "(?n)^$body\$", '(?x) ^ ' . ($body =~ s/ /_/gr) . ' $');
}

sub like_pattern
{
	my $pattern = join('', map { pick('a', 'b', 'é', '%', '%', '_', '1', 'A', '-', '\\%', '\\_', '\\a', '日') } 0 .. rand(5));

	return pick($pattern, $pattern, "$pattern%", "%$pattern", "%$pattern%", '%', '', chance(0.2) ? "$pattern\\" : 'ab');
}

my %shapes;
$shapes{any} = [
	sub { "$_[0]{name} IS NULL" }, sub { "$_[0]{name} IS NOT NULL" }, sub { "$_[0]{name} IS NOT NULL IS TRUE" }, sub { "coalesce($_[0]{name} IS NULL, true)" },
	sub { "num_nulls($_[0]{name}) = 0" }];
$shapes{compared} = [
	sub { "$_[0]{name} " . pick('=', '=', '=', '<>', '<', '<=', '>', '>=') . ' ' . literal($_[0]) },
	sub { literal($_[0]) . ' ' . pick('=', '<>', '<', '>=') . " $_[0]{name}" },
	sub { "$_[0]{name} " . pick('IN', 'NOT IN') . ' (' . list($_[0]) . (chance(0.2) ? ', NULL' : '') . ')' },
	sub { "$_[0]{name} " . pick('= ANY', '<> ALL', '<> ANY', '= ALL', '< ANY') . ' (ARRAY[' . list($_[0]) . "]::$_[0]{base}\[])" },
	sub { "$_[0]{name} " . pick('', 'NOT ') . 'BETWEEN ' . pick('', 'SYMMETRIC ') . literal($_[0]) . ' AND ' . literal($_[0]) },
	sub { "$_[0]{name} IS " . pick('', 'NOT ') . 'DISTINCT FROM ' . literal($_[0]) },
	sub { "nullif($_[0]{name}, " . literal($_[0]) . ') IS NULL' }, sub { "greatest($_[0]{name}, " . literal($_[0]) . ") = $_[0]{name}" },
	sub { "CASE WHEN $_[0]{name} = " . literal($_[0]) . ' THEN ' . pick('true', 'NULL', 'false') . " ELSE $_[0]{name} > " . literal($_[0]) . ' END' },
	sub { "coalesce($_[0]{name}, " . literal($_[0]) . ') = ' . literal($_[0]) }];
my @lengths = (
	sub { pick('length', 'char_length', 'character_length', 'octet_length') . "($_[0]{name}) " . pick('=', '<>', '<', '<=', '>', '>=') . ' ' . pick(0, 1, 2, 3, 10, 17, 32, 5000) },
	sub { pick(1, 3, 16) . ' ' . pick('=', '<', '>=') . " length($_[0]{name})" }, sub { "length($_[0]{name}) BETWEEN 1 AND " . pick(2, 10, '3000::bigint') },
	sub { "length($_[0]{name}) IN (0, 2, 10)" }, sub { "length(btrim($_[0]{name})) > 0" });
$shapes{text} = [
	@lengths, sub { "$_[0]{name} " . pick('~', '~', '~', '!~', '~*', '!~*') . ' ' . quote(whole_regex()) }, sub { "$_[0]{name} ~ " . quote(whole_regex()) },
	sub { "$_[0]{name} " . pick('LIKE', 'LIKE', 'NOT LIKE', 'ILIKE', '~~', '!~~*') . ' ' . quote(like_pattern()) }, sub { "$_[0]{name} LIKE " . quote(like_pattern()) },
	sub { "$_[0]{name} LIKE '" . pick('a#%', '%#_%', 'é%') . "' ESCAPE '#'" }, sub { "$_[0]{name} SIMILAR TO " . quote(pick('a%', '(a|b)_*', '[0-9]{2,3}', '%é%')) },
	sub { "$_[0]{name} ~ ANY (ARRAY[" . quote(whole_regex()) . ", '^a'])" }, sub { pick('is_nhs_number', 'is_ods_code', 'is_chi_number', 'is_postcode', 'is_sctid') . "($_[0]{name})" },
	sub { "in_value_set($_[0]{name}, " . pick("'ethnic_category'", "'person_stated_gender'", "'admission_method', '2020-01-01'", "'ethnic_category', '1990-01-01'", "NULL") . ')' },
	sub { pick('nhs_number_problem', 'ods_code_problem') . "($_[0]{name}) IS " . pick('NULL', "DISTINCT FROM 'check_digit'") },
	sub { pick('try_nhs_number', 'try_ods_code') . "($_[0]{name}) IS NOT NULL" }, sub { "btrim($_[0]{name}) " . pick('<>', '=') . " ''" },
	sub { pick('upper', 'lower', 'initcap') . "($_[0]{name}) = $_[0]{name}" }, sub { "upper($_[0]{name}) IN ('A', 'AB', 'É')" },
	sub { "$_[0]{name} COLLATE \"C\" " . pick('<', '=', '>=') . ' ' . quote(pick(@words)) }, sub { "$_[0]{name} COLLATE public.ci = " . quote(pick(@words)) },
	sub { pick('left', 'right') . "($_[0]{name}, " . pick(1, 2, -1) . ') = ' . quote(pick(@words)) }, sub { "substr($_[0]{name}, 1, 2) = " . quote(pick(@words)) },
	sub { "$_[0]{name} || 'a' = " . quote(pick(@words)) }, sub { "starts_with($_[0]{name}, " . quote(pick(@words)) . ')' }, sub { "strpos($_[0]{name}, 'a') > 0" },
	sub { "$_[0]{name}::" . pick('int', 'numeric', 'smallint', 'bigint', 'float8') . ' > ' . pick(0, 3, 100) }, sub { "$_[0]{name}::date < '2001-01-01'" },
	sub { "to_date($_[0]{name}, 'YYYY-MM-DD') > '2000-01-01'" }, sub { "regexp_replace($_[0]{name}, '\\d', '', 'g') = ''" },
	sub { "array_length(string_to_array($_[0]{name}, '-'), 1) = 3" }, sub { "ascii($_[0]{name}) > 64" }, sub { "length(convert_to($_[0]{name}, 'LATIN1')) > 1" },
	sub { "split_part($_[0]{name}, '-', 1) = '2001'" }, sub { "md5($_[0]{name}) < '8'" }, sub { "translate($_[0]{name}, '0123456789', '') = ''" },
	sub { "$_[0]{name}::varchar(2) = " . quote(pick(@words)) }, sub { "$_[0]{name}::char(3) = " . quote(pick(@words)) }, sub { "reverse($_[0]{name}) = $_[0]{name}" }];
$shapes{ci} = $shapes{text};
$shapes{bpchar} = [ @lengths, @{ $shapes{text} }[ 5 .. 9 ], sub { "$_[0]{name}::text = " . quote(pick('a', 'ab', 'ab  ')) }, sub { "$_[0]{name} = 'a '::bpchar" } ];
$shapes{char1} = [ sub { "$_[0]{name}::text = 'a'" } ];
$shapes{name} = [ sub { "length($_[0]{name}::text) = 2" }, sub { "$_[0]{name} ~ '^[a-z]+\$'" }, sub { "$_[0]{name} = 'a'::text" } ];
$shapes{int} = [
	sub { "$_[0]{name} " . pick('=', '<>', '<', '<=', '>', '>=') . ' ' . pick(0, 7, 120, 2147483648, -2147483649, '9223372036854775807', '(-9223372036854775808)', '1.5', "1.0::float8", "'1'::smallint", "2::bigint") },
	sub { "$_[0]{name} IN (0, 7, " . pick('2147483648', '1.0', 'NULL', '70000', '5') . ')' }, sub { "$_[0]{name} + 1 > 0" }, sub { "$_[0]{name} * 2 < 100" },
	sub { "100 / $_[0]{name} > 3" }, sub { "$_[0]{name} % 7 = 0" }, sub { "7 % $_[0]{name} = 0" }, sub { "abs($_[0]{name}) > 3" }, sub { "- $_[0]{name} < 0" },
	sub { "$_[0]{name}::text = '1'" }, sub { "$_[0]{name}::smallint = 1" }, sub { "$_[0]{name}::bigint IN (1, 7)" }, sub { "$_[0]{name} & 1 = 1" },
	sub { "$_[0]{name}::numeric / 3 > 1" }, sub { "sqrt($_[0]{name}) > 1" }, sub { "chr(($_[0]{name} % 300)::int) = 'a'" }];
$shapes{num} = [
	sub { "$_[0]{name} " . pick('=', '<', '>=') . ' ' . pick("'NaN'", "'Infinity'", '0', '1', '1.5', "1.5::real", '1e30') }, sub { "1 / $_[0]{name} > 0" }, sub { "$_[0]{name} * 10 > 1" },
	sub { "sqrt($_[0]{name}) >= 1" }, sub { "ln($_[0]{name}) > 0" }, sub { "$_[0]{name}::int = 1" }, sub { "$_[0]{name}::text = '1'" }, sub { "round($_[0]{name}::numeric, 1) = 1.5" },
	sub { "$_[0]{name} / 0.0 > 1" }, sub { "exp($_[0]{name}) > 2" }, sub { "sign($_[0]{name}) = 1" }, sub { "$_[0]{name}::real = 1.5" }];
$shapes{date} = [
	sub { "$_[0]{name} " . pick('<', '<=', '=', '>') . ' ' . pick("timestamp '2001-09-27 00:00'", "timestamptz '2001-09-26 23:00+00'", "date '2024-02-29'", "'infinity'") },
	sub { "extract(" . pick('year', 'dow', 'month') . " FROM $_[0]{name}) > 5" }, sub { "isfinite($_[0]{name})" }, sub { "$_[0]{name} - date '2000-01-01' > 30" },
	sub { "$_[0]{name} + 1 > '2001-01-01'" }, sub { "to_char($_[0]{name}, 'YYYY') = '2024'" }, sub { "$_[0]{name}::timestamptz < '2001-09-27'" }, sub { "$_[0]{name} + interval '1 month' > '2024-01-01'" }];
$shapes{stamp} = [
	sub { "$_[0]{name}::date = '2024-03-31'" }, sub { "date_trunc('month', $_[0]{name}) = '2024-03-01'" }, sub { "extract(hour FROM $_[0]{name}) < 12" }, sub { "$_[0]{name} > date '2001-01-01'" },
	sub { "$_[0]{name} AT TIME ZONE 'America/New_York' > '2001-01-01'" }, sub { "$_[0]{name}::time < '12:00'" }, sub { "$_[0]{name} < timestamptz '2024-03-31 01:00+01'" }, sub { "$_[0]{name} - timestamp '2000-01-01' > '1 day'" }];
$shapes{time} = [ sub { "extract(hour FROM $_[0]{name}) < 12" }, sub { "$_[0]{name} + interval '1 hour' > '01:00'" } ];
$shapes{interval} = [ sub { "$_[0]{name} * 2 > '1 day'" }, sub { "extract(day FROM $_[0]{name}) = 1" } ];
$shapes{bool} = [
	sub { $_[0]{name} }, sub { "NOT $_[0]{name}" }, sub { "$_[0]{name} IS " . pick('', 'NOT ') . pick('TRUE', 'FALSE', 'UNKNOWN') }, sub { "$_[0]{name} = true" }, sub { "$_[0]{name}::int = 1" }];
$shapes{ints} = [
	sub { pick(1, 7, 'NULL') . pick(' = ANY', ' <> ALL', ' > ANY') . " ($_[0]{name})" }, sub { "$_[0]{name}\[" . pick(0, 1, 2) . "] = 1" }, sub { "$_[0]{name} @> '{1}'" }, sub { "cardinality($_[0]{name}) > 1" },
	sub { "array_length($_[0]{name}, 1) = 3" }, sub { "array_position($_[0]{name}, 1) = 1" }, sub { "$_[0]{name} && ARRAY[7, 3]" }, sub { "$_[0]{name}\[1:2] = '{1,2}'" }];
$shapes{texts} = [ sub { "'a' = ANY ($_[0]{name})" }, sub { "array_to_string($_[0]{name}, ',') ~ '^a'" }, sub { "$_[0]{name}\[1] = 'é'" }, sub { "'a' LIKE ANY ($_[0]{name})" } ];
$shapes{uuid} = [ sub { "$_[0]{name}::text ~ '^a'" } ];
$shapes{bytea} = [ sub { "length($_[0]{name}) > 0" }, sub { "get_byte($_[0]{name}, 1) = 0" }, sub { "encode($_[0]{name}, 'hex') = '61'" }, sub { "convert_from($_[0]{name}, 'UTF8') = 'a'" } ];
$shapes{json} = [
	sub { "$_[0]{name} ? 'a'" }, sub { "$_[0]{name} ->> 'a' = 'x'" }, sub { "($_[0]{name} ->> 'a')::int > 0" }, sub { "$_[0]{name} @> '{\"a\": 1}'" }, sub { "jsonb_array_length($_[0]{name}) = 0" },
	sub { "jsonb_typeof($_[0]{name}) = 'object'" }];
$shapes{inet} = [ sub { "$_[0]{name} << '10.0.0.0/8'" }, sub { "family($_[0]{name}) = 4" }, sub { "host($_[0]{name}) = '10.0.0.1'" }, sub { "$_[0]{name} + 1 > '10.0.0.1'" } ];
$shapes{nhs} = [ sub { "nhs_number_range($_[0]{name}) IS NOT NULL" }, sub { "$_[0]{name}::text = '9434765919'" } ];
$shapes{ods} = [ sub { "$_[0]{name}::text ~ '^R'" } ];

my %uncompared = (json => 1);

# One predicate over one column.
sub atom
{
	my ($c) = @_;
	my $shape = rand();

	return pick(@{ $shapes{any} })->($c) if $shape < 0.08;
	return pick(@{ $shapes{compared} }[ 0 .. 9, (0, 2) x 5, (3, 4) x 2 ])->($c) if $shape < 0.5 && !$uncompared{ $c->{family} };
	# of text, more often the shapes that native code knows, or nearly
	return pick(@{ $shapes{text} }[ 0 .. 14, (5, 6) x 5, (7, 8) x 3 ])->($c) if $c->{family} =~ /^(text|ci)$/ && chance(0.6);
	return pick(@{ $shapes{ $c->{family} } })->($c);
}

# One over two columns of a family.
sub across
{
	my ($c, @columns) = @_;
	my $other = pick(grep { $_->{family} eq $c->{family} } @columns);

	# two values of a user's domain have that domain in common, which a rule may not make
	return "$c->{name} = $other->{name}" if $c->{domain} && $other->{domain};

	return pick("$c->{name} " . pick('=', '<>', '<', '<=', '>', '>=') . " $other->{name}", "$c->{name} IS DISTINCT FROM $other->{name}",
		"coalesce($c->{name}, $other->{name}) IS NOT NULL", "($c->{name}, $other->{name}) = ($other->{name}, $c->{name})",
		$uncompared{ $c->{family} } ? "$c->{name} = $other->{name}" : "$c->{name} BETWEEN $other->{name} AND " . literal($c));
}

sub rule
{
	my ($self, @columns) = @_;
	my $c = pick(map { ($_) x ($_->{family} =~ /^(text|ci)$/ ? 4 : $_->{family} =~ /^(int|date)$/ ? 2 : 1) } @columns);
	my $form = rand();
	my $next = sub { atom(chance(0.75) ? $c : pick(@columns)) };

	return atom($c) if $form < 0.55;
	return across($c, @columns) if $form < 0.65;
	return '(' . $next->() . ') ' . pick('AND', 'OR') . ' (' . $next->() . ')' . (chance(0.3) ? ' ' . pick('AND', 'OR') . ' NOT (' . $next->() . ')' : '') if $form < 0.85;
	return 'NOT (' . $next->() . ')' if $form < 0.9;
	return '(' . $next->() . ') IS ' . pick('TRUE', 'NOT TRUE', 'FALSE', 'UNKNOWN', 'NOT UNKNOWN') if $form < 0.93;
	return 'coalesce(' . $next->() . ', ' . pick('true', 'false') . ')' if $form < 0.95;
	return 'CASE WHEN ' . $next->() . ' THEN ' . $next->() . pick('', ' ELSE ' . $next->()) . ' END' if $form < 0.98;
	return pick('true', 'NULL::boolean', '1 = 2', '(' . $next->() . ') = (' . $next->() . ')');
}

1;
