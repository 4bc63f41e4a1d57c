# Archi's Grafico folder into an exchange file, into the portfolio, out again: compared with the files of the folder by
# element, name, documentation, property, access type, strength, direction, ends and folder. Nothing is lost, and a second
# round is the same document. A small folder of our own always; a real model where the data folder is.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use File::Find;
use File::Path qw(make_path);

my $script = "$ENV{PF_STAGE}/contrib/archimate/grafico_to_exchange.py";
plan skip_all => 'python3 is not installed' if system('python3 -c "import xml.etree.ElementTree" >/dev/null 2>&1') != 0;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->append_conf('postgresql.conf', "shared_preload_libraries = 'pg_portfolio'\nclient_min_messages = warning");
$node->start;

# What a folder holds, straight from its files: the same columns that are read from the export below.
my $original = q{
CREATE VIEW original AS
WITH RECURSIVE folder (path, names) AS (
  SELECT f.path, ARRAY[x.name] FROM file f, XMLTABLE('/*' PASSING (f.document) COLUMNS name text PATH '@name') x WHERE f.path ~ '^[^/]+/folder.xml$'
  UNION ALL
  SELECT f.path, p.names || x.name FROM folder p
    JOIN file f ON regexp_replace(f.path, '[^/]+/folder.xml$', 'folder.xml') = p.path AND f.path ~ '/folder.xml$' AND f.path <> p.path
   CROSS JOIN XMLTABLE('/*' PASSING (f.document) COLUMNS name text PATH '@name') x)
SELECT x.id, regexp_replace(x.type, 'Relationship$', '') AS type, coalesce(x.name, '') AS name, coalesce(x.documentation, '') AS documentation,
       CASE WHEN x.type = 'AccessRelationship' THEN (ARRAY['Write', 'Read', 'Access', 'ReadWrite'])[1 + coalesce(x.access, 0)] END AS access,
       x.strength, x.directed, regexp_replace(x.source, '^.*#', '') AS source, regexp_replace(x.target, '^.*#', '') AS target,
       (SELECT string_agg(p.key || '=' || p.value, E'\n' ORDER BY p.nth) FROM XMLTABLE('/*/properties' PASSING (f.document) COLUMNS nth FOR ORDINALITY, key text PATH '@key', value text PATH '@value') p) AS properties,
       (SELECT d.names FROM folder d WHERE d.path = regexp_replace(f.path, '[^/]+$', 'folder.xml')) AS folder
  FROM file f
 CROSS JOIN XMLTABLE('/*' PASSING (f.document) COLUMNS id text PATH '@id', type text PATH 'local-name()', name text PATH '@name', documentation text PATH '@documentation',
                     access int PATH '@accessType', strength text PATH '@strength', directed text PATH '@directed', source text PATH 'source/@href', target text PATH 'target/@href') x
 WHERE f.path !~ 'folder.xml$';
CREATE VIEW exported AS
WITH RECURSIVE item (node, folder, ref) AS (
  SELECT x.node, '{}'::text[], NULL::text FROM export e, XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a), '/a:model/a:organizations' PASSING (e.document) COLUMNS node xml PATH '.') x
  UNION ALL
  SELECT x.node, i.folder || x.label, x.ref FROM item i, XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a), '/*/a:item' PASSING (i.node) COLUMNS node xml PATH '.', label text PATH 'a:label', ref text PATH '@identifierRef') x)
