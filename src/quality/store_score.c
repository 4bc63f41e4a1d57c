/*
 * store_score.c
 *		Scores a data set and keeps the tallies.
 *
 * Nobody may write a tally by hand, so the reading and the writing are one function: the data is
 * read with the rights of the caller, the result is written as the owner of the score tables. What
 * is kept speaks of the whole data set, so it is read with row_security = off: where a policy would
 * hide rows from the caller PostgreSQL raises an error, and a filtered view of a table can never
 * become a national score.
 *
 * Beside the tally of each provider goes the total of each period, and which total counts today
 * (score_total.latest). Two sessions may score one data set at the same time: from the first write on
 * they take turns, by a lock on the row of the data set, so that the one that commits last is the
 * latest and exactly one total of a period is.
 */
#include "track.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pf_store_score);

/*
 * What is read. The first row of each period also brings the total of the period; reading it in the
 * same statement means that total and parts are of one snapshot.
 */
static const char tallies_sql[] =
"SELECT w.period, w.provider, w.rule_set, w.records, w.tally, (w.s).clean_records, (w.s).items, (w.s).item_score_sum,"
"       w.total, w.providers, w.total_records, (w.t).clean_records, (w.t).items, (w.t).item_score_sum"
"  FROM (SELECT g.*, portfolio.summarise_tally(g.tally, $3) AS s, portfolio.summarise_tally(g.total, $3) AS t"
"          FROM (SELECT t.period, t.provider, t.rule_set, t.records, t.tally,"
"                       CASE row_number() OVER (PARTITION BY t.period) WHEN 1 THEN portfolio.merge(t.tally) OVER w END AS total,"
"                       (count(*) OVER w)::int AS providers, (sum(t.records) OVER w)::bigint AS total_records"
"                  FROM portfolio.tally_data_set($1, $2) t WINDOW w AS (PARTITION BY t.period)) g OFFSET 0) w"
" ORDER BY w.period, w.total IS NULL, w.provider";

/* Its columns */
enum
{
	COL_PERIOD = 1, COL_PROVIDER, COL_RULE_SET, COL_RECORDS, COL_TALLY, COL_CLEAN, COL_ITEMS, COL_SCORES,
	COL_TOTAL, COL_PROVIDERS, COL_TOTAL_RECORDS, COL_TOTAL_CLEAN, COL_TOTAL_ITEMS, COL_TOTAL_SCORES
};

typedef struct ScoreRun
{
	int64		run;
	int64		total;			/* of the period that is being written */
	int64		data_set;
	TimestampTz scored_at;
	Datum		thresholds;
} ScoreRun;

/* One value of a one-row query run as the caller. */
static Datum
ask(const char *sql, Oid argtype, Datum arg)
{
	int			rc = SPI_execute_with_args(sql, 1, &argtype, &arg, NULL, false, 1);
	bool		isnull;

	if (rc != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "query of a data set failed: %s", SPI_result_code_string(rc));
	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
}

/*
 * From here to the end of the transaction no other session writes scores of the data set; what it
 * wrote before is seen by the statements that follow.
 */
static void
lock_scores(const ScoreRun *run)
{
	static const Oid argtypes[] = {INT8OID};
	Datum		values[] = {Int64GetDatum(run->data_set)};
	PfAsOwner	state;

	pf_as_table_owner(&state, "data_set", "SELECT FROM portfolio.data_set WHERE id = $1 FOR NO KEY UPDATE",
					  1, argtypes, values, NULL);
	pf_end_as_owner(&state);
}

/* What this run replaces no longer counts: the totals of its period, or all of them. */
static void
replace_totals(const ScoreRun *run, Datum period, bool period_null)
{
	static const Oid argtypes[] = {INT8OID, TEXTOID};
	Datum		values[] = {Int64GetDatum(run->data_set), period};
	char		nulls[] = {' ', period_null ? 'n' : ' '};
	PfAsOwner	state;

	pf_as_table_owner(&state, "score_total",
					  "UPDATE portfolio.score_total SET latest = false"
					  " WHERE data_set = $1 AND latest AND ($2 IS NULL OR period = $2)",
					  2, argtypes, values, nulls);
	pf_end_as_owner(&state);
}

/* The row of score_run; sets run->run. */
static void
store_run(ScoreRun *run, Datum period, bool period_null, Datum rule_set, bool rule_set_null,
		  int64 records, Datum broken)
{
	static const Oid argtypes[] = {INT8OID, TEXTOID, TIMESTAMPTZOID, NAMEOID, INT8OID, INT8OID, TEXTARRAYOID, JSONBOID};
	Datum		values[8];
	char		nulls[8] = {' ', ' ', ' ', ' ', ' ', ' ', ' ', ' '};
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
	values[7] = run->thresholds;
	pf_as_table_owner(&state, "score_run",
					  "INSERT INTO portfolio.score_run (data_set, period, scored_at, scored_by, rule_set, records, broken_rules, thresholds)"
					  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id",
					  8, argtypes, values, nulls);
	run->run = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	pf_end_as_owner(&state);
}

/* Takes columns of a row into the parameters of a statement, from parameter `first` on. */
static void
take_columns(HeapTuple tuple, TupleDesc desc, const int *columns, int ncolumns, int first,
			 Oid *argtypes, Datum *values, char *nulls)
{
	for (int i = 0; i < ncolumns; i++)
	{
		bool		isnull;

		argtypes[first + i] = SPI_gettypeid(desc, columns[i]);
		values[first + i] = SPI_getbinval(tuple, desc, columns[i], &isnull);
		nulls[first + i] = isnull ? 'n' : ' ';
	}
}

