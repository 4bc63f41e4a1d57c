-- How the portfolio hangs together: cycles, layers, single points of failure.
CREATE TYPE portfolio.cycle AS (size int, steps int, path text, elements bigint[], relationships bigint[]);
COMMENT ON TYPE portfolio.cycle IS 'A row of cycles(): elements that can all reach each other, and one cycle among them.';
COMMENT ON COLUMN portfolio.cycle.size IS 'How many elements; 1 for an element that hangs on itself.';
COMMENT ON COLUMN portfolio.cycle.steps IS 'Length of the cycle shown.';
COMMENT ON COLUMN portfolio.cycle.path IS 'A shortest cycle through the oldest of them, as kind:code with  >  between; shortened as in reached_element.';
COMMENT ON COLUMN portfolio.cycle.elements IS 'All of them.';
COMMENT ON COLUMN portfolio.cycle.relationships IS 'Relationships of the cycle shown, step by step; NULL in it for a foreign key.';

CREATE FUNCTION portfolio.graph_cycles(along text) RETURNS SETOF portfolio.cycle
LANGUAGE c STABLE PARALLEL RESTRICTED STRICT AS 'MODULE_PATHNAME', 'pf_graph_cycles';
COMMENT ON FUNCTION portfolio.graph_cycles(text) IS 'What cycles() gives.';
CREATE FUNCTION portfolio.cycles(options jsonb DEFAULT '{}') RETURNS SETOF portfolio.cycle
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT c.* FROM portfolio.graph_cycles(coalesce($1 ->> 'along', 'impact')) c
   WHERE portfolio.check_options($1, '{along}') IS NOT NULL
   ORDER BY c.size DESC, c.elements;
END;
COMMENT ON FUNCTION portfolio.cycles(jsonb) IS
  'Where elements fail together: the strongly connected components of the day of pg_portfolio.as_of that have a cycle, largest first, each with one cycle of it. Option along: impact (as it travels, the default) or arrows (every dependency from source to target). Example: SELECT size, path FROM portfolio.cycles();';

CREATE TYPE portfolio.layer AS (layer int, element bigint, kind text, code text, name text, together int);
COMMENT ON TYPE portfolio.layer IS 'A row of layers().';
COMMENT ON COLUMN portfolio.layer.layer IS 'Longest way that leads to it: 0 for what hangs on nothing.';
COMMENT ON COLUMN portfolio.layer.element IS 'The element.';
COMMENT ON COLUMN portfolio.layer.kind IS 'What it is.';
COMMENT ON COLUMN portfolio.layer.code IS 'Its code.';
COMMENT ON COLUMN portfolio.layer.name IS 'Its name.';
COMMENT ON COLUMN portfolio.layer.together IS 'Elements that can all reach each other, itself included: those share a layer. 1 when it is on no cycle with others.';

CREATE FUNCTION portfolio.graph_layers(along text) RETURNS SETOF portfolio.layer
LANGUAGE c STABLE PARALLEL RESTRICTED STRICT AS 'MODULE_PATHNAME', 'pf_graph_layers';
COMMENT ON FUNCTION portfolio.graph_layers(text) IS 'What layers() gives.';
CREATE FUNCTION portfolio.layers(options jsonb DEFAULT '{}') RETURNS SETOF portfolio.layer
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT l.* FROM portfolio.graph_layers(coalesce($1 ->> 'along', 'impact')) l
   WHERE portfolio.check_options($1, '{along}') IS NOT NULL
   ORDER BY l.layer, l.kind, l.code;
END;
COMMENT ON FUNCTION portfolio.layers(jsonb) IS
  'Every element of the day with its layer: above all that it hangs on, elements of a cycle together. Option along as of cycles(). Example: SELECT layer, count(*) FROM portfolio.layers() GROUP BY layer ORDER BY layer;';

