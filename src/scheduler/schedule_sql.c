/*
 * schedule_sql.c
 *		When is a schedule due? next_run(), list_runs() and count_slots(), and the checks of what
 *		a job names: time zone and calendars.
 */
#include "schedule.h"

#include "funcapi.h"
#include "miscadmin.h"
#include "utils/datetime.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(pf_next_run);
PG_FUNCTION_INFO_V1(pf_list_runs);
PG_FUNCTION_INFO_V1(pf_count_slots);
PG_FUNCTION_INFO_V1(pf_check_time_zone);
PG_FUNCTION_INFO_V1(pf_check_schedule);

#define MOST_UPCOMING	100000

static pg_tz *
time_zone_or_error(text *name)
{
	char	   *zone = text_to_cstring(name);
	pg_tz	   *tz = strlen(zone) > TZ_STRLEN_MAX ? NULL : pg_tzset(zone);

	if (tz == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", zone),
				 errhint("SELECT name FROM pg_timezone_names lists them; for the United Kingdom write \"Europe/London\".")));
	return tz;
}

static PfWhen
when_or_error(PfSchedule *schedule, const pg_tz *tz, text *calendar)
{
	PfWhen		when;
	char		missing[NAMEDATALEN];
	char	   *code = calendar == NULL ? NULL : text_to_cstring(calendar);

	if (code != NULL && !pf_is_calendar_code(code, strlen(code)))
		strlcpy(missing, code, sizeof(missing));
	else if (pf_when_set(&when, schedule, tz, code, pf_calendar_read, missing))
		return when;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("calendar \"%s\" does not exist", missing),
			 errhint("SELECT code, name FROM portfolio.calendar lists them; INSERT INTO portfolio.calendar makes one.")));
	pg_unreachable();
}

static text *
text_or_null(FunctionCallInfo fcinfo, int argument)
{
	return PG_ARGISNULL(argument) ? NULL : PG_GETARG_TEXT_PP(argument);
}

static PfNext
next_or_error(PfWhen *when, TimestampTz after, TimestampTz *next)
{
	PfNext		found = pf_schedule_next(when, after, next);

	if (found == PF_NEXT_UNKNOWN)
		pf_calendar_ends(when);
	return found;
}

/* next_run(schedule, after, time_zone, calendar): NULL if any of the first three is, or for never. */
Datum
pf_next_run(PG_FUNCTION_ARGS)
{
	PfWhen		when;
	TimestampTz next;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	when = when_or_error(PG_GETARG_SCHEDULE_P(0), time_zone_or_error(PG_GETARG_TEXT_PP(2)), text_or_null(fcinfo, 3));
	if (next_or_error(&when, PG_GETARG_TIMESTAMPTZ(1), &next) == PF_NEXT_NEVER)
		PG_RETURN_NULL();
	PG_RETURN_TIMESTAMPTZ(next);
}

/* list_runs(schedule, after, n, time_zone, calendar) */
Datum
pf_list_runs(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *rsinfo;
	PfWhen		when;
	TimestampTz at;
	int32		wanted;

	pf_init_materialized_srf(fcinfo);
	rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	for (int i = 0; i < 4; i++)
	{
		if (PG_ARGISNULL(i))
			return (Datum) 0;
	}
	at = PG_GETARG_TIMESTAMPTZ(1);
	wanted = PG_GETARG_INT32(2);
	if (wanted < 0 || wanted > MOST_UPCOMING)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("number of runs must be between 0 and %d", MOST_UPCOMING)));
	when = when_or_error(PG_GETARG_SCHEDULE_P(0), time_zone_or_error(PG_GETARG_TEXT_PP(3)), text_or_null(fcinfo, 4));
	for (int i = 0; i < wanted && next_or_error(&when, at, &at) == PF_NEXT_FOUND; i++)
	{
		Datum		values[3];
		bool		nulls[3] = {false};

		values[0] = Int32GetDatum(i + 1);
		values[1] = TimestampTzGetDatum(at);
		values[2] = DirectFunctionCall2(timestamptz_zone, PG_GETARG_DATUM(3), TimestampTzGetDatum(at));
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
		CHECK_FOR_INTERRUPTS();
	}
	return (Datum) 0;
}

/* count_slots(schedule, after, upto, time_zone, calendar): how many slots lie in (after, upto]. */
Datum
pf_count_slots(PG_FUNCTION_ARGS)
{
	PfWhen		when;
	PfSlots		slots;
	TimestampTz after;
	TimestampTz upto;

	for (int i = 0; i < 4; i++)
	{
		if (PG_ARGISNULL(i))
			PG_RETURN_NULL();
	}
	after = PG_GETARG_TIMESTAMPTZ(1);
	upto = PG_GETARG_TIMESTAMPTZ(2);
	if (TIMESTAMP_NOT_FINITE(after) || TIMESTAMP_NOT_FINITE(upto))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range"),
				 errdetail("Slots can only be counted between two finite instants.")));
	when = when_or_error(PG_GETARG_SCHEDULE_P(0), time_zone_or_error(PG_GETARG_TEXT_PP(3)), text_or_null(fcinfo, 4));
	slots = pf_schedule_slots(&when, after, upto);
	if (slots.end == PF_NEXT_UNKNOWN)
	{
		/* the calendar may end behind the range: then nothing is missing from it */
		pg_time_t	end = timestamptz_to_time_t(upto);
		struct pg_tm *local = pg_localtime(&end, when.tz);

		if (local == NULL ||
			date2j(local->tm_year + 1900, local->tm_mon + 1, local->tm_mday) - UNIX_EPOCH_JDATE >= when.unknown_day)
			pf_calendar_ends(&when);
	}
	PG_RETURN_INT64(slots.count);
}

/* check_time_zone(name) */
Datum
pf_check_time_zone(PG_FUNCTION_ARGS)
{
	(void) time_zone_or_error(PG_GETARG_TEXT_PP(0));
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/*
 * check_schedule(schedule, after, time_zone, calendar): gives the schedule back if it will be due
 * at some time after the instant. NULL arguments are not looked at.
 */
Datum
pf_check_schedule(PG_FUNCTION_ARGS)
{
	PfSchedule *schedule;
	PfWhen		when;
	TimestampTz next;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	schedule = PG_GETARG_SCHEDULE_P(0);
	when = when_or_error(schedule, time_zone_or_error(PG_GETARG_TEXT_PP(2)), text_or_null(fcinfo, 3));
	if (schedule->kind < PF_SCHEDULE_REBOOT &&
		next_or_error(&when, PG_GETARG_TIMESTAMPTZ(1), &next) == PF_NEXT_NEVER)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("schedule \"%s\" would never be due", pf_schedule_text(schedule)),
				 schedule->kind == PF_SCHEDULE_ONCE ? errdetail("The instant is over.") :
				 errdetail("Its calendars leave no day."),
				 schedule->kind == PF_SCHEDULE_ONCE ?
				 errhint("Name a later one, or run a job now with run_job().") : 0));
	PG_RETURN_POINTER(schedule);
}
