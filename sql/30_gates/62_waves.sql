-- In which waves candidates are transferred: an optimal plan, and why each line of it stands where it does.

CREATE FUNCTION portfolio.plan_waves(sizes integer[], costs bigint[], items integer[], needs integer[], capacities integer[], max_steps bigint DEFAULT 200000,
  OUT item integer, OUT wave integer, OUT plan_cost bigint, OUT plan_bound bigint)
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_plan_waves';
COMMENT ON FUNCTION portfolio.plan_waves(integer[], bigint[], integer[], integer[], integer[], bigint) IS
  'Deals items, numbered from 1, with a size and a cost for each wave that they wait, to waves of given capacities, so that the sum of cost x wave is least. items[i] goes in a later wave than needs[i]. An item without a place (wave is NULL) costs as if it stood in the wave after the last. plan_bound is a sum below which no plan can be; it is plan_cost where the plan is optimal, which it always is unless the search takes more than max_steps. No rows where an argument is NULL. Raises 22023 for a size below 1, a negative cost or capacity, an item that does not exist and one that needs itself. Example: SELECT item, wave FROM portfolio.plan_waves(''{1,1,1}'', ''{5,1,3}'', ''{1}'', ''{2}'', ''{1,1,1}'');';

CREATE TYPE portfolio.wave_period AS (wave integer, starts_on date, ends_on date, capacity integer);
COMMENT ON TYPE portfolio.wave_period IS 'One wave of a plan.';
COMMENT ON COLUMN portfolio.wave_period.wave IS 'Its number, from 1.';
COMMENT ON COLUMN portfolio.wave_period.starts_on IS 'Its first day.';
COMMENT ON COLUMN portfolio.wave_period.ends_on IS 'Its last day.';
COMMENT ON COLUMN portfolio.wave_period.capacity IS 'How many elements the receiving team takes in it.';

