/*
 * job_trigger.c
 *		Triggers of portfolio.job.
 *
 * guard_job fires for updates only, so a restore may load every row that was once legal.
 */
#include "job.h"

#include "access/htup_details.h"
#include "clock.h"
#include "catalog/pg_class.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pf_guard_job);
PG_FUNCTION_INFO_V1(pf_signal_scheduler);

/* Whoever may update the row may change these; only a job's owner changes the others */
static const char *const operator_columns[] = {"priority", "comment", "state", "state_reason",
"state_since", "changed_at", NULL};
/* Where the job is at home: nobody changes that by hand */
static const char *const home_columns[] = {"job_id", "owner", "owner_oid", "database_oid",
"system_identifier", NULL};

static bool
listed(const char *name, const char *const *list)
{
	for (; *list; list++)
	{
		if (strcmp(name, *list) == 0)
			return true;
	}
	return false;
}

static bool
column_differs(HeapTuple old, HeapTuple new, TupleDesc desc, const char *name)
{
	int			attnum = SPI_fnumber(desc, name);
	Form_pg_attribute att;
	Datum		old_value;
	Datum		new_value;
	bool		old_null;
	bool		new_null;

	if (attnum <= 0)
		elog(ERROR, "column \"%s\" of portfolio.job does not exist", name);
	att = TupleDescAttr(desc, attnum - 1);
	old_value = heap_getattr(old, attnum, desc, &old_null);
	new_value = heap_getattr(new, attnum, desc, &new_null);
	if (old_null || new_null)
		return old_null != new_null;
	return !datum_image_eq(old_value, new_value, att->attbyval, att->attlen);
}

static bool
has_ended(HeapTuple tuple, TupleDesc desc)
{
	bool		null;
	Datum		state = heap_getattr(tuple, SPI_fnumber(desc, "state"), desc, &null);

	return !null && strcmp(TextDatumGetCString(state), "ended") == 0;
}

static void
check_changes(TriggerData *data, TupleDesc desc)
{
	bool		null;
	Name		owner = DatumGetName(heap_getattr(data->tg_trigtuple, SPI_fnumber(desc, "owner"),
												  desc, &null));
	Oid			owner_oid = DatumGetObjectId(heap_getattr(data->tg_trigtuple, SPI_fnumber(desc, "owner_oid"),
														  desc, &null));
	bool		same_name = strcmp(NameStr(*owner), GetUserNameFromId(GetUserId(), false)) == 0;
	bool		is_owner = same_name && owner_oid == GetUserId();	/* a role made anew under an old name is not */

	if (superuser() || GetUserId() == data->tg_relation->rd_rel->relowner)
		return;
	for (int i = 0; i < desc->natts; i++)
	{
		const char *column = NameStr(TupleDescAttr(desc, i)->attname);

		if (TupleDescAttr(desc, i)->attisdropped || listed(column, operator_columns) ||
			(is_owner && !listed(column, home_columns)) ||
			!column_differs(data->tg_trigtuple, data->tg_newtuple, desc, column))
			continue;
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("column \"%s\" of a job of role \"%s\" cannot be changed", column, NameStr(*owner)),
				 same_name ? errdetail("Another role of this name, or of another cluster, made the job.") :
				 errdetail("A job runs with its owner's rights, so only its owner says what it runs and when."),
				 same_name ? errhint("A superuser makes the jobs of a copy at home with adopt_jobs().") :
				 errhint("Others may pause, resume, run and remove it, and change its priority and comment.")));
	}
}

/* BEFORE UPDATE FOR EACH ROW */
Datum
pf_guard_job(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	TupleDesc	desc;
	int			columns[7];
	Datum		values[7];
	bool		nulls[7] = {false};
	int			count = 0;
	Datum		now = TimestampTzGetDatum(pf_clock_now());

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(data->tg_event) ||
		!TRIGGER_FIRED_BY_UPDATE(data->tg_event) || !TRIGGER_FIRED_FOR_ROW(data->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called as a BEFORE UPDATE row trigger", "guard_job")));
	desc = RelationGetDescr(data->tg_relation);
	check_changes(data, desc);

	columns[count] = SPI_fnumber(desc, "changed_at");
	values[count++] = now;
	if (column_differs(data->tg_trigtuple, data->tg_newtuple, desc, "state"))
	{
		bool		null;
		Datum		state = heap_getattr(data->tg_newtuple, SPI_fnumber(desc, "state"), desc, &null);

		columns[count] = SPI_fnumber(desc, "state_since");
		values[count++] = now;
		if (!null && strcmp(TextDatumGetCString(state), "broken") != 0 &&
			!column_differs(data->tg_trigtuple, data->tg_newtuple, desc, "state_reason"))
		{
			columns[count] = SPI_fnumber(desc, "state_reason");
			nulls[count] = true;
			values[count++] = (Datum) 0;
		}
	}
	if (column_differs(data->tg_trigtuple, data->tg_newtuple, desc, "schedule") ||
		column_differs(data->tg_trigtuple, data->tg_newtuple, desc, "time_zone") ||
		column_differs(data->tg_trigtuple, data->tg_newtuple, desc, "calendar") ||
		column_differs(data->tg_trigtuple, data->tg_newtuple, desc, "valid_from") ||
		column_differs(data->tg_trigtuple, data->tg_newtuple, desc, "valid_until"))
	{
		/* the scheduler moves it behind the slots of the old schedule that it decides before it sees the new one */
		columns[count] = SPI_fnumber(desc, "account_from");
		values[count++] = now;
		columns[count] = SPI_fnumber(desc, "account_begun");
		values[count++] = BoolGetDatum(false);
		if (has_ended(data->tg_trigtuple, desc) && has_ended(data->tg_newtuple, desc))
		{
			/* it has slots again */
			columns[count] = SPI_fnumber(desc, "state");
			values[count++] = CStringGetTextDatum("active");
			columns[count] = SPI_fnumber(desc, "state_since");
			values[count++] = now;
		}
	}
	return PointerGetDatum(heap_modify_tuple_by_cols(data->tg_newtuple, desc, count, columns,
													 values, nulls));
}

/*
 * AFTER ... FOR EACH ROW of portfolio.job: this job is read again; FOR EACH STATEMENT of anything that
 * jobs depend on: all are.
 */
Datum
pf_signal_scheduler(PG_FUNCTION_ARGS)
{
	TriggerData *data = (TriggerData *) fcinfo->context;
	bool		null;

	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" was not called as a trigger", "signal_scheduler")));
	if (TRIGGER_FIRED_FOR_ROW(data->tg_event))
		pf_mark_job_changed(DatumGetInt64(heap_getattr(TRIGGER_FIRED_BY_UPDATE(data->tg_event) ? data->tg_newtuple : data->tg_trigtuple,
													   SPI_fnumber(RelationGetDescr(data->tg_relation), "job_id"),
													   RelationGetDescr(data->tg_relation), &null)));
	else
		pf_mark_jobs_changed();
	return PointerGetDatum(NULL);
}
