/*
 * server_rows.c
 *		What security checks need of views that PostgreSQL keeps for superusers.
 *
 * A role that runs checks should not hold those views: they also show passwords. So each function here
 * asks one fixed question, as the owner of our tables, of pg_catalog alone (05_server_rows.sql): no
 * caller can add to it, and what may hold a secret comes out as yes or no.
 */
#include "pf.h"

#include "executor/spi.h"
#include "funcapi.h"
#include "utils/tuplestore.h"

PG_FUNCTION_INFO_V1(pf_hba_file_lines);
PG_FUNCTION_INFO_V1(pf_ident_file_lines);
PG_FUNCTION_INFO_V1(pf_setting_file_lines);
PG_FUNCTION_INFO_V1(pf_user_mapping_options);
PG_FUNCTION_INFO_V1(pf_subscription_options);
PG_FUNCTION_INFO_V1(pf_sequence_positions);

/* All rows of the question, which returns the same type as the function */
static Datum
answer(FunctionCallInfo fcinfo, const char *question)
{
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;
	PfAsOwner	state;

	pf_init_materialized_srf(fcinfo);
	pf_as_table_owner(&state, "check_definition", question, 0, NULL, NULL, NULL);
	for (uint64 i = 0; i < SPI_processed; i++)
		tuplestore_puttuple(rsinfo->setResult, SPI_tuptable->vals[i]);
	pf_end_as_owner(&state);
	return (Datum) 0;
}

Datum
pf_hba_file_lines(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, "SELECT * FROM portfolio.hba_file_lines_asked()");
}

Datum
pf_ident_file_lines(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, "SELECT * FROM portfolio.ident_file_lines_asked()");
}

Datum
pf_setting_file_lines(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, "SELECT * FROM portfolio.setting_file_lines_asked()");
}

Datum
pf_user_mapping_options(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, "SELECT * FROM portfolio.user_mapping_options_asked()");
}

Datum
pf_subscription_options(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, "SELECT * FROM portfolio.subscription_options_asked()");
}

Datum
pf_sequence_positions(PG_FUNCTION_ARGS)
{
	return answer(fcinfo, "SELECT * FROM portfolio.sequence_positions_asked()");
}
