-- How a standard, a system and an interface stand on a day. Where there are dates they tell it; what has none is as recorded now.
CREATE FUNCTION portfolio.standard_status(status text, effective_on date, retired_on date, valid daterange, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN $5 IS NULL THEN NULL
              WHEN $5 >= least($3, upper($4)) THEN 'retired'
              WHEN $5 < greatest($2, lower($4)) THEN 'draft'
              WHEN $1 = 'retired' AND ($3 IS NOT NULL OR upper($4) <= current_date) THEN 'effective'
              WHEN $1 = 'draft' AND $2 <= $5 THEN 'effective'
              ELSE $1 END;
END;
COMMENT ON FUNCTION portfolio.standard_status(text, date, date, daterange, date) IS
  'How a standard stands on a day: retired from retired_on or the end of its days on, draft before effective_on and before its days begin. Between them the status recorded, but effective where that is retired and the day of it is known, or draft and effective_on has come. NULL for a NULL day; the dates may be NULL. Example: SELECT code, portfolio.standard_status(status, effective_on, retired_on, valid, ''2018-06-01'') FROM portfolio.standard;';

CREATE FUNCTION portfolio.lifecycle_on(lifecycle text, valid daterange, day date) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT CASE WHEN $3 IS NULL THEN NULL
              WHEN $3 >= upper($2) THEN 'retired'
              WHEN $3 < lower($2) THEN 'planned'
              WHEN $1 = 'retired' AND upper($2) <= current_date THEN 'live'
              ELSE $1 END;
END;
COMMENT ON FUNCTION portfolio.lifecycle_on(text, daterange, date) IS
  'Where a system or an interface is in its life on a day: planned before its days begin, retired when they are over, live before that where its end is why it is recorded as retired; else the lifecycle recorded. NULL for a NULL day. Example: SELECT code, portfolio.lifecycle_on(lifecycle, valid, ''2018-06-01'') FROM portfolio.system;';

CREATE VIEW portfolio.interface_on_day WITH (security_invoker = true) AS
  SELECT i.id AS interface, i.code, i.name, i.system, i.standard, i.access_rule, i.access_governance, i.valid,
         CASE WHEN portfolio.lifecycle_on(y.lifecycle, y.valid, day.shown) = 'retired' THEN 'retired'
              ELSE portfolio.lifecycle_on(i.lifecycle, i.valid, day.shown) END AS lifecycle, day.shown AS as_of
    FROM portfolio.interface i
   CROSS JOIN (SELECT portfolio.as_of() AS shown) day
    LEFT JOIN portfolio.system y ON y.id = i.system;
COMMENT ON VIEW portfolio.interface_on_day IS
  'Every interface, also one that has ended or is to come, with where it is in its life on the day of pg_portfolio.as_of. Example: SELECT code, lifecycle FROM portfolio.interface_on_day;';
COMMENT ON COLUMN portfolio.interface_on_day.interface IS 'The interface.';
COMMENT ON COLUMN portfolio.interface_on_day.code IS 'Its code.';
COMMENT ON COLUMN portfolio.interface_on_day.name IS 'Its name.';
COMMENT ON COLUMN portfolio.interface_on_day.system IS 'System that exposes it; NULL: not known.';
COMMENT ON COLUMN portfolio.interface_on_day.standard IS 'Standard that it follows; NULL: none.';
COMMENT ON COLUMN portfolio.interface_on_day.access_rule IS 'Who may use it; NULL when nobody has said.';
COMMENT ON COLUMN portfolio.interface_on_day.access_governance IS 'Under what arrangements; NULL when there are none.';
COMMENT ON COLUMN portfolio.interface_on_day.valid IS 'Days on which it exists.';
COMMENT ON COLUMN portfolio.interface_on_day.lifecycle IS 'planned, live, retiring or retired on that day, as lifecycle_on() tells; retired too where its system is.';
COMMENT ON COLUMN portfolio.interface_on_day.as_of IS 'The day shown.';

CREATE VIEW portfolio.retired_element WITH (security_invoker = true) AS
  SELECT y.id AS element FROM portfolio.system y CROSS JOIN (SELECT portfolio.as_of() AS shown) day
   WHERE portfolio.lifecycle_on(y.lifecycle, y.valid, day.shown) = 'retired'
  UNION ALL
  SELECT s.id FROM portfolio.service s CROSS JOIN (SELECT portfolio.as_of() AS shown) day
   WHERE s.state = 'retired' AND s.retired_on <= day.shown
  UNION ALL
  SELECT i.interface FROM portfolio.interface_on_day i WHERE i.lifecycle = 'retired';
COMMENT ON VIEW portfolio.retired_element IS
  'Systems, services and interfaces that are retired on the day of pg_portfolio.as_of: the questions about how things meet leave them out. Example: SELECT portfolio.element_label(element) FROM portfolio.retired_element;';
COMMENT ON COLUMN portfolio.retired_element.element IS 'The element.';
