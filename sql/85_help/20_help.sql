-- What there is, from the catalogs, so that it is never stale.
CREATE TYPE portfolio.help_entry AS (kind text, name text, usage text, what text, example text);
COMMENT ON TYPE portfolio.help_entry IS
  'A row of help(): a function, view or table, how it is called, what its comment says, and an example to run.';
COMMENT ON COLUMN portfolio.help_entry.kind IS 'function, procedure, aggregate, view or table.';
COMMENT ON COLUMN portfolio.help_entry.name IS 'Name with schema.';
COMMENT ON COLUMN portfolio.help_entry.usage IS 'How it is called, or its columns.';
COMMENT ON COLUMN portfolio.help_entry.what IS 'What its comment says.';
COMMENT ON COLUMN portfolio.help_entry.example IS 'A statement to run.';

CREATE FUNCTION portfolio.help(topic text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.help_entry
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH internal AS (
    -- What types, operators, indexes, casts, aggregates and triggers use; nobody calls these by hand.
    SELECT o.oprcode::oid AS oid FROM pg_operator o
    UNION SELECT a.amproc::oid FROM pg_amproc a
    UNION SELECT c.castfunc FROM pg_cast c
    UNION SELECT unnest(ARRAY[g.aggtransfn, g.aggfinalfn, g.aggcombinefn, g.aggserialfn, g.aggdeserialfn, g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn]::oid[]) FROM pg_aggregate g
    UNION SELECT unnest(ARRAY[t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin, t.typmodout]::oid[]) FROM pg_type t
  ), entry AS (
    SELECT CASE p.prokind WHEN 'a' THEN 'aggregate' WHEN 'p' THEN 'procedure' ELSE 'function' END AS kind,
           n.nspname || '.' || p.proname AS name, p.proname AS bare_name,
           n.nspname || '.' || p.proname || '(' || pg_get_function_arguments(p.oid) || ')' || coalesce(' → ' || pg_get_function_result(p.oid), '') AS usage,
           obj_description(p.oid, 'pg_proc') AS comment,
           CASE WHEN p.prokind = 'p' THEN 'CALL ' WHEN p.proretset THEN 'SELECT * FROM ' ELSE 'SELECT ' END
             || n.nspname || '.' || p.proname || '(' || coalesce(array_to_string((p.proargnames)[1:p.pronargs - p.pronargdefaults], ', '), '') || ');' AS shortest
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
     WHERE n.nspname IN ('portfolio', 'portfolio_bi') AND p.prorettype <> 'trigger'::regtype
       AND p.oid NOT IN (SELECT i.oid FROM internal i) AND has_function_privilege(p.oid, 'EXECUTE')
    UNION ALL
    SELECT CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END, n.nspname || '.' || c.relname, c.relname,
           n.nspname || '.' || c.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY a.attnum) FROM pg_attribute a
                                                    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) || ')',
           obj_description(c.oid, 'pg_class'),
           'SELECT * FROM ' || n.nspname || '.' || quote_ident(c.relname) || ' LIMIT 10;'
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname IN ('portfolio', 'portfolio_bi') AND c.relkind IN ('v', 'r', 'p') AND NOT c.relispartition
       AND has_any_column_privilege(c.oid, 'SELECT')
  ), asked AS (
    SELECT lower(btrim(coalesce($1, '')) COLLATE "C") AS topic WHERE portfolio.check_options($2, '{}') IS NOT NULL
  )
  SELECT e.kind, e.name, e.usage, btrim(split_part(e.comment, 'Example: ', 1)),
         coalesce(nullif(split_part(e.comment, 'Example: ', 2), ''), e.shortest)
    FROM entry e, asked q
   WHERE strpos(lower(e.name COLLATE "C"), q.topic) > 0 OR strpos(lower(e.comment COLLATE "C"), q.topic) > 0
   ORDER BY CASE WHEN q.topic = '' THEN 0
                 WHEN q.topic IN (lower(e.bare_name COLLATE "C"), lower(e.name COLLATE "C")) THEN 1
                 WHEN strpos(lower(e.name COLLATE "C"), q.topic) > 0 THEN 2
                 ELSE 3 END,
            array_position(ARRAY['function', 'procedure', 'aggregate', 'view', 'table'], e.kind), e.name;
END;
COMMENT ON FUNCTION portfolio.help(text, jsonb) IS
  'What the caller may use, from the catalogs: functions, views and tables whose name or comment holds the topic (all without one), the closest first, with the comment and an example to run. Example: SELECT name, what, example FROM portfolio.help(''score'');';
