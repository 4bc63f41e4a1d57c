-- ArchiMate exchange files: what is taken, what is refused and why, and that nothing is lost on the way round.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
BEGIN;
CREATE TEMP TABLE file (name text PRIMARY KEY, document xml);
INSERT INTO file VALUES ('all', $xml$<?xml version="1.0" encoding="UTF-8"?>
<!-- comments may stand here -->
<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:own="urn:own" identifier="xa-model" version="7">
  <name xml:lang="en">A &amp; B model</name><name xml:lang="cy">Model A a B</name>
  <documentation xml:lang="en">Two lines,
the second "quoted".</documentation>
  <properties><property propertyDefinitionRef="xa-p1"><value>of the model</value></property></properties>
  <metadata><schema>Dublin Core</schema><schemaversion>1.1</schemaversion><dc:title>Title</dc:title></metadata>
  <elements>
    <element identifier="xa-1" xsi:type="ApplicationComponent"><name xml:lang="en">XA ledger </name><name xml:lang="cy">Llyfr XA</name>
      <documentation xml:lang="en">Keeps the books.</documentation><documentation xml:lang="cy">Yn cadw'r llyfrau.</documentation>
      <properties>
        <property propertyDefinitionRef="xa-p1"><value xml:lang="en">first</value><value xml:lang="cy">cyntaf</value></property>
        <property propertyDefinitionRef="xa-p1"><value>again</value></property>
        <property propertyDefinitionRef="xa-p2"><value></value></property>
        <property propertyDefinitionRef="xa-p9"><value>nobody defines it</value></property>
      </properties></element>
    <element identifier="xa-2" xsi:type="DataObject"><name>XA accounts</name></element>
    <element identifier="xa-3" xsi:type="OrJunction"><name></name></element>
    <element identifier="xa-4" xsi:type="Goal"><name>XA goal</name></element>
    <element identifier="xa-5" xsi:type="Goal"><name>XA goal</name><own:note>strange</own:note></element>
    <element identifier="xa-6" xsi:type="Contract"><name>XA terms</name></element>
    <element identifier="xa-7" xsi:type="Widget"><name>XA widget</name></element>
    <element identifier="xa-8" xsi:type="Goal"><name>XA twice</name></element>
    <element identifier="xa-8" xsi:type="Goal"><name>XA twice too</name></element>
    <element xsi:type="Goal"><name>XA nameless</name></element>
    <element identifier="xa-10" xsi:type="Stakeholder"><name>Σύστημα</name></element>
  </elements>
  <relationships>
    <relationship identifier="xa-r1" source="xa-1" target="xa-2" xsi:type="Access" accessType="ReadWrite"><name xml:lang="en">keeps</name><name xml:lang="cy">yn cadw</name>
      <documentation>How.</documentation><properties><property propertyDefinitionRef="xa-p2"><value>often</value></property></properties></relationship>
    <relationship identifier="xa-r2" source="xa-1" target="xa-4" xsi:type="Influence" modifier="+/-"/>
    <relationship identifier="xa-r3" source="xa-1" target="xa-2" xsi:type="Association" isDirected="true"/>
    <relationship identifier="xa-r4" source="xa-5" target="xa-r2" xsi:type="Association"/>
    <relationship identifier="xa-r5" source="xa-4" target="xa-1" xsi:type="Composition"/>
    <relationship identifier="xa-r6" source="xa-5" target="xa-r5" xsi:type="Association"/>
    <relationship identifier="xa-r7" source="xa-7" target="xa-1" xsi:type="Association"/>
    <relationship identifier="xa-r8" source="xa-1" target="nowhere" xsi:type="Association"/>
    <relationship identifier="xa-r9" source="xa-1" target="xa-2" xsi:type="Friendship"/>
    <relationship identifier="xa-r10" source="xa-1" target="xa-2" xsi:type="Access" accessType="Access"/>
    <relationship identifier="xa-r11" source="xa-10" target="xa-r4" xsi:type="Association"/>
  </relationships>
  <organizations>
    <item><label xml:lang="en">Everything</label><documentation>A folder.</documentation>
      <item><label>Systems</label><item identifierRef="xa-1"/></item><item identifierRef="xa-2"/><item identifierRef="xa-r1"/><item identifierRef="xa-v1"/></item>
  </organizations>
  <propertyDefinitions>
    <propertyDefinition identifier="xa-p1" type="string"><name>XA rank</name><name xml:lang="cy">Rheng XA</name></propertyDefinition>
    <propertyDefinition identifier="xa-p2" type="number"><name>XA pace</name></propertyDefinition>
  </propertyDefinitions>
  <views>
    <viewpoints><viewpoint identifier="xa-vp"><name>Own</name></viewpoint></viewpoints>
    <diagrams>
      <view identifier="xa-v1" xsi:type="Diagram" viewpointRef="xa-vp"><name>XA overview</name>
        <node identifier="xa-n1" xsi:type="Element" elementRef="xa-1" x="10" y="20" w="120" h="55"><style><fillColor r="1" g="2" b="3"/></style>
          <node identifier="xa-n2" elementRef="xa-2" xsi:type="Element" x="20" y="30" w="60" h="20"/></node>
        <node identifier="xa-n3" xsi:type="Label" x="200" y="0" w="90" h="20"><label>a note on elementRef="xa-2"</label></node>
        <connection identifier="xa-c1" xsi:type="Relationship" relationshipRef="xa-r1" source="xa-n1" target="xa-n2"><bendpoint x="5" y="6"/></connection>
      </view>
    </diagrams>
  </views>
</model>$xml$);

