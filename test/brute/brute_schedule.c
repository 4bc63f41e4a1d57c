/*
 * brute_schedule.c
 *		brute_schedule(zones, cases, start): next_run() against stepping through time.
 *
 * Built and loaded by test/t/340_scheduler_brute.pl. Each case draws a schedule, as text and at the
 * same time as plain sets of what it matches, a time zone and an instant, mostly near a change of the
 * clocks. Then time is stepped through minute by minute, or second by second where the schedule has
 * six fields or the zone an odd offset, asking only pg_localtime() what the clocks show, and every
 * instant that is due must be what next_run() gives, one after the other. Nothing of the extension's
 * C is used here. The numbers are drawn from `start`, so a failure can be had again.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "nodes/pg_list.h"
#include "pgtime.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/regproc.h"
#include "utils/timestamp.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(brute_schedule);

#define HOUR 3600
#define DAY (24 * HOUR)
#define MOST_MATCHES 20			/* followed in one case */

typedef struct Slow
{
	bool		second[60];
	bool		minute[60];
	bool		hour[24];
	bool		month[13];
	bool		day[32];
	bool		before_end[31];
	bool		nearest[32];	/* [0]: to the last day */
	bool		weekday[7];
	bool		nth[7][7];		/* [weekday][1..5], [weekday][6]: the last */
	bool		star_hour;
	bool		star_day;
	bool		star_weekday;
	bool		seconds;
} Slow;

static uint64 state;

static int
draw(int below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (int) ((state >> 16) % (uint64) below);
}

static int
days_in_month(int year, int month)
{
	static const int days[] = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool		leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return days[month] + (month == 2 && leap);
}

/* A field of plain values; `near` is one that will matter soon. */
static void
draw_field(StringInfo text, bool *set, int low, int high, int near, bool *star, const char *const *names)
{
	int			kind = draw(10);
	int			items;

	*star = false;
	if (kind < 4)
	{
		int			step = kind < 3 ? 1 : 1 + draw(high - low + 1);

		*star = true;
		appendStringInfoString(text, step == 1 ? "*" : psprintf("*/%d", step));
		for (int v = low; v <= high; v += step)
			set[v] = true;
		return;
	}
	items = 1 + draw(3);
	for (int i = 0; i < items; i++)
	{
		int			from = draw(10) < 7 && near >= low && near <= high ? near : low + draw(high - low + 1);
		int			to = from;
		int			step = 1;

		if (i > 0)
			appendStringInfoChar(text, ',');
		if (names != NULL && draw(3) == 0)
			appendStringInfoString(text, names[from - low]);
		else
			appendStringInfo(text, "%d", from);
		if (draw(3) == 0)
		{
			to = from + draw(high - from + 1);
			appendStringInfo(text, "-%d", to);
			if (draw(3) == 0)
			{
				step = 1 + draw(5);
				appendStringInfo(text, "/%d", step);
			}
		}
		for (int v = from; v <= to; v += step)
			set[v] = true;
	}
}

/* The special forms of the day fields. */
static void
draw_special_day(StringInfo text, Slow *slow, const struct pg_tm *near)
{
	int			last = days_in_month(near->tm_year + 1900, near->tm_mon + 1);
	int			n;

	switch (draw(4))
	{
		case 0:
			n = draw(3) == 0 ? 0 : last - near->tm_mday;
			slow->before_end[n] = true;
			appendStringInfoString(text, n == 0 ? "L" : psprintf("L-%d", n));
			break;
		case 1:
			slow->nearest[0] = true;
			appendStringInfoString(text, "LW");
			break;
		default:
			n = near->tm_mday + draw(5) - 2;
			n = Max(1, Min(31, n));
			slow->nearest[n] = true;
			appendStringInfo(text, "%dW", n);
			break;
	}
}

static void
draw_special_weekday(StringInfo text, Slow *slow, const struct pg_tm *near)
{
	static const char *const names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
	int			weekday = draw(3) == 0 ? draw(7) : near->tm_wday;
	int			n = draw(3) == 0 ? 6 : (near->tm_mday - 1) / 7 + 1;

	slow->nth[weekday][n] = true;
	if (draw(2) == 0)
		appendStringInfoString(text, names[weekday]);
	else
		appendStringInfo(text, "%d", weekday == 0 && draw(2) == 0 ? 7 : weekday);
	appendStringInfoString(text, n == 6 ? "L" : psprintf("#%d", n));
}

