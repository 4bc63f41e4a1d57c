-- On each shard: a view that gives this shard's tallies, one a group. The rule set is the coordinator's, as text.
-- psql -v shard=north -v relation=public.visit -v rules="$(psql -At COORDINATOR -c "SELECT …::text")" -v group=provider -f shard.sql
\set ON_ERROR_STOP on
-- postgres_fdw's sessions have another time zone and path, so that only rules that depend on neither may be counted there
CREATE TABLE shard_rules (rules portfolio.rule_set NOT NULL CONSTRAINT immutable_rules CHECK (portfolio.rule_set_volatility(rules) = 'immutable'));
INSERT INTO shard_rules VALUES (:'rules');
CREATE VIEW shard_tally AS
SELECT :'shard'::text AS shard, g.group_label, g.tally
  FROM shard_rules r, portfolio.tally_relation(:'relation', r.rules, ARRAY[:'group']) g;
