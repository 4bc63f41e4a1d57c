-- Findings of others: what a scanner, a penetration test or an audit reports, from SARIF or CSV.
CREATE TABLE portfolio.imported_finding (
  source text CHECK (btrim(source) = source AND source <> ''),
  fingerprint text CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  rule text NOT NULL CHECK (btrim(rule) <> ''),
  title text NOT NULL CHECK (btrim(title) <> ''),
  severity text NOT NULL CHECK (severity IN ('critical', 'high', 'medium', 'low')),
  location text,
  element bigint REFERENCES portfolio.element ON DELETE SET NULL,
  remediation text,
  detail jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(detail) = 'object'),
  imported_at timestamptz NOT NULL DEFAULT now(),
  imported_by name NOT NULL DEFAULT CURRENT_USER,
  PRIMARY KEY (source, fingerprint)
);
CREATE INDEX imported_finding_element ON portfolio.imported_finding (element) WHERE element IS NOT NULL;
COMMENT ON TABLE portfolio.imported_finding IS
  'What a source outside reported last, by import_findings(): one row for each thing found. Check imported-finding makes findings of the rows, and resolves those whose row is gone. Class: user rows.';
COMMENT ON COLUMN portfolio.imported_finding.source IS 'The source, as import_findings() was told: a tool and what it looks at. Its next document stands in place of the last.';
COMMENT ON COLUMN portfolio.imported_finding.fingerprint IS 'SHA-256 of the rule with the source''s own fingerprint, or with the location where it has none: by it a finding is known again.';
COMMENT ON COLUMN portfolio.imported_finding.rule IS 'The rule of the source that found it.';
COMMENT ON COLUMN portfolio.imported_finding.title IS 'What is wrong.';
COMMENT ON COLUMN portfolio.imported_finding.severity IS 'critical, high, medium or low, see severity_of().';
COMMENT ON COLUMN portfolio.imported_finding.location IS 'Where: file and line, address or object; NULL where the source does not say.';
COMMENT ON COLUMN portfolio.imported_finding.element IS 'The element of the portfolio that it concerns.';
COMMENT ON COLUMN portfolio.imported_finding.remediation IS 'What the source says to do.';
COMMENT ON COLUMN portfolio.imported_finding.detail IS 'What else the source says: message, cvss, help_uri.';
COMMENT ON COLUMN portfolio.imported_finding.imported_at IS 'When it was first imported.';
COMMENT ON COLUMN portfolio.imported_finding.imported_by IS 'Who imported it.';
SELECT pg_extension_config_dump('portfolio.imported_finding', '');

INSERT INTO portfolio.check_definition (code, area, title, question, severity, description, query, remediation, refs, author, builtin) VALUES
  ('imported-finding', 'imported', 'A scanner, a penetration test or an audit reported a weakness', 'What have others found that is still there?', 'medium',
   'Rows of imported_finding: what each source reported in its last document. Title, severity and what to do are those of the source.',
   $$SELECT i.source || ': ' || i.rule || ' #' || left(i.fingerprint, 16) AS subject, i.element, i.severity,
            jsonb_strip_nulls(jsonb_build_object('title', i.title, 'location', i.location, 'remediation', i.remediation)) || i.detail AS detail
       FROM portfolio.imported_finding i$$,
   'Mend it, and import the next report of the source.', '{"iso": "A.8.8", "ndg": "9"}', NULL, true);

CREATE FUNCTION portfolio.severity_of(score numeric) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT CASE WHEN score >= 9 THEN 'critical' WHEN score >= 7 THEN 'high' WHEN score >= 4 THEN 'medium' ELSE 'low' END;
END;
COMMENT ON FUNCTION portfolio.severity_of(numeric) IS
  'Severity of a score from 0 to 10, by the ratings of CVSS: critical from 9.0, high from 7.0, medium from 4.0, low below (a finding with score 0 is still one). NULL for NULL.';

