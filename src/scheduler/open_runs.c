/*
 * open_runs.c
 *		Runs that the scheduler finds when it reads its tables: workers that are still busy, rows that
 *		wait, rows that nobody has closed, and slots that were to be tried again.
 */
#include "scheduler.h"

#include "catalog/pg_type.h"
#include "row.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* A run that is under way takes a lane. */
static void
adopt_run(PfJob *job, const PfRun *run, int worker)
{
	PfLane	   *lane = pf_add_lane(job);

	lane->phase = PF_LANE_RUNNING;
	lane->run = *run;
	lane->worker = worker;
	lane->recorded = PF_ASKED_FOR(run) || run->attempt > 1;
	lane->handed_over_at = PF_ASKED_FOR(run) ? run->queued_at : run->due_at;
	job->busy++;
	if (!PF_ASKED_FOR(run))
		job->accounted = Max(job->accounted, run->due_at);
	pf_scheduler->running++;
	for (ListCell *lc = list_head(job->needs); lc != NULL; lc = lnext(job->needs, lc))
		((PfNeed *) lfirst(lc))->resource->used += ((PfNeed *) lfirst(lc))->units;
}

/* Workers that a predecessor left busy go on; their jobs wait for them. */
void
pf_adopt_running_workers(void)
{
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < PF_MAX_WORKERS; i++)
	{
		PfWorker   *worker = &pf_shared->workers[i];
		PfJob	   *job;

		if (worker->database != pf_scheduler->database ||
			(worker->state != PF_WORKER_RUNNING && worker->state != PF_WORKER_DONE &&
			 worker->state != PF_WORKER_ENDED && worker->state != PF_WORKER_DECLINED))
			continue;
		worker->quit = false;
		job = pf_find_job(worker->run.job_id);
		if (job != NULL)
			adopt_run(job, &worker->run, i);
	}
	LWLockRelease(&pf_shared->lock);
}

static bool
worker_has_run(int64 run_id)
{
	bool		found = false;

	LWLockAcquire(&pf_shared->lock, LW_SHARED);
	for (int i = 0; i < PF_MAX_WORKERS && !found; i++)
	{
		PfWorker   *worker = &pf_shared->workers[i];

		found = worker->database == pf_scheduler->database && worker->run.run_id == run_id &&
			worker->state != PF_WORKER_FREE && worker->state != PF_WORKER_IDLE;
	}
	LWLockRelease(&pf_shared->lock);
	return found;
}

static PfLane *
lane_of_run(const PfJob *job, int64 run_id)
{
	for (int i = 0; i < job->nlanes; i++)
	{
		if (job->lanes[i]->phase != PF_LANE_FREE && job->lanes[i]->run.run_id == run_id)
			return job->lanes[i];
	}
	return NULL;
}

static bool
is_asked_for(const PfJob *job, int64 run_id)
{
	ListCell   *lc;

	foreach(lc, job->asked)
	{
		if (((PfAsked *) lfirst(lc))->run_id == run_id)
			return true;
	}
	return false;
}

/* A run that began before a crash, and whose worker is gone: nobody knows how it ended. */
static void
close_unknown(PfJob *job, int64 job_id, const PfRun *run)
{
	pf_close_run(job_id, run->run_id, "unknown", NULL,
				 "the server or the worker ended before the end of the command was recorded");
	if (job == NULL || PF_ASKED_FOR(run))
	{
		pf_scheduler->counted.unknown++;
		return;
	}
	if (job->rerun_unknown && job->active && job->busy < job->parallel && job->accounted == run->due_at)
	{
		PfLane	   *lane = pf_add_lane(job);

		/* slots that passed since are misfires, not overlaps: the new attempt settles nothing else */
		lane->run = *run;
		lane->phase = PF_LANE_RUNNING;
		job->busy++;
		pf_finish_run(lane, run->due_at, PF_RUN_UNKNOWN, 0);
	}
	else
		pf_scheduler->counted.unknown++;
}

typedef struct OpenRun
{
	PfRun		run;
	bool		started;
} OpenRun;

