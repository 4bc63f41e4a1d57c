-- What grows is forgotten one day; what counts today, and what was published, is not.
CREATE FUNCTION portfolio.purge_scores(keep interval DEFAULT '1 year') RETURNS bigint
LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  forgotten bigint;
  before timestamptz := now() - keep;
BEGIN
  IF before > now() THEN
    RAISE EXCEPTION 'interval to keep must not be negative' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  DELETE FROM portfolio.quality_score s USING portfolio.score_total t WHERE t.id = s.total AND NOT t.latest AND t.scored_at < before;
  DELETE FROM portfolio.score_total t WHERE NOT t.latest AND t.scored_at < before;
  -- the newest run of a data set tells its thresholds, even where it found no record
  DELETE FROM portfolio.score_run r
   WHERE r.scored_at < before AND NOT EXISTS (SELECT FROM portfolio.score_total t WHERE t.run = r.id)
     AND EXISTS (SELECT FROM portfolio.score_run n WHERE n.data_set = r.data_set AND n.scored_at > r.scored_at);
  GET DIAGNOSTICS forgotten = ROW_COUNT;
  RETURN forgotten;
END
$$;
COMMENT ON FUNCTION portfolio.purge_scores(interval) IS
  'Forgets scores that a later run has replaced and that are older than keep (1 year by default); returns how many runs went altogether. The latest score of every period stays however old it is, and so does what was published. NULL for NULL; 22023 for a negative interval. schedule_housekeeping() makes a job of it.';

CREATE FUNCTION portfolio.purge_access_log(keep interval DEFAULT '10 years') RETURNS bigint
LANGUAGE sql VOLATILE STRICT PARALLEL UNSAFE
BEGIN ATOMIC
  WITH gone AS (DELETE FROM portfolio.access_log a WHERE a.at < now() - greatest(keep, interval '1 year') RETURNING a.id)
  SELECT count(*) FROM gone;
END;
COMMENT ON FUNCTION portfolio.purge_access_log(interval) IS
  'Forgets entries of the access log that are older than keep (10 years by default, 1 year at least); returns how many. No profile may: it is for the owner of the extension. NULL for NULL.';
