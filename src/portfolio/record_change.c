/*
 * record_change.c
 *		The journal: one row of portfolio.change for every row that is changed.
 *
 * The trigger is AFTER ROW and writes as the owner of the journal, so that nobody needs a right to
 * write it and nobody can leave it out. Where the table has an AFTER STATEMENT trigger of this function
 * too, its rows wait for that one and are written together (change_queue.c). `by` is the role in whose
 * name the statement ran, not the owner that a trigger or a foreign key's cascade runs as.
 *
 * What a restore loads is not a change: the rows arrive in the state that the journal, which is in
 * the same dump, already accounts for, in whatever order (pg_restore -j loads tables side by side).
 * A dump script is known by the settings that pg_dump writes at its head, an empty search_path
 * and check_function_bodies = off, and only for who owns the table or is a superuser, who could
 * disable the trigger as well: the rule opens no way around the journal. Nor are the rows changes
 * that a release ships: the scripts of the extension make them, whatever the order of their parts.
 *
 * Rows are kept as jsonb made with ISO dates and every digit of a number, so that the journal reads the
 * same whatever the session's settings; a time carries the offset of the session's zone.
 */
#include "portfolio/portfolio.h"

#include "catalog/namespace.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/float.h"

PG_FUNCTION_INFO_V1(pf_record_change);
PG_FUNCTION_INFO_V1(pf_guard_change);
PG_FUNCTION_INFO_V1(pf_refuse_truncate);

bool
pf_restoring(Relation rel)
{
	const char *path = namespace_search_path;

	if (check_function_bodies)
		return false;
	while (path != NULL && *path == ' ')
		path++;
	if (path != NULL && *path != '\0' && strcmp(path, "\"\"") != 0)
		return false;
	return has_privs_of_role(GetUserId(), rel->rd_rel->relowner);
}

/* The row as JSON, with dates, intervals and numbers in one form. */
static Jsonb *
row_as_json(FmgrInfo *caller, HeapTuple tuple, TupleDesc desc)
{
	int			guc_level;
	Jsonb	   *json;

	if (DateStyle == USE_ISO_DATES && IntervalStyle == INTSTYLE_POSTGRES && extra_float_digits >= 1)
		return pf_row_to_jsonb(caller, tuple, desc);
	guc_level = NewGUCNestLevel();
	pf_pin_setting("datestyle", "ISO, YMD");
	pf_pin_setting("intervalstyle", "postgres");
	pf_pin_setting("extra_float_digits", "1");
	json = pf_row_to_jsonb(caller, tuple, desc);
	AtEOXact_GUC(true, guc_level);
	return json;
}

/* The element that a row is about, by the column that the trigger names. */
static Datum
element_of(TriggerData *trigdata, HeapTuple tuple, bool *isnull)
{
	TupleDesc	desc = RelationGetDescr(trigdata->tg_relation);
	const char *column;
	int			attnum;

	*isnull = true;
	if (trigdata->tg_trigger->tgnargs == 0)
		return (Datum) 0;
	column = trigdata->tg_trigger->tgargs[0];
	attnum = SPI_fnumber(desc, column);
	if (attnum <= 0 || TupleDescAttr(desc, attnum - 1)->atttypid != INT8OID)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("record_change() cannot find the element of a row of \"%s\"",
						RelationGetRelationName(trigdata->tg_relation)),
				 errdetail("It has no column \"%s\" of type bigint.", column)));
	return SPI_getbinval(tuple, desc, attnum, isnull);
}

/*
 * Will the statement trigger of this function fire when the statement ends, after all of its row triggers? A
 * replica's apply worker fires none, and a deferred trigger comes after it.
 */
