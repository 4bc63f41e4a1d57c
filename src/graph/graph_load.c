/*
 * graph_load.c
 *		From the views to arrays.
 *
 * Elements and dependencies are read by ordinary queries with the caller's rights and in his snapshot,
 * whatever their dates. Relationships, the first arm of the view `dependency` and the only one that may
 * be long, are read from their table instead: the view joins each of them to the matrix of legal
 * relationships, which costs more than all else; here each cell of it is asked for once (graph_rule.c).
 *
 * A dependency with an end that the caller does not see is left out: the graph shows nothing of what he
 * may not see, not even that it is there.
 *
 * The rows go straight from the executor into arrays; nothing else is kept of them.
 */
#include "graph.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "tcop/dest.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rangetypes.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(pf_graph_loads);

static int64 loads = 0;	/* times that this session has loaded the graph */

static const char elements_sql[] = "SELECT id, valid FROM portfolio.element";
static const char keys_sql[] =
"SELECT source, target, valid, weight, propagates, kind FROM portfolio.dependency"
" WHERE origin OPERATOR(pg_catalog.<>) 'relationship'";
static const char relationships_sql[] =
"SELECT source, target, valid, weight, portfolio.access_propagates(kind, attributes),"
" source_type, kind, target_type, id FROM portfolio.relationship";

static SPIPlanPtr elements_plan = NULL;
static SPIPlanPtr keys_plan = NULL;
static SPIPlanPtr relationships_plan = NULL;

/* What is kept twice for a period or a kind is found again by its bytes. */
typedef struct PeriodEntry
{
	PfPeriod	period;			/* hash key */
	int32		place;
} PeriodEntry;

typedef struct Loader
{
	DestReceiver pub;
	PfGraph    *graph;
	TypeCacheEntry *range_type;
	HTAB	   *periods;
	PfRules    *rules;
	int32		period_capacity;
	int32		kind_capacity;
	bool		unsorted;
} Loader;

/* Raise where the graph and so much more is beyond the setting. */
void
pf_graph_needs(const PfGraph *graph, Size bytes)
{
	if (MemoryContextMemAllocated(graph->context, true) + bytes <= (Size) pf_graph_mem * 1024)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("the graph needs more memory than \"pg_portfolio.graph_mem\" allows"),
			 errdetail("It has %d elements and %d dependencies or more; the setting is %d kB.",
					   graph->n_elements, graph->rows.count, pf_graph_mem),
			 errhint("Raise \"pg_portfolio.graph_mem\".")));
}

static void *
grow(PfGraph *graph, void *array, Size size, int32 used, int32 capacity)
{
	if (array == NULL)
		return MemoryContextAllocHuge(graph->context, capacity * size);
	pf_graph_needs(graph, (capacity - used) * size);
	return repalloc_huge(array, capacity * size);
}

static int32
twice(int32 capacity)
{
	return capacity == 0 ? 1024 : capacity > PG_INT32_MAX / 2 ? PG_INT32_MAX : capacity * 2;
}

/* ---- dates and kinds ---- */

static int32
period_place(Loader *loader, DateADT from, DateADT to)
{
	PfGraph    *graph = loader->graph;
	PfPeriod	period = {from, to};
	PeriodEntry *entry;
	bool		found;

	entry = hash_search(loader->periods, &period, HASH_ENTER, &found);
	if (!found)
	{
		if (graph->n_periods == loader->period_capacity)
		{
			loader->period_capacity = twice(loader->period_capacity);
			graph->periods = grow(graph, graph->periods, sizeof(PfPeriod), graph->n_periods, loader->period_capacity);
		}
		graph->periods[graph->n_periods] = period;
		entry->place = graph->n_periods++;
	}
	return entry->place;
}

/*
 * A range of days. Most are unbounded, which the flags at its end tell; the others are copied to where
 * range_deserialize() can read them.
 */
