-- Questions about the architecture. Each answers on the day of pg_portfolio.as_of.
-- What is there twice.
CREATE FUNCTION portfolio.interface_technology(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT upper(regexp_replace((regexp_match($1, '\m(fhir|hl7 ?v?[23]?|mesh|smsp|rest|soap|edifact|ldap|itk3?|cda|dicom|xds|graphql|odata|sftp|kafka|csv)\M', 'i'))[1], '\s+', ' ', 'g'));
END;
COMMENT ON FUNCTION portfolio.interface_technology(text) IS
  'The technology that the name of an interface tells, in capitals: FHIR, HL7 V3, MESH, REST…; NULL when it tells none. Example: SELECT portfolio.interface_technology(''Pathology Messaging - HL7 V3'');';

CREATE FUNCTION portfolio.interface_purpose(name text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT nullif(btrim(regexp_replace(translate($1, '–—', '--'),
    '(?i)((^|[\s-]+)(fhir|hl7( ?v?[23](\.\d+)?)?|mesh|smsp|rest|restful|soap|edifact|ldap|itk3?|cda|dicom|xds|graphql|odata|sftp|kafka|csv|wfs|wms|dstu ?2|stu ?3|r4|apis?|interfaces?|web services?)\M|[\s-]*\([^()]*\))+\s*$',
    ''), ' -'), '');
END;
COMMENT ON FUNCTION portfolio.interface_purpose(text) IS
  'The name of an interface, as it is written, without the technology, the word API and notes in parentheses at its end: what it is for, or the system that it leads to. NULL when nothing is left. Example: SELECT portfolio.interface_purpose(''Personal Demographics Service - FHIR API'');';

CREATE TYPE portfolio.duplicate_pair AS (
  score numeric, kind text, a bigint, a_ref text, a_name text, b bigint, b_ref text, b_name text, reasons text[]
);
COMMENT ON TYPE portfolio.duplicate_pair IS 'A row of duplicates(): two elements, or two relationships, that may be one.';
COMMENT ON COLUMN portfolio.duplicate_pair.score IS '0 to 1: 1 where they say the same in so many words.';
COMMENT ON COLUMN portfolio.duplicate_pair.kind IS 'Kind of the elements, or relationship.';
COMMENT ON COLUMN portfolio.duplicate_pair.a IS 'The older of the two, by number: an element or a relationship.';
COMMENT ON COLUMN portfolio.duplicate_pair.a_ref IS 'It as kind:code, a relationship as its two ends.';
COMMENT ON COLUMN portfolio.duplicate_pair.a_name IS 'Its name.';
COMMENT ON COLUMN portfolio.duplicate_pair.b IS 'The other.';
COMMENT ON COLUMN portfolio.duplicate_pair.b_ref IS 'The other as kind:code.';
COMMENT ON COLUMN portfolio.duplicate_pair.b_name IS 'Name of the other.';
COMMENT ON COLUMN portfolio.duplicate_pair.reasons IS 'Why: same name, a name that is an alias of the other, same purpose, shared capabilities, same relationship.';

CREATE FUNCTION portfolio.duplicates(threshold numeric DEFAULT 0.5, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.duplicate_pair
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET enable_nestloop = off   -- before ANALYZE the planner takes everything for a few rows, and would compare each with each
BEGIN ATOMIC
  WITH living AS MATERIALIZED (
    SELECT e.id, e.kind, e.code, e.name, portfolio.letters_of(lower(e.name)) AS folded
      FROM portfolio.element e
     WHERE e.valid @> (SELECT portfolio.as_of()) AND portfolio.check_options($2, '{}') IS NOT NULL
  ), named AS MATERIALIZED (
    SELECT l.id, l.kind, l.folded AS called, 'name' AS what FROM living l WHERE l.folded <> ''
    UNION
    SELECT l.id, l.kind, portfolio.letters_of(lower(a.value)), 'alias' FROM living l JOIN portfolio.element_alias a ON a.element = l.id WHERE portfolio.letters_of(a.value) <> ''
  ), purposed AS MATERIALIZED (
    SELECT l.id, l.kind, lower(portfolio.interface_purpose(l.name)) AS purpose FROM living l WHERE l.kind IN ('interface', 'application_interface')
  ), held AS MATERIALIZED (
    SELECT r.id, r.source, r.source_ref, r.kind, r.target, r.target_ref, r.name FROM portfolio.current_relationship r WHERE portfolio.check_options($2, '{}') IS NOT NULL
  ), able AS MATERIALIZED (
    -- capabilities and functions that something is related to, either way
    SELECT DISTINCT l.id, l.kind, c.id AS capability
      FROM (SELECT r.source, r.target FROM held r UNION ALL SELECT r.target, r.source FROM held r) v (id, other)
      JOIN living l ON l.id = v.id
      JOIN portfolio.element c ON c.id = v.other
     WHERE c.archimate_type IN ('Capability', 'BusinessFunction', 'ApplicationFunction')
       AND l.kind IN (SELECT k.kind FROM portfolio.element_kind k WHERE k.archimate_type IN ('ApplicationComponent', 'ApplicationService', 'ApplicationInterface', 'BusinessService'))
  ), abilities AS MATERIALIZED (
    SELECT a.id, count(*) AS n FROM able a GROUP BY a.id
  ), reason AS (
    SELECT a.id AS a, b.id AS b, 1.0 AS score,
           CASE WHEN a.what = 'name' AND b.what = 'name' THEN 'same name' ELSE 'the name or alias "' || a.called || '" is that of both' END AS reason
      FROM named a JOIN named b ON b.kind = a.kind AND b.called = a.called AND b.id > a.id
    UNION ALL
    SELECT a.id, b.id, 0.8, 'same purpose: ' || a.purpose
      FROM purposed a JOIN purposed b ON b.purpose = a.purpose AND b.id > a.id
    UNION ALL
    SELECT a.id, b.id, round(0.9 * count(*) / (min(na.n) + min(nb.n) - count(*)), 3),
           format('%s of %s capabilities shared', count(*), min(na.n) + min(nb.n) - count(*))
      FROM able a JOIN able b ON b.capability = a.capability AND b.kind = a.kind AND b.id > a.id
      JOIN abilities na ON na.id = a.id JOIN abilities nb ON nb.id = b.id
     GROUP BY a.id, b.id
  ), pair AS (
    SELECT r.a, r.b, max(r.score) AS score, array_agg(DISTINCT r.reason) AS reasons FROM reason r GROUP BY r.a, r.b
  )
  SELECT p.score, x.kind, x.id, x.kind || ':' || x.code, x.name, y.id, y.kind || ':' || y.code, y.name, p.reasons
    FROM pair p JOIN living x ON x.id = p.a JOIN living y ON y.id = p.b
   WHERE p.score >= $1
  UNION ALL
  SELECT 1.0, 'relationship', a.id, a.source_ref || ' > ' || a.target_ref, a.name, b.id, b.source_ref || ' > ' || b.target_ref, b.name,
         ARRAY['same ' || a.kind || ' between the same two' || coalesce(', both called "' || a.name || '"', '')]
    FROM held a
    JOIN held b ON b.source = a.source AND b.target = a.target AND b.kind = a.kind AND b.id > a.id
     AND lower(btrim(coalesce(b.name, ''))) = lower(btrim(coalesce(a.name, '')))
   WHERE 1.0 >= $1
   ORDER BY 1 DESC, 2, 4, 7;
END;
COMMENT ON FUNCTION portfolio.duplicates(numeric, jsonb) IS
  'Pairs of elements of one kind, and of relationships, that may be one, with a score of 0 to 1 and the reasons: the same name or alias (1), interfaces for the same purpose (0.8), capabilities in common (0.9 times their share), the same relationship with the same name between the same two (1). merge_elements() joins two. Example: SELECT score, a_name, b_name, reasons FROM portfolio.duplicates(0.5);';

CREATE TYPE portfolio.reused_function AS (
  function text, interfaces bigint, systems bigint, technologies text[], interface_codes text[], interface_names text[], reasons text[]
);
COMMENT ON TYPE portfolio.reused_function IS 'A row of reuse(): one function and the ways by which it is reached.';
COMMENT ON COLUMN portfolio.reused_function.function IS 'A service or capability as kind:code where the interfaces are related to one; else what their names have in common.';
COMMENT ON COLUMN portfolio.reused_function.interfaces IS 'Interfaces by which it is reached.';
COMMENT ON COLUMN portfolio.reused_function.systems IS 'Systems that expose them, as far as is known.';
COMMENT ON COLUMN portfolio.reused_function.technologies IS 'Their technologies, by protocol or by name; the fewer, the better.';
COMMENT ON COLUMN portfolio.reused_function.interface_codes IS 'Codes of the interfaces.';
COMMENT ON COLUMN portfolio.reused_function.interface_names IS 'Names of the interfaces, in the same order.';
COMMENT ON COLUMN portfolio.reused_function.reasons IS 'Why each is taken to reach this function, in the same order.';

CREATE FUNCTION portfolio.reuse(options jsonb DEFAULT '{}') RETURNS SETOF portfolio.reused_function
LANGUAGE sql STABLE PARALLEL RESTRICTED
BEGIN ATOMIC
  WITH way AS MATERIALIZED (
    SELECT e.id, e.code, e.name, y.id AS system, coalesce(upper(nullif(btrim(i.protocol), '')), portfolio.interface_technology(e.name)) AS technology, lower(portfolio.interface_purpose(e.name)) AS purpose
      FROM portfolio.element e
      LEFT JOIN portfolio.interface i ON i.id = e.id
      LEFT JOIN portfolio.system y ON y.id = i.system AND y.valid @> (SELECT portfolio.as_of())
     WHERE e.archimate_type = 'ApplicationInterface' AND e.valid @> (SELECT portfolio.as_of()) AND portfolio.check_options($1, '{}') IS NOT NULL
  ), stated AS MATERIALIZED (
    SELECT DISTINCT ON (w.id) w.id, portfolio.element_label(o.id) AS function
      FROM way w
      JOIN portfolio.current_relationship r ON w.id IN (r.source, r.target)
      JOIN portfolio.element o ON o.id = CASE WHEN r.source = w.id THEN r.target ELSE r.source END
     WHERE o.archimate_type IN ('ApplicationService', 'Capability', 'BusinessFunction', 'ApplicationFunction', 'BusinessService')
     ORDER BY w.id, o.archimate_type <> 'ApplicationService', o.id
  ), base AS MATERIALIZED (
    -- a purpose of two words or more that begins another is the function of both
    SELECT w.id, coalesce((SELECT s.purpose FROM way s
                            WHERE s.purpose ~ '\S\s\S' AND starts_with(w.purpose, s.purpose || ' ')
                            ORDER BY length(s.purpose) LIMIT 1), w.purpose) AS purpose
      FROM way w
  ), placed AS (
    SELECT w.*, coalesce(s.function, b.purpose, w.name) AS function,
           CASE WHEN s.function IS NOT NULL THEN 'related to ' || s.function
                WHEN b.purpose = w.purpose THEN 'its name without the technology is "' || b.purpose || '"'
                WHEN b.purpose IS NOT NULL THEN 'its name begins with "' || b.purpose || '"'
                ELSE 'no other' END AS reason
      FROM way w JOIN base b ON b.id = w.id LEFT JOIN stated s ON s.id = w.id
  )
  SELECT p.function, count(*), count(DISTINCT p.system), array_remove(array_agg(DISTINCT p.technology), NULL),
         array_agg(p.code ORDER BY p.code), array_agg(p.name ORDER BY p.code), array_agg(p.reason ORDER BY p.code)
    FROM placed p
   GROUP BY p.function
   ORDER BY count(DISTINCT p.technology) DESC, 2 DESC, 1;
END;
COMMENT ON FUNCTION portfolio.reuse(jsonb) IS
  'For each function, through how many interfaces, systems and technologies it is reached: what is built once and used often, and what is built several times over. Interfaces belong together by the service or capability that they are related to, else by their names without the technology. Most technologies first. Example: SELECT function, interfaces, technologies, reasons FROM portfolio.reuse() WHERE interfaces > 1;';
