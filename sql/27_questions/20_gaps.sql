-- Where things do not work together as they should.
CREATE TYPE portfolio.interoperability_gap AS (gap text, element bigint, element_ref text, name text, detail text);
COMMENT ON TYPE portfolio.interoperability_gap IS 'A row of interoperability_gaps().';
COMMENT ON COLUMN portfolio.interoperability_gap.gap IS
  'flow_without_standard, retired_standard (one in use that has been retired), conformance_lapsed (expired or failed) or no_governed_access (a national service).';
COMMENT ON COLUMN portfolio.interoperability_gap.element IS 'What has the gap; for a relationship of kind flow its source.';
COMMENT ON COLUMN portfolio.interoperability_gap.element_ref IS 'It as kind:code, a relationship as its two ends.';
COMMENT ON COLUMN portfolio.interoperability_gap.name IS 'Its name.';
COMMENT ON COLUMN portfolio.interoperability_gap.detail IS 'What is missing or wrong.';

-- Interfaces by which a service is reached: related to it, or exposed by a system that is.
CREATE VIEW portfolio.service_interface WITH (security_invoker = true) AS
  SELECT DISTINCT s.id AS service, i.interface, i.access_rule, i.access_governance, i.standard, i.lifecycle
    FROM (SELECT r.source, r.target FROM portfolio.current_relationship r
          UNION ALL SELECT r.target, r.source FROM portfolio.current_relationship r) v (service, other)
    JOIN portfolio.service s ON s.id = v.service
   CROSS JOIN LATERAL (SELECT x.* FROM portfolio.interface_on_day x WHERE x.interface = v.other
                       UNION ALL SELECT x.* FROM portfolio.interface_on_day x WHERE x.system = v.other) i
   WHERE i.valid @> (SELECT portfolio.as_of());
COMMENT ON VIEW portfolio.service_interface IS
  'Interfaces by which services are reached on the day of pg_portfolio.as_of: those related to the service, and those of systems that are; all of them exist on it. Example: SELECT portfolio.element_label(service), portfolio.element_label(interface) FROM portfolio.service_interface;';
COMMENT ON COLUMN portfolio.service_interface.service IS 'The service.';
COMMENT ON COLUMN portfolio.service_interface.interface IS 'The interface.';
COMMENT ON COLUMN portfolio.service_interface.access_rule IS 'Who may use it; NULL when nobody has said.';
COMMENT ON COLUMN portfolio.service_interface.access_governance IS 'Under what arrangements.';
COMMENT ON COLUMN portfolio.service_interface.standard IS 'Standard that it follows.';
COMMENT ON COLUMN portfolio.service_interface.lifecycle IS 'planned, live, retiring or retired on that day.';

-- Who follows a standard: whatever is retired or has ended does not.
CREATE VIEW portfolio.standard_use WITH (security_invoker = true) AS
  SELECT s.id AS standard, portfolio.standard_status(s.status, s.effective_on, s.retired_on, s.valid, day.shown) AS status, u.element, u.kind, day.shown AS as_of
    FROM (SELECT portfolio.as_of() AS shown) day
   CROSS JOIN (
     SELECT i.standard, i.interface AS element, 'interface' AS kind
       FROM portfolio.interface_on_day i
      WHERE i.valid @> (SELECT portfolio.as_of()) AND i.lifecycle <> 'retired'
     UNION ALL
     SELECT f.standard, f.id, 'data_flow'
       FROM portfolio.data_flow f
       JOIN portfolio.element a ON a.id = f.sender AND a.valid @> (SELECT portfolio.as_of())
       JOIN portfolio.element b ON b.id = f.receiver AND b.valid @> (SELECT portfolio.as_of())
      WHERE f.valid @> (SELECT portfolio.as_of())) u
    JOIN portfolio.standard s ON s.id = u.standard;
