# Sheets as files: out and in again for every kind, in the encodings that files have; and the past as it was printed.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\npg_portfolio.run_jobs = off\nDateStyle = 'SQL, DMY'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_portfolio CASCADE');
$node->safe_psql('postgres', q{
SET client_min_messages = warning;
SELECT count(*) FROM portfolio.load_example();
INSERT INTO portfolio.supplier (code, name) VALUES ('SUP', 'A "quoted", supplier');
INSERT INTO portfolio.contract (code, name, supplier, value_gbp, valid) SELECT 'CON', E'two\nlines ', id, 1234.50, '[2016-04-01,2018-03-31]' FROM portfolio.supplier WHERE code = 'SUP';
INSERT INTO portfolio.technology (code, name, support_ends_on) VALUES ('T', 'Technology – £5', '2018-11-30');
INSERT INTO portfolio.data_flow (code, name, sender, receiver, legal_basis) VALUES ('F', 'Flow', portfolio.element_ref('system:SUS'), portfolio.element_ref('COMMISSIONERS'), 'direction');
INSERT INTO portfolio.interface (code, name, system, access_rule) VALUES ('IF', 'Interface', portfolio.element_ref('system:SPINE'), 'agreement');
SELECT portfolio.define_property('service', 'level', 'integer'), portfolio.define_property('service', 'asks', 'element', 'Asks');
INSERT INTO portfolio.element_property (element, key, value, valid) VALUES (portfolio.element_ref('service:EPS'), 'level', '3', '(,)'), (portfolio.element_ref('service:EPS'), 'asks', 'system:SPINE', '(,)');
INSERT INTO portfolio.role_holder (element, role, party, valid) VALUES (portfolio.element_ref('service:EPS'), 'service_owner', portfolio.element_ref('team:SSD'), '[2016-04-01,2018-03-31]');
INSERT INTO portfolio.system_technology (system, technology, purpose) VALUES (portfolio.element_ref('system:SPINE'), portfolio.element_ref('technology:T'), 'storage');
INSERT INTO portfolio.conformance (interface, standard, status, evidence) VALUES (portfolio.element_ref('interface:IF'), portfolio.element_ref('ISO27001'), 'assured', 'Certificate "4711"');
INSERT INTO portfolio.observation (measure, element, organisation, during, numerator, denominator) VALUES ('use', portfolio.element_ref('service:EPS'), portfolio.element_ref('PHARMACY'), '[2016-04-01,2017-04-01)', 1, 3);
INSERT INTO portfolio.organisation_role (organisation, role, is_primary) VALUES (portfolio.element_ref('PHARMACY'), 'RO182', true);
INSERT INTO portfolio.element_alias (element, scheme, value) VALUES (portfolio.element_ref('service:EPS'), 'name', 'Release 2');
UPDATE portfolio.relationship SET attributes = '{"influence": "-", "note": "x, y"}', valid = '[2016-04-01,)' WHERE source = portfolio.element_ref('service:EPS');
});
my @links = qw(relationship role_holder system_technology conformance observation organisation_role element_alias);
my $dir = PostgreSQL::Test::Utils::tempdir;

