# Every count of the engine equals that of plain SQL: random tables, rules, groupings and numbers of workers.
#
# A case is one rule on one table and grouping, by one way of running it. PF_PROPERTY_SEED draws other numbers,
# PF_PROPERTY_TABLES makes it longer; the seed of a table that differs is printed with it.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use PfRandomRules;

my $first_seed = $ENV{PF_PROPERTY_SEED} || 1;
my $tables = $ENV{PF_PROPERTY_TABLES} || 134;
my $rules = 40;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nfsync = off\nautovacuum = off\nmax_worker_processes = 16\nmax_parallel_workers = 8\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION pg_portfolio CASCADE;
SET check_function_bodies = off;
CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE DOMAIN short AS text CHECK (length(VALUE) < 100000);
CREATE DOMAIN coded AS varchar;
CREATE DOMAIN age AS int CHECK (VALUE < 1000);
-- Does a rule mean anything at all? Those that do not (a sum of two dates) are not drawn.
CREATE FUNCTION means_something(relation regclass, rule text) RETURNS boolean LANGUAGE plpgsql SET search_path = pg_catalog, portfolio AS $$
BEGIN
  EXECUTE format('EXPLAIN SELECT (%s)::boolean FROM %s', rule, relation);
  RETURN true;
EXCEPTION WHEN OTHERS THEN
  RETURN false;
END
$$;
-- The counts of each group: passed/failed/missing/errors of every rule, as text.
CREATE FUNCTION counted(tally portfolio.tally, rules portfolio.rule_set) RETURNS text LANGUAGE sql STABLE
RETURN (SELECT string_agg(concat_ws('/', passed, failed, missing, errors), ' ') FROM portfolio.tally_counts(tally, rules) WHERE level = 'rule');
-- Plain SQL that may raise an error, caught for each row by itself
CREATE PROCEDURE make_judges(relation regclass) LANGUAGE plpgsql AS $$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT * FROM s.rule WHERE may_raise LOOP
    EXECUTE format('CREATE FUNCTION s.judge_%s(r %s) RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog, portfolio, public SET plan_cache_mode = force_generic_plan AS $f$
#variable_conflict use_column
DECLARE
  verdict boolean;
BEGIN
  SELECT (%s) INTO verdict FROM (SELECT r.*) AS x;
  RETURN CASE verdict WHEN true THEN 1 WHEN false THEN 2 ELSE 3 END;
EXCEPTION WHEN OTHERS THEN
  RETURN 4;
END
$f$', r.no, relation, r.expression);
  END LOOP;
END
$$;
-- What plain SQL counts, by groups: one text a group as counted() gives
CREATE FUNCTION plain(relation regclass, which text, by text[]) RETURNS SETOF text LANGUAGE plpgsql SET search_path = pg_catalog, portfolio, public AS $$
DECLARE
  counts text;
  judges text;
BEGIN
  EXECUTE format($q$SELECT string_agg(CASE WHEN may_raise
         THEN format('concat_ws(''/'', count(*) FILTER (WHERE j%%1$s = 1), count(*) FILTER (WHERE j%%1$s = 2), count(*) FILTER (WHERE j%%1$s = 3), count(*) FILTER (WHERE j%%1$s = 4))', no)
         ELSE format('concat_ws(''/'', count(*) FILTER (WHERE (%%1$s)), count(*) FILTER (WHERE NOT (%%1$s)), count(*) FILTER (WHERE (%%1$s) IS NULL), 0)', expression) END, ', ' ORDER BY no),
       string_agg(format(', s.judge_%%1$s(r) AS j%%1$s', no), '' ORDER BY no) FILTER (WHERE may_raise)
    FROM s.rule WHERE %s$q$, which) INTO counts, judges;
  RETURN QUERY EXECUTE format('SELECT array_to_string(ARRAY[%s], '' '') FROM (SELECT r.*%s FROM %s r OFFSET 0) r %s', counts, judges, relation,
    (SELECT 'GROUP BY ' || string_agg(quote_ident(b), ', ') FROM unnest(by) b));
END
$$;
-- Items, missing values, default codes, applies_when, on_null and dimensions at random, for the rules that cannot raise
CREATE PROCEDURE make_items() LANGUAGE plpgsql AS $$
BEGIN
  CREATE TABLE s.item AS
  SELECT row_number() OVER ()::int AS no, 'item ' || row_number() OVER () AS name, CASE WHEN random() < 0.8 THEN c.name END AS col,
         CASE WHEN random() < 0.5 THEN c.literals[1:2] ELSE '{}' END AS missing, CASE WHEN random() < 0.5 THEN c.literals[2:4] ELSE '{}' END AS defaults,
         CASE WHEN random() < 0.4 THEN (SELECT expression FROM s.rule WHERE NOT may_raise AND c.name <> '' ORDER BY random() LIMIT 1) END AS applies,
         c.textual
    FROM s.col c;
  UPDATE s.item SET missing = '{}', defaults = '{}' WHERE col IS NULL;
  CREATE TABLE s.item_rule AS
  SELECT row_number() OVER (ORDER BY no)::int AS no, expression, 1 + floor(random() * (SELECT count(*) FROM s.item))::int AS item,
         (ARRAY['validity', 'completeness', 'consistency'])[1 + floor(random() * 3)::int] AS dimension, (ARRAY['missing', 'pass', 'fail'])[1 + floor(random() * 3)::int] AS on_null
    FROM s.rule WHERE NOT may_raise;
  DELETE FROM s.item WHERE no NOT IN (SELECT item FROM s.item_rule);
END
$$;
CREATE FUNCTION item_set(relation regclass) RETURNS portfolio.rule_set LANGUAGE sql STABLE AS $$ SELECT portfolio.make_rule_set(relation, jsonb_build_object(
  'items', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('name', name, 'column', col, 'missing_values', missing, 'default_codes', defaults, 'applies_when', applies)) ORDER BY no) FROM s.item),
  'rules', (SELECT jsonb_agg(jsonb_build_object('code', 'rule ' || r.no, 'expression', expression, 'item', i.name, 'dimension', dimension, 'on_null', on_null) ORDER BY r.no) FROM s.item_rule r JOIN s.item i ON i.no = r.item))) $$;