-- Nothing is written by a look at it
SELECT p.verdict, p.what, p.identifier, p.archimate_type, p.name, p.kind, p.code, p.problem FROM file, portfolio.preview_archimate(document) p;
SELECT count(*) FROM portfolio.archimate_model WHERE identifier = 'xa-model';
SELECT i.* FROM file, portfolio.import_archimate(document, '{"dry_run": true}') i;
SELECT count(*) FROM portfolio.element WHERE source = 'archimate: xa-model';

SELECT i.* FROM file, portfolio.import_archimate(document) i;
SELECT kind, code, name, description FROM portfolio.element WHERE source = 'archimate: xa-model' ORDER BY kind, code;
SELECT s.name AS source, r.kind, t.name AS target, r.name, r.description, r.attributes
  FROM portfolio.relationship r JOIN portfolio.element s ON s.id = r.source JOIN portfolio.element t ON t.id = r.target
 WHERE r.origin = 'archimate: xa-model' ORDER BY r.code;
SELECT e.name, p.key, p.value FROM portfolio.element_property p JOIN portfolio.element e ON e.id = p.element WHERE e.source = 'archimate: xa-model' ORDER BY 1, 2;
SELECT array_to_string(folder, ' / ') AS folder, f.identifier, element IS NOT NULL AS is_element, relationship IS NOT NULL AS is_relationship
  FROM portfolio.archimate_folder f JOIN portfolio.archimate_model m ON m.id = f.model WHERE m.identifier = 'xa-model' ORDER BY 1, 2;
SELECT view_name, node, portfolio.element_label(element) AS shows, label, x, y, width, height
  FROM portfolio.archimate_view_node n JOIN portfolio.archimate_model m ON m.id = n.model WHERE m.identifier = 'xa-model' ORDER BY node;

-- There and back: the file that goes out, taken again, goes out the same; and nothing is written for it
INSERT INTO file SELECT 'out', portfolio.export_archimate('{"model": "xa-model"}');
SELECT document FROM file WHERE name = 'out' \g (format=unaligned tuples_only)
SELECT i.* FROM file, portfolio.import_archimate(document) i WHERE name = 'out';
SELECT count(*) AS journalled FROM portfolio.change \gset
SELECT sum(i.taken) FROM file, portfolio.import_archimate(document) i WHERE name = 'out';
SELECT count(*) - :journalled AS written FROM portfolio.change;
SELECT portfolio.export_archimate('{"model": "xa-model"}')::text = document::text AS same FROM file WHERE name = 'out';

-- What is changed here goes out changed, other languages beside it; what is gone leaves its box
UPDATE portfolio.system SET name = 'XA general ledger', description = NULL WHERE code = 'XA_LEDGER';
UPDATE portfolio.element_property SET value = 'changed' WHERE key = 'XA rank';
INSERT INTO portfolio.element_property (element, key, value) VALUES (portfolio.element_ref('XA_LEDGER'), 'XA new key', 'a <b> & "c"' || E'\x01');
DELETE FROM portfolio.relationship WHERE code = 'xa-r1' AND origin = 'archimate: xa-model';
DELETE FROM portfolio.relationship WHERE target = portfolio.element_ref('XA_ACCOUNTS');
DELETE FROM portfolio.data_set WHERE code = 'XA_ACCOUNTS';
SELECT l FROM regexp_split_to_table(portfolio.export_archimate('{"model": "xa-model"}')::text, '\n') l WHERE l ~ 'xa-1"|xa-[nc][1-3]"|new key|xa-2"' \g (format=unaligned tuples_only)
SELECT portfolio.export_archimate('{"model": "xa-model"}') IS DOCUMENT AS well_formed;

-- A later edition of the file: the element of the same identifier follows it
INSERT INTO file SELECT 'later', replace(replace(document::text, 'XA goal', 'XA aim'), 'modifier="+/-"', 'modifier="--"')::xml FROM file WHERE name = 'all';
SELECT i.* FROM file, portfolio.import_archimate(document) i WHERE name = 'later';
SELECT e.code, e.name, r.attributes FROM portfolio.archimate_item i JOIN portfolio.archimate_model m ON m.id = i.model AND m.identifier = 'xa-model'
  LEFT JOIN portfolio.element e ON e.id = i.element LEFT JOIN portfolio.relationship r ON r.id = i.relationship WHERE i.identifier IN ('xa-4', 'xa-r2') ORDER BY i.identifier;

