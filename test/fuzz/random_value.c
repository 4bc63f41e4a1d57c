/*
 * random_value.c
 *		random_value(is_x, templates, n): a valid text of a type, drawn for the number n.
 *
 * Built and loaded by test/t/952_types_round_trip.pl. A template is text in which [0-9A-F] stands for
 * one of these characters. One template is drawn and filled until is_x takes the text, so that check
 * digits and dates need no second implementation here.
 */
#include "postgres.h"

#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"

PG_MODULE_MAGIC;
PG_FUNCTION_INFO_V1(random_value);

typedef struct Templates
{
	FmgrInfo	judge;
	int			n;
	Datum	   *templates;
} Templates;

static uint64 state;

static uint32
draw(uint32 below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32) ((state >> 16) % below);
}

/* One character of a class, [ already read; leaves *p behind ]. */
static char
draw_from_class(const char **p, const char *end)
{
	char		members[256];
	uint32		n = 0;

	for (; *p < end && **p != ']'; (*p)++)
	{
		char		last = **p;

		if (*p + 2 < end && (*p)[1] == '-')
			last = (*p)[2];
		for (int c = **p; c <= last; c++)
			members[n++] = (char) c;
		if (last != **p)
			*p += 2;
	}
	if (*p == end || n == 0)
		elog(ERROR, "a template has a class without end or members");
	(*p)++;
	return members[draw(n)];
}

static void
fill(const text *template, StringInfo buf)
{
	const char *p = VARDATA_ANY(template);
	const char *end = p + VARSIZE_ANY_EXHDR(template);

	resetStringInfo(buf);
	while (p < end)
	{
		char		c = *p++;

		appendStringInfoChar(buf, c == '[' ? draw_from_class(&p, end) : c);
	}
}

Datum
random_value(PG_FUNCTION_ARGS)
{
	Templates  *known = fcinfo->flinfo->fn_extra;
	StringInfoData buf;

	if (known == NULL)
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		known = palloc0(sizeof(Templates));
		fmgr_info(PG_GETARG_OID(0), &known->judge);
		deconstruct_array(PG_GETARG_ARRAYTYPE_P_COPY(1), TEXTOID, -1, false, 'i', &known->templates, NULL, &known->n);
		fcinfo->flinfo->fn_extra = known;
		MemoryContextSwitchTo(old);
	}
	state = ((uint64) PG_GETARG_INT64(2) + 1) * UINT64CONST(0x9e3779b97f4a7c15) | 1;
	for (int i = 0; i < 8; i++)
		(void) draw(2);
	initStringInfo(&buf);
	for (int tries = 0; tries < 100000; tries++)
	{
		text	   *made;
		bool		valid;

		CHECK_FOR_INTERRUPTS();
		fill(DatumGetTextPP(known->templates[draw(known->n)]), &buf);
		made = cstring_to_text_with_len(buf.data, buf.len);
		valid = DatumGetBool(FunctionCall1Coll(&known->judge, DEFAULT_COLLATION_OID, PointerGetDatum(made)));
		if (valid)
			PG_RETURN_TEXT_P(made);
		pfree(made);
	}
	elog(ERROR, "no text of these templates is valid");
	PG_RETURN_NULL();
}
