-- For check_postgres: 0 is ok, 1 notice, 2 problem; the number of problems is performance data.
--   check_postgres --action=custom_query --valtype=integer --warning=1 --critical=2 --dbname=work --dbuser=monitor \
--     --query="$(grep -v '^--' nagios.sql)"
SELECT CASE state WHEN 'ok' THEN 0 WHEN 'notice' THEN 1 ELSE 2 END AS result, problems FROM portfolio.health()
