/*
 * service_state.c
 *		In which state a service was on which days (portfolio.service_state_period).
 *
 * The trigger is AFTER ROW and writes as the owner of the table, so that whoever may change the
 * state of a service writes its history and nobody needs a right to. What a period tells is the state at
 * the end of a day: of several changes on one day (of UTC, law_day()) the last counts.
 *
 * Concurrency: two sessions that change one service meet at its row, before this trigger runs.
 */
#include "portfolio/portfolio.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(pf_record_service_state);

/*
 * A new service has been in its state since it is there. One that comes back after it was deleted has been
 * in those that the journal tells of, up to the one that it comes back with.
 */
static const char first_sql[] =
"INSERT INTO portfolio.service_state_period (service, state, during)"
" WITH entered AS ("
"   SELECT DISTINCT ON (portfolio.law_day(c.at)) portfolio.law_day(c.at) AS day, c.new ->> 'state' AS state"
"     FROM portfolio.change c"
"    WHERE c.table_name = 'service' AND c.element = $1 AND c.new ->> 'state' IS DISTINCT FROM c.old ->> 'state' AND c.operation <> 'DELETE'"
"    ORDER BY portfolio.law_day(c.at), c.id DESC),"
" period AS ("
"   SELECT e.state, e.day, lead(e.day) OVER w AS next_day, row_number() OVER w AS nth FROM entered e WINDOW w AS (ORDER BY e.day))"
" SELECT $1, p.state, daterange(CASE WHEN p.nth = 1 AND lower($3) >= p.next_day IS NOT TRUE THEN lower($3) ELSE p.day END, p.next_day) FROM period p"
" UNION ALL"
" SELECT $1, $2, daterange(lower($3), NULL) WHERE NOT EXISTS (SELECT FROM entered)";

static const char forget_today_sql[] =
"DELETE FROM portfolio.service_state_period WHERE service = $1 AND lower(during) >= portfolio.law_day()";

static const char close_sql[] =
"UPDATE portfolio.service_state_period SET during = daterange(lower(during), portfolio.law_day())"
" WHERE service = $1 AND during @> portfolio.law_day()";

static const char next_sql[] =
"INSERT INTO portfolio.service_state_period (service, state, during) VALUES ($1, $2, daterange(portfolio.law_day(), NULL))";

static void
run_as_owner(const char *sql, int nargs, const Datum *values)
{
	static const Oid types[] = {INT8OID, TEXTOID, DATERANGEOID};
	PfAsOwner	state;

	(void) pf_as_table_owner(&state, "service_state_period", sql, nargs, types, values, NULL);
	pf_end_as_owner(&state);
}

static Datum
column_value(HeapTuple row, TupleDesc desc, const char *column)
{
	int			attnum = SPI_fnumber(desc, column);
	bool		isnull;
	Datum		value;

	if (attnum <= 0)
		elog(ERROR, "portfolio.service has no column \"%s\"", column);
	value = SPI_getbinval(row, desc, attnum, &isnull);
	if (isnull)
		elog(ERROR, "column \"%s\" of portfolio.service is null", column);
	return value;
}

Datum
pf_record_service_state(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	HeapTuple	row;
	Datum		values[3];

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || TRIGGER_FIRED_BY_DELETE(trigger->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("record_service_state() must be called by an AFTER INSERT OR UPDATE ... FOR EACH ROW trigger")));
	if (pf_restoring(trigger->tg_relation))
		return PointerGetDatum(NULL);

	desc = RelationGetDescr(trigger->tg_relation);
	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	values[0] = column_value(row, desc, "id");
	values[1] = column_value(row, desc, "state");
	values[2] = column_value(row, desc, "valid");
	if (TRIGGER_FIRED_BY_INSERT(trigger->tg_event))
		run_as_owner(first_sql, 3, values);
	else if (strcmp(TextDatumGetCString(column_value(trigger->tg_trigtuple, desc, "state")),
					TextDatumGetCString(values[1])) != 0)
	{
		run_as_owner(forget_today_sql, 1, values);
		run_as_owner(close_sql, 1, values);
		run_as_owner(next_sql, 2, values);
	}
	return PointerGetDatum(NULL);
}
