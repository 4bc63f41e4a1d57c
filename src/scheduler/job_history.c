/*
 * job_history.c
 *		Keeping history small: purge_job_runs().
 *
 * job_run is purged by whole weeks with TRUNCATE, so that nothing is left to vacuum. What the
 * account of a job rests on must go together: its account_from moves to the end of the purged time
 * first, though never beyond what is settled, nor into the middle of a range of slots.
 */
#include "job.h"

#include "catalog/pg_type.h"
#include "clock.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pf_purge_job_runs);
PG_FUNCTION_INFO_V1(pf_week_slot);

#define LOCK_TIMEOUT	"5s"

/* One statement with the cutoff as its only parameter. */
static uint64
run_with_cutoff(const char *table, const char *sql, TimestampTz cutoff)
{
	static const Oid types[] = {TIMESTAMPTZOID};
	Datum		value = TimestampTzGetDatum(cutoff);
	PfAsOwner	as_owner;
	uint64		rows;

	pf_as_table_owner(&as_owner, table, sql, 1, types, &value, NULL);
	rows = SPI_processed;
	pf_end_as_owner(&as_owner);
	return rows;
}

/*
 * Everybody else locks job_run before its partitions, so whoever holds it alone cannot meet a
 * deadlock among them. The longest that runs have to wait is the time to empty a few weeks.
 */
static void
lock_history(void)
{
	static const char *const sql = "LOCK TABLE ONLY portfolio.job_run IN ACCESS EXCLUSIVE MODE";
	PfAsOwner	as_owner;

	pf_as_table_owner(&as_owner, "job_run", sql, 0, NULL, NULL, NULL);
	pf_end_as_owner(&as_owner);
}

/* The first instant of a week, as pf_week_slot_of() counts them. */
static TimestampTz
week_begin(TimestampTz at)
{
	return PF_UNIX_EPOCH + (at - PF_UNIX_EPOCH) / PF_USECS_PER_WEEK * PF_USECS_PER_WEEK;
}

/* The partition of an instant. */
int16
pf_week_slot_of(TimestampTz at)
{
	int64		since = at - PF_UNIX_EPOCH;
	int64		week = since / PF_USECS_PER_WEEK;

	if (since < 0 && since % PF_USECS_PER_WEEK != 0)
		week--;
	return (int16) (week & (PF_WEEKS - 1));
}

/* week_slot(at) */
Datum
pf_week_slot(PG_FUNCTION_ARGS)
{
	TimestampTz at = PG_GETARG_TIMESTAMPTZ(0);

	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("an infinite instant is in no week")));
	PG_RETURN_INT16(pf_week_slot_of(at));
}

static void
move_accounts(TimestampTz cutoff)
{
	static const char *const sql =
	"UPDATE portfolio.job j SET account_from = n.account_from"
	" FROM (SELECT k.job_id, least($1,"
	" greatest((SELECT max(r.due_at) FROM portfolio.job_run r WHERE r.job_id = k.job_id AND r.outcome NOT IN ('queued', 'started')),"
	" (SELECT max(s.last_due) FROM portfolio.job_slot_range s WHERE s.job_id = k.job_id)),"
	" (SELECT min(s.first_due) - interval '1 microsecond' FROM portfolio.job_slot_range s"
	" WHERE s.job_id = k.job_id AND s.first_due <= $1 AND s.last_due > $1)) AS account_from"
	" FROM portfolio.job k) n"
	" WHERE n.job_id = j.job_id AND j.account_from < n.account_from";

	(void) run_with_cutoff("job", sql, cutoff);
}

/* The statements for one partition: made once, since the plan cache knows them by address. */
static const char *
truncate_statement(int week)
{
	static char *statements[PF_WEEKS];

	if (statements[week] == NULL)
		statements[week] = MemoryContextStrdup(TopMemoryContext,
											   psprintf("TRUNCATE portfolio.job_run_%02d", week));
	return statements[week];
}

/* Partitions that hold something, and nothing later than the cutoff or still open. */
static int
list_old_weeks(TimestampTz cutoff, int *weeks)
{
	static const char *const sql =
	"SELECT r.week_slot::integer FROM portfolio.job_run r GROUP BY r.week_slot"
	" HAVING max(coalesce(r.due_at, r.queued_at)) < $1 AND NOT bool_or(r.outcome IN ('queued', 'started'))";
	static const Oid types[] = {TIMESTAMPTZOID};
	Datum		value = TimestampTzGetDatum(cutoff);
	PfAsOwner	as_owner;
	int			count;

	pf_as_table_owner(&as_owner, "job_run", sql, 1, types, &value, NULL);
	count = (int) Min(SPI_processed, PF_WEEKS);
	for (int i = 0; i < count; i++)
	{
		bool		null;

		weeks[i] = DatumGetInt32(SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, 1, &null));
	}
	pf_end_as_owner(&as_owner);
	return count;
}

static void
keep_failures(TimestampTz cutoff)
{
	static const char *const sql =
	"INSERT INTO portfolio.job_failure (run_id, job_id, job_name, owner, due_at, started_at, finished_at, attempt, outcome, sqlstate, message)"
	" SELECT r.run_id, r.job_id, r.job_name, r.owner, r.due_at, r.started_at, r.finished_at, r.attempt, r.outcome, r.sqlstate, r.message"
	" FROM portfolio.job_run r WHERE r.outcome IN ('failed', 'unknown') AND coalesce(r.due_at, r.queued_at) < $1"
	" ON CONFLICT (run_id) DO NOTHING";

	(void) run_with_cutoff("job_failure", sql, cutoff);
}

