/*
 * schedule_parse.c
 *		Text of a schedule to its value: which form it has, calendars, intervals and instants. The
 *		fields of cron are read by cron_parse.c.
 *
 * Forms: five or six fields of cron, @hourly ... @yearly, @reboot, @after, "every 10 seconds" (or only "10
 * seconds", or ISO 8601: PT10S), "every 10 minutes after each run", "at 2027-03-01 09:00
 * Europe/London" (or without "at"). Those that follow the days may end in "on calendar x" and "except on
 * calendar x".
 *
 * Nothing here raises an error (cron_parse.c says why).
 */
#include "schedule.h"

#include <ctype.h>

#include "mb/pg_wchar.h"
#include "utils/datetime.h"
#include "utils/timestamp.h"

#define HINT_EVERY "Write \"every\", numbers and ms, seconds, minutes or hours, such as \"every 10 seconds\" or \"every 1 hour 30 minutes\"; with \"after each run\" behind it the time counts from the end of the run before."
#define HINT_AT "Write day, time and zone, such as \"at 2027-03-01 09:00 Europe/London\" or \"at 2027-03-01 09:00:00Z\"."
#define HINT_CALENDAR "Write \"on calendar x\" or \"except on calendar x\" once each, at the end; x is the code of a row of portfolio.calendar."
#define HINT_DAYS "Use @daily, @weekly, @monthly, @yearly or cron fields: they follow the job's time zone."

static const struct
{
	const char *word;
	const char *cron;
}			macros[] = {
	{"@hourly", "0 * * * *"},
	{"@daily", "0 0 * * *"},
	{"@midnight", "0 0 * * *"},
	{"@weekly", "0 0 * * 0"},
	{"@monthly", "0 0 1 * *"},
	{"@yearly", "0 0 1 1 *"},
	{"@annually", "0 0 1 1 *"}
};

static const struct
{
	const char *words;			/* between spaces */
	int64		usecs;			/* 0: not of one length */
}			units[] = {
	{" hours hour h hrs hr ", USECS_PER_HOUR},
	{" minutes minute min mins m ", USECS_PER_MINUTE},
	{" seconds second s sec secs ", USECS_PER_SEC},
	{" ms milliseconds millisecond msec msecs ", 1000},
	{" days day d weeks week w months month mons mon years year y ", 0}
};

static const char *
skip_space(const char *at)
{
	while (isspace((unsigned char) *at))
		at++;
	return at;
}

static bool
fail(PfScheduleError *error, const char *hint, const char *fmt,...) pg_attribute_printf(3, 4);

static bool
fail(PfScheduleError *error, const char *hint, const char *fmt,...)
{
	va_list		args;

	va_start(args, fmt);
	vsnprintf(error->detail, sizeof(error->detail), fmt, args);
	va_end(args);
	strlcpy(error->hint, hint, sizeof(error->hint));
	return false;
}

#define POSITION(whole, at) ((int) ((at) - (whole)) + 1)

/* Lower-case letters, digits, "-" and "_", beginning with a letter: as the CHECK of calendar says. */
bool
pf_is_calendar_code(const char *code, size_t length)
{
	if (length == 0 || length >= NAMEDATALEN || *code < 'a' || *code > 'z')
		return false;
	for (size_t i = 0; i < length; i++)
	{
		if (!((code[i] >= 'a' && code[i] <= 'z') || (code[i] >= '0' && code[i] <= '9') ||
			  code[i] == '-' || code[i] == '_'))
			return false;
	}
	return true;
}

/* Does the word that begins here match? Then *end is behind it. */
static bool
is_word(const char *at, const char *word, const char **end)
{
	size_t		length = strlen(word);

	if (pg_strncasecmp(at, word, length) != 0 ||
		(at[length] != '\0' && !isspace((unsigned char) at[length])))
		return false;
	*end = skip_space(at + length);
	return true;
}

/* Where the calendars begin, or the end of the text. */
static const char *
find_calendars(const char *at)
{
	const char *end;

	for (at = skip_space(at); *at; at = skip_space(at))
	{
		if (is_word(at, "on", &end) || is_word(at, "except", &end))
			return at;
		while (*at && !isspace((unsigned char) *at))
			at++;
	}
	return at;
}

