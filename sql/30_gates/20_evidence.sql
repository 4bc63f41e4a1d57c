-- Evidence, waivers, conditions and decisions. Rows are added, never changed: what counts is the newest. The order of keys is
-- the order of a restore: a decision needs its basis, and the basis needs the evidence, waivers and conditions in it.

CREATE TABLE portfolio.evidence (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  process text NOT NULL,
  version integer NOT NULL,
  criterion text NOT NULL,
  status text NOT NULL CHECK (status IN ('met', 'partly', 'not_met', 'not_applicable', 'unknown')),
  value numeric,
  note text,
  by name NOT NULL DEFAULT CURRENT_USER,
  at timestamptz NOT NULL DEFAULT now(),
  expires timestamptz NOT NULL DEFAULT 'infinity',
  UNIQUE (id, run, criterion, status, at, expires),
  FOREIGN KEY (run, process, version) REFERENCES portfolio.process_run (id, process, version),
  FOREIGN KEY (process, version, criterion) REFERENCES portfolio.criterion,
  CONSTRAINT evidence_expires CHECK (expires > at)
);
CREATE INDEX evidence_newest ON portfolio.evidence (run, criterion, at DESC, id DESC);
COMMENT ON TABLE portfolio.evidence IS 'What was shown for a criterion; the newest row that has not expired counts. Never overwritten. Class: user rows.';
COMMENT ON COLUMN portfolio.evidence.id IS 'Key.';
COMMENT ON COLUMN portfolio.evidence.run IS 'The run.';
COMMENT ON COLUMN portfolio.evidence.process IS 'The run''s process; filled by the database.';
COMMENT ON COLUMN portfolio.evidence.version IS 'The process''s version; filled by the database.';
COMMENT ON COLUMN portfolio.evidence.criterion IS 'The criterion.';
COMMENT ON COLUMN portfolio.evidence.status IS 'met, partly, not_met, not_applicable (never for a mandatory criterion: that takes a waiver) or unknown.';
COMMENT ON COLUMN portfolio.evidence.value IS 'The number behind it, if there is one.';
COMMENT ON COLUMN portfolio.evidence.note IS 'What the evidence is and where it lies.';
COMMENT ON COLUMN portfolio.evidence.by IS 'Who recorded it.';
COMMENT ON COLUMN portfolio.evidence.at IS 'When it was recorded.';
COMMENT ON COLUMN portfolio.evidence.expires IS 'From when on it no longer counts; infinity: never.';
SELECT pg_extension_config_dump('portfolio.evidence', '');
SELECT pg_extension_config_dump('portfolio.evidence_id_seq', '');

CREATE TABLE portfolio.waiver (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  process text NOT NULL,
  version integer NOT NULL,
  criterion text NOT NULL,
  owner bigint NOT NULL REFERENCES portfolio.element,
  reason text NOT NULL CHECK (btrim(reason) <> ''),
  by name NOT NULL DEFAULT CURRENT_USER,
  at timestamptz NOT NULL DEFAULT now(),
  expires timestamptz NOT NULL CHECK (isfinite(expires)),
  UNIQUE (id, run, criterion, at, expires),
  FOREIGN KEY (run, process, version) REFERENCES portfolio.process_run (id, process, version),
  FOREIGN KEY (process, version, criterion) REFERENCES portfolio.criterion,
  CONSTRAINT waiver_expires CHECK (expires > at)
);
CREATE INDEX waiver_newest ON portfolio.waiver (run, criterion, expires DESC);
COMMENT ON TABLE portfolio.waiver IS 'Criteria that need not be met for a time, with an owner and a reason. A waiver unblocks and does not meet; it expires and is never renewed silently. Class: user rows.';
COMMENT ON COLUMN portfolio.waiver.id IS 'Key.';
COMMENT ON COLUMN portfolio.waiver.run IS 'The run.';
COMMENT ON COLUMN portfolio.waiver.process IS 'The run''s process; filled by the database.';
COMMENT ON COLUMN portfolio.waiver.version IS 'The process''s version; filled by the database.';
COMMENT ON COLUMN portfolio.waiver.criterion IS 'The criterion.';
COMMENT ON COLUMN portfolio.waiver.owner IS 'Who answers for what is not done.';
COMMENT ON COLUMN portfolio.waiver.reason IS 'Why it is waived.';
COMMENT ON COLUMN portfolio.waiver.by IS 'Who waived it: a member of the gate''s role.';
COMMENT ON COLUMN portfolio.waiver.at IS 'When it was waived.';
COMMENT ON COLUMN portfolio.waiver.expires IS 'From when on it no longer counts; at most process.max_waiver_days after at.';
SELECT pg_extension_config_dump('portfolio.waiver', '');
SELECT pg_extension_config_dump('portfolio.waiver_id_seq', '');

