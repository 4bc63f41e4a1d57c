/*
 * whole_set.c
 *		Rules about the whole of a data set: their grammar, and what they mean as a value.
 *
 *	unique(key, …, during => (from, to))		one row a key, or no two of a key at one time
 *	determines(key, …, value)					one value a key
 *	references(key, …, relation(column, …), at => day, valid => (from, to))
 *	fresh(time, interval, by => group)			the newest is no older than that
 *	rows(least, most, by => group)
 *	volume_change(percent, by => group)			against the period before
 *	reconciles(aggregate, number or relation(aggregate), by => …, matching => …, tolerance => percent)
 *
 * The text goes through the one parser of rules, as the call of a function whose name is put out of
 * the way of SQL's key words in as many characters; its arguments are expressions as in any rule, so
 * nothing gets in here that could not stand in a rule, and errors point into the user's text. What
 * comes out is a JSON object from which 57_whole_set.sql makes statements, and the same rule written
 * with names in full. A relation that is referred to must be a table: a view would run its owner's
 * functions with the rights of whoever scores.
 */
#include "whole_set.h"

#include "access/relation.h"
#include "catalog/pg_operator.h"
#include "catalog/pg_type.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "parser/parse_coerce.h"
#include "parser/parse_oper.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"

PG_FUNCTION_INFO_V1(pf_rule_kind_of);
PG_FUNCTION_INFO_V1(pf_whole_set_definition_of);

static const char *const no_names[] = {NULL};
static const char *const unique_names[] = {"during", NULL};
static const char *const references_names[] = {"at", "valid", NULL};
static const char *const group_names[] = {"by", NULL};
static const char *const reconciles_names[] = {"by", "matching", "tolerance", NULL};

static const PfWholeSetKind kinds[] = {
	{"unique", "unique(key, ..., during => (from, to))", 1, 32, unique_names},
	{"determines", "determines(key, ..., value)", 2, 32, no_names},
	{"references", "references(key, ..., relation(column, ...), at => day, valid => (from, to))", 2, 32, references_names},
	{"fresh", "fresh(time, interval, by => group)", 2, 2, group_names},
	{"rows", "rows(least, most, by => group)", 1, 2, group_names},
	{"volume_change", "volume_change(percent, by => group)", 1, 1, group_names},
	{"reconciles", "reconciles(aggregate, number or relation(aggregate), by => column, matching => column, tolerance => percent)", 2, 2, reconciles_names},
};

/* The word at the beginning of the text and the parenthesis behind it: the kind, or NULL for a row rule. */
static const PfWholeSetKind *
kind_of(const char *rule, const char **word)
{
	const char *p = rule;

	while (isspace((unsigned char) *p))
		p++;
	for (int i = 0; i < lengthof(kinds); i++)
	{
		size_t		len = strlen(kinds[i].name);
		const char *end = p + len;

		if (pg_strncasecmp(p, kinds[i].name, len) != 0)
			continue;
		while (isspace((unsigned char) *end))
			end++;
		if (*end == '(')
		{
			*word = p;
			return &kinds[i];
		}
	}
	return NULL;
}

const char *
pf_rule_kind(const char *rule)
{
	const char *word;
	const PfWholeSetKind *kind = kind_of(rule, &word);

	return kind ? kind->name : "row";
}

static void
read_arguments(PfWholeSet *set, FuncCall *call)
{
	ListCell   *lc;

	if (call->agg_star || call->agg_distinct || call->agg_order || call->agg_filter || call->agg_within_group ||
		call->over || call->func_variadic)
		pf_set_refuse_usage(set, psprintf("%s takes plain arguments", set->kind->name), call->location);
	foreach(lc, call->args)
	{
		bool		known = false;

		if (!IsA(lfirst(lc), NamedArgExpr))
		{
			set->args = lappend(set->args, lfirst(lc));
			continue;
		}
		for (int i = 0; set->kind->named[i]; i++)
			known |= strcmp(set->kind->named[i], ((NamedArgExpr *) lfirst(lc))->name) == 0;
		if (!known)
			pf_set_refuse_usage(set, psprintf("%s has no argument \"%s\"", set->kind->name, ((NamedArgExpr *) lfirst(lc))->name),
						 ((NamedArgExpr *) lfirst(lc))->location);
		for (ListCell *other = list_head(call->args); other != lc; other = lnext(call->args, other))
			if (IsA(lfirst(other), NamedArgExpr) &&
				strcmp(((NamedArgExpr *) lfirst(other))->name, ((NamedArgExpr *) lfirst(lc))->name) == 0)
				pf_set_refuse_usage(set, psprintf("argument \"%s\" is given twice", ((NamedArgExpr *) lfirst(lc))->name),
							 ((NamedArgExpr *) lfirst(lc))->location);
	}
	if (list_length(set->args) < set->kind->least || list_length(set->args) > set->kind->most)
		pf_set_refuse_usage(set, psprintf("%s does not take %d arguments", set->kind->name, list_length(set->args)), call->location);
}

