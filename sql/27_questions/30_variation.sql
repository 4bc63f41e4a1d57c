-- The postcode lottery: how much a measure differs from place to place.
CREATE FUNCTION portfolio.gini(numeric[]) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT CASE WHEN sum(s.x) > 0 AND min(s.x) >= 0
              THEN 2 * sum(s.i * s.x) / (count(*) * sum(s.x)) - (count(*) + 1)::numeric / count(*) END
    FROM (SELECT u.x, row_number() OVER (ORDER BY u.x) AS i FROM unnest($1) u (x) WHERE u.x IS NOT NULL) s;
END;
COMMENT ON FUNCTION portfolio.gini(numeric[]) IS
  'The Gini coefficient of some values: 0 when all are the same, near 1 when one has everything; without a correction for their number. NULL when none is above 0 or one is below. Example: SELECT portfolio.gini(''{1,2,3,4,5}'');';

CREATE TYPE portfolio.area_variation AS (
  element_ref text, area bigint, area_code text, area_name text, units bigint, value numeric, p10 numeric, p50 numeric, p90 numeric,
  coefficient_of_variation numeric, gini numeric, systematic_component numeric, expected numeric, z numeric, outlier text
);
COMMENT ON TYPE portfolio.area_variation IS
  'A row of variation(): first what is measured over all areas (area is NULL), with the differences between them; then each area, with the differences between the organisations in it.';
COMMENT ON COLUMN portfolio.area_variation.element_ref IS 'What is measured, as kind:code.';
COMMENT ON COLUMN portfolio.area_variation.area IS 'The area, an organisation; NULL in the row over all areas.';
COMMENT ON COLUMN portfolio.area_variation.area_code IS 'Its code.';
COMMENT ON COLUMN portfolio.area_variation.area_name IS 'Its name.';
COMMENT ON COLUMN portfolio.area_variation.units IS 'Areas in the first row, organisations in the others.';
COMMENT ON COLUMN portfolio.area_variation.value IS 'The value: 100 x numerators / denominators where all have them, else the mean of the organisations'' values, each over its periods as measure.combine says.';
COMMENT ON COLUMN portfolio.area_variation.p10 IS 'Tenth percentile of the units'' values, interpolated.';
COMMENT ON COLUMN portfolio.area_variation.p50 IS 'Their median.';
COMMENT ON COLUMN portfolio.area_variation.p90 IS 'Their ninetieth percentile.';
COMMENT ON COLUMN portfolio.area_variation.coefficient_of_variation IS 'Standard deviation (of a sample) of their values over the mean of them; NULL for one unit.';
COMMENT ON COLUMN portfolio.area_variation.gini IS 'Gini coefficient of their values.';
COMMENT ON COLUMN portfolio.area_variation.systematic_component IS
  'Systematic component of variation (McPherson 1982): the mean over the units of (O - E)^2 / E^2 - 1 / E, O the numerator and E what the rate over all would give; what chance explains is taken off, so it may be below 0. NULL without denominators.';
COMMENT ON COLUMN portfolio.area_variation.expected IS 'Numerator of the area that the rate over all would give; NULL in the first row and without denominators.';
COMMENT ON COLUMN portfolio.area_variation.z IS 'Standard errors between the area and the rate over all, as in a funnel plot: binomial, or Poisson where a numerator exceeds its denominator.';
COMMENT ON COLUMN portfolio.area_variation.outlier IS 'high or low beyond the 99.8 % limits of the funnel (z 3.09), rather high or rather low beyond the 95 % ones (z 1.96); NULL within.';

CREATE FUNCTION portfolio.variation(measure text, level text DEFAULT 'organisation', options jsonb DEFAULT '{}') RETURNS SETOF portfolio.area_variation
LANGUAGE plpgsql STABLE PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  wanted bigint;
  days daterange;
