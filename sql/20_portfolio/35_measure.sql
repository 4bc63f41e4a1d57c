-- Measures and what was observed: anything in the portfolio can carry them, as a whole or organisation by organisation.
CREATE TABLE portfolio.measure (
  code        text PRIMARY KEY CHECK (code ~ '^[a-z0-9]+([._-][a-z0-9]+)*$'),
  name        text NOT NULL CHECK (btrim(name) <> ''),
  unit        text NOT NULL CHECK (btrim(unit) <> ''),
  better      text NOT NULL CHECK (better IN ('higher', 'lower', 'neither')),
  combine     text NOT NULL DEFAULT 'mean' CHECK (combine IN ('mean', 'sum', 'lowest', 'highest', 'last')),
  description text,
  builtin     boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE portfolio.measure IS
  'What is measured: availability, time to restore, use, cost. Rows with builtin belong to the release. Class: user rows.';
COMMENT ON COLUMN portfolio.measure.code IS 'Short code: small letters and digits in words joined by dash, dot or underscore.';
COMMENT ON COLUMN portfolio.measure.name IS 'Name that people use.';
COMMENT ON COLUMN portfolio.measure.unit IS 'Unit of its values: percent, minutes, organisations, pounds.';
COMMENT ON COLUMN portfolio.measure.better IS 'higher, lower or neither: which way is better, and so which side of a target meets it.';
COMMENT ON COLUMN portfolio.measure.combine IS
  'How the values of several periods make one, where they have no denominators: mean (weighted by days), sum, lowest, highest or last. With denominators it is always 100 x the sum of numerators / the sum of denominators.';
COMMENT ON COLUMN portfolio.measure.description IS 'What exactly is counted, and how.';
COMMENT ON COLUMN portfolio.measure.builtin IS 'True in rows that come with the extension; they are not dumped.';
SELECT pg_extension_config_dump('portfolio.measure', 'WHERE NOT builtin');

CREATE TABLE portfolio.observation (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  measure      text NOT NULL REFERENCES portfolio.measure ON UPDATE CASCADE,
  element      bigint NOT NULL REFERENCES portfolio.element,
  organisation bigint REFERENCES portfolio.organisation,
  during       daterange NOT NULL,
  value        numeric CHECK (value > '-Infinity' AND value < 'Infinity'),
  numerator    numeric CHECK (numerator > '-Infinity' AND numerator < 'Infinity'),
  denominator  numeric CHECK (denominator > 0 AND denominator < 'Infinity'),
  source       text,
  recorded_by  name NOT NULL DEFAULT CURRENT_USER,
  recorded_at  timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT observation_days_check
    CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during) AND isfinite(lower(during)) AND isfinite(upper(during))),
  CONSTRAINT observation_share_check CHECK ((numerator IS NULL) = (denominator IS NULL) AND (value IS NULL) <> (numerator IS NULL)),
  CONSTRAINT observation_during_excl
    EXCLUDE USING gist (element WITH =, measure WITH =, coalesce(organisation, 0) WITH =, during WITH &&)
);
CREATE INDEX observation_organisation_idx ON portfolio.observation (organisation) WHERE organisation IS NOT NULL;
COMMENT ON TABLE portfolio.observation IS
  'What was measured of an element in a period, as a whole or in one organisation: a value, or a numerator and a denominator. Two periods of one series never overlap (23P01), so nothing is counted twice. Class: user rows.';
COMMENT ON COLUMN portfolio.observation.id IS 'Key.';
COMMENT ON COLUMN portfolio.observation.measure IS 'What was measured.';
COMMENT ON COLUMN portfolio.observation.element IS 'Of what.';
COMMENT ON COLUMN portfolio.observation.organisation IS 'Where; NULL: as a whole.';
COMMENT ON COLUMN portfolio.observation.during IS 'Days to which it applies, [from, to), both ends there.';
COMMENT ON COLUMN portfolio.observation.value IS 'The value, in the unit of the measure; NULL where there are a numerator and a denominator.';
COMMENT ON COLUMN portfolio.observation.numerator IS 'Of a share: how many. NULL where there is a value.';
COMMENT ON COLUMN portfolio.observation.denominator IS 'Of a share: out of how many, above 0. NULL where there is a value.';
COMMENT ON COLUMN portfolio.observation.source IS 'Where the row comes from: a file, a system.';
COMMENT ON COLUMN portfolio.observation.recorded_by IS 'Who recorded it.';
COMMENT ON COLUMN portfolio.observation.recorded_at IS 'When it was recorded.';
SELECT pg_extension_config_dump('portfolio.observation', '');
SELECT pg_extension_config_dump('portfolio.observation_id_seq', '');

