-- A thousand random processes: readiness is what an independent sum says, and a decision is legal exactly when a slow reading
-- of the law says so. The reference knows only what was planned for each criterion, not how the database stores or reads it.
SET client_min_messages = warning; CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE; RESET client_min_messages;
\set SHOW_CONTEXT never
SELECT setseed(0.2718) AS seed \gset
BEGIN;
INSERT INTO portfolio.team (code, name) VALUES ('RQ_OPS', 'Operations of the property test');
INSERT INTO portfolio.service (code, name) SELECT 'RQ_' || n, 'Service ' || n FROM generate_series(1, 1000) n;
INSERT INTO portfolio.process (code, name) SELECT 'rq-' || n, 'Process ' || n FROM generate_series(1, 1000) n;
INSERT INTO portfolio.stage (process, code, ord, name) SELECT 'rq-' || n, 's' || o, o * 10, 'Stage ' || o FROM generate_series(1, 1000) n, generate_series(1, 2) o;
INSERT INTO portfolio.gate (process, code, stage, name) SELECT process, 'g' || right(code, 1), code, name FROM portfolio.stage WHERE process LIKE 'rq-%';

-- What is planned: for each criterion its weight, whether it is mandatory, and a plan of what happens to it.
CREATE TEMP TABLE planned AS
  SELECT 'rq-' || n AS process, g AS gate, c AS criterion, mandatory, weight,
         (CASE WHEN mandatory THEN '{nothing,met,partly,not_met,unknown,expired,superseded,restored,waived,lapsed,waived_partly,met,met,met,waived,future_end}'
               ELSE '{nothing,met,partly,not_met,unknown,expired,superseded,restored,waived,lapsed,waived_partly,left_out,left_out,met}' END::text[])
           [1 + floor(luck * CASE WHEN mandatory THEN 16 ELSE 14 END)::int] AS plan
    FROM (SELECT n, g, 'c' || g || '-' || c AS c, random() < 0.6 AS mandatory, (1 + floor(random() * 50))::numeric / 4 AS weight, random() AS luck
            FROM generate_series(1, 1000) n, generate_series(1, 2) g, generate_series(1, 1 + floor(random() * 6)::int) c) r;
INSERT INTO portfolio.criterion (process, code, gate, title, mandatory, weight)
  SELECT process, criterion, 'g' || gate, 'Criterion ' || criterion, mandatory, weight FROM planned;
SELECT count(portfolio.publish_process(code)) AS published FROM portfolio.process WHERE code LIKE 'rq-%';
INSERT INTO portfolio.process_run (element, process, version, during)
  SELECT portfolio.element_ref('service:RQ_' || n), 'rq-' || n, 1, tstzrange(now() - interval '100 days', NULL) FROM generate_series(1, 1000) n;
INSERT INTO portfolio.evidence (run, criterion, status, at, expires)
  SELECT r.id, p.criterion, e.status, now() - e.ago, coalesce(now() - e.ended, 'infinity')
    FROM planned p JOIN portfolio.process_run r ON r.process = p.process
    JOIN (VALUES ('met', 'met', interval '5 days', NULL::interval), ('partly', 'partly', '5 days', NULL), ('not_met', 'not_met', '5 days', NULL),
                 ('unknown', 'met', '9 days', NULL), ('unknown', 'unknown', '5 days', NULL), ('expired', 'met', '50 days', '1 day'),
                 ('superseded', 'met', '50 days', NULL), ('superseded', 'not_met', '2 days', NULL), ('restored', 'not_met', '50 days', NULL), ('restored', 'met', '2 days', NULL),
                 ('waived_partly', 'partly', '5 days', NULL), ('left_out', 'not_applicable', '5 days', NULL), ('future_end', 'met', '5 days', '-5 days')) e (plan, status, ago, ended)
      ON e.plan = p.plan;
INSERT INTO portfolio.waiver (run, criterion, owner, reason, at, expires)
  SELECT r.id, p.criterion, portfolio.element_ref('RQ_OPS'), 'property test', now() - interval '20 days', now() + CASE p.plan WHEN 'lapsed' THEN interval '-1 day' ELSE interval '9 days' END
    FROM planned p JOIN portfolio.process_run r ON r.process = p.process WHERE p.plan IN ('waived', 'lapsed', 'waived_partly');

