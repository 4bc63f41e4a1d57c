-- Findings of scanners, tests and audits: SARIF and CSV in, the same twice, nothing half-loaded, and life after that.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE; RESET client_min_messages;
\set SHOW_CONTEXT never
INSERT INTO portfolio.system (code, name) VALUES ('RCI_PORTAL', 'Portal'), ('RCI_SPINE', 'Spine');
INSERT INTO portfolio.team (code, name) VALUES ('RCI_TEAM', 'Portal team'), ('RCI_OTHER', 'Others');
INSERT INTO portfolio.role_holder (element, role, party) VALUES
  (portfolio.element_ref('system:RCI_PORTAL'), 'service_owner', portfolio.element_ref('team:RCI_OTHER')),
  (portfolio.element_ref('system:RCI_PORTAL'), 'information_asset_owner', portfolio.element_ref('team:RCI_TEAM'));

-- In the shape that GitHub documents for code scanning: rules by index, partialFingerprints, security-severity.
CREATE TEMP TABLE doc (sarif text);
INSERT INTO doc VALUES ($json${
  "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
  "runs": [{
    "tool": {"driver": {"name": "Tool Name", "semanticVersion": "2.0.0", "rules": [
      {"id": "R01", "shortDescription": {"text": "Query built from user input"}, "helpUri": "https://example.org/R01",
       "help": {"text": "Use parameters."}, "defaultConfiguration": {"level": "error"},
       "properties": {"tags": ["security", "external/cwe/cwe-089"], "security-severity": "9.8"}},
      {"id": "R02", "name": "weak-hash", "defaultConfiguration": {"level": "warning"}, "messageStrings": {"default": {"text": "A weak hash is used"}}},
      {"id": "R03", "shortDescription": {"text": "Debug output"}, "defaultConfiguration": {"level": "note"}}]}},
    "artifacts": [{"location": {"uri": "src/hash.js"}}],
    "results": [
      {"ruleId": "R01", "ruleIndex": 0, "message": {"text": "Query depends on a parameter."},
       "locations": [{"physicalLocation": {"artifactLocation": {"uri": "src/db.js"}, "region": {"startLine": 14, "startColumn": 3}}}],
       "partialFingerprints": {"primaryLocationLineHash": "39fa2ee980eb94b0:1"}, "properties": {"element": "system:RCI_PORTAL"}},
      {"ruleIndex": 1, "message": {"id": "default"},
       "locations": [{"physicalLocation": {"artifactLocation": {"index": 0}, "region": {"startLine": 7}}}]},
      {"rule": {"id": "R03/console"}, "level": "note", "message": {"text": "Left behind"},
       "locations": [{"logicalLocations": [{"fullyQualifiedName": "app.main"}]}]},
      {"ruleId": "R02", "message": {"id": "default"},
       "locations": [{"physicalLocation": {"artifactLocation": {"uri": "src/hash.js"}, "region": {"startLine": 7}}}]},
      {"ruleId": "R01", "message": {"text": "In a test"}, "suppressions": [{"kind": "inSource"}]},
      {"ruleId": "R03", "kind": "pass", "message": {"text": "All well"}}
    ]}]}$json$);
SELECT "row", verdict, severity, title, location, element, problem FROM doc, portfolio.import_findings('rci scan', sarif);
SELECT count(*) AS after_a_dry_run FROM portfolio.imported_finding WHERE source = 'rci scan';
SELECT verdict, count(*) FROM doc, portfolio.import_findings('rci scan', sarif, false, '{"element": "system:RCI_SPINE"}') GROUP BY verdict ORDER BY verdict;
CREATE VIEW pg_temp.mine AS
  SELECT o.severity, o.title, o.detail->>'location' AS location, o.element_code, o.owner_name, o.due_on - current_date AS due_in, o.times_opened, o.age_days, o.overdue, o.remediation
    FROM portfolio.open_finding o WHERE o.check_code = 'imported-finding' AND o.subject LIKE 'rci %' ORDER BY o.severity_rank, o.title;
TABLE pg_temp.mine;
-- The same file again, as jsonb: the same findings.
CREATE TEMP TABLE before AS SELECT id, subject, first_seen, opened_at, times_opened, due_on FROM portfolio.finding WHERE check_code = 'imported-finding' AND subject LIKE 'rci %';
SELECT verdict, count(*) FROM doc, portfolio.import_findings('rci scan', sarif::jsonb, false, '{"element": "system:RCI_SPINE"}') GROUP BY verdict ORDER BY verdict;
SELECT count(*) AS different FROM before FULL JOIN (SELECT * FROM portfolio.finding WHERE check_code = 'imported-finding' AND subject LIKE 'rci %') f USING (id)
 WHERE (before.subject, before.first_seen, before.opened_at, before.times_opened, before.due_on) IS DISTINCT FROM (f.subject, f.first_seen, f.opened_at, f.times_opened, f.due_on);
