-- What suffers when an element fails, and what an element needs.
CREATE TYPE portfolio.reached_element AS (
  element bigint, kind text, code text, name text, depth int, via bigint, path text, relationship bigint, relationship_kind text
);
COMMENT ON TYPE portfolio.reached_element IS
  'A row of impact_of(), dependencies_of() and path(): an element that is reached, in how many steps, from which element (via), over which relationship, and the whole way to it.';
COMMENT ON COLUMN portfolio.reached_element.element IS 'An element that is reached.';
COMMENT ON COLUMN portfolio.reached_element.kind IS 'What it is.';
COMMENT ON COLUMN portfolio.reached_element.code IS 'Its code.';
COMMENT ON COLUMN portfolio.reached_element.name IS 'Its name.';
COMMENT ON COLUMN portfolio.reached_element.depth IS 'Number of steps.';
COMMENT ON COLUMN portfolio.reached_element.via IS 'Element before it on the way.';
COMMENT ON COLUMN portfolio.reached_element.path IS
  'The whole way, as kind:code with  >  between. Of a way over more than 100 elements the first 80 and the last 20, with how many lie between.';
COMMENT ON COLUMN portfolio.reached_element.relationship IS 'Relationship that led here from via; NULL for a foreign key, and for where a path starts.';
COMMENT ON COLUMN portfolio.reached_element.relationship_kind IS 'Kind of it, or the verb of a foreign key, as dependency.kind; NULL for where a path starts.';

CREATE VIEW portfolio.impact_edge WITH (security_invoker = true) AS
  SELECT w.failing, w.suffering, d.kind, d.origin, d.relationship
    FROM portfolio.dependency d
    JOIN portfolio.element s ON s.id = d.source AND s.valid @> (SELECT portfolio.as_of())
    JOIN portfolio.element t ON t.id = d.target AND t.valid @> (SELECT portfolio.as_of())
   CROSS JOIN LATERAL (
         SELECT d.source AS failing, d.target AS suffering WHERE d.propagates IN ('fwd', 'both')
          UNION ALL
         SELECT d.target, d.source WHERE d.propagates IN ('rev', 'both')) w
   WHERE d.valid @> (SELECT portfolio.as_of());
COMMENT ON VIEW portfolio.impact_edge IS
  'The dependencies of the day of pg_portfolio.as_of in the direction in which impact travels. Example: SELECT count(*) FROM portfolio.impact_edge;';
COMMENT ON COLUMN portfolio.impact_edge.failing IS 'Element whose failure is felt.';
COMMENT ON COLUMN portfolio.impact_edge.suffering IS 'Element that feels it.';
COMMENT ON COLUMN portfolio.impact_edge.kind IS 'Kind of the relationship, or a verb for a foreign key.';
COMMENT ON COLUMN portfolio.impact_edge.origin IS 'relationship, or table and column of the foreign key.';
COMMENT ON COLUMN portfolio.impact_edge.relationship IS 'The relationship; NULL for a foreign key.';

CREATE FUNCTION portfolio.breadth_first(tails bigint[], heads bigint[], start bigint, max_depth int,
                                        OUT element bigint, OUT depth int, OUT via bigint, OUT path bigint[])
RETURNS SETOF record
LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_breadth_first';
COMMENT ON FUNCTION portfolio.breadth_first(bigint[], bigint[], bigint, int) IS
  'Everything that can be reached from start over the edges tails[i] to heads[i], nearest first: each element once, with the number of steps, the element before it and the shortest path. A NULL max_depth means any depth; a NULL start reaches nothing. Example: SELECT * FROM portfolio.breadth_first(''{1,2,3}'', ''{2,3,1}'', 1, NULL);';

CREATE FUNCTION portfolio.graph_reach(element bigint, max_depth int, suffering boolean)
RETURNS SETOF portfolio.reached_element
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'pf_graph_reach';
COMMENT ON FUNCTION portfolio.graph_reach(bigint, int, boolean) IS
  'What impact_of() (suffering) and dependencies_of() (not suffering) give, in the order in which it is reached.';
CREATE FUNCTION portfolio.graph_reach_count(element bigint, max_depth int, suffering boolean) RETURNS bigint
LANGUAGE c STABLE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'pf_graph_reach_count';
COMMENT ON FUNCTION portfolio.graph_reach_count(bigint, int, boolean) IS 'How many rows graph_reach() has. NULL when element or suffering is.';

CREATE FUNCTION portfolio.impact_of(element text, max_depth int DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.reached_element
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT r.*
    FROM portfolio.graph_reach(portfolio.element_ref($1), $2, true) r
   WHERE portfolio.check_options($3, '{}') IS NOT NULL
   ORDER BY r.depth, r.kind, r.code;
END;
COMMENT ON FUNCTION portfolio.impact_of(text, int, jsonb) IS
  'What suffers when this element fails, nearest first, on the day of pg_portfolio.as_of and as far as the caller may see: each element once, by a shortest path, without the element itself. max_depth limits the number of steps: 22023 below 0. No rows for NULL; raises 42704 or 21000 as element_ref() does. Example: SELECT kind, code, depth, path FROM portfolio.impact_of(''team:DDC'');';

CREATE FUNCTION portfolio.dependencies_of(element text, max_depth int DEFAULT NULL, options jsonb DEFAULT '{}')
RETURNS SETOF portfolio.reached_element
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT r.*
    FROM portfolio.graph_reach(portfolio.element_ref($1), $2, false) r
   WHERE portfolio.check_options($3, '{}') IS NOT NULL
   ORDER BY r.depth, r.kind, r.code;
END;
COMMENT ON FUNCTION portfolio.dependencies_of(text, int, jsonb) IS
  'What this element needs, nearest first, on the day of pg_portfolio.as_of and as far as the caller may see: each element once, by a shortest path, without the element itself. max_depth limits the number of steps: 22023 below 0. No rows for NULL; raises 42704 or 21000 as element_ref() does. Example: SELECT kind, code, depth, path FROM portfolio.dependencies_of(''service:EPS'');';

CREATE FUNCTION portfolio.impact_size(element text, max_depth int DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS bigint
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT portfolio.graph_reach_count(portfolio.element_ref($1), $2, true)
   WHERE portfolio.check_options($3, '{}') IS NOT NULL;
END;
COMMENT ON FUNCTION portfolio.impact_size(text, int, jsonb) IS
  'How many elements suffer when this one fails: the number of rows of impact_of(), without making them. NULL for NULL; raises what impact_of() does. Example: SELECT code, portfolio.impact_size(''system:'' || code) FROM portfolio.system ORDER BY 2 DESC, 1;';

CREATE FUNCTION portfolio.graph_loads() RETURNS bigint
LANGUAGE c VOLATILE PARALLEL RESTRICTED AS 'MODULE_PATHNAME', 'pf_graph_loads';
COMMENT ON FUNCTION portfolio.graph_loads() IS
  'How often this session has loaded the graph. It is kept while the caller''s snapshot sees the same rows: a number that rises with every question tells that somebody writes in between, or that row security applies. Example: SELECT portfolio.graph_loads();';
