-- Checks: what is asked, and what a site decides about it.

CREATE TABLE portfolio.check_definition (
  code text PRIMARY KEY CHECK (code ~ '^[a-z0-9]+([._-][a-z0-9]+)*$'),
  area text NOT NULL CHECK (area ~ '^[a-z0-9]+([._-][a-z0-9]+)*$'),
  title text NOT NULL CHECK (btrim(title) <> ''),
  question text CHECK (question LIKE '%?'),
  severity text NOT NULL DEFAULT 'medium' CHECK (severity IN ('critical', 'high', 'medium', 'low')),
  description text,
  query text NOT NULL CHECK (btrim(query) <> ''),
  threshold numeric,
  remediation text,
  refs jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(refs) = 'object'),
  min_version integer CHECK (min_version BETWEEN 10 AND 999),
  max_version integer CHECK (max_version BETWEEN 10 AND 999),
  needs text[] NOT NULL DEFAULT '{}',
  cannot_plant text CHECK (btrim(cannot_plant) <> ''),
  author name DEFAULT CURRENT_USER,
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT check_definition_author CHECK (builtin = (author IS NULL)),
  CONSTRAINT check_definition_versions CHECK (min_version <= max_version)
);
COMMENT ON TABLE portfolio.check_definition IS
  'Checks: queries whose rows are findings. Rows with builtin belong to the release and are read-only; what a site decides about them is in check_setting. Class: user rows.';
COMMENT ON COLUMN portfolio.check_definition.code IS 'Key: small letters and digits in words joined by dash, dot or underscore. A release retires a shipped code, it never drops one.';
COMMENT ON COLUMN portfolio.check_definition.area IS 'What the check belongs to: security, transfer, quality, or a word of your own. run_checks(area) runs all of one area.';
COMMENT ON COLUMN portfolio.check_definition.title IS 'What is wrong when the check finds something.';
COMMENT ON COLUMN portfolio.check_definition.question IS 'The question that the check asks, in words, ending in a question mark. Every shipped security check has one.';
COMMENT ON COLUMN portfolio.check_definition.severity IS 'critical, high, medium or low; check_setting may say otherwise for this site.';
COMMENT ON COLUMN portfolio.check_definition.description IS 'Why it matters and what exactly is looked at.';
COMMENT ON COLUMN portfolio.check_definition.query IS
  'One SELECT that returns subject text (stable and unique: the key of a finding), and if wanted element bigint, detail jsonb, severity text (of this row; NULL: the check''s) and since date (from which its deadline counts; NULL: the day on which it is opened). $1 is the threshold (numeric). It runs as author, read-only, with search_path = pg_catalog: write every other name with its schema.';
COMMENT ON COLUMN portfolio.check_definition.threshold IS 'A number that the query may use as $1; check_setting may say otherwise for this site.';
COMMENT ON COLUMN portfolio.check_definition.remediation IS 'What to do about a finding: SQL, configuration or a sentence.';
COMMENT ON COLUMN portfolio.check_definition.refs IS 'Where the demand comes from: iso (ISO/IEC 27001:2022 Annex A), ndg (number of the National Data Guardian standard), and others.';
COMMENT ON COLUMN portfolio.check_definition.min_version IS 'Oldest major version of PostgreSQL that can answer the query; NULL: any.';
COMMENT ON COLUMN portfolio.check_definition.max_version IS 'Newest major version of PostgreSQL for which the query makes sense; NULL: any.';
COMMENT ON COLUMN portfolio.check_definition.needs IS
  'What the role as which the query runs (author, or the caller of run_checks()) needs beyond the profile operator, as names: a role whose rights it must have (pg_monitor, say), or a relation (to read) or function (to call, written with the types of its arguments) of pg_catalog. Without, run_checks() skips the check. Empty: nothing.';
COMMENT ON COLUMN portfolio.check_definition.cannot_plant IS
  'Why no test can make the check fire: corruption, say, or a session from another machine. NULL: a test plants the fault, sees the finding, takes the fault away and sees it gone.';
COMMENT ON COLUMN portfolio.check_definition.author IS 'The role as which the query runs: who wrote the row, or changed its query last. NULL in shipped rows, which run as the caller. A row whose author does not exist is broken, and that is a finding.';
COMMENT ON COLUMN portfolio.check_definition.builtin IS 'True in rows that come with the extension.';
SELECT pg_extension_config_dump('portfolio.check_definition', 'WHERE NOT builtin');


CREATE TRIGGER guard_stored_query BEFORE INSERT OR UPDATE OR DELETE ON portfolio.check_definition
  FOR EACH ROW EXECUTE FUNCTION portfolio.guard_stored_query('Put what your site decides about it into portfolio.check_setting.');

