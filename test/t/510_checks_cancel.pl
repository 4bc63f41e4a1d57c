# Whose cancel it was: a user's cancel ends the run and changes nothing, the time limit ends one check, and a query that
# swallows every cancel ends the session and says which it was.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('checks_cancel');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->start;
$node->safe_psql('postgres', q{
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE FUNCTION public.stubborn() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  LOOP
    BEGIN
      PERFORM pg_sleep(600);
    EXCEPTION WHEN query_canceled THEN NULL;
    END;
  END LOOP;
END $$;
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES
  ('a.quick', 'a', 't', $$SELECT 'found' AS subject$$),
  ('b.slow', 'a', 't', $$SELECT 'slept' AS subject FROM pg_sleep(600)$$),
  ('c.stubborn', 'c', 't', $$SELECT public.stubborn() AS subject$$);
});

# A user's cancel
my ($in, $out, $err) = ('', '', '');
my $run = IPC::Run::start([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', q{SELECT * FROM portfolio.run_checks('a')} ], \$in, \$out, \$err);
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'}) or die 'the check does not run';
$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'});
$run->finish;
like($err, qr/ERROR:  canceling statement due to user request/, 'a cancel of the user is thrown on');
is($node->safe_psql('postgres', 'SELECT count(*) FROM portfolio.finding'), 0, 'and nothing was written');

# The time limit
is( $node->safe_psql('postgres', q{SET pg_portfolio.stored_query_timeout = '100ms'; SELECT check_code, outcome FROM portfolio.run_checks('a')}),
	"a.quick|ok\nb.slow|timed_out", 'the limit ends the one check');
is($node->safe_psql('postgres', 'SELECT check_code, subject FROM portfolio.finding ORDER BY 1'), "a.quick|found\nb.slow|(check)", 'and the other has its finding');

# A query that swallows cancels
my ($rc, $so, $se) = $node->psql('postgres', q{SET pg_portfolio.stored_query_timeout = '100ms'; SELECT * FROM portfolio.run_checks('c')});
like($se, qr/FATAL:  terminating connection/, 'a query that withstands cancels ends the session');
like($se, qr/stored query of check "c.stubborn"/, 'and the context says which it was');
is($node->safe_psql('postgres', 'SELECT 1'), 1, 'the server goes on');

# One NOTIFY a run, of an id and a word
my $notified = $node->safe_psql('postgres', q{LISTEN pg_portfolio_check_run; SELECT count(*) FROM portfolio.run_checks(codes => '{a.quick}')});
like($notified, qr/Asynchronous notification "pg_portfolio_check_run" with payload "\d+ finished" received/, 'one notification with a run and a word');
$node->stop;
done_testing();
