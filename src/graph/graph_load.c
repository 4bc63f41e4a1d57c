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
 * The rows go straight from the executor into arrays; nothing else is kept of them. Whoever may read every column
 * of a table asks for whole rows, which the executor hands over as they lie on their pages (graph_tuple.c).
 * Others name the columns.
 */
#include "graph.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "optimizer/plancat.h"
#include "tcop/dest.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/memutils.h"
#include "utils/plancache.h"
#include "utils/rangetypes.h"
#include "utils/rel.h"
#include "utils/typcache.h"

PG_FUNCTION_INFO_V1(pf_graph_loads);

static int64 loads = 0;	/* times that this session has loaded the graph */

#define MIN_ROOM 1024			/* rows */

/* What is loaded: columns of a relation */
typedef struct Source
{
	const char *relation;
	bool		is_table;
	const char *condition;
	int			n_columns;
	const char *columns[PF_MAX_WANTED];
	SPIPlanPtr	plans[2];		/* for these columns; for whole rows */
	SPIPlanPtr	last;			/* that was run last */
} Source;

/* Places among the columns; both kinds of dependency begin alike. */
enum
{
	ELEMENT_ID = 0,
	ELEMENT_VALID,

	ROW_SOURCE = 0,
	ROW_TARGET,
	ROW_VALID,
	ROW_WEIGHT,

	KEY_PROPAGATES,
	KEY_KIND,

	RELATIONSHIP_ID = ROW_WEIGHT + 1,
	RELATIONSHIP_ATTRIBUTES,
	RELATIONSHIP_CELL,			/* three: source_type, kind, target_type */
	RELATIONSHIP_KIND
};

static Source elements = {
	.relation = "element", .is_table = true, .condition = "",
	.n_columns = 2, .columns = {"id", "valid"}
};
static Source keys = {
	.relation = "dependency", .condition = " WHERE origin OPERATOR(pg_catalog.<>) 'relationship'",
	.n_columns = 6, .columns = {"source", "target", "valid", "weight", "propagates", "kind"}
};
static Source relationships = {
	.relation = "relationship", .is_table = true, .condition = "",
	.n_columns = 9, .columns = {"source", "target", "valid", "weight", "id", "attributes", "source_type", "kind", "target_type"}
};

/* What is kept twice for a period or a kind is found again by its bytes. */
typedef struct PeriodEntry
{
	PfPeriod	period;			/* hash key */
	int32		place;
} PeriodEntry;

typedef struct Loader
{
	DestReceiver pub;
	const Source *source;
	PfColumns	columns;		/* of the row in hand */
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
	return capacity == 0 ? MIN_ROOM : capacity > PG_INT32_MAX / 2 ? PG_INT32_MAX : capacity * 2;
}

/*
 * How many rows to make room for: as many as the planner would guess that the table has, which spares copying them
 * again and again as more come. Some may be hidden from the caller, so a guess that takes more than a quarter of what
 * the graph may have is not followed, and room doubles as rows come.
 */
