/*
 * register.c
 *		The trigger 00_register: element follows the concept tables.
 *
 * Every concept (a service, a contract) is a row of its own table and, under the same id, a row of
 * element. The trigger is AFTER ROW, so ON CONFLICT and COPY work as on any table, and its name
 * sorts before RI_ConstraintTrigger_..., so the element exists when the foreign key (id, kind) is
 * checked. element is written as its owner; users need no right on it.
 *
 * An element that is already there under the same id and kind is adopted: that is what a restore
 * does, which loads element first. An element of another kind is left alone, and the foreign key
 * then refuses the row.
 *
 * Concurrency: two sessions that insert one code meet at the unique index of the concept table,
 * before this trigger runs, so element never sees the second one.
 */
#include "portfolio/portfolio.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"

PG_FUNCTION_INFO_V1(pf_register_element);
PG_FUNCTION_INFO_V1(pf_guard_element);

/* The columns that element shares with every concept table, in the order of the parameters. */
static const char *const shared_columns[] = {
	"id", "kind", "code", "name", "description", "owner", "valid", "source"
};
static const Oid shared_types[] = {
	INT8OID, TEXTOID, TEXTOID, TEXTOID, TEXTOID, INT8OID, DATERANGEOID, TEXTOID
};

#define N_SHARED lengthof(shared_columns)

typedef struct SharedRow
{
	Datum		values[N_SHARED];
	char		nulls[N_SHARED];	/* 'n' or ' ', as SPI wants it */
} SharedRow;

static const char insert_sql[] =
"INSERT INTO portfolio.element (id, kind, archimate_type, code, name, description, owner, valid, source)"
" SELECT $1, $2, k.archimate_type, $3, $4, $5, $6, $7, $8 FROM portfolio.element_kind k WHERE k.kind = $2"
" ON CONFLICT (id) DO NOTHING";
static const char update_sql[] =
"UPDATE portfolio.element SET code = $3, name = $4, description = $5, owner = $6, valid = $7, source = $8"
" WHERE id = $1 AND kind = $2 AND (code, name, description, owner, valid, source)"
" IS DISTINCT FROM ($3, $4, $5, $6, $7, $8)";
static const char delete_sql[] =
"DELETE FROM portfolio.element WHERE id = $1 AND kind = $2";
static const char own_table_sql[] =
"SELECT table_name FROM portfolio.element_kind WHERE kind = $1 AND table_name IS NOT NULL";

static int	registering = 0;

bool
pf_registering(void)
{
	return registering > 0;
}

static SharedRow
shared_row(HeapTuple tuple, TupleDesc desc, const char *table)
{
	SharedRow	row;

	for (int i = 0; i < N_SHARED; i++)
	{
		int			attnum = SPI_fnumber(desc, shared_columns[i]);
		bool		isnull;

		if (attnum <= 0 || TupleDescAttr(desc, attnum - 1)->atttypid != shared_types[i])
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("table \"%s\" cannot register elements", table),
					 errdetail("It has no column \"%s\" of type %s.",
							   shared_columns[i], format_type_be(shared_types[i]))));
		row.values[i] = SPI_getbinval(tuple, desc, attnum, &isnull);
		row.nulls[i] = isnull ? 'n' : ' ';
	}
	return row;
}

static bool
same_shared_row(const SharedRow *a, const SharedRow *b)
{
	for (int i = 0; i < N_SHARED; i++)
	{
		if (a->nulls[i] != b->nulls[i])
			return false;
		if (a->nulls[i] == ' ' &&
			!datum_image_eq(a->values[i], b->values[i], shared_types[i] == INT8OID ? FLOAT8PASSBYVAL : false,
							shared_types[i] == INT8OID ? 8 : -1))
			return false;
	}
	return true;
}

/* Run one of the fixed statements; the number of rows it touched. */
static uint64
write_element(const char *sql, const SharedRow *row)
{
	PfAsOwner	state;
	uint64		touched = 0;

	registering++;
	PG_TRY();
	{
		(void) pf_as_table_owner(&state, "element", sql, N_SHARED, shared_types, row->values, row->nulls);
		touched = SPI_processed;
		pf_end_as_owner(&state);
	}
	PG_FINALLY();
	{
		registering--;
	}
	PG_END_TRY();
	return touched;
}

Datum
pf_register_element(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	SharedRow	old_row;
	SharedRow	new_row;
	const char *table;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("register_element() was not called by a trigger")));

	desc = RelationGetDescr(trigdata->tg_relation);
	table = RelationGetRelationName(trigdata->tg_relation);
	old_row = shared_row(trigdata->tg_trigtuple, desc, table);
	if (TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
	{
		if (write_element(insert_sql, &old_row) == 0)
			(void) write_element(update_sql, &old_row);
	}
	else if (TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
		(void) write_element(delete_sql, &old_row);
	else
	{
		new_row = shared_row(trigdata->tg_newtuple, desc, table);
		if (DatumGetInt64(old_row.values[0]) != DatumGetInt64(new_row.values[0]))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
					 errmsg("the id of a row of \"%s.%s\" cannot change", PF_SCHEMA, table),
					 errhint("Change its code or name; whatever refers to it follows.")));
		if (!same_shared_row(&old_row, &new_row))
			(void) write_element(update_sql, &new_row);
	}
	return PointerGetDatum(NULL);
}

/* The kind of a tuple of element, as a datum. */
static Datum
kind_of(HeapTuple tuple, TupleDesc desc)
{
	bool		isnull;
	Datum		kind = SPI_getbinval(tuple, desc, SPI_fnumber(desc, "kind"), &isnull);

	return isnull ? CStringGetTextDatum("") : kind;
}

/*
 * BEFORE ROW on element. What the trigger above writes, and a restore, run as the table's owner or a
 * superuser and pass; anybody else must go through the concept's own table.
 */
Datum
pf_guard_element(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	bool		is_update;
	HeapTuple	result;
	PfAsOwner	state;
	Oid			argtypes[1] = {TEXTOID};
	char	   *table = NULL;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("guard_element() was not called by a trigger")));
	is_update = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event);
	result = is_update ? trigdata->tg_newtuple : trigdata->tg_trigtuple;
	if (has_privs_of_role(GetUserId(), trigdata->tg_relation->rd_rel->relowner))
		return PointerGetDatum(result);

	for (int i = 0; i <= (is_update ? 1 : 0) && table == NULL; i++)
	{
		HeapTuple	tuple = i == 0 ? trigdata->tg_trigtuple : trigdata->tg_newtuple;
		Datum		kind = kind_of(tuple, RelationGetDescr(trigdata->tg_relation));

		(void) pf_as_table_owner(&state, "element_kind", own_table_sql, 1, argtypes, &kind, NULL);
		if (SPI_processed > 0)
		{
			char	   *found = SPI_getvalue(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1);

			table = SPI_palloc(strlen(found) + 1);
			strcpy(table, found);
		}
		pf_end_as_owner(&state);
	}
	if (table != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("elements of this kind are written through table \"%s.%s\"", PF_SCHEMA, table),
				 errhint("Write %s.%s; the element follows by itself.", PF_SCHEMA, table)));
	return PointerGetDatum(result);
}
