-- States of a service: what there is, what may follow what, and what each demands. The constraints of portfolio.service
-- are the law; the tables here give the words in which it is refused and what service_gaps looks for.
CREATE TABLE portfolio.service_state (
  state       text PRIMARY KEY,
  ord         integer NOT NULL UNIQUE,
  label       text NOT NULL,
  description text NOT NULL
);
COMMENT ON TABLE portfolio.service_state IS 'The states of a service in the order of its life. Class: reference.';
COMMENT ON COLUMN portfolio.service_state.state IS 'The state as held in service.state.';
COMMENT ON COLUMN portfolio.service_state.ord IS 'Its place in the order, from 1.';
COMMENT ON COLUMN portfolio.service_state.label IS 'What people read.';
COMMENT ON COLUMN portfolio.service_state.description IS 'What it means.';
INSERT INTO portfolio.service_state (state, ord, label, description) VALUES
  ('pipeline', 1, 'Pipeline', 'Planned or being built; nobody uses it yet.'),
  ('in_transition', 2, 'In transition', 'On its way from a programme into service operations.'),
  ('early_life_support', 3, 'Early life support', 'Service operations runs it and those who built it still help, until a day that is agreed.'),
  ('live', 4, 'Live', 'Service operations runs it.'),
  ('retiring', 5, 'Retiring', 'It is being withdrawn; those who use it still can.'),
  ('retired', 6, 'Retired', 'It is no longer there.');
ALTER TABLE portfolio.service ADD CONSTRAINT service_state_fkey FOREIGN KEY (state) REFERENCES portfolio.service_state;

CREATE TABLE portfolio.service_transition (
  from_state text NOT NULL REFERENCES portfolio.service_state,
  to_state   text NOT NULL REFERENCES portfolio.service_state,
  meaning    text NOT NULL,
  PRIMARY KEY (from_state, to_state),
  CHECK (from_state <> to_state)
);
COMMENT ON TABLE portfolio.service_transition IS
  'Which state of a service may follow which. A new row of service may have any state: it was in it before it was recorded here. Class: reference.';
COMMENT ON COLUMN portfolio.service_transition.from_state IS 'The state that it leaves.';
COMMENT ON COLUMN portfolio.service_transition.to_state IS 'The state that it enters.';
COMMENT ON COLUMN portfolio.service_transition.meaning IS 'What happens.';
INSERT INTO portfolio.service_transition (from_state, to_state, meaning) VALUES
  ('pipeline', 'in_transition', 'Its transfer begins.'),
  ('pipeline', 'retired', 'It is given up before anybody used it.'),
  ('in_transition', 'pipeline', 'The transfer is put off.'),
  ('in_transition', 'early_life_support', 'Service operations takes it over, with help.'),
  ('in_transition', 'retiring', 'It is withdrawn instead of transferred.'),
  ('early_life_support', 'live', 'Service operations accepts it.'),
  ('early_life_support', 'in_transition', 'It is returned to the programme.'),
  ('early_life_support', 'retiring', 'It is withdrawn before it was accepted.'),
  ('live', 'in_transition', 'It is returned to a programme.'),
  ('live', 'retiring', 'Its withdrawal begins.'),
  ('retiring', 'live', 'It is kept after all.'),
  ('retiring', 'early_life_support', 'It is kept after all, and service operations still has help.'),
  ('retiring', 'in_transition', 'It is transferred after all.'),
  ('retiring', 'retired', 'It is withdrawn.'),
  ('retired', 'pipeline', 'It is taken up again.'),
  ('retired', 'retiring', 'Its withdrawal is taken back.');

CREATE TABLE portfolio.service_demand (
  state     text NOT NULL REFERENCES portfolio.service_state,
  demand    name NOT NULL,
  ord       integer NOT NULL,
  what      text NOT NULL,
  next_step text NOT NULL,
  PRIMARY KEY (state, demand),
  UNIQUE (state, ord)
);
COMMENT ON TABLE portfolio.service_demand IS
  'What a service must have in a state, as the CHECK constraints of service say. Class: reference.';
