/*
 * engine.h
 *		A rule set compiled for one query, and the state it counts into.
 *
 * What a rule says about a value is found out once per distinct value. All rules of one column give
 * together an outcome; there are few different ones, so an outcome carries the list of counters it
 * moves and the row's verdict per dimension as bit masks. Counting a row is then, per column: find
 * the value's outcome, or its masks into the row's, move its few counters. NULL is the commonest
 * value, so nothing at all is counted for it: a state counts the other rows of the column, and
 * pf_state_settle() works out what the NULLs among the rows since then would have counted.
 *
 * Rules over several columns, and items whose rules look at different columns, are judged per row.
 *
 * Engine and state live in different memory contexts, and either may go first. Each has a reset
 * callback that takes it out of the other's hands.
 */
#ifndef PF_ENGINE_H
#define PF_ENGINE_H

#include "quality.h"

#include "executor/executor.h"
#include "lib/ilist.h"

/* What an expression says of a row: SQL's three values, and that it failed to say. */
typedef enum PfVerdict
{
	PF_FALSE,
	PF_TRUE,
	PF_UNKNOWN,
	PF_ERROR
} PfVerdict;

/* A row's verdicts on all dimensions: four lanes of PF_MAX_DIMENSIONS bits. */
#define PF_MASK_FAILED(d) (UINT64CONST(1) << (d))
#define PF_MASK_ERROR(d) (UINT64CONST(1) << (16 + (d)))
#define PF_MASK_MISSING(d) (UINT64CONST(1) << (32 + (d)))
#define PF_MASK_JUDGED(d) (UINT64CONST(1) << (48 + (d)))
#define PF_MASK_ANY_FAILED UINT64CONST(0xffff)
#define PF_MASK_ANY_ERROR (UINT64CONST(0xffff) << 16)

typedef struct PfNative PfNative;

typedef struct PfPredicate
{
	Expr	   *expr;			/* planned; NULL only while compiling */
	ExprState  *state;
	PfNative   *native;			/* or NULL: PostgreSQL's evaluator */
	int			column;			/* the one column it looks at, -1: none or several */
	int			slot;			/* index among the column's (or the row's) predicates */
	bool		may_raise;
	bool		fragile;		/* calls functions whose state an error may spoil: compile again after one */
	MemoryContext context;		/* of state, where it is fragile */
	Bitmapset  *columns;		/* indexes of columns */
} PfPredicate;

typedef struct PfEngineRule
{
	PfPredicate *predicate;
	int			item;
	int			dimension;
	PfOnNull	on_null;
} PfEngineRule;

typedef struct PfEngineItem
{
	int			column;			/* -1: none */
	int			home;			/* the column it is judged with, -1: per row */
	PfPredicate *applies;		/* or NULL */
	PfPredicate *is_default;	/* or NULL */
	int			nrules;
	int		   *rules;			/* indexes */
} PfEngineItem;

/* What one value of a column (or one row, for what is judged per row) adds to the counts. */
typedef struct PfOutcome
{
	uint64		mask;
	uint32		nhot;
	uint32		nrare;
	uint32	   *hot;			/* counters below PF_TALLY_HOT */
	uint32	   *rare;			/* counters from there on, less PF_TALLY_HOT */
	uint8	   *verdicts;		/* by slot of the column's predicates, then: is it NULL? */
	uint32		hash;			/* of verdicts */
} PfOutcome;

typedef struct PfMemo PfMemo;
typedef struct PfOutcomeSet PfOutcomeSet;

typedef struct PfEngineColumn
{
	Oid			type;
	int16		typlen;
	bool		typbyval;
	bool		keep;			/* something judged per row needs this column's outcome */
	int			npredicates;
	PfPredicate **predicates;
	PfPredicate *is_missing;	/* "this value means NULL", or NULL; not among the predicates */
	bool		all_native;		/* every predicate, and is_missing */
	int			nitems;
	int		   *items;			/* judged with this column */
	PfOutcome  *null_outcome;
	PfMemo	   *memo;			/* NULL: values do not repeat, or judging is cheaper */
	PfOutcomeSet *outcomes;		/* all outcomes of this column, by verdicts */
	PfOutcome  *last;			/* the one asked for last */
} PfEngineColumn;

