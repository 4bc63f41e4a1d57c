/*
 * progress.h
 *		Announcing a score, and counting its rows, for pg_stat_portfolio_progress (progress.c).
 */
#ifndef PF_PROGRESS_H
#define PF_PROGRESS_H

#define PF_PROGRESS_ROWS 1024	/* that the engine counts before it says so: a power of two */

extern bool pf_progress_wanted(void);
extern void pf_progress_begin(Oid relation, double estimate);
extern void pf_progress_end(void);
extern void pf_progress_count(uint32 rows);

#endif							/* PF_PROGRESS_H */
