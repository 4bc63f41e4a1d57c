-- Type postcode, first as every session meets it: schema portfolio is not in search_path.
SET client_min_messages = warning;
CREATE EXTENSION IF NOT EXISTS pg_portfolio CASCADE;
RESET client_min_messages;
\getenv builddir PG_ABS_BUILDDIR
\set file :builddir '/types_postcode.bin'

-- Layout
SELECT typlen, typbyval, typalign, typstorage, typtype, typcategory, typisdefined
  FROM pg_type WHERE oid = 'portfolio.postcode'::regtype;

-- Input: any case and spacing before the last three characters; one canonical output
SELECT quote_literal(v) AS written, v::portfolio.postcode AS stored
  FROM (VALUES ('LS1 4AP'), ('ls14ap'), ('  Ls1   4aP '), (E'LS1 4AP\r\n'), ('M11AE'), ('M60 1NW'), ('CR2 6XH'), ('DN55 1PT'), ('W1A 1HQ'), ('EC1A 1BB'), ('N1P 1AA'),
               ('EC50 1AA'), ('GIR 0AA'), ('gir0aa'), ('JE2 3XP'), ('GY1 1AA'), ('IM1 2DF'), ('BF1 0AX'), ('BX5 5AT'), ('XX10 1DD'), ('ZZ99 3VZ'), ('zz993wz'), ('BL0 9AA')) AS x (v);

-- Refusal, word for word; where somebody lives is masked
SELECT ''::portfolio.postcode;
\echo :LAST_ERROR_SQLSTATE
SELECT 'LS1-4AP'::portfolio.postcode;
SELECT '  É1 4AP'::portfolio.postcode;
SELECT 'LS1'::portfolio.postcode;
SELECT 'LS1 4AP LS1 4AP'::portfolio.postcode;
SELECT 'LS 14AP'::portfolio.postcode;
SELECT 'LS1 OAP'::portfolio.postcode;
SELECT 'QQ1 1AA'::portfolio.postcode;
SELECT 'LS01 4AP'::portfolio.postcode;
SELECT v::portfolio.postcode FROM (VALUES (text 'LS1 4A')) AS x (v);
SELECT '9434765919'::portfolio.postcode;
SET pg_portfolio.mask_identifiers = off;
SELECT 'LS1 4AC'::portfolio.postcode;
SELECT repeat('LS1 4AP ', 1000)::portfolio.postcode;
RESET pg_portfolio.mask_identifiers;

-- Judging text: never an error
SELECT quote_nullable(v) AS v, portfolio.is_postcode(v), portfolio.try_postcode(v), portfolio.postcode_problem(v)
  FROM (VALUES (NULL), ('LS1 4AP'), (''), (E' \t'), ('LS1'), ('LS1 4'), ('NFA'), ('LS1/4AP'), (E'LS1\u00A04AP'), (E'LS1\t4AP'), ('L S1 4AP'), ('LS1 4 AP'), ('LS14A P'), ('LS100 4AP'), ('DN15 6QV'), ('LS1 4OP'),
               ('AA1 1AA'), ('LX1 1AA'), ('QA1 1AA'), ('ZZ1 1AA'), ('ZZ99 3V1'), ('ZZ99 3VA'), ('ZZ98 3VZ'), ('ZZ99 VVZ'), ('GIR 0AB'), ('GIR 1AA'), ('1AA 1AA'), ('LSA 1AA'), ('LS 1AA'), ('W1I 1AA'), ('EC1C 1AA'), ('NPT 1AA'), ('GX11 1AA'), ('ASCN 1ZZ'), ('BFPO 12')) AS x (v);

-- The same rules, read as a pattern over the list of areas
CREATE TABLE types_postcode_area AS
  SELECT unnest(string_to_array('AB AL B BA BB BD BF BH BL BN BR BS BT BX CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT DY E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY '
    'L LA LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV XX YO ZE', ' ')) AS area;
SELECT count(*) AS areas FROM types_postcode_area;
CREATE FUNCTION types_postcode_pattern() RETURNS text LANGUAGE sql AS $$
  SELECT format('^\s*(?:GIR *0AA|ZZ99 *[0-9][A-Z]Z|(?:(?:%s)(?:[0-9]|[1-9][0-9]|[0-9][A-HJ-NPR-Y])|(?:%s)(?:[0-9]|[1-9][0-9]|[0-9][ABEHMNPRVWXY])) *[0-9][ABD-HJLNP-UW-Z]{2})\s*$',
                string_agg(area, '|') FILTER (WHERE length(area) = 1), string_agg(area, '|') FILTER (WHERE length(area) = 2)) FROM types_postcode_area $$;

