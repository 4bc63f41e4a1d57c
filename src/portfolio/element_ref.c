/*
 * element_ref.c
 *		From what people write to the element they mean.
 *
 * 'service:EPS' names kind and code. Without a kind: a code, else an alias, else a name, the last
 * two whatever their case. What names more than one element is an error that lists them; nothing
 * is guessed. The look-up runs with the caller's own rights.
 *
 * Per session: one saved plan, its names and operators qualified, so that it means the same under
 * every search_path.
 */
#include "portfolio/portfolio.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(pf_element_ref);

#define MAX_CANDIDATES 10

/* $1 the whole text, $2 and $3 what stands before and after its first colon, NULL without one. */
static const char ref_sql[] =
"WITH hit (id, rank) AS ("
" SELECT id, 1 FROM portfolio.element WHERE kind OPERATOR(pg_catalog.=) $2 AND code OPERATOR(pg_catalog.=) $3"
" UNION ALL SELECT id, 2 FROM portfolio.element WHERE code OPERATOR(pg_catalog.=) $1"
" UNION ALL SELECT element, 3 FROM portfolio.element_alias"
"  WHERE pg_catalog.lower(value) OPERATOR(pg_catalog.=) pg_catalog.lower($1)"
" UNION ALL SELECT id, 4 FROM portfolio.element"
"  WHERE pg_catalog.lower(name) OPERATOR(pg_catalog.=) pg_catalog.lower($1)"
" UNION ALL SELECT a.element, 5 FROM portfolio.element_alias a JOIN portfolio.element e"
"  ON e.id OPERATOR(pg_catalog.=) a.element"
"  WHERE e.kind OPERATOR(pg_catalog.=) $2 AND pg_catalog.lower(a.value) OPERATOR(pg_catalog.=) pg_catalog.lower($3)"
" UNION ALL SELECT id, 6 FROM portfolio.element"
"  WHERE kind OPERATOR(pg_catalog.=) $2 AND pg_catalog.lower(name) OPERATOR(pg_catalog.=) pg_catalog.lower($3))"
" SELECT e.id, e.kind, e.code, e.name FROM portfolio.element e"
" WHERE e.id OPERATOR(pg_catalog.=) ANY (SELECT h.id FROM hit h"
"  WHERE h.rank OPERATOR(pg_catalog.=) (SELECT pg_catalog.min(rank) FROM hit))"
" ORDER BY e.kind, e.code";

static SPIPlanPtr ref_plan = NULL;

static void
find_candidates(const char *ref)
{
	Oid			argtypes[3] = {TEXTOID, TEXTOID, TEXTOID};
	Datum		values[3];
	char		nulls[3] = {' ', ' ', ' '};
	const char *colon = strchr(ref, ':');

	pf_keep_plan(&ref_plan, ref_sql, 3, argtypes, 0);
	values[0] = CStringGetTextDatum(ref);
	if (colon != NULL)
	{
		values[1] = PointerGetDatum(cstring_to_text_with_len(ref, colon - ref));
		values[2] = CStringGetTextDatum(colon + 1);
	}
	else
	{
		values[1] = values[2] = (Datum) 0;
		nulls[1] = nulls[2] = 'n';
	}
	if (SPI_execute_plan(ref_plan, values, nulls, true, MAX_CANDIDATES + 1) != SPI_OK_SELECT)
		elog(ERROR, "could not look up elements");
}

static void
report_ambiguous(const char *ref)
{
	StringInfoData list;

	initStringInfo(&list);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];

		if (i == MAX_CANDIDATES)
		{
			appendStringInfoString(&list, ", ...");
			break;
		}
		appendStringInfo(&list, "%s%s:%s (%s)", i > 0 ? ", " : "",
						 SPI_getvalue(row, SPI_tuptable->tupdesc, 2),
						 SPI_getvalue(row, SPI_tuptable->tupdesc, 3),
						 SPI_getvalue(row, SPI_tuptable->tupdesc, 4));
	}
	ereport(ERROR,
			(errcode(ERRCODE_CARDINALITY_VIOLATION),
			 errmsg("\"%s\" names more than one element", ref),
			 errdetail("It may be %s.", list.data),
			 errhint("Write the kind before the code, as in 'service:EPS'.")));
}

Datum
pf_element_ref(PG_FUNCTION_ARGS)
{
	char	   *ref = text_to_cstring(PG_GETARG_TEXT_PP(0));
	int64		id;
	bool		isnull;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	find_candidates(ref);
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("element \"%s\" does not exist", ref),
				 errhint("SELECT * FROM portfolio.find(%s) looks for what is like it.",
						 quote_literal_cstr(ref))));
	if (SPI_processed > 1)
		report_ambiguous(ref);
	id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	SPI_finish();
	PG_RETURN_INT64(id);
}
