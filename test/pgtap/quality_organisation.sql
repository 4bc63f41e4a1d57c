-- Scores by organisation: up the tree by mean and by sum, as submitted and as now; and what is kept of history.
BEGIN;
SELECT * FROM no_plan();

INSERT INTO portfolio.organisation (code, name) VALUES ('QO-REG', 'Region');
INSERT INTO portfolio.organisation (code, name, parent) SELECT 'QO-' || c, 'Board ' || c, id FROM portfolio.organisation, unnest(ARRAY['N', 'S']) c WHERE code = 'QO-REG';
INSERT INTO portfolio.organisation (code, name, ods_code, parent)
SELECT 'QO-' || p, 'Trust ' || p, p, o.id FROM (VALUES ('RA1', 'QO-N'), ('RA2', 'QO-N'), ('RA3', 'QO-S')) v (p, above) JOIN portfolio.organisation o ON o.code = v.above;
CREATE SCHEMA qo;
CREATE TABLE qo.visit (id int GENERATED ALWAYS AS IDENTITY, month text, provider text, v text);
INSERT INTO qo.visit (month, provider, v)
SELECT m, p, CASE WHEN i <= good THEN 'ok' ELSE 'no' END FROM unnest('{2023-01,2023-02}'::text[]) m,
       (VALUES ('RA1', 100, 100), ('RA2', 10, 300), ('RA3', 50, 100), ('ZZ9', 40, 100)) t (p, good, n), generate_series(1, n) i;
INSERT INTO portfolio.reporting_period (code, kind, during) VALUES ('2023-01', 'month', '[2023-01-01,2023-02-01)'), ('2023-02', 'month', '[2023-02-01,2023-03-01)');
SELECT portfolio.register_data_set('QO', 'qo.visit', '{id}', period => 'month', provider => 'provider') AS id \gset
SELECT portfolio.add_rule('QO', 'v', $$v = 'ok'$$, 'v') \gset
SELECT portfolio.store_score('QO', NULL) AS run \gset
INSERT INTO portfolio.submission (data_set, provider, period, due_on, received_at)
SELECT :id, p, '2023-01', '2023-03-01', CASE WHEN p <> 'RA4' THEN timestamptz '2023-02-10' END FROM unnest('{RA1,RA2,RA3,RA4}'::text[]) p;

SELECT results_eq($$SELECT level, organisation, providers, records, round(coverage, 3), round(mean_score, 4), round(sum_score, 4) FROM portfolio.organisation_scores('QO', '2023-01')$$,
  $$VALUES (0, NULL::text, 5::bigint, 600::bigint, 0.750, 48.3333, 25.0000),       -- (100 + 3.33 + 50 + 40) / 4; 200 of 600, three of four submitted
           (1, 'QO-REG', 3, 500, 1.000, 51.1111, 32.0000), (1, 'RA4', 1, 0, 0.000, NULL, NULL), (1, 'ZZ9', 1, 100, NULL, 40.0000, 40.0000),
           (2, 'QO-N', 2, 400, 1.000, 51.6667, 27.5000), (2, 'QO-S', 1, 100, 1.000, 50.0000, 50.0000),
           (3, 'QO-RA1', 1, 100, 1.000, 100.0000, 100.0000), (3, 'QO-RA2', 1, 300, 1.000, 3.3333, 3.3333), (3, 'QO-RA3', 1, 100, 1.000, 50.0000, 50.0000)$$,
  'a mean over providers is not the score of their records');

