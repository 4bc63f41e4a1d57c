# Databases of other locales: words of ours mean the same where the small letter of I is another and where no letter beyond ASCII is known.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--locale=C', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\npg_portfolio.run_jobs = off\nfsync = off\nDateStyle = 'ISO, YMD'");
$node->start;
my %locale = (plain => "LOCALE 'C'");
$locale{turkish} = "LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'" if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) ne '0';

for my $database (sort keys %locale)
{
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING 'UTF8' $locale{$database}");
	$node->safe_psql($database, 'SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE');
	my $ask = sub { return $node->safe_psql($database, "SET client_min_messages = warning; $_[0]"); };

	$ask->(q{
CREATE TABLE public.sheet ("CODE" text, "TITLE" text, "DESCRIPTION" text, "LIFECYCLE" text, "VALID UNTIL" text);
INSERT INTO public.sheet VALUES ('S1', 'INDEX', 'WHAT IT IS', 'LIVE', '1 APRIL 2031'), ('S2', 'SPINE', 'NOT APPLICABLE', 'N/A', '30 Apri 2032');
CREATE TABLE public.gmpp ("GMPP ID NUMBER" text, "PROJECT NAME" text, "DELIVERY CONFIDENCE ASSESSMENT" text, "DESCRIPTION / AIMS" text, "PROJECT - END DATE" text);
INSERT INTO public.gmpp VALUES ('DOH_0001_1516-Q1', 'Identity', 'AMBER', 'Aims', '31 APRIL 2031'), ('DOH_0002_1516-Q1', 'Inbox', 'AMBER', 'Aims', '30 APRIL 2031');
});
	is($ask->(q{SELECT string_agg(verdict || coalesce(' ' || problem, ''), ',' ORDER BY "row") FROM portfolio.import('system', 'public.sheet', dry_run => false)}), 'new,new', "$database: a sheet in capitals is read");
	is($ask->(q{SELECT code, name, description, lifecycle, upper(valid) FROM portfolio.system WHERE code LIKE 'S_' ORDER BY code}),
		"S1|INDEX|WHAT IT IS|live|2031-04-02\nS2|SPINE||live|2032-05-01", 'with all its columns');
	is($ask->(q{SELECT string_agg(DISTINCT portfolio.gmpp_field(a.attname), ' ' ORDER BY portfolio.gmpp_field(a.attname)) FROM pg_attribute a WHERE a.attrelid = 'public.gmpp'::regclass AND a.attnum > 0}),
		'dca description end_date gmpp_id name', 'and so are the headings of GMPP');
	is($ask->(q{SELECT value FROM portfolio.read_boolean('FALSE')}) . $ask->(q{SELECT value FROM portfolio.read_number('£1.5 MILLION', 'gbp')}), 'f1500000', 'yes and no, and millions');
	is($ask->(q{SELECT string_agg(portfolio.guess_sensitivity(c), ' ') FROM unnest('{DIAG_01,RELIGION,NHS_ID}'::text[]) c}), $ask->(q{SELECT string_agg(portfolio.guess_sensitivity(lower(c COLLATE "C")), ' ') FROM unnest('{DIAG_01,RELIGION,NHS_ID}'::text[]) c}), 'what columns say of people');
	is($ask->(q{SELECT count(*) FROM portfolio.sheet_fields('interface') f WHERE f.label ~ '^[^A-Z]'}), '0', 'labels begin with a capital of English');
	isnt($ask->(q{SELECT count(*) FROM portfolio.help('IMPORT')}), '0', 'help is found');
	$ask->(q{
INSERT INTO portfolio.service (code, name, owner) VALUES ('X', 'X', NULL);
INSERT INTO portfolio.roadmap_item (service, code, title, kind, status, starts_on) VALUES (portfolio.element_ref('service:X'), 'W1', 'Work', 'maintenance', 'planned', current_date + 1);
});
	like($ask->(q{SELECT portfolio.roadmap_icalendar()}), qr/^CATEGORIES:MAINTENANCE\r?$/m, 'and a calendar has its words');

	$ask->(q{INSERT INTO portfolio.supplier (code, name) VALUES ('A', 'Größe AG'), ('B', 'Gräße AG'), ('C', 'Größe–AG')});
	is($ask->(q{SELECT string_agg(least(a_name, b_name) || ' = ' || greatest(a_name, b_name), ', ' ORDER BY a) FROM portfolio.duplicates(1) WHERE kind = 'supplier'}), 'Größe AG = Größe–AG', 'names are the same by all their letters');
}
SKIP:
{
	skip 'PostgreSQL was built without ICU', 9 unless $locale{turkish};
}
$node->stop;
done_testing();
