/*
 * engine.c
 *		Counting one row.
 */
#include "engine.h"

#include "access/htup_details.h"
#include "utils/memutils.h"

#include "memo_key.h"
#include "native.h"
#include "progress.h"

#define MEMO_TRIAL 16384		/* look-ups after which a memo is judged, again and again */

static inline void
put_value(PfEngine *engine, int c, Datum value, bool isnull)
{
	engine->slot->tts_values[c] = value;
	engine->slot->tts_isnull[c] = isnull;
}

/* Ask all of one column's predicates about a value that no memo knows. */
static pg_noinline PfOutcome *
judge_value(PfEngine *engine, PfEngineColumn *column, int c, Datum value)
{
	if (column->is_missing)
	{
		uint8		missing = PF_FALSE;
		int			slot = column->is_missing->slot;

		put_value(engine, c, value, false);
		column->is_missing->slot = 0;
		pf_evaluate(engine, &column->is_missing, 1, &value, &missing);
		column->is_missing->slot = slot;
		if (missing == PF_TRUE)
			return column->null_outcome;
	}
	put_value(engine, c, value, false);
	pf_evaluate(engine, column->predicates, column->npredicates, &value, engine->verdicts);
	return pf_outcome(engine, column, engine->verdicts, false);
}

/* Search on where the first slot was taken by another key. */
static pg_noinline PfOutcome *
probe(const PfEngineColumn *column, const PfMemoKey *key)
{
	const PfMemoSlot *slot = column->slots + (key->hash >> column->shift);
	const PfMemoSlot *end = column->slots + PF_MEMO_SLOTS(column) - 1;

	for (; slot->is.outcome; slot = slot == end ? column->slots : slot + 1)
	{
		PfOutcome  *outcome = slot_outcome(slot, key);

		if (outcome)
			return outcome;
	}
	return NULL;
}

/* A value that the memo does not know. */
static pg_noinline PfOutcome *
judge_new_value(PfEngine *engine, int c, Datum value, const PfMemoKey *key)
{
	PfEngineColumn *column = &engine->columns[c];
	PfOutcome  *outcome = judge_value(engine, column, c, value);

	pf_memo_put(column->memo, key, outcome);
	pf_use_memo(column, column->memo);
	if (key->len == 1 && column->by_byte)
		column->by_byte[(unsigned char) key->data[0]] = outcome;
	if (engine->rows - column->judged_at >= MEMO_TRIAL)
	{
		if (pf_memo_useless(column->memo, engine->rows - column->judged_at, column->by_code != NULL))
		{
			pf_memo_drop(column->memo);
			pf_use_memo(column, NULL);
		}
		column->judged_at = engine->rows;
	}
	return outcome;
}

static inline PfOutcome *
outcome_of_key(PfEngine *engine, int c, Datum value, const PfMemoKey *key)
{
	PfOutcome  *outcome = probe(&engine->columns[c], key);

	return outcome ? outcome : judge_new_value(engine, c, value, key);
}

/* Any value of any column. */
static pg_noinline PfOutcome *
outcome_of_value(PfEngine *engine, int c, Datum value)
{
	PfEngineColumn *column = &engine->columns[c];
	struct varlena *detoasted = NULL;
	PfOutcome  *outcome;

	if (column->typlen == -1)
	{
		struct varlena *v = (struct varlena *) DatumGetPointer(value);

		if (VARATT_IS_COMPRESSED(v) || VARATT_IS_EXTERNAL(v))
		{
			detoasted = pg_detoast_datum_packed(v);
			value = PointerGetDatum(detoasted);
		}
	}
	if (column->memo == NULL)
		outcome = judge_value(engine, column, c, value);
	else
	{
		PfMemoKey	key;

		if (column->typbyval)
			make_key(&key, (const char *) &value, sizeof(Datum));
		else if (column->typlen == -1)
			make_key(&key, VARDATA_ANY(DatumGetPointer(value)), VARSIZE_ANY_EXHDR(DatumGetPointer(value)));
		else
			make_key(&key, DatumGetPointer(value), column->typlen > 0 ? column->typlen : strlen(DatumGetCString(value)));
		outcome = outcome_of_key(engine, c, value, &key);
	}
	if (detoasted)
		pfree(detoasted);
	return outcome;
}

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
		return outcome_of_value(engine, column - engine->columns, value);
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

/* Ask native code what it says of the value; anything that it has not said before goes the long way. */
static inline PfOutcome *
outcome_by_code(PfEngine *engine, PfEngineColumn *column, Datum value)
{
	uint32		code = 0;
	PfOutcome  *outcome;

	if (column->typlen == -1)
	{
		struct varlena *v = (struct varlena *) DatumGetPointer(value);

		if (unlikely(VARATT_IS_COMPRESSED(v) || VARATT_IS_EXTERNAL(v)))
			return outcome_of_value(engine, column - engine->columns, value);
	}
	for (int i = 0; i < column->npredicates; i++)
	{
		uint32		verdict = pf_native_ask_quickly(column->natives[i], value);

		if (unlikely(verdict == PF_NATIVE_DEFER))
			return outcome_of_value(engine, column - engine->columns, value);
		code |= verdict << (2 * i);
	}
	outcome = column->by_code[code];
	if (unlikely(outcome == NULL))
		column->by_code[code] = outcome = outcome_of_value(engine, column - engine->columns, value);
	return outcome;
}