static int32
read_period(Loader *loader, Datum valid)
{
	struct varlena *packed = PG_DETOAST_DATUM_PACKED(valid);
	Size		length = VARSIZE_ANY_EXHDR(packed);
	char		flags = VARDATA_ANY(packed)[length - 1];
	union
	{
		RangeType	range;
		char		bytes[64];
	}			aligned;
	RangeBound	lower;
	RangeBound	upper;
	bool		empty;

	if ((flags & (RANGE_LB_INF | RANGE_UB_INF)) == (RANGE_LB_INF | RANGE_UB_INF))
		return 0;
	if (length + VARHDRSZ > sizeof(aligned))
		elog(ERROR, "a range of days has %zu bytes", length);
	SET_VARSIZE(&aligned, length + VARHDRSZ);
	memcpy(VARDATA(&aligned), VARDATA_ANY(packed), length);
	range_deserialize(loader->range_type, &aligned.range, &lower, &upper, &empty);
	if (empty)
		return period_place(loader, DATEVAL_NOEND, DATEVAL_NOBEGIN);
	return period_place(loader, lower.infinite ? DATEVAL_NOBEGIN : DatumGetDateADT(lower.val),
						upper.infinite ? DATEVAL_NOEND : DatumGetDateADT(upper.val));
}

/* Kinds are few and come in runs: look at the last one first. */
static int16
read_kind(Loader *loader, Datum value, int16 last)
{
	PfGraph    *graph = loader->graph;
	text	   *kind = DatumGetTextPP(value);
	int			length = VARSIZE_ANY_EXHDR(kind);
	const char *bytes = VARDATA_ANY(kind);

	for (int i = -1; i < graph->n_kinds; i++)
	{
		int16		at = i < 0 ? last : i;

		if (at < graph->n_kinds && strncmp(graph->kinds[at], bytes, length) == 0 && graph->kinds[at][length] == '\0')
			return at;
	}
	if (graph->n_kinds == PG_INT16_MAX)
		elog(ERROR, "the graph has too many kinds of dependency");
	if (graph->n_kinds == loader->kind_capacity)
	{
		loader->kind_capacity = twice(loader->kind_capacity);
		graph->kinds = grow(graph, graph->kinds, sizeof(char *), graph->n_kinds, loader->kind_capacity);
	}
	graph->kinds[graph->n_kinds] = MemoryContextStrdup(graph->context, text_to_cstring(kind));
	return graph->n_kinds++;
}

/* ---- receivers ---- */

static bool
receive_element(TupleTableSlot *slot, DestReceiver *self)
{
	Loader	   *loader = (Loader *) self;
	PfGraph    *graph = loader->graph;
	int32		n = graph->n_elements;

	slot_getallattrs(slot);
	if (n == graph->capacity)
	{
		graph->capacity = twice(graph->capacity);
		graph->ids = grow(graph, graph->ids, sizeof(int64), n, graph->capacity);
		graph->element_period = grow(graph, graph->element_period, sizeof(int32), n, graph->capacity);
	}
	graph->ids[n] = DatumGetInt64(slot->tts_values[0]);
	graph->element_period[n] = read_period(loader, slot->tts_values[1]);
	if (n > 0 && graph->ids[n] < graph->ids[n - 1])
		loader->unsorted = true;
	graph->n_elements++;
	return true;
}

static void
grow_rows(PfGraph *graph)
{
	PfRows	   *rows = &graph->rows;
	int32		n = rows->count;

	rows->capacity = twice(rows->capacity);
	rows->source = grow(graph, rows->source, sizeof(int32), n, rows->capacity);
	rows->target = grow(graph, rows->target, sizeof(int32), n, rows->capacity);
	rows->period = grow(graph, rows->period, sizeof(int32), n, rows->capacity);
	rows->kind = grow(graph, rows->kind, sizeof(int16), n, rows->capacity);
	rows->travels = grow(graph, rows->travels, sizeof(uint8), n, rows->capacity);
	rows->weight = grow(graph, rows->weight, sizeof(float4), n, rows->capacity);
	rows->relationship = grow(graph, rows->relationship, sizeof(int64), n, rows->capacity);
}

