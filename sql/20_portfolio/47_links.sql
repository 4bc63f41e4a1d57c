-- What is said about elements in rows of their own, most of it dated: roles, technology, conformance, stages, decisions.
CREATE TABLE portfolio.organisation_role (
  organisation bigint NOT NULL REFERENCES portfolio.organisation ON DELETE CASCADE,
  role         text NOT NULL CHECK (btrim(role) <> ''),
  is_primary   boolean NOT NULL DEFAULT false,
  valid        daterange NOT NULL DEFAULT '(,)',
  PRIMARY KEY (organisation, role, valid),
  CONSTRAINT organisation_role_valid_excl EXCLUDE USING gist (organisation WITH =, role WITH =, valid WITH &&),
  CONSTRAINT organisation_role_primary_excl EXCLUDE USING gist (organisation WITH =, valid WITH &&) WHERE (is_primary)
);
COMMENT ON TABLE portfolio.organisation_role IS
  'What organisations are in the health and care system, as the Organisation Data Service says it: several roles each, one of them primary on a day. Class: user rows.';
COMMENT ON COLUMN portfolio.organisation_role.organisation IS 'The organisation; its roles go with it.';
COMMENT ON COLUMN portfolio.organisation_role.role IS 'The role: a code such as RO177 (prescribing cost centre) or a word.';
COMMENT ON COLUMN portfolio.organisation_role.is_primary IS 'Whether it is its primary role.';
COMMENT ON COLUMN portfolio.organisation_role.valid IS 'Days on which it has the role.';

CREATE TABLE portfolio.system_technology (
  system     bigint NOT NULL REFERENCES portfolio.system ON DELETE CASCADE,
  technology bigint NOT NULL REFERENCES portfolio.technology,
  purpose    text CHECK (btrim(purpose) <> ''),
  valid      daterange NOT NULL DEFAULT '(,)',
  PRIMARY KEY (system, technology, valid),
  CONSTRAINT system_technology_valid_excl EXCLUDE USING gist (system WITH =, technology WITH =, valid WITH &&)
);
COMMENT ON TABLE portfolio.system_technology IS 'Which system runs on which technology, and when. Class: user rows.';
COMMENT ON COLUMN portfolio.system_technology.system IS 'The system; what it runs on goes with it.';
COMMENT ON COLUMN portfolio.system_technology.technology IS 'The technology; it stays while a system is said to run on it.';
COMMENT ON COLUMN portfolio.system_technology.purpose IS 'What it is used for there: database, web server…';
COMMENT ON COLUMN portfolio.system_technology.valid IS 'Days on which it is used, planned or past.';

CREATE TABLE portfolio.conformance (
  interface   bigint REFERENCES portfolio.interface ON DELETE CASCADE,
  system      bigint REFERENCES portfolio.system ON DELETE CASCADE,
  element     bigint NOT NULL GENERATED ALWAYS AS (coalesce(interface, system)) STORED,
  standard    bigint NOT NULL REFERENCES portfolio.standard,
  status      text NOT NULL CHECK (status IN ('declared', 'self_assessed', 'assured', 'failed', 'waived', 'expired')),
  assessed_on date CHECK (isfinite(assessed_on)),
  assessed_by bigint REFERENCES portfolio.element,
  evidence    text CHECK (btrim(evidence) <> ''),
  valid       daterange NOT NULL DEFAULT '(,)',
  PRIMARY KEY (element, standard, valid),
  CONSTRAINT conformance_subject_check CHECK (num_nonnulls(interface, system) = 1),
  CONSTRAINT conformance_proof_check CHECK (status NOT IN ('assured', 'failed') OR evidence IS NOT NULL),
  CONSTRAINT conformance_valid_excl EXCLUDE USING gist (element WITH =, standard WITH =, valid WITH &&)
);
COMMENT ON TABLE portfolio.conformance IS
  'How far an interface or a system conforms to a standard, one statement at a time. Who has assessed it gives evidence. Once its days are over a statement counts as expired: see current_conformance. Class: user rows.';
COMMENT ON COLUMN portfolio.conformance.interface IS 'The interface that is judged; NULL where it is a system.';
COMMENT ON COLUMN portfolio.conformance.system IS 'The system that is judged; NULL where it is an interface.';
COMMENT ON COLUMN portfolio.conformance.element IS 'Whichever of the two it is.';
COMMENT ON COLUMN portfolio.conformance.standard IS 'The standard.';
COMMENT ON COLUMN portfolio.conformance.status IS
  'declared (its provider says so), self_assessed (its provider has tested it), assured (somebody else has), failed, waived (it need not for a time) or expired.';
