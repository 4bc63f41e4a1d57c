/*
 * graph_component.c
 *		What lies on cycles, and what lies below what: strongly connected components and layers.
 *
 * Tarjan's algorithm with a stack of its own, so a chain of a million elements needs no deep C stack. It
 * numbers components so that arcs between two of them go from the higher number to the lower, which
 * is the order that layers need. Work and memory are O(elements + arcs).
 */
#include "graph.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "portfolio/portfolio.h"

PG_FUNCTION_INFO_V1(pf_graph_cycles);
PG_FUNCTION_INFO_V1(pf_graph_layers);

typedef struct Components
{
	int32		count;
	int32	   *of;				/* component of each element, -1 for those that do not exist on the day */
	int32	   *first;			/* members of c: member[first[c]] .. member[first[c + 1] - 1], ascending */
	int32	   *member;
} Components;

typedef struct Tarjan
{
	const PfArcs *arcs;
	int32	   *component;
	int32		n_components;
	int32	   *number;			/* in which it was met, from 1; 0: not yet */
	int32	   *low;			/* lowest number known to be reached from it */
	int32	   *next_arc;
	int32	   *calls;			/* elements that are being looked at, the deepest last */
	int32	   *stack;			/* elements met that have no component yet */
	int32		n_stack;
	int32		n_met;
} Tarjan;

static void
meet(Tarjan *t, int32 element)
{
	t->number[element] = t->low[element] = ++t->n_met;
	t->next_arc[element] = t->arcs->first[element];
	t->stack[t->n_stack++] = element;
}

/* All arcs of this element are looked at: if it reaches nothing lower, what is above it is a component. */
static void
leave(Tarjan *t, int32 element)
{
	int32		member;

	if (t->low[element] != t->number[element])
		return;
	do
	{
		member = t->stack[--t->n_stack];
		t->component[member] = t->n_components;
	} while (member != element);
	t->n_components++;
}

static void
visit(Tarjan *t, int32 root)
{
	int32		depth = 1;

	t->calls[0] = root;
	meet(t, root);
	while (depth > 0)
	{
		int32		element = t->calls[depth - 1];
		int32		end = t->arcs->first[element + 1];
		int32		low = t->low[element];
		int32		at = t->next_arc[element];

		while (at < end)
		{
			int32		head = t->arcs->head[at];

			if (t->number[head] == 0)
				break;
			if (t->component[head] < 0 && t->number[head] < low)
				low = t->number[head];
			at++;
		}
		t->low[element] = low;
		t->next_arc[element] = at + 1;
		if (at < end)
		{
			meet(t, t->arcs->head[at]);
			t->calls[depth++] = t->arcs->head[at];
			continue;
		}
		if (t->n_met % 1024 == 0)
			CHECK_FOR_INTERRUPTS();
		leave(t, element);
		if (--depth > 0 && t->component[element] < 0 && low < t->low[t->calls[depth - 1]])
			t->low[t->calls[depth - 1]] = low;
	}
}

/* Members by component, in the order of their ids. */
static void
list_members(Components *components, int32 n_elements)
{
	for (int32 i = 0; i < n_elements; i++)
		if (components->of[i] >= 0)
			components->first[components->of[i] + 1]++;
	for (int32 c = 0; c < components->count; c++)
		components->first[c + 1] += components->first[c];
	for (int32 i = n_elements - 1; i >= 0; i--)
		if (components->of[i] >= 0)
			components->member[--components->first[components->of[i] + 1]] = i;
	/* Each first[c + 1] has moved down to where c begins. */
	for (int32 c = 0; c < components->count; c++)
		components->first[c] = components->first[c + 1];
}

