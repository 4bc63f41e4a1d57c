-- Delivery confidence: the history of ratings, the report of a quarter, and what ratings were worth, against tables made by hand.
SELECT * FROM no_plan();
SELECT throws_ok($$SELECT * FROM portfolio.import_gmpp(0)$$, '42P01', 'relation with OID 0 does not exist', 'a number of no relation is no sheet');
SET datestyle = 'ISO';

-- What is published moves to the history when it is replaced.
INSERT INTO portfolio.programme (code, name, dca, end_date, snapshot_date, fy_baseline_gbp_m, fy_forecast_gbp_m)
VALUES ('DC_A', 'Programme A', 'Amber', '2017-03-31', '2016-09-30', 10, 12), ('DC_B', 'Programme B', NULL, '2017-03-31', NULL, NULL, NULL);
UPDATE portfolio.programme SET name = 'Programme A, still' WHERE code = 'DC_A';
SELECT is(count(*), 0::bigint, 'nothing moves while the figures are of the same day') FROM portfolio.dca_history;
UPDATE portfolio.programme SET dca = 'Red', end_date = '2017-09-30', snapshot_date = '2016-12-31' WHERE code = 'DC_A';
SELECT results_eq($$SELECT p.code, r.rated_on, r.dca::text, r.scale, r.place, r.end_date, r.fy_forecast_gbp_m FROM portfolio.dca_rating r JOIN portfolio.programme p ON p.id = r.programme ORDER BY r.rated_on$$,
  $$VALUES ('DC_A', date '2016-09-30', 'Amber', 5, 3, date '2017-03-31', 12::numeric), ('DC_A', '2016-12-31', 'Red', 5, 1, '2017-09-30', 12)$$, 'both ratings are there, each with its end date');
INSERT INTO portfolio.programme (code, name, dca, snapshot_date) VALUES ('DC_A', 'Programme A', 'Green', '2017-03-31')
  ON CONFLICT (code) DO UPDATE SET dca = excluded.dca, snapshot_date = excluded.snapshot_date;
SELECT results_eq($$SELECT rated_on, dca::text FROM portfolio.dca_history ORDER BY 1$$, $$VALUES (date '2016-09-30', 'Amber'), ('2016-12-31', 'Red')$$, 'an import of the next edition does the same');
SELECT throws_ok($$INSERT INTO portfolio.dca_history (programme, rated_on, dca) SELECT programme, rated_on, 'Green' FROM portfolio.dca_history$$, '23505', NULL, 'one rating a day');
SELECT throws_ok($$DELETE FROM portfolio.programme WHERE code = 'DC_A'$$, '23503', NULL, 'a programme with a history stays');

-- The report of a quarter.
SELECT results_eq($$SELECT quarter, code, dca, dca_before, trend, end_date, days_late, fy_variance_pct FROM portfolio.board_report('2016/17 Q3') ORDER BY code$$,
  $$VALUES ('2016/17 Q3', 'DC_A', 'Red', 'Amber', 'worse', date '2017-09-30', NULL::int, 20.0), ('2016/17 Q3', 'DC_B', NULL, NULL, NULL, '2017-03-31', NULL, NULL)$$, 'the newest rating by then, and its trend');
SELECT results_eq($$SELECT code, dca, trend, days_late FROM portfolio.board_report('2017-Q4') WHERE code = 'DC_A'$$, $$VALUES ('DC_A', 'Green', 'better', 92)$$, 'later: better, and late');
UPDATE portfolio.programme SET dca = 'Amber (3)', snapshot_date = '2022-03-31' WHERE code = 'DC_A';
SELECT results_eq($$SELECT dca, dca_before, trend FROM portfolio.board_report('2021/22 Q4') WHERE code = 'DC_A'$$, $$VALUES ('Amber (3)', 'Green', NULL)$$, 'ratings on different scales do not compare');
UPDATE portfolio.programme SET state = 'closed', closed_on = '2022-05-01' WHERE code = 'DC_A';
SELECT results_eq($$SELECT q, (SELECT state FROM portfolio.board_report(q) WHERE code = 'DC_A') FROM (VALUES ('2021/22 Q4'), ('2022/23 Q1'), ('2022/23 Q2')) x (q)$$,
  $$VALUES ('2021/22 Q4', 'in_delivery'), ('2022/23 Q1', 'closed'), ('2022/23 Q2', NULL)$$, 'it is reported to the quarter in which it was closed');
