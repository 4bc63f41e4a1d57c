-- Rules about the whole of a data set: unique, determines, references, fresh, rows, volume_change, reconciles.
-- Each becomes one statement that gives a row a group (a key, or what `by` names); the counts are sums over it.
CREATE SEQUENCE portfolio.whole_set_result_id_seq;
COMMENT ON SEQUENCE portfolio.whole_set_result_id_seq IS 'Numbers results of rules about whole sets.';
SELECT pg_extension_config_dump('portfolio.whole_set_result_id_seq', '');

CREATE TABLE portfolio.whole_set_result (
  id         bigint PRIMARY KEY DEFAULT nextval('portfolio.whole_set_result_id_seq'),
  data_set   bigint NOT NULL REFERENCES portfolio.data_set (id),
  period     text,
  checked_at timestamptz NOT NULL,
  checked_by name NOT NULL DEFAULT SESSION_USER,
  rule       text NOT NULL,
  version    int NOT NULL,
  kind       text NOT NULL,
  outcome    text NOT NULL CHECK (outcome IN ('passed', 'failed', 'not_judged', 'error')),
  unit       text CHECK (unit IN ('rows', 'groups')),
  records    bigint CHECK (records >= 0),
  passed     bigint CHECK (passed >= 0),
  failed     bigint CHECK (failed >= 0),
  missing    bigint CHECK (missing >= 0),
  measures   jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(measures) = 'object'),
  evidence   text,
  sql_state  text,
  problem    text,
  FOREIGN KEY (data_set, rule, version) REFERENCES portfolio.quality_rule (data_set, code, version)
);
CREATE INDEX whole_set_result_rule_idx ON portfolio.whole_set_result (data_set, rule, id DESC);
COMMENT ON TABLE portfolio.whole_set_result IS
  'History of what check_whole_set() found: a row for each rule about the whole set and call. It holds counts and measures, never a value of a record. Written by the engine alone. Class: user rows.';
COMMENT ON COLUMN portfolio.whole_set_result.id IS 'The result.';
COMMENT ON COLUMN portfolio.whole_set_result.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.whole_set_result.period IS 'The one period that was looked at; NULL when all were.';
COMMENT ON COLUMN portfolio.whole_set_result.checked_at IS 'When the data was read.';
COMMENT ON COLUMN portfolio.whole_set_result.checked_by IS 'Login role that asked for it.';
COMMENT ON COLUMN portfolio.whole_set_result.rule IS 'Code of the rule.';
COMMENT ON COLUMN portfolio.whole_set_result.version IS 'Its version.';
COMMENT ON COLUMN portfolio.whole_set_result.kind IS 'unique, determines, references, fresh, rows, volume_change or reconciles.';
COMMENT ON COLUMN portfolio.whole_set_result.outcome IS
  'passed; failed: at least one row or group fails; not_judged: there was nothing to judge; error: the statement raised one.';
COMMENT ON COLUMN portfolio.whole_set_result.unit IS 'What is counted: rows (unique, determines, references) or groups (the others; one where the rule has no by). NULL for error.';
COMMENT ON COLUMN portfolio.whole_set_result.records IS 'Rows or groups looked at; NULL where a constraint proved the rule and nothing was read.';
COMMENT ON COLUMN portfolio.whole_set_result.passed IS 'Those that pass; NULL where nothing was read.';
COMMENT ON COLUMN portfolio.whole_set_result.failed IS 'Those that fail.';
COMMENT ON COLUMN portfolio.whole_set_result.missing IS 'Those that cannot be judged because a key or value is NULL; NULL where nothing was read.';
COMMENT ON COLUMN portfolio.whole_set_result.measures IS 'Figures of the kind, by name: docs/quality.md has them all.';
COMMENT ON COLUMN portfolio.whole_set_result.evidence IS 'How it is known: proved by a constraint or index that is named, or from reading the rows.';
COMMENT ON COLUMN portfolio.whole_set_result.sql_state IS 'SQLSTATE of an error; NULL otherwise.';
COMMENT ON COLUMN portfolio.whole_set_result.problem IS 'Message of an error that holds no value of a row; NULL otherwise.';
SELECT pg_extension_config_dump('portfolio.whole_set_result', '');

CREATE VIEW portfolio.latest_whole_set WITH (security_invoker = true) AS
SELECT d.code AS data_set_code, r.data_set, r.rule, r.version, r.kind, r.period, r.checked_at, c.item, c.dimension, c.severity, c.status,
       r.outcome, r.unit, r.records, r.passed, r.failed, r.missing, r.measures, r.evidence, r.sql_state, r.problem
  FROM portfolio.whole_set_result r
  JOIN portfolio.data_set d ON d.id = r.data_set
  JOIN portfolio.current_rule c ON c.data_set = r.data_set AND c.code = r.rule AND c.version = r.version AND c.status IN ('standard', 'experimental')
 WHERE NOT EXISTS (SELECT FROM portfolio.whole_set_result newer
                    WHERE newer.data_set = r.data_set AND newer.rule = r.rule AND newer.id > r.id
                      AND (newer.period IS NULL OR newer.period = r.period));
COMMENT ON VIEW portfolio.latest_whole_set IS
  'The newest result of each rule about a whole set that is in force, for each period that was checked by itself; older ones stay in whole_set_result.';
