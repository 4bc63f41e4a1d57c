/*
 * no_cycle.c
 *		Nothing answers for itself and nothing is part of itself, by however many steps.
 *
 * An AFTER ROW trigger on a column that refers to a row of the same table walks upwards from the row
 * that was written and refuses to come back to it, or to go round in a circle above it: one statement
 * may have closed that with other rows, or somebody with the trigger disabled (Brent's way of finding
 * it: a mark that moves up to where the walk is, after 1, 2, 4, 8 ... steps). Each row on the way is locked FOR SHARE: of two
 * sessions that would close a circle together, one meets a row that the other has changed and waits;
 * when both do, one is chosen as the victim of a deadlock. The walk runs as the owner of the table,
 * so that row security hides no step of it.
 */
#include "portfolio/portfolio.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(pf_no_cycle);

typedef struct Upwards
{
	const char *table;
	const char *column;
	const char *sql;			/* one step: the row above, and the code of this one */
} Upwards;

#define STEP(column, table) \
	"SELECT t." column ", t.code FROM portfolio." table " t WHERE t.id OPERATOR(pg_catalog.=) $1 FOR SHARE"

static const Upwards upwards[] = {
	{"element", "owner", STEP("owner", "element")},
	{"organisation", "parent", STEP("parent", "organisation")},
	{"organisation", "region", STEP("region", "organisation")},
	{"team", "parent", STEP("parent", "team")},
	{"contract", "framework", STEP("framework", "contract")},
	{"standard", "replaced_by", STEP("replaced_by", "standard")},
};

static const Upwards *
find_upwards(const char *table, const char *column)
{
	for (int i = 0; i < lengthof(upwards); i++)
		if (strcmp(upwards[i].table, table) == 0 && strcmp(upwards[i].column, column) == 0)
			return &upwards[i];
	elog(ERROR, "no_cycle() does not know column \"%s\" of \"%s\"", column, table);
}

/* One step up from a row: what is above it, 0 at the top; its code is added to the path. */
static int64
step_up(const Upwards *up, int64 id, StringInfo path)
{
	Oid			argtypes[1] = {INT8OID};
	Datum		values[1] = {Int64GetDatum(id)};
	PfAsOwner	state;
	int64		above = 0;

	(void) pf_as_table_owner(&state, up->table, up->sql, 1, argtypes, values, NULL);
	if (SPI_processed > 0)
	{
		HeapTuple	row = SPI_tuptable->vals[0];
		bool		isnull;
		Datum		next = SPI_getbinval(row, SPI_tuptable->tupdesc, 1, &isnull);

		if (!isnull)
			above = DatumGetInt64(next);
		appendStringInfo(path, "%s%s", path->len > 0 ? " > " : "", SPI_getvalue(row, SPI_tuptable->tupdesc, 2));
	}
	pf_end_as_owner(&state);
	return above;
}

/* The value of a column that refers upwards; 0 for NULL. */
static int64
reference(HeapTuple tuple, TupleDesc desc, const char *column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(tuple, desc, SPI_fnumber(desc, column), &isnull);

	return isnull ? 0 : DatumGetInt64(value);
}

Datum
pf_no_cycle(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	HeapTuple	tuple;
	const Upwards *up;
	StringInfoData path;
	int64		start;
	int64		at;
	int64		mark;
	uint64		steps = 0;
	uint64		next_mark = 1;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) || trigdata->tg_trigger->tgnargs != 1)
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("no_cycle() must be called by an AFTER ... FOR EACH ROW trigger with a column")));
	desc = RelationGetDescr(trigdata->tg_relation);
	up = find_upwards(RelationGetRelationName(trigdata->tg_relation), trigdata->tg_trigger->tgargs[0]);
	tuple = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? trigdata->tg_newtuple : trigdata->tg_trigtuple;
	at = reference(tuple, desc, up->column);
	if (at == 0 || (TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) &&
					at == reference(trigdata->tg_trigtuple, desc, up->column)))
		return PointerGetDatum(NULL);

	initStringInfo(&path);
	start = reference(tuple, desc, "id");
	mark = start;
	(void) step_up(up, start, &path);
	while (at != 0)
	{
		CHECK_FOR_INTERRUPTS();
		if (at == start || at == mark)
		{
			(void) step_up(up, at, &path);
			ereport(ERROR,
					(errcode(ERRCODE_CHECK_VIOLATION),
					 at == start ? errmsg("column \"%s\" of \"%s.%s\" leads back to the row itself", up->column, PF_SCHEMA, up->table) :
					 errmsg("column \"%s\" of \"%s.%s\" leads into a circle", up->column, PF_SCHEMA, up->table),
					 errdetail("The way is %s.", path.data),
					 errtable(trigdata->tg_relation),
					 err_generic_string(PG_DIAG_COLUMN_NAME, up->column)));
		}
		if (++steps == next_mark)
		{
			mark = at;
			next_mark *= 2;
		}
		at = step_up(up, at, &path);
	}
	return PointerGetDatum(NULL);
}