/* "on calendar x except on calendar y", either or both. */
static bool
parse_calendars(const char *whole, const char *at, char *on, char *except, PfScheduleError *error)
{
	on[0] = except[0] = '\0';
	while (*at)
	{
		const char *begin = at;
		bool		is_except = is_word(at, "except", &at);
		char	   *name = is_except ? except : on;
		size_t		length = 0;

		if (!is_word(at, "on", &at) || !is_word(at, "calendar", &at))
			return fail(error, HINT_CALENDAR, "Position %d: \"%scalendar\" is expected.",
						POSITION(whole, at), at == begin || is_except ? "on " : "");
		while (at[length] != '\0' && !isspace((unsigned char) at[length]))
			length++;
		if (!pf_is_calendar_code(at, length))
			return fail(error, HINT_CALENDAR,
						"Position %d: the code of a calendar is expected: small letters, digits, \"-\" and \"_\".",
						POSITION(whole, at));
		if (name[0] != '\0')
			return fail(error, HINT_CALENDAR, "Position %d: a second calendar of the same kind.",
						POSITION(whole, begin));
		memcpy(name, at, length);
		name[length] = '\0';
		at = skip_space(at + length);
	}
	return true;
}

/* Add number times unit, without overflow; anything too long is just too long. */
static void
add_time(int64 *total, int64 number, int64 usecs)
{
	if (number > PF_EVERY_MAX / usecs)
		*total = PF_EVERY_MAX + 1;
	else
		*total = Min(PF_EVERY_MAX + 1, *total + number * usecs);
}

static int64
read_number(const char **at)
{
	int64		number = 0;

	for (; isdigit((unsigned char) **at); (*at)++)
		number = Min(number * 10 + (**at - '0'), PF_EVERY_MAX);
	return number;
}

/* The digits behind a decimal point, as microseconds of a second */
static int64
read_fraction(const char **at)
{
	int64		unit = USECS_PER_SEC;
	int64		fraction = 0;

	for (; isdigit((unsigned char) **at); (*at)++)
	{
		unit /= 10;
		fraction += (**at - '0') * unit;
	}
	return fraction;
}

/* "10 seconds", "0.5 seconds", "1 hour 30 minutes", "minute", up to the end or the word "after". */
static bool
read_units(const char *whole, const char **at, PfSchedule *out, PfScheduleError *error)
{
	const char *end;
	bool		first = true;

	do
	{
		bool		has_number = isdigit((unsigned char) **at);
		int64		number = has_number ? read_number(at) : 1;
		bool		has_fraction = has_number && **at == '.';
		int64		fraction = has_fraction ? ((*at)++, read_fraction(at)) : 0;
		const char *begin = *at = skip_space(*at);
		char		word[24];
		int			length = 1;
		int			i;

		word[0] = ' ';
		while (isalpha((unsigned char) **at) && length < (int) sizeof(word) - 2)
			word[length++] = pg_tolower((unsigned char) *(*at)++);
		word[length++] = ' ';
		word[length] = '\0';
		for (i = 0; i < lengthof(units) && strstr(units[i].words, word) == NULL; i++)
			;
		if (length == 2 || i == lengthof(units) || (!has_number && !first) ||
			(**at != '\0' && !isspace((unsigned char) **at) && !isdigit((unsigned char) **at)))
			return fail(error, HINT_EVERY, "Position %d: a unit of time is expected.", POSITION(whole, begin));
		if (units[i].usecs == 0)
			return fail(error, HINT_DAYS, "Position %d: days, weeks, months and years are not all of one length.",
						POSITION(whole, begin));
		if (has_fraction && units[i].usecs != USECS_PER_SEC)
			return fail(error, HINT_EVERY, "Position %d: only seconds have fractions.", POSITION(whole, begin));
		add_time(&out->every, number, units[i].usecs);
		out->every += fraction;
		*at = skip_space(*at);
		first = false;
	} while (**at != '\0' && !is_word(*at, "after", &end));
	return true;
}