/* Room for the row in hand, with what both queries begin with; -1 when an end of it is not seen. */
static int32
begin_row(Loader *loader, TupleTableSlot *slot)
{
	PfGraph    *graph = loader->graph;
	PfRows	   *rows = &graph->rows;
	int32		n = rows->count;
	int32		source;
	int32		target;

	source = slot->tts_isnull[0] ? -1 : pf_graph_place(graph, DatumGetInt64(slot->tts_values[0]));
	target = slot->tts_isnull[1] ? -1 : pf_graph_place(graph, DatumGetInt64(slot->tts_values[1]));
	if (source < 0 || target < 0)
		return -1;
	if (n == rows->capacity)
		grow_rows(graph);
	rows->source[n] = source;
	rows->target[n] = target;
	rows->period[n] = read_period(loader, slot->tts_values[2]);
	rows->weight[n] = DatumGetFloat4(slot->tts_values[3]);
	return n;
}

static bool
receive_key(TupleTableSlot *slot, DestReceiver *self)
{
	Loader	   *loader = (Loader *) self;
	PfRows	   *rows = &loader->graph->rows;
	int32		n;

	slot_getallattrs(slot);
	n = begin_row(loader, slot);
	if (n < 0)
		return true;
	rows->travels[n] = pf_graph_read_travels(slot->tts_values[4]);
	rows->kind[n] = read_kind(loader, slot->tts_values[5], n > 0 ? rows->kind[n - 1] : 0);
	rows->relationship[n] = 0;
	rows->count++;
	return true;
}

static bool
receive_relationship(TupleTableSlot *slot, DestReceiver *self)
{
	Loader	   *loader = (Loader *) self;
	PfRows	   *rows = &loader->graph->rows;
	PfRule	   *rule;
	int32		n;

	slot_getallattrs(slot);
	rule = pf_graph_rule(loader->rules, &slot->tts_values[5]);
	n = rule->legal ? begin_row(loader, slot) : -1;
	if (n < 0)
		return true;
	if (rule->kind < 0)
		rule->kind = read_kind(loader, slot->tts_values[6], 0);
	rows->travels[n] = slot->tts_isnull[4] ? rule->travels : pf_graph_read_travels(slot->tts_values[4]);
	rows->kind[n] = rule->kind;
	rows->relationship[n] = DatumGetInt64(slot->tts_values[8]);
	rows->count++;
	return true;
}

static void
receiver_startup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
}

static void
receiver_nothing(DestReceiver *self)
{
}

static void
run(Loader *loader, SPIPlanPtr *plan, const char *sql, bool (*receive) (TupleTableSlot *, DestReceiver *))
{
	loader->pub.receiveSlot = receive;
	loader->pub.rStartup = receiver_startup;
	loader->pub.rShutdown = receiver_nothing;
	loader->pub.rDestroy = receiver_nothing;
	loader->pub.mydest = DestTuplestore;
	if (*plan == NULL)
	{
		SPIPlanPtr	made = SPI_prepare(sql, 0, NULL);

		if (made == NULL || SPI_keepplan(made) != 0)
			elog(ERROR, "could not prepare the query that loads the graph");
		*plan = made;
	}
	if (pf_spi_execute_into(*plan, &loader->pub) != SPI_OK_SELECT)
		elog(ERROR, "could not load the graph");
}

/* ---- elements by id ---- */

typedef struct Element
{
	int64		id;
	int32		period;
} Element;

