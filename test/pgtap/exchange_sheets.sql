-- Published sheets against what is here already: whose element a row is about, what is refused and why, and that a dry run says the same as the real one.
BEGIN;
SELECT plan(70);
SET LOCAL client_min_messages = warning;
SET LOCAL datestyle = 'ISO, YMD';

CREATE FUNCTION pg_temp.detail(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE d text;
BEGIN
  EXECUTE statement;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS d = PG_EXCEPTION_DETAIL; RETURN d;
END
$$;
-- What a dry run says and what the real run says
CREATE FUNCTION pg_temp.foreseen(statement text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  said text;
  written bigint := (SELECT count(*) FROM portfolio.change);
  done text;
BEGIN
  EXECUTE format(statement, 'true') INTO said;
  IF (SELECT count(*) FROM portfolio.change) <> written THEN
    RETURN false;
  END IF;
  EXECUTE format(statement, 'false') INTO done;
  RETURN said IS NOT DISTINCT FROM done AND said IS NOT NULL;
END
$$;

-- Practices
DO $$
BEGIN
  EXECUTE (SELECT format('CREATE TEMP TABLE ep (%s)', string_agg('c' || i || ' text', ', ')) FROM generate_series(1, 27) i);
  EXECUTE 'CREATE TEMP TABLE em (c1 text, c2 text, c3 text, c4 text, c5 text, c6 text)';
END
$$;
CREATE FUNCTION pg_temp.practices() RETURNS TABLE (code text, verdict text, problem text) LANGUAGE sql AS $$ SELECT p.code, p.verdict, p.problem FROM portfolio.import_ods_practices('ep') p ORDER BY p.code $$;
CREATE FUNCTION pg_temp.practices_foreseen() RETURNS boolean LANGUAGE sql AS $$ SELECT pg_temp.foreseen('SELECT string_agg(concat_ws('' '', p.code, p.verdict, p.problem), chr(10) ORDER BY p.code) FROM portfolio.import_ods_practices(''ep'', %s) p') $$;
INSERT INTO portfolio.organisation (code, name, ods_code) VALUES ('XS02', 'Another', 'XS02'), ('XS03', 'Known by another', 'XS93'), ('XSR3', 'Region known by another', 'XS94');
INSERT INTO portfolio.organisation (code, name, role) VALUES ('XS04', 'Mine', 'customer'), ('XSR4', 'My region', 'region');
INSERT INTO portfolio.site (code, name, organisation) VALUES ('XS01', 'My site', portfolio.element_id('organisation', 'XS02')), ('XS05', 'Nobody''s site', NULL);
INSERT INTO portfolio.organisation_role (organisation, role, is_primary) VALUES (portfolio.element_id('organisation', 'XS04'), 'RO182', true);
INSERT INTO ep (c1, c2, c4, c26) VALUES ('XS01', 'Practice', NULL, '4'), ('XS03', 'Practice', NULL, '4'), ('XS04', 'Practice', 'XSR4', '4'), ('XS05', 'Practice', NULL, '4'),
  ('XS06', 'Practice', 'XS06', '4'), ('XS07', 'Practice', 'XS08', '4'), ('XS08', 'Practice', 'xs07', '4'), ('XS09', 'Practice', 'no code!', '4'), ('XS10', repeat(md5('x') || md5('y'), 100), NULL, '4'),
  ('XS11', 'Practice', 'XSR3', '4'), ('XS12', 'Practice', 'XS13', '4'), ('XS13', 'Its region', 'XSR5', '9');
SELECT ok(pg_temp.practices_foreseen(), 'a dry run of practices foresees every refusal and writes nothing');
SELECT results_eq('SELECT * FROM pg_temp.practices()', $$VALUES
  ('XS01', 'refused', 'site "XS01" belongs to organisation:XS02'), ('XS03', 'refused', 'organisation "XS03" has the ODS code "XS93"'), ('XS04', 'same', NULL), ('XS05', 'same', NULL),
  ('XS06', 'refused', 'it would be its own region'), ('XS07', 'refused', '"XS08", its region, would lie in it'), ('XS08', 'refused', '"XS07", its region, would lie in it'),
  ('XS09', 'refused', '"no code!", its region, is no ODS code'), ('XS10', 'refused', 'its name is too long, it has 6400 characters'), ('XS11', 'refused', 'organisation "XSR3", its region, has the ODS code "XS94"'),
  ('XS12', 'same', NULL), ('XS13', 'same', NULL)$$, 'each with its reason, and the second time the others are the same');
SELECT results_eq($$SELECT s.name, o.code FROM portfolio.site s JOIN portfolio.organisation o ON o.id = s.organisation WHERE s.code = 'XS01'$$, $$VALUES ('My site', 'XS02')$$, 'a site stays with its organisation');
SELECT results_eq($$SELECT s.name, o.code FROM portfolio.site s JOIN portfolio.organisation o ON o.id = s.organisation WHERE s.code = 'XS05'$$, $$VALUES ('Practice', 'XS05')$$, 'one of nobody''s is taken');
SELECT results_eq($$SELECT o.name, o.ods_code, o.role, r.code FROM portfolio.organisation o JOIN portfolio.organisation r ON r.id = o.region WHERE o.code = 'XS04'$$,
  $$VALUES ('Practice', 'XS04', 'customer', 'XSR4')$$, 'an organisation of that code without an ODS code is the one that is meant');
SELECT results_eq($$SELECT r.role, r.is_primary FROM portfolio.organisation_role r WHERE r.organisation = portfolio.element_id('organisation', 'XS04') ORDER BY 1$$,
  $$VALUES ('RO177', false), ('RO182', true), ('RO76', false)$$, 'and keeps its primary role');
SELECT results_eq($$SELECT name, ods_code FROM portfolio.organisation WHERE code = 'XSR4'$$, $$VALUES ('My region', 'XSR4')$$, 'so is a region');
SELECT is((SELECT r.code FROM portfolio.organisation o JOIN portfolio.organisation r ON r.id = o.region WHERE o.code = 'XS12'), 'XS13', 'the region may be another row of the file');
SELECT is((SELECT count(*) FROM portfolio.organisation WHERE code IN ('XS01', 'XS06', 'XS07', 'XS08', 'XS09', 'NO CODE!', 'XS10', 'XS11')), 0::bigint, 'nothing is made of what is refused');
-- what is refused stays where it was, and so closes another circle: XS21 > XS22 here, XS22 > XS23 > XS24 > XS23 in the file
DELETE FROM ep;
INSERT INTO ep (c1, c2, c4) VALUES ('XS21', 'Practice', 'XS22'), ('XS22', 'Practice', NULL), ('XS23', 'Practice', NULL), ('XS24', 'Practice', NULL);
SELECT lives_ok('SELECT pg_temp.practices()', 'a practice in another');
UPDATE ep SET c4 = CASE c1 WHEN 'XS21' THEN 'XS23' WHEN 'XS22' THEN 'XS21' WHEN 'XS23' THEN 'XS24' WHEN 'XS24' THEN 'XS23' END;
SELECT ok(pg_temp.practices_foreseen(), 'circles of regions, foreseen');
SELECT results_eq('SELECT code, verdict FROM pg_temp.practices()', $$VALUES ('XS21', 'same'), ('XS22', 'same'), ('XS23', 'refused'), ('XS24', 'refused')$$, 'only what is in the circle is refused');
UPDATE ep SET c4 = CASE c1 WHEN 'XS21' THEN 'no!' WHEN 'XS23' THEN 'XS22' ELSE NULL END;
SELECT results_eq('SELECT code, verdict FROM pg_temp.practices()', $$VALUES ('XS21', 'refused'), ('XS22', 'changed'), ('XS23', 'changed'), ('XS24', 'same')$$, 'the way may be turned round');
UPDATE ep SET c4 = CASE c1 WHEN 'XS21' THEN 'no!' WHEN 'XS23' THEN 'XS21' ELSE NULL END;
SELECT results_eq('SELECT code, verdict FROM pg_temp.practices()', $$VALUES ('XS21', 'refused'), ('XS22', 'same'), ('XS23', 'refused'), ('XS24', 'same')$$, 'unless what was refused before is in the way');
SELECT throws_ok($$SELECT * FROM portfolio.import_ods_practices(NULL)$$, '22004', NULL, 'no relation');

-- Memberships
CREATE FUNCTION pg_temp.memberships() RETURNS TABLE (practice text, parent text, verdict text, problem text) LANGUAGE sql AS $$ SELECT m.practice, m.parent, m.verdict, m.problem FROM portfolio.import_ods_memberships('em') m ORDER BY m.practice, m.parent, m.valid $$;
CREATE FUNCTION pg_temp.memberships_foreseen() RETURNS boolean LANGUAGE sql AS $$ SELECT pg_temp.foreseen('SELECT string_agg(concat_ws('' '', m.practice, m.parent, m.verdict, m.problem, m.valid, m.relationship), chr(10) ORDER BY m.practice, m.parent, m.valid) FROM portfolio.import_ods_memberships(''em'', %s) m WHERE m.relationship IS NOT NULL OR m.verdict <> ''same''') $$;
CREATE FUNCTION pg_temp.days(practice text, parent text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(r.valid::text, ' ' ORDER BY r.valid) FROM portfolio.relationship r
   WHERE (r.source, r.target, r.code) = (portfolio.element_id('organisation', $2), portfolio.element_id('organisation', $1), 'ods') $$;
INSERT INTO em VALUES ('XS21', 'XSP', 'W', '20130401', '', '0'),
  ('XS22', 'XSP', 'W', '20010401', '20100331', '0'), ('XS22', 'XSP', 'W', '20100401', '20200331', '0'),
  ('XS23', 'XSP', 'W', '20010401', '20100331', '0'), ('XS23', 'XSP', 'W', '20100401', '20200331', '0'),
  ('XS24', 'XSP', 'W', '20010401', '20100331', '0'), ('XS24', 'XSP', 'W', '20100401', '20200331', '0'), ('XS24', 'XSP', 'W', '20200401', '', '0');
SELECT ok(pg_temp.memberships_foreseen(), 'memberships');
CREATE TEMP TABLE was AS SELECT id FROM portfolio.relationship WHERE target = portfolio.element_id('organisation', 'XS21');
UPDATE em SET c4 = '20130501' WHERE c1 = 'XS21';                                          -- another day of joining
UPDATE em SET c5 = '20120331' WHERE c1 = 'XS22' AND c4 = '20010401';                      -- a boundary moved to the right
UPDATE em SET c4 = '20120401', c5 = '20220331' WHERE c1 = 'XS22' AND c4 = '20100401';
UPDATE em SET c5 = '20080331' WHERE c1 = 'XS23' AND c4 = '20010401';                      -- to the left
UPDATE em SET c4 = '20080401' WHERE c1 = 'XS23' AND c4 = '20100401';
DELETE FROM em WHERE c1 = 'XS24' AND c4 = '20200401';                                     -- the last one stays in the way, and so does what is before it
UPDATE em SET c4 = '20120401', c5 = '20250331' WHERE c1 = 'XS24' AND c4 = '20100401';
UPDATE em SET c5 = '20120331' WHERE c1 = 'XS24' AND c4 = '20010401';
SELECT ok(pg_temp.memberships_foreseen(), 'other days of the same memberships, foreseen');
SELECT is(pg_temp.days('XS21', 'XSP'), '[2013-05-01,)', 'another day of joining');
SELECT results_eq($$SELECT id FROM portfolio.relationship WHERE target = portfolio.element_id('organisation', 'XS21')$$, 'SELECT id FROM was', 'of the same relationship');
SELECT is(pg_temp.days('XS22', 'XSP'), '[2001-04-01,2012-04-01) [2012-04-01,2022-04-01)', 'a boundary moved to the right');
SELECT is(pg_temp.days('XS23', 'XSP'), '[2001-04-01,2008-04-01) [2008-04-01,2020-04-01)', 'and to the left');
SELECT is(pg_temp.days('XS24', 'XSP'), '[2001-04-01,2010-04-01) [2010-04-01,2020-04-01) [2020-04-01,)', 'what has no room is as it was');
SELECT results_eq('SELECT * FROM pg_temp.memberships()', $$VALUES ('XS21', 'XSP', 'same', NULL), ('XS22', 'XSP', 'same', NULL), ('XS22', 'XSP', 'same', NULL), ('XS23', 'XSP', 'same', NULL), ('XS23', 'XSP', 'same', NULL),
  ('XS24', 'XSP', 'refused', 'it overlaps a membership of the same two that stays: [2010-04-01,2020-04-01)'), ('XS24', 'XSP', 'refused', 'it overlaps a membership of the same two that stays: [2020-04-01,)')$$, 'each with its reason');
-- one of several: split, and two in one
DELETE FROM em;
INSERT INTO em VALUES ('XS21', 'XSP', 'W', '20130601', '20140531', '0'), ('XS21', 'XSP', 'W', '20140601', '', '0'), ('XS22', 'XSP', 'W', '20010501', '20220331', '0');
SELECT results_eq('SELECT * FROM pg_temp.memberships()', $$VALUES ('XS21', 'XSP', 'changed', NULL), ('XS21', 'XSP', 'new', NULL),
  ('XS22', 'XSP', 'refused', 'it overlaps a membership of the same two that stays: [2012-04-01,2022-04-01)')$$, 'one becomes two, but two do not become one');
SELECT is(pg_temp.days('XS21', 'XSP'), '[2013-06-01,2014-06-01) [2014-06-01,)', 'as the file says');
-- codes of organisations without an ODS code
INSERT INTO portfolio.organisation (code, name) VALUES ('XSQ', 'My commissioner');
INSERT INTO portfolio.organisation (code, name, ods_code) VALUES ('XSQ2', 'Known by another', 'XS95');
DELETE FROM em;
INSERT INTO em VALUES ('XS21', 'XSQ', 'W', '20130401', '', '0'), ('XS21', 'XSQ2', 'W', '20130401', '', '0');
SELECT ok(pg_temp.memberships_foreseen(), 'parents, foreseen');
SELECT results_eq('SELECT * FROM pg_temp.memberships()', $$VALUES ('XS21', 'XSQ', 'same', NULL), ('XS21', 'XSQ2', 'refused', 'organisation "XSQ2" has the ODS code "XS95"')$$, 'a parent without an ODS code gets it');
SELECT is((SELECT ods_code FROM portfolio.organisation WHERE code = 'XSQ'), 'XSQ', 'as its own');

-- The API catalogue
INSERT INTO portfolio.interface (code, name, description, protocol, url) VALUES ('XSNICE', 'XSNice', 'mine', 'SOAP', 'https://example.org');
CREATE TEMP TABLE c3 (name text, provider text);
INSERT INTO c3 VALUES ('XSNice!', 'xsp one'), ('XSCafé API', 'xsp one'), ('XSCaf API', 'xsp one'), ('日本 API', 'xsp one'), ('日本語 API', '日本'), ('XSC++ API', 'xsp one'), ('XSC API', 'xsp one'),
  (rpad('XSLong', 60, 'a') || 'b', 'xsp one'), (rpad('XSLong', 60, 'a') || 'c', 'xsp one'), ('!!!', 'xsp one'), ('XSD API', '!!!'), (repeat(md5('x') || md5('y'), 100), 'xsp one'), ('xs-caf api', 'xsp one'), ('xscaf-api', 'xsp one');
CREATE FUNCTION pg_temp.catalogue_foreseen(sheet text) RETURNS boolean LANGUAGE sql AS $$ SELECT pg_temp.foreseen(format('SELECT string_agg(concat_ws('' '', a.name, a.code, a.verdict, a.problem, a.changes), chr(10) ORDER BY a.name) FROM portfolio.import_api_catalogue(%L, %%s) a', $1)) $$;
SELECT ok(pg_temp.catalogue_foreseen('c3'), 'a dry run of a catalogue says what the real one does');
SELECT results_eq($$SELECT name, description, protocol, url FROM portfolio.interface WHERE code = 'XSNICE'$$, $$VALUES ('XSNice!', 'mine', 'SOAP', 'https://example.org')$$, 'columns that the sheet does not have say nothing, nor does a name without a technology');
SELECT results_eq($$SELECT left(name, 20), verdict, problem FROM portfolio.import_api_catalogue('c3') WHERE verdict = 'refused' ORDER BY 3$$, $$VALUES ('!!!', 'refused', 'its name has no letter or digit'), ('xscaf-api', 'refused', 'its name is there more than once'),
  (left(md5('x'), 20), 'refused', 'its name is too long, it has 6400 characters'), ('XSD API', 'refused', 'its provider has no letter or digit')$$, 'what is refused');
SELECT results_eq($$SELECT verdict, count(*) FROM portfolio.import_api_catalogue('c3') GROUP BY 1 ORDER BY 1$$, $$VALUES ('refused', 4::bigint), ('same', 10)$$, 'the others are the same the second time');
SELECT is((SELECT count(DISTINCT id) FROM portfolio.interface WHERE name IN ('XSCafé API', 'XSCaf API', '日本 API', '日本語 API', 'XSC++ API', 'XSC API')), 6::bigint, 'different names are different interfaces');
SELECT is((SELECT count(DISTINCT i.system) FROM portfolio.interface i WHERE i.name IN ('XSCafé API', 'XSCaf API', '日本 API', '日本語 API', 'XSC++ API', 'XSC API')), 6::bigint, 'of different systems');
SELECT is((SELECT o.name FROM portfolio.interface i JOIN portfolio.organisation o ON o.id = i.provider WHERE i.name = '日本語 API'), '日本', 'of a provider of that name');
SELECT is(portfolio.code_of_name('Summary Care Record – FHIR API'), 'SUMMARY_CARE_RECORD_FHIR_API', 'a code of a name that it can hold');
SELECT matches(portfolio.code_of_name('Café API'), '^CAF_API_[0-9A-F]{8}$', 'of one that it cannot');
SELECT is(portfolio.code_of_name('Café API'), portfolio.code_of_name('café-API'), 'whatever its case and punctuation');
SELECT matches(portfolio.code_of_name('日本'), '^[0-9A-F]{8}$', 'of one of which nothing is left');
SELECT matches(portfolio.code_of_name(repeat('ab ', 30)), '^(AB_){17}[0-9A-F]{8}$', 'of a long one');
SELECT is(portfolio.code_of_name(' –!'), NULL, 'of none');

CREATE TEMP TABLE c4 (name text, provider text, url text, description text, documentation text, license text, maintainer text, "areaServed" text, "startDate" text, "endDate" text, "dateAdded" text, "dateUpdated" text);
INSERT INTO c4 SELECT 'XSA ' || g || ' FHIR API', 'xsp one', 'https://example.org', 'It.', 'https://example.org/doc', 'OGL', 'm', 'England', '', '', '2020-01-08', '' FROM generate_series(1, 12) g;
SELECT results_eq($$SELECT verdict, count(*) FROM portfolio.import_api_catalogue('c4') GROUP BY 1$$, $$VALUES ('new', 12::bigint)$$, 'a sheet of all columns');
UPDATE c4 SET license = 'MIT' WHERE name LIKE 'XSA 1 %';
UPDATE c4 SET provider = 'xsp two' WHERE name LIKE 'XSA 2 %';
UPDATE c4 SET "startDate" = '2019-01-01' WHERE name LIKE 'XSA 3 %';
UPDATE c4 SET "endDate" = '31/12/2019' WHERE name LIKE 'XSA 4 %';
UPDATE c4 SET maintainer = '', url = '' WHERE name LIKE 'XSA 5 %';
UPDATE c4 SET "startDate" = '2019-01-01', "endDate" = '2018-01-01' WHERE name LIKE 'XSA 6 %';
UPDATE c4 SET "dateUpdated" = '2020-02-01', "areaServed" = 'Wales', documentation = 'd', "dateAdded" = 'a', description = '' WHERE name LIKE 'XSA 7 %';
UPDATE c4 SET "endDate" = 'some day' WHERE name LIKE 'XSA 8 %';
SELECT ok(pg_temp.catalogue_foreseen('c4'), 'changes, foreseen');
SELECT results_eq($$SELECT name, verdict FROM portfolio.import_api_catalogue('c4') WHERE verdict <> 'same'$$, $$VALUES ('XSA 6 FHIR API', 'refused')$$, 'and taken: the second time all is the same');
CREATE FUNCTION pg_temp.told(n int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_object_agg(p.key, p.value) || jsonb_build_object('valid', i.valid, 'provider', o.code, 'url', i.url, 'description', i.description)
    FROM portfolio.interface i JOIN portfolio.organisation o ON o.id = i.provider JOIN portfolio.element_property p ON p.element = i.id WHERE i.name = format('XSA %s FHIR API', n) GROUP BY i.id, o.id $$;
CREATE TEMP TABLE first_told AS SELECT pg_temp.told(12) AS j;
SELECT is(pg_temp.told(1), j || '{"license": "MIT"}', 'a licence') FROM first_told;
SELECT is(pg_temp.told(2), j || '{"provider": "XSP_TWO"}', 'a provider') FROM first_told;
SELECT is(pg_temp.told(3), j || '{"valid": "[2019-01-01,)"}', 'a first day') FROM first_told;
SELECT is(pg_temp.told(4), j || '{"valid": "(,2020-01-01)"}', 'a last day') FROM first_told;
SELECT is(pg_temp.told(5), (j - 'maintainer') || '{"url": null}', 'blank cells') FROM first_told;
SELECT is(pg_temp.told(6), j, 'days the wrong way round') FROM first_told;
SELECT is(pg_temp.told(7), j || '{"dateupdated": "2020-02-01", "areaserved": "Wales", "documentation": "d", "dateadded": "a", "description": null}', 'every other column') FROM first_told;
SELECT is((SELECT problem FROM portfolio.import_api_catalogue('c4', true) WHERE name LIKE 'XSA 8 %'), 'its end is left out: "some day" is not a day', 'a day that cannot be read');
UPDATE c4 SET license = 'CC0' WHERE name LIKE 'XSA 1 %';
SELECT is((SELECT changes FROM portfolio.import_api_catalogue('c4', true) WHERE verdict = 'changed'), '{"license": ["MIT", "CC0"]}', 'a change is told before and after');
SELECT portfolio.define_property('interface', 'license', choices => '{MIT,OGL}');
SELECT ok(pg_temp.catalogue_foreseen('c4'), 'a value that its property cannot hold, foreseen');
SELECT is((SELECT problem FROM portfolio.import_api_catalogue('c4', true) WHERE name LIKE 'XSA 1 %'), 'license "CC0" is none of MIT, OGL', 'and refused');
-- headings
CREATE TEMP TABLE c5 (name text, provider text, "URL" text, url text, "Provider" text);
SELECT throws_ok($$SELECT * FROM portfolio.import_api_catalogue('c5')$$, '42701', 'several headings of c5 mean the same field', 'duplicated headings are refused');
SELECT is(pg_temp.detail($$SELECT * FROM portfolio.import_api_catalogue('c5')$$), 'provider: provider, "Provider"; url: "URL", url.', 'each named');
CREATE TEMP TABLE c6 (name text, "Name" text);
SELECT throws_ok($$SELECT * FROM portfolio.import_api_catalogue('c6')$$, '42701', NULL, 'those that are needed too');
CREATE TEMP TABLE c7 (name text, notes text, "Notes" text);
SELECT throws_ok($$SELECT * FROM portfolio.import_api_catalogue('c7')$$, '22023', NULL, 'a sheet without a provider');

-- Major projects
CREATE FUNCTION pg_temp.projects_foreseen(sheet text, rated_on date) RETURNS boolean LANGUAGE sql AS $$ SELECT pg_temp.foreseen(format('SELECT string_agg(concat_ws('' '', g.gmpp_id, g.name, g.verdict, g.problem, g.rated_on), chr(10) ORDER BY g.gmpp_id, g.name) FROM portfolio.import_gmpp(%L, %L, %%s) g', $1, $2)) $$;
INSERT INTO portfolio.programme (code, name, department, start_date) VALUES ('XG1', 'Mine', 'DH', '2014-01-01');
INSERT INTO portfolio.programme (code, name, gmpp_id) VALUES ('XG2', 'Another', 'XG92');
INSERT INTO portfolio.programme (code, name, snapshot_date) VALUES ('XG3', 'Rated later', '2020-03-31');
CREATE TEMP TABLE g1 ("GMPP ID" text, "Project Name" text, "IPA RAG rating" text, "End date" text);
INSERT INTO g1 VALUES ('XG1', 'As published', 'Green', '2016-01-01'), ('XG2', 'As published', 'Green', ''), ('XG3', 'As published', 'Green', ''), ('XG4', repeat(md5('x') || md5('y'), 100), 'Red', '');
SELECT ok(pg_temp.projects_foreseen('g1', '2016-09-30'), 'projects, foreseen');
SELECT results_eq($$SELECT gmpp_id, verdict, problem FROM portfolio.import_gmpp('g1', '2016-09-30') ORDER BY 1$$, $$VALUES ('XG1', 'same', NULL), ('XG2', 'refused', 'programme "XG2" has the GMPP id "XG92"'), ('XG3', 'same', NULL),
  ('XG4', 'refused', 'its name is too long, it has 6400 characters')$$, 'and taken');
SELECT results_eq($$SELECT code, name, gmpp_id, department FROM portfolio.programme WHERE code IN ('XG1', 'XG3') ORDER BY 1$$, $$VALUES ('XG1', 'As published', 'XG1', 'DH'), ('XG3', 'Rated later', 'XG3', NULL)$$, 'a programme of that code without an id is the one that is meant');
UPDATE g1 SET "End date" = '2013-01-01' WHERE "GMPP ID" = 'XG1';
SELECT ok(pg_temp.projects_foreseen('g1', '2017-09-30'), 'an end before the start that is here, foreseen');
SELECT is((SELECT problem FROM portfolio.import_gmpp('g1', '2017-09-30') WHERE gmpp_id = 'XG1'), 'it ends on 2013-01-01, before it starts on 2014-01-01', 'and refused');
CREATE TEMP TABLE g2 ("GMPP ID" text, "Project Name" text, "Programme Name" text, "Start date" text, "Project start date" text);
SELECT throws_ok($$SELECT * FROM portfolio.import_gmpp('g2', '2016-09-30')$$, '42701', 'several headings of g2 mean the same field', 'duplicated headings are refused');
SELECT is(pg_temp.detail($$SELECT * FROM portfolio.import_gmpp('g2', '2016-09-30')$$), 'name: "Project Name", "Programme Name"; start_date: "Start date", "Project start date".', 'each named');
CREATE TEMP TABLE g3 (a text, b text, c text);
INSERT INTO g3 VALUES ('GMPP ID', 'XG5', 'XG6'), ('Project Name', 'Five', 'Six'), ('Name', 'OTHER', ''), ('MPA RAG Rating', 'Green', 'Red'), (' ', 'a note', ''), ('', '', NULL), ('Odd', '', '');
SELECT is(pg_temp.detail($$SELECT * FROM portfolio.import_gmpp('g3', '2016-09-30')$$), 'name: "Project Name", "Name".', 'in a column too');
DELETE FROM g3 WHERE a = 'Name';
SELECT results_eq($$SELECT gmpp_id, name, verdict, problem FROM portfolio.import_gmpp('g3', '2016-09-30')$$, $$VALUES (NULL, 'Odd', 'unmapped', 'the heading is not known'), (NULL, 'row 4', 'unmapped', 'it has no heading'),
  ('XG5', 'Five', 'new', NULL), ('XG6', 'Six', 'new', NULL)$$, 'data without a heading are told of');
CREATE TEMP TABLE g4 (gmpp_id text, name text, dca text, snapshot_date text);
INSERT INTO g4 VALUES ('XG7', 'Seven', 'Green', '2016-09-30'), ('XG8', 'Eight', 'Green', '');
SELECT results_eq($$SELECT gmpp_id, rated_on FROM portfolio.import_gmpp('g4', '2020-03-31')$$, $$VALUES ('XG7', '2016-09-30'::date), ('XG8', '2020-03-31')$$, 'the day of the sheet goes before that of the call');
SELECT throws_ok($$SELECT * FROM portfolio.import_gmpp('g4', 'infinity')$$, '22023', 'the day of the figures must be a day of the calendar', 'which is a day');
SELECT * FROM finish();
ROLLBACK;
