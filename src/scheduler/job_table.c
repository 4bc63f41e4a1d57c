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
#include "row.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

/* What a job's row is copied to, and is made anew when it is read again. */
static void
free_texts(PfJob *job)
{
	pfree(job->name);
	pfree(job->schedule);
	if (job->calendar != NULL)
		pfree(job->calendar);
	if (job->retry.on != NULL)
		pfree(job->retry.on);
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

	pf_timer_clear(&job->timer);
	foreach(lc, job->asked)
		pf_answer_waiter(((PfAsked *) lfirst(lc))->waiter, 0);
	list_free_deep(job->asked);
	for (int i = 0; i < job->nlanes; i++)
		pfree(job->lanes[i]);
	if (job->lanes != NULL)
		pfree(job->lanes);
	free_texts(job);
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

static char *
text_column(uint64 row, int number)
{
	bool		null;
	Datum		value = column(row, number, &null);

	return null ? NULL : MemoryContextStrdup(pf_scheduler->context, TextDatumGetCString(value));
}

/* Overlap and misfire: what becomes of slots that cannot run at once. */
static void
take_policies(PfJob *job, uint64 row)
{
	char	   *overlap = text_column(row, 20);
	char	   *misfire = text_column(row, 23);

	job->parallel = 1;
	job->queue_limit = (int) int64_column(row, 22);
	if (strcmp(overlap, "queue") == 0)
		job->overlap = PF_OVERLAP_QUEUE;
	else if (strcmp(overlap, "replace") == 0)
	{
		job->overlap = PF_OVERLAP_REPLACE;
		job->queue_limit = 1;
	}
	else
	{
		job->overlap = PF_OVERLAP_SKIP;
		if (PF_SLOTS_ARE_FIXED(job->schedule))
			job->parallel = (int) int64_column(row, 21);
	}
	job->misfire = strcmp(misfire, "all") == 0 ? PF_MISFIRE_ALL :
		strcmp(misfire, "skip") == 0 ? PF_MISFIRE_SKIP : PF_MISFIRE_ONCE;
	job->misfire_limit = (int) int64_column(row, 24);
	job->misfire_window = int64_column(row, 25);
	pfree(overlap);
	pfree(misfire);
}

/* Take one row of read_jobs() over. */
static void
take_job(uint64 row)
{
	int64		job_id = int64_column(row, 1);
	bool		found;
	PfJob	   *job = hash_search(pf_scheduler->jobs, &job_id, HASH_ENTER, &found);
	PfSchedule *schedule;
	bool		null;

	if (found)
		free_texts(job);
	else
	{
		memset(job, 0, sizeof(PfJob));
		job->job_id = job_id;
		job->accounted = job->catch_up = DT_NOBEGIN;
		job->consumed_at = time_column(row, 10);
		job->timer.job = job;
		/* one that was not there at the last look has no history; one that was held has */
		job->unread = job_id <= pf_scheduler->greatest_job;
	}
	job->listed = true;
	job->owner = DatumGetObjectId(column(row, 2, &null));
	job->owner_name = *DatumGetName(column(row, 3, &null));
	job->name = text_column(row, 4);
	schedule = DatumGetPfScheduleP(column(row, 5, &null));
	job->schedule = MemoryContextAlloc(pf_scheduler->context, VARSIZE(schedule));
	memcpy(job->schedule, schedule, VARSIZE(schedule));
	job->tz = pg_tzset(TextDatumGetCString(column(row, 6, &null)));
	job->active = bool_column(row, 7);
	job->rerun_unknown = bool_column(row, 8);
	job->state_since = time_column(row, 9);
	job->account_from = time_column(row, 10);
	job->account_begun = bool_column(row, 28);
	job->accounted = Max(job->accounted, job->account_from);
	job->valid_from = time_column(row, 11);
	(void) column(row, 12, &null);
	job->valid_until = null ? DT_NOEND : time_column(row, 12);
	job->priority = (int) int64_column(row, 13);
	job->retry.limit = (int) int64_column(row, 14);
	job->retry.delay = int64_column(row, 15);
	job->retry.factor = DatumGetFloat8(column(row, 16, &null));
	job->retry.cap = int64_column(row, 17);
	job->retry.jitter = DatumGetFloat8(column(row, 18, &null));
	job->retry.on = text_column(row, 19);
	take_policies(job, row);
	job->calendar = text_column(row, 26);
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
			(void) pf_when_set(&job->when, job->schedule, job->tz, job->calendar, find_calendar, job->no_calendar);
	}
}

