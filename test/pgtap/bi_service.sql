-- Service operations as a reader of portfolio_bi sees them: what the functions of schema portfolio say.
BEGIN;
SELECT plan(8);
SET LOCAL TimeZone = 'Europe/London';
INSERT INTO portfolio.team (code, name) VALUES ('BS_OPS', 'Operations');
INSERT INTO portfolio.service (code, name, state, owner, support_tier, service_level, roadmap_item, live_on)
  SELECT 'BS_' || n, 'Service ' || n, 'live', portfolio.element_id('team', 'BS_OPS'), 'gold', 'availability', 'R1', '2016-01-01' FROM generate_series(1, 3) n;
INSERT INTO portfolio.service_level (service, measure, target, "window")
  SELECT s.id, v.measure, v.target, v."window" FROM portfolio.service s,
         (VALUES ('availability', 99, 'month'), ('restore-time', 60, 'quarter'), ('incidents', 30, 'financial_year'), ('fixed-in-time', 90, 'year')) v (measure, target, "window") WHERE s.code LIKE 'BS\_%';
INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on, starts_at, ends_on, ends_at)
  SELECT s.id, 'R' || n, 'maintenance', 'Item ' || n, date '2017-01-01' + 90 * n, CASE n WHEN 2 THEN time '23:00' END, date '2017-01-02' + 90 * n, CASE n WHEN 2 THEN time '03:00' END
    FROM portfolio.service s, generate_series(1, 4) n WHERE s.code LIKE 'BS\_%';
SET CONSTRAINTS ALL IMMEDIATE;
SELECT setseed(0.7);
INSERT INTO portfolio.observation (measure, element, during, numerator, denominator)
  SELECT 'availability', s.id, daterange(m::date, (m + interval '1 month')::date), 970 + floor(random() * 31), 1000
    FROM portfolio.service s, generate_series(timestamp '2015-06-01', '2017-06-01', '1 month') m WHERE s.code LIKE 'BS\_%' AND random() < 0.9;
INSERT INTO portfolio.observation (measure, element, during, value)
  SELECT v.measure, s.id, daterange(m::date, (m + interval '1 month')::date), floor(random() * v.most)
    FROM portfolio.service s, generate_series(timestamp '2015-06-01', '2017-06-01', '1 month') m, (VALUES ('restore-time', 90), ('incidents', 5), ('fixed-in-time', 100)) v (measure, most)
   WHERE s.code LIKE 'BS\_%' AND random() < 0.9;
INSERT INTO portfolio.organisation (code, name, valid) SELECT 'BS_O' || n, 'Organisation ' || n, CASE n % 7 WHEN 0 THEN '[2016-09-15,2017-04-01)' ELSE '(,)' END::daterange FROM generate_series(1, 60) n;
INSERT INTO portfolio.organisation_role (organisation, role) SELECT o.id, (ARRAY['RO197', 'RO76', 'RO182', 'RO110'])[1 + o.id % 4] FROM portfolio.organisation o WHERE o.code LIKE 'BS\_O%';
INSERT INTO portfolio.adoption_target (service, setting, target_pct) SELECT s.id, 'pharmacy', 40 FROM portfolio.service s WHERE s.code = 'BS_1';
INSERT INTO portfolio.adoption_target (service, setting) SELECT s.id, 'hospital' FROM portfolio.service s WHERE s.code = 'BS_1';
INSERT INTO portfolio.observation (measure, element, organisation, during, value)
  SELECT 'use', s.id, o.id, daterange(m::date, (m + interval '1 month')::date), floor(random() * 3)
    FROM portfolio.service s, portfolio.organisation o, generate_series(timestamp '2016-01-01', '2017-06-01', '1 month') m WHERE s.code IN ('BS_1', 'BS_2') AND o.code LIKE 'BS\_O%' AND random() < 0.5;
SET LOCAL pg_portfolio.as_of = '2017-06-20';

CREATE TEMP TABLE said AS
  SELECT l.code, l.measure, l.window_from, l.window_ends_on, l.value, l.verdict, l.observations, l.observed_pct
    FROM unnest('{2014/15,2015/16,2016/17,2017/18}'::text[]) y, portfolio.service_levels(y) l WHERE l.code LIKE 'BS\_%'
  UNION SELECT l.code, l.measure, l.window_from, l.window_ends_on, l.value, l.verdict, l.observations, l.observed_pct FROM portfolio.service_levels('2017') l WHERE l.code LIKE 'BS\_%';
CREATE TEMP TABLE counted AS
  SELECT a.code, a.group_code, a.period_from, a.eligible, a.used, a.pct, a.target_pct
    FROM generate_series(timestamp '2015-07-01', '2017-06-01', '1 month') m, unnest('{BS_1,BS_2}'::text[]) s, portfolio.adoption('service:' || s, to_char(m, 'YYYY-MM')) a;
CREATE ROLE pf_bi_service_reader;
SELECT portfolio.grant_profile('pf_bi_service_reader', 'reader');
GRANT SELECT ON said, counted TO pf_bi_service_reader;
SET LOCAL ROLE pf_bi_service_reader;
SELECT cmp_ok((SELECT count(*) FROM portfolio_bi.service_level WHERE service_code LIKE 'BS\_%'), '=', (3 * (25 + 9 + 3 + 3))::bigint, 'every window of 24 months');
SELECT is_empty($$SELECT service_code, measure_code, window_from, window_ends_on, value, verdict, observations, observed_pct FROM portfolio_bi.service_level WHERE service_code LIKE 'BS\_%'
                  EXCEPT TABLE said$$, 'service levels are those of service_levels()');
SELECT set_eq('SELECT DISTINCT verdict FROM portfolio_bi.service_level WHERE service_code LIKE ''BS\_%''', ARRAY['met', 'missed', 'not_observed'], 'of every verdict');
SELECT cmp_ok((SELECT count(*) FROM portfolio_bi.adoption WHERE service_code LIKE 'BS\_%'), '=', (SELECT count(*) FROM counted), 'every setting and month in which somebody could use it');
SELECT is_empty($$SELECT service_code, setting_code, month, eligible, used, pct, target_pct FROM portfolio_bi.adoption WHERE service_code LIKE 'BS\_%' EXCEPT TABLE counted$$,
  'adoption is that of adoption()');
SELECT results_eq($$SELECT item_code, starts_on, ends_on, starts_at, ends_at, starts_at_date_key, days_ahead FROM portfolio_bi.roadmap WHERE service_code = 'BS_1' ORDER BY 1$$,
  $$VALUES ('R1', '2017-04-01'::date, '2017-04-02'::date, NULL::timestamptz, NULL::timestamptz, NULL::int, -80),
           ('R2', '2017-06-30', '2017-07-01', '2017-06-30 23:00+01', '2017-07-01 03:00+01', 20170630, 10),
           ('R3', '2017-09-28', '2017-09-29', NULL, NULL, NULL, 100), ('R4', '2017-12-27', '2017-12-28', NULL, NULL, NULL, 190)$$, 'roadmaps');
SELECT results_eq($$SELECT state_on_day, live_on, next_title, next_on FROM portfolio_bi.service WHERE code = 'BS_1'$$, $$VALUES ('live', '2016-01-01'::date, 'Item 2', '2017-06-30'::date)$$, 'what comes next');
SELECT throws_ok('SELECT count(*) FROM portfolio.observation', '42501', NULL, 'a reader reads no table');
SELECT * FROM finish();
ROLLBACK;
