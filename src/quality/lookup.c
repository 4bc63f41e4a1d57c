/*
 * lookup.c
 *		What a value says: from the column's memo, or by asking its predicates.
 */
#include "judge.h"

#define MEMO_TRIAL 16384		/* look-ups after which a memo is judged, again and again */

/* Ask all of one column's predicates about a value that no memo knows. */
static pg_noinline PfOutcome *
judge_value(PfEngine *engine, PfEngineColumn *column, int c, Datum value)
{
	if (column->is_missing)
	{
		uint8		missing = PF_FALSE;
		int			slot = column->is_missing->slot;

		pf_put_value(engine, c, value, false);
		column->is_missing->slot = 0;
		pf_evaluate(engine, &column->is_missing, 1, &value, &missing);
		column->is_missing->slot = slot;
		if (missing == PF_TRUE)
			return column->null_outcome;
	}
	pf_put_value(engine, c, value, false);
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

/* A value with its key; the slot where it should be in the memo is another's. */
PfOutcome *
pf_outcome_of_key(PfEngine *engine, int c, Datum value, const PfMemoKey *key)
{
	PfOutcome  *outcome = probe(&engine->columns[c], key);

	return outcome ? outcome : judge_new_value(engine, c, value, key);
}

/* Any value of any column. */
PfOutcome *
pf_outcome_of_value(PfEngine *engine, int c, Datum value)
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
		outcome = pf_outcome_of_key(engine, c, value, &key);
	}
	if (detoasted)
		pfree(detoasted);
	return outcome;
}
