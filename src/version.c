/*
 * version.c
 *		Do the library and the SQL objects in this database belong together?
 *
 * A package upgrade replaces the library for every database at once; the SQL objects follow when
 * somebody runs ALTER EXTENSION pg_portfolio UPDATE in each. The other way round, a server that has
 * not been restarted since keeps the old library beside new SQL. C symbols stay for one major
 * version, so both work: the session is warned once, at the engine's first write in it.
 */
#include "pf.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(pf_library_version);

/* extversion of pg_portfolio in this database, NULL where it is not installed */
static char *
installed_version(void)
{
	Relation	rel = table_open(ExtensionRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple	tuple;
	char	   *version = NULL;

	ScanKeyInit(&key, Anum_pg_extension_extname, BTEqualStrategyNumber, F_NAMEEQ,
				CStringGetDatum("pg_portfolio"));
	scan = systable_beginscan(rel, ExtensionNameIndexId, true, NULL, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
	{
		bool		isnull;
		Datum		value = heap_getattr(tuple, Anum_pg_extension_extversion, RelationGetDescr(rel), &isnull);

		if (!isnull)
			version = TextDatumGetCString(value);
	}
	systable_endscan(scan);
	table_close(rel, AccessShareLock);
	return version;
}

/* Compares dotted versions number by number: < 0, 0 or > 0. */
static int
compare_versions(const char *a, const char *b)
{
	while (*a || *b)
	{
		unsigned long x = strtoul(a, (char **) &a, 10);
		unsigned long y = strtoul(b, (char **) &b, 10);

		if (x != y)
			return x < y ? -1 : 1;
		/* What is not a number ("-rc1") decides only when the numbers before it are equal. */
		if (*a != *b)
			return strcmp(a, b);
		if (*a)
			a++, b++;
	}
	return 0;
}

/* Warns once a session where library and SQL differ. Cheap afterwards: one flag. */
void
pf_check_version(void)
{
	static bool done = false;
	char	   *installed;
	int			order;

	if (done || creating_extension)
		return;
	done = true;
	installed = installed_version();
	if (installed == NULL)
		return;
	order = compare_versions(PF_VERSION, installed);
	if (order != 0)
		ereport(WARNING,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("library pg_portfolio is version %s, but this database has version %s",
						PF_VERSION, installed),
				 errdetail(order > 0 ?
						   "The library is newer than the SQL objects of the extension." :
						   "The library is older than the SQL objects of the extension."),
				 order > 0 ?
				 errhint("Run ALTER EXTENSION pg_portfolio UPDATE in this database.") :
				 errhint("Restart the server, so that it loads the installed library.")));
}

Datum
pf_library_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(PF_VERSION));
}
