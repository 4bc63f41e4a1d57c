# pg_dump and restore give the same user rows, by the very commands of docs/install.md.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# blocks(SECTION): the shell blocks of a section of the page
my $page = slurp_file("$ENV{PF_STAGE}/docs/install.md");
sub blocks
{
	my ($section) = @_;
	my ($text) = $page =~ /^## \Q$section\E\n(.*?)(?=^## |\z)/ms;
	return $text =~ /^```sh\n(.*?)^```$/msg;
}
my @backup = blocks('Back up');
my @restore = blocks('Restore');
is(scalar(@backup), 2, 'the page has two ways to back up');
is(scalar(@restore), 2, 'and two to restore');

# run_block(NODE, BLOCK): as a reader of the page would, in a folder of its own
my $folder = PostgreSQL::Test::Utils::tempdir();
sub run_block
{
	my ($on, $block, $title) = @_;
	local %ENV = (%ENV, PGHOST => $on->host, PGPORT => $on->port, PGUSER => 'postgres');
	delete local $ENV{PGDATABASE};
	my ($out, $err) = ('', '');
	my $ok = IPC::Run::run([ 'sh', '-ec', "cd '$folder'\n$block" ], '>', \$out, '2>', \$err);
	ok($ok, $title) or diag("$block\n$out$err");
	return $err;
}

# contents(NODE, DB): every table of user rows by count and content, every dumped sequence, every grant
sub contents
{
	my ($on, $db) = @_;
	my $queries = $on->safe_psql($db, q{
SELECT CASE c.relkind
         WHEN 'S' THEN format('SELECT %L, last_value::text || is_called::text, NULL FROM %s', c.oid::regclass, c.oid::regclass)
         ELSE format('SELECT %L, count(*)::text, md5(string_agg(t::text, E''\n'' ORDER BY t::text)) FROM ONLY %s t %s',
                     c.oid::regclass, c.oid::regclass, e.condition) END
  FROM pg_extension x, unnest(x.extconfig, x.extcondition) e (oid, condition) JOIN pg_class c USING (oid)
 WHERE x.extname = 'pg_portfolio' ORDER BY c.oid::regclass::text});
	my $grants = q{SELECT 'grants of ' || rolname, count(*)::text, md5(string_agg(x, ',' ORDER BY x))
  FROM pg_roles r, LATERAL (
    SELECT format('%s %s', c.oid::regclass, a.privilege_type) FROM pg_class c, aclexplode(c.relacl) a WHERE a.grantee = r.oid
    UNION ALL SELECT format('%s.%s %s', t.attrelid::regclass, t.attname, a.privilege_type) FROM pg_attribute t, aclexplode(t.attacl) a WHERE a.grantee = r.oid
    UNION ALL SELECT format('%s %s', p.oid::regprocedure, a.privilege_type) FROM pg_proc p, aclexplode(p.proacl) a WHERE a.grantee = r.oid) g (x)
 WHERE rolname LIKE 'portfolio%' GROUP BY rolname ORDER BY rolname};
	return $on->safe_psql($db, join(";\n", split(/\n(?=SELECT)/, $queries), $grants));
}

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\npg_portfolio.run_jobs = off");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE nto');
$node->safe_psql('nto', <<'EOT');
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
SELECT portfolio.create_roles();
SELECT count(*) FROM portfolio.load_example();
CREATE TABLE public.patient (id int PRIMARY KEY, nhs portfolio.nhs_number, own text);
INSERT INTO public.patient VALUES (1, '9990000018', 'outside the portfolio');

