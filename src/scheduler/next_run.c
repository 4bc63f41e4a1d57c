/*
 * next_run.c
 *		The instants at which a schedule is due.
 *
 * The line of time is cut where the zone changes its offset. Between two cuts local time and
 * instants differ by a constant, so that the next match is found by stepping over whole fields.
 * At a cut:
 *
 *	forward (an hour is skipped): a schedule whose hour field is no star and that had a match in
 *	the skipped hour is due once, at the instant of the change;
 *	back (an hour is repeated): a schedule whose hour field is no star does not match again in
 *	the repetition.
 *
 * A schedule whose hour field is a star just follows the clock. Grids know no time zone, but their
 * calendars do: a day of a calendar is a day of the zone.
 */
#include "schedule.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

/* No match within so many years means none ever: leap days on a weekday come back within 40 */
#define SEARCH_YEARS	45

/* Seconds of local time since 1970-01-01, the way instants count */
typedef int64 LocalTime;

/* The lowest bit of bits at or above from, or -1 */
static int
next_bit(uint64 bits, int from)
{
	uint64		rest = from > 63 ? 0 : bits & ~((UINT64CONST(1) << from) - 1);

	return rest == 0 ? -1 : pg_rightmost_one_pos64(rest);
}

static int64
floor_div(int64 value, int64 by)
{
	return value >= 0 ? value / by : -((-value + by - 1) / by);
}

/* The weekday (not Saturday, not Sunday) of the same month that is nearest to a day. */
static int
nearest_weekday(int year, int month, int day, int last)
{
	int			weekday = j2day(date2j(year, month, day));

	if (weekday == 6)
		return day > 1 ? day - 1 : day + 2;
	if (weekday == 0)
		return day < last ? day + 1 : day - 2;
	return day;
}

static bool
month_day_matches(const PfSchedule *schedule, int year, int month, int day)
{
	int			last = day_tab[isleap(year)][month - 1];

	if ((schedule->day >> day) & 1 || (schedule->from_end >> (last - day)) & 1)
		return true;
	for (int target = next_bit(schedule->nearest, 0); target >= 0; target = next_bit(schedule->nearest, target + 1))
	{
		if (target <= last && nearest_weekday(year, month, target == 0 ? last : target, last) == day)
			return true;
	}
	return false;
}

static bool
weekday_matches(const PfSchedule *schedule, int year, int month, int day, int weekday)
{
	if ((schedule->weekday >> weekday) & 1)
		return true;
	if (schedule->nth == 0)
		return false;
	return (schedule->nth & PF_NTH_BIT(weekday, (day - 1) / 7 + 1)) != 0 ||
		((schedule->nth & PF_NTH_BIT(weekday, PF_NTH_LAST)) != 0 &&
		 day + 7 > day_tab[isleap(year)][month - 1]);
}

/* Do the fields of month and day match? Calendars are not asked. */
bool
pf_schedule_day_matches(const PfSchedule *schedule, int year, int month, int day, int weekday)
{
	bool		day_ok;
	bool		weekday_ok;

	if (!((schedule->month >> month) & 1))
		return false;
	day_ok = month_day_matches(schedule, year, month, day);
	weekday_ok = weekday_matches(schedule, year, month, day, weekday);
	if (schedule->stars & (PF_STAR_DAY | PF_STAR_WEEKDAY))
		return day_ok && weekday_ok;
	return day_ok || weekday_ok;
}

typedef enum DayAnswer
{
	DAY_CLOSED,
	DAY_OPEN,
	DAY_UNKNOWN
} DayAnswer;

/* Is the day one of the calendar's? */
static DayAnswer
is_day_of(PfWhen *when, const PfCalendar *calendar, int32 day)
{
	int			low = 0;
	int			high = calendar->ndays;

	if (day < calendar->known_from || day > calendar->known_upto)
	{
		when->unknown = calendar;
		when->unknown_day = day;
		return DAY_UNKNOWN;
	}
	while (low < high)
	{
		int			middle = low + (high - low) / 2;

		if (calendar->days[middle] < day)
			low = middle + 1;
		else
			high = middle;
	}
	return low < calendar->ndays && calendar->days[low] == day ? DAY_OPEN : DAY_CLOSED;
}

/* What the calendars say of a local day. */
static DayAnswer
ask_calendars(PfWhen *when, int32 day)
{
	const PfCalendar *const closing[] = {when->except, when->closed};
	DayAnswer	answer = when->on != NULL ? is_day_of(when, when->on, day) : DAY_OPEN;

	for (int i = 0; i < lengthof(closing) && answer == DAY_OPEN; i++)
	{
		if (closing[i] == NULL)
			continue;
		answer = is_day_of(when, closing[i], day);
		if (answer != DAY_UNKNOWN)
			answer = answer == DAY_OPEN ? DAY_CLOSED : DAY_OPEN;
	}
	return answer;
}

