/*
 * launcher.c
 *		The one static process: it knows which database needs a scheduler when, and starts it.
 *
 * It sees shared catalogs only. At start it does not know which databases have jobs, so it starts
 * a scheduler in each, two at a time; one that finds no extension or nothing to do ends at once.
 * Afterwards it sleeps until the earliest instant at which a database without a scheduler needs
 * one, or until somebody sets its latch: a committed change of jobs, a scheduler that has begun or
 * ended, a reload of the configuration. It never polls.
 */
#include "launcher.h"

#include "access/genam.h"
#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_database.h"
#include "clock.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "shared_state.h"
#include "storage/ipc.h"
#include "tcop/tcopprot.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

#define MAX_STARTING	2
#define NO_SLOT_PAUSE	(5 * USECS_PER_SEC)

/* Databases not looked at yet since this process started */
static List *unseen = NIL;
static BackgroundWorkerHandle *starting_handle[PF_MAX_DATABASES];

static void
fill_worker(BackgroundWorker *worker, const char *function, const char *type)
{
	memset(worker, 0, sizeof(*worker));
	worker->bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker->bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker->bgw_restart_time = BGW_NEVER_RESTART;
	strlcpy(worker->bgw_library_name, PF_LIBRARY, sizeof(worker->bgw_library_name));
	strlcpy(worker->bgw_function_name, function, sizeof(worker->bgw_function_name));
	strlcpy(worker->bgw_type, type, sizeof(worker->bgw_type));
	strlcpy(worker->bgw_name, type, sizeof(worker->bgw_name));
	worker->bgw_notify_pid = MyProcPid;
}

void
pf_register_launcher(void)
{
	BackgroundWorker worker;

	fill_worker(&worker, "pf_launcher_main", "portfolio launcher");
	worker.bgw_restart_time = 5;
	worker.bgw_notify_pid = 0;
	RegisterBackgroundWorker(&worker);
}

/* A resident scheduler does not end when idle: nobody would start it again. */
bool
pf_register_scheduler(Oid database, bool resident, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker;

	fill_worker(&worker, "pf_scheduler_main", "portfolio scheduler");
	worker.bgw_main_arg = ObjectIdGetDatum(database);
	worker.bgw_extra[0] = resident;
	snprintf(worker.bgw_name, BGW_MAXLEN, "portfolio scheduler for database %u", database);
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

bool
pf_register_worker(int slot, uint32 generation, Oid database, BackgroundWorkerHandle **handle)
{
	BackgroundWorker worker;

	fill_worker(&worker, "pf_worker_main", "portfolio worker");
	worker.bgw_main_arg = Int32GetDatum(slot);
	memcpy(worker.bgw_extra, &generation, sizeof(generation));
	snprintf(worker.bgw_name, BGW_MAXLEN, "portfolio worker for database %u", database);
	return RegisterDynamicBackgroundWorker(&worker, handle);
}

/* Every database that one can connect to. */
static List *
list_databases(void)
{
	List	   *databases = NIL;
	Relation	relation;
	TableScanDesc scan;
	HeapTuple	tuple;
	MemoryContext keep = CurrentMemoryContext;

	StartTransactionCommand();
	(void) GetTransactionSnapshot();
	relation = table_open(DatabaseRelationId, AccessShareLock);
	scan = table_beginscan_catalog(relation, 0, NULL);
	while ((tuple = heap_getnext(scan, ForwardScanDirection)) != NULL)
	{
		Form_pg_database form = (Form_pg_database) GETSTRUCT(tuple);
		MemoryContext old;

		if (!form->datallowconn)
			continue;
		old = MemoryContextSwitchTo(keep);
		databases = lappend_oid(databases, form->oid);
		MemoryContextSwitchTo(old);
	}
	table_endscan(scan);
	table_close(relation, AccessShareLock);
	CommitTransactionCommand();
	MemoryContextSwitchTo(keep);
	return databases;
}

static bool
database_is_there(Oid database)
{
	MemoryContext keep = CurrentMemoryContext;
	HeapTuple	tuple;
	bool		there = false;

	StartTransactionCommand();
	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(database));
	if (HeapTupleIsValid(tuple))
	{
		there = ((Form_pg_database) GETSTRUCT(tuple))->datallowconn;
		ReleaseSysCache(tuple);
	}
	CommitTransactionCommand();
	MemoryContextSwitchTo(keep);
	return there;
}

static void
launcher_exit(int code, Datum arg)
{
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	pf_shared->launcher_pid = 0;
	pf_shared->launcher_latch = NULL;
	LWLockRelease(&pf_shared->lock);
}

