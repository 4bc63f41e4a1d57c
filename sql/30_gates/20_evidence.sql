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
  attachment text CHECK (btrim(attachment) <> ''),
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
COMMENT ON COLUMN portfolio.evidence.status IS 'met, partly, not_met, not_applicable (of a mandatory criterion only by its applies_when; otherwise that takes a waiver) or unknown.';
COMMENT ON COLUMN portfolio.evidence.value IS 'The number behind it, if there is one.';
COMMENT ON COLUMN portfolio.evidence.note IS 'What the evidence is.';
COMMENT ON COLUMN portfolio.evidence.attachment IS 'Where it lies: an address or the reference of a document.';
COMMENT ON COLUMN portfolio.evidence.by IS 'Who recorded it.';
COMMENT ON COLUMN portfolio.evidence.at IS 'When it was recorded.';
COMMENT ON COLUMN portfolio.evidence.expires IS 'From when on it no longer counts; infinity: never.';
SELECT pg_extension_config_dump('portfolio.evidence', '');
SELECT pg_extension_config_dump('portfolio.evidence_id_seq', '');

CREATE VIEW portfolio.evidence_history WITH (security_invoker = true) AS
  SELECT e.run, r.element, e.process, e.version, e.criterion, e.status, e.value, e.note, e.attachment, e.by,
         tstzrange(e.at, nullif(greatest(e.at, least(e.expires, lead(e.at) OVER (PARTITION BY e.run, e.criterion ORDER BY e.at, e.id))), 'infinity')) AS during
    FROM portfolio.evidence e JOIN portfolio.process_run r ON r.id = e.run;
COMMENT ON VIEW portfolio.evidence_history IS 'All evidence of every run with the time in which it counted: until it expired or newer evidence superseded it.';
COMMENT ON COLUMN portfolio.evidence_history.run IS 'The run.';
COMMENT ON COLUMN portfolio.evidence_history.element IS 'What goes through the process.';
COMMENT ON COLUMN portfolio.evidence_history.process IS 'The process.';
COMMENT ON COLUMN portfolio.evidence_history.version IS 'Its version.';
COMMENT ON COLUMN portfolio.evidence_history.criterion IS 'The criterion.';
COMMENT ON COLUMN portfolio.evidence_history.status IS 'What it says.';
COMMENT ON COLUMN portfolio.evidence_history.value IS 'The number behind it, if there is one.';
COMMENT ON COLUMN portfolio.evidence_history.note IS 'What the evidence is.';
COMMENT ON COLUMN portfolio.evidence_history.attachment IS 'Where it lies.';
COMMENT ON COLUMN portfolio.evidence_history.by IS 'Who recorded it.';
COMMENT ON COLUMN portfolio.evidence_history.during IS 'When it counted; empty where newer evidence came at the same moment.';

