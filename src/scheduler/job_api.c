/*
 * job_api.c
 *		SQL functions of the scheduler that need more than SQL: run_job, adopt_jobs,
 *		start_scheduler and the identity of this place.
 */
#include "job.h"

#include <signal.h>

#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "clock.h"
#include "executor/spi.h"
#include "launcher.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "shared_state.h"
#include "storage/ipc.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

/* How often drain() looks: workers do not know who waits for them */
#define DRAIN_PAUSE	(50 * INT64CONST(1000))

PG_FUNCTION_INFO_V1(pf_current_role_oid);
PG_FUNCTION_INFO_V1(pf_current_database_oid);
PG_FUNCTION_INFO_V1(pf_current_system_identifier);
PG_FUNCTION_INFO_V1(pf_job_held_reason);
PG_FUNCTION_INFO_V1(pf_enqueue_run);
PG_FUNCTION_INFO_V1(pf_adopt_jobs);
PG_FUNCTION_INFO_V1(pf_start_scheduler);
PG_FUNCTION_INFO_V1(pf_cancel_run);
PG_FUNCTION_INFO_V1(pf_drain);

Datum
pf_current_role_oid(PG_FUNCTION_ARGS)
{
	PG_RETURN_OID(GetUserId());
}

Datum
pf_current_database_oid(PG_FUNCTION_ARGS)
{
	PG_RETURN_OID(MyDatabaseId);
}

Datum
pf_current_system_identifier(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) GetSystemIdentifier());
}

/* job_held_reason(owner, owner_oid, database_oid, system_identifier) */
Datum
pf_job_held_reason(PG_FUNCTION_ARGS)
{
	Oid			of_name = get_role_oid(NameStr(*PG_GETARG_NAME(0)), true);
	Oid			owner = PG_GETARG_OID(1);
	const char *reason;

	if (PG_GETARG_INT64(3) != (int64) GetSystemIdentifier())
		reason = "scheduled in another cluster";
	else if (PG_GETARG_OID(2) != MyDatabaseId)
		reason = "scheduled in another database";
	else if (of_name == owner)
		PG_RETURN_NULL();
	else if (OidIsValid(of_name))
		reason = "the role of this name is another one";
	else
		reason = SearchSysCacheExists1(AUTHOID, ObjectIdGetDatum(owner)) ? "the role was renamed" : "the role does not exist";
	PG_RETURN_TEXT_P(cstring_to_text(reason));
}

/* A queued row in the caller's transaction: it is seen, and runs, when that commits. */
static int64
enqueue_row(int64 job_id)
{
	static const char *const sql =
	"INSERT INTO portfolio.job_run (job_id, job_name, owner, week_slot, queued_at, outcome)"
	" SELECT j.job_id, j.name, j.owner, portfolio.week_slot($2), $2, 'queued'"
	" FROM portfolio.job j WHERE j.job_id = $1 RETURNING run_id";
	static const Oid types[] = {INT8OID, TIMESTAMPTZOID};
	Datum		values[2];
	PfAsOwner	as_owner;
	bool		null;
	int64		run_id = 0;

	values[0] = Int64GetDatum(job_id);
	values[1] = TimestampTzGetDatum(pf_clock_now());
	pf_as_table_owner(&as_owner, "job_run", sql, 2, types, values, NULL);
	if (SPI_processed == 1)
		run_id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &null));
	pf_end_as_owner(&as_owner);
	pf_mark_run_asked();
	return run_id;
}

/* The session gives up, or has its answer. */
static void
leave_waiter(int code, Datum arg)
{
	PfWaiter   *waiter = &pf_shared->waiters[DatumGetInt32(arg)];

	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	if (waiter->state == PF_WAITER_TAKEN)
	{
		waiter->gone = true;
		waiter->latch = NULL;
	}
	else
		waiter->state = PF_WAITER_FREE;
	LWLockRelease(&pf_shared->lock);
}

/* Hand a request to the scheduler; the index of the waiter, or -1 with *nobody or a full table. */
static int
ask_scheduler(int64 job_id, bool *nobody)
{
	PfDatabase *db;
	int			found = -1;

	pf_shared_attach();
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	db = pf_database_slot(MyDatabaseId, true);
	*nobody = db == NULL || (db->scheduler_pid == 0 && pf_shared->launcher_pid == 0);
	for (int i = 0; i < PF_MAX_WAITERS && found < 0 && !*nobody; i++)
	{
		PfWaiter   *waiter = &pf_shared->waiters[i];

		if (waiter->state != PF_WAITER_FREE)
			continue;
		memset(waiter, 0, sizeof(*waiter));
		waiter->state = PF_WAITER_ASKED;
		waiter->database = MyDatabaseId;
		waiter->latch = MyLatch;
		waiter->job_id = job_id;
		db->news.asked = true;
		pf_wake_scheduler(db);
		found = i;
	}
	LWLockRelease(&pf_shared->lock);
	return found;
}