-- The line moves, the fingerprint stays: the same finding; what is not reported any more is resolved, and comes back as the same one.
SELECT "row", verdict, location FROM doc, portfolio.import_findings('rci scan', jsonb_set(sarif::jsonb #- '{runs,0,results,2}', '{runs,0,results,0,locations,0,physicalLocation,region,startLine}', '99'), false,
  '{"element": "system:RCI_SPINE"}') WHERE verdict IN ('changed', 'gone');
SELECT b.id = f.id AS same, f.status, f.times_opened FROM before b JOIN portfolio.finding f USING (subject) WHERE f.status = 'resolved';
SELECT verdict, count(*) FROM doc, portfolio.import_findings('rci scan', sarif, false, '{"element": "system:RCI_SPINE"}') GROUP BY verdict ORDER BY verdict;
SELECT b.id = f.id AS same, b.first_seen = f.first_seen AS first_seen_kept, f.status, f.times_opened, f.due_on - current_date AS due_in FROM before b JOIN portfolio.finding f USING (subject) WHERE f.times_opened = 2;

-- A plan of people stays; what grows worse is due sooner, and a site has deadlines of its own.
UPDATE portfolio.finding SET due_on = current_date + 30, owner = portfolio.element_ref('team:RCI_OTHER') WHERE check_code = 'imported-finding' AND subject LIKE 'rci scan: R%' AND severity IN ('medium', 'critical');
SELECT count(*) FROM portfolio.run_checks(codes => '{imported-finding}');
SELECT severity, due_in, owner_name FROM pg_temp.mine WHERE severity IN ('medium', 'critical');
INSERT INTO portfolio.deadline_setting (area, severity, days, reason) VALUES ('imported', 'high', 7, 'we are quick'), ('imported', 'low', NULL, 'when there is time');
SELECT severity, days, reason, shipped FROM portfolio.effective_deadline WHERE area = 'imported' ORDER BY portfolio.severity_rank(severity);
SELECT count(*) FROM doc, portfolio.import_findings('rci scan', jsonb_set(sarif::jsonb, '{runs,0,tool,driver,rules,1,defaultConfiguration,level}', '"error"'), false, '{"element": "system:RCI_SPINE"}') WHERE verdict = 'changed';
SELECT severity, due_in FROM pg_temp.mine WHERE severity = 'high';

-- CSV, with quotes, a CVSS vector and a score; each kind of fault refused, and then nothing of it is there.
SELECT verdict, severity, title, location, element, problem FROM portfolio.import_findings('rci test', E'Rule,title,cvss,severity,location,element,description\r
P1,"Takes ""any"" file, of any size",8.1,,https://portal.example/up,RCI_PORTAL,"two\nlines"\r
\r
P2,Old library,CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H,,,,\r
P3,Banner,,Low,,,\r\n', false);
SELECT severity, title, element_code, due_in FROM pg_temp.mine WHERE title IN ('Old library', 'Banner') OR title LIKE 'Takes%';
SELECT "row", verdict, problem FROM portfolio.import_findings('rci bad', E'rule,title,severity,cvss,element
A,Fine,high,,
,No rule,high,,
B,,high,,
C,Severity,terrible,,
D,Score,,11,
E,Vector,,CVSS:9.9/X,
F,Neither,,,
G,Element,low,,system:RCI_NOWHERE
H,Cells,low', false);
SELECT count(*) AS half_loaded FROM portfolio.imported_finding WHERE source = 'rci bad';
SELECT verdict, problem FROM portfolio.import_findings('rci bad', '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"message": {"text": "m"}}, {"ruleId": "a", "message": {}}, {"ruleId": "a", "level": "awful", "message": {"text": "m"}}]}]}', false);
SELECT * FROM portfolio.import_findings('rci bad', '{"version": "2.1.0", "runs": [', false);
SELECT * FROM portfolio.import_findings('rci bad', '{"version": "1.0.0", "runs": []}', false);
SELECT * FROM portfolio.import_findings('rci bad', '{"version": "2.1.0"}', false);
SELECT * FROM portfolio.import_findings('rci bad', '{"version": "2.1.0", "runs": [{"results": []}]}', false);
SELECT * FROM portfolio.import_findings('rci bad', '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": 7}]}', false);
SELECT * FROM portfolio.import_findings('rci bad', '{"version": "2.1.0", "runs": [7]}', false);
SELECT * FROM portfolio.import_findings('rci bad', '{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"ruleIndex": "one", "message": {"text": "m"}}]}]}', false);
SELECT * FROM portfolio.import_findings('rci bad', E'rule,title,severity,colour\nA,b,low,red', false);
SELECT * FROM portfolio.import_findings('rci bad', E'rule,title\nA,b', false);
SELECT * FROM portfolio.import_findings('rci bad', E'rule,title,severity,title\nA,b,low,c', false);
SELECT * FROM portfolio.import_findings('rci bad', E'rule,title,severity\nA,"b,low', false);
SELECT * FROM portfolio.import_findings('rci bad', E'rule,title,severity\nA,b"c,low', false);
SELECT * FROM portfolio.import_findings('rci bad', E'rule,title,severity\nA,"b"c,low', false);
SELECT * FROM portfolio.import_findings('rci bad', '', false);
SELECT * FROM portfolio.import_findings(NULL, 'rule,title,severity', false);
SELECT * FROM portfolio.import_findings('rci bad', 'rule,title,severity', false, '{"colour": "red"}');
SET pg_portfolio.stored_query_max_rows = 2;
SELECT * FROM portfolio.import_findings('rci bad', E'rule,title,severity\nA,b,low\nB,b,low\nC,b,low', false);
RESET pg_portfolio.stored_query_max_rows;
SELECT count(*) AS half_loaded FROM portfolio.imported_finding WHERE source = 'rci bad';
-- A severity that a query makes up is a finding about its check.
INSERT INTO portfolio.check_definition (code, area, title, query) VALUES
  ('rci.severity', 'rci', 't', $$SELECT 's' AS subject, 'dire' AS severity$$), ('rci.since', 'rci', 't', $$SELECT 's' AS subject, date '2026-01-01' AS since, NULL::text AS severity$$);
INSERT INTO portfolio.deadline_setting (area, severity, days, reason) VALUES ('rci', 'medium', 14, 'a test');
SELECT check_code, outcome FROM portfolio.run_checks('rci');
SELECT check_code, severity, detail->>'message' AS message, CASE check_code WHEN 'rci.since' THEN due_on END AS due_on FROM portfolio.finding WHERE check_code IN ('rci.since', 'rci.severity') ORDER BY 1;

-- An operator may all of it.
CREATE ROLE regress_rci_operator;
SET client_min_messages = warning; SELECT portfolio.grant_profile('regress_rci_operator', 'operator') IS NOT NULL AS granted; RESET client_min_messages;
SET ROLE regress_rci_operator;
SELECT verdict FROM portfolio.import_findings('rci audit', E'rule,title,severity,element\nA1,No leaver process,high,system:RCI_PORTAL', false);
SELECT portfolio.accept_risk(id, 'known', current_date + 1) ~ '^risk of imported-finding "rci audit: A1 #[0-9a-f]{16}" accepted by regress_rci_operator' AS accepted FROM portfolio.open_finding WHERE subject LIKE 'rci audit%';
SELECT count(*) FROM portfolio.import_findings('rci audit', E'rule,title,severity,element\nA1,No leaver process,high,system:RCI_PORTAL', false);
SELECT status FROM portfolio.finding WHERE subject LIKE 'rci audit%';
RESET ROLE;

-- Where nothing may be written a dry run reads
BEGIN READ ONLY;
SELECT verdict, subject FROM portfolio.import_findings('rci read', E'rule,title,severity\nr1,One,low\n');
SELECT verdict, subject FROM portfolio.import_findings('rci read', E'rule,title,severity\nr1,One,low\n', dry_run => false);
ROLLBACK;

DELETE FROM portfolio.imported_finding WHERE source LIKE 'rci %';
DELETE FROM portfolio.deadline_setting WHERE reason IN ('we are quick', 'when there is time', 'a test');
DELETE FROM portfolio.finding WHERE subject LIKE 'rci %' OR check_code LIKE 'rci.%';
DELETE FROM portfolio.check_definition WHERE code LIKE 'rci.%';
DELETE FROM portfolio.role_holder WHERE element = portfolio.element_ref('system:RCI_PORTAL');
DELETE FROM portfolio.system WHERE code LIKE 'RCI\_%';
DELETE FROM portfolio.team WHERE code LIKE 'RCI\_%';
SELECT portfolio.revoke_profile('regress_rci_operator', 'operator') IS NOT NULL AS revoked;
DROP ROLE regress_rci_operator;
