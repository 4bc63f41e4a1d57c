# A patient who is looked for everywhere: identifying values must not be in what the engine stores, logs, shows or dumps.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $number = '9990004006';		# test range, check digit planted wrong
my $name = 'XYZZY-CANARY';

my $node = PostgreSQL::Test::Cluster->new('canary');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nlog_min_messages = info\nlog_min_error_statement = info");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_portfolio CASCADE');

# The data comes in by file, so that no statement names the patient.
my $file = $node->basedir . '/patients.csv';
append_to_file($file, join('', map { "999000$_,Common,1980-01-01,RX1,2024-04,17\n" } 1000 .. 1029) . "$number,$name,1951-03-04,RX1,2024-04,x9\n");
$node->safe_psql('postgres', "CREATE SCHEMA clinic; CREATE TABLE clinic.visit (nhs_number text, family_name text, birth_date date, provider text, month text, ward text);
  COPY clinic.visit FROM '$file' (FORMAT csv);
  CREATE ROLE ana LOGIN; SELECT portfolio.grant_profile('ana', 'analyst');
  GRANT USAGE ON SCHEMA clinic TO ana; GRANT SELECT ON clinic.visit TO ana;");

# as_ana(SQL): what the analyst is told, and the error
sub as_ana
{
	my ($sql) = @_;
	my ($out, $err);
	my $status = $node->psql('postgres', $sql, stdout => \$out, stderr => \$err, extra_params => [ '-U', 'ana' ]);
	return wantarray ? ($status, $out, $err) : $out;
}
my $seen = '';
sub safe
{
	my ($sql, $what) = @_;
	my ($status, $out, $err) = as_ana($sql);
	is($status, 0, $what) or diag($err);
	$seen .= "$out\n$err\n";
	return $out;
}

safe(q{SELECT portfolio.register_data_set('VISIT', 'clinic.visit', '{nhs_number,ward}', period => 'month', provider => 'provider')}, 'an analyst declares a data set');
safe(q{SELECT portfolio.add_rule('VISIT', 'number', 'is_nhs_number(nhs_number)', 'nhs_number'),
              portfolio.add_rule('VISIT', 'number as integer', 'nhs_number::int > 0', 'nhs_number', 'accuracy'),
              portfolio.add_rule('VISIT', 'name', 'family_name ~ ''^[A-Za-z]+$''', 'family_name'),
              portfolio.add_rule('VISIT', 'name is date', 'family_name::date > ''2000-01-01''', 'family_name', 'accuracy'),
              portfolio.add_rule('VISIT', 'ward', 'ward ~ ''^[0-9]+$''', 'ward')}, 'and writes rules, some of which raise errors that would show values');
is(safe(q{SELECT item, records, valid_and_complete FROM portfolio.score_data_set('VISIT')}, 'scores'),
	"nhs_number|31|0\nfamily_name|31|0\nward|31|30", 'with the errors counted');
is(safe(q{SELECT rule, errors > 0 FROM portfolio.rule_quality WHERE code = 'VISIT' ORDER BY rule}, 'looks at rules'),
	"name|f\nname is date|t\nnumber|f\nnumber as integer|t\nward|f", 'rules that raise are told as errors');

# Trying: values that fewer than ten records share are not shown, identifying ones are masked
my $masked = safe(q{SELECT value, records FROM portfolio.try_rule('VISIT', 'family_name <> ''Common''') WHERE outcome = 'failing value'}, 'tries a rule on a name');
like($masked, qr/^\*[0-9a-f]{16}\|30$/, 'a name is masked even when many share it');
is(safe(q{SELECT outcome, records FROM portfolio.try_rule('VISIT', 'ward ~ ''^[0-9]+$''') WHERE outcome LIKE '%value%'}, 'tries a rule on a ward'),
	'other failing values|1', 'a rare value is only counted');

# Failing rows: the key is masked, the same within a session and another in the next
my $rows = safe(q{SELECT row_key->>'nhs_number', row_key->>'ward', rules, items FROM portfolio.failing_rows('VISIT', 'ward')}, 'asks for failing rows');
like($rows, qr/^\*[0-9a-f]{16}\|x9\|\{name,"name is date",number,"number as integer",ward\}\|\{family_name,nhs_number,ward\}$/, 'the key of the row is masked, the reasons are told');
my ($first, $again) = split /\n/, safe(q{SELECT row_key->>'nhs_number' FROM portfolio.failing_rows('VISIT', 'ward');
  SELECT row_key->>'nhs_number' FROM portfolio.failing_rows('VISIT', 'ward', provider => 'RX1', period => '2024-04', max_rows => 5)}, 'asks twice in a session');
is($first, $again, 'within a session a row has one token');
isnt($first, (split /\|/, $rows)[0], 'in another session another');
is(safe(q{SELECT count(*) FROM portfolio.failing_rows('VISIT', 'ward', period => '2024-05')}, 'asks for another month'), '0', 'which has none');

# Everything that explains, charts, publishes and reports, over a row key, items and rules that name the patient. The one
# with the rare ward is the patient; the others share a name, and their numbers are theirs alone.
safe(q{SELECT * FROM portfolio.explain_score('VISIT', 'RX1', '2024-04'); SELECT * FROM portfolio.explain_score('VISIT', NULL, NULL, '{"max_values": 100}')}, 'asks why');
like(safe(q{SELECT failing_values FROM portfolio.explain_score('VISIT', 'RX1', '2024-04') WHERE item = 'family_name'}, 'asks for values of names that fail'),
	qr/^\*[0-9a-f]{16} ×30$/, 'a name that many share is masked, one of its own is not shown');
safe(q{SELECT portfolio.provider_report('RX1', '2024-04', options => '{"max_values": 100}')}, 'writes the report of the provider');
safe(q{SELECT * FROM portfolio.spc('VISIT'); SELECT * FROM portfolio.spc('VISIT', 'family_name', 'RX1'); SELECT * FROM portfolio.data_item_trend; SELECT * FROM portfolio.provider_trend}, 'draws charts');
safe(q{SELECT * FROM portfolio.compare_scores('VISIT', '2024-04', '2024-04'); SELECT * FROM portfolio.compare_scores('VISIT', '2024-04', '2024-04', 'provider')}, 'compares');
safe(q{INSERT INTO portfolio.reporting_period (code, kind, during) VALUES ('2024-04', 'month', '[2024-04-01,2024-05-01)') ON CONFLICT DO NOTHING}, 'declares the month');
safe(q{SELECT * FROM portfolio.organisation_scores('VISIT', '2024-04'); SELECT * FROM portfolio.provider_history('RX1'); SELECT * FROM portfolio.publication_lag; SELECT * FROM portfolio.dqmi()}, 'rolls up');
# A rule whose own text would raise with the value in the message, and one that is refused on it
safe(q{SELECT * FROM portfolio.try_rule('VISIT', 'nhs_number::int > 0'); SELECT * FROM portfolio.try_rule('VISIT', 'birth_date::text::int > 0')}, 'tries rules that raise');
safe(q{SELECT rules FROM portfolio.failing_rows('VISIT') LIMIT 40; SELECT portfolio.failed_rules('VISIT', v) FROM clinic.visit v}, 'and asks for the reasons of every row');
for my $function (qw(profile suggest_rules review_rules))
{
	my ($argument) = split /\n/, $node->safe_psql('postgres', "SELECT format_type(proargtypes[0], NULL) FROM pg_proc WHERE pronamespace = 'portfolio'::regnamespace AND proname = '$function'");
	next unless $argument;
	safe(sprintf(q{SELECT * FROM portfolio.%s('%s')}, $function, $argument eq 'regclass' ? 'clinic.visit' : 'VISIT'), "$function()");
}
my ($published) = $node->safe_psql('postgres', q{SELECT portfolio.publish_scores('VISIT', '2024-04'); SELECT * FROM portfolio_bi.data_quality});
$seen .= "$published\n";

# An expression of the data set that raises on a row
safe(q{UPDATE portfolio.data_set SET filter = 'nhs_number::bigint > 0 AND (family_name = ''Common'' OR family_name::int > 0)' WHERE code = 'VISIT'}, 'a filter that fails on the patient');
for my $call (q{SELECT * FROM portfolio.score_data_set('VISIT')}, q{SELECT * FROM portfolio.failing_rows('VISIT')}, q{SELECT * FROM portfolio.try_rule('VISIT', 'ward > ''1''')})
{
	my ($status, $out, $err) = as_ana($call);
	like($err, qr/^psql:<stdin>:1: ERROR:  an expression of data set "VISIT" raised an error on a row\nDETAIL:  It is the period, provider or filter expression\. The message is not shown because it may hold a value\.\nHINT:  Write the expression so that it holds for every row, for example with CASE\./,
		"$call does not show the value");
	$seen .= "$out\n$err\n";
}
safe(q{UPDATE portfolio.data_set SET filter = NULL WHERE code = 'VISIT'}, 'the filter is taken away');

# Seeing identifying values is a privilege of its own, and leaves an entry
my ($status, $out, $err) = as_ana(q{SELECT * FROM portfolio.failing_rows('VISIT', identify => true)});
like($err, qr/ERROR:  permission denied for function log_access/, 'an analyst may not see identifying values');
is($node->safe_psql('postgres', 'SELECT count(*) FROM portfolio.access_log'), '0', 'and nothing is logged, for nothing was seen');
$node->safe_psql('postgres', 'GRANT EXECUTE ON FUNCTION portfolio.log_access(text, bigint, jsonb) TO ana');
is(as_ana(q{SET pg_portfolio.reason = 'patient asked'; SELECT row_key->>'nhs_number' FROM portfolio.failing_rows('VISIT', 'ward', identify => true, max_rows => 1)}), $number,
	'with the privilege the value is shown');
is($node->safe_psql('postgres', q{SELECT role, login, action, detail, reason FROM portfolio.access_log}), q(ana|ana|failing_rows|{"rule": "ward", "max_rows": 1}|patient asked),
	'and who saw it, when and why is logged');
is((as_ana('INSERT INTO portfolio.access_log (role, action, data_set) VALUES (current_user, \'x\', 1)'))[0], 3, 'nobody writes the log by hand');

# Now look for the patient everywhere
$node->safe_psql('postgres', q{SELECT count(*) FROM portfolio.run_checks()});
my $tables = $node->safe_psql('postgres', q{SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace IN ('portfolio'::regnamespace, 'portfolio_bi'::regnamespace) AND c.relkind IN ('r', 'v')});
my @found = grep { $node->safe_psql('postgres', "SELECT count(*) FROM $_ t WHERE t::text ~ '$number|$name|1951-03-04'") > 0 } split(/\n/, $tables);
is("@found", '', 'the patient is in no table or view of the extension');
unlike($seen, qr/$number|$name|1951-03-04/, 'in nothing that was shown');
cmp_ok(scalar(split(/\n/, $tables)), '>', 60, 'which are many');
my ($dump) = run_command([ 'pg_dump', '-d', $node->connstr('postgres'), '-N', 'clinic' ]);
like($dump, qr/COPY portfolio\.quality_score /, 'the dump has the scores');
like($dump, qr/COPY portfolio\.published_score /, 'and what was published');
unlike($dump, qr/$number|$name|1951-03-04/, 'and not the patient');
unlike(join('', grep { !/SELECT count\(\*\) FROM .* t WHERE t::text/ } slurp_file($node->logfile) =~ /^.*\n/mg), qr/$number|$name|1951-03-04/, 'nor has the server log');

$node->stop;
done_testing();
