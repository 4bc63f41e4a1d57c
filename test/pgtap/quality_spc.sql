-- XmR charts equal published ones, point by point where the rules are concerned.
BEGIN;
SELECT plan(22);

-- NHS-R Community, NHSRplotthedots 0.2.2, snapshot test of ptd_spc_standard (tests/testthat/_snaps/ptd_spc_standard.md):
-- twenty standard normal numbers (R: set.seed(123); rnorm(20)), then the fifteenth set to 10, with and without screening.
CREATE TEMP TABLE published (n int, v numeric);
INSERT INTO published SELECT n, v FROM unnest(ARRAY[-0.56047565, -0.23017749, 1.55870831, 0.07050839, 0.12928774, 1.71506499, 0.46091621, -1.26506123,
  -0.68685285, -0.44566197, 1.22408180, 0.35981383, 0.40077145, 0.11068272, -0.55584113, 1.78691314, 0.49785048, -1.96661716, 0.70135590, -0.47279141])
  WITH ORDINALITY AS o (v, n);
CREATE FUNCTION pg_temp.series(fifteenth numeric DEFAULT NULL) RETURNS numeric[] LANGUAGE sql AS
  $$SELECT array_agg(CASE WHEN n = 15 THEN coalesce(fifteenth, v) ELSE v END ORDER BY n) FROM published$$;
SELECT results_eq($$SELECT DISTINCT round(mean, 7), round(lower_limit, 5), round(upper_limit, 6) FROM portfolio.xmr(pg_temp.series())$$,
  'VALUES (0.1416238, -3.01138, 3.294627)', 'mean and limits of the published series');
SELECT is((SELECT count(special_cause) FROM portfolio.xmr(pg_temp.series())), 0::bigint, 'and all of it is common cause');
SELECT results_eq($$SELECT DISTINCT round(mean, 7), round(lower_limit, 6), round(upper_limit, 6) FROM portfolio.xmr(pg_temp.series(10))$$,
  'VALUES (0.6694159, -2.383666, 3.722497)', 'an outlier does not widen the limits');
SELECT results_eq($$SELECT DISTINCT round(mean, 7), round(lower_limit, 6), round(upper_limit, 6) FROM portfolio.xmr(pg_temp.series(10), '{"screen": false}')$$,
  'VALUES (0.6694159, -4.596625, 5.935457)', 'unless one wants it to');
SELECT results_eq($$SELECT n, special_cause, direction, signal FROM portfolio.xmr(pg_temp.series(10)) WHERE special_cause IS NOT NULL$$,
  $$VALUES (15, 'outside_limits', 'up', 'improvement')$$, 'and it is found');

-- NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.2: ten batches; mean 50.81, mean moving range 1.8778
SELECT results_eq($$SELECT DISTINCT round(mean, 2), round((upper_limit - mean) / 2.66, 4) FROM portfolio.xmr('{49.6,47.6,49.9,51.3,47.8,51.2,52.6,52.4,53.6,52.1}')$$,
  'VALUES (50.81, 1.8778)', 'mean and moving range of the engineering handbook');
SELECT is((SELECT array_agg(moving_range ORDER BY n) FROM portfolio.xmr('{49.6,47.6,49.9,51.3,47.8,51.2,52.6,52.4,53.6,52.1}')),
  '{NULL,2.0,2.3,1.4,3.5,3.4,1.4,0.2,1.2,1.5}'::numeric[], 'each moving range');

-- The rules for points, by the cases of NHSRplotthedots (tests/testthat/test-ptd_calculate_point_type.R). The baseline sets the
-- limits first, so that the cases can be said in values: mean 0, moving range 1, limits -2.66 and 2.66, outer third from 1.7733.
CREATE FUNCTION pg_temp.flags(v numeric[], cause text) RETURNS int[] LANGUAGE sql AS
  $$SELECT array_agg((x.special_cause IS NOT DISTINCT FROM cause)::int ORDER BY x.n) FROM portfolio.xmr(ARRAY[-0.5, 0.5, -0.5, 0.5] || v, '{"baseline": 4}') x WHERE x.n > 4$$;