COMMENT ON VIEW portfolio.standard_use IS
  'What follows which standard on the day of pg_portfolio.as_of: interfaces that exist and are not retired, nor their systems, and data flows with both ends. Example: SELECT portfolio.element_label(element) FROM portfolio.standard_use WHERE status = ''retired'';';
COMMENT ON COLUMN portfolio.standard_use.standard IS 'The standard.';
COMMENT ON COLUMN portfolio.standard_use.status IS 'How it stands on that day, as standard_status() tells: draft, effective, deprecated or retired.';
COMMENT ON COLUMN portfolio.standard_use.element IS 'The interface or data flow that follows it.';
COMMENT ON COLUMN portfolio.standard_use.kind IS 'interface or data_flow.';
COMMENT ON COLUMN portfolio.standard_use.as_of IS 'The day shown.';

CREATE FUNCTION portfolio.interoperability_gaps(options jsonb DEFAULT '{}') RETURNS SETOF portfolio.interoperability_gap
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  WITH asked AS MATERIALIZED (
    SELECT portfolio.as_of() AS day WHERE portfolio.check_options($1, '{}') IS NOT NULL
  )
  SELECT 'flow_without_standard', f.id, 'data_flow:' || f.code, f.name,
         CASE WHEN i.lifecycle = 'retired' THEN 'the flow has no standard and its interface is retired' ELSE 'neither the flow nor its interface has a standard' END
    FROM asked q JOIN portfolio.data_flow f ON f.valid @> q.day
    JOIN portfolio.element a ON a.id = f.sender AND a.valid @> q.day
    JOIN portfolio.element b ON b.id = f.receiver AND b.valid @> q.day
    LEFT JOIN portfolio.interface_on_day i ON i.interface = f.interface
   WHERE f.standard IS NULL AND (i.standard IS NULL OR i.lifecycle = 'retired')
     AND NOT EXISTS (SELECT FROM portfolio.retired_element x WHERE x.element IN (f.sender, f.receiver))
  UNION ALL
  SELECT 'flow_without_standard', r.source, r.source_ref || ' > ' || r.target_ref, r.name, 'a relationship of kind flow that no data flow describes'
    FROM asked q JOIN portfolio.current_relationship r ON r.kind = 'flow'
   WHERE NOT EXISTS (SELECT FROM portfolio.data_flow f WHERE f.sender = r.source AND f.receiver = r.target AND f.valid @> q.day)
     AND NOT EXISTS (SELECT FROM portfolio.retired_element x WHERE x.element IN (r.source, r.target))
  UNION ALL
  SELECT 'retired_standard', e.id, e.kind || ':' || e.code, e.name,
         format('standard:%s is retired%s%s', s.code, CASE WHEN least(s.retired_on, upper(s.valid)) <= q.day THEN ' since ' || to_char(least(s.retired_on, upper(s.valid)), 'YYYY-MM-DD') END,
                ', replaced by ' || portfolio.element_label(s.replaced_by))
    FROM asked q CROSS JOIN portfolio.standard_use u JOIN portfolio.standard s ON s.id = u.standard JOIN portfolio.element e ON e.id = u.element
   WHERE u.status = 'retired'
  UNION ALL
  SELECT 'conformance_lapsed', e.id, e.kind || ':' || e.code, e.name,
         format('conformance to standard:%s is %s%s', c.standard_code, c.status, CASE WHEN c.status = 'expired' THEN coalesce(' since ' || to_char(c.ends_on + 1, 'YYYY-MM-DD'), '') ELSE '' END)
    FROM asked q CROSS JOIN portfolio.current_conformance c JOIN portfolio.element e ON e.id = c.element
   WHERE c.status IN ('expired', 'failed') AND c.lifecycle <> 'retired'
  UNION ALL
  SELECT 'no_governed_access', s.id, 'service:' || s.code, s.name,
         CASE WHEN EXISTS (SELECT FROM portfolio.service_interface i WHERE i.service = s.id) THEN 'no interface of it says who may use it and under what governance' ELSE 'no interface leads to it' END
    FROM asked q JOIN portfolio.service s ON s.valid @> q.day
   WHERE s.scope = 'national' AND s.state NOT IN ('pipeline', 'retired')
     AND NOT EXISTS (SELECT FROM portfolio.service_interface i
                      WHERE i.service = s.id AND i.lifecycle IN ('live', 'retiring') AND (i.access_rule = 'open' OR (i.access_rule IS NOT NULL AND i.access_governance IS NOT NULL)))
   ORDER BY 1, 3;
