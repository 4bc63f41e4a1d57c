/*
 * batch.c
 *		Counting the rows of an aggregate a batch at a time, column by column.
 *
 * Values that can be kept in two words wait in the queue of their column: what is passed by value, and
 * text of up to PF_KEY_BYTES. When the batch is full, or somebody wants to know the counts, each queue is
 * judged in a loop of its own. Then a column's memo is in the processor's cache, and native code is a
 * loop over numbers without a branch. Everything else is judged when its row comes, as in engine.c: long
 * and toasted values, columns that items judged per row look at, and columns whose rules may raise an
 * error, for that takes a subtransaction, and counts may be asked for where none can begin.
 *
 * Queues hold copies, so it does not matter whether the row is still there. What waits belongs to the
 * engine's owner or, where states take turns, to the states that the batch names.
 */
#include "judge.h"

#include "miscadmin.h"
#include "utils/memutils.h"

#define MAX_COLUMNS 32			/* the queues of more crowd the nearest cache: a row at a time is faster then */
#define NOT_CODED 0xff			/* no code: native code never says PF_ERROR */

/* ---- rows come ---- */

/* Items that are judged per row ask for the outcomes of these columns. */
static Bitmapset *
columns_of_rows(const PfEngine *engine)
{
	Bitmapset  *columns = NULL;

	for (int k = 0; k < engine->nrow_columns; k++)
		columns = bms_add_member(columns, engine->row_columns[k]);
	for (int k = 0; k < engine->nrow_items; k++)
	{
		const PfEngineItem *item = &engine->items[engine->row_items[k].item];
		const PfPredicate *others[2] = {item->applies, item->is_default};

		if (item->column >= 0)
			columns = bms_add_member(columns, item->column);
		for (int i = 0; i < item->nrules + 2; i++)
		{
			const PfPredicate *predicate = i < 2 ? others[i] : engine->rules[item->rules[i - 2]].predicate;

			if (predicate && predicate->column >= 0)
				columns = bms_add_member(columns, predicate->column);
		}
	}
	return columns;
}

/* Do items that are judged per row ask for comparisons of two columns and for nothing else? */
static bool
only_compares(const PfEngine *engine)
{
	for (int k = 0; k < engine->nrow_columns; k++)
		if (engine->columns[engine->row_columns[k]].is_missing || !engine->columns[engine->row_columns[k]].typbyval)
			return false;
	for (int k = 0; k < engine->nrow_items; k++)
	{
		const PfRowItem *row_item = &engine->row_items[k];

		if (row_item->by_code == NULL || engine->items[row_item->item].column >= 0)
			return false;
		for (int i = 0; i < row_item->nasked; i++)
			if (row_item->asked[i]->column >= 0)
				return false;
	}
	return engine->row_compares;
}

static bool
may_wait(const PfEngineColumn *column)
{
	if (!column->typbyval && column->typlen != -1)
		return false;
	for (int i = 0; i < column->npredicates; i++)
		if (column->predicates[i]->may_raise)
			return false;
	return (column->memo || column->by_code) && !(column->is_missing && column->is_missing->may_raise);
}

/* From now on rows are judged in batches, unless they are wide. */
void
pf_engine_batch(PfEngine *engine)
{
	MemoryContext old = MemoryContextSwitchTo(engine->context);
	Bitmapset  *at_once = NULL;

	if (engine->ncolumns > MAX_COLUMNS)
		return;
	engine->batch = palloc0(sizeof(PfBatch));
	if (only_compares(engine))
	{
		engine->batch->compared = palloc(sizeof(PfCompared) * engine->nrow_columns);
		engine->batch->verdicts = palloc(sizeof(*engine->batch->verdicts) * engine->nrow_predicates);
	}
	else
		at_once = columns_of_rows(engine);
	for (int c = 0; c < engine->ncolumns; c++)
		if (may_wait(&engine->columns[c]) && !bms_is_member(c, at_once))
			engine->columns[c].queue = palloc0(sizeof(PfQueue));
	MemoryContextSwitchTo(old);
}

static PfOutcome *
outcome_at_once(PfEngine *engine, PfEngineColumn *column, Datum value)
{
	switch (column->access)
	{
		case PF_ACCESS_CONSTANT:
			return column->constant;
		case PF_ACCESS_LENGTH:
			return pf_outcome_of_length(engine, column, value);
		case PF_ACCESS_DIRECT:
			return pf_outcome_by_code(engine, column, value);
		default:
			return pf_outcome_of_value(engine, column - engine->columns, value);
	}
}