-- RA1 merges into RA2, and RA2 into RA3 a year later
SELECT isnt(portfolio.succeed_organisation('organisation:QO-RA1', 'organisation:QO-RA2', '2023-04-01'), NULL, 'one is succeeded');
SELECT isnt(portfolio.succeed_organisation('organisation:QO-RA2', 'organisation:QO-RA3', '2024-04-01'), NULL, 'and the next');
SELECT throws_ok($$SELECT portfolio.succeed_organisation('organisation:QO-RA3', 'organisation:QO-RA1', '2025-04-01')$$, '22023', 'organisation "organisation:QO-RA3" cannot be its own successor', 'no circle');
SELECT throws_ok($$SELECT portfolio.succeed_organisation('organisation:QO-RA1', 'organisation:QO-RA3', '2025-04-01')$$, '23505', 'organisation "organisation:QO-RA1" is succeeded by "QO-RA2" already', 'one successor');
SELECT throws_ok($$SELECT portfolio.succeed_organisation('data_set:QO', 'organisation:QO-RA3', '2025-04-01')$$, '42809', '"data_set:QO" is not an organisation', 'organisations only');
SELECT throws_ok($$SELECT portfolio.succeed_organisation('organisation:QO-RA1', 'organisation:QO-RA3', NULL)$$, '22004', 'a succession needs two organisations and a day', 'and a day');
SELECT results_eq($$SELECT * FROM portfolio.providers_on('2023-03-31')$$, $$SELECT 'x', 'x' WHERE false$$, 'before that, everybody is himself');
SELECT results_eq($$SELECT * FROM portfolio.providers_on('2023-04-01')$$, $$VALUES ('RA1', 'RA2')$$, 'then one is the other');
SET LOCAL pg_portfolio.as_of = '2024-04-01';
SELECT results_eq($$SELECT * FROM portfolio.providers_on()$$, $$VALUES ('RA1', 'RA3'), ('RA2', 'RA3')$$, 'the end of the chain, on the day of pg_portfolio.as_of');
RESET pg_portfolio.as_of;
SELECT results_eq($$SELECT organisation, providers, records, round(mean_score, 4), round(sum_score, 4) FROM portfolio.organisation_scores('QO', '2023-01', '{"as": "now"}') WHERE organisation LIKE 'QO%'$$,
  $$VALUES ('QO-REG', 1::bigint, 500::bigint, 32.0000, 32.0000), ('QO-S', 1, 500, 32.0000, 32.0000), ('QO-RA3', 1, 500, 32.0000, 32.0000)$$, 'as now, the records of all three are those of one, under its board');
SELECT results_eq($$SELECT organisation, records FROM portfolio.organisation_scores('QO', '2023-01', '{"as": "now", "on": "2023-06-01"}') WHERE level = 3$$,
  $$VALUES ('QO-RA2', 400::bigint), ('QO-RA3', 100)$$, 'or as on another day');
SELECT results_eq($$SELECT data_set, period, submitted_as, records, items, round(mean_item_score, 4), round(change, 4), trend FROM portfolio.provider_history('RA3', 'QO')$$,
  $$VALUES ('QO', '2023-01', '{RA1,RA2,RA3}'::text[], 500::bigint, 1, 32.0000, NULL::numeric, '▄'), ('QO', '2023-02', '{RA1,RA2,RA3}', 500, 1, 32.0000, 0.0000, '▄▄')$$,
  'a history as if they had been one all along');
SELECT results_eq($$SELECT submitted_as, records FROM portfolio.provider_history('RA3', options => '{"on": "2023-01-01"}')$$, $$VALUES ('{RA3}'::text[], 100::bigint), ('{RA3}', 100)$$, 'or as it was');
SELECT throws_ok($$SELECT * FROM portfolio.organisation_scores('QO', '2023-03')$$, 'P0002', 'there is no score of data set "QO" for period "2023-03"', 'an unscored period is an error');
SELECT throws_ok($$SELECT * FROM portfolio.organisation_scores('QO', '2023-01', '{"as": "then"}')$$, '22023', 'providers cannot be shown as "then"', 'and so is another way to show them');