static int64
run_and_wait(int64 job_id)
{
	bool		nobody;
	volatile int index = ask_scheduler(job_id, &nobody);	/* lives through errors */
	PfWaiter	answer;

	if (index < 0)
		ereport(ERROR,
				(errcode(nobody ? ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE : ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 nobody ? errmsg("no scheduler runs in this database") :
				 errmsg("too many sessions wait for jobs"),
				 nobody ? errhint("Add pg_portfolio to shared_preload_libraries and restart the server, or SELECT portfolio.start_scheduler().") :
				 errhint("Leave out wait => true: the run is then queued when the transaction commits.")));
	PG_ENSURE_ERROR_CLEANUP(leave_waiter, Int32GetDatum(index));
	{
		do
		{
			pf_clock_wait_until(DT_NOEND);
			CHECK_FOR_INTERRUPTS();
			LWLockAcquire(&pf_shared->lock, LW_SHARED);
			answer = pf_shared->waiters[index];
			LWLockRelease(&pf_shared->lock);
		} while (answer.state != PF_WAITER_DONE);
	}
	PG_END_ENSURE_ERROR_CLEANUP(leave_waiter, Int32GetDatum(index));
	leave_waiter(0, Int32GetDatum(index));

	if (answer.run_id == 0)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("job " INT64_FORMAT " could not be run", job_id),
				 errdetail("The scheduler holds it, its owner may not run jobs, or it is not committed yet."),
				 errhint("SELECT state, state_reason, held FROM portfolio.job_overview tells which.")));
	return answer.run_id;
}

/* enqueue_run(job_id, wait) */
Datum
pf_enqueue_run(PG_FUNCTION_ARGS)
{
	int64		job_id = PG_GETARG_INT64(0);

	PG_RETURN_INT64(PG_GETARG_BOOL(1) ? run_and_wait(job_id) : enqueue_row(job_id));
}

static int64
adopt(const char *sql)
{
	PfAsOwner	as_owner;
	int64		adopted;

	pf_as_table_owner(&as_owner, "job", sql, 0, NULL, NULL, NULL);
	adopted = (int64) SPI_processed;
	pf_end_as_owner(&as_owner);
	return adopted;
}

/* adopt_jobs() */
Datum
pf_adopt_jobs(PG_FUNCTION_ARGS)
{
	/* a role that was renamed here keeps its jobs */
	static const char *const renamed =
	"UPDATE portfolio.job j SET owner = r.rolname, account_from = now(), account_begun = false FROM pg_catalog.pg_roles r"
	" WHERE r.oid = j.owner_oid AND r.rolname <> j.owner"
	" AND j.database_oid = portfolio.current_database_oid()"
	" AND j.system_identifier = portfolio.current_system_identifier()"
	" AND NOT EXISTS (SELECT FROM pg_catalog.pg_roles o WHERE o.rolname = j.owner)";
	static const char *const elsewhere =
	"UPDATE portfolio.job j SET owner_oid = r.oid, database_oid = portfolio.current_database_oid(),"
	" system_identifier = portfolio.current_system_identifier(), account_from = now(), account_begun = false"
	" FROM pg_catalog.pg_roles r"
	" WHERE r.rolname = j.owner AND portfolio.job_held_reason(j.owner, j.owner_oid, j.database_oid, j.system_identifier) IS NOT NULL";
	int64		adopted = adopt(renamed);

	PG_RETURN_INT64(adopted + adopt(elsewhere));
}

/* start_scheduler() */
Datum
pf_start_scheduler(PG_FUNCTION_ARGS)
{
	BackgroundWorkerHandle *handle;
	PfDatabase *db;
	pid_t		pid = 0;
	bool		has_launcher;

	pf_shared_attach();
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	db = pf_database_slot(MyDatabaseId, true);
	has_launcher = pf_shared->launcher_pid != 0;
	if (db != NULL)
		pid = db->scheduler_pid;
	LWLockRelease(&pf_shared->lock);
	if (pid != 0)
		PG_RETURN_INT32(pid);
	if (db == NULL || !pf_register_scheduler(MyDatabaseId, !has_launcher, &handle))
		ereport(ERROR,
				(errcode(ERRCODE_CONFIGURATION_LIMIT_EXCEEDED),
				 errmsg("no background worker is free for the scheduler"),
				 errhint("Consider increasing max_worker_processes.")));
	if (WaitForBackgroundWorkerStartup(handle, &pid) != BGWH_STARTED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_RESOURCES),
				 errmsg("the scheduler could not start"),
				 errhint("The server log tells why.")));
	PG_RETURN_INT32(pid);
}

