/*
 * track_delta.c
 *		What this transaction has changed in tracked data, until it is written.
 *
 * Changes are gathered in memory, a delta for each file and level of subtransactions, and written as
 * one row for each period and provider just before commit or PREPARE TRANSACTION. Rows are only ever
 * added, so writers never wait for each other. When a subtransaction ends its deltas go to the next
 * outer level or away with it. Deltas that grow too large are written early, in the subtransaction
 * whose changes they are, and vanish with it if it is rolled back.
 *
 * All of this is memory of one backend; no lock guards it. Parallel workers never change rows.
 */
#include "track.h"

#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#define TORN "a subtransaction of the transaction that changed it ended half way"

typedef struct DeltaLevel
{
	struct DeltaLevel *outer;
	int			level;			/* of GetCurrentTransactionNestLevel() */
	Size		bytes;			/* about what the states take */
	dlist_head	deltas;
} DeltaLevel;

static DeltaLevel *innermost = NULL;
static MemoryContext delta_context = NULL;
static bool ending = false;		/* all was written: what still comes is written at once */
static bool merging = false;	/* deltas are on their way from one level to the next */
static bool torn = false;		/* and did not all arrive: nothing gathered so far is to be believed */

/* Changes whenever deltas go away or change their level: pointers to them are good for one epoch. */
uint64		pf_delta_epoch = 1;

static void at_transaction_end(XactEvent event, void *arg);
static void at_subtransaction_end(SubXactEvent event, SubTransactionId mySubid,
								  SubTransactionId parentSubid, void *arg);

Oid
pf_type_oid(const char *name)
{
	return GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum(name),
						   ObjectIdGetDatum(get_namespace_oid(PF_SCHEMA, false)));
}

/* ---- gathering ---- */

static DeltaLevel *
current_level(void)
{
	static bool registered = false;
	int			level = GetCurrentTransactionNestLevel();
	DeltaLevel *made;

	if (innermost && innermost->level == level)
		return innermost;
	if (!registered)
	{
		RegisterXactCallback(at_transaction_end, NULL);
		RegisterSubXactCallback(at_subtransaction_end, NULL);
		registered = true;
	}
	if (delta_context == NULL)
		delta_context = AllocSetContextCreate(TopMemoryContext, "pg_portfolio deltas", ALLOCSET_SMALL_SIZES);
	made = MemoryContextAllocZero(delta_context, sizeof(DeltaLevel));
	made->level = level;
	made->outer = innermost;
	dlist_init(&made->deltas);
	return innermost = made;
}

static PfDelta *
find_delta(DeltaLevel *level, int64 tracking, Oid leaf, Oid file)
{
	dlist_iter	iter;

	dlist_foreach(iter, &level->deltas)
	{
		PfDelta    *delta = dlist_container(PfDelta, node, iter.cur);

		if (delta->leaf == leaf && delta->file == file && delta->tracking == tracking)
			return delta;
	}
	return NULL;
}

/* The delta of a file on the current level. */
PfDelta *
pf_delta(int64 tracking, Oid leaf, Oid file, const PfTally *shape)
{
	DeltaLevel *level = current_level();
	PfDelta    *delta = find_delta(level, tracking, leaf, file);

	if (delta)
		return delta;
	delta = MemoryContextAllocZero(delta_context, sizeof(PfDelta));
	delta->tracking = tracking;
	delta->leaf = leaf;
	delta->file = file;
	if (shape)
		delta->shape = *shape;
	delta->groups = pf_groups_create(delta_context);
	dlist_push_tail(&level->deltas, &delta->node);
	return delta;
}

void
pf_delta_doubt(PfDelta *delta, const char *reason)
{
	if (delta->doubt == NULL)
		delta->doubt = MemoryContextStrdup(delta_context, reason);
}

static void
free_delta(PfDelta *delta)
{
	dlist_delete(&delta->node);
	MemoryContextDelete(delta->groups->context);
	if (delta->doubt)
		pfree(delta->doubt);
	pfree(delta);
	pf_delta_epoch++;
}

/* Forget what the current level holds of a file: it was truncated in place. */
void
pf_deltas_drop(int64 tracking, Oid leaf, Oid file)
{
	PfDelta    *delta;

	if (innermost && innermost->level == GetCurrentTransactionNestLevel() &&
		(delta = find_delta(innermost, tracking, leaf, file)) != NULL)
		free_delta(delta);
}

