/*
 * shared_state.c
 *		The shared memory of the scheduler, and who may touch it when.
 *
 * One launcher, one scheduler a database that has work, and workers share one small fixed area.
 * It holds no job and no command: jobs are rows, schedulers keep their heap in memory of their
 * own, and workers read the command from the row. What is here is who is alive, what each worker
 * is doing, and when a database without a scheduler needs one.
 *
 * Rules:
 *	- One LWLock protects every field. It is held for a few assignments only, never across a
 *	  catalog look-up, a wait or anything that may raise an error.
 *	- A pointer to a latch is stored together with a pid and cleared, under the lock, before its
 *	  process leaves shared memory; SetLatch is called with the lock held. So no latch of a process
 *	  that is gone, or of another process, is ever set.
 *	- A database slot is made by whoever first has news of a database (a session whose transaction
 *	  changed jobs, or the launcher's first look) and freed by a scheduler that finds no extension.
 *	- A worker slot goes FREE -> RUNNING (scheduler) -> DONE (worker) -> IDLE (scheduler) ->
 *	  RUNNING ... and IDLE -> FREE (worker). A worker that dies in RUNNING leaves ENDED, and the
 *	  scheduler finds out from job_run how far it got.
 *	- After a crash of any process the postmaster starts everything anew with fresh memory; what
 *	  was running is then known from job_run alone.
 *	- The area can also be made by the first start_scheduler() of a server that does not preload
 *	  the library: PostgreSQL keeps enough spare shared memory for something so small.
 */
#include "shared_state.h"

#include <signal.h>

#include "miscadmin.h"
#include "pgstat.h"
#include "storage/ipc.h"
#include "storage/shmem.h"
#include "utils/timestamp.h"

PfShared   *pf_shared = NULL;

#define TRANCHE_NAME "PortfolioJobs"

void
pf_shared_request(void)
{
	RequestAddinShmemSpace(MAXALIGN(sizeof(PfShared)));
}

/* Find or make the area. Cheap when it is already attached. */
void
pf_shared_attach(void)
{
	bool		found;

	if (pf_shared != NULL)
		return;
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	pf_shared = ShmemInitStruct("pg_portfolio scheduler", sizeof(PfShared), &found);
	if (!found)
	{
		memset(pf_shared, 0, sizeof(PfShared));
		pf_shared->tranche = LWLockNewTrancheId();
		LWLockInitialize(&pf_shared->lock, pf_shared->tranche);
		ConditionVariableInit(&pf_shared->process_gone);
	}
	LWLockRelease(AddinShmemInitLock);
	LWLockRegisterTranche(pf_shared->tranche, TRANCHE_NAME);
}

/* The slot of a database; NULL if it has none and none is free or wanted. Lock held. */
PfDatabase *
pf_database_slot(Oid database, bool create)
{
	PfDatabase *free_slot = NULL;

	for (int i = 0; i < PF_MAX_DATABASES; i++)
	{
		PfDatabase *db = &pf_shared->databases[i];

		if (db->database == database)
			return db;
		if (free_slot == NULL && !OidIsValid(db->database))
			free_slot = db;
	}
	if (!create)
		return NULL;
	if (free_slot == NULL)
	{
		pf_shared->slots_ran_out = true;
		return NULL;
	}
	memset(free_slot, 0, sizeof(PfDatabase));
	free_slot->database = database;
	free_slot->next_due = DT_NOEND;
	return free_slot;
}

/* Lock held. */
void
pf_wake_launcher(void)
{
	if (pf_shared->launcher_latch != NULL)
		SetLatch(pf_shared->launcher_latch);
}

/* Lock held. */
void
pf_wake_scheduler(PfDatabase *db)
{
	if (db->latch != NULL)
		SetLatch(db->latch);
	else
		pf_wake_launcher();
}

/* Lock held, if the database is in shared memory. */
bool
pf_has_news(const PfDatabase *db)
{
	return db->news.all || db->news.asked || db->news.njobs > 0;
}

/* Take what there is, and hear who has asked so far; false if there is nothing. */
bool
pf_take_news(PfDatabase *db, PfNews *news)
{
	bool		has_news;

	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	has_news = pf_has_news(db);
	*news = db->news;
	memset(&db->news, 0, sizeof(PfNews));
	for (int i = 0; i < PF_MAX_WAITERS; i++)
		pf_shared->waiters[i].heard |= pf_shared->waiters[i].database == db->database;
	LWLockRelease(&pf_shared->lock);
	return has_news;
}

