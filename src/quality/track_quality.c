/*
 * track_quality.c
 *		Beginning and ending to track a data set.
 *
 * Who tracks a table owns it: he is about to add triggers to it. The triggers come first, with a lock
 * that waits for everyone who has changed rows without them, and then the rows are counted with a
 * snapshot that is younger than the lock. A writer who comes later fires the triggers, and finds the
 * tracking however old his own snapshot is (track_read.c).
 */
#include "track.h"

#include "access/relation.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/tablecmds.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/lmgr.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(pf_begin_tracking);
PG_FUNCTION_INFO_V1(pf_end_tracking);

static void
run(const char *sql)
{
	int			rc = SPI_execute(sql, false, 0);

	if (rc < 0)
		elog(ERROR, "\"%s\" failed: %s", sql, SPI_result_code_string(rc));
}

/* One value as the caller sees it, NULL where it is. */
static Datum
ask(const char *sql, Oid argtype, Datum arg, bool *isnull)
{
	int			rc = SPI_execute_with_args(sql, 1, &argtype, &arg, NULL, false, 1);

	if (rc != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "query of a data set failed: %s", SPI_result_code_string(rc));
	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, isnull);
}

/* ---- what can be tracked ---- */

static void
check_relation(Oid root)
{
	Relation	rel = relation_open(root, AccessShareLock);
	const char *what = NULL;

	if (!pf_relation_ownercheck(root, GetUserId()))
		aclcheck_error(ACLCHECK_NOT_OWNER, OBJECT_TABLE, RelationGetRelationName(rel));
	if (rel->rd_rel->relkind != RELKIND_RELATION && rel->rd_rel->relkind != RELKIND_PARTITIONED_TABLE)
		what = "It is not a table: what lies behind a view or a foreign table changes without a trigger here.";
	else if (rel->rd_rel->relpersistence != RELPERSISTENCE_PERMANENT)
		what = "It is unlogged: a crash empties it without a trigger.";
	else if (rel->rd_rel->relkind == RELKIND_RELATION && list_length(find_inheritance_children(root, NoLock)) > 0)
		what = "Tables inherit from it, and triggers are not inherited.";
	if (what)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("changes of \"%s\" cannot be tracked", RelationGetRelationName(rel)),
				 errdetail("%s", what),
				 errhint("Score it on a schedule: schedule_job(..., 'SELECT * FROM portfolio.score_data_set(...)').")));
	relation_close(rel, NoLock);
}

static void
refuse_expression(const char *what, const char *expression)
{
	ereport(ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("a data set can be tracked only where all expressions are immutable"),
			 errdetail("%s %s depends on a setting or on other tables, and would change its mind without any row changing.",
					   what, expression),
			 errhint("Write it without such functions, or score on a schedule: schedule_job(..., 'SELECT * FROM portfolio.score_data_set(...)').")));
}

static PfExpression *
parse(Relation rel, const char *source, Oid type)
{
	PfRuleSettings settings;
	PfExpression *expression;

	pf_rule_settings_push(&settings, PF_FOR_PARSE);
	expression = pf_rule_parse(RelationGetDescr(rel), RelationGetRelationName(rel), source, type, true);
	pf_rule_settings_pop(&settings);
	return expression;
}

/* The first rule or item that is not immutable, to name it. */
static void
check_rules(const PfTracked *tracked, Relation rel)
{
	PfRuleSet  *set = pf_rule_set_open(tracked->rules);

	if (pf_rules_name_dates(tracked->rules))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a data set whose rules speak of dates of the period cannot be tracked"),
				 errdetail("A rule or item names :period_start, :period_end or :scored_on."),
				 errhint("Score it on a schedule: schedule_job(..., 'SELECT * FROM portfolio.score_data_set(...)').")));
	if (set->volatility == PROVOLATILE_IMMUTABLE)
		return;
	for (int i = 0; i < set->nrules; i++)
		if (parse(rel, set->rules[i].expression, BOOLOID)->volatility != PROVOLATILE_IMMUTABLE)
			refuse_expression("Rule", psprintf("\"%s\"", set->rules[i].code));
	refuse_expression("An item", "of it");
}

