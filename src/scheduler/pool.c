/*
 * pool.c
 *		The scheduler's side of its workers: runs are handed over, ends are collected, sessions that
 *		wait are answered.
 *
 * There is one pool for each (database, owner): a worker connects as the owner of its jobs and
 * serves nobody else. Runs wait in the ready heap until a worker of their owner is idle or a new
 * one may be started; where all slots are taken, somebody's idle worker is asked to leave. A run
 * that has to wait is late, never failed.
 */
#include "scheduler.h"

#include <signal.h>

#include "clock.h"
#include "launcher.h"
#include "miscadmin.h"
#include "utils/memutils.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#define START_PAUSE	USECS_PER_SEC	/* after the server had no process to give */

/* Workers this process has registered: tells when one could not even start */
static BackgroundWorkerHandle *handles[PF_MAX_WORKERS];

void
pf_answer_waiter(int index, int64 run_id)
{
	PfWaiter   *waiter;

	if (index < 0)
		return;
	waiter = &pf_shared->waiters[index];
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	if (waiter->state == PF_WAITER_TAKEN)
	{
		waiter->run_id = run_id;
		waiter->state = waiter->gone ? PF_WAITER_FREE : PF_WAITER_DONE;
		if (waiter->latch != NULL)
			SetLatch(waiter->latch);
	}
	LWLockRelease(&pf_shared->lock);
}

/* Sessions whose request got lost with the picture of the jobs learn that nothing will come. */
void
pf_release_waiters(void)
{
	for (int i = 0; i < PF_MAX_WAITERS; i++)
	{
		bool		ours;

		LWLockAcquire(&pf_shared->lock, LW_SHARED);
		ours = pf_shared->waiters[i].state == PF_WAITER_TAKEN &&
			pf_shared->waiters[i].database == pf_scheduler->database;
		LWLockRelease(&pf_shared->lock);
		if (ours)
			pf_answer_waiter(i, 0);
	}
}

static bool
somebody_has_asked(void)
{
	bool		asked = false;

	LWLockAcquire(&pf_shared->lock, LW_SHARED);
	for (int i = 0; i < PF_MAX_WAITERS && !asked; i++)
		asked = pf_shared->waiters[i].state == PF_WAITER_ASKED && pf_shared->waiters[i].heard;
	LWLockRelease(&pf_shared->lock);
	return asked;
}

/*
 * Take over what sessions have asked for. Who asked after news was taken waits for the next round: he may have
 * committed the job after it was read.
 */
void
pf_take_waiters(void)
{
	if (!somebody_has_asked())
		return;
	for (int i = 0; i < PF_MAX_WAITERS; i++)
	{
		PfWaiter   *waiter = &pf_shared->waiters[i];
		int64		job_id = 0;
		PfJob	   *job;

		LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
		if (waiter->state == PF_WAITER_ASKED && waiter->heard && waiter->database == pf_scheduler->database)
		{
			waiter->state = PF_WAITER_TAKEN;
			job_id = waiter->job_id;
		}
		LWLockRelease(&pf_shared->lock);
		if (job_id == 0)
			continue;
		job = pf_find_job(job_id);
		if (job == NULL || !job->listed)
			pf_answer_waiter(i, 0);
		else
			pf_ask(job, 0, pf_clock_now(), i);
	}
}

/*
 * A worker died during a run. History tells how far it got: no row means that nothing of the
 * command was committed.
 */
static PfRunOutcome
account_for_dead_worker(PfJob *job, PfRun *run, TimestampTz started_at)
{
	PfRunOutcome outcome = pf_recorded_outcome(run, &run->run_id);
	PfRunRecord record = {0};

	if (outcome == PF_RUN_UNKNOWN)
	{
		pf_close_run(run->job_id, run->run_id, "unknown", NULL,
					 "the worker ended before the end of the command was recorded");
		return PF_RUN_UNKNOWN;
	}
	if (outcome != PF_RUN_NONE || job == NULL)
		return outcome;
	record.run = *run;
	record.has_row = run->run_id != 0;
	record.job_name = job->name;
	record.owner = job->owner_name;
	record.started_at = started_at != 0 ? started_at : pf_clock_now();
	record.finished_at = Max(record.started_at, pf_clock_now());
	record.outcome = "failed";
	record.sqlstate = "57P01";
	record.message = "the worker ended before the command did; nothing of the command was kept";
	if (record.run.run_id == 0)
		record.run.run_id = pf_next_run_id();
	run->run_id = record.run.run_id;
	pf_record_run(&record);
	return PF_RUN_FAILED;
}

