/*
 * tally_state.c
 *		A tally while it is being counted: an expanded object behind the SQL type tally.
 *
 * The aggregate's transition value is a read-write pointer to this state, changed in place; whoever
 * stores, sends or compares it gets the packed form by the ordinary rules for expanded objects, so no
 * final function and no "internal" type are needed. Counters are 32 bits wide and are folded into
 * 64-bit ones before they can overflow.
 */
#include "engine.h"

#include "utils/memutils.h"

static Size
state_flat_size(ExpandedObjectHeader *eohptr)
{
	PfTallyState *state = (PfTallyState *) eohptr;
	MemoryContext old = MemoryContextSwitchTo(state->hdr.eoh_context);
	PfTally    *tally = pf_state_tally(state);

	if (state->packed.data == NULL)
		initStringInfo(&state->packed);
	resetStringInfo(&state->packed);
	pf_tally_pack(tally, &state->packed);
	pfree(tally->counts);
	pfree(tally);
	MemoryContextSwitchTo(old);
	return VARHDRSZ + state->packed.len;
}

static void
state_flatten_into(ExpandedObjectHeader *eohptr, void *result, Size allocated_size)
{
	PfTallyState *state = (PfTallyState *) eohptr;

	Assert(allocated_size == VARHDRSZ + state->packed.len);
	SET_VARSIZE(result, allocated_size);
	memcpy(VARDATA(result), state->packed.data, state->packed.len);
}

static const ExpandedObjectMethods state_methods = {state_flat_size, state_flatten_into};

/* The state's memory goes: the engine must not settle it any more. */
static void
state_gone(void *arg)
{
	PfTallyState *state = arg;

	if (state->engine)
	{
		dlist_delete(&state->node);
		pf_engine_forget(state->engine, state);
	}
	state->engine = NULL;
}

/* What a group's state takes: its struct, a memory context, counters, and what rows in turns need. */
Size
pf_state_memory(const PfRuleSet *set)
{
	PfTally		shape = {set->fingerprint, set->nrules, set->nitems, set->ndimensions, 0, NULL};
	Size		arrays = sizeof(PfTallyState) + sizeof(uint32) * (PF_TALLY_COUNTS(&shape) + PF_TURNS(set->ncolumns));

	/* contexts grow by doubling blocks */
	return sizeof(MemoryContextData) + Max(arrays + arrays / 2, (Size) ALLOCSET_SMALL_INITSIZE);
}

PfTallyState *
pf_state_create(MemoryContext parent, const PfTally *shape)
{
	MemoryContext context = AllocSetContextCreate(parent, "pg_portfolio tally", ALLOCSET_SMALL_SIZES);
	PfTallyState *state = MemoryContextAllocZero(context, sizeof(PfTallyState));

	EOH_init_header(&state->hdr, &state_methods, context);
	state->magic = PF_STATE_MAGIC;
	state->shape = *shape;
	state->shape.counts = NULL;
	state->nhot = PF_TALLY_HOT(shape);
	state->ncounts = PF_TALLY_COUNTS(shape);
	state->hot = MemoryContextAllocZero(context, sizeof(uint32) * state->nhot);
	state->callback.func = state_gone;
	state->callback.arg = state;
	MemoryContextRegisterResetCallback(context, &state->callback);
	return state;
}

/*
 * Rows that outcomes hold for a state whose memory goes are nobody's. (A rescan resets the state's
 * memory and keeps the engine.)
 */
void
pf_engine_forget(PfEngine *engine, PfTallyState *state)
{
	if (engine->batch)
		pf_batch_forget(engine, state);
	if (engine->owner != state)
		return;
	for (int c = 0; c < engine->ncolumns; c++)
		for (PfOutcome *outcome = engine->columns[c].all; outcome; outcome = outcome->effect->next)
			outcome->rows = 0;
	for (int k = 0; k < engine->nrow_items; k++)
		for (PfOutcome *outcome = engine->row_items[k].all; outcome; outcome = outcome->effect->next)
			outcome->rows = 0;
	engine->owner = NULL;
}

/* From now on `engine` counts into the state. */
void
pf_state_attach(PfTallyState *state, PfEngine *engine)
{
	if (state->engine == engine)
		return;
	pf_state_settle(state);
	if (state->engine)
		dlist_delete(&state->node);
	if (state->turns)
		pfree(state->turns);
	state->turns = NULL;
	state->engine = engine;
	dlist_push_tail(&engine->states, &state->node);
}

/* Make room for the counters that hardly ever move, and move one. */
void
pf_state_rare(PfTallyState *state, uint32 counter)
{
	if (state->rare == NULL)
		state->rare = MemoryContextAllocZero(state->hdr.eoh_context, sizeof(uint32) * (state->ncounts - state->nhot));
	state->rare[counter]++;
}

