/*
 * track_change.c
 *		The trigger that counts changes of tracked data: AFTER ROW, and AFTER TRUNCATE.
 *
 * A row that comes is counted into its group's plus, one that goes into its minus, a row that is
 * updated into both unless none of the columns that count has changed. Nothing that goes wrong with
 * the rules themselves fails the statement of whoever writes: the file is put in doubt instead, and
 * is counted when the score is next asked for.
 */
#include "track.h"
#include "track_cache.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/executor.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"

PG_FUNCTION_INFO_V1(pf_track_change);

/* ---- one row ---- */

static struct varlena *
ask_text(PfTrackedLeaf *leaf, ExprState *state, AttrNumber attno, TupleTableSlot *slot)
{
	bool		isnull;
	Datum		value;

	if (attno > 0)
	{
		isnull = slot->tts_isnull[attno - 1];
		value = slot->tts_values[attno - 1];
	}
	else
		value = ExecEvalExprSwitchContext(state, leaf->econtext, &isnull);
	return isnull ? NULL : PG_DETOAST_DATUM_PACKED(value);
}

/* Is the row counted, and in which group? */
static bool
find_key(PfTrackedLeaf *leaf, TupleTableSlot *slot, PfGroupKey *key)
{
	leaf->econtext->ecxt_scantuple = slot;
	if (leaf->filter)
	{
		bool		isnull;
		Datum		wanted = ExecEvalExprSwitchContext(leaf->filter, leaf->econtext, &isnull);

		if (isnull || !DatumGetBool(wanted))
			return false;
	}
	for (int i = 0; i < 2; i++)
	{
		struct varlena *part = NULL;

		if (leaf->part[i])
			part = ask_text(leaf, leaf->part[i], leaf->part_attno[i], slot);
		key->len[i] = part ? VARSIZE_ANY_EXHDR(part) : -1;
		key->part[i] = part ? VARDATA_ANY(part) : NULL;
	}
	return true;
}

/* As find_key, where an expression could raise; sets *raised where it does. */
static bool
find_key_guarded(PfTrackedLeaf *leaf, TupleTableSlot *slot, PfGroupKey *key, bool *raised)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile bool wanted = false;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(leaf->econtext->ecxt_per_tuple_memory);
	PG_TRY();
	{
		wanted = find_key(leaf, slot, key);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(leaf->econtext->ecxt_per_tuple_memory);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (!pf_is_the_rules_error(error->sqlerrcode))
			ReThrowError(error);
		*raised = true;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return wanted;
}

static void
count_row(PfTrackedLeaf *leaf, TupleTableSlot *slot, bool comes)
{
	PfDelta    *delta = pf_leaf_delta(leaf);
	PfGroupKey	key;
	PfGroup    *group;
	PfTallyState **state;
	PfRow		row;
	bool		raised = false;
	bool		new_state;

	if (delta->doubt)
		return;
	slot_getsomeattrs(slot, leaf->last_attno);
	if (leaf->plain)
		key = (PfGroupKey) {{NULL, NULL}, {-1, -1}};
	else
	{
		ResetExprContext(leaf->econtext);
		if (leaf->may_raise ? !find_key_guarded(leaf, slot, &key, &raised) : !find_key(leaf, slot, &key))
		{
			if (raised)
				pf_delta_doubt(delta, "its filter, period or provider expression raised an error on a row");
			return;
		}
	}
	group = pf_group(delta->groups, &key);
	state = comes ? &group->plus : &group->minus;
	new_state = *state == NULL;
	if (new_state)
		*state = pf_state_create(delta->groups->context, &delta->shape);
	pf_row_of_slot(&row, slot, leaf->attr);
	pf_engine_count(leaf->tracking->engine, *state, &row);
	pf_delta_counted(delta, new_state);
}

