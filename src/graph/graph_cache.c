/*
 * graph_cache.c
 *		When a graph may be kept, and when a kept one may be used.
 *
 * One graph a session is kept, for every date, and may be used exactly as long as the snapshot of
 * the caller sees the same rows as the snapshot that it was loaded with. Invalidation messages could
 * not tell: they arrive after a commit is visible, and a transaction in repeatable read takes them
 * in while its old snapshot would load the old graph again. So it is proved from what the snapshot
 * sees, each time.
 *
 * Others' writes. A subtransaction that writes what the graph is loaded from has a row in graph_change
 * (graph_change.c). A snapshot sees its writes if and only if it sees its row. Hence two snapshots
 * that see the same rows of graph_change see the same graph, but for the transaction's own commands.
 * The rows below the first snapshot's xmin need not be looked at: those transactions had ended when
 * it was taken, so every snapshot whose xmin is no lower judges them alike. (A snapshot with a lower
 * xmin, imported from elsewhere, is refused.) What is left are the few rows since, compared one by
 * one: not a count or a maximum, which one's own rollback and another's commit restore together. As
 * the rows are read through an index with the snapshot, SERIALIZABLE sees a conflict with whoever
 * adds one. Purging old rows adds one, so it costs each session one load.
 *
 * One's own writes. A kept graph that was loaded before this transaction wrote is not used once it
 * has; one that was loaded after a write is used until the next write, the next abort of a subtransaction
 * or the end of the transaction. None is kept while a statement is still writing or for a snapshot
 * that was taken before the last write: see `settled` there.
 *
 * Rights. The graph is loaded with the caller's own rights through the views. It is kept and used only
 * while each relation that the views read is a plain table without descendants whose writes are
 * recorded, that the caller may SELECT as a whole, and to which row security does not apply for him.
 * Then every caller sees the same rows, whoever loaded them. Anything else (a policy, a column grant,
 * a disabled trigger, a foreign table) loads the graph for this one call. What is missing is thus never
 * answered from memory: the load itself raises the permission error that names the table.
 *
 * Definitions. A relation that is altered, truncated, dropped or restored sends a relcache invalidation;
 * one for any relation that the views read, or for all, spoils the kept graph. The callback only marks
 * it: the graph may be in use. It is freed by the next call. Nothing that runs while a kept graph is
 * in use (reading the names of elements, on a table without row security) calls a user's code, so no
 * call meets a graph that another one is using.
 *
 * An error leaves nothing behind: a graph belongs to the calling context until it is complete.
 */
#include "graph.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/transam.h"
#include "access/xact.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "catalog/pg_index.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/rls.h"
#include "utils/snapmgr.h"
#include "utils/xid8.h"

/* More writers than this since the oldest transaction that still runs, and nothing is kept. */
#define MAX_SEEN 10000

/* A row of graph_change */
typedef struct Seen
{
	uint64		xid;
	int64		part;
} Seen;

/* The rows of graph_change from `horizon` on that a snapshot sees. */
typedef struct Sight
{
	uint64		horizon;
	int32		count;			/* -1: too many to compare */
	int32		capacity;
	Seen	   *seen;
} Sight;

typedef struct Kept
{
	PfGraph    *graph;
	bool		spoilt;			/* a relation was changed, see "Definitions" */
	Sight		sight;
	PfOwnWrites own;
	int32		n_relations;
	Oid		   *relations;		/* that the views read; the last is graph_change */
} Kept;

static Kept kept = {0};
static bool callback_registered = false;
static uint64 messages = 0;		/* that came in */

static void
relation_changed(Datum arg, Oid relid)
{
	messages++;
	if (kept.graph == NULL || kept.spoilt)
		return;
	if (!OidIsValid(relid))
		kept.spoilt = true;
	for (int i = 0; i < kept.n_relations && !kept.spoilt; i++)
		kept.spoilt = kept.relations[i] == relid;
}

static void
forget(void)
{
	if (kept.graph != NULL)
		MemoryContextDelete(kept.graph->context);
	memset(&kept, 0, sizeof(kept));
}

/* At the end of a transaction that wrote: what was loaded after its writes is of no use now. */
void
pf_graph_forget_own(void)
{
	if (kept.own.writes > 0)
		forget();
}

/* The xmin of a snapshot, with its epoch: it is not ahead of the next xid, nor a wrap behind. */
static uint64
snapshot_horizon(Snapshot snapshot)
{
	uint64		next = U64FromFullTransactionId(ReadNextFullTransactionId());

	return next - (uint32) ((uint32) next - snapshot->xmin);
}

static void
add_seen(Sight *sight, uint64 xid, int64 part)
{
	if (sight->count == MAX_SEEN)
	{
		sight->count = -1;
		return;
	}
	if (sight->count == sight->capacity)
	{
		sight->capacity *= 2;
		sight->seen = repalloc(sight->seen, sight->capacity * sizeof(Seen));
	}
	sight->seen[sight->count].xid = xid;
	sight->seen[sight->count].part = part;
	sight->count++;
}

