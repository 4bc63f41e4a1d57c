/*
 * graph_arcs.c
 *		Compressed rows: from each element the arcs that leave it, for a day and a direction.
 *
 * A counting sort by head and then one by tail: work and memory are O(elements + rows), and the arcs of
 * an element come by ascending head, so that a traversal goes the same way whatever the order in
 * which rows lay in their table.
 *
 * Rows that do not hold on the day, and those with an end that does not exist on it, have no arc: what
 * traverses need not know about dates. The arcs are kept with the graph until a day is asked for on
 * which other rows hold.
 */
#include "graph.h"

#include "miscadmin.h"
#include "utils/memutils.h"

/* Interrupts are looked for each so many rows. */
#define ROWS_A_CHECK 65536

static bool
holds(const PfPeriod *period, DateADT day)
{
	return period->from <= day && day < period->to;
}

static void
forget_day(PfGraph *graph)
{
	for (int along = 0; along < 2; along++)
		for (int direction = 0; direction < 2; direction++)
		{
			if (graph->arcs[along][direction] != NULL)
				MemoryContextDelete(graph->arcs[along][direction]->context);
			graph->arcs[along][direction] = NULL;
		}
}

/* From here on the graph is that of this day. */
void
pf_graph_set_day(PfGraph *graph, DateADT day)
{
	bool		same = graph->day_known;

	for (int i = 0; i < graph->n_periods && same; i++)
		same = graph->period_live[i] == holds(&graph->periods[i], day);
	if (same)
		return;
	graph->day_known = false;
	forget_day(graph);
	for (int i = 0; i < graph->n_periods; i++)
		graph->period_live[i] = holds(&graph->periods[i], day);
	graph->n_live = 0;
	for (int32 i = 0; i < graph->n_elements; i++)
	{
		graph->live[i] = graph->period_live[graph->element_period[i]];
		graph->n_live += graph->live[i];
	}
	graph->day_known = true;
}

