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

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/sequence.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#define N_COLUMNS 8

/* So many rows, or so many bytes of JSON, are written without waiting longer */
#define MANY_ROWS 1000
#define MANY_BYTES (1024 * 1024)

typedef struct QueuedChange
{
	int			level;			/* nesting level of the subtransaction that it belongs to */
	Datum		values[N_COLUMNS];
	bool		nulls[N_COLUMNS];
} QueuedChange;

static const char one_sql[] =
"INSERT INTO portfolio.change (id, table_name, element, by, reason, operation, old, new)"
" VALUES ($1, $2, $3, $4, $5, $6, $7::jsonb, $8::jsonb)";
static const char many_sql[] =
"INSERT INTO portfolio.change (id, table_name, element, by, reason, operation, old, new)"
" SELECT q.id, q.table_name, q.element, q.by, q.reason, q.operation, q.old::jsonb, q.new::jsonb"
" FROM unnest($1, $2, $3, $4, $5, $6, $7, $8) q (id, table_name, element, by, reason, operation, old, new)";

static const Oid one_types[N_COLUMNS] = {
	INT8OID, TEXTOID, INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, TEXTOID
};
static const Oid many_types[N_COLUMNS] = {
	INT8ARRAYOID, TEXTARRAYOID, INT8ARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID, TEXTARRAYOID
};

static bool callbacks_registered = false;
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
		QueuedChange *change = &queue[--queued];

		for (int i = 0; i < N_COLUMNS; i++)
			if (one_types[i] == TEXTOID && !change->nulls[i])
				pfree(DatumGetPointer(change->values[i]));
	}
	if (queued == 0)
		queued_bytes = 0;
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
	if (queue_context != NULL)
		return;
	queue_context = AllocSetContextCreate(TopTransactionContext, "pg_portfolio journal", ALLOCSET_DEFAULT_SIZES);
	queue = MemoryContextAlloc(queue_context, MANY_ROWS * sizeof(QueuedChange));
	queued = 0;
	queued_bytes = 0;
}

static void
set_text(QueuedChange *change, int column, const char *string)
{
	change->nulls[column] = string == NULL;
	change->values[column] = string == NULL ? (Datum) 0 : CStringGetTextDatum(string);
	if (string != NULL)
		queued_bytes += strlen(string);
}

/* A change made in this subtransaction by the current statement; it is written by pf_write_changes(). */
void
pf_queue_change(const char *table, const Datum *element, const char *operation,
				const char *old_json, const char *new_json)
{
	MemoryContext old_context;
	QueuedChange *change;
	int64		id;

	/* the number is the journal's own doing, as that of an identity column: no right of the user's is asked for */
	id = nextval_internal(pf_relation_oid("change_id_seq"), false);
	prepare_queue();
	old_context = MemoryContextSwitchTo(queue_context);
	change = &queue[queued];
	change->level = GetCurrentTransactionNestLevel();
	change->values[0] = Int64GetDatum(id);
	change->nulls[0] = false;
	set_text(change, 1, table);
	change->values[2] = element == NULL ? (Datum) 0 : *element;
	change->nulls[2] = element == NULL;
	set_text(change, 3, GetUserNameFromId(GetOuterUserId(), false));
	set_text(change, 4, pf_reason != NULL && pf_reason[0] != '\0' ? pf_reason : NULL);
	set_text(change, 5, operation);
	set_text(change, 6, old_json);
	set_text(change, 7, new_json);
	MemoryContextSwitchTo(old_context);
	queued++;
	if (queued == MANY_ROWS || queued_bytes >= MANY_BYTES)
		pf_write_changes();
}

/* One column of some rows, as an array in the current memory context */
static Datum
column_array(const QueuedChange *changes, int count, int column)
{
	Datum	   *values = palloc(count * sizeof(Datum));
	bool	   *nulls = palloc(count * sizeof(bool));
	int			lower = 1;
	int16		length;
	bool		by_value;
	char		align;

	get_typlenbyvalalign(one_types[column], &length, &by_value, &align);
	for (int i = 0; i < count; i++)
	{
		values[i] = changes[i].values[column];
		nulls[i] = changes[i].nulls[column];
	}
	return PointerGetDatum(construct_md_array(values, nulls, 1, &count, &lower, one_types[column],
											  length, by_value, align));
}

/*
 * Write the rows that belong to this subtransaction. They leave the queue first: what the statement
 * itself sets off may come here again, and if it fails they go with the subtransaction.
 */
void
pf_write_changes(void)
{
	MemoryContext context;
	MemoryContext old_context;
	int			level = GetCurrentTransactionNestLevel();
	int			first = queued;
	int			count;
	Datum		values[N_COLUMNS];
	char		nulls[N_COLUMNS];
	PfAsOwner	state;

	while (first > 0 && queue[first - 1].level >= level)
		first--;
	count = queued - first;
	if (count == 0)
		return;
	context = AllocSetContextCreate(CurrentMemoryContext, "pg_portfolio journal rows", ALLOCSET_DEFAULT_SIZES);
	old_context = MemoryContextSwitchTo(context);
	for (int i = 0; i < N_COLUMNS; i++)
	{
		bool		one_null = count == 1 && queue[first].nulls[i];

		nulls[i] = one_null ? 'n' : ' ';
		if (count > 1)
			values[i] = column_array(&queue[first], count, i);
		else
			values[i] = one_null || one_types[i] == INT8OID ? queue[first].values[i] :
				PointerGetDatum(pg_detoast_datum_copy((struct varlena *) DatumGetPointer(queue[first].values[i])));
	}
	MemoryContextSwitchTo(old_context);
	forget_from(first);
	(void) pf_as_table_owner(&state, "change", count > 1 ? many_sql : one_sql, N_COLUMNS,
							 count > 1 ? many_types : one_types, values, nulls);
	pf_end_as_owner(&state);
	MemoryContextDelete(context);
}
