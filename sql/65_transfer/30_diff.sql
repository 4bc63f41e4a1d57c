-- What a transfer changes and what users keep, from the journal: the difference between the day on which it began and now.

CREATE TYPE portfolio.transfer_difference AS (change text, aspect text, item text, attribute text, before text, after text, users_notice boolean);
COMMENT ON TYPE portfolio.transfer_difference IS 'Something that a transfer changed, or that users keep.';
COMMENT ON COLUMN portfolio.transfer_difference.change IS 'changed, added, removed or kept.';
COMMENT ON COLUMN portfolio.transfer_difference.aspect IS
  'governance (who owns, governs, supports and pays for it, its state and days, its roadmap), or what users have: service (name, scope), adoption, service_level, interface, data_set, relationship.';
COMMENT ON COLUMN portfolio.transfer_difference.item IS 'What it is about, as people write it.';
COMMENT ON COLUMN portfolio.transfer_difference.attribute IS 'The column that changed; NULL for what was added, removed or kept as a whole.';
COMMENT ON COLUMN portfolio.transfer_difference.before IS 'Its value when the transfer began.';
COMMENT ON COLUMN portfolio.transfer_difference.after IS 'Its value now.';
COMMENT ON COLUMN portfolio.transfer_difference.users_notice IS 'True for a change of anything but governance, but not for a service level that was agreed where none was: after a pure change of governance no row has it.';

CREATE FUNCTION portfolio.transfer_began(element bigint) RETURNS timestamptz
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT max(lower(r.during))
    FROM portfolio.process_run r
   WHERE r.process = 'transfer-to-service-operations'
     AND (r.element = $1
          OR r.element IN (SELECT s.governed_by FROM portfolio.service s WHERE s.id = $1)
          OR r.element IN (SELECT (c.old ->> 'governed_by')::bigint FROM portfolio.change c WHERE c.element = $1 AND c.table_name = 'service'));
END;
COMMENT ON FUNCTION portfolio.transfer_began(bigint) IS
  'When the newest transfer of an element began, its own or that of a programme which governs it or governed it; NULL where there was none.';

