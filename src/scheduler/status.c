/*
 * status.c
 *		What the shared memory of the scheduler shows: scheduler_status(), worker_status(), and the
 *		next slot of a job for views.
 */
#include "schedule.h"

#include "access/htup_details.h"
#include "clock.h"
#include "executor/executor.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "shared_state.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(pf_scheduler_status);
PG_FUNCTION_INFO_V1(pf_worker_status);
PG_FUNCTION_INFO_V1(pf_job_next_run);

/* A copy, so that no row is built under the lock. */
static PfShared *
snapshot(void)
{
	PfShared   *copy = palloc(sizeof(PfShared));

	pf_shared_attach();
	LWLockAcquire(&pf_shared->lock, LW_SHARED);
	memcpy(copy, pf_shared, sizeof(PfShared));
	LWLockRelease(&pf_shared->lock);
	return copy;
}

static void
put_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

static Datum
pid_or_null(pid_t pid, bool *null)
{
	*null = pid == 0;
	return Int32GetDatum((int32) pid);
}

static Datum
time_or_null(TimestampTz at, bool *null)
{
	*null = at == 0 || TIMESTAMP_NOT_FINITE(at);
	return TimestampTzGetDatum(at);
}

Datum
pf_scheduler_status(PG_FUNCTION_ARGS)
{
	PfShared   *shared = snapshot();

	pf_init_materialized_srf(fcinfo);
	for (int i = 0; i < PF_MAX_DATABASES; i++)
	{
		PfDatabase *db = &shared->databases[i];
		int			workers = 0;
		int			running = 0;
		Datum		values[15];
		bool		nulls[15] = {false};

		if (!OidIsValid(db->database))
			continue;
		for (int w = 0; w < PF_MAX_WORKERS; w++)
		{
			if (shared->workers[w].database != db->database || shared->workers[w].pid == 0)
				continue;
			workers++;
			running += shared->workers[w].state == PF_WORKER_RUNNING;
		}
		values[0] = ObjectIdGetDatum(db->database);
		values[1] = pid_or_null(db->scheduler_pid, &nulls[1]);
		values[2] = pid_or_null(shared->launcher_pid, &nulls[2]);
		values[3] = time_or_null(db->next_due, &nulls[3]);
		values[4] = Int32GetDatum(workers);
		values[5] = Int32GetDatum(running);
		values[6] = time_or_null(db->counted_since, &nulls[6]);
		values[7] = Int64GetDatum(db->counters.due);
		values[8] = Int64GetDatum(db->counters.ran);
		values[9] = Int64GetDatum(db->counters.failed);
		values[10] = Int64GetDatum(db->counters.retried);
		values[11] = Int64GetDatum(db->counters.coalesced);
		values[12] = Int64GetDatum(db->counters.skipped);
		values[13] = Int64GetDatum(db->counters.missed);
		values[14] = Int64GetDatum(db->counters.unknown);
		put_row(fcinfo, values, nulls);
	}
	return (Datum) 0;
}

Datum
pf_worker_status(PG_FUNCTION_ARGS)
{
	PfShared   *shared = snapshot();

	pf_init_materialized_srf(fcinfo);
	for (int i = 0; i < PF_MAX_WORKERS; i++)
	{
		PfWorker   *worker = &shared->workers[i];
		bool		running = worker->state == PF_WORKER_RUNNING;
		Datum		values[9];
		bool		nulls[9] = {false};

		if (worker->state == PF_WORKER_FREE || worker->state == PF_WORKER_ENDED)
			continue;
		values[0] = pid_or_null(worker->pid, &nulls[0]);
		values[1] = ObjectIdGetDatum(worker->database);
		values[2] = ObjectIdGetDatum(worker->owner);
		values[3] = CStringGetTextDatum(!running ? "idle" : worker->pid == 0 ? "starting" : "running");
		values[4] = Int64GetDatum(worker->run.job_id);
		values[5] = Int64GetDatum(worker->run.run_id);
		values[6] = time_or_null(worker->run.due_at, &nulls[6]);
		values[7] = Int32GetDatum(worker->run.attempt);
		values[8] = time_or_null(worker->started_at, &nulls[8]);
		nulls[4] = nulls[7] = !running;
		nulls[5] = !running || worker->run.run_id == 0;
		nulls[6] = nulls[6] || !running;
		nulls[8] = nulls[8] || !running;
		put_row(fcinfo, values, nulls);
	}
	return (Datum) 0;
}

/* job_next_run(schedule, time_zone, calendar, valid_from, valid_until) */
Datum
pf_job_next_run(PG_FUNCTION_ARGS)
{
	pg_tz	   *tz;
	PfWhen		when;
	char		missing[NAMEDATALEN];
	char	   *calendar = PG_ARGISNULL(2) ? NULL : text_to_cstring(PG_GETARG_TEXT_PP(2));
	TimestampTz from = PG_ARGISNULL(3) ? DT_NOBEGIN + 1 : PG_GETARG_TIMESTAMPTZ(3);
	TimestampTz until = PG_ARGISNULL(4) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(4);
	TimestampTz next;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_NULL();
	tz = pg_tzset(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	if (tz == NULL || !pf_when_set(&when, PG_GETARG_SCHEDULE_P(0), tz, calendar, pf_calendar_read, missing) ||
		pf_schedule_next(&when, Max(pf_clock_now(), from - 1), &next) != PF_NEXT_FOUND || next > until)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(next);
}