/* The outcome of a text that is known by its only byte or its length, and of a long one; NULL: it waits. */
static inline PfOutcome *
take_text(PfEngine *engine, PfEngineColumn *column, Datum value, const PfRow *row, int at)
{
	PfQueue    *queue = column->queue;
	const char *data = DatumGetPointer(value);
	PfOutcome  *outcome = NULL;
	PfMemoKey	key;
	uint32		len;

	if (unlikely(!VARATT_IS_SHORT(data) || VARATT_IS_EXTERNAL(data)))
		return outcome_at_once(engine, column, value);
	len = VARSIZE_SHORT(data) - VARHDRSZ_SHORT;
	data = VARDATA_SHORT(data);
	if (column->access == PF_ACCESS_LENGTH)
		outcome = column->by_byte[len];
	else if (len == 1)
		outcome = column->by_byte[(unsigned char) *data];
	if (outcome)
		return outcome;
	if (unlikely(len > PF_KEY_BYTES))
		return outcome_at_once(engine, column, value);
	if (likely((uintptr_t) data - (uintptr_t) row->tuple <= row->reach))
		read_key(&key, data, len);
	else
		copy_key(&key, data, len);
	queue->head[queue->n] = key.head;
	queue->tail[queue->n] = key.tail;
	queue->row[queue->n++] = at;
	return NULL;
}

static inline PfOutcome *
take_value(PfEngine *engine, PfEngineColumn *column, Datum value, const PfRow *row, int at)
{
	PfQueue    *queue = column->queue;

	if (queue == NULL)
		return outcome_at_once(engine, column, value);
	if (!column->typbyval)
		return take_text(engine, column, value, row, at);
	queue->head[queue->n] = value;
	queue->row[queue->n++] = at;
	return NULL;
}

/* What can be said of a row at once, and the queues for the rest. */
static uint64
take_row(PfEngine *engine, PfTallyState *state, const PfRow *row, int at)
{
	bool		shared = engine->shared;
	const int  *attr = row->attr;
	uint64		mask = 0;

	for (int c = 0; c < engine->ncolumns; c++)
	{
		PfEngineColumn *column = &engine->columns[c];
		PfOutcome  *outcome;

		if (row->isnull[attr[c]])
		{
			engine->current[c] = column->null_outcome;
			mask |= column->null_mask;
			continue;
		}
		outcome = take_value(engine, column, row->values[attr[c]], row, at);
		if (outcome == NULL)
			continue;
		engine->current[c] = outcome;
		mask |= outcome->mask;
		if (!shared)
			outcome->rows++;
		else if (outcome != column->null_outcome)
			pf_take_turn(state, c, outcome);
	}
	return mask;
}

static void
take_compared(PfEngine *engine, const PfRow *row, int at)
{
	for (int k = 0; k < engine->nrow_columns; k++)
	{
		PfCompared *compared = &engine->batch->compared[k];
		int			attr = row->attr[engine->row_columns[k]];

		compared->value[at] = row->values[attr];
		compared->isnull[at] = row->isnull[attr];
	}
}

void
pf_batch_add(PfEngine *engine, PfTallyState *state, const PfRow *row)
{
	PfBatch    *batch = engine->batch;
	int			at = batch->n++;
	uint64		mask;

	batch->state[at] = state;
	state->rows++;
	state->unsettled++;
	mask = take_row(engine, state, row, at);
	if (batch->compared)
		take_compared(engine, row, at);
	else if (engine->nrow_items > 0)
		mask |= pf_judge_row(engine, state, row);
	batch->mask[at] = mask;
	if (batch->n == PF_BATCH_ROWS)
		pf_batch_judge(engine);
}

/* A state goes, and with it the rows that wait for it. */
void
pf_batch_forget(PfEngine *engine, const PfTallyState *state)
{
	PfBatch    *batch = engine->batch;

	for (int i = 0; i < batch->n; i++)
		if (batch->state[i] == state)
			batch->state[i] = NULL;
	if (engine->owner != state)
		return;
	batch->n = 0;
	for (int c = 0; c < engine->ncolumns; c++)
		if (engine->columns[c].queue)
			engine->columns[c].queue->n = 0;
}

/* ---- queues are judged ---- */

/* Everything that only a few values need: judge them as if their row had just come. */
static pg_noinline PfOutcome *
judge_queued(PfEngine *engine, PfEngineColumn *column, uint32 i)
{
	const PfQueue *queue = column->queue;
	PfQueuedText room;

	return pf_outcome_of_value(engine, column - engine->columns, queued_value(queue, i, column->typbyval, &room));
}

/* An outcome for each value of a queue: those that the column's memo knows. */
static void
find_in_memo(PfEngine *engine, PfEngineColumn *column, PfOutcome **found)
{
	const PfQueue *queue = column->queue;
	uint64		length = (uint64) sizeof(Datum) << 56;

	for (uint32 i = 0; i < queue->n; i++)
	{
		uint64		head = queue->head[i];
		uint64		tail = column->typbyval ? length : queue->tail[i];
		const PfMemoSlot *end = column->slots + PF_MEMO_SLOTS(column) - 1;
		const PfMemoSlot *slot = column->slots + (hash_key(head, tail) >> column->shift);

		while (slot->is.outcome && (slot->head != head || slot->tail != tail))
			slot = slot == end ? column->slots : slot + 1;
		found[i] = slot->is.outcome;
		if (unlikely(found[i] == NULL))
		{
			found[i] = judge_queued(engine, column, i);
			if (column->memo)
				continue;
			/* It has just been dropped */
			while (++i < queue->n)
				found[i] = judge_queued(engine, column, i);
		}
	}
}

