-- What PUBLIC holds. Last of the script: everything is there, and everything is taken away but types.
CREATE FUNCTION portfolio.is_public_function(function oid) RETURNS boolean
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT p.prokind IN ('f', 'a')
     AND (EXISTS (SELECT FROM pg_catalog.pg_type t
                   WHERE t.typtype = 'b' AND t.typnamespace = p.pronamespace
                     AND p.oid IN (t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout))
       -- Everything else must read nothing at all: it says IMMUTABLE and takes and gives plain values.
       OR (p.provolatile = 'i'
           AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proargtypes::pg_catalog.oid[] || p.prorettype) a (type)
                             JOIN pg_catalog.pg_type t ON t.oid = a.type
                            WHERE t.typtype <> 'b' OR t.typname LIKE 'reg%')
           AND (EXISTS (SELECT FROM pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) a (type)
                          JOIN pg_catalog.pg_type t ON t.oid = a.type WHERE t.typnamespace = p.pronamespace)
             OR EXISTS (SELECT FROM pg_catalog.pg_operator o
                         WHERE p.oid IN (o.oprcode::pg_catalog.oid, o.oprrest::pg_catalog.oid, o.oprjoin::pg_catalog.oid))
             OR EXISTS (SELECT FROM pg_catalog.pg_cast c WHERE c.castfunc = p.oid)
             OR EXISTS (SELECT FROM pg_catalog.pg_type t WHERE t.oid = p.prorettype AND t.typnamespace = p.pronamespace AND p.proname = t.typname)
             OR EXISTS (SELECT FROM pg_catalog.pg_type t
                         WHERE t.typtype = 'b' AND t.typnamespace = p.pronamespace
                           AND p.proname IN ('is_' || t.typname, 'try_' || t.typname, t.typname || '_problem',
                                             t.typname || '_prefix_low', t.typname || '_prefix_high'))))
       -- An index asks nobody for a right to what it runs; functions of a row type are given to profiles alone.
       OR (EXISTS (SELECT FROM pg_catalog.pg_amproc a WHERE a.amproc = p.oid AND p.provolatile = 'i')
           AND NOT EXISTS (SELECT FROM pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) a (type)
                             JOIN pg_catalog.pg_type t ON t.oid = a.type WHERE t.typtype = 'c')))
    FROM pg_catalog.pg_proc p
   WHERE p.oid = function;
END;
COMMENT ON FUNCTION portfolio.is_public_function(oid) IS
  'Whether a function of ours may be executed by PUBLIC: input and output of a type, support of an index that is not of a row type, or an immutable function of plain values that belongs to a type (operator, cast, constructor, is_x, try_x, x_problem, x_prefix_low, x_prefix_high, accessor, aggregate). NULL for no function.';

CREATE FUNCTION portfolio.set_public_rights() RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  function regprocedure;
BEGIN
  REVOKE ALL ON SCHEMA portfolio_bi FROM PUBLIC;
  REVOKE ALL ON ALL TABLES IN SCHEMA portfolio, portfolio_bi FROM PUBLIC;
  REVOKE ALL ON ALL SEQUENCES IN SCHEMA portfolio, portfolio_bi FROM PUBLIC;
  REVOKE ALL ON ALL ROUTINES IN SCHEMA portfolio, portfolio_bi FROM PUBLIC;
  REVOKE ALL ON SCHEMA portfolio FROM PUBLIC;
  GRANT USAGE ON SCHEMA portfolio TO PUBLIC;
  FOR function IN SELECT oid FROM pg_proc WHERE pronamespace = 'portfolio'::regnamespace AND portfolio.is_public_function(oid) LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', function);
  END LOOP;
END
$$;
COMMENT ON FUNCTION portfolio.set_public_rights() IS
  'Takes everything from PUBLIC and gives back USAGE on schema portfolio and the functions that types need, by is_public_function(). The last step of the install script and of every upgrade script.';

SELECT portfolio.set_public_rights();
