/*
 * worker.c
 *		A process that runs jobs of one role in one database, one after the other.
 *
 * It connects as that role, so there is nothing to switch back from: RESET ROLE and RESET SESSION
 * AUTHORIZATION lead to the owner of the jobs. Work arrives in its slot of shared memory, the
 * command is read from the job's row, and the end goes back into the slot. Before every run it
 * checks again that the role may run jobs; after every run the session is cleaned. It ends when it
 * was idle for pg_portfolio.idle_timeout, after pg_portfolio.worker_max_runs runs, when the
 * settings of its role have changed, and when the scheduler asks.
 */
#include "worker.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "clock.h"
#include "executor/spi.h"
#include "launcher.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

static PfWorker *me;
static uint32 my_generation;
static MemoryContext run_context;

/* Tell the scheduler of our database that the slot has changed. Lock held. */
static bool
wake_my_scheduler(void)
{
	PfDatabase *db = pf_database_slot(me->database, false);

	if (db == NULL || db->latch == NULL)
		return false;
	SetLatch(db->latch);
	return true;
}

static void
worker_exit(int code, Datum arg)
{
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	if (me->generation == my_generation)
	{
		me->pid = 0;
		me->latch = NULL;
		if (me->state == PF_WORKER_RUNNING)
			me->state = PF_WORKER_ENDED;
		if (!wake_my_scheduler() || me->state == PF_WORKER_IDLE)
			me->state = PF_WORKER_FREE;
		pf_wake_those_who_want_a_worker();
		ConditionVariableBroadcast(&pf_shared->process_gone);
	}
	LWLockRelease(&pf_shared->lock);
}

/* Take the slot that was reserved for us; false if nobody waits for us any more. */
static bool
claim_slot(int slot)
{
	PfDatabase *db;
	bool		claimed = false;

	me = &pf_shared->workers[slot];
	memcpy(&my_generation, MyBgworkerEntry->bgw_extra, sizeof(my_generation));
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	db = pf_database_slot(me->database, false);
	if (me->generation == my_generation && me->state == PF_WORKER_RUNNING && me->pid == 0)
	{
		if (db != NULL && db->blocked == 0 && db->scheduler_pid != 0)
		{
			me->pid = MyProcPid;
			me->latch = MyLatch;
			claimed = true;
		}
		else
		{
			me->state = db != NULL && db->scheduler_pid != 0 ? PF_WORKER_DECLINED : PF_WORKER_FREE;
			ConditionVariableBroadcast(&pf_shared->process_gone);
		}
	}
	LWLockRelease(&pf_shared->lock);
	return claimed;
}

/* Read the job and draw the number of the run. False if the job is gone. In a transaction. */
bool
pf_read_command(PfRun *run, PfCommand *command, MemoryContext context)
{
	static const char *const sql =
	"SELECT j.name, j.owner::text, j.owner_oid, j.command,"
	" (extract(epoch FROM j.statement_timeout) * 1000)::integer,"
	" (extract(epoch FROM j.total_timeout) * 1000)::integer,"
	" CASE WHEN $2 = 0 THEN nextval('portfolio.job_run_id_seq') ELSE $2 END, j.run_as::text"
	" FROM portfolio.job j WHERE j.job_id = $1";
	static const Oid types[] = {INT8OID, INT8OID};
	Datum		values[2];
	PfAsOwner	as_owner;
	bool		found;

	values[0] = Int64GetDatum(run->job_id);
	values[1] = Int64GetDatum(run->run_id);
	command->queued = run->run_id != 0;
	pf_as_table_owner(&as_owner, "job", sql, lengthof(types), types, values, NULL);
	found = SPI_processed == 1;
	if (found)
	{
		HeapTuple	row = SPI_tuptable->vals[0];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		bool		null;

		command->name = MemoryContextStrdup(context, SPI_getvalue(row, desc, 1));
		command->owner = MemoryContextStrdup(context, SPI_getvalue(row, desc, 2));
		command->owner_oid = DatumGetObjectId(SPI_getbinval(row, desc, 3, &null));
		command->command = MemoryContextStrdup(context, SPI_getvalue(row, desc, 4));
		command->statement_timeout = DatumGetInt32(SPI_getbinval(row, desc, 5, &null));
		command->total_timeout = DatumGetInt32(SPI_getbinval(row, desc, 6, &null));
		run->run_id = DatumGetInt64(SPI_getbinval(row, desc, 7, &null));
		if (SPI_getvalue(row, desc, 8) != NULL)
			command->run_as = MemoryContextStrdup(context, SPI_getvalue(row, desc, 8));
	}
	pf_end_as_owner(&as_owner);
	return found;
}

