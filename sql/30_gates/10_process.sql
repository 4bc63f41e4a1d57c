-- Processes, their stages, gates and criteria. A version that is published is never changed, and only such a version is run: a
-- decision is judged, today and in a restore, by the criteria under which it was made.

CREATE TABLE portfolio.process (
  code text NOT NULL CHECK (code ~ '^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$'),
  version integer NOT NULL DEFAULT 1 CHECK (version > 0),
  name text NOT NULL CHECK (btrim(name) <> ''),
  purpose text,
  max_waiver_days integer NOT NULL DEFAULT 90 CHECK (max_waiver_days BETWEEN 1 AND 3660),
  separation_of_duty boolean NOT NULL DEFAULT true,
  valid daterange NOT NULL DEFAULT '(,)' CHECK (NOT isempty(valid) AND isfinite(lower(valid)) AND isfinite(upper(valid))),
  builtin boolean NOT NULL DEFAULT false,
  PRIMARY KEY (code, version)
);
COMMENT ON TABLE portfolio.process IS
  'Processes with gates: transfer, methods, procurement. start_process() takes the newest version that is published and valid. Rows with builtin belong to the release. Class: user rows.';
COMMENT ON COLUMN portfolio.process.code IS 'Name of the process: letters and digits in words joined by dash, dot or underscore, as those of stages, gates and criteria are.';
COMMENT ON COLUMN portfolio.process.version IS 'Number of the version. Once it is published a version stays as it is; copy_process() makes the next one.';
COMMENT ON COLUMN portfolio.process.name IS 'Name for people.';
COMMENT ON COLUMN portfolio.process.purpose IS 'What the process is for.';
COMMENT ON COLUMN portfolio.process.max_waiver_days IS 'How many days a waiver may last.';
COMMENT ON COLUMN portfolio.process.separation_of_duty IS 'True: who recorded evidence that a decision rests on cannot be the only one to decide; somebody else who decides at the gate approves first, by approve_gate().';
COMMENT ON COLUMN portfolio.process.valid IS 'When runs of this version may be started.';
COMMENT ON COLUMN portfolio.process.builtin IS 'True in rows that come with the extension.';
SELECT pg_extension_config_dump('portfolio.process', 'WHERE NOT builtin');

