/*
 * cron_parse.c
 *		Text of a schedule to its fields and back.
 *
 * Forms: five fields of cron (minute hour day-of-month month day-of-week; numbers, three-letter
 * names, ranges, steps, lists), @hourly @daily @midnight @weekly @monthly @yearly @annually, and
 * "every <n> <unit>". As in Vixie cron a field counts as a star when it is "*" or "*<slash>n", and
 * where neither day field is a star one matching day field is enough.
 *
 * Nothing here raises an error: a caller gets a sentence that names the place, so that the input
 * function can be soft.
 */
#include "schedule.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "port/pg_bitutils.h"

#define HINT_FORMS "Write five fields (minute hour day-of-month month day-of-week) such as \"0 6 * * mon-fri\", or @hourly, @daily, @weekly, @monthly, @yearly, or \"every 10 seconds\"."

typedef struct CronField
{
	const char *name;
	int			low;
	int			high;			/* what may be written; 7 is another Sunday */
	const char *const *names;	/* names of low, low + 1, ... */
	uint8		star_flag;
} CronField;

static const char *const month_names[] = {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug",
"sep", "oct", "nov", "dec", NULL};
static const char *const weekday_names[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat", NULL};

static const CronField cron_fields[5] = {
	{"minute", 0, 59, NULL, 0},
	{"hour", 0, 23, NULL, PF_STAR_HOUR},
	{"day of month", 1, 31, NULL, PF_STAR_DAY},
	{"month", 1, 12, month_names, 0},
	{"day of week", 0, 7, weekday_names, PF_STAR_WEEKDAY}
};

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

/* Units of "every"; the longest that divides the period is the one that is printed */
static const struct
{
	const char *name;			/* as printed, in the plural */
	const char *words;			/* as read, between spaces */
	int64		usecs;
}			every_units[] = {
	{"hours", " hours hour h hrs hr ", USECS_PER_HOUR},
	{"minutes", " minutes minute min mins m ", USECS_PER_MINUTE},
	{"seconds", " seconds second s sec secs ", USECS_PER_SEC},
	{"ms", " ms milliseconds millisecond msec msecs ", 1000}
};

/* The text being read */
typedef struct Reader
{
	const char *whole;
	const char *at;
	PfScheduleError *error;
	int			field;			/* index of the field being read */
} Reader;

static bool
fail(Reader *reader, const char *fmt,...) pg_attribute_printf(2, 3);

static bool
fail(Reader *reader, const char *fmt,...)
{
	va_list		args;
	char	   *detail = reader->error->detail;
	int			used;

	used = snprintf(detail, sizeof(reader->error->detail), "Field %d (%s), position %d: ",
					reader->field + 1, cron_fields[reader->field].name,
					(int) (reader->at - reader->whole) + 1);
	va_start(args, fmt);
	vsnprintf(detail + used, sizeof(reader->error->detail) - used, fmt, args);
	va_end(args);
	strlcpy(reader->error->hint, HINT_FORMS, sizeof(reader->error->hint));
	return false;
}

/* One number or name of a field. */
static bool
read_value(Reader *reader, int *value)
{
	const CronField *field = &cron_fields[reader->field];
	const char *start = reader->at;
	int			length = 0;

	if (isdigit((unsigned char) *start))
	{
		int			number = 0;

		while (isdigit((unsigned char) start[length]) && length < 20)
			number = Min(number, 1000) * 10 + (start[length++] - '0');
		if (number < field->low || number > field->high)
			return fail(reader, "%.*s is not in the range %d to %d.", length, start,
						field->low, field->high);
		*value = number;
		reader->at += length;
		return true;
	}
	while (isalpha((unsigned char) start[length]))
		length++;
	if (length == 0)
	{
		if (*start == '\0' || isspace((unsigned char) *start))
			return fail(reader, "a value is missing.");
		return fail(reader, "character \"%.*s\" is not allowed here.", pg_mblen(start), start);
	}
	for (int i = 0; field->names && field->names[i]; i++)
	{
		if (length == 3 && pg_strncasecmp(start, field->names[i], 3) == 0)
		{
			*value = field->low + i;
			reader->at += length;
			return true;
		}
	}
	if (length > 20)
		length = 20;
	if (field->names == NULL)
		return fail(reader, "\"%.*s\" is not a number.", length, start);
	return fail(reader, "\"%.*s\" is not a number or a name such as \"%s\".", length, start,
				field->names[1]);
}

static bool
read_step(Reader *reader, int *step)
{
	const CronField *field = &cron_fields[reader->field];
	int			most = Min(field->high, field->names == weekday_names ? 6 : 59) - field->low + 1;
	int			number = 0;
	int			length = 0;

	*step = 1;
	if (*reader->at != '/')
		return true;
	reader->at++;
	while (isdigit((unsigned char) reader->at[length]) && length < 20)
		number = Min(number, 1000) * 10 + (reader->at[length++] - '0');
	if (length == 0)
		return fail(reader, "a step is missing after \"/\".");
	if (number < 1 || number > most)
		return fail(reader, "step %.*s is not in the range 1 to %d.", length, reader->at, most);
	reader->at += length;
	*step = number;
	return true;
}

/* One item of a field's list: star, value or range, with a step. */
static bool
read_item(Reader *reader, uint64 *bits, bool *star)
{
	const CronField *field = &cron_fields[reader->field];
	bool		weekday = field->names == weekday_names;
	const char *start = reader->at;
	int			low = field->low;
	int			high = weekday ? 6 : field->high;
	int			step;

	*star = *reader->at == '*';
	if (*star)
		reader->at++;
	else
	{
		if (!read_value(reader, &low))
			return false;
		high = low;
		if (*reader->at == '-')
		{
			reader->at++;
			if (!read_value(reader, &high))
				return false;
			if (high == 0 && weekday && low > 0)
				high = 7;		/* fri-sun */
			if (high < low)
			{
				reader->at = start;
				return fail(reader, "the range ends before it begins.");
			}
		}
		else if (*reader->at == '/')
			high = weekday ? 6 : field->high;	/* 5/15 is 5-59/15 */
	}
	if (!read_step(reader, &step))
		return false;
	for (int value = low; value <= high; value += step)
		*bits |= UINT64CONST(1) << (weekday && value == 7 ? 0 : value);
	return true;
}

static bool
read_field(Reader *reader, uint64 *bits, uint8 *stars)
{
	int			items = 0;
	bool		star = false;

	*bits = 0;
	for (;;)
	{
		if (!read_item(reader, bits, &star))
			return false;
		items++;
		if (*reader->at != ',')
			break;
		reader->at++;
	}
	if (*reader->at != '\0' && !isspace((unsigned char) *reader->at))
		return fail(reader, "character \"%.*s\" is not allowed here.", pg_mblen(reader->at), reader->at);
	if (star && items == 1)
		*stars |= cron_fields[reader->field].star_flag;
	return true;
}

static int
count_fields(const char *input)
{
	int			fields = 0;

	while (*input)
	{
		while (isspace((unsigned char) *input))
			input++;
		if (*input)
			fields++;
		while (*input && !isspace((unsigned char) *input))
			input++;
	}
	return fields;
}

static bool
parse_cron(const char *input, const char *origin, PfSchedule *out, PfScheduleError *error)
{
	Reader		reader = {origin, input, error, 0};
	uint64		bits[5];
	int			fields = count_fields(input);

	if (fields != 5)
	{
		snprintf(error->detail, sizeof(error->detail), "It has %d %s, expected 5.", fields,
				 fields == 1 ? "field" : "fields");
		strlcpy(error->hint, HINT_FORMS, sizeof(error->hint));
		return false;
	}
	for (; reader.field < 5; reader.field++)
	{
		while (isspace((unsigned char) *reader.at))
			reader.at++;
		if (!read_field(&reader, &bits[reader.field], &out->stars))
			return false;
	}
	out->kind = PF_SCHEDULE_CRON;
	out->minute = bits[0];
	out->hour = (uint32) bits[1];
	out->day = (uint32) bits[2];
	out->month = (uint16) bits[3];
	out->weekday = (uint8) bits[4];
	return pf_schedule_check(out, error);
}

/* "every 10 seconds", "every minute" */
static bool
parse_every(const char *input, const char *origin, PfSchedule *out, PfScheduleError *error)
{
	const char *at = input;
	int64		number = 0;
	int			digits = 0;
	char		word[24];
	int			length = 0;

	strlcpy(error->hint, "Write \"every\", a whole number and ms, seconds, minutes or hours, such as \"every 10 seconds\".",
			sizeof(error->hint));
	while (isspace((unsigned char) *at))
		at++;
	for (; isdigit((unsigned char) *at); at++, digits++)
	{
		if (digits < 12)
			number = number * 10 + (*at - '0');
	}
	if (digits == 0)
		number = 1;
	while (isspace((unsigned char) *at))
		at++;
	word[length++] = ' ';
	while (isalpha((unsigned char) at[length - 1]) && length < (int) sizeof(word) - 2)
	{
		word[length] = pg_tolower((unsigned char) at[length - 1]);
		length++;
	}
	word[length++] = ' ';
	word[length] = '\0';

	if (length > 2 && at[length - 2] == '\0')
	{
		for (int i = 0; i < lengthof(every_units); i++)
		{
			if (strstr(every_units[i].words, word) == NULL)
				continue;
			out->kind = PF_SCHEDULE_EVERY;
			out->every = digits > 9 ? PF_EVERY_MAX + 1 : number * every_units[i].usecs;
			return pf_schedule_check(out, error);
		}
		if (strncmp(word, " day", 4) == 0 || strncmp(word, " week", 5) == 0 ||
			strncmp(word, " month", 6) == 0 || strncmp(word, " year", 5) == 0)
			strlcpy(error->hint, "Use @daily, @weekly, @monthly, @yearly or five fields: they follow the job's time zone.",
					sizeof(error->hint));
	}
	snprintf(error->detail, sizeof(error->detail), "Position %d: a unit of time is expected.",
			 (int) (at - origin) + 1);
	return false;
}

/*
 * Read a schedule. On failure *error says where and what to write instead. The bytes of *out are
 * fully determined, so that schedules compare by memcmp.
 */
bool
pf_schedule_parse(const char *input, PfSchedule *out, PfScheduleError *error)
{
	const char *at = input;
	int			length;

	memset(out, 0, sizeof(*out));
	SET_VARSIZE(out, sizeof(*out));
	while (isspace((unsigned char) *at))
		at++;
	length = strlen(at);
	while (length > 0 && isspace((unsigned char) at[length - 1]))
		length--;

	if (*at == '@')
	{
		for (int i = 0; i < lengthof(macros); i++)
		{
			if ((int) strlen(macros[i].word) == length && pg_strncasecmp(at, macros[i].word, length) == 0)
				return parse_cron(macros[i].cron, macros[i].cron, out, error);
		}
		if (length == 7 && pg_strncasecmp(at, "@reboot", 7) == 0)
		{
			strlcpy(error->detail, "A schedule names instants, and a start of the server is none.", sizeof(error->detail));
			strlcpy(error->hint, "Use \"every 5 minutes\" or @hourly and let the command decide what there is to do.", sizeof(error->hint));
			return false;
		}
		snprintf(error->detail, sizeof(error->detail), "Position %d: \"%.*s\" is not known.",
				 (int) (at - input) + 1, pg_mbcliplen(at, length, 20), at);
		strlcpy(error->hint, HINT_FORMS, sizeof(error->hint));
		return false;
	}
	if (pg_strncasecmp(at, "every", 5) == 0 && (isspace((unsigned char) at[5]) || at[5] == '\0'))
	{
		char	   *copy = pnstrdup(input, (at - input) + length);

		return parse_every(copy + (at - input) + 5, copy, out, error);
	}
	return parse_cron(at, input, out, error);
}

/* Is the field what a star with some step matches? Gives the smallest such step. */
static bool
star_pattern(uint64 bits, int low, int high, int *step)
{
	for (*step = 1; *step <= high - low + 1; (*step)++)
	{
		uint64		expected = 0;

		for (int value = low; value <= high; value += *step)
			expected |= UINT64CONST(1) << value;
		if (expected == bits)
			return true;
	}
	return false;
}

/* Is any day of the months set matched by the day field? (29 February counts.) */
static bool
some_day_exists(const PfSchedule *schedule)
{
	static const int longest[13] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

	if ((schedule->stars & (PF_STAR_DAY | PF_STAR_WEEKDAY)) == 0)
		return true;			/* a matching weekday is enough */
	for (int month = 1; month <= 12; month++)
	{
		if ((schedule->month & (1 << month)) &&
			pg_rightmost_one_pos32(schedule->day) <= longest[month])
			return true;
	}
	return false;
}

/* The laws of a schedule that do not depend on its text: also what binary input must pass. */
bool
pf_schedule_check(const PfSchedule *schedule, PfScheduleError *error)
{
	int			step;

	strlcpy(error->hint, HINT_FORMS, sizeof(error->hint));
	if (schedule->kind == PF_SCHEDULE_EVERY)
	{
		if (schedule->every >= PF_EVERY_MIN && schedule->every <= PF_EVERY_MAX &&
			schedule->every % 1000 == 0)
			return true;
		strlcpy(error->detail, "The period must be between 100 ms and 168 hours.", sizeof(error->detail));
		strlcpy(error->hint, "Longer periods are five fields or @daily, @weekly, @monthly: they follow the job's time zone.",
				sizeof(error->hint));
		return false;
	}
	if (schedule->kind != PF_SCHEDULE_CRON || schedule->every != 0 ||
		schedule->minute == 0 || (schedule->minute >> 60) != 0 ||
		schedule->hour == 0 || (schedule->hour >> 24) != 0 ||
		schedule->day == 0 || (schedule->day & 1) != 0 ||
		schedule->month == 0 || (schedule->month & 1) != 0 || (schedule->month >> 13) != 0 ||
		schedule->weekday == 0 || (schedule->weekday >> 7) != 0 ||
		((schedule->stars & PF_STAR_HOUR) && !star_pattern(schedule->hour, 0, 23, &step)) ||
		((schedule->stars & PF_STAR_DAY) && !star_pattern(schedule->day, 1, 31, &step)) ||
		((schedule->stars & PF_STAR_WEEKDAY) && !star_pattern(schedule->weekday, 0, 6, &step)))
	{
		strlcpy(error->detail, "A field is out of range.", sizeof(error->detail));
		return false;
	}
	if (!some_day_exists(schedule))
	{
		strlcpy(error->detail, "No month that is named has such a day, so it would never be due.", sizeof(error->detail));
		strlcpy(error->hint, "Day 31 needs a long month, day 30 any month but February; day 29 of February comes in leap years.",
				sizeof(error->hint));
		return false;
	}
	return true;
}

/*
 * A field in its shortest form: star, star with step, or values and ranges. Where a star means
 * nothing of its own (minute, month) it is printed when it says more than three values would.
 */
static void
append_field(StringInfo out, uint64 bits, int low, int high, bool has_flag, bool star)
{
	const char *comma = "";
	int			step;

	if ((has_flag ? star : pg_popcount64(bits) > 2) && star_pattern(bits, low, high, &step))
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

/* The canonical text: reading it gives the same bytes. */
char *
pf_schedule_text(const PfSchedule *schedule)
{
	StringInfoData out;

	initStringInfo(&out);
	if (schedule->kind == PF_SCHEDULE_EVERY)
	{
		for (int i = 0; i < lengthof(every_units); i++)
		{
			int64		number = schedule->every / every_units[i].usecs;

			if (schedule->every % every_units[i].usecs != 0)
				continue;
			appendStringInfo(&out, "every " INT64_FORMAT " %s", number, every_units[i].name);
			if (number == 1 && i < lengthof(every_units) - 1)
				out.data[--out.len] = '\0';
			break;
		}
		return out.data;
	}
	append_field(&out, schedule->minute, 0, 59, false, false);
	appendStringInfoChar(&out, ' ');
	append_field(&out, schedule->hour, 0, 23, true, schedule->stars & PF_STAR_HOUR);
	appendStringInfoChar(&out, ' ');
	append_field(&out, schedule->day, 1, 31, true, schedule->stars & PF_STAR_DAY);
	appendStringInfoChar(&out, ' ');
	append_field(&out, schedule->month, 1, 12, false, false);
	appendStringInfoChar(&out, ' ');
	append_field(&out, schedule->weekday, 0, 6, true, schedule->stars & PF_STAR_WEEKDAY);
	return out.data;
}
