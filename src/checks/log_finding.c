/*
 * log_finding.c
 *		Trigger log_finding on finding: one line of JSON in the server log for a SIEM to pick up.
 *
 * While pg_portfolio.log_findings is on, a finding that is opened, accepted or resolved is one line.
 * The trigger is deferred, so that a transaction that fails before its commit has said nothing.
 * The log is read by more people than the findings are: subjects lose numbers that may be identifiers,
 * as messages do that are kept (mask_message.c); detail and reason are not in it. A restore logs nothing.
 */
#include "pf.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/rel.h"

#include "pf_mask.h"
#include "portfolio/portfolio.h"

PG_FUNCTION_INFO_V1(pf_log_finding);

static char *
column_text(HeapTuple row, TupleDesc desc, const char *column)
{
	return SPI_getvalue(row, desc, SPI_fnumber(desc, column));
}

/* A date as ISO 8601 has it, whatever the session's DateStyle; NULL for NULL */
static char *
column_date(HeapTuple row, TupleDesc desc, const char *column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(row, desc, SPI_fnumber(desc, column), &isnull);

	return isnull ? NULL : JsonEncodeDateTime(palloc(MAXDATELEN + 1), value, DATEOID, NULL);
}

static void
add_text(StringInfo json, const char *key, const char *value)
{
	if (value == NULL)
		return;
	appendStringInfo(json, ", \"%s\": ", key);
	escape_json(json, value);
}

/* What a status is called as something that happened */
static const char *
event_of(const char *status)
{
	if (strcmp(status, "risk_accepted") == 0)
		return "accepted";
	return strcmp(status, "resolved") == 0 ? "resolved" : "opened";
}

static char *
event_json(HeapTuple row, TupleDesc desc)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfo(&json, "{\"event\": \"%s\", \"finding\": %s", event_of(column_text(row, desc, "status")),
					 column_text(row, desc, "id"));
	add_text(&json, "check", column_text(row, desc, "check_code"));
	add_text(&json, "severity", column_text(row, desc, "severity"));
	add_text(&json, "subject", pf_mask_message(column_text(row, desc, "subject"), ERRCODE_INTERNAL_ERROR));
	add_text(&json, "target", column_text(row, desc, "target"));
	if (column_text(row, desc, "element") != NULL)
		appendStringInfo(&json, ", \"element\": %s", column_text(row, desc, "element"));
	appendStringInfo(&json, ", \"times_opened\": %s", column_text(row, desc, "times_opened"));
	add_text(&json, "due_on", column_date(row, desc, "due_on"));
	if (strcmp(column_text(row, desc, "status"), "risk_accepted") == 0)
	{
		add_text(&json, "accepted_by", column_text(row, desc, "accepted_by"));
		add_text(&json, "accepted_until", column_date(row, desc, "accepted_until"));
	}
	appendStringInfoChar(&json, '}');
	return json.data;
}

/* pf_log_finding() AFTER INSERT OR UPDATE FOR EACH ROW */
Datum
pf_log_finding(PG_FUNCTION_ARGS)
{
	TriggerData *trigger = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigger->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigger->tg_event))
		elog(ERROR, "pf_log_finding() is an AFTER ROW trigger");
	if (pf_log_findings && !pf_restoring(trigger->tg_relation))
		ereport(LOG_SERVER_ONLY,
				(errmsg("pg_portfolio finding: %s",
						event_json(TRIGGER_FIRED_BY_UPDATE(trigger->tg_event) ? trigger->tg_newtuple :
								   trigger->tg_trigtuple, RelationGetDescr(trigger->tg_relation))),
				 errhidestmt(true), errhidecontext(true)));
	return PointerGetDatum(NULL);
}
