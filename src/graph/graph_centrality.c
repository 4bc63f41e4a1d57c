/*
 * graph_centrality.c
 *		How central elements are.
 *
 * Over the simple graph of the day: parallel arcs count once and self-loops not at all, but for degrees,
 * which count every dependency. Betweenness is exact (Brandes): for each source one breadth first
 * search that counts shortest paths, then one pass back that shares out what each element lies
 * between. The arcs of shortest paths are noted on the way there, so the way back looks at no others.
 * Elements with one neighbour, most of a portfolio, need no search of their own.
 */
#include "graph.h"

#include <math.h>

#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/tuplestore.h"

#include "portfolio/portfolio.h"

PG_FUNCTION_INFO_V1(pf_graph_centrality);

#define DAMPING 0.85
#define PRECISE_ENOUGH 1e-12
#define MOST_ROUNDS 1000

/* Elements of the day, numbered without gaps, with their distinct neighbours. */
typedef struct Simple
{
	int32		n;
	int32	   *place;
	int32	   *first;
	int32	   *head;
} Simple;

static void
make_simple(Simple *simple, const PfGraph *graph, const PfArcs *arcs)
{
	int32	   *number = pf_graph_zeroed(graph->n_elements, sizeof(int32));
	int32		n_arcs = 0;

	simple->n = 0;
	simple->place = pf_graph_zeroed(graph->n_live, sizeof(int32));
	simple->first = pf_graph_zeroed((Size) graph->n_live + 1, sizeof(int32));
	simple->head = pf_graph_zeroed(arcs->n_arcs, sizeof(int32));
	for (int32 i = 0; i < graph->n_elements; i++)
		if (graph->live[i])
		{
			number[i] = simple->n;
			simple->place[simple->n++] = i;
		}
	for (int32 v = 0; v < simple->n; v++)
	{
		int32		element = simple->place[v];

		simple->first[v] = n_arcs;
		for (int32 i = arcs->first[element]; i < arcs->first[element + 1]; i++)
			if (arcs->head[i] != element && (i == arcs->first[element] || arcs->head[i] != arcs->head[i - 1]))
				simple->head[n_arcs++] = number[arcs->head[i]];
	}
	simple->first[simple->n] = n_arcs;
	pfree(number);
}

/* ---- the measures ---- */

/* Dependencies that leave an element or arrive at it. */
static void
degree(PfGraph *graph, PfAlong along, bool out, bool in, const Simple *simple, double *value)
{
	const PfArcs *forward = pf_graph_arcs(graph, along, PF_FORWARD);
	const PfArcs *reverse = pf_graph_arcs(graph, along, PF_REVERSE);

	for (int32 v = 0; v < simple->n; v++)
	{
		int32		element = simple->place[v];

		if (out)
			value[v] += forward->first[element + 1] - forward->first[element];
		if (in)
			value[v] += reverse->first[element + 1] - reverse->first[element];
	}
}

/* How an element was met in the search from one source; reset for those that were. */
typedef struct Met
{
	double		paths;			/* number of shortest ones */
	int32		distance;		/* from the source, plus 1; 0: not met */
} Met;

typedef struct Brandes
{
	Met		   *met;
	double	   *share;			/* (sources that it is a target of + what depends on it) / paths */
	int32	   *queue;
	int32	   *first;			/* into `next`, by place in the queue */
	int32	   *next;			/* arcs of shortest paths */
	int32	   *gate;			/* the only neighbour of an element whose paths are searched from there, else -1 */
	int32	   *behind;			/* elements that have it for a gate */
} Brandes;

/*
 * Who has one neighbour has the shortest paths of that neighbour, a step longer, so one search from there
 * does for all that do. Not where the neighbour has only one itself: two may be each other's.
 */
static void
find_gates(Brandes *b, const Simple *simple)
{
	for (int32 v = 0; v < simple->n; v++)
	{
		int32		only = simple->first[v + 1] - simple->first[v] == 1 ? simple->head[simple->first[v]] : -1;

		b->gate[v] = only >= 0 && simple->first[only + 1] - simple->first[only] != 1 ? only : -1;
		if (b->gate[v] >= 0)
			b->behind[only]++;
	}
}

