-- Delivery confidence over time: each rating with the day on which it was given and the end date approved then.

CREATE TABLE portfolio.dca_history (
  programme             bigint NOT NULL REFERENCES portfolio.programme,
  rated_on              date NOT NULL CHECK (isfinite(rated_on)),
  dca                   portfolio.dca NOT NULL,
  end_date              date CHECK (isfinite(end_date)),
  fy_baseline_gbp_m     numeric,
  fy_forecast_gbp_m     numeric,
  whole_life_cost_gbp_m numeric,
  source                text,
  PRIMARY KEY (programme, rated_on)
);
COMMENT ON TABLE portfolio.dca_history IS
  'Delivery confidence as it was given, day by day, with the figures that were published with it. The newest published ones stand in programme too, and move here when they are replaced; dca_rating shows both. Class: user rows.';
COMMENT ON COLUMN portfolio.dca_history.programme IS 'The programme.';
COMMENT ON COLUMN portfolio.dca_history.rated_on IS 'Day to which the rating refers.';
COMMENT ON COLUMN portfolio.dca_history.dca IS 'The rating, with its scale.';
COMMENT ON COLUMN portfolio.dca_history.end_date IS 'End date approved on that day; what then happened is judged by it.';
COMMENT ON COLUMN portfolio.dca_history.fy_baseline_gbp_m IS 'Budget of the financial year, millions of pounds.';
COMMENT ON COLUMN portfolio.dca_history.fy_forecast_gbp_m IS 'Forecast of the financial year, millions of pounds.';
COMMENT ON COLUMN portfolio.dca_history.whole_life_cost_gbp_m IS 'Budgeted cost over its whole life, millions of pounds.';
COMMENT ON COLUMN portfolio.dca_history.source IS 'Where it was published, or who gave it.';
SELECT pg_extension_config_dump('portfolio.dca_history', '');
CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.dca_history
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_change('programme');

-- Of updates only: a restore inserts, and brings the history itself.
CREATE FUNCTION portfolio.keep_dca() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  INSERT INTO portfolio.dca_history (programme, rated_on, dca, end_date, fy_baseline_gbp_m, fy_forecast_gbp_m, whole_life_cost_gbp_m, source)
  VALUES (OLD.id, OLD.snapshot_date, OLD.dca, OLD.end_date, OLD.fy_baseline_gbp_m, OLD.fy_forecast_gbp_m, OLD.whole_life_cost_gbp_m, OLD.source)
  ON CONFLICT (programme, rated_on) DO NOTHING;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION portfolio.keep_dca() IS
  'Trigger of programme: what was published of another day than the new figures moves to dca_history.';
CREATE TRIGGER keep_dca AFTER UPDATE OF snapshot_date ON portfolio.programme FOR EACH ROW
  WHEN (OLD.dca IS NOT NULL AND OLD.snapshot_date IS NOT NULL AND NEW.snapshot_date IS DISTINCT FROM OLD.snapshot_date)
  EXECUTE FUNCTION portfolio.keep_dca();

CREATE VIEW portfolio.dca_rating WITH (security_invoker = true) AS
  SELECT h.programme, h.rated_on, h.dca, portfolio.dca_scale(h.dca) AS scale, portfolio.dca_place(h.dca) AS place, h.end_date,
         h.fy_baseline_gbp_m, h.fy_forecast_gbp_m, h.whole_life_cost_gbp_m, h.source
    FROM portfolio.dca_history h
  UNION ALL
  SELECT p.id, p.snapshot_date, p.dca, portfolio.dca_scale(p.dca), portfolio.dca_place(p.dca), p.end_date,
         p.fy_baseline_gbp_m, p.fy_forecast_gbp_m, p.whole_life_cost_gbp_m, p.source
    FROM portfolio.programme p
   WHERE p.dca IS NOT NULL AND p.snapshot_date IS NOT NULL
     AND NOT EXISTS (SELECT FROM portfolio.dca_history h WHERE (h.programme, h.rated_on) = (p.id, p.snapshot_date));
COMMENT ON VIEW portfolio.dca_rating IS 'Every rating of every programme: dca_history and what stands in programme.';
COMMENT ON COLUMN portfolio.dca_rating.programme IS 'The programme.';
COMMENT ON COLUMN portfolio.dca_rating.rated_on IS 'Day to which the rating refers.';
COMMENT ON COLUMN portfolio.dca_rating.dca IS 'The rating, with its scale.';
COMMENT ON COLUMN portfolio.dca_rating.scale IS 'Points of its scale: 5 or 3; NULL for Exempt, Reset and Not rated.';
COMMENT ON COLUMN portfolio.dca_rating.place IS 'Place on that scale, 1 is the worst; NULL where there is no scale.';
COMMENT ON COLUMN portfolio.dca_rating.end_date IS 'End date approved on that day.';
COMMENT ON COLUMN portfolio.dca_rating.fy_baseline_gbp_m IS 'Budget of the financial year, millions of pounds.';
COMMENT ON COLUMN portfolio.dca_rating.fy_forecast_gbp_m IS 'Forecast of the financial year, millions of pounds.';
COMMENT ON COLUMN portfolio.dca_rating.whole_life_cost_gbp_m IS 'Budgeted cost over its whole life, millions of pounds.';
COMMENT ON COLUMN portfolio.dca_rating.source IS 'Where it was published, or who gave it.';