END;
COMMENT ON FUNCTION portfolio.interoperability_gaps(jsonb) IS
  'Where information cannot flow as it should on the day of pg_portfolio.as_of: flows with no standard, standards in use that are retired, conformance that has expired or failed, national services with no interface whose access is governed. What is retired or has ended has no gaps. Example: SELECT gap, element_ref, detail FROM portfolio.interoperability_gaps();';

CREATE TYPE portfolio.crossing AS (
  national_ref text, national_name text, local_ref text, local_name text, crossing text, interface text, standard text, agreement text,
  access_rule text, access_governance text, uses numeric, conformance text, verdict text, why text[]
);
COMMENT ON TYPE portfolio.crossing IS 'A row of national_local_interface(): one way in which a national and a local thing meet.';
COMMENT ON COLUMN portfolio.crossing.national_ref IS 'The national side as kind:code.';
COMMENT ON COLUMN portfolio.crossing.national_name IS 'Its name.';
COMMENT ON COLUMN portfolio.crossing.local_ref IS 'The local side as kind:code: a local service or system, or an organisation that is one of its settings.';
COMMENT ON COLUMN portfolio.crossing.local_name IS 'Its name.';
COMMENT ON COLUMN portfolio.crossing.crossing IS 'The data flow as data_flow:code, or the kind of the relationship.';
COMMENT ON COLUMN portfolio.crossing.interface IS 'Interface by which they meet: of the flow, else one of the national side.';
COMMENT ON COLUMN portfolio.crossing.standard IS 'Standard of the flow or of the interface; NULL: none.';
COMMENT ON COLUMN portfolio.crossing.agreement IS 'Agreement under which data flow; NULL: none.';
COMMENT ON COLUMN portfolio.crossing.access_rule IS 'Who may use the interface; NULL: nobody has said.';
COMMENT ON COLUMN portfolio.crossing.access_governance IS 'Under what arrangements.';
COMMENT ON COLUMN portfolio.crossing.uses IS 'Adoption: the last observation of measure use of the national side there (or anywhere, for a local service or system) by that day; NULL: none.';
COMMENT ON COLUMN portfolio.crossing.conformance IS 'How far the interface conforms to the standard.';
COMMENT ON COLUMN portfolio.crossing.verdict IS 'ok or gap.';
COMMENT ON COLUMN portfolio.crossing.why IS 'What is missing; empty when ok.';

