-- The service catalogue, as of the day in pg_portfolio.as_of, and what is missing in it.
CREATE VIEW portfolio.service_catalogue WITH (security_invoker = true) AS
  SELECT s.id AS service, s.code, s.name, s.description, st.state, st.label AS state_label, st.ord AS state_ord, lower(p.during) AS state_since,
         o.kind || ':' || o.code AS owner_ref, o.name AS owner_name, s.support_tier,
         coalesce(l.levels, '{}') AS levels, coalesce(c.channels, '{}') AS channels,
         n.code AS next_item, n.title AS next_title, n.kind AS next_kind, n.starts_on AS next_on,
         g.code AS governed_by, s.adopted_locally, s.early_life_ends, s.live_on, s.retired_on, d.day AS as_of
    FROM (SELECT portfolio.as_of() AS day) d
    JOIN portfolio.service s ON s.valid @> d.day
    LEFT JOIN portfolio.service_state_period p ON p.service = s.id AND p.during @> d.day
    JOIN portfolio.service_state st ON st.state = coalesce(p.state, s.state)
    LEFT JOIN portfolio.element o ON o.id = s.owner
    LEFT JOIN portfolio.programme g ON g.id = s.governed_by
    LEFT JOIN LATERAL (
      SELECT array_agg(format('%s %s %s %s a %s', m.name, CASE m.better WHEN 'lower' THEN 'at most' WHEN 'higher' THEN 'at least' ELSE 'exactly' END,
                              v.target, m.unit, replace(v."window", '_', ' ')) ORDER BY v.measure <> s.service_level, v.measure) AS levels
        FROM portfolio.service_level v JOIN portfolio.measure m ON m.code = v.measure WHERE v.service = s.id) l ON true
    LEFT JOIN LATERAL (
      SELECT array_agg(DISTINCT i.name ORDER BY i.name) AS channels
        FROM portfolio.relationship r
        JOIN portfolio.interface i ON i.valid @> d.day AND (i.id = r.source OR i.system = r.source)
       WHERE r.target = s.id AND r.kind IN ('realization', 'serving', 'assignment') AND r.valid @> d.day) c ON true
    LEFT JOIN LATERAL (
      SELECT i.code, i.title, i.kind, i.starts_on FROM portfolio.roadmap_item i
       WHERE i.service = s.id AND i.status IN ('planned', 'confirmed') AND coalesce(i.ends_on, i.starts_on) >= d.day
       ORDER BY i.starts_on, i.starts_at NULLS FIRST, i.code LIMIT 1) n ON true;
COMMENT ON VIEW portfolio.service_catalogue IS
  'The services that there are on the day of pg_portfolio.as_of (today unless set), in the state of that day, with who answers for each, what it promises, how it is reached and what comes next. Owner, tier, levels and roadmap are as recorded now. Example: SELECT code, state, owner_name, support_tier, levels, next_title, next_on FROM portfolio.service_catalogue ORDER BY state_ord, code;';
