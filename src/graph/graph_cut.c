/*
 * graph_cut.c
 *		Single points of failure: elements and dependencies without which the portfolio falls apart.
 *
 * Directions do not count here. One depth first search numbers the elements and finds for each the
 * lowest number that its subtree reaches over an arc that is not in the tree (Hopcroft and Tarjan); the
 * search keeps its own stack. A subtree that reaches nothing above an element hangs on that element
 * alone, and one that reaches not even the element hangs on the dependency that leads to it. Of two
 * parallel dependencies neither is a bridge. Work and memory are O(elements + arcs).
 */
#include "graph.h"

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "portfolio/portfolio.h"

PG_FUNCTION_INFO_V1(pf_graph_articulation_points);
PG_FUNCTION_INFO_V1(pf_graph_bridges);

typedef struct Cuts
{
	const PfArcs *arcs[2];		/* forward and reverse */
	int32		n_met;
	int32	   *order;			/* elements as they were met */
	int32	   *number;			/* in which an element was met, from 1; 0: not yet */
	int32	   *low;
	int32	   *parent;			/* -1 for a root */
	int32	   *parent_row;
	int32	   *next_arc;		/* forward arcs first, then reverse ones */
	int32	   *size;			/* of its subtree */
	int32	   *root;
	int32	   *n_parts;		/* subtrees that hang on it alone */
	int32	   *parts_sum;		/* their elements */
	int32	   *parts_max;
} Cuts;

static void
meet(Cuts *cuts, int32 element, int32 parent, int32 row, int32 root)
{
	cuts->order[cuts->n_met++] = element;
	cuts->number[element] = cuts->low[element] = cuts->n_met;
	cuts->parent[element] = parent;
	cuts->parent_row[element] = row;
	cuts->root[element] = root;
	cuts->size[element] = 1;
}

/* The subtree of this element is done: tell its parent. */
static void
leave(Cuts *cuts, int32 element)
{
	int32		parent = cuts->parent[element];

	if (parent < 0)
		return;
	cuts->size[parent] += cuts->size[element];
	if (cuts->low[element] < cuts->low[parent])
		cuts->low[parent] = cuts->low[element];
	if (cuts->low[element] >= cuts->number[parent])
	{
		cuts->n_parts[parent]++;
		cuts->parts_sum[parent] += cuts->size[element];
		cuts->parts_max[parent] = Max(cuts->parts_max[parent], cuts->size[element]);
	}
}

/* Go on with the arcs of an element until one leads to a new element; that one, or -1. */
static int32
go_on(Cuts *cuts, int32 element, int32 *row)
{
	const PfArcs *forward = cuts->arcs[0];
	const PfArcs *reverse = cuts->arcs[1];
	int32		n_forward = forward->first[element + 1] - forward->first[element];
	int32		n_all = n_forward + reverse->first[element + 1] - reverse->first[element];
	int32		low = cuts->low[element];
	int32		found = -1;

	while (found < 0 && cuts->next_arc[element] < n_all)
	{
		int32		at = cuts->next_arc[element]++;
		const PfArcs *arcs = at < n_forward ? forward : reverse;
		int32		i = at < n_forward ? forward->first[element] + at : reverse->first[element] + at - n_forward;
		int32		head = arcs->head[i];

		*row = arcs->row[i];
		if (cuts->number[head] == 0)
			found = head;
		else if (*row != cuts->parent_row[element] && cuts->number[head] < low)
			low = cuts->number[head];
	}
	cuts->low[element] = low;
	return found;
}

static void
search_from(Cuts *cuts, int32 root)
{
	int32		element = root;

	meet(cuts, root, -1, -1, root);
	while (element >= 0)
	{
		int32		row;
		int32		next = go_on(cuts, element, &row);

		if (next >= 0)
		{
			meet(cuts, next, element, row, root);
			element = next;
			if (cuts->n_met % 1024 == 0)
				CHECK_FOR_INTERRUPTS();
		}
		else
		{
			leave(cuts, element);
			element = cuts->parent[element];
		}
	}
}

static Cuts *
find_cuts(PfGraph *graph, PfAlong along)
{
	Cuts	   *cuts = palloc0(sizeof(Cuts));

	pf_graph_set_day(graph, pf_as_of_shown());
	cuts->arcs[0] = pf_graph_arcs(graph, along, PF_FORWARD);
	cuts->arcs[1] = pf_graph_arcs(graph, along, PF_REVERSE);
	cuts->order = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	cuts->number = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	cuts->low = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	cuts->parent = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	cuts->parent_row = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	cuts->next_arc = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	cuts->size = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	cuts->root = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	cuts->n_parts = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	cuts->parts_sum = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	cuts->parts_max = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	for (int32 i = 0; i < graph->n_elements; i++)
		if (graph->live[i] && cuts->number[i] == 0)
			search_from(cuts, i);
	return cuts;
}

