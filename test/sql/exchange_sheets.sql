-- Published sheets: practices and memberships of the ODS, the API catalogue, both layouts of the major projects portfolio;
-- and diagrams as text. Small samples of each fault; test/t/221_exchange_real.pl has the real files.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\set SHOW_CONTEXT never
\set ON_ERROR_ROLLBACK on
BEGIN;
-- Practices: 27 columns by place
CREATE TEMP TABLE practice AS SELECT ''::text AS c1, ''::text AS c2, ''::text AS c3, ''::text AS c4, ''::text AS c5, ''::text AS c6, ''::text AS c7, ''::text AS c8, ''::text AS c9, ''::text AS c10,
  ''::text AS c11, ''::text AS c12, ''::text AS c13, ''::text AS c14, ''::text AS c15, ''::text AS c16, ''::text AS c17, ''::text AS c18, ''::text AS c19, ''::text AS c20, ''::text AS c21, ''::text AS c22,
  ''::text AS c23, ''::text AS c24, ''::text AS c25, ''::text AS c26, ''::text AS c27 LIMIT 0;
INSERT INTO practice (c1, c2, c3, c4, c5, c6, c10, c11, c12, c13, c15, c26) VALUES
  ('X99001', 'THE FIRST SURGERY', 'Y99', 'Q9X', 'HEALTH CENTRE', 'HIGH STREET', 'TS18 1HU', '19740401', '', 'A', '99X', '4'),
  ('X99002', 'THE CLOSED SURGERY', 'Y99', 'Q9X', '1 LOW ROAD', '', 'TS18 2AW', '19740401', '20171031', 'C', '99X', '4'),
  ('X99003', 'A CLINIC', 'Y99', 'Q9X', '', '', '', '', '', 'D', '99X', '9'),
  ('not!a!code', 'WRONG', '', '', '', '', '', '', '', 'A', '', '4'),
  ('X99004', '', '', '', '', '', '', '', '', 'A', '', '4'),
  ('X99005', 'BAD DAY', '', '', '', '', '', '20160231', '', 'A', '', '4'),
  ('X99006', 'BACKWARDS', '', '', '', '', '', '20170101', '20160101', 'C', '', '4'),
  ('X99007', 'TWICE', '', '', '', '', '', '', '', 'A', '', '4'), ('x99007', 'TWICE AGAIN', '', '', '', '', '', '', '', 'A', '', '4'),
  ('X99008', 'ODD STATUS', '', '', '', '', '', '', '', 'Q', '', '4');
SELECT code, name, verdict, problem FROM portfolio.import_ods_practices('practice', dry_run => true);
SELECT count(*) FROM portfolio.organisation WHERE code LIKE 'X9900%';
SELECT verdict, count(*) FROM portfolio.import_ods_practices('practice') GROUP BY 1 ORDER BY 1;
SELECT o.code, o.name, o.ods_code, o.role, o.valid, r.code AS region, s.address, s.postcode,
       (SELECT array_agg(x.role ORDER BY x.is_primary DESC, x.role) FROM portfolio.organisation_role x WHERE x.organisation = o.id) AS roles,
       (SELECT p.value FROM portfolio.element_property p WHERE p.element = o.id AND p.key = 'ods_status') AS status
  FROM portfolio.organisation o LEFT JOIN portfolio.organisation r ON r.id = o.region LEFT JOIN portfolio.site s ON s.code = o.code WHERE o.code LIKE 'X9900%' ORDER BY 1;
SELECT count(*) AS journalled FROM portfolio.change \gset
SELECT verdict, count(*) FROM portfolio.import_ods_practices('practice') GROUP BY 1 ORDER BY 1;
SELECT count(*) - :journalled AS written FROM portfolio.change;
UPDATE practice SET c2 = 'THE RENAMED SURGERY', c12 = '20180331', c13 = 'C', c26 = '9' WHERE c1 = 'X99001';
UPDATE practice SET c13 = 'A' WHERE c1 = 'X99003';
SELECT code, verdict FROM portfolio.import_ods_practices('practice') WHERE verdict <> 'refused' ORDER BY 1;
SELECT verdict, count(*) FROM portfolio.import_ods_practices('practice') GROUP BY 1 ORDER BY 1;
SELECT o.name, o.valid, x.role, x.valid FROM portfolio.organisation o JOIN portfolio.organisation_role x ON x.organisation = o.id WHERE o.code = 'X99001';

-- Memberships
CREATE TEMP TABLE membership (a text, b text, c text, d text, e text, f text);
INSERT INTO membership VALUES
  ('X99001', '99X', 'W', '20130401', '', '0'), ('X99001', '5X9', 'W', '20010401', '20130331', '1'), ('X99001', '99X', 'W', '19990401', '20010331', '0'),
  ('X99002', '99X', 'W', '20130401', '20150331', '0'), ('X99002', '99X', 'W', '20140401', '', '0'), ('X99999', '99X', 'W', '20130401', '', '0'),
  ('X99003', '99X', 'W', '2013-13-01', '', '0'), ('X99003', '99X', 'W', '', '', '0'), ('X99003', '99X', 'W', '20150401', '20140401', '0'), ('X99003', '!', 'W', '20150401', '', '0');
