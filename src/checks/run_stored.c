/*
 * run_stored.c
 *		pf_run_stored(): the one way in which stored SQL runs.
 *
 * Check and criterion queries are code that somebody wrote and somebody else runs. So a query runs
 *	- as its author, in a security-restricted operation: the runner's rights are out of reach (SET
 *	  ROLE, SET SESSION AUTHORIZATION, temporary tables, PREPARE, LISTEN and cursors that outlive
 *	  the query are refused by the server itself). A shipped query has no author and runs as the
 *	  caller, or it would lend everybody the eyes of the superuser who installed the extension;
 *	- read-only, in one subtransaction that is always rolled back. Inside a subtransaction nobody
 *	  can leave read-only mode, and the rollback takes back every setting that the query changed
 *	  and every portal that it left open. Nothing was written, so no transaction id is spent. What
 *	  would outlive it, advisory locks of the session, session_locks.c refuses;
 *	- with search_path pinned, and with today's data: pg_portfolio.as_of moves what people look at,
 *	  never what is stored. Shipped queries run with row_security off: a filtered answer would
 *	  resolve the findings that this caller may not see, so it is an error instead. And without
 *	  jit: where catalogs were never analysed they look costly, and compiling takes longer than they do;
 *	- with a limit on time and rows. Types of the result are exact and built in, and values are
 *	  detoasted and copied inside, so no code of the author's runs after the switch back.
 *
 * An error comes back as SQLSTATE and message. Not so a cancel: statement_timeout cannot be set
 * from within a statement, so the time limit is a timeout of our own whose handler raises a flag
 * and asks for a cancel. 57014 is kept only when that flag is up; without it, it was the user's
 * cancel or his statement_timeout and it is thrown on. A function may catch 57014 by name, so the
 * timer repeats; a query that withstands MAX_REPEATS cancels ends the session, as nothing else in
 * PostgreSQL can stop it, and the CONTEXT of that FATAL names it. There is one timer: a stored query
 * inside another, which only criteria asked by a check are, runs within the time of the outer one
 * and with no more rights than its own author's. A user's cancel that arrives
 * between our timer and the next interrupt check is taken for the limit: he has to cancel again.
 */
#include "pf_checks.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "pf_mask.h"
#include "portability/instr_time.h"
#include "storage/latch.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#include "utils/plancache.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timeout.h"
#include "utils/timestamp.h"

#define REPEAT_MS 100			/* after the limit, how often the timer insists */
#define MAX_REPEATS 50			/* how often it does before it ends the session */

static TimeoutId stored_timeout = MAX_TIMEOUTS;
static volatile sig_atomic_t limit_reached = false;
static volatile sig_atomic_t repeats = 0;
static int	depth = 0;			/* stored queries that run now, one inside the other */

/* Is this session inside a stored query? */
bool
pf_stored_query_runs(void)
{
	return depth > 0;
}

/* Signal handler: only flags and the latch */
static void
stored_timeout_handler(void)
{
	limit_reached = true;
	InterruptPending = true;
	QueryCancelPending = true;
	if (++repeats > MAX_REPEATS)
		ProcDiePending = true;
	SetLatch(MyLatch);
}

static void
start_timer(void)
{
	if (stored_timeout == MAX_TIMEOUTS)
		stored_timeout = RegisterTimeout(USER_TIMEOUT, stored_timeout_handler);
	limit_reached = false;
	repeats = 0;
	pf_enable_timeout_every(stored_timeout,
							TimestampTzPlusMilliseconds(GetCurrentTimestamp(),
														pf_stored_query_timeout),
							REPEAT_MS);
}

/* Stop the timer; a cancel that it asked for and nobody has taken yet must not hit the caller. */
static void
stop_timer(void)
{
	disable_timeout(stored_timeout, false);
	if (limit_reached)
		QueryCancelPending = false;
}

static void
leave_query(void)
{
	if (--depth == 0)
		stop_timer();
}

const char *
pf_outcome_name(PfStoredOutcome outcome)
{
	switch (outcome)
	{
		case PF_STORED_OK:
			return "ok";
		case PF_STORED_BROKEN:
			return "broken";
		case PF_STORED_ERROR:
			return "error";
		case PF_STORED_TIMED_OUT:
			return "timed_out";
		case PF_STORED_TOO_MANY_ROWS:
			return "too_many_rows";
	}
	return "error";				/* keep the compiler quiet */
}

static void
set_local(const char *name, const char *value)
{
	(void) set_config_option(name, value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL, true, 0, false);
}

/* The frame of a run, inside its subtransaction */
static void
restrict_session(Oid author)
{
	Oid			user;
	int			sec_context;

	set_local("search_path", "pg_catalog, pg_temp");
	set_local("pg_portfolio.as_of", "");
	set_local("row_security", OidIsValid(author) ? "on" : "off");
	if (!OidIsValid(author))
		set_local("jit", "off");
	set_local("transaction_read_only", "on");
	GetUserIdAndSecContext(&user, &sec_context);
	SetUserIdAndSecContext(OidIsValid(author) ? author : user, sec_context |
						   SECURITY_LOCAL_USERID_CHANGE | SECURITY_RESTRICTED_OPERATION);
}