-- every outward code of one to four letters and digits that begins with a letter, 1.2 million: as many are valid as the areas have districts
SELECT types_postcode_pattern() AS pattern \gset
WITH sign AS (SELECT substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', i, 1) AS c FROM generate_series(1, 36) i),
     one AS (SELECT c FROM sign WHERE c >= 'A'), two AS (SELECT o.c || s.c AS c FROM one o, sign s), three AS (SELECT t.c || s.c AS c FROM two t, sign s),
     outward AS (SELECT c FROM one UNION ALL SELECT c FROM two UNION ALL SELECT c FROM three UNION ALL SELECT t.c || s.c FROM three t, sign s)
SELECT count(*) AS outward_codes, count(*) FILTER (WHERE valid) AS valid, 8 * (10 + 90 + 10 * 22) + 119 * (10 + 90 + 10 * 12) AS expected FROM (SELECT portfolio.is_postcode(c || ' 1AA') AS valid FROM outward) x;
-- a twentieth of those that begin like one, against the pattern; then every inward code
WITH sign AS (SELECT substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', i, 1) AS c FROM generate_series(1, 36) i),
     outward AS (SELECT a.area || d.c || e.c AS c FROM (SELECT x.c || y.c AS area FROM sign x, (SELECT c FROM sign UNION SELECT '') y WHERE x.c >= 'A') a, sign d, (SELECT c FROM sign UNION SELECT '') e WHERE hashtext(a.area || d.c || e.c) % 20 = 0)
SELECT count(*) > 60000 AS many, count(*) FILTER (WHERE portfolio.is_postcode(c || '1AA') <> (c || '1AA' ~ :'pattern')) AS pattern_disagrees FROM outward;
WITH sign AS (SELECT substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ', i, 1) AS c FROM generate_series(1, 36) i),
     inward AS (SELECT x.c || y.c || z.c AS c FROM sign x, sign y, sign z)
SELECT count(*) AS inward_codes, count(*) FILTER (WHERE portfolio.is_postcode('LS1' || c)) AS valid, count(*) FILTER (WHERE portfolio.is_postcode('ZZ99' || c)) AS pseudo,
       count(*) FILTER (WHERE portfolio.is_postcode('LS1' || c) <> ('LS1 ' || c ~ :'pattern')) + count(*) FILTER (WHERE portfolio.is_postcode('ZZ99' || c) <> ('ZZ99 ' || c ~ :'pattern')) AS pattern_disagrees
  FROM inward;

-- every place of a postcode of each form changed to every ASCII character and some others, taken out, doubled, exchanged with its neighbour
CREATE TABLE types_postcode_mutant AS
WITH original AS (SELECT unnest('{M1 1AE,M60 1NW,CR2 6XH,DN55 1PT,W1A 1HQ,EC1A 1BB,GIR 0AA,ZZ99 3VZ,LS14AP}'::text[]) AS v),
     sign AS (SELECT chr(i) AS c FROM generate_series(1, 127) i UNION ALL SELECT unnest('{é,０,Ａ,€,😀}'::text[])),
     place AS (SELECT v, i FROM original, generate_series(1, length(v)) i)
SELECT DISTINCT m FROM (
  SELECT overlay(v PLACING c FROM i FOR 1) AS m FROM place, sign
  UNION ALL SELECT overlay(v PLACING c FROM i FOR 0) FROM place, sign
  UNION ALL SELECT v || c FROM original, sign
  UNION ALL SELECT overlay(v PLACING '' FROM i FOR 1) FROM place
  UNION ALL SELECT overlay(v PLACING reverse(substr(v, i, 2)) FROM i FOR 2) FROM place
  UNION ALL SELECT left(v, i) FROM place) x;
SELECT count(*) > 14000 AS many, count(*) FILTER (WHERE portfolio.is_postcode(m)) > 400 AS some_valid,
       count(*) FILTER (WHERE portfolio.is_postcode(m) <> (upper(m COLLATE "C") ~ :'pattern')) AS pattern_disagrees,
       count(*) FILTER (WHERE portfolio.is_postcode(m) <> (portfolio.try_postcode(m) IS NOT NULL)) AS try_disagrees,
       count(*) FILTER (WHERE portfolio.is_postcode(m) <> (portfolio.postcode_problem(m) IS NULL)) AS problem_disagrees,
       count(*) FILTER (WHERE portfolio.try_postcode(m)::text <> regexp_replace(upper(btrim(m, E' \t\n\x0B\f\r')), ' *(...)$', ' \1')) AS text_differs
  FROM types_postcode_mutant;
SELECT portfolio.postcode_problem(m) AS problem, count(*) > 0 AS some FROM types_postcode_mutant GROUP BY 1 ORDER BY 1;

-- The order is that of the text
CREATE TABLE types_postcode (c portfolio.postcode PRIMARY KEY, t text COLLATE "C" NOT NULL);
INSERT INTO types_postcode
  SELECT t::portfolio.postcode, t
    FROM (SELECT area || i % 100 || ' ' || i % 10 || substr('ABDEFGHJLNPQRSTUWXYZ', 1 + (i * 7) % 20, 1) || substr('ABDEFGHJLNPQRSTUWXYZ', 1 + (i * 3) % 20, 1)
            FROM types_postcode_area, generate_series(1, 100) i) x (t);
INSERT INTO types_postcode SELECT v::portfolio.postcode, v FROM unnest('{EC1A 1BB,EC1 1BB,SW1A 1AA,GIR 0AA,ZZ99 3VZ,LS1 4AP,LS1 9ZZ,LS10 0AA,LS19 9ZZ,LS2 0AA}'::text[]) v ON CONFLICT DO NOTHING;
ANALYZE types_postcode;
SELECT count(*) AS postcodes FROM types_postcode;
SELECT count(*) AS out_of_order FROM (SELECT row_number() OVER (ORDER BY c) AS a, row_number() OVER (ORDER BY t) AS b FROM types_postcode) x WHERE a <> b;
SELECT c FROM types_postcode ORDER BY c LIMIT 2;
SELECT c FROM types_postcode ORDER BY c DESC LIMIT 2;
SELECT count(*) AS changed FROM types_postcode WHERE c::text <> t;

-- Without the search_path operators are not found; keys, sorting and grouping are
SELECT count(*) FROM types_postcode WHERE c = 'ls14ap';
SELECT count(*) FROM types_postcode WHERE c OPERATOR(portfolio.=) 'ls14ap';
SELECT count(*) FROM types_postcode WHERE c OPERATOR(portfolio.^@) 'LS1 ';
SELECT count(DISTINCT c) = count(*) AS all_distinct FROM types_postcode;
INSERT INTO types_postcode VALUES ('ls14ap', 'LS1 4AP');

-- With it
SET search_path = "$user", public, portfolio;
SELECT a < b, a <= b, a = b, a <> b, a >= b, a > b FROM (VALUES ('LS1 4AP'::postcode, 'LS10 1AA'::postcode)) AS x (a, b);
SELECT count(*) FROM types_postcode WHERE c IN ('ls14ap', 'LS1 9ZZ') AND c IS DISTINCT FROM 'LS1 4AP';
SELECT c::text || '!' FROM types_postcode WHERE c = 'ls1 4ap';
SELECT count(*) FROM types_postcode WHERE c = t;
SELECT c, postcode_area(c) AS area, postcode_district(c) AS district, postcode_sector(c) AS sector, postcode_outward(c) AS outward, postcode_inward(c) AS inward, is_pseudo_postcode(c) AS pseudo
  FROM types_postcode WHERE c IN ('M1 1AE', 'LS1 4AP', 'LS10 0AA', 'SW1A 1AA', 'GIR 0AA', 'ZZ99 3VZ') ORDER BY c;
SELECT count(*) FILTER (WHERE postcode_outward(c) || ' ' || postcode_inward(c) <> t OR postcode_district(c) <> split_part(t, ' ', 1)
                          OR postcode_sector(c) <> left(t, -2) OR postcode_area(c) <> substring(t FROM '^[A-Z]+')
                          OR is_pseudo_postcode(c) <> (t ~ '^ZZ99 ')) AS parts_differ FROM types_postcode;
SELECT postcode_area(NULL), is_pseudo_postcode(NULL);

-- Index kinds
SET enable_seqscan = off;
SET enable_bitmapscan = off;
EXPLAIN (COSTS OFF) SELECT * FROM types_postcode WHERE c = 'ls14ap';
EXPLAIN (COSTS OFF) SELECT c FROM types_postcode WHERE c BETWEEN 'LS1 4AA' AND 'LS1 9ZZ' ORDER BY c;
SELECT c FROM types_postcode WHERE c BETWEEN 'LS1 4AA' AND 'LS1 9ZZ' ORDER BY c;
-- LS1 and its space is the district; without the space LS10 begins so too
EXPLAIN (COSTS OFF) SELECT c FROM types_postcode WHERE c ^@ 'ls1  ';
SELECT c FROM types_postcode WHERE c ^@ 'ls1 ' ORDER BY c;
SELECT count(*) > 10 AS more, count(*) = (SELECT count(*) FROM types_postcode WHERE t LIKE 'LS1%') AS as_text FROM types_postcode WHERE c ^@ 'ls1';
SET enable_hashjoin = off;
SET enable_nestloop = off;
SET enable_sort = off;
EXPLAIN (COSTS OFF) SELECT count(*) FROM types_postcode a JOIN types_postcode b USING (c);
SELECT count(*) = (SELECT count(*) FROM types_postcode) AS all_joined FROM types_postcode a JOIN types_postcode b USING (c);
RESET enable_sort;
RESET enable_nestloop;
RESET enable_hashjoin;
RESET enable_bitmapscan;
CREATE TABLE types_postcode_indexed (c postcode);
INSERT INTO types_postcode_indexed SELECT c FROM types_postcode ORDER BY c;
ANALYZE types_postcode_indexed;
CREATE INDEX types_postcode_hash ON types_postcode_indexed USING hash (c);
EXPLAIN (COSTS OFF) SELECT * FROM types_postcode_indexed WHERE c = 'LS1 4AP';
SELECT * FROM types_postcode_indexed WHERE c = 'LS1 4AP';
DROP INDEX types_postcode_hash;
CREATE INDEX types_postcode_brin ON types_postcode_indexed USING brin (c) WITH (pages_per_range = 1);
EXPLAIN (COSTS OFF) SELECT * FROM types_postcode_indexed WHERE c ^@ 'LS1 ';
SELECT * FROM types_postcode_indexed WHERE c ^@ 'LS1 ' ORDER BY c;
DROP INDEX types_postcode_brin;
CREATE INDEX types_postcode_multi ON types_postcode_indexed USING brin (c postcode_minmax_multi_ops) WITH (pages_per_range = 1);
EXPLAIN (COSTS OFF) SELECT * FROM types_postcode_indexed WHERE c = 'LS1 4AP';
SELECT * FROM types_postcode_indexed WHERE c = 'LS1 4AP';
RESET enable_seqscan;

-- Binary: the characters themselves, and nothing but the canonical form comes in
COPY types_postcode (c) TO :'file' (FORMAT binary);
CREATE TEMP TABLE types_postcode_back (c postcode);
COPY types_postcode_back FROM :'file' (FORMAT binary);
SELECT count(*) AS lost FROM (SELECT c FROM types_postcode EXCEPT SELECT c FROM types_postcode_back) x;
SELECT postcode_send('ls14ap') = bytea 'LS1 4AP' AS characters;
\set SHOW_CONTEXT never
COPY (SELECT text 'LS14AP') TO :'file' (FORMAT binary);
COPY types_postcode_back FROM :'file' (FORMAT binary);
\echo :LAST_ERROR_SQLSTATE
COPY (SELECT text 'ls1 4ap') TO :'file' (FORMAT binary);
COPY types_postcode_back FROM :'file' (FORMAT binary);
COPY (SELECT text 'QQ1 1AA') TO :'file' (FORMAT binary);
COPY types_postcode_back FROM :'file' (FORMAT binary);
COPY (SELECT '\x4c533120344150000000'::bytea) TO :'file' (FORMAT binary);
COPY types_postcode_back FROM :'file' (FORMAT binary);
COPY (SELECT '\x'::bytea) TO :'file' (FORMAT binary);
COPY types_postcode_back FROM :'file' (FORMAT binary);

-- A role with no grants of ours uses the type as its own
RESET search_path;
CREATE ROLE regress_types_postcode;
CREATE SCHEMA types_postcode_user AUTHORIZATION regress_types_postcode;
SET SESSION AUTHORIZATION regress_types_postcode;
SET search_path = types_postcode_user, portfolio;
CREATE TABLE home (c postcode PRIMARY KEY, raw text, CHECK (is_postcode(raw) OR postcode_problem(raw) = 'empty'));
INSERT INTO home VALUES ('ls14ap', 'LS1 4AP'), ('ZZ993VZ', '');
SELECT c, postcode_area(c), is_pseudo_postcode(c) FROM home WHERE c ^@ 'LS' OR c = 'zz99 3vz' ORDER BY c;
SET enable_seqscan = off;
SELECT c, p FROM (VALUES ('ls1'), ('zz')) x (p) JOIN home ON c ^@ p ORDER BY c;
RESET enable_seqscan;
RESET SESSION AUTHORIZATION;

RESET search_path;
DROP TABLE types_postcode_user.home;
DROP SCHEMA types_postcode_user;
DROP ROLE regress_types_postcode;
DROP TABLE types_postcode, types_postcode_area, types_postcode_mutant, types_postcode_indexed, types_postcode_back;
DROP FUNCTION types_postcode_pattern;
