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

-- A name is a key of an index, which holds about a third of a page.
CREATE FUNCTION portfolio.too_long(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT CASE WHEN octet_length(lower($1)) > 2600 THEN format('is too long, it has %s characters', char_length($1)) END;
END;
COMMENT ON FUNCTION portfolio.too_long(text) IS
  'Why a text cannot be the code or name of an element, in words that follow what it is: it has more than 2,600 bytes; NULL when it can. Example: SELECT portfolio.too_long(repeat(''x'', 6400));';

CREATE FUNCTION portfolio.ods_organisations() RETURNS TABLE (ods text, id bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT o.ods_code, o.id FROM portfolio.organisation o WHERE o.ods_code IS NOT NULL
  UNION ALL
  SELECT o.code, o.id FROM portfolio.organisation o
   WHERE o.ods_code IS NULL AND NOT EXISTS (SELECT FROM portfolio.organisation x WHERE x.ods_code = o.code);
END;
COMMENT ON FUNCTION portfolio.ods_organisations() IS
  'Which organisation a file of the ODS means by a code: the one with this ODS code, else the one with this code that has no ODS code yet. Example: SELECT id FROM portfolio.ods_organisations() WHERE ods = ''X26'';';

CREATE FUNCTION portfolio.region_circles(plan portfolio.ods_practice[]) RETURNS TABLE (nth bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH RECURSIVE place AS MATERIALIZED (
    SELECT p.nth, coalesce(p.organisation::text, 'new ' || p.code) AS below, coalesce(r.id::text, 'new ' || p.region) AS above
      FROM unnest($1) WITH ORDINALITY p (code, name, verdict, problem, valid, region, address, postcode, setting, status, organisation, nth)
      LEFT JOIN portfolio.ods_organisations() r ON r.ods = p.region
     WHERE p.problem IS NULL AND p.region IS NOT NULL
    UNION ALL
    -- what the file does not move stays where it is
    SELECT NULL, o.id::text, o.region::text FROM portfolio.organisation o
     WHERE o.region IS NOT NULL AND NOT EXISTS (SELECT FROM unnest($1) p WHERE p.organisation = o.id AND p.problem IS NULL)
  ), way AS (
    SELECT p.nth, p.below, p.above FROM place p WHERE p.nth IS NOT NULL AND p.below IN (SELECT x.above FROM place x)
    UNION
    SELECT w.nth, w.below, p.above FROM way w JOIN place p ON p.below = w.above WHERE w.above <> w.below
  )
  SELECT w.nth FROM way w WHERE w.above = w.below;
END;
COMMENT ON FUNCTION portfolio.region_circles(portfolio.ods_practice[]) IS
  'Part of import_ods_practices(): the places in plan of rows whose region would lie in the practice itself, through however many others, once the rows without a problem are written.';

CREATE FUNCTION portfolio.judge_ods_practices(source regclass) RETURNS portfolio.ods_practice[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET jit = off
AS $$
DECLARE
  plan portfolio.ods_practice[];
  circle bigint[];
BEGIN
  EXECUTE format($query$
    WITH said AS MATERIALIZED (
      SELECT r.*, upper(r.c1) AS ods, upper(r.c4) AS region, nullif(concat_ws(', ', r.c5, r.c6, r.c7, r.c8, r.c9), '') AS address,
             o.value AS opened, x.value AS closed, coalesce(o.problem, x.problem) AS bad_day, count(*) OVER (PARTITION BY upper(r.c1)) AS namesakes
        FROM (SELECT f.*, row_number() OVER () AS nth FROM (%s) f) r CROSS JOIN LATERAL portfolio.read_date(r.c11) o CROSS JOIN LATERAL portfolio.read_date(r.c12) x
    ), judged AS (
      SELECT s.*, k.id AS organisation,
             CASE WHEN s.c1 IS NULL OR NOT portfolio.is_ods_code(s.ods) THEN format('"%%s" is no ODS code', s.c1)
                  WHEN s.namesakes > 1 THEN 'its code is there more than once'
                  WHEN s.c2 IS NULL THEN 'it has no name'
                  WHEN portfolio.too_long(s.c2) IS NOT NULL THEN 'its name ' || portfolio.too_long(s.c2)
                  WHEN s.bad_day IS NOT NULL THEN s.bad_day
                  WHEN s.closed < s.opened THEN format('it closed on %%s, before it opened on %%s', s.closed, s.opened)
                  WHEN s.c13 IS NOT NULL AND s.c13 NOT IN ('A', 'C', 'D', 'P') THEN format('status "%%s" is not known', s.c13)
                  WHEN NOT portfolio.is_ods_code(s.region) THEN format('"%%s", its region, is no ODS code', s.c4)
                  WHEN s.region = s.ods THEN 'it would be its own region'
                  WHEN c.id IS NOT NULL THEN format('organisation "%%s" has the ODS code "%%s"', c.code, c.ods_code)
                  WHEN d.id IS NOT NULL THEN format('organisation "%%s", its region, has the ODS code "%%s"', d.code, d.ods_code)
                  WHEN t.organisation IS NOT NULL AND t.organisation IS DISTINCT FROM k.id THEN
                    format('site "%%s" belongs to %%s', t.code, portfolio.element_label(t.organisation)) END AS problem
        FROM said s
        LEFT JOIN portfolio.ods_organisations() k ON k.ods = s.ods
        LEFT JOIN portfolio.ods_organisations() r ON r.ods = s.region
        -- the code is that of an organisation that the ODS knows under another
        LEFT JOIN portfolio.organisation c ON c.code = s.ods AND k.id IS NULL
        LEFT JOIN portfolio.organisation d ON d.code = s.region AND r.id IS NULL
        LEFT JOIN portfolio.site t ON t.code = s.ods
    ), ranged AS (
      SELECT j.*, CASE WHEN j.problem IS NULL THEN daterange(j.opened, j.closed + 1) END AS valid FROM judged j
    )
    SELECT array_agg(ROW(coalesce(r.ods, ''), r.c2,
             CASE WHEN r.problem IS NOT NULL THEN 'refused' WHEN o.id IS NULL THEN 'new'
                  WHEN (o.ods_code, o.name, o.valid, b.ods_code, t.name, t.valid, t.organisation, t.address, t.postcode, p.value) IS DISTINCT FROM
                       (r.ods, r.c2, r.valid, r.region, r.c2, r.valid, o.id, r.address, r.c10, CASE r.c13 WHEN 'D' THEN 'dormant' WHEN 'P' THEN 'proposed' END)
                    OR (SELECT array_agg(x.role ORDER BY x.role) FROM portfolio.organisation_role x WHERE x.organisation = o.id AND x.valid = r.valid AND x.role IN ('RO177', 'RO76'))
                       IS DISTINCT FROM CASE WHEN r.c26 = '4' THEN '{RO177,RO76}'::text[] ELSE '{RO177}' END
                  THEN 'changed' ELSE 'same' END,
             r.problem, r.valid, r.region, r.address, r.c10, r.c26, r.c13, o.id)::portfolio.ods_practice ORDER BY r.nth)
      FROM ranged r
      LEFT JOIN portfolio.organisation o ON o.id = r.organisation
      LEFT JOIN portfolio.organisation b ON b.id = o.region
      LEFT JOIN portfolio.site t ON t.code = r.ods
      LEFT JOIN portfolio.element_property p ON p.element = o.id AND p.key = 'ods_status' AND p.valid @> current_date$query$,
    portfolio.columns_by_place(source, 27, 'epraccur')) INTO plan;

  LOOP    -- a row that is refused leaves its practice where it was, which may close another circle
    circle := ARRAY(SELECT c.nth FROM portfolio.region_circles(plan) c);
    EXIT WHEN circle = '{}';
    plan := ARRAY(SELECT ROW(p.code, p.name, CASE WHEN x.is_in THEN 'refused' ELSE p.verdict END, CASE WHEN x.is_in THEN format('"%s", its region, would lie in it', p.region) ELSE p.problem END,
                             p.valid, p.region, p.address, p.postcode, p.setting, p.status, p.organisation)::portfolio.ods_practice
                    FROM unnest(plan) WITH ORDINALITY p (code, name, verdict, problem, valid, region, address, postcode, setting, status, organisation, nth)
                   CROSS JOIN LATERAL (SELECT p.nth = ANY (circle)) x (is_in) ORDER BY p.nth);
  END LOOP;
  RETURN plan;
END
$$;
COMMENT ON FUNCTION portfolio.judge_ods_practices(regclass) IS
  'Part of import_ods_practices(): the rows of the file in their order, each with its verdict beside what is here.';

CREATE FUNCTION portfolio.keep_ods_practices(plan portfolio.ods_practice[]) RETURNS void
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET jit = off
AS $$
BEGIN
  -- An organisation of this code that has no ODS code is the one that is meant
  UPDATE portfolio.organisation o SET ods_code = o.code
   WHERE o.ods_code IS NULL AND o.id IN (SELECT k.id FROM unnest(plan) p JOIN portfolio.ods_organisations() k ON k.ods IN (p.code, p.region) WHERE p.problem IS NULL);
  -- Bodies of which the file gives the code alone
  INSERT INTO portfolio.organisation (code, name, ods_code, source)
  SELECT DISTINCT p.region, p.region, p.region, 'ods: epraccur' FROM unnest(plan) p
   WHERE p.problem IS NULL AND p.region IS NOT NULL AND NOT EXISTS (SELECT FROM portfolio.organisation o WHERE o.ods_code = p.region)
     AND NOT EXISTS (SELECT FROM unnest(plan) x WHERE x.code = p.region AND x.verdict = 'new')
   ORDER BY 1;
  INSERT INTO portfolio.organisation (code, name, ods_code, role, valid, region, source)
  SELECT p.code, p.name, p.code, 'provider', p.valid, r.id, 'ods: epraccur'
    FROM unnest(plan) p LEFT JOIN portfolio.organisation r ON r.ods_code = p.region WHERE p.verdict = 'new' ORDER BY p.code;
  -- The region of a new one may be new itself
  UPDATE portfolio.organisation o SET name = p.name, valid = p.valid, region = r.id
    FROM unnest(plan) p LEFT JOIN portfolio.organisation r ON r.ods_code = p.region
   WHERE o.ods_code = p.code AND p.verdict IN ('new', 'changed') AND (o.name, o.valid, o.region) IS DISTINCT FROM (p.name, p.valid, r.id);
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
  SELECT o.id, r.role, r.role = 'RO177' AND NOT EXISTS (SELECT FROM portfolio.organisation_role x WHERE x.organisation = o.id AND x.is_primary AND x.valid && p.valid), p.valid
    FROM unnest(plan) p JOIN portfolio.organisation o ON o.ods_code = p.code
    JOIN unnest('{RO177,RO76}'::text[]) r (role) ON r.role = 'RO177' OR p.setting = '4'
   WHERE p.verdict IN ('new', 'changed')
  ON CONFLICT DO NOTHING;
  DELETE FROM portfolio.element_property e USING unnest(plan) p
   WHERE e.element = p.organisation AND e.key = 'ods_status' AND p.verdict = 'changed';
  INSERT INTO portfolio.element_property (element, key, value)
  SELECT o.id, 'ods_status', CASE p.status WHEN 'D' THEN 'dormant' ELSE 'proposed' END
    FROM unnest(plan) p JOIN portfolio.organisation o ON o.ods_code = p.code WHERE p.verdict IN ('new', 'changed') AND p.status IN ('D', 'P');
END
$$;
COMMENT ON FUNCTION portfolio.keep_ods_practices(portfolio.ods_practice[]) IS
  'Part of import_ods_practices(): makes what is new or changed of organisations, sites, roles and status as the file has it.';

CREATE FUNCTION portfolio.import_ods_practices(source regclass, dry_run boolean DEFAULT false, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.ods_practice
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  plan portfolio.ods_practice[];
BEGIN
  PERFORM portfolio.check_options(options, '{}'), portfolio.one_import();
  plan := portfolio.judge_ods_practices(source);
  IF NOT coalesce(dry_run, false) THEN
    PERFORM portfolio.keep_ods_practices(plan);
  END IF;
  RETURN QUERY SELECT p.code, p.name, p.verdict, p.problem, p.valid, p.region, p.address, p.postcode, p.setting, p.status, p.organisation
    FROM unnest(plan) WITH ORDINALITY p ORDER BY array_position('{refused,changed,new,same}', p.verdict), p.code, p.ordinality;
END
$$;
COMMENT ON FUNCTION portfolio.import_ods_practices(regclass, boolean, jsonb) IS
  'Takes over the practices of a file of the ODS layout epraccur, loaded by COPY into 27 columns of text: organisations with ODS code, dates, roles (RO177, GP practices RO76 too) and area, and their sites. A row is about the organisation with its ODS code, else about the one with its code that has no ODS code, which gets it; the same goes for the region, and a site of that code that is nobody''s becomes that of the practice. Refused are rows whose code is that of an organisation with another ODS code or of somebody else''s site, and regions that are none or would lie in the practice itself. One row a practice, refused ones first with the reason; nothing of a refused one is written. dry_run only says what would become of them. The same file again changes nothing. Raises 22023 for fewer columns, 22004 without a relation. Example: SELECT verdict, count(*) FROM portfolio.import_ods_practices(''epraccur'') GROUP BY 1;';

CREATE TYPE portfolio.ods_membership AS (practice text, parent text, verdict text, problem text, valid daterange, relationship bigint);
COMMENT ON TYPE portfolio.ods_membership IS 'A row of import_ods_memberships(): one row of the file and what becomes of it.';
COMMENT ON COLUMN portfolio.ods_membership.practice IS 'ODS code of the practice.';
COMMENT ON COLUMN portfolio.ods_membership.parent IS 'ODS code of the body that it is a member of.';
COMMENT ON COLUMN portfolio.ods_membership.verdict IS 'new, changed, same or refused.';
COMMENT ON COLUMN portfolio.ods_membership.problem IS 'Why it is refused; NULL otherwise.';
COMMENT ON COLUMN portfolio.ods_membership.valid IS 'From the day it joined to the day it left.';
COMMENT ON COLUMN portfolio.ods_membership.relationship IS 'The relationship that it is here; NULL when new.';

CREATE FUNCTION portfolio.membership_overlaps(plan portfolio.ods_membership[]) RETURNS TABLE (nth bigint, verdict text, relationship bigint, valid daterange)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT p.nth, p.verdict, r.id, r.valid
    FROM unnest($1) WITH ORDINALITY p (practice, parent, verdict, problem, valid, relationship, nth)
    JOIN portfolio.ods_organisations() b ON b.ods = p.parent
    JOIN portfolio.ods_organisations() o ON o.ods = p.practice
    JOIN portfolio.relationship r ON (r.source, r.kind, r.target, r.code) = (b.id, 'aggregation', o.id, 'ods') AND r.valid && p.valid
   WHERE p.verdict IN ('new', 'changed')
     AND r.id NOT IN (SELECT q.relationship FROM unnest($1) q WHERE q.relationship IS NOT NULL AND q.verdict <> 'refused')
   ORDER BY b.id, o.id, p.valid, r.valid;
END;
COMMENT ON FUNCTION portfolio.membership_overlaps(portfolio.ods_membership[]) IS
  'Part of import_ods_memberships(): the places in plan of rows that are to be written, each with the memberships of the same two that share days with it and that no such row is about, in the order of their days.';

-- Which membership a row is about whose first day is none of those that are here, and which rows have no room.
CREATE FUNCTION portfolio.settle_memberships(plan portfolio.ods_membership[]) RETURNS portfolio.ods_membership[]
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET enable_nestloop = off   -- before ANALYZE the planner takes everything for a few rows, and would compare each with each
AS $$
#variable_conflict use_column
DECLARE
  pair record;
  kept bigint[] := ARRAY(SELECT p.relationship FROM unnest(plan) p WHERE p.verdict = 'refused' AND p.relationship IS NOT NULL);
  places bigint[] := '{}';               -- rows in plan, and what each has taken
  taken bigint[] := '{}';
  last_place bigint;
  last_taken bigint;
BEGIN
  -- In the order of days each new row takes the first one that no row has taken
  FOR pair IN SELECT m.nth, m.relationship FROM portfolio.membership_overlaps(plan) m WHERE m.verdict = 'new' AND m.relationship <> ALL (kept) LOOP
    CONTINUE WHEN pair.nth = last_place OR pair.relationship = last_taken;
    places := places || pair.nth;
    taken := taken || pair.relationship;
    last_place := pair.nth;
    last_taken := pair.relationship;
  END LOOP;
  plan := ARRAY(SELECT ROW(p.practice, p.parent, CASE WHEN t.relationship IS NULL THEN p.verdict ELSE 'changed' END, p.problem, p.valid, coalesce(t.relationship, p.relationship))::portfolio.ods_membership
                  FROM unnest(plan) WITH ORDINALITY p (practice, parent, verdict, problem, valid, relationship, nth)
                  LEFT JOIN unnest(places, taken) t (nth, relationship) ON t.nth = p.nth ORDER BY p.nth);
  -- A row that is refused leaves its membership as it is, which may be in the way of another row
  WHILE EXISTS (SELECT FROM portfolio.membership_overlaps(plan)) LOOP
    plan := ARRAY(SELECT ROW(p.practice, p.parent, CASE WHEN m.valid IS NULL THEN p.verdict ELSE 'refused' END,
                             CASE WHEN m.valid IS NULL THEN p.problem ELSE format('it overlaps a membership of the same two that stays: %s', m.valid) END, p.valid, p.relationship)::portfolio.ods_membership
                    FROM unnest(plan) WITH ORDINALITY p (practice, parent, verdict, problem, valid, relationship, nth)
                    LEFT JOIN (SELECT DISTINCT ON (o.nth) o.nth, o.valid FROM portfolio.membership_overlaps(plan) o ORDER BY o.nth, o.valid) m ON m.nth = p.nth ORDER BY p.nth);
  END LOOP;
  RETURN plan;
END
$$;
COMMENT ON FUNCTION portfolio.settle_memberships(portfolio.ods_membership[]) IS
  'Part of import_ods_memberships(): finds for new rows the membership of the same two that shares days with them, and refuses those in whose way one is that stays.';

CREATE FUNCTION portfolio.import_ods_memberships(source regclass, dry_run boolean DEFAULT false, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.ods_membership
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
SET jit = off
AS $$
DECLARE
  plan portfolio.ods_membership[];
BEGIN
  PERFORM portfolio.check_options(options, '{}'), portfolio.one_import();
  EXECUTE format($query$
    WITH said AS (
      SELECT r.nth, upper(r.c1) AS practice, upper(r.c2) AS parent, j.value AS joined, g.value AS gone, coalesce(j.problem, g.problem) AS bad_day
        FROM (SELECT f.*, row_number() OVER () AS nth FROM (%s) f) r CROSS JOIN LATERAL portfolio.read_date(r.c4) j CROSS JOIN LATERAL portfolio.read_date(r.c5) g
    ), judged AS (
      SELECT s.*, o.id, b.id AS parent_id,
             CASE WHEN s.parent IS NULL OR NOT portfolio.is_ods_code(s.parent) THEN format('"%%s" is no ODS code', s.parent)
                  WHEN s.bad_day IS NOT NULL THEN s.bad_day
                  WHEN s.joined IS NULL THEN 'it has no day of joining'
                  WHEN s.gone < s.joined THEN format('it left on %%s, before it joined on %%s', s.gone, s.joined)
                  WHEN o.id IS NULL THEN format('organisation "%%s" is not here', s.practice)
                  WHEN s.practice = s.parent THEN 'it would be a member of itself'
                  WHEN c.id IS NOT NULL THEN format('organisation "%%s" has the ODS code "%%s"', c.code, c.ods_code) END AS problem
        FROM said s
        LEFT JOIN portfolio.ods_organisations() o ON o.ods = s.practice
        LEFT JOIN portfolio.ods_organisations() b ON b.ods = s.parent
        -- the code is that of an organisation that the ODS knows under another
        LEFT JOIN portfolio.organisation c ON c.code = s.parent AND b.id IS NULL
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
             coalesce(t.problem, t.clash), t.valid, h.id)::portfolio.ods_membership ORDER BY t.nth)
      FROM told_apart t
      LEFT JOIN portfolio.relationship h ON (h.source, h.kind, h.target, h.code, lower(h.valid)) = (t.parent_id, 'aggregation', t.id, 'ods', t.joined)$query$,
    portfolio.columns_by_place(source, 6, 'epcmem')) INTO plan;
  plan := portfolio.settle_memberships(plan);

  IF NOT coalesce(dry_run, false) THEN
    -- An organisation of this code that has no ODS code is the one that is meant
    UPDATE portfolio.organisation o SET ods_code = o.code
     WHERE o.ods_code IS NULL AND o.id IN (SELECT k.id FROM unnest(plan) p JOIN portfolio.ods_organisations() k ON k.ods IN (p.practice, p.parent) WHERE p.problem IS NULL);
    INSERT INTO portfolio.organisation (code, name, ods_code, role, source)
    SELECT DISTINCT p.parent, p.parent, p.parent, 'commissioner', 'ods: epcmem' FROM unnest(plan) p
     WHERE p.problem IS NULL AND NOT EXISTS (SELECT FROM portfolio.organisation o WHERE o.ods_code = p.parent) ORDER BY 1;
    -- First out of the way of the others, so that no two share days on the way
    UPDATE portfolio.relationship r SET valid = r.valid * p.valid FROM unnest(plan) p
     WHERE r.id = p.relationship AND p.verdict = 'changed' AND r.valid <> r.valid * p.valid
       AND EXISTS (SELECT FROM unnest(plan) x WHERE (x.practice, x.parent) = (p.practice, p.parent) AND x.problem IS NULL AND x.valid <> p.valid AND x.valid && r.valid);
    UPDATE portfolio.relationship r SET valid = p.valid FROM unnest(plan) p WHERE r.id = p.relationship AND p.verdict = 'changed' AND r.valid <> p.valid;
    INSERT INTO portfolio.relationship (source, source_type, kind, target, target_type, code, valid, origin)
    SELECT b.id, 'BusinessActor', 'aggregation', o.id, 'BusinessActor', 'ods', p.valid, 'ods: epcmem'
      FROM unnest(plan) p JOIN portfolio.organisation b ON b.ods_code = p.parent JOIN portfolio.organisation o ON o.ods_code = p.practice
     WHERE p.verdict = 'new' ORDER BY p.practice, p.valid;
  END IF;
  RETURN QUERY SELECT p.practice, p.parent, p.verdict, p.problem, p.valid, p.relationship
    FROM unnest(plan) WITH ORDINALITY p ORDER BY array_position('{refused,changed,new,same}', p.verdict), p.practice, p.valid, p.ordinality;
END
$$;
COMMENT ON FUNCTION portfolio.import_ods_memberships(regclass, boolean, jsonb) IS
  'Takes over which practice belonged to which commissioner when, from a file of the ODS layout epcmem loaded by COPY into 6 columns of text: relationships of kind aggregation, code ods, dated from joining to leaving. A row is about the membership of the same two with its first day, else about the first one that shares days with it, whose days become those of the file; a row in whose way another membership stays is refused. A code means an organisation as in import_ods_practices(); a parent of which only the code is known becomes an organisation of that name. One row a membership, refused ones first with the reason. dry_run only says what would become of them. The same file again changes nothing. Raises 22023 for fewer columns, 22004 without a relation. Example: SELECT verdict, problem, count(*) FROM portfolio.import_ods_memberships(''epcmem'') GROUP BY 1, 2;';