CREATE FUNCTION portfolio.csv_records(document text, OUT line bigint, OUT cells text[]) RETURNS SETOF record
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'pf_csv_records';
COMMENT ON FUNCTION portfolio.csv_records(text) IS
  'The records of a CSV document (RFC 4180), each with the number of the line where it begins. Blank lines are left out; an empty cell is an empty text. Raises 22P04 for a quote that does not end or stands where none may. Example: SELECT * FROM portfolio.csv_records(E''a,"b, c"\n1,2'');';

CREATE TYPE portfolio.read_finding AS (
  "row" bigint, rule text, own_key text, title text, severity text, location text, element text, remediation text, detail jsonb, verdict text, problem text
);
COMMENT ON TYPE portfolio.read_finding IS 'One finding of a document, as it is read.';
COMMENT ON COLUMN portfolio.read_finding."row" IS 'Number of the result (SARIF) or of the line (CSV), from 1.';
COMMENT ON COLUMN portfolio.read_finding.rule IS 'The rule of the source.';
COMMENT ON COLUMN portfolio.read_finding.own_key IS 'The source''s own fingerprint; NULL where it has none.';
COMMENT ON COLUMN portfolio.read_finding.title IS 'What is wrong.';
COMMENT ON COLUMN portfolio.read_finding.severity IS 'critical, high, medium or low.';
COMMENT ON COLUMN portfolio.read_finding.location IS 'Where.';
COMMENT ON COLUMN portfolio.read_finding.element IS 'The element, as the document names it.';
COMMENT ON COLUMN portfolio.read_finding.remediation IS 'What to do.';
COMMENT ON COLUMN portfolio.read_finding.detail IS 'What else it says.';
COMMENT ON COLUMN portfolio.read_finding.verdict IS 'left_out (it is not a fault that is there, problem says why) or refused; NULL: a finding.';
COMMENT ON COLUMN portfolio.read_finding.problem IS 'Why it is left out or refused.';

