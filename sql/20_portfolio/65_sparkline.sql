-- A series in one line of text, for the columns named trend.
CREATE FUNCTION portfolio.sparkline("values" numeric[]) RETURNS text
LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_sparkline';
COMMENT ON FUNCTION portfolio.sparkline(numeric[]) IS
  'A series as one line of text: a block of one to eight eighths for each value, from the lowest to the highest of the series; blank for NULL, NaN and infinity. Where the encoding of the database has no blocks, digits 1 to 8. NULL for NULL. Raises 22003 for a number beyond the range of double precision.';
