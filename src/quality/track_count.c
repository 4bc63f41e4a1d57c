/*
 * track_count.c
 *		Counting tracked data anew, keeping the count, and comparing it with what was tracked.
 *
 * A count that is kept replaces the tallies that its snapshot sees, and no others: what a concurrent
 * writer adds is beyond the snapshot, as his rows are. Two who replace tallies at once would each
 * take away the other's, so whoever does it holds the row of tracked_data_set locked. The lock is
 * taken before the snapshot, and after the locks on the leaves; writers never ask for it.
 */
#include "track.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(pf_recount);
PG_FUNCTION_INFO_V1(pf_compact_tracking);

/* One statement on a table of ours, whose rows nobody looks at. */
void
pf_as_engine(const char *table, const char *sql, int nargs, const Oid *argtypes, const Datum *values, const char *nulls)
{
	PfAsOwner	state;

	(void) pf_as_table_owner(&state, table, sql, nargs, argtypes, values, nulls);
	pf_end_as_owner(&state);
}

/* Until the end of the transaction no one else replaces tallies of this data set. */
static void
lock_data_set(int64 data_set)
{
	static const Oid argtypes[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(data_set)};

	pf_as_engine("tracked_data_set",
				 "SELECT 1 FROM portfolio.tracked_data_set WHERE data_set = $1 FOR NO KEY UPDATE", 1, argtypes, values, NULL);
}

/* Says of a file that it is counted, with triggers and columns as they are. */
void
pf_write_leaf(const PfTracked *tracked, const PfLeaf *leaf)
{
	static const Oid argtypes[] = {INT8OID, OIDOID, OIDOID, TEXTOID, TEXTOID};
	Datum		values[5];

	values[0] = Int64GetDatum(tracked->tracking);
	values[1] = ObjectIdGetDatum(leaf->relid);
	values[2] = ObjectIdGetDatum(leaf->file);
	values[3] = CStringGetTextDatum(leaf->triggers);
	values[4] = CStringGetTextDatum(leaf->columns);
	pf_as_engine("tracked_leaf",
				 "INSERT INTO portfolio.tracked_leaf AS l (tracking, leaf, file, triggers, columns) VALUES ($1, $2, $3, $4, $5)"
				 " ON CONFLICT (tracking, leaf, file) DO UPDATE"
				 " SET triggers = EXCLUDED.triggers, columns = EXCLUDED.columns, counted_at = EXCLUDED.counted_at",
				 5, argtypes, values, NULL);
}