/* How many parts are left when the element goes, and how many elements are cut off from the largest. */
static int32
parts_without(const Cuts *cuts, int32 element, int32 *cut_off)
{
	int32		others = cuts->size[cuts->root[element]] - 1;
	int32		rest = others - cuts->parts_sum[element];

	*cut_off = others - Max(cuts->parts_max[element], rest);
	return cuts->n_parts[element] + (rest > 0 ? 1 : 0);
}

/* graph_articulation_points(along text) */
Datum
pf_graph_articulation_points(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	PfAlong		along = pf_graph_along(PG_GETARG_TEXT_PP(0));
	PfGraph    *graph = pf_graph_open();
	Cuts	   *cuts = find_cuts(graph, along);
	int32	   *points = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	int32		n_points = 0;
	int32		cut_off;
	PfNames    *names;

	pf_init_materialized_srf(fcinfo);
	for (int32 i = 0; i < cuts->n_met; i++)
		if (cuts->n_parts[cuts->order[i]] > 0 && parts_without(cuts, cuts->order[i], &cut_off) > 1)
			points[n_points++] = cuts->order[i];
	names = pf_graph_names(graph, points, n_points);
	for (int32 i = 0; i < n_points; i++)
	{
		Datum		values[6];
		bool		nulls[6] = {false};

		CHECK_FOR_INTERRUPTS();
		pf_graph_fill_element(names, points[i], values, nulls);
		values[4] = Int32GetDatum(parts_without(cuts, points[i], &cut_off));
		values[5] = Int32GetDatum(cut_off);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	pf_graph_close(graph);
	return (Datum) 0;
}

/* source, source_ref, target, target_ref, kind, relationship, cut_off */
static void
put_bridge(ReturnSetInfo *rsinfo, const PfGraph *graph, const PfNames *names, const Cuts *cuts, int32 element)
{
	const PfRows *rows = &graph->rows;
	int32		row = cuts->parent_row[element];
	int32		ends[2] = {rows->source[row], rows->target[row]};
	Datum		values[7];
	bool		nulls[7] = {false};
	StringInfoData label;

	initStringInfo(&label);
	for (int i = 0; i < 2; i++)
	{
		resetStringInfo(&label);
		pf_graph_append_path(&label, names, &ends[i], 1);
		values[2 * i] = Int64GetDatum(graph->ids[ends[i]]);
		values[2 * i + 1] = PointerGetDatum(cstring_to_text_with_len(label.data, label.len));
	}
	values[4] = CStringGetTextDatum(graph->kinds[rows->kind[row]]);
	nulls[5] = rows->relationship[row] == 0;
	values[5] = Int64GetDatum(rows->relationship[row]);
	values[6] = Int32GetDatum(Min(cuts->size[element], cuts->size[cuts->root[element]] - cuts->size[element]));
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* graph_bridges(along text) */
Datum
pf_graph_bridges(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	PfAlong		along = pf_graph_along(PG_GETARG_TEXT_PP(0));
	PfGraph    *graph = pf_graph_open();
	Cuts	   *cuts = find_cuts(graph, along);
	MemoryContext row_context;
	int32	   *below = pf_graph_zeroed(graph->n_elements, sizeof(int32));	/* the lower end of each bridge */
	int32	   *ends;
	int32		n_bridges = 0;
	PfNames    *names;

	pf_init_materialized_srf(fcinfo);
	for (int32 i = 0; i < cuts->n_met; i++)
	{
		int32		element = cuts->order[i];

		if (cuts->parent[element] >= 0 && cuts->low[element] > cuts->number[cuts->parent[element]])
			below[n_bridges++] = element;
	}
	ends = MemoryContextAllocHuge(CurrentMemoryContext, Max(n_bridges, 1) * 2 * sizeof(int32));
	for (int32 i = 0; i < n_bridges; i++)
	{
		ends[2 * i] = below[i];
		ends[2 * i + 1] = cuts->parent[below[i]];
	}
	names = pf_graph_names(graph, ends, 2 * n_bridges);
	row_context = AllocSetContextCreate(CurrentMemoryContext, "pg_portfolio graph row", ALLOCSET_SMALL_SIZES);
	for (int32 i = 0; i < n_bridges; i++)
	{
		MemoryContext old_context = MemoryContextSwitchTo(row_context);

		CHECK_FOR_INTERRUPTS();
		put_bridge(rsinfo, graph, names, cuts, below[i]);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(row_context);
	}
	pf_graph_close(graph);
	return (Datum) 0;
}
