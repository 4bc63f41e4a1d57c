/*
 * run_checks.c
 *		portfolio.run_checks(): run check queries, then bring the findings up to date.
 *
 * Two halves. First every query runs, read-only, by pf_run_stored(), and its rows are kept in
 * memory as arrays; no transaction id is spent so far. A check is skipped where its query needs
 * privileges that the role it runs as does not have. Then the findings are merged, set-wise, many
 * checks a statement: what is new opens, what is still there is touched, what is gone is resolved.
 * A check that erred, ran too long or hit its row cap resolves nothing and is itself a finding
 * (subject PF_CHECK_SUBJECT), which the next good run resolves like any other.
 *
 * Concurrency: a run takes a lock on each check that it runs, until its transaction ends, and
 * does not wait for it: a check that somebody else is running is reported as busy. It is an
 * object lock and not an advisory one, because those anybody may take.
 */
#include "run_checks.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/async.h"
#include "common/hashfn.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/execnodes.h"
#include "storage/lock.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#define PF_CHECK_CHANNEL "pg_portfolio_check_run"

PG_FUNCTION_INFO_V1(pf_run_checks);

const PfStoredColumn pf_check_columns[PF_CHECK_NCOLS] = {
	{"subject", TEXTOID, false},
	{"element", INT8OID, true},
	{"detail", JSONBOID, true},
	{"severity", TEXTOID, true},
	{"since", DATEOID, true}
};

static const char list_checks_sql[] =
"SELECT c.code, c.severity, c.query, c.author, c.threshold, c.enabled, c.applies, array_to_string(c.lacks, ', ')"
"  FROM portfolio.effective_check c"
" WHERE ($1 IS NULL OR c.area = $1) AND ($2 IS NULL OR c.code = ANY ($2))"
"   AND ($2 IS NOT NULL OR (c.enabled AND c.applies))"
" ORDER BY c.code COLLATE \"C\"";

static const char unknown_check_sql[] =
"SELECT u.code FROM unnest($1) AS u(code)"
" WHERE NOT EXISTS (SELECT FROM portfolio.effective_check c WHERE c.code = u.code) LIMIT 1";

static const char areas_sql[] =
"SELECT string_agg(DISTINCT c.area, ', ') FROM portfolio.effective_check c";

static const char record_sql[] =
"INSERT INTO portfolio.check_run (area, codes, started, run_by, checks, failed, opened, resolved, results,"
"  target, problem, connection)"
" VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12::jsonb) RETURNING id";

static char *
spi_text(int row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

static bool
spi_bool(int row, int column)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	return !isnull && DatumGetBool(value);
}

static void
spi_select(const char *sql, int nargs, Oid *types, Datum *args, const char *nulls)
{
	int			rc = SPI_execute_with_args(sql, nargs, types, args, nulls, true, 0);

	if (rc != SPI_OK_SELECT)
		elog(ERROR, "could not read the checks: %s", SPI_result_code_string(rc));
}

/* Raise where the caller names a check or an area that does not exist. */
static void
refuse_unknown(bool no_checks, NullableDatum area, NullableDatum codes)
{
	Oid			type = TEXTARRAYOID;

	if (!codes.isnull)
	{
		spi_select(unknown_check_sql, 1, &type, &codes.value, NULL);
		if (SPI_processed > 0)
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_OBJECT),
					 errmsg("check \"%s\" does not exist", spi_text(0, 1)),
					 errhint("SELECT code, title FROM portfolio.effective_check lists the checks.")));
	}
	else if (no_checks && !area.isnull)
	{
		spi_select(areas_sql, 0, NULL, NULL, NULL);
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("no check has area \"%s\"", TextDatumGetCString(area.value)),
				 errhint("Areas with checks: %s.", spi_text(0, 1) ? spi_text(0, 1) : "none")));
	}
}

/* Fill one check from the row of list_checks_sql, in the current memory context. */
static void
read_check(PfCheck *check, int row)
{
	bool		isnull;
	Datum		threshold;

	memset(check, 0, sizeof(PfCheck));
	check->code = spi_text(row, 1);
	check->severity = spi_text(row, 2);
	check->query.label = psprintf("check \"%s\"", check->code);
	check->query.query = spi_text(row, 3);
	check->query.author = spi_text(row, 4);
	threshold = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, 5, &isnull);
	if (!isnull)
	{
		check->query.has_threshold = true;
		check->query.threshold = datumCopy(threshold, false, -1);
	}
	if (!spi_bool(row, 6))
		check->state = "disabled";
	else if (!spi_bool(row, 7))
		check->state = "not_applicable";
	else if ((check->lacks = spi_text(row, 8)) != NULL)
		check->state = "skipped";
}

