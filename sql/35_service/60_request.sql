-- Requests of those who use a service, and how long it takes from request to live.
CREATE TABLE portfolio.service_request (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  service      bigint NOT NULL,
  service_kind text NOT NULL GENERATED ALWAYS AS ('service') STORED,
  title        text NOT NULL CHECK (btrim(title) <> ''),
  requested_by bigint REFERENCES portfolio.organisation,
  requested_on date NOT NULL CHECK (isfinite(requested_on)),
  live_on      date CHECK (isfinite(live_on)),
  withdrawn_on date CHECK (isfinite(withdrawn_on)),
  reference    text UNIQUE CHECK (btrim(reference) <> ''),
  source       text,
  CONSTRAINT service_request_service_fkey FOREIGN KEY (service, service_kind) REFERENCES portfolio.element (id, kind),
  CONSTRAINT service_request_order_check CHECK (live_on >= requested_on AND withdrawn_on >= requested_on),
  CONSTRAINT service_request_ended_check CHECK (num_nonnulls(live_on, withdrawn_on) < 2)
);
CREATE INDEX service_request_service_idx ON portfolio.service_request (service, requested_on);
CREATE INDEX service_request_requested_by_idx ON portfolio.service_request (requested_by) WHERE requested_by IS NOT NULL;
COMMENT ON TABLE portfolio.service_request IS
  'What was asked of a service, and when users had it: request_lead_time() counts the days between. Class: user rows.';
COMMENT ON COLUMN portfolio.service_request.id IS 'Key.';
COMMENT ON COLUMN portfolio.service_request.service IS 'The service.';
COMMENT ON COLUMN portfolio.service_request.service_kind IS 'Always service: the key proves that it is one.';
COMMENT ON COLUMN portfolio.service_request.title IS 'What is asked for.';
COMMENT ON COLUMN portfolio.service_request.requested_by IS 'Who asked; NULL when not recorded.';
COMMENT ON COLUMN portfolio.service_request.requested_on IS 'Day on which it was asked for.';
COMMENT ON COLUMN portfolio.service_request.live_on IS 'Day on which users had it; NULL until then.';
COMMENT ON COLUMN portfolio.service_request.withdrawn_on IS 'Day on which it was withdrawn or refused; NULL where it was not.';
COMMENT ON COLUMN portfolio.service_request.reference IS 'Its number elsewhere, such as in a service desk.';
COMMENT ON COLUMN portfolio.service_request.source IS 'Where the row comes from; NULL when entered here.';
SELECT pg_extension_config_dump('portfolio.service_request', '');
SELECT pg_extension_config_dump('portfolio.service_request_id_seq', '');
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.service_request
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('service');

CREATE TYPE portfolio.lead_time AS (went_live bigint, median_days numeric, p90_days numeric);
COMMENT ON TYPE portfolio.lead_time IS 'How long requests took from the day they were made to the day they went live.';
COMMENT ON COLUMN portfolio.lead_time.went_live IS 'Requests that went live.';
COMMENT ON COLUMN portfolio.lead_time.median_days IS 'Days that half of these needed at most, interpolated, to one digit; NULL where none went live.';
COMMENT ON COLUMN portfolio.lead_time.p90_days IS 'Days that nine in ten needed at most, interpolated, to one digit.';

CREATE FUNCTION portfolio.lead_time_over(service bigint, days daterange) RETURNS portfolio.lead_time
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT count(*), round(percentile_cont(0.5) WITHIN GROUP (ORDER BY q.live_on - q.requested_on)::numeric, 1),
         round(percentile_cont(0.9) WITHIN GROUP (ORDER BY q.live_on - q.requested_on)::numeric, 1)
    FROM portfolio.service_request q WHERE q.service = $1 AND $2 @> q.live_on;
END;
COMMENT ON FUNCTION portfolio.lead_time_over(bigint, daterange) IS 'How long the requests of a service took that went live on some days.';

