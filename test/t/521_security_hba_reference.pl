# hba_match() against a slow reading of pg_hba_file_rules in plain SQL: 100,000 generated connections, a million with
# make hba. Addresses lie on the edges of the networks of the file.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $seed = $ENV{PF_SEED} || 20240612;
my $files = $ENV{PF_HBA_FILES} || 10;
my $each = 10000;
srand($seed);
my $node = PostgreSQL::Test::Cluster->new('hba_reference');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nfsync = off\nautovacuum = off\n");
$node->start;
my $data = $node->data_dir;
$node->safe_psql('postgres', q{
SET client_min_messages = warning;
CREATE EXTENSION pg_portfolio CASCADE;
CREATE ROLE staff; CREATE ROLE bosses IN ROLE staff; CREATE ROLE crew;
CREATE ROLE r0 LOGIN IN ROLE staff; CREATE ROLE r1 LOGIN IN ROLE bosses; CREATE ROLE r2 LOGIN SUPERUSER; CREATE ROLE r3 LOGIN IN ROLE crew, bosses; CREATE ROLE r4 LOGIN;
-- every role is its own member; a superuser is a member of nothing else
CREATE TABLE member AS WITH RECURSIVE m (role, of) AS (
  SELECT oid, oid FROM pg_roles UNION SELECT m.role, a.roleid FROM m JOIN pg_auth_members a ON a.member = m.of)
SELECT pg_get_userbyid(role)::text AS role, pg_get_userbyid(of)::text AS of FROM m;
CREATE TABLE conn (n int, database text, role text, address inet, ssl boolean, gss boolean, replication boolean);
-- The slow reading: every rule is compared with every connection, the lowest line wins.
CREATE FUNCTION slow(OUT n int, OUT line int, OUT method text) RETURNS SETOF record LANGUAGE sql AS $$
SELECT DISTINCT ON (c.n) c.n, r.line_number, r.auth_method
  FROM conn c LEFT JOIN pg_hba_file_rules r
    ON CASE r.type WHEN 'local' THEN c.address IS NULL WHEN 'host' THEN c.address IS NOT NULL WHEN 'hostssl' THEN c.ssl AND NOT c.gss AND c.address IS NOT NULL
         WHEN 'hostnossl' THEN c.address IS NOT NULL AND (c.gss OR NOT c.ssl) WHEN 'hostgssenc' THEN c.address IS NOT NULL AND c.gss
         WHEN 'hostnogssenc' THEN c.address IS NOT NULL AND NOT c.gss END
   AND (r.type = 'local' OR r.address = 'all'
        OR CASE WHEN r.netmask IS NOT NULL AND family(r.address::inet) = family(c.address) THEN c.address & r.netmask::inet = r.address::inet & r.netmask::inet ELSE false END)
   AND EXISTS (SELECT FROM unnest(r.database) d (name)
                WHERE CASE WHEN c.replication THEN d.name = 'replication'
                           WHEN d.name = 'all' THEN true WHEN d.name = 'sameuser' THEN c.database = c.role
                           WHEN d.name = 'samerole' THEN EXISTS (SELECT FROM member m WHERE m.role = c.role AND m.of = c.database)
                           ELSE d.name <> 'replication' AND d.name = c.database END)
   AND EXISTS (SELECT FROM unnest(r.user_name) u (name)
                WHERE CASE WHEN u.name LIKE '+%' THEN EXISTS (SELECT FROM member m WHERE m.role = c.role AND m.of = substr(u.name, 2))
                           ELSE u.name IN ('all', c.role) END)
 ORDER BY c.n, r.line_number $$;
});

sub pick { return $_[ int rand @_ ]; }
sub some { my ($n, @of) = @_; return join ',', map { pick(@of) } 1 .. 1 + int rand $n; }
my @networks = ('10.0.0.0/8', '10.1.0.0/16', '10.1.2.0/24', '10.1.2.128/25', '10.1.2.129/32', '0.0.0.0/0', '192.168.0.0/15', '::/0', 'fd00::/8', 'fd00:1::/32', 'fd00:1::8000/113', '::1/128', '172.16.0.0/12');
my $databases = 'sales,r0,r1,staff,bosses,nowhere';

