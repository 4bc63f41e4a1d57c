/*
 * schedule_type.c
 *		SQL face of the type "schedule": input and output, equality, hash and next_run().
 */
#include "schedule.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pf_schedule_in);
PG_FUNCTION_INFO_V1(pf_schedule_out);
PG_FUNCTION_INFO_V1(pf_schedule_recv);
PG_FUNCTION_INFO_V1(pf_schedule_send);
PG_FUNCTION_INFO_V1(pf_schedule_eq);
PG_FUNCTION_INFO_V1(pf_schedule_ne);
PG_FUNCTION_INFO_V1(pf_schedule_hash);
PG_FUNCTION_INFO_V1(pf_schedule_hash_extended);
PG_FUNCTION_INFO_V1(pf_next_run);
PG_FUNCTION_INFO_V1(pf_count_slots);

/* The first byte on the wire; a later layout gets a new one */
#define SCHEDULE_WIRE_VERSION 1

Datum
pf_schedule_in(PG_FUNCTION_ARGS)
{
	char	   *input = PG_GETARG_CSTRING(0);
	PfSchedule *schedule = palloc(sizeof(PfSchedule));
	PfScheduleError error;

	if (!pf_schedule_parse(input, schedule, &error))
		pf_ereturn(PF_ESCONTEXT, (Datum) 0,
				   (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
					errmsg("invalid input syntax for type %s: \"%s\"", "schedule", input),
					errdetail("%s", error.detail),
					errhint("%s", error.hint)));
	PG_RETURN_POINTER(schedule);
}

Datum
pf_schedule_out(PG_FUNCTION_ARGS)
{
	PG_RETURN_CSTRING(pf_schedule_text(PG_GETARG_SCHEDULE_P(0)));
}

Datum
pf_schedule_send(PG_FUNCTION_ARGS)
{
	PfSchedule *schedule = PG_GETARG_SCHEDULE_P(0);
	StringInfoData out;

	pq_begintypsend(&out);
	pq_sendint8(&out, SCHEDULE_WIRE_VERSION);
	pq_sendint8(&out, schedule->kind);
	pq_sendint8(&out, schedule->stars);
	pq_sendint8(&out, schedule->weekday);
	pq_sendint16(&out, schedule->month);
	pq_sendint32(&out, schedule->hour);
	pq_sendint32(&out, schedule->day);
	pq_sendint64(&out, schedule->minute);
	pq_sendint64(&out, schedule->every);
	PG_RETURN_BYTEA_P(pq_endtypsend(&out));
}

Datum
pf_schedule_recv(PG_FUNCTION_ARGS)
{
	StringInfo	in = (StringInfo) PG_GETARG_POINTER(0);
	PfSchedule *schedule = palloc0(sizeof(PfSchedule));
	PfSchedule	canonical;
	PfScheduleError error;
	int			version = pq_getmsgbyte(in);

	if (version != SCHEDULE_WIRE_VERSION)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "schedule"),
				 errdetail("Format version %d is not known.", version)));
	SET_VARSIZE(schedule, sizeof(PfSchedule));
	schedule->kind = pq_getmsgbyte(in);
	schedule->stars = pq_getmsgbyte(in);
	schedule->weekday = pq_getmsgbyte(in);
	schedule->month = pq_getmsgint(in, 2);
	schedule->hour = pq_getmsgint(in, 4);
	schedule->day = pq_getmsgint(in, 4);
	schedule->minute = pq_getmsgint64(in);
	schedule->every = pq_getmsgint64(in);
	if (!pf_schedule_check(schedule, &error))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "schedule"),
				 errdetail("%s", error.detail)));
	/* Equality looks at the bytes, so only those that input makes may come in. */
	if (!pf_schedule_parse(pf_schedule_text(schedule), &canonical, &error) ||
		memcmp(schedule, &canonical, sizeof(PfSchedule)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("invalid external \"%s\" value", "schedule"),
				 errdetail("No text of a schedule means this value.")));
	PG_RETURN_POINTER(schedule);
}

static bool
schedules_equal(FunctionCallInfo fcinfo)
{
	return memcmp(PG_GETARG_SCHEDULE_P(0), PG_GETARG_SCHEDULE_P(1), sizeof(PfSchedule)) == 0;
}

Datum
pf_schedule_eq(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(schedules_equal(fcinfo));
}

Datum
pf_schedule_ne(PG_FUNCTION_ARGS)
{
	PG_RETURN_BOOL(!schedules_equal(fcinfo));
}

Datum
pf_schedule_hash(PG_FUNCTION_ARGS)
{
	return hash_any((unsigned char *) PG_GETARG_SCHEDULE_P(0), sizeof(PfSchedule));
}

Datum
pf_schedule_hash_extended(PG_FUNCTION_ARGS)
{
	return hash_any_extended((unsigned char *) PG_GETARG_SCHEDULE_P(0), sizeof(PfSchedule),
							 PG_GETARG_INT64(1));
}

static pg_tz *
time_zone_or_error(text *name)
{
	char		buffer[TZ_STRLEN_MAX + 1];
	pg_tz	   *tz;

	text_to_cstring_buffer(name, buffer, sizeof(buffer));
	tz = pg_tzset(buffer);
	if (tz == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%s\" not recognized", buffer),
				 errhint("SELECT name FROM pg_timezone_names lists them; for the United Kingdom write \"Europe/London\".")));
	return tz;
}

/* next_run(schedule, after, time_zone, calendar): NULL if any of the first three is. */
Datum
pf_next_run(PG_FUNCTION_ARGS)
{
	TimestampTz next;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1) || PG_ARGISNULL(2))
		PG_RETURN_NULL();
	if (!PG_ARGISNULL(3))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("calendar \"%s\" does not exist", text_to_cstring(PG_GETARG_TEXT_PP(3))),
				 errhint("Leave the calendar out: schedules follow the days of the time zone.")));
	if (!pf_schedule_next(PG_GETARG_SCHEDULE_P(0), time_zone_or_error(PG_GETARG_TEXT_PP(2)),
						  PG_GETARG_TIMESTAMPTZ(1), &next))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range"),
				 errdetail("No instant after the one given can be found.")));
	PG_RETURN_TIMESTAMPTZ(next);
}

/* count_slots(schedule, after, upto, time_zone): how many slots lie in (after, upto]. */
Datum
pf_count_slots(PG_FUNCTION_ARGS)
{
	TimestampTz first;
	TimestampTz before_last;
	TimestampTz last = 0;
	TimestampTz after = PG_GETARG_TIMESTAMPTZ(1);
	TimestampTz upto = PG_GETARG_TIMESTAMPTZ(2);

	if (TIMESTAMP_NOT_FINITE(after) || TIMESTAMP_NOT_FINITE(upto))
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range"),
				 errdetail("Slots can only be counted between two finite instants.")));
	PG_RETURN_INT64(pf_schedule_count(PG_GETARG_SCHEDULE_P(0),
									  time_zone_or_error(PG_GETARG_TEXT_PP(3)),
									  after, upto, &first, &before_last, &last));
}
