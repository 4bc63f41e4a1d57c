/*
 * shared_state.h
 *		What launcher, schedulers, workers and sessions share. See shared_state.c for the rules.
 */
#ifndef PF_SHARED_STATE_H
#define PF_SHARED_STATE_H

#include "pf.h"

#include "datatype/timestamp.h"
#include "storage/condition_variable.h"
#include "storage/latch.h"
#include "storage/lwlock.h"

/* Fixed, since shared memory cannot grow; small enough to fit a server that does not preload us */
#define PF_MAX_DATABASES	128
#define PF_MAX_WAITERS		32
#define PF_NEWS_JOBS		8		/* more jobs changed than this: all are read */

/* What the scheduler of a database has counted since the server started */
typedef struct PfCounters
{
	int64		due;
	int64		ran;
	int64		failed;			/* of those that ran */
	int64		retried;
	int64		coalesced;
	int64		skipped;
	int64		missed;
	int64		unknown;
} PfCounters;

/* What has been committed since a scheduler last looked */
typedef struct PfNews
{
	bool		all;			/* jobs, roles or calendars: everything is to be read */
	bool		asked;			/* runs that run_job() asks for */
	int			njobs;			/* jobs made or changed ... */
	int64		jobs[PF_NEWS_JOBS]; /* ... and which */
} PfNews;

/* One database that has, or may have, jobs. Every field is protected by the lock. */
typedef struct PfDatabase
{
	Oid			database;		/* InvalidOid: the slot is free */
	pid_t		scheduler_pid;	/* 0: no scheduler */
	Latch	   *latch;			/* of the scheduler; NULL with scheduler_pid = 0 */
	bool		in_session;		/* scheduler_pid is a session in run_due_jobs(), not a process of ours */
	bool		starting;		/* a scheduler was asked for and has not read its jobs yet */
	PfNews		news;
	bool		wants_worker;	/* runs wait until a worker slot gets free */
	int			blocked;		/* > 0: a session drops, renames or copies the database */
	TimestampTz next_due;		/* with no scheduler: when one is needed; DT_NOEND: never */
	int64		reading_takes;	/* how long a scheduler read, last time, before it could begin */
	TimestampTz counted_since;
	PfCounters	counters;
} PfDatabase;

typedef enum PfWorkerState
{
	PF_WORKER_FREE,				/* the slot has no process */
	PF_WORKER_IDLE,				/* process waits for work */
	PF_WORKER_RUNNING,			/* work was handed over; pid is 0 until the process has started */
	PF_WORKER_DONE,				/* the run has ended, the scheduler has not looked yet */
	PF_WORKER_DECLINED,			/* as DONE, but the worker has not begun: give the run to another */
	PF_WORKER_ENDED				/* the process ended during the run */
} PfWorkerState;

typedef enum PfRunOutcome
{
	PF_RUN_NONE,
	PF_RUN_SUCCEEDED,
	PF_RUN_FAILED,
	PF_RUN_UNKNOWN,
	PF_RUN_WITHDRAWN,
	PF_RUN_BROKEN				/* the owner may not run jobs: nothing was run */
} PfRunOutcome;

/* One run of a job, as it is handed over */
typedef struct PfRun
{
	int64		job_id;
	int64		run_id;			/* 0 until the worker has drawn a number */
	TimestampTz due_at;			/* DT_NOBEGIN: asked for by run_job() */
	TimestampTz queued_at;
	int32		attempt;
} PfRun;

/* One worker process. Every field is protected by the lock. */
typedef struct PfWorker
{
	PfWorkerState state;
	Oid			database;
	Oid			owner;
	pid_t		pid;			/* 0: not started yet */
	Latch	   *latch;			/* NULL with pid = 0 */
	uint32		generation;		/* tells two users of one slot apart */
	bool		quit;			/* end as soon as idle */
	PfRun		run;
	TimestampTz started_at;
	TimestampTz finished_at;	/* with DONE */
	PfRunOutcome outcome;		/* with DONE */
	int			sqlstate;		/* with DONE: of the failure, or 0 */
} PfWorker;

/* One session that waits in run_job(wait => true). Every field is protected by the lock. */
typedef enum PfWaiterState
{
	PF_WAITER_FREE,
	PF_WAITER_ASKED,			/* the session has asked */
	PF_WAITER_TAKEN,			/* the scheduler has queued the run */
	PF_WAITER_DONE				/* answer is there */
} PfWaiterState;

typedef struct PfWaiter
{
	PfWaiterState state;
	Oid			database;
	Latch	   *latch;
	int64		job_id;
	bool		heard;			/* asked before the scheduler last took news: its picture has the job as committed */
	int64		run_id;			/* 0 with DONE: the job could not be run */
	bool		gone;			/* the session no longer waits; the scheduler frees the slot */
} PfWaiter;

typedef struct PfShared
{
	LWLock		lock;
	int			tranche;
	pid_t		launcher_pid;
	Latch	   *launcher_latch;
	bool		slots_ran_out;	/* a database could not be noted; logged once by the launcher */
	ConditionVariable process_gone;	/* a scheduler or worker has let go of its slot */
	PfDatabase	databases[PF_MAX_DATABASES];
	PfWorker	workers[PF_MAX_WORKERS];
	PfWaiter	waiters[PF_MAX_WAITERS];
} PfShared;

extern PfShared *pf_shared;

extern void pf_shared_request(void);
extern void pf_shared_attach(void);
extern PfDatabase *pf_database_slot(Oid database, bool create);
extern void pf_wake_launcher(void);
extern void pf_wake_scheduler(PfDatabase *db);
extern bool pf_has_news(const PfDatabase *db);
extern bool pf_take_news(PfDatabase *db, PfNews *news);
extern void pf_add_news(Oid database, const PfNews *news);
extern void pf_add_changed_job(PfNews *news, int64 job_id);
extern void pf_wake_those_who_want_a_worker(void);
extern int	pf_count_processes(Oid database);
extern void pf_terminate_workers(Oid database);
extern void pf_block_database(Oid database);
extern void pf_unblock_database(Oid database);

#endif							/* PF_SHARED_STATE_H */