/* The tallies of a file that the active snapshot sees go. */
static void
delete_visible(const PfTracked *tracked, const PfLeaf *leaf)
{
	Oid			argtypes[4] = {INT8OID, OIDOID, OIDOID, INT8ARRAYOID};
	Datum		values[4];
	bool		isnull;

	values[0] = Int64GetDatum(tracked->tracking);
	values[1] = ObjectIdGetDatum(leaf->relid);
	values[2] = ObjectIdGetDatum(leaf->file);
	if (SPI_execute_with_args("SELECT pg_catalog.array_agg(t.id) FROM portfolio.tracked_tally t"
							  " WHERE t.tracking = $1 AND t.leaf = $2 AND t.file = $3",
							  3, argtypes, values, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read tracked tallies");
	values[3] = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	if (!isnull)
		pf_as_engine("tracked_tally",
					 "DELETE FROM portfolio.tracked_tally t WHERE t.tracking = $1 AND t.leaf = $2 AND t.file = $3 AND t.id = ANY ($4)",
					 4, argtypes, values, NULL);
}

/*
 * Keep what was counted of a file with the active snapshot in place of what the snapshot sees of its
 * tallies. What this transaction has changed and not yet written was counted, and will be written:
 * it is taken off here. Gives the records.
 */
int64
pf_keep_count(const PfTracked *tracked, const PfLeaf *leaf, PfGroups *counted)
{
	int64		records = 0;

	for (uint32 b = 0; b < counted->nbuckets; b++)
		for (PfGroup *group = counted->buckets[b]; group; group = group->next)
			records += group->tally ? group->tally->records : 0;
	pf_deltas_add(tracked->tracking, leaf->relid, leaf->file, counted, -1);
	delete_visible(tracked, leaf);
	for (uint32 b = 0; b < counted->nbuckets; b++)
	{
		for (PfGroup *group = counted->buckets[b]; group; group = group->next)
		{
			CHECK_FOR_INTERRUPTS();
			if (group->tally && !pf_tally_is_zero(group->tally))
				pf_write_tally(tracked->tracking, leaf->relid, leaf->file, &group->key, group->tally, NULL);
		}
	}
	pf_write_leaf(tracked, leaf);
	return records;
}

/* ---- recount(data_set, only_doubtful, keep): what verify_tracking() shows ---- */

static int64
records_of(const PfGroups *groups)
{
	int64		records = 0;

	for (uint32 b = 0; b < groups->nbuckets; b++)
		for (PfGroup *group = groups->buckets[b]; group; group = group->next)
			records += group->tally ? group->tally->records : 0;
	return records;
}

/* Is there nothing in a that is not in b? */
static bool
contains(PfGroups *b, const PfGroups *a)
{
	for (uint32 i = 0; i < a->nbuckets; i++)
	{
		for (PfGroup *group = a->buckets[i]; group; group = group->next)
		{
			PfTally    *other = pf_group(b, &group->key)->tally;

			if (group->tally == NULL || pf_tally_is_zero(group->tally))
				continue;
			if (other == NULL || other->records != group->tally->records ||
				memcmp(other->counts, group->tally->counts, sizeof(int64) * PF_TALLY_COUNTS(other)) != 0)
				return false;
		}
	}
	return true;
}

/* Leaves that were altered between two looks at the catalogs are in doubt and cannot be kept. */
static void
compare_leaves(List *before, List *leaves)
{
	ListCell   *cell;

	foreach(cell, leaves)
	{
		PfLeaf	   *leaf = lfirst(cell);
		bool		same = false;
		ListCell   *other;

		foreach(other, before)
		{
			PfLeaf	   *then = lfirst(other);

			same |= then->relid == leaf->relid && then->file == leaf->file && strcmp(then->triggers, leaf->triggers) == 0 &&
				then->columns && leaf->columns && strcmp(then->columns, leaf->columns) == 0;
		}
		if (same)
			continue;
		if (leaf->doubt == NULL)
			leaf->doubt = "it is being altered";
		leaf->columns = NULL;
	}
}

static void
put_leaf(ReturnSetInfo *rsinfo, const PfLeaf *leaf, const char *outcome, const PfGroups *tracked,
		 const PfGroups *found)
{
	Datum		values[5] = {0};
	bool		nulls[5] = {false};

	values[0] = CStringGetTextDatum(leaf->name);
	values[1] = CStringGetTextDatum(outcome);
	nulls[2] = leaf->doubt == NULL;
	if (leaf->doubt)
		values[2] = CStringGetTextDatum(leaf->doubt);
	nulls[3] = tracked == NULL || leaf->doubt != NULL;
	if (!nulls[3])
		values[3] = Int64GetDatum(records_of(tracked));
	nulls[4] = found == NULL;
	if (found)
		values[4] = Int64GetDatum(records_of(found));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static void
recount_leaf(const PfTracked *tracked, PfLeaf *leaf, bool only_doubtful, bool keep, ReturnSetInfo *rsinfo)
{
	PfGroups   *sums = pf_groups_create(CurrentMemoryContext);
	PfGroups   *found = pf_groups_create(CurrentMemoryContext);
	const char *outcome;

	pf_sum_leaves(tracked, list_make1(leaf), sums);
	if (leaf->altered || (only_doubtful && leaf->doubt == NULL))
	{
		put_leaf(rsinfo, leaf, leaf->altered ? "doubtful" : "current", sums, NULL);
		return;
	}
	pf_scan(tracked, leaf->relid, found);
	if (leaf->doubt == NULL)
		outcome = contains(sums, found) && contains(found, sums) ? "equal" : "wrong";
	else
		outcome = keep && leaf->columns ? "counted" : "doubtful";
	put_leaf(rsinfo, leaf, outcome, sums, found);
	if (keep && (strcmp(outcome, "counted") == 0 || strcmp(outcome, "wrong") == 0))
		(void) pf_keep_count(tracked, leaf, found);
}

Datum
pf_recount(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	bool		only_doubtful = PG_GETARG_BOOL(1);
	bool		keep = PG_GETARG_BOOL(2);
	int			guc_level = pf_track_settings();
	PfTracked  *tracked;
	List	   *before;
	List	   *leaves;
	ListCell   *cell;
	Oid			root;
	const char *doubt;

	pf_init_materialized_srf(fcinfo);
	if (keep)
		PreventCommandIfReadOnly("verify_tracking()");
	if (keep && IsolationUsesXactSnapshot())
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("tracked data cannot be counted anew at isolation level %s",
						XactIsoLevel == XACT_SERIALIZABLE ? "SERIALIZABLE" : "REPEATABLE READ"),
				 errhint("Use READ COMMITTED, or verify_tracking(..., '{\"keep\": false}'), which stores nothing.")));
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	tracked = pf_tracked_by_code(PG_GETARG_DATUM(0), &root, &doubt);
	before = pf_leaves(tracked, root, AccessShareLock);
	if (keep)
		lock_data_set(tracked->data_set);
	CommandCounterIncrement();
	PushActiveSnapshot(GetTransactionSnapshot());
	tracked = pf_tracked_by_code(PG_GETARG_DATUM(0), &root, &doubt);
	leaves = pf_leaves(tracked, root, AccessShareLock);
	compare_leaves(before, leaves);
	pf_judge_leaves(tracked, leaves);
	foreach(cell, leaves)
	{
		PfLeaf	   *leaf = lfirst(cell);

		if (doubt)
		{
			leaf->doubt = pstrdup(doubt);
			leaf->altered = true;
		}
		recount_leaf(tracked, leaf, only_doubtful, keep, rsinfo);
	}
	PopActiveSnapshot();
	SPI_finish();
	AtEOXact_GUC(true, guc_level);
	return (Datum) 0;
}

/* ---- compact_tracking ---- */

static int64
affected(const char *sql, int64 tracking)
{
	static const Oid argtypes[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(tracking)};
	PfAsOwner	state;
	int64		n;

	(void) pf_as_table_owner(&state, "tracked_tally", sql, 1, argtypes, values, NULL);
	n = (int64) SPI_processed;
	pf_end_as_owner(&state);
	return n;
}

/* compact_tracking(tracking bigint) → bigint: rows that went */
Datum
pf_compact_tracking(PG_FUNCTION_ARGS)
{
	int64		tracking = PG_GETARG_INT64(0);
	int64		gone;

	(void) affected("SELECT 1 FROM portfolio.tracked_data_set WHERE tracking = $1 FOR NO KEY UPDATE", tracking);
	/* Of files that are no more, and of a tracking that has ended or was begun anew */
	gone = affected("DELETE FROM portfolio.tracked_tally t WHERE t.tracking = $1 AND (NOT EXISTS"
					" (SELECT FROM pg_catalog.pg_class c WHERE c.oid = t.leaf AND c.relfilenode = t.file)"
					" OR NOT EXISTS (SELECT FROM portfolio.tracked_data_set s WHERE s.tracking = t.tracking))", tracking);
	(void) affected("DELETE FROM portfolio.tracked_leaf l WHERE l.tracking = $1 AND (NOT EXISTS"
					" (SELECT FROM pg_catalog.pg_class c WHERE c.oid = l.leaf AND c.relfilenode = l.file)"
					" OR NOT EXISTS (SELECT FROM portfolio.tracked_data_set s WHERE s.tracking = l.tracking))", tracking);
	/* One statement, so that what goes and what comes in its place are of one snapshot */
	gone += affected("WITH alike AS MATERIALIZED (SELECT t.id, pg_catalog.count(*) OVER (PARTITION BY t.leaf, t.file, t.period, t.provider, t.doubt) AS n"
					 "  FROM portfolio.tracked_tally t WHERE t.tracking = $1),"
					 " gone AS (DELETE FROM portfolio.tracked_tally t USING alike a"
					 "  WHERE t.tracking = $1 AND t.id = a.id AND a.n > 1 RETURNING t.leaf, t.file, t.period, t.provider, t.tally, t.doubt),"
					 " sums AS (SELECT g.leaf, g.file, g.period, g.provider, portfolio.merge(g.tally) AS tally, g.doubt, pg_catalog.count(*) AS n"
					 "  FROM gone g GROUP BY g.leaf, g.file, g.period, g.provider, g.doubt),"
					 " kept AS (INSERT INTO portfolio.tracked_tally (tracking, leaf, file, period, provider, tally, doubt)"
					 "  SELECT $1, s.leaf, s.file, s.period, s.provider, s.tally, s.doubt FROM sums s RETURNING 1)"
					 " SELECT FROM gone OFFSET (SELECT pg_catalog.count(*) FROM kept)", tracking);
	PG_RETURN_INT64(gone);
}
