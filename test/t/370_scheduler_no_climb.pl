# A job has its owner's rights and no others, whatever its command tries; a role that may not run jobs any more stops its
# own jobs and nobody else's.
use strict;
use warnings;
use PfScheduler;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('no_climb', "pg_portfolio.max_workers = 8\n");
new_operator($node, 'work', $_) for qw(ann bea cid dan eve fay);
sub as { my ($role, $sql) = @_; return $node->safe_psql('work', $sql, extra_params => [ '-U', $role ]); }
sub refused
{
	my ($role, $sql, $expected, $title) = @_;
	my ($rc, $out, $err) = $node->psql('work', $sql, extra_params => [ '-U', $role ]);
	like($err, $expected, $title);
	return;
}
as('bea', q{CREATE TABLE tick (at timestamptz DEFAULT clock_timestamp()); SELECT portfolio.schedule_job('tick', 'every 500 ms', 'INSERT INTO bea.tick DEFAULT VALUES')});
sub others_go_on
{
	my ($title) = @_;
	my $before = $node->safe_psql('work', 'SELECT count(*) FROM bea.tick');
	wait_for($node, 'work', "SELECT count(*) > $before FROM bea.tick", "$title: the jobs of others go on");
	return;
}
others_go_on('at first');

# What a command may try: each is a job of ann's, and says who it was in the end.
as('ann', q{CREATE TABLE who (trick text, is_user name, is_session name, is_super text)});
my %tricks = (
	reset_role => 'RESET ROLE', set_role => 'SET ROLE postgres', reset_session => 'RESET SESSION AUTHORIZATION',
	set_session => 'SET SESSION AUTHORIZATION postgres', default_session => 'SET SESSION AUTHORIZATION DEFAULT', set_none => 'SET ROLE NONE',
	config => q{SELECT set_config('role', 'postgres', false)}, become_super => 'ALTER ROLE ann SUPERUSER',
	alter_owner => q{UPDATE portfolio.job SET owner = 'postgres'}, alter_oid => q{UPDATE portfolio.job SET owner_oid = 10},
	others_command => q{UPDATE portfolio.job SET command = 'SELECT 1' WHERE name = 'tick'},
	write_history => q{INSERT INTO portfolio.job_run (job_id, job_name, owner, week_slot, queued_at, outcome) VALUES (1, 'x', 'ann', 0, now(), 'queued')},
	forge => q{INSERT INTO portfolio.job (name, schedule, command, owner) VALUES ('x', '@daily', 'SELECT 1', 'postgres')},
	trigger => q{CREATE TRIGGER t BEFORE INSERT ON portfolio.job_run FOR EACH ROW EXECUTE FUNCTION ann.climb()},
	replace => q{CREATE OR REPLACE FUNCTION portfolio.week_slot(at timestamptz) RETURNS smallint LANGUAGE sql IMMUTABLE AS 'SELECT 0::smallint'},
	policy => 'ALTER TABLE portfolio.job DISABLE ROW LEVEL SECURITY',
	copy_program => q{COPY ann.who TO PROGRAM 'true'}, load => q{LOAD '/tmp/evil.so'});
as('ann', q{CREATE FUNCTION climb() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN EXECUTE 'ALTER ROLE ann SUPERUSER'; RETURN NEW; END $$});
for my $trick (sort keys %tricks)
{
	# in two messages' worth: the trick may fail, the look at who we are is a job of its own in the same worker
	as('ann', "SELECT portfolio.schedule_job('$trick', '0 0 29 2 *', \$job\$$tricks{$trick}\$job\$)");
	as('ann', "SELECT portfolio.schedule_job('after_$trick', '0 0 29 2 *', \$job\$INSERT INTO ann.who VALUES ('$trick', current_user, session_user, current_setting('is_superuser'))\$job\$)");
	as('ann', "SELECT portfolio.run_job('$trick', wait => true), portfolio.run_job('after_$trick', wait => true)");
}
is(as('ann', q{SELECT count(*), count(*) FILTER (WHERE is_user = 'ann' AND is_session = 'ann' AND is_super = 'off') FROM who}), scalar(keys %tricks) . '|' . scalar(keys %tricks), 'no trick changes who runs the next job');
is(as('ann', q{SELECT string_agg(job_name || ' ' || coalesce(sqlstate, 'ok'), ', ' ORDER BY job_name) FROM portfolio.job_run WHERE job_name NOT LIKE 'after%' AND owner = 'ann'}),
	'alter_oid 42501, alter_owner 42501, become_super 42501, config 42501, copy_program 42501, default_session ok, forge 42501, load 42501, others_command 42501, policy 42501, replace 42501, reset_role ok, reset_session ok, set_none ok, set_role 42501, set_session 42501, trigger 42501, write_history 42501',
	'what would climb is refused, what leads nowhere is allowed');
