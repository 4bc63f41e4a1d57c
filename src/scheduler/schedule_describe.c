/*
 * schedule_describe.c
 *		A schedule in plain English: when in the day, on which days, in which months, on which
 *		calendar. Says exactly what next_run.c does, "or" between day fields included.
 */
#include "schedule.h"

#include "lib/stringinfo.h"
#include "port/pg_bitutils.h"

#define ALL(bits, low, high) ((bits) == ((UINT64CONST(1) << (high)) - 1 + (UINT64CONST(1) << (high))) - ((UINT64CONST(1) << (low)) - 1))
#define MOST_TIMES	6			/* more are told by their rule */

static const char *const weekdays[] = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"", "January", "February", "March", "April", "May", "June", "July",
"August", "September", "October", "November", "December"};
static const char *const ordinals[] = {"", "first", "second", "third", "fourth", "fifth", "last"};

/* "a", "a and b", "a, b and c": the separator before item i of n */
static const char *
separator(int i, int n, const char *last)
{
	return i == 0 ? "" : i == n - 1 ? last : ", ";
}

/* Values of a field, runs of three and more as ranges. */
static void
append_values(StringInfo out, uint64 bits, int high, const char *const *names, const char *format)
{
	int			items = 0;
	int			from[64];
	int			to[64];

	for (int value = 0; value <= high; value++)
	{
		int			end = value;

		if (!((bits >> value) & 1))
			continue;
		while (end < high && ((bits >> (end + 1)) & 1))
			end++;
		if (end < value + 2)
			end = value;
		from[items] = value;
		to[items++] = end;
		value = end;
	}
	for (int i = 0; i < items; i++)
	{
		appendStringInfoString(out, separator(i, items, " and "));
		for (int side = 0; side < (to[i] > from[i] ? 2 : 1); side++)
		{
			int			value = side == 0 ? from[i] : to[i];

			if (side == 1)
				appendStringInfoString(out, " to ");
			if (names != NULL)
				appendStringInfoString(out, names[value]);
			else if (format != NULL)
				appendStringInfo(out, "%02d%s", value, side == 1 ? ":59" : format);
			else
				appendStringInfo(out, "%d", value);
		}
	}
}

/* "06:00 and 18:30", where these are few. */
static bool
append_times(StringInfo out, const PfSchedule *schedule)
{
	int			n = pg_popcount64(schedule->hour) * pg_popcount64(schedule->minute) * pg_popcount64(schedule->second);
	int			i = 0;

	if (n > MOST_TIMES)
		return false;
	appendStringInfoString(out, "at ");
	for (int t = 0; t < SECS_PER_DAY; t++)
	{
		int			hour = t / SECS_PER_HOUR;
		int			minute = t / SECS_PER_MINUTE % MINS_PER_HOUR;
		int			second = t % SECS_PER_MINUTE;

		if (!((schedule->hour >> hour) & 1) || !((schedule->minute >> minute) & 1) ||
			!((schedule->second >> second) & 1))
			continue;
		appendStringInfo(out, "%s%02d:%02d", separator(i, n, " and "), hour, minute);
		if (schedule->second != 1)
			appendStringInfo(out, ":%02d", second);
		i++;
	}
	return true;
}

/* "every 15 minutes", "at minute 0 and 30"; star: all of them */
static void
append_sixtieths(StringInfo out, uint64 bits, const char *unit)
{
	int			step;

	if (ALL(bits, 0, 59))
		appendStringInfo(out, "every %s", unit);
	else if (pg_popcount64(bits) > 2 && pf_star_pattern(bits, 0, 59, &step))
	{
		appendStringInfo(out, "every %d %ss", step, unit);
		if (60 % step != 0)
			appendStringInfo(out, " from the start of each %s", strcmp(unit, "second") == 0 ? "minute" : "hour");
	}
	else
	{
		appendStringInfo(out, "at %s ", unit);
		append_values(out, bits, 59, NULL, NULL);
	}
}

/* Three values or more without a gap */
static bool
is_one_range(uint64 bits)
{
	uint64		shifted = bits >> pg_rightmost_one_pos64(bits);

	return pg_popcount64(bits) > 2 && (shifted & (shifted + 1)) == 0;
}

static void
append_time(StringInfo out, const PfSchedule *schedule)
{
	int			step;

	if (append_times(out, schedule))
		return;
	if (schedule->second != 1)
	{
		append_sixtieths(out, schedule->second, "second");
		if (!ALL(schedule->minute, 0, 59))
			appendStringInfoString(out, ", ");
	}
	if (schedule->second == 1 && schedule->minute == 1)
		appendStringInfoString(out, "on the hour");
	else if (schedule->second == 1 || !ALL(schedule->minute, 0, 59))
		append_sixtieths(out, schedule->minute, "minute");
	if (ALL(schedule->hour, 0, 23))
		appendStringInfoString(out, schedule->minute == 1 ? ", every hour" : pg_popcount64(schedule->minute) > 2 &&
							   pf_star_pattern(schedule->minute, 0, 59, &step) ? "" : " of every hour");
	else if (pg_popcount64(schedule->hour) > 2 && pf_star_pattern(schedule->hour, 0, 23, &step))
		appendStringInfo(out, " of every %d%s hour from 00:00", step, step == 2 ? "nd" : step == 3 ? "rd" : "th");
	else if (is_one_range(schedule->hour))
	{
		appendStringInfoString(out, ", from ");
		append_values(out, schedule->hour, 23, NULL, ":00");
	}
	else
	{
		appendStringInfoString(out, " of hour ");
		append_values(out, schedule->hour, 23, NULL, NULL);
	}
}