static TupleDesc
result_desc(const PfStoredColumn *columns, int ncolumns)
{
	TupleDesc	desc = CreateTemplateTupleDesc(ncolumns);

	for (int i = 0; i < ncolumns; i++)
		TupleDescInitEntry(desc, i + 1, columns[i].name, columns[i].type, -1, 0);
	return desc;
}

/* May a column of this type stand for one of the wanted type? No cast of anybody's is ever called. */
static bool
type_serves(Oid type, Oid wanted)
{
	switch (wanted)
	{
		case TEXTOID:
			return type == TEXTOID || type == VARCHAROID || type == NAMEOID;
		case INT8OID:
			return type == INT8OID || type == INT4OID || type == INT2OID;
		case NUMERICOID:
			return type == NUMERICOID || type == INT8OID || type == INT4OID || type == INT2OID ||
				type == FLOAT8OID || type == FLOAT4OID;
		default:
			return type == wanted;
	}
}

/* Where the wanted columns stand in what the query returns; 0 where an optional one is left out. */
static void
map_columns(TupleDesc given, const PfStoredColumn *columns, int ncolumns, int *attnums)
{
	for (int i = 0; i < ncolumns; i++)
	{
		Oid			type;

		attnums[i] = SPI_fnumber(given, columns[i].name);
		if (attnums[i] <= 0)
		{
			attnums[i] = 0;
			if (columns[i].optional)
				continue;
			ereport(ERROR,
					(errcode(ERRCODE_UNDEFINED_COLUMN),
					 errmsg("the query returns no column \"%s\"", columns[i].name)));
		}
		type = TupleDescAttr(given, attnums[i] - 1)->atttypid;
		if (!type_serves(type, columns[i].type))
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("column \"%s\" of the query is of type %s and must be %s", columns[i].name,
							format_type_be(type), format_type_be(columns[i].type))));
	}
}

/* The value as the wanted type, detoasted, in the current memory context */
static Datum
copy_value(Datum value, Oid type, Oid wanted)
{
	switch (wanted)
	{
		case TEXTOID:
			if (type == NAMEOID)
				return CStringGetTextDatum(NameStr(*DatumGetName(value)));
			break;
		case INT8OID:
			if (type == INT4OID)
				return Int64GetDatum(DatumGetInt32(value));
			if (type == INT2OID)
				return Int64GetDatum(DatumGetInt16(value));
			return Int64GetDatum(DatumGetInt64(value));
		case NUMERICOID:
			if (type == INT8OID)
				return DirectFunctionCall1(int8_numeric, value);
			if (type == INT4OID)
				return DirectFunctionCall1(int4_numeric, value);
			if (type == INT2OID)
				return DirectFunctionCall1(int2_numeric, value);
			if (type == FLOAT8OID)
				return DirectFunctionCall1(float8_numeric, value);
			if (type == FLOAT4OID)
				return DirectFunctionCall1(float4_numeric, value);
			break;
		case DATEOID:
			return value;
		default:
			break;
	}
	return PointerGetDatum(PG_DETOAST_DATUM_COPY(value));
}

/* Copy SPI's rows into the result, at most as many as the cap allows. */
static void
keep_rows(PfStoredResult *result, const PfStoredColumn *columns, int ncolumns, const int *attnums)
{
	TupleDesc	given = SPI_tuptable->tupdesc;
	Datum	   *values = palloc(sizeof(Datum) * ncolumns);
	bool	   *nulls = palloc(sizeof(bool) * ncolumns);
	MemoryContext row_context = AllocSetContextCreate(CurrentMemoryContext, "stored query row",
													  ALLOCSET_DEFAULT_SIZES);
	MemoryContext old = MemoryContextSwitchTo(row_context);

	for (uint64 r = 0; r < SPI_processed && result->nrows < pf_stored_query_max_rows; r++)
	{
		CHECK_FOR_INTERRUPTS();
		for (int i = 0; i < ncolumns; i++)
		{
			nulls[i] = true;
			if (attnums[i] == 0)
				continue;
			values[i] = SPI_getbinval(SPI_tuptable->vals[r], given, attnums[i], &nulls[i]);
			if (!nulls[i])
				values[i] = copy_value(values[i], TupleDescAttr(given, attnums[i] - 1)->atttypid,
									   columns[i].type);
		}
		tuplestore_putvalues(result->rows, result->desc, values, nulls);
		result->nrows++;
		MemoryContextReset(row_context);
	}
	MemoryContextSwitchTo(old);
	MemoryContextDelete(row_context);
	if (SPI_processed > (uint64) pf_stored_query_max_rows)
	{
		result->outcome = PF_STORED_TOO_MANY_ROWS;
		result->sqlstate = ERRCODE_PROGRAM_LIMIT_EXCEEDED;
	}
}

