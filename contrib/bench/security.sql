-- make bench: all security checks on a large database, beside the way of tools that call psql once for each check.
\set ON_ERROR_STOP 1
\pset footer off
\if :{?rows} \else \set rows 10000 \endif
\set half `echo $((:rows / 2))`
SET client_min_messages = warning;
SET synchronous_commit = off;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
CREATE SCHEMA bench_security;
\o /dev/null
SELECT format('CREATE ROLE bench_security_%s %s', i, CASE WHEN i % 3 = 0 THEN 'NOLOGIN' ELSE 'LOGIN' END) FROM generate_series(1, :rows / 10) i \gexec
SELECT format('GRANT bench_security_%s TO bench_security_%s', i * 3, i * 3 + 1) FROM generate_series(1, :rows / 30 - 1) i \gexec
SELECT format('CREATE TABLE bench_security.t%s (id int PRIMARY KEY, name text, made timestamptz, nhs_number text%s)', i, CASE WHEN i % 100 = 0 THEN ', password text' END) FROM generate_series(1, :rows) i \gexec
SELECT format('CREATE FUNCTION bench_security.f%s(a int) RETURNS int LANGUAGE sql %s AS ''SELECT $1 + 1''', i, CASE WHEN i % 500 = 0 THEN 'SECURITY DEFINER' END) FROM generate_series(1, :half) i \gexec
SELECT format('GRANT SELECT ON bench_security.t%s TO bench_security_%s', i * 10, i) FROM generate_series(1, :rows / 10) i \gexec
\o
ANALYZE;
\echo 'rows of pg_class, pg_attribute, pg_proc, pg_roles:'
SELECT (SELECT count(*) FROM pg_class) AS relations, (SELECT count(*) FROM pg_attribute) AS columns, (SELECT count(*) FROM pg_proc) AS functions, (SELECT count(*) FROM pg_roles) AS roles;
-- the first run opens what the timed one only touches
SELECT count(*) AS first_run_checks FROM portfolio.run_checks('security') \gset
-- processor time beside the clock's, which a busy machine stretches
SELECT pg_backend_pid() AS pid \gset
\setenv PF_BENCH_PID :pid
\set before `awk '{ print $14 + $15 }' /proc/$PF_BENCH_PID/stat`
SELECT extract(epoch FROM clock_timestamp()) AS began \gset
SELECT count(*) AS checks, sum(findings) AS ours, round(1000 * extract(epoch FROM sum(elapsed))) AS queries_ms FROM portfolio.run_checks('security') \gset
SELECT round(1000 * (extract(epoch FROM clock_timestamp()) - :began)) AS run_ms \gset
\set after `awk '{ print $14 + $15 }' /proc/$PF_BENCH_PID/stat`
\set hz `getconf CLK_TCK`
SELECT extract(epoch FROM clock_timestamp()) AS began \gset
\set theirs `psql -XAtq -0 -c "SELECT format('PREPARE c (numeric) AS SELECT count(*) FROM (%s) q; EXECUTE c (%s);', query, coalesce(threshold::text, 'NULL')) FROM portfolio.effective_check WHERE area = 'security' AND applies AND enabled" | xargs -0 -n 1 psql -XAtq -c "SET search_path = pg_catalog" -c | awk '{ n += $1 } END { print n }'`
SELECT round(1000 * (extract(epoch FROM clock_timestamp()) - :began)) AS psql_ms \gset
SELECT :ours = :theirs AS equal \gset
\if :equal \else
\echo 'the findings differ:' :ours :theirs
\quit 3
\endif
SELECT :checks AS checks, :ours AS findings, :run_ms AS run_checks_ms, :queries_ms AS of_which_queries_ms, (:after - :before) * 1000 / :hz AS processor_ms, :psql_ms AS one_psql_a_check_ms, round(:psql_ms::numeric / :run_ms, 1) AS times;
\echo 'the slowest:'
SELECT check_code, findings, round(1000 * extract(epoch FROM elapsed)) AS ms FROM portfolio.run_checks('security') ORDER BY elapsed DESC LIMIT 8;
-- merging: a finding for every table, of which the first run opens each and the second touches each
GRANT SELECT ON ALL TABLES IN SCHEMA bench_security TO PUBLIC;
SELECT extract(epoch FROM clock_timestamp()) AS began \gset
SELECT sum(findings) AS opened FROM portfolio.run_checks('security') \gset
SELECT round(1000 * (extract(epoch FROM clock_timestamp()) - :began)) AS open_ms, extract(epoch FROM clock_timestamp()) AS began \gset
SELECT sum(findings) AS touched, round(1000 * extract(epoch FROM sum(elapsed))) AS queries_ms FROM portfolio.run_checks('security') \gset
SELECT round(1000 * (extract(epoch FROM clock_timestamp()) - :began)) AS touch_ms \gset
SELECT :opened AS findings, :open_ms AS run_that_opens_ms, :touch_ms AS run_that_touches_ms, :queries_ms AS of_which_queries_ms;