struct PfTallyState;

typedef struct PfEngine
{
	MemoryContext context;
	PfRuleSet  *set;
	PfTally		shape;			/* for the counter macros */
	TupleDesc	desc;
	TupleTableSlot *slot;
	ExprContext *econtext;
	int			ncolumns;
	PfEngineColumn *columns;
	PfOutcome **current;		/* of this row, for columns that are kept */
	int			nrules;
	PfEngineRule *rules;
	int			nitems;
	PfEngineItem *items;
	int			nrow_predicates;
	PfPredicate **row_predicates;
	uint8	   *row_verdicts;
	int			nrow_items;
	int		   *row_items;
	Bitmapset  *row_columns;	/* that the row predicates look at */
	PfOutcome  *row_outcome;	/* scratch for pf_row_outcome */
	uint8	   *verdicts;		/* scratch for one column, one longer than any has predicates */
	dlist_head	states;			/* that have unsettled NULLs of ours */
	MemoryContextCallback callback;
} PfEngine;

/* A run of columns' values as some caller has them. */
typedef struct PfSegment
{
	NullableDatum *values;
	int			n;
} PfSegment;

#define PF_STATE_MAGIC 0x7a117e57

/* A tally while it is counted: an expanded object, flattened to the packed form. */
typedef struct PfTallyState
{
	ExpandedObjectHeader hdr;
	int			magic;
	PfTally		shape;			/* counts unused */
	int			nhot;
	int			ncounts;
	int64		base_records;	/* records in wide */
	uint32		rows;			/* counted since the counters were last folded into wide */
	uint32		unsettled;		/* of these, rows whose NULLs are not yet counted */
	uint32	   *hot;
	uint32	   *rare;			/* allocated when first needed */
	int64	   *wide;			/* allocated when first needed */
	uint32	   *nonnull;		/* by column, of the unsettled rows */
	PfEngine   *engine;			/* that counted the unsettled rows */
	dlist_node	node;
	MemoryContextCallback callback;
	StringInfoData packed;		/* between the two calls of flattening */
} PfTallyState;

/* rule_compile.c */
extern PfEngine *pf_engine_compile(const PfRuleSetValue *value, MemoryContext parent);
extern void pf_predicate_init(PfEngine *engine, PfPredicate *predicate);

/* engine.c */
extern void pf_engine_count(PfEngine *engine, PfTallyState *state, const PfSegment *segments, int nsegments);
extern Bitmapset *pf_engine_failures(PfEngine *engine, const PfSegment *segments, int nsegments);
extern void pf_engine_start(PfEngine *engine);

/* evaluate.c */
extern void pf_evaluate(PfEngine *engine, PfPredicate **predicates, int n, const Datum *value, uint8 *verdicts);

/* native.c */
extern PfNative *pf_native_compile(Expr *expr, Oid column_type);
extern PfVerdict pf_native_ask(const PfNative *native, Datum value);

/* outcome.c */
extern PfOutcome *pf_outcome(PfEngine *engine, PfEngineColumn *column, uint8 *verdicts, bool is_null);

extern PfOutcome *pf_row_outcome(PfEngine *engine);
extern PfVerdict pf_verdict_of(PfEngine *engine, const PfPredicate *predicate);
extern PfVerdict pf_mapped(PfVerdict verdict, PfOnNull on_null);

/* memo.c */
extern PfMemo *pf_memo_create(MemoryContext parent);
extern PfOutcome **pf_memo_find(PfMemo *memo, const char *data, uint32 len);
extern bool pf_memo_useless(const PfMemo *memo);
extern void pf_memo_drop(PfMemo *memo);

/* tally_state.c */
extern PfTallyState *pf_state_create(MemoryContext parent, const PfTally *shape);
extern void pf_state_attach(PfTallyState *state, PfEngine *engine);
extern void pf_state_settle(PfTallyState *state);
extern void pf_state_fold(PfTallyState *state);
extern void pf_state_add(PfTallyState *state, const PfTally *tally);
extern PfTally *pf_state_tally(PfTallyState *state);
extern PfTallyState *pf_state_of_datum(Datum value);
extern void pf_state_rare(PfTallyState *state, uint32 counter);

#endif							/* PF_ENGINE_H */