/* The row of score_total of a period, from the first of its rows; sets run->total. */
static void
store_total(ScoreRun *run, HeapTuple tuple, TupleDesc desc)
{
	static const int columns[] = {COL_PERIOD, COL_RULE_SET, COL_PROVIDERS, COL_TOTAL_RECORDS, COL_TOTAL_CLEAN,
	COL_TOTAL_ITEMS, COL_TOTAL_SCORES, COL_TOTAL};
	Oid			argtypes[3 + lengthof(columns)] = {INT8OID, INT8OID, TIMESTAMPTZOID};
	Datum		values[3 + lengthof(columns)];
	char		nulls[3 + lengthof(columns)] = {' ', ' ', ' '};
	PfAsOwner	state;
	bool		isnull;

	values[0] = Int64GetDatum(run->run);
	values[1] = Int64GetDatum(run->data_set);
	values[2] = TimestampTzGetDatum(run->scored_at);
	take_columns(tuple, desc, columns, lengthof(columns), 3, argtypes, values, nulls);
	pf_as_table_owner(&state, "score_total",
					  "INSERT INTO portfolio.score_total (run, data_set, scored_at, period, rule_set, providers, records,"
					  " clean_records, items, item_score_sum, tally, latest)"
					  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, true) RETURNING id",
					  lengthof(argtypes), argtypes, values, nulls);
	run->total = DatumGetInt64(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
	pf_end_as_owner(&state);
}

/* One row of quality_score. */
static void
store_tally(const ScoreRun *run, HeapTuple tuple, TupleDesc desc)
{
	static const int columns[] = {COL_PERIOD, COL_PROVIDER, COL_RULE_SET, COL_RECORDS, COL_CLEAN, COL_ITEMS,
	COL_SCORES, COL_TALLY};
	Oid			argtypes[4 + lengthof(columns)] = {INT8OID, INT8OID, INT8OID, TIMESTAMPTZOID};
	Datum		values[4 + lengthof(columns)];
	char		nulls[4 + lengthof(columns)] = {' ', ' ', ' ', ' '};
	PfAsOwner	state;

	values[0] = Int64GetDatum(run->run);
	values[1] = Int64GetDatum(run->total);
	values[2] = Int64GetDatum(run->data_set);
	values[3] = TimestampTzGetDatum(run->scored_at);
	take_columns(tuple, desc, columns, lengthof(columns), 4, argtypes, values, nulls);
	pf_as_table_owner(&state, "quality_score",
					  "INSERT INTO portfolio.quality_score (run, total, data_set, scored_at, period, provider, rule_set, records,"
					  " clean_records, items, item_score_sum, tally)"
					  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
					  lengthof(argtypes), argtypes, values, nulls);
	pf_end_as_owner(&state);
}

/* Writes all rows of a run; those of a period stand together, the one with the total first. */
static void
store_tallies(ScoreRun *run, SPITupleTable *tallies, uint64 ntallies)
{
	for (uint64 i = 0; i < ntallies; i++)
	{
		HeapTuple	tuple = tallies->vals[i];
		bool		isnull;

		CHECK_FOR_INTERRUPTS();
		(void) SPI_getbinval(tuple, tallies->tupdesc, COL_TOTAL, &isnull);
		if (!isnull)
			store_total(run, tuple, tallies->tupdesc);
		store_tally(run, tuple, tallies->tupdesc);
	}
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
	Oid			argtypes[] = {TEXTOID, TEXTOID, JSONBOID};
	Datum		values[3];
	char		nulls[3] = {' ', ' ', ' '};
	ScoreRun	run = {0};
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
	nulls[1] = PG_ARGISNULL(1) ? 'n' : ' ';

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	guc_level = pf_track_settings();

	run.data_set = DatumGetInt64(ask("SELECT (portfolio.get_data_set($1)).id", TEXTOID, values[0]));
	run.thresholds = ask("SELECT portfolio.item_thresholds($1)", INT8OID, Int64GetDatum(run.data_set));
	broken = ask("SELECT coalesce(array_agg(DISTINCT c.code), '{}')"
				 " FROM portfolio.broken_rules($1) b"
				 " JOIN portfolio.current_rule c ON c.data_set_code = b.data_set AND c.status IN ('standard', 'experimental')"
				 " AND b.rule = CASE b.kind WHEN 'rule' THEN c.code ELSE c.item END",
				 TEXTOID, values[0]);
	run.scored_at = GetCurrentTimestamp();
	values[2] = run.thresholds;
	if (SPI_execute_with_args(tallies_sql, 3, argtypes, values, nulls, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not score the data set");
	tallies = SPI_tuptable;
	ntallies = SPI_processed;
	AtEOXact_GUC(true, guc_level);

	if (ntallies > 0)
		rule_set = SPI_getbinval(tallies->vals[0], tallies->tupdesc, COL_RULE_SET, &isnull);
	lock_scores(&run);
	store_run(&run, values[1], nulls[1] == 'n', rule_set, isnull, sum_of_records(tallies, ntallies), broken);
	replace_totals(&run, values[1], nulls[1] == 'n');
	store_tallies(&run, tallies, ntallies);
	SPI_finish();
	PG_RETURN_INT64(run.run);
}