/* A scheduler that the postmaster could not start never clears its flag: do it here. */
static void
forget_failed_starts(void)
{
	for (int i = 0; i < PF_MAX_DATABASES; i++)
	{
		PfDatabase *db = &pf_shared->databases[i];
		pid_t		pid;

		if (starting_handle[i] == NULL ||
			GetBackgroundWorkerPid(starting_handle[i], &pid) != BGWH_STOPPED)
			continue;
		pfree(starting_handle[i]);
		starting_handle[i] = NULL;
		LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
		if (db->starting && db->scheduler_pid == 0)
		{
			db->starting = false;
			db->next_due = pf_clock_now() + NO_SLOT_PAUSE;
			ConditionVariableBroadcast(&pf_shared->process_gone);
		}
		LWLockRelease(&pf_shared->lock);
	}
}

/* Give slots to databases that were not looked at yet, as long as there are some. */
static void
feed_unseen(int starting)
{
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	while (unseen != NIL && starting < MAX_STARTING)
	{
		PfDatabase *db = pf_database_slot(linitial_oid(unseen), true);

		if (db == NULL)
			break;
		db->news.all = true;
		starting++;
		unseen = list_delete_first(unseen);
	}
	LWLockRelease(&pf_shared->lock);
}

/* A scheduler is started so long before it is needed: the more jobs, the sooner. Lock held. */
static TimestampTz
start_at(const PfDatabase *db)
{
	return TIMESTAMP_IS_NOEND(db->next_due) ? DT_NOEND : db->next_due - 500 * INT64CONST(1000) - 2 * db->reading_takes;
}

/* The slot of a database that needs a scheduler now, or -1; *wake_at is when the next will. */
static int
choose_database(TimestampTz now, int *starting, TimestampTz *wake_at)
{
	int			chosen = -1;

	*starting = 0;
	*wake_at = DT_NOEND;
	LWLockAcquire(&pf_shared->lock, LW_SHARED);
	for (int i = 0; i < PF_MAX_DATABASES; i++)
	{
		PfDatabase *db = &pf_shared->databases[i];

		if (!OidIsValid(db->database))
			continue;
		if (db->starting)
			(*starting)++;
		if (db->starting || db->scheduler_pid != 0 || db->blocked > 0)
			continue;
		if (pf_has_news(db) || start_at(db) <= now)
			chosen = i;
		else
			*wake_at = Min(*wake_at, start_at(db));
	}
	LWLockRelease(&pf_shared->lock);
	return chosen;
}

/* Start the scheduler of a slot's database, or free the slot if the database is gone. */
static bool
start_scheduler(int slot)
{
	PfDatabase *db = &pf_shared->databases[slot];
	Oid			database;
	bool		there;
	bool		go;

	LWLockAcquire(&pf_shared->lock, LW_SHARED);
	database = db->database;
	LWLockRelease(&pf_shared->lock);
	if (!OidIsValid(database))
		return true;
	there = database_is_there(database);

	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	go = there && db->database == database && db->blocked == 0 && db->scheduler_pid == 0;
	if (go)
		db->starting = true;
	else if (!there && db->database == database && db->blocked == 0)
		db->database = InvalidOid;
	LWLockRelease(&pf_shared->lock);
	if (!go || pf_register_scheduler(database, false, &starting_handle[slot]))
		return true;

	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	db->starting = false;
	LWLockRelease(&pf_shared->lock);
	return false;
}

/* One round; returns the instant at which the next is due. */
static TimestampTz
start_what_is_needed(void)
{
	static bool no_slot_logged = false;
	TimestampTz wake_at;
	int			starting;
	int			slot;

	forget_failed_starts();
	if (!pf_run_jobs)
		return DT_NOEND;
	for (;;)
	{
		slot = choose_database(pf_clock_now(), &starting, &wake_at);
		if (slot < 0 && unseen != NIL && starting < MAX_STARTING)
		{
			int			before = list_length(unseen);

			feed_unseen(starting);
			if (list_length(unseen) < before)
				continue;
		}
		if (slot < 0 || starting >= MAX_STARTING)
			return wake_at;
		if (!start_scheduler(slot))
		{
			if (!no_slot_logged)
				ereport(LOG,
						(errmsg("no background worker is free for the portfolio scheduler"),
						 errhint("Consider increasing max_worker_processes.")));
			no_slot_logged = true;
			return pf_clock_now() + NO_SLOT_PAUSE;
		}
		no_slot_logged = false;
	}
}

void
pf_launcher_main(Datum arg)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	pf_shared_attach();
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	pf_shared->launcher_pid = MyProcPid;
	pf_shared->launcher_latch = MyLatch;
	LWLockRelease(&pf_shared->lock);
	before_shmem_exit(launcher_exit, (Datum) 0);
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);

	MemoryContextSwitchTo(AllocSetContextCreate(TopMemoryContext, "portfolio launcher",
												ALLOCSET_DEFAULT_SIZES));
	unseen = list_databases();
	for (;;)
	{
		TimestampTz wake_at;

		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		wake_at = start_what_is_needed();
		pgstat_report_activity(STATE_IDLE, NULL);
		pf_clock_wait_until(wake_at);
	}
}