/* Parse, check and execute, as the author */
static void
execute_query(PfStoredResult *result, const PfStoredQuery *q, const PfStoredColumn *columns, int ncolumns)
{
	Oid			argtypes[1] = {NUMERICOID};
	Datum		args[1] = {q->threshold};
	char		nulls[2] = {q->has_threshold ? ' ' : 'n', '\0'};
	int		   *attnums = palloc(sizeof(int) * ncolumns);
	CachedPlanSource *source;
	SPIPlanPtr	plan;
	int			rc;

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	pf_check_stored_query(q->query);
	plan = SPI_prepare(q->query, 1, argtypes);
	if (plan == NULL)
		elog(ERROR, "could not prepare the query: %s", SPI_result_code_string(SPI_result));
	source = linitial(SPI_plan_get_plan_sources(plan));
	map_columns(source->resultDesc, columns, ncolumns, attnums);
	rc = SPI_execute_plan(plan, args, nulls, true, (long) pf_stored_query_max_rows + 1);
	if (rc != SPI_OK_SELECT)
		elog(ERROR, "could not run the query: %s", SPI_result_code_string(rc));
	keep_rows(result, columns, ncolumns, attnums);
	SPI_finish();
}

/*
 * In PG_CATCH, after the rollback: keep the error in the result, or throw a user's cancel on. The
 * time limit is that of the outermost query, so an inner one throws that on too.
 */
static void
keep_error(PfStoredResult *result, ErrorData *edata)
{
	bool		cancelled = edata->sqlerrcode == ERRCODE_QUERY_CANCELED;

	if (cancelled && (!limit_reached || depth > 0))
		ReThrowError(edata);
	result->outcome = cancelled ? PF_STORED_TIMED_OUT : PF_STORED_ERROR;
	result->sqlstate = edata->sqlerrcode;
	result->message = pf_mask_message(edata->message, edata->sqlerrcode);
	FreeErrorData(edata);
}

/* The statements that both ways out of the run share */
static void
name_limit(PfStoredResult *result)
{
	if (limit_reached && depth == 0)	/* also where the query caught the cancel and went on */
	{
		result->outcome = PF_STORED_TIMED_OUT;
		result->sqlstate = ERRCODE_QUERY_CANCELED;
		result->message = psprintf("the query ran longer than pg_portfolio.stored_query_timeout (%d ms)",
								   pf_stored_query_timeout);
	}
	else if (result->outcome == PF_STORED_TOO_MANY_ROWS)
		result->message = psprintf("the query returned more rows than pg_portfolio.stored_query_max_rows (%d)",
								   pf_stored_query_max_rows);
}

/* Says in every message, also in one that ends the session, whose query it was. */
static void
stored_query_context(void *arg)
{
	errcontext("stored query of %s", (const char *) arg);
}

static void
run_restricted(PfStoredResult *result, const PfStoredQuery *q, Oid author,
			   const PfStoredColumn *columns, int ncolumns)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorContextCallback callback = {0};

	if (depth > (q->may_be_inner ? 1 : 0))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("a stored query cannot run stored queries")));
	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	callback.callback = stored_query_context;
	callback.arg = unconstify(char *, q->label);
	callback.previous = error_context_stack;
	error_context_stack = &callback;
	if (depth++ == 0)
		start_timer();
	PG_TRY();
	{
		restrict_session(author);
		execute_query(result, q, columns, ncolumns);
		leave_query();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
	}
	PG_CATCH();
	{
		ErrorData  *edata;

		leave_query();
		MemoryContextSwitchTo(context);
		edata = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(context);
		CurrentResourceOwner = owner;
		keep_error(result, edata);
	}
	PG_END_TRY();
	error_context_stack = callback.previous;
	name_limit(result);
}

/*
 * Run one stored query. The result and its rows live in the current memory context and resource
 * owner; errors of the query are in it, only a cancel of the user's comes out as an error.
 */
PfStoredResult *
pf_run_stored(const PfStoredQuery *q, const PfStoredColumn *columns, int ncolumns)
{
	PfStoredResult *result = palloc0(sizeof(PfStoredResult));
	Oid			author = InvalidOid;
	instr_time	start;
	instr_time	duration;

	result->desc = result_desc(columns, ncolumns);
	result->rows = tuplestore_begin_heap(true, false, work_mem);
	if (q->author != NULL && !OidIsValid(author = get_role_oid(q->author, true)))
	{
		result->outcome = PF_STORED_BROKEN;
		result->sqlstate = ERRCODE_UNDEFINED_OBJECT;
		result->message = psprintf("its author, role \"%s\", does not exist", q->author);
		return result;
	}
	INSTR_TIME_SET_CURRENT(start);
	run_restricted(result, q, author, columns, ncolumns);
	INSTR_TIME_SET_CURRENT(duration);
	INSTR_TIME_SUBTRACT(duration, start);
	result->elapsed_ms = INSTR_TIME_GET_MILLISEC(duration);
	return result;
}

void
pf_free_stored(PfStoredResult *result)
{
	tuplestore_end(result->rows);
	FreeTupleDesc(result->desc);
	pfree(result);
}