/* ---- kinds ---- */

/* target: [{"column", "operator"}], in the order of the keys. */
static char *
put_target_columns(PfWholeSet *set, FuncCall *call, List *key_types)
{
	StringInfoData columns;
	ListCell   *lc;
	ListCell   *type = list_head(key_types);

	initStringInfo(&columns);
	if (list_length(call->args) != list_length(key_types))
		pf_set_refuse_usage(set, psprintf("%d keys refer to %d columns", list_length(key_types), list_length(call->args)), call->location);
	pf_set_put_field(set, "target");
	appendStringInfoChar(&set->json, '[');
	foreach(lc, call->args)
	{
		PfExpression *column = pf_set_expression_of(set, lfirst(lc), InvalidOid);
		Operator	equal;
		Form_pg_operator form;

		if (!IsA(column->node, Var))
			pf_set_refuse_usage(set, "a rule refers to columns of a relation", exprLocation(lfirst(lc)));
		equal = oper(NULL, list_make1(makeString("=")), lfirst_oid(type), column->type, true, -1);
		if (equal == NULL || ((Form_pg_operator) GETSTRUCT(equal))->oprresult != BOOLOID)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("a key of type %s cannot refer to a column of type %s", format_type_be(lfirst_oid(type)), format_type_be(column->type)),
					 errhint("Add a cast to the key."),
					 parser_errposition(set->parse.pstate, exprLocation(lfirst(lc)))));
		form = (Form_pg_operator) GETSTRUCT(equal);
		appendStringInfo(&set->json, "%s{\"column\": ", lc == list_head(call->args) ? "" : ", ");
		pf_set_put_string(set, pf_set_column_of(set, column));
		appendStringInfoString(&set->json, ", \"operator\": ");
		pf_set_put_string(set, psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)), NameStr(form->oprname)));
		appendStringInfoChar(&set->json, '}');
		appendStringInfo(&columns, "%s%s", lc == list_head(call->args) ? "" : ", ", quote_identifier(pf_set_column_of(set, column)));
		ReleaseSysCache(equal);
		type = lnext(key_types, type);
	}
	appendStringInfoChar(&set->json, ']');
	return columns.data;
}

static void
put_references(PfWholeSet *set, FuncCall *call)
{
	Node	   *last = llast(set->args);
	Node	   *at = pf_set_named_argument(set, call, "at");
	Node	   *valid = pf_set_named_argument(set, call, "valid");
	List	   *types;
	char	   *relation;
	char	   *day_sql = NULL;

	if (!IsA(last, FuncCall))
		pf_set_refuse_usage(set, "the last argument must be relation(column, ...)", exprLocation(last));
	if ((at == NULL) != (valid == NULL))
		pf_set_refuse_usage(set, "\"at\" and \"valid\" go together", exprLocation(at ? at : valid));
	types = pf_set_put_keys(set, "keys", list_truncate(list_copy(set->args), list_length(set->args) - 1), NULL);
	if (at)
	{
		PfExpression *day = pf_set_expression_of(set, at, InvalidOid);

		if (!pf_set_is_time(day->type))
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("\"at\" must be a date or a timestamp, not type %s", format_type_be(day->type)),
					 parser_errposition(set->parse.pstate, exprLocation(at))));
		day_sql = pf_set_sql_of(set, day);
		pf_set_put_field(set, "at");
		pf_set_put_string(set, day_sql);
	}
	relation = pf_set_open_target(set, castNode(FuncCall, last));
	pf_set_look_at(set, set->target);
	pf_set_put_argument(set, NULL, psprintf("%s(%s)", relation, put_target_columns(set, castNode(FuncCall, last), types)));
	if (at)
	{
		pf_set_put_argument(set, "at", day_sql);
		pf_set_put_period(set, "valid", valid);
	}
}

