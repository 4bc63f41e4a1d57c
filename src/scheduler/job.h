/*
 * job.h
 *		What sessions, scheduler and workers know about jobs.
 */
#ifndef PF_JOB_H
#define PF_JOB_H

#include "pf.h"

#include "datatype/timestamp.h"
#include "nodes/pg_list.h"

/* job_role.c: why a role may not run jobs in this database */
typedef struct PfRoleProblem
{
	int			sqlstate;		/* 0: no problem */
	char		detail[NAMEDATALEN * 2 + 128];
	char		hint[NAMEDATALEN * 2 + 256];
} PfRoleProblem;

extern bool pf_role_may_run_jobs(Oid role, PfRoleProblem *problem);
extern bool pf_may_run_as(Oid owner, const char *role_name, PfRoleProblem *problem);

/* job_check.c */
extern void pf_check_command(const char *command);
extern bool pf_may_control_transactions(List *raw_statements);

/* job_history.c: job_run has a partition for each week, counted from 1970-01-01 00:00 UTC, modulo 64 */
#define PF_WEEKS			64
#define PF_USECS_PER_WEEK	(7 * USECS_PER_DAY)
#define PF_UNIX_EPOCH		((UNIX_EPOCH_JDATE - POSTGRES_EPOCH_JDATE) * USECS_PER_DAY)

extern int16 pf_week_slot_of(TimestampTz at);

/* job_api.c */
extern void pf_begin_procedure(FunctionCallInfo fcinfo, const char *name);
extern TimestampTz pf_end_of_max_time(FunctionCallInfo fcinfo);

/* hooks.c */
extern void pf_mark_jobs_changed(void);
extern void pf_mark_job_changed(int64 job_id);
extern void pf_mark_run_asked(void);

#endif							/* PF_JOB_H */
