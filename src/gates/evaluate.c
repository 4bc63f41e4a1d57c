/*
 * evaluate.c
 *		portfolio.evaluate(): ask the queries of criteria and record the answers as evidence.
 *
 * A query is asked once for all elements and answers with (element, value); the answers of all
 * runs are then judged and written by one statement. Everything is asked before anything is
 * written. Evidence is never overwritten, and written only where it says something new or what
 * stands has less than half of its time left: a nightly evaluation does not fill the table.
 * No row for an element is unknown, and so is an error, whose message is the note.
 */
#include "pf_checks.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pf_evaluate_run);

typedef struct Criterion
{
	Datum		process;
	Datum		version;
	Datum		code;
	PfStoredQuery query;
	Datum		elements;		/* bigint[] */
	Datum		values;			/* numeric[] */
	char	   *problem;		/* NULL when it was answered */
} Criterion;

static const PfStoredColumn answer_columns[] = {
	{"element", INT8OID, false},
	{"value", NUMERICOID, false}
};

static const char list_sql[] =
"SELECT c.process, c.version, c.code, c.query, c.author, c.threshold"
"  FROM portfolio.criterion c"
" WHERE c.evidence_kind = 'query'"
"   AND EXISTS (SELECT FROM portfolio.process_run r"
"                WHERE r.process = c.process AND r.version = c.version AND upper_inf(r.during) AND ($1 IS NULL OR r.id = $1))"
" ORDER BY c.process, c.version, c.gate, c.code";

static const char record_sql[] =
"WITH judged AS MATERIALIZED ("
"  SELECT r.id AS run, r.process, c.code AS criterion, a.value, c.valid_days,"
"         CASE WHEN a.value IS NULL OR a.value = 'NaN' THEN 'unknown'"
"              WHEN c.comparison = 'at_least' AND a.value >= c.threshold OR c.comparison = 'at_most' AND a.value <= c.threshold THEN 'met'"
"              WHEN c.comparison = 'at_least' AND a.value >= c.partly_threshold OR c.comparison = 'at_most' AND a.value <= c.partly_threshold THEN 'partly'"
"              ELSE 'not_met' END AS status"
"    FROM portfolio.criterion c"
"    JOIN portfolio.process_run r ON r.process = c.process AND r.version = c.version AND upper_inf(r.during)"
"    LEFT JOIN unnest($4, $5) AS a(element, value) ON a.element = r.element"
"   WHERE c.process = $1 AND c.version = $2 AND c.code = $3 AND ($6 IS NULL OR r.id = $6)),"
" written AS ("
"  INSERT INTO portfolio.evidence (run, criterion, status, value, note, by)"
"  SELECT j.run, j.criterion, j.status, j.value, $7, $8 FROM judged j"
"   WHERE NOT EXISTS ("
"     SELECT FROM (SELECT e.status, e.value, e.note, e.expires FROM portfolio.evidence e"
"                   WHERE e.run = j.run AND e.criterion = j.criterion ORDER BY e.at DESC, e.id DESC LIMIT 1) e"
"      WHERE e.status = j.status AND e.value IS NOT DISTINCT FROM j.value AND e.note IS NOT DISTINCT FROM $7"
"        AND (j.valid_days IS NULL OR e.expires > now() + make_interval(days => j.valid_days) / 2))"
"   ORDER BY j.run)"
" SELECT j.run, j.criterion, j.status, j.value, $7 FROM judged j ORDER BY j.run";

static Datum
copied(int row, int column, int len, bool byval)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? (Datum) 0 : datumCopy(value, byval, len);
}

