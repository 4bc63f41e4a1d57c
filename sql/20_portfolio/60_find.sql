-- Finding things by what people remember of them.
CREATE FUNCTION portfolio.edit_distance(a text, b text, at_most int) RETURNS int
LANGUAGE c IMMUTABLE PARALLEL SAFE STRICT AS 'MODULE_PATHNAME', 'pf_edit_distance';
COMMENT ON FUNCTION portfolio.edit_distance(text, text, int) IS
  'The number of characters to insert, delete or replace to make one text of the other; NULL when that is more than at_most or a text is longer than 255 bytes. Example: SELECT portfolio.edit_distance(''spine'', ''spnie'', 2);';

CREATE TYPE portfolio.found_element AS (
  element bigint, kind text, code text, name text, matched text, rank int
);
COMMENT ON TYPE portfolio.found_element IS
  'A row of find(): the element, what of it matched, and a rank from 1 (the code itself) to 9 (a name that is spelt nearly so).';
COMMENT ON COLUMN portfolio.found_element.element IS 'The element.';
COMMENT ON COLUMN portfolio.found_element.kind IS 'What it is.';
COMMENT ON COLUMN portfolio.found_element.code IS 'Its code.';
COMMENT ON COLUMN portfolio.found_element.name IS 'Its name.';
COMMENT ON COLUMN portfolio.found_element.matched IS 'What of it matched.';
COMMENT ON COLUMN portfolio.found_element.rank IS '1 (the code itself) to 9 (a name that is spelt nearly so).';

CREATE FUNCTION portfolio.find(search text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.found_element
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH asked AS (
    SELECT lower(btrim($1)) AS whole, regexp_split_to_array(lower(btrim($1)), '\s+') AS words
     WHERE btrim($1) <> '' AND portfolio.check_options($2, '{}') IS NOT NULL
  ), named AS (
    SELECT e.id, 'code' AS what, e.code AS value, 0 AS later FROM portfolio.element e
    UNION ALL SELECT e.id, 'code', e.kind || ':' || e.code, 0 FROM portfolio.element e
    UNION ALL SELECT e.id, 'name', e.name, 0 FROM portfolio.element e
    UNION ALL SELECT a.element, a.scheme, a.value, 1 FROM portfolio.element_alias a
  ), hit AS (
    SELECT n.id, n.what || ': ' || n.value AS matched,
           n.later + CASE WHEN lower(n.value) = q.whole THEN 1
                WHEN starts_with(lower(n.value), q.whole) THEN 3
                ELSE 5 END AS rank
      FROM named n, asked q
     WHERE NOT EXISTS (SELECT FROM unnest(q.words) w (word) WHERE strpos(lower(n.value), w.word) = 0)
    UNION ALL
    SELECT e.id, 'description: ' || e.description, 7
      FROM portfolio.element e, asked q
     WHERE e.description IS NOT NULL
       AND NOT EXISTS (SELECT FROM unnest(q.words) w (word) WHERE strpos(lower(e.name || ' ' || e.description), w.word) = 0)
    UNION ALL
    SELECT p.element, p.key || ': ' || p.value, 8
      FROM portfolio.element_property p, asked q
     WHERE NOT EXISTS (SELECT FROM unnest(q.words) w (word) WHERE strpos(lower(p.value), w.word) = 0)
  ), near AS (
    SELECT n.id, n.what || ': ' || n.value AS matched, 9 AS rank
      FROM named n, asked q
     WHERE NOT EXISTS (SELECT FROM hit)
       AND portfolio.edit_distance(lower(n.value), q.whole, 1 + char_length(q.whole) / 4) IS NOT NULL
  ), best AS (
    SELECT DISTINCT ON (h.id) h.id, h.matched, h.rank
      FROM (SELECT * FROM hit UNION ALL SELECT * FROM near) h
     ORDER BY h.id, h.rank, h.matched
  )
  SELECT e.id, e.kind, e.code, e.name, b.matched, b.rank
    FROM best b JOIN portfolio.element e ON e.id = b.id
   ORDER BY b.rank, e.kind, e.code;
END;
COMMENT ON FUNCTION portfolio.find(text, jsonb) IS
  'Elements whose code, name, alias, description or properties hold every word, best first; when there is none, names that are spelt nearly so. Nothing for NULL or blanks. Example: SELECT kind, code, name, matched FROM portfolio.find(''screening'');';
