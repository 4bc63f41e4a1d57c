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
#include "row.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"

PfJob *
pf_find_job(int64 job_id)
{
	return hash_search(pf_scheduler->jobs, &job_id, HASH_FIND, NULL);
}

void
pf_forget_job(PfJob *job)
{
	ListCell   *lc;

	pf_timer_clear(&job->timer);
	foreach(lc, job->asked)
		pf_answer_waiter(((PfAsked *) lfirst(lc))->waiter, 0);
	list_free_deep(job->asked);
	for (int i = 0; i < job->nlanes; i++)
		pfree(job->lanes[i]);
	if (job->lanes != NULL)
		pfree(job->lanes);
	pf_free_row(job);
	hash_search(pf_scheduler->jobs, &job->job_id, HASH_REMOVE, NULL);
}

/* One more lane for runs of a job. */
PfLane *
pf_add_lane(PfJob *job)
{
	PfLane	   *lane = MemoryContextAllocZero(pf_scheduler->context, sizeof(PfLane));

	job->lanes = job->lanes == NULL ?
		MemoryContextAlloc(pf_scheduler->context, sizeof(PfLane *)) :
		repalloc(job->lanes, (job->nlanes + 1) * sizeof(PfLane *));
	job->lanes[job->nlanes++] = lane;
	lane->job = job;
	lane->waiter = lane->worker = -1;
	lane->timer.job = job;
	lane->timer.lane = lane;
	return lane;
}

/* Does a slot of the job have an attempt behind it and another before it, or under way? */
bool
pf_slot_goes_on(const PfJob *job)
{
	for (int i = 0; i < job->nlanes; i++)
	{
		if (job->lanes[i]->phase != PF_LANE_FREE && job->lanes[i]->run.attempt > 1)
			return true;
	}
	return false;
}

bool
pf_any_slot_is_tried_again(void)
{
	HASH_SEQ_STATUS scan;
	PfJob	   *job;
	bool		found = false;

	hash_seq_init(&scan, pf_scheduler->jobs);
	while (!found && (job = hash_seq_search(&scan)) != NULL)
		found = pf_slot_goes_on(job);
	if (found)
		hash_seq_term(&scan);
	return found;
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
		bool		runs = false;

		if (job->listed)
			continue;
		for (int i = 0; i < job->nlanes; i++)
		{
			PfLane	   *lane = job->lanes[i];

			runs |= lane->phase == PF_LANE_RUNNING;
			if (lane->phase == PF_LANE_READY)
			{
				pf_ready_remove(lane);
				pf_answer_waiter(lane->waiter, 0);
			}
			pf_timer_clear(&lane->timer);
			if (lane->phase == PF_LANE_READY || lane->phase == PF_LANE_RETRYING)
			{
				lane->phase = PF_LANE_FREE;
				job->busy--;
			}
		}
		pf_timer_clear(&job->timer);
		if (runs)
			continue;
		pf_forget_job(job);		/* dynahash allows to remove the entry just returned */
	}
}

/*
 * The weeks of job_run that hold anything, as an array: each job's look into history would otherwise
 * open the indexes of all 64.
 */
Datum
pf_weeks_with_runs(void)
{
	static const char *const sql =
	"SELECT coalesce(array_agg(w.w::smallint), '{}') FROM generate_series(0, 63) w (w)"
	" WHERE EXISTS (SELECT FROM portfolio.job_run r WHERE r.week_slot = w.w::smallint)";
	PfAsOwner	as_owner;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext old;
	Datum		weeks;
	bool		null;

	pf_as_table_owner(&as_owner, "job_run", sql, 0, NULL, NULL, NULL);
	old = MemoryContextSwitchTo(caller);
	weeks = datumCopy(column(0, 1, &null), false, -1);
	MemoryContextSwitchTo(old);
	pf_end_as_owner(&as_owner);
	return weeks;
}

/* Take one row of read_account() over. */
static void
take_account(uint64 row)
{
	PfJob	   *job = pf_find_job(int64_column(row, 1));

	if (job == NULL)
		return;
	job->accounted = Max(job->accounted, time_column(row, 2));
	if (job->schedule->kind == PF_SCHEDULE_AFTER)
		job->accounted = Max(job->accounted, time_column(row, 3));
	job->consumed_at = Max(job->consumed_at, job->schedule->kind == PF_SCHEDULE_CHAIN ? job->accounted : time_column(row, 4));
	job->failing = bool_column(row, 5);
}

