/*
 * outcome.c
 *		From the verdicts on one value to what it adds to the counts.
 *
 * Each distinct combination of verdicts of a column has one outcome, made once. Here stands what the
 * counts mean: on_null, missing values, items that do not apply, valid and complete.
 */
#include "engine.h"

#include "common/hashfn.h"

/* The outcomes of one column: open addressing, a power of two of slots, at most half of them taken. */
struct PfOutcomeSet
{
	uint32		nslots;
	uint32		taken;
	PfOutcome **slots;
};

typedef struct OutcomeBuilder
{
	PfEngine   *engine;
	PfOutcome  *outcome;
} OutcomeBuilder;

static PfOutcome **
find_slot(PfOutcomeSet *set, const uint8 *verdicts, int n, uint32 hash)
{
	for (uint32 i = hash & (set->nslots - 1);; i = (i + 1) & (set->nslots - 1))
	{
		PfOutcome  *outcome = set->slots[i];

		if (outcome == NULL || (outcome->effect->hash == hash && memcmp(outcome->effect->verdicts, verdicts, n) == 0))
			return &set->slots[i];
	}
}

static void
add_outcome(PfEngine *engine, PfEngineColumn *column, PfOutcome *outcome)
{
	PfOutcomeSet *set = column->outcomes;
	int			n = column->npredicates + 1;

	if (set == NULL || 2 * (set->taken + 1) > set->nslots)
	{
		PfOutcomeSet *old = set;

		set = palloc(sizeof(PfOutcomeSet));
		set->nslots = old ? 2 * old->nslots : 16;
		set->taken = 0;
		set->slots = palloc0(sizeof(PfOutcome *) * set->nslots);
		column->outcomes = set;
		for (uint32 i = 0; old && i < old->nslots; i++)
			if (old->slots[i])
				add_outcome(engine, column, old->slots[i]);
		if (old)
			pfree(old->slots);
	}
	*find_slot(set, outcome->effect->verdicts, n, outcome->effect->hash) = outcome;
	set->taken++;
}

static void
move_counter(OutcomeBuilder *b, uint32 counter)
{
	uint32		hot = PF_TALLY_HOT(&b->engine->shape);

	PfEffect   *effect = b->outcome->effect;

	if (counter < hot)
		effect->hot[effect->nhot++] = counter;
	else
		effect->rare[effect->nrare++] = counter - hot;
}

PfVerdict
pf_mapped(PfVerdict verdict, PfOnNull on_null)
{
	if (verdict != PF_UNKNOWN || on_null == PF_NULL_MISSING)
		return verdict;
	return on_null == PF_NULL_PASS ? PF_TRUE : PF_FALSE;
}

/* One rule's count and its mark on its dimension. */
static void
judge_rule(OutcomeBuilder *b, int r, PfVerdict verdict, bool applies)
{
	PfTally    *shape = &b->engine->shape;
	int			d = b->engine->rules[r].dimension;

	if (!applies)
	{
		move_counter(b, PF_RULE_NA(shape, r));
		return;
	}
	b->outcome->mask |= PF_MASK_JUDGED(d);
	switch (verdict)
	{
		case PF_TRUE:
			break;
		case PF_FALSE:
			move_counter(b, PF_RULE_FAILED(shape, r));
			b->outcome->mask |= PF_MASK_FAILED(d);
			break;
		case PF_UNKNOWN:
			move_counter(b, PF_RULE_MISSING(shape, r));
			b->outcome->mask |= PF_MASK_MISSING(d);
			break;
		case PF_ERROR:
			move_counter(b, PF_RULE_ERRORS(shape, r));
			b->outcome->mask |= PF_MASK_ERROR(d);
			break;
	}
}

static inline PfVerdict
verdict_of(PfEngine *engine, const PfPredicate *predicate, const uint8 *verdicts)
{
	return verdicts ? verdicts[predicate->slot] : pf_verdict_of(engine, predicate);
}

/*
 * One item and its rules. The item is valid and complete when its value is there and every rule is
 * true; no value counts as missing even where a rule (IS NOT NULL) fails for it. verdicts are those
 * of the item's column, or NULL for an item that is judged per row.
 */
