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

/* Where one run of a job is; README.md draws it */
typedef enum PfLanePhase
{
	PF_LANE_FREE,
	PF_LANE_READY,				/* waits for a worker: in the ready heap */
	PF_LANE_RUNNING,			/* a worker has it */
	PF_LANE_RETRYING			/* failed and is tried again: its timer is set */
} PfLanePhase;

/* A run that run_job() asked for and that has not begun */
typedef struct PfAsked
{
	int64		run_id;			/* of its queued row; 0 if a session waits */
	TimestampTz queued_at;
	int			waiter;			/* index in shared memory, or -1 */
} PfAsked;

/* An entry of the due heap: the next slot of a job, or the next attempt of a lane */
typedef struct PfTimer
{
	pairingheap_node node;
	TimestampTz at;
	bool		is_set;
	struct PfJob *job;
	struct PfLane *lane;		/* NULL: the job's slot */
} PfTimer;

/* A job has one lane, or as many as its runs may overlap */
typedef struct PfLane
{
	struct PfJob *job;
	PfLanePhase phase;
	PfTimer		timer;
	pairingheap_node ready_node;
	PfRun		run;			/* unless FREE */
	int			waiter;			/* of the run; -1: nobody waits */
	int			worker;			/* its slot, with RUNNING */
	bool		recorded;		/* history has a row of the slot already */
	TimestampTz handed_over_at; /* with RUNNING */
	bool		replaced;		/* a later slot has asked the run to end */
} PfLane;

typedef enum PfOverlap
{
	PF_OVERLAP_SKIP,			/* with as many lanes as may run in parallel */
	PF_OVERLAP_QUEUE,
	PF_OVERLAP_REPLACE
} PfOverlap;

typedef enum PfMisfire
{
	PF_MISFIRE_ONCE,
	PF_MISFIRE_SKIP,
	PF_MISFIRE_ALL
} PfMisfire;

/* Something that jobs share and that has only so many units */
typedef struct PfResource
{
	NameData	name;
	int			units;
	int			used;			/* by runs that a worker has */
} PfResource;

typedef struct PfNeed
{
	PfResource *resource;
	int			units;
} PfNeed;

/* This job runs after another one has ended in some way */
typedef struct PfEdge
{
	struct PfJob *job;
	int64		parent;
	bool		on_success;
	bool		on_failure;
	TimestampTz ended_at;		/* when the other last ended so; DT_NOBEGIN: not since we know */
} PfEdge;

typedef struct PfRetry
{
	int			limit;
	int64		delay;			/* microseconds */
	double		factor;
	int64		cap;			/* microseconds */
	double		jitter;			/* part of the delay, either way */
	char	   *on;				/* SQLSTATEs and classes, each with a blank behind it; NULL: all */
} PfRetry;

/* Small, since there may be a hundred thousand: under 300 bytes, and the name */
typedef struct PfJob
{
	int64		job_id;			/* hash key: must be first */
	Oid			owner;
	const char *owner_name;
	char	   *name;
	const PfSchedule *schedule; /* one copy for all jobs that have it */
	char	   *calendar;		/* or NULL */
	PfWhen		when;			/* schedule, zone (NULL: not known here) and calendars; set when jobs are read */
	const char *no_calendar;	/* a calendar that does not exist, or NULL */
	bool		active;
	bool		rerun_unknown;
	bool		listed;			/* found when jobs were last read */
	bool		unread;			/* its history has not been read, and may say something */
	bool		account_begun;	/* false: the schedule is new, and slots of the old one may lie behind account_from */
	bool		failing;		/* its last slot failed, and an alert says so */
	bool		is_parent;		/* others wait for it */
	bool		waiting;		/* a slot is due, and the edges are not all there */
	uint8		overlap;		/* PfOverlap */
	uint8		misfire;		/* PfMisfire */
	int16		parallel;		/* how many lanes may be used */
	int16		queue_limit;
	int16		misfire_limit;
	int16		priority;
	int16		nlanes;
	int16		busy;			/* lanes that are not free */
	int64		misfire_window; /* microseconds */
	PfRetry    *retry;			/* NULL: failed runs are not tried again */
	TimestampTz state_since;
	TimestampTz valid_from;		/* DT_NOBEGIN: no limit */
	TimestampTz valid_until;	/* DT_NOEND: for ever */
	List	   *edges;			/* PfEdge: what it waits for */
	List	   *needs;			/* PfNeed */
	TimestampTz consumed_at;	/* ends of other jobs up to here have had their effect */
	TimestampTz accounted;		/* every slot up to here has its end, or is that of a run */
	TimestampTz catch_up;		/* slots up to here each get a run of their own */
	PfTimer		timer;
	PfLane	  **lanes;
	List	   *asked;			/* PfAsked */
} PfJob;

#define PF_ASKED_FOR(run) TIMESTAMP_IS_NOBEGIN((run)->due_at)

