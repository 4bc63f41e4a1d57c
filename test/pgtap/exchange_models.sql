-- Several models in one document, files that come again, and what of a file is refused.
BEGIN;
SELECT plan(45);
SET LOCAL client_min_messages = warning;
CREATE FUNCTION pg_temp.model(identifier text, inside text) RETURNS xml LANGUAGE sql AS $$
  SELECT XMLPARSE(DOCUMENT format('<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="%s"><name>%1$s</name>', $1) || $2 || '</model>')$$;
CREATE FUNCTION pg_temp.take(document xml) RETURNS SETOF portfolio.archimate_count LANGUAGE sql AS $$SELECT portfolio.import_archimate($1)$$;
CREATE FUNCTION pg_temp.element(identifier text, name text, inside text DEFAULT '') RETURNS text LANGUAGE sql AS $$
  SELECT format('<element identifier="%s" xsi:type="ApplicationComponent"><name>%s</name>%s</element>', $1, $2, $3)$$;
CREATE FUNCTION pg_temp.parts(document xml) RETURNS TABLE (part text, identifier text, parent text, name text, shows text, source text, target text, viewpoint text, refers text, folder text) LANGUAGE sql AS $$
  SELECT x.* FROM XMLTABLE(XMLNAMESPACES('http://www.opengroup.org/xsd/archimate/3.0/' AS a), '//*' PASSING ($1)
    COLUMNS part text PATH 'local-name()', identifier text PATH '@identifier', parent text PATH '../@identifier', name text PATH 'a:name[1]', shows text PATH '@elementRef | @relationshipRef', source text PATH '@source', target text PATH '@target',
            viewpoint text PATH '@viewpointRef', refers text PATH '@identifierRef | @conceptRef | @propertyDefinitionRef | self::a:viewRef/@ref', folder text PATH '../a:label') x$$;
-- identifiers that stand twice, and references that lead nowhere
CREATE FUNCTION pg_temp.faults(document xml) RETURNS text[] LANGUAGE sql AS $$
  WITH part AS MATERIALIZED (SELECT p.* FROM pg_temp.parts($1) p)
  SELECT ARRAY(SELECT 'twice: ' || identifier FROM part GROUP BY identifier HAVING count(identifier) > 1
               UNION ALL
               SELECT 'nowhere: ' || r FROM part p, unnest(ARRAY[shows, source, target, viewpoint, refers]) r WHERE r NOT IN (SELECT identifier FROM part WHERE identifier IS NOT NULL))$$;

-- Two models that call the same two things by each other's identifiers
SELECT isnt_empty(format('SELECT pg_temp.take(pg_temp.model(%L, %L))', m.identifier,
  format('<elements>%s%s</elements><organizations><item><label>first</label><item identifierRef="%s"/></item><item><label>second</label><item identifierRef="%s"/></item></organizations>'
         '<views><diagrams><view identifier="v-%s" xsi:type="Diagram"><name>V</name><node identifier="n-%5$s-1" xsi:type="Element" elementRef="%3$s" x="1" y="1" w="9" h="9"/><node identifier="n-%5$s-2" xsi:type="Element" elementRef="%4$s" x="1" y="1" w="9" h="9"/></view></diagrams></views>',
         pg_temp.element(m.one, 'XM first'), pg_temp.element(m.two, 'XM second'), m.one, m.two, m.identifier)), 'model ' || m.identifier || ' is taken')
  FROM (VALUES ('XM-A', 'xm-1', 'xm-2'), ('XM-B', 'xm-2', 'xm-1')) m (identifier, one, two);
CREATE TEMP TABLE sent AS SELECT p.* FROM pg_temp.parts(portfolio.export_archimate()) p;
SELECT results_eq($$SELECT e.name, f.folder FROM sent f JOIN sent e ON e.part = 'element' AND e.identifier = f.refers WHERE f.part = 'item' AND f.folder IS NOT NULL ORDER BY 1$$,
  $$VALUES ('XM first', 'first'), ('XM first', 'first'), ('XM second', 'second'), ('XM second', 'second')$$, 'the folders of both hold the same two');
SELECT results_eq($$SELECT n.identifier, e.name FROM sent n JOIN sent e ON e.part = 'element' AND e.identifier = n.shows WHERE n.part = 'node' ORDER BY 1$$,
  $$VALUES ('n-XM-A-1', 'XM first'), ('n-XM-A-2', 'XM second'), ('n-XM-B-1', 'XM first'), ('n-XM-B-2', 'XM second')$$, 'and so do the boxes');

