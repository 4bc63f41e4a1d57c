/*
 * worker.h
 *		What the files of a worker process share.
 */
#ifndef PF_WORKER_H
#define PF_WORKER_H

#include "scheduler.h"

/* A job as its worker reads it from the row, right before the run */
typedef struct PfCommand
{
	char	   *name;
	char	   *owner;
	Oid			owner_oid;
	char	   *command;
	int			statement_timeout;	/* ms */
	int			total_timeout;		/* ms */
	char	   *run_as;			/* SET ROLE before the command; NULL: the owner */
	bool		queued;			/* the run has a row already */
	int			sqlstate;		/* afterwards: of the failure, or 0 */
} PfCommand;

/* worker.c */
extern bool pf_read_command(PfRun *run, PfCommand *command, MemoryContext context);

/* worker_execute.c */
extern void pf_total_timer_init(void);
extern void pf_total_timer_start(int limit);
extern void pf_total_timer_stop(void);
extern bool pf_total_time_is_over(void);
extern PfRunOutcome pf_execute_run(PfRun *run, PfCommand *command, MemoryContext context);

/* worker_clean.c */
extern void pf_clean_session(void);
extern uint64 pf_role_settings_fingerprint(void);

#endif							/* PF_WORKER_H */
