# A dump restores the portfolio and its journal exactly: by psql, by pg_restore and by pg_restore in parallel, and the restored database goes on from there.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nDateStyle = 'SQL, DMY'");
$node->start;
my $dir = PostgreSQL::Test::Utils::tempdir;

$node->safe_psql('postgres', 'CREATE DATABASE original');
$node->safe_psql('original', 'CREATE EXTENSION pg_portfolio CASCADE');
$node->safe_psql('original', q{
  SELECT count(*) FROM portfolio.load_example();
  INSERT INTO portfolio.element_kind (kind, archimate_type, label) VALUES ('clinic', 'Facility', 'Clinic');
  INSERT INTO portfolio.element (kind, code, name, valid) VALUES ('clinic', 'C1', 'A clinic', '[2016-04-01,)');
  INSERT INTO portfolio.supplier (code, name) VALUES ('S1', 'A supplier');
  INSERT INTO portfolio.contract (code, name, supplier, service, valid, value_gbp)
  SELECT 'K1', 'A contract', s.id, portfolio.element_id('service', 'EPS'), '[2016-04-01,2018-03-31]', 1234.50 FROM portfolio.supplier s;
  -- An owner that comes after what it owns, and rows that refer to each other in one table
  INSERT INTO portfolio.service_level (service, measure, target) VALUES (portfolio.element_id('service', 'EPS'), 'availability', 99.9);
  INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on) VALUES (portfolio.element_id('service', 'EPS'), 'R3', 'release', 'Release 3', '2018-06-01');
  UPDATE portfolio.service SET owner = portfolio.element_id('team', 'SERVICE_OPERATIONS'), support_tier = 'gold', early_life_ends = '2018-04-01', state = 'early_life_support'
   WHERE code = 'EPS';
  UPDATE portfolio.service SET state = 'live' WHERE code = 'EPS';
  INSERT INTO portfolio.organisation (code, name) VALUES ('CHILD', 'Child'), ('PARENT', 'Parent');
  UPDATE portfolio.organisation SET parent = portfolio.element_id('organisation', 'PARENT') WHERE code = 'CHILD';
  BEGIN; SET LOCAL pg_portfolio.reason = 'CAB 4711';
  UPDATE portfolio.system SET name = E'Spine\\t"2"\n' WHERE code = 'SPINE'; COMMIT;
  DELETE FROM portfolio.relationship WHERE kind = 'influence';
  DELETE FROM portfolio.site WHERE code = 'SOUTHAMPTON' AND false;
  SELECT portfolio.relate('system:SPINE', 'realization', 'service:EPS');
});

my @tables = split /\n/, $node->safe_psql('original', q{
  SELECT c.oid::regclass FROM pg_extension e, unnest(e.extconfig) t, pg_class c, pg_namespace n
   WHERE e.extname = 'pg_portfolio' AND c.oid = t AND n.oid = c.relnamespace AND n.nspname = 'portfolio' AND c.relkind IN ('r', 'p') ORDER BY 1});
cmp_ok(scalar(@tables), '>', 15, 'the tables that are dumped');