CREATE FUNCTION portfolio.read_sarif(sarif jsonb) RETURNS SETOF portfolio.read_finding
LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1000
BEGIN ATOMIC
  WITH run AS (
    SELECT r.run, r.run_no, coalesce(r.run #> '{tool,driver,rules}', '[]')
           || coalesce(jsonb_path_query_array(r.run, '$.tool.extensions[*].rules[*]'), '[]') AS rules
      FROM jsonb_array_elements(sarif -> 'runs') WITH ORDINALITY r (run, run_no)
  ), rule AS (
    SELECT DISTINCT ON (r.run_no, d.def ->> 'id') r.run_no, d.def ->> 'id' AS id, d.def
      FROM run r CROSS JOIN LATERAL jsonb_array_elements(r.rules) WITH ORDINALITY d (def, n)
     WHERE d.def ->> 'id' IS NOT NULL
     ORDER BY r.run_no, d.def ->> 'id', d.n
  ), result AS (
    SELECT row_number() OVER (ORDER BY r.run_no, x.n) AS "row", r.run, r.run_no, x.result,
           coalesce(x.result ->> 'ruleId', x.result #>> '{rule,id}',
                    -- an index counts within the driver, unless the rule names a component
                    CASE WHEN NOT coalesce(x.result -> 'rule', '{}') ? 'toolComponent'
                         THEN r.run #> '{tool,driver,rules}' -> coalesce(x.result ->> 'ruleIndex', x.result #>> '{rule,index}')::integer ->> 'id' END) AS rule_id
      FROM run r CROSS JOIN LATERAL jsonb_array_elements(coalesce(nullif(r.run -> 'results', 'null'), '[]')) WITH ORDINALITY x (result, n)
  ), known AS (
    SELECT x.*, coalesce(d.def, '{}') AS def,
           coalesce(x.result #>> '{message,text}', x.result #>> '{message,markdown}', d.def #>> ARRAY['messageStrings', x.result #>> '{message,id}', 'text']) AS message,
           CASE WHEN coalesce(x.result #>> '{properties,security-severity}', d.def #>> '{properties,security-severity}') ~ '^\d{1,2}([.]\d{1,2})?$'
                THEN coalesce(x.result #>> '{properties,security-severity}', d.def #>> '{properties,security-severity}')::numeric END AS score,
           CASE WHEN coalesce(x.result ->> 'kind', 'fail') = 'fail'
                THEN coalesce(x.result ->> 'level', d.def #>> '{defaultConfiguration,level}', 'warning') ELSE 'none' END AS level,
           x.result #> '{locations,0}' AS place
      FROM result x
      LEFT JOIN LATERAL (SELECT d.def FROM rule d
                          WHERE d.run_no = x.run_no AND (d.id = x.rule_id OR starts_with(x.rule_id, d.id || '/'))
                          ORDER BY length(d.id) DESC LIMIT 1) d ON true
  ), placed AS (
    SELECT k.*, (SELECT string_agg(f.key || '=' || f.value, ' ' ORDER BY f.key)
                   FROM jsonb_each_text(coalesce(nullif(k.result -> 'fingerprints', '{}'), nullif(k.result -> 'partialFingerprints', '{}'))) f) AS own_key,
           coalesce(coalesce(k.place #>> '{physicalLocation,artifactLocation,uri}',
                             k.run -> 'artifacts' -> (k.place #>> '{physicalLocation,artifactLocation,index}')::integer #>> '{location,uri}')
                    || coalesce(':' || (k.place #>> '{physicalLocation,region,startLine}')
                                || coalesce(':' || (k.place #>> '{physicalLocation,region,startColumn}'), ''), ''),
                    k.place #>> '{logicalLocations,0,fullyQualifiedName}', k.place #>> '{logicalLocations,0,name}') AS location
      FROM known k
  )
  SELECT p."row", p.rule_id, p.own_key,
         coalesce(p.def #>> '{shortDescription,text}', p.def ->> 'name', p.message, p.rule_id),
         coalesce(portfolio.severity_of(p.score), CASE p.level WHEN 'error' THEN 'high' WHEN 'warning' THEN 'medium' ELSE 'low' END),
         p.location, coalesce(p.result #>> '{properties,element}', p.run #>> '{properties,element}'),
         coalesce(p.def #>> '{help,text}', p.def #>> '{fullDescription,text}'),
         jsonb_strip_nulls(jsonb_build_object('message', p.message, 'cvss', p.score, 'level', p.level, 'help_uri', p.def ->> 'helpUri',
                                              'tool', p.run #>> '{tool,driver,name}')),
         CASE WHEN p.rule_id IS NULL OR p.message IS NULL OR p.level NOT IN ('error', 'warning', 'note', 'none') OR p.score > 10 THEN 'refused'
              WHEN coalesce(p.result ->> 'kind', 'fail') <> 'fail' OR p.result ->> 'baselineState' = 'absent'
                   OR EXISTS (SELECT FROM jsonb_array_elements(p.result -> 'suppressions') s WHERE coalesce(s.value ->> 'status', 'accepted') = 'accepted') THEN 'left_out' END,
         CASE WHEN p.rule_id IS NULL THEN 'ruleId: is needed'
              WHEN p.message IS NULL THEN 'message: is needed'
              WHEN p.level NOT IN ('error', 'warning', 'note', 'none') THEN format('level: "%s" is none of error, warning, note, none', p.level)
              WHEN p.score > 10 THEN format('security-severity: %s is not from 0 to 10', p.score)
              WHEN coalesce(p.result ->> 'kind', 'fail') <> 'fail' THEN format('kind is %s', p.result ->> 'kind')
              WHEN p.result ->> 'baselineState' = 'absent' THEN 'baselineState is absent'
              WHEN EXISTS (SELECT FROM jsonb_array_elements(p.result -> 'suppressions') s WHERE coalesce(s.value ->> 'status', 'accepted') = 'accepted') THEN 'suppressed in the document' END
    FROM placed p
   ORDER BY p."row";
END;
COMMENT ON FUNCTION portfolio.read_sarif(jsonb) IS
  'Part of import_findings(): the results of a SARIF 2.1.0 log. The severity is that of security-severity of result or rule where there is one, else of the level: error high, warning medium, note low.';

CREATE FUNCTION portfolio.read_findings_csv(document text) RETURNS SETOF portfolio.read_finding
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 1000
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known CONSTANT text[] := '{rule,title,severity,cvss,location,element,description,remediation,fingerprint}';
  headings text[];
  wrong text;
BEGIN
  SELECT array_agg(lower(btrim(h.h) COLLATE "C") ORDER BY h.n) INTO headings
    FROM (SELECT r.cells FROM portfolio.csv_records(document) r LIMIT 1) f, unnest(f.cells) WITH ORDINALITY h (h, n);
  SELECT string_agg(format('"%s"', h), ', ') INTO wrong FROM unnest(headings) h WHERE h <> ALL (known);
  IF wrong IS NOT NULL OR headings IS NULL OR NOT headings @> '{rule,title}' OR NOT headings && '{severity,cvss}'
     OR cardinality(headings) > (SELECT count(DISTINCT h) FROM unnest(headings) h) THEN
    RAISE EXCEPTION 'document is neither SARIF nor CSV with the headings of findings'
      USING ERRCODE = 'bad_copy_file_format',
            DETAIL = coalesce('Not known: ' || wrong || '.',
                              CASE WHEN NOT coalesce(headings @> '{rule,title}' AND headings && '{severity,cvss}', false)
                                   THEN 'Needed are rule, title, and severity or cvss.' ELSE 'A heading comes twice.' END),
            HINT = format('Headings are %s. SARIF begins with {.', array_to_string(known, ', '));
  END IF;
  RETURN QUERY
    WITH record AS (
      SELECT r.line, cardinality(r.cells) AS n,
             (SELECT coalesce(jsonb_object_agg(headings[c.i], btrim(c.cell)), '{}')
                FROM unnest(r.cells) WITH ORDINALITY c (cell, i) WHERE c.i <= cardinality(headings) AND btrim(c.cell) <> '') AS j
        FROM portfolio.csv_records(document) r OFFSET 1
    ), score AS (
      SELECT r.*, CASE WHEN r.j ->> 'cvss' ~ '^\d{1,2}([.]\d{1,2})?$' THEN (r.j ->> 'cvss')::numeric ELSE portfolio.cvss_score(portfolio.try_cvss(r.j ->> 'cvss')) END AS score
        FROM record r
    ), judged AS (
      SELECT s.*, coalesce(lower((s.j ->> 'severity') COLLATE "C"), portfolio.severity_of(s.score)) AS severity,
             CASE WHEN s.n <> cardinality(headings) THEN format('has %s cells, not %s', s.n, cardinality(headings))
                  WHEN NOT s.j ? 'rule' THEN 'rule: is needed'
                  WHEN NOT s.j ? 'title' THEN 'title: is needed'
                  WHEN s.j ? 'cvss' AND (s.score IS NULL OR s.score > 10) THEN format('cvss: "%s" is neither a score from 0 to 10 nor a vector', s.j ->> 'cvss')
                  WHEN NOT s.j ?| '{severity,cvss}' THEN 'severity: is needed, or cvss'
                  WHEN lower((s.j ->> 'severity') COLLATE "C") <> ALL ('{critical,high,medium,low}') THEN format('severity: "%s" is none of critical, high, medium, low', s.j ->> 'severity')
             END AS problem
        FROM score s
    )
    SELECT g.line, g.j ->> 'rule', g.j ->> 'fingerprint', g.j ->> 'title', g.severity, g.j ->> 'location', g.j ->> 'element', g.j ->> 'remediation',
           jsonb_strip_nulls(jsonb_build_object('message', g.j ->> 'description', 'cvss', g.score)),
           CASE WHEN g.problem IS NOT NULL THEN 'refused' END, g.problem
      FROM judged g ORDER BY g.line;
END
$$;
COMMENT ON FUNCTION portfolio.read_findings_csv(text) IS
  'Part of import_findings(): the rows of a CSV document with headings rule, title, severity or cvss (a score or a vector), and if wanted location, element, description, remediation and fingerprint, in any order. Raises 22P04 for other headings.';

CREATE FUNCTION portfolio.read_findings(source text, document text) RETURNS SETOF portfolio.read_finding
LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 1000
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  sarif jsonb;
  problem text;
BEGIN
  IF document !~ '^\s*[{]' THEN
    RETURN QUERY SELECT r.* FROM portfolio.read_findings_csv(document) r;
    RETURN;
  END IF;
  BEGIN
    sarif := document::jsonb;
    problem := CASE WHEN coalesce(sarif ->> 'version', '') <> '2.1.0' THEN format('version is %s.', coalesce('"' || (sarif ->> 'version') || '"', 'not there'))
                    WHEN coalesce(jsonb_typeof(sarif -> 'runs'), '') <> 'array' THEN 'runs is no array.'
                    ELSE (SELECT min(w.why) FROM jsonb_array_elements(sarif -> 'runs') WITH ORDINALITY r (run, n)
                           CROSS JOIN LATERAL (
                            SELECT CASE WHEN jsonb_typeof(r.run) <> 'object' THEN format('Run %s is no object.', r.n)
                                        WHEN r.run #>> '{tool,driver,name}' IS NULL THEN format('Run %s does not name its tool: tool.driver.name is needed.', r.n)
                                        WHEN coalesce(jsonb_typeof(r.run -> 'results'), 'null') NOT IN ('array', 'null') THEN format('results of run %s is no array.', r.n) END AS why) w) END;
    IF problem IS NULL THEN
      RETURN QUERY SELECT r.* FROM portfolio.read_sarif(sarif) r;
      RETURN;
    END IF;
  EXCEPTION WHEN data_exception THEN
    GET STACKED DIAGNOSTICS problem = PG_EXCEPTION_DETAIL;
    problem := coalesce(nullif(problem, ''), SQLERRM || '.');
  END;
  RAISE EXCEPTION 'document of source "%" is not SARIF 2.1.0', source
    USING ERRCODE = 'invalid_text_representation', DETAIL = problem,
          HINT = 'Give the whole log that the tool wrote, or CSV, which does not begin with {.';
END
$$;
COMMENT ON FUNCTION portfolio.read_findings(text, text) IS
  'Part of import_findings(): what a document reports, SARIF 2.1.0 where it begins with a brace and CSV otherwise. Raises 22P02 or 22P04 for what is neither.';

CREATE TYPE portfolio.finding_verdict AS (
  "row" bigint, subject text, verdict text, severity text, title text, location text, element text, problem text
);
COMMENT ON TYPE portfolio.finding_verdict IS 'A row of import_findings(): what becomes of one row of the document, or of a finding that it does not have any more.';
COMMENT ON COLUMN portfolio.finding_verdict."row" IS 'Number of the result (SARIF) or of the line (CSV); NULL: not in the document.';
COMMENT ON COLUMN portfolio.finding_verdict.subject IS 'Subject of the finding, of check imported-finding.';
COMMENT ON COLUMN portfolio.finding_verdict.verdict IS
  'new, changed, same, duplicate (of an earlier row), left_out (not a fault that is there), gone (the source reported it before, and it is resolved) or refused.';
COMMENT ON COLUMN portfolio.finding_verdict.severity IS 'critical, high, medium or low.';
COMMENT ON COLUMN portfolio.finding_verdict.title IS 'What is wrong.';
COMMENT ON COLUMN portfolio.finding_verdict.location IS 'Where.';
COMMENT ON COLUMN portfolio.finding_verdict.element IS 'The element that it concerns, as kind:code.';
COMMENT ON COLUMN portfolio.finding_verdict.problem IS 'Why it is refused or left out, or of which row it is a duplicate.';

CREATE FUNCTION portfolio.import_findings(source text, document text, dry_run boolean DEFAULT true, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.finding_verdict
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
  said portfolio.imported_finding[];             -- one for each finding of the document
  verdicts portfolio.finding_verdict[];
  outcome text;
BEGIN
  PERFORM portfolio.check_options(options, '{element}');
  IF coalesce(btrim($1), '') = '' OR coalesce(btrim($2), '') = '' THEN
    RAISE EXCEPTION 'findings are imported from a named source and a document'
      USING ERRCODE = 'null_value_not_allowed', HINT = 'SELECT * FROM portfolio.import_findings(''zap of the portal'', document, dry_run => true);';
  END IF;
  IF NOT dry_run THEN
    IF current_setting('transaction_read_only')::boolean THEN
      RAISE EXCEPTION 'cannot execute import_findings() in a read-only transaction'
        USING ERRCODE = 'read_only_sql_transaction', HINT = 'A dry run only reads.';
    END IF;
    -- one import at a time, until its transaction ends: its document stands in place of the one before
    LOCK TABLE portfolio.imported_finding IN SHARE ROW EXCLUSIVE MODE;
  END IF;

  WITH line AS (
    SELECT r.*, e.value AS element_id, coalesce(e.problem, r.problem) AS trouble,
           CASE WHEN r.verdict IS NOT NULL THEN r.verdict WHEN e.problem IS NOT NULL THEN 'refused' END AS judged,
           encode(sha256(convert_to(jsonb_build_array(r.rule, r.own_key, CASE WHEN r.own_key IS NULL THEN r.location END)::text, 'UTF8')), 'hex') AS print
      FROM portfolio.read_findings(btrim($1), $2) r
      CROSS JOIN LATERAL portfolio.read_reference(coalesce(r.element, $4 ->> 'element'), NULL) e
  ), keyed AS (
    SELECT l.*, CASE WHEN l.judged IS NULL THEN first_value(l."row") OVER (PARTITION BY l.print, l.judged IS NULL ORDER BY l."row") END AS first_row
      FROM line l
  ), compared AS (
    SELECT k.*, i.fingerprint IS NOT NULL AS known,
           (i.severity, i.title, i.location, i.element, i.remediation, i.detail)
             IS DISTINCT FROM (k.severity, k.title, k.location, k.element_id, k.remediation, k.detail) AS differs
      FROM keyed k LEFT JOIN portfolio.imported_finding i ON i.source = btrim($1) AND i.fingerprint = k.print
  ), verdict AS (
    SELECT c."row", btrim($1) || ': ' || c.rule || ' #' || left(c.print, 16) AS subject,
           CASE WHEN c.judged IS NOT NULL THEN c.judged WHEN c.first_row < c."row" THEN 'duplicate'
                WHEN NOT c.known THEN 'new' WHEN c.differs THEN 'changed' ELSE 'same' END AS verdict,
           c.severity, c.title, c.location, portfolio.element_label(c.element_id) AS element,
           CASE WHEN c.judged IS NULL AND c.first_row < c."row" THEN format('is in row %s too', c.first_row) ELSE c.trouble END AS problem
      FROM compared c
    UNION ALL
    SELECT NULL, i.source || ': ' || i.rule || ' #' || left(i.fingerprint, 16), 'gone', i.severity, i.title, i.location, portfolio.element_label(i.element), NULL
      FROM portfolio.imported_finding i
     WHERE i.source = btrim($1) AND NOT EXISTS (SELECT FROM keyed k WHERE k.judged IS NULL AND k.print = i.fingerprint)
  )
  SELECT (SELECT array_agg(ROW (btrim($1), k.print, k.rule, k.title, k.severity, k.location, k.element_id, k.remediation, k.detail, now(), current_user)::portfolio.imported_finding)
            FROM keyed k WHERE k.judged IS NULL AND k.first_row = k."row"),
         array_agg(ROW (v."row", v.subject, v.verdict, v.severity, v.title, v.location, v.element, v.problem)::portfolio.finding_verdict ORDER BY v."row", v.subject)
    INTO said, verdicts FROM verdict v;

  IF NOT dry_run AND NOT EXISTS (SELECT FROM unnest(verdicts) v WHERE v.verdict = 'refused') THEN
    DELETE FROM portfolio.imported_finding i
     WHERE i.source = btrim($1) AND NOT EXISTS (SELECT FROM unnest(said) s WHERE s.fingerprint = i.fingerprint);
    INSERT INTO portfolio.imported_finding AS i (source, fingerprint, rule, title, severity, location, element, remediation, detail)
    SELECT s.source, s.fingerprint, s.rule, s.title, s.severity, s.location, s.element, s.remediation, s.detail FROM unnest(said) s
    ON CONFLICT (source, fingerprint) DO UPDATE
       SET title = EXCLUDED.title, severity = EXCLUDED.severity, location = EXCLUDED.location, element = EXCLUDED.element,
           remediation = EXCLUDED.remediation, detail = EXCLUDED.detail
     WHERE (i.severity, i.title, i.location, i.element, i.remediation, i.detail)
           IS DISTINCT FROM (EXCLUDED.severity, EXCLUDED.title, EXCLUDED.location, EXCLUDED.element, EXCLUDED.remediation, EXCLUDED.detail);
    SELECT r.outcome INTO outcome FROM portfolio.run_checks(codes => '{imported-finding}') r;
    IF outcome <> 'ok' THEN
      RAISE EXCEPTION 'findings of source "%" could not be brought up to date', $1
        USING ERRCODE = CASE outcome WHEN 'too_many_rows' THEN 'program_limit_exceeded' WHEN 'busy' THEN 'lock_not_available' ELSE 'object_not_in_prerequisite_state' END,
              DETAIL = format('Check imported-finding: %s. Nothing is imported.', outcome),
              HINT = CASE outcome WHEN 'too_many_rows' THEN 'Raise pg_portfolio.stored_query_max_rows for this database.'
                                  WHEN 'busy' THEN 'Another session runs the check; try again.'
                                  ELSE 'SELECT * FROM portfolio.run_checks(codes => ''{imported-finding}''); tells more, as does portfolio.effective_check.' END;
    END IF;
  END IF;
  RETURN QUERY SELECT v.* FROM unnest(verdicts) v;
END
$$;
COMMENT ON FUNCTION portfolio.import_findings(text, text, boolean, jsonb) IS
  'Takes over what a scanner, a penetration test or an audit reports: a SARIF 2.1.0 log, or CSV with headings rule, title, severity or cvss, and if wanted location, element, description, remediation, fingerprint. One verdict a row. A finding is known again by the rule and the source''s own fingerprint (fingerprints, partialFingerprints), or the location where it has none, so the same document twice changes nothing; what the source reported before and does not any more is gone, and resolved. The element is that of the row (SARIF: properties.element of result or run), else of option element. dry_run (the default) only tells; where one row is refused, nothing is written. Raises 22P02 or 22P04 for a document that is neither, 22004 without source or document. Example: SELECT * FROM portfolio.import_findings(''audit 2026'', E''rule,title,severity,element\nA1,No leaver process,high,organisation:NHS_DIGITAL'');';

CREATE FUNCTION portfolio.import_findings(source text, document jsonb, dry_run boolean DEFAULT true, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.finding_verdict
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  SELECT v.* FROM portfolio.import_findings(source, document::text, dry_run, options) v;
END;
COMMENT ON FUNCTION portfolio.import_findings(text, jsonb, boolean, jsonb) IS 'import_findings() of a SARIF log that is already jsonb. Example: SELECT * FROM portfolio.import_findings(''scanner'', ''{"version": "2.1.0", "runs": []}''::jsonb);';
