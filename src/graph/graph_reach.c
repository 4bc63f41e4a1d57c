/*
 * graph_reach.c
 *		What suffers when an element fails, and what an element needs.
 *
 * Breadth first over compressed rows: every element once, by a shortest path, so cycles end and
 * nothing recurses. Work and memory are O(elements + arcs reached).
 */
#include "graph.h"

#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "portfolio/portfolio.h"

PG_FUNCTION_INFO_V1(pf_graph_reach);
PG_FUNCTION_INFO_V1(pf_graph_reach_count);

/* How far ahead in the queue memory is asked for */
#define AHEAD 8

typedef struct Reached
{
	int32		count;
	int32	   *place;			/* in the order in which they are reached; the first is the start */
	int32	   *depth;
	int32	   *from;			/* index of the one before */
	int32	   *row;			/* dependency between them, -1 for the start */
} Reached;

int32
pf_graph_max_depth(FunctionCallInfo fcinfo, int argument)
{
	int32		max_depth = PG_ARGISNULL(argument) ? PG_INT32_MAX : PG_GETARG_INT32(argument);

	if (max_depth < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("max_depth must not be negative"),
				 errhint("Leave it out to follow every path to its end.")));
	return max_depth;
}

static void *
one_each(const PfGraph *graph)
{
	return MemoryContextAllocHuge(CurrentMemoryContext, ((Size) graph->n_elements + 1) * sizeof(int32));
}

/* All that can be reached from the start, nearest first; the way to it only if it is asked for. */
static Reached *
breadth_first(const PfGraph *graph, const PfArcs *arcs, int32 start, int32 max_depth, bool with_way)
{
	Reached  *reached = palloc0(sizeof(Reached));
	uint8	   *seen = pf_graph_zeroed(graph->n_elements, 1);
	int32	   *queue = one_each(graph);
	int32		n = 1;
	int32		at = 0;

	if (with_way)
	{
		reached->from = one_each(graph);
		reached->row = one_each(graph);
		reached->depth = one_each(graph);
		reached->from[0] = reached->row[0] = -1;
		reached->depth[0] = 0;
	}
	reached->place = queue;
	queue[0] = start;
	seen[start] = true;
	for (int32 depth = 1, level_end = 1; at < n && depth <= max_depth; depth++, level_end = n)
		for (; at < level_end; at++)
		{
			int32		end = arcs->first[queue[at] + 1];

			if (at % 4096 == 0)
				CHECK_FOR_INTERRUPTS();
			if (at + AHEAD < n)
				pf_prefetch(&arcs->head[arcs->first[queue[at + AHEAD]]]);
			for (int32 i = arcs->first[queue[at]]; i < end; i++)
			{
				int32		head = arcs->head[i];

				/* Written in any case, and kept if it is new: whether it is nobody can foretell. */
				queue[n] = head;
				if (with_way && !seen[head])
				{
					reached->from[n] = at;
					reached->row[n] = arcs->row[i];
					reached->depth[n] = depth;
				}
				n += !seen[head];
				seen[head] = true;
			}
		}
	reached->count = n;
	pfree(seen);
	return reached;
}

/* ---- paths ---- */

typedef struct PathWriter
{
	const Reached *reached;
	const PfNames *names;
	int32	   *beginning;		/* index of the last one of its path's beginning; NULL where no path is long */
	StringInfoData path;
} PathWriter;

static void
start_paths(PathWriter *writer, const Reached *reached, const PfNames *names)
{
	writer->reached = reached;
	writer->names = names;
	writer->beginning = NULL;
	initStringInfo(&writer->path);
	if (reached->depth[reached->count - 1] < PF_LONG_PATH)
		return;
	writer->beginning = one_each(names->graph);
	for (int32 i = 0; i < reached->count; i++)
		writer->beginning[i] = reached->depth[i] < PF_LONG_PATH_BEGINNING ? i : writer->beginning[reached->from[i]];
}