# load(KIND, FILE, COPY_OPTIONS): a table sheet of text columns with the headings of the file, filled from it
sub load
{
	my ($file, $options) = @_;
	my ($head) = slurp_file($file) =~ /\A(.*?)\r?\n/;
	$head =~ s/\A\xEF\xBB\xBF//;
	my $columns = join(', ', map { s/"//gr =~ s/.*/"$&" text/r } split(/,/, $head));
	return $node->psql('postgres', "DROP TABLE IF EXISTS public.sheet;\nCREATE TABLE public.sheet ($columns);\n\\copy public.sheet FROM '$file' WITH (FORMAT csv, HEADER$options)", on_error_stop => 1);
}

# Every kind that has elements: what goes out comes in as it is.
my $before = $node->safe_psql('postgres', 'SELECT md5(string_agg(e::text, chr(10) ORDER BY id)), (SELECT count(*) FROM portfolio.change) FROM portfolio.element e');
foreach my $kind (split /\n/, $node->safe_psql('postgres', 'SELECT DISTINCT kind FROM portfolio.element ORDER BY 1'))
{
	$node->safe_psql('postgres', "\\o $dir/$kind.csv\nSELECT portfolio.export('$kind')");
	load("$dir/$kind.csv", '');
	is($node->safe_psql('postgres', "SELECT verdict, count(*) FROM portfolio.import('$kind', 'public.sheet', dry_run => false) GROUP BY 1"),
		$node->safe_psql('postgres', "SELECT 'same', count(*) FROM portfolio.element WHERE kind = '$kind'"), "$kind: out and in again, all the same");
}
is($node->safe_psql('postgres', 'SELECT md5(string_agg(e::text, chr(10) ORDER BY id)), (SELECT count(*) FROM portfolio.change) FROM portfolio.element e'), $before, 'no element changed, and nothing was journalled');

foreach my $kind (@links)
{
	$node->safe_psql('postgres', "\\o $dir/$kind.csv\nSELECT portfolio.export('$kind')");
	load("$dir/$kind.csv", '');
	is($node->safe_psql('postgres', "SELECT verdict, count(*) FROM portfolio.import('$kind', 'public.sheet', dry_run => false) GROUP BY 1"),
		$node->safe_psql('postgres', "SELECT 'same', count(*) FROM portfolio.$kind"), "$kind: out and in again, all the same");
}
is($node->safe_psql('postgres', 'SELECT count(*) FROM portfolio.change'), (split /\|/, $before)[1], 'no link changed either');

# Into another database, in the order of the references: the same portfolio.
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('postgres', q{UPDATE portfolio.contract SET name = rtrim(name)});     # blanks at the end of a cell say nothing
$node->safe_psql('other', 'CREATE EXTENSION pg_portfolio CASCADE');
$node->safe_psql('other', q{SELECT portfolio.define_property('service', 'level', 'integer'), portfolio.define_property('service', 'asks', 'element', 'Asks')});
foreach my $kind (qw(organisation site supplier programme team capability course_of_action technology system standard service interface data_set data_flow contract), @links)
{
	$node->safe_psql('postgres', "\\o $dir/$kind.csv\nSELECT portfolio.export('$kind')");
	my ($head) = slurp_file("$dir/$kind.csv") =~ /\A(.*?)\n/;
	my $columns = join(', ', map { "\"$_\" text" } split(/,/, $head));
	$node->safe_psql('other', "DROP TABLE IF EXISTS public.sheet;\nCREATE TABLE public.sheet ($columns);\n\\copy public.sheet FROM '$dir/$kind.csv' WITH (FORMAT csv, HEADER)");
	is($node->safe_psql('other', "SELECT count(*) FILTER (WHERE verdict = 'new') = count(*), string_agg(problem, '; ') FROM portfolio.import('$kind', 'public.sheet', dry_run => false)"), 't|', "$kind: all new elsewhere");
	my $lines = sub { $node->safe_psql($_[0], "SELECT portfolio.export('$kind')") };
	is($lines->('other'), $lines->('postgres'), "$kind: and the same sheet comes out");
}

# Encodings. The same sheet in UTF-8 with a byte order mark and in Windows-1252, read right and wrong.
my $utf8 = "code,name,Run cost (\xC2\xA3)\nENC,Caf\xC3\xA9 \xE2\x80\x93 \xE2\x80\x9Cx\xE2\x80\x9D,\xC2\xA35\n";
my $cp1252 = "code,name,Run cost (\xA3)\nENC,Caf\xE9 \x96 \x93x\x94,\xA35\n";
my $write = sub { my ($file, $bytes) = @_; open(my $out, '>:raw', "$dir/$file") or die; print $out $bytes; close $out; };
$write->('utf8.csv', "\xEF\xBB\xBF$utf8");
$write->('cp1252.csv', $cp1252);
foreach my $case ([ 'utf8.csv', 'UTF8', 'UTF-8' ], [ 'cp1252.csv', 'WIN1252', 'Windows-1252, said so' ], [ 'cp1252.csv', 'LATIN1', 'Windows-1252 read as Latin-1' ], [ 'utf8.csv', 'LATIN1', 'UTF-8 read as Latin-1' ])
{
	my ($file, $encoding, $title) = @$case;
	$node->safe_psql('postgres', "DROP TABLE IF EXISTS public.enc;\nCREATE TABLE public.enc (code text, name text, cost text);\n\\copy public.enc FROM '$dir/$file' WITH (FORMAT csv, HEADER, ENCODING '$encoding')");
	is($node->safe_psql('postgres', q{
BEGIN;
SELECT verdict, problem FROM portfolio.import('service', 'public.enc', '{"cost": "run_cost_gbp"}', false);
SELECT name = 'Café – “x”', run_cost_gbp FROM portfolio.service WHERE code = 'ENC';
ROLLBACK}), "new|\nt|5", "$title is read as it was meant");
}
my ($ret, $out, $err) = $node->psql('postgres', "\\copy public.enc FROM '$dir/cp1252.csv' WITH (FORMAT csv, HEADER)");
like($err, qr/invalid byte sequence for encoding "UTF8": 0xa3\nCONTEXT:  COPY enc, line 1/, 'Windows-1252 read as UTF-8 is refused, with the byte and the line');
is($node->safe_psql('postgres', q{SELECT count(*) FROM portfolio.service WHERE code = 'ENC'}), '0', 'and nothing is half loaded');

# Owner, state and name change three times: the history at four instants is what was printed then.
my $print = q{SELECT to_jsonb(s) FROM portfolio.service s WHERE code = 'NHSMAIL2'};
my (@instant, @printed);
my @changes = (
	q{UPDATE portfolio.service SET owner = portfolio.element_ref('team:SSD'), name = 'NHSmail two', state = 'early_life_support', support_tier = 'gold', early_life_ends = '2018-01-31' WHERE code = 'NHSMAIL2'},
	q{UPDATE portfolio.service SET owner = portfolio.element_ref('team:DDC'), name = 'NHSmail 2.0', state = 'retiring' WHERE code = 'NHSMAIL2'},
	q{UPDATE portfolio.service SET owner = NULL, name = 'NHSmail', state = 'retired', retired_on = '2018-03-01' WHERE code = 'NHSMAIL2'},
	undef);
foreach my $change (@changes)
{
	push @printed, $node->safe_psql('postgres', $print);
	push @instant, $node->safe_psql('postgres', 'SELECT clock_timestamp()::text', extra_params => [ '-v', 'ON_ERROR_STOP=1' ]);
	$node->safe_psql('postgres', $change) if defined $change;
}
foreach my $i (0 .. 3)
{
	is($node->safe_psql('postgres', "SELECT portfolio.element_at('service:NHSMAIL2', '$instant[$i]')"), $printed[$i], "instant $i: as it was printed then");
}
is($node->safe_psql('postgres', q{SELECT string_agg(new_value, ' > ' ORDER BY change) FROM portfolio.element_history('service:NHSMAIL2') WHERE column_name = 'state' AND operation = 'UPDATE'}),
	'early_life_support > retiring > retired', 'and the history tells each change');
is($node->safe_psql('postgres', q{SELECT portfolio.element_at('service:NHSMAIL2', '2001-01-01')}), '', 'nothing before it was recorded');

# Two sessions that would close a circle together: one waits for the other, one of them fails.
my $first = $node->background_psql('postgres', on_error_stop => 0);
$first->query_safe(q{BEGIN; UPDATE portfolio.team SET parent = portfolio.element_ref('team:DDC') WHERE code = 'SSD';});
my ($rc, $stdout, $stderr) = $node->psql('postgres', q{
SET lock_timeout = '1s';
UPDATE portfolio.team SET parent = portfolio.element_ref('team:SSD') WHERE code = 'DDC'});
like($stderr, qr/canceling statement due to lock timeout/, 'who would close the circle waits for who began it');
$first->query_safe('COMMIT;');
($rc, $stdout, $stderr) = $node->psql('postgres', q{UPDATE portfolio.team SET parent = portfolio.element_ref('team:SSD') WHERE code = 'DDC'});
like($stderr, qr/column "parent" of "portfolio.team" leads back to the row itself\nDETAIL:  The way is DDC > SSD > DDC\./, 'and is then refused, with the way');
$first->quit;

$node->stop;
done_testing();
