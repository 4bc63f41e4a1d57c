/*
 * move_rows.c
 *		What refers to an element that becomes another, in tables that people do not write.
 *
 * Findings, vulnerabilities, returned transfers and runs of processes are written by the engine or by
 * other profiles. Whoever makes one of two elements may not change them, but the foreign key would delete
 * or clear them with the element that goes. So they are moved as the owner of their table: no more than
 * the one column of a foreign key to elements, for somebody who may delete the element itself.
 */
#include "portfolio/portfolio.h"

#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(pf_move_rows);

static const char is_reference_sql[] =
"SELECT FROM portfolio.element e, portfolio.element_references(e.kind) r"
" WHERE e.id = $1 AND r.table_id::oid = $2 AND r.column_name = $3"
" AND (SELECT c.relnamespace FROM pg_class c WHERE c.oid = $2) = 'portfolio'::regnamespace";

/* move_rows(table regclass, column name, keep bigint, drop bigint) */
Datum
pf_move_rows(PG_FUNCTION_ARGS)
{
	static const Oid types[] = {INT8OID, OIDOID, NAMEOID};
	static const Oid move_types[] = {INT8OID, INT8OID};
	Datum		values[3] = {PG_GETARG_DATUM(2), PG_GETARG_DATUM(0), PG_GETARG_DATUM(1)};
	Datum		moved_values[2] = {PG_GETARG_DATUM(2), PG_GETARG_DATUM(3)};
	char	   *table = get_rel_name(PG_GETARG_OID(0));
	const char *column = quote_identifier(NameStr(*PG_GETARG_NAME(1)));
	PfAsOwner	state;
	int64		moved;
	bool		is_reference;

	if (pg_class_aclcheck(pf_relation_oid("element"), GetUserId(), ACL_DELETE) != ACLCHECK_OK)
		aclcheck_error(ACLCHECK_NO_PRIV, OBJECT_TABLE, "element");
	(void) pf_as_table_owner(&state, "element", is_reference_sql, 3, types, values, NULL);
	is_reference = SPI_processed > 0;
	pf_end_as_owner(&state);
	if (!is_reference || table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("column %s does not refer to elements", column)));
	(void) pf_as_table_owner_once(&state, table,
								  psprintf("UPDATE portfolio.%s SET %s = $1 WHERE %s = $2", quote_identifier(table), column, column),
								  2, move_types, moved_values, NULL);
	moved = (int64) SPI_processed;
	pf_end_as_owner(&state);
	PG_RETURN_INT64(moved);
}
