/*
 * access.c
 *		How an engine looks up the values of its columns.
 */
#include "engine.h"

#include "utils/memutils.h"

#define DIRECT_COST 4			/* of native code that a look into a memo would not undercut */

/* Look values up in a memo; without one they are judged, each of them. */
void
pf_use_memo(PfEngineColumn *column, PfMemo *memo)
{
	column->memo = memo;
	column->slots = memo ? memo->slots : NULL;
	column->shift = memo ? memo->shift : 0;
	column->access = memo == NULL ? (column->by_code ? PF_ACCESS_DIRECT : PF_ACCESS_SLOW) :
		column->typbyval ? PF_ACCESS_BYVAL : column->typlen == -1 ? PF_ACCESS_VARLENA : PF_ACCESS_SLOW;
}

/* All values say the same: what native code says without looking. */
static void
use_constant(PfEngine *engine, PfEngineColumn *column)
{
	column->access = PF_ACCESS_CONSTANT;
	for (int i = 0; i < column->npredicates; i++)
		engine->verdicts[column->predicates[i]->slot] = pf_native_ask(column->predicates[i]->native, (Datum) 0);
	column->constant = pf_outcome(engine, column, engine->verdicts, false);
}

/* Where native code looks only at the length, find out what it says of each that a short varlena may have. */
static bool
use_lengths(PfEngine *engine, PfEngineColumn *column)
{
	for (int bytes = 0; bytes < VARATT_SHORT_MAX; bytes++)
	{
		bool		decided = true;

		for (int i = 0; i < column->npredicates && decided; i++)
		{
			int			verdict = pf_native_ask_length(column->predicates[i]->native, bytes);

			engine->verdicts[column->predicates[i]->slot] = verdict;
			decided = verdict != PF_NATIVE_DEFER;
		}
		column->by_byte[bytes] = decided ? pf_outcome(engine, column, engine->verdicts, false) : NULL;
	}
	return column->by_byte[0] != NULL;
}

/* How to look up a column's values: not at all, by judging them, or in a memo. */
static void
choose_access(PfEngine *engine, PfEngineColumn *column)
{
	bool		native = column->is_missing == NULL;
	bool		constant = native;
	int			cost = 0;

	for (int i = 0; i < column->npredicates && native; i++)
	{
		native = column->predicates[i]->native != NULL;
		constant &= native && pf_native_is_constant(column->predicates[i]->native);
		if (native)
			cost += pf_native_cost(column->predicates[i]->native);
	}
	if (native && constant)
	{
		use_constant(engine, column);
		return;
	}
	if (native && column->npredicates <= PF_MAX_CODED)
	{
		column->coded = MemoryContextAlloc(engine->context, sizeof(PfCoded) * PF_MAX_CODED);
		for (int i = 0; i < column->npredicates; i++)
		{
			PfNative   *asked = column->predicates[i]->native;

			if (pf_native_is_constant(asked))
				column->code |= pf_native_ask(asked, (Datum) 0) << (2 * i);
			else
				column->coded[column->ncoded++] = (PfCoded) {asked, 2 * i};
		}
		column->by_code = MemoryContextAllocZero(engine->context, sizeof(PfOutcome *) * PF_NCODES);
	}
	if (column->typlen == -1)
		column->by_byte = MemoryContextAllocZero(engine->context, sizeof(PfOutcome *) * (PG_UINT8_MAX + 1));
	if (column->typlen == -1 && column->by_code && use_lengths(engine, column))
		column->access = PF_ACCESS_LENGTH;
	else
		pf_use_memo(column, column->by_code && cost <= DIRECT_COST ? NULL : pf_memo_create(engine->context));
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
