-- Waves of transfers: never before what an element needs, never over capacity, and of the least cost, which a slow search
-- that tries everything finds too.
SELECT * FROM no_plan();
SELECT setseed(0.4142) AS seed \gset

-- Every deal of items to waves (the wave after the last holds any number), item by item; the least cost of those that are legal.
CREATE FUNCTION pg_temp.brute_force(sizes int[], costs bigint[], items int[], needs int[], capacities int[]) RETURNS bigint LANGUAGE sql AS $$
  WITH RECURSIVE deal AS (
    SELECT 0 AS n, '{}'::int[] AS wave, $5 || 2000000000 AS room
    UNION ALL
    SELECT d.n + 1, d.wave || w, d.room[:w - 1] || (d.room[w] - $1[d.n + 1]) || d.room[w + 1:]
      FROM deal d CROSS JOIN generate_series(1, cardinality($5) + 1) w
     WHERE d.n < cardinality($1) AND d.room[w] >= $1[d.n + 1])
  SELECT min((SELECT sum($2[i] * d.wave[i]) FROM generate_subscripts(d.wave, 1) i))
    FROM deal d
   WHERE d.n = cardinality($1)
     AND NOT EXISTS (SELECT FROM unnest($3, $4) x (item, needs)
                      WHERE d.wave[x.item] <= d.wave[x.needs] AND d.wave[x.item] <= cardinality($5))
$$;

-- Random instances of up to eight items: half of them have needs, the sizes and capacities are small, so that all matters.
CREATE TEMP TABLE instance AS
  SELECT k, ARRAY(SELECT 1 + (random() ^ 3 * 3)::int FROM generate_series(1, n) WHERE k > 0) AS sizes,
         ARRAY(SELECT (random() * 40)::bigint FROM generate_series(1, n) WHERE k > 0) AS costs,
         ARRAY(SELECT (random() * 3)::int FROM generate_series(1, waves) WHERE k > 0) AS capacities, p.items, p.needs
    FROM (SELECT k, 1 + k % 8 AS n, CASE WHEN k % 8 = 7 THEN 2 ELSE 1 + k / 8 % 3 END AS waves FROM generate_series(1, 120) k) i
    CROSS JOIN LATERAL (
      -- a need points to an item of a smaller number, so that there is no circle
      SELECT coalesce(array_agg(a), '{}') AS items, coalesce(array_agg(b), '{}') AS needs
        FROM generate_series(1, n) a, generate_series(1, n) b WHERE b < a AND random() < 0.3 AND k % 2 = 0) p;
SELECT is(count(*) FILTER (WHERE p.plan_cost = p.plan_bound AND p.plan_cost = pg_temp.brute_force(i.sizes, i.costs, i.items, i.needs, i.capacities)), count(*),
          'the least cost of ' || count(*) || ' random instances is that of trying everything')
  FROM instance i CROSS JOIN LATERAL (SELECT min(plan_cost) AS plan_cost, max(plan_bound) AS plan_bound FROM portfolio.plan_waves(i.sizes, i.costs, i.items, i.needs, i.capacities)) p;
SELECT is(count(*), 0::bigint, 'no item goes before what it needs, or with it')
  FROM instance i CROSS JOIN LATERAL (SELECT array_agg(wave ORDER BY item) AS wave FROM portfolio.plan_waves(i.sizes, i.costs, i.items, i.needs, i.capacities)) p
  CROSS JOIN LATERAL unnest(i.items, i.needs) x (item, needs)
 WHERE p.wave[x.item] IS NOT NULL AND (p.wave[x.needs] IS NULL OR p.wave[x.needs] >= p.wave[x.item]);
SELECT is(count(*), 0::bigint, 'no wave takes more than its capacity')
  FROM (SELECT i.k, p.wave, sum(i.sizes[p.item]) AS taken, min(i.capacities[p.wave]) AS capacity
          FROM instance i CROSS JOIN LATERAL portfolio.plan_waves(i.sizes, i.costs, i.items, i.needs, i.capacities) p WHERE p.wave IS NOT NULL GROUP BY i.k, p.wave) w
 WHERE w.taken > w.capacity;