SELECT practice, parent, verdict, problem, valid FROM portfolio.import_ods_memberships('membership');
SELECT b.code AS parent, o.code AS practice, r.kind, r.valid, r.origin FROM portfolio.relationship r JOIN portfolio.organisation o ON o.id = r.target JOIN portfolio.organisation b ON b.id = r.source
 WHERE o.code LIKE 'X9900%' ORDER BY 2, r.valid;
UPDATE membership SET e = '20180331' WHERE a = 'X99001' AND d = '20130401';
SELECT verdict, count(*) FROM portfolio.import_ods_memberships('membership') GROUP BY 1 ORDER BY 1;
SELECT verdict, count(*) FROM portfolio.import_ods_memberships('membership') GROUP BY 1 ORDER BY 1;
SELECT * FROM portfolio.import_ods_practices('membership');
SELECT * FROM portfolio.import_ods_memberships(NULL);

-- The catalogue of interfaces
CREATE TEMP TABLE catalogue ("dateAdded" text, url text, name text, description text, "startDate" text, provider text);
INSERT INTO catalogue VALUES
  ('2020-01-08', 'https://example.org/1', 'XC Demographics Service - FHIR API', 'Who they are.\nAnd where.', '2019-04-01', 'xc-digital'),
  ('2020-01-08', '', 'XC Demographics Service – HL7 V3 API', '', 'in service', 'xc-digital'),
  ('2020-01-08', '', 'XC Demographics Service MESH', '', '', 'xc-digital'),
  ('2020-01-08', '', 'XC Demographics Service Notifications - FHIR', '', '', 'xc-digital'),
  ('2020-01-08', '', 'XC Referral - FHIR API (HSCN)', 'Asks the XC Demographics Service.', '', 'xc-digital'),
  ('2020-01-08', '', 'XC Referral - FHIR APIs', '', '', 'xc-digital'),
  ('2020-01-08', '', 'XC Demographics', '', '', 'another-body'),
  ('2020-01-08', '', 'XC Referral - FHIR APIs', 'again', '', 'xc-digital'), ('2020-01-08', '', '', 'nameless', '', 'xc-digital'), ('2020-01-08', '', 'XC orphan', '', '', '');
INSERT INTO portfolio.organisation (code, name) VALUES ('XCD', 'XC Digital');
SELECT code, verdict, problem, protocol, system, provider FROM portfolio.import_api_catalogue('catalogue', dry_run => true);
SELECT verdict, count(*) FROM portfolio.import_api_catalogue('catalogue') GROUP BY 1 ORDER BY 1;
SELECT i.name, i.description, i.protocol, i.valid, i.url, s.code AS system, t.code AS standard, p.code AS provider
  FROM portfolio.interface i JOIN portfolio.system s ON s.id = i.system LEFT JOIN portfolio.standard t ON t.id = i.standard JOIN portfolio.organisation p ON p.id = i.provider
 WHERE i.code LIKE 'XC\_%' ORDER BY i.code;
SELECT count(*) AS journalled FROM portfolio.change \gset
SELECT verdict, count(*) FROM portfolio.import_api_catalogue('catalogue') GROUP BY 1 ORDER BY 1;
SELECT count(*) - :journalled AS written FROM portfolio.change;
UPDATE catalogue SET description = 'changed' WHERE name LIKE '%MESH';
SELECT name FROM portfolio.import_api_catalogue('catalogue') WHERE verdict = 'changed';
SELECT function, interfaces, systems, technologies FROM portfolio.reuse() WHERE function LIKE 'xc%';
SELECT * FROM portfolio.import_api_catalogue('membership');
SELECT * FROM portfolio.import_api_catalogue(NULL);
SELECT * FROM portfolio.import_gmpp(NULL);

-- Major projects: a column a project, then a row a project, in the order of publication and not
CREATE TEMP TABLE columns_2014 (a text, b text, c text, d text);
INSERT INTO columns_2014 VALUES
  ('GMPP ID Number', 'XG_0001_1112-Q1', 'XG_0002_1112-Q1', 'XG_0003_1112-Q1'), ('Project Name', 'XG first', 'XG second', 'XG third'), ('Department', 'DH', 'DH', 'DH'),
  ('MPA RAG Rating', 'Amber/Red', 'Green', 'Exempt under Section 43 of the Act'), ('Project - Start Date (Latest Approved Start Date)', '01/01/2003', '1 April 2014', 'Exempt under Section 43'),
  ('Project - End Date (Latest Approved End Date)', '31/12/2016', '2010-03-31', ''), ('2014/2015 TOTAL Baseline (£m) (including Non-Government Costs)', '£3.46', '(2)', 'n/a'),
  ('2014/2015 TOTAL Forecast (£m)', '1,234.5', '2', ''), ('TOTAL Baseline Whole Life Costs (£m)', '£1.2bn', '3', ''), ('2014/2015 TOTAL Variance (%)', '1', '2', ''),
  ('Departmental narrative on budget/forecast variance', 'x', 'y', 'z');
