/*
 * calendar.c
 *		Calendars, read from their tables with the rights of whoever asks.
 *
 * A calendar is known for whole years, from the year of its first day to that of its last: beyond,
 * nobody has said which days it has, and what cannot be known is refused rather than guessed.
 */
#include "schedule.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/snapmgr.h"

/* A row of the site stands before a row of the release for the same day. */
static const char *const days_query =
"SELECT c.code, d.day, d.counts FROM portfolio.calendar c LEFT JOIN"
" (SELECT DISTINCT ON (x.day) x.day, x.counts FROM portfolio.calendar_day x"
" WHERE x.calendar OPERATOR(pg_catalog.=) $1 ORDER BY x.day, x.builtin) d ON true"
" WHERE c.code OPERATOR(pg_catalog.=) $1 ORDER BY d.day";

static int32
year_of(int32 day)
{
	int			year;
	int			month;
	int			monthday;

	j2date(day + UNIX_EPOCH_JDATE, &year, &month, &monthday);
	return year;
}

/* The calendar of this code, in the caller's memory context; NULL if there is none. */
PfCalendar *
pf_calendar_read(const char *code)
{
	MemoryContext caller = CurrentMemoryContext;
	Oid			type = TEXTOID;
	Datum		value = CStringGetTextDatum(code);
	PfCalendar *calendar = NULL;
	bool		pushed = !ActiveSnapshotSet();

	if (pushed)
		PushActiveSnapshot(GetTransactionSnapshot());
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (SPI_execute_with_args(days_query, 1, &type, &value, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read portfolio.calendar_day");
	if (SPI_processed > 0)
	{
		calendar = MemoryContextAllocZero(caller, offsetof(PfCalendar, days) + SPI_processed * sizeof(int32));
		strlcpy(calendar->code, code, sizeof(calendar->code));
		calendar->known_upto = -1;
		for (uint64 row = 0; row < SPI_processed; row++)
		{
			HeapTuple	tuple = SPI_tuptable->vals[row];
			bool		null;
			Datum		counts = SPI_getbinval(tuple, SPI_tuptable->tupdesc, 3, &null);
			int32		day;

			if (null)
				break;			/* a calendar without days */
			day = DatumGetDateADT(SPI_getbinval(tuple, SPI_tuptable->tupdesc, 2, &null)) +
				POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE;
			if (row == 0)
				calendar->known_from = date2j(year_of(day), 1, 1) - UNIX_EPOCH_JDATE;
			calendar->known_upto = date2j(year_of(day), 12, 31) - UNIX_EPOCH_JDATE;
			if (DatumGetBool(counts))
				calendar->days[calendar->ndays++] = day;
		}
	}
	SPI_finish();
	if (pushed)
		PopActiveSnapshot();
	return calendar;
}

/* Set up *when; false, with the code in missing[NAMEDATALEN], if a calendar does not exist. */
bool
pf_when_set(PfWhen *when, const PfSchedule *schedule, const pg_tz *tz, const char *closed,
			PfCalendar *(*find) (const char *code), char *missing)
{
	const PfCalendar **slots[] = {&when->on, &when->except, &when->closed};
	char		codes[3][NAMEDATALEN] = {"", "", ""};

	memset(when, 0, sizeof(*when));
	when->schedule = schedule;
	when->tz = tz;
	memcpy(codes[0], schedule->names, schedule->on_length);
	memcpy(codes[1], schedule->names + schedule->on_length, schedule->except_length);
	if (closed != NULL)
		strlcpy(codes[2], closed, NAMEDATALEN);
	for (int i = 0; i < 3; i++)
	{
		if (codes[i][0] == '\0')
			continue;
		*slots[i] = find(codes[i]);
		if (*slots[i] == NULL)
		{
			strlcpy(missing, codes[i], NAMEDATALEN);
			return false;
		}
	}
	return true;
}

/* Raise the error that belongs to PF_NEXT_UNKNOWN. */
void
pf_calendar_ends(const PfWhen *when)
{
	const PfCalendar *calendar = when->unknown;
	bool		empty = calendar->known_upto < calendar->known_from;
	int			year = year_of(when->unknown_day);

	ereport(ERROR,
			(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
			 errmsg("calendar \"%s\" does not know the year %d", calendar->code, year),
			 empty ? errdetail("It has no days yet.") :
			 errdetail("It knows the years %d to %d.", year_of(calendar->known_from), year_of(calendar->known_upto)),
			 errhint("INSERT INTO portfolio.calendar_day (calendar, day, name) the days of that year, or update the extension.")));
}