CREATE FUNCTION portfolio.national_local_interface(options jsonb DEFAULT '{}') RETURNS SETOF portfolio.crossing
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  WITH asked AS MATERIALIZED (
    SELECT portfolio.as_of() AS day WHERE portfolio.check_options($1, '{}') IS NOT NULL
  ), met AS (
    SELECT f.sender AS a, f.receiver AS b, 'data_flow:' || f.code AS crossing, f.interface, f.standard, f.agreement FROM portfolio.data_flow f, asked q WHERE f.valid @> q.day
    UNION ALL
    SELECT r.source, r.target, r.kind, NULL, NULL, NULL FROM portfolio.current_relationship r
  ), crossed AS MATERIALIZED (
    -- Both ends by their keys, either way round: of tens of thousands of practices few meet a national service.
    SELECT n.id AS national, l.id AS local, m.crossing, m.interface, m.standard, m.agreement
      FROM met m
     CROSS JOIN LATERAL (VALUES (m.a, m.b), (m.b, m.a)) e (national, local)
     CROSS JOIN LATERAL (SELECT s.id FROM portfolio.service s, asked q WHERE s.id = e.national AND s.scope = 'national' AND s.valid @> q.day
                         UNION ALL SELECT y.id FROM portfolio.system y, asked q WHERE y.id = e.national AND y.scope = 'national' AND y.valid @> q.day) n
     CROSS JOIN LATERAL (SELECT s.id FROM portfolio.service s, asked q WHERE s.id = e.local AND s.scope = 'local' AND s.valid @> q.day
                         UNION ALL SELECT y.id FROM portfolio.system y, asked q WHERE y.id = e.local AND y.scope = 'local' AND y.valid @> q.day
                         UNION ALL SELECT o.id FROM portfolio.organisation o, asked q
                                    WHERE o.id = e.local AND o.valid @> q.day AND (o.region IS NOT NULL OR o.role IN ('local setting', 'provider', 'commissioner'))) l
     WHERE NOT EXISTS (SELECT FROM portfolio.retired_element x WHERE x.element IN (n.id, l.id))
  ), own AS MATERIALIZED (
    -- the interface of a national side that stands for crossings which name none
    SELECT n.national, (SELECT i.interface
                          FROM (SELECT x.id FROM portfolio.interface x WHERE x.system = n.national
                                UNION SELECT v.interface FROM portfolio.service_interface v WHERE v.service = n.national) o
                          JOIN portfolio.interface_on_day i ON i.interface = o.id
                         WHERE i.lifecycle IN ('live', 'retiring')
                         ORDER BY i.access_rule IS NULL, i.standard IS NULL, i.code LIMIT 1) AS interface
      FROM (SELECT DISTINCT c.national FROM crossed c WHERE c.interface IS NULL) n
  ), known AS MATERIALIZED (
    SELECT c.national, c.local, c.crossing, c.agreement, i.interface, i.lifecycle, i.access_rule, i.access_governance, coalesce(c.standard, i.standard) AS its_standard,
           (SELECT portfolio.standard_status(s.status, s.effective_on, s.retired_on, s.valid, q.day) FROM portfolio.standard s, asked q
             WHERE s.id = coalesce(c.standard, i.standard)) AS standard_status,
           EXISTS (SELECT FROM portfolio.element a, asked q WHERE a.id = c.agreement AND a.valid @> q.day) AS is_agreed,
           (SELECT coalesce(o.value, o.numerator) FROM portfolio.observation o, asked q
             WHERE o.element = c.national AND o.measure = 'use' AND (o.organisation = c.local OR (o.organisation IS NULL AND NOT EXISTS (SELECT FROM portfolio.organisation g WHERE g.id = c.local)))
               AND lower(o.during) <= q.day ORDER BY o.during DESC LIMIT 1) AS uses,
           (SELECT f.status FROM portfolio.current_conformance f WHERE f.element = i.interface AND f.standard = coalesce(c.standard, i.standard)) AS conformance
      FROM crossed c
      LEFT JOIN own w ON w.national = c.national
      LEFT JOIN portfolio.interface_on_day i ON i.interface = coalesce(c.interface, w.interface)
  ), judged AS (
    SELECT k.*, array_remove(ARRAY[
             CASE WHEN k.interface IS NULL THEN 'no interface' END,
             CASE WHEN k.lifecycle IN ('planned', 'retired') THEN 'interface is ' || k.lifecycle END,
             CASE WHEN k.its_standard IS NULL THEN 'no standard' WHEN k.standard_status = 'retired' THEN 'standard is retired' END,
             CASE WHEN k.crossing LIKE 'data\_flow:%' AND k.agreement IS NULL THEN 'no agreement' WHEN k.agreement IS NOT NULL AND NOT k.is_agreed THEN 'agreement does not hold' END,
             CASE WHEN k.interface IS NOT NULL AND (k.access_rule IS NULL OR (k.access_rule <> 'open' AND k.access_governance IS NULL)) THEN 'access is not governed' END,
             CASE WHEN k.its_standard IS NOT NULL AND (k.conformance IS NULL OR k.conformance IN ('failed', 'expired')) THEN 'conformance is ' || coalesce(k.conformance, 'not stated') END,
             CASE WHEN k.uses = 0 THEN 'not adopted' END], NULL) AS why
      FROM known k
  )
  SELECT n.kind || ':' || n.code, n.name, l.kind || ':' || l.code, l.name, j.crossing, portfolio.element_label(j.interface), portfolio.element_label(j.its_standard),
         portfolio.element_label(j.agreement), j.access_rule, j.access_governance, j.uses, j.conformance, CASE WHEN j.why = '{}' THEN 'ok' ELSE 'gap' END, j.why
    FROM judged j JOIN portfolio.element n ON n.id = j.national JOIN portfolio.element l ON l.id = j.local
   ORDER BY 1, 3, 5;