/* An outcome for each value of a queue: by the code that native code makes of it. */
static void
find_by_code(PfEngine *engine, PfEngineColumn *column, PfOutcome **found)
{
	const PfQueue *queue = column->queue;
	uint8		codes[PF_BATCH_ROWS];
	uint8		verdicts[PF_BATCH_ROWS];

	memset(codes, column->code, queue->n);
	for (int k = 0; k < column->ncoded; k++)
	{
		pf_native_ask_queue(column->coded[k].native, queue, column->typbyval, verdicts);
		for (uint32 i = 0; i < queue->n; i++)
			codes[i] |= verdicts[i] == PF_NATIVE_DEFER ? NOT_CODED : verdicts[i] << column->coded[k].shift;
	}
	for (uint32 i = 0; i < queue->n; i++)
	{
		found[i] = codes[i] == NOT_CODED ? NULL : column->by_code[codes[i]];
		if (likely(found[i] != NULL))
			continue;
		found[i] = judge_queued(engine, column, i);
		if (codes[i] != NOT_CODED)
			column->by_code[codes[i]] = found[i];
	}
}

static void
judge_queue(PfEngine *engine, int c)
{
	PfEngineColumn *column = &engine->columns[c];
	PfBatch    *batch = engine->batch;
	PfQueue    *queue = column->queue;
	PfOutcome  *found[PF_BATCH_ROWS];

	if (column->memo)
		find_in_memo(engine, column, found);
	else if (column->by_code)
		find_by_code(engine, column, found);
	else
		for (uint32 i = 0; i < queue->n; i++)
			found[i] = judge_queued(engine, column, i);
	for (uint32 i = 0; i < queue->n; i++)
	{
		int			at = queue->row[i];

		batch->mask[at] |= found[i]->mask;
		if (!engine->shared)
			found[i]->rows++;
		else if (batch->state[at] && found[i] != column->null_outcome)
			pf_take_turn(batch->state[at], c, found[i]);
	}
	queue->n = 0;
}

static const PfCompared *
compared_column(const PfEngine *engine, int c)
{
	int			k = 0;

	while (engine->row_columns[k] != c)
		k++;
	return &engine->batch->compared[k];
}

static void
compare_columns(PfEngine *engine)
{
	PfBatch    *batch = engine->batch;

	for (int p = 0; p < engine->nrow_predicates; p++)
	{
		const PfNative *native = engine->row_predicates[p]->native;
		const PfCompared *left = compared_column(engine, native->attr[0]);
		const PfCompared *right = compared_column(engine, native->attr[1]);

		for (int i = 0; i < batch->n; i++)
			batch->verdicts[p][i] = left->isnull[i] || right->isnull[i] ? PF_UNKNOWN :
				pf_native_compare(native, left->value[i], right->value[i]);
	}
}

/* The first row with this code */
static pg_noinline PfOutcome *
judge_compared(PfEngine *engine, PfRowItem *row_item, int at)
{
	for (int p = 0; p < engine->nrow_predicates; p++)
		engine->row_verdicts[p] = engine->batch->verdicts[p][at];
	return pf_row_outcome(engine, row_item);
}

static void
judge_row_item(PfEngine *engine, PfRowItem *row_item)
{
	PfBatch    *batch = engine->batch;

	for (int at = 0; at < batch->n; at++)
	{
		uint32		code = 0;
		PfOutcome  *outcome;

		for (int i = 0; i < row_item->nasked; i++)
			code |= (uint32) batch->verdicts[row_item->asked[i]->slot][at] << (2 * i);
		outcome = row_item->by_code[code];
		if (unlikely(outcome == NULL))
			outcome = judge_compared(engine, row_item, at);
		batch->mask[at] |= outcome->mask;
		if (!engine->shared)
			outcome->rows++;
		else if (batch->state[at])
			pf_take_turn(batch->state[at], -1, outcome);
	}
}

/* Judge all that waits. Afterwards outcomes, states and their dimensions have every row that came. */
void
pf_batch_judge(PfEngine *engine)
{
	PfBatch    *batch = engine->batch;

	if (batch->n == 0)
		return;
	for (int c = 0; c < engine->ncolumns; c++)
	{
		if (engine->columns[c].queue == NULL || engine->columns[c].queue->n == 0)
			continue;
		judge_queue(engine, c);
		CHECK_FOR_INTERRUPTS();
	}
	if (batch->compared)
	{
		compare_columns(engine);
		for (int k = 0; k < engine->nrow_items; k++)
			judge_row_item(engine, &engine->row_items[k]);
	}
	for (int i = 0; i < batch->n; i++)
		if (batch->state[i])
			pf_count_dimensions(batch->state[i], batch->mask[i]);
	batch->n = 0;
}