/* The owner may not run jobs. */
static void
job_is_broken(PfLane *lane, const char *reason)
{
	PfJob	   *job = lane->job;

	pf_record_broken(job, reason);
	if (!PF_ASKED_FOR(&lane->run) && lane->run.attempt == 1)
	{
		pf_record_range(job, lane->run.due_at, lane->run.due_at, 1, "missed", "broken");
		if (lane->run.run_id != 0)
			pf_close_run(job->job_id, lane->run.run_id, "withdrawn", "42501", reason);
	}
	else if (lane->run.run_id != 0)
		pf_close_run(job->job_id, lane->run.run_id, "failed", "42501", reason);
	pf_answer_waiter(lane->waiter, 0);
	lane->phase = PF_LANE_FREE;
	job->busy--;
	pf_rest(job);
}

/* The lane whose run a worker slot shows, or NULL. */
static PfLane *
lane_of_worker(PfJob *job, int worker)
{
	for (int i = 0; job != NULL && i < job->nlanes; i++)
	{
		if (job->lanes[i]->phase == PF_LANE_RUNNING && job->lanes[i]->worker == worker)
			return job->lanes[i];
	}
	return NULL;
}

/* Ask the run of a lane to end. */
void
pf_cancel_lane(PfLane *lane)
{
	PfWorker   *worker;

	if (lane->worker < 0)
		return;					/* the session itself runs it */
	worker = &pf_shared->workers[lane->worker];
	LWLockAcquire(&pf_shared->lock, LW_SHARED);
	if (worker->state == PF_WORKER_RUNNING && worker->pid != 0 && worker->run.job_id == lane->job->job_id)
		kill(worker->pid, SIGINT);
	LWLockRelease(&pf_shared->lock);
}

/* The end of one run, as a worker slot shows it. In a transaction. */
static void
collect(PfWorker *seen, int slot)
{
	PfJob	   *job = pf_find_job(seen->run.job_id);
	PfLane	   *lane = lane_of_worker(job, slot);
	PfRunOutcome outcome = seen->outcome;
	TimestampTz finished_at = seen->finished_at;
	PfRoleProblem problem;

	if (lane == NULL)
		job = NULL;
	if (seen->state == PF_WORKER_ENDED)
	{
		finished_at = pf_clock_now();
		outcome = account_for_dead_worker(job, &seen->run, seen->started_at);
		seen->sqlstate = ERRCODE_ADMIN_SHUTDOWN;
	}
	if (job == NULL)
		return;
	pf_scheduler->running--;
	pf_give_resources_back(job);
	lane->worker = -1;
	pf_scheduler->last_activity = pf_clock_now();
	if (seen->state == PF_WORKER_DECLINED)
	{
		pf_ready_put(lane);
		return;
	}
	lane->run.run_id = seen->run.run_id;
	if (outcome == PF_RUN_BROKEN)
	{
		if (pf_role_may_run_jobs(job->owner, &problem))
			strlcpy(problem.detail, "The worker could not act as the owner of the job.", sizeof(problem.detail));
		job_is_broken(lane, problem.detail);
	}
	else
	{
		pf_answer_waiter(lane->waiter, lane->run.run_id);
		pf_finish_run(lane, finished_at, outcome, seen->sqlstate);
	}
	if (!job->listed && job->busy == 0)
		pf_forget_job(job);
}

/* The slots of this database's workers that are not free or idle. */
static int
list_busy_workers(int *slots)
{
	int			count = 0;

	LWLockAcquire(&pf_shared->lock, LW_SHARED);
	for (int i = 0; i < PF_MAX_WORKERS; i++)
	{
		PfWorker   *worker = &pf_shared->workers[i];

		if (worker->database == pf_scheduler->database &&
			worker->state != PF_WORKER_FREE && worker->state != PF_WORKER_IDLE)
			slots[count++] = i;
	}
	LWLockRelease(&pf_shared->lock);
	return count;
}