-- Readiness
CREATE TEMP TABLE expected AS
  SELECT process, gate, criterion, mandatory, weight,
         CASE plan WHEN 'restored' THEN 'met' WHEN 'future_end' THEN 'met' WHEN 'superseded' THEN 'not_met' WHEN 'left_out' THEN 'not_applicable'
                   WHEN 'waived_partly' THEN 'waived' WHEN 'nothing' THEN 'unknown' WHEN 'expired' THEN 'unknown' WHEN 'lapsed' THEN 'unknown' ELSE plan END AS status
    FROM planned;
SELECT count(*) AS gates, count(*) FILTER (WHERE s.percent IS DISTINCT FROM x.percent OR s.met <> x.met OR s.partly <> x.partly OR s.waived <> x.waived
                                                 OR s.applicable <> x.applicable OR cardinality(s.blockers) <> x.blocking + (s.gate = 'g2')::int) AS different
  FROM portfolio.gate_status s
  JOIN (SELECT process, 'g' || gate AS gate,
               round(100 * sum(weight * CASE status WHEN 'met' THEN 1 WHEN 'partly' THEN 0.5 ELSE 0 END) / nullif(sum(weight * CASE status WHEN 'not_applicable' THEN 0 ELSE 1 END), 0), 1) AS percent,
               sum((status = 'met')::int) AS met, sum((status = 'partly')::int) AS partly, sum((status = 'waived')::int) AS waived, sum((status <> 'not_applicable')::int) AS applicable,
               sum((mandatory AND status IN ('partly', 'not_met', 'unknown'))::int) AS blocking
          FROM expected GROUP BY process, gate) x ON (x.process, x.gate) = (s.process, s.gate);
SELECT status, count(*) > 100 AS often FROM expected GROUP BY status ORDER BY 1;

-- Decisions: proceed, or with conditions on a random choice of criteria; the second gate after whatever became of the first.
CREATE FUNCTION pg_temp.attempt(run bigint, gate text, outcome text, conditions jsonb) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM portfolio.decide(run, gate, outcome, NULL, conditions);
  RETURN 'done';
EXCEPTION WHEN check_violation THEN RETURN 'refused';
END
$$;
CREATE TEMP TABLE judged (process text, gate int, outcome text, legal boolean, result text);
DO $$
DECLARE
  r record;
  outcome text;
  conditions jsonb;
  named text[];
  open_before boolean;
  blocking int;
  unnamed int;
  usable int;
  legal boolean;
  result text;
BEGIN
  FOR r IN SELECT p.id, p.process FROM portfolio.process_run p WHERE p.process LIKE 'rq-%' ORDER BY p.id LOOP
    open_before := true;
    FOR step IN 1..2 LOOP
      outcome := CASE WHEN random() < 0.5 THEN 'proceed' ELSE 'proceed_with_conditions' END;
      named := '{}';
      IF outcome <> 'proceed' THEN
        SELECT coalesce(array_agg(x.criterion), '{}') INTO named FROM expected x
         WHERE x.process = r.process AND x.gate = step AND random() < CASE WHEN x.mandatory AND x.status IN ('partly', 'not_met', 'unknown') THEN 0.85 ELSE 0.1 END;
      END IF;
      SELECT coalesce(jsonb_agg(jsonb_build_object('criterion', n, 'owner', 'RQ_OPS', 'due_on', current_date + 3)), '[]') INTO conditions FROM unnest(named) n;
      SELECT count(*), count(*) FILTER (WHERE x.criterion <> ALL (named)) INTO blocking, unnamed
        FROM expected x WHERE x.process = r.process AND x.gate = step AND x.mandatory AND x.status IN ('partly', 'not_met', 'unknown');
      SELECT count(*) INTO usable FROM expected x WHERE x.process = r.process AND x.gate = step AND x.criterion = ANY (named) AND x.status NOT IN ('met', 'waived', 'not_applicable');
      legal := open_before AND CASE outcome WHEN 'proceed' THEN blocking = 0 ELSE unnamed = 0 AND usable > 0 END;
      result := pg_temp.attempt(r.id, 'g' || step, outcome, conditions);
      INSERT INTO judged VALUES (r.process, step, outcome, legal, result);
      open_before := legal AND outcome = 'proceed';  -- conditions are open still
    END LOOP;
  END LOOP;
END
$$;
SELECT count(*) AS decisions, count(*) FILTER (WHERE legal <> (result = 'done')) AS different FROM judged;
SELECT gate, outcome, legal, count(*) > 20 AS often FROM judged GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
ROLLBACK;