/* Rows that are not closed: queued by run_job(), or started by a worker that is gone. */
void
pf_read_open_runs(bool at_start)
{
	static const char *const sql =
	"SELECT r.job_id, r.run_id, r.due_at, r.queued_at, r.attempt::bigint, r.outcome = 'started',"
	" EXISTS (SELECT FROM portfolio.job j WHERE j.job_id = r.job_id)"
	" FROM portfolio.job_run r WHERE r.outcome IN ('queued', 'started') ORDER BY r.run_id";
	PfAsOwner	as_owner;
	OpenRun    *open;
	uint64		count;

	pf_as_table_owner(&as_owner, "job_run", sql, 0, NULL, NULL, NULL);
	count = SPI_processed;
	open = MemoryContextAllocZero(pf_scheduler->context, sizeof(OpenRun) * (count + 1));
	for (uint64 row = 0; row < count; row++)
	{
		open[row].run.job_id = int64_column(row, 1);
		open[row].run.run_id = int64_column(row, 2);
		open[row].run.due_at = time_column(row, 3);
		open[row].run.queued_at = time_column(row, 4);
		open[row].run.attempt = (int32) int64_column(row, 5);
		open[row].started = bool_column(row, 6);
		if (!bool_column(row, 7) && !open[row].started)
			open[row].run.attempt = -1;		/* its job is gone for good */
	}
	pf_end_as_owner(&as_owner);

	for (uint64 i = 0; i < count; i++)
	{
		PfRun	   *run = &open[i].run;
		PfJob	   *job = pf_find_job(run->job_id);

		if (worker_has_run(run->run_id))
		{
			PfLane	   *lane = job == NULL ? NULL : lane_of_run(job, run->run_id);

			if (lane != NULL)
				lane->recorded = true;
			continue;
		}
		if (run->attempt < 0)
			pf_close_run(run->job_id, run->run_id, "withdrawn", NULL, "the job does not exist any more");
		else if (open[i].started && at_start)
			close_unknown(job, run->job_id, run);
		else if (open[i].started || job == NULL || lane_of_run(job, run->run_id) != NULL)
			continue;
		else if (!PF_ASKED_FOR(run))
			pf_take_queued_slot(job, run);
		else if (!is_asked_for(job, run->run_id))
			pf_ask(job, run->run_id, run->queued_at, -1);
	}
	pfree(open);
}

/*
 * Slots that were to be tried again: the last runs of a job, as many as may go on side by side, where
 * they failed since somebody last changed the job.
 */
void
pf_read_failed_runs(void)
{
	static const char *const sql =
	"SELECT r.job_id, r.due_at, r.queued_at, r.attempt::bigint, r.finished_at, r.sqlstate"
	" FROM portfolio.job j CROSS JOIN LATERAL"
	" (SELECT x.* FROM portfolio.job_run x WHERE x.job_id = j.job_id AND x.due_at IS NOT NULL AND x.week_slot = ANY ($1)"
	" ORDER BY x.run_id DESC LIMIT coalesce(substring(j.overlap FROM '^parallel (.*)'), '1')::integer) r"
	" WHERE j.retry_limit > 0 AND j.state = 'active' AND r.outcome = 'failed' AND r.attempt <= j.retry_limit"
	" AND r.finished_at > greatest(j.changed_at, j.state_since) AND NOT EXISTS (SELECT FROM portfolio.job_run l"
	" WHERE l.job_id = r.job_id AND l.due_at = r.due_at AND l.attempt > r.attempt AND l.week_slot = r.week_slot)";
	static const Oid types[] = {INT2ARRAYOID};
	Datum		weeks = pf_weeks_with_runs();
	PfAsOwner	as_owner;

	pf_as_table_owner(&as_owner, "job_run", sql, lengthof(types), types, &weeks, NULL);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		PfJob	   *job = pf_find_job(int64_column(row, 1));
		PfRun		run = {0};
		bool		null;
		Datum		sqlstate = column(row, 6, &null);
		const char *code = null ? "XX000" : TextDatumGetCString(sqlstate);

		if (job == NULL)
			continue;			/* held, or of somebody else */
		run.job_id = job->job_id;
		run.due_at = time_column(row, 2);
		run.queued_at = time_column(row, 3);
		run.attempt = (int32) int64_column(row, 4);
		pf_take_failed_slot(job, &run, time_column(row, 5), MAKE_SQLSTATE(code[0], code[1], code[2], code[3], code[4]));
	}
	pf_end_as_owner(&as_owner);
}