/* Is there a difference in any column that counts? */
static bool
rows_differ(PfTrackedLeaf *leaf, TupleTableSlot *a, TupleTableSlot *b)
{
	TupleDesc	desc = a->tts_tupleDescriptor;

	slot_getsomeattrs(a, leaf->last_attno);
	slot_getsomeattrs(b, leaf->last_attno);
	for (int i = 0; i < leaf->ncounting; i++)
	{
		int			c = leaf->counting[i] - 1;
		Form_pg_attribute attribute = TupleDescAttr(desc, c);

		if (a->tts_isnull[c] != b->tts_isnull[c])
			return true;
		if (!a->tts_isnull[c] &&
			!datum_image_eq(a->tts_values[c], b->tts_values[c], attribute->attbyval, attribute->attlen))
			return true;
	}
	return false;
}

/* A rule that is being asked has changed tracked rows: nobody knows what it would say of them. */
static void
track_reentered(TriggerData *trigdata)
{
	PfTracked	tracked;
	Relation	rel = trigdata->tg_relation;

	if (pf_read_tracked(pf_trigger_data_set(trigdata->tg_trigger), &tracked))
		pf_delta_doubt(pf_delta(tracked.tracking, RelationGetRelid(rel), rel->rd_rel->relfilenode, NULL),
					   "a rule changed rows while it was asked");
}

static void
track_row(TriggerData *trigdata)
{
	PfTrackedLeaf *leaf;

	if (pf_is_counting())
	{
		track_reentered(trigdata);
		return;
	}
	leaf = pf_tracked_leaf(trigdata->tg_relation, trigdata->tg_trigger);
	if (leaf == NULL)
		return;
	if (leaf->problem)
	{
		pf_delta_doubt(pf_leaf_delta(leaf), leaf->problem);
		return;
	}
	if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) &&
		!rows_differ(leaf, trigdata->tg_trigslot, trigdata->tg_newslot))
		return;
	pf_begin_counting(leaf);
	if (TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
		count_row(leaf, trigdata->tg_trigslot, true);
	else
	{
		count_row(leaf, trigdata->tg_trigslot, false);
		if (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
			count_row(leaf, trigdata->tg_newslot, true);
	}
	pf_end_counting();
}

/* ---- TRUNCATE ---- */

/*
 * The table has a new, empty file, of which nothing has been said, or, where the file was made by
 * this subtransaction, the old one emptied: what was said of it goes.
 */
static void
track_truncate(TriggerData *trigdata)
{
	static const Oid argtypes[] = {INT8OID, OIDOID, OIDOID};
	Relation	rel = trigdata->tg_relation;
	PfTracked	tracked;
	PfLeaf	   *leaf;
	Datum		values[3];

	if (!pf_read_tracked(pf_trigger_data_set(trigdata->tg_trigger), &tracked) ||
		strcmp(trigdata->tg_trigger->tgname, pf_trigger_name(tracked.data_set, true)) != 0)
		return;
	leaf = pf_leaf(&tracked, rel);
	pf_deltas_drop(tracked.tracking, leaf->relid, leaf->file);
	values[0] = Int64GetDatum(tracked.tracking);
	values[1] = ObjectIdGetDatum(leaf->relid);
	values[2] = ObjectIdGetDatum(leaf->file);
	pf_as_engine("tracked_tally", "DELETE FROM portfolio.tracked_tally WHERE tracking = $1 AND leaf = $2 AND file = $3",
				 3, argtypes, values, NULL);
	if (leaf->columns)
		pf_write_leaf(&tracked, leaf);
}

Datum
pf_track_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called by trigger manager", "track_change"),
				 errhint("track_quality() makes the triggers that call it.")));
	if (!TRIGGER_FIRED_AFTER(trigdata->tg_event) || trigdata->tg_trigger->tgnargs != 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be fired as track_quality() makes its triggers", "track_change"),
				 errhint("Drop trigger \"%s\" and use track_quality().", trigdata->tg_trigger->tgname)));
	if (TRIGGER_FIRED_FOR_ROW(trigdata->tg_event))
		track_row(trigdata);
	else if (TRIGGER_FIRED_BY_TRUNCATE(trigdata->tg_event))
		track_truncate(trigdata);
	return PointerGetDatum(NULL);
}
