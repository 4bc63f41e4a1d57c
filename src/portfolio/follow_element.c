/*
 * follow_element.c
 *		What holds an element as kind:code follows it.
 *
 * References are numbers, which no new code touches, but for two that are kept as text: a property of
 * type element, and a plan of a column that refers to one. They follow as the rows of a foreign key
 * with ON UPDATE CASCADE do: whoever may give the element another code needs no right on them, and
 * whoever writes one holds the element, as a foreign key does the row that it refers to. So of the
 * two the second waits for the first, and then knows what the first has done.
 */
#include "portfolio/portfolio.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(pf_follow_element);
PG_FUNCTION_INFO_V1(pf_hold_element);

static const char property_sql[] =
"UPDATE portfolio.element_property p SET value = $2 FROM portfolio.named_references($1) r"
" WHERE r.table_name = 'element_property' AND (p.element, p.key, p.valid) = (r.element, r.field, r.valid)";
static const char plan_sql[] =
"UPDATE portfolio.planned_attribute p SET value = $2 FROM portfolio.named_references($1) r"
" WHERE r.table_name = 'planned_attribute' AND (p.element, p.attribute, p.valid) = (r.element, r.field, r.valid)";

static const char hold_sql[] =
"SELECT FROM portfolio.element WHERE id = $1 FOR KEY SHARE";

/* A row of element as kind:code */
static Datum
label_of(HeapTuple tuple, TupleDesc desc)
{
	return CStringGetTextDatum(psprintf("%s:%s", SPI_getvalue(tuple, desc, SPI_fnumber(desc, "kind")),
										SPI_getvalue(tuple, desc, SPI_fnumber(desc, "code"))));
}

Datum
pf_follow_element(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	Oid			argtypes[2] = {TEXTOID, TEXTOID};
	Datum		labels[2];
	PfAsOwner	state;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) || !TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("follow_element() must be called by an AFTER UPDATE trigger of each row")));
	desc = RelationGetDescr(trigdata->tg_relation);
	labels[0] = label_of(trigdata->tg_trigtuple, desc);
	labels[1] = label_of(trigdata->tg_newtuple, desc);
	(void) pf_as_table_owner(&state, "element_property", property_sql, 2, argtypes, labels, NULL);
	pf_end_as_owner(&state);
	(void) pf_as_table_owner(&state, "planned_attribute", plan_sql, 2, argtypes, labels, NULL);
	pf_end_as_owner(&state);
	return PointerGetDatum(NULL);
}

Datum
pf_hold_element(PG_FUNCTION_ARGS)
{
	Oid			argtype = INT8OID;
	Datum		element = PG_GETARG_DATUM(0);
	PfAsOwner	state;

	(void) pf_as_table_owner(&state, "element", hold_sql, 1, &argtype, &element, NULL);
	pf_end_as_owner(&state);
	PG_RETURN_VOID();
}