COMMENT ON COLUMN portfolio.latest_whole_set.data_set_code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.latest_whole_set.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.latest_whole_set.rule IS 'Code of the rule.';
COMMENT ON COLUMN portfolio.latest_whole_set.version IS 'Its version: that in force.';
COMMENT ON COLUMN portfolio.latest_whole_set.kind IS 'unique, determines, references, fresh, rows, volume_change or reconciles.';
COMMENT ON COLUMN portfolio.latest_whole_set.period IS 'The one period that was looked at; NULL when all were.';
COMMENT ON COLUMN portfolio.latest_whole_set.checked_at IS 'When the data was read.';
COMMENT ON COLUMN portfolio.latest_whole_set.item IS 'The item that the rule judges; NULL for a rule about the record.';
COMMENT ON COLUMN portfolio.latest_whole_set.dimension IS 'Dimension of quality it speaks of.';
COMMENT ON COLUMN portfolio.latest_whole_set.severity IS 'How bad a failure is.';
COMMENT ON COLUMN portfolio.latest_whole_set.status IS 'standard or experimental.';
COMMENT ON COLUMN portfolio.latest_whole_set.outcome IS 'passed, failed, not_judged or error.';
COMMENT ON COLUMN portfolio.latest_whole_set.unit IS 'What is counted: rows or groups.';
COMMENT ON COLUMN portfolio.latest_whole_set.records IS 'Rows or groups looked at; NULL where nothing was read.';
COMMENT ON COLUMN portfolio.latest_whole_set.passed IS 'Those that pass; NULL where nothing was read.';
COMMENT ON COLUMN portfolio.latest_whole_set.failed IS 'Those that fail.';
COMMENT ON COLUMN portfolio.latest_whole_set.missing IS 'Those that cannot be judged; NULL where nothing was read.';
COMMENT ON COLUMN portfolio.latest_whole_set.measures IS 'Figures of the kind, by name.';
COMMENT ON COLUMN portfolio.latest_whole_set.evidence IS 'How it is known.';
COMMENT ON COLUMN portfolio.latest_whole_set.sql_state IS 'SQLSTATE of an error.';
COMMENT ON COLUMN portfolio.latest_whole_set.problem IS 'Message of an error.';

CREATE FUNCTION portfolio.purge_whole_set_results(keep interval DEFAULT '1 year') RETURNS bigint
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
BEGIN ATOMIC
  WITH gone AS (
    DELETE FROM portfolio.whole_set_result r
     WHERE r.checked_at < now() - greatest(keep, interval '0')
       AND EXISTS (SELECT FROM portfolio.whole_set_result newer
                    WHERE newer.data_set = r.data_set AND newer.rule = r.rule AND newer.id > r.id AND (newer.period IS NULL OR newer.period = r.period))
    RETURNING 1)
  SELECT count(*) FROM gone;
END;
COMMENT ON FUNCTION portfolio.purge_whole_set_results(interval) IS
  'Forgets results of rules about whole sets that a later one has replaced and that are older than keep (1 year by default, negative as 0); returns how many. The newest of each rule and period stays. NULL for NULL. schedule_housekeeping() makes a job of it.';

CREATE TYPE portfolio.whole_set_verdict AS (
  rule      text,
  version   int,
  kind      text,
  outcome   text,
  unit      text,
  records   bigint,
  passed    bigint,
  failed    bigint,
  missing   bigint,
  measures  jsonb,
  evidence  text,
  sql_state text,
  problem   text
);
COMMENT ON TYPE portfolio.whole_set_verdict IS 'A row of check_whole_set(): what a rule about the whole set says.';
COMMENT ON COLUMN portfolio.whole_set_verdict.rule IS 'Code of the rule.';
COMMENT ON COLUMN portfolio.whole_set_verdict.version IS 'Its version.';
COMMENT ON COLUMN portfolio.whole_set_verdict.kind IS 'unique, determines, references, fresh, rows, volume_change or reconciles.';
COMMENT ON COLUMN portfolio.whole_set_verdict.outcome IS 'passed; failed: at least one row or group fails; not_judged: there was nothing to judge; error: the statement raised one.';
COMMENT ON COLUMN portfolio.whole_set_verdict.unit IS 'What is counted: rows or groups.';
COMMENT ON COLUMN portfolio.whole_set_verdict.records IS 'Rows or groups looked at; NULL where a constraint proved the rule and nothing was read.';
COMMENT ON COLUMN portfolio.whole_set_verdict.passed IS 'Those that pass; NULL where nothing was read.';
COMMENT ON COLUMN portfolio.whole_set_verdict.failed IS 'Those that fail.';
COMMENT ON COLUMN portfolio.whole_set_verdict.missing IS 'Those that cannot be judged because a key or value is NULL; NULL where nothing was read.';
COMMENT ON COLUMN portfolio.whole_set_verdict.measures IS 'Figures of the kind, by name: docs/quality.md has them all.';
COMMENT ON COLUMN portfolio.whole_set_verdict.evidence IS 'How it is known: proved by a constraint or index that is named, or from reading the rows.';
COMMENT ON COLUMN portfolio.whole_set_verdict.sql_state IS 'SQLSTATE of an error; NULL otherwise.';
COMMENT ON COLUMN portfolio.whole_set_verdict.problem IS 'Message of an error that holds no value of a row; NULL otherwise.';
