/*
 * rule_set_func.c
 *		SQL functions that check expressions and make and read rule sets.
 */
#include "quality.h"

#include "access/relation.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "optimizer/optimizer.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/json.h"
#include "utils/memutils.h"
#include "utils/rel.h"

PG_FUNCTION_INFO_V1(pf_check_rule);
PG_FUNCTION_INFO_V1(pf_check_expression);
PG_FUNCTION_INFO_V1(pf_rule_set);
PG_FUNCTION_INFO_V1(pf_compile_rule_set);
PG_FUNCTION_INFO_V1(pf_rule_set_columns);
PG_FUNCTION_INFO_V1(pf_rule_set_rules);
PG_FUNCTION_INFO_V1(pf_rule_set_items);
PG_FUNCTION_INFO_V1(pf_rule_set_problems);
PG_FUNCTION_INFO_V1(pf_rule_set_fingerprint);
PG_FUNCTION_INFO_V1(pf_rule_set_volatility);
PG_FUNCTION_INFO_V1(pf_stable_rules);
PG_FUNCTION_INFO_V1(pf_serial_rules);
PG_FUNCTION_INFO_V1(pf_dated_rules);

static char *
check_expression(Oid relid, const char *rule, Oid result_type, bool allow_params)
{
	Relation	rel = pf_open_relation(relid);
	PfRuleSettings settings;
	PfExpression *expression;

	pf_rule_settings_push(&settings, PF_FOR_PARSE);
	expression = pf_rule_parse(RelationGetDescr(rel), RelationGetRelationName(rel), rule, result_type,
							   allow_params);
	(void) expression_planner((Expr *) copyObject(expression->node));
	pf_rule_settings_pop(&settings);
	relation_close(rel, NoLock);
	return pf_rule_deparse(expression, relid);
}

Datum
pf_check_rule(PG_FUNCTION_ARGS)
{
	char	   *rule = text_to_cstring(PG_GETARG_TEXT_PP(1));

	PG_RETURN_TEXT_P(cstring_to_text(check_expression(PG_GETARG_OID(0), rule, BOOLOID, true)));
}

Datum
pf_check_expression(PG_FUNCTION_ARGS)
{
	char	   *rule = text_to_cstring(PG_GETARG_TEXT_PP(1));

	PG_RETURN_TEXT_P(cstring_to_text(check_expression(PG_GETARG_OID(0), rule, PG_GETARG_OID(2), false)));
}

/* A rule without a code is called by its text; a second of the same text gets a number. */
static char *
rule_code(const char *rule, char **codes, int n)
{
	char	   *code = pstrdup(rule);
	char	   *trimmed;
	int			copies = 1;

	for (char *end = code + strlen(code); end > code && isspace((unsigned char) end[-1]); *--end = '\0')
		;
	for (trimmed = code; isspace((unsigned char) *trimmed); trimmed++)
		;
	code = trimmed;
	for (int i = 0; i < n; i++)
	{
		if (strcmp(codes[i], code) == 0)
		{
			code = psprintf("%s (%d)", trimmed, ++copies);
			i = -1;
		}
	}
	return code;
}

static Jsonb *
definition_of_texts(ArrayType *array)
{
	StringInfoData buf;
	Datum	   *rules;
	bool	   *nulls;
	int			n;
	char	  **codes;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &rules, &nulls, &n);
	codes = palloc(sizeof(char *) * Max(n, 1));
	initStringInfo(&buf);
	appendStringInfoString(&buf, "{\"rules\": [");
	for (int i = 0; i < n; i++)
	{
		char	   *rule;

		if (nulls[i])
			ereport(ERROR,
					(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
					 errmsg("rule %d is null", i + 1)));
		rule = TextDatumGetCString(rules[i]);
		codes[i] = rule_code(rule, codes, i);
		appendStringInfoString(&buf, i > 0 ? ", {\"code\": " : "{\"code\": ");
		escape_json(&buf, codes[i]);
		appendStringInfoString(&buf, ", \"expression\": ");
		escape_json(&buf, rule);
		appendStringInfoChar(&buf, '}');
	}
	appendStringInfoString(&buf, "]}");
	return DatumGetJsonbP(DirectFunctionCall1(jsonb_in, CStringGetDatum(buf.data)));
}

/*
 * rule_set(t, '{…}') written as an argument of an aggregate is called for every row: the function is
 * STABLE, so the set of the last call serves as long as the arguments are the same.
 */
typedef struct LastRuleSet
{
	Oid			relid;
	bytea	   *rules;
	PfRuleSetValue *value;
} LastRuleSet;

Datum
pf_rule_set(PG_FUNCTION_ARGS)
{
	Oid			relid = PG_GETARG_OID(0);
	ArrayType  *rules = PG_GETARG_ARRAYTYPE_P(1);
	LastRuleSet *last = fcinfo->flinfo->fn_extra;
	PfRuleSetValue *value;
	MemoryContext old;

	if (last && last->relid == relid && VARSIZE(last->rules) == VARSIZE(rules) &&
		memcmp(last->rules, rules, VARSIZE(rules)) == 0)
		PG_RETURN_POINTER(last->value);

	value = pf_rule_set_pack(pf_rule_set_build(relid, &definition_of_texts(rules)->root, false));
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	last = palloc(sizeof(LastRuleSet));
	last->relid = relid;
	last->rules = (bytea *) DatumGetPointer(datumCopy(PointerGetDatum(rules), false, -1));
	last->value = (PfRuleSetValue *) DatumGetPointer(datumCopy(PointerGetDatum(value), false, -1));
	fcinfo->flinfo->fn_extra = last;
	MemoryContextSwitchTo(old);
	PG_RETURN_POINTER(last->value);
}

