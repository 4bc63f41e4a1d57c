-- Ratings as tools want them: a label to show, a number to sort by, a colour to fill with.
CREATE TABLE portfolio.rating (
  scheme text NOT NULL,
  code text NOT NULL,
  label text NOT NULL,
  sort_order int NOT NULL,
  colour text NOT NULL CHECK (colour ~ '^#[0-9a-f]{6}$'),
  PRIMARY KEY (scheme, code),
  UNIQUE (scheme, sort_order)
);
COMMENT ON TABLE portfolio.rating IS 'Labels, sort orders and colours of ratings, for views and dashboards. Class: reference.';
COMMENT ON COLUMN portfolio.rating.scheme IS 'What is rated: severity (findings and rules), dca (delivery confidence of programmes), readiness (gates), outcome (runs of jobs), control (what is said of the controls of standards).';
COMMENT ON COLUMN portfolio.rating.code IS 'The rating as tables hold it.';
COMMENT ON COLUMN portfolio.rating.label IS 'The rating as people read it.';
COMMENT ON COLUMN portfolio.rating.sort_order IS 'Worst first: 1 is the worst of its scheme; delivery confidence is worst first within each of its two scales.';
COMMENT ON COLUMN portfolio.rating.colour IS 'Fill colour, #rrggbb. Never the only sign: the label stands beside it.';

INSERT INTO portfolio.rating (scheme, code, label, sort_order, colour) VALUES
  ('severity', 'critical', 'Critical', 1, '#8b0000'),
  ('severity', 'high',     'High',     2, '#d4351c'),
  ('severity', 'medium',   'Medium',   3, '#f47738'),
  ('severity', 'low',      'Low',      4, '#ffdd00'),
  ('severity', 'info',     'Information', 5, '#b1b4b6'),
  -- Delivery confidence as the Infrastructure and Projects Authority publishes it, five points to March 2021 and three from March 2022, in the order of type dca.
  ('dca', 'Red',         'Red',         1, '#d4351c'),
  ('dca', 'Amber/Red',   'Amber/Red',   2, '#f47738'),
  ('dca', 'Amber',       'Amber',       3, '#ffbf00'),
  ('dca', 'Amber/Green', 'Amber/Green', 4, '#85994b'),
  ('dca', 'Green',       'Green',       5, '#00703c'),
  ('dca', 'Red (3)',     'Red (three-point)',   6, '#d4351c'),
  ('dca', 'Amber (3)',   'Amber (three-point)', 7, '#ffbf00'),
  ('dca', 'Green (3)',   'Green (three-point)', 8, '#00703c'),
  ('dca', 'Reset',       'Reset',       9, '#b1b4b6'),
  ('dca', 'Exempt',      'Exempt',     10, '#b1b4b6'),
  ('dca', 'Not rated',   'Not rated',  11, '#b1b4b6'),
  ('readiness', 'blocked',     'Blocked',     1, '#d4351c'),
  ('readiness', 'in_progress', 'In progress', 2, '#ffbf00'),
  ('readiness', 'ready',       'Ready',       3, '#00703c'),
  ('outcome', 'failed',    'Failed',    1, '#d4351c'),
  ('outcome', 'unknown',   'Unknown',   2, '#f47738'),
  ('outcome', 'withdrawn', 'Withdrawn', 3, '#b1b4b6'),
  ('outcome', 'queued',    'Queued',    4, '#5694ca'),
  ('outcome', 'started',   'Running',   5, '#1d70b8'),
  ('outcome', 'succeeded', 'Succeeded', 6, '#00703c'),
  ('control', 'not_met',        'Not met',          1, '#d4351c'),
  ('control', 'lapsed',         'Review overdue',   2, '#f47738'),
  ('control', 'not_said',       'Nothing said yet', 3, '#f47738'),
  ('control', 'partly_met',     'Partly met',       4, '#ffbf00'),
  ('control', 'planned',        'Plan agreed',      5, '#ffdd00'),
  ('control', 'met',            'Met',              6, '#00703c'),
  ('control', 'not_applicable', 'Does not apply',   7, '#b1b4b6');
