-- Why scores are what they are and why they change. The split of a change is checked on random scores: its parts add up to
-- the whole in exact numbers, whatever providers come and go, submit or not, and whatever rules were edited in between.
BEGIN;
SELECT * FROM no_plan();

CREATE SCHEMA qx;
-- A number in [0, 1) for a row and a purpose: the same on every machine
CREATE FUNCTION qx.draw(bigint, int) RETURNS double precision LANGUAGE sql IMMUTABLE RETURN (hashint8extended($1, $2) & 4503599627370495) / 4503599627370496.0::double precision;
CREATE TABLE qx.visit AS
SELECT i AS id, m.month, 'P' || (1 + floor(qx.draw(i, 1 + m.no) ^ (1 + m.no % 3) * 7))::int AS provider,
       CASE WHEN qx.draw(i, 101) < 0.1 + 0.02 * (m.no % 5) THEN NULL WHEN qx.draw(i, 102) < 0.3 THEN '99' ELSE 'A' || i % 9 END AS ethnic,
       CASE WHEN qx.draw(i, 103) < 0.2 * qx.draw(m.no, 104) THEN 'bad' WHEN qx.draw(i, 105) < 0.5 * qx.draw(m.no, 106) THEN 'V81999' ELSE 'T1' END AS practice,
       CASE WHEN m.no % 4 = 3 AND i % 3 = 0 THEN NULL ELSE i % 50 END AS age, CASE WHEN qx.draw(i, 107) < 0.4 THEN 'D' ELSE 'x' END AS code
  FROM (SELECT no, '2023-' || lpad(no::text, 2, '0') AS month FROM generate_series(1, 12) no UNION ALL SELECT 12 + no, '2024-' || lpad(no::text, 2, '0') FROM generate_series(1, 8) no) m,
       LATERAL (SELECT m.no * 1000 + g AS i FROM generate_series(1, 60 + (m.no * 37) % 90) g) g;
-- A provider that comes late, one that goes, and a month of one alone
DELETE FROM qx.visit WHERE (provider = 'P2' AND month < '2023-06') OR (provider = 'P3' AND month > '2023-09') OR (provider <> 'P1' AND month = '2024-02');
INSERT INTO portfolio.reporting_period (code, kind, during)
SELECT to_char(m, 'YYYY-MM'), 'month', daterange(m::date, (m + interval '1 month')::date) FROM generate_series(timestamp '2023-01-01', '2024-08-01', '1 month') m;
SELECT portfolio.register_data_set('QX', 'qx.visit', '{id}', period => 'month', provider => 'provider') AS id \gset
UPDATE portfolio.data_item SET default_codes = '{99}', default_threshold = 10 WHERE data_set = :id AND name = 'ethnic';
UPDATE portfolio.data_item SET default_codes = '{V81999}', default_threshold = 5 WHERE data_set = :id AND name = 'practice';
UPDATE portfolio.data_item SET default_codes = '{D}', default_threshold = 0 WHERE data_set = :id AND name = 'code';
SELECT count(portfolio.add_rule('QX', code, expression, item)) FROM (VALUES
  ('ethnic', $$ethnic ~ '^([A-Z].|99)$'$$, 'ethnic'), ('practice', $$practice <> 'bad'$$, 'practice'), ('age', 'age >= 0', 'age'),
  -- defaults that are not valid either: a score that would fall below 0
  ('code', $$code = 'never'$$, 'code')) r (code, expression, item) \gset
INSERT INTO portfolio.submission (data_set, provider, period, due_on, received_at)
SELECT :id, p, r.code, '2024-12-01', CASE WHEN qx.draw(hashtext(p || r.code), 9) > 0.15 THEN timestamptz '2024-11-01' END
  FROM unnest(ARRAY['P1', 'P2', 'P3', 'P4', 'P5', 'P6', 'P7']) p, portfolio.reporting_period r WHERE r.code BETWEEN '2023-01' AND '2024-06' AND r.kind = 'month';

-- Four times of rules: at first; a rule edited; a threshold moved and a rule more, on an item that had none; a rule retired
CREATE FUNCTION qx.score(first text, last text) RETURNS bigint LANGUAGE sql AS
  $$SELECT count(*) FROM (SELECT DISTINCT month FROM qx.visit WHERE month BETWEEN first AND last) m, portfolio.store_score('QX', m.month)$$;
