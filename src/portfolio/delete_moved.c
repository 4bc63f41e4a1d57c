/*
 * delete_moved.c
 *		The end of an element that became another, with what refers to it in tables that people do not write.
 *
 * Findings, vulnerabilities, returned transfers and runs of processes are written by the engine or by
 * other profiles. Whoever makes one of two elements may not change them, but the foreign key would delete
 * or clear them with the element that goes. So they are moved as the owner of their table, no more than
 * the columns of foreign keys to elements; and the element goes in the same step, as the caller may or may
 * not delete it. Without that, whoever may not touch a finding could lead it away from where it belongs.
 */
#include "portfolio/portfolio.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(pf_delete_moved);

static const char is_reference_sql[] =
"SELECT FROM portfolio.element e, portfolio.element_references(e.kind) r, pg_class c"
" WHERE e.id = $1 AND r.table_id::oid = $2 AND r.column_name = $3"
" AND c.oid = $2 AND c.relnamespace = 'portfolio'::regnamespace";

static const char is_there_sql[] = "SELECT FROM portfolio.element WHERE id = $1";

static int64
move_column(Oid table_id, Name column_name, Datum keep, Datum drop)
{
	static const Oid types[] = {INT8OID, OIDOID, NAMEOID};
	static const Oid move_types[] = {INT8OID, INT8OID};
	Datum		values[3] = {keep, ObjectIdGetDatum(table_id), NameGetDatum(column_name)};
	Datum		move_values[2] = {keep, drop};
	char	   *table = get_rel_name(table_id);
	const char *column = quote_identifier(NameStr(*column_name));
	PfAsOwner	state;
	int64		moved;

	(void) pf_as_table_owner(&state, "element", is_reference_sql, 3, types, values, NULL);
	moved = (int64) SPI_processed;
	pf_end_as_owner(&state);
	if (moved == 0 || table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("column \"%s\" does not refer to elements", NameStr(*column_name))));
	(void) pf_as_table_owner_once(&state, table,
								  psprintf("UPDATE portfolio.%s SET %s = $1 WHERE %s = $2", quote_identifier(table), column, column),
								  2, move_types, move_values, NULL);
	moved = (int64) SPI_processed;
	pf_end_as_owner(&state);
	return moved;
}

/* As the caller, whose rights, policies and triggers decide. */
static void
delete_element(Oid own_table, Datum drop)
{
	Oid			types[1] = {INT8OID};
	Datum		values[1] = {drop};
	char	   *table = get_rel_name(own_table);
	PfAsOwner	state;
	bool		is_there;

	if (table == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 errmsg("relation with OID %u does not exist", own_table)));
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (SPI_execute_with_args(psprintf("DELETE FROM %s WHERE id OPERATOR(pg_catalog.=) $1",
									   quote_qualified_identifier(get_namespace_name(get_rel_namespace(own_table)), table)),
							  1, types, values, NULL, false, 0) != SPI_OK_DELETE)
		elog(ERROR, "could not delete the element");
	SPI_finish();
	(void) pf_as_table_owner(&state, "element", is_there_sql, 1, types, values, NULL);
	is_there = SPI_processed > 0;
	pf_end_as_owner(&state);
	if (is_there)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("element " INT64_FORMAT " was not deleted", DatumGetInt64(drop)),
				 errdetail("What refers to an element is moved only where the element itself goes.")));
}

/* delete_moved(own_table regclass, keep bigint, drop bigint, tables regclass[], columns name[]) */
Datum
pf_delete_moved(PG_FUNCTION_ARGS)
{
	Datum	   *tables;
	Datum	   *columns;
	Datum	   *moved;
	int			n_tables;
	int			n_columns;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(3), REGCLASSOID, sizeof(Oid), true, TYPALIGN_INT, &tables, NULL, &n_tables);
	deconstruct_array(PG_GETARG_ARRAYTYPE_P(4), NAMEOID, NAMEDATALEN, false, TYPALIGN_CHAR, &columns, NULL, &n_columns);
	if (n_tables != n_columns)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("there must be as many columns as tables")));
	moved = palloc(n_tables * sizeof(Datum));
	for (int i = 0; i < n_tables; i++)
		moved[i] = Int64GetDatum(move_column(DatumGetObjectId(tables[i]), DatumGetName(columns[i]),
											 PG_GETARG_DATUM(1), PG_GETARG_DATUM(2)));
	delete_element(PG_GETARG_OID(0), PG_GETARG_DATUM(2));
	PG_RETURN_ARRAYTYPE_P(construct_array(moved, n_tables, INT8OID, sizeof(int64), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}
