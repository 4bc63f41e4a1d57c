# A real data set and a real rule book: artificial Hospital Episode Statistics, 2,075 rows of 193 text columns, and
# 313 rules drawn from their specification, some of them wrong. Every count is that of plain SQL.
use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = $ENV{PF_DATA} // '';
plan skip_all => 'the published files are not beside the checkout' unless -f "$data/hes/apc_rules.tsv";

my $node = PostgreSQL::Test::Cluster->new('hes');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_portfolio CASCADE');

sub ask
{
	my ($sql) = @_;
	return $node->safe_psql('postgres', $sql);
}

# The landing table: all columns of the file, all text.
open(my $csv, '<', "$data/hes/artificial_hes_apc_0102.csv") or die $!;
my $header = <$csv>;
close $csv;
$header =~ s/[\r\n"]//g;
my @columns = split /,/, $header;
is(scalar(@columns), 193, 'the file has 193 columns');
ask('CREATE TABLE apc (' . join(', ', map { "\"$_\" text" } @columns) . ')');
ask("COPY apc FROM '$data/hes/artificial_hes_apc_0102.csv' (FORMAT csv, HEADER)");
is(ask('SELECT count(*) FROM apc'), '2075', 'and 2,075 rows');
ask(q{SELECT portfolio.register_data_set('APC', 'apc', '{}', name => 'Admitted patient care 2001-02 (artificial)')});
is(ask(q{SELECT count(*) FROM portfolio.data_item i JOIN portfolio.data_set d ON d.id = i.data_set WHERE d.code = 'APC'}), '193', 'an item for each column');

# The rule book: tab separated, backslashes are plain text.
ask('CREATE TABLE book (line int GENERATED ALWAYS AS IDENTITY, item text, dimension text, expression text, name text)');
ask("COPY book (item, dimension, expression, name) FROM '$data/hes/apc_rules.tsv' (FORMAT csv, DELIMITER E'\\t', QUOTE E'\\b', HEADER)");
is(ask('SELECT count(*) FROM book'), '313', '313 rules');
is(ask(q{SELECT verdict, count(*) FROM portfolio.import_rules('APC', 'book') GROUP BY 1 ORDER BY 1}), 'add|313', 'the book can be taken over whole');
is(ask(q{SELECT count(*) FROM portfolio.current_rule}), '0', 'and is not yet');
ask(q{SELECT count(*) FROM portfolio.import_rules('APC', 'book', dry_run => false)});
is(ask(q{SELECT count(*) FROM portfolio.current_rule WHERE data_set_code = 'APC'}), '313', 'now it is');
is(ask(q{SELECT verdict, count(*) FROM portfolio.import_rules('APC', 'book') GROUP BY 1 ORDER BY 1}), 'same|313', 'a second time nothing is new');

ask(q{SELECT count(*) FROM portfolio.score_data_set('APC')});
ask(q{
DO $$
DECLARE
  r record;
BEGIN
  CREATE TABLE plain (rule text, records bigint, passed bigint, failed bigint, missing bigint);
  FOR r IN SELECT v.code AS name, b.expression FROM book b JOIN portfolio.import_rules('APC', 'book') v USING (line) LOOP
    EXECUTE format('INSERT INTO plain SELECT %L, count(*), count(*) FILTER (WHERE %s), count(*) FILTER (WHERE NOT (%s)), count(*) FILTER (WHERE (%s) IS NULL) FROM apc',
                   r.name, r.expression, r.expression, r.expression);
  END LOOP;
END
$$});
is(ask('SELECT count(*) FROM plain'), '313', 'each rule is counted by plain SQL too');
is(ask(q{SELECT p.rule FROM plain p FULL JOIN portfolio.rule_quality q ON q.code = 'APC' AND q.rule = p.rule
         WHERE (p.records, p.passed, p.failed, p.missing, 0) IS DISTINCT FROM (q.records, q.passed, q.failed, q.missing, q.errors)}),
	'', 'and every count of every rule is the same');
is(ask(q{SELECT p.rule FROM plain p FULL JOIN portfolio.score('apc', (SELECT array_agg(expression ORDER BY line) FROM book)) WITH ORDINALITY s
           ON s.ordinality = (SELECT min(v.line) FROM portfolio.import_rules('APC', 'book') v WHERE v.code = p.rule)
         WHERE (p.records, p.passed, p.failed, p.missing) IS DISTINCT FROM (s.records, s.passed, s.failed, s.missing)}),
	'', 'as in score()');

# The plain SELECT behind the numbers gives them too.
my $plain = ask(q{SELECT portfolio.tally_sql('APC')});
is(ask("SELECT count(*) FROM ($plain) s (rule, records, passed, failed, missing, not_applicable) JOIN plain p USING (rule, records, passed, failed, missing)"),
	'313', 'tally_sql() prints what gives the same counts');

# An item is valid and complete where its value is there and all its rules are true: no sum of rule counts tells that.
is(ask(q{
SELECT count(*) FROM portfolio.data_item_quality q
 WHERE q.code = 'APC' AND q.item IN ('ADMIDATE', 'SEX', 'ETHNOS', 'GPPRAC')}), '4', 'items that have several rules');
for my $item (qw(ADMIDATE SEX ETHNOS GPPRAC SUSHRG))
{
	my $all = ask(qq{SELECT string_agg('(' || expression || ')', ' AND ') FROM book WHERE item = '$item'});
	is(ask(qq{SELECT valid_and_complete FROM portfolio.data_item_quality WHERE code = 'APC' AND item = '$item'}),
		ask(qq{SELECT count(*) FROM apc WHERE "$item" IS NOT NULL AND $all}), "$item: valid and complete");
}
is(ask(q{SELECT clean_records FROM portfolio.data_set_quality WHERE code = 'APC'}),
	ask('SELECT count(*) FROM apc WHERE ' . join(' AND ', map { "($_) IS NOT FALSE" } split(/\n/, ask('SELECT expression FROM book')))), 'rows that fail nothing');
is(ask(q{SELECT count(*) FROM portfolio.failing_rows('APC')}),
	ask(q{SELECT records - clean_records FROM portfolio.data_set_quality WHERE code = 'APC'}), 'failing_rows() has all the others');

# Two tables with equal counts for each rule, but not the same rows, differ in their item counts.
ask(q{CREATE TABLE one AS SELECT * FROM (VALUES ('a1'), ('b')) v (x); CREATE TABLE two AS SELECT * FROM (VALUES ('a'), ('b1')) v (x)});
for my $t (qw(one two))
{
	ask(qq{SELECT portfolio.register_data_set('$t', '$t', '{x}'); SELECT portfolio.add_rule('$t', 'has a', 'x ~ ''a''', 'x'), portfolio.add_rule('$t', 'has 1', 'x ~ ''1''', 'x')});
	ask(qq{SELECT count(*) FROM portfolio.score_data_set('$t')});
	is(ask(qq{SELECT rule, passed, failed FROM portfolio.rule_quality WHERE code = '$t' ORDER BY rule}), "has 1|1|1\nhas a|1|1", "table $t: one row passes each rule");
}
is(ask(q{SELECT code, valid_and_complete FROM portfolio.data_item_quality WHERE code IN ('one', 'two') ORDER BY code}), "one|1\ntwo|0",
	'but only in one of them a row passes both');

# Whoever judged nothing says so
cmp_ok(ask(q{SELECT count(*) FROM portfolio.rule_quality WHERE code = 'APC' AND passed_pct IS NULL}), '>', 50, 'many rules of the book judge nothing');
cmp_ok(ask(q{SELECT count(*) FROM portfolio.rule_quality WHERE code = 'APC' AND passed_pct = 0}), '>', 10, 'some fail whatever they judge');

$node->stop;
done_testing();