CREATE FUNCTION portfolio.transfer_diff(element text, options jsonb DEFAULT '{}') RETURNS SETOF portfolio.transfer_difference
LANGUAGE sql STABLE PARALLEL RESTRICTED ROWS 20
BEGIN ATOMIC
  WITH wanted AS MATERIALIZED (
    SELECT e.id, coalesce((o.known ->> 'since')::timestamptz, portfolio.transfer_began(e.id), now()) AS since
      FROM (SELECT portfolio.check_options($2, '{since}') AS known) o CROSS JOIN (SELECT portfolio.element_ref($1) AS id) e),
  -- the services: those it has, and those that it governed then
  service AS MATERIALIZED (
    SELECT t.service AS id FROM wanted w JOIN portfolio.transfer_scope t ON t.element = w.id
    UNION
    SELECT c.element FROM wanted w JOIN portfolio.change c ON c.table_name = 'service' AND c.at >= w.since AND (c.old ->> 'governed_by')::bigint = w.id),
  -- the systems behind them, now and then
  system AS MATERIALIZED (
    SELECT CASE WHEN r.source = s.id THEN r.target ELSE r.source END AS id
      FROM service s JOIN portfolio.relationship r ON s.id IN (r.source, r.target) JOIN portfolio.system y ON y.id IN (r.source, r.target)
    UNION
    SELECT y.id
      FROM wanted w JOIN portfolio.change c ON c.table_name = 'relationship' AND c.at >= w.since
      JOIN service s ON s.id IN ((c.old ->> 'source')::bigint, (c.old ->> 'target')::bigint)
      JOIN portfolio.system y ON y.id IN ((c.old ->> 'source')::bigint, (c.old ->> 'target')::bigint)),
  interface AS MATERIALIZED (
    SELECT i.id FROM portfolio.interface i WHERE i.system IN (SELECT y.id FROM system y)
    UNION
    SELECT i.id FROM service s JOIN portfolio.relationship r ON s.id IN (r.source, r.target) JOIN portfolio.interface i ON i.id IN (r.source, r.target)),
  entry AS MATERIALIZED (
    SELECT c.id, c.table_name, c.element, c.old, c.new,
           CASE c.table_name WHEN 'relationship' THEN coalesce(c.new, c.old) ->> 'id' WHEN 'service_level' THEN c.element || ' ' || (coalesce(c.new, c.old) ->> 'measure')
                             WHEN 'roadmap_item' THEN c.element || ' ' || (coalesce(c.new, c.old) ->> 'code') ELSE c.element::text END AS key
      FROM wanted w JOIN portfolio.change c ON c.at >= w.since
     WHERE c.table_name IN ('service', 'service_level', 'roadmap_item') AND c.element IN (SELECT s.id FROM service s)
        OR c.table_name = 'programme' AND c.element = w.id
        OR c.table_name = 'interface' AND (c.element IN (SELECT i.id FROM interface i) OR (c.old ->> 'system')::bigint IN (SELECT y.id FROM system y))
        OR c.table_name = 'data_set' AND ((c.old ->> 'service')::bigint IN (SELECT s.id FROM service s) OR (c.new ->> 'service')::bigint IN (SELECT s.id FROM service s))
        OR c.table_name = 'relationship' AND ((coalesce(c.new, c.old) ->> 'source')::bigint IN (SELECT s.id FROM service s) OR (coalesce(c.new, c.old) ->> 'target')::bigint IN (SELECT s.id FROM service s))),
  -- of each row what it was before the first change, and what it is after the last
  net AS MATERIALIZED (
    SELECT f.table_name, f.element, f.key, f.old, l.new, coalesce(l.new, f.old) AS r
      FROM (SELECT DISTINCT ON (e.table_name, e.key) e.* FROM entry e ORDER BY e.table_name, e.key, e.id) f
      JOIN (SELECT DISTINCT ON (e.table_name, e.key) e.* FROM entry e ORDER BY e.table_name, e.key, e.id DESC) l ON (l.table_name, l.key) = (f.table_name, f.key)
     WHERE f.old IS DISTINCT FROM l.new),
  difference AS (
    SELECT CASE WHEN n.old IS NULL THEN 'added' WHEN n.new IS NULL THEN 'removed' ELSE 'changed' END AS change,
           CASE WHEN n.table_name = 'service' AND k.name = 'adopted_locally' THEN 'adoption'
                WHEN n.table_name = 'service' AND k.name IN ('code', 'name', 'description', 'scope', 'valid') THEN 'service'
                WHEN n.table_name IN ('service', 'programme', 'roadmap_item') OR k.name IN ('owner', 'steward', 'source') THEN 'governance'
                ELSE n.table_name::text END AS aspect,
           CASE n.table_name
             WHEN 'relationship' THEN portfolio.row_label('relationship', n.r)
             WHEN 'service_level' THEN portfolio.element_label(n.element) || ' ' || (n.r ->> 'measure')
             WHEN 'roadmap_item' THEN portfolio.element_label(n.element) || ' ' || (n.r ->> 'code')
             ELSE coalesce(portfolio.element_label(n.element), n.table_name || ':' || (n.r ->> 'code')) END AS item,
           k.name AS attribute, v.before, v.after
      FROM net n
      CROSS JOIN LATERAL (
        SELECT c.name FROM jsonb_object_keys(n.r) c (name)
         WHERE n.old IS NOT NULL AND n.new IS NOT NULL AND c.name NOT IN ('revision', 'changed_at') AND (n.old -> c.name) IS DISTINCT FROM (n.new -> c.name)
        UNION ALL
        SELECT NULL WHERE n.old IS NULL OR n.new IS NULL) k
      CROSS JOIN LATERAL (
        SELECT CASE WHEN k.name IN ('owner', 'governed_by', 'steward', 'service', 'system', 'standard', 'sponsor') AND n.old ->> k.name ~ '^\d+$' THEN portfolio.element_label((n.old ->> k.name)::bigint) ELSE n.old ->> k.name END AS before,
               CASE WHEN k.name IN ('owner', 'governed_by', 'steward', 'service', 'system', 'standard', 'sponsor') AND n.new ->> k.name ~ '^\d+$' THEN portfolio.element_label((n.new ->> k.name)::bigint) ELSE n.new ->> k.name END AS after) v),
  held AS (
    SELECT 'interface' AS aspect, 'interface' AS table_name, i.id::text AS key, portfolio.element_label(i.id) AS item, NULL AS value FROM interface i
    UNION ALL
    SELECT 'data_set', 'data_set', d.id::text, portfolio.element_label(d.id), NULL FROM portfolio.data_set d WHERE d.service IN (SELECT s.id FROM service s)
    UNION ALL
    SELECT 'service_level', 'service_level', l.service || ' ' || l.measure, portfolio.element_label(l.service) || ' ' || l.measure, l.target || ' a ' || l."window"
      FROM portfolio.service_level l WHERE l.service IN (SELECT s.id FROM service s)
    UNION ALL
    SELECT 'adoption', NULL, NULL, portfolio.element_label(v.id), CASE WHEN v.adopted_locally THEN 'adopted locally' ELSE 'not adopted locally' END
      FROM portfolio.service v JOIN service s ON s.id = v.id
     WHERE NOT EXISTS (SELECT FROM net n WHERE n.table_name = 'service' AND n.element = v.id AND (n.old -> 'adopted_locally') IS DISTINCT FROM (n.new -> 'adopted_locally')))
  SELECT d.change, d.aspect, d.item, d.attribute, d.before, d.after, d.change <> 'kept' AND d.aspect <> 'governance' AND (d.change, d.aspect) <> ('added', 'service_level')
    FROM (SELECT d.*, 1 AS ord FROM difference d
          UNION ALL
          SELECT 'kept', h.aspect, h.item, NULL, h.value, h.value, 2 FROM held h
           WHERE NOT EXISTS (SELECT FROM net n WHERE (n.table_name, n.key) = (h.table_name, h.key))) d
   ORDER BY d.ord, d.aspect <> 'governance' DESC, d.aspect, d.item, d.attribute;
END;
COMMENT ON FUNCTION portfolio.transfer_diff(text, jsonb) IS
  'What has changed since the newest transfer of a service, or of a programme with its services, began, and what users keep: interfaces of the systems behind it, data sets, adoption, service levels. Net of what was changed back. A transfer is a change of governance, so no row should say users_notice; and none of aspect interface should say anything but kept. Without a transfer, or option "since" (a moment), everything is kept. From the journal, so it needs the right to read that. Raises as element_ref() does. Example: SELECT change, aspect, item, attribute, before, after FROM portfolio.transfer_diff(''service:EPS'');';
