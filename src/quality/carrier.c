/*
 * carrier.c
 *		row_columns() and row_in_place(), which stand in the arguments of tally().
 *
 * A function takes at most 100 arguments, so tally() alone would stop at 98 columns. row_columns()
 * carries up to 99 more in one argument: its result, the by-value type column_values, is a ticket
 * that names the call whose arguments are still standing in memory. The aggregate honours a ticket
 * only when it is of the latest call of a carrier that is alive, so a ticket that was stored, sorted
 * or made up is an error and never a wild read. A carrier dies with the query that has it.
 *
 * Handing a hundred columns over costs as much as judging half of them, and where they are columns
 * of the row that the aggregate is given, it can take them from there. COALESCE(row_in_place(),
 * row_columns(a, ...)) leaves it to the aggregate: at the first row row_in_place() is NULL, so the
 * columns come in a ticket; tally() looks whether each is a plain column of its input, and if so
 * row_in_place() gives a ticket from then on, and row_columns() is not called any more. It still
 * names the columns, to the planner and to whoever checks privileges.
 */
#include "quality.h"
#include "carrier.h"

#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pf_row_columns);
PG_FUNCTION_INFO_V1(pf_row_in_place);
PG_FUNCTION_INFO_V1(pf_column_values_in);
PG_FUNCTION_INFO_V1(pf_column_values_out);

static dlist_head carriers = DLIST_STATIC_INIT(carriers);
static uint32 last_carrier_id = 0;

static void
carrier_gone(void *arg)
{
	dlist_delete(&((PfCarrier *) arg)->node);
}

static PfCarrier *
carrier_of_call(FunctionCallInfo fcinfo)
{
	PfCarrier  *carrier = fcinfo->flinfo->fn_extra;

	if (carrier == NULL)
	{
		carrier = MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(PfCarrier));
		carrier->id = ++last_carrier_id;
		carrier->callback.func = carrier_gone;
		carrier->callback.arg = carrier;
		dlist_push_head(&carriers, &carrier->node);
		MemoryContextRegisterResetCallback(fcinfo->flinfo->fn_mcxt, &carrier->callback);
		fcinfo->flinfo->fn_extra = carrier;
	}
	carrier->call = fcinfo;
	return carrier;
}

static Datum
ticket_of(const PfCarrier *carrier)
{
	return Int64GetDatum((int64) ((uint64) carrier->id << 32 | carrier->calls));
}

PfCarrier *
pf_carrier_of_ticket(uint64 ticket)
{
	dlist_iter	iter;

	dlist_foreach(iter, &carriers)
	{
		PfCarrier  *carrier = dlist_container(PfCarrier, node, iter.cur);

		if (carrier->id == ticket >> 32)
			return carrier;
	}
	return NULL;
}

Datum
pf_row_columns(PG_FUNCTION_ARGS)
{
	PfCarrier  *carrier = carrier_of_call(fcinfo);

	carrier->calls++;
	return ticket_of(carrier);
}

Datum
pf_row_in_place(PG_FUNCTION_ARGS)
{
	PfCarrier  *carrier = carrier_of_call(fcinfo);

	carrier->is_place = true;
	if (!carrier->in_place)
		PG_RETURN_NULL();
	return ticket_of(carrier);
}

/* From the next row on, whoever runs this call of row_in_place() answers. */
void
pf_read_in_place(const Node *call)
{
	dlist_iter	iter;

	dlist_foreach(iter, &carriers)
	{
		PfCarrier  *carrier = dlist_container(PfCarrier, node, iter.cur);

		if (carrier->is_place && carrier->call->flinfo->fn_expr == call)
			carrier->in_place = true;
	}
}

void
pf_refuse_ticket(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("row_columns() can be used only as an argument of tally()"),
			 errdetail("Its result stands for values of the row that is being counted and cannot be kept.")));
}

Datum
pf_column_values_in(PG_FUNCTION_ARGS)
{
	pf_refuse_ticket();
	return (Datum) 0;
}

Datum
pf_column_values_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(pstrdup("(values of one row)"));
}