/* ISO 8601: PT1H30M, PT0.5S. */
static bool
read_iso(const char *whole, const char **at, PfSchedule *out, PfScheduleError *error)
{
	static const char letters[] = "HMS";
	static const int64 usecs[] = {USECS_PER_HOUR, USECS_PER_MINUTE, USECS_PER_SEC};
	int			next = 0;		/* letters come in this order, each once */
	const char *end;

	(*at)++;
	if (isdigit((unsigned char) **at))
		return fail(error, HINT_DAYS, "Position %d: days, weeks, months and years are not all of one length.",
					POSITION(whole, *at));
	if (pg_toupper((unsigned char) **at) != 'T')
		return fail(error, HINT_EVERY, "Position %d: \"T\" and a time are expected.", POSITION(whole, *at));
	(*at)++;
	do
	{
		const char *begin = *at;
		int64		number = read_number(at);
		int64		fraction = 0;
		const char *letter;

		if (*at > begin && (**at == '.' || **at == ','))
		{
			(*at)++;
			fraction = read_fraction(at);
			if (pg_toupper((unsigned char) **at) != 'S')
				return fail(error, HINT_EVERY, "Position %d: only seconds have fractions.", POSITION(whole, *at));
		}
		letter = *at > begin && **at ? strchr(letters + next, pg_toupper((unsigned char) **at)) : NULL;
		if (letter == NULL)
			return fail(error, HINT_EVERY, "Position %d: a number and one of H, M and S, in this order, are expected.",
						POSITION(whole, *at));
		add_time(&out->every, number, usecs[letter - letters]);
		out->every += fraction;
		next = letter - letters + 1;
		(*at)++;
	} while (**at != '\0' && !isspace((unsigned char) **at));
	*at = skip_space(*at);
	if (**at != '\0' && !is_word(*at, "after", &end))
		return fail(error, HINT_EVERY, "Position %d: \"after each run\" or nothing is expected.", POSITION(whole, *at));
	return true;
}

/* What follows "every". */
static bool
parse_every(const char *whole, const char *at, PfSchedule *out, PfScheduleError *error)
{
	if (pg_toupper((unsigned char) *at) == 'P' ? !read_iso(whole, &at, out, error) :
		!read_units(whole, &at, out, error))
		return false;
	out->kind = PF_SCHEDULE_EVERY;
	if (*at == '\0')
		return true;
	(void) is_word(at, "after", &at);
	if (!is_word(at, "each", &at) || !is_word(at, "run", &at) || *at != '\0')
		return fail(error, HINT_EVERY, "Position %d: \"after each run\" is expected.", POSITION(whole, at));
	out->kind = PF_SCHEDULE_AFTER;
	return true;
}

/* Exactly so many digits. */
static bool
read_fixed(const char **at, int digits, int *number)
{
	*number = 0;
	for (int i = 0; i < digits; i++)
	{
		if (!isdigit((unsigned char) **at))
			return false;
		*number = *number * 10 + (*(*at)++ - '0');
	}
	return true;
}

/* "+01", "+01:00", "-0330": seconds east of Greenwich. */
static bool
read_offset(const char *at, int *seconds)
{
	int			sign = *at == '-' ? -1 : 1;
	int			hours;
	int			minutes = 0;

	at++;
	if (!read_fixed(&at, 2, &hours))
		return false;
	if (*at == ':')
		at++;
	if (*at != '\0' && !read_fixed(&at, 2, &minutes))
		return false;
	*seconds = sign * (hours * SECS_PER_HOUR + minutes * SECS_PER_MINUTE);
	return *at == '\0' && hours <= 15 && minutes < 60;
}

/* The first instant at which clocks of the zone show a local time; false if they never do. */
static bool
local_to_instant(const pg_tz *tz, int64 local, int64 *instant)
{
	pg_time_t	from = local - 2 * SECS_PER_DAY;
	pg_time_t	boundary;
	long		offsets[2];
	int			isdst[2];
	pg_time_t	candidate;

	for (int piece = 0; piece < 4; piece++)
	{
		int			found = pg_next_dst_boundary(&from, &offsets[0], &isdst[0], &boundary, &offsets[1],
												 &isdst[1], tz);

		if (found < 0)
			return false;
		candidate = local - offsets[0];
		if (candidate >= from && (found == 0 || candidate < boundary))
		{
			*instant = candidate;
			return true;
		}
		if (found == 0)
			return false;
		from = boundary;
	}
	return false;
}

