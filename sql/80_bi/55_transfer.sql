-- Transfers and delivery confidence for BI tools: what burn-up charts and trends of ratings are drawn from. They show what the views
-- transfer_status and dca_rating show, from the tables, because those ask for rights of the caller that a reader has not.
CREATE VIEW portfolio_bi.transfer WITH (security_barrier = true) AS
  WITH run AS (
    SELECT x.id, x.element, x.during, x.ended_as, row_number() OVER (PARTITION BY x.element ORDER BY lower(x.during) DESC, x.id DESC) = 1 AS newest
      FROM portfolio.process_run x WHERE x.process = 'transfer-to-service-operations'
  ), transfer AS (
    SELECT r.id AS run, e.id, e.kind, e.code, e.name, lower(r.during)::date AS started_on, b.at::date AS returned_on,
           CASE WHEN r.newest IS NOT FALSE THEN p.wave END AS wave, CASE WHEN r.newest IS NOT FALSE THEN coalesce(p.planned_on, s.go_live_on) END AS planned_on,
           CASE WHEN r.ended_as = 'completed' THEN coalesce(b.accepted_on, CASE WHEN r.newest THEN coalesce(s.accepted_on, g.closed_on) END, upper(r.during)::date) END AS transferred_on,
           CASE WHEN r.id IS NULL THEN 'planned' WHEN r.ended_as IS NULL THEN 'in_transition' WHEN r.ended_as <> 'completed' THEN 'stopped'
                WHEN b.at IS NOT NULL THEN 'returned' ELSE 'transferred' END AS state
      FROM portfolio.element e
      LEFT JOIN portfolio.transfer_plan p ON p.element = e.id
      LEFT JOIN run r ON r.element = e.id
      LEFT JOIN portfolio.service s ON s.id = e.id
      LEFT JOIN portfolio.programme g ON g.id = e.id AND g.state = 'closed'
      LEFT JOIN LATERAL (SELECT t.at, t.accepted_on FROM portfolio.transfer_return t
                          WHERE t.element = e.id AND r.ended_as = 'completed' AND t.at >= upper(r.during) ORDER BY t.at, t.id LIMIT 1) b ON true
     WHERE r.id IS NOT NULL OR p.element IS NOT NULL
  )
  SELECT t.run AS run_id, t.id AS element_id, t.kind AS element_kind, t.code AS element_code, t.name AS element_name,
         t.state, upper(left(t.state, 1)) || replace(substr(t.state, 2), '_', ' ') AS state_label,
         array_position('{planned,in_transition,transferred,returned,stopped}'::text[], t.state) AS state_sort_order,
         t.wave, t.planned_on, t.started_on, t.transferred_on, t.returned_on, portfolio.financial_year(t.transferred_on) AS transferred_financial_year,
         t.transferred_on - t.planned_on AS days_after_plan
    FROM transfer t;
COMMENT ON VIEW portfolio_bi.transfer IS
  'Transfers into service operations, one row a transfer, and one for what is only planned: count by planned_on and by transferred_on for the two lines of a burn-up chart.';
COMMENT ON COLUMN portfolio_bi.transfer.run_id IS 'Key of the run, as in view readiness; NULL where it is only planned.';
COMMENT ON COLUMN portfolio_bi.transfer.element_id IS 'Key of the programme or service, as in the view of its kind.';
COMMENT ON COLUMN portfolio_bi.transfer.element_kind IS 'programme or service.';
COMMENT ON COLUMN portfolio_bi.transfer.element_code IS 'Its code.';
COMMENT ON COLUMN portfolio_bi.transfer.element_name IS 'Its name.';
COMMENT ON COLUMN portfolio_bi.transfer.state IS 'planned, in_transition, transferred, returned (to its programme, after it had been transferred) or stopped (before it was).';
COMMENT ON COLUMN portfolio_bi.transfer.state_label IS 'State as people read it.';
COMMENT ON COLUMN portfolio_bi.transfer.state_sort_order IS 'State as a number, 1 is planned: sort by it.';
COMMENT ON COLUMN portfolio_bi.transfer.wave IS 'Wave of the plan; NULL where it is in none.';
COMMENT ON COLUMN portfolio_bi.transfer.planned_on IS 'Day by which it is to be in service operations; NULL: not planned.';
COMMENT ON COLUMN portfolio_bi.transfer.started_on IS 'Day on which the transfer began.';
COMMENT ON COLUMN portfolio_bi.transfer.transferred_on IS 'Day as of which service operations accepted it; NULL: not yet.';
COMMENT ON COLUMN portfolio_bi.transfer.returned_on IS 'Day on which it was returned to its programme.';
COMMENT ON COLUMN portfolio_bi.transfer.transferred_financial_year IS 'Financial year of transferred_on, as 2017/18.';
COMMENT ON COLUMN portfolio_bi.transfer.days_after_plan IS 'Days from planned_on to transferred_on; negative when it was early.';

