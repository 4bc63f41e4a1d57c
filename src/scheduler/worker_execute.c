/*
 * worker_execute.c
 *		Runs the command of a job exactly as the server runs one simple-query message, and records
 *		the run.
 *
 * Real portals at top level, so VACUUM, CALL with COMMIT and several statements behave as from
 * psql: several statements form one implicit transaction unless they say otherwise.
 *
 * The row of the run is written in the last transaction of the command, so effect and record
 * commit together or not at all. Three exceptions: what failed is recorded in the next
 * transaction; what is read-only too, having no effect that could be lost; and a command that may
 * end transactions itself commits the row as "started" before it begins, so that after a crash one
 * knows that nobody knows.
 */
#include "worker.h"

#include "access/xact.h"
#include "clock.h"
#include "jit/jit.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/analyze.h"
#include "pf_mask.h"
#include "pgstat.h"
#include "storage/latch.h"
#include "storage/proc.h"
#include "tcop/cmdtag.h"
#include "tcop/dest.h"
#include "tcop/pquery.h"
#include "tcop/tcopprot.h"
#include "tcop/utility.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/portal.h"
#include "utils/ps_status.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

/* Timer of total_timeout; statement_timeout uses the server's own */
static TimeoutId total_timer;
static volatile sig_atomic_t total_time_is_over = false;

static void
on_total_timeout(void)
{
	total_time_is_over = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

void
pf_total_timer_init(void)
{
	static bool registered = false;

	if (!registered)
		total_timer = RegisterTimeout(USER_TIMEOUT, on_total_timeout);
	registered = true;
}

void
pf_total_timer_start(int limit)
{
	total_time_is_over = false;
	enable_timeout_after(total_timer, limit);
}

void
pf_total_timer_stop(void)
{
	disable_timeout(total_timer, false);
}

bool
pf_total_time_is_over(void)
{
	return total_time_is_over;
}

static void
describe_run(void *arg)
{
	const PfRunRecord *record = (const PfRunRecord *) arg;

	errcontext("job \"%s\" (" INT64_FORMAT "), run " INT64_FORMAT, record->job_name,
			   record->run.job_id, record->run.run_id);
}

/* The shorter of the job's limit and the role's: a worker has no client loop that would arm it. */
static void
begin_command_transaction(const PfCommand *command, MemoryContext context)
{
	int			limit = command->statement_timeout;

	if (StatementTimeout > 0 && StatementTimeout < limit)
		limit = StatementTimeout;
	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	if (!get_timeout_active(STATEMENT_TIMEOUT))
		enable_timeout_after(STATEMENT_TIMEOUT, limit);
	MemoryContextSwitchTo(context);
}

static void
end_command_transaction(MemoryContext context)
{
	disable_timeout(STATEMENT_TIMEOUT, false);
	CommitTransactionCommand();
	MemoryContextSwitchTo(context);
}

/* One statement through a portal of its own, results thrown away. */
static void
run_statement(RawStmt *statement, const char *sql, QueryCompletion *qc)
{
	List	   *queries;
	List	   *plans;
	Portal		portal;
	bool		pushed = false;

	CHECK_FOR_INTERRUPTS();
	if (analyze_requires_snapshot(statement))
	{
		PushActiveSnapshot(GetTransactionSnapshot());
		pushed = true;
	}
	queries = pf_analyze_and_rewrite(statement, sql);
	plans = pg_plan_queries(queries, sql, CURSOR_OPT_PARALLEL_OK, NULL);
	if (pushed)
		PopActiveSnapshot();

	portal = CreatePortal("", true, true);
	portal->visible = false;
	PortalDefineQuery(portal, NULL, sql, CreateCommandTag(statement->stmt), plans, NULL);
	PortalStart(portal, NULL, 0, InvalidSnapshot);
	InitializeQueryCompletion(qc);
	(void) pf_portal_run(portal, None_Receiver, qc);
	PortalDrop(portal, false);
}

/*
 * Run all statements; the first transaction may be open already. On return a transaction is open
 * (true: it is the command's, and the record belongs there) or not (false: the command has ended its
 * last one itself).
 */
static bool
run_statements(const PfCommand *command, List *statements, bool open, MemoryContext context,
			   QueryCompletion *qc)
{
	bool		several = list_length(statements) > 1;
	ListCell   *lc;

	foreach(lc, statements)
	{
		RawStmt    *statement = lfirst_node(RawStmt, lc);

		if (!open)
			begin_command_transaction(command, context);
		open = true;
		if (several)
			BeginImplicitTransactionBlock();
		run_statement(statement, command->command, qc);
		MemoryContextSwitchTo(context);
		if (IsA(statement->stmt, TransactionStmt))
		{
			end_command_transaction(context);
			open = false;
		}
		else if (lnext(statements, lc) != NULL)
			CommandCounterIncrement();
	}
	if (open && several)
		EndImplicitTransactionBlock();
	if (IsTransactionBlock())
		ereport(ERROR,
				(errcode(ERRCODE_ACTIVE_SQL_TRANSACTION),
				 errmsg("the command left a transaction open"),
				 errdetail("What it did after BEGIN has been rolled back."),
				 errhint("End the command with COMMIT, or leave out BEGIN: a command is one transaction anyway.")));
	return open;
}

static char *
completion_text(const QueryCompletion *qc)
{
	if (command_tag_display_rowcount(qc->commandTag))
		return psprintf("%s " UINT64_FORMAT, GetCommandTagName(qc->commandTag), qc->nprocessed);
	return pstrdup(GetCommandTagName(qc->commandTag));
}

/* As another role, by the owner's leave: RESET ROLE leads back to him. */
static void
become(const char *role)
{
	PfRoleProblem problem;

	if (!pf_may_run_as(GetSessionUserId(), role, &problem))
		ereport(ERROR,
				(errcode(problem.sqlstate),
				 errmsg("the job cannot run as role \"%s\"", role),
				 errdetail("%s", problem.detail)));
	SetConfigOption("role", role, PGC_USERSET, PGC_S_SESSION);
}

/* Everything that may fail. The record is complete, and committed, on return. */
static void
execute_and_record(const PfCommand *command, PfRunRecord *record, MemoryContext context)
{
	List	   *statements;
	QueryCompletion qc;
	bool		open;

	begin_command_transaction(command, context);
	statements = pg_parse_query(command->command);
	if (statements == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("the command of a job is empty")));
	open = !pf_may_control_transactions(statements) && command->run_as == NULL;
	if (!open)
	{
		XactReadOnly = false;
		if (pf_may_control_transactions(statements))
		{
			record->outcome = "started";
			pf_record_run(record);
		}
		if (command->run_as != NULL)
			become(command->run_as);
		end_command_transaction(context);
	}
	open = run_statements(command, statements, open, context, &qc);
	disable_timeout(STATEMENT_TIMEOUT, false);
	disable_timeout(total_timer, false);

	if (open && XactReadOnly)
	{
		end_command_transaction(context);
		open = false;
	}
	if (!open)
		pf_begin_own_transaction();
	record->outcome = "succeeded";
	record->message = completion_text(&qc);
	record->finished_at = pf_clock_now();
	pf_record_run(record);
	pf_commit_own_transaction();
}