/* Read every job that is at home here. */
static void
read_jobs(void)
{
	static const char *const sql =
	"SELECT j.job_id, j.owner_oid, j.owner, j.name, j.schedule, j.time_zone, j.state = 'active',"
	" j.on_unknown = 'rerun', j.state_since, j.account_from, j.valid_from, j.valid_until, j.priority::bigint,"
	" j.retry_limit::bigint, (extract(epoch FROM j.retry_delay) * 1000000)::bigint, j.retry_factor::float8,"
	" (extract(epoch FROM j.retry_cap) * 1000000)::bigint, j.retry_jitter::float8,"
	" array_to_string(j.retry_on, ' ') || ' ',"
	" j.overlap, coalesce(substring(j.overlap FROM '^parallel (.*)'), '1')::bigint, j.queue_limit::bigint,"
	" j.misfire, j.misfire_limit::bigint, (extract(epoch FROM j.misfire_window) * 1000000)::bigint, j.calendar,"
	" portfolio.job_held_reason(j) IS NULL, j.account_begun"
	" FROM portfolio.job j WHERE j.owner_oid = $1 OR $1 = 0";
	static const Oid types[] = {OIDOID};
	Datum		only_owner = ObjectIdGetDatum(pf_scheduler->only_owner);
	HASH_SEQ_STATUS scan;
	PfAsOwner	as_owner;
	PfJob	   *job;
	int64		greatest = 0;
	int64		held = 0;
	static int64 held_logged = 0;

	hash_seq_init(&scan, pf_scheduler->jobs);
	while ((job = hash_seq_search(&scan)) != NULL)
		job->listed = false;

	pf_as_table_owner(&as_owner, "job", sql, 1, types, &only_owner, NULL);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		greatest = Max(greatest, int64_column(row, 1));
		if (bool_column(row, 27))
			take_job(row);
		else
			held++;
	}
	pf_end_as_owner(&as_owner);
	pf_scheduler->greatest_job = greatest;

	if (held > 0 && held != held_logged)
		ereport(LOG,
				(errmsg(INT64_FORMAT " jobs of this database are held", held),
				 errdetail("They were scheduled elsewhere, or their role is gone; portfolio.job_overview tells."),
				 errhint("SELECT portfolio.adopt_jobs() makes them run here.")));
	held_logged = held;
	set_calendars();
	pf_read_links();
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

/* The jobs whose history is to be read. */
static Datum
unread_jobs(void)
{
	HASH_SEQ_STATUS scan;
	PfJob	   *job;
	Datum	   *ids = palloc(sizeof(Datum) * (hash_get_num_entries(pf_scheduler->jobs) + 1));
	int			count = 0;

	hash_seq_init(&scan, pf_scheduler->jobs);
	while ((job = hash_seq_search(&scan)) != NULL)
	{
		if (job->unread)
			ids[count++] = Int64GetDatum(job->job_id);
		job->unread = false;
	}
	return count == 0 ? (Datum) 0 : PointerGetDatum(construct_array(ids, count, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* The last slot that history accounts for, of each job that was not here before. */
static void
read_account(void)
{
	static const char *const sql =
	"SELECT j.job_id, greatest("
	"(SELECT r.due_at FROM portfolio.job_run r WHERE r.job_id = j.job_id AND r.due_at IS NOT NULL ORDER BY r.due_at DESC LIMIT 1),"
	" (SELECT s.last_due FROM portfolio.job_slot_range s WHERE s.job_id = j.job_id ORDER BY s.last_due DESC LIMIT 1)),"
	" (SELECT r.finished_at FROM portfolio.job_run r WHERE r.job_id = j.job_id ORDER BY r.run_id DESC LIMIT 1),"
	" (SELECT r.queued_at FROM portfolio.job_run r WHERE r.job_id = j.job_id AND r.due_at IS NOT NULL ORDER BY r.run_id DESC LIMIT 1),"
	" (SELECT a.state = 'failing' FROM portfolio.job_alert a WHERE a.job_id = j.job_id ORDER BY a.alert_id DESC LIMIT 1)"
	" FROM portfolio.job j WHERE j.job_id = ANY ($1)";
	static const Oid types[] = {INT8ARRAYOID};
	Datum		jobs = unread_jobs();
	PfAsOwner	as_owner;

	if (jobs == (Datum) 0)
		return;
	pf_as_table_owner(&as_owner, "job_run", sql, 1, types, &jobs, NULL);
	for (uint64 row = 0; row < SPI_processed; row++)
	{
		PfJob	   *job = pf_find_job(int64_column(row, 1));

		if (job == NULL)
			continue;
		job->accounted = Max(job->accounted, time_column(row, 2));
		if (job->schedule->kind == PF_SCHEDULE_AFTER)
			job->accounted = Max(job->accounted, time_column(row, 3));
		job->consumed_at = Max(job->consumed_at, job->schedule->kind == PF_SCHEDULE_CHAIN ? job->accounted : time_column(row, 4));
		job->failing = bool_column(row, 5);
	}
	pf_end_as_owner(&as_owner);
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
	MemoryContextSwitchTo(old);

	pf_release_waiters();
	read_jobs();
	read_account();
	pf_read_edge_ends();
	pf_adopt_running_workers();
	begin_accounts();
	pf_read_open_runs(true);
	let_jobs_decide();
}

/* Follow what other sessions have committed. In a transaction. */
void
pf_read_changes(void)
{
	read_jobs();
	sweep_jobs();
	read_account();
	begin_accounts();
	pf_read_open_runs(false);
	let_jobs_decide();
}