SELECT is(qx.score('2023-01', '2023-10'), 10::bigint, 'ten months scored with the first rules');
SELECT is(portfolio.alter_rule('QX', 'ethnic', expression => $$ethnic ~ '^[A-Z].$'$$, reason => '99 says nothing'), 2, 'a rule is edited');
SELECT is(qx.score('2023-09', '2024-02'), 6::bigint, 'six scored, two of them again');
UPDATE portfolio.data_item SET default_threshold = 40 WHERE data_set = :id AND name = 'practice';
SELECT is(portfolio.add_rule('QX', 'provider', $$provider <> 'P7'$$, 'provider'), 1, 'a rule is added, on an item that had none');
SELECT is(qx.score('2024-01', '2024-05'), 5::bigint, 'five scored, two of them again');
SELECT is(portfolio.retire_rule('QX', 'age', 'nobody is younger than 0'), 2, 'a rule is retired');
SELECT is(qx.score('2024-06', '2024-08'), 3::bigint, 'the last three');

CREATE TABLE qx.compared AS
SELECT a.period AS a, b.period AS b, by, c.* FROM portfolio.data_set_trend a, portfolio.data_set_trend b, unnest(ARRAY['item', 'provider']) by,
       LATERAL portfolio.compare_scores('QX', a.period, b.period, by) c
 WHERE a.data_set = :id AND b.data_set = :id AND (a.period < b.period OR a.period = '2024-02');
SELECT is((SELECT count(DISTINCT (a, b, by)) FROM qx.compared), 2 * (20 * 19 / 2 + 14)::bigint, 'every two months are compared, by item and by provider');
SELECT is_empty($$SELECT a, b, by, max(change) FILTER (WHERE part = 'whole'), sum(contribution) FROM qx.compared GROUP BY a, b, by
   HAVING sum(contribution) IS DISTINCT FROM max(change) FILTER (WHERE part = 'whole')$$, 'the parts add up to the whole, to the last digit');
SELECT is_empty(format($$SELECT c.* FROM qx.compared c
    JOIN portfolio.data_set_trend t ON t.data_set = %s AND t.period = c.b
   CROSS JOIN LATERAL (SELECT coalesce(avg((s.received_at IS NOT NULL)::int), 1) AS coverage FROM portfolio.submission s WHERE s.data_set = %1$s AND s.period = c.b) v
   WHERE c.part = 'whole' AND c.score_b <> round(v.coverage * t.mean_item_score, 10)$$, :id), 'the whole is coverage * mean item score');
SELECT is_empty($$SELECT * FROM qx.compared WHERE part = 'rules' AND contribution <> 0 AND edited_rules = '{}' AND ((a <= '2023-08' AND b <= '2023-08') OR (a > '2024-05' AND b > '2024-05'))$$,
  'where no rule changed, rules explain nothing');
SELECT is((SELECT count(*) FROM qx.compared WHERE a = '2024-02' AND b = '2024-02' AND (contribution <> 0 OR change <> 0)), 0::bigint, 'a month against itself: nothing');
SELECT ok((SELECT bool_and(n >= 50) FROM (SELECT part, count(*) FILTER (WHERE contribution <> 0) AS n FROM qx.compared WHERE part <> 'whole' GROUP BY part) x), 'every part is really there')
  UNION ALL
SELECT is((SELECT array_agg(DISTINCT part ORDER BY part) FROM qx.compared), '{coverage,item,provider,provider_mix,rules,whole}', 'all of them');

-- Parts by hand. Two providers, one item each way: only shares move, then only quality, then only coverage, then only a rule
CREATE TABLE qx.hand (id int GENERATED ALWAYS AS IDENTITY, month text, provider text, v text);
INSERT INTO qx.hand (month, provider, v)
SELECT m, p, CASE WHEN i <= good THEN 'ok' ELSE 'no' END
  FROM (VALUES ('2023-01', 'A', 80, 100), ('2023-01', 'B', 40, 100),     -- 60
               ('2023-02', 'A', 240, 300), ('2023-02', 'B', 40, 100),    -- shares: 70
               ('2023-03', 'A', 300, 300), ('2023-03', 'B', 40, 100),    -- A mends: 85
               ('2023-04', 'A', 300, 300), ('2023-04', 'B', 40, 100)) t (m, p, good, n), generate_series(1, n) i;
SELECT portfolio.register_data_set('QH', 'qx.hand', '{id}', period => 'month', provider => 'provider') AS hand \gset
SELECT isnt(portfolio.add_rule('QH', 'v', $$v = 'ok'$$, 'v'), NULL, 'a rule');
INSERT INTO portfolio.submission (data_set, provider, period, due_on, received_at)
SELECT :hand, p, m, '2023-12-01', CASE WHEN NOT (m = '2023-04' AND p = 'B') THEN timestamptz '2023-11-01' END FROM unnest('{A,B}'::text[]) p, unnest('{2023-01,2023-02,2023-03,2023-04}'::text[]) m;
SELECT isnt(portfolio.store_score('QH', NULL), NULL, 'scored');
PREPARE parts (text, text) AS SELECT part, round(contribution, 6) FROM portfolio.compare_scores('QH', $1, $2) WHERE contribution <> 0 ORDER BY 1;
SELECT results_eq($$EXECUTE parts ('2023-01', '2023-02')$$, $$VALUES ('provider_mix', 10.000000)$$, 'other shares, the same rates: provider mix');
SELECT results_eq($$EXECUTE parts ('2023-02', '2023-03')$$, $$VALUES ('item', 15.000000)$$, 'better data in the same shares: the item');
SELECT results_eq($$EXECUTE parts ('2023-03', '2023-04')$$, $$VALUES ('coverage', -42.500000)$$, 'the same records, one submission missing: coverage');
SELECT results_eq($$SELECT name, round(contribution, 6) FROM portfolio.compare_scores('QH', '2023-02', '2023-03', 'provider') WHERE part = 'provider' ORDER BY 1$$,
  $$VALUES ('A', 15.000000), ('B', 0.000000)$$, 'and whose doing it was');