CREATE FUNCTION counted_items(tally portfolio.tally, rules portfolio.rule_set) RETURNS text LANGUAGE sql STABLE
RETURN (SELECT string_agg(format('%s %s: %s', level, name, concat_ws('/', passed, failed, missing, errors, not_applicable, defaults)), ' | ' ORDER BY level COLLATE "C", name COLLATE "C") FROM portfolio.tally_counts(tally, rules));
CREATE FUNCTION is_code(col text, textual boolean, codes text[]) RETURNS text LANGUAGE sql RETURN
  CASE WHEN codes = '{}' THEN 'false' ELSE format(CASE WHEN textual THEN 'btrim(%I) IN (%s)' ELSE '%I IN (%s)' END, col, (SELECT string_agg(quote_literal(CASE WHEN textual THEN btrim(c, ' ') ELSE c END), ', ') FROM unnest(codes) c)) END;
CREATE FUNCTION plain_items(relation regclass, by text[]) RETURNS SETOF text LANGUAGE plpgsql SET search_path = pg_catalog, portfolio, public AS $$
DECLARE
  columns text := (SELECT string_agg(format('%s AS %I', CASE WHEN i.missing <> '{}' THEN format('CASE WHEN %s THEN NULL ELSE %I END', public.is_code(c.name, i.textual, i.missing), c.name) ELSE quote_ident(c.name) END, c.name), ', ')
    FROM s.col c LEFT JOIN s.item i ON i.col = c.name);
  verdicts text := (SELECT string_agg(format(', %s AS v%s', CASE on_null WHEN 'missing' THEN '(' || expression || ')' WHEN 'pass' THEN format('coalesce((%s), true)', expression) ELSE format('coalesce((%s), false)', expression) END, no), '') FROM s.item_rule)
    || (SELECT string_agg(format(', (%s) IS TRUE AS a%s, (%s) AS d%s, %s AS n%s', coalesce(applies, 'true'), no, CASE WHEN col IS NULL THEN 'false' ELSE public.is_code(col, textual, defaults) END, no, coalesce(quote_ident(col) || ' IS NULL', 'false'), no), '') FROM s.item);
  counts text := (SELECT string_agg(part, ', '' | '', ' ORDER BY key) FROM (
    SELECT 'rule rule ' || no AS key, format($f$'rule rule %1$s: ', concat_ws('/', count(*) FILTER (WHERE a%2$s AND v%1$s), count(*) FILTER (WHERE a%2$s AND NOT v%1$s), count(*) FILTER (WHERE a%2$s AND v%1$s IS NULL), 0, count(*) FILTER (WHERE NOT a%2$s), 0)$f$, no, item) AS part FROM s.item_rule
    UNION ALL SELECT 'item ' || i.name, format($f$'item %1$s: ', concat_ws('/', count(*) FILTER (WHERE a%2$s AND NOT n%2$s AND (%3$s)), count(*) FILTER (WHERE a%2$s AND NOT n%2$s AND (%3$s) IS FALSE), count(*) FILTER (WHERE a%2$s AND (n%2$s OR (%3$s) IS NULL)), 0, count(*) FILTER (WHERE NOT a%2$s), count(*) FILTER (WHERE a%2$s AND d%2$s))$f$, i.name, i.no, r.every)
      FROM s.item i, LATERAL (SELECT string_agg('v' || no, ' AND ') AS every FROM s.item_rule WHERE item = i.no) r
    UNION ALL SELECT 'dimension ' || dimension, format($f$'dimension %1$s: ', concat_ws('/', count(*) FILTER (WHERE (%4$s) AND NOT (%2$s) AND NOT (%3$s)), count(*) FILTER (WHERE %2$s), count(*) FILTER (WHERE NOT (%2$s) AND (%3$s)), 0, count(*) FILTER (WHERE NOT (%4$s)), 0)$f$, dimension,
      string_agg(format('a%s AND v%s IS FALSE', item, no), ' OR '), string_agg(format('a%s AND v%s IS NULL', item, no), ' OR '), string_agg(format('a%s', item), ' OR ')) FROM s.item_rule GROUP BY dimension
    UNION ALL SELECT 'clean clean', format($f$'clean clean: ', concat_ws('/', count(*) FILTER (WHERE NOT (%1$s)), count(*) FILTER (WHERE %1$s), 0, 0, 0, 0)$f$, string_agg(format('a%s AND v%s IS FALSE', item, no), ' OR ')) FROM s.item_rule) x (key, part));
