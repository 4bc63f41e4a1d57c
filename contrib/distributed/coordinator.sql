-- On the coordinator, once: the tallies of all shards as one table. Servers and user mappings are there already.
-- psql -v first=north -v second=south -f coordinator.sql; a further shard is one more partition.
\set ON_ERROR_STOP on
CREATE TABLE all_tally (shard text, group_label text, tally portfolio.tally) PARTITION BY LIST (shard);
CREATE FOREIGN TABLE :"first" PARTITION OF all_tally FOR VALUES IN (:'first') SERVER :"first" OPTIONS (table_name 'shard_tally', async_capable 'true');
CREATE FOREIGN TABLE :"second" PARTITION OF all_tally FOR VALUES IN (:'second') SERVER :"second" OPTIONS (table_name 'shard_tally', async_capable 'true');
-- A group that has rows on several shards is one group here.
CREATE VIEW merged_tally AS SELECT group_label, portfolio.merge(tally) AS tally FROM all_tally GROUP BY group_label;
