# The real sheets: every practice of epraccur and the memberships of epcmem, the government's API catalogue, the major
# projects of 2016. And the DOT of the whole example, read by a grammar of its own.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nclient_min_messages = warning");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_portfolio CASCADE');
sub ask { return $node->safe_psql('postgres', $_[0]); }

# DOT and Mermaid of the whole example: every line is of one of few forms, and every end is a node
ask('SELECT count(*) FROM portfolio.load_example()');
my $edges = ask('SELECT count(*) FROM portfolio.dependency d JOIN portfolio.element s ON s.id = d.source JOIN portfolio.element t ON t.id = d.target
	WHERE d.valid @> current_date AND s.valid @> current_date AND t.valid @> current_date');
my $nodes = ask('SELECT count(*) FROM portfolio.element WHERE valid @> current_date');
my $text = qr/"(?:[^"\\\n]|\\["\\n])*"/;
my %dot = (node => {}, edges => 0, odd => '');
my @lines = split(/\n/, ask('SELECT portfolio.to_dot(ARRAY(SELECT id FROM portfolio.element))'));
is(shift(@lines), 'digraph portfolio {', 'DOT begins a digraph');
is(pop(@lines), '}', 'and ends it');
for (@lines)
{
	if (/^  (e\d+) \[label=$text\];$/) { $dot{node}{$1} = 1; }
	elsif (/^  (e\d+) -> (e\d+) \[label=$text\];$/ && $dot{node}{$1} && $dot{node}{$2}) { $dot{edges}++; }
	elsif (!/^  (rankdir=LR|node \[shape=box\]);$/) { $dot{odd} .= "$_\n"; }
}
is($dot{odd}, '', 'every line of DOT is of its grammar');
is(keys(%{ $dot{node} }) . "|$dot{edges}", "$nodes|$edges", 'every element and dependency is in it');
my %mermaid = (node => {}, edges => 0, odd => '');
@lines = split(/\n/, ask('SELECT portfolio.to_mermaid(ARRAY(SELECT id FROM portfolio.element))'));
is(shift(@lines), 'flowchart LR', 'Mermaid begins a flowchart');
for (@lines)
{
	if (/^  (e\d+)\["[^"`]*"\]$/) { $mermaid{node}{$1} = 1; }
	elsif (/^  (e\d+) -- "[^"`<>]*" --> (e\d+)$/ && $mermaid{node}{$1} && $mermaid{node}{$2}) { $mermaid{edges}++; }
	else { $mermaid{odd} .= "$_\n"; }
}
is($mermaid{odd}, '', 'every line of Mermaid is of its grammar');
is(keys(%{ $mermaid{node} }) . "|$mermaid{edges}", "$nodes|$edges", 'every element and dependency is in it');
is(ask(q{SELECT (xpath('count(//g:node)', d, ns))[1], (xpath('count(//g:edge)', d, ns))[1]
	FROM (SELECT portfolio.to_graphml(ARRAY(SELECT id FROM portfolio.element)) AS d, ARRAY[ARRAY['g', 'http://graphml.graphdrawing.org/xmlns']] AS ns) x}), "$nodes|$edges", 'and in GraphML');

SKIP:
{
	my $data = $ENV{PF_DATA} // '';
	skip 'the data folder is not there', 16 unless -e "$data/ods/epraccur.csv";
	ask('CREATE TABLE epraccur (' . join(', ', map { "c$_ text" } 1 .. 27) . '); CREATE TABLE epcmem (' . join(', ', map { "c$_ text" } 1 .. 6) . ')');
	ask("COPY epraccur FROM '$data/ods/epraccur.csv' (FORMAT csv); COPY epcmem FROM '$data/ods/epcmem.csv' (FORMAT csv)");
	ask('ANALYZE epraccur, epcmem');
	is(ask("SELECT verdict, problem, count(*) FROM portfolio.import_ods_practices('epraccur') GROUP BY 1, 2"), 'new||14303', 'all 14,303 practices are taken');
	is(ask('SELECT count(*) FROM portfolio.organisation o JOIN epraccur e ON e.c1 = o.ods_code AND e.c2 = o.name
		WHERE lower(o.valid) = e.c11::date AND upper(o.valid) - 1 IS NOT DISTINCT FROM nullif(e.c12, $$$$)::date'), 14303, 'with code, name and dates');
	is(ask("SELECT count(*) FROM portfolio.organisation_role r JOIN portfolio.organisation o ON o.id = r.organisation WHERE r.role = 'RO76' AND o.source = 'ods: epraccur'"),
		ask("SELECT count(*) FROM epraccur WHERE c26 = '4'"), 'GP practices are those of prescribing setting 4');
	my $here = ask('SELECT count(*) FROM epcmem m JOIN epraccur e ON e.c1 = m.c1');
	is(ask("SELECT count(*) FROM portfolio.import_ods_memberships('epcmem') WHERE verdict = 'new'"), $here, "memberships of practices that are here: $here");
	is(ask("SELECT verdict, CASE WHEN problem LIKE 'organisation % is not here' THEN 'practice is not here' ELSE problem END, count(*) FROM portfolio.import_ods_memberships('epcmem') GROUP BY 1, 2 ORDER BY 1"),
		'refused|practice is not here|' . (47822 - $here) . "\nsame||$here", 'the others are listed with their reason, and again changes nothing');
	ask('ANALYZE portfolio.relationship, portfolio.organisation');
	is(ask("SELECT count(*) FROM portfolio.relationship r JOIN portfolio.organisation b ON b.id = r.source JOIN portfolio.organisation o ON o.id = r.target
		JOIN epcmem m ON (m.c1, m.c2, m.c4::date) = (o.ods_code, b.ods_code, lower(r.valid)) WHERE r.origin = 'ods: epcmem' AND upper(r.valid) - 1 IS NOT DISTINCT FROM nullif(m.c5, '')::date"), $here, 'as dated relationships');
	my $changes = ask('SELECT count(*) FROM portfolio.change');
	is(ask("SELECT verdict, count(*) FROM portfolio.import_ods_practices('epraccur') GROUP BY 1"), 'same|14303', 'practices again');
	is(ask('SELECT count(*) FROM portfolio.change'), $changes, 'change nothing');

	ask('CREATE TABLE api (dateAdded text, dateUpdated text, url text, name text, description text, documentation text, license text, maintainer text, areaServed text, startDate text, endDate text, provider text)');
	ask("COPY api FROM '$data/architecture/api_catalogue.csv' (FORMAT csv, HEADER)");
	is(ask("SELECT verdict, count(*) FROM portfolio.import_api_catalogue('api') GROUP BY 1"), 'new|231', 'all 231 interfaces are taken');
	is(ask("SELECT verdict, count(*) FROM portfolio.import_api_catalogue('api') GROUP BY 1"), 'same|231', 'again: nothing');
	is(ask("SELECT count(DISTINCT provider) FROM portfolio.interface WHERE source = 'api catalogue'"), 33, '33 providers');
	is(ask('SELECT function, interfaces, array_to_string(technologies, $$, $$) FROM portfolio.reuse() LIMIT 1'), 'personal demographics service|5|FHIR, HL7 V3, MESH, SMSP',
		'reuse() puts the Personal Demographics Service first, with five interfaces in four technologies');

	# a national service that reaches every practice: each crossing once, among all those that cross nothing
	ask("INSERT INTO portfolio.relationship (source, kind, target)
		SELECT portfolio.element_id('service', 'REFERRALS'), 'serving', o.id FROM portfolio.organisation o WHERE o.source = 'ods: epraccur' AND o.valid @> current_date");
	is(ask("SELECT count(*), count(DISTINCT local_ref), min(crossing || ' ' || verdict), max(crossing || ' ' || verdict) FROM portfolio.national_local_interface JOIN portfolio.organisation o ON local_ref = 'organisation:' || o.code AND o.source = 'ods: epraccur' WHERE national_ref = 'service:REFERRALS'"),
		ask("SELECT count(*), count(*), 'serving gap', 'serving gap' FROM portfolio.organisation WHERE source = 'ods: epraccur' AND region IS NOT NULL AND valid @> current_date"), 'every crossing to a practice is judged once');

	# in a database without the example, which has the same programmes
	$node->safe_psql('postgres', 'CREATE DATABASE projects');
	my $projects = sub { return $node->safe_psql('projects', $_[0]); };
	$projects->('CREATE EXTENSION pg_portfolio CASCADE');
	$projects->('CREATE TABLE gmpp (gmpp_id text, name text, department text, category text, dca text, start_date text, end_date text, fy_baseline_gbp_m text, fy_forecast_gbp_m text, whole_life_cost_gbp_m text, snapshot_date text)');
	$projects->("COPY gmpp FROM '$data/gmpp/gmpp_dh_2016-09-30.csv' (FORMAT csv, HEADER)");
	is($projects->("SELECT verdict, count(*) FROM portfolio.import_gmpp('gmpp') GROUP BY 1"), 'new|18', 'all 18 programmes are taken');
	is($projects->('SELECT count(*), sum(p.whole_life_cost_gbp_m), count(*) FILTER (WHERE p.dca::text = $$Amber$$) FROM portfolio.programme p JOIN gmpp g ON (g.gmpp_id, g.end_date::date, g.dca) = (p.gmpp_id, p.end_date, p.dca::text)'),
		$projects->('SELECT count(*), sum(whole_life_cost_gbp_m::numeric), count(*) FILTER (WHERE dca = $$Amber$$) FROM gmpp'), 'with dates, costs and ratings');
	is($projects->("SELECT verdict, count(*) FROM portfolio.import_gmpp('gmpp') GROUP BY 1"), 'same|18', 'again: nothing');
}

$node->stop;
done_testing();
