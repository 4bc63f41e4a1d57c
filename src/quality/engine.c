/*
 * engine.c
 *		Counting one row.
 */
#include "judge.h"

#include "access/htup_details.h"
#include "utils/memutils.h"

#include "progress.h"

/* Ask for the slot of a key. */
static inline void
await_slot(PfPending *pending, PfEngineColumn *column, Datum value)
{
	pending->slot = column->slots + (pending->key.hash >> column->shift);
	pf_prefetch(pending->slot);
	pending->value = value;
	pending->column = column;
}

/* Text and its like, most of it short and standing in a tuple. NULL: it waits for its slot. */
static inline PfOutcome *
outcome_of_varlena(PfEngine *engine, PfEngineColumn *column, Datum value, const PfRow *row, PfPending *pending)
{
	const char *data = DatumGetPointer(value);
	uint32		len;

	if (unlikely(!VARATT_IS_SHORT(data) || VARATT_IS_EXTERNAL(data)))
		return pf_outcome_of_value(engine, column - engine->columns, value);
	len = VARSIZE_SHORT(data) - VARHDRSZ_SHORT;
	data = VARDATA_SHORT(data);
	if (len == 1)
	{
		PfOutcome  *outcome = column->by_byte[(unsigned char) *data];

		if (likely(outcome != NULL))
			return outcome;
	}
	if (likely(len <= PF_KEY_BYTES && (uintptr_t) data - (uintptr_t) row->tuple <= row->reach))
		read_key(&pending->key, data, len);
	else
		make_key(&pending->key, data, len);
	await_slot(pending, column, value);
	return NULL;
}

static inline bool
value_is_null(const PfEngine *engine, int c)
{
	return engine->current[c] == engine->columns[c].null_outcome;
}

/* The same as ask_row() where it is all comparisons of two columns. */
static void
compare_row(PfEngine *engine, const PfRow *row)
{
	for (int p = 0; p < engine->nrow_predicates; p++)
	{
		const PfNative *native = engine->row_predicates[p]->native;
		int			left = native->attr[0];
		int			right = native->attr[1];

		engine->row_verdicts[p] = value_is_null(engine, left) || value_is_null(engine, right) ? PF_UNKNOWN :
			pf_native_compare(native, row->values[row->attr[left]], row->values[row->attr[right]]);
	}
}

/* Ask the predicates over several columns. */
static void
ask_row(PfEngine *engine, const PfRow *row)
{
	for (int k = 0; k < engine->nrow_columns; k++)
	{
		int			c = engine->row_columns[k];

		pf_put_value(engine, c, row->values[row->attr[c]], value_is_null(engine, c));
	}
	if (engine->nrow_predicates > 0)
		pf_evaluate(engine, engine->row_predicates, engine->nrow_predicates, NULL, engine->row_verdicts);
}

/* Predicates over several columns, and items that look at several: once per row. Gives their mask. */
uint64
pf_judge_row(PfEngine *engine, PfTallyState *state, const PfRow *row)
{
	uint64		mask = 0;

	if (engine->row_compares)
		compare_row(engine, row);
	else
		ask_row(engine, row);
	for (int k = 0; k < engine->nrow_items; k++)
	{
		PfRowItem  *item = &engine->row_items[k];
		PfOutcome  *outcome = pf_row_outcome(engine, item);

		if (item->by_code == NULL)
			pf_state_apply(state, outcome);
		else if (engine->shared)
			pf_take_turn(state, -1, outcome);
		else
			outcome->rows++;
		mask |= outcome->mask;
	}
	return mask;
}

/*
 * Note the outcome of a column's value. Counting it here is for the owner; where states take turns
 * the number means nothing and nobody reads it.
 */
static inline uint64
take_outcome(PfOutcome **current, PfOutcome *outcome)
{
	*current = outcome;
	outcome->rows++;
	return outcome->mask;
}

/* What waited for its slots. A column has one value a row, so its memo has not moved since. */
static inline uint64
find_pending(PfEngine *engine, const PfPending *end)
{
	uint64		mask = 0;

	for (PfPending *p = engine->pending; p < end; p++)
	{
		int			c = p->column - engine->columns;
		PfOutcome  *outcome = slot_outcome(p->slot, &p->key);

		if (unlikely(outcome == NULL))
			outcome = pf_outcome_of_key(engine, c, p->value, &p->key);
		mask |= take_outcome(&engine->current[c], outcome);
	}
	return mask;
}

/*
 * Find the outcomes of a row's columns, for engine->current; gives the row's mask. The slots of
 * memos come from all over memory: first all are asked for, then they are looked at.
 */
