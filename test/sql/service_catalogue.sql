-- The catalogue, its gaps, service levels met and missed, roadmaps as rows and as a calendar.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE; RESET client_min_messages;
\set SHOW_CONTEXT never
SET datestyle = 'ISO'; SET timezone = 'Europe/London';
BEGIN;
SET LOCAL pg_portfolio.as_of = '2018-02-15';
CREATE FUNCTION pg_temp.id(code text) RETURNS bigint LANGUAGE sql AS $$SELECT portfolio.element_id('service', code)$$;
INSERT INTO portfolio.team (code, name, valid) VALUES ('SC_OPS', 'Operations', '(,)'), ('SC_OLD', 'A team that has ended', '(,2017-12-31]');
INSERT INTO portfolio.service (code, name, state, owner, support_tier, service_level, roadmap_item, live_on, valid)
SELECT v.code, v.name, 'live', portfolio.element_id('team', v.owner), 'gold', 'availability', 'R1', '2017-04-01', '[2016-04-01,)'
  FROM (VALUES ('SC_FINE', 'Fine', 'SC_OPS'), ('SC_BARE', 'Bare', 'SC_OLD')) v (code, name, owner);
INSERT INTO portfolio.service (code, name, state, owner, support_tier, early_life_ends, valid)
  VALUES ('SC_YOUNG', 'Young', 'early_life_support', portfolio.element_id('team', 'SC_OPS'), 'silver', '2018-02-01', '[2017-12-01,)');
INSERT INTO portfolio.service (code, name) VALUES ('SC_PLAN', 'Planned');
INSERT INTO portfolio.service_level (service, measure, target, "window") VALUES
  (pg_temp.id('SC_FINE'), 'availability', 99.9, 'month'), (pg_temp.id('SC_FINE'), 'restore-time', 240, 'quarter'),
  (pg_temp.id('SC_FINE'), 'incidents', 100, 'financial_year'), (pg_temp.id('SC_FINE'), 'fixed-in-time', 90, 'quarter'),
  (pg_temp.id('SC_BARE'), 'availability', 99, 'year');
INSERT INTO portfolio.roadmap_item (service, code, kind, title, description, status, starts_on, ends_on, starts_at, ends_at, time_zone, url, uid, changed_at) VALUES
  (pg_temp.id('SC_FINE'), 'R1', 'release', 'Release 1', NULL, 'done', '2017-10-02', NULL, NULL, NULL, DEFAULT, NULL, '00000000-0000-4000-8000-000000000001', '2017-06-01 12:00+01'),
  (pg_temp.id('SC_FINE'), 'R2', 'release', E'Release 2; with, commas\\ and a title that is long enough to be folded: électronique — ½ of the octets count twice or thrice', E'First line\r\nsecond line', 'confirmed',
   '2018-06-04', '2018-06-05', NULL, NULL, DEFAULT, 'https://roadmap.example/fine?r=2', '00000000-0000-4000-8000-000000000002', '2018-01-10 09:30+00'),
  (pg_temp.id('SC_FINE'), 'M1', 'maintenance', 'Move of the database', NULL, 'planned', '2018-05-12', '2018-05-13', '22:00', '02:00', DEFAULT, NULL, '00000000-0000-4000-8000-000000000003', '2018-01-11 09:30+00'),
  (pg_temp.id('SC_BARE'), 'R1', 'review', 'Review', NULL, 'cancelled', '2018-03-01', NULL, NULL, NULL, DEFAULT, NULL, '00000000-0000-4000-8000-000000000004', '2018-01-12 09:30+00');
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO portfolio.system (code, name) VALUES ('SC_SYS', 'System');
INSERT INTO portfolio.interface (code, name, system) VALUES ('SC_API', 'Fine API', portfolio.element_id('system', 'SC_SYS')), ('SC_WEB', 'Fine web site', NULL), ('SC_NOT', 'Another', NULL);
SELECT portfolio.relate('system:SC_SYS', 'realization', 'service:SC_FINE') > 0 AS realised, portfolio.relate('interface:SC_WEB', 'serving', 'service:SC_FINE') > 0 AS served;

