/*
 * graph.h
 *		The portfolio as a graph: what the files of this folder share.
 *
 *	graph_change.c	 which transactions wrote the graph: the trigger, and what this session knows of itself
 *	graph_cache.c	 when a graph may be kept and used again; the header essay is there
 *	graph_load.c	 from tables and the view `dependency` to arrays
 *	graph_scan.c	 elements and relationships straight from their pages
 *	graph_place.c	 from the id of an element to its place
 *	graph_rule.c	 which way impact travels along a relationship
 *	graph_arcs.c	 from arrays to compressed rows, forward and reverse, for a day
 *	graph_name.c	 names of elements, and results
 *
 * and a file for each family of questions. An element is known here by its place in `ids`, a
 * dependency by its place among the rows; both are 32 bit, which bounds a graph at two thousand
 * million of each.
 */
#ifndef PF_GRAPH_H
#define PF_GRAPH_H

#include "pf.h"

#include "executor/tuptable.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "port/pg_bitutils.h"
#include "utils/date.h"

/* The way in which impact travels along a row: bits of PfRows.travels */
#define PF_TRAVELS_FORWARD 1	/* the target suffers when the source fails */
#define PF_TRAVELS_BACK 2		/* the source suffers when the target fails */

/* What an arc follows: impact, as `propagates` tells, or every dependency from source to target */
typedef enum PfAlong
{
	PF_ALONG_IMPACT,
	PF_ALONG_ARROWS
} PfAlong;

typedef enum PfDirection
{
	PF_FORWARD,
	PF_REVERSE
} PfDirection;

/* Compressed rows: the arcs of element e are first[e] .. first[e + 1] - 1, by ascending head. */
typedef struct PfArcs
{
	MemoryContext context;
	int32		n_arcs;
	int32	   *first;
	int32	   *head;
	int32	   *row;			/* the dependency that the arc stands for */
} PfArcs;

/* Days [from, to); a pair of dates that many rows share is kept once. */
typedef struct PfPeriod
{
	DateADT		from;
	DateADT		to;
} PfPeriod;

/* The rows of dependency, column by column. */
typedef struct PfRows
{
	int32		count;
	int32		capacity;
	int32	   *source;
	int32	   *target;
	int32	   *period;
	int16	   *kind;
	uint8	   *travels;
	float4	   *weight;
	int64	   *relationship;	/* 0: a foreign key */
} PfRows;

/* 64 ids in a row: which of them are elements, and the place of the first */
typedef struct PfIdBlock
{
	uint64		present;
	int32		place;
} PfIdBlock;

typedef struct PfGraph
{
	MemoryContext context;		/* everything of the graph */

	int32		n_elements;
	int32		capacity;
	int64	   *ids;			/* ascending */
	int32	   *element_period;
	PfIdBlock  *blocks;			/* from ids[0] on, where ids are dense; else NULL */
	PfRows		rows;

	int32		n_periods;		/* the first is unbounded */
	PfPeriod   *periods;
	int32		n_kinds;
	char	  **kinds;

	/* For the day that was asked for last; another day with the same periods shares it. */
	bool		day_known;
	bool		all_live;		/* everything holds on that day */
	bool	   *period_live;
	uint8	   *live;			/* does the element exist on that day? */
	int32		n_live;
	PfArcs	   *arcs[2][2];		/* [PfAlong][PfDirection], made when asked for */
} PfGraph;

/* graph_change.c */
typedef struct PfOwnWrites
{
	uint64		transaction;	/* number of this transaction in this session */
	uint64		writes;			/* statements of it that wrote the graph, 0 for none */
	bool		settled;		/* none of them is under way, and the snapshot sees all of them */
} PfOwnWrites;

extern PfOwnWrites pf_graph_own_writes(Snapshot snapshot);
extern bool pf_graph_writes_recorded(Relation rel);

/* graph_cache.c */
extern PfGraph *pf_graph_open(void);
extern void pf_graph_close(PfGraph *graph);
extern void pf_graph_forget_own(void);

/* graph_rule.c */
typedef struct PfRules PfRules;

/* What the matrix says of relationships of one kind between elements of two types */
typedef struct PfRule
{
	bool		legal;			/* it says something, as far as the caller sees it */
	uint8		travels;
	bool		access;			/* attributes of the relationship tell more, see pf_graph_access_travels() */
	const char *kind_name;
	int16		kind;			/* among PfGraph.kinds; -1 until the caller sets it */
} PfRule;

#define PF_CELL_PARTS 3			/* source_type, kind, target_type */

extern PfRules *pf_graph_make_rules(void);
extern int	pf_graph_write_cell(char *cell, const Datum *parts);
extern PfRule *pf_graph_rule(PfRules *rules, const char *cell, int length);
extern uint8 pf_graph_read_travels(Datum propagates);
extern uint8 pf_graph_access_travels(Datum attributes);

