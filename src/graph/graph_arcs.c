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

/* Where an arc goes lies anywhere; memory for the one that comes so much later is asked for in good time. */
#define AHEAD 32

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
	graph->all_live = true;
	for (int i = 0; i < graph->n_periods; i++)
	{
		graph->period_live[i] = holds(&graph->periods[i], day);
		graph->all_live &= graph->period_live[i];
	}
	graph->n_live = 0;
	for (int32 i = 0; i < graph->n_elements; i++)
	{
		graph->live[i] = graph->period_live[graph->element_period[i]];
		graph->n_live += graph->live[i];
	}
	graph->day_known = true;
}

/* The ways of a row that count: bits as of PfRows.travels. */
static inline uint8
ways(const PfGraph *graph, PfAlong along, int32 row)
{
	const PfRows *rows = &graph->rows;

	if (!graph->all_live &&
		(!graph->period_live[rows->period[row]] || !graph->live[rows->source[row]] || !graph->live[rows->target[row]]))
		return 0;
	return along == PF_ALONG_ARROWS ? PF_TRAVELS_FORWARD : rows->travels[row];
}

/* An arc, where it is known what it leads to */
typedef struct Arc
{
	int32		tail;
	int32		row;
} Arc;

/*
 * first[e + 1] holds how many arcs e has; afterwards it is where those of e begin, and as they are
 * added it moves to where those of e + 1 begin.
 */
static void
counts_to_starts(int32 *first, int32 n_elements)
{
	int32		sum = 0;

	for (int32 i = 1; i <= n_elements; i++)
	{
		int32		count = first[i];

		first[i] = sum;
		sum += count;
	}
}

/* Room for so many arcs, in a context of its own below the caller's. */
static PfArcs *
make_arcs(PfGraph *graph, int32 count)
{
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext, "pg_portfolio graph arcs", ALLOCSET_SMALL_SIZES);
	PfArcs	   *arcs = MemoryContextAlloc(context, sizeof(PfArcs));
	Size		n_first = (Size) graph->n_elements + 1;

	arcs->context = context;
	arcs->n_arcs = count;
	arcs->first = MemoryContextAllocHuge(context, (n_first + 2 * (Size) count) * sizeof(int32));
	arcs->head = arcs->first + n_first;
	arcs->row = arcs->head + count;
	return arcs;
}

/* How many arcs lead to each element, and how many leave it; both of them altogether. */
static int32
count_arcs(const PfGraph *graph, PfAlong along, PfDirection direction, int32 *in, int32 *out)
{
	const int32 *tail = direction == PF_FORWARD ? graph->rows.source : graph->rows.target;
	const int32 *head = direction == PF_FORWARD ? graph->rows.target : graph->rows.source;
	Size		total = 0;

	for (int32 row = 0; row < graph->rows.count; row++)
	{
		uint8		way = ways(graph, along, row);

		if (row % ROWS_A_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
		if (way & PF_TRAVELS_FORWARD)
			in[head[row] + 1]++, out[tail[row] + 1]++, total++;
		if (way & PF_TRAVELS_BACK)
			in[tail[row] + 1]++, out[head[row] + 1]++, total++;
	}
	if (total > PG_INT32_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("the graph has more than %d arcs", PG_INT32_MAX)));
	return (int32) total;
}

