/*
 * track_cache.h
 *		What a session keeps of tracked data sets and their leaves, so that a trigger costs little.
 */
#ifndef PF_TRACK_CACHE_H
#define PF_TRACK_CACHE_H

#include "track.h"

#include "lib/ilist.h"
#include "utils/reltrigger.h"

/* A tracking and its engine. */
typedef struct PfTracking
{
	int64		data_set;		/* hash key */
	int64		tracking;		/* 0: nothing is known yet */
	MemoryContext context;		/* of what follows */
	PfTracked	tracked;
	PfEngine   *engine;			/* NULL until it is first needed */
	MemoryContext engine_parent;
	bool		spoilt;			/* an error came while it counted: its state means nothing */
} PfTracking;

/* A leaf partition as one trigger sees it. */
typedef struct PfTrackedLeaf
{
	slist_node	node;			/* among the leaves of this relation */
	Oid			relid;
	int64		data_set;
	Oid			trigger;		/* that it was asked for last */
	bool		valid;			/* no invalidation since it was made */
	PfTracking *tracking;		/* NULL: not tracked */
	int64		number;			/* of the tracking it was made for */
	MemoryContext context;
	char	   *problem;		/* why its rows cannot be counted, or NULL */
	AttrNumber	last_attno;
	int		   *attr;			/* of the engine's columns, from 0 */
	int			ncounting;
	AttrNumber *counting;		/* columns that any expression looks at */
	bool		plain;			/* neither filter nor groups */
	bool		may_raise;
	ExprState  *filter;
	ExprState  *part[2];		/* period, provider */
	AttrNumber	part_attno[2];	/* where it is just a column */
	ExprContext *econtext;
	PfDelta    *delta;			/* of the level and epoch: */
	int			level;
	uint64		epoch;
	Oid			file;
} PfTrackedLeaf;

extern int64 pf_trigger_data_set(const Trigger *trigger);
extern PfTrackedLeaf *pf_tracked_leaf(Relation rel, const Trigger *trigger);
extern PfDelta *pf_leaf_delta(PfTrackedLeaf *leaf);
extern bool pf_is_counting(void);
extern void pf_begin_counting(PfTrackedLeaf *leaf);
extern void pf_end_counting(void);

#endif							/* PF_TRACK_CACHE_H */