SELECT results_eq($$SELECT portfolio.quarter_days(q) FROM unnest('{2017/18 Q1,2017/18 Q4,2017-Q2,1999/00 Q1}'::text[]) q$$,
  $$VALUES ('[2017-04-01,2017-07-01)'::daterange), ('[2018-01-01,2018-04-01)'), ('[2017-04-01,2017-07-01)'), ('[1999-04-01,1999-07-01)')$$, 'quarters of both years');
SELECT throws_ok(format('SELECT portfolio.quarter_days(%L)', q), '22023', format('period "%s" is not %s', q, CASE WHEN q IN ('2017', '2017/18') THEN 'a quarter' ELSE 'known' END), 'not a quarter: ' || q) FROM unnest('{2017/19 Q1,2017,2017/18,2017/18 Q5,Q1,0000-Q1}'::text[]) q;
SELECT is_empty('SELECT * FROM portfolio.board_report(NULL)', 'no quarter, no report');
SELECT throws_ok($$SELECT portfolio.board_report('2017-Q2', '{"x": 1}')$$, '22023', 'option "x" is not known', 'unknown options are refused');

-- Two methods, the same columns: programmes under different processes, one in a past quarter.
INSERT INTO portfolio.process (code, name, separation_of_duty) VALUES ('dc-stages', 'Stages', false), ('dc-agile', 'Agile', false);
INSERT INTO portfolio.stage (process, code, ord, name) VALUES ('dc-stages', 'design', 1, 'Design'), ('dc-stages', 'build', 2, 'Build'), ('dc-agile', 'alpha', 1, 'Alpha');
INSERT INTO portfolio.gate (process, code, stage, name) VALUES ('dc-stages', 'designed', 'design', 'Designed'), ('dc-stages', 'built', 'build', 'Built'), ('dc-agile', 'assessed', 'alpha', 'Assessed');
INSERT INTO portfolio.criterion (process, code, gate, title, weight) VALUES ('dc-stages', 'plan', 'designed', 'Plan', 1), ('dc-stages', 'test', 'built', 'Test', 3), ('dc-stages', 'cost', 'built', 'Cost', 1), ('dc-agile', 'users', 'assessed', 'Users', 1);
SELECT portfolio.publish_process('dc-stages'), portfolio.publish_process('dc-agile') \g /dev/null
INSERT INTO portfolio.programme (code, name) VALUES ('DC_S', 'In stages'), ('DC_G', 'Agile');
INSERT INTO portfolio.team (code, name) VALUES ('DC_T', 'Team');
INSERT INTO portfolio.process_run (element, process, version, during) VALUES (portfolio.element_ref('DC_S'), 'dc-stages', 1, '[2017-04-10,)'), (portfolio.element_ref('DC_G'), 'dc-agile', 1, '[2017-05-01,)');
INSERT INTO portfolio.evidence (run, criterion, status, at) SELECT r.id, e.criterion, e.status, e.at::timestamptz
  FROM portfolio.process_run r JOIN (VALUES ('dc-stages', 'plan', 'met', '2017-04-20'), ('dc-stages', 'test', 'partly', '2017-06-20'), ('dc-stages', 'cost', 'met', '2017-08-01'), ('dc-agile', 'users', 'not_met', '2017-06-01')) e (process, criterion, status, at) ON e.process = r.process;
INSERT INTO portfolio.gate_decision (run, gate, outcome, at) SELECT id, 'designed', 'proceed', '2017-05-01' FROM portfolio.process_run WHERE process = 'dc-stages';
INSERT INTO portfolio.waiver (run, criterion, owner, reason, at, expires) SELECT id, 'users', portfolio.element_ref('DC_T'), 'later', '2017-06-02', '2017-08-01' FROM portfolio.process_run WHERE process = 'dc-agile';
SELECT results_eq($$SELECT code, method, stage, gate, ready_pct, blockers, decisions, live_waivers FROM portfolio.board_report('2017/18 Q1') WHERE code IN ('DC_S', 'DC_G') ORDER BY code$$,
  $$VALUES ('DC_G', 'dc-agile', 'alpha', 'assessed', 0.0, 0, 0, 1), ('DC_S', 'dc-stages', 'build', 'built', 37.5, 2, 1, 0)$$, 'the same columns for every method, as of the end of the quarter');
