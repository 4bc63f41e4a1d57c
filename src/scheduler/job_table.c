/*
 * job_table.c
 *		The scheduler's picture of the jobs of its database, read from the tables.
 *
 * At start, and again after any error, the picture is built from nothing: jobs, the last slot that
 * history accounts for, runs that nobody closed, and the workers that are still busy. Later it
 * follows committed changes.
 */
#include "scheduler.h"

#include "catalog/pg_type.h"
#include "clock.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

static Datum
column(uint64 row, int number, bool *null)
{
	return SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, number, null);
}

static bool
bool_column(uint64 row, int number)
{
	bool		null;

	return DatumGetBool(column(row, number, &null)) && !null;
}

static int64
int64_column(uint64 row, int number)
{
	bool		null;

	return DatumGetInt64(column(row, number, &null));
}

static TimestampTz
time_column(uint64 row, int number)
{
	bool		null;
	Datum		value = column(row, number, &null);

	return null ? DT_NOBEGIN : DatumGetTimestampTz(value);
}

PfJob *
pf_find_job(int64 job_id)
{
	return hash_search(pf_scheduler->jobs, &job_id, HASH_FIND, NULL);
}

void
pf_forget_job(PfJob *job)
{
	ListCell   *lc;

	pf_due_remove(job);
	foreach(lc, job->asked)
		pf_answer_waiter(((PfAsked *) lfirst(lc))->waiter, 0);
	list_free_deep(job->asked);
	pfree(job->name);
	pfree(job->schedule);
	hash_search(pf_scheduler->jobs, &job->job_id, HASH_REMOVE, NULL);
}

/* Take one row of read_jobs() over; true if the job must decide anew what comes next. */
static bool
take_job(uint64 row)
{
	int64		job_id = int64_column(row, 1);
	bool		found;
	PfJob	   *job = hash_search(pf_scheduler->jobs, &job_id, HASH_ENTER, &found);
	PfSchedule *schedule;
	bool		null;

	if (found)
	{
		pfree(job->name);
		pfree(job->schedule);
	}
	else
	{
		memset(job, 0, sizeof(PfJob));
		job->job_id = job_id;
		job->waiter = -1;
		job->accounted = DT_NOBEGIN;
	}
	job->listed = true;
	job->owner = DatumGetObjectId(column(row, 2, &null));
	job->owner_name = *DatumGetName(column(row, 3, &null));
	job->name = MemoryContextStrdup(pf_scheduler->context, TextDatumGetCString(column(row, 4, &null)));
	schedule = DatumGetPfScheduleP(column(row, 5, &null));
	job->schedule = MemoryContextAlloc(pf_scheduler->context, VARSIZE(schedule));
	memcpy(job->schedule, schedule, VARSIZE(schedule));
	job->tz = pg_tzset(TextDatumGetCString(column(row, 6, &null)));
	job->active = bool_column(row, 7);
	job->queue_overlap = bool_column(row, 8);
	job->misfire_once = bool_column(row, 9);
	job->rerun_unknown = bool_column(row, 10);
	job->retry_limit = (int) int64_column(row, 11);
	job->retry_delay = int64_column(row, 12);
	job->priority = (int) int64_column(row, 13);
	job->state_since = time_column(row, 14);
	job->accounted = Max(job->accounted, time_column(row, 15));
	return !found;
}

/* A calendar that jobs name, read once for all of them. */
static PfCalendar *
find_calendar(const char *code)
{
	static List *known;			/* of PfCalendar, in the context `calendars` */
	MemoryContext old;
	PfCalendar *calendar;
	ListCell   *lc;

	if (code == NULL)
	{
		known = NIL;
		return NULL;
	}
	foreach(lc, known)
	{
		calendar = (PfCalendar *) lfirst(lc);
		if (strcmp(calendar->code, code) == 0)
			return calendar;
	}
	old = MemoryContextSwitchTo(pf_scheduler->calendars);
	calendar = pf_calendar_read(code);
	if (calendar != NULL)
		known = lappend(known, calendar);
	MemoryContextSwitchTo(old);
	return calendar;
}

/* Give every job its calendars as they are now. */
static void
set_calendars(void)
{
	HASH_SEQ_STATUS scan;
	PfJob	   *job;

	MemoryContextReset(pf_scheduler->calendars);
	(void) find_calendar(NULL);
	hash_seq_init(&scan, pf_scheduler->jobs);
	while ((job = hash_seq_search(&scan)) != NULL)
	{
		job->no_calendar[0] = '\0';
		memset(&job->when, 0, sizeof(job->when));
		if (job->listed)
			(void) pf_when_set(&job->when, job->schedule, job->tz, NULL, find_calendar, job->no_calendar);
	}
}

/* Read every job that is at home here. */
static void
read_jobs(void)
{
	static const char *const sql =
	"SELECT j.job_id, j.owner_oid, j.owner, j.name, j.schedule, j.time_zone, j.state = 'active',"
	" j.overlap = 'queue', j.misfire = 'once', j.on_unknown = 'rerun', j.retry_limit::bigint,"
	" (extract(epoch FROM j.retry_delay) * 1000000)::bigint, j.priority::bigint, j.state_since, j.account_from,"
	" portfolio.job_held_reason(j) IS NULL"
	" FROM portfolio.job j";
	HASH_SEQ_STATUS scan;
	PfAsOwner	as_owner;
	PfJob	   *job;
	int64		held = 0;
	static int64 held_logged = 0;

	hash_seq_init(&scan, pf_scheduler->jobs);
	while ((job = hash_seq_search(&scan)) != NULL)
		job->listed = false;

	pf_as_table_owner(&as_owner, "job", sql, 0, NULL, NULL, NULL);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		if (bool_column(row, 16))
			take_job(row);
		else
			held++;
	}
	pf_end_as_owner(&as_owner);

	if (held > 0 && held != held_logged)
		ereport(LOG,
				(errmsg(INT64_FORMAT " jobs of this database are held", held),
				 errdetail("They were scheduled elsewhere, or their role is gone; portfolio.job_overview tells."),
				 errhint("SELECT portfolio.adopt_jobs() makes them run here.")));
	held_logged = held;
	set_calendars();
}

