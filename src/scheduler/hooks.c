/*
 * hooks.c
 *		Where the scheduler meets the rest of the server: library start, commits and utility
 *		commands.
 *
 * The transaction callback is registered once in each process and only reads flags: it runs after
 * the commit record is written, when an error would bring the server down.
 */
#include "job.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "commands/dbcommands.h"
#include "commands/defrem.h"
#include "launcher.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "shared_state.h"
#include "storage/ipc.h"
#include "tcop/utility.h"
#include "utils/acl.h"
#include "utils/syscache.h"

static PfNews news_here;		/* of this transaction, for the scheduler of this database */
static bool roles_changed_here = false;	/* this transaction dropped or renamed roles */

static ProcessUtility_hook_type next_utility_hook = NULL;
static shmem_startup_hook_type next_shmem_startup_hook = NULL;
#ifdef PF_HAS_SHMEM_REQUEST_HOOK
static shmem_request_hook_type next_shmem_request_hook = NULL;
#endif

/* The scheduler of this database reads everything again when (and if) this transaction commits, ... */
void
pf_mark_jobs_changed(void)
{
	pf_shared_attach();
	news_here.all = true;
}

/* ... or one job, ... */
void
pf_mark_job_changed(int64 job_id)
{
	pf_shared_attach();
	pf_add_changed_job(&news_here, job_id);
}

/* ... or what run_job() asks for. */
void
pf_mark_run_asked(void)
{
	pf_shared_attach();
	news_here.asked = true;
}

static void
tell_all_schedulers(void)
{
	LWLockAcquire(&pf_shared->lock, LW_EXCLUSIVE);
	for (int i = 0; i < PF_MAX_DATABASES; i++)
	{
		PfDatabase *db = &pf_shared->databases[i];

		if (OidIsValid(db->database))
		{
			db->news.all = true;
			pf_wake_scheduler(db);	/* one that had only held jobs has ended */
		}
	}
	LWLockRelease(&pf_shared->lock);
}

static void
at_transaction_end(XactEvent event, void *arg)
{
	switch (event)
	{
		case XACT_EVENT_COMMIT:
			if (news_here.all || news_here.asked || news_here.njobs > 0)
				pf_add_news(MyDatabaseId, &news_here);
			if (roles_changed_here && pf_shared != NULL)
				tell_all_schedulers();
			/* FALLTHROUGH */
		case XACT_EVENT_ABORT:
		case XACT_EVENT_PREPARE:
			memset(&news_here, 0, sizeof(news_here));
			roles_changed_here = false;
			break;
		default:
			break;
	}
}

/* What CREATE DATABASE asks; the server's own function is not exported in every minor release. */
static bool
may_create_databases(void)
{
	HeapTuple	tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(GetUserId()));
	bool		may;

	if (!HeapTupleIsValid(tuple))
		return false;
	may = ((Form_pg_authid) GETSTRUCT(tuple))->rolcreatedb;
	ReleaseSysCache(tuple);
	return may;
}

/* Would the command get as far as to look for other users of the database? */
static bool
may_handle_database(Oid database, bool as_template)
{
	HeapTuple	tuple;
	bool		is_template;

	if (superuser() || pf_database_ownercheck(database, GetUserId()))
		return true;
	if (!as_template || !may_create_databases())
		return false;
	tuple = SearchSysCache1(DATABASEOID, ObjectIdGetDatum(database));
	if (!HeapTupleIsValid(tuple))
		return false;
	is_template = ((Form_pg_database) GETSTRUCT(tuple))->datistemplate;
	ReleaseSysCache(tuple);
	return is_template;
}

static DefElem *
find_option(List *options, const char *name)
{
	ListCell   *lc;

	foreach(lc, options)
	{
		DefElem    *option = lfirst_node(DefElem, lc);

		if (strcmp(option->defname, name) == 0)
			return option;
	}
	return NULL;
}