COMMENT ON COLUMN portfolio.conformance.assessed_on IS 'Day of the assessment or the decision; NULL when unknown.';
COMMENT ON COLUMN portfolio.conformance.assessed_by IS 'Element (an organisation, a team, a board) that assessed or waived it.';
COMMENT ON COLUMN portfolio.conformance.evidence IS 'Certificate, report or test on which it rests; never NULL when assured or failed.';
COMMENT ON COLUMN portfolio.conformance.valid IS 'Days for which the statement is good.';

CREATE TABLE portfolio.programme_stage (
  programme     bigint NOT NULL REFERENCES portfolio.programme ON DELETE CASCADE,
  stage         text NOT NULL CHECK (btrim(stage) <> ''),
  ord           integer NOT NULL CHECK (ord > 0),
  planned       daterange CHECK (NOT isempty(planned) AND isfinite(lower(planned)) AND isfinite(upper(planned))),
  actual        daterange CHECK (NOT isempty(actual) AND isfinite(lower(actual)) AND isfinite(upper(actual))),
  budget_gbp_m  numeric CHECK (budget_gbp_m >= 0),
  cost_gbp_m    numeric CHECK (cost_gbp_m >= 0),
  PRIMARY KEY (programme, stage),
  UNIQUE (programme, ord),
  CONSTRAINT programme_stage_planned_excl EXCLUDE USING gist (programme WITH =, planned WITH &&),
  CONSTRAINT programme_stage_actual_excl EXCLUDE USING gist (programme WITH =, actual WITH &&)
);
COMMENT ON TABLE portfolio.programme_stage IS
  'The stages of a programme in their order, each with its planned and its actual days and its money. Stages of one programme do not overlap. Class: user rows.';
COMMENT ON COLUMN portfolio.programme_stage.programme IS 'The programme; its stages go with it.';
COMMENT ON COLUMN portfolio.programme_stage.stage IS 'Name of the stage: discovery, alpha, outline business case…';
COMMENT ON COLUMN portfolio.programme_stage.ord IS 'Its place in the order, from 1.';
COMMENT ON COLUMN portfolio.programme_stage.planned IS 'Planned days; NULL before they are known.';
COMMENT ON COLUMN portfolio.programme_stage.actual IS 'Actual days, open while it runs; NULL before it has begun.';
COMMENT ON COLUMN portfolio.programme_stage.budget_gbp_m IS 'Budget, millions of pounds.';
COMMENT ON COLUMN portfolio.programme_stage.cost_gbp_m IS 'Cost so far, millions of pounds.';

CREATE SEQUENCE portfolio.board_decision_id_seq;
COMMENT ON SEQUENCE portfolio.board_decision_id_seq IS 'Numbers decisions of boards.';
SELECT pg_extension_config_dump('portfolio.board_decision_id_seq', '');
CREATE TABLE portfolio.board_decision (
  id          bigint PRIMARY KEY DEFAULT nextval('portfolio.board_decision_id_seq'),
  board       bigint NOT NULL REFERENCES portfolio.organisation,
  element     bigint REFERENCES portfolio.element,
  what        text NOT NULL CHECK (btrim(what) <> ''),
  why         text NOT NULL CHECK (btrim(why) <> ''),
  outcome     text NOT NULL CHECK (outcome IN ('approved', 'approved_with_conditions', 'rejected', 'deferred', 'noted')),
  conditions  text CHECK (btrim(conditions) <> ''),
  decided_on  date NOT NULL CHECK (isfinite(decided_on)),
  review_on   date CHECK (isfinite(review_on)),
  reference   text CHECK (btrim(reference) <> ''),
  recorded_by name NOT NULL DEFAULT CURRENT_USER,
  CONSTRAINT board_decision_terms_check CHECK ((outcome = 'approved_with_conditions') = (conditions IS NOT NULL)),
  CONSTRAINT board_decision_review_check CHECK (review_on >= decided_on)
);
COMMENT ON TABLE portfolio.board_decision IS
  'What boards decided: what, on which element, why, with what outcome. A board is an organisation whose role is board. Decisions at the gates of a process are rows of gate_decision. Class: user rows.';
