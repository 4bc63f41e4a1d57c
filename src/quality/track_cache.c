/*
 * track_cache.c
 *		What a session keeps of tracked data sets, so that a trigger costs little.
 *
 * An engine is compiled once and counts for the rest of the session. Whoever begins a tracking anew
 * sends an invalidation for each leaf before he lets go of the lock that kept writers away, so what
 * is kept for a relation is right until one arrives; then the row of tracked_data_set is read again.
 *
 * An error that escapes while an engine counts leaves it between two states. The rows counted on that
 * level go with it, and so does the engine before it is used again.
 */
#include "track_cache.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/hsearch.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"

#define ENGINE_KEPT (8 * 1024 * 1024)	/* bytes that an idle session may hold of one engine */

typedef struct RelationLeaves
{
	Oid			relid;			/* hash key */
	slist_head	leaves;
} RelationLeaves;

static HTAB *relations = NULL;
static HTAB *trackings = NULL;
static PfTrackedLeaf *last_leaf = NULL;

static PfTracking *counting = NULL; /* whose engine is at work */
static int	counting_level;

/* ---- invalidation and errors ---- */

static void
invalidate_leaves(RelationLeaves *entry)
{
	slist_iter	iter;

	slist_foreach(iter, &entry->leaves)
		slist_container(PfTrackedLeaf, node, iter.cur)->valid = false;
}

static void
relation_changed(Datum arg, Oid relid)
{
	RelationLeaves *entry;

	if (OidIsValid(relid))
	{
		entry = hash_search(relations, &relid, HASH_FIND, NULL);
		if (entry)
			invalidate_leaves(entry);
	}
	else
	{
		HASH_SEQ_STATUS status;

		hash_seq_init(&status, relations);
		while ((entry = hash_seq_search(&status)) != NULL)
			invalidate_leaves(entry);
	}
}

static void
count_failed(int level)
{
	if (counting == NULL || counting_level < level)
		return;
	counting->spoilt = true;
	counting = NULL;
}

static void
drop_engine(PfTracking *tracking)
{
	if (tracking->engine_parent)
		MemoryContextDelete(tracking->engine_parent);
	tracking->engine_parent = NULL;
	tracking->engine = NULL;
	tracking->spoilt = false;
}

/* What an engine has learnt of many values is not worth a session's memory for ever. */
static void
drop_large_engines(void)
{
	HASH_SEQ_STATUS status;
	PfTracking *tracking;

	hash_seq_init(&status, trackings);
	while ((tracking = hash_seq_search(&status)) != NULL)
		if (tracking->engine && (tracking->spoilt || tracking->engine->rows > 1000) &&
			(tracking->spoilt || MemoryContextMemAllocated(tracking->engine_parent, true) > ENGINE_KEPT))
			drop_engine(tracking);
}

static void
transaction_ended(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_ABORT)
		count_failed(0);
	if (event == XACT_EVENT_ABORT || event == XACT_EVENT_COMMIT || event == XACT_EVENT_PREPARE)
		drop_large_engines();
}

static void
subtransaction_ended(SubXactEvent event, SubTransactionId mySubid, SubTransactionId parentSubid, void *arg)
{
	if (event == SUBXACT_EVENT_ABORT_SUB)
		count_failed(GetCurrentTransactionNestLevel());
}

static void
init_cache(void)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(int64);
	ctl.entrysize = sizeof(PfTracking);
	trackings = hash_create("pg_portfolio trackings", 8, &ctl, HASH_ELEM | HASH_BLOBS);
	ctl.keysize = sizeof(Oid);
	ctl.entrysize = sizeof(RelationLeaves);
	relations = hash_create("pg_portfolio tracked relations", 32, &ctl, HASH_ELEM | HASH_BLOBS);
	CacheRegisterRelcacheCallback(relation_changed, (Datum) 0);
	RegisterXactCallback(transaction_ended, NULL);
	RegisterSubXactCallback(subtransaction_ended, NULL);
}

/* One engine counts at a time: what a rule itself changes while it is asked comes back to the trigger. */
bool
pf_is_counting(void)
{
	return counting != NULL;
}

void
pf_begin_counting(PfTrackedLeaf *leaf)
{
	counting = leaf->tracking;
	counting_level = GetCurrentTransactionNestLevel();
}

void
pf_end_counting(void)
{
	counting = NULL;
}

/* ---- trackings ---- */

static PfTracking *
find_tracking(int64 data_set)
{
	bool		found;
	PfTracking *tracking = hash_search(trackings, &data_set, HASH_ENTER, &found);

	if (!found)
	{
		memset((char *) tracking + sizeof(int64), 0, sizeof(PfTracking) - sizeof(int64));
		tracking->data_set = data_set;
	}
	return tracking;
}

