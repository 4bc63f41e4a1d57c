-- The shipped process: transfer of programmes and services into service operations.

INSERT INTO portfolio.process (code, version, name, purpose, builtin) VALUES
  ('transfer-to-service-operations', 1, 'Transfer to service operations',
   'Criteria and due diligence for the transfer of a programme or service into service operations, from the first assessment to the end of early life support.', true);

INSERT INTO portfolio.stage (process, code, ord, name, description, builtin)
SELECT 'transfer-to-service-operations', code, ord, name, description, true
  FROM (VALUES
    ('assess', 1, 'Assess', 'Is it a service that can be run as one: who owns it, who pays, what binds it?'),
    ('due-diligence', 2, 'Due diligence', 'Can service operations run it: support, knowledge, safety, quality, recovery?'),
    ('early-life-support', 3, 'Early life support', 'Service operations runs it, the programme still helps.'),
    ('accepted', 4, 'Accepted', 'Service operations runs it.')) s (code, ord, name, description);

INSERT INTO portfolio.gate (process, code, stage, name, builtin)
SELECT 'transfer-to-service-operations', code, stage, name, true
  FROM (VALUES ('assessment', 'assess', 'Fit for transfer'),
               ('due-diligence', 'due-diligence', 'Ready for early life support'),
               ('acceptance', 'early-life-support', 'Accepted into service operations')) g (code, stage, name);

CREATE VIEW portfolio.transfer_scope WITH (security_invoker = true) AS
  SELECT s.id AS element, s.id AS service FROM portfolio.service s
  UNION ALL
  SELECT s.governed_by, s.id FROM portfolio.service s WHERE s.governed_by IS NOT NULL;
COMMENT ON VIEW portfolio.transfer_scope IS 'What is transferred with an element: a service with itself, a programme with the services that it governs. The criteria of transfer-to-service-operations read it.';
COMMENT ON COLUMN portfolio.transfer_scope.element IS 'The service or programme.';
COMMENT ON COLUMN portfolio.transfer_scope.service IS 'A service that comes with it.';

INSERT INTO portfolio.criterion (process, code, gate, title, guidance, mandatory, weight, author, builtin)
SELECT 'transfer-to-service-operations', code, gate, title, guidance, mandatory, weight, NULL, true
  FROM (VALUES
    ('benefits-owner', 'assessment', 'A benefits owner is named', 'Name who is answerable for the benefits after the programme has closed, and let that person agree.', true, 1),
    ('adoption-plan', 'assessment', 'There is a plan for wider adoption', 'Agree with the people who use it locally how adoption goes on and how it is measured.', false, 1),
    ('support-model', 'due-diligence', 'The support model is agreed', 'Write down the lines of support, hours, escalation and hand-overs to suppliers, signed by both sides.', true, 2),
    ('service-levels', 'due-diligence', 'Service and operational levels are agreed', 'Agree the service level with users and the operational levels with each team and supplier behind it.', true, 2),
    ('runbook', 'due-diligence', 'The runbook is complete and was followed once', 'Let the receiving team run start, stop, deployment and the five commonest faults from the runbook alone.', true, 2),
    ('monitoring', 'due-diligence', 'Monitoring and alerting are in place', 'Show an alert of each kind reaching whoever is on call.', true, 1),
    ('capacity', 'due-diligence', 'Capacity is known for twelve months', 'Show load, trend and limits, and what happens at the limit.', true, 1),
    ('configuration-baseline', 'due-diligence', 'The configuration baseline is recorded', 'Record systems, interfaces and what they depend on as elements with their relationships.', true, 1),
    ('known-errors', 'due-diligence', 'Known errors and open problems are handed over', 'List each with its workaround and who mends it.', true, 1),
    ('security-sign-off', 'due-diligence', 'Security has signed off', 'Show the result of the last test and what was done about it.', true, 2),
    ('licences-and-contracts', 'due-diligence', 'Licences and contracts can be used by service operations', 'Novate contracts and licences, or show that this is not needed.', true, 1),
    ('knowledge-transfer', 'due-diligence', 'Knowledge has been transferred', 'Let the receiving team run it for two weeks with the programme watching.', true, 1),
    ('early-life-exit', 'acceptance', 'Early life support met its exit criteria', 'Show incidents, changes and service levels of the period against what was agreed at its start.', true, 2),
    ('programme-closure', 'acceptance', 'The programme''s closure is planned', 'Agree the day from which programme governance ends, and who keeps its records.', true, 1)
  ) c (code, gate, title, guidance, mandatory, weight);