-- rows of every kind that a person makes
INSERT INTO portfolio.element_kind (kind, archimate_type, label) VALUES ('forum', 'BusinessCollaboration', 'Forum');
INSERT INTO portfolio.element (kind, code, name) VALUES ('forum', 'CAB', 'Change advisory board');
INSERT INTO portfolio.supplier (code, name) VALUES ('SUP', 'A supplier');
INSERT INTO portfolio.contract (code, name, supplier, valid) SELECT 'CON', 'A contract', id, '[2016-04-01,2018-04-01)' FROM portfolio.supplier WHERE code = 'SUP';
INSERT INTO portfolio.measure (code, name, unit, better) VALUES ('queue', 'Queue', 'people', 'lower');
INSERT INTO portfolio.observation (measure, element, during, value) VALUES ('queue', portfolio.element_id('service', 'EPS'), '[2017-06-01,2017-07-01)', 7);
INSERT INTO portfolio.service_level (service, measure, target) VALUES (portfolio.element_id('service', 'SCR'), 'availability', 99.9), (portfolio.element_id('service', 'SCR'), 'queue', 9);
INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on) VALUES (portfolio.element_id('service', 'SCR'), 'R1', 'release', 'Release 1', '2018-01-01');
INSERT INTO portfolio.setting (code, name, ord) VALUES ('prison', 'Prison', 9);
INSERT INTO portfolio.setting_role (role, setting, name) VALUES ('RO82', 'prison', 'Prison');
INSERT INTO portfolio.adoption_target (service, setting, target_pct) VALUES (portfolio.element_id('service', 'SCR'), 'prison', 50);
INSERT INTO portfolio.service_request (service, title, requested_on) VALUES (portfolio.element_id('service', 'SCR'), 'Show it on a telephone', '2017-06-01');
UPDATE portfolio.service SET state = 'early_life_support', owner = portfolio.element_ref('SERVICE_OPERATIONS'), support_tier = 'gold', early_life_ends = '2018-01-01' WHERE code = 'SCR';
UPDATE portfolio.service SET state = 'live' WHERE code = 'SCR';
INSERT INTO portfolio.technology (code, name, product, version, supplier, support_ends_on) SELECT 'PG', 'PostgreSQL 9.2', 'PostgreSQL', '9.2', id, '2017-11-09' FROM portfolio.supplier WHERE code = 'SUP';
INSERT INTO portfolio.data_flow (code, name, sender, receiver, data_set, legal_basis)
  VALUES ('FLOW', 'A flow', portfolio.element_id('system', 'SUS'), portfolio.element_id('team', 'DATA_SERVICES'), portfolio.element_id('data_set', 'COLLECTIONS'), 'a direction');
INSERT INTO portfolio.organisation_role (organisation, role, is_primary) SELECT id, 'RO209', true FROM portfolio.organisation WHERE code = 'NHS_DIGITAL';
INSERT INTO portfolio.system_technology (system, technology, purpose, valid)
  VALUES (portfolio.element_id('system', 'SPINE'), portfolio.element_id('technology', 'PG'), 'database', '[2014-08-23,)');
INSERT INTO portfolio.conformance (system, standard, status, evidence)
  VALUES (portfolio.element_id('system', 'SPINE'), portfolio.element_id('standard', 'ISO27001'), 'assured', 'a certificate');
INSERT INTO portfolio.programme_stage (programme, stage, ord, planned, budget_gbp_m) SELECT id, 'alpha', 1, '[2016-01-01,2016-07-01)', 1.5 FROM portfolio.programme WHERE code = 'EPS_R2';
INSERT INTO portfolio.board_decision (board, element, what, why, outcome, decided_on)
  VALUES (portfolio.element_id('organisation', 'EA_BOARD'), portfolio.element_id('system', 'SPINE'), 'Move to it', 'it is there', 'approved', '2016-05-01');
INSERT INTO portfolio.role_kind (role, label) VALUES ('deputy', 'Deputy');
INSERT INTO portfolio.planned_attribute (element, attribute, value, valid) VALUES (portfolio.element_ref('service:EPS'), 'owner', 'SERVICE_OPERATIONS', '[2018-04-01,)');
INSERT INTO portfolio.import_heading (kind, heading, field) VALUES ('service', 'what it is called', 'name');
INSERT INTO portfolio.role_holder (element, role, party)
  VALUES (portfolio.element_id('service', 'EPS'), 'deputy', portfolio.element_id('team', 'SERVICE_OPERATIONS'));