/* The last so many steps of the way to this one. */
static void
append_steps(PathWriter *writer, int32 at, int32 count)
{
	int32		steps[PF_LONG_PATH];

	for (int32 i = count - 1; i >= 0; i--, at = writer->reached->from[at])
		steps[i] = writer->reached->place[at];
	pf_graph_append_path(&writer->path, writer->names, steps, count);
}

/* As pf_graph_write_path(), without going back over the whole of a long way. */
static void
write_path(PathWriter *writer, int32 at)
{
	int32		length = writer->reached->depth[at] + 1;

	resetStringInfo(&writer->path);
	if (length <= PF_LONG_PATH)
		append_steps(writer, at, length);
	else
	{
		append_steps(writer, writer->beginning[at], PF_LONG_PATH_BEGINNING);
		appendStringInfo(&writer->path, PF_PATH_GAP, length - PF_LONG_PATH);
		append_steps(writer, at, PF_LONG_PATH_END);
	}
}

/* ---- answers ---- */

static void
put_reached(ReturnSetInfo *rsinfo, const PfGraph *graph, const Reached *reached)
{
	PfNames    *names = pf_graph_names(graph, reached->place, reached->count);
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext, "pg_portfolio graph row", ALLOCSET_SMALL_SIZES);
	PathWriter	writer;

	start_paths(&writer, reached, names);
	for (int32 i = 1; i < reached->count; i++)
	{
		PfStep		step;
		Datum		values[PF_STEP_COLUMNS];
		bool		nulls[PF_STEP_COLUMNS];
		MemoryContext old_context = MemoryContextSwitchTo(row_context);

		CHECK_FOR_INTERRUPTS();
		step.place = reached->place[i];
		step.depth = reached->depth[i];
		step.via = reached->place[reached->from[i]];
		step.row = reached->row[i];
		write_path(&writer, i);
		pf_graph_fill_step(names, &step, writer.path.data, writer.path.len, values, nulls);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		MemoryContextSwitchTo(old_context);
		MemoryContextReset(row_context);
	}
	MemoryContextDelete(row_context);
}

/* The arcs that this question follows on the day shown, and where it starts; -1 where there is nothing. */
static const PfArcs *
arcs_from(PfGraph *graph, int64 element, bool suffering, int32 *start)
{
	*start = pf_graph_place(graph, element);
	pf_graph_set_day(graph, pf_as_of_shown());
	return pf_graph_arcs(graph, PF_ALONG_IMPACT, suffering ? PF_FORWARD : PF_REVERSE);
}

/* graph_reach(element bigint, max_depth integer, suffering boolean) */
Datum
pf_graph_reach(PG_FUNCTION_ARGS)
{
	int32		max_depth = pf_graph_max_depth(fcinfo, 1);
	PfGraph    *graph;
	const PfArcs *arcs;
	int32		start;

	pf_init_materialized_srf(fcinfo);
	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		return (Datum) 0;
	graph = pf_graph_open();
	arcs = arcs_from(graph, PG_GETARG_INT64(0), PG_GETARG_BOOL(2), &start);
	if (start >= 0)
		put_reached((ReturnSetInfo *) fcinfo->resultinfo, graph,
					breadth_first(graph, arcs, start, max_depth, true));
	pf_graph_close(graph);
	return (Datum) 0;
}

/* graph_reach_count(element bigint, max_depth integer, suffering boolean): the start is not counted */
Datum
pf_graph_reach_count(PG_FUNCTION_ARGS)
{
	int32		max_depth = pf_graph_max_depth(fcinfo, 1);
	PfGraph    *graph;
	const PfArcs *arcs;
	int32		start;
	int64		count = 0;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	graph = pf_graph_open();
	arcs = arcs_from(graph, PG_GETARG_INT64(0), PG_GETARG_BOOL(2), &start);
	if (start >= 0)
		count = breadth_first(graph, arcs, start, max_depth, false)->count - 1;
	pf_graph_close(graph);
	PG_RETURN_INT64(count);
}
