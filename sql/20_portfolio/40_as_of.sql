CREATE FUNCTION portfolio.as_of() RETURNS date
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'pf_as_of_day';
COMMENT ON FUNCTION portfolio.as_of() IS
  'The day that views and graph functions show: pg_portfolio.as_of, or today when it is empty. Raises 22023 when the setting is not a day. It moves reads only; constraints, policies, triggers and gates use the clock.';