SELECT is(count(*), 0::bigint, 'plan_cost is the sum of cost x wave')
  FROM (SELECT i.k, sum(i.costs[p.item] * coalesce(p.wave, cardinality(i.capacities) + 1)) AS by_hand, min(p.plan_cost) AS plan_cost
          FROM instance i CROSS JOIN LATERAL portfolio.plan_waves(i.sizes, i.costs, i.items, i.needs, i.capacities) p GROUP BY i.k) c
 WHERE c.by_hand <> c.plan_cost;
SELECT cmp_ok(count(*), '>', 20::bigint, 'where needs matter: without them ' || count(*) || ' instances cost less')
  FROM instance i WHERE (SELECT min(plan_cost) FROM portfolio.plan_waves(i.sizes, i.costs, i.items, i.needs, i.capacities))
                      > (SELECT min(plan_cost) FROM portfolio.plan_waves(i.sizes, i.costs, '{}', '{}', i.capacities));
SELECT is(count(*) FILTER (WHERE p.plan_cost = p.plan_bound), 10::bigint, 'sixteen items are settled, ten times out of ten')
  FROM (SELECT k, array_agg(1) AS sizes, array_agg((1 + random() * 300)::bigint) AS costs, array_agg(n) FILTER (WHERE n > 2 AND random() < 0.5) AS items
          FROM generate_series(1, 10) k, generate_series(1, 16) n GROUP BY k) i,
  LATERAL (SELECT min(plan_cost) AS plan_cost, min(plan_bound) AS plan_bound
             FROM portfolio.plan_waves(i.sizes, i.costs, i.items, ARRAY(SELECT x / 2 FROM unnest(i.items) x), array_fill(2, '{10}'))) p;
-- Beyond what is searched through: a plan, and a bound.
SELECT ok(min(plan_cost) >= min(plan_bound) AND min(plan_cost) <= 1.2 * min(plan_bound) AND count(wave) = 300,
          format('three hundred items: the plan costs %s, and no plan less than %s', min(plan_cost), min(plan_bound)))
  FROM (SELECT array_agg(1) AS sizes, array_agg(1 + n * 7919 % 101) AS costs, array_agg(n) FILTER (WHERE n % 5 = 0) AS items, array_agg(n - 3) FILTER (WHERE n % 5 = 0) AS needs
          FROM generate_series(1, 300) n) i,
       portfolio.plan_waves(i.sizes, i.costs::bigint[], i.items, i.needs, array_fill(7, '{60}'), 2000);
SELECT is(count(*), 0::bigint, 'nothing to plan') FROM portfolio.plan_waves('{}', '{}', '{}', '{}', '{1}');
SELECT is(array_agg(wave), '{NULL,NULL}'::int[], 'no wave at all') FROM portfolio.plan_waves('{1,1}', '{1,1}', '{}', '{}', '{}');
SELECT throws_ok($$SELECT portfolio.plan_waves('{1,1}', '{1,1}', '{1,2}', '{2,1}', '{1}')$$, '22023', 'item 1 needs itself', 'a circle');
SELECT throws_ok($$SELECT portfolio.plan_waves('{1}', '{1}', '{1}', '{2}', '{1}')$$, '22023', 'there is no item 2', 'a need of nothing');
SELECT throws_ok($$SELECT portfolio.plan_waves('{1}', '{1,2}', '{}', '{}', '{1}')$$, '2202E', 'sizes and costs must have the same number of elements', 'as many costs as sizes');
SELECT throws_ok($$SELECT portfolio.plan_waves('{0}', '{1}', '{}', '{}', '{1}')$$, '22023', 'a size must be positive and a cost must not be negative', 'a size');
SELECT throws_ok($$SELECT portfolio.plan_waves('{1}', '{1}', '{}', '{}', '{-1}')$$, '22023', 'a capacity must not be negative', 'a capacity');
SELECT throws_ok($$SELECT portfolio.plan_waves('{1}', '{9000000000000000000}', '{}', '{}', '{1,1}')$$, '22003', 'costs are too high', 'a cost');
SELECT throws_ok($$SELECT portfolio.plan_waves('{1,NULL}', '{1,1}', '{}', '{}', '{1}')$$, '22004', 'sizes must not contain nulls', 'no nulls');

