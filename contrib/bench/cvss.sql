-- Type cvss against its text: what a score, a search and reading a vector cost above the scan, one process.
-- psql [-v vectors=1000000] -f cvss.sql
\set ON_ERROR_STOP on
\pset footer off
SELECT :{?vectors} AS given \gset
\if :given
\else
  \set vectors 1000000
\endif
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
SET search_path = public, portfolio;
SET max_parallel_workers_per_gather = 0;
SET jit = off;
SET synchronize_seqscans = off;
CREATE UNLOGGED TABLE bench_cvss AS
  SELECT v AS t, v::cvss AS v
    FROM (SELECT format('CVSS:4.0/AV:%s/AC:%s/AT:N/PR:%s/UI:N/VC:%s/VI:%s/VA:%s/SC:%s/SI:N/SA:N', substr('NALP', 1 + (h & 3), 1), substr('LH', 1 + (h >> 2 & 1), 1), substr('NLH', 1 + (h >> 3 & 7) % 3, 1),
                        substr('HLN', 1 + (h >> 6 & 7) % 3, 1), substr('HLN', 1 + (h >> 9 & 7) % 3, 1), substr('HLN', 1 + (h >> 12 & 7) % 3, 1), substr('HLN', 1 + (h >> 15 & 7) % 3, 1)) AS v
            FROM (SELECT abs(hashint4(i)) AS h FROM generate_series(1, :vectors) i) x) y;
VACUUM ANALYZE bench_cvss;
SELECT count(*) FILTER (WHERE v::text <> t) = 0 AS same FROM bench_cvss \gset
\if :same
\else
  DO $$BEGIN RAISE EXCEPTION 'the vectors differ'; END$$;
\endif
CREATE FUNCTION pg_temp.milliseconds(query text) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
  started timestamptz := clock_timestamp();
BEGIN
  EXECUTE query;
  RETURN extract(epoch FROM clock_timestamp() - started) * 1000;
END
$$;
CREATE TEMP TABLE timing (contender text, no int, ms numeric);
SELECT format('INSERT INTO timing VALUES (%L, %s, pg_temp.milliseconds(%L))', contender, no, query)
  FROM generate_series(1, 5) r,
       (VALUES (1, 'count(v)', 'SELECT count(v) FROM bench_cvss'), (2, 'count(cvss_score(v))', 'SELECT count(cvss_score(v)) FROM bench_cvss'),
               (3, 'count(cvss_version(v))', 'SELECT count(cvss_version(v)) FROM bench_cvss'), (4, 'cvss_has(v, ''AV:N/PR:N'')', 'SELECT count(*) FROM bench_cvss WHERE cvss_has(v, ''AV:N/PR:N'')'),
               (5, 'count(t)', 'SELECT count(t) FROM bench_cvss'), (6, 'is_cvss(t)', 'SELECT count(*) FROM bench_cvss WHERE is_cvss(t)'), (7, 'count(try_cvss(t)): read and scored', 'SELECT count(try_cvss(t)) FROM bench_cvss'),
               (8, 't ~ pattern', $q$SELECT count(*) FROM bench_cvss WHERE t ~ '^CVSS:4\.0/AV:[NALP]/AC:[LH]/AT:[NP]/PR:[NLH]/UI:[NPA]/VC:[HLN]/VI:[HLN]/VA:[HLN]/SC:[HLN]/SI:[HLN]/SA:[HLN]'$q$),
               (9, 'sort by v', 'SELECT count(*) FROM (SELECT v FROM bench_cvss ORDER BY v OFFSET 0) x'), (10, 'sort by t', 'SELECT count(*) FROM (SELECT t FROM bench_cvss ORDER BY t OFFSET 0) x')) q (no, contender, query)
 ORDER BY r, no \gexec
SELECT contender, round(ms) AS "best ms", round((ms - floor) * 1000000 / :vectors) AS "ns a value above the scan"
  FROM (SELECT no, contender, min(ms) AS ms, (SELECT min(ms) FROM timing WHERE timing.no = CASE WHEN t.no IN (1, 2, 3, 4, 9) THEN 1 ELSE 5 END) AS floor FROM timing t GROUP BY no, contender) x ORDER BY no;
DROP TABLE bench_cvss;
