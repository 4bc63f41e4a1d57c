# check_estate(): what it finds elsewhere is what run_checks() finds at home, and whatever answers at a target, nothing
# hangs, crashes or is believed. Targets are databases of one server, by socket and by TLS, and sockets that misbehave.
use strict;
use warnings;
use IO::Socket::INET;
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('estate');
$node->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);	# some answers are in no encoding of a database
my $data = $node->data_dir;
system_or_bail('openssl', 'req', '-new', '-x509', '-nodes', '-days', '2', '-subj', '/CN=estate.test', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
	'-out', "$data/server.crt", '-keyout', "$data/server.key");
chmod 0600, "$data/server.key";
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nlisten_addresses = '127.0.0.1'\nssl = on\nfsync = off\nmax_connections = 50\nmax_locks_per_transaction = 256");
unlink "$data/pg_hba.conf";
$node->append_conf('pg_hba.conf', "local all all trust\nhostssl all monitor,other 127.0.0.1/32 scram-sha-256\n");
# the server's own, and nobody else's, whoever runs this
local $ENV{PGSERVICEFILE} = "$data/services";
local $ENV{PGPASSFILE} = "$data/passwords";
delete local @ENV{qw(PGSSLMODE PGGSSENCMODE PGREQUIREAUTH PGSSLROOTCERT)};
$node->start;
$node->safe_psql('postgres', q{
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE ROLE monitor LOGIN PASSWORD 'right' IN ROLE pg_monitor;
CREATE ROLE other LOGIN PASSWORD 'right';
CREATE ROLE op LOGIN;
SELECT portfolio.grant_profile('op', 'operator');
INSERT INTO portfolio.system (code, name) VALUES ('SPINE', 'Spine');
INSERT INTO portfolio.organisation (code, name) VALUES ('NHSD', 'NHS Digital');
INSERT INTO portfolio.role_holder (element, role, party) SELECT portfolio.element_ref('system:SPINE'), 'service_owner', portfolio.element_ref('organisation:NHSD');
});
$node->safe_psql('postgres', "CREATE DATABASE $_") for 'one', 'two';
$node->safe_psql('one', q{CREATE FUNCTION public.strong() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'});

# -- sockets that misbehave: a process each, which ends with this one
my @children;
my $parent = $$;
END { if (defined $parent && $parent == $$) { kill 'KILL', @children if @children; } }

sub listen_somewhere
{
	return IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => 0, Listen => 20, Proto => 'tcp') || die "cannot listen: $!";
}

# The port at which every connection is given to a function
sub serve
{
	my ($behave) = @_;
	my $listener = listen_somewhere();
	my $child = fork() // die "cannot fork: $!";
	if ($child == 0)
	{
		local $SIG{PIPE} = 'IGNORE';
		local $SIG{CHLD} = 'IGNORE';
		while (1)
		{
			my $client = $listener->accept or next;
			next if fork();
			eval { $behave->($client); };
			close $client;
			POSIX::_exit(0);
		}
	}
	push @children, $child;
	return $listener->sockport;
}

sub message { my ($type, $body) = @_; return $type . pack('N', 4 + length $body) . $body; }

# A value that stands in a row, or undef
sub row { return message('D', pack('n', scalar @_) . join('', map { defined $_ ? pack('N', length $_) . $_ : pack('N', 0xffffffff) } @_)); }
sub columns { return message('T', pack('n', scalar @_) . join('', map { "$_\0" . pack('NnNnNn', 0, 0, 25, 65535, 65535, 0) } @_)); }
sub done { return message('C', "SELECT 1\0"); }
sub ready { return message('Z', 'I'); }

sub take
{
	my ($client, $wanted) = @_;
	my $got = '';
	while (length $got < $wanted)
	{
		sysread($client, $got, $wanted - length $got, length $got) or die 'the other side has left';
	}
	return $got;
}

sub put { my ($client, $bytes) = @_; syswrite($client, $bytes) // die 'the other side has left'; return; }

# Lets everybody in without TLS, then answers each query by a function of its number
sub server_that
{
	my ($answer, $version) = @_;
	return serve(sub {
		my ($client) = @_;
		take($client, unpack('N', take($client, 4)) - 4);
		put($client, message('R', pack 'N', 0) . message('S', "server_version\0" . ($version // '15.0') . "\0") . ready());
		for (my $n = 0;; $n++)
		{
			my ($type, $length) = unpack 'aN', take($client, 5);
			my $query = take($client, $length - 4);
			last if $type eq 'X';
			put($client, $answer->($n, $client, $query) // '');
		}
	});
}

# Tells in a file what it was sent
sub put_down { my ($file, $text) = @_; append_to_file("$data/$file", $text); return; }

my %port = (
	silent => serve(sub { put_down('silent', "came\n"); take($_[0], 1 << 30); }),
	garbage => serve(sub { put($_[0], join '', map { chr(($_ * 7919) % 256) } 1 .. 100_000); take($_[0], 1 << 30); }),
	refuses => serve(sub { take($_[0], 8); put($_[0], 'N'); my $more; put_down('refuses', 'more') if sysread($_[0], $more, 1); }),
	mute => server_that(sub { return ''; }),
	huge => server_that(sub { my ($n, $client) = @_; put($client, columns('subject') . 'D' . pack 'N', 0x10000000); put($client, 'x' x 65536) while 1; }),
	vast => server_that(sub { return columns('subject') . 'D' . pack('N', 0x7ffffff0) . 'x' x 100; }),
	rows => server_that(sub { my ($n, $client) = @_; put($client, columns('subject')); my $i = 0; put($client, join '', map { row($i++) } 1 .. 1000) while 1; }),
	notices => server_that(sub { my ($n, $client) = @_; my $notice = message('N', "SNOTICE\0M" . 'n' x 1000 . "\0\0"); put($client, $notice x 60) while 1; }),
	settings => server_that(sub { my ($n, $client) = @_; my $i = 0; put($client, join '', map { message('S', 's' . $i++ . "\0" . 'v' x 1000 . "\0") } 1 .. 60) while 1; }),
	results => server_that(sub { my ($n, $client) = @_; put($client, done() x 1000) while 1; }),
	copies => server_that(sub { return message('G', pack 'Cn', 0, 0); }),
	leaves => server_that(sub { my ($n) = @_; die if $n == 3; return columns('subject', 'detail') . row("found $n", '{}') . done() . ready(); }),
	old => server_that(sub { return message('E', "SERROR\0C42P01\0Mrelation does not exist\0\0") . ready(); }, '12.22'),
	versionless => serve(sub { my ($client) = @_; take($client, unpack('N', take($client, 4)) - 4); put($client, message('R', pack 'N', 0) . ready()); take($client, 1 << 30); }),
);
# Answers that no finding can be made of, and what is said of them
my @lies = (
	[ 'the target returned what is no finding: invalid input syntax for type json', [ 'a', '{"half":' ] ],
	[ 'the target returned what is no finding: unsupported Unicode escape sequence', [ 'a', '"\u0000"' ] ],
	[ 'the target returned text that is not in the encoding of this database', ["\xff\xfe"] ],
	[ 'the target returned a value of more than 64 kB', [ 'a', '"' . 'x' x 70_000 . '"' ] ],
	[ 'the query returned a subject of more than 2000 bytes', [ 'x' x 2001 ] ],
	[ 'the query returned a row without a subject', [undef] ],
	[ 'the query returned the subject "(check)", which is reserved', ['(check)'] ],
	[ 'the query returned one subject more than once; a subject is the key of a finding', ['a'], ['a'] ],
	[ 'the query returned a severity that is none of critical, high, medium and low', [ 'a', undef, 'grave' ] ],
	[ 'the query returned a date that is not of this age', [ 'a', undef, undef, '5874897-12-31' ] ],
	[ 'the query returned a date that is not of this age', [ 'a', undef, undef, 'infinity' ] ],
	[ 'the target returned no rows and no error' ],
	[ 'the target returned what is no finding: stack depth limit exceeded', [ 'a', '[' x 60_000 ] ],
);
$port{lies} = server_that(sub {
	my ($n) = @_;
	my (undef, @rows) = @{ $lies[ $n % @lies ] };
	return done() . ready() if !@rows;
	return columns('subject', 'detail', 'severity', 'since') . join('', map { row(@$_[ 0 .. 3 ]) } @rows) . done() . ready();
});
my $closed = listen_somewhere();
$port{down} = $closed->sockport;
close $closed;

# -- services
sub service
{
	my ($name, %options) = @_;
	append_to_file("$data/services", "[$name]\n" . join('', map { "$_=$options{$_}\n" } sort keys %options) . "\n");
	$node->safe_psql('postgres', "INSERT INTO portfolio.database_target (service) VALUES ('$name')");
	return;
}
my %socket = (host => $node->host, port => $node->port, user => 'postgres');
my %tls = (host => 'estate.test', hostaddr => '127.0.0.1', port => $node->port, user => 'monitor', dbname => 'two', sslrootcert => "$data/server.crt");
service('one', %socket, dbname => 'one');
service('itself', %socket, dbname => 'postgres');
service('two', %tls);
service('unverified', %tls, sslmode => 'require', host => 'elsewhere.test');
service('wrong-host', %tls, host => 'elsewhere.test');
service('wrong-password', %tls, user => 'other');
service($_, host => '127.0.0.1', port => $port{$_}, user => 'monitor', dbname => 'x', $_ =~ /^(refuses|silent)$/ ? () : (sslmode => 'disable')) for sort keys %port;
service('garbage-tls', host => '127.0.0.1', port => $port{garbage}, user => 'monitor', dbname => 'x');
$node->safe_psql('postgres', "INSERT INTO portfolio.database_target (service) VALUES ('unknown')");
append_to_file("$data/passwords", "estate.test:*:*:monitor:right\nelsewhere.test:*:*:monitor:right\n*:*:*:other:wrong\n");
chmod 0600, "$data/passwords";
$node->safe_psql('postgres', q{UPDATE portfolio.database_target SET element = portfolio.element_ref('system:SPINE') WHERE service = 'one'});

# What check_estate() says of some targets, as target => 'outcome|problem'
my $patient = '"connect_timeout": 180, "timeout": 600';
sub estate
{
	my ($targets, $options) = @_;
	my $list = join ', ', map { "\"$_\"" } @$targets;
	my %said = map { split /=/, $_, 2 } split /\n/,
	  $node->safe_psql('postgres', "SELECT target || '=' || outcome || '|' || coalesce(problem, '') FROM portfolio.check_estate('security', '{\"targets\": [$list], " . ($options // $patient) . "}')");
	return \%said;
}
sub findings
{
	my ($target) = @_;
	return $node->safe_psql('postgres', "SELECT check_code || ': ' || subject FROM portfolio.open_finding WHERE target = '$target' ORDER BY 1");
}

# -- what is found
my $said = estate([ 'one', 'two', 'itself', 'unverified' ]);
is_deeply($said, { map { $_ => 'ok|' } 'one', 'two', 'itself', 'unverified' }, 'by socket and by TLS, verified or as the service says');
my $both = q{FROM portfolio.run_checks('security') r JOIN portfolio.remote_checks('security') c ON c.check_code = r.check_code AND c.problem IS NULL WHERE r.outcome <> 'not_applicable'};
my $asked = $node->safe_psql('postgres', "SELECT count(*) $both");
cmp_ok($asked, '>', 150, 'most checks can be asked elsewhere');
is($node->safe_psql('postgres', q{SELECT checks, failed, problem IS NULL, connection FROM portfolio.check_run WHERE target = 'itself'}),
	"$asked|0|t|" . $node->safe_psql('postgres', q{SELECT jsonb_build_object('sslmode', 'socket', 'superuser', true, 'version', current_setting('server_version_num')::int / 10000)}),
	'all of them run well where a superuser runs them');
is($node->safe_psql('postgres', q{
	WITH c AS (SELECT check_code, check_code ~ '^(setting|hba|definer)-' AS exact FROM portfolio.remote_checks('security')
	            WHERE problem IS NULL AND query !~ 'pg_stat_'),    -- what sessions do differs from one moment to the next
	     found AS (SELECT f.target, f.check_code, f.subject, f.severity, CASE WHEN c.exact THEN f.detail END AS detail FROM portfolio.open_finding f JOIN c USING (check_code)),
	     here AS (SELECT check_code, subject, severity, detail FROM found WHERE target IS NULL),
	     there AS (SELECT check_code, subject, severity, detail FROM found WHERE target = 'itself')
	SELECT * FROM ((TABLE here EXCEPT TABLE there) UNION ALL (TABLE there EXCEPT TABLE here)) x}), '', 'and find what run_checks() finds in the same database');
cmp_ok($node->safe_psql('postgres', q{SELECT count(*) FROM portfolio.open_finding WHERE target = 'itself'}), '>', 10, 'which is something');
like(findings('one'), qr/^definer-without-search-path: public\.strong\(\)$/m, 'a fault that is planted in one database is found there');
unlike(findings('two'), qr/definer-without-search-path/, 'and nowhere else');
is($node->safe_psql('postgres', q{SELECT element_code, owner_name, due_on - opened_at::date FROM portfolio.open_finding WHERE target = 'one' AND check_code = 'definer-without-search-path'}),
	'SPINE|NHS Digital|' . $node->safe_psql('postgres', q{SELECT days FROM portfolio.effective_deadline d JOIN portfolio.effective_check c USING (area, severity) WHERE c.code = 'definer-without-search-path'}),
	'about the element of the target, with who answers for it and a due day');
like(findings('two'), qr/^hba-trust: \(check\)$/m, 'what the role may not see there is a finding about the check');
my $here = $node->safe_psql('postgres', q{SELECT array_agg(id ORDER BY id) FROM portfolio.open_finding WHERE target IS NULL AND area = 'security'});
$node->safe_psql('one', 'DROP FUNCTION public.strong()');
estate(['one']);
unlike(findings('one'), qr/definer-without-search-path/, 'and is resolved when it is gone there');
is($node->safe_psql('postgres', q{SELECT array_agg(id ORDER BY id) FROM portfolio.open_finding WHERE target IS NULL AND area = 'security'}), $here, 'findings of this database stay as they are');
is($node->safe_psql('postgres', q{SELECT string_agg(subject, ' ' ORDER BY subject) FROM portfolio.run_checks(codes => '{target-connection-weak}'), portfolio.open_finding WHERE open_finding.check_code = 'target-connection-weak'}),
	'itself one unverified', 'a connection that is not verified, or that of a superuser, is a finding');

# -- what goes wrong
my %expected = (
	'wrong-host' => qr/^unreachable\|.*server certificate for "estate.test" does not match host name "elsewhere.test"/,
	'wrong-password' => qr/^unreachable\|.*password authentication failed for user "other"/,
	'unknown' => qr/^unreachable\|definition of service "unknown" not found/,
	'down' => qr/^unreachable\|.*Connection refused/,
	'refuses' => qr/^unreachable\|.*server does not support SSL, but SSL was required/,
	'garbage' => qr/^unreachable\|./,
	'garbage-tls' => qr/^unreachable\|.*received invalid response to SSL negotiation/,
	'versionless' => qr/^unreachable\|it does not say which version of PostgreSQL it is/,
	'huge' => qr/^broken\|(it sent more than 32 MB|unexpected field count)/,	# the latter where it comes as fast as it is read
	'vast' => qr/^broken\|(cannot allocate memory|.*lost synchronization)/,
	'notices' => qr/^broken\|it sent more than 32 MB/,
	'settings' => qr/^broken\|it sent more than 32 MB/,
	'rows' => qr/^broken\|it sent what is no answer to a check/,
	'results' => qr/^broken\|it sent what is no answer to a check/,
	'copies' => qr/^broken\|it sent what is no answer to a check/,
	'leaves' => qr/^broken\|server closed the connection unexpectedly/,
	'lies' => qr/^ok\|$/,
	'old' => qr/^ok\|$/,
	'two' => qr/^ok\|$/,
);
$said = estate([ sort keys %expected ]);
like($said->{$_}, $expected{$_}, "$_") for sort keys %expected;
ok(!-e "$data/refuses", 'nothing is sent in clear where TLS is refused');
is($node->safe_psql('postgres', q{SELECT string_agg(subject, ' ' ORDER BY subject COLLATE "C") FROM portfolio.open_finding WHERE check_code = 'target-not-answering'}),
	join(' ', sort grep { $expected{$_} ne qr/^ok\|$/ } keys %expected), 'each that did not answer is a finding of this database');
is($node->safe_psql('postgres', q{SELECT string_agg(check_code || ' ' || subject, ', ') FROM portfolio.open_finding WHERE target IN ('huge', 'vast', 'notices', 'settings', 'rows', 'results', 'copies', 'down', 'garbage')}), '', 'and nothing is made of a part of an answer');
is($node->safe_psql('postgres', q{SELECT count(*), min(subject), max(subject) FROM portfolio.open_finding WHERE target = 'leaves'}), '3|found 0|found 2', 'what was answered before the end counts');
is($node->safe_psql('postgres', q{SELECT checks, failed FROM portfolio.check_run WHERE target = 'old'}), '0|0', 'what a release before 15 has not does not apply');
my @messages = split /\n/, $node->safe_psql('postgres', q{SELECT f.detail->>'message' FROM portfolio.check_run r, jsonb_array_elements(r.results) WITH ORDINALITY x (result, n)
	JOIN portfolio.open_finding f ON f.check_code = x.result->>'check' AND f.target = 'lies' AND f.subject = '(check)' WHERE r.target = 'lies' ORDER BY x.n});
is($node->safe_psql('postgres', q{SELECT checks = failed AND checks > 150 FROM portfolio.check_run WHERE target = 'lies'}), 't', 'every check that is answered with a lie has failed');
is($messages[$_], $lies[$_][0], "lie $_: $lies[$_][0]") for 0 .. $#lies;
is($node->safe_psql('postgres', q{SELECT count(*) FROM portfolio.open_finding WHERE target = 'lies' AND subject <> '(check)'}), 0, 'and none is believed');

# Time
$said = estate(['silent'], '"connect_timeout": 1');
is($said->{silent}, 'unreachable|no connection within 1 s', 'a target that never answers');
$said = { map { split /=/, $_, 2 } split /\n/, $node->safe_psql('postgres', q{SET pg_portfolio.stored_query_timeout = '1ms';
	SELECT target || '=' || outcome || '|' || problem FROM portfolio.check_estate('security', '{"targets": ["mute"], "connect_timeout": 180}')}) };
like($said->{mute}, qr/^timed_out\|no answer to check ".*" within 5 s$/, 'and one that lets us in and then says nothing');

# A cancel is taken at once, and the connection is closed
sub sockets { return q{TRUNCATE fds; COPY fds FROM PROGRAM 'ls -l /proc/$PPID/fd | grep -c socket:'; SELECT n FROM fds;}; }
$node->safe_psql('postgres', 'CREATE TABLE fds (n int)');
my ($in, $out, $err) = ('', '', '');
unlink "$data/silent";
my $run = IPC::Run::start([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-c', sockets(),
	'-c', q{SELECT * FROM portfolio.check_estate('security', '{"targets": ["silent", "two"], "connect_timeout": 3000, "timeout": 3000}')}, '-c', sockets() ], \$in, \$out, \$err);
$node->poll_query_until('postgres', q{SELECT count(*) = 1 FROM pg_stat_activity a, pg_stat_file('silent', true) f WHERE f.size > 0 AND a.wait_event_type = 'Extension' AND a.query LIKE '%check_estate%' AND a.pid <> pg_backend_pid()}) or die 'nobody came';
is(estate(['silent'])->{silent}, 'busy|', 'a target that somebody else checks is left to him');
$node->safe_psql('postgres', q{SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%"silent", "two"%' AND pid <> pg_backend_pid()});
$run->finish;
like($err, qr/canceling statement due to user request/, 'a cancel of the user ends the run');
my ($before, $after) = split /\n/, $out;
is($after, $before, 'and leaves no connection behind');

# -- who may
my $as_op = sub { my ($sql) = @_; my ($rc, $so, $se) = $node->psql('postgres', $sql, extra_params => [ '-U', 'op' ]); return $rc ? $se : $so; };
like($as_op->(q{SELECT * FROM portfolio.check_estate('security')}), qr/permission denied for function check_estate/, 'no profile holds it');
like($as_op->(q{INSERT INTO portfolio.database_target VALUES ('mine')}), qr/permission denied for table database_target/, 'nor may anybody but the owner add a target');
$node->safe_psql('postgres', 'GRANT EXECUTE ON FUNCTION portfolio.check_estate TO op');
is($as_op->(q{SELECT target, outcome FROM portfolio.check_estate('security', '{"targets": ["two"], "connect_timeout": 180}')}), 'two|ok', 'an operator to whom it is granted may');
like($as_op->(q{SELECT portfolio.schedule_job('estate', '0 0 29 2 *', $$SELECT portfolio.check_estate('security', '{"targets": ["two"]}')$$);
	SELECT portfolio.run_job('estate', true) AS run \gset
	SELECT outcome FROM portfolio.job_run WHERE run_id = :run}), qr/^succeeded$/m, 'and schedule it');
for my $name ('', 'a b', 'x host=evil', "x'", 'x"', "x\nhost=evil", '-x', '.x', '../x', 'x' x 64, "\x{e4}")
{
	my ($rc, $so, $se) = $node->psql('postgres', 'INSERT INTO portfolio.database_target (service) VALUES (:name)', extra_params => [ '-v', "name=E'" . join('', map { sprintf '\\x%02x', ord } split //, $name) . "'" ]);
	like($se, qr/violates check constraint "database_target_service_check"|invalid byte sequence/, 'a service cannot be called ' . ($name =~ s/[^ -~]/?/gr));
}
my ($rc, $so, $se) = $node->psql('postgres', q{BEGIN; UPDATE portfolio.database_target SET enabled = false; SELECT portfolio.check_estate('security'); ROLLBACK});
like($se, qr/NOTICE:  there is no target to ask\nHINT:  INSERT INTO portfolio.database_target/, 'an estate without targets says so');
($rc, $so, $se) = $node->psql('postgres', q{SELECT portfolio.check_estate('nothing')});
like($se, qr/ERROR:  no shipped check has area "nothing"\nHINT:  Areas with shipped checks: .*security/, 'an area without checks');
($rc, $so, $se) = $node->psql('postgres', q{SELECT portfolio.check_estate('security', '{"targets": ["nowhere"]}')});
like($se, qr/ERROR:  target "nowhere" does not exist/, 'a target that is not there');
($rc, $so, $se) = $node->psql('postgres', q{SELECT portfolio.check_estate('security', '{"connections": 0}')});
like($se, qr/ERROR:  option "connections" must be between 1 and 1000/, 'an option out of its range');
is(scalar(@{[ split /\n/, $node->safe_psql('postgres', q{SELECT target FROM portfolio.check_estate('security', '{"targets": ["one", "two", "itself"], "connections": 1}')}) ]}), 3, 'one after the other');
$node->safe_psql('postgres', q{DELETE FROM portfolio.database_target WHERE service = 'lies'});
is($node->safe_psql('postgres', q{SELECT count(*) FROM portfolio.finding WHERE target = 'lies'}), 0, 'a target that is deleted takes its findings along');
$node->stop;
done_testing();