CREATE TABLE portfolio.condition (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  process text NOT NULL,
  version integer NOT NULL,
  criterion text NOT NULL,
  owner bigint NOT NULL REFERENCES portfolio.element,
  due_on date NOT NULL CHECK (isfinite(due_on)),
  what text,
  by name NOT NULL DEFAULT CURRENT_USER,
  at timestamptz NOT NULL DEFAULT now(),
  met_on date,
  met_at timestamptz,
  met_by name,
  met_note text,
  UNIQUE (id, run, criterion),
  FOREIGN KEY (run, process, version) REFERENCES portfolio.process_run (id, process, version),
  FOREIGN KEY (process, version, criterion) REFERENCES portfolio.criterion,
  CONSTRAINT condition_met CHECK ((met_on IS NULL) = (met_at IS NULL) AND (met_on IS NULL) = (met_by IS NULL))
);
CREATE INDEX condition_run ON portfolio.condition (run, criterion);
CREATE INDEX condition_open ON portfolio.condition (owner, due_on) WHERE met_on IS NULL;
COMMENT ON TABLE portfolio.condition IS
  'Conditions under which a gate was passed: a criterion, who sees to it and by when. The next gate stays shut until all are met; one that is overdue, or met too late, lapses the decision. Class: user rows.';
COMMENT ON COLUMN portfolio.condition.id IS 'Key.';
COMMENT ON COLUMN portfolio.condition.run IS 'The run.';
COMMENT ON COLUMN portfolio.condition.process IS 'The run''s process; filled by the database.';
COMMENT ON COLUMN portfolio.condition.version IS 'The process''s version; filled by the database.';
COMMENT ON COLUMN portfolio.condition.criterion IS 'The criterion that is not met yet.';
COMMENT ON COLUMN portfolio.condition.owner IS 'Who sees to it.';
COMMENT ON COLUMN portfolio.condition.due_on IS 'The last day for it.';
COMMENT ON COLUMN portfolio.condition.what IS 'What exactly is to be done.';
COMMENT ON COLUMN portfolio.condition.by IS 'Who set it.';
COMMENT ON COLUMN portfolio.condition.at IS 'When it was set.';
COMMENT ON COLUMN portfolio.condition.met_on IS 'The day on which it was met; NULL while it is open. Filled by the database when it is set.';
COMMENT ON COLUMN portfolio.condition.met_at IS 'When that was recorded.';
COMMENT ON COLUMN portfolio.condition.met_by IS 'Who recorded that.';
COMMENT ON COLUMN portfolio.condition.met_note IS 'How it was met.';
SELECT pg_extension_config_dump('portfolio.condition', '');
SELECT pg_extension_config_dump('portfolio.condition_id_seq', '');