static void
check_data_set(Datum code)
{
	bool		isnull;
	Datum		broken = ask("SELECT pg_catalog.string_agg(b.rule, ', ' ORDER BY b.rule) FROM portfolio.broken_rules($1) b",
							 TEXTOID, code, &isnull);

	if (!isnull)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("data set \"%s\" has rules or items that can no longer run", TextDatumGetCString(code)),
				 errdetail("They are: %s.", TextDatumGetCString(broken)),
				 errhint("SELECT * FROM portfolio.broken_rules(%s) tells why; mend them with alter_rule() or retire_rule(), then track.",
						 quote_literal_cstr(TextDatumGetCString(code)))));
}

/* The names of all columns that rules, filter, period and provider look at. */
static void
collect_columns(PfTracked *tracked, Relation rel)
{
	PfRuleSet  *set = pf_rule_set_open(tracked->rules);
	const char *sources[3] = {tracked->filter, tracked->period, tracked->provider};
	static const char *const what[3] = {"Filter", "Period", "Provider"};
	Bitmapset  *columns = NULL;
	int			attno = -1;

	for (int i = 0; i < set->ncolumns; i++)
		columns = bms_add_member(columns, get_attnum(RelationGetRelid(rel), set->columns[i].name));
	for (int i = 0; i < 3; i++)
	{
		PfExpression *expression;

		if (sources[i] == NULL)
			continue;
		expression = parse(rel, sources[i], i == 0 ? BOOLOID : TEXTOID);
		if (expression->volatility != PROVOLATILE_IMMUTABLE)
			refuse_expression(what[i], sources[i]);
		columns = bms_add_members(columns, expression->columns);
	}
	tracked->columns = palloc(sizeof(char *) * Max(bms_num_members(columns), 1));
	while ((attno = bms_next_member(columns, attno)) >= 0)
		tracked->columns[tracked->ncolumns++] = pstrdup(NameStr(TupleDescAttr(RelationGetDescr(rel), attno - 1)->attname));
}

/* ---- triggers ---- */

static void
create_trigger(const char *relation, int64 data_set, bool truncate)
{
	const char *name = quote_identifier(pf_trigger_name(data_set, truncate));

	run(psprintf("CREATE TRIGGER %s AFTER %s ON %s FOR EACH %s EXECUTE FUNCTION portfolio.track_change(%lld)", name,
				 truncate ? "TRUNCATE" : "INSERT OR UPDATE OR DELETE", relation, truncate ? "STATEMENT" : "ROW",
				 (long long) data_set));
	run(psprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s", relation, name));
}

static bool
has_trigger(Oid relid, const char *name)
{
	return OidIsValid(get_trigger_oid(relid, name, true));
}

/*
 * Give the table its triggers, and wait until nobody is left who has changed rows without them. The
 * row trigger of a partitioned table is PostgreSQL's to hand down; of TRUNCATE each leaf has its own.
 */
static void
ensure_triggers(const PfTracked *tracked, Oid root)
{
	List	   *relids = find_all_inheritors(root, ShareRowExclusiveLock, NULL);
	ListCell   *cell;

	foreach(cell, relids)
	{
		Oid			relid = lfirst_oid(cell);
		char		relkind = get_rel_relkind(relid);
		char	   *relation = quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), get_rel_name(relid));

		if (relid == root && !has_trigger(relid, pf_trigger_name(tracked->data_set, false)))
			create_trigger(relation, tracked->data_set, false);
		if (relkind != RELKIND_RELATION)
			continue;
		if (!has_trigger(relid, pf_trigger_name(tracked->data_set, true)))
			create_trigger(relation, tracked->data_set, true);
		for (int truncate = 0; truncate < 2; truncate++)
			run(psprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s", relation,
						 quote_identifier(pf_trigger_name(tracked->data_set, truncate == 1))));
		CacheInvalidateRelcacheByRelid(relid);
	}
}

