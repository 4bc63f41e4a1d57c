-- Roadmaps as rows and as calendars (RFC 5545).
CREATE TYPE portfolio.roadmap_row AS (service bigint, code text, item text, kind text, title text, description text, status text, starts_on date, ends_on date,
  starts_at timestamptz, ends_at timestamptz, days_ahead integer, url text);
COMMENT ON TYPE portfolio.roadmap_row IS 'An item of a roadmap.';
COMMENT ON COLUMN portfolio.roadmap_row.service IS 'The service.';
COMMENT ON COLUMN portfolio.roadmap_row.code IS 'Code of the service.';
COMMENT ON COLUMN portfolio.roadmap_row.item IS 'Code of the item.';
COMMENT ON COLUMN portfolio.roadmap_row.kind IS 'release, maintenance, milestone, review or retirement.';
COMMENT ON COLUMN portfolio.roadmap_row.title IS 'What it is.';
COMMENT ON COLUMN portfolio.roadmap_row.description IS 'What users and operators should know.';
COMMENT ON COLUMN portfolio.roadmap_row.status IS 'planned, confirmed, done or cancelled.';
COMMENT ON COLUMN portfolio.roadmap_row.starts_on IS 'Its first day.';
COMMENT ON COLUMN portfolio.roadmap_row.ends_on IS 'Its last day, inclusive.';
COMMENT ON COLUMN portfolio.roadmap_row.starts_at IS 'Moment at which it starts; NULL: whole days.';
COMMENT ON COLUMN portfolio.roadmap_row.ends_at IS 'Moment at which it ends; NULL: whole days.';
COMMENT ON COLUMN portfolio.roadmap_row.days_ahead IS 'Days from the day in pg_portfolio.as_of to starts_on; below 0 when it has begun.';
COMMENT ON COLUMN portfolio.roadmap_row.url IS 'Where more is told.';

