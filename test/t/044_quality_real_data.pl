# Two real registers and a real rule book: what the rules and the review find is what plain SQL finds.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = $ENV{PF_DATA} // '';
plan skip_all => 'the published files are not beside the checkout' unless -f "$data/ods/epraccur.csv" && -f "$data/hes/apc_rules.tsv";

my $node = PostgreSQL::Test::Cluster->new('real');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nclient_min_messages = warning");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_portfolio CASCADE');

sub ask
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# General practices and whose they are, by contrib/examples/practices.sql
$node->command_ok([ 'psql', '-qX', '-d', $node->connstr('postgres'), '-v', "data=$data/ods", '-f', "$ENV{PF_STAGE}/contrib/examples/practices.sql" ],
	'practices.sql loads both registers and judges them');
is(ask('SELECT (SELECT count(*) FROM ods.practice), (SELECT count(*) FROM ods.membership)'), '14303|47822', 'both files are there');

sub failed
{
	my ($set, $rule) = @_;
	return ask(qq{SELECT failed FROM portfolio.rule_quality WHERE code = '$set' AND rule = '$rule'
		UNION ALL SELECT failed FROM portfolio.latest_whole_set WHERE data_set_code = '$set' AND rule = '$rule'});
}
my @plain = (
	[ 'PRACTICE', 'code is an ODS code', q{ods.practice WHERE code !~ '^[A-Z0-9]{3,8}$'} ],
	[ 'PRACTICE', 'code is a letter and five digits', q{ods.practice WHERE code !~ '^[A-Z]\d{5}$'} ],
	[ 'PRACTICE', 'one row a practice', '(SELECT count(*) OVER (PARTITION BY code) AS n FROM ods.practice) p WHERE n > 1' ],
	[ 'PRACTICE', 'postcode is there', 'ods.practice WHERE postcode IS NULL' ],
	[ 'PRACTICE', 'region is there', 'ods.practice WHERE region IS NULL' ],
	[ 'PRACTICE', 'an ICB is in one region', 'ods.practice WHERE region IS NOT NULL AND icb IN (SELECT icb FROM ods.practice GROUP BY icb HAVING count(DISTINCT region) > 1)' ],
	[ 'PRACTICE', 'closed ones have a day, others none', q{ods.practice WHERE (status = 'C') <> (closed IS NOT NULL)} ],
	[ 'PRACTICE', 'active ones have a telephone', q{ods.practice WHERE status = 'A' AND telephone IS NULL} ],
	[ 'PRACTICE', 'its commissioner has it as a member', 'ods.practice p LEFT JOIN ods.membership m ON (m.practice, m.commissioner) = (p.code, p.commissioner) WHERE p.commissioner IS NOT NULL AND m.practice IS NULL' ],
	[ 'PRACTICE', 'active ones belong to someone on 1 October 2019', q{ods.practice p LEFT JOIN ods.membership m ON m.practice = p.code AND m.starts <= '2019-10-01' AND (m.ends IS NULL OR m.ends >= '2019-10-01') WHERE p.status = 'A' AND m.practice IS NULL} ],
	[ 'MEMBERSHIP', 'ends after it begins', 'ods.membership WHERE ends < starts' ],
	[ 'MEMBERSHIP', 'the practice exists', 'ods.membership m LEFT JOIN ods.practice p ON p.code = m.practice WHERE p.code IS NULL' ],
	[ 'MEMBERSHIP', 'the practice is open when it begins', 'ods.membership m LEFT JOIN ods.practice p ON p.code = m.practice AND p.opened <= m.starts AND (p.closed IS NULL OR p.closed >= m.starts) WHERE p.code IS NULL' ],
	[ 'MEMBERSHIP', 'no overlapping memberships', q{(SELECT starts, lag(coalesce(ends, 'infinity')) OVER (PARTITION BY practice ORDER BY starts) AS before FROM ods.membership) m WHERE before >= starts} ],
);
is(failed($_->[0], $_->[1]), ask("SELECT count(*) FROM $_->[2]"), "$_->[1]: as plain SQL counts") for @plain;

# What docs/quality.md tells of them
is(failed('PRACTICE', 'code is a letter and five digits'), 135, 'the islands have codes of their own');
is(ask(q{SELECT postcode FROM ods.practice WHERE NOT portfolio.is_postcode(postcode)}), 'DN15 6QV', 'one postcode that cannot be');
is(failed('PRACTICE', 'postcode can exist'), 1, 'is found');
is(ask(q{SELECT defaults FROM portfolio.data_item_quality WHERE code = 'PRACTICE' AND item = 'opened'}), 6648, 'a day that stands for not known is counted apart');
is(ask(q{SELECT measures - 'orphan_keys' FROM portfolio.latest_whole_set WHERE rule = 'the practice is open when it begins'}),
	'{"orphan_rows": 5955, "unknown_rows": 5615, "out_of_time_rows": 340}', 'memberships of no practice, and of one that is not open yet');
is(ask(q{SELECT string_agg(key ->> 'code', ',' ORDER BY key ->> 'code') FROM portfolio.whole_set_failures('PRACTICE', 'its commissioner has it as a member')}),
	'A91215,W00166', 'two practices that their commissioner does not know');

# Constraints of a clean copy prove what was counted before
ask(q{ALTER TABLE ods.practice ADD PRIMARY KEY (code)});
is(ask(q{SELECT outcome, records, evidence FROM portfolio.check_whole_set('PRACTICE') WHERE rule = 'one row a practice'}), 'passed||proved by constraint practice_pkey', 'a key proves what was counted');

