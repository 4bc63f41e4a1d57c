/*
 * pf_checks.h
 *		Stored SQL: check and criterion queries, and the one way in which they run.
 */
#ifndef PF_CHECKS_H
#define PF_CHECKS_H

#include "pf.h"

#include "utils/tuplestore.h"

/* How a stored query ended */
typedef enum PfStoredOutcome
{
	PF_STORED_OK,
	PF_STORED_BROKEN,			/* its author does not exist any more */
	PF_STORED_ERROR,
	PF_STORED_TIMED_OUT,
	PF_STORED_TOO_MANY_ROWS		/* rows holds the first of them */
} PfStoredOutcome;

/* A column that a stored query returns; the type is text, bigint, numeric, date or jsonb */
typedef struct PfStoredColumn
{
	const char *name;
	Oid			type;
	bool		optional;		/* NULL in every row where the query leaves it out */
} PfStoredColumn;

typedef struct PfStoredQuery
{
	const char *label;			/* what it is, for messages: check "no-owner" */
	const char *query;
	const char *author;			/* NULL: a shipped query, which runs as the caller */
	bool		has_threshold;
	Datum		threshold;		/* numeric, the query's $1 */
	bool		may_be_inner;	/* may run inside another stored query */
} PfStoredQuery;

typedef struct PfStoredResult
{
	PfStoredOutcome outcome;
	TupleDesc	desc;			/* the columns asked for, in that order */
	Tuplestorestate *rows;
	int64		nrows;
	int			sqlstate;
	char	   *message;		/* NULL when all went well */
	double		elapsed_ms;
} PfStoredResult;

/* run_stored.c */
extern PfStoredResult *pf_run_stored(const PfStoredQuery *q, const PfStoredColumn *columns, int ncolumns);
extern void pf_free_stored(PfStoredResult *result);
extern const char *pf_outcome_name(PfStoredOutcome outcome);

/* Is this session inside a stored query? */
extern bool pf_stored_query_runs(void);

/* session_locks.c: at library start */
extern void pf_session_locks_init(void);

/* stored_query.c */
extern void pf_check_stored_query(const char *query);

#endif							/* PF_CHECKS_H */
