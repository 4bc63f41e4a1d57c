-- Each number of variation() against an example that somebody has published with its data. Where the publication rounds, what
-- it prints is met, and the same numbers worked another way in double precision are met to 1e-9.
BEGIN;
SELECT plan(15);
INSERT INTO portfolio.service (code, name) VALUES ('V_S', 'Variation');
CREATE TEMP TABLE example (measure text, nth int, value numeric, num numeric, den numeric);

-- Percentiles: TIBCO Enterprise Runtime for R, reference of quantile(): quantile(1:9, probs = seq(0, 1, .1)).
INSERT INTO example (measure, nth, value) SELECT 'v-nine', g, g FROM generate_series(1, 9) g;
-- Coefficient of variation: M. F. Zady, "Mean, standard deviation, and coefficient of variation", Westgard QC, 1999: ten analyses
-- of a control material, mean 87.7, sum of squares 132.10, s 3.83.
INSERT INTO example (measure, nth, value) SELECT 'v-control', n, v FROM unnest('{90,91,89,84,88,93,80,90,85,87}'::numeric[]) WITH ORDINALITY u (v, n);
-- Gini coefficient: R's package ineq, reference of ineq(): ten incomes, 0.4620911.
INSERT INTO example (measure, nth, value) SELECT 'v-income', n, v FROM unnest('{541,1463,2445,3438,4437,5401,6392,8304,11904,22261}'::numeric[]) WITH ORDINALITY u (v, n);
-- Systematic component of variation: T. Schoch, "sava: Small Area Variation Analysis" (2025), data TURP and section 2.1 of the
-- vignette: transurethral resections of the prostate, observed and expected, in 61 hospital service areas of Switzerland in 2014;
-- 0.08672256 in the definition of Diehr et al. (1990).
INSERT INTO example (measure, nth, num, den)
SELECT 'v-turp', row_number() OVER (), o, e FROM (VALUES
  (64, 61.7794247824), (325, 278.7091209969), (302, 250.7631905817), (88, 93.8310445678), (145, 89.6303862243), (775, 712.7239776780), (163, 212.7620037801), (103, 107.8835262396),
  (197, 210.4885425328), (77, 87.1224174539), (93, 136.1022090239), (673, 591.6341066571), (264, 243.6278258463), (444, 498.2496209841), (24, 50.8952522926), (134, 201.8260187605),
  (23, 44.8152901998), (44, 92.7717857302), (204, 286.6841336245), (59, 85.7856879525), (50, 71.7521829005), (65, 141.6841565829), (55, 61.9060598760), (37, 61.9492033132),
  (13, 39.3596394069), (493, 381.4535850965), (26, 41.2441363569), (58, 52.4270771733), (69, 74.1856190930), (43, 46.3547441777), (74, 113.2937894261), (97, 117.7459430974),
  (151, 170.5442949263), (71, 74.7793188985), (138, 108.0748189289), (192, 136.6546601749), (215, 145.9461401840), (79, 104.6448223721), (64, 115.7809730639), (207, 268.5912621931),
  (32, 48.3174870763), (290, 432.4018722330), (85, 90.8573968921), (119, 114.9145406239), (54, 85.8791872862), (43, 63.9871909982), (173, 104.1655376055), (342, 245.8478512698),
  (90, 96.9596677703), (100, 135.9210973446), (304, 264.0781148931), (180, 152.7581620331), (125, 117.6922723173), (70, 58.9366119576), (236, 149.7245975803), (116, 94.9587000318),
  (95, 89.8954431188), (179, 126.3895373648), (172, 136.5325759310), (322, 254.1154618645), (170, 164.2087006565)) v (o, e);
-- Funnel: NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.3.2: chips of 30 wafers, 50 a wafer, that do not conform; mean
-- 0.2313, limits of three standard errors 0.0524 and 0.4102.
INSERT INTO example (measure, nth, num, den)
SELECT 'v-wafer', n, v, 50 FROM unnest('{12,15,8,10,4,7,16,9,14,10,5,6,17,12,22,8,10,5,13,11,20,18,24,15,9,12,7,13,9,6}'::numeric[]) WITH ORDINALITY u (v, n);

