/*
 * scheduler.c
 *		The process that watches over the jobs of one database.
 *
 * It sleeps until the earliest instant of its due heap or until its latch is set: by a committed
 * change of jobs, by a worker that has ended a run, by a session that waits. It runs nothing but
 * the extension's own fixed statements, and with nothing to do for pg_portfolio.idle_timeout it
 * leaves the instant of the next slot in shared memory for the launcher and ends.
 *
 * No transaction is open while it sleeps. An error never ends it: as in the autovacuum launcher it
 * comes back to one place, and there the whole picture of the jobs is built anew from the tables,
 * since nobody knows how far the failed round had got.
 */
#include "scheduler.h"

#include <setjmp.h>

#include "access/xact.h"
#include "clock.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "launcher.h"
#include "libpq/pqsignal.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/lmgr.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#define ERROR_PAUSE		USECS_PER_SEC
#define RESTART_PAUSE	(5 * USECS_PER_SEC)

static PfScheduler scheduler;
PfScheduler *pf_scheduler = &scheduler;

static bool has_slot = false;
static bool built = false;		/* the picture of the jobs is there */

/* A read-write transaction, whatever the settings of role and database say. */
void
pf_begin_own_transaction(void)
{
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	XactReadOnly = false;
}

/* Statistics follow once a second at most; whoever goes to sleep reports what is left. */
void
pf_commit_own_transaction(void)
{
	CommitTransactionCommand();
	(void) pgstat_report_stat(false);
}

/*
 * Let go of the slot: workers end, waiting sessions learn it, and from here on news goes to the
 * launcher, which may start a successor before this process is gone. Lock held.
 */
static void
let_go(TimestampTz next_due)
{
	PfDatabase *db = scheduler.shared;

	db->scheduler_pid = 0;
	db->latch = NULL;
	db->starting = false;
	db->wants_worker = false;
	db->next_due = next_due;
	pf_release_workers();
	for (int i = 0; i < PF_MAX_WAITERS; i++)
	{
		PfWaiter   *waiter = &pf_shared->waiters[i];

		if (waiter->database != scheduler.database || waiter->state != PF_WAITER_TAKEN)
			continue;
		waiter->state = waiter->gone ? PF_WAITER_FREE : PF_WAITER_DONE;
		if (waiter->latch != NULL)
			SetLatch(waiter->latch);
	}
	ConditionVariableBroadcast(&pf_shared->process_gone);
	pf_wake_launcher();
	has_slot = false;
}

/* However this process ends, the slot is let go of; after a disorderly end it is restarted. */
static void
scheduler_exit(int code, Datum arg)
{
	if (!has_slot)
		return;
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	let_go(pf_clock_now() + RESTART_PAUSE);
	LWLockRelease(&pf_shared->lock);
}

/* Become the scheduler of the database; false if there is one, or the database is blocked. */
static bool
claim_database(void)
{
	PfDatabase *db;
	bool		claimed = false;

	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	db = pf_database_slot(scheduler.database, true);
	if (db != NULL && db->scheduler_pid == 0 && db->blocked == 0)
	{
		db->scheduler_pid = MyProcPid;
		db->latch = MyLatch;
		db->starting = true;
		memset(&db->news, 0, sizeof(PfNews));
		db->next_due = DT_NOEND;
		if (db->counted_since == 0)
			db->counted_since = pf_clock_now();
		scheduler.shared = db;
		claimed = has_slot = true;
	}
	else if (db != NULL && db->scheduler_pid == 0)
	{
		db->starting = false;
		db->news.all = true;
		ConditionVariableBroadcast(&pf_shared->process_gone);
	}
	LWLockRelease(&pf_shared->lock);
	return claimed;
}

/*
 * Settings that somebody may have made for the database or for the bootstrap superuser must not
 * change what our own statements do.
 */
static void
reset_settings(void)
{
	static const char *const settings[][2] = {
		{"search_path", "pg_catalog, pg_temp"},
		{"default_transaction_read_only", "off"},
		{"default_transaction_isolation", "read committed"},
		{"statement_timeout", "0"},
		{"lock_timeout", "0"},
		{"idle_in_transaction_session_timeout", "0"},
		{"session_replication_role", "origin"},
		{"row_security", "on"},
		{"datestyle", "ISO, YMD"},
	};

	for (int i = 0; i < lengthof(settings); i++)
		SetConfigOption(settings[i][0], settings[i][1], PGC_SUSET, PGC_S_OVERRIDE);
}

static void
publish_counters(void)
{
	PfCounters *counted = &scheduler.counted;
	PfCounters *shared = &scheduler.shared->counters;
	PfTimer    *first = pf_timer_first();

	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	scheduler.shared->next_due = first != NULL ? first->at : DT_NOEND;
	shared->due += counted->due;
	shared->ran += counted->ran;
	shared->failed += counted->failed;
	shared->retried += counted->retried;
	shared->coalesced += counted->coalesced;
	shared->skipped += counted->skipped;
	shared->missed += counted->missed;
	shared->unknown += counted->unknown;
	LWLockRelease(&pf_shared->lock);
	memset(counted, 0, sizeof(*counted));
}

/* The extension is not here (any more): end its workers, busy ones too, give the slot back and end. */
static void
end_without_extension(void)
{
	pf_commit_own_transaction();
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	pf_terminate_workers(MyDatabaseId);
	let_go(DT_NOEND);
	if (!pf_has_news(scheduler.shared) && scheduler.shared->blocked == 0)
		scheduler.shared->database = InvalidOid;
	LWLockRelease(&pf_shared->lock);
	proc_exit(0);
}

