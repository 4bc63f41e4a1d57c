/*
 * run_record.c
 *		Everything that the engine writes about runs: fixed statements, run as the owner of the
 *		table. Used by workers (in the command's own transaction) and by the scheduler.
 */
#include "scheduler.h"

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "clock.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

static Datum
text_or_null(const char *value, char *null)
{
	*null = value == NULL ? 'n' : ' ';
	return value == NULL ? (Datum) 0 : CStringGetTextDatum(value);
}

static Datum
time_or_null(TimestampTz value, char *null)
{
	*null = TIMESTAMP_NOT_FINITE(value) ? 'n' : ' ';
	return TimestampTzGetDatum(value);
}

/* Parameters of the statements that write a run, in this order */
static const Oid run_types[] = {INT8OID, INT8OID, INT2OID, TIMESTAMPTZOID, TIMESTAMPTZOID, TEXTOID,
TEXTOID, TEXTOID, INT4OID, INT4OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT4OID};

#define RUN_END		10			/* how many of them completing a row takes */

/*
 * Write the row of a run, or complete the one that is there (queued, started). Nearly all runs have
 * none, and INSERT ... ON CONFLICT would look for it each time. A run ends no earlier than it began,
 * also where the clock was set back meanwhile.
 */
void
pf_record_run(PfRunRecord *record)
{
	static const char *const complete =
	"UPDATE portfolio.job_run SET started_at = $4, finished_at = $5, outcome = $6, sqlstate = $7, message = $8,"
	" worker_pid = $9, timeline = $10 WHERE job_id = $1 AND run_id = $2 AND week_slot = $3";
	static const char *const insert =
	"INSERT INTO portfolio.job_run (job_id, run_id, week_slot, started_at, finished_at, outcome, sqlstate, message,"
	" worker_pid, timeline, job_name, owner, due_at, queued_at, attempt)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
	const PfRun *run = &record->run;
	Datum		values[lengthof(run_types)];
	char		nulls[lengthof(run_types)];
	PfAsOwner	as_owner;
	bool		completed = false;

	memset(nulls, ' ', sizeof(nulls));
	values[0] = Int64GetDatum(run->job_id);
	values[1] = Int64GetDatum(run->run_id);
	values[2] = Int16GetDatum(pf_week_slot_of(PF_ASKED_FOR(run) ? run->queued_at : run->due_at));
	values[3] = time_or_null(record->started_at, &nulls[3]);
	values[4] = time_or_null(TIMESTAMP_IS_NOBEGIN(record->finished_at) ? DT_NOBEGIN :
							 Max(record->started_at, record->finished_at), &nulls[4]);
	values[5] = CStringGetTextDatum(record->outcome);
	values[6] = text_or_null(record->sqlstate, &nulls[6]);
	values[7] = text_or_null(record->message, &nulls[7]);
	values[8] = Int32GetDatum(MyProcPid);
	values[9] = Int32GetDatum(pf_timeline());
	if (TIMESTAMP_IS_NOBEGIN(record->started_at))
		nulls[8] = nulls[9] = 'n';	/* queued: nobody runs it yet */
	values[10] = CStringGetTextDatum(record->job_name);
	values[11] = CStringGetTextDatum(record->owner);
	values[12] = time_or_null(run->due_at, &nulls[12]);
	values[13] = TimestampTzGetDatum(run->queued_at);
	values[14] = Int32GetDatum(run->attempt);
	if (record->has_row)
	{
		pf_as_table_owner(&as_owner, "job_run", complete, RUN_END, run_types, values, nulls);
		completed = SPI_processed == 1;
		pf_end_as_owner(&as_owner);
	}
	if (!completed)
	{
		pf_as_table_owner(&as_owner, "job_run", insert, lengthof(run_types), run_types, values, nulls);
		pf_end_as_owner(&as_owner);
	}
	record->has_row = true;
}

