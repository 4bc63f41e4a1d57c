-- What is journalled row by row cannot go without an entry: TRUNCATE fires no trigger of rows.
DO $$
DECLARE
  journalled regclass;
BEGIN
  FOR journalled IN
    SELECT t.tgrelid FROM pg_trigger t
     WHERE t.tgfoid = 'portfolio.record_change()'::regprocedure AND t.tgname = 'record_change'
     ORDER BY t.tgrelid
  LOOP
    EXECUTE format('CREATE TRIGGER no_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION portfolio.refuse_truncate()', journalled);
  END LOOP;
END
$$;
