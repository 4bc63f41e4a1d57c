-- The text that is kept of a rule: it reads the same whoever reads it, and can be read again.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\set SHOW_CONTEXT never
CREATE SCHEMA qt;
CREATE TABLE qt.visit (id int PRIMARY KEY, ward text, "$1" date, "a $1" date, seen date, kind regclass, note text);
INSERT INTO qt.visit VALUES (1, '$1', '2024-01-01', '2024-01-01', '2024-01-01', 'pg_class', 'x');
SELECT portfolio.register_data_set('QT', 'qt.visit', '{id}', provider => 'ward', name => 'Visits') IS NOT NULL AS registered;

-- parameters are put back wherever they stand, and nothing else is
SELECT portfolio.add_rule('QT', 'array', 'seen = ANY (ARRAY[:period_start, :period_end])', 'seen');
SELECT portfolio.add_rule('QT', 'cast', 'seen::text <> :scored_on::text || ''$1 ($2'' AND seen < (- (:period_end - :period_start)) + :period_end', 'seen');
SELECT portfolio.add_rule('QT', 'names', '"$1" <= :period_end AND "a $1" < :scored_on AND ward <> E''\\ $1''', 'seen');
SELECT portfolio.add_rule('QT', 'row', '(:period_start, seen) < (seen, :scored_on) OR CASE :period_start WHEN :period_end THEN true END', 'seen');
SELECT code, expression FROM portfolio.current_rule WHERE data_set_code = 'QT' ORDER BY code;
SELECT * FROM portfolio.broken_rules('QT');

-- names that are looked up when the rule runs would follow the search_path of whoever scores
SELECT portfolio.add_rule('QT', 'reg', 'note::regclass IS NOT NULL');
SELECT portfolio.add_rule('QT', 'reg', $$'pg_class'::regclass = 'pg_class'::regclass$$);
SELECT portfolio.add_rule('QT', 'reg', 'kind IS NOT NULL');
SELECT portfolio.add_rule('QT', 'reg', 'note::regprocedure[] IS NOT NULL');
SELECT portfolio.add_rule('QT', 'reg', $$to_tsvector('english', note) IS NOT NULL$$);
SELECT portfolio.add_rule('QT', 'reg', $$to_tsvector(note::regconfig, note) IS NOT NULL$$);
SELECT portfolio.add_rule('QT', 'reg', $$regclass(note) IS NOT NULL$$);
SELECT portfolio.add_rule('QT', 'reg', $$to_regclass(note) IS NOT NULL$$);
SELECT portfolio.add_rule('QT', 'reg', $$id::oid::regtype IS NOT NULL$$);
SELECT portfolio.add_rule('QT', 'reg', $$note::regrole::oid > 0 OR note::regnamespace::oid > 0$$);

SET client_min_messages = warning;
DELETE FROM portfolio.quality_rule WHERE data_set IN (SELECT id FROM portfolio.data_set WHERE code = 'QT');
DELETE FROM portfolio.data_item WHERE data_set IN (SELECT id FROM portfolio.data_set WHERE code = 'QT');
DELETE FROM portfolio.data_set WHERE code = 'QT';
DROP SCHEMA qt CASCADE;