SELECT results_eq($$SELECT code, gate, ready_pct, blockers, decisions, live_waivers FROM portfolio.board_report('2017/18 Q2') WHERE code IN ('DC_S', 'DC_G') ORDER BY code$$,
  $$VALUES ('DC_G', 'assessed', 0.0, 1, 0, 0), ('DC_S', 'built', 62.5, 1, 0, 0)$$, 'a quarter later');
INSERT INTO portfolio.condition (run, criterion, owner, due_on, at) SELECT id, c.code, portfolio.element_ref('DC_T'), c.due, '2017-10-01'
  FROM portfolio.process_run, (VALUES ('test', date '2017-11-01'), ('cost', date '2018-11-01')) c (code, due) WHERE process = 'dc-stages';
SELECT results_eq($$SELECT quarter, open_conditions, overdue_conditions FROM (VALUES ('2017/18 Q2'), ('2017/18 Q3')) q (q), portfolio.board_report(q) WHERE code = 'DC_S'$$,
  $$VALUES ('2017/18 Q2', 0, 0), ('2017/18 Q3', 2, 1)$$, 'conditions, and those overdue then');

-- What ratings were worth. By hand: late are Green, Amber, Red, Red; in time are Green, Amber, Amber/Red. Pairs in which the late one was
-- rated worse: Green 0, Amber 1, Red 3 and 3; equal: Green 1, Amber 1. (7 + 2/2) / 12 = 2/3.
INSERT INTO portfolio.programme (code, name, dca, snapshot_date, end_date, state, closed_on) VALUES
  ('DX_1', 'x', 'Green', '2030-01-01', '2030-06-30', 'closed', '2030-06-30'), ('DX_2', 'x', 'Green', '2030-01-01', '2030-06-30', 'closed', '2030-07-01'),
  ('DX_3', 'x', 'Amber', '2030-01-01', '2030-12-31', 'closed', '2030-05-01'), ('DX_4', 'x', 'Amber', '2030-01-01', '2030-06-30', 'in_delivery', NULL),
  ('DX_5', 'x', 'Red', '2030-01-01', '2030-03-31', 'closed', '2031-01-01'), ('DX_6', 'x', 'Red', '2030-01-01', '2030-06-30', 'stopped', '2030-08-01'),
  ('DX_7', 'x', 'Amber/Red', '2030-01-01', '2030-06-30', 'closed', '2030-06-01'),
  -- these do not count: not known yet, stopped early, rated after the end, no rating, closed on an unknown day
  ('DX_8', 'x', 'Green', '2030-01-01', '2031-12-31', 'in_delivery', NULL), ('DX_9', 'x', 'Red', '2030-01-01', '2030-06-30', 'stopped', '2030-02-01'),
  ('DX_10', 'x', 'Red', '2030-01-01', '2029-06-30', 'in_delivery', NULL), ('DX_11', 'x', 'Reset', '2030-01-01', '2030-06-30', 'in_delivery', NULL), ('DX_12', 'x', 'Red', '2030-01-01', '2030-06-30', 'closed', NULL);
DELETE FROM portfolio.dca_history;
UPDATE portfolio.programme SET dca = NULL WHERE code = 'DC_A';
SELECT results_eq($$SELECT * FROM portfolio.dca_calibration('2030-12-31')$$,
  $$VALUES (5, 'Green', 2::bigint, 1::bigint, 0.5000, 0.1, 0.410000, 0.666667), (5, 'Amber', 2, 1, 0.5000, 0.5, 0.250000, 0.666667),
           (5, 'Amber/Red', 1, 0, 0.0000, 0.7, 0.490000, 0.666667), (5, 'Red', 2, 2, 1.0000, 0.9, 0.010000, 0.666667),
           (5, NULL, 7, 4, 0.5714, NULL, 0.261429, 0.666667)$$, 'count, share late, Brier score and area under the curve are those made by hand');
SELECT results_eq($$SELECT rating, ratings, late, brier, auc FROM portfolio.dca_calibration('2030-06-15')$$,
  $$VALUES ('Amber', 1::bigint, 0::bigint, 0.250000, 1.000000), ('Amber/Red', 1, 0, 0.490000, 1.0), ('Red', 1, 1, 0.010000, 1.0), (NULL, 3, 1, 0.250000, 1.0)$$, 'as of an earlier day only what was known then');
