-- The Organisation Data Service's files of practices, as COPY loads them: columns of text, by place and not by name.
CREATE TYPE portfolio.ods_practice AS (
  code text, name text, verdict text, problem text, valid daterange, region text, address text, postcode text, setting text, status text, organisation bigint
);
COMMENT ON TYPE portfolio.ods_practice IS 'A row of import_ods_practices(): one row of the file and what becomes of it.';
COMMENT ON COLUMN portfolio.ods_practice.code IS 'ODS code.';
COMMENT ON COLUMN portfolio.ods_practice.name IS 'Name.';
COMMENT ON COLUMN portfolio.ods_practice.verdict IS 'new, changed, same or refused.';
COMMENT ON COLUMN portfolio.ods_practice.problem IS 'Why it is refused; NULL otherwise.';
COMMENT ON COLUMN portfolio.ods_practice.valid IS 'From the day it opened to the day it closed.';
COMMENT ON COLUMN portfolio.ods_practice.region IS 'ODS code of the body in whose area it is (high level health geography).';
COMMENT ON COLUMN portfolio.ods_practice.address IS 'Address without the postcode.';
COMMENT ON COLUMN portfolio.ods_practice.postcode IS 'Postcode as written.';
COMMENT ON COLUMN portfolio.ods_practice.setting IS 'Prescribing setting; 4 is a GP practice.';
COMMENT ON COLUMN portfolio.ods_practice.status IS 'A active, C closed, D dormant or P proposed.';
COMMENT ON COLUMN portfolio.ods_practice.organisation IS 'The organisation that it is here; NULL when new.';

-- SELECT c1, c2, … of a relation whose columns are taken by their place
CREATE FUNCTION portfolio.columns_by_place(source regclass, at_least int, layout text) RETURNS text
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  found int;
  list text;
