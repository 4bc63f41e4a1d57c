-- Writing rules: every change is a new version, what was there stays.
CREATE FUNCTION portfolio.write_rule(new_rule portfolio.quality_rule) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF btrim(new_rule.code) = '' THEN
    RAISE EXCEPTION 'a rule needs a code'
      USING ERRCODE = 'check_violation', HINT = 'SELECT portfolio.add_rule(''data set'', ''code'', ''expression'');';
  END IF;
  IF new_rule.item IS NOT NULL AND NOT EXISTS (SELECT FROM portfolio.data_item i WHERE i.data_set = new_rule.data_set AND i.name = new_rule.item) THEN
    RAISE EXCEPTION 'item "%" of rule "%" is not known', new_rule.item, new_rule.code
      USING ERRCODE = 'foreign_key_violation',
            HINT = (SELECT format('Items of the data set: %s.', string_agg(i.name, ', ' ORDER BY i.ord, i.name))
                      FROM (SELECT * FROM portfolio.data_item WHERE data_set = new_rule.data_set ORDER BY ord, name LIMIT 20) i);
  END IF;
  IF NOT EXISTS (SELECT FROM portfolio.dimension WHERE name = new_rule.dimension) THEN
    RAISE EXCEPTION 'dimension "%" of rule "%" is not known', new_rule.dimension, new_rule.code
      USING ERRCODE = 'foreign_key_violation',
            HINT = (SELECT format('Dimensions: %s.', string_agg(name, ', ' ORDER BY ord)) FROM portfolio.dimension);
  END IF;
  IF new_rule.severity <> ALL (ARRAY['critical', 'high', 'medium', 'low', 'info']) THEN
    RAISE EXCEPTION 'severity "%" of rule "%" is not known', new_rule.severity, new_rule.code
      USING ERRCODE = 'check_violation', HINT = 'It is critical, high, medium, low or info.';
  ELSIF new_rule.on_null <> ALL (ARRAY['missing', 'pass', 'fail']) THEN
    RAISE EXCEPTION 'on_null "%" of rule "%" is not known', new_rule.on_null, new_rule.code
      USING ERRCODE = 'check_violation', HINT = 'It is missing, pass or fail.';
  ELSIF new_rule.status <> ALL (ARRAY['draft', 'standard', 'experimental', 'retired']) THEN
    RAISE EXCEPTION 'status "%" of rule "%" is not known', new_rule.status, new_rule.code
      USING ERRCODE = 'check_violation', HINT = 'It is draft, standard, experimental or retired.';
  END IF;
  INSERT INTO portfolio.quality_rule (data_set, code, version, name, item, dimension, expression, severity, on_null, status, reason, source)
  VALUES (new_rule.data_set, new_rule.code, new_rule.version, new_rule.name, new_rule.item, new_rule.dimension, new_rule.expression,
          new_rule.severity, new_rule.on_null, new_rule.status, new_rule.reason, new_rule.source);
  RETURN new_rule.version;
END
$$;
COMMENT ON FUNCTION portfolio.write_rule(portfolio.quality_rule) IS
  'Inserts a version of a rule with the caller''s rights after looking at everything but the expression, which the table checks; author and time are filled by the table. Gives the version.';

CREATE FUNCTION portfolio.last_rule(data_set bigint, code text) RETURNS portfolio.quality_rule
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  r portfolio.quality_rule;
BEGIN
  -- Two people who alter one rule wait for each other, and each sees the other's version.
  PERFORM pg_advisory_xact_lock(hashtextextended(format('pg_portfolio rule %s %s', data_set, code), 0));
  SELECT q.* INTO r FROM portfolio.quality_rule q WHERE q.data_set = last_rule.data_set AND q.code = last_rule.code ORDER BY q.version DESC LIMIT 1;
  RETURN r;
END
$$;
COMMENT ON FUNCTION portfolio.last_rule(bigint, text) IS 'The highest version of a rule, held until the transaction ends; NULL when there is none.';

CREATE FUNCTION portfolio.add_rule(data_set text, code text, expression text, item text DEFAULT NULL, dimension text DEFAULT 'validity',
                                   severity text DEFAULT 'medium', on_null text DEFAULT 'missing', status text DEFAULT 'standard')
RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  r portfolio.quality_rule := portfolio.last_rule(d.id, code);
BEGIN
  IF r.version IS NOT NULL THEN
    RAISE EXCEPTION 'rule "%" of data set "%" already exists', code, data_set
      USING ERRCODE = 'duplicate_object',
            DETAIL = format('Its version %s is %s: %s', r.version, r.status, r.expression),
            HINT = CASE r.status WHEN 'retired' THEN format('SELECT portfolio.alter_rule(%L, %L, status => ''standard'', reason => ''why''); brings it back.', data_set, code)
                   ELSE 'alter_rule() writes a new version; the old one is kept.' END;
  END IF;
  PERFORM portfolio.data_set_relation(data_set);
  r.data_set := d.id;
  r.code := code;
  r.version := 1;
  r.item := item;
  r.dimension := dimension;
  r.expression := expression;
  r.severity := severity;
  r.on_null := on_null;
  r.status := status;
  RETURN portfolio.write_rule(r);
END
$$;
COMMENT ON FUNCTION portfolio.add_rule(text, text, text, text, text, text, text, text) IS
  'Writes version 1 of a rule: a boolean SQL expression over the columns of the data set, about an item or (item NULL) about the record or, where it reads one column only, about the item of that column. It is refused, and nothing is stored, when it does not parse, is not boolean, does not speak of one row alone, or calls a function that is not trusted. Try it first with try_rule(). Gives the version.';

CREATE FUNCTION portfolio.alter_rule(data_set text, code text, expression text DEFAULT NULL, item text DEFAULT NULL, dimension text DEFAULT NULL,
                                     severity text DEFAULT NULL, on_null text DEFAULT NULL, status text DEFAULT NULL, reason text DEFAULT NULL,
                                     name text DEFAULT NULL, source text DEFAULT NULL)
RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  r portfolio.quality_rule := portfolio.last_rule(d.id, code);
BEGIN
  IF r.version IS NULL THEN
    RAISE EXCEPTION 'rule "%" of data set "%" does not exist', code, data_set
      USING ERRCODE = 'undefined_object',
            HINT = 'SELECT code FROM portfolio.current_rule WHERE data_set_code = … lists the rules; add_rule() writes a new one.';
  END IF;
  PERFORM portfolio.data_set_relation(data_set);
  r.version := r.version + 1;
  r.expression := coalesce(expression, r.expression);
  r.item := coalesce(item, r.item);
  r.dimension := coalesce(dimension, r.dimension);
  r.severity := coalesce(severity, r.severity);
  r.on_null := coalesce(on_null, r.on_null);
  r.status := coalesce(status, r.status);
  r.reason := reason;
  r.name := coalesce(name, r.name);
  r.source := coalesce(source, r.source);
  RETURN portfolio.write_rule(r);
END
$$;
COMMENT ON FUNCTION portfolio.alter_rule(text, text, text, text, text, text, text, text, text, text, text) IS
  'Writes the next version of a rule: what is NULL stays as it was, and reason says why. Older versions are kept, and scores made with them stay readable. Gives the version.';

CREATE FUNCTION portfolio.retire_rule(data_set text, code text, reason text) RETURNS int
LANGUAGE plpgsql
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  d portfolio.data_set := portfolio.get_data_set(data_set);
  r portfolio.quality_rule := portfolio.last_rule(d.id, code);
BEGIN
  IF r.version IS NULL THEN
    RAISE EXCEPTION 'rule "%" of data set "%" does not exist', code, data_set USING ERRCODE = 'undefined_object';
  END IF;
  IF reason IS NULL OR btrim(reason) = '' THEN
    RAISE EXCEPTION 'a rule is retired for a reason'
      USING ERRCODE = 'null_value_not_allowed',
            HINT = format('SELECT portfolio.retire_rule(%L, %L, ''why'');', data_set, code);
  END IF;
  IF r.status = 'retired' THEN
    RETURN r.version;
  END IF;
  r.version := r.version + 1;
  r.status := 'retired';
  r.reason := reason;
  RETURN portfolio.write_rule(r);
END
$$;
COMMENT ON FUNCTION portfolio.retire_rule(text, text, text) IS
  'Takes a rule out of scoring by a version of status retired, for a reason that must be given; its older versions and their scores stay. A rule that is retired already is left as it is. Gives the version.';