/* Collect the ends of all runs of this database. In a transaction. */
void
pf_harvest_workers(void)
{
	int			busy[PF_MAX_WORKERS];
	int			count = list_busy_workers(busy);

	for (int n = 0; n < count; n++)
	{
		int			i = busy[n];
		PfWorker   *worker = &pf_shared->workers[i];
		PfWorker	seen;
		pid_t		pid;

		LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
		seen = *worker;
		if (seen.database != pf_scheduler->database)
			seen.state = PF_WORKER_FREE;
		else if (seen.state == PF_WORKER_RUNNING && seen.pid == 0 && handles[i] != NULL &&
				 GetBackgroundWorkerPid(handles[i], &pid) == BGWH_STOPPED)
		{
			worker->generation++;
			seen.state = worker->state = PF_WORKER_ENDED;
		}
		LWLockRelease(&pf_shared->lock);

		if (seen.state != PF_WORKER_DONE && seen.state != PF_WORKER_ENDED &&
			!(seen.state == PF_WORKER_DECLINED && seen.pid == 0))
			continue;
		collect(&seen, i);

		LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
		worker->state = worker->pid == 0 ? PF_WORKER_FREE : PF_WORKER_IDLE;
		if (worker->latch != NULL && worker->quit)
			SetLatch(worker->latch);
		pf_wake_those_who_want_a_worker();	/* one of another database may have it when we do not need it */
		LWLockRelease(&pf_shared->lock);
	}
}

typedef enum Placement
{
	PLACED_IDLE,				/* an idle worker got the run */
	PLACED_NEW,					/* a slot is reserved: register a process */
	NOT_PLACED,
	OWNER_FULL,					/* pg_portfolio.max_workers_per_owner */
	NOTHING_FREE				/* nor would a run of any other owner be placed */
} Placement;

/* May the owner have one run more? Idle workers beyond a limit that was lowered get none. Lock held. */
static bool
owner_has_room(Oid owner)
{
	int			busy = 0;

	for (int i = 0; pf_max_workers_per_owner > 0 && i < PF_MAX_WORKERS; i++)
	{
		PfWorker   *worker = &pf_shared->workers[i];

		busy += worker->owner == owner && worker->state != PF_WORKER_FREE && worker->state != PF_WORKER_IDLE;
	}
	return pf_max_workers_per_owner == 0 || busy < pf_max_workers_per_owner;
}

/* Find a worker slot for a run and put the run there. */
static Placement
place(PfLane *lane, int *slot, uint32 *generation)
{
	PfJob	   *job = lane->job;
	Placement	placement = NOT_PLACED;
	PfWorker   *worker = NULL;
	PfWorker   *somebody_idle = NULL;
	PfWorker   *own_idle = NULL;	/* in another database */
	int			taken = 0;
	int			of_owner = 0;

	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	if (!owner_has_room(job->owner))
	{
		pf_scheduler->shared->wants_worker = true;
		LWLockRelease(&pf_shared->lock);
		return OWNER_FULL;
	}
	for (int i = 0; i < PF_MAX_WORKERS && placement != PLACED_IDLE; i++)
	{
		PfWorker   *candidate = &pf_shared->workers[i];

		if (candidate->state == PF_WORKER_FREE)
		{
			if (worker == NULL)
			{
				worker = candidate;
				*slot = i;
			}
			continue;
		}
		taken++;
		if (candidate->owner == job->owner)
			of_owner++;
		if (candidate->state != PF_WORKER_IDLE || candidate->quit)
			continue;
		if (candidate->database == pf_scheduler->database && candidate->owner == job->owner)
		{
			worker = candidate;
			*slot = i;
			placement = PLACED_IDLE;
		}
		else if (candidate->owner == job->owner)
			own_idle = candidate;
		else
			somebody_idle = candidate;
	}
	if (placement != PLACED_IDLE && worker != NULL && taken < pf_max_workers &&
		(pf_max_workers_per_owner == 0 || of_owner < pf_max_workers_per_owner))
	{
		*generation = worker->generation + 1;
		memset(worker, 0, sizeof(PfWorker));
		worker->generation = *generation;
		worker->database = pf_scheduler->database;
		worker->owner = job->owner;
		placement = PLACED_NEW;
	}
	if (placement == NOT_PLACED)
	{
		pf_scheduler->shared->wants_worker = true;
		if (own_idle != NULL)
			somebody_idle = own_idle;
		if (somebody_idle != NULL)
		{
			somebody_idle->quit = true;
			SetLatch(somebody_idle->latch);
		}
		else if (worker == NULL || taken >= pf_max_workers)
			placement = NOTHING_FREE;
	}
	else
	{
		worker->state = PF_WORKER_RUNNING;
		worker->run = lane->run;
		worker->outcome = PF_RUN_NONE;
		worker->sqlstate = 0;
		worker->started_at = 0;
		if (worker->latch != NULL)
			SetLatch(worker->latch);
	}
	LWLockRelease(&pf_shared->lock);
	return placement;
}