/* All of this is in the innermost loop: nothing is read through `b` there, and what is seldom foretold is no branch. */
static int32
count_paths(Brandes *b, const Simple *simple, int32 source)
{
	const int32 *first = simple->first;
	const int32 *head = simple->head;
	Met		   *met = b->met;
	int32	   *queue = b->queue;
	int32	   *next = b->next;
	int32		n_met = 1;
	int32		n_next = 0;

	queue[0] = source;
	met[source].distance = 1;
	met[source].paths = 1;
	for (int32 at = 0; at < n_met; at++)
	{
		int32		v = queue[at];
		int32		end = first[v + 1];
		int32		further = met[v].distance + 1;
		double		paths = met[v].paths;

		if (at % 4096 == 0)
			CHECK_FOR_INTERRUPTS();
		b->first[at] = n_next;
		for (int32 i = first[v]; i < end; i++)
		{
			int32		w = head[i];
			bool		shortest;

			if (met[w].distance == 0)
			{
				met[w].distance = further;
				queue[n_met++] = w;
			}
			shortest = met[w].distance == further;
			met[w].paths += shortest * paths;
			next[n_next] = w;
			n_next += shortest;
		}
	}
	b->first[n_met] = n_next;
	return n_met;
}

/* The way back from a search, for the source and all that it is the gate of: none of them is its own target. */
static void
share_out(Brandes *b, int32 source, int32 n_met, double *value)
{
	const int32 *next = b->next;
	double	   *share = b->share;
	int32		behind = b->behind[source];
	int32		returns = 0;	/* of those behind it that are met */
	int32		end = b->first[n_met];

	for (int32 at = n_met - 1; at > 0; at--)
	{
		int32		v = b->queue[at];
		int32		begin = b->first[at];
		Met		   *met = &b->met[v];
		double		shares = 0;
		bool		is_return = b->gate[v] == source;

		for (int32 i = begin; i < end; i++)
			shares += share[next[i]];
		if (unlikely(isinf(met->paths)))
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("betweenness is out of range"),
					 errdetail("Between two elements there are more shortest paths than a double precision number can count.")));
		shares *= met->paths;
		share[v] = (1 + behind - is_return + shares) / met->paths;
		value[v] += shares;
		returns += is_return;
		met->paths = 0;
		met->distance = 0;
		end = begin;
	}
	b->met[source].paths = 0;
	b->met[source].distance = 0;
	value[source] += (double) behind * (n_met - 1) - returns;
}

static void
betweenness(const Simple *simple, double *value)
{
	Brandes		b;

	b.met = pf_graph_zeroed(simple->n, sizeof(Met));
	b.share = pf_graph_zeroed(simple->n, sizeof(double));
	b.queue = pf_graph_zeroed(simple->n, sizeof(int32));
	b.first = pf_graph_zeroed((Size) simple->n + 1, sizeof(int32));
	b.next = pf_graph_zeroed((Size) simple->first[simple->n] + 1, sizeof(int32));
	b.gate = pf_graph_zeroed(simple->n, sizeof(int32));
	b.behind = pf_graph_zeroed(simple->n, sizeof(int32));
	find_gates(&b, simple);
	for (int32 source = 0; source < simple->n; source++)
	{
		if (source % 256 == 0)
			CHECK_FOR_INTERRUPTS();
		if (simple->first[source] != simple->first[source + 1] && b.gate[source] < 0)
			share_out(&b, source, count_paths(&b, simple, source), value);
	}
}