/* Can the caller see the job, with his own privileges and row security? */
static bool
job_is_visible(int64 job_id)
{
	Oid			type = INT8OID;
	Datum		value = Int64GetDatum(job_id);
	bool		visible;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (SPI_execute_with_args("SELECT FROM portfolio.job j WHERE j.job_id OPERATOR(pg_catalog.=) $1",
							  1, &type, &value, NULL, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not read portfolio.job");
	visible = SPI_processed > 0;
	SPI_finish();
	return visible;
}

/* cancel_run(run_id) */
Datum
pf_cancel_run(PG_FUNCTION_ARGS)
{
	int64		run_id = PG_GETARG_INT64(0);
	int64		job_id = 0;
	bool		is_super = superuser();
	bool		is_own = false;
	bool		cancelled = false;

	pf_shared_attach();
	for (int pass = 0; pass < 2; pass++)
	{
		/* first find the job, then, if the caller may see it, cancel what still runs */
		LWLockAcquire(&pf_shared->lock, LW_SHARED);
		for (int i = 0; i < PF_MAX_WORKERS; i++)
		{
			PfWorker   *worker = &pf_shared->workers[i];

			if (worker->state != PF_WORKER_RUNNING || worker->pid == 0 ||
				worker->database != MyDatabaseId || worker->run.run_id != run_id)
				continue;
			job_id = worker->run.job_id;
			is_own = is_super || worker->owner == GetUserId();
			if (pass == 1)
				cancelled = kill(worker->pid, SIGINT) == 0;
		}
		LWLockRelease(&pf_shared->lock);
		/* the job may be gone, its run is still that of its owner */
		if (job_id == 0 || (pass == 0 && !is_own && !job_is_visible(job_id)))
			break;
	}
	PG_RETURN_BOOL(cancelled);
}

/* The instant that lies max_time, the first argument of a procedure, ahead: none is strict, so NULL comes here too. */
TimestampTz
pf_end_of_max_time(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("max_time must not be null")));
	return DatumGetTimestampTz(DirectFunctionCall2(timestamptz_pl_interval,
												   TimestampTzGetDatum(pf_clock_now()), PG_GETARG_DATUM(0)));
}

/* Begin a procedure that commits; an error where CALL is part of a larger transaction. */
void
pf_begin_procedure(FunctionCallInfo fcinfo, const char *name)
{
	CallContext *call = fcinfo->context && IsA(fcinfo->context, CallContext) ? (CallContext *) fcinfo->context : NULL;

	if (call == NULL || call->atomic)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
				 errmsg("%s() cannot run inside a transaction block", name),
				 errhint("CALL it by itself.")));
	if (SPI_connect_ext(SPI_OPT_NONATOMIC) != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
}

/* drain(max_time, pattern) */
Datum
pf_drain(PG_FUNCTION_ARGS)
{
	static const char *const running =
	"SELECT FROM portfolio.worker_status() w JOIN portfolio.job j ON j.job_id OPERATOR(pg_catalog.=) w.job_id"
	" WHERE w.state OPERATOR(pg_catalog.<>) 'idle' AND w.database_oid OPERATOR(pg_catalog.=) portfolio.current_database_oid()"
	" AND j.name OPERATOR(pg_catalog.~~) $1";
	Oid			type = TEXTOID;
	TimestampTz ends = pf_end_of_max_time(fcinfo);
	Datum		pattern;

	if (PG_ARGISNULL(1))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("pattern must not be null"),
				 errhint("Leave it out, or write '%%', for all jobs.")));
	pattern = PG_GETARG_DATUM(1);
	pf_begin_procedure(fcinfo, "drain");
	if (SPI_execute_with_args("SELECT portfolio.pause_all($1, 'drain')", 1, &type, &pattern, NULL, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not pause jobs");
	SPI_commit();
	SPI_start_transaction();
	for (;;)
	{
		if (SPI_execute_with_args(running, 1, &type, &pattern, NULL, false, 0) != SPI_OK_SELECT)
			elog(ERROR, "could not read portfolio.worker_status()");
		if (SPI_processed == 0)
			break;
		if (pf_clock_now() >= ends)
			ereport(ERROR,
					(errcode(ERRCODE_QUERY_CANCELED),
					 errmsg(UINT64_FORMAT " runs are still under way", SPI_processed),
					 errhint("The jobs stay paused: CALL portfolio.drain() again, or cancel_run() the runs that portfolio.worker_status() shows.")));
		SPI_commit();			/* no snapshot is held while waiting */
		SPI_start_transaction();
		pf_clock_wait_until(pf_clock_now() + DRAIN_PAUSE);
		CHECK_FOR_INTERRUPTS();
	}
	SPI_finish();
	PG_RETURN_VOID();
}
