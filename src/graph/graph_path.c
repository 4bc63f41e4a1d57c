/*
 * graph_path.c
 *		The way from one element to another, and the next best ones.
 *
 * The shortest way has the fewest steps, or the least weight. The k best simple ways are found as Yen
 * and Lawler do: each next one leaves an earlier one at some element, so for every element of the last
 * way after the point where that left its own parent the best continuation is looked for that no way
 * with the same beginning takes, and the best of all found so far is the next.
 *
 * Ways are told apart by their elements: of parallel relationships the oldest (the lightest) is taken.
 * Nothing depends on how rows lie in a table: arcs are ordered, and so are candidates.
 */
#include "graph.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "portfolio/portfolio.h"

PG_FUNCTION_INFO_V1(pf_graph_paths);

typedef struct Way
{
	double		cost;
	int32		length;			/* elements */
	int32		leaves;			/* place in it up to which it is its parent's */
	int32	   *place;
	int32	   *row;			/* that led to each; -1 for the first */
} Way;

typedef struct Ways
{
	int32		count;
	int32		capacity;
	Way		   *way;
} Ways;

typedef struct HeapEntry
{
	double		cost;
	int32		place;
} HeapEntry;

/* One search; what is stamped with its number belongs to it, so nothing is cleared between searches. */
typedef struct Search
{
	const PfGraph *graph;
	const PfArcs *arcs;
	bool		weighted;
	int32		goal;
	int32		stamp;
	int32	   *reached;		/* stamp: has a cost */
	int32	   *closed;			/* stamp: may not be entered (again) */
	int32	   *barred;			/* stamp: not as the first step */
	double	   *cost;
	int32	   *from;
	int32	   *row;
	int32	   *queue;
	HeapEntry  *heap;
	int64		n_heap;
	int64		heap_capacity;
} Search;

static void
start_search(Search *search, const PfGraph *graph, const PfArcs *arcs, int32 goal, bool weighted)
{
	memset(search, 0, sizeof(Search));
	search->graph = graph;
	search->arcs = arcs;
	search->goal = goal;
	search->weighted = weighted;
	search->reached = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	search->closed = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	search->barred = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	search->from = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	search->row = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	if (weighted)
	{
		search->cost = pf_graph_zeroed(graph->n_elements, sizeof(double));
		search->heap_capacity = 1024;
		search->heap = palloc(search->heap_capacity * sizeof(HeapEntry));
	}
	else
		search->queue = pf_graph_zeroed(graph->n_elements, sizeof(int32));
}

/* ---- fewest steps ---- */