/* As Wasserman and Faust have it: near to much of the whole. */
static void
closeness(const Simple *simple, double *value)
{
	int32	   *distance = pf_graph_zeroed(simple->n, sizeof(int32));
	int32	   *queue = pf_graph_zeroed(simple->n, sizeof(int32));

	for (int32 source = 0; source < simple->n; source++)
	{
		int32		met = 1;
		double		sum = 0;

		queue[0] = source;
		distance[source] = 1;
		for (int32 at = 0; at < met; at++)
		{
			int32		v = queue[at];

			if (at % 4096 == 0)
				CHECK_FOR_INTERRUPTS();
			sum += distance[v] - 1;
			for (int32 i = simple->first[v]; i < simple->first[v + 1]; i++)
				if (distance[simple->head[i]] == 0)
				{
					distance[simple->head[i]] = distance[v] + 1;
					queue[met++] = simple->head[i];
				}
		}
		for (int32 at = 0; at < met; at++)
			distance[queue[at]] = 0;
		if (sum > 0)
			value[source] = ((double) (met - 1) / (simple->n - 1)) * ((met - 1) / sum);
	}
}

/* Where a walk that follows arcs is in the long run; it starts anew from anywhere where it cannot go on. */
static void
pagerank(const Simple *simple, double *value)
{
	double	   *next = pf_graph_zeroed(simple->n, sizeof(double));

	for (int32 v = 0; v < simple->n; v++)
		value[v] = 1.0 / simple->n;
	for (int round = 0; round < MOST_ROUNDS; round++)
	{
		double		nowhere = 0;
		double		change = 0;

		for (int32 v = 0; v < simple->n; v++)
			next[v] = 0;
		for (int32 v = 0; v < simple->n; v++)
		{
			int32		degree_of_v = simple->first[v + 1] - simple->first[v];

			if (v % 4096 == 0)
				CHECK_FOR_INTERRUPTS();
			if (degree_of_v == 0)
				nowhere += value[v];
			for (int32 i = simple->first[v]; i < simple->first[v + 1]; i++)
				next[simple->head[i]] += value[v] / degree_of_v;
		}
		for (int32 v = 0; v < simple->n; v++)
		{
			double		rank = (1 - DAMPING + DAMPING * nowhere) / simple->n + DAMPING * next[v];

			change += fabs(rank - value[v]);
			value[v] = rank;
		}
		if (change < PRECISE_ENOUGH)
			break;
	}
}

static void
measure(PfGraph *graph, PfAlong along, const char *name, const Simple *simple, double *value)
{
	if (strcmp(name, "degree") == 0)
		degree(graph, along, true, true, simple, value);
	else if (strcmp(name, "out_degree") == 0)
		degree(graph, along, true, false, simple, value);
	else if (strcmp(name, "in_degree") == 0)
		degree(graph, along, false, true, simple, value);
	else if (strcmp(name, "betweenness") == 0)
		betweenness(simple, value);
	else if (strcmp(name, "closeness") == 0)
		closeness(simple, value);
	else if (strcmp(name, "pagerank") == 0)
		pagerank(simple, value);
	else
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("measure \"%s\" is not known", name),
				 errhint("Known measures: degree, in_degree, out_degree, betweenness, closeness, pagerank.")));
}

/* graph_centrality(measure text, along text) */
Datum
pf_graph_centrality(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	char	   *name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	PfAlong		along = pf_graph_along(PG_GETARG_TEXT_PP(1));
	PfGraph    *graph = pf_graph_open();
	PfNames    *names;
	Simple		simple;
	double	   *value;

	pf_init_materialized_srf(fcinfo);
	pf_graph_set_day(graph, pf_as_of_shown());
	make_simple(&simple, graph, pf_graph_arcs(graph, along, PF_FORWARD));
	value = pf_graph_zeroed(simple.n, sizeof(double));
	measure(graph, along, name, &simple, value);
	names = pf_graph_names(graph, simple.place, simple.n);
	for (int32 v = 0; v < simple.n; v++)
	{
		Datum		values[5];
		bool		nulls[5] = {false};

		CHECK_FOR_INTERRUPTS();
		pf_graph_fill_element(names, simple.place[v], values, nulls);
		values[4] = Float8GetDatum(value[v]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	pf_graph_close(graph);
	return (Datum) 0;
}
