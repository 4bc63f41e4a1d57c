-- The example's programmes: the published facts of 30 September 2016, and what the paper itself names.
CREATE FUNCTION portfolio.example_programmes() RETURNS void
LANGUAGE sql VOLATILE PARALLEL UNSAFE
BEGIN ATOMIC
  INSERT INTO portfolio.programme (code, gmpp_id, name, category, dca, start_date, end_date,
                                   fy_baseline_gbp_m, fy_forecast_gbp_m, whole_life_cost_gbp_m, department, snapshot_date, source)
  SELECT v.code, v.gmpp_id, v.name, v.category, v.dca::portfolio.dca, v.start_date, v.end_date, v.baseline, v.forecast, v.whole_life,
         'DH', date '2016-09-30', 'example'
    FROM (VALUES
      ('EPS_R2', 'DH_0008_1112-Q1', 'Electronic Transmission of Prescriptions ETP - Electronic Prescription Service (EPS) Release 2', 'ICT', 'Amber',
       date '2003-01-01', date '2016-12-31', 3.46, 5.58, 77.73),
      ('CSC_LSP', 'DH_0015_1112-Q1', 'CSC Local Service Provider (LSP) Delivery Programme', 'Government Transformation and Service Delivery', 'Amber/Green',
       '2003-06-23', '2017-12-31', 100.8738, 74, 2109.8358),
      ('PHE_SCIENCE_HUB', 'DH_0017_1112-Q1', 'PHE Science Hub', 'Infrastructure and Construction', 'Amber',
       '2013-06-28', '2023-03-31', 276.6, 152.7, 10997.761),
      ('GPSOC', 'DH_0028_1314-Q1', 'General Practice System of Choice (GPSoC) Replacement', 'ICT', 'Amber',
       '2012-01-26', '2015-03-31', 179.47, 171.32, 527.54),
      ('LIAISON_DIVERSION', 'DH_0029_1314-Q1', 'Liaison and Diversion Programme', 'Government Transformation and Service Delivery', 'Amber',
       '2011-04-01', '2014-04-01', 39.8, 39.8, 389.3),
      ('PANDEMIC_FLU', 'DH_0030_1314-Q1', 'National Pandemic Flu Service', 'ICT', 'Amber/Green',
       '2012-03-19', '2016-10-30', 8.3, 5.8, 26.5),
      ('PROTON_BEAM', 'DH_0031_1314-Q1', 'National Proton Beam Therapy (PBT) Service Development Programme', 'Government Transformation and Service Delivery', 'Amber',
       '2012-01-01', '2018-05-30', 87.3663, 67.3204, 1247.2498),
      ('CHILDHOOD_FLU', 'DH_0033_1314-Q1', 'Childhood Flu Immunisation Programme', 'Government Transformation and Service Delivery', 'Amber/Green',
       '2013-09-03', '2018-09-01', 78.9, 78.9, 318.81),
      ('E_REFERRAL', 'DH_0039_1314-Q2', 'NHS e-Referral Service', 'ICT', 'Amber',
       '2012-03-29', '2018-03-31', 27.86, 20.5986, 131.17),
      ('NHSMAIL2_PROGRAMME', 'DH_0040_1314-Q2', 'NHSmail 2', 'ICT', 'Amber',
       '2012-03-29', '2021-02-26', 17.19, 25.1081, 133.03),
      ('HSCN', 'DH_0041_1314-Q2', 'Health & Social Care Network', 'ICT', 'Amber/Red',
       '2012-03-29', '2020-04-01', 137.26, 86.57, 720.18),
      ('ESR', 'DH_0042_1314-Q3', 'NHS Electronic Staff Record Reprocurement Project', 'ICT', 'Amber/Green',
       '2013-06-10', '2015-11-30', 44.8741, 51.3156, 267.0108),
      ('PENSION', 'DH_0043_1314-Q3', 'NHS Pension Re-let', 'Government Transformation and Service Delivery', 'Amber',
       '2013-07-05', '2017-07-21', 10.5, 10.5, 20.4),
      ('GENOMES', 'DH_0048_1415-Q1', '100,000 Genomes Project', 'Government Transformation and Service Delivery', 'Amber/Red',
       '2013-04-10', '2017-12-31', 50, 47.9, 350),
      ('VISITOR_COST', 'DH_0056_1415-Q3', 'Visitor and Migrant NHS Cost Recovery Programme', 'Government Transformation and Service Delivery', 'Amber/Red',
       '2013-09-01', '2018-03-31', 8.78, 7.265, 19.28),
      ('DATA_SERVICES_DEV', 'DH_0058_1516-Q4', 'National Data Services Development Programme', 'ICT', 'Amber/Red',
       '2015-02-23', '2020-03-31', 30.18, 30.18, 167.96),
      ('PROCUREMENT', 'DH_0059_1617-Q1', 'Procurement Transformation Programme', 'Government Transformation and Service Delivery', 'Amber',
       '2015-03-31', '2019-03-31', 16.8, 16.8, 140.6456),
      ('NHSUK_PROGRAMME', 'DH_0060_1617-Q1', 'NHS UK', 'Government Transformation and Service Delivery', 'Amber',
       '2016-04-01', '2020-12-31', 2.12, 8.1, 2.914)
    ) v (code, gmpp_id, name, category, dca, start_date, end_date, baseline, forecast, whole_life)
  ON CONFLICT (code) DO NOTHING;

  INSERT INTO portfolio.programme (code, name, state, start_date, end_date, description, source)
  VALUES
    ('PHC2020', 'Personalised Health and Care 2020', 'in_delivery', NULL, NULL, 'The portfolio of new programmes and of developments of existing services.', 'example'),
    ('PHC2020_H', 'Personalised Health and Care 2020 Domain H', 'in_delivery', NULL, NULL, 'Data, and better uses of data.', 'example'),
    ('CYBER', 'Cyber Security Programme', 'in_delivery', '2016-04-01', '2021-03-31', 'Helps local organisations to manage cyber threats; the financial years 2016/17 to 2020/21.', 'example'),
    ('SCR_PROGRAMME', 'Summary Care Record programme', 'in_delivery', NULL, NULL, 'The programme governance under which the Summary Care Record is still managed.', 'example'),
    ('CAPABILITY_REVIEW', 'Capability Review', 'closed', NULL, NULL, 'The review behind the paper; data services were out of its scope.', 'example')
  ON CONFLICT (code) DO NOTHING;

  INSERT INTO portfolio.element_alias (element, scheme, value)
  SELECT p.id, 'gmpp', p.gmpp_id FROM portfolio.programme p WHERE p.source = 'example' AND p.gmpp_id IS NOT NULL
  UNION ALL
  SELECT p.id, 'name', v.value
    FROM (VALUES ('EPS_R2', 'EPS Release 2'), ('GPSOC', 'GPSoC Replacement'), ('LIAISON_DIVERSION', 'Liaison and Diversion'),
                 ('ESR', 'NHS Electronic Staff Record Reprocurement'), ('CYBER', 'CSP'), ('DATA_SERVICES_DEV', 'National Data Services Development')) v (code, value)
    JOIN portfolio.programme p ON p.code = v.code AND p.source = 'example'
  ON CONFLICT DO NOTHING;

  INSERT INTO portfolio.element_property (element, key, value)
  SELECT p.id, 'published_in', 'Government Major Projects Portfolio, Department of Health, 30 September 2016 (Infrastructure and Projects Authority, Open Government Licence v3.0)'
    FROM portfolio.programme p WHERE p.source = 'example' AND p.gmpp_id IS NOT NULL
  UNION ALL
  SELECT p.id, 'source_sentence', 'This is a significant investment to manage cyber threats - in excess of £40m from FY16/17- 20/21.'
    FROM portfolio.programme p WHERE p.source = 'example' AND p.code = 'CYBER'
  ON CONFLICT DO NOTHING;
END;
COMMENT ON FUNCTION portfolio.example_programmes() IS
  'Part of load_example(): the 18 published programmes of the Department of Health at 30 September 2016, and the programmes that the paper names.';
