# The hospital example: what is planted is found, and when more is planted more is found.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $example = "$ENV{PF_STAGE}/contrib/examples/hospital.sql";
my $node = PostgreSQL::Test::Cluster->new('hospital');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_portfolio CASCADE');

sub load
{
	my %set = @_;
	my @extra = map { ('-v', "$_=$set{$_}") } sort keys %set;

	command_ok([ 'psql', '-X', '-q', '-d', $node->connstr('postgres'), @extra, '-f', $example ],
		'the example loads' . (@extra ? " with @extra" : ''));
	return;
}

sub ask
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

load(rows => 20000);
is(ask('SELECT count(*), count(DISTINCT provider), count(DISTINCT activity_month) FROM hospital.episode'),
	'20000|20|12', '20 providers over 12 months');
is(ask(q{SELECT count(*) FROM hospital.episode WHERE nhs_number !~ '^999[0-9]{7}$'}), '0', 'every NHS number is of the test range');
is(ask('SELECT count(*) FROM hospital.patient WHERE NOT portfolio.is_nhs_number(nhs_number)'), '0', 'every patient has a valid one');
is(ask('SELECT count(*) FROM hospital.planted_and_found WHERE planted = 0'), '0', 'something of every kind is planted');
is(ask('SELECT name, planted, found FROM hospital.planted_and_found WHERE found IS DISTINCT FROM planted'),
	'', 'what is planted is found, neither more nor less');

# The three incidents
is(ask(q{SELECT period FROM portfolio.provider_item_quality WHERE code = 'HOSPITAL-APC' AND item = 'ethnic_category'
         GROUP BY period ORDER BY sum(defaults) / sum(records) DESC LIMIT 1}), '2024-11', 'the bad month stands out');
is(ask(q{SELECT period, provider, round(data_item_score) FROM portfolio.provider_item_quality
         WHERE code = 'HOSPITAL-APC' AND item = 'postcode' ORDER BY data_item_score LIMIT 1}), '2024-07|ZT007|0', 'the bad upload stands out');
is(ask(q{SELECT count(DISTINCT s.rule_set) FROM portfolio.quality_score s JOIN portfolio.data_set d ON d.id = s.data_set WHERE d.code = 'HOSPITAL-APC'}),
	'2', 'the edited rule makes a second rule set');
is(ask(q{SELECT count(*) FROM (
           SELECT s.period, min(c.failed) FILTER (WHERE s.run < n.run) > min(c.failed) FILTER (WHERE s.run = n.run) AS fewer
             FROM (SELECT run, period, rule_set, portfolio.merge(tally) AS tally FROM portfolio.quality_score
                    WHERE data_set = (SELECT id FROM portfolio.data_set WHERE code = 'HOSPITAL-APC') GROUP BY run, period, rule_set) s
            CROSS JOIN LATERAL portfolio.tally_counts(s.tally) c
            CROSS JOIN (SELECT max(run) AS run FROM portfolio.latest_score WHERE data_set_code = 'HOSPITAL-APC') n
            WHERE c.level = 'rule' AND c.name = 'gp_valid' AND s.period < '2024-10' GROUP BY s.period) v WHERE fewer}),
	'6', 'six months were scored with the first version of the rule, which failed more rows');
is(ask(q{SELECT provider, round(coverage, 4) FROM portfolio.dqmi(period => '2024-25', data_sets => '{HOSPITAL-APC}') WHERE coverage < 1}),
	'ZT013|0.9167', 'the month that never came lowers the coverage');

my $before = ask(q{SELECT found FROM hospital.planted_and_found WHERE kind = 'defect' AND name = 'nhs_valid'});
my $score_before = ask(q{SELECT data_item_score FROM portfolio.data_item_quality WHERE code = 'HOSPITAL-APC' AND item = 'nhs_number'});
load(rows => 20000, nhs_bad_rate => 0.08);
my $after = ask(q{SELECT found FROM hospital.planted_and_found WHERE kind = 'defect' AND name = 'nhs_valid'});
my $score_after = ask(q{SELECT data_item_score FROM portfolio.data_item_quality WHERE code = 'HOSPITAL-APC' AND item = 'nhs_number'});
cmp_ok($before, '>', 20000 * 0.97 * 0.015, "found before: $before");
cmp_ok($after, '>', 3 * $before, "four times the rate: $after");
cmp_ok($score_after, '<', $score_before - 4, "the score moves from $score_before to $score_after");
is(ask('SELECT count(*) FROM hospital.planted_and_found WHERE found IS DISTINCT FROM planted'), '0', 'what is planted is found again');

$node->stop;
done_testing();