/* The database that a command needs for itself alone, or InvalidOid. */
static Oid
database_to_clear(Node *statement)
{
	const char *name = NULL;
	bool		as_template = false;
	Oid			database;

	switch (nodeTag(statement))
	{
		case T_DropdbStmt:
			name = ((DropdbStmt *) statement)->dbname;
			break;
		case T_RenameStmt:
			if (((RenameStmt *) statement)->renameType == OBJECT_DATABASE)
				name = ((RenameStmt *) statement)->subname;
			break;
		case T_AlterDatabaseStmt:
			if (find_option(((AlterDatabaseStmt *) statement)->options, "tablespace") != NULL)
				name = ((AlterDatabaseStmt *) statement)->dbname;
			break;
		case T_CreatedbStmt:
			{
				DefElem    *option = find_option(((CreatedbStmt *) statement)->options, "template");

				name = option != NULL && option->arg != NULL ? defGetString(option) : "template1";
				as_template = true;
				break;
			}
		default:
			break;
	}
	if (name == NULL)
		return InvalidOid;
	database = get_database_oid(name, true);
	return OidIsValid(database) && database != MyDatabaseId &&
		may_handle_database(database, as_template) ? database : InvalidOid;
}

static void
run_utility(PF_UTILITY_PARAMS)
{
	if (next_utility_hook)
		next_utility_hook(PF_UTILITY_ARGS);
	else
		standard_ProcessUtility(PF_UTILITY_ARGS);
}

static void
unblock_database(int code, Datum database)
{
	pf_unblock_database(DatumGetObjectId(database));
}

static void
utility_hook(PF_UTILITY_PARAMS)
{
	Node	   *statement = pstmt->utilityStmt;
	Oid			database = pf_shared == NULL ? InvalidOid : database_to_clear(statement);

	if (IsA(statement, DropStmt) && ((DropStmt *) statement)->removeType == OBJECT_EXTENSION)
		news_here.all = true;
	else if (IsA(statement, DropRoleStmt) ||
			 (IsA(statement, RenameStmt) && ((RenameStmt *) statement)->renameType == OBJECT_ROLE))
		roles_changed_here = true;

	if (OidIsValid(database))
	{
		/* A backend that is terminated meanwhile passes no PG_FINALLY, but it runs exit callbacks. */
		PG_ENSURE_ERROR_CLEANUP(unblock_database, ObjectIdGetDatum(database));
		{
			pf_block_database(database);
			run_utility(PF_UTILITY_ARGS);
		}
		PG_END_ENSURE_ERROR_CLEANUP(unblock_database, ObjectIdGetDatum(database));
		pf_unblock_database(database);
	}
	else
	{
		static const PfNews everything = {.all = true};
		bool		second_phase = IsA(statement, TransactionStmt) &&
		((TransactionStmt *) statement)->kind == TRANS_STMT_COMMIT_PREPARED;

		run_utility(PF_UTILITY_ARGS);
		if (second_phase)
			pf_add_news(MyDatabaseId, &everything);
	}
}

#ifdef PF_HAS_SHMEM_REQUEST_HOOK
static void
shmem_request(void)
{
	if (next_shmem_request_hook)
		next_shmem_request_hook();
	pf_shared_request();
}
#endif

static void
shmem_startup(void)
{
	if (next_shmem_startup_hook)
		next_shmem_startup_hook();
	/* after a crash the postmaster comes here again: the old area is gone */
	pf_shared = NULL;
	pf_shared_attach();
}

void
pf_scheduler_init(void)
{
	if (IsBinaryUpgrade)
		return;
	RegisterXactCallback(at_transaction_end, NULL);
	next_utility_hook = ProcessUtility_hook;
	ProcessUtility_hook = utility_hook;
	if (!process_shared_preload_libraries_in_progress)
		return;
#ifdef PF_HAS_SHMEM_REQUEST_HOOK
	next_shmem_request_hook = shmem_request_hook;
	shmem_request_hook = shmem_request;
#else
	pf_shared_request();
#endif
	next_shmem_startup_hook = shmem_startup_hook;
	shmem_startup_hook = shmem_startup;
	pf_register_launcher();
}