/* Runs of each job beyond the last $1 that have ended */
#define SURPLUS \
	"(SELECT x.* FROM (SELECT r.*, row_number() OVER (PARTITION BY r.job_id ORDER BY r.run_id DESC) AS nth" \
	" FROM portfolio.job_run r WHERE r.outcome NOT IN ('queued', 'started')) x WHERE x.nth > $1)"

/* At most so many runs of each job are kept. Whoever has few runs a week is purged by age alone. */
static void
purge_by_count(int64 runs)
{
	static const char *const keep =
	"INSERT INTO portfolio.job_failure (run_id, job_id, job_name, owner, due_at, started_at, finished_at, attempt, outcome, sqlstate, message)"
	" SELECT r.run_id, r.job_id, r.job_name, r.owner, r.due_at, r.started_at, r.finished_at, r.attempt, r.outcome, r.sqlstate, r.message"
	" FROM " SURPLUS " r WHERE r.outcome IN ('failed', 'unknown') ON CONFLICT (run_id) DO NOTHING";
	static const char *const move =
	"UPDATE portfolio.job j SET account_from = s.due_at FROM (SELECT r.job_id, max(r.due_at) AS due_at FROM " SURPLUS " r GROUP BY r.job_id) s"
	" WHERE s.job_id = j.job_id AND j.account_from < s.due_at";
	static const char *const gone =
	"DELETE FROM portfolio.job_run r USING " SURPLUS " s"
	" WHERE r.job_id = s.job_id AND r.run_id = s.run_id AND r.week_slot = s.week_slot";
	static const struct
	{
		const char *table;
		const char *const *sql;
	}			steps[] = {{"job_failure", &keep}, {"job", &move}, {"job_run", &gone}};
	static const Oid types[] = {INT8OID};
	Datum		value = Int64GetDatum(runs);

	for (int i = 0; i < lengthof(steps); i++)
	{
		PfAsOwner	as_owner;

		pf_as_table_owner(&as_owner, steps[i].table, *steps[i].sql, 1, types, &value, NULL);
		pf_end_as_owner(&as_owner);
	}
}

/* Failures, and alerts but the last of each job, are kept longer than runs. */
static void
purge_failures(TimestampTz cutoff)
{
	static const char *const failures =
	"DELETE FROM portfolio.job_failure f WHERE coalesce(f.finished_at, f.started_at, f.due_at) < $1";
	static const char *const alerts =
	"DELETE FROM portfolio.job_alert a WHERE a.at < $1"
	" AND EXISTS (SELECT FROM portfolio.job_alert l WHERE l.job_id = a.job_id AND l.alert_id > a.alert_id)";

	(void) run_with_cutoff("job_failure", failures, cutoff);
	(void) run_with_cutoff("job_alert", alerts, cutoff);
}

/* purge_job_runs(keep, keep_failures, runs_of_a_job) */
Datum
pf_purge_job_runs(PG_FUNCTION_ARGS)
{
	static const char *const ranges =
	"DELETE FROM portfolio.job_slot_range s WHERE s.last_due < $1"
	" AND NOT EXISTS (SELECT FROM portfolio.job j WHERE j.job_id = s.job_id AND j.account_from < s.last_due)";
	Datum		keep = PG_GETARG_DATUM(0);
	TimestampTz now = pf_clock_now();
	TimestampTz cutoff = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_mi_interval,
																 TimestampTzGetDatum(now), keep));
	int			weeks[PF_WEEKS];
	int			count;
	TimestampTz failure_cutoff = DatumGetTimestampTz(DirectFunctionCall2(timestamptz_mi_interval,
																		 TimestampTzGetDatum(now), PG_GETARG_DATUM(1)));
	int64		runs_of_a_job = PG_GETARG_INT64(2);
	int			guc_level;

	if (runs_of_a_job < 1 || failure_cutoff > cutoff)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 runs_of_a_job < 1 ? errmsg("at least one run of a job must be kept") :
				 errmsg("failures must be kept at least as long as runs")));
	if (now - cutoff < PF_USECS_PER_WEEK || now - cutoff > 62 * PF_USECS_PER_WEEK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("history must be kept between 1 and 62 weeks"),
				 errdetail("It is purged by whole weeks, and there are 64 of them.")));
	cutoff = week_begin(cutoff);
	guc_level = NewGUCNestLevel();
	pf_pin_setting("lock_timeout", LOCK_TIMEOUT);
	lock_history();
	count = list_old_weeks(cutoff, weeks);
	move_accounts(cutoff);
	keep_failures(cutoff);
	for (int i = 0; i < count; i++)
	{
		PfAsOwner	as_owner;

		pf_as_table_owner(&as_owner, "job_run", truncate_statement(weeks[i]), 0, NULL, NULL, NULL);
		pf_end_as_owner(&as_owner);
	}
	(void) run_with_cutoff("job_slot_range", ranges, cutoff);
	purge_by_count(runs_of_a_job);
	purge_failures(failure_cutoff);
	AtEOXact_GUC(true, guc_level);
	pf_mark_jobs_changed();
	PG_RETURN_INT64(count);
}