SELECT is(portfolio.alter_rule('QH', 'v', expression => $$v IN ('ok', 'no')$$, reason => 'no is a word too'), 2, 'the rule is edited');
SELECT isnt(portfolio.store_score('QH', '2023-03'), NULL, 'the third month is scored again');
SELECT results_eq($$EXECUTE parts ('2023-02', '2023-03')$$, $$VALUES ('item', 15.000000), ('rules', 15.000000)$$, 'what better data and what the new rule did is told apart');
SELECT throws_ok($$SELECT * FROM portfolio.compare_scores('QH', '2023-01', '2023-02', 'ward')$$, '22023', 'scores cannot be compared by "ward"', 'by item or provider only');

-- One screen
SELECT results_eq($$SELECT item, records, valid_and_complete, data_item_score, points_lost, gain, national_average, rank, reasons, failing_values FROM portfolio.explain_score('QH', 'B', '2023-02')$$,
  $$VALUES ('v', 100::bigint, 40::bigint, 40.00, 60.00, 60.00, 60.00, '2/2', 'v 60', NULL)$$, 'counts, points, gain, the national average and the rank of a provider; values by the rules of today');
SELECT is((SELECT data_item_score FROM portfolio.explain_score('QX', NULL, '2024-02') WHERE item = 'code'), 0.00, 'a score does not fall below 0');
SELECT results_eq($$SELECT failing_values FROM portfolio.explain_score('QX', 'P1', '2024-02') WHERE item = 'code'$$,
  $$SELECT string_agg(format('%L ×%s', code, n), ', ' ORDER BY n DESC, code) FROM (SELECT code, count(*) AS n FROM qx.visit WHERE month = '2024-02' AND provider = 'P1' GROUP BY code HAVING count(*) >= 10) v$$,
  'the commonest failing values, by hand');
SELECT is((SELECT count(failing_values) FROM portfolio.explain_score('QX', 'P1', '2024-02', '{"max_values": 0}')), 0::bigint, 'or none');
SELECT throws_ok($$SELECT * FROM portfolio.explain_score('QX', 'P9', '2024-02')$$, 'P0002', 'there is no score of data set "QX" for this provider and period', 'nothing to explain is an error');

-- The page for the provider has it all, and nothing in it breaks the table
SELECT is(portfolio.add_rule('QX', 'a|b', $$practice <> '|<script>'$$, 'practice'), 1, 'a rule with a bar in its name');
SELECT matches(portfolio.provider_report('P1', '2024-02'), E'^# Data quality of P1, 2024-02\n.*\nData Quality Maturity Index: \\*\\*[0-9.]+\\*\\* = .*\n## QX \\(QX\\)\n.*\n\\| ethnic \\| [0-9]+ \\|.*\n- \\*\\*ethnic\\*\\* \\(medium\\): `',
  'a page of Markdown: index, data set, items, rules that fail');
SELECT is(portfolio.markdown_cell(E'a|b\\c\n<i>&'), 'a\|b\\c &lt;i>&amp;', 'no cell ends early and no HTML begins');
SELECT throws_ok($$SELECT portfolio.provider_report('P9', '2024-02')$$, 'P0002', 'there is nothing to report of provider "P9" in period "2024-02"', 'nothing to report is an error');

-- A fall is a finding
INSERT INTO qx.visit SELECT 900000 + i, '2024-09', 'P1', NULL, 'bad', NULL, 'x' FROM generate_series(1, 100) i;
SELECT isnt(portfolio.store_score('QX', NULL), NULL, 'all months are scored with the rules of today, and a bad one more');
SELECT isnt((SELECT count(*) FROM portfolio.run_checks(codes => '{score-special-cause}')), 0::bigint, 'the check runs');
SELECT results_eq($$SELECT detail->>'period', detail->>'special_cause' FROM portfolio.finding WHERE check_code = 'score-special-cause' AND subject = 'QX' AND status = 'open'$$,
  $$VALUES ('2024-09', 'outside_limits')$$, 'a month out of the usual range is a finding');

SELECT * FROM finish();
ROLLBACK;
