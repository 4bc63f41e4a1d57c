-- Transfer and service operations.
INSERT INTO portfolio.check_definition (code, area, title, severity, description, query, threshold, remediation, refs, author, builtin)
SELECT code, 'transfer', title, severity, description, query, threshold, remediation, refs, NULL, true
  FROM (VALUES
  ('programme-past-end-date', 'A programme is past its end date and still run as one', 'high',
   'Programmes in delivery whose latest approved end date has passed. The threshold is how many days late is still fine.',
   $$SELECT 'programme:' || t.code AS subject, t.element, jsonb_build_object('end_date', t.end_date, 'name', t.name) AS detail
       FROM portfolio.transfer_candidates(current_date) t
      WHERE 'past_end_date' = ANY (t.reasons) AND t.days_late > $1$$,
   0::numeric, 'Start its transfer, SELECT portfolio.start_process(''programme:CODE'', ''transfer-to-service-operations''), close it, or have a new end date approved.', '{}'::jsonb),

  ('service-still-governed', 'A service that is delivered and in use is still under a programme', 'medium',
   'Governance of a programme where the work is wider adoption: see transfer_candidates().',
   $$SELECT 'service:' || t.code AS subject, t.element, jsonb_build_object('name', t.name) AS detail
       FROM portfolio.transfer_candidates(current_date) t
      WHERE 'delivered_and_in_use' = ANY (t.reasons)
        AND NOT EXISTS (SELECT FROM portfolio.process_run r WHERE r.element = t.element AND r.process = 'transfer-to-service-operations' AND upper_inf(r.during))$$,
   NULL, 'SELECT portfolio.start_process(''service:CODE'', ''transfer-to-service-operations'');', '{}'),

  ('live-without-owner', 'A service is used and nobody owns it', 'high',
   'A live service without an owner cannot be written. Found are live services whose owner has ended, and services in early life support or being retired that have none.',
   $$SELECT 'service:' || s.code AS subject, s.id AS element,
            jsonb_build_object('state', s.state, 'owner', portfolio.element_label(o.id), 'owner_ended_on', upper(o.valid) - 1) AS detail
       FROM portfolio.service s LEFT JOIN portfolio.element o ON o.id = s.owner
      WHERE s.state IN ('live', 'early_life_support', 'retiring') AND s.valid @> current_date
        AND (o.id IS NULL OR NOT o.valid @> current_date)$$,
   NULL, 'UPDATE portfolio.service SET owner = portfolio.element_ref(''...'') WHERE code = ''...'';', '{}'),

  ('condition-overdue', 'A condition under which a gate was passed is overdue', 'high',
   'The decision has lapsed: the next gate stays shut until it is decided again.',
   $$SELECT 'condition ' || c.id AS subject, r.element,
            jsonb_build_object('process', c.process, 'criterion', c.criterion, 'due_on', c.due_on, 'owner', portfolio.element_label(c.owner)) AS detail
       FROM portfolio.condition c JOIN portfolio.process_run r ON r.id = c.run
      WHERE upper_inf(r.during) AND c.met_on IS NULL AND c.due_on < current_date
        AND NOT EXISTS (SELECT FROM portfolio.condition n WHERE n.run = c.run AND n.criterion = c.criterion AND n.id > c.id)$$,
   NULL, 'Meet it, SELECT portfolio.meet_condition(id), and decide at the gate again.', '{}'),

  ('waiver-expiring', 'A waiver is about to lapse', 'medium',
   'Waivers that end within the threshold of days while the criterion is still not met. They are never renewed silently.',
   $$SELECT 'waiver ' || w.id AS subject, r.element,
            jsonb_build_object('process', w.process, 'criterion', w.criterion, 'expires', w.expires, 'owner', portfolio.element_label(w.owner)) AS detail
       FROM portfolio.process_run r
      CROSS JOIN LATERAL portfolio.run_standing(r.id) s
       JOIN portfolio.waiver w ON w.id = s.waiver
      WHERE upper_inf(r.during) AND w.expires < now() + make_interval(days => $1::integer)$$,
   14, 'Meet the criterion and record evidence, or let who decides at the gate waive it again.', '{}')
  ) AS c (code, title, severity, description, query, threshold, remediation, refs);
