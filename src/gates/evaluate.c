/*
 * evaluate.c
 *		portfolio.evaluate(): ask the queries of criteria and record the answers as evidence.
 *		portfolio.ask_criteria(): ask them and record nothing.
 *
 * A query is asked once for all elements and answers with (element, value); the answers of all
 * runs are then judged and written by one statement. Everything is asked before anything is
 * written. Evidence is never overwritten, and written only where it says something new or what
 * stands has less than half of its time left: a nightly evaluation does not fill the table.
 * An element is unknown, with the reason as its note, where it has no row or several; all are where
 * the query fails or takes too long.
 *
 * applies_when is asked first, of criteria that people answer too. What it leaves out becomes not
 * applicable, with a note by which that evidence is known again when the element comes back: the
 * criterion is then unknown until somebody answers it. While it fails, the criterion applies.
 *
 * ask_criteria() writes nothing, so it also asks for runs that are completed, and it may be called
 * by the query of a check: the stored queries of criteria then run inside that one.
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
PG_FUNCTION_INFO_V1(pf_ask_criteria);

typedef struct Criterion
{
	Datum		process;
	Datum		version;
	Datum		code;
	PfStoredQuery query;		/* its text is NULL where people answer */
	PfStoredQuery applies;		/* its text is NULL where it applies to all */
	Datum		elements;		/* bigint[] */
	Datum		values;			/* numeric[] */
	bool		restricted;
	Datum		applies_to;		/* bigint[], where restricted */
	char	   *problem;		/* NULL when it was answered */
} Criterion;

static const PfStoredColumn answer_columns[] = {
	{"element", INT8OID, false},
	{"value", NUMERICOID, false}
};

static const PfStoredColumn applies_columns[] = {
	{"element", INT8OID, false}
};

#define LEFT_OUT "applies_when leaves this element out"

/* Live runs, and if asked the newest of an element and process where that is completed */
#define RUN_ASKED(completed) \
"(upper_inf(r.during) OR " completed " AND r.ended_as = 'completed'" \
"  AND NOT EXISTS (SELECT FROM portfolio.process_run n" \
"                   WHERE n.element = r.element AND n.process = r.process AND lower(n.during) > lower(r.during)))"

static const char list_sql[] =
"SELECT c.process, c.version, c.code, c.query, c.author, c.threshold, c.applies_when"
"  FROM portfolio.criterion c"
" WHERE (c.query IS NOT NULL OR c.applies_when IS NOT NULL)"
"   AND EXISTS (SELECT FROM portfolio.process_run r"
"                WHERE r.process = c.process AND r.version = c.version AND " RUN_ASKED("$2") " AND ($1 IS NULL OR r.id = $1))"
" ORDER BY c.process, c.version, c.gate, c.code";

/* $4, $5: the answers; $6: the run or NULL for all; $7: the problem; $9: to what it applies, or NULL for all */
#define JUDGED_SQL(completed) \
"WITH judged AS MATERIALIZED (" \
"  SELECT r.id AS run, r.process, c.code AS criterion, c.valid_days, c.query," \
"         CASE WHEN left_out OR a.answers > 1 THEN NULL ELSE a.value END AS value," \
"         CASE WHEN left_out THEN 'not_applicable'" \
"              WHEN a.value IS NULL OR a.value = 'NaN' OR a.answers > 1 THEN 'unknown'" \
"              WHEN c.comparison = 'at_least' AND a.value >= c.threshold OR c.comparison = 'at_most' AND a.value <= c.threshold THEN 'met'" \
"              WHEN c.comparison = 'at_least' AND a.value >= c.partly_threshold OR c.comparison = 'at_most' AND a.value <= c.partly_threshold THEN 'partly'" \
"              ELSE 'not_met' END AS status," \
"         CASE WHEN left_out THEN '" LEFT_OUT "'" \
"              WHEN $7 IS NOT NULL OR c.query IS NULL THEN $7" \
"              WHEN a.value IS NULL THEN 'the query has no answer for this element'" \
"              WHEN a.answers > 1 THEN 'the query answered ' || a.answers || ' times for this element'" \
"              WHEN a.value = 'NaN' THEN 'the query answered with NaN, which is no number' END AS note" \
"    FROM portfolio.criterion c" \
"    JOIN portfolio.process_run r ON r.process = c.process AND r.version = c.version AND " RUN_ASKED(completed) \
"    LEFT JOIN (SELECT a.element, min(a.value) AS value, count(*) AS answers FROM unnest($4, $5) AS a(element, value) GROUP BY a.element) a" \
"           ON a.element = r.element" \
"    LEFT JOIN (SELECT DISTINCT w.element FROM unnest($9) AS w(element)) w ON w.element = r.element" \
"   CROSS JOIN LATERAL (SELECT $9 IS NOT NULL AND w.element IS NULL AS left_out) l" \
"   WHERE c.process = $1 AND c.version = $2 AND c.code = $3 AND ($6 IS NULL OR r.id = $6))"