is($node->safe_psql('work', q{SELECT rolsuper FROM pg_roles WHERE rolname = 'ann'}), 'f', 'and ann is what she was');

# Names of temporary objects, and search_path, do not get between the engine and its tables.
as('ann', q{SELECT portfolio.schedule_job('shadow', '0 0 29 2 *', $job$
CREATE TEMP TABLE job_run (LIKE portfolio.job_run); CREATE TEMP TABLE job (a int);
CREATE FUNCTION pg_temp.week_slot(timestamptz) RETURNS smallint LANGUAGE plpgsql AS $f$ BEGIN EXECUTE 'ALTER ROLE ann SUPERUSER'; RETURN 0; END $f$;
CREATE FUNCTION pg_temp.coalesce(anyelement, anyelement) RETURNS anyelement LANGUAGE sql AS 'SELECT $1';
CREATE FUNCTION ann.nextval(text) RETURNS bigint LANGUAGE plpgsql AS $f$ BEGIN EXECUTE 'ALTER ROLE ann SUPERUSER'; RETURN 0; END $f$;
SET search_path = ann, pg_temp, portfolio, pg_catalog
$job$); SELECT portfolio.run_job('shadow', wait => true)});
is(as('ann', q{SELECT outcome || ' ' || (SELECT rolsuper FROM pg_roles WHERE rolname = 'ann') FROM portfolio.job_run WHERE job_name = 'shadow'}), 'succeeded false', 'shadowed names catch nothing');
others_go_on('after all these tricks');

# By hand, as somebody who may write jobs.
refused('ann', q{UPDATE portfolio.job SET command = 'SELECT 1' WHERE name = 'tick'}, qr/column "command" of a job of role "bea" cannot be changed/, 'the command of another');
refused('ann', q{UPDATE portfolio.job SET run_as = 'bea' WHERE name = 'tick'}, qr/column "run_as" of a job of role "bea" cannot be changed/, 'nor whom it runs as');
refused('ann', q{INSERT INTO portfolio.job_slot_range (job_id, owner, first_due, last_due, slots, outcome, reason) VALUES (1, 'ann', now(), now(), 1, 'missed', 'misfire')}, qr/permission denied/, 'nor history');
refused('ann', q{INSERT INTO portfolio.job_alert (job_id, job_name, owner, state, at) VALUES (1, 'x', 'ann', 'ok', now())}, qr/permission denied/, 'nor alerts');

# Roles that may not run jobs any more: a named state, and a reason.
my %ends = (
	cid => [ q{ALTER ROLE cid VALID UNTIL '2001-01-01'}, 'The validity of role cid has ended.' ],
	dan => [ 'ALTER ROLE dan NOLOGIN', 'Role dan may not log in.' ],
	eve => [ 'ALTER ROLE eve SUPERUSER', 'Role eve is a superuser, and a job runs with all rights of its owner.' ],
	fay => [ 'REVOKE CONNECT ON DATABASE work FROM PUBLIC; GRANT CONNECT ON DATABASE work TO ann, bea', 'Role fay has no CONNECT privilege on database work.' ]);
for my $role (sort keys %ends)
{
	as($role, "CREATE TABLE mine (a int); SELECT portfolio.schedule_job('work', 'every 300 ms', 'INSERT INTO $role.mine VALUES (1)')");
	wait_for($node, 'work', "SELECT count(*) > 0 FROM $role.mine", "$role\'s job runs");
	$node->safe_psql('work', $ends{$role}[0]);
	wait_for($node, 'work', "SELECT state = 'broken' FROM portfolio.job WHERE owner = '$role'", 'until the role may not run jobs');
	is($node->safe_psql('work', "SELECT state_reason FROM portfolio.job WHERE owner = '$role'"), $ends{$role}[1], 'and the reason is told');
	others_go_on($role);
}
$node->safe_psql('work', q{SELECT portfolio.revoke_profile('cid', 'operator'); DROP OWNED BY cid; DROP ROLE cid});
is($node->safe_psql('work', q{SELECT held FROM portfolio.job_overview WHERE owner = 'cid'}), 'the role does not exist', 'a role that is dropped leaves a job that is held');
others_go_on('a dropped role');
settled($node, 'work', 'every slot is accounted for');
$node->stop;
unlike(slurp_file($node->logfile), qr/portfolio (scheduler|launcher) ERROR|PANIC|signal 1?[1-8]:/, 'scheduler and launcher met no error');
done_testing();
