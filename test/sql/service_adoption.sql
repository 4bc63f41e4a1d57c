-- Adoption, lead times and what changed with a transfer, beside tables that were computed by hand.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE; RESET client_min_messages;
\set SHOW_CONTEXT never
SET datestyle = 'ISO';
BEGIN;
SET LOCAL pg_portfolio.as_of = '2017-07-10';
CREATE FUNCTION pg_temp.org(code text) RETURNS bigint LANGUAGE sql AS $$SELECT portfolio.element_id('organisation', code)$$;
INSERT INTO portfolio.organisation (code, name) VALUES ('SA_NORTH', 'North'), ('SA_SOUTH', 'South');
INSERT INTO portfolio.organisation (code, name, region, valid)
SELECT 'SA_' || v.code, v.code, pg_temp.org(v.area), v.valid::daterange
  FROM (VALUES ('G1', 'SA_NORTH', '(,)'), ('G2', 'SA_NORTH', '(,)'), ('G3', 'SA_SOUTH', '(,)'), ('G4', 'SA_SOUTH', '[2017-03-01,)'),
               ('P1', 'SA_NORTH', '(,)'), ('P2', 'SA_SOUTH', '(,)'), ('P3', NULL, '(,)'), ('H1', 'SA_SOUTH', '(,)'), ('D1', 'SA_NORTH', '(,)')) v (code, area, valid);
INSERT INTO portfolio.organisation_role (organisation, role, valid)
SELECT pg_temp.org('SA_' || v.code), v.role, v.valid::daterange
  FROM (VALUES ('G1', 'RO76', '(,)'), ('G1', 'RO177', '(,)'), ('G2', 'RO76', '(,)'), ('G3', 'RO76', '(,)'), ('G4', 'RO76', '(,)'),
               ('P1', 'RO182', '(,)'), ('P2', 'RO182', '(,)'), ('P3', 'RO182', '(,2017-06-15]'), ('H1', 'RO197', '(,)'), ('D1', 'RO110', '(,)')) v (code, role, valid);
INSERT INTO portfolio.team (code, name) VALUES ('SA_OPS', 'Operations');
INSERT INTO portfolio.service (code, name, state, owner, support_tier, service_level, roadmap_item, live_on)
  VALUES ('SA', 'Adopted', 'live', portfolio.element_id('team', 'SA_OPS'), 'gold', 'availability', 'R1', '2017-01-01');
INSERT INTO portfolio.service_level (service, measure, target) VALUES (portfolio.element_id('service', 'SA'), 'availability', 99);
INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on) VALUES (portfolio.element_id('service', 'SA'), 'R1', 'release', 'R1', '2018-01-01');
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO portfolio.adoption_target (service, setting, target_pct, due_on) VALUES
  (portfolio.element_id('service', 'SA'), 'general_practice', 75, '2017-06-30'), (portfolio.element_id('service', 'SA'), 'pharmacy', 60, '2018-03-31'),
  (portfolio.element_id('service', 'SA'), 'hospital', NULL, NULL);
INSERT INTO portfolio.observation (measure, element, organisation, during, value, numerator, denominator)
SELECT 'use', portfolio.element_id('service', 'SA'), pg_temp.org('SA_' || v.code), v.during::daterange, v.value, v.numerator, v.denominator
  FROM (VALUES ('G1', '[2017-01-01,2017-02-01)', 10, NULL, NULL), ('G1', '[2017-02-01,2017-03-01)', 10, NULL, NULL), ('G1', '[2017-03-01,2017-06-01)', 10, NULL, NULL),
               ('G1', '[2017-06-01,2017-07-01)', 10, NULL, NULL), ('G2', '[2017-06-01,2017-07-01)', 5, NULL, NULL),
               ('G3', '[2017-05-01,2017-06-01)', 3, NULL, NULL), ('G3', '[2017-06-01,2017-07-01)', 0, NULL, NULL),
               ('P1', '[2017-05-15,2017-06-14)', 7, NULL, NULL), ('P2', '[2017-06-01,2017-07-01)', NULL, 3, 10),
               -- no longer a pharmacy at the end of the month; a setting for which the service is not meant
               ('P3', '[2017-06-01,2017-07-01)', 9, NULL, NULL), ('D1', '[2017-06-01,2017-07-01)', 5, NULL, NULL)) v (code, during, value, numerator, denominator);
