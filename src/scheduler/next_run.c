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
 * A schedule whose hour field is a star just follows the clock. Grids know no time zone.
 */
#include "schedule.h"

#include "miscadmin.h"
#include "port/pg_bitutils.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

/* No match within so many years means none ever: leap days on a weekday come back within 40 */
#define SEARCH_YEARS	45
#define SECS_PER_LOCAL_DAY	((int64) SECS_PER_DAY)

/* Seconds of local time since 1970-01-01, the way instants count */
typedef int64 LocalTime;

#define EPOCH_DAY	UNIX_EPOCH_JDATE

/* The lowest bit of bits at or above from, or -1 */
static int
next_bit(uint64 bits, int from)
{
	uint64		rest = from > 63 ? 0 : bits & ~((UINT64CONST(1) << from) - 1);

	return rest == 0 ? -1 : pg_rightmost_one_pos64(rest);
}

static bool
day_matches(const PfSchedule *schedule, int day, int weekday)
{
	bool		day_ok = (schedule->day >> day) & 1;
	bool		weekday_ok = (schedule->weekday >> weekday) & 1;

	if (schedule->stars & (PF_STAR_DAY | PF_STAR_WEEKDAY))
		return day_ok && weekday_ok;
	return day_ok || weekday_ok;
}

/* The first match in the local range [from, upto). */
static bool
next_local(const PfSchedule *schedule, LocalTime from, LocalTime upto, LocalTime *match)
{
	int64		minutes;
	int64		day;
	int			hour;
	int			minute;

	/* round up to a whole minute */
	minutes = from / 60 + (from % 60 > 0 ? 1 : 0);
	day = minutes / MINS_PER_HOUR / HOURS_PER_DAY;
	if (minutes - day * HOURS_PER_DAY * MINS_PER_HOUR < 0)
		day--;
	minutes -= day * HOURS_PER_DAY * MINS_PER_HOUR;
	hour = minutes / MINS_PER_HOUR;
	minute = minutes % MINS_PER_HOUR;

	while (day * SECS_PER_LOCAL_DAY < upto)
	{
		int			year;
		int			month;
		int			monthday;

		j2date((int) (day + EPOCH_DAY), &year, &month, &monthday);
		if (!((schedule->month >> month) & 1))
		{
			/* the first day of the next month */
			day = month == 12 ? date2j(year + 1, 1, 1) - EPOCH_DAY :
				date2j(year, month + 1, 1) - EPOCH_DAY;
			hour = minute = 0;
			continue;
		}
		if (day_matches(schedule, monthday, j2day((int) (day + EPOCH_DAY))))
		{
			int			next_minute = next_bit(schedule->minute, minute);
			int			next_hour;

			if (!((schedule->hour >> hour) & 1) || next_minute < 0)
			{
				next_hour = next_bit(schedule->hour, next_minute < 0 ? hour + 1 : hour);
				if (next_hour > hour)
					next_minute = next_bit(schedule->minute, 0);
			}
			else
				next_hour = hour;
			if (next_hour >= 0)
			{
				*match = day * SECS_PER_LOCAL_DAY + next_hour * SECS_PER_HOUR +
					next_minute * SECS_PER_MINUTE;
				return *match < upto;
			}
		}
		day++;
		hour = minute = 0;
	}
	return false;
}

/* The next instant of a grid. */
static bool
next_of_grid(const PfSchedule *schedule, TimestampTz after, TimestampTz *next)
{
	int64		steps = after / schedule->every;

	if (after % schedule->every < 0)
		steps--;
	*next = (steps + 1) * schedule->every;
	return IS_VALID_TIMESTAMP(*next);
}

/*
 * The first instant strictly later than `after` at which the schedule is due. False if there is
 * none that a timestamp can hold.
 */
bool
pf_schedule_next(const PfSchedule *schedule, const pg_tz *tz, TimestampTz after, TimestampTz *next)
{
	pg_time_t	earliest;		/* the first whole second that may be due */
	pg_time_t	at;				/* begin of the piece of time looked at */
	pg_time_t	limit;
	long		previous_offset = 0;
	bool		have_previous = false;
	bool		follows_clock = (schedule->stars & PF_STAR_HOUR) != 0;

	if (TIMESTAMP_NOT_FINITE(after))
		return false;
	if (schedule->kind == PF_SCHEDULE_EVERY)
		return next_of_grid(schedule, after, next);

	/* Whole seconds from here on; an instant between two seconds rounds down before the + 1. */
	earliest = timestamptz_to_time_t(after);
	if (after < 0 && after % USECS_PER_SEC != 0)
		earliest--;
	earliest++;
	limit = earliest + (pg_time_t) SEARCH_YEARS * 366 * SECS_PER_DAY;

	/* Begin early enough to see the change of offset whose repetition we may stand in. */
	at = earliest - 2 * SECS_PER_DAY;
	while (at < limit)
	{
		pg_time_t	boundary;
		long		offset;
		long		offset_after;
		int			isdst;
		int			isdst_after;
		int			found = pg_next_dst_boundary(&at, &offset, &isdst, &boundary, &offset_after,
												 &isdst_after, tz);
		pg_time_t	piece_end = found == 1 ? Min(boundary, limit) : limit;
		LocalTime	from;
		LocalTime	match;

		if (found < 0)
			return false;
		if (have_previous && offset > previous_offset && !follows_clock && at >= earliest &&
			next_local(schedule, at + previous_offset, at + offset, &match))
		{
			*next = time_t_to_timestamptz(at);
			return IS_VALID_TIMESTAMP(*next);
		}
		from = Max(at, earliest) + offset;
		if (have_previous && offset < previous_offset && !follows_clock)
			from = Max(from, at + previous_offset);
		if (piece_end > earliest && next_local(schedule, from, piece_end + offset, &match))
		{
			*next = time_t_to_timestamptz(match - offset);
			return IS_VALID_TIMESTAMP(*next);
		}
		have_previous = true;
		previous_offset = offset;
		at = piece_end;
	}
	return false;
}

/*
 * How many slots lie in (after, upto], the first, the last and the one before the last (only set
 * where there are so many).
 */
int64
pf_schedule_count(const PfSchedule *schedule, const pg_tz *tz, TimestampTz after, TimestampTz upto,
				  TimestampTz *first, TimestampTz *before_last, TimestampTz *last)
{
	TimestampTz slot;
	int64		slots = 0;

	if (!pf_schedule_next(schedule, tz, after, &slot) || slot > upto)
		return 0;
	*first = slot;
	if (schedule->kind == PF_SCHEDULE_EVERY)
	{
		slots = (upto - slot) / schedule->every + 1;
		*last = slot + (slots - 1) * schedule->every;
		*before_last = *last - schedule->every;
		return slots;
	}
	do
	{
		if (slots > 0)
			*before_last = *last;
		*last = slot;
		slots++;
		CHECK_FOR_INTERRUPTS();
	} while (pf_schedule_next(schedule, tz, slot, &slot) && slot <= upto);
	return slots;
}