/*
 * The role's settings are no longer those that we connected with: a new process must do this run.
 * One that has been cancelled goes no further: it is done here, where the cancel ends it before the
 * command begins; handed on, it would be forgotten.
 */
static void
decline(void)
{
	bool		cancelled;

	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	cancelled = QueryCancelPending;
	if (!cancelled)
		me->state = PF_WORKER_DECLINED;
	LWLockRelease(&pf_shared->lock);
	if (!cancelled)
		proc_exit(0);
}

/* One run, from the slot to the slot. */
static void
do_run(PfRun run, uint64 settings)
{
	PfCommand	command = {0};
	PfRoleProblem problem;
	PfRunOutcome outcome;
	bool		found;
	bool		allowed = false;

	MemoryContextReset(run_context);
	pgstat_report_activity(STATE_RUNNING, "reading the job");
	/* a cancel that comes now is for the command: it waits until that begins */
	HOLD_CANCEL_INTERRUPTS();
	pf_begin_own_transaction();
	if (pf_role_settings_fingerprint() != settings)
		decline();
	found = pf_read_command(&run, &command, run_context);
	if (found)
		allowed = command.owner_oid == GetSessionUserId() &&
			pf_role_may_run_jobs(GetSessionUserId(), &problem);
	else if (run.run_id != 0)
		pf_close_run(run.job_id, run.run_id, "withdrawn", NULL, "the job does not exist any more");
	pf_commit_own_transaction();

	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	me->run.run_id = run.run_id;
	me->started_at = pf_clock_now();
	LWLockRelease(&pf_shared->lock);
	RESUME_CANCEL_INTERRUPTS();

	if (!found)
		outcome = PF_RUN_WITHDRAWN;
	else if (!allowed)
		outcome = PF_RUN_BROKEN;
	else
		outcome = pf_execute_run(&run, &command, run_context);

	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	me->outcome = outcome;
	me->sqlstate = command.sqlstate;
	me->finished_at = pf_clock_now();
	me->state = PF_WORKER_DONE;
	QueryCancelPending = false; /* cancel_run() signals under the lock: what came was for this run */
	if (outcome == PF_RUN_BROKEN)
		me->quit = true;
	(void) wake_my_scheduler();
	LWLockRelease(&pf_shared->lock);
}

/* Wait for work; false when it is time to end. */
static bool
wait_for_run(PfRun *run, int runs)
{
	TimestampTz idle_since = pf_clock_now();

	for (;;)
	{
		TimestampTz idle_end = idle_since + pf_idle_timeout * INT64CONST(1000);
		bool		no_scheduler;
		bool		end;
		bool		work;

		HOLD_CANCEL_INTERRUPTS();	/* a cancel may be for the run that waits in the slot */
		CHECK_FOR_INTERRUPTS();
		RESUME_CANCEL_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
		work = me->state == PF_WORKER_RUNNING;
		*run = me->run;
		no_scheduler = pf_database_slot(me->database, false) == NULL ||
			pf_database_slot(me->database, false)->scheduler_pid == 0;
		end = !work && (no_scheduler ||
						(me->state == PF_WORKER_IDLE &&
						 (me->quit || runs >= pf_worker_max_runs || pf_clock_now() >= idle_end)));
		if (end)
			me->state = PF_WORKER_FREE; /* no run can be put here from now on */
		if (!work)
			QueryCancelPending = false; /* there is nothing that it could be for */
		LWLockRelease(&pf_shared->lock);
		if (work || end)
			return work;
		(void) pgstat_report_stat(true);
		pgstat_report_activity(STATE_IDLE, NULL);
		pf_clock_wait_until(idle_end);
	}
}

void
pf_worker_main(Datum arg)
{
	uint64		settings;
	int			runs = 0;
	PfRun		run;

	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	pf_shared_attach();
	if (!claim_slot(DatumGetInt32(arg)))
		proc_exit(0);
	before_shmem_exit(worker_exit, (Datum) 0);
	HOLD_CANCEL_INTERRUPTS();	/* a cancel may be for the run that waits in the slot */
	pf_connect_worker(me->database, me->owner);
	/* what a client of this role would have loaded: masking and auditing may come that way */
	process_session_preload_libraries();
	run_context = AllocSetContextCreate(TopMemoryContext, "portfolio run", ALLOCSET_DEFAULT_SIZES);
	pf_total_timer_init();
	pf_begin_own_transaction();
	settings = pf_role_settings_fingerprint();
	pf_commit_own_transaction();
	RESUME_CANCEL_INTERRUPTS();

	while (wait_for_run(&run, runs))
	{
		do_run(run, settings);
		pf_clean_session();
		runs++;
	}
	proc_exit(0);
}
