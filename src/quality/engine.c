/*
 * engine.c
 *		Counting one row.
 */
#include "engine.h"

#include "utils/memutils.h"

#include "memo_key.h"
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

static inline const PfMemoSlot *
slot_at(const PfEngineColumn *column, uint32 hash)
{
	return &column->slots[hash & column->slot_mask];
}

static inline bool
slot_matches(const PfMemoSlot *slot, const PfMemoKey *key)
{
	return slot->head == key->head && slot->len == key->len && slot->outcome != NULL &&
		(likely(key->len <= 16) ? slot->rest.tail == key->tail :
		 slot->hash == key->hash && memcmp(slot->rest.data, key->data, key->len) == 0);
}

/* The slot of a key, or the free one where the search ends. */
static pg_noinline PfOutcome *
probe(const PfEngineColumn *column, const PfMemoKey *key)
{
	const PfMemoSlot *slot = slot_at(column, key->hash);
	const PfMemoSlot *end = column->slots + column->slot_mask;

	for (; slot->outcome; slot = slot == end ? column->slots : slot + 1)
		if (slot_matches(slot, key))
			return slot->outcome;
	return NULL;
}

static void
use_memo(PfEngineColumn *column, PfMemo *memo)
{
	column->memo = memo;
	column->slots = memo ? memo->slots : NULL;
	column->slot_mask = memo ? memo->mask : 0;
	column->access = memo == NULL ? PF_ACCESS_SLOW : column->typbyval ? PF_ACCESS_BYVAL :
		column->typlen == -1 ? PF_ACCESS_VARLENA : PF_ACCESS_SLOW;
}

/* A value that the memo does not know. */
static pg_noinline PfOutcome *
judge_new_value(PfEngine *engine, int c, Datum value, const PfMemoKey *key)
{
	PfEngineColumn *column = &engine->columns[c];
	PfOutcome  *outcome = judge_value(engine, column, c, value);

	pf_memo_put(column->memo, key, outcome);
	use_memo(column, column->memo);
	if (key->len == 1 && column->by_byte)
		column->by_byte[(unsigned char) key->data[0]] = outcome;
	if (engine->rows - column->judged_at >= MEMO_TRIAL)
	{
		if (pf_memo_useless(column->memo, engine->rows - column->judged_at, column->cheap))
		{
			pf_memo_drop(column->memo);
			use_memo(column, NULL);
		}
		column->judged_at = engine->rows;
	}
	return outcome;
}

/* A value that is not a plain one in line, or of a column without memo. */
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
		outcome = probe(column, &key);
		if (outcome == NULL)
			outcome = judge_new_value(engine, c, value, &key);
	}
	if (detoasted)
		pfree(detoasted);
	return outcome;
}

static inline void
apply(PfTallyState *state, const PfOutcome *outcome)
{
	for (uint32 i = 0; i < outcome->nhot; i++)
		state->hot[outcome->hot[i]]++;
	for (uint32 i = 0; i < outcome->nrare; i++)
		pf_state_rare(state, outcome->rare[i]);
}

