-- Scores that stay current inside the transactions that change the data. How it is right: src/quality/track.h.
CREATE SEQUENCE portfolio.tracked_data_set_tracking_seq;
COMMENT ON SEQUENCE portfolio.tracked_data_set_tracking_seq IS 'Numbers trackings: each beginning anew is another.';
SELECT pg_catalog.pg_extension_config_dump('portfolio.tracked_data_set_tracking_seq', '');

CREATE TABLE portfolio.tracked_data_set (
  data_set   bigint PRIMARY KEY REFERENCES portfolio.data_set (id),
  tracking   bigint NOT NULL UNIQUE DEFAULT nextval('portfolio.tracked_data_set_tracking_seq'),
  rule_set   bigint NOT NULL REFERENCES portfolio.rule_set_version (fingerprint),
  signature  text NOT NULL,
  filter     text,
  period     text,
  provider   text,
  columns    text[] NOT NULL,
  tracked_at timestamptz NOT NULL DEFAULT pg_catalog.transaction_timestamp(),
  tracked_by name NOT NULL DEFAULT CURRENT_USER
);
COMMENT ON TABLE portfolio.tracked_data_set IS
  'Data sets whose score is kept current by triggers: track_quality() adds one, untrack_quality() takes it away. Restored from a dump, the score is counted anew, or says that it is stale, until track_quality() is called again. Written by the engine alone. Class: user rows.';
COMMENT ON COLUMN portfolio.tracked_data_set.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.tracked_data_set.tracking IS 'Number of this tracking; another each time that track_quality() is called.';
COMMENT ON COLUMN portfolio.tracked_data_set.rule_set IS 'Fingerprint of the rules that are counted, a row of rule_set_version.';
COMMENT ON COLUMN portfolio.tracked_data_set.signature IS 'tracking_signature() of the data set when tracking began: where it is another now, the tallies are of other rules.';
COMMENT ON COLUMN portfolio.tracked_data_set.filter IS 'Which rows are counted, names written in full; NULL: all.';
COMMENT ON COLUMN portfolio.tracked_data_set.period IS 'Expression that gives the period of a row, names written in full; NULL: none.';
COMMENT ON COLUMN portfolio.tracked_data_set.provider IS 'Expression that gives the provider of a row, names written in full; NULL: none.';
COMMENT ON COLUMN portfolio.tracked_data_set.columns IS 'Columns that rules, filter, period and provider look at.';
COMMENT ON COLUMN portfolio.tracked_data_set.tracked_at IS 'When tracking began.';
COMMENT ON COLUMN portfolio.tracked_data_set.tracked_by IS 'Role that began it.';
SELECT pg_catalog.pg_extension_config_dump('portfolio.tracked_data_set', '');

CREATE TABLE portfolio.tracked_leaf (
  tracking   bigint NOT NULL,
  leaf       oid NOT NULL,
  file       oid NOT NULL,
  triggers   text NOT NULL,
  columns    text NOT NULL,
  counted_at timestamptz NOT NULL DEFAULT pg_catalog.transaction_timestamp(),
  PRIMARY KEY (tracking, leaf, file)
);
COMMENT ON TABLE portfolio.tracked_leaf IS
  'Files of tracked tables and partitions that have been counted, with what was true of them then. A file that is not here, or of which something else is true now, is in doubt. Written by the engine alone. Class: operation.';
COMMENT ON COLUMN portfolio.tracked_leaf.tracking IS 'The tracking, as in tracked_data_set.';
COMMENT ON COLUMN portfolio.tracked_leaf.leaf IS 'The table or leaf partition, pg_class.oid.';
COMMENT ON COLUMN portfolio.tracked_leaf.file IS 'Its file, pg_class.relfilenode: TRUNCATE and rewriting give it another.';
COMMENT ON COLUMN portfolio.tracked_leaf.triggers IS 'Versions (xmin and ctid in pg_trigger) of its two triggers: disabling and enabling gives them others.';
COMMENT ON COLUMN portfolio.tracked_leaf.columns IS 'Number, type, modifier and collation of the columns of tracked_data_set.columns.';
COMMENT ON COLUMN portfolio.tracked_leaf.counted_at IS 'When it was counted, or truncated.';

