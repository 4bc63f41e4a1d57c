/*
 * run_due.c
 *		run_due_jobs(): a scheduler that lives as long as one CALL, and runs the jobs of its caller in
 *		the caller's own session.
 *
 * For servers without background workers to spare, and for tests, which put a virtual clock under
 * it. It decides with the same code as the scheduler process; only the hand-over to a worker is
 * missing. The session claims the database as a scheduler does, so that no slot runs twice.
 *
 * A command runs in a subtransaction, and its record is written in the same transaction, so effect
 * and record commit together here too. What needs to control transactions (CALL with COMMIT,
 * VACUUM) fails, and is recorded as failed.
 */
#include "worker.h"

#include "access/xact.h"
#include "clock.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pf_mask.h"
#include "storage/ipc.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pf_run_due_jobs);

static MemoryContext command_context;
static bool lets_go_at_exit = false;

/* Claim the database; an error if somebody runs its jobs already. */
static void
claim_database(void)
{
	PfDatabase *db;
	bool		taken = true;

	pf_shared_attach();
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	db = pf_database_slot(MyDatabaseId, true);
	if (db != NULL && db->scheduler_pid == 0 && db->blocked == 0 && pf_shared->launcher_pid == 0)
	{
		db->scheduler_pid = MyProcPid;
		db->in_session = true;
		db->latch = MyLatch;
		memset(&db->news, 0, sizeof(PfNews));
		db->next_due = DT_NOEND;
		if (db->counted_since == 0)
			db->counted_since = pf_clock_now();
		taken = false;
	}
	LWLockRelease(&pf_shared->lock);
	if (taken)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_IN_USE),
				 errmsg("a scheduler runs the jobs of this database already"),
				 errhint("Use run_job() to run a job out of turn.")));
	pf_scheduler->shared = db;
}

static void
let_go(int code, Datum arg)
{
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	if (pf_scheduler->shared != NULL && pf_scheduler->shared->scheduler_pid == MyProcPid)
	{
		pf_scheduler->shared->scheduler_pid = 0;
		pf_scheduler->shared->in_session = false;
		pf_scheduler->shared->latch = NULL;
		for (int i = 0; i < PF_MAX_WAITERS; i++)
		{
			PfWaiter   *waiter = &pf_shared->waiters[i];

			/* whoever still waits learns that nothing will come */
			if (waiter->database != MyDatabaseId ||
				(waiter->state != PF_WAITER_ASKED && waiter->state != PF_WAITER_TAKEN))
				continue;
			waiter->state = waiter->gone ? PF_WAITER_FREE : PF_WAITER_DONE;
			if (waiter->latch != NULL)
				SetLatch(waiter->latch);
		}
		ConditionVariableBroadcast(&pf_shared->process_gone);
	}
	LWLockRelease(&pf_shared->lock);
	if (pf_scheduler->context != NULL)
	{
		MemoryContextDelete(pf_scheduler->context);
		MemoryContextDelete(pf_scheduler->calendars);
		MemoryContextDelete(command_context);
	}
	memset(pf_scheduler, 0, sizeof(*pf_scheduler));
}

/* Commit what was decided or done, and be able to write again. */
static void
next_transaction(void)
{
	SPI_commit();
	SPI_start_transaction();
}

static void
run_command(const PfCommand *command)
{
	int			guc_level = NewGUCNestLevel();	/* what the command sets ends with it */
	int			rc;

	if (command->run_as != NULL)
	{
		PfRoleProblem problem;

		if (!pf_may_run_as(GetUserId(), command->run_as, &problem))
			ereport(ERROR,
					(errcode(problem.sqlstate),
					 errmsg("the job cannot run as role \"%s\"", command->run_as),
					 errdetail("%s", problem.detail)));
		pf_pin_setting("role", command->run_as);
	}
	rc = SPI_execute(command->command, false, 0);
	if (rc < 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("the command needs a session of its own"),
				 errdetail("%s", SPI_result_code_string(rc)),
				 errhint("Preload the library, or SELECT portfolio.start_scheduler(), to run it in a worker.")));
	/* an error at commit would take the record with it */
	if (SPI_execute("SET CONSTRAINTS ALL IMMEDIATE", false, 0) < 0)
		elog(ERROR, "could not check deferred constraints");
	AtEOXact_GUC(false, guc_level);
}

/* Run the command of a lane; fills the record and gives the SQLSTATE of a failure, or 0. */
static int
try_command(const PfCommand *command, PfRunRecord *record, bool read_only)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	volatile int sqlstate = 0;

	pf_total_timer_start(Min(command->statement_timeout, command->total_timeout));
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		XactReadOnly = read_only;
		run_command(command);
		pf_total_timer_stop();
		ReleaseCurrentSubTransaction();
		record->outcome = "succeeded";
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(command_context);
		error = CopyErrorData();
		FlushErrorState();
		pf_total_timer_stop();
		/* what somebody else cancelled is the end of the CALL, not of one run */
		if (error->sqlerrcode == ERRCODE_ADMIN_SHUTDOWN ||
			(error->sqlerrcode == ERRCODE_QUERY_CANCELED && !pf_total_time_is_over()))
			ReThrowError(error);
		RollbackAndReleaseCurrentSubTransaction();
		sqlstate = error->sqlerrcode;
		record->outcome = "failed";
		record->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
		record->message = pf_total_time_is_over() ? "canceling job due to total_timeout" :
			pf_mask_message(error->message, error->sqlerrcode);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	return sqlstate;
}