COMMENT ON COLUMN portfolio.service_demand.state IS 'The state.';
COMMENT ON COLUMN portfolio.service_demand.demand IS 'The column of service that must not be NULL.';
COMMENT ON COLUMN portfolio.service_demand.ord IS 'In which order they are named.';
COMMENT ON COLUMN portfolio.service_demand.what IS 'What that is, for people.';
COMMENT ON COLUMN portfolio.service_demand.next_step IS 'What to do where it is missing; CODE stands for the code of the service.';
INSERT INTO portfolio.service_demand (state, demand, ord, what, next_step)
SELECT s.state, d.demand, row_number() OVER (PARTITION BY s.state ORDER BY d.ord), d.what, d.next_step
  FROM (VALUES
    ('owner', 1, 'an accountable owner', 'UPDATE portfolio.service SET owner = portfolio.element_ref(''...'') WHERE code = ''CODE'';', '{early_life_support,live}'::text[]),
    ('support_tier', 2, 'a support tier', 'UPDATE portfolio.service SET support_tier = ''...'' WHERE code = ''CODE'';', '{early_life_support,live}'),
    ('early_life_ends', 3, 'a last day of early life support', 'UPDATE portfolio.service SET early_life_ends = ''...'' WHERE code = ''CODE'';', '{early_life_support}'),
    ('service_level', 4, 'a service level', 'INSERT INTO portfolio.service_level (service, measure, target) VALUES (portfolio.element_id(''service'', ''CODE''), ''availability'', 99.9);', '{live}'),
    ('roadmap_item', 5, 'a roadmap', 'INSERT INTO portfolio.roadmap_item (service, code, kind, title, starts_on) VALUES (portfolio.element_id(''service'', ''CODE''), ''...'', ''release'', ''...'', ''...'');', '{live}')
  ) d (demand, ord, what, next_step, states)
 CROSS JOIN unnest(d.states) s (state);

CREATE FUNCTION portfolio.guard_service() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  lacks text;
  steps text;
  law text;