CREATE VIEW portfolio_bi.delivery_confidence WITH (security_barrier = true) AS
  SELECT p.id AS programme_id, p.code AS programme_code, p.name AS programme_name, p.department, d.rated_on,
         portfolio.financial_year(d.rated_on) AS financial_year, portfolio.financial_quarter(d.rated_on) AS financial_quarter,
         d.dca::text AS dca, r.label AS dca_label, r.sort_order AS dca_sort_order, r.colour AS dca_colour, portfolio.dca_scale(d.dca) AS scale, portfolio.dca_place(d.dca) AS place,
         d.end_date, d.fy_baseline_gbp_m, d.fy_forecast_gbp_m, d.whole_life_cost_gbp_m,
         row_number() OVER (PARTITION BY d.programme ORDER BY d.rated_on DESC) = 1 AS is_latest
    FROM (SELECT h.programme, h.rated_on, h.dca, h.end_date, h.fy_baseline_gbp_m, h.fy_forecast_gbp_m, h.whole_life_cost_gbp_m FROM portfolio.dca_history h
          UNION ALL
          SELECT c.id, c.snapshot_date, c.dca, c.end_date, c.fy_baseline_gbp_m, c.fy_forecast_gbp_m, c.whole_life_cost_gbp_m FROM portfolio.programme c
           WHERE c.dca IS NOT NULL AND c.snapshot_date IS NOT NULL
             AND NOT EXISTS (SELECT FROM portfolio.dca_history h WHERE (h.programme, h.rated_on) = (c.id, c.snapshot_date))) d
    JOIN portfolio.programme p ON p.id = d.programme
    LEFT JOIN portfolio.rating r ON r.scheme = 'dca' AND r.code = d.dca::text;
COMMENT ON VIEW portfolio_bi.delivery_confidence IS 'Delivery confidence over time, one row a programme and day of rating.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.programme_id IS 'Key of the programme, as in view programme.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.programme_code IS 'Its code.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.programme_name IS 'Its name.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.department IS 'Department that reports it.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.rated_on IS 'Day to which the rating refers.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.financial_year IS 'Financial year of that day, as 2017/18.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.financial_quarter IS 'Quarter of the financial year, 1 is April to June.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.dca IS 'The rating as published: Amber is of five points, Amber (3) of three.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.dca_label IS 'The rating as people read it.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.dca_sort_order IS 'The rating as a number: sort by it; numbers of different scales do not compare.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.dca_colour IS 'Fill colour, #rrggbb.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.scale IS 'Points of the scale: 5 or 3; NULL: not rated.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.place IS 'Place on the scale, 1 is Red; NULL: not rated.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.end_date IS 'End date approved then.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.fy_baseline_gbp_m IS 'Budget of the financial year, millions of pounds.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.fy_forecast_gbp_m IS 'Forecast of the financial year, millions of pounds.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.whole_life_cost_gbp_m IS 'Budgeted cost over its whole life, millions of pounds.';
COMMENT ON COLUMN portfolio_bi.delivery_confidence.is_latest IS 'Is it the newest rating of the programme?';