END;
COMMENT ON FUNCTION portfolio.national_local_interface(jsonb) IS
  'Each place where a national service or system meets a local one, or an organisation of a local setting: by what interface, standard and agreement, how access is governed, whether it is used and conforms; ok, or a gap and why. Example: SELECT national_ref, local_ref, verdict, why FROM portfolio.national_local_interface();';

-- The same for who asks by the name of a relation, as BI tools do
CREATE VIEW portfolio.national_local_interface WITH (security_invoker = true) AS
  SELECT c.*, portfolio.as_of() AS as_of FROM portfolio.national_local_interface() c;
COMMENT ON VIEW portfolio.national_local_interface IS
  'What national_local_interface() gives on the day of pg_portfolio.as_of, as a view. Example: SELECT national_ref, local_ref, verdict, why FROM portfolio.national_local_interface WHERE verdict = ''gap'';';
COMMENT ON COLUMN portfolio.national_local_interface.national_ref IS 'The national side as kind:code.';
COMMENT ON COLUMN portfolio.national_local_interface.national_name IS 'Its name.';
COMMENT ON COLUMN portfolio.national_local_interface.local_ref IS 'The local side as kind:code: a local service or system, or an organisation that is one of its settings.';
COMMENT ON COLUMN portfolio.national_local_interface.local_name IS 'Its name.';
COMMENT ON COLUMN portfolio.national_local_interface.crossing IS 'The data flow as data_flow:code, or the kind of the relationship.';
COMMENT ON COLUMN portfolio.national_local_interface.interface IS 'Interface by which they meet: of the flow, else one of the national side.';
COMMENT ON COLUMN portfolio.national_local_interface.standard IS 'Standard of the flow or of the interface; NULL: none.';
COMMENT ON COLUMN portfolio.national_local_interface.agreement IS 'Agreement under which data flow; NULL: none.';
COMMENT ON COLUMN portfolio.national_local_interface.access_rule IS 'Who may use the interface; NULL: nobody has said.';
COMMENT ON COLUMN portfolio.national_local_interface.access_governance IS 'Under what arrangements.';
COMMENT ON COLUMN portfolio.national_local_interface.uses IS 'Adoption: the last observation of measure use of the national side there (or anywhere, for a local service or system) by that day; NULL: none.';
COMMENT ON COLUMN portfolio.national_local_interface.conformance IS 'How far the interface conforms to the standard.';
COMMENT ON COLUMN portfolio.national_local_interface.verdict IS 'ok or gap.';
COMMENT ON COLUMN portfolio.national_local_interface.why IS 'What is missing; empty when ok.';
COMMENT ON COLUMN portfolio.national_local_interface.as_of IS 'The day shown.';