sub file
{
	my $text = '';
	for (1 .. 2 + int rand 14)
	{
		my $type = pick('local', 'host', 'host', 'hostssl', 'hostnossl', 'hostgssenc', 'hostnogssenc');
		my $address = $type eq 'local' ? '' : rand() < 0.1 ? 'all' : rand() < 0.15 ? pick('10.1.2.3 255.0.255.0', '10.0.0.9 0.0.0.255', '10.1.0.0 255.254.0.0') : pick(@networks);
		$text .= join(' ', $type, pick('all', some(3, split(',', $databases), 'sameuser', 'samerole', 'replication')), pick('all', some(3, qw(r0 r1 r2 r3 r4 r5 +staff +bosses +crew +none))),
			$address, $type eq 'local' ? pick(qw(trust peer reject)) : pick(qw(trust reject md5 scram-sha-256 password))) . "\n";
	}
	return $text;
}

my ($asked, $differ, $won) = (0, 0, 0);
for my $n (1 .. $files)
{
	unlink "$data/pg_hba.conf";
	append_to_file("$data/pg_hba.conf", my $text = file());
	my $list = join ',', map { "'$_'" } @networks;
	my ($bad, $rows, $lines, $example) = split /\|/, $node->safe_psql('postgres', qq{
SELECT setseed(0.$n); TRUNCATE conn;
INSERT INTO conn SELECT n, (string_to_array('$databases', ','))[1 + (random() * 5)::int], 'r' || (random() * 5)::int,
  CASE WHEN random() < 0.1 THEN NULL ELSE (CASE (random() * 4)::int WHEN 0 THEN set_masklen(w, CASE family(w) WHEN 4 THEN 32 ELSE 128 END)
    WHEN 1 THEN set_masklen(broadcast(w), CASE family(w) WHEN 4 THEN 32 ELSE 128 END)
    WHEN 2 THEN CASE WHEN masklen(w) = 0 THEN set_masklen(w, CASE family(w) WHEN 4 THEN 32 ELSE 128 END) + (random() * 1e9)::bigint ELSE set_masklen(w, CASE family(w) WHEN 4 THEN 32 ELSE 128 END) - 1 END
    WHEN 3 THEN CASE WHEN masklen(w) = 0 THEN set_masklen(w, CASE family(w) WHEN 4 THEN 32 ELSE 128 END) + 77 ELSE set_masklen(broadcast(w), CASE family(w) WHEN 4 THEN 32 ELSE 128 END) + 1 END
    ELSE set_masklen(w, CASE family(w) WHEN 4 THEN 32 ELSE 128 END) + (random() * 200)::int END) END,
  random() < 0.4, random() < 0.2, random() < 0.1
  FROM (SELECT n, (ARRAY[$list]::inet[])[1 + (random() * $#networks)::int] AS w FROM generate_series(1, $each) n) g;
SELECT count(*) FILTER (WHERE s.line IS DISTINCT FROM m.line_number OR s.method IS DISTINCT FROM m.auth_method), count(*), count(DISTINCT s.line),
       min(c::text || ': ' || coalesce(s.line::text, 'none') || ' but ' || coalesce(m.line_number::text, 'none')) FILTER (WHERE s.line IS DISTINCT FROM m.line_number)
  FROM conn c JOIN slow() s USING (n), portfolio.hba_match(c.database, c.role, c.address, c.ssl, jsonb_build_object('gss', c.gss, 'replication', c.replication)) m}) =~ s/\A\n//r;
	$asked += $rows;
	$won += $lines;
	$differ += $bad;
	diag("file $n (seed $seed):\n$text$example") if $bad;
}
is($differ, 0, "$asked connections, $won lines of $files files won: as the slow reading has it");
is($asked, $files * $each, 'one answer each');
$node->stop;
done_testing();