-- June 2017 by hand: practices G1 and G2 of four, pharmacies P1 and P2 of two, no hospital of one.
SELECT period_from, period_ends_on, group_code, group_name, eligible, used, pct, change, target_pct, due_on, verdict FROM portfolio.adoption('service:SA');
-- North: G1, G2, P1 of three; South: P2 of G3, G4, P2 and H1.
SELECT group_code, group_name, eligible, used, pct, change, target_pct, verdict FROM portfolio.adoption('service:SA', '2017-06', by => 'area');
-- Twelve months of practices: none to December, 1 of 3, 1 of 3, then (G4 opens) 1 of 4 twice, and 2 of 4 twice.
SELECT trend = portfolio.sparkline('{0,0,0,0,0,0,33.3,33.3,25,25,50,50}') AS practices FROM portfolio.adoption('service:SA', '2017-06') WHERE group_code = 'general_practice';
-- A longer period: whoever used it on a day of it; P3 still counts in May.
SELECT group_code, eligible, used, pct FROM portfolio.adoption('service:SA', '2017');
SELECT group_code, eligible, used FROM portfolio.adoption('service:SA', '2017-05', 'area');
-- Without targets it is meant for all settings; before anybody could use it there is nothing.
SAVEPOINT s;
DELETE FROM portfolio.adoption_target WHERE service = portfolio.element_id('service', 'SA');
SELECT group_code, used, verdict FROM portfolio.adoption('service:SA', '2017-06') WHERE group_code = 'dental';
ROLLBACK TO s;
-- A role of one's own makes a setting of one's own.
INSERT INTO portfolio.setting (code, name, ord) VALUES ('sa_prison', 'Prison', 90);
INSERT INTO portfolio.setting_role (role, setting, name) VALUES ('SA_PRISON', 'sa_prison', 'Prison');
INSERT INTO portfolio.organisation_role (organisation, role) VALUES (pg_temp.org('SA_H1'), 'SA_PRISON');
INSERT INTO portfolio.adoption_target (service, setting) VALUES (portfolio.element_id('service', 'SA'), 'sa_prison');
SELECT group_code, eligible, used FROM portfolio.adoption('service:SA', '2017-06');
ROLLBACK TO s;
\set VERBOSITY terse
SELECT * FROM portfolio.adoption('service:SA', by => 'moon');
ROLLBACK TO s;
SELECT * FROM portfolio.adoption('team:SA_OPS');
ROLLBACK TO s;
SELECT * FROM portfolio.adoption('service:SA', 'June');
ROLLBACK TO s;
UPDATE portfolio.setting SET name = 'Ward' WHERE code = 'hospital';
ROLLBACK TO s;
DELETE FROM portfolio.setting_role WHERE role = 'RO182';
ROLLBACK TO s;
\set VERBOSITY default

-- Requests: 10, 20, 40 and 100 days before; 5, 15 and 30 after; one that goes live after the day shown, one withdrawn, one open.
INSERT INTO portfolio.service_request (service, title, requested_by, requested_on, live_on, withdrawn_on)
SELECT portfolio.element_id('service', 'SA'), 'r' || n, pg_temp.org('SA_G1'), v.requested_on::date, v.live_on::date, v.withdrawn_on::date
  FROM (VALUES (1, '2016-02-01', '2016-02-11', NULL), (2, '2016-03-01', '2016-03-21', NULL), (3, '2016-04-01', '2016-05-11', NULL), (4, '2016-08-01', '2016-11-09', NULL),
               (5, '2017-01-01', '2017-01-06', NULL), (6, '2017-03-01', '2017-03-16', NULL), (7, '2017-04-01', '2017-05-01', NULL),
               (8, '2017-05-01', '2017-08-01', NULL), (9, '2017-05-02', NULL, '2017-06-01'), (10, '2017-06-01', NULL, NULL), (11, '2017-07-11', NULL, NULL)) v (n, requested_on, live_on, withdrawn_on);
SELECT code, period_from, period_ends_on, requested, withdrawn, still_open, went_live, median_days, p90_days FROM portfolio.request_lead_time('service:SA');
SELECT period_from, requested, withdrawn, still_open, went_live, median_days, p90_days FROM portfolio.request_lead_time('service:SA', '2017', 'quarter');
SELECT count(*) FROM portfolio.request_lead_time('service:SA', '2018');
-- What changed: 7 could use it in 2016 and none did. After: 1/7, 1/7, 1/8, 1/8, 3/8 and 4/7, whose mean is 24.7 %; six months have passed.
SELECT what, unit, before, after, change, months_before, months_after FROM portfolio.adoption_effect('service:SA');
SELECT DISTINCT transferred_on, before_from, after_ends_on FROM portfolio.adoption_effect('service:SA');
SET LOCAL pg_portfolio.as_of = '2018-02-01';
SELECT what, before, after, months_after FROM portfolio.adoption_effect('service:SA') WHERE what IN ('adoption_last', 'requests_live', 'lead_time_median');
SET LOCAL pg_portfolio.as_of = '2016-12-31';
SELECT count(*) FROM portfolio.adoption_effect('service:SA');
-- Who has asked stays.
\set VERBOSITY terse
SAVEPOINT t;
DELETE FROM portfolio.service WHERE code = 'SA';
ROLLBACK TO t;
INSERT INTO portfolio.service_request (service, title, requested_on, live_on) VALUES (portfolio.element_id('service', 'SA'), 'before it was asked', '2017-01-02', '2017-01-01');
ROLLBACK TO t;
INSERT INTO portfolio.service_request (service, title, requested_on, live_on, withdrawn_on) VALUES (portfolio.element_id('service', 'SA'), 'both', '2017-01-02', '2017-02-01', '2017-02-01');
ROLLBACK TO t;
INSERT INTO portfolio.service_request (service, title, requested_on) VALUES (portfolio.element_id('team', 'SA_OPS'), 'of a team', '2017-01-02');
ROLLBACK;