void
pf_add_changed_job(PfNews *news, int64 job_id)
{
	for (int i = 0; i < news->njobs; i++)
	{
		if (news->jobs[i] == job_id)
			return;
	}
	if (news->njobs < PF_NEWS_JOBS)
		news->jobs[news->njobs++] = job_id;
	else
		news->all = true;
}

/*
 * Something of a database has been committed. Also called from a transaction callback after commit,
 * so it must not raise an error.
 */
void
pf_add_news(Oid database, const PfNews *news)
{
	PfDatabase *db;

	if (pf_shared == NULL)
		return;
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	db = pf_database_slot(database, true);
	if (db == NULL)
		pf_wake_launcher();
	else if (db->scheduler_pid != MyProcPid || db->in_session)	/* a scheduler knows what it has changed itself */
	{
		db->news.all |= news->all;
		db->news.asked |= news->asked;
		for (int i = 0; i < news->njobs; i++)
			pf_add_changed_job(&db->news, news->jobs[i]);
		pf_wake_scheduler(db);
	}
	LWLockRelease(&pf_shared->lock);
}

/* A worker slot got free: tell every scheduler whose runs wait for one. Lock held. */
void
pf_wake_those_who_want_a_worker(void)
{
	for (int i = 0; i < PF_MAX_DATABASES; i++)
	{
		PfDatabase *db = &pf_shared->databases[i];

		if (OidIsValid(db->database) && db->wants_worker && db->latch != NULL)
			SetLatch(db->latch);
	}
}

/* How many processes of ours are in a database, or on their way there. Lock held. */
int
pf_count_processes(Oid database)
{
	PfDatabase *db = pf_database_slot(database, false);
	int			count = 0;

	if (db != NULL && ((db->scheduler_pid != 0 && !db->in_session) || db->starting))
		count++;
	for (int i = 0; i < PF_MAX_WORKERS; i++)
	{
		PfWorker   *worker = &pf_shared->workers[i];

		if (worker->database == database &&
			(worker->pid != 0 || worker->state == PF_WORKER_RUNNING))
			count++;
	}
	return count;
}

/* End a database's workers, whatever they do. Lock held. */
void
pf_terminate_workers(Oid database)
{
	for (int i = 0; i < PF_MAX_WORKERS; i++)
	{
		PfWorker   *worker = &pf_shared->workers[i];

		if (worker->database == database && worker->pid != 0)
			kill(worker->pid, SIGTERM);
	}
}

/* End a database's processes; a process that is still starting sees `blocked` itself. Lock held. */
static void
terminate_processes(PfDatabase *db)
{
	if (db->scheduler_pid != 0 && !db->in_session)
		kill(db->scheduler_pid, SIGTERM);
	pf_terminate_workers(db->database);
}

/*
 * Keep our processes out of a database, end those that are there and wait until they are gone.
 * Every call that returns, and every one that fails, is followed by pf_unblock_database().
 */
void
pf_block_database(Oid database)
{
	PfDatabase *db;
	bool		busy;

	if (pf_shared == NULL)
		return;
	/* prepared before the first look, so that no departure is missed */
	ConditionVariablePrepareToSleep(&pf_shared->process_gone);
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	db = pf_database_slot(database, true);
	if (db != NULL)
	{
		db->blocked++;
		terminate_processes(db);
	}
	busy = pf_count_processes(database) > 0;
	LWLockRelease(&pf_shared->lock);

	while (busy)
	{
		ConditionVariableSleep(&pf_shared->process_gone, PG_WAIT_EXTENSION);
		LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
		if (db != NULL)
			terminate_processes(db);	/* one may have started since */
		busy = pf_count_processes(database) > 0;
		LWLockRelease(&pf_shared->lock);
	}
	ConditionVariableCancelSleep();
}

void
pf_unblock_database(Oid database)
{
	PfDatabase *db;

	if (pf_shared == NULL)
		return;
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	db = pf_database_slot(database, false);
	if (db != NULL && db->blocked > 0)
	{
		db->blocked--;
		db->news.all = true;	/* the launcher looks whether the database is still there */
		pf_wake_launcher();
	}
	LWLockRelease(&pf_shared->lock);
}
