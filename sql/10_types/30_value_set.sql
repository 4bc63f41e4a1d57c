-- Value sets: lists of reference codes, in versions. Shipped ones belong to releases; a site adds sets of its own, further
-- versions of a shipped set, and codes of its own to a shipped version, and all of that is dumped.
CREATE TABLE portfolio.value_set (
  code    text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]*$'),
  version integer NOT NULL CHECK (version > 0),
  name    text NOT NULL CHECK (btrim(name) <> ''),
  source  text CHECK (btrim(source) <> ''),
  valid   daterange NOT NULL DEFAULT '(,)',
  builtin boolean NOT NULL DEFAULT false,
  PRIMARY KEY (code, version),
  CONSTRAINT value_set_valid_check CHECK (NOT isempty(valid) AND isfinite(lower(valid)) AND isfinite(upper(valid)))
);
COMMENT ON TABLE portfolio.value_set IS
  'Lists of reference values, one row for each version. in_value_set() takes the newest version, or on a date the newest that is in force on it. Class: user rows (those not builtin).';
COMMENT ON COLUMN portfolio.value_set.code IS 'Name of the set, in lower case with underscores, as in in_value_set(code, ''ethnic_category'').';
COMMENT ON COLUMN portfolio.value_set.version IS 'Number of the version; the newest has the highest. Versions may overlap in time: the higher is taken.';
COMMENT ON COLUMN portfolio.value_set.name IS 'What people read.';
COMMENT ON COLUMN portfolio.value_set.source IS 'Where the codes come from; NULL where nobody has said.';
COMMENT ON COLUMN portfolio.value_set.valid IS 'Days on which this version is in force; open ends are unbounded.';
COMMENT ON COLUMN portfolio.value_set.builtin IS 'True in rows that come with the extension; they are not dumped and stay as they are.';
SELECT pg_extension_config_dump('portfolio.value_set', 'WHERE NOT builtin');

CREATE TABLE portfolio.value_set_code (
  set        text NOT NULL,
  version    integer NOT NULL,
  code       text NOT NULL CHECK (code <> ''),
  label      text NOT NULL CHECK (btrim(label) <> ''),
  is_default boolean NOT NULL DEFAULT false,
  valid      daterange NOT NULL DEFAULT '(,)',
  builtin    boolean NOT NULL DEFAULT false,
  PRIMARY KEY (set, version, code, valid),
  FOREIGN KEY (set, version) REFERENCES portfolio.value_set (code, version),
  CONSTRAINT value_set_code_valid_check CHECK (NOT isempty(valid) AND isfinite(lower(valid)) AND isfinite(upper(valid))),
  CONSTRAINT value_set_code_overlap EXCLUDE USING gist (set WITH =, version WITH =, code WITH =, valid WITH &&)
);
COMMENT ON TABLE portfolio.value_set_code IS
  'The codes of value sets. A code that was closed and issued again has a row for each of its times, which never overlap. Class: user rows (those not builtin).';
COMMENT ON COLUMN portfolio.value_set_code.set IS 'The set it belongs to.';
COMMENT ON COLUMN portfolio.value_set_code.version IS 'The version of the set.';
COMMENT ON COLUMN portfolio.value_set_code.code IS 'The code exactly as data hold it: in_value_set() compares byte by byte, so case and white space count.';
COMMENT ON COLUMN portfolio.value_set_code.label IS 'What it means.';
COMMENT ON COLUMN portfolio.value_set_code.is_default IS
  'True for a legal code that is sent when the real one is not known or does not apply; the data quality maturity index counts these as defaults.';
COMMENT ON COLUMN portfolio.value_set_code.valid IS 'Days on which the code may be used within the version; open ends are unbounded.';
COMMENT ON COLUMN portfolio.value_set_code.builtin IS 'True in rows that come with the extension; they are not dumped and stay as they are.';
SELECT pg_extension_config_dump('portfolio.value_set_code', 'WHERE NOT builtin');

CREATE FUNCTION portfolio.guard_value_set() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF OLD.builtin THEN
    RAISE EXCEPTION 'value set "%" version % is shipped with the extension and belongs to its releases',
                    CASE TG_TABLE_NAME WHEN 'value_set' THEN to_jsonb(OLD)->>'code' ELSE to_jsonb(OLD)->>'set' END, OLD.version
      USING ERRCODE = 'object_not_in_prerequisite_state',
            HINT = 'Add a version with a higher number, which is then the one taken, or codes of your own to this one.';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
COMMENT ON FUNCTION portfolio.guard_value_set() IS
  'Trigger on value_set and value_set_code: shipped rows belong to releases. A restore only inserts, so it never meets it.';
CREATE TRIGGER guard_value_set BEFORE UPDATE OR DELETE ON portfolio.value_set FOR EACH ROW EXECUTE FUNCTION portfolio.guard_value_set();
CREATE TRIGGER guard_value_set BEFORE UPDATE OR DELETE ON portfolio.value_set_code FOR EACH ROW EXECUTE FUNCTION portfolio.guard_value_set();

-- STABLE: reads a set once for each place in a query that asks, with the query's snapshot (src/types/value_set.c).
CREATE FUNCTION portfolio.in_value_set(code text, set text) RETURNS boolean
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_in_value_set';
COMMENT ON FUNCTION portfolio.in_value_set(text, text) IS
  'Whether the code is in the newest version of a value set, whenever it was or will be valid. NULL for NULL; an error if there is no such set. The answer is that of the statement''s snapshot, own changes included; the clock plays no part, so a score can be repeated.';

CREATE FUNCTION portfolio.in_value_set(code text, set text, on_date date) RETURNS boolean
LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_in_value_set_on';
COMMENT ON FUNCTION portfolio.in_value_set(text, text, date) IS
  'Whether the code was valid on a day: in the newest version of the value set that is in force on it. NULL where no version is, and for NULL; an error if there is no such set.';