static uint64
judge_columns(PfEngine *engine, const PfRow *row)
{
	PfEngineColumn *end = engine->columns + engine->ncolumns;
	PfOutcome **current = engine->current;
	PfPending  *pending = engine->pending;
	const int  *attr = row->attr;
	uint64		mask = 0;

	for (PfEngineColumn *column = engine->columns; column < end; column++, current++, attr++)
	{
		PfOutcome  *outcome;
		Datum		value;

		if (row->isnull[*attr])
		{
			*current = column->null_outcome;
			mask |= column->null_mask;
			continue;
		}
		value = row->values[*attr];
		switch (column->access)
		{
			case PF_ACCESS_CONSTANT:
				outcome = column->constant;
				break;
			case PF_ACCESS_VARLENA:
				outcome = outcome_of_varlena(engine, column, value, row, pending);
				if (outcome == NULL)
				{
					pending++;
					continue;
				}
				break;
			case PF_ACCESS_BYVAL:
				make_key(&pending->key, (const char *) &value, sizeof(Datum));
				await_slot(pending++, column, value);
				continue;
			case PF_ACCESS_LENGTH:
				outcome = pf_outcome_of_length(engine, column, value);
				break;
			case PF_ACCESS_DIRECT:
				outcome = pf_outcome_by_code(engine, column, value);
				break;
			default:
				outcome = pf_outcome_of_value(engine, column - engine->columns, value);
				break;
		}
		mask |= take_outcome(current, outcome);
	}
	return mask | find_pending(engine, pending);
}

/* Where states take turns */
static void
count_outcomes(PfEngine *engine, PfTallyState *state)
{
	for (int c = 0; c < engine->ncolumns; c++)
	{
		PfOutcome  *outcome = engine->current[c];

		if (outcome != engine->columns[c].null_outcome)
			pf_take_turn(state, c, outcome);
	}
}

/* The next row is of another state than the last. */
void
pf_engine_take(PfEngine *engine, PfTallyState *state)
{
	if (engine->owner)
		pf_state_settle(engine->owner);
	engine->owner = NULL;
	engine->turns++;
	if (engine->turns > 16 && engine->rows < 1000 * engine->turns)
		engine->shared = true;
	pf_state_attach(state, engine);
	if (!engine->shared)
		engine->owner = state;
	else if (state->turns == NULL)
		state->turns = MemoryContextAllocZero(state->hdr.eoh_context, sizeof(uint32) * PF_TURNS(engine->ncolumns));
}

void
pf_engine_count(PfEngine *engine, PfTallyState *state, const PfRow *row)
{
	uint64		mask;

	if (engine->shared ? state->engine != engine || state->turns == NULL : state != engine->owner)
		pf_engine_take(engine, state);
	if (unlikely(state->rows == PG_UINT32_MAX - 1))
		pf_state_fold(state);
	if (unlikely((++engine->rows & (PF_PROGRESS_ROWS - 1)) == 0))
		pf_progress_count(PF_PROGRESS_ROWS);
	if (engine->batch)
	{
		pf_batch_add(engine, state, row);
		return;
	}
	mask = judge_columns(engine, row);
	if (engine->shared)
		count_outcomes(engine, state);
	if (engine->nrow_items > 0)
		mask |= pf_judge_row(engine, state, row);
	pf_count_dimensions(state, mask);
	state->rows++;
	state->unsettled++;
}

/* Which rules does this row fail? Indexes of rules. */
Bitmapset *
pf_engine_failures(PfEngine *engine, const PfRow *row)
{
	Bitmapset  *failed = NULL;

	(void) judge_columns(engine, row);
	ask_row(engine, row);
	for (int r = 0; r < engine->nrules; r++)
	{
		PfEngineRule *rule = &engine->rules[r];
		PfPredicate *applies = engine->items[rule->item].applies;
		PfVerdict	verdict = pf_verdict_of(engine, rule->predicate);

		if (applies && pf_verdict_of(engine, applies) != PF_TRUE)
			continue;
		if (pf_mapped(verdict, rule->on_null) == PF_FALSE || verdict == PF_ERROR)
			failed = bms_add_member(failed, r);
	}
	return failed;
}

/* Bytes from the start of a tuple behind which 16 cannot be read any more. */
uintptr_t
pf_row_reach(Size tuple_len)
{
	return tuple_len > 16 ? tuple_len - 16 : 0;
}

/* The row that a slot holds, whose columns have been fetched. */
void
pf_row_of_slot(PfRow *row, TupleTableSlot *slot, const int *attr)
{
	*row = (PfRow) {slot->tts_values, slot->tts_isnull, attr, NULL, 0};
	if (TTS_IS_HEAPTUPLE(slot) || TTS_IS_BUFFERTUPLE(slot))
	{
		HeapTuple	tuple = ((HeapTupleTableSlot *) slot)->tuple;

		if (tuple)
		{
			row->tuple = (const char *) tuple->t_data;
			row->reach = pf_row_reach(tuple->t_len);
		}
	}
	else if (TTS_IS_MINIMALTUPLE(slot))
	{
		MinimalTuple tuple = ((MinimalTupleTableSlot *) slot)->mintuple;

		if (tuple)
		{
			row->tuple = (const char *) tuple;
			row->reach = pf_row_reach(tuple->t_len);
		}
	}
}