static void
append_month_days(StringInfo out, const PfSchedule *schedule)
{
	int			n = (schedule->day != 0) + pg_popcount64(schedule->from_end) + pg_popcount64(schedule->nearest);
	int			i = 0;
	int			step;

	appendStringInfoString(out, "on ");
	if (pg_popcount32(schedule->day) > 3 && pf_star_pattern(schedule->day, 1, 31, &step))
	{
		appendStringInfo(out, "every %d%s day from day 1", step, step == 2 ? "nd" : step == 3 ? "rd" : "th");
		i++;
	}
	else if (schedule->day != 0)
	{
		appendStringInfo(out, "day ");
		append_values(out, schedule->day, 31, NULL, NULL);
		i++;
	}
	for (int before = 0; before <= 30; before++)
	{
		if (!((schedule->from_end >> before) & 1))
			continue;
		appendStringInfoString(out, separator(i++, n, " and "));
		if (before == 0)
			appendStringInfoString(out, "the last day");
		else
			appendStringInfo(out, "%d %s before the last day", before, before == 1 ? "day" : "days");
	}
	for (int day = 0; day <= 31; day++)
	{
		if (!((schedule->nearest >> day) & 1))
			continue;
		appendStringInfoString(out, separator(i++, n, " and "));
		if (day == 0)
			appendStringInfoString(out, "the last weekday");
		else
			appendStringInfo(out, "the weekday nearest to day %d", day);
	}
	appendStringInfoString(out, " of the month");
}

static void
append_weekdays(StringInfo out, const PfSchedule *schedule)
{
	int			n = (schedule->weekday != 0) + pg_popcount64(schedule->nth);
	int			i = 0;
	uint64		week = (schedule->weekday >> 1) | (uint64) (schedule->weekday & 1) << 6;	/* Monday first */
	static const char *const from_monday[] = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

	if (schedule->weekday != 0)
	{
		append_values(out, week, 6, from_monday, NULL);
		i++;
	}
	for (int weekday = 0; weekday < 7; weekday++)
	{
		for (int which = 1; which <= PF_NTH_LAST; which++)
		{
			if (schedule->nth & PF_NTH_BIT(weekday, which))
				appendStringInfo(out, "%sthe %s %s of the month", separator(i++, n, " and "), ordinals[which],
								 weekdays[weekday]);
		}
	}
}

static void
append_days(StringInfo out, const PfSchedule *schedule)
{
	bool		any_day = ALL((uint64) schedule->day, 1, 31);
	bool		any_weekday = ALL((uint64) schedule->weekday, 0, 6);
	bool		both = (schedule->stars & (PF_STAR_DAY | PF_STAR_WEEKDAY)) != 0;

	/* where one field is enough, one that always matches settles it */
	if ((any_day && any_weekday) || (!both && (any_day || any_weekday)))
	{
		if (pg_popcount64(schedule->hour) * pg_popcount64(schedule->minute) * pg_popcount64(schedule->second) <= MOST_TIMES)
			appendStringInfoString(out, " every day");
		return;
	}
	appendStringInfoString(out, " ");
	if (!any_day)
		append_month_days(out, schedule);
	if (!any_day && !any_weekday)
		appendStringInfoString(out, both ? ", if that is " : " or on ");
	else if (!any_weekday)
		appendStringInfoString(out, "on ");
	if (!any_weekday)
		append_weekdays(out, schedule);
}

static void
append_cron(StringInfo out, const PfSchedule *schedule)
{
	append_time(out, schedule);
	append_days(out, schedule);
	if (!ALL((uint64) schedule->month, 1, 12))
	{
		appendStringInfoString(out, " in ");
		append_values(out, schedule->month, 12, months, NULL);
	}
}

/* The schedule as a sentence without its full stop. */
char *
pf_schedule_describe(const PfSchedule *schedule)
{
	StringInfoData out;

	initStringInfo(&out);
	switch ((PfScheduleKind) schedule->kind)
	{
		case PF_SCHEDULE_CRON:
			append_cron(&out, schedule);
			break;
		case PF_SCHEDULE_REBOOT:
			appendStringInfoString(&out, "once after each start of the server");
			break;
		case PF_SCHEDULE_CHAIN:
			appendStringInfoString(&out, "whenever the jobs that it runs after have ended");
			break;
		case PF_SCHEDULE_ONCE:
			appendStringInfo(&out, "once, %s", pf_schedule_text(schedule));
			break;
		case PF_SCHEDULE_EVERY:
		case PF_SCHEDULE_AFTER:
			{
				PfSchedule	plain = *schedule;

				plain.on_length = plain.except_length = 0;	/* calendars are told below */
				appendStringInfoString(&out, pf_schedule_text(&plain));
				break;
			}
	}
	if (schedule->on_length > 0)
		appendStringInfo(&out, ", only on days of calendar %.*s", schedule->on_length, schedule->names);
	if (schedule->except_length > 0)
		appendStringInfo(&out, ", except on days of calendar %.*s", schedule->except_length,
						 schedule->names + schedule->on_length);
	out.data[0] = pg_toupper((unsigned char) out.data[0]);
	return out.data;
}
