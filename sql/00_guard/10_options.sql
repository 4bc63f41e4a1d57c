-- Every set-returning function of the contract ends in `options jsonb`: what comes later goes there.
CREATE FUNCTION portfolio.check_options(options jsonb, allowed text[]) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unknown text;
BEGIN
  IF options IS NULL THEN
    RETURN '{}';
  END IF;
  IF jsonb_typeof(options) <> 'object' THEN
    RAISE EXCEPTION 'options must be a JSON object'
      USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It is of JSON type "%s".', jsonb_typeof(options));
  END IF;
  SELECT k INTO unknown FROM jsonb_object_keys(options) k WHERE k <> ALL (allowed) ORDER BY k LIMIT 1;
  IF unknown IS NOT NULL THEN
    RAISE EXCEPTION 'option "%" is not known', unknown
      USING ERRCODE = 'invalid_parameter_value',
            HINT = CASE WHEN cardinality(allowed) = 0 THEN 'This function takes no options yet.'
                        ELSE format('Known options: %s.', array_to_string(allowed, ', ')) END;
  END IF;
  RETURN options;
END
$$;
COMMENT ON FUNCTION portfolio.check_options(jsonb, text[]) IS
  'Gives back options (an empty object for NULL), or raises 22023 naming the first key that is not among allowed.';