/* Jobs that went away: at once, or when their run has ended. */
static void
sweep_jobs(void)
{
	HASH_SEQ_STATUS scan;
	PfJob	   *job;

	hash_seq_init(&scan, pf_scheduler->jobs);
	while ((job = hash_seq_search(&scan)) != NULL)
	{
		if (job->listed || job->phase == PF_JOB_RUNNING)
			continue;
		if (job->phase == PF_JOB_READY)
		{
			pf_ready_remove(job);
			pf_answer_waiter(job->waiter, 0);
		}
		pf_forget_job(job);		/* dynahash allows to remove the entry just returned */
	}
}

/* The last slot of each job that history accounts for. */
static void
read_account(void)
{
	static const char *const sql =
	"SELECT j.job_id, greatest("
	"(SELECT r.due_at FROM portfolio.job_run r WHERE r.job_id = j.job_id AND r.due_at IS NOT NULL ORDER BY r.due_at DESC LIMIT 1),"
	" (SELECT s.last_due FROM portfolio.job_slot_range s WHERE s.job_id = j.job_id ORDER BY s.last_due DESC LIMIT 1)),"
	" (SELECT r.finished_at FROM portfolio.job_run r WHERE r.job_id = j.job_id ORDER BY r.run_id DESC LIMIT 1)"
	" FROM portfolio.job j";
	PfAsOwner	as_owner;

	pf_as_table_owner(&as_owner, "job_run", sql, 0, NULL, NULL, NULL);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		PfJob	   *job = pf_find_job(int64_column(row, 1));

		if (job == NULL)
			continue;
		job->accounted = Max(job->accounted, time_column(row, 2));
		if (job->schedule->kind == PF_SCHEDULE_AFTER)
			job->accounted = Max(job->accounted, time_column(row, 3));
	}
	pf_end_as_owner(&as_owner);
}

/* Workers that a predecessor left busy go on; their jobs wait for them. */
static void
adopt_running_workers(void)
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
		if (job == NULL || job->phase == PF_JOB_RUNNING)
			continue;
		job->phase = PF_JOB_RUNNING;
		job->run = worker->run;
		job->handed_over_at = PF_ASKED_FOR(&worker->run) ? worker->run.queued_at : worker->run.due_at;
		if (!PF_ASKED_FOR(&worker->run))
			job->accounted = Max(job->accounted, worker->run.due_at);
		pf_scheduler->running++;
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

static bool
is_asked_for(const PfJob *job, int64 run_id)
{
	ListCell   *lc;

	if (job->phase != PF_JOB_RESTING && job->run.run_id == run_id)
		return true;
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
	if (job->phase == PF_JOB_RESTING && job->accounted == run->due_at)
	{
		job->run = *run;
		job->handed_over_at = run->due_at;
		job->phase = PF_JOB_RUNNING;
		/* slots that passed since are misfires, not overlaps: settle nothing else here */
		if (job->rerun_unknown && job->active)
			pf_finish_run(job, run->due_at, PF_RUN_UNKNOWN);
		else
		{
			pf_scheduler->counted.unknown++;
			job->phase = PF_JOB_RESTING;
		}
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
static void
read_open_runs(bool at_start)
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
			continue;
		if (run->attempt < 0)
			pf_close_run(run->job_id, run->run_id, "withdrawn", NULL, "the job does not exist any more");
		else if (open[i].started && at_start)
			close_unknown(job, run->job_id, run);
		else if (!open[i].started && job != NULL && !is_asked_for(job, run->run_id))
			pf_ask(job, run->run_id, run->queued_at, -1);
	}
	pfree(open);
}

/* What each job without a run does next, now that its row may say something else. */
static void
let_jobs_decide(void)
{
	HASH_SEQ_STATUS scan;
	PfJob	   *job;

	hash_seq_init(&scan, pf_scheduler->jobs);
	while ((job = hash_seq_search(&scan)) != NULL)
	{
		if (job->active && job->tz == NULL)
			pf_record_broken(job, "Its time zone is not known on this server.");
		else if (job->active && job->no_calendar[0] != '\0')
			pf_record_broken(job, psprintf("Calendar \"%s\" does not exist.", job->no_calendar));
		if (job->phase == PF_JOB_RESTING || (job->phase == PF_JOB_RETRYING && !job->active))
			pf_rest(job);
	}
}

/* Build the picture from nothing. In a transaction. */
void
pf_read_all(void)
{
	HASHCTL		ctl = {0};
	MemoryContext old;

	MemoryContextReset(pf_scheduler->context);
	old = MemoryContextSwitchTo(pf_scheduler->context);
	ctl.keysize = sizeof(int64);
	ctl.entrysize = sizeof(PfJob);
	ctl.hcxt = pf_scheduler->context;
	pf_scheduler->jobs = hash_create("portfolio jobs", 256, &ctl, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
	pf_heaps_init(pf_scheduler);
	pf_scheduler->running = 0;
	MemoryContextSwitchTo(old);

	pf_release_waiters();
	read_jobs();
	read_account();
	adopt_running_workers();
	read_open_runs(true);
	let_jobs_decide();
}

/* Follow what other sessions have committed. In a transaction. */
void
pf_read_changes(void)
{
	read_jobs();
	sweep_jobs();
	read_open_runs(false);
	let_jobs_decide();
}