/* Make the session usable again and keep what went wrong. Called in PG_CATCH. */
static void
keep_error(PfCommand *command, PfRunRecord *record, MemoryContext context)
{
	ErrorData  *error;

	MemoryContextSwitchTo(context);
	error = CopyErrorData();
	disable_timeout(STATEMENT_TIMEOUT, false);
	disable_timeout(total_timer, false);
	QueryCancelPending = false;
	record->outcome = "failed";
	record->sqlstate = pstrdup(unpack_sql_state(error->sqlerrcode));
	command->sqlstate = error->sqlerrcode;
	record->message = error->message ? pf_mask_message(error->message, error->sqlerrcode) : "";
	if (total_time_is_over && error->sqlerrcode == ERRCODE_QUERY_CANCELED)
		record->message = "canceling job due to total_timeout";
	EmitErrorReport();
	FlushErrorState();
	AbortOutOfAnyTransaction();
	PortalErrorCleanup();
	jit_reset_after_error();
	MemoryContextSwitchTo(context);
}

/* Run a command and record the run. Errors of the command end here. */
PfRunOutcome
pf_execute_run(PfRun *run, PfCommand *command, MemoryContext context)
{
	PfRunRecord record = {0};
	ErrorContextCallback callback;
	volatile bool failed = false;

	record.run = *run;
	record.has_row = command->queued;
	record.job_name = command->name;
	record.owner = command->owner;
	record.started_at = pf_clock_now();
	record.finished_at = DT_NOBEGIN;

	debug_query_string = command->command;
	pgstat_report_activity(STATE_RUNNING, command->command);
	pgstat_report_appname(command->name);
	set_ps_display(command->name);
	callback.callback = describe_run;
	callback.arg = &record;
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	pf_total_timer_start(command->total_timeout);

	PG_TRY();
	{
		execute_and_record(command, &record, context);
	}
	PG_CATCH();
	{
		keep_error(command, &record, context);
		failed = true;
	}
	PG_END_TRY();

	error_context_stack = callback.previous;
	if (failed)
	{
		/* the command has ended already: nothing is left to cancel */
		HOLD_CANCEL_INTERRUPTS();
		pf_begin_own_transaction();
		record.finished_at = pf_clock_now();
		pf_record_run(&record);
		pf_commit_own_transaction();
		RESUME_CANCEL_INTERRUPTS();
	}
	debug_query_string = NULL;
	set_ps_display("idle");
	return failed ? PF_RUN_FAILED : PF_RUN_SUCCEEDED;
}
