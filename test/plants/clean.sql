CREATE SCHEMA tools;
CREATE EXTENSION btree_gist SCHEMA tools;
CREATE EXTENSION pg_portfolio CASCADE;
REVOKE CONNECT, TEMPORARY ON DATABASE postgres FROM PUBLIC;
CREATE ROLE app LOGIN CONNECTION LIMIT 20;
CREATE ROLE admins;
CREATE ROLE boss LOGIN SUPERUSER IN ROLE admins;
CREATE ROLE keeper;
CREATE SCHEMA shop AUTHORIZATION keeper;
GRANT USAGE ON SCHEMA shop TO app;
INSERT INTO portfolio.fact (topic, key, value, known_on, source)
  SELECT topic, key, CASE topic WHEN 'postgresql-newest-minor' THEN (current_setting('server_version_num')::int % 10000)::text ELSE value END,
         current_date, 'test' FROM portfolio.shipped_fact WHERE topic <> 'postgresql-end-of-life';