/* All arcs by what they lead to, where `in` says that they begin. */
static void
gather(const PfGraph *graph, PfAlong along, PfDirection direction, int32 *in, Arc *arc)
{
	const int32 *tail = direction == PF_FORWARD ? graph->rows.source : graph->rows.target;
	const int32 *head = direction == PF_FORWARD ? graph->rows.target : graph->rows.source;

	for (int32 row = 0; row < graph->rows.count; row++)
	{
		uint8		way = ways(graph, along, row);

		if (row % ROWS_A_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
		if (row + AHEAD < graph->rows.count)
			pf_prefetch(&arc[in[head[row + AHEAD] + 1]]);
		if (way & PF_TRAVELS_FORWARD)
			arc[in[head[row] + 1]++] = (Arc) {tail[row], row};
		if (way & PF_TRAVELS_BACK)
			arc[in[tail[row] + 1]++] = (Arc) {head[row], row};
	}
}

/* The same arcs by what they leave, those of an element by ascending head. */
static void
turn_round(const PfGraph *graph, const int32 *in, const Arc *arc, PfArcs *arcs)
{
	for (int32 head = 0; head < graph->n_elements; head++)
	{
		if (head % ROWS_A_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
		for (int32 i = in[head]; i < in[head + 1]; i++)
		{
			int32		at = arcs->first[arc[i].tail + 1]++;

			if (i + AHEAD < arcs->n_arcs)
			{
				int32		later = arcs->first[arc[i + AHEAD].tail + 1];

				pf_prefetch(&arcs->head[later]);
				pf_prefetch(&arcs->row[later]);
			}
			arcs->head[at] = head;
			arcs->row[at] = arc[i].row;
		}
	}
}

static int
compare_rows(const void *a, const void *b, void *arg)
{
	const PfRows *rows = arg;
	int32		x = *(const int32 *) a;
	int32		y = *(const int32 *) b;

	if (rows->relationship[x] != rows->relationship[y])
		return rows->relationship[x] < rows->relationship[y] ? -1 : 1;
	return rows->kind[x] < rows->kind[y] ? -1 : rows->kind[x] > rows->kind[y];
}

/* Of arcs between one pair the first is that of the oldest relationship, wherever its row lies. */
static void
order_parallel_arcs(PfGraph *graph, PfArcs *arcs)
{
	int32		element = 0;	/* that the arc at i leaves, where it matters */

	for (int32 i = 1; i < arcs->n_arcs; i++)
	{
		int32		begin = i - 1;

		if (i % ROWS_A_CHECK == 0)
			CHECK_FOR_INTERRUPTS();
		if (arcs->head[i] != arcs->head[begin])
			continue;
		while (arcs->first[element + 1] <= i)
			element++;
		if (arcs->first[element] == i)
			continue;
		while (i + 1 < arcs->first[element + 1] && arcs->head[i + 1] == arcs->head[begin])
			i++;
		qsort_arg(arcs->row + begin, i + 1 - begin, sizeof(int32), compare_rows, &graph->rows);
		CHECK_FOR_INTERRUPTS();
	}
}

static PfArcs *
sort_arcs(PfGraph *graph, PfAlong along, PfDirection direction)
{
	Size		n_first = (Size) graph->n_elements + 1;
	int32	   *in = MemoryContextAllocExtended(CurrentMemoryContext, 2 * n_first * sizeof(int32), MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	int32	   *out = in + n_first;
	int32		count;
	Arc		   *arc;
	PfArcs	   *arcs;

	count = count_arcs(graph, along, direction, in, out);
	pf_graph_needs(graph, (n_first + 2 * (Size) count) * sizeof(int32));
	counts_to_starts(in, graph->n_elements);
	arc = MemoryContextAllocHuge(CurrentMemoryContext, Max(count, 1) * sizeof(Arc));
	gather(graph, along, direction, in, arc);
	arcs = make_arcs(graph, count);
	memcpy(arcs->first, out, n_first * sizeof(int32));
	counts_to_starts(arcs->first, graph->n_elements);
	turn_round(graph, in, arc, arcs);
	order_parallel_arcs(graph, arcs);
	pfree(arc);
	pfree(in);
	return arcs;
}

/*
 * The arcs of the day, made when they are first asked for. They belong to the caller until they are
 * complete, then to the graph.
 */
const PfArcs *
pf_graph_arcs(PfGraph *graph, PfAlong along, PfDirection direction)
{
	PfArcs	  **mine = &graph->arcs[along][direction];

	Assert(graph->day_known);
	if (*mine == NULL)
	{
		PfArcs	   *arcs = sort_arcs(graph, along, direction);

		MemoryContextSetParent(arcs->context, graph->context);
		*mine = arcs;
	}
	return *mine;
}
