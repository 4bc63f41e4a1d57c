/*
 * engine.h
 *		A rule set compiled for one query, and the state it counts into.
 *
 * What a rule says about a value is found out once per distinct value, or, where native code is as fast
 * as looking that up, each time; verdicts then make a number that finds the outcome. All rules of one column give
 * together an outcome; there are few different ones, so an outcome carries the list of counters it
 * moves and the row's verdict per dimension as bit masks. Counting a row is then, per column: find
 * the value's outcome, or its masks into the row's, count the outcome. pf_state_settle() works out
 * later what the rows since the last time move, those of the commonest value, NULL, among them: for
 * it nothing at all is done per row.
 *
 * An outcome can hold the rows of one state only, the owner. Where states take turns with every few
 * rows (a hashed GROUP BY), the engine becomes shared: each state counts the rows of each outcome.
 *
 * An aggregate judges its rows a batch at a time (batch.c), and pf_state_settle() judges those that
 * still wait; other users of an engine judge each row at once (engine.c).
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

#define PF_NATIVE_DEFER 4		/* what native code says where it cannot */

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

/*
 * A value on its way to the memo. Up to PF_KEY_BYTES of it and their number are the key, in two words;
 * of a longer one these are its first 8 bytes and a hash of the others. Equal bytes give equal results
 * whatever the collation.
 */
typedef struct PfMemoKey
{
	uint64		head;
	uint64		tail;			/* highest byte: length, or PF_KEY_LONG */
	const char *data;
	uint32		len;
	uint32		hash;
} PfMemoKey;

#define PF_KEY_BYTES 15
#define PF_KEY_LONG 0xff
#define PF_KEY_IS_LONG(tail) ((tail) >> 56 == PF_KEY_LONG)

/* A value of more than PF_KEY_BYTES */
typedef struct PfLongValue
{
	struct PfOutcome *outcome;
	uint32		len;
	char		data[FLEXIBLE_ARRAY_MEMBER];
} PfLongValue;

typedef struct PfMemoSlot
{
	uint64		head;
	uint64		tail;
	union
	{
		struct PfOutcome *outcome;	/* NULL: the slot is free */
		PfLongValue *value;		/* where tail says so */
	}			is;
} PfMemoSlot;

typedef struct PfMemo
{
	PfMemoSlot *slots;
	int			shift;			/* a hash shifted by this is the index of its slot */
	uint32		nvalues;
	uint32		misses;			/* since it was last judged */
	Size		bytes;			/* of long values */
	char	   *room;			/* for more of them */
	Size		left;			/* bytes there */
	MemoryContext context;
} PfMemo;

#define PF_MEMO_SLOTS(memo) (UINT32_C(1) << (32 - (memo)->shift))

/*
 * What one value of a column (or one row, for what is judged per row) adds to the counts. What is read
 * for each value is apart from what is read now and then, and all of it stands together, for the cache.
 */
typedef struct PfOutcome
{
	uint64		mask;
	uint32		rows;			/* of the engine's owner, not yet counted */
	uint32		id;				/* where a state counts its rows, when states take turns */
	struct PfEffect *effect;
} PfOutcome;

typedef struct PfEffect
{
	uint8	   *verdicts;		/* by slot of the column's predicates, then: is it NULL? */
	PfOutcome  *next;			/* of the same column */
	uint32		hash;			/* of verdicts */
	uint32		nhot;
	uint32		nrare;
	uint32	   *hot;			/* counters below PF_TALLY_HOT, standing behind the struct */
	uint32	   *rare;			/* counters from there on, less PF_TALLY_HOT */
} PfEffect;

typedef struct PfOutcomeSet PfOutcomeSet;

/* Verdicts on a value as a number, two bits each: up to this many are looked up by it. */
#define PF_MAX_CODED 4
#define PF_NCODES (1 << (2 * PF_MAX_CODED))

/* How a column's values are looked up; what the loop over the columns of a row reads comes first. */
typedef enum PfAccess
{
	PF_ACCESS_SLOW,				/* values that are none of the following */
	PF_ACCESS_CONSTANT,			/* all values that are not NULL say the same */
	PF_ACCESS_VARLENA,			/* in the memo */
	PF_ACCESS_BYVAL,			/* in the memo */
	PF_ACCESS_LENGTH,			/* of text: by its length in bytes */
	PF_ACCESS_DIRECT			/* native code is asked for each */
} PfAccess;

/* A predicate's native code, and where its verdict stands in the code */
typedef struct PfCoded
{
	PfNative   *native;
	int			shift;
} PfCoded;