static Components *
find_components(const PfGraph *graph, const PfArcs *arcs)
{
	Components *components = palloc0(sizeof(Components));
	Tarjan		t = {0};
	int32		n = graph->n_elements;

	t.arcs = arcs;
	t.component = components->of = pf_graph_zeroed(n, sizeof(int32));
	t.number = pf_graph_zeroed(n, sizeof(int32));
	t.low = pf_graph_zeroed(n, sizeof(int32));
	t.next_arc = pf_graph_zeroed(n, sizeof(int32));
	t.calls = pf_graph_zeroed(n, sizeof(int32));
	t.stack = pf_graph_zeroed(n, sizeof(int32));
	memset(t.component, -1, n * sizeof(int32));
	for (int32 i = 0; i < n; i++)
		if (graph->live[i] && t.number[i] == 0)
			visit(&t, i);
	pfree(t.number);
	pfree(t.low);
	pfree(t.next_arc);
	pfree(t.calls);
	pfree(t.stack);
	components->count = t.n_components;
	components->first = pf_graph_zeroed((Size) t.n_components + 2, sizeof(int32));
	components->member = pf_graph_zeroed(n, sizeof(int32));
	list_members(components, n);
	components->first[t.n_components] = graph->n_live;
	return components;
}

/* ---- cycles ---- */

/* Arrays that the searches for witnesses share; components have no element in common. */
typedef struct Witness
{
	int32	   *from;			/* place + 1 of the one before */
	int32	   *row;
	int32	   *queue;
	int32	   *place;			/* the cycle, its first element again at the end */
	int32	   *step_row;
	int32		length;
} Witness;

