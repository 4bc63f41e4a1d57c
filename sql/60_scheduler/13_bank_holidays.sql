-- Bank holidays of the United Kingdom, 2015 to 2030: the days of the Banking and Financial Dealings Act 1971 and of
-- proclamations under it, as www.gov.uk/bank-holidays lists them. Where a holiday falls on a weekend the next free weekday
-- stands for it, and only that one is a bank holiday.
INSERT INTO portfolio.calendar (code, name, description, builtin) VALUES
  ('england-and-wales', 'Bank holidays, England and Wales', 'As www.gov.uk/bank-holidays lists them, 2015 to 2030; days that are proclaimed later come with releases, or as rows of the site.', true),
  ('scotland', 'Bank holidays, Scotland', 'As www.gov.uk/bank-holidays lists them, 2015 to 2030; days that are proclaimed later come with releases, or as rows of the site.', true),
  ('northern-ireland', 'Bank holidays, Northern Ireland', 'As www.gov.uk/bank-holidays lists them, 2015 to 2030; days that are proclaimed later come with releases, or as rows of the site.', true);

WITH year AS (
  SELECT y, portfolio.easter_sunday(y) AS easter FROM pg_catalog.generate_series(2015, 2030) y
), monday AS (
  -- the first Monday on or after a day
  SELECT y, m, d, (pg_catalog.make_date(y, m, d) + (8 - extract(isodow FROM pg_catalog.make_date(y, m, d))::int) % 7) AS day
    FROM year, (VALUES (5, 1), (5, 25), (8, 1), (8, 25)) v (m, d)
), nominal (calendar, day, name) AS (
  SELECT c.code, v.day, v.name
    FROM year, (VALUES ('england-and-wales'), ('scotland'), ('northern-ireland')) c (code), LATERAL (VALUES
      (pg_catalog.make_date(y, 1, 1), 'New Year''s Day', NULL::text[]),
      (pg_catalog.make_date(y, 1, 2), '2nd January', '{scotland}'),
      (pg_catalog.make_date(y, 3, 17), 'St Patrick''s Day', '{northern-ireland}'),
      (easter - 2, 'Good Friday', NULL),
      (easter + 1, 'Easter Monday', '{england-and-wales,northern-ireland}'),
      (pg_catalog.make_date(y, 7, 12), 'Battle of the Boyne (Orangemen''s Day)', '{northern-ireland}'),
      (pg_catalog.make_date(y, 11, 30), 'St Andrew''s Day', '{scotland}'),
      (pg_catalog.make_date(y, 12, 25), 'Christmas Day', NULL),
      (pg_catalog.make_date(y, 12, 26), 'Boxing Day', NULL)) v (day, name, only_in)
   WHERE v.only_in IS NULL OR c.code = ANY (v.only_in)
  UNION ALL
  SELECT c.code, v.day, v.name
    FROM (VALUES ('england-and-wales'), ('scotland'), ('northern-ireland')) c (code), (
      SELECT CASE y WHEN 2020 THEN DATE '2020-05-08' ELSE day END,
             CASE y WHEN 2020 THEN 'Early May bank holiday (VE day)' ELSE 'Early May bank holiday' END, NULL::text[]
        FROM monday WHERE m = 5 AND d = 1
      UNION ALL SELECT CASE y WHEN 2022 THEN DATE '2022-06-02' ELSE day END, 'Spring bank holiday', NULL FROM monday WHERE m = 5 AND d = 25
      UNION ALL SELECT day, 'Summer bank holiday', '{scotland}'::text[] FROM monday WHERE m = 8 AND d = 1
      UNION ALL SELECT day, 'Summer bank holiday', '{england-and-wales,northern-ireland}'::text[] FROM monday WHERE m = 8 AND d = 25
      UNION ALL VALUES (DATE '2022-06-03', 'Platinum Jubilee bank holiday', NULL::text[]),
                       (DATE '2022-09-19', 'Bank Holiday for the State Funeral of Queen Elizabeth II', NULL),
                       (DATE '2023-05-08', 'Bank holiday for the coronation of King Charles III', NULL),
                       (DATE '2026-06-15', 'World Cup bank holiday', '{scotland}')) v (day, name, only_in)
   WHERE v.only_in IS NULL OR c.code = ANY (v.only_in)
), weekend AS (
  SELECT n.calendar, n.day, n.name, pg_catalog.row_number() OVER (PARTITION BY n.calendar, extract(year FROM n.day), extract(month FROM n.day) ORDER BY n.day) AS nth
    FROM nominal n WHERE extract(isodow FROM n.day) >= 6
), substitute AS (
  -- the nth free weekday behind it: weekdays that are holidays themselves are taken
  SELECT w.calendar, w.name || ' (substitute day)' AS name,
         (SELECT f.day FROM (SELECT w.day + i AS day FROM pg_catalog.generate_series(1, 6) i) f
           WHERE extract(isodow FROM f.day) < 6
             AND NOT EXISTS (SELECT FROM nominal n WHERE n.calendar = w.calendar AND n.day = f.day)
           ORDER BY f.day OFFSET w.nth - 1 LIMIT 1) AS day
    FROM weekend w
)
INSERT INTO portfolio.calendar_day (calendar, day, name, builtin)
SELECT n.calendar, n.day, n.name, true FROM nominal n WHERE extract(isodow FROM n.day) < 6
UNION ALL
SELECT s.calendar, s.day, s.name, true FROM substitute s;
