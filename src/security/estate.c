/*
 * estate.c
 *		check_estate(): the shipped checks on the databases of database_target.
 *
 * Three steps. What to ask and whom is read first, as the caller. Then the targets are asked
 * (estate_wait.c); nothing is written and no transaction id is spent as long as that lasts. At the end
 * the findings of each target are merged and its run is recorded, as run_checks() does for this database,
 * and the check that looks for targets which do not answer is run.
 *
 * A target is locked until the transaction ends, and one that somebody else is checking is left to him.
 */
#include "estate.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pf_check_estate);

#define ANY_VERSION 999

/* A key that is there and is NULL is as good as one that is not. */
static const char options_sql[] =
"SELECT coalesce((o->>'connections')::integer, 64), coalesce((o->>'connect_timeout')::integer, 10),"
"       coalesce((o->>'timeout')::integer, 300)"
"  FROM portfolio.check_options($1, '{targets,connections,connect_timeout,timeout}') o";

static const char checks_sql[] =
"SELECT c.check_code, c.severity, c.query, c.min_version, c.max_version FROM portfolio.remote_checks($1) c";

static const char areas_sql[] =
"SELECT string_agg(DISTINCT c.area, ', ') FROM portfolio.effective_check c WHERE c.builtin AND c.enabled";

static const char unknown_target_sql[] =
"SELECT u.service FROM jsonb_array_elements_text($1->'targets') u(service)"
" WHERE NOT EXISTS (SELECT FROM portfolio.database_target t WHERE t.service = u.service) LIMIT 1";

static const char targets_sql[] =
"SELECT t.service FROM portfolio.database_target t"
" WHERE CASE WHEN $1->'targets' IS NULL THEN t.enabled ELSE $1->'targets' ? t.service END"
" ORDER BY t.service COLLATE \"C\"";

static const char keep_target_sql[] =
"SELECT FROM portfolio.database_target t WHERE t.service = $1 FOR KEY SHARE";

static const char down_sql[] =
"SELECT FROM portfolio.run_checks(codes => '{target-not-answering}')";

static void
run_sql(const char *sql, Oid type, NullableDatum value, bool read_only)
{
	char		nulls[2] = {value.isnull ? 'n' : ' ', '\0'};
	int			rc = SPI_execute_with_args(sql, 1, &type, &value.value, nulls, read_only, 0);

	if (rc != SPI_OK_SELECT)
		elog(ERROR, "could not read the estate: %s", SPI_result_code_string(rc));
}

static int
result_integer(int row, int column, int otherwise)
{
	bool		isnull;
	Datum		value = SPI_getbinval(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? otherwise : DatumGetInt32(value);
}

static char *
result_text(int row, int column)
{
	return SPI_getvalue(SPI_tuptable->vals[row], SPI_tuptable->tupdesc, column);
}

static int
option_between(const char *name, int value, int low, int high)
{
	if (value < low || value > high)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("option \"%s\" must be between %d and %d", name, low, high)));
	return value;
}

static void
read_options(PfEstate *estate, NullableDatum options)
{
	run_sql(options_sql, JSONBOID, options, true);
	estate->connections = option_between("connections", result_integer(0, 1, 0), 1, 1000);
	estate->connect_timeout = option_between("connect_timeout", result_integer(0, 2, 0), 1, 3600);
	estate->timeout = option_between("timeout", result_integer(0, 3, 0), 1, 86400);
}

/* What is sent: limits that hold for this message alone, and the query with a cap on its rows */
static char *
make_message(const char *query)
{
	return psprintf("SET TRANSACTION READ ONLY; SET LOCAL search_path = pg_catalog, pg_temp; "
					"SET LOCAL statement_timeout = %d; SET LOCAL lock_timeout = %d; "
					"SET LOCAL datestyle = 'ISO, YMD'; SET LOCAL quote_all_identifiers = off; SET LOCAL client_min_messages = error; SET LOCAL jit = off; "
					"SELECT * FROM (%s) q LIMIT " INT64_FORMAT,
					pf_stored_query_timeout, pf_stored_query_timeout, query, (int64) pf_stored_query_max_rows + 1);
}

static void
read_checks(PfEstate *estate, NullableDatum area, MemoryContext context)
{
	MemoryContext old;

	run_sql(checks_sql, TEXTOID, area, true);
	estate->nchecks = (int) SPI_processed;
	old = MemoryContextSwitchTo(context);
	estate->remote = palloc0(sizeof(PfRemoteCheck) * (estate->nchecks + 1));
	for (int i = 0; i < estate->nchecks; i++)
	{
		PfRemoteCheck *remote = &estate->remote[i];
		char	   *query = result_text(i, 3);

		remote->code = result_text(i, 1);
		remote->severity = result_text(i, 2);
		remote->message = query == NULL ? NULL : make_message(query);
		remote->min_version = result_integer(i, 4, 0);
		remote->max_version = result_integer(i, 5, ANY_VERSION);
	}
	MemoryContextSwitchTo(old);
	if (estate->nchecks > 0 || area.isnull)
		return;
	run_sql(areas_sql, TEXTOID, area, true);
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("no shipped check has area \"%s\"", TextDatumGetCString(area.value)),
			 errhint("Areas with shipped checks: %s.", result_text(0, 1))));
}

/* A target that is to be asked all checks, none of them yet */
static void
make_target(PfEstate *estate, PfTarget *target, char *service)
{
	target->service = service;
	target->checks = palloc0(sizeof(PfCheck) * (estate->nchecks + 1));
	for (int i = 0; i < estate->nchecks; i++)
	{
		target->checks[i].code = estate->remote[i].code;
		target->checks[i].severity = estate->remote[i].severity;
		target->checks[i].state = "not_asked";
	}
	if (pf_lock_key("database_target", service))
		return;
	target->state = PF_TARGET_DONE;
	target->outcome = "busy";
}