/* The triggers of a data set, wherever they are: it may have been declared on another table since. */
static void
drop_triggers(int64 data_set, Oid except)
{
	Oid			argtypes[2] = {TEXTARRAYOID, OIDOID};
	Datum		names[2] = {CStringGetTextDatum(pf_trigger_name(data_set, false)), CStringGetTextDatum(pf_trigger_name(data_set, true))};
	Datum		values[2];
	SPITupleTable *rows;
	uint64		n;

	values[0] = PointerGetDatum(construct_array(names, 2, TEXTOID, -1, false, TYPALIGN_INT));
	values[1] = ObjectIdGetDatum(except);
	if (SPI_execute_with_args("SELECT pg_catalog.format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::pg_catalog.regclass)"
							  " FROM pg_catalog.pg_trigger t WHERE t.tgname = ANY ($1) AND t.tgparentid = 0"
							  " AND t.tgfoid = 'portfolio.track_change()'::pg_catalog.regprocedure"
							  " AND NOT EXISTS (SELECT FROM pg_catalog.pg_partition_tree($2) p WHERE p.relid = t.tgrelid)"
							  " AND t.tgrelid <> $2",
							  2, argtypes, values, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read triggers");
	rows = SPI_tuptable;
	n = SPI_processed;
	for (uint64 i = 0; i < n; i++)
		run(SPI_getvalue(rows->vals[i], rows->tupdesc, 1));
}

/* ---- track_quality ---- */

/* The row of tracked_data_set, with a number of its own for this tracking. */
static int64
write_tracked(const PfTracked *tracked, Datum code)
{
	static const Oid argtypes[] = {INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTARRAYOID, NAMEOID};
	Datum		values[8] = {0};
	char		nulls[8] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};
	const char *texts[3] = {tracked->filter, tracked->period, tracked->provider};
	Datum	   *columns = palloc(sizeof(Datum) * Max(tracked->ncolumns, 1));
	PfAsOwner	state;
	NameData	role;
	bool		isnull;
	int64		tracking;

	namestrcpy(&role, GetUserNameFromId(GetUserId(), false));
	for (int i = 0; i < tracked->ncolumns; i++)
		columns[i] = CStringGetTextDatum(tracked->columns[i]);
	values[0] = Int64GetDatum(tracked->data_set);
	values[1] = Int64GetDatum(tracked->fingerprint);
	values[2] = ask("SELECT portfolio.tracking_signature($1)", TEXTOID, code, &isnull);
	for (int i = 0; i < 3; i++)
	{
		nulls[3 + i] = texts[i] ? ' ' : 'n';
		if (texts[i])
			values[3 + i] = CStringGetTextDatum(texts[i]);
	}
	values[6] = PointerGetDatum(construct_array(columns, tracked->ncolumns, TEXTOID, -1, false, TYPALIGN_INT));
	values[7] = NameGetDatum(&role);
	(void) pf_as_table_owner(&state, "tracked_data_set",
							 "INSERT INTO portfolio.tracked_data_set AS s (data_set, rule_set, signature, filter, period, provider, columns, tracked_by)"
							 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
							 " ON CONFLICT (data_set) DO UPDATE SET tracking = EXCLUDED.tracking, rule_set = EXCLUDED.rule_set,"
							 " signature = EXCLUDED.signature, filter = EXCLUDED.filter, period = EXCLUDED.period,"
							 " provider = EXCLUDED.provider, columns = EXCLUDED.columns, tracked_at = EXCLUDED.tracked_at,"
							 " tracked_by = EXCLUDED.tracked_by RETURNING s.tracking",
							 8, argtypes, values, nulls);
	tracking = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	pf_end_as_owner(&state);
	return tracking;
}

/* Tallies of earlier trackings of the data set say nothing any more. */
static void
delete_tallies(int64 data_set)
{
	static const Oid argtypes[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(data_set)};

	pf_as_engine("tracked_tally",
				 "DELETE FROM portfolio.tracked_tally t USING portfolio.tracked_data_set s WHERE s.data_set = $1 AND t.tracking = s.tracking",
				 1, argtypes, values, NULL);
	pf_as_engine("tracked_leaf",
				 "DELETE FROM portfolio.tracked_leaf l USING portfolio.tracked_data_set s WHERE s.data_set = $1 AND l.tracking = s.tracking",
				 1, argtypes, values, NULL);
}

/* Count all leaves and keep the counts, with a snapshot that is younger than our locks. */
static int64
count_leaves(const PfTracked *tracked, Oid root)
{
	List	   *leaves = pf_leaves(tracked, root, AccessShareLock);
	int64		records = 0;
	ListCell   *cell;

	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	foreach(cell, leaves)
	{
		PfLeaf	   *leaf = lfirst(cell);
		PfGroups   *counted = pf_groups_create(CurrentMemoryContext);

		if (leaf->columns == NULL)
			ereport(WARNING,
					(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					 errmsg("partition %s cannot be tracked and is counted whenever the score is asked for", leaf->name),
					 errdetail("Of %s: %s.", leaf->name, leaf->doubt)));
		else
		{
			pf_scan(tracked, leaf->relid, counted);
			records += pf_keep_count(tracked, leaf, counted);
		}
		MemoryContextDelete(counted->context);
	}
	PopActiveSnapshot();
	return records;
}

/* begin_tracking(data_set) → bigint: the records that were counted */
Datum
pf_begin_tracking(PG_FUNCTION_ARGS)
{
	Datum		code = PG_GETARG_DATUM(0);
	int			guc_level = pf_track_settings();
	PfTracked  *tracked;
	Relation	rel;
	Oid			root;
	bool		isnull;
	int64		records;

	if (IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("tracking cannot begin at isolation level %s",
						XactIsoLevel == XACT_SERIALIZABLE ? "SERIALIZABLE" : "REPEATABLE READ"),
				 errhint("Use READ COMMITTED: rows that others commit while the table is waited for must be seen.")));
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	root = DatumGetObjectId(ask("SELECT portfolio.data_set_relation($1)::pg_catalog.oid", TEXTOID, code, &isnull));
	check_relation(root);
	LockRelationOid(root, ShareRowExclusiveLock);
	check_data_set(code);
	PushActiveSnapshot(GetTransactionSnapshot());
	tracked = pf_tracked_anew(code, root);
	PopActiveSnapshot();
	rel = relation_open(root, NoLock);
	CheckTableNotInUse(rel, "track");
	check_rules(tracked, rel);
	collect_columns(tracked, rel);
	relation_close(rel, NoLock);

	drop_triggers(tracked->data_set, root);
	ensure_triggers(tracked, root);
	delete_tallies(tracked->data_set);
	(void) ask("SELECT portfolio.keep_rule_set($1)", pf_type_oid("rule_set"), PointerGetDatum(tracked->rules), &isnull);
	tracked->tracking = write_tracked(tracked, code);
	records = count_leaves(tracked, root);
	SPI_finish();
	AtEOXact_GUC(true, guc_level);
	PG_RETURN_INT64(records);
}

/* end_tracking(data_set) → boolean: was it tracked? */
Datum
pf_end_tracking(PG_FUNCTION_ARGS)
{
	static const Oid argtypes[] = {INT8OID};
	int			guc_level = pf_track_settings();
	Datum		data_set[1];
	PfAsOwner	state;
	bool		isnull;
	bool		was_tracked;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	data_set[0] = ask("SELECT d.id FROM portfolio.get_data_set($1) d", TEXTOID, PG_GETARG_DATUM(0), &isnull);
	drop_triggers(DatumGetInt64(data_set[0]), InvalidOid);
	delete_tallies(DatumGetInt64(data_set[0]));
	(void) pf_as_table_owner(&state, "tracked_data_set", "DELETE FROM portfolio.tracked_data_set WHERE data_set = $1",
							 1, argtypes, data_set, NULL);
	was_tracked = SPI_processed > 0;
	pf_end_as_owner(&state);
	SPI_finish();
	AtEOXact_GUC(true, guc_level);
	PG_RETURN_BOOL(was_tracked);
}