/* count(*), count(x), count(DISTINCT x), sum(x), min(x), max(x), avg(x) of a number: as SQL */
static char *
aggregate_of(PfWholeSet *set, Node *raw)
{
	static const char *const names[] = {"count", "sum", "min", "max", "avg"};
	FuncCall   *call = (FuncCall *) raw;
	const char *name = NULL;
	PfExpression *argument;

	for (int i = 0; IsA(raw, FuncCall) && list_length(call->funcname) == 1 && i < lengthof(names); i++)
		if (strcmp(names[i], strVal(linitial(call->funcname))) == 0)
			name = names[i];
	if (name == NULL || call->agg_filter || call->agg_order || call->agg_within_group || call->over || call->func_variadic ||
		(call->agg_star ? strcmp(name, "count") != 0 : list_length(call->args) != 1) || (call->agg_distinct && strcmp(name, "count") != 0))
		pf_set_refuse_usage(set, "an aggregate is count(*), count(x), count(DISTINCT x), sum(x), min(x), max(x) or avg(x)", exprLocation(raw));
	if (call->agg_star)
		return pstrdup("count(*)");
	argument = pf_set_expression_of(set, linitial(call->args), InvalidOid);
	if (strcmp(name, "count") != 0 && TypeCategory(argument->type) != TYPCATEGORY_NUMERIC)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("%s must be of a number, not of type %s", name, format_type_be(argument->type)),
				 errhint("Add a cast."),
				 parser_errposition(set->parse.pstate, exprLocation(linitial(call->args)))));
	return psprintf("%s(%s%s)", name, call->agg_distinct ? "DISTINCT " : "", pf_set_sql_of(set, argument));
}

static void
put_groups(PfWholeSet *set, FuncCall *call)
{
	Node	   *by = pf_set_named_argument(set, call, "by");

	if (by)
		pf_set_put_keys(set, "by", pf_set_as_list(by), "by");
}

static void
put_reconciles(PfWholeSet *set, FuncCall *call)
{
	Node	   *other = lsecond(set->args);
	Node	   *by = pf_set_named_argument(set, call, "by");
	Node	   *matching = pf_set_named_argument(set, call, "matching");
	Node	   *tolerance = pf_set_named_argument(set, call, "tolerance");
	char	   *aggregate = aggregate_of(set, linitial(set->args));
	char	   *percent = tolerance ? pf_set_number_of(set, tolerance, 0) : NULL;

	pf_set_put_field(set, "aggregate");
	pf_set_put_string(set, aggregate);
	pf_set_put_argument(set, NULL, aggregate);
	pf_set_put_field(set, "tolerance");
	pf_set_put_string(set, percent ? percent : "0");
	if (IsA(other, FuncCall))
	{
		char	   *relation = pf_set_open_target(set, (FuncCall *) other);

		if (list_length(((FuncCall *) other)->args) != 1)
			pf_set_refuse_usage(set, "the other side must be a number or relation(aggregate)", exprLocation(other));
		pf_set_look_at(set, set->target);
		aggregate = aggregate_of(set, linitial(((FuncCall *) other)->args));
		pf_set_put_field(set, "target_aggregate");
		pf_set_put_string(set, aggregate);
		pf_set_put_argument(set, NULL, psprintf("%s(%s)", relation, aggregate));
	}
	else
	{
		char	   *number = pf_set_number_of(set, other, -1e300);

		if (number == NULL || by)
			pf_set_refuse_usage(set, number ? "a number cannot be reconciled by groups" : "the other side must be a number or relation(aggregate)", exprLocation(other));
		pf_set_put_field(set, "total");
		pf_set_put_string(set, number);
		pf_set_put_argument(set, NULL, number);
	}
	if (matching && !by)
		pf_set_refuse_usage(set, "\"matching\" goes with \"by\"", exprLocation(matching));
	pf_set_look_at(set, set->rel);
	put_groups(set, call);
	if (by)
	{
		if (matching && list_length(pf_set_as_list(matching)) != list_length(pf_set_as_list(by)))
			pf_set_refuse_usage(set, "\"by\" and \"matching\" must be as long as each other", exprLocation(matching));
		pf_set_look_at(set, set->target);
		pf_set_put_keys(set, "matching", pf_set_as_list(matching ? matching : by), "matching");
	}
	if (percent)
		pf_set_put_argument(set, "tolerance", percent);
}

static void
put_fresh(PfWholeSet *set, FuncCall *call)
{
	PfExpression *time = pf_set_expression_of(set, linitial(set->args), InvalidOid);
	char	   *age = pf_set_constant_of(set, lsecond(set->args), INTERVALOID);

	if (!pf_set_is_time(time->type))
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("freshness is that of a date or a timestamp, not of type %s", format_type_be(time->type)),
				 errhint("Add a cast."),
				 parser_errposition(set->parse.pstate, exprLocation(linitial(set->args)))));
	if (age == NULL)
		pf_set_refuse_usage(set, "the interval must not be null", exprLocation(lsecond(set->args)));
	pf_set_put_field(set, "time");
	pf_set_put_string(set, pf_set_sql_of(set, time));
	pf_set_put_argument(set, NULL, pf_set_sql_of(set, time));
	pf_set_put_field(set, "age");
	pf_set_put_string(set, age);
	pf_set_put_argument(set, NULL, quote_literal_cstr(age));
	put_groups(set, call);
}