sub contents
{
	my ($db) = @_;
	my %rows;
	foreach my $table (@tables)
	{
		$rows{$table} = $node->safe_psql($db, "SET DateStyle = 'ISO, YMD'; SELECT t::text FROM $table t ORDER BY 1");
	}
	$rows{sequences} = $node->safe_psql($db,
		"SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'portfolio'
		    AND sequencename IN ('element_id_seq', 'relationship_id_seq', 'change_id_seq') ORDER BY 1");
	return \%rows;
}

my $before = contents('original');
like($before->{'portfolio.change'}, qr/CAB 4711/, 'the journal holds the reason');

sub restored_is_same
{
	my ($db, $how) = @_;
	is_deeply(contents($db), $before, "$how gives the same rows, the journal included");
	is($node->safe_psql($db, q{SELECT count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
	     WHERE n.nspname = 'portfolio' AND t.tgname = '00_register' AND t.tgenabled = 'O'}), '13', 'the triggers stand');
	$node->safe_psql($db, q{UPDATE portfolio.system SET name = 'Spine' WHERE code = 'SPINE'; INSERT INTO portfolio.system (code, name) VALUES ('NEW', 'New')});
	is($node->safe_psql($db, q{SELECT operation, new ->> 'name' FROM portfolio.change ORDER BY id DESC LIMIT 2}), "INSERT|New\nUPDATE|Spine", 'and the journal goes on');
	is($node->safe_psql($db, q{SELECT e.id = s.id FROM portfolio.element e JOIN portfolio.system s USING (kind, code) WHERE code = 'NEW'}), 't', 'and so does the register');
	my (undef, undef, $refusal) = $node->psql($db, q{INSERT INTO portfolio.relationship (source, kind, target, code, valid) SELECT source, kind, target, code, daterange(current_date, NULL)
	    FROM portfolio.relationship WHERE valid @> current_date ORDER BY id LIMIT 1});
	like($refusal, qr/exclusion constraint "relationship_valid_excl"/, 'and a relationship is refused on days that it holds already');
	return;
}

$node->command_ok([ 'pg_dump', '-f', "$dir/plain.sql", 'original' ], 'pg_dump in plain text');
$node->safe_psql('postgres', 'CREATE DATABASE by_psql');
$node->command_ok([ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', 'by_psql', '-f', "$dir/plain.sql" ], 'psql restores it without an error');
restored_is_same('by_psql', 'pg_dump | psql');

$node->command_ok([ 'pg_dump', '--inserts', '-f', "$dir/inserts.sql", 'original' ], 'pg_dump --inserts');
$node->safe_psql('postgres', 'CREATE DATABASE by_inserts');
$node->command_ok([ 'psql', '-X', '-q', '-1', '-v', 'ON_ERROR_STOP=1', '-d', 'by_inserts', '-f', "$dir/inserts.sql" ], 'psql restores it in one transaction');
restored_is_same('by_inserts', 'pg_dump --inserts | psql -1');

$node->command_ok([ 'pg_dump', '-Fd', '-f', "$dir/dump", 'original' ], 'pg_dump as a directory');
$node->safe_psql('postgres', 'CREATE DATABASE by_restore');
$node->command_ok([ 'pg_restore', '-d', 'by_restore', "$dir/dump" ], 'pg_restore restores it without an error');
restored_is_same('by_restore', 'pg_restore');

# pg_restore -j loads tables of an extension without regard to their foreign keys, so data go in with triggers off.
$node->safe_psql('postgres', 'CREATE DATABASE in_parallel');
$node->command_ok([ 'pg_restore', '--section=pre-data', '-d', 'in_parallel', "$dir/dump" ], 'in parallel: first what is not data');
$node->command_ok([ 'pg_restore', '-j', '4', '--data-only', '--disable-triggers', '-d', 'in_parallel', "$dir/dump" ], 'then the data with -j 4');
$node->command_ok([ 'pg_restore', '--section=post-data', '-d', 'in_parallel', "$dir/dump" ], 'then the rest');
restored_is_same('in_parallel', 'pg_restore -j 4 in three steps');

# The settings of a dump script open no way around the journal for those who do not own it.
$node->safe_psql('original', q{
  CREATE ROLE editor LOGIN;
  GRANT SELECT, UPDATE ON portfolio.system TO editor;});
$node->safe_psql('original', q{
  SET check_function_bodies = off; SELECT set_config('search_path', '', false);
  UPDATE portfolio.system SET name = 'Renamed' WHERE code = 'SPINE'}, extra_params => [ '-U', 'editor' ]);
is($node->safe_psql('original', q{SELECT by, new ->> 'name' FROM portfolio.change ORDER BY id DESC LIMIT 1}), 'editor|Renamed', 'nobody passes for a restore');

$node->stop;
done_testing();
