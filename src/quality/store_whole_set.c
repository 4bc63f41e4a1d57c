/*
 * store_whole_set.c
 *		Judges the rules about the whole of a data set and keeps the results.
 *
 * As with scores (store_score.c), nobody may write a result by hand: the data is read with the rights
 * of the caller and row_security = off, the result is written as the owner of its table.
 */
#include "quality.h"

#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(pf_check_whole_set);

#define VERDICT_COLUMNS 13		/* of portfolio.whole_set_verdict */
#define OWN_COLUMNS 4			/* data set, period, when, who */

static void
store_verdict(const Datum *own, const char *own_nulls, const Datum *verdict, const bool *isnull)
{
	static const Oid argtypes[] = {INT8OID, TEXTOID, TIMESTAMPTZOID, NAMEOID,
	TEXTOID, INT4OID, TEXTOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT8OID, INT8OID, JSONBOID, TEXTOID, TEXTOID, TEXTOID};
	Datum		values[OWN_COLUMNS + VERDICT_COLUMNS];
	char		nulls[OWN_COLUMNS + VERDICT_COLUMNS];
	PfAsOwner	state;

	for (int i = 0; i < OWN_COLUMNS; i++)
	{
		values[i] = own[i];
		nulls[i] = own_nulls[i];
	}
	for (int i = 0; i < VERDICT_COLUMNS; i++)
	{
		values[OWN_COLUMNS + i] = verdict[i];
		nulls[OWN_COLUMNS + i] = isnull[i] ? 'n' : ' ';
	}
	pf_as_table_owner(&state, "whole_set_result",
					  "INSERT INTO portfolio.whole_set_result (data_set, period, checked_at, checked_by,"
					  " rule, version, kind, outcome, unit, records, passed, failed, missing, measures, evidence, sql_state, problem)"
					  " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
					  OWN_COLUMNS + VERDICT_COLUMNS, argtypes, values, nulls);
	pf_end_as_owner(&state);
}

/* The id of the data set; raises where it is not known or options are. */
static Datum
data_set_id(Datum data_set, Datum options)
{
	Oid			argtypes[] = {TEXTOID, JSONBOID};
	Datum		values[] = {data_set, options};
	bool		isnull;

	if (SPI_execute_with_args("SELECT (portfolio.get_data_set($1)).id FROM portfolio.check_options($2, '{}')",
							  2, argtypes, values, NULL, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "could not find the data set");
	return SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
}

/* check_whole_set(data_set text, period text, options jsonb) → SETOF whole_set_verdict */
Datum
pf_check_whole_set(PG_FUNCTION_ARGS)
{
	Oid			argtypes[] = {TEXTOID, TEXTOID};
	Datum		values[2];
	char		nulls[2] = {' ', PG_ARGISNULL(1) ? 'n' : ' '};
	Datum		own[OWN_COLUMNS];
	char		own_nulls[OWN_COLUMNS] = {' ', nulls[1], ' ', ' '};
	NameData	role;
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	SPITupleTable *verdicts;
	uint64		n;
	int			guc_level;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(2))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("data set and options must not be null")));
	pf_init_materialized_srf(fcinfo);
	values[0] = PG_GETARG_DATUM(0);
	values[1] = PG_ARGISNULL(1) ? (Datum) 0 : PG_GETARG_DATUM(1);
	namestrcpy(&role, GetUserNameFromId(GetSessionUserId(), false));

	if (SPI_connect() != SPI_OK_CONNECT)
		elog(ERROR, "could not connect to SPI");
	own[0] = data_set_id(values[0], PG_GETARG_DATUM(2));
	own[1] = values[1];
	own[2] = TimestampTzGetDatum(GetCurrentTimestamp());
	own[3] = NameGetDatum(&role);

	guc_level = NewGUCNestLevel();
	pf_pin_setting("row_security", "off");
	if (SPI_execute_with_args("SELECT v.* FROM portfolio.judge_whole_set_rules($1, $2) v",
							  2, argtypes, values, nulls, false, 0) != SPI_OK_SELECT)
		elog(ERROR, "could not judge the data set");
	verdicts = SPI_tuptable;
	n = SPI_processed;
	AtEOXact_GUC(true, guc_level);

	for (uint64 i = 0; i < n; i++)
	{
		Datum		verdict[VERDICT_COLUMNS];
		bool		isnull[VERDICT_COLUMNS];

		CHECK_FOR_INTERRUPTS();
		for (int k = 0; k < VERDICT_COLUMNS; k++)
			verdict[k] = SPI_getbinval(verdicts->vals[i], verdicts->tupdesc, k + 1, &isnull[k]);
		store_verdict(own, own_nulls, verdict, isnull);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, verdict, isnull);
	}
	SPI_finish();
	return (Datum) 0;
}