/* The criteria to ask: of one run, or of all live runs. */
static Criterion *
list_criteria(NullableDatum run, int *ncriteria)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext old;
	Oid			type = INT8OID;
	Criterion  *criteria;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (SPI_execute_with_args(list_sql, 1, &type, &run.value, run.isnull ? "n" : " ", true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the criteria");
	*ncriteria = (int) SPI_processed;
	old = MemoryContextSwitchTo(context);
	criteria = palloc0(sizeof(Criterion) * (*ncriteria + 1));
	for (int i = 0; i < *ncriteria; i++)
	{
		HeapTuple	row = SPI_tuptable->vals[i];
		TupleDesc	desc = SPI_tuptable->tupdesc;
		Criterion  *c = &criteria[i];

		c->process = copied(i, 1, -1, false);
		c->version = copied(i, 2, sizeof(int32), true);
		c->code = copied(i, 3, -1, false);
		c->query.label = psprintf("criterion \"%s\"", SPI_getvalue(row, desc, 3));
		c->query.query = SPI_getvalue(row, desc, 4);
		c->query.author = SPI_getvalue(row, desc, 5);
		c->query.threshold = copied(i, 6, -1, false);
		c->query.has_threshold = c->query.threshold != (Datum) 0;
	}
	MemoryContextSwitchTo(old);
	SPI_finish();
	return criteria;
}

static int
compare_elements(const void *a, const void *b)
{
	int64		x = *(const int64 *) a;
	int64		y = *(const int64 *) b;

	return x < y ? -1 : x > y;
}

/* Take the answers over as two arrays; false where an element is answered twice. */
static bool
take_answers(Criterion *criterion, PfStoredResult *result)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(result->desc, &TTSOpsMinimalTuple);
	Datum	   *elements = palloc(sizeof(Datum) * (result->nrows + 1));
	Datum	   *values = palloc(sizeof(Datum) * (result->nrows + 1));
	int64	   *sorted = palloc(sizeof(int64) * (result->nrows + 1));
	int			n = 0;
	bool		unique = true;

	while (tuplestore_gettupleslot(result->rows, true, false, slot))
	{
		bool		isnull[2];
		Datum		element = slot_getattr(slot, 1, &isnull[0]);
		Datum		value = slot_getattr(slot, 2, &isnull[1]);

		if (isnull[0] || isnull[1])
			continue;			/* as good as no row */
		sorted[n] = DatumGetInt64(element);
		elements[n] = Int64GetDatum(sorted[n]);
		values[n++] = datumCopy(value, false, -1);
	}
	ExecDropSingleTupleTableSlot(slot);
	criterion->elements = PointerGetDatum(construct_array(elements, n, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
	criterion->values = PointerGetDatum(construct_array(values, n, NUMERICOID, -1, false, TYPALIGN_INT));
	qsort(sorted, n, sizeof(int64), compare_elements);
	for (int i = 1; i < n && unique; i++)
		unique = sorted[i - 1] != sorted[i];
	return unique;
}

static void
ask(Criterion *criterion)
{
	PfStoredResult *result = pf_run_stored(&criterion->query, answer_columns, lengthof(answer_columns));

	criterion->elements = PointerGetDatum(construct_empty_array(INT8OID));
	criterion->values = PointerGetDatum(construct_empty_array(NUMERICOID));
	if (result->outcome != PF_STORED_OK)
		criterion->problem = psprintf("the query did not run well (%s): %s", pf_outcome_name(result->outcome), result->message);
	else if (!take_answers(criterion, result))
	{
		criterion->problem = pstrdup("the query answered an element more than once");
		criterion->elements = PointerGetDatum(construct_empty_array(INT8OID));
		criterion->values = PointerGetDatum(construct_empty_array(NUMERICOID));
	}
	pf_free_stored(result);
}

/* Judge and record the answers to one criterion, and return them. */
static void
record_answers(const Criterion *criterion, NullableDatum run, Datum user, ReturnSetInfo *rsinfo)
{
	static const Oid types[] = {TEXTOID, INT4OID, TEXTOID, INT8ARRAYOID, NUMERICARRAYOID, INT8OID, TEXTOID, NAMEOID};
	char		nulls[9] = "        ";
	Datum		args[8];
	PfAsOwner	state;

	args[0] = criterion->process;
	args[1] = criterion->version;
	args[2] = criterion->code;
	args[3] = criterion->elements;
	args[4] = criterion->values;
	args[5] = run.value;
	nulls[5] = run.isnull ? 'n' : ' ';
	args[6] = criterion->problem ? CStringGetTextDatum(criterion->problem) : (Datum) 0;
	nulls[6] = criterion->problem ? ' ' : 'n';
	args[7] = user;
	pf_as_table_owner(&state, "evidence", record_sql, 8, types, args, nulls);
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		values[5];
		bool		isnull[5];

		for (int k = 0; k < 5; k++)
			values[k] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, k + 1, &isnull[k]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, isnull);
	}
	pf_end_as_owner(&state);
}

/* portfolio.evaluate(run bigint) */
Datum
pf_evaluate_run(PG_FUNCTION_ARGS)
{
	NullableDatum run = {PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0), PG_ARGISNULL(0)};
	Datum		user = DirectFunctionCall1(namein, CStringGetDatum(GetUserNameFromId(GetUserId(), false)));
	Criterion  *criteria;
	int			ncriteria;
	int			guc_level;

	pf_init_materialized_srf(fcinfo);
	guc_level = NewGUCNestLevel();
	(void) set_config_option("search_path", "pg_catalog, pg_temp", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);
	criteria = list_criteria(run, &ncriteria);
	for (int i = 0; i < ncriteria; i++)
		ask(&criteria[i]);
	for (int i = 0; i < ncriteria; i++)
		record_answers(&criteria[i], run, user, (ReturnSetInfo *) fcinfo->resultinfo);
	AtEOXact_GUC(true, guc_level);
	return (Datum) 0;
}