typedef struct PfEngineColumn
{
	PfOutcome  *null_outcome;
	uint64		null_mask;		/* of null_outcome */
	PfMemoSlot *slots;			/* of memo */
	uint8		shift;			/* of memo */
	uint8		access;			/* PfAccess */
	bool		typbyval;
	int16		typlen;
	int16		npredicates;
	struct PfQueue *queue;		/* values that wait for their batch, or NULL: they are judged at once */
	PfOutcome **by_byte;		/* outcomes of values of one byte; for PF_ACCESS_LENGTH by length, where that decides */
	PfOutcome **by_code;		/* outcomes by code, where native code judges all of it */
	PfCoded    *coded;		/* native code of predicates, where there is by_code */
	uint8		ncoded;
	uint8		code;			/* of the predicates that say the same of all values */
	PfOutcome  *constant;		/* for PF_ACCESS_CONSTANT */
	PfMemo	   *memo;			/* NULL: values do not repeat, or judging is cheaper */
	int64		judged_at;		/* the engine's rows when the memo was last judged */
	Oid			type;
	PfPredicate **predicates;
	PfPredicate *is_missing;	/* "this value means NULL", or NULL; not among the predicates */
	int			nitems;
	int		   *items;			/* judged with this column */
	PfOutcomeSet *outcomes;		/* all outcomes of this column, by verdicts */
	PfOutcome  *last;			/* the one asked for last */
	PfOutcome  *all;			/* every outcome there is, linked */
} PfEngineColumn;

/* An item that is judged per row. */
typedef struct PfRowItem
{
	int			item;
	int			nasked;			/* predicates that decide about it, 0: more than make a code */
	PfPredicate *asked[PF_MAX_CODED];
	PfOutcome **by_code;		/* whether the item's column is NULL is the highest bit of the code */
	PfOutcome  *all;			/* those of by_code, linked; or the only one, made anew for each row */
} PfRowItem;

struct PfTallyState;

/* A value of the row in hand, between being hashed and being found. */
typedef struct PfPending
{
	PfMemoKey	key;
	const PfMemoSlot *slot;
	Datum		value;
	PfEngineColumn *column;
} PfPending;

#define PF_BATCH_ROWS 64		/* fits uint8 */

/* Values of one column that wait. */
typedef struct PfQueue
{
	uint32		n;
	uint8		row[PF_BATCH_ROWS]; /* of the batch */
	uint64		head[PF_BATCH_ROWS];	/* of a PfMemoKey that is not long; or the value, by value */
	uint64		tail[PF_BATCH_ROWS];
} PfQueue;

/* Values of a column that a comparison with another looks at, by row of the batch. */
typedef struct PfCompared
{
	Datum		value[PF_BATCH_ROWS];
	bool		isnull[PF_BATCH_ROWS];
} PfCompared;

/* Rows that are not fully judged. */
typedef struct PfBatch
{
	int			n;
	uint64		mask[PF_BATCH_ROWS];
	struct PfTallyState *state[PF_BATCH_ROWS];	/* NULL: of one that is gone */
	PfCompared *compared;		/* by engine->row_columns, or NULL: several columns are judged row by row */
	uint8		(*verdicts)[PF_BATCH_ROWS]; /* by engine->row_predicates */
} PfBatch;

/*
 * How many counts of outcomes a state has where states take turns. The first of them, one for each
 * column, are of outcomes that came too late to have their own: these move the counters at once.
 */
#define PF_TURNS(ncolumns) (5 * (ncolumns) + 64)

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
	PfOutcome **current;		/* of this row, by column */
	PfOutcome  *outcomes;		/* room for more outcomes */
	int			noutcomes;		/* so many */
	uint32		next_id;		/* of an outcome */
	PfPending  *pending;		/* of this row */
	PfBatch    *batch;			/* or NULL: rows are judged one by one */
	int			nrules;
	PfEngineRule *rules;
	int			nitems;
	PfEngineItem *items;
	int			nrow_predicates;
	PfPredicate **row_predicates;
	uint8	   *row_verdicts;
	int			nrow_items;
	PfRowItem  *row_items;
	bool		row_compares;	/* the row predicates are NATIVE_COMPARE */
	int			nrow_columns;
	int		   *row_columns;	/* that the row predicates look at, in order */
	uint8	   *verdicts;		/* scratch for one column, one longer than any has predicates */
	struct PfTallyState *owner; /* of the rows that outcomes hold; NULL where states take turns */
	bool		shared;			/* states take turns: rows go straight to the counters */
	int64		rows;			/* while not shared */
	int64		turns;			/* other owners that came */
	dlist_head	states;			/* that have unsettled rows of ours */
	MemoryContextCallback callback;
} PfEngine;