/* Breadth first until the goal is met. */
static bool
fewest_steps(Search *search, int32 start)
{
	const PfArcs *arcs = search->arcs;
	int32		n = 1;

	search->queue[0] = start;
	search->closed[start] = search->stamp;
	for (int32 at = 0; at < n; at++)
	{
		int32		tail = search->queue[at];

		if (at % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		for (int32 i = arcs->first[tail]; i < arcs->first[tail + 1]; i++)
		{
			int32		head = arcs->head[i];

			if (search->closed[head] == search->stamp ||
				(at == 0 && search->barred[head] == search->stamp))
				continue;
			search->closed[head] = search->stamp;
			search->from[head] = tail;
			search->row[head] = arcs->row[i];
			if (head == search->goal)
				return true;
			search->queue[n++] = head;
		}
	}
	return false;
}

/* ---- least weight ---- */

static bool
entry_before(const HeapEntry *a, const HeapEntry *b)
{
	return a->cost < b->cost || (a->cost == b->cost && a->place < b->place);
}

static void
heap_push(Search *search, double cost, int32 place)
{
	int64		at = search->n_heap++;
	HeapEntry	entry = {cost, place};

	if (at == search->heap_capacity)
	{
		search->heap_capacity *= 2;
		search->heap = repalloc_huge(search->heap, search->heap_capacity * sizeof(HeapEntry));
	}
	for (; at > 0 && entry_before(&entry, &search->heap[(at - 1) / 2]); at = (at - 1) / 2)
		search->heap[at] = search->heap[(at - 1) / 2];
	search->heap[at] = entry;
}

static HeapEntry
heap_pop(Search *search)
{
	HeapEntry	first = search->heap[0];
	HeapEntry	last = search->heap[--search->n_heap];
	int64		at = 0;

	for (;;)
	{
		int64		child = 2 * at + 1;

		if (child >= search->n_heap)
			break;
		if (child + 1 < search->n_heap && entry_before(&search->heap[child + 1], &search->heap[child]))
			child++;
		if (!entry_before(&search->heap[child], &last))
			break;
		search->heap[at] = search->heap[child];
		at = child;
	}
	search->heap[at] = last;
	return first;
}

/* Dijkstra until the goal is taken from the heap. Of ways of one cost the one over the lower places is kept. */
static bool
least_weight(Search *search, int32 start)
{
	const PfArcs *arcs = search->arcs;

	search->n_heap = 0;
	search->cost[start] = 0;
	search->reached[start] = search->stamp;
	heap_push(search, 0, start);
	for (int64 taken = 0; search->n_heap > 0; taken++)
	{
		int32		tail = heap_pop(search).place;

		if (taken % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		if (search->closed[tail] == search->stamp)
			continue;
		search->closed[tail] = search->stamp;
		if (tail == search->goal)
			return true;
		for (int32 i = arcs->first[tail]; i < arcs->first[tail + 1]; i++)
		{
			int32		head = arcs->head[i];
			double		cost = search->cost[tail] + search->graph->rows.weight[arcs->row[i]];

			if (search->closed[head] == search->stamp ||
				(tail == start && search->barred[head] == search->stamp) ||
				(search->reached[head] == search->stamp && search->cost[head] <= cost))
				continue;
			search->reached[head] = search->stamp;
			search->cost[head] = cost;
			search->from[head] = tail;
			search->row[head] = arcs->row[i];
			heap_push(search, cost, head);
		}
	}
	return false;
}

/* ---- ways ---- */

static double
step_cost(const Search *search, int32 row)
{
	return search->weighted ? search->graph->rows.weight[row] : 1;
}

/* The best way from the start that begins as this one does up to element `leaves`; NULL begins at start. */
static bool
find_way(Search *search, int32 start, const Way *parent, int32 leaves, Way *found)
{
	int32		spur = parent == NULL ? start : parent->place[leaves];
	int32		length = 1;

	if (parent != NULL)
		for (int32 i = 0; i < leaves; i++)
			search->closed[parent->place[i]] = search->stamp;
	if (spur != search->goal &&
		!(search->weighted ? least_weight(search, spur) : fewest_steps(search, spur)))
		return false;
	for (int32 at = search->goal; at != spur; at = search->from[at])
		length++;
	found->length = leaves + length;
	found->leaves = leaves;
	found->cost = 0;
	found->place = MemoryContextAllocHuge(CurrentMemoryContext, found->length * sizeof(int32));
	found->row = MemoryContextAllocHuge(CurrentMemoryContext, found->length * sizeof(int32));
	for (int32 at = search->goal, i = found->length - 1; i > leaves; at = search->from[at], i--)
	{
		found->place[i] = at;
		found->row[i] = search->row[at];
	}
	found->place[leaves] = spur;
	found->row[leaves] = parent == NULL ? -1 : parent->row[leaves];
	for (int32 i = 0; i < leaves; i++)
	{
		found->place[i] = parent->place[i];
		found->row[i] = parent->row[i];
	}
	for (int32 i = 1; i < found->length; i++)
		found->cost += step_cost(search, found->row[i]);
	return true;
}

static int
compare_ways(const Way *a, const Way *b)
{
	if (a->cost != b->cost)
		return a->cost < b->cost ? -1 : 1;
	for (int32 i = 0; i < a->length && i < b->length; i++)
		if (a->place[i] != b->place[i])
			return a->place[i] < b->place[i] ? -1 : 1;
	return a->length - b->length;
}

static void
add_way(Ways *ways, const Way *way)
{
	if (ways->count == ways->capacity)
	{
		ways->capacity = Max(16, ways->capacity * 2);
		ways->way = ways->way == NULL ? palloc(ways->capacity * sizeof(Way)) :
			repalloc(ways->way, ways->capacity * sizeof(Way));
	}
	ways->way[ways->count++] = *way;
}

static bool
begins_alike(const Way *a, const Way *b, int32 length)
{
	return a->length >= length && b->length >= length && memcmp(a->place, b->place, length * sizeof(int32)) == 0;
}

/* The candidates that leave the last way found. None is found twice: each leaves where no other may. */
static void
find_candidates(Search *search, const Ways *found, Ways *candidates)
{
	const Way  *last = &found->way[found->count - 1];

	for (int32 leaves = last->leaves; leaves < last->length - 1; leaves++)
	{
		Way			way;

		CHECK_FOR_INTERRUPTS();
		search->stamp++;
		for (int32 i = 0; i < found->count; i++)
			if (begins_alike(&found->way[i], last, leaves + 1) && found->way[i].length > leaves + 1)
				search->barred[found->way[i].place[leaves + 1]] = search->stamp;
		if (find_way(search, last->place[0], last, leaves, &way))
			add_way(candidates, &way);
	}
}

static void
take_best(Ways *candidates, Ways *found)
{
	int32		best = 0;

	for (int32 i = 1; i < candidates->count; i++)
		if (compare_ways(&candidates->way[i], &candidates->way[best]) < 0)
			best = i;
	add_way(found, &candidates->way[best]);
	candidates->way[best] = candidates->way[--candidates->count];
}

static Ways
best_ways(const PfGraph *graph, const PfArcs *arcs, int32 start, int32 goal, int32 wanted, bool weighted)
{
	Ways		found = {0};
	Ways		candidates = {0};
	Search		search;
	Way			way;

	start_search(&search, graph, arcs, goal, weighted);
	search.stamp = 1;
	if (!find_way(&search, start, NULL, 0, &way))
		return found;
	add_way(&found, &way);
	while (found.count < wanted)
	{
		find_candidates(&search, &found, &candidates);
		if (candidates.count == 0)
			break;
		take_best(&candidates, &found);
	}
	return found;
}

static void
put_ways(ReturnSetInfo *rsinfo, const PfGraph *graph, const Ways *ways)
{
	StringInfoData path;

	initStringInfo(&path);
	for (int32 w = 0; w < ways->count; w++)
	{
		const Way  *way = &ways->way[w];
		PfNames    *names = pf_graph_names(graph, way->place, way->length);

		for (int32 i = 0; i < way->length; i++)
		{
			PfStep		step = {way->place[i], i, i > 0 ? way->place[i - 1] : -1, way->row[i]};
			Datum		values[PF_STEP_COLUMNS + 2];
			bool		nulls[PF_STEP_COLUMNS + 2] = {false};

			CHECK_FOR_INTERRUPTS();
			pf_graph_write_path(&path, names, way->place, i + 1);
			pf_graph_fill_step(names, &step, path.data, path.len, values, nulls);
			values[PF_STEP_COLUMNS] = Int32GetDatum(w + 1);
			values[PF_STEP_COLUMNS + 1] = Float8GetDatum(way->cost);
			tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
			pfree(DatumGetPointer(values[6]));
		}
	}
}

/* graph_paths(source bigint, target bigint, k integer, along text, weighted boolean) */
Datum
pf_graph_paths(PG_FUNCTION_ARGS)
{
	PfGraph    *graph;
	PfAlong		along;
	int32		start;
	int32		goal;
	int32		wanted;

	pf_init_materialized_srf(fcinfo);
	for (int i = 0; i < 5; i++)
		if (PG_ARGISNULL(i))
			return (Datum) 0;
	wanted = PG_GETARG_INT32(2);
	if (wanted < 1)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("the number of paths must be at least 1")));
	along = pf_graph_along(PG_GETARG_TEXT_PP(3));
	graph = pf_graph_open();
	pf_graph_set_day(graph, pf_as_of_shown());
	start = pf_graph_place(graph, PG_GETARG_INT64(0));
	goal = pf_graph_place(graph, PG_GETARG_INT64(1));
	if (start >= 0 && goal >= 0 && graph->live[start] && graph->live[goal])
	{
		Ways		ways = best_ways(graph, pf_graph_arcs(graph, along, PF_FORWARD), start, goal, wanted,
									 PG_GETARG_BOOL(4));

		put_ways((ReturnSetInfo *) fcinfo->resultinfo, graph, &ways);
	}
	pf_graph_close(graph);
	return (Datum) 0;
}