-- What is here already is found by name, and by the identifier under which it went out
INSERT INTO portfolio.system (code, name, description) VALUES ('XA_SPINE', 'XA spine', 'ours');
INSERT INTO portfolio.element_alias (element, scheme, value) VALUES (portfolio.element_ref('XA_SPINE'), 'name', 'XA backbone');
INSERT INTO portfolio.service (code, name) VALUES ('XA_RX', 'XA prescriptions');
SELECT portfolio.relate('XA_SPINE', 'realization', 'XA_RX') IS NOT NULL AS related;
INSERT INTO file SELECT 'known', format($xml$<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="xa-other"><name>Other</name>
 <elements><element identifier="o-1" xsi:type="ApplicationComponent"><name>xa BACKBONE</name></element>
  <element identifier="%s" xsi:type="ApplicationService"><name>XA e-prescriptions</name></element>
  <element identifier="o-3" xsi:type="BusinessActor"><name>XA people</name></element></elements>
 <relationships><relationship identifier="o-r" source="o-1" target="%1$s" xsi:type="Realization"/></relationships></model>$xml$, portfolio.archimate_identifier('service', 'XA_RX'))::xml;
SELECT p.verdict, p.what, p.name, p.kind, p.code, p.matched_by FROM file, portfolio.preview_archimate(document, '{"kinds": {"BusinessActor": "team"}}') p WHERE file.name = 'known';
SELECT i.* FROM file, portfolio.import_archimate(document, '{"kinds": {"BusinessActor": "team"}}') i WHERE name = 'known';
SELECT kind, code, name, description FROM portfolio.element WHERE code LIKE 'XA\_SP%' OR code LIKE 'XA\_RX%' OR code = 'XA_PEOPLE' ORDER BY 1, 2;
SELECT count(*) FROM portfolio.relationship WHERE source = portfolio.element_ref('XA_SPINE');

-- A property that this site has defined takes only what fits it
UPDATE portfolio.element_property SET value = '1' WHERE key = 'XA rank';
SELECT portfolio.define_property('system', 'XA rank', 'integer');
SELECT p.what, p.name, p.code, p.problem FROM file, portfolio.preview_archimate(document) p WHERE file.name = 'all' AND p.what = 'property';
SELECT i.* FROM file, portfolio.import_archimate(document) i WHERE name = 'all' AND what = 'properties';

-- Of a day
SET LOCAL pg_portfolio.as_of = '1990-01-01';
UPDATE portfolio.service SET valid = '[2000-01-01,)' WHERE code = 'XA_RX';
SELECT portfolio.export_archimate('{"model": "xa-other"}')::text ~ 'e-prescriptions|Realization' AS not_yet;
RESET pg_portfolio.as_of;

-- Bad input
SELECT * FROM portfolio.import_archimate('<model><broken></model>');
SELECT * FROM portfolio.import_archimate('<a/><b/>');
SELECT * FROM portfolio.import_archimate('<page xmlns="http://www.w3.org/1999/xhtml"/>');
SELECT * FROM portfolio.import_archimate('<archimate:model xmlns:archimate="http://www.archimatetool.com/archimate"/>');
SELECT * FROM portfolio.import_archimate('<model xmlns="http://www.opengroup.org/xsd/archimate" identifier="a"/>');
SELECT * FROM portfolio.import_archimate('<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/"/>');
SELECT * FROM portfolio.import_archimate('<?xml version="1.0"?><!-- x --><!DOCTYPE model [<!ENTITY f SYSTEM "file:///etc/passwd">]><model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" identifier="a"><name>&f;</name></model>');
SELECT * FROM portfolio.import_archimate('<!DOCTYPE model [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" identifier="a"><name>&b;</name></model>');
SELECT * FROM portfolio.import_archimate('<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" identifier="a"/>', '{"kinds": {"BusinessActor": "service"}}');
SELECT * FROM portfolio.import_archimate('<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" identifier="a"/>', '{"kinds": 1}');
SELECT * FROM portfolio.import_archimate('<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" identifier="a"/>', '{"force": true}');
SELECT portfolio.export_archimate('{"model": "nobody"}');
SELECT * FROM portfolio.import_archimate(NULL);
-- a word of a DTD in a text is no DTD
SELECT what, taken FROM portfolio.import_archimate('<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" identifier="xa-cdata"><name><![CDATA[<!DOCTYPE html>]]></name></model>') WHERE taken > 0;
SELECT names FROM portfolio.archimate_model WHERE identifier = 'xa-cdata';
ROLLBACK;