/* The first second of a day at or after `from` that the time fields match, or -1. */
static int
next_time_of_day(const PfSchedule *schedule, int from)
{
	int			hour = from / SECS_PER_HOUR;
	int			minute = from / SECS_PER_MINUTE % MINS_PER_HOUR;
	int			second = from % SECS_PER_MINUTE;
	int			next;

	next = next_bit(schedule->hour, hour);
	if (next == hour)
	{
		next = next_bit(schedule->minute, minute);
		if (next == minute)
		{
			next = next_bit(schedule->second, second);
			if (next >= 0)
				return hour * SECS_PER_HOUR + minute * SECS_PER_MINUTE + next;
			next = next_bit(schedule->minute, minute + 1);
		}
		if (next >= 0)
			return hour * SECS_PER_HOUR + next * SECS_PER_MINUTE + next_bit(schedule->second, 0);
		next = next_bit(schedule->hour, hour + 1);
	}
	if (next < 0)
		return -1;
	return next * SECS_PER_HOUR + next_bit(schedule->minute, 0) * SECS_PER_MINUTE + next_bit(schedule->second, 0);
}

/* The first match in the local range [from, upto). */
static PfNext
next_local(PfWhen *when, LocalTime from, LocalTime upto, LocalTime *match)
{
	const PfSchedule *schedule = when->schedule;
	int64		day = floor_div(from, SECS_PER_DAY);
	int			time = (int) (from - day * SECS_PER_DAY);

	while (day * SECS_PER_DAY < upto)
	{
		int			year;
		int			month;
		int			monthday;
		int			found;

		j2date((int) (day + UNIX_EPOCH_JDATE), &year, &month, &monthday);
		if (!((schedule->month >> month) & 1))
		{
			/* the first day of the next month */
			day = (month == 12 ? date2j(year + 1, 1, 1) : date2j(year, month + 1, 1)) - UNIX_EPOCH_JDATE;
			time = 0;
			continue;
		}
		if (pf_schedule_day_matches(schedule, year, month, monthday, j2day((int) (day + UNIX_EPOCH_JDATE))) &&
			(found = next_time_of_day(schedule, time)) >= 0)
		{
			*match = day * SECS_PER_DAY + found;
			if (*match >= upto)
				return PF_NEXT_NEVER;
			switch (ask_calendars(when, (int32) day))
			{
				case DAY_OPEN:
					return PF_NEXT_FOUND;
				case DAY_UNKNOWN:
					return PF_NEXT_UNKNOWN;
				case DAY_CLOSED:
					break;
			}
		}
		day++;
		time = 0;
	}
	return PF_NEXT_NEVER;
}

