-- Data quality for BI tools: what was published, and nothing else. Suppression happened when it was published
-- (publish_scores()); a view cannot hide what its reader may read below it.
CREATE VIEW portfolio_bi.data_quality WITH (security_barrier = true) AS
  SELECT d.id AS data_set_id, d.code AS data_set_code, d.name AS data_set_name,
         s.period, p.kind AS period_kind, lower(p.during) AS period_from, upper(p.during) - 1 AS period_ends_on,
         s.provider, o.name AS provider_name, s.item,
         s.records, s.valid_and_complete, s.defaults, s.defaults_in_excess, round(s.data_item_score, 1) AS data_item_score,
         d.quality_threshold, s.data_item_score < d.quality_threshold AS is_below_threshold,
         nullif(array_to_string(s.suppressed, ', '), '') AS suppressed,
         s.edition,
         NOT EXISTS (SELECT FROM portfolio.score_edition n
                      WHERE n.data_set = e.data_set AND n.period = e.period AND n.edition > e.edition) AS is_latest_edition,
         e.method,
         e.scored_at, to_char(e.scored_at, 'YYYYMMDD')::int AS scored_at_date_key,
         e.published_at, to_char(e.published_at, 'YYYYMMDD')::int AS published_at_date_key,
         s.coverage, round(s.national_average, 1) AS national_average, e.reason AS revision_reason
    FROM portfolio.published_score s
    JOIN portfolio.score_edition e ON e.data_set = s.data_set AND e.period = s.period AND e.edition = s.edition
    JOIN portfolio.data_set d ON d.id = s.data_set
    JOIN portfolio.reporting_period p ON p.code = s.period
    LEFT JOIN portfolio.organisation o ON o.ods_code = s.provider;
COMMENT ON VIEW portfolio_bi.data_quality IS
  'Scores as published: one row a data set, period, provider, item and edition. Slice by is_latest_edition to see each once.';
COMMENT ON COLUMN portfolio_bi.data_quality.data_set_id IS 'Key of the data set, as in view data_set.';
COMMENT ON COLUMN portfolio_bi.data_quality.data_set_code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio_bi.data_quality.data_set_name IS 'Name of the data set.';
COMMENT ON COLUMN portfolio_bi.data_quality.period IS 'Code of the reporting period.';
COMMENT ON COLUMN portfolio_bi.data_quality.period_kind IS 'day, week, month, quarter, year, financial_quarter, financial_year or other.';
COMMENT ON COLUMN portfolio_bi.data_quality.period_from IS 'First day of the period: sort and slice by it.';
COMMENT ON COLUMN portfolio_bi.data_quality.period_ends_on IS 'Last day of the period, inclusive.';
COMMENT ON COLUMN portfolio_bi.data_quality.provider IS 'Code of the organisation that submitted the records.';
COMMENT ON COLUMN portfolio_bi.data_quality.provider_name IS 'Name of the organisation with that ODS code; NULL where the portfolio does not have it.';
COMMENT ON COLUMN portfolio_bi.data_quality.item IS 'Data item.';
COMMENT ON COLUMN portfolio_bi.data_quality.records IS 'Records to which the item applies, rounded to the nearest 5; NULL when suppressed.';
COMMENT ON COLUMN portfolio_bi.data_quality.valid_and_complete IS 'Records in which the item is present and every validity rule of it is true, rounded to the nearest 5; NULL when suppressed.';
COMMENT ON COLUMN portfolio_bi.data_quality.defaults IS 'Records that hold a default code, rounded to the nearest 5; NULL when suppressed or not applicable.';
COMMENT ON COLUMN portfolio_bi.data_quality.defaults_in_excess IS 'Defaults above the acceptable share, rounded to the nearest 5; NULL when suppressed or not applicable.';
COMMENT ON COLUMN portfolio_bi.data_quality.data_item_score IS 'Percent, 0 to 100, with one decimal place, as the Data Quality Maturity Index defines the data item score; NULL when suppressed.';
COMMENT ON COLUMN portfolio_bi.data_quality.quality_threshold IS 'Percent below which a score of this data set is a finding; NULL: none set.';
COMMENT ON COLUMN portfolio_bi.data_quality.is_below_threshold IS 'Whether the score is below the threshold; NULL when either is not there.';
COMMENT ON COLUMN portfolio_bi.data_quality.suppressed IS 'Names of the figures that were suppressed, with commas between; NULL: none.';
COMMENT ON COLUMN portfolio_bi.data_quality.edition IS 'Number of the publication for this data set and period: a correction is a new edition.';
COMMENT ON COLUMN portfolio_bi.data_quality.is_latest_edition IS 'Whether no later edition corrects it.';
COMMENT ON COLUMN portfolio_bi.data_quality.method IS 'Rule of suppression that was used.';
COMMENT ON COLUMN portfolio_bi.data_quality.scored_at IS 'When the records were scored.';
COMMENT ON COLUMN portfolio_bi.data_quality.scored_at_date_key IS 'Day of scored_at, for view date, in the time zone of the session.';
COMMENT ON COLUMN portfolio_bi.data_quality.published_at IS 'When it was published.';
COMMENT ON COLUMN portfolio_bi.data_quality.published_at_date_key IS 'Day of published_at, for view date, in the time zone of the session.';
COMMENT ON COLUMN portfolio_bi.data_quality.coverage IS 'Submissions received of those expected from the provider in the period, 0 to 1; NULL when none was expected. Where it is 0 nothing was submitted and there are no figures.';
COMMENT ON COLUMN portfolio_bi.data_quality.national_average IS 'Mean of the published scores of the item in this edition, over providers: percent, with one decimal place.';
COMMENT ON COLUMN portfolio_bi.data_quality.revision_reason IS 'Why this edition corrects the one before; NULL in a first edition.';