CREATE FUNCTION portfolio.roadmap(service text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.roadmap_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 50
BEGIN ATOMIC
  WITH asked AS MATERIALIZED (SELECT portfolio.element_ref($1) AS service WHERE portfolio.check_options($2, '{}') IS NOT NULL)
  SELECT s.id, s.code, i.code, i.kind, i.title, i.description, i.status, i.starts_on, coalesce(i.ends_on, i.starts_on),
         (i.starts_on + i.starts_at) AT TIME ZONE i.time_zone, (coalesce(i.ends_on, i.starts_on) + i.ends_at) AT TIME ZONE i.time_zone,
         i.starts_on - portfolio.as_of(), i.url
    FROM asked a
    JOIN portfolio.roadmap_item i ON a.service IS NULL OR i.service = a.service
    JOIN portfolio.service s ON s.id = i.service
   ORDER BY i.starts_on, i.starts_at NULLS FIRST, s.code, i.code;
END;
COMMENT ON FUNCTION portfolio.roadmap(text, jsonb) IS
  'The roadmap of a service, or of all services, in the order of its days: what is ahead, what was done and what was cancelled. Raises 42704 for an unknown service. Example: SELECT starts_on, kind, title, status FROM portfolio.roadmap(''service:EPS'') WHERE days_ahead >= 0;';

CREATE FUNCTION portfolio.icalendar_text(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN regexp_replace(replace(regexp_replace(regexp_replace(value, '([\\;,])', '\\\1', 'g'), E'\r\n?', E'\n', 'g'), E'\n', '\n'), '[\x01-\x08\x0B-\x1F\x7F]', '', 'g');
COMMENT ON FUNCTION portfolio.icalendar_text(text) IS
  'A text as a value of RFC 5545: backslash, semicolon, comma and line ends are escaped, control characters that no calendar may hold are left out. NULL for NULL.';

CREATE FUNCTION portfolio.icalendar_fold(line text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  folded text := '';
  part text := '';
  octets integer := 0;
  size integer;
  c text;
BEGIN
  FOREACH c IN ARRAY string_to_array(line, NULL) LOOP
    size := octet_length(convert_to(c, 'UTF8'));
    IF octets + size > 75 THEN
      folded := folded || part || E'\r\n';
      part := ' ';
      octets := 1;
    END IF;
    part := part || c;
    octets := octets + size;
  END LOOP;
  RETURN folded || part;
END
$$;
COMMENT ON FUNCTION portfolio.icalendar_fold(text) IS
  'A content line of RFC 5545, folded so that no line is longer than 75 octets of UTF-8 and no character is torn. NULL for NULL.';

CREATE FUNCTION portfolio.roadmap_icalendar(service text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS text
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  WITH asked AS MATERIALIZED (SELECT portfolio.element_ref($1) AS service WHERE portfolio.check_options($2, '{}') IS NOT NULL),
  item AS (
    SELECT row_number() OVER (ORDER BY i.starts_on, i.starts_at NULLS FIRST, s.code, i.code) AS n, s.name AS service_name, i.uid, i.revision, i.kind, i.title, i.description, i.status, i.url,
           to_char(i.changed_at AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS"Z"') AS changed,
           CASE WHEN i.starts_at IS NULL THEN ';VALUE=DATE:' || to_char(i.starts_on, 'YYYYMMDD')
                ELSE to_char((i.starts_on + i.starts_at) AT TIME ZONE i.time_zone AT TIME ZONE 'UTC', '":"YYYYMMDD"T"HH24MISS"Z"') END AS starts,
           CASE WHEN i.starts_at IS NULL THEN ';VALUE=DATE:' || to_char(coalesce(i.ends_on, i.starts_on) + 1, 'YYYYMMDD')
                -- hours that a clock going forward leaves out last as long as they are written
                ELSE to_char((CASE WHEN h.ends > h.starts THEN h.ends ELSE h.starts + h.length END) AT TIME ZONE 'UTC', '":"YYYYMMDD"T"HH24MISS"Z"') END AS ends,
           i.starts_at IS NULL AS whole_days
      FROM asked a
      JOIN portfolio.roadmap_item i ON a.service IS NULL OR i.service = a.service
      JOIN portfolio.service s ON s.id = i.service
     CROSS JOIN LATERAL (SELECT (i.starts_on + i.starts_at) AT TIME ZONE i.time_zone AS starts, (coalesce(i.ends_on, i.starts_on) + i.ends_at) AT TIME ZONE i.time_zone AS ends,
                                (coalesce(i.ends_on, i.starts_on) + i.ends_at) - (i.starts_on + i.starts_at) AS length) h),
  line AS (
    SELECT i.n, l.ord, l.line
      FROM item i
      CROSS JOIN LATERAL unnest(ARRAY[
        'BEGIN:VEVENT',
        'UID:' || i.uid,
        'DTSTAMP:' || i.changed,
        'LAST-MODIFIED:' || i.changed,
        'SEQUENCE:' || i.revision,
        'DTSTART' || i.starts,
        'DTEND' || i.ends,
        'SUMMARY:' || portfolio.icalendar_text(i.service_name || ': ' || i.title),
        'DESCRIPTION:' || portfolio.icalendar_text(i.description),
        'CATEGORIES:' || upper(i.kind COLLATE "C"),
        'STATUS:' || CASE i.status WHEN 'planned' THEN 'TENTATIVE' WHEN 'cancelled' THEN 'CANCELLED' ELSE 'CONFIRMED' END,
        'TRANSP:' || CASE WHEN i.whole_days THEN 'TRANSPARENT' ELSE 'OPAQUE' END,
        'URL:' || i.url,
        'END:VEVENT']) WITH ORDINALITY l (line, ord)
     WHERE l.line IS NOT NULL)
  SELECT E'BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//pg_portfolio//roadmap//EN\r\nCALSCALE:GREGORIAN\r\n'
         || string_agg(portfolio.icalendar_fold(l.line) || E'\r\n', '' ORDER BY l.n, l.ord) || E'END:VCALENDAR\r\n'
    FROM line l;
END;
COMMENT ON FUNCTION portfolio.roadmap_icalendar(text, jsonb) IS
  'The roadmap of a service, or of all services, as an iCalendar object (RFC 5545) to be saved or subscribed to: an event for each item, which keeps its UID whatever else changes. Its DTSTAMP is of the row, so the same roadmap is the same text. Hours are in UTC. NULL where there is no item, since a calendar without events is none. Raises 42704 for an unknown service. Example: SELECT portfolio.roadmap_icalendar(''service:EPS'') \g (format=unaligned tuples_only) roadmap.ics';