static bool
statement_trigger_follows(const TriggerData *trigdata)
{
	const TriggerDesc *triggers = trigdata->tg_relation->trigdesc;
	int16		event = TRIGGER_FIRED_BY_INSERT(trigdata->tg_event) ? TRIGGER_TYPE_INSERT :
		TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? TRIGGER_TYPE_UPDATE : TRIGGER_TYPE_DELETE;

	if (triggers == NULL || SessionReplicationRole == SESSION_REPLICATION_ROLE_REPLICA ||
		trigdata->tg_trigger->tgdeferrable)
		return false;
	for (int i = 0; i < triggers->numtriggers; i++)
	{
		const Trigger *trigger = &triggers->triggers[i];

		if (trigger->tgfoid == trigdata->tg_trigger->tgfoid &&
			TRIGGER_FOR_AFTER(trigger->tgtype) && !TRIGGER_FOR_ROW(trigger->tgtype) &&
			(trigger->tgtype & event) != 0 && trigger->tgqual == NULL && trigger->tgnattr == 0 &&
			(trigger->tgenabled == TRIGGER_FIRES_ON_ORIGIN || trigger->tgenabled == TRIGGER_FIRES_ALWAYS))
			return true;
	}
	return false;
}

static void
record(TriggerData *trigdata, const char *operation, const Jsonb *old_row, const Jsonb *new_row)
{
	HeapTuple	tuple = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ? trigdata->tg_newtuple : trigdata->tg_trigtuple;
	bool		no_element;
	Datum		element = element_of(trigdata, tuple, &no_element);

	pf_queue_change(RelationGetRelationName(trigdata->tg_relation), no_element ? NULL : &element,
					operation, old_row, new_row);
	if (!statement_trigger_follows(trigdata))
		pf_write_changes();
}

Datum
pf_record_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	const char *operation = "UPDATE";
	Jsonb	   *old_row = NULL;
	Jsonb	   *new_row = NULL;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_AFTER(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("record_change() must be called by an AFTER trigger")));
	/* The second copy of a concept's row is no change of its own, and the concept's rows wait for their own statement. */
	if (pf_registering() && RelationGetRelid(trigdata->tg_relation) == pf_relation_oid("element"))
		return PointerGetDatum(NULL);
	if (!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event))
	{
		pf_write_changes();
		return PointerGetDatum(NULL);
	}
	if (creating_extension || pf_restoring(trigdata->tg_relation))
		return PointerGetDatum(NULL);

	desc = RelationGetDescr(trigdata->tg_relation);
	if (TRIGGER_FIRED_BY_INSERT(trigdata->tg_event))
	{
		operation = "INSERT";
		new_row = row_as_json(fcinfo->flinfo, trigdata->tg_trigtuple, desc);
	}
	else
	{
		old_row = row_as_json(fcinfo->flinfo, trigdata->tg_trigtuple, desc);
		if (TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
			operation = "DELETE";
		else
		{
			new_row = row_as_json(fcinfo->flinfo, trigdata->tg_newtuple, desc);
			if (VARSIZE(old_row) == VARSIZE(new_row) && memcmp(old_row, new_row, VARSIZE(old_row)) == 0)
				return PointerGetDatum(NULL);
		}
	}
	record(trigdata, operation, old_row, new_row);
	return PointerGetDatum(NULL);
}

Datum
pf_guard_change(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("guard_change() was not called by a trigger")));
	if (TRIGGER_FIRED_BY_DELETE(trigdata->tg_event) &&
		has_privs_of_role(GetUserId(), trigdata->tg_relation->rd_rel->relowner))
		return PointerGetDatum(trigdata->tg_trigtuple);
	ereport(ERROR,
			(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
			 errmsg("the journal \"%s.%s\" is append-only", PF_SCHEMA, RelationGetRelationName(trigdata->tg_relation)),
			 errhint("SELECT portfolio.undo_change(id) takes a change back; both stay in the journal.")));
	return PointerGetDatum(NULL);
}

/* What is journalled row by row cannot go without an entry. */
Datum
pf_refuse_truncate(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	const char *name;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BY_TRUNCATE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("refuse_truncate() must be called by a TRUNCATE trigger")));
	name = RelationGetRelationName(trigdata->tg_relation);
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
			 errmsg("cannot truncate table \"%s.%s\"", PF_SCHEMA, name),
			 errdetail("The journal has an entry for each of its rows that goes."),
			 errhint("Use DELETE FROM %s.%s.", PF_SCHEMA, name)));
	return PointerGetDatum(NULL);
}