/* graph_scan.c */
typedef struct PfElementRow
{
	int64		id;
	Datum		valid;
} PfElementRow;

typedef struct PfRelationshipRow
{
	int64		id;
	int64		source;
	int64		target;
	float4		weight;
	const char *cell;			/* source_type, kind and target_type, see graph_rule.c */
	int			cell_length;
	Datum		valid;
	struct varlena *attributes; /* NULL for none */
	char		written[PF_CELL_PARTS * VARATT_SHORT_MAX];	/* the cell, where it does not lie so in the row */
} PfRelationshipRow;

/* id, source, target, weight, source_type, kind, target_type, valid, attributes */
#define PF_RELATIONSHIP_COLUMNS 9

extern bool pf_graph_fill_relationship(PfRelationshipRow *row, const Datum *values, const bool *nulls);
extern bool pf_graph_scan_elements(void (*add) (void *state, const PfElementRow *row), void *state);
extern bool pf_graph_scan_relationships(void (*add) (void *state, const PfRelationshipRow *row), void *state);

/* graph_load.c */
extern PfGraph *pf_graph_load(MemoryContext parent);
extern List *pf_graph_relations(void);
extern void pf_graph_needs(const PfGraph *graph, Size bytes);

/* graph_place.c */
extern void pf_graph_index_elements(PfGraph *graph, bool unsorted);
extern int32 pf_graph_search(const PfGraph *graph, int64 id);

/* Where an element stands, -1 when it is not in the graph. */
static inline int32
pf_graph_place(const PfGraph *graph, int64 id)
{
	const PfIdBlock *block;
	uint64		offset;
	uint64		below;

	if (graph->n_elements == 0 || id < graph->ids[0] || id > graph->ids[graph->n_elements - 1])
		return -1;
	if (graph->blocks == NULL)
		return pf_graph_search(graph, id);
	offset = (uint64) id - (uint64) graph->ids[0];
	block = &graph->blocks[offset / 64];
	if ((block->present & (UINT64CONST(1) << (offset % 64))) == 0)
		return -1;
	below = (UINT64CONST(1) << (offset % 64)) - 1;
	/* Mostly all of the ids before it are there, which spares counting them. */
	if ((block->present & below) == below)
		return block->place + (int32) (offset % 64);
	return block->place + pg_popcount64(block->present & below);
}

/* graph_arcs.c */
extern void pf_graph_set_day(PfGraph *graph, DateADT day);
extern const PfArcs *pf_graph_arcs(PfGraph *graph, PfAlong along, PfDirection direction);

/* graph_name.c */
typedef struct PfName
{
	text	   *kind;
	text	   *code;
	text	   *name;
} PfName;

typedef struct PfNames
{
	const PfGraph *graph;
	int32		count;
	int32	   *asked;			/* places, ascending; NULL: all elements */
	PfName	  **name;			/* NULL where there is none */
} PfNames;

/* One row of a result: an element, and the step that led to it */
typedef struct PfStep
{
	int32		place;
	int32		depth;
	int32		via;			/* place of the element before it, -1 for the first */
	int32		row;			/* dependency that led from there, -1 for the first */
} PfStep;

#define PF_STEP_COLUMNS 9

/*
 * A path that is longer is told by its beginning and its end: those of all elements of a chain of n
 * would be n² labels.
 */
#define PF_LONG_PATH 100
#define PF_LONG_PATH_BEGINNING 80
#define PF_LONG_PATH_END 20
#define PF_PATH_SEPARATOR " > "
#define PF_PATH_GAP PF_PATH_SEPARATOR "(%d more)" PF_PATH_SEPARATOR

extern PfNames *pf_graph_names(const PfGraph *graph, const int32 *places, int32 count);
extern void pf_graph_append_path(StringInfo path, const PfNames *names, const int32 *places, int32 count);
extern void pf_graph_write_path(StringInfo path, const PfNames *names, const int32 *places, int32 count);
extern void pf_graph_fill_element(const PfNames *names, int32 place, Datum *values, bool *nulls);
extern void pf_graph_fill_step(const PfNames *names, const PfStep *step, const char *path, int length,
							   Datum *values, bool *nulls);
extern PfAlong pf_graph_along(const text *along);

/* graph_reach.c */
extern int32 pf_graph_max_depth(FunctionCallInfo fcinfo, int argument);

/* An array of zeros, of any size */
static inline void *
pf_graph_zeroed(Size count, Size size)
{
	return MemoryContextAllocExtended(CurrentMemoryContext, Max(count, 1) * size, MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
}

#endif							/* PF_GRAPH_H */
