-- What jobs have to do with each other: one runs after others, and they share what there is only so much of.
CREATE TABLE portfolio.job_dependency (
  job_id bigint NOT NULL REFERENCES portfolio.job (job_id) ON DELETE CASCADE,
  after_job bigint NOT NULL REFERENCES portfolio.job (job_id),
  on_outcome text NOT NULL DEFAULT 'success' CONSTRAINT job_dependency_on_outcome_is_known CHECK (on_outcome IN ('success', 'failure', 'any')),
  PRIMARY KEY (job_id, after_job)
);
CREATE INDEX job_dependency_after ON portfolio.job_dependency (after_job);
COMMENT ON TABLE portfolio.job_dependency IS
  'A job runs after others: a slot waits until each of them has ended as it should since the job last began; with schedule @after such an end is what makes the slot. Cycles are refused, and so is removing a job that others wait for. Class: user rows.';
COMMENT ON COLUMN portfolio.job_dependency.job_id IS 'The job that waits.';
COMMENT ON COLUMN portfolio.job_dependency.after_job IS 'The job that it waits for: of the same owner.';
COMMENT ON COLUMN portfolio.job_dependency.on_outcome IS 'How the other job must have ended, retries over: success, failure, or any of the two.';
SELECT pg_catalog.pg_extension_config_dump('portfolio.job_dependency', '');

CREATE FUNCTION portfolio.check_dependency() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  way bigint[];
BEGIN
  -- two sessions that close a circle from both sides must see each other
  LOCK TABLE portfolio.job_dependency IN SHARE ROW EXCLUSIVE MODE;
  WITH RECURSIVE up (job_id, way) AS (
    SELECT NEW.after_job, ARRAY[NEW.job_id, NEW.after_job]
    UNION ALL
    SELECT d.after_job, u.way || d.after_job FROM portfolio.job_dependency d JOIN up u ON d.job_id = u.job_id WHERE NOT d.after_job = ANY (u.way[2:])
  ) SELECT u.way INTO way FROM up u WHERE u.job_id = NEW.job_id LIMIT 1;
  IF way IS NOT NULL THEN
    RAISE EXCEPTION 'after: jobs cannot wait for each other in a circle'
      USING ERRCODE = 'invalid_recursion', DETAIL = (SELECT format('"%s".', string_agg(j.name, '" after "' ORDER BY w.n)) FROM unnest(way) WITH ORDINALITY w (job_id, n) JOIN portfolio.job j USING (job_id));
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION portfolio.check_dependency() IS 'Trigger: no job waits for itself, however long the way (42P19).';
CREATE TRIGGER check_dependency AFTER INSERT OR UPDATE ON portfolio.job_dependency
  FOR EACH ROW EXECUTE FUNCTION portfolio.check_dependency();
CREATE TRIGGER signal_scheduler AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON portfolio.job_dependency
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.signal_scheduler();
ALTER TABLE portfolio.job_dependency ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_dependency_read ON portfolio.job_dependency FOR SELECT
  USING (EXISTS (SELECT FROM portfolio.job j WHERE j.job_id = job_dependency.job_id));
CREATE POLICY job_dependency_insert ON portfolio.job_dependency FOR INSERT
  WITH CHECK ((SELECT count(*) FROM portfolio.job j WHERE j.job_id IN (job_dependency.job_id, job_dependency.after_job)
                AND j.owner = CURRENT_USER AND j.owner_oid = portfolio.current_role_oid()) = CASE WHEN job_dependency.job_id = job_dependency.after_job THEN 1 ELSE 2 END);
CREATE POLICY job_dependency_delete ON portfolio.job_dependency FOR DELETE
  USING (EXISTS (SELECT FROM portfolio.job j WHERE j.job_id = job_dependency.job_id AND j.owner = CURRENT_USER AND j.owner_oid = portfolio.current_role_oid()));
COMMENT ON POLICY job_dependency_read ON portfolio.job_dependency IS 'As the job that waits.';
COMMENT ON POLICY job_dependency_insert ON portfolio.job_dependency IS 'Between one''s own jobs only.';
COMMENT ON POLICY job_dependency_delete ON portfolio.job_dependency IS 'Of one''s own jobs only.';

CREATE TABLE portfolio.job_resource (
  name name PRIMARY KEY CONSTRAINT job_resource_name_is_not_blank CHECK (btrim(name::text) <> ''),
  units integer NOT NULL CONSTRAINT job_resource_units_is_positive CHECK (units > 0),
  description text
);
COMMENT ON TABLE portfolio.job_resource IS
  'What there is only so much of: runs take units while they go on, and wait where there are not enough. Class: user rows.';
COMMENT ON COLUMN portfolio.job_resource.name IS 'Name of the resource.';
COMMENT ON COLUMN portfolio.job_resource.units IS 'How many units there are.';
COMMENT ON COLUMN portfolio.job_resource.description IS 'What it stands for.';
SELECT pg_catalog.pg_extension_config_dump('portfolio.job_resource', '');
CREATE TABLE portfolio.job_resource_need (
  job_id bigint NOT NULL REFERENCES portfolio.job (job_id) ON DELETE CASCADE,
  resource name NOT NULL REFERENCES portfolio.job_resource (name) ON UPDATE CASCADE,
  units integer NOT NULL DEFAULT 1 CONSTRAINT job_resource_need_units_is_positive CHECK (units > 0),
  PRIMARY KEY (job_id, resource)
);
CREATE INDEX job_resource_need_resource ON portfolio.job_resource_need (resource);
COMMENT ON TABLE portfolio.job_resource_need IS 'What a run of a job takes of a resource. Class: user rows.';
COMMENT ON COLUMN portfolio.job_resource_need.job_id IS 'The job.';
COMMENT ON COLUMN portfolio.job_resource_need.resource IS 'The resource.';
COMMENT ON COLUMN portfolio.job_resource_need.units IS 'How many units a run takes.';
SELECT pg_catalog.pg_extension_config_dump('portfolio.job_resource_need', '');
CREATE TRIGGER signal_scheduler AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON portfolio.job_resource
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.signal_scheduler();
CREATE TRIGGER signal_scheduler AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON portfolio.job_resource_need
  FOR EACH STATEMENT EXECUTE FUNCTION portfolio.signal_scheduler();
ALTER TABLE portfolio.job_resource_need ENABLE ROW LEVEL SECURITY;
CREATE POLICY job_resource_need_read ON portfolio.job_resource_need FOR SELECT
  USING (EXISTS (SELECT FROM portfolio.job j WHERE j.job_id = job_resource_need.job_id));
CREATE POLICY job_resource_need_insert ON portfolio.job_resource_need FOR INSERT
  WITH CHECK (EXISTS (SELECT FROM portfolio.job j WHERE j.job_id = job_resource_need.job_id AND j.owner = CURRENT_USER AND j.owner_oid = portfolio.current_role_oid()));
CREATE POLICY job_resource_need_delete ON portfolio.job_resource_need FOR DELETE
  USING (EXISTS (SELECT FROM portfolio.job j WHERE j.job_id = job_resource_need.job_id AND j.owner = CURRENT_USER AND j.owner_oid = portfolio.current_role_oid()));
COMMENT ON POLICY job_resource_need_read ON portfolio.job_resource_need IS 'As the job.';
COMMENT ON POLICY job_resource_need_insert ON portfolio.job_resource_need IS 'Of one''s own jobs only.';
COMMENT ON POLICY job_resource_need_delete ON portfolio.job_resource_need IS 'Of one''s own jobs only.';
