/*
 * progress.c
 *		What is being scored right now, for pg_stat_portfolio_progress.
 *
 * An aggregate knows neither its table nor how much is still to come, and parallel workers share no
 * memory with their leader. So whoever scores announces relation and estimate in a slot of a small
 * fixed area, and the engine, in the leader and in its workers, adds its rows there, a thousand at a
 * time. The area exists only where the library is preloaded; elsewhere nothing is announced.
 *
 * Rules:
 *	- pf_progress->lock protects who has which slot: pid, and what is written when a slot is taken.
 *	- rows is atomic; whoever adds to it has looked the slot up by pid, and the slot is freed only
 *	  when the statement that all of them work for has ended.
 *	- A slot is freed by its backend, at the end of the score, on error, and on exit. After a crash
 *	  the postmaster starts with fresh memory.
 *	- Where all slots are taken a score goes on unannounced.
 */
#include "quality.h"
#include "progress.h"

#include "access/parallel.h"
#include "catalog/pg_authid.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pf_score_progress);

#define PROGRESS_SLOTS 128
#define TRANCHE_NAME "PortfolioProgress"

typedef struct PfProgressSlot
{
	int			pid;			/* of the leader; 0: free */
	Oid			database;
	Oid			user;
	Oid			relation;
	TimestampTz started;
	double		estimate;		/* rows that the planner expects */
	pg_atomic_uint64 rows;
} PfProgressSlot;

typedef struct PfProgress
{
	LWLock	   *lock;
	PfProgressSlot slots[PROGRESS_SLOTS];
} PfProgress;

static PfProgress *progress = NULL;
static PfProgressSlot *my_slot = NULL;
static shmem_startup_hook_type next_shmem_startup_hook = NULL;
#ifdef PF_HAS_SHMEM_REQUEST_HOOK
static shmem_request_hook_type next_shmem_request_hook = NULL;
#endif

static void
request_memory(void)
{
	RequestAddinShmemSpace(MAXALIGN(sizeof(PfProgress)));
	RequestNamedLWLockTranche(TRANCHE_NAME, 1);
}

#ifdef PF_HAS_SHMEM_REQUEST_HOOK
static void
shmem_request(void)
{
	if (next_shmem_request_hook)
		next_shmem_request_hook();
	request_memory();
}
#endif

static void
shmem_startup(void)
{
	bool		found;

	if (next_shmem_startup_hook)
		next_shmem_startup_hook();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	progress = ShmemInitStruct("pg_portfolio progress", sizeof(PfProgress), &found);
	if (!found)
	{
		memset(progress, 0, sizeof(PfProgress));
		progress->lock = &GetNamedLWLockTranche(TRANCHE_NAME)->lock;
		for (int i = 0; i < PROGRESS_SLOTS; i++)
			pg_atomic_init_u64(&progress->slots[i].rows, 0);
	}
	LWLockRelease(AddinShmemInitLock);
}

void
pf_progress_init(void)
{
	if (!process_shared_preload_libraries_in_progress)
		return;
#ifdef PF_HAS_SHMEM_REQUEST_HOOK
	next_shmem_request_hook = shmem_request_hook;
	shmem_request_hook = shmem_request;
#else
	request_memory();
#endif
	next_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = shmem_startup;
}

/* Can a score be announced, and is it the outermost of this backend? */
bool
pf_progress_wanted(void)
{
	return progress != NULL && my_slot == NULL;
}

static void
free_my_slot(int code, Datum arg)
{
	pf_progress_end();
}

void
pf_progress_begin(Oid relation, double estimate)
{
	static bool registered = false;

	if (!pf_progress_wanted())
		return;
	if (!registered)
	{
		before_shmem_exit(free_my_slot, (Datum) 0);
		registered = true;
	}
	LWLockAcquire(progress->lock, LW_EXCLUSIVE);
	for (int i = 0; i < PROGRESS_SLOTS && my_slot == NULL; i++)
		if (progress->slots[i].pid == 0)
			my_slot = &progress->slots[i];
	if (my_slot)
	{
		my_slot->database = MyDatabaseId;
		my_slot->user = GetUserId();
		my_slot->relation = relation;
		my_slot->started = GetCurrentTimestamp();
		my_slot->estimate = estimate;
		pg_atomic_write_u64(&my_slot->rows, 0);
		my_slot->pid = MyProcPid;
	}
	LWLockRelease(progress->lock);
}

void
pf_progress_end(void)
{
	if (my_slot == NULL)
		return;
	LWLockAcquire(progress->lock, LW_EXCLUSIVE);
	my_slot->pid = 0;
	LWLockRelease(progress->lock);
	my_slot = NULL;
}

/* The slot of a worker's leader, or NULL. */
static PfProgressSlot *
leaders_slot(void)
{
	int			leader = MyProc->lockGroupLeader ? MyProc->lockGroupLeader->pid : 0;
	PfProgressSlot *slot = NULL;

	if (progress == NULL || leader == 0)
		return NULL;
	LWLockAcquire(progress->lock, LW_SHARED);
	for (int i = 0; i < PROGRESS_SLOTS && slot == NULL; i++)
		if (progress->slots[i].pid == leader)
			slot = &progress->slots[i];
	LWLockRelease(progress->lock);
	return slot;
}

/* So many rows more have been counted. A worker works for one statement only, so it looks for the slot once. */
void
pf_progress_count(uint32 rows)
{
	static PfProgressSlot *slot = NULL;
	static bool looked = false;

	if (my_slot)
		pg_atomic_fetch_add_u64(&my_slot->rows, rows);
	else if (IsParallelWorker())
	{
		if (!looked)
			slot = leaders_slot();
		looked = true;
		if (slot)
			pg_atomic_fetch_add_u64(&slot->rows, rows);
	}
}

/* score_progress(): one row a score of this database that the caller may know of. */
Datum
pf_score_progress(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	PfProgressSlot *slots = palloc(sizeof(PfProgressSlot) * PROGRESS_SLOTS);
	int			n = 0;

	pf_init_materialized_srf(fcinfo);
	if (progress == NULL)
		return (Datum) 0;
	LWLockAcquire(progress->lock, LW_SHARED);
	for (int i = 0; i < PROGRESS_SLOTS; i++)
		if (progress->slots[i].pid != 0 && progress->slots[i].database == MyDatabaseId)
			slots[n++] = progress->slots[i];
	LWLockRelease(progress->lock);
	for (int i = 0; i < n; i++)
	{
		Datum		values[6];
		bool		nulls[6] = {0};

		/* as pg_stat_activity: others' only for those who may read all statistics */
		if (!has_privs_of_role(GetUserId(), slots[i].user) && !has_privs_of_role(GetUserId(), PF_ROLE_READ_ALL_STATS))
			continue;
		values[0] = Int32GetDatum(slots[i].pid);
		values[1] = ObjectIdGetDatum(slots[i].user);
		values[2] = ObjectIdGetDatum(slots[i].relation);
		values[3] = TimestampTzGetDatum(slots[i].started);
		values[4] = Int64GetDatum((int64) pg_atomic_read_u64(&slots[i].rows));
		values[5] = Int64GetDatum((int64) slots[i].estimate);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}
