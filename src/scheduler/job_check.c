/*
 * job_check.c
 *		Can the scheduler run a command at all, and may the caller own a job?
 *
 * What can be refused is refused when it is written. The parser is all that is asked: names are
 * resolved when the command runs.
 */
#include "job.h"

#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"
#include "shared_state.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(pf_check_job);
PG_FUNCTION_INFO_V1(pf_check_run_as);
PG_FUNCTION_INFO_V1(pf_no_such_job);

/* A syntax error points into the command, not into the statement that passed it. */
static void
command_error_position(void *arg)
{
	int			position = geterrposition();

	if (position > 0)
	{
		errposition(0);
		internalerrposition(position);
		internalerrquery((const char *) arg);
	}
	errcontext("command of the job");
}

static void
refuse_statement(const char *what)
{
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("%s cannot run as a job", what),
			 errdetail("A job has no client to read from, write to or notify."),
			 errhint("COPY can read and write files and programs; INSERT ... SELECT keeps results.")));
}

/* Raise an error if the text is no command that a worker can run. */
void
pf_check_command(const char *command)
{
	ErrorContextCallback callback;
	List	   *statements;
	ListCell   *lc;

	callback.callback = command_error_position;
	callback.arg = unconstify(char *, command);
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	statements = pf_raw_parser(command);
	error_context_stack = callback.previous;

	if (statements == NIL)
		ereport(ERROR,
				(errcode(ERRCODE_SYNTAX_ERROR),
				 errmsg("the command of a job is empty")));
	foreach(lc, statements)
	{
		Node	   *statement = lfirst_node(RawStmt, lc)->stmt;

		if (IsA(statement, CopyStmt))
		{
			CopyStmt   *copy = (CopyStmt *) statement;

			if (copy->filename == NULL)
				refuse_statement(copy->is_from ? "COPY FROM STDIN" : "COPY TO STDOUT");
		}
		else if (IsA(statement, ListenStmt))
			refuse_statement("LISTEN");
		else if (IsA(statement, UnlistenStmt))
			refuse_statement("UNLISTEN");
	}
}

/*
 * May the command end the transaction it runs in? Where that is not known to be impossible, the
 * start of the run is committed before the command begins.
 */
bool
pf_may_control_transactions(List *raw_statements)
{
	ListCell   *lc;

	foreach(lc, raw_statements)
	{
		switch (nodeTag(lfirst_node(RawStmt, lc)->stmt))
		{
			case T_SelectStmt:
			case T_InsertStmt:
			case T_UpdateStmt:
			case T_DeleteStmt:
			case T_CreateTableAsStmt:
			case T_RefreshMatViewStmt:
			case T_CreateStmt:
			case T_TruncateStmt:
			case T_CopyStmt:
			case T_LockStmt:
			case T_NotifyStmt:
			case T_VariableSetStmt:
			case T_CommentStmt:
			case T_GrantStmt:
				break;
			default:
				return true;
		}
	}
	return false;
}

static void
tell_when_nothing_will_run(void)
{
	bool		somebody;
	PfDatabase *db;

	pf_shared_attach();
	LWLockAcquire(&pf_shared->lock, LW_SHARED);
	db = pf_database_slot(MyDatabaseId, false);
	somebody = pf_shared->launcher_pid != 0 || (db != NULL && db->scheduler_pid != 0);
	LWLockRelease(&pf_shared->lock);

	if (!somebody)
		ereport(NOTICE,
				(errmsg("no scheduler runs in this database, so the job waits"),
				 errhint("Add pg_portfolio to shared_preload_libraries and restart the server, or SELECT portfolio.start_scheduler() after this transaction for the time until the next restart.")));
	else if (!pf_run_jobs)
		ereport(NOTICE,
				(errmsg("pg_portfolio.run_jobs is off, so the job waits"),
				 errhint("Set pg_portfolio.run_jobs = on and reload the configuration.")));
}

/* check_job(command) */
Datum
pf_check_job(PG_FUNCTION_ARGS)
{
	char	   *command = text_to_cstring(PG_GETARG_TEXT_PP(0));
	PfRoleProblem problem;

	if (!pf_role_may_run_jobs(GetUserId(), &problem))
		ereport(ERROR,
				(errcode(problem.sqlstate),
				 errmsg("role \"%s\" cannot own jobs", GetUserNameFromId(GetUserId(), false)),
				 errdetail("%s", problem.detail),
				 errhint("%s", problem.hint)));
	pf_check_command(command);
	tell_when_nothing_will_run();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* check_run_as(role) */
Datum
pf_check_run_as(PG_FUNCTION_ARGS)
{
	const char *name = NameStr(*PG_GETARG_NAME(0));
	PfRoleProblem problem;

	if (!pf_may_run_as(GetUserId(), name, &problem))
		ereport(ERROR,
				(errcode(problem.sqlstate),
				 errmsg("run_as: jobs of role \"%s\" cannot run as role \"%s\"", GetUserNameFromId(GetUserId(), false), name),
				 errdetail("%s", problem.detail),
				 problem.hint[0] ? errhint("%s", problem.hint) : 0));
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* no_such_job(name) */
Datum
pf_no_such_job(PG_FUNCTION_ARGS)
{
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("job \"%s\" does not exist", PG_ARGISNULL(0) ? "" : text_to_cstring(PG_GETARG_TEXT_PP(0))),
			 errdetail("A name means a job of your own; operators use the number of the job."),
			 errhint("SELECT job_id, name, owner FROM portfolio.job_overview lists the jobs you can see.")));
	PG_RETURN_NULL();
}
