\echo 'Running every check ...'
SELECT outcome, count(*) AS checks, sum(findings) AS findings FROM portfolio.run_checks() GROUP BY outcome ORDER BY outcome;

SELECT severity, count(*) AS open_findings FROM portfolio.open_finding GROUP BY severity, severity_rank ORDER BY severity_rank;

SELECT severity, title, subject, remediation FROM portfolio.open_finding ORDER BY severity_rank, check_code, subject LIMIT 15;