-- Two that use the same identifiers for what they draw; a definition called as an element of another
SELECT isnt_empty(format('SELECT pg_temp.take(pg_temp.model(%L, %L))', m.identifier,
  format('<elements>%s%s</elements><relationships><relationship identifier="xm-%s-r" source="xm-%3$s-1" target="xm-%3$s-2" xsi:type="Flow"/></relationships>'
         '<organizations><item identifier="xm-folder"><label>views</label><item identifierRef="xm-view"/></item></organizations>'
         '<propertyDefinitions><propertyDefinition identifier="%s" type="string"><name>XM key %3$s</name></propertyDefinition></propertyDefinitions>'
         '<views><viewpoints><viewpoint identifier="xm-vp"><name>P</name></viewpoint></viewpoints><diagrams><view identifier="xm-view" xsi:type="Diagram" viewpointRef="xm-vp"><name>XM view %3$s</name><properties><property propertyDefinitionRef="%4$s"><value>1</value></property></properties>'
         '<node identifier="xm-n1" xsi:type="Element" elementRef="xm-%3$s-1" x="1" y="1" w="9" h="9"/><node identifier="xm-n2" xsi:type="Element" elementRef="xm-%3$s-2" x="1" y="1" w="9" h="9"/><node identifier="xm-n3" xsi:type="Label" x="1" y="1" w="9" h="9"><label>as xm-view</label><viewRef ref="xm-view"/></node>'
         '<connection identifier="xm-c" xsi:type="Relationship" relationshipRef="xm-%3$s-r" source="xm-n1" target="xm-n2"/></view></diagrams></views>',
         pg_temp.element('xm-' || m.nth || '-1', 'XM from ' || m.nth, format('<properties><property propertyDefinitionRef="%s"><value>2</value></property></properties>', m.definition)),
         pg_temp.element('xm-' || m.nth || '-2', 'XM to ' || m.nth), m.nth, m.definition)), 'model ' || m.identifier || ' is taken')
  FROM (VALUES ('XM-C', '3', 'xm-p'), ('XM-D', '4', 'xm-1')) m (identifier, nth, definition);
CREATE TEMP TABLE file AS SELECT 'all' AS name, portfolio.export_archimate() AS document;
TRUNCATE sent;
INSERT INTO sent SELECT p.* FROM file, pg_temp.parts(document) p;
SELECT is(pg_temp.faults(document), '{}', 'every identifier stands once, and every reference leads to one') FROM file;
SELECT results_eq($$SELECT v.name, a.name, e.name, f.folder FROM sent c JOIN sent v ON v.identifier = c.parent JOIN sent n ON n.part = 'node' AND n.identifier = c.source AND n.parent = v.identifier
    JOIN sent e ON e.identifier = n.shows JOIN sent a ON a.part = 'viewpoint' AND a.identifier = v.viewpoint JOIN sent f ON f.part = 'item' AND f.refers = v.identifier WHERE c.part = 'connection' ORDER BY 1$$,
  $$VALUES ('XM view 3', 'P', 'XM from 3', 'views'), ('XM view 4', 'P', 'XM from 4', 'views')$$, 'each view is whole: connection, box, element, viewpoint, folder');
SELECT results_eq($$SELECT w.name, d.name FROM sent r JOIN sent w ON w.identifier = 'xm-4-1' JOIN sent d ON d.part = 'propertyDefinition' AND d.identifier = r.refers WHERE r.part = 'property' AND d.name = 'XM key 4'$$,
  $$VALUES ('XM from 4', 'XM key 4'), ('XM from 4', 'XM key 4')$$, 'a property of an element and one of a view follow their definition');