BEGIN
  RETURN QUERY EXECUTE format('SELECT array_to_string(ARRAY[%s], '''') FROM (SELECT *%s FROM (SELECT part AS group_part, %s FROM %s) r OFFSET 0) r %s', counts, verdicts, columns, relation, CASE WHEN by <> '{}' THEN 'GROUP BY group_part' END);
END
$$;
-- The first rule that the two count differently, with the counts of the groups that differ
CREATE FUNCTION differences(which text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  difference text;
BEGIN
  CREATE TEMP TABLE engine_only ON COMMIT DROP AS (TABLE engine_counts EXCEPT ALL TABLE plain_counts);
  CREATE TEMP TABLE plain_only ON COMMIT DROP AS (TABLE plain_counts EXCEPT ALL TABLE engine_counts);
  IF NOT EXISTS (TABLE engine_only) AND NOT EXISTS (TABLE plain_only) THEN
    RETURN 'equal';
  ELSIF which = 'items' THEN
    SELECT format('engine %s, plain SQL %s', e, p) INTO difference
      FROM (TABLE engine_only LIMIT 1) a (a) FULL JOIN (TABLE plain_only LIMIT 1) b (b) ON true,
           unnest(string_to_array(a, ' | '), string_to_array(b, ' | ')) AS x (e, p) WHERE e IS DISTINCT FROM p;
  ELSE
    EXECUTE format($q$SELECT format('engine %%s, plain SQL %%s: %%s', e, p, r.expression)
      FROM (SELECT row_number() OVER (ORDER BY no)::int AS i, expression FROM s.rule WHERE %s) r,
           LATERAL (SELECT string_agg(split_part(x::text, ' ', i), ' ' ORDER BY split_part(x::text, ' ', i)) AS e FROM (SELECT btrim(x::text, '()"') AS x FROM engine_only x) x) e,
           LATERAL (SELECT string_agg(split_part(x::text, ' ', i), ' ' ORDER BY split_part(x::text, ' ', i)) AS p FROM (SELECT btrim(x::text, '()"') AS x FROM plain_only x) x) p
     WHERE e IS DISTINCT FROM p ORDER BY i LIMIT 1$q$, which) INTO difference;
  END IF;
  RETURN translate(coalesce(difference, 'groups differ'), E'\n', ' ');
END
$$;
SQL

# One table and its rules: the script that makes them.
sub make_table
{
	my ($random, $big) = @_;
	my $n = $big ? 5 : 6 + int(rand(8));
	my @columns = $random->columns($n, $big ? 3 : 0);
	my $rows = $big ? 40000 : PfRandomRules::pick(0, 1, 60, 200, 300, 400);
	my $kind = $big ? 'table' : PfRandomRules::pick('table', 'table', 'dropped', 'partitioned', 'view');
	my $name = $kind eq 'view' ? 'base' : 't';
	my $list = join(', ', map { "$_->{name} $_->{declaration}" } @columns);
	my %seen;
	my @rules = grep { !$seen{$_}++ } map { $random->rule(@columns) } 1 .. 3 * ($big ? 16 : $rules);
	my $sql = "DROP SCHEMA IF EXISTS s CASCADE; CREATE SCHEMA s; SET search_path = s, public;\nSELECT setseed(" . rand() . ");\n";

	$list = "gone int, $list" if $kind eq 'dropped';
	$sql .= "CREATE TABLE $name ($list, part int)" . ($kind eq 'partitioned' ? ' PARTITION BY HASH (part)' : '') . ";\n";
	$sql .= join('', map { "CREATE TABLE t_$_ PARTITION OF t FOR VALUES WITH (MODULUS 3, REMAINDER $_);\n" } 0 .. 2) if $kind eq 'partitioned';
	$sql .= "CREATE TEMP TABLE p AS SELECT " . join(', ', map { "$_->{pool} AS $_->{name}" } @columns) . ";\n";
	$sql .= "INSERT INTO $name (" . join(', ', (map { $_->{name} } @columns), 'part') . ") SELECT " . join(', ', map { $_->{value} } @columns) . ", g % 5 FROM p, generate_series(1, $rows) g;\n";
	$sql .= "ALTER TABLE t DROP COLUMN gone;\n" if $kind eq 'dropped';
	$sql .= "CREATE VIEW t AS SELECT * FROM base WHERE part < 4;\n" if $kind eq 'view';
	$sql .= "DROP TABLE p; ANALYZE $name;\n";
	$sql .= "CREATE TABLE candidate (no int GENERATED ALWAYS AS IDENTITY, expression text);\nINSERT INTO candidate (expression) VALUES\n"
	  . join(",\n", map { '(' . PfRandomRules::quote($_) . ')' } @rules) . ";\n";
	$sql .= "CREATE TABLE rule AS SELECT no, expression, false AS may_raise FROM candidate WHERE means_something('t', expression) ORDER BY no LIMIT " . ($big ? 16 : $rules) . ";\n";
	$sql .= "UPDATE rule SET may_raise = r.may_raise FROM portfolio.rule_set_rules(portfolio.rule_set('t', ARRAY(SELECT expression FROM s.rule ORDER BY no))) r WHERE r.code = rule.expression;\n";
	$sql .= "CREATE TABLE col (name text, textual boolean, literals text[]);\nINSERT INTO col VALUES "
	  . join(', ', map { "('$_->{name}', (SELECT typcategory = 'S' FROM pg_type WHERE oid = '$_->{base}'::regtype), " . ($_->{pool} eq 'NULL::text[]' ? "'{}'" : "ARRAY[" . join(', ', map { PfRandomRules::quote($_) } @{ $_->{literals} }) . ']') . ')' } @columns) . ";\n";
	$sql .= "CALL make_judges('t');\nCALL make_items();\n";
	my @by = grep { $_->{family} !~ /^(json)$/ && !($big && $_->{value} =~ /\bg\b/) } @columns;
	return ($sql, map { $_->{name} } @by);
}

my @ways = (
	[ 'serial', 'true', 'SET max_parallel_workers_per_gather = 0;' ],
	[ 'parallel', 'NOT may_raise', 'SET max_parallel_workers_per_gather = %d; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET force_parallel_mode = on;' ],
	[ 'sorted groups', 'true', 'SET max_parallel_workers_per_gather = 0; SET enable_hashagg = off;' ],
	[ 'spilling groups', 'true', "SET max_parallel_workers_per_gather = 0; SET work_mem = '64kB'; SET pg_portfolio.score_mem = '64kB'; SET enable_sort = off;" ],
	[ 'partition-wise', 'NOT may_raise', 'SET enable_partitionwise_aggregate = on; SET max_parallel_workers_per_gather = %d; SET parallel_setup_cost = 0; SET min_parallel_table_scan_size = 0;' ],
	[ 'by row', 'true', 'SET max_parallel_workers_per_gather = 0;' ],
	[ 'one rule each', 'true', 'SET max_parallel_workers_per_gather = 0;' ],
	[ 'items', 'NOT may_raise', 'SET max_parallel_workers_per_gather = %d; SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;' ],
	[ 'compiled', 'true', 'SET max_parallel_workers_per_gather = 0; SET jit = on; SET jit_above_cost = 0;' ]);
my ($cases, $workers, %by_way) = (0, 0);

for my $no (0 .. $tables - 1)
{
	my $seed = $first_seed + $no;
	my $random = PfRandomRules->new($seed);
	my $big = $no % 40 == 39;
	my ($sql, @by) = make_table($random, $big);
	my @runs = map { $ways[$_] } ($big ? (0, 1, 7) : (0, 1, 2 + int(rand(2)), 4 + int(rand(3)), 7, $no == 9 ? 8 : ()));

	for my $run (@runs)
	{
		my ($way, $which, $settings) = @$run;
		my @groups = $way eq 'one rule each' || !@by || PfRandomRules::chance(0.25) ? () : map { PfRandomRules::pick(@by) } 1 .. 1 + int(rand(2));
		@groups = ('part', @groups) if $way eq 'partition-wise';
		@groups = ('part') x int(rand(2)) if $way eq 'items';
		my %once;
		my $by = 'ARRAY[' . join(', ', map { "'$_'" } grep { !$once{$_}++ } @groups) . ']::text[]';
		my $set = "portfolio.rule_set('t', ARRAY(SELECT expression FROM s.rule WHERE $which ORDER BY no))";
		my $engine = $way eq 'one rule each'
		  ? "SELECT string_agg(counted(g.tally, x.rules), ' ' ORDER BY no) FROM (SELECT no, portfolio.rule_set('t', ARRAY[expression]) AS rules FROM s.rule ORDER BY no OFFSET 0) x, portfolio.tally_relation('t', x.rules) g"
		  : $way eq 'items'
		  ? "SELECT counted_items(g.tally, x.rules) FROM (SELECT item_set('t') AS rules OFFSET 0) x, portfolio.tally_relation('t', x.rules, $by) g"
		  : $way eq 'by row'
		  ? "SELECT counted(tally, rules) FROM (SELECT portfolio.tally_row(x.rules, t) AS tally, x.rules FROM t, (SELECT $set AS rules OFFSET 0) x GROUP BY x.rules" . join('', map { ", t.$_" } @groups) . (@groups ? '' : ' UNION ALL SELECT portfolio.empty_tally(rules), rules FROM (SELECT ' . $set . ' AS rules) x WHERE NOT EXISTS (SELECT FROM t)') . ') x'
		  : "SELECT counted(g.tally, x.rules) FROM (SELECT $set AS rules OFFSET 0) x, portfolio.tally_relation('t', x.rules, $by) g";

		$sql .= sprintf("BEGIN; SET LOCAL timezone = 'Europe/London'; CREATE TEMP TABLE plain_counts ON COMMIT DROP AS SELECT * FROM " . ($way eq 'items' ? "plain_items('t', $by)" : "plain('t', '$which', $by)") . " counts;\n"
			  . ($settings =~ s/SET /SET LOCAL /gr) . "\nCREATE TEMP TABLE engine_counts ON COMMIT DROP AS $engine;\n", 1 + int(rand(3)));
		$sql .= "SELECT '$way|' || (SELECT count(*) FROM s.rule WHERE $which) || '|' || (SELECT count(*) FROM plain_counts) || '|' || differences('" . ($way eq 'items' ? 'items' : $which) . "');\nROLLBACK;\n";
	}
	my ($rc, $out, $err) = $node->psql('postgres', "SET client_min_messages = warning;\n$sql");
	my @lines = grep { /\|/ } split /\n/, $out;
	if ($rc != 0 || @lines != @runs)
	{
		fail("table of seed $seed was counted");
		diag($err);
		next;
	}
	for my $line (@lines)
	{
		my ($way, $n, $groups, $difference) = split /\|/, $line, 4;

		$cases += $n;
		$by_way{$way} += $n;
		next if $difference eq 'equal';
		fail("seed $seed, $way");
		diag($difference);
	}
}
cmp_ok($cases, '>=', 145 * $tables, "$cases cases, from seed $first_seed");
note("$_: $by_way{$_}") for sort keys %by_way;
$node->stop;
done_testing();