CREATE TABLE portfolio.stage (
  process text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  code text NOT NULL CHECK (code ~ '^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$'),
  ord integer NOT NULL CHECK (ord > 0),
  name text NOT NULL CHECK (btrim(name) <> ''),
  description text,
  builtin boolean NOT NULL DEFAULT false,
  PRIMARY KEY (process, version, code),
  UNIQUE (process, version, ord),
  FOREIGN KEY (process, version) REFERENCES portfolio.process ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE portfolio.stage IS 'Stages of a process in their order. Class: user rows.';
COMMENT ON COLUMN portfolio.stage.process IS 'The process.';
COMMENT ON COLUMN portfolio.stage.version IS 'Its version.';
COMMENT ON COLUMN portfolio.stage.code IS 'Name of the stage within the process.';
COMMENT ON COLUMN portfolio.stage.ord IS 'Place in the order, from 1.';
COMMENT ON COLUMN portfolio.stage.name IS 'Name for people.';
COMMENT ON COLUMN portfolio.stage.description IS 'What happens in it.';
COMMENT ON COLUMN portfolio.stage.builtin IS 'True in rows that come with the extension.';
SELECT pg_extension_config_dump('portfolio.stage', 'WHERE NOT builtin');

CREATE TABLE portfolio.gate (
  process text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  code text NOT NULL CHECK (code ~ '^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$'),
  stage text NOT NULL,
  name text NOT NULL CHECK (btrim(name) <> ''),
  decided_by name,
  builtin boolean NOT NULL DEFAULT false,
  PRIMARY KEY (process, version, code),
  UNIQUE (process, version, stage),
  FOREIGN KEY (process, version, stage) REFERENCES portfolio.stage ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE portfolio.gate IS 'Gates: each stands at the end of a stage and is passed by a decision. Class: user rows.';
COMMENT ON COLUMN portfolio.gate.process IS 'The process.';
COMMENT ON COLUMN portfolio.gate.version IS 'Its version.';
COMMENT ON COLUMN portfolio.gate.code IS 'Name of the gate within the process.';
COMMENT ON COLUMN portfolio.gate.stage IS 'The stage that it ends.';
COMMENT ON COLUMN portfolio.gate.name IS 'Name for people.';
COMMENT ON COLUMN portfolio.gate.decided_by IS 'The role whose members decide at this gate and waive its criteria; NULL: whoever may write decisions. gate_setting may name another for this site.';
COMMENT ON COLUMN portfolio.gate.builtin IS 'True in rows that come with the extension.';
SELECT pg_extension_config_dump('portfolio.gate', 'WHERE NOT builtin');

CREATE TABLE portfolio.gate_setting (
  process text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  gate text NOT NULL,
  decided_by name NOT NULL,
  reason text NOT NULL CHECK (btrim(reason) <> ''),
  set_by name NOT NULL DEFAULT CURRENT_USER,
  set_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (process, version, gate),
  FOREIGN KEY (process, version, gate) REFERENCES portfolio.gate ON UPDATE CASCADE ON DELETE CASCADE
);
COMMENT ON TABLE portfolio.gate_setting IS 'What this site decides about a gate, shipped or its own. Class: user rows.';
COMMENT ON COLUMN portfolio.gate_setting.process IS 'The process.';
COMMENT ON COLUMN portfolio.gate_setting.version IS 'Its version.';
COMMENT ON COLUMN portfolio.gate_setting.gate IS 'The gate.';
COMMENT ON COLUMN portfolio.gate_setting.decided_by IS 'The role whose members decide at this gate and waive its criteria here.';
COMMENT ON COLUMN portfolio.gate_setting.reason IS 'Why this site decides so.';
COMMENT ON COLUMN portfolio.gate_setting.set_by IS 'Who wrote the row.';
COMMENT ON COLUMN portfolio.gate_setting.set_at IS 'When the row was written.';
SELECT pg_extension_config_dump('portfolio.gate_setting', '');

CREATE TABLE portfolio.criterion (
  process text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  code text NOT NULL CHECK (code ~ '^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$'),
  gate text NOT NULL,
  title text NOT NULL CHECK (btrim(title) <> ''),
  guidance text,
  mandatory boolean NOT NULL DEFAULT true,
  weight numeric NOT NULL DEFAULT 1 CHECK (weight > 0 AND weight < 'Infinity'),
  applies_when text CHECK (btrim(applies_when) <> ''),
  evidence_kind text NOT NULL DEFAULT 'manual' CHECK (evidence_kind IN ('manual', 'query')),
  query text CHECK (btrim(query) <> ''),
  comparison text NOT NULL DEFAULT 'at_least' CHECK (comparison IN ('at_least', 'at_most')),
  threshold numeric CHECK (threshold > '-Infinity' AND threshold < 'Infinity'),
  partly_threshold numeric CHECK (partly_threshold > '-Infinity' AND partly_threshold < 'Infinity'),
  valid_days integer CHECK (valid_days > 0),
  author name DEFAULT CURRENT_USER,
  builtin boolean NOT NULL DEFAULT false,
  PRIMARY KEY (process, version, code),
  FOREIGN KEY (process, version, gate) REFERENCES portfolio.gate ON UPDATE CASCADE ON DELETE CASCADE,
  CONSTRAINT criterion_author CHECK (builtin = (author IS NULL)),
  CONSTRAINT criterion_query CHECK ((evidence_kind = 'query') = (query IS NOT NULL) AND (evidence_kind = 'query') = (threshold IS NOT NULL)),
  CONSTRAINT criterion_partly CHECK (partly_threshold IS NULL OR threshold IS NOT NULL AND
    CASE comparison WHEN 'at_least' THEN partly_threshold < threshold ELSE partly_threshold > threshold END)
);
COMMENT ON TABLE portfolio.criterion IS 'What must be shown at a gate, by a person or by a query. Class: user rows.';
COMMENT ON COLUMN portfolio.criterion.process IS 'The process.';
COMMENT ON COLUMN portfolio.criterion.version IS 'Its version.';
COMMENT ON COLUMN portfolio.criterion.code IS 'Name of the criterion within the process.';
COMMENT ON COLUMN portfolio.criterion.gate IS 'The gate at which it is judged.';
COMMENT ON COLUMN portfolio.criterion.title IS 'What must be so.';
COMMENT ON COLUMN portfolio.criterion.guidance IS 'How to get there and what counts as evidence; readiness() gives it as the next step.';
COMMENT ON COLUMN portfolio.criterion.mandatory IS 'True: the gate stays shut while it is neither met nor waived.';
COMMENT ON COLUMN portfolio.criterion.weight IS 'Weight in the percentage of readiness().';
COMMENT ON COLUMN portfolio.criterion.applies_when IS
  'One SELECT over all elements that returns element bigint: the criterion applies to these, and is not_applicable to all others, mandatory or not. NULL: to all. It runs as query does; while it fails, the criterion applies.';
COMMENT ON COLUMN portfolio.criterion.evidence_kind IS 'manual: a person records evidence; query: evaluate() asks the query.';
COMMENT ON COLUMN portfolio.criterion.query IS
  'One SELECT over all elements that returns element bigint and value numeric, at most one row an element; no row is unknown. $1 is the threshold. It runs as author, read-only, with search_path = pg_catalog: write every other name with its schema.';
COMMENT ON COLUMN portfolio.criterion.comparison IS 'at_least: met from threshold upwards; at_most: met up to threshold.';
COMMENT ON COLUMN portfolio.criterion.threshold IS 'The value from (or up to) which it is met.';
COMMENT ON COLUMN portfolio.criterion.partly_threshold IS 'The value from (or up to) which it is partly met; NULL: never partly.';
COMMENT ON COLUMN portfolio.criterion.valid_days IS 'How many days its evidence holds when nothing else is said; NULL: for ever.';
COMMENT ON COLUMN portfolio.criterion.author IS 'The role as which the query runs. NULL in shipped rows, which run as the caller.';
COMMENT ON COLUMN portfolio.criterion.builtin IS 'True in rows that come with the extension.';
SELECT pg_extension_config_dump('portfolio.criterion', 'WHERE NOT builtin');

-- What is published can be run. The key on a criterion is the order of a restore: criteria come before the publication that shuts them.
CREATE TABLE portfolio.process_publication (
  process text NOT NULL,
  version integer NOT NULL DEFAULT 1,
  criterion text NOT NULL,
  published_by name DEFAULT CURRENT_USER,
  published_at timestamptz NOT NULL DEFAULT now(),
  builtin boolean NOT NULL DEFAULT false,
  PRIMARY KEY (process, version),
  FOREIGN KEY (process, version) REFERENCES portfolio.process ON DELETE CASCADE,
  FOREIGN KEY (process, version, criterion) REFERENCES portfolio.criterion ON DELETE CASCADE
);
COMMENT ON TABLE portfolio.process_publication IS
  'Versions of processes that are published: they can be run and stay as they are. Deleting a row takes a version back that has never been run. Class: user rows.';
COMMENT ON COLUMN portfolio.process_publication.process IS 'The process.';
COMMENT ON COLUMN portfolio.process_publication.version IS 'Its version.';
COMMENT ON COLUMN portfolio.process_publication.criterion IS 'One of its criteria, the first by name: a process without any decides nothing.';
COMMENT ON COLUMN portfolio.process_publication.published_by IS 'Who published it; the release where builtin.';
COMMENT ON COLUMN portfolio.process_publication.published_at IS 'When.';
COMMENT ON COLUMN portfolio.process_publication.builtin IS 'True in rows that come with the extension.';
SELECT pg_extension_config_dump('portfolio.process_publication', 'WHERE NOT builtin');

-- Runs: one element goes through one version of a process.
CREATE TABLE portfolio.process_run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  element bigint NOT NULL REFERENCES portfolio.element,
  process text NOT NULL,
  version integer NOT NULL,
  during tstzrange NOT NULL DEFAULT tstzrange(now(), NULL),
  started_by name NOT NULL DEFAULT CURRENT_USER,
  ended_as text CHECK (ended_as IN ('completed', 'stopped', 'abandoned')),
  reason text,
  UNIQUE (id, process, version),
  FOREIGN KEY (process, version) REFERENCES portfolio.process_publication,
  CONSTRAINT process_run_during CHECK (NOT isempty(during) AND isfinite(lower(during)) AND lower_inc(during) AND NOT upper_inc(during)
                                       AND coalesce(isfinite(upper(during)), true)),
  CONSTRAINT process_run_ended CHECK (upper_inf(during) = (ended_as IS NULL)),
  CONSTRAINT process_run_live EXCLUDE USING btree (element WITH =, process WITH =) WHERE (upper_inf(during))
);
CREATE INDEX process_run_element ON portfolio.process_run (element);
COMMENT ON TABLE portfolio.process_run IS 'Elements on their way through a process; one live run an element and process (23P01). Class: user rows.';
COMMENT ON COLUMN portfolio.process_run.id IS 'Key; record_evidence(), waive() and decide() take it.';
COMMENT ON COLUMN portfolio.process_run.element IS 'What goes through the process.';
COMMENT ON COLUMN portfolio.process_run.process IS 'The process.';
COMMENT ON COLUMN portfolio.process_run.version IS 'Its version.';
COMMENT ON COLUMN portfolio.process_run.during IS 'From the start to the end; without upper bound while it is live.';
COMMENT ON COLUMN portfolio.process_run.started_by IS 'Who started it.';
COMMENT ON COLUMN portfolio.process_run.ended_as IS 'completed (the last gate was passed), stopped (by a decision) or abandoned; NULL while it is live.';
COMMENT ON COLUMN portfolio.process_run.reason IS 'Why it ended; NULL while it is live or where the decision says it.';
SELECT pg_extension_config_dump('portfolio.process_run', '');
SELECT pg_extension_config_dump('portfolio.process_run_id_seq', '');

CREATE FUNCTION portfolio.guard_process() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  changed jsonb := to_jsonb(CASE WHEN TG_OP = 'INSERT' THEN NEW ELSE OLD END);
  its_code text := coalesce(changed->>'process', changed->>'code');
  its_version integer := (changed->>'version')::integer;
BEGIN
  IF EXISTS (SELECT FROM portfolio.process p WHERE p.code = its_code AND p.version = its_version AND p.builtin)
     AND NOT ((changed->>'builtin')::boolean AND TG_OP = 'INSERT') THEN
    RAISE EXCEPTION 'process "%" version % is shipped with the extension and belongs to its releases', its_code, its_version
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = format('Make one of your own: SELECT portfolio.copy_process(%L, ''my-process''); who decides at a gate is in portfolio.gate_setting.', its_code);
  END IF;
  IF TG_OP = 'DELETE' AND (TG_TABLE_NAME = 'process' OR NOT EXISTS (SELECT FROM portfolio.process p WHERE p.code = its_code AND p.version = its_version)) THEN
    RETURN OLD;  -- a whole version goes, which its runs forbid by their key
  END IF;
  IF TG_TABLE_NAME <> 'process' THEN  -- what is being published in another session waits, and so does its publication for this
    PERFORM FROM portfolio.process p WHERE p.code = its_code AND p.version = its_version FOR UPDATE;
  END IF;
  IF EXISTS (SELECT FROM portfolio.process_publication p WHERE p.process = its_code AND p.version = its_version)
     AND NOT (TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'process' AND to_jsonb(NEW) - '{name,purpose,valid}'::text[] = to_jsonb(OLD) - '{name,purpose,valid}'::text[]) THEN
    RAISE EXCEPTION 'process "%" version % is published and stays as it is', its_code, its_version
      USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = 'Decisions are judged by the criteria under which they were made.',
            HINT = format('Make the next version: SELECT portfolio.copy_process(%L, %L);', its_code, its_code);
  END IF;
  RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
COMMENT ON FUNCTION portfolio.guard_process() IS
  'Trigger on process, stage, gate and criterion: shipped processes belong to releases, and a version that is published stays as it is. A restore loads definitions before publications, so it meets neither.';
CREATE TRIGGER guard_process BEFORE UPDATE OR DELETE ON portfolio.process FOR EACH ROW EXECUTE FUNCTION portfolio.guard_process();
CREATE TRIGGER guard_process BEFORE INSERT OR UPDATE OR DELETE ON portfolio.stage FOR EACH ROW EXECUTE FUNCTION portfolio.guard_process();
CREATE TRIGGER guard_process BEFORE INSERT OR UPDATE OR DELETE ON portfolio.gate FOR EACH ROW EXECUTE FUNCTION portfolio.guard_process();
CREATE TRIGGER guard_process BEFORE INSERT OR UPDATE OR DELETE ON portfolio.criterion FOR EACH ROW EXECUTE FUNCTION portfolio.guard_process();

CREATE FUNCTION portfolio.guard_stored_query() RETURNS trigger
LANGUAGE c VOLATILE AS 'MODULE_PATHNAME', 'pf_guard_stored_query';
COMMENT ON FUNCTION portfolio.guard_stored_query() IS
  'Trigger on tables with a stored query: refuses what is not a single SELECT, makes whoever changes a query its author, and keeps shipped rows as they are. In a restore a query that this server cannot parse comes in with a warning.';
CREATE TRIGGER guard_stored_query BEFORE INSERT OR UPDATE OR DELETE ON portfolio.criterion
  FOR EACH ROW EXECUTE FUNCTION portfolio.guard_stored_query('Make a process of your own with portfolio.copy_process().', 'applies_when');

CREATE FUNCTION portfolio.known_process(process text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM portfolio.process p WHERE p.code = known_process.process) THEN
    RAISE EXCEPTION 'process "%" does not exist', process
      USING ERRCODE = 'undefined_object', HINT = 'SELECT code, version, name FROM portfolio.process lists them.';
  END IF;
  RETURN process;
END
$$;
COMMENT ON FUNCTION portfolio.known_process(text) IS 'The code of a process as it is given; raises 42704 where there is none of that code.';

CREATE FUNCTION portfolio.copy_process(process text, new_code text) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  old_version integer;
  new_version integer;
BEGIN
  SELECT max(p.version) INTO old_version FROM portfolio.process p WHERE p.code = portfolio.known_process(process);
  SELECT coalesce(max(p.version), 0) + 1 INTO new_version FROM portfolio.process p WHERE p.code = new_code;
  INSERT INTO portfolio.process (code, version, name, purpose, max_waiver_days, separation_of_duty)
    SELECT new_code, new_version, p.name, p.purpose, p.max_waiver_days, p.separation_of_duty FROM portfolio.process p WHERE (p.code, p.version) = (process, old_version);
  INSERT INTO portfolio.stage (process, version, code, ord, name, description)
    SELECT new_code, new_version, s.code, s.ord, s.name, s.description FROM portfolio.stage s WHERE (s.process, s.version) = (copy_process.process, old_version);
  INSERT INTO portfolio.gate (process, version, code, stage, name, decided_by)
    SELECT new_code, new_version, g.code, g.stage, g.name, coalesce(s.decided_by, g.decided_by)
      FROM portfolio.gate g LEFT JOIN portfolio.gate_setting s ON (s.process, s.version, s.gate) = (g.process, g.version, g.code)
     WHERE (g.process, g.version) = (copy_process.process, old_version);
  INSERT INTO portfolio.criterion (process, version, code, gate, title, guidance, mandatory, weight, applies_when, evidence_kind, query, comparison, threshold, partly_threshold, valid_days)
    SELECT new_code, new_version, c.code, c.gate, c.title, c.guidance, c.mandatory, c.weight, c.applies_when, c.evidence_kind, c.query, c.comparison, c.threshold, c.partly_threshold, c.valid_days
      FROM portfolio.criterion c WHERE (c.process, c.version) = (copy_process.process, old_version);
  RETURN new_version;
END
$$;
COMMENT ON FUNCTION portfolio.copy_process(text, text) IS
  'Copies the newest version of a process with its stages, gates and criteria as the next version of new_code, to be changed before it is published; returns the number of the version. Who decides at a gate here (gate_setting) decides at its copy. The caller becomes author of its queries. Raises 42704 for an unknown process.';

CREATE FUNCTION portfolio.publish_process(code text, version integer DEFAULT NULL) RETURNS integer
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  its_version integer := version;
  problem text;
BEGIN
  IF its_version IS NULL THEN
    SELECT max(p.version) INTO its_version FROM portfolio.process p WHERE p.code = publish_process.code;
  END IF;
  PERFORM FROM portfolio.process p WHERE (p.code, p.version) = (publish_process.code, its_version);
  IF NOT FOUND THEN
    RAISE EXCEPTION 'process "%"% does not exist', code, coalesce(' version ' || its_version, '')
      USING ERRCODE = 'undefined_object', HINT = 'SELECT code, version, name FROM portfolio.process lists them.';
  END IF;
  SELECT CASE WHEN count(g.code) = 0 THEN 'It has no gate.'
              WHEN count(c.code) = 0 THEN 'Its gates have no criteria.' END INTO problem
    FROM portfolio.process p
    LEFT JOIN portfolio.gate g ON (g.process, g.version) = (p.code, p.version)
    LEFT JOIN portfolio.criterion c ON (c.process, c.version, c.gate) = (g.process, g.version, g.code)
   WHERE (p.code, p.version) = (publish_process.code, its_version);
  IF problem IS NOT NULL THEN
    RAISE EXCEPTION 'process "%" version % cannot be published', code, its_version
      USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = problem,
            HINT = 'Write its stages, gates and criteria into portfolio.stage, gate and criterion first.';
  END IF;
  INSERT INTO portfolio.process_publication (process, version, criterion)
    SELECT publish_process.code, its_version, min(c.code) FROM portfolio.criterion c
     WHERE (c.process, c.version) = (publish_process.code, its_version)
    ON CONFLICT DO NOTHING;
  RETURN its_version;
END
$$;
COMMENT ON FUNCTION portfolio.publish_process(text, integer) IS
  'Publishes a version of a process, the newest where none is said: from now on it can be run and stays as it is. Returns the number of the version; publishing one again changes nothing. Runs under way stay on the version on which they started. Raises 42704 for an unknown process or version and 55000 for one without gates or criteria. Example: SELECT portfolio.publish_process(''our-transfer'', 1);';