BEGIN
  IF NEW.state IS NOT NULL AND NOT EXISTS (SELECT FROM portfolio.service_state s WHERE s.state = NEW.state) THEN
    RAISE EXCEPTION 'state "%" of service "%" is not known', NEW.state, NEW.code
      USING ERRCODE = 'foreign_key_violation', CONSTRAINT = 'service_state_fkey', TABLE = 'service', SCHEMA = 'portfolio',
            HINT = (SELECT format('It is %s.', string_agg(s.state, ', ' ORDER BY s.ord)) FROM portfolio.service_state s);
  END IF;
  IF NEW.state = 'live' AND NEW.service_level IS NULL THEN
    SELECT min(l.measure) INTO NEW.service_level FROM portfolio.service_level l WHERE l.service = NEW.id;
  END IF;
  IF NEW.state = 'live' AND NEW.roadmap_item IS NULL THEN
    SELECT i.code INTO NEW.roadmap_item FROM portfolio.roadmap_item i WHERE i.service = NEW.id ORDER BY i.starts_on DESC, i.code LIMIT 1;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    IF NEW.state <> OLD.state
       AND NOT EXISTS (SELECT FROM portfolio.service_transition t WHERE (t.from_state, t.to_state) = (OLD.state, NEW.state)) THEN
      RAISE EXCEPTION 'service "%" cannot become % from %', NEW.code, NEW.state, OLD.state
        USING ERRCODE = 'check_violation', CONSTRAINT = 'service_transition', TABLE = 'service', SCHEMA = 'portfolio', COLUMN = 'state',
              DETAIL = (SELECT format('What is %s may become %s.', OLD.state, string_agg(t.to_state, ' or ' ORDER BY s.ord))
                          FROM portfolio.service_transition t JOIN portfolio.service_state s ON s.state = t.to_state
                         WHERE t.from_state = OLD.state),
              HINT = 'SELECT * FROM portfolio.service_transition; lists what may follow what.';
    END IF;
    -- A day that somebody gives stays; what stands from an earlier time in the state does not.
    IF NEW.state = 'live' AND OLD.state NOT IN ('live', 'retiring') AND NEW.live_on IS NOT DISTINCT FROM OLD.live_on THEN
      NEW.live_on := portfolio.law_day();
    END IF;
    IF OLD.state = 'retired' AND NEW.state = 'pipeline' AND NEW.retired_on IS NOT DISTINCT FROM OLD.retired_on THEN
      NEW.retired_on := NULL;
    END IF;
  END IF;
  IF NEW.state = 'live' AND NEW.live_on IS NULL THEN
    NEW.live_on := portfolio.law_day();
  END IF;
  IF NEW.state = 'retired' AND NEW.retired_on IS NULL THEN
    NEW.retired_on := portfolio.law_day();
  END IF;

  SELECT string_agg(d.what, ', ' ORDER BY d.ord), string_agg(replace(d.next_step, 'CODE', NEW.code), ' ' ORDER BY d.ord),
         CASE NEW.state WHEN 'live' THEN 'service_live_check' ELSE 'service_early_life_check' END
    INTO lacks, steps, law
    FROM portfolio.service_demand d WHERE d.state = NEW.state AND to_jsonb(NEW) ->> d.demand IS NULL;
  IF lacks IS NOT NULL THEN
    RAISE EXCEPTION 'service "%" cannot be %: it lacks %', NEW.code, NEW.state, lacks
      USING ERRCODE = 'check_violation', CONSTRAINT = law, TABLE = 'service', SCHEMA = 'portfolio',
            DETAIL = format('In state %s it needs %s.', NEW.state,
                            (SELECT string_agg(d.what, ', ' ORDER BY d.ord) FROM portfolio.service_demand d WHERE d.state = NEW.state)),
            HINT = CASE TG_OP WHEN 'UPDATE' THEN steps
                              ELSE 'Give it in the INSERT. The service level and the roadmap that it names may follow in the same transaction.' END;
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION portfolio.guard_service() IS
  'Trigger of service: fills the keys of a live one to its service level and roadmap, and the days live_on and retired_on, where they are left out, and says in words what an unknown state (23503), a change of state (23514, constraint service_transition) or the CHECK constraints of the state would refuse. What a restore loads has all of it.';
CREATE TRIGGER guard_service BEFORE INSERT OR UPDATE ON portfolio.service FOR EACH ROW EXECUTE FUNCTION portfolio.guard_service();

-- Since when: kept by the database, so that states can be asked of any day.
CREATE TABLE portfolio.service_state_period (
  service bigint NOT NULL REFERENCES portfolio.element ON DELETE CASCADE,
  state   text NOT NULL REFERENCES portfolio.service_state,
  during  daterange NOT NULL,
  CONSTRAINT service_state_period_during_check CHECK (NOT isempty(during) AND isfinite(lower(during)) AND isfinite(upper(during))),
  CONSTRAINT service_state_period_during_excl EXCLUDE USING gist (service WITH =, during WITH &&)
);
COMMENT ON TABLE portfolio.service_state_period IS
  'In which state each service was on which days: the state at the end of each day, written with service.state. A service that undo_change() brings back has those that the journal tells of. The owner of the table may correct what was before. Class: user rows.';
COMMENT ON COLUMN portfolio.service_state_period.service IS 'The service; its periods go with it.';
COMMENT ON COLUMN portfolio.service_state_period.state IS 'Its state.';
COMMENT ON COLUMN portfolio.service_state_period.during IS
  'Days on which it had it, [from, to). The first period begins with the service, whenever it was recorded; the last is open.';
SELECT pg_extension_config_dump('portfolio.service_state_period', '');

CREATE FUNCTION portfolio.record_service_state() RETURNS trigger
LANGUAGE c AS 'MODULE_PATHNAME', 'pf_record_service_state';
COMMENT ON FUNCTION portfolio.record_service_state() IS
  'Trigger of service: keeps service_state_period. Rows that a restore loads have their periods in the same dump.';
CREATE TRIGGER record_service_state AFTER INSERT OR UPDATE ON portfolio.service
  FOR EACH ROW EXECUTE FUNCTION portfolio.record_service_state();