/* Slots of a job that got no run of their own. */
void
pf_record_range(PfJob *job, TimestampTz first, TimestampTz last, int64 slots, const char *outcome,
				const char *reason)
{
	static const char *const sql =
	"INSERT INTO portfolio.job_slot_range (job_id, owner, first_due, last_due, slots, outcome, reason)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7)";
	static const Oid types[] = {INT8OID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, TEXTOID,
	TEXTOID};
	Datum		values[7];
	PfAsOwner	as_owner;
	PfCounters *counted = &pf_scheduler->counted;

	values[0] = Int64GetDatum(job->job_id);
	values[1] = CStringGetTextDatum(job->owner_name);
	values[2] = TimestampTzGetDatum(first);
	values[3] = TimestampTzGetDatum(last);
	values[4] = Int64GetDatum(slots);
	values[5] = CStringGetTextDatum(outcome);
	values[6] = CStringGetTextDatum(reason);
	pf_as_table_owner(&as_owner, "job_slot_range", sql, lengthof(types), types, values, NULL);
	pf_end_as_owner(&as_owner);

	switch (outcome[0])
	{
		case 'c':
			counted->coalesced += slots;
			break;
		case 's':
			counted->skipped += slots;
			break;
		default:
			counted->missed += slots;
			break;
	}
}

/*
 * The scheduler never waits for a session that has changed or locked the row of a job: where one has,
 * the statement does nothing, and the job is read again when that session commits.
 */
#define UNLOCKED_JOB "(SELECT j.job_id FROM portfolio.job j WHERE j.job_id = $1 FOR NO KEY UPDATE SKIP LOCKED)"

/* The job cannot run; it waits for resume_job(). */
void
pf_record_broken(PfJob *job, const char *reason)
{
	static const char *const sql =
	"UPDATE portfolio.job SET state = 'broken', state_reason = $2 WHERE job_id = " UNLOCKED_JOB " AND state = 'active'";
	static const Oid types[] = {INT8OID, TEXTOID};
	Datum		values[2];
	PfAsOwner	as_owner;

	values[0] = Int64GetDatum(job->job_id);
	values[1] = CStringGetTextDatum(reason);
	pf_as_table_owner(&as_owner, "job", sql, lengthof(types), types, values, NULL);
	pf_end_as_owner(&as_owner);
	job->active = false;
	ereport(LOG,
			(errmsg("job \"%s\" (" INT64_FORMAT ") of role \"%s\" is broken", job->name, job->job_id,
					job->owner_name),
			 errdetail("%s", reason)));
}

/* No slot of the job will come any more. */
void
pf_record_ended(PfJob *job)
{
	static const char *const sql =
	"UPDATE portfolio.job SET state = 'ended' WHERE job_id = " UNLOCKED_JOB " AND state = 'active'";
	static const Oid types[] = {INT8OID};
	Datum		values[1];
	PfAsOwner	as_owner;

	values[0] = Int64GetDatum(job->job_id);
	pf_as_table_owner(&as_owner, "job", sql, lengthof(types), types, values, NULL);
	pf_end_as_owner(&as_owner);
	job->active = false;
}

/* The account of a new schedule begins, behind all slots of the old one that have their end. */
void
pf_record_account_begin(PfJob *job)
{
	static const char *const sql =
	"UPDATE portfolio.job SET account_from = $2, account_begun = true WHERE job_id = " UNLOCKED_JOB;
	static const Oid types[] = {INT8OID, TIMESTAMPTZOID};
	Datum		values[2];
	PfAsOwner	as_owner;

	values[0] = Int64GetDatum(job->job_id);
	values[1] = TimestampTzGetDatum(job->accounted);
	pf_as_table_owner(&as_owner, "job", sql, lengthof(types), types, values, NULL);
	pf_end_as_owner(&as_owner);
	job->account_begun = true;
}

/* A job begins to fail, or fails no more: a row, and a word to whoever listens. */
void
pf_record_alert(PfJob *job, bool failing, int64 run_id, int sqlstate)
{
	static const char *const sql =
	"WITH alert AS (INSERT INTO portfolio.job_alert (job_id, job_name, owner, state, run_id, sqlstate, at)"
	" VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING job_id, state)"
	" SELECT pg_notify('portfolio_jobs', job_id || ' ' || state) FROM alert";
	static const Oid types[] = {INT8OID, TEXTOID, TEXTOID, TEXTOID, INT8OID, TEXTOID, TIMESTAMPTZOID};
	Datum		values[7];
	char		nulls[7] = {' ', ' ', ' ', ' ', ' ', ' ', ' '};
	PfAsOwner	as_owner;

	job->failing = failing;
	values[0] = Int64GetDatum(job->job_id);
	values[1] = CStringGetTextDatum(job->name);
	values[2] = CStringGetTextDatum(job->owner_name);
	values[3] = CStringGetTextDatum(failing ? "failing" : "ok");
	values[4] = Int64GetDatum(run_id);
	values[5] = text_or_null(failing && sqlstate != 0 ? unpack_sql_state(sqlstate) : NULL, &nulls[5]);
	values[6] = TimestampTzGetDatum(pf_clock_now());
	pf_as_table_owner(&as_owner, "job_alert", sql, lengthof(types), types, values, nulls);
	pf_end_as_owner(&as_owner);
}

