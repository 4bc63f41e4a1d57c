-- What script_lint.pl must find: each line that has one, with the words after its last "--:", and no other. Never installed.
CREATE OR REPLACE VIEW portfolio.v AS SELECT 1;  --: CREATE OR REPLACE
CREATE TABLE IF NOT EXISTS portfolio.t (x int);  --: IF NOT EXISTS
CREATE TABLE t (x int);  --: table "t" has no schema
CREATE FUNCTION portfolio.f() RETURNS int LANGUAGE sql AS 'SELECT 1';  --: a function without search_path = pg_catalog, pg_temp
CREATE FUNCTION portfolio.f() RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog AS $$ BEGIN RETURN 1; END $$;  --: a function without search_path = pg_catalog, pg_temp; search_path is not pg_catalog, pg_temp
CREATE FUNCTION portfolio.f() RETURNS int LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN 1; END $$;  --: SECURITY DEFINER
CREATE FUNCTION portfolio.f() RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN RETURN (SELECT count(*) FROM element); END $$;  --: relation "element" has no schema
CREATE FUNCTION portfolio.f() RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN EXECUTE 'SELECT * FROM element'; END $$;  --: relation "element" has no schema
CREATE FUNCTION portfolio.f() RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN EXECUTE format('UPDATE element SET x = %L', 1); END $$;  --: relation "element" has no schema
CREATE FUNCTION portfolio.f() RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN EXECUTE 'SELECT ' || x; END $$;  --: EXECUTE of text put together with ||
GRANT SELECT ON portfolio.element TO PUBLIC;  --: GRANT TO PUBLIC
DO $$ BEGIN GRANT EXECUTE ON FUNCTION portfolio.f() TO PUBLIC; END $$;  --: GRANT TO PUBLIC
INSERT INTO element VALUES (1);  --: relation "element" has no schema
DELETE FROM portfolio.element e USING other o WHERE true;  --: relation "other" has no schema
SELECT * FROM portfolio.element e, other o;  --: relation "other" has no schema
SELECT * FROM portfolio.element e JOIN other o ON true;  --: relation "other" has no schema
CREATE INDEX i ON element (x);  --: relation "element" has no schema
CREATE TRIGGER t AFTER INSERT OR UPDATE ON element FOR EACH ROW EXECUTE FUNCTION portfolio.f();  --: relation "element" has no schema
ALTER TABLE element ADD COLUMN IF NOT EXISTS x int;  --: IF NOT EXISTS; table "element" has no schema
COMMENT ON FUNCTION f() IS 'x';  --: function "f" has no schema
COMMENT ON COLUMN element.x IS 'x';  --: relation "element" has no schema
CREATE TYPE pair AS (x int);  --: type "pair" has no schema
CREATE OPERATOR === (FUNCTION = portfolio.f);  --: operator "=" has no schema
CREATE TABLE portfolio.u (x int REFERENCES element);  --: relation "element" has no schema
SET LOCAL search_path = public;  --: search_path is not pg_catalog, pg_temp
SELECT '@extschema@';  --: @extschema@, which the caller's names are put into
CREATE TEMP TABLE x (y int);  --: a temporary object
DROP FUNCTION f();  --: function "f" has no schema
WITH a AS (SELECT 1) SELECT * FROM a, b;  --: relation "b" has no schema
UPDATE element SET x = 1;  --: relation "element" has no schema
CREATE FUNCTION portfolio.g() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT x FROM element; END;  --: relation "element" has no schema
INSERT INTO portfolio.check_definition (query) VALUES ($q$SELECT * FROM element$q$);  --: relation "element" has no schema
-- and what looks like it and is fine
CREATE FUNCTION portfolio.a() RETURNS int LANGUAGE c AS 'MODULE_PATHNAME', 'pf_a';
CREATE FUNCTION portfolio.a() RETURNS int LANGUAGE sql RETURN 1;
CREATE FUNCTION portfolio.a() RETURNS int LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN IF NOT EXISTS (SELECT FROM pg_class) THEN RETURN extract(year FROM now()); END IF; END $$;
CREATE FUNCTION portfolio.a() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$ BEGIN INSERT INTO portfolio.t SELECT * FROM made_rows; RETURN NULL; END $$; CREATE TRIGGER t AFTER INSERT ON portfolio.t REFERENCING NEW TABLE AS made_rows FOR EACH STATEMENT EXECUTE FUNCTION portfolio.a();
SELECT 'SECURITY DEFINER, CREATE OR REPLACE, FROM element, TO PUBLIC' AS words; -- FROM element
WITH a (x) AS MATERIALIZED (SELECT 1), b AS (SELECT x FROM a) SELECT FROM a, b WHERE a.x IS DISTINCT FROM b.x;
GRANT USAGE ON SCHEMA portfolio TO PUBLIC; REVOKE ALL ON FUNCTION portfolio.a() FROM PUBLIC;
CREATE TABLE portfolio.t (x int, EXCLUDE USING gist (x WITH =), FOREIGN KEY (x) REFERENCES portfolio.u ON DELETE CASCADE);
