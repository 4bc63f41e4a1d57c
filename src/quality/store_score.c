/*
 * store_score.c
 *		Scores a data set and keeps the tallies.
 *
 * Nobody may write a tally by hand, so the reading and the writing are one function: the data is
 * read with the rights of the caller, the result is written as the owner of the score tables. What
 * is kept speaks of the whole data set, so it is read with row_security = off: where a policy would
 * hide rows from the caller PostgreSQL raises an error, and a filtered view of a table can never
 * become a national score.
 */
#include "pf.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pf_store_score);

/* Columns of portfolio.tally_data_set() */
enum
{
	COL_PERIOD = 1, COL_PROVIDER, COL_RULE_SET, COL_RECORDS, COL_TALLY
};

typedef struct ScoreRun
{
	int64		run;
	int64		data_set;
	TimestampTz scored_at;
} ScoreRun;

/* One value of a one-row query run as the caller. */
static Datum
ask(const char *sql, Oid argtype, Datum arg, bool *isnull)
{
	int			rc = SPI_execute_with_args(sql, 1, &argtype, &arg, NULL, false, 1);

	if (rc != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "query of a data set failed: %s", SPI_result_code_string(rc));
	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, isnull);
}

/* The row of score_run; sets run->run. */
static void
store_run(ScoreRun *run, Datum period, bool period_null, Datum rule_set, bool rule_set_null,
		  int64 records, Datum broken)
{
	static const Oid argtypes[] = {INT8OID, TEXTOID, TIMESTAMPTZOID, NAMEOID, INT8OID, INT8OID, TEXTARRAYOID};
	Datum		values[7];
	char		nulls[7] = {' ', ' ', ' ', ' ', ' ', ' ', ' '};
	PfAsOwner	state;
	NameData	role;
	bool		isnull;

	namestrcpy(&role, GetUserNameFromId(GetUserId(), false));
	values[0] = Int64GetDatum(run->data_set);
	values[1] = period;
	nulls[1] = period_null ? 'n' : ' ';
	values[2] = TimestampTzGetDatum(run->scored_at);
	values[3] = NameGetDatum(&role);
	values[4] = rule_set;
	nulls[4] = rule_set_null ? 'n' : ' ';
	values[5] = Int64GetDatum(records);
	values[6] = broken;
	pf_as_table_owner(&state, "score_run",
					  "INSERT INTO portfolio.score_run (data_set, period, scored_at, scored_by, rule_set, records, broken_rules)"
					  " VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
					  7, argtypes, values, nulls);
	run->run = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	pf_end_as_owner(&state);
}

/* One row of quality_score from one row of the tallies. */
static void
store_tally(const ScoreRun *run, HeapTuple tuple, TupleDesc desc)
{
	const Oid	argtypes[] = {INT8OID, INT8OID, TEXTOID, TEXTOID, TIMESTAMPTZOID, INT8OID, INT8OID,
	SPI_gettypeid(desc, COL_TALLY)};
	Datum		values[8];
	char		nulls[8];
	bool		isnull[8] = {0};
	PfAsOwner	state;

	values[0] = Int64GetDatum(run->run);
	values[1] = Int64GetDatum(run->data_set);
	values[2] = SPI_getbinval(tuple, desc, COL_PERIOD, &isnull[2]);
	values[3] = SPI_getbinval(tuple, desc, COL_PROVIDER, &isnull[3]);
	values[4] = TimestampTzGetDatum(run->scored_at);
	values[5] = SPI_getbinval(tuple, desc, COL_RULE_SET, &isnull[5]);
	values[6] = SPI_getbinval(tuple, desc, COL_RECORDS, &isnull[6]);
	values[7] = SPI_getbinval(tuple, desc, COL_TALLY, &isnull[7]);
	for (int i = 0; i < 8; i++)
		nulls[i] = isnull[i] ? 'n' : ' ';
	pf_as_table_owner(&state, "quality_score",
					  "INSERT INTO portfolio.quality_score (run, data_set, period, provider, scored_at, rule_set, records, tally)"
					  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
					  8, argtypes, values, nulls);
	pf_end_as_owner(&state);
}

static int64
sum_of_records(SPITupleTable *tallies, uint64 n)
{
	int64		sum = 0;
	bool		isnull;

	for (uint64 i = 0; i < n; i++)
		sum += DatumGetInt64(SPI_getbinval(tallies->vals[i], tallies->tupdesc, COL_RECORDS, &isnull));
	return sum;
}

/* store_score(data_set text, period text) → bigint: the run */
Datum
pf_store_score(PG_FUNCTION_ARGS)
{
	Oid			argtypes[] = {TEXTOID, TEXTOID};
	Datum		values[2];
	char		nulls[2];
	ScoreRun	run;
	SPITupleTable *tallies;
	uint64		ntallies;
	Datum		broken;
	Datum		rule_set = (Datum) 0;
	bool		isnull = true;
	int			guc_level;

	if (PG_ARGISNULL(0))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("data set must not be null")));
	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1);
	nulls[0] = ' ';
	nulls[1] = PG_ARGISNULL(1) ? 'n' : ' ';

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	guc_level = NewGUCNestLevel();
	(void) set_config_option("row_security", "off", PGC_USERSET, PGC_S_SESSION,
							 GUC_ACTION_SAVE, true, 0, false);

	run.data_set = DatumGetInt64(ask("SELECT (portfolio.get_data_set($1)).id", TEXTOID, values[0], &isnull));
	broken = ask("SELECT coalesce(array_agg(DISTINCT c.code), '{}')"
				 " FROM portfolio.broken_rules($1) b"
				 " JOIN portfolio.current_rule c ON c.data_set_code = b.data_set AND c.status IN ('standard', 'experimental')"
				 " AND b.rule = CASE b.kind WHEN 'rule' THEN c.code ELSE c.item END",
				 TEXTOID, values[0], &isnull);
	run.scored_at = GetCurrentTimestamp();
	if (SPI_execute_with_args("SELECT t.period, t.provider, t.rule_set, t.records, t.tally"
							  " FROM portfolio.tally_data_set($1, $2) t",
							  2, argtypes, values, nulls, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not score the data set");
	tallies = SPI_tuptable;
	ntallies = SPI_processed;
	AtEOXact_GUC(true, guc_level);

	isnull = true;
	if (ntallies > 0)
		rule_set = SPI_getbinval(tallies->vals[0], tallies->tupdesc, COL_RULE_SET, &isnull);
	store_run(&run, values[1], nulls[1] == 'n', rule_set, isnull, sum_of_records(tallies, ntallies), broken);
	for (uint64 i = 0; i < ntallies; i++)
	{
		CHECK_FOR_INTERRUPTS();
		store_tally(&run, tallies->vals[i], tallies->tupdesc);
	}
	SPI_finish();
	PG_RETURN_INT64(run.run);
}