static void
judge_item(OutcomeBuilder *b, int i, const uint8 *verdicts, bool is_null)
{
	PfEngine   *engine = b->engine;
	PfTally    *shape = &engine->shape;
	PfEngineItem *item = &engine->items[i];
	bool		applies = item->applies == NULL || verdict_of(engine, item->applies, verdicts) == PF_TRUE;
	bool		seen[4] = {0};

	for (int k = 0; k < item->nrules; k++)
	{
		PfEngineRule *rule = &engine->rules[item->rules[k]];
		PfVerdict	verdict = pf_mapped(verdict_of(engine, rule->predicate, verdicts), rule->on_null);

		judge_rule(b, item->rules[k], verdict, applies);
		seen[verdict] = true;
	}
	if (!applies)
	{
		move_counter(b, PF_ITEM_NA(shape, i));
		return;
	}
	if (item->is_default && verdict_of(engine, item->is_default, verdicts) == PF_TRUE)
		move_counter(b, PF_ITEM_DEFAULTS(shape, i));
	if (item->column >= 0 && is_null)
		move_counter(b, PF_ITEM_MISSING(shape, i));
	else if (seen[PF_FALSE])
		move_counter(b, PF_ITEM_FAILED(shape, i));
	else if (seen[PF_ERROR])
		move_counter(b, PF_ITEM_ERRORS(shape, i));
	else if (seen[PF_UNKNOWN])
		move_counter(b, PF_ITEM_MISSING(shape, i));
}

#define OUTCOMES_AT_ONCE 64

/* An outcome with room for all that these items could count. */
static PfOutcome *
make_outcome(PfEngine *engine, int nitems, const int *items)
{
	PfOutcome  *outcome;
	PfEffect   *effect;
	int			n = 1;

	if (engine->noutcomes == 0)
	{
		engine->noutcomes = OUTCOMES_AT_ONCE;
		engine->outcomes = palloc0(sizeof(PfOutcome) * OUTCOMES_AT_ONCE);
	}
	outcome = &engine->outcomes[--engine->noutcomes];
	outcome->id = engine->next_id++;
	for (int i = 0; i < nitems; i++)
		n += 2 + engine->items[items[i]].nrules;
	effect = outcome->effect = palloc0(sizeof(PfEffect) + sizeof(uint32) * 2 * n);
	effect->hot = (uint32 *) (effect + 1);
	effect->rare = effect->hot + n;
	return outcome;
}

/* The outcome of these verdicts; verdicts has room for one more than the column has predicates. */
PfOutcome *
pf_outcome(PfEngine *engine, PfEngineColumn *column, uint8 *verdicts, bool is_null)
{
	int			n = column->npredicates + 1;
	uint32		hash;
	PfOutcome  *outcome;
	OutcomeBuilder b;
	MemoryContext old;

	verdicts[column->npredicates] = is_null;
	if (column->last)
	{
		/* verdicts are few: a loop is faster than a call */
		const uint8 *last = column->last->effect->verdicts;
		int			i = 0;

		while (i < n && last[i] == verdicts[i])
			i++;
		if (i == n)
			return column->last;
	}
	hash = hash_bytes(verdicts, n);
	if (column->outcomes && (outcome = *find_slot(column->outcomes, verdicts, n, hash)) != NULL)
		return column->last = outcome;

	old = MemoryContextSwitchTo(engine->context);
	outcome = make_outcome(engine, column->nitems, column->items);
	outcome->effect->hash = hash;
	outcome->effect->verdicts = palloc(n);
	memcpy(outcome->effect->verdicts, verdicts, n);
	b.engine = engine;
	b.outcome = outcome;
	for (int i = 0; i < column->nitems; i++)
		judge_item(&b, column->items[i], outcome->effect->verdicts, is_null);
	add_outcome(engine, column, outcome);
	outcome->effect->next = column->all;
	column->all = outcome;
	MemoryContextSwitchTo(old);
	return column->last = outcome;
}

static void
judge_row_item(PfEngine *engine, PfRowItem *row_item, PfOutcome *outcome, bool is_null)
{
	OutcomeBuilder b = {engine, outcome};

	outcome->mask = 0;
	outcome->effect->nhot = outcome->effect->nrare = 0;
	judge_item(&b, row_item->item, NULL, is_null);
}

/*
 * The outcome of an item that is judged per row, from the verdicts that the engine holds for the row.
 * Where its predicates are few there is one for each code; otherwise the same memory serves every row.
 */
PfOutcome *
pf_row_outcome(PfEngine *engine, PfRowItem *row_item)
{
	PfEngineItem *item = &engine->items[row_item->item];
	bool		is_null = item->column >= 0 &&
		engine->current[item->column] == engine->columns[item->column].null_outcome;
	uint32		code = is_null ? PF_NCODES : 0;
	PfOutcome  *outcome;
	MemoryContext old;

	for (int i = 0; i < row_item->nasked; i++)
		code |= (uint32) pf_verdict_of(engine, row_item->asked[i]) << (2 * i);
	outcome = row_item->by_code ? row_item->by_code[code] : row_item->all;
	if (likely(outcome != NULL && row_item->by_code != NULL))
		return outcome;
	if (outcome == NULL)
	{
		old = MemoryContextSwitchTo(engine->context);
		outcome = make_outcome(engine, 1, &row_item->item);
		MemoryContextSwitchTo(old);
		outcome->effect->next = row_item->all;
		row_item->all = outcome;
		if (row_item->by_code)
			row_item->by_code[code] = outcome;
	}
	judge_row_item(engine, row_item, outcome, is_null);
	return outcome;
}