SELECT is(pg_temp.flags('{0.1,0.2,0.1,0.2,0.1,0.2,0.1,0.2,-0.1}', 'shift'), '{1,1,1,1,1,1,1,1,0}', 'eight on one side: all of them are a shift');
SELECT is(pg_temp.flags('{-0.2,0.2,0.1,0.2,0.1,0.2,0.1,-0.1}', 'shift'), '{0,0,0,0,0,0,0,0}', 'six are none');
SELECT is(pg_temp.flags('{-1.2,-0.9,-0.6,-0.3,0.1,0.4,0.7,0.2}', 'trend'), '{1,1,1,1,1,1,1,0}', 'seven that rise are a trend, from the first on');
SELECT is(pg_temp.flags('{-0.9,-0.6,-0.3,-0.3,0.1,0.4,0.7}', 'trend'), '{0,0,0,0,0,0,0}', 'a step that is level breaks it');
SELECT is(pg_temp.flags('{0.6,1.9,0.3,1.9,0.2,-0.2,-0.1}', 'two_of_three'), '{0,1,0,1,0,0,0}', 'two out of three near a limit, not the one between');
SELECT is(pg_temp.flags('{1.9,-0.3,1.9,-0.2,1.9,-0.2,-0.1}', 'two_of_three'), '{0,0,0,0,0,0,0}', 'not across the mean');
SELECT is(pg_temp.flags('{0.3,2.7,0.3,2.65,0.2,2.67}', 'outside_limits'), '{0,1,0,0,0,1}', 'outside is outside');
SELECT results_eq($$SELECT array_agg(direction ORDER BY n) FROM portfolio.xmr('{-0.5,0.5,-0.5,0.5,-1.2,-0.8,-0.4,0.0,0.4,0.8,1.2,0.8,0.4,0.0,-0.4,-0.8,-1.2}', '{"baseline": 4}') WHERE n > 4$$,
  $$VALUES ('{up,up,up,up,up,up,down,down,down,down,down,down,down}'::text[])$$, 'where a trend turns the point belongs to what follows');
SELECT is((SELECT array_agg(DISTINCT signal) FROM portfolio.xmr('{1,2,1,2,1,9}', '{"improvement": "down"}') WHERE special_cause IS NOT NULL), '{concern}', 'up is bad where down is good');
SELECT results_eq($$SELECT n, round(mean, 2) FROM portfolio.xmr('{1,2,NULL,1,2,10,12,10,12}', '{"rebase": [6]}') ORDER BY n$$,
  'VALUES (1, 1.50), (2, 1.50), (4, 1.50), (5, 1.50), (6, 11.00), (7, 11.00), (8, 11.00), (9, 11.00)', 'limits begin anew, and a gap keeps its place');
SELECT results_eq($$SELECT n, mean, upper_limit FROM portfolio.xmr('{5}')$$, 'VALUES (1, 5.0000000000000000, NULL::numeric)', 'one value has no limits');
SELECT throws_ok($$SELECT portfolio.xmr('{1,2}', '{"base": 1}')$$, '22023', 'option "base" is not known', 'unknown options are refused');
SELECT throws_ok($$SELECT portfolio.xmr('{1,2}', '{"improvement": "sideways"}')$$, '22023', 'improvement "sideways" is not known', 'and unknown directions');

-- A line of text
SELECT results_eq($$SELECT portfolio.sparkline(v) FROM (VALUES (1, '{1,2,3,4,5,6,7,8}'::numeric[]), (2, '{3,NULL,1}'), (3, '{7,7}'), (4, '{}'), (5, '{NaN,1,Infinity,2}')) t (n, v) ORDER BY n$$,
  $$VALUES ('▁▂▃▄▅▆▇█'), ('█ ▁'), ('▄▄'), (''), (' ▁ █')$$, 'a sparkline, with gaps, level, empty, and with what is no number');
SELECT is(portfolio.sparkline(NULL), NULL, 'NULL for NULL');

SELECT * FROM finish();
ROLLBACK;
