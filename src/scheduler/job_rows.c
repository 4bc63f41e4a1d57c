/*
 * job_rows.c
 *		The rows of portfolio.job as the scheduler keeps them: read in pages, so that the memory for a
 *		hundred thousand of them is that of the picture alone, and kept small, since most jobs differ
 *		in little: schedules and the names of owners are kept once for all jobs that have them.
 */
#include "scheduler.h"

#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "row.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

/* One schedule, and how many jobs have it */
typedef struct SharedSchedule
{
	PfSchedule *schedule;		/* hash key: what it points to */
	int			uses;
} SharedSchedule;

static char *
text_column(uint64 row, int number)
{
	bool		null;
	Datum		value = column(row, number, &null);

	return null ? NULL : MemoryContextStrdup(pf_scheduler->context, TextDatumGetCString(value));
}

static uint32
hash_schedule(const void *key, Size keysize)
{
	const PfSchedule *schedule = *(PfSchedule *const *) key;

	return hash_bytes((const unsigned char *) schedule, VARSIZE(schedule));
}

static int
match_schedules(const void *a, const void *b, Size keysize)
{
	const PfSchedule *x = *(PfSchedule *const *) a;
	const PfSchedule *y = *(PfSchedule *const *) b;

	return VARSIZE(x) != VARSIZE(y) || memcmp(x, y, VARSIZE(x)) != 0;
}

/* In the scheduler's context, which has been emptied. */
void
pf_job_rows_init(void)
{
	HASHCTL		ctl = {0};

	ctl.keysize = sizeof(PfSchedule *);
	ctl.entrysize = sizeof(SharedSchedule);
	ctl.hash = hash_schedule;
	ctl.match = match_schedules;
	ctl.hcxt = pf_scheduler->context;
	pf_scheduler->schedules = hash_create("portfolio schedules", 256, &ctl,
										  HASH_ELEM | HASH_FUNCTION | HASH_COMPARE | HASH_CONTEXT);
	pf_scheduler->owners = NIL;
}

static const PfSchedule *
share_schedule(PfSchedule *schedule)
{
	bool		found;
	SharedSchedule *shared = hash_search(pf_scheduler->schedules, &schedule, HASH_ENTER, &found);

	if (!found)
	{
		shared->uses = 0;
		shared->schedule = memcpy(MemoryContextAlloc(pf_scheduler->context, VARSIZE(schedule)),
								  schedule, VARSIZE(schedule));
	}
	shared->uses++;
	return shared->schedule;
}

static void
unshare_schedule(const PfSchedule *schedule)
{
	SharedSchedule *shared = hash_search(pf_scheduler->schedules, &schedule, HASH_FIND, NULL);

	if (--shared->uses > 0)
		return;
	hash_search(pf_scheduler->schedules, &schedule, HASH_REMOVE, NULL);
	pfree(unconstify(PfSchedule *, schedule));
}

static const char *
share_owner(const char *name)
{
	MemoryContext old;
	char	   *copy;
	ListCell   *lc;

	foreach(lc, pf_scheduler->owners)
	{
		if (strcmp((char *) lfirst(lc), name) == 0)
			return (char *) lfirst(lc);
	}
	old = MemoryContextSwitchTo(pf_scheduler->context);
	copy = pstrdup(name);
	pf_scheduler->owners = lappend(pf_scheduler->owners, copy);
	MemoryContextSwitchTo(old);
	return copy;
}

/* What a job's row is copied to, and is made anew when it is read again. */
void
pf_free_row(PfJob *job)
{
	pfree(job->name);
	unshare_schedule(job->schedule);
	if (job->calendar != NULL)
		pfree(job->calendar);
	if (job->retry != NULL && job->retry->on != NULL)
		pfree(job->retry->on);
	if (job->retry != NULL)
		pfree(job->retry);
}