static void
count_outcome(PfTallyState *state, const PfOutcome *outcome, uint32 rows)
{
	const PfEffect *effect = outcome->effect;

	for (uint32 i = 0; i < effect->nhot; i++)
		state->hot[effect->hot[i]] += rows;
	for (uint32 i = 0; i < effect->nrare; i++)
	{
		pf_state_rare(state, effect->rare[i]);
		state->rare[effect->rare[i]] += rows - 1;
	}
}

/* Move the counters for one row. */
void
pf_state_apply(PfTallyState *state, const PfOutcome *outcome)
{
	count_outcome(state, outcome, 1);
}

/* The rows of an outcome that are not yet counted; from now on there are none. */
static uint32
take_rows(PfTallyState *state, PfOutcome *outcome)
{
	uint32	   *rows = NULL;
	uint32		n;

	if (state->engine->owner == state)
		rows = &outcome->rows;
	else if (state->turns && outcome->id < PF_TURNS(state->engine->ncolumns))
		rows = &state->turns[outcome->id];
	if (rows == NULL)
		return 0;
	n = *rows;
	*rows = 0;
	return n;
}

/* Count what the rows since the last time still owe. */
void
pf_state_settle(PfTallyState *state)
{
	PfEngine   *engine = state->engine;

	if (engine == NULL || state->unsettled == 0)
		return;
	if (engine->batch)
		pf_batch_judge(engine);
	for (int c = 0; c < engine->ncolumns; c++)
	{
		PfOutcome  *null_outcome = engine->columns[c].null_outcome;
		uint32		nulls = state->unsettled;

		for (PfOutcome *outcome = engine->columns[c].all; outcome; outcome = outcome->effect->next)
		{
			uint32		rows = take_rows(state, outcome);

			if (outcome != null_outcome && rows > 0)
			{
				count_outcome(state, outcome, rows);
				nulls -= rows;
			}
		}
		if (state->turns)
		{
			nulls -= state->turns[c];
			state->turns[c] = 0;
		}
		if (nulls > 0)
			count_outcome(state, null_outcome, nulls);
	}
	for (int k = 0; k < engine->nrow_items; k++)
	{
		for (PfOutcome *outcome = engine->row_items[k].all; outcome; outcome = outcome->effect->next)
		{
			uint32		rows = take_rows(state, outcome);

			if (rows > 0)
				count_outcome(state, outcome, rows);
		}
	}
	state->unsettled = 0;
}

static void
make_wide(PfTallyState *state)
{
	if (state->wide == NULL)
		state->wide = MemoryContextAllocZero(state->hdr.eoh_context, sizeof(int64) * state->ncounts);
}

/* Move the 32-bit counters into the 64-bit ones. */
void
pf_state_fold(PfTallyState *state)
{
	pf_state_settle(state);
	if (state->rows == 0)
		return;
	make_wide(state);
	for (int i = 0; i < state->nhot; i++)
		state->wide[i] = pf_tally_plus(state->wide[i], state->hot[i]);
	memset(state->hot, 0, sizeof(uint32) * state->nhot);
	for (int i = state->nhot; state->rare && i < state->ncounts; i++)
	{
		state->wide[i] = pf_tally_plus(state->wide[i], state->rare[i - state->nhot]);
		state->rare[i - state->nhot] = 0;
	}
	state->base_records = pf_tally_plus(state->base_records, state->rows);
	state->rows = 0;
}

void
pf_state_add(PfTallyState *state, const PfTally *tally)
{
	PfTally		into = state->shape;

	make_wide(state);
	into.counts = state->wide;
	into.records = state->base_records;
	pf_tally_add(&into, tally, 1);
	state->base_records = into.records;
}

/* The counts as they stand, opened, in the current context. */
PfTally *
pf_state_tally(PfTallyState *state)
{
	PfTally    *tally = pf_tally_make(state->shape.fingerprint, state->shape.nrules, state->shape.nitems,
									  state->shape.ndimensions);

	pf_state_settle(state);
	tally->records = pf_tally_plus(state->base_records, state->rows);
	for (int i = 0; i < state->ncounts; i++)
	{
		int64		narrow = i < state->nhot ? state->hot[i] : state->rare ? state->rare[i - state->nhot] : 0;

		tally->counts[i] = pf_tally_plus(narrow, state->wide ? state->wide[i] : 0);
	}
	return tally;
}

/* The state behind a read-write datum, or NULL where it is anything else. */
PfTallyState *
pf_state_of_datum(Datum value)
{
	PfTallyState *state;

	if (!VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(value)))
		return NULL;
	state = (PfTallyState *) DatumGetEOHP(value);
	return state->hdr.eoh_methods == &state_methods && state->magic == PF_STATE_MAGIC ? state : NULL;
}
