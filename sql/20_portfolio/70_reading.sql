-- Reading what people write in the cells of a sheet.
CREATE FUNCTION portfolio.mend_text(text) RETURNS text
LANGUAGE c IMMUTABLE PARALLEL SAFE STRICT AS 'MODULE_PATHNAME', 'pf_mend_text';
COMMENT ON FUNCTION portfolio.mend_text(text) IS
  'The text as it was before its file was read in the wrong encoding: UTF-8 read as Windows-1252, Windows-1252 read as Latin-1; without byte order marks, and with plain spaces for no-break ones. Any other text is returned as it is. Example: SELECT portfolio.mend_text(''Â£5 â€“ Â£6'');';

CREATE FUNCTION portfolio.cell_text(cell text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  SELECT CASE WHEN lower(t.cell COLLATE "C") IN ('', '-', '–', '—', '.', '?', 'n/a', '#n/a', 'n.a.', 'null', 'tbc', 'tbd', 'not known', 'unknown', 'not applicable') THEN NULL
              ELSE t.cell END
    FROM (SELECT regexp_replace(btrim(portfolio.mend_text($1), E' \t\r\n'), E'\r\n?', E'\n', 'g') AS cell) t;
END;
COMMENT ON FUNCTION portfolio.cell_text(text) IS
  'What a cell says: mended, without blanks at its ends; NULL where it says nothing (empty, a dash, n/a, TBC, unknown). Example: SELECT portfolio.cell_text('' n/a '');';

CREATE FUNCTION portfolio.read_date(cell text, OUT value date, OUT problem text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  said text := portfolio.cell_text(cell);
  part text[];
  year text;
  y int;
  m int;
  d int;
  two_ways boolean := false;   -- day and month could be the other way round
BEGIN
  IF said IS NULL THEN
    RETURN;
  END IF;
  -- A weekday before it and a time after it change nothing.
  said := regexp_replace(said, '^(mon|tues?|wed(nes)?|thu(rs)?|fri|sat(ur)?|sun)(day)?,?\s+', '', 'i');
  said := regexp_replace(said, '[T ]\d\d?:\d\d(:\d\d(\.\d+)?)?\s*(am|pm)?\s*(Z|[+-]\d\d(:?\d\d)?)?$', '', 'i');
  IF said ~ '^\d{4}[-/.]\d{1,2}[-/.]\d{1,2}$' THEN
    part := regexp_split_to_array(said, '[-/.]');
    year := part[1]; m := part[2]; d := part[3];
  ELSIF said ~ '^(19|20)\d{6}$' THEN
    year := left(said, 4); m := substr(said, 5, 2); d := right(said, 2);
  ELSIF said ~ '^\d{1,2}\s*[-/.]\s*\d{1,2}\s*[-/.]\s*(\d{2}|\d{4})$' THEN
    part := regexp_split_to_array(said, '\s*[-/.]\s*');
    d := part[1]; m := part[2]; year := part[3];
    two_ways := true;
  ELSIF said ~* '^\d{1,2}(st|nd|rd|th)?( of)?[-/. ]+[a-z]{3,9}\.?,?[-/. ]*(''?\d{2}|\d{4})$' THEN
    part := regexp_match(said, '^(\d+)(?:st|nd|rd|th)?(?: of)?[-/. ]+([a-z]+)\.?,?[-/. ]*''?(\d+)$', 'i');
    d := part[1]; year := part[3];
    SELECT n INTO m
      FROM unnest('{january,february,march,april,may,june,july,august,september,october,november,december}'::text[]) WITH ORDINALITY u (month, n)
     WHERE starts_with(u.month, lower(part[2] COLLATE "C"));
    IF m IS NULL THEN
      problem := format('"%s" is not a day: no month is called "%s"', said, part[2]);
      RETURN;
    END IF;
  ELSIF said ~ '^\d{5}(\.\d+)?$' THEN
    -- the number by which a spreadsheet keeps a day, from 30 December 1899
    value := date '1899-12-30' + floor(said::numeric)::int;
    RETURN;
  ELSE
    problem := format('"%s" is not a day', said);
    RETURN;
  END IF;
  y := year;
  IF length(year) = 2 THEN
    y := y + CASE WHEN y < 70 THEN 2000 ELSE 1900 END;
  ELSIF y < 100 THEN
    problem := format('"%s" is not a day: it is in the year %s, as programs write that there is none', said, y);
    RETURN;
  END IF;
  IF two_ways AND m NOT BETWEEN 1 AND 12 AND d BETWEEN 1 AND 12 THEN
    problem := format('"%s" is not a day: it is read as day, month, year', said);
  ELSIF m NOT BETWEEN 1 AND 12 OR d < 1 OR y < 1 OR d > extract(day FROM make_date(y, m, 1) + interval '1 month' - interval '1 day') THEN
    problem := format('"%s" is a day that no calendar has', said);
  ELSE
    value := make_date(y, m, d);
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.read_date(text) IS
  'The day that a cell says, in the forms that people in the United Kingdom write: 30/09/2016, 30.9.16, 30 Sep 2016, Friday 30th September 2016, ISO, yyyymmdd, a spreadsheet''s number; times after it are left off. Two-digit years are 1970 to 2069. value is NULL for an empty cell; otherwise one of value and problem is. Example: SELECT * FROM portfolio.read_date(''1st April 2016'');';

CREATE FUNCTION portfolio.read_number(cell text, unit text DEFAULT NULL, OUT value numeric, OUT problem text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  said text := portfolio.cell_text(cell);
  number text := regexp_replace(regexp_replace(said, '(\d)\s(?=\d{3}(\D|$))', '\1', 'g'), '(\d\s+\d)|\s', '\1', 'g');
  negative boolean := false;
  scale text;
BEGIN
  IF said IS NULL THEN
    RETURN;
  END IF;
  IF number ~ '^\(.*\)$' THEN
    negative := true;
    number := substr(number, 2, length(number) - 2);
  ELSIF number ~ '^[-−+]' THEN
    negative := negative <> (number !~ '^\+');
    number := substr(number, 2);
  END IF;
  IF number ~* '£|gbp' THEN
    IF unit IS NULL OR unit NOT IN ('gbp', 'gbp_m') THEN
      problem := format('"%s" is an amount of money', said);
      RETURN;
    END IF;
    number := regexp_replace(number, '£|gbp', '', 'ig');
    IF number ~ '^[-−]' AND NOT negative THEN
      negative := NOT negative;
      number := substr(number, 2);
    END IF;
  END IF;
  IF number ~ '%$' THEN
    IF unit IS DISTINCT FROM 'percent' THEN
      problem := format('"%s" is a percentage', said);
      RETURN;
    END IF;
    number := regexp_replace(left(number, -1), '[a-z]$', '?', 'i');
  END IF;
  scale := lower(substring(number FROM '(?i)(k|m|mn|million|bn|billion)$') COLLATE "C");
  number := left(number, length(number) - coalesce(length(scale), 0));
  IF number ~ '^\d{1,3}(,\d{3})+(\.\d*)?$' THEN
    number := replace(number, ',', '');
  END IF;
  IF number !~* '^(\d+(\.\d*)?|\.\d+)(e[+-]?\d{1,2})?$' THEN
    problem := format('"%s" is not a number', said);
    RETURN;
  END IF;
  value := number::numeric * CASE WHEN negative THEN -1 ELSE 1 END;
  IF scale IS NOT NULL THEN
    value := trim_scale(value * CASE scale WHEN 'k' THEN 1000 WHEN 'bn' THEN 1000000000 WHEN 'billion' THEN 1000000000 ELSE 1000000 END
                        / CASE unit WHEN 'gbp_m' THEN 1000000 ELSE 1 END);
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.read_number(text, text) IS
  'The number that a cell says: with thousands separators, in parentheses when below 0, with k, m or bn. unit is gbp, gbp_m (what says £2.9m or £2.9bn is turned into millions), percent or NULL; a pound sign or % where the unit is another is a problem. value is NULL for an empty cell. Example: SELECT * FROM portfolio.read_number(''£1,234.50'', ''gbp'');';

CREATE FUNCTION portfolio.read_boolean(cell text, OUT value boolean, OUT problem text)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  said text := portfolio.cell_text(cell);
BEGIN
  IF lower(said COLLATE "C") IN ('yes', 'y', 'true', 't', '1', 'x', '✓') THEN
    value := true;
  ELSIF lower(said COLLATE "C") IN ('no', 'n', 'false', 'f', '0') THEN
    value := false;
  ELSIF said IS NOT NULL THEN
    problem := format('"%s" is neither yes nor no', said);
  END IF;
END
$$;
COMMENT ON FUNCTION portfolio.read_boolean(text) IS
  'Yes or no as a cell says it: yes, y, true, 1, x; no, n, false, 0. value is NULL for an empty cell. Example: SELECT * FROM portfolio.read_boolean(''Y'');';