\x on
SELECT code, name, state, state_label, state_ord, state_since, owner_ref, owner_name, support_tier, levels, channels, next_item, next_kind, next_on, live_on, as_of
  FROM portfolio.service_catalogue WHERE code LIKE 'SC\_%' ORDER BY code;
\x off
SELECT code, state, gap, what, next_step FROM portfolio.service_gaps WHERE code LIKE 'SC\_%' ORDER BY code, gap;
-- The state of another day; a service that was not there yet is not shown.
UPDATE portfolio.service_state_period SET during = '[2017-04-01,)' WHERE service = pg_temp.id('SC_FINE');
INSERT INTO portfolio.service_state_period (service, state, during) VALUES (pg_temp.id('SC_FINE'), 'in_transition', '[2016-04-01,2017-02-01)'), (pg_temp.id('SC_FINE'), 'early_life_support', '[2017-02-01,2017-04-01)');
SET LOCAL pg_portfolio.as_of = '2017-01-31';
SELECT code, state, state_since FROM portfolio.service_catalogue WHERE code LIKE 'SC\_%' ORDER BY code;
SET LOCAL pg_portfolio.as_of = '2017-02-01';
SELECT code, state, state_since FROM portfolio.service_catalogue WHERE code = 'SC_FINE';
SELECT code, gap, what FROM portfolio.service_gaps WHERE code LIKE 'SC\_%' ORDER BY code, gap;
SET LOCAL pg_portfolio.as_of = '2016-03-31';
SELECT code FROM portfolio.service_catalogue WHERE code LIKE 'SC\_%';
SET LOCAL pg_portfolio.as_of = '2018-02-15';

-- Service levels: shares by their counts, others by what the measure says; half a month is judged by what there is.
INSERT INTO portfolio.observation (measure, element, during, numerator, denominator) VALUES
  ('availability', pg_temp.id('SC_FINE'), '[2017-10-01,2017-10-16)', 1000, 1000), ('availability', pg_temp.id('SC_FINE'), '[2017-10-16,2017-11-01)', 2996, 3000),
  ('availability', pg_temp.id('SC_FINE'), '[2017-11-01,2017-12-01)', 998, 1000), ('availability', pg_temp.id('SC_FINE'), '[2018-01-01,2018-01-16)', 999, 1000),
  -- not within one window: no level of a month can use it
  ('availability', pg_temp.id('SC_FINE'), '[2018-01-20,2018-02-10)', 0, 1000);
INSERT INTO portfolio.observation (measure, element, during, value) VALUES
  ('restore-time', pg_temp.id('SC_FINE'), '[2017-10-01,2017-11-01)', 30), ('restore-time', pg_temp.id('SC_FINE'), '[2017-11-01,2018-01-01)', 240), ('restore-time', pg_temp.id('SC_FINE'), '[2018-01-01,2018-02-01)', 240.5),
  ('incidents', pg_temp.id('SC_FINE'), '[2017-04-01,2017-10-01)', 60), ('incidents', pg_temp.id('SC_FINE'), '[2017-10-01,2018-02-01)', 41),
  ('fixed-in-time', pg_temp.id('SC_FINE'), '[2017-10-01,2017-11-01)', 80), ('fixed-in-time', pg_temp.id('SC_FINE'), '[2017-11-01,2018-01-01)', 95);