/* Close the open row of a run that its worker could not close. */
void
pf_close_run(int64 job_id, int64 run_id, const char *outcome, const char *sqlstate, const char *message)
{
	static const char *const sql =
	"UPDATE portfolio.job_run SET outcome = $3, sqlstate = $4, message = $5"
	" WHERE job_id = $1 AND run_id = $2 AND outcome IN ('queued', 'started')";
	static const Oid types[] = {INT8OID, INT8OID, TEXTOID, TEXTOID, TEXTOID};
	Datum		values[5];
	char		nulls[5] = {' ', ' ', ' ', ' ', ' '};
	PfAsOwner	as_owner;

	values[0] = Int64GetDatum(job_id);
	values[1] = Int64GetDatum(run_id);
	values[2] = CStringGetTextDatum(outcome);
	values[3] = text_or_null(sqlstate, &nulls[3]);
	values[4] = CStringGetTextDatum(message);
	pf_as_table_owner(&as_owner, "job_run", sql, lengthof(types), types, values, nulls);
	pf_end_as_owner(&as_owner);
}

/*
 * What history says of a run whose worker is gone: PF_RUN_NONE (no row, or still queued: nothing
 * was committed), PF_RUN_UNKNOWN (started) or its end.
 */
PfRunOutcome
pf_recorded_outcome(const PfRun *run, int64 *run_id)
{
	static const char *const sql =
	"SELECT run_id, outcome FROM portfolio.job_run"
	" WHERE job_id = $1 AND week_slot = portfolio.week_slot(coalesce($3, $5))"
	" AND (run_id = $2 OR (due_at = $3 AND attempt = $4)) ORDER BY run_id DESC LIMIT 1";
	static const Oid types[] = {INT8OID, INT8OID, TIMESTAMPTZOID, INT4OID, TIMESTAMPTZOID};
	Datum		values[5];
	char		nulls[5] = {' ', ' ', ' ', ' ', ' '};
	PfAsOwner	as_owner;
	PfRunOutcome outcome = PF_RUN_NONE;

	values[0] = Int64GetDatum(run->job_id);
	values[1] = Int64GetDatum(run->run_id);
	values[2] = time_or_null(run->due_at, &nulls[2]);
	values[3] = Int32GetDatum(run->attempt);
	values[4] = TimestampTzGetDatum(run->queued_at);
	pf_as_table_owner(&as_owner, "job_run", sql, lengthof(types), types, values, nulls);
	if (SPI_processed == 1)
	{
		HeapTuple	row = SPI_tuptable->vals[0];
		bool		null;
		char	   *word = SPI_getvalue(row, SPI_tuptable->tupdesc, 2);

		*run_id = DatumGetInt64(SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &null));
		if (strcmp(word, "started") == 0 || strcmp(word, "unknown") == 0)
			outcome = PF_RUN_UNKNOWN;
		else if (strcmp(word, "succeeded") == 0)
			outcome = PF_RUN_SUCCEEDED;
		else if (strcmp(word, "failed") == 0)
			outcome = PF_RUN_FAILED;
		else if (strcmp(word, "withdrawn") == 0)
			outcome = PF_RUN_WITHDRAWN;
	}
	pf_end_as_owner(&as_owner);
	return outcome;
}

/* A number for a run whose worker has not drawn one. */
int64
pf_next_run_id(void)
{
	static const char *const sql = "SELECT nextval('portfolio.job_run_id_seq')";
	PfAsOwner	as_owner;
	bool		null;
	int64		run_id;

	pf_as_table_owner(&as_owner, "job_run", sql, 0, NULL, NULL, NULL);
	run_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
	pf_end_as_owner(&as_owner);
	return run_id;
}