static const char answer_sql[] =
JUDGED_SQL("true")
" SELECT j.run, j.criterion, j.status, j.value, j.note FROM judged j WHERE j.query IS NOT NULL ORDER BY j.run";

static const char record_sql[] =
JUDGED_SQL("false")
", newest AS MATERIALIZED ("
"  SELECT DISTINCT ON (e.run) e.run, e.status, e.value, e.note, e.expires FROM portfolio.evidence e"
"   WHERE e.criterion = $3 AND e.run IN (SELECT j.run FROM judged j) ORDER BY e.run, e.at DESC, e.id DESC),"
" said AS MATERIALIZED ("
"  SELECT j.*, e.status IS DISTINCT FROM j.status OR e.value IS DISTINCT FROM j.value OR e.note IS DISTINCT FROM j.note"
"              OR j.valid_days IS NOT NULL AND e.expires <= now() + make_interval(days => j.valid_days) / 2 AS is_new"
"    FROM judged j LEFT JOIN newest e ON e.run = j.run"
"   WHERE j.query IS NOT NULL OR j.status = 'not_applicable' OR e.note = '" LEFT_OUT "'),"
" written AS ("
"  INSERT INTO portfolio.evidence (run, criterion, status, value, note, by)"
"  SELECT s.run, s.criterion, s.status, s.value, s.note, $8 FROM said s WHERE s.is_new ORDER BY s.run)"
" SELECT s.run, s.criterion, s.status, s.value, s.note FROM said s ORDER BY s.run";

static Datum
copied(int row, int column, int len, bool byval)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? (Datum) 0 : datumCopy(value, byval, len);
}

static void
check_run(Datum run)
{
	Oid			type = INT8OID;

	if (SPI_execute_with_args("SELECT FROM portfolio.process_run r WHERE r.id = $1", 1, &type, &run, NULL, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not read the run");
	if (SPI_processed == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("run " INT64_FORMAT " does not exist", DatumGetInt64(run)),
				 errhint("SELECT id, process, element FROM portfolio.process_run lists the runs.")));
}

/* The criteria to ask: of one run, or of all; of live runs, or also of completed ones. */
static Criterion *
list_criteria(NullableDatum run, bool completed, int *ncriteria)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext old;
	Oid			types[2] = {INT8OID, BOOLOID};
	Datum		args[2] = {run.value, BoolGetDatum(completed)};
	Criterion  *criteria;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (!run.isnull)
		check_run(run.value);
	if (SPI_execute_with_args(list_sql, 2, types, args, run.isnull ? "n " : "  ", true, 0) != SPI_OK_SELECT)
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
		c->query.may_be_inner = completed;
		c->applies = c->query;
		c->applies.label = psprintf("applies_when of criterion \"%s\"", SPI_getvalue(row, desc, 3));
		c->applies.query = SPI_getvalue(row, desc, 7);
	}
	MemoryContextSwitchTo(old);
	SPI_finish();
	return criteria;
}

/* A column of what a query returned, without the rows in which anything is NULL. */
static Datum
column_array(PfStoredResult *result, int column, int ncolumns)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(result->desc, &TTSOpsMinimalTuple);
	Datum	   *values = palloc(sizeof(Datum) * (result->nrows + 1));
	int			n = 0;

	tuplestore_rescan(result->rows);
	while (tuplestore_gettupleslot(result->rows, true, false, slot))
	{
		bool		any_null = false;
		bool		isnull;

		for (int i = 1; i <= ncolumns; i++)
		{
			(void) slot_getattr(slot, i, &isnull);
			any_null |= isnull;
		}
		if (!any_null)
			values[n++] = datumCopy(slot_getattr(slot, column, &isnull), column == 1, column == 1 ? 8 : -1);
	}
	ExecDropSingleTupleTableSlot(slot);
	return PointerGetDatum(column == 1
						   ? construct_array(values, n, INT8OID, 8, FLOAT8PASSBYVAL, TYPALIGN_DOUBLE)
						   : construct_array(values, n, NUMERICOID, -1, false, TYPALIGN_INT));
}