# The rule book of admitted patient care, reviewed on its own data
my $header = (split /\n/, slurp_file("$data/hes/artificial_hes_apc_0102.csv"))[0];
$header =~ s/[\r\n"]//g;
ask('CREATE TABLE apc (' . join(', ', map { "\"$_\" text" } split(/,/, $header)) . ')');
ask("COPY apc FROM '$data/hes/artificial_hes_apc_0102.csv' (FORMAT csv, HEADER)");
ask('CREATE TABLE book (line int GENERATED ALWAYS AS IDENTITY, item text, dimension text, expression text, name text)');
ask("COPY book (item, dimension, expression, name) FROM '$data/hes/apc_rules.tsv' (FORMAT csv, DELIMITER E'\\t', QUOTE E'\\b', HEADER)");
ask(q{SELECT portfolio.register_data_set('APC', 'apc', '{}'); SELECT count(*) FROM portfolio.import_rules('APC', 'book', dry_run => false); SELECT count(*) FROM portfolio.score_data_set('APC')});
ask(q{CREATE TABLE review AS SELECT * FROM portfolio.review_rules('APC')});
is(ask(q{SELECT string_agg(rule, ',' ORDER BY rule) FROM review WHERE problem = 'judges_nothing'}),
	ask(q{SELECT string_agg(rule, ',' ORDER BY rule) FROM portfolio.rule_quality WHERE code = 'APC' AND passed + failed = 0}), 'the rules that judge nothing');
is(ask(q{SELECT string_agg(rule, ',' ORDER BY rule) FROM review WHERE problem = 'never_passes'}),
	ask(q{SELECT string_agg(rule, ',' ORDER BY rule) FROM portfolio.rule_quality WHERE code = 'APC' AND passed = 0 AND failed > 0}), 'the rules that fail every record');
is(ask(q{SELECT string_agg(rule, ',' ORDER BY rule) FROM review WHERE problem = 'never_fails'}),
	ask(q{SELECT string_agg(rule, ',' ORDER BY rule) FROM portfolio.rule_quality WHERE code = 'APC' AND passed > 0 AND failed = 0}), 'the rules that nothing fails');
is(ask(q{SELECT problem, count(*) FROM review GROUP BY 1 ORDER BY 1}),
	"contradicts|22\nequal|32\njudges_nothing|91\nnever_fails|115\nnever_passes|57", 'as docs/quality.md tells it');
is(ask(q{SELECT count(*) FILTER (WHERE r.dimension = 'validity'), count(*) FILTER (WHERE r.dimension = 'completeness') FROM review v JOIN portfolio.current_rule r ON r.data_set_code = 'APC' AND r.code = v.rule WHERE v.problem = 'never_passes'}),
	'19|38', '19 rules are wrong, 38 stand on empty columns');
is(ask(q{SELECT rule, problem, other_rule FROM review WHERE rule LIKE 'ADMIDATE%' AND other_rule IS NOT NULL ORDER BY 2, 1}),
	"ADMIDATE Date(YYYY-MM-DD)|contradicts|ADMIDATE values codes\nADMIDATE YYYY-MM-DD|contradicts|ADMIDATE values codes\nADMIDATE Date(YYYY-MM-DD)|equal|ADMIDATE YYYY-MM-DD",
	'ADMIDATE has two equal rules and a third that contradicts both');

# Every pair it names is one by plain SQL, and no other pair is
my $wrong = ask(q{
CREATE TABLE pair (a text, b text, agree bigint, differ bigint, both_pass bigint, null_differs bigint);
DO $$
DECLARE
  p record;
BEGIN
  FOR p IN SELECT a.code AS a, b.code AS b, a.expression AS x, b.expression AS y FROM portfolio.current_rule a JOIN portfolio.current_rule b ON a.data_set = b.data_set AND a.item = b.item AND a.code < b.code COLLATE "C"
            WHERE a.data_set_code = 'APC' AND (a.dimension = 'validity') AND (b.dimension = 'validity') LOOP
    EXECUTE format('INSERT INTO pair SELECT %L, %L, count(*) FILTER (WHERE (%3$s) = (%4$s)), count(*) FILTER (WHERE (%3$s) <> (%4$s)), count(*) FILTER (WHERE (%3$s) AND (%4$s)), count(*) FILTER (WHERE ((%3$s) IS NULL) <> ((%4$s) IS NULL)) FROM apc', p.a, p.b, p.x, p.y);
  END LOOP;
END
$$;
SELECT count(*) FROM (
  SELECT least(a, b) AS a, greatest(a, b) AS b, 'equal' AS problem FROM pair WHERE differ = 0 AND null_differs = 0 AND agree > 0
  UNION ALL SELECT least(a, b), greatest(a, b), 'contradicts' FROM pair WHERE both_pass = 0 AND differ > 0) w
 FULL JOIN (SELECT least(rule, other_rule) AS a, greatest(rule, other_rule) AS b, problem FROM review WHERE other_rule IS NOT NULL AND evidence <> 'has the same expression') r USING (a, b, problem)
 WHERE (w IS NULL OR r IS NULL)
   AND NOT EXISTS (SELECT FROM review e WHERE e.evidence = 'has the same expression' AND least(e.rule, e.other_rule) = w.a AND greatest(e.rule, e.other_rule) = w.b)});
is($wrong, '0', 'pairs are equal and contradict each other exactly where plain SQL says so');

$node->stop;
done_testing();