SELECT results_eq($$SELECT rating, probability, brier FROM portfolio.dca_calibration('2030-06-15', '{"probabilities": {"AR": 0.25, "Red": 1}}')$$,
  $$VALUES ('Amber', 0.5, 0.250000), ('Amber/Red', 0.25, 0.062500), ('Red', 1, 0.000000), (NULL, NULL, 0.104167)$$, 'ratings read as other probabilities');
SELECT is_empty($$SELECT * FROM portfolio.dca_calibration('2030-01-31')$$, 'before anything is known');
INSERT INTO portfolio.dca_history (programme, rated_on, dca, end_date) SELECT id, '2030-02-01', 'Amber (3)', '2030-06-30' FROM portfolio.programme WHERE code IN ('DX_1', 'DX_2');
SELECT results_eq($$SELECT scale, rating, ratings, probability, brier, auc FROM portfolio.dca_calibration('2030-12-31') WHERE scale = 3$$,
  $$VALUES (3, 'Amber (3)', 2::bigint, 0.5, 0.250000, 0.500000), (3, NULL, 2, NULL, 0.250000, 0.500000)$$, 'scales are kept apart; ties are chance');
SELECT throws_ok(format('SELECT portfolio.dca_calibration(%L, %L)', '2030-12-31', o), '22023', m, 'refused: ' || o)
  FROM (VALUES ('{"probabilities": 1}', 'option "probabilities" must be an object of ratings'), ('{"probabilities": {"Puce": 0.1}}', 'option "probabilities" says of "Puce" what is no rating or no probability'),
               ('{"probabilities": {"Red": 2}}', 'option "probabilities" says of "Red" what is no rating or no probability'), ('{"probabilities": {"Exempt": 0.5}}', 'option "probabilities" says of "Exempt" what is no rating or no probability'),
               ('{"x": 1}', 'option "x" is not known')) v (o, m);

-- A thousand random ratings against the definition, pair by pair.
DELETE FROM portfolio.dca_history;
SELECT setseed(0.3) AS seed \gset
INSERT INTO portfolio.dca_history (programme, rated_on, dca, end_date)
  SELECT p.id, date '2030-01-01' - n, ('{Green,Amber/Green,Amber,Amber/Red,Red,Green (3),Amber (3),Red (3),Exempt}'::text[])[1 + floor(random() * 9)::int]::portfolio.dca, date '2030-06-30' + (random() * 120 - 60)::int
    FROM portfolio.programme p, generate_series(1, 90) n WHERE p.code LIKE 'DX%';
CREATE TEMP TABLE known AS
  SELECT r.scale, r.place, (coalesce(p.closed_on, '2030-12-31') > r.end_date)::int AS late FROM portfolio.dca_rating r JOIN portfolio.programme p ON p.id = r.programme
   WHERE r.scale > 0 AND r.rated_on <= r.end_date AND r.rated_on <= coalesce(p.closed_on, '2030-12-31') AND (p.state = 'in_delivery' OR p.closed_on IS NOT NULL)
     AND (coalesce(p.closed_on, '2030-12-31') > r.end_date OR p.state = 'closed' AND p.closed_on <= '2030-12-31');
UPDATE portfolio.programme SET closed_on = '2030-12-31' WHERE closed_on > '2030-12-31';
SELECT results_eq($$SELECT scale, ratings, late, brier, auc FROM portfolio.dca_calibration('2030-12-31') WHERE rating IS NULL$$,
  $$SELECT k.scale, count(*), sum(k.late), round(avg((CASE k.scale WHEN 5 THEN (ARRAY[0.9, 0.7, 0.5, 0.3, 0.1])[k.place] ELSE (ARRAY[5 / 6.0, 0.5, 1 / 6.0])[k.place] END - k.late) ^ 2), 6),
           (SELECT round(avg(CASE WHEN a.place < b.place THEN 1 WHEN a.place = b.place THEN 0.5 ELSE 0 END), 6) FROM known a, known b WHERE a.scale = k.scale AND b.scale = k.scale AND a.late = 1 AND b.late = 0)
      FROM known k GROUP BY k.scale ORDER BY k.scale DESC$$, 'a thousand random ratings: as the definitions say, pair by pair');
