-- The contract: names, argument order and result columns that others rely on. Functions may have more
-- arguments at the end and result types more attributes at the end; nothing else may change.
SELECT * FROM no_plan();

-- Functions: name, the first arguments, what is returned ('' where rows are, see below).
CREATE TEMP TABLE contract (name text, arguments text, result text);
INSERT INTO contract VALUES
  ('is_nhs_number', 'text', 'boolean'), ('try_nhs_number', 'text', 'portfolio.nhs_number'), ('nhs_number_problem', 'text', 'text'),
  ('is_ods_code', 'text', 'boolean'), ('try_ods_code', 'text', 'portfolio.ods_code'), ('ods_code_problem', 'text', 'text'),
  ('is_postcode', 'text', 'boolean'), ('try_postcode', 'text', 'portfolio.postcode'), ('postcode_problem', 'text', 'text'),
  ('postcode_area', 'portfolio.postcode', 'text'), ('postcode_district', 'portfolio.postcode', 'text'), ('postcode_sector', 'portfolio.postcode', 'text'),
  ('is_icd10', 'text', 'boolean'), ('try_icd10', 'text', 'portfolio.icd10'), ('icd10_problem', 'text', 'text'),
  ('icd10_chapter', 'portfolio.icd10', 'integer'), ('icd10_block', 'portfolio.icd10', 'text'),
  ('is_opcs4', 'text', 'boolean'), ('try_opcs4', 'text', 'portfolio.opcs4'), ('opcs4_problem', 'text', 'text'), ('opcs4_chapter', 'portfolio.opcs4', 'text'),
  ('postcode_outward', 'portfolio.postcode', 'text'), ('postcode_inward', 'portfolio.postcode', 'text'), ('is_pseudo_postcode', 'portfolio.postcode', 'boolean'),
  ('is_cvss', 'text', 'boolean'), ('try_cvss', 'text', 'portfolio.cvss'), ('cvss_problem', 'text', 'text'),
  ('cvss_score', 'portfolio.cvss', 'numeric'), ('cvss_severity', 'portfolio.cvss', 'text'), ('cvss_version', 'portfolio.cvss', 'text'), ('cvss_has', 'portfolio.cvss,text', 'boolean'),
  ('is_dca', 'text', 'boolean'), ('try_dca', 'text', 'portfolio.dca'), ('dca_problem', 'text', 'text'),
  ('worst', 'portfolio.dca', 'portfolio.dca'), ('better_than', 'portfolio.dca,portfolio.dca', 'boolean'),
  ('nhs_number_range', 'portfolio.nhs_number', 'text'), ('sctid_component', 'portfolio.sctid', 'text'),
  ('in_value_set', 'text,text', 'boolean'), ('in_value_set', 'text,text,date', 'boolean'), ('use_types', '', 'text'),
  ('register_data_set', 'text,regclass,text[],text,text,text,text', NULL),
  ('add_rule', 'text,text,text,text,text,text,text,text', NULL), ('try_rule', 'text,text', NULL), ('retire_rule', 'text,text,text', NULL),
  ('check_whole_set', 'text,text', ''), ('review_rules', 'text', ''), ('suggest_rules', 'regclass', ''), ('profile', 'regclass', ''), ('whole_set_failures', 'text,text,text,boolean,bigint', ''), ('rule_kind', 'text', 'text'),
  ('import_rules', 'text,regclass,boolean', NULL), ('alter_rule', 'text,text', NULL),
  ('score', 'regclass,text[],text[],text', ''), ('score_rules', 'regclass,portfolio.rule_set,text[]', ''), ('score_data_set', 'text,text', ''),
  ('failed_rules', 'text,record', 'text[]'), ('failing_rows', 'text,text,text,text,boolean,bigint', ''),
  ('explain_score', 'text,text,text', NULL), ('compare_scores', 'text,text,text,text', NULL), ('dqmi', 'text,text,text[]', ''),
  ('track_quality', 'text', 'bigint'), ('untrack_quality', 'text', 'boolean'), ('current_score', 'text', ''), ('verify_tracking', 'text', ''),
  ('tally_sql', 'text', 'text'), ('rule_set', 'regclass,text[]', 'portfolio.rule_set'), ('rule_set', 'text', 'portfolio.rule_set'),
  ('tally_row', 'portfolio.rule_set,record', 'portfolio.tally'), ('tally_counts', 'portfolio.tally', NULL), ('merge', 'portfolio.tally', 'portfolio.tally'),
  ('element_id', 'text,text', 'bigint'), ('relate', 'text,text,text', 'bigint'),
  ('impact_of', 'text,integer', ''), ('dependencies_of', 'text,integer', ''), ('path', 'text,text', ''), ('paths', 'text,text,integer', ''),
  ('cycles', '', ''), ('layers', '', ''), ('articulation_points', '', ''), ('bridges', '', ''), ('centrality', 'text', ''), ('compare', 'date,date', ''),
  ('import_archimate', 'xml', ''), ('export_archimate', '', 'xml'), ('to_mermaid', 'anycompatiblearray', 'text'), ('to_dot', 'anycompatiblearray', 'text'), ('to_graphml', 'anycompatiblearray', 'xml'),
  ('import_ods_practices', 'regclass', ''), ('import_ods_memberships', 'regclass', ''), ('import_api_catalogue', 'regclass', ''), ('import_gmpp', 'regclass,date', ''),
  ('find', 'text', NULL), ('describe', 'text', 'text'), ('help', 'text', NULL), ('doctor', '', NULL), ('health', '', NULL), ('my_work', 'text', NULL),
  ('start_process', 'text,text', 'bigint'), ('record_evidence', 'bigint,text,text', NULL), ('waive', 'bigint,text,text,text,date', NULL),
  ('decide', 'bigint,text,text', NULL), ('readiness', 'text', ''), ('transfer_candidates', 'date', ''),
  ('transfer_waves', 'date,date,integer', ''),  ('transfer_burnup', 'text', ''), ('transfer_diff', 'text', ''), ('return_to_programme', 'text,text', NULL),  ('board_report', 'text', ''), ('dca_calibration', 'date', ''),
  ('import_findings', 'text,text,boolean', ''), ('accept_risk', 'bigint,text,date', NULL),
  ('run_checks', 'text,text[]', ''), ('schedule_job', 'text,text,text', 'bigint'), ('run_job', 'text,boolean', 'bigint'),
  ('pause_job', 'text', NULL), ('resume_job', 'text', NULL), ('unschedule_job', 'text', NULL), ('alter_job', 'text', NULL),
  ('adopt_jobs', '', NULL), ('start_scheduler', '', NULL), ('next_run', 'portfolio.schedule,timestamp with time zone,text,text', 'timestamp with time zone'),
  ('duplicates', 'numeric', ''), ('reuse', '', ''), ('interoperability_gaps', '', ''), ('variation', 'text,text', ''), ('national_local_interface', '', ''),
  ('unsupported_technology', 'date', ''), ('orphans', '', ''), ('attributes_on', 'text,date', ''),
  ('import', 'text,regclass,jsonb,boolean', ''), ('export', 'text', ''), ('rename_element', 'text,text', 'text'), ('merge_elements', 'text,text,boolean', ''),
  ('retire', 'text,date,text', ''), ('delete_element', 'text,boolean', ''), ('undo_change', 'bigint', 'bigint'), ('element_history', 'text', ''), ('element_at', 'text,timestamp with time zone', 'jsonb'),
  ('element_ref', 'text', 'bigint'),
  ('add_kind', 'text,text,text', 'text'), ('define_property', 'text,text,text,text,text[]', 'void'),
  ('service_levels', 'text', ''), ('roadmap', 'text', ''), ('roadmap_icalendar', 'text', 'text'), ('period_range', 'text', 'daterange'),
  ('request_lead_time', 'text,text', ''), ('adoption', 'text,text,text', ''), ('adoption_effect', 'text', ''),
  ('posture_snapshot', '', 'bigint'), ('posture_diff', 'bigint,bigint', ''), ('verify_posture', 'text', ''), ('file_permissions', '', ''), ('certificate_expiry', '', ''),
  ('check_estate', 'text', ''), ('remote_checks', 'text', ''),
  ('weak_passwords', 'interval', ''), ('role_passwords', '', ''), ('schedule_security_checks', 'name', ''),
  ('load_example', '', NULL), ('unload_example', '', NULL), ('create_roles', 'text', NULL), ('grant_profile', 'name,text', NULL), ('as_of', '', 'date');

