/*
 * bring_back.c
 *		A deleted row as it was, number and all.
 *
 * The database numbers elements and relationships, and no profile may write a number: one that somebody
 * chose would later be in the way of the sequence. A row that the journal tells of had its number from
 * there, so whoever may insert into the table may have it back. Nothing of it is the caller's: the row is
 * the journal's, the table is the one it was deleted from.
 */
#include "portfolio/portfolio.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rls.h"

PG_FUNCTION_INFO_V1(pf_bring_back);

static const char entry_sql[] =
"SELECT j.table_name, CASE j.operation WHEN 'DELETE' THEN j.old END,"
" (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a"
"   WHERE a.attrelid = format('portfolio.%I', j.table_name)::regclass AND a.attnum > 0 AND NOT a.attisdropped"
"     AND a.attgenerated = '' AND j.old ? a.attname)"
" FROM portfolio.change j WHERE j.id = $1";

typedef struct Entry
{
	char	   *table;
	Datum		old_row;
	char	   *columns;
} Entry;

/* May the caller do this to the table, all of its rows and some of its columns at least? */
static void
check_right(const char *table, AclMode mode)
{
	Oid			relid = pf_relation_oid(table);

	if (pg_class_aclcheck(relid, GetUserId(), mode) != ACLCHECK_OK &&
		(mode == ACL_SELECT || pg_attribute_aclcheck_all(relid, GetUserId(), mode, ACLMASK_ANY) != ACLCHECK_OK))
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, table);
	if (check_enable_rls(relid, InvalidOid, true) == RLS_ENABLED)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("rows of table \"%s.%s\" cannot be brought back under row security", PF_SCHEMA, table),
				 errhint("Somebody to whom no policy applies can do it.")));
}

static Entry
read_entry(int64 change)
{
	PfAsOwner	state;
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(change)};
	Entry		entry = {0};
	bool		isnull;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext spi;

	(void) pf_as_table_owner(&state, "change", entry_sql, 1, argtypes, values, NULL);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_NO_DATA_FOUND),
				 errmsg("change %lld does not exist", (long long) change)));
	entry.old_row = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull);
	if (isnull)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("change %lld deleted nothing", (long long) change)));
	spi = MemoryContextSwitchTo(caller);
	entry.old_row = PointerGetDatum(PG_DETOAST_DATUM_COPY(entry.old_row));
	entry.table = pstrdup(NameStr(*DatumGetName(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull))));
	entry.columns = TextDatumGetCString(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 3, &isnull));
	MemoryContextSwitchTo(spi);
	pf_end_as_owner(&state);
	return entry;
}

Datum
pf_bring_back(PG_FUNCTION_ARGS)
{
	PfAsOwner	state;
	Oid			argtypes[1] = {JSONBOID};
	Entry		entry;
	const char *table;

	check_right("change", ACL_SELECT);
	entry = read_entry(PG_GETARG_INT64(0));
	check_right(entry.table, ACL_INSERT);
	table = quote_identifier(entry.table);
	(void) pf_as_table_owner_once(&state, entry.table,
								  psprintf("INSERT INTO portfolio.%s (%s) OVERRIDING SYSTEM VALUE"
										   " SELECT %s FROM jsonb_populate_record(NULL::portfolio.%s, $1)",
										   table, entry.columns, entry.columns, table),
								  1, argtypes, &entry.old_row, NULL);
	pf_end_as_owner(&state);
	PG_RETURN_VOID();
}