SELECT portfolio.define_property('system', 'criticality', 'choice', choices => '{high,low}');
INSERT INTO portfolio.element_property (element, key, value) VALUES (portfolio.element_id('system', 'SPINE'), 'criticality', 'high');

INSERT INTO portfolio.value_set (code, version, name) VALUES ('own_ward', 1, 'Wards'), ('ethnic_category', 3, 'A later census');
INSERT INTO portfolio.value_set_code (set, version, code, label) VALUES ('own_ward', 1, 'W1', 'One'), ('ethnic_category', 2, 'A1', 'A local class');

-- a model with a folder, a view, a property of an element and one of a relationship
SELECT portfolio.import_archimate($xml$<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="m-1"><name>Model</name>
<elements><element identifier="m-2" xsi:type="Goal"><name>One</name></element><element identifier="m-3" xsi:type="Goal"><name>Two</name></element></elements>
<relationships><relationship identifier="m-4" source="m-2" target="m-3" xsi:type="Influence"><properties><property propertyDefinitionRef="m-5"><value>v</value></property></properties></relationship></relationships>
<organizations><item><label>Folder</label><item identifierRef="m-2"/></item></organizations>
<propertyDefinitions><propertyDefinition identifier="m-5" type="string"><name>key</name></propertyDefinition></propertyDefinitions>
<views><diagrams><view identifier="m-6" xsi:type="Diagram"><name>View</name><node identifier="m-7" xsi:type="Element" elementRef="m-2" x="1" y="2" w="3" h="4"/></view></diagrams></views></model>$xml$);

CREATE TABLE public.record AS
  SELECT g AS id, 'R' || g % 2 AS provider, '2016-0' || 1 + g % 3 AS period, CASE WHEN g % 10 > 0 THEN 'F' END AS sex FROM generate_series(1, 600) g;
INSERT INTO portfolio.reporting_period (code, kind, during)
  SELECT '2016-0' || m, 'month', daterange(make_date(2016, m, 1), make_date(2016, m + 1, 1)) FROM generate_series(1, 3) m;
SELECT portfolio.register_data_set('REC', 'public.record', '{id}', 'period', 'provider');
SELECT portfolio.add_rule('REC', 'sex_there', 'sex IS NOT NULL', 'sex', 'completeness');
SELECT portfolio.add_rule('REC', 'sex_valid', $$sex IN ('M', 'F')$$, 'sex');
SELECT portfolio.alter_rule('REC', 'sex_valid', expression => $$sex IN ('M', 'F', 'U')$$);
SELECT portfolio.add_rule('REC', 'enough', 'rows(100)');
INSERT INTO portfolio.submission (data_set, provider, period, due_on) SELECT id, 'R1', '2016-01', '2016-03-01' FROM portfolio.data_set WHERE code = 'REC';
SELECT count(*) FROM portfolio.score_data_set('REC');
SELECT portfolio.publish_scores('REC', '2016-01');
SELECT count(*) FROM portfolio.failing_rows('REC', identify => true);
SELECT portfolio.track_quality('REC');
CREATE FUNCTION public.is_ward(text) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1 ~ '^W';
INSERT INTO portfolio.trusted_function (signature, reason) VALUES ('public.is_ward(text)', 'a test');

INSERT INTO portfolio.check_definition (code, area, title, query) VALUES ('own-check', 'own', 'Found', 'SELECT s.code AS subject, s.id AS element FROM portfolio.service s');
INSERT INTO portfolio.check_setting (check_code, enabled, reason)
  SELECT code, false, 'not here' FROM portfolio.check_definition WHERE builtin ORDER BY code LIMIT 1;