SELECT x.id, x.type, coalesce(x.name, '') AS name, coalesce(x.documentation, '') AS documentation, x.access, x.strength, x.directed, x.source, x.target,
       (SELECT string_agg(d.name || '=' || p.value, E'\n' ORDER BY p.nth)
          FROM XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a), '/*/a:properties/a:property' PASSING (x.node) COLUMNS nth FOR ORDINALITY, ref text PATH '@propertyDefinitionRef', value text PATH 'a:value') p
          JOIN XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a), '//a:propertyDefinition' PASSING (e.document) COLUMNS id text PATH '@identifier', name text PATH 'a:name') d ON d.id = p.ref) AS properties,
       (SELECT array_remove(i.folder, NULL) FROM item i WHERE i.ref = x.id) AS folder
  FROM export e
 CROSS JOIN XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a, 'http://www.w3.org/2001/XMLSchema-instance' AS xsi), '//a:element | //a:relationship' PASSING (e.document)
                     COLUMNS id text PATH '@identifier', type text PATH '@xsi:type', name text PATH 'a:name', documentation text PATH 'a:documentation', access text PATH '@accessType',
                             strength text PATH '@modifier', directed text PATH '@isDirected', source text PATH '@source', target text PATH '@target', node xml PATH '.') x;
};

# round(DATABASE, FOLDER): what was counted, original and exported compared, the second round
sub round_trip
{
	my ($db, $folder) = @_;
	my ($xml, $complaints) = ('', '');
	ok(IPC::Run::run([ 'python3', $script, $folder ], '>', \$xml, '2>', \$complaints), "$db: the script turns the folder into a file") or diag($complaints);
	$node->safe_psql('postgres', "CREATE DATABASE $db");
	$node->safe_psql($db, 'CREATE EXTENSION pg_portfolio CASCADE; CREATE TABLE file (path text, document xml); CREATE TABLE export (document xml);' . $original);
	my $model = -d "$folder/model" ? "$folder/model" : $folder;
	my $load = '';
	find({ no_chdir => 1, wanted => sub {
		return unless /\.xml$/ && $File::Find::name ne "$model/folder.xml";
		my $path = substr($File::Find::name, length($model) + 1);
		$load .= "INSERT INTO file VALUES (\$p\$$path\$p\$, \$grafico\$" . slurp_file($File::Find::name) . "\$grafico\$);\n";
	} }, $model);
	$node->safe_psql($db, $load);
	my $counts = $node->safe_psql($db, "SELECT * FROM portfolio.import_archimate(\$exchange\$$xml\$exchange\$)");
	$node->safe_psql($db, 'INSERT INTO export SELECT portfolio.export_archimate()');
	is($node->safe_psql($db, '(TABLE original EXCEPT TABLE exported) UNION ALL (TABLE exported EXCEPT TABLE original)'), '', "$db: files and export agree in every part");
	is($node->safe_psql($db, 'SELECT count(*) FROM exported'), $node->safe_psql($db, 'SELECT count(*) FROM original'), "$db: as many of them");

	$node->safe_psql('postgres', "CREATE DATABASE ${db}_again");
	$node->safe_psql("${db}_again", 'CREATE EXTENSION pg_portfolio CASCADE');
	my $first = $node->safe_psql($db, 'SELECT document FROM export');
	$node->safe_psql("${db}_again", "SELECT portfolio.import_archimate(\$exchange\$$first\$exchange\$)");
	is($node->safe_psql("${db}_again", 'SELECT portfolio.export_archimate()'), $first, "$db: a second round through another database is the same document");
	my $changes = $node->safe_psql($db, "SELECT count(*) FROM portfolio.change WHERE table_name NOT LIKE 'archimate%'");
	$node->safe_psql($db, "SELECT portfolio.import_archimate(\$exchange\$$first\$exchange\$)") for 1 .. 2;
	is($node->safe_psql($db, "SELECT count(*) - $changes FROM portfolio.change WHERE table_name NOT LIKE 'archimate%'"), 0, "$db: taken again it changes nothing");
	return ($counts, $xml);
}

