# Files and certificates as they are. Drift: snapshots hold what changed and no secret, and every change of a stored record is found.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('posture');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->append_conf('postgresql.conf', "primary_conninfo = 'host=10.0.0.1 user=standby password=geheim1'");
$node->append_conf('postgresql.conf', "work_mem = '5MB'");
$node->append_conf('pg_hba.conf', 'host all all 10.9.8.7/32 ldap ldapserver=ldap.invalid ldapbasedn="dc=x" ldapbinddn="cn=x" ldapbindpasswd=geheim2');
# two certificates and half of a third; a file that holds none
my $data = $node->data_dir;
for my $name ('one', 'two')
{
	system_or_bail('openssl', 'req', '-new', '-x509', '-nodes', '-days', '40', '-subj', "/O=Trust/CN=$name", '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
		'-out', "$data/$name.crt", '-keyout', "$data/$name.key");
}
append_to_file("$data/chain.pem", slurp_file("$data/one.crt") . slurp_file("$data/two.crt") . substr(slurp_file("$data/one.crt"), 0, 200));
append_to_file("$data/none.pem", "nothing to see\n");
$node->append_conf('postgresql.conf', "ssl_cert_file = 'chain.pem'\nssl_ca_file = 'none.pem'");
local $ENV{PGPASSFILE} = "$data/passwords";
local $ENV{PGSERVICEFILE} = "$data/services";
append_to_file("$data/passwords", '');
chmod 0600, "$data/passwords";
chmod 0622, "$data/one.key";
symlink "$data/one.key", "$data/services" or die;
$node->start;
$node->safe_psql('postgres', <<'EOT');
CREATE EXTENSION pg_portfolio CASCADE;
SET log_statement = 'none';
SET password_encryption = 'scram-sha-256';
CREATE ROLE anna LOGIN PASSWORD 'geheim3';
CREATE ROLE otto LOGIN;
SELECT portfolio.grant_profile('otto', 'operator');
CREATE ROLE rita LOGIN;
SELECT portfolio.grant_profile('rita', 'auditor');
CREATE FOREIGN DATA WRAPPER w;
CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (host 'other.invalid', password 'geheim4');
CREATE USER MAPPING FOR anna SERVER s OPTIONS (user 'remote', password 'geheim5');
ALTER ROLE anna SET app.secret = 'geheim6';
CREATE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 1';
EOT