/* Room for so many arcs, in a context of its own below the caller's. */
static PfArcs *
make_arcs(PfGraph *graph, Size count)
{
	MemoryContext context;
	PfArcs	   *arcs;
	Size		n_first = (Size) graph->n_elements + 1;

	if (count > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the graph has more than %d arcs", PG_INT32_MAX)));
	pf_graph_needs(graph, (n_first + 2 * count) * sizeof(int32));
	context = AllocSetContextCreate(CurrentMemoryContext, "pg_portfolio graph arcs", ALLOCSET_SMALL_SIZES);
	arcs = MemoryContextAlloc(context, sizeof(PfArcs));
	arcs->context = context;
	arcs->n_arcs = (int32) count;
	arcs->first = MemoryContextAllocExtended(context, n_first * sizeof(int32), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	arcs->head = MemoryContextAllocHuge(context, Max(count, 1) * sizeof(int32));
	arcs->row = MemoryContextAllocHuge(context, Max(count, 1) * sizeof(int32));
	return arcs;
}

/*
 * first[e + 1] holds how many arcs e has; afterwards it is where those of e begin, and as they are
 * added it moves to where those of e + 1 begin.
 */
static void
counts_to_starts(PfArcs *arcs, int32 n_elements)
{
	int32		sum = 0;

	for (int32 i = 1; i <= n_elements; i++)
	{
		int32		count = arcs->first[i];

		arcs->first[i] = sum;
		sum += count;
	}
}

/* The ways of a row that count: bits as of PfRows.travels. */
static inline uint8
ways(const PfGraph *graph, PfAlong along, int32 row)
{
	const PfRows *rows = &graph->rows;

	if (!graph->period_live[rows->period[row]] || !graph->live[rows->source[row]] || !graph->live[rows->target[row]])
		return 0;
	return along == PF_ALONG_ARROWS ? PF_TRAVELS_FORWARD : rows->travels[row];
}

static inline void
add_arc(PfArcs *arcs, int32 from, int32 to, int32 row)
{
	int32		at = arcs->first[from + 1]++;

	arcs->head[at] = to;
	arcs->row[at] = row;
}

/* All arcs against this direction, those of an element in the order of the rows. */
static PfArcs *
gather(PfGraph *graph, PfAlong along, PfDirection direction)
{
	const int32 *tail = direction == PF_FORWARD ? graph->rows.source : graph->rows.target;
	const int32 *head = direction == PF_FORWARD ? graph->rows.target : graph->rows.source;
	int32	   *count = MemoryContextAllocExtended(CurrentMemoryContext, ((Size) graph->n_elements + 1) * sizeof(int32),
												   MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	PfArcs	   *arcs;
	Size		total = 0;

	for (int32 row = 0; row < graph->rows.count; row++)
	{
		uint8		way = ways(graph, along, row);

		if (row % ROWS_A_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
		if (way & PF_TRAVELS_FORWARD)
			count[head[row] + 1]++, total++;
		if (way & PF_TRAVELS_BACK)
			count[tail[row] + 1]++, total++;
	}
	arcs = make_arcs(graph, total);
	memcpy(arcs->first, count, ((Size) graph->n_elements + 1) * sizeof(int32));
	pfree(count);
	counts_to_starts(arcs, graph->n_elements);
	for (int32 row = 0; row < graph->rows.count; row++)
	{
		uint8		way = ways(graph, along, row);

		if (row % ROWS_A_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
		if (way & PF_TRAVELS_FORWARD)
			add_arc(arcs, head[row], tail[row], row);
		if (way & PF_TRAVELS_BACK)
			add_arc(arcs, tail[row], head[row], row);
	}
	return arcs;
}

/* The same arcs the other way round, those of an element by ascending head. */
static PfArcs *
turn_round(PfGraph *graph, const PfArcs *from)
{
	PfArcs	   *arcs = make_arcs(graph, from->n_arcs);

	for (int32 i = 0; i < from->n_arcs; i++)
		arcs->first[from->head[i] + 1]++;
	counts_to_starts(arcs, graph->n_elements);
	for (int32 element = 0; element < graph->n_elements; element++)
	{
		if (element % ROWS_A_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
		for (int32 i = from->first[element]; i < from->first[element + 1]; i++)
			add_arc(arcs, from->head[i], element, from->row[i]);
	}
	return arcs;
}

static bool
row_before(const PfRows *rows, int32 a, int32 b)
{
	if (rows->relationship[a] != rows->relationship[b])
		return rows->relationship[a] < rows->relationship[b];
	return rows->kind[a] < rows->kind[b];
}

/* Of arcs between one pair the first is that of the oldest relationship, wherever its row lies. */
static void
order_parallel_arcs(const PfGraph *graph, PfArcs *arcs)
{
	for (int32 element = 0; element < graph->n_elements; element++)
		for (int32 i = arcs->first[element] + 1; i < arcs->first[element + 1]; i++)
		{
			int32		row = arcs->row[i];
			int32		j = i;

			for (; j > arcs->first[element] && arcs->head[j - 1] == arcs->head[i] &&
				 row_before(&graph->rows, row, arcs->row[j - 1]); j--)
				arcs->row[j] = arcs->row[j - 1];
			arcs->row[j] = row;
		}
}

/*
 * The arcs of the day, made when they are first asked for. They belong to the caller until they are
 * complete, then to the graph.
 */
const PfArcs *
pf_graph_arcs(PfGraph *graph, PfAlong along, PfDirection direction)
{
	PfArcs	  **mine = &graph->arcs[along][direction];
	PfArcs	   *opposite = graph->arcs[along][direction == PF_FORWARD ? PF_REVERSE : PF_FORWARD];

	Assert(graph->day_known);
	if (*mine == NULL)
	{
		PfArcs	   *arcs;

		if (opposite != NULL)
			arcs = turn_round(graph, opposite);
		else
		{
			PfArcs	   *gathered = gather(graph, along, direction);

			arcs = turn_round(graph, gathered);
			MemoryContextDelete(gathered->context);
			order_parallel_arcs(graph, arcs);
		}
		MemoryContextSetParent(arcs->context, graph->context);
		*mine = arcs;
	}
	return *mine;
}
