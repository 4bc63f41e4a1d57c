-- When the graph of a session is still right. How it is proved: src/graph/graph_cache.c.
CREATE TABLE portfolio.graph_change (
  xid  xid8 NOT NULL,
  part bigint NOT NULL,
  PRIMARY KEY (xid, part)
);
COMMENT ON TABLE portfolio.graph_change IS
  'One row for each transaction and subtransaction that wrote what the graph is made of: whoever sees its row sees its writes. Rows are only added, so no writer waits for another; purge_graph_changes() forgets old ones. Written by the engine alone. Class: operation.';
COMMENT ON COLUMN portfolio.graph_change.xid IS 'The transaction.';
COMMENT ON COLUMN portfolio.graph_change.part IS 'Number of the subtransaction in it; 1 is the transaction itself, a number below 0 a purge.';

CREATE FUNCTION portfolio.graph_changed() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'pf_graph_changed';
COMMENT ON FUNCTION portfolio.graph_changed() IS
  'Trigger of every table below dependency and element: notes that the graph is written, so that no session answers from what it kept.';

CREATE FUNCTION portfolio.purge_graph_changes() RETURNS bigint
LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'pf_purge_graph_changes';
COMMENT ON FUNCTION portfolio.purge_graph_changes() IS
  'Forgets the rows of graph_change whose transactions ended before any that still runs; returns how many. Every session then loads its graph once more.';

-- The numbers of another cluster's transactions mean nothing here.
CREATE TRIGGER graph_change_is_local BEFORE INSERT OR UPDATE OR DELETE ON portfolio.graph_change
  FOR EACH ROW EXECUTE FUNCTION portfolio.graph_changed();
ALTER TABLE portfolio.graph_change ENABLE REPLICA TRIGGER graph_change_is_local;

-- Statement triggers see every write of a session, and ALWAYS those of a restore too; what logical replication applies fires row triggers only.
DO $$
DECLARE
  below text;
BEGIN
  FOR below IN
    WITH RECURSIVE reads AS (
      SELECT 'portfolio.dependency'::regclass AS relation
      UNION
      SELECT d.refobjid::regclass
        FROM reads r
        JOIN pg_catalog.pg_rewrite w ON w.ev_class = r.relation
        JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass)
    SELECT format('%I.%I', n.nspname, c.relname)
      FROM (SELECT relation FROM reads UNION SELECT 'portfolio.element'::regclass) r
      JOIN pg_catalog.pg_class c ON c.oid = r.relation AND c.relkind = 'r'
      JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     ORDER BY 1
  LOOP
    EXECUTE format('CREATE TRIGGER graph_change BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION portfolio.graph_changed()', below);
    EXECUTE format('CREATE TRIGGER graph_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION portfolio.graph_changed()', below);
    EXECUTE format('CREATE TRIGGER "00_graph_change" AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION portfolio.graph_changed()', below);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER graph_change, ENABLE ALWAYS TRIGGER graph_changed, ENABLE REPLICA TRIGGER "00_graph_change"', below);
  END LOOP;
END
$$;
