-- The page docs/security_checks.md, made from the shipped checks: psql -XAtq -f contrib/ci/check_table.sql
SELECT format($page$# The shipped security checks

%s checks, %s of which read catalogs and settings alone and need no more than profile operator. `make check-table` makes this page
from the table `portfolio.check_definition` of the release, and a test compares the two. What to do about a finding, and why it
matters, stands in columns `remediation` and `description`; how to run, schedule, accept and switch off is in
[security](security.md#checks) and [checks](checks.md).

ISO is a control of ISO/IEC 27001:2022 Annex A, NDG a standard of the National Data Guardian, CIS a section of the CIS benchmark; a
name in its place is that of the tool that has the check too. *Needs* is what whoever runs it is granted beyond the profile.

| check | severity | question | ISO | NDG | CIS, peer | needs | PostgreSQL |
|---|---|---|---|---|---|---|---|$page$, count(*), count(*) FILTER (WHERE d.needs = '{}'))
  FROM portfolio.check_definition d WHERE d.area = 'security' AND d.builtin;
SELECT format('| `%s` | %s | %s | %s | %s | %s | %s | %s |', d.code, d.severity, replace(coalesce(d.question, d.title), '|', '\|'),
              said.iso, said.ndg, said.peer, (SELECT coalesce(string_agg('`' || n || '`', ', ' ORDER BY n), '') FROM unnest(d.needs) n),
              CASE WHEN d.min_version IS NULL AND d.max_version IS NULL THEN '' WHEN d.max_version IS NULL THEN 'from ' || d.min_version
                   WHEN d.min_version IS NULL THEN 'to ' || d.max_version ELSE d.min_version || ' to ' || d.max_version END)
  FROM portfolio.check_definition d
 CROSS JOIN LATERAL (SELECT coalesce(btrim(d.refs ->> 'iso', '[]"'), '') AS iso, coalesce(btrim(d.refs ->> 'ndg', '[]"'), '') AS ndg,
                            coalesce(concat_ws(', ', d.refs ->> 'cis', d.refs ->> 'peer'), '') AS peer) said
 WHERE d.area = 'security' AND d.builtin ORDER BY d.code COLLATE "C";
SELECT E'\n## Not planted by a test\n\nFor every other check a test plants a fault that makes it fire, on a server where it did not before.\n\n| check | why not |\n|---|---|';
SELECT format('| `%s` | %s |', d.code, replace(d.cannot_plant, '|', '\|')) FROM portfolio.check_definition d WHERE d.area = 'security' AND d.builtin AND d.cannot_plant IS NOT NULL ORDER BY d.code COLLATE "C";
