/*
 * whole_set_argument.c
 *		Arguments of whole-set rules: read with the parser of rules, written as JSON and as text.
 */
#include "whole_set.h"

#include "access/relation.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

void
pf_set_refuse_usage(PfWholeSet *set, const char *problem, int location)
{
	ereport(ERROR,
			(errcode(ERRCODE_SYNTAX_ERROR),
			 errmsg("%s", problem),
			 errhint("Write %s.", set->kind->usage),
			 parser_errposition(set->parse.pstate, location)));
}

/* Which relation expressions are about from here on. */
void
pf_set_look_at(PfWholeSet *set, Relation rel)
{
	set->parse.desc = RelationGetDescr(rel);
	set->parse.relname = RelationGetRelationName(rel);
}

PfExpression *
pf_set_expression_of(PfWholeSet *set, Node *raw, Oid type)
{
	PfExpression *expression = pf_rule_transform(&set->parse, raw, type);

	/* Folding constants may raise as well: a / 0 */
	(void) expression_planner((Expr *) copyObject(expression->node));
	return expression;
}

char *
pf_set_sql_of(PfWholeSet *set, const PfExpression *expression)
{
	Relation	rel = set->target && set->parse.desc == RelationGetDescr(set->target) ? set->target : set->rel;

	return pf_rule_deparse(expression, RelationGetRelid(rel));
}

/* The column that an expression is, or NULL where it is more than a column. */
const char *
pf_set_column_of(PfWholeSet *set, const PfExpression *expression)
{
	if (!IsA(expression->node, Var))
		return NULL;
	return NameStr(TupleDescAttr(set->parse.desc, ((Var *) expression->node)->varattno - 1)->attname);
}

static void
must_be_comparable(PfWholeSet *set, Oid type, int location)
{
	if (!OidIsValid(lookup_type_cache(type, TYPECACHE_EQ_OPR)->eq_opr))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_FUNCTION),
				 errmsg("values of type %s cannot be compared", format_type_be(type)),
				 errhint("Add a cast."),
				 parser_errposition(set->parse.pstate, location)));
}

/* ---- writing ---- */

void
pf_set_put_field(PfWholeSet *set, const char *name)
{
	if (set->json.len > 1)
		appendStringInfoString(&set->json, ", ");
	escape_json(&set->json, name);
	appendStringInfoString(&set->json, ": ");
}

void
pf_set_put_string(PfWholeSet *set, const char *value)
{
	if (value)
		escape_json(&set->json, value);
	else
		appendStringInfoString(&set->json, "null");
}

/* The next argument in the text of the rule; name is NULL for a positional one. */
void
pf_set_put_argument(PfWholeSet *set, const char *name, const char *value)
{
	if (set->text.data[set->text.len - 1] != '(')
		appendStringInfoString(&set->text, ", ");
	if (name)
		appendStringInfo(&set->text, "%s => ", name);
	appendStringInfoString(&set->text, value);
}

Node *
pf_set_named_argument(PfWholeSet *set, FuncCall *call, const char *name)
{
	ListCell   *lc;

	foreach(lc, call->args)
		if (IsA(lfirst(lc), NamedArgExpr) && strcmp(((NamedArgExpr *) lfirst(lc))->name, name) == 0)
			return (Node *) ((NamedArgExpr *) lfirst(lc))->arg;
	return NULL;
}

/* Raw expressions, (a, b) or one, as a list. */
List *
pf_set_as_list(Node *raw)
{
	return IsA(raw, RowExpr) ? ((RowExpr *) raw)->args : list_make1(raw);
}

/* name: [{"sql", "column", "type"}]; each must have an equality. Returns their types. */
List *
pf_set_put_keys(PfWholeSet *set, const char *name, List *raw, const char *argument)
{
	ListCell   *lc;
	List	   *types = NIL;
	StringInfoData together;
	bool		first = true;

	initStringInfo(&together);
	pf_set_put_field(set, name);
	appendStringInfoChar(&set->json, '[');
	foreach(lc, raw)
	{
		PfExpression *expression = pf_set_expression_of(set, lfirst(lc), InvalidOid);
		char	   *sql = pf_set_sql_of(set, expression);

		must_be_comparable(set, expression->type, exprLocation(lfirst(lc)));
		types = lappend_oid(types, expression->type);
		appendStringInfoString(&set->json, first ? "{\"sql\": " : ", {\"sql\": ");
		pf_set_put_string(set, sql);
		appendStringInfoString(&set->json, ", \"column\": ");
		pf_set_put_string(set, pf_set_column_of(set, expression));
		appendStringInfoChar(&set->json, '}');
		appendStringInfo(&together, "%s%s", first ? "" : ", ", sql);
		first = false;
	}
	appendStringInfoChar(&set->json, ']');
	if (argument)
		pf_set_put_argument(set, argument, list_length(raw) > 1 ? psprintf("(%s)", together.data) : together.data);
	else
		pf_set_put_argument(set, NULL, together.data);
	return types;
}

