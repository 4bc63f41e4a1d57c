/*
 * owner.c
 *		The one way in which the engine writes on a user's behalf.
 *
 * There is no SECURITY DEFINER function in pg_portfolio. What the engine itself must write (the
 * element row of a service, the journal, the record of a run) is a fixed, parameterised statement
 * that runs as the owner of the table it writes, exactly as PostgreSQL's foreign keys do: the user
 * id is switched for this one statement, row security cannot be forced on it and the search_path
 * is pinned. Users never choose the text, and rules and stored queries are evaluated before the
 * switch, never inside it.
 *
 * An error needs no cleaning up: (sub)transaction abort restores user id and settings.
 */
#include "pf.h"

#include "access/table.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/guc.h"
#include "utils/hsearch.h"
#include "utils/lsyscache.h"
#include "utils/queryenvironment.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

typedef struct SavedPlan
{
	const char *sql;			/* key: address of the string constant */
	SPIPlanPtr	plan;
} SavedPlan;

static HTAB *saved_plans = NULL;

Oid
pf_relation_oid(const char *table)
{
	Oid			nsp = get_namespace_oid(PF_SCHEMA, true);
	Oid			relid = OidIsValid(nsp) ? get_relname_relid(table, nsp) : InvalidOid;

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("table \"%s.%s\" does not exist", PF_SCHEMA, table),
				 errhint("Is extension pg_portfolio installed in this database and up to date?")));
	return relid;
}

Oid
pf_relation_owner(Oid relid)
{
	HeapTuple	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relid));
	Oid			owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for relation %u", relid);
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	return owner;
}

static bool
same_types(SPIPlanPtr plan, int nargs, const Oid *argtypes)
{
	for (int i = 0; i < nargs; i++)
		if (SPI_getargtypeid(plan, i) != argtypes[i])
			return false;
	return true;
}

/* The saved plan of a statement, made at its first use in this session. */
static SPIPlanPtr
saved_plan(const char *sql, int nargs, const Oid *argtypes)
{
	SavedPlan  *entry;
	bool		found;

	if (saved_plans == NULL)
	{
		HASHCTL		ctl = {0};

		ctl.keysize = sizeof(const char *);
		ctl.entrysize = sizeof(SavedPlan);
		saved_plans = hash_create("pg_portfolio owner plans", 32, &ctl, HASH_ELEM | HASH_BLOBS);
	}
	entry = hash_search(saved_plans, &sql, HASH_ENTER, &found);
	if (!found)
		entry->plan = NULL;
	/* Types of ours have other numbers once the extension was dropped and created again. */
	if (entry->plan != NULL && !same_types(entry->plan, nargs, argtypes))
	{
		SPI_freeplan(entry->plan);
		entry->plan = NULL;
	}
	pf_keep_plan(&entry->plan, sql, nargs, argtypes, 0);
	return entry->plan;
}

/* Become the owner of a table of ours, until pf_end_as_owner(). */
static void
become_owner(PfAsOwner *state, const char *table)
{
	Oid			owner = pf_relation_owner(pf_relation_oid(table));

	pf_check_version();
	/* a background worker has no portal that would have made one */
	state->pushed_snapshot = !ActiveSnapshotSet();
	if (state->pushed_snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	GetUserIdAndSecContext(&state->saved_user, &state->saved_sec_context);
	SetUserIdAndSecContext(owner, state->saved_sec_context |
						   SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	state->guc_level = NewGUCNestLevel();
	pf_pin_setting("search_path", "pg_catalog, pg_temp");
}

static int
execute(const char *table, const char *sql, int nargs, const Oid *argtypes, const Datum *values, const char *nulls)
{
	int			rc = SPI_execute_plan(saved_plan(sql, nargs, argtypes), unconstify(Datum *, values), nulls,
									  false, 0);

	if (rc < 0)
		elog(ERROR, "statement on %s.%s failed: %s", PF_SCHEMA, table, SPI_result_code_string(rc));
	return rc;
}

int
pf_as_table_owner(PfAsOwner *state, const char *table, const char *sql, int nargs,
				  const Oid *argtypes, const Datum *values, const char *nulls)
{
	become_owner(state, table);
	return execute(table, sql, nargs, argtypes, values, nulls);
}

int
pf_as_table_owner_once(PfAsOwner *state, const char *table, const char *sql, int nargs,
					   const Oid *argtypes, const Datum *values, const char *nulls)
{
	int			rc;

	become_owner(state, table);
	rc = SPI_execute_with_args(sql, nargs, unconstify(Oid *, argtypes), unconstify(Datum *, values), nulls, false, 0);
	if (rc < 0)
		elog(ERROR, "statement on %s.%s failed: %s", PF_SCHEMA, table, SPI_result_code_string(rc));
	return rc;
}

int
pf_as_table_owner_from(PfAsOwner *state, const char *table, const char *sql, EphemeralNamedRelation rows)
{
	become_owner(state, table);
	if (SPI_register_relation(rows) != SPI_OK_REL_REGISTER)
		elog(ERROR, "could not register the rows for %s.%s", PF_SCHEMA, table);
	return execute(table, sql, 0, NULL, NULL, NULL);
}

void
pf_end_as_owner(PfAsOwner *state)
{
	AtEOXact_GUC(true, state->guc_level);
	SetUserIdAndSecContext(state->saved_user, state->saved_sec_context);
	SPI_finish();
	if (state->pushed_snapshot)
		PopActiveSnapshot();
}
