/*
 * sparkline.c
 *		A series of numbers as one line of text, for a column beside the last of them.
 */
#include "pf.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"

#define LEVELS 8

/* Lower one eighth block to full block; digits where the database cannot hold them */
static const char *const blocks[LEVELS] = {
	"\xe2\x96\x81", "\xe2\x96\x82", "\xe2\x96\x83", "\xe2\x96\x84",
	"\xe2\x96\x85", "\xe2\x96\x86", "\xe2\x96\x87", "\xe2\x96\x88"
};
static const char *const digits[LEVELS] = {"1", "2", "3", "4", "5", "6", "7", "8"};

PG_FUNCTION_INFO_V1(pf_sparkline);

/* sparkline(values numeric[]) → text: lowest to highest in eight levels, blank for what is no number */
Datum
pf_sparkline(PG_FUNCTION_ARGS)
{
	const char *const *shown = GetDatabaseEncoding() == PG_UTF8 ? blocks : digits;
	Datum	   *elements;
	bool	   *nulls;
	int			n;
	double	   *values;
	double		low = INFINITY;
	double		high = -INFINITY;
	double		span;
	StringInfoData line;

	deconstruct_array(PG_GETARG_ARRAYTYPE_P(0), NUMERICOID, -1, false, TYPALIGN_INT, &elements, &nulls, &n);
	values = palloc(sizeof(double) * (n + 1));
	for (int i = 0; i < n; i++)
	{
		values[i] = nulls[i] ? NAN : DatumGetFloat8(DirectFunctionCall1(numeric_float8, elements[i]));
		if (isfinite(values[i]))
		{
			low = Min(low, values[i]);
			high = Max(high, values[i]);
		}
	}

	/* halves, so that the distance of two numbers of the type's whole range is one too; that of two next to 0 is none */
	span = high / 2 - low / 2;
	initStringInfo(&line);
	for (int i = 0; i < n; i++)
	{
		int			level = LEVELS / 2 - 1;	/* a series that does not move */

		if (isfinite(values[i]) && span > 0)
			level = (int) (LEVELS * ((values[i] / 2 - low / 2) / span));
		appendStringInfoString(&line, isfinite(values[i]) ? shown[Min(level, LEVELS - 1)] : " ");
	}
	PG_RETURN_TEXT_P(cstring_to_text_with_len(line.data, line.len));
}