CREATE TRIGGER guard_builtin_kind BEFORE UPDATE OR DELETE ON portfolio.measure
  FOR EACH ROW WHEN (OLD.builtin) EXECUTE FUNCTION portfolio.guard_builtin_kind('code', 'measure');

CREATE TYPE portfolio.observed AS (value numeric, observations bigint, days integer);
COMMENT ON TYPE portfolio.observed IS 'What was observed of an element over some days, made one.';
COMMENT ON COLUMN portfolio.observed.value IS 'The value over all of them; NULL where nothing was observed.';
COMMENT ON COLUMN portfolio.observed.observations IS 'Observations that it is made of.';
COMMENT ON COLUMN portfolio.observed.days IS 'Days that they apply to.';

CREATE FUNCTION portfolio.combine_periods(how text, "values" numeric[], days integer[]) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT CASE $1 WHEN 'mean' THEN sum(v.value * v.days) / sum(v.days)
                 WHEN 'sum' THEN sum(v.value)
                 WHEN 'lowest' THEN min(v.value)
                 WHEN 'highest' THEN max(v.value)
                 ELSE ($2)[cardinality($2)] END
    FROM unnest($2, $3) v (value, days);
END;
COMMENT ON FUNCTION portfolio.combine_periods(text, numeric[], integer[]) IS
  'One value of the values of several periods, the oldest first, each of so many days, as measure.combine says. NULL for NULL, and of no periods. Example: SELECT portfolio.combine_periods(''mean'', ''{10,40}'', ''{30,1}'');';

CREATE FUNCTION portfolio.observed_over(element bigint, measure text, days daterange) RETURNS portfolio.observed
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN bool_and(o.denominator IS NOT NULL) THEN 100 * sum(o.numerator) / sum(o.denominator)
              ELSE portfolio.combine_periods(min(m.combine), array_agg(v.value ORDER BY o.during), array_agg(v.days ORDER BY o.during)) END,
         count(*), coalesce(sum(v.days), 0)::integer
    FROM portfolio.observation o
    JOIN portfolio.measure m ON m.code = o.measure
    CROSS JOIN LATERAL (SELECT coalesce(o.value, 100 * o.numerator / o.denominator) AS value, upper(o.during) - lower(o.during) AS days) v
   WHERE o.element = $1 AND o.measure = $2 AND o.organisation IS NULL AND o.during <@ $3;
END;
COMMENT ON FUNCTION portfolio.observed_over(bigint, text, daterange) IS
  'What was observed of an element as a whole by the observations that lie within some days: 100 x numerators / denominators where all have them, else as measure.combine says. Example: SELECT value FROM portfolio.observed_over(portfolio.element_ref(''service:EPS''), ''availability'', portfolio.period_range(''2017/18''));';

INSERT INTO portfolio.measure (code, name, unit, better, combine, description, builtin) VALUES
  ('availability', 'Availability', 'percent', 'higher', 'mean', 'Share of the agreed service time in which it could be used.', true),
  ('response-time', 'Response time', 'milliseconds', 'lower', 'mean', 'Time from request to answer, as the 95th percentile of the period.', true),
  ('restore-time', 'Time to restore', 'minutes', 'lower', 'highest', 'The longest time in which service was restored after an incident of the highest priority.', true),
  ('fixed-in-time', 'Incidents resolved in time', 'percent', 'higher', 'mean', 'Share of incidents resolved within the agreed time.', true),
  ('incidents', 'Incidents', 'incidents', 'lower', 'sum', 'Incidents of all priorities.', true),
  ('use', 'Use', 'uses', 'higher', 'sum', 'How often it was used; above 0 it is in use. adoption() counts the organisations where it is.', true);

-- After the shipped rows, which are no change that anybody made.
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.measure
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change();