INSERT INTO portfolio.control (standard, code, title, part_of) VALUES ('ndg', '4.1', 'Leavers lose their access', '4'), ('own', 'C1', 'Our own', NULL);
INSERT INTO portfolio.control_status (organisation, standard, control, applicable, why, status, evidence, evidence_on)
  SELECT id, 'ndg', '4.1', true, 'law', 'met', 'a record', '2017-05-01' FROM portfolio.organisation WHERE code = 'NHS_DIGITAL';
INSERT INTO portfolio.vulnerability (cve, cvss, published) VALUES ('CVE-2018-1058', 'CVSS:3.0/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H', '2018-03-02');
INSERT INTO portfolio.technology_vulnerability (technology, cve) VALUES (portfolio.element_id('technology', 'PG'), 'CVE-2018-1058');
INSERT INTO portfolio.deadline_setting (area, severity, days, reason) VALUES ('own', 'medium', 30, 'a test');
INSERT INTO portfolio.database_target (service) VALUES ('spine-live');
INSERT INTO portfolio.password_word (word) VALUES ('Trevelyan-Square');
INSERT INTO portfolio.finding (check_code, subject, severity, target) VALUES ('hba-trust', 'local all all trust', 'critical', 'spine-live');
SELECT count(*) FROM portfolio.import_findings('a scanner', E'rule,title,severity,element\nR1,A weakness,high,system:SPINE', false);
INSERT INTO portfolio.fact (topic, key, value, source) VALUES ('own-topic', 'k', 'v', 'a test');
SELECT count(*) FROM portfolio.run_checks('own');
SELECT portfolio.accept_risk(min(id), 'known', current_date + 30) FROM portfolio.finding;

INSERT INTO portfolio.dca_history (programme, rated_on, dca, end_date) SELECT id, '2016-03-31', 'Amber/Red', end_date FROM portfolio.programme WHERE code = 'EPS_R2';
INSERT INTO portfolio.transfer_plan (element, planned_on) SELECT id, '2017-08-31' FROM portfolio.programme WHERE code = 'EPS_R2';
INSERT INTO portfolio.transfer_return (element, reason) SELECT id, 'a test' FROM portfolio.programme WHERE code = 'EPS_R2';
-- a gate passed last month under waivers that have lapsed since, and the next one with conditions
SELECT portfolio.copy_process('transfer-to-service-operations', 'own-process');
SELECT portfolio.start_process('service:SCR', 'own-process');
SELECT portfolio.request_waiver(r.id, 'knowledge-transfer', 'SERVICE_OPERATIONS', 'two weeks in May', current_date + 20), portfolio.approve_gate(r.id, 'assessment')
  FROM portfolio.process_run r WHERE r.process = 'own-process';
INSERT INTO portfolio.gate_setting (process, version, gate, decided_by, reason)
  VALUES ('transfer-to-service-operations', 1, 'acceptance', 'portfolio_editor', 'a test');
INSERT INTO portfolio.process_run (element, process, version, during)
  SELECT id, 'transfer-to-service-operations', 1, tstzrange(now() - interval '40 days', NULL) FROM portfolio.service WHERE code = 'EPS' RETURNING id AS run \gset
INSERT INTO portfolio.waiver (run, criterion, owner, reason, at, expires)
  SELECT :run, c.criterion, portfolio.element_ref('team:SERVICE_OPERATIONS'), 'for a month', now() - interval '35 days', now() - interval '5 days'
    FROM portfolio.run_standing(:run) c WHERE c.gate = 'assessment' AND c.mandatory;
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (:run, 'assessment', 'proceed', now() - interval '30 days');
SELECT count(*) FROM portfolio.evaluate(:run);
SELECT portfolio.decide(:run, 'due-diligence', 'proceed_with_conditions', NULL, (SELECT jsonb_agg(jsonb_build_object(
    'criterion', c.criterion, 'owner', 'team:SERVICE_OPERATIONS', 'due_on', current_date + 10))
  FROM portfolio.run_standing(:run) c WHERE c.gate = 'due-diligence' AND c.mandatory AND c.status NOT IN ('met', 'not_applicable')));