/* The checks to run, as the caller may see them. */
static PfCheck *
list_checks(NullableDatum area, NullableDatum codes, Datum options, int *nchecks)
{
	MemoryContext context = CurrentMemoryContext;
	MemoryContext old;
	Oid			types[2] = {TEXTOID, TEXTARRAYOID};
	Oid			options_type = JSONBOID;
	Datum		args[2] = {area.value, codes.value};
	char		nulls[3] = {area.isnull ? 'n' : ' ', codes.isnull ? 'n' : ' ', '\0'};
	PfCheck    *checks;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	spi_select("SELECT portfolio.check_options($1, '{}')", 1, &options_type, &options, NULL);
	spi_select(list_checks_sql, 2, types, args, nulls);
	*nchecks = (int) SPI_processed;
	old = MemoryContextSwitchTo(context);
	checks = palloc0(sizeof(PfCheck) * (*nchecks + 1));
	for (int i = 0; i < *nchecks; i++)
		read_check(&checks[i], i);
	MemoryContextSwitchTo(old);
	refuse_unknown(*nchecks == 0, area, codes);
	SPI_finish();
	return checks;
}

/* Lock a row of a table of ours, by its key, until the transaction ends; false where another transaction has it. */
bool
pf_lock_key(const char *table, const char *key)
{
	LOCKTAG		tag;

	SET_LOCKTAG_OBJECT(tag, MyDatabaseId, pf_relation_oid(table),
					   hash_bytes((const unsigned char *) key, strlen(key)), 0);
	return LockAcquire(&tag, ExclusiveLock, false, true) != LOCKACQUIRE_NOT_AVAIL;
}

/* Move the rows of a result into the check's arrays. */
static void
take_rows(PfCheck *check, PfStoredResult *result)
{
	TupleTableSlot *slot = MakeSingleTupleTableSlot(result->desc, &TTSOpsMinimalTuple);

	for (int c = 0; c < PF_CHECK_NCOLS; c++)
	{
		check->values[c] = palloc0(sizeof(Datum) * (result->nrows + 1));
		check->nulls[c] = palloc0(sizeof(bool) * (result->nrows + 1));
	}
	while (tuplestore_gettupleslot(result->rows, true, false, slot))
	{
		int			i = check->nrows++;

		for (int c = 0; c < PF_CHECK_NCOLS; c++)
		{
			Datum		value = slot_getattr(slot, c + 1, &check->nulls[c][i]);
			Form_pg_attribute attr = TupleDescAttr(result->desc, c);

			if (!check->nulls[c][i])
				check->values[c][i] = datumCopy(value, attr->attbyval, attr->attlen);
		}
	}
	ExecDropSingleTupleTableSlot(slot);
}

static void
run_one(PfCheck *check)
{
	PfStoredResult *result;

	if (check->state != NULL)
		return;
	if (!pf_lock_key("check_definition", check->code))
	{
		check->state = "busy";
		return;
	}
	result = pf_run_stored(&check->query, pf_check_columns, PF_CHECK_NCOLS);
	check->outcome = result->outcome;
	check->sqlstate = result->sqlstate;
	check->message = result->message;
	check->elapsed_ms = result->elapsed_ms;
	if (result->outcome != PF_STORED_OK && result->outcome != PF_STORED_TOO_MANY_ROWS)
		result->nrows = 0;
	if (result->nrows == 0)
		tuplestore_clear(result->rows);
	take_rows(check, result);
	pf_free_stored(result);
	pf_end_check(check);
}

static const char *
outcome_of(const PfCheck *check)
{
	return check->state ? check->state : pf_outcome_name(check->outcome);
}

/* What check_run.results keeps of a run: one object a check */
static Datum
results_json(const PfCheck *checks, int nchecks)
{
	StringInfoData json;

	initStringInfo(&json);
	appendStringInfoChar(&json, '[');
	for (int i = 0; i < nchecks; i++)
	{
		const PfCheck *c = &checks[i];

		appendStringInfoString(&json, i > 0 ? ", {\"check\": " : "{\"check\": ");
		escape_json(&json, c->code);
		appendStringInfo(&json, ", \"outcome\": \"%s\", \"findings\": %d, \"opened\": " INT64_FORMAT
						 ", \"resolved\": " INT64_FORMAT ", \"ms\": %.3f",
						 outcome_of(c), c->nrows, c->opened, c->resolved, c->elapsed_ms);
		if (c->lacks != NULL)
		{
			appendStringInfoString(&json, ", \"lacks\": ");
			escape_json(&json, c->lacks);
		}
		if (c->message != NULL)
		{
			appendStringInfo(&json, ", \"sqlstate\": \"%s\", \"message\": ", unpack_sql_state(c->sqlstate));
			escape_json(&json, c->message);
		}
		appendStringInfoChar(&json, '}');
	}
	appendStringInfoChar(&json, ']');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(json.data));
}

/* Text as a parameter; NULL for NULL */
static Datum
text_or_null(const char *value, char *null)
{
	*null = value == NULL ? 'n' : ' ';
	return value == NULL ? (Datum) 0 : CStringGetTextDatum(value);
}