static char *
went_wrong(const char *what, const PfStoredResult *result)
{
	return psprintf("%s did not run well (%s): %s", what, pf_outcome_name(result->outcome), result->message);
}

static void
ask_query(Criterion *criterion)
{
	PfStoredResult *result = pf_run_stored(&criterion->query, answer_columns, lengthof(answer_columns));

	if (result->outcome != PF_STORED_OK)
		criterion->problem = went_wrong("the query", result);
	else
	{
		criterion->elements = column_array(result, 1, lengthof(answer_columns));
		criterion->values = column_array(result, 2, lengthof(answer_columns));
	}
	pf_free_stored(result);
}

static void
ask_applies(Criterion *criterion)
{
	PfStoredResult *result = pf_run_stored(&criterion->applies, applies_columns, lengthof(applies_columns));

	criterion->restricted = result->outcome == PF_STORED_OK;
	if (criterion->restricted)
		criterion->applies_to = column_array(result, 1, lengthof(applies_columns));
	else
		criterion->problem = went_wrong("applies_when", result);
	pf_free_stored(result);
}

static void
ask(Criterion *criterion)
{
	criterion->elements = PointerGetDatum(construct_empty_array(INT8OID));
	criterion->values = PointerGetDatum(construct_empty_array(NUMERICOID));
	if (criterion->applies.query != NULL)
		ask_applies(criterion);
	if (criterion->query.query != NULL)
		ask_query(criterion);
}

/* Judge the answers to one criterion, record them unless they are only asked for, and return them. */
static void
judge_answers(const Criterion *criterion, NullableDatum run, Datum user, bool record, ReturnSetInfo *rsinfo)
{
	Oid			types[] = {TEXTOID, INT4OID, TEXTOID, INT8ARRAYOID, NUMERICARRAYOID, INT8OID, TEXTOID, NAMEOID,
	INT8ARRAYOID};
	char		nulls[lengthof(types)];
	Datum		args[lengthof(types)];
	PfAsOwner	state;

	memset(nulls, ' ', sizeof(nulls));
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
	args[8] = criterion->applies_to;
	nulls[8] = criterion->restricted ? ' ' : 'n';
	if (record)
		pf_as_table_owner(&state, "evidence", record_sql, lengthof(types), types, args, nulls);
	else if (SPI_connect() != SPI_OK_CONNECT ||
			 SPI_execute_with_args(answer_sql, lengthof(types), types, args, nulls, true, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not judge the answers");
	for (uint64 i = 0; i < SPI_processed; i++)
	{
		Datum		values[5];
		bool		isnull[5];

		for (int k = 0; k < 5; k++)
			values[k] = SPI_getbinval(SPI_tuptable->vals[i], SPI_tuptable->tupdesc, k + 1, &isnull[k]);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, isnull);
	}
	if (record)
		pf_end_as_owner(&state);
	else
		SPI_finish();
}

static Datum
ask_and_judge(FunctionCallInfo fcinfo, bool record)
{
	NullableDatum run = {PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0), PG_ARGISNULL(0)};
	Datum		user = DirectFunctionCall1(namein, CStringGetDatum(GetUserNameFromId(GetUserId(), false)));
	Criterion  *criteria;
	int			ncriteria;
	int			guc_level;

	pf_init_materialized_srf(fcinfo);
	guc_level = NewGUCNestLevel();
	pf_pin_setting("search_path", "pg_catalog, pg_temp");
	criteria = list_criteria(run, !record, &ncriteria);
	for (int i = 0; i < ncriteria; i++)
		ask(&criteria[i]);
	for (int i = 0; i < ncriteria; i++)
		judge_answers(&criteria[i], run, user, record, (ReturnSetInfo *) fcinfo->resultinfo);
	AtEOXact_GUC(true, guc_level);
	return (Datum) 0;
}

/* portfolio.evaluate(run bigint) */
Datum
pf_evaluate_run(PG_FUNCTION_ARGS)
{
	return ask_and_judge(fcinfo, true);
}

/* portfolio.ask_criteria(run bigint) */
Datum
pf_ask_criteria(PG_FUNCTION_ARGS)
{
	return ask_and_judge(fcinfo, false);
}