static char *
draw_schedule(Slow *slow, const struct pg_tm *near)
{
	static const char *const months[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"};
	static const char *const weekdays[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
	StringInfoData text;
	int			hour = near->tm_hour + draw(4) - 1;
	bool		star;

	memset(slow, 0, sizeof(*slow));
	initStringInfo(&text);
	slow->seconds = draw(4) == 0;
	if (slow->seconds)
	{
		draw_field(&text, slow->second, 0, 59, -1, &star, NULL);
		appendStringInfoChar(&text, ' ');
	}
	else
		slow->second[0] = true;
	draw_field(&text, slow->minute, 0, 59, -1, &star, NULL);
	appendStringInfoChar(&text, ' ');
	draw_field(&text, slow->hour, 0, 23, Max(0, Min(23, hour)), &slow->star_hour, NULL);
	appendStringInfoChar(&text, ' ');
	switch (draw(6))
	{
		case 0:
			draw_special_day(&text, slow, near);
			break;
		case 1:
			slow->star_day = true;
			appendStringInfoChar(&text, '?');
			for (int v = 1; v <= 31; v++)
				slow->day[v] = true;
			break;
		default:
			draw_field(&text, slow->day, 1, 31, near->tm_mday, &slow->star_day, NULL);
			break;
	}
	appendStringInfoChar(&text, ' ');
	draw_field(&text, slow->month, 1, 12, near->tm_mon + 1, &star, months);
	appendStringInfoChar(&text, ' ');
	if (draw(6) == 0)
		draw_special_weekday(&text, slow, near);
	else
		draw_field(&text, slow->weekday, 0, 6, near->tm_wday, &slow->star_weekday, weekdays);
	return text.data;
}

static bool
day_is_due(const Slow *slow, const struct pg_tm *tm)
{
	int			year = tm->tm_year + 1900;
	int			month = tm->tm_mon + 1;
	int			day = tm->tm_mday;
	int			last = days_in_month(year, month);
	bool		day_ok = slow->day[day] || slow->before_end[last - day];
	bool		weekday_ok = slow->weekday[tm->tm_wday] || slow->nth[tm->tm_wday][(day - 1) / 7 + 1] ||
		(slow->nth[tm->tm_wday][6] && day + 7 > last);

	for (int target = 0; target <= last && !day_ok; target++)
	{
		int			aim = target == 0 ? last : target;
		bool		found = false;

		/* the nearest of Monday to Friday inside the month: try 0, 1, 2 days away */
		for (int distance = 0; slow->nearest[target] && distance <= 2 && !found; distance++)
		{
			for (int side = -1; side <= 1 && !found; side += 2)
			{
				int			candidate = aim + side * distance;
				int			weekday = ((tm->tm_wday + candidate - day) % 7 + 7) % 7;

				found = candidate >= 1 && candidate <= last && weekday >= 1 && weekday <= 5;
				if (found && candidate == day)
					day_ok = true;
			}
		}
	}
	return slow->star_day || slow->star_weekday ? day_ok && weekday_ok : day_ok || weekday_ok;
}

static bool
is_due(const Slow *slow, const struct pg_tm *tm)
{
	return slow->second[tm->tm_sec] && slow->minute[tm->tm_min] && slow->hour[tm->tm_hour] &&
		slow->month[tm->tm_mon + 1] && day_is_due(slow, tm);
}

/* Did the clocks skip a time that is due, between two local times? */
static bool
skipped_one(const Slow *slow, pg_time_t from, pg_time_t upto, int step)
{
	for (pg_time_t local = from + step; local < upto; local += step)
	{
		if (is_due(slow, pg_gmtime(&local)))
			return true;
	}
	return false;
}

static bool
next_run(FmgrInfo *flinfo, Datum schedule, TimestampTz after, Datum zone, TimestampTz *next)
{
	LOCAL_FCINFO(fcinfo, 4);
	Datum		result;

	InitFunctionCallInfoData(*fcinfo, flinfo, 4, InvalidOid, NULL, NULL);
	fcinfo->args[0].value = schedule;
	fcinfo->args[1].value = TimestampTzGetDatum(after);
	fcinfo->args[2].value = zone;
	fcinfo->args[0].isnull = fcinfo->args[1].isnull = fcinfo->args[2].isnull = false;
	fcinfo->args[3].value = (Datum) 0;
	fcinfo->args[3].isnull = true;
	result = FunctionCallInvoke(fcinfo);
	*next = DatumGetTimestampTz(result);
	return !fcinfo->isnull;
}

/* An instant near which something happens to the clocks, where the zone has such a thing. */
static pg_time_t
draw_instant(const pg_tz *tz)
{
	pg_time_t	at = (pg_time_t) draw(67 * 365) * DAY + draw(DAY);
	pg_time_t	boundary;
	long		before, after;
	int			isdst_before, isdst_after;

	if (draw(4) > 0 &&
		pg_next_dst_boundary(&at, &before, &isdst_before, &boundary, &after, &isdst_after, tz) == 1 &&
		boundary < INT64CONST(2145916800))
		at = boundary - 3 * HOUR + draw(6 * HOUR);
	return at;
}

/* One case; adds to *instants what was compared. */
static void
try_case(FmgrInfo *in, FmgrInfo *next, const char *zone, int64 number, int64 *instants)
{
	pg_tz	   *tz = pg_tzset(zone);
	pg_time_t	begin;
	pg_time_t	end;
	pg_time_t	at;
	struct pg_tm near;
	Slow		slow;
	char	   *text;
	Datum		schedule;
	Datum		zone_text = CStringGetTextDatum(zone);
	TimestampTz after;
	TimestampTz found;
	int64		highest = PG_INT64_MIN;
	int64		previous = 0;
	int			step = 1;
	int			matches = 0;

	if (tz == NULL)
		elog(ERROR, "time zone %s is not known", zone);
	begin = draw_instant(tz);
	near = *pg_localtime(&begin, tz);
	text = draw_schedule(&slow, &near);
	/* such as the 31st of February: what is refused is the business of another test */
	PG_TRY();
	{
		schedule = InputFunctionCall(in, text, InvalidOid, -1);
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(CurTransactionContext);
		error = CopyErrorData();
		FlushErrorState();
		if (strstr(error->detail ? error->detail : "", "would never be due") == NULL)
			elog(ERROR, "case " INT64_FORMAT ": \"%s\" is refused: %s", number, text, error->detail);
		return;
	}
	PG_END_TRY();

	end = begin + (slow.seconds ? HOUR + HOUR / 2 : number % 200 == 0 ? 60 * DAY : 30 * HOUR);
	at = begin - 4 * HOUR;
	if (!slow.seconds && pg_localtime(&at, tz)->tm_gmtoff % 60 == 0 && pg_localtime(&end, tz)->tm_gmtoff % 60 == 0)
	{
		step = 60;
		at -= at % 60;
	}
	else if (!slow.seconds)
		end = begin + 3 * HOUR;
	after = time_t_to_timestamptz(begin) + (draw(4) == 0 ? draw(1000000) : 0);

	for (; at <= end && matches < MOST_MATCHES; at += step)
	{
		const struct pg_tm *tm = pg_localtime(&at, tz);
		int64		local = at + tm->tm_gmtoff;
		bool		due = is_due(&slow, tm);

		if (!slow.star_hour && highest != PG_INT64_MIN)
		{
			if (local <= highest)
				due = false;	/* shown before: a repeated hour counts once */
			else if (!due && local > previous + step)
				due = skipped_one(&slow, previous, local, step);
		}
		previous = local;
		highest = Max(highest, local);
		if (!due || time_t_to_timestamptz(at) <= after)
			continue;
		if (!next_run(next, schedule, after, zone_text, &found) || found != time_t_to_timestamptz(at))
			elog(ERROR, "case " INT64_FORMAT ": \"%s\" in %s after %s is due at %s, next_run() gives %s", number, text,
				 zone, timestamptz_to_str(after), pstrdup(timestamptz_to_str(time_t_to_timestamptz(at))),
				 pstrdup(timestamptz_to_str(found)));
		after = found;
		matches++;
	}
	if (matches < MOST_MATCHES && next_run(next, schedule, after, zone_text, &found) && found <= time_t_to_timestamptz(end))
		elog(ERROR, "case " INT64_FORMAT ": \"%s\" in %s is not due between %s and %s, next_run() gives %s", number, text,
			 zone, pstrdup(timestamptz_to_str(after)), pstrdup(timestamptz_to_str(time_t_to_timestamptz(end))),
			 pstrdup(timestamptz_to_str(found)));
	*instants += matches;
}

Datum
brute_schedule(PG_FUNCTION_ARGS)
{
	ArrayType  *zones = PG_GETARG_ARRAYTYPE_P(0);
	int32		cases = PG_GETARG_INT32(1);
	Datum	   *names;
	int			nzones;
	FmgrInfo	in;
	FmgrInfo	next;
	int64		instants = 0;
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "case", ALLOCSET_DEFAULT_SIZES);

	state = (uint64) PG_GETARG_INT64(2) * UINT64CONST(0x9E3779B97F4A7C15) | 1;
	deconstruct_array(zones, TEXTOID, -1, false, TYPALIGN_INT, &names, NULL, &nzones);
	fmgr_info(DatumGetObjectId(DirectFunctionCall1(regprocedurein, CStringGetDatum("portfolio.schedule_in(cstring)"))), &in);
	fmgr_info(DatumGetObjectId(DirectFunctionCall1(regprocedurein, CStringGetDatum("portfolio.next_run(portfolio.schedule,timestamptz,text,text)"))), &next);
	for (int64 number = 0; number < cases; number++)
	{
		MemoryContext old = MemoryContextSwitchTo(scratch);

		try_case(&in, &next, TextDatumGetCString(names[draw(nzones)]), number, &instants);
		MemoryContextSwitchTo(old);
		MemoryContextReset(scratch);
		CHECK_FOR_INTERRUPTS();
	}
	PG_RETURN_TEXT_P(cstring_to_text(psprintf("%d schedules, " INT64_FORMAT " instants", cases, instants)));
}
