-- Calendars: days that schedules name. Bank holidays come with the release, sites add their own.
CREATE TABLE portfolio.calendar (
  code text PRIMARY KEY CONSTRAINT calendar_code_is_a_word CHECK (code ~ '^[a-z][a-z0-9_-]{0,62}$'),
  name text NOT NULL CONSTRAINT calendar_name_is_not_blank CHECK (btrim(name) <> ''),
  description text,
  builtin boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE portfolio.calendar IS
  'Calendars that schedules and jobs name. Those with builtin belong to the release and are read-only; a site adds days to them, or takes some away, by rows of its own in calendar_day. Class: user rows (those not builtin).';
COMMENT ON COLUMN portfolio.calendar.code IS 'Key, as schedules write it: small letters, digits, "-" and "_".';
COMMENT ON COLUMN portfolio.calendar.name IS 'Name of the calendar.';
COMMENT ON COLUMN portfolio.calendar.description IS 'What its days are, and where they come from.';
COMMENT ON COLUMN portfolio.calendar.builtin IS 'True in rows that come with the extension.';
SELECT pg_extension_config_dump('portfolio.calendar', 'WHERE NOT builtin');

CREATE TABLE portfolio.calendar_day (
  calendar text NOT NULL REFERENCES portfolio.calendar (code) ON UPDATE CASCADE ON DELETE CASCADE,
  day date NOT NULL CONSTRAINT calendar_day_is_finite CHECK (isfinite(day)),
  name text,
  counts boolean NOT NULL DEFAULT true,
  builtin boolean NOT NULL DEFAULT false,
  CONSTRAINT calendar_day_builtin_counts CHECK (counts OR NOT builtin),
  PRIMARY KEY (calendar, day, builtin)
);
COMMENT ON TABLE portfolio.calendar_day IS
  'Days of calendars. A calendar is known for whole years, from that of its first day to that of its last: a schedule that needs to know a later year is refused. A row of the site stands before the shipped row of the same day. Class: user rows (those not builtin).';
COMMENT ON COLUMN portfolio.calendar_day.calendar IS 'The calendar.';
COMMENT ON COLUMN portfolio.calendar_day.day IS 'The day, in the time zone of whatever schedule asks.';
COMMENT ON COLUMN portfolio.calendar_day.name IS 'What day it is.';
COMMENT ON COLUMN portfolio.calendar_day.counts IS 'False takes a shipped day out of the calendar.';
COMMENT ON COLUMN portfolio.calendar_day.builtin IS 'True in rows that come with the extension.';
SELECT pg_extension_config_dump('portfolio.calendar_day', 'WHERE NOT builtin');

CREATE FUNCTION portfolio.guard_calendar() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF OLD.builtin AND NOT pg_has_role((SELECT c.relowner FROM pg_class c WHERE c.oid = TG_RELID), 'USAGE') THEN
    RAISE EXCEPTION 'shipped rows of % belong to the release', TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege',
            HINT = 'INSERT a calendar_day of your own for that day; counts => false takes the day out of the calendar.';
  END IF;
  RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END
$$;
COMMENT ON FUNCTION portfolio.guard_calendar() IS 'Trigger: shipped calendars and days are read-only (42501).';
CREATE TRIGGER guard_calendar BEFORE UPDATE OR DELETE ON portfolio.calendar
  FOR EACH ROW EXECUTE FUNCTION portfolio.guard_calendar();
CREATE TRIGGER guard_calendar BEFORE UPDATE OR DELETE ON portfolio.calendar_day
  FOR EACH ROW EXECUTE FUNCTION portfolio.guard_calendar();

CREATE VIEW portfolio.effective_calendar_day WITH (security_invoker = true) AS
SELECT x.calendar, x.day, x.name
  FROM (SELECT DISTINCT ON (d.calendar, d.day) d.calendar, d.day, d.name, d.counts
          FROM portfolio.calendar_day d ORDER BY d.calendar, d.day, d.builtin) x
 WHERE x.counts;
COMMENT ON VIEW portfolio.effective_calendar_day IS 'Days of calendars as they hold here: shipped ones with what the site says instead.';
COMMENT ON COLUMN portfolio.effective_calendar_day.calendar IS 'The calendar.';
COMMENT ON COLUMN portfolio.effective_calendar_day.day IS 'The day.';
COMMENT ON COLUMN portfolio.effective_calendar_day.name IS 'What day it is.';

CREATE FUNCTION portfolio.easter_sunday(year integer) RETURNS date
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
BEGIN ATOMIC
  SELECT make_date(easter_sunday.year, (h + l - 7 * m + 114) / 31, (h + l - 7 * m + 114) % 31 + 1)
    FROM (SELECT easter_sunday.year % 19 AS a, easter_sunday.year / 100 AS b, easter_sunday.year % 100 AS c) x
   CROSS JOIN LATERAL (SELECT (19 * a + b - b / 4 - (b - (b + 8) / 25 + 1) / 3 + 15) % 30 AS h) y
   CROSS JOIN LATERAL (SELECT (32 + 2 * (b % 4) + 2 * (c / 4) - h - c % 4) % 7 AS l) z
   CROSS JOIN LATERAL (SELECT (a + 11 * h + 22 * l) / 451 AS m) w;
END;
COMMENT ON FUNCTION portfolio.easter_sunday(integer) IS
  'Easter Sunday of the western churches in a year of the Gregorian calendar, by the anonymous algorithm of 1876 (Butcher). NULL for NULL.';