/* Why what this transaction did to a file cannot be counted, or NULL. */
const char *
pf_deltas_doubt(int64 tracking, Oid leaf, Oid file)
{
	for (DeltaLevel *level = innermost; level; level = level->outer)
	{
		PfDelta    *delta = find_delta(level, tracking, leaf, file);

		if (delta && (delta->doubt || torn))
			return delta->doubt ? delta->doubt : TORN;
	}
	return NULL;
}

/* Add what all levels hold of a file to the sums, or take it from them. */
void
pf_deltas_add(int64 tracking, Oid leaf, Oid file, PfGroups *groups, int sign)
{
	for (DeltaLevel *level = innermost; level; level = level->outer)
	{
		PfDelta    *delta = find_delta(level, tracking, leaf, file);

		if (delta == NULL || delta->doubt)
			continue;
		for (uint32 b = 0; b < delta->groups->nbuckets; b++)
			for (PfGroup *group = delta->groups->buckets[b]; group; group = group->next)
				pf_groups_add(groups, &group->key, pf_group_difference(group, &delta->shape), sign);
	}
}

/* ---- writing ---- */

/* Adds a row to tracked_tally: a tally of a group, or (tally NULL) a doubt. */
void
pf_write_tally(int64 tracking, Oid leaf, Oid file, const PfGroupKey *key, const PfTally *tally, const char *doubt)
{
	Oid			argtypes[7] = {INT8OID, OIDOID, OIDOID, TEXTOID, TEXTOID, InvalidOid, TEXTOID};
	Datum		values[7] = {0};
	char		nulls[7] = {' ', ' ', ' ', 'n', 'n', 'n', 'n'};
	PfAsOwner	state;

	argtypes[5] = pf_type_oid("tally");
	values[0] = Int64GetDatum(tracking);
	values[1] = ObjectIdGetDatum(leaf);
	values[2] = ObjectIdGetDatum(file);
	for (int i = 0; key && i < 2; i++)
	{
		if (key->len[i] < 0)
			continue;
		values[3 + i] = PointerGetDatum(cstring_to_text_with_len(key->part[i], key->len[i]));
		nulls[3 + i] = ' ';
	}
	if (tally)
	{
		values[5] = PointerGetDatum(pf_tally_value(tally));
		nulls[5] = ' ';
	}
	else
	{
		values[6] = CStringGetTextDatum(doubt);
		nulls[6] = ' ';
	}
	(void) pf_as_table_owner(&state, "tracked_tally",
							 "INSERT INTO portfolio.tracked_tally (tracking, leaf, file, period, provider, tally, doubt)"
							 " VALUES ($1, $2, $3, $4, $5, $6, $7)",
							 7, argtypes, values, nulls);
	pf_end_as_owner(&state);
}

static void
write_delta(PfDelta *delta, MemoryContext scratch)
{
	if (delta->doubt || torn)
	{
		pf_write_tally(delta->tracking, delta->leaf, delta->file, NULL, NULL, delta->doubt ? delta->doubt : TORN);
		return;
	}
	for (uint32 b = 0; b < delta->groups->nbuckets; b++)
	{
		for (PfGroup *group = delta->groups->buckets[b]; group; group = group->next)
		{
			PfTally    *difference = pf_group_difference(group, &delta->shape);

			CHECK_FOR_INTERRUPTS();
			if (!pf_tally_is_zero(difference))
				pf_write_tally(delta->tracking, delta->leaf, delta->file, &group->key, difference, NULL);
			MemoryContextReset(scratch);
		}
	}
}

/*
 * Write what the innermost level holds and forget it. The extension may have been dropped since the
 * rows were changed: then nobody asks any more.
 */