-- The index of each provider from published figures alone, so that it tells nothing that they do not.
CREATE VIEW portfolio_bi.data_quality_index WITH (security_barrier = true) AS
  SELECT s.provider, o.name AS provider_name, s.period, lower(p.during) AS period_from, upper(p.during) - 1 AS period_ends_on,
         count(DISTINCT s.data_set) AS data_sets, count(*) AS items, round(avg(s.data_item_score), 1) AS data_item_mean,
         round(avg(coalesce(s.coverage, 1)), 3) AS coverage, round(avg(s.data_item_score) * avg(coalesce(s.coverage, 1)), 1) AS dqmi
    FROM portfolio.published_score s
    JOIN portfolio.reporting_period p ON p.code = s.period
    LEFT JOIN portfolio.organisation o ON o.ods_code = s.provider
   WHERE s.data_item_score IS NOT NULL
     AND NOT EXISTS (SELECT FROM portfolio.score_edition n WHERE n.data_set = s.data_set AND n.period = s.period AND n.edition > s.edition)
   GROUP BY s.provider, o.name, s.period, p.during;
COMMENT ON VIEW portfolio_bi.data_quality_index IS
  'Data Quality Maturity Index of each provider and period, from the scores as published in the latest editions: it differs from the index that analysts see by rounding and suppression. Slice by provider or period.';
COMMENT ON COLUMN portfolio_bi.data_quality_index.provider IS 'Code of the organisation that submitted the records.';
COMMENT ON COLUMN portfolio_bi.data_quality_index.provider_name IS 'Name of the organisation with that ODS code; NULL where the portfolio does not have it.';
COMMENT ON COLUMN portfolio_bi.data_quality_index.period IS 'Code of the reporting period.';
COMMENT ON COLUMN portfolio_bi.data_quality_index.period_from IS 'First day of the period: sort and slice by it.';
COMMENT ON COLUMN portfolio_bi.data_quality_index.period_ends_on IS 'Last day of the period, inclusive.';
COMMENT ON COLUMN portfolio_bi.data_quality_index.data_sets IS 'Data sets with a published score.';
COMMENT ON COLUMN portfolio_bi.data_quality_index.items IS 'Items with a published score; a data set weighs by their number.';
COMMENT ON COLUMN portfolio_bi.data_quality_index.data_item_mean IS 'Mean of their published scores, percent, with one decimal place.';
COMMENT ON COLUMN portfolio_bi.data_quality_index.coverage IS 'Mean over the items of submissions received by submissions expected, 0 to 1.';
COMMENT ON COLUMN portfolio_bi.data_quality_index.dqmi IS 'Percent, 0 to 100, with one decimal place: data_item_mean * coverage.';

CREATE VIEW portfolio_bi.publication_lag WITH (security_barrier = true) AS
  SELECT d.id AS data_set_id, d.code AS data_set_code, d.name AS data_set_name, e.period, p.kind AS period_kind, lower(p.during) AS period_from,
         upper(p.during) - 1 AS period_ends_on, e.scored_at::date AS scored_on, e.published_at::date AS published_on,
         to_char(e.published_at, 'YYYYMMDD')::int AS published_on_date_key,
         e.scored_at::date - (upper(p.during) - 1) AS scored_days, e.published_at::date - (upper(p.during) - 1) AS published_days,
         (SELECT count(*) - 1 FROM portfolio.score_edition n WHERE n.data_set = e.data_set AND n.period = e.period) AS revisions
    FROM portfolio.score_edition e
    JOIN portfolio.data_set d ON d.id = e.data_set
    JOIN portfolio.reporting_period p ON p.code = e.period
   WHERE e.edition = 1;
COMMENT ON VIEW portfolio_bi.publication_lag IS
  'How many days after the end of a period its scores were published for the first time: one row a data set and period. Days are those of the time zone of the session.';
COMMENT ON COLUMN portfolio_bi.publication_lag.data_set_id IS 'Key of the data set, as in view data_set.';
COMMENT ON COLUMN portfolio_bi.publication_lag.data_set_code IS 'Code of the data set.';
COMMENT ON COLUMN portfolio_bi.publication_lag.data_set_name IS 'Name of the data set.';
COMMENT ON COLUMN portfolio_bi.publication_lag.period IS 'Code of the reporting period.';
COMMENT ON COLUMN portfolio_bi.publication_lag.period_kind IS 'day, week, month, quarter, year, financial_quarter, financial_year or other.';
COMMENT ON COLUMN portfolio_bi.publication_lag.period_from IS 'First day of the period: sort and slice by it.';
COMMENT ON COLUMN portfolio_bi.publication_lag.period_ends_on IS 'Last day of the period, inclusive.';
COMMENT ON COLUMN portfolio_bi.publication_lag.scored_on IS 'Day on which the records of the first edition were scored.';
COMMENT ON COLUMN portfolio_bi.publication_lag.published_on IS 'Day of the first edition.';
COMMENT ON COLUMN portfolio_bi.publication_lag.published_on_date_key IS 'published_on for view date.';
COMMENT ON COLUMN portfolio_bi.publication_lag.scored_days IS 'Days from the end of the period to scored_on.';
COMMENT ON COLUMN portfolio_bi.publication_lag.published_days IS 'Days from the end of the period to published_on.';
COMMENT ON COLUMN portfolio_bi.publication_lag.revisions IS 'Later editions.';
