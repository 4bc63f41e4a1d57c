-- The Government Major Projects Portfolio as it is published: a column a project until 2020, a row a project since.
CREATE TYPE portfolio.gmpp_verdict AS (gmpp_id text, name text, verdict text, problem text, rated_on date, programme bigint);
COMMENT ON TYPE portfolio.gmpp_verdict IS 'A row of import_gmpp(): one project of the sheet and what becomes of it, or a heading that is not known.';
COMMENT ON COLUMN portfolio.gmpp_verdict.gmpp_id IS 'Whole identifier; NULL for a heading.';
COMMENT ON COLUMN portfolio.gmpp_verdict.name IS 'Name of the project, or the heading, or the place of data that has none.';
COMMENT ON COLUMN portfolio.gmpp_verdict.verdict IS 'unmapped (a heading that is not known, or data without a heading, which is left out), refused, changed, new or same.';
COMMENT ON COLUMN portfolio.gmpp_verdict.problem IS 'Why it is refused or left out; NULL otherwise.';
COMMENT ON COLUMN portfolio.gmpp_verdict.rated_on IS 'Day to which the figures refer.';
COMMENT ON COLUMN portfolio.gmpp_verdict.programme IS 'The programme; NULL for a heading, a refused row, and a new one of a dry run.';

CREATE FUNCTION portfolio.gmpp_field(heading text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
BEGIN ATOMIC
  -- The years before a heading ("2016/17 TOTAL Baseline") say of which edition it is.
  SELECT f.field
    FROM (SELECT regexp_replace(portfolio.fold_heading($1), '^\d{4,8}', '') AS folded) h,
         (VALUES (1, NULL, 'narrative|comment|explanation|reason|variance|benefit'),
                 (2, 'gmpp_id', '^(gmpp)?(project)?(id|idnumber|idno|identifier)$|^gmppid'),
                 (3, 'snapshot_date', '^(snapshotdate|dataasat|asat|ratedon|editiondate|datadate)'),
                 (4, NULL, '^sro'),
                 (5, 'dca', '(deliveryconfidence|ragrating|^dca$|^ipadca|^ipararating)'),
                 (6, 'category', 'category$'),
                 (7, 'department', '^(lead)?(department|dept)(name)?$'),
                 (8, 'description', '^(project)?(description|aims)'),
                 (9, 'start_date', 'startdate'),
                 (10, 'end_date', 'enddate'),
                 (11, 'whole_life_cost_gbp_m', 'wholelifecost'),
                 (12, 'fy_baseline_gbp_m', '^(total|fy|financialyear|inyear).*baseline|^fybaseline'),
                 (13, 'fy_forecast_gbp_m', '^(total|fy|financialyear|inyear).*forecast|^fyforecast'),
                 (14, 'name', '^(name|title|(project|programme)(name|title)?|nameof(project|programme))$')) f (nth, field, pattern)
   WHERE h.folded ~ f.pattern ORDER BY f.nth LIMIT 1;
END;
COMMENT ON FUNCTION portfolio.gmpp_field(text) IS
  'The field of a programme that a heading of a published sheet means, whatever its spelling: gmpp_id, name, department, category, dca, description, start_date, end_date, fy_baseline_gbp_m, fy_forecast_gbp_m, whole_life_cost_gbp_m or snapshot_date; NULL for any other. Example: SELECT portfolio.gmpp_field(''Project - End Date (Latest Approved End Date)'');';

-- The cells of a sheet as rows; the first are the names of the columns.
CREATE FUNCTION portfolio.sheet_grid(source regclass) RETURNS jsonb
LANGUAGE plpgsql STABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  grid jsonb;
BEGIN
  IF NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = source) THEN
    RAISE EXCEPTION 'relation with OID % does not exist', source::oid USING ERRCODE = 'undefined_table';
  END IF;
  EXECUTE format('SELECT coalesce(jsonb_agg(jsonb_build_array(%s)), ''[]'') FROM %s',
                 (SELECT string_agg(format('portfolio.plain_text(%I)', a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped),
                 source)
    INTO grid;
  RETURN jsonb_build_array((SELECT jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = source AND a.attnum > 0 AND NOT a.attisdropped)) || grid;
END
$$;
COMMENT ON FUNCTION portfolio.sheet_grid(regclass) IS
  'A relation as an array of rows of text, the first the names of its columns; NULL for NULL. Raises 42P01 for a number of no relation. Example: SELECT portfolio.sheet_grid(''gmpp_2014'');';

-- Projects as {field: cell} and headings that mean nothing here, from either layout. Headings stand in the names of the columns,
-- in a row, or in the first column: wherever the most of them are known.
CREATE FUNCTION portfolio.read_gmpp(source regclass, OUT projects jsonb, OUT unmapped text[], OUT nameless text[])
LANGUAGE plpgsql STABLE PARALLEL SAFE STRICT
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  grid jsonb := portfolio.sheet_grid(source);
  header bigint;       -- the row of headings, 1 for the names of the columns
  in_rows bigint;
  in_column bigint;
  headings jsonb;
BEGIN
  SELECT r.nth, count(DISTINCT portfolio.gmpp_field(c.cell)) INTO header, in_rows
    FROM jsonb_array_elements(grid) WITH ORDINALITY r (cells, nth) CROSS JOIN LATERAL jsonb_array_elements_text(r.cells) c (cell)
   WHERE r.nth <= 6 GROUP BY r.nth ORDER BY 2 DESC, 1 LIMIT 1;
  SELECT count(DISTINCT portfolio.gmpp_field(r.cells ->> 0)) INTO in_column FROM jsonb_array_elements(grid) r (cells);
  IF greatest(in_rows, in_column) < 3 THEN
    RAISE EXCEPTION 'relation "%" does not have a layout of the major projects portfolio', source
      USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Neither a row nor the first column has three headings that are known.',
            HINT = 'SELECT portfolio.gmpp_field(''a heading'') tells what a heading is taken for.';
  END IF;
  -- Each cell with its heading, the number of the heading and that of its project
  WITH cell AS MATERIALIZED (
    SELECT CASE WHEN in_rows >= in_column THEN c.nth ELSE r.nth END AS place, CASE WHEN in_rows >= in_column THEN r.nth ELSE c.nth END AS project,
           btrim(CASE WHEN in_rows >= in_column THEN grid -> (header::int - 1) ->> (c.nth::int - 1) ELSE r.cells ->> 0 END) AS heading, c.cell
      FROM jsonb_array_elements(grid) WITH ORDINALITY r (cells, nth) CROSS JOIN LATERAL jsonb_array_elements_text(r.cells) WITH ORDINALITY c (cell, nth)
     WHERE CASE WHEN in_rows >= in_column THEN r.nth >= header ELSE true END
  ), heading AS MATERIALIZED (
    SELECT c.place, c.heading, portfolio.gmpp_field(c.heading) AS field, bool_or(portfolio.cell_text(c.cell) IS NOT NULL) AS says
      FROM cell c GROUP BY c.place, c.heading
  ), project AS (
    SELECT c.project, jsonb_object_agg(h.field, c.cell) AS said
      FROM cell c JOIN heading h USING (place) WHERE h.field IS NOT NULL AND c.project > CASE WHEN in_rows >= in_column THEN header ELSE 1 END GROUP BY c.project
  )
  SELECT (SELECT coalesce(jsonb_agg(p.said ORDER BY p.project), '[]') FROM project p),
         -- the name of the first column heads nothing where headings stand below it
         (SELECT coalesce(array_agg(h.heading ORDER BY h.place), '{}') FROM heading h WHERE h.field IS NULL AND h.heading <> '' AND (in_rows >= in_column OR h.place > 1)),
         (SELECT coalesce(array_agg(CASE WHEN in_rows >= in_column THEN format('column %s', grid -> 0 ->> (h.place::int - 1)) ELSE format('row %s', h.place - 1) END ORDER BY h.place), '{}')
            FROM heading h WHERE coalesce(h.heading, '') = '' AND h.says),
         (SELECT jsonb_agg(jsonb_build_object('heading', h.heading, 'field', h.field) ORDER BY h.place) FROM heading h)
    INTO projects, unmapped, nameless, headings;
  PERFORM portfolio.check_headings(source, headings);
END
$$;
COMMENT ON FUNCTION portfolio.read_gmpp(regclass) IS
  'The projects of a published sheet as [{field: cell}], its headings that are not known, and the rows or columns of data that have none, in either layout: a row a project or a column a project. Raises 22023 when it is neither, 42701 where several headings mean one field, with all of them.';

CREATE FUNCTION portfolio.gmpp_programme(project jsonb, rated_on date, OUT programme portfolio.programme, OUT rating text, OUT problem text)
LANGUAGE plpgsql STABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  cell record;
BEGIN
  programme.gmpp_id := portfolio.cell_text(project ->> 'gmpp_id');
  programme.name := portfolio.cell_text(project ->> 'name');
  programme.department := portfolio.cell_text(project ->> 'department');
  programme.category := portfolio.cell_text(project ->> 'category');
  programme.description := portfolio.cell_text(project ->> 'description');
  -- "Exempt under Section 43 …" stands where a figure or day is withheld
  FOR cell IN SELECT c.key, d.value AS day, f.value AS figure, CASE WHEN c.key LIKE '%\_date' THEN d.problem ELSE f.problem END AS problem
                FROM jsonb_each_text(project) c
               CROSS JOIN LATERAL portfolio.read_date(CASE WHEN c.value !~* '^\s*(exempt|withheld|reset)' THEN c.value END) d
               CROSS JOIN LATERAL portfolio.read_number(CASE WHEN c.value !~* '^\s*(exempt|withheld|reset)' THEN c.value END, 'gbp_m') f
               WHERE c.key ~ '_date$|_gbp_m$' LOOP
    problem := coalesce(problem, cell.key || ': ' || cell.problem);
    CASE cell.key
      WHEN 'start_date' THEN programme.start_date := cell.day;
      WHEN 'end_date' THEN programme.end_date := cell.day;
      WHEN 'snapshot_date' THEN programme.snapshot_date := cell.day;
      WHEN 'fy_baseline_gbp_m' THEN programme.fy_baseline_gbp_m := cell.figure;
      WHEN 'fy_forecast_gbp_m' THEN programme.fy_forecast_gbp_m := cell.figure;
      WHEN 'whole_life_cost_gbp_m' THEN programme.whole_life_cost_gbp_m := cell.figure;
    END CASE;
  END LOOP;
  programme.snapshot_date := coalesce(programme.snapshot_date, rated_on);
  -- Three points since March 2022, five before
  rating := portfolio.cell_text(project ->> 'dca');
  rating := CASE WHEN rating ~* '^exempt' THEN 'Exempt' WHEN programme.snapshot_date >= DATE '2022-03-01' AND rating ~* '^(red|amber|green)$' THEN rating || ' (3)' ELSE rating END;
  programme.dca := portfolio.try_dca(rating);
END
$$;
COMMENT ON FUNCTION portfolio.gmpp_programme(jsonb, date) IS
  'Part of import_gmpp(): a project of a sheet as a row of programme, its rating as written, and what is wrong with its first figure or day that cannot be read.';

CREATE FUNCTION portfolio.keep_gmpp_programme(p portfolio.programme, n portfolio.programme, is_older boolean) RETURNS bigint
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF p.id IS NULL THEN
    INSERT INTO portfolio.programme (code, name, description, gmpp_id, department, category, dca, start_date, end_date, fy_baseline_gbp_m, fy_forecast_gbp_m,
                                     whole_life_cost_gbp_m, snapshot_date, source)
    VALUES (n.gmpp_id, n.name, n.description, n.gmpp_id, n.department, n.category, n.dca, n.start_date, n.end_date, n.fy_baseline_gbp_m, n.fy_forecast_gbp_m,
            n.whole_life_cost_gbp_m, n.snapshot_date, 'gmpp')
    RETURNING id INTO p.id;
  ELSIF is_older THEN
    UPDATE portfolio.programme x SET gmpp_id = n.gmpp_id WHERE x.id = p.id AND x.gmpp_id IS NULL;
    INSERT INTO portfolio.dca_history AS h (programme, rated_on, dca, end_date, fy_baseline_gbp_m, fy_forecast_gbp_m, whole_life_cost_gbp_m, source)
    SELECT p.id, n.snapshot_date, n.dca, n.end_date, n.fy_baseline_gbp_m, n.fy_forecast_gbp_m, n.whole_life_cost_gbp_m, 'gmpp' WHERE n.dca IS NOT NULL
    ON CONFLICT ON CONSTRAINT dca_history_pkey DO UPDATE
       SET (dca, end_date, fy_baseline_gbp_m, fy_forecast_gbp_m, whole_life_cost_gbp_m)
         = (excluded.dca, excluded.end_date, excluded.fy_baseline_gbp_m, excluded.fy_forecast_gbp_m, excluded.whole_life_cost_gbp_m);
  ELSE
    UPDATE portfolio.programme x
       SET (gmpp_id, name, description, department, category, dca, start_date, end_date, fy_baseline_gbp_m, fy_forecast_gbp_m, whole_life_cost_gbp_m, snapshot_date)
         = (n.gmpp_id, n.name, n.description, n.department, n.category, n.dca, n.start_date, n.end_date, n.fy_baseline_gbp_m, n.fy_forecast_gbp_m, n.whole_life_cost_gbp_m, n.snapshot_date)
     WHERE x.id = p.id;
  END IF;
  RETURN p.id;
END
$$;
COMMENT ON FUNCTION portfolio.keep_gmpp_programme(portfolio.programme, portfolio.programme, boolean) IS
  'Part of import_gmpp(): the programme p, as it is here, becomes n, as the sheet has it; of a sheet that is older than p its rating goes to the history alone. A p of NULLs is new. The number of the programme.';

CREATE FUNCTION portfolio.import_gmpp(source regclass, rated_on date DEFAULT NULL, dry_run boolean DEFAULT false, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.gmpp_verdict
LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp
SET datestyle = 'ISO, YMD'
AS $$
DECLARE
  sheet record;
  project jsonb;
  said record;
  p portfolio.programme;       -- as it is here
  n portfolio.programme;       -- as the sheet has it
  kept portfolio.dca_history;
  verdict portfolio.gmpp_verdict;
  verdicts portfolio.gmpp_verdict[] := '{}';
  is_older boolean;            -- than what is here
  seen text[] := '{}';
BEGIN
  PERFORM portfolio.check_options(options, '{}'), portfolio.one_import();
  IF source IS NULL THEN
    RAISE EXCEPTION 'the relation must not be null' USING ERRCODE = 'null_value_not_allowed';
  ELSIF NOT isfinite(rated_on) THEN
    RAISE EXCEPTION 'the day of the figures must be a day of the calendar' USING ERRCODE = 'invalid_parameter_value', DETAIL = format('It is %s.', rated_on);
  END IF;
  sheet := portfolio.read_gmpp(source);
  RETURN QUERY SELECT NULL::text, u, 'unmapped', 'the heading is not known', NULL::date, NULL::bigint FROM unnest(sheet.unmapped) u;
  RETURN QUERY SELECT NULL::text, u, 'unmapped', 'it has no heading', NULL::date, NULL::bigint FROM unnest(sheet.nameless) u;
  FOR project IN SELECT e FROM jsonb_array_elements(sheet.projects) e LOOP
    CONTINUE WHEN NOT EXISTS (SELECT FROM jsonb_each_text(project) c WHERE portfolio.cell_text(c.value) IS NOT NULL);
    verdict := NULL;
    p := NULL;
    said := portfolio.gmpp_programme(project, rated_on);
    n := said.programme;
    verdict.problem := said.problem;
    -- The programme with its id, else the one with its code
    SELECT x.* INTO p FROM portfolio.programme x WHERE n.gmpp_id IN (x.gmpp_id, x.code) ORDER BY x.gmpp_id IS DISTINCT FROM n.gmpp_id LIMIT 1;
    is_older := coalesce(p.snapshot_date > n.snapshot_date, false);
    verdict.problem := CASE WHEN n.gmpp_id IS NULL THEN 'it has no GMPP id'
                            WHEN portfolio.too_long(n.gmpp_id) IS NOT NULL THEN 'its id ' || portfolio.too_long(n.gmpp_id)
                            WHEN n.gmpp_id = ANY (seen) THEN 'its id is there more than once'
                            WHEN p.gmpp_id <> n.gmpp_id THEN format('programme "%s" has the GMPP id "%s"', p.code, p.gmpp_id)
                            WHEN n.snapshot_date IS NULL THEN 'the day of its figures is not known: give rated_on'
                            WHEN n.name IS NULL AND p.id IS NULL THEN 'it has no name'
                            WHEN portfolio.too_long(n.name) IS NOT NULL THEN 'its name ' || portfolio.too_long(n.name)
                            WHEN said.rating IS NOT NULL AND n.dca IS NULL THEN format('"%s" is no delivery confidence', said.rating)
                            ELSE verdict.problem END;
    seen := seen || n.gmpp_id;
    verdict.gmpp_id := n.gmpp_id;
    verdict.name := coalesce(n.name, p.name);
    verdict.rated_on := n.snapshot_date;
    IF p.id IS NOT NULL AND NOT is_older THEN
      -- a heading that is not in the sheet says nothing against what is here
      n := jsonb_populate_record(p, jsonb_strip_nulls(to_jsonb(n) - '{id,kind,valid}'::text[])
             || (SELECT coalesce(jsonb_object_agg(k, to_jsonb(n) -> k), '{}') FROM unnest('{dca,start_date,end_date,fy_baseline_gbp_m,fy_forecast_gbp_m,whole_life_cost_gbp_m}'::text[]) k WHERE project ? k));
    END IF;
    IF verdict.problem IS NULL AND n.end_date < n.start_date THEN
      verdict.problem := format('it ends on %s, before it starts on %s', n.end_date, n.start_date);
    END IF;
    IF verdict.problem IS NOT NULL THEN
      verdict.verdict := 'refused';
    ELSIF p.id IS NULL THEN
      verdict.verdict := 'new';
    ELSIF is_older THEN
      -- its rating belongs to the history
      SELECT h.* INTO kept FROM portfolio.dca_history h WHERE (h.programme, h.rated_on) = (p.id, n.snapshot_date);
      verdict.verdict := CASE WHEN n.dca IS NOT NULL AND kept.programme IS NULL THEN 'new'
                              WHEN p.gmpp_id IS NULL THEN 'changed'
                              WHEN n.dca IS NULL THEN 'same'
                              WHEN (kept.dca::text, kept.end_date, kept.fy_baseline_gbp_m, kept.fy_forecast_gbp_m, kept.whole_life_cost_gbp_m)
                                   IS DISTINCT FROM (n.dca::text, n.end_date, n.fy_baseline_gbp_m, n.fy_forecast_gbp_m, n.whole_life_cost_gbp_m) THEN 'changed' ELSE 'same' END;
    ELSE
      verdict.verdict := CASE WHEN to_jsonb(n) IS DISTINCT FROM to_jsonb(p) THEN 'changed' ELSE 'same' END;
    END IF;
    IF NOT coalesce(dry_run, false) AND verdict.verdict IN ('new', 'changed') THEN
      p.id := portfolio.keep_gmpp_programme(p, n, is_older);
    END IF;
    verdict.programme := CASE WHEN verdict.problem IS NULL THEN p.id END;
    verdicts := verdicts || verdict;
  END LOOP;
  RETURN QUERY SELECT v.gmpp_id, v.name, v.verdict, v.problem, v.rated_on, v.programme FROM unnest(verdicts) WITH ORDINALITY v ORDER BY array_position('{refused,changed,new,same}', v.verdict), v.ordinality;
END
$$;
COMMENT ON FUNCTION portfolio.import_gmpp(regclass, date, boolean, jsonb) IS
  'Takes over an edition of the Government Major Projects Portfolio, a row a project or (until 2020) a column a project, with headings in any of their spellings: programmes with dates and costs, their delivery confidence with its scale (five points, three since March 2022). The newest edition stands in programme, older ratings in dca_history, in whatever order the editions come. A row is about the programme with its GMPP id, else about the one with that code that has no GMPP id, which gets it; one whose code is that of a programme with another id is refused, as is one that would end before it starts with what is here. rated_on is the day of the figures where the sheet has no column for it or its cell is blank. First one row for each heading that is not known and for each row or column of data without a heading, then one a project, refused ones first with the reason. dry_run only says what would become of them. The same sheet again changes nothing. Raises 42701 where several headings mean one field, 22023 for another layout and for rated_on infinity, 22004 without a relation. Example: SELECT verdict, gmpp_id, name, problem FROM portfolio.import_gmpp(''gmpp_2016'', ''2016-09-30'');';