Datum
pf_compile_rule_set(PG_FUNCTION_ARGS)
{
	Jsonb	   *definition = PG_GETARG_JSONB_P(1);

	if (!JB_ROOT_IS_OBJECT(definition))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid definition of a rule set"),
				 errdetail("It must be a JSON object.")));
	PG_RETURN_POINTER(pf_rule_set_pack(pf_rule_set_build(PG_GETARG_OID(0), &definition->root,
														 PG_GETARG_BOOL(2))));
}

Datum
pf_rule_set_columns(PG_FUNCTION_ARGS)
{
	PfRuleSet  *set = pf_rule_set_open(pf_get_rule_set(fcinfo, 0));
	Datum	   *names = palloc(sizeof(Datum) * Max(set->ncolumns, 1));

	for (int i = 0; i < set->ncolumns; i++)
		names[i] = CStringGetTextDatum(set->columns[i].name);
	PG_RETURN_ARRAYTYPE_P(construct_array(names, set->ncolumns, TEXTOID, -1, false, TYPALIGN_INT));
}

Datum
pf_rule_set_rules(PG_FUNCTION_ARGS)
{
	PfRuleSet  *set = pf_rule_set_open(pf_get_rule_set(fcinfo, 0));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	pf_init_materialized_srf(fcinfo);
	for (int i = 0; i < set->nrules; i++)
	{
		PfRule	   *rule = &set->rules[i];
		Datum		values[7];
		bool		nulls[7] = {0};

		values[0] = Int32GetDatum(i + 1);
		values[1] = CStringGetTextDatum(rule->code);
		values[2] = CStringGetTextDatum(rule->expression);
		values[3] = CStringGetTextDatum(set->items[rule->item].name);
		values[4] = CStringGetTextDatum(set->dimensions[rule->dimension]);
		values[5] = CStringGetTextDatum(pf_on_null_names[rule->on_null]);
		values[6] = BoolGetDatum(rule->may_raise);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

static Datum
text_array(int n, char **strings)
{
	Datum	   *values = palloc(sizeof(Datum) * Max(n, 1));

	for (int i = 0; i < n; i++)
		values[i] = CStringGetTextDatum(strings[i]);
	return PointerGetDatum(construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT));
}

Datum
pf_rule_set_items(PG_FUNCTION_ARGS)
{
	PfRuleSet  *set = pf_rule_set_open(pf_get_rule_set(fcinfo, 0));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	pf_init_materialized_srf(fcinfo);
	for (int i = 0; i < set->nitems; i++)
	{
		PfItem	   *item = &set->items[i];
		Datum		values[6];
		bool		nulls[6] = {0};

		values[0] = CStringGetTextDatum(item->name);
		nulls[1] = item->column < 0;
		values[1] = nulls[1] ? (Datum) 0 : CStringGetTextDatum(set->columns[item->column].name);
		values[2] = text_array(item->nmissing, item->missing);
		values[3] = text_array(item->ndefaults, item->defaults);
		nulls[4] = item->applies_when == NULL;
		values[4] = nulls[4] ? (Datum) 0 : CStringGetTextDatum(item->applies_when);
		values[5] = BoolGetDatum(item->mandatory);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
pf_rule_set_problems(PG_FUNCTION_ARGS)
{
	PfRuleSet  *set = pf_rule_set_open(pf_get_rule_set(fcinfo, 0));
	ReturnSetInfo *rsinfo = (ReturnSetInfo *) fcinfo->resultinfo;

	pf_init_materialized_srf(fcinfo);
	for (int i = 0; i < set->nproblems; i++)
	{
		PfProblem  *problem = &set->problems[i];
		Datum		values[5];
		bool		nulls[5] = {0};

		values[0] = CStringGetTextDatum(problem->code);
		values[1] = CStringGetTextDatum(problem->expression);
		nulls[2] = problem->item[0] == '\0';
		values[2] = CStringGetTextDatum(problem->item);
		values[3] = CStringGetTextDatum(problem->sqlstate);
		values[4] = CStringGetTextDatum(problem->problem);
		tuplestore_putvalues(rsinfo->setResult, rsinfo->setDesc, values, nulls);
	}
	return (Datum) 0;
}

Datum
pf_rule_set_fingerprint(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT64((int64) pf_get_rule_set(fcinfo, 0)->fingerprint);
}

Datum
pf_rule_set_volatility(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(pf_get_rule_set(fcinfo, 0)->volatility == PROVOLATILE_IMMUTABLE
									 ? "immutable" : "stable"));
}

/*
 * Both give back what they are given. Their declared volatility and parallel class are the point: a
 * STABLE argument keeps an aggregate from being shipped to another server, a PARALLEL UNSAFE one
 * keeps the whole plan serial.
 */
Datum
pf_stable_rules(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

Datum
pf_serial_rules(PG_FUNCTION_ARGS)
{
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* The set with values for :period_start, :period_end and :scored_on; same fingerprint. */
Datum
pf_dated_rules(PG_FUNCTION_ARGS)
{
	PfRuleSetValue *value;
	PfRuleSetValue *dated;

	/* not strict, since a day may be NULL */
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	value = pf_get_rule_set(fcinfo, 0);
	dated = palloc(VARSIZE(value));
	memcpy(dated, value, VARSIZE(value));
	for (int i = 0; i < PF_NPARAMS; i++)
	{
		if (PG_ARGISNULL(i + 1))
			continue;
		if (DATE_NOT_FINITE(PG_GETARG_DATEADT(i + 1)))
			ereport(ERROR,
					(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
					 errmsg("%s must be finite", pf_param_names[i])));
		dated->dates[i] = PG_GETARG_DATEADT(i + 1);
		dated->flags |= 2 << i;
	}
	PG_RETURN_POINTER(dated);
}
