# The published rules on real data: every count equals that of plain SQL, serially, in parallel and by groups.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = $ENV{PF_DATA} || '';
plan skip_all => 'the real files are not here' unless -e "$data/hes/artificial_hes_apc_0102.csv";

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_portfolio CASCADE');

# The rules hold quotes and backslashes: as CSV with a quote that never occurs they load as they are.
my $rows = $node->safe_psql('postgres', <<"SQL");
CREATE TABLE line (no int GENERATED ALWAYS AS IDENTITY, line text);
COPY line (line) FROM '$data/hes/artificial_hes_apc_0102.csv' WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02');
SELECT format('CREATE TABLE apc (%s)', string_agg(format('%I text', btrim(name, E'"\\r')), ', ' ORDER BY no))
  FROM (SELECT line FROM line WHERE no = 1) h, string_to_table(h.line, ',') WITH ORDINALITY AS c (name, no) \\gexec
COPY apc FROM '$data/hes/artificial_hes_apc_0102.csv' WITH (FORMAT csv, HEADER);
ANALYZE apc;
CREATE TABLE rule (no int GENERATED ALWAYS AS IDENTITY, item text, dimension text, expression text, name text);
COPY rule (item, dimension, expression, name) FROM '$data/hes/apc_rules.tsv' WITH (FORMAT csv, HEADER, DELIMITER E'\\t', QUOTE E'\\x01');
SELECT (SELECT count(*) FROM apc), (SELECT count(*) FROM pg_attribute WHERE attrelid = 'apc'::regclass AND attnum > 0), (SELECT count(*) FROM rule);
SQL
is($rows, '2075|193|313', 'file and rules are loaded');

# What plain SQL counts: three counts a rule, one rule a statement
$node->safe_psql('postgres', <<'SQL');
CREATE TABLE wanted (no int, passed bigint, failed bigint, missing bigint);
SELECT format('INSERT INTO wanted SELECT %s, count(*) FILTER (WHERE %2$s), count(*) FILTER (WHERE NOT (%2$s)), count(*) FILTER (WHERE (%2$s) IS NULL) FROM apc', no, expression)
  FROM rule ORDER BY no \gexec
CREATE FUNCTION rules() RETURNS text[] LANGUAGE sql STABLE RETURN ARRAY(SELECT expression FROM rule ORDER BY no);
SQL
my $compare = <<'SQL';
SELECT count(*), count(*) FILTER (WHERE (s.passed, s.failed, s.missing) = (w.passed, w.failed, w.missing) AND s.records = 2075 AND s.errors = 0)
  FROM ROWS FROM (portfolio.score('apc', rules())) WITH ORDINALITY AS s (group_key, group_label, rule, records, passed, failed, missing, errors, p1, p2, p3, no)
  JOIN wanted w USING (no)
SQL
is($node->safe_psql('postgres', $compare), '313|313', 'every rule counts what count(*) FILTER counts');

my $parallel = "SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;";
is($node->safe_psql('postgres', "$parallel $compare"), '313|313', 'and in parallel');
my $plan = $node->safe_psql('postgres',
	"$parallel ALTER TABLE apc SET (parallel_workers = 2); SELECT format('EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) SELECT portfolio.tally_row(%L::portfolio.rule_set, apc) FROM apc', portfolio.rule_set('apc', rules())) \\gexec");
like($plan, qr/Workers Launched: 2/, 'a parallel plan has workers');

is( $node->safe_psql(
		'postgres',
		q{SELECT count(DISTINCT s.group_label) > 200, bool_and(g.passed = w.passed AND g.failed = w.failed AND g.missing = w.missing AND g.records = 2075)
  FROM (SELECT no, sum(passed) AS passed, sum(failed) AS failed, sum(missing) AS missing, sum(records) AS records
          FROM (SELECT row_number() OVER (PARTITION BY group_label) AS no, s.* FROM portfolio.score('apc', rules(), '{PROCODE3}') s) s GROUP BY no) g
  JOIN wanted w USING (no), portfolio.score('apc', '{true}', '{PROCODE3}') s}),
	't|t',
	'groups add up to the whole');

# One pass also gives items, dimensions and clean rows: the same by plain SQL
my $definition = q{(SELECT jsonb_build_object('rules', jsonb_agg(jsonb_build_object('code', no::text, 'expression', expression, 'item', item, 'dimension', dimension) ORDER BY no)) FROM rule)};
my $by_hand = $node->safe_psql('postgres', q{
SELECT format('SELECT %s FROM apc', string_agg(format('count(*) FILTER (WHERE %I IS NOT NULL AND %s)', item, conjunction), ' || '','' || ' ORDER BY item COLLATE "C"))
  FROM (SELECT item, string_agg(format('(%s)', expression), ' AND ') AS conjunction FROM rule GROUP BY item) i});
my $items = $node->safe_psql('postgres', $by_hand);
is( $node->safe_psql(
		'postgres',
		"SELECT string_agg(c.passed::text, ',' ORDER BY c.name COLLATE \"C\") FROM portfolio.make_rule_set('apc', $definition) rules, "
		  . "portfolio.tally_relation('apc', rules) g, portfolio.tally_counts(g.tally, rules) c WHERE c.level = 'item'"),
	$items, 'valid and complete, item by item');
my $clean = $node->safe_psql('postgres', q{SELECT format('SELECT count(*) FROM apc WHERE NOT (%s)', string_agg(format('(%s) IS FALSE', expression), ' OR ')) FROM rule});
is( $node->safe_psql(
		'postgres',
		"SELECT c.passed FROM portfolio.make_rule_set('apc', $definition) rules, portfolio.tally_relation('apc', rules) g, portfolio.tally_counts(g.tally, rules) c WHERE c.level = 'clean'"),
	$node->safe_psql('postgres', $clean), 'rows that fail nothing');

$node->stop;
done_testing();
