/*
 * engine.c
 *		Counting one row.
 */
#include "engine.h"

#include "utils/memutils.h"

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
	if (!column->all_native)
		put_value(engine, c, value, false);
	pf_evaluate(engine, column->predicates, column->npredicates, &value, engine->verdicts);
	return pf_outcome(engine, column, engine->verdicts, false);
}

/* The bytes that identify a value, detoasted where they must be. */
static inline const char *
value_bytes(const PfEngineColumn *column, Datum *value, uint32 *len, struct varlena **detoasted)
{
	if (column->typbyval)
	{
		*len = sizeof(Datum);
		return (const char *) value;
	}
	if (column->typlen == -1)
	{
		struct varlena *v = (struct varlena *) DatumGetPointer(*value);

		if (VARATT_IS_COMPRESSED(v) || VARATT_IS_EXTERNAL(v))
		{
			*detoasted = v = pg_detoast_datum_packed(v);
			*value = PointerGetDatum(v);
		}
		*len = VARSIZE_ANY_EXHDR(v);
		return VARDATA_ANY(v);
	}
	*len = column->typlen > 0 ? column->typlen : strlen(DatumGetCString(*value));
	return DatumGetPointer(*value);
}

static inline PfOutcome *
outcome_of_value(PfEngine *engine, PfEngineColumn *column, int c, Datum value)
{
	struct varlena *detoasted = NULL;
	PfOutcome  *outcome;

	if (column->memo)
	{
		uint32		len;
		const char *data = value_bytes(column, &value, &len, &detoasted);
		PfOutcome **found = pf_memo_find(column->memo, data, len);

		if ((outcome = *found) == NULL)
		{
			*found = outcome = judge_value(engine, column, c, value);
			if (pf_memo_useless(column->memo))
			{
				pf_memo_drop(column->memo);
				column->memo = NULL;
			}
		}
	}
	else
	{
		if (!column->typbyval && column->typlen == -1)
		{
			uint32		len;

			(void) value_bytes(column, &value, &len, &detoasted);
		}
		outcome = judge_value(engine, column, c, value);
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
judge_row(PfEngine *engine, const PfSegment *segments, int nsegments)
{
	int			c = 0;

	for (int s = 0; s < nsegments; s++)
	{
		for (int i = 0; i < segments[s].n; i++, c++)
		{
			PfEngineColumn *column = &engine->columns[c];

			if (bms_is_member(c, engine->row_columns))
				put_value(engine, c, segments[s].values[i].value, engine->current[c] == column->null_outcome);
		}
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

void
pf_engine_count(PfEngine *engine, PfTallyState *state, const PfSegment *segments, int nsegments)
{
	uint64		mask = 0;
	int			c = 0;

	if (state->engine != engine)
		pf_state_attach(state, engine);
	if (unlikely(state->rows == PG_UINT32_MAX - 1))
		pf_state_fold(state);
	for (int s = 0; s < nsegments; s++)
	{
		const NullableDatum *value = segments[s].values;

		for (int i = 0; i < segments[s].n; i++, c++, value++)
		{
			PfEngineColumn *column = &engine->columns[c];
			PfOutcome  *outcome = column->null_outcome;

			if (!value->isnull)
			{
				outcome = outcome_of_value(engine, column, c, value->value);
				if (outcome != column->null_outcome)
				{
					state->nonnull[c]++;
					apply(state, outcome);
				}
			}
			mask |= outcome->mask;
			if (column->keep)
				engine->current[c] = outcome;
		}
	}
	if (engine->nrow_items > 0)
	{
		PfOutcome  *outcome = judge_row(engine, segments, nsegments);

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
	int			c = 0;

	for (int s = 0; s < nsegments; s++)
		for (int i = 0; i < segments[s].n; i++, c++)
			engine->current[c] = segments[s].values[i].isnull ? engine->columns[c].null_outcome :
				outcome_of_value(engine, &engine->columns[c], c, segments[s].values[i].value);
	if (engine->nrow_predicates > 0)
		(void) judge_row(engine, segments, nsegments);
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

		column->all_native = column->is_missing == NULL || column->is_missing->native != NULL;
		for (int i = 0; i < column->npredicates; i++)
			column->all_native &= column->predicates[i]->native != NULL;
		pf_evaluate(engine, column->predicates, column->npredicates, NULL, engine->verdicts);
		column->null_outcome = pf_outcome(engine, column, engine->verdicts, true);
		if (!column->all_native)
			column->memo = pf_memo_create(engine->context);
	}
}