BEGIN
  IF source IS NULL THEN
    RAISE EXCEPTION 'the relation must not be null' USING ERRCODE = 'null_value_not_allowed';
  END IF;
  SELECT count(*), string_agg(format('nullif(btrim(portfolio.plain_text(%I)), '''') AS c%s', a.attname, a.nth), ', ' ORDER BY a.nth)
    INTO found, list
    FROM (SELECT a.attname, row_number() OVER (ORDER BY a.attnum) AS nth FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped) a;
  IF found < at_least THEN
    RAISE EXCEPTION 'relation "%" does not have the layout of %', source, layout
      USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It has %s columns; the layout has %s.', found, at_least),
            HINT = 'Load the file with COPY ... (FORMAT csv) into a table of as many columns of type text.';
  END IF;
  RETURN format('SELECT %s FROM %s', list, source);
END
$$;
COMMENT ON FUNCTION portfolio.columns_by_place(regclass, int, text) IS
  'The query that gives the columns of a relation as c1, c2, … of trimmed text with NULL for blanks; 22023 when there are fewer than the layout has.';

CREATE FUNCTION portfolio.import_ods_practices(source regclass, dry_run boolean DEFAULT false, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.ods_practice
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET jit = off
AS $$
DECLARE
  plan portfolio.ods_practice[];
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  EXECUTE format($query$
    WITH said AS MATERIALIZED (
      SELECT r.*, upper(r.c1) AS ods, o.value AS opened, x.value AS closed, coalesce(o.problem, x.problem) AS bad_day, count(*) OVER (PARTITION BY upper(r.c1)) AS namesakes
        FROM (%s) r CROSS JOIN LATERAL portfolio.read_date(r.c11) o CROSS JOIN LATERAL portfolio.read_date(r.c12) x
    ), judged AS (
      SELECT s.*, concat_ws(', ', s.c5, s.c6, s.c7, s.c8, s.c9) AS address,
             CASE WHEN s.c1 IS NULL OR NOT portfolio.is_ods_code(s.ods) THEN format('"%%s" is no ODS code', s.c1)
                  WHEN s.namesakes > 1 THEN 'its code is there more than once'
                  WHEN s.c2 IS NULL THEN 'it has no name'
                  WHEN s.bad_day IS NOT NULL THEN s.bad_day
                  WHEN s.closed < s.opened THEN format('it closed on %%s, before it opened on %%s', s.closed, s.opened)
                  WHEN s.c13 IS NOT NULL AND s.c13 NOT IN ('A', 'C', 'D', 'P') THEN format('status "%%s" is not known', s.c13) END AS problem
        FROM said s
    ), ranged AS (
      SELECT j.*, CASE WHEN j.problem IS NULL THEN daterange(j.opened, j.closed + 1) END AS valid FROM judged j
    )
    SELECT array_agg(ROW(coalesce(r.ods, ''), r.c2,
             CASE WHEN r.problem IS NOT NULL THEN 'refused' WHEN o.id IS NULL THEN 'new'
                  WHEN (o.name, o.valid, b.ods_code, t.address, t.postcode, p.value) IS DISTINCT FROM
                       (r.c2, r.valid, upper(r.c4), nullif(r.address, ''), r.c10, CASE r.c13 WHEN 'D' THEN 'dormant' WHEN 'P' THEN 'proposed' END)
                    OR (SELECT array_agg(x.role ORDER BY x.role) FROM portfolio.organisation_role x WHERE x.organisation = o.id AND x.valid = r.valid AND x.role IN ('RO177', 'RO76'))
                       IS DISTINCT FROM CASE WHEN r.c26 = '4' THEN '{RO177,RO76}'::text[] ELSE '{RO177}' END
                  THEN 'changed' ELSE 'same' END,
             r.problem, r.valid, upper(r.c4), nullif(r.address, ''), r.c10, r.c26, r.c13, o.id)::portfolio.ods_practice)
      FROM ranged r
      LEFT JOIN portfolio.organisation o ON o.ods_code = r.ods
      LEFT JOIN portfolio.organisation b ON b.id = o.region
      LEFT JOIN portfolio.site t ON t.code = r.ods
      LEFT JOIN portfolio.element_property p ON p.element = o.id AND p.key = 'ods_status' AND p.valid @> current_date$query$,
    portfolio.columns_by_place(source, 27, 'epraccur')) INTO plan;

  IF NOT coalesce(dry_run, false) THEN
    -- Bodies of which the file gives the code alone
    INSERT INTO portfolio.organisation (code, name, ods_code, source)
    SELECT DISTINCT p.region, p.region, p.region, 'ods: epraccur' FROM unnest(plan) p
     WHERE p.problem IS NULL AND p.region IS NOT NULL AND NOT EXISTS (SELECT FROM portfolio.organisation o WHERE o.ods_code = p.region)
     ORDER BY 1;
    INSERT INTO portfolio.organisation (code, name, ods_code, role, valid, region, source)
    SELECT p.code, p.name, p.code, 'provider', p.valid, r.id, 'ods: epraccur'
      FROM unnest(plan) p LEFT JOIN portfolio.organisation r ON r.ods_code = p.region WHERE p.verdict = 'new' ORDER BY p.code;
    UPDATE portfolio.organisation o SET name = p.name, valid = p.valid, region = r.id
      FROM unnest(plan) p LEFT JOIN portfolio.organisation r ON r.ods_code = p.region
     WHERE o.id = p.organisation AND p.verdict = 'changed' AND (o.name, o.valid, o.region) IS DISTINCT FROM (p.name, p.valid, r.id);
    INSERT INTO portfolio.site AS s (code, name, address, postcode, organisation, valid, source)
    SELECT p.code, p.name, p.address, p.postcode, o.id, p.valid, 'ods: epraccur'
      FROM unnest(plan) p JOIN portfolio.organisation o ON o.ods_code = p.code WHERE p.verdict IN ('new', 'changed') ORDER BY p.code
    ON CONFLICT (code) DO UPDATE SET name = excluded.name, address = excluded.address, postcode = excluded.postcode, organisation = excluded.organisation, valid = excluded.valid
     WHERE (s.name, s.address, s.postcode, s.organisation, s.valid) IS DISTINCT FROM (excluded.name, excluded.address, excluded.postcode, excluded.organisation, excluded.valid);
    -- RO177 prescribing cost centre, RO76 GP practice: as long as it is open
    DELETE FROM portfolio.organisation_role x USING unnest(plan) p
     WHERE x.organisation = p.organisation AND p.verdict = 'changed' AND x.role IN ('RO177', 'RO76')
       AND (x.valid <> p.valid OR x.role = 'RO76' AND p.setting IS DISTINCT FROM '4');
    INSERT INTO portfolio.organisation_role (organisation, role, is_primary, valid)
    SELECT o.id, r.role, r.role = 'RO177', p.valid
      FROM unnest(plan) p JOIN portfolio.organisation o ON o.ods_code = p.code
      JOIN unnest('{RO177,RO76}'::text[]) r (role) ON r.role = 'RO177' OR p.setting = '4'
     WHERE p.verdict IN ('new', 'changed')
    ON CONFLICT DO NOTHING;
    DELETE FROM portfolio.element_property e USING unnest(plan) p
     WHERE e.element = p.organisation AND e.key = 'ods_status' AND p.verdict = 'changed';
    INSERT INTO portfolio.element_property (element, key, value)
    SELECT o.id, 'ods_status', CASE p.status WHEN 'D' THEN 'dormant' ELSE 'proposed' END
      FROM unnest(plan) p JOIN portfolio.organisation o ON o.ods_code = p.code WHERE p.verdict IN ('new', 'changed') AND p.status IN ('D', 'P');
  END IF;
  RETURN QUERY SELECT p.* FROM unnest(plan) p ORDER BY array_position('{refused,changed,new,same}', p.verdict), p.code;
END
$$;
COMMENT ON FUNCTION portfolio.import_ods_practices(regclass, boolean, jsonb) IS
  'Takes over the practices of a file of the ODS layout epraccur, loaded by COPY into 27 columns of text: organisations with ODS code, dates, roles (RO177, GP practices RO76 too) and area, and their sites. One row a practice, refused ones first with the reason; nothing of a refused one is written. dry_run only says what would become of them. The same file again changes nothing. Raises 22023 for fewer columns. Example: SELECT verdict, count(*) FROM portfolio.import_ods_practices(''epraccur'') GROUP BY 1;';

CREATE TYPE portfolio.ods_membership AS (practice text, parent text, verdict text, problem text, valid daterange, relationship bigint);
COMMENT ON TYPE portfolio.ods_membership IS 'A row of import_ods_memberships(): one row of the file and what becomes of it.';
COMMENT ON COLUMN portfolio.ods_membership.practice IS 'ODS code of the practice.';
COMMENT ON COLUMN portfolio.ods_membership.parent IS 'ODS code of the body that it is a member of.';
COMMENT ON COLUMN portfolio.ods_membership.verdict IS 'new, changed, same or refused.';
COMMENT ON COLUMN portfolio.ods_membership.problem IS 'Why it is refused; NULL otherwise.';
COMMENT ON COLUMN portfolio.ods_membership.valid IS 'From the day it joined to the day it left.';
COMMENT ON COLUMN portfolio.ods_membership.relationship IS 'The relationship that it is here; NULL when new.';

CREATE FUNCTION portfolio.import_ods_memberships(source regclass, dry_run boolean DEFAULT false, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.ods_membership
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET jit = off
AS $$
DECLARE
  plan portfolio.ods_membership[];
BEGIN
  PERFORM portfolio.check_options(options, '{}');
  EXECUTE format($query$
    WITH said AS (
      SELECT upper(r.c1) AS practice, upper(r.c2) AS parent, j.value AS joined, g.value AS gone, coalesce(j.problem, g.problem) AS bad_day
        FROM (%s) r CROSS JOIN LATERAL portfolio.read_date(r.c4) j CROSS JOIN LATERAL portfolio.read_date(r.c5) g
    ), judged AS (
      SELECT s.*, o.id,
             CASE WHEN s.parent IS NULL OR NOT portfolio.is_ods_code(s.parent) THEN format('"%%s" is no ODS code', s.parent)
                  WHEN s.bad_day IS NOT NULL THEN s.bad_day
                  WHEN s.joined IS NULL THEN 'it has no day of joining'
                  WHEN s.gone < s.joined THEN format('it left on %%s, before it joined on %%s', s.gone, s.joined)
                  WHEN o.id IS NULL THEN format('organisation "%%s" is not here', s.practice)
                  WHEN s.practice = s.parent THEN 'it would be a member of itself' END AS problem
        FROM said s LEFT JOIN portfolio.organisation o ON o.ods_code = s.practice
    ), ranged AS (
      SELECT j.*, CASE WHEN j.problem IS NULL THEN daterange(j.joined, j.gone + 1) END AS valid FROM judged j
    ), told_apart AS (   -- of several of one pair that meet, none is taken for the right one
      SELECT r.*, CASE WHEN r.problem IS NULL AND (r.joined <= max(coalesce(r.gone, 'infinity')) OVER earlier OR coalesce(r.gone, 'infinity') >= min(r.joined) OVER later)
                       THEN 'it overlaps another membership of the same two' END AS clash
        FROM ranged r
      WINDOW earlier AS (PARTITION BY r.practice, r.parent, r.problem IS NULL ORDER BY r.joined ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING),
             later AS (PARTITION BY r.practice, r.parent, r.problem IS NULL ORDER BY r.joined ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING)
    )
    SELECT array_agg(ROW(t.practice, t.parent,
             CASE WHEN coalesce(t.problem, t.clash) IS NOT NULL THEN 'refused' WHEN h.id IS NULL THEN 'new' WHEN h.valid <> t.valid THEN 'changed' ELSE 'same' END,
             coalesce(t.problem, t.clash), t.valid, h.id)::portfolio.ods_membership)
      FROM told_apart t
      LEFT JOIN portfolio.organisation b ON b.ods_code = t.parent
      LEFT JOIN portfolio.relationship h ON (h.source, h.kind, h.target, h.code, lower(h.valid)) = (b.id, 'aggregation', t.id, 'ods', t.joined)$query$,
    portfolio.columns_by_place(source, 6, 'epcmem')) INTO plan;

  IF NOT coalesce(dry_run, false) THEN
    INSERT INTO portfolio.organisation (code, name, ods_code, role, source)
    SELECT DISTINCT p.parent, p.parent, p.parent, 'commissioner', 'ods: epcmem' FROM unnest(plan) p
     WHERE p.problem IS NULL AND NOT EXISTS (SELECT FROM portfolio.organisation o WHERE o.ods_code = p.parent) ORDER BY 1;
    UPDATE portfolio.relationship r SET valid = p.valid FROM unnest(plan) p WHERE r.id = p.relationship AND p.verdict = 'changed';
    INSERT INTO portfolio.relationship (source, source_type, kind, target, target_type, code, valid, origin)
    SELECT b.id, 'BusinessActor', 'aggregation', o.id, 'BusinessActor', 'ods', p.valid, 'ods: epcmem'
      FROM unnest(plan) p JOIN portfolio.organisation b ON b.ods_code = p.parent JOIN portfolio.organisation o ON o.ods_code = p.practice
     WHERE p.verdict = 'new' ORDER BY p.practice, p.valid;
  END IF;
  RETURN QUERY SELECT p.* FROM unnest(plan) p ORDER BY array_position('{refused,changed,new,same}', p.verdict), p.practice, p.valid;
END
$$;
COMMENT ON FUNCTION portfolio.import_ods_memberships(regclass, boolean, jsonb) IS
  'Takes over which practice belonged to which commissioner when, from a file of the ODS layout epcmem loaded by COPY into 6 columns of text: relationships of kind aggregation, code ods, dated from joining to leaving. A parent of which only the code is known becomes an organisation of that name. One row a membership, refused ones first with the reason. dry_run only says what would become of them. The same file again changes nothing. Raises 22023 for fewer columns. Example: SELECT verdict, problem, count(*) FROM portfolio.import_ods_memberships(''epcmem'') GROUP BY 1, 2;';