/* A shortest cycle through this element, without leaving its component. */
static void
find_witness(Witness *witness, const PfArcs *arcs, const Components *components, int32 start)
{
	int32		n = 1;

	witness->queue[0] = start;
	for (int32 at = 0; at < n; at++)
	{
		int32		tail = witness->queue[at];

		if (at % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		for (int32 i = arcs->first[tail]; i < arcs->first[tail + 1]; i++)
		{
			int32		head = arcs->head[i];

			if (components->of[head] != components->of[start] || witness->from[head] != 0)
				continue;
			witness->from[head] = tail + 1;
			witness->row[head] = arcs->row[i];
			if (head == start)
			{
				witness->length = 1;
				for (int32 p = tail; p != start; p = witness->from[p] - 1)
					witness->length++;
				witness->place[witness->length] = start;
				for (int32 p = start, step = witness->length; step > 0; step--)
				{
					witness->step_row[step - 1] = witness->row[p];
					p = witness->from[p] - 1;
					witness->place[step - 1] = p;
				}
				return;
			}
			witness->queue[n++] = head;
		}
	}
	elog(ERROR, "component without a cycle");
}

static bool
has_cycle(const PfArcs *arcs, const Components *components, int32 component)
{
	int32		element = components->member[components->first[component]];

	if (components->first[component + 1] - components->first[component] > 1)
		return true;
	for (int32 i = arcs->first[element]; i < arcs->first[element + 1]; i++)
		if (arcs->head[i] == element)
			return true;
	return false;
}

static Datum
ids_as_array(const PfGraph *graph, const int32 *places, int32 count)
{
	Datum	   *ids = MemoryContextAllocHuge(CurrentMemoryContext, Max(count, 1) * sizeof(Datum));
	Datum		array;

	for (int32 i = 0; i < count; i++)
		ids[i] = Int64GetDatum(graph->ids[places[i]]);
	array = PointerGetDatum(construct_array(ids, count, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	pfree(ids);
	return array;
}

/* The relationships of a cycle; NULL where a step goes over a foreign key. */
static Datum
relationships_as_array(const PfGraph *graph, const Witness *witness)
{
	Datum	   *ids = MemoryContextAllocHuge(CurrentMemoryContext, witness->length * sizeof(Datum));
	bool	   *nulls = MemoryContextAllocHuge(CurrentMemoryContext, witness->length * sizeof(bool));
	int			dims[1] = {witness->length};
	int			lower[1] = {1};
	Datum		array;

	for (int32 i = 0; i < witness->length; i++)
	{
		ids[i] = Int64GetDatum(graph->rows.relationship[witness->step_row[i]]);
		nulls[i] = graph->rows.relationship[witness->step_row[i]] == 0;
	}
	array = PointerGetDatum(construct_md_array(ids, nulls, 1, dims, lower, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	pfree(ids);
	pfree(nulls);
	return array;
}

static void
put_cycle(ReturnSetInfo *rsinfo, const PfGraph *graph, const Components *components, int32 component,
		  const Witness *witness)
{
	int32	   *members = components->member + components->first[component];
	int32		size = components->first[component + 1] - components->first[component];
	PfNames    *names = pf_graph_names(graph, witness->place, witness->length);
	StringInfoData path;
	Datum		values[5];
	bool		nulls[5] = {false};

	initStringInfo(&path);
	pf_graph_write_path(&path, names, witness->place, witness->length + 1);
	values[0] = Int32GetDatum(size);
	values[1] = Int32GetDatum(witness->length);
	values[2] = PointerGetDatum(cstring_to_text_with_len(path.data, path.len));
	values[3] = ids_as_array(graph, members, size);
	values[4] = relationships_as_array(graph, witness);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* graph_cycles(along text) */
Datum
pf_graph_cycles(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	PfAlong		along = pf_graph_along(PG_GETARG_TEXT_PP(0));
	PfGraph    *graph = pf_graph_open();
	MemoryContext row_context;
	const PfArcs *arcs;
	Components *components;
	Witness		witness;

	pf_init_materialized_srf(fcinfo);
	pf_graph_set_day(graph, pf_as_of_shown());
	arcs = pf_graph_arcs(graph, along, PF_FORWARD);
	components = find_components(graph, arcs);
	witness.from = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	witness.row = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	witness.queue = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	witness.place = pf_graph_zeroed((Size) graph->n_elements + 1, sizeof(int32));
	witness.step_row = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	row_context = AllocSetContextCreate(CurrentMemoryContext, "pg_portfolio graph row", ALLOCSET_DEFAULT_SIZES);
	for (int32 c = 0; c < components->count; c++)
	{
		MemoryContext old_context;

		if (!has_cycle(arcs, components, c))
			continue;
		CHECK_FOR_INTERRUPTS();
		find_witness(&witness, arcs, components, components->member[components->first[c]]);
		old_context = MemoryContextSwitchTo(row_context);
		put_cycle(rsinfo, graph, components, c, &witness);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(row_context);
	}
	pf_graph_close(graph);
	return (Datum) 0;
}

/* ---- layers ---- */

/* The longest way that leads to each component: those that nothing leads to are in layer 0. */
static int32 *
find_layers(const PfGraph *graph, const PfArcs *arcs, const Components *components)
{
	int32	   *layer = pf_graph_zeroed(components->count, sizeof(int32));

	for (int32 c = components->count - 1; c >= 0; c--)
		for (int32 m = components->first[c]; m < components->first[c + 1]; m++)
		{
			int32		element = components->member[m];

			if (m % 4096 == 0)
				CHECK_FOR_INTERRUPTS();
			for (int32 i = arcs->first[element]; i < arcs->first[element + 1]; i++)
			{
				int32		head = components->of[arcs->head[i]];

				if (head != c && layer[head] < layer[c] + 1)
					layer[head] = layer[c] + 1;
			}
		}
	return layer;
}

/* graph_layers(along text) */
Datum
pf_graph_layers(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	PfAlong		along = pf_graph_along(PG_GETARG_TEXT_PP(0));
	PfGraph    *graph = pf_graph_open();
	const PfArcs *arcs;
	Components *components;
	PfNames    *names;
	int32	   *layer;

	pf_init_materialized_srf(fcinfo);
	pf_graph_set_day(graph, pf_as_of_shown());
	arcs = pf_graph_arcs(graph, along, PF_FORWARD);
	components = find_components(graph, arcs);
	layer = find_layers(graph, arcs, components);
	names = pf_graph_names(graph, components->member, graph->n_live);
	for (int32 i = 0; i < graph->n_elements; i++)
	{
		int32		c = components->of[i];
		Datum		values[6];
		bool		nulls[6] = {false};

		CHECK_FOR_INTERRUPTS();
		if (c < 0)
			continue;
		pf_graph_fill_element(names, i, values + 1, nulls + 1);
		values[0] = Int32GetDatum(layer[c]);
		values[5] = Int32GetDatum(components->first[c + 1] - components->first[c]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	pf_graph_close(graph);
	return (Datum) 0;
}