/* Overlap and misfire: what becomes of slots that cannot run at once. */
static void
take_policies(PfJob *job, uint64 row)
{
	char	   *overlap = text_column(row, 20);
	char	   *misfire = text_column(row, 23);

	job->parallel = 1;
	job->queue_limit = (int16) int64_column(row, 22);
	if (strcmp(overlap, "queue") == 0)
		job->overlap = PF_OVERLAP_QUEUE;
	else if (strcmp(overlap, "replace") == 0 && PF_SLOTS_ARE_FIXED(job->schedule))
	{
		job->overlap = PF_OVERLAP_REPLACE;
		job->queue_limit = 1;
	}
	else
	{
		job->overlap = PF_OVERLAP_SKIP;
		if (PF_SLOTS_ARE_FIXED(job->schedule))
			job->parallel = (int16) int64_column(row, 21);
	}
	job->misfire = strcmp(misfire, "all") == 0 ? PF_MISFIRE_ALL :
		strcmp(misfire, "skip") == 0 ? PF_MISFIRE_SKIP : PF_MISFIRE_ONCE;
	job->misfire_limit = (int16) int64_column(row, 24);
	job->misfire_window = int64_column(row, 25);
	pfree(overlap);
	pfree(misfire);
}

static PfRetry *
take_retry(uint64 row)
{
	PfRetry    *retry;
	bool		null;

	if (int64_column(row, 14) == 0)
		return NULL;
	retry = MemoryContextAlloc(pf_scheduler->context, sizeof(PfRetry));
	retry->limit = (int) int64_column(row, 14);
	retry->delay = int64_column(row, 15);
	retry->factor = DatumGetFloat8(column(row, 16, &null));
	retry->cap = int64_column(row, 17);
	retry->jitter = DatumGetFloat8(column(row, 18, &null));
	retry->on = text_column(row, 19);
	return retry;
}

/* Take one row over. */
static void
take_job(uint64 row)
{
	int64		job_id = int64_column(row, 1);
	bool		found;
	PfJob	   *job = hash_search(pf_scheduler->jobs, &job_id, HASH_ENTER, &found);
	bool		null;

	if (found)
		pf_free_row(job);
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
	job->owner_name = share_owner(NameStr(*DatumGetName(column(row, 3, &null))));
	job->name = text_column(row, 4);
	job->schedule = share_schedule(DatumGetPfScheduleP(column(row, 5, &null)));
	job->when.tz = pg_tzset(TextDatumGetCString(column(row, 6, &null)));
	job->active = bool_column(row, 7);
	job->rerun_unknown = bool_column(row, 8);
	job->state_since = time_column(row, 9);
	job->account_begun = bool_column(row, 28);
	job->accounted = Max(job->accounted, time_column(row, 10));
	job->valid_from = time_column(row, 11);
	(void) column(row, 12, &null);
	job->valid_until = null ? DT_NOEND : time_column(row, 12);
	job->priority = (int16) int64_column(row, 13);
	job->retry = take_retry(row);
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

static void
set_calendar(PfJob *job)
{
	char		missing[NAMEDATALEN];

	job->no_calendar = NULL;
	if (!pf_when_set(&job->when, job->schedule, job->when.tz, job->calendar, find_calendar, missing))
		job->no_calendar = MemoryContextStrdup(pf_scheduler->calendars, missing);
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
		if (job->listed)
			set_calendar(job);
		else
			job->when.schedule = NULL;
	}
}