SET LOCAL search_path = pg_catalog, public;
SELECT ok(EXISTS (
    SELECT FROM pg_proc p
     WHERE p.pronamespace = 'portfolio'::regnamespace AND p.proname = c.name
       AND array_to_string(ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY a (t, n)
                                  WHERE n <= cardinality(string_to_array(c.arguments, ',')) ORDER BY n), ',') = c.arguments
       AND p.pronargs - p.pronargdefaults <= cardinality(string_to_array(c.arguments, ','))
       AND (c.result IS NULL OR (c.result = '' AND p.proretset) OR format_type(p.prorettype, NULL) = c.result)),
  format('%s(%s)%s', c.name, c.arguments, coalesce(' → ' || nullif(c.result, ''), '')))
  FROM contract c ORDER BY c.name, c.arguments;

-- Result rows: the first columns, by name and in order.
CREATE TEMP TABLE contract_columns (name text, columns text[]);
INSERT INTO contract_columns VALUES
  ('score', '{group_key,group_label,rule,records,passed,failed,missing,errors,passed_pct,complete_pct,valid_and_complete_pct}'),
  ('score_data_set', '{period,provider,item,records,valid_and_complete,defaults,default_threshold,defaults_in_excess,data_item_score}'),
  ('current_score', '{period,provider,item,records,valid_and_complete,defaults,default_threshold,defaults_in_excess,data_item_score,state,reason,scored_at}'),
  ('failing_rows', '{row_key,provider,period,rules,items}'),
  ('dqmi', '{provider,period,items,data_item_mean,coverage,dqmi}'),
  ('impact_of', '{element,kind,code,name,depth,via,path,relationship,relationship_kind}'),
  ('dependencies_of', '{element,kind,code,name,depth,via,path,relationship,relationship_kind}'),
  ('import_archimate', '{what,taken,refused}'),
  ('readiness', '{process,gate,percent,met,partly,waived,applicable,blockers,next_steps}'),
  ('transfer_candidates', '{element,code,name,end_date,days_late,reasons}'),
  ('import', '{row,code,verdict,field,problem,changes}'),
  ('run_checks', '{check_code,findings,outcome,elapsed}'),
  ('check_estate', '{target,outcome,checks,not_applicable,failed,findings,problem,elapsed}');