BEGIN
  PERFORM portfolio.check_options(options, '{element,period}');
  IF NOT EXISTS (SELECT FROM portfolio.measure m WHERE m.code = measure) THEN
    RAISE EXCEPTION 'measure "%" is not known', measure USING ERRCODE = 'undefined_object', HINT = 'SELECT code, name FROM portfolio.measure lists the measures.';
  END IF;
  IF level IS NULL OR level NOT IN ('organisation', 'parent', 'region') THEN
    RAISE EXCEPTION 'level "%" is not known', level
      USING ERRCODE = 'invalid_parameter_value', HINT = 'Areas are ''organisation'' (each for itself), their ''parent'' or their ''region''.';
  END IF;
  wanted := portfolio.element_ref(options ->> 'element');
  days := portfolio.period_range(options ->> 'period');
  RETURN QUERY
  WITH seen AS MATERIALIZED (
    -- of the days asked for, or else the last period of each series that has begun by the day shown
    SELECT o.element, o.organisation, o.numerator, o.denominator, coalesce(o.value, 100 * o.numerator / o.denominator) AS value,
           o.during, upper(o.during) - lower(o.during) AS days, m.combine,
           rank() OVER (PARTITION BY o.element, o.organisation ORDER BY lower(o.during) DESC) AS back
      FROM portfolio.observation o JOIN portfolio.measure m ON m.code = o.measure
     WHERE o.measure = measure AND o.organisation IS NOT NULL AND (wanted IS NULL OR o.element = wanted)
       AND CASE WHEN days IS NULL THEN lower(o.during) <= (SELECT portfolio.as_of()) ELSE o.during <@ days END
  ), unit AS MATERIALIZED (
    SELECT s.element, s.organisation, CASE level WHEN 'parent' THEN g.parent WHEN 'region' THEN g.region ELSE g.id END AS area,
           CASE WHEN bool_and(s.denominator IS NOT NULL) THEN sum(s.numerator) END AS num, CASE WHEN bool_and(s.denominator IS NOT NULL) THEN sum(s.denominator) END AS den,
           CASE WHEN bool_and(s.denominator IS NOT NULL) THEN 100 * sum(s.numerator) / sum(s.denominator)
                ELSE portfolio.combine_periods(min(s.combine), array_agg(s.value ORDER BY s.during), array_agg(s.days ORDER BY s.during)) END AS value
      FROM seen s JOIN portfolio.organisation g ON g.id = s.organisation
     WHERE days IS NOT NULL OR s.back = 1
     GROUP BY s.element, s.organisation, 3
  ), rate AS (
    SELECT u.element, CASE WHEN bool_and(u.den IS NOT NULL) THEN sum(u.num) / sum(u.den) END AS all_rate,
           CASE WHEN bool_and(u.den IS NOT NULL) THEN 100 * sum(u.num) / sum(u.den) ELSE avg(u.value) END AS all_value, bool_or(u.num > u.den) AS is_count
      FROM unit u WHERE u.area IS NOT NULL GROUP BY u.element
  ), place AS MATERIALIZED (
    SELECT u.element, u.area, CASE WHEN bool_and(u.den IS NOT NULL) THEN sum(u.num) END AS num, CASE WHEN bool_and(u.den IS NOT NULL) THEN sum(u.den) END AS den,
           CASE WHEN bool_and(u.den IS NOT NULL) THEN 100 * sum(u.num) / sum(u.den) ELSE avg(u.value) END AS value
      FROM unit u WHERE u.area IS NOT NULL GROUP BY u.element, u.area
  ), spread AS (
    SELECT x.element, x.area, count(*) AS units,
           percentile_cont(0.1) WITHIN GROUP (ORDER BY x.value)::numeric AS p10, percentile_cont(0.5) WITHIN GROUP (ORDER BY x.value)::numeric AS p50,
           percentile_cont(0.9) WITHIN GROUP (ORDER BY x.value)::numeric AS p90,
           stddev_samp(x.value) / nullif(avg(x.value), 0) AS cv, portfolio.gini(array_agg(x.value)) AS gini,
           avg((x.num - x.den * r.all_rate) ^ 2 / nullif(x.den * r.all_rate, 0) ^ 2 - 1 / nullif(x.den * r.all_rate, 0)) AS scv
      FROM (SELECT p.element, NULL::bigint AS area, p.num, p.den, p.value FROM place p
            UNION ALL SELECT u.element, u.area, u.num, u.den, u.value FROM unit u WHERE u.area IS NOT NULL) x
      JOIN rate r ON r.element = x.element
     GROUP BY x.element, x.area
  ), funnel AS (
    SELECT p.element, p.area, p.value, p.den * r.all_rate AS expected,
           (p.num / p.den - r.all_rate) / nullif(sqrt(CASE WHEN r.is_count THEN r.all_rate ELSE r.all_rate * (1 - r.all_rate) END / p.den), 0) AS z
      FROM place p JOIN rate r ON r.element = p.element
  )
  SELECT e.kind || ':' || e.code, s.area, g.code, g.name, s.units, coalesce(f.value, r.all_value), s.p10, s.p50, s.p90, s.cv, s.gini, s.scv, f.expected, f.z,
         CASE WHEN f.z > 3.09 THEN 'high' WHEN f.z < -3.09 THEN 'low' WHEN f.z > 1.96 THEN 'rather high' WHEN f.z < -1.96 THEN 'rather low' END
    FROM spread s
    JOIN rate r ON r.element = s.element
    JOIN portfolio.element e ON e.id = s.element
    LEFT JOIN funnel f ON f.element = s.element AND f.area = s.area
    LEFT JOIN portfolio.organisation g ON g.id = s.area
   ORDER BY 1, s.area IS NOT NULL, g.code;
END
$$;
COMMENT ON FUNCTION portfolio.variation(text, text, jsonb) IS
  'How much a measure differs from place to place: the areas are organisations, their parents or their regions (level). The first row of each element is over all areas: percentiles, coefficient of variation, Gini coefficient and systematic component between them; a row an area follows, with the same between its organisations and its place in the funnel. Options: element (one only), period (as period_range() reads it; the last period of each organisation when left out). Organisations without the area are left out. Raises 42704 for an unknown measure, 22023 for another level. Example: SELECT area_name, value, p10, p90, outlier FROM portfolio.variation(''use'', ''region'');';
