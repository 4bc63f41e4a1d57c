/*
 * schedule_text.c
 *		A schedule as text: one canonical form, and reading it gives the same bytes.
 */
#include "schedule.h"

#include "lib/stringinfo.h"
#include "port/pg_bitutils.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

/* The longest unit that divides the period is the one that is printed */
static const struct
{
	const char *name;			/* in the plural */
	int64		usecs;
}			units[] = {
	{"hours", USECS_PER_HOUR},
	{"minutes", USECS_PER_MINUTE},
	{"seconds", USECS_PER_SEC},
	{"ms", 1000}
};

/*
 * A field in its shortest form: star, star with step, or values and ranges. Where a star means
 * nothing of its own (minute, month) it is printed when it says more than three values would.
 */
static void
append_field(StringInfo out, uint64 bits, int low, int high, bool has_flag, bool star)
{
	const char *comma = "";
	int			step;

	if ((has_flag ? star : pg_popcount64(bits) > 2) && pf_star_pattern(bits, low, high, &step))
	{
		appendStringInfoChar(out, '*');
		if (step > 1)
			appendStringInfo(out, "/%d", step);
		return;
	}
	for (int value = low; value <= high; value++)
	{
		int			end = value;

		if (!(bits & (UINT64CONST(1) << value)))
			continue;
		while (end < high && (bits & (UINT64CONST(1) << (end + 1))))
			end++;
		if (end >= value + 2)
		{
			appendStringInfo(out, "%s%d-%d", comma, value, end);
			value = end;
		}
		else
			appendStringInfo(out, "%s%d", comma, value);
		comma = ",";
	}
}

/* Before a further item of the field that began at `from`. */
static void
append_comma(StringInfo out, int from)
{
	if (out->len > from)
		appendStringInfoChar(out, ',');
}

static void
append_days(StringInfo out, const PfSchedule *schedule)
{
	int			from = out->len;

	if (schedule->day != 0)
		append_field(out, schedule->day, 1, 31, true, schedule->stars & PF_STAR_DAY);
	for (int n = 0; n <= 30; n++)
	{
		if (!(schedule->from_end & ((uint32) 1 << n)))
			continue;
		append_comma(out, from);
		appendStringInfoChar(out, 'L');
		if (n > 0)
			appendStringInfo(out, "-%d", n);
	}
	for (int day = 0; day <= 31; day++)
	{
		if (!(schedule->nearest & ((uint32) 1 << day)))
			continue;
		append_comma(out, from);
		if (day == 0)
			appendStringInfoString(out, "LW");
		else
			appendStringInfo(out, "%dW", day);
	}
}

static void
append_weekdays(StringInfo out, const PfSchedule *schedule)
{
	int			from = out->len;

	if (schedule->weekday != 0)
		append_field(out, schedule->weekday, 0, 6, true, schedule->stars & PF_STAR_WEEKDAY);
	for (int weekday = 0; weekday < 7; weekday++)
	{
		for (int n = 1; n <= PF_NTH_LAST; n++)
		{
			if (!(schedule->nth & PF_NTH_BIT(weekday, n)))
				continue;
			append_comma(out, from);
			if (n == PF_NTH_LAST)
				appendStringInfo(out, "%dL", weekday);
			else
				appendStringInfo(out, "%d#%d", weekday, n);
		}
	}
}

static void
append_cron(StringInfo out, const PfSchedule *schedule)
{
	if (schedule->second != 1)
	{
		append_field(out, schedule->second, 0, 59, false, false);
		appendStringInfoChar(out, ' ');
	}
	append_field(out, schedule->minute, 0, 59, false, false);
	appendStringInfoChar(out, ' ');
	append_field(out, schedule->hour, 0, 23, true, schedule->stars & PF_STAR_HOUR);
	appendStringInfoChar(out, ' ');
	append_days(out, schedule);
	appendStringInfoChar(out, ' ');
	append_field(out, schedule->month, 1, 12, false, false);
	appendStringInfoChar(out, ' ');
	append_weekdays(out, schedule);
}

static void
append_period(StringInfo out, const PfSchedule *schedule)
{
	for (int i = 0; i < lengthof(units); i++)
	{
		int64		number = schedule->every / units[i].usecs;

		if (schedule->every % units[i].usecs != 0)
			continue;
		appendStringInfo(out, "every " INT64_FORMAT " %s", number, units[i].name);
		if (number == 1 && i < lengthof(units) - 1)
			out->data[--out->len] = '\0';
		break;
	}
	if (schedule->kind == PF_SCHEDULE_AFTER)
		appendStringInfoString(out, " after each run");
}

static void
append_instant(StringInfo out, TimestampTz instant)
{
	struct pg_tm tm;
	fsec_t		fsec;

	/* in UTC: without a zone the instant is taken apart as it is */
	if (timestamp2tm(instant, NULL, &tm, &fsec, NULL, NULL) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("timestamp out of range")));
	appendStringInfo(out, "at %04d-%02d-%02d %02d:%02d:%02d", tm.tm_year, tm.tm_mon, tm.tm_mday,
					 tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (fsec != 0)
		appendStringInfo(out, ".%06d", (int) fsec);
	appendStringInfoChar(out, 'Z');
}

/* The canonical text: reading it gives the same bytes. */
char *
pf_schedule_text(const PfSchedule *schedule)
{
	StringInfoData out;

	initStringInfo(&out);
	switch ((PfScheduleKind) schedule->kind)
	{
		case PF_SCHEDULE_CRON:
			append_cron(&out, schedule);
			break;
		case PF_SCHEDULE_EVERY:
		case PF_SCHEDULE_AFTER:
			append_period(&out, schedule);
			break;
		case PF_SCHEDULE_ONCE:
			append_instant(&out, schedule->every);
			break;
		case PF_SCHEDULE_REBOOT:
			appendStringInfoString(&out, "@reboot");
			break;
		case PF_SCHEDULE_CHAIN:
			appendStringInfoString(&out, "@after");
			break;
	}
	if (schedule->on_length > 0)
		appendStringInfo(&out, " on calendar %.*s", schedule->on_length, schedule->names);
	if (schedule->except_length > 0)
		appendStringInfo(&out, " except on calendar %.*s", schedule->except_length,
						 schedule->names + schedule->on_length);
	return out.data;
}