-- Publishing: who sent nothing is told, and what is written cannot be exact
SELECT is(portfolio.publish_scores('QO', '2023-01'), 1, 'published');
SELECT results_eq(format($$SELECT provider, records, valid_and_complete, round(data_item_score, 2), coverage, round(national_average, 2), suppressed FROM portfolio.published_score WHERE data_set = %s ORDER BY 1$$, :id),
  $$VALUES ('RA1', 100::bigint, 100::bigint, 100.00, 1.0, 48.33, '{}'::text[]), ('RA2', 300, 10, 3.33, 1, 48.33, '{}'), ('RA3', 100, 50, 50.00, 1, 48.33, '{}'),
           ('RA4', NULL, NULL, NULL, 0, 48.33, '{}'), ('ZZ9', 100, 40, 40.00, NULL, 48.33, '{}')$$, 'every provider, coverage 0 where nothing came');
SELECT throws_ok(format($$INSERT INTO portfolio.published_score (data_set, period, edition, provider, item, records) VALUES (%s, '2023-01', 1, 'RA9', 'v', 103)$$, :id), '23514', NULL, 'an exact number is refused');
SELECT throws_ok(format($$INSERT INTO portfolio.published_score (data_set, period, edition, provider, item, records) VALUES (%s, '2023-01', 1, 'RA9', 'v', 20)$$, :id), '23514', NULL, 'and one of fewer than 25 records');
SELECT is(portfolio.publish_scores('QO', '2023-02', '{"profile": "0-14"}'), 1, 'another range of small numbers');
SELECT results_eq(format($$SELECT records, valid_and_complete, data_item_score, suppressed FROM portfolio.published_score WHERE data_set = %s AND period = '2023-02' AND provider = 'RA2'$$, :id),
  $$VALUES (300::bigint, NULL::bigint, NULL::numeric, '{valid_and_complete,defaults,defaults_in_excess}'::text[])$$, 'withholds more');
SELECT is((SELECT method FROM portfolio.score_edition WHERE data_set = :id AND period = '2023-02'), 'DQMI 0-14', 'and says so');
SELECT is(portfolio.publish_scores('QO', '2023-02', '{"reason": "again"}'), 2, 'a revision');
SELECT results_eq(format($$SELECT method, reason FROM portfolio.score_edition WHERE data_set = %s AND period = '2023-02' AND edition = 2$$, :id), $$VALUES ('DQMI 0-14', 'again')$$, 'keeps the range');

-- What is forgotten, and what never
SELECT portfolio.store_score('QO', '2023-01') AS again \gset
SELECT is((SELECT count(*) FROM portfolio.score_total WHERE data_set = :id), 3::bigint, 'two months and an older score of one');
SELECT is(portfolio.purge_scores('1 day'), 0::bigint, 'nothing is older than a day');
SELECT results_eq(format($$SELECT count(*), count(*) FILTER (WHERE latest) FROM portfolio.score_total WHERE data_set = %s$$, :id), 'VALUES (3::bigint, 2::bigint)', 'so nothing goes');
UPDATE portfolio.score_run SET scored_at = scored_at - interval '2 years' WHERE data_set = :id;
UPDATE portfolio.score_total SET scored_at = scored_at - interval '2 years' WHERE data_set = :id;
SELECT is(portfolio.purge_scores(), 0::bigint, 'the old score of the one month goes; its run stays, for the other month counts');
SELECT results_eq(format($$SELECT period, latest, run = %s FROM portfolio.score_total WHERE data_set = %s ORDER BY 1$$, :again, :id), $$VALUES ('2023-01', true, true), ('2023-02', true, false)$$, 'what counts today stays however old');
SELECT is((SELECT count(*) FROM portfolio.published_score WHERE data_set = :id), 13::bigint, 'and what was published');
SELECT throws_ok($$SELECT portfolio.purge_scores('-1 day')$$, '22023', 'interval to keep must not be negative', 'no scores of the future');
INSERT INTO portfolio.access_log (at, role, action, data_set) VALUES (now() - interval '400 days', 'x', 'failing_rows', :id), (now() - interval '11 years', 'x', 'failing_rows', :id);
SELECT results_eq($$SELECT portfolio.purge_access_log(), portfolio.purge_access_log('1 day')$$, 'VALUES (1::bigint, 1::bigint)', 'the access log is kept ten years, and one at least');


SELECT * FROM finish();
ROLLBACK;