static void
read_targets(PfEstate *estate, NullableDatum options, MemoryContext context)
{
	MemoryContext old;

	run_sql(unknown_target_sql, JSONBOID, options, true);
	if (SPI_processed > 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("target \"%s\" does not exist", result_text(0, 1)),
				 errhint("SELECT service, enabled FROM portfolio.database_target lists the targets.")));
	run_sql(targets_sql, JSONBOID, options, true);
	estate->ntargets = (int) SPI_processed;
	if (estate->ntargets == 0)
		ereport(NOTICE,
				(errmsg("there is no target to ask"),
				 errhint("INSERT INTO portfolio.database_target (service) VALUES ('a service of libpq'); adds one.")));
	old = MemoryContextSwitchTo(context);
	estate->targets = palloc0(sizeof(PfTarget) * (estate->ntargets + 1));
	for (int i = 0; i < estate->ntargets; i++)
		make_target(estate, &estate->targets[i], result_text(i, 1));
	MemoryContextSwitchTo(old);
}

/* What is to be asked, and whom; as the caller may read it. */
static PfEstate *
read_estate(NullableDatum area, NullableDatum options)
{
	MemoryContext context = CurrentMemoryContext;
	PfEstate   *estate = palloc0(sizeof(PfEstate));

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	read_options(estate, options);
	read_checks(estate, area, context);
	read_targets(estate, options, context);
	SPI_finish();
	estate->connections = Min(estate->connections, Max(estate->ntargets, 1));
	return estate;
}

/* Hold the row of a target until the transaction ends; false where it is gone. */
static bool
keep_target(const PfTarget *target)
{
	static const Oid type = TEXTOID;
	Datum		service = CStringGetTextDatum(target->service);
	PfAsOwner	state;
	bool		there;

	pf_as_table_owner(&state, "database_target", keep_target_sql, 1, &type, &service, NULL);
	there = SPI_processed > 0;
	pf_end_as_owner(&state);
	return there;
}

/* Write down what a target answered. */
static void
record_target(PfEstate *estate, PfTarget *target, NullableDatum area)
{
	PfCheckRun	run = {0};

	if (strcmp(target->outcome, "busy") == 0)
		return;
	if (!keep_target(target))
	{
		target->outcome = "broken";
		target->problem = pstrdup("it was taken out of database_target meanwhile");
		return;
	}
	pf_merge_findings(target->checks, estate->nchecks, target->service);
	run.area = area;
	run.codes.isnull = true;
	run.started = target->started;
	run.checks = target->checks;
	run.nchecks = estate->nchecks;
	run.target = target->service;
	run.problem = target->problem;
	run.connection = target->connection;
	pf_record_check_run(&run);
}

/* Targets that do not answer are findings of this database. */
static void
find_silent_targets(void)
{
	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	if (SPI_execute(down_sql, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not run check \"target-not-answering\"");
	SPI_finish();
}

static void
return_target(ReturnSetInfo *rsinfo, const PfEstate *estate, const PfTarget *target)
{
	Datum		values[8] = {0};
	bool		nulls[8] = {false};
	Interval   *elapsed = palloc0(sizeof(Interval));
	int			checks = 0;
	int			not_applicable = 0;
	int			failed = 0;
	int64		findings = 0;

	for (int i = 0; i < estate->nchecks; i++)
	{
		const PfCheck *check = &target->checks[i];

		if (check->state != NULL)
		{
			not_applicable += strcmp(check->state, "not_applicable") == 0;
			continue;
		}
		checks++;
		failed += check->outcome != PF_STORED_OK;
		findings += check->nrows;
	}
	elapsed->time = (TimeOffset) (target->elapsed * 1000);
	values[0] = CStringGetTextDatum(target->service);
	values[1] = CStringGetTextDatum(target->outcome);
	values[2] = Int32GetDatum(checks);
	values[3] = Int32GetDatum(not_applicable);
	values[4] = Int32GetDatum(failed);
	values[5] = Int64GetDatum(findings);
	nulls[6] = target->problem == NULL;
	if (target->problem != NULL)
		values[6] = CStringGetTextDatum(target->problem);
	values[7] = IntervalPGetDatum(elapsed);
	tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
}

/* portfolio.check_estate(area text, options jsonb) */
Datum
pf_check_estate(PG_FUNCTION_ARGS)
{
	NullableDatum area = {PG_ARGISNULL(0) ? (Datum) 0 : PG_GETARG_DATUM(0), PG_ARGISNULL(0)};
	NullableDatum options = {PG_ARGISNULL(1) ? DirectFunctionCall1(jsonb_in, CStringGetDatum("{}")) : PG_GETARG_DATUM(1), false};
	PfEstate   *estate;
	int			guc_level;

	PreventCommandIfReadOnly("check_estate()");
	pf_init_materialized_srf(fcinfo);
	guc_level = NewGUCNestLevel();
	pf_pin_setting("search_path", "pg_catalog, pg_temp");
	pf_pin_writing();
	estate = read_estate(area, options);
	pf_estate_ask_all(estate);
	for (int i = 0; i < estate->ntargets; i++)
		record_target(estate, &estate->targets[i], area);
	find_silent_targets();
	AtEOXact_GUC(true, guc_level);
	for (int i = 0; i < estate->ntargets; i++)
		return_target((ReturnSetInfo *) fcinfo->resultinfo, estate, &estate->targets[i]);
	return (Datum) 0;
}