/* Whole seconds since 1970 that are not later than an instant. */
static pg_time_t
whole_seconds(TimestampTz at)
{
	return floor_div(at, USECS_PER_SEC) +
		(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;
}

/* The next instant of a grid. */
static TimestampTz
next_of_grid(const PfSchedule *schedule, TimestampTz after)
{
	return (floor_div(after, schedule->every) + 1) * schedule->every;
}

/* Does one more cut lie behind this piece of time? Gives its offset and its end. */
static bool
piece_of_time(const pg_tz *tz, pg_time_t at, pg_time_t limit, long *offset, pg_time_t *end)
{
	pg_time_t	boundary;
	long		offset_after;
	int			isdst;
	int			isdst_after;
	int			found = pg_next_dst_boundary(&at, offset, &isdst, &boundary, &offset_after, &isdst_after, tz);

	*end = found == 1 ? Min(boundary, limit) : limit;
	return found >= 0;
}

/* The first instant at or after a candidate that lies on a day that is open; -1 for none. */
static PfNext
first_open(PfWhen *when, TimestampTz candidate, TimestampTz *open)
{
	pg_time_t	at = whole_seconds(candidate);
	pg_time_t	limit = at + (pg_time_t) SEARCH_YEARS * 366 * SECS_PER_DAY;
	bool		moved = false;

	if (when->on == NULL && when->except == NULL && when->closed == NULL)
	{
		*open = candidate;
		return PF_NEXT_FOUND;
	}
	while (at < limit)
	{
		long		offset;
		pg_time_t	end;

		if (!piece_of_time(when->tz, at, limit, &offset, &end))
			return PF_NEXT_NEVER;
		while (at < end)
		{
			int64		day = floor_div(at + offset, SECS_PER_DAY);
			DayAnswer	answer = ask_calendars(when, (int32) day);

			if (answer == DAY_UNKNOWN)
				return PF_NEXT_UNKNOWN;
			if (answer == DAY_OPEN)
			{
				*open = moved ? time_t_to_timestamptz(at) : candidate;
				return PF_NEXT_FOUND;
			}
			at = Min(end, (day + 1) * SECS_PER_DAY - offset);
			moved = true;
		}
	}
	return PF_NEXT_NEVER;
}

static PfNext
next_of_interval(PfWhen *when, TimestampTz after, TimestampTz *next)
{
	const PfSchedule *schedule = when->schedule;

	if (schedule->kind == PF_SCHEDULE_AFTER)
		return first_open(when, after + schedule->every, next);
	/* the next of the grid may lie on a closed day: on from the first open instant behind it */
	for (;;)
	{
		TimestampTz candidate = next_of_grid(schedule, after);
		PfNext		found = first_open(when, candidate, next);

		if (found != PF_NEXT_FOUND || *next == candidate)
			return found;
		after = *next - 1;
	}
}

static PfNext
next_of_cron(PfWhen *when, TimestampTz after, TimestampTz *next)
{
	pg_time_t	earliest = whole_seconds(after) + 1;	/* the first whole second that may be due */
	pg_time_t	limit = earliest + (pg_time_t) SEARCH_YEARS * 366 * SECS_PER_DAY;
	pg_time_t	at = earliest - 2 * SECS_PER_DAY;	/* to see the change whose repetition we may stand in */
	bool		follows_clock = (when->schedule->stars & PF_STAR_HOUR) != 0;
	bool		have_previous = false;
	long		previous_offset = 0;

	while (at < limit)
	{
		pg_time_t	end;
		long		offset;
		LocalTime	from;
		LocalTime	match;
		PfNext		found;

		if (!piece_of_time(when->tz, at, limit, &offset, &end))
			return PF_NEXT_NEVER;
		if (have_previous && offset > previous_offset && !follows_clock && at >= earliest)
		{
			found = next_local(when, at + previous_offset, at + offset, &match);
			if (found != PF_NEXT_NEVER)
			{
				*next = time_t_to_timestamptz(at);
				return found;
			}
		}
		from = Max(at, earliest) + offset;
		if (have_previous && offset < previous_offset && !follows_clock)
			from = Max(from, at + previous_offset);
		if (end > earliest && (found = next_local(when, from, end + offset, &match)) != PF_NEXT_NEVER)
		{
			*next = time_t_to_timestamptz(match - offset);
			return found;
		}
		have_previous = true;
		previous_offset = offset;
		at = end;
	}
	return PF_NEXT_NEVER;
}

/*
 * The first instant strictly later than `after` at which the schedule is due. PF_NEXT_NEVER if
 * there is none that a timestamp can hold.
 */
PfNext
pf_schedule_next(PfWhen *when, TimestampTz after, TimestampTz *next)
{
	PfNext		found = PF_NEXT_NEVER;

	if (TIMESTAMP_NOT_FINITE(after))
		return PF_NEXT_NEVER;
	switch ((PfScheduleKind) when->schedule->kind)
	{
		case PF_SCHEDULE_CRON:
			found = next_of_cron(when, after, next);
			break;
		case PF_SCHEDULE_EVERY:
		case PF_SCHEDULE_AFTER:
			found = next_of_interval(when, after, next);
			break;
		case PF_SCHEDULE_ONCE:
		case PF_SCHEDULE_REBOOT:
			*next = when->schedule->kind == PF_SCHEDULE_ONCE ? when->schedule->every : PgStartTime;
			found = *next > after ? PF_NEXT_FOUND : PF_NEXT_NEVER;
			break;
		case PF_SCHEDULE_CHAIN:
			break;
	}
	if (found == PF_NEXT_FOUND && !IS_VALID_TIMESTAMP(*next))
		found = PF_NEXT_NEVER;
	return found;
}

/* The slots in (after, upto]. */
PfSlots
pf_schedule_slots(PfWhen *when, TimestampTz after, TimestampTz upto)
{
	const PfSchedule *schedule = when->schedule;
	PfSlots		slots = {0};
	TimestampTz slot;

	slots.end = pf_schedule_next(when, after, &slot);
	if (slots.end != PF_NEXT_FOUND || slot > upto)
		return slots;
	slots.first = slot;
	if (schedule->kind == PF_SCHEDULE_EVERY && when->on == NULL && when->except == NULL && when->closed == NULL)
	{
		slots.count = (upto - slot) / schedule->every + 1;
		slots.last = slot + (slots.count - 1) * schedule->every;
		slots.before_last = slots.last - schedule->every;
		return slots;
	}
	do
	{
		if (slots.count > 0)
			slots.before_last = slots.last;
		slots.last = slot;
		slots.count++;
		CHECK_FOR_INTERRUPTS();
		slots.end = pf_schedule_next(when, slot, &slot);
	} while (slots.end == PF_NEXT_FOUND && slot <= upto);
	return slots;
}
