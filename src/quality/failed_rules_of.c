/*
 * failed_rules_of.c
 *		failed_rules(data_set text, row record): the rules that a row fails, as a column.
 *
 * The rule set of the data set is made once for each query and call site, with the query's snapshot,
 * and kept with the function; every row then goes to failed_rules(rule_set, record) of the engine.
 */
#include "quality.h"

#include "catalog/namespace.h"
#include "catalog/pg_type.h"
#include "parser/parse_func.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(pf_failed_rules_of);

typedef struct FailedRulesOf
{
	text	   *data_set;
	Datum		rule_set;
	FmgrInfo	engine;			/* failed_rules(rule_set, record) */
} FailedRulesOf;

static FailedRulesOf *
prepare(FunctionCallInfo fcinfo, text *data_set)
{
	MemoryContext context = fcinfo->flinfo->fn_mcxt;
	FailedRulesOf *state = MemoryContextAllocZero(context, sizeof(FailedRulesOf));
	Oid			argtypes[2];
	Oid			function;

	state->rule_set = PointerGetDatum(pf_fetch_rule_set("SELECT portfolio.dated_rules(portfolio.rule_set($1), scored_on => current_date)",
														TEXTOID, PointerGetDatum(data_set), context, &argtypes[0]));
	argtypes[1] = RECORDOID;
	function = LookupFuncName(list_make2(makeString(PF_SCHEMA), makeString("failed_rules")), 2, argtypes, false);
	fmgr_info_cxt(function, &state->engine, context);
	state->data_set = (text *) DatumGetPointer(datumCopy(PointerGetDatum(data_set), false, -1));
	return state;
}

/* failed_rules(data_set text, row record) → text[] */
Datum
pf_failed_rules_of(PG_FUNCTION_ARGS)
{
	FailedRulesOf *state = fcinfo->flinfo->fn_extra;
	text	   *data_set = PG_GETARG_TEXT_PP(0);

	if (state == NULL || VARSIZE_ANY_EXHDR(state->data_set) != VARSIZE_ANY_EXHDR(data_set) ||
		memcmp(VARDATA_ANY(state->data_set), VARDATA_ANY(data_set), VARSIZE_ANY_EXHDR(data_set)) != 0)
	{
		MemoryContext old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);

		state = prepare(fcinfo, data_set);
		fcinfo->flinfo->fn_extra = state;
		MemoryContextSwitchTo(old);
	}
	PG_RETURN_DATUM(FunctionCall2(&state->engine, state->rule_set, PG_GETARG_DATUM(1)));
}
