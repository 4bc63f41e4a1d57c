# A real architecture, asked: what hangs on nothing, and what is there twice.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $folder = "$ENV{PF_DATA}/architecture/dtos";
plan skip_all => 'the architecture is not here' if !$ENV{PF_DATA} || !-d $folder;
plan skip_all => 'python3 is not installed' if system('python3 -c "import xml.etree.ElementTree" >/dev/null 2>&1') != 0;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\npg_portfolio.run_jobs = off");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_portfolio CASCADE');
my $xml = '';
ok(IPC::Run::run([ 'python3', "$ENV{PF_STAGE}/contrib/archimate/grafico_to_exchange.py", $folder ], '>', \$xml, '2>', \my $notes), 'the folder becomes one file');
$xml =~ s/'/''/g;
is($node->safe_psql('postgres', "SELECT what, taken, refused FROM portfolio.import_archimate('$xml'::xml) WHERE what IN ('elements', 'relationships')"), "elements|129|0\nrelationships|252|0", 'it is loaded');
is($node->safe_psql('postgres', 'SELECT name FROM portfolio.orphans() ORDER BY name'), "DES: Core - IHI:Spectra - NEC:OptoMize\nDES: HIC\nDES: Quiksilva", 'three components hang on nothing');
is($node->safe_psql('postgres', q{SELECT a_ref, a_name FROM portfolio.duplicates(1) WHERE kind = 'relationship'}), 'system:SERVICE_NOW > system:COHORT_MANAGER|Self Referral', 'of four pairs of flows the one that is there twice');
$node->stop;
done_testing();
