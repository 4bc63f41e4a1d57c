/*
 * session_locks.c
 *		A stored query neither takes nor gives back locks of the session it runs in.
 *
 * Everything else that a query does ends with the subtransaction in which it runs, but a session
 * advisory lock stays until the session ends, and pg_advisory_unlock_all() would give back locks of
 * whoever runs the query. Looking through the text or the plan finds nothing that a function hides,
 * so it is refused where the executor is about to call such a function: every call that SQL can make
 * passes the hook. Locks of the transaction are fine; they go with the subtransaction.
 */
#include "pf_checks.h"

#include "access/transam.h"
#include "catalog/objectaccess.h"
#include "utils/lsyscache.h"

static object_access_hook_type previous_hook = NULL;

static bool
begins(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

static void
guard_session_locks(ObjectAccessType access, Oid classid, Oid objectid, int subid, void *arg)
{
	const char *name;

	if (previous_hook)
		previous_hook(access, classid, objectid, subid, arg);
	if (access != OAT_FUNCTION_EXECUTE || !pf_stored_query_runs() || objectid >= FirstNormalObjectId)
		return;
	name = get_func_name(objectid);
	if (name == NULL || !(begins(name, "pg_advisory_lock") || begins(name, "pg_try_advisory_lock") ||
						  begins(name, "pg_advisory_unlock")))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("a stored query cannot use locks of the session"),
			 errdetail("What %s() does would outlast the query.", name),
			 errhint("Use pg_advisory_xact_lock(): it lasts as long as the query.")));
}

void
pf_session_locks_init(void)
{
	previous_hook = object_access_hook;
	object_access_hook = guard_session_locks;
}
