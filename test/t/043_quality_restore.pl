# A dump gives the same rules, items and scores; old tallies open with their own rules, and the same data scores the same.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('restore');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE a; CREATE DATABASE b; CREATE DATABASE c');
$node->safe_psql('a', 'CREATE EXTENSION pg_portfolio CASCADE');
command_ok([ 'psql', '-X', '-q', '-d', $node->connstr('a'), '-v', 'rows=5000', '-f', "$ENV{PF_STAGE}/contrib/examples/hospital.sql" ], 'the example loads');

# What was once legal: a rule whose column is gone, a data set whose relation is gone, a trusted function
$node->safe_psql('a', q{
CREATE SCHEMA "Odd Names";
CREATE TABLE "Odd Names"."Visit" ("Id" int, "Ward" text, gone int);
INSERT INTO "Odd Names"."Visit" SELECT i, 'W' || i % 3 FROM generate_series(1, 30) i;
CREATE FUNCTION "Odd Names".is_ward(text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1 <> 'W1';
INSERT INTO portfolio.trusted_function (signature) VALUES ('"Odd Names".is_ward(text)');
SELECT portfolio.register_data_set('ODD', '"Odd Names"."Visit"', '{Id}', provider => '"Ward"', filter => '"Id" > 3');
CREATE TABLE "Odd Names"."Wards" ("Code" text);
SELECT portfolio.add_rule('ODD', 'there', 'references("Ward", "Wards"("Code"))', 'Ward'), portfolio.add_rule('ODD', 'once', 'unique("Id")');
SELECT portfolio.add_rule('ODD', 'ward', '"Odd Names".is_ward("Ward")', 'Ward'), portfolio.add_rule('ODD', 'gone', 'gone > 3', 'gone');
ALTER TABLE "Odd Names"."Visit" DROP COLUMN gone;
CREATE TABLE public.short_lived (x int);
SELECT portfolio.register_data_set('SHORT', 'short_lived', '{x}', filter => 'x > 1');
SELECT portfolio.add_rule('SHORT', 'x', 'x > 0', 'x');
DROP TABLE short_lived;
SELECT count(*) FROM portfolio.score_data_set('ODD');
});

my $rows = q{
SELECT 'item', d.code, i.* FROM portfolio.data_item i JOIN portfolio.data_set d ON d.id = i.data_set ORDER BY 2, 4;
SELECT 'rule', r.* FROM portfolio.quality_rule r ORDER BY data_set, code, version;
SELECT 'period', p.* FROM portfolio.reporting_period p ORDER BY code;
SELECT 'submission', md5(string_agg(s::text, ';' ORDER BY s::text)) FROM portfolio.submission s;
SELECT 'run', r.* FROM portfolio.score_run r ORDER BY id;
SELECT 'whole set', r.* FROM portfolio.whole_set_result r ORDER BY id;
SELECT 'score', md5(string_agg(s::text, ';' ORDER BY id)) FROM portfolio.quality_score s;
SELECT 'set', v.fingerprint, md5(v.rules::text) FROM portfolio.rule_set_version v ORDER BY 2;
SELECT 'published', md5(string_agg(s::text, ';' ORDER BY s::text)) FROM portfolio.published_score s;
SELECT 'opened', md5(string_agg(c::text, ';' ORDER BY q.id, c::text)) FROM portfolio.quality_score q, portfolio.tally_counts(q.tally) c;
SELECT 'quality', q.* FROM portfolio.data_set_quality q ORDER BY code;
};
my $before = $node->safe_psql('a', $rows);

# The lines that differ, none when all is the same
sub differences
{
	my ($database) = @_;
	my %was = map { $_ => 1 } split(/\n/, $before);
	my @now = split(/\n/, $node->safe_psql($database, $rows));
	my %now = map { $_ => 1 } @now;
	return join("\n", (map { "- $_" } grep { !$now{$_} } sort keys %was), (map { "+ $_" } grep { !$was{$_} } @now));
}

my $dump = $node->basedir . '/a.sql';
command_ok([ 'pg_dump', '-d', $node->connstr('a'), '-f', $dump ], 'pg_dump');
my ($out, $err) = run_command([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('b'), '-f', $dump ]);
unlike($err, qr/ERROR/, 'the dump restores without an error');
like($err, qr/WARNING:  rule "gone" of data set "ODD" is broken/, 'a rule that cannot run any more comes back, with a warning');
like($err, qr/WARNING:  rule "x" of data set "SHORT" is stored unchecked/, 'so does one whose relation is gone');
is(differences('b'), '', 'all rows are the same, and old tallies open');
like($before, qr/^whole set\|.*\|there\|1\|references\|failed\|rows\|27\|0\|27\|0\|/m, 'with results of rules about the whole set');
is($node->safe_psql('b', q{SELECT rule, outcome, failed FROM portfolio.check_whole_set('ODD')}), "once|passed|0\nthere|failed|27", 'which are judged as before');

# Custom format, and in parallel as docs/install.md says
command_ok([ 'pg_dump', '-Fc', '-d', $node->connstr('a'), '-f', "$dump.c" ], 'pg_dump, custom format');
command_ok([ 'pg_restore', '--section=pre-data', '-d', $node->connstr('c'), "$dump.c" ], 'pg_restore, first what is not data');
command_ok([ 'pg_restore', '-j', '2', '--data-only', '--disable-triggers', '-d', $node->connstr('c'), "$dump.c" ], 'then the data, two at a time');
command_ok([ 'pg_restore', '--section=post-data', '-d', $node->connstr('c'), "$dump.c" ], 'then the rest');
is(differences('c'), '', 'all rows are the same again');

# The same data and rules score the same, with the same fingerprint
for my $set (qw(HOSPITAL-APC ODD))
{
	is($node->safe_psql('b', "SELECT md5(string_agg(t::text, ';' ORDER BY t.period, t.provider)) FROM portfolio.tally_data_set('$set') t"),
		$node->safe_psql('a', "SELECT md5(string_agg(t::text, ';' ORDER BY t.period, t.provider)) FROM portfolio.tally_data_set('$set') t"), "$set scores the same after the restore");
}
is($node->safe_psql('b', q{SELECT count(*) FROM hospital.planted_and_found WHERE planted IS DISTINCT FROM found}), '0', 'and what was planted is still found');
$node->safe_psql('b', q{SELECT portfolio.add_rule('ODD', 'new', '"Id" < 100', 'Id')});
cmp_ok($node->safe_psql('b', q{SELECT count(*) FROM portfolio.score_data_set('ODD')}), '>', 0, 'new runs get new numbers');

$node->stop;
done_testing();