-- The team asks, who decides at the gate grants: a waiver then, or a refusal with a reason.
CREATE TABLE portfolio.waiver_request (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  process text NOT NULL,
  version integer NOT NULL,
  criterion text NOT NULL,
  owner bigint NOT NULL REFERENCES portfolio.element,
  reason text NOT NULL CHECK (btrim(reason) <> ''),
  expires timestamptz NOT NULL CHECK (isfinite(expires)),
  by name NOT NULL DEFAULT CURRENT_USER,
  at timestamptz NOT NULL DEFAULT now(),
  refused_because text CHECK (btrim(refused_because) <> ''),
  refused_by name,
  refused_at timestamptz,
  UNIQUE (id, run, criterion),
  FOREIGN KEY (run, process, version) REFERENCES portfolio.process_run (id, process, version),
  FOREIGN KEY (process, version, criterion) REFERENCES portfolio.criterion,
  CONSTRAINT waiver_request_expires CHECK (expires > at),
  CONSTRAINT waiver_request_refused CHECK (num_nonnulls(refused_because, refused_by, refused_at) IN (0, 3))
);
CREATE INDEX waiver_request_run ON portfolio.waiver_request (run, criterion);
COMMENT ON TABLE portfolio.waiver_request IS 'Waivers that a team has asked for: open until a waiver grants it or refuse_waiver() refuses. Class: user rows.';
COMMENT ON COLUMN portfolio.waiver_request.id IS 'Key; grant_waiver() and refuse_waiver() take it.';
COMMENT ON COLUMN portfolio.waiver_request.run IS 'The run.';
COMMENT ON COLUMN portfolio.waiver_request.process IS 'The run''s process; filled by the database.';
COMMENT ON COLUMN portfolio.waiver_request.version IS 'The process''s version; filled by the database.';
COMMENT ON COLUMN portfolio.waiver_request.criterion IS 'The criterion.';
COMMENT ON COLUMN portfolio.waiver_request.owner IS 'Who would answer for what is not done.';
COMMENT ON COLUMN portfolio.waiver_request.reason IS 'Why it should be waived.';
COMMENT ON COLUMN portfolio.waiver_request.expires IS 'Until when.';
COMMENT ON COLUMN portfolio.waiver_request.by IS 'Who asked.';
COMMENT ON COLUMN portfolio.waiver_request.at IS 'When.';
COMMENT ON COLUMN portfolio.waiver_request.refused_because IS 'Why it was refused; NULL while it is open and where it was granted.';
COMMENT ON COLUMN portfolio.waiver_request.refused_by IS 'Who refused it. Filled by the database.';
COMMENT ON COLUMN portfolio.waiver_request.refused_at IS 'When. Filled by the database.';
SELECT pg_extension_config_dump('portfolio.waiver_request', '');
SELECT pg_extension_config_dump('portfolio.waiver_request_id_seq', '');

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
  request bigint UNIQUE,
  UNIQUE (id, run, criterion, at, expires),
  FOREIGN KEY (request, run, criterion) REFERENCES portfolio.waiver_request (id, run, criterion),
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
COMMENT ON COLUMN portfolio.waiver.request IS 'The request that it grants; NULL where nobody asked.';
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

CREATE TABLE portfolio.gate_approval (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  run bigint NOT NULL,
  process text NOT NULL,
  version integer NOT NULL,
  gate text NOT NULL,
  note text,
  evidence bigint[] NOT NULL,
  by name NOT NULL DEFAULT CURRENT_USER,
  at timestamptz NOT NULL DEFAULT now() CHECK (isfinite(at)),
  UNIQUE (id, run, gate),
  FOREIGN KEY (run, process, version) REFERENCES portfolio.process_run (id, process, version),
  FOREIGN KEY (process, version, gate) REFERENCES portfolio.gate
);
CREATE INDEX gate_approval_newest ON portfolio.gate_approval (run, gate, at DESC);
COMMENT ON TABLE portfolio.gate_approval IS
  'Approvals that a gate is passed, by somebody who decides there and gave none of its evidence: the second pair of eyes where the decider gave some. Class: user rows.';
COMMENT ON COLUMN portfolio.gate_approval.id IS 'Key.';
COMMENT ON COLUMN portfolio.gate_approval.run IS 'The run.';
COMMENT ON COLUMN portfolio.gate_approval.process IS 'The run''s process; filled by the database.';
COMMENT ON COLUMN portfolio.gate_approval.version IS 'The process''s version; filled by the database.';
COMMENT ON COLUMN portfolio.gate_approval.gate IS 'The gate.';
COMMENT ON COLUMN portfolio.gate_approval.note IS 'Why, in words.';
COMMENT ON COLUMN portfolio.gate_approval.evidence IS 'The evidence that stood at the gate then: what comes later is not covered. Filled by the database.';
COMMENT ON COLUMN portfolio.gate_approval.by IS 'Who approved.';
COMMENT ON COLUMN portfolio.gate_approval.at IS 'When.';
SELECT pg_extension_config_dump('portfolio.gate_approval', '');
SELECT pg_extension_config_dump('portfolio.gate_approval_id_seq', '');

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
  approval bigint,
  FOREIGN KEY (run, process, version) REFERENCES portfolio.process_run (id, process, version),
  FOREIGN KEY (process, version, gate) REFERENCES portfolio.gate,
  FOREIGN KEY (id, basis) REFERENCES portfolio.gate_decision_evidence (decision, criterion),
  FOREIGN KEY (approval, run, gate) REFERENCES portfolio.gate_approval (id, run, gate)
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
COMMENT ON COLUMN portfolio.gate_decision.approval IS 'The approval of somebody else that it needed, because its decider gave evidence himself; NULL where it needed none. Filled by the database.';
SELECT pg_extension_config_dump('portfolio.gate_decision', '');
SELECT pg_extension_config_dump('portfolio.gate_decision_id_seq', '');
