/*
 * schedule_type.c
 *		SQL face of the type "schedule": input and output, equality, hash and description.
 */
#include "schedule.h"

#include "common/hashfn.h"
#include "libpq/pqformat.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(pf_schedule_in);
PG_FUNCTION_INFO_V1(pf_schedule_out);
PG_FUNCTION_INFO_V1(pf_schedule_recv);
PG_FUNCTION_INFO_V1(pf_schedule_send);
PG_FUNCTION_INFO_V1(pf_schedule_eq);
PG_FUNCTION_INFO_V1(pf_schedule_ne);
PG_FUNCTION_INFO_V1(pf_schedule_hash);
PG_FUNCTION_INFO_V1(pf_schedule_hash_extended);
PG_FUNCTION_INFO_V1(pf_describe_schedule);

/* The first byte on the wire; a later layout gets a new one */
#define SCHEDULE_WIRE_VERSION 1

static void
refuse_binary(const char *detail)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
			 errmsg("invalid external \"%s\" value", "schedule"),
			 errdetail("%s", detail)));
}

Datum
pf_schedule_in(PG_FUNCTION_ARGS)
{
	char	   *input = PG_GETARG_CSTRING(0);
	PfScheduleError error;
	PfSchedule *schedule = pf_schedule_parse(input, &error);

	if (schedule == NULL)
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
	pq_sendint8(&out, schedule->on_length);
	pq_sendint8(&out, schedule->except_length);
	pq_sendint16(&out, schedule->month);
	pq_sendint32(&out, schedule->hour);
	pq_sendint32(&out, schedule->day);
	pq_sendint32(&out, schedule->from_end);
	pq_sendint32(&out, schedule->nearest);
	pq_sendint64(&out, schedule->minute);
	pq_sendint64(&out, schedule->second);
	pq_sendint64(&out, schedule->nth);
	pq_sendint64(&out, schedule->every);
	pq_sendbytes(&out, schedule->names, schedule->on_length + schedule->except_length);
	PG_RETURN_BYTEA_P(pq_endtypsend(&out));
}

Datum
pf_schedule_recv(PG_FUNCTION_ARGS)
{
	StringInfo	in = (StringInfo) PG_GETARG_POINTER(0);
	PfSchedule *schedule = palloc0(PF_SCHEDULE_FIXED_SIZE + 2 * NAMEDATALEN);
	PfSchedule *canonical;
	PfScheduleError error;
	int			version = pq_getmsgbyte(in);

	if (version != SCHEDULE_WIRE_VERSION)
		refuse_binary(psprintf("Format version %d is not known.", version));
	schedule->kind = pq_getmsgbyte(in);
	schedule->stars = pq_getmsgbyte(in);
	schedule->weekday = pq_getmsgbyte(in);
	schedule->on_length = pq_getmsgbyte(in);
	schedule->except_length = pq_getmsgbyte(in);
	schedule->month = pq_getmsgint(in, 2);
	schedule->hour = pq_getmsgint(in, 4);
	schedule->day = pq_getmsgint(in, 4);
	schedule->from_end = pq_getmsgint(in, 4);
	schedule->nearest = pq_getmsgint(in, 4);
	schedule->minute = pq_getmsgint64(in);
	schedule->second = pq_getmsgint64(in);
	schedule->nth = pq_getmsgint64(in);
	schedule->every = pq_getmsgint64(in);
	if (schedule->on_length >= NAMEDATALEN || schedule->except_length >= NAMEDATALEN)
		refuse_binary("The code of a calendar is too long.");
	pq_copymsgbytes(in, schedule->names, schedule->on_length + schedule->except_length);
	SET_VARSIZE(schedule, PF_SCHEDULE_SIZE(schedule));
	if (!pf_schedule_check(schedule, &error))
		refuse_binary(error.detail);
	/* Equality looks at the bytes, so only those that input makes may come in. */
	canonical = pf_schedule_parse(pf_schedule_text(schedule), &error);
	if (canonical == NULL || VARSIZE(canonical) != VARSIZE(schedule) ||
		memcmp(schedule, canonical, VARSIZE(schedule)) != 0)
		refuse_binary("No text of a schedule means this value.");
	PG_RETURN_POINTER(schedule);
}

static bool
schedules_equal(FunctionCallInfo fcinfo)
{
	PfSchedule *a = PG_GETARG_SCHEDULE_P(0);
	PfSchedule *b = PG_GETARG_SCHEDULE_P(1);

	return VARSIZE(a) == VARSIZE(b) && memcmp(a, b, VARSIZE(a)) == 0;
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
	PfSchedule *schedule = PG_GETARG_SCHEDULE_P(0);

	return hash_any((unsigned char *) schedule, VARSIZE(schedule));
}

Datum
pf_schedule_hash_extended(PG_FUNCTION_ARGS)
{
	PfSchedule *schedule = PG_GETARG_SCHEDULE_P(0);

	return hash_any_extended((unsigned char *) schedule, VARSIZE(schedule), PG_GETARG_INT64(1));
}

Datum
pf_describe_schedule(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(pf_schedule_describe(PG_GETARG_SCHEDULE_P(0))));
}
