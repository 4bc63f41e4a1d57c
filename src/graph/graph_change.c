/*
 * graph_change.c
 *		Which transactions wrote what the graph is made of.
 *
 * Every table below the views that the graph is loaded from has three triggers of this function:
 *
 *	graph_change		BEFORE a statement: notes in this session that a write begins, and adds one row
 *						(xid, part) to graph_change for this subtransaction. ENABLE ALWAYS.
 *	graph_changed		AFTER the statement: the write is over. ENABLE ALWAYS.
 *	00_graph_change		AFTER each row, only where session_replication_role is replica: the apply
 *						worker of logical replication fires no statement triggers.
 *
 * graph_change itself has one more, BEFORE each row where session_replication_role is replica: a
 * publication FOR ALL TABLES brings the rows of another cluster, whose transactions have other numbers
 * and may have those of ours. They stay out; what they stand for is recorded here as it is applied.
 *
 * So whoever sees a row that a subtransaction wrote sees that subtransaction's row of graph_change,
 * and whoever does not sees neither: they commit and abort together. Rows of graph_change are only
 * added, never updated, so no writer waits for another. Purging takes old ones away, which leaves a
 * session that has not looked since they came with the same rows again; so it adds one of its own each time.
 *
 * That is enough for what other transactions wrote. Of its own transaction a snapshot sees the
 * commands before it, which one row a subtransaction does not tell apart; for those the session
 * counts. `settled` is true when no statement that writes the graph is under way and the snapshot
 * was taken after the last of them; then it sees all of them, and goes on seeing them until the next
 * one or until a subtransaction aborts, which counts as one.
 */
#include "graph.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

PG_FUNCTION_INFO_V1(pf_graph_changed);
PG_FUNCTION_INFO_V1(pf_purge_graph_changes);

static const char record_sql[] =
"INSERT INTO portfolio.graph_change (xid, part) VALUES (pg_catalog.pg_current_xact_id(), $1)"
" ON CONFLICT DO NOTHING";

/* What is not above 0 is no subtransaction: it stands for a purge. */
static const char purge_sql[] =
"WITH gone AS (DELETE FROM portfolio.graph_change"
"  WHERE xid OPERATOR(pg_catalog.<) pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot()) RETURNING xid),"
" mark AS (INSERT INTO portfolio.graph_change (xid, part) SELECT pg_catalog.pg_current_xact_id(), $1"
"  WHERE EXISTS (SELECT FROM gone) ON CONFLICT DO NOTHING)"
" SELECT pg_catalog.count(*) FROM gone";

static bool callbacks_registered = false;
static uint64 transaction_number = 1;
static uint64 own_writes = 0;
static CommandId last_write = 0;	/* no write of ours has a higher command id */
static SubTransactionId recorded = InvalidSubTransactionId;
static bool recording = false;	/* are rows of graph_change written by this file? */
static int64 purges = 0;
static List *under_way = NIL;	/* nesting level of each statement that is writing */

static void
transaction_ended(XactEvent event, void *arg)
{
	if (event != XACT_EVENT_ABORT && event != XACT_EVENT_COMMIT && event != XACT_EVENT_PREPARE)
		return;
	transaction_number++;
	recording = false;
	if (own_writes > 0)
		pf_graph_forget_own();
	own_writes = 0;
	last_write = 0;
	recorded = InvalidSubTransactionId;
	under_way = NIL;			/* it was in the transaction's memory */
}

static void
subtransaction_ended(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid, void *arg)
{
	if (event != SUBXACT_EVENT_ABORT_SUB)
		return;
	recording = false;			/* an error may have ended it */
	if (own_writes == 0)
		return;
	own_writes++;
	recorded = InvalidSubTransactionId;
	while (under_way != NIL && linitial_int(under_way) >= GetCurrentTransactionNestLevel())
		under_way = list_delete_first(under_way);
}