/* Read the row of tracked_data_set; false where there is none. */
static bool
refresh_tracking(PfTracking *tracking)
{
	MemoryContext context = AllocSetContextCreate(TopMemoryContext, "pg_portfolio tracking", ALLOCSET_SMALL_SIZES);
	MemoryContext old = MemoryContextSwitchTo(context);
	PfTracked	tracked;
	bool		found = pf_read_tracked(tracking->data_set, &tracked);

	MemoryContextSwitchTo(old);
	if (found && tracking->context && tracked.tracking == tracking->tracking)
	{
		MemoryContextDelete(context);
		return true;
	}
	drop_engine(tracking);
	if (tracking->context)
		MemoryContextDelete(tracking->context);
	tracking->context = NULL;
	tracking->tracking = 0;
	if (!found)
	{
		MemoryContextDelete(context);
		return false;
	}
	tracking->context = context;
	tracking->tracked = tracked;
	tracking->tracking = tracked.tracking;
	return true;
}

static void
ensure_engine(PfTracking *tracking)
{
	if (tracking->spoilt)
		drop_engine(tracking);
	if (tracking->engine)
		return;
	if (tracking->engine_parent == NULL)
		tracking->engine_parent = AllocSetContextCreate(tracking->context, "pg_portfolio tracking engine", ALLOCSET_SMALL_SIZES);
	tracking->engine = pf_engine_compile(tracking->tracked.rules, tracking->engine_parent);
}

/* ---- leaves ---- */

static Form_pg_attribute
find_column(Relation rel, const char *name)
{
	TupleDesc	desc = RelationGetDescr(rel);

	for (int i = 0; i < desc->natts; i++)
		if (!TupleDescAttr(desc, i)->attisdropped && strcmp(NameStr(TupleDescAttr(desc, i)->attname), name) == 0)
			return TupleDescAttr(desc, i);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_COLUMN),
			 errmsg("column \"%s\" is gone", name)));
}

static ExprState *
compile_expression(PfTrackedLeaf *leaf, Relation rel, const char *source, Oid type, AttrNumber *attno)
{
	PfRuleSettings settings;
	PfExpression *expression;
	Expr	   *planned;

	pf_rule_settings_push(&settings, PF_FOR_COMPILE);
	expression = pf_rule_parse(RelationGetDescr(rel), NULL, source, type, false);
	planned = expression_planner((Expr *) expression->node);
	pf_rule_settings_pop(&settings);
	leaf->may_raise |= expression->may_raise;
	leaf->plain = false;
	if (attno && IsA(strip_implicit_coercions((Node *) planned), Var) &&
		((Var *) strip_implicit_coercions((Node *) planned))->vartype != NAMEOID &&
		(IsA(planned, Var) || IsA(planned, RelabelType)))
		*attno = ((Var *) strip_implicit_coercions((Node *) planned))->varattno;
	return ExecInitExpr(planned, NULL);
}

/* Which columns of the leaf the engine and the expressions want; in the leaf's context. */
static void
map_leaf(PfTrackedLeaf *leaf, Relation rel)
{
	PfTracked  *tracked = &leaf->tracking->tracked;
	PfEngine   *engine = leaf->tracking->engine;

	leaf->plain = true;
	leaf->attr = palloc(sizeof(int) * Max(engine->ncolumns, 1));
	for (int c = 0; c < engine->ncolumns; c++)
	{
		Form_pg_attribute column = find_column(rel, engine->set->columns[c].name);

		if (column->atttypid != engine->columns[c].type)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" has another type", engine->set->columns[c].name)));
		leaf->attr[c] = column->attnum - 1;
	}
	leaf->counting = palloc(sizeof(AttrNumber) * Max(tracked->ncolumns, 1));
	for (int i = 0; i < tracked->ncolumns; i++)
	{
		leaf->counting[leaf->ncounting++] = find_column(rel, tracked->columns[i])->attnum;
		leaf->last_attno = Max(leaf->last_attno, leaf->counting[i]);
	}
	if (tracked->filter)
		leaf->filter = compile_expression(leaf, rel, tracked->filter, BOOLOID, NULL);
	if (tracked->period)
		leaf->part[0] = compile_expression(leaf, rel, tracked->period, TEXTOID, &leaf->part_attno[0]);
	if (tracked->provider)
		leaf->part[1] = compile_expression(leaf, rel, tracked->provider, TEXTOID, &leaf->part_attno[1]);
	leaf->econtext = CreateStandaloneExprContext();
}