/* Start the process of a slot just reserved; gives the slot back if there is none to be had. */
static bool
start_worker(int slot, uint32 generation)
{
	static bool logged = false;
	MemoryContext old = MemoryContextSwitchTo(TopMemoryContext);
	bool		started;

	if (handles[slot] != NULL)
		pfree(handles[slot]);
	handles[slot] = NULL;
	started = pf_register_worker(slot, generation, pf_scheduler->database, &handles[slot]);
	MemoryContextSwitchTo(old);
	if (started)
	{
		logged = false;
		return true;
	}
	handles[slot] = NULL;
	if (!logged)
		ereport(LOG,
				(errmsg("no background worker is free to run jobs"),
				 errdetail("Jobs wait until one is."),
				 errhint("Consider increasing max_worker_processes, or lowering pg_portfolio.max_workers.")));
	logged = true;
	pf_scheduler->retry_start_at = pf_clock_now() + START_PAUSE;
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	pf_shared->workers[slot].state = PF_WORKER_FREE;
	LWLockRelease(&pf_shared->lock);
	return false;
}

/* Hand waiting runs to workers, as many as there are. In a transaction. */
void
pf_hand_over_runs(void)
{
	List	   *left_over = NIL;
	List	   *full_owners = NIL;
	ListCell   *lc;
	PfLane	   *lane;

	if (pf_scheduler->retry_start_at > pf_clock_now())
		return;
	pf_scheduler->retry_start_at = DT_NOBEGIN;
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	pf_scheduler->shared->wants_worker = false;
	LWLockRelease(&pf_shared->lock);

	while ((lane = pf_ready_first()) != NULL)
	{
		PfJob	   *job = lane->job;
		PfRoleProblem problem;
		int			slot = -1;
		uint32		generation = 0;
		Placement	placement;

		pf_ready_remove(lane);
		if (list_member_oid(full_owners, job->owner))
		{
			left_over = lappend(left_over, lane);
			continue;
		}
		if (!pf_role_may_run_jobs(job->owner, &problem))
		{
			job_is_broken(lane, problem.detail);
			continue;
		}
		if (!pf_take_resources(job))
		{
			left_over = lappend(left_over, lane);
			continue;			/* others may not need what this one waits for */
		}
		placement = place(lane, &slot, &generation);
		if ((placement != PLACED_IDLE && placement != PLACED_NEW) ||
			(placement == PLACED_NEW && !start_worker(slot, generation)))
		{
			pf_give_resources_back(job);
			left_over = lappend(left_over, lane);
			if (placement == OWNER_FULL)
				full_owners = lappend_oid(full_owners, job->owner);
			else if (placement != NOT_PLACED)
				break;			/* no use in asking for each of thousands */
			continue;
		}
		lane->phase = PF_LANE_RUNNING;
		lane->worker = slot;
		lane->handed_over_at = pf_clock_now();
		pf_scheduler->running++;
		pf_scheduler->last_activity = lane->handed_over_at;
	}
	foreach(lc, left_over)
		pf_ready_put((PfLane *) lfirst(lc));
	list_free(left_over);
	list_free(full_owners);
}

/* Workers whose role was dropped end, with a run under way after it. In a transaction. */
void
pf_end_orphaned_workers(void)
{
	for (int i = 0; i < PF_MAX_WORKERS; i++)
	{
		PfWorker   *worker = &pf_shared->workers[i];
		Oid			owner;

		LWLockAcquire(&pf_shared->lock, LW_SHARED);
		owner = worker->database == pf_scheduler->database && worker->pid != 0 ? worker->owner : InvalidOid;
		LWLockRelease(&pf_shared->lock);
		if (!OidIsValid(owner) || SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(owner)))
			continue;
		LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
		if (worker->database == pf_scheduler->database && worker->owner == owner && worker->latch != NULL)
		{
			worker->quit = true;
			SetLatch(worker->latch);
		}
		LWLockRelease(&pf_shared->lock);
	}
}

/* The scheduler ends: its idle workers end too, busy ones after their run. Called at exit. */
void
pf_release_workers(void)
{
	for (int i = 0; i < PF_MAX_WORKERS; i++)
	{
		PfWorker   *worker = &pf_shared->workers[i];

		if (worker->database != pf_scheduler->database || worker->state == PF_WORKER_FREE)
			continue;
		worker->quit = true;
		if (worker->latch != NULL)
			SetLatch(worker->latch);
		else
		{
			/* not started yet, or gone: if it starts after all, it sees that it came too late */
			worker->generation++;
			worker->state = PF_WORKER_FREE;
		}
	}
}