/* What follows "at". */
static bool
parse_at(const char *whole, const char *at, PfSchedule *out, PfScheduleError *error)
{
	const char *begin = at;
	int			year, month, day, hour, minute, second = 0, offset;
	int64		fraction = 0;
	int64		instant;

	if (!read_fixed(&at, 4, &year) || *at++ != '-' || !read_fixed(&at, 2, &month) || *at++ != '-' ||
		!read_fixed(&at, 2, &day) || (*at != '\0' && *at != 'T' && *at != 't' && !isspace((unsigned char) *at)))
		return fail(error, HINT_AT, "Position %d: a day such as 2027-03-01 is expected.", POSITION(whole, begin));
	begin = at = skip_space(*at != '\0' ? at + 1 : at);
	if (!read_fixed(&at, 2, &hour) || *at++ != ':' || !read_fixed(&at, 2, &minute) ||
		(*at == ':' && (at++, !read_fixed(&at, 2, &second))))
		return fail(error, HINT_AT, "Position %d: a time such as 09:00 is expected.", POSITION(whole, begin));
	if (*at == '.')
	{
		at++;
		fraction = read_fraction(&at);
	}
	if (year < 1 || month < 1 || month > 12 || day < 1 || day > day_tab[isleap(year)][month - 1] ||
		hour > 23 || minute > 59 || second > 59)
		return fail(error, HINT_AT, "There is no such day or time.");
	instant = ((int64) date2j(year, month, day) - UNIX_EPOCH_JDATE) * SECS_PER_DAY +
		hour * SECS_PER_HOUR + minute * SECS_PER_MINUTE + second;

	begin = at = skip_space(at);
	if (*at == '\0')
		return fail(error, HINT_AT, "Position %d: a time zone is expected.", POSITION(whole, at));
	if (pg_strcasecmp(at, "z") == 0)
		offset = 0;
	else if (*at == '+' || *at == '-')
	{
		if (!read_offset(at, &offset))
			return fail(error, HINT_AT, "Position %d: an offset such as +01:00 is expected.", POSITION(whole, at));
		instant -= offset;
	}
	else
	{
		pg_tz	   *tz = strlen(at) > TZ_STRLEN_MAX ? NULL : pg_tzset(at);

		if (tz == NULL)
			return fail(error, HINT_AT, "Position %d: time zone \"%.*s\" is not known.", POSITION(whole, at),
						pg_mbcliplen(at, strlen(at), 40), at);
		if (!local_to_instant(tz, instant, &instant))
			return fail(error, HINT_AT, "Clocks of %s skip this time.", at);
	}
	out->kind = PF_SCHEDULE_ONCE;
	out->every = time_t_to_timestamptz(instant) + fraction;
	return true;
}

/* A copy in which the text between begin and end stands alone, at the same place. */
static char *
copy_until(const char *whole, const char *end)
{
	while (end > whole && isspace((unsigned char) end[-1]))
		end--;
	return pnstrdup(whole, end - whole);
}

/* Everything but calendars. `whole` ends where they begin. */
static bool
parse_times(const char *whole, PfSchedule *out, PfScheduleError *error)
{
	const char *at = skip_space(whole);
	const char *rest;

	if (*at == '@')
	{
		for (int i = 0; i < lengthof(macros); i++)
		{
			if (pg_strcasecmp(macros[i].word, at) == 0)
				return pf_cron_parse(macros[i].cron, macros[i].cron, out, error);
		}
		if (pg_strcasecmp(at, "@reboot") == 0)
		{
			out->kind = PF_SCHEDULE_REBOOT;
			return true;
		}
		if (pg_strcasecmp(at, "@after") == 0)
		{
			out->kind = PF_SCHEDULE_CHAIN;
			return true;
		}
		return fail(error, pf_schedule_forms, "Position %d: \"%.*s\" is not known.", POSITION(whole, at),
					pg_mbcliplen(at, strlen(at), 20), at);
	}
	if (is_word(at, "every", &rest))
		return parse_every(whole, rest, out, error);
	if (is_word(at, "at", &rest))
		return parse_at(whole, rest, out, error);
	/* PT10S, and "10 seconds" as pg_cron writes it */
	if (pg_toupper((unsigned char) *at) == 'P')
		return parse_every(whole, at, out, error);
	for (rest = at; isdigit((unsigned char) *rest); rest++)
		;
	/* a day, which no field of cron looks like */
	if (rest - at == 4 && *rest == '-')
		return parse_at(whole, at, out, error);
	if (*rest == '.')
		rest += strspn(rest + 1, "0123456789") + 1;
	rest = skip_space(rest);
	if (isdigit((unsigned char) *at) && isalpha((unsigned char) *rest))
		return parse_every(whole, at, out, error);
	return pf_cron_parse(whole, at, out, error);
}

/*
 * Read a schedule; NULL on failure, and *error says where and what to write instead. The bytes of
 * the result are fully determined, so that schedules compare by memcmp.
 */
