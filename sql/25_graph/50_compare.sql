-- The portfolio of one day beside that of another.
CREATE TYPE portfolio.difference AS (change text, what text, id bigint, reference text, name text, detail jsonb);
COMMENT ON TYPE portfolio.difference IS 'A row of compare().';
COMMENT ON COLUMN portfolio.difference.change IS 'added, removed or changed.';
COMMENT ON COLUMN portfolio.difference.what IS 'element, or relationship (foreign keys included).';
COMMENT ON COLUMN portfolio.difference.id IS 'The element, or the relationship on the later day, or on the earlier when it was removed; NULL for a foreign key.';
COMMENT ON COLUMN portfolio.difference.reference IS 'kind:code, or source kind target.';
COMMENT ON COLUMN portfolio.difference.name IS 'Name of the element or of the relationship.';
COMMENT ON COLUMN portfolio.difference.detail IS 'Of a change: what has another value, each as [on the first day, on the second]. Otherwise empty.';

CREATE FUNCTION portfolio.element_on(day date, OUT id bigint, OUT reference text, OUT name text, OUT detail jsonb) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT e.id, e.kind || ':' || e.code, e.name, coalesce(p.properties, '{}')
    FROM portfolio.element e
    LEFT JOIN (SELECT p.element, jsonb_object_agg(p.key, p.value) AS properties
                 FROM portfolio.element_property p WHERE p.valid @> $1 GROUP BY p.element) p ON p.element = e.id
   WHERE e.valid @> $1;
END;
COMMENT ON FUNCTION portfolio.element_on(date) IS 'The elements of a day and their properties on it; for compare().';

CREATE FUNCTION portfolio.dependency_on(day date, OUT key text, OUT id bigint, OUT reference text, OUT name text, OUT detail jsonb) RETURNS SETOF record
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT concat_ws(' ', d.source, d.kind, d.target, d.origin, r.code), d.relationship,
         concat_ws(' ', s.kind || ':' || s.code, d.kind, t.kind || ':' || t.code), r.name,
         CASE WHEN r.id IS NULL THEN '{}' ELSE r.attributes || jsonb_build_object('name', r.name, 'weight', r.weight) END
    FROM portfolio.dependency d
    JOIN portfolio.element s ON s.id = d.source AND s.valid @> $1
    JOIN portfolio.element t ON t.id = d.target AND t.valid @> $1
    LEFT JOIN portfolio.relationship r ON r.id = d.relationship
   WHERE d.valid @> $1;
END;
COMMENT ON FUNCTION portfolio.dependency_on(date) IS 'The dependencies of a day and what is said of them; for compare().';

CREATE FUNCTION portfolio.changed_keys(a jsonb, b jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT coalesce(jsonb_object_agg(k.key, jsonb_build_array($1 -> k.key, $2 -> k.key)), '{}')
    FROM (SELECT jsonb_object_keys($1) UNION SELECT jsonb_object_keys($2)) k (key)
   WHERE $1 -> k.key IS DISTINCT FROM $2 -> k.key;
END;
COMMENT ON FUNCTION portfolio.changed_keys(jsonb, jsonb) IS
  'What differs between two objects: each key with [value in the first, value in the second], null for what is not there. Example: SELECT portfolio.changed_keys(''{"a": 1}'', ''{"a": 2}'');';

CREATE FUNCTION portfolio.compare(as_of_1 date, as_of_2 date, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.difference
LANGUAGE sql STABLE PARALLEL RESTRICTED
SET jit = off   -- every arm of dependency twice: compiling them takes longer than comparing two days of many elements
BEGIN ATOMIC
  SELECT d.*
    FROM (
      SELECT CASE WHEN a.id IS NULL THEN 'added' WHEN b.id IS NULL THEN 'removed' ELSE 'changed' END AS change, 'element' AS what,
             id, coalesce(b.reference, a.reference) AS reference, coalesce(b.name, a.name) AS name,
             CASE WHEN a.id IS NULL OR b.id IS NULL THEN '{}' ELSE portfolio.changed_keys(a.detail, b.detail) END AS detail
        FROM portfolio.element_on($1) a FULL JOIN portfolio.element_on($2) b USING (id)
       WHERE a.id IS NULL OR b.id IS NULL OR a.detail <> b.detail
      UNION ALL
      SELECT CASE WHEN a.key IS NULL THEN 'added' WHEN b.key IS NULL THEN 'removed' ELSE 'changed' END, 'relationship',
             coalesce(b.id, a.id), coalesce(b.reference, a.reference), coalesce(b.name, a.name),
             CASE WHEN a.key IS NULL OR b.key IS NULL THEN '{}' ELSE portfolio.changed_keys(a.detail, b.detail) END
        FROM portfolio.dependency_on($1) a FULL JOIN portfolio.dependency_on($2) b USING (key)
       WHERE a.key IS NULL OR b.key IS NULL OR a.detail <> b.detail) d
   WHERE portfolio.check_options($3, '{}') IS NOT NULL AND $1 IS NOT NULL AND $2 IS NOT NULL
   ORDER BY d.what, d.change, d.reference, d.id;
END;
COMMENT ON FUNCTION portfolio.compare(date, date, jsonb) IS
  'What differs between the portfolio of one day and that of another, past or planned: elements and relationships that are added, removed, or changed (properties of an element; name, weight and attributes of a relationship). Other columns are as recorded now on both days; element_history() tells theirs. Example: SELECT change, what, reference, detail FROM portfolio.compare(''2016-04-01'', ''2018-04-01'');';
