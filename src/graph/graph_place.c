/*
 * graph_place.c
 *		From the id of an element to its place.
 *
 * Every relationship asks twice, for ids that lie anywhere, so what answers has to fit the processor's cache. Ids
 * come from one sequence and are dense: a bit for each of them, and for each 64 the place of the first, are a quarter
 * of a byte an id. Where they are far apart a binary search has to do.
 */
#include "graph.h"

#include "utils/memutils.h"

/* Ids that may lie between the first and the last, for each element */
#define SPARSEST 16

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

/* When all elements are there: what pf_graph_place() looks at. */
void
pf_graph_index_elements(PfGraph *graph, bool unsorted)
{
	uint64		span;
	Size		size;

	if (graph->n_elements == 0)
		return;
	if (unsorted)
		sort_elements(graph);
	span = (uint64) graph->ids[graph->n_elements - 1] - (uint64) graph->ids[0];
	if (span / SPARSEST > (uint64) graph->n_elements)
		return;
	size = (span / 64 + 1) * sizeof(PfIdBlock);
	pf_graph_needs(graph, size);
	graph->blocks = MemoryContextAllocExtended(graph->context, size, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	for (int32 i = 0; i < graph->n_elements; i++)
	{
		uint64		offset = (uint64) graph->ids[i] - (uint64) graph->ids[0];
		PfIdBlock  *block = &graph->blocks[offset / 64];

		if (block->present == 0)
			block->place = i;
		block->present |= UINT64CONST(1) << (offset % 64);
	}
}

int32
pf_graph_search(const PfGraph *graph, int64 id)
{
	int32		low = 0;
	int32		high = graph->n_elements - 1;

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