COMMENT ON COLUMN portfolio.service_catalogue.service IS 'The service.';
COMMENT ON COLUMN portfolio.service_catalogue.code IS 'Its code.';
COMMENT ON COLUMN portfolio.service_catalogue.name IS 'Its name.';
COMMENT ON COLUMN portfolio.service_catalogue.description IS 'What it is in a sentence or more.';
COMMENT ON COLUMN portfolio.service_catalogue.state IS 'Its state on the day shown.';
COMMENT ON COLUMN portfolio.service_catalogue.state_label IS 'That state as people read it.';
COMMENT ON COLUMN portfolio.service_catalogue.state_ord IS 'Place of the state in the order of a service''s life, 1 to 6.';
COMMENT ON COLUMN portfolio.service_catalogue.state_since IS 'First day of that state; NULL where it has been so since before it was recorded.';
COMMENT ON COLUMN portfolio.service_catalogue.owner_ref IS 'Who answers for it, as kind:code.';
COMMENT ON COLUMN portfolio.service_catalogue.owner_name IS 'Name of who answers for it.';
COMMENT ON COLUMN portfolio.service_catalogue.support_tier IS 'Level of support agreed.';
COMMENT ON COLUMN portfolio.service_catalogue.levels IS 'Its service levels in words, the one of service.service_level first; empty where it has none.';
COMMENT ON COLUMN portfolio.service_catalogue.channels IS 'Names of the interfaces by which it is reached: those that realise or serve it, and those of systems that do.';
COMMENT ON COLUMN portfolio.service_catalogue.next_item IS 'Code of the next item of its roadmap that is planned or confirmed; NULL where nothing is ahead.';
COMMENT ON COLUMN portfolio.service_catalogue.next_title IS 'What that is.';
COMMENT ON COLUMN portfolio.service_catalogue.next_kind IS 'release, maintenance, milestone, review or retirement.';
COMMENT ON COLUMN portfolio.service_catalogue.next_on IS 'Its first day.';
COMMENT ON COLUMN portfolio.service_catalogue.governed_by IS 'Code of the programme that still governs it; NULL once service operations do.';
COMMENT ON COLUMN portfolio.service_catalogue.adopted_locally IS 'Whether it is used in local settings.';
COMMENT ON COLUMN portfolio.service_catalogue.early_life_ends IS 'Last day planned for early life support.';
COMMENT ON COLUMN portfolio.service_catalogue.live_on IS 'Day since which it is live.';
COMMENT ON COLUMN portfolio.service_catalogue.retired_on IS 'Day since which it is retired, or is to be.';
COMMENT ON COLUMN portfolio.service_catalogue.as_of IS 'The day shown.';

CREATE VIEW portfolio.service_gaps WITH (security_invoker = true) AS
  SELECT c.service, c.code, c.name, c.state, g.gap, g.what, replace(g.next_step, 'CODE', c.code) AS next_step, c.as_of
    FROM portfolio.service_catalogue c
    JOIN portfolio.service s ON s.id = c.service
    CROSS JOIN LATERAL (
      SELECT d.ord, d.demand::text AS gap, 'It lacks ' || d.what AS what, d.next_step
        FROM portfolio.service_demand d
       WHERE d.state = 'live'
         AND CASE d.demand WHEN 'service_level' THEN c.levels = '{}' WHEN 'roadmap_item' THEN c.next_item IS NULL
                           ELSE to_jsonb(s) ->> d.demand IS NULL END
      UNION ALL
      SELECT 1, 'owner_ended', format('Its owner %s ended on %s', c.owner_ref, upper(o.valid) - 1), d.next_step
        FROM portfolio.element o JOIN portfolio.service_demand d ON (d.state, d.demand) = ('live', 'owner')
       WHERE o.id = s.owner AND NOT o.valid @> c.as_of
      UNION ALL
      SELECT 9, 'early_life_over', format('Early life support was to end on %s', c.early_life_ends),
             'Accept it: UPDATE portfolio.service SET state = ''live'' WHERE code = ''CODE''; or set another early_life_ends.'
       WHERE c.state = 'early_life_support' AND c.early_life_ends < c.as_of) g
   WHERE c.state IN ('early_life_support', 'live');
COMMENT ON VIEW portfolio.service_gaps IS
  'What services that are live or in early life support lack on the day of pg_portfolio.as_of, one row each, with the next step: what a live service needs, an owner that is still there, a roadmap with something ahead, an end of early life that has not passed. Example: SELECT code, state, what, next_step FROM portfolio.service_gaps ORDER BY code, gap;';
COMMENT ON COLUMN portfolio.service_gaps.service IS 'The service.';
COMMENT ON COLUMN portfolio.service_gaps.code IS 'Its code.';
COMMENT ON COLUMN portfolio.service_gaps.name IS 'Its name.';
COMMENT ON COLUMN portfolio.service_gaps.state IS 'live or early_life_support.';
COMMENT ON COLUMN portfolio.service_gaps.gap IS 'owner, support_tier, service_level, roadmap_item (nothing is ahead), owner_ended or early_life_over.';
COMMENT ON COLUMN portfolio.service_gaps.what IS 'The gap in words.';
COMMENT ON COLUMN portfolio.service_gaps.next_step IS 'What to do.';
COMMENT ON COLUMN portfolio.service_gaps.as_of IS 'The day shown.';
