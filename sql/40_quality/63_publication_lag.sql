-- How long the data takes: from the end of a period to its arrival, its score and its publication.
CREATE INDEX score_total_data_set_idx ON portfolio.score_total (data_set, period, scored_at);

CREATE VIEW portfolio.publication_lag WITH (security_invoker = true) AS
SELECT d.id AS data_set, d.code, p.code AS period, upper(p.during) - 1 AS period_ends_on,
       s.expected, s.received, s.in_time_pct, s.received_on, c.scored_on, e.published_on,
       s.received_on - (upper(p.during) - 1) AS received_days, c.scored_on - (upper(p.during) - 1) AS scored_days,
       e.published_on - (upper(p.during) - 1) AS published_days,
       e.published_on - (upper(p.during) - 1) - lag(e.published_on - (upper(p.during) - 1)) OVER w AS change_days,
       portfolio.sparkline(array_agg((e.published_on - (upper(p.during) - 1))::numeric) OVER (w ROWS BETWEEN 11 PRECEDING AND CURRENT ROW)) AS trend
  FROM portfolio.data_set d
  JOIN (SELECT DISTINCT t.data_set, t.period FROM portfolio.score_total t WHERE t.latest) x ON x.data_set = d.id
  JOIN portfolio.reporting_period p ON p.code = x.period
 CROSS JOIN LATERAL (SELECT count(*) AS expected, count(u.received_at) AS received, max(u.received_at)::date AS received_on,
                            100.0 * count(*) FILTER (WHERE u.received_at::date <= u.due_on) / nullif(count(*), 0) AS in_time_pct
                       FROM portfolio.submission u WHERE u.data_set = d.id AND u.period = p.code) s
 CROSS JOIN LATERAL (SELECT min(t.scored_at)::date AS scored_on FROM portfolio.score_total t WHERE t.data_set = d.id AND t.period = p.code) c
  LEFT JOIN LATERAL (SELECT v.published_at::date AS published_on FROM portfolio.score_edition v
                      WHERE v.data_set = d.id AND v.period = p.code AND v.edition = 1) e ON true
WINDOW w AS (PARTITION BY d.code ORDER BY lower(p.during), p.code);
COMMENT ON VIEW portfolio.publication_lag IS
  'How many days after the end of a period its data had come, was first scored and was first published, for every data set and period that has a score. Name a data set. Days are those of the time zone of the session.';
COMMENT ON COLUMN portfolio.publication_lag.data_set IS 'The data set.';
COMMENT ON COLUMN portfolio.publication_lag.code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio.publication_lag.period IS 'The reporting period.';
COMMENT ON COLUMN portfolio.publication_lag.period_ends_on IS 'Its last day, inclusive.';
COMMENT ON COLUMN portfolio.publication_lag.expected IS 'Submissions expected; 0 where none are declared.';
COMMENT ON COLUMN portfolio.publication_lag.received IS 'Submissions that came.';
COMMENT ON COLUMN portfolio.publication_lag.in_time_pct IS 'Percent of those expected that came by the day on which they were due; NULL when none was expected.';
COMMENT ON COLUMN portfolio.publication_lag.received_on IS 'Day on which the last of those that came did; NULL when none came.';
COMMENT ON COLUMN portfolio.publication_lag.scored_on IS 'Day of the first score that is kept.';
COMMENT ON COLUMN portfolio.publication_lag.published_on IS 'Day of the first edition; NULL: not published.';
COMMENT ON COLUMN portfolio.publication_lag.received_days IS 'Days from the end of the period to received_on.';
COMMENT ON COLUMN portfolio.publication_lag.scored_days IS 'Days from the end of the period to scored_on.';
COMMENT ON COLUMN portfolio.publication_lag.published_days IS 'Days from the end of the period to published_on.';
COMMENT ON COLUMN portfolio.publication_lag.change_days IS 'published_days less that of the period before; NULL when either is not published.';
COMMENT ON COLUMN portfolio.publication_lag.trend IS 'published_days of this and up to eleven periods before, as sparkline() draws them.';