/* One run, from the ready heap to its record. Gives its number, 0 if it was withdrawn. */
static int64
run_lane(PfLane *lane, bool read_only)
{
	PfCommand	command = {0};
	PfRunRecord record = {0};
	PfRoleProblem problem;
	int			sqlstate;

	MemoryContextReset(command_context);
	lane->phase = PF_LANE_RUNNING;
	lane->handed_over_at = pf_clock_now();
	if (!pf_read_command(&lane->run, &command, command_context) || command.owner_oid != GetUserId() ||
		!pf_role_may_run_jobs(command.owner_oid, &problem))
	{
		pf_finish_run(lane, lane->handed_over_at, PF_RUN_WITHDRAWN, 0);
		return 0;
	}
	record.run = lane->run;
	record.has_row = command.queued;
	record.job_name = command.name;
	record.owner = command.owner;
	record.started_at = lane->handed_over_at;
	sqlstate = try_command(&command, &record, read_only);
	record.finished_at = pf_clock_now();
	pf_record_run(&record);
	pf_finish_run(lane, record.finished_at, sqlstate == 0 ? PF_RUN_SUCCEEDED : PF_RUN_FAILED, sqlstate);
	return record.run.run_id;
}

/* Run what is due, and what falls due, until an instant. */
static void
run_until(TimestampTz end)
{
	bool		read_only = XactReadOnly;	/* what the session's commands are in */

	XactReadOnly = false;
	pf_read_all();
	for (;;)
	{
		PfTimer    *timer;
		PfLane	   *lane;
		PfNews		news;

		CHECK_FOR_INTERRUPTS();
		if (pf_take_news(pf_scheduler->shared, &news))
			pf_read_changes(&news);
		pf_take_waiters();
		while ((timer = pf_timer_first()) != NULL && timer->at <= pf_clock_now())
			pf_fall_due(timer, pf_clock_now());
		next_transaction();		/* what is decided is committed before anything follows from it */
		read_only = XactReadOnly;
		XactReadOnly = false;
		lane = pf_ready_first();
		if (lane != NULL)
		{
			int			waiter = lane->waiter;
			int64		run_id;

			pf_ready_remove(lane);
			run_id = run_lane(lane, read_only);
			next_transaction();
			XactReadOnly = false;
			pf_answer_waiter(waiter, run_id);
			continue;
		}
		timer = pf_timer_first();
		if (timer == NULL || timer->at > end)
			break;
		if (timer->at > pf_clock_now())
			pf_clock_wait_until(timer->at);
	}
}

/* run_due_jobs(max_time) */
Datum
pf_run_due_jobs(PG_FUNCTION_ARGS)
{
	TimestampTz end = pf_end_of_max_time(fcinfo);
	PfRoleProblem problem;

	pf_begin_procedure(fcinfo, "run_due_jobs");
	/* a command could say RESET ROLE or RESET SESSION AUTHORIZATION: that must lead nowhere */
	if (GetUserId() != GetSessionUserId() || GetUserId() != GetAuthenticatedUserId())
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("run_due_jobs() must be called by the role that has logged in"),
				 errdetail("The session belongs to role \"%s\".", GetUserNameFromId(GetAuthenticatedUserId(), false)),
				 errhint("Log in as the owner of the jobs.")));
	if (!pf_role_may_run_jobs(GetUserId(), &problem))
		ereport(ERROR,
				(errcode(problem.sqlstate),
				 errmsg("role \"%s\" cannot own jobs", GetUserNameFromId(GetUserId(), false)),
				 errdetail("%s", problem.detail),
				 errhint("%s", problem.hint)));
	if (!pf_run_jobs)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("pg_portfolio.run_jobs is off")));
	pf_total_timer_init();
	memset(pf_scheduler, 0, sizeof(*pf_scheduler));
	if (!lets_go_at_exit)
	{
		/* for good: a command may register what must be called before it, for its temporary tables */
		before_shmem_exit(let_go, (Datum) 0);
		lets_go_at_exit = true;
	}
	claim_database();
	PG_TRY();
	{
		pf_scheduler->database = MyDatabaseId;
		pf_scheduler->only_owner = GetUserId();
		pf_scheduler->calendars = AllocSetContextCreate(TopMemoryContext, "portfolio calendars", ALLOCSET_DEFAULT_SIZES);
		command_context = AllocSetContextCreate(TopMemoryContext, "portfolio command", ALLOCSET_DEFAULT_SIZES);
		pf_scheduler->context = AllocSetContextCreate(TopMemoryContext, "portfolio scheduler", ALLOCSET_DEFAULT_SIZES);
		run_until(end);
	}
	PG_FINALLY();
	{
		let_go(0, (Datum) 0);
	}
	PG_END_TRY();
	SPI_finish();
	PG_RETURN_VOID();
}