SELECT gmpp_id, name, verdict, problem, rated_on FROM portfolio.import_gmpp('columns_2014');
SELECT gmpp_id, name, verdict, problem, rated_on FROM portfolio.import_gmpp('columns_2014', '2014-09-30', true);
SELECT gmpp_id, name, verdict, problem, rated_on FROM portfolio.import_gmpp('columns_2014', '2014-09-30');
CREATE TEMP TABLE rows_2022 ("GMPP ID" text, "Project name" text, "IPA Delivery Confidence Assessment" text, "SRO Delivery Confidence Assessment" text, "Annual Report Category" text, "Odd heading" text);
INSERT INTO rows_2022 VALUES ('XG_0001_1112-Q1', 'XG first', 'Amber', 'Red', 'ICT', 'x'), ('XG_0004', 'XG fourth', 'Purple', '', '', ''), (NULL, 'XG no id', 'Red', '', '', ''), ('XG_0001_1112-Q1', 'again', 'Red', '', '', ''), (NULL, '', '', '', '', '');
SELECT gmpp_id, name, verdict, problem, rated_on FROM portfolio.import_gmpp('rows_2022', '2022-03-31');
CREATE TEMP TABLE rows_2016 (a text, b text, c text);
INSERT INTO rows_2016 VALUES ('GMPP ID', 'Project Name', 'IPA RAG rating'), ('XG_0001_1112-Q1', 'XG first', 'Green');
SELECT gmpp_id, name, verdict, problem, rated_on FROM portfolio.import_gmpp('rows_2016', '2016-09-30');
SELECT gmpp_id, verdict FROM portfolio.import_gmpp('rows_2016', '2016-09-30');
SELECT p.gmpp_id, p.name, p.dca, p.start_date, p.end_date, p.fy_baseline_gbp_m, p.fy_forecast_gbp_m, p.whole_life_cost_gbp_m, p.snapshot_date FROM portfolio.programme p WHERE p.gmpp_id LIKE 'XG%' ORDER BY 1;
SELECT r.rated_on, r.dca FROM portfolio.dca_rating r JOIN portfolio.programme p ON p.id = r.programme WHERE p.gmpp_id = 'XG_0001_1112-Q1' ORDER BY 1;
SELECT * FROM portfolio.import_gmpp('membership', '2016-09-30');

-- Diagrams: what is hostile in a name stays a name
INSERT INTO portfolio.system (code, name) VALUES ('XD_1', E'a "b" \\ #1; & <c> `d`\nnext; end'), ('XD_2', 'plain'), ('XD_3', 'not asked for');
SELECT portfolio.relate('XD_1', 'flow', 'XD_2') IS NOT NULL AND portfolio.relate('XD_1', 'flow', 'XD_3') IS NOT NULL AS related;
UPDATE portfolio.relationship SET name = 'says "hello" & <b>' WHERE source = portfolio.element_ref('XD_1') AND target = portfolio.element_ref('XD_2');
SELECT regexp_replace(portfolio.to_mermaid(ARRAY['system:XD_1', 'plain']), '\me\d+', 'eN', 'g') \g (format=unaligned tuples_only)
SELECT regexp_replace(portfolio.to_dot(ARRAY['system:XD_1', 'plain'], '{"direction": "TB"}'), '\me\d+', 'eN', 'g') \g (format=unaligned tuples_only)
-- The document read back says exactly what the portfolio says
SELECT x.kind, x.code, x.name = e.name AS same_name
  FROM XMLTABLE(XMLNAMESPACES('http://graphml.graphdrawing.org/xmlns' AS g), '//g:node' PASSING (portfolio.to_graphml(ARRAY['system:XD_1', 'plain']))
                COLUMNS kind text PATH 'g:data[@key="n1"]', code text PATH 'g:data[@key="n2"]', name text PATH 'g:data[@key="n3"]') x
  JOIN portfolio.element e USING (kind, code) ORDER BY 2;
SELECT s.code AS source, x.kind, x.name, t.code AS target
  FROM XMLTABLE(XMLNAMESPACES('http://graphml.graphdrawing.org/xmlns' AS g), '//g:edge' PASSING (portfolio.to_graphml(ARRAY(SELECT id FROM portfolio.system WHERE code LIKE 'XD\_%')))
                COLUMNS source text PATH '@source', target text PATH '@target', kind text PATH 'g:data[@key="r1"]', name text PATH 'g:data[@key="r2"]') x
  JOIN portfolio.element s ON 'e' || s.id = x.source JOIN portfolio.element t ON 'e' || t.id = x.target ORDER BY 4;
SELECT portfolio.to_mermaid('{system:XD_1,plain}') = portfolio.to_mermaid(ARRAY(SELECT id FROM portfolio.system WHERE code IN ('XD_1', 'XD_2'))) AS the_same;
SELECT portfolio.to_mermaid('{}'::bigint[]), portfolio.to_mermaid(NULL::text[]) IS NULL AS nothing;
SELECT portfolio.to_dot(ARRAY['system:XD_1'], '{"direction": "up"}');
SELECT portfolio.to_graphml(ARRAY['nowhere']);
ROLLBACK;