-- of one organisation: not of the service as a whole
INSERT INTO portfolio.organisation (code, name) VALUES ('SC_ORG', 'Organisation');
INSERT INTO portfolio.observation (measure, element, organisation, during, value) VALUES ('incidents', pg_temp.id('SC_FINE'), portfolio.element_id('organisation', 'SC_ORG'), '[2017-04-01,2018-02-01)', 1000);
SELECT measure, window_from, window_ends_on, target, round(value, 3) AS value, verdict, observations, observed_pct FROM portfolio.service_levels('2017/18', 'service:SC_FINE') WHERE window_from >= '2017-10-01' OR measure = 'incidents';
SELECT measure, window_from, verdict FROM portfolio.service_levels('2017-11', 'service:SC_FINE');
SELECT code, measure, window_from, window_ends_on, verdict FROM portfolio.service_levels('2017') WHERE code LIKE 'SC\_%' AND "window" <> 'month';
-- Left out: the financial year of the day shown, and nothing that begins after it.
SELECT count(*), min(window_from), max(window_from) FROM portfolio.service_levels() WHERE code = 'SC_FINE' AND measure = 'availability';
SELECT portfolio.period_range(p) FROM unnest(ARRAY['2017', '2017-12', '2017-Q4', '1999/00', '2017/18']) p;
SAVEPOINT s;
SELECT * FROM portfolio.service_levels('2017/19');
ROLLBACK TO s;
SELECT * FROM portfolio.service_levels('2017', 'service:SC_NOWHERE');
ROLLBACK TO s;
SELECT * FROM portfolio.service_levels(options => '{"top": 3}');
ROLLBACK TO s;
-- What is refused: a series that overlaps itself, a share without its denominator, both a value and a share.
\set VERBOSITY terse
INSERT INTO portfolio.observation (measure, element, during, value) VALUES ('incidents', pg_temp.id('SC_FINE'), '[2018-01-31,2018-02-28)', 1);
ROLLBACK TO s;
INSERT INTO portfolio.observation (measure, element, during, numerator) VALUES ('availability', pg_temp.id('SC_FINE'), '[2018-03-01,2018-04-01)', 1);
ROLLBACK TO s;
INSERT INTO portfolio.observation (measure, element, during, value, numerator, denominator) VALUES ('availability', pg_temp.id('SC_FINE'), '[2018-03-01,2018-04-01)', 99, 99, 100);
ROLLBACK TO s;
INSERT INTO portfolio.observation (measure, element, during, value) VALUES ('availability', pg_temp.id('SC_FINE'), '[2018-03-01,)', 99);
ROLLBACK TO s;
UPDATE portfolio.measure SET name = 'Uptime' WHERE code = 'availability';
ROLLBACK TO s;
\set VERBOSITY default

-- Roadmaps
SELECT item, kind, status, starts_on, ends_on, starts_at, ends_at, days_ahead, url FROM portfolio.roadmap('service:SC_FINE');
SELECT code, item, title FROM portfolio.roadmap() WHERE code = 'SC_BARE';
\pset format unaligned
\pset tuples_only on
SELECT translate(portfolio.roadmap_icalendar('service:SC_FINE'), E'\r', '|');
-- every line ends with CR LF, none is longer than 75 octets, and no other clock is in it than the rows'
SELECT bool_and(octet_length(l) <= 75), bool_and(l !~ '[\r\n]'), portfolio.roadmap_icalendar('service:SC_FINE') ~ E'\r\n$'
  FROM regexp_split_to_table(regexp_replace(portfolio.roadmap_icalendar('service:SC_FINE'), E'\r\n$', ''), E'\r\n') l;
SELECT max(octet_length(l)) FROM regexp_split_to_table(portfolio.roadmap_icalendar('service:SC_FINE'), E'\r\n') l;
SELECT portfolio.roadmap_icalendar('service:SC_PLAN') IS NULL;
-- another title, the same event
UPDATE portfolio.roadmap_item SET title = 'Release 2' WHERE service = pg_temp.id('SC_FINE') AND code = 'R2';
SELECT uid, revision, changed_at = now() FROM portfolio.roadmap_item WHERE service = pg_temp.id('SC_FINE') AND code = 'R2';
SELECT n, string_agg(octet_length(l)::text, ' ' ORDER BY ord)
  FROM (VALUES (74), (75), (76), (149), (150)) v (n), regexp_split_to_table(portfolio.icalendar_fold(repeat('x', n)), E'\r\n ?') WITH ORDINALITY l (l, ord) GROUP BY n ORDER BY n;
SELECT portfolio.icalendar_text(E'a\\b;c,d\re\r\nf\ng\x07h\ti"j');
ROLLBACK;
