/*
 * drop_guard.c
 *		DROP EXTENSION pg_portfolio is refused while it holds user rows.
 *
 * PostgreSQL drops the tables of an extension, and every row in them, without a question. An object
 * access hook sees each object just before it goes. The extension itself goes last, after its
 * tables, so the hook looks when the first relation of ours goes: by then every object that will go
 * is locked, and all of the tables are still there. It looks once for each DROP; what it found stays
 * true for the rest of that command because of those locks, and a rollback ends the subtransaction
 * that the answer is kept for.
 *
 * User rows are the rows that a dump holds: extconfig and extcondition of pg_extension. DROP
 * DATABASE asks nobody, and where the library is not loaded there is no hook; docs/install.md says so.
 */
#include "pf.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/objectaccess.h"
#include "catalog/pg_class.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

/* The DROP that has been looked at already, in this session */
typedef struct CheckedDrop
{
	FullTransactionId xid;
	SubTransactionId subid;
	Oid			extension;
} CheckedDrop;

static object_access_hook_type previous_hook = NULL;
static CheckedDrop checked = {{0}, InvalidSubTransactionId, InvalidOid};
static bool looking = false;

/* Whether the table holds a row that a dump would hold. */
static bool
holds_user_rows(Oid relid, const char *condition)
{
	char	   *name = get_rel_name(relid);
	char	   *sql;
	Oid			saved_user;
	int			saved_context;
	int			guc_level;
	bool		found;

	if (name == NULL || get_rel_relkind(relid) == RELKIND_SEQUENCE)
		return false;
	sql = psprintf("SELECT FROM ONLY %s %s LIMIT 1",
				   quote_qualified_identifier(get_namespace_name(get_rel_namespace(relid)), name),
				   condition);

	GetUserIdAndSecContext(&saved_user, &saved_context);
	SetUserIdAndSecContext(pf_relation_owner(relid), saved_context |
						   SECURITY_LOCAL_USERID_CHANGE | SECURITY_NOFORCE_RLS);
	guc_level = NewGUCNestLevel();
	pf_pin_setting("search_path", "pg_catalog, pg_temp");
	/* Read-only, so that it uses this snapshot: rows committed before the locks were taken count. */
	PushActiveSnapshot(GetLatestSnapshot());
	if (SPI_execute(sql, true, 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look for rows of \"%s\"", name);
	found = SPI_processed > 0;
	PopActiveSnapshot();
	AtEOXact_GUC(true, guc_level);
	SetUserIdAndSecContext(saved_user, saved_context);
	return found;
}

/* How many tables of the extension hold user rows, and the first of them by name of the list. */
static int
count_user_tables(Oid extension, char **first)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	Datum	   *tables = NULL;
	Datum	   *conditions = NULL;
	int			ntables = 0;
	int			nconditions = 0;
	int			count = 0;

	ScanKeyInit(&key, Anum_pg_extension_oid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(extension));
	scan = systable_beginscan(rel, ExtensionOidIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		no_tables;
		bool		no_conditions;
		Datum		config = heap_getattr(tuple, Anum_pg_extension_extconfig, RelationGetDescr(rel), &no_tables);
		Datum		condition = heap_getattr(tuple, Anum_pg_extension_extcondition, RelationGetDescr(rel), &no_conditions);

		if (!no_tables && !no_conditions)
		{
			deconstruct_array(DatumGetArrayTypePCopy(config), OIDOID, sizeof(Oid), true, TYPALIGN_INT,
							  &tables, NULL, &ntables);
			deconstruct_array(DatumGetArrayTypePCopy(condition), TEXTOID, -1, false, TYPALIGN_INT,
							  &conditions, NULL, &nconditions);
		}
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);

	for (int i = 0; i < Min(ntables, nconditions); i++)
	{
		Oid			relid = DatumGetObjectId(tables[i]);

		if (!holds_user_rows(relid, TextDatumGetCString(conditions[i])))
			continue;
		if (count++ == 0)
			*first = quote_qualified_identifier(PF_SCHEMA, get_rel_name(relid));
	}
	return count;
}

static void
refuse_user_rows(Oid extension)
{
	char	   *first = NULL;
	int			count;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	count = count_user_tables(extension, &first);
	if (count > 0)
		ereport(ERROR,
				(errcode(ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST),
				 errmsg("cannot drop extension pg_portfolio because it holds user rows"),
				 count == 1 ? errdetail("Table %s has rows that a user made.", first) :
				 errdetail("Table %s and %d more have rows that a user made.", first, count - 1),
				 errhint("Save them first with the pg_dump command of docs/install.md. To drop them, let a superuser SET pg_portfolio.allow_drop = on and try again.")));
	SPI_finish();
}

static void
look_for_user_rows(Oid extension)
{
	looking = true;
	PG_TRY();
	{
		refuse_user_rows(extension);
	}
	PG_FINALLY();
	{
		looking = false;
	}
	PG_END_TRY();
}

static void
refuse_drop_of_user_rows(Oid extension)
{
	CheckedDrop now = {GetTopFullTransactionId(), GetCurrentSubTransactionId(), extension};

	if (FullTransactionIdEquals(checked.xid, now.xid) && checked.subid == now.subid && checked.extension == extension)
		return;
	look_for_user_rows(extension);
	checked = now;
}

static void
drop_guard(ObjectAccessType access, Oid classid, Oid objectid, int subid, void *arg)
{
	if (previous_hook)
		previous_hook(access, classid, objectid, subid, arg);

	/*
	 * Relations only: none of ours has gone when the first of them goes, and other drops cost no
	 * look into pg_depend. An update script may drop members; that is for its author to judge.
	 */
	if (access != OAT_DROP || subid != 0 ||
		(classid != RelationRelationId && classid != ExtensionRelationId) ||
		pf_allow_drop || looking || creating_extension || IsBinaryUpgrade)
		return;
	{
		Oid			owner = classid == ExtensionRelationId ? objectid :
			getExtensionOfObject(classid, objectid);

		if (OidIsValid(owner) && owner == get_extension_oid("pg_portfolio", true))
			refuse_drop_of_user_rows(owner);
	}
}

void
pf_drop_guard_init(void)
{
	previous_hook = object_access_hook;
	object_access_hook = drop_guard;
}