typedef struct PfScheduler
{
	Oid			database;
	Oid			only_owner;		/* run_due_jobs(): the session runs its own user's jobs itself */
	bool		resident;		/* never ends for want of work */
	PfDatabase *shared;			/* slot in shared memory */
	MemoryContext context;		/* jobs; thrown away as a whole after an error */
	MemoryContext calendars;	/* thrown away whenever jobs are read */
	HTAB	   *jobs;
	int64		greatest_job;	/* of all jobs when they were last read, also of those held */
	HTAB	   *schedules;		/* job_rows.c */
	List	   *owners;			/* names of roles, one copy each */
	pairingheap *due;
	pairingheap *ready;
	int			running;		/* lanes with phase RUNNING */
	List	   *edges;			/* PfEdge of all jobs */
	List	   *resources;		/* PfResource */
	TimestampTz last_activity;
	TimestampTz retry_start_at; /* a worker could not be started: not again before */
	PfCounters	counted;		/* to be added to the shared counters */
} PfScheduler;

extern PfScheduler *pf_scheduler;

/* due_heap.c */
extern void pf_heaps_init(PfScheduler *scheduler);
extern void pf_timer_set(PfTimer *timer, TimestampTz at);
extern void pf_timer_clear(PfTimer *timer);
extern PfTimer *pf_timer_first(void);
extern void pf_ready_put(PfLane *lane);
extern void pf_ready_remove(PfLane *lane);
extern PfLane *pf_ready_first(void);

/* job_rows.c */
#define PF_PAGE		1000		/* rows read at a time */

extern void pf_job_rows_init(void);
extern void pf_read_jobs(void);
extern bool pf_reread_jobs(const PfNews *news);
extern void pf_free_row(PfJob *job);

/* job_table.c */
extern void pf_read_all(void);
extern void pf_read_changes(const PfNews *news);
extern PfJob *pf_find_job(int64 job_id);
extern void pf_forget_job(PfJob *job);
extern PfLane *pf_add_lane(PfJob *job);
extern bool pf_slot_goes_on(const PfJob *job);
extern bool pf_any_slot_is_tried_again(void);
extern Datum pf_weeks_with_runs(void);

/* open_runs.c */
extern void pf_adopt_running_workers(void);
extern void pf_read_open_runs(bool at_start);
extern void pf_read_failed_runs(void);

/* job_links.c */
extern void pf_read_links(void);
extern void pf_read_edge_ends(void);
extern bool pf_edges_are_there(const PfJob *job, TimestampTz *since);
extern void pf_tell_children(PfJob *job, bool succeeded, TimestampTz finished_at);
extern bool pf_take_resources(PfJob *job);
extern void pf_give_resources_back(PfJob *job);

/* slots.c */
extern void pf_rest(PfJob *job);
extern void pf_fall_due(PfTimer *timer, TimestampTz now);
extern void pf_finish_run(PfLane *lane, TimestampTz finished_at, PfRunOutcome outcome, int sqlstate);
extern void pf_make_ready(PfLane *lane, TimestampTz due_at, TimestampTz queued_at, int64 run_id,
						  int32 attempt, int waiter);
extern void pf_ask(PfJob *job, int64 run_id, TimestampTz queued_at, int waiter);
extern void pf_take_queued_slot(PfJob *job, const PfRun *run);
extern void pf_take_failed_slot(PfJob *job, const PfRun *run, TimestampTz finished_at, int sqlstate);

/* pool.c */
extern void pf_harvest_workers(void);
extern void pf_take_waiters(void);
extern void pf_hand_over_runs(void);
extern void pf_answer_waiter(int waiter, int64 run_id);
extern void pf_release_waiters(void);
extern void pf_end_orphaned_workers(void);
extern void pf_release_workers(void);
extern void pf_cancel_lane(PfLane *lane);

/* run_record.c */
typedef struct PfRunRecord
{
	PfRun		run;
	bool		has_row;		/* there may be a row of the run already: queued, or started */
	const char *job_name;
	const char *owner;
	TimestampTz started_at;
	TimestampTz finished_at;	/* DT_NOBEGIN: not finished */
	const char *outcome;
	const char *sqlstate;		/* may be NULL */
	const char *message;		/* may be NULL */
} PfRunRecord;

extern void pf_record_run(PfRunRecord *record);
extern int64 pf_next_run_id(void);
extern void pf_record_range(PfJob *job, TimestampTz first, TimestampTz last, int64 slots,
							const char *outcome, const char *reason);
extern void pf_record_broken(PfJob *job, const char *reason);
extern void pf_record_ended(PfJob *job);
extern void pf_record_account_begin(PfJob *job);
extern void pf_record_alert(PfJob *job, bool failing, int64 run_id, int sqlstate);
extern PfRunOutcome pf_recorded_outcome(const PfRun *run, int64 *run_id);
extern void pf_close_run(int64 job_id, int64 run_id, const char *outcome, const char *sqlstate,
						 const char *message);

/* scheduler.c */
extern void pf_begin_own_transaction(void);
extern void pf_commit_own_transaction(void);

#endif							/* PF_SCHEDULER_H */
