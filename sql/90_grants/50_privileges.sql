-- What each profile holds. Columns are computed once, here, into plain lists: a person may write
-- every column of a table but those that the database fills (generated, identity, or a default that
-- names the user, the time or a sequence) and those in `kept`, which tell how something ended or
-- what a release ships. An upgrade script adds to the table what its release adds.
INSERT INTO portfolio.profile_privilege (profile, object_kind, object, privilege)
SELECT p.code, 'schema', s.name, 'USAGE'
  FROM portfolio.profile p, (VALUES ('portfolio'), ('portfolio_bi')) s (name);

-- Every profile reads every view for BI tools.
INSERT INTO portfolio.profile_privilege (profile, object_kind, object, privilege)
SELECT p.code, 'table', 'portfolio_bi.' || quote_ident(c.relname), 'SELECT'
  FROM portfolio.profile p, pg_catalog.pg_class c
 WHERE c.relnamespace = 'portfolio_bi'::regnamespace AND c.relkind = 'v';

-- Tables: who reads, and who writes what.
WITH wanted (object, readers, writers, privileges, kept) AS (VALUES
  -- the portfolio
  ('element_kind',       '{analyst,editor,operator}'::text[], '{editor}'::text[], '{INSERT,UPDATE,DELETE}'::text[], '{builtin,table_name}'::name[]),
  ('archimate_type',     '{analyst,editor,operator}', NULL, NULL, NULL),
  ('relationship_rule',  '{analyst,editor,operator}', NULL, NULL, NULL),
  ('dependency',         '{analyst,editor,operator}', NULL, NULL, NULL),
  ('graph_change',       '{operator}', NULL, NULL, NULL),
  ('impact_edge',        '{analyst,editor,operator}', NULL, NULL, NULL),
  ('current_element',    '{analyst,editor,operator}', NULL, NULL, NULL),
  ('current_relationship', '{analyst,editor,operator}', NULL, NULL, NULL),
  ('change',             '{editor,operator}', NULL, NULL, NULL),
  ('access_log',         '{operator}', NULL, NULL, NULL),
  ('rating',             '{analyst,editor,operator}', NULL, NULL, NULL),
  ('element',            '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('element_property',   '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('element_alias',      '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('relationship',       '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('relationship_property', '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('archimate_model',    '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('archimate_property', '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('archimate_item',     '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('archimate_view',     '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('archimate_folder',   '{analyst,editor,operator}', NULL, NULL, NULL),
  ('archimate_view_node', '{analyst,editor,operator}', NULL, NULL, NULL),
  ('organisation',       '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('site',               '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('supplier',           '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('programme',          '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('service',            '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('system',             '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('standard',           '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('interface',          '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('team',               '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('contract',           '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('technology',         '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('data_flow',          '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('organisation_role',  '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('system_technology',  '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('conformance',        '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('current_conformance', '{analyst,editor,operator}', NULL, NULL, NULL),
  ('programme_stage',    '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('board_decision',     '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('role_kind',          '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  ('role_holder',        '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('property_definition', '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('planned_attribute',  '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('interface_on_day',   '{analyst,editor,operator}', NULL, NULL, NULL),
  ('retired_element',    '{analyst,editor,operator}', NULL, NULL, NULL),
  ('service_interface',  '{analyst,editor,operator}', NULL, NULL, NULL),
  ('standard_use',       '{analyst,editor,operator}', NULL, NULL, NULL),
  ('standards_register', '{analyst,editor,operator}', NULL, NULL, NULL),
  ('national_local_interface', '{analyst,editor,operator}', NULL, NULL, NULL),
  ('import_heading',     '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  -- what reads a relation (schema, expressions) is for analysts; what describes the data set is for editors too
  ('data_set',           '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', '{schema_name,relation_name,row_key,period,provider,filter}'),
  ('data_set',           NULL, '{analyst}', '{INSERT,UPDATE,DELETE}', NULL),
  -- data quality
  ('dimension',          '{analyst,editor,operator}', NULL, NULL, NULL),
  ('data_item',          '{analyst,editor,operator}', '{analyst}', '{INSERT,UPDATE,DELETE}', NULL),
  ('quality_rule',       '{analyst,editor,operator}', '{analyst}', '{INSERT}', '{kind}'),
  ('current_rule',       '{analyst,editor,operator}', NULL, NULL, NULL),
  ('trusted_function',   '{analyst,editor,operator}', NULL, NULL, NULL),
  ('value_set',          '{analyst,editor,operator}', '{analyst}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  ('value_set_code',     '{analyst,editor,operator}', '{analyst}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  ('reporting_period',   '{analyst,editor,operator}', '{analyst}', '{INSERT,UPDATE,DELETE}', NULL),
  ('submission',         '{analyst,editor,operator}', '{analyst}', '{INSERT,UPDATE,DELETE}', NULL),
  ('score_run',          '{analyst,editor,operator}', '{operator}', '{DELETE}', NULL),
  ('quality_score',      '{analyst,editor,operator}', '{operator}', '{DELETE}', NULL),
  ('latest_score',       '{analyst,editor,operator}', NULL, NULL, NULL),
  ('tracked_data_set',   '{analyst,editor,operator}', NULL, NULL, NULL),
  ('tracked_leaf',       '{analyst,editor,operator}', NULL, NULL, NULL),
  ('tracked_tally',      '{analyst,editor,operator}', NULL, NULL, NULL),
  ('latest_count',       '{analyst,editor,operator}', NULL, NULL, NULL),
  ('rule_quality',       '{analyst,editor,operator}', NULL, NULL, NULL),
  ('data_item_quality',  '{analyst,editor,operator}', NULL, NULL, NULL),
  ('provider_item_quality', '{analyst,editor,operator}', NULL, NULL, NULL),
  ('dimension_quality',  '{analyst,editor,operator}', NULL, NULL, NULL),
  ('data_set_quality',   '{analyst,editor,operator}', NULL, NULL, NULL),
  ('whole_set_result',   '{analyst,editor,operator}', '{operator}', '{DELETE}', NULL),
  ('latest_whole_set',   '{analyst,editor,operator}', NULL, NULL, NULL),
  ('score_total',        '{analyst,editor,operator}', '{operator}', '{DELETE}', NULL),
  ('provider_coverage',  '{analyst,editor,operator}', NULL, NULL, NULL),
  ('provider_quality',   '{analyst,editor,operator}', NULL, NULL, NULL),
  ('data_set_trend',     '{analyst,editor,operator}', NULL, NULL, NULL),
  ('data_item_trend',    '{analyst,editor,operator}', NULL, NULL, NULL),
  ('provider_trend',     '{analyst,editor,operator}', NULL, NULL, NULL),
  ('publication_lag',    '{analyst,editor,operator}', NULL, NULL, NULL),
  ('provider_dimension_quality', '{analyst,editor,operator}', NULL, NULL, NULL),
  ('organisation_successor', '{analyst,editor,operator}', NULL, NULL, NULL),
  ('score_edition',      '{analyst,editor,operator}', '{operator}', '{INSERT}', NULL),
  ('published_score',    '{analyst,editor,operator}', '{operator}', '{INSERT}', NULL),
  ('rule_set_version',   '{analyst,editor,operator}', NULL, NULL, NULL),
  -- checks and findings
  ('check_definition',   '{operator}', '{operator}', '{INSERT,UPDATE,DELETE}', '{builtin,author}'),
  ('check_setting',      '{operator}', '{operator}', '{INSERT,UPDATE,DELETE}', NULL),
  ('effective_check',    '{operator}', NULL, NULL, NULL),
  ('check_run',          '{operator}', '{operator}', '{DELETE}', NULL),
  ('finding',            '{operator}', '{operator}', '{UPDATE}',
                         '{check_code,subject,element,severity,detail,first_seen,opened_at,last_seen,resolved_at,accepted_by,times_opened,target}'),
  ('open_finding',       '{operator}', NULL, NULL, NULL),
  ('database_target',    '{operator}', NULL, NULL, NULL),
  ('site_relation',      '{operator}', NULL, NULL, NULL),
  ('site_function',      '{operator}', NULL, NULL, NULL),
  ('control',            '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  ('control_status',     '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('vulnerability',      '{analyst,editor,operator}', '{operator}', '{INSERT,UPDATE,DELETE}', NULL),
  ('technology_vulnerability', '{analyst,editor,operator}', '{operator}', '{INSERT,UPDATE,DELETE}', NULL),
  ('system_vulnerability', '{operator}', NULL, NULL, NULL),
  ('vulnerability_impact', '{operator}', NULL, NULL, NULL),
  ('control_check',      '{analyst,editor,operator}', NULL, NULL, NULL),
  ('security_score',     '{operator}', NULL, NULL, NULL),
  ('statement_of_applicability', '{analyst,editor,operator}', NULL, NULL, NULL),
  ('assurance',          '{analyst,editor,operator}', NULL, NULL, NULL),
  ('imported_finding',   '{operator}', '{operator}', '{INSERT,UPDATE,DELETE}', NULL),
  ('shipped_deadline',   '{operator}', NULL, NULL, NULL),
  ('deadline_setting',   '{operator}', '{operator}', '{INSERT,UPDATE,DELETE}', NULL),
  ('effective_deadline', '{operator}', NULL, NULL, NULL),
  -- gates
  ('process',            '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  ('stage',              '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  ('gate',               '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  ('criterion',          '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', '{builtin,author}'),
  ('gate_setting',       '{analyst,editor,operator}', NULL, NULL, NULL),
  ('process_publication', '{analyst,editor,operator}', '{editor}', '{INSERT}', '{builtin}'),
  ('process_run',        '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE}', NULL),
  ('evidence',           '{analyst,editor,operator}', '{editor}', '{INSERT}', '{process,version}'),
  ('waiver_request',     '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE}', '{process,version,refused_by,refused_at}'),
  ('waiver',             '{analyst,editor,operator}', '{editor}', '{INSERT}', '{process,version}'),
  ('condition',          '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE}', '{process,version,met_at,met_by}'),
  ('gate_decision',      '{analyst,editor,operator}', '{editor}', '{INSERT}', '{process,version,basis,approval}'),
  ('gate_approval',      '{analyst,editor,operator}', '{editor}', '{INSERT}', '{process,version,evidence}'),
  ('evidence_history',   '{analyst,editor,operator}', NULL, NULL, NULL),
  ('gate_decision_evidence', '{analyst,editor,operator}', NULL, NULL, NULL),
  ('gate_status',        '{analyst,editor,operator}', NULL, NULL, NULL),
  ('gate_passage',       '{analyst,editor,operator}', NULL, NULL, NULL),
  ('run_stage',          '{analyst,editor,operator}', NULL, NULL, NULL),
  -- delivery confidence
  ('dca_history',        '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('dca_rating',         '{analyst,editor,operator}', NULL, NULL, NULL),
  -- the transfer
  ('transfer_plan',      '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('transfer_return',    '{analyst,editor,operator}', '{editor}', '{INSERT}', NULL),
  ('transfer_status',    '{analyst,editor,operator}', NULL, NULL, NULL),
  ('transfer_scope',     '{analyst,editor,operator}', NULL, NULL, NULL),
  -- service operations
  ('measure',            '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  ('observation',        '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('service_state',      '{analyst,editor,operator}', NULL, NULL, NULL),
  ('service_transition', '{analyst,editor,operator}', NULL, NULL, NULL),
  ('service_demand',     '{analyst,editor,operator}', NULL, NULL, NULL),
  ('service_state_period', '{analyst,editor,operator}', NULL, NULL, NULL),
  ('service_catalogue',  '{analyst,editor,operator}', NULL, NULL, NULL),
  ('service_gaps',       '{analyst,editor,operator}', NULL, NULL, NULL),
  ('service_request',    '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('setting',            '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  ('setting_role',       '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  ('adoption_target',    '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('service_level',      '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', NULL),
  ('roadmap_item',       '{analyst,editor,operator}', '{editor}', '{INSERT,UPDATE,DELETE}', '{uid,revision}'),
  ('calendar',           '{analyst,editor,operator}', '{operator}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  ('calendar_day',       '{analyst,editor,operator}', '{operator}', '{INSERT,UPDATE,DELETE}', '{builtin}'),
  ('effective_calendar_day', '{analyst,editor,operator}', NULL, NULL, NULL),
  -- jobs: row security shows one's own, or all with SELECT on the whole table
  ('job',                '{operator}', '{operator}', '{INSERT,UPDATE,DELETE}', '{state_since,account_from,account_begun}'),
  ('job_dependency',     '{operator}', '{operator}', '{INSERT,DELETE}', NULL),
  ('job_resource',       '{operator}', '{operator}', '{INSERT,UPDATE,DELETE}', NULL),
  ('job_resource_need',  '{operator}', '{operator}', '{INSERT,DELETE}', NULL),
  ('job_alert',          '{operator}', NULL, NULL, NULL),
  ('job_run',            '{operator}', NULL, NULL, NULL),
  ('job_slot_range',     '{operator}', NULL, NULL, NULL),
  ('job_failure',        '{operator}', NULL, NULL, NULL),
  ('job_overview',       '{operator}', NULL, NULL, NULL),
  ('job_account',        '{operator}', NULL, NULL, NULL),
  ('slot_account',       '{operator}', NULL, NULL, NULL),
  ('pg_stat_portfolio_jobs', '{operator}', NULL, NULL, NULL),
  ('pg_stat_portfolio_workers', '{operator}', NULL, NULL, NULL),
  ('pg_stat_portfolio_scheduler', '{operator}', NULL, NULL, NULL),
  ('pg_stat_portfolio_progress', '{analyst,operator}', NULL, NULL, NULL),
  ('fact',               '{analyst,editor,operator}', '{operator}', '{INSERT,UPDATE,DELETE}', NULL),
  ('shipped_fact',       '{analyst,editor,operator}', NULL, NULL, NULL),
  ('effective_fact',     '{analyst,editor,operator}', NULL, NULL, NULL),
  ('hba_rule',           '{operator}', NULL, NULL, NULL),
  ('shipped_password_word', '{operator}', NULL, NULL, NULL),
  -- whoever adds words can try guesses on everybody: a superuser's act
  ('password_word',      '{operator}', NULL, NULL, NULL),
  ('password_guess',     '{operator}', NULL, NULL, NULL),
  ('weak_password',      '{operator}', NULL, NULL, NULL),
  ('escalation_step',    '{operator,auditor}', NULL, NULL, NULL),
  ('posture_record',     '{operator}', NULL, NULL, NULL),
  ('posture',            '{operator}', NULL, NULL, NULL),
  -- rights
  ('profile',            '{analyst,editor,operator}', NULL, NULL, NULL),
  ('profile_privilege',  '{analyst,editor,operator}', NULL, NULL, NULL),
  ('profile_grant',      '{analyst,editor,operator}', NULL, NULL, NULL)
), reading AS (
  SELECT r.profile, w.object, 'SELECT' AS privilege, NULL::name[] AS columns
    FROM wanted w, unnest(w.readers) r (profile)
  UNION
  -- The auditor reads everything there is.
  SELECT 'auditor', c.relname::text, 'SELECT', NULL
    FROM pg_catalog.pg_class c
   WHERE c.relnamespace = 'portfolio'::regnamespace AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
), writing AS (
  SELECT p.profile, w.object, v.privilege,
         CASE WHEN v.privilege <> 'DELETE' THEN
           (SELECT array_agg(a.attname ORDER BY a.attnum)
              FROM pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
             WHERE a.attrelid = to_regclass('portfolio.' || w.object) AND a.attnum > 0 AND NOT a.attisdropped
               AND a.attgenerated = '' AND a.attidentity = '' AND a.attname <> ALL (coalesce(w.kept, '{}'))
               AND coalesce(pg_get_expr(d.adbin, d.adrelid), '') !~* '(current_user|session_user|current_role|current_database|current_system|now\(\)|_timestamp|nextval)')
         END AS columns
    FROM wanted w, unnest(w.writers) p (profile), unnest(w.privileges) v (privilege)
)
INSERT INTO portfolio.profile_privilege (profile, object_kind, object, privilege, columns)
SELECT profile, 'table', 'portfolio.' || quote_ident(object), privilege, columns
  FROM (TABLE reading UNION ALL TABLE writing) grants
 WHERE to_regclass('portfolio.' || quote_ident(object)) IS NOT NULL;

-- Findings and checks for those who work on some of them (20_finding.sql): which there are, not what was found.
INSERT INTO portfolio.profile_privilege (profile, object_kind, object, privilege, columns)
SELECT p.profile, 'table', t.object, t.privilege, t.columns
  FROM unnest('{analyst,editor}'::text[]) p (profile),
       (VALUES ('portfolio.finding', 'SELECT', '{id,check_code,element,severity,first_seen,opened_at,last_seen,resolved_at,owner,due_on,next_step,status,accepted_until,times_opened}'::name[]),
               ('portfolio.finding', 'UPDATE', '{owner,due_on,next_step}'),
               ('portfolio.check_definition', 'SELECT', '{code,area,title,question,severity,description,remediation,refs,min_version,max_version}'),
               ('portfolio.check_setting', 'SELECT', '{check_code,enabled}')) t (object, privilege, columns);

-- Functions. PUBLIC has those of types (90_public.sql); what only the owner of the extension runs is in no list.
WITH wanted (profiles, functions) AS (VALUES
  ('{reader,analyst,editor,operator,auditor}'::text[],
   '{help,use_types}'::text[]),
  -- ask
  ('{analyst,editor,operator,auditor}',
   '{has_profile,relation_named,columns_with_missing,may_work_on_finding,profile_statements,library_version,as_of,check_options,boolean_option,plain_text,plain_json,plain_columns,
     element_id,element_ref,element_label,labelled_element,legal_kinds,relationship_days_overlap,relationship_days_hash,find,describe,edit_distance,impact_of,dependencies_of,breadth_first,graph_reach,graph_reach_count,graph_loads,impact_size,
     doctor,doctor_server,doctor_rows,doctor_people,doctor_jobs,doctor_rules_and_checks,health,my_work,
     in_value_set,next_run,count_slots,transfer_candidates,transfer_evidence,transfer_items,transfer_waves,wave_periods,plan_waves,open_transfer_criteria,known_process,readiness,blockers,stage_times,process_burnup,due_diligence_pack,pack_cell,as_of_moment,law_day,run_standing,run_gates,gate_standing,only_merged,may_decide,decision_evidence,refuse_future,tally_counts,rule_set_columns}'),
  ('{analyst,editor,operator,auditor}',
   '{upcoming_runs,list_runs,easter_sunday,financial_year,financial_quarter,financial_year_range,quarter_range,period_range}'),
  ('{analyst,editor,operator,auditor}',
   '{dca_calibration,dca_probabilities,board_report,quarter_days}'),
  -- the transfer
  ('{analyst,editor,operator,auditor}', '{transfer_burnup,financial_year_days,transfer_run,early_life_exit,ask_criteria}'),
  ('{editor,operator,auditor}', '{transfer_diff,transfer_began}'),
  ('{operator}', '{schedule_transfer_checks}'),
  ('{editor}', '{plan_transfers,enter_early_life,accept_transfer,return_to_programme}'),
  -- service operations
  ('{analyst,editor,operator,auditor}', '{observed_over,combine_periods,period_windows,service_levels,roadmap,roadmap_icalendar,request_lead_time,adoption,adoption_over,adoption_effect}'),
  ('{editor,operator,auditor}', '{element_history,changes_of,element_once,element_at,element_references,row_label,label_or_number,table_label,name_rows}'),
  -- questions about the architecture
  ('{analyst,editor,operator,auditor}', '{standard_status,lifecycle_on,check_day,interface_technology,interface_purpose,duplicates,reuse,interoperability_gaps,national_local_interface,unsupported_technology,orphans,variation,gini}'),
  -- sheets: what is read and written out, then what writes
  ('{analyst,editor,operator,auditor}', '{mend_text,cell_text,read_date,read_number,read_boolean,read_reference,sheet_fields,table_fields,link_key,sheet_table,period_column,letters_of,fold_heading,kind_table,lookup_words,csv_cell,export,attributes_on}'),
  ('{editor}', '{rename_element,merge_elements,move_references,move_what_is_free,free_days,fill_columns,delete_moved,named_references,follow_code,bring_back,retire,retire_state,delete_element}'),
  ('{editor}', '{import,one_import,check_headings,match_headings,read_cell,read_cells,sheet_element,sheet_period,sheet_link,sheet_key,sheet_attributes,link_label,check_deferred_keys,why_refused,sheet_refusal,sheet_columns,insert_sheet_row,update_sheet_row,import_row,import_properties,set_property,unfit_field,unfit_value,readable_changes,refused_by}'),
  ('{analyst,operator,auditor}', '{score_progress}'),
  -- the portfolio and its gates
  ('{editor}', '{add_kind,define_property,property_problem,hold_element,restoring,relate,succeed_organisation,undo_change,newest_change,start_process,record_evidence,waive,evaluate,decide,meet_condition,end_process,copy_process,publish_process,refuse_stale,request_waiver,grant_waiver,refuse_waiver,approve_gate}'),
  -- exchange files
  ('{analyst,editor,operator,auditor}',
   '{read_archimate,check_archimate,check_archimate_kinds,archimate_kind,archimate_identifier,preview_archimate,preview_archimate_concepts,preview_archimate_elements,missing_archimate,archimate_first_values,
     xml_escape,xml_attribute,archimate_texts,archimate_export_rows,archimate_renamed,archimate_definitions,archimate_export_properties,archimate_property_list,
     archimate_rewrite,archimate_fragment,archimate_export_concepts,archimate_export_views,export_archimate}'),
  ('{analyst,editor,operator,auditor}',
   '{to_mermaid,to_dot,to_graphml,diagram_elements,diagram_nodes,diagram_edges,diagram_direction,mermaid_escape,dot_escape,
     code_of_name,elements_called,gmpp_field}'),
  ('{editor}', '{import_archimate,import_archimate_model,import_archimate_elements,import_archimate_relationships,import_archimate_properties,columns_by_place,too_long,ods_organisations,region_circles,judge_ods_practices,keep_ods_practices,import_ods_practices,membership_overlaps,settle_memberships,import_ods_memberships,
     catalogue_properties,preview_api_catalogue,check_api_catalogue,import_api_catalogue,sheet_grid,read_gmpp,gmpp_programme,keep_gmpp_programme,import_gmpp}'),
  -- data quality
  ('{analyst}',
   '{register_data_set,add_rule,try_rule,alter_rule,retire_rule,import_rules,rule_set,tally,tally_row,merge,score,score_rules,
     score_data_set,failed_rules,check_max_rows,failing_rows,tally_sql,stable_rules,serial_rules,row_columns,row_in_place,rule_set_rules,
     rule_set_items,rule_set_problems,rule_set_sql,check_rule,check_expression,make_rule_set,compile_rule_set,keep_rule_set,dqmi,broken_rules,
     rule_kind,review_rules,suggest_rules,profile,profile_values,check_whole_set,whole_set_failures,whole_set_sql,rows_without_missing}'),
  -- what stands below these, in PL/pgSQL, C and triggers; log_access() is in no list: it is the right to see identifying values
  ('{analyst}',
   '{get_data_set,get_reporting_period,data_set_relation,guess_sensitivity,restoring,check_written_expression,item_condition,expression_problem,write_rule,
     last_rule,rule_set_definition,dated_rules,rule_set_fingerprint,tally_relation,tally_data_set,tally_fingerprint,tally_records,
     store_score,defaults_in_excess,data_item_score,mask_value,row_key_expression,raise_on_a_row,explain_score,failing_item_values,may_read_data_set,
     compare_scores,score_cells,capped_score,edited_rules,summarise_tally,item_thresholds,
     markdown_cell,provider_report,organisation_scores,provider_history,providers_on}'),
  -- whole-set rules, reviews, profiles
  ('{analyst}',
   '{try_whole_set,checked_rule,whole_set_definition,whole_set_definition_text,proof_of_unique,proof_of_no_overlap,proof_of_reference,whole_set_proof,whole_set_key,
     count_whole_set,judge_whole_set,judge_whole_set_rules,shape_pattern,suggest_for_column,suggest_for_pairs,suggest_references,profile_columns,profile_values_add,profile_values_final}'),
  -- charts of what everybody may read
  ('{analyst,editor,operator,auditor}', '{sparkline,xmr,spc}'),
  ('{editor,operator,auditor}', '{data_item_score}'),
  ('{editor,auditor}', '{get_data_set}'),
  -- keeping a score current: whoever owns the table; EXECUTE on track_change() is asked for when its triggers are made
  ('{analyst}', '{track_quality,untrack_quality,current_score,verify_tracking,tracking_signature,begin_tracking,end_tracking,current_tally,recount,track_change}'),
  ('{analyst,operator}', '{compact_tracking,fold_tallies}'),
  -- checks and jobs
  ('{operator}',
   '{broken_rules,item_condition,expression_problem,publish_scores,purge_scores,purge_whole_set_results,get_data_set,get_reporting_period,run_checks,import_findings,read_findings,read_sarif,read_findings_csv,csv_records,severity_of,accept_risk,evaluate,purge_check_runs,schedule_job,alter_job,run_job,pause_job,resume_job,unschedule_job,cancel_run,adopt_jobs,purge_job_runs,start_scheduler,run_due_jobs}'),
  ('{analyst,editor,operator,auditor}', '{answerable}'),
  ('{operator,auditor}', '{hba_match,hba_lookup,hba_matrix,hba_line_use,escalation_paths,search_path_schemas}'),
  -- drift: what reads the server (posture_server_items(), posture_database_items()) and what makes keyed hashes runs as the owner only
  ('{operator,auditor}', '{posture_snapshot,posture_at,posture_diff,verify_posture,posture_hash}'),
  ('{operator,auditor}', '{file_permissions,certificate_expiry}'),
  -- what is sent is for everybody to read who reads checks; check_estate() itself is granted by hand, by whoever keeps the service file
  ('{operator,auditor}', '{remote_checks}'),
  -- what PostgreSQL keeps for superusers, without the secrets in it
  ('{operator,auditor}', '{hba_file_lines,ident_file_lines,setting_file_lines,user_mapping_options,subscription_options,sequence_positions,role_passwords,missing_privileges}'),
  ('{operator}', '{weak_passwords,guess_passwords,schedule_security_checks}'),
  ('{operator}', '{purge_graph_changes}'),
  ('{analyst,editor,operator,auditor}',
   '{path,paths,cycles,layers,articulation_points,bridges,centrality,compare,graph_paths,graph_cycles,graph_layers,
     graph_articulation_points,graph_bridges,graph_centrality,element_on,dependency_on,changed_keys}'),
  ('{operator}', '{job_pattern,pause_all,resume_all,drain,schedule_at,schedule_housekeeping,import_pg_cron}')
)
INSERT INTO portfolio.profile_privilege (profile, object_kind, object, privilege)
SELECT p.profile, 'function', 'portfolio.' || quote_ident(f.name), 'EXECUTE'
  FROM wanted w, unnest(w.profiles) p (profile), unnest(w.functions) f (name)
 WHERE EXISTS (SELECT FROM pg_catalog.pg_proc r WHERE r.pronamespace = 'portfolio'::regnamespace AND r.proname = f.name);

-- Who inserts needs the sequences behind the defaults.
INSERT INTO portfolio.profile_privilege (profile, object_kind, object, privilege)
SELECT DISTINCT pp.profile, 'sequence', s.refobjid::regclass::text, 'USAGE'
  FROM portfolio.profile_privilege pp
  JOIN pg_catalog.pg_attrdef d ON d.adrelid = pp.object::regclass
  JOIN pg_catalog.pg_depend s ON s.classid = 'pg_attrdef'::regclass AND s.objid = d.oid AND s.refclassid = 'pg_class'::regclass
  JOIN pg_catalog.pg_class c ON c.oid = s.refobjid AND c.relkind = 'S'
 WHERE pp.object_kind = 'table' AND pp.privilege = 'INSERT';

-- Without SECURITY DEFINER a caller needs whatever stands below what he uses: functions in views that he reads, in
-- defaults, constraints and policies of tables that he writes, and in the bodies of functions that he calls.
WITH RECURSIVE needs AS (
  SELECT pp.profile, d.refobjid AS function
    FROM portfolio.profile_privilege pp
    CROSS JOIN LATERAL (
      SELECT 'pg_rewrite'::regclass AS class, r.oid FROM pg_catalog.pg_rewrite r WHERE r.ev_class = pp.object::regclass
      UNION ALL SELECT 'pg_policy'::regclass, p.oid FROM pg_catalog.pg_policy p WHERE p.polrelid = pp.object::regclass
      UNION ALL SELECT 'pg_attrdef'::regclass, a.oid FROM pg_catalog.pg_attrdef a WHERE a.adrelid = pp.object::regclass AND pp.privilege <> 'SELECT'
      UNION ALL SELECT 'pg_constraint'::regclass, c.oid FROM pg_catalog.pg_constraint c WHERE c.conrelid = pp.object::regclass AND pp.privilege <> 'SELECT') o
    JOIN pg_catalog.pg_depend d ON d.classid = o.class AND d.objid = o.oid AND d.refclassid = 'pg_proc'::regclass
   WHERE pp.object_kind = 'table'
  UNION
  SELECT pp.profile, p.oid
    FROM portfolio.profile_privilege pp
    JOIN pg_catalog.pg_proc p ON p.pronamespace = 'portfolio'::regnamespace AND pp.object = 'portfolio.' || quote_ident(p.proname)
   WHERE pp.object_kind = 'function'
  UNION
  SELECT n.profile, d.refobjid
    FROM needs n
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = n.function AND d.refclassid = 'pg_proc'::regclass
)
INSERT INTO portfolio.profile_privilege (profile, object_kind, object, privilege)
SELECT DISTINCT n.profile, 'function', 'portfolio.' || quote_ident(p.proname), 'EXECUTE'
  FROM needs n JOIN pg_catalog.pg_proc p ON p.oid = n.function AND p.pronamespace = 'portfolio'::regnamespace
ON CONFLICT DO NOTHING;