PfSchedule *
pf_schedule_parse(const char *input, PfScheduleError *error)
{
	const char *calendars = find_calendars(input);
	PfSchedule *out = palloc0(PF_SCHEDULE_FIXED_SIZE + 2 * NAMEDATALEN);
	char		on[NAMEDATALEN];
	char		except[NAMEDATALEN];

	if (!parse_times(copy_until(input, calendars), out, error) ||
		!parse_calendars(input, calendars, on, except, error))
		return NULL;
	out->on_length = strlen(on);
	out->except_length = strlen(except);
	memcpy(out->names, on, out->on_length);
	memcpy(out->names + out->on_length, except, out->except_length);
	SET_VARSIZE(out, PF_SCHEDULE_SIZE(out));
	return pf_schedule_check(out, error) ? out : NULL;
}

/*
 * Does some day match? Within 28 years between 1901 and 2099 every combination of leap year and
 * weekday occurs, so these years tell for all.
 */
static bool
some_day_matches(const PfSchedule *schedule)
{
	int			day = date2j(2000, 1, 1);
	int			end = date2j(2028, 1, 1);

	for (; day < end; day++)
	{
		int			year;
		int			month;
		int			monthday;

		j2date(day, &year, &month, &monthday);
		if (pf_schedule_day_matches(schedule, year, month, monthday, j2day(day)))
			return true;
	}
	return false;
}

static bool
check_cron(const PfSchedule *schedule, PfScheduleError *error)
{
	int			step;

	if (schedule->every != 0 ||
		schedule->second == 0 || (schedule->second >> 60) != 0 ||
		schedule->minute == 0 || (schedule->minute >> 60) != 0 ||
		schedule->hour == 0 || (schedule->hour >> 24) != 0 || (schedule->day & 1) != 0 ||
		(schedule->day == 0 && schedule->from_end == 0 && schedule->nearest == 0) ||
		(schedule->from_end >> 31) != 0 ||
		schedule->month == 0 || (schedule->month & 1) != 0 || (schedule->month >> 13) != 0 ||
		(schedule->weekday == 0 && schedule->nth == 0) || (schedule->weekday >> 7) != 0 ||
		(schedule->nth >> 42) != 0 ||
		((schedule->stars & PF_STAR_HOUR) && !pf_star_pattern(schedule->hour, 0, 23, &step)) ||
		((schedule->stars & PF_STAR_DAY) &&
		 (schedule->from_end != 0 || schedule->nearest != 0 || !pf_star_pattern(schedule->day, 1, 31, &step))) ||
		((schedule->stars & PF_STAR_WEEKDAY) &&
		 (schedule->nth != 0 || !pf_star_pattern(schedule->weekday, 0, 6, &step))))
		return fail(error, pf_schedule_forms, "A field is out of range.");
	if (!some_day_matches(schedule))
		return fail(error, "Day 31 needs a long month, day 30 any month but February; day 29 of February comes in leap years.",
					"Fields day of month and month: no day of any year matches them, so it would never be due.");
	return true;
}

/* The laws of a schedule that do not depend on its text: also what binary input must pass. */
bool
pf_schedule_check(const PfSchedule *schedule, PfScheduleError *error)
{
	bool		has_calendar = schedule->on_length > 0 || schedule->except_length > 0;

	if ((schedule->on_length > 0 && !pf_is_calendar_code(schedule->names, schedule->on_length)) ||
		(schedule->except_length > 0 &&
		 !pf_is_calendar_code(schedule->names + schedule->on_length, schedule->except_length)))
		return fail(error, HINT_CALENDAR, "The code of a calendar is not one.");
	switch ((PfScheduleKind) schedule->kind)
	{
		case PF_SCHEDULE_CRON:
			return check_cron(schedule, error);
		case PF_SCHEDULE_EVERY:
		case PF_SCHEDULE_AFTER:
			if (schedule->every >= PF_EVERY_MIN && schedule->every <= PF_EVERY_MAX &&
				schedule->every % 1000 == 0)
				return true;
			return fail(error, "Longer periods are cron fields or @daily, @weekly, @monthly: they follow the job's time zone.",
						"The period must be between 100 ms and 168 hours, in whole milliseconds.");
		case PF_SCHEDULE_ONCE:
			if (has_calendar)
				return fail(error, HINT_CALENDAR, "One instant does not depend on a calendar.");
			if (!IS_VALID_TIMESTAMP(schedule->every) || schedule->every < time_t_to_timestamptz(-62135596800))
				return fail(error, HINT_AT, "The instant is out of range.");
			return true;
		case PF_SCHEDULE_REBOOT:
		case PF_SCHEDULE_CHAIN:
			if (has_calendar)
				return fail(error, HINT_CALENDAR, "The start of the server, or the end of a job, does not depend on a calendar.");
			return true;
	}
	return fail(error, pf_schedule_forms, "The kind of schedule is not known.");
}