CREATE TABLE portfolio.gate_decision_evidence (
  decision bigint NOT NULL,
  criterion text NOT NULL,
  run bigint NOT NULL,
  process text NOT NULL,
  version integer NOT NULL,
  mandatory boolean NOT NULL,
  status text NOT NULL CHECK (status IN ('met', 'partly', 'not_met', 'waived', 'not_applicable', 'unknown')),
  decided_at timestamptz NOT NULL,
  evidence bigint,
  evidence_status text,
  evidence_at timestamptz,
  evidence_expires timestamptz,
  waiver bigint,
  waiver_at timestamptz,
  waiver_expires timestamptz,
  condition bigint,
  PRIMARY KEY (decision, criterion),
  FOREIGN KEY (process, version, criterion) REFERENCES portfolio.criterion,
  FOREIGN KEY (evidence, run, criterion, evidence_status, evidence_at, evidence_expires)
    REFERENCES portfolio.evidence (id, run, criterion, status, at, expires),
  FOREIGN KEY (waiver, run, criterion, waiver_at, waiver_expires) REFERENCES portfolio.waiver (id, run, criterion, at, expires),
  FOREIGN KEY (condition, run, criterion) REFERENCES portfolio.condition (id, run, criterion),
  CONSTRAINT gate_decision_evidence_whole CHECK (num_nonnulls(evidence, evidence_status, evidence_at, evidence_expires) IN (0, 4)
                                                 AND num_nonnulls(waiver, waiver_at, waiver_expires) IN (0, 3)),
  CONSTRAINT gate_decision_evidence_met CHECK (status <> 'met' OR
    (evidence IS NOT NULL AND evidence_status = 'met' AND evidence_at <= decided_at AND evidence_expires > decided_at)),
  CONSTRAINT gate_decision_evidence_waived CHECK (status <> 'waived' OR
    (waiver IS NOT NULL AND waiver_at <= decided_at AND waiver_expires > decided_at))
);
CREATE INDEX gate_decision_evidence_condition ON portfolio.gate_decision_evidence (condition) WHERE condition IS NOT NULL;
COMMENT ON TABLE portfolio.gate_decision_evidence IS
  'What a decision rested on: how each criterion of the gate stood at that moment, and by what. Written by the database with the decision; keys prove that the evidence, waiver or condition is what it says. Class: user rows.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.decision IS 'The decision. It refers to these rows and not they to it, so that a restore has them first.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.criterion IS 'The criterion.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.run IS 'The run.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.process IS 'Its process.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.version IS 'The process''s version.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.mandatory IS 'Was the criterion mandatory?';
COMMENT ON COLUMN portfolio.gate_decision_evidence.status IS 'How it stood: as the evidence says, waived under a live waiver, or unknown.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.decided_at IS 'The moment of the decision.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.evidence IS 'The evidence that counted; NULL where there was none.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.evidence_status IS 'Its status.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.evidence_at IS 'When it was recorded.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.evidence_expires IS 'When it expires.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.waiver IS 'The waiver that was live; NULL where there was none or none was needed.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.waiver_at IS 'When it was given.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.waiver_expires IS 'When it expires.';
COMMENT ON COLUMN portfolio.gate_decision_evidence.condition IS 'The condition that names the criterion; NULL where it is met or waived.';
SELECT pg_extension_config_dump('portfolio.gate_decision_evidence', '');

CREATE TABLE portfolio.gate_decision (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  process text NOT NULL,
  version integer NOT NULL,
  gate text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('proceed', 'proceed_with_conditions', 'stop', 'defer')),
  note text,
  by name NOT NULL DEFAULT CURRENT_USER,
  at timestamptz NOT NULL DEFAULT now() CHECK (isfinite(at)),
  basis text,
  FOREIGN KEY (run, process, version) REFERENCES portfolio.process_run (id, process, version),
  FOREIGN KEY (process, version, gate) REFERENCES portfolio.gate,
  FOREIGN KEY (id, basis) REFERENCES portfolio.gate_decision_evidence (decision, criterion)
);
CREATE INDEX gate_decision_newest ON portfolio.gate_decision (run, gate, at DESC, id DESC);
COMMENT ON TABLE portfolio.gate_decision IS
  'Decisions at gates; the newest of a gate counts. The database refuses to proceed while a mandatory criterion is neither met nor waived, and judges each row by its own moment, so what was right then restores now. Class: user rows.';
COMMENT ON COLUMN portfolio.gate_decision.id IS 'Key.';
COMMENT ON COLUMN portfolio.gate_decision.run IS 'The run.';
COMMENT ON COLUMN portfolio.gate_decision.process IS 'The run''s process; filled by the database.';
COMMENT ON COLUMN portfolio.gate_decision.version IS 'The process''s version; filled by the database.';
COMMENT ON COLUMN portfolio.gate_decision.gate IS 'The gate.';
COMMENT ON COLUMN portfolio.gate_decision.outcome IS 'proceed, proceed_with_conditions, stop or defer.';
COMMENT ON COLUMN portfolio.gate_decision.note IS 'Why, in words.';
COMMENT ON COLUMN portfolio.gate_decision.by IS 'Who decided.';
COMMENT ON COLUMN portfolio.gate_decision.at IS 'When it was decided.';
COMMENT ON COLUMN portfolio.gate_decision.basis IS 'One criterion of its basis, or NULL for a gate without criteria: the key by which a dump loads gate_decision_evidence first. Filled by the database.';
SELECT pg_extension_config_dump('portfolio.gate_decision', '');
SELECT pg_extension_config_dump('portfolio.gate_decision_id_seq', '');