INSERT INTO portfolio.criterion (process, code, gate, title, guidance, mandatory, weight, evidence_kind, query, comparison, threshold, partly_threshold, valid_days, author, builtin)
SELECT 'transfer-to-service-operations', code, gate, title, guidance, true, weight, 'query', query, comparison, threshold, partly_threshold, 30, NULL, true
  FROM (VALUES
    ('owner-and-support-tier', 'assessment', 'Owner and support tier are set',
     'Set owner and support_tier of each service: UPDATE portfolio.service SET owner = portfolio.element_ref(''...''), support_tier = ''...'' WHERE code = ''...'';', 1,
     $$SELECT t.element, min(num_nonnulls(s.owner, s.support_tier))::numeric AS value
         FROM portfolio.transfer_scope t JOIN portfolio.service s ON s.id = t.service GROUP BY t.element$$,
     'at_least', 2, 1),
    ('contract-outlives-go-live', 'assessment', 'Contracts outlive go-live by twelve months',
     'The earliest end of a contract for the service counts, in whole months after service.go_live_on. Extend it, or plan its successor.', 1,
     $$SELECT t.element,
              min(CASE WHEN upper_inf(c.valid) THEN 9999
                       ELSE extract(year FROM age(c.ends_on + 1, s.go_live_on)) * 12 + extract(month FROM age(c.ends_on + 1, s.go_live_on)) END)::numeric AS value
         FROM portfolio.transfer_scope t
         JOIN portfolio.service s ON s.id = t.service AND s.go_live_on IS NOT NULL
         JOIN portfolio.contract c ON c.service = s.id AND c.contract_type <> 'framework' AND (upper_inf(c.valid) OR c.ends_on >= current_date)
        GROUP BY t.element$$,
     'at_least', 12, 6),
    ('run-cost-funded', 'assessment', 'The run cost is in the budget of this financial year',
     'Set run_cost_gbp and run_cost_budgeted_to of each service; the budget must reach 31 March.', 2,
     $$SELECT t.element,
              min(CASE WHEN s.run_cost_gbp IS NOT NULL AND s.run_cost_budgeted_to >=
                            make_date(extract(year FROM current_date)::integer + (extract(month FROM current_date) >= 4)::integer, 3, 31)
                       THEN 1 ELSE 0 END)::numeric AS value
         FROM portfolio.transfer_scope t JOIN portfolio.service s ON s.id = t.service GROUP BY t.element$$,
     'at_least', 1, NULL),
    ('no-critical-finding', 'due-diligence', 'No critical finding is open',
     'Mend what portfolio.open_finding shows for the service, its programme and its data sets, and run the checks again.', 2,
     $$SELECT t.element, count(DISTINCT f.id)::numeric AS value
         FROM portfolio.transfer_scope t
         LEFT JOIN portfolio.data_set d ON d.service = t.service
         LEFT JOIN portfolio.finding f ON f.element IN (t.element, t.service, d.id) AND f.severity = 'critical'
                AND (f.status = 'open' OR f.status = 'risk_accepted' AND f.accepted_until < current_date)
        GROUP BY t.element$$,
     'at_most', 0, NULL),
    ('data-quality', 'due-diligence', 'Its data sets reach their quality thresholds',
     'The share, in percent, of its data sets with a quality_threshold whose newest score reaches it; 100 where none has one. Score them: SELECT count(*) FROM portfolio.score_data_set(''...'');', 1,
     $$SELECT t.element, coalesce(round(100.0 * count(d.id) FILTER (WHERE q.meets_threshold) / nullif(count(d.id), 0), 1), 100) AS value
         FROM portfolio.transfer_scope t
         LEFT JOIN portfolio.data_set d ON d.service = t.service AND d.quality_threshold IS NOT NULL
         LEFT JOIN portfolio.data_set_quality q ON q.data_set = d.id
        GROUP BY t.element$$,
     'at_least', 100, 50),
    ('recovery-tested', 'due-diligence', 'Recovery was tested in the last twelve months',
     'Restore the service from its backup, and set recovery_tested_on of each service.', 2,
     $$SELECT t.element, max(current_date - s.recovery_tested_on)::numeric AS value
         FROM portfolio.transfer_scope t JOIN portfolio.service s ON s.id = t.service AND s.recovery_tested_on <= current_date
        WHERE NOT EXISTS (SELECT FROM portfolio.transfer_scope u JOIN portfolio.service v ON v.id = u.service
                           WHERE u.element = t.element AND v.recovery_tested_on IS NULL)
        GROUP BY t.element$$,
     'at_most', 365, 456)
  ) c (code, gate, title, guidance, weight, query, comparison, threshold, partly_threshold);

INSERT INTO portfolio.process_publication (process, criterion, published_by, published_at, builtin)
  VALUES ('transfer-to-service-operations', 'adoption-plan', NULL, '2026-11-22 00:00:00+00', true);
