-- Nothing answers for itself, is part of itself or replaces itself, by however many steps.
CREATE FUNCTION portfolio.no_cycle() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'pf_no_cycle';
COMMENT ON FUNCTION portfolio.no_cycle() IS
  'Trigger of columns that refer to a row of the same table (element.owner, organisation.parent and region, team.parent, contract.framework, standard.replaced_by): refuses a row from which the way upwards leads back to it or into a circle above it (23514, the way in DETAIL). Rows on the way are locked FOR SHARE.';
DO $$
DECLARE
  c record;
BEGIN
  FOR c IN SELECT * FROM (VALUES ('element', 'owner'), ('organisation', 'parent'), ('organisation', 'region'), ('team', 'parent'),
                                 ('contract', 'framework'), ('standard', 'replaced_by')) v (t, col)
  LOOP
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT OR UPDATE OF %I ON portfolio.%I FOR EACH ROW WHEN (NEW.%2$I IS NOT NULL) EXECUTE FUNCTION portfolio.no_cycle(%2$L)',
                   'no_cycle_' || c.col, c.col, c.t);
  END LOOP;
END
$$;