INSERT INTO portfolio.organisation (code, name) SELECT 'V_' || to_char(g, 'FM00'), 'Unit ' || g FROM generate_series(1, 61) g;
INSERT INTO portfolio.measure (code, name, unit, better) SELECT DISTINCT measure, measure, 'units', 'neither' FROM example;
INSERT INTO portfolio.observation (measure, element, organisation, during, value, numerator, denominator)
SELECT measure, portfolio.element_id('service', 'V_S'), portfolio.element_id('organisation', 'V_' || to_char(nth, 'FM00')), '[2014-01-01,2015-01-01)', value, num, den FROM example;
CREATE TEMP TABLE said AS SELECT m.measure, v.* FROM (SELECT DISTINCT measure FROM example) m CROSS JOIN LATERAL portfolio.variation(m.measure) v;
CREATE TEMP VIEW overall AS SELECT * FROM said WHERE area IS NULL;
CREATE TEMP VIEW unit AS SELECT s.*, e.num::float8 AS o, e.den::float8 AS n FROM said s JOIN example e ON e.measure = s.measure AND s.area_code = 'V_' || to_char(e.nth, 'FM00');

SELECT results_eq($$SELECT measure, units FROM overall ORDER BY 1$$, $$VALUES ('v-control', 10::bigint), ('v-income', 10), ('v-nine', 9), ('v-turp', 61), ('v-wafer', 30)$$, 'five examples');
SELECT ok(abs(p10 - 1.8) < 1e-9 AND abs(p50 - 5.0) < 1e-9 AND abs(p90 - 8.2) < 1e-9, 'p10, p50 and p90 of 1 to 9 as published: 1.8, 5, 8.2') FROM overall WHERE measure = 'v-nine';
SELECT ok(abs(value - 87.7) < 1e-9 AND round(coefficient_of_variation * value, 2) = 3.83, 'mean and standard deviation of ten analyses as published') FROM overall WHERE measure = 'v-control';
SELECT cmp_ok(abs(coefficient_of_variation::float8 - sqrt(132.10 / 9) / 87.7), '<', 1e-9::float8, 'and their coefficient of variation') FROM overall WHERE measure = 'v-control';
SELECT ok(round(gini, 7) = 0.4620911 AND abs(gini - 0.462091130267624) < 1e-9, 'the Gini coefficient of ten incomes as published') FROM overall WHERE measure = 'v-income';
SELECT cmp_ok(abs(gini::float8 - (SELECT sum(abs(a.value - b.value))::float8 / (2 * 10 * (sum(a.value) / 10)::float8) FROM example a, example b WHERE a.measure = 'v-income' AND b.measure = 'v-income')), '<', 1e-9::float8,
  'and as the mean difference of all pairs') FROM overall WHERE measure = 'v-income';

SELECT ok(abs(value - 100) < 1e-6 AND abs(systematic_component - 0.08672256) < 5e-9, 'the systematic component of 61 areas as published') FROM overall WHERE measure = 'v-turp';
SELECT cmp_ok(abs(systematic_component::float8 - (SELECT (sum(o ^ 2 / e ^ 2) - 2 * sum(o / e) + count(*) - sum(1 / e)) / count(*) FROM (SELECT u.o, u.n * sum(u.o) OVER () / sum(u.n) OVER () AS e FROM unit u WHERE u.measure = 'v-turp') x)),
  '<', 1e-9::float8, 'and worked from its four sums') FROM overall WHERE measure = 'v-turp';
SELECT is_empty($$SELECT area_code, value FROM unit JOIN (VALUES ('V_01', 0.03594360), ('V_02', 0.16609029), ('V_03', 0.20432349), ('V_04', -0.06214409), ('V_05', 0.61775494), ('V_06', 0.08737748)) v (area_code, y) USING (area_code)
   WHERE measure = 'v-turp' AND abs(value / 100 - 1 - y) > 5e-9$$, 'relative rates of the six areas that are printed');
