-- The worked example of the Data Quality Maturity Index methodology, appendix 1: one provider, five data sets, 47.2.
-- Rows with the stated numbers of valid, default and bad values are really there and really scored.
BEGIN;
SELECT plan(24);

CREATE SCHEMA dq;
CREATE TABLE dq.golden (item text PRIMARY KEY, data_set text, records bigint, valid bigint, defaults bigint, threshold numeric, excess numeric, score numeric);
INSERT INTO dq.golden VALUES
  ('1.1', 'G1', 2500, 2400, 100, 2.0, 50, 94.0), ('1.2', 'G1', 2500, 2500, 100, 100, 0, 100), ('1.3', 'G1', 2500, 2000, 100, 0, 100, 76.0),
  ('2.1', 'G2', 1000, 900, 900, 0, 900, 0), ('2.2', 'G2', 1000, 800, 800, 100, 0, 80.0), ('2.3', 'G2', 1000, 900, 450, 0, 450, 45.0),
  ('2.4', 'G2', 1000, 1000, 100, 3.5, 65, 93.5),
  ('3.1', 'G3', 10000, 10000, 0, NULL, 0, 100), ('3.2', 'G3', 10000, 10000, 0, NULL, 0, 100),
  ('7.1', 'G7', 50000, 50000, 100, 2.0, 0, 100), ('7.2', 'G7', 50000, 49000, 5000, 100, 0, 98.0), ('7.3', 'G7', 50000, 45000, 5000, 3.5, 3250, 83.5);

-- Value of record i of an item: the first ones are defaults, then valid, then bad
CREATE FUNCTION dq.value(i bigint, valid bigint, defaults bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$SELECT CASE WHEN i <= defaults THEN 'D' WHEN i <= valid THEN 'V' ELSE 'X' END$$;

INSERT INTO portfolio.reporting_period (code, kind, during) VALUES
  ('2021-04', 'month', '[2021-04-01,2021-05-01)'), ('2021-05', 'month', '[2021-05-01,2021-06-01)'), ('2021-06', 'month', '[2021-06-01,2021-07-01)'),
  ('2021-Q2', 'quarter', '[2021-04-01,2021-07-01)');

DO $$
DECLARE
  s record;
BEGIN
  FOR s IN SELECT data_set, max(records) AS records, array_agg(item ORDER BY item) AS items, array_agg(valid ORDER BY item) AS valid,
                  array_agg(defaults ORDER BY item) AS defaults, CASE data_set WHEN 'G1' THEN 3 WHEN 'G7' THEN 2 ELSE 1 END AS months
             FROM dq.golden GROUP BY data_set ORDER BY data_set LOOP
    EXECUTE format('CREATE TABLE dq.%I AS SELECT i AS id, ''RXX'' AS provider, ''2021-0'' || 4 + i %% %s AS month%s FROM generate_series(1, %s) i',
      lower(s.data_set), s.months,
      (SELECT string_agg(format(', dq.value(i, %s, %s) AS %I', s.valid[k], s.defaults[k], s.items[k]), '') FROM generate_subscripts(s.items, 1) k), s.records);
    PERFORM portfolio.register_data_set(s.data_set, format('dq.%I', lower(s.data_set))::regclass, '{id}', period => 'month', provider => 'provider');
    PERFORM portfolio.add_rule(s.data_set, item || ' is legal', format('%I IN (''V'', ''D'')', item), item) FROM unnest(s.items) item;
    INSERT INTO portfolio.submission (data_set, provider, period, due_on, received_at)
    SELECT d.id, 'RXX', '2021-0' || 4 + m, date '2021-08-01', CASE WHEN m < s.months THEN timestamptz '2021-07-20' END
      FROM portfolio.data_set d, generate_series(0, 2) m WHERE d.code = s.data_set;
  END LOOP;
END
$$;
UPDATE portfolio.data_item i SET default_codes = CASE WHEN g.threshold IS NULL THEN '{}' ELSE '{D}'::text[] END, default_threshold = g.threshold
  FROM portfolio.data_set d, dq.golden g WHERE d.id = i.data_set AND d.code = g.data_set AND i.name = g.item;
-- Data sets 4 and 5 are not expected of the provider: there, and outside the index
CREATE TABLE dq.g4 AS SELECT 1 AS id, 'RXX' AS provider, '2021-04' AS month, 'X' AS "4.1";
SELECT isnt(portfolio.register_data_set('G4', 'dq.g4', '{id}', period => 'month', provider => 'provider'), NULL, 'a data set that is not expected');
SELECT is(portfolio.add_rule('G4', '4.1 is legal', $$"4.1" = 'V'$$, '4.1'), 1, 'has a rule');

SELECT is((SELECT sum(records) FROM portfolio.score_data_set('G1')), 7500::numeric, 'three items of 2500 records');
SELECT lives_ok(format('SELECT count(*) FROM portfolio.score_data_set(%L)', c), c || ' scores') FROM unnest(ARRAY['G2', 'G3', 'G4', 'G7']) c;

SELECT results_eq(
  format($$SELECT item, records, valid_and_complete, defaults, default_threshold, defaults_in_excess, data_item_score FROM portfolio.data_item_quality WHERE code = %L AND item = %L$$, data_set, item),
  format($$SELECT item, records, valid, defaults, threshold, excess, score FROM dq.golden WHERE item = %L$$, item), 'item ' || item)
  FROM dq.golden ORDER BY item;

SELECT results_eq($$SELECT provider, period, items, round(coverage, 4), round(data_item_mean, 2), round(dqmi, 4), round(dqmi, 1) FROM portfolio.dqmi('RXX', '2021-Q2')$$,
  $$VALUES ('RXX'::text, '2021-Q2'::text, 12::bigint, 0.5833, 80.83, 47.1528, 47.2)$$, 'the index is the published 47.2, over 12 items');
SELECT results_eq($$SELECT d, round(q.dqmi, 1) FROM unnest(ARRAY['G1', 'G2', 'G3', 'G7']) d, portfolio.dqmi('RXX', '2021-Q2', ARRAY[d]) q ORDER BY d$$,
  $$VALUES ('G1'::text, 90.0), ('G2', 18.2), ('G3', 33.3), ('G7', 62.6)$$, 'of each data set alone');
SELECT results_eq($$SELECT period, round(coverage, 4) FROM portfolio.dqmi('RXX', data_sets => '{G2}')$$,
  $$VALUES ('2021-04'::text, 1.0000)$$, 'without a period, one row for each that was submitted');
SELECT throws_ok($$SELECT * FROM portfolio.dqmi('RXX', '2021-Q3')$$, '42704', 'reporting period "2021-Q3" is not known', 'an unknown period is an error');
SELECT throws_ok($$SELECT * FROM portfolio.dqmi('RXX', '2021-Q2', '{G9}')$$, '42704', 'data set "G9" is not known', 'an unknown data set is an error');

SELECT * FROM finish();
ROLLBACK;
