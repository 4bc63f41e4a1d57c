-- Delivery confidence against what then happened.

CREATE TYPE portfolio.dca_calibration_row AS (scale integer, rating text, ratings bigint, late bigint, share_late numeric, probability numeric, brier numeric, auc numeric);
COMMENT ON TYPE portfolio.dca_calibration_row IS 'How one rating, or all of a scale, compares with what then happened.';
COMMENT ON COLUMN portfolio.dca_calibration_row.scale IS 'Points of the scale: 5 or 3. Ratings on different scales are never mixed.';
COMMENT ON COLUMN portfolio.dca_calibration_row.rating IS 'The rating; NULL: all of the scale together.';
COMMENT ON COLUMN portfolio.dca_calibration_row.ratings IS 'How many ratings were given of which is known what happened.';
COMMENT ON COLUMN portfolio.dca_calibration_row.late IS 'After how many of them the programme was late: not closed on the end date that was approved when it was rated.';
COMMENT ON COLUMN portfolio.dca_calibration_row.share_late IS 'late / ratings, 0 to 1, to four digits.';
COMMENT ON COLUMN portfolio.dca_calibration_row.probability IS 'The probability of being late as which the rating is read, to six digits; NULL for all together.';
COMMENT ON COLUMN portfolio.dca_calibration_row.brier IS 'Brier score: the mean of (probability - what happened)², what happened being 1 for late and 0 for in time; 0 is perfect, 0.25 is what always saying one half gets. To six digits.';
COMMENT ON COLUMN portfolio.dca_calibration_row.auc IS
  'Area under the curve, of the whole scale and the same in each of its rows: how often a programme that was late had been rated worse than one that was in time, over all such pairs, equal ratings counting one half. 1 is perfect, 0.5 is chance. To six digits; NULL while there is no such pair.';

CREATE FUNCTION portfolio.dca_probabilities(options jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  given jsonb := portfolio.check_options(options, '{probabilities}') -> 'probabilities';
  wrong text;
BEGIN
  IF given IS NULL THEN
    RETURN '{}';
  END IF;
  IF jsonb_typeof(given) <> 'object' THEN
    RAISE EXCEPTION 'option "probabilities" must be an object of ratings' USING ERRCODE = 'invalid_parameter_value', HINT = '{"Amber": 0.4, "Red": 0.95}';
  END IF;
  SELECT p.key INTO wrong FROM jsonb_each(given) p
   WHERE portfolio.dca_place(portfolio.try_dca(p.key)) IS NULL OR jsonb_typeof(p.value) <> 'number' OR (p.value #>> '{}')::numeric NOT BETWEEN 0 AND 1
   ORDER BY 1 LIMIT 1;
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION 'option "probabilities" says of "%" what is no rating or no probability', wrong USING ERRCODE = 'invalid_parameter_value', HINT = '{"Amber": 0.4, "Red": 0.95}';
  END IF;
  RETURN (SELECT jsonb_object_agg(portfolio.try_dca(p.key)::text, p.value) FROM jsonb_each(given) p);
END
$$;
COMMENT ON FUNCTION portfolio.dca_probabilities(jsonb) IS
  'Option "probabilities" of dca_calibration(): by rating, as it is published, the probability of being late. An empty object where the option is left out. Raises 22023 naming what is no rating or no probability.';

CREATE FUNCTION portfolio.dca_calibration(as_of date DEFAULT portfolio.as_of(), options jsonb DEFAULT '{}') RETURNS SETOF portfolio.dca_calibration_row
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 10
BEGIN ATOMIC
  WITH rated AS (
    SELECT r.scale, r.place, r.dca::text AS rating, r.end_date, r.rated_on, p.state,
           CASE WHEN p.closed_on <= $1 THEN p.closed_on END AS ended_on, p.closed_on IS NULL AND p.state IN ('closed', 'stopped') AS end_unknown
      FROM portfolio.dca_rating r JOIN portfolio.programme p ON p.id = r.programme
     WHERE r.scale IS NOT NULL),
  judged AS MATERIALIZED (
    SELECT r.scale, r.place, r.rating, (coalesce(r.ended_on, $1) > r.end_date)::integer AS late,
           coalesce((o.probabilities ->> r.rating)::numeric, 1 - (2 * r.place - 1) / (2.0 * r.scale)) AS probability
      FROM rated r CROSS JOIN (SELECT portfolio.dca_probabilities($2) AS probabilities) o
     -- given before the end date and before the end, and the one or the other has come
     WHERE r.rated_on <= least(r.end_date, r.ended_on, $1) AND NOT r.end_unknown
       AND (coalesce(r.ended_on, $1) > r.end_date OR r.ended_on IS NOT NULL AND r.state = 'closed')),
  curve AS (
    SELECT x.scale, sum(CASE WHEN x.place < y.place THEN 1 WHEN x.place = y.place THEN 0.5 ELSE 0 END * x.n * y.n) / sum(x.n * y.n) AS auc
      FROM (SELECT j.scale, j.place, count(*) AS n FROM judged j WHERE j.late = 1 GROUP BY 1, 2) x
      JOIN (SELECT j.scale, j.place, count(*) AS n FROM judged j WHERE j.late = 0 GROUP BY 1, 2) y ON y.scale = x.scale
     GROUP BY x.scale)
  SELECT j.scale, j.rating, count(*), sum(j.late), round(avg(j.late), 4),
         CASE WHEN j.rating IS NOT NULL THEN round(min(j.probability), 6) END, round(avg((j.probability - j.late) ^ 2), 6), round(min(c.auc), 6)
    FROM judged j LEFT JOIN curve c ON c.scale = j.scale
   GROUP BY GROUPING SETS ((j.scale, j.place, j.rating), (j.scale))
   ORDER BY j.scale DESC, j.place DESC NULLS LAST;
END;
COMMENT ON FUNCTION portfolio.dca_calibration(date, jsonb) IS
  'How delivery confidence compares with what then happened, as of a day: by scale and rating, best first, and then for the scale together. A rating counts once it is known: the programme was closed, or the end date approved at the time has passed (a programme stopped before it is left out). Ratings given after that end date do not count. A rating is read as the middle of its part of the scale, of five points 0.1 for Green to 0.9 for Red; option "probabilities" says otherwise ({"Amber": 0.4}). No rows where nothing is known. Example: SELECT * FROM portfolio.dca_calibration(''2018-06-30'');';