/* Read what history accounts for of some jobs, no more than a page of them. */
static void
read_account_of(Datum weeks, Datum *ids, int count)
{
	static const char *const sql =
	"SELECT j.job_id, greatest("
	"(SELECT r.due_at FROM portfolio.job_run r WHERE r.job_id = j.job_id AND r.due_at IS NOT NULL AND r.week_slot = ANY ($1) ORDER BY r.due_at DESC LIMIT 1),"
	" (SELECT s.last_due FROM portfolio.job_slot_range s WHERE s.job_id = j.job_id ORDER BY s.last_due DESC LIMIT 1)),"
	" (SELECT r.finished_at FROM portfolio.job_run r WHERE r.job_id = j.job_id AND r.week_slot = ANY ($1) ORDER BY r.run_id DESC LIMIT 1),"
	" (SELECT r.queued_at FROM portfolio.job_run r WHERE r.job_id = j.job_id AND r.due_at IS NOT NULL AND r.week_slot = ANY ($1) ORDER BY r.run_id DESC LIMIT 1),"
	" (SELECT a.state = 'failing' FROM portfolio.job_alert a WHERE a.job_id = j.job_id ORDER BY a.alert_id DESC LIMIT 1)"
	" FROM unnest($2) j (job_id)";	/* one that was dropped after it was listed must not seem new */
	static const Oid types[] = {INT2ARRAYOID, INT8ARRAYOID};
	Datum		values[2];
	PfAsOwner	as_owner;

	values[0] = weeks;
	values[1] = PointerGetDatum(construct_array(ids, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	pf_as_table_owner(&as_owner, "job_run", sql, lengthof(types), types, values, NULL);
	for (uint64 row = 0; row < SPI_processed; row++)
		take_account(row);
	pf_end_as_owner(&as_owner);
	pfree(DatumGetPointer(values[1]));
}

/* The last slot that history accounts for, of each job that was not here before. */
static void
read_account(void)
{
	HASH_SEQ_STATUS scan;
	PfJob	   *job;
	Datum	   *ids = palloc(sizeof(Datum) * hash_get_num_entries(pf_scheduler->jobs));
	int			count = 0;
	Datum		weeks;

	hash_seq_init(&scan, pf_scheduler->jobs);
	while ((job = hash_seq_search(&scan)) != NULL)
	{
		if (job->unread)
			ids[count++] = Int64GetDatum(job->job_id);
		job->unread = false;
	}
	if (count > 0)
	{
		weeks = pf_weeks_with_runs();
		for (int i = 0; i < count; i += PF_PAGE)
			read_account_of(weeks, ids + i, Min(count - i, PF_PAGE));
	}
	pfree(ids);
}

/*
 * Slots of an old schedule may have been decided after the transaction that changed it had begun, and
 * with a clock that was set back: the account of the new one begins behind them.
 */
static void
begin_accounts(void)
{
	HASH_SEQ_STATUS scan;
	PfJob	   *job;

	hash_seq_init(&scan, pf_scheduler->jobs);
	while ((job = hash_seq_search(&scan)) != NULL)
	{
		if (job->listed && !job->account_begun)
			pf_record_account_begin(job);
	}
}

/* One job that was read alone. */
static void
meet_job(PfJob *job)
{
	Datum		id = Int64GetDatum(job->job_id);

	if (job->unread)
		read_account_of(pf_weeks_with_runs(), &id, 1);
	job->unread = false;
	if (!job->account_begun)
		pf_record_account_begin(job);
}

/* What a job does next, now that its row may say something else. */
static void
let_job_decide(PfJob *job)
{
	if (job->active && job->when.tz == NULL)
		pf_record_broken(job, "Its time zone is not known on this server.");
	else if (job->active && job->no_calendar != NULL)
		pf_record_broken(job, psprintf("Calendar \"%s\" does not exist.", job->no_calendar));
	for (int i = 0; i < job->nlanes && !job->active; i++)
	{
		PfLane	   *lane = job->lanes[i];

		/* what failed before the job was paused is not tried again */
		if (lane->phase != PF_LANE_RETRYING)
			continue;
		pf_timer_clear(&lane->timer);
		lane->phase = PF_LANE_FREE;
		job->busy--;
	}
	pf_rest(job);
}

static void
let_jobs_decide(void)
{
	HASH_SEQ_STATUS scan;
	PfJob	   *job;

	hash_seq_init(&scan, pf_scheduler->jobs);
	while ((job = hash_seq_search(&scan)) != NULL)
		let_job_decide(job);
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
	pf_scheduler->greatest_job = PG_INT64_MAX;
	pf_scheduler->running = 0;
	pf_scheduler->edges = pf_scheduler->resources = NIL;
	pf_job_rows_init();
	MemoryContextSwitchTo(old);

	pf_release_waiters();
	pf_read_jobs();
	read_account();
	pf_adopt_running_workers();
	begin_accounts();
	pf_read_open_runs(true);
	pf_read_failed_runs();
	pf_read_edge_ends();
	let_jobs_decide();
}

/* Follow what other sessions have committed. In a transaction. */
void
pf_read_changes(const PfNews *news)
{
	bool		all = news->all || (news->njobs > 0 && !pf_reread_jobs(news));

	if (all)
	{
		pf_read_jobs();
		sweep_jobs();
		read_account();
		begin_accounts();
	}
	for (int i = 0; i < news->njobs && !all; i++)
		meet_job(pf_find_job(news->jobs[i]));
	pf_read_open_runs(false);
	if (all)
		let_jobs_decide();
	for (int i = 0; i < news->njobs && !all; i++)
		let_job_decide(pf_find_job(news->jobs[i]));
}
