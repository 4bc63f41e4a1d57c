-- Which programmes and services should move into service operations, and why.

CREATE TYPE portfolio.transfer_candidate AS (element bigint, code text, name text, end_date date, days_late integer, reasons text[]);
COMMENT ON TYPE portfolio.transfer_candidate IS 'A programme or service that should move into service operations.';
COMMENT ON COLUMN portfolio.transfer_candidate.element IS 'The element.';
COMMENT ON COLUMN portfolio.transfer_candidate.code IS 'Its code.';
COMMENT ON COLUMN portfolio.transfer_candidate.name IS 'Its name.';
COMMENT ON COLUMN portfolio.transfer_candidate.end_date IS 'Latest approved end date of the programme, or of the programme that governs the service.';
COMMENT ON COLUMN portfolio.transfer_candidate.days_late IS 'Days since then; NULL where there is no such date or it lies ahead.';
COMMENT ON COLUMN portfolio.transfer_candidate.reasons IS
  'past_end_date: the programme''s end date has passed and it is still run as one. delivered_and_in_use: delivered, used locally, and still under a programme''s governance.';

CREATE FUNCTION portfolio.transfer_candidates(as_of date DEFAULT CURRENT_DATE, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.transfer_candidate
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 20
BEGIN ATOMIC
  WITH governed AS (
    SELECT p.id, p.code, p.name, p.end_date
      FROM portfolio.programme p
     WHERE p.valid @> $1 AND (p.state = 'in_delivery' OR p.closed_on > $1))
  SELECT c.id, c.code, c.name, c.end_date, c.days_late, c.reasons
    FROM portfolio.check_options($2, '{}') o
    CROSS JOIN (
      SELECT 1 AS ord, p.id, p.code, p.name, p.end_date, $1 - p.end_date AS days_late, ARRAY['past_end_date'] AS reasons
        FROM governed p WHERE p.end_date < $1
      UNION ALL
      SELECT 2, s.id, s.code, s.name, p.end_date, CASE WHEN p.end_date < $1 THEN $1 - p.end_date END, ARRAY['delivered_and_in_use']
        FROM portfolio.service s JOIN governed p ON p.id = s.governed_by
       WHERE s.valid @> $1 AND s.adopted_locally AND s.state IN ('in_transition', 'early_life_support', 'live')) c
   ORDER BY c.ord, c.days_late DESC NULLS LAST, c.code;
END;
COMMENT ON FUNCTION portfolio.transfer_candidates(date, jsonb) IS
  'Programmes past their end date and still run as programmes, and services that are delivered and in use yet governed by one, as of a day; transfer_evidence() says what that rests on. NULL for the day gives no rows. Example: SELECT code, name, reasons FROM portfolio.transfer_candidates(''2017-06-01'');';

CREATE TYPE portfolio.transfer_evidence_row AS (element bigint, reason text, evidence text, source text);
COMMENT ON TYPE portfolio.transfer_evidence_row IS 'What a reason for transfer rests on.';
COMMENT ON COLUMN portfolio.transfer_evidence_row.element IS 'The candidate.';
COMMENT ON COLUMN portfolio.transfer_evidence_row.reason IS 'The reason.';
COMMENT ON COLUMN portfolio.transfer_evidence_row.evidence IS 'A sentence of the source, or the dates.';
COMMENT ON COLUMN portfolio.transfer_evidence_row.source IS 'Where the evidence stands.';

CREATE FUNCTION portfolio.transfer_evidence(element text, as_of date DEFAULT CURRENT_DATE, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.transfer_evidence_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 3
BEGIN ATOMIC
  SELECT t.element, r.reason, v.evidence, v.source
    FROM portfolio.check_options($3, '{}') o
    CROSS JOIN portfolio.transfer_candidates($2) t
    CROSS JOIN LATERAL unnest(t.reasons) r (reason)
    CROSS JOIN LATERAL (
      SELECT format('The latest approved end date was %s; on %s it was still run as a programme, %s days later.', p.end_date, $2, t.days_late) AS evidence,
             concat_ws(', ', p.gmpp_id, 'published figures of ' || p.snapshot_date) AS source, 1 AS ord
        FROM portfolio.programme p WHERE p.id = t.element AND r.reason = 'past_end_date'
      UNION ALL
      SELECT e.value, 'element_property ' || e.key, 2
        FROM portfolio.element_property e
       WHERE e.element = t.element AND e.key = 'source_sentence' AND e.valid @> $2 AND r.reason = 'delivered_and_in_use'
      UNION ALL
      SELECT s.evidence, 'service.evidence', 3
        FROM portfolio.service s WHERE s.id = t.element AND s.evidence IS NOT NULL AND r.reason = 'delivered_and_in_use') v
   WHERE t.element = portfolio.element_ref($1)
   ORDER BY v.ord;
END;
COMMENT ON FUNCTION portfolio.transfer_evidence(text, date, jsonb) IS
  'What makes an element a candidate for transfer on a day: its dates, or the sentences of the source that say so. No rows for what is no candidate. Example: SELECT evidence FROM portfolio.transfer_evidence(''service:EPS'', ''2017-06-01'');';