CREATE TYPE portfolio.unsupported_system AS (
  system bigint, system_code text, system_name text, technology bigint, technology_code text, product text, version text,
  support_ends_on date, extended_support_ends_on date, days_unsupported int
);
COMMENT ON TYPE portfolio.unsupported_system IS 'A row of unsupported_technology(): a system on a technology whose support is over. Technology that no system uses has no row.';
COMMENT ON COLUMN portfolio.unsupported_system.system IS 'The system, never NULL.';
COMMENT ON COLUMN portfolio.unsupported_system.system_code IS 'Its code.';
COMMENT ON COLUMN portfolio.unsupported_system.system_name IS 'Its name.';
COMMENT ON COLUMN portfolio.unsupported_system.technology IS 'The technology.';
COMMENT ON COLUMN portfolio.unsupported_system.technology_code IS 'Its code.';
COMMENT ON COLUMN portfolio.unsupported_system.product IS 'Its product, or its name.';
COMMENT ON COLUMN portfolio.unsupported_system.version IS 'Its version.';
COMMENT ON COLUMN portfolio.unsupported_system.support_ends_on IS 'Last day of ordinary support.';
COMMENT ON COLUMN portfolio.unsupported_system.extended_support_ends_on IS 'Last day of extended support.';
COMMENT ON COLUMN portfolio.unsupported_system.days_unsupported IS 'Days since the last day of either.';