CREATE TYPE portfolio.request_lead_time_row AS (service bigint, code text, period_from date, period_ends_on date, requested bigint, withdrawn bigint, still_open bigint,
  went_live bigint, median_days numeric, p90_days numeric);
COMMENT ON TYPE portfolio.request_lead_time_row IS 'The requests of a service in one window.';
COMMENT ON COLUMN portfolio.request_lead_time_row.service IS 'The service.';
COMMENT ON COLUMN portfolio.request_lead_time_row.code IS 'Its code.';
COMMENT ON COLUMN portfolio.request_lead_time_row.period_from IS 'First day of the window.';
COMMENT ON COLUMN portfolio.request_lead_time_row.period_ends_on IS 'Its last day, inclusive.';
COMMENT ON COLUMN portfolio.request_lead_time_row.requested IS 'Requests made in it.';
COMMENT ON COLUMN portfolio.request_lead_time_row.withdrawn IS 'Requests withdrawn in it.';
COMMENT ON COLUMN portfolio.request_lead_time_row.still_open IS 'Requests that were open at its end, or on the day in pg_portfolio.as_of where that is earlier.';
COMMENT ON COLUMN portfolio.request_lead_time_row.went_live IS 'Requests that went live in it.';
COMMENT ON COLUMN portfolio.request_lead_time_row.median_days IS 'Days from request to live that half of these needed at most, interpolated, to one digit.';
COMMENT ON COLUMN portfolio.request_lead_time_row.p90_days IS 'Days that nine in ten needed at most.';

CREATE FUNCTION portfolio.request_lead_time(service text DEFAULT NULL, period text DEFAULT NULL, "window" text DEFAULT 'financial_year', options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.request_lead_time_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 50
BEGIN ATOMIC
  WITH asked AS MATERIALIZED (
    SELECT portfolio.element_ref($1) AS service, portfolio.as_of() AS day, portfolio.period_range($2) AS days
     WHERE portfolio.check_options($4, '{}') IS NOT NULL),
  served AS (
    SELECT s.id, s.code, a.day, coalesce(a.days, daterange(min(q.requested_on), a.day, '[]')) AS days
      FROM asked a
      JOIN portfolio.service s ON a.service IS NULL OR s.id = a.service
      JOIN portfolio.service_request q ON q.service = s.id AND q.requested_on <= a.day
     GROUP BY s.id, s.code, a.day, a.days)
  SELECT s.id, s.code, lower(w.days), upper(w.days) - 1, n.requested, n.withdrawn, n.still_open, l.went_live, l.median_days, l.p90_days
    FROM served s
    CROSS JOIN LATERAL portfolio.period_windows($3, s.days) w (days)
    CROSS JOIN LATERAL (SELECT w.days * daterange(NULL, s.day, '[]') AS days) seen
    CROSS JOIN LATERAL portfolio.lead_time_over(s.id, seen.days) l
    CROSS JOIN LATERAL (
      SELECT count(*) FILTER (WHERE seen.days @> q.requested_on) AS requested,
             count(*) FILTER (WHERE seen.days @> q.withdrawn_on) AS withdrawn,
             count(*) FILTER (WHERE q.requested_on < upper(seen.days) AND coalesce(coalesce(q.live_on, q.withdrawn_on) >= upper(seen.days), true)) AS still_open
        FROM portfolio.service_request q WHERE q.service = s.id) n
   WHERE NOT isempty(seen.days)
   ORDER BY s.code, w.days;
END;
COMMENT ON FUNCTION portfolio.request_lead_time(text, text, text, jsonb) IS
  'How long it takes from request to live: for each service (or one), and each month, quarter, year or financial_year that a period touches, the requests that went live in it with the median and the 90th percentile of their days, beside those made, withdrawn and still open. Without a period, from the first request to the day in pg_portfolio.as_of; nothing after that day is counted. Services of which nothing was asked are left out. Raises 42704 for an unknown service, 22023 for an unknown period or window. Example: SELECT period_from, went_live, median_days, p90_days FROM portfolio.request_lead_time(''service:EPS'', ''2017/18'', ''quarter'');';