/* A constant of a type: a number, an interval. Its text, or NULL for null. */
char *
pf_set_constant_of(PfWholeSet *set, Node *raw, Oid type)
{
	PfExpression *expression = pf_rule_transform(&set->parse, raw, type);
	Node	   *node = (Node *) expression_planner((Expr *) copyObject(expression->node));
	PfRuleSettings settings;
	char	   *constant;
	Oid			output;
	bool		varlena;

	if (!IsA(node, Const))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("this must be a constant of type %s", format_type_be(type)),
				 errhint("Write %s.", set->kind->usage),
				 parser_errposition(set->parse.pstate, exprLocation(raw))));
	if (((Const *) node)->constisnull)
		return NULL;
	getTypeOutputInfo(type, &output, &varlena);
	pf_rule_settings_push(&settings, PF_FOR_DEPARSE);
	constant = OidOutputFunctionCall(output, ((Const *) node)->constvalue);
	pf_rule_settings_pop(&settings);
	return constant;
}

/* A number that is finite and at least `least`. */
char *
pf_set_number_of(PfWholeSet *set, Node *raw, double least)
{
	char	   *number = pf_set_constant_of(set, raw, NUMERICOID);

	if (number && (isalpha((unsigned char) number[strspn(number, "-")]) || atof(number) < least))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s is not a number that can stand here", number),
				 parser_errposition(set->parse.pstate, exprLocation(raw))));
	return number;
}

bool
pf_set_is_time(Oid type)
{
	return type == DATEOID || type == TIMESTAMPOID || type == TIMESTAMPTZOID;
}

/*
 * A period of time: (from, to), whose end is the last day of dates and the first instant outside of
 * timestamps, or one range. Gives the first instant and the first one after, NULL ends open.
 */
void
pf_set_put_period(PfWholeSet *set, const char *name, Node *raw)
{
	List	   *parts = pf_set_as_list(raw);
	PfExpression *from = pf_set_expression_of(set, linitial(parts), InvalidOid);
	char	   *from_sql = pf_set_sql_of(set, from);

	pf_set_put_field(set, name);
	if (list_length(parts) == 1 && (from->type == DATERANGEOID || from->type == TSRANGEOID || from->type == TSTZRANGEOID))
	{
		appendStringInfoString(&set->json, "{\"column\": ");
		pf_set_put_string(set, pf_set_column_of(set, from));
		appendStringInfoString(&set->json, ", \"given\": ");
		pf_set_put_string(set, psprintf("(%s) IS NOT NULL", from_sql));
		appendStringInfoString(&set->json, ", \"from\": ");
		pf_set_put_string(set, psprintf("COALESCE(lower(%s), '-infinity')", from_sql));
		appendStringInfoString(&set->json, ", \"to\": ");
		pf_set_put_string(set, psprintf("CASE WHEN isempty(%s) THEN '-infinity' ELSE COALESCE(upper(%s), 'infinity') END", from_sql, from_sql));
		pf_set_put_argument(set, name, from_sql);
	}
	else
	{
		PfExpression *to = list_length(parts) == 2 ? pf_set_expression_of(set, lsecond(parts), InvalidOid) : NULL;
		char	   *to_sql;

		if (to == NULL || !pf_set_is_time(from->type) || to->type != from->type)
			ereport(ERROR,
					(errcode(ERRCODE_DATATYPE_MISMATCH),
					 errmsg("a period of time is (from, to), both dates or both timestamps, or one range of them"),
					 parser_errposition(set->parse.pstate, exprLocation(raw))));
		to_sql = pf_set_sql_of(set, to);
		appendStringInfoString(&set->json, "{\"column\": null, \"given\": \"true\", \"from\": ");
		pf_set_put_string(set, psprintf("COALESCE(%s, '-infinity')", from_sql));
		appendStringInfoString(&set->json, ", \"to\": ");
		pf_set_put_string(set, psprintf("COALESCE((%s)%s, 'infinity')", to_sql, to->type == DATEOID ? " + 1" : ""));
		pf_set_put_argument(set, name, psprintf("(%s, %s)", from_sql, to_sql));
	}
	appendStringInfoChar(&set->json, '}');
}

/* The table that a call names; without a schema it is looked for beside the data set's own relation. */
char *
pf_set_open_target(PfWholeSet *set, FuncCall *call)
{
	int			n = list_length(call->funcname);
	char	   *name = strVal(llast(call->funcname));
	Oid			schema = n == 1 ? RelationGetNamespace(set->rel) : get_namespace_oid(strVal(linitial(call->funcname)), true);
	Oid			relid = n <= 2 && OidIsValid(schema) ? get_relname_relid(name, schema) : InvalidOid;
	char		kind;

	if (!OidIsValid(relid))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_TABLE),
				 n == 1 ? errmsg("relation \"%s.%s\" does not exist", get_namespace_name(schema), name) :
				 errmsg("relation \"%s\" does not exist", NameListToString(call->funcname)),
				 errhint("Without a schema a relation is looked for in that of the data set."),
				 parser_errposition(set->parse.pstate, call->location)));
	set->target = relation_open(relid, AccessShareLock);
	kind = set->target->rd_rel->relkind;
	if ((kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE && kind != RELKIND_MATVIEW && kind != RELKIND_FOREIGN_TABLE) ||
		set->target->rd_rel->relpersistence == RELPERSISTENCE_TEMP)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("\"%s\" cannot be referred to by a rule", name),
				 errdetail("Only a table, materialized view or foreign table that stays can be: a view would run its owner's functions with the rights of whoever scores."),
				 parser_errposition(set->parse.pstate, call->location)));
	pf_set_put_field(set, "relation");
	pf_set_put_string(set, quote_qualified_identifier(get_namespace_name(RelationGetNamespace(set->target)), name));
	return quote_qualified_identifier(get_namespace_name(RelationGetNamespace(set->target)), name);
}