CREATE SEQUENCE portfolio.tracked_tally_id_seq CACHE 32;
COMMENT ON SEQUENCE portfolio.tracked_tally_id_seq IS 'Numbers tracked tallies.';
CREATE TABLE portfolio.tracked_tally (
  tracking bigint NOT NULL,
  leaf     oid NOT NULL,
  file     oid NOT NULL,
  id       bigint NOT NULL DEFAULT nextval('portfolio.tracked_tally_id_seq'),
  period   text,
  provider text,
  tally    portfolio.tally,
  doubt    text,
  PRIMARY KEY (tracking, leaf, file, id),
  CONSTRAINT tracked_tally_tally_check CHECK ((tally IS NULL) <> (doubt IS NULL))
);
COMMENT ON TABLE portfolio.tracked_tally IS
  'What the rows of a file add up to: the tally of a count, and one for each transaction that changed rows since. Rows are only added, so that writers never wait for each other, until compact_tracking() puts their sum in their place. Written by the engine alone. Class: operation.';
COMMENT ON COLUMN portfolio.tracked_tally.tracking IS 'The tracking, as in tracked_data_set.';
COMMENT ON COLUMN portfolio.tracked_tally.leaf IS 'The table or leaf partition, pg_class.oid.';
COMMENT ON COLUMN portfolio.tracked_tally.file IS 'Its file, pg_class.relfilenode.';
COMMENT ON COLUMN portfolio.tracked_tally.id IS 'The row.';
COMMENT ON COLUMN portfolio.tracked_tally.period IS 'The period; NULL when the data set has none, or where its expression gave NULL.';
COMMENT ON COLUMN portfolio.tracked_tally.provider IS 'The provider; NULL when the data set has none, or where its expression gave NULL.';
COMMENT ON COLUMN portfolio.tracked_tally.tally IS 'What was counted, or the difference that a transaction made; NULL for a doubt.';
COMMENT ON COLUMN portfolio.tracked_tally.doubt IS 'Why the rows of this file no longer add up, until it is counted anew; NULL for a tally.';