CREATE TABLE portfolio.check_setting (
  check_code text PRIMARY KEY REFERENCES portfolio.check_definition ON UPDATE CASCADE ON DELETE CASCADE,
  enabled boolean NOT NULL DEFAULT true,
  severity text CHECK (severity IN ('critical', 'high', 'medium', 'low')),
  threshold numeric,
  reason text NOT NULL CHECK (btrim(reason) <> ''),
  set_by name NOT NULL DEFAULT CURRENT_USER,
  set_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE portfolio.check_setting IS 'What this site decides about a check, shipped or its own. Class: user rows.';
COMMENT ON COLUMN portfolio.check_setting.check_code IS 'The check.';
COMMENT ON COLUMN portfolio.check_setting.enabled IS 'False: run_checks() leaves the check out.';
COMMENT ON COLUMN portfolio.check_setting.severity IS 'Severity of its findings here; NULL: as the check says.';
COMMENT ON COLUMN portfolio.check_setting.threshold IS 'Threshold here; NULL: as the check says.';
COMMENT ON COLUMN portfolio.check_setting.reason IS 'Why this site decides so.';
COMMENT ON COLUMN portfolio.check_setting.set_by IS 'Who wrote the row.';
COMMENT ON COLUMN portfolio.check_setting.set_at IS 'When the row was written.';
SELECT pg_extension_config_dump('portfolio.check_setting', '');

CREATE FUNCTION portfolio.missing_privileges(role name, needs text[]) RETURNS text[]
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT array_agg(n.need ORDER BY n.place)
    FROM pg_roles r, unnest(needs) WITH ORDINALITY n (need, place)
   WHERE r.rolname = missing_privileges.role
     AND NOT EXISTS (SELECT FROM pg_roles g WHERE g.rolname = n.need AND pg_has_role(r.oid, g.oid, 'USAGE'))
     AND NOT EXISTS (SELECT FROM pg_class c
                      WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.relname = n.need AND has_table_privilege(r.oid, c.oid, 'SELECT'))
     AND NOT EXISTS (SELECT FROM pg_proc p
                      WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname = split_part(n.need, '(', 1)
                        AND format('%s(%s)', p.proname, oidvectortypes(p.proargtypes)) = n.need AND has_function_privilege(r.oid, p.oid, 'EXECUTE'));
END;
COMMENT ON FUNCTION portfolio.missing_privileges(name, text[]) IS
  'Those of the privileges that a check needs, written as in check_definition.needs, which a role does not have; NULL where it has them all, where there are none, and for a role that does not exist. A name that means nothing here is missing.';

CREATE VIEW portfolio.effective_check WITH (security_invoker = true) AS
  SELECT d.code, d.area, d.title, coalesce(s.severity, d.severity) AS severity,
         coalesce(s.threshold, d.threshold) AS threshold, coalesce(s.enabled, true) AS enabled,
         current_setting('server_version_num')::integer / 10000
           BETWEEN coalesce(d.min_version, 0) AND coalesce(d.max_version, 2147483647) AS applies,
         d.description, d.query, d.remediation, d.refs, d.author, d.builtin, s.reason, d.question, d.needs,
         portfolio.missing_privileges(coalesce(d.author, CURRENT_USER), d.needs) AS lacks
    FROM portfolio.check_definition d LEFT JOIN portfolio.check_setting s ON s.check_code = d.code;
COMMENT ON VIEW portfolio.effective_check IS 'Checks as they run here: check_definition with what check_setting says instead.';
COMMENT ON COLUMN portfolio.effective_check.code IS 'Key of the check.';
COMMENT ON COLUMN portfolio.effective_check.area IS 'What the check belongs to.';
COMMENT ON COLUMN portfolio.effective_check.title IS 'What is wrong when the check finds something.';
COMMENT ON COLUMN portfolio.effective_check.severity IS 'Severity of its findings: of this site, or as shipped.';
COMMENT ON COLUMN portfolio.effective_check.threshold IS 'The query''s $1: of this site, or as shipped.';
COMMENT ON COLUMN portfolio.effective_check.enabled IS 'Does this site run the check?';
COMMENT ON COLUMN portfolio.effective_check.applies IS 'Is the check made for this server''s version of PostgreSQL?';
COMMENT ON COLUMN portfolio.effective_check.description IS 'Why it matters and what exactly is looked at.';
COMMENT ON COLUMN portfolio.effective_check.query IS 'The query whose rows are findings.';
COMMENT ON COLUMN portfolio.effective_check.remediation IS 'What to do about a finding.';
COMMENT ON COLUMN portfolio.effective_check.refs IS 'Where the demand comes from.';
COMMENT ON COLUMN portfolio.effective_check.author IS 'The role as which the query runs; NULL: the caller.';
COMMENT ON COLUMN portfolio.effective_check.builtin IS 'Does the check come with the extension?';
COMMENT ON COLUMN portfolio.effective_check.reason IS 'Why this site decided something else; NULL where it did not.';
COMMENT ON COLUMN portfolio.effective_check.question IS 'The question it asks, in words.';
COMMENT ON COLUMN portfolio.effective_check.needs IS 'What whoever runs it needs beyond the profile operator.';
COMMENT ON COLUMN portfolio.effective_check.lacks IS 'What of that is missing where the caller runs it now, so that it would be skipped; NULL: nothing.';
