/*
 * run_checks.h
 *		A run of checks: what its halves share.
 */
#ifndef RUN_CHECKS_H
#define RUN_CHECKS_H

#include "pf_checks.h"

#include "datatype/timestamp.h"

#define PF_CHECK_SUBJECT "(check)"	/* the finding about a check that did not run well */

/* What a check query returns */
enum
{
	PF_CHECK_COL_SUBJECT,
	PF_CHECK_COL_ELEMENT,
	PF_CHECK_COL_DETAIL,
	PF_CHECK_COL_SEVERITY,		/* NULL: the check's */
	PF_CHECK_COL_SINCE,
	PF_CHECK_NCOLS
};
extern const PfStoredColumn pf_check_columns[PF_CHECK_NCOLS];

/* One check of this run */
typedef struct PfCheck
{
	char	   *code;
	char	   *severity;
	PfStoredQuery query;
	const char *state;			/* why it does not run: disabled, not_applicable, skipped, busy; else NULL */
	char	   *lacks;			/* privileges without which it is skipped; else NULL */
	PfStoredOutcome outcome;
	int			sqlstate;
	char	   *message;
	double		elapsed_ms;
	int			nrows;			/* what the query returned */
	int			nmerged;		/* and the row about the check itself, if there is one */
	Datum	   *values[PF_CHECK_NCOLS];	/* with room for that row */
	bool	   *nulls[PF_CHECK_NCOLS];
	int64		opened;
	int64		resolved;
} PfCheck;

/* A run, as check_run keeps it */
typedef struct PfCheckRun
{
	NullableDatum area;
	NullableDatum codes;
	TimestampTz started;
	PfCheck    *checks;
	int			nchecks;
	const char *target;			/* a database of the estate; NULL: this one */
	const char *problem;		/* of the target */
	const char *connection;		/* to the target, as JSON */
} PfCheckRun;

/* run_checks.c */
extern bool pf_lock_key(const char *table, const char *key);
extern void pf_record_check_run(const PfCheckRun *run);

/* check_rows.c */
extern void pf_end_check(PfCheck *check);

/* merge_findings.c */
extern void pf_merge_findings(PfCheck *checks, int nchecks, const char *target);

#endif							/* RUN_CHECKS_H */
