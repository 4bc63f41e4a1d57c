-- The journal and what it tells, as of any day, finding, describing.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\set SHOW_CONTEXT never
SET search_path = portfolio, public;
SET DateStyle = 'ISO, YMD';
INSERT INTO team (code, name) VALUES ('PJ_TEAM', 'Journal team');
INSERT INTO service (code, name, description) VALUES ('PJ_A', 'Journal service', 'Made for the journal');
BEGIN;
SET LOCAL pg_portfolio.reason = 'CAB 4711';
UPDATE service SET name = 'Journal service, renamed', owner = element_id('team', 'PJ_TEAM'), run_cost_gbp = 12000.50 WHERE code = 'PJ_A';
SELECT relate('team:PJ_TEAM', 'serving', 'service:PJ_A') IS NOT NULL AS related;
COMMIT;
INSERT INTO element_property (element, key, value) VALUES (element_id('service', 'PJ_A'), 'colour', 'red');
UPDATE element_property SET value = 'blue' WHERE key = 'colour' AND element = element_id('service', 'PJ_A');
INSERT INTO element_alias (element, scheme, value) VALUES (element_id('service', 'PJ_A'), 'name', 'The journaller');
-- Nothing changed, nothing journalled
UPDATE service SET name = name WHERE code = 'PJ_A';
-- The journal reads the same whatever the session's DateStyle
SET DateStyle = 'SQL, DMY';
UPDATE service SET valid = '[01/04/2016,)', go_live_on = '30/04/2016' WHERE code = 'PJ_A';
SET DateStyle = 'ISO, YMD';
DELETE FROM relationship WHERE source = element_id('team', 'PJ_TEAM');
SELECT dense_rank() OVER (ORDER BY change) AS n, reason, table_name, about, operation, column_name, old_value, new_value
  FROM element_history('service:PJ_A') WHERE column_name NOT IN ('source', 'target', 'owner');
SELECT DISTINCT by = CURRENT_USER AS by_me, at <= now() AS in_the_past FROM element_history('service:PJ_A');
-- A rollback takes its entries with it
BEGIN;
UPDATE service SET name = 'Never' WHERE code = 'PJ_A';
ROLLBACK;
SELECT count(*) FROM element_history('PJ_A') WHERE new_value = 'Never';

-- As of a day
SET pg_portfolio.as_of = '2016-03-31';
SELECT as_of(), (SELECT count(*) FROM current_element WHERE code = 'PJ_A') AS exists;
SET pg_portfolio.as_of = '2016-04-01';
SELECT code, owner_ref, valid_from, ends_on, as_of FROM current_element WHERE code = 'PJ_A';
SET pg_portfolio.as_of = '2016-02-30';
SET pg_portfolio.as_of = '1 April 2016';
SET pg_portfolio.as_of = 'infinity';
SHOW pg_portfolio.as_of;
SET pg_portfolio.as_of = '';
SELECT as_of() = current_date AS today;
-- Finding
SELECT kind, code, matched, rank FROM find('the journaller') WHERE code LIKE 'PJ%';
SELECT kind, code, matched, rank FROM find('PJ_A');
SELECT kind, code, rank FROM find('renamed journal');
SELECT kind, code, matched, rank FROM find('made journal') WHERE code LIKE 'PJ%';
SELECT kind, code, matched, rank FROM find('pj_taem');
SELECT count(*) FROM find('  ');
SELECT count(*) FROM find(NULL);
SELECT * FROM find('%', '{"exact": true}');

-- Describing; the line on the last change shows a time
\pset format unaligned
\pset tuples_only on
SELECT regexp_replace(describe('PJ_A'), 'Last changed .*', 'Last changed …');
SELECT describe('PJ_NOWHERE');
SELECT describe(NULL) IS NULL;
\pset format aligned
\pset tuples_only off

DELETE FROM service WHERE code = 'PJ_A';
-- A deleted element is told of by kind and code
SELECT operation, column_name, old_value, new_value FROM element_history('service:PJ_A') WHERE operation = 'DELETE' AND column_name IN ('code', 'value') ORDER BY 1, 2, 3;
SELECT * FROM element_history('PJ_A');
DELETE FROM team WHERE code = 'PJ_TEAM';

-- Help comes from the catalogs
SELECT kind, name, example FROM help('impact_of') WHERE name = 'portfolio.impact_of';
SELECT count(*) FROM help() WHERE coalesce(what, '') = '' OR coalesce(example, '') = '';
SELECT count(*) FROM help('no such thing at all');
SELECT count(*) > 0 AS tells_of_views FROM help('dependency') WHERE kind = 'view';
