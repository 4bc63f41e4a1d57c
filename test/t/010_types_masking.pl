# No identifier reaches the server log through an error of ours, and what core still prints can be stopped.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('types_masking');
$node->init;
$node->append_conf('postgresql.conf', <<'CONF');
shared_preload_libraries = 'pg_portfolio'
log_statement = none
log_min_duration_statement = -1
log_min_error_statement = error
CONF
$node->start;
$node->safe_psql('postgres', q{
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE TABLE patient (n portfolio.nhs_number PRIMARY KEY, provider portfolio.ods_code);
INSERT INTO patient VALUES ('9434765919');
});

# The part of the log that a failing statement leaves.
sub log_of
{
	my ($sql) = @_;
	my $offset = -s $node->logfile;
	my ($rc, $out, $err) = $node->psql('postgres', $sql);
	isnt($rc, 0, 'refused: ' . substr($sql =~ s/\s+/ /gr, 0, 50));
	return slurp_file($node->logfile, $offset);
}

my $log = log_of(q{SELECT '9434765918'::portfolio.nhs_number});
like($log, qr/ERROR:  invalid input syntax for type nhs_number: "\*{6}5918"/, 'the log has the masked value');
like($log, qr/DETAIL:  Check digit is 8, expected 9\./, 'and the reason');
unlike($log, qr/9434765918/, 'but not the identifier');
unlike($log, qr/STATEMENT/, 'nor the statement around it');

$log = log_of(q{INSERT INTO patient VALUES ('4505577104', '94 34765919')});
like($log, qr/invalid input syntax for type ods_code/, 'another type says no');
unlike($log, qr/4505577104|34765919/, 'and hides the row');

$log = log_of("COPY patient (n) FROM stdin;\n943 476 5918\n\\.\n");
like($log, qr/"\*\*\* \*\*\* 5918"/, 'COPY: the log has the masked value');
unlike($log, qr/943 476 5918|CONTEXT/, 'COPY: but neither identifier nor context line');

$log = log_of(q{DO $$ BEGIN PERFORM v::portfolio.nhs_number FROM (VALUES (text '943 476 5918')) x (v); END $$});
like($log, qr/"\*\*\* \*\*\* 5918"/, 'PL/pgSQL: the log has the masked value');
unlike($log, qr/943 476 5918|CONTEXT/, 'PL/pgSQL: but neither identifier nor context line');

# The same for every type: in a file whose columns have slipped, its text is somebody's number. By cast, function, INSERT,
# COPY and assignment in PL/pgSQL.
my @types = split /\n/, $node->safe_psql('postgres', q{
SELECT typname FROM pg_type
 WHERE typnamespace = 'portfolio'::regnamespace AND typtype = 'b' AND to_regproc(format('portfolio.is_%s', typname)) IS NOT NULL ORDER BY typname});
ok(@types >= 4, "types: @types");
my %seen_as = (chi_number => '010-101-1238');
for my $type (@types)
{
	my $number = $seen_as{$type} || '943-476-5918';
	my $plain = $number =~ s/-//gr;
	$node->safe_psql('postgres', "CREATE TABLE slipped_$type (id int, v portfolio.$type, note text)");
	my @statements = (
		"SELECT '$number'::portfolio.$type",
		"SELECT v::portfolio.$type FROM (VALUES (text '$plain'), ('$number')) x (v)",
		"INSERT INTO slipped_$type VALUES (1, '$plain', 'seen with $number')",
		"COPY slipped_$type FROM stdin;\n1\t$number\tseen with $plain\n\\.\n",
		"DO \$\$ DECLARE v portfolio.$type; BEGIN v := text '$number'; END \$\$");
	for my $statement (@statements)
	{
		$log = log_of($statement);
		like($log, qr/ERROR:  invalid input syntax for type $type: /, "$type: refused in its own words");
		unlike($log, qr/\Q$number\E|$plain|CONTEXT|STATEMENT/, "$type: the log has no number, context or statement");
	}
}

$log = log_of(q{SET pg_portfolio.mask_identifiers = off; SELECT '9434765918'::portfolio.nhs_number});
like($log, qr/nhs_number: "9434765918"/, 'unmasked when a superuser asks for it');

# Core's own messages are not ours: two settings stop them.
$log = log_of(q{INSERT INTO patient VALUES ('9434765919')});
like($log, qr/Key \(n\)=\(9434765919\) already exists/, 'core logs the key of a duplicate');
my $dynamic = q{DO $$ BEGIN EXECUTE 'SELECT ''943 476 5918''::portfolio.nhs_number'; END $$};
like(log_of($dynamic), qr/QUERY:  SELECT '943 476 5918'/, 'core logs the text of dynamic SQL that does not parse');
$node->append_conf('postgresql.conf', "log_error_verbosity = terse\nlog_min_error_statement = panic\n");
$node->reload;
$node->poll_query_until('postgres', q{SELECT current_setting('log_error_verbosity') || current_setting('log_min_error_statement') = 'tersepanic'})
  or die 'settings did not arrive';
$log = log_of(q{INSERT INTO patient VALUES ('9434765919')});
like($log, qr/duplicate key value/, 'with both settings the error is still logged');
unlike($log, qr/9434765919/, 'without the identifier');
unlike(log_of($dynamic), qr/943 476 5918/, 'and so is dynamic SQL');

$node->stop;
done_testing();
