/*
 * graph_load.c
 *		From tables and the view `dependency` to arrays.
 *
 * Elements and dependencies are read with the caller's rights and in his snapshot, whatever their dates.
 * Relationships, the first arm of the view and the only one that may be long, are read from their table
 * instead: the view joins each of them to the matrix of legal relationships, which costs more than all
 * else; here each cell of it is asked for once (graph_rule.c). A table that the caller may read as a
 * whole is scanned (graph_scan.c); else a query of the columns tells what he may see of it.
 *
 * A dependency with an end that the caller does not see is left out: the graph shows nothing of what he
 * may not see, not even that it is there. Rows go straight into arrays; nothing else is kept of them.
 */
#include "graph.h"

#include "access/table.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "optimizer/plancat.h"
#include "tcop/dest.h"
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

/* What is loaded: columns of a relation, and the query for them */
typedef struct Source
{
	const char *relation;
	const char *columns;
	const char *condition;
	SPIPlanPtr	plan;
} Source;

static Source elements = {"element", "id, valid", "", NULL};
#define KEY_COLUMNS 6
static Source keys = {
	"dependency", "source, target, valid, weight, propagates, kind",
	" WHERE origin OPERATOR(pg_catalog.<>) 'relationship'", NULL
};
static Source relationships = {
	"relationship", "id, source, target, weight, source_type, kind, target_type, valid, attributes", "", NULL
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
	if (capacity == PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the graph has more than %d elements or dependencies", PG_INT32_MAX)));
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
kind_place(Loader *loader, const char *kind, int length, int16 last)
{
	PfGraph    *graph = loader->graph;

	for (int i = -1; i < graph->n_kinds; i++)
	{
		int16		at = i < 0 ? last : i;

		if (at < graph->n_kinds && strncmp(graph->kinds[at], kind, length) == 0 && graph->kinds[at][length] == '\0')
			return at;
	}
	if (graph->n_kinds == PG_INT16_MAX)
		elog(ERROR, "the graph has too many kinds of dependency");
	if (graph->n_kinds == loader->kind_capacity)
	{
		loader->kind_capacity = twice(loader->kind_capacity);
		graph->kinds = grow(graph, graph->kinds, sizeof(char *), graph->n_kinds, loader->kind_capacity);
	}
	graph->kinds[graph->n_kinds] = MemoryContextAlloc(graph->context, length + 1);
	memcpy(graph->kinds[graph->n_kinds], kind, length);
	graph->kinds[graph->n_kinds][length] = '\0';
	return graph->n_kinds++;
}

static int16
read_kind(Loader *loader, Datum value, int16 last)
{
	text	   *kind = DatumGetTextPP(value);

	return kind_place(loader, VARDATA_ANY(kind), VARSIZE_ANY_EXHDR(kind), last);
}

/* ---- rows ---- */

static void
grow_elements(PfGraph *graph, int32 capacity)
{
	graph->ids = grow(graph, graph->ids, sizeof(int64), graph->n_elements, capacity);
	graph->element_period = grow(graph, graph->element_period, sizeof(int32), graph->n_elements, capacity);
	graph->capacity = capacity;
}

static void
add_element(void *state, const PfElementRow *row)
{
	Loader	   *loader = state;
	PfGraph    *graph = loader->graph;
	int32		n = graph->n_elements;

	if (n == graph->capacity)
		grow_elements(graph, twice(graph->capacity));
	graph->ids[n] = row->id;
	graph->element_period[n] = read_period(loader, row->valid);
	if (n > 0 && graph->ids[n] < graph->ids[n - 1])
		loader->unsorted = true;
	graph->n_elements++;
}

#define ROW_SIZE (sizeof(int64) + 3 * sizeof(int32) + sizeof(float4) + sizeof(int16) + sizeof(uint8))

#define MOVE_COLUMN(column) \
	do { \
		if (rows->count > 0) \
			memcpy(at, rows->column, rows->count * sizeof(*rows->column)); \
		rows->column = (void *) at; \
		at += capacity * sizeof(*rows->column); \
	} while (0)

/* The columns lie in one block, the widest first: one request for memory rather than seven. */
static void
grow_rows(PfGraph *graph, int32 capacity)
{
	PfRows	   *rows = &graph->rows;
	void	   *old = rows->relationship;
	char	   *at;

	if (old != NULL)
		pf_graph_needs(graph, capacity * ROW_SIZE);
	at = MemoryContextAllocHuge(graph->context, capacity * ROW_SIZE);
	MOVE_COLUMN(relationship);
	MOVE_COLUMN(source);
	MOVE_COLUMN(target);
	MOVE_COLUMN(period);
	MOVE_COLUMN(weight);
	MOVE_COLUMN(kind);
	MOVE_COLUMN(travels);
	rows->capacity = capacity;
	if (old != NULL)
		pfree(old);
}

/* Room for a row between these elements; -1 when one of them is not seen. */
static inline int32
begin_row(PfGraph *graph, int64 source_id, int64 target_id)
{
	PfRows	   *rows = &graph->rows;
	int32		source = pf_graph_place(graph, source_id);
	int32		target = pf_graph_place(graph, target_id);
	int32		n = rows->count;

	if (source < 0 || target < 0)
		return -1;
	if (n == rows->capacity)
		grow_rows(graph, twice(rows->capacity));
	rows->source[n] = source;
	rows->target[n] = target;
	return n;
}

static void
add_relationship(void *state, const PfRelationshipRow *row)
{
	Loader	   *loader = state;
	PfRows	   *rows = &loader->graph->rows;
	PfRule	   *rule = pf_graph_rule(loader->rules, row->cell, row->cell_length);
	uint8		own = 0;
	int32		n = rule->legal ? begin_row(loader->graph, row->source, row->target) : -1;

	if (n < 0)
		return;
	if (rule->kind < 0)
		rule->kind = kind_place(loader, rule->kind_name, strlen(rule->kind_name), 0);
	if (rule->access && row->attributes != NULL)
		own = pf_graph_access_travels(PointerGetDatum(row->attributes));
	rows->period[n] = read_period(loader, row->valid);
	rows->weight[n] = row->weight;
	rows->travels[n] = own != 0 ? own : rule->travels;
	rows->kind[n] = rule->kind;
	rows->relationship[n] = row->id;
	rows->count++;
}

/* ---- receivers: their columns are those of the queries above ---- */

static bool
receive_element(TupleTableSlot *slot, DestReceiver *self)
{
	PfElementRow row;

	slot_getallattrs(slot);
	if (slot->tts_isnull[0] || slot->tts_isnull[1])
		return true;
	row.id = DatumGetInt64(slot->tts_values[0]);
	row.valid = slot->tts_values[1];
	add_element(self, &row);
	return true;
}

static bool
receive_key(TupleTableSlot *slot, DestReceiver *self)
{
	Loader	   *loader = (Loader *) self;
	PfRows	   *rows = &loader->graph->rows;
	const Datum *values = slot->tts_values;
	int32		n;

	slot_getallattrs(slot);
	if (memchr(slot->tts_isnull, true, KEY_COLUMNS) != NULL)
		return true;
	n = begin_row(loader->graph, DatumGetInt64(values[0]), DatumGetInt64(values[1]));
	if (n < 0)
		return true;
	rows->period[n] = read_period(loader, values[2]);
	rows->weight[n] = DatumGetFloat4(values[3]);
	rows->travels[n] = pf_graph_read_travels(values[4]);
	rows->kind[n] = read_kind(loader, values[5], n > 0 ? rows->kind[n - 1] : 0);
	rows->relationship[n] = 0;
	rows->count++;
	return true;
}

static bool
receive_relationship(TupleTableSlot *slot, DestReceiver *self)
{
	PfRelationshipRow row;

	slot_getallattrs(slot);
	if (pf_graph_fill_relationship(&row, slot->tts_values, slot->tts_isnull))
		add_relationship(self, &row);
	return true;
}

static void
run(Loader *loader, Source *source, pf_receive_slot receive)
{
	if (source->plan == NULL)
		pf_keep_plan(&source->plan, psprintf("SELECT %s FROM %s.%s%s", source->columns, PF_SCHEMA, source->relation, source->condition),
					 0, NULL, 0);
	if (pf_spi_execute_into(source->plan, &loader->pub, receive) != SPI_OK_SELECT)
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
	pf_pin_setting("jit", "off");
	grow_elements(graph, guess_rows(graph, &elements, sizeof(int64) + sizeof(int32)));
	if (!pf_graph_scan_elements(add_element, &loader))
		run(&loader, &elements, receive_element);
	pf_graph_index_elements(graph, loader.unsorted);
	/* The view first: it needs every right, and names itself where one is missing. */
	run(&loader, &keys, receive_key);
	more = guess_rows(graph, &relationships, ROW_SIZE);
	if (more > graph->rows.capacity - graph->rows.count)
		grow_rows(graph, graph->rows.count + more);
	if (!pf_graph_scan_relationships(add_relationship, &loader))
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

/* Every relation that the graph is loaded from, views included. */
List *
pf_graph_relations(void)
{
	CachedPlanSource *view = linitial(SPI_plan_get_plan_sources(keys.plan));

	return list_concat_unique_oid(list_make2_oid(pf_relation_oid(elements.relation), pf_relation_oid(relationships.relation)),
								  view->relationOids);
}