# A folder of our own, with what the real one has not: a junction, strengths, directions, a specialisation, a view
my $own = PostgreSQL::Test::Utils::tempdir() . '/grafico';
my %file = (
	'folder.xml' => '<archimate:ArchimateModel xmlns:archimate="http://www.archimatetool.com/archimate" name="Own &amp; small" id="id-own-model" version="5.0.0"><purpose>To try it.</purpose><profiles name="Ledger" id="id-profile" conceptType="ApplicationComponent"/></archimate:ArchimateModel>',
	'application/folder.xml' => '<archimate:Folder xmlns:archimate="http://www.archimatetool.com/archimate" name="Application" id="id-f1" type="application"><properties key="Steward" value="somebody"/></archimate:Folder>',
	'application/sub/folder.xml' => '<archimate:Folder xmlns:archimate="http://www.archimatetool.com/archimate" name="Sub / folder" id="id-f2" documentation="inside"/>',
	'application/ApplicationComponent_id-a.xml' => '<archimate:ApplicationComponent xmlns:archimate="http://www.archimatetool.com/archimate" name="Ledger &quot;one&quot; " id="id-a" documentation="Two&#xA;lines &lt;here&gt;"><properties key="rank" value="1"/><properties key="rank" value="2"/><properties key="empty" value=""/></archimate:ApplicationComponent>',
	'application/sub/DataObject_id-b.xml' => '<archimate:DataObject xmlns:archimate="http://www.archimatetool.com/archimate" name="Accounts" id="id-b"/>',
	'motivation/folder.xml' => '<archimate:Folder xmlns:archimate="http://www.archimatetool.com/archimate" name="Motivation" id="id-f3" type="motivation"/>',
	'motivation/Goal_id-g.xml' => '<archimate:Goal xmlns:archimate="http://www.archimatetool.com/archimate" name="Goal" id="id-g"/>',
	'relations/folder.xml' => '<archimate:Folder xmlns:archimate="http://www.archimatetool.com/archimate" name="Relations" id="id-f4" type="relations"/>',
	'diagrams/folder.xml' => '<archimate:Folder xmlns:archimate="http://www.archimatetool.com/archimate" name="Views" id="id-f5" type="diagrams"/>',
);
my %relation = (
	r1 => [ 'Access', 'accessType="3"', 'a', 'b' ], r2 => [ 'Access', '', 'a', 'b' ], r3 => [ 'Influence', 'strength="++"', 'a', 'g' ],
	r4 => [ 'Association', 'directed="true" name="says" documentation="how"', 'a', 'b' ]);
my %type = (a => 'ApplicationComponent', b => 'DataObject', g => 'Goal');
for my $id (keys %relation)
{
	my ($kind, $attributes, $source, $target) = @{ $relation{$id} };
	$file{"relations/${kind}Relationship_id-$id.xml"} = qq{<archimate:${kind}Relationship xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:archimate="http://www.archimatetool.com/archimate" $attributes id="id-$id">}
	  . join('', map { qq{<$_->[0] xsi:type="archimate:$type{$_->[1]}" href="$type{$_->[1]}_id-$_->[1].xml#id-$_->[1]"/>} } ([ source => $source ], [ target => $target ]))
	  . "<properties key=\"pace\" value=\"$id\"/></archimate:${kind}Relationship>";
}
for my $path (keys %file)
{
	my ($dir) = "$own/model/$path" =~ m{^(.*)/};
	make_path($dir);
	append_to_file("$own/model/$path", $file{$path});
}
my ($counts) = round_trip('own', $own);
is($counts, "matches|0|0\nelements|3|0\nrelationships|4|0\nproperties|7|0\nfolders|4|0\nviews|0|0\nextensions|0|0", 'all of it is taken');

