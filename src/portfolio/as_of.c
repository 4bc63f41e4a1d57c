/*
 * as_of.c
 *		The day that views and graph functions show.
 *
 * pg_portfolio.as_of is an ISO date or empty, which means today. SET refuses anything else. A value
 * that was set before the library was loaded, or that comes from a file or a role's settings,
 * cannot be refused without being dropped in favour of today, so it is kept and as_of() raises:
 * nobody reads the portfolio of another day than he asked for.
 *
 * Per session: the assigned day is kept parsed in as_of_day.
 */
#include "portfolio/portfolio.h"

#include "access/parallel.h"
#include "utils/date.h"
#include "utils/datetime.h"

#define HINT_DAY "Give a day as YYYY-MM-DD, or an empty string for today."

PG_FUNCTION_INFO_V1(pf_as_of_day);

typedef enum AsOfState
{
	AS_OF_TODAY,
	AS_OF_DAY,
	AS_OF_INVALID
} AsOfState;

static bool setting_defined = false;
static AsOfState as_of_state = AS_OF_TODAY;
static DateADT as_of_day = 0;

/* YYYY-MM-DD and nothing else: no other form means the same under every DateStyle. */
static AsOfState
parse_day(const char *value, DateADT *day)
{
	int			field[3] = {0, 0, 0};
	static const int width[3] = {4, 2, 2};
	const char *c = value;

	if (value == NULL || value[0] == '\0')
		return AS_OF_TODAY;
	for (int f = 0; f < 3; f++)
	{
		if (f > 0 && *c++ != '-')
			return AS_OF_INVALID;
		for (int i = 0; i < width[f]; i++, c++)
		{
			if (*c < '0' || *c > '9')
				return AS_OF_INVALID;
			field[f] = field[f] * 10 + (*c - '0');
		}
	}
	if (*c != '\0' || field[0] < 1 || field[1] < 1 || field[1] > MONTHS_PER_YEAR || field[2] < 1 ||
		field[2] > day_tab[isleap(field[0])][field[1] - 1])
		return AS_OF_INVALID;
	*day = date2j(field[0], field[1], field[2]) - POSTGRES_EPOCH_JDATE;
	return AS_OF_DAY;
}

bool
pf_as_of_check(char **newval, void **extra, GucSource source)
{
	DateADT		day;

	if (parse_day(*newval, &day) != AS_OF_INVALID)
		return true;
	if (!setting_defined || source < PGC_S_TEST || InitializingParallelWorker)
		return true;			/* kept, and as_of() raises */
	GUC_check_errdetail("\"%s\" is not a day.", *newval);
	GUC_check_errhint(HINT_DAY);
	return false;
}

void
pf_as_of_assign(const char *newval, void *extra)
{
	as_of_state = parse_day(newval, &as_of_day);
}

/* Called once the setting exists; from here on SET refuses what is not a day. */
void
pf_as_of_defined(void)
{
	setting_defined = true;
}

/* The day shown; raises when the setting is none. */
DateADT
pf_as_of_shown(void)
{
	if (as_of_state == AS_OF_INVALID)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value for parameter \"pg_portfolio.as_of\": \"%s\"", pf_as_of),
				 errhint(HINT_DAY)));
	return as_of_state == AS_OF_DAY ? as_of_day : GetSQLCurrentDate();
}

Datum
pf_as_of_day(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATEADT(pf_as_of_shown());
}