/*
 * A row to be judged: column c is values[attr[c]]. Where they stand in a tuple, text may be read 16
 * bytes at a time from any byte up to reach behind its start.
 */
typedef struct PfRow
{
	const Datum *values;
	const bool *isnull;
	const int  *attr;
	const char *tuple;			/* or NULL */
	uintptr_t	reach;
} PfRow;

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
	uint32	   *turns;			/* by id of outcome, of the unsettled rows of a shared engine */
	PfEngine   *engine;			/* that counted the unsettled rows */
	dlist_node	node;
	MemoryContextCallback callback;
	StringInfoData packed;		/* between the two calls of flattening */
} PfTallyState;

/* What a predicate says of the row that the engine holds. */
static inline PfVerdict
pf_verdict_of(const PfEngine *engine, const PfPredicate *predicate)
{
	if (predicate->column < 0)
		return engine->row_verdicts[predicate->slot];
	return engine->current[predicate->column]->effect->verdicts[predicate->slot];
}

/* rule_compile.c */
extern PfEngine *pf_engine_compile(const PfRuleSetValue *value, MemoryContext parent);
extern void pf_predicate_init(PfEngine *engine, PfPredicate *predicate);

/* access.c */
extern void pf_use_memo(PfEngineColumn *column, PfMemo *memo);
extern void pf_engine_start(PfEngine *engine);

/* engine.c */
extern void pf_engine_count(PfEngine *engine, PfTallyState *state, const PfRow *row);
extern Bitmapset *pf_engine_failures(PfEngine *engine, const PfRow *row);
extern void pf_row_of_slot(PfRow *row, TupleTableSlot *slot, const int *attr);
extern uintptr_t pf_row_reach(Size tuple_len);
extern void pf_engine_take(PfEngine *engine, struct PfTallyState *state);

/* evaluate.c */
extern bool pf_is_the_rules_error(int sqlerrcode);
extern void pf_evaluate(PfEngine *engine, PfPredicate **predicates, int n, const Datum *value, uint8 *verdicts);

/* native.c */
extern PfNative *pf_native_compile(Expr *expr, Oid column_type);
extern PfNative *pf_native_compile_row(Expr *expr);

/* native_ask.c */
extern bool pf_native_is_constant(const PfNative *native);
extern bool pf_native_is_comparison(const PfNative *native);
extern int	pf_native_cost(const PfNative *native);
extern int	pf_native_ask(const PfNative *native, Datum value);
extern int	pf_native_ask_length(const PfNative *native, int bytes);
extern int	pf_native_ask_row(const PfNative *native, const TupleTableSlot *slot);

/* batch.c */
extern void pf_engine_batch(PfEngine *engine);
extern void pf_batch_add(PfEngine *engine, PfTallyState *state, const PfRow *row);
extern void pf_batch_judge(PfEngine *engine);
extern void pf_batch_forget(PfEngine *engine, const PfTallyState *state);

/* outcome.c */
extern PfOutcome *pf_outcome(PfEngine *engine, PfEngineColumn *column, uint8 *verdicts, bool is_null);
extern PfOutcome *pf_row_outcome(PfEngine *engine, PfRowItem *row_item);
extern PfVerdict pf_mapped(PfVerdict verdict, PfOnNull on_null);

/* memo.c */
extern PfMemo *pf_memo_create(MemoryContext parent);
extern void pf_memo_put(PfMemo *memo, const PfMemoKey *key, PfOutcome *outcome);
extern bool pf_memo_useless(PfMemo *memo, int64 lookups, bool cheap);
extern void pf_memo_drop(PfMemo *memo);

/* tally_state.c */
extern PfTallyState *pf_state_create(MemoryContext parent, const PfTally *shape);
extern Size pf_state_memory(const PfRuleSet *set);
extern void pf_engine_forget(PfEngine *engine, PfTallyState *state);
extern void pf_state_attach(PfTallyState *state, PfEngine *engine);
extern void pf_state_settle(PfTallyState *state);
extern void pf_state_fold(PfTallyState *state);
extern void pf_state_add(PfTallyState *state, const PfTally *tally);
extern PfTally *pf_state_tally(PfTallyState *state);
extern PfTallyState *pf_state_of_datum(Datum value);
extern void pf_state_rare(PfTallyState *state, uint32 counter);
extern void pf_state_apply(PfTallyState *state, const PfOutcome *outcome);

#endif							/* PF_ENGINE_H */
