# DROP EXTENSION: refused while user rows exist, and with the setting on nothing of ours is left.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nclient_min_messages = error");
$node->start;

# What a database holds apart from the extension: everything that has an entry in pg_depend or a schema.
my $inventory = q{
SELECT count(*) || ' ' || md5(string_agg(x, ',' ORDER BY x)) FROM (
  SELECT format('class %s %s', oid::regclass, relkind) FROM pg_class WHERE relnamespace::regnamespace::text NOT LIKE 'pg_toast%'
  UNION ALL SELECT format('function %s', oid::regprocedure) FROM pg_proc
  UNION ALL SELECT format('type %s', oid::regtype) FROM pg_type WHERE typnamespace::regnamespace::text NOT LIKE 'pg_toast%'
  UNION ALL SELECT format('operator %s', oid::regoperator) FROM pg_operator
  UNION ALL SELECT format('operator class %s', opcname) FROM pg_opclass
  UNION ALL SELECT format('operator family %s', opfname) FROM pg_opfamily
  UNION ALL SELECT format('cast %s %s', castsource::regtype, castfunc) FROM pg_cast
  UNION ALL SELECT format('schema %s', nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg_temp%' AND nspname NOT LIKE 'pg_toast%'
  UNION ALL SELECT format('extension %s', extname) FROM pg_extension
  UNION ALL SELECT format('policy %s', polname) FROM pg_policy
  UNION ALL SELECT format('trigger %s', tgname) FROM pg_trigger
  UNION ALL SELECT format('comment %s %s', objoid, description) FROM pg_description
  UNION ALL SELECT format('event trigger %s', evtname) FROM pg_event_trigger) i (x)};
$node->safe_psql('postgres', 'CREATE EXTENSION btree_gist');
my $before = $node->safe_psql('postgres', $inventory);

$node->safe_psql('postgres', 'CREATE EXTENSION pg_portfolio');
isnt($node->safe_psql('postgres', $inventory), $before, 'the extension adds something');
$node->safe_psql('postgres', 'DROP EXTENSION pg_portfolio CASCADE');
is($node->safe_psql('postgres', $inventory), $before, 'without user rows it is dropped, and nothing is left');

$node->safe_psql('postgres', 'CREATE EXTENSION pg_portfolio');
$node->safe_psql('postgres', q{INSERT INTO portfolio.profile_grant (role, profile) VALUES ('someone', 'reader')});
my $detail = 'DETAIL:  Table portfolio.profile_grant has rows that a user made.';
my $refusal = <<"EOT";
ERROR:  cannot drop extension pg_portfolio because it holds user rows
$detail
HINT:  Save them first with the pg_dump command of docs/install.md. To drop them, let a superuser SET pg_portfolio.allow_drop = on and try again.
EOT
for my $drop ('DROP EXTENSION pg_portfolio', 'DROP EXTENSION pg_portfolio CASCADE', 'DROP EXTENSION btree_gist CASCADE',
	'DROP OWNED BY CURRENT_USER')
{
	my ($status, undef, $stderr) = $node->psql('postgres', "SET client_min_messages = warning; $drop");
	# DROP OWNED by the bootstrap superuser is refused by PostgreSQL itself; either way nothing goes.
	next if $drop =~ /OWNED/ && $stderr =~ /cannot drop objects owned by role/;
	$stderr =~ s/^psql:<stdin>:\d+: //mg;
	is($stderr, $refusal =~ s/\n\z//r, "refused: $drop");
}
is($node->safe_psql('postgres', 'SELECT role FROM portfolio.profile_grant'), 'someone', 'the rows are still there');

# The answer is not remembered beyond the DROP it was given to.
my ($status, undef, $stderr) = $node->psql('postgres', q{
DELETE FROM portfolio.profile_grant;
BEGIN;
SAVEPOINT s;
DROP EXTENSION pg_portfolio;
ROLLBACK TO s;
INSERT INTO portfolio.profile_grant (role, profile) VALUES ('someone', 'reader');
DROP EXTENSION pg_portfolio;
});
like($stderr, qr/cannot drop extension pg_portfolio because it holds user rows/, 'a row made after a rolled back DROP counts');

# A row that is committed while DROP waits for its locks is seen, also under REPEATABLE READ.
$node->safe_psql('postgres', q{INSERT INTO portfolio.profile_grant (role, profile) VALUES ('someone', 'reader')});
($status, undef, $stderr) = $node->psql('postgres',
	'BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1; DROP EXTENSION pg_portfolio');
like($stderr, qr/holds user rows/, 'refused under REPEATABLE READ');

$node->safe_psql('postgres', 'CREATE ROLE nobody LOGIN');
($status, undef, $stderr) = $node->psql('postgres', 'SET pg_portfolio.allow_drop = on', extra_params => [ '-U', 'nobody' ]);
like($stderr, qr/permission denied to set parameter "pg_portfolio.allow_drop"/, 'only a superuser sets pg_portfolio.allow_drop');

$node->safe_psql('postgres', 'SET pg_portfolio.allow_drop = on; DROP EXTENSION pg_portfolio CASCADE; DROP ROLE nobody');
is($node->safe_psql('postgres', $inventory), $before, 'with the setting on it is dropped, and nothing is left');

# Users' own objects that stand on ours go with CASCADE, users' tables stay.
$node->safe_psql('postgres', q{
CREATE EXTENSION pg_portfolio;
CREATE TABLE patient (id int, n portfolio.nhs_number);
CREATE VIEW profiles AS SELECT * FROM portfolio.profile;
SET pg_portfolio.allow_drop = on;
DROP EXTENSION pg_portfolio CASCADE;
});
is($node->safe_psql('postgres', q{SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'patient'::regclass AND attnum > 0 AND NOT attisdropped}),
	'id', 'CASCADE takes a column of our type and leaves the table');
is($node->safe_psql('postgres', q{SELECT to_regclass('profiles') IS NULL}), 't', 'and takes a view over ours');
$node->safe_psql('postgres', 'DROP TABLE patient');
is($node->safe_psql('postgres', $inventory), $before, 'then nothing is left');

# While jobs run: their processes leave the database with the extension.
$node->safe_psql('postgres', q{
CREATE EXTENSION pg_portfolio;
CREATE ROLE night LOGIN;
SELECT portfolio.grant_profile('night', 'operator');
SET ROLE night;
SELECT portfolio.schedule_job('busy', 'every 1 second', 'SELECT 1');
SELECT portfolio.schedule_job('long', 'every 1 second', 'SELECT pg_sleep(1000)');
});
ok($node->poll_query_until('postgres', q{SELECT bool_or(job_name = 'busy' AND outcome = 'succeeded') FROM portfolio.job_run}), 'a job has run');
ok($node->poll_query_until('postgres', q{SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = 'postgres' AND query LIKE '%pg_sleep%' AND backend_type = 'portfolio worker'}), 'and another runs');
$node->safe_psql('postgres', 'SET pg_portfolio.allow_drop = on; DROP EXTENSION pg_portfolio CASCADE');
ok($node->poll_query_until('postgres', q{SELECT count(*) = 0 FROM pg_stat_activity WHERE datname = 'postgres' AND backend_type LIKE 'portfolio %'}), 'no scheduler and no worker is left in the database');
$node->safe_psql('postgres', 'DROP ROLE night');
is($node->safe_psql('postgres', $inventory), $before, 'nor anything else');

# A database that holds user rows can be dropped as any other.
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', q{CREATE EXTENSION pg_portfolio CASCADE; INSERT INTO portfolio.profile_grant (role, profile) VALUES ('someone', 'reader')});
$node->safe_psql('postgres', 'DROP DATABASE other');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_database WHERE datname = 'other'}), '0', 'DROP DATABASE is not held up');

$node->stop;
done_testing();