SELECT is(ARRAY(SELECT a.attname::text FROM pg_proc p JOIN pg_type t ON t.oid = p.prorettype JOIN pg_attribute a ON a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
                 WHERE p.pronamespace = 'portfolio'::regnamespace AND p.proname = c.name ORDER BY a.attnum),
          c.columns, format('%s() returns exactly the columns of the contract', c.name))
  FROM contract_columns c ORDER BY c.name;

-- Tables and views
SELECT ok(ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = to_regclass('portfolio.' || v.name) AND a.attnum > 0 AND NOT a.attisdropped) @> v.columns,
          format('%s has the columns of the contract', v.name))
  FROM (VALUES ('job', '{job_id,name,schedule,command,owner}'::text[]),
               ('job_run', '{run_id,job_id,due_at,started_at,finished_at,attempt,outcome,sqlstate,message}'),
               ('pg_stat_portfolio_scheduler', '{due,ran,coalesced,skipped,missed,unknown}'),
               ('finding', '{check_code,subject,element,severity,detail,first_seen,last_seen,resolved_at,owner,due_on,next_step,status,accepted_by,accepted_until,reason}'),
               ('check_definition', '{code,area,title,severity,query,remediation,refs,author,builtin}'),
               ('database_target', '{service,element,enabled}'),
               ('check_setting', '{check_code,enabled,severity,threshold,reason}'),
               ('element', '{id,kind,archimate_type,code,name,description,owner,valid,source}'),
               ('relationship', '{id,source,source_type,kind,target,target_type,code,name,attributes,weight,valid}'),
               ('relationship_rule', '{source_type,kind,target_type,propagates}'),
               ('change', '{table_name,element,at,by,reason,operation,old,new}'),
               ('data_item', '{data_set,name,mandatory,missing_values,applies_when,default_codes,default_threshold,sensitivity}'),
               ('service', '{id,code,name,owner,state,support_tier,service_level,roadmap_item,early_life_ends,accepted_on,live_on}'),
               ('service_level', '{service,measure,target,window}'), ('roadmap_item', '{service,code,kind,title,status,starts_on,ends_on}'),
               ('measure', '{code,name,unit,better}'), ('observation', '{measure,element,organisation,during,value,numerator,denominator}'),
               ('service_catalogue', '{service,code,state,owner_ref,support_tier,levels,channels,next_item}'), ('service_gaps', '{service,code,state,gap,what,next_step}'),
               ('reporting_period', '{code,kind,during}'),
               ('submission', '{data_set,provider,period,due_on,received_at}')) v (name, columns);
-- Each function, aggregate and procedure meets nothing but NULL: it may refuse, in words of its own; the server lives, and none
-- says what only a developer understands. What a call has done is taken back.
CREATE FUNCTION pg_temp.internal_errors() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  met record;
  found text[] := '{}';
BEGIN
  FOR met IN
    SELECT p.oid::regprocedure AS routine,
           format('%s portfolio.%I(%s)', CASE p.prokind WHEN 'p' THEN 'CALL' ELSE 'SELECT' END, p.proname,
                  (SELECT string_agg('NULL::' || CASE t.typname WHEN 'any' THEN 'text' WHEN 'anyelement' THEN 'text' WHEN 'anycompatible' THEN 'text'
                                                                WHEN 'anyarray' THEN 'text[]' WHEN 'anycompatiblearray' THEN 'text[]' ELSE format_type(t.oid, NULL) END, ', ' ORDER BY a.n)
                     FROM unnest(p.proargtypes) WITH ORDINALITY a (type, n) JOIN pg_type t ON t.oid = a.type)) AS statement
      FROM pg_proc p
     WHERE p.pronamespace = 'portfolio'::regnamespace AND p.pronargs > 0 AND NOT 'internal'::regtype = ANY (p.proargtypes::oid[])
     ORDER BY 1::text
  LOOP
    BEGIN
      EXECUTE met.statement;
      RAISE EXCEPTION 'taken back';
    EXCEPTION WHEN OTHERS THEN
      IF SQLSTATE LIKE 'XX%' THEN
        found := found || format('%s: %s', met.routine, SQLERRM);
      END IF;
    END;
  END LOOP;
  RETURN found;
END $$;
SELECT is(pg_temp.internal_errors(), '{}', 'every routine takes NULL, or refuses it');
SELECT * FROM finish();