-- The plan of a portfolio: eight late programmes, each with a service, which need each other at random and over one system.
INSERT INTO portfolio.programme (code, name, end_date) SELECT 'GW_P' || n, 'Programme ' || n, date '2017-05-31' - (n * n * 13) FROM generate_series(1, 8) n;
INSERT INTO portfolio.service (code, name, governed_by) SELECT 'GW_S' || n, 'Service ' || n, portfolio.element_ref('programme:GW_P' || n) FROM generate_series(1, 8) n;
INSERT INTO portfolio.system (code, name) VALUES ('GW_SYS', 'System between');
CREATE TEMP TABLE found (try int, ok boolean, what text);
CREATE FUNCTION pg_temp.attempt(try int) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  capacity int := 1 + try % 3;
  to_day date := date '2017-06-01' + 31 * (1 + try % 4);
  waves int := (SELECT count(*) FROM portfolio.wave_periods('2017-06-01', to_day, capacity));
BEGIN
  DELETE FROM portfolio.relationship;
  INSERT INTO portfolio.relationship (source, kind, target)
    SELECT portfolio.element_ref('service:GW_S' || a), 'serving', portfolio.element_ref('service:GW_S' || b)
      FROM generate_series(1, 8) a, generate_series(1, 8) b WHERE a < b AND random() < 0.2;
  PERFORM portfolio.relate('service:GW_S7', 'serving', 'system:GW_SYS'), portfolio.relate('system:GW_SYS', 'serving', 'service:GW_S8');
  CREATE TEMP TABLE line AS SELECT * FROM portfolio.transfer_waves('2017-06-01', to_day, capacity);
  -- what needs what, by a recursive query over relationships: an independent reading
  CREATE TEMP TABLE needs AS
    WITH RECURSIVE edge AS (SELECT source AS a, target AS b FROM portfolio.relationship),
    reach AS (SELECT a, b FROM edge UNION SELECT r.a, e.b FROM reach r JOIN edge e ON e.a = r.b)
    SELECT y.governed_by AS item, x.governed_by AS needs FROM reach r JOIN portfolio.service x ON x.id = r.a JOIN portfolio.service y ON y.id = r.b;
  INSERT INTO found
    SELECT try, count(*) = 8 AND count(DISTINCT element) = 8, 'lines' FROM line
    UNION ALL SELECT try, count(*) = 0, 'capacity' FROM (SELECT FROM line WHERE wave IS NOT NULL GROUP BY wave HAVING count(*) > capacity) o
    UNION ALL SELECT try, count(*) = 0, 'order' FROM needs n JOIN line x ON x.element = n.item JOIN line y ON y.element = n.needs WHERE x.wave IS NOT NULL AND (y.wave IS NULL OR y.wave >= x.wave)
    UNION ALL SELECT try, bool_and(x.waits_for = ARRAY(SELECT 'programme:' || y.code FROM needs n JOIN line y ON y.element = n.needs WHERE n.item = x.element ORDER BY 1)), 'waits_for' FROM line x
    UNION ALL SELECT try, bool_and(plan_cost = by_hand AND plan_cost = plan_bound), 'sum' FROM (SELECT plan_cost, plan_bound, sum(priority * coalesce(wave, waves + 1)) OVER () AS by_hand FROM line) s
    UNION ALL SELECT try, min(plan_cost) * 100 = (
        SELECT pg_temp.brute_force(array_fill(1, '{8}'), array_agg((priority * 100)::bigint ORDER BY code), (SELECT coalesce(array_agg(right(x.code, 1)::int), '{}') FROM needs n JOIN portfolio.programme x ON x.id = n.item),
                                   (SELECT coalesce(array_agg(right(y.code, 1)::int), '{}') FROM needs n JOIN portfolio.programme y ON y.id = n.needs), array_fill(capacity, ARRAY[waves])) FROM line), 'optimal' FROM line;
  DROP TABLE line, needs;
END
$$;
SELECT count(pg_temp.attempt(try)) FROM generate_series(1, 8) try \g /dev/null
SELECT ok(bool_and(ok), format('portfolio %s: each programme once, never over capacity, never before what it needs, of the least cost (%s)', try, string_agg(what, ', ') FILTER (WHERE NOT ok)))
  FROM found GROUP BY try ORDER BY try;