/* Text of which nothing is asked but its length. */
static inline PfOutcome *
outcome_of_length(PfEngine *engine, PfEngineColumn *column, Datum value)
{
	const char *data = DatumGetPointer(value);
	PfOutcome  *outcome = NULL;

	if (likely(VARATT_IS_SHORT(data) && !VARATT_IS_EXTERNAL(data)))
		outcome = column->by_byte[VARSIZE_SHORT(data) - VARHDRSZ_SHORT];
	return outcome ? outcome : outcome_by_code(engine, column, value);
}

static inline void
apply(PfTallyState *state, const PfOutcome *outcome)
{
	const PfEffect *effect = outcome->effect;

	for (uint32 i = 0; i < effect->nhot; i++)
		state->hot[effect->hot[i]]++;
	for (uint32 i = 0; i < effect->nrare; i++)
		pf_state_rare(state, effect->rare[i]);
}

/* Ask the predicates over several columns. */
static void
ask_row(PfEngine *engine, const PfRow *row)
{
	for (int k = 0; k < engine->nrow_columns; k++)
	{
		int			c = engine->row_columns[k];

		put_value(engine, c, row->values[row->attr[c]], engine->current[c] == engine->columns[c].null_outcome);
	}
	if (engine->nrow_predicates > 0)
		pf_evaluate(engine, engine->row_predicates, engine->nrow_predicates, NULL, engine->row_verdicts);
}

/* Predicates over several columns, and items that look at several: once per row. Gives their mask. */
static uint64
judge_row(PfEngine *engine, PfTallyState *state, const PfRow *row)
{
	uint64		mask = 0;

	ask_row(engine, row);
	for (int k = 0; k < engine->nrow_items; k++)
	{
		PfRowItem  *item = &engine->row_items[k];
		PfOutcome  *outcome = pf_row_outcome(engine, item);

		if (engine->shared || item->by_code == NULL)
			apply(state, outcome);
		else
			outcome->rows++;
		mask |= outcome->mask;
	}
	return mask;
}

/* The row's verdict on each dimension: failed outweighs an error, an error what is missing. */
static inline void
count_dimensions(PfTallyState *state, uint64 mask)
{
	const PfTally *shape = &state->shape;

	for (int d = 0; d < shape->ndimensions; d++)
	{
		if (mask & PF_MASK_FAILED(d))
			state->hot[PF_DIM_FAILED(shape, d)]++;
		else if (mask & PF_MASK_ERROR(d))
			pf_state_rare(state, PF_DIM_ERRORS(shape, d) - state->nhot);
		else if (mask & PF_MASK_MISSING(d))
			state->hot[PF_DIM_MISSING(shape, d)]++;
		else if (!(mask & PF_MASK_JUDGED(d)))
			pf_state_rare(state, PF_DIM_NA(shape, d) - state->nhot);
	}
	if (mask & PF_MASK_ANY_FAILED)
		state->hot[PF_CLEAN_FAILED(shape)]++;
	else if (mask & PF_MASK_ANY_ERROR)
		pf_state_rare(state, PF_CLEAN_ERRORS(shape) - state->nhot);
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
			outcome = outcome_of_key(engine, c, p->value, &p->key);
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
				outcome = outcome_of_length(engine, column, value);
				break;
			case PF_ACCESS_DIRECT:
				outcome = outcome_by_code(engine, column, value);
				break;
			default:
				outcome = outcome_of_value(engine, column - engine->columns, value);
				break;
		}
		mask |= take_outcome(current, outcome);
	}
	return mask | find_pending(engine, pending);
}

/* Where states take turns: move the counters at once. */
static void
count_outcomes(PfEngine *engine, PfTallyState *state)
{
	for (int c = 0; c < engine->ncolumns; c++)
	{
		PfOutcome  *outcome = engine->current[c];

		if (outcome != engine->columns[c].null_outcome)
		{
			state->nonnull[c]++;
			apply(state, outcome);
		}
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
	else if (state->nonnull == NULL)
		state->nonnull = MemoryContextAllocZero(state->hdr.eoh_context, sizeof(uint32) * Max(engine->ncolumns, 1));
}

void
pf_engine_count(PfEngine *engine, PfTallyState *state, const PfRow *row)
{
	uint64		mask;

	if (engine->shared ? state->engine != engine || state->nonnull == NULL : state != engine->owner)
		pf_engine_take(engine, state);
	if (unlikely(state->rows == PG_UINT32_MAX - 1))
		pf_state_fold(state);
	if (unlikely((++engine->rows & (PF_PROGRESS_ROWS - 1)) == 0))
		pf_progress_count(PF_PROGRESS_ROWS);
	mask = judge_columns(engine, row);
	if (engine->shared)
		count_outcomes(engine, state);
	if (engine->nrow_items > 0)
		mask |= judge_row(engine, state, row);
	count_dimensions(state, mask);
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
