/*
 * cron_parse.c
 *		The five or six fields of cron.
 *
 * Fields: [second] minute hour day-of-month month day-of-week; numbers, three-letter names, ranges,
 * steps, lists; in the day fields also "?" (a star), L (the last day; L-2: two days before it), 15W
 * (the weekday nearest to the 15th; LW: to the last day), friL (the last Friday), fri#2 (the second);
 * "$" is L as pg_cron writes it. As in Vixie cron a field counts as a star when it is "*" or
 * "*<slash>n", and where neither day field is a star one matching day field is enough.
 *
 * Nothing here raises an error: a caller gets a sentence that names the place, so that the input
 * function can be soft.
 */
#include "schedule.h"

#include <ctype.h>

#include "mb/pg_wchar.h"

const char *const pf_schedule_forms = "Write five fields (minute hour day-of-month month day-of-week) such as \"0 6 * * mon-fri\", six with seconds first, @hourly, @daily, @weekly, @monthly, @yearly, @reboot, \"every 10 seconds\" or \"at 2027-03-01 09:00 Europe/London\".";

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

enum
{
	SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, FIELDS
};

static const CronField cron_fields[FIELDS] = {
	{"second", 0, 59, NULL, 0},
	{"minute", 0, 59, NULL, 0},
	{"hour", 0, 23, NULL, PF_STAR_HOUR},
	{"day of month", 1, 31, NULL, PF_STAR_DAY},
	{"month", 1, 12, month_names, 0},
	{"day of week", 0, 7, weekday_names, PF_STAR_WEEKDAY}
};

/* The text being read */
typedef struct Reader
{
	const char *whole;
	const char *at;
	PfScheduleError *error;
	PfSchedule *out;
	int			field;			/* the field being read */
	int			first_field;	/* SECOND or MINUTE */
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
					reader->field - reader->first_field + 1, cron_fields[reader->field].name,
					(int) (reader->at - reader->whole) + 1);
	va_start(args, fmt);
	vsnprintf(detail + used, sizeof(reader->error->detail) - used, fmt, args);
	va_end(args);
	strlcpy(reader->error->hint, pf_schedule_forms, sizeof(reader->error->hint));
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
	if (reader->field == WEEKDAY && length == 4 && pg_toupper((unsigned char) start[3]) == 'L')
		length = 3;				/* friL */
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

static int
read_digits(Reader *reader)
{
	int			number = 0;

	while (isdigit((unsigned char) *reader->at))
		number = Min(number, 1000) * 10 + (*reader->at++ - '0');
	return number;
}

static bool
at_letter(const Reader *reader, char letter)
{
	return pg_toupper((unsigned char) *reader->at) == letter;
}

/* L, L-3, LW, $ in the field of days; true in *taken if there was one. */
static bool
read_last_day(Reader *reader, bool *taken)
{
	int			before = 0;

	*taken = reader->field == DAY && (at_letter(reader, 'L') || *reader->at == '$');
	if (!*taken)
		return true;
	reader->at++;
	if (at_letter(reader, 'W') && reader->at[-1] != '$')
	{
		reader->at++;
		reader->out->nearest |= 1;
		return true;
	}
	if (*reader->at == '-')
	{
		const char *number = ++reader->at;

		before = read_digits(reader);
		if (before < 1 || before > 30)
		{
			reader->at = number;
			return fail(reader, "a number from 1 to 30 is expected after \"L-\".");
		}
	}
	reader->out->from_end |= (uint32) 1 << before;
	return true;
}

/* 15W, friL and fri#2, whose first part has been read; true in *taken if it was one of them. */
static bool
read_nth(Reader *reader, int value, bool *taken)
{
	int			n = PF_NTH_LAST;

	*taken = true;
	if (reader->field == DAY && at_letter(reader, 'W'))
	{
		reader->at++;
		reader->out->nearest |= (uint32) 1 << value;
		return true;
	}
	if (reader->field == WEEKDAY && *reader->at == '#')
	{
		const char *number = ++reader->at;

		n = read_digits(reader);
		if (n < 1 || n > 5)
		{
			reader->at = number;
			return fail(reader, "a number from 1 to 5 is expected after \"#\".");
		}
	}
	else if (reader->field == WEEKDAY && at_letter(reader, 'L'))
		reader->at++;
	else
	{
		*taken = false;
		return true;
	}
	reader->out->nth |= PF_NTH_BIT(value % 7, n);
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
	bool		taken;

	*star = *reader->at == '*' || (*reader->at == '?' && (reader->field == DAY || reader->field == WEEKDAY));
	if (*star)
		reader->at++;
	else
	{
		if (!read_last_day(reader, &taken))
			return false;
		if (taken)
			return true;
		if (!read_value(reader, &low) || !read_nth(reader, low, &taken))
			return false;
		if (taken)
			return true;
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

/* Read the fields that begin at `at`, which is a place in `whole`. */
bool
pf_cron_parse(const char *whole, const char *at, PfSchedule *out, PfScheduleError *error)
{
	Reader		reader = {whole, at, error, out, MINUTE, MINUTE};
	uint64		bits[FIELDS];
	int			fields = count_fields(at);

	if (fields != 5 && fields != 6)
	{
		snprintf(error->detail, sizeof(error->detail), "It has %d %s, expected 5 or 6.", fields,
				 fields == 1 ? "field" : "fields");
		strlcpy(error->hint, pf_schedule_forms, sizeof(error->hint));
		return false;
	}
	bits[SECOND] = 1;
	if (fields == 6)
		reader.field = reader.first_field = SECOND;
	for (; reader.field < FIELDS; reader.field++)
	{
		while (isspace((unsigned char) *reader.at))
			reader.at++;
		if (!read_field(&reader, &bits[reader.field], &out->stars))
			return false;
	}
	out->kind = PF_SCHEDULE_CRON;
	out->second = bits[SECOND];
	out->minute = bits[MINUTE];
	out->hour = (uint32) bits[HOUR];
	out->day = (uint32) bits[DAY];
	out->month = (uint16) bits[MONTH];
	out->weekday = (uint8) bits[WEEKDAY];
	return true;
}

/* Is the field what a star with some step matches? Gives the smallest such step. */
bool
pf_star_pattern(uint64 bits, int low, int high, int *step)
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
