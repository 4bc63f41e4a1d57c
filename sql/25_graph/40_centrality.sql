-- How central elements are.
CREATE TYPE portfolio.element_centrality AS (element bigint, kind text, code text, name text, value double precision, rank bigint);
COMMENT ON TYPE portfolio.element_centrality IS 'A row of centrality().';
COMMENT ON COLUMN portfolio.element_centrality.element IS 'The element.';
COMMENT ON COLUMN portfolio.element_centrality.kind IS 'What it is.';
COMMENT ON COLUMN portfolio.element_centrality.code IS 'Its code.';
COMMENT ON COLUMN portfolio.element_centrality.name IS 'Its name.';
COMMENT ON COLUMN portfolio.element_centrality.value IS 'The measure; its unit is told at centrality().';
COMMENT ON COLUMN portfolio.element_centrality.rank IS '1 for the highest value; equal values share a rank.';

CREATE FUNCTION portfolio.graph_centrality(measure text, along text,
                                           OUT element bigint, OUT kind text, OUT code text, OUT name text, OUT value double precision)
RETURNS SETOF record
LANGUAGE c STABLE PARALLEL RESTRICTED STRICT AS 'MODULE_PATHNAME', 'pf_graph_centrality';
COMMENT ON FUNCTION portfolio.graph_centrality(text, text) IS 'What centrality() gives, without ranks. Raises 22023 for a measure that is not known.';
CREATE FUNCTION portfolio.centrality(measure text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.element_centrality
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT c.element, c.kind, c.code, c.name, c.value, rank() OVER (ORDER BY c.value DESC)
    FROM portfolio.graph_centrality($1, coalesce($2 ->> 'along', 'impact')) c
   WHERE portfolio.check_options($2, '{along}') IS NOT NULL
   ORDER BY c.value DESC, c.kind, c.code;
END;
COMMENT ON FUNCTION portfolio.centrality(text, jsonb) IS
  'Every element of the day of pg_portfolio.as_of with how central it is, most central first. Measures: degree, in_degree, out_degree (dependencies); betweenness (shortest paths between two others that go through it, a part of one counted as that part; exact); closeness (of what it reaches: share of all others, divided by the mean distance to it); pagerank (damping 0.85, sum 1). All but degrees count parallel dependencies once and self-loops not at all. Option along: impact (as it travels, the default) or arrows (from source to target). Raises 22023 for another measure. Example: SELECT rank, kind, code, value FROM portfolio.centrality(''betweenness'') LIMIT 10;';