CREATE ROLE night LOGIN;
GRANT portfolio_operator TO night;
SET ROLE night;
SELECT portfolio.schedule_job('nightly', '0 3 * * *', 'SELECT 1', time_zone => 'Europe/London');
SELECT portfolio.schedule_job('once', '@daily', 'SELECT 2');
SELECT portfolio.pause_job('once');
INSERT INTO portfolio.calendar (code, name) VALUES ('own-days', 'Own days');
INSERT INTO portfolio.calendar_day (calendar, day, counts) VALUES ('own-days', '2030-01-02', true), ('scotland', '2030-12-25', false);
INSERT INTO portfolio.job_resource (name, units) VALUES ('warehouse', 2);
SELECT portfolio.posture_snapshot();
SELECT portfolio.schedule_job('follows', '@after', 'SELECT 3', calendar => 'own-days', after => '{"nightly": "success"}', resources => '{"warehouse": 1}');
RESET ROLE;
EOT

my $before = contents($node, 'nto');
my @empty = $before =~ /^([\w.]+)\|0\|/mg;
is("@empty", '', 'every table of user rows has rows to lose');

# The simplest way: pg_dump | psql into a new database
$node->safe_psql('postgres', 'CREATE DATABASE piped');
run_block($node, 'pg_dump nto | psql --quiet --set=ON_ERROR_STOP=1 piped', 'pg_dump | psql');
is(contents($node, 'piped'), $before, 'a dump piped into a new database gives the same user rows, sequences and grants');
is($node->safe_psql('piped', 'SELECT own FROM public.patient'), 'outside the portfolio', 'and the rest of the database');

# And a dump of the copy is the same dump
run_block($node, <<'EOT', 'the copy is dumped too');
pg_dump nto | grep -v '^\\\(un\)\?restrict' > 1.sql
pg_dump piped | grep -v '^\\\(un\)\?restrict' > 2.sql
cmp 1.sql 2.sql
EOT

# The page, on another server
my $other = PostgreSQL::Test::Cluster->new('other');
$other->init;
$other->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\npg_portfolio.run_jobs = off");
$other->start;
run_block($node, $backup[0], 'the first backup of the page runs');
run_block($node, $backup[1], 'the second runs');
my $err = run_block($other, $restore[0], 'the first restore of the page runs');
like($err, qr/\Apsql:roles\.sql:\d+: ERROR:  role "postgres" already exists\n\z/, 'and reports the role that is there already');
is(contents($other, 'nto'), $before, 'the same user rows, sequences and grants are there');
run_block($other, $restore[1], 'the second restore of the page runs');
is(contents($other, 'portfolio_only'), $before, 'the portfolio alone is whole');
is($other->safe_psql('portfolio_only', q{SELECT to_regclass('public.patient') IS NULL}), 't', 'and alone');

# A copy holds its jobs until somebody says that it is not just a copy.
is($other->safe_psql('nto', q{SELECT string_agg(name || ': ' || held, ', ' ORDER BY name) FROM portfolio.job_overview}),
	'follows: scheduled in another cluster, nightly: scheduled in another cluster, once: scheduled in another cluster', 'jobs are held on another server');
is($node->safe_psql('piped', q{SELECT count(*) FROM portfolio.job_overview WHERE held = 'scheduled in another database'}), '3', 'and in another database');
is($other->safe_psql('nto', q{SELECT portfolio.adopt_jobs(); SELECT count(*) FROM portfolio.job_overview WHERE held IS NOT NULL}), "3\n0", 'until adopt_jobs()');

# It lives on: the next row takes the next number, constraints and triggers are awake.
is($other->safe_psql('nto', q{
INSERT INTO portfolio.site (code, name) VALUES ('RESTORED', 'Made after the restore');
SELECT e.name, (SELECT count(*) FROM portfolio.change c WHERE c.element = e.id) FROM portfolio.element e WHERE e.code = 'RESTORED'}),
	'Made after the restore|1', 'a row made after the restore is registered and journalled');

$_->stop for $node, $other;
done_testing();
