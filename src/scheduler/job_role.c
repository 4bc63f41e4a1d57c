/*
 * job_role.c
 *		May a role run jobs in this database?
 *
 * A background worker that connects by object id walks around much of what a log-in checks, so
 * these checks are made when a job is written, before each run by the scheduler, and once more by
 * the worker itself. pg_hba.conf is not consulted: that is documented.
 */
#include "job.h"

#include "access/htup_details.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_database.h"
#include "clock.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

static bool
refuse(PfRoleProblem *problem, int sqlstate, char *detail, char *hint)
{
	problem->sqlstate = sqlstate;
	strlcpy(problem->detail, detail, sizeof(problem->detail));
	strlcpy(problem->hint, hint, sizeof(problem->hint));
	return false;
}

/* True, or false with *problem filled. Needs a transaction. */
bool
pf_role_may_run_jobs(Oid role, PfRoleProblem *problem)
{
	HeapTuple	tuple = SearchSysCache1(AUTHOID, ObjectIdGetDatum(role));
	Form_pg_authid form;
	const char *name;
	bool		is_super;
	bool		can_login;
	bool		no_end;
	Datum		valid_until;

	memset(problem, 0, sizeof(*problem));
	if (!HeapTupleIsValid(tuple))
		return refuse(problem, ERRCODE_UNDEFINED_OBJECT,
					  psprintf("Role with OID %u does not exist.", role), "");
	form = (Form_pg_authid) GETSTRUCT(tuple);
	name = quote_identifier(pstrdup(NameStr(form->rolname)));
	is_super = form->rolsuper;
	can_login = form->rolcanlogin;
	valid_until = SysCacheGetAttr(AUTHOID, tuple, Anum_pg_authid_rolvaliduntil, &no_end);
	ReleaseSysCache(tuple);

	if (is_super && !pf_allow_superuser_jobs)
		return refuse(problem, ERRCODE_INSUFFICIENT_PRIVILEGE,
					  psprintf("Role %s is a superuser, and a job runs with all rights of its owner.", name),
					  "CREATE ROLE ... LOGIN, grant it what the command needs and schedule the job as that role; or set pg_portfolio.allow_superuser_jobs = on.");
	if (!can_login)
		return refuse(problem, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
					  psprintf("Role %s may not log in.", name),
					  psprintf("ALTER ROLE %s LOGIN, or schedule the job as a role that may log in.", name));
	if (!no_end && DatumGetTimestampTz(valid_until) < pf_clock_now())
		return refuse(problem, ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
					  psprintf("The validity of role %s has ended.", name),
					  psprintf("ALTER ROLE %s VALID UNTIL a later time.", name));
	if (pf_database_aclcheck(MyDatabaseId, role, ACL_CONNECT) != ACLCHECK_OK)
	{
		const char *database = quote_identifier(get_database_name(MyDatabaseId));

		return refuse(problem, ERRCODE_INSUFFICIENT_PRIVILEGE,
					  psprintf("Role %s has no CONNECT privilege on database %s.", name, database),
					  psprintf("GRANT CONNECT ON DATABASE %s TO %s.", database, name));
	}
	return true;
}

/* May jobs of the owner run as this role, by SET ROLE? Needs a transaction. */
bool
pf_may_run_as(Oid owner, const char *role_name, PfRoleProblem *problem)
{
	Oid			role = get_role_oid(role_name, true);
	const char *name = quote_identifier(role_name);

	memset(problem, 0, sizeof(*problem));
	if (!OidIsValid(role))
		return refuse(problem, ERRCODE_UNDEFINED_OBJECT, psprintf("Role %s does not exist.", name), "");
	if (!is_member_of_role(owner, role))
		return refuse(problem, ERRCODE_INSUFFICIENT_PRIVILEGE,
					  psprintf("Role %s is not a member of role %s.", quote_identifier(GetUserNameFromId(owner, false)), name),
					  psprintf("GRANT %s TO %s.", name, quote_identifier(GetUserNameFromId(owner, false))));
	if (superuser_arg(role) && !pf_allow_superuser_jobs)
		return refuse(problem, ERRCODE_INSUFFICIENT_PRIVILEGE,
					  psprintf("Role %s is a superuser, and a job runs with all rights of that role.", name),
					  "Name a role that has what the command needs and no more; or set pg_portfolio.allow_superuser_jobs = on.");
	return true;
}
