-- Transfer and service operations. Each finding says what to do next: in words for all of its kind (remediation), and as the
-- command for this one (next_step in its detail).
INSERT INTO portfolio.check_definition (code, area, title, severity, description, query, threshold, remediation, refs, author, builtin)
SELECT code, 'transfer', title, severity, description, query, threshold, remediation, '{}', NULL, true
  FROM (VALUES
  ('programme-past-end-date', 'A programme is past its end date and still run as one', 'high',
   'Programmes in delivery whose latest approved end date has passed. The threshold is how many days late is still fine.',
   $$SELECT 'programme:' || t.code AS subject, t.element,
            jsonb_build_object('end_date', t.end_date, 'name', t.name,
              'next_step', coalesce((SELECT format('SELECT * FROM portfolio.blockers(%L);', 'programme:' || t.code) FROM portfolio.process_run r
                                      WHERE r.element = t.element AND r.process = 'transfer-to-service-operations' AND upper_inf(r.during)),
                                    format('SELECT portfolio.start_process(%L, ''transfer-to-service-operations'');', 'programme:' || t.code))) AS detail
       FROM portfolio.transfer_candidates(current_date) t
      WHERE 'past_end_date' = ANY (t.reasons) AND t.days_late > $1$$,
   0::numeric, 'Start its transfer, SELECT portfolio.start_process(''programme:CODE'', ''transfer-to-service-operations''), close it, or have a new end date approved.'),

  ('service-still-governed', 'A service that is delivered and in use is still under a programme', 'medium',
   'Governance of a programme where the work is wider adoption: see transfer_candidates().',
   $$SELECT 'service:' || t.code AS subject, t.element,
            jsonb_build_object('name', t.name, 'next_step', format('SELECT portfolio.start_process(%L, ''transfer-to-service-operations'');', 'service:' || t.code)) AS detail
       FROM portfolio.transfer_candidates(current_date) t
      WHERE 'delivered_and_in_use' = ANY (t.reasons)
        AND NOT EXISTS (SELECT FROM portfolio.process_run r WHERE r.element = t.element AND r.process = 'transfer-to-service-operations' AND upper_inf(r.during))$$,
   NULL, 'SELECT portfolio.start_process(''service:CODE'', ''transfer-to-service-operations'');'),

  ('live-without-owner', 'A service is used and nobody owns it', 'high',
   'A live service without an owner cannot be written. Found are live services whose owner has ended, and services in early life support or being retired that have none.',
   $$SELECT 'service:' || s.code AS subject, s.id AS element,
            jsonb_build_object('state', s.state, 'owner', portfolio.element_label(o.id), 'owner_ended_on', upper(o.valid) - 1,
              'next_step', format('UPDATE portfolio.service SET owner = portfolio.element_ref(''...'') WHERE code = %L;', s.code)) AS detail
       FROM portfolio.service s LEFT JOIN portfolio.element o ON o.id = s.owner
      WHERE s.state IN ('live', 'early_life_support', 'retiring') AND s.valid @> current_date
        AND (o.id IS NULL OR NOT o.valid @> current_date)$$,
   NULL, 'UPDATE portfolio.service SET owner = portfolio.element_ref(''...'') WHERE code = ''...'';'),

  ('live-without-roadmap', 'A live service has nothing ahead on its roadmap', 'medium',
   'A live service without a roadmap cannot be written. Found are those whose roadmap lies in the past: nothing planned or confirmed ends today or later.',
   $$SELECT 'service:' || s.code AS subject, s.id AS element,
            jsonb_build_object('last_item', (SELECT max(coalesce(i.ends_on, i.starts_on)) FROM portfolio.roadmap_item i WHERE i.service = s.id),
              'next_step', format('INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on) VALUES (portfolio.element_id(''service'', %L), ''...'', ''release'', ''...'', ''...'');', s.code)) AS detail
       FROM portfolio.service s
      WHERE s.state = 'live' AND s.valid @> current_date
        AND NOT EXISTS (SELECT FROM portfolio.roadmap_item i
                         WHERE i.service = s.id AND i.status IN ('planned', 'confirmed') AND coalesce(i.ends_on, i.starts_on) >= current_date)$$,
   NULL, 'Agree with those who use it what comes next, and put it into portfolio.roadmap_item.'),

  ('early-life-overdue', 'A service is in early life support past its end', 'high',
   'The day that was agreed for the end of early life support has passed. The threshold is how many days late is still fine.',
   $$SELECT 'service:' || s.code AS subject, s.id AS element,
            jsonb_build_object('early_life_ends', s.early_life_ends, 'next_step', format('SELECT * FROM portfolio.early_life_exit(%L) WHERE NOT met;', 'service:' || s.code)) AS detail
       FROM portfolio.service s
      WHERE s.state = 'early_life_support' AND s.valid @> current_date AND current_date - s.early_life_ends > $1$$,
   0, 'Accept it, SELECT portfolio.accept_transfer(run), agree a later end, SELECT portfolio.enter_early_life(run, day), or SELECT portfolio.return_to_programme(''service:CODE'', ''reason'').'),

  ('condition-overdue', 'A condition under which a gate was passed is overdue', 'high',
   'The decision has lapsed: the next gate stays shut until it is decided again.',
   $$SELECT 'condition ' || c.id AS subject, r.element,
            jsonb_build_object('process', c.process, 'criterion', c.criterion, 'due_on', c.due_on, 'owner', portfolio.element_label(c.owner),
              'next_step', format('SELECT portfolio.meet_condition(%s);', c.id)) AS detail
       FROM portfolio.condition c JOIN portfolio.process_run r ON r.id = c.run
      WHERE upper_inf(r.during) AND c.met_on IS NULL AND c.due_on < current_date
        AND NOT EXISTS (SELECT FROM portfolio.condition n WHERE n.run = c.run AND n.criterion = c.criterion AND n.id > c.id)$$,
   NULL, 'Meet it, SELECT portfolio.meet_condition(id), and decide at the gate again.'),

  ('waiver-expiring', 'A waiver is about to lapse', 'medium',
   'Waivers that end within the threshold of days while the criterion is still not met. They are never renewed silently.',
   $$SELECT 'waiver ' || w.id AS subject, r.element,
            jsonb_build_object('process', w.process, 'criterion', w.criterion, 'expires', w.expires, 'owner', portfolio.element_label(w.owner),
              'next_step', format('SELECT portfolio.record_evidence(%s, %L, ''met'');', w.run, w.criterion)) AS detail
       FROM portfolio.process_run r
      CROSS JOIN LATERAL portfolio.run_standing(r.id) s
       JOIN portfolio.waiver w ON w.id = s.waiver
      WHERE upper_inf(r.during) AND w.expires < now() + make_interval(days => $1::integer)$$,
   14, 'Meet the criterion and record evidence, or let who decides at the gate waive it again.'),

  ('waiver-lapsed', 'A waiver has lapsed and its criterion is not met', 'high',
   'What was waived for a time is still not so, whether its gate was passed under the waiver or is shut again without it.',
   $$SELECT 'waiver ' || w.id AS subject, r.element,
            jsonb_build_object('process', w.process, 'criterion', w.criterion, 'expired', w.expires, 'owner', portfolio.element_label(w.owner),
              'next_step', format('SELECT portfolio.record_evidence(%s, %L, ''met'');', w.run, w.criterion)) AS detail
       FROM portfolio.process_run r
      CROSS JOIN LATERAL portfolio.run_standing(r.id) s
       JOIN LATERAL (SELECT v.* FROM portfolio.waiver v WHERE v.run = r.id AND v.criterion = s.criterion ORDER BY v.expires DESC, v.id DESC LIMIT 1) w ON w.expires <= now()
      WHERE upper_inf(r.during) AND s.status NOT IN ('met', 'waived', 'not_applicable')$$,
   NULL, 'Meet the criterion and record evidence, or let who decides at the gate waive it again.'),

  ('evidence-expiring', 'Evidence is about to expire', 'medium',
   'Evidence given by people that counts for a gate which is not passed yet and ends within the threshold of days. What queries answer is asked again by evaluate().',
   $$SELECT 'run ' || r.id || ' ' || s.criterion AS subject, r.element,
            jsonb_build_object('process', r.process, 'gate', s.gate, 'criterion', s.criterion, 'status', s.status, 'expires', s.evidence_expires,
              'next_step', format('SELECT portfolio.record_evidence(%s, %L, %L);', r.id, s.criterion, s.status)) AS detail
       FROM portfolio.process_run r
      CROSS JOIN LATERAL portfolio.run_standing(r.id) s
       JOIN LATERAL portfolio.run_gates(r.id) g ON g.gate = s.gate AND g.standing NOT IN ('proceed', 'conditions_met')
       JOIN portfolio.criterion c ON (c.process, c.version, c.code) = (s.process, s.version, s.criterion) AND c.evidence_kind = 'manual'
      WHERE upper_inf(r.during) AND s.status IN ('met', 'partly') AND s.evidence_expires < now() + make_interval(days => $1::integer)$$,
   30, 'Look again, and record what you find with portfolio.record_evidence().'),

  ('run-stuck', 'A run has been in its stage for longer than nine in ten', 'medium',
   'Runs under way that have been in their stage for longer than the 90th percentile of those that passed its gate; see stage_times(). The threshold is how many must have passed for that to say something.',
   $$WITH usual AS (SELECT t.process, t.stage, percentile_cont(0.9) WITHIN GROUP (ORDER BY t.left_at - t.entered_at) AS p90
                     FROM portfolio.run_stage t WHERE t.passed GROUP BY t.process, t.stage HAVING count(*) >= $1)
     SELECT 'run ' || t.run || ' ' || t.stage AS subject, t.element,
            jsonb_build_object('process', t.process, 'stage', t.stage, 'since', t.entered_at, 'p90', u.p90,
              'next_step', format('SELECT gate, criterion, why, next_step FROM portfolio.blockers(%L, %L);', portfolio.element_label(t.element), t.process)) AS detail
       FROM portfolio.run_stage t JOIN usual u USING (process, stage) JOIN portfolio.process_run r ON r.id = t.run
      WHERE upper_inf(r.during) AND t.left_at IS NULL AND now() - t.entered_at > u.p90$$,
   1, 'See what blocks it, SELECT * FROM portfolio.blockers(''kind:code''), and decide: meet it, waive it, or stop the run.'),

  ('decided-on-red', 'A gate was passed on evidence that has turned red', 'high',
   'A criterion was met when its gate was passed and is not any more: the newest evidence says so, or the query, which is asked again, answers so. Also after the run is completed, for the newest run of an element.',
   $$WITH red AS (
       SELECT a.run, a.criterion, a.status, a.value FROM portfolio.ask_criteria() a
       UNION ALL
       SELECT r.id, s.criterion, s.evidence_status, NULL
         FROM portfolio.process_run r CROSS JOIN LATERAL portfolio.run_standing(r.id) s
         JOIN portfolio.criterion c ON (c.process, c.version, c.code) = (s.process, s.version, s.criterion) AND c.evidence_kind = 'manual'
        WHERE upper_inf(r.during) AND s.evidence_status IS NOT NULL)
     SELECT 'run ' || b.run || ' ' || b.criterion AS subject, r.element,
            jsonb_build_object('process', r.process, 'gate', d.gate, 'criterion', b.criterion, 'decided_on', d.at::date, 'decided_by', d.by, 'status', red.status,
              'next_step', CASE WHEN upper_inf(r.during) THEN format('SELECT portfolio.decide(%s, %L, ''defer'', ''%s is no longer met'');', r.id, d.gate, b.criterion)
                                ELSE format('SELECT guidance FROM portfolio.criterion WHERE (process, version, code) = (%L, %s, %L);', r.process, r.version, b.criterion) END) AS detail
       FROM red
       JOIN portfolio.process_run r ON r.id = red.run
       JOIN LATERAL (SELECT DISTINCT ON (x.gate) x.* FROM portfolio.gate_decision x WHERE x.run = r.id ORDER BY x.gate, x.at DESC, x.id DESC) d
         ON d.outcome IN ('proceed', 'proceed_with_conditions')
       JOIN portfolio.gate_decision_evidence b ON b.decision = d.id AND b.criterion = red.criterion AND b.status = 'met'
      WHERE red.status IN ('not_met', 'partly') OR red.status = 'unknown' AND upper_inf(r.during)$$,
   NULL, 'Mend what the criterion asks for, or decide at the gate again: SELECT portfolio.decide(run, gate, ''defer'', ''reason'').')
  ) AS c (code, title, severity, description, query, threshold, remediation);