SELECT results_eq($$SELECT name, identifier = 'xm-view' FROM sent WHERE part = 'view' AND name LIKE 'XM view%' ORDER BY 1$$, $$VALUES ('XM view 3', true), ('XM view 4', false)$$, 'the first model keeps its identifiers');
SELECT isnt_empty('SELECT pg_temp.take(document) FROM file', 'what went out comes back');
SELECT is(pg_temp.faults(portfolio.export_archimate()), '{}', 'and goes out as well, once more beside what it was made of');
SELECT is(pg_temp.faults(portfolio.export_archimate('{"model": "XM-D"}')), '{}', 'one model alone');
SELECT results_eq($$SELECT DISTINCT identifier FROM pg_temp.parts(portfolio.export_archimate('{"model": "XM-D"}')) p WHERE part IN ('view', 'propertyDefinition', 'connection') ORDER BY 1$$, $$VALUES ('xm-1'), ('xm-c'), ('xm-view')$$, 'has its own identifiers');
-- one that was made of kind and code, which meanwhile are those of another
INSERT INTO portfolio.system (code, name) VALUES ('XM_OLD', 'XM renamed');
SELECT isnt_empty($$SELECT pg_temp.take(pg_temp.model('XM-O', '<elements>' || pg_temp.element(portfolio.archimate_identifier('system', 'XM_OLD'), 'XM renamed') || '</elements>'))$$, 'a file names an element as it went out');
UPDATE portfolio.system SET code = 'XM_NEW' WHERE code = 'XM_OLD';
INSERT INTO portfolio.system (code, name) VALUES ('XM_OLD', 'XM another');
SELECT is(pg_temp.faults(portfolio.export_archimate()), '{}', 'another one of its old code has another identifier');

-- What is refused is not kept, and what nobody defines does not go out
SELECT results_eq($$SELECT what, taken, refused FROM pg_temp.take(pg_temp.model('XM-E', '<properties><property propertyDefinitionRef="nope"><value>1</value></property></properties><elements>' || pg_temp.element('xm-51', 'XM five') || pg_temp.element('xm-52', 'XM six')
  || '</elements><views><diagrams><view identifier="xm-51" xsi:type="Diagram"><name>V</name></view><view identifier="xm-53" xsi:type="Diagram"><name>XM kept</name><properties><property propertyDefinitionRef="nope"><value><![CDATA[1]]></value></property><property propertyDefinitionRef="no"/><property><value>2</value></property></properties></view></diagrams></views>'))
  WHERE what IN ('elements', 'views', 'properties')$$, $$VALUES ('elements', 1::bigint, 1::bigint), ('properties', 0, 4), ('views', 1, 1)$$, 'an element and a view of one identifier, and properties without a definition');
SELECT results_eq($$SELECT v.identifier FROM portfolio.archimate_view v JOIN portfolio.archimate_model m ON m.id = v.model WHERE m.identifier = 'XM-E'$$, $$VALUES ('xm-53')$$, 'the view is not kept');
SELECT is_empty($$SELECT part FROM pg_temp.parts(portfolio.export_archimate('{"model": "XM-E"}')) p WHERE part IN ('property', 'properties')$$, 'no property goes out, nor a list of none');
SELECT is(pg_temp.faults(portfolio.export_archimate('{"model": "XM-E"}')), '{}', 'and the document is sound');

-- Text that looks like a tag
SELECT is(portfolio.archimate_rewrite('<a elementRef="b"/><![CDATA[<x identifierRef="b"/>--> <item identifierRef="q"/>]]><!-- ]]> <y elementRef="b"/> --><item identifierRef="q"/><c elementRef="b"/>', '{"b": "d"}'),
  '<a elementRef="d"/><![CDATA[<x identifierRef="b"/>--> <item identifierRef="q"/>]]><!-- ]]> <y elementRef="b"/> --><c elementRef="d"/>', 'CDATA sections and comments stay as they are');
SELECT is(portfolio.archimate_rewrite('<view identifier="v" viewpointRef="p"><node identifier="n" elementRef="v"/><connection identifier="c" source="n" target="m"/></view>', '{"v": "e"}', '{"v": "w", "n": "m"}'),
  '<view identifier="w" viewpointRef="p"><node identifier="m" elementRef="e"/><connection identifier="c" source="m" target="m"/></view>', 'an element and a view may have been called the same');