SELECT is_empty($$SELECT area_code, z FROM unit WHERE measure = 'v-turp' AND abs(z::float8 - (o - expected::float8) / sqrt(expected::float8)) >= 1e-9$$, 'a funnel of counts: Poisson standard errors');
SELECT results_eq($$SELECT outlier, count(*) FROM unit WHERE measure = 'v-turp' AND outlier IS NOT NULL GROUP BY 1 ORDER BY 1$$,
  $$SELECT CASE WHEN z < 0 THEN CASE WHEN z < -3.09 THEN 'low' ELSE 'rather low' END WHEN z > 3.09 THEN 'high' ELSE 'rather high' END, count(*)
      FROM (SELECT (e.num - e.den) / sqrt(e.den) AS z FROM example e WHERE e.measure = 'v-turp') x WHERE abs(z) > 1.96 GROUP BY 1 ORDER BY 1$$, 'and what is outside it');

SELECT ok((SELECT round(value / 100, 4) = 0.2313 FROM overall WHERE measure = 'v-wafer')
          AND (SELECT count(*) = 30 AND bool_and(round(m.mean - 3 * abs((u.value / 100 - m.mean) / u.z), 4) = 0.0524 AND round(m.mean + 3 * abs((u.value / 100 - m.mean) / u.z), 4) = 0.4102)
                 FROM unit u, (SELECT value / 100 AS mean FROM overall WHERE measure = 'v-wafer') m WHERE u.measure = 'v-wafer'), 'a funnel of proportions: mean and limits of 30 wafers as published');
SELECT is_empty($$SELECT area_code, z FROM unit WHERE measure = 'v-wafer' AND abs(z::float8 - (o - 50 * 347.0 / 1500) / sqrt(50 * 347.0 / 1500 * 1153 / 1500)) >= 1e-9$$, 'binomial standard errors');
SELECT results_eq($$SELECT area_code, outlier FROM unit WHERE measure = 'v-wafer' AND outlier IS NOT NULL ORDER BY 1$$,
  $$VALUES ('V_05', 'rather low'), ('V_11', 'rather low'), ('V_15', 'high'), ('V_18', 'rather low'), ('V_21', 'rather high'), ('V_22', 'rather high'), ('V_23', 'high')$$, 'wafers 15 and 23 are beyond the outer limits, as published');

-- the same whether it was reported by month or once: twelve months of 100 uses are a year of 1200, and days weigh a mean
INSERT INTO portfolio.measure (code, name, unit, better, combine) VALUES ('v-sum', 'Sum', 'uses', 'higher', 'sum'), ('v-mean', 'Mean', 'percent', 'higher', 'mean');
INSERT INTO portfolio.observation (measure, element, organisation, during, value)
SELECT 'v-sum', portfolio.element_id('service', 'V_S'), portfolio.element_id('organisation', 'V_01'), daterange(d::date, (d + interval '1 month')::date), 100 FROM generate_series('2020-01-01'::timestamp, '2020-12-01', interval '1 month') d;
INSERT INTO portfolio.observation (measure, element, organisation, during, value)
SELECT v.measure, portfolio.element_id('service', 'V_S'), portfolio.element_id('organisation', v.unit), v.during, v.value
  FROM (VALUES ('v-sum', 'V_02', '[2020-01-01,2021-01-01)'::daterange, 1200), ('v-mean', 'V_01', '[2020-01-01,2020-01-31)', 10), ('v-mean', 'V_01', '[2020-01-31,2020-02-01)', 41), ('v-mean', 'V_02', '[2020-01-01,2020-02-01)', 11)) v (measure, unit, during, value);
SELECT results_eq($$SELECT m, area_code, value::float8, coefficient_of_variation::float8 FROM unnest('{v-sum,v-mean}'::text[]) WITH ORDINALITY u (m, n), portfolio.variation(m, options => '{"period": "2020"}') ORDER BY n, area_code NULLS FIRST$$,
  $$VALUES ('v-sum', NULL, 1200::float8, 0::float8), ('v-sum', 'V_01', 1200, NULL), ('v-sum', 'V_02', 1200, NULL), ('v-mean', NULL, 11, 0), ('v-mean', 'V_01', 11, NULL), ('v-mean', 'V_02', 11, NULL)$$, 'several periods make one as the measure says');
SELECT * FROM finish();
ROLLBACK;
