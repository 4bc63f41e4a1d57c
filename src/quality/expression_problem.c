/*
 * expression_problem.c
 *		What is wrong with an expression, as a value instead of an error.
 *
 * Takes over rule books line by line and tells broken rules: the expression goes through the one
 * parser of rules inside a subtransaction, and its error comes back with the character at which it
 * goes wrong, which no procedural language can ask for.
 */
#include "rule.h"

#include "access/htup_details.h"
#include "access/relation.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/resowner.h"

PG_FUNCTION_INFO_V1(pf_expression_problem);

static void
check(Oid relid, const char *expression)
{
	Relation	rel;
	PfRuleSettings settings;
	PfExpression *parsed;

	if (strcmp(pf_rule_kind(expression), "row") != 0)
	{
		(void) pf_whole_set_definition(relid, expression);
		return;
	}
	rel = pf_open_relation(relid);
	pf_rule_settings_push(&settings, PF_FOR_PARSE);
	parsed = pf_rule_parse(RelationGetDescr(rel), RelationGetRelationName(rel), expression, BOOLOID, true);
	/* Folding constants may raise as well: a > 1/0 */
	(void) expression_planner((Expr *) copyObject(parsed->node));
	pf_rule_settings_pop(&settings);
	relation_close(rel, NoLock);
}

/* The error, or NULL. A cancelled or starved statement is nobody's broken rule: that goes on up. */
static ErrorData *
check_caught(Oid relid, const char *expression)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;
	ErrorData  *volatile error = NULL;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		check(relid, expression);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
	if (error && (ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_OPERATOR_INTERVENTION ||
				  ERRCODE_TO_CATEGORY(error->sqlerrcode) == ERRCODE_INSUFFICIENT_RESOURCES))
		ReThrowError(error);
	return error;
}

static void
set_text(Datum *value, bool *isnull, const char *string)
{
	*isnull = string == NULL;
	*value = string ? CStringGetTextDatum(string) : (Datum) 0;
}

/* expression_problem(relation regclass, expression text) → expression_problem */
Datum
pf_expression_problem(PG_FUNCTION_ARGS)
{
	ErrorData  *error = check_caught(PG_GETARG_OID(0), text_to_cstring(PG_GETARG_TEXT_PP(1)));
	TupleDesc	desc;
	Datum		values[5];
	bool		nulls[5] = {false};

	if (error == NULL)
		PG_RETURN_NULL();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	set_text(&values[0], &nulls[0], unpack_sql_state(error->sqlerrcode));
	set_text(&values[1], &nulls[1], error->message);
	set_text(&values[2], &nulls[2], error->detail);
	set_text(&values[3], &nulls[3], error->hint);
	values[4] = Int32GetDatum(error->internalpos);
	nulls[4] = error->internalpos <= 0;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