CREATE FUNCTION portfolio.unsupported_technology("on" date DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.unsupported_system
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  SELECT y.id, y.code, y.name, t.id, t.code, coalesce(t.product, t.name), t.version, t.support_ends_on, t.extended_support_ends_on,
         q.day - greatest(t.support_ends_on, t.extended_support_ends_on)
    FROM (SELECT coalesce(portfolio.check_day($1), portfolio.as_of()) AS day WHERE portfolio.check_options($2, '{}') IS NOT NULL) q
    JOIN portfolio.technology t ON t.valid @> q.day AND greatest(t.support_ends_on, t.extended_support_ends_on) < q.day
    JOIN portfolio.system_technology u ON u.technology = t.id AND u.valid @> q.day
    JOIN portfolio.system y ON y.id = u.system AND y.valid @> q.day AND portfolio.lifecycle_on(y.lifecycle, y.valid, q.day) <> 'retired'
   ORDER BY 10 DESC, y.code;
END;
COMMENT ON FUNCTION portfolio.unsupported_technology(date, jsonb) IS
  'Systems that on a day, that of pg_portfolio.as_of when left out, run on technology whose support, the extended one too, is over; system, technology and the use of it exist on that day. Raises 22023 for an infinite day. Example: SELECT system_code, product, version, days_unsupported FROM portfolio.unsupported_technology(''2020-02-01'');';

CREATE TYPE portfolio.orphan AS (element bigint, kind text, code text, name text, owner text);
COMMENT ON TYPE portfolio.orphan IS 'A row of orphans(): an element that hangs on nothing.';
COMMENT ON COLUMN portfolio.orphan.element IS 'The element.';
COMMENT ON COLUMN portfolio.orphan.kind IS 'What it is.';
COMMENT ON COLUMN portfolio.orphan.code IS 'Its code.';
COMMENT ON COLUMN portfolio.orphan.name IS 'Its name.';
COMMENT ON COLUMN portfolio.orphan.owner IS 'Who answers for it, as kind:code; NULL: nobody.';

CREATE FUNCTION portfolio.orphans(options jsonb DEFAULT '{}') RETURNS SETOF portfolio.orphan
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  WITH joined AS MATERIALIZED (
    SELECT d.source, d.target
      FROM portfolio.dependency d
      JOIN portfolio.element s ON s.id = d.source AND s.valid @> (SELECT portfolio.as_of())
      JOIN portfolio.element t ON t.id = d.target AND t.valid @> (SELECT portfolio.as_of())
     WHERE d.valid @> (SELECT portfolio.as_of())
  ), alone AS (
    SELECT e.id FROM portfolio.element e WHERE e.valid @> (SELECT portfolio.as_of()) AND portfolio.check_options($1, '{}') IS NOT NULL
    EXCEPT (SELECT j.source FROM joined j UNION ALL SELECT j.target FROM joined j)
  )
  SELECT e.id, e.kind, e.code, e.name, e.owner_ref
    FROM portfolio.current_element e
   WHERE e.id IN (SELECT a.id FROM alone a)
   ORDER BY e.kind, e.code;
END;
COMMENT ON FUNCTION portfolio.orphans(jsonb) IS
  'Elements that no relationship and no reference joins to anything that exists on the day of pg_portfolio.as_of. Example: SELECT kind, code, name FROM portfolio.orphans();';

CREATE VIEW portfolio.standards_register WITH (security_invoker = true) AS
  SELECT s.id AS standard, s.code, s.name, s.publisher, s.version,
         portfolio.standard_status(s.status, s.effective_on, s.retired_on, s.valid, day.shown) AS status, s.effective_on, s.retired_on, portfolio.element_label(s.replaced_by) AS replaced_by,
         u.interfaces, u.data_flows,
         c.conforming, c.failed, c.waived, c.expired, s.url, day.shown AS as_of
    FROM portfolio.standard s
   CROSS JOIN (SELECT portfolio.as_of() AS shown) day
   CROSS JOIN LATERAL (
     SELECT count(*) FILTER (WHERE f.kind = 'interface') AS interfaces, count(*) FILTER (WHERE f.kind = 'data_flow') AS data_flows
       FROM portfolio.standard_use f WHERE f.standard = s.id) u
   CROSS JOIN LATERAL (
     SELECT count(*) FILTER (WHERE f.status IN ('declared', 'self_assessed', 'assured')) AS conforming, count(*) FILTER (WHERE f.status = 'failed') AS failed,
            count(*) FILTER (WHERE f.status = 'waived') AS waived, count(*) FILTER (WHERE f.status = 'expired') AS expired
       FROM portfolio.current_conformance f WHERE f.standard = s.id AND f.lifecycle <> 'retired') c
   WHERE s.valid @> day.shown;
COMMENT ON VIEW portfolio.standards_register IS
  'The standards on the day of pg_portfolio.as_of: where each stands, what uses it and how far that conforms; what is retired or has ended is not counted. Example: SELECT code, version, status, interfaces, conforming, expired FROM portfolio.standards_register;';
COMMENT ON COLUMN portfolio.standards_register.standard IS 'The standard.';
COMMENT ON COLUMN portfolio.standards_register.code IS 'Its code.';
COMMENT ON COLUMN portfolio.standards_register.name IS 'Its name.';
COMMENT ON COLUMN portfolio.standards_register.publisher IS 'Who issues it.';
COMMENT ON COLUMN portfolio.standards_register.version IS 'Version, as its publisher writes it.';
COMMENT ON COLUMN portfolio.standards_register.status IS 'draft, effective, deprecated or retired on that day, as standard_status() tells: retired from retired_on on, draft before effective_on.';
COMMENT ON COLUMN portfolio.standards_register.effective_on IS 'Day from which it applies.';
COMMENT ON COLUMN portfolio.standards_register.retired_on IS 'First day on which it no longer applies; NULL: none set.';
COMMENT ON COLUMN portfolio.standards_register.replaced_by IS 'What takes its place, as kind:code.';
COMMENT ON COLUMN portfolio.standards_register.interfaces IS 'Interfaces that follow it.';
COMMENT ON COLUMN portfolio.standards_register.data_flows IS 'Data flows of which it is the standard.';
COMMENT ON COLUMN portfolio.standards_register.conforming IS 'Interfaces and systems that conform: declared, self-assessed or assured.';
COMMENT ON COLUMN portfolio.standards_register.failed IS 'Those that failed.';
COMMENT ON COLUMN portfolio.standards_register.waived IS 'Those that need not for a time.';
COMMENT ON COLUMN portfolio.standards_register.expired IS 'Those whose statement is over.';
COMMENT ON COLUMN portfolio.standards_register.url IS 'Where it is published.';
COMMENT ON COLUMN portfolio.standards_register.as_of IS 'The day shown.';