-- A name that differs in case or blanks only is changed too
INSERT INTO portfolio.system (code, name) VALUES ('XM_FOUND', 'XM found');
SELECT isnt_empty($$SELECT pg_temp.take(pg_temp.model('XM-N', '<elements>' || pg_temp.element('xm-61', ' XM ledger ') || pg_temp.element('xm-62', 'xm FOUND') || '</elements>'))$$, 'names with blanks around them, or in other capitals than here');
CREATE FUNCTION pg_temp.goes_out(identifier text) RETURNS text LANGUAGE sql AS $$SELECT p.name FROM pg_temp.parts(portfolio.export_archimate('{"model": "XM-N"}')) p WHERE p.identifier = $1$$;
SELECT is(pg_temp.goes_out('xm-61'), ' XM ledger ', 'go out as they came');
SELECT is(pg_temp.goes_out('xm-62'), 'XM found', 'but for one that only led here');
UPDATE portfolio.system SET name = 'XM Ledger' WHERE name = 'XM ledger';
SELECT is(pg_temp.goes_out('xm-61'), 'XM Ledger', 'a change of case goes out');
UPDATE portfolio.system SET name = 'XM ledger  ' WHERE name = 'XM Ledger';
SELECT is(pg_temp.goes_out('xm-61'), 'XM ledger  ', 'and one of blanks');

-- Two elements of a file that were merged stay one when it comes again
CREATE FUNCTION pg_temp.merged() RETURNS xml LANGUAGE sql AS $$
  SELECT pg_temp.model('XM-M', '<elements>' || pg_temp.element('xm-71', 'XM one', '<properties><property propertyDefinitionRef="xm-k"><value>1</value></property></properties>')
    || pg_temp.element('xm-72', 'XM other', '<properties><property propertyDefinitionRef="xm-k"><value>2</value></property></properties>') || '</elements>'
    || '<relationships><relationship identifier="xm-73" source="xm-71" target="xm-72" xsi:type="Flow"/></relationships>'
    || '<propertyDefinitions><propertyDefinition identifier="xm-k" type="string"><name>XM merged</name></propertyDefinition></propertyDefinitions>')$$;
SELECT isnt_empty('SELECT pg_temp.take(pg_temp.merged())', 'two elements');
SELECT isnt_empty($$SELECT * FROM portfolio.merge_elements('system:XM_OTHER', 'system:XM_ONE', false)$$, 'become one');
CREATE TEMP TABLE journal AS SELECT count(*) AS entries FROM portfolio.change;
SELECT results_eq($$SELECT what, taken, refused FROM pg_temp.take(pg_temp.merged()) WHERE what IN ('matches', 'elements', 'relationships')$$, $$VALUES ('matches', 2::bigint, 0::bigint), ('elements', 2, 0), ('relationships', 0, 1)$$, 'which both items of the file are');
SELECT is((SELECT count(*) FROM portfolio.change), (SELECT entries FROM journal), 'nothing is written for it');
SELECT is((SELECT problem FROM portfolio.preview_archimate(pg_temp.merged()) WHERE what = 'relationship'), 'its source and its target are one element here', 'what held between the two is told of');

-- A property whose days are over begins again
CREATE FUNCTION pg_temp.dated() RETURNS xml LANGUAGE sql AS $$
  SELECT pg_temp.model('XM-P', '<elements>' || pg_temp.element('xm-81', 'XM dated', '<properties><property propertyDefinitionRef="xm-k"><value>now</value></property></properties>')
    || '</elements><propertyDefinitions><propertyDefinition identifier="xm-k" type="string"><name>XM days</name></propertyDefinition></propertyDefinitions>')$$;
INSERT INTO portfolio.system (code, name) VALUES ('XM_DATED', 'XM dated');
INSERT INTO portfolio.element_property (element, key, value, valid) SELECT portfolio.element_ref('system:XM_DATED'), 'XM days', v.value, v.valid
  FROM (VALUES ('then', daterange(NULL, '2015-04-01')), ('later', daterange(current_date + 9, NULL))) v (value, valid);
SELECT is((SELECT taken FROM pg_temp.take(pg_temp.dated()) WHERE what = 'properties'), 1::bigint, 'it is counted');
SELECT isnt_empty('SELECT pg_temp.take(pg_temp.dated())', 'once more');
SELECT results_eq($$SELECT value, valid FROM portfolio.element_property WHERE key = 'XM days' ORDER BY valid$$,
  $$VALUES ('then', daterange(NULL, '2015-04-01')), ('now', daterange(current_date, current_date + 9)), ('later', daterange(current_date + 9, NULL))$$, 'and written, until the next period begins');