CREATE FUNCTION portfolio.wave_periods(from_day date, to_day date, capacity integer, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.wave_period
LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 12
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  known constant jsonb := portfolio.check_options(options, '{period,capacities,max_steps}');
  period constant text := coalesce(known->>'period', 'month');
  step interval;
  capacities integer[];
BEGIN
  IF from_day IS NULL OR to_day IS NULL OR NOT isfinite(from_day) OR NOT isfinite(to_day) OR from_day > to_day OR to_day - from_day > 36525 THEN
    RAISE EXCEPTION 'a plan needs a first and a last day' USING ERRCODE = 'invalid_parameter_value',
      DETAIL = format('They are %s and %s.', coalesce(from_day::text, 'NULL'), coalesce(to_day::text, 'NULL'));
  END IF;
  IF capacity IS NULL OR capacity < 0 THEN
    RAISE EXCEPTION 'capacity must be 0 or more elements a wave' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF period NOT IN ('week', 'month', 'quarter') THEN
    RAISE EXCEPTION 'option "period" must be week, month or quarter' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  step := CASE period WHEN 'week' THEN '7 days' WHEN 'month' THEN '1 month' ELSE '3 months' END;
  IF known ? 'max_steps' AND coalesce(known->>'max_steps', '') !~ '^[0-9]{1,9}$' THEN
    RAISE EXCEPTION 'option "max_steps" must be a number of steps' USING ERRCODE = 'invalid_parameter_value';
  END IF;
  IF known ? 'capacities' THEN
    IF jsonb_typeof(known->'capacities') <> 'array'
       OR EXISTS (SELECT FROM jsonb_array_elements(known->'capacities') c WHERE c::text !~ '^[0-9]{1,9}$') THEN
      RAISE EXCEPTION 'option "capacities" must be an array of capacities, one a wave' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT array_agg(c.value::integer ORDER BY c.ord) INTO capacities FROM jsonb_array_elements_text(known->'capacities') WITH ORDINALITY c (value, ord);
  END IF;
  RETURN QUERY
    SELECT w.wave::integer, greatest(w.starts::date, from_day), least((w.starts + step)::date - 1, to_day),
           coalesce(capacities[w.wave], capacity)
      FROM generate_series(date_trunc(period, from_day::timestamp), to_day::timestamp, step) WITH ORDINALITY w (starts, wave);
END
$$;
COMMENT ON FUNCTION portfolio.wave_periods(date, date, integer, jsonb) IS
  'The waves from one day to another: months, or what option "period" says (week, month, quarter), the first and last cut to the days given. Option "capacities" gives the first waves capacities of their own. Raises 22023 where days, capacity or options make no plan.';

CREATE TYPE portfolio.transfer_item AS (element bigint, kind text, code text, name text, end_date date, days_late integer, services bigint[]);
COMMENT ON TYPE portfolio.transfer_item IS 'A candidate for transfer with what goes along.';
COMMENT ON COLUMN portfolio.transfer_item.element IS 'The programme or service.';
COMMENT ON COLUMN portfolio.transfer_item.kind IS 'programme or service.';
COMMENT ON COLUMN portfolio.transfer_item.code IS 'Its code.';
COMMENT ON COLUMN portfolio.transfer_item.name IS 'Its name.';
COMMENT ON COLUMN portfolio.transfer_item.end_date IS 'Latest approved end date; see transfer_candidates().';
COMMENT ON COLUMN portfolio.transfer_item.days_late IS 'Days since then; NULL where there is no such date or it lies ahead.';
COMMENT ON COLUMN portfolio.transfer_item.services IS 'The services that are transferred with it: of a programme those that it governs, of a service itself.';

CREATE FUNCTION portfolio.transfer_items(as_of date) RETURNS SETOF portfolio.transfer_item
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 20
BEGIN ATOMIC
  WITH candidate AS MATERIALIZED (SELECT c.* FROM portfolio.transfer_candidates($1) c)
  SELECT c.element, e.kind, c.code, c.name, c.end_date, c.days_late,
         coalesce((SELECT array_agg(t.service ORDER BY t.service) FROM portfolio.transfer_scope t WHERE t.element = c.element), '{}')
    FROM candidate c JOIN portfolio.element e ON e.id = c.element
   WHERE NOT EXISTS (SELECT FROM portfolio.service s JOIN candidate p ON p.element = s.governed_by WHERE s.id = c.element)
   ORDER BY c.days_late DESC NULLS LAST, e.kind, c.code;
END;
COMMENT ON FUNCTION portfolio.transfer_items(date) IS
  'What is to be transferred, as of a day: transfer_candidates(), where a service whose programme is a candidate itself goes with the programme and is no line of its own. Example: SELECT code, days_late FROM portfolio.transfer_items(''2017-06-01'');';

CREATE FUNCTION portfolio.open_transfer_criteria(element bigint) RETURNS integer
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce(
    (SELECT (count(*) FILTER (WHERE s.mandatory AND s.status NOT IN ('met', 'waived', 'not_applicable')))::integer
       FROM portfolio.process_run r CROSS JOIN LATERAL portfolio.run_standing(r.id, portfolio.as_of_moment()) s
      WHERE r.element = $1 AND r.process = 'transfer-to-service-operations' AND r.during @> portfolio.as_of_moment()
     HAVING count(*) > 0),
    (SELECT count(*)::integer
       FROM portfolio.criterion c
      WHERE c.process = 'transfer-to-service-operations' AND c.mandatory
        AND c.version = (SELECT max(p.version) FROM portfolio.process_publication p WHERE p.process = c.process)));
END;
COMMENT ON FUNCTION portfolio.open_transfer_criteria(bigint) IS
  'How many mandatory criteria of the transfer an element has neither met nor under a waiver, on the day of pg_portfolio.as_of: all of them while it has not started.';

CREATE TYPE portfolio.transfer_wave AS (wave integer, starts_on date, ends_on date, element bigint, kind text, code text, name text, takes_along text[],
  cost_of_delay integer, risk integer, priority numeric, why text, waits_for text[], plan_cost numeric, plan_bound numeric);
COMMENT ON TYPE portfolio.transfer_wave IS 'A line of a plan of transfers.';
COMMENT ON COLUMN portfolio.transfer_wave.wave IS 'In which wave it is transferred, from 1; NULL: it finds no place.';
COMMENT ON COLUMN portfolio.transfer_wave.starts_on IS 'First day of the wave.';
COMMENT ON COLUMN portfolio.transfer_wave.ends_on IS 'Last day of the wave.';
COMMENT ON COLUMN portfolio.transfer_wave.element IS 'The programme or service.';
COMMENT ON COLUMN portfolio.transfer_wave.kind IS 'programme or service.';
COMMENT ON COLUMN portfolio.transfer_wave.code IS 'Its code.';
COMMENT ON COLUMN portfolio.transfer_wave.name IS 'Its name.';
COMMENT ON COLUMN portfolio.transfer_wave.takes_along IS 'Services that a programme takes with it, as kind:code.';
COMMENT ON COLUMN portfolio.transfer_wave.cost_of_delay IS 'What waiting costs, in points: months past its end date on the first day of the plan, begun ones counted whole, and 1 at least.';
COMMENT ON COLUMN portfolio.transfer_wave.risk IS
  'What a transfer that goes wrong puts at stake, in points: 1, one for each element outside it that suffers if it fails, and one for each mandatory criterion of the transfer that it has not met and that is not waived.';
COMMENT ON COLUMN portfolio.transfer_wave.priority IS 'cost_of_delay / risk, to two digits and 0.01 at least.';
COMMENT ON COLUMN portfolio.transfer_wave.why IS 'Why it stands in this wave.';
COMMENT ON COLUMN portfolio.transfer_wave.waits_for IS 'Other lines of the plan that it needs, as kind:code: they go in earlier waves, or together with it where each needs the other.';
COMMENT ON COLUMN portfolio.transfer_wave.plan_cost IS 'Of the whole plan, the same in each line: the sum of priority x wave, where what finds no place stands in the wave after the last. No plan has a smaller one while it equals plan_bound.';
COMMENT ON COLUMN portfolio.transfer_wave.plan_bound IS 'Of the whole plan: a sum below which no plan can be.';

CREATE FUNCTION portfolio.transfer_waves(from_day date, to_day date, capacity integer, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.transfer_wave
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 20
BEGIN ATOMIC
  WITH period AS MATERIALIZED (SELECT p.* FROM portfolio.wave_periods($1, $2, $3, $4) p),
  item AS MATERIALIZED (SELECT i.*, (row_number() OVER (ORDER BY i.days_late DESC NULLS LAST, i.kind, i.code))::bigint AS n FROM portfolio.transfer_items($1) i),
  node AS MATERIALIZED (SELECT i.n, i.element AS id FROM item i UNION SELECT i.n, s.service FROM item i, unnest(i.services) s (service)),
  -- what each item needs among the others: by the architecture, then along the items
  need AS MATERIALIZED (
    SELECT DISTINCT x.n, y.n AS needs
      FROM node x CROSS JOIN LATERAL portfolio.graph_reach(x.id, NULL, false) r JOIN node y ON y.id = r.element AND y.n <> x.n),
  need_edge AS MATERIALIZED (SELECT coalesce(array_agg(d.n), '{}') AS n, coalesce(array_agg(d.needs), '{}') AS needs FROM need d),
  closure AS MATERIALIZED (SELECT i.n, r.element AS needs FROM item i CROSS JOIN need_edge g CROSS JOIN LATERAL portfolio.breadth_first(g.n, g.needs, i.n, NULL) r),
  -- items that need each other go together, as one of their size
  team AS MATERIALIZED (
    SELECT i.n, least(i.n, min(c.needs)) AS first
      FROM item i LEFT JOIN closure c ON c.n = i.n AND EXISTS (SELECT FROM closure b WHERE b.n = c.needs AND b.needs = i.n)
     GROUP BY i.n),
  judged AS MATERIALIZED (
    SELECT i.n, t.first, d.cost_of_delay, k.risk, greatest(round(100.0 * d.cost_of_delay / k.risk), 1)::bigint AS hundredths
      FROM item i JOIN team t ON t.n = i.n
      CROSS JOIN LATERAL (SELECT CASE WHEN i.days_late > 0
                 THEN (extract(year FROM age($1, i.end_date)) * 12 + extract(month FROM age($1, i.end_date)))::integer + (extract(day FROM age($1, i.end_date)) > 0)::integer
                 ELSE 1 END AS cost_of_delay) d
      CROSS JOIN LATERAL (
        SELECT 1 + (SELECT count(DISTINCT r.element)
                      FROM node x CROSS JOIN LATERAL portfolio.graph_reach(x.id, NULL, true) r
                     WHERE x.n = i.n AND NOT EXISTS (SELECT FROM node y WHERE y.n = i.n AND y.id = r.element))::integer
                 + portfolio.open_transfer_criteria(i.element) AS risk) k),
  dense AS MATERIALIZED (
    SELECT j.first, (row_number() OVER (ORDER BY j.first))::integer AS place, count(*)::integer AS size, sum(j.hundredths)::bigint AS cost FROM judged j GROUP BY j.first),
  plan AS MATERIALIZED (
    SELECT p.item, p.wave, p.plan_cost, p.plan_bound
      FROM (SELECT array_agg(d.size ORDER BY d.place) AS sizes, array_agg(d.cost ORDER BY d.place) AS costs FROM dense d) a
      CROSS JOIN (SELECT coalesce(array_agg(x.place), '{}') AS items, coalesce(array_agg(y.place), '{}') AS needs
                    FROM (SELECT DISTINCT s.first, o.first AS needs FROM need d JOIN team s ON s.n = d.n JOIN team o ON o.n = d.needs WHERE s.first <> o.first) d
                    JOIN dense x ON x.first = d.first JOIN dense y ON y.first = d.needs) b
      CROSS JOIN (SELECT array_agg(p.capacity ORDER BY p.wave) AS capacities FROM period p) c
      CROSS JOIN LATERAL portfolio.plan_waves(a.sizes, a.costs, b.items, b.needs, c.capacities, coalesce(($4->>'max_steps')::bigint, 200000)) p),
  line AS MATERIALIZED (
    SELECT i.*, j.cost_of_delay, j.risk, j.hundredths, j.first, d.size, p.wave, p.plan_cost, p.plan_bound, i.kind || ':' || i.code AS label
      FROM item i JOIN judged j ON j.n = i.n JOIN dense d ON d.first = j.first JOIN plan p ON p.item = d.place)
  SELECT l.wave, q.starts_on, q.ends_on, l.element, l.kind, l.code, l.name,
         ARRAY(SELECT portfolio.element_label(s.service) FROM unnest(l.services) s (service) WHERE s.service <> l.element ORDER BY 1),
         l.cost_of_delay, l.risk, round(l.hundredths / 100.0, 2),
         CASE WHEN l.wave IS NOT NULL THEN
                concat_ws(' ', CASE WHEN w.earliest > 1 AND l.wave = w.earliest THEN format('It goes as soon as what it needs is over: %s.', array_to_string(w.earlier, ', '))
                                    WHEN l.wave = w.earliest THEN 'It needs nothing of the others and goes at once.'
                                    ELSE format('It could go from wave %s on, and the team''s capacity is used better for others till then.', w.earliest) END,
                               'It goes together with ' || array_to_string(w.mates, ', ') || ': each needs the other.',
                               'It opens the way for ' || array_to_string(w.later, ', ') || '.')
              WHEN l.size > (SELECT max(p.capacity) FROM period p) THEN concat_ws(' ', format('No wave takes %s elements at once.', l.size), 'It goes together with ' || array_to_string(w.mates, ', ') || ': each needs the other.')
              WHEN w.stuck IS NOT NULL THEN format('It needs what has no place itself: %s.', array_to_string(w.stuck, ', '))
              ELSE format('The waves up to %s are full with what costs more to delay for its risk.', $2) END
           || format(' Priority %s: cost of delay %s for a risk of %s.', to_char(l.hundredths / 100.0, 'FM999999990.00'), l.cost_of_delay, l.risk),
         w.waits_for, round(l.plan_cost / 100.0, 2), round(l.plan_bound / 100.0, 2)
    FROM line l
    LEFT JOIN period q ON q.wave = l.wave
    CROSS JOIN LATERAL (
      SELECT coalesce(max(o.wave) FILTER (WHERE o.first <> l.first), 0) + 1 AS earliest,
             array_agg(o.label ORDER BY o.label) FILTER (WHERE o.first <> l.first) AS earlier,
             array_agg(o.label ORDER BY o.label) FILTER (WHERE o.first <> l.first AND o.wave IS NULL) AS stuck,
             coalesce(array_agg(o.label ORDER BY o.label), '{}') AS waits_for
        FROM (SELECT DISTINCT d.needs FROM need d JOIN team t ON t.n = d.n WHERE t.first = l.first AND d.needs <> l.n) d JOIN line o ON o.n = d.needs) a
    CROSS JOIN LATERAL (
      SELECT a.earliest, a.earlier, a.stuck, a.waits_for,
             (SELECT array_agg(o.label ORDER BY o.label) FROM line o WHERE o.first = l.first AND o.n <> l.n) AS mates,
             (SELECT array_agg(o.label ORDER BY o.label) FROM line o
               WHERE o.first <> l.first AND EXISTS (SELECT FROM need d WHERE d.n = o.n AND d.needs = l.n)) AS later) w
   ORDER BY l.wave NULLS LAST, l.hundredths DESC, l.kind, l.code;
END;
COMMENT ON FUNCTION portfolio.transfer_waves(date, date, integer, jsonb) IS
  'A plan for the transfer of the candidates of a day: which goes in which wave, up to a last day, with room for so many elements in a wave. Nothing goes before what it needs, directly or through other elements, on the day of pg_portfolio.as_of; what needs each other goes together. Among all such plans one with the least sum of priority x wave, so that what is latest and risks least goes first: plan_cost, beside the bound that proves it. Options: "period" (week, month or quarter; month by default), "capacities" (of the first waves one by one, as [0, 2, 3]), "max_steps" (of the search, 200,000 by default). Raises 22023 where days, capacity or options make no plan. Example: SELECT wave, starts_on, code, priority, why FROM portfolio.transfer_waves(''2017-06-01'', ''2018-03-31'', 2);';