static void
put_rows(PfWholeSet *set, FuncCall *call)
{
	char	   *least = pf_set_number_of(set, linitial(set->args), 0);
	char	   *most = list_length(set->args) > 1 ? pf_set_number_of(set, lsecond(set->args), 0) : NULL;

	if (least == NULL && most == NULL)
		pf_set_refuse_usage(set, "one of the two numbers must be given", exprLocation(linitial(set->args)));
	if (least && most && atof(least) > atof(most))
		pf_set_refuse_usage(set, "the first number must not be the greater one", exprLocation(lsecond(set->args)));
	pf_set_put_field(set, "least");
	pf_set_put_string(set, least);
	pf_set_put_argument(set, NULL, least ? least : "NULL");
	pf_set_put_field(set, "most");
	pf_set_put_string(set, most);
	if (most)
		pf_set_put_argument(set, NULL, most);
	put_groups(set, call);
}

static void
put_volume_change(PfWholeSet *set, FuncCall *call)
{
	char	   *percent = pf_set_number_of(set, linitial(set->args), 0);

	if (percent == NULL)
		pf_set_refuse_usage(set, "the percentage must not be null", exprLocation(linitial(set->args)));
	pf_set_put_field(set, "percent");
	pf_set_put_string(set, percent);
	pf_set_put_argument(set, NULL, percent);
	put_groups(set, call);
}

static void
put_kind(PfWholeSet *set, FuncCall *call)
{
	const char *name = set->kind->name;

	if (strcmp(name, "unique") == 0)
	{
		Node	   *during = pf_set_named_argument(set, call, "during");

		pf_set_put_keys(set, "keys", set->args, NULL);
		if (during)
			pf_set_put_period(set, "during", during);
	}
	else if (strcmp(name, "determines") == 0)
	{
		pf_set_put_keys(set, "keys", list_truncate(list_copy(set->args), list_length(set->args) - 1), NULL);
		pf_set_put_keys(set, "value", list_make1(llast(set->args)), NULL);
	}
	else if (strcmp(name, "references") == 0)
		put_references(set, call);
	else if (strcmp(name, "fresh") == 0)
		put_fresh(set, call);
	else if (strcmp(name, "rows") == 0)
		put_rows(set, call);
	else if (strcmp(name, "volume_change") == 0)
		put_volume_change(set, call);
	else
		put_reconciles(set, call);
}

/* The JSON of a rule over a relation. Locks on both relations stay until the end of the transaction. */
char *
pf_whole_set_definition(Oid relid, const char *rule)
{
	PfWholeSet	set = {0};
	PfRuleSettings settings;
	const char *word;
	char	   *source = pstrdup(rule);
	Node	   *raw;

	set.kind = kind_of(rule, &word);
	if (set.kind == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this is a rule about rows, not about the whole set")));
	/* unique and references are reserved words: uniqu_ and reference_ are not */
	source[word - rule + strlen(set.kind->name) - 1] = '_';
	set.rel = pf_open_relation(relid);
	initStringInfo(&set.json);
	initStringInfo(&set.text);
	appendStringInfo(&set.text, "%s(", set.kind->name);
	appendStringInfoChar(&set.json, '{');
	pf_set_put_field(&set, "kind");
	pf_set_put_string(&set, set.kind->name);

	pf_rule_settings_push(&settings, PF_FOR_PARSE);
	raw = pf_rule_parse_begin(&set.parse, RelationGetDescr(set.rel), RelationGetRelationName(set.rel), rule, source, false);
	if (!IsA(raw, FuncCall))
		pf_set_refuse_usage(&set, "a rule about the whole set stands by itself", exprLocation(raw));
	read_arguments(&set, (FuncCall *) raw);
	put_kind(&set, (FuncCall *) raw);
	pf_rule_parse_end(&set.parse);
	pf_rule_settings_pop(&settings);

	appendStringInfoChar(&set.text, ')');
	pf_set_put_field(&set, "text");
	pf_set_put_string(&set, set.text.data);
	appendStringInfoChar(&set.json, '}');
	if (set.target)
		relation_close(set.target, NoLock);
	relation_close(set.rel, NoLock);
	return set.json.data;
}

/* rule_kind(expression text) → text */
Datum
pf_rule_kind_of(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(pf_rule_kind(text_to_cstring(PG_GETARG_TEXT_PP(0)))));
}

/* whole_set_definition(relation regclass, expression text) → jsonb, by way of text */
Datum
pf_whole_set_definition_of(PG_FUNCTION_ARGS)
{
	char	   *json = pf_whole_set_definition(PG_GETARG_OID(0), text_to_cstring(PG_GETARG_TEXT_PP(1)));

	PG_RETURN_TEXT_P(cstring_to_text(json));
}