SELECT cmp_ok(count(*), '>', 500::bigint, count(*) || ' of them are known') FROM known;

-- The shipped portfolio: the real ratings of 30 September 2016.
SELECT count(*) FROM portfolio.load_example() \g /dev/null
SELECT results_eq($$SELECT dca, count(*), sum(whole_life_cost_gbp_m) FROM portfolio.board_report('2016/17 Q2') WHERE department = 'DH' GROUP BY dca ORDER BY 1$$,
  $$SELECT dca::text, count(*), sum(whole_life_cost_gbp_m) FROM portfolio.programme WHERE gmpp_id IS NOT NULL GROUP BY dca ORDER BY 1$$, 'the eighteen programmes are in the report');
SELECT results_eq($$SELECT code, days_late FROM portfolio.board_report('2016/17 Q4') WHERE days_late > 0 AND department = 'DH' ORDER BY 2 DESC$$,
  $$VALUES ('LIAISON_DIVERSION', 1095), ('GPSOC', 731), ('ESR', 487), ('PANDEMIC_FLU', 152), ('EPS_R2', 90)$$, 'five of them are late at the end of the year');
SELECT results_eq($$SELECT dca_label, scale, count(*) FROM portfolio_bi.delivery_confidence WHERE is_latest AND department = 'DH' GROUP BY 1, 2, dca_sort_order ORDER BY dca_sort_order$$,
  $$VALUES ('Amber/Red', 5, 4::bigint), ('Amber', 5, 10), ('Amber/Green', 5, 4)$$, 'for BI tools: as published');

-- The file of that edition, where it is beside the checkout: what is shipped is what was published, and what the ratings were worth by then.
\set data ''
\getenv data PF_DATA
SELECT :'data' <> '' AS has_data \gset
\if :has_data
\set gmpp :data '/gmpp/gmpp_dh_2016-09-30.csv'
CREATE TEMP TABLE published (gmpp_id text, name text, department text, category text, dca text, start_date date, end_date date,
  fy_baseline_gbp_m numeric, fy_forecast_gbp_m numeric, whole_life_cost_gbp_m numeric, snapshot_date date);
COPY published FROM :'gmpp' (FORMAT csv, HEADER);
SELECT bag_eq($$SELECT p.gmpp_id, r.rated_on, r.dca::text, r.end_date, r.fy_baseline_gbp_m, r.fy_forecast_gbp_m, r.whole_life_cost_gbp_m FROM portfolio.dca_rating r JOIN portfolio.programme p ON p.id = r.programme WHERE p.gmpp_id IS NOT NULL$$,
  $$SELECT gmpp_id, snapshot_date, portfolio.dca(dca, 5)::text, end_date, fy_baseline_gbp_m, fy_forecast_gbp_m, whole_life_cost_gbp_m FROM published$$, 'the ratings are the published ones');
INSERT INTO portfolio.dca_history (programme, rated_on, dca, end_date) SELECT p.id, f.snapshot_date, portfolio.dca(f.dca, 5), f.end_date FROM published f JOIN portfolio.programme p USING (gmpp_id);
SELECT is(count(*), 18::bigint, 'a rating that is in the history too counts once') FROM portfolio.dca_rating r JOIN portfolio.programme p ON p.id = r.programme WHERE p.gmpp_id IS NOT NULL;
UPDATE portfolio.programme SET dca = NULL WHERE gmpp_id IS NULL;
DELETE FROM portfolio.dca_history WHERE programme IN (SELECT id FROM portfolio.programme WHERE gmpp_id IS NULL);
SELECT bag_eq($$SELECT rating, ratings, late, share_late, auc FROM portfolio.dca_calibration('2018-06-30') WHERE rating IS NOT NULL$$,
  $$SELECT portfolio.dca(dca, 5)::text AS rating, count(*) AS ratings, count(*) AS late, 1.0000 AS share_late, NULL::numeric AS auc FROM published WHERE end_date BETWEEN '2016-09-30' AND '2018-06-29' GROUP BY 1$$, 'none of those whose end had come by June 2018 was closed');
\else
SELECT pass('the published file is not here');
\endif
SELECT * FROM finish();