static void
register_callbacks(void)
{
	if (callbacks_registered)
		return;
	RegisterXactCallback(transaction_ended, NULL);
	RegisterSubXactCallback(subtransaction_ended, NULL);
	callbacks_registered = true;
}

static void
write_begins(void)
{
	MemoryContext old_context;

	register_callbacks();
	own_writes++;
	last_write = GetCurrentCommandId(false);
	old_context = MemoryContextSwitchTo(TopTransactionContext);
	under_way = lcons_int(GetCurrentTransactionNestLevel(), under_way);
	MemoryContextSwitchTo(old_context);
}

static void
write_ends(void)
{
	if (under_way != NIL)
		under_way = list_delete_first(under_way);
}

static void
record_subtransaction(void)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1];
	PfAsOwner	state;

	if (recorded == GetCurrentSubTransactionId())
		return;
	values[0] = Int64GetDatum((int64) GetCurrentSubTransactionId());
	recording = true;
	(void) pf_as_table_owner(&state, "graph_change", record_sql, 1, argtypes, values, NULL);
	recording = false;
	pf_end_as_owner(&state);
	recorded = GetCurrentSubTransactionId();
}

Datum
pf_graph_changed(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("graph_changed() was not called by a trigger")));
	if (TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) && TRIGGER_FIRED_BEFORE(trigdata->tg_event))
		return PointerGetDatum(recording ? trigdata->tg_trigtuple : NULL);
	if (TRIGGER_FIRED_FOR_ROW(trigdata->tg_event))
	{
		write_begins();
		write_ends();
		record_subtransaction();
	}
	else if (TRIGGER_FIRED_BEFORE(trigdata->tg_event))
	{
		write_begins();
		record_subtransaction();
	}
	else
		write_ends();
	return PointerGetDatum(NULL);
}

/* purge_graph_changes() */
Datum
pf_purge_graph_changes(PG_FUNCTION_ARGS)
{
	PfAsOwner	state;
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1];
	int64		gone;
	bool		isnull;

	register_callbacks();
	values[0] = Int64GetDatum(-++purges);
	recording = true;
	(void) pf_as_table_owner(&state, "graph_change", purge_sql, 1, argtypes, values, NULL);
	recording = false;
	gone = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	pf_end_as_owner(&state);
	PG_RETURN_INT64(gone);
}

/* What this transaction itself wrote of the graph, and whether the snapshot sees it all. */
PfOwnWrites
pf_graph_own_writes(Snapshot snapshot)
{
	PfOwnWrites own;

	own.transaction = transaction_number;
	own.writes = own_writes;
	own.settled = own_writes == 0 || (under_way == NIL && snapshot->curcid > last_write);
	return own;
}

/* Does every statement that writes this table fire the triggers above? */
bool
pf_graph_writes_recorded(Relation rel)
{
	static const int16 writes[] = {
		TRIGGER_TYPE_INSERT, TRIGGER_TYPE_UPDATE, TRIGGER_TYPE_DELETE, TRIGGER_TYPE_TRUNCATE
	};
	Oid			function = LookupFuncName(list_make2(makeString(PF_SCHEMA), makeString("graph_changed")),
										  0, NULL, true);
	int16		before = 0;
	int16		after = 0;

	if (rel->trigdesc == NULL || !OidIsValid(function))
		return false;
	for (int i = 0; i < rel->trigdesc->numtriggers; i++)
	{
		const Trigger *trigger = &rel->trigdesc->triggers[i];

		if (trigger->tgfoid != function || trigger->tgenabled != TRIGGER_FIRES_ALWAYS ||
			TRIGGER_FOR_ROW(trigger->tgtype) || trigger->tgqual != NULL || trigger->tgnattr > 0)
			continue;
		if (TRIGGER_FOR_BEFORE(trigger->tgtype))
			before |= trigger->tgtype;
		else
			after |= trigger->tgtype;
	}
	for (int i = 0; i < lengthof(writes); i++)
		if ((before & writes[i]) == 0 || (after & writes[i]) == 0)
			return false;
	return true;
}
