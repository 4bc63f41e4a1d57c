/*
 * scheduler.h
 *		What the files of a scheduler process share. All of it is memory of that process alone.
 */
#ifndef PF_SCHEDULER_H
#define PF_SCHEDULER_H

#include "job.h"
#include "schedule.h"
#include "shared_state.h"

#include "lib/pairingheap.h"
#include "utils/hsearch.h"

/* Where a job is; README.md draws it */
typedef enum PfJobPhase
{
	PF_JOB_RESTING,				/* no run; in the due heap if it is active */
	PF_JOB_READY,				/* its run waits for a worker: in the ready heap */
	PF_JOB_RUNNING,				/* a worker has it */
	PF_JOB_RETRYING				/* its run failed and is tried again: in the due heap */
} PfJobPhase;

/* A run that run_job() asked for and that has not begun */
typedef struct PfAsked
{
	int64		run_id;			/* of its queued row; 0 if a session waits */
	TimestampTz queued_at;
	int			waiter;			/* index in shared memory, or -1 */
} PfAsked;

typedef struct PfJob
{
	int64		job_id;			/* hash key: must be first */
	Oid			owner;
	NameData	owner_name;
	char	   *name;
	PfSchedule *schedule;
	const pg_tz *tz;			/* NULL: not known here */
	PfWhen		when;			/* schedule, zone and calendars; set when jobs are read */
	char		no_calendar[NAMEDATALEN];	/* a calendar that does not exist, or '' */
	bool		active;
	bool		queue_overlap;
	bool		misfire_once;
	bool		rerun_unknown;
	int			priority;
	int			retry_limit;
	int64		retry_delay;	/* microseconds */
	TimestampTz state_since;
	bool		listed;			/* found when jobs were last read */
	PfJobPhase	phase;
	TimestampTz accounted;		/* every slot up to here has its end, or is that of the run */
	TimestampTz wake_at;		/* key in the due heap */
	bool		in_due_heap;
	pairingheap_node due_node;
	pairingheap_node ready_node;
	PfRun		run;			/* unless RESTING */
	int			waiter;			/* of the run; -1: nobody waits */
	TimestampTz handed_over_at; /* with RUNNING */
	List	   *asked;			/* PfAsked */
} PfJob;

#define PF_ASKED_FOR(run) TIMESTAMP_IS_NOBEGIN((run)->due_at)

typedef struct PfScheduler
{
	Oid			database;
	bool		resident;		/* never ends for want of work */
	PfDatabase *shared;			/* slot in shared memory */
	MemoryContext context;		/* jobs; thrown away as a whole after an error */
	MemoryContext calendars;	/* thrown away whenever jobs are read */
	HTAB	   *jobs;
	pairingheap *due;
	pairingheap *ready;
	int			running;		/* jobs with phase RUNNING */
	TimestampTz last_activity;
	TimestampTz retry_start_at; /* a worker could not be started: not again before */
	PfCounters	counted;		/* to be added to the shared counters */
} PfScheduler;

extern PfScheduler *pf_scheduler;

/* due_heap.c */
extern void pf_heaps_init(PfScheduler *scheduler);
extern void pf_due_put(PfJob *job, TimestampTz at);
extern void pf_due_remove(PfJob *job);
extern PfJob *pf_due_first(void);
extern void pf_ready_put(PfJob *job);
extern void pf_ready_remove(PfJob *job);
extern PfJob *pf_ready_first(void);

/* job_table.c */
extern void pf_read_all(void);
extern void pf_read_changes(void);
extern PfJob *pf_find_job(int64 job_id);
extern void pf_forget_job(PfJob *job);

/* slots.c */
extern void pf_rest(PfJob *job);
extern void pf_fall_due(PfJob *job, TimestampTz now);
extern void pf_finish_run(PfJob *job, TimestampTz finished_at, PfRunOutcome outcome);
extern void pf_make_ready(PfJob *job, TimestampTz due_at, TimestampTz queued_at, int64 run_id,
						  int32 attempt, int waiter);
extern void pf_ask(PfJob *job, int64 run_id, TimestampTz queued_at, int waiter);

/* pool.c */
extern void pf_harvest_workers(void);
extern void pf_take_waiters(void);
extern void pf_hand_over_runs(void);
extern void pf_answer_waiter(int waiter, int64 run_id);
extern void pf_release_waiters(void);
extern void pf_end_orphaned_workers(void);
extern void pf_release_workers(void);

/* run_record.c */
typedef struct PfRunRecord
{
	PfRun		run;
	const char *job_name;
	const char *owner;
	TimestampTz started_at;
	TimestampTz finished_at;	/* DT_NOBEGIN: not finished */
	const char *outcome;
	const char *sqlstate;		/* may be NULL */
	const char *message;		/* may be NULL */
} PfRunRecord;

extern void pf_record_run(const PfRunRecord *record);
extern int64 pf_next_run_id(void);
extern void pf_record_range(PfJob *job, TimestampTz first, TimestampTz last, int64 slots,
							const char *outcome, const char *reason);
extern void pf_record_broken(PfJob *job, const char *reason);
extern void pf_record_ended(PfJob *job);
extern PfRunOutcome pf_recorded_outcome(const PfRun *run, int64 *run_id);
extern void pf_close_run(int64 job_id, int64 run_id, const char *outcome, const char *sqlstate,
						 const char *message);

/* scheduler.c */
extern void pf_begin_own_transaction(void);
extern void pf_commit_own_transaction(void);

#endif							/* PF_SCHEDULER_H */