-- What each line says.
DELETE FROM portfolio.relationship;
SELECT portfolio.relate('service:GW_S1', 'serving', 'service:GW_S8') \g /dev/null
SELECT results_eq($$SELECT wave, code, waits_for, why FROM portfolio.transfer_waves('2017-06-01', '2017-07-31', 7, '{"capacities": [1]}') WHERE code IN ('GW_P1', 'GW_P8', 'GW_P7') ORDER BY code$$,
  $$VALUES (1, 'GW_P1', '{}'::text[], 'It needs nothing of the others and goes at once. It opens the way for programme:GW_P8. Priority 0.05: cost of delay 1 for a risk of 21.'),
           (2, 'GW_P7', '{}', 'It could go from wave 1 on, and the team''s capacity is used better for others till then. Priority 1.05: cost of delay 21 for a risk of 20.'),
           (2, 'GW_P8', '{programme:GW_P1}', 'It goes as soon as what it needs is over: programme:GW_P1. Priority 1.40: cost of delay 28 for a risk of 20.')$$,
  'why each stands where it does');
SELECT results_eq($$SELECT wave, code, left(why, 80) FROM portfolio.transfer_waves('2017-06-01', '2017-06-30', 1) WHERE code IN ('GW_P1', 'GW_P8', 'GW_P7') ORDER BY code$$,
  $$VALUES (NULL, 'GW_P1', 'The waves up to 2017-06-30 are full with what costs more to delay for its risk. '),
           (1, 'GW_P7', 'It needs nothing of the others and goes at once. Priority 1.05: cost of delay 21'),
           (NULL, 'GW_P8', 'It needs what has no place itself: programme:GW_P1. Priority 1.40: cost of delay')$$, 'and why some find no place');
SELECT portfolio.relate('service:GW_S8', 'serving', 'service:GW_S1') \g /dev/null
SELECT results_eq($$SELECT count(*) FILTER (WHERE wave IS NULL), bool_and(why ~ '^No wave takes 2 elements at once\. It goes together with programme:GW_P[18]: each needs the other\. ') FROM portfolio.transfer_waves('2017-06-01', '2018-03-31', 1) WHERE code IN ('GW_P1', 'GW_P8')$$,
  $$VALUES (2::bigint, true)$$, 'what needs each other goes together or not at all');
SELECT results_eq($$SELECT count(DISTINCT wave), count(wave) FROM portfolio.transfer_waves('2017-06-01', '2018-03-31', 3) WHERE code IN ('GW_P1', 'GW_P8')$$,
  $$VALUES (1::bigint, 2::bigint)$$, 'where two have room they are in one wave');
SELECT results_eq($$SELECT wave, starts_on, ends_on, capacity FROM portfolio.wave_periods('2017-05-15', '2017-11-20', 2, '{"period": "quarter", "capacities": [0, 5]}')$$,
  $$VALUES (1, date '2017-05-15', date '2017-06-30', 0), (2, '2017-07-01', '2017-09-30', 5), (3, '2017-10-01', '2017-11-20', 2)$$, 'waves are calendar periods, cut to the plan');
SELECT throws_ok($$SELECT portfolio.transfer_waves('2017-06-01', '2017-05-01', 1)$$, '22023', 'a plan needs a first and a last day', 'no time');
SELECT throws_ok($$SELECT portfolio.transfer_waves('2017-06-01', NULL, 1)$$, '22023', 'a plan needs a first and a last day', 'no end');
SELECT throws_ok($$SELECT portfolio.transfer_waves('2017-06-01', '2018-05-01', -1)$$, '22023', 'capacity must be 0 or more elements a wave', 'no capacity');
SELECT throws_ok($$SELECT portfolio.transfer_waves('2017-06-01', '2018-05-01', 1, '{"period": "day"}')$$, '22023', 'option "period" must be week, month or quarter', 'an unknown period');
SELECT throws_ok($$SELECT portfolio.transfer_waves('2017-06-01', '2018-05-01', 1, '{"capacities": [1, -2]}')$$, '22023', 'option "capacities" must be an array of capacities, one a wave', 'unusual capacities');
SELECT throws_ok($$SELECT portfolio.transfer_waves('2017-06-01', '2018-05-01', 1, '{"max_steps": "many"}')$$, '22023', 'option "max_steps" must be a number of steps', 'unusual steps');
SELECT throws_ok($$SELECT portfolio.transfer_waves('2017-06-01', '2018-05-01', 1, '{"colour": 1}')$$, '22023', 'option "colour" is not known', 'an unknown option');
SELECT * FROM finish();
