# weak_passwords() against the server's own verdict on the same guesses; neither verifier nor guess is in the log or in a
# table; a run can be cancelled, and only one tries at a time.
use strict;
use warnings;
use utf8;
use Encode 'encode_utf8';
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('passwords');
$node->init(extra => [ '--encoding', 'UTF8', '--locale', 'C' ]);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
unlink $node->data_dir . '/pg_hba.conf';
append_to_file($node->data_dir . '/pg_hba.conf', "local all postgres trust\nlocal all all md5\n");
$node->start;
$node->safe_psql('postgres', 'SET client_min_messages = warning; CREATE EXTENSION pg_portfolio CASCADE; DELETE FROM portfolio.shipped_password_word');
sub ask { my ($sql) = @_; return $node->safe_psql('postgres', encode_utf8($sql)); }

# -- the server's verdict: whoever connects with the guess as password has guessed. SASLprep makes some of these the same.
my @words = ('Kestrel-47', "Ke\N{SOFT HYPHEN}strel-47", "Kestrel\N{NO-BREAK SPACE}47", 'Kestrel 47', "\N{LATIN SMALL LIGATURE FI}sh-47", 'fish-47',
	"pa\N{LATIN SMALL LETTER S WITH CARON}\N{LATIN SMALL LETTER E WITH ACUTE}-47", "pas\N{COMBINING CARON}e\N{COMBINING ACUTE ACCENT}-47", "Kestrel\x{07}47");
my @passwords = @words[0, 2, 4, 6, 8];
for my $method ('scram-sha-256', 'md5')
{
	ask("SET password_encryption = '$method'; CREATE ROLE \"$method $_\" LOGIN PASSWORD '$passwords[$_]'") for 0 .. $#passwords;
}
my @roles = split /\n/, ask(q{SELECT role_name FROM portfolio.role_passwords() WHERE method <> 'none' ORDER BY 1});
is(scalar(@roles), 2 * @passwords, 'roles of both methods');
my $fits = 0;
for my $word (@words)
{
	my @server = grep {
		local $ENV{PGPASSWORD} = encode_utf8($word);
		$node->psql('postgres', 'SELECT 1', extra_params => [ '-w', '-U', $_ ], on_error_die => 0) == 0
	} @roles;
	ask("TRUNCATE portfolio.password_guess, portfolio.password_word; INSERT INTO portfolio.password_word (word) VALUES ('$word')");
	is(ask(q{SELECT role FROM portfolio.weak_passwords('1 hour') ORDER BY 1}), join("\n", @server), 'as the server says: ' . encode_utf8($word));
	$fits += @server;
}
cmp_ok($fits, '>', 2 * @passwords, 'and some guesses are another spelling of a password');

# -- nothing is told
my $canary = 'Siskin-53-canary';
ask("SET password_encryption = 'md5'; CREATE ROLE hashed LOGIN SUPERUSER PASSWORD '$canary';
	SET password_encryption = 'scram-sha-256'; CREATE ROLE verified LOGIN PASSWORD '$canary';
	TRUNCATE portfolio.password_guess, portfolio.password_word; INSERT INTO portfolio.password_word (word) VALUES ('$canary')");
my @secrets = ($canary, map { split /[:\$]/ } split /\n/, ask(q{SELECT regexp_replace(rolpassword, '^(md5|SCRAM-SHA-256.4096:)', '') FROM pg_authid WHERE rolpassword IS NOT NULL}));
cmp_ok(scalar(@secrets), '>', 20, 'the canary, hashes, salts and keys');
$node->append_conf('postgresql.conf', "log_statement = all\nlog_min_messages = debug5\nlog_min_duration_statement = 0\nlog_error_verbosity = verbose\npg_portfolio.log_findings = on\ndebug_print_plan = on");
$node->restart;
my $log_before = -s $node->logfile;
my $seen = ask(q{SELECT portfolio.posture_snapshot(); SELECT portfolio.weak_passwords('1 hour'); SELECT * FROM portfolio.run_checks('security');
	SELECT portfolio.posture_snapshot(); SELECT portfolio.role_passwords()});
like($seen, qr/^\(hashed,md5,t,t,/m, 'found');
like($seen, qr/^\(verified,scram-sha-256,t,f,/m, 'both');
$node->stop;
my $log = slurp_file($node->logfile, $log_before);
like($log, qr/pg_portfolio finding: .*"check": "password-weak"/, 'findings are logged');
like($log, qr/portfolio\.password_guess/, 'and so are statements and plans');
$node->append_conf('postgresql.conf', "log_statement = none\nlog_min_messages = warning\nlog_min_duration_statement = -1\ndebug_print_plan = off");
$node->start;
my $rows = ask(q{SELECT string_agg(format('SELECT t::text FROM %s t', c.oid::regclass), ' UNION ALL ') FROM pg_class c
	WHERE c.relnamespace = 'portfolio'::regnamespace AND c.relkind = 'r' AND c.relname <> 'password_word'});
my $tables = ask($rows);
like($tables, qr/^\(\d+,password-weak,hashed,/m, 'the finding is in a table');
for my $secret (@secrets)
{
	is(join(' ', index($log, $secret), index($tables, $secret), index($seen, $secret)), '-1 -1 -1', 'not in the log, a table or a result');
}

# -- a run is cancelled while it tries; meanwhile nobody else does
ask(q{TRUNCATE portfolio.password_guess; INSERT INTO portfolio.password_word (word) SELECT 'word ' || n FROM generate_series(1, 100000) n;
	CREATE ROLE dear LOGIN PASSWORD 'SCRAM-SHA-256$1000000:AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA='});
my ($in, $out, $err) = ('', '', '');
my $run = IPC::Run::start([ 'psql', '-X', '-d', $node->connstr('postgres'), '-c', q{SELECT * FROM portfolio.weak_passwords('10 hours')} ], \$in, \$out, \$err);
my $guessing = q{FROM pg_locks WHERE locktype = 'object' AND classid = 'pg_class'::regclass AND objid = 'portfolio.password_guess'::regclass AND granted};
$node->poll_query_until('postgres', "SELECT count(*) = 1 $guessing") or die 'nobody tries';
my ($code, $stdout, $stderr) = $node->psql('postgres', q{SELECT count(*) FROM portfolio.weak_passwords('10 hours')});
is($stdout, '0', 'a second run tries nothing');
like($stderr, qr/NOTICE:  another session tries guesses at passwords now\nDETAIL:  What is known so far is shown, and nothing is tried\./, 'and says why');
$node->safe_psql('postgres', "SELECT pg_cancel_backend(pid) $guessing");
$run->finish;
like($err, qr/ERROR:  canceling statement due to user request/, 'the first one is cancelled');
is(ask('SELECT count(*) FROM portfolio.password_guess'), '0', 'and has kept nothing');
$node->stop;
done_testing();