/* Read what this snapshot sees of graph_change, in the order of its key. */
static Sight
look(Snapshot snapshot, uint64 horizon)
{
	Sight		sight = {0};
	Relation	rel = table_open(pf_relation_oid("graph_change"), AccessShareLock);
	Relation	index = index_open(pf_primary_key_index(rel), AccessShareLock);
	SysScanDesc scan;
	ScanKeyData key;
	HeapTuple	tuple;

	sight.horizon = horizon;
	sight.capacity = 16;
	sight.seen = palloc(sight.capacity * sizeof(Seen));
	ScanKeyInit(&key, 1, BTGreaterEqualStrategyNumber, F_XID8GE,
				FullTransactionIdGetDatum(FullTransactionIdFromU64(horizon)));
	scan = systable_beginscan_ordered(rel, index, snapshot, 1, &key);
	while (sight.count >= 0 && (tuple = systable_getnext_ordered(scan, ForwardScanDirection)) != NULL)
	{
		bool		isnull;
		Datum		xid = heap_getattr(tuple, 1, RelationGetDescr(rel), &isnull);
		Datum		part = heap_getattr(tuple, 2, RelationGetDescr(rel), &isnull);

		add_seen(&sight, U64FromFullTransactionId(DatumGetFullTransactionId(xid)), DatumGetInt64(part));
	}
	systable_endscan_ordered(scan);
	index_close(index, AccessShareLock);
	table_close(rel, AccessShareLock);
	return sight;
}

static bool
same_sight(const Sight *a, const Sight *b)
{
	return a->count >= 0 && a->count == b->count &&
		memcmp(a->seen, b->seen, a->count * sizeof(Seen)) == 0;
}

/* May the caller read all of this relation, with no row kept from him? */
static bool
all_visible_to_caller(Oid relid)
{
	return pg_class_aclcheck(relid, GetUserId(), ACL_SELECT) == ACLCHECK_OK &&
		check_enable_rls(relid, InvalidOid, true) != RLS_ENABLED;
}

/* Is what is written to this relation recorded? A view is what it reads. */
static bool
changes_are_known(Oid relid)
{
	Relation	rel = table_open(relid, AccessShareLock);
	char		kind = rel->rd_rel->relkind;
	bool		known = kind == RELKIND_VIEW ||
		(kind == RELKIND_RELATION && !rel->rd_rel->relhassubclass && pf_graph_writes_recorded(rel));

	table_close(rel, AccessShareLock);
	return known;
}

/* Does what is kept hold for this snapshot and this caller? */
static bool
kept_is_valid(Snapshot snapshot, const PfOwnWrites *own)
{
	uint64		horizon = snapshot_horizon(snapshot);
	Sight		sight;
	bool		same;

	if (kept.graph == NULL || kept.spoilt || !own->settled || kept.own.writes != own->writes ||
		(own->writes > 0 && kept.own.transaction != own->transaction) || horizon < kept.sight.horizon)
		return false;
	for (int i = 0; i < kept.n_relations - 1; i++)
		if (!all_visible_to_caller(kept.relations[i]))
			return false;
	sight = look(snapshot, kept.sight.horizon);
	same = same_sight(&sight, &kept.sight);
	pfree(sight.seen);
	/* Opening graph_change may have taken messages in. */
	return same && !kept.spoilt;
}

/*
 * Keep a graph that was just loaded with this snapshot, if that may be done. A message that comes in
 * while the relations are looked at may be about one that was looked at before it: then it is not kept.
 */
static void
keep(PfGraph *graph, Snapshot snapshot, const PfOwnWrites *own)
{
	List	   *relations = pf_graph_relations();
	ListCell   *cell;
	MemoryContext old_context;
	Sight		sight;
	uint64		messages_before = messages;
	int			n = 0;

	/* a module that wants to be asked about every reading of a table is not asked by an answer from memory */
	if (!own->settled || ExecutorCheckPerms_hook != NULL)
		return;
	foreach(cell, relations)
		if (!all_visible_to_caller(lfirst_oid(cell)) || !changes_are_known(lfirst_oid(cell)))
			return;
	old_context = MemoryContextSwitchTo(graph->context);
	sight = look(snapshot, snapshot_horizon(snapshot));
	kept.relations = palloc((list_length(relations) + 1) * sizeof(Oid));
	MemoryContextSwitchTo(old_context);
	if (sight.count < 0 || messages != messages_before)
	{
		kept.relations = NULL;
		return;
	}
	foreach(cell, relations)
		kept.relations[n++] = lfirst_oid(cell);
	kept.relations[n++] = pf_relation_oid("graph_change");
	kept.n_relations = n;
	kept.sight = sight;
	kept.own = *own;
	kept.spoilt = false;
	MemoryContextSetParent(graph->context, CacheMemoryContext);
	kept.graph = graph;
}

/* The graph as the caller sees it in his snapshot; give it back with pf_graph_close(). */
PfGraph *
pf_graph_open(void)
{
	Snapshot	snapshot = GetActiveSnapshot();
	PfOwnWrites own = pf_graph_own_writes(snapshot);
	PfGraph    *graph;

	pf_check_version();
	if (!callback_registered)
	{
		CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
		callback_registered = true;
	}
	/*
	 * Whoever disables a trigger sends his message before he lets go of the lock that keeps writers away, so
	 * it is there if the snapshot sees one of their rows. A lock that is held already would not fetch it.
	 */
	AcceptInvalidationMessages();
	if (kept_is_valid(snapshot, &own))
		return kept.graph;
	forget();
	graph = pf_graph_load(CurrentMemoryContext);
	keep(graph, snapshot, &own);
	return graph;
}

void
pf_graph_close(PfGraph *graph)
{
	if (graph != kept.graph)
		MemoryContextDelete(graph->context);
}