static int
compare_elements(const void *a, const void *b)
{
	const Element *x = a;
	const Element *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void
sort_elements(PfGraph *graph)
{
	Element    *sorted = MemoryContextAllocHuge(CurrentMemoryContext, graph->n_elements * sizeof(Element));

	for (int32 i = 0; i < graph->n_elements; i++)
	{
		sorted[i].id = graph->ids[i];
		sorted[i].period = graph->element_period[i];
	}
	qsort(sorted, graph->n_elements, sizeof(Element), compare_elements);
	for (int32 i = 0; i < graph->n_elements; i++)
	{
		graph->ids[i] = sorted[i].id;
		graph->element_period[i] = sorted[i].period;
	}
	pfree(sorted);
}

/* Ids come from one sequence, so a plain array usually does. */
static void
index_elements(PfGraph *graph)
{
	uint64		span;

	if (graph->n_elements == 0)
		return;
	span = (uint64) graph->ids[graph->n_elements - 1] - (uint64) graph->ids[0];
	if (span >= 4 * (uint64) graph->n_elements + 1024)
		return;
	pf_graph_needs(graph, (span + 1) * sizeof(int32));
	graph->dense = MemoryContextAllocExtended(graph->context, (span + 1) * sizeof(int32),
											  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int32 i = 0; i < graph->n_elements; i++)
		graph->dense[graph->ids[i] - graph->ids[0]] = i + 1;
}

/* Where an element stands, -1 when it is not in the graph. */
int32
pf_graph_place(const PfGraph *graph, int64 id)
{
	int32		low = 0;
	int32		high = graph->n_elements - 1;

	if (graph->n_elements == 0 || id < graph->ids[0] || id > graph->ids[high])
		return -1;
	if (graph->dense != NULL)
		return graph->dense[id - graph->ids[0]] - 1;
	while (low <= high)
	{
		int32		middle = low + (high - low) / 2;

		if (graph->ids[middle] == id)
			return middle;
		if (graph->ids[middle] < id)
			low = middle + 1;
		else
			high = middle - 1;
	}
	return -1;
}

/* ---- the whole ---- */

static void
load_parts(PfGraph *graph)
{
	Loader		loader = {0};
	HASHCTL		ctl = {0};
	int			guc_level = NewGUCNestLevel();

	loader.graph = graph;
	loader.range_type = lookup_type_cache(DATERANGEOID, TYPECACHE_RANGE_INFO);
	ctl.keysize = sizeof(PfPeriod);
	ctl.entrysize = sizeof(PeriodEntry);
	ctl.hcxt = CurrentMemoryContext;
	loader.periods = hash_create("pg_portfolio graph periods", 64, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	(void) period_place(&loader, DATEVAL_NOBEGIN, DATEVAL_NOEND);
	loader.rules = pf_graph_make_rules();

	/* A query that reads each row once has no time to compile. */
	(void) set_config_option("jit", "off", PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	run(&loader, &elements_plan, elements_sql, receive_element);
	if (loader.unsorted)
		sort_elements(graph);
	index_elements(graph);
	/* The view first: it needs every right, and names itself where one is missing. */
	run(&loader, &keys_plan, keys_sql, receive_key);
	run(&loader, &relationships_plan, relationships_sql, receive_relationship);
	AtEOXact_GUC(true, guc_level);

	pf_graph_needs(graph, (Size) graph->n_elements + graph->n_periods);
	graph->live = MemoryContextAllocHuge(graph->context, Max(graph->n_elements, 1));
	graph->period_live = MemoryContextAllocHuge(graph->context, graph->n_periods * sizeof(bool));
}

PfGraph *
pf_graph_load(MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "pg_portfolio graph", ALLOCSET_DEFAULT_SIZES);
	PfGraph    *graph = MemoryContextAllocZero(context, sizeof(PfGraph));

	graph->context = context;
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	load_parts(graph);
	SPI_finish();
	loads++;
	return graph;
}

/* graph_loads() → bigint */
Datum
pf_graph_loads(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64(loads);
}

/* Every relation that the graph is loaded from, views included, as they were planned last. */
List *
pf_graph_relations(void)
{
	SPIPlanPtr	plans[] = {elements_plan, keys_plan, relationships_plan};
	List	   *relations = NIL;

	for (int i = 0; i < lengthof(plans); i++)
	{
		CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plans[i]));

		relations = list_concat_unique_oid(relations, source->relationOids);
	}
	return relations;
}