static int32
guess_rows(const PfGraph *graph, const Source *source, Size row_size)
{
	Relation	rel = table_open(pf_relation_oid(source->relation), AccessShareLock);
	BlockNumber pages;
	double		rows;
	double		all_visible;

	estimate_rel_size(rel, NULL, &pages, &rows, &all_visible);
	table_close(rel, AccessShareLock);
	rows += rows / 64;
	if (rows <= MIN_ROOM || rows >= PG_INT32_MAX / 2 ||
		MemoryContextMemAllocated(graph->context, true) + rows * row_size >= (double) pf_graph_mem * 1024 / 4)
		return MIN_ROOM;
	return (int32) rows;
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

static void
grow_elements(PfGraph *graph, int32 capacity)
{
	graph->ids = grow(graph, graph->ids, sizeof(int64), graph->n_elements, capacity);
	graph->element_period = grow(graph, graph->element_period, sizeof(int32), graph->n_elements, capacity);
	graph->capacity = capacity;
}

static bool
receive_element(TupleTableSlot *slot, DestReceiver *self)
{
	Loader	   *loader = (Loader *) self;
	PfGraph    *graph = loader->graph;
	int32		n = graph->n_elements;

	pf_graph_take_columns(&loader->columns, slot);
	if (n == graph->capacity)
		grow_elements(graph, twice(graph->capacity));
	graph->ids[n] = DatumGetInt64(loader->columns.values[ELEMENT_ID]);
	graph->element_period[n] = read_period(loader, loader->columns.values[ELEMENT_VALID]);
	if (n > 0 && graph->ids[n] < graph->ids[n - 1])
		loader->unsorted = true;
	graph->n_elements++;
	return true;
}

#define ROW_SIZE (3 * sizeof(int32) + sizeof(int16) + sizeof(uint8) + sizeof(float4) + sizeof(int64))

static void
grow_rows(PfGraph *graph, int32 capacity)
{
	PfRows	   *rows = &graph->rows;
	int32		n = rows->count;

	rows->source = grow(graph, rows->source, sizeof(int32), n, capacity);
	rows->target = grow(graph, rows->target, sizeof(int32), n, capacity);
	rows->period = grow(graph, rows->period, sizeof(int32), n, capacity);
	rows->kind = grow(graph, rows->kind, sizeof(int16), n, capacity);
	rows->travels = grow(graph, rows->travels, sizeof(uint8), n, capacity);
	rows->weight = grow(graph, rows->weight, sizeof(float4), n, capacity);
	rows->relationship = grow(graph, rows->relationship, sizeof(int64), n, capacity);
	rows->capacity = capacity;
}

/* Room for the row in hand, with what both queries begin with; -1 when an end of it is not seen. */
static inline int32
begin_row(Loader *loader)
{
	const Datum *values = loader->columns.values;
	const bool *nulls = loader->columns.nulls;
	PfGraph    *graph = loader->graph;
	PfRows	   *rows = &graph->rows;
	int32		n = rows->count;
	int32		source;
	int32		target;

	source = nulls[ROW_SOURCE] ? -1 : pf_graph_place(graph, DatumGetInt64(values[ROW_SOURCE]));
	target = nulls[ROW_TARGET] ? -1 : pf_graph_place(graph, DatumGetInt64(values[ROW_TARGET]));
	if (source < 0 || target < 0)
		return -1;
	if (n == rows->capacity)
		grow_rows(graph, twice(rows->capacity));
	rows->source[n] = source;
	rows->target[n] = target;
	rows->period[n] = read_period(loader, values[ROW_VALID]);
	rows->weight[n] = DatumGetFloat4(values[ROW_WEIGHT]);
	return n;
}

static bool
receive_key(TupleTableSlot *slot, DestReceiver *self)
{
	Loader	   *loader = (Loader *) self;
	const Datum *values = loader->columns.values;
	PfRows	   *rows = &loader->graph->rows;
	int32		n;

	pf_graph_take_columns(&loader->columns, slot);
	n = begin_row(loader);
	if (n < 0)
		return true;
	rows->travels[n] = pf_graph_read_travels(values[KEY_PROPAGATES]);
	rows->kind[n] = read_kind(loader, values[KEY_KIND], n > 0 ? rows->kind[n - 1] : 0);
	rows->relationship[n] = 0;
	rows->count++;
	return true;
}

static bool
receive_relationship(TupleTableSlot *slot, DestReceiver *self)
{
	Loader	   *loader = (Loader *) self;
	const Datum *values = loader->columns.values;
	PfRows	   *rows = &loader->graph->rows;
	PfRule	   *rule;
	uint8		own;
	int32		n;

	pf_graph_take_columns(&loader->columns, slot);
	rule = pf_graph_rule(loader->rules, &values[RELATIONSHIP_CELL]);
	n = rule->legal ? begin_row(loader) : -1;
	if (n < 0)
		return true;
	if (rule->kind < 0)
		rule->kind = read_kind(loader, values[RELATIONSHIP_KIND], 0);
	own = rule->access && !loader->columns.nulls[RELATIONSHIP_ATTRIBUTES] ? pf_graph_access_travels(values[RELATIONSHIP_ATTRIBUTES]) : 0;
	rows->travels[n] = own != 0 ? own : rule->travels;
	rows->kind[n] = rule->kind;
	rows->relationship[n] = DatumGetInt64(values[RELATIONSHIP_ID]);
	rows->count++;
	return true;
}

static void
receiver_startup(DestReceiver *self, int operation, TupleDesc typeinfo)
{
	Loader	   *loader = (Loader *) self;

	pf_graph_find_columns(&loader->columns, loader->source->columns, loader->source->n_columns, typeinfo);
}

static void
receiver_nothing(DestReceiver *self)
{
}

static SPIPlanPtr
prepare(const Source *source, bool whole)
{
	StringInfoData sql;
	SPIPlanPtr	plan;

	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT ");
	for (int i = 0; i < source->n_columns && !whole; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "", source->columns[i]);
	appendStringInfo(&sql, "%s FROM %s.%s%s", whole ? "*" : "", PF_SCHEMA, source->relation, source->condition);
	plan = SPI_prepare(sql.data, 0, NULL);
	if (plan == NULL || SPI_keepplan(plan) != 0)
		elog(ERROR, "could not prepare the query that loads the graph");
	pfree(sql.data);
	return plan;
}

/* Whole rows are for those whom a grant on some columns does not limit. */
static void
run(Loader *loader, Source *source, bool (*receive) (TupleTableSlot *, DestReceiver *))
{
	bool		whole = source->is_table &&
		pg_class_aclcheck(pf_relation_oid(source->relation), GetUserId(), ACL_SELECT) == ACLCHECK_OK;

	loader->source = source;
	loader->pub.receiveSlot = receive;
	loader->pub.rStartup = receiver_startup;
	loader->pub.rShutdown = receiver_nothing;
	loader->pub.rDestroy = receiver_nothing;
	loader->pub.mydest = DestTuplestore;
	if (source->plans[whole] == NULL)
		source->plans[whole] = prepare(source, whole);
	source->last = source->plans[whole];
	if (pf_spi_execute_into(source->last, &loader->pub) != SPI_OK_SELECT)
		elog(ERROR, "could not load the graph");
}

/* ---- the whole ---- */

static void
load_parts(PfGraph *graph)
{
	Loader		loader = {0};
	HASHCTL		ctl = {0};
	int			guc_level = NewGUCNestLevel();
	int32		more;

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
	grow_elements(graph, guess_rows(graph, &elements, sizeof(int64) + sizeof(int32)));
	run(&loader, &elements, receive_element);
	pf_graph_index_elements(graph, loader.unsorted);
	/* The view first: it needs every right, and names itself where one is missing. */
	run(&loader, &keys, receive_key);
	more = guess_rows(graph, &relationships, ROW_SIZE);
	if (more > graph->rows.capacity - graph->rows.count)
		grow_rows(graph, graph->rows.count + more);
	run(&loader, &relationships, receive_relationship);
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
	SPIPlanPtr	plans[] = {elements.last, keys.last, relationships.last};
	List	   *relations = NIL;

	for (int i = 0; i < lengthof(plans); i++)
	{
		CachedPlanSource *source = linitial(SPI_plan_get_plan_sources(plans[i]));

		relations = list_concat_unique_oid(relations, source->relationOids);
	}
	return relations;
}
