# A roadmap as another program reads it: python3-icalendar parses what roadmap_icalendar() prints, and finds what the table holds.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

# Debian's, whatever python3 comes first in PATH
my $python = '/usr/bin/python3';
plan skip_all => 'python3-icalendar is not here: apt-get install python3-icalendar'
	unless -x $python && system("$python -c 'import icalendar' 2>/dev/null") == 0;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init(extra => [ '--locale=C.UTF-8', '--encoding=UTF8' ]);
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION pg_portfolio CASCADE');
# 300 items of every kind: titles of all lengths, of characters of one to four octets, and of those that must be escaped (no n after a
# backslash: this parser takes the two for a line end)
$node->safe_psql('postgres', <<'EOT');
INSERT INTO portfolio.service (code, name) VALUES ('ICAL', 'Kalender; "all", of \ it');
INSERT INTO portfolio.roadmap_item (service, code, kind, title, description, status, starts_on, ends_on, starts_at, ends_at, time_zone, url)
SELECT s.id, 'I' || n, (ARRAY['release', 'maintenance', 'milestone', 'review', 'retirement'])[1 + n % 5],
       'T' || (SELECT string_agg(substr(E'a,b;c\\d:e"f é½—€😀漢\tX', 1 + (m * m + n) % 20, 1), '' ORDER BY m) FROM generate_series(1, n) m),
       CASE WHEN n % 3 = 0 THEN repeat(E'line\n', n % 7) || 'end' END,
       (ARRAY['planned', 'confirmed', 'done', 'cancelled'])[1 + n % 4],
       date '2018-01-01' + n * 3, CASE WHEN n % 2 = 0 THEN date '2018-01-02' + n * 3 END,
       CASE WHEN n % 4 = 0 THEN time '22:30' END, CASE WHEN n % 4 = 0 THEN time '02:00' END,
       (ARRAY['Europe/London', 'UTC', 'America/New_York'])[1 + n % 3], CASE WHEN n % 5 = 0 THEN 'https://example.org/a;b?c=' || n END
  FROM portfolio.service s, generate_series(1, 300) n;
UPDATE portfolio.roadmap_item SET status = 'done' WHERE code = 'I3';
EOT

my $folder = PostgreSQL::Test::Utils::tempdir();
my ($ics, $err) = ('', '');
IPC::Run::run([ 'psql', '-qXAt', '-d', $node->connstr('postgres'), '-c', q{SELECT encode(convert_to(portfolio.roadmap_icalendar('service:ICAL'), 'UTF8'), 'hex')} ],
	'>', \$ics, '2>', \$err) or die $err;
$ics =~ s/\s//g;
my $bytes = pack('H*', $ics);
open(my $file, '>:raw', "$folder/roadmap.ics") or die $!;
print $file $bytes;
close $file;

my @lines = split /\r\n/, $bytes, -1;
is(pop @lines, '', 'the last line ends as the others do');
is(scalar(grep { /[\r\n]/ } @lines), 0, 'every line ends with CR LF and holds neither');
is(scalar(grep { length > 75 } @lines), 0, 'no line is longer than 75 octets');
is(scalar(grep { my $line = $_; !utf8::decode($line) } @lines), 0, 'no character is torn by a fold');
cmp_ok(scalar(grep { /^ / } @lines), '>', 300, 'and there was much to fold');

open(my $script, '>', "$folder/read.py") or die $!;
print $script <<'EOT';
import sys, icalendar
calendar = icalendar.Calendar.from_ical(open(sys.argv[1], 'rb').read())
def moment(p):
    return p.dt.strftime('%Y-%m-%d') if not hasattr(p.dt, 'hour') else p.dt.strftime('%Y-%m-%d %H:%M:%S%z')
events = calendar.walk('VEVENT')
for e in events:
    if e.errors: raise SystemExit('%s: %s' % (e['UID'], e.errors))
    fields = [str(e['UID']), moment(e['DTSTART']), moment(e['DTEND']), moment(e['DTSTAMP']), str(e['SEQUENCE']), str(e['STATUS']), str(e['TRANSP']),
              e['CATEGORIES'].to_ical().decode(), str(e.get('URL', '')), str(e['SUMMARY']), str(e.get('DESCRIPTION', ''))]
    sys.stdout.buffer.write((':'.join(f.encode('utf-8').hex() for f in fields) + '\n').encode())
EOT
close $script;
my $read = '';
ok(IPC::Run::run([ $python, "$folder/read.py", "$folder/roadmap.ics" ], '>', \$read, '2>', \$err), 'another program reads it without an error') or diag($err);
my $held = $node->safe_psql('postgres', <<'EOT');
SELECT array_to_string(ARRAY(SELECT encode(convert_to(f, 'UTF8'), 'hex') FROM unnest(ARRAY[
         i.uid::text,
         CASE WHEN i.starts_at IS NULL THEN i.starts_on::text ELSE to_char((i.starts_on + i.starts_at) AT TIME ZONE i.time_zone AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"+0000"') END,
         CASE WHEN i.starts_at IS NULL THEN (coalesce(i.ends_on, i.starts_on) + 1)::text
              ELSE to_char((i.ends_on + i.ends_at) AT TIME ZONE i.time_zone AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"+0000"') END,
         to_char(i.changed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS"+0000"'), i.revision::text,
         (jsonb_build_object('planned', 'TENTATIVE', 'cancelled', 'CANCELLED', 'confirmed', 'CONFIRMED', 'done', 'CONFIRMED')) ->> i.status,
         CASE WHEN i.starts_at IS NULL THEN 'TRANSPARENT' ELSE 'OPAQUE' END, upper(i.kind), coalesce(i.url, ''),
         'Kalender; "all", of \ it: ' || i.title, coalesce(i.description, '')]) WITH ORDINALITY f (f, n) ORDER BY n), ':')
  FROM portfolio.roadmap_item i ORDER BY i.starts_on, i.starts_at NULLS FIRST, i.code
EOT
my @read = split /\n/, $read;
my @held = split /\n/, $held;
is(scalar(@read), 300, 'it finds every item');
my ($other) = grep { $read[$_] ne $held[$_] } 0 .. $#held;
sub decoded { return join(' | ', map { pack('H*', $_) } split /:/, $_[0] // '') }
is(defined $other ? decoded($read[$other]) : '', defined $other ? decoded($held[$other]) : '', 'with every property as the table holds it');
my $again = $node->safe_psql('postgres', q{SELECT portfolio.roadmap_icalendar('service:ICAL') = portfolio.roadmap_icalendar()});
is($again, 't', 'the same roadmap is the same text');
$node->stop;
done_testing();