CREATE FUNCTION portfolio.tracking_signature(data_set text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT encode(sha256(convert_to(jsonb_build_array(
           d.schema_name, d.relation_name, d.filter, d.period, d.provider, definition.text,
           (SELECT e.extversion FROM pg_catalog.pg_extension e WHERE e.extname = 'pg_portfolio'),
           (SELECT string_agg(concat_ws(' ', f.signature, p.oid, p.xmin), E'\n' ORDER BY f.signature)
              FROM portfolio.trusted_function f LEFT JOIN pg_catalog.pg_proc p ON p.oid = to_regprocedure(f.signature)
             WHERE p.oid IS NULL OR strpos(definition.text, p.proname::text) > 0 OR strpos(p.proname::text, '"') > 0 OR strpos(p.proname::text, '\') > 0))::text, 'UTF8')), 'hex')
    FROM portfolio.get_data_set(data_set) d, LATERAL (SELECT portfolio.rule_set_definition(d.code)::text) definition (text);
END;
COMMENT ON FUNCTION portfolio.tracking_signature(text) IS
  'A hash of all that decides what a data set''s tallies mean: relation, filter, period, provider, rules, items, the versions of the trusted functions that rules name and that of the extension.';

CREATE FUNCTION portfolio.track_change() RETURNS trigger
LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_track_change';
COMMENT ON FUNCTION portfolio.track_change() IS
  'The trigger that counts changes of a tracked data set. track_quality() makes the triggers that call it, named portfolio_track_ and the number of the data set; under another name it does nothing.';

CREATE FUNCTION portfolio.begin_tracking(data_set text) RETURNS bigint
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_begin_tracking';
COMMENT ON FUNCTION portfolio.begin_tracking(text) IS 'What track_quality() does.';
CREATE FUNCTION portfolio.end_tracking(data_set text) RETURNS boolean
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_end_tracking';
COMMENT ON FUNCTION portfolio.end_tracking(text) IS 'What untrack_quality() does.';

CREATE FUNCTION portfolio.track_quality(code text, options jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT portfolio.begin_tracking(code) WHERE portfolio.check_options(options, '{}') IS NOT NULL;
END;
COMMENT ON FUNCTION portfolio.track_quality(text, jsonb) IS
  'Keeps the score of a data set current inside the transactions that change its table: adds triggers to the table, waits for whoever is changing it, counts its rows, and gives their number. Called again it takes the rules as they are now and counts anew. The caller owns the table. Refused with a HINT for what is not a permanent table (42809), and where a rule, filter, period or provider is not immutable or a rule is broken (55000). No options yet.';
CREATE FUNCTION portfolio.untrack_quality(code text, options jsonb DEFAULT '{}') RETURNS boolean
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT portfolio.end_tracking(code) WHERE portfolio.check_options(options, '{}') IS NOT NULL;
END;
COMMENT ON FUNCTION portfolio.untrack_quality(text, jsonb) IS
  'Ends what track_quality() began: drops the triggers, which asks for ownership of the table, and the tallies. Gives false where the data set was not tracked. No options yet.';

CREATE TYPE portfolio.tracked_count AS (period text, provider text, tally portfolio.tally, state text, reason text);
COMMENT ON TYPE portfolio.tracked_count IS 'A row of current_tally(): what is counted now for one provider in one period.';
COMMENT ON COLUMN portfolio.tracked_count.period IS 'The period; NULL when the data set has none, or its expression gives NULL.';
COMMENT ON COLUMN portfolio.tracked_count.provider IS 'The provider; NULL when the data set has none, or its expression gives NULL.';
COMMENT ON COLUMN portfolio.tracked_count.tally IS 'The counts; NULL when they are stale.';
COMMENT ON COLUMN portfolio.tracked_count.state IS 'current, rescanned or stale, as in current_item_score.';
COMMENT ON COLUMN portfolio.tracked_count.reason IS 'Why it is not simply current; NULL when it is.';
CREATE FUNCTION portfolio.current_tally(data_set text, rescan boolean) RETURNS SETOF portfolio.tracked_count
LANGUAGE C STABLE STRICT PARALLEL UNSAFE ROWS 100 AS 'MODULE_PATHNAME', 'pf_current_tally';
COMMENT ON FUNCTION portfolio.current_tally(text, boolean) IS
  'The tallies of a tracked data set as the snapshot of the statement sees them: what is stored, and what this transaction has changed. What is in doubt is counted anew where rescan is true and the caller may read it; otherwise there is one row of state stale. Writes nothing.';

CREATE TYPE portfolio.current_item_score AS (
  period             text,
  provider           text,
  item               text,
  records            bigint,
  valid_and_complete bigint,
  defaults           bigint,
  default_threshold  numeric,
  defaults_in_excess numeric,
  data_item_score    numeric,
  state              text,
  reason             text,
  scored_at          timestamptz
);
COMMENT ON TYPE portfolio.current_item_score IS 'A row of current_score(): the score of one item of one provider in one period, now.';
COMMENT ON COLUMN portfolio.current_item_score.period IS 'The period; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.current_item_score.provider IS 'The provider; NULL when the data set has none.';
COMMENT ON COLUMN portfolio.current_item_score.item IS 'The data item; NULL in the one row of a stale score.';
COMMENT ON COLUMN portfolio.current_item_score.records IS 'Records to which the item applies.';
COMMENT ON COLUMN portfolio.current_item_score.valid_and_complete IS 'Records in which the value is there and every rule of the item is true; default codes included.';
COMMENT ON COLUMN portfolio.current_item_score.defaults IS 'Records with a default code.';
COMMENT ON COLUMN portfolio.current_item_score.default_threshold IS 'Percent of defaults that is acceptable; NULL: defaults do not apply.';
COMMENT ON COLUMN portfolio.current_item_score.defaults_in_excess IS 'Defaults above the threshold.';
COMMENT ON COLUMN portfolio.current_item_score.data_item_score IS 'Data item score in percent, 0 to 100, not rounded; NULL when there was no record.';
COMMENT ON COLUMN portfolio.current_item_score.state IS
  'current: what was kept current; rescanned: some or all of it was in doubt and has been counted for this answer; stale: in doubt and not counted, there are no numbers.';
COMMENT ON COLUMN portfolio.current_item_score.reason IS 'What brought the doubt; NULL when current.';
COMMENT ON COLUMN portfolio.current_item_score.scored_at IS 'Of when the numbers are: the snapshot of the statement, or of the transaction at REPEATABLE READ and SERIALIZABLE.';

CREATE FUNCTION portfolio.current_score(code text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.current_item_score
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  rescan boolean := portfolio.boolean_option(portfolio.check_options(options, '{rescan}'), 'rescan', true);
  asked_at timestamptz := CASE WHEN current_setting('transaction_isolation') = 'read committed' THEN clock_timestamp() ELSE transaction_timestamp() END;
BEGIN
  -- One statement, so that all of it is of one snapshot.
  RETURN QUERY
    SELECT t.period, t.provider, c.name, c.passed + c.failed + c.missing + c.errors, c.passed, c.defaults, i.default_threshold,
           CASE WHEN c.name IS NOT NULL THEN portfolio.defaults_in_excess(c.passed + c.failed + c.missing + c.errors, c.defaults, i.default_threshold) END,
           CASE WHEN c.name IS NOT NULL THEN portfolio.data_item_score(c.passed + c.failed + c.missing + c.errors, c.passed, c.defaults, i.default_threshold) END,
           t.state, t.reason, asked_at
      FROM portfolio.current_tally(code, rescan) t
      LEFT JOIN LATERAL portfolio.tally_counts(t.tally) c ON c.level = 'item'
      LEFT JOIN portfolio.data_item i ON i.name = c.name AND i.data_set = (SELECT d.id FROM portfolio.data_set d WHERE d.code = current_score.code)
     WHERE i.name IS NOT NULL OR t.state = 'stale'
     ORDER BY t.period, t.provider, i.ord, c.name;
END
$$;
COMMENT ON FUNCTION portfolio.current_score(text, jsonb) IS
  'The score of a tracked data set as it is at this moment, this transaction''s own changes included: what score_data_set() would give, without reading the data, and without storing anything. Works in a read-only transaction and on a standby. A part that is in doubt (a partition attached, a table rewritten, a trigger disabled, rules changed) is counted for the answer; option rescan = false leaves that out and says stale instead, as does a caller who may not read the rows. Raises 55000 for a data set that is not tracked.';

CREATE TYPE portfolio.tracking_check AS (relation text, outcome text, reason text, tracked bigint, found bigint);
COMMENT ON TYPE portfolio.tracking_check IS 'A row of verify_tracking(): one table or leaf partition.';
COMMENT ON COLUMN portfolio.tracking_check.relation IS 'The table or leaf partition.';
COMMENT ON COLUMN portfolio.tracking_check.outcome IS
  'equal: every count is as tracked; counted: it was in doubt, was counted and is tracked again; doubtful: in doubt, and not kept; current: not in doubt and, as only_doubtful asked, not counted; wrong: it was not in doubt and differs, which is a defect: please report it.';
COMMENT ON COLUMN portfolio.tracking_check.reason IS 'What the doubt is; NULL where there is none.';
COMMENT ON COLUMN portfolio.tracking_check.tracked IS 'Records as they were tracked; NULL where they were in doubt.';
COMMENT ON COLUMN portfolio.tracking_check.found IS 'Records as they were counted now; NULL where nothing was counted.';
CREATE FUNCTION portfolio.recount(data_set text, only_doubtful boolean, keep boolean) RETURNS SETOF portfolio.tracking_check
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'pf_recount';
COMMENT ON FUNCTION portfolio.recount(text, boolean, boolean) IS 'What verify_tracking() does.';
CREATE FUNCTION portfolio.verify_tracking(code text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.tracking_check
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT r.* FROM portfolio.check_options(options, '{only_doubtful,keep}') o,
                  portfolio.recount(code, coalesce((o ->> 'only_doubtful')::boolean, false), coalesce((o ->> 'keep')::boolean, true)) r;
END;
COMMENT ON FUNCTION portfolio.verify_tracking(text, jsonb) IS
  'Counts every table or leaf partition of a tracked data set, compares each count with what was tracked, without keeping any writer waiting, and keeps the count of those that were in doubt, so that they are tracked again. The caller reads the rows with his own rights. Options: only_doubtful (default false) counts only what is in doubt; keep (default true) false stores nothing, for a standby or REPEATABLE READ.';

CREATE FUNCTION portfolio.fold_tallies(tracking bigint) RETURNS bigint
LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_compact_tracking';
COMMENT ON FUNCTION portfolio.fold_tallies(bigint) IS 'What compact_tracking() does, for one tracking.';
CREATE FUNCTION portfolio.compact_tracking(code text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  wanted bigint := CASE WHEN code IS NOT NULL THEN (portfolio.get_data_set(code)).id END;
  gone bigint := 0;
  t bigint;
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  FOR t IN SELECT s.tracking FROM portfolio.tracked_data_set s WHERE wanted IS NULL OR s.data_set = wanted
           UNION SELECT y.tracking FROM portfolio.tracked_tally y WHERE wanted IS NULL ORDER BY 1
  LOOP
    gone := gone + portfolio.fold_tallies(t);
  END LOOP;
  RETURN gone;
END
$$;
COMMENT ON FUNCTION portfolio.compact_tracking(text, jsonb) IS
  'Puts their sums in the place of the tallies that transactions have added, of one tracked data set or (NULL) of all, and removes those of files that are no more. Writers and readers do not wait for it. Gives how many rows went. schedule_housekeeping() does it hourly: current_score() reads all rows there are. No options yet.';
