/*
 * breadth_first.c
 *		What can be reached from an element, over a list of edges.
 *
 * For graphs that a query makes for itself, such as those of transfer_waves(): the edges come as two
 * arrays and nothing is kept between calls. Over the portfolio as it is, graph_reach.c is faster.
 *
 * Edges are sorted by tail and found by binary search; every element is visited once, so cycles
 * end. Work is that of sorting the edges. Each row has its whole path too, so that those of a chain of n
 * elements have n² numbers.
 */
#include "graph.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/hsearch.h"

PG_FUNCTION_INFO_V1(pf_breadth_first);

typedef struct Edge
{
	int64		tail;
	int64		head;
} Edge;

/* An element that was reached; `from` is the index of the one before it, -1 for the start. */
typedef struct Reached
{
	int64		element;
	int32		depth;
	int64		from;
} Reached;

typedef struct Search
{
	Edge	   *edges;
	int64		n_edges;
	Reached    *reached;
	int64		n_reached;
	int64		capacity;
	HTAB	   *seen;
} Search;

static int
compare_edges(const void *a, const void *b)
{
	const Edge *x = a;
	const Edge *y = b;

	if (x->tail != y->tail)
		return x->tail < y->tail ? -1 : 1;
	if (x->head != y->head)
		return x->head < y->head ? -1 : 1;
	return 0;
}

static Edge *
read_edges(ArrayType *tails, ArrayType *heads, int64 *n_edges)
{
	int			n = ArrayGetNItems(ARR_NDIM(tails), ARR_DIMS(tails));
	int64	   *tail = (int64 *) ARR_DATA_PTR(tails);
	int64	   *head = (int64 *) ARR_DATA_PTR(heads);
	Edge	   *edges;

	if (n != ArrayGetNItems(ARR_NDIM(heads), ARR_DIMS(heads)))
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("tails and heads must have the same number of elements")));
	if (array_contains_nulls(tails) || array_contains_nulls(heads))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("tails and heads must not contain nulls")));
	edges = MemoryContextAllocHuge(CurrentMemoryContext, Max(n, 1) * sizeof(Edge));
	for (int i = 0; i < n; i++)
	{
		edges[i].tail = tail[i];
		edges[i].head = head[i];
	}
	qsort(edges, n, sizeof(Edge), compare_edges);
	*n_edges = n;
	return edges;
}

/* Index of the first edge that leaves this element, or of the first after it. */
static int64
first_edge(const Search *search, int64 element)
{
	int64		low = 0;
	int64		high = search->n_edges;

	while (low < high)
	{
		int64		middle = low + (high - low) / 2;

		if (search->edges[middle].tail < element)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void
reach(Search *search, int64 element, int32 depth, int64 from)
{
	bool		found;

	(void) hash_search(search->seen, &element, HASH_ENTER, &found);
	if (found)
		return;
	if (search->n_reached == search->capacity)
	{
		search->capacity *= 2;
		search->reached = repalloc_huge(search->reached, search->capacity * sizeof(Reached));
	}
	search->reached[search->n_reached].element = element;
	search->reached[search->n_reached].depth = depth;
	search->reached[search->n_reached].from = from;
	search->n_reached++;
}

/* From the start to this element, as an array. */
static Datum
path_to(const Search *search, int64 at)
{
	int			length = search->reached[at].depth + 1;
	Datum	   *path = palloc(length * sizeof(Datum));
	ArrayType  *array;

	for (int i = length - 1; i >= 0; i--)
	{
		path[i] = Int64GetDatum(search->reached[at].element);
		at = search->reached[at].from;
	}
	array = construct_array(path, length, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
	pfree(path);
	return PointerGetDatum(array);
}

/* breadth_first(tails bigint[], heads bigint[], start bigint, max_depth integer) */
Datum
pf_breadth_first(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	Search		search;
	HASHCTL		ctl = {0};
	int32		max_depth = pf_graph_max_depth(fcinfo, 3);

	pf_init_materialized_srf(fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return (Datum) 0;

	search.edges = read_edges(PG_GETARG_ARRAYTYPE_P(0), PG_GETARG_ARRAYTYPE_P(1), &search.n_edges);
	search.capacity = 64;
	search.n_reached = 0;
	search.reached = palloc(search.capacity * sizeof(Reached));
	ctl.keysize = sizeof(int64);
	ctl.entrysize = sizeof(int64);
	ctl.hcxt = CurrentMemoryContext;
	search.seen = hash_create("pg_portfolio reached elements", 256, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);

	reach(&search, PG_GETARG_INT64(2), 0, -1);
	for (int64 at = 0; at < search.n_reached && search.reached[at].depth < max_depth; at++)
	{
		int64		element = search.reached[at].element;
		int32		depth = search.reached[at].depth;

		CHECK_FOR_INTERRUPTS();
		for (int64 e = first_edge(&search, element); e < search.n_edges && search.edges[e].tail == element; e++)
			reach(&search, search.edges[e].head, depth + 1, at);
	}
	for (int64 i = 1; i < search.n_reached; i++)
	{
		Datum		values[4];
		bool		nulls[4] = {false};

		CHECK_FOR_INTERRUPTS();
		values[0] = Int64GetDatum(search.reached[i].element);
		values[1] = Int32GetDatum(search.reached[i].depth);
		values[2] = Int64GetDatum(search.reached[search.reached[i].from].element);
		values[3] = path_to(&search, i);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		pfree(DatumGetPointer(values[3]));
	}
	hash_destroy(search.seen);
	return (Datum) 0;
}
