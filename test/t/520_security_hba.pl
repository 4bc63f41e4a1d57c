# hba_match() against the server itself: generated files and connections, each connection really made. A line is known by
# its method, which no other line of its file has; connections come from all over 127.0.0.0/8, by socket and by TLS.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use IO::Socket::INET;
use IO::Socket::SSL;
use IO::Socket::UNIX;
use List::Util qw(shuffle);
use Test::More;

my $seed = $ENV{PF_SEED} || 20240611;
srand($seed);
my $node = PostgreSQL::Test::Cluster->new('hba');
$node->init(allows_streaming => 1);
my ($port, $socket) = ($node->port, $node->host . '/.s.PGSQL.' . $node->port);
my $data = $node->data_dir;
system_or_bail('openssl', 'req', '-new', '-x509', '-nodes', '-days', '2', '-subj', '/CN=hba', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-out', "$data/server.crt", '-keyout', "$data/server.key");
chmod 0600, "$data/server.key";
# md5 asks with its own code only where passwords are made so
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nlisten_addresses = '127.0.0.1'\nssl = on\npassword_encryption = md5\nfsync = off\nmax_locks_per_transaction = 256\n");
$node->start;
my @keeper = (extra_params => [ '-U', 'keeper' ]);
$node->safe_psql('postgres', q{
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE ROLE keeper LOGIN SUPERUSER;
CREATE ROLE staff; CREATE ROLE bosses IN ROLE staff;
CREATE ROLE alice LOGIN REPLICATION IN ROLE staff; CREATE ROLE bob LOGIN IN ROLE bosses; CREATE ROLE "Ann" LOGIN; CREATE ROLE root_like LOGIN SUPERUSER;
CREATE ROLE "all" LOGIN;
CREATE TABLE conn (n int, database text, role text, address inet, ssl boolean, replication boolean);
});
$node->safe_psql('postgres', "CREATE DATABASE $_") for 'sales', 'alice', 'staff', '"replication"';

my @databases = ('sales', 'alice', 'staff', 'replication', 'nowhere');
my @roles = ('alice', 'bob', 'Ann', 'root_like', 'all', 'nobody');
sub pick { return $_[ int rand @_ ]; }
sub some { my ($n, @of) = @_; return join ',', map { pick(@of) } 1 .. 1 + int rand $n; }

sub address_of_a_line
{
	my $kind = int rand 8;
	return 'all' if $kind == 0;
	return pick('samehost', 'samenet') if $kind == 1;
	my $address = join '.', 127, map { pick(0, 0, 1, 2, 128, 255) } 1 .. 3;
	return $address . ' ' . pick('255.0.0.0', '255.255.0.0', '255.255.255.128', '255.0.0.255', '255.255.255.255') if $kind == 2;
	return pick('::1/128', '::/0', '0.0.0.0/0', '10.0.0.0/8') if $kind == 3;
	return "$address/" . pick(8, 9, 16, 17, 24, 25, 31, 32);
}

# A file of lines with methods that differ. The keeper's own line is for nobody else.
sub file
{
	my @methods = shuffle(qw(trust reject password md5 scram-sha-256));
	my $text = "# $seed\nlocal all keeper trust\n";
	for my $method (@methods[ 0 .. int rand @methods ])
	{
		my $type = pick('local', 'host', 'host', 'hostssl', 'hostnossl', 'hostgssenc', 'hostnogssenc');
		my $databases = pick('all', some(2, @databases[ 0 .. 2 ]), some(2, 'sameuser', 'samerole', 'replication', 'sales'), '"replication"', '@wanted');
		my $users = pick('all', 'all', some(3, qw(alice bob Ann nobody +staff)), '+bosses', '+staff', '"all"', '"+staff",bob', 'root_like,+nosuch');
		$text .= join("\t", $type, $databases, $users, $type eq 'local' ? () : address_of_a_line(), $method) . "\n";
	}
	return $text;
}

sub connection
{
	my $local = rand() < 0.2;
	return {
		database => pick(@databases), role => pick(@roles), replication => rand() < 0.15 ? 1 : 0,
		address => $local ? undef : join('.', 127, map { pick(0, 0, 1, 2, 127, 128, 255) } 1 .. 2) . '.' . pick(1, 2, 127, 128, 254),
		ssl => !$local && rand() < 0.4 ? 1 : 0
	};
}

# What the server asks of a connection: a method, or none where no line is for it.
my %asked = (0 => 'trust', 3 => 'password', 5 => 'md5', 10 => 'scram-sha-256');
sub try_it
{
	my ($c) = @_;
	my $handle = $c->{address}
		? IO::Socket::INET->new(LocalAddr => $c->{address}, PeerAddr => '127.0.0.1', PeerPort => $port, Proto => 'tcp')
		: IO::Socket::UNIX->new(Peer => $socket);
	die "no connection: $!" unless $handle;
	if ($c->{ssl})
	{
		$handle->syswrite(pack('NN', 8, 80877103));
		$handle->sysread(my $yes, 1);
		die 'no TLS' unless $yes eq 'S';
		IO::Socket::SSL->start_SSL($handle, SSL_verify_mode => 0) or die "TLS: $IO::Socket::SSL::SSL_ERROR";
	}
	my $start = pack('N', 196608) . join('', map { "$_\0" } 'user', $c->{role}, 'database', $c->{database}, $c->{replication} ? ('replication', 'true') : ()) . "\0";
	$handle->syswrite(pack('N', 4 + length $start) . $start);
	my $answer = '';
	while (length $answer < 5 || length $answer < 1 + unpack('N', substr($answer, 1, 4)))
	{
		last unless $handle->sysread(my $more, 8192);
		$answer .= $more;
	}
	close $handle;
	return $asked{ unpack('N', substr($answer, 5, 4)) } // 'unknown' if substr($answer, 0, 1) eq 'R';
	return 'reject' if $answer =~ /pg_hba\.conf rejects/;
	return 'none' if $answer =~ /no pg_hba\.conf entry/;
	return "answer $answer";
}

append_to_file("$data/wanted", "sales\nstaff, samerole\n");
my $loaded = $node->safe_psql('postgres', 'SELECT pg_conf_load_time()');
sub load_file
{
	my ($text) = @_;
	unlink "$data/pg_hba.conf";
	append_to_file("$data/pg_hba.conf", $text);
	$node->reload;
	$node->poll_query_until('postgres', "SELECT pg_conf_load_time() > '$loaded'") or die 'not reloaded';
	$loaded = $node->safe_psql('postgres', 'SELECT pg_conf_load_time()', @keeper);
}
# Test::Cluster connects as this user; the keeper's line must be for it too
my $me = $node->safe_psql('postgres', 'SELECT current_user');

my ($cases, @wrong, %won) = (0);
for my $n (1 .. 60)
{
	my $text = file() =~ s/keeper/keeper,$me/r;
	my @connections = map { connection() } 1 .. 40;
	load_file($text);
	my $i = 0;
	my $values = join ',', map { $i++; "($i, '$_->{database}', '$_->{role}', " . ($_->{address} ? "'$_->{address}'" : 'NULL') . ", " . ($_->{ssl} ? 'true' : 'false') . ', ' . ($_->{replication} ? 'true' : 'false') . ')' } @connections;
	my @said = split /\n/, $node->safe_psql('postgres', "SELECT coalesce(m.auth_method, 'none'), m.admits, m.certain
		FROM (VALUES $values) c (n, database, role, address, ssl, replication),
		     portfolio.hba_match(c.database, c.role, c.address::inet, c.ssl, jsonb_build_object('replication', c.replication)) m ORDER BY c.n");
	is(scalar @said, scalar @connections, "file $n: one row for each connection") unless @said == @connections;
	for my $k (0 .. $#connections)
	{
		my $is = try_it($connections[$k]);
		my ($method, $admits, $certain) = split /\|/, $said[$k];

		$cases++;
		$won{$is}++;
		my $told = join ', ', map { "$_ = " . ($connections[$k]{$_} // 'NULL') } sort keys %{ $connections[$k] };
		push @wrong, "file $n\n$text$told\nserver: $is, hba_match(): $said[$k]" if $is ne $method || $certain ne 't' || $admits ne ($is eq 'reject' || $is eq 'none' ? 'f' : 't');
	}
}
is(join("\n", @wrong[ 0 .. ($#wrong > 2 ? 2 : $#wrong) ]), '', "$cases connections, each as the server takes it (seed $seed)");
cmp_ok($cases, '>=', 2000, 'enough of them');
cmp_ok($won{$_} // 0, '>', 20, "$_ was the answer " . ($won{$_} // 0) . ' times') for qw(trust reject password md5 scram-sha-256 none);

# Host names: asked of the name server only where somebody says so
load_file("local all keeper,$me trust\nhost all all localhost md5\nhost all all .no.such.invalid reject\nhost all all 127.0.0.0/8 password\n");
my $home = { database => 'sales', role => 'bob', address => '127.0.0.1', ssl => 0 };
is($node->safe_psql('postgres', q{SELECT line_number, auth_method, certain FROM portfolio.hba_match('sales', 'bob', '127.0.0.1', false)}),
	"2|md5|f\n3|reject|f\n4|password|t", 'not asked: what may win, and what does otherwise');
is($node->safe_psql('postgres', q{SELECT coalesce(auth_method, 'none') FROM portfolio.hba_match('sales', 'bob', '127.0.0.1', false, '{"resolve": true}')}), try_it($home), 'asked: as the server');

# The matrix says the same of every way in, and nothing more
my $shadow = q{local all keeper,ME trust
hostssl sales all 127.1.0.0/16 md5
host sales bob 127.0.0.0/8 reject
host sales bob 127.3.0.0/16 password
host sales +staff 127.3.0.0/16 password
host sales bob 127.0.0.0/8 scram-sha-256
host gone all 127.0.0.0/8 trust
host sales Ann 127.0.0.0/9 md5
host sales Ann 127.128.0.0/9 md5
host sales Ann 127.0.0.0/8 password
};
load_file($shadow =~ s/ME/$me/r);
is($node->safe_psql('postgres', q{SELECT line_number, use, shadowed_by FROM portfolio.hba_line_use() ORDER BY 1}),
	"1|met|\n2|met|\n3|met|\n4|shadowed|{3}\n5|met|\n6|shadowed|{2,3}\n7|never met|\n8|met|\n9|met|\n10|shadowed|{2,8,9}", 'lines that nobody meets, and what takes everybody from them');
is($node->safe_psql('postgres', q{SELECT line_number, connections, whole, example FROM portfolio.hba_matrix() WHERE database = 'sales' AND role = 'Ann' ORDER BY 1}),
	"2|{ssl}|t|127.1.0.0\n8|{plain,ssl,gss}|f|127.0.0.0\n9|{plain,ssl,gss}|t|127.128.0.0", 'the ways of one role');
is($node->safe_psql('postgres', q{SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM unnest(w.connections) t (name), portfolio.hba_match(w.database, w.role, CASE WHEN t.name <> 'local' THEN w.example END, t.name = 'ssl', jsonb_build_object('gss', t.name = 'gss')) m WHERE m.line_number = w.line_number))
	FROM portfolio.hba_matrix() w WHERE database IS NOT NULL}) =~ /^(\d+)\|\1$/ ? 'same' : 'other', 'same', 'every example of the matrix meets its line');

# A file that the server would refuse
load_file("local all keeper,$me trust\n");
append_to_file("$data/pg_hba.conf", "host all all 127.0.0.0/8 md6\nhost all all 127.0.0.300/8 md5\n");
my ($rc, $out, $err) = $node->psql('postgres', q{SELECT * FROM portfolio.hba_match('sales', 'bob', '127.0.0.1', false)});
like($err, qr/ERROR:  the server could not load "pg_hba.conf"\nDETAIL:  Line 2: invalid authentication method "md6".\nHINT:  It keeps the rules that it has/, 'a line that is wrong is named');
unlink "$data/pg_hba.conf";
append_to_file("$data/pg_hba.conf", "# nothing\n");
($rc, $out, $err) = $node->psql('postgres', q{SELECT * FROM portfolio.hba_matrix()});
like($err, qr/The file has no entries/, 'and so is a file of comments') or diag $err;
# Who asks: an auditor, and nobody else
load_file("local all all trust\n");
$node->safe_psql('postgres', q{CREATE ROLE watcher LOGIN; CREATE ROLE stranger LOGIN; SELECT portfolio.grant_profile('watcher', 'auditor')});
is($node->safe_psql('postgres', q{SET ROLE watcher; SELECT auth_method FROM portfolio.hba_match('sales', 'bob', NULL, NULL)}), 'trust', 'an auditor may ask');
($rc, $out, $err) = $node->psql('postgres', q{SET ROLE stranger; SELECT * FROM portfolio.hba_match('sales', 'bob', NULL, NULL)});
like($err, qr/permission denied/, 'a stranger may not');
$node->stop;
done_testing();
