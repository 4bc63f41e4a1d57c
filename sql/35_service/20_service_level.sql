-- Service levels and roadmaps: parts of a service. They refer to the element, which is there before the service is loaded,
-- and a live service refers to one of each: so that it has them is a foreign key, and a dump has no circle.
CREATE TABLE portfolio.service_level (
  service      bigint NOT NULL,
  service_kind text NOT NULL GENERATED ALWAYS AS ('service') STORED,
  measure      text NOT NULL REFERENCES portfolio.measure ON UPDATE CASCADE,
  target       numeric NOT NULL CHECK (target > '-Infinity' AND target < 'Infinity'),
  "window"     text NOT NULL DEFAULT 'month' CHECK ("window" IN ('month', 'quarter', 'year', 'financial_year')),
  note         text,
  PRIMARY KEY (service, measure),
  CONSTRAINT service_level_service_fkey FOREIGN KEY (service, service_kind) REFERENCES portfolio.element (id, kind) ON DELETE CASCADE
);
COMMENT ON TABLE portfolio.service_level IS
  'Service levels agreed (SLA, OLA): a measure, the target and the window in which it is judged. service_levels() tells whether they were met. Class: user rows.';
COMMENT ON COLUMN portfolio.service_level.service IS 'The service; its levels go with it.';
COMMENT ON COLUMN portfolio.service_level.service_kind IS 'Always service: the key proves that it is one.';
COMMENT ON COLUMN portfolio.service_level.measure IS 'What is measured; measure.better says on which side of the target it is met.';
COMMENT ON COLUMN portfolio.service_level.target IS 'The target, in the unit of the measure; reaching it is enough.';
COMMENT ON COLUMN portfolio.service_level."window" IS 'The calendar window over which it is judged: month, quarter, year or financial_year.';
COMMENT ON COLUMN portfolio.service_level.note IS 'Service hours, exclusions, and where the agreement lies.';
SELECT pg_extension_config_dump('portfolio.service_level', '');

CREATE TABLE portfolio.roadmap_item (
  service      bigint NOT NULL,
  service_kind text NOT NULL GENERATED ALWAYS AS ('service') STORED,
  code         text NOT NULL CHECK (btrim(code) <> ''),
  kind         text NOT NULL CHECK (kind IN ('release', 'maintenance', 'milestone', 'review', 'retirement')),
  title        text NOT NULL CHECK (btrim(title) <> ''),
  description  text,
  status       text NOT NULL DEFAULT 'planned' CHECK (status IN ('planned', 'confirmed', 'done', 'cancelled')),
  starts_on    date NOT NULL CHECK (isfinite(starts_on)),
  ends_on      date CHECK (isfinite(ends_on)),
  starts_at    time,
  ends_at      time,
  time_zone    text NOT NULL DEFAULT 'Europe/London' CHECK ((timestamp '2000-01-01 00:00' AT TIME ZONE time_zone) IS NOT NULL),
  url          text CHECK (url ~ '^[a-zA-Z][a-zA-Z0-9+.-]*:[!-~]+$'),
  uid          uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
  revision     integer NOT NULL DEFAULT 0 CHECK (revision >= 0),
  changed_at   timestamptz NOT NULL DEFAULT now() CHECK (isfinite(changed_at)),
  PRIMARY KEY (service, code),
  CONSTRAINT roadmap_item_service_fkey FOREIGN KEY (service, service_kind) REFERENCES portfolio.element (id, kind) ON DELETE CASCADE,
  CONSTRAINT roadmap_item_times_check CHECK ((starts_at IS NULL) = (ends_at IS NULL)),
  CONSTRAINT roadmap_item_order_check CHECK (coalesce(ends_on, starts_on) + coalesce(ends_at, '24:00') > starts_on + coalesce(starts_at, '00:00'))
);
COMMENT ON TABLE portfolio.roadmap_item IS
  'What is ahead of a service, and was: releases, maintenance windows, milestones, reviews, its retirement, each with its day or its hours. Class: user rows.';
COMMENT ON COLUMN portfolio.roadmap_item.service IS 'The service; its roadmap goes with it.';
COMMENT ON COLUMN portfolio.roadmap_item.service_kind IS 'Always service: the key proves that it is one.';
COMMENT ON COLUMN portfolio.roadmap_item.code IS 'Short code, unique in the service.';
COMMENT ON COLUMN portfolio.roadmap_item.kind IS 'release, maintenance, milestone, review or retirement.';
COMMENT ON COLUMN portfolio.roadmap_item.title IS 'What it is, in a few words.';
COMMENT ON COLUMN portfolio.roadmap_item.description IS 'What users and operators should know.';
COMMENT ON COLUMN portfolio.roadmap_item.status IS 'planned, confirmed, done or cancelled.';
COMMENT ON COLUMN portfolio.roadmap_item.starts_on IS 'Its day, or the first of its days.';
COMMENT ON COLUMN portfolio.roadmap_item.ends_on IS 'Its last day, inclusive; NULL: the same day.';
COMMENT ON COLUMN portfolio.roadmap_item.starts_at IS 'Hour at which it starts on starts_on, in time_zone; NULL: whole days.';
COMMENT ON COLUMN portfolio.roadmap_item.ends_at IS 'Hour at which it ends on ends_on, in time_zone; NULL: whole days.';
COMMENT ON COLUMN portfolio.roadmap_item.time_zone IS 'Time zone of the hours; of no meaning for whole days.';
COMMENT ON COLUMN portfolio.roadmap_item.url IS 'Where more is told, in ASCII; NULL when nowhere.';
COMMENT ON COLUMN portfolio.roadmap_item.uid IS 'Its identity in calendars: stays when anything else changes.';
COMMENT ON COLUMN portfolio.roadmap_item.revision IS 'How often the row has been changed, from 0: by this a calendar knows the newer copy.';
COMMENT ON COLUMN portfolio.roadmap_item.changed_at IS 'When the row was last written.';
SELECT pg_extension_config_dump('portfolio.roadmap_item', '');

-- Where the row goes to which a service points, it points to another, if there is one.
ALTER TABLE portfolio.service
  ADD CONSTRAINT service_service_level_fkey FOREIGN KEY (id, service_level) REFERENCES portfolio.service_level (service, measure)
    ON UPDATE CASCADE ON DELETE SET NULL (service_level) DEFERRABLE INITIALLY DEFERRED,
  ADD CONSTRAINT service_roadmap_item_fkey FOREIGN KEY (id, roadmap_item) REFERENCES portfolio.roadmap_item (service, code)
    ON UPDATE CASCADE ON DELETE SET NULL (roadmap_item) DEFERRABLE INITIALLY DEFERRED;

CREATE FUNCTION portfolio.stamp_roadmap_item() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  NEW.uid := OLD.uid;
  NEW.revision := OLD.revision + 1;
  NEW.changed_at := transaction_timestamp();
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.stamp_roadmap_item() IS 'Trigger of roadmap_item: counts its revisions and says when it was last changed. uid stays.';
CREATE TRIGGER stamp_roadmap_item BEFORE UPDATE ON portfolio.roadmap_item FOR EACH ROW EXECUTE FUNCTION portfolio.stamp_roadmap_item();

CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.service_level
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('service');
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.roadmap_item
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('service');
