/*
 * change_queue.c
 *		Rows of the journal on their way to it.
 *
 * A statement of its own for each row of the journal costs more than all else that the writing of a
 * relationship does. So rows wait here until the statement that made them ends (or until there are
 * many) and are written by one. Each has its number, its author and its reason from when it came, so
 * the journal reads as if it had been written row by row.
 *
 * A row belongs to the subtransaction that made the change: it goes when that aborts, and is written
 * by that or by one that it became part of, never inside a deeper one, which could take it along when
 * it aborts alone. What still waits when the transaction commits has missed its statement trigger; the
 * transaction fails then, rather than leave a change out.
 */
#include "portfolio/portfolio.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/queryenvironment.h"
#include "utils/tuplestore.h"

/* So many rows, or so many bytes of them, are written without waiting longer */
#define MANY_ROWS 1000
#define MANY_BYTES (1024 * 1024)

typedef struct QueuedChange
{
	int			level;			/* nesting level of the subtransaction that it belongs to */
	HeapTuple	row;			/* as queue_desc describes it */
} QueuedChange;

static const char write_sql[] =
"INSERT INTO portfolio.change (id, table_name, element, by, reason, operation, old, new)"
" SELECT q.id, q.table_name, q.element, q.by, q.reason, q.operation, q.old, q.new FROM queued_change q";

static const struct
{
	const char *name;
	Oid			type;
}			columns[] = {
	{"id", INT8OID}, {"table_name", TEXTOID}, {"element", INT8OID}, {"by", TEXTOID},
	{"reason", TEXTOID}, {"operation", TEXTOID}, {"old", JSONBOID}, {"new", JSONBOID}
};

#define N_COLUMNS lengthof(columns)

static bool callbacks_registered = false;
static TupleDesc queue_desc = NULL;
static MemoryContext queue_context = NULL;	/* of the transaction; NULL before its first change */
/* Levels never fall from one to the next. One that reaches MANY_ROWS is written, so there is always room. */
static QueuedChange *queue = NULL;
static int	queued = 0;
static Size queued_bytes = 0;

/* Take the rows from this one on out of the queue. */
static void
forget_from(int first)
{
	while (queued > first)
	{
		queued--;
		queued_bytes -= queue[queued].row->t_len;
		heap_freetuple(queue[queued].row);
	}
}

static void
transaction_ends(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT || event == XACT_EVENT_PRE_PREPARE)
	{
		if (queued > 0)
			elog(ERROR, "%d changes were not written to the journal", queued);
	}
	else if (event == XACT_EVENT_ABORT || event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE)
	{
		queue_context = NULL;	/* it went with the transaction's memory */
		queued = 0;
	}
}

static void
subtransaction_ends(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid, void *arg)
{
	int			level = GetCurrentTransactionNestLevel();
	int			first = queued;

	while (first > 0 && queue[first - 1].level >= level)
		first--;
	if (event == SUBXACT_EVENT_ABORT_SUB)
		forget_from(first);
	else if (event == SUBXACT_EVENT_COMMIT_SUB)
		for (int i = first; i < queued; i++)
			queue[i].level = level - 1;
}

static void
describe_rows(void)
{
	MemoryContext old_context = MemoryContextSwitchTo(TopMemoryContext);
	TupleDesc	desc = CreateTemplateTupleDesc(N_COLUMNS);

	for (int i = 0; i < N_COLUMNS; i++)
		TupleDescInitEntry(desc, i + 1, columns[i].name, columns[i].type, -1, 0);
	queue_desc = desc;
	MemoryContextSwitchTo(old_context);
}

/* The queue of this transaction */
static void
prepare_queue(void)
{
	if (!callbacks_registered)
	{
		RegisterXactCallback(transaction_ends, NULL);
		RegisterSubXactCallback(subtransaction_ends, NULL);
		callbacks_registered = true;
	}
	if (queue_desc == NULL)
		describe_rows();
	if (queue_context != NULL)
		return;
	queue_context = AllocSetContextCreate(TopTransactionContext, "pg_portfolio journal", ALLOCSET_DEFAULT_SIZES);
	queue = MemoryContextAlloc(queue_context, MANY_ROWS * sizeof(QueuedChange));
	queued = 0;
	queued_bytes = 0;
}

static Datum
text_or_null(const char *string, bool *isnull)
{
	*isnull = string == NULL || string[0] == '\0';
	return *isnull ? (Datum) 0 : CStringGetTextDatum(string);
}

/* A change made in this subtransaction by the current statement; it is written by pf_write_changes(). */
void
pf_queue_change(const char *table, const Datum *element, const char *operation,
				const Jsonb *old_row, const Jsonb *new_row)
{
	MemoryContext old_context;
	Datum		values[N_COLUMNS];
	bool		nulls[N_COLUMNS] = {false};

	/* the number is the journal's own doing, as that of an identity column: no right of the user's is asked for */
	values[0] = Int64GetDatum(nextval_internal(pf_relation_oid("change_id_seq"), false));
	values[1] = CStringGetTextDatum(table);
	nulls[2] = element == NULL;
	values[2] = element == NULL ? (Datum) 0 : *element;
	values[3] = CStringGetTextDatum(GetUserNameFromId(GetOuterUserId(), false));
	values[4] = text_or_null(pf_reason, &nulls[4]);
	values[5] = CStringGetTextDatum(operation);
	nulls[6] = old_row == NULL;
	values[6] = PointerGetDatum(old_row);
	nulls[7] = new_row == NULL;
	values[7] = PointerGetDatum(new_row);

	prepare_queue();
	old_context = MemoryContextSwitchTo(queue_context);
	queue[queued].level = GetCurrentTransactionNestLevel();
	queue[queued].row = heap_form_tuple(queue_desc, values, nulls);
	MemoryContextSwitchTo(old_context);
	queued_bytes += queue[queued++].row->t_len;
	if (queued == MANY_ROWS || queued_bytes >= MANY_BYTES)
		pf_write_changes();
}

/*
 * Write the rows that belong to this subtransaction. They leave the queue first: what the statement
 * itself sets off may come here again, and if it fails they go with the subtransaction.
 */
void
pf_write_changes(void)
{
	int			level = GetCurrentTransactionNestLevel();
	int			first = queued;
	EphemeralNamedRelationData rows;
	Tuplestorestate *store;
	PfAsOwner	state;

	while (first > 0 && queue[first - 1].level >= level)
		first--;
	if (first == queued)
		return;
	store = tuplestore_begin_heap(false, false, work_mem);
	for (int i = first; i < queued; i++)
		tuplestore_puttuple(store, queue[i].row);
	rows.md.name = "queued_change";
	rows.md.reliddesc = InvalidOid;
	rows.md.tupdesc = queue_desc;
	rows.md.enrtype = ENR_NAMED_TUPLESTORE;
	rows.md.enrtuples = queued - first;
	rows.reldata = store;
	forget_from(first);
	(void) pf_as_table_owner_from(&state, "change", write_sql, &rows);
	pf_end_as_owner(&state);
	tuplestore_end(store);
}