/* Read everything, and let the launcher know how long that takes. */
static void
read_all(void)
{
	TimestampTz begin = pf_clock_now();

	pf_read_all();
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	scheduler.shared->reading_takes = Max(pf_clock_now() - begin, 0);
	LWLockRelease(&pf_shared->lock);
}

/* Everything that is to be decided now, written in one transaction, then handed to workers. */
static void
one_round(void)
{
	PfTimer    *timer;
	PfNews		news;
	bool		has_news = pf_take_news(scheduler.shared, &news);

	pf_begin_own_transaction();
	if (news.all)
		InvalidateSystemCaches();	/* news comes before the messages that tell caches of a role */
	if ((!built || news.all) && !OidIsValid(get_extension_oid("pg_portfolio", true)))
		end_without_extension();
	if (!built)
		read_all();
	else if (has_news)
	{
		pf_read_changes(&news);
		if (news.all)
			pf_end_orphaned_workers();
	}
	built = true;
	pf_harvest_workers();
	pf_take_waiters();
	while (pf_run_jobs && (timer = pf_timer_first()) != NULL && timer->at <= pf_clock_now())
	{
		pf_fall_due(timer, pf_clock_now());
		CHECK_FOR_INTERRUPTS();
	}
	pf_commit_own_transaction();

	if (pf_run_jobs && pf_ready_first() != NULL)
	{
		pf_begin_own_transaction();
		pf_hand_over_runs();
		pf_commit_own_transaction();
	}
	publish_counters();
}

/* End if there is nothing to do for a while; otherwise give the instant of the next round. */
static TimestampTz
next_round_or_end(void)
{
	TimestampTz now = pf_clock_now();
	PfTimer    *first = pf_run_jobs ? pf_timer_first() : NULL;
	TimestampTz next = first != NULL ? first->at : DT_NOEND;
	TimestampTz idle_end;
	bool		quiet;

	if (pf_run_jobs && pf_ready_first() != NULL && !TIMESTAMP_IS_NOBEGIN(scheduler.retry_start_at))
		return Min(next, scheduler.retry_start_at);
	quiet = scheduler.running == 0 && (!pf_run_jobs || pf_ready_first() == NULL);
	if (scheduler.resident || !quiet)
		return next;
	idle_end = TIMESTAMP_IS_NOBEGIN(scheduler.last_activity) ? now :
		scheduler.last_activity + pf_idle_timeout * INT64CONST(1000);
	if (next <= Max(idle_end, now + pf_idle_timeout * INT64CONST(1000)))
		return next;			/* something is due soon: stay for it */
	if (now < idle_end)
		return idle_end;
	if (pf_run_jobs && pf_any_slot_is_tried_again())
		return next;			/* a successor would let a later slot take its place */

	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	quiet = !pf_has_news(scheduler.shared);
	if (quiet)
	{
		first = pf_timer_first();
		let_go(first != NULL ? first->at : DT_NOEND);
	}
	LWLockRelease(&pf_shared->lock);
	if (!quiet)
		return now;
	proc_exit(0);
}

/* The first round is over, well or badly: the launcher may start the next scheduler. */
static void
announce(void)
{
	static bool announced = false;

	if (announced)
		return;
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	scheduler.shared->starting = false;
	pf_wake_launcher();
	LWLockRelease(&pf_shared->lock);
	announced = true;
}

/* Back to a known state after an error, then a pause, then everything anew. */
static void
recover(void)
{
	error_context_stack = NULL;
	HOLD_INTERRUPTS();
	disable_all_timeouts(false);
	QueryCancelPending = false;
	EmitErrorReport();
	AbortOutOfAnyTransaction();
	LWLockReleaseAll();
	MemoryContextSwitchTo(TopMemoryContext);
	FlushErrorState();
	built = false;
	memset(&scheduler.counted, 0, sizeof(scheduler.counted));
	RESUME_INTERRUPTS();
	announce();
	pf_clock_wait_until(pf_clock_now() + ERROR_PAUSE);
}

static void
scheduler_loop(void)
{
	sigjmp_buf	here;

	if (sigsetjmp(here, 1) != 0)
		recover();
	PG_exception_stack = &here;
	for (;;)
	{
		TimestampTz next;

		CHECK_FOR_INTERRUPTS();
		if (ConfigReloadPending)
		{
			ConfigReloadPending = false;
			ProcessConfigFile(PGC_SIGHUP);
		}
		pgstat_report_activity(STATE_RUNNING, NULL);
		one_round();
		announce();
		next = next_round_or_end();
		(void) pgstat_report_stat(next > pf_clock_now() + USECS_PER_SEC);
		pgstat_report_activity(STATE_IDLE, NULL);
		pf_clock_wait_until(next);
	}
}

void
pf_scheduler_main(Datum arg)
{
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	pqsignal(SIGTERM, die);
	BackgroundWorkerUnblockSignals();
	scheduler.database = DatumGetObjectId(arg);
	scheduler.resident = MyBgworkerEntry->bgw_extra[0] != 0;
	scheduler.last_activity = DT_NOBEGIN;
	scheduler.retry_start_at = DT_NOBEGIN;
	pf_shared_attach();
	if (!claim_database())
		proc_exit(0);
	before_shmem_exit(scheduler_exit, (Datum) 0);
	BackgroundWorkerInitializeConnectionByOid(scheduler.database, InvalidOid, 0);
	reset_settings();
	scheduler.context = AllocSetContextCreate(TopMemoryContext, "portfolio scheduler",
											  ALLOCSET_DEFAULT_SIZES);
	scheduler.calendars = AllocSetContextCreate(TopMemoryContext, "portfolio calendars",
												ALLOCSET_DEFAULT_SIZES);
	scheduler_loop();
}
