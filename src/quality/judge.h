/*
 * judge.h
 *		What the loops over the columns of a row (engine.c) and over the rows of a batch (batch.c) share.
 */
#ifndef PF_JUDGE_H
#define PF_JUDGE_H

#include "engine.h"

#include "memo_key.h"
#include "native.h"

/* lookup.c */
extern PfOutcome *pf_outcome_of_value(PfEngine *engine, int c, Datum value);
extern PfOutcome *pf_outcome_of_key(PfEngine *engine, int c, Datum value, const PfMemoKey *key);

/* engine.c */
extern uint64 pf_judge_row(PfEngine *engine, PfTallyState *state, const PfRow *row);

static inline void
pf_put_value(PfEngine *engine, int c, Datum value, bool isnull)
{
	engine->slot->tts_values[c] = value;
	engine->slot->tts_isnull[c] = isnull;
}

/* A row of a state that takes turns, of column c (-1: several) */
static inline void
pf_take_turn(PfTallyState *state, int c, const PfOutcome *outcome)
{
	if (likely(outcome->id < PF_TURNS(state->engine->ncolumns)))
		state->turns[outcome->id]++;
	else
	{
		if (c >= 0)
			state->turns[c]++;
		pf_state_apply(state, outcome);
	}
}

/* Ask native code what it says of the value; anything that it has not said before goes the long way. */
static inline PfOutcome *
pf_outcome_by_code(PfEngine *engine, PfEngineColumn *column, Datum value)
{
	uint32		code = column->code;
	PfOutcome  *outcome;

	if (column->typlen == -1)
	{
		struct varlena *v = (struct varlena *) DatumGetPointer(value);

		if (unlikely(VARATT_IS_COMPRESSED(v) || VARATT_IS_EXTERNAL(v)))
			return pf_outcome_of_value(engine, column - engine->columns, value);
	}
	for (int i = 0; i < column->ncoded; i++)
	{
		uint32		verdict = pf_native_ask_quickly(column->coded[i].native, value);

		if (unlikely(verdict == PF_NATIVE_DEFER))
			return pf_outcome_of_value(engine, column - engine->columns, value);
		code |= verdict << column->coded[i].shift;
	}
	outcome = column->by_code[code];
	if (unlikely(outcome == NULL))
		column->by_code[code] = outcome = pf_outcome_of_value(engine, column - engine->columns, value);
	return outcome;
}

/* Text of which nothing is asked but its length. */
static inline PfOutcome *
pf_outcome_of_length(PfEngine *engine, PfEngineColumn *column, Datum value)
{
	const char *data = DatumGetPointer(value);
	PfOutcome  *outcome = NULL;

	if (likely(VARATT_IS_SHORT(data) && !VARATT_IS_EXTERNAL(data)))
		outcome = column->by_byte[VARSIZE_SHORT(data) - VARHDRSZ_SHORT];
	return outcome ? outcome : pf_outcome_by_code(engine, column, value);
}

/* The row's verdict on each dimension: failed outweighs an error, an error what is missing. */
static inline void
pf_count_dimensions(PfTallyState *state, uint64 mask)
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

#endif							/* PF_JUDGE_H */