/* What may fail, in a subtransaction: a rule that no longer compiles is not the writer's fault. */
static void
prepare_leaf(PfTrackedLeaf *leaf, Relation rel)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(leaf->context);
	PG_TRY();
	{
		ensure_engine(leaf->tracking);
		map_leaf(leaf, rel);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(leaf->context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		if (!pf_is_the_rules_error(error->sqlerrcode))
			ReThrowError(error);
		leaf->problem = psprintf("its rules could not be run for \"%s\": %s", GetUserNameFromId(GetUserId(), true), error->message);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

/* The number of the data set that a trigger was made for; 0 where it is none. */
int64
pf_trigger_data_set(const Trigger *trigger)
{
	const char *digits = trigger->tgnargs == 1 ? trigger->tgargs[0] : "";
	int64		number = 0;

	for (; *digits >= '0' && *digits <= '9' && number < PG_INT64_MAX / 10 - 1; digits++)
		number = number * 10 + (*digits - '0');
	return *digits ? 0 : number;
}

static PfTrackedLeaf *
find_leaf(Oid relid, int64 data_set)
{
	RelationLeaves *entry;
	PfTrackedLeaf *leaf;
	slist_iter	iter;
	bool		found;

	if (relations == NULL)
		init_cache();
	entry = hash_search(relations, &relid, HASH_ENTER, &found);
	if (!found)
		slist_init(&entry->leaves);
	slist_foreach(iter, &entry->leaves)
	{
		leaf = slist_container(PfTrackedLeaf, node, iter.cur);
		if (leaf->data_set == data_set)
			return leaf;
	}
	leaf = MemoryContextAllocZero(TopMemoryContext, sizeof(PfTrackedLeaf));
	leaf->relid = relid;
	leaf->data_set = data_set;
	slist_push_head(&entry->leaves, &leaf->node);
	return leaf;
}

/* Make the leaf anew, with what the catalogs and tracked_data_set say now. */
static void
refresh_leaf(PfTrackedLeaf *leaf, Relation rel, const Trigger *trigger)
{
	PfTracking *tracking = find_tracking(leaf->data_set);

	if (leaf->context)
		MemoryContextDelete(leaf->context);
	memset((char *) leaf + offsetof(PfTrackedLeaf, tracking), 0, sizeof(PfTrackedLeaf) - offsetof(PfTrackedLeaf, tracking));
	/* An invalidation that comes in between makes it invalid again */
	leaf->valid = true;
	if (strcmp(trigger->tgname, pf_trigger_name(leaf->data_set, false)) != 0 || !refresh_tracking(tracking))
		return;
	leaf->tracking = tracking;
	leaf->number = tracking->tracking;
	leaf->file = rel->rd_rel->relfilenode;
	leaf->context = AllocSetContextCreate(TopMemoryContext, "pg_portfolio tracked leaf", ALLOCSET_SMALL_SIZES);
	prepare_leaf(leaf, rel);
}

/* The leaf that a trigger fired for, NULL where it is not tracked. */
PfTrackedLeaf *
pf_tracked_leaf(Relation rel, const Trigger *trigger)
{
	PfTrackedLeaf *leaf = last_leaf;

	if (leaf == NULL || leaf->trigger != trigger->tgoid || leaf->relid != RelationGetRelid(rel))
	{
		last_leaf = leaf = find_leaf(RelationGetRelid(rel), pf_trigger_data_set(trigger));
		/* Another trigger with this argument: only one of them has the right name */
		if (leaf->trigger != trigger->tgoid)
			leaf->valid = false;
		leaf->trigger = trigger->tgoid;
	}
	if (!leaf->valid || (leaf->tracking && leaf->number != leaf->tracking->tracking))
		refresh_leaf(leaf, rel, trigger);
	if (leaf->tracking && !leaf->problem && (leaf->tracking->engine == NULL || leaf->tracking->spoilt))
		refresh_leaf(leaf, rel, trigger);
	return leaf->tracking ? leaf : NULL;
}

/* Where this (sub)transaction gathers the changes of a leaf. */
PfDelta *
pf_leaf_delta(PfTrackedLeaf *leaf)
{
	int			level = GetCurrentTransactionNestLevel();

	if (leaf->delta == NULL || leaf->epoch != pf_delta_epoch || leaf->level != level)
	{
		const PfEngine *engine = leaf->tracking->engine;

		leaf->delta = pf_delta(leaf->number, leaf->relid, leaf->file, engine ? &engine->shape : NULL);
		leaf->level = level;
		leaf->epoch = pf_delta_epoch;
	}
	return leaf->delta;
}