# Words of ArchiMate are folded alike whatever the locale: a Turkish i has a dot in capitals too
SKIP:
{
	skip 'PostgreSQL was built without ICU', 2 if $node->safe_psql('postgres', q{SELECT count(*) FROM pg_collation WHERE collprovider = 'i'}) eq '0';
	$node->safe_psql('postgres', q{CREATE DATABASE turkish TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR'});
	$node->safe_psql('turkish', 'CREATE EXTENSION pg_portfolio CASCADE');
	my $sent = $node->safe_psql('own', 'SELECT document FROM export');
	$node->safe_psql('turkish', "SELECT portfolio.import_archimate(\$exchange\$$sent\$exchange\$)");
	is($node->safe_psql('turkish', 'SELECT portfolio.export_archimate()'), $sent, 'the same document goes out in a Turkish database');
	is($node->safe_psql('turkish', "SELECT string_agg(code, ' ' ORDER BY code) FROM portfolio.element"), $node->safe_psql('own', "SELECT string_agg(code, ' ' ORDER BY code) FROM portfolio.element"), 'with the same codes');
}

# A view: places become absolute, no longer negative, and the exchange file keeps boxes, lines and bends
append_to_file("$own/model/diagrams/ArchimateDiagramModel_id-v.xml", <<'EOT');
<archimate:ArchimateDiagramModel xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:archimate="http://www.archimatetool.com/archimate" name="Overview" id="id-v" viewpoint="layered">
  <children xsi:type="archimate:Group" id="id-n1" name="A group"><bounds x="-10" y="20" width="300" height="200"/>
    <children xsi:type="archimate:DiagramObject" id="id-n2"><bounds x="30" y="40" width="120" height="60"/>
      <archimateElement xsi:type="archimate:ApplicationComponent" href="ApplicationComponent_id-a.xml#id-a"/>
      <sourceConnections xsi:type="archimate:Connection" id="id-c1" source="id-n2" target="id-n3">
        <bendpoints startX="10" startY="0" endX="-10" endY="0"/>
        <archimateRelationship xsi:type="archimate:AccessRelationship" href="AccessRelationship_id-r1.xml#id-r1"/></sourceConnections></children></children>
  <children xsi:type="archimate:DiagramObject" id="id-n3"><bounds x="390" y="60" width="120" height="60"/>
    <archimateElement xsi:type="archimate:DataObject" href="DataObject_id-b.xml#id-b"/></children>
  <children xsi:type="archimate:Note" id="id-n4"><bounds x="0" y="300" width="185" height="80"/><content>A note</content></children>
</archimate:ArchimateDiagramModel>
EOT
my ($out, $err) = ('', '');
ok(IPC::Run::run([ 'python3', $script, $own ], '>', \$out, '2>', \$err), 'a folder with a view');
is($node->safe_psql('own', "SELECT taken, refused FROM portfolio.import_archimate(\$x\$$out\$x\$) WHERE what = 'views'"), '1|0', 'the view is taken');
is($node->safe_psql('own', 'SELECT node, portfolio.element_label(element), label, x, y, width, height FROM portfolio.archimate_view_node ORDER BY node'),
	"id-n1||A group|0|20|300|200\nid-n2|system:LEDGER_ONE||30|60|120|60\nid-n3|data_set:ACCOUNTS||400|60|120|60\nid-n4||A note|10|300|185|80", 'every box has its place');
like($node->safe_psql('own', 'SELECT portfolio.export_archimate()'), qr{relationshipRef="id-r1" xsi:type="Relationship">\s*<bendpoint x="275" y="90"/>}, 'and goes out with its lines and bends');
ok(!IPC::Run::run([ 'python3', $script, "$own/nothing" ], '>', \$out, '2>', \$err), 'what is no such folder is refused');
like($err, qr/no Grafico folder/, 'and says so');

SKIP:
{
	skip 'the data folder is not there', 8 unless $ENV{PF_DATA} && -d "$ENV{PF_DATA}/architecture/dtos";
	my ($counts, $xml) = round_trip('dtos', "$ENV{PF_DATA}/architecture/dtos");
	like($counts, qr/^matches\|0\|0\nelements\|129\|0\nrelationships\|252\|0\nproperties\|35\|0\n/, 'the real model: 129 elements, 252 relationships, none refused');
	is($node->safe_psql('dtos', 'SELECT kind, count(*) FROM portfolio.element GROUP BY 1 ORDER BY 1'),
		"application_interaction|4\ncapability|83\ndata_set|5\ninterface|2\nservice|1\nsystem|29\nvalue_stream|5", 'in the tables that stand for their types');
	is($node->safe_psql('dtos', "SELECT count(*) FROM portfolio.element_property"), 35, 'with their properties');
}

$node->stop;
done_testing();