CREATE TYPE portfolio.articulation_point AS (element bigint, kind text, code text, name text, parts int, cut_off int);
COMMENT ON TYPE portfolio.articulation_point IS 'A row of articulation_points().';
COMMENT ON COLUMN portfolio.articulation_point.element IS 'The element.';
COMMENT ON COLUMN portfolio.articulation_point.kind IS 'What it is.';
COMMENT ON COLUMN portfolio.articulation_point.code IS 'Its code.';
COMMENT ON COLUMN portfolio.articulation_point.name IS 'Its name.';
COMMENT ON COLUMN portfolio.articulation_point.parts IS 'Number of parts into which the elements connected with it fall when it is removed, at least 2.';
COMMENT ON COLUMN portfolio.articulation_point.cut_off IS 'Elements in all of them but the largest.';

CREATE FUNCTION portfolio.graph_articulation_points(along text) RETURNS SETOF portfolio.articulation_point
LANGUAGE c STABLE PARALLEL RESTRICTED STRICT AS 'MODULE_PATHNAME', 'pf_graph_articulation_points';
COMMENT ON FUNCTION portfolio.graph_articulation_points(text) IS 'What articulation_points() gives.';
CREATE FUNCTION portfolio.articulation_points(options jsonb DEFAULT '{}') RETURNS SETOF portfolio.articulation_point
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT a.* FROM portfolio.graph_articulation_points(coalesce($1 ->> 'along', 'impact')) a
   WHERE portfolio.check_options($1, '{along}') IS NOT NULL
   ORDER BY a.cut_off DESC, a.kind, a.code;
END;
COMMENT ON FUNCTION portfolio.articulation_points(jsonb) IS
  'Elements without which others no longer hang together, whatever the direction: those that cut off most first. Option along: impact (dependencies that carry impact, the default) or arrows (all). Example: SELECT kind, code, parts, cut_off FROM portfolio.articulation_points() LIMIT 10;';

CREATE TYPE portfolio.bridge AS (source bigint, source_ref text, target bigint, target_ref text, kind text, relationship bigint, cut_off int);
COMMENT ON TYPE portfolio.bridge IS 'A row of bridges().';
COMMENT ON COLUMN portfolio.bridge.source IS 'Element it starts from.';
COMMENT ON COLUMN portfolio.bridge.source_ref IS 'The source as kind:code.';
COMMENT ON COLUMN portfolio.bridge.target IS 'Element it points to.';
COMMENT ON COLUMN portfolio.bridge.target_ref IS 'The target as kind:code.';
COMMENT ON COLUMN portfolio.bridge.kind IS 'Kind of the relationship, or the verb of a foreign key.';
COMMENT ON COLUMN portfolio.bridge.relationship IS 'The relationship; NULL for a foreign key.';
COMMENT ON COLUMN portfolio.bridge.cut_off IS 'Elements on its smaller side.';

CREATE FUNCTION portfolio.graph_bridges(along text) RETURNS SETOF portfolio.bridge
LANGUAGE c STABLE PARALLEL RESTRICTED STRICT AS 'MODULE_PATHNAME', 'pf_graph_bridges';
COMMENT ON FUNCTION portfolio.graph_bridges(text) IS 'What bridges() gives.';
CREATE FUNCTION portfolio.bridges(options jsonb DEFAULT '{}') RETURNS SETOF portfolio.bridge
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT b.* FROM portfolio.graph_bridges(coalesce($1 ->> 'along', 'impact')) b
   WHERE portfolio.check_options($1, '{along}') IS NOT NULL
   ORDER BY b.cut_off DESC, b.source_ref, b.target_ref;
END;
COMMENT ON FUNCTION portfolio.bridges(jsonb) IS
  'Dependencies without which two parts no longer hang together, whatever the direction: those that cut off most first. Option along as of articulation_points(). Example: SELECT source_ref, kind, target_ref, cut_off FROM portfolio.bridges() LIMIT 10;';
