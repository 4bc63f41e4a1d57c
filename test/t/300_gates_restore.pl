# Decisions, their basis, checks, findings and what a site decided about shipped rows come back from a dump, also where a
# waiver has lapsed since.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('gates_restore');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->start;
$node->safe_psql('postgres', 'CREATE DATABASE before');
$node->safe_psql('before', q{
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE ROLE board;
CREATE ROLE analyst_who_left;
INSERT INTO portfolio.team (code, name) VALUES ('OPS', 'Operations');
INSERT INTO portfolio.service (code, name) VALUES ('A', 'Service A'), ('B', 'Service B'), ('C', 'Service C');
SELECT portfolio.copy_process('transfer-to-service-operations', 'ours');
-- A site's own process, run in the past: this is what rows of a restore look like.
INSERT INTO portfolio.process (code, name) VALUES ('small', 'Small process');
INSERT INTO portfolio.stage (process, code, ord, name) VALUES ('small', 'one', 1, 'One'), ('small', 'two', 2, 'Two');
INSERT INTO portfolio.gate (process, code, stage, name, decided_by) VALUES ('small', 'first', 'one', 'First', 'board'), ('small', 'last', 'two', 'Last', NULL);
INSERT INTO portfolio.criterion (process, code, gate, title) VALUES ('small', 'plan', 'first', 'Plan'), ('small', 'test', 'first', 'Test'), ('small', 'done', 'last', 'Done');
SELECT portfolio.publish_process('small');
INSERT INTO portfolio.process_run (element, process, version, during)
  SELECT portfolio.element_ref(c), 'small', 1, tstzrange(now() - interval '100 days', NULL) FROM unnest('{A,B,C}'::text[]) c;
-- A: passed under a waiver that has lapsed since
INSERT INTO portfolio.evidence (run, criterion, status, at, expires) VALUES (1, 'plan', 'met', now() - interval '90 days', now() - interval '10 days');
INSERT INTO portfolio.waiver (run, criterion, owner, reason, at, expires)
  VALUES (1, 'test', portfolio.element_ref('OPS'), 'later', now() - interval '90 days', now() - interval '60 days');
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (1, 'first', 'proceed', now() - interval '80 days');
INSERT INTO portfolio.evidence (run, criterion, status, at) VALUES (1, 'test', 'not_met', now() - interval '40 days');
-- B: passed with conditions that were met, and on through the next gate
INSERT INTO portfolio.condition (run, criterion, owner, due_on, at) SELECT 2, c, portfolio.element_ref('OPS'), current_date + 5, now() - interval '50 days' FROM unnest('{plan,test}'::text[]) c;
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) VALUES (2, 'first', 'proceed_with_conditions', now() - interval '45 days');
SELECT portfolio.meet_condition(id) FROM portfolio.condition;
SELECT portfolio.record_evidence(2, 'done', 'met');
SELECT portfolio.decide(2, 'last', 'proceed');
-- a request that was granted, one that was refused, an approval
INSERT INTO portfolio.waiver_request (run, criterion, owner, reason, expires) VALUES
  (3, 'plan', portfolio.element_ref('OPS'), 'soon', now() + interval '9 days'), (3, 'test', portfolio.element_ref('OPS'), 'later', now() + interval '9 days');
SELECT portfolio.grant_waiver(1), portfolio.refuse_waiver(2, 'no');
SELECT portfolio.approve_gate(3, 'first', 'read');
-- C: nothing but evidence; the shipped process beside it
SELECT portfolio.record_evidence(3, 'plan', 'partly', 0.5, 'half of it');
SELECT portfolio.start_process('A', 'transfer-to-service-operations');
SELECT portfolio.decide(4, 'assessment', 'defer', 'next month');
INSERT INTO portfolio.gate_setting (process, gate, decided_by, reason) VALUES ('transfer-to-service-operations', 'acceptance', 'board', 'the board accepts');
-- checks: one's own, what the site decides, findings and an accepted risk
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES ('ours.names', 'ours', 'A name is short', 'SELECT s.code AS subject, s.id AS element FROM portfolio.service s');
INSERT INTO portfolio.check_definition (code, area, title, query, author) VALUES ('ours.left', 'ours', 'Author gone', 'SELECT 1', 'analyst_who_left');
INSERT INTO portfolio.check_setting (check_code, enabled, severity, threshold, reason) VALUES ('hba-trust', false, 'low', 7, 'a test server');
INSERT INTO portfolio.fact (topic, key, value, source) VALUES ('extension-fixed-in', 'plpgsql', '0.1', 'test');
SELECT count(*) FROM portfolio.run_checks('ours');
SELECT portfolio.accept_risk(id, 'short is fine', current_date + 10) FROM portfolio.open_finding WHERE subject = 'A';
UPDATE portfolio.finding SET owner = portfolio.element_ref('OPS'), due_on = current_date, next_step = 'rename' WHERE subject = 'B';
});
my ($rc, $out, $err) = $node->psql('before', q{INSERT INTO portfolio.gate_decision (run, gate, outcome) VALUES (1, 'first', 'proceed')});
like($err, qr/mandatory criterion "plan" is neither met nor waived/, 'today the same decision is refused');

my @tables = qw(process stage gate gate_setting criterion process_publication process_run evidence waiver_request waiver condition gate_approval gate_decision gate_decision_evidence
  check_definition check_setting finding fact);

sub rows_of
{
	my ($db, $table) = @_;
	return $node->safe_psql($db, "SET timezone = 'UTC'; SELECT t::text FROM portfolio.$table t ORDER BY 1");
}

for my $format (qw(plain custom))
{
	my $dump = $node->basedir . "/$format.dump";
	$node->command_ok([ 'pg_dump', "--format=$format", "--file=$dump", 'before' ], "$format: dump");
	$node->safe_psql('postgres', "CREATE DATABASE after_$format");
	if ($format eq 'plain')
	{
		# one statement at a time, each on its own, and no error
		$node->command_ok([ 'psql', '-qX', '-v', 'ON_ERROR_STOP=1', '-d', "after_$format", '-f', $dump ], 'plain: restore without an error');
	}
	else
	{
		$node->command_ok([ 'pg_restore', '--exit-on-error', "--dbname=after_$format", $dump ], 'custom: restore without an error');
	}
	is(rows_of("after_$format", $_), rows_of('before', $_), "$format: $_ is as it was") for @tables;
	is( $node->safe_psql("after_$format", q{SELECT last_value FROM portfolio.gate_decision_id_seq}),
		$node->safe_psql('before', q{SELECT last_value FROM portfolio.gate_decision_id_seq}), "$format: keys go on where they were");
}
is( $node->safe_psql('after_plain', q{SELECT portfolio.gate_standing(1, 'first'), portfolio.gate_standing(2, 'first'), portfolio.gate_standing(4, 'assessment')}),
	'proceed|conditions_met|defer', 'the decisions stand as they stood');
is($node->safe_psql('after_plain', q{SELECT check_code, outcome FROM portfolio.run_checks('ours')}), "ours.left|error\nours.names|ok", 'the checks run');
is( $node->safe_psql('after_plain', q{SELECT opened, resolved FROM portfolio.check_run}), '0|0', 'and know their findings again');
$node->safe_psql('after_plain', 'DROP ROLE analyst_who_left');
is($node->safe_psql('after_plain', q{SELECT outcome FROM portfolio.run_checks(codes => '{ours.left}')}), 'broken', 'a check whose author is gone is broken');
$node->stop;
done_testing();
