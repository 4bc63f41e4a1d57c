-- The way from one element to another, and the next best ones.
CREATE TYPE portfolio.path_step AS (
  element bigint, kind text, code text, name text, depth int, via bigint, path text, relationship bigint, relationship_kind text, rank int, cost double precision
);
COMMENT ON TYPE portfolio.path_step IS 'A row of paths(): a step of one of the paths found.';
COMMENT ON COLUMN portfolio.path_step.element IS 'An element on the path.';
COMMENT ON COLUMN portfolio.path_step.kind IS 'What it is.';
COMMENT ON COLUMN portfolio.path_step.code IS 'Its code.';
COMMENT ON COLUMN portfolio.path_step.name IS 'Its name.';
COMMENT ON COLUMN portfolio.path_step.depth IS 'Steps from where the path starts, 0 for the start itself.';
COMMENT ON COLUMN portfolio.path_step.via IS 'Element before it; NULL for the start.';
COMMENT ON COLUMN portfolio.path_step.path IS 'The way to here, as kind:code with  >  between; in the last step the whole path. Shortened as in reached_element.';
COMMENT ON COLUMN portfolio.path_step.relationship IS 'Relationship that led here from via; NULL for a foreign key and for the start.';
COMMENT ON COLUMN portfolio.path_step.relationship_kind IS 'Kind of it, or the verb of a foreign key; NULL for the start.';
COMMENT ON COLUMN portfolio.path_step.rank IS 'Number of the path, the best is 1.';
COMMENT ON COLUMN portfolio.path_step.cost IS 'Steps of the whole path, or its weight when that was asked for.';

CREATE FUNCTION portfolio.graph_paths(source bigint, target bigint, k int, along text, weighted boolean)
RETURNS SETOF portfolio.path_step
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'pf_graph_paths';
COMMENT ON FUNCTION portfolio.graph_paths(bigint, bigint, int, text, boolean) IS
  'What path() and paths() give. Nothing for NULL. Raises 22023 for k below 1 and for another along than impact or arrows.';

CREATE FUNCTION portfolio.path(a text, b text, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.reached_element
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT p.element, p.kind, p.code, p.name, p.depth, p.via, p.path, p.relationship, p.relationship_kind
    FROM portfolio.graph_paths(portfolio.element_ref($1), portfolio.element_ref($2), 1,
                               coalesce($3 ->> 'along', 'impact'), portfolio.boolean_option($3, 'weighted')) p
   WHERE portfolio.check_options($3, '{along,weighted}') IS NOT NULL
   ORDER BY p.depth;
END;
COMMENT ON FUNCTION portfolio.path(text, text, jsonb) IS
  'How a failure of a comes to b: the steps of a shortest path, a first, on the day of pg_portfolio.as_of; no rows when it does not. Options: along, impact (as it travels) or arrows (every dependency from source to target); weighted, true for the least sum of weights rather than the fewest steps. Example: SELECT depth, relationship_kind, kind, code FROM portfolio.path(''team:DDC'', ''service:REFERRALS'');';

CREATE FUNCTION portfolio.paths(a text, b text, k int, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.path_step
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT p.*
    FROM portfolio.graph_paths(portfolio.element_ref($1), portfolio.element_ref($2), $3,
                               coalesce($4 ->> 'along', 'impact'), portfolio.boolean_option($4, 'weighted')) p
   WHERE portfolio.check_options($4, '{along,weighted}') IS NOT NULL
   ORDER BY p.rank, p.depth;
END;
COMMENT ON FUNCTION portfolio.paths(text, text, int, jsonb) IS
  'The k shortest ways in which a failure of a comes to b, each without meeting an element twice; fewer when there are no more. Paths differ in their elements: of parallel relationships one is named. Options as of path(). Example: SELECT DISTINCT ON (rank) rank, cost, path FROM portfolio.paths(''team:DDC'', ''service:REFERRALS'', 3) ORDER BY rank, depth DESC;';