# ask(SQL, ROLE): one value
sub ask { my ($sql, $role) = @_; return $node->safe_psql('postgres', $sql, extra_params => [ '-U', $role // 'postgres' ]); }
sub diff { return ask(q{SELECT string_agg(kind || ' ' || name || ' ' || change, '; ' ORDER BY kind COLLATE "C", name COLLATE "C") FROM portfolio.posture_diff()}); }

# -- files and certificates
is(ask(q{SELECT setting, place, subject, issuer, round(extract(epoch FROM not_after - now()) / 86400), not_before <= now(), problem FROM portfolio.certificate_expiry()}, 'rita'),
	join("\n", 'ssl_cert_file|1|CN=one,O=Trust|CN=one,O=Trust|40|t|', 'ssl_cert_file|2|CN=two,O=Trust|CN=two,O=Trust|40|t|',
		'ssl_cert_file||||||what follows certificate 2 cannot be read', 'ssl_ca_file||||||the file holds no certificate'), 'certificates, and what is none');
is(ask(q{SELECT mode, trusted_owner, inside, readable_by, writable_by FROM portfolio.file_permissions() WHERE what = 'data_directory'}, 'otto'), '0700|t|f|owner|owner', 'the data directory');
is(ask(q{SELECT mode, inside, readable_by, writable_by FROM portfolio.file_permissions() WHERE what = 'password_file'}, 'otto'), '0600|t|owner|owner', 'the password file');
is(ask(q{SELECT mode, readable_by, writable_by FROM portfolio.file_permissions() WHERE what = 'service_file'}, 'otto'), '0622|owner|everybody', 'the service file, through a link');
is(ask(q{SELECT string_agg(what, ' ' ORDER BY what COLLATE "C") FROM portfolio.file_permissions() WHERE what <> 'unknown_file'}),
	'auto_file config_file data_directory hba_file ident_file password_file service_file ssl_ca_file ssl_cert_file', 'a file that is not there has no row');
is(ask(q{SELECT string_agg(regexp_replace(path, '^.*/', ''), ' ' ORDER BY path COLLATE "C") FROM portfolio.file_permissions() WHERE what = 'unknown_file'}, 'rita'),
	'one.crt one.key passwords services two.crt two.key', 'what lies in the data directory and no setting names');

# -- what is kept
is(ask('SELECT snapshots, records, head, intact FROM portfolio.verify_posture()'), '0|0||t', 'nothing is kept at first');
is(ask('SELECT portfolio.posture_snapshot()', 'otto'), '1', 'an operator takes the first snapshot');
is(ask('SELECT taken_by, changes > 1000 FROM portfolio.posture'), 'otto|t', 'and stands in it');
ask('SET work_mem = 777; SELECT portfolio.posture_snapshot()', 'rita');
is(ask('SELECT taken_by, changes FROM portfolio.posture WHERE snapshot = 2'), 'rita|0', 'an auditor takes the second, which finds nothing changed, whatever her session has set');
is(ask(q{SELECT count(*) FROM portfolio.posture_record r WHERE r::text LIKE '%geheim%'}), '0', 'no secret is in it');
is(ask(q{SELECT count(*) FROM portfolio.posture_record r, pg_authid a WHERE r::text LIKE '%' || split_part(a.rolpassword, '$', 3) || '%' AND a.rolpassword IS NOT NULL}), '0', 'nor a verifier');
is(ask(q{SELECT count(DISTINCT portfolio.keyed_fingerprint(p, v)) FROM (VALUES ('a', 'bc'), ('ab', 'c'), ('a', 'bd')) x (p, v)}), '3', 'fingerprints differ with the purpose and the value');
is(ask(q{SELECT string_agg(kind || ' ' || name, '; ' ORDER BY kind COLLATE "C", name) FROM portfolio.posture_at(2) WHERE value LIKE '%hidden, %'}),
	'foreign server s; hba host all all 10.9.8.7/32 ldap; role setting anna in every database; setting primary_conninfo; user mapping anna on s', 'what may hold secrets is hidden');
my @refused = ( [ q{INSERT INTO portfolio.posture_record VALUES (1, 1, 'a', 'b', 'c', '')}, 'permission denied for table posture_record' ],
	[ q{UPDATE portfolio.posture_record SET value = ''}, 'permission denied for table posture_record' ],
	[ q{DELETE FROM portfolio.posture_record}, 'permission denied for table posture_record' ],
	[ q{SELECT portfolio.keyed_fingerprint('a', 'b')}, 'permission denied for function keyed_fingerprint' ],
	[ q{SELECT * FROM portfolio.posture_server_items()}, 'permission denied for function posture_server_items' ],
	[ q{SELECT * FROM portfolio.posture_database_items()}, 'permission denied for function posture_database_items' ]);
for my $role ('otto', 'rita')
{
	for my $case (@refused)
	{
		my ($rc, $out, $err) = $node->psql('postgres', $case->[0], extra_params => [ '-U', $role ]);
		like($err, qr/ERROR:  \Q$case->[1]\E$/m, "$role: $case->[1]");
	}
}

# -- one change of each kind
my @changes = (
	[ q{ALTER SYSTEM SET work_mem = '9MB'}, 'setting work_mem changed' ],
	[ q{ALTER ROLE anna SUPERUSER}, 'role anna changed' ],
	[ q{ALTER ROLE anna PASSWORD NULL}, 'role anna changed' ],
	[ q{GRANT pg_monitor TO anna}, 'membership anna in pg_monitor granted by postgres added' ],
	[ q{ALTER ROLE anna SET app.secret = 'geheim7'}, 'role setting anna in every database changed' ],
	[ q{REVOKE pg_monitor FROM anna}, 'membership anna in pg_monitor granted by postgres removed' ],
	[ q{GRANT SELECT ON pg_authid TO otto}, 'relation pg_catalog.pg_authid changed' ],
	[ q{GRANT SELECT (rolname) ON pg_authid TO otto}, 'column pg_catalog.pg_authid.rolname added' ],
	[ q{GRANT EXECUTE ON FUNCTION pg_read_file(text) TO otto}, 'function pg_catalog.pg_read_file(text) changed' ],
	[ q{CREATE OR REPLACE FUNCTION public.f() RETURNS integer LANGUAGE sql AS 'SELECT 2'}, 'function public.f() changed' ],
	[ q{ALTER FUNCTION public.f() SECURITY DEFINER}, 'function public.f() changed' ],
	[ q{CREATE TABLE public.t (a integer)}, 'relation public.t added' ],
	[ q{ALTER TABLE public.t ENABLE ROW LEVEL SECURITY}, 'relation public.t changed' ],
	[ q{CREATE POLICY p ON public.t USING (a > 1)}, 'policy p on public.t added' ],
	[ q{ALTER POLICY p ON public.t USING (true)}, 'policy p on public.t changed' ],
	[ q{CREATE TRIGGER g BEFORE UPDATE ON public.t FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()}, 'trigger g on public.t added' ],
	[ q{ALTER TABLE public.t DISABLE TRIGGER g}, 'trigger g on public.t changed' ],
	[ q{CREATE RULE r AS ON DELETE TO public.t DO INSTEAD NOTHING}, 'rule r on public.t added' ],
	[ q{ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC}, 'default privileges r of postgres in every schema added' ],
	[ q{GRANT CREATE ON SCHEMA public TO anna}, 'schema public changed' ],
	[ q{CREATE TYPE public.y AS ENUM ('a')}, 'type public.y added' ],
	[ q{GRANT SET ON PARAMETER log_statement TO anna}, 'parameter log_statement added' ],
	[ q{GRANT CREATE ON DATABASE postgres TO anna}, 'database postgres changed' ],
	[ q{ALTER SERVER s OPTIONS (SET password 'geheim8')}, 'foreign server s changed' ],
	[ q{ALTER USER MAPPING FOR anna SERVER s OPTIONS (SET password 'geheim9')}, 'user mapping anna on s changed' ],
	[ q{CREATE SUBSCRIPTION u CONNECTION 'host=10.0.0.1 password=geheim' PUBLICATION p WITH (connect = false)}, 'subscription u in postgres added' ],
	[ q{UPDATE pg_extension SET extversion = '9' WHERE extname = 'plpgsql'}, 'extension plpgsql changed' ],
);
for my $change (@changes)
{
	ask($change->[0]);
	ask('SELECT portfolio.posture_snapshot()');
	is(diff(), $change->[1], $change->[0]);
}
$node->append_conf('pg_ident.conf', 'm jane anna');
my $hba = slurp_file($node->data_dir . '/pg_hba.conf');
unlink $node->data_dir . '/pg_hba.conf';
append_to_file($node->data_dir . '/pg_hba.conf', "local all anna trust\n$hba");
ask('SELECT portfolio.posture_snapshot()');
my ($first) = $hba =~ /^(local +all .*)$/m;
is(diff(), 'hba local all all trust changed; hba local all anna trust added; ident m jane anna added', 'lines of files: a new one, and the one after it');
is(ask(q{SELECT count(*) FROM portfolio.posture_record r WHERE r::text LIKE '%geheim%'}), '0', 'still no secret');
is(ask(q{SELECT change || ': ' || coalesce(before, '-') || ' > ' || coalesce(after, '-') FROM portfolio.posture_diff(2, 3)}), 'changed: 5MB > 9MB', 'between two snapshots');
is(ask(q{SELECT change || ': ' || coalesce(before, '-') || ' > ' || coalesce(after, '-') FROM portfolio.posture_diff(3, 2)}), 'changed: 9MB > 5MB', 'and the other way');
is(ask('SELECT count(*) FROM portfolio.posture_diff(0, 1)'), ask('SELECT changes FROM portfolio.posture WHERE snapshot = 1'), 'everything is new in the first');
is(ask(q{SELECT count(*) FROM portfolio.posture_diff(3, 6) WHERE name LIKE 'anna in pg_monitor%'}), '1', 'added and not removed yet');
is(ask(q{SELECT count(*) FROM portfolio.posture_diff(3, 9) WHERE name LIKE 'anna in pg_monitor%'}), '0', 'added and removed is no difference');
my ($rc, $out, $err) = $node->psql('postgres', 'SELECT * FROM portfolio.posture_diff(1, 4711)');
like($err, qr/ERROR:  there is no snapshot 4711\nHINT:  SELECT \* FROM portfolio.posture lists the snapshots; 0 is before the first\./, 'an unknown snapshot is named');

# -- the head is in the log
my $count = ask('SELECT count(*) FROM portfolio.posture');
my %logged = slurp_file($node->logfile) =~ /LOG:  posture snapshot (\d+) of database "postgres": \d+ changes, head ([0-9a-f]{64})$/mg;
is(scalar(keys %logged), $count, 'a line in the log for each snapshot');
is(ask(q{SELECT string_agg(snapshot || ' ' || head, ',' ORDER BY snapshot) FROM portfolio.posture}), join(',', map { "$_ $logged{$_}" } sort { $a <=> $b } keys %logged), 'with its head');
is(ask("SELECT intact FROM portfolio.verify_posture('$logged{$_}')"), 't', "head of snapshot $_ is in the chain") for 1, $count;

# -- whatever is changed is found
sub verdict { return ask('SELECT intact, record, problem FROM portfolio.verify_posture(' . ($_[0] // '') . ')'); }
# tried(SQL, HEAD): the verdict after a change that is taken back
sub tried { return ask("BEGIN; $_[0]; SELECT intact, record, problem FROM portfolio.verify_posture(" . ($_[1] // '') . '); ROLLBACK') =~ s/^\n*//r; }
my $last = ask('SELECT max(record) FROM portfolio.posture_record');
is(verdict("'$logged{$count}'"), 't||', 'the chain as it is');
is(tried('DELETE FROM portfolio.posture_record WHERE record = 100'), 'f|101|records before it are missing, or it was put here', 'a record in the middle was taken out');
is(tried('DELETE FROM portfolio.posture_record WHERE record = 1'), 'f|2|records before it are missing, or it was put here', 'the first one');
is(tried("DELETE FROM portfolio.posture_record WHERE record = $last"), 'f|' . ($last - 1) . '|records after it are missing: its snapshot has no end', 'the last one');
my $tail = "DELETE FROM portfolio.posture_record WHERE snapshot = $count";
is(tried($tail), 't||', 'a whole snapshot at the end: the chain alone does not tell');
my $unknown = 'f||no snapshot has the head that was given: snapshots at the end are missing, or the chain was computed anew';
is(tried($tail, "'$logged{$count}'"), $unknown, 'the head in the log does');
is(tried('DELETE FROM portfolio.posture_record', "'$logged{1}'"), $unknown, 'also where nothing is left');
is(tried("INSERT INTO portfolio.posture_record SELECT $last + 1, snapshot + 1, kind, 'x', value, hash FROM portfolio.posture_record WHERE record = $last"),
	'f|' . ($last + 1) . '|it or its hash was changed', 'a record that somebody added');
is(tried('UPDATE portfolio.posture_record SET value = NULL WHERE record = 7'), 'f|7|it or its hash was changed', 'a value that became NULL');

# A chain of 300 records, computed anew by somebody who may write the table: sound in itself, but with heads that no log has.
ask(<<'EOT');
DELETE FROM portfolio.posture_record WHERE record > 299;
INSERT INTO portfolio.posture_record VALUES (300, 1, 'snapshot', '1', '{"at": "2026-01-01", "by": "postgres", "changes": 299}', '');
UPDATE portfolio.posture_record p SET hash = c.hash
  FROM (SELECT record, portfolio.posture_chain('', record, snapshot, kind, name, value) OVER (ORDER BY record) AS hash FROM portfolio.posture_record) c
 WHERE c.record = p.record;
EOT
is(verdict(), 't||', 'a chain computed anew is sound in itself');
is(verdict("'$logged{1}'"), $unknown, 'and has not the head that the log has');
my $flips = 1000;
is(ask(<<"EOT"), "found $flips", "each of $flips flipped bits is found, and its record named");
CREATE FUNCTION public.flip(t text) RETURNS text LANGUAGE sql VOLATILE AS
  \$\$SELECT convert_from(set_bit(b, at, 1 - get_bit(b, at)), 'UTF8') FROM (SELECT convert_to(t, 'UTF8') AS b, floor(random() * 8 * octet_length(t))::integer AS at OFFSET 0) x\$\$;
-- One bit of one column of one record, taken back at once. Bits that no row can hold (no UTF-8, a key that is there) are drawn again.
CREATE FUNCTION public.flip_one() RETURNS text LANGUAGE plpgsql AS \$\$
DECLARE
  victim bigint := 1 + floor(random() * 300);
  col text := (ARRAY['record', 'snapshot', 'kind', 'name', 'value', 'hash'])[1 + floor(random() * 6)];
  moved bigint;
  verdict portfolio.posture_verdict;
BEGIN
  EXECUTE format(CASE col WHEN 'record' THEN 'UPDATE portfolio.posture_record SET record = record # (1::bigint << floor(random() * 64)::integer) WHERE record = %s RETURNING record'
                          WHEN 'snapshot' THEN 'UPDATE portfolio.posture_record SET snapshot = snapshot # (1::bigint << floor(random() * 64)::integer) WHERE record = %s RETURNING record'
                          WHEN 'hash' THEN 'UPDATE portfolio.posture_record SET hash = set_bit(hash, n, 1 - get_bit(hash, n)) FROM (SELECT floor(random() * 256)::integer AS n OFFSET 0) x WHERE record = %s RETURNING record'
                          ELSE 'UPDATE portfolio.posture_record SET %2\$I = public.flip(%2\$I) WHERE record = %1\$s AND %2\$I <> '''' RETURNING record' END, victim, col) INTO moved;
  IF moved IS NULL THEN RETURN 'again'; END IF;
  verdict := portfolio.verify_posture();
  RAISE EXCEPTION USING ERRCODE = 'PF001', MESSAGE =
    CASE WHEN verdict.intact THEN format('not found: %s of %s', col, victim)
         -- a record that has moved leaves a gap: the one after it is named, or it itself in its new place
         WHEN verdict.record NOT IN (victim, victim + 1, moved) THEN format('record %s named: %s of %s became %s', verdict.record, col, victim, moved)
         ELSE 'found' END;
EXCEPTION
  WHEN SQLSTATE 'PF001' THEN RETURN SQLERRM;
  WHEN character_not_in_repertoire OR unique_violation THEN RETURN 'again';
END \$\$;
CREATE TABLE public.flips (verdict text);
DO \$\$
DECLARE
  verdict text;
  n integer := 0;
BEGIN
  PERFORM setseed(0.20261123);
  WHILE n < $flips LOOP
    verdict := public.flip_one();
    CONTINUE WHEN verdict = 'again';
    INSERT INTO public.flips VALUES (verdict);
    n := n + 1;
  END LOOP;
END \$\$;
SELECT verdict || ' ' || count(*) FROM public.flips GROUP BY verdict ORDER BY count(*) LIMIT 5;
EOT
is(verdict(), 't||', 'and the chain is as it was');

# -- two at a time come one after the other
my $one = $node->background_psql('postgres', on_error_stop => 1);
$one->query_safe('BEGIN; SELECT portfolio.posture_snapshot();');
my $two = $node->background_psql('postgres', on_error_stop => 1);
$two->query_until(qr/started/, "\\echo started\nSELECT portfolio.posture_snapshot();\n");
$node->poll_query_until('postgres', q{SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'portfolio.posture_record'::regclass)});
$one->query_safe('COMMIT');
$one->quit;
$two->quit;
is(ask('SELECT intact, snapshots FROM portfolio.verify_posture()'), 't|3', 'the second snapshot follows the first');
$node->stop;
done_testing();
