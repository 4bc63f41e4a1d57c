/*
 * notify_finding.c
 *		Trigger notify_critical on finding: who listens hears of a new critical finding at once.
 *
 * Anybody who may connect can listen, so the payload is what happened and the number of the finding:
 * what it is stays with those who may read it. It goes out when the transaction commits.
 */
#include "pf.h"

#include "commands/async.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/rel.h"

#include "portfolio/portfolio.h"

#define PF_CRITICAL_CHANNEL "pg_portfolio_critical_finding"

PG_FUNCTION_INFO_V1(pf_notify_critical);

/* pf_notify_critical(event) AFTER INSERT OR UPDATE FOR EACH ROW */
Datum
pf_notify_critical(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	HeapTuple	row;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event) || trigger->tg_trigger->tgnargs != 1)
		elog(ERROR, "pf_notify_critical() is an AFTER ROW trigger with one argument");
	desc = RelationGetDescr(trigger->tg_relation);
	row = TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple : trigger->tg_trigtuple;
	if (!pf_restoring(trigger->tg_relation))
		Async_Notify(PF_CRITICAL_CHANNEL,
					 psprintf("{\"event\": \"%s\", \"finding\": %s}", trigger->tg_trigger->tgargs[0],
							  SPI_getvalue(row, desc, SPI_fnumber(desc, "id"))));
	return PointerGetDatum(NULL);
}