-- A deleted element comes back with what the file said of it and of its relationships
SELECT isnt_empty($$SELECT pg_temp.take(pg_temp.model('XM-U', '<elements><element identifier="xm-91" xsi:type="ApplicationComponent"><name xml:lang="en">XM gone</name><name xml:lang="cy">XM aeth</name></element>'
  || pg_temp.element('xm-92', 'XM stays') || '</elements><relationships><relationship identifier="xm-93" source="xm-91" target="xm-92" xsi:type="Flow"><name xml:lang="en">flows</name><name xml:lang="cy">llifo</name>'
  || '<properties><property propertyDefinitionRef="xm-k"><value>daily</value></property></properties></relationship></relationships>'
  || '<organizations><item identifierRef="xm-91"/><item identifierRef="xm-93"/></organizations><propertyDefinitions><propertyDefinition identifier="xm-k" type="string"><name>XM pace</name></propertyDefinition></propertyDefinitions>'))$$, 'a model');
INSERT INTO file SELECT 'before', portfolio.export_archimate('{"model": "XM-U"}');
SELECT set_eq($$SELECT table_name, detail FROM portfolio.delete_element('system:XM_GONE', false) WHERE table_name = 'archimate_item'$$, $$VALUES ('archimate_item', 'xm-91')$$, 'an element goes with its item');
SELECT unalike(portfolio.export_archimate('{"model": "XM-U"}')::text, '%xm-91%', 'it goes out no more');
SELECT set_eq($$SELECT table_name, about FROM portfolio.element_history('system:XM_GONE') WHERE operation = 'DELETE' AND table_name IN ('archimate_item', 'relationship_property')$$,
  $$VALUES ('archimate_item'::name, 'xm-91'), ('archimate_item', 'xm-93'), ('relationship_property', 'XM pace')$$, 'its history tells of all of it');
SELECT isnt_empty($$SELECT portfolio.undo_change(change) FROM (SELECT DISTINCT change, about IS NOT NULL AS hangs_on_it FROM portfolio.element_history('system:XM_GONE') WHERE operation = 'DELETE' ORDER BY hangs_on_it, change DESC) deleted$$, 'undone');
SELECT is(portfolio.export_archimate('{"model": "XM-U"}')::text, (SELECT document::text FROM file WHERE name = 'before'), 'it goes out as before: languages, folders, relationship and its property');

-- What an edition of a model has no more
SELECT is_empty($$SELECT * FROM file, portfolio.preview_archimate(document) p WHERE file.name = 'before' AND p.verdict = 'missing'$$, 'the same file misses nothing');
CREATE TEMP TABLE told AS SELECT p.verdict, p.what, p.identifier, p.name, p.kind FROM portfolio.preview_archimate(pg_temp.model('XM-U', '<elements>' || pg_temp.element('xm-92', 'XM stays') || '</elements>')) p;
SELECT bag_eq('TABLE told', $$VALUES ('matched', 'element', 'xm-92', 'XM stays', 'system'), ('missing', 'element', 'xm-91', 'XM gone', 'system'), ('missing', 'relationship', 'xm-93', 'flows', 'flow')$$, 'an element and a relationship that are missing are told of');
SELECT is((SELECT sum(taken) FROM portfolio.import_archimate(pg_temp.model('XM-U', '<elements>' || pg_temp.element('xm-92', 'XM stays') || '</elements>')) WHERE what IN ('elements', 'relationships')) || ' ' || (SELECT count(*) FROM portfolio.element WHERE name = 'XM gone'), '1 1', 'and left as they are');
SELECT results_eq($$SELECT identifier, problem FROM portfolio.preview_archimate(XMLPARSE(DOCUMENT '<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="id-ways"><name>Ways</name>
  <elements><element identifier="id-w1" xsi:type="ApplicationComponent"><name>Way one</name></element><element identifier="id-w2" xsi:type="DataObject"><name>Way two</name></element></elements>
  <relationships><relationship identifier="id-w3" source="id-w1" target="id-w2" xsi:type="Access" accessType="Erase"/><relationship identifier="id-w4" source="id-w1" target="id-w2" xsi:type="Access" accessType="ReadWrite"/></relationships></model>'))
  WHERE what = 'relationship' ORDER BY 1$$, $$VALUES ('id-w3', '"erase" is no way of access'), ('id-w4', NULL)$$, 'an access reads, writes or does both');
SELECT * FROM finish();
ROLLBACK;
