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

CREATE FUNCTION portfolio.boolean_option(options jsonb, key text, otherwise boolean DEFAULT false) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF jsonb_typeof(options -> key) NOT IN ('boolean', 'null') THEN
    RAISE EXCEPTION 'option "%" is neither true nor false', key
      USING ERRCODE = 'invalid_parameter_value', HINT = format('Write it as {"%s": true}.', key);
  END IF;
  RETURN coalesce((options ->> key)::boolean, otherwise);
END
$$;
COMMENT ON FUNCTION portfolio.boolean_option(jsonb, text, boolean) IS
  'An option that is true or false, and what it is where it is left out or null. Raises 22023 for anything else.';