/* Write the run down and tell who listens: a run id and a word, as anybody may listen. */
void
pf_record_check_run(const PfCheckRun *run)
{
	static const Oid types[] = {TEXTOID, TEXTARRAYOID, TIMESTAMPTZOID, NAMEOID,
	INT4OID, INT4OID, INT8OID, INT8OID, JSONBOID, TEXTOID, TEXTOID, TEXTOID};
	char		nulls[lengthof(types) + 1] = "            ";
	Datum		args[lengthof(types)];
	int			ran = 0;
	int			failed = 0;
	int64		opened = 0;
	int64		resolved = 0;
	PfAsOwner	state;
	bool		isnull;
	int64		id;

	for (int i = 0; i < run->nchecks; i++)
	{
		ran += run->target == NULL || run->checks[i].state == NULL;
		failed += run->checks[i].state == NULL && run->checks[i].outcome != PF_STORED_OK;
		opened += run->checks[i].opened;
		resolved += run->checks[i].resolved;
	}
	args[0] = run->area.value;
	args[1] = run->codes.value;
	nulls[0] = run->area.isnull ? 'n' : ' ';
	nulls[1] = run->codes.isnull ? 'n' : ' ';
	args[2] = TimestampTzGetDatum(run->started);
	args[3] = DirectFunctionCall1(namein, CStringGetDatum(GetUserNameFromId(GetUserId(), false)));
	args[4] = Int32GetDatum(ran);
	args[5] = Int32GetDatum(failed);
	args[6] = Int64GetDatum(opened);
	args[7] = Int64GetDatum(resolved);
	args[8] = results_json(run->checks, run->nchecks);
	args[9] = text_or_null(run->target, &nulls[9]);
	args[10] = text_or_null(run->problem, &nulls[10]);
	args[11] = text_or_null(run->connection, &nulls[11]);
	pf_as_table_owner(&state, "check_run", record_sql, lengthof(types), types, args, nulls);
	id = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	pf_end_as_owner(&state);
	Async_Notify(PF_CHECK_CHANNEL, psprintf(INT64_FORMAT " %s", id,
											failed > 0 || run->problem != NULL ? "finished_with_errors" : "finished"));
}

/* Say that checks were skipped, and why: the first of them stands for the others. */
static void
tell_skipped(const PfCheck *checks, int nchecks)
{
	const PfCheck *first = NULL;
	int			nskipped = 0;

	for (int i = 0; i < nchecks; i++)
	{
		if (checks[i].lacks == NULL)
			continue;
		if (first == NULL)
			first = &checks[i];
		nskipped++;
	}
	if (first != NULL)
		ereport(NOTICE,
				(errmsg_plural("%d check was skipped", "%d checks were skipped", nskipped, nskipped),
				 errdetail("Check \"%s\" needs %s.", first->code, first->lacks),
				 errhint("SELECT code, lacks FROM portfolio.effective_check WHERE lacks IS NOT NULL lists what is missing.")));
}

static void
return_rows(FunctionCallInfo fcinfo, const PfCheck *checks, int nchecks)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	for (int i = 0; i < nchecks; i++)
	{
		Datum		values[4];
		bool		nulls[4] = {false};
		Interval   *elapsed = palloc0(sizeof(Interval));

		elapsed->time = (TimeOffset) (checks[i].elapsed_ms * 1000);
		values[0] = CStringGetTextDatum(checks[i].code);
		values[1] = Int64GetDatum(checks[i].nrows);
		values[2] = CStringGetTextDatum(outcome_of(&checks[i]));
		values[3] = IntervalPGetDatum(elapsed);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
}

/* portfolio.run_checks(area text, codes text[], options jsonb) */
Datum
pf_run_checks(PG_FUNCTION_ARGS)
{
	PfCheckRun	run = {0};
	Datum		options = PG_ARGISNULL(2) ? DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")) : PG_GETARG_DATUM(2);
	int			guc_level;

	/* a stored query is told that it cannot run stored queries */
	if (!pf_stored_query_runs())
		PreventCommandIfReadOnly("run_checks()");
	pf_init_materialized_srf(fcinfo);
	guc_level = NewGUCNestLevel();
	pf_pin_setting("search_path", "pg_catalog, pg_temp");
	/* a finding is known again by its subject, often a name that is written; its days are those of the session */
	pf_pin_writing();
	run.area.value = (run.area.isnull = PG_ARGISNULL(0)) ? (Datum) 0 : PG_GETARG_DATUM(0);
	run.codes.value = (run.codes.isnull = PG_ARGISNULL(1)) ? (Datum) 0 : PG_GETARG_DATUM(1);
	run.started = GetCurrentTimestamp();
	run.checks = list_checks(run.area, run.codes, options, &run.nchecks);
	for (int i = 0; i < run.nchecks; i++)
		run_one(&run.checks[i]);
	pf_merge_findings(run.checks, run.nchecks, NULL);
	pf_record_check_run(&run);
	AtEOXact_GUC(true, guc_level);
	return_rows(fcinfo, run.checks, run.nchecks);
	tell_skipped(run.checks, run.nchecks);
	return (Datum) 0;
}