static void
write_level(void)
{
	Oid			namespace = get_namespace_oid(PF_SCHEMA, true);
	MemoryContext scratch;
	MemoryContext old;

	if (innermost == NULL)
		return;
	if (OidIsValid(namespace) && OidIsValid(get_relname_relid("tracked_tally", namespace)))
	{
		dlist_iter	iter;

		scratch = AllocSetContextCreate(CurrentMemoryContext, "pg_portfolio delta rows", ALLOCSET_DEFAULT_SIZES);
		old = MemoryContextSwitchTo(scratch);
		dlist_foreach(iter, &innermost->deltas)
			write_delta(dlist_container(PfDelta, node, iter.cur), scratch);
		MemoryContextSwitchTo(old);
		MemoryContextDelete(scratch);
	}
	while (!dlist_is_empty(&innermost->deltas))
		free_delta(dlist_head_element(PfDelta, node, &innermost->deltas));
	innermost->bytes = 0;
}

/* A row was counted into the delta; writes early what has grown too large. */
void
pf_delta_counted(PfDelta *delta, bool new_state)
{
	if (new_state)
		innermost->bytes += 2048 + sizeof(uint32) * PF_TALLY_COUNTS(&delta->shape);
	if (unlikely(ending || innermost->bytes > (Size) pf_score_mem * 1024))
		write_level();
}

/* ---- ends of transactions ---- */

static void
forget_all(void)
{
	if (delta_context)
		MemoryContextDelete(delta_context);
	delta_context = NULL;
	innermost = NULL;
	ending = merging = torn = false;
	pf_delta_epoch++;
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_PRE_COMMIT:
		case XACT_EVENT_PRE_PREPARE:
			if (innermost == NULL)
				break;
			Assert(innermost->outer == NULL && innermost->level == 1);
			ending = true;
			write_level();
			break;
		case XACT_EVENT_COMMIT:
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			if (delta_context != NULL)
				forget_all();
			break;
		default:				/* of parallel workers, which change nothing */
			break;
	}
}

static void
merge_delta(PfDelta *into, const PfDelta *from)
{
	if (from->doubt)
		pf_delta_doubt(into, from->doubt);
	if (into->doubt)
		return;
	for (uint32 b = 0; b < from->groups->nbuckets; b++)
	{
		for (PfGroup *group = from->groups->buckets[b]; group; group = group->next)
		{
			PfGroup    *sum = pf_group(into->groups, &group->key);

			if (sum->plus == NULL)
				sum->plus = pf_state_create(into->groups->context, &into->shape);
			pf_state_add(sum->plus, pf_group_difference(group, &from->shape));
		}
	}
}

/* The innermost level becomes part of the one around it. */
static void
merge_level(void)
{
	DeltaLevel *inner = innermost;
	DeltaLevel *outer = inner->outer;
	MemoryContext scratch;
	MemoryContext old;

	if (outer == NULL || outer->level < inner->level - 1)
	{
		inner->level--;
		pf_delta_epoch++;
		return;
	}
	merging = true;
	scratch = AllocSetContextCreate(delta_context, "pg_portfolio delta merge", ALLOCSET_SMALL_SIZES);
	old = MemoryContextSwitchTo(scratch);
	while (!dlist_is_empty(&inner->deltas))
	{
		PfDelta    *delta = dlist_head_element(PfDelta, node, &inner->deltas);
		PfDelta    *into = find_delta(outer, delta->tracking, delta->leaf, delta->file);

		if (into)
		{
			merge_delta(into, delta);
			free_delta(delta);
		}
		else
		{
			dlist_delete(&delta->node);
			dlist_push_tail(&outer->deltas, &delta->node);
		}
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(scratch);
	outer->bytes += inner->bytes;
	innermost = outer;
	pfree(inner);
	pf_delta_epoch++;
	merging = false;
}

static void
at_subtransaction_end(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid, void *arg)
{
	int			level;

	if (innermost == NULL || (event != SUBXACT_EVENT_COMMIT_SUB && event != SUBXACT_EVENT_ABORT_SUB))
		return;
	level = GetCurrentTransactionNestLevel();
	if (innermost->level < level)
		return;
	if (event == SUBXACT_EVENT_COMMIT_SUB)
	{
		merge_level();
		return;
	}
	torn |= merging;
	merging = false;
	while (innermost && innermost->level >= level)
	{
		DeltaLevel *gone = innermost;

		while (!dlist_is_empty(&gone->deltas))
			free_delta(dlist_head_element(PfDelta, node, &gone->deltas));
		innermost = gone->outer;
		pfree(gone);
	}
}