/* Predicates over several columns, and items that look at several: once per row. */
static PfOutcome *
judge_row(PfEngine *engine, const PfSegment *segments)
{
	const PfSegment *segment = segments;
	int			first = 0;		/* column of the segment */

	for (int k = 0; k < engine->nrow_columns; k++)
	{
		int			c = engine->row_columns[k];

		while (c >= first + segment->n)
			first += (segment++)->n;
		put_value(engine, c, segment->values[c - first].value, engine->current[c] == engine->columns[c].null_outcome);
	}
	if (engine->nrow_predicates > 0)
		pf_evaluate(engine, engine->row_predicates, engine->nrow_predicates, NULL, engine->row_verdicts);
	return pf_row_outcome(engine);
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

/*
 * The values of a row come from all over memory, and so do their slots: first all are hashed and
 * their slots asked for, then they are looked at. What needs no slot is settled at once.
 */
static inline uint64
hash_values(PfEngine *engine, const PfSegment *segments, int nsegments, int *npending)
{
	PfPending  *pending = engine->pending;
	PfEngineColumn *column = engine->columns;
	PfOutcome **current = engine->current;
	uint64		mask = 0;

	for (int s = 0; s < nsegments; s++)
	{
		const NullableDatum *value = segments[s].values;
		const NullableDatum *end = value + segments[s].n;

		for (; value < end; value++, column++, current++)
		{
			const char *data;
			uint32		len;

			if (value->isnull)
			{
				*current = column->null_outcome;
				mask |= column->null_mask;
				continue;
			}
			if (column->access == PF_ACCESS_CONSTANT)
			{
				mask |= take_outcome(current, column->constant);
				continue;
			}
			data = DatumGetPointer(value->value);
			if (column->access == PF_ACCESS_VARLENA && VARATT_IS_SHORT(data) && !VARATT_IS_EXTERNAL(data))
			{
				len = VARSIZE_SHORT(data) - VARHDRSZ_SHORT;
				data = VARDATA_SHORT(data);
				if (len == 1 && column->by_byte[(unsigned char) *data] != NULL)
				{
					mask |= take_outcome(current, column->by_byte[(unsigned char) *data]);
					continue;
				}
			}
			else if (column->access == PF_ACCESS_VARLENA && VARATT_IS_4B_U(data))
			{
				len = VARSIZE(data) - VARHDRSZ;
				data = VARDATA(data);
			}
			else if (column->access == PF_ACCESS_BYVAL)
			{
				data = (const char *) &value->value;
				len = sizeof(Datum);
			}
			else
			{
				mask |= take_outcome(current, outcome_of_value(engine, column - engine->columns, value->value));
				continue;
			}
			make_key(&pending->key, data, len);
			pending->slot = slot_at(column, pending->key.hash);
			pf_prefetch(pending->slot);
			pending->value = value->value;
			pending->column = column - engine->columns;
			pending++;
		}
	}
	*npending = pending - engine->pending;
	return mask;
}

static inline uint64
find_values(PfEngine *engine, int npending)
{
	uint64		mask = 0;

	for (PfPending *p = engine->pending; p < engine->pending + npending; p++)
	{
		PfOutcome  *outcome;

		/* A column has one value a row, so its memo has not moved since the slot was looked up */
		if (likely(slot_matches(p->slot, &p->key)))
			outcome = p->slot->outcome;
		else if ((outcome = probe(&engine->columns[p->column], &p->key)) == NULL)
			outcome = judge_new_value(engine, p->column, p->value, &p->key);
		mask |= take_outcome(&engine->current[p->column], outcome);
	}
	return mask;
}

/* Find the outcomes of a row's columns, for engine->current; gives the row's mask. */
static uint64
judge_columns(PfEngine *engine, const PfSegment *segments, int nsegments)
{
	int			npending;
	uint64		mask = hash_values(engine, segments, nsegments, &npending);

	return mask | find_values(engine, npending);
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
pf_engine_count(PfEngine *engine, PfTallyState *state, const PfSegment *segments, int nsegments)
{
	uint64		mask;

	if (engine->shared ? state->engine != engine || state->nonnull == NULL : state != engine->owner)
		pf_engine_take(engine, state);
	if (unlikely(state->rows == PG_UINT32_MAX - 1))
		pf_state_fold(state);
	if (unlikely((++engine->rows & (PF_PROGRESS_ROWS - 1)) == 0))
		pf_progress_count(PF_PROGRESS_ROWS);
	mask = judge_columns(engine, segments, nsegments);
	if (engine->shared)
		count_outcomes(engine, state);
	if (engine->nrow_items > 0)
	{
		PfOutcome  *outcome = judge_row(engine, segments);

		apply(state, outcome);
		mask |= outcome->mask;
	}
	count_dimensions(state, mask);
	state->rows++;
	state->unsettled++;
}

/* Which rules does this row fail? Indexes of rules. */
Bitmapset *
pf_engine_failures(PfEngine *engine, const PfSegment *segments, int nsegments)
{
	Bitmapset  *failed = NULL;

	(void) judge_columns(engine, segments, nsegments);
	if (engine->nrow_predicates > 0)
		(void) judge_row(engine, segments);
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

/* How to look up a column's values: not at all, by judging them, or in a memo. */
static void
choose_access(PfEngine *engine, PfEngineColumn *column)
{
	bool		constant = column->is_missing == NULL;

	column->cheap = constant;
	for (int i = 0; i < column->npredicates; i++)
	{
		const PfNative *native = column->predicates[i]->native;

		column->cheap &= native != NULL;
		constant &= native != NULL && pf_native_is_constant(native);
	}
	use_memo(column, constant ? NULL : pf_memo_create(engine->context));
	if (column->memo && column->typlen == -1)
		column->by_byte = MemoryContextAllocZero(engine->context, sizeof(PfOutcome *) * 256);
	if (constant)
	{
		column->access = PF_ACCESS_CONSTANT;
		for (int i = 0; i < column->npredicates; i++)
			engine->verdicts[column->predicates[i]->slot] = pf_native_ask(column->predicates[i]->native, (Datum) 0);
		column->constant = pf_outcome(engine, column, engine->verdicts, false);
	}
}

/* What a NULL says is found out at once; memos wait for values. */
void
pf_engine_start(PfEngine *engine)
{
	engine->slot->tts_nvalid = engine->ncolumns;
	engine->slot->tts_flags &= ~TTS_FLAG_EMPTY;
	memset(engine->slot->tts_isnull, true, sizeof(bool) * engine->ncolumns);
	for (int c = 0; c < engine->ncolumns; c++)
	{
		PfEngineColumn *column = &engine->columns[c];

		pf_evaluate(engine, column->predicates, column->npredicates, NULL, engine->verdicts);
		column->null_outcome = pf_outcome(engine, column, engine->verdicts, true);
		column->null_mask = column->null_outcome->mask;
		choose_access(engine, column);
	}
}