#define COLUMNS \
	"SELECT j.job_id, j.owner_oid, j.owner, j.name, j.schedule, j.time_zone, j.state = 'active'," \
	" j.on_unknown = 'rerun', j.state_since, j.account_from, j.valid_from, j.valid_until, j.priority::bigint," \
	" j.retry_limit::bigint, (extract(epoch FROM j.retry_delay) * 1000000)::bigint, j.retry_factor::float8," \
	" (extract(epoch FROM j.retry_cap) * 1000000)::bigint, j.retry_jitter::float8," \
	" array_to_string(j.retry_on, ' ') || ' '," \
	" j.overlap, coalesce(substring(j.overlap FROM '^parallel (.*)'), '1')::bigint, j.queue_limit::bigint," \
	" j.misfire, j.misfire_limit::bigint, (extract(epoch FROM j.misfire_window) * 1000000)::bigint, j.calendar," \
	" portfolio.job_held_reason(j.owner, j.owner_oid, j.database_oid, j.system_identifier) IS NULL," \
	" j.account_begun" \
	" FROM portfolio.job j WHERE (j.owner_oid = $1 OR $1 = 0)"

static void
log_held_jobs(int64 held)
{
	static int64 logged = 0;

	if (held > 0 && held != logged)
		ereport(LOG,
				(errmsg(INT64_FORMAT " jobs of this database are held", held),
				 errdetail("They were scheduled elsewhere, or their role is gone; portfolio.job_overview tells."),
				 errhint("SELECT portfolio.adopt_jobs() makes them run here.")));
	logged = held;
}

/* Read every job that is at home here. */
void
pf_read_jobs(void)
{
	static const char *const sql = COLUMNS " AND j.job_id > $2 ORDER BY j.job_id LIMIT $3";
	static const Oid types[] = {OIDOID, INT8OID, INT8OID};
	Datum		values[3] = {ObjectIdGetDatum(pf_scheduler->only_owner), Int64GetDatum(PG_INT64_MIN), Int64GetDatum(PF_PAGE)};
	HASH_SEQ_STATUS scan;
	PfAsOwner	as_owner;
	PfJob	   *job;
	int64		held = 0;
	uint64		rows;

	hash_seq_init(&scan, pf_scheduler->jobs);
	while ((job = hash_seq_search(&scan)) != NULL)
		job->listed = false;
	do
	{
		pf_as_table_owner(&as_owner, "job", sql, lengthof(types), types, values, NULL);
		rows = SPI_processed;
		for (uint64 row = 0; row < rows; row++)
		{
			if (bool_column(row, 27))
				take_job(row);
			else
				held++;
		}
		if (rows > 0)
			values[1] = Int64GetDatum(int64_column(rows - 1, 1));
		pf_end_as_owner(&as_owner);
	} while (rows == PF_PAGE);
	pf_scheduler->greatest_job = Max(DatumGetInt64(values[1]), 0);
	log_held_jobs(held);
	set_calendars();
	pf_read_links();
}

/*
 * Read jobs that were made or changed, and nothing else has been. False, and everything must be read
 * anew, if one of them is not there or not at home.
 */
bool
pf_reread_jobs(const PfNews *news)
{
	static const char *const sql = COLUMNS " AND j.job_id = ANY ($2)";
	static const Oid types[] = {OIDOID, INT8ARRAYOID};
	Datum		ids[PF_NEWS_JOBS];
	Datum		values[2];
	PfAsOwner	as_owner;
	bool		complete;

	for (int i = 0; i < news->njobs; i++)
		ids[i] = Int64GetDatum(news->jobs[i]);
	values[0] = ObjectIdGetDatum(pf_scheduler->only_owner);
	values[1] = PointerGetDatum(construct_array(ids, news->njobs, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	pf_as_table_owner(&as_owner, "job", sql, lengthof(types), types, values, NULL);
	complete = SPI_processed == news->njobs;
	for (uint64 row = 0; row < SPI_processed && complete; row++)
	{
		complete = bool_column(row, 27);
		if (complete)
			take_job(row);
	}
	pf_end_as_owner(&as_owner);
	for (int i = 0; i < news->njobs && complete; i++)
	{
		set_calendar(pf_find_job(news->jobs[i]));
		pf_scheduler->greatest_job = Max(pf_scheduler->greatest_job, news->jobs[i]);
	}
	return complete;
}
