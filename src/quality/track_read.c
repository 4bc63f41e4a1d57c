/*
 * track_read.c
 *		Reading what is tracked, from within a trigger.
 *
 * A writer must know of a tracking that began after its own snapshot was taken: it was kept away
 * from the table by a lock until then, and what it changes from now on is to be added. So these rows
 * are read with the latest snapshot, and straight from the table, for the writer needs no privilege.
 */
#include "track.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Columns of portfolio.tracked_data_set */
enum
{
	SET_DATA_SET = 1, SET_TRACKING, SET_RULE_SET, SET_SIGNATURE, SET_FILTER, SET_PERIOD, SET_PROVIDER, SET_COLUMNS
};

/* Columns of portfolio.rule_set_version */
enum
{
	VERSION_FINGERPRINT = 1, VERSION_RULES
};

/* The name that the triggers of a data set must have: under another they do nothing. */
const char *
pf_trigger_name(int64 data_set, bool truncate)
{
	return psprintf("portfolio_track_%lld%s", (long long) data_set, truncate ? "_truncate" : "");
}

/* The row of a table of ours with this bigint key, copied, or NULL. */
static HeapTuple
row_by_key(Relation rel, Oid index, AttrNumber attno, int64 key, Snapshot snapshot)
{
	ScanKeyData scankey;
	SysScanDesc scan;
	HeapTuple	tuple;

	ScanKeyInit(&scankey, attno, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(key));
	scan = systable_beginscan(rel, index, true, snapshot, 1, &scankey);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		tuple = heap_copytuple(tuple);
	systable_endscan(scan);
	return tuple;
}

static char *
text_attribute(HeapTuple tuple, TupleDesc desc, int attno)
{
	bool		isnull;
	Datum		value = heap_getattr(tuple, attno, desc, &isnull);

	return isnull ? NULL : TextDatumGetCString(value);
}

static void
read_columns(PfTracked *tracked, Datum value)
{
	Datum	   *values;
	bool	   *nulls;

	deconstruct_array(DatumGetArrayTypeP(value), TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &tracked->ncolumns);
	tracked->columns = palloc(sizeof(char *) * Max(tracked->ncolumns, 1));
	for (int i = 0; i < tracked->ncolumns; i++)
		tracked->columns[i] = TextDatumGetCString(values[i]);
}

static bool
read_rules(PfTracked *tracked, Oid namespace, Snapshot snapshot)
{
	Relation	rel = table_open(get_relname_relid("rule_set_version", namespace), AccessShareLock);
	HeapTuple	tuple = row_by_key(rel, get_relname_relid("rule_set_version_pkey", namespace), VERSION_FINGERPRINT,
								   tracked->fingerprint, snapshot);
	bool		isnull;

	if (HeapTupleIsValid(tuple))
		tracked->rules = (PfRuleSetValue *)
			PG_DETOAST_DATUM_COPY(heap_getattr(tuple, VERSION_RULES, RelationGetDescr(rel), &isnull));
	table_close(rel, AccessShareLock);
	return HeapTupleIsValid(tuple);
}

/* Fills in all of it, in the current context; false where the data set is not tracked. */
bool
pf_read_tracked(int64 data_set, PfTracked *tracked)
{
	Oid			namespace = get_namespace_oid(PF_SCHEMA, true);
	Oid			relid = OidIsValid(namespace) ? get_relname_relid("tracked_data_set", namespace) : InvalidOid;
	Snapshot	snapshot;
	Relation	rel;
	HeapTuple	tuple;
	bool		found;

	memset(tracked, 0, sizeof(PfTracked));
	tracked->data_set = data_set;
	if (!OidIsValid(relid))
		return false;
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	rel = table_open(relid, AccessShareLock);
	tuple = row_by_key(rel, get_relname_relid("tracked_data_set_pkey", namespace), SET_DATA_SET, data_set, snapshot);
	found = HeapTupleIsValid(tuple);
	if (found)
	{
		TupleDesc	desc = RelationGetDescr(rel);
		bool		isnull;

		tracked->tracking = DatumGetInt64(heap_getattr(tuple, SET_TRACKING, desc, &isnull));
		tracked->fingerprint = DatumGetInt64(heap_getattr(tuple, SET_RULE_SET, desc, &isnull));
		tracked->filter = text_attribute(tuple, desc, SET_FILTER);
		tracked->period = text_attribute(tuple, desc, SET_PERIOD);
		tracked->provider = text_attribute(tuple, desc, SET_PROVIDER);
		read_columns(tracked, heap_getattr(tuple, SET_COLUMNS, desc, &isnull));
		found = read_rules(tracked, namespace, snapshot);
	}
	table_close(rel, AccessShareLock);
	UnregisterSnapshot(snapshot);
	return found;
}