COMMENT ON COLUMN portfolio.board_decision.id IS 'The decision.';
COMMENT ON COLUMN portfolio.board_decision.board IS 'The board, an organisation: the Enterprise Architecture Board.';
COMMENT ON COLUMN portfolio.board_decision.element IS 'What it is about; NULL when about no single element.';
COMMENT ON COLUMN portfolio.board_decision.what IS 'What was put to the board.';
COMMENT ON COLUMN portfolio.board_decision.why IS 'Why it decided so.';
COMMENT ON COLUMN portfolio.board_decision.outcome IS 'approved, approved_with_conditions, rejected, deferred or noted.';
COMMENT ON COLUMN portfolio.board_decision.conditions IS 'The conditions, where the outcome is approved_with_conditions; NULL otherwise.';
COMMENT ON COLUMN portfolio.board_decision.decided_on IS 'Day of the decision.';
COMMENT ON COLUMN portfolio.board_decision.review_on IS 'Day on which the board wants to see it again; NULL: never.';
COMMENT ON COLUMN portfolio.board_decision.reference IS 'Minute or paper in which it stands.';
COMMENT ON COLUMN portfolio.board_decision.recorded_by IS 'Role that recorded it; never given by hand.';

CREATE TABLE portfolio.role_kind (
  role        text PRIMARY KEY CHECK (role ~ '^[a-z][a-z0-9_]*$'),
  label       text NOT NULL CHECK (btrim(label) <> ''),
  description text,
  builtin     boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE portfolio.role_kind IS
  'The roles that somebody holds for an element and answers for: one holder at a time. Class: user rows (those not builtin).';
COMMENT ON COLUMN portfolio.role_kind.role IS 'Name of the role in lower case with underscores.';
COMMENT ON COLUMN portfolio.role_kind.label IS 'What people read.';
COMMENT ON COLUMN portfolio.role_kind.description IS 'What its holder answers for.';
COMMENT ON COLUMN portfolio.role_kind.builtin IS 'True for roles that belong to the release; they are not dumped.';
SELECT pg_extension_config_dump('portfolio.role_kind', 'WHERE NOT builtin');
INSERT INTO portfolio.role_kind (role, label, description, builtin) VALUES
  ('sro', 'Senior responsible owner', 'Answers for a programme reaching its objectives and its benefits.', true),
  ('service_owner', 'Service owner', 'Answers for a service from end to end while it runs.', true),
  ('information_asset_owner', 'Information asset owner', 'Answers for what a data set or system holds: who uses it, and at what risk.', true),
  ('siro', 'Senior information risk owner', 'Answers for the information risk of an organisation.', true),
  ('caldicott_guardian', 'Caldicott guardian', 'Answers for the confidentiality of what is held about people.', true),
  ('contract_manager', 'Contract manager', 'Answers for what a contract delivers.', true);

CREATE TABLE portfolio.role_holder (
  element bigint NOT NULL REFERENCES portfolio.element ON DELETE CASCADE,
  role    text NOT NULL REFERENCES portfolio.role_kind,
  party   bigint NOT NULL REFERENCES portfolio.element,
  valid   daterange NOT NULL DEFAULT '(,)',
  PRIMARY KEY (element, role, valid),
  CHECK (party <> element),
  CONSTRAINT role_holder_one_at_a_time EXCLUDE USING gist (element WITH =, role WITH =, valid WITH &&)
);
COMMENT ON TABLE portfolio.role_holder IS
  'Who answers in which role for which element, and when: one at a time (23P01 otherwise). Class: user rows.';
COMMENT ON COLUMN portfolio.role_holder.element IS 'What is answered for; its roles go with it.';
COMMENT ON COLUMN portfolio.role_holder.role IS 'The role, a row of role_kind.';
COMMENT ON COLUMN portfolio.role_holder.party IS 'Element (a person, a post, a team, an organisation) that holds the role.';
COMMENT ON COLUMN portfolio.role_holder.valid IS 'Days on which it does, planned or past.';

CREATE TRIGGER guard_builtin_kind BEFORE UPDATE OR DELETE ON portfolio.role_kind
  FOR EACH ROW WHEN (OLD.builtin) EXECUTE FUNCTION portfolio.guard_builtin_kind('role');

-- What these tables share with the concept tables.
DO $$
DECLARE
  t record;
  reference name;
BEGIN
  FOR t IN SELECT * FROM (VALUES ('organisation_role', 'organisation'), ('system_technology', 'system'), ('conformance', 'element'),
                                 ('programme_stage', 'programme'), ('board_decision', 'element'), ('role_holder', 'element'),
                                 ('role_kind', NULL)) v (name, subject)
  LOOP
    EXECUTE format('CREATE TRIGGER record_change AFTER INSERT OR UPDATE OR DELETE ON portfolio.%I
        FOR EACH ROW EXECUTE FUNCTION portfolio.record_change(%s)', t.name, coalesce(quote_literal(t.subject), ''));
    EXECUTE format('CREATE TRIGGER record_changes AFTER INSERT OR UPDATE OR DELETE ON portfolio.%I
        FOR EACH STATEMENT EXECUTE FUNCTION portfolio.record_change()', t.name);
    FOR reference IN SELECT a.attname FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND c.conkey = ARRAY[a.attnum]
                      WHERE c.conrelid = format('portfolio.%I', t.name)::regclass AND c.contype = 'f'
                        -- the first column of the primary key has an index
                        AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.conrelid AND i.indisprimary AND i.indkey[0] = a.attnum)
                      ORDER BY a.attnum
    LOOP
      EXECUTE format('CREATE INDEX %I ON portfolio.%I (%I) WHERE %I IS NOT NULL', t.name || '_' || reference || '_idx', t.name, reference, reference);
    END LOOP;
    IF EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = format('portfolio.%I', t.name)::regclass AND a.attname = 'valid') THEN
      EXECUTE format('ALTER TABLE portfolio.%I ADD CONSTRAINT %I CHECK (NOT isempty(valid) AND isfinite(lower(valid)) AND isfinite(upper(valid)))',
                     t.name, t.name || '_valid_check');
    END IF;
    IF t.subject IS NOT NULL THEN
      PERFORM pg_extension_config_dump(format('portfolio.%I', t.name)::regclass, '');
    END IF;
  END LOOP;
END
$$;

CREATE VIEW portfolio.current_conformance WITH (security_invoker = true) AS
  SELECT DISTINCT ON (c.element, c.standard)
         c.element, e.kind || ':' || e.code AS element_ref, c.standard, s.code AS standard_code,
         CASE WHEN c.valid @> day.shown THEN c.status ELSE 'expired' END AS status,
         c.status AS stated_status, c.assessed_on, c.assessed_by, c.evidence,
         lower(c.valid) AS valid_from, upper(c.valid) - 1 AS ends_on, day.shown AS as_of,
         coalesce(i.lifecycle, portfolio.lifecycle_on(y.lifecycle, y.valid, day.shown)) AS lifecycle
    FROM portfolio.conformance c
   CROSS JOIN (SELECT portfolio.as_of() AS shown) day
    JOIN portfolio.element e ON e.id = c.element AND e.valid @> day.shown
    JOIN portfolio.standard s ON s.id = c.standard
    LEFT JOIN portfolio.interface_on_day i ON i.interface = c.interface
    LEFT JOIN portfolio.system y ON y.id = c.system
   WHERE lower_inf(c.valid) OR lower(c.valid) <= day.shown
   ORDER BY c.element, c.standard, lower(c.valid) DESC NULLS LAST;
COMMENT ON VIEW portfolio.current_conformance IS
  'How far each interface and system that exists on the day of pg_portfolio.as_of conforms to each standard: the last statement made by then, expired once its days are over. Example: SELECT element_ref, standard_code, status, ends_on FROM portfolio.current_conformance;';
COMMENT ON COLUMN portfolio.current_conformance.element IS 'The interface or system.';
COMMENT ON COLUMN portfolio.current_conformance.element_ref IS 'It as kind:code.';
COMMENT ON COLUMN portfolio.current_conformance.standard IS 'The standard.';
COMMENT ON COLUMN portfolio.current_conformance.standard_code IS 'Its code.';
COMMENT ON COLUMN portfolio.current_conformance.status IS 'declared, self_assessed, assured, failed, waived or expired, as it counts on that day.';
COMMENT ON COLUMN portfolio.current_conformance.stated_status IS 'What was stated, however old.';
COMMENT ON COLUMN portfolio.current_conformance.assessed_on IS 'Day of the assessment or the decision.';
COMMENT ON COLUMN portfolio.current_conformance.assessed_by IS 'Element that assessed or waived it.';
COMMENT ON COLUMN portfolio.current_conformance.evidence IS 'What it rests on.';
COMMENT ON COLUMN portfolio.current_conformance.valid_from IS 'First day for which the statement is good; NULL when open.';
COMMENT ON COLUMN portfolio.current_conformance.ends_on IS 'Last day, inclusive; NULL when open.';
COMMENT ON COLUMN portfolio.current_conformance.as_of IS 'The day shown.';
COMMENT ON COLUMN portfolio.current_conformance.lifecycle IS 'planned, live, retiring or retired: where the interface or system is in its life on that day.';
