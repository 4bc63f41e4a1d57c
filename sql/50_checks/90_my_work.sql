-- Everything that waits for somebody.

CREATE TYPE portfolio.work_row AS (kind text, party bigint, party_name text, element bigint, element_label text, what text, due_on date, overdue boolean,
  severity text, next_step text, id bigint);
COMMENT ON TYPE portfolio.work_row IS 'Something that waits for somebody.';
COMMENT ON COLUMN portfolio.work_row.kind IS 'condition, finding, waiver or waiver_request.';
COMMENT ON COLUMN portfolio.work_row.party IS 'For whom it waits.';
COMMENT ON COLUMN portfolio.work_row.party_name IS 'Name of the party.';
COMMENT ON COLUMN portfolio.work_row.element IS 'What it is about.';
COMMENT ON COLUMN portfolio.work_row.element_label IS 'That element as people write it.';
COMMENT ON COLUMN portfolio.work_row.what IS 'What it is.';
COMMENT ON COLUMN portfolio.work_row.due_on IS 'By when; for a waiver its last day.';
COMMENT ON COLUMN portfolio.work_row.overdue IS 'Has that day passed?';
COMMENT ON COLUMN portfolio.work_row.severity IS 'Severity of a finding.';
COMMENT ON COLUMN portfolio.work_row.next_step IS 'What to do.';
COMMENT ON COLUMN portfolio.work_row.id IS 'Key of the condition, finding, waiver or request.';

CREATE FUNCTION portfolio.my_work(party text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.work_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 50
BEGIN ATOMIC
  WITH who AS MATERIALIZED (
    SELECT portfolio.element_ref($1) AS id WHERE $1 IS NOT NULL
    UNION
    SELECT a.element FROM portfolio.element_alias a JOIN pg_roles r ON r.rolname = a.value
     WHERE $1 IS NULL AND a.scheme = 'role' AND pg_has_role(r.oid, 'MEMBER')),
  work AS (
    SELECT 'condition' AS kind, c.owner AS party, r.element, c.due_on, NULL AS severity, c.id,
           format('%s: %s', c.criterion, coalesce(c.what, k.title)) AS what,
           format('Meet it: SELECT portfolio.meet_condition(%s);', c.id) AS next_step
      FROM portfolio.condition c
      JOIN portfolio.process_run r ON r.id = c.run AND upper_inf(r.during)
      JOIN portfolio.criterion k ON k.process = c.process AND k.version = c.version AND k.code = c.criterion
     WHERE c.met_on IS NULL
    UNION ALL
    SELECT 'waiver', w.owner, r.element, (w.expires - interval '1 microsecond')::date, NULL, w.id,
           format('%s: %s', w.criterion, w.reason),
           'Meet the criterion before the waiver lapses.'
      FROM portfolio.process_run r
      CROSS JOIN LATERAL portfolio.run_standing(r.id) s
      JOIN portfolio.waiver w ON w.id = s.waiver
     WHERE upper_inf(r.during)
    UNION ALL
    SELECT 'waiver_request', q.owner, r.element, (q.expires - interval '1 microsecond')::date, NULL, q.id,
           format('%s: %s', q.criterion, q.reason),
           format('Who decides at gate "%s" grants or refuses it: SELECT portfolio.grant_waiver(%s);', k.gate, q.id)
      FROM portfolio.waiver_request q
      JOIN portfolio.process_run r ON r.id = q.run AND upper_inf(r.during)
      JOIN portfolio.criterion k ON k.process = q.process AND k.version = q.version AND k.code = q.criterion
     WHERE q.refused_at IS NULL AND NOT EXISTS (SELECT FROM portfolio.waiver w WHERE w.request = q.id)
    UNION ALL
    SELECT 'finding', coalesce(f.owner, e.owner), f.element, f.due_on, f.severity, f.id, d.title, coalesce(f.next_step, d.remediation)
      FROM portfolio.finding f JOIN portfolio.check_definition d ON d.code = f.check_code
      LEFT JOIN portfolio.element e ON e.id = f.element
     WHERE f.status = 'open' OR f.status = 'risk_accepted' AND f.accepted_until < current_date)
  SELECT w.kind, w.party, p.name, w.element, portfolio.element_label(w.element), w.what, w.due_on, coalesce(w.due_on < current_date, false),
         w.severity, w.next_step, w.id
    FROM portfolio.check_options($2, '{}') o
    CROSS JOIN work w
    JOIN portfolio.element p ON p.id = w.party
   WHERE w.party IN (SELECT id FROM who)
   ORDER BY w.due_on NULLS LAST, portfolio.severity_rank(w.severity) NULLS LAST, w.kind, w.id;
END;
COMMENT ON FUNCTION portfolio.my_work(text, jsonb) IS
  'Everything that waits for a party: open conditions, requests for a waiver, findings (those that nobody owns wait for the owner of the element) and waivers that it answers for, the most urgent first. Without a party it is the caller''s: of elements with an alias of scheme ''role'' that names a role of his. Example: INSERT INTO portfolio.element_alias (element, scheme, value) VALUES (portfolio.element_ref(''SERVICE_OPERATIONS''), ''role'', ''operations''); SELECT * FROM portfolio.my_work();';
